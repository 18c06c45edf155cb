/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a template fit to be sent?  First line by line, as it is written; then
 * rendered with the longest values for every case there is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/mime_text.h"
#include "policy/template_int.h"

#define LINE_MAX_OCTETS 998 /* RFC 5322 2.1.1 */

struct checking {
	enum template_id id;
	const char *host;
	struct template_problem *problem;
	size_t line;
	struct {
		const char *name;
		size_t len, line;
	} open[TEMPLATE_DEPTH];
	size_t depth;
};

static int OCT_PRINTF(2, 3)
refuse(struct checking *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->problem->line = c->line;
	(void)vsnprintf(c->problem->text, sizeof(c->problem->text), fmt, ap);
	va_end(ap);
	return OCT_EPARSE;
}

/* --- The octets of a line --------------------------------------------------- */

static int
check_octets(struct checking *c, const char *line, size_t len)
{
	uint32_t code;
	size_t n;

	if (len > LINE_MAX_OCTETS)
		return refuse(c, "%zu octets, expected at most %d", len,
		    LINE_MAX_OCTETS);
	for (size_t i = 0; i < len; i += n) {
		n = oct_mime_char(line + i, len - i, &code);
		if (code == 0xfffd)
			return refuse(c, "octet %zu is no UTF-8", i + 1);
		if (oct_mime_hides(code))
			return refuse(c, "character U+%04X at octet %zu, "
			    "expected characters that can be seen",
			    (unsigned)code, i + 1);
	}
	return 0;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Tags and entities of HTML: the mails are plain text. */
static int
check_html(struct checking *c, const char *line, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		size_t n = 1;

		if (line[i] == '<' && (is_letter(line[i + 1]) ||
			line[i + 1] == '/' || line[i + 1] == '!'))
			return refuse(c, "HTML at octet %zu, expected plain "
			    "text", i + 1);
		if (line[i] != '&')
			continue;
		while (i + n < len && (is_letter(line[i + n]) ||
			line[i + n] == '#' ||
			(line[i + n] >= '0' && line[i + n] <= '9')))
			n++;
		if (n > 1 && i + n < len && line[i + n] == ';')
			return refuse(c, "HTML at octet %zu, expected plain "
			    "text", i + 1);
	}
	return 0;
}

static bool
is_host(const struct checking *c, const char *s, size_t len)
{
	size_t host = strlen(c->host);

	if (host == 0 || len < host || strncasecmp(s, c->host, host) != 0)
		return false;
	if (len > host && strchr("/ :?#,;)", s[host]) == NULL)
		return false;
	/* What stands before an @ is the name of a user (RFC 3986 3.2). */
	for (size_t i = host; i < len && strchr("/ ?#", s[i]) == NULL; i++)
		if (s[i] == '@')
			return false;
	return true;
}

static int
check_urls(struct checking *c, const char *line, size_t len)
{
	const char *end = line + len;

	for (const char *p = line; p < end; p++) {
		size_t left = (size_t)(end - p);

		if (left >= 3 && memcmp(p, "://", 3) == 0 &&
		    !is_host(c, p + 3, left - 3))
			return refuse(c, "URL of another host, expected none "
			    "or https://%s/...",
			    *c->host != '\0' ? c->host : "(challenge.url)");
		if (left >= 4 && strncasecmp(p, "www.", 4) == 0 &&
		    (p == line || !is_letter(p[-1])) && !is_host(c, p, left))
			return refuse(c, "URL of another host, expected none");
	}
	return 0;
}

/* --- Its tags --------------------------------------------------------------- */

/* A link that something touches could lead elsewhere. */
static bool
stands_alone(const struct piece *p, const char *line, size_t len)
{
	const char *before = p->text - 2, *after = p->text + p->len + 2;

	return (before == line || before[-1] == ' ' || before[-1] == '}') &&
	    (after == line + len || *after == ' ' || *after == '{');
}

