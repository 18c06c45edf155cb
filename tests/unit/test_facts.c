/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of a message: what counts as proof that it comes from a domain of this
 * installation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "milter/facts.h"

#define OWN "ville.example"

static struct dir_snapshot *snapshot;
static const struct evaluate_envelope inbound = { .direction = DIR_INBOUND };

static int
make(void **state)
{
	static const char text[] =
	    "[{\"name\":\"" OWN "\",\"own_refuse\":true,\"mailboxes\":{"
	    "\"bob\":{}}}]";

	(void)state;
	return dir_snapshot_parse(text, sizeof(text) - 1, &snapshot);
}

static int
unmake(void **state)
{
	(void)state;
	directory_put(snapshot);
	return 0;
}

struct row {
	const char *name;
	bool proven;
	enum auth_result spf;
	enum auth_spf_term term;
	int prefix;
	const char *spf_domain; /* NULL = our own */
	bool helo, provider;
	enum auth_result dkim;
	const char *d;          /* NULL = our own */
	bool no_from, partial, length, testing;
	enum auth_result dmarc;
	bool by_dkim, by_spf;
	size_t authors; /* 0 = one */
	bool malformed;
};

#define SPF(kind, bits)                                                        \
	.spf = AUTH_PASS, .term = AUTH_SPF_##kind, .prefix = bits

static const struct row rows[] = {
	{ "nothing", false, .spf = AUTH_NONE },
	{ "one address", true, SPF(IP4, 32) },
	{ "a, of a host", true, SPF(A, 32) },
	{ "mx", true, SPF(MX, 32) },
	{ "65,536 addresses", true, SPF(IP4, 16) },
	{ "131,072 addresses", false, SPF(IP4, 15) },
	{ "everybody", false, SPF(IP4, 0) },
	{ "+all", false, SPF(ALL, -1) },
	{ "exists", false, SPF(EXISTS, -1) },
	{ "ptr", false, SPF(PTR, -1) },
	{ "libspf2 does not say by what", false, SPF(UNKNOWN, -1) },
	{ "IPv6 /32", true, SPF(IP6, 32) },
	{ "IPv6 /31", false, SPF(IP6, 31) },
	{ "wide, of a provider who binds paths", true, SPF(IP4, 15),
	    .provider = true },
	{ "+all beside a provider", false, SPF(ALL, -1), .provider = true },
	{ "HELO", false, SPF(IP4, 32), .helo = true },
	{ "SPF of another domain", false, SPF(IP4, 32),
	    .spf_domain = "far.example" },
	{ "SPF of a domain below", false, SPF(IP4, 32),
	    .spf_domain = "news." OWN },
	{ "SPF fails", false, .spf = AUTH_FAIL, .term = AUTH_SPF_IP4,
	    .prefix = 32 },
	{ "softfail", false, .spf = AUTH_SOFTFAIL,
	    .term = AUTH_SPF_IP4, .prefix = 32 },
	{ "DKIM", true, .dkim = AUTH_PASS },
	{ "DKIM beside a wide SPF", true, SPF(IP4, 0), .dkim = AUTH_PASS },
	{ "DKIM of another domain", false, .dkim = AUTH_PASS,
	    .d = "far.example" },
	{ "DKIM fails", false, .dkim = AUTH_FAIL },
	{ "From not signed", false, .dkim = AUTH_PASS, .no_from = true },
	{ "not the whole body", false, .dkim = AUTH_PASS, .partial = true },
	{ "l=", false, .dkim = AUTH_PASS, .length = true },
	{ "t=y", false, .dkim = AUTH_PASS, .testing = true },
	{ "DMARC by DKIM", true, .dmarc = AUTH_PASS, .by_dkim = true },
	{ "DMARC by a narrow SPF", true, SPF(IP4, 24),
	    .spf_domain = "news." OWN, .dmarc = AUTH_PASS, .by_spf = true },
	{ "DMARC by a wide SPF", false, SPF(IP4, 8), .dmarc = AUTH_PASS,
	    .by_spf = true },
	{ "DMARC by +all", false, SPF(ALL, -1), .dmarc = AUTH_PASS,
	    .by_spf = true },
	{ "DMARC fails", false, .dmarc = AUTH_FAIL },
	{ "two authors", false, SPF(IP4, 32), .authors = 2 },
	{ "a From that others read otherwise", false, SPF(IP4, 32),
	    .malformed = true },
};

