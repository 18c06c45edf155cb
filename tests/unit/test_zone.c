/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"
#include "policy/settings.h"

#define D "mairie.example"

static struct hosting
platform(void)
{
	return (struct hosting){ .mx_count = 2,
		.mx = { { 10, "mx1.centre.example" },
		    { 20, "mx2.centre.example" } },
		.spf = "include:_spf.centre.example", .spf_more = "",
		.hostname = "mx1.centre.example", .dmarc = "quarantine",
		.rua = "dmarc@centre.example", .tls_rpt = "tls@centre.example",
		.sts = HOSTING_STS_ENFORCE, .sts_age_s = 604800, .ttl_s = 3600,
		.web = "web.centre.example", .name = "Centre",
		.imap = { "imap.centre.example", 993, false },
		.smtp = { "smtp.centre.example", 465, false } };
}

static void
records_follow_from_the_platform(void **state)
{
	static const struct {
		const char *name, *type, *data;
		enum zone_purpose purpose;
	} want[] = {
		{ D, "MX", "10 mx1.centre.example.", ZONE_MX },
		{ D, "MX", "20 mx2.centre.example.", ZONE_MX },
		{ D, "TXT", "v=spf1 include:_spf.centre.example -all",
		    ZONE_SPF },
		{ "_dmarc." D, "TXT",
		    "v=DMARC1; p=quarantine; rua=mailto:dmarc@centre.example",
		    ZONE_DMARC },
		{ "_mta-sts." D, "TXT", NULL, ZONE_MTA_STS },
		{ "mta-sts." D, "CNAME", "web.centre.example.",
		    ZONE_MTA_STS_HOST },
		{ "_smtp._tls." D, "TXT",
		    "v=TLSRPTv1; rua=mailto:tls@centre.example", ZONE_TLS_RPT },
		{ "autoconfig." D, "CNAME", "web.centre.example.",
		    ZONE_AUTOCONFIG },
		{ "autodiscover." D, "CNAME", "web.centre.example.",
		    ZONE_AUTODISCOVER },
		{ "_imaps._tcp." D, "SRV", "0 1 993 imap.centre.example.",
		    ZONE_SRV_IMAP },
		{ "_submissions._tcp." D, "SRV", "0 1 465 smtp.centre.example.",
		    ZONE_SRV_SMTP },
	};
	struct hosting h = platform();
	struct zone z;

	(void)state;
	assert_int_equal(zone_expected(&h, D, NULL, &z), 0);
	assert_int_equal(z.count, OCT_LEN(want));
	for (size_t i = 0; i < z.count; i++) {
		assert_string_equal(z.records[i].name, want[i].name);
		assert_string_equal(z.records[i].type, want[i].type);
		assert_int_equal(z.records[i].purpose, want[i].purpose);
		if (want[i].data != NULL)
			assert_string_equal(z.records[i].data, want[i].data);
	}
	zone_fini(&z);
}

static void
what_is_not_offered_has_no_record(void **state)
{
	struct hosting h = platform();
	struct zone z;

	(void)state;
	h.sts = HOSTING_STS_NONE;
	h.rua = h.tls_rpt = "";
	h.imap.host[0] = '\0';
	h.spf_more = "include:lettres.example a:site.example";
	assert_int_equal(zone_expected(&h, D, NULL, &z), 0);
	assert_int_equal(z.count, 4);
	assert_string_equal(zone_find(&z, ZONE_SPF)->data,
	    "v=spf1 include:_spf.centre.example include:lettres.example "
	    "a:site.example -all");
	assert_string_equal(zone_find(&z, ZONE_DMARC)->data,
	    "v=DMARC1; p=quarantine");
	assert_null(zone_find(&z, ZONE_SRV_IMAP));
	assert_null(zone_find(&z, ZONE_MTA_STS_HOST));
	zone_fini(&z);
}

static void
starttls_has_other_names(void **state)
{
	struct hosting h = platform();
	struct zone z;

	(void)state;
	h.imap = (struct hosting_server){ "imap.centre.example", 143, true };
	h.smtp = (struct hosting_server){ "smtp.centre.example", 587, true };
	assert_int_equal(zone_expected(&h, D, NULL, &z), 0);
	assert_string_equal(zone_find(&z, ZONE_SRV_IMAP)->name,
	    "_imap._tcp." D);
	assert_string_equal(zone_find(&z, ZONE_SRV_SMTP)->name,
	    "_submission._tcp." D);
	zone_fini(&z);
}

static void
names_that_are_too_long_are_said(void **state)
{
	struct hosting h = platform();
	char domain[OCT_DOMAIN_SIZE];
	struct zone z;

	(void)state;
	memset(domain, 'a', sizeof(domain));
	for (size_t i = 60; i < 250; i += 60)
		domain[i] = '.';
	domain[245] = '\0';
	assert_int_equal(zone_expected(&h, domain, NULL, &z), OCT_EFULL);
	zone_fini(&z);
}

static void
texts_are_split_and_escaped(void **state)
{
	char text[601];
	struct zone_record r = { .type = "TXT", .data = text };
	struct oct_str out;
	const char *at;
	size_t strings = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '"';
	text[1] = '\\';
	text[2] = '\n';
	text[600] = '\0';
	memcpy(r.name, D, sizeof(D));
	oct_str_heap(&out, 4096);
	zone_line(&r, 3600, &out);
	at = oct_str_text(&out);
	assert_memory_equal(at, D ". 3600 IN TXT \"\\\"\\\\\\010xxx", 38);
	for (const char *p = at; (p = strstr(p, " \"")) != NULL; p += 2)
		strings++;
	assert_int_equal(strings, 3);
	oct_str_free(&out);
}

