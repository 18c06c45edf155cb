/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as a person searches it: case and the accents of Latin letters do not
 * count.  Pure; any thread.
 */
#ifndef OCT_POLICY_OWNER_FOLD_H
#define OCT_POLICY_OWNER_FOLD_H

#include "lib/def.h"
#include "lib/str.h"

/* Append it, folded; what is not UTF-8 becomes '?'. */
void owner_fold(struct oct_str *out, const char *text);

#define OWNER_WORDS_MAX 200 /* octets of what is looked for, folded */
#define OWNER_WORDS 10      /* of them; further ones are left out */

/* What is looked for: words, each ending in NUL, one after the other. */
struct owner_words {
	char text[OWNER_WORDS_MAX];
	size_t count;
};
/* Words beyond the bounds are left out whole. */
void owner_words_read(const char *query, struct owner_words *out);
/* Does each of them stand in the folded text? */
bool owner_words_match(const struct owner_words *w, const char *folded);

#endif
