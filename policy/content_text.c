/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Octets into UTF-8, and URLs out of text.
 */
#include <errno.h>
#include <gmime/gmime.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "policy/content_int.h"

#define CONVERT 4096

/* --- Charsets ----------------------------------------------------------------- */

/* Most octets of mail are ASCII: they are passed over by eights. */
#define EIGHT(octet) (0x0101010101010101u * (octet))

static uint64_t
load_eight(const unsigned char *s)
{
	uint64_t x;

	memcpy(&x, s, sizeof(x));
	return x;
}

static size_t
ascii_run(const unsigned char *s, size_t len)
{
	size_t n = 0;

	while (len - n >= 8 && (load_eight(s + n) & EIGHT(0x80)) == 0)
		n += 8;
	while (n < len && s[n] < 0x80)
		n++;
	return n;
}

/* Of octets that are shown as they are. */
static size_t
printable_run(const unsigned char *s, size_t len)
{
	size_t n = 0;

	while (len - n >= 8) {
		uint64_t x = load_eight(s + n);

		/* Not ASCII, under 0x20, or 0x7f. */
		if (((x | (x - EIGHT(0x20)) | (x + EIGHT(1))) &
			EIGHT(0x80)) != 0)
			break;
		n += 8;
	}
	while (n < len && s[n] >= 0x20 && s[n] < 0x7f)
		n++;
	return n;
}

/* Length of the UTF-8 character at s, 0 if it is none (RFC 3629). */
static size_t
utf8_length(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char lo, hi, second_lo, second_hi;
		size_t n;
	} forms[] = { { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 } };

	if (s[0] < 0x80)
		return 1;
	for (size_t i = 0; i < OCT_LEN(forms); i++) {
		if (s[0] < forms[i].lo || s[0] > forms[i].hi)
			continue;
		if (len < forms[i].n || s[1] < forms[i].second_lo ||
		    s[1] > forms[i].second_hi)
			return 0;
		for (size_t k = 2; k < forms[i].n; k++)
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return forms[i].n;
	}
	return 0;
}

static bool
is_utf8(const char *octets, size_t len, const char *charset)
{
	const unsigned char *s = (const unsigned char *)octets;

	for (size_t i = ascii_run(s, len); i < len;
	     i += ascii_run(s + i, len - i)) {
		size_t n = utf8_length(s + i, len - i);

		/* A character cut at the end is no proof against it, but the
		 * last letter of Latin-1 looks so too. */
		if (n == 0)
			return len - i < 4 && i > 0 &&
			    (*charset == '\0' || strcmp(charset, "utf-8") == 0);
		i += n;
	}
	return true;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Valid UTF-8 into the builder: control characters are spaces. */
static void
add_clean(struct oct_str *out, const char *text, size_t len, size_t max)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t start = 0, i = 0;

	while (i < len) {
		size_t has = out->len + (i - start), n;
		bool control;

		if (has < max)
			i += printable_run(s + i, least(len - i, max - has));
		if (i == len)
			break;
		n = utf8_length(s + i, len - i);
		control = n == 1 && (s[i] < 0x20 || s[i] == 0x7f) &&
		    s[i] != '\n';

		if (out->len + (i - start) + n > max)
			break;
		if (n > 0 && !control) {
			i += n;
			continue;
		}
		oct_str_addn(out, text + start, i - start);
		if (s[i] != '\r' || i + 1 == len || s[i + 1] != '\n')
			oct_str_addc(out, n == 0 ? '?' : ' ');
		start = ++i;
	}
	oct_str_addn(out, text + start, i - start);
}

/* What iconv's own suffixes ("//IGNORE") and paths are kept from. */
static bool
is_charset_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < 40 &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.:+") == len;
}

/* 0, or -1 where the charset is not known. */
static int
convert(const char *octets, size_t len, const char *charset, size_t max,
    struct oct_str *out)
{
	iconv_t cd = is_charset_name(charset) ? iconv_open("UTF-8", charset)
					      : (iconv_t)-1;
	union {
		const char *in;
		char *iconv; /* which takes it without const */
	} from = { .in = octets };
	char buf[CONVERT];

	if (cd == (iconv_t)-1)
		return -1;
	while (len > 0 && out->len < max) {
		char *to = buf;
		size_t room = sizeof(buf), got;
		size_t rc = iconv(cd, &from.iconv, &len, &to, &room);

		got = sizeof(buf) - room;
		add_clean(out, buf, got, max);
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		if (errno == EINVAL)
			break; /* cut in a character */
		oct_str_addc(out, '?');
		from.in++;
		len--;
	}
	(void)iconv_close(cd);
	return 0;
}

