/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/msg.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/err.h"
#include "lib/str.h"
#include "tests/unit/msg_fixture.h"

/* A file in memory, positioned at its start. */
static int
file_of(const void *octets, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(oct_io_write(fd, octets, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static const struct {
	const char *name, *in;
	size_t in_len;
	const char *out;
	size_t out_len;
	size_t fields;
} read_cases[] = {
	{ "CRLF", S("A: b\r\nC:d\r\n\r\nx\r\ny\r\n"),
	    S("A: b\r\nC:d\r\n\r\nx\r\ny\r\n"), 2 },
	{ "LF", S("A: b\nC:d\n\nx\n\ny\n"),
	    S("A: b\r\nC:d\r\n\r\nx\r\n\r\ny\r\n"), 2 },
	{ "folds", S("A: b\n c\n\td\n  \nE: f\n\n"),
	    S("A: b\r\n c\r\n\td\r\n  \r\nE: f\r\n\r\n"), 2 },
	{ "empty file", S(""), S("\r\n"), 0 },
	{ "body only", S("\r\nx\r\n"), S("\r\nx\r\n"), 0 },
	{ "no header field at all", S("hello world\n"),
	    S("\r\nhello world\r\n"), 0 },
	{ "header only", S("A: b\r\n"), S("A: b\r\n\r\n"), 1 },
	{ "header only, cut", S("A: b"), S("A: b\r\n\r\n"), 1 },
	{ "header only, cut in CRLF", S("A: b\r"), S("A: b\r\n\r\n"), 1 },
	{ "a line that is no header", S("A: b\nnot a field\nC: d\n"),
	    S("A: b\r\n\r\nnot a field\r\nC: d\r\n"), 1 },
	{ "continuation first", S(" x\nA: b\n"), S("\r\n x\r\nA: b\r\n"), 0 },
	{ "no name", S(": x\n"), S("\r\n: x\r\n"), 0 },
	{ "space before the colon", S("A \t: b\n\n"), S("A: b\r\n\r\n"), 1 },
	{ "name of two words", S("A b: c\n\n"), S("\r\nA b: c\r\n\r\n"), 0 },
	{ "8 bit name", S("\xc3\xa9: c\n"), S("\r\n\xc3\xa9: c\r\n"), 0 },
	{ "NUL in a value", S("A: b\0c\n d\nE: f\n\n"),
	    S("A: b\r\nE: f\r\n\r\n"), 2 },
	{ "NUL in the body", S("A: b\n\n\0\n\0"),
	    S("A: b\r\n\r\n\0\r\n\0\r\n"), 1 },
	{ "bare CR stays", S("A: b\rc\n\nx\ry\n\rz\r"),
	    S("A: b\rc\r\n\r\nx\ry\r\n\rz\r\n"), 1 },
	{ "unfinished last line", S("A: b\n\nx"), S("A: b\r\n\r\nx\r\n"), 1 },
	{ "empty lines last", S("A: b\n\n\n\n"), S("A: b\r\n\r\n\r\n\r\n"),
	    1 },
	{ "mbox separator", S("From a@b Sat\nA: b\n\n"),
	    S("X-Mailbox-Line: From a@b Sat\r\nA: b\r\n\r\n"), 2 },
	{ "quoted mbox separator", S(">From a\nA: b\n\n"),
	    S("X-Mailbox-Line: >From a\r\nA: b\r\n\r\n"), 2 },
	{ "mbox separator later", S("A: b\nFrom a\n"),
	    S("A: b\r\n\r\nFrom a\r\n"), 1 },
	{ "dots", S("A: b\n\n.\n..\n"), S("A: b\r\n\r\n.\r\n..\r\n"), 1 },
};

static void
test_read(void **state)
{
	struct oct_msg_limits limits;

	(void)state;
	oct_msg_limits_init(&limits);
	for (size_t i = 0; i < OCT_LEN(read_cases); i++) {
		int fd = file_of(read_cases[i].in, read_cases[i].in_len);
		struct oct_msg *m = NULL;

		print_message("  %s\n", read_cases[i].name);
		assert_int_equal(oct_msg_read(&limits, fd, &m), 0);
		assert_int_equal(oct_msg_field_count(m), read_cases[i].fields);
		assert_written(m, read_cases[i].out, read_cases[i].out_len);
		oct_msg_free(m);
		(void)close(fd);
	}
}

/* Header and body across every kind of block boundary. */
static void
test_read_long_messages(void **state)
{
	static const struct {
		const char *name, *eol;
		size_t fields, folds, lines, width;
	} rows[] = { { "large body", "\r\n", 3, 0, 20000, 70 },
		{ "large body, LF", "\n", 3, 0, 20000, 61 },
		{ "large header", "\r\n", 4000, 2, 10, 70 },
		{ "large header, LF", "\n", 4000, 2, 10, 70 },
		{ "one long field", "\n", 1, 9000, 10, 90 },
		{ "long lines", "\n", 2, 1, 20, 65535 },
		{ "long lines, CRLF", "\r\n", 2, 1, 20, 65534 } };
	struct oct_msg_limits limits;
	static char filler[65536];

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	oct_msg_limits_init(&limits);
	limits.spill_dir = "/tmp";
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str in, out;
		struct oct_msg *m = NULL;
		int fd, width = (int)rows[i].width;

		print_message("  %s\n", rows[i].name);
		oct_str_heap(&in, 1 << 26);
		oct_str_heap(&out, 1 << 26);
		for (size_t f = 0; f < rows[i].fields; f++) {
			oct_str_addf(&in, "F%zu: v%s", f, rows[i].eol);
			oct_str_addf(&out, "F%zu: v\r\n", f);
			for (size_t k = 0; k < rows[i].folds; k++) {
				oct_str_addf(&in, " %.*s%s", width, filler,
				    rows[i].eol);
				oct_str_addf(&out, " %.*s\r\n", width, filler);
			}
		}
		oct_str_add(&in, rows[i].eol);
		oct_str_add(&out, "\r\n");
		for (size_t k = 0; k < rows[i].lines; k++) {
			oct_str_addf(&in, "%.*s%s", width, filler,
			    rows[i].eol);
			oct_str_addf(&out, "%.*s\r\n", width, filler);
		}
		fd = file_of(oct_str_text(&in), in.len);
		assert_int_equal(oct_msg_read(&limits, fd, &m), 0);
		assert_int_equal(oct_msg_field_count(m), rows[i].fields);
		assert_written(m, oct_str_text(&out), out.len);
		oct_msg_free(m);
		(void)close(fd);
		oct_str_free(&in);
		oct_str_free(&out);
	}
}

static void
test_read_within_limits(void **state)
{
	static const struct {
		const char *name, *head;
		char fill;
		size_t len;
		int rc;
	} rows[] = { { "endless field", "A: ", 'x', 3 << 20, OCT_ELIMIT },
		{ "endless first line is body", "no field", 'x', 3 << 20, 0 },
		{ "endless name is body", "", 'x', 3 << 20, 0 },
		{ "endless fold", "A: b\r\n ", 'x', 3 << 20, OCT_ELIMIT },
		{ "endless empty lines are body", "A: b\r\n", '\n', 3 << 20,
		    0 },
		{ "body too large", "\r\n", 'x', 8 << 20, OCT_ELIMIT } };
	struct oct_msg_limits limits;
	char *text = malloc(8 << 20);

	(void)state;
	assert_non_null(text);
	oct_msg_limits_init(&limits);
	limits.body_octets = 7 << 20;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_msg *m = NULL;
		int fd;

		print_message("  %s\n", rows[i].name);
		memset(text, rows[i].fill, rows[i].len);
		memcpy(text, rows[i].head, strlen(rows[i].head));
		fd = file_of(text, rows[i].len);
		assert_int_equal(oct_msg_read(&limits, fd, &m), rows[i].rc);
		assert_int_equal(m == NULL, rows[i].rc != 0);
		oct_msg_free(m);
		(void)close(fd);
	}
	free(text);
}

static void
test_read_error_is_told(void **state)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	int fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_read(&limits, fd, &m), -EISDIR);
	assert_null(m);
	(void)close(fd);
}

