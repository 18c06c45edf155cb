/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/addr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "lib/err.h"
#include "lib/mime_text.h"
#include "lib/str.h"

/* RFC 5321 4.5.3.1.3 says 256; source routes and UTF-8 need more. */
#define PATH_MAX_OCTETS 2048
/* A domain in UTF-8 whose A-labels still fit is never longer than this. */
#define UTF8_DOMAIN_MAX 1024
/* RFC 1035 2.3.4: 255 octets on the wire are 253 in text. */
#define DOMAIN_TEXT_MAX 253
#define LABEL_MAX 63

static bool
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

static char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* RFC 5321 4.1.2 Dot-string octets, and those of RFC 6531 3.3. */
static bool
is_dot_string(unsigned char c)
{
	return is_alnum(c) || c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

/* Octets of the UTF-8 character at s (RFC 3629 4), 0 if it is none. */
static size_t
utf8_octets(const unsigned char *s)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		lo = 0xa0; /* no overlong form */
	else if (s[0] == 0xed)
		hi = 0x9f; /* no surrogate */
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

static bool
is_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		size_t n = utf8_octets(s);

		if (n == 0)
			return false;
		s += n;
	}
	return true;
}

/* The domain in ASCII: lower case, lengths and octets checked. */
static int
ascii_domain(const char *name, char out[OCT_DOMAIN_SIZE])
{
	size_t len = strnlen(name, DOMAIN_TEXT_MAX + 2), label = 0;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > DOMAIN_TEXT_MAX)
		return OCT_EPARSE;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c == '.' && label == 0)
			return OCT_EPARSE;
		if (c != '.' && !is_alnum(c) && c != '-' && c != '_')
			return OCT_EPARSE;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return OCT_EPARSE;
	}
	if (label == 0)
		return OCT_EPARSE;
	for (size_t i = 0; i < len; i++)
		out[i] = to_lower(name[i]);
	out[len] = '\0';
	return 0;
}

static int
utf8_domain(const char *name, char out[OCT_DOMAIN_SIZE])
{
	uint8_t *ascii = NULL;
	int rc;

	if (!is_utf8(name))
		return OCT_EPARSE;
	rc = idn2_lookup_u8((const uint8_t *)name, &ascii,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc == IDN2_MALLOC)
		return -ENOMEM;
	if (rc != IDN2_OK)
		return OCT_EPARSE;
	/* Mapping can bring in octets that no host name has: check again. */
	rc = ascii_domain((const char *)ascii, out);
	idn2_free(ascii);
	return rc;
}

int
oct_domain_normalise(const char *name, char out[OCT_DOMAIN_SIZE])
{
	size_t len = strnlen(name, UTF8_DOMAIN_MAX + 1);

	if (len > UTF8_DOMAIN_MAX)
		return OCT_EPARSE;
	/* Most names are ASCII: those never see libidn2. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] >= 0x80)
			return utf8_domain(name, out);
	return ascii_domain(name, out);
}

static bool
is_name_octet(unsigned char c)
{
	return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* One name of len octets; as it is where it has no other form. */
static void
show_name(const char *text, size_t len, struct oct_str *out)
{
	char name[OCT_DOMAIN_SIZE], again[OCT_DOMAIN_SIZE], *shown = NULL;

	if (len >= sizeof(name)) {
		oct_str_addn(out, text, len);
		return;
	}
	memcpy(name, text, len);
	name[len] = '\0';
	if (strstr(name, "xn--") != NULL &&
	    idn2_to_unicode_8z8z(name, &shown, 0) == IDN2_OK &&
	    oct_mime_shown(shown) && utf8_domain(shown, again) == 0 &&
	    strcmp(again, name) == 0)
		oct_str_add(out, shown);
	else
		oct_str_addn(out, text, len);
	idn2_free(shown);
}

void
oct_domain_show(const char *text, struct oct_str *out)
{
	while (*text != '\0') {
		size_t len = 0;

		while (is_name_octet((unsigned char)text[len]))
			len++;
		if (len > 0)
			show_name(text, len, out);
		else
			oct_str_addc(out, text[len++]);
		text += len;
	}
}

bool
oct_domain_under(const char *name, const char *parent)
{
	size_t n = strlen(name), p = strlen(parent);

	if (p == 0 || n < p || memcmp(name + n - p, parent, p) != 0)
		return false;
	return n == p || name[n - p - 1] == '.';
}

/* RFC 5321 4.1.3, without the general form that nothing defines. */
static int
literal_domain(const char *text, size_t len, char out[OCT_DOMAIN_SIZE])
{
	static const char tag[] = "IPv6:";
	const size_t tag_len = sizeof(tag) - 1;
	char inner[OCT_IP_SIZE], ip_text[OCT_IP_SIZE];
	const char *addr = inner;
	struct oct_ip ip;
	struct oct_str s;

	if (len < 2 || text[len - 1] != ']' || len - 2 >= sizeof(inner))
		return OCT_EPARSE;
	memcpy(inner, text + 1, len - 2);
	inner[len - 2] = '\0';
	if (strncasecmp(inner, tag, tag_len) == 0)
		addr += tag_len;
	if ((addr != inner) != (strchr(addr, ':') != NULL) ||
	    oct_ip_parse(addr, &ip) != 0)
		return OCT_EPARSE;
	oct_ip_text(&ip, ip_text);
	oct_str_fixed(&s, out, OCT_DOMAIN_SIZE);
	oct_str_addf(&s, "[%s%s]", ip.family == AF_INET6 ? tag : "", ip_text);
	return oct_str_err(&s);
}

/*
 * RFC 5321 4.1.2 A-d-l: where the mailbox starts after "@a,@b:".  NULL if the
 * text starts like a route and is none; text itself if it has no route.
 */
static const char *
skip_route(const char *text)
{
	const char *p = text;

	while (*p == '@') {
		p++;
		if (*p == '[')
			p += strcspn(p, "]>\"");
		p += strcspn(p, ",:@<>\" ");
		if (*p == ':')
			return p + 1;
		if (*p != ',')
			return NULL;
		p++;
	}
	return p == text ? text : NULL;
}

/* Finds what stands inside the brackets, or all of it without any. */
static int
strip_brackets(const char *path, const char **start, size_t *len)
{
	size_t n = strnlen(path, PATH_MAX_OCTETS + 1);

	if (n > PATH_MAX_OCTETS)
		return OCT_EPARSE;
	if (path[0] == '<') {
		if (n < 2 || path[n - 1] != '>')
			return OCT_EPARSE;
		path++;
		n -= 2;
	}
	*start = path;
	*len = n;
	return 0;
}

/* The local part at p, unquoted, up to '@' or end; NULL if it is none. */
static const char *
parse_local(const char *p, const char *end, struct oct_str *local)
{
	bool quoted = false;

	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && c == '@')
			break;
		if (quoted && c == '\\')
			c = ++p < end ? (unsigned char)*p : '\0';
		if (c < 0x20 || c == 0x7f || (!quoted && !is_dot_string(c)))
			return NULL;
		oct_str_addc(local, (char)c);
	}
	return quoted ? NULL : p;
}

