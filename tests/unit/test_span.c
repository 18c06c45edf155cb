/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct oct_span
of(const char *text)
{
	return (struct oct_span){ text, strlen(text) };
}

static void
same(struct oct_span s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.at, text, s.len);
}

static void
test_pieces_are_cut_and_trimmed(void **state)
{
	static const struct {
		const char *name, *text;
		const char *pieces[4]; /* up to NULL */
	} rows[] = {
		{ "nothing is one piece", "", { "" } },
		{ "no separator", "a b", { "a b" } },
		{ "several", "a; b ;c", { "a", "b", "c" } },
		{ "the last is empty", "a;", { "a", "" } },
		{ "the first is empty", ";a", { "", "a" } },
		{ "blanks alone", " \t; ", { "", "" } },
		{ "a blank within stays", "\ta b\t;c", { "a b", "c" } },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_span rest = of(rows[i].text), piece;
		size_t n = 0;

		print_message("%s\n", rows[i].name);
		for (; oct_span_next(&rest, ';', &piece); n++) {
			assert_non_null(rows[i].pieces[n]);
			same(piece, rows[i].pieces[n]);
		}
		assert_null(rows[i].pieces[n]);
		assert_false(oct_span_next(&rest, ';', &piece));
	}
}

static void
test_a_piece_ends_where_the_span_does(void **state)
{
	struct oct_span rest = { "a;bc;d", 4 }, piece;

	(void)state;
	assert_true(oct_span_next(&rest, ';', &piece));
	same(piece, "a");
	assert_true(oct_span_next(&rest, ';', &piece));
	same(piece, "bc");
	assert_false(oct_span_next(&rest, ';', &piece));
}

static void
test_tags_have_a_name_and_a_value(void **state)
{
	static const struct {
		const char *text, *name, *value; /* NULL: it is no tag */
	} rows[] = {
		{ "p=none", "p", "none" },
		{ "p\t = \tnone", "p", "none" },
		{ "p=", "p", "" },
		{ "=x", "", "x" },
		{ "a=b=c", "a", "b=c" },
		{ "p", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_span name, value;
		bool is = oct_span_tag(of(rows[i].text), &name, &value);

		print_message("\"%s\"\n", rows[i].text);
		assert_int_equal(is, rows[i].name != NULL);
		if (!is)
			continue;
		same(name, rows[i].name);
		same(value, rows[i].value);
	}
}

static void
test_words_are_compared_without_case(void **state)
{
	static const struct {
		const char *text, *word;
		bool is;
	} rows[] = { { "reject", "reject", true }, { "ReJect", "reject", true },
		{ "rejec", "reject", false }, { "rejects", "reject", false },
		{ "", "", true }, { "", "p", false }, { "p", "", false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++)
		assert_int_equal(oct_span_is(of(rows[i].text), rows[i].word),
		    rows[i].is);
	assert_true(oct_span_is((struct oct_span){ NULL, 0 }, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_are_cut_and_trimmed),
		cmocka_unit_test(test_a_piece_ends_where_the_span_does),
		cmocka_unit_test(test_tags_have_a_name_and_a_value),
		cmocka_unit_test(test_words_are_compared_without_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