static int
check_value(struct checking *c, const struct piece *p, const char *line,
    size_t len)
{
	const struct value_spec *v = &template_value_specs[p->which];

	if (c->line == 1 && !v->in_subject)
		return refuse(c, "{{%s}} in the subject, expected it in the "
		    "text", v->name);
	if (v->form == FORM_ALONE && !stands_alone(p, line, len))
		return refuse(c, "{{%s}} touches other text, expected blanks "
		    "around it, or a line of its own", v->name);
	if (v->form == FORM_LINES &&
	    (p->text != line + 2 || p->len + 4 != len))
		return refuse(c, "{{%s}} beside other text, expected it alone "
		    "on its line", v->name);
	return 0;
}

/* Sections come and go: what is no URL in the source could become one. */
static int
check_slashes(struct checking *c, const char *line, size_t len)
{
	for (size_t i = 0; i + 2 < len; i++)
		if (memcmp(line + i, "/{{", 3) == 0 ||
		    memcmp(line + i, "}}/", 3) == 0)
			return refuse(c, "slash at octet %zu touches a tag, "
			    "expected none beside it",
			    i + (line[i] == '/' ? 1 : 3));
	return 0;
}

static int
check_open(struct checking *c, const struct piece *p)
{
	if (c->depth == TEMPLATE_DEPTH)
		return refuse(c, "section in more than %d others",
		    TEMPLATE_DEPTH - 1);
	c->open[c->depth].name = p->text;
	c->open[c->depth].len = p->len;
	c->open[c->depth++].line = c->line;
	return 0;
}

static int
check_close(struct checking *c, const struct piece *p)
{
	size_t at = c->depth - 1;

	if (c->depth == 0)
		return refuse(c, "{{/%.*s}} closes nothing", (int)p->len,
		    p->text);
	if (c->open[at].len != p->len ||
	    memcmp(c->open[at].name, p->text, p->len) != 0)
		return refuse(c, "{{/%.*s}}, expected {{/%.*s}} (opened in "
		    "line %zu)", (int)(p->len < 40 ? p->len : 40), p->text,
		    (int)c->open[at].len, c->open[at].name, c->open[at].line);
	c->depth--;
	return 0;
}

static int
refuse_tag(struct checking *c, const struct piece *p)
{
	struct oct_str places;
	int rc;

	oct_str_heap(&places, sizeof(c->problem->text));
	template_places(c->id, &places);
	rc = refuse(c, "unknown {{%.*s}}, expected one of: %s",
	    (int)(p->len < 40 ? p->len : 40), p->text, oct_str_text(&places));
	oct_str_free(&places);
	return rc;
}

static int
check_tags(struct checking *c, const char *line, size_t len)
{
	const char *at = line;
	struct piece p;
	int rc = 0;

	while (rc == 0 && template_piece(c->id, &at, &p)) {
		switch (p.kind) {
		case PIECE_TEXT:
			break;
		case PIECE_VALUE:
			rc = check_value(c, &p, line, len);
			break;
		case PIECE_IF_VALUE:
		case PIECE_IF_WORD:
			rc = check_open(c, &p);
			break;
		case PIECE_END:
			rc = check_close(c, &p);
			break;
		case PIECE_WRONG:
			rc = refuse_tag(c, &p);
			break;
		}
	}
	return rc;
}

static int
check_lines(struct checking *c, const char *source)
{
	int rc = 0;

	while (rc == 0 && *source != '\0') {
		size_t len = strcspn(source, "\n");

		c->line++;
		rc = check_octets(c, source, len);
		if (rc == 0)
			rc = check_html(c, source, len);
		if (rc == 0)
			rc = check_urls(c, source, len);
		if (rc == 0)
			rc = check_slashes(c, source, len);
		if (rc == 0)
			rc = check_tags(c, source, len);
		if (rc == 0 && c->line == 1 && c->depth > 0)
			rc = refuse(c, "section is not closed in the subject");
		source += len + (source[len] == '\n');
	}
	if (rc == 0 && c->depth > 0) {
		c->line = c->open[c->depth - 1].line;
		rc = refuse(c, "{{#%.*s}} is never closed",
		    (int)c->open[c->depth - 1].len,
		    c->open[c->depth - 1].name);
	}
	return rc;
}

/* --- Every case, with the longest values ------------------------------------- */

