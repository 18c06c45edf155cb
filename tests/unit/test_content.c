/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read of a message: texts in every charset, what is seen and what is
 * hidden of HTML, and the walk through its parts with every bound.
 */
#include "lib/clock.h"
#include "lib/str.h"
#include "tests/unit/content_fixture.h"

/* --- Texts ----------------------------------------------------------------- */

#define PLAIN(charset, body)                                                   \
	"Subject: s\nMIME-Version: 1.0\nContent-Type: text/plain" charset      \
	"\nContent-Transfer-Encoding: 8bit\n\n" body

static const struct {
	const char *name, *message, *plain;
} texts[] = {
	{ "no MIME", "Subject: s\n\nbonjour\n", "bonjour\n" },
	{ "UTF-8", PLAIN("; charset=utf-8", "\xc3\xa9t\xc3\xa9"),
	    "\xc3\xa9t\xc3\xa9" },
	{ "Latin-1", PLAIN("; charset=iso-8859-1", "caf\xe9 noir"),
	    "caf\xc3\xa9 noir" },
	{ "Latin-1, its last letter", PLAIN("; charset=iso-8859-1", "caf\xe9"),
	    "caf\xc3\xa9" },
	{ "Windows-1252", PLAIN("; charset=windows-1252", "10 \x80"),
	    "10 \xe2\x82\xac" },
	{ "says Latin-1, is UTF-8", PLAIN("; charset=iso-8859-1", "\xc3\xa9."),
	    "\xc3\xa9." },
	{ "says nothing, is Latin-1", PLAIN("", "\xe9t\xe9 ici"),
	    "\xc3\xa9t\xc3\xa9 ici" },
	{ "unknown charset", PLAIN("; charset=x-none", "\xe9t\xe9 ici"),
	    "\xc3\xa9t\xc3\xa9 ici" },
	{ "charset that is a path", PLAIN("; charset=\"../../e\"", "\xe9 ici"),
	    "\xc3\xa9 ici" },
	{ "KOI8-R", PLAIN("; charset=koi8-r", "\xc4\xc1."),
	    "\xd0\xb4\xd0\xb0." },
	{ "broken UTF-8", PLAIN("; charset=utf-8", "a\xff\xc3z\xc3\xa9 b"),
	    "a\xc3\xbf\xc3\x83z\xc3\x83\xc2\xa9 b" },
	{ "control characters", PLAIN("", "a\x01\x1b[0mb\tc"), "a  [0mb c" },
	{ "quoted-printable",
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n"
	    "=C3=A9t=\n=C3=A9 =ZZ=3D",
	    "\xc3\xa9t\xc3\xa9 =ZZ=" },
	{ "base64",
	    "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
	    "Ym9uam91cg==\n",
	    "bonjour" },
	{ "broken base64",
	    "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
	    "Ym9u*am91c\n",
	    "bonjou" },
	{ "unknown encoding",
	    "Content-Type: text/plain\nContent-Transfer-Encoding: x-y\n\nabc",
	    "abc" },
};

static void
test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(texts); i++) {
		const struct content *c = read_text(texts[i].message);
		size_t n = strlen(texts[i].plain);

		/* A reader may or may not keep the last line end. */
		if (c->plain.len < n ||
		    memcmp(c->plain.data, texts[i].plain, n) != 0 ||
		    strspn(c->plain.data + n, "\n") != c->plain.len - n)
			fail_msg("%s: <%s>", texts[i].name, c->plain.data);
		assert_int_equal(c->plain_parts, 1);
		assert_null(c->over);
		content_free(c);
	}
}

