/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look through spool and store: orphans, lost duties, and what was accepted
 * while the store was away.
 */
#include <fcntl.h>
#include <signal.h>

#include "tests/unit/courier_fixture.h"

/* --- The sweep --------------------------------------------------------------------- */

static void
orphans_are_found_beside_damaged_records(void **state)
{
	struct arrival a = silent;
	struct case_item i;
	struct held h;
	char id[HELD_ID_SIZE], other[HELD_ID_SIZE];

	(void)state;
	/* Damaged ones on all sides, an orphan, and a message that is gone. */
	for (int n = 0; n < 20; n++) {
		a.n = n;
		item_of(&a, id_of(n, id), &h);
		if (n % 2 == 0) {
			spool_text(&h, id, KEPT);
			(void)test_redis_do(&world.redis,
			    "HSET oct:{" D "}:held:%s v {} state stored", id);
		}
	}
	a.n = 1;
	item_of(&a, id_of(1, id), &h);
	spool_text(&h, id, KEPT);
	a.n = 3; /* a sidecar under another's name */
	item_of(&a, id_of(3, id), &h);
	spool_text(&h, id_of(5, other), KEPT);
	courier_sweep(office.courier, NOW + 3599999);
	assert_int_equal(case_item_read(world.store, D, id_of(1, id), &i), 0);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(case_item_read(world.store, D, id_of(3, id), &i), 0);
	assert_true(has_file(5));
}

/* Remove the sidecar (a backup without it, a repaired file system), and let the
 * message be of long ago. */
static void
lose_sidecar(int n)
{
	static const struct timespec old[2] = { { .tv_sec = 1 },
		{ .tv_sec = 1 } };
	char id[HELD_ID_SIZE], path[256];

	(void)snprintf(path, sizeof(path), "%s/spool/held/ii/%s.json",
	    office.dir, id_of(n, id));
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/spool/held/ii/%s.eml",
	    office.dir, id);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

static void
a_message_that_the_store_knows_is_no_rest(void **state)
{
	static const struct dir_change domain = { .domain = D, .create = true,
		.json = "{}", .actor = "t" };
	char problem[256], id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	assert_int_equal(directory_change(world.store, &domain, problem), 0);
	hold(&silent, KEPT);
	lose_sidecar(1);
	courier_sweep(office.courier, NOW + 3600000);
	assert_true(has_file(1));
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	/* Nobody knows it: what a crash left. */
	(void)test_redis_do(&world.redis, "DEL %s",
	    key_held(key, D, id_of(1, id)));
	courier_sweep(office.courier, NOW + 3600000);
	assert_false(has_file(1));
}

/* While nobody can tell, nothing is removed. */
static void
nothing_is_a_rest_while_the_store_is_away(void **state)
{
	(void)state;
	hold(&silent, KEPT);
	lose_sidecar(1);
	test_redis_kill(&world.redis, SIGKILL);
	courier_sweep(office.courier, NOW + 3600000);
	assert_true(has_file(1));
	assert_int_equal(test_redis_again(&world.redis), 0);
}

static void
lost_duties_are_put_back(void **state)
{
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&asked, KEPT);
	want(1);
	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_due(key, NODE)),
	    1);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	assert_int_equal(due("release", 1), NOW + 3660000);
	assert_int_equal(due("settle", 1), NOW + 3600000);
	/* A finished one whose file was left. */
	(void)test_redis_do(&world.redis, "HSET %s state released",
	    key_held(key, D, id_of(1, id)));
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("purge", 1), NOW + 3600000);
}

static void
unknown_duties_are_forgotten(void **state)
{
	(void)state;
	assert_int_equal(act("dance", 1), DUTY_DONE);
	assert_int_equal(act("settle", 77), DUTY_DONE);
	assert_int_equal(act("expire", 77), DUTY_DONE);
	assert_int_equal(act("purge", 77), DUTY_DONE);
}

/* --- What is given up, and said once ------------------------------------------ */

/* Written by a milter that could not register it, under the id of an item that is
 * over and whose file was removed. */
