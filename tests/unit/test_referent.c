/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tenant's referent may change, attribute by attribute, and what not.
 */
#include "policy/referent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

/* All that is his, of each kind; whatever comes to the schema later is not, until
 * somebody thinks of it. */
static const struct {
	enum dir_kind kind;
	const char *his;
} kinds[] = {
	{ DIR_KIND_DOMAIN,
	    " lang catch_all statutory has_blocks tag hold reject challenge "
	    "first_contact unproven automatic proof outbound_here t_hold "
	    "t_hold_silent t_quiet t_allow t_allow_sent t_forget t_defer "
	    "t_button t_pass asks pass_messages digest " },
	{ DIR_KIND_MAILBOX,
	    " name state lang has_blocks tag hold reject credential forward "
	    "owners no_digest challenge_gentler "
	    "keep_copy closes closed challenge first_contact unproven "
	    "automatic proof outbound_here t_hold t_hold_silent t_quiet "
	    "t_allow t_allow_sent t_forget t_defer t_button t_pass asks "
	    "pass_messages digest " },
	{ DIR_KIND_ALIAS, " targets post posters state closes closed " },
	{ DIR_KIND_LEGACY,
	    " mailbox how server login until state closes closed " },
	{ DIR_KIND_TENANT, " " },
	{ DIR_KIND_PLAN, " " },
	{ DIR_KIND_PRICE, " " },
};

static void
each_attribute_is_his_or_the_centres(void **state)
{
	(void)state;
	for (size_t k = 0; k < OCT_LEN(kinds); k++) {
		size_t n = dir_attribute_count(kinds[k].kind);

		for (size_t i = 0; i < n; i++) {
			struct dir_attribute a;
			char word[80];

			dir_attribute_at(kinds[k].kind, i, &a);
			(void)snprintf(word, sizeof(word), " %s ", a.name);
			if (referent_may_set(kinds[k].kind, &a) !=
			    (strstr(kinds[k].his, word) != NULL))
				fail_msg("%s of %s",
				    a.name, dir_kind_name(kinds[k].kind));
		}
	}
}

#define HIS "{\"tenant\":\"agen\"}"
#define LIMIT "is a limit that the Centre sets"
#define CENTRE "is the Centre's to set"
#define REOPEN "by 'octroictl mailbox reopen'"

