/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header values of strangers' mail as text for people (RFC 2047).
 *
 * iconv is given names of a fixed list only: others would make it load modules,
 * and one of those has been a hole (CVE-2024-2961).
 */
#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "lib/mime_text.h"

#define INPUT_MAX 4096 /* octets of a value that are looked at */
#define CHARSET_MAX 32
#define ELLIPSIS "\u2026"
#define UNKNOWN "\xef\xbf\xbd" /* U+FFFD */

static const char *const charsets[] = { "iso-8859-1", "iso-8859-2",
	"iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7",
	"iso-8859-8", "iso-8859-9", "iso-8859-10", "iso-8859-13",
	"iso-8859-14", "iso-8859-15", "iso-8859-16", "windows-1250",
	"windows-1251", "windows-1252", "windows-1253", "windows-1254",
	"windows-1255", "windows-1256", "windows-1257", "windows-1258",
	"macintosh", "koi8-r", "koi8-u", "tis-620", "gb2312", "gbk", "gb18030",
	"big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr" };

struct decoding {
	struct oct_str text;             /* UTF-8 so far, not clean yet */
	struct oct_str run;              /* octets of words of one charset */
	char charset[CHARSET_MAX];       /* of run; "" = none is open */
};

/* --- Charsets ------------------------------------------------------------- */

static void
convert(struct oct_str *out, iconv_t cd, char *in, size_t left)
{
	char buf[1024];

	while (left > 0) {
		char *to = buf;
		size_t room = sizeof(buf), n;

		n = iconv(cd, &in, &left, &to, &room);
		oct_str_addn(out, buf, sizeof(buf) - room);
		/* Every pass writes, skips an octet, or ends. */
		if (n != (size_t)-1 || errno == EINVAL)
			break;
		if (errno == EILSEQ) {
			oct_str_add(out, UNKNOWN);
			in++;
			left--;
		}
	}
}

/* False: a charset that we do not read. */
static bool
add_converted(struct oct_str *out, const char *charset, struct oct_str *in)
{
	const char *known = NULL;
	iconv_t cd;

	if (strcasecmp(charset, "utf-8") == 0 ||
	    strcasecmp(charset, "utf8") == 0 ||
	    strcasecmp(charset, "us-ascii") == 0) {
		oct_str_addn(out, oct_str_text(in), in->len);
		return true;
	}
	for (size_t i = 0; known == NULL && i < OCT_LEN(charsets); i++)
		if (strcasecmp(charset, charsets[i]) == 0)
			known = charsets[i];
	if (known == NULL || in->buf == NULL)
		return known != NULL;
	cd = iconv_open("UTF-8", known);
	if (cd == (iconv_t)-1)
		return false;
	convert(out, cd, in->buf, in->len);
	(void)iconv_close(cd);
	return true;
}

/* --- Encoded words -------------------------------------------------------- */

struct word {
	char charset[CHARSET_MAX];
	char encoding; /* 'B' or 'Q' */
	const char *text;
	size_t len;
	const char *next; /* behind it */
};

/* "=?charset*language?B?text?=" (RFC 2047 2, RFC 2231 5) at s. */
static bool
find_word(const char *s, const char *end, struct word *out)
{
	static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_.:+";
	size_t n, language = 0;
	const char *p;

	if (end - s < 8 || s[0] != '=' || s[1] != '?')
		return false;
	s += 2;
	n = strspn(s, token);
	if (n == 0 || n >= sizeof(out->charset))
		return false;
	if (s[n] == '*')
		language = 1 + strspn(s + n + 1, token);
	p = s + n + language;
	if (p + 3 > end || p[0] != '?' || p[2] != '?' ||
	    strchr("BbQq", p[1]) == NULL || p[1] == '\0')
		return false;
	memcpy(out->charset, s, n);
	out->charset[n] = '\0';
	out->encoding = p[1] == 'B' || p[1] == 'b' ? 'B' : 'Q';
	out->text = p + 3;
	/* Senders leave spaces in, against section 2; the end is "?=". */
	p = memmem(out->text, (size_t)(end - out->text), "?=", 2);
	if (p == NULL)
		return false;
	out->len = (size_t)(p - out->text);
	out->next = p + 2;
	return memchr(out->text, '\n', out->len) == NULL;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
add_q(struct oct_str *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int hi = i + 2 < len ? hex_value(s[i + 1]) : -1;
		int lo = hi >= 0 ? hex_value(s[i + 2]) : -1;

		if (s[i] == '=' && lo >= 0) {
			oct_str_addc(out, (char)(hi * 16 + lo));
			i += 2;
		} else {
			oct_str_addc(out, s[i] == '_' ? ' ' : s[i]);
		}
	}
}

