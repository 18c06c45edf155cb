/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language of a message, by its commonest words.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/classifier.h"

#define WORDS_LOOKED_AT 1000
#define WORDS_NEEDED 4
#define TIMES_NEEDED 2 /* more than those of the next language */
#define WORD_MAX 8     /* octets of the longest one */
#define COMMON_MAX 160 /* different ones, of all languages */

static const char *const words[CLASSIFIER_LANGS] = {
	[CLASSIFIER_LANG_OTHER] = "",
	[CLASSIFIER_LANG_EN] = " the and of to is you that for with are this "
			       "have from your not will be was can we on it ",
	[CLASSIFIER_LANG_FR] = " le les des et est vous pour dans que une du "
			       "votre nous sur avec pas par ce cette au aux la "
			       "qui ne je sont ",
	[CLASSIFIER_LANG_DE] = " der die das und ist sie nicht mit den von zu "
			       "ein eine auf ihre wir ich dem werden f\xc3\xbcr ",
	[CLASSIFIER_LANG_ES] = " el los las y que en su para por con una del "
			       "se es no lo usted nos como sus ",
	[CLASSIFIER_LANG_IT] = " il gli che di non per con una della del le "
			       "si sono questo alla nel suo la vostro ",
	[CLASSIFIER_LANG_PT] = " os as que n\xc3\xa3o para com uma do da em no "
			       "na seu sua voc\xc3\xaa por mais foi ",
};

const char *
classifier_lang_name(enum classifier_lang l)
{
	static const char *const names[CLASSIFIER_LANGS] = { "other", "en",
		"fr", "de", "es", "it", "pt" };

	return names[l];
}

/* --- The words, sorted: built at the first use, then only read ------------------ */

struct common {
	char word[WORD_MAX + 1];
	unsigned int langs; /* bits */
};
static struct common common[COMMON_MAX];
static size_t common_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
by_word(const void *key, const void *entry)
{
	return strcmp(key, ((const struct common *)entry)->word);
}

static int
by_order(const void *a, const void *b)
{
	return strcmp(((const struct common *)a)->word,
	    ((const struct common *)b)->word);
}

static void
add(const char *text, size_t len, size_t lang)
{
	struct common new = { .langs = 1u << lang };

	OCT_ASSERT(len <= WORD_MAX);
	memcpy(new.word, text, len);
	for (size_t i = 0; i < common_count; i++)
		if (strcmp(common[i].word, new.word) == 0) {
			common[i].langs |= new.langs;
			return;
		}
	OCT_ASSERT(common_count < COMMON_MAX);
	common[common_count++] = new;
}

static void
build(void)
{
	for (size_t l = 0; l < OCT_LEN(words); l++)
		for (const char *p = words[l]; *p != '\0';) {
			size_t len = strcspn(p, " ");

			if (len > 0)
				add(p, len, l);
			p += len + (p[len] == ' ');
		}
	qsort(common, common_count, sizeof(*common), by_order);
}

/* --- Counting -------------------------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (unsigned char)c >= 0x80;
}

static void
count_word(const char *text, size_t len, size_t counts[CLASSIFIER_LANGS])
{
	const struct common *found;
	char word[WORD_MAX + 1];

	if (len > WORD_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		word[i] = (char)(text[i] >= 'A' && text[i] <= 'Z'
			? text[i] + ('a' - 'A')
			: text[i]);
	word[len] = '\0';
	found = bsearch(word, common, common_count, sizeof(*common), by_word);
	for (size_t l = 1; found != NULL && l < CLASSIFIER_LANGS; l++)
		counts[l] += found->langs >> l & 1;
}

enum classifier_lang
classifier_language(const struct content *c)
{
	const struct content_text *t = c->visible.len > c->plain.len
	    ? &c->visible
	    : &c->plain;
	size_t counts[CLASSIFIER_LANGS] = { 0 }, seen = 0, best = 0, next = 0;

	(void)pthread_once(&once, build);
	for (size_t i = 0; i < t->len && seen < WORDS_LOOKED_AT;) {
		size_t start = i;

		while (i < t->len && is_letter(t->data[i]))
			i++;
		if (i > start) {
			count_word(t->data + start, i - start, counts);
			seen++;
		} else {
			i++;
		}
	}
	for (size_t l = 1; l < CLASSIFIER_LANGS; l++)
		if (counts[l] > counts[best])
			best = l;
	for (size_t l = 1; l < CLASSIFIER_LANGS; l++)
		if (l != best && counts[l] > next)
			next = counts[l];
	return counts[best] >= WORDS_NEEDED && counts[best] >= TIMES_NEEDED * next
	    ? (enum classifier_lang)best
					    : CLASSIFIER_LANG_OTHER;
}
