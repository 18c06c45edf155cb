/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: all or nothing, whatever the keys hold. */
#include "lib/store.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/redis.h"

#define A "oct:{d.fr}:a"
#define B "oct:{d.fr}:b"
#define H "oct:{d.fr}:h"
#define S "oct:{d.fr}:s"
#define Z "oct:{d.fr}:z"

static struct test_redis server;
static struct store *store;
static struct store_txn *txn;

#define DO(...) test_redis_do(&server, __VA_ARGS__)

static int
group_setup(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	if (store_new(&conf, &store) != 0 || store_txn_new(&txn) != 0)
		return -1;
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	store_txn_free(txn);
	store_free(store);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	store_txn_clear(txn);
	return DO("FLUSHALL") == 1 ? 0 : -1;
}

/* --- Transactions ------------------------------------------------------- */

static void
test_txn_expectations(void **state)
{
	static const struct {
		const char *name, *key, *field, *old;
		int rc;
	} cases[] = {
		{ "equal", A, NULL, "one", 0 },
		{ "differs", A, NULL, "two", OCT_ECONFLICT },
		{ "prefix", A, NULL, "on", OCT_ECONFLICT },
		{ "absent but wanted", B, NULL, "one", OCT_ECONFLICT },
		{ "empty is not absent", B, NULL, "", OCT_ECONFLICT },
		{ "absent", B, NULL, NULL, 0 },
		{ "there but unwanted", A, NULL, NULL, OCT_ECONFLICT },
		{ "field equal", H, "f", "1", 0 },
		{ "field differs", H, "f", "2", OCT_ECONFLICT },
		{ "field absent", H, "none", NULL, 0 },
		{ "field there", H, "f", NULL, OCT_ECONFLICT },
		{ "field of an absent key", B, "f", NULL, 0 },
		{ "field wanted of an absent key", B, "f", "1", OCT_ECONFLICT },
		{ "wrong type", H, NULL, "one", OCT_EREPLY },
		{ "wrong type, field", A, "f", "1", OCT_EREPLY },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  %s\n", cases[i].name);
		setup(NULL);
		DO("SET " A " one");
		DO("HSET " H " f 1");
		if (cases[i].field != NULL)
			store_txn_expect_field(txn, cases[i].key,
			    cases[i].field, cases[i].old);
		else
			store_txn_expect(txn, cases[i].key, cases[i].old);
		store_txn_set(txn, "oct:{d.fr}:out", "x", 0);
		assert_int_equal(store_txn_commit(store, txn), cases[i].rc);
		assert_int_equal(DO("EXISTS oct:{d.fr}:out"),
		    cases[i].rc == 0);
	}
}

static void
test_txn_last_expectation_counts(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		store_txn_expect_field(txn, H, "f", NULL);
	store_txn_expect(txn, A, "no");
	store_txn_hset(txn, H, "f", "1");
	assert_int_equal(store_txn_commit(store, txn), OCT_ECONFLICT);
	assert_int_equal(DO("EXISTS " H), 0);
}

static void
test_txn_writes(void **state)
{
	long long ttl;

	(void)state;
	DO("SET oct:{d.fr}:gone x");
	DO("HSET " H " old x");
	DO("SADD " S " old");
	DO("ZADD " Z " 1 old");
	DO("SET oct:{d.fr}:null x");
	store_txn_set(txn, A, "va lue\r\n", 0);
	store_txn_set(txn, B, "v", 60000);
	store_txn_del(txn, "oct:{d.fr}:gone");
	store_txn_set(txn, "oct:{d.fr}:null", NULL, 0);
	store_txn_hset(txn, H, "f", "");
	store_txn_hset(txn, H, "n", "5");
	store_txn_hincr(txn, H, "n", -7);
	store_txn_hincr(txn, H, "m", 999999999999999);
	store_txn_hdel(txn, H, "old");
	store_txn_hset(txn, H, "absent", NULL);
	store_txn_sadd(txn, S, "new");
	store_txn_srem(txn, S, "old");
	store_txn_zadd(txn, Z, 1795253621049, "new");
	store_txn_zrem(txn, Z, "old");
	store_txn_expire(txn, Z, 90000);
	assert_int_equal(store_txn_commit(store, txn), 0);
	assert_int_equal(DO("STRLEN " A), 8);
	assert_int_equal(DO("PTTL " A), -1);
	ttl = DO("PTTL " B);
	assert_true(ttl > 50000 && ttl <= 60000);
	ttl = DO("PTTL " Z);
	assert_true(ttl > 80000 && ttl <= 90000);
	assert_int_equal(DO("EXISTS oct:{d.fr}:gone oct:{d.fr}:null"), 0);
	assert_int_equal(DO("HLEN " H), 3);
	assert_int_equal(DO("HSTRLEN " H " f"), 0);
	assert_int_equal(DO("HGET " H " n"), -2);
	assert_int_equal(DO("HGET " H " m"), 999999999999999);
	assert_int_equal(DO("SCARD " S), 1);
	assert_int_equal(DO("SISMEMBER " S " new"), 1);
	assert_int_equal(DO("ZCARD " Z), 1);
	assert_int_equal(DO("ZSCORE " Z " new"), 1795253621049);
}

