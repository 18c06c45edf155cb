/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages that say one thing: results and refusals.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_NOTICE_H
#define OCT_CHALLENGE_WEB_NOTICE_H

#include "challenge-web/view.h"
#include "policy/challenge.h"

enum notice {
	NOTICE_DONE,
	NOTICE_ALREADY,
	NOTICE_DISOWNED,
	NOTICE_OVER,
	NOTICE_MISSING,
	NOTICE_AWAY
};

/* of: whose addresses a NOTICE_DONE names, else NULL. */
void notice_page(struct view *v, enum notice what, const struct challenge *of);

/* Wrong codes are over their limit for that long. */
void notice_tries_page(struct view *v, int64_t retry_ms);

/* Refused with a status of 4xx or 5xx. */
void notice_fault_page(struct view *v, unsigned int status);

/* The addresses that the sender typed, each once, as a list. */
void notice_addresses(struct page *p, const struct challenge *c);

#endif
