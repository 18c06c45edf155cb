/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration, settings and batches while the server is well; what goes wrong
 * is in test_store_faults.c and test_store_lies.c. */
#include "lib/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/redis.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define A "oct:{d.fr}:a"
#define B "oct:{d.fr}:b"
#define H "oct:{d.fr}:h"
#define S "oct:{d.fr}:s"
#define Z "oct:{d.fr}:z"

static struct test_redis server;
static struct store *store;
static struct store_batch *batch;

#define DO(...) test_redis_do(&server, __VA_ARGS__)

static int
group_setup(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	/* 30 MB of answer, under a sanitizer, on a busy machine */
	conf.command_ms = 30000;
	if (store_new(&conf, &store) != 0 || store_batch_new(&batch) != 0)
		return -1;
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	store_batch_free(batch);
	store_free(store);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	store_batch_clear(batch);
	return DO("FLUSHALL") == 1 ? 0 : -1;
}

/* The value as text, "-" when absent. */
static const char *
value(int slot, size_t i)
{
	const struct store_value *v = store_batch_value(batch, slot, i);

	return v->data != NULL ? v->data : "-";
}

/* --- Configuration ------------------------------------------------------ */

static void
test_addresses(void **state)
{
	static const struct {
		const char *name, *address;
		int rc;
	} cases[] = {
		{ "unix", "unix:/x/y", 0 },
		{ "host", "127.0.0.1:6379", 0 },
		{ "IPv6", "[::1]:6379", 0 },
		{ "none", NULL, OCT_ECONF },
		{ "no port", "127.0.0.1", OCT_ECONF },
		{ "no host", ":6379", OCT_ECONF },
		{ "port zero", "h:0", OCT_ECONF },
		{ "port over", "h:65536", OCT_ECONF },
		{ "port text", "h:6379x", OCT_ECONF },
		{ "no path", "unix:", OCT_ECONF },
		{ "longest path", "unix:/" X50 X50 "xxxxxx", 0 },
		{ "path too long", "unix:/" X50 X50 "xxxxxxx", OCT_ECONF },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct store_conf conf;
		struct store *s = NULL;

		print_message("  %s\n", cases[i].name);
		store_conf_init(&conf);
		conf.address = cases[i].address;
		assert_int_equal(store_new(&conf, &s), cases[i].rc);
		assert_true((s != NULL) == (cases[i].rc == 0));
		store_free(s);
	}
	store_free(NULL);
}

static void
test_ping_and_is_up(void **state)
{
	struct store_conf conf;
	struct store *s;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	conf.db = 3;
	assert_int_equal(store_new(&conf, &s), 0);
	assert_false(store_is_up(s));
	assert_int_equal(store_ping(s), 0);
	assert_true(store_is_up(s));
	assert_int_equal(store_zadd(s, Z, 1, "m"), 0);
	assert_int_equal(DO("EXISTS " Z), 0); /* it is in db 3 */
	store_free(s);
}

