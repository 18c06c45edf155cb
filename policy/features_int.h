/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding features: shared by the files that read the parts of a message.
 */
#ifndef OCT_POLICY_FEATURES_INT_H
#define OCT_POLICY_FEATURES_INT_H

#include "lib/str.h"
#include "policy/features.h"

#define MARKS_MAX 160 /* of marks and lexicon together, for their pairs */

struct features {
	uint32_t *slot[FEATURE_GROUPS];
	size_t count[FEATURE_GROUPS], room[FEATURE_GROUPS];
	/* Which slots the group at hand has: stamp and slot by open
	 * addressing. */
	uint32_t *seen;
	uint32_t stamp;
	enum feature_group group;
	uint64_t marks[MARKS_MAX];
	size_t mark_count;
	char *lower; /* a text in lower case */
	size_t lower_room;
	int err;
};

uint64_t feature_mix(uint64_t x);
uint64_t feature_hash(const char *text, size_t len);

/* From here on features belong to this group; each group once. */
void feature_begin(struct features *f, enum feature_group g);
/* One feature by its hash; a duplicate is nothing. */
void feature_add(struct features *f, uint64_t hash);
void feature_text(struct features *f, const char *text);
/* Two hashes in order as one. */
uint64_t feature_join(uint64_t a, uint64_t b);

enum feature_what { FEATURE_DO_WORDS = 1, FEATURE_DO_BIGRAMS = 2,
	FEATURE_DO_GRAMS = 4 };
/* Words, their neighbours, runs of four octets of a text, in a name space. */
void feature_words(struct features *f, const char *text, size_t len,
    unsigned int what, uint64_t space);

/* A mark "name", "name:detail" or "name:n"; kept for the pairs. */
void feature_mark(struct features *f, const char *name);
void feature_mark_text(struct features *f, const char *name,
    const char *detail);
void feature_mark_number(struct features *f, const char *name, int64_t n);
/* 0 for 0, else floor(log2 n) + 1. */
int feature_log(uint64_t n);

/* The text in lower case (ASCII), valid until the next call; "" on no memory. */
const char *feature_lower(struct features *f, const char *text, size_t len);

/* The groups of several files. */
struct feature_message {
	const struct oct_msg *msg;
	struct overview *overview;
	const struct content *content; /* the same */
	const struct feature_facts *facts;
	struct oct_addr from, reply_to, sender;
	bool has_from, has_reply_to, has_sender;
	char from_org[OCT_DOMAIN_SIZE];
	size_t rcpt_count; /* addresses of To and Cc */
	char subject[512]; /* lower case, as much as fits */
};
void feature_marks(struct features *f, const struct feature_message *m);
/* Those of what is read: subject, mark-up, texts, links. */
void feature_text_marks(struct features *f, const struct feature_message *m);
void feature_lexicon(struct features *f, const struct feature_message *m);

#endif
