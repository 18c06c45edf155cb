/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What senders do with a challenge: confirm, or say that it was not they.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/keys.h"

void
case_want(struct store_txn *txn, const struct held *item, const char *origin,
    int64_t now_ms)
{
	char key[KEY_SIZE], want[CASE_WANT_SIZE];

	/* The due time is the net under the work entry that follows. */
	case_due(txn, item->node, "release", item->domain, item->id,
	    now_ms + 30000);
	key_held(key, item->domain, item->id);
	/* By whom, and since when: the tries begin anew.  One field, for a
	 * confirmation may set thousands. */
	(void)snprintf(want, sizeof(want), "%s %lld", origin,
	    (long long)now_ms);
	store_txn_hset(txn, key, "want", want);
	case_work(txn, item->node, "release", item->domain, item->id);
}

/* Switched off for good, the option does not insist on what was refused. */
static bool
may_insist(const struct case_item *i, const char *origin)
{
	return strcmp(origin, CASE_ORIGIN_CLOSED) != 0 ||
	    (i->attempts == 0 && i->want[0] == '\0');
}

/* Held items that go with the relation: the others wait for the owner. */
static bool
goes_with_relation(const struct case_item *i)
{
	enum fate_reason reason;

	if (!held_is_live(i->state) ||
	    fate_reason_parse(i->held.reason, &reason) != 0)
		return false;
	return reason == FATE_R_FIRST_CONTACT || reason == FATE_R_TRANSIT;
}

int
case_release_items(struct store *s, struct store_txn *txn, const char *domain,
    const struct relation *r, const char *origin, int64_t now_ms)
{
	for (size_t i = 0; i < r->items; i++) {
		struct case_item item;
		int rc = case_item_read(s, domain, r->item[i], &item);

		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		if (goes_with_relation(&item) && may_insist(&item, origin))
			case_want(txn, &item.held, origin, now_ms);
		case_item_fini(&item);
	}
	return 0;
}

struct act {
	const struct case_timers *timers;
	const char *domain, *id, *origin;
	enum rel_event ev;
	enum challenge_state to;
	int64_t now_ms;
	const char *why;  /* of LATE */
	const bool *only; /* these relations, by index; NULL = all */
};

/* What the relations of a challenge came to. */
struct tally {
	size_t changed, allowed, blocked;
};

static void
count_unchanged(const struct relation *r, struct tally *t)
{
	t->allowed += r->state == REL_ALLOWED;
	t->blocked += r->state == REL_BLOCKED;
}

/* What the new state of one relation brings about for its items. */
static int
follow(struct store *s, struct store_txn *txn, const struct act *a,
    const struct challenge *ch, const struct relation *r, unsigned int actions)
{
	if (a->ev == REL_EV_LATE)
		return case_keep_silent(s, txn, ch->domain, r,
		    a->timers->hold_silent, a->why);
	if ((actions & REL_ACT_RELEASE) == 0)
		return 0;
	return case_release_items(s, txn, ch->domain, r, a->origin, a->now_ms);
}

/* One relation, if it waits for this very challenge: a later one has tokens of
 * its own. */
static int
apply_to_one(struct store *s, struct store_txn *txn, const struct act *a,
    const struct challenge *ch, const char *local, struct tally *t)
{
	const struct rel_guard g = { .now_ms = a->now_ms,
		.quiet_ms = a->timers->quiet, .asks_max = a->timers->asks_max };
	struct rel_ages ages = a->timers->ages;
	struct case_rel r;
	unsigned int actions = REL_ACT_NONE;
	bool mine, changed, listed = false;
	int rc = case_rel_read(s, ch->domain, local, ch->sid, &r);

	if (rc != 0)
		return rc;
	mine = strcmp(r.rel.challenge, ch->id) == 0;
	/* What he was told, and not the timers of whoever acts: those may be
	 * another level's. */
	if (mine && ch->deferred)
		ages.defer = ch->expires_ms - r.rel.since_ms;
	changed = relation_age(&r.rel, &ages, a->now_ms);
	/* What the event is about, time may have done before it. */
	changed &= mine && a->ev == REL_EV_DEFER_OVER;
	mine = strcmp(r.rel.challenge, ch->id) == 0;
	rc = mine && a->ev == REL_EV_CONFIRMED
	    ? case_blocked(s, ch, local, a->now_ms)
	    : 0;
	if (rc < 0)
		return rc;
	if (rc == 1) {
		t->blocked++;
		return 0;
	}
	if (mine)
		actions = relation_apply(&r.rel, a->ev, &g, a->origin, &listed);
	if (!listed && !changed) {
		count_unchanged(&r.rel, t);
		return 0;
	}
	t->changed++;
	case_rel_write(txn, ch->domain, local, ch->sid, &r);
	return follow(s, txn, a, ch, &r.rel, actions);
}

static int
apply_to_relations(struct store *s, struct store_txn *txn,
    const struct case_challenge *c, const struct act *a, struct tally *t)
{
	const struct challenge *ch = &c->challenge;
	int rc = 0;

	*t = (struct tally){ .changed = 0 };
	for (size_t i = 0; rc == 0 && i < ch->count; i++)
		if (a->only == NULL || a->only[i])
			rc = apply_to_one(s, txn, a, ch, ch->local[i], t);
	return rc;
}

