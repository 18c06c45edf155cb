/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTML by libxml2's parser, event by event: no tree is built.  What is seen,
 * what is hidden, and the names that the mark-up uses.
 */
#include <errno.h>
#include <libxml/HTMLparser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/content_int.h"

#define DEPTH_MAX 256 /* elements that are open; deeper ones are not seen */
#define PIECE 4096

struct html {
	struct reading *r;
	xmlParserCtxtPtr parser;
	size_t depth;
	size_t hidden;  /* 0, or the depth from which nothing is seen */
	size_t silent;  /* likewise for script, style, title */
	size_t over;    /* levels below DEPTH_MAX */
	struct oct_str link_text;
	char href[CONTENT_URL_MAX + 1];
	size_t href_len;
	size_t anchor; /* depth of the open anchor, 0 = none */
	bool space;    /* the last octet seen was white space */
	unsigned int elements;
};

/* To ask for the time costs as much as an element. */
#define LATE_EVERY 32

static void
remember(struct reading *r, struct content_list *list, const char *name,
    size_t len)
{
	const char **slot;

	if (len == 0 || len > 60)
		return;
	slot = content_push(r, list, "marks");
	if (slot != NULL)
		*slot = content_lower(r, name, len);
}

/* --- What is seen --------------------------------------------------------------- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* Octets that are seen as they stand: words, and one space between two. */
static size_t
seen_run(const char *text, size_t len, bool *space)
{
	size_t n;

	for (n = 0; n < len; n++) {
		char c = text[n];

		if (c == ' ' && !*space)
			*space = true;
		else if (c == '\0' || is_space(c))
			break;
		else
			*space = false;
	}
	return n;
}

static void
show(struct html *h, const char *text, size_t len)
{
	struct oct_str *out = &h->r->visible;
	size_t max = h->r->limits.text_octets, n;

	for (size_t i = 0; i < len; i += n) {
		n = 1;
		if (text[i] == '\0')
			continue;
		if (out->len + 4 > max) {
			content_over(h->r, "text");
			return;
		}
		n = max - 3 - out->len;
		n = seen_run(text + i, n < len - i ? n : len - i, &h->space);
		oct_str_addn(out, text + i, n);
		if (n > 0)
			continue;
		n = 1;
		if (!h->space)
			oct_str_addc(out, ' ');
		h->space = true;
	}
}

static bool
is_zero_width(const char *s)
{
	return memcmp(s, "\xe2\x80\x8b", 3) == 0 ||
	    memcmp(s, "\xe2\x80\x8c", 3) == 0 ||
	    memcmp(s, "\xe2\x80\x8d", 3) == 0 ||
	    memcmp(s, "\xe2\x81\xa0", 3) == 0 ||
	    memcmp(s, "\xef\xbb\xbf", 3) == 0;
}

static void
note_text(struct reading *r, const char *text, size_t len)
{
	static const char leads[] = { '\xe2', '\xef' };
	const char *end = text + len;

	for (size_t i = 0; i < sizeof(leads); i++)
		for (const char *p = text;
		     (p = memchr(p, leads[i], (size_t)(end - p))) != NULL; p++)
			if (end - p >= 3 && is_zero_width(p))
				r->out.html |= CONTENT_HTML_ZERO_WIDTH;
}

static void
on_text(void *arg, const xmlChar *octets, int len)
{
	struct html *h = arg;
	const char *text = (const char *)octets;

	if (len <= 0 || h->silent != 0)
		return;
	note_text(h->r, text, (size_t)len);
	if (h->hidden != 0) {
		h->r->out.hidden += (size_t)len;
		return;
	}
	show(h, text, (size_t)len);
	if (h->anchor != 0 &&
	    h->link_text.len + (size_t)len < CONTENT_LINK_TEXT_MAX)
		oct_str_addn(&h->link_text, text, (size_t)len);
}

/* --- Styles ---------------------------------------------------------------------- */