bool
content_utf8(const char *octets, size_t len, const char *charset, size_t max,
    struct oct_str *out)
{
	bool known = true;

	if (len == 0)
		return true;
	/* Most mail says nothing, or the truth; what is UTF-8 is no accident. */
	if (strcmp(charset, "utf-16") != 0 && strncmp(charset, "iso-2022", 8) !=
		0 && strcmp(charset, "utf-7") != 0 &&
	    is_utf8(octets, len, charset)) {
		add_clean(out, octets, len, max);
		return true;
	}
	if (*charset == '\0' || strcmp(charset, "us-ascii") == 0 ||
	    strcmp(charset, "utf-8") == 0 ||
	    strcmp(charset, "iso-8859-1") == 0)
		charset = "windows-1252";
	if (convert(octets, len, charset, max, out) != 0) {
		known = false;
		(void)convert(octets, len, "windows-1252", max, out);
	}
	return known;
}

/* A fold is nothing but the white space after it (RFC 5322 2.2.3). */
static void
unfold(struct oct_str *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++)
		if (s->buf[i] != '\n')
			s->buf[n++] = s->buf[i];
	if (s->len > 0)
		s->buf[n] = '\0';
	s->len = n;
}

struct content_text
content_field(struct reading *r, const char *value, size_t len)
{
	struct content_text out = { "", 0 };
	struct oct_str raw, clean;
	char *decoded;

	oct_str_heap(&raw, 8192);
	oct_str_heap(&clean, 4096);
	content_utf8(value, len < 2000 ? len : 2000, "", 4000, &raw);
	decoded = g_mime_utils_header_decode_text(NULL, oct_str_text(&raw));
	if (decoded != NULL)
		(void)content_utf8(decoded, strlen(decoded), "", 4000, &clean);
	unfold(&clean);
	out.data = content_copy(r, oct_str_text(&clean), clean.len);
	out.len = strlen(out.data);
	while (out.len > 0 && *out.data == ' ') {
		out.data++;
		out.len--;
	}
	g_free(decoded);
	oct_str_free(&raw);
	oct_str_free(&clean);
	return out;
}

/* --- Links -------------------------------------------------------------------- */

static enum content_link_kind
kind_of(const char *url)
{
	static const struct {
		const char *scheme;
		enum content_link_kind kind;
	} kinds[] = { { "http://", CONTENT_LINK_WEB },
		{ "https://", CONTENT_LINK_WEB },
		{ "mailto:", CONTENT_LINK_MAILTO }, { "cid:", CONTENT_LINK_CID },
		{ "data:", CONTENT_LINK_DATA } };
	size_t n;

	for (size_t i = 0; i < OCT_LEN(kinds); i++)
		if (strncasecmp(url, kinds[i].scheme,
			strlen(kinds[i].scheme)) == 0)
			return kinds[i].kind;
	n = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789+.-");
	if (strncasecmp(url, "http", 4) == 0)
		return CONTENT_LINK_BROKEN;
	return n > 0 && url[n] == ':' ? CONTENT_LINK_OTHER
				      : CONTENT_LINK_RELATIVE;
}

static bool
is_port(const char *text, size_t len, const char *port)
{
	return len == strlen(port) && memcmp(text, port, len) == 0;
}

/* Host and flags of a web URL, as browsers read it: '\\' is '/'. */
static void
read_authority(struct reading *r, const char *url, struct content_link *l)
{
	const char *at = strchr(url, ':') + 3, *p;
	size_t len = strcspn(at, "/\\?#");
	char host[OCT_DOMAIN_SIZE], name[OCT_DOMAIN_SIZE];
	struct oct_ip ip;
	size_t n;

	p = memrchr(at, '@', len);
	if (p != NULL) {
		l->flags |= CONTENT_LINK_AUTHORITY;
		len -= (size_t)(p + 1 - at);
		at = p + 1;
	}
	if (memchr(at, '%', len) != NULL)
		l->flags |= CONTENT_LINK_PERCENT;
	if (*at == '[')
		n = strcspn(at, "]") + (at[strcspn(at, "]")] == ']');
	else
		n = strcspn(at, ":/\\?#");
	n = n < len ? n : len;
	if (n + 1 < len && at[n] == ':' &&
	    !is_port(at + n + 1, len - n - 1, "80") &&
	    !is_port(at + n + 1, len - n - 1, "443"))
		l->flags |= CONTENT_LINK_PORT;
	if (n == 0 || n >= sizeof(host)) {
		l->kind = CONTENT_LINK_BROKEN;
		return;
	}
	memcpy(host, at, n);
	host[n] = '\0';
	if (*host == '[') {
		host[n - 1] = '\0';
		memmove(host, host + 1, n - 1);
	}
	if (oct_ip_parse(host, &ip) == 0) {
		l->flags |= CONTENT_LINK_IP;
		l->host = content_copy(r, host, strlen(host));
		return;
	}
	if (oct_domain_normalise(host, name) != 0) {
		l->kind = CONTENT_LINK_BROKEN;
		return;
	}
	if (strncmp(name, "xn--", 4) == 0 || strstr(name, ".xn--") != NULL)
		l->flags |= CONTENT_LINK_PUNYCODE;
	l->host = content_copy(r, name, strlen(name));
}

