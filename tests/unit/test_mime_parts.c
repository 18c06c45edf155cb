/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoded texts in messages: what is decoded, what is not, and the bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/mime_parts.h"
#include "lib/str.h"

static void
see(void *arg, const char *text, size_t len)
{
	struct oct_str *s = arg;

	oct_str_addc(s, '[');
	oct_str_addn(s, text, len);
	oct_str_addc(s, ']');
}

static int
run(const char *type, const char *encoding, const char *body, size_t len,
    struct oct_str *out)
{
	struct oct_mime_entity e = { .body = body, .len = len };

	if (type != NULL) {
		e.type = type;
		e.type_len = strlen(type);
	}
	if (encoding != NULL) {
		e.encoding = encoding;
		e.encoding_len = strlen(encoding);
	}
	return oct_mime_texts(&e, see, out);
}

#define MIXED " multipart/mixed; boundary=b"
#define B64 "Content-Transfer-Encoding: base64\r\n"
#define QP "Content-Transfer-Encoding: quoted-printable\r\n"

static const struct {
	const char *name, *type, *encoding, *body, *seen;
} rows[] = {
	{ "no MIME", NULL, NULL, "aGVsbG8=", "" },
	{ "identity", " text/plain", " 8bit", "hello", "" },
	{ "base64", " text/plain", " base64", "aGVs\r\nbG8=\r\n", "[hello]" },
	{ "no type", NULL, " base64", "aGVsbG8=", "[hello]" },
	{ "upper case, folded", "\r\n\tTEXT/HTML; charset=x", "\r\n BASE64 ",
	    "aGVsbG8", "[hello]" },
	{ "junk in base64", " text/plain", "base64", "aG*Vs- bG8=!", "[hello]" },
	{ "more behind the padding", " text/plain", "base64",
	    "aGVsbG8=aGVsbG8=", "[hellohello]" },
	{ "UTF-16", " text/plain", "base64", "aABpAA==", "[hi]" },
	{ "empty", " text/plain", "base64", "", "" },
	{ "quoted-printable", " text/plain", " Quoted-Printable",
	    "a=3Db=\r\nc= \t\nd=c3=A9 =\n", "[a=bcd\xc3\xa9 ]" },
	{ "broken quoted-printable", " text/plain", "quoted-printable",
	    "a=zz=4", "[a=zz=4]" },
	{ "image", " image/png", "base64", "aGVsbG8=", "" },
	{ "one part", MIXED, NULL, "x\r\n--b\r\n" B64 "\r\naGVsbG8=\r\n--b--\r\n",
	    "[hello]" },
	{ "LF only", MIXED, NULL, "--b\n" B64 "\naGVsbG8=\n--b--\n",
	    "[hello]" },
	{ "two parts, one of no text", MIXED, NULL,
	    "--b\r\n" B64 "\r\naGk=\r\n--b\r\nContent-Type: image/png\r\n" B64
	    "\r\naGk=\r\n--b\r\n" QP "\r\nh=6F\r\n--b--\r\n", "[hi][ho\r\n]" },
	{ "preamble and epilogue", MIXED, NULL,
	    B64 "\r\naGk=\r\n--b\r\n\r\n--b--\r\n--b\r\n" B64 "\r\naGk=\r\n",
	    "" },
	{ "no end", MIXED, NULL, "--b\r\n" B64 "\r\naGk=", "[hi]" },
	{ "blanks behind the boundary", MIXED, NULL,
	    "--b \t\r\n" B64 "\r\naGk=\r\n--b-- \r\n", "[hi]" },
	{ "a longer boundary", MIXED, NULL,
	    "--bb\r\n" B64 "\r\naGk=\r\n--b\r\n" B64 "\r\naG8=\r\n--b--",
	    "[ho]" },
	{ "boundary not at the start of a line", MIXED, NULL,
	    "x--b\r\n" B64 "\r\naGk=\r\n--b--", "" },
	{ "quoted boundary", " multipart/mixed; x=\"; boundary=c\";\r\n\t"
	    "BOUNDARY = \"b\\ \"", NULL, "--b \r\n" B64 "\r\naGk=\r\n", "[hi]" },
	{ "quoted boundary with a blank inside",
	    " multipart/mixed; boundary=\"a \\b\"", NULL,
	    "--a b\r\n" B64 "\r\naGk=\r\n--a b--", "[hi]" },
	{ "no boundary", " multipart/mixed", NULL,
	    "--b\r\n" B64 "\r\naGk=\r\n", "" },
	{ "empty boundary", " multipart/mixed; boundary=\"\"", NULL,
	    "--\r\n" B64 "\r\naGk=\r\n", "" },
	{ "nested", MIXED, NULL,
	    "--b\r\nContent-Type: multipart/alternative; boundary=bc\r\n\r\n"
	    "--bc\r\n" B64 "\r\naGk=\r\n--bc--\r\n--b--\r\n", "[hi]" },
	{ "a message inside", MIXED, NULL,
	    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n" B64
	    "\r\naGk=\r\n--b--\r\n", "[hi]" },
	{ "folded fields of a part", MIXED, NULL,
	    "--b\r\ncontent-type:\r\n text/html;\r\n\tcharset=x\r\n"
	    "CONTENT-TRANSFER-ENCODING:\r\n\tbase64\r\n\r\naGk=\r\n--b--",
	    "[hi]" },
	{ "the first of two fields counts", MIXED, NULL,
	    "--b\r\nContent-Type: image/png\r\nContent-Type: text/html\r\n" B64
	    "\r\naGk=\r\n--b--", "" },
	{ "a part without an empty line", MIXED, NULL, "--b\r\n" B64 "--b--",
	    "" },
	{ "nothing", MIXED, NULL, "", "" },
};

