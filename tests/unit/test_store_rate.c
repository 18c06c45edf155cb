/* SPDX-License-Identifier: Apache-2.0 */
/* Rates against a plain model, and against each other. */
#include "lib/store.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/store_internal.h"
#include "tests/support/redis.h"

__extension__ typedef __int128 wide;

#define DAY_MS 86400000LL
#define K "oct:{d.fr}:rate:in:x"
#define L "oct:{d.fr}:rate:in:y"

static struct test_redis server;
static struct store *store;

#define DO(...) test_redis_do(&server, __VA_ARGS__)

static int
group_setup(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	return store_new(&conf, &store);
}

static int
group_teardown(void **state)
{
	(void)state;
	store_free(store);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return DO("FLUSHALL") == 1 ? 0 : -1;
}

static int
take(const struct store_rate *r, size_t n)
{
	size_t over = 99;
	int64_t retry = -1;
	int rc = store_rate_take(store, r, n, &over, &retry);

	if (rc == 0) {
		assert_true(over < n);
		assert_true(retry > 0);
	}
	return rc;
}

static int64_t
left(const struct store_rate *r)
{
	int64_t remaining = -1, full = -1;

	assert_int_equal(store_rate_peek(store, r, &remaining, &full), 0);
	assert_true(full >= 0);
	return remaining;
}

/* The stored time in count-ths of a microsecond; false and 0 when absent, that
 * is in the past. */
static bool
stored(const struct store_rate *r, wide *out)
{
	struct store_batch *b = NULL;
	const struct store_value *v;
	char *end;
	bool found;

	if (store_batch_new(&b) != 0 || store_batch_get(b, r->key) != 0 ||
	    store_batch_run(store, b) != 0)
		abort();
	v = store_batch_value(b, 0, 0);
	found = v->data != NULL;
	*out = 0;
	if (found) {
		*out = (wide)strtoll(v->data, &end, 10) * r->count;
		*out += strtoll(end, NULL, 10);
	}
	store_batch_free(b);
	return found;
}

/* --- Spans -------------------------------------------------------------- */

