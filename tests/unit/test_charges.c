/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging several rates at once, against a simple model, over many connections
 * to a real Redis.
 */
#include "milter/charges.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/redis.h"

#define THREADS 16
#define ROUNDS 400
#define BOXES 3
#define VOLUME 4000

static struct test_redis server;
static struct store *store;
static struct limit_platform platform;
static struct dir_snapshot *dir;

/* Months long: what comes back meanwhile is less than one. */
#define LONG_MS (30LL * 86400000)
#define DAY_MS 86400000LL

static const char world_json[] =
    "[{\"name\":\"a.test\",\"mailboxes\":{\"b0\":{},\"b1\":{},\"b2\":{}}},"
    "{\"name\":\"b.test\",\"mailboxes\":{\"b0\":{}}}]";

static int
start(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	conf.pool_max = THREADS;
	platform.of[QUOTA_MESSAGES_IN] = (struct quota_windows){ 2,
		{ { 900, DAY_MS }, { 1000, LONG_MS } } };
	platform.of[QUOTA_VOLUME_IN] =
	    (struct quota_windows){ 1, { { 4000000, LONG_MS } } };
	platform.of[QUOTA_DOMAIN_RECIPIENTS_IN] =
	    (struct quota_windows){ 1, { { 1500, LONG_MS } } };
	if (dir_snapshot_parse(world_json, sizeof(world_json) - 1, &dir) != 0)
		return -1;
	return test_redis_do(&server, "FLUSHALL") == 1
	    ? store_new(&conf, &store)
	    : -1;
}

static int
stop(void **state)
{
	(void)state;
	store_free(store);
	directory_put(dir);
	return 0;
}

static struct charges_subject
subject(int box)
{
	static const char *const names[BOXES] = { "b0", "b1", "b2" };
	const struct dir_domain *d = dir_domain(dir, "a.test");

	return (struct charges_subject){ .platform = &platform, .domain = d,
		.mailbox = dir_mailbox(d, names[box]), .name = names[box],
		.octets = VOLUME };
}

struct worker {
	pthread_t thread;
	unsigned int seed;
	int64_t taken[BOXES]; /* and not given back */
	int refused, failed;
};

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < ROUNDS; i++) {
		int box = rand_r(&w->seed) % BOXES, rc;
		struct charges_subject s = subject(box);
		struct charges c = { .count = 0 };
		size_t over;

		rc = charges_add(&c, &s);
		if (rc == 0)
			rc = charges_take(store, &c, &over);
		w->failed += rc < 0;
		w->refused += rc == 0;
		if (rc == 1 && rand_r(&w->seed) % 4 == 0)
			charges_refund(store, &c);
		else
			w->taken[box] += rc == 1;
		charges_fini(&c);
	}
	return NULL;
}

/* What is left of every limit is what the model says: nothing is charged twice,
 * or half. */
static void
assert_left(int box, int64_t taken, int64_t all)
{
	struct charges_subject s = subject(box);
	struct charges c = { .count = 0 };

	assert_int_equal(charges_add(&c, &s), 0);
	assert_int_equal(c.count, 4);
	for (size_t i = 0; i < c.count; i++) {
		const struct charge *at = &c.at[i];
		struct store_rate r = { .key = at->key,
			.count = at->rate.count,
			.period_ms = at->rate.period_ms,
			.burst = at->rate.count, .cost = 1 };
		int64_t unit = quota_unit(at->quota) == QUOTA_VOLUME ? VOLUME
								     : 1;
		int64_t used = (quota_is_domain(at->quota) ? all : taken) *
		    unit;
		/* By time: at a day's rate less than one in 90 s. */
		int64_t back = at->rate.count * 90000 / at->rate.period_ms + 1;
		int64_t left, full;

		assert_int_equal(store_rate_peek(store, &r, &left, &full), 0);
		assert_true(left >= at->rate.count - used);
		assert_true(left <= at->rate.count - used + back);
		assert_true(left >= 0);
	}
	charges_fini(&c);
}