static bool
is_open(enum challenge_state s, enum case_outcome *out)
{
	switch (s) {
	case CHALLENGE_PENDING:
	case CHALLENGE_SENDING:
	case CHALLENGE_SENT:
		return true;
	case CHALLENGE_CONFIRMED:
		*out = CASE_ALREADY;
		return false;
	case CHALLENGE_LAPSED:
	case CHALLENGE_LATE:
		*out = CASE_OVER;
		return false;
	}
	*out = CASE_OVER;
	return false;
}

/* The challenge is for fewer mailboxes than before. */
static int
narrow(struct store_txn *txn, const char *key, const struct challenge *ch,
    const bool *without)
{
	struct challenge fewer = *ch;
	struct oct_str json;
	int rc;

	fewer.count = 0;
	for (size_t i = 0; i < ch->count; i++) {
		if (without[i])
			continue;
		fewer.local[fewer.count] = ch->local[i];
		fewer.typed[fewer.count] = ch->typed[i];
		fewer.count++;
	}
	oct_str_heap(&json, CHALLENGE_JSON_MAX);
	rc = challenge_write(&fewer, &json);
	if (rc == 0)
		store_txn_hset(txn, key, "v", oct_str_text(&json));
	oct_str_free(&json);
	return rc;
}

/* What becomes of the challenge itself. */
static int
change_challenge(struct store_txn *txn, const struct act *a,
    const struct case_challenge *c)
{
	char key[KEY_SIZE];

	key_challenge(key, a->domain, a->id);
	store_txn_expect_field(txn, key, "state",
	    challenge_state_name(c->state));
	if (a->only != NULL)
		return narrow(txn, key, &c->challenge, a->only);
	if (a->ev != REL_EV_DEFER_OVER)
		store_txn_hset(txn, key, "state", challenge_state_name(a->to));
	if (a->why != NULL)
		store_txn_hset(txn, key, "why", a->why);
	return 0;
}

/* One try: read, decide, commit. */
static int
try_once(struct store *s, struct store_txn *txn, const struct act *a,
    enum case_outcome *out)
{
	struct case_challenge c;
	struct tally t;
	int rc = case_challenge_read(s, a->domain, a->id, &c);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		*out = CASE_OVER;
		return 0;
	}
	rc = 0;
	if (!is_open(c.state, out))
		goto out;
	store_txn_clear(txn);
	rc = change_challenge(txn, a, &c);
	if (rc == 0)
		rc = apply_to_relations(s, txn, &c, a, &t);
	if (rc != 0)
		goto out;
	*out = CASE_DONE;
	if (t.changed == 0)
		*out = t.allowed > 0 ? CASE_ALREADY
		    : t.blocked > 0  ? CASE_IMPOSSIBLE
				     : CASE_OVER;
	/* A challenge that nobody waits for any more ends all the same, but
	 * none is confirmed without a relation that allows. */
	if (t.changed > 0 || t.allowed > 0 ||
	    (a->to != CHALLENGE_CONFIRMED && a->ev != REL_EV_DEFER_OVER)) {
		rc = store_txn_commit(s, txn);
		if (rc == 0)
			case_tell_breakers(s, &c, a->ev, a->now_ms);
	}
out:
	case_challenge_fini(&c);
	return rc;
}

static int
run(struct store *s, const struct act *a, enum case_outcome *out)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = try_once(s, txn, a, out);
	store_txn_free(txn);
	return rc;
}

int
case_confirm(struct store *s, const struct case_timers *t, const char *domain,
    const char *challenge_id, const char *origin, int64_t now_ms,
    enum case_outcome *out)
{
	struct act a = { .timers = t, .domain = domain, .id = challenge_id,
		.origin = origin, .ev = REL_EV_CONFIRMED,
		.to = CHALLENGE_CONFIRMED, .now_ms = now_ms };

	return run(s, &a, out);
}

int
case_lapse(struct store *s, const struct case_timers *t, const char *domain,
    const char *challenge_id, enum rel_event ev, int64_t now_ms,
    enum case_outcome *out)
{
	struct act a = { .timers = t, .domain = domain, .id = challenge_id,
		.ev = ev, .now_ms = now_ms };

	a.to = ev == REL_EV_LATE ? CHALLENGE_LATE : CHALLENGE_LAPSED;
	a.why = ev == REL_EV_LATE ? "late" : NULL;
	return run(s, &a, out);
}

int
case_silence(struct store *s, const struct case_timers *t,
    const struct case_duty *challenge, const bool *only, const char *why,
    int64_t now_ms, enum case_outcome *out)
{
	struct act a = { .timers = t, .domain = challenge->domain,
		.id = challenge->id, .ev = REL_EV_LATE, .to = CHALLENGE_LATE,
		.now_ms = now_ms, .why = why, .only = only };

	return run(s, &a, out);
}

int
case_defer_over(struct store *s, const struct case_timers *t,
    const char *domain, const char *challenge_id, int64_t now_ms)
{
	/* The challenge may be awaited for an item still: it stays as it is. */
	struct act a = { .timers = t, .domain = domain, .id = challenge_id,
		.ev = REL_EV_DEFER_OVER, .now_ms = now_ms };
	enum case_outcome out;

	return run(s, &a, &out);
}
