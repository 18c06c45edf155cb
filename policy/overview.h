/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules and classifier both look up in a message that was read, looked up
 * once: the words of its text, and whose the hosts of its links are.  Belongs to
 * one thread at a time: organisations are found when they are first asked for.
 */
#ifndef OCT_POLICY_OVERVIEW_H
#define OCT_POLICY_OVERVIEW_H

#include "policy/content.h"
#include "policy/lexicon.h"

#define OVERVIEW_TEXT_OCTETS 12000
#define OVERVIEW_START_OCTETS 3000
#define OVERVIEW_SUBJECT_OCTETS 500
/* Links beyond these are not judged. */
#define OVERVIEW_LINKS 160

struct overview_host;

struct overview {
	const struct content *content;   /* borrowed */
	const struct content_text *text; /* its longer one, plain or visible */
	/* In the first OVERVIEW_TEXT_OCTETS of that, in its first
	 * OVERVIEW_START_OCTETS, and in the subject. */
	struct lexicon_hits body, start, subject;
	struct overview_host *hosts; /* private */
	size_t host_count;
};

/* 0 or -ENOMEM; freed by overview_free, before the content. */
OCT_CHECK int overview_new(const struct content *c, struct overview **out);
void overview_free(struct overview *o);

/* The organisational domain of a host of the content's links, or the host where
 * there is none; valid until the next call. */
const char *overview_org(struct overview *o, const char *host);

#endif
