/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links of every shape, and what attachments are by their octets: archives are
 * made here, good, encrypted, nested, and such as would burst.
 */
#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>

#include "lib/str.h"
#include "tests/unit/content_fixture.h"

/* --- Links ------------------------------------------------------------------- */

#define HTML                                                                   \
	"Subject: s\nMIME-Version: 1.0\n"                                      \
	"Content-Type: text/html; charset=utf-8\n\n"
#define A(url, text) HTML "<a href=\"" url "\">" text "</a>\n"

static const struct {
	const char *name, *message, *host;
	enum content_link_kind kind;
	unsigned int flags, not;
} links[] = {
	{ "web", A("https://www.mairie.fr/x?y", "ici"), "www.mairie.fr",
	    CONTENT_LINK_WEB, CONTENT_LINK_HTTPS | CONTENT_LINK_ANCHOR,
	    CONTENT_LINK_TEXT_IS_URL | CONTENT_LINK_PORT },
	{ "capitals", A("HTTP://WWW.Mairie.FR", "ici"), "www.mairie.fr",
	    CONTENT_LINK_WEB, CONTENT_LINK_ANCHOR, CONTENT_LINK_HTTPS },
	{ "port", A("http://a.fr:8080/", "x"), "a.fr", CONTENT_LINK_WEB,
	    CONTENT_LINK_PORT, 0 },
	{ "its scheme's port", A("https://a.fr:443/", "x"), "a.fr",
	    CONTENT_LINK_WEB, 0, CONTENT_LINK_PORT },
	{ "user before the host", A("http://paypal.com@evil.fr/", "x"),
	    "evil.fr", CONTENT_LINK_WEB, CONTENT_LINK_AUTHORITY, 0 },
	{ "address", A("http://192.0.2.7/x", "x"), "192.0.2.7",
	    CONTENT_LINK_WEB, CONTENT_LINK_IP, 0 },
	{ "address of IPv6", A("http://[2001:db8::1]:81/x", "x"),
	    "2001:db8::1", CONTENT_LINK_WEB,
	    CONTENT_LINK_IP | CONTENT_LINK_PORT, 0 },
	{ "backslash", A("http://evil.fr\\.mairie.fr/", "x"), "evil.fr",
	    CONTENT_LINK_WEB, 0, 0 },
	{ "punycode", A("http://xn--mirie-fsa.fr/", "x"), "xn--mirie-fsa.fr",
	    CONTENT_LINK_WEB, CONTENT_LINK_PUNYCODE, 0 },
	{ "letters of another script", A("http://m\xd0\xb0irie.fr/", "x"),
	    "xn--mirie-4ve.fr", CONTENT_LINK_WEB, CONTENT_LINK_PUNYCODE, 0 },
	{ "per cent", A("http://a%2efr/", "x"), "", CONTENT_LINK_BROKEN,
	    CONTENT_LINK_PERCENT, 0 },
	{ "no host", A("http:///x", "x"), "", CONTENT_LINK_BROKEN, 0, 0 },
	{ "one slash", A("http:/a.fr", "x"), "", CONTENT_LINK_BROKEN, 0, 0 },
	{ "mailto", A("mailto:a@b.fr", "x"), "", CONTENT_LINK_MAILTO, 0, 0 },
	{ "cid", A("cid:1", "x"), "", CONTENT_LINK_CID, 0, 0 },
	{ "data", A("data:text/html;x", "x"), "", CONTENT_LINK_DATA, 0, 0 },
	{ "tel", A("tel:0500", "x"), "", CONTENT_LINK_OTHER, 0, 0 },
	{ "relative", A("page.html", "x"), "", CONTENT_LINK_RELATIVE, 0, 0 },
	{ "text is the target", A("https://www.a.fr/", "http://a.fr/x"),
	    "www.a.fr", CONTENT_LINK_WEB, CONTENT_LINK_TEXT_IS_URL,
	    CONTENT_LINK_TEXT_DIFFERS },
	{ "text is another's", A("http://evil.fr/", "https://www.impots.fr/"),
	    "evil.fr", CONTENT_LINK_WEB,
	    CONTENT_LINK_TEXT_IS_URL | CONTENT_LINK_TEXT_DIFFERS, 0 },
	{ "text across elements", A("http://evil.fr/", "www.im<b>pots</b>.fr"),
	    "evil.fr", CONTENT_LINK_WEB, CONTENT_LINK_TEXT_DIFFERS, 0 },
	{ "image", HTML "<img src='http://a.fr/x.png'>", "a.fr",
	    CONTENT_LINK_WEB, CONTENT_LINK_IMAGE, CONTENT_LINK_ANCHOR },
	{ "form", HTML "<form action='http://a.fr/'>", "a.fr",
	    CONTENT_LINK_WEB, CONTENT_LINK_FORM, 0 },
	{ "in text", "Subject: s\n\nVoir (https://a.fr/x).\n", "a.fr",
	    CONTENT_LINK_WEB, CONTENT_LINK_FROM_TEXT | CONTENT_LINK_HTTPS, 0 },
	{ "www in text", "Subject: s\n\nVoir www.a.fr.\n", "www.a.fr",
	    CONTENT_LINK_WEB, CONTENT_LINK_FROM_TEXT, 0 },
};

