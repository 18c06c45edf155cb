/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lever.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define NOW 1795255200000LL
#define HOUR 3600000LL

static struct test_redis server;
static struct store *store;

static void
test_written_and_read(void **state)
{
	struct lever_state l;

	(void)state;
	assert_int_equal(lever_read(store, &l), 0);
	assert_false(l.stopped || lever_bypasses(&l, NOW));
	assert_int_equal(lever_stop(store, true, "ctl:ann", NOW), 0);
	assert_int_equal(lever_bypass(store, NOW + HOUR, "ctl:bob", NOW), 0);
	assert_int_equal(lever_read(store, &l), 0);
	assert_true(l.stopped);
	assert_int_equal(l.stopped_ms, NOW);
	assert_int_equal(l.bypass_until_ms, NOW + HOUR);
	assert_string_equal(l.by, "ctl:bob");
	assert_true(lever_bypasses(&l, NOW + HOUR - 1));
	assert_false(lever_bypasses(&l, NOW + HOUR));
	assert_int_equal(lever_stop(store, false, "ctl:ann", NOW), 0);
	assert_int_equal(lever_bypass(store, 0, "ctl:ann", NOW), 0);
	assert_int_equal(lever_read(store, &l), 0);
	assert_false(l.stopped || lever_bypasses(&l, NOW));
	assert_int_not_equal(lever_stop(store, true,
				 "a name that is longer than any that the "
				 "command makes for its audit entries",
				 NOW),
	    0);
}

static void
test_a_cached_look(void **state)
{
	struct lever *l = NULL;
	struct lever_state got;

	(void)state;
	assert_int_equal(lever_new(store, &l), 0);
	lever_get(l, NOW, &got);
	assert_false(got.stopped);
	assert_int_equal(lever_stop(store, true, "ctl:ann", NOW), 0);
	lever_get(l, NOW + 999, &got);
	assert_false(got.stopped);
	lever_get(l, NOW + 1000, &got);
	assert_true(got.stopped);
	/* A clock that was set back does not freeze it. */
	assert_int_equal(lever_stop(store, false, "ctl:ann", NOW), 0);
	lever_get(l, NOW - HOUR, &got);
	assert_false(got.stopped);
	lever_free(l);
}

static void
test_the_last_state_stays_while_the_store_is_away(void **state)
{
	struct store_conf conf;
	struct store *s = NULL;
	struct lever *l = NULL;
	struct lever_state got;

	(void)state;
	assert_int_equal(lever_stop(store, true, "ctl:ann", NOW), 0);
	store_conf_init(&conf);
	conf.address = server.address;
	assert_int_equal(store_new(&conf, &s), 0);
	assert_int_equal(lever_new(s, &l), 0);
	lever_get(l, NOW, &got);
	assert_true(got.stopped);
	/* A hash that is none: the read fails as it does without a server. */
	assert_int_equal(test_redis_do(&server, "DEL " KEY_LEVER), 1);
	assert_int_equal(test_redis_do(&server, "SET " KEY_LEVER " x"), 1);
	lever_get(l, NOW + 5000, &got);
	assert_true(got.stopped);
	assert_int_equal(test_redis_do(&server, "DEL " KEY_LEVER), 1);
	lever_get(l, NOW + 9000, &got);
	assert_false(got.stopped);
	lever_free(l);
	store_free(s);
}

static int
setup(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	return store_new(&conf, &store);
}

static int
reset(void **state)
{
	(void)state;
	return test_redis_do(&server, "FLUSHALL") == 1 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	store_free(store);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_written_and_read, reset),
		cmocka_unit_test_setup(test_a_cached_look, reset),
		cmocka_unit_test_setup(
		    test_the_last_state_stays_while_the_store_is_away, reset),
	};
	int rc = test_redis_start(&server);

	if (rc == TEST_REDIS_SKIP)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("lever", tests, setup,
		    teardown);
	test_redis_stop(&server);
	return rc != 0;
}
