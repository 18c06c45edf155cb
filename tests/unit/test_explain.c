/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision in words: every name that the programs use has its own, in both
 * languages, and nothing of a message reaches the terminal as it came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/decide.h"
#include "policy/event.h"
#include "policy/score.h"
#include "provisioning/ctl_explain.h"

static char *
explain(const struct event *e, enum explain_lang lang)
{
	char *json = event_write(e), *text;
	struct oct_str out;
	json_t *v;

	assert_non_null(json);
	v = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(v);
	oct_str_heap(&out, 65536);
	explain_event(v, lang, &out);
	text = oct_str_take(&out);
	assert_non_null(text);
	json_decref(v);
	free(json);
	return text;
}

static const struct event plain = { .id = "4XyZ",
	.rcpt = "anne@ville.example",
	.rpath = "alice@example.org",
	.from = "alice@example.org",
	.client = "192.0.2.10",
	.direction = "inbound",
	.class = "A",
	.spf = "pass",
	.dkim = "none",
	.dmarc = "pass",
	.symbols = "SPF_FAIL(3.00),DMARC_PASS(-1.00)",
	.verdict = "hold",
	.reason = "first-contact",
	.item = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	.row = 12,
	.ask = true,
	.score = 200,
	.thresholds = { 400, 600, 1500 },
	.time_ms = 1795255200000LL };

static void
the_whole(void **state)
{
	char *fr = explain(&plain, EXPLAIN_FR), *en = explain(&plain,
	    EXPLAIN_EN);

	(void)state;
	assert_string_equal(fr,
	    "2026-11-21T10:00:00Z 4XyZ, pour anne@ville.example, de "
	    "alice@example.org, auteur alice@example.org, serveur 192.0.2.10\n"
	    "  Décision : retenu — c'est le premier message de cet expéditeur "
	    "(ligne 12)\n"
	    "  on demande à l'expéditeur de confirmer\n"
	    "  Message retenu : aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
	    "  Preuve : l'adresse d'envoi est prouvée; spf=pass dkim=none "
	    "dmarc=pass\n"
	    "  Score : 2.00 (marqué à partir de 4.00, retenu de 6.00, refusé "
	    "de 15.00)\n"
	    "      3.00 SPF_FAIL  le serveur expéditeur n'est pas autorisé par "
	    "le domaine (SPF)\n"
	    "     -1.00 DMARC_PASS  le domaine de l'auteur est prouvé "
	    "(DMARC)\n");
	assert_non_null(strstr(en,
	    "  Decision: held — it is the first message of this sender "
	    "(row 12)\n"));
	assert_non_null(strstr(en, "the author's domain is proven (DMARC)"));
	free(fr);
	free(en);
}

/* Refused for all, capped, simulated, unknown names, nothing at all. */
static void
the_rest(void **state)
{
	struct event e = plain;
	char *text;

	(void)state;
	e.reply = "refuse";
	e.reply_reason = "spam";
	e.reply_row = 5;
	e.score = 150;
	e.would = "hold";
	e.would_row = 12;
	e.symbols = "OLD_NAME(3.00),VIRUS(Eicar),BARE";
	e.virus = "Eicar";
	e.override = "arc";
	text = explain(&e, EXPLAIN_EN);
	assert_non_null(strstr(text, "Answer for all recipients: refused — its "
				     "score reaches the threshold (row 5)\n"));
	assert_non_null(strstr(text, "Without the simulation: held (row 12)"));
	assert_non_null(strstr(text, "OLD_NAME  (not explained here)"));
	assert_non_null(strstr(text, "less than their sum"));
	assert_non_null(strstr(text, "Signature found: Eicar"));
	assert_non_null(strstr(text, "was not done: arc"));
	free(text);
	e = (struct event){ .time_ms = 1 };
	text = explain(&e, EXPLAIN_FR);
	assert_non_null(strstr(text, "rien de remarquable"));
	free(text);
}

static void
every_name_has_words(void **state)
{
	(void)state;
	for (int lang = EXPLAIN_FR; lang <= EXPLAIN_EN; lang++) {
		for (int r = 0; r <= FATE_R_BYPASS; r++) {
			struct event e = plain;
			char *text, wrong[64];

			e.reason = fate_reason_name((enum fate_reason)r);
			text = explain(&e, (enum explain_lang)lang);
			(void)snprintf(wrong, sizeof(wrong), "— %s (",
			    e.reason);
			if (strstr(text, wrong) != NULL)
				fail_msg("no words for %s", e.reason);
			free(text);
		}
	}
}

static void
nothing_steers_the_terminal(void **state)
{
	struct event e = plain;
	char *text;

	(void)state;
	e.rpath = "a\x1b[2J\n@example.org";
	e.symbols = "A\x1b[0m(1.00)\n,B(\x07)";
	e.reason = "\x1b]0;x";
	e.virus = "\r\x9b";
	text = explain(&e, EXPLAIN_EN);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 && *p != '\n')
			fail_msg("octet %d in %s", *p, text);
	assert_null(strstr(text, "\xc2\x9b"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole),
		cmocka_unit_test(the_rest),
		cmocka_unit_test(every_name_has_words),
		cmocka_unit_test(nothing_steers_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