static const struct {
	const char *name, *header, *subject, *from_name;
} fields[] = {
	{ "none", "X: y\n", "", "" },
	{ "plain", "Subject: Bonjour\nFrom: Jean <a@b.fr>\n", "Bonjour",
	    "Jean" },
	{ "encoded",
	    "Subject: =?utf-8?B?w6l0w6k=?= =?iso-8859-1?q?_=E9t=E9?=\n"
	    "From: =?utf-8?q?Le_Maire?= <a@b.fr>\n",
	    "\xc3\xa9t\xc3\xa9 \xc3\xa9t\xc3\xa9", "Le Maire" },
	{ "quoted name", "From: \"Dupont, Jean\" <a@b.fr>\n", "",
	    "Dupont, Jean" },
	{ "raw Latin-1", "Subject: caf\xe9 noir\n", "caf\xc3\xa9 noir", "" },
	{ "no name", "From: a@b.fr\n", "", "" },
	{ "folded", "Subject: un\n deux\n", "un deux", "" },
};

static void
test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(fields); i++) {
		char text[400];
		const struct content *c;

		(void)snprintf(text, sizeof(text), "%s\nbody\n",
		    fields[i].header);
		c = read_text(text);
		if (strcmp(c->subject.data, fields[i].subject) != 0 ||
		    strcmp(c->from_name.data, fields[i].from_name) != 0)
			fail_msg("%s: <%s> <%s>", fields[i].name,
			    c->subject.data, c->from_name.data);
		content_free(c);
	}
}

/* --- HTML ------------------------------------------------------------------- */

#define HTML                                                                   \
	"Subject: s\nMIME-Version: 1.0\n"                                      \
	"Content-Type: text/html; charset=utf-8\n\n"

static const struct {
	const char *name, *html, *visible;
	unsigned int flags; /* that are set */
	unsigned int not;   /* that are not */
} pages[] = {
	{ "text", "<html><body><p>un</p><p>deux</p></body></html>",
	    "un deux", CONTENT_HTML_ELEMENT, CONTENT_HTML_HIDDEN },
	{ "entities", "&eacute;t&#233; &amp; &lt;b&gt;",
	    "\xc3\xa9t\xc3\xa9 & <b>", 0, CONTENT_HTML_HIDDEN },
	{ "display none", "a<span style=\"color:red; DISPLAY : none\">b</span>c",
	    "ac", CONTENT_HTML_HIDDEN, 0 },
	{ "visibility", "a<i style='visibility:hidden'>b</i>c", "ac",
	    CONTENT_HTML_HIDDEN, 0 },
	{ "font size 0", "a<i style='font-size:0px'>b</i>c", "ac",
	    CONTENT_HTML_HIDDEN, 0 },
	{ "font size 0.9em", "a<i style='font-size:0.9em'>b</i>c", "abc", 0,
	    CONTENT_HTML_HIDDEN },
	{ "opacity 0", "a<i style='opacity:0'>b</i>c", "ac",
	    CONTENT_HTML_HIDDEN, 0 },
	{ "opacity 0.8", "a<i style='opacity:0.8'>b</i>c", "abc", 0,
	    CONTENT_HTML_HIDDEN },
	{ "hidden attribute", "a<p hidden>b</p>c", "a c", CONTENT_HTML_HIDDEN,
	    0 },
	{ "hidden inside hidden",
	    "a<p style='display:none'>b<i style='display:none'>c</i>d</p>e",
	    "a e", CONTENT_HTML_HIDDEN, 0 },
	{ "never closed", "a<div style='display:none'>b", "a",
	    CONTENT_HTML_HIDDEN, 0 },
	{ "script and style",
	    "<style>p{color:red}</style>a<script>alert(1)</script>b", "ab",
	    CONTENT_HTML_SCRIPT, 0 },
	{ "alt text", "a<img alt='le logo' src='http://a.fr/x.png'>b",
	    "a le logo b", 0, CONTENT_HTML_PIXEL },
	{ "pixel", "<img width=1 height='1' src='http://a.fr/t.gif'>x", " x",
	    CONTENT_HTML_PIXEL, 0 },
	{ "password form",
	    "<form action='http://a.fr/'><input type=PASSWORD></form>x", " x",
	    CONTENT_HTML_FORM | CONTENT_HTML_INPUT | CONTENT_HTML_PASSWORD,
	    CONTENT_HTML_SCRIPT },
	{ "meta refresh",
	    "<meta http-equiv=refresh content='0;url=http://a.fr/'>x", "x",
	    CONTENT_HTML_REFRESH, 0 },
	{ "comment, mso", "<!--[if mso]>a<![endif]-->x", "x",
	    CONTENT_HTML_COMMENT | CONTENT_HTML_MSO, 0 },
	{ "zero width", "mot\xe2\x80\x8b" "de passe", "mot\xe2\x80\x8b"
	    "de passe", CONTENT_HTML_ZERO_WIDTH, 0 },
	{ "entity run",
	    "&#109;&#111;&#116;&#32;&#100;&#101;&#32;&#112;&#97;&#115;", "mot de"
	    " pas", CONTENT_HTML_ENTITY_RUN, 0 },
	{ "data URI", "<a href='data:text/html,x'>x</a>", "x",
	    CONTENT_HTML_DATA_URI, 0 },
	{ "not closed at all", "<html><body><table><tr><td>a<b>b", " a b",
	    CONTENT_HTML_ELEMENT, 0 },
	{ "garbage", "<<<>>><a <b> &&; </x></y> fin", "", 0,
	    CONTENT_HTML_HIDDEN },
};

