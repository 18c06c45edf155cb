/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of rspamd against a server that answers rightly, wrongly, endlessly
 * and not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/rspamd.h"
#include "tests/support/answers.h"

#define PATIENCE_MS 300
#define OK "HTTP/1.1 200 OK\r\nServer: rspamd/3.4\r\n"
#define JSON "{\"is_skipped\":false,\"score\":7.254,\"required_score\":15.0," \
	     "\"action\":\"add header\",\"symbols\":{}}"

static const struct rspamd_request request = { .client = "192.0.2.1",
	.helo = "mx.example.org",
	.rpath = "a@example.org",
	.queue_id = "4XyZ",
	.header = "Subject: x\r\n\r\n",
	.header_len = 14,
	.body = "body\r\n",
	.body_len = 6 };

static int
check(struct answers *a, const struct rspamd_request *r,
    struct rspamd_opinion *out)
{
	struct smtp_peer peer;
	int rc;

	answers_start(a, &peer);
	rc = rspamd_check(&peer, r, oct_clock_mono_ms() + PATIENCE_MS, out);
	answers_join(a);
	return rc;
}

static void
answers(void **state)
{
	static const struct {
		const char *name, *say;
		bool open; /* the connection stays */
		int rc;
		int32_t score, required;
	} rows[] = {
		{ "with a length",
		    OK "Content-Length: 88\r\n\r\n" JSON "      ", true, 0, 725, 1500 },
		{ "up to the end", OK "\r\n" JSON, false, 0, 725, 1500 },
		{ "below zero",
		    OK "\r\n{\"score\":-3.1,\"required_score\":15}", false, 0, -310, 1500 },
		{ "skipped",
		    OK "\r\n{\"is_skipped\":true,\"score\":0,"
		       "\"required_score\":0}",
		    false, 0, 0, 0 },
		{ "beyond measure",
		    OK "\r\n{\"score\":1e300,\"required_score\":-1e300}", false,
		    0, 100000, -100000 },
		{ "no score", OK "\r\n{\"required_score\":15}", false,
		    OCT_EREPLY, 0, 0 },
		{ "a score in words",
		    OK "\r\n{\"score\":\"7\",\"required_score\":15}", false,
		    OCT_EREPLY, 0, 0 },
		{ "no object", OK "\r\n[1,2]", false, OCT_EREPLY, 0, 0 },
		{ "twice",
		    OK "\r\n{\"score\":1,\"score\":9,\"required_score\":15}",
		    false, OCT_EREPLY, 0, 0 },
		{ "no JSON", OK "\r\nhello", false, OCT_EREPLY, 0, 0 },
		{ "nothing", OK "\r\n", false, OCT_EREPLY, 0, 0 },
		{ "shorter than told", OK "Content-Length: 999\r\n\r\n" JSON,
		    false, OCT_EDOWN, 0, 0 },
		{ "longer than we read",
		    OK "Content-Length: 262145\r\n\r\n" JSON, true, OCT_ELIMIT, 0, 0 },
		{ "no length at all", OK "Content-Length: -1\r\n\r\n" JSON,
		    true, OCT_EREPLY, 0, 0 },
		{ "in chunks", OK "Transfer-Encoding: chunked\r\n\r\n" JSON,
		    true, OCT_EREPLY, 0, 0 },
		{ "another status", "HTTP/1.1 500 Oops\r\n\r\n" JSON, true,
		    OCT_EDEFER, 0, 0 },
		{ "another protocol", "220 mx ESMTP\r\n", true, OCT_EREPLY, 0, 0 },
		{ "cut in the header", OK, false, OCT_EDOWN, 0, 0 },
		{ "cut", "", false, OCT_EDOWN, 0, 0 },
		{ "silence", NULL, true, OCT_ETIME, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct answers a = { .read = ANSWERS_HTTP, .say = rows[i].say,
			.reset = !rows[i].open };
		struct rspamd_opinion o = { 0 };

		print_message("  %s\n", rows[i].name);
		assert_int_equal(check(&a, &request, &o), rows[i].rc);
		if (rows[i].rc == 0) {
			assert_int_equal(o.score, rows[i].score);
			assert_int_equal(o.required, rows[i].required);
		}
		answers_free(&a);
	}
}

static void
endless_answers(void **state)
{
	static const struct {
		const char *name, *say;
		size_t times;
		int rc;
	} rows[] = {
		{ "header", OK "X: y\r\n", 4000, OCT_EREPLY },
		{ "body", OK "\r\n{\"a\":1,", 40000, OCT_ELIMIT },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct answers a = { .read = ANSWERS_HTTP, .say = rows[i].say,
			.times = rows[i].times, .reset = true };
		struct rspamd_opinion o;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(check(&a, &request, &o), rows[i].rc);
		answers_free(&a);
	}
}

static void
what_is_sent(void **state)
{
	static const char plain[] = "POST /checkv2 HTTP/1.0\r\nHost: rspamd\r\n"
				    "Connection: close\r\n"
				    "Content-Length: 20\r\nIP: 192.0.2.1\r\n";
	static const char all[] =
	    "Helo: mx.example.org\r\nFrom: a@example.org\r\n"
	    "Queue-Id: 4XyZ\r\n\r\nSubject: x\r\n\r\nbody\r\n";
	struct rspamd_request hostile = request;
	struct answers a = { .read = ANSWERS_HTTP, .say = OK "\r\n" JSON,
		.reset = true };
	struct answers b = a;
	struct rspamd_opinion o;

	(void)state;
	assert_int_equal(check(&a, &request, &o), 0);
	assert_memory_equal(a.in.buf, plain, sizeof(plain) - 1);
	assert_string_equal(a.in.buf + sizeof(plain) - 1, all);
	answers_free(&a);
	/* What could be another field, or another request, is left out. */
	hostile.helo = "x\r\nUser: root";
	hostile.rpath = "\xc3\xa9@example.org";
	hostile.queue_id = NULL;
	assert_int_equal(check(&b, &hostile, &o), 0);
	assert_string_equal(b.in.buf + sizeof(plain) - 1,
	    "\r\nSubject: x\r\n\r\nbody\r\n");
	answers_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(endless_answers),
		cmocka_unit_test(what_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
