/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_fold.h"

#include <string.h>

#include "lib/mime_text.h"

#define LATIN_FIRST 0xc0
#define LATIN_END 0x180 /* Latin-1 and Latin Extended-A */

/* The letter without its mark; of a ligature the first one. */
static char
plain(uint32_t code)
{
	static const char letters[] =
	    "aaaaaaaceeeeiiiidnoooooxouuuuytsaaaaaaaceeeeiiii"
	    "dnooooo-ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggg"
	    "gggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooo"
	    "oooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

	return letters[code - LATIN_FIRST];
}

void
owner_fold(struct oct_str *out, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		uint32_t code;
		size_t n = oct_mime_char(text, left, &code);

		if (code >= 'A' && code <= 'Z')
			oct_str_addc(out, (char)(code + 32));
		else if (code >= LATIN_FIRST && code < LATIN_END)
			oct_str_addc(out, plain(code));
		else if (code == 0xfffd)
			oct_str_addc(out, '?');
		else if (code < 0x300 || code > 0x36f) /* combining marks */
			oct_str_addn(out, text, n);
		text += n;
		left -= n;
	}
}

void
owner_words_read(const char *query, struct owner_words *out)
{
	char folded[2 * OWNER_WORDS_MAX];
	const char *p = folded;
	size_t used = 0;
	struct oct_str s;

	memset(out, 0, sizeof(*out));
	oct_str_fixed(&s, folded, sizeof(folded));
	owner_fold(&s, query);
	/* Over the bound: what fits, up to the last whole word. */
	if (oct_str_err(&s) != 0) {
		char *end = strrchr(folded, ' ');

		if (end != NULL)
			*end = '\0';
	}
	while (out->count < OWNER_WORDS) {
		size_t n;

		p += strspn(p, " \t");
		n = strcspn(p, " \t");
		if (n == 0 || used + n + 1 > sizeof(out->text))
			return;
		memcpy(out->text + used, p, n);
		used += n + 1;
		out->count++;
		p += n;
	}
}

bool
owner_words_match(const struct owner_words *w, const char *folded)
{
	const char *word = w->text;

	for (size_t i = 0; i < w->count; i++) {
		if (strstr(folded, word) == NULL)
			return false;
		word += strlen(word) + 1;
	}
	return true;
}