static bool
style_value_is(const char *value, size_t len, const char *want)
{
	while (len > 0 && *value == ' ') {
		value++;
		len--;
	}
	return len >= strlen(want) &&
	    strncasecmp(value, want, strlen(want)) == 0;
}

static bool
hides(const char *name, size_t name_len, const char *value, size_t len)
{
	static const struct {
		const char *name, *value;
	} ways[] = { { "display", "none" }, { "visibility", "hidden" },
		{ "mso-hide", "all" }, { "opacity", "0" },
		{ "font-size", "0" }, { "font-size", "1px" },
		{ "max-height", "0" } };

	for (size_t i = 0; i < OCT_LEN(ways); i++) {
		size_t n = strlen(ways[i].name);

		if (name_len != n || strncasecmp(name, ways[i].name, n) != 0)
			continue;
		if (strcmp(ways[i].value, "0") == 0 && len > 1 &&
		    strchr(".123456789", value[1]) != NULL)
			continue; /* 0.9em is not nothing */
		if (style_value_is(value, len, ways[i].value))
			return true;
	}
	return false;
}

/* "name: value; ...": remembers names and colours; true if it hides. */
static bool
read_style(struct reading *r, const char *s, size_t len)
{
	bool hidden = false;
	const char *end = s + len;

	while (s < end) {
		const char *stop = memchr(s, ';', (size_t)(end - s));
		const char *colon, *name = s;
		size_t n, rest;

		stop = stop != NULL ? stop : end;
		colon = memchr(s, ':', (size_t)(stop - s));
		s = stop + 1;
		if (colon == NULL)
			continue;
		while (name < colon && strchr(" \t\n\r", *name) != NULL)
			name++;
		n = (size_t)(colon - name);
		while (n > 0 && name[n - 1] == ' ')
			n--;
		rest = (size_t)(stop - colon - 1);
		while (rest > 0 && colon[1] == ' ') {
			colon++;
			rest--;
		}
		remember(r, &r->properties, name, n);
		if (n >= 5 && strncasecmp(name + n - 5, "color", 5) == 0)
			remember(r, &r->colours, colon + 1, rest);
		hidden |= hides(name, n, colon + 1, rest);
	}
	return hidden;
}

/* --- Elements --------------------------------------------------------------------- */

struct element {
	const char *href, *src, *action, *type, *width, *height, *http_equiv;
	bool hidden;
};

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcasecmp(a, b) == 0;
}

static void
read_attribute(struct html *h, const char *name, const char *value,
    struct element *e)
{
	const struct {
		const char *name;
		const char **to;
	} wanted[] = { { "href", &e->href }, { "src", &e->src },
		{ "action", &e->action }, { "type", &e->type },
		{ "width", &e->width }, { "height", &e->height },
		{ "http-equiv", &e->http_equiv } };
	struct reading *r = h->r;
	size_t len = strlen(value);

	remember(r, &r->attributes, name, strlen(name));
	for (size_t i = 0; i < OCT_LEN(wanted); i++)
		if (is(name, wanted[i].name))
			*wanted[i].to = value;
	if (is(name, "style"))
		e->hidden |= read_style(r, value, len);
	else if (is(name, "hidden"))
		e->hidden = true;
	else if (is(name, "color") || is(name, "bgcolor"))
		remember(r, &r->colours, value, len);
	else if ((is(name, "alt") || is(name, "title")) && len >= 3 &&
	    len <= 100 && h->hidden == 0) {
		show(h, " ", 1);
		show(h, value, len);
		show(h, " ", 1);
	}
	if (strncasecmp(value, "data:", 5) == 0)
		r->out.html |= CONTENT_HTML_DATA_URI;
	if (strncmp(name, "mso", 3) == 0 || strstr(value, "mso-") != NULL)
		r->out.html |= CONTENT_HTML_MSO;
}

