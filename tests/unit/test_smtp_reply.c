/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/smtp_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

static void
replies_are_read_or_refused(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *lines[4];
		int want, code;
		const char *text, *id;
		unsigned offers;
	} rows[] = {
		{ "plain", { "250 2.1.0 Ok" }, 1, 250, "2.1.0 Ok", "", 0 },
		{ "code alone", { "250" }, 1, 250, "", "", 0 },
		{ "code and space", { "250 " }, 1, 250, "", "", 0 },
		{ "queue id", { "250 2.0.0 Ok: queued as 4Xy7Zk" }, 1, 250,
		    "2.0.0 Ok: queued as 4Xy7Zk", "4Xy7Zk", 0 },
		{ "several lines", { "550-no", "550 5.7.1 never" }, 1, 550,
		    "5.7.1 never", "", 0 },
		{ "offers", { "250-host", "250-pipelining",
		    "250-AUTH LOGIN PLAIN",
		    "250 DSN" }, 1, 250, "DSN", "",
		    SMTP_PIPELINING | SMTP_AUTH | SMTP_AUTH_PLAIN | SMTP_DSN },
		{ "host name is no offer", { "250-DSN", "250 SIZE 1" }, 1, 250,
		    "SIZE 1", "", 0 },
		{ "no AUTH by another name", { "250-x", "250 AUTHPLAIN" }, 1,
		    250,
		    "AUTHPLAIN", "", 0 },
		{ "control octets", { "250 a\tb\x1b\xc3\xa9" }, 1, 250,
		    "a?b???",
		    "", 0 },
		{ "unfinished", { "250-a" }, 0, 0, "", "", 0 },
		{ "codes differ", { "250-a", "251 b" }, OCT_EREPLY, 0, "", "",
		    0 },
		{ "no code", { "hello" }, OCT_EREPLY, 0, "", "", 0 },
		{ "short", { "25" }, OCT_EREPLY, 0, "", "", 0 },
		{ "empty", { "" }, OCT_EREPLY, 0, "", "", 0 },
		{ "1yz", { "150 x" }, OCT_EREPLY, 0, "", "", 0 },
		{ "6yz", { "650 x" }, OCT_EREPLY, 0, "", "", 0 },
		{ "no separator", { "250x" }, OCT_EREPLY, 0, "", "", 0 },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct smtp_parse parse = { 0 };
		struct smtp_reply reply = { 0 };
		int rc = 0;

		print_message("  %s\n", rows[i].name);
		for (size_t k = 0; k < 4 && rows[i].lines[k] != NULL; k++)
			rc = smtp_reply_line(&parse, rows[i].lines[k],
			    strlen(rows[i].lines[k]), &reply);
		assert_int_equal(rc, rows[i].want);
		assert_int_equal(reply.code, rows[i].code);
		assert_string_equal(reply.text, rows[i].text);
		assert_string_equal(reply.queue_id, rows[i].id);
		if (rc == 1)
			assert_int_equal(parse.offers, rows[i].offers);
	}
}

static void
reply_without_end_is_refused(void **state OCT_UNUSED)
{
	struct smtp_parse parse = { 0 };
	struct smtp_reply reply = { 0 };

	for (int i = 0; i < SMTP_REPLY_LINES; i++)
		assert_int_equal(smtp_reply_line(&parse, "250-x", 5, &reply),
		    0);
	assert_int_equal(smtp_reply_line(&parse, "250 x", 5, &reply),
	    OCT_EREPLY);
}

static void
long_text_and_id_are_bounded(void **state OCT_UNUSED)
{
	struct smtp_parse parse = { 0 };
	struct smtp_reply reply;
	char line[1200];

	memset(line, 'a', sizeof(line));
	memcpy(line, "250 queued as ", 14);
	assert_int_equal(smtp_reply_line(&parse, line, sizeof(line), &reply),
	    1);
	assert_int_equal(strlen(reply.text), sizeof(reply.text) - 1);
	assert_string_equal(reply.text + sizeof(reply.text) - 4, "a..");
	assert_string_equal(reply.queue_id, "");
}

static void
paths_are_checked(void **state OCT_UNUSED)
{
	static const struct {
		const char *path;
		bool null_ok;
		int want;
	} rows[] = {
		{ "a@b.example", false, 0 },
		{ "", true, 0 },
		{ "", false, OCT_EPARSE },
		{ "\"john doe\"@b.example", false, 0 },
		{ "\"a\\\"b>\"@b.example", false, 0 },
		{ "\xc3\xa9@b.example", false, 0 },
		{ "john doe@b.example", false, OCT_EPARSE },
		{ "a@b.example> NOTIFY=NEVER", false, OCT_EPARSE },
		{ "<a@b.example>", false, OCT_EPARSE },
		{ "a@b.example\r\nRCPT TO:<x@y>", false, OCT_EPARSE },
		{ "a@b.example\n", false, OCT_EPARSE },
		{ "\"a\r\n\"@b.example", false, OCT_EPARSE },
		{ "\"a\\\n\"@b.example", false, OCT_EPARSE },
		{ "\"a\\", false, OCT_EPARSE },
		{ "\"a@b.example", false, OCT_EPARSE },
		{ "a\x7f@b.example", false, OCT_EPARSE },
	};
	char long_path[SMTP_ARG_MAX + 2];

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].path);
		assert_int_equal(smtp_path_check(rows[i].path, rows[i].null_ok),
		    rows[i].want);
	}
	memset(long_path, 'a', sizeof(long_path));
	long_path[SMTP_ARG_MAX + 1] = '\0';
	assert_int_equal(smtp_path_check(long_path, false), OCT_EPARSE);
	long_path[SMTP_ARG_MAX] = '\0';
	assert_int_equal(smtp_path_check(long_path, false), 0);
}

