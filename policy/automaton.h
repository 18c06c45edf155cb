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

/* 0 or -ENOMEM; freed by automaton_free.  At most 65,000 letters in all. */
OCT_CHECK int automaton_new(const struct automaton_words *list, size_t count,
    struct automaton **out);
void automaton_free(struct automaton *a);

typedef void automaton_each(void *arg, uint16_t what);
/* each is called once for each place where a word ends. */
void automaton_find(const struct automaton *a, const char *text, size_t len,
    automaton_each *each, void *arg);

#endif
