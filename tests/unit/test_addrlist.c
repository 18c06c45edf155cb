/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address lists in header fields: the forms of RFC 5322 and its obsolete ones,
 * what is malformed, and what is written to be read in two ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/addrlist.h"
#include "lib/err.h"
#include "lib/str.h"

#define MAX 8

struct row {
	const char *name, *value;
	int rc;
	const char *found; /* addresses, separated by one space */
};

static void
check(const struct row *r, size_t len)
{
	static struct oct_addr out[MAX];
	/* A copy of just this size: reading past the end is seen. */
	char *value = malloc(len > 0 ? len : 1), text[OCT_ADDR_SIZE];
	struct oct_str got;
	size_t n = 99;
	int rc;

	print_message("  %s\n", r->name);
	memcpy(value, r->value, len);
	rc = oct_addrlist_parse(value, len, out, MAX, &n);
	free(value);
	assert_true(n <= MAX);
	oct_str_heap(&got, 65536);
	for (size_t i = 0; i < n; i++) {
		oct_addr_text(&out[i], text);
		oct_str_addf(&got, "%s%s", i > 0 ? " " : "", text);
	}
	assert_string_equal(oct_str_text(&got), r->found);
	assert_int_equal(rc, r->rc);
	oct_str_free(&got);
}

static void
check_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&rows[i], strlen(rows[i].value));
}

static void
good_lists(void **state)
{
	static const struct row rows[] = {
		{ "bare", "a@x.example", 0, "a@x.example" },
		{ "spaces around", " \t a@x.example \t", 0, "a@x.example" },
		{ "angle", "<a@x.example>", 0, "a@x.example" },
		{ "name", "Alice <a@x.example>", 0, "a@x.example" },
		{ "quoted name with a comma", "\"Doe, J.\" <a@x.example>", 0,
		    "a@x.example" },
		{ "quoted name with brackets", "\"<b@y.example>\" <a@x.example>",
		    0, "a@x.example" },
		{ "quoted name with an escaped quote",
		    "\"a \\\" <b@y.example>\" <a@x.example>", 0,
		    "a@x.example" },
		{ "several", "a@x.example, B <b@y.example>,c@z.example", 0,
		    "a@x.example b@y.example c@z.example" },
		{ "folded", "a@x.example,\r\n\tb@y.example", 0,
		    "a@x.example b@y.example" },
		{ "name folded", "A\r\n B <a@x.example>", 0, "a@x.example" },
		{ "domain in capitals", "a@X.EXAMPLE", 0, "a@x.example" },
		{ "literal", "a@[192.0.2.1]", 0, "a@[192.0.2.1]" },
		{ "quoted local part", "\"a b\"@x.example", 0,
		    "\"a b\"@x.example" },
		{ "quoted local part with a bracket",
		    "<\"a>b\"@x.example>", 0, "\"a>b\"@x.example" },
		{ "group", "Team: a@x.example, b@y.example;", 0,
		    "a@x.example b@y.example" },
		{ "empty group", "undisclosed-recipients:;", 0, "" },
		{ "group and address", "Team: a@x.example; , b@y.example", 0,
		    "a@x.example b@y.example" },
		{ "quoted group name", "\"a:b\": a@x.example;", 0,
		    "a@x.example" },
		{ "comments", "(c) a@x.example (d (e) \\) f)", 0,
		    "a@x.example" },
		{ "comment with an address", "a@x.example (b@y.example)", 0,
		    "a@x.example" },
		{ "comment with a comma and brackets",
		    "A (x, <b@y.example>) <a@x.example>", 0, "a@x.example" },
		{ "obsolete: spaces around dots and at",
		    "a . b @ x . example", 0, "a.b@x.example" },
		{ "obsolete: comments inside", "a(c)@(d)x.example", 0,
		    "a@x.example" },
		{ "obsolete: route", "<@r.example,@s.example:a@x.example>", 0,
		    "a@x.example" },
		{ "obsolete: dots in the name", "J. Q. Public <a@x.example>",
		    0, "a@x.example" },
		{ "its own address as a name", "A@x.example <a@X.example>", 0,
		    "a@x.example" },
		{ "address in a quoted name", "Mr \"b@y.example\" <a@x.example>",
		    0, "a@x.example" },
		{ "quoted group name with an address", "\"a@b\": a@x.example;",
		    0, "a@x.example" },
		{ "obsolete: empty members", ",a@x.example,,b@y.example,", 0,
		    "a@x.example b@y.example" },
		{ "nothing", "", 0, "" },
		{ "white space", " \r\n\t", 0, "" },
		{ "8-bit name", "\xc3\x89lise <a@x.example>", 0,
		    "a@x.example" },
		{ "8-bit name, no UTF-8", "\xc9lise <a@x.example>", 0,
		    "a@x.example" },
		{ "encoded name", "=?utf-8?q?=C3=89lise?= <a@x.example>", 0,
		    "a@x.example" },
		{ "UTF-8 local part", "\xc3\xa9@x.example", 0,
		    "\xc3\xa9@x.example" },
	};

	(void)state;
	check_all(rows, OCT_LEN(rows));
}

