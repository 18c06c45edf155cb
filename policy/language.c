/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The language of a message, by its commonest words.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/classifier.h"

#define WORDS_LOOKED_AT 1000
#define WORDS_NEEDED 4
#define TIMES_NEEDED 2 /* more than those of the next language */

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

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (unsigned char)c >= 0x80;
}

static void
count_word(const char *text, size_t len, size_t counts[CLASSIFIER_LANGS])
{
	char word[16] = " ";

	if (len > 8)
		return;
	for (size_t i = 0; i < len; i++)
		word[i + 1] = (char)(text[i] >= 'A' && text[i] <= 'Z'
			? text[i] + ('a' - 'A')
			: text[i]);
	word[len + 1] = ' ';
	word[len + 2] = '\0';
	for (size_t l = 1; l < CLASSIFIER_LANGS; l++)
		counts[l] += strstr(words[l], word) != NULL;
}

enum classifier_lang
classifier_language(const struct content *c)
{
	const struct content_text *t = c->visible.len > c->plain.len
	    ? &c->visible
	    : &c->plain;
	size_t counts[CLASSIFIER_LANGS] = { 0 }, seen = 0, best = 0, next = 0;

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