static unsigned int
flag_of(const char *name)
{
	static const struct {
		const char *name;
		unsigned int flag;
	} flags[] = { { "form", CONTENT_HTML_FORM },
		{ "input", CONTENT_HTML_INPUT }, { "script", CONTENT_HTML_SCRIPT },
		{ "iframe", CONTENT_HTML_IFRAME }, { "map", CONTENT_HTML_MAP },
		{ "base", CONTENT_HTML_BASE }, { "html", CONTENT_HTML_ELEMENT } };

	for (size_t i = 0; i < OCT_LEN(flags); i++)
		if (is(name, flags[i].name))
			return flags[i].flag;
	return 0;
}

static bool
is_one(const char *size)
{
	return size != NULL && (strcmp(size, "1") == 0 ||
		strcmp(size, "0") == 0 || strcasecmp(size, "1px") == 0);
}

static void
close_anchor(struct html *h)
{
	if (h->anchor == 0)
		return;
	content_link(h->r, h->href, h->href_len, oct_str_text(&h->link_text),
	    CONTENT_LINK_ANCHOR);
	h->anchor = 0;
}

static void
open_anchor(struct html *h, const char *href)
{
	size_t len = strlen(href);

	close_anchor(h);
	if (len > CONTENT_URL_MAX) {
		content_over(h->r, "url");
		len = CONTENT_URL_MAX;
	}
	memcpy(h->href, href, len);
	h->href[len] = '\0';
	h->href_len = len;
	h->anchor = h->depth;
	oct_str_clear(&h->link_text);
	h->r->out.anchors++;
}

static void
judge_element(struct html *h, const char *name, const struct element *e)
{
	struct reading *r = h->r;

	r->out.html |= flag_of(name);
	if (is(name, "img")) {
		r->out.images++;
		if (is_one(e->width) && is_one(e->height))
			r->out.html |= CONTENT_HTML_PIXEL;
		if (e->src != NULL)
			content_link(r, e->src, strlen(e->src), NULL,
			    CONTENT_LINK_IMAGE);
	} else if ((is(name, "a") || is(name, "area")) && e->href != NULL) {
		open_anchor(h, e->href);
	} else if (is(name, "form") && e->action != NULL) {
		content_link(r, e->action, strlen(e->action), NULL,
		    CONTENT_LINK_FORM);
	} else if (is(name, "input") && is(e->type, "password")) {
		r->out.html |= CONTENT_HTML_PASSWORD;
	} else if (is(name, "iframe") && e->src != NULL) {
		content_link(r, e->src, strlen(e->src), NULL, 0);
	} else if (is(name, "meta") && is(e->http_equiv, "refresh")) {
		r->out.html |= CONTENT_HTML_REFRESH;
	}
}

static bool
is_silent(const char *name)
{
	return is(name, "script") || is(name, "style") || is(name, "title");
}

static bool
breaks_line(const char *name)
{
	static const char *const blocks[] = { "p", "div", "br", "tr", "td",
		"th", "li", "h1", "h2", "h3", "h4", "table", "hr" };

	for (size_t i = 0; i < OCT_LEN(blocks); i++)
		if (is(name, blocks[i]))
			return true;
	return false;
}

static void
on_start(void *arg, const xmlChar *octets, const xmlChar **attributes)
{
	struct html *h = arg;
	const char *name = (const char *)octets;
	struct element e = { .hidden = false };

	if (h->elements++ % LATE_EVERY == 0 && content_late(h->r)) {
		xmlStopParser(h->parser);
		return;
	}
	if (h->depth >= DEPTH_MAX) {
		h->over++;
		content_over(h->r, "html depth");
		return;
	}
	h->depth++;
	remember(h->r, &h->r->tags, name, strlen(name));
	for (size_t i = 0; attributes != NULL && attributes[i] != NULL; i += 2)
		read_attribute(h, (const char *)attributes[i],
		    attributes[i + 1] != NULL
			? (const char *)attributes[i + 1]
			: "",
		    &e);
	if (e.hidden) {
		h->r->out.html |= CONTENT_HTML_HIDDEN;
		if (h->hidden == 0)
			h->hidden = h->depth;
	}
	if (h->silent == 0 && is_silent(name))
		h->silent = h->depth;
	if (breaks_line(name) && h->hidden == 0)
		show(h, " ", 1);
	judge_element(h, name, &e);
}

