/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"

#define NAME "dkim example.org/s1"

static uint8_t key[OCT_KEY_OCTETS];

static int
setup(void **state)
{
	struct oct_secret secret;

	(void)state;
	for (size_t i = 0; i < sizeof(secret.octets); i++)
		secret.octets[i] = (uint8_t)i;
	oct_seal_key(&secret, key);
	return sodium_init() < 0 ? -1 : 0;
}

static char *
seal(const void *octets, size_t len)
{
	struct oct_str s;

	oct_str_heap(&s, 2 * OCT_SEAL_MAX);
	assert_int_equal(oct_seal(key, NAME, octets, len, &s), 0);
	return oct_str_take(&s);
}

static void
test_what_was_sealed_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 44, 1704, OCT_SEAL_MAX };
	uint8_t *octets = malloc(OCT_SEAL_MAX);

	(void)state;
	assert_non_null(octets);
	randombytes_buf(octets, OCT_SEAL_MAX);
	for (size_t i = 0; i < OCT_LEN(sizes); i++) {
		char *text = seal(octets, sizes[i]), *back = NULL;
		size_t len = 0;

		print_message("  %zu octets\n", sizes[i]);
		assert_memory_equal(text, "s1.", 3);
		assert_int_equal(strspn(text + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						  "abcdefghijklmnopqrstuvwxyz"
						  "0123456789-_"),
		    strlen(text + 3));
		assert_int_equal(oct_seal_open(key, NAME, text, &back, &len),
		    0);
		assert_int_equal(len, sizes[i]);
		if (len > 0)
			assert_memory_equal(back, octets, len);
		assert_int_equal(back[len], '\0');
		oct_seal_free(back);
		free(text);
	}
	free(octets);
}

static void
test_too_long_is_not_sealed(void **state)
{
	uint8_t *octets = calloc(1, OCT_SEAL_MAX + 1);
	struct oct_str s;

	(void)state;
	assert_non_null(octets);
	oct_str_heap(&s, 4 * OCT_SEAL_MAX);
	assert_int_equal(oct_seal(key, NAME, octets, OCT_SEAL_MAX + 1, &s),
	    OCT_ELIMIT);
	assert_int_equal(s.len, 0);
	oct_str_free(&s);
	free(octets);
}

static void
test_no_room_in_out(void **state)
{
	char small[16];
	struct oct_str s;

	(void)state;
	oct_str_fixed(&s, small, sizeof(small));
	assert_int_equal(oct_seal(key, NAME, "secret", 6, &s), OCT_EFULL);
}

static void
test_two_seals_differ(void **state)
{
	char *a = seal("secret", 6), *b = seal("secret", 6);

	(void)state;
	assert_string_not_equal(a, b);
	assert_null(strstr(a, "secret"));
	free(a);
	free(b);
}

/* Made by other implementations of BLAKE2b, HChaCha20 and ChaCha20-Poly1305. */
static void
test_known_answer(void **state)
{
	static const uint8_t expected_key[OCT_KEY_OCTETS] = {
		0x38, 0x20, 0xc6, 0xff, 0xbe, 0x39, 0xb0, 0x28, 0x3b, 0x48,
		0x38, 0xfa, 0x95, 0xf9, 0x9c, 0xe6, 0x2d, 0xac, 0x2f, 0xf5,
		0x11, 0x3e, 0xd8, 0x0e, 0x56, 0xd1, 0x01, 0xee, 0x12, 0x4c,
		0x68, 0x40
	};
	static const char text[] =
	    "s1.QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX47NdkVCtSqoB6k7ysuhs-e9-jNCZRA";
	char *back;
	size_t len;

	(void)state;
	assert_memory_equal(key, expected_key, sizeof(key));
	assert_int_equal(oct_seal_open(key, NAME, text, &back, &len), 0);
	assert_string_equal(back, "secret");
	oct_seal_free(back);
}

static void
test_wrong_names_and_keys(void **state)
{
	static const struct {
		const char *name, *bound;
		int flip; /* octet of the key to change, -1 = none */
		int rc;
	} rows[] = { { "the same", NAME, -1, 0 },
		{ "another selector", "dkim example.org/s2", -1, OCT_EAUTH },
		{ "another domain", "dkim example.com/s1", -1, OCT_EAUTH },
		{ "a longer name", NAME "x", -1, OCT_EAUTH },
		{ "no name", "", -1, OCT_EAUTH },
		{ "another key", NAME, 0, OCT_EAUTH },
		{ "last bit of the key", NAME, 31, OCT_EAUTH } };
	char *text = seal("secret", 6);

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		uint8_t other[OCT_KEY_OCTETS];
		char *back = NULL;
		size_t len;

		print_message("  %s\n", rows[i].name);
		memcpy(other, key, sizeof(other));
		if (rows[i].flip >= 0)
			other[rows[i].flip] ^= 1;
		assert_int_equal(oct_seal_open(other, rows[i].bound, text,
				     &back, &len),
		    rows[i].rc);
		assert_int_equal(back != NULL, rows[i].rc == 0);
		if (back != NULL)
			oct_seal_free(back);
	}
	free(text);
}

static void
test_every_changed_character_is_noticed(void **state)
{
	char *text = seal("secret", 6);

	(void)state;
	for (size_t i = 0; text[i] != '\0'; i++) {
		char *back = NULL, was = text[i];
		size_t len;
		int rc;

		text[i] = was == 'A' ? 'B' : 'A';
		rc = oct_seal_open(key, NAME, text, &back, &len);
		assert_true(rc == OCT_EAUTH || rc == OCT_EPARSE);
		assert_null(back);
		text[i] = was;
	}
	free(text);
}

static void
test_what_is_no_sealed_text(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = { { "empty", "" }, { "version alone", "s1." },
		{ "another version", "s2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
				     "AAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		{ "no version", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
				"AAAAAAAAAAAAAAAAAAAAAAAA" },
		{ "39 octets", "s1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			       "AAAAAAAA" },
		{ "padding", "s1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			     "AAAAAAAAA==" },
		{ "blank", "s1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAA"
			   "AAAAAAAAA" },
		{ "plus", "s1.+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			  "AAAAAAAA" } };
	char *back = NULL, *huge = malloc(4 * OCT_SEAL_MAX);
	size_t len;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_seal_open(key, NAME, rows[i].text, &back,
				     &len),
		    OCT_EPARSE);
		assert_null(back);
	}
	assert_non_null(huge);
	memset(huge, 'A', 4 * OCT_SEAL_MAX);
	memcpy(huge, "s1.", 3);
	huge[4 * OCT_SEAL_MAX - 1] = '\0';
	assert_int_equal(oct_seal_open(key, NAME, huge, &back, &len),
	    OCT_EPARSE);
	free(huge);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_sealed_comes_back),
		cmocka_unit_test(test_too_long_is_not_sealed),
		cmocka_unit_test(test_no_room_in_out),
		cmocka_unit_test(test_two_seals_differ),
		cmocka_unit_test(test_known_answer),
		cmocka_unit_test(test_wrong_names_and_keys),
		cmocka_unit_test(test_every_changed_character_is_noticed),
		cmocka_unit_test(test_what_is_no_sealed_text),
	};

	return cmocka_run_group_tests_name("seal", tests, setup, NULL);
}
