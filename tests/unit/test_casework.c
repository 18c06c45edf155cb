/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Casework against a real Redis: each act, what it leaves in items, relations,
 * indexes, due times and work, and what it must not touch.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/case_fixture.h"

#define T(test) cmocka_unit_test_setup(test, reset)

static enum case_outcome
confirm(const char *id, int64_t now_ms)
{
	enum case_outcome out = (enum case_outcome)99;

	assert_int_equal(case_confirm(world.store, &world.t, D, id, "page",
			     now_ms, &out),
	    0);
	return out;
}

static enum case_outcome
lapse(const char *id, enum rel_event ev)
{
	enum case_outcome out = (enum case_outcome)99;

	assert_int_equal(case_lapse(world.store, &world.t, D, id, ev,
			     NOW + 1000, &out),
	    0);
	return out;
}

static enum case_outcome
release(int n, bool once)
{
	enum case_outcome out = (enum case_outcome)99;
	char id[HELD_ID_SIZE];

	assert_int_equal(case_release(world.store, &world.t, D, id_of(n, id),
			     once, CASE_BY_OWNER, NOW + 1000, &out),
	    0);
	return out;
}

static enum case_outcome
drop(int n)
{
	enum case_outcome out = (enum case_outcome)99;
	char id[HELD_ID_SIZE];

	assert_int_equal(case_drop(world.store, D, id_of(n, id),
			     NOW + 1000, &out),
	    0);
	return out;
}

static void
settle(int n)
{
	char id[HELD_ID_SIZE];

	assert_int_equal(case_settle(world.store, D, id_of(n, id),
			     NOW + 20000),
	    0);
}

static int
claim(int n, int64_t now_ms)
{
	struct case_item i = item(n);
	int rc = case_claim(world.store, &world.t, &i, now_ms);

	case_item_fini(&i);
	return rc;
}

static void
set_relation(const char *local, enum rel_state state)
{
	struct store_txn *txn;
	struct case_rel r;

	assert_int_equal(case_rel_read(world.store, D, local, SID, &r), 0);
	r.rel.state = state;
	assert_int_equal(store_txn_new(&txn), 0);
	case_rel_write(txn, D, local, SID, &r);
	assert_int_equal(store_txn_commit(world.store, txn), 0);
	store_txn_free(txn);
}

/* --- Registration --------------------------------------------------------- */

static void
a_registered_item_has_its_duties(void **state)
{
	struct case_challenge c;
	struct case_item i;
	struct relation r;

	(void)state;
	first_contact(1, "bob", CH);
	i = item(1);
	assert_int_equal(i.state, HELD_TENTATIVE);
	assert_string_equal(i.want, "");
	assert_int_equal(i.expires_ms, NOW + 7 * DAY);
	assert_string_equal(i.held.challenge, CH);
	case_item_fini(&i);
	assert_int_equal(due("settle", 1), NOW + 20000);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	assert_int_equal(due("release", 1), INT64_MIN);
	assert_int_equal(due_challenge(CH), NOW + 20000);
	assert_int_equal(work_entries(), 0);
	assert_true(is_indexed("bob", 1));
	r = relation_of("bob");
	assert_int_equal(r.state, REL_ASKED);
	assert_int_equal(r.asks, 1);
	assert_string_equal(r.challenge, CH);
	assert_true(relation_holds("bob", 1));
	assert_int_equal(case_challenge_find(world.store, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_PENDING);
	assert_string_equal(c.challenge.rpath, "alice@example.org");
	case_challenge_fini(&c);
	/* Nothing that waits may vanish by itself. */
	assert_int_equal(test_redis_do(&world.redis, "PTTL oct:{" D "}:held:"
				       "iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab"),
	    -1);
	assert_true(test_redis_do(&world.redis, "PTTL oct:tok:" CH) >
	    66 * DAY);
	assert_true(test_redis_do(&world.redis, "PTTL oct:{" D "}:chal:" CH) >
	    66 * DAY);
}

static void
a_silent_item_waits_longer_and_asks_nobody(void **state)
{
	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(due("expire", 1), NOW + 14 * DAY);
	assert_int_equal(due_challenge(CH), INT64_MIN);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	held_for(2, "bob", FATE_R_VIRUS);
	assert_int_equal(due("expire", 2), NOW + 30 * DAY);
}

static void
a_transit_item_is_released_unseen(void **state)
{
	const struct arrival a = { .n = 1, .local = "bob",
		.reason = FATE_R_TRANSIT, .at_ms = NOW };

	(void)state;
	assert_int_equal(arrive(&a), 0);
	assert_string_equal(wanted(1), "transit");
	assert_int_equal(due("release", 1), NOW + 20000);
	assert_int_equal(due("settle", 1), INT64_MIN);
	assert_int_equal(due("expire", 1), NOW + 14 * DAY);
	assert_false(is_indexed("bob", 1));
	assert_int_equal(claim(1, NOW + 20000), 1);
}

static void
a_retry_merges_while_the_item_lives(void **state)
{
	const struct arrival again = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .at_ms = NOW + 5 };

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	settle(1);
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	assert_int_equal(claim(1, NOW), 1);
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	assert_int_equal(relation_of("bob").items, 1);
	assert_int_equal(relation_of("bob").bytes, SIZE);
}

