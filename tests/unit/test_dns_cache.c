/* SPDX-License-Identifier: Apache-2.0 */
/* The cache alone, with time under control. */
#include "lib/dns_cache.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T0 1000000
#define TTL_MAX_S 1000
#define TTL_NEG_MAX_S 100

static struct dns_cache *
cache_of(size_t octets)
{
	const struct dns_cache_conf conf = { .octets = octets,
		.ttl_max_s = TTL_MAX_S, .ttl_neg_max_s = TTL_NEG_MAX_S };
	struct dns_cache *cache;

	assert_int_equal(dns_cache_new(&conf, &cache), 0);
	return cache;
}

static struct dns_key
key_of(const char *name)
{
	struct dns_key key = { .type = DNS_TXT };

	assert_int_equal(dns_name_parse(name, &key.name), 0);
	return key;
}

static struct dns_result *
result_of(enum dns_status status, uint32_t ttl_s, size_t text)
{
	struct dns_result *r = dns_result_new(status, 0, text);

	assert_non_null(r);
	r->answer.ttl_s = ttl_s;
	return r;
}

/* Ask for name, which must be unknown, and let it end in result at T0. */
static void
put(struct dns_cache *cache, const char *name, struct dns_result *result)
{
	struct dns_key key = key_of(name);
	struct dns_lookup found;

	assert_int_equal(dns_cache_find(cache, &key, T0, &found),
	    DNS_FOUND_NEW);
	dns_flight_finish(cache, found.flight, result, true, T0);
	dns_flight_put(found.flight);
}

/* Is it known at that time?  *ttl_s if so. */
static bool
known(struct dns_cache *cache, const char *name, int64_t now_ms,
    uint32_t *ttl_s)
{
	struct dns_key key = key_of(name);
	struct dns_lookup found;

	if (dns_cache_peek(cache, &key, now_ms, &found) != 1)
		return false;
	*ttl_s = found.ttl_s;
	dns_result_put(found.result);
	return true;
}

static void
entries_live_for_their_ttl(void **state)
{
	static const struct {
		const char *name;
		enum dns_status status; /* DNS_TEMPFAIL: no result */
		uint32_t ttl_s, kept_s;
	} rows[] = {
		{ "plain", DNS_OK, 60, 60 },
		{ "zero", DNS_OK, 0, 0 },
		{ "over-the-bound", DNS_OK, 5000, TTL_MAX_S },
		{ "nxdomain", DNS_NXDOMAIN, 50, 50 },
		{ "nxdomain-over", DNS_NXDOMAIN, 5000, TTL_NEG_MAX_S },
		{ "nodata-over", DNS_NODATA, 5000, TTL_NEG_MAX_S },
		{ "no-ttl-at-all", DNS_OK, UINT32_MAX, TTL_MAX_S },
		{ "failure", DNS_TEMPFAIL, 60, DNS_FAILURE_TTL_S },
	};
	struct dns_cache *cache = cache_of(1 << 20);

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int64_t end = T0 + (int64_t)rows[i].kept_s * 1000;
		uint32_t ttl_s = 0;

		print_message("  %s\n", rows[i].name);
		put(cache, rows[i].name, rows[i].status == DNS_TEMPFAIL ?
		    NULL : result_of(rows[i].status, rows[i].ttl_s, 0));
		assert_int_equal(known(cache, rows[i].name, T0, &ttl_s),
		    rows[i].kept_s > 0);
		assert_int_equal(ttl_s, rows[i].kept_s);
		if (rows[i].kept_s == 0)
			continue;
		assert_true(known(cache, rows[i].name, end - 1, &ttl_s));
		assert_int_equal(ttl_s, 1);
		assert_false(known(cache, rows[i].name, end, &ttl_s));
	}
	dns_cache_free(cache);
}

