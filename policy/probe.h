/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe: one mail of our own to a legacy address, to see it arrive at the
 * mailbox that gets its mail.  It carries a token (lib/token.h) that counts once
 * and for a week; what its arrival shows is recorded in the legacy address.
 * Any thread.
 */
#ifndef OCT_POLICY_PROBE_H
#define OCT_POLICY_PROBE_H

#include "lib/addr.h"
#include "lib/store.h"
#include "lib/token.h"

#define PROBE_FIELD "X-Octroi-Probe"
#define PROBE_VERB "probe" /* of the courier's duty */
#define PROBE_LIFE_MS (7LL * 86400000)
#define PROBE_HOPS_MAX 1000

enum probe_state {
	PROBE_WAITING, /* to be sent */
	PROBE_SENT,
	PROBE_ARRIVED,
	PROBE_RECORDED, /* and the legacy address says so */
	PROBE_BOUNCED,
	PROBE_REFUSED /* by Postfix, or not sent in time: note says why */
};
const char *probe_state_name(enum probe_state s);

enum probe_dkim { /* our signature on arrival */
	PROBE_DKIM_NONE,
	PROBE_DKIM_KEPT,
	PROBE_DKIM_BROKEN
};
const char *probe_dkim_name(enum probe_dkim d);

struct probe {
	enum probe_state state;
	char address[OCT_ADDR_SIZE]; /* the legacy address */
	char local[OCT_LOCAL_SIZE];  /* the mailbox that gets its mail */
	int64_t made_ms, sent_ms, arrived_ms;
	enum probe_dkim dkim;
	int hops;                     /* Received fields */
	char host[OCT_DOMAIN_SIZE + OCT_IP_SIZE]; /* who brought it: address
						     and name */
	char path[OCT_DOMAIN_SIZE];   /* domain of its reverse-path then */
	char note[128];
};

/* Begin one; the node's courier sends it.  Its id in *id. */
OCT_CHECK int probe_make(struct store *s, const char *node, const char *domain,
    const struct probe *p, char id[OCT_TOKEN_ID_SIZE]);

/* 1 found, 0 there is none. */
OCT_CHECK int probe_read(struct store *s, const char *domain, const char *id,
    struct probe *out);
/* The last one of an address. */
OCT_CHECK int probe_last(struct store *s, const char *domain,
    const char *address, char id[OCT_TOKEN_ID_SIZE], struct probe *out);
/* Whose it is, by its id alone. */
OCT_CHECK int probe_domain(
    struct store *s, const char *id, char domain[OCT_DOMAIN_SIZE]);

/* from as it was read, becomes to; node: its courier has something to do with
 * that, or NULL.  OCT_ECONFLICT: it has changed. */
OCT_CHECK int probe_move(struct store *s, const char *node, const char *domain,
    const char *id, const struct probe *from, const struct probe *to);

#endif