static void
test_spans(void **state)
{
	static const struct {
		const char *name;
		int64_t count, period_ms, amount;
		int rc;
		int64_t us, rest;
	} cases[] = {
		{ "one of one a second", 1, 1000, 1, 0, 1000000, 0 },
		{ "thirds", 3, 1, 1, 0, 333, 1 },
		{ "all of the period", 7, 60000, 7, 0, 60000000, 0 },
		{ "under a microsecond", 1000000000000, DAY_MS, 1, 0, 0,
		    86400000000 },
		{ "nothing", 5, 5, 0, 0, 0, 0 },
		{ "10 GB a day, 25 MB", 10000000000, DAY_MS, 26214400, 0,
		    226492416, 0 },
		{ "128 bits in between", 1LL << 51, 1000 * DAY_MS, 1LL << 51,
		    0, 86400000000000, 0 },
		{ "no count", 0, 1, 1, -EINVAL, 0, 0 },
		{ "no period", 1, 0, 1, -EINVAL, 0, 0 },
		{ "negative", 1, 1, -1, -EINVAL, 0, 0 },
		{ "too long", 1, DAY_MS, 365 * 100, -ERANGE, 0, 0 },
		{ "count over", INT64_MAX, 1, 1, -ERANGE, 0, 0 },
		{ "amount over", 1, 1, INT64_MAX, -ERANGE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		const struct store_rate r = { K, cases[i].count,
			cases[i].period_ms, 0, 0 };
		struct store_span span = { 0, 0 };

		print_message("  %s\n", cases[i].name);
		assert_int_equal(store_rate_span(&r, cases[i].amount, &span),
		    cases[i].rc);
		assert_int_equal(span.us, cases[i].us);
		assert_int_equal(span.rest, cases[i].rest);
	}
}

/* --- One after the other ------------------------------------------------ */

/* Periods so long that the test's own time is nothing. */
static void
test_burst_is_exact(void **state)
{
	static const struct {
		const char *name;
		int64_t count, burst, cost;
	} cases[] = {
		{ "one", 1, 1, 1 },
		{ "ten", 10, 10, 1 },
		{ "sevenths never add up to more", 7, 7, 1 },
		{ "burst over the count", 3, 10, 1 },
		{ "burst under the count", 1000, 3, 1 },
		{ "cost of three", 7, 20, 3 },
		{ "all at once", 7, 7, 7 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		const struct store_rate r = { K, cases[i].count, 30 * DAY_MS,
			cases[i].burst, cases[i].cost };
		int64_t n = 0;

		print_message("  %s\n", cases[i].name);
		setup(NULL);
		assert_int_equal(left(&r), r.burst);
		while (n <= r.burst && take(&r, 1) == 1) {
			n++;
			assert_int_equal(left(&r), r.burst - n * r.cost);
		}
		assert_int_equal(n, r.burst / r.cost);
	}
}

static void
test_all_or_none(void **state)
{
	const struct store_rate r[] = { { K, 5, DAY_MS, 5, 1 },
		{ L, 2, DAY_MS, 2, 1 } };
	size_t over = 99;
	int64_t retry = 0;

	(void)state;
	assert_int_equal(take(r, 2), 1);
	assert_int_equal(take(r, 2), 1);
	assert_int_equal(store_rate_take(store, r, 2, &over, &retry), 0);
	assert_int_equal(over, 1);
	assert_in_range(retry, DAY_MS / 2 - 60000, DAY_MS / 2);
	assert_int_equal(left(&r[0]), 3);
	assert_int_equal(left(&r[1]), 0);
	assert_int_equal(take(r, 1), 1); /* the first alone still has room */
	assert_int_equal(take(r, 0), 1); /* no limit is within limits */
}

static void
test_cost_of_nothing_charges_nothing(void **state)
{
	struct store_rate r = { K, 2, DAY_MS, 2, 0 };

	(void)state;
	assert_int_equal(take(&r, 1), 1);
	assert_int_equal(DO("EXISTS " K), 0);
	r.cost = 2;
	assert_int_equal(take(&r, 1), 1);
	r.cost = 0;
	assert_int_equal(take(&r, 1), 1);
	assert_int_equal(left(&r), 0);
}

static void
test_refund(void **state)
{
	struct store_rate r[] = { { K, 7, DAY_MS, 7, 3 },
		{ L, 9, DAY_MS, 9, 1 } };

	(void)state;
	assert_int_equal(store_rate_refund(store, r, 2), 0); /* nothing there */
	assert_int_equal(DO("EXISTS " K " " L), 0);
	assert_int_equal(take(r, 2), 1);
	assert_int_equal(take(r, 2), 1);
	assert_int_equal(left(&r[0]), 1);
	assert_int_equal(store_rate_refund(store, r, 2), 0);
	assert_int_equal(left(&r[0]), 4);
	assert_int_equal(left(&r[1]), 8);
	assert_int_equal(store_rate_refund(store, r, 2), 0);
	assert_int_equal(left(&r[0]), 7);
	assert_int_equal(store_rate_refund(store, r, 2), 0); /* never over */
	assert_int_equal(left(&r[0]), 7);
	assert_int_equal(store_rate_refund(store, r, 0), 0);
}

/* To the last fraction of a microsecond, whatever the carries. */
static void
test_refund_undoes_exactly(void **state)
{
	(void)state;
	for (int64_t first = 1; first <= 14; first++) {
		struct store_rate r = { K, 7, 30 * DAY_MS + 1, 100, first };
		wide before, after;

		setup(NULL);
		assert_int_equal(take(&r, 1), 1);
		assert_true(stored(&r, &before));
		r.cost = 3;
		assert_int_equal(take(&r, 1), 1);
		assert_int_equal(store_rate_refund(store, &r, 1), 0);
		assert_true(stored(&r, &after));
		assert_true(before == after);
	}
}

static void
test_keys_go_away_by_themselves(void **state)
{
	const struct store_rate r = { K, 10, 10000, 10, 2 };
	int64_t remaining, full;
	long long ttl;

	(void)state;
	assert_int_equal(take(&r, 1), 1);
	assert_int_equal(store_rate_peek(store, &r, &remaining, &full), 0);
	assert_in_range(full, 1500, 2000);
	ttl = DO("PTTL " K);
	assert_in_range(ttl, 1500, 2003);
}

static void
test_passes_when_it_said(void **state)
{
	const struct store_rate r = { K, 1, 60, 1, 1 };
	struct timespec wait = { 0 };
	size_t over;
	int64_t retry = 0;

	(void)state;
	assert_int_equal(take(&r, 1), 1);
	assert_int_equal(store_rate_take(store, &r, 1, &over, &retry), 0);
	assert_in_range(retry, 1, 60);
	wait.tv_nsec = retry * 1000000;
	(void)nanosleep(&wait, NULL); /* what is tested is the time itself */
	assert_int_equal(take(&r, 1), 1);
}

/* The clock stepped back by years, or the limit was lowered. */
static void
test_far_future_is_a_full_bucket_not_a_closed_one(void **state)
{
	const struct store_rate r = { K, 10, 1000, 10, 1 };
	size_t over;
	int64_t retry = 0;

	(void)state;
	DO("SET " K " %s", "8000000000000000 3");
	assert_int_equal(store_rate_take(store, &r, 1, &over, &retry), 0);
	assert_in_range(retry, 1, 101);
	assert_int_equal(left(&r), 0);
}

static void
test_damaged_values_are_errors(void **state)
{
	static const char *const bad[] = { "", "x", "1.5e+15 0", "12", "-1 0",
		"1 2 3" };
	const struct store_rate r[] = { { L, 1, DAY_MS, 1, 1 },
		{ K, 1, DAY_MS, 1, 1 } };
	size_t over;
	int64_t retry;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad); i++) {
		print_message("  \"%s\"\n", bad[i]);
		DO("SET " K " %s", bad[i]);
		assert_int_equal(store_rate_take(store, r, 2, &over, &retry),
		    OCT_EREPLY);
		assert_int_equal(store_rate_refund(store, r, 2), OCT_EREPLY);
		assert_int_equal(store_rate_peek(store, &r[1], &retry, &retry),
		    OCT_EREPLY);
		assert_int_equal(DO("EXISTS " L), 0);
	}
}