static void
comments_name_both_forms_of_an_idn(void **state)
{
	struct hosting h = platform();
	struct oct_str out;
	struct zone z;

	(void)state;
	oct_str_heap(&out, 65536);
	assert_int_equal(zone_expected(&h, "xn--vry-9la.example", NULL, &z), 0);
	zone_text(&z, &h, false, &out);
	assert_non_null(strstr(oct_str_text(&out),
	    "; évry.example (xn--vry-9la.example) : "));
	assert_non_null(strstr(oct_str_text(&out),
	    "\nxn--vry-9la.example. 3600 IN MX 10 mx1.centre.example.\n"));
	assert_non_null(strstr(oct_str_text(&out),
	    ";   _25._tcp.mx2.centre.example. IN TLSA 3 1 1"));
	zone_fini(&z);
	oct_str_free(&out);
}

static void
another_policy_has_another_id(void **state)
{
	char first[ZONE_STS_ID_SIZE], same[ZONE_STS_ID_SIZE],
	    other[ZONE_STS_ID_SIZE];
	struct hosting h = platform();
	struct oct_str policy;

	(void)state;
	zone_sts_id(&h, first);
	zone_sts_id(&h, same);
	assert_string_equal(first, same);
	assert_true(strlen(first) >= 1 && strlen(first) <= 32);
	h.sts = HOSTING_STS_TESTING;
	zone_sts_id(&h, other);
	assert_string_not_equal(first, other);
	oct_str_heap(&policy, 4096);
	zone_sts_policy(&h, &policy);
	assert_string_equal(oct_str_text(&policy),
	    "version: STSv1\r\nmode: testing\r\nmx: mx1.centre.example\r\n"
	    "mx: mx2.centre.example\r\nmax_age: 604800\r\n");
	oct_str_free(&policy);
}

static void
spf_records_become_one(void **state)
{
	static const struct {
		const char *records[3];
		size_t count;
		const char *ours, *want;
	} cases[] = {
		{ { NULL }, 0, "include:us.example",
		    "v=spf1 include:us.example ~all" },
		{ { "v=spf1 mx -all" }, 1, "include:us.example",
		    "v=spf1 mx include:us.example -all" },
		{ { "v=spf1 a ~all" }, 1, "mx", "v=spf1 a mx ~all" },
		{ { "v=spf1 +all" }, 1, "mx", "v=spf1 mx ~all" },
		{ { "v=spf1" }, 1, "mx", "v=spf1 mx ~all" },
		{ { "v=spf1  +MX   INCLUDE:Us.example -ALL" }, 1,
		    "mx include:us.example",
		    "v=spf1 MX INCLUDE:Us.example -all" },
		{ { "v=spf1 redirect=old.example" }, 1, "mx",
		    "v=spf1 include:old.example mx ~all" },
		{ { "v=spf1 mx a -all", "v=spf1 a ip4:192.0.2.1 -all" }, 2,
		    "", "v=spf1 mx a ip4:192.0.2.1 -all" },
		{ { "v=spf1 mx -all", "v=spf1 a ~all", "v=spf1 a -all" }, 3,
		    "", "v=spf1 mx a ~all" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct oct_str out;

		print_message("  %s\n", cases[i].want);
		oct_str_heap(&out, 4096);
		zone_spf_merge(cases[i].records, cases[i].count, cases[i].ours,
		    &out);
		assert_string_equal(oct_str_text(&out), cases[i].want);
		oct_str_free(&out);
	}
}

/* --- Settings ----------------------------------------------------------------- */

static void
settings_are_checked(void **state)
{
	static const struct {
		const char *text;
		bool (*check)(const char *text);
		bool good;
	} cases[] = {
		{ "10 mx.example.org", hosting_is_mx, true },
		{ "0 MX.Example.org.", hosting_is_mx, true },
		{ "mx.example.org", hosting_is_mx, false },
		{ "65536 mx.example.org", hosting_is_mx, false },
		{ "10 mx", hosting_is_mx, false },
		{ "10 mx.example.org more", hosting_is_mx, false },
		{ "imap.example.org:993", hosting_is_server, true },
		{ "", hosting_is_server, true },
		{ "imap.example.org", hosting_is_server, false },
		{ "imap.example.org:0", hosting_is_server, false },
		{ "[::1]:993", hosting_is_server, false },
		{ "include:_spf.example.org ip4:192.0.2.1", hosting_is_spf,
		    true },
		{ "", hosting_is_spf, true },
		{ "v=spf1 mx", hosting_is_spf, false },
		{ "mx -ALL", hosting_is_spf, false },
		{ "redirect=x.example", hosting_is_spf, false },
		{ "mx \"quoted\"", hosting_is_spf, false },
		{ "2001:db8::1", hosting_is_address, true },
		{ "host.example", hosting_is_address, false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  %s\n", cases[i].text);
		assert_int_equal(cases[i].check(cases[i].text), cases[i].good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_follow_from_the_platform),
		cmocka_unit_test(what_is_not_offered_has_no_record),
		cmocka_unit_test(starttls_has_other_names),
		cmocka_unit_test(names_that_are_too_long_are_said),
		cmocka_unit_test(texts_are_split_and_escaped),
		cmocka_unit_test(comments_name_both_forms_of_an_idn),
		cmocka_unit_test(another_policy_has_another_id),
		cmocka_unit_test(spf_records_become_one),
		cmocka_unit_test(settings_are_checked),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