static void
test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(links); i++) {
		const struct content *c = read_text(links[i].message);
		const struct content_link *l = c->links;

		if (c->link_count != 1 || strcmp(l->host, links[i].host) != 0 ||
		    l->kind != links[i].kind ||
		    (l->flags & links[i].flags) != links[i].flags ||
		    (l->flags & links[i].not) != 0)
			fail_msg("%s: %zu links, <%s> kind %d flags %x",
			    links[i].name, c->link_count,
			    c->link_count > 0 ? l->host : "",
			    c->link_count > 0 ? (int)l->kind : -1,
			    c->link_count > 0 ? l->flags : 0);
		content_free(c);
	}
}

/* --- Attachments --------------------------------------------------------------- */

/* A message with one attachment. */
static const struct content *
attach(const char *type, const char *name, const void *octets, size_t len,
    const struct content_limits *limits)
{
	size_t room = sodium_base64_encoded_len(len,
	    sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(room);
	const struct content *c;
	struct oct_str s;

	assert_non_null(text);
	(void)sodium_bin2base64(text, room, octets, len,
	    sodium_base64_VARIANT_ORIGINAL);
	oct_str_heap(&s, 64u << 20);
	oct_str_addf(&s,
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntexte\n--b\n"
	    "Content-Type: %s\nContent-Disposition: attachment;\n"
	    " filename=\"%s\"\nContent-Transfer-Encoding: base64\n\n",
	    type, name);
	for (size_t i = 0; i < strlen(text); i += 76) {
		oct_str_addn(&s, text + i,
		    strlen(text) - i < 76 ? strlen(text) - i : 76);
		oct_str_addc(&s, '\n');
	}
	oct_str_add(&s, "--b--\n");
	assert_int_equal(oct_str_err(&s), 0);
	c = read_octets(s.buf, s.len, limits);
	free(text);
	oct_str_free(&s);
	assert_int_equal(c->part_count, 3);
	assert_int_equal(c->attached_parts, 1);
	return c;
}

#define OCTETS "application/octet-stream"
#define OLE "\320\317\021\340\241\261\032\341"

static const struct {
	const char *name, *type, *file, *octets;
	size_t len;
	const char *real;
	unsigned int flags, not;
} parts[] = {
	{ "pdf", "application/pdf", "a.pdf", S("%PDF-1.4 x"),
	    "application/pdf", CONTENT_PART_ATTACHED,
	    CONTENT_PART_TYPE_DIFFERS | CONTENT_PART_SCRIPT },
	{ "pdf with a script", "application/pdf", "a.pdf",
	    S("%PDF-1.4 /OpenAction << /S /JavaScript /JS (x) >>"),
	    "application/pdf", CONTENT_PART_SCRIPT, CONTENT_PART_ENCRYPTED },
	{ "encrypted pdf", "application/pdf", "a.pdf",
	    S("%PDF-1.4 trailer << /Encrypt 5 0 R >>"), "application/pdf",
	    CONTENT_PART_ENCRYPTED, CONTENT_PART_SCRIPT },
	{ "program", OCTETS, "a.exe", S("MZ\x90\0\3"),
	    "application/vnd.microsoft.portable-executable",
	    CONTENT_PART_EXECUTABLE, CONTENT_PART_DOUBLE_EXTENSION },
	{ "program that says picture", "image/png", "photo.png",
	    S("MZ\x90\0\3"), "application/vnd.microsoft.portable-executable",
	    CONTENT_PART_EXECUTABLE | CONTENT_PART_TYPE_DIFFERS, 0 },
	{ "double extension", OCTETS, "facture.pdf.js", S("var x"), "",
	    CONTENT_PART_EXECUTABLE | CONTENT_PART_DOUBLE_EXTENSION, 0 },
	{ "double extension with blanks", OCTETS, "facture.pdf      .scr",
	    S("x"), "",
	    CONTENT_PART_EXECUTABLE | CONTENT_PART_DOUBLE_EXTENSION, 0 },
	{ "dots in a name", "application/pdf", "compte.rendu.2025.pdf",
	    S("%PDF-1.7"), "application/pdf", 0,
	    CONTENT_PART_EXECUTABLE | CONTENT_PART_DOUBLE_EXTENSION },
	{ "macro", "application/msword", "a.doc",
	    S(OLE "....._\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0"),
	    "application/x-ole-storage", CONTENT_PART_MACRO,
	    CONTENT_PART_TYPE_DIFFERS },
	{ "encrypted document", "application/msword", "a.docx",
	    S(OLE "..E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"),
	    "application/x-ole-storage", CONTENT_PART_ENCRYPTED,
	    CONTENT_PART_MACRO },
	{ "attached page with script", "text/html", "a.htm",
	    S("\n<!DOCTYPE html><SCRIPT>x</SCRIPT>"), "text/html",
	    CONTENT_PART_HTML_ATTACHED | CONTENT_PART_SCRIPT,
	    CONTENT_PART_FORM },
	{ "attached page with form", OCTETS, "a.dat",
	    S("<html><form action=x>"), "text/html",
	    CONTENT_PART_HTML_ATTACHED | CONTENT_PART_FORM,
	    CONTENT_PART_SCRIPT },
	{ "rtf with an object", "application/rtf", "a.rtf",
	    S("{\\rtf1 {\\objdata 00}}"), "application/rtf",
	    CONTENT_PART_SCRIPT, 0 },
	{ "broken zip", "application/zip", "a.zip", S("PK\3\4\0\0\0\0"),
	    "application/zip", CONTENT_PART_ARCHIVE,
	    CONTENT_PART_ENCRYPTED | CONTENT_PART_BOMB },
	{ "empty", OCTETS, "a.bin", S(""), "", CONTENT_PART_ATTACHED,
	    CONTENT_PART_ARCHIVE },
};

static void
test_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(parts); i++) {
		const struct content *c = attach(parts[i].type, parts[i].file,
		    parts[i].octets, parts[i].len, NULL);
		const struct content_part *p = &c->parts[2];

		if (strcmp(p->real_type, parts[i].real) != 0 ||
		    (p->flags & parts[i].flags) != parts[i].flags ||
		    (p->flags & parts[i].not) != 0 ||
		    p->octets != parts[i].len)
			fail_msg("%s: <%s> %x, %zu octets", parts[i].name,
			    p->real_type, p->flags, p->octets);
		assert_string_equal(p->name, parts[i].file);
		content_free(c);
	}
}

