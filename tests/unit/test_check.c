/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check over a DNS out of a table, without servers to ask directly: its
 * words, and that strangers' records can neither steer nor drown it.
 */
#include "provisioning/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"

#define D "ville.test"

static struct dns *dns;

static void
add(const char *name, enum dns_type type, const char *data)
{
	assert_int_equal(dns_static_add(dns, name, type, data, strlen(data)),
	    0);
}

static struct hosting
platform(void)
{
	struct hosting h = { .mx_count = 1,
		.mx = { { 10, "mx.centre.test" } }, .spf = "mx",
		.spf_more = "", .hostname = "mx.centre.test",
		.dmarc = "reject", .rua = "", .tls_rpt = "", .ttl_s = 3600,
		.name = "", .sender_count = 1 };

	assert_int_equal(oct_ip_parse("192.0.2.1", &h.senders[0]), 0);
	return h;
}

static void
run_with(const struct hosting *h, struct check_input *in, struct check *out)
{
	int64_t until = oct_clock_mono_ms() + 10000;
	struct dns_session *s;
	struct zone zone;

	in->domain = D;
	in->hosting = h;
	in->now_ms = 1800000000000;
	if (in->deadline_ms == 0)
		in->deadline_ms = until;
	assert_int_equal(dns_session_new(dns, until, 2000, &s), 0);
	assert_int_equal(zone_expected(h, D, NULL, &zone), 0);
	in->zone = &zone;
	in->dns = s;
	assert_int_equal(check_domain(in, out), 0);
	zone_fini(&zone);
	dns_session_free(s);
}

static void
run(const struct hosting *h, struct check *out)
{
	struct check_input in = { .deadline_ms = 0 };

	run_with(h, &in, out);
}

static bool
says(const struct check *c, enum check_code code)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->findings[i].code == code)
			return true;
	return false;
}

static void
a_right_domain_needs_keys_alone(void **state)
{
	struct hosting h = platform();
	struct check c;

	(void)state;
	add(D, DNS_MX, "5 mx.centre.test");
	add("mx.centre.test", DNS_A, "192.0.2.1");
	add(D, DNS_TXT, "v=spf1 mx -all");
	add("_dmarc." D, DNS_TXT, "v=DMARC1; p=reject");
	run(&h, &c);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.findings[0].code, CHECK_DKIM_NONE);
	assert_false(check_has(&c, CHECK_UNKNOWN));
	check_fini(&c);
}

static void
a_silent_dns_is_unknown_not_wrong(void **state)
{
	struct hosting h = platform();
	struct check c;

	(void)state;
	assert_int_equal(dns_static_timeout(dns, D), 0);
	run(&h, &c);
	assert_true(check_has(&c, CHECK_UNKNOWN));
	assert_false(check_has(&c, CHECK_ERROR));
	check_fini(&c);
}

static void
what_strangers_write_cannot_steer(void **state)
{
	struct hosting h = platform();
	char name[64];
	struct check c;

	(void)state;
	add(D, DNS_TXT, "v=spf1 \x1b]0;x\x07 \x9b\xff mx -all");
	add("_dmarc." D, DNS_TXT, "v=DMARC1; p=\x1b[31mrouge; {want} %s %n");
	for (int i = 0; i < 250; i++) {
		(void)snprintf(name, sizeof(name), "10 m%d.rien.test", i);
		add(D, DNS_MX, name);
	}
	run(&h, &c);
	assert_int_equal(c.count, 200);
	assert_true(c.more > 0);
	assert_true(says(&c, CHECK_MX_UNRESOLVED));
	for (size_t i = 0; i < c.count; i++) {
		const char *text = c.findings[i].seen;

		for (; *text != '\0'; text++)
			assert_true(*text >= 0x20 && *text < 0x7f);
	}
	check_fini(&c);
}

/* --- Where a policy is fetched ---------------------------------------------- */

#define INNER_4 "10.0.0.1"
#define INNER_6 "fd00::1"
#define OUTER_6 "3ffe::1" /* given out to nobody: nothing is there */