static const uint8_t test_key[32] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
	31 };

static void
digest_of(const char *text, const char *rpath, const char *rcpt,
    uint8_t out[OCT_MSG_DIGEST])
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	int fd = file_of(text, strlen(text));

	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_read(&limits, fd, &m), 0);
	assert_int_equal(oct_msg_digest(m, test_key, rpath, rcpt, out), 0);
	oct_msg_free(m);
	(void)close(fd);
}

/* The expected value comes from another BLAKE2b implementation. */
static void
test_digest_known_answer(void **state)
{
	static const uint8_t expected[OCT_MSG_DIGEST] = { 0x69, 0xfc, 0xa7, 0x83,
		0xb8, 0x14, 0xab, 0x07, 0x21, 0x5c, 0x33, 0x9a, 0xc1,
		0x42, 0x2c, 0x66, 0xe4, 0x42, 0xf4, 0xf6 };
	uint8_t got[OCT_MSG_DIGEST];

	(void)state;
	digest_of("Received: from x\nSubject: x\nreturn-path: <>\nTo:y\n"
		  "AUTHENTICATION-RESULTS: z\n\nhello\n",
	    "a@b.example", "c@d.example", got);
	assert_memory_equal(got, expected, sizeof(expected));
}

static void
test_digest_tells_apart(void **state)
{
	static const struct {
		const char *name, *text, *rpath, *rcpt;
		bool same;
	} rows[] = { { "same", "A: b\n\nx\n", "r", "c", true },
		{ "new trace", "Received: x\nA: b\n\nx\n", "r", "c", true },
		{ "body", "A: b\n\ny\n", "r", "c", false },
		{ "field", "A: c\n\nx\n", "r", "c", false },
		{ "field name", "B: b\n\nx\n", "r", "c", false },
		{ "one more field", "A: b\nA: b\n\nx\n", "r", "c", false },
		{ "field as body", "\nA: b\n\nx\n", "r", "c", false },
		{ "rpath", "A: b\n\nx\n", "R", "c", false },
		{ "rcpt", "A: b\n\nx\n", "r", "C", false },
		{ "moved border", "A: b\n\nx\n", "rc", "", false } };
	uint8_t first[OCT_MSG_DIGEST], got[OCT_MSG_DIGEST];

	(void)state;
	digest_of("A: b\n\nx\n", "r", "c", first);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		digest_of(rows[i].text, rows[i].rpath, rows[i].rcpt, got);
		assert_int_equal(memcmp(got, first, sizeof(got)) == 0,
		    rows[i].same);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_long_messages),
		cmocka_unit_test(test_read_within_limits),
		cmocka_unit_test(test_read_error_is_told),
		cmocka_unit_test(test_digest_known_answer),
		cmocka_unit_test(test_digest_tells_apart),
	};

	return cmocka_run_group_tests_name("msg_read", tests, NULL, NULL);
}
