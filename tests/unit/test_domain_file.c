/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"

static char path[64];

static int
set_up(void **state)
{
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/oct-domains-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct domain_file *
opened(void)
{
	struct domain_file *f;

	assert_int_equal(domain_file_open("test", path, &f), 0);
	return f;
}

static void
a_domain_stands_for_itself_and_all_below(void **state)
{
	static const struct {
		const char *domain;
		bool has;
	} rows[] = {
		{ "gouv.fr", true },
		{ "impots.gouv.fr", true },
		{ "a.b.gouv.fr", true },
		{ "xgouv.fr", false },
		{ "fr", false },
		{ "gouv.fr.example", false },
		{ "banque.example", true },
		{ "xn--t-9fab.fr", true },
		{ "commented.example", false },
		{ "", false },
	};
	struct domain_file *f;

	(void)state;
	put("# a comment\n\n  GOUV.fr.  # the State\r\nbanque.example#x\n"
	    "\xc3\xa9t\xc3\xa9.fr\n#commented.example");
	f = opened();
	assert_int_equal(domain_file_count(f), 3);
	assert_int_equal(domain_file_faults(f), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].domain);
		assert_int_equal(domain_file_has(f, rows[i].domain),
		    rows[i].has);
	}
	assert_false(domain_file_has(NULL, "gouv.fr"));
	domain_file_close(f);
}

static void
lines_that_are_no_domain_are_left_out(void **state)
{
	static char text[4096];
	struct domain_file *f;

	(void)state;
	(void)snprintf(text, sizeof(text), "fr\na b.fr\n[192.0.2.1]\n.fr\n"
					   "a..fr\n*.a.fr\n%0700d.fr\nok.fr\n",
	    0);
	put(text);
	f = opened();
	assert_int_equal(domain_file_count(f), 1);
	assert_int_equal(domain_file_faults(f), 7);
	assert_true(domain_file_has(f, "ok.fr"));
	domain_file_close(f);
}

static void
a_change_is_seen_and_damage_is_not(void **state)
{
	struct domain_file *f;

	(void)state;
	put("a.fr\n");
	f = opened();
	domain_file_refresh(f, false);
	assert_true(domain_file_has(f, "a.fr"));
	put("b.fr\nc.fr\n");
	domain_file_refresh(f, false);
	assert_false(domain_file_has(f, "a.fr"));
	assert_true(domain_file_has(f, "b.fr"));
	/* What cannot be read leaves the list as it was. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	domain_file_refresh(f, false);
	assert_true(domain_file_has(f, "b.fr"));
	assert_int_equal(rmdir(path), 0);
	domain_file_refresh(f, false);
	assert_int_equal(domain_file_count(f), 0);
	domain_file_close(f);
}

static void
without_a_file_nobody_is_in_it(void **state)
{
	struct domain_file *f;

	(void)state;
	assert_int_equal(domain_file_open("test", "", &f), 0);
	assert_false(domain_file_has(f, "a.fr"));
	domain_file_refresh(f, true);
	domain_file_close(f);
	assert_int_equal(domain_file_open("test", "/nowhere/x", &f), 0);
	assert_int_equal(domain_file_count(f), 0);
	domain_file_close(f);
}

/* Every line of what is shipped must be right, and be known by a comment. */
static void
what_is_shipped_is_right(void **state)
{
	static const struct {
		const char *name;
		size_t least;
	} rows[] = { { "institutional", 100 }, { "providers", 4 } };
	const char *top = getenv("srcdir");

	(void)state;
	if (top == NULL)
		skip();
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct domain_file *f;
		char file[512];

		print_message("  %s\n", rows[i].name);
		(void)snprintf(file, sizeof(file), "%s/contrib/lists/%s", top,
		    rows[i].name);
		assert_int_equal(domain_file_open("test", file, &f), 0);
		assert_true(domain_file_count(f) >= rows[i].least);
		assert_int_equal(domain_file_faults(f), 0);
		domain_file_close(f);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_domain_stands_for_itself_and_all_below),
		T(lines_that_are_no_domain_are_left_out),
		T(a_change_is_seen_and_damage_is_not),
		T(without_a_file_nobody_is_in_it),
		T(what_is_shipped_is_right),
	};

	oct_log_open("test_domain_file", OCT_LOG_STDERR, OCT_ERROR);
	return cmocka_run_group_tests_name("domain_file", tests, NULL, NULL);
}
