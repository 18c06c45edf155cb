/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many words looked for in one pass over a text (Aho and Corasick, 1975), whatever
 * their case (of ASCII).  Built once, then only read: any thread.
 */
#ifndef OCT_POLICY_AUTOMATON_H
#define OCT_POLICY_AUTOMATON_H

#include "lib/def.h"

struct automaton;

/* Alternatives separated by '|'; '_' at an end wants a word's border there. */
struct automaton_words {
	const char *words;
	uint16_t what; /* told to those who look */
};

/* 0 or -ENOMEM; freed by automaton_free.  At most 32,000 letters in all. */
OCT_CHECK int automaton_new(const struct automaton_words *list, size_t count,
    struct automaton **out);
void automaton_free(struct automaton *a);

/* Where a word was found: in the text, or in its start were that all there is (a
 * word may end there that goes on in the whole), or in both. */
#define AUTOMATON_WHOLE 1u
#define AUTOMATON_START 2u
typedef void automaton_each(void *arg, uint16_t what, unsigned int in);

struct automaton_text {
	const char *data;
	size_t len;
	size_t start; /* octets; 0 = nobody asks for it */
};
/* each is called once for each place where a word ends. */
void automaton_find(const struct automaton *a, const struct automaton_text *text,
    automaton_each *each, void *arg);

#endif
