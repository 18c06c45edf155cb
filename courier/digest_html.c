/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest as HTML: the template's lines as paragraphs, the messages as a
 * list.  No picture, no script, no style sheet from elsewhere, colours of enough
 * contrast, and links that say what they do.
 */
#include <string.h>

#include "courier/digest_int.h"

#define MARK "\x01\n" /* in place of the list */
#define BODY_STYLE                                                             \
	"margin:0 auto;padding:1em;max-width:40em;font-family:sans-serif;"     \
	"font-size:1em;line-height:1.5;color:#161616;background:#ffffff"
#define ITEM_STYLE "margin:0 0 1em;padding:0 0 1em;border-bottom:1px solid #767676"
#define LINK_STYLE "display:inline-block;padding:.5em 1em .5em 0;color:#000091"

static void
add_escaped(struct oct_str *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (s[i]) {
		case '&':
			oct_str_add(out, "&amp;");
			break;
		case '<':
			oct_str_add(out, "&lt;");
			break;
		case '>':
			oct_str_add(out, "&gt;");
			break;
		case '"':
			oct_str_add(out, "&quot;");
			break;
		case '\'':
			oct_str_add(out, "&#39;");
			break;
		default:
			oct_str_addc(out, s[i]);
		}
	}
}

static void
add_text(struct oct_str *out, const char *s)
{
	add_escaped(out, s, strlen(s));
}

/* --- One message ------------------------------------------------------------ */

static void
add_fact(struct oct_str *out, const char *label, const char *text)
{
	if (*text == '\0')
		return;
	oct_str_add(out, "<br>\n");
	add_text(out, label);
	oct_str_addc(out, ' ');
	add_text(out, text);
}

static void
add_date(struct oct_str *out, const char *label, int64_t wall_ms,
    enum template_lang lang)
{
	char text[TEMPLATE_DATE_MAX];
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	notice_date_write(wall_ms, lang, &s);
	add_fact(out, label, oct_str_text(&s));
}

static void
add_link(struct oct_str *out, enum digest_label label, const char *url,
    enum template_lang lang)
{
	if (*url == '\0')
		return;
	oct_str_add(out, "<a style=\"" LINK_STYLE "\" href=\"");
	add_text(out, url);
	oct_str_addf(out, "\">%s</a>\n", digest_label(label, lang));
}

static void
add_item(struct oct_str *out, const struct digest_line *l,
    enum template_lang lang)
{
	struct oct_str text;

	oct_str_heap(&text, 8 * DIGEST_SUBJECT_MAX + 4096);
	digest_sender(l, lang, &text);
	oct_str_add(out, "<li style=\"" ITEM_STYLE "\"><strong>");
	add_text(out, oct_str_text(&text));
	oct_str_add(out, "</strong> (");
	add_text(out, digest_proof(l, lang));
	oct_str_addc(out, ')');
	add_fact(out, digest_label(DIGEST_L_FOR, lang), l->rcpt);
	oct_str_clear(&text);
	digest_subject(l, lang, &text);
	add_fact(out, digest_label(DIGEST_L_SUBJECT, lang),
	    oct_str_text(&text));
	add_date(out, digest_label(DIGEST_L_ARRIVED, lang), l->arrival_ms,
	    lang);
	add_fact(out, digest_label(DIGEST_L_REASON, lang),
	    digest_reason(l, lang));
	add_date(out, digest_label(DIGEST_L_UNTIL, lang), l->expiry_ms, lang);
	oct_str_add(out, "<br>\n");
	add_link(out, DIGEST_L_RELEASE, l->release, lang);
	add_link(out, DIGEST_L_ACCEPT, l->accept, lang);
	add_link(out, DIGEST_L_REFUSE, l->refuse, lang);
	oct_str_add(out, "</li>\n");
	if (oct_str_err(&text) != 0 && out->err == 0)
		out->err = text.err;
	oct_str_free(&text);
}

static void
add_list(struct oct_str *out, const struct digest_mail *m)
{
	size_t shown = m->count < DIGEST_LINES_MAX ? m->count
						   : DIGEST_LINES_MAX;

	oct_str_add(out, "<ol style=\"padding-left:1.5em\">\n");
	for (size_t i = 0; i < shown; i++)
		add_item(out, &m->lines[i], m->texts.first);
	oct_str_add(out, "</ol>\n");
	if (m->total > shown) {
		oct_str_add(out, "<p>");
		digest_others(m->total - shown, m->texts.first, out);
		oct_str_add(out, "</p>\n");
	}
}

/* --- The template's text ----------------------------------------------------- */

static void
add_line(struct oct_str *out, const char *line, size_t len, const char *page)
{
	if (*page != '\0' && strlen(page) == len &&
	    memcmp(line, page, len) == 0) {
		oct_str_add(out, "<a style=\"" LINK_STYLE "\" href=\"");
		add_escaped(out, line, len);
		oct_str_add(out, "\">");
		add_escaped(out, line, len);
		oct_str_add(out, "</a>");
	} else {
		add_escaped(out, line, len);
	}
}

/* Lines that follow each other are one paragraph. */
static void
add_paragraphs(struct oct_str *out, const struct digest_mail *m, const char *s)
{
	bool open = false;

	while (*s != '\0') {
		size_t len = strcspn(s, "\n");
		bool mark = strncmp(s, MARK, sizeof(MARK) - 1) == 0;

		if (open && (len == 0 || mark)) {
			oct_str_add(out, "</p>\n");
			open = false;
		}
		if (mark) {
			add_list(out, m);
		} else if (len > 0) {
			oct_str_add(out, open ? "<br>\n" : "<p>");
			add_line(out, s, len, m->page);
			open = true;
		}
		s += len + (s[len] == '\n');
	}
	if (open)
		oct_str_add(out, "</p>\n");
}

static void
add_language(struct oct_str *out, const struct digest_mail *m,
    const struct notice_values *v, enum template_lang lang)
{
	struct template_input in = v->in[lang];
	const char *source = m->texts.source[lang];
	bool first = lang == m->texts.first;
	struct oct_str text;

	in.words |= 1u << (first ? TEMPLATE_W_FIRST : TEMPLATE_W_SECOND);
	in.width = SIZE_MAX;
	in.value[TEMPLATE_V_LINES] = MARK;
	oct_str_heap(&text, DIGEST_MAIL_MAX);
	template_render(TEMPLATE_DIGEST,
	    source != NULL ? source : template_builtin(TEMPLATE_DIGEST, lang),
	    &in, NULL, &text);
	oct_str_addf(out, "<div lang=\"%s\">\n", template_lang_name(lang));
	add_paragraphs(out, m, oct_str_text(&text));
	oct_str_add(out, "</div>\n");
	if (oct_str_err(&text) != 0 && out->err == 0)
		out->err = text.err;
	oct_str_free(&text);
}

void
digest_html(const struct digest_mail *m, const struct notice_values *v,
    const char *subject, struct oct_str *out)
{
	enum template_lang first = m->texts.first;

	oct_str_addf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
	    template_lang_name(first));
	add_text(out, subject);
	oct_str_add(out, "</title>\n</head>\n<body style=\"" BODY_STYLE "\">\n");
	add_language(out, m, v, first);
	add_language(out, m, v, first == TEMPLATE_FR ? TEMPLATE_EN
						     : TEMPLATE_FR);
	oct_str_add(out, "</body>\n</html>\n");
}
