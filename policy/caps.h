/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many challenges may leave, and what part of that one sender may use
 * (challenge.md 5): limits on whom a challenge is for, whom it goes to, and the
 * whole; over any, nobody is asked.  Which limits one challenge is charged to is
 * pure; charging is GCRA in the store (a burst of the whole count, then evenly),
 * all or none, in ordered steps, as the keys of a domain stand apart from those
 * of the platform.  Any thread.
 */
#ifndef OCT_POLICY_CAPS_H
#define OCT_POLICY_CAPS_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/secret.h"
#include "lib/store.h"
#include "policy/keys.h"

#define CAPS_PURPOSE "challenge.caps" /* of oct_secret_key */
#define CAPS_SUBJECT_SIZE (OCT_DOMAIN_SIZE + 8)

struct settings;
struct caps_limits {
	int64_t sender, domain, network, provider, platform;
	int64_t share_percent;
};
void caps_limits(const struct settings *s, struct caps_limits *out);

/*
 * The count of one hosted domain: the innermost that domain, tenant or platform
 * sets (in_force).  A platform that sets another than the built-in count means
 * it as the most: the smaller of both counts then.  Pure.
 */
int64_t caps_of_domain(int64_t platform, int64_t in_force);

/* Is that an organisation where everybody may have an address? */
bool caps_is_provider(const struct settings *s, const char *org);

/* Whom one challenge is charged to. */
struct caps_ask {
	const char *domain; /* hosted */
	const char *sender; /* caps_sender */
	const char *share;  /* caps_share */
	const char *network; /* target_network */
	bool provider;       /* the network is a listed provider's */
};
/* The sender's address as it stands in keys: a keyed hash of its folded form. */
void caps_sender(const uint8_t key[OCT_KEY_OCTETS], const char *rpath,
    char out[CAPS_SUBJECT_SIZE]);
/* Who shares: the proven organisation, or at a listed provider the sender. */
void caps_share(const char *org, const char *sender, bool listed,
    char out[CAPS_SUBJECT_SIZE]);

enum caps_limit {
	CAPS_SENDER,
	CAPS_NETWORK,
	CAPS_NETWORK_SHARE,
	CAPS_PLATFORM,
	CAPS_PLATFORM_SHARE,
	CAPS_DOMAIN,
	CAPS_DOMAIN_SHARE,
	CAPS_MAILBOX,
	CAPS_MAILBOX_SHARE
};
#define CAPS_WIDE 5 /* those of the platform */
const char *caps_limit_name(enum caps_limit l); /* "cap-sender", ... */

/* One limit with its count; pure.  local and the mailbox's own counts (cap,
 * share) matter for the last two only. */
struct caps_rate {
	char key[KEY_SIZE];
	int64_t count, period_ms;
};
struct caps_box {
	const char *local;
	int64_t cap, share; /* OPTION_CAP_MAILBOX, OPTION_SHARE_MAILBOX */
};
void caps_rate(const struct caps_limits *limits, const struct caps_ask *ask,
    const struct caps_box *box, enum caps_limit l, struct caps_rate *out);

/* Charge all limits; box NULL: but the mailbox's.  1 charged, 0 over *over
 * (nothing is charged), or an error. */
OCT_CHECK int caps_take(struct store *s, const struct caps_limits *limits,
    const struct caps_ask *ask, const struct caps_box *box,
    enum caps_limit *over);
OCT_CHECK int caps_take_box(struct store *s, const struct caps_ask *ask,
    const struct caps_box *box, enum caps_limit *over);
/* It was not handed over. */
OCT_CHECK int caps_give_back(struct store *s, const struct caps_limits *limits,
    const struct caps_ask *ask, const struct caps_box *box);
OCT_CHECK int caps_give_back_box(struct store *s, const struct caps_ask *ask,
    const struct caps_box *box);

/* --- Numbers of the day ------------------------------------------------------ */

#define CAPS_DAY_SIZE 9
void caps_day(int64_t wall_ms, char out[CAPS_DAY_SIZE]); /* "20261121", UTC */
/* One left.  Best effort. */
void caps_note_sent(struct store *s, const struct caps_ask *ask,
    int64_t now_ms);
/* So many were not asked, by why.  Best effort. */
struct caps_silent {
	const char *why;
	int64_t count;
};
void caps_note_silent(struct store *s, const struct caps_silent *silent,
    size_t count, int64_t now_ms);

#endif
