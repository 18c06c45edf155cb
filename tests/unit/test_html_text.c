/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/html_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GONE "\xef\xbf\xbd"

static void
text_is_text_wherever_it_stands(void **state)
{
	static const struct {
		const char *name, *text, *html;
	} rows[] = {
		{ "plain", "Bonjour", "Bonjour" },
		{ "accents", "\xc3\xa9t\xc3\xa9\xc2\xa0!", "\xc3\xa9t\xc3\xa9\xc2\xa0!" },
		{ "a tag", "<b onclick='x'>", "&lt;b onclick=&#39;x&#39;&gt;" },
		{ "the end of an attribute", "a\" b", "a&quot; b" },
		{ "an entity", "&lt;", "&amp;lt;" },
		{ "two lines", "a\nb", "a\nb" },
		{ "a carriage return", "a\rb", "a" GONE "b" },
		{ "an escape sequence", "\x1b[31m", GONE "[31m" },
		{ "a C1 control", "a\xc2\x9b" "b", "a" GONE "b" },
		{ "turned direction", "gpj\xe2\x80\xae.exe", "gpj" GONE ".exe" },
		{ "an isolate", "\xe2\x81\xa6x", GONE "x" },
		{ "nothing to be seen", "pay\xe2\x80\x8bpal", "pay" GONE "pal" },
		{ "a soft hyphen", "a\xc2\xad" "b", "a" GONE "b" },
		{ "no UTF-8", "\xe9t\xe9", GONE "t" GONE },
		{ "cut UTF-8", "a\xe2\x80", "a" GONE GONE },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str s;

		printf("  %s\n", rows[i].name);
		oct_str_heap(&s, 200);
		oct_html_text(&s, rows[i].text, strlen(rows[i].text));
		assert_string_equal(oct_str_text(&s), rows[i].html);
		oct_str_free(&s);
	}
}

static void
its_length_counts(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 200);
	oct_html_text(&s, "a\0<b", 3);
	assert_string_equal(oct_str_text(&s), "a" GONE "&lt;");
	oct_str_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_text_wherever_it_stands),
		cmocka_unit_test(its_length_counts),
	};

	return cmocka_run_group_tests_name("html_text", tests, NULL, NULL);
}
