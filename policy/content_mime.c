/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk through the parts, over GMime.
 */
#include <errno.h>
#include <gmime/gmime.h>
#include <libxml/parser.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/content_int.h"

/* More than so many multiparts are not given to the parser, which calls itself
 * for each. */
#define MULTIPARTS_MAX 100
#define HEADER_MAX 262144

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start_library(void)
{
	g_mime_init();
	/* Before any thread has a parser of its own. */
	xmlInitParser();
}

/* --- The octets ----------------------------------------------------------------- */

static void
add_octets(GByteArray *to, const void *octets, size_t len)
{
	(void)g_byte_array_append(to, octets, (guint)len);
}

/* Where "multipart" or "message" begins before this slash, or NULL. */
static const char *
type_before(const char *body, const char *slash)
{
	static const char *const types[] = { "multipart", "message" };

	for (size_t i = 0; i < OCT_LEN(types); i++) {
		size_t n = strlen(types[i]);

		if ((size_t)(slash - body) >= n &&
		    strncasecmp(slash - n, types[i], n) == 0)
			return slash - n;
	}
	return NULL;
}

/* Where the multipart beyond the bound begins; else len. */
static size_t
cut_multiparts(const char *body, size_t len)
{
	const char *end = body + len, *p = body;
	size_t count = 0;

	/* Slashes are rarer than letters. */
	for (; (p = memchr(p, '/', (size_t)(end - p))) != NULL; p++) {
		const char *start = type_before(body, p);

		if (start == NULL || end - start <= 10)
			continue;
		if (++count > MULTIPARTS_MAX)
			return (size_t)(start - body);
	}
	return len;
}

/* Header and body as one block, as far as the bounds go. */
static int
gather(struct reading *r, struct oct_msg *m, GByteArray *to)
{
	size_t n = oct_msg_field_count(m), len, fit;
	const char *body;
	int rc;

	for (size_t i = 0; i < n && to->len < HEADER_MAX; i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		if (f->name_len + f->value_len > HEADER_MAX)
			continue;
		add_octets(to, f->name, f->name_len);
		add_octets(to, ":", 1);
		add_octets(to, f->value, f->value_len);
		add_octets(to, "\r\n", 2);
	}
	if (to->len >= HEADER_MAX)
		content_over(r, "header");
	add_octets(to, "\r\n", 2);
	rc = oct_msg_body(m, &body, &len);
	if (rc != 0)
		return rc;
	fit = 2 * r->limits.total_octets;
	if (len > fit) {
		content_over(r, "octets");
		len = fit;
	}
	fit = cut_multiparts(body, len);
	if (fit < len)
		content_over(r, "parts");
	add_octets(to, body, fit);
	return 0;
}

/* --- One part -------------------------------------------------------------------- */

static const char *
lower(struct reading *r, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	return content_lower(r, text != NULL ? text : "",
	    len < CONTENT_NAME_MAX ? len : CONTENT_NAME_MAX);
}

static struct content_part *
add_part(struct reading *r, GMimeObject *o, int depth)
{
	GMimeContentType *type = g_mime_object_get_content_type(o);
	struct content_part *p = content_push(r, &r->parts, "parts");
	char *mime;

	if (p == NULL)
		return NULL;
	mime = g_mime_content_type_get_mime_type(type);
	p->type = lower(r, mime);
	g_free(mime);
	p->charset = lower(r,
	    g_mime_object_get_content_type_parameter(o, "charset"));
	p->real_type = p->encoding = p->name = p->extension = "";
	p->depth = depth;
	if (g_mime_object_get_content_id(o) != NULL)
		p->flags |= CONTENT_PART_HAS_ID;
	return p;
}

static void
name_part(struct reading *r, struct content_part *p, GMimePart *part)
{
	const char *name = g_mime_part_get_filename(part), *dot;
	struct content_text shown;

	/* RFC 2045 6.4: one that nobody knows cannot be undone. */
	if (g_mime_part_get_content_encoding(part) ==
		GMIME_CONTENT_ENCODING_DEFAULT &&
	    g_mime_object_get_header(GMIME_OBJECT(part),
		"Content-Transfer-Encoding") != NULL)
		p->flags |= CONTENT_PART_BAD_ENCODING;
	p->encoding = lower(r, g_mime_content_encoding_to_string(
	    g_mime_part_get_content_encoding(part)));
	if (g_mime_part_is_attachment(part))
		p->flags |= CONTENT_PART_ATTACHED;
	if (name == NULL)
		return;
	shown = content_field(r, name, strlen(name));
	p->name = shown.data;
	p->flags |= CONTENT_PART_ATTACHED;
	dot = strrchr(p->name, '.');
	if (dot != NULL && strlen(dot) <= 12)
		p->extension = lower(r, dot + 1);
}

/* Decoded octets of a part, bounded; NULL: none. */
static GByteArray *
decode(struct reading *r, GMimePart *part, struct content_part *p)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream;
	GByteArray *out;

	if (content == NULL)
		return NULL;
	if (r->decoded >= r->limits.total_octets) {
		content_over(r, "octets");
		return NULL;
	}
	out = g_byte_array_new();
	stream = g_mime_stream_mem_new_with_byte_array(out);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	if (g_mime_data_wrapper_write_to_stream(content, stream) < 0)
		p->flags |= CONTENT_PART_BAD_ENCODING;
	g_object_unref(stream);
	p->octets = out->len;
	r->decoded += out->len;
	return out;
}

