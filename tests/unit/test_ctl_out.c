/* SPDX-License-Identifier: Apache-2.0 */
/* What octroictl prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "provisioning/ctl_out.h"

static const struct {
	const char *name, *in;
	size_t max;
	const char *out;
} texts[] = {
	{ "plain", "abc", 0, "abc" },
	{ "French", "d\xc3\xa9lib\xc3\xa9ration", 0, "d\xc3\xa9lib\xc3\xa9ration" },
	{ "as long as may be", "abcd", 4, "abcd" },
	{ "longer", "abcde", 4, "abc\xe2\x80\xa6" },
	{ "longer, of wide octets", "\xc3\xa9\xc3\xa9\xc3\xa9", 2,
	    "\xc3\xa9\xe2\x80\xa6" },
	{ "escape sequence", "a\x1b[31mb", 0, "a?[31mb" },
	{ "C1 control", "a\xc2\x9b" "31mb", 0, "a?31mb" },
	{ "line ends", "a\r\nb", 0, "a??b" },
	{ "bell and delete", "\x07\x7f", 0, "??" },
	{ "not UTF-8", "a\xff" "b\xc3", 0, "a?b?" },
	{ "turned direction", "a\xe2\x80\xae" "b", 0, "a?b" },
};

static void
texts_cannot_steer_a_terminal(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(texts); i++) {
		char buf[64];
		struct oct_str s;

		print_message("  %s\n", texts[i].name);
		oct_str_fixed(&s, buf, sizeof(buf));
		ctl_out_text(texts[i].in, texts[i].max, &s);
		assert_string_equal(buf, texts[i].out);
	}
}

static const struct ctl_column columns[] = {
	{ "name", "NAME", CTL_TEXT },
	{ "count", "N", CTL_RIGHT },
	{ "size", "SIZE", CTL_SIZE },
	{ "list", "LIST", CTL_TEXT },
	{ "yes", "YES", CTL_TEXT },
};

static json_t *
rows(void)
{
	json_error_t err;
	json_t *v = json_loads(
	    "[{\"name\":\"\\u00e9t\\u00e9\",\"count\":7,\"size\":1023,"
	    "\"list\":[\"a\",\"b\"],\"yes\":true},"
	    "{\"name\":\"\",\"count\":123,\"size\":1536,\"list\":[],"
	    "\"yes\":false},"
	    "{\"name\":null,\"count\":1.5,\"size\":104857600}]",
	    0, &err);

	assert_non_null(v);
	return v;
}

static void
columns_are_aligned_by_characters(void **state)
{
	json_t *v = rows();
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4096);
	ctl_out_table(v, columns, OCT_LEN(columns), &s);
	assert_string_equal(oct_str_text(&s),
	    "NAME     N  SIZE  LIST  YES\n"
	    "\xc3\xa9t\xc3\xa9      7  1023  a, b  yes\n"
	    "-      123  1.5k  -     no\n"
	    "-     1.50  100M  -     -\n");
	oct_str_free(&s);
	json_decref(v);
}

/* Nothing is cut: a long cell puts what follows out of line in its row alone. */
static void
a_long_cell_is_whole(void **state)
{
	static const struct ctl_column both[] = {
		{ "a", "A", CTL_TEXT },
		{ "b", "B", CTL_TEXT },
	};
	char text[CTL_CELL_MAX + 12];
	const char *line;
	json_t *v;
	struct oct_str s;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	v = json_pack("[{s:s, s:s}, {s:s, s:s}]", "a", text, "b", text, "a",
	    "y", "b", "z");
	assert_non_null(v);
	oct_str_heap(&s, 4096);
	ctl_out_table(v, both, OCT_LEN(both), &s);
	line = strchr(oct_str_text(&s), '\n');
	assert_non_null(line);
	assert_int_equal(strspn(line + 1, "x"), strlen(text));
	line = strchr(line, ' ');
	assert_non_null(line);
	assert_int_equal(strspn(line + 2, "x"), strlen(text));
	line = strchr(line, 'z');
	assert_non_null(line);
	assert_int_equal(line - strchr(oct_str_text(&s), 'y'),
	    CTL_CELL_MAX + 2);
	oct_str_free(&s);
	json_decref(v);
}

static void
a_record_is_one_line_a_member(void **state)
{
	json_t *v = rows();
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4096);
	ctl_out_record(json_array_get(v, 0), columns, 2, &s);
	assert_string_equal(oct_str_text(&s),
	    "NAME  \xc3\xa9t\xc3\xa9\nN     7\n");
	oct_str_free(&s);
	json_decref(v);
}

static void
json_keeps_the_order_of_members(void **state)
{
	json_t *v = json_object();
	struct oct_str s;

	(void)state;
	ctl_json_set(v, "z", json_integer(1));
	ctl_json_set(v, "a", ctl_json_score(-325));
	ctl_json_set(v, "t", ctl_json_time(1795255200000));
	ctl_json_set(v, "n", ctl_json_time(0));
	oct_str_heap(&s, 4096);
	assert_int_equal(ctl_out_json(v, true, &s), 0);
	assert_string_equal(oct_str_text(&s),
	    "{\"z\":1,\"a\":-3.25,\"t\":\"2026-11-21T10:00:00Z\",\"n\":null}"
	    "\n");
	oct_str_free(&s);
	json_decref(v);
}

static void
broken_utf8_is_replaced_in_json(void **state)
{
	json_t *v = ctl_json_text("a\xff\xc3\xa9");

	(void)state;
	assert_string_equal(json_string_value(v),
	    "a\xef\xbf\xbd\xc3\xa9");
	json_decref(v);
}

static void
a_builder_that_is_full_says_so(void **state)
{
	json_t *v = rows();
	struct oct_str s;
	char buf[16];

	(void)state;
	oct_str_fixed(&s, buf, sizeof(buf));
	ctl_out_table(v, columns, OCT_LEN(columns), &s);
	assert_int_not_equal(oct_str_err(&s), 0);
	json_decref(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_cannot_steer_a_terminal),
		cmocka_unit_test(columns_are_aligned_by_characters),
		cmocka_unit_test(a_long_cell_is_whole),
		cmocka_unit_test(a_record_is_one_line_a_member),
		cmocka_unit_test(json_keeps_the_order_of_members),
		cmocka_unit_test(broken_utf8_is_replaced_in_json),
		cmocka_unit_test(a_builder_that_is_full_says_so),
	};

	return cmocka_run_group_tests_name("ctl_out", tests, NULL, NULL);
}
