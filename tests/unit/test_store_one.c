/* SPDX-License-Identifier: Apache-2.0 */
/* One key in a round trip of its own. */
#include "lib/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/redis.h"

#define A "oct:{d.fr}:a"
#define H "oct:{d.fr}:h"
#define S "oct:{d.fr}:s"
#define TTL_MS 60000

static struct test_redis server;
static struct store *store;

#define DO(...) test_redis_do(&server, __VA_ARGS__)

static int
setup(void **state)
{
	(void)state;
	return DO("FLUSHALL") == 1 ? 0 : -1;
}

/* What the key, or its field, holds is that; NULL: it is absent. */
static void
holds(const char *key, const char *field, const char *want)
{
	char none, *text = &none;
	int rc = field != NULL ? store_hget(store, key, field, &text)
			       : store_get(store, key, &text);

	assert_int_equal(rc, want != NULL);
	if (want == NULL)
		assert_null(text);
	else
		assert_string_equal(text, want);
	free(text);
}

static void
test_a_key_is_set_read_and_removed(void **state)
{
	(void)state;
	holds(A, NULL, NULL);
	assert_int_equal(store_has(store, A), 0);
	assert_int_equal(store_set(store, A, "one", 0), 0);
	assert_int_equal(DO("TTL " A), -1);
	holds(A, NULL, "one");
	assert_int_equal(store_has(store, A), 1);
	assert_int_equal(store_set(store, A, "", TTL_MS), 0);
	assert_in_range(DO("PTTL " A), 1, TTL_MS);
	holds(A, NULL, "");
	assert_int_equal(store_has(store, A), 1);
	assert_int_equal(store_del(store, A), 0);
	assert_int_equal(store_has(store, A), 0);
	assert_int_equal(store_del(store, A), 0);
}

static void
test_a_field_is_set_read_and_removed(void **state)
{
	(void)state;
	holds(H, "f", NULL);
	assert_int_equal(store_hset(store, H, "f", "1"), 0);
	assert_int_equal(store_hset(store, H, "g", "2"), 0);
	assert_int_equal(store_hset(store, H, "f", "3"), 0);
	holds(H, "f", "3");
	holds(H, "none", NULL);
	assert_int_equal(store_hdel(store, H, "f"), 0);
	assert_int_equal(store_hdel(store, H, "f"), 0);
	holds(H, "f", NULL);
	holds(H, "g", "2");
}

static void
test_a_hash_is_read_whole(void **state)
{
	struct store_batch *b = NULL;

	(void)state;
	assert_int_equal(store_hash(store, H, &b), 0);
	assert_int_equal(store_batch_count(b, 0), 0);
	store_batch_free(b);
	assert_int_equal(store_hset(store, H, "f", "1"), 0);
	assert_int_equal(store_hash(store, H, &b), 0);
	assert_int_equal(store_batch_count(b, 0), 2);
	assert_string_equal(store_batch_value(b, 0, 0)->data, "f");
	assert_string_equal(store_batch_value(b, 0, 1)->data, "1");
	store_batch_free(b);
}

static void
test_a_set_is_read_whole(void **state)
{
	struct store_batch *b = NULL;

	(void)state;
	assert_int_equal(store_members(store, S, &b), 0);
	assert_int_equal(store_batch_count(b, 0), 0);
	store_batch_free(b);
	assert_int_equal(DO("SADD " S " x y x"), 2);
	assert_int_equal(store_members(store, S, &b), 0);
	assert_int_equal(store_batch_count(b, 0), 2);
	store_batch_free(b);
}

/* All of them, against a store that answers with that error. */
static void
all_fail(struct store *s, const char *string, const char *hash, int rc)
{
	struct store_batch *b = NULL;
	char none, *text = &none;

	assert_int_equal(store_get(s, hash, &text), rc);
	assert_null(text);
	text = &none;
	assert_int_equal(store_hget(s, string, "f", &text), rc);
	assert_null(text);
	assert_int_equal(store_hash(s, string, &b), rc);
	assert_null(b);
	assert_int_equal(store_members(s, string, &b), rc);
	assert_null(b);
	assert_int_equal(store_hset(s, string, "f", "v"), rc);
	assert_int_equal(store_hdel(s, string, "f"), rc);
}

static void
test_another_type_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(store_set(store, A, "one", 0), 0);
	assert_int_equal(store_hset(store, H, "f", "1"), 0);
	all_fail(store, A, H, OCT_EREPLY);
	holds(A, NULL, "one");
	holds(H, "f", "1");
}

static void
test_a_store_that_is_away_is_an_error(void **state)
{
	struct store_conf conf;
	struct store *away;

	(void)state;
	store_conf_init(&conf);
	conf.address = "unix:/nonexistent/redis.sock";
	assert_int_equal(store_new(&conf, &away), 0);
	all_fail(away, A, H, OCT_EDOWN);
	assert_int_equal(store_has(away, A), OCT_EDOWN);
	assert_int_equal(store_set(away, A, "v", 0), OCT_EDOWN);
	assert_int_equal(store_del(away, A), OCT_EDOWN);
	store_free(away);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_key_is_set_read_and_removed),
		T(test_a_field_is_set_read_and_removed),
		T(test_a_hash_is_read_whole),
		T(test_a_set_is_read_whole),
		T(test_another_type_is_an_error),
		T(test_a_store_that_is_away_is_an_error),
	};
	struct store_conf conf;
	int rc = test_redis_start(&server);

	store_conf_init(&conf);
	conf.address = server.address;
	if (rc == 0 && store_new(&conf, &store) != 0)
		rc = -1;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("store_one", tests, NULL,
		    NULL);
	store_free(store);
	test_redis_stop(&server);
	return rc == -1 ? 1 : rc;
}
