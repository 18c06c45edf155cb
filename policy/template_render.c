/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values into templates.
 */
#include <string.h>

#include "lib/mime_text.h"
#include "policy/template_int.h"

/* A blank at which no line is broken, until the text is done. */
#define HOLD '\x1f'

struct rendering {
	enum template_id id;
	const struct template_input *in;
	struct oct_str *out;
	bool shown[TEMPLATE_DEPTH + 1]; /* by depth of sections */
	size_t depth;
	bool blank; /* an empty line stands before what comes next */
};

static void
open_section(struct rendering *r, const struct piece *p)
{
	bool shown = r->shown[r->depth] && template_holds(r->in, p);

	/* A checked template is never deeper. */
	if (r->depth < TEMPLATE_DEPTH)
		r->shown[++r->depth] = shown;
}

static void
add_value(const struct rendering *r, const struct piece *p,
    struct oct_str *line)
{
	const char *value = r->in->value[p->which];

	for (; value != NULL && *value != '\0'; value++)
		oct_str_addc(line, *value == ' ' && p->which == TEMPLATE_V_CODE
			? HOLD
			: *value);
}

/* What the line at *at shows; *at moves to its end.  Lists come through lines. */
static void
expand(struct rendering *r, const char **at, struct oct_str *line,
    const char **lines)
{
	struct piece p;

	while (template_piece(r->id, at, &p)) {
		switch (p.kind) {
		case PIECE_IF_VALUE:
		case PIECE_IF_WORD:
			open_section(r, &p);
			break;
		case PIECE_END:
			if (r->depth > 0)
				r->depth--;
			break;
		case PIECE_TEXT:
			if (r->shown[r->depth])
				oct_str_addn(line, p.text, p.len);
			break;
		case PIECE_VALUE:
			if (!r->shown[r->depth])
				break;
			if (template_value_specs[p.which].form == FORM_LINES)
				*lines = r->in->value[p.which];
			else
				add_value(r, &p, line);
			break;
		case PIECE_WRONG:
			break;
		}
	}
}

static void
add_line(struct rendering *r, const struct oct_str *line, const char *lines)
{
	if (line->len == 0 && (lines == NULL || *lines == '\0'))
		return;
	if (r->blank && r->out->len > 0)
		oct_str_addc(r->out, '\n');
	r->blank = false;
	if (line->len == 0)
		oct_str_add(r->out, lines);
	else if (line->buf[0] == ' ')
		oct_str_addf(r->out, "%s\n", line->buf);
	else
		oct_mime_fill(r->out, line->buf,
		    r->in->width > 0 ? r->in->width : TEMPLATE_WIDTH);
}

static void
release_blanks(struct oct_str *out, size_t from)
{
	for (size_t i = from; i < out->len; i++)
		if (out->buf[i] == HOLD)
			out->buf[i] = ' ';
}

static void
render_text(struct rendering *r, const char *body)
{
	struct oct_str line;

	oct_str_heap(&line, TEMPLATE_SOURCE_MAX + TEMPLATE_TEXT_MAX);
	while (*body != '\0') {
		const char *lines = NULL;

		if (*body == '\n') {
			r->blank = true;
			body++;
			continue;
		}
		oct_str_clear(&line);
		expand(r, &body, &line, &lines);
		add_line(r, &line, lines);
		body += *body == '\n';
		if (oct_str_err(&line) != 0 && r->out->err == 0)
			r->out->err = line.err;
	}
	oct_str_free(&line);
}

void
template_render(enum template_id id, const char *source,
    const struct template_input *in, struct oct_str *subject,
    struct oct_str *text)
{
	struct rendering r = { .id = id, .in = in, .out = text,
		.shown = { true } };
	const char *head, *body, *lines = NULL;
	size_t head_len, from = text != NULL ? text->len : 0;

	if (!template_split(source, &head, &head_len, &body))
		return;
	if (subject != NULL)
		expand(&r, &head, subject, &lines);
	r.depth = 0;
	if (text == NULL)
		return;
	/* Its own lines decide about the empty line at its start. */
	r.blank = from > 0;
	render_text(&r, body);
	release_blanks(text, from);
}

void
template_render_pair(enum template_id id, const struct template_pair *p,
    struct oct_str *subject, struct oct_str *text)
{
	enum template_lang second =
	    p->first == TEMPLATE_FR ? TEMPLATE_EN : TEMPLATE_FR;
	struct template_input a = p->in[p->first], b = p->in[second];

	a.words |= BIT(TEMPLATE_W_FIRST);
	b.words |= BIT(TEMPLATE_W_SECOND);
	template_render(id, p->source[p->first], &a, subject, text);
	template_render(id, p->source[second], &b, NULL, text);
}
