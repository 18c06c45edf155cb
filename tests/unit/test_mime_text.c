/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mime_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/date_text.h"
#include "lib/err.h"

static void
phrases_are_quoted_or_encoded(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "plain", "Filtre de a@b.fr", "\"Filtre de a@b.fr\"" },
		{ "quotes", "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "accents", "d\xc3\xa9j\xc3\xa0 vu",
		    "=?utf-8?Q?d=C3=A9j=C3=A0_vu?=" },
		{ "line ends", "a\r\nBcc: x",
		    "=?utf-8?Q?a=EF=BF=BD=EF=BF=BDBcc=3A_x?=" },
		{ "not UTF-8", "a\xff", "=?utf-8?Q?a=EF=BF=BD?=" },
		{ "surrogate", "\xed\xa0\x80",
		    "=?utf-8?Q?=EF=BF=BD=EF=BF=BD=EF=BF=BD?=" },
		{ "overlong", "\xc0\xaf", "=?utf-8?Q?=EF=BF=BD=EF=BF=BD?=" },
		{ "cut character", "\xe2\x82",
		    "=?utf-8?Q?=EF=BF=BD=EF=BF=BD?=" },
		{ "emoji", "\xf0\x9f\x99\x82", "=?utf-8?Q?=F0=9F=99=82?=" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str out;

		print_message("  %s\n", rows[i].name);
		oct_str_heap(&out, 1000);
		oct_mime_phrase(&out, rows[i].text, 6);
		assert_string_equal(oct_str_text(&out), rows[i].want);
		oct_str_free(&out);
	}
}

static void
unstructured_stays_plain_where_it_can(void **state OCT_UNUSED)
{
	static const char *const rows[][2] = {
		{ "Auto: confirmation", "Auto: confirmation" },
		{ "=?utf-8?Q?x?=", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=" },
		{ "a\tb", "=?utf-8?Q?a=EF=BF=BDb?=" },
		{ "\xc3\xa9t\xc3\xa9", "=?utf-8?Q?=C3=A9t=C3=A9?=" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str out;

		oct_str_heap(&out, 1000);
		oct_mime_unstructured(&out, rows[i][0], 9);
		assert_string_equal(oct_str_text(&out), rows[i][1]);
		oct_str_free(&out);
	}
}

/* Every line at most 76 columns, words whole, and together the same text. */
static void
long_names_fold_between_characters(void **state OCT_UNUSED)
{
	for (size_t pad = 0; pad < 12; pad++) {
		struct oct_str in, out, back;
		const char *line;

		oct_str_heap(&in, 1000);
		oct_str_heap(&out, 10000);
		oct_str_heap(&back, 1000);
		for (size_t i = 0; i < pad; i++)
			oct_str_addc(&in, 'a');
		for (int i = 0; i < 40; i++)
			oct_str_add(&in, "\xe2\x82\xac");
		oct_mime_phrase(&out, oct_str_text(&in), 6);
		for (line = oct_str_text(&out); line != NULL;) {
			const char *end = strstr(line, "\r\n");
			size_t len = end != NULL ? (size_t)(end - line) :
			    strlen(line);
			size_t col = line == oct_str_text(&out) ? 6 : 0;

			assert_true(col + len <= 76);
			line += line[0] == ' ';
			assert_memory_equal(line, "=?utf-8?Q?", 10);
			line += 10;
			while (strncmp(line, "?=", 2) != 0) {
				char pair[3] = { line[1], line[2], '\0' };

				if (*line != '=') {
					oct_str_addc(&back, *line++);
					continue;
				}
				oct_str_addc(&back,
				    (char)strtol(pair, NULL, 16));
				line += 3;
			}
			/* A word that cut a character would end inside it. */
			assert_true((back.len - pad) % 3 == 0);
			line = end != NULL ? end + 2 : NULL;
		}
		assert_string_equal(oct_str_text(&back), oct_str_text(&in));
		oct_str_free(&in);
		oct_str_free(&out);
		oct_str_free(&back);
	}
}

static void
quoted_printable_survives(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
		{ "lines", "a\nb\r\nc", "a\r\nb\r\nc" },
		{ "accents", "\xc3\xa9", "=C3=A9" },
		{ "equals", "a=b", "a=3Db" },
		{ "space at the end", "a \nb\t\r\nc ", "a=20\r\nb=09\r\nc=20" },
		{ "bare CR", "a\rb", "a=0Db" },
		{ "From", "From x\nFromage", "=46rom x\r\nFromage" },
		{ "dot", ".\n..a\nb.", "=2E\r\n=2E.a\r\nb." },
	};
	static const char nul[] = { 'a', '\0', 'b' };
	struct oct_str out;

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		oct_str_heap(&out, 1000);
		oct_mime_qp(&out, rows[i].in, strlen(rows[i].in));
		assert_string_equal(oct_str_text(&out), rows[i].want);
		oct_str_free(&out);
	}
	oct_str_heap(&out, 1000);
	oct_mime_qp(&out, nul, sizeof(nul));
	assert_string_equal(oct_str_text(&out), "a=00b");
	oct_str_free(&out);
}