static void
test_setting(void **state)
{
	static const struct {
		const char *name, *setting;
		size_t len;
		int rc;
		const char *want;
	} cases[] = {
		{ "of CONFIG", "appendonly", 32, 1, "yes" },
		{ "of INFO", "redis_mode", 32, 1, "standalone" },
		{ "absent", "no-such-thing", 32, 0, "" },
		{ "part of a name", "redis_mod", 32, 0, "" },
		{ "pattern", "append*", 32, -EINVAL, "" },
		{ "exact room", "appendonly", 4, 1, "yes" },
		{ "no room", "appendonly", 3, OCT_EFULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		char out[32] = "";

		print_message("  %s\n", cases[i].name);
		assert_int_equal(store_setting(store, cases[i].setting, out,
		    cases[i].len), cases[i].rc);
		assert_string_equal(out, cases[i].want);
	}
}

/* --- Batches ------------------------------------------------------------ */

static void
test_batch_reads(void **state)
{
	static const char *const fields[] = { "f", "none", "g" };
	int get, none, hget, hmget, all, members, yes, no;

	(void)state;
	DO("SET " A " one");
	DO("HSET " H " f 1 g 2");
	DO("SADD " S " x");
	get = store_batch_get(batch, A);
	none = store_batch_get(batch, B);
	hget = store_batch_hget(batch, H, "g");
	hmget = store_batch_hmget(batch, H, fields, 3);
	all = store_batch_hgetall(batch, H);
	members = store_batch_smembers(batch, S);
	yes = store_batch_exists(batch, H);
	no = store_batch_exists(batch, B);
	assert_int_equal(get, 0);
	assert_int_equal(no, 7);
	assert_int_equal(store_batch_count(batch, get), 0);
	assert_int_equal(store_batch_run(store, batch), 0);
	assert_string_equal(value(get, 0), "one");
	assert_int_equal(store_batch_value(batch, get, 0)->len, 3);
	assert_int_equal(store_batch_count(batch, none), 1);
	assert_string_equal(value(none, 0), "-");
	assert_string_equal(value(hget, 0), "2");
	assert_int_equal(store_batch_count(batch, hmget), 3);
	assert_string_equal(value(hmget, 0), "1");
	assert_string_equal(value(hmget, 1), "-");
	assert_string_equal(value(hmget, 2), "2");
	assert_int_equal(store_batch_count(batch, all), 4);
	assert_string_equal(value(all, 0), "f");
	assert_string_equal(value(all, 1), "1");
	assert_int_equal(store_batch_count(batch, members), 1);
	assert_string_equal(value(members, 0), "x");
	assert_string_equal(value(yes, 0), "1");
	assert_string_equal(value(no, 0), "0");
	/* out of range is absent, never a crash */
	assert_string_equal(value(get, 1), "-");
	assert_string_equal(value(99, 0), "-");
	assert_string_equal(value(-1, 0), "-");
}

static void
test_batch_is_reusable_and_values_are_octets(void **state)
{
	const struct store_value *v;
	redisContext *c = test_redis_connect(&server);
	redisReply *r;
	int slot;

	(void)state;
	assert_non_null(c);
	r = redisCommand(c, "SET " A " %b", "a\0\r\nb", (size_t)5);
	assert_non_null(r);
	freeReplyObject(r);
	redisFree(c);
	assert_int_equal(store_batch_run(store, batch), 0); /* nothing to do */
	for (int i = 0; i < 3; i++) {
		store_batch_clear(batch);
		slot = store_batch_get(batch, A);
		assert_int_equal(slot, 0);
		assert_int_equal(store_batch_run(store, batch), 0);
		assert_int_equal(store_batch_run(store, batch), 0);
		v = store_batch_value(batch, slot, 0);
		assert_int_equal(v->len, 5);
		assert_memory_equal(v->data, "a\0\r\nb", 6);
	}
}

static void
test_batch_values_stay_while_reads_are_added(void **state)
{
	const struct store_value *count, *flag;
	int zcard, hlen, exists, first, none;

	(void)state;
	DO("ZADD " Z " 2 b 1 a 3 c");
	zcard = store_batch_zcard(batch, Z);
	hlen = store_batch_hlen(batch, A "-none");
	first = store_batch_zfirst(batch, Z);
	none = store_batch_zfirst(batch, "{t}:none");
	exists = store_batch_exists(batch, Z);
	assert_int_equal(store_batch_run(store, batch), 0);
	count = store_batch_value(batch, zcard, 0);
	flag = store_batch_value(batch, exists, 0);
	for (int i = 0; i < 1000; i++)
		assert_true(store_batch_zcard(batch, A) > exists);
	assert_string_equal(count->data, "3");
	assert_int_equal(count->len, 1);
	assert_string_equal(flag->data, "1");
	assert_string_equal(value(first, 0), "a");
	assert_string_equal(value(first, 1), "1");
	assert_int_equal(store_batch_count(batch, none), 0);
	assert_int_equal(store_batch_run(store, batch), 0);
	assert_string_equal(value(zcard, 0), "3");
	assert_string_equal(value(hlen, 0), "0");
	assert_string_equal(value(exists + 1, 0), "0");
}

static void
test_batch_limits(void **state)
{
	static const char *const one = "f";

	(void)state;
	assert_int_equal(store_batch_hmget(batch, H, &one, 0), OCT_ELIMIT);
	assert_int_equal(store_batch_hmget(batch, H, &one, 1025), OCT_ELIMIT);
	DO("SET " A " v");
	for (int i = 0; i < 4096; i++)
		assert_int_equal(store_batch_get(batch, A), i);
	assert_int_equal(store_batch_get(batch, A), OCT_ELIMIT);
	assert_int_equal(store_batch_run(store, batch), 0);
	assert_string_equal(value(0, 0), "v");
	assert_string_equal(value(4095, 0), "v");
}

static void
test_batch_too_long_is_refused_whole(void **state)
{
	const size_t len = 6u << 20;
	char *key = malloc(len + 1);

	(void)state;
	assert_non_null(key);
	memset(key, 'k', len);
	key[len] = '\0';
	assert_int_equal(store_batch_get(batch, key), 0);
	assert_int_equal(store_batch_get(batch, key), 1);
	assert_int_equal(store_batch_get(batch, key), OCT_ELIMIT);
	assert_int_equal(store_batch_run(store, batch), OCT_ELIMIT);
	store_batch_clear(batch);
	assert_int_equal(store_batch_get(batch, key), 0);
	assert_int_equal(store_batch_run(store, batch), 0);
	free(key);
}

static void
test_large_answer(void **state)
{
	int slot;

	(void)state;
	DO("EVAL %s 0", "for i = 1, 50000 do redis.call('HSET', '" H
	    "', 'field' .. i, string.rep('v', 100)) end");
	DO("SETRANGE " A " 20000000 x");
	slot = store_batch_hgetall(batch, H);
	assert_int_equal(store_batch_get(batch, A), 1);
	assert_int_equal(store_batch_run(store, batch), 0);
	assert_int_equal(store_batch_count(batch, slot), 100000);
	assert_int_equal(store_batch_value(batch, slot, 99999)->len, 100);
	assert_int_equal(store_batch_value(batch, 1, 0)->len, 20000001);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_addresses),
		T(test_ping_and_is_up),
		T(test_setting),
		T(test_batch_reads),
		T(test_batch_is_reusable_and_values_are_octets),
		T(test_batch_values_stay_while_reads_are_added),
		T(test_batch_limits),
		T(test_batch_too_long_is_refused_whole),
		T(test_large_answer),
	};
	int rc = test_redis_start(&server);

	if (rc == 0)
		rc = cmocka_run_group_tests_name("store", tests, group_setup,
		    group_teardown);
	test_redis_stop(&server);
	return rc == -1 ? 1 : rc;
}
