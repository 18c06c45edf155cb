/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says of its language and of its client, and the texts. */
#include "challenge-web/lang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "challenge-web/forwarded.h"
#include "challenge-web/text.h"
#include "lib/err.h"

static void
test_accepted(void **state)
{
	static const struct {
		const char *header;
		enum lang other; /* fallback */
		enum lang out;
	} rows[] = { { "", LANG_FR, LANG_FR }, { "", LANG_EN, LANG_EN },
		{ "fr", LANG_EN, LANG_FR }, { "en-GB", LANG_FR, LANG_EN },
		{ "FR-fr", LANG_EN, LANG_FR },
		{ "de, it", LANG_FR, LANG_FR },
		{ "de-DE,de;q=0.9,en;q=0.8,fr;q=0.7", LANG_FR, LANG_EN },
		{ "en;q=0.3,fr;q=0.31", LANG_EN, LANG_FR },
		{ "en;q=0.5, fr;q=0.5", LANG_FR, LANG_EN },
		{ "en;q=0", LANG_FR, LANG_FR },
		{ "en; q=0.2 , fr ; q=1.000", LANG_EN, LANG_FR },
		{ "english, frr", LANG_FR, LANG_FR },
		{ "*", LANG_FR, LANG_FR }, { ",,,en", LANG_FR, LANG_EN },
		{ "en;level=1", LANG_FR, LANG_EN },
		{ "en;q=9999999999999999", LANG_FR, LANG_EN },
		{ "xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,xx,"
		  "xx,xx,en", LANG_FR, LANG_FR } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].header);
		assert_int_equal(lang_accepted(rows[i].header, rows[i].other),
		    rows[i].out);
	}
}

static void
test_parse(void **state)
{
	enum lang l = LANG_FR;

	(void)state;
	assert_int_equal(lang_parse("en", &l), 0);
	assert_int_equal(l, LANG_EN);
	assert_int_equal(lang_parse("EN", &l), OCT_EPARSE);
	assert_int_equal(lang_parse("", &l), OCT_EPARSE);
	assert_int_equal(lang_parse("<b>", &l), OCT_EPARSE);
	assert_int_equal(l, LANG_EN);
}

static void
test_forwarded(void **state)
{
	static const struct {
		const char *header, *client; /* NULL: refused */
	} rows[] = { { "192.0.2.7", "192.0.2.7" },
		{ "10.0.0.1, 192.0.2.7", "192.0.2.7" },
		{ "<script>, 192.0.2.7 ", "192.0.2.7" },
		{ "192.0.2.7,\t2001:db8::1", "2001:db8::1" },
		{ "", NULL }, { "192.0.2.7,", NULL }, { "unknown", NULL },
		{ "192.0.2.7 192.0.2.8", NULL },
		{ "1111111111111111111111111111111111111111111111111111111111"
		  "1111111111111111", NULL } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_ip ip;
		char text[OCT_IP_SIZE];
		int rc = forwarded_client(rows[i].header, &ip);

		print_message("  %s\n", rows[i].header);
		assert_int_equal(rc,
		    rows[i].client != NULL ? 0 : OCT_EPARSE);
		if (rc != 0)
			continue;
		oct_ip_text(&ip, text);
		assert_string_equal(text, rows[i].client);
	}
}

static int
holes(const char *text)
{
	int n = 0;

	while ((text = strstr(text, "{}")) != NULL) {
		n++;
		text += 2;
	}
	return n;
}

static void
test_every_text_is_in_both_languages(void **state)
{
	(void)state;
	for (int i = 0; i < TEXT_COUNT; i++) {
		const char *fr = text_get(LANG_FR, (enum text_id)i);
		const char *en = text_get(LANG_EN, (enum text_id)i);

		print_message("  %d\n", i);
		assert_non_null(fr);
		assert_non_null(en);
		assert_true(*fr != '\0' && *en != '\0');
		assert_int_equal(holes(fr), holes(en));
		assert_in_range(holes(fr), 0, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_forwarded),
		cmocka_unit_test(test_every_text_is_in_both_languages),
	};

	return cmocka_run_group_tests_name("web_lang", tests, NULL, NULL);
}
