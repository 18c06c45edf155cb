/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/fnv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The vectors of draft-eastlake-fnv: these sums are in keys and files. */
static void
test_sums_are_those_of_fnv_1a(void **state)
{
	static const struct {
		const char *text;
		uint32_t h32;
		uint64_t h64;
	} rows[] = {
		{ "", 0x811c9dc5, 0xcbf29ce484222325 },
		{ "a", 0xe40c292c, 0xaf63dc4c8601ec8c },
		{ "foobar", 0xbf9cf968, 0x85944171f73967e8 },
		{ "\xc3\xa9", 0x1e9de8c1, 0xac21707b7181e01 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("\"%s\"\n", rows[i].text);
		assert_true(oct_fnv32(OCT_FNV32, rows[i].text) == rows[i].h32);
		assert_true(oct_fnv64(OCT_FNV64, rows[i].text) == rows[i].h64);
	}
	assert_true(oct_fnv64(oct_fnv64(OCT_FNV64, "foo"), "bar") ==
	    rows[2].h64);
	assert_true(oct_fnv32(oct_fnv32(OCT_FNV32, "foo"), "bar") ==
	    rows[2].h32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_are_those_of_fnv_1a),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
