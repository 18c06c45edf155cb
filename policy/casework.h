/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done to held items, relations and challenges in the store: each act is
 * one transaction in its domain, with the duties that follow from it (due times,
 * work for the courier) in the same round trip.  Acts can be repeated; a lost
 * race is read again, at most CASE_TRIES times, then OCT_ECONFLICT.  Used by the
 * courier, the web and the command; the milter registers through case_register.
 * Any thread.
 */
#ifndef OCT_POLICY_CASEWORK_H
#define OCT_POLICY_CASEWORK_H

#include "lib/def.h"
#include "lib/store.h"
#include "policy/challenge.h"
#include "policy/grant.h"
#include "policy/held.h"
#include "policy/relation.h"

#define CASE_TRIES 5

/* Timers in ms (challenge.md 5), from the configuration. */
struct case_timers {
	int64_t settle, fresh, hold, hold_silent, hold_virus, extend, quiet,
	    button, lease;
	int64_t undo; /* an owner may take back that he discarded (0: not) */
	int asks_max;
	struct rel_ages ages;
};
void case_timers_init(struct case_timers *t); /* the defaults */

/* How long an item of that reason is kept; ask: a challenge went out for it. */
int64_t case_hold_ms(const struct case_timers *t, enum fate_reason reason,
    bool ask);

/* --- Registration, by the milter ---------------------------------------- */

/* One item to be registered with the relation it was decided on; or, where the
 * message was deferred (challenge.md 2, row 12), the relation alone. */
struct case_new {
	const struct held *item; /* NULL: none, then domain and local name the
				    mailbox */
	const char *domain, *local;
	const char *json;      /* held_write of item */
	const char *sid;       /* NULL: no relation (transit) */
	const char *rel_old;   /* packed, as read; NULL = absent */
	char rel_new[REL_PACKED_SIZE];
	const char *state_old; /* of a finished item of the same id, as read;
				  NULL = absent */
	const char *file_old;  /* and its "file", likewise; never CASE_GOING */
	bool transit;          /* to be released at once, unasked */
};

/*
 * Register the items of one domain (all of one message) and the challenge that
 * asks for some of them (NULL = none), all or nothing.  0, OCT_ECONFLICT (read
 * again and decide again), OCT_EDOWN, OCT_ETIME.
 */
OCT_CHECK int case_register(struct store *s, const struct case_timers *t,
    const struct case_new *items, size_t count, const struct challenge *ask,
    int64_t now_ms);

/*
 * A message for several domains is registered domain by domain, and counts only
 * when the last of them succeeded: until case_begin nothing acts on the items,
 * and the sender's next try merges with them.  If none comes, what was begun
 * ends by itself after CASE_WAIT_MS, longer than mail servers try.
 */
#define CASE_WAIT_MS (6 * 86400000LL)
OCT_CHECK int case_register_waiting(struct store *s, const struct case_timers *t,
    const struct case_new *items, size_t count, const struct challenge *ask,
    int64_t now_ms);
/* One duty that begins; at most CASE_BEGIN_MAX in one round trip. */
struct case_start {
	const char *verb, *domain, *id;
	const char *node; /* whose spool has the message; NULL = the caller's */
};
#define CASE_BEGIN_MAX 4000
OCT_CHECK int case_begin(struct store *s, const char *node,
    const struct case_start *starts, size_t count, int64_t when_ms);

/* --- Reading -------------------------------------------------------------- */

/* What became of the message of a finished item: about to be removed, and
 * removed.  Nothing is registered under its id in between. */
#define CASE_GOING "going"
#define CASE_GONE "gone" /* begins the mark; what follows differs each time */
#define CASE_FILE_SIZE 24
/* Its message was removed (and whoever saw that very mark may register anew). */
bool case_is_gone(const char *file);

/* What became of the last try to release it. */
enum case_refused {
	CASE_NOT_REFUSED, /* not tried, or to be tried again */
	CASE_REFUSED,     /* 5xx of the mailbox's server, in the note */
	CASE_GAVE_UP,     /* 4xx for so long that it was given up */
	CASE_BOUNCED,     /* accepted, and came back */
	CASE_LOST         /* its message cannot be read */
};

