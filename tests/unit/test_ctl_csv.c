/* SPDX-License-Identifier: Apache-2.0 */
/* CSV as offices write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/str.h"
#include "provisioning/ctl_csv.h"

static const struct {
	const char *name, *text, *rows; /* "1:a|b/2:c|d"; NULL = refused */
	size_t line;
} table[] = {
    {"commas", "a,b\nc,d\n", "1:a|b/2:c|d", 0},
    {"no last line end", "a,b\nc,d", "1:a|b/2:c|d", 0},
    {"semicolons", "a;b\nc;d,e\n", "1:a|b/2:c|d,e", 0},
    {"a comma in quotes does not decide", "\"a,b\";c\nd;e\n",
	"1:a,b|c/2:d|e", 0},
    {"carriage returns", "a,b\r\nc,d\r\n", "1:a|b/2:c|d", 0},
    {"byte order mark", "\xef\xbb\xbf" "a,b\n", "1:a|b", 0},
    {"quotes", "a,\"b \"\"c\"\", d\"\n", "1:a|b \"c\", d", 0},
    {"a line end in quotes", "\"a\nb\",c\nd,e\n", "1:a\nb|c/3:d|e", 0},
    {"blanks at the ends", " a ,\tb \n", "1:a|b", 0},
    {"empty cells", "a,,\n", "1:a||", 0},
    {"empty lines", "a\n\n  \nb\n", "1:a/4:b", 0},
    {"an empty quoted cell", "\"\",a\n", "1:|a", 0},
    {"nothing", "", "", 0},
    {"tabs", "a\tb c\nd\te,f\n", "1:a|b c/2:d|e,f", 0},
    {"its separator said", "sep=;\r\na;b\r\n", "2:a|b", 0},
    {"its separator said, against the look", "sep=;\na,b;c\n", "2:a,b|c", 0},
    {"no such saying", "sep=x\na\n", "1:sep=x/2:a", 0},
    {"no-break spaces", "\xc2\xa0" "a\xc2\xa0,b \xc2\xa0\n", "1:a|b", 0},
    {"open quote", "a\n\"b\n", NULL, 3},
    {"text after a quote", "a,\"b\"c\n", NULL, 1},
};

static int
note(void *arg, const struct csv_row *row)
{
	struct oct_str *out = arg;

	oct_str_addf(out, "%s%zu:", out->len > 0 ? "/" : "", row->line);
	for (size_t i = 0; i < row->count; i++)
		oct_str_addf(out, "%s%s", i > 0 ? "|" : "", row->cells[i]);
	return 0;
}

static void
files_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(table); i++) {
		char *text = strdup(table[i].text), buf[256];
		struct csv_problem p;
		struct oct_str out;
		int rc;

		(void)printf("  %s\n", table[i].name);
		oct_str_fixed(&out, buf, sizeof(buf));
		rc = csv_read(text, note, &out, &p);
		free(text);
		if (table[i].rows != NULL) {
			assert_int_equal(rc, 0);
			assert_string_equal(
			    oct_str_text(&out), table[i].rows);
			continue;
		}
		assert_int_equal(rc, OCT_EPARSE);
		assert_int_equal(p.line, table[i].line);
	}
}

static void
too_many_cells_are_refused(void **state)
{
	char text[CSV_CELLS_MAX + 2], buf[8];
	struct csv_problem p;
	struct oct_str out;

	(void)state;
	memset(text, ',', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	oct_str_fixed(&out, buf, sizeof(buf));
	assert_int_equal(csv_read(text, note, &out, &p), OCT_EPARSE);
}

static int
stop(OCT_UNUSED void *arg, const struct csv_row *row)
{
	return (int)row->line == 2 ? 42 : 0;
}

static void
the_reader_stops_when_told(void **state)
{
	char text[] = "a\nb\nc\n";
	struct csv_problem p;

	(void)state;
	assert_int_equal(csv_read(text, stop, NULL, &p), 42);
}

static void
what_is_no_utf8_is_of_windows(void **state)
{
	static const struct {
		const char *name, *text, *utf8; /* NULL: it is UTF-8 */
	} rows[] = {
	    {"ascii", "a;b", NULL},
	    {"utf-8", "\xc3\xa9t\xc3\xa9 \xe2\x82\xac", NULL},
	    {"with a mark", "\xef\xbb\xbf" "\xc3\xa9", NULL},
	    {"latin-1", "\xe9t\xe9;\xc0 cot\xe9", "\xc3\xa9t\xc3\xa9;\xc3\x80 cot\xc3\xa9"},
	    {"windows", "\x80 \x92 \x9c\x8c", "\xe2\x82\xac \xe2\x80\x99 \xc5\x93\xc5\x92"},
	    {"a hole in it", "\x81", "\xef\xbf\xbd"},
	    {"half a character", "\xc3", "\xc3\x83"},
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char *text;

		(void)printf("  %s\n", rows[i].name);
		assert_int_equal(
		    csv_is_utf8(rows[i].text), rows[i].utf8 == NULL);
		if (rows[i].utf8 == NULL)
			continue;
		text = csv_from_windows(rows[i].text);
		assert_string_equal(text, rows[i].utf8);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_are_read),
    cmocka_unit_test(what_is_no_utf8_is_of_windows),
	    cmocka_unit_test(too_many_cells_are_refused),
	    cmocka_unit_test(the_reader_stops_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
