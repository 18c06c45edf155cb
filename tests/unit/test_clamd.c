/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of clamd against a server that answers rightly, wrongly, late,
 * early and not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clamd.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "tests/support/answers.h"

#define PATIENCE_MS 300

static const char text[] = "Subject: x\r\n\r\n";

static int
scan(struct answers *a, const char *body, size_t len, struct clamd_result *out)
{
	const struct clamd_part parts[] = { { text, sizeof(text) - 1 },
		{ body, len } };
	struct smtp_peer peer;
	int rc;

	answers_start(a, &peer);
	rc = clamd_scan(&peer, parts, 2, oct_clock_mono_ms() + PATIENCE_MS,
	    out);
	answers_join(a);
	return rc;
}

static char long_line[3000];

static void
answers(void **state)
{
	static const struct {
		const char *name, *say;
		enum answers_read read;
		bool reset;
		int rc;
		enum clamd_verdict verdict;
		const char *found;
	} rows[] = {
		{ "clean", "stream: OK\n", ANSWERS_FRAMES, true, 0, CLAMD_CLEAN,
		    "" },
		{ "found", "stream: Eicar-Signature FOUND\n", ANSWERS_FRAMES,
		    true, 0, CLAMD_FOUND, "Eicar-Signature" },
		{ "found, of older ones", "instream(local): A.B FOUND\n",
		    ANSWERS_FRAMES, true, 0, CLAMD_FOUND, "A.B" },
		{ "an odd name", "stream: a b\"\x80<c\r>(x) FOUND\n",
		    ANSWERS_FRAMES, true, 0, CLAMD_FOUND, "a_b___c___x_" },
		{ "too big, at the end",
		    "INSTREAM size limit exceeded. ERROR\n", ANSWERS_FRAMES,
		    true, 0, CLAMD_TOO_BIG, "" },
		{ "too big, early", "INSTREAM size limit exceeded. ERROR\n",
		    ANSWERS_SOME, true, 0, CLAMD_TOO_BIG, "" },
		{ "it failed", "stream: Can't open file ERROR\n",
		    ANSWERS_FRAMES, true, OCT_EDEFER, CLAMD_CLEAN, NULL },
		{ "unknown command", "UNKNOWN COMMAND\n", ANSWERS_SOME, true,
		    OCT_EREPLY, CLAMD_CLEAN, NULL },
		{ "found nothing of a name", "stream:  FOUND\n",
		    ANSWERS_FRAMES, true, OCT_EREPLY, CLAMD_CLEAN, NULL },
		{ "no space", "stream:OK\n", ANSWERS_FRAMES, true, OCT_EREPLY,
		    CLAMD_CLEAN, NULL },
		{ "OK and more", "stream: OK or not\n", ANSWERS_FRAMES, true,
		    OCT_EREPLY, CLAMD_CLEAN, NULL },
		{ "a colon alone", ":\n", ANSWERS_FRAMES, true, OCT_EREPLY,
		    CLAMD_CLEAN, NULL },
		{ "an empty line", "\n", ANSWERS_FRAMES, true, OCT_EREPLY,
		    CLAMD_CLEAN, NULL },
		{ "a line without end", long_line, ANSWERS_FRAMES, true,
		    OCT_EREPLY, CLAMD_CLEAN, NULL },
		{ "half a line", "stream: O", ANSWERS_FRAMES, true, OCT_EDOWN,
		    CLAMD_CLEAN, NULL },
		{ "cut", "", ANSWERS_FRAMES, true, OCT_EDOWN, CLAMD_CLEAN,
		    NULL },
		{ "cut at once", "", ANSWERS_NOTHING, true, OCT_EDOWN,
		    CLAMD_CLEAN, NULL },
		{ "silence", NULL, ANSWERS_FRAMES, false, OCT_ETIME,
		    CLAMD_CLEAN, NULL },
	};

	(void)state;
	memset(long_line, 'x', sizeof(long_line) - 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct answers a = { .read = rows[i].read, .say = rows[i].say,
			.reset = rows[i].reset };
		struct clamd_result r = { .verdict = CLAMD_CLEAN };

		print_message("  %s\n", rows[i].name);
		assert_int_equal(scan(&a, "y\r\n", 3, &r), rows[i].rc);
		if (rows[i].rc == 0) {
			assert_int_equal(r.verdict, rows[i].verdict);
			assert_string_equal(r.name, rows[i].found);
		}
		answers_free(&a);
	}
}