#define CASE_WANT_SIZE 40

/* A held item with its changing part. */
struct case_item {
	struct held held;
	enum held_state state;
	char state_text[16];
	int64_t expires_ms, lease_ms, released_ms;
	int64_t wanted_ms;          /* since when, 0 = not tried yet */
	int64_t wait_ms; /* registered waiting: no duty of it is missing before */
	bool extended, digested;
	bool decided;               /* an undecided one was looked at */
	char want[REL_ORIGIN_SIZE]; /* by whom release is wanted, "" = nobody */
	char want_text[CASE_WANT_SIZE]; /* as it is stored */
	enum case_refused refused;
	char note[640];             /* last refusal of a release */
	char silent[24];            /* why its sender was not asked, "" */
	char notice[8];             /* to its sender: "", "sending", "sent" */
	char file[CASE_FILE_SIZE];  /* "", CASE_GOING or CASE_GONE... */
	int64_t undo_ms; /* dropped, but its message is kept until then */
	int attempts;
};
/* 1 found, 0 absent. */
OCT_CHECK int case_item_read(struct store *s, const char *domain,
    const char *id, struct case_item *out);
void case_item_fini(struct case_item *i);
/*
 * Several of them in one round trip, at most CASE_ITEMS_MAX, in the order of ids;
 * found says which are there (and so are to be freed).  One that cannot be read
 * counts as absent.
 */
#define CASE_ITEMS_MAX 200
OCT_CHECK int case_items_read(struct store *s, const char *domain,
    const char *const *ids, size_t count, struct case_item *out, bool *found);

/* A challenge with its changing part.  1 found, 0 absent. */
struct case_challenge {
	struct challenge challenge;
	enum challenge_state state;
	int64_t handed_ms;
	char network[OCT_DOMAIN_SIZE]; /* that it went to (target_network) */
	char share[OCT_DOMAIN_SIZE + 8]; /* who it was charged to (caps_share) */
	char why[24];                  /* it was not sent, "" = it was, or will */
};
OCT_CHECK int case_challenge_read(struct store *s, const char *domain,
    const char *id, struct case_challenge *out);
/* By token id alone. */
OCT_CHECK int case_challenge_find(struct store *s, const char *id,
    struct case_challenge *out);
void case_challenge_fini(struct case_challenge *c);

/* As it is stored: relation_age tells what time has made of it.  1 found, 0
 * absent (out = UNKNOWN). */
OCT_CHECK int case_relation_read(struct store *s, const char *domain,
    const char *local, const char *sid, struct relation *out);

struct case_duty;

/* --- What senders do -------------------------------------------------------- */

enum case_outcome {
	CASE_DONE,
	CASE_ALREADY,   /* it was done before */
	CASE_OVER,      /* lapsed, late, expired: no longer possible */
	CASE_IMPOSSIBLE /* the state does not allow it (blocked, finished) */
};

/* Confirm by "page" or "reply": relations become ALLOWED, their items are
 * released. */
OCT_CHECK int case_confirm(struct store *s, const struct case_timers *t,
    const char *domain, const char *challenge_id, const char *origin,
    int64_t now_ms, enum case_outcome *out);
/* "I did not send this" (the code was checked), or a hard bounce. */
OCT_CHECK int case_lapse(struct store *s, const struct case_timers *t,
    const char *domain, const char *challenge_id, enum rel_event ev,
    int64_t now_ms, enum case_outcome *out);

/* Not to be sent, because of `why`: its relations become SILENT, its items wait
 * for their owners.  only (NULL = all): of these of its mailboxes, by index; the
 * challenge goes on for the others. */
OCT_CHECK int case_silence(struct store *s, const struct case_timers *t,
    const struct case_duty *challenge, const bool *only, const char *why,
    int64_t now_ms, enum case_outcome *out);

/* A released item came back as a bounce to the token's address: it is stored
 * again, silent, with a note for its owner. */
OCT_CHECK int case_bring_back(struct store *s, const struct case_timers *t,
    const char *token_id, const char *note, int64_t now_ms,
    enum case_outcome *out);

/* --- What owners and administrators do --------------------------------------- */

enum case_actor { CASE_BY_OWNER, CASE_BY_ADMIN };