/* What would fail half-way must fail before the first write. */
static void
build_hset(void)
{
	store_txn_hset(txn, A, "f", "v");
}

static void
build_hdel(void)
{
	store_txn_hdel(txn, A, "f");
}

static void
build_hincr(void)
{
	store_txn_hincr(txn, A, "f", 1);
}

static void
build_sadd(void)
{
	store_txn_sadd(txn, A, "m");
}

static void
build_srem(void)
{
	store_txn_srem(txn, A, "m");
}

static void
build_zadd(void)
{
	store_txn_zadd(txn, A, 1, "m");
}

static void
build_zrem(void)
{
	store_txn_zrem(txn, A, "m");
}

static void
build_hincr_text(void)
{
	store_txn_hincr(txn, H, "text", 1);
}

static void
build_hincr_zero(void)
{
	store_txn_hincr(txn, H, "zero", 1);
}

static void
build_hset_hincr(void)
{
	store_txn_hset(txn, H, "n", "x");
	store_txn_hincr(txn, H, "n", 1);
}

static void
build_set_hset(void)
{
	store_txn_hset(txn, B, "f", "v");
}

static void
build_hset_sadd(void)
{
	store_txn_hset(txn, Z, "f", "v");
	store_txn_sadd(txn, Z, "m");
}

static void
test_txn_wrong_types_write_nothing(void **state)
{
	static const struct {
		const char *name;
		void (*build)(void);
	} cases[] = {
		{ "hset", build_hset },
		{ "hdel", build_hdel },
		{ "hincr", build_hincr },
		{ "sadd", build_sadd },
		{ "srem", build_srem },
		{ "zadd", build_zadd },
		{ "zrem", build_zrem },
		{ "hincr of a text", build_hincr_text },
		{ "hincr of a leading zero", build_hincr_zero },
		{ "hincr after hset of a text", build_hset_hincr },
		{ "hset after set", build_set_hset },
		{ "sadd after hset", build_hset_sadd },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  %s\n", cases[i].name);
		setup(NULL);
		DO("SET " A " text");
		DO("HSET " H " text x zero 007");
		store_txn_set(txn, B, "first", 0);
		cases[i].build();
		assert_int_equal(store_txn_commit(store, txn), OCT_EREPLY);
		assert_int_equal(DO("EXISTS " B " " Z), 0);
		assert_int_equal(DO("STRLEN " A), 4);
		assert_int_equal(DO("HLEN " H), 2);
	}
}

static void
test_txn_may_replace_a_key_by_another_type(void **state)
{
	(void)state;
	DO("SET " A " text");
	DO("HSET " H " n x");
	store_txn_del(txn, A);
	store_txn_hset(txn, A, "f", "v");
	store_txn_del(txn, H);
	store_txn_hincr(txn, H, "n", 3);
	store_txn_hincr(txn, H, "n", 4);
	assert_int_equal(store_txn_commit(store, txn), 0);
	assert_int_equal(DO("HLEN " A), 1);
	assert_int_equal(DO("HGET " H " n"), 7);
}

static void
test_txn_building_errors_are_sticky(void **state)
{
	char key[64];

	(void)state;
	assert_int_equal(store_txn_commit(store, txn), 0); /* empty */
	store_txn_set(txn, A, "v", 0);
	store_txn_set(txn, "oct:{e.fr}:a", "v", 0);
	assert_int_equal(store_txn_commit(store, txn), -EINVAL);
	store_txn_clear(txn);
	store_txn_set(txn, A, "v", -1);
	assert_int_equal(store_txn_commit(store, txn), -ERANGE);
	store_txn_clear(txn);
	store_txn_expire(txn, A, 0);
	assert_int_equal(store_txn_commit(store, txn), -ERANGE);
	store_txn_clear(txn);
	store_txn_zadd(txn, Z, INT64_MAX, "m");
	assert_int_equal(store_txn_commit(store, txn), -ERANGE);
	store_txn_clear(txn);
	for (int i = 0; i < 2305; i++) {
		(void)snprintf(key, sizeof(key), "oct:{d.fr}:%d", i);
		store_txn_set(txn, key, "v", 0);
	}
	assert_int_equal(store_txn_commit(store, txn), OCT_ELIMIT);
	store_txn_clear(txn);
	for (int i = 0; i < 32768; i++)
		store_txn_hincr(txn, H, "n", 1);
	assert_int_equal(store_txn_commit(store, txn), 0);
	assert_int_equal(DO("HGET " H " n"), 32768);
	store_txn_hincr(txn, H, "n", 1);
	assert_int_equal(store_txn_commit(store, txn), OCT_ELIMIT);
	assert_int_equal(DO("EXISTS " A), 0);
}

