/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known to have come by an old address elsewhere, and what a forger gains
 * by it: nothing is delivered for him.
 */
#include "policy/legacy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/directory_schema.h"

#define TODAY "2026-11-21"

/* One domain with these legacy addresses. */
static const char site[] =
    "{\"name\":\"ville.fr\",\"mailboxes\":{\"accueil\":{},\"maire\":{}},"
    "\"legacy\":{"
    "\"mairie@isp.test\":{\"mailbox\":\"accueil\",\"how\":\"forwarded\","
    "\"verified\":\"2026-01-02\"},"
    "\"new@isp.test\":{\"mailbox\":\"maire\",\"how\":\"forwarded\"},"
    "\"old@isp.test\":{\"mailbox\":\"maire\",\"how\":\"forwarded\","
    "\"verified\":\"2026-01-02\",\"until\":\"2026-11-20\"},"
    "\"shut@isp.test\":{\"mailbox\":\"maire\",\"how\":\"forwarded\","
    "\"verified\":\"2026-01-02\",\"state\":\"closed\","
    "\"closed\":\"2026-02-01\"},"
    "\"pop@isp.test\":{\"mailbox\":\"maire\",\"how\":\"collected\","
    "\"verified\":\"2026-01-02\",\"server\":\"imaps://imap.isp.test\"},"
    "\"last@isp.test\":{\"mailbox\":\"accueil\",\"how\":\"forwarded\","
    "\"verified\":\"2026-01-02\",\"until\":\"2026-11-21\"}}}";

static void
only_verified_forwards_are_live(void **state)
{
	static const struct {
		const char *address;
		bool live;
	} rows[] = {
		{ "mairie@isp.test", true },
		{ "new@isp.test", false },  /* nobody has seen it work */
		{ "old@isp.test", false },  /* over since yesterday */
		{ "last@isp.test", true },  /* its last day */
		{ "shut@isp.test", false }, /* closed */
		{ "pop@isp.test", false },  /* fetched, not sent on */
	};
	struct dir_snapshot *s = NULL;
	const struct dir_domain *d;
	size_t next = 0;

	(void)state;
	assert_int_equal(dir_snapshot_parse(site, strlen(site), &s), 0);
	d = dir_domain(s, "ville.fr");
	assert_non_null(d);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct dir_record *r = dir_legacy(d, rows[i].address);

		(void)printf("  %s\n", rows[i].address);
		assert_non_null(r);
		assert_int_equal(legacy_is_live(r, TODAY), rows[i].live);
		assert_string_equal(legacy_domain(r), "isp.test");
	}
	assert_null(legacy_next(d, "maire", TODAY, &next));
	next = 0;
	assert_string_equal(
	    legacy_next(d, "accueil", TODAY, &next)->name, "last@isp.test");
	assert_string_equal(
	    legacy_next(d, "accueil", TODAY, &next)->name, "mairie@isp.test");
	assert_null(legacy_next(d, "accueil", TODAY, &next));
	directory_put(s);
}

static const struct {
	const char *name, *rpath;
	enum auth_result spf;
	bool narrow, helo, sealed, host;
	enum legacy_credit want;
} rows[] = {
	{ "sent on as it came", "x@citoyen.test", AUTH_FAIL, false, false,
	    false, true, LEGACY_HOST },
	{ "no SPF at all", "x@citoyen.test", AUTH_NONE, false, false, false,
	    true, LEGACY_HOST },
	{ "its own account", "mairie@isp.test", AUTH_PASS, true, false, false,
	    false, LEGACY_PROVEN },
	{ "its own account, with the way in it",
	    "mairie+caf_=accueil=ville.fr@isp.test", AUTH_PASS, true, false,
	    false, false, LEGACY_PROVEN },
	{ "rewritten", "SRS0=ab=cd=citoyen.test=x@isp.test", AUTH_PASS, true,
	    false, false, false, LEGACY_HOST },
	{ "rewritten, of a host of its domain",
	    "srs1+ab=x@fwd.isp.test", AUTH_PASS, true, false, false, false,
	    LEGACY_HOST },
	{ "sealed", "x@citoyen.test", AUTH_FAIL, false, false, true, false,
	    LEGACY_PROVEN },
	/* What is none. */
	{ "a forger somewhere", "x@banque.test", AUTH_FAIL, false, false,
	    false, false, LEGACY_NONE },
	{ "who only says to be the account", "mairie@isp.test", AUTH_FAIL,
	    false, false, false, false, LEGACY_NONE },
	{ "the account, of a provider that proves nothing",
	    "mairie@isp.test", AUTH_PASS, false, false, false, false,
	    LEGACY_NONE },
	{ "by the name of the host alone", "mairie@isp.test", AUTH_PASS, true,
	    true, false, false, LEGACY_NONE },
	{ "a neighbour at the provider", "voisin@isp.test", AUTH_PASS, true,
	    false, false, false, LEGACY_NONE },
	{ "rewritten by somebody else", "SRS0=ab=cd=x.test=x@fwd.test",
	    AUTH_PASS, true, false, false, false, LEGACY_NONE },
	{ "who only looks rewritten", "SRS0=ab=cd=x.test=x@isp.test",
	    AUTH_FAIL, false, false, false, false, LEGACY_NONE },
	{ "SRS in a name", "srs0nline@isp.test", AUTH_PASS, true, false, false,
	    false, LEGACY_NONE },
	{ "a stranger with SPF of his own", "x@citoyen.test", AUTH_PASS, true,
	    false, false, true, LEGACY_NONE },
	{ "a bounce", "", AUTH_NONE, false, true, false, true, LEGACY_NONE },
};

