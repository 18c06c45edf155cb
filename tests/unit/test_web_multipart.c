/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/multipart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

#define TYPE "multipart/form-data; boundary=xyz"
#define PART(name, value) "Content-Disposition: form-data; name=\"" name \
	"\"; filename=\"a\"\r\nContent-Type: text/plain\r\n\r\n" value "\r\n"

static void
fields_are_found(void **state)
{
	static const struct {
		const char *name, *type, *body, *field, *value;
		int rc;
	} rows[] = {
		{ "one", TYPE, "--xyz\r\n" PART("n", "abc") "--xyz--\r\n", "n",
		    "abc", 1 },
		{ "the second", TYPE, "--xyz\r\n" PART("n", "abc") "--xyz\r\n"
		    PART("file", "a\r\nb\r\n") "--xyz--", "file", "a\r\nb\r\n",
		    1 },
		{ "empty", TYPE, "--xyz\r\n" PART("n", "") "--xyz--", "n", "",
		    1 },
		{ "a quoted boundary", "Multipart/Form-Data; Boundary=\"xyz\"",
		    "--xyz\r\n" PART("n", "v") "--xyz--", "n", "v", 1 },
		{ "absent", TYPE, "--xyz\r\n" PART("n", "v") "--xyz--", "m",
		    "", 0 },
		{ "the start of a name", TYPE,
		    "--xyz\r\n" PART("nn", "v") "--xyz--", "n", "", 0 },
		{ "the boundary in a value", TYPE,
		    "--xyz\r\n" PART("n", "a--xyz b") "--xyz--", "n",
		    "a--xyz b", 1 },
		{ "another type", "text/plain", "--xyz\r\n" PART("n", "v")
		    "--xyz--", "n", "", OCT_EPARSE },
		{ "no boundary", "multipart/form-data", "--xyz\r\n"
		    PART("n", "v") "--xyz--", "n", "", OCT_EPARSE },
		{ "an empty boundary", "multipart/form-data; boundary=",
		    "--\r\n", "n", "", OCT_EPARSE },
		{ "another boundary", TYPE, "--abc\r\n" PART("n", "v")
		    "--abc--", "n", "", OCT_EPARSE },
		{ "cut off in a value", TYPE, "--xyz\r\n" PART("n", "v"), "n",
		    "", OCT_EPARSE },
		{ "no head", TYPE, "--xyz\r\nabc\r\n--xyz--", "n", "",
		    OCT_EPARSE },
		{ "nothing", TYPE, "", "n", "", OCT_EPARSE },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct multipart m = { rows[i].type, rows[i].body,
			strlen(rows[i].body) };
		struct multipart_value v;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(multipart_field(&m, rows[i].field, &v),
		    rows[i].rc);
		if (rows[i].rc != 1)
			continue;
		assert_int_equal(v.len, strlen(rows[i].value));
		assert_memory_equal(v.octets, rows[i].value, v.len);
	}
}

/* Whatever is cut off, nothing beyond the end is read. */
static void
every_cut_is_met(void **state)
{
	static const char whole[] = "--xyz\r\n" PART("n", "abc")
	    "--xyz\r\n" PART("file", "def") "--xyz--\r\n";

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		char *cut = malloc(n + 1);
		struct multipart m = { TYPE, cut, n };
		struct multipart_value v;

		assert_non_null(cut);
		memcpy(cut, whole, n);
		assert_int_not_equal(multipart_field(&m, "absent", &v), 1);
		(void)!multipart_field(&m, "file", &v);
		free(cut);
	}
}

static void
parts_have_a_bound(void **state)
{
	char body[8192] = "";
	size_t len = 0;
	struct multipart m = { TYPE, body, 0 };
	struct multipart_value v;

	(void)state;
	for (int i = 0; i <= MULTIPART_FIELDS; i++)
		len += (size_t)snprintf(body + len, sizeof(body) - len,
		    "--xyz\r\n" PART("n", "v"));
	len += (size_t)snprintf(body + len, sizeof(body) - len, "--xyz--");
	m.len = len;
	assert_int_equal(multipart_field(&m, "m", &v), OCT_EPARSE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found),
		cmocka_unit_test(every_cut_is_met),
		cmocka_unit_test(parts_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