/* Is the value there?  A mark in its place, unlike anything in a template. */
static bool
shows(const struct checking *c, const char *source,
    const struct template_input *in, unsigned value)
{
	struct template_input marked = *in;
	struct oct_str text;
	bool found;

	marked.value[value] = "\x01\n";
	oct_str_heap(&text, 4 * TEMPLATE_TEXT_MAX);
	template_render(c->id, source, &marked, NULL, &text);
	found = strchr(oct_str_text(&text), '\x01') != NULL;
	oct_str_free(&text);
	return found;
}

static int
check_mandatory(struct checking *c, const char *source,
    const struct template_input *in)
{
	const struct template_spec *spec = &template_specs[c->id];

	for (unsigned i = 0; i < TEMPLATE_VALUES; i++)
		if ((spec->mandatory & BIT(i)) != 0 &&
		    !shows(c, source, in, i))
			return refuse(c, "{{%s}} is missing, expected "
			    "wherever {{#first}} applies",
			    template_value_specs[i].name);
	return 0;
}

static int
check_case(struct checking *c, const char *source,
    const struct template_input *in)
{
	const struct template_spec *spec = &template_specs[c->id];
	bool first = (in->words & BIT(TEMPLATE_W_FIRST)) != 0;
	size_t most = first ? spec->first_max : spec->second_max;
	struct oct_str subject, text;
	int rc;

	oct_str_heap(&subject, 4 * TEMPLATE_SOURCE_MAX);
	oct_str_heap(&text, 16 * TEMPLATE_TEXT_MAX);
	template_render(c->id, source, in, &subject, &text);
	c->line = 0;
	rc = text.err == -ENOMEM || subject.err == -ENOMEM ? -ENOMEM : 0;
	if (rc == 0 && (text.err != 0 || text.len > most))
		rc = refuse(c, "%zu octets of text with the longest values, "
		    "expected at most %zu as {{#%s}} language", text.len,
		    most, first ? "first" : "second");
	if (rc == 0 && first && text.len == 0)
		rc = refuse(c, "no text, expected some in {{#first}}");
	if (rc == 0 && (subject.err != 0 ||
		subject.len > TEMPLATE_SUBJECT_MAX || subject.len == 0))
		rc = refuse(c, "subject of %zu octets with the longest values, "
		    "expected 1 to %d", subject.len, TEMPLATE_SUBJECT_MAX);
	oct_str_free(&subject);
	oct_str_free(&text);
	return rc != 0 || !first ? rc : check_mandatory(c, source, in);
}

/* All choices of one word of each group from word on. */
static int
check_cases(struct checking *c, const char *source, struct template_input *in,
    unsigned word)
{
	const struct template_spec *spec = &template_specs[c->id];
	unsigned next = word;
	int rc = 0;

	if (word == TEMPLATE_WORDS)
		return check_case(c, source, in);
	while (next < TEMPLATE_WORDS &&
	    template_word_specs[next].group == template_word_specs[word].group)
		next++;
	if ((spec->words & BIT(word)) == 0)
		return check_cases(c, source, in, next);
	for (unsigned i = word; rc == 0 && i < next; i++) {
		in->words |= BIT(i);
		rc = check_cases(c, source, in, next);
		in->words &= ~BIT(i);
	}
	return rc;
}

int
template_check(enum template_id id, const char *source, const char *host,
    struct template_problem *problem)
{
	struct checking c = { .id = id, .host = host, .problem = problem };
	struct template_input in = { .words = 0 };
	size_t len = strlen(source), subject_len;
	const char *subject, *body;
	int rc;

	*problem = (struct template_problem){ .line = 0 };
	if (len > TEMPLATE_SOURCE_MAX)
		return refuse(&c, "%zu octets, expected at most %d", len,
		    TEMPLATE_SOURCE_MAX);
	c.line = 1;
	if (!template_split(source, &subject, &subject_len, &body))
		return refuse(&c, "expected 'Subject: ' and the subject, "
		    "then an empty line, then the text");
	c.line = 0;
	rc = check_lines(&c, source);
	if (rc != 0)
		return rc;
	/* The longest of either language: dates are written in both. */
	for (unsigned i = 0; i < TEMPLATE_VALUES; i++)
		if ((template_specs[id].values & BIT(i)) != 0)
			in.value[i] = template_value_specs[i].longest[0];
	return check_cases(&c, source, &in, 0);
}
