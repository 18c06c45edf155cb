/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of spam in six languages, in categories, and the names of brands.
 * Built once, at the first use, and only read from then on; any thread.
 */
#ifndef OCT_POLICY_LEXICON_H
#define OCT_POLICY_LEXICON_H

#include "lib/def.h"

#define LEXICON_CATEGORIES_MAX 32
#define LEXICON_BRANDS_MAX 192

struct lexicon_hits {
	uint16_t category[LEXICON_CATEGORIES_MAX]; /* times, saturating */
	uint64_t brand[LEXICON_BRANDS_MAX / 64];   /* bits */
};

size_t lexicon_categories(void);
const char *lexicon_category(size_t i); /* its name */
size_t lexicon_brands(void);
const char *lexicon_brand(size_t i);

/* Count what stands in a text, whatever its case (of ASCII); *out is set.  Without
 * memory for the automaton nothing is found. */
void lexicon_find(const char *text, size_t len, struct lexicon_hits *out);
/* The same, and beside it what stands in the first octets, as if the text ended
 * there; in one pass. */
void lexicon_find_both(const char *text, size_t len, size_t start,
    struct lexicon_hits *out, struct lexicon_hits *out_start);
/* Times that a category was found, by its name. */
unsigned int lexicon_count(const struct lexicon_hits *hits,
    const char *category);
bool lexicon_has_brand(const struct lexicon_hits *hits, size_t brand);

#endif