static void
quoted_printable_lines_are_short(void **state OCT_UNUSED)
{
	struct oct_str in, out;

	oct_str_heap(&in, 10000);
	oct_str_heap(&out, 100000);
	for (int i = 0; i < 2000; i++)
		oct_str_addc(&in, "a \xe9.=F"[i % 6]);
	oct_mime_qp(&out, in.buf, in.len);
	assert_int_equal(oct_str_err(&out), 0);
	for (const char *line = out.buf; line != NULL;) {
		const char *end = strstr(line, "\r\n");

		assert_true((end != NULL ? (size_t)(end - line) :
		    strlen(line)) <= 76);
		assert_true(end == NULL || end[-1] == '=');
		line = end != NULL ? end + 2 : NULL;
	}
	oct_str_free(&in);
	oct_str_free(&out);
}

static void
paragraphs_are_filled(void **state OCT_UNUSED)
{
	static const struct {
		const char *text, *want;
		size_t width;
	} rows[] = {
		{ "a bc def", "a bc\ndef\n", 4 },
		{ "", "\n", 4 },
		{ "\xc3\xa9\xc3\xa9 \xc3\xa9", "\xc3\xa9\xc3\xa9 \xc3\xa9\n",
		    4 },
		{ "abcdefgh i", "abcdefgh\ni\n", 4 },
		{ "a b\u00a0c d", "a\nb\u00a0c\nd\n", 4 },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str out;

		oct_str_heap(&out, 1000);
		oct_mime_fill(&out, rows[i].text, rows[i].width);
		assert_string_equal(oct_str_text(&out), rows[i].want);
		oct_str_free(&out);
	}
}

static void
message_ids_are_picked(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *value;
		size_t count;
		const char *first, *last;
	} rows[] = {
		{ "one", " <a@b>", 1, "<a@b>", "<a@b>" },
		{ "folded", " <a@b>\r\n\t<c@d>", 2, "<a@b>", "<c@d>" },
		{ "more than fit", "<1@x> <2@x> <3@x> <4@x> <5@x>", 3, "<1@x>",
		    "<5@x>" },
		{ "none", "hello", 0, "", "" },
		{ "no at", "<abc>", 0, "", "" },
		{ "two ats", "<a@b@c>", 0, "", "" },
		{ "empty sides", "<@b> <a@>", 0, "", "" },
		{ "line end inside", "<a\r\n@b>", 0, "", "" },
		{ "space inside", "<a b@c>", 0, "", "" },
		{ "quoted", "<\"a\"@b>", 0, "", "" },
		{ "8 bits", "<\xc3\xa9@b>", 0, "", "" },
		{ "open twice", "<a@b <c@d>", 1, "<c@d>", "<c@d>" },
		{ "closed only", "a@b>", 0, "", "" },
		{ "unclosed", "<a@b", 0, "", "" },
		{ "literal", "<a$1.!=x@[127.0.0.1]>", 1,
		    "<a$1.!=x@[127.0.0.1]>",
		    "<a$1.!=x@[127.0.0.1]>" },
	};
	char too_long[OCT_MIME_ID_MAX + 2];
	struct oct_mime_id ids[3];

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		size_t n = oct_mime_ids(rows[i].value, strlen(rows[i].value),
		    ids,
		    3);

		print_message("  %s\n", rows[i].name);
		assert_int_equal(n, rows[i].count);
		if (n == 0)
			continue;
		assert_memory_equal(ids[0].text, rows[i].first, ids[0].len);
		assert_int_equal(ids[0].len, strlen(rows[i].first));
		assert_memory_equal(ids[n - 1].text, rows[i].last,
		    ids[n - 1].len);
		assert_int_equal(ids[n - 1].len, strlen(rows[i].last));
	}
	memset(too_long, 'a', sizeof(too_long));
	too_long[0] = '<';
	too_long[5] = '@';
	too_long[OCT_MIME_ID_MAX] = '>';
	assert_int_equal(oct_mime_ids(too_long, sizeof(too_long), ids, 3), 0);
	too_long[OCT_MIME_ID_MAX - 1] = '>';
	assert_int_equal(oct_mime_ids(too_long, sizeof(too_long), ids, 3), 1);
}

