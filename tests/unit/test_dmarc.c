/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/dmarc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/dmarc_record.h"
#include "lib/clock.h"
#include "lib/err.h"

#define LONG "a.b.c.d.e.f.g.h.i.j.mail.example.com"

struct zone_row {
	const char *name;
	enum dns_type type; /* 0 = the name never answers */
	const char *data;
};

struct row {
	const char *name;
	struct zone_row zone[4];
	const char *from, *spf, *dkim; /* spf, dkim: domains that passed */
	const char *expected; /* result policy domain org */
};

#define NO NULL

static const struct row rows[] = {
	{ "no record", { { .name = NO } }, "example.com", NO, NO,
	    "none none - example.com" },
	{ "nothing passed", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "example.com", NO, NO,
	    "fail reject example.com example.com" },
	{ "same domain by DKIM", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "example.com", NO, "EXAMPLE.com.",
	    "pass reject example.com example.com" },
	{ "same domain by SPF", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=quarantine" } }, "example.com", "example.com", NO,
	    "pass quarantine example.com example.com" },
	{ "another domain", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "example.com", "evil.com", "evil.com",
	    "fail reject example.com example.com" },
	{ "a name that ends alike", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "example.com", NO, "notexample.com",
	    "fail reject example.com example.com" },
	{ "the public suffix", { { "_dmarc.x.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "x.com", NO, "com",
	    "fail reject x.com x.com" },
	{ "one letter, the neighbour", { { "_dmarc.x.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "x.com", NO, "evil.com",
	    "fail reject x.com x.com" },
	{ "relaxed, from above", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "mail.example.com", NO, "example.com",
	    "pass reject example.com example.com" },
	{ "relaxed, sister", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; sp=none" } }, "a.example.com",
	    "b.c.example.com", NO, "pass none example.com example.com" },
	{ "strict, from above", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; adkim=s; aspf=S" } }, "mail.example.com",
	    "example.com", "example.com",
	    "fail reject example.com example.com" },
	{ "strict DKIM, relaxed SPF", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; adkim=s" } }, "mail.example.com",
	    "example.com", NO, "pass reject example.com example.com" },
	{ "own record of a subdomain, org above",
	    { { "_dmarc.a.example.com", DNS_TXT, "v=DMARC1; p=none" },
		{ "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject" } },
	    "a.example.com", NO, "b.example.com",
	    "pass none a.example.com example.com" },
	{ "the record of a middle name is not the policy",
	    { { "_dmarc.b.example.com", DNS_TXT, "v=DMARC1; p=none" },
		{ "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject" } },
	    "a.b.example.com", NO, NO,
	    "fail reject example.com example.com" },
	{ "psd=n cuts off what is above",
	    { { "_dmarc.a.example.com", DNS_TXT,
		"v=DMARC1; p=quarantine; psd=n" },
		{ "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject" } },
	    "x.a.example.com", NO, "example.com",
	    "fail quarantine a.example.com a.example.com" },
	{ "psd=y: the name below is the organisation",
	    { { "_dmarc.example", DNS_TXT,
		"v=DMARC1; p=reject; sp=quarantine; psd=y" },
		{ "a.foo.example", DNS_A, "192.0.2.1" } },
	    "a.foo.example", NO, NO,
	    "fail quarantine example foo.example" },
	{ "psd=y: neighbours are strangers",
	    { { "_dmarc.example", DNS_TXT, "v=DMARC1; p=reject; psd=y" } },
	    "foo.example", NO, "bar.example",
	    "fail reject example foo.example" },
	{ "psd=y: the registry is a stranger",
	    { { "_dmarc.example", DNS_TXT, "v=DMARC1; p=reject; psd=y" } },
	    "foo.example", NO, "example",
	    "fail reject example foo.example" },
	{ "psd=y: own record goes first",
	    { { "_dmarc.example", DNS_TXT, "v=DMARC1; p=reject; psd=y" },
		{ "_dmarc.foo.example", DNS_TXT, "v=DMARC1; p=none" } },
	    "foo.example", NO, NO, "fail none foo.example foo.example" },
	{ "psd=y of the author domain itself",
	    { { "_dmarc.example", DNS_TXT,
		"v=DMARC1; p=reject; sp=none; psd=y" } },
	    "example", NO, NO, "fail reject example example" },
	{ "np for what does not exist", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=none; sp=none; np=reject" } }, "no.example.com", NO,
	    NO, "fail reject example.com example.com" },
	{ "sp for what exists", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; sp=none; np=reject" },
	    { "yes.example.com", DNS_MX, "10 mx.example.com" } },
	    "yes.example.com", NO, NO,
	    "fail none example.com example.com" },
	{ "sp for an empty name with names below", { { "_dmarc.example.com",
	    DNS_TXT, "v=DMARC1; p=reject; sp=none; np=reject" },
	    { "x.yes.example.com", DNS_A, "192.0.2.1" } },
	    "yes.example.com", NO, NO,
	    "fail none example.com example.com" },
	{ "whether it exists is not known", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; sp=reject; np=none" },
	    { "may.example.com", 0, NO } }, "may.example.com", NO, NO,
	    "temperror none example.com example.com" },
	{ "sp, then p, where np is absent", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=none; sp=reject" } }, "no.example.com", NO, NO,
	    "fail reject example.com example.com" },
	{ "test mode, reject", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; t=y" } }, "example.com", NO, NO,
	    "fail quarantine example.com example.com" },
	{ "test mode, quarantine by sp", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; sp=quarantine; t=y" } }, "a.example.com", NO,
	    NO, "fail none example.com example.com" },
	{ "pct is history", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject; pct=0" } }, "example.com", NO, NO,
	    "fail reject example.com example.com" },
	{ "several records are none", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" }, { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=none" } }, "example.com", NO, NO,
	    "none none - example.com" },
	{ "several below, one above", { { "_dmarc.a.example.com", DNS_TXT,
	    "v=DMARC1; p=none" }, { "_dmarc.a.example.com", DNS_TXT,
	    "v=DMARC1; p=none" }, { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "a.example.com", NO, NO,
	    "fail reject example.com example.com" },
	{ "others beside the record", { { "_dmarc.example.com", DNS_TXT,
	    "google-site-verification=x" }, { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "example.com", NO, NO,
	    "fail reject example.com example.com" },
	{ "no policy, but reports", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; rua=mailto:d@example.com" } }, "example.com", NO, NO,
	    "fail none example.com example.com" },
	{ "no policy, no reports", { { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; adkim=s" } }, "example.com", NO, NO,
	    "none none - example.com" },
	{ "no policy below, one above", { { "_dmarc.a.example.com", DNS_TXT,
	    "v=DMARC1" }, { "_dmarc.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "a.example.com", NO, NO,
	    "none none - example.com" },
	{ "U-labels", { { "_dmarc.xn--mnchen-3ya.example", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "M\xc3\xbcnchen.example", NO,
	    "xn--mnchen-3ya.example",
	    "pass reject xn--mnchen-3ya.example xn--mnchen-3ya.example" },
	{ "many labels: the author's own", { { "_dmarc." LONG, DNS_TXT,
	    "v=DMARC1; p=reject" } }, LONG, NO, NO,
	    "fail reject " LONG " " LONG },
	{ "many labels: seven are asked", {
	    { "_dmarc.g.h.i.j.mail.example.com", DNS_TXT,
		"v=DMARC1; p=reject" } }, LONG, NO,
	    "g.h.i.j.mail.example.com",
	    "pass reject g.h.i.j.mail.example.com "
	    "g.h.i.j.mail.example.com" },
	{ "many labels: eight are not", {
	    { "_dmarc.f.g.h.i.j.mail.example.com", DNS_TXT,
		"v=DMARC1; p=reject" } }, LONG, NO, NO,
	    "none none - " LONG },
	{ "no answer", { { "_dmarc.example.com", 0, NO } }, "example.com", NO,
	    "example.com", "temperror none - example.com" },
	{ "no answer above, same domain", { { "_dmarc.a.example.com", DNS_TXT,
	    "v=DMARC1; p=reject" }, { "_dmarc.example.com", 0, NO } },
	    "a.example.com", NO, "a.example.com",
	    "pass reject a.example.com a.example.com" },
	{ "no answer above, another name", { { "_dmarc.a.example.com",
	    DNS_TXT, "v=DMARC1; p=reject" }, { "_dmarc.example.com", 0, NO } },
	    "a.example.com", NO, "b.example.com",
	    "temperror reject a.example.com a.example.com" },
	{ "no answer above, nothing passed", { { "_dmarc.a.example.com",
	    DNS_TXT, "v=DMARC1; p=reject" }, { "_dmarc.example.com", 0, NO } },
	    "a.example.com", NO, NO,
	    "fail reject a.example.com a.example.com" },
	{ "a literal is no domain", { { .name = NO } }, "[192.0.2.1]", NO, NO,
	    "permerror none - -" },
};

/* RFC 7489, by the public suffix list: only the domain and what was registered
 * are asked, and psd= means nothing. */
static const struct row psl_rows[] = {
	{ "the domain's own record", { { "_dmarc.a.example.co.uk", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "a.example.co.uk", NO, NO,
	    "fail reject a.example.co.uk example.co.uk" },
	{ "the organisational domain's", { { "_dmarc.example.co.uk", DNS_TXT,
	    "v=DMARC1; p=reject; sp=quarantine" } }, "a.b.example.co.uk", NO,
	    NO, "fail quarantine example.co.uk example.co.uk" },
	{ "one between them is not asked", { { "_dmarc.b.example.co.uk",
	    DNS_TXT, "v=DMARC1; p=reject" } }, "a.b.example.co.uk", NO, NO,
	    "none none - example.co.uk" },
	{ "one above is not asked", { { "_dmarc.co.uk", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "example.co.uk", NO, NO,
	    "none none - example.co.uk" },
	{ "no answer above does not matter", { { "_dmarc.co.uk", 0, NO },
	    { "_dmarc.example.co.uk", DNS_TXT, "v=DMARC1; p=reject" } },
	    "example.co.uk", NO, "example.co.uk",
	    "pass reject example.co.uk example.co.uk" },
	{ "relaxed, sisters", { { "_dmarc.example.co.uk", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "a.example.co.uk", "b.example.co.uk", NO,
	    "pass reject example.co.uk example.co.uk" },
	{ "psd=n below does not part sisters", { { "_dmarc.example.co.uk",
	    DNS_TXT, "v=DMARC1; p=reject" }, { "_dmarc.b.example.co.uk",
	    DNS_TXT, "v=DMARC1; p=none; psd=n" } }, "a.example.co.uk", NO,
	    "b.example.co.uk", "pass reject example.co.uk example.co.uk" },
	{ "psd=n does not make an organisation", { { "_dmarc.a.example.co.uk",
	    DNS_TXT, "v=DMARC1; p=reject; psd=n" } }, "a.example.co.uk", NO,
	    "b.example.co.uk", "pass reject a.example.co.uk example.co.uk" },
	{ "no answer at the domain itself", { { "_dmarc.a.example.co.uk", 0,
	    NO } }, "a.example.co.uk", NO, "a.example.co.uk",
	    "temperror none - example.co.uk" },
	{ "strict, sisters", { { "_dmarc.example.co.uk", DNS_TXT,
	    "v=DMARC1; p=reject; adkim=s" } }, "a.example.co.uk", NO,
	    "b.example.co.uk", "fail reject example.co.uk example.co.uk" },
	{ "neighbours", { { "_dmarc.example.co.uk", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "example.co.uk", "evil.co.uk", "co.uk",
	    "fail reject example.co.uk example.co.uk" },
	{ "a public suffix", { { "_dmarc.co.uk", DNS_TXT,
	    "v=DMARC1; p=reject" } }, "co.uk", NO, "example.co.uk",
	    "fail reject co.uk co.uk" },
	{ "no answer", { { "_dmarc.example.co.uk", 0, NO } },
	    "a.example.co.uk", NO, "a.example.co.uk",
	    "temperror none - example.co.uk" },
};

static struct dns *
build(const struct zone_row zone[4])
{
	struct dns *dns;
	int rc;

	assert_int_equal(dns_new_static(&dns), 0);
	for (size_t i = 0; i < 4 && zone[i].name != NULL; i++) {
		rc = zone[i].data == NULL ?
		    dns_static_timeout(dns, zone[i].name) :
		    dns_static_add(dns, zone[i].name, zone[i].type,
			zone[i].data, strlen(zone[i].data));
		assert_int_equal(rc, 0);
	}
	return dns;
}

static struct dns_session *
session(struct dns *dns)
{
	struct dns_session *s;

	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + 5000, 100,
		&s), 0);
	return s;
}

static void
set_passes(struct auth_spf *spf, struct auth_dkim *dkim, const char *spf_domain,
    const char *dkim_domain)
{
	memset(spf, 0, sizeof(*spf));
	memset(dkim, 0, sizeof(*dkim));
	if (spf_domain != NULL) {
		spf->result = AUTH_PASS;
		(void)snprintf(spf->domain, sizeof(spf->domain), "%s",
		    spf_domain);
	}
	if (dkim_domain != NULL) {
		dkim->count = 1;
		dkim->sig[0].result = AUTH_PASS;
		dkim->sig[0].covers_from = dkim->sig[0].whole_body = true;
		(void)snprintf(dkim->sig[0].domain, OCT_DOMAIN_SIZE, "%s",
		    dkim_domain);
	}
}

static const char *
dash(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

static void
check_rows(const struct row *all, size_t count, bool psl)
{
	struct auth_spf *spf = malloc(sizeof(*spf));
	struct auth_dkim *dkim = malloc(sizeof(*dkim));
	struct auth_dmarc_input in = { .from_count = 1, .spf = spf,
		.dkim = dkim, .psl = psl };
	struct dns_session *s;
	struct auth_dmarc d;
	struct dns *dns;
	char got[1024];

	for (size_t i = 0; i < count; i++) {
		dns = build(all[i].zone);
		s = session(dns);
		set_passes(spf, dkim, all[i].spf, all[i].dkim);
		in.from_domains = &all[i].from;
		auth_dmarc_check(s, &in, &d);
		(void)snprintf(got, sizeof(got), "%s %s %s %s",
		    auth_result_name(d.result),
		    auth_dmarc_policy_name(d.policy), dash(d.domain),
		    dash(d.org_domain));
		print_message("%s\n", all[i].name);
		assert_string_equal(got, all[i].expected);
		assert_int_equal(d.by_dkim || d.by_spf, d.result == AUTH_PASS);
		dns_session_free(s);
		dns_free(dns);
	}
	free(spf);
	free(dkim);
}

static void
policies_are_found_and_identifiers_aligned(void **state)
{
	(void)state;
	check_rows(rows, OCT_LEN(rows), false);
}

static void
the_public_suffix_list_may_stand_for_the_walk(void **state)
{
	char org[OCT_DOMAIN_SIZE];

	(void)state;
	if (auth_psl_org("a.example.co.uk", org) != 1)
		skip();
	check_rows(psl_rows, OCT_LEN(psl_rows), true);
}

static void
of_several_authors_the_worst_counts(void **state)
{
	static const struct zone_row zone[4] = {
		{ "_dmarc.good.example", DNS_TXT, "v=DMARC1; p=reject" },
		{ "_dmarc.bad.example", DNS_TXT, "v=DMARC1; p=reject" },
		{ "_dmarc.soft.example", DNS_TXT, "v=DMARC1; p=none" },
		{ "_dmarc.slow.example", 0, NULL } };
	static const struct {
		const char *from[3];
		size_t count;
		enum auth_result result;
		const char *domain;
	} cases[] = {
		{ { "good.example" }, 1, AUTH_PASS, "good.example" },
		{ { "good.example", "bad.example" }, 2, AUTH_FAIL,
		    "bad.example" },
		{ { "bad.example", "good.example" }, 2, AUTH_FAIL,
		    "bad.example" },
		{ { "soft.example", "bad.example", "slow.example" }, 3,
		    AUTH_FAIL, "bad.example" },
		{ { "good.example", "slow.example" }, 2, AUTH_TEMPERROR,
		    "slow.example" },
		{ { "good.example", "without.example" }, 2, AUTH_NONE,
		    "without.example" },
		{ { "good.example", "." }, 2, AUTH_PERMERROR, "" },
		{ { NULL }, 0, AUTH_PERMERROR, "" },
	};
	struct auth_dkim *dkim = malloc(sizeof(*dkim));
	struct auth_spf *spf = malloc(sizeof(*spf));
	struct dns *dns = build(zone);
	struct dns_session *s = session(dns);
	struct auth_dmarc_input in = { .dkim = dkim };
	struct auth_dmarc d;

	(void)state;
	set_passes(spf, dkim, NULL, "good.example");
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		in.from_domains = cases[i].from;
		in.from_count = cases[i].count;
		auth_dmarc_check(s, &in, &d);
		assert_string_equal(auth_result_name(d.result),
		    auth_result_name(cases[i].result));
		assert_string_equal(d.from_domain, cases[i].domain);
		assert_int_equal(d.author_domains, cases[i].count);
	}
	dns_session_free(s);
	dns_free(dns);
	free(spf);
	free(dkim);
}

static void
only_a_whole_signature_speaks_for_the_author(void **state)
{
	static const struct zone_row zone[4] = { { "_dmarc.example.com",
	    DNS_TXT, "v=DMARC1; p=reject" } };
	static const struct {
		enum auth_result result;
		bool covers_from, whole_body, pass;
	} cases[] = { { AUTH_PASS, true, true, true },
		{ AUTH_PASS, true, false, false },
		{ AUTH_PASS, false, true, false },
		{ AUTH_NEUTRAL, true, true, false },
		{ AUTH_FAIL, true, true, false },
		{ AUTH_TEMPERROR, true, true, false } };
	const char *from = "example.com";
	struct auth_dkim *dkim = malloc(sizeof(*dkim));
	struct auth_spf *spf = malloc(sizeof(*spf));
	struct auth_dmarc_input in = { .from_domains = &from,
		.from_count = 1, .spf = spf, .dkim = dkim };
	struct dns *dns = build(zone);
	struct dns_session *s = session(dns);
	struct auth_dmarc d;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		set_passes(spf, dkim, "example.com", "example.com");
		spf->result = AUTH_SOFTFAIL;
		dkim->sig[0].result = cases[i].result;
		dkim->sig[0].covers_from = cases[i].covers_from;
		dkim->sig[0].whole_body = cases[i].whole_body;
		auth_dmarc_check(s, &in, &d);
		assert_int_equal(d.result == AUTH_PASS, cases[i].pass);
	}
	dns_session_free(s);
	dns_free(dns);
	free(spf);
	free(dkim);
}

static void
a_walk_asks_at_most_eight_questions(void **state)
{
	static const struct zone_row zone[4] = { { .name = NULL } };
	struct dns *dns = build(zone);
	struct dns_session *s = session(dns);
	char org[OCT_DOMAIN_SIZE];

	(void)state;
	auth_dmarc_prefetch(s, LONG);
	assert_int_equal(dns_session_count(s), 8);
	assert_int_equal(auth_dmarc_org(s, LONG, org), 0);
	assert_string_equal(org, LONG);
	assert_int_equal(dns_session_count(s), 8);
	auth_dmarc_prefetch(s, "no domain name at all");
	assert_int_equal(auth_dmarc_org(s, "..", org), 0);
	assert_string_equal(org, "");
	assert_int_equal(dns_session_count(s), 8);
	dns_session_free(s);
	dns_free(dns);
}

static const struct {
	const char *text;
	bool record, usable;
	enum auth_dmarc_policy p, sp, np;
} records[] = {
	{ "v=DMARC1; p=reject", true, true, AUTH_DMARC_REJECT,
	    AUTH_DMARC_REJECT, AUTH_DMARC_REJECT },
	{ "V = DMARC1 ;P=Reject;;", true, true, AUTH_DMARC_REJECT,
	    AUTH_DMARC_REJECT, AUTH_DMARC_REJECT },
	{ "v=DMARC1; what; sp=none; p=quarantine; x=y; np=reject", true, true,
	    AUTH_DMARC_QUARANTINE, AUTH_DMARC_NONE, AUTH_DMARC_REJECT },
	{ "v=DMARC1; p=none; p=reject", true, true, AUTH_DMARC_NONE,
	    AUTH_DMARC_NONE, AUTH_DMARC_NONE },
	{ "v=DMARC1", true, false, 0, 0, 0 },
	{ "v=DMARC1; p=r", true, false, 0, 0, 0 },
	{ "v=DMARC1; p=r; rua=mailto:a@b", true, true, 0, 0, 0 },
	{ "v=DMARC1; p=reject; sp=what", true, false, 0, 0, 0 },
	{ "v=DMARC1; p=reject; np=; rua=https://b/", true, true, 0, 0, 0 },
	{ "v=DMARC1; rua=mailto:a@b!10m , x:y", true, true, 0, 0, 0 },
	{ "v=DMARC1; rua=nobody", true, false, 0, 0, 0 },
	{ "v=DMARC1; rua=mailto:", true, false, 0, 0, 0 },
	{ "v=DMARC1; rua=:a@b", true, false, 0, 0, 0 },
	{ "v=DMARC1; rua=mail to:a@b", true, false, 0, 0, 0 },
	{ "v=dmarc1; p=reject", false, false, 0, 0, 0 },
	{ "v=DMARC1x; p=reject", false, false, 0, 0, 0 },
	{ "v=DMARC1 p=reject", false, false, 0, 0, 0 },
	{ "p=reject; v=DMARC1", false, false, 0, 0, 0 },
	{ " v=DMARC1; p=reject", false, false, 0, 0, 0 },
	{ "v=spf1 -all", false, false, 0, 0, 0 },
	{ "", false, false, 0, 0, 0 },
};

static void
records_are_read_by_the_grammar(void **state)
{
	struct auth_dmarc_record r;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(records); i++) {
		print_message("%s\n", records[i].text);
		assert_int_equal(auth_dmarc_record_parse(records[i].text,
			strlen(records[i].text), &r),
		    records[i].record ? 0 : OCT_EPARSE);
		if (!records[i].record)
			continue;
		assert_int_equal(r.usable, records[i].usable);
		assert_int_equal(r.p, records[i].p);
		assert_int_equal(r.sp, records[i].sp);
		assert_int_equal(r.np, records[i].np);
	}
}

static void
the_suffix_list_knows_its_own(void **state)
{
	char org[OCT_DOMAIN_SIZE];

	(void)state;
	assert_int_equal(auth_psl_org("a.b.Example.CO.uk.", org), 1);
	assert_string_equal(org, "example.co.uk");
	assert_int_equal(auth_psl_org("x.com", org), 1);
	assert_string_equal(org, "x.com");
	assert_int_equal(auth_psl_org("co.uk", org), 0);
	assert_string_equal(org, "co.uk");
	assert_int_equal(auth_psl_org(".com", org), OCT_EPARSE);
	assert_string_equal(org, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_found_and_identifiers_aligned),
		cmocka_unit_test(the_public_suffix_list_may_stand_for_the_walk),
		cmocka_unit_test(of_several_authors_the_worst_counts),
		cmocka_unit_test(only_a_whole_signature_speaks_for_the_author),
		cmocka_unit_test(a_walk_asks_at_most_eight_questions),
		cmocka_unit_test(records_are_read_by_the_grammar),
		cmocka_unit_test(the_suffix_list_knows_its_own),
	};

	return cmocka_run_group_tests_name("dmarc", tests, NULL, NULL);
}
