/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/b32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

static void
test_rfc4648_vectors(void **state)
{
	static const struct {
		const char *octets, *text;
	} rows[] = { { "", "" }, { "f", "my" }, { "fo", "mzxq" },
		{ "foo", "mzxw6" }, { "foob", "mzxw6yq" },
		{ "fooba", "mzxw6ytb" }, { "foobar", "mzxw6ytboi" } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		size_t len = strlen(rows[i].octets);
		char text[32], back[8] = "";

		oct_b32_encode(rows[i].octets, len, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(strlen(text), OCT_B32_LEN(len));
		assert_int_equal(oct_b32_decode(text, back, len), 0);
		assert_memory_equal(back, rows[i].octets, len);
	}
}

static void
test_every_octet_comes_back(void **state)
{
	uint8_t in[256], back[256];
	char text[OCT_B32_LEN(sizeof(in)) + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 167 + 13);
	for (size_t len = 0; len <= sizeof(in); len++) {
		oct_b32_encode(in, len, text);
		memset(back, 0, sizeof(back));
		assert_int_equal(oct_b32_decode(text, back, len), 0);
		assert_memory_equal(back, in, len);
	}
}

static void
test_decode_is_strict(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = { { "short", "mzx" }, { "long", "mzxqa" }, { "empty", "" },
		{ "upper case", "MZXQ" }, { "padding", "mzx=" },
		{ "digit one", "mzx1" }, { "digit eight", "8zxq" },
		{ "spare bit set", "mzxr" }, { "space", "mz q" },
		{ "8 bit", "\xc3\xa9xq" } };
	uint8_t out[2] = { 0x5a, 0x5a };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_b32_decode(rows[i].text, out, 2),
		    OCT_EPARSE);
		assert_int_equal(out[0], 0x5a);
		assert_int_equal(out[1], 0x5a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4648_vectors),
		cmocka_unit_test(test_every_octet_comes_back),
		cmocka_unit_test(test_decode_is_strict),
	};

	return cmocka_run_group_tests_name("b32", tests, NULL, NULL);
}