static void
who_sent_it_on(void **state)
{
	struct dir_snapshot *s = NULL;
	const struct dir_record *r;

	(void)state;
	assert_int_equal(dir_snapshot_parse(site, strlen(site), &s), 0);
	r = dir_legacy(dir_domain(s, "ville.fr"), "mairie@isp.test");
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct auth_spf spf = { .result = rows[i].spf,
			.helo = rows[i].helo };
		struct oct_addr rpath = { .local = "" };
		const struct legacy_input in = { .legacy = r,
			.rpath = &rpath,
			.spf = &spf,
			.spf_is_narrow = rows[i].narrow,
			.sealed = rows[i].sealed,
			.from_host = rows[i].host };

		(void)printf("  %s\n", rows[i].name);
		if (*rows[i].rpath != '\0')
			assert_int_equal(
			    oct_addr_parse(rows[i].rpath, &rpath), 0);
		assert_int_equal(legacy_credit(&in), rows[i].want);
	}
	directory_put(s);
}

/* --- What it comes to ----------------------------------------------------- */

static const struct {
	const char *name;
	struct decide_msg m;
	struct decide_rcpt r;
	enum fate_verdict plain, host, proven;
	enum fate_reason host_reason;
} fates[] = {
	{ "a DMARC policy of refusal",
	    { .dmarc = AUTH_FAIL, .dmarc_policy = AUTH_DMARC_REJECT },
	    { .class = PROOF_X }, FATE_REFUSE, FATE_HOLD, FATE_DELIVER,
	    FATE_R_SPOOF },
	{ "one of quarantine",
	    { .dmarc = AUTH_FAIL, .dmarc_policy = AUTH_DMARC_QUARANTINE },
	    { .class = PROOF_X }, FATE_HOLD, FATE_HOLD, FATE_DELIVER,
	    FATE_R_SPOOF },
	{ "a hosted domain's name", { .claims_hosted = true },
	    { .class = PROOF_N }, FATE_HOLD, FATE_HOLD, FATE_HOLD,
	    FATE_R_SPOOF },
	{ "one that refuses", { .claims_hosted = true, .claims_refuse = true },
	    { .class = PROOF_N }, FATE_REFUSE, FATE_HOLD, FATE_HOLD,
	    FATE_R_SPOOF },
	{ "spam", { .score = 5000 }, { .class = PROOF_N }, FATE_REFUSE,
	    FATE_HOLD, FATE_HOLD, FATE_R_SPAM },
	{ "a blocked sender", { .score = 0 },
	    { .class = PROOF_N, .has_blocks = true, .blocked = true,
		.store_known = true },
	    FATE_REFUSE, FATE_HOLD, FATE_HOLD, FATE_R_BLOCKED },
	{ "a stranger without proof", { .score = 0 },
	    { .class = PROOF_N, .mode = OPTION_CHALLENGE_FIRST_CONTACT,
		.unproven = OPTION_UNPROVEN_REFUSE, .store_known = true,
		.may_ask = true },
	    FATE_REFUSE, FATE_HOLD, FATE_HOLD, FATE_R_FIRST_CONTACT },
	{ "one who could be asked", { .score = 0 },
	    { .class = PROOF_A, .mode = OPTION_CHALLENGE_FIRST_CONTACT,
		.store_known = true, .may_ask = true },
	    FATE_HOLD, FATE_HOLD, FATE_HOLD, FATE_R_FIRST_CONTACT },
	{ "an ordinary message", { .score = 0 }, { .class = PROOF_N },
	    FATE_DELIVER, FATE_DELIVER, FATE_DELIVER, FATE_R_OPTION_OFF },
};

static void
what_it_comes_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(fates); i++) {
		const enum fate_verdict want[] = { fates[i].plain,
			fates[i].host, fates[i].proven };
		struct decide_rcpt r = fates[i].r;
		struct fate f;

		(void)printf("  %s\n", fates[i].name);
		r.domain = "ville.fr";
		r.has_room = true;
		r.thresholds = (struct dir_thresholds){ 500, 1000, 2000 };
		for (int l = LEGACY_NONE; l <= LEGACY_PROVEN; l++) {
			r.legacy = (enum legacy_credit)l;
			decide_rcpt(&fates[i].m, &r, &f);
			assert_int_equal(f.verdict, want[l]);
			if (l == LEGACY_HOST)
				assert_int_equal(
				    f.reason, fates[i].host_reason);
			if (l != LEGACY_NONE)
				assert_false(f.ask);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_verified_forwards_are_live),
		cmocka_unit_test(who_sent_it_on),
		cmocka_unit_test(what_it_comes_to),
	};

	return cmocka_run_group_tests_name("legacy", tests, NULL, NULL);
}
