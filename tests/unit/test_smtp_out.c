/* SPDX-License-Identifier: Apache-2.0 */
/* What each answer of a server comes to, and what is said to it. */
#include "lib/smtp_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/smtp_script.h"

static const struct {
	const char *name;
	struct step steps[STEPS];
	int want, code;
	const char *text;
	bool sent_all;
} stages[] = {
	{ "delivered", { HI, MAIL, RCPT, DATA, QUEUED, QUIT }, 0, 250,
	    "2.0.0 Ok: queued as 4ABC", true },
	{ "greeting 554", { { CONNECT, "554 no\r\n" }, { GONE, NULL } },
	    OCT_EDOWN, 554, "no", false },
	{ "greeting 421", { { CONNECT, "421 busy\r\n" }, { GONE, NULL } },
	    OCT_EDOWN, 421, "busy", false },
	{ "greeting lost", { { CONNECT, CLOSE } }, OCT_EDOWN, 0,
	    "service unavailable (at greeting)", false },
	{ "greeting silent", { { CONNECT, NULL }, { GONE, NULL } },
	    OCT_ETIME, 0, "deadline passed (at greeting)", false },
	{ "EHLO 502", { { CONNECT, "220 hi\r\n" },
	    { "EHLO edge.example", "502 what\r\n" }, { GONE, NULL } },
	    OCT_EDOWN, 502, "what", false },
	{ "MAIL 452", { HI,
	    { "MAIL FROM:<s@a.example>", "452 4.3.1 full\r\n" },
	    { "RSET", "250 Ok\r\n" }, QUIT }, OCT_EDEFER, 452,
	    "4.3.1 full", false },
	{ "MAIL 553", { HI,
	    { "MAIL FROM:<s@a.example>", "553 5.1.8 no\r\n" },
	    { "RSET", "250 Ok\r\n" }, QUIT }, OCT_EREFUSED, 553,
	    "5.1.8 no", false },
	{ "MAIL 354", { HI, { "MAIL FROM:<s@a.example>", "354 go\r\n" },
	    { GONE, NULL } }, OCT_EREPLY, 0,
	    "unexpected answer from a service (at MAIL)", false },
	{ "MAIL 421", { HI, { "MAIL FROM:<s@a.example>", "421 bye\r\n" },
	    { GONE, NULL } }, OCT_EDEFER, 421, "bye", false },
	{ "RCPT 450", { HI, MAIL,
	    { "RCPT TO:<r@b.example>", "450 4.2.0 later\r\n" },
	    { "RSET", "250 Ok\r\n" }, QUIT }, OCT_EDEFER, 450,
	    "4.2.0 later", false },
	{ "RCPT 550, RSET refused", { HI, MAIL,
	    { "RCPT TO:<r@b.example>", "550-5.1.1 who\r\n550 5.1.1 no\r\n" },
	    { "RSET", "500 what\r\n" }, { GONE, NULL } }, OCT_EREFUSED,
	    550, "5.1.1 no", false },
	{ "RCPT lost", { HI, MAIL, { "RCPT TO:<r@b.example>", CLOSE } },
	    OCT_EDOWN, 0, "service unavailable (at RCPT)", false },
	{ "DATA 554", { HI, MAIL, RCPT, { "DATA", "554 5.5.1 none\r\n" },
	    { "RSET", "250 Ok\r\n" }, QUIT }, OCT_EREFUSED, 554,
	    "5.5.1 none", false },
	{ "DATA 250", { HI, MAIL, RCPT, { "DATA", "250 thanks\r\n" },
	    { GONE, NULL } }, OCT_EREPLY, 0,
	    "unexpected answer from a service (at DATA)", false },
	{ "DATA silent", { HI, MAIL, RCPT, { "DATA", NULL },
	    { GONE, NULL } }, OCT_ETIME, 0, "deadline passed (at DATA)",
	    false },
	{ "dot 451", { HI, MAIL, RCPT, DATA, { BODY, "451 4.3.0 no\r\n" },
	    QUIT }, OCT_EDEFER, 451, "4.3.0 no", true },
	{ "dot 554", { HI, MAIL, RCPT, DATA, { BODY, "554 5.6.0 no\r\n" },
	    QUIT }, OCT_EREFUSED, 554, "5.6.0 no", true },
	{ "dot lost", { HI, MAIL, RCPT, DATA, { BODY, CLOSE } },
	    OCT_EDOWN, 0, "service unavailable (at final dot)", true },
	{ "dot silent", { HI, MAIL, RCPT, DATA, { BODY, NULL },
	    { GONE, NULL } }, OCT_ETIME, 0,
	    "deadline passed (at final dot)", true },
	{ "dot 354", { HI, MAIL, RCPT, DATA, { BODY, "354 more\r\n" },
	    { GONE, NULL } }, OCT_EREPLY, 0,
	    "unexpected answer from a service (at final dot)", true },
	{ "not SMTP", { { CONNECT, "SSH-2.0-x\r\n" }, { GONE, NULL } },
	    OCT_EREPLY, 0, "unexpected answer from a service (at greeting)",
	    false },
	{ "two answers to one command", { HI,
	    { "MAIL FROM:<s@a.example>", "250 a\r\n250 b\r\n" },
	    { GONE, NULL } }, OCT_EDOWN, 0,
	    "service unavailable (at RCPT)", false },
	{ "half a line, then silence", { { CONNECT, "220 h" },
	    { GONE, NULL } }, OCT_ETIME, 0,
	    "deadline passed (at greeting)", false },
	{ "bare LF in replies", { { CONNECT, "220 hi\n" },
	    { "EHLO edge.example", "250-b\n250 DSN\n" }, MAIL, RCPT, DATA,
	    QUEUED, QUIT }, 0, 250, "2.0.0 Ok: queued as 4ABC", true },
};

