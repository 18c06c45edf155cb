/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TYPE "<!DOCTYPE html>\n"

static void
assert_page(struct page *p, const char *want)
{
	size_t len;
	char *text = page_take(p, &len);

	assert_non_null(text);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(text, TYPE, strlen(TYPE));
	assert_string_equal(text + strlen(TYPE), want);
	free(text);
}

static const struct {
	const char *name, *in, *out;
} texts[] = {
	{ "plain", "Bonjour", "Bonjour" },
	{ "empty", "", "" },
	{ "markup", "<script>alert('&\"')</script>",
	    "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;" },
	{ "an entity is no entity", "&lt;", "&amp;lt;" },
	{ "French", "é’\u00a0« œ »", "é’\u00a0« œ »" },
	{ "beyond the basic plane", "\xf0\x9f\x8f\x9b",
	    "\xf0\x9f\x8f\x9b" },
	{ "line end stays", "a\nb", "a\nb" },
	{ "controls", "a\x01\r\x1b[1m\x7f", "a\ufffd\ufffd\ufffd[1m\ufffd" },
	{ "C1 controls", "\xc2\x85", "\ufffd" },
	{ "not UTF-8", "a\xff" "b\xc3", "a\ufffdb\ufffd" },
	{ "overlong <", "\xc0\xbc", "\ufffd\ufffd" },
	{ "surrogate", "\xed\xa0\x80", "\ufffd\ufffd\ufffd" },
	{ "turned around", "\u202e@b.example", "\ufffd@b.example" },
	{ "isolate", "\u2066x", "\ufffdx" },
	{ "invisible", "a\u200bb\ufeff", "a\ufffdb\ufffd" },
};

static void
test_texts_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(texts); i++) {
		struct page p;

		print_message("  %s\n", texts[i].name);
		page_init(&p);
		page_text(&p, texts[i].in);
		assert_page(&p, texts[i].out);
	}
}

static void
test_values_are_escaped(void **state)
{
	struct page p;

	(void)state;
	page_init(&p);
	page_open(&p, "a", "href", "x\" onclick='1'>", "lang", "fr", NULL);
	page_close(&p);
	assert_page(&p,
	    "<a href=\"x&quot; onclick=&#39;1&#39;&gt;\" lang=\"fr\"></a>\n");
}

static void
test_an_attribute_without_value_is_left_out(void **state)
{
	struct page p;

	(void)state;
	page_init(&p);
	page_void(&p, "input", "class", NULL, "name", "n", "open", "", NULL);
	assert_page(&p, "<input name=\"n\" open=\"\">");
}

static void
test_what_is_open_is_closed_in_order(void **state)
{
	struct page p;

	(void)state;
	page_init(&p);
	page_open(&p, "ul", NULL);
	page_open(&p, "li", NULL);
	page_element(&p, "b", "c", "1 < 2");
	assert_page(&p, "<ul><li><b class=\"c\">1 &lt; 2</b>\n</li>\n</ul>\n");
}

static void
test_fill_puts_an_escaped_value_in_place(void **state)
{
	struct page p;

	(void)state;
	page_init(&p);
	page_fill(&p, "a {} & b", "<{}>");
	assert_page(&p, "a &lt;{}&gt; &amp; b");
}

static void
test_part_is_the_first_octets(void **state)
{
	struct page p;

	(void)state;
	page_init(&p);
	page_part(&p, "a<b", 2);
	page_part(&p, "é", 1); /* cut: not a character any more */
	assert_page(&p, "a&lt;\ufffd");
}

static void
test_a_page_too_long_is_no_page(void **state)
{
	struct page p;
	size_t len;

	(void)state;
	page_init(&p);
	for (size_t i = 0; i < PAGE_MAX / 4; i++)
		page_text(&p, "&");
	assert_null(page_take(&p, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_are_escaped),
		cmocka_unit_test(test_values_are_escaped),
		cmocka_unit_test(test_an_attribute_without_value_is_left_out),
		cmocka_unit_test(test_what_is_open_is_closed_in_order),
		cmocka_unit_test(test_fill_puts_an_escaped_value_in_place),
		cmocka_unit_test(test_part_is_the_first_octets),
		cmocka_unit_test(test_a_page_too_long_is_no_page),
	};

	return cmocka_run_group_tests_name("web_page", tests, NULL, NULL);
}