static bool
needs_quotes(const char *local)
{
	size_t len = strlen(local);

	if (len == 0 || local[0] == '.' || local[len - 1] == '.')
		return true;
	for (size_t i = 0; i < len; i++)
		if (!is_dot_string((unsigned char)local[i]) ||
		    (local[i] == '.' && local[i + 1] == '.'))
			return true;
	return false;
}

static void
write_local(struct oct_str *s, const char *local)
{
	bool quotes = needs_quotes(local);

	if (quotes)
		oct_str_addc(s, '"');
	for (const char *p = local; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			oct_str_addc(s, '\\');
		oct_str_addc(s, *p);
	}
	if (quotes)
		oct_str_addc(s, '"');
}

/* The quoted form must fit as well, so that oct_addr_text never fails. */
static int
check_local(const struct oct_str *built)
{
	char quoted[OCT_LOCAL_SIZE];
	struct oct_str s;

	if (oct_str_err(built) != 0 || built->len == 0 ||
	    !is_utf8(oct_str_text(built)))
		return OCT_EPARSE;
	oct_str_fixed(&s, quoted, sizeof(quoted));
	write_local(&s, oct_str_text(built));
	return oct_str_err(&s) == 0 ? 0 : OCT_EPARSE;
}

static int
parse_domain(const char *text, size_t len, char out[OCT_DOMAIN_SIZE])
{
	char name[UTF8_DOMAIN_MAX + 1];

	if (len > UTF8_DOMAIN_MAX)
		return OCT_EPARSE;
	if (text[0] == '[')
		return literal_domain(text, len, out);
	memcpy(name, text, len);
	name[len] = '\0';
	return oct_domain_normalise(name, out);
}

int
oct_addr_parse(const char *path, struct oct_addr *out)
{
	struct oct_addr a;
	struct oct_str local;
	const char *start, *end, *at;
	size_t len;
	int rc = strip_brackets(path, &start, &len);

	if (rc != 0)
		return rc;
	memset(&a, 0, sizeof(a));
	if (len == 0) {
		*out = a;
		return 0;
	}
	end = start + len;
	start = skip_route(start);
	if (start == NULL || start >= end)
		return OCT_EPARSE;
	oct_str_fixed(&local, a.local, sizeof(a.local));
	at = parse_local(start, end, &local);
	if (at == NULL)
		return OCT_EPARSE;
	rc = check_local(&local);
	if (rc == 0 && at < end)
		rc = parse_domain(at + 1, (size_t)(end - at - 1), a.domain);
	if (rc == 0)
		*out = a;
	return rc;
}

int
oct_addr_envelope(const char *arg, char *out, size_t len)
{
	const char *start, *mailbox;
	size_t n;
	int rc = strip_brackets(arg, &start, &n);

	if (rc != 0)
		return rc;
	mailbox = skip_route(start);
	if (mailbox == NULL || mailbox >= start + n)
		return OCT_EPARSE;
	n -= (size_t)(mailbox - start);
	if (n >= len)
		return OCT_EPARSE;
	memcpy(out, mailbox, n);
	out[n] = '\0';
	return 0;
}

bool
oct_addr_is_null(const struct oct_addr *a)
{
	return a->local[0] == '\0' && a->domain[0] == '\0';
}

void
oct_addr_text(const struct oct_addr *a, char out[OCT_ADDR_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, OCT_ADDR_SIZE);
	if (oct_addr_is_null(a))
		return;
	write_local(&s, a->local);
	if (a->domain[0] != '\0') {
		oct_str_addc(&s, '@');
		oct_str_add(&s, a->domain);
	}
	/* oct_addr_parse lets nothing in that does not fit here. */
	OCT_ASSERT(oct_str_err(&s) == 0);
}

void
oct_addr_fold(const struct oct_addr *a, char delimiter, struct oct_addr *out)
{
	char *cut;

	if (out != a)
		*out = *a;
	for (char *p = out->local; *p != '\0'; p++)
		*p = to_lower(*p);
	if (delimiter == '\0')
		return;
	cut = strchr(out->local, delimiter);
	if (cut != NULL && cut != out->local)
		*cut = '\0';
}