static void
hidden_characters_are_not_shown(void **state OCT_UNUSED)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "", true }, { "abc d\xc3\xa9", true }, { "\u00a0\u20ac",
		    true },
		{ "\xf0\x9f\x99\x82", true }, { "a\nb", false }, { "a\x7f",
		    false },
		{ "\xc2\x85", false }, { "\u202e", false }, { "\u200b", false },
		{ "\u2028", false }, { "\xef\xbb\xbf", false }, { "\xff",
		    false },
		{ "\xf3\xa0\x80\x81", false },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++)
		assert_int_equal(oct_mime_shown(rows[i].text), rows[i].want);
}

static void
values_are_decoded_for_people(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *in, *want;
	} rows[] = {
		{ "plain", "Bonjour", "Bonjour" },
		{ "empty", "", "" },
		{ "Q", "=?iso-8859-1?Q?=C9t=E9_chaud?=", "\u00c9t\u00e9 chaud" },
		{ "B", "=?UTF-8?B?w6l0w6k=?=", "\u00e9t\u00e9" },
		{ "language", "=?utf-8*fr?q?=C3=A9?=", "\u00e9" },
		{ "windows", "=?windows-1252?Q?=80_et_=93a=94?=",
		    "\u20ac et \u201ca\u201d" },
		{ "other alphabets", "=?koi8-r?B?8NLJ18XU?= =?shift_jis?B?k/o=?=",
		    "\u041f\u0440\u0438\u0432\u0435\u0442\u65e5" },
		{ "blanks between words", "=?utf-8?Q?a?=\r\n =?utf-8?Q?b?= c",
		    "ab c" },
		{ "character cut between words",
		    "=?utf-8?B?w6nD?= =?utf-8?B?qQ==?=", "\u00e9\u00e9" },
		{ "word in text", "Re: =?utf-8?Q?=C3=A9?= fin", "Re: \u00e9 fin" },
		{ "folded", "un\r\n\tdeux   trois \r\n", "un deux trois" },
		{ "line ends inside", "=?utf-8?Q?a=0D=0ABcc:_b?=", "a Bcc: b" },
		{ "controls", "a\x1b[31mb=?utf-8?Q?=00=07c?=", "a[31mbc" },
		{ "controls in a word", "=?utf-8?Q?a=1B=00=07c?=", "ac" },
		{ "direction", "=?utf-8?Q?a=E2=80=AEb=E2=80=8B?=", "ab" },
		{ "declared UTF-8 that is none", "=?utf-8?Q?a=FFb?=",
		    "a\xef\xbf\xbd" "b" },
		{ "raw UTF-8", "\xc3\xa9t\xc3\xa9", "\u00e9t\u00e9" },
		{ "raw Latin", "\xe9t\xe9", "\u00e9t\u00e9" },
		{ "unknown charset", "a =?utf-7?Q?+AGE-?= b",
		    "a \xef\xbf\xbd b" },
		{ "charset that is a path", "=?../../x?Q?a?=", "=?../../x?Q?a?=" },
		{ "charset of glibc's hole", "=?iso-2022-cn-ext?Q?a?=",
		    "\xef\xbf\xbd" },
		{ "unfinished", "=?utf-8?Q?abc", "=?utf-8?Q?abc" },
		{ "unknown encoding", "=?utf-8?X?abc?=", "=?utf-8?X?abc?=" },
		{ "bare question mark", "=?", "=?" },
		{ "broken hex", "=?utf-8?Q?a=4?=", "a=4" },
		{ "half base64", "=?utf-8?B?w6?=", "\xef\xbf\xbd" },
		{ "as long as it may be", "0123456789", "0123456789" },
		{ "longer", "01234567890123456789012345678901234567890123456789x",
		    "01234567890123456789012345678901234567890123456789\u2026" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str out;

		print_message("  %s\n", rows[i].name);
		oct_str_heap(&out, 1000);
		oct_mime_decode(&out, rows[i].in, 50);
		assert_int_equal(oct_str_err(&out), 0);
		assert_string_equal(oct_str_text(&out), rows[i].want);
		oct_str_free(&out);
	}
}

/* Whatever the octets: one line of what may be shown, or U+FFFD. */
static void
decoding_withstands_anything(void **state OCT_UNUSED)
{
	static const char *const bits[] = { "=?", "?=", "utf-8", "gb18030",
		"iso-2022-jp", "euc-kr", "?B?", "?Q?", "=", "=1B=24=42", "w6k",
		" ", "\r\n ", "\xc3", "\xff", "\x1b", "?", "*", "_" };
	unsigned long seed = 1;

	for (int i = 0; i < 20000; i++) {
		struct oct_str in, out;
		size_t len, n;
		uint32_t code;

		oct_str_heap(&in, 100000);
		oct_str_heap(&out, 100000);
		for (int k = 0; k < 30; k++) {
			seed = (seed * 6364136223846793005UL +
			    1442695040888963407UL);
			oct_str_add(&in, bits[(seed >> 33) % OCT_LEN(bits)]);
		}
		oct_mime_decode(&out, in.buf, 100);
		assert_int_equal(oct_str_err(&out), 0);
		len = out.len;
		for (const char *s = oct_str_text(&out); len > 0;
		     s += n, len -= n) {
			n = oct_mime_char(s, len, &code);
			assert_true(code == 0xfffd ? n == 3
						   : !oct_mime_hides(code));
		}
		oct_str_free(&in);
		oct_str_free(&out);
	}
}