static int
b64_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

/* Up to the padding; what is no digit is passed over (RFC 2045 6.8). */
static void
add_b(struct oct_str *out, const char *s, size_t len)
{
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < len && s[i] != '='; i++) {
		int v = b64_value(s[i]);

		if (v < 0)
			continue;
		bits = (bits << 6 | (unsigned)v) & 0xffffu;
		have += 6;
		if (have >= 8) {
			have -= 8;
			oct_str_addc(out, (char)(bits >> have & 0xffu));
		}
	}
}

/* The run of words becomes text.  A word may end within a character that the
 * next one completes, against section 5: so they are put together first. */
static void
end_run(struct decoding *d)
{
	if (d->charset[0] != '\0' &&
	    !add_converted(&d->text, d->charset, &d->run))
		oct_str_add(&d->text, UNKNOWN);
	oct_str_clear(&d->run);
	d->charset[0] = '\0';
}

static void
add_word(struct decoding *d, const struct word *w)
{
	if (d->charset[0] != '\0' && strcasecmp(d->charset, w->charset) != 0)
		end_run(d);
	memcpy(d->charset, w->charset, sizeof(d->charset));
	if (w->encoding == 'B')
		add_b(&d->run, w->text, w->len);
	else
		add_q(&d->run, w->text, w->len);
}

static void
decode(struct decoding *d, const char *s, const char *end)
{
	struct word w;

	while (s < end) {
		const char *space = s;

		while (space < end && strchr(" \t\r\n", *space) != NULL &&
		    *space != '\0')
			space++;
		/* Blanks between two encoded words are not shown (6.2). */
		if (find_word(space, end, &w)) {
			if (d->charset[0] == '\0')
				oct_str_addn(&d->text, s, (size_t)(space - s));
			add_word(d, &w);
			s = w.next;
			continue;
		}
		end_run(d);
		oct_str_addn(&d->text, s, (size_t)(space - s));
		s = space;
		if (s < end)
			oct_str_addc(&d->text, *s++);
	}
	end_run(d);
}

/* --- Cleaning ------------------------------------------------------------- */

static bool
is_utf8(const char *s, size_t len)
{
	uint32_t code;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = oct_mime_char(s, len, &code);
		if (n == 1 && (unsigned char)s[0] >= 0x80)
			return false;
	}
	return true;
}

/* One line of what can be seen; at most max characters. */
static void
add_clean(struct oct_str *out, const char *s, size_t len, size_t max)
{
	size_t shown = 0, n;
	bool blank = false;
	uint32_t code;

	for (; len > 0; s += n, len -= n) {
		n = oct_mime_char(s, len, &code);
		if (code == ' ' || code == '\t' || code == '\n' ||
		    code == '\r') {
			blank = shown > 0;
			continue;
		}
		if (oct_mime_hides(code) && code != 0xfffd)
			continue;
		if (shown + blank + 1 > max) {
			oct_str_add(out, ELLIPSIS);
			return;
		}
		if (blank)
			oct_str_addc(out, ' ');
		if (code == 0xfffd)
			oct_str_add(out, UNKNOWN);
		else
			oct_str_addn(out, s, n);
		shown += (size_t)blank + 1;
		blank = false;
	}
}

void
oct_mime_decode(struct oct_str *out, const char *value, size_t max)
{
	struct decoding d = { .charset = "" };
	size_t len = strnlen(value, INPUT_MAX + 1);
	bool cut = len > INPUT_MAX;
	struct oct_str latin;

	oct_str_heap(&d.text, 8 * INPUT_MAX);
	oct_str_heap(&d.run, 2 * INPUT_MAX);
	oct_str_heap(&latin, 16 * INPUT_MAX);
	len = cut ? INPUT_MAX : len;
	/* Octets that nobody declared: UTF-8, or else what Windows wrote. */
	if (is_utf8(value, len)) {
		decode(&d, value, value + len);
	} else {
		oct_str_addn(&d.run, value, len);
		(void)add_converted(&latin, "windows-1252", &d.run);
		oct_str_clear(&d.run);
		decode(&d, oct_str_text(&latin),
		    oct_str_text(&latin) + latin.len);
	}
	add_clean(out, oct_str_text(&d.text), d.text.len, max);
	if (cut)
		oct_str_add(out, ELLIPSIS);
	if (oct_str_err(&d.text) == -ENOMEM && out->err == 0)
		out->err = -ENOMEM;
	oct_str_free(&latin);
	oct_str_free(&d.run);
	oct_str_free(&d.text);
}