static void
encoded_texts_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str s;
		char got[256];

		print_message("  %s\n", rows[i].name);
		oct_str_fixed(&s, got, sizeof(got));
		assert_int_equal(run(rows[i].type, rows[i].encoding,
				     rows[i].body, strlen(rows[i].body), &s),
		    0);
		assert_string_equal(oct_str_text(&s), rows[i].seen);
	}
}

/* An empty one would be found everywhere, behind the end too. */
static void
a_boundary_with_a_nul_is_none(void **state)
{
	static const char *const types[] = { " multipart/mixed; boundary=@@@",
		" multipart/mixed; boundary=\"@b\"",
		" multipart/mixed; boundary=b@" };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(types); i++) {
		size_t len = strlen(types[i]);
		char *type = malloc(len), *body = malloc(2), got[8];
		struct oct_mime_entity e = { .type = type, .type_len = len,
			.body = body, .len = 2 };
		struct oct_str s;

		assert_true(type != NULL && body != NULL);
		for (size_t k = 0; k < len; k++)
			type[k] = types[i][k] == '@' ? '\0' : types[i][k];
		memcpy(body, "--", 2);
		oct_str_fixed(&s, got, sizeof(got));
		assert_int_equal(oct_mime_texts(&e, see, &s), 0);
		assert_string_equal(oct_str_text(&s), "");
		free(type);
		free(body);
	}
}

static void
parts_are_bounded(void **state)
{
	struct oct_str body, s;
	size_t seen = 0;

	(void)state;
	oct_str_heap(&body, 1 << 20);
	oct_str_heap(&s, 1 << 20);
	for (int i = 0; i < 1000; i++)
		oct_str_add(&body, "--b\r\n" B64 "\r\naGk=\r\n");
	assert_int_equal(run(MIXED, NULL, oct_str_text(&body), body.len, &s),
	    OCT_ELIMIT);
	for (const char *p = oct_str_text(&s); *p != '\0'; p++)
		seen += *p == '[';
	assert_int_equal(seen, OCT_MIME_PARTS_MAX - 1); /* and the whole */
	oct_str_free(&body);
	oct_str_free(&s);
}

/* Each level inside the one before; the text is in the innermost. */
static int
nest(int levels, struct oct_str *s)
{
	struct oct_str body;
	int rc;

	oct_str_heap(&body, 1 << 20);
	oct_str_add(&body, "--b\r\n");
	for (int i = 0; i < levels; i++)
		oct_str_add(&body, "Content-Type: message/rfc822\r\n\r\n");
	oct_str_add(&body, B64 "\r\naGk=\r\n--b--\r\n");
	rc = run(MIXED, NULL, oct_str_text(&body), body.len, s);
	oct_str_free(&body);
	return rc;
}

static void
depth_is_bounded(void **state)
{
	struct oct_str s;
	char got[64];

	(void)state;
	oct_str_fixed(&s, got, sizeof(got));
	assert_int_equal(nest(OCT_MIME_DEPTH_MAX - 1, &s), 0);
	assert_string_equal(got, "[hi]");
	oct_str_clear(&s);
	assert_int_equal(nest(OCT_MIME_DEPTH_MAX, &s), OCT_ELIMIT);
	assert_string_equal(oct_str_text(&s), "");
	assert_int_equal(nest(10000, &s), OCT_ELIMIT);
}

static void
octets_are_bounded(void **state)
{
	size_t len = OCT_MIME_SCAN_MAX + 100;
	char *body = malloc(len);
	struct oct_str s;

	(void)state;
	assert_non_null(body);
	oct_str_heap(&s, 4 << 20);
	memset(body, 'A', len);
	assert_int_equal(run(" text/plain", " base64", body, len, &s),
	    OCT_ELIMIT);
	/* Decoded zeroes are left out. */
	assert_string_equal(oct_str_text(&s), "[]");
	oct_str_clear(&s);
	assert_int_equal(run(" text/plain", " quoted-printable", body, len,
			     &s),
	    OCT_ELIMIT);
	assert_int_equal(s.len, OCT_MIME_DECODED_MAX + 2);
	oct_str_free(&s);
	free(body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoded_texts_are_decoded),
		cmocka_unit_test(a_boundary_with_a_nul_is_none),
		cmocka_unit_test(parts_are_bounded),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(octets_are_bounded),
	};

	return cmocka_run_group_tests_name("mime_parts", tests, NULL, NULL);
}