/* --- Text parts -------------------------------------------------------------------- */

/* HTML that says that it is text. */
static bool
holds_page(const char *text)
{
	for (const char *p = strchr(text, '<'); p != NULL;
	     p = strchr(p + 1, '<'))
		if (strncasecmp(p, "<html", 5) == 0 ||
		    strncasecmp(p, "<body", 5) == 0)
			return true;
	return false;
}

static void
read_plain(struct reading *r, struct content_part *p, GByteArray *raw)
{
	size_t start = r->plain.len;

	r->out.plain_parts++;
	if (start > 0)
		oct_str_addc(&r->plain, '\n');
	if (raw->len > r->limits.text_octets)
		content_over(r, "text");
	if (!content_utf8((const char *)raw->data, raw->len, p->charset,
		r->limits.text_octets, &r->plain))
		p->flags |= CONTENT_PART_BAD_CHARSET;
	if (holds_page(oct_str_text(&r->plain) + start))
		r->out.html |= CONTENT_HTML_IN_PLAIN;
	content_find_links(r, oct_str_text(&r->plain) + start,
	    r->plain.len - start);
}

static void
read_html(struct reading *r, struct content_part *p, GByteArray *raw)
{
	struct oct_str text;

	r->out.html_parts++;
	oct_str_heap(&text, CONTENT_HTML_RAW_MAX + 8);
	if (raw->len > CONTENT_HTML_RAW_MAX)
		content_over(r, "text");
	if (!content_utf8((const char *)raw->data, raw->len, p->charset,
		CONTENT_HTML_RAW_MAX, &text))
		p->flags |= CONTENT_PART_BAD_CHARSET;
	content_html(r, oct_str_text(&text), text.len);
	oct_str_free(&text);
}

static void
read_part(struct reading *r, GMimePart *part, int depth)
{
	struct content_part *p = add_part(r, GMIME_OBJECT(part), depth);
	GByteArray *raw;
	bool attached;

	if (p == NULL)
		return;
	name_part(r, p, part);
	attached = (p->flags & CONTENT_PART_ATTACHED) != 0;
	r->out.attached_parts += attached;
	raw = decode(r, part, p);
	if (raw == NULL)
		return;
	if (!attached && strcmp(p->type, "text/plain") == 0)
		read_plain(r, p, raw);
	else if (!attached && strcmp(p->type, "text/html") == 0)
		read_html(r, p, raw);
	else
		content_judge_part(r, p, raw->data, raw->len);
	g_byte_array_unref(raw);
}

/* --- The walk ------------------------------------------------------------------------ */

static void walk(struct reading *r, GMimeObject *o, int depth);

static void
walk_children(struct reading *r, GMimeMultipart *multi, int depth)
{
	int n = g_mime_multipart_get_count(multi);

	for (int i = 0; i < n; i++) {
		if (r->parts.count >= r->parts.max) {
			content_over(r, "parts");
			return;
		}
		walk(r, g_mime_multipart_get_part(multi, i), depth + 1);
	}
}

static void
walk(struct reading *r, GMimeObject *o, int depth)
{
	if (o == NULL || content_late(r))
		return;
	if ((size_t)depth > r->limits.depth) {
		content_over(r, "depth");
		return;
	}
	if (GMIME_IS_MULTIPART(o)) {
		(void)add_part(r, o, depth);
		walk_children(r, GMIME_MULTIPART(o), depth);
	} else if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *inner = g_mime_message_part_get_message(
		    GMIME_MESSAGE_PART(o));

		(void)add_part(r, o, depth);
		if (inner != NULL)
			walk(r, g_mime_message_get_mime_part(inner), depth + 1);
	} else if (GMIME_IS_PART(o)) {
		read_part(r, GMIME_PART(o), depth);
	} else {
		(void)add_part(r, o, depth);
	}
}

/* --- Header fields -------------------------------------------------------------------- */

/* The display name of the first author: what stands before '<', or a comment. */
static struct content_text
author_name(struct reading *r, const struct oct_msg *m)
{
	const struct oct_field *f = oct_msg_find(m, "From", 0);
	struct content_text out = { "", 0 };
	const char *open, *v;
	size_t len;

	if (f == NULL)
		return out;
	v = f->value;
	len = f->value_len;
	open = memchr(v, '<', len);
	if (open == NULL)
		return out;
	len = (size_t)(open - v);
	while (len > 0 && strchr(" \t\r\n\"", *v) != NULL) {
		v++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n\"", v[len - 1]) != NULL)
		len--;
	return content_field(r, v, len);
}

static void
read_fields(struct reading *r, const struct oct_msg *m)
{
	const struct oct_field *f = oct_msg_find(m, "Subject", 0);

	r->out.subject = (struct content_text){ "", 0 };
	if (f != NULL)
		r->out.subject = content_field(r, f->value, f->value_len);
	r->out.from_name = author_name(r, m);
}

int
content_walk(struct reading *r, struct oct_msg *m)
{
	GByteArray *octets = g_byte_array_new();
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;
	int rc;

	(void)pthread_once(&once, start_library);
	read_fields(r, m);
	rc = gather(r, m, octets);
	if (rc != 0) {
		g_byte_array_unref(octets);
		return rc;
	}
	stream = g_mime_stream_mem_new_with_byte_array(octets);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message != NULL)
		walk(r, g_mime_message_get_mime_part(message), 0);
	else
		r->out.problem = "not a message";
	if (message != NULL)
		g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
	g_byte_array_unref(octets);
	return 0;
}