static void
a_finished_item_is_replaced_by_a_new_message(void **state)
{
	struct arrival again = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_SPAM, .at_ms = NOW + 5000 };
	struct case_item i;

	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(drop(1), CASE_DONE);
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	again.state_old = "released";
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	again.state_old = "dropped";
	assert_int_equal(arrive(&again), 0);
	i = item(1);
	assert_int_equal(i.state, HELD_TENTATIVE);
	assert_int_equal(i.released_ms, 0);
	assert_int_equal(i.held.arrival_ms, NOW + 5000);
	case_item_fini(&i);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(test_redis_do(&world.redis, "PTTL oct:{" D "}:held:"
				       "iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab"),
	    -1);
}

/* The courier removes the old message while the milter writes the new one. */
static void
nothing_is_registered_while_its_file_goes(void **state)
{
	struct arrival again = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_SPAM, .at_ms = NOW + 5000,
		.state_old = "dropped" };
	char mark[CASE_FILE_SIZE];
	struct case_item old;

	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(drop(1), CASE_DONE);
	old = item(1);
	assert_int_equal(case_purge(world.store, &old, false), 1);
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	assert_int_equal(case_purge(world.store, &old, true), 1);
	/* Written before the file went: this file is gone, too. */
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	assert_true(case_is_gone(old.file));
	memcpy(mark, old.file, sizeof(mark));
	/* What lies there without being registered is removed once more, and
	 * who saw the earlier mark has lost its file. */
	assert_int_equal(case_purge(world.store, &old, false), 1);
	assert_int_equal(case_purge(world.store, &old, true), 1);
	again.file_old = mark;
	assert_int_equal(arrive(&again), OCT_ECONFLICT);
	again.file_old = old.file;
	assert_int_equal(arrive(&again), 0);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	/* And the other way: registered first, the file stays. */
	assert_int_equal(case_purge(world.store, &old, false), 0);
	case_item_fini(&old);
}

static void
a_lost_race_for_the_relation_registers_nothing(void **state)
{
	const struct arrival a = { .n = 2, .local = "bob", .sid = SID,
		.reason = FATE_R_SPAM, .at_ms = NOW };
	char id[HELD_ID_SIZE];
	struct case_new n = { .sid = SID, .rel_old = NULL };
	struct case_item i;
	struct held h;

	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	item_of(&a, id_of(2, id), &h);
	n.item = &h;
	n.json = "{}";
	(void)snprintf(n.rel_new, sizeof(n.rel_new), "1 S 0 0 0 0 - - 0");
	assert_int_equal(case_register(world.store, &world.t, &n, 1, NULL,
			     NOW),
	    OCT_ECONFLICT);
	assert_int_equal(case_item_read(world.store, D, id, &i), 0);
	assert_false(is_indexed("bob", 2));
}