/* Release one item whatever its reason, but a virus only by an administrator;
 * once: leave the relation as it is. */
OCT_CHECK int case_release(struct store *s, const struct case_timers *t,
    const char *domain, const char *id, bool once, enum case_actor actor,
    int64_t now_ms, enum case_outcome *out);
OCT_CHECK int case_drop(struct store *s, const char *domain, const char *id,
    int64_t now_ms, enum case_outcome *out);

/*
 * The same, but for t->undo the message is kept, and case_undiscard brings the
 * item back as it was: CASE_OVER when that time, or the message, is gone,
 * CASE_IMPOSSIBLE while its sender is blocked.
 */
OCT_CHECK int case_discard(struct store *s, const struct case_timers *t,
    const char *domain, const char *id, int64_t now_ms,
    enum case_outcome *out);
OCT_CHECK int case_undiscard(struct store *s, const struct case_timers *t,
    const char *domain, const char *id, int64_t now_ms,
    enum case_outcome *out);
/* What was discarded of a mailbox cannot be brought back any more: the messages
 * go. */
OCT_CHECK int case_empty_bin(struct store *s, const char *domain,
    const char *local, int64_t now_ms);

/* One mailbox and one sender; sid: his identity, or how a grant names him. */
struct case_sender {
	const char *domain, *local, *sid;
};
/*
 * What is said of a sender and not of an item: REL_EV_ALLOWED (by "owner",
 * "grant" or "outbound"), REL_EV_BLOCKED, REL_EV_UNBLOCKED and
 * REL_EV_DISALLOWED (by "owner"), REL_EV_CLOSED.  The items follow: released where
 * the relation says so, dropped where it is blocked (one that a courier is just
 * delivering cannot be called back, but is not tried again), and a grant of a
 * blocked address dies.  CASE_IMPOSSIBLE: the table has no such line.
 */
OCT_CHECK int case_judge(struct store *s, const struct case_timers *t,
    const struct case_sender *who, enum rel_event ev, const char *origin,
    int64_t now_ms, enum case_outcome *out);

/* The same of all relations of a mailbox whose sender `named` means, in his From
 * or reverse-path: "addr:jean@example.org" or "dom:example.org".  count: how many
 * were changed. */
OCT_CHECK int case_judge_named(struct store *s, const struct case_timers *t,
    const struct case_sender *named, enum rel_event ev, int64_t now_ms,
    size_t *count);

/* Does such a name mean that message, by its From or reverse-path? */
bool case_held_named(const struct held *h, const char *name);

/* A message of that sender was delivered by row 4: packed is the relation as it
 * was read.  One write a day at most; a lost race is nobody's loss. */
OCT_CHECK int case_used(struct store *s, const struct case_sender *who,
    const char *packed, int64_t now_ms);

/* The option was switched off for a mailbox, or its address closed: to all its
 * relations that wait for something.  count: how many did. */
OCT_CHECK int case_close(struct store *s, const struct case_timers *t,
    const char *domain, const char *local, int64_t now_ms, size_t *count);

/* --- What the courier does ---------------------------------------------------- */

/* tentative -> stored once T_settle is over; harmless otherwise. */
OCT_CHECK int case_settle(struct store *s, const char *domain, const char *id,
    int64_t now_ms);
/* Is somebody at work on it?  A lease longer than any that is given is of a clock
 * that was set back since. */
bool case_is_leased(const struct case_timers *t, const struct case_item *item,
    int64_t now_ms);
/* Take the lease: 1 = taken (*item tells it; its duty is due again when the lease
 * is over, at CASE_LEASE_DUE), 0 = nothing to release. */
OCT_CHECK int case_claim(struct store *s, const struct case_timers *t,
    struct case_item *item, int64_t now_ms);
#define CASE_LEASE_DUE(item) ((item)->lease_ms + 1000)
/* After 2xx: released, out of index and relation. */
OCT_CHECK int case_released(struct store *s, const struct case_item *item,
    int64_t now_ms);
/* After 4xx (CASE_NOT_REFUSED: retry at next_ms), or for good: stored, no longer
 * wanted by anybody. */
