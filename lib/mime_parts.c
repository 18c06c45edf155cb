/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/mime_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"

#define BOUNDARY_SIZE 256 /* RFC 2046 5.1.1 says 70 */

struct walk {
	oct_mime_see *see;
	void *arg;
	size_t parts, decoded;
	int rc; /* the first error; ends the walk */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* Does the value start with that word, whatever its case? */
static bool
starts(const char *value, size_t len, const char *word)
{
	const char *end, *p;

	if (value == NULL)
		return false;
	end = value + len;
	p = skip_blanks(value, end);
	return (size_t)(end - p) >= strlen(word) &&
	    strncasecmp(p, word, strlen(word)) == 0;
}

/* --- Decoding ---------------------------------------------------------------- */

static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Foreign octets are skipped (RFC 2045 6.8), padding starts anew; out has room
 * for len octets. */
static size_t
decode_base64(const char *in, size_t len, char *out)
{
	unsigned int bits = 0, held = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int v = sextet(in[i]);

		if (in[i] == '=')
			held = 0;
		if (v < 0)
			continue;
		bits = (bits << 6 | (unsigned int)v) & 0xffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (char)(bits >> held & 0xff);
		}
	}
	return n;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets of a soft line break at p, which is a '='; 0 = none. */
static size_t
soft_break(const char *p, size_t len)
{
	size_t i = 1;

	while (i < len && (p[i] == ' ' || p[i] == '\t'))
		i++;
	if (i < len && p[i] == '\r')
		i++;
	return i < len && p[i] == '\n' ? i + 1 : 0;
}

static size_t
decode_qp(const char *in, size_t len, char *out)
{
	size_t n = 0, i = 0, skip;

	while (i < len) {
		if (in[i] != '=') {
			out[n++] = in[i++];
			continue;
		}
		skip = soft_break(in + i, len - i);
		if (skip > 0) {
			i += skip;
		} else if (i + 2 < len && hex(in[i + 1]) >= 0 &&
		    hex(in[i + 2]) >= 0) {
			out[n++] = (char)(hex(in[i + 1]) << 4 |
			    hex(in[i + 2]));
			i += 3;
		} else {
			out[n++] = in[i++];
		}
	}
	return n;
}

static size_t
drop_nuls(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] != '\0')
			text[n++] = text[i];
	return n;
}

static void
see_text(struct walk *w, const struct oct_mime_entity *e)
{
	bool base64 = starts(e->encoding, e->encoding_len, "base64");
	size_t room = OCT_MIME_DECODED_MAX - w->decoded, len = e->len, n;
	char *text;

	if ((!base64 && !starts(e->encoding, e->encoding_len,
			     "quoted-printable")) || len == 0)
		return;
	if (len > room) {
		len = room;
		w->rc = OCT_ELIMIT;
	}
	text = malloc(len + 1);
	if (text == NULL) {
		w->rc = -ENOMEM;
		return;
	}
	n = base64 ? decode_base64(e->body, len, text)
		   : decode_qp(e->body, len, text);
	w->decoded += len;
	w->see(w->arg, text, drop_nuls(text, n));
	free(text);
}

/* --- Structure ------------------------------------------------------------------ */

static void walk(struct walk *w, const struct oct_mime_entity *e, int depth);

/* The next parameter behind p: where its name stands; NULL = there is none. */
static const char *
next_parameter(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end; p++) {
		if (quoted && *p == '\\')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == ';' && !quoted)
			return skip_blanks(p + 1, end);
	}
	return NULL;
}

static bool
read_value(const char *p, const char *end, char out[BOUNDARY_SIZE])
{
	bool quoted = p < end && *p == '"';
	size_t n = 0;

	for (p += quoted; p < end && n < BOUNDARY_SIZE - 1; p++) {
		if (quoted ? *p == '"' : *p == ';' || is_blank(*p))
			break;
		if (quoted && *p == '\\' && p + 1 < end)
			p++;
		if (*p == '\0')
			return false; /* it would end our string */
		out[n++] = *p;
	}
	out[n] = '\0';
	return n > 0 && n < BOUNDARY_SIZE - 1;
}

static bool
read_boundary(const struct oct_mime_entity *e, char out[BOUNDARY_SIZE])
{
	static const char name[] = "boundary";
	const char *p = e->type, *end = e->type + e->type_len;

	while ((p = next_parameter(p, end)) != NULL) {
		if (!starts(p, (size_t)(end - p), name))
			continue;
		p = skip_blanks(p + sizeof(name) - 1, end);
		if (p < end && *p == '=')
			return read_value(skip_blanks(p + 1, end), end, out);
	}
	return false;
}