static void
many_connections_agree_with_the_model(void **state)
{
	struct worker w[THREADS];
	int64_t taken[BOXES] = { 0 }, all = 0;
	int refused = 0;

	(void)state;
	for (unsigned int i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ .seed = 77 + i };
		assert_int_equal(pthread_create(&w[i].thread, NULL, work,
				     &w[i]),
		    0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		assert_int_equal(w[i].failed, 0);
		refused += w[i].refused;
		for (int b = 0; b < BOXES; b++)
			taken[b] += w[i].taken[b];
	}
	for (int b = 0; b < BOXES; b++)
		all += taken[b];
	/* 6,400 tries, of which the domain takes 1,500. */
	assert_true(all >= 1500 && all <= 1502);
	assert_true(refused > 1000);
	for (int b = 0; b < BOXES; b++)
		assert_left(b, taken[b], all);
}

/* --- Volumes --------------------------------------------------------------- */

static int64_t
left_of(const struct charge *c)
{
	struct store_rate r = { .key = c->key, .count = c->rate.count,
		.period_ms = c->rate.period_ms, .burst = c->rate.count,
		.cost = 1 };
	int64_t left, full;

	assert_int_equal(store_rate_peek(store, &r, &left, &full), 0);
	return left;
}

/* Charged by what was declared, then by what it is. */
static void
volumes_are_settled(void **state)
{
	static const struct {
		const char *name;
		int64_t declared, real, used;
	} rows[] = {
		{ "declared rightly", 100000, 100000, 100000 },
		{ "not declared", 0, 100000, 100000 },
		{ "declared too little", 10, 3000000, 3000000 },
		{ "declared too much", 3000000, 100, 100 },
		{ "over the whole limit", 5000000, 5000000, 4000000 },
		{ "over it, and not declared", 0, 5000000, 4000000 },
	};
	const struct dir_domain *d = dir_domain(dir, "b.test");

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct charges_subject s = { .platform = &platform,
			.domain = d, .mailbox = dir_mailbox(d, "b0"),
			.name = "b0", .octets = rows[i].declared };
		struct charges c = { .count = 0 };
		int64_t left = -1;
		size_t over;

		assert_int_equal(test_redis_do(&server, "FLUSHALL"), 1);
		assert_int_equal(charges_add(&c, &s), 0);
		assert_int_equal(charges_take(store, &c, &over), 1);
		charges_settle(store, &c, rows[i].real);
		for (size_t k = 0; k < c.count; k++)
			if (quota_unit(c.at[k].quota) == QUOTA_VOLUME)
				left = left_of(&c.at[k]);
		/* 1.5 octets a second come back. */
		if (left < 4000000 - rows[i].used ||
		    left > 4000000 - rows[i].used + 60)
			fail_msg("%s: %lld left", rows[i].name,
			    (long long)left);
		charges_fini(&c);
	}
}

static void
a_store_that_is_away_is_told(void **state)
{
	struct charges_subject s = subject(0);
	struct charges c = { .count = 0 };
	size_t over;

	(void)state;
	assert_int_equal(charges_add(&c, &s), 0);
	test_redis_kill(&server, SIGKILL);
	assert_true(charges_take(store, &c, &over) < 0);
	assert_false(c.taken);
	charges_refund(store, &c);
	charges_settle(store, &c, 5);
	charges_fini(&c);
	assert_int_equal(test_redis_again(&server), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_connections_agree_with_the_model),
		cmocka_unit_test(volumes_are_settled),
		cmocka_unit_test(a_store_that_is_away_is_told),
	};
	int failed;

	if (test_redis_start(&server) != 0)
		return TEST_REDIS_SKIP;
	failed = cmocka_run_group_tests(tests, start, stop);
	test_redis_stop(&server);
	return failed;
}