static void
test_bad_calls(void **state)
{
	const struct store_rate same[] = { { K, 1, 1, 1, 1 },
		{ K, 1, 1, 1, 1 } };
	const struct store_rate cross[] = { { K, 1, 1, 1, 1 },
		{ "oct:{e.fr}:rate:in:x", 1, 1, 1, 1 } };
	const struct store_rate cost = { K, 1, 1, 1, 2 };
	struct store_rate many[129];
	size_t over;
	int64_t retry;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(many); i++)
		many[i] = same[0];
	assert_int_equal(store_rate_take(store, same, 2, &over, &retry),
	    -EINVAL);
	assert_int_equal(store_rate_take(store, cross, 2, &over, &retry),
	    -EINVAL);
	assert_int_equal(store_rate_take(store, &cost, 1, &over, &retry),
	    -EINVAL);
	assert_int_equal(store_rate_take(store, many, 129, &over, &retry),
	    OCT_ELIMIT);
	assert_int_equal(DO("DBSIZE"), 0);
}

/* --- Eight at once ------------------------------------------------------ */

#define THREADS 8

static int64_t
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static unsigned int
any(unsigned int *seed, unsigned int n)
{
	return (unsigned int)rand_r(seed) % n;
}

struct model {
	pthread_t thread;
	unsigned int seed;
	size_t passed, refused, wrong, compared;
};

#define MODEL_RATES 2

/*
 * GCRA in whole numbers: with the stored time tat, a call at the time t passes
 * when max(tat, t) + cost <= t + burst, all in count-ths of a microsecond.  We
 * know t only as between before and after.
 */
static bool
may_pass(const struct store_rate *r, wide tat, int64_t t_us)
{
	wide unit = (wide)r->period_ms * 1000, t = (wide)t_us * r->count;

	return (tat > t ? tat : t) + r->cost * unit <= t + r->burst * unit;
}

static bool
is_charged(const struct store_rate *r, wide tat, wide now, int64_t before,
    int64_t after)
{
	wide unit = (wide)r->period_ms * 1000, from = now - r->cost * unit;

	if (r->cost == 0)
		return true;
	if (from == tat)
		return true; /* exactly the old one plus the cost */
	return from >= tat && from >= (wide)before * r->count &&
	    from <= (wide)after * r->count && from % r->count == 0;
}

static bool
agrees(const struct store_rate *r, int rc, size_t over, const wide *old,
    const int64_t when[2])
{
	bool can = true, must = true;

	for (size_t i = 0; i < MODEL_RATES; i++) {
		can = can && may_pass(&r[i], old[i], when[1]);
		must = must && may_pass(&r[i], old[i], when[0]);
	}
	if (rc == 0 && may_pass(&r[over], old[over], when[0]))
		return false;
	return rc == 1 ? can : !must;
}

/* What a call left behind.  A key may be gone again before we look. */
static void
compare(struct model *m, const struct store_rate *r, int rc, wide *old,
    const int64_t when[2])
{
	for (size_t i = 0; i < MODEL_RATES; i++) {
		wide new;
		bool there = stored(&r[i], &new);

		if (there && rc == 1)
			m->wrong += !is_charged(&r[i], old[i], new, when[0],
			    when[1]);
		else if (there)
			m->wrong += new != old[i];
		m->compared += there && rc == 1;
		old[i] = new;
	}
}