/* The largest group: every item and relation in one go. */
static void
a_large_group_fits(void **state)
{
	enum { COUNT = 200 };
	struct case_new *n = calloc(COUNT, sizeof(*n));
	struct held *h = calloc(COUNT, sizeof(*h));
	char(*id)[HELD_ID_SIZE] = calloc(COUNT, sizeof(*id));
	char(*local)[16] = calloc(COUNT, sizeof(*local));

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		struct arrival a = { .n = i, .local = local[i], .sid = SID,
			.reason = FATE_R_SPAM, .at_ms = NOW };

		(void)snprintf(local[i], sizeof(local[i]), "m%d", i);
		item_of(&a, id_of(i, id[i]), &h[i]);
		n[i].item = &h[i];
		n[i].json = "{}";
		n[i].sid = SID;
		(void)snprintf(n[i].rel_new, sizeof(n[i].rel_new),
		    "1 S 0 0 0 0 - - 0");
	}
	assert_int_equal(case_register(world.store, &world.t, n, COUNT, NULL,
			     NOW),
	    0);
	assert_true(is_indexed("m0", 0) && is_indexed("m199", 199));
	free(n);
	free(h);
	free(id);
	free(local);
}

/* --- Senders ---------------------------------------------------------------- */

static void
a_confirmation_releases_first_contacts_only(void **state)
{
	struct relation r;

	(void)state;
	first_contact(1, "bob", CH);
	first_contact(2, "bob", CH);
	held_for(3, "bob", FATE_R_SPAM);
	held_for(4, "bob", FATE_R_AUTOMATIC);
	held_for(5, "bob", FATE_R_UNDECIDED);
	first_contact(6, "carol", CH2);
	assert_int_equal(confirm(CH, NOW + 1000), CASE_DONE);
	assert_string_equal(wanted(1), "page");
	assert_string_equal(wanted(2), "page");
	assert_string_equal(wanted(3), "");
	assert_string_equal(wanted(4), "");
	assert_string_equal(wanted(5), "");
	assert_string_equal(wanted(6), "");
	r = relation_of("bob");
	assert_int_equal(r.state, REL_ALLOWED);
	assert_string_equal(r.origin, "page");
	assert_int_equal(relation_of("carol").state, REL_ASKED);
	/* Work at once, a due time as a net under it. */
	assert_int_equal(work_entries(), 2);
	assert_int_equal(due("release", 1), NOW + 31000);
	assert_int_equal(due("release", 2), NOW + 31000);
	assert_int_equal(due("release", 3), INT64_MIN);
}

static void
a_second_confirmation_changes_nothing(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(confirm(CH, NOW + 1000), CASE_DONE);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_ALREADY);
	assert_int_equal(work_entries(), 1);
	assert_int_equal(relation_of("bob").since_ms, NOW + 1000);
	/* Nor does "not me" take it back. */
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_ALREADY);
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
}

static void
not_me_ends_a_challenge(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_string_equal(wanted(1), "");
	assert_int_equal(confirm(CH, NOW + 2000), CASE_OVER);
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_OVER);
	assert_int_equal(work_entries(), 0);
}

static void
a_late_challenge_may_be_asked_again(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(lapse(CH, REL_EV_LATE), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(relation_of("bob").asks, 0);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_OVER);
	first_contact(2, "bob", CH2);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_OVER);
	assert_int_equal(confirm(CH2, NOW + 2000), CASE_DONE);
	assert_string_equal(wanted(1), "page");
	assert_string_equal(wanted(2), "page");
}

/* The first mail's link is dead once its item expired, although the sender was
 * asked again since. */
static void
a_token_works_for_its_own_challenge_only(void **state)
{
	const struct arrival later = { .n = 2, .local = "bob", .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .ask = CH2,
		.at_ms = NOW + 40 * DAY };
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	i = item(1);
	assert_int_equal(case_expire(world.store, &world.t, &i,
			     NOW + 7 * DAY),
	    0);
	case_item_fini(&i);
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(arrive(&later), 0);
	assert_string_equal(relation_of("bob").challenge, CH2);
	assert_int_equal(confirm(CH, NOW + 41 * DAY), CASE_OVER);
	assert_string_equal(wanted(2), "");
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_OVER);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(confirm(CH2, NOW + 41 * DAY), CASE_DONE);
}

