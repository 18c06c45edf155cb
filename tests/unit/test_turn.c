/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What costs of a plan is changed one at a time of a tenant: against a real
 * Redis, with many at once.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/allowance.h"
#include "policy/keys.h"
#include "policy/model.h"
#include "policy/turn.h"
#include "tests/support/redis.h"

static struct {
	struct test_redis redis;
	struct store *store;
} world;

static int
reset(void **state)
{
	(void)state;
	return test_redis_do(&world.redis, "FLUSHALL") == 1 ? 0 : -1;
}

/* --- A turn -------------------------------------------------------------- */

static void
one_has_it_at_a_time(void **state)
{
	struct turn a, b;
	char key[KEY_SIZE];

	(void)state;
	turn_init(&a, NULL);
	turn_init(&b, NULL);
	assert_int_equal(turn_take(world.store, "agen", 0, &a), 0);
	assert_true(turn_is_mine(&a));
	assert_int_equal(turn_take(world.store, "agen", 50, &b), -EBUSY);
	assert_false(turn_is_mine(&b));
	turn_give(world.store, &b); /* not his: it stays */
	assert_int_equal(test_redis_do(&world.redis, "EXISTS %s",
			     key_turn(key, "agen")),
	    1);
	assert_int_equal(turn_take(world.store, "pujols", 0, &b), 0);
	turn_give(world.store, &b);
	turn_give(world.store, &a);
	assert_int_equal(turn_take(world.store, "agen", 0, &b), 0);
	turn_give(world.store, &b);
	assert_int_equal(
	    test_redis_do(&world.redis, "EXISTS %s", key_turn(key, "agen")), 0);
}

static void
who_died_with_it_loses_it(void **state)
{
	struct turn a, b;
	char key[KEY_SIZE];

	(void)state;
	turn_init(&a, NULL);
	turn_init(&b, NULL);
	assert_int_equal(turn_take(world.store, "agen", 0, &a), 0);
	assert_int_equal(test_redis_do(&world.redis, "PEXPIRE %s 40",
			     key_turn(key, "agen")),
	    1);
	assert_int_equal(turn_take(world.store, "agen", 5000, &b), 0);
	turn_give(world.store, &a); /* of another by now */
	assert_int_equal(
	    test_redis_do(&world.redis, "EXISTS %s", key_turn(key, "agen")), 1);
	turn_give(world.store, &b);
}

/* Of the same name: an apply that is taken up again. */
static void
who_comes_back_by_his_name_has_it_still(void **state)
{
	struct turn a, b;

	(void)state;
	turn_init(&a, "apply 12");
	turn_init(&b, "apply 12");
	assert_int_equal(turn_take(world.store, "agen", 0, &a), 0);
	assert_int_equal(turn_take(world.store, "agen", 0, &b), 0);
	assert_int_equal(turn_keep(world.store, &b), 0);
	turn_give(world.store, &b);
	assert_int_equal(turn_keep(world.store, &a), OCT_ECONFLICT);
	assert_false(turn_is_mine(&a));
}

/* --- Many at once -------------------------------------------------------- */

#define ADDERS 12
#define INCLUDED 5

static void
apply(struct store *store, const char *text, const char *actor, int *rc)
{
	char fingerprint[MODEL_FINGERPRINT_SIZE], problem[MODEL_PROBLEM_SIZE];
	struct model *live = NULL, *wanted = NULL;
	struct model_applied done;
	struct model_plan p;

	*rc = model_load(store, NULL, &live);
	if (*rc == 0)
		*rc = model_parse(text, &wanted, problem);
	if (*rc == 0)
		*rc = model_diff(live, wanted, false, &p, problem);
	if (*rc == 0) {
		model_fingerprint(&p, fingerprint);
		*rc = model_apply(
		    store, &p, fingerprint, actor, &done, problem);
		model_plan_free(&p);
	}
	model_free(live);
	model_free(wanted);
}

struct adder {
	unsigned int number;
	bool by_file; /* one mailbox by apply */
	int rc;
	struct store *store;
};

static void *
add(void *arg)
{
	struct adder *a = arg;
	char local[16], domain[16], text[96], problem[256];
	const struct dir_change c = {.domain = domain,
	    .local = local,
	    .create = true,
	    .json = "{}",
	    .actor = "adder"};

	/* In three domains: no transaction of theirs minds another's. */
	(void)snprintf(domain, sizeof(domain), "d%u.test", a->number % 3);
	(void)snprintf(local, sizeof(local), "m%u", a->number);
	(void)snprintf(text, sizeof(text), "mailbox %s@%s\n", local, domain);
	if (a->by_file)
		apply(a->store, text, "file", &a->rc);
	else
		a->rc = directory_change(a->store, &c, problem);
	return NULL;
}

