/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"

static const struct oct_secret old = { .octets = { 1 } };
static const struct oct_secret new = { .octets = { 2 } };
static const struct oct_secret newest = { .octets = { 3 } };

/* Of a random id. */
static void
make_token(const struct oct_token_keys *keys, enum oct_token_purpose purpose,
    char text[OCT_TOKEN_SIZE], char id[OCT_TOKEN_ID_SIZE])
{
	uint8_t octets[OCT_TOKEN_ID_SIZE / 2];

	randombytes_buf(octets, sizeof(octets));
	(void)sodium_bin2hex(id, OCT_TOKEN_ID_SIZE, octets, sizeof(octets));
	assert_int_equal(oct_token_for(keys, purpose, id, text), 0);
}

static void
test_made_token_parses(void **state)
{
	struct oct_token_keys keys;

	(void)state;
	oct_token_keys_init(&keys, &new, NULL);
	for (int p = OCT_TOKEN_PAGE; p <= OCT_TOKEN_BOUNCE; p++) {
		char text[OCT_TOKEN_SIZE], id[OCT_TOKEN_ID_SIZE];
		char back[OCT_TOKEN_ID_SIZE];

		make_token(&keys, (enum oct_token_purpose)p, text, id);
		assert_int_equal(strlen(text), 40);
		assert_int_equal(strlen(id), 16);
		assert_int_equal(oct_token_parse(&keys,
		    (enum oct_token_purpose)p, text, back), 0);
		assert_string_equal(back, id);
	}
}

static void
test_token_is_for_one_purpose(void **state)
{
	struct oct_token_keys keys;
	char text[OCT_TOKEN_SIZE], id[OCT_TOKEN_ID_SIZE] = "untouched";
	char made[OCT_TOKEN_ID_SIZE];

	(void)state;
	oct_token_keys_init(&keys, &new, NULL);
	for (int p = OCT_TOKEN_PAGE; p <= OCT_TOKEN_BOUNCE; p++) {
		make_token(&keys, (enum oct_token_purpose)p, text, made);
		for (int q = OCT_TOKEN_PAGE; q <= OCT_TOKEN_BOUNCE; q++)
			if (p != q)
				assert_int_equal(oct_token_parse(&keys,
				    (enum oct_token_purpose)q, text, id),
				    OCT_EPARSE);
	}
	assert_string_equal(id, "untouched");
}

static void
test_two_keys_live(void **state)
{
	struct oct_token_keys before, during, after;
	char text[OCT_TOKEN_SIZE], id[OCT_TOKEN_ID_SIZE];
	char back[OCT_TOKEN_ID_SIZE];

	(void)state;
	oct_token_keys_init(&before, &old, NULL);
	oct_token_keys_init(&during, &new, &old);
	oct_token_keys_init(&after, &newest, &new);
	make_token(&before, OCT_TOKEN_PAGE, text, id);
	assert_int_equal(oct_token_parse(&during, OCT_TOKEN_PAGE, text, back),
	    0);
	assert_string_equal(back, id);
	assert_int_equal(oct_token_parse(&after, OCT_TOKEN_PAGE, text, back),
	    OCT_EAUTH);
	make_token(&during, OCT_TOKEN_PAGE, text, id);
	assert_int_equal(oct_token_parse(&before, OCT_TOKEN_PAGE, text, back),
	    OCT_EAUTH);
	assert_int_equal(oct_token_parse(&after, OCT_TOKEN_PAGE, text, back),
	    0);
}

/* No character can be another one. */
static void
test_any_change_is_noticed(void **state)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct oct_token_keys keys;
	char text[OCT_TOKEN_SIZE], id[OCT_TOKEN_ID_SIZE];

	(void)state;
	oct_token_keys_init(&keys, &new, &old);
	make_token(&keys, OCT_TOKEN_REPLY, text, id);
	for (size_t i = 0; i < 40; i++) {
		char was = text[i];

		for (size_t k = 0; k < 32; k++) {
			text[i] = alphabet[k];
			assert_int_equal(oct_token_parse(&keys,
			    OCT_TOKEN_REPLY, text, id) == 0,
			    alphabet[k] == was);
		}
		text[i] = was;
	}
}

static void
test_other_forms(void **state)
{
	static const struct {
		const char *name, *text;
		int rc;
	} rows[] = { { "empty", "", OCT_EPARSE },
		{ "short", "cabcdefghijklmnopqrstuvwxyz234567abcdef",
		    OCT_EPARSE },
		{ "long", "ceaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    OCT_EPARSE },
		{ "path", "../../../../../../../../../../etc/passwd",
		    OCT_EPARSE },
		{ "no version", "aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    OCT_EPARSE },
		{ "version 2", "eeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    OCT_EPARSE },
		{ "made up", "ceaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    OCT_EAUTH },
		{ "upper case", "CEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		    OCT_EPARSE } };
	struct oct_token_keys keys;
	char id[OCT_TOKEN_ID_SIZE];

	(void)state;
	oct_token_keys_init(&keys, &new, NULL);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_token_parse(&keys, OCT_TOKEN_PAGE,
		    rows[i].text, id), rows[i].rc);
	}
}

static void
test_tokens_differ(void **state)
{
	struct oct_token_keys keys;
	char a[OCT_TOKEN_SIZE], b[OCT_TOKEN_SIZE];
	char ida[OCT_TOKEN_ID_SIZE], idb[OCT_TOKEN_ID_SIZE];

	(void)state;
	oct_token_keys_init(&keys, &new, NULL);
	make_token(&keys, OCT_TOKEN_PAGE, a, ida);
	make_token(&keys, OCT_TOKEN_PAGE, b, idb);
	assert_string_not_equal(a, b);
	assert_string_not_equal(ida, idb);
}

static void
test_token_of_a_known_id(void **state)
{
	static const struct {
		const char *name, *id;
		int rc;
	} rows[] = { { "known", "0123456789abcdef", 0 },
		{ "another", "ffffffffffffffff", 0 },
		{ "empty", "", OCT_EPARSE },
		{ "short", "0123456789abcde", OCT_EPARSE },
		{ "long", "0123456789abcdef0", OCT_EPARSE },
		{ "upper case", "0123456789ABCDEF", OCT_EPARSE },
		{ "no digit", "0123456789abcdeg", OCT_EPARSE } };
	struct oct_token_keys keys;

	(void)state;
	oct_token_keys_init(&keys, &new, NULL);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[OCT_TOKEN_SIZE], back[OCT_TOKEN_ID_SIZE];

		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_token_for(&keys, OCT_TOKEN_BOUNCE,
		    rows[i].id, text), rows[i].rc);
		if (rows[i].rc != 0)
			continue;
		assert_int_equal(oct_token_parse(&keys, OCT_TOKEN_BOUNCE, text,
		    back), 0);
		assert_string_equal(back, rows[i].id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_token_parses),
		cmocka_unit_test(test_token_is_for_one_purpose),
		cmocka_unit_test(test_two_keys_live),
		cmocka_unit_test(test_any_change_is_noticed),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_tokens_differ),
		cmocka_unit_test(test_token_of_a_known_id),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