/* What may be read in two ways must be told apart: whoever judges the From of
 * such a field would judge another than the reader sees. */
static void
malformed_lists(void **state)
{
	static const struct row rows[] = {
		{ "address as a name", "a@x.example <b@y.example>",
		    OCT_EPARSE, "b@y.example" },
		{ "address in a name", "Mr a@x.example <b@y.example>",
		    OCT_EPARSE, "b@y.example" },
		{ "two angles", "<a@x.example> <b@y.example>", OCT_EPARSE,
		    "" },
		{ "two angles with a name", "A <a@x.example><b@y.example>",
		    OCT_EPARSE, "" },
		{ "text behind the angle", "<a@x.example> b@y.example",
		    OCT_EPARSE, "" },
		{ "angle in an angle", "<<a@x.example>>", OCT_EPARSE, "" },
		{ "angle in an angle, two addresses",
		    "<a@x.example <b@y.example>>", OCT_EPARSE, "" },
		{ "angle not closed", "A <a@x.example", OCT_EPARSE, "" },
		{ "angle not closed, another behind",
		    "<a@x.example, b@y.example", OCT_EPARSE, "" },
		{ "angle not opened", "a@x.example>", OCT_EPARSE, "" },
		{ "null path", "<>", OCT_EPARSE, "" },
		{ "name alone", "Alice", OCT_EPARSE, "" },
		{ "two names", "Alice Bob", OCT_EPARSE, "" },
		{ "local part alone in an angle", "<alice>", OCT_EPARSE, "" },
		{ "no local part", "@x.example", OCT_EPARSE, "" },
		{ "no domain", "a@", OCT_EPARSE, "" },
		{ "two ats", "a@x.example@y.example", OCT_EPARSE, "" },
		{ "two addresses without a comma", "a@x.example b@y.example",
		    OCT_EPARSE, "" },
		{ "space in the local part", "a b@x.example", OCT_EPARSE, "" },
		{ "quote not closed", "\"a <b@y.example>, c@z.example",
		    OCT_EPARSE, "" },
		{ "comment not closed", "a@x.example (b@y.example",
		    OCT_EPARSE, "a@x.example" },
		{ "comment not opened", "a@x.example )", OCT_EPARSE, "" },
		{ "escape at the end", "\"a\\", OCT_EPARSE, "" },
		{ "good beside bad", "a b, c@z.example", OCT_EPARSE,
		    "c@z.example" },
		{ "group with an address as a name",
		    "a@x.example: b@y.example;", OCT_EPARSE, "b@y.example" },
		{ "semicolon in an angle", "<a@x.example;b@y.example>",
		    OCT_EPARSE, "" },
		{ "comma in an angle", "<a@x.example,b@y.example>",
		    OCT_EPARSE, "" },
		{ "label over 63",
		    "a@xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxx.example",
		    OCT_EPARSE, "" },
		{ "empty label", "a@x..example", OCT_EPARSE, "" },
		{ "bare newline", "a@x.exam\nple", OCT_EPARSE, "" },
		{ "control octet", "a\x01@x.example", OCT_EPARSE, "" },
		{ "delete", "a@x\x7f.example", OCT_EPARSE, "" },
		{ "word, then a quoted part", "x \"a\"@x.example",
		    OCT_EPARSE, "" },
	};

	(void)state;
	check_all(rows, OCT_LEN(rows));
}