/* challenge.md 3: BLOCKED never leads to delivery, blocked by address or domain,
 * by the mailbox or for all of its domain. */
static void
who_was_blocked_since_confirms_nothing(void **state)
{
	static const struct {
		const char *local, *who;
		enum case_outcome want;
	} rows[] = {
		{ "bob", "addr:alice@example.org", CASE_IMPOSSIBLE },
		{ "bob", "dom:example.org", CASE_IMPOSSIBLE },
		{ "@", "addr:alice@example.org", CASE_IMPOSSIBLE },
		{ "bob", "addr:other@example.org", CASE_DONE },
		{ "eve", "addr:alice@example.org", CASE_DONE },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct case_grant g = { .block = true, .since_ms = NOW,
			.actor = "bob" };

		print_message("  %s %s\n", rows[i].local, rows[i].who);
		assert_int_equal(reset(state), 0);
		first_contact(1, "bob", CH);
		assert_int_equal(case_grant_set(world.store, D, rows[i].local,
				     rows[i].who, &g),
		    0);
		assert_int_equal(confirm(CH, NOW + 1000), rows[i].want);
	}
}

static void
confirming_what_the_owner_settled(void **state)
{
	struct case_challenge c;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(release(1, false), CASE_DONE);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_ALREADY);
	assert_string_equal(relation_of("bob").origin, "owner");
	/* The page says so from now on, and "not me" is too late. */
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_CONFIRMED);
	case_challenge_fini(&c);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_ALREADY);
	first_contact(2, "carol", CH2);
	set_relation("carol", REL_BLOCKED);
	assert_int_equal(confirm(CH2, NOW + 2000), CASE_IMPOSSIBLE);
	assert_int_equal(relation_of("carol").state, REL_BLOCKED);
	assert_string_equal(wanted(2), "");
}

static void
unknown_challenges_are_over(void **state)
{
	struct case_challenge c;

	(void)state;
	assert_int_equal(confirm(CH, NOW), CASE_OVER);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_OVER);
	assert_int_equal(case_challenge_find(world.store, CH, &c), 0);
	/* The token of a released item is none of a challenge. */
	(void)test_redis_do(&world.redis, "SET oct:tok:" CH " %s",
	    "item " D " x");
	assert_int_equal(case_challenge_find(world.store, CH, &c), 0);
}

/* One challenge of a message to the most recipients, who hold the most items. */
static void
the_largest_challenge_is_confirmed(void **state)
{
	enum { RCPTS = CHALLENGE_RCPT_MAX, EACH = REL_ITEMS_MAX };
	static char local[RCPTS][16];
	struct challenge c;
	struct case_challenge found;
	struct oct_str json;

	(void)state;
	for (int i = 0; i < RCPTS; i++) {
		(void)snprintf(local[i], sizeof(local[i]), "m%d", i);
		for (int k = 0; k < EACH; k++)
			first_contact(i * EACH + k, local[i], CH);
	}
	assert_int_equal(case_challenge_read(world.store, D, CH, &found), 1);
	c = found.challenge;
	for (size_t i = 0; i < RCPTS; i++) {
		c.local[i] = local[i];
		c.typed[i] = "x@" D;
	}
	c.count = RCPTS;
	oct_str_heap(&json, CHALLENGE_JSON_MAX);
	assert_int_equal(challenge_write(&c, &json), 0);
	assert_int_equal(test_redis_do(&world.redis, "HSET oct:{" D "}:chal:"
				       CH " v %s", oct_str_text(&json)),
	    0);
	oct_str_free(&json);
	case_challenge_fini(&found);
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	assert_int_equal(work_entries(), RCPTS * EACH);
	assert_int_equal(relation_of("m99").state, REL_ALLOWED);
}

/* --- Owners ----------------------------------------------------------------- */

static void
an_owner_releases_and_accepts(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	held_for(3, "bob", FATE_R_SPAM);
	assert_int_equal(release(2, false), CASE_DONE);
	assert_string_equal(wanted(1), "owner");
	assert_string_equal(wanted(2), "owner");
	assert_string_equal(wanted(3), "");
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
	assert_string_equal(relation_of("bob").origin, "owner");
}

