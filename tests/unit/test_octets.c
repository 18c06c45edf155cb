/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
test_numbers_come_back_as_they_went(void **state)
{
	static const struct {
		const char *name;
		uint64_t v;
		size_t octets;
		uint8_t be[8], le[8];
	} rows[] = {
		{ "none", 0, 0, { 0 }, { 0 } },
		{ "zero", 0, 2, { 0, 0 }, { 0, 0 } },
		{ "one octet", 0xfe, 1, { 0xfe }, { 0xfe } },
		{ "two", 0x0102, 2, { 1, 2 }, { 2, 1 } },
		{ "room to spare", 0xff, 3, { 0, 0, 0xff }, { 0xff, 0, 0 } },
		{ "six", 0xf1f2f3f4f5f6, 6, { 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6 },
		    { 0xf6, 0xf5, 0xf4, 0xf3, 0xf2, 0xf1 } },
		{ "all", 0xf1f2f3f4f5f6f7f8, 8,
		    { 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8 },
		    { 0xf8, 0xf7, 0xf6, 0xf5, 0xf4, 0xf3, 0xf2, 0xf1 } },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		size_t n = rows[i].octets;
		uint8_t be[9], le[9];

		print_message("%s\n", rows[i].name);
		memset(be, 0xaa, sizeof(be));
		memset(le, 0xaa, sizeof(le));
		assert_int_equal(oct_be_put(be, rows[i].v, n), n);
		assert_int_equal(oct_le_put(le, rows[i].v, n), n);
		assert_memory_equal(be, rows[i].be, n);
		assert_memory_equal(le, rows[i].le, n);
		assert_int_equal(be[n], 0xaa);
		assert_int_equal(le[n], 0xaa);
		assert_true(oct_be_get(be, n) == rows[i].v);
		assert_true(oct_le_get(le, n) == rows[i].v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_come_back_as_they_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
