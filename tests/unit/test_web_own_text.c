/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's files: what is read, and what stops the start. */
#include "challenge-web/own_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/log.h"

static char folder[] = "/tmp/oct-own-XXXXXX";
static char path[64], english[64];

static void
write_file(const char *name, const char *octets, size_t len)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(octets, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int
load(struct own_text texts[OWN_TEXTS])
{
	struct settings s = { .web_legal_file = path,
		.web_access_file = (char[]){ "" },
		.web_data_file = (char[]){ "" } };

	memset(texts, 0, sizeof(*texts) * OWN_TEXTS);
	return own_texts_load(&s, texts);
}

static void
test_what_files_may_hold(void **state)
{
	char *big = malloc(OWN_TEXT_MAX + 1);
	const struct {
		const char *name, *octets;
		size_t len;
		int rc;
	} rows[] = { { "nothing", "", 0, 0 }, { "text", "été", 5, 0 },
		{ "Latin-1", "\xe9t\xe9", 3, OCT_ECONF },
		{ "a NUL", "a\0b", 3, OCT_ECONF },
		{ "as much as may be", big, OWN_TEXT_MAX, 0 },
		{ "an octet too much", big, OWN_TEXT_MAX + 1, OCT_ECONF } };
	struct own_text texts[OWN_TEXTS];

	(void)state;
	assert_non_null(big);
	memset(big, 'a', OWN_TEXT_MAX + 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		write_file(path, rows[i].octets, rows[i].len);
		assert_int_equal(load(texts), rows[i].rc);
		own_texts_free(texts);
	}
	free(big);
}

static void
test_english_may_be_beside_it(void **state)
{
	struct own_text texts[OWN_TEXTS];
	enum lang lang = LANG_EN;

	(void)state;
	write_file(path, "oui", 3);
	assert_int_equal(load(texts), 0);
	assert_string_equal(own_text_get(&texts[OWN_TEXT_LEGAL], &lang), "oui");
	assert_int_equal(lang, LANG_FR);
	own_texts_free(texts);
	write_file(english, "yes", 3);
	assert_int_equal(load(texts), 0);
	lang = LANG_EN;
	assert_string_equal(own_text_get(&texts[OWN_TEXT_LEGAL], &lang), "yes");
	assert_int_equal(lang, LANG_EN);
	assert_null(own_text_get(&texts[OWN_TEXT_DATA], &lang));
	own_texts_free(texts);
	write_file(english, "\xff", 1);
	assert_int_equal(load(texts), OCT_ECONF);
	own_texts_free(texts);
}

static void
test_a_file_that_is_not_there(void **state)
{
	struct own_text texts[OWN_TEXTS];

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(load(texts), OCT_ECONF);
	own_texts_free(texts);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/legal", folder);
	(void)snprintf(english, sizeof(english), "%s/legal.en", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(english);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_files_may_hold),
		cmocka_unit_test(test_english_may_be_beside_it),
		cmocka_unit_test(test_a_file_that_is_not_there),
	};

	return cmocka_run_group_tests_name("web_own_text", tests, setup,
	    teardown);
}
