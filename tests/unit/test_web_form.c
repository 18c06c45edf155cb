/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

static const struct {
	const char *name, *body;
	int rc;
	const char *value;
} rows[] = {
	{ "alone", "code=123456", 1, "123456" },
	{ "among others", "a=1&code=2&b=3", 1, "2" },
	{ "empty value", "code=&a=1", 1, "" },
	{ "absent", "a=1", 0, "" },
	{ "empty body", "", 0, "" },
	{ "name only", "code", 0, "" },
	{ "longer name", "code2=1&xcode=2", 0, "" },
	{ "empty pairs", "&&code=1&&", 1, "1" },
	{ "value with =", "code=a=b", 1, "a=b" },
	{ "plus and escapes", "code=12+3%20%26%3d%C3%a9", 1, "12 3 &=é" },
	{ "twice", "code=1&code=2", OCT_EPARSE, "" },
	{ "twice the same", "code=1&code=1", OCT_EPARSE, "" },
	{ "cut escape", "code=%4", OCT_EPARSE, "" },
	{ "cut at the next", "code=%4&a=1", OCT_EPARSE, "" },
	{ "no hexadecimal", "code=%4g", OCT_EPARSE, "" },
	{ "NUL", "code=%00", OCT_EPARSE, "" },
	{ "just fits", "code=123456789012345", 1, "123456789012345" },
	{ "does not fit", "code=1234567890123456", OCT_EFULL, "" },
	{ "escaped name is another", "%63ode=1", 0, "" },
};

static void
test_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		size_t len = strlen(rows[i].body);
		/* on the heap, without its NUL: a look beyond is noticed */
		char *body = malloc(len + 1);
		char out[16] = "before";

		print_message("  %s\n", rows[i].name);
		memcpy(body, rows[i].body, len + 1);
		body = realloc(body, len > 0 ? len : 1);
		assert_int_equal(form_field(body, len, "code", out,
		    sizeof(out)), rows[i].rc);
		assert_string_equal(out, rows[i].value);
		free(body);
	}
}

static void
test_raw_nul_is_refused(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(form_field("code=1\0002", 8, "code", out, sizeof(out)),
	    OCT_EPARSE);
}

static void
test_type(void **state)
{
	static const struct {
		const char *type;
		bool is;
	} types[] = { { "application/x-www-form-urlencoded", true },
		{ "Application/X-WWW-Form-URLencoded; charset=UTF-8", true },
		{ "application/x-www-form-urlencoded ;a", true },
		{ "application/x-www-form-urlencoded2", false },
		{ "multipart/form-data; boundary=x", false },
		{ "text/plain", false }, { "", false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(types); i++) {
		print_message("  %s\n", types[i].type);
		assert_int_equal(form_is_type(types[i].type), types[i].is);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_raw_nul_is_refused),
		cmocka_unit_test(test_type),
	};

	return cmocka_run_group_tests_name("web_form", tests, NULL, NULL);
}