static void
an_owner_releases_once(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(release(2, true), CASE_DONE);
	assert_string_equal(wanted(1), "");
	assert_string_equal(wanted(2), "owner");
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(work_entries(), 1);
}

static void
nothing_of_a_blocked_sender_is_delivered(void **state)
{
	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	set_relation("bob", REL_BLOCKED);
	assert_int_equal(release(1, false), CASE_IMPOSSIBLE);
	assert_int_equal(release(1, true), CASE_IMPOSSIBLE);
	assert_string_equal(wanted(1), "");
	assert_int_equal(relation_of("bob").state, REL_BLOCKED);
}

static void
an_owner_drops(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(drop(2), CASE_DONE);
	assert_int_equal(state_of(2), HELD_DROPPED);
	assert_false(is_indexed("bob", 2));
	assert_true(is_indexed("bob", 1));
	assert_false(relation_holds("bob", 2));
	assert_int_equal(relation_of("bob").bytes, SIZE);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(due("purge", 2), NOW + 2000);
	assert_int_equal(drop(2), CASE_ALREADY);
	assert_int_equal(release(2, false), CASE_OVER);
	/* On its way out it cannot be stopped any more. */
	assert_int_equal(release(1, true), CASE_DONE);
	assert_int_equal(claim(1, NOW + 30000), 1);
	assert_int_equal(drop(1), CASE_IMPOSSIBLE);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, NOW + 31000), 0);
	case_item_fini(&i);
	assert_int_equal(drop(1), CASE_IMPOSSIBLE);
	assert_int_equal(release(1, false), CASE_ALREADY);
	assert_int_equal(drop(77), CASE_OVER);
	assert_int_equal(release(77, false), CASE_OVER);
}

static void
the_last_item_of_a_silent_relation_takes_it_away(void **state)
{
	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(drop(1), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(drop(2), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_UNKNOWN);
	assert_int_equal(test_redis_do(&world.redis, "HLEN oct:{" D "}:rel:"
				       "bob"),
	    0);
}

static void
grants(void **state)
{
	static const struct {
		const char *name, *packed;
		int rc;
	} rows[] = {
		{ "allow", "1 allow 5 bob a b c", 0 },
		{ "no reason", "1 block 5 bob ", 0 },
		{ "version", "3 allow 5 bob x", OCT_EPARSE },
		{ "kind", "1 alow 5 bob x", OCT_EPARSE },
		{ "time", "1 allow x bob x", OCT_EPARSE },
		{ "short", "1 allow 5", OCT_EPARSE },
		{ "nothing", "", OCT_EPARSE },
	};
	struct case_grant g = { .block = true, .drop = true, .since_ms = NOW,
		.actor = "bob@" D, .why = "spam = \"x\"" }, back;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(case_grant_parse(rows[i].packed, &back),
		    rows[i].rc);
	}
	assert_int_equal(case_grant_set(world.store, D, "bob", "addr:a@b", &g),
	    0);
	assert_int_equal(test_redis_do(&world.redis, "HLEN oct:{" D "}:grant:"
				       "bob"),
	    1);
	assert_int_equal(case_grant_remove(world.store, D, "bob", "addr:a@b"),
	    0);
	assert_int_equal(case_grant_remove(world.store, D, "bob", "addr:a@b"),
	    0);
	assert_int_equal(test_redis_do(&world.redis, "EXISTS oct:{" D
				       "}:grant:bob"),
	    0);
	(void)snprintf(g.actor, sizeof(g.actor), "a b");
	assert_int_equal(case_grant_set(world.store, D, "bob", "addr:a@b", &g),
	    OCT_EPARSE);
	g.actor[0] = '\0';
	assert_int_equal(case_grant_set(world.store, D, "bob", "addr:a@b", &g),
	    OCT_EPARSE);
}

/* --- The courier ------------------------------------------------------------- */

