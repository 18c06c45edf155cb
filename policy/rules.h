/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over what a message says: private to score.c and the rules_*.c files.
 */
#ifndef OCT_POLICY_RULES_H
#define OCT_POLICY_RULES_H

#include "policy/overview.h"
#include "policy/phrases.h"
#include "policy/score.h"

#define RULES_HOSTS 60

/* What several rules look at. */
struct rules {
	const struct score_input *in;
	struct overview *o;
	const struct content *c;
	const struct content_text *text; /* the longer one */
	struct lexicon_hits name;
	struct phrases said;  /* in its text */
	struct phrases title; /* in subject and display name */
	char shown_name[256]; /* display name as it is read by eye */
	char from_org[OCT_DOMAIN_SIZE];
	bool from_free;       /* the author writes from a public provider */
	bool proven;          /* the author's domain is */
	bool institution;     /* the author's domain is one's that all trust */
	bool list;            /* discussion list */
	bool talk;            /* people, or programs, among themselves */
	size_t web;           /* web links that are to be followed */
	/* Hosts of web links, each once: those to be followed come first. */
	const char *host[RULES_HOSTS];
	size_t host_count, followed;
};

/* Everything; there must be an overview. */
void rules_check(const struct score_input *in, struct score *s);

void rules_shape(const struct rules *r, struct score *s);
void rules_markup(const struct rules *r, struct score *s);
void rules_parts(const struct rules *r, struct score *s);
void rules_mime(const struct rules *r, struct score *s);
void rules_fraud(const struct rules *r, struct score *s);
void rules_wishes(const struct rules *r, struct score *s);

/* Does a brand stand in the author's domain, or (links) in one that the message
 * leads to? */
bool rules_stands_behind(const struct rules *r, const char *brand, bool links);

/* Does it come by a discussion list?  Newsletters with one-click unsubscription
 * (RFC 8058) do not count. */
bool rules_is_list(const struct oct_msg *m);

#endif
