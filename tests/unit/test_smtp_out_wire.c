/* SPDX-License-Identifier: Apache-2.0 */
/* Connections kept and lost, the octets of messages, hostile servers. */
#include "lib/smtp_out.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/smtp_script.h"

/* Send n messages over one client; the last outcome. */
static int
send_several(const struct step *steps, size_t n)
{
	struct smtp_mail mail = server_mail();
	struct smtp_reply reply;
	struct smtp_out *out;
	struct server s;
	int rc = 0;

	server_start(&s, steps, server_listen());
	out = server_client(server_address(), NULL);
	for (size_t i = 0; i < n; i++)
		rc = smtp_out_send(out, &mail, &reply);
	smtp_out_free(out);
	server_join(&s);
	oct_str_free(&s.message);
	return rc;
}

static void
connection_is_kept(void **state OCT_UNUSED)
{
	static const struct step steps[STEPS] = { HI, MAIL, RCPT, DATA, QUEUED,
		MAIL, { "RCPT TO:<r@b.example>", "550 no\r\n" },
		{ "RSET", "250 Ok\r\n" }, MAIL, RCPT, DATA, QUEUED, QUIT };

	assert_int_equal(send_several(steps, 3), 0);
}

static void
dead_kept_connection_is_replaced_once(void **state OCT_UNUSED)
{
	static const struct step closed[STEPS] = { HI, MAIL, RCPT, DATA,
		{ BODY, "250 Ok\r\n421 idle\r\n" }, HI, MAIL, RCPT, DATA,
		    QUEUED,
		QUIT };
	static const struct step at_mail[STEPS] = { HI, MAIL, RCPT, DATA,
	    QUEUED,
		{ "MAIL FROM:<s@a.example>", CLOSE }, HI, MAIL, RCPT, DATA,
		QUEUED, QUIT };
	static const struct step said_421[STEPS] = { HI, MAIL, RCPT, DATA,
	    QUEUED,
		{ "MAIL FROM:<s@a.example>", "421 idle\r\n" }, HI, MAIL, RCPT,
		DATA, QUEUED, QUIT };
	static const struct step twice[STEPS] = { HI, MAIL, RCPT, DATA, QUEUED,
		{ "MAIL FROM:<s@a.example>", CLOSE }, HI,
		{ "MAIL FROM:<s@a.example>", CLOSE } };
	static const struct step later[STEPS] = { HI, MAIL, RCPT, DATA, QUEUED,
		MAIL, { "RCPT TO:<r@b.example>", CLOSE } };

	assert_int_equal(send_several(closed, 2), 0);
	assert_int_equal(send_several(at_mail, 2), 0);
	assert_int_equal(send_several(said_421, 2), 0);
	assert_int_equal(send_several(twice, 2), OCT_EDOWN);
	assert_int_equal(send_several(later, 2), OCT_EDOWN);
}

static void
message_from_a_file_is_stuffed(void **state OCT_UNUSED)
{
	static const struct step steps[STEPS] = { HI, MAIL, RCPT, DATA, QUEUED,
		QUIT };
	struct smtp_mail mail = server_mail();
	struct smtp_reply reply;
	struct oct_str text, want;
	struct smtp_out *out;
	struct server s;
	FILE *f = tmpfile();

	assert_non_null(f);
	oct_str_heap(&text, 1u << 20);
	oct_str_heap(&want, 1u << 20);
	for (int i = 0; i < 40000; i++) {
		oct_str_add(&text, i % 3 == 0 ? ".\n" : "a.\r\n");
		oct_str_add(&want, i % 3 == 0 ? "..\r\n" : "a.\r\n");
	}
	oct_str_add(&want, ".\r\n");
	assert_int_equal(fwrite(text.buf, 1, text.len, f), text.len);
	assert_int_equal(fflush(f), 0);
	mail.fd = fileno(f);
	server_start(&s, steps, server_listen());
	out = server_client(server_address(), NULL);
	assert_int_equal(smtp_out_send(out, &mail, &reply), 0);
	smtp_out_free(out);
	server_join(&s);
	assert_int_equal(s.message.len, want.len);
	assert_memory_equal(s.message.buf, want.buf, want.len);
	oct_str_free(&s.message);
	oct_str_free(&text);
	oct_str_free(&want);
	(void)fclose(f);
}

static void
unreadable_file_delivers_nothing(void **state OCT_UNUSED)
{
	static const struct step steps[STEPS] = { HI, MAIL, RCPT, DATA,
		{ GONE, NULL } };
	struct smtp_mail mail = server_mail();
	struct smtp_reply reply;
	struct smtp_out *out;
	struct server s;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0); /* pread fails on it */
	mail.fd = pipes[0];
	server_start(&s, steps, server_listen());
	out = server_client(server_address(), NULL);
	assert_true(smtp_out_send(out, &mail, &reply) < 0);
	smtp_out_free(out);
	server_join(&s);
	assert_int_equal(s.message.len, 0);
	assert_false(reply.sent_all);
	oct_str_free(&s.message);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}

static int
count_and_return(void *arg)
{
	int *calls = arg;

	calls[0]++;
	return calls[1];
}