static void
settling_is_harmless_when_late(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	settle(1);
	assert_int_equal(state_of(1), HELD_STORED);
	settle(1);
	assert_int_equal(state_of(1), HELD_STORED);
	settle(77);
	assert_int_equal(drop(1), CASE_DONE);
	settle(1);
	assert_int_equal(state_of(1), HELD_DROPPED);
	assert_int_equal(test_redis_do(&world.redis, "EXISTS oct:{" D "}:held:"
				       "iiiiiiiiiiiiiiiiiiiiiiiiiiiiahhh"),
	    0);
}

static void
a_lease_is_exclusive_and_ends(void **state)
{
	struct case_item first, second;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(claim(1, NOW), 0); /* nobody wants it */
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	first = item(1);
	second = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &first, NOW), 1);
	assert_int_equal(case_claim(world.store, &world.t, &second, NOW), 0);
	case_item_fini(&first);
	case_item_fini(&second);
	assert_int_equal(state_of(1), HELD_RELEASING);
	assert_int_equal(due("release", 1), NOW + 61000);
	assert_int_equal(claim(1, NOW + 59999), 0);
	/* Two couriers that find it expired: one of them. */
	first = item(1);
	second = item(1);
	assert_int_equal(first.attempts, 1);
	assert_int_equal(case_claim(world.store, &world.t, &first,
			     NOW + 60000),
	    1);
	assert_int_equal(case_claim(world.store, &world.t, &second,
			     NOW + 60000),
	    0);
	/* The one that lost its lease cannot put back the other's item. */
	assert_int_equal(case_put_back(world.store, &second, CASE_NOT_REFUSED,
			     "451 x", NOW + 90000),
	    0);
	assert_int_equal(state_of(1), HELD_RELEASING);
	case_item_fini(&first);
	case_item_fini(&second);
}

static void
a_refused_release_waits_or_ends(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	assert_int_equal(claim(1, NOW), 1);
	i = item(1);
	assert_int_equal(case_put_back(world.store, &i, CASE_NOT_REFUSED,
			     "451 4.3.0 later", NOW + 90000),
	    0);
	case_item_fini(&i);
	assert_int_equal(state_of(1), HELD_STORED);
	assert_string_equal(wanted(1), "page");
	assert_int_equal(due("release", 1), NOW + 90000);
	assert_int_equal(claim(1, NOW + 90000), 1);
	i = item(1);
	assert_int_equal(i.attempts, 2);
	assert_int_equal(i.wanted_ms, NOW);
	assert_int_equal(case_put_back(world.store, &i, CASE_REFUSED,
			     "550 5.1.1 no", 0),
	    0);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(i.state, HELD_STORED);
	assert_string_equal(i.want, "");
	assert_string_equal(i.note, "550 5.1.1 no");
	case_item_fini(&i);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(claim(1, NOW + 90000), 0);
	/* The owner may try again. */
	assert_int_equal(release(1, true), CASE_DONE);
	i = item(1);
	assert_int_equal(i.attempts, 0);
	assert_int_equal(i.wanted_ms, NOW + 1000);
	assert_int_equal(i.refused, CASE_NOT_REFUSED);
	case_item_fini(&i);
	assert_int_equal(claim(1, NOW + 200000), 1);
}

static void
a_released_item_leaves_index_and_relation(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	assert_int_equal(claim(1, NOW), 1);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, NOW + 5), 0);
	assert_int_equal(case_released(world.store, &i, NOW + 5),
	    OCT_ECONFLICT);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(i.state, HELD_RELEASED);
	assert_int_equal(i.released_ms, NOW + 5);
	case_item_fini(&i);
	assert_false(is_indexed("bob", 1));
	assert_false(relation_holds("bob", 1));
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
	assert_int_equal(due("purge", 1), NOW + 1005);
	assert_true(test_redis_do(&world.redis, "PTTL oct:{" D "}:held:"
				  "iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab") > 0);
}

