/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage that mailboxes use, as their server tells it: the hash oct:{d}:use,
 * local part -> "1 octets messages since level told".  Sizes in octets, dates in
 * ms.
 * Any thread.
 */
#ifndef OCT_POLICY_USAGE_H
#define OCT_POLICY_USAGE_H

#include "lib/def.h"
#include "lib/store.h"

struct usage {
	int64_t octets, messages;
	int64_t since_ms; /* when it was told */
	int level;        /* that is reached: 0, 80, 90, 100 percent */
	int told;         /* of which its owner was told, at most level */
};

#define USAGE_PACKED_SIZE 96
#define USAGE_OCTETS_MAX (1LL << 50)

void usage_pack(const struct usage *u, char out[USAGE_PACKED_SIZE]);
/* OCT_EPARSE. */
OCT_CHECK int usage_parse(const char *packed, struct usage *out);

/* The highest of 80, 90 and 100 percent that is reached; 0: none, or no quota. */
int usage_level(int64_t octets, int64_t quota);
/* One message more, of size octets (0 = not known): as Dovecot's quota with its
 * grace, the last one may pass the quota, and none comes after it. */
bool usage_has_room(int64_t octets, int64_t size, int64_t quota,
    int64_t grace);

/* 0, or OCT_EABSENT: nobody told. */
OCT_CHECK int usage_read(struct store *s, const char *domain,
    const char *local, struct usage *out);

/* What is told of one mailbox. */
struct usage_told {
	const char *domain, *local;
	int64_t octets, messages; /* -1: as it was */
	int64_t quota;            /* in force, 0 = none */
	const char *node;         /* whose courier writes to people */
	int64_t now_ms;
	/* Not told as it changed, but read: what was told after now_ms is
	 * newer and stays, and so does what is known more exactly than in
	 * these units of octets.  0: told. */
	int64_t grain;
};
/*
 * Keep it.  A level that is reached is work for the courier ("storage", the
 * domain, "all"): once, until usage was under it again.
 */
OCT_CHECK int usage_write(struct store *s, const struct usage_told *told);
/* Mark as told: 1 done, 0 it has changed meanwhile (old: as it was read). */
OCT_CHECK int usage_mark(struct store *s, const char *domain,
    const char *local, const char *old, const struct usage *now);

#endif