static void
each_stage_gives_its_outcome(void **state OCT_UNUSED)
{
	for (size_t i = 0; i < OCT_LEN(stages); i++) {
		struct smtp_mail mail = server_mail();
		struct smtp_reply reply;
		struct smtp_out *out;
		struct server s;

		print_message("  %s\n", stages[i].name);
		server_start(&s, stages[i].steps, server_listen());
		out = server_client(server_address(), NULL);
		assert_int_equal(smtp_out_send(out, &mail, &reply),
		    stages[i].want);
		smtp_out_free(out);
		server_join(&s);
		assert_int_equal(reply.code, stages[i].code);
		assert_string_equal(reply.text, stages[i].text);
		assert_int_equal(reply.sent_all, stages[i].sent_all);
		assert_string_equal(reply.queue_id,
		    stages[i].want == 0 ? "4ABC" : "");
		assert_false(s.pipelined);
		oct_str_free(&s.message);
	}
}

static void
parameters_follow_the_offer(void **state OCT_UNUSED)
{
	static const struct {
		const char *name;
		struct step steps[STEPS];
		const char *from, *mail_params, *rcpt_params;
		int want;
	} rows[] = {
		{ "all offered", { EHLO_WITH("250-8BITMIME\r\n250 DSN\r\n"),
		    { "MAIL FROM:<s@a.example> BODY=8BITMIME RET=HDRS ENVID=q",
		    "250 Ok\r\n" }, { "RCPT TO:<r@b.example> NOTIFY=NEVER "
		    "ORCPT=rfc822;R@b.example", "250 Ok\r\n" }, DATA, QUEUED,
		    QUIT }, "s@a.example",
		    "SIZE=5 BODY=8BITMIME RET=HDRS ENVID=q",
		    "NOTIFY=NEVER ORCPT=rfc822;R@b.example", 0 },
		{ "no DSN", { EHLO_WITH("250 8BITMIME\r\n"),
		    { "MAIL FROM:<s@a.example> BODY=8BITMIME", "250 Ok\r\n" },
		    RCPT, DATA, QUEUED, QUIT }, "s@a.example",
		    "BODY=8BITMIME RET=HDRS", "NOTIFY=NEVER", 0 },
		{ "null path", { HI, { "MAIL FROM:<>", "250 Ok\r\n" }, RCPT,
		    DATA,
		    QUEUED, QUIT }, "", "", "", 0 },
		{ "UTF-8 address", { EHLO_WITH("250 SMTPUTF8\r\n"),
		    { "MAIL FROM:<\xc3\xa9@a.example> SMTPUTF8", "250 Ok\r\n" },
		    RCPT, DATA, QUEUED, QUIT }, "\xc3\xa9@a.example", "", "",
		    0 },
		{ "UTF-8 address, said", { EHLO_WITH("250 SMTPUTF8\r\n"),
		    { "MAIL FROM:<\xc3\xa9@a.example> smtputf8", "250 Ok\r\n" },
		    RCPT, DATA, QUEUED, QUIT }, "\xc3\xa9@a.example",
		    "smtputf8",
		    "", 0 },
		{ "UTF-8 address, not offered", { HI, QUIT },
		    "\xc3\xa9@a.example", "SMTPUTF8", "", OCT_EREFUSED },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct smtp_mail mail = server_mail();
		struct smtp_reply reply;
		struct smtp_out *out;
		struct server s;

		print_message("  %s\n", rows[i].name);
		mail.mail_from = rows[i].from;
		mail.mail_params = rows[i].mail_params;
		mail.rcpt_params = rows[i].rcpt_params;
		server_start(&s, rows[i].steps, server_listen());
		out = server_client(server_address(), NULL);
		assert_int_equal(smtp_out_send(out, &mail, &reply),
		    rows[i].want);
		smtp_out_free(out);
		server_join(&s);
		oct_str_free(&s.message);
	}
}