static void
expiry(void **state)
{
	static const struct {
		const char *name, *ask;
		enum fate_reason reason;
		enum rel_state left;
	} rows[] = {
		{ "asked", CH, FATE_R_FIRST_CONTACT, REL_LAPSED },
		{ "silent", NULL, FATE_R_SPAM, REL_UNKNOWN },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct arrival a = { .n = 1, .local = "bob", .sid = SID,
			.reason = rows[k].reason, .ask = rows[k].ask,
			.at_ms = NOW };
		struct case_item i;

		print_message("  %s\n", rows[k].name);
		assert_int_equal(reset(state), 0);
		assert_int_equal(arrive(&a), 0);
		a.n = 2;
		assert_int_equal(arrive(&a), 0);
		i = item(1);
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW + DAY),
		    0);
		case_item_fini(&i);
		assert_int_equal(state_of(1), HELD_EXPIRED);
		assert_int_equal(relation_of("bob").state,
		    rows[k].ask != NULL ? REL_ASKED : REL_SILENT);
		i = item(2);
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW + DAY),
		    0);
		case_item_fini(&i);
		assert_int_equal(relation_of("bob").state, rows[k].left);
		assert_false(is_indexed("bob", 2));
		assert_int_equal(due("purge", 2), NOW + DAY + 1000);
	}
}

/* The sender was told that it comes, just before its time was over. */
static void
what_was_confirmed_does_not_expire(void **state)
{
	struct case_item before;

	(void)state;
	first_contact(1, "bob", CH);
	before = item(1);
	assert_int_equal(confirm(CH, NOW + 7 * DAY), CASE_DONE);
	assert_int_equal(case_expire(world.store, &world.t, &before,
			     NOW + 7 * DAY),
	    OCT_ECONFLICT);
	case_item_fini(&before);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_string_equal(wanted(1), "page");
}

static void
an_extension_moves_the_time(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	i = item(1);
	assert_int_equal(case_extend(world.store, &i, NOW + 40 * DAY), 0);
	case_item_fini(&i);
	i = item(1);
	assert_true(i.extended);
	assert_int_equal(i.expires_ms, NOW + 40 * DAY);
	case_item_fini(&i);
	assert_int_equal(due("expire", 1), NOW + 40 * DAY);
}

static void
a_challenge_moves_by_its_states(void **state)
{
	struct case_challenge c;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(case_challenge_move(world.store, D, CH,
			     CHALLENGE_SENDING, CHALLENGE_SENT, NOW),
	    0);
	assert_int_equal(case_challenge_move(world.store, D, CH,
			     CHALLENGE_PENDING, CHALLENGE_SENDING, NOW + 5),
	    1);
	assert_int_equal(case_challenge_move(world.store, D, CH,
			     CHALLENGE_PENDING, CHALLENGE_SENDING, NOW + 6),
	    0);
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_SENDING);
	assert_int_equal(c.handed_ms, NOW + 5);
	case_challenge_fini(&c);
	assert_int_equal(case_challenge_move(world.store, D, "0000000000000000",
			     CHALLENGE_PENDING, CHALLENGE_SENT, NOW),
	    0);
}

static void
a_bounce_brings_an_item_back(void **state)
{
	enum case_outcome out = CASE_OVER;
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(release(1, true), CASE_DONE);
	assert_int_equal(claim(1, NOW + 30000), 1);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, NOW + 30000), 0);
	case_item_fini(&i);
	(void)test_redis_do(&world.redis, "SET oct:tok:" CH2 " %s",
	    "item " D " iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab");
	/* The platform's time may be another than that of its mailbox. */
	world.t.hold_silent = 3 * DAY;
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	i = item(1);
	assert_int_equal(i.state, HELD_STORED);
	assert_string_equal(i.want, "");
	assert_string_equal(i.note, "why");
	assert_int_equal(i.expires_ms, NOW + 15 * DAY);
	case_item_fini(&i);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(due("expire", 1), NOW + 15 * DAY);
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_IMPOSSIBLE);
	/* Too late: its message is gone. */
	assert_int_equal(drop(1), CASE_DONE);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:held:%s state "
			    "released file gone", id_of(1, id));
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_IMPOSSIBLE);
}