static void
on_end(void *arg, OCT_UNUSED const xmlChar *name)
{
	struct html *h = arg;

	if (h->over > 0) {
		h->over--;
		return;
	}
	if (h->depth == 0)
		return;
	if (h->hidden == h->depth)
		h->hidden = 0;
	if (h->silent == h->depth)
		h->silent = 0;
	if (h->anchor == h->depth)
		close_anchor(h);
	h->depth--;
}

static void
on_comment(void *arg, const xmlChar *text)
{
	struct html *h = arg;

	h->r->out.html |= CONTENT_HTML_COMMENT;
	if (strstr((const char *)text, "[if ") != NULL)
		h->r->out.html |= CONTENT_HTML_MSO;
}

static void
on_error(OCT_UNUSED void *arg, OCT_UNUSED const char *text, ...)
{
	/* Mail is full of them. */
}

/* --- The whole ----------------------------------------------------------------------- */

/* "109;" or "x6d;": a character that needs no code. */
static bool
is_ascii_code(const char *s)
{
	int base = *s == 'x' || *s == 'X' ? 16 : 10;
	long code = strtol(s + (base == 16), NULL, base);

	return code >= 0x20 && code < 0x7f;
}

static void
look_at_raw(struct reading *r, const char *s, size_t len)
{
	size_t run = 0;

	for (size_t i = 0; i + 9 < len && i < 500; i++)
		if (strncasecmp(s + i, "<!doctype", 9) == 0)
			r->out.html |= CONTENT_HTML_DOCTYPE;
	for (size_t i = 0; i + 3 < len; i++) {
		if (s[i] != '&' || s[i + 1] != '#')
			continue;
		/* Letters of other scripts are honestly written so. */
		run = is_ascii_code(s + i + 2) ? run + 1 : 0;
		i += strspn(s + i + 2, "0123456789xabcdefABCDEF");
		if (s[i + 2] != ';' || s[i + 3] != '&')
			run = 0;
		if (run >= 8)
			r->out.html |= CONTENT_HTML_ENTITY_RUN;
	}
	if (memmem(s, len, "generator", 9) != NULL)
		r->out.html |= CONTENT_HTML_GENERATOR;
}

void
content_html(struct reading *r, const char *utf8, size_t len)
{
	htmlSAXHandler sax;
	struct html h = { .r = r, .space = true };

	memset(&sax, 0, sizeof(sax));
	sax.startElement = on_start;
	sax.endElement = on_end;
	sax.characters = on_text;
	sax.cdataBlock = NULL; /* script and style */
	sax.comment = on_comment;
	sax.error = sax.warning = sax.fatalError = on_error;
	look_at_raw(r, utf8, len);
	h.parser = htmlCreatePushParserCtxt(&sax, &h, NULL, 0, NULL,
	    XML_CHAR_ENCODING_UTF8);
	if (h.parser == NULL) {
		r->err = -ENOMEM;
		return;
	}
	(void)htmlCtxtUseOptions(h.parser,
	    HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
		HTML_PARSE_IGNORE_ENC | HTML_PARSE_RECOVER);
	oct_str_heap(&h.link_text, CONTENT_LINK_TEXT_MAX + 1);
	if (r->visible.len > 0)
		show(&h, " ", 1);
	for (size_t i = 0; i < len && !content_late(r); i += PIECE)
		(void)htmlParseChunk(h.parser, utf8 + i,
		    (int)(len - i < PIECE ? len - i : PIECE), 0);
	(void)htmlParseChunk(h.parser, "", 0, 1);
	close_anchor(&h);
	r->out.html_octets += len;
	oct_str_free(&h.link_text);
	htmlFreeParserCtxt(h.parser);
}