static void
pipelining_is_used_where_offered(void **state OCT_UNUSED)
{
	static const struct {
		const char *name;
		struct step steps[STEPS];
		int want, code;
	} rows[] = {
		{ "delivered", { EHLO_WITH("250 PIPELINING\r\n"), MAIL, RCPT,
		    DATA,
		    QUEUED, QUIT }, 0, 250 },
		{ "MAIL refused, RCPT too", { EHLO_WITH("250 PIPELINING\r\n"),
		    { "MAIL FROM:<s@a.example>", "553 no\r\n" },
		    { "RCPT TO:<r@b.example>", "503 need MAIL\r\n" },
		    { "RSET", "250 Ok\r\n" }, QUIT }, OCT_EREFUSED, 553 },
		{ "MAIL deferred, RCPT taken",
		    { EHLO_WITH("250 PIPELINING\r\n"),
		    { "MAIL FROM:<s@a.example>", "451 no\r\n" },
		    { "RCPT TO:<r@b.example>", "250 Ok\r\n" },
		    { "RSET", "250 Ok\r\n" }, QUIT }, OCT_EDEFER, 451 },
		{ "RCPT refused", { EHLO_WITH("250 PIPELINING\r\n"), MAIL,
		    { "RCPT TO:<r@b.example>", "550 no\r\n" },
		    { "RSET", "250 Ok\r\n" }, QUIT }, OCT_EREFUSED, 550 },
		{ "lost at RCPT", { EHLO_WITH("250 PIPELINING\r\n"), MAIL,
		    { "RCPT TO:<r@b.example>", CLOSE } }, OCT_EDOWN, 0 },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct smtp_mail mail = server_mail();
		struct smtp_reply reply;
		struct smtp_out *out;
		struct server s;

		print_message("  %s\n", rows[i].name);
		server_start(&s, rows[i].steps, server_listen());
		out = server_client(server_address(), NULL);
		assert_int_equal(smtp_out_send(out, &mail, &reply),
		    rows[i].want);
		smtp_out_free(out);
		server_join(&s);
		assert_int_equal(reply.code, rows[i].code);
		assert_true(s.pipelined);
		oct_str_free(&s.message);
	}
}