static bool
same_but_spaces(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

static void
test_html(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(pages); i++) {
		char text[1000];
		const struct content *c;

		(void)snprintf(text, sizeof(text), HTML "%s\n", pages[i].html);
		c = read_text(text);
		if ((*pages[i].visible != '\0' &&
			!same_but_spaces(c->visible.data, pages[i].visible)) ||
		    (c->html & pages[i].flags) != pages[i].flags ||
		    (c->html & pages[i].not) != 0)
			fail_msg("%s: <%s> %x", pages[i].name, c->visible.data,
			    c->html);
		assert_int_equal(c->html_parts, 1);
		content_free(c);
	}
}

static void
test_both_parts(void **state)
{
	const struct content *c = read_text(
	    "Content-Type: multipart/alternative; boundary=b\n\n"
	    "--b\nContent-Type: text/plain\n\nen clair\n"
	    "--b\nContent-Type: text/html\n\n<p>en <b>gras</b></p>\n--b--\n");

	(void)state;
	assert_int_equal(c->part_count, 3);
	assert_string_equal(c->parts[0].type, "multipart/alternative");
	assert_string_equal(c->parts[2].type, "text/html");
	assert_int_equal(c->parts[2].depth, 1);
	assert_non_null(strstr(c->plain.data, "en clair"));
	assert_non_null(strstr(c->visible.data, "en gras"));
	assert_int_equal(c->plain_parts, 1);
	assert_int_equal(c->html_parts, 1);
	assert_int_equal(c->attached_parts, 0);
	assert_int_equal(c->tag_count >= 2, 1);
	content_free(c);
}

/* --- Bounds ------------------------------------------------------------------ */

static void
expect_over(struct oct_str *text, const struct content_limits *limits,
    const char *over)
{
	const struct content *c;
	int64_t before = oct_clock_mono_ms();

	assert_int_equal(oct_str_err(text), 0);
	c = read_octets(text->buf, text->len, limits);
	if (c->over == NULL || strcmp(c->over, over) != 0)
		fail_msg("%s expected, %s hit", over,
		    c->over != NULL ? c->over : "nothing");
	/* The slowest machine under the slowest sanitizer. */
	assert_true(oct_clock_mono_ms() - before < 20000);
	content_free(c);
	oct_str_free(text);
}

static void
test_many_parts(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 10000; i++)
		oct_str_add(&s, "--b\nContent-Type: text/plain\n\nx\n");
	expect_over(&s, NULL, "parts");
}

static void
nest(struct oct_str *s, int levels)
{
	oct_str_heap(s, 4u << 20);
	oct_str_add(s, "Content-Type: multipart/mixed; boundary=b0\n\n");
	for (int i = 0; i < levels; i++)
		oct_str_addf(s, "--b%d\nContent-Type: multipart/mixed; "
				"boundary=b%d\n\n", i, i + 1);
	oct_str_addf(s, "--b%d\nContent-Type: text/plain\n\ndeep\n", levels);
}