static void
hook_stops_before_the_dot(void **state OCT_UNUSED)
{
	static const struct step stopped[STEPS] = { HI, MAIL, RCPT, DATA,
		{ GONE, NULL } };
	static const struct step sent[STEPS] = { HI, MAIL, RCPT, DATA, QUEUED,
		QUIT };
	static const struct step refused[STEPS] = { HI, MAIL,
		{ "RCPT TO:<r@b.example>", "550 no\r\n" },
		{ "RSET", "250 Ok\r\n" }, QUIT };
	static const struct {
		const char *name;
		const struct step *steps;
		int hook, want, calls;
		const char *message;
	} rows[] = {
		{ "agrees", sent, 0, 0, 1, "x\r\n.\r\n" },
		{ "stops", stopped, 1, OCT_ECONFLICT, 1, "x\r\n" },
		{ "stops with a reason", stopped, OCT_EDOWN, OCT_EDOWN, 1,
		    "x\r\n" },
		{ "not asked after a refusal", refused, 1, OCT_EREFUSED, 0,
		    "" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int arg[2] = { 0, rows[i].hook };
		struct smtp_mail mail = server_mail();
		struct smtp_reply reply;
		struct smtp_out *out;
		struct server s;

		print_message("  %s\n", rows[i].name);
		mail.before_dot = count_and_return;
		mail.arg = arg;
		server_start(&s, rows[i].steps, server_listen());
		out = server_client(server_address(), NULL);
		assert_int_equal(smtp_out_send(out, &mail, &reply),
		    rows[i].want);
		smtp_out_free(out);
		server_join(&s);
		assert_int_equal(arg[0], rows[i].calls);
		assert_string_equal(oct_str_text(&s.message), rows[i].message);
		assert_int_equal(reply.sent_all, rows[i].want == 0);
		oct_str_free(&s.message);
	}
}

static void
server_that_answers_early_gets_no_dot(void **state OCT_UNUSED)
{
	static const struct step steps[STEPS] = { HI, MAIL, RCPT,
		{ "DATA", "354 go\r\n250 queued as FAKE\r\n" }, { GONE,
		    NULL } };
	struct smtp_mail mail = server_mail();
	struct smtp_reply reply;
	struct smtp_out *out;
	struct server s;

	server_start(&s, steps, server_listen());
	out = server_client(server_address(), NULL);
	assert_int_equal(smtp_out_send(out, &mail, &reply), OCT_EDOWN);
	smtp_out_free(out);
	server_join(&s);
	assert_false(reply.sent_all);
	assert_string_equal(oct_str_text(&s.message), "x\r\n");
	oct_str_free(&s.message);
}

static void
endless_replies_are_bounded(void **state OCT_UNUSED)
{
	struct step steps[] = { { CONNECT, NULL }, { GONE, NULL },
		{ NULL, NULL } };
	struct smtp_mail mail = server_mail();
	struct smtp_reply reply;
	struct oct_str line, lines;

	oct_str_heap(&line, 8192);
	oct_str_heap(&lines, 8192);
	oct_str_add(&line, "220 ");
	for (int i = 0; i < 3000; i++)
		oct_str_addc(&line, 'a');
	oct_str_add(&line, "\r\n");
	for (int i = 0; i < 101; i++)
		oct_str_add(&lines, "220-a\r\n");
	for (int i = 0; i < 2; i++) {
		struct smtp_out *out;
		struct server s;

		steps[0].say = oct_str_text(i == 0 ? &line : &lines);
		server_start(&s, steps, server_listen());
		out = server_client(server_address(), NULL);
		assert_int_equal(smtp_out_send(out, &mail, &reply), OCT_EREPLY);
		smtp_out_free(out);
		server_join(&s);
		oct_str_free(&s.message);
	}
	oct_str_free(&line);
	oct_str_free(&lines);
}

static void
bad_addresses_never_reach_the_wire(void **state OCT_UNUSED)
{
	struct smtp_mail mail = server_mail();
	struct smtp_reply reply;
	struct smtp_out *out = server_client("unix:/nowhere/at/all", NULL);

	mail.rcpt_to = "r@b.example>\r\nRCPT TO:<x@b.example";
	assert_int_equal(smtp_out_send(out, &mail, &reply), OCT_EPARSE);
	mail = server_mail();
	mail.mail_params = "RET=HDRS\r\nRSET";
	assert_int_equal(smtp_out_send(out, &mail, &reply), OCT_EPARSE);
	mail = server_mail();
	assert_int_equal(smtp_out_send(out, &mail, &reply), OCT_EDOWN);
	assert_int_equal(reply.code, 0);
	assert_string_equal(reply.text, "service unavailable (at connect)");
	smtp_out_free(out);
}

static void
tcp_works_as_well(void **state OCT_UNUSED)
{
	static const struct step steps[STEPS] = { HI, MAIL, RCPT, DATA, QUEUED,
		QUIT };
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = (socklen_t)sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct smtp_mail mail = server_mail();
	struct smtp_reply reply;
	struct smtp_out *out;
	char address[32];
	struct server s;

	assert_int_equal(bind(fd, (const struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	(void)snprintf(address, sizeof(address), "127.0.0.1:%d",
	    ntohs(in.sin_port));
	server_start(&s, steps, fd);
	out = server_client(address, NULL);
	mail.len = 0;
	assert_int_equal(smtp_out_send(out, &mail, &reply), 0);
	smtp_out_free(out);
	server_join(&s);
	assert_string_equal(oct_str_text(&s.message), ".\r\n");
	oct_str_free(&s.message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_is_kept),
		cmocka_unit_test(dead_kept_connection_is_replaced_once),
		cmocka_unit_test(message_from_a_file_is_stuffed),
		cmocka_unit_test(unreadable_file_delivers_nothing),
		cmocka_unit_test(hook_stops_before_the_dot),
		cmocka_unit_test(server_that_answers_early_gets_no_dot),
		cmocka_unit_test(endless_replies_are_bounded),
		cmocka_unit_test(bad_addresses_never_reach_the_wire),
		cmocka_unit_test(tcp_works_as_well),
	};
	int rc;

	server_init();
	rc = cmocka_run_group_tests_name("smtp_out_wire", tests, NULL, NULL);
	server_fini();
	return rc;
}
