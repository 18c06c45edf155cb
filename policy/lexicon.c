/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lexicon.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/automaton.h"
#include "policy/lexicon_words.h"

static struct automaton *automaton; /* NULL: no memory for it */
static pthread_once_t once = PTHREAD_ONCE_INIT;

size_t
lexicon_categories(void)
{
	return OCT_LEN(lexicon_words);
}

const char *
lexicon_category(size_t i)
{
	return lexicon_words[i].name;
}

size_t
lexicon_brands(void)
{
	return OCT_LEN(lexicon_brand_words);
}

const char *
lexicon_brand(size_t i)
{
	return lexicon_brand_words[i];
}

/* --- Building ------------------------------------------------------------- */

static size_t
brand_index(const char *name)
{
	for (size_t i = 0; i < OCT_LEN(lexicon_brand_words); i++)
		if (strcmp(lexicon_brand_words[i], name) == 0)
			return i;
	OCT_ASSERT(false);
	return 0;
}

#define LISTS                                                                  \
	(OCT_LEN(lexicon_words) + OCT_LEN(lexicon_brand_words) +               \
	    OCT_LEN(lexicon_spellings))
#define BRAND_SIZE 64

static void
fill(struct automaton_words list[LISTS],
    char brands[][BRAND_SIZE])
{
	size_t n = 0, first = OCT_LEN(lexicon_words);

	for (size_t i = 0; i < first; i++)
		list[n++] = (struct automaton_words){ lexicon_words[i].words,
			(uint16_t)i };
	for (size_t i = 0; i < OCT_LEN(lexicon_brand_words); i++) {
		(void)snprintf(brands[i], BRAND_SIZE, "_%s_",
		    lexicon_brand_words[i]);
		list[n++] = (struct automaton_words){ brands[i],
			(uint16_t)(first + i) };
	}
	for (size_t i = 0; i < OCT_LEN(lexicon_spellings); i++)
		list[n++] = (struct automaton_words){ lexicon_spellings[i][0],
			(uint16_t)(first +
			    brand_index(lexicon_spellings[i][1])) };
}

static void
build(void)
{
	struct automaton_words *list = calloc(LISTS, sizeof(*list));
	char (*brands)[BRAND_SIZE] = calloc(OCT_LEN(lexicon_brand_words),
	    sizeof(*brands));

	_Static_assert(OCT_LEN(lexicon_words) <= LEXICON_CATEGORIES_MAX,
	    "categories");
	_Static_assert(OCT_LEN(lexicon_brand_words) <= LEXICON_BRANDS_MAX,
	    "brands");
	if (list != NULL && brands != NULL) {
		fill(list, brands);
		if (automaton_new(list, LISTS, &automaton) != 0)
			automaton = NULL;
	}
	free(list);
	free(brands);
}

/* --- Finding --------------------------------------------------------------- */

static void
add(struct lexicon_hits *out, uint16_t what)
{
	size_t brand;

	if (what < OCT_LEN(lexicon_words)) {
		out->category[what] = (uint16_t)(out->category[what] +
		    (out->category[what] < UINT16_MAX));
		return;
	}
	brand = what - OCT_LEN(lexicon_words);
	out->brand[brand / 64] |= (uint64_t)1 << (brand % 64);
}

struct found {
	struct lexicon_hits *whole, *start;
};

static void
note(void *arg, uint16_t what, unsigned int in)
{
	const struct found *f = arg;

	if ((in & AUTOMATON_WHOLE) != 0)
		add(f->whole, what);
	if ((in & AUTOMATON_START) != 0)
		add(f->start, what);
}

static void
find(const struct automaton_text *text, struct found *f)
{
	(void)pthread_once(&once, build);
	if (automaton != NULL)
		automaton_find(automaton, text, note, f);
}

void
lexicon_find(const char *text, size_t len, struct lexicon_hits *out)
{
	const struct automaton_text t = { .data = text, .len = len };
	struct found f = { .whole = out };

	memset(out, 0, sizeof(*out));
	find(&t, &f);
}

void
lexicon_find_both(const char *text, size_t len, size_t start,
    struct lexicon_hits *out, struct lexicon_hits *out_start)
{
	const struct automaton_text t = { .data = text, .len = len,
		.start = start < len ? start : len };
	struct found f = { .whole = out, .start = out_start };

	memset(out, 0, sizeof(*out));
	memset(out_start, 0, sizeof(*out_start));
	find(&t, &f);
}

unsigned int
lexicon_count(const struct lexicon_hits *hits, const char *category)
{
	for (size_t i = 0; i < OCT_LEN(lexicon_words); i++)
		if (strcmp(lexicon_words[i].name, category) == 0)
			return hits->category[i];
	OCT_ASSERT(false);
	return 0;
}

bool
lexicon_has_brand(const struct lexicon_hits *hits, size_t brand)
{
	return (hits->brand[brand / 64] >> (brand % 64) & 1) != 0;
}
