/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/lists.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

struct world {
	struct dns *dns;
	struct lists *lists;
	struct dns_session *session;
	struct lists_query *query;
	struct score_lists sums;
	char found[512];
};

static void
add(struct world *w, const char *name, const char *address)
{
	assert_int_equal(dns_static_add(w->dns, name, DNS_A, address,
			     strlen(address)),
	    0);
}

/* The test entries of an address list and of a domain list, as they must be. */
static void
right_ip(struct world *w, const char *zone)
{
	char name[OCT_DOMAIN_SIZE];
	struct oct_ip ip;

	assert_int_equal(oct_ip_parse("127.0.0.2", &ip), 0);
	assert_int_equal(dns_reverse_name(&ip, zone, name), 0);
	add(w, name, "127.0.0.2");
}

static void
start(struct world *w, const char *const *zones, size_t count)
{
	assert_int_equal(lists_new(zones, count, w->dns, &w->lists), 0);
	lists_probe(w->lists);
}

static void
ask_again(struct world *w)
{
	lists_query_free(w->query);
	dns_session_free(w->session);
	w->query = NULL;
	w->session = NULL;
	assert_int_equal(dns_session_new(w->dns, oct_clock_mono_ms() + 10000,
			     300, &w->session),
	    0);
	assert_int_equal(lists_query_new(w->lists, w->session, &w->query), 0);
}

static void
ask_client(struct world *w, const char *client)
{
	struct oct_ip ip;

	assert_int_equal(oct_ip_parse(client, &ip), 0);
	lists_ask_client(w->query, &ip);
}

static void
join(struct world *w)
{
	struct oct_str s;

	oct_str_fixed(&s, w->found, sizeof(w->found));
	lists_join(w->query, &w->sums, &s);
	assert_int_equal(oct_str_err(&s), 0);
}

static int
setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	if (dns_new_static(&w.dns) != 0)
		return -1;
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	lists_query_free(w->query);
	dns_session_free(w->session);
	lists_free(w->lists);
	dns_free(w->dns);
	return 0;
}

static void
addresses_are_looked_up_and_summed(void **state)
{
	static const char *const zones[] = { "bl.test ip 127.0.0.2=4 *=1",
		"other.test ip *=1.5", "wl.test ip 127.0.*.3=-2" };
	struct world *w = *state;

	right_ip(w, "bl.test");
	right_ip(w, "other.test");
	right_ip(w, "wl.test");
	add(w, "9.2.0.192.bl.test", "127.0.0.2");
	add(w, "9.2.0.192.other.test", "127.0.0.7");
	add(w, "9.2.0.192.wl.test", "127.0.5.3");
	add(w, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
	       "2.bl.test",
	    "127.0.0.9");
	start(w, zones, OCT_LEN(zones));
	ask_again(w);
	ask_client(w, "192.0.2.9");
	join(w);
	assert_int_equal(w->sums.dnsbl, 550);
	assert_int_equal(w->sums.dnswl, -200);
	assert_int_equal(w->sums.domain, 0);
	assert_string_equal(w->found,
	    "bl.test:127.0.0.2,other.test:127.0.0.7,wl.test:127.0.5.3");
	ask_again(w);
	ask_client(w, "2001:db8::1");
	join(w);
	assert_int_equal(w->sums.dnsbl, 100);
	ask_again(w);
	ask_client(w, "192.0.2.10");
	join(w);
	assert_int_equal(w->sums.dnsbl, 0);
	assert_string_equal(w->found, "");
}