static void
test_deep_multiparts(void **state)
{
	struct oct_str s;

	(void)state;
	nest(&s, 20);
	expect_over(&s, NULL, "depth");
	nest(&s, 10000);
	expect_over(&s, NULL, "parts");
}

static void
test_deep_messages(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	for (int i = 0; i < 5000; i++)
		oct_str_add(&s, "Content-Type: message/rfc822\n\n");
	oct_str_add(&s, "Subject: the last\n\nx\n");
	expect_over(&s, NULL, "parts");
}

static void
test_much_text(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, "Content-Type: text/plain\n\n");
	for (int i = 0; i < 10000; i++)
		oct_str_add(&s, "encore dix mots\n");
	expect_over(&s, NULL, "text");
}

static void
test_much_html(void **state)
{
	struct content_limits limits;
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, HTML);
	for (int i = 0; i < 5000; i++)
		oct_str_add(&s, "<div class=x>");
	expect_over(&s, NULL, "html depth");
	content_limits_init(&limits);
	limits.marks = 10;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, HTML);
	for (int i = 0; i < 20; i++)
		oct_str_add(&s, "<p>x</p>");
	expect_over(&s, &limits, "marks");
}

static void
test_many_links(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, "Subject: s\n\n");
	for (int i = 0; i < 1000; i++)
		oct_str_addf(&s, "http://a%d.fr/\n", i);
	expect_over(&s, NULL, "links");
}

static void
test_long_url(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, HTML "<a href='http://a.fr/");
	for (int i = 0; i < 5000; i++)
		oct_str_addc(&s, 'x');
	oct_str_add(&s, "'>x</a>");
	expect_over(&s, NULL, "url");
}

static void
test_much_header(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	for (int i = 0; i < 6000; i++)
		oct_str_addf(&s, "X-Field-%d: %050d\n", i, i);
	oct_str_add(&s, "\nbody\n");
	expect_over(&s, NULL, "header");
}

static void
test_many_octets(void **state)
{
	struct content_limits limits;
	struct oct_str s;

	(void)state;
	content_limits_init(&limits);
	limits.total_octets = 10000;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, "Content-Type: application/octet-stream\n\n");
	for (int i = 0; i < 3000; i++)
		oct_str_add(&s, "0123456789\n");
	expect_over(&s, &limits, "octets");
}

static void
test_no_time(void **state)
{
	struct content_limits limits;
	struct oct_str s;

	(void)state;
	content_limits_init(&limits);
	limits.cpu_ms = -1;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, HTML "<p>x</p>");
	expect_over(&s, &limits, "time");
}

/* Shapes that have no meaning at all are read as far as it goes. */
static void
test_no_sense(void **state)
{
	static const char *const messages[] = { "\n", "Subject: x\n\n",
		"Content-Type: multipart/mixed\n\n--x\n",
		"Content-Type: multipart/mixed; boundary=\"\"\n\n--\n--\n",
		"Content-Type: /\n\nx", "Content-Type: text\n\nx",
		"Content-Type: text/html; charset=utf-16\n\n<\n<p>",
		"Content-Type: text/html; charset=utf-7\n\n+ADw-p+AD4-x\n",
		"Content-Type: message/partial; number=1\n\nx\n",
		"Content-Type: message/rfc822\n\n",
		"From: <\nSubject: =?utf-8?B?=?=\n\n" };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(messages); i++)
		content_free(read_text(messages[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_both_parts),
		cmocka_unit_test(test_many_parts),
		cmocka_unit_test(test_deep_multiparts),
		cmocka_unit_test(test_deep_messages),
		cmocka_unit_test(test_much_text),
		cmocka_unit_test(test_much_html),
		cmocka_unit_test(test_many_links),
		cmocka_unit_test(test_long_url),
		cmocka_unit_test(test_much_header),
		cmocka_unit_test(test_many_octets),
		cmocka_unit_test(test_no_time),
		cmocka_unit_test(test_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
