/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acts of casework, as its tests do them to what arrived.
 */
#ifndef OCT_TESTS_CASEWORK_FIXTURE_H
#define OCT_TESTS_CASEWORK_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/case_fixture.h"

#define T(test) cmocka_unit_test_setup(test, reset)

static OCT_UNUSED enum case_outcome
confirm(const char *id, int64_t now_ms)
{
	enum case_outcome out = (enum case_outcome)99;

	assert_int_equal(case_confirm(world.store, &world.t, D, id, "page",
			     now_ms, &out),
	    0);
	return out;
}

static OCT_UNUSED enum case_outcome
release(int n, bool once)
{
	enum case_outcome out = (enum case_outcome)99;
	char id[HELD_ID_SIZE];

	assert_int_equal(case_release(world.store, &world.t, D, id_of(n, id),
			     once, CASE_BY_OWNER, NOW + 1000, &out),
	    0);
	return out;
}

static OCT_UNUSED enum case_outcome
drop(int n)
{
	enum case_outcome out = (enum case_outcome)99;
	char id[HELD_ID_SIZE];

	assert_int_equal(case_drop(world.store, D, id_of(n, id),
			     NOW + 1000, &out),
	    0);
	return out;
}

static OCT_UNUSED void
settle(int n)
{
	char id[HELD_ID_SIZE];

	assert_int_equal(case_settle(world.store, D, id_of(n, id),
			     NOW + 20000),
	    0);
}

static OCT_UNUSED int
claim(int n, int64_t now_ms)
{
	struct case_item i = item(n);
	int rc = case_claim(world.store, &world.t, &i, now_ms);

	case_item_fini(&i);
	return rc;
}

static OCT_UNUSED void
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

#define RUN_CASE_TESTS(name, tests) run_case_tests(name, tests, OCT_LEN(tests))

/* The exit status of the program of that name. */
static OCT_UNUSED int
run_case_tests(const char *name, const struct CMUnitTest *tests, size_t count)
{
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = _cmocka_run_group_tests(name, tests, count, start_world,
		    end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}

#endif
