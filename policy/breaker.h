/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Circuit breakers of challenges (challenge.md 5): one a proven organisation, one
 * a network that is written to, one of the platform.  Each looks at the last 200
 * challenges and at the volume by hour; open, nobody there is asked; after six
 * hours ten are asked as a probe, and the page wants the code.
 *
 * A breaker is a small record that pure functions change; the store applies them
 * by compare-and-set.  An event names its challenge, so that one that is told
 * twice counts once.  Any thread.
 */
#ifndef OCT_POLICY_BREAKER_H
#define OCT_POLICY_BREAKER_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/store.h"

#define BREAKER_WINDOW 200
#define BREAKER_OPEN_MS (6 * 3600000LL)
#define BREAKER_PROBES 10
/* Organisations that must have a part in what opens it: one alone has a breaker of
 * its own, and must not silence its neighbours. */
#define BREAKER_ORGS 10 /* of the platform, and of a listed provider */
#define BREAKER_NETWORK_ORGS 3

enum breaker_kind { BREAKER_ORG, BREAKER_NETWORK, BREAKER_PLATFORM };
#define BREAKER_KINDS 3
const char *breaker_kind_name(enum breaker_kind k);

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF };
const char *breaker_state_name(enum breaker_state s);

enum breaker_fact {
	BREAKER_SENT = 's',
	BREAKER_CONFIRMED = 'c',
	BREAKER_BOUNCED = 'b',
	BREAKER_NOT_ME = 'n'
};

struct breaker_slot {
	uint32_t challenge; /* first half of its id */
	uint16_t org;       /* hash of breaker_of.org */
	char fact;          /* enum breaker_fact */
};

/* Plain data. */
struct breaker {
	enum breaker_state state;
	int64_t since_ms, until_ms; /* until: of open */
	char why[16];               /* bounces, not-me, volume, probe; "" */
	int64_t born_hour, hour;    /* since the epoch; hour: the current one */
	int32_t hour_count;         /* sent in it */
	int32_t mean[24];           /* hundredths, by hour of the day (UTC) */
	int64_t sent_ms;            /* last one */
	size_t count;
	struct breaker_slot slot[BREAKER_WINDOW]; /* oldest first */
};
#define BREAKER_PACKED_SIZE 3600

void breaker_init(struct breaker *b, int64_t now_ms);
/* Strict; OCT_EPARSE leaves *out alone. */
OCT_CHECK int breaker_unpack(const char *text, struct breaker *out);
void breaker_pack(const struct breaker *b, char out[BREAKER_PACKED_SIZE]);

/* What time alone does: open becomes half-open, good probes close. */
void breaker_advance(struct breaker *b, enum breaker_kind kind,
    int64_t now_ms);
/* An event; sent adds a challenge, the others change its fact.  volume: so many
 * an hour are never too many; 0 = not looked at.  True if *b changed. */
struct breaker_event {
	struct breaker_slot slot;
	int64_t volume;
	bool provider; /* of BREAKER_NETWORK: everybody may have an address */
};
bool breaker_apply(struct breaker *b, enum breaker_kind kind,
    const struct breaker_event *event, int64_t now_ms);
/* May one more be sent?  After breaker_advance. */
bool breaker_allows(const struct breaker *b);
size_t breaker_facts(const struct breaker *b, enum breaker_fact fact);

/* --- In the store ----------------------------------------------------------- */

/* Whom a challenge concerns. */
struct breaker_of {
	const char *challenge; /* its id; unused where nothing is recorded */
	const char *org;       /* caps_share: proven organisation, or address */
	const char *network;   /* target_network; "" = not known */
	/* With BREAKER_SENT: the volumes of the settings. */
	int64_t volume_org, volume;
};

/* Record an event in all three.  An opening one is an error line of the log.  0,
 * OCT_ECONFLICT (too many at once: not recorded), or the store's error. */
OCT_CHECK int breaker_record(struct store *s, const struct breaker_of *of,
    enum breaker_fact fact, int64_t now_ms);

struct breaker_view {
	bool allows, code; /* code: the page must ask for it */
	enum breaker_kind kind; /* of the one that does not allow */
	char why[16];
	int64_t until_ms;
};
/* The strictest of the three.  0 or an error. */
OCT_CHECK int breaker_look(struct store *s, const struct breaker_of *of,
    int64_t now_ms, struct breaker_view *out);
/* Must the page ask for the code because of a breaker?  1, 0, or an error. */
OCT_CHECK int breaker_forces_code(struct store *s, const struct breaker_of *of,
    int64_t now_ms);

/* One by one, with its name: all that are not closed, 1,000 at most.
 * Those that time has closed leave the list.  each: 0, or it ends. */
typedef int breaker_each(void *arg, const char *kind, const char *name,
    const struct breaker *b);
OCT_CHECK int breaker_list(struct store *s, int64_t now_ms, breaker_each *each,
    void *arg);

#endif