static void
test_txn_before_and_after(void **state)
{
	static const char *const pairs[] = { "op", "ask", "id", "" };

	(void)state;
	for (int conflict = 0; conflict < 2; conflict++) {
		setup(NULL);
		store_txn_before_zadd(txn, "oct:due:n", 42, "due");
		store_txn_before_set(txn, "oct:tok:t", "v", 60000);
		store_txn_before_set(txn, "oct:tok:u", "v", 0);
		store_txn_expect(txn, A, conflict ? "x" : NULL);
		store_txn_set(txn, A, "v", 0);
		store_txn_after_xadd(txn, "oct:work:n", 0, pairs, 4);
		assert_int_equal(store_txn_commit(store, txn),
		    conflict ? OCT_ECONFLICT : 0);
		assert_int_equal(DO("EXISTS " A), !conflict);
		assert_int_equal(DO("ZSCORE oct:due:n due"), 42);
		assert_int_equal(DO("ZCARD oct:due:n"), 1);
		assert_true(DO("PTTL oct:tok:t") > 50000);
		assert_int_equal(DO("PTTL oct:tok:u"), -1);
		assert_int_equal(DO("XLEN oct:work:n"), 1);
	}
}

static void
test_txn_with_sides_only(void **state)
{
	(void)state;
	store_txn_before_zadd(txn, "oct:due:n", 42, "due");
	assert_int_equal(store_txn_commit(store, txn), 0);
	assert_int_equal(DO("ZCARD oct:due:n"), 1);
	store_txn_clear(txn);
	DO("SET " A " x");
	store_txn_before_zadd(txn, A, 1, "m"); /* wrong type */
	assert_int_equal(store_txn_commit(store, txn), OCT_EREPLY);
}

static void
test_txn_script_is_loaded_again(void **state)
{
	static const char *const pairs[] = { "k", "v" };

	(void)state;
	assert_int_equal(store_ping(store), 0); /* a connection is there */
	for (int i = 0; i < 3; i++) {
		setup(NULL);
		assert_int_equal(DO("SCRIPT FLUSH"), 1);
		store_txn_before_zadd(txn, "oct:due:n", 1, "m");
		store_txn_hincr(txn, H, "n", 1);
		store_txn_after_xadd(txn, "oct:work:n", 0, pairs, 2);
		assert_int_equal(store_txn_commit(store, txn), 0);
		/* only that call was repeated */
		assert_int_equal(DO("HGET " H " n"), 1);
		assert_int_equal(DO("XLEN oct:work:n"), 1);
	}
}

#define RACERS 8
#define ROUNDS 50

/* Add one to a text by compare and set. */
static void *
race(void *arg)
{
	struct store_txn *t = NULL;
	struct store_batch *b = NULL;
	long *won = arg;

	if (store_txn_new(&t) != 0 || store_batch_new(&b) != 0)
		abort();
	while (*won < ROUNDS) {
		const struct store_value *v;
		char next[24];
		int rc;

		store_txn_clear(t);
		store_batch_clear(b);
		if (store_batch_get(b, A) != 0 ||
		    store_batch_run(store, b) != 0)
			break;
		v = store_batch_value(b, 0, 0);
		(void)snprintf(next, sizeof(next), "%ld",
		    v->data != NULL ? strtol(v->data, NULL, 10) + 1 : 1);
		store_txn_expect(t, A, v->data);
		store_txn_set(t, A, next, 0);
		store_txn_hincr(t, H, "n", 1);
		rc = store_txn_commit(store, t);
		if (rc == 0)
			(*won)++;
		else if (rc != OCT_ECONFLICT)
			break;
	}
	store_txn_free(t);
	store_batch_free(b);
	return NULL;
}

static void
test_txn_race_loses_nothing(void **state)
{
	pthread_t thread[RACERS];
	long won[RACERS] = { 0 };

	(void)state;
	for (size_t i = 0; i < RACERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, race,
		    &won[i]), 0);
	for (size_t i = 0; i < RACERS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(won[i], ROUNDS);
	}
	assert_int_equal(DO("GET " A), RACERS * ROUNDS);
	assert_int_equal(DO("HGET " H " n"), RACERS * ROUNDS);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_txn_expectations),
		T(test_txn_last_expectation_counts),
		T(test_txn_writes),
		T(test_txn_wrong_types_write_nothing),
		T(test_txn_may_replace_a_key_by_another_type),
		T(test_txn_building_errors_are_sticky),
		T(test_txn_before_and_after),
		T(test_txn_with_sides_only),
		T(test_txn_script_is_loaded_again),
		T(test_txn_race_loses_nothing),
	};
	int rc = test_redis_start(&server);

	if (rc == 0)
		rc = cmocka_run_group_tests_name("store transactions", tests,
		    group_setup, group_teardown);
	test_redis_stop(&server);
	return rc == -1 ? 1 : rc;
}