static size_t
mailboxes_of(const char *tenant)
{
	struct allowance_row *rows = NULL;
	struct model *m = NULL;
	size_t n = 0, count = 0;

	assert_int_equal(model_load(world.store, tenant, &m), 0);
	assert_int_equal(allowance_rows(m, &rows, &count), 0);
	assert_int_equal(count, 1);
	n = (size_t)rows[0].use[ALLOWANCE_MAILBOXES];
	free(rows);
	model_free(m);
	return n;
}

static const char site[] =
    "plan p\n\tmailboxes = 5\ntenant t\n\tplan = p\n"
    "domain d0.test\n\ttenant = t\ndomain d1.test\n\ttenant = t\n"
    "domain d2.test\n\ttenant = t\n";

static void
race(struct adder adders[ADDERS], unsigned int files)
{
	pthread_t threads[ADDERS];
	struct store_conf conf;

	store_conf_init(&conf);
	conf.address = world.redis.address;
	for (unsigned int i = 0; i < ADDERS; i++) {
		adders[i] = (struct adder){.number = i,
		    .by_file = i % 4 < files};
		assert_int_equal(store_new(&conf, &adders[i].store), 0);
	}
	for (unsigned int i = 0; i < ADDERS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, add, &adders[i]), 0);
	for (unsigned int i = 0; i < ADDERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		store_free(adders[i].store);
	}
}

static void
an_allowance_is_never_passed(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 12; round++) {
		struct adder adders[ADDERS];
		unsigned int added = 0, refused = 0;
		int rc;

		assert_int_equal(reset(NULL), 0);
		apply(world.store, site, "test", &rc);
		assert_int_equal(rc, 0);
		/* By command, by file, and both. */
		race(adders, round % 3 == 0 ? 0 : round % 3 == 1 ? 4 : 2);
		for (unsigned int i = 0; i < ADDERS; i++) {
			added += adders[i].rc == 0;
			refused += adders[i].rc == OCT_ELIMIT;
		}
		if (added != INCLUDED || added + refused != ADDERS)
			print_error("round %u: %u added, %u refused\n", round,
			    added, refused);
		assert_int_equal(mailboxes_of("t"), INCLUDED);
		assert_int_equal(added, INCLUDED);
		assert_int_equal(refused, ADDERS - INCLUDED);
	}
}

/* What costs nothing waits for nobody. */
static void
who_adds_nothing_needs_no_turn(void **state)
{
	static const struct dir_change free_of_charge[] = {
	    {.domain = "d0.test", .local = "a", .json = "{\"name\":\"A\"}"},
	    {.domain = "d0.test",
		.local = "a",
		.json = "{\"state\":\"closed\"}"},
	    {.domain = "other.test", .create = true, .json = "{}"},
	};
	const struct dir_change back = {.domain = "d0.test",
	    .local = "a",
	    .json = "{\"state\":\"active\"}"};
	struct turn held;
	char problem[256];
	int rc;

	(void)state;
	apply(world.store, site, "test", &rc);
	assert_int_equal(rc, 0);
	apply(world.store, "mailbox a@d0.test\n", "test", &rc);
	assert_int_equal(rc, 0);
	turn_init(&held, NULL);
	assert_int_equal(turn_take(world.store, "t", 0, &held), 0);
	for (size_t i = 0; i < OCT_LEN(free_of_charge); i++)
		assert_int_equal(directory_change(world.store,
				     &free_of_charge[i], problem),
		    0);
	turn_give(world.store, &held);
	assert_int_equal(directory_change(world.store, &back, problem), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(one_has_it_at_a_time, reset),
	    cmocka_unit_test_setup(who_died_with_it_loses_it, reset),
	    cmocka_unit_test_setup(
		who_comes_back_by_his_name_has_it_still, reset),
	    cmocka_unit_test(an_allowance_is_never_passed),
	    cmocka_unit_test_setup(who_adds_nothing_needs_no_turn, reset),
	};
	struct store_conf conf;
	int failed;

	if (sodium_init() < 0)
		return 1;
	failed = test_redis_start(&world.redis);
	if (failed != 0)
		return failed == TEST_REDIS_SKIP ? failed : 1;
	store_conf_init(&conf);
	conf.address = world.redis.address;
	if (store_new(&conf, &world.store) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	store_free(world.store);
	test_redis_stop(&world.redis);
	return failed;
}
