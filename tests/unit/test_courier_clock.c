/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock was years ahead for a while (an hour, a dead battery, a snapshot of a
 * machine), and is right again: what was written meanwhile bears times that have
 * not come.  No message may wait for them.
 */
#include "tests/unit/courier_fixture.h"

#define AHEAD (3653 * DAY)
#define RELEASE                                                                \
	{                                                                      \
		HI, { "MAIL FROM:<alice@example.org>", "250 2.1.0 Ok\r\n" },   \
		    { "RCPT TO:<x@ville.example>", "250 2.1.5 Ok\r\n" }, DATA, \
		    QUEUED, QUIT                                               \
	}

static const struct step release[STEPS] = RELEASE;

static struct arrival
ahead(const struct arrival *a)
{
	struct arrival later = *a;

	later.at_ms += AHEAD;
	return later;
}

static void
what_came_then_is_released(void **state)
{
	struct arrival a = ahead(&asked);

	(void)state;
	hold(&a, KEPT);
	want(1);
	postfix(release);
	assert_int_equal(act("release", 1), DUTY_DONE);
	done_with_postfix();
	assert_int_equal(state_of(1), HELD_RELEASED);
}

/* What became of an item tells nothing of a message that came after it. */
static void
a_file_is_renewed(void **state)
{
	static const struct {
		const char *name;
		int64_t file, known;
		enum held_state state;
		bool adrift, renewed;
	} rows[] = {
		{ "came again", 2000, 1000, HELD_RELEASED, true, true },
		{ "the same", 1000, 1000, HELD_RELEASED, true, false },
		/* Its sender went to another node, where it was delivered. */
		{ "a copy of before", 1000, 2000, HELD_RELEASED, true, false },
		{ "of before, by a clock little ahead", 1000, 50000,
		    HELD_RELEASED, true, false },
		{ "the item is of a time that has not come", 1000, AHEAD,
		    HELD_RELEASED, true, true },
		{ "not over", 2000, 1000, HELD_STORED, true, false },
		{ "its sender was not told 250", 2000, 1000, HELD_RELEASED,
		    false, false },
	};

	(void)state;
	oct_clock_set_wall_ms(NOW + 3000);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct held file = { .adrift = rows[i].adrift,
			.arrival_ms = NOW + rows[i].file };
		const struct case_item item = { .state = rows[i].state,
			.held = { .arrival_ms = NOW + rows[i].known } };

		print_message("  %s\n", rows[i].name);
		assert_int_equal(courier_is_renewed(&file, &item),
		    rows[i].renewed);
	}
}

/* The courier was killed with the lease. */
static void
a_lease_of_then_is_over(void **state)
{
	struct case_item i;

	(void)state;
	hold(&asked, KEPT);
	want(1);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, NOW + AHEAD), 1);
	case_item_fini(&i);
	postfix(release);
	assert_int_equal(act("release", 1), DUTY_DONE);
	done_with_postfix();
	assert_int_equal(state_of(1), HELD_RELEASED);
}

static void
what_came_then_is_decided(void **state)
{
	static const struct dir_change changes[] = {
		{ .domain = D, .create = true, .json = "{}", .actor = "t" },
		{ .domain = D, .local = "bob", .create = true, .json = "{}",
		    .actor = "t" },
	};
	struct arrival a = ahead(&silent);
	char problem[256];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(changes); i++)
		assert_int_equal(directory_change(world.store, &changes[i],
				     problem),
		    0);
	a.reason = FATE_R_UNDECIDED;
	hold(&a, KEPT);
	assert_int_equal(act("decide", 1), DUTY_DONE);
	/* Nobody is asked for bob: it goes on. */
	assert_string_equal(wanted(1), "allowed");
}

/* Nothing listens: it was tried, and is tried again soon. */
static void
who_wrote_then_is_asked(void **state)
{
	struct arrival a = ahead(&asked);

	(void)state;
	hold(&a, KEPT);
	assert_int_equal(act_challenge(CH), DUTY_LATER);
	assert_int_equal(due_challenge(CH), SETTLED + 30000);
}

static void
spool_adrift(int n, int64_t at_ms)
{
	struct arrival a = { .n = n, .local = "bob",
		.reason = FATE_R_TRANSIT, .at_ms = at_ms };
	struct held h;
	char id[HELD_ID_SIZE];

	item_of(&a, id_of(n, id), &h);
	h.adrift = true;
	spool_text(&h, id, KEPT);
}

/* Its sender was told 250, and only the spool knows. */
static void
what_was_accepted_then_is_found(void **state)
{
	(void)state;
	spool_adrift(1, NOW + AHEAD);
	courier_sweep(office.courier, NOW);
	assert_string_equal(wanted(1), "transit");
}

/* For several domains, and it began: but its duties were due then. */
static void
what_began_then_goes_on(void **state)
{
	struct arrival a = ahead(&silent);
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&a, KEPT);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s wait %lld",
			     key_held(key, D, id_of(1, id)),
			     NOW + AHEAD + CASE_WAIT_MS),
	    1);
	(void)test_redis_do(&world.redis, "DEL oct:due:" NODE);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("settle", 1), NOW + 3600000);
}

/* One that is over, and the same message accepted anew, at an earlier time. */
static void
what_came_after_then_is_not_purged(void **state)
{
	struct arrival a = ahead(&silent);
	struct case_item i;

	(void)state;
	hold(&a, KEPT);
	i = item(1);
	assert_int_equal(case_expire(world.store, &world.t, &i, NOW + AHEAD),
	    0);
	case_item_fini(&i);
	spool_adrift(1, NOW);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_true(has_file(1));
	courier_sweep(office.courier, NOW + 80000);
	assert_string_equal(wanted(1), "transit");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_came_then_is_released),
		T(a_file_is_renewed),
		T(a_lease_of_then_is_over),
		T(what_came_then_is_decided),
		T(who_wrote_then_is_asked),
		T(what_was_accepted_then_is_found),
		T(what_began_then_goes_on),
		T(what_came_after_then_is_not_purged),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_courier_clock", OCT_LOG_STDERR, OCT_ERROR);
	server_init();
	if (rc == 0)
		rc = cmocka_run_group_tests_name("courier_clock", tests,
		    start_world, end_world);
	server_fini();
	test_redis_stop(&world.redis);
	return rc != 0;
}