/* A delimiter line: where it begins, where the next line does; is it the last
 * one? */
struct delimiter {
	const char *line, *next;
	bool last;
};

static bool
find_delimiter(const char *body, const char *from, const char *end,
    const char *boundary, struct delimiter *out)
{
	size_t len = strlen(boundary);
	const char *p = from, *after;

	while ((p = memmem(p, (size_t)(end - p), boundary, len)) != NULL) {
		after = p + len;
		p++;
		if (p - 1 - body < 2 || p[-2] != '-' || p[-3] != '-' ||
		    (p - 3 > body && p[-4] != '\n'))
			continue;
		out->line = p - 3;
		out->last = end - after >= 2 && after[0] == '-' &&
		    after[1] == '-';
		after += out->last ? 2 : 0;
		while (after < end && (*after == ' ' || *after == '\t' ||
					  *after == '\r'))
			after++;
		/* Else it is another boundary that begins like this one. */
		if (after == end || *after == '\n') {
			out->next = after == end ? end : after + 1;
			return true;
		}
	}
	return false;
}

/* End of the field at p: behind its last line break. */
static const char *
field_end(const char *p, const char *end)
{
	do {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p == NULL ? end : p + 1;
	} while (p < end && (*p == ' ' || *p == '\t'));
	return p;
}

static void
read_field(const char *p, const char *end, struct oct_mime_entity *e)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));
	const char **value = NULL;
	size_t *len = NULL;

	if (colon == NULL)
		return;
	if (starts(p, (size_t)(colon - p), "Content-Type")) {
		value = &e->type;
		len = &e->type_len;
	} else if (starts(p, (size_t)(colon - p),
		       "Content-Transfer-Encoding")) {
		value = &e->encoding;
		len = &e->encoding_len;
	}
	if (value == NULL || *value != NULL)
		return;
	*value = colon + 1;
	*len = (size_t)(end - colon - 1);
}

/* Header and body of a part. */
static void
read_part(const char *p, const char *end, struct oct_mime_entity *e)
{
	*e = (struct oct_mime_entity){ .body = end };
	while (p < end) {
		const char *next = field_end(p, end);

		if (*p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n')) {
			e->body = p + (*p == '\n' ? 1 : 2);
			break;
		}
		read_field(p, next, e);
		p = next;
	}
	e->len = (size_t)(end - e->body);
}

static void
walk_text(struct walk *w, const char *p, const char *end, int depth)
{
	struct oct_mime_entity e;

	read_part(p, end, &e);
	walk(w, &e, depth);
}

static void
walk_multipart(struct walk *w, const struct oct_mime_entity *e, int depth)
{
	const char *end = e->body + e->len, *p;
	char boundary[BOUNDARY_SIZE];
	struct delimiter d;

	if (!read_boundary(e, boundary) ||
	    !find_delimiter(e->body, e->body, end, boundary, &d))
		return;
	while (w->rc == 0 && !d.last) {
		p = d.next;
		/* A part without an end goes on to the end of all. */
		if (!find_delimiter(e->body, p, end, boundary, &d))
			d = (struct delimiter){ end, end, true };
		walk_text(w, p, d.line, depth);
	}
}

static void
walk(struct walk *w, const struct oct_mime_entity *e, int depth)
{
	bool multipart = starts(e->type, e->type_len, "multipart/");
	bool message = starts(e->type, e->type_len, "message/rfc822") ||
	    starts(e->type, e->type_len, "message/global");

	if (w->parts++ == OCT_MIME_PARTS_MAX ||
	    (depth == OCT_MIME_DEPTH_MAX && (multipart || message))) {
		w->rc = OCT_ELIMIT;
		return;
	}
	if (multipart)
		walk_multipart(w, e, depth + 1);
	else if (message)
		walk_text(w, e->body, e->body + e->len, depth + 1);
	else if (e->type == NULL || starts(e->type, e->type_len, "text/"))
		see_text(w, e);
}

int
oct_mime_texts(const struct oct_mime_entity *e, oct_mime_see *see, void *arg)
{
	struct walk w = { .see = see, .arg = arg };
	struct oct_mime_entity top = *e;

	if (top.len > OCT_MIME_SCAN_MAX)
		top.len = OCT_MIME_SCAN_MAX;
	walk(&w, &top, 0);
	return w.rc != 0 ? w.rc : top.len < e->len ? OCT_ELIMIT : 0;
}
