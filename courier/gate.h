/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May we write to this sender now?  The stop lever, the target rule, breakers,
 * caps and shares (challenge.md 5, 10d, 11), asked just before a challenge or an
 * end notice is handed over, and charged if it may leave.  A gate serves all
 * views of a courier: any thread, unless said otherwise.
 */
#ifndef OCT_COURIER_GATE_H
#define OCT_COURIER_GATE_H

#include <pthread.h>

#include "courier/courier.h"
#include "lib/dns.h"
#include "policy/caps.h"
#include "policy/directory.h"
#include "policy/lever.h"

#define GATE_REASONS 32 /* there are fewer */

struct gate_room {
	struct dns *dns;
	struct caps_limits limits;
	struct option_values options; /* the platform's */
	uint8_t caps_key[OCT_KEY_OCTETS];
	struct dns_session *round; /* of gate_prepare: its thread's */
	struct gate_pass *notice;  /* of gate_may_notify: its thread's */
	pthread_mutex_t lock;      /* of what follows */
	struct lever *lever;
	struct directory *directory; /* both NULL until the first need */
	int64_t waited_ms, waited_at; /* for DNS in vain, and as of when */
	size_t silent_count;          /* not yet in the store */
	struct caps_silent silent[GATE_REASONS];
};
/* Into c->gate; failures are logged. */
OCT_CHECK int gate_open(struct courier *c, const struct oct_secret *secret);
void gate_close(struct courier *c);

/* The directory as it is followed; directory_put.  NULL: it is away. */
const struct dir_snapshot *gate_directory(struct courier *c);

/* Does the page always want the code, as one of its mailboxes has it? */
bool gate_wants_code(struct courier *c, const struct challenge *ch);
/* The timers of these mailboxes together: settle and hold_silent the longest,
 * fresh the shortest, all else the platform's. */
void gate_timers(struct courier *c, const char *domain,
    const char *const *local, size_t count, struct case_timers *out);

enum gate {
	GATE_OPEN,  /* charged; gate_give_back if it is not handed over */
	GATE_SHUT,  /* not this one: why */
	GATE_LATER, /* DNS does not tell now */
	GATE_FAILED /* the store is away */
};

/* For whom, to whom; all borrowed. */
struct gate_ask {
	const char *domain, *rpath, *sid, *client;
	bool proven; /* the path is, though there is no sid (transit) */
	size_t count;
	const char *const *local; /* at most CHALLENGE_RCPT_MAX */
};

struct gate_pass {
	struct caps_ask caps; /* its strings are these: */
	char sender[CAPS_SUBJECT_SIZE], share[CAPS_SUBJECT_SIZE];
	char network[OCT_DOMAIN_SIZE], org[OCT_DOMAIN_SIZE];
	const char *why;    /* static text; of GATE_SHUT, or of shut[] */
	size_t shut_count;  /* GATE_OPEN: mailboxes over their own caps */
	bool shut[CHALLENGE_RCPT_MAX];
	int64_t hold_silent; /* the longest of the mailboxes' */
};
enum gate gate_try(struct courier *c, const struct gate_ask *a,
    struct gate_pass *out);
void gate_give_back(struct courier *c, const struct gate_ask *a,
    const struct gate_pass *p);

/* Before a round of duties: start the first DNS look-ups of its challenges
 * together, without waiting, so that most answers are known when their turn
 * comes.  due: the key.  gate_forget ends the round, and stores its counts.  Both:
 * one thread. */
void gate_prepare(struct courier *c, const char *due, size_t limit);
void gate_forget(struct courier *c);

/* One was not asked; why is static text.  Counted when the round ends. */
void gate_silent(struct courier *c, const char *why);

/* May this item's sender get an end notice?  1, charged; 0; or an error
 * (OCT_ETIME: DNS does not tell now).  One thread, with gate_notice_failed. */
OCT_CHECK int gate_may_notify(struct courier *c, const struct held *h);
/* The last one that might was not handed over. */
void gate_notice_failed(struct courier *c, const struct held *h);

#endif
