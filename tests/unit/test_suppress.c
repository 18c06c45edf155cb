/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/suppress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

static struct test_redis server;
static struct store *store;
static const uint8_t key[OCT_KEY_OCTETS] = { 7 };
static const uint8_t other_key[OCT_KEY_OCTETS] = { 8 };

static void
test_one_entry_for_all_forms_of_an_address(void **state)
{
	static const struct {
		const char *rpath;
		int rc;
	} rows[] = { { "jeanne@example.org", 1 }, { "<jeanne@example.org>", 1 },
		{ "Jeanne@EXAMPLE.org", 1 }, { "jeanne+liste@example.org", 1 },
		{ "jean@example.org", 0 }, { "jeanne@example.com", 0 },
		{ "<>", 0 }, { "", 0 }, { "not an address", 0 } };

	(void)state;
	assert_int_equal(suppress_add(store, key, "jeanne+x@example.org"), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].rpath);
		assert_int_equal(suppress_read(store, key, rows[i].rpath),
		    rows[i].rc);
	}
	assert_int_equal(suppress_read(store, other_key, "jeanne@example.org"),
	    0);
}

static void
test_it_lasts_a_year_and_names_nobody(void **state)
{
	redisContext *c = test_redis_connect(&server);
	redisReply *keys;

	(void)state;
	assert_non_null(c);
	assert_int_equal(suppress_add(store, key, "marc@example.org"), 0);
	keys = redisCommand(c, "KEYS oct:{g}:supp:*");
	assert_non_null(keys);
	assert_true(keys->elements > 0);
	for (size_t i = 0; i < keys->elements; i++) {
		assert_null(strstr(keys->element[i]->str, "marc"));
		assert_in_range(test_redis_do(&server, "PTTL %s",
		    keys->element[i]->str), KEY_TTL_SUPPRESSED_MS - 60000,
		    KEY_TTL_SUPPRESSED_MS);
	}
	freeReplyObject(keys);
	redisFree(c);
}

static void
test_no_address_is_refused(void **state)
{
	(void)state;
	assert_int_equal(suppress_add(store, key, "<>"), OCT_EPARSE);
	assert_int_equal(suppress_add(store, key, "a b@c"), OCT_EPARSE);
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
		cmocka_unit_test(test_one_entry_for_all_forms_of_an_address),
		cmocka_unit_test(test_it_lasts_a_year_and_names_nobody),
		cmocka_unit_test(test_no_address_is_refused),
	};
	int rc = test_redis_start(&server);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	rc = cmocka_run_group_tests_name("suppress", tests, setup, teardown);
	test_redis_stop(&server);
	return rc;
}
