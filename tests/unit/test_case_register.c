/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What arrives is registered: what it leaves in items, relations, indexes, due
 * times and work, and what it must not touch.  Against a real Redis.
 */
#include "tests/unit/casework_fixture.h"

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
	};

	return RUN_CASE_TESTS("test_case_register", tests);
}
