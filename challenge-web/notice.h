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
	NOTICE_EXPIRED,
	NOTICE_OVER,
	NOTICE_MISSING,
	NOTICE_AWAY,
	/* of a refusal (challenge.md 9) */
	NOTICE_PASS_DONE,
	NOTICE_PASS_ALREADY,
	NOTICE_PASS_SPENT,
	NOTICE_PASS_OVER
};

/* of: whose addresses a NOTICE_DONE names, else NULL. */
void notice_page(struct view *v, enum notice what, const struct challenge *of);
/* The same, of a refusal for that domain. */
void notice_domain_page(struct view *v, enum notice what, const char *domain);

/* Of what there was too much. */
enum notice_tries {
	NOTICE_TRIES_CODE,    /* wrong codes */
	NOTICE_TRIES_ADDRESS, /* wrong addresses */
	NOTICE_TRIES_PACE     /* confirmations from one network */
};
/* It is over its limit for that long. */
void notice_tries_page(struct view *v, enum notice_tries what,
    int64_t retry_ms);

/* Refused with a status of 4xx or 5xx. */
void notice_fault_page(struct view *v, unsigned int status);

/* The addresses that the sender typed, each once, as a list. */
void notice_addresses(struct page *p, const struct challenge *c);

#endif