static void
long_values_are_cut_and_say_so(void **state OCT_UNUSED)
{
	struct oct_str in, out;

	oct_str_heap(&in, 100000);
	oct_str_heap(&out, 100000);
	for (int i = 0; i < 5000; i++)
		oct_str_addc(&in, 'a');
	oct_mime_decode(&out, in.buf, 100000);
	assert_int_equal(out.len, 4096 + 3);
	assert_string_equal(out.buf + 4096, "\u2026");
	oct_str_free(&in);
	oct_str_free(&out);
}

static void
made_id_is_an_id(void **state OCT_UNUSED)
{
	static const uint8_t random[16] = { 0, 1, 0xff, 0xa0 };
	struct oct_mime_id id;
	struct oct_str out;

	oct_str_heap(&out, 1000);
	oct_mime_id_make(&out, random, "c.example");
	assert_string_equal(oct_str_text(&out),
	    "<0001ffa0000000000000000000000000@c.example>");
	assert_int_equal(oct_mime_ids(out.buf, out.len, &id, 2), 1);
	oct_str_free(&out);
}

static void
dates_are_local_and_worded(void **state OCT_UNUSED)
{
	static const struct {
		const char *tz;
		int64_t ms;
		const char *fr, *en, *zone;
	} rows[] = {
		{ "UTC", 1795257900000,
		    "samedi 21 novembre 2026 à\u00a010\u00a0h\u00a045",
		    "Saturday 21 November 2026 at\u00a010:45\u00a0(UTC)",
		    " (UTC)" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1795257900000,
		    "samedi 21 novembre 2026 à\u00a011\u00a0h\u00a045",
		    "Saturday 21 November 2026 at\u00a011:45\u00a0(UTC+1)",
		    " (UTC+1)" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1785535500000,
		    "samedi 1er août 2026 à\u00a00\u00a0h\u00a005",
		    "Saturday 1 August 2026 at\u00a000:05\u00a0(UTC+2)",
		    " (UTC+2)" },
		{ "Europe/Paris", 1785535500000,
		    "samedi 1er août 2026 à\u00a00\u00a0h\u00a005",
		    "Saturday 1 August 2026 at\u00a000:05\u00a0(UTC+2)",
		    " (heure de Paris)" },
		{ "Indian/Reunion", 1795257900000,
		    "samedi 21 novembre 2026 à\u00a014\u00a0h\u00a045",
		    "Saturday 21 November 2026 at\u00a014:45\u00a0(UTC+4)",
		    " (heure de La Réunion)" },
		{ "<-0330>3:30", 1795257900000,
		    "samedi 21 novembre 2026 à\u00a07\u00a0h\u00a015",
		    "Saturday 21 November 2026 at\u00a007:15\u00a0(UTC-3:30)",
		    " (UTC-3:30)" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str fr, en;

		assert_int_equal(setenv("TZ", rows[i].tz, 1), 0);
		tzset();
		oct_str_heap(&fr, 100);
		oct_str_heap(&en, 100);
		oct_date_fr(&fr, rows[i].ms);
		oct_date_en(&en, rows[i].ms);
		assert_string_equal(oct_str_text(&fr), rows[i].fr);
		assert_string_equal(oct_str_text(&en), rows[i].en);
		oct_str_clear(&en);
		oct_date_fr_zone(&en, rows[i].ms);
		assert_memory_equal(en.buf, fr.buf, fr.len);
		assert_string_equal(en.buf + fr.len, rows[i].zone);
		oct_str_free(&fr);
		oct_str_free(&en);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phrases_are_quoted_or_encoded),
		cmocka_unit_test(unstructured_stays_plain_where_it_can),
		cmocka_unit_test(long_names_fold_between_characters),
		cmocka_unit_test(quoted_printable_survives),
		cmocka_unit_test(quoted_printable_lines_are_short),
		cmocka_unit_test(paragraphs_are_filled),
		cmocka_unit_test(message_ids_are_picked),
		cmocka_unit_test(hidden_characters_are_not_shown),
		cmocka_unit_test(values_are_decoded_for_people),
		cmocka_unit_test(decoding_withstands_anything),
		cmocka_unit_test(long_values_are_cut_and_say_so),
		cmocka_unit_test(made_id_is_an_id),
		cmocka_unit_test(dates_are_local_and_worded),
	};

	return cmocka_run_group_tests_name("mime_text", tests, NULL, NULL);
}
