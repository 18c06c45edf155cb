/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/err.h"
#include "lib/str.h"
#include "tests/unit/msg_fixture.h"

static struct oct_msg *
new_msg(const struct oct_msg_limits *limits)
{
	struct oct_msg_limits standard;
	struct oct_msg *m = NULL;

	oct_msg_limits_init(&standard);
	assert_int_equal(oct_msg_new(limits != NULL ? limits : &standard, &m),
	    0);
	return m;
}

static void
test_fields_are_written_as_given(void **state)
{
	struct oct_msg *m = new_msg(NULL);

	(void)state;
	assert_int_equal(oct_msg_add_field(m, "Subject", " a\n b\r\n\tc  "), 0);
	assert_int_equal(oct_msg_add_field(m, "X-Empty", ""), 0);
	assert_int_equal(oct_msg_add_field(m, "To", "no-space"), 0);
	assert_int_equal(oct_msg_add_field(m, "X-8bit", " \xe9\r x"), 0);
	assert_int_equal(oct_msg_add_body(m, S("l1\r\n\0\n")), 0);
	assert_int_equal(oct_msg_add_body(m, S("end")), 0);
	assert_written(m, S("Subject: a\r\n b\r\n\tc  \r\nX-Empty:\r\n"
			    "To:no-space\r\nX-8bit: \xe9\r x\r\n\r\n"
			    "l1\r\n\0\nend"));
	oct_msg_free(m);
}

static void
test_message_of_nothing(void **state)
{
	struct oct_msg *m = new_msg(NULL);
	const char *body;
	size_t len;

	(void)state;
	assert_int_equal(oct_msg_field_count(m), 0);
	assert_int_equal(oct_msg_body(m, &body, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(body, "");
	assert_written(m, S("\r\n"));
	oct_msg_free(m);
}

static void
test_bad_fields_are_refused_and_stick(void **state)
{
	static const struct {
		const char *name, *field, *value;
	} rows[] = { { "new field inside", "X", " a\nEvil: b" },
		{ "CRLF then text", "X", " a\r\nEvil: b" },
		{ "LF at the end", "X", " a\n" },
		{ "empty line", "X", " a\n\n b" }, { "no name", "", "a" },
		{ "space in name", "X Y", "a" }, { "colon", "X:", "a" },
		{ "CR in name", "X\r", "a" }, { "8 bit", "X\xe9", "a" } };
	int fd = memfd_create("test", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_msg *m = new_msg(NULL);

		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_msg_add_field(m, rows[i].field,
		    rows[i].value), OCT_EPARSE);
		assert_int_equal(oct_msg_field_count(m), 0);
		assert_null(oct_msg_over(m));
		assert_int_equal(oct_msg_add_field(m, "Good", "x"),
		    OCT_EPARSE);
		assert_int_equal(oct_msg_write(m, fd, NULL, NULL, NULL),
		    OCT_EPARSE);
		oct_msg_free(m);
	}
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	(void)close(fd);
}

static void
test_look_up(void **state)
{
	struct oct_msg *m = new_msg(NULL);
	const struct oct_field *f;
	char out[16];

	(void)state;
	assert_int_equal(oct_msg_add_field(m, "To", " first"), 0);
	assert_int_equal(oct_msg_add_field(m, "Subject",
	    " \t a\r\n  b\n\tc \r\n "), 0);
	assert_int_equal(oct_msg_add_field(m, "TO", " second"), 0);
	assert_int_equal(oct_msg_field_count(m), 3);
	assert_int_equal(oct_msg_count(m, "to"), 2);
	assert_int_equal(oct_msg_count(m, "t"), 0);
	f = oct_msg_find(m, "tO", 1);
	assert_non_null(f);
	assert_ptr_equal(f, oct_msg_field(m, 2));
	assert_memory_equal(f->value, " second", f->value_len);
	assert_null(oct_msg_find(m, "to", 2));
	assert_int_equal(oct_msg_value(m, "subject", out, sizeof(out)), 1);
	assert_string_equal(out, "a  b\tc");
	assert_int_equal(oct_msg_value(m, "to", out, 6), 1);
	assert_string_equal(out, "first");
	assert_int_equal(oct_msg_value(m, "to", out, 5), OCT_EFULL);
	assert_int_equal(oct_msg_value(m, "cc", out, sizeof(out)), 0);
	assert_string_equal(out, "");
	oct_msg_free(m);
}

/* Growth moves the block: every field must still be the right one. */
static void
test_ten_thousand_fields(void **state)
{
	struct oct_msg *m = new_msg(NULL);
	char name[32], value[64];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "X-%d", i);
		(void)snprintf(value, sizeof(value), " value %d\n of it", i);
		assert_int_equal(oct_msg_add_field(m, name, value), 0);
	}
	for (int i = 0; i < 10000; i++) {
		const struct oct_field *f = oct_msg_field(m, (size_t)i);

		(void)snprintf(name, sizeof(name), "X-%d", i);
		(void)snprintf(value, sizeof(value), " value %d\r\n of it", i);
		assert_int_equal(f->name_len, strlen(name));
		assert_memory_equal(f->name, name, f->name_len);
		assert_int_equal(f->value_len, strlen(value));
		assert_memory_equal(f->value, value, f->value_len);
	}
	assert_int_equal(oct_msg_add_field(m, "One", " more"), OCT_ELIMIT);
	assert_string_equal(oct_msg_over(m), "header_count");
	oct_msg_free(m);
}

