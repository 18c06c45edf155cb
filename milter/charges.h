/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one RCPT is charged on the rates in force (design 7): a list for one call
 * to the store, of one tag.  Free of sessions.  One thread.
 */
#ifndef OCT_MILTER_CHARGES_H
#define OCT_MILTER_CHARGES_H

#include "lib/store.h"
#include "policy/limit.h"

struct charge {
	enum quota quota;
	bool network; /* of a client network: the unit of quota alone counts */
	struct quota_rate rate;
	int64_t cost; /* 0: another RCPT of the message bears it */
	char *key;
};

struct charges {
	size_t count, cap;
	struct charge *at;
	bool taken; /* the store has it */
};

/* What the rates are of. */
struct charges_subject {
	const struct limit_platform *platform;
	const struct dir_domain *domain;   /* NULL: nobody's */
	const struct dir_mailbox *mailbox; /* NULL: the domain alone */
	const char *name;  /* of the mailbox in keys; of a login that is no
			      mailbox, with domain NULL */
	bool out;
	bool known; /* the second bucket, of senders who are known there */
	int64_t octets; /* declared, 0 = not known */
};

/* Add the rates in force of its mailbox, if it has one, and of its domain. */
OCT_CHECK int charges_add(struct charges *c, const struct charges_subject *s);
/* Add those of a client network (text of oct_ip_net_text). */
OCT_CHECK int charges_add_network(struct charges *c,
    const struct limit_platform *p, const char *net, int64_t octets);
void charges_fini(struct charges *c);

/* Its place in c, or NULL. */
struct charge *charges_find(struct charges *c, const char *key);
/* "rate_messages_in 100/1h". */
void charge_text(const struct charge *c, struct oct_str *out);

/* 1: all charged; 0: over, nothing is charged, *over is the first that is; or
 * the store's error: open. */
OCT_CHECK int charges_take(struct store *s, struct charges *c, size_t *over);
/* Give back what was taken; harmless if nothing was. */
void charges_refund(struct store *s, struct charges *c);
/* The message turns out to have octets: charge what its volumes lack, all or
 * none, as charges_take does. */
OCT_CHECK int charges_grow(struct store *s, struct charges *c, int64_t octets,
    size_t *over);
/* It was accepted: volumes are charged what they really are, within the limit or
 * not. */
void charges_settle(struct store *s, struct charges *c, int64_t octets);

#endif