static void
an_orphan_of_a_finished_item_is_purged(void **state)
{
	struct case_item i;
	struct held h;
	char id[HELD_ID_SIZE], mark[CASE_FILE_SIZE];

	(void)state;
	hold(&silent, KEPT);
	i = item(1);
	assert_int_equal(case_expire(world.store, &world.t, &i, SETTLED), 0);
	case_item_fini(&i);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
	i = item(1);
	assert_true(case_is_gone(i.file));
	memcpy(mark, i.file, sizeof(mark));
	case_item_fini(&i);
	item_of(&silent, id_of(1, id), &h);
	spool_text(&h, id, KEPT);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("purge", 1), NOW + 3600000);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
	/* Who saw the mark before that has lost his file, and must know. */
	i = item(1);
	assert_true(case_is_gone(i.file));
	assert_string_not_equal(i.file, mark);
	case_item_fini(&i);
}

/* --- Accepted while the store was away --------------------------------------------- */

/* Only in the spool, and its sender was told 250 (adrift), or 451. */
static void
only_spooled(int n, enum fate_reason reason, bool adrift, int64_t at_ms)
{
	struct arrival a = { .n = n, .local = "bob", .reason = reason,
		.at_ms = at_ms };
	struct held h;
	char id[HELD_ID_SIZE];

	item_of(&a, id_of(n, id), &h);
	h.adrift = adrift;
	spool_text(&h, id, KEPT);
}

static void
a_copy_in_transit_does_not_wait_for_the_hour(void **state)
{
	const int64_t soon = NOW + 20000 + 60000;
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	only_spooled(1, FATE_R_TRANSIT, true, NOW);
	only_spooled(2, FATE_R_TRANSIT, false, NOW);
	courier_sweep(office.courier, soon);
	assert_string_equal(wanted(1), "transit");
	/* This one's sender comes again. */
	assert_int_equal(case_item_read(world.store, D, id_of(2, id), &i), 0);
}

/* The same message as one that is over, accepted anew: it is another. */
static void
what_was_accepted_anew_is_not_purged(void **state)
{
	struct case_item i;
	struct arrival a = silent;

	for (int k = 0; k < 2; k++) {
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		a.at_ms = NOW - DAY;
		hold(&a, KEPT);
		i = item(1);
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW - 1000),
		    0);
		case_item_fini(&i);
		if (k > 0)
			assert_int_equal(act("purge", 1), DUTY_DONE);
		only_spooled(1, FATE_R_SPAM, true, NOW);
		assert_int_equal(act("purge", 1), DUTY_DONE);
		assert_true(has_file(1));
		courier_sweep(office.courier, NOW + 80000);
		assert_int_equal(state_of(1), HELD_TENTATIVE);
		assert_true(is_indexed("bob", 1));
		assert_int_equal(act("purge", 1), DUTY_DONE);
		assert_true(has_file(1));
		i = item(1);
		assert_int_equal(i.held.arrival_ms, NOW);
		assert_string_equal(i.file, "");
		/* Over in its turn, it goes. */
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW + 90000),
		    0);
		case_item_fini(&i);
		assert_int_equal(act("purge", 1), DUTY_DONE);
		assert_false(has_file(1));
	}
}

/* The first try reached one domain of two and was answered 451; the next one was
 * accepted without the store. */
static void
what_waited_begins_if_it_was_accepted(void **state)
{
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&silent, KEPT);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s wait %lld",
			     key_held(key, D, id_of(1, id)),
			     NOW + CASE_WAIT_MS),
	    1);
	(void)test_redis_do(&world.redis, "DEL oct:due:" NODE);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("settle", 1), INT64_MIN);
	only_spooled(1, FATE_R_UNDECIDED, true, NOW + 1000);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("settle", 1), NOW + 3600000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(orphans_are_found_beside_damaged_records),
		T(a_message_that_the_store_knows_is_no_rest),
		T(nothing_is_a_rest_while_the_store_is_away),
		T(lost_duties_are_put_back),
		T(unknown_duties_are_forgotten),
		T(an_orphan_of_a_finished_item_is_purged),
		T(a_copy_in_transit_does_not_wait_for_the_hour),
		T(what_was_accepted_anew_is_not_purged),
		T(what_waited_begins_if_it_was_accepted),
	};

	return RUN_COURIER_TESTS("test_courier_sweep", tests);
}