OCT_CHECK int case_put_back(struct store *s, const struct case_item *item,
    enum case_refused refused, const char *note, int64_t next_ms);
/* The item's time is over and the notices are out. */
OCT_CHECK int case_expire(struct store *s, const struct case_timers *t,
    const struct case_item *item, int64_t now_ms);
OCT_CHECK int case_extend(struct store *s, const struct case_item *item,
    int64_t until_ms);
/* Before and after the message of a finished item is removed (gone): 1 done, and
 * item->file says so; 0 the item changed meanwhile. */
OCT_CHECK int case_purge(struct store *s, struct case_item *item, bool gone);
/* The notice to the sender of an item goes from one mark to another (NULL =
 * none): 1 done, 0 it was not so marked, or somebody wants the item by now. */
OCT_CHECK int case_notice(struct store *s, const struct case_item *item,
    const char *from, const char *to);
/* T_defer of a challenge is over: those of its relations that nothing was held
 * for lapse. */
OCT_CHECK int case_defer_over(struct store *s, const struct case_timers *t,
    const char *domain, const char *challenge_id, int64_t now_ms);

/* What relation, blocks and grants of a mailbox say of a held message by now;
 * grants only for a proven From (challenge.md 1). */
enum case_standing { CASE_STRANGER, CASE_ALLOWED, CASE_BLOCKED };
OCT_CHECK int case_standing(struct store *s, const struct case_timers *t,
    const struct held *h, int64_t now_ms, enum case_standing *out);
/* An undecided item (challenge.md 11) was decided: released (want), or silent.
 * 1 done, 0 it changed meanwhile. */
OCT_CHECK int case_decided(struct store *s, const struct case_item *item,
    bool want, int64_t now_ms);

/* Remove the relations of a mailbox that time has made UNKNOWN, at most
 * CASE_FORGET_MAX; how many in *removed. */
#define CASE_FORGET_MAX 500
OCT_CHECK int case_forget(struct store *s, const char *domain,
    const char *local, const struct rel_ages *ages, int64_t now_ms,
    size_t *removed);
/* Move a challenge from one state to another: 1 done, 0 it was not in `from`. */
OCT_CHECK int case_challenge_move(struct store *s, const char *domain,
    const char *id, enum challenge_state from, enum challenge_state to,
    int64_t handed_ms);

/* Does the mailbox or its domain block the sender of this challenge by now?  1,
 * 0, or an error. */
OCT_CHECK int case_blocked(struct store *s, const struct challenge *ch,
    const char *local, int64_t now_ms);
/* A challenge is about to leave for that network, charged to that share. */
OCT_CHECK int case_challenge_goes(struct store *s, const char *domain,
    const char *id, const char *network, const char *share);
/* Whom a challenge concerns, for policy/breaker.h (breaker_forces_code), lives in
 * c and org; org becomes the proven organisation.  False: nobody was proven. */
struct breaker_of;
bool case_breaker_of(const struct case_challenge *c, char org[OCT_DOMAIN_SIZE],
    struct breaker_of *out);

/* Members of key_due: "settle d id", "release d id", "expire d id", "purge d id",
 * "decide d id"; "challenge d id" and "defer d id" of a challenge.  Split in
 * place; OCT_EPARSE if it is not of that form. */
struct case_duty {
	char verb[16];
	char domain[OCT_DOMAIN_SIZE];
	char id[HELD_ID_SIZE];
	int64_t armed_ms; /* the score it was found with; 0: not known */
};
OCT_CHECK int case_duty_parse(const char *member, struct case_duty *out);
void case_duty_write(const char *verb, const char *domain, const char *id,
    char out[OCT_DOMAIN_SIZE + 64]);

/* Put a registered item back into a store that lost it (spool rebuild): 1 done,
 * 0 the store has it. */
OCT_CHECK int case_restore(struct store *s, const struct case_timers *t,
    const struct held *item, const char *json, int64_t now_ms);

/* Register a message in the place of a finished item of its id, of which the
 * store knows: 1 done, 0 that changed meanwhile. */
OCT_CHECK int case_renew(struct store *s, const struct case_timers *t,
    const struct held *item, const char *json, const struct case_item *over,
    int64_t now_ms);

#endif