static void *
follow_model(void *arg)
{
	struct model *m = arg;
	char key[MODEL_RATES][40];
	struct store_rate r[MODEL_RATES];
	wide old[MODEL_RATES] = { 0 };
	/* One half mostly passes, the other is mostly refused, however slow
	 * the machine is. */
	int64_t period_ms = m->seed % 2 == 0 ? 1000 : 20000;

	for (size_t i = 0; i < MODEL_RATES; i++) {
		int64_t burst = 3 + (int64_t)any(&m->seed, 20);

		(void)snprintf(key[i], sizeof(key[i]), "oct:{d}:rate:%u.%zu",
		    m->seed, i);
		/* awkward fractions */
		r[i] = (struct store_rate){ key[i],
			997 + (int64_t)any(&m->seed, 4000), period_ms, burst,
			0 };
	}
	for (int n = 0; n < 400; n++) {
		int64_t when[2], retry = 0;
		size_t over = 0;
		int rc;

		for (size_t i = 0; i < MODEL_RATES; i++)
			r[i].cost = (int64_t)any(&m->seed, 4);
		when[0] = now_us();
		rc = store_rate_take(store, r, MODEL_RATES, &over, &retry);
		when[1] = now_us();
		m->passed += rc == 1;
		m->refused += rc == 0;
		m->wrong += rc < 0 || !agrees(r, rc, over, old, when);
		compare(m, r, rc, old, when);
	}
	return NULL;
}

static void
test_eight_threads_agree_with_the_model(void **state)
{
	struct model m[THREADS];
	size_t passed = 0, refused = 0, compared = 0;

	(void)state;
	for (unsigned int i = 0; i < THREADS; i++) {
		m[i] = (struct model){ .seed = 1000 + i };
		assert_int_equal(pthread_create(&m[i].thread, NULL,
		    follow_model, &m[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(m[i].thread, NULL), 0);
		assert_int_equal(m[i].wrong, 0);
		passed += m[i].passed;
		refused += m[i].refused;
		compared += m[i].compared;
	}
	print_message("  passed %zu, refused %zu, compared %zu\n", passed,
	    refused, compared);
	assert_true(passed > 100 && refused > 100 && compared > 100);
}

struct rival {
	pthread_t thread;
	unsigned int seed;
	int64_t charged;
	bool odd;
};

#define PRIZE 1000

/* All on one key; some of what was got is given back. */
static void *
compete(void *arg)
{
	struct rival *v = arg;
	struct store_rate r = { K, 7, 30 * DAY_MS, PRIZE, 0 };

	for (int n = 0; n < 300 && !v->odd; n++) {
		size_t over;
		int64_t retry;
		int rc;

		r.cost = 1 + (int64_t)any(&v->seed, 5);
		rc = store_rate_take(store, &r, 1, &over, &retry);
		v->odd = rc < 0;
		if (rc == 1)
			v->charged += r.cost;
		if (rc == 1 && any(&v->seed, 4) == 0) {
			v->odd = store_rate_refund(store, &r, 1) != 0;
			v->charged -= r.cost;
		}
	}
	return NULL;
}

static void
test_eight_threads_on_one_key_lose_nothing(void **state)
{
	const struct store_rate one = { K, 7, 30 * DAY_MS, PRIZE, 1 };
	struct rival v[THREADS];
	int64_t charged = 0;

	(void)state;
	for (unsigned int i = 0; i < THREADS; i++) {
		v[i] = (struct rival){ .seed = 2000 + i };
		assert_int_equal(pthread_create(&v[i].thread, NULL, compete,
		    &v[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(v[i].thread, NULL), 0);
		assert_false(v[i].odd);
		charged += v[i].charged;
	}
	assert_true(charged <= PRIZE);
	assert_int_equal(left(&one), PRIZE - charged);
	while (take(&one, 1) == 1)
		charged++;
	assert_int_equal(charged, PRIZE);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_spans),
		T(test_burst_is_exact),
		T(test_all_or_none),
		T(test_cost_of_nothing_charges_nothing),
		T(test_refund),
		T(test_refund_undoes_exactly),
		T(test_keys_go_away_by_themselves),
		T(test_passes_when_it_said),
		T(test_far_future_is_a_full_bucket_not_a_closed_one),
		T(test_damaged_values_are_errors),
		T(test_bad_calls),
		T(test_eight_threads_agree_with_the_model),
		T(test_eight_threads_on_one_key_lose_nothing),
	};
	int rc = test_redis_start(&server);

	if (rc == 0)
		rc = cmocka_run_group_tests_name("store rates", tests,
		    group_setup, group_teardown);
	test_redis_stop(&server);
	return rc == -1 ? 1 : rc;
}