static const struct {
	const char *name;
	const char *a[2], *aaaa[2];
	enum check_code says;
} places[] = {
	{ "nowhere", { NULL }, { NULL }, CHECK_STS_HOST },
	{ "inside", { INNER_4 }, { NULL }, CHECK_STS_INNER },
	{ "inside, both ways", { INNER_4, "192.168.0.1" }, { INNER_6 },
	    CHECK_STS_INNER },
	{ "outside", { NULL }, { OUTER_6 }, CHECK_STS_FETCH },
	{ "inside, then outside", { NULL }, { INNER_6, OUTER_6 },
	    CHECK_STS_FETCH },
	{ "outside, then inside", { NULL }, { OUTER_6, INNER_6 },
	    CHECK_STS_FETCH },
	{ "outside by the other family", { INNER_4 }, { OUTER_6 },
	    CHECK_STS_FETCH },
};

/* The time is up for fetching, so that all that it can say is that. */
static void
a_policy_is_fetched_wherever_it_is_public(void **state)
{
	static const enum check_code codes[] = { CHECK_STS_HOST,
		CHECK_STS_INNER, CHECK_STS_FETCH };
	struct hosting h = platform();

	(void)state;
	for (size_t i = 0; i < OCT_LEN(places); i++) {
		struct check_input in = { .https_port = 443,
			.deadline_ms = oct_clock_mono_ms() - 1 };
		struct check c;

		(void)printf("  %s\n", places[i].name);
		assert_int_equal(dns_new_static(&dns), 0);
		add("_mta-sts." D, DNS_TXT, "v=STSv1; id=1;");
		for (size_t k = 0; k < 2; k++) {
			if (places[i].a[k] != NULL)
				add("mta-sts." D, DNS_A, places[i].a[k]);
			if (places[i].aaaa[k] != NULL)
				add("mta-sts." D, DNS_AAAA,
				    places[i].aaaa[k]);
		}
		run_with(&h, &in, &c);
		for (size_t k = 0; k < OCT_LEN(codes); k++)
			assert_int_equal(says(&c, codes[k]),
			    codes[k] == places[i].says);
		check_fini(&c);
		dns_free(dns);
	}
}

/* --- Words -------------------------------------------------------------------- */

static void
every_finding_has_words(void **state)
{
	(void)state;
	for (int code = 0; code < CHECK_CODES; code++) {
		char seen[] = "SEEN", want[] = "WANT";
		struct check_finding f = { .code = (enum check_code)code,
			.name = "NAME", .seen = seen, .want = want };

		for (int other = 0; other < code; other++)
			assert_string_not_equal(
			    check_code_name((enum check_code)other),
			    check_code_name(f.code));
		for (int i = 0; i < 4; i++) {
			struct oct_str text;

			oct_str_heap(&text, 65536);
			if (i % 2 == 0)
				check_what(&f, i / 2 == 1, &text);
			else
				check_todo(&f, i / 2 == 1, &text);
			assert_true(text.len > 5);
			assert_null(strpbrk(oct_str_text(&text), "{}"));
			oct_str_free(&text);
		}
	}
}

static void
values_are_not_expanded_again(void **state)
{
	char seen[] = "{want} %s", want[] = "v=spf1";
	struct check_finding f = { .code = CHECK_SPF_SYNTAX, .name = D,
		.seen = seen, .want = want };
	struct oct_str text;

	(void)state;
	oct_str_heap(&text, 4096);
	check_what(&f, true, &text);
	assert_non_null(strstr(oct_str_text(&text), "{want} %s"));
	oct_str_free(&text);
}

static int
set_up(void **state)
{
	(void)state;
	return dns_new_static(&dns);
}

static int
tear_down(void **state)
{
	(void)state;
	dns_free(dns);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_right_domain_needs_keys_alone,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_silent_dns_is_unknown_not_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_strangers_write_cannot_steer, set_up, tear_down),
		cmocka_unit_test(a_policy_is_fetched_wherever_it_is_public),
		cmocka_unit_test(every_finding_has_words),
		cmocka_unit_test(values_are_not_expanded_again),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