/* Does a link's text look like a URL, and of whom? */
static void
read_text(struct content_link *l)
{
	const char *t = l->text;
	char host[OCT_DOMAIN_SIZE];
	size_t n;

	if (strncasecmp(t, "http://", 7) == 0)
		t += 7;
	else if (strncasecmp(t, "https://", 8) == 0)
		t += 8;
	else if (strncasecmp(t, "www.", 4) != 0)
		return;
	l->flags |= CONTENT_LINK_TEXT_IS_URL;
	n = strcspn(t, "/:?# ");
	if (n == 0 || n >= sizeof(host) || l->host[0] == '\0')
		return;
	for (size_t i = 0; i < n; i++)
		host[i] = (char)(t[i] >= 'A' && t[i] <= 'Z' ? t[i] + 32
							    : t[i]);
	host[n] = '\0';
	t = host;
	if (strncmp(t, "www.", 4) == 0)
		t += 4;
	/* A link to www.example.org under the text example.org is none. */
	if (!oct_domain_under(l->host, t) && !oct_domain_under(t, l->host))
		l->flags |= CONTENT_LINK_TEXT_DIFFERS;
}

void
content_link(struct reading *r, const char *url, size_t len, const char *text,
    unsigned int flags)
{
	struct content_link *l;

	while (len > 0 && (*url == ' ' || *url == '\n')) {
		url++;
		len--;
	}
	if (len == 0)
		return;
	l = content_push(r, &r->links, "links");
	if (l == NULL)
		return;
	if (len > CONTENT_URL_MAX) {
		content_over(r, "url");
		len = CONTENT_URL_MAX;
	}
	l->url = content_copy(r, url, len);
	l->text = text != NULL ? content_copy(r, text, strlen(text)) : "";
	l->host = "";
	l->flags = flags;
	l->kind = kind_of(l->url);
	if (l->kind == CONTENT_LINK_WEB) {
		if (strncasecmp(l->url, "https", 5) == 0)
			l->flags |= CONTENT_LINK_HTTPS;
		read_authority(r, l->url, l);
	}
	read_text(l);
}

static size_t
url_length(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (unsigned char)s[n] > 0x20 &&
	    strchr("<>\"'`|", s[n]) == NULL)
		n++;
	/* What ends a sentence does not belong to it. */
	while (n > 0 && strchr(".,;:!?)]}*_", s[n - 1]) != NULL)
		n--;
	return n;
}

/* "htt" or "www", in any case: the beginning of a URL, mostly. */
static bool
may_begin(const char *s)
{
	return ((s[0] | 0x20) == 'h' && (s[1] | 0x20) == 't' &&
		   (s[2] | 0x20) == 't') ||
	    ((s[0] | 0x20) == 'w' && (s[1] | 0x20) == 'w' &&
		(s[2] | 0x20) == 'w');
}

void
content_find_links(struct reading *r, const char *text, size_t len)
{
	for (size_t i = 0; i + 8 < len; i++) {
		const char *s = text + i;
		size_t n;

		if (!may_begin(s))
			continue;
		if (strncasecmp(s, "http://", 7) == 0 ||
		    strncasecmp(s, "https://", 8) == 0) {
			n = url_length(s, len - i);
			content_link(r, s, n, NULL, CONTENT_LINK_FROM_TEXT);
			i += n;
		} else if (strncasecmp(s, "www.", 4) == 0 &&
		    (i == 0 || strchr(" \n(<\"'", s[-1]) != NULL)) {
			char url[CONTENT_URL_MAX];
			struct oct_str u;

			n = url_length(s, len - i);
			oct_str_fixed(&u, url, sizeof(url));
			oct_str_add(&u, "http://");
			oct_str_addn(&u, s, n);
			if (oct_str_err(&u) == 0)
				content_link(r, url, u.len, NULL,
				    CONTENT_LINK_FROM_TEXT);
			i += n;
		}
	}
}