/* --- Archives -------------------------------------------------------------------- */

struct packed {
	uint8_t *octets;
	size_t len;
};

enum packing { PACK_ZIP, PACK_ENCRYPTED, PACK_TAR_GZ };

struct entry {
	const char *name;
	const void *octets; /* NULL: zeros */
	size_t len;
};

#define PACKED_MAX (4u << 20)

static struct packed
pack(enum packing how, const struct entry *entries, size_t count)
{
	struct packed out = { .octets = malloc(PACKED_MAX) };
	struct archive *a = archive_write_new();
	uint8_t *zeros = calloc(1, 1 << 20);

	assert_true(out.octets != NULL && a != NULL && zeros != NULL);
	if (how == PACK_TAR_GZ) {
		assert_int_equal(archive_write_set_format_ustar(a), 0);
		assert_int_equal(archive_write_add_filter_gzip(a), 0);
	} else {
		assert_int_equal(archive_write_set_format_zip(a), 0);
	}
	if (how == PACK_ENCRYPTED) {
		assert_int_equal(archive_write_set_options(a,
		    "zip:encryption=aes256"), 0);
		assert_int_equal(archive_write_set_passphrase(a, "x"), 0);
	}
	assert_int_equal(archive_write_open_memory(a, out.octets, PACKED_MAX,
	    &out.len), 0);
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *e = archive_entry_new();
		size_t left = entries[i].len;

		archive_entry_set_pathname(e, entries[i].name);
		archive_entry_set_size(e, (la_int64_t)left);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		assert_int_equal(archive_write_header(a, e), 0);
		while (left > 0) {
			size_t n = left < 1 << 20 ? left : 1 << 20;

			assert_true(archive_write_data(a,
			    entries[i].octets != NULL ? entries[i].octets
						      : zeros, n) > 0);
			left -= n;
		}
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_close(a), 0);
	assert_int_equal(archive_write_free(a), 0);
	free(zeros);
	return out;
}

static void
expect_archive(struct packed p, unsigned int flags, unsigned int not,
    const char *over)
{
	const struct content *c = attach("application/zip", "a.zip", p.octets,
	    p.len, NULL);
	unsigned int got = c->parts[2].flags;

	if ((got & flags) != flags || (got & not) != 0)
		fail_msg("%x expected, %x not, %x found", flags, not, got);
	if (over == NULL)
		assert_null(c->over);
	else
		assert_string_equal(c->over != NULL ? c->over : "", over);
	content_free(c);
	free(p.octets);
}