static void
test_header_limit_is_exact(void **state)
{
	struct oct_msg_limits limits;
	struct oct_msg *m;

	(void)state;
	oct_msg_limits_init(&limits);
	limits.header_octets = 12;
	m = new_msg(&limits);
	/* "A: b\r\n c\r\n" is 10, and "B:\r\n" 4 more */
	assert_int_equal(oct_msg_add_field(m, "A", " b\n c"), 0);
	assert_null(oct_msg_over(m));
	assert_int_equal(oct_msg_add_field(m, "B", ""), OCT_ELIMIT);
	assert_string_equal(oct_msg_over(m), "header_octets");
	assert_int_equal(oct_msg_add_body(m, S("x")), OCT_ELIMIT);
	oct_msg_free(m);
	limits.header_octets = 10;
	m = new_msg(&limits);
	assert_int_equal(oct_msg_add_field(m, "A", " b\n c"), 0);
	oct_msg_free(m);
	limits.header_octets = 9;
	m = new_msg(&limits);
	assert_int_equal(oct_msg_add_field(m, "A", " b\n c"), OCT_ELIMIT);
	oct_msg_free(m);
}

static void
test_body_limit_is_exact(void **state)
{
	struct oct_msg_limits limits;
	struct oct_msg *m;
	const char *body;
	size_t len;

	(void)state;
	oct_msg_limits_init(&limits);
	limits.body_octets = 5;
	m = new_msg(&limits);
	assert_int_equal(oct_msg_add_body(m, S("123")), 0);
	assert_int_equal(oct_msg_add_body(m, S("45")), 0);
	assert_int_equal(oct_msg_add_body(m, S("6")), OCT_ELIMIT);
	assert_string_equal(oct_msg_over(m), "body_octets");
	assert_int_equal(oct_msg_body(m, &body, &len), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(body, "12345", 5);
	oct_msg_free(m);
}

/* The same octets, whatever part of them is in memory. */
static void
test_spilled_body_is_the_same(void **state)
{
	struct oct_msg_limits limits;
	static char body[40000];
	const char *got;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(i * 31 + i / 251);
	oct_msg_limits_init(&limits);
	limits.spill_dir = "/tmp";
	for (size_t memory = 0; memory <= sizeof(body); memory += 10000) {
		struct oct_msg *m;

		limits.memory_octets = memory;
		m = new_msg(&limits);
		for (size_t at = 0; at < sizeof(body); at += 4000) {
			assert_int_equal(oct_msg_add_body(m, body + at, 4000),
			    0);
			/* looked at between adds: the map must follow */
			assert_int_equal(oct_msg_body(m, &got, &len), 0);
			assert_int_equal(len, at + 4000);
			assert_memory_equal(got, body, len);
		}
		assert_int_equal(oct_msg_size(m), sizeof(body) + 2);
		oct_msg_free(m);
	}
}

static void
test_spill_failures(void **state)
{
	struct oct_msg_limits limits;
	struct oct_msg *m;
	const char *body;
	size_t len;

	(void)state;
	oct_msg_limits_init(&limits);
	limits.memory_octets = 4;
	limits.spill_dir = "/nonexistent/folder";
	m = new_msg(&limits);
	assert_int_equal(oct_msg_add_body(m, S("1234")), 0);
	assert_int_equal(oct_msg_add_body(m, S("5")), -ENOENT);
	assert_int_equal(oct_msg_add_body(m, S("6")), -ENOENT);
	assert_int_equal(oct_msg_body(m, &body, &len), -ENOENT);
	assert_int_equal(oct_msg_write(m, 2, NULL, NULL, NULL), -ENOENT);
	assert_null(oct_msg_over(m));
	oct_msg_free(m);
}

static int
spill_over_file_size(void)
{
	struct rlimit small = { .rlim_cur = 4096, .rlim_max = 4096 };
	struct oct_msg_limits limits;
	struct oct_msg *m;
	static char body[8192];
	int rc;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &small) != 0)
		return 2;
	oct_msg_limits_init(&limits);
	limits.memory_octets = 4;
	limits.spill_dir = "/tmp";
	if (oct_msg_new(&limits, &m) != 0)
		return 3;
	rc = oct_msg_add_body(m, body, sizeof(body));
	if (rc == -EFBIG)
		rc = oct_msg_add_body(m, "x", 1);
	oct_msg_free(m);
	return rc == -EFBIG ? 0 : 1;
}