/* What is scanned is the message, octet for octet, in chunks. */
static void
every_octet_is_sent(void **state)
{
	struct answers a = { .read = ANSWERS_FRAMES, .say = "stream: OK\n",
		.reset = true };
	size_t len = 300001, head = sizeof(text) - 1;
	char *body = malloc(len);
	struct clamd_result r;

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < len; i++)
		body[i] = (char)(i * 7 % 251);
	assert_int_equal(scan(&a, body, len, &r), 0);
	assert_true(a.whole);
	assert_int_equal(a.message.len, head + len);
	assert_memory_equal(a.message.buf, text, head);
	assert_memory_equal(a.message.buf + head, body, len);
	assert_memory_equal(a.in.buf, "nINSTREAM\n", 10);
	answers_free(&a);
	free(body);
}

/* A message larger than what clamd takes: it says so, and stops reading. */
static void
an_early_answer_ends_the_sending(void **state)
{
	struct answers a = { .read = ANSWERS_SOME,
		.say = "INSTREAM size limit exceeded. ERROR\n", .reset = true };
	size_t len = 40u << 20;
	char *body = calloc(1, len);
	struct clamd_result r;

	(void)state;
	assert_non_null(body);
	assert_int_equal(scan(&a, body, len, &r), 0);
	assert_int_equal(r.verdict, CLAMD_TOO_BIG);
	answers_free(&a);
	free(body);
}

static void
a_deadline_holds(void **state)
{
	/* It accepts and never reads: the socket's buffer fills. */
	struct answers a = { .read = ANSWERS_NOTHING, .say = NULL };
	const struct clamd_part part = { NULL, 0 };
	struct clamd_result r;
	struct smtp_peer peer;
	int64_t before = oct_clock_mono_ms();

	(void)state;
	assert_int_equal(scan(&a, "y", 1, &r), OCT_ETIME);
	assert_true(oct_clock_mono_ms() - before < 10 * PATIENCE_MS);
	answers_free(&a);
	assert_int_equal(smtp_peer_parse("unix:/nonexistent/clamd", &peer), 0);
	assert_int_equal(clamd_scan(&peer, &part, 1,
			     oct_clock_mono_ms() + PATIENCE_MS, &r),
	    OCT_EDOWN);
}

static void
commands(void **state)
{
	struct answers a = { .read = ANSWERS_LINE, .say = "PO\x01NG\n",
		.reset = true };
	struct answers b = { .read = ANSWERS_LINE, .say = long_line,
		.reset = true };
	char out[CLAMD_ANSWER_SIZE];
	struct smtp_peer peer;

	(void)state;
	answers_start(&a, &peer);
	assert_int_equal(clamd_ask(&peer, "PING",
			     oct_clock_mono_ms() + PATIENCE_MS, out),
	    0);
	answers_join(&a);
	assert_string_equal(out, "PO?NG");
	assert_string_equal(oct_str_text(&a.in), "nPING\n");
	answers_free(&a);
	memset(long_line, 'x', 1000);
	long_line[1000] = '\n';
	long_line[1001] = '\0';
	answers_start(&b, &peer);
	assert_int_equal(clamd_ask(&peer, "VERSION",
			     oct_clock_mono_ms() + PATIENCE_MS, out),
	    OCT_EREPLY);
	answers_join(&b);
	answers_free(&b);
}

static void
age_of_signatures(void **state)
{
	static const struct {
		const char *name, *version;
		int rc;
		int64_t ms;
	} rows[] = {
		{ "with a data base",
		    "ClamAV 1.4.2/27400/Mon Sep  9 10:31:44 2024", 0,
		    1725877904000 },
		{ "without", "ClamAV 1.4.2", OCT_EPARSE, 0 },
		{ "half", "ClamAV 1.4.2/27400", OCT_EPARSE, 0 },
		{ "no date", "ClamAV 1.4.2/27400/yesterday", OCT_EPARSE, 0 },
		{ "and more",
		    "ClamAV 1.4.2/27400/Mon Sep  9 10:31:44 2024/x",
		    OCT_EPARSE, 0 },
		{ "nothing", "", OCT_EPARSE, 0 },
	};

	(void)state;
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int64_t ms = 0;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(clamd_signatures(rows[i].version, &ms),
		    rows[i].rc);
		assert_int_equal(ms, rows[i].ms);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(every_octet_is_sent),
		cmocka_unit_test(an_early_answer_ends_the_sending),
		cmocka_unit_test(a_deadline_holds),
		cmocka_unit_test(commands),
		cmocka_unit_test(age_of_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