static const struct {
	const char *name, *domain;
	enum dir_kind kind;
	const char *before, *after;
	const char *says; /* NULL = his */
} rows[] = {
	{ "a new mailbox", HIS, DIR_KIND_MAILBOX, NULL,
	    "{\"name\":\"Accueil\"}", NULL },
	{ "of another tenant", "{\"tenant\":\"pujols\"}", DIR_KIND_MAILBOX,
	    NULL, "{}", "not of the tenant agen" },
	{ "of none", "{}", DIR_KIND_MAILBOX, NULL, "{}",
	    "not of the tenant agen" },
	{ "of no domain", NULL, DIR_KIND_MAILBOX, NULL, "{}",
	    "not of the tenant agen" },
	{ "its name", HIS, DIR_KIND_MAILBOX, "{\"storage\":\"5G\"}",
	    "{\"storage\":\"5G\",\"name\":\"A\"}", NULL },
	{ "more storage", HIS, DIR_KIND_MAILBOX, "{\"storage\":\"5G\"}",
	    "{\"storage\":\"10G\"}", "storage of a mailbox " LIMIT },
	{ "storage from the start", HIS, DIR_KIND_MAILBOX, NULL,
	    "{\"storage\":\"10G\"}", LIMIT },
	{ "a limit taken away", HIS, DIR_KIND_MAILBOX,
	    "{\"rate_messages_out\":\"10/1h\"}", "{}",
	    "rate_messages_out of a mailbox " LIMIT },
	{ "a limit raised", HIS, DIR_KIND_DOMAIN,
	    "{\"tenant\":\"agen\"}",
	    "{\"tenant\":\"agen\",\"domain_rate_volume_in\":\"none\"}", LIMIT },
	{ "no maximum any more", HIS, DIR_KIND_DOMAIN,
	    "{\"tenant\":\"agen\",\"limits_maximum\":true}",
	    "{\"tenant\":\"agen\"}", CENTRE },
	{ "past a limit", HIS, DIR_KIND_MAILBOX, "{}",
	    "{\"past_messages_out\":\"defer\"}", LIMIT },
	{ "challenges a day", HIS, DIR_KIND_MAILBOX, "{}",
	    "{\"cap_mailbox\":\"9999\"}", LIMIT },
	{ "sending again", HIS, DIR_KIND_MAILBOX,
	    "{\"sending\":\"suspended\"}", "{\"sending\":\"active\"}", CENTRE },
	{ "another referent", HIS, DIR_KIND_MAILBOX, "{}",
	    "{\"role\":\"referent\"}", CENTRE },
	{ "a mailbox closed", HIS, DIR_KIND_MAILBOX, "{}",
	    "{\"state\":\"closed\",\"closed\":\"2026-11-21\"}", NULL },
	{ "and opened", HIS, DIR_KIND_MAILBOX,
	    "{\"state\":\"closed\",\"closed\":\"2026-11-21\"}", "{}", REOPEN },
	{ "opened by name", HIS, DIR_KIND_MAILBOX, "{\"state\":\"closed\"}",
	    "{\"state\":\"active\"}", REOPEN },
	{ "closed, then suspended", HIS, DIR_KIND_MAILBOX,
	    "{\"state\":\"closed\"}", "{\"state\":\"suspended\"}", REOPEN },
	{ "what is closed, named", HIS, DIR_KIND_MAILBOX,
	    "{\"state\":\"closed\"}",
	    "{\"state\":\"closed\",\"name\":\"A\"}", NULL },
	{ "active, by two words", HIS, DIR_KIND_MAILBOX, "{}",
	    "{\"state\":\"active\"}", NULL },
	{ "suspended", HIS, DIR_KIND_MAILBOX, "{\"state\":\"suspended\"}",
	    "{\"state\":\"active\"}", "by the Centre alone" },
	{ "closed instead of suspended", HIS, DIR_KIND_MAILBOX,
	    "{\"state\":\"suspended\"}", "{\"state\":\"closed\"}",
	    "by the Centre alone" },
	{ "removed", HIS, DIR_KIND_MAILBOX, "{\"state\":\"closed\"}", NULL,
	    "removed by the Centre alone" },
	{ "a redirection that works", HIS, DIR_KIND_LEGACY,
	    "{\"mailbox\":\"a\",\"how\":\"forwarded\"}",
	    "{\"mailbox\":\"a\",\"how\":\"forwarded\","
	    "\"verified\":\"2026-11-21\"}",
	    "verified of a legacy " CENTRE },
	{ "a server", HIS, DIR_KIND_LEGACY, "{\"mailbox\":\"a\"}",
	    "{\"mailbox\":\"a\",\"server\":\"imaps://imap.test\"}", NULL },
	{ "another for a password that was given", HIS, DIR_KIND_LEGACY,
	    "{\"server\":\"imaps://imap.test\",\"password\":\"x\"}",
	    "{\"server\":\"imaps://his.test\",\"password\":\"x\"}",
	    "server of a legacy " },
	{ "a domain given away", HIS, DIR_KIND_DOMAIN, HIS,
	    "{\"tenant\":\"pujols\"}", CENTRE },
	{ "a domain closed", HIS, DIR_KIND_DOMAIN, HIS,
	    "{\"tenant\":\"agen\",\"state\":\"closed\"}", CENTRE },
	{ "a new domain", HIS, DIR_KIND_DOMAIN, NULL, HIS,
	    "added by the Centre alone" },
	{ "where it is delivered", HIS, DIR_KIND_DOMAIN, HIS,
	    "{\"tenant\":\"agen\",\"transport\":\"smtp:[x.test]\"}", CENTRE },
	{ "protection lifted", HIS, DIR_KIND_DOMAIN, HIS,
	    "{\"tenant\":\"agen\",\"unprotected\":true}", CENTRE },
	{ "how strangers are treated", HIS, DIR_KIND_DOMAIN, HIS,
	    "{\"tenant\":\"agen\",\"challenge\":\"first-contact\","
	    "\"t_hold\":\"9d\"}",
	    NULL },
	{ "a group", HIS, DIR_KIND_ALIAS, NULL,
	    "{\"targets\":[\"a@b.test\"],\"post\":\"members\"}", NULL },
};

static void
what_is_not_his_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct referent_ask ask = { .tenant = "agen",
			.domain = rows[i].domain,
			.kind = rows[i].kind,
			.before = rows[i].before,
			.after = rows[i].after };
		char problem[256] = "";
		int rc = referent_check(&ask, problem);

		(void)printf("  %s\n", rows[i].name);
		assert_int_equal(rc, rows[i].says != NULL ? OCT_EAUTH : 0);
		if (rows[i].says != NULL &&
		    strstr(problem, rows[i].says) == NULL)
			fail_msg("says: %s", problem);
	}
}

/* What reopen found in the journal is neither his wish nor our guess. */
static void
what_is_closed_is_reopened_as_it_stood(void **state)
{
	static const struct {
		const char *before, *after;
		int rc;
	} cases[] = {
		{ "{\"state\":\"closed\"}", "{}", 0 },
		{ "{\"state\":\"closed\"}", "{\"state\":\"suspended\"}", 0 },
		/* Suspended meanwhile. */
		{ "{\"state\":\"suspended\"}", "{}", OCT_EAUTH },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		const struct referent_ask ask = { .tenant = "agen",
			.domain = HIS,
			.kind = DIR_KIND_MAILBOX,
			.before = cases[i].before,
			.after = cases[i].after,
			.reopen = true };
		char problem[256];

		assert_int_equal(referent_check(&ask, problem), cases[i].rc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attribute_is_his_or_the_centres),
		cmocka_unit_test(what_is_not_his_is_refused),
		cmocka_unit_test(what_is_closed_is_reopened_as_it_stood),
	};

	return cmocka_run_group_tests_name("referent", tests, NULL, NULL);
}
