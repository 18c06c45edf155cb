/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

static struct test_redis server;
static struct store *store;

static void
a_source_is_named_by_what_is_proven(void **state)
{
	static const struct {
		const char *name;
		enum auth_result spf;
		const char *domain, *org, *client, *source;
	} rows[] = {
		{ "SPF", AUTH_PASS, "mail.a.fr", "a.fr", "192.0.2.7",
		    "spf:a.fr" },
		{ "SPF, organisation unknown", AUTH_PASS, "mail.a.fr", "",
		    "192.0.2.7", "spf:mail.a.fr" },
		{ "no SPF", AUTH_NONE, "a.fr", "a.fr", "192.0.2.7",
		    "net:192.0.2.0/24" },
		{ "SPF fails", AUTH_FAIL, "a.fr", "a.fr", "2001:db8:1:2::3",
		    "net:2001:db8:1::/48" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct auth_spf spf = { .result = rows[i].spf };
		char source[OWN_SOURCE_SIZE];
		struct oct_ip ip;

		print_message("  %s\n", rows[i].name);
		(void)snprintf(spf.domain, sizeof(spf.domain), "%s",
		    rows[i].domain);
		assert_int_equal(oct_ip_parse(rows[i].client, &ip), 0);
		own_source_name(&spf, rows[i].org, &ip, source);
		assert_string_equal(source, rows[i].source);
	}
}

static void
what_is_packed_reads_back_and_nothing_else_does(void **state)
{
	static const char *const bad[] = { "", "1", "1 2 3", "1 2 3 ",
		"x 2 3 h", "-1 2 3 h", "1 2 3 h h", "1 2 99999999999999999999 h",
		" 1 2 3 h" };
	struct own_source s = { .name = "n", .count = 3, .first_ms = 10,
		.last_ms = 20 };
	struct own_source got = { .name = "n" };
	char packed[OWN_PACKED_SIZE];

	(void)state;
	own_source_pack(&s, packed);
	assert_string_equal(packed, "3 10 20 -");
	assert_int_equal(own_source_unpack(packed, &got), 0);
	assert_string_equal(got.hint, "");
	memset(s.hint, 'h', sizeof(s.hint) - 1);
	s.count = s.first_ms = s.last_ms = INT64_MAX;
	own_source_pack(&s, packed);
	assert_int_equal(own_source_unpack(packed, &got), 0);
	assert_memory_equal(&got, &s, sizeof(s));
	for (size_t i = 0; i < OCT_LEN(bad); i++) {
		print_message("  \"%s\"\n", bad[i]);
		assert_int_equal(own_source_unpack(bad[i], &got), OCT_EPARSE);
	}
}

static void
load(struct own *own)
{
	assert_int_equal(own_load(store, "ville.fr", own), 0);
}

static void
the_first_message_begins_the_observation(void **state)
{
	struct own own;

	(void)state;
	load(&own);
	assert_int_equal(own.since_ms, 0);
	assert_int_equal(own.count, 0);
	own_fini(&own);
	assert_int_equal(own_record(store, "ville.fr", "spf:a.fr", "a.fr", 100),
	    0);
	assert_int_equal(own_record(store, "ville.fr", "spf:a.fr", "b.fr", 200),
	    0);
	assert_int_equal(own_record(store, "ville.fr", "net:192.0.2.0/24", "",
			     150),
	    0);
	assert_int_equal(own_begin(store, "ville.fr", false, 300), 0);
	load(&own);
	assert_int_equal(own.since_ms, 100);
	assert_int_equal(own.count, 2);
	assert_string_equal(own.sources[0].name, "spf:a.fr");
	assert_int_equal(own.sources[0].count, 2);
	assert_int_equal(own.sources[0].first_ms, 100);
	assert_int_equal(own.sources[0].last_ms, 200);
	assert_string_equal(own.sources[0].hint, "b.fr");
	assert_string_equal(own.sources[1].name, "net:192.0.2.0/24");
	own_fini(&own);
	assert_in_range(test_redis_do(&server, "PTTL oct:{ville.fr}:own"),
	    KEY_TTL_OWN_MS - 60000, KEY_TTL_OWN_MS);
}

static void
an_observation_may_begin_without_a_message_and_anew(void **state)
{
	struct own own;

	(void)state;
	assert_int_equal(own_begin(store, "ville.fr", false, 50), 0);
	assert_int_equal(own_record(store, "ville.fr", "spf:a.fr", "", 100), 0);
	load(&own);
	assert_int_equal(own.since_ms, 50);
	assert_int_equal(own.count, 1);
	own_fini(&own);
	assert_int_equal(own_begin(store, "ville.fr", true, 700), 0);
	load(&own);
	assert_int_equal(own.since_ms, 700);
	assert_int_equal(own.count, 0);
	own_fini(&own);
	assert_in_range(test_redis_do(&server, "PTTL oct:{ville.fr}:own"),
	    KEY_TTL_OWN_MS - 60000, KEY_TTL_OWN_MS);
}

static void
sources_are_bounded_and_the_rest_is_counted(void **state)
{
	struct own own;
	char name[32];

	(void)state;
	for (int i = 0; i < OWN_SOURCES_MAX + 5; i++) {
		(void)snprintf(name, sizeof(name), "net:10.0.%d.0/24", i);
		assert_int_equal(own_record(store, "ville.fr", name, "", 100),
		    0);
	}
	/* A source that is known goes on being counted. */
	assert_int_equal(own_record(store, "ville.fr", "net:10.0.0.0/24", "",
			     200),
	    0);
	load(&own);
	assert_int_equal(own.count, OWN_SOURCES_MAX + 1);
	assert_string_equal(own.sources[0].name, "other");
	assert_int_equal(own.sources[0].count, 5);
	assert_string_equal(own.sources[1].name, "net:10.0.0.0/24");
	assert_int_equal(own.sources[1].count, 2);
	own_fini(&own);
}

static void
damage_in_the_store_is_survived(void **state)
{
	struct own own;

	(void)state;
	assert_int_equal(test_redis_do(&server, "HSET oct:{ville.fr}:own "
		"since x sources y s:spf:a.fr z s:spf:b.fr %s colour red",
		"1 2 3 b.fr"), 5);
	load(&own);
	assert_int_equal(own.since_ms, 0);
	assert_int_equal(own.count, 1);
	own_fini(&own);
	assert_int_equal(own_record(store, "ville.fr", "spf:a.fr", "", 100), 0);
	assert_int_equal(own_record(store, "ville.fr", "spf:c.fr", "", 100), 0);
	load(&own);
	assert_int_equal(own.count, 3);
	own_fini(&own);
}

static void
hints_that_would_break_the_form_are_left_out(void **state)
{
	struct own own;

	(void)state;
	assert_int_equal(own_record(store, "ville.fr", "spf:a.fr", "a b", 100),
	    0);
	load(&own);
	assert_int_equal(own.count, 1);
	assert_string_equal(own.sources[0].hint, "");
	own_fini(&own);
}

static void
fourteen_days_are_enough(void **state)
{
	struct own own = { .since_ms = 1000 };

	(void)state;
	assert_false(own_is_observed(&own, 1000 + OWN_OBSERVE_MS - 1));
	assert_true(own_is_observed(&own, 1000 + OWN_OBSERVE_MS));
	own.since_ms = 0;
	assert_false(own_is_observed(&own, INT64_MAX));
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
	store = NULL;
	return 0;
}

static int
empty(void **state)
{
	(void)state;
	return test_redis_do(&server, "FLUSHALL") == 1 ? 0 : -1;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, empty)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_is_named_by_what_is_proven),
		cmocka_unit_test(
		    what_is_packed_reads_back_and_nothing_else_does),
		T(the_first_message_begins_the_observation),
		T(an_observation_may_begin_without_a_message_and_anew),
		T(sources_are_bounded_and_the_rest_is_counted),
		T(damage_in_the_store_is_survived),
		T(hints_that_would_break_the_form_are_left_out),
		cmocka_unit_test(fourteen_days_are_enough),
	};
	int rc = test_redis_start(&server);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? TEST_REDIS_SKIP : 1;
	rc = cmocka_run_group_tests_name("own", tests, setup, teardown);
	test_redis_stop(&server);
	return rc;
}