static void
credentials_are_sent_or_said_wrong(void **state OCT_UNUSED)
{
	/* printf '\0own\0s3cret' | base64 */
	static const char auth[] = "AUTH PLAIN AG93bgBzM2NyZXQ=";
	static const struct {
		const char *name;
		struct step steps[STEPS];
		int want, code;
	} rows[] = {
		{ "accepted", { EHLO_WITH("250 AUTH PLAIN\r\n"),
		    { auth, "235 2.7.0 Ok\r\n" }, MAIL, RCPT, DATA, QUEUED,
		    QUIT },
		    0, 250 },
		{ "wrong", { EHLO_WITH("250 AUTH PLAIN\r\n"),
		    { auth, "535 5.7.8 no\r\n" }, { GONE, NULL } }, OCT_EAUTH,
		    535 },
		{ "later", { EHLO_WITH("250 AUTH PLAIN\r\n"),
		    { auth, "454 4.7.0 later\r\n" }, { GONE, NULL } },
		    OCT_EDOWN,
		    454 },
		{ "challenged", { EHLO_WITH("250 AUTH PLAIN\r\n"),
		    { auth, "334 \r\n" }, { GONE, NULL } }, OCT_EREPLY, 0 },
		{ "not offered", { EHLO_WITH("250 AUTH LOGIN\r\n"),
		    { GONE, NULL } }, OCT_EAUTH, 0 },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct smtp_mail mail = server_mail();
		struct smtp_reply reply;
		struct smtp_out *out;
		struct server s;

		print_message("  %s\n", rows[i].name);
		server_start(&s, rows[i].steps, server_listen());
		out = server_client(server_address(), "own");
		assert_int_equal(smtp_out_send(out, &mail, &reply),
		    rows[i].want);
		smtp_out_free(out);
		server_join(&s);
		assert_int_equal(reply.code, rows[i].code);
		oct_str_free(&s.message);
	}
}

static void
configuration_is_checked(void **state OCT_UNUSED)
{
	static const struct {
		const char *address, *helo, *user, *password;
		int want;
	} rows[] = {
		{ "127.0.0.1:25", "h.example", NULL, NULL, 0 },
		{ "[::1]:25", "h.example", "u", "p", 0 },
		{ "unix:/tmp/x", "h.example", NULL, NULL, 0 },
		{ "unix:relative", "h.example", NULL, NULL, OCT_ECONF },
		{ "localhost:25", "h.example", NULL, NULL, OCT_ECONF },
		{ "127.0.0.1", "h.example", NULL, NULL, OCT_ECONF },
		{ "127.0.0.1:", "h.example", NULL, NULL, OCT_ECONF },
		{ ":25", "h.example", NULL, NULL, OCT_ECONF },
		{ "[]:25", "h.example", NULL, NULL, OCT_ECONF },
		{ "127.0.0.1:smtp", "h.example", NULL, NULL, OCT_ECONF },
		{ "127.0.0.1:25", "", NULL, NULL, OCT_ECONF },
		{ "127.0.0.1:25", "h e", NULL, NULL, OCT_ECONF },
		{ "127.0.0.1:25", "h\r\nQUIT", NULL, NULL, OCT_ECONF },
		{ "127.0.0.1:25", "h.example", "u", NULL, OCT_ECONF },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct smtp_out_conf conf;
		struct smtp_out *out = NULL;

		print_message("  %s %s\n", rows[i].address, rows[i].helo);
		smtp_out_conf_init(&conf);
		conf.address = rows[i].address;
		conf.helo = rows[i].helo;
		conf.user = rows[i].user;
		conf.password = rows[i].password;
		assert_int_equal(smtp_out_new(&conf, &out), rows[i].want);
		smtp_out_free(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stage_gives_its_outcome),
		cmocka_unit_test(parameters_follow_the_offer),
		cmocka_unit_test(pipelining_is_used_where_offered),
		cmocka_unit_test(credentials_are_sent_or_said_wrong),
		cmocka_unit_test(configuration_is_checked),
	};
	int rc;

	server_init();
	rc = cmocka_run_group_tests_name("smtp_out", tests, NULL, NULL);
	server_fini();
	return rc;
}