static void
test_plain_archives(void **state)
{
	const struct entry good[] = { { "dossier/plan.pdf", "%PDF-1.4", 8 },
		{ "lisez-moi.txt", "x", 1 } };
	const struct entry bad[] = { { "dossier/plan.pdf.exe", "MZ", 2 } };
	const struct entry macro[] = { { "word/document.xml", "<x/>", 4 },
		{ "word/vbaProject.bin", "x", 1 } };
	const unsigned int none = CONTENT_PART_EXECUTABLE |
	    CONTENT_PART_ENCRYPTED | CONTENT_PART_BOMB | CONTENT_PART_NESTED |
	    CONTENT_PART_MACRO;

	(void)state;
	expect_archive(pack(PACK_ZIP, good, 2), CONTENT_PART_ARCHIVE, none,
	    NULL);
	expect_archive(pack(PACK_TAR_GZ, good, 2), CONTENT_PART_ARCHIVE, none,
	    NULL);
	expect_archive(pack(PACK_ZIP, bad, 1), CONTENT_PART_EXECUTABLE, 0,
	    NULL);
	expect_archive(pack(PACK_TAR_GZ, bad, 1), CONTENT_PART_EXECUTABLE, 0,
	    NULL);
	expect_archive(pack(PACK_ZIP, macro, 2), CONTENT_PART_MACRO, 0, NULL);
	expect_archive(pack(PACK_ENCRYPTED, good, 2), CONTENT_PART_ENCRYPTED,
	    CONTENT_PART_BOMB, NULL);
}

static void
test_nested_archives(void **state)
{
	const struct entry program = { "a.js", "var x", 5 };
	struct packed p = pack(PACK_ZIP, &program, 1);

	(void)state;
	for (int level = 0; level < 3; level++) {
		const struct entry inner = { "inner.zip", p.octets, p.len };
		struct packed outer = pack(PACK_ZIP, &inner, 1);

		free(p.octets);
		p = outer;
		if (level == 1) {
			const struct content *c = attach("application/zip",
			    "a.zip", p.octets, p.len, NULL);

			/* Two levels below it is still found. */
			assert_true((c->parts[2].flags &
			    CONTENT_PART_EXECUTABLE) != 0);
			assert_null(c->over);
			content_free(c);
		}
	}
	expect_archive(p, CONTENT_PART_NESTED, CONTENT_PART_EXECUTABLE,
	    "archive depth");
}

static void
test_bombs(void **state)
{
	/* 40 MB of zeros in 40 KB, called an archive so that it is unpacked;
	 * the same claimed by an entry that nobody unpacks. */
	const struct entry inner = { "inner.zip", NULL, 40u << 20 };
	const struct entry plain = { "zeros.bin", NULL, 200u << 20 };
	const struct entry many[] = { { "1", NULL, 30u << 20 },
		{ "2", NULL, 30u << 20 }, { "3", NULL, 30u << 20 },
		{ "4.exe", "x", 1 } };

	(void)state;
	expect_archive(pack(PACK_ZIP, &inner, 1),
	    CONTENT_PART_BOMB, CONTENT_PART_NESTED, NULL);
	expect_archive(pack(PACK_TAR_GZ, &inner, 1), CONTENT_PART_BOMB, 0,
	    NULL);
	expect_archive(pack(PACK_ZIP, &plain, 1), CONTENT_PART_BOMB, 0, NULL);
	/* A tar is passed over only by unpacking it. */
	expect_archive(pack(PACK_TAR_GZ, many, 4), CONTENT_PART_ARCHIVE,
	    CONTENT_PART_EXECUTABLE, "archive octets");
	expect_archive(pack(PACK_ZIP, many, 4), CONTENT_PART_EXECUTABLE, 0,
	    NULL);
}

/* An entry that claims 2 GB and holds five octets. */
static void
test_liar(void **state)
{
	const struct entry one = { "inner.zip", "hello", 5 };
	struct packed p = pack(PACK_ZIP, &one, 1);
	static const uint8_t central[] = { 'P', 'K', 1, 2 };
	uint8_t *at;

	(void)state;
	/* In the directory, and in the header before the entry. */
	at = memmem(p.octets, p.len, central, sizeof(central));
	assert_non_null(at);
	memcpy(at + 24, "\0\0\0\x7f", 4);
	memcpy(p.octets + 22, "\0\0\0\x7f", 4);
	expect_archive(p, CONTENT_PART_BOMB, 0, NULL);
}

static void
test_many_entries(void **state)
{
	static struct entry entries[500];
	static char names[500][16];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(entries); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%zu.txt", i);
		entries[i] = (struct entry){ names[i], "x", 1 };
	}
	expect_archive(pack(PACK_ZIP, entries, OCT_LEN(entries)),
	    CONTENT_PART_ARCHIVE, 0, "archive entries");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_plain_archives),
		cmocka_unit_test(test_nested_archives),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_liar),
		cmocka_unit_test(test_many_entries),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
