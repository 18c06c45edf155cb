/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SPF record out of those that are there and what must come in.
 */
#include <string.h>
#include <strings.h>

#include "policy/zone.h"

#define TERMS_MAX 100
#define TERM_SIZE 256

struct merge {
	struct oct_str *out;
	size_t count;
	size_t at[TERMS_MAX], len[TERMS_MAX]; /* terms already in out */
	bool soft; /* some record does not refuse all others */
};

static bool
has(const struct merge *m, const char *term, size_t len)
{
	const char *text = oct_str_text(m->out);

	for (size_t i = 0; i < m->count; i++)
		if (m->len[i] == len &&
		    strncasecmp(text + m->at[i], term, len) == 0)
			return true;
	return false;
}

/* "+mx" is "mx". */
static void
add(struct merge *m, const char *prefix, const char *term)
{
	char text[TERM_SIZE + 16];
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addf(&s, "%s%s", prefix, term + (*term == '+'));
	if (oct_str_err(&s) != 0) {
		m->out->err = oct_str_err(&s);
		return;
	}
	if (has(m, text, s.len))
		return;
	oct_str_addc(m->out, ' ');
	if (m->count < TERMS_MAX) {
		m->at[m->count] = m->out->len;
		m->len[m->count++] = s.len;
	}
	oct_str_add(m->out, text);
}

static void
add_terms(struct merge *m, const char *terms)
{
	char term[TERM_SIZE];

	while (*(terms += strspn(terms, " ")) != '\0') {
		const char *bare = term;

		if (!oct_str_word(&terms, term, sizeof(term))) {
			terms += strcspn(terms, " "); /* longer than any may be */
			continue;
		}
		bare += strspn(term, "+-~?");
		if (strcasecmp(bare, "all") == 0)
			m->soft |= term[0] != '-';
		else if (strncasecmp(term, "redirect=", 9) == 0)
			add(m, "include:", term + 9);
		else
			add(m, "", term);
	}
}

void
zone_spf_merge(const char *const *records, size_t count, const char *ours,
    struct oct_str *out)
{
	struct merge m = { .out = out, .soft = count == 0 };

	oct_str_add(out, "v=spf1");
	for (size_t i = 0; i < count; i++) {
		bool before = m.soft;
		const char *terms = records[i] + strcspn(records[i], " ");

		m.soft = before || strcasestr(terms, "-all") == NULL;
		add_terms(&m, terms);
	}
	add_terms(&m, ours);
	oct_str_add(out, m.soft ? " ~all" : " -all");
}