static void
octets_of_zero(void **state)
{
	static const char inside[] = "a\0b@x.example";
	static const char behind[] = "a@x.example\0, b@y.example";
	static const char quoted[] = "\"a\0\" <b@y.example>";
	static const char comment[] = "(a\0) b@y.example";
	const struct row rows[] = {
		{ "inside", inside, OCT_EPARSE, "ab@x.example" },
		{ "behind", behind, OCT_EPARSE, "a@x.example b@y.example" },
		{ "quoted", quoted, OCT_EPARSE, "b@y.example" },
		{ "comment", comment, OCT_EPARSE, "b@y.example" },
	};

	(void)state;
	/* Whatever is found, it must not pass as well-formed. */
	check(&rows[1], sizeof(behind) - 1);
	check(&rows[2], sizeof(quoted) - 1);
	check(&rows[3], sizeof(comment) - 1);
	check(&rows[0], sizeof(inside) - 1);
}

static void
more_than_asked_for(void **state)
{
	static struct oct_addr out[MAX];
	struct oct_str s;
	size_t n;

	(void)state;
	oct_str_heap(&s, 1 << 20);
	for (int i = 0; i < MAX; i++)
		oct_str_addf(&s, "a%d@x.example,", i);
	assert_int_equal(oct_addrlist_parse(s.buf, s.len, out, MAX, &n), 0);
	assert_int_equal(n, MAX);
	assert_int_equal(oct_addrlist_parse(s.buf, s.len, out, MAX - 1, &n),
	    OCT_ELIMIT);
	assert_int_equal(n, MAX - 1);
	assert_int_equal(oct_addrlist_parse(s.buf, s.len, NULL, 0, &n),
	    OCT_ELIMIT);
	assert_int_equal(n, 0);
	oct_str_free(&s);
}

static void
hostile_shapes(void **state)
{
	static const char *const pieces[] = { "(", ")", "\"", "\\", "<", ">",
		",", ";", ":", "@", ".", "a@x.example,", "a:", "<a@x.example>",
		"((((", " ", "(()", "\"\"" };
	static struct oct_addr out[MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(pieces); i++) {
		struct oct_str s;
		int rc;

		oct_str_heap(&s, 1 << 20);
		for (int k = 0; k < 50000; k++)
			oct_str_add(&s, pieces[i]);
		rc = oct_addrlist_parse(s.buf, s.len, out, MAX, &n);
		print_message("  50,000 times \"%s\": %d\n", pieces[i], rc);
		assert_true(rc == 0 || rc == OCT_EPARSE || rc == OCT_ELIMIT);
		assert_true(n <= MAX);
		oct_str_free(&s);
	}
	/* Nested just as deep as we follow, and one deeper. */
	assert_int_equal(oct_addrlist_parse("((((((((((((((((c))))))))))))))))"
					    "a@x.example",
			     44, out, MAX, &n),
	    0);
	assert_int_equal(n, 1);
	assert_int_equal(oct_addrlist_parse("(((((((((((((((((c))))))))))))))"
					    ")))a@x.example",
			     46, out, MAX, &n),
	    OCT_EPARSE);
}

static void
long_parts(void **state)
{
	static struct oct_addr out[MAX];
	struct oct_str s;
	size_t n;

	(void)state;
	/* A display name of any length does not hide the address. */
	oct_str_heap(&s, 1 << 20);
	for (int i = 0; i < 3000; i++)
		oct_str_add(&s, "n ");
	oct_str_add(&s, "<a@x.example>");
	assert_int_equal(oct_addrlist_parse(s.buf, s.len, out, MAX, &n), 0);
	assert_int_equal(n, 1);
	/* An address that does not fit is not cut. */
	oct_str_clear(&s);
	for (int i = 0; i < 3000; i++)
		oct_str_add(&s, "n");
	oct_str_add(&s, "@x.example");
	assert_int_equal(oct_addrlist_parse(s.buf, s.len, out, MAX, &n),
	    OCT_EPARSE);
	assert_int_equal(n, 0);
	oct_str_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lists),
		cmocka_unit_test(malformed_lists),
		cmocka_unit_test(octets_of_zero),
		cmocka_unit_test(more_than_asked_for),
		cmocka_unit_test(hostile_shapes),
		cmocka_unit_test(long_parts),
	};

	return cmocka_run_group_tests_name("addrlist", tests, NULL, NULL);
}
