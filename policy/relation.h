/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relation between one mailbox and one sender identity (challenge.md 3): its
 * packed form in the store, and its state machine as a pure function.  The store
 * applies a transition by compare-and-set on the packed form.  Any thread.
 */
#ifndef OCT_POLICY_RELATION_H
#define OCT_POLICY_RELATION_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/options.h"

enum rel_state {
	REL_UNKNOWN,
	REL_ASKED,
	REL_SILENT,
	REL_ALLOWED,
	REL_BLOCKED,
	REL_LAPSED
};
const char *rel_state_name(enum rel_state s);

#define REL_ITEMS_MAX 20                      /* challenge.md 5, space */
#define REL_BYTES_MAX (25LL * 1024 * 1024)
#define REL_ID_SIZE 40                        /* held item id and its NUL */
#define REL_CHALLENGE_SIZE 17                 /* 16 hex digits and the NUL */
#define REL_ORIGIN_SIZE 16

/* Plain data. */
struct relation {
	enum rel_state state;
	int asks;
	int64_t since_ms; /* in this state */
	int64_t last_ms;  /* last message; of one delivered, to the day */
	int64_t asked_ms; /* last challenge was decided, 0 = never */
	char challenge[REL_CHALLENGE_SIZE]; /* live challenge, or "" */
	char origin[REL_ORIGIN_SIZE]; /* of ALLOWED and BLOCKED: page, reply,
					 owner, grant, outbound */
	bool deferred;    /* ASKED by DEFER: the message itself is not here */
	bool failed;      /* a challenge bounced, or was disowned: stays until he
			     is allowed or forgotten */
	int64_t bytes;
	size_t items;
	char item[REL_ITEMS_MAX][REL_ID_SIZE];
};

#define REL_PACKED_SIZE 1280

void relation_init(struct relation *r); /* UNKNOWN, empty */
/* Strict; OCT_EPARSE leaves *out alone.  Both forms ever written are read: "1"
 * knew no DEFER. */
OCT_CHECK int relation_unpack(const char *text, struct relation *out);
void relation_pack(const struct relation *r, char out[REL_PACKED_SIZE]);

/* Room for one more message of that size?  The first always fits. */
bool relation_has_room(const struct relation *r, int64_t size);
bool relation_has_item(const struct relation *r, const char *id);
void relation_add_item(struct relation *r, const char *id, int64_t size);
void relation_remove_item(struct relation *r, const char *id, int64_t size);

enum rel_event {
	REL_EV_HELD_ASK,     /* class A, to be held as first contact, may be asked */
	REL_EV_HELD_SILENT,  /* held for any other reason, or may not be asked */
	REL_EV_HELD_VIRUS,   /* held for the administrators: says nothing of the
				sender */
	REL_EV_DEFERRED,     /* class A, 451 and a challenge (DEFER) */
	REL_EV_REFUSED,      /* 550 with a token of its own (REFUSE) */
	REL_EV_CONFIRMED,    /* by page or reply */
	REL_EV_NOT_ME,       /* "I did not send this", with the code */
	REL_EV_LATE,         /* challenge not handed over within T_fresh */
	REL_EV_BOUNCED,      /* challenge refused for good */
	REL_EV_RELEASED,     /* owner releases an item */
	REL_EV_RELEASED_ONCE,
	REL_EV_ALLOWED,      /* owner allows, or a grant matched with proof */
	REL_EV_BLOCKED,      /* owner blocks */
	REL_EV_UNBLOCKED,    /* owner, on his own page only */
	REL_EV_DISALLOWED,   /* owner takes back that he lets him in */
	REL_EV_EXPIRED,      /* an item's time ended */
	REL_EV_DEFER_OVER,   /* T_defer ended */
	REL_EV_CLOSED,       /* option switched off, or address closed */
	REL_EV_FORGET        /* unused for T_allow, or 400 d after lapsing */
};
#define REL_EV_COUNT (REL_EV_FORGET + 1)

struct rel_guard {
	int64_t now_ms;
	int64_t quiet_ms; /* T_quiet */
	int asks_max;     /* 2 */
	bool none_left;   /* no item remains after this event */
};

enum rel_action { /* flags */
	REL_ACT_NONE = 0,
	REL_ACT_ASK = 1u << 0,          /* one challenge */
	REL_ACT_RELEASE = 1u << 1,      /* items held as first contact, cap or
					   transit, in order */
	REL_ACT_RELEASE_ITEM = 1u << 2, /* the item of the event */
	REL_ACT_DROP = 1u << 3,         /* all items */
	REL_ACT_TOKENS_DIE = 1u << 4
};

/*
 * Apply an event: *r is changed (state, asks, times), the actions are returned.
 * An event that the table does not list changes nothing and returns
 * REL_ACT_NONE; *listed tells (for the counter), may be NULL.
 */
unsigned int relation_apply(struct relation *r, enum rel_event ev,
    const struct rel_guard *g, const char *origin, bool *listed);

/* How long what is not used is known, in ms (challenge.md 5). */
struct rel_ages {
	int64_t allow;    /* T_allow, sliding: ALLOWED, not by the owner's hand */
	int64_t outbound; /* the same, where origin is "outbound" */
	int64_t lapsed;   /* LAPSED, and the count of asks */
	int64_t defer;    /* T_defer */
	int64_t hold;     /* T_hold: a challenge that no item waits for */
};
void relation_ages(const struct option_values *options, struct rel_ages *out);

/*
 * What the time since its last change has made of a relation.  To be applied
 * after every read, so that nothing rests on a sweep; a relation with items never
 * ages (their expiry is an act).  Whether it changed: an UNKNOWN one that
 * relation_is_empty may then be removed.
 */
bool relation_age(struct relation *r, const struct rel_ages *ages,
    int64_t now_ms);

/* Says no more than an absent one. */
bool relation_is_empty(const struct relation *r);

/* A message of an ALLOWED sender was delivered: whether *r changed, which it does
 * once a day at most, and should be written. */
bool relation_used(struct relation *r, int64_t now_ms);

#endif
