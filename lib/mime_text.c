/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mime_text.h"

#include <string.h>

#define REPLACEMENT 0xfffdu
#define WORD_START "=?utf-8?Q?"
#define WORD_END "?="
#define HEADER_COLUMNS 76 /* RFC 2047 2 */
#define QP_COLUMNS 75     /* and a '=' */

static const char hex[] = "0123456789ABCDEF";

size_t
oct_mime_char(const char *s, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)s[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 :
	    c < 0xf5 ? 4 : 0;
	uint32_t value = n == 1 ? c : c & (0xffu >> (n + 1));

	*code = REPLACEMENT;
	if (n == 0 || n > len)
		return 1;
	for (size_t i = 1; i < n; i++) {
		c = (unsigned char)s[i];
		if ((c & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (c & 0x3fu);
	}
	if (value < least[n] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 1;
	*code = value;
	return n;
}

/* Controls, soft hyphen, zero width, direction, separators, tags, private. */
static const struct {
	uint32_t first, last;
} hidden[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c },
	{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0xe000, 0xf8ff }, { 0xfeff, 0xfeff },
	{ 0xfff0, 0xffff }, { 0xe0000, 0x10ffff } };

bool
oct_mime_hides(uint32_t code)
{
	for (size_t i = 0; i < OCT_LEN(hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	return false;
}

bool
oct_mime_shown(const char *text)
{
	size_t len = strlen(text), n;
	uint32_t code;

	for (; len > 0; text += n, len -= n) {
		n = oct_mime_char(text, len, &code);
		if (oct_mime_hides(code))
			return false;
	}
	return true;
}

/* RFC 2047 5 (3): what may stand for itself in a phrase's encoded word. */
static bool
is_word_octet(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || (c != '\0' && strchr("!*+-/", c) != NULL);
}

/* One character as Q text: its length; buf has room for 12. */
static size_t
q_encode(const char *s, size_t len, char *buf)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == ' ')
			buf[n++] = '_';
		else if (is_word_octet(c))
			buf[n++] = (char)c;
		else {
			buf[n++] = '=';
			buf[n++] = hex[c >> 4];
			buf[n++] = hex[c & 15];
		}
	}
	return n;
}

static void
encoded_words(struct oct_str *out, const char *text, size_t col)
{
	static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD */
	const size_t end = sizeof(WORD_END) - 1;
	size_t len = strlen(text), n;
	uint32_t code;
	char buf[12];

	oct_str_add(out, WORD_START);
	col += sizeof(WORD_START) - 1;
	for (; len > 0; text += n, len -= n) {
		const char *c = text;
		size_t octets, q;

		n = octets = oct_mime_char(text, len, &code);
		if (code == REPLACEMENT || code < 0x20) {
			c = unknown;
			octets = 3;
		}
		q = q_encode(c, octets, buf);
		if (col + q + end > HEADER_COLUMNS) {
			oct_str_add(out, WORD_END "\r\n " WORD_START);
			col = sizeof(WORD_START);
		}
		oct_str_addn(out, buf, q);
		col += q;
	}
	oct_str_add(out, WORD_END);
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text >= 0x7f)
			return false;
	}
	return true;
}

void
oct_mime_phrase(struct oct_str *out, const char *text, size_t col)
{
	if (!is_plain(text) || col + strlen(text) + 2 > HEADER_COLUMNS) {
		encoded_words(out, text, col);
		return;
	}
	oct_str_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			oct_str_addc(out, '\\');
		oct_str_addc(out, *text);
	}
	oct_str_addc(out, '"');
}

void
oct_mime_unstructured(struct oct_str *out, const char *text, size_t col)
{
	if (is_plain(text) && strstr(text, "=?") == NULL &&
	    col + strlen(text) <= HEADER_COLUMNS)
		oct_str_add(out, text);
	else
		encoded_words(out, text, col);
}

/* Octets of the line end at s: 0, 1 or 2. */
static size_t
line_end(const char *s, size_t len)
{
	if (len > 0 && s[0] == '\n')
		return 1;
	return len > 1 && s[0] == '\r' && s[1] == '\n' ? 2 : 0;
}

/* May this octet stand for itself, rest being what follows it? */
static bool
qp_plain(unsigned char c, size_t col, const char *rest, size_t rest_len)
{
	if (c == ' ' || c == '\t')
		return rest_len > 0 && line_end(rest, rest_len) == 0;
	/* Not for RFC 2045: for those who touch "From " and lone dots. */
	if (col == 0 && (c == '.' || (c == 'F' && rest_len >= 4 &&
	    memcmp(rest, "rom ", 4) == 0)))
		return false;
	return c > 0x20 && c < 0x7f && c != '=';
}

void
oct_mime_qp(struct oct_str *out, const char *text, size_t len)
{
	size_t col = 0, n;

	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)text[i];
		bool plain;

		n = line_end(text + i, len - i);
		if (n > 0) {
			oct_str_add(out, "\r\n");
			col = 0;
			continue;
		}
		n = 1;
		plain = qp_plain(c, col, text + i + 1, len - i - 1);
		if (col + (plain ? 1 : 3) > QP_COLUMNS) {
			oct_str_add(out, "=\r\n");
			col = 0;
			plain = qp_plain(c, col, text + i + 1, len - i - 1);
		}
		if (plain)
			oct_str_addc(out, (char)c);
		else
			oct_str_addf(out, "=%c%c", hex[c >> 4], hex[c & 15]);
		col += plain ? 1 : 3;
	}
}

/* Characters, not octets: those that do not continue another. */
static size_t
columns(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

void
oct_mime_fill(struct oct_str *out, const char *text, size_t width)
{
	size_t col = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		size_t wide = columns(text, len);

		if (col > 0 && col + 1 + wide > width) {
			oct_str_addc(out, '\n');
			col = 0;
		}
		if (col > 0) {
			oct_str_addc(out, ' ');
			col++;
		}
		oct_str_addn(out, text, len);
		col += wide;
		text += len;
		text += *text == ' ';
	}
	oct_str_addc(out, '\n');
}

/* The inside of the brackets: printable, one @ with something on each side. */
static bool
is_id(const char *s, size_t len)
{
	const char *at = memchr(s, '@', len);

	if (len + 2 > OCT_MIME_ID_MAX || at == NULL || at == s ||
	    at == s + len - 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] <= 0x20 || s[i] >= 0x7f ||
		    strchr("<>()\"\\,;", s[i]) != NULL ||
		    (s[i] == '@' && s + i != at))
			return false;
	}
	return true;
}

size_t
oct_mime_ids(const char *value, size_t len, struct oct_mime_id *out,
    size_t max)
{
	const char *end = value + len, *open = NULL;
	size_t n = 0;

	for (const char *p = value; p < end; p++) {
		if (*p == '<')
			open = p;
		if (*p != '>' || open == NULL)
			continue;
		if (is_id(open + 1, (size_t)(p - open - 1))) {
			if (n == max) {
				memmove(out + 1, out + 2,
				    (max - 2) * sizeof(*out));
				n--;
			}
			out[n++] = (struct oct_mime_id){ open,
				(size_t)(p - open + 1) };
		}
		open = NULL;
	}
	return n;
}

void
oct_mime_id_make(struct oct_str *out, const uint8_t random[16],
    const char *domain)
{
	oct_str_addc(out, '<');
	for (int i = 0; i < 16; i++)
		oct_str_addf(out, "%02x", random[i]);
	oct_str_addf(out, "@%s>", domain);
}