static void
parameters_are_chosen_by_offer(void **state OCT_UNUSED)
{
	static const struct {
		const char *params;
		unsigned offers;
		int want;
		const char *out;
	} rows[] = {
		{ "", SMTP_DSN, 0, "" },
		{ "BODY=8BITMIME RET=HDRS ENVID=q+2B1",
		    SMTP_8BITMIME | SMTP_DSN, 0,
		    " BODY=8BITMIME RET=HDRS ENVID=q+2B1" },
		{ "BODY=8BITMIME RET=HDRS", SMTP_8BITMIME, 0,
		    " BODY=8BITMIME" },
		{ "body=8bitmime", SMTP_8BITMIME, 0, " body=8bitmime" },
		{ "NOTIFY=NEVER ORCPT=rfc822;a@b", 0, 0, "" },
		{ "NOTIFY=NEVER ORCPT=rfc822;a@b", SMTP_DSN, 0,
		    " NOTIFY=NEVER ORCPT=rfc822;a@b" },
		{ "SIZE=100 SMTPUTF8 FOO=bar", SMTP_SMTPUTF8, 0, " SMTPUTF8" },
		{ "AUTH=<>", SMTP_AUTH, 0, " AUTH=<>" },
		{ "ENVID=a=b", SMTP_DSN, 0, " ENVID=a=b" },
		{ "ORCPT=utf-8;\xc3\xa9@b", SMTP_DSN, 0, "" },
		{ "ORCPT=utf-8;\xc3\xa9@b", SMTP_DSN | SMTP_SMTPUTF8, 0,
		    " ORCPT=utf-8;\xc3\xa9@b" },
		{ " RET=HDRS", SMTP_DSN, OCT_EPARSE, "" },
		{ "RET=HDRS ", SMTP_DSN, OCT_EPARSE, NULL },
		{ "RET=HDRS  ENVID=x", SMTP_DSN, OCT_EPARSE, NULL },
		{ "=x", SMTP_DSN, OCT_EPARSE, NULL },
		{ "RET=HDRS\r\nDATA", SMTP_DSN, OCT_EPARSE, NULL },
		{ "RET=\tHDRS", 0, OCT_EPARSE, NULL },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str out;

		print_message("  %s\n", rows[i].params);
		oct_str_heap(&out, 4096);
		assert_int_equal(smtp_params_filter(rows[i].params,
		    rows[i].offers, &out), rows[i].want);
		if (rows[i].want == 0)
			assert_string_equal(oct_str_text(&out), rows[i].out);
		oct_str_free(&out);
	}
}

/* Stuff in pieces of that many octets: the result must not depend on it. */
static void
check_dot(const char *in, size_t len, const char *want, size_t piece)
{
	struct smtp_dot dot = { 0 };
	char *out = malloc(2 * len + 8 + len);
	size_t n = 0;

	assert_non_null(out);
	for (size_t at = 0; at < len; at += piece)
		n += smtp_dot_feed(&dot, in + at,
		    len - at < piece ? len - at : piece, out + n);
	n += smtp_dot_end(&dot, out + n);
	out[n] = '\0';
	assert_string_equal(out, want);
	free(out);
}

static void
messages_are_stuffed_and_ended(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
		{ "empty", "", "" },
		{ "plain", "a\r\nb\r\n", "a\r\nb\r\n" },
		{ "no final line end", "a", "a\r\n" },
		{ "first octet a dot", ".a\r\n", "..a\r\n" },
		{ "lone dot", "a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n" },
		{ "dot last without line end", "a\r\n.", "a\r\n..\r\n" },
		{ "dots inside stay", "a.b\r\n", "a.b\r\n" },
		{ "bare LF", "a\nb\n", "a\r\nb\r\n" },
		{ "dot after bare LF", "a\n.\nb", "a\r\n..\r\nb\r\n" },
		{ "bare CR stays", "a\rb\r\n", "a\rb\r\n" },
		{ "bare CR then dot is no new line", "a\r.\r\n", "a\r.\r\n" },
		{ "CR CR LF", "a\r\r\n", "a\r\r\n" },
		{ "CR last", "a\r", "a\r\r\n" },
		{ "LF CR", "\n\r.\r\n", "\r\n\r.\r\n" },
		{ "smuggled end", "a\n.\r\nMAIL FROM:<x>\r\n",
		    "a\r\n..\r\nMAIL FROM:<x>\r\n" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		size_t len = strlen(rows[i].in);

		print_message("  %s\n", rows[i].name);
		for (size_t piece = 1; piece <= 5; piece++)
			check_dot(rows[i].in, len, rows[i].want, piece);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read_or_refused),
		cmocka_unit_test(reply_without_end_is_refused),
		cmocka_unit_test(long_text_and_id_are_bounded),
		cmocka_unit_test(paths_are_checked),
		cmocka_unit_test(parameters_are_chosen_by_offer),
		cmocka_unit_test(messages_are_stuffed_and_ended),
	};

	return cmocka_run_group_tests_name("smtp_reply", tests, NULL, NULL);
}
