/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message as the classifier sees it: binary features in groups, each a slot of
 * the model's table.  The text of a message cannot be had back from them.  One
 * message costs bounded memory: a group takes FEATURES_MAX at most, what comes
 * after is left out.  Pure but for the memory that it takes; any thread.
 */
#ifndef OCT_POLICY_FEATURES_H
#define OCT_POLICY_FEATURES_H

#include "lib/addr.h"
#include "lib/def.h"
#include "policy/overview.h"

#define FEATURE_BITS 22
#define FEATURES_MAX 30000 /* of one group */

enum feature_group {
	FEATURE_HEADER,    /* names of header fields, and neighbours */
	FEATURE_SUBJECT,
	FEATURE_SENDER,    /* From name and address, Reply-To */
	FEATURE_STRUCTURE, /* types, encodings, charsets of parts */
	FEATURE_MARKS,     /* dense marks */
	FEATURE_MARKUP,    /* names of tags, attributes, properties, colours */
	FEATURE_LINKS,
	FEATURE_RELAYS,    /* Received lines of others */
	FEATURE_MAILER,
	FEATURE_WORDS,
	FEATURE_BIGRAMS,
	FEATURE_GRAMS,     /* four octets in a row */
	FEATURE_ANCHORS,   /* link texts */
	FEATURE_LEXICON,
	FEATURE_PAIRS,     /* of marks and lexicon */
	FEATURE_PROOF      /* class of proof and symbols */
};
#define FEATURE_GROUPS (FEATURE_PROOF + 1)

/* Strong groups weigh more: a in the recipe. */
double feature_weight(enum feature_group g);
const char *feature_group_name(enum feature_group g);

struct features;
OCT_CHECK int features_new(struct features **out);
void features_clear(struct features *f);
void features_free(struct features *f);

size_t features_count(const struct features *f, enum feature_group g);
/* Slots below 2^FEATURE_BITS, each once. */
const uint32_t *features_slots(const struct features *f, enum feature_group g);

/* As they were read before: slots of a group that was empty. */
OCT_CHECK int features_set(struct features *f, enum feature_group g,
    const uint32_t *slots, size_t count);

/* What of the message is not in its octets. */
struct feature_facts {
	const char *const *recipients; /* typed addresses, for comparison only */
	size_t recipient_count;
	size_t received_skip; /* Received fields at the top that are our own */
	const char *proof;    /* name of the class of proof, "" = not known */
	const char *const *symbols; /* names of the symbols found */
	size_t symbol_count;
	const char *own_fields; /* prefix of fields to leave out, or NULL */
};

/* Everything; -ENOMEM, else 0.  What was in f is forgotten. */
OCT_CHECK int features_read(struct features *f, const struct oct_msg *m,
    struct overview *o, const struct feature_facts *facts);

#endif