static void
set(char *out, const char *text)
{
	memcpy(out, text, strlen(text) + 1);
}

static void
fill(const struct row *r, struct evaluation *ev)
{
	struct auth_dkim_sig *sig = &ev->dkim.sig[0];

	memset(ev, 0, sizeof(*ev));
	ev->spf.result = r->spf;
	ev->spf.term = r->term;
	ev->spf.prefix = r->prefix;
	ev->spf.helo = r->helo;
	set(ev->spf.domain, r->spf_domain != NULL ? r->spf_domain : OWN);
	ev->spf_listed_provider = r->provider;
	ev->dkim.count = r->dkim != AUTH_NONE;
	sig->result = r->dkim;
	set(sig->domain, r->d != NULL ? r->d : OWN);
	sig->covers_from = !r->no_from;
	sig->whole_body = !r->partial;
	sig->length = r->length;
	sig->testing = r->testing;
	ev->dmarc.result = r->dmarc;
	ev->dmarc.by_dkim = r->by_dkim;
	ev->dmarc.by_spf = r->by_spf;
	ev->from_count = r->authors > 0 ? r->authors : 1;
	ev->from_malformed = r->malformed;
	for (size_t i = 0; i < ev->from_count; i++) {
		set(ev->from[i].local, "maire");
		set(ev->from[i].domain, OWN);
	}
}

static void
what_proves_a_domain_of_ours(void **state)
{
	static struct evaluation ev;
	struct decide_msg out;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		fill(&rows[i], &ev);
		facts_message(&inbound, snapshot, &ev, 0, &out);
		assert_true(out.claims_hosted && out.claims_refuse);
		assert_int_equal(out.same_installation, rows[i].proven);
	}
}

static void
who_claims_no_domain_of_ours_needs_no_proof(void **state)
{
	static struct evaluation ev;
	struct decide_msg out;

	(void)state;
	fill(&rows[1], &ev);
	set(ev.from[0].domain, "far.example");
	facts_message(&inbound, snapshot, &ev, 0, &out);
	assert_false(out.claims_hosted || out.same_installation);
	/* One hosted author among several is a claim. */
	fill(&rows[1], &ev);
	ev.from_count = 2;
	set(ev.from[0].domain, "far.example");
	set(ev.from[1].domain, OWN);
	facts_message(&inbound, snapshot, &ev, 0, &out);
	assert_true(out.claims_hosted);
	assert_false(out.same_installation);
}

/* Each author may be blocked, the first one alone be granted. */
static void
every_author_may_be_blocked(void **state)
{
	static const struct {
		const char *name;
		bool granted;
	} names[] = {
		{ "addr:jean@a.example", true },
		{ "sent:jean@a.example", true },
		{ "dom:a.example", true },
		{ "addr:eve@b.example", false },
		{ "dom:b.example", false },
		{ "addr:eve@h.example", false },
		{ "dom:h.example", false },
		{ "addr:path@c.example", false },
		{ "dom:c.example", false },
	};
	static struct evaluation ev;
	struct oct_addr rpath = { .local = "path", .domain = "c.example" };
	struct facts_who *who;

	(void)state;
	memset(&ev, 0, sizeof(ev));
	set(ev.from_org, "a.example");
	for (size_t i = 0; i < EVALUATE_FROM_MAX; i++) {
		char domain[] = "a.example";

		domain[0] = (char)('a' + i);
		set(ev.from[i].local, i == 0 ? "jean" : "Eve");
		set(ev.from[i].domain, domain);
	}
	ev.from_count = EVALUATE_FROM_MAX;
	assert_int_equal(facts_who(&ev, &rpath, &who), 0);
	assert_true(who->count <= FACTS_WHO_MAX);
	for (size_t i = 0; i < OCT_LEN(names); i++) {
		size_t at = 0;

		print_message("  %s\n", names[i].name);
		while (at < who->count &&
		    strcmp(who->list[at], names[i].name) != 0)
			at++;
		assert_true(at < who->count);
		assert_int_equal(at < who->from_count, names[i].granted);
	}
	free(who);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_proves_a_domain_of_ours),
		cmocka_unit_test(every_author_may_be_blocked),
		cmocka_unit_test(who_claims_no_domain_of_ours_needs_no_proof),
	};

	return cmocka_run_group_tests_name("facts", tests, make, unmake);
}