static void
names_are_looked_up_by_their_kind(void **state)
{
	static const char *const zones[] = { "dbl.test domain *=3",
		"hl.test helo *=0.5" };
	static const struct {
		const char *name;
		enum list_kind kind;
		const char *asked;
		int32_t sum;
	} cases[] = {
		{ "rpath", LIST_RPATH, "evil.example", 300 },
		{ "from, any case", LIST_FROM, "EVIL.Example", 300 },
		{ "below what was registered", LIST_URL,
		    "a.b.evil.example", 300 },
		{ "helo is on both", LIST_HELO, "evil.example", 350 },
		{ "a name above is another", LIST_URL, "example", 0 },
		{ "good", LIST_URL, "good.example", 0 },
		{ "no dot", LIST_HELO, "evil", 0 },
		{ "empty", LIST_RPATH, "", 0 },
		{ "literal", LIST_HELO, "[192.0.2.1]", 0 },
		{ "address", LIST_HELO, "192.0.2.1", 0 },
	};
	struct world *w = *state;

	add(w, "test.dbl.test", "127.0.1.2");
	add(w, "test.hl.test", "127.0.1.2");
	add(w, "evil.example.dbl.test", "127.0.1.2");
	add(w, "evil.example.hl.test", "127.0.1.2");
	add(w, "192.0.2.1.dbl.test", "127.0.1.2");
	start(w, zones, OCT_LEN(zones));
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  %s\n", cases[i].name);
		ask_again(w);
		lists_ask_name(w->query, cases[i].kind, cases[i].asked);
		join(w);
		assert_int_equal(w->sums.domain, cases[i].sum);
	}
}

static void
one_list_speaks_once_about_a_message(void **state)
{
	static const char *const zones[] = {
		"dbl.test domain 127.0.1.2=3 127.0.1.4=4" };
	static const char body[] = "http://a.example/ https://b.example/ ";
	struct oct_msg_limits limits;
	struct world *w = *state;
	struct oct_msg *m;

	add(w, "test.dbl.test", "127.0.1.2");
	add(w, "a.example.dbl.test", "127.0.1.2");
	add(w, "b.example.dbl.test", "127.0.1.4");
	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, &m), 0);
	assert_int_equal(oct_msg_add_body(m, body, sizeof(body) - 1), 0);
	start(w, zones, OCT_LEN(zones));
	ask_again(w);
	lists_ask_name(w->query, LIST_FROM, "a.example");
	lists_ask_name(w->query, LIST_RPATH, "a.example");
	lists_ask_body(w->query, m);
	join(w);
	assert_int_equal(w->sums.domain, 400);
	assert_string_equal(w->found, "dbl.test:127.0.1.4");
	oct_msg_free(m);
}

static void
a_list_that_answers_wrongly_is_not_asked(void **state)
{
	static const char *const zones[] = { "empty.test ip *=1",
		"all.test ip *=1", "blocked.test ip *=1", "parked.test ip *=1",
		"silent.test ip *=1", "names.test url *=1",
		"own.test url test=listed.here *=1", "good.test ip *=2" };
	struct world *w = *state;

	add(w, "9.2.0.192.empty.test", "127.0.0.2");
	right_ip(w, "all.test");
	add(w, "1.0.0.127.all.test", "127.0.0.2");
	add(w, "9.2.0.192.all.test", "127.0.0.2");
	add(w, "2.0.0.127.blocked.test", "127.255.255.254");
	add(w, "9.2.0.192.blocked.test", "127.0.0.2");
	add(w, "2.0.0.127.parked.test", "192.0.2.80");
	add(w, "9.2.0.192.parked.test", "127.0.0.2");
	assert_int_equal(dns_static_timeout(w->dns, "2.0.0.127.silent.test"),
	    0);
	add(w, "9.2.0.192.silent.test", "127.0.0.2");
	add(w, "test.names.test", "127.0.0.2");
	add(w, "invalid.names.test", "127.0.0.2");
	add(w, "a.example.names.test", "127.0.0.2");
	add(w, "listed.here.own.test", "127.0.0.2");
	add(w, "a.example.own.test", "127.0.0.2");
	right_ip(w, "good.test");
	add(w, "9.2.0.192.good.test", "127.0.0.2");
	start(w, zones, OCT_LEN(zones));
	ask_again(w);
	ask_client(w, "192.0.2.9");
	lists_ask_name(w->query, LIST_URL, "a.example");
	assert_int_equal(dns_session_count(w->session), 2);
	join(w);
	assert_int_equal(w->sums.dnsbl, 200);
	assert_int_equal(w->sums.domain, 100);
	assert_string_equal(w->found, "own.test:127.0.0.2,good.test:127.0.0.2");
}

