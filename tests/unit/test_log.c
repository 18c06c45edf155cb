/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/io.h"

/* What one line on standard error looks like; the caller frees it. */
static char *
logged(enum oct_log_sink sink, enum oct_level shown, enum oct_level level,
    const char *text)
{
	int saved = dup(STDERR_FILENO);
	int fd = memfd_create("log", MFD_CLOEXEC);
	char *out = NULL;

	assert_true(saved >= 0 && fd >= 0);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	oct_log_open("test", sink, shown);
	errno = EBADMSG;
	oct_log(level, "%s", text);
	assert_int_equal(errno, EBADMSG);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(oct_io_slurp(fd, 65536, &out, NULL), 0);
	(void)close(fd);
	(void)close(saved);
	return out;
}

static void
test_stderr_line(void **state)
{
	char expected[64], *line;

	(void)state;
	line = logged(OCT_LOG_STDERR, OCT_INFO, OCT_WARNING, "a: b=c");
	/* 2026-11-21T10:00:00.123Z */
	assert_true(strlen(line) > 24);
	assert_int_equal(line[10], 'T');
	assert_int_equal(line[23], 'Z');
	(void)snprintf(expected, sizeof(expected),
	    " test[%ld]: warning: a: b=c\n", (long)getpid());
	assert_string_equal(line + 24, expected);
	free(line);
}

static void
test_journal_priority(void **state)
{
	static const struct {
		enum oct_level level;
		const char *line;
	} rows[] = { { OCT_ERROR, "<3>x\n" }, { OCT_WARNING, "<4>x\n" },
		{ OCT_NOTICE, "<5>x\n" }, { OCT_INFO, "<6>x\n" },
		{ OCT_DEBUG, "<7>x\n" } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char *line = logged(OCT_LOG_JOURNAL, OCT_DEBUG, rows[i].level,
		    "x");

		assert_string_equal(line, rows[i].line);
		free(line);
	}
}

static void
test_levels_below_are_silent(void **state)
{
	char *line = logged(OCT_LOG_JOURNAL, OCT_NOTICE, OCT_INFO, "x");

	(void)state;
	assert_string_equal(line, "");
	free(line);
	line = logged(OCT_LOG_JOURNAL, OCT_NOTICE, OCT_NOTICE, "x");
	assert_string_equal(line, "<5>x\n");
	free(line);
}

static void
test_no_value_forges_a_line(void **state)
{
	char *line = logged(OCT_LOG_JOURNAL, OCT_INFO, OCT_INFO,
	    "a\nb\r\x1b[1m\x7f\tc\xc3\xa9");

	(void)state;
	assert_string_equal(line, "<6>a?b??[1m??c\xc3\xa9\n");
	free(line);
}

static void
test_long_line_is_cut_and_says_so(void **state)
{
	static char text[5000];
	char *line;
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	line = logged(OCT_LOG_JOURNAL, OCT_INFO, OCT_INFO, text);
	len = strlen(line);
	assert_true(len > 2000 && len <= 2048 + 4);
	assert_string_equal(line + len - 4, "x..\n");
	free(line);
}

static void
test_safe(void **state)
{
	static const struct {
		const char *name, *in, *out;
	} rows[] = {
		{ "plain", "a@b.example", "a@b.example" },
		{ "empty", "", "-" },
		{ "none", NULL, "-" },
		{ "space", "a b", "a\\x20b" },
		{ "quote, equals, backslash", "\"=\\", "\\x22\\x3d\\x5c" },
		{ "line end", "a\r\nb", "a\\x0d\\x0ab" },
		{ "8 bit", "\xc3\xa9\xff", "\\xc3\\xa9\\xff" },
		{ "delete", "\x7f", "\\x7f" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char buf[OCT_LOG_SAFE_SIZE];

		print_message("  %s\n", rows[i].name);
		assert_ptr_equal(oct_log_safe(rows[i].in, buf, sizeof(buf)),
		    buf);
		assert_string_equal(buf, rows[i].out);
	}
}

static void
test_safe_never_overruns(void **state)
{
	char in[600], out[OCT_LOG_SAFE_SIZE];

	(void)state;
	for (size_t n = 0; n < sizeof(in); n++) {
		memset(in, n % 2 == 0 ? 'x' : '\n', n);
		in[n] = '\0';
		for (size_t len = 16; len <= sizeof(out); len += 61) {
			size_t got;

			memset(out, '#', sizeof(out));
			got = strlen(oct_log_safe(in, out, len));
			assert_true(got < len);
			assert_true(got + 1 == sizeof(out) ||
			    out[got + 1] == '#');
			if (n > 256)
				assert_string_equal(out + got - 2, "..");
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stderr_line),
		cmocka_unit_test(test_journal_priority),
		cmocka_unit_test(test_levels_below_are_silent),
		cmocka_unit_test(test_no_value_forges_a_line),
		cmocka_unit_test(test_long_line_is_cut_and_says_so),
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_safe_never_overruns),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