static void
bound_in_octets_holds(void **state)
{
	const size_t bound = 16 * 4096;
	struct dns_cache *cache = cache_of(bound);
	size_t octets, entries;
	uint32_t ttl_s;
	char name[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "n%d.test", i);
		put(cache, name, result_of(DNS_OK, 60, (size_t)i % 700));
		dns_cache_usage(cache, &octets, &entries);
		assert_true(octets <= bound);
		assert_true(octets >= entries * sizeof(struct dns_result));
	}
	assert_true(entries > 50);
	assert_true(known(cache, "n4999.test", T0, &ttl_s));
	assert_false(known(cache, "n0.test", T0, &ttl_s));
	/* What is larger than a shard is not kept, and drops nothing for
	 * ever. */
	put(cache, "huge.test", result_of(DNS_OK, 60, 60000));
	assert_false(known(cache, "huge.test", T0, &ttl_s));
	put(cache, "small.test", result_of(DNS_OK, 60, 10));
	assert_true(known(cache, "small.test", T0, &ttl_s));
	dns_cache_free(cache);
}

static void
what_is_used_stays(void **state)
{
	struct dns_cache *cache = cache_of(16 * 4096);
	uint32_t ttl_s;
	char name[32];

	(void)state;
	put(cache, "used.test", result_of(DNS_OK, 60, 100));
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "n%d.test", i);
		put(cache, name, result_of(DNS_OK, 60, 100));
		assert_true(known(cache, "used.test", T0, &ttl_s));
	}
	dns_cache_free(cache);
}

static void
expired_entry_is_replaced(void **state)
{
	struct dns_cache *cache = cache_of(1 << 20);
	struct dns_key key = key_of("a.test");
	size_t octets, entries;
	struct dns_lookup found;

	(void)state;
	put(cache, "a.test", result_of(DNS_OK, 1, 0));
	assert_int_equal(dns_cache_find(cache, &key, T0 + 1000, &found),
	    DNS_FOUND_NEW);
	dns_flight_finish(cache, found.flight, result_of(DNS_NODATA, 9, 0),
	    true, T0 + 1000);
	dns_flight_put(found.flight);
	assert_int_equal(dns_cache_find(cache, &key, T0 + 2000, &found),
	    DNS_FOUND_HIT);
	assert_int_equal(found.result->answer.status, DNS_NODATA);
	assert_int_equal(found.ttl_s, 8);
	dns_result_put(found.result);
	dns_cache_usage(cache, &octets, &entries);
	assert_int_equal(entries, 1);
	dns_cache_free(cache);
}

static void
flights_are_shared_by_question(void **state)
{
	struct dns_cache *cache = cache_of(1 << 20);
	struct dns_key key = key_of("a.test"), upper = key_of("A.TEST."),
		       other = key_of("a.test");
	struct dns_lookup first, second, third;
	struct dns_result *result;
	int64_t done_ms;
	uint32_t ttl_s;

	(void)state;
	other.type = DNS_A;
	assert_int_equal(dns_cache_find(cache, &key, T0, &first),
	    DNS_FOUND_NEW);
	assert_int_equal(dns_cache_find(cache, &upper, T0, &second),
	    DNS_FOUND_FLIGHT);
	assert_int_equal(dns_cache_find(cache, &other, T0, &third),
	    DNS_FOUND_NEW);
	assert_ptr_equal(first.flight, second.flight);
	assert_false(dns_flight_wait(first.flight, 1));
	assert_false(dns_flight_outcome(first.flight, &result, &ttl_s,
	    &done_ms));
	dns_flight_put(first.flight);
	dns_flight_finish(cache, first.flight, NULL, false, T0 + 5);
	assert_true(dns_flight_wait(second.flight, 1));
	assert_true(dns_flight_outcome(second.flight, &result, &ttl_s,
	    &done_ms));
	assert_null(result);
	assert_int_equal(done_ms, T0 + 5);
	dns_flight_put(second.flight);
	dns_flight_finish(cache, third.flight, NULL, true, T0);
	dns_flight_put(third.flight);
	/* Not kept: asked again. */
	assert_int_equal(dns_cache_find(cache, &key, T0, &first),
	    DNS_FOUND_NEW);
	dns_flight_finish(cache, first.flight, NULL, false, T0);
	dns_flight_put(first.flight);
	dns_cache_free(cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_live_for_their_ttl),
		cmocka_unit_test(bound_in_octets_holds),
		cmocka_unit_test(what_is_used_stays),
		cmocka_unit_test(expired_entry_is_replaced),
		cmocka_unit_test(flights_are_shared_by_question),
	};

	return cmocka_run_group_tests_name("dns_cache", tests, NULL, NULL);
}