static void
no_list_is_asked_before_its_probe(void **state)
{
	static const char *const zones[] = { "bl.test ip *=2" };
	struct world *w = *state;

	right_ip(w, "bl.test");
	add(w, "9.2.0.192.bl.test", "127.0.0.2");
	assert_int_equal(lists_new(zones, 1, w->dns, &w->lists), 0);
	ask_again(w);
	ask_client(w, "192.0.2.9");
	join(w);
	assert_int_equal(w->sums.dnsbl, 0);
	lists_probe(w->lists);
	ask_again(w);
	ask_client(w, "192.0.2.9");
	join(w);
	assert_int_equal(w->sums.dnsbl, 200);
}

static void
wrong_answers_to_traffic_drop_a_list_until_its_next_probe(void **state)
{
	static const char *const zones[] = { "bl.test ip *=2" };
	static const char *const clients[] = { "192.0.2.8", "192.0.2.7" };
	struct world *w = *state;

	right_ip(w, "bl.test");
	add(w, "9.2.0.192.bl.test", "127.0.0.2");
	add(w, "8.2.0.192.bl.test", "127.255.255.254");
	add(w, "7.2.0.192.bl.test", "10.0.0.1");
	start(w, zones, 1);
	for (size_t i = 0; i < OCT_LEN(clients); i++) {
		print_message("  %s\n", clients[i]);
		ask_again(w);
		ask_client(w, clients[i]);
		join(w);
		assert_int_equal(w->sums.dnsbl, 0);
		ask_again(w);
		ask_client(w, "192.0.2.9");
		join(w);
		assert_int_equal(w->sums.dnsbl, 0);
		assert_int_equal(dns_session_count(w->session), 0);
		lists_probe(w->lists);
		ask_again(w);
		ask_client(w, "192.0.2.9");
		join(w);
		assert_int_equal(w->sums.dnsbl, 200);
	}
}

static void
questions_are_bounded(void **state)
{
	static const char *const zones[] = { "dbl.test url *=1" };
	struct world *w = *state;
	char name[64];

	add(w, "test.dbl.test", "127.0.0.2");
	start(w, zones, 1);
	ask_again(w);
	for (int i = 0; i < 300; i++) {
		struct oct_str s;

		oct_str_fixed(&s, name, sizeof(name));
		oct_str_addf(&s, "h%d.example", i);
		lists_ask_name(w->query, LIST_URL, name);
	}
	assert_int_equal(dns_session_count(w->session), LISTS_QUESTIONS_MAX);
	join(w);
}

static void
the_thread_probes_at_once_and_stops_at_once(void **state)
{
	static const char *const zones[] = { "bl.test ip *=2" };
	const struct timespec pause = { .tv_nsec = 5000000 };
	struct world *w = *state;
	int64_t begin;

	right_ip(w, "bl.test");
	add(w, "9.2.0.192.bl.test", "127.0.0.2");
	assert_int_equal(lists_new(zones, 1, w->dns, &w->lists), 0);
	assert_int_equal(lists_start(w->lists, 3600000), 0);
	begin = oct_clock_mono_ms();
	do {
		assert_true(oct_clock_mono_ms() < begin + 10000);
		(void)nanosleep(&pause, NULL);
		ask_again(w);
		ask_client(w, "192.0.2.9");
		join(w);
	} while (w->sums.dnsbl != 200);
	lists_query_free(w->query);
	w->query = NULL;
	begin = oct_clock_mono_ms();
	lists_free(w->lists);
	w->lists = NULL;
	assert_true(oct_clock_mono_ms() < begin + 2000);
}

static void
a_wrong_text_is_no_list(void **state)
{
	static const char *const zones[] = { "bl.test ip *=2", "bl.test" };
	struct world *w = *state;

	assert_int_equal(lists_new(zones, 2, w->dns, &w->lists), OCT_ECONF);
	assert_null(w->lists);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(addresses_are_looked_up_and_summed),
		T(names_are_looked_up_by_their_kind),
		T(one_list_speaks_once_about_a_message),
		T(a_list_that_answers_wrongly_is_not_asked),
		T(no_list_is_asked_before_its_probe),
		T(wrong_answers_to_traffic_drop_a_list_until_its_next_probe),
		T(questions_are_bounded),
		T(the_thread_probes_at_once_and_stops_at_once),
		T(a_wrong_text_is_no_list),
	};

	oct_log_open("test_lists", OCT_LOG_STDERR, OCT_ERROR);
	return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
