/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails to referents and administrators (challenge.md 3 expiry rule, and 10f):
 * what the courier's duty "tell" looks for, and how each is told once.
 */
#ifndef OCT_COURIER_TELL_H
#define OCT_COURIER_TELL_H

#include "courier/courier.h"
#include "policy/breaker.h"

#define TELL_EVERY_MS 10000
#define TELL_DAYS_MS (40LL * 86400000) /* life of a mark */
/* So many mails a round, so that an outage that opens many breakers does not
 * keep the lane from other mail. */
#define TELL_ROUND_MAX 10

/* One mail.  what: of told_mark.  template: NULL = text and subject are given. */
struct tell {
	const char *what, *to;
	enum template_id id;
	const char *domain; /* whose template; "@" = the platform's */
	const char *lang;
	const struct notice_values *values;
	const char *subject; /* NULL = of the template */
	const struct oct_str *text;
};
/* 1: handed over; 0: somebody told it before; or an error: to be tried again. */
OCT_CHECK int tell_send(struct courier *c, const struct tell *t);

/* What this round may still send. */
struct tell_round {
	struct courier *courier;
	int64_t now_ms;
	unsigned left;
	int error; /* the first */
};

/* Items that were extended for want of a digest, to the tenant's referent, a
 * mail a day at most.  0 or an error of the store. */
OCT_CHECK int tell_extended(struct tell_round *r);
/* Before case_extend: the domain has some.  0 or an error. */
OCT_CHECK int tell_extended_note(struct courier *c, const char *domain);

/* Breakers that are open, to challenge.alerts. */
OCT_CHECK int tell_breakers(struct tell_round *r);
/* Accounts whose sending was suspended, to the tenant's referent and the
 * administrators. */
OCT_CHECK int tell_suspended(struct tell_round *r);
/* "rate_messages_out 100/1h" as "100 messages en 1 h".  Pure. */
void tell_limit_words(const char *limit, enum template_lang lang,
    struct oct_str *out);

/* In words, pure: whom it concerns and why. */
void tell_breaker_scope(const char *kind, const char *name,
    enum template_lang lang, struct oct_str *out);
void tell_breaker_cause(const struct breaker *b, enum template_lang lang,
    struct oct_str *out);

/* Malware that is held, to challenge.alerts. */
OCT_CHECK int tell_viruses(struct tell_round *r);
/* Changes in the DNS of hosted domains, to challenge.alerts. */
OCT_CHECK int tell_dns(struct tell_round *r);

/* The numbers of the week, on Monday morning, to challenge.alerts. */
OCT_CHECK int tell_numbers(struct tell_round *r);
/* Append their text.  0, or the store's error, OCT_EFULL, -ENOMEM. */
OCT_CHECK int tell_numbers_write(struct store *store, int64_t now_ms,
    struct oct_str *out);

enum duty courier_tell(struct courier *c, const struct case_duty *d);

#endif