static void
a_lost_item_is_restored_silently(void **state)
{
	const struct arrival a = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .ask = CH, .at_ms = NOW };
	const struct arrival t = { .n = 2, .local = "bob",
		.reason = FATE_R_TRANSIT, .at_ms = NOW };
	char id[HELD_ID_SIZE];
	struct oct_str json;
	struct held h;

	(void)state;
	item_of(&a, id_of(1, id), &h);
	oct_str_heap(&json, HELD_JSON_MAX);
	assert_int_equal(held_write(&h, &json), 0);
	assert_int_equal(case_restore(world.store, &world.t, &h,
			     oct_str_text(&json), NOW + DAY),
	    1);
	assert_int_equal(case_restore(world.store, &world.t, &h,
			     oct_str_text(&json), NOW + DAY),
	    0);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_true(is_indexed("bob", 1));
	assert_true(relation_holds("bob", 1));
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(due_challenge(CH), INT64_MIN);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	oct_str_clear(&json);
	item_of(&t, id_of(2, id), &h);
	assert_int_equal(held_write(&h, &json), 0);
	assert_int_equal(case_restore(world.store, &world.t, &h,
			     oct_str_text(&json), NOW + DAY),
	    1);
	assert_string_equal(wanted(2), "transit");
	assert_int_equal(due("release", 2), NOW + DAY + 20000);
	oct_str_free(&json);
}

static void
an_unreadable_relation_is_replaced_whole(void **state)
{
	(void)state;
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:bob %s %s",
	    SID, "rubbish");
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
}

static void
unreadable_records_are_told_apart(void **state)
{
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:held:%s state "
			    "stored v {}", id_of(1, id));
	assert_int_equal(case_item_read(world.store, D, id, &i), OCT_EPARSE);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:held:%s state "
			    "sideways", id_of(2, id));
	assert_int_equal(case_item_read(world.store, D, id, &i), OCT_EPARSE);
	(void)test_redis_do(&world.redis, "SET oct:{" D "}:held:%s x",
	    id_of(3, id));
	assert_int_equal(case_item_read(world.store, D, id, &i), OCT_EREPLY);
}

static void
duties_are_words(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} rows[] = {
		{ "settle " D " abc", 0 },
		{ "settle " D, OCT_EPARSE },
		{ "settle", OCT_EPARSE },
		{ "", OCT_EPARSE },
		{ "settle " D " abc d", OCT_EPARSE },
		{ "abcdefghijklmnopqrst " D " abc", OCT_EPARSE },
		{ "settle " D " 0123456789012345678901234567890123456789",
		    OCT_EPARSE },
	};
	struct case_duty d;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  \"%s\"\n", rows[i].text);
		assert_int_equal(case_duty_parse(rows[i].text, &d),
		    rows[i].rc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_registered_item_has_its_duties),
		T(a_silent_item_waits_longer_and_asks_nobody),
		T(a_transit_item_is_released_unseen),
		T(a_retry_merges_while_the_item_lives),
		T(a_finished_item_is_replaced_by_a_new_message),
		T(nothing_is_registered_while_its_file_goes),
		T(a_lost_race_for_the_relation_registers_nothing),
		T(a_large_group_fits),
		T(a_confirmation_releases_first_contacts_only),
		T(a_second_confirmation_changes_nothing),
		T(not_me_ends_a_challenge),
		T(a_late_challenge_may_be_asked_again),
		T(a_token_works_for_its_own_challenge_only),
		T(who_was_blocked_since_confirms_nothing),
		T(confirming_what_the_owner_settled),
		T(unknown_challenges_are_over),
		T(the_largest_challenge_is_confirmed),
		T(an_owner_releases_and_accepts),
		T(an_owner_releases_once),
		T(nothing_of_a_blocked_sender_is_delivered),
		T(an_owner_drops),
		T(the_last_item_of_a_silent_relation_takes_it_away),
		T(grants),
		T(settling_is_harmless_when_late),
		T(a_lease_is_exclusive_and_ends),
		T(a_refused_release_waits_or_ends),
		T(a_released_item_leaves_index_and_relation),
		T(expiry),
		T(what_was_confirmed_does_not_expire),
		T(an_extension_moves_the_time),
		T(a_challenge_moves_by_its_states),
		T(a_bounce_brings_an_item_back),
		T(a_lost_item_is_restored_silently),
		T(an_unreadable_relation_is_replaced_whole),
		T(unreadable_records_are_told_apart),
		T(duties_are_words),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("casework", tests,
		    start_world, end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
