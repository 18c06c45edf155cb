/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of owners share: a real Redis, a mailbox that has an owner, and
 * mail that is held for it.
 */
#ifndef OCT_TESTS_OWNER_FIXTURE_H
#define OCT_TESTS_OWNER_FIXTURE_H

#include "lib/clock.h"
#include "policy/owner.h"
#include "policy/owner_senders.h"
#include "policy/relation.h"
#include "tests/unit/case_fixture.h"

#define HOUR 3600000LL
#define N_SID "N|bob@faux.test|192.0.2.0/24"

static OCT_UNUSED struct owner
owner_of_box(const char *local)
{
	return (struct owner){ .store = world.store, .timers = &world.t,
		.domain = D, .local = local, .person = "", .now_ms = NOW };
}

static OCT_UNUSED int
prepare(void **state)
{
	char problem[256];
	struct dir_change domain = { .domain = D, .create = true,
		.json = "{}", .actor = "test" };
	struct dir_change box = { .domain = D, .local = "mairie",
		.create = true, .json = "{\"owners\":\"anne@perso.test\"}",
		.actor = "test" };

	if (reset(state) != 0)
		return -1;
	world.t.undo = DAY;
	if (directory_change(world.store, &domain, problem) != 0)
		return -1;
	return directory_change(world.store, &box, problem);
}

static OCT_UNUSED void
put(int n, const char *local, const char *sid, enum fate_reason reason)
{
	struct arrival a = { .n = n, .local = local, .sid = sid,
		.reason = reason, .at_ms = NOW - HOUR + n };

	assert_int_equal(arrive(&a), 0);
}

static OCT_UNUSED enum rel_state
rel_of(const char *sid)
{
	struct relation r;

	assert_true(case_relation_read(world.store, D, "mairie", sid, &r) >=
	    0);
	return r.state;
}

static size_t acts;
static enum owner_act last_act;

static OCT_UNUSED void
see_act(void *arg, const struct owner_entry_text *e)
{
	(void)arg;
	if (acts++ == 0)
		last_act = e->act;
}

static OCT_UNUSED void
read_acts(void)
{
	struct owner o = owner_of_box("mairie");
	char at[OCT_STREAM_ID] = "+";

	acts = 0;
	assert_int_equal(owner_history(&o, at, 100, see_act, NULL), 0);
}

#define WITH(test) cmocka_unit_test_setup(test, prepare)

#define RUN_OWNER_TESTS(name, tests)                                           \
	run_owner_tests(name, tests, OCT_LEN(tests))

/* The exit status of the program of that name. */
static OCT_UNUSED int
run_owner_tests(const char *name, const struct CMUnitTest *tests, size_t count)
{
	int rc;

	if (sodium_init() < 0 || test_redis_start(&world.redis) != 0)
		return 77;
	rc = _cmocka_run_group_tests(name, tests, count, start_world,
	    end_world);
	test_redis_stop(&world.redis);
	return rc;
}

#endif