static void
test_spill_on_a_full_disk(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(spill_over_file_size());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool
keep_odd(const struct oct_msg *m, size_t field, void *arg)
{
	*(size_t *)arg += oct_msg_field(m, field)->name_len;
	return field % 2 == 1;
}

static void
test_write_leaves_fields_out(void **state)
{
	struct oct_msg *m = new_msg(NULL);
	size_t names = 0, len;
	char *text;

	(void)state;
	assert_int_equal(oct_msg_add_field(m, "A", "0"), 0);
	assert_int_equal(oct_msg_add_field(m, "B", "1"), 0);
	assert_int_equal(oct_msg_add_field(m, "C", "2"), 0);
	assert_int_equal(oct_msg_add_field(m, "D", "3"), 0);
	assert_int_equal(oct_msg_add_body(m, S("x\r\n")), 0);
	text = written(m, "Received: us\r\n", keep_odd, &names, &len);
	assert_string_equal(text,
	    "Received: us\r\nB:1\r\nD:3\r\n\r\nx\r\n");
	assert_int_equal(names, 4);
	free(text);
	oct_msg_free(m);
}

/* More runs than one vector holds, through a pipe that takes bits at a time. */
static void
test_write_many_runs_through_a_pipe(void **state)
{
	struct oct_msg *m = new_msg(NULL);
	struct oct_str expected;
	char *got = NULL, value[1024];
	size_t names = 0, len;
	int fds[2];
	pid_t pid;

	(void)state;
	oct_str_heap(&expected, 1 << 24);
	for (size_t i = 0; i < 1001; i++) {
		memset(value, 'a' + (int)(i % 26), sizeof(value));
		value[i] = '\0';
		assert_int_equal(oct_msg_add_field(m, "X", value), 0);
		if (i % 2 == 1)
			oct_str_addf(&expected, "X:%s\r\n", value);
	}
	oct_str_add(&expected, "\r\n");
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(fds[0]);
		_exit(oct_msg_write(m, fds[1], NULL, keep_odd, &names) != 0);
	}
	(void)close(fds[1]);
	assert_int_equal(oct_io_slurp(fds[0], 1 << 24, &got, &len), 0);
	assert_int_equal(len, expected.len);
	assert_memory_equal(got, oct_str_text(&expected), len);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(fds[0]);
	free(got);
	oct_str_free(&expected);
	oct_msg_free(m);
}

static void
test_write_error_is_told(void **state)
{
	struct oct_msg *m = new_msg(NULL);
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(oct_msg_write(m, fd, NULL, NULL, NULL), -ENOSPC);
	(void)close(fd);
	oct_msg_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_are_written_as_given),
		cmocka_unit_test(test_message_of_nothing),
		cmocka_unit_test(test_bad_fields_are_refused_and_stick),
		cmocka_unit_test(test_look_up),
		cmocka_unit_test(test_ten_thousand_fields),
		cmocka_unit_test(test_header_limit_is_exact),
		cmocka_unit_test(test_body_limit_is_exact),
		cmocka_unit_test(test_spilled_body_is_the_same),
		cmocka_unit_test(test_spill_failures),
		cmocka_unit_test(test_spill_on_a_full_disk),
		cmocka_unit_test(test_write_leaves_fields_out),
		cmocka_unit_test(test_write_many_runs_through_a_pipe),
		cmocka_unit_test(test_write_error_is_told),
	};

	return cmocka_run_group_tests_name("msg", tests, NULL, NULL);
}
