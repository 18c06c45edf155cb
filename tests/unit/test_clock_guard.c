/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks that leap, as the courier sees them: the look alone, and what a restart
 * finds in the store.
 */
#include "courier/clock_guard.h"

#include "lib/log.h"

#include "tests/unit/case_fixture.h"

#define HOUR 3600000LL
#define YEARS (3653 * 24 * HOUR)

static void
leaps(void **state)
{
	/* Looks of one guard, one after the other. */
	static const struct {
		const char *name;
		int64_t wall, mono;
		bool doubted, back;
	} looks[] = {
		{ "the first", NOW, 0, false, false },
		{ "a day passes by looks", NOW + 5 * HOUR, 5 * HOUR, false,
		    false },
		{ "ahead", NOW + YEARS, 5 * HOUR + 1, true, false },
		{ "still", NOW + YEARS + HOUR, 6 * HOUR, true, false },
		{ "right again", NOW + 7 * HOUR, 7 * HOUR, false, true },
		{ "and on", NOW + 7 * HOUR + 1, 7 * HOUR + 1, false, false },
		{ "an hour ahead: let be", NOW + 9 * HOUR, 8 * HOUR, false,
		    false },
		{ "and back", NOW + 8 * HOUR, 8 * HOUR + 1, false, true },
		{ "adjusted by seconds", NOW + 8 * HOUR - 5000,
		    8 * HOUR + 2, false, false },
		{ "slept for three days", NOW + 80 * HOUR, 8 * HOUR + 3, true,
		    false },
		{ "not yet", NOW + 86 * HOUR, 14 * HOUR + 2, true, false },
		{ "long enough", NOW + 86 * HOUR + 1, 14 * HOUR + 3, false,
		    false },
		{ "and on", NOW + 87 * HOUR, 15 * HOUR, false, false },
		{ "nobody looked for two days", NOW + 135 * HOUR, 63 * HOUR,
		    false, false },
		{ "nor for one, and it leapt besides", NOW + 166 * HOUR,
		    87 * HOUR, true, false },
	};
	struct clock_guard g = { .doubted = false };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(looks); i++) {
		print_message("  %s\n", looks[i].name);
		clock_guard_see(&g, looks[i].wall, looks[i].mono);
		assert_int_equal(g.doubted, looks[i].doubted);
		assert_int_equal(g.back, looks[i].back);
		assert_int_equal(clock_guard_stops(&g, "expire"), g.doubted);
		assert_int_equal(clock_guard_stops(&g, "purge"), g.doubted);
		assert_false(clock_guard_stops(&g, "release"));
		assert_false(clock_guard_stops(&g, "challenge"));
	}
}

/* Started while the clock is wrong: what was believed before is known. */
static void
over_a_restart(void **state)
{
	struct clock_guard g = { .doubted = false }, next = { .read = false };
	struct clock_guard fresh = { .read = false };

	(void)state;
	assert_int_equal(clock_guard_look(&g, world.store, NODE, NOW, 1), 0);
	assert_false(g.doubted);
	assert_int_equal(clock_guard_look(&next, world.store, NODE,
			     NOW + YEARS, 1),
	    0);
	assert_true(next.doubted);
	/* Doubt writes nothing. */
	assert_int_equal(clock_guard_look(&next, world.store, NODE,
			     NOW + YEARS + 90000, 90001),
	    0);
	next = (struct clock_guard){ .read = false };
	assert_int_equal(clock_guard_look(&next, world.store, NODE,
			     NOW + HOUR, 1),
	    0);
	assert_false(next.doubted);
	/* Another node, of which nothing is known. */
	assert_int_equal(clock_guard_look(&fresh, world.store, "n2",
			     NOW + YEARS, 1),
	    0);
	assert_false(fresh.doubted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaps),
		cmocka_unit_test_setup(over_a_restart, reset),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_clock_guard", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("clock_guard", tests,
		    start_world, end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
