/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest as HTML: the template's lines as paragraphs, the messages as a
 * list.  No picture, no script, no style sheet from elsewhere, colours of enough
 * contrast, and links that say what they do.
 */
#include <string.h>

#include "courier/digest_int.h"
#include "lib/html_text.h"
#include "policy/owner.h"

#define MARK "\x01\n" /* in place of the list */

/* Those of the pages that the links lead to, with a contrast of 4.5 and more on
 * what is under them. */
#define INK "#1c2a30"
#define GREY "#52616a"
#define ACCENT "#0e5058"
#define RED "#952020"
#define AMBER "#76540b"
#define BODY_STYLE                                                             \
	"margin:0;padding:0;background:#f4f2ec;color:" INK                     \
	";font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5"
#define SHEET_STYLE                                                            \
	"margin:0 auto;padding:24px 20px;max-width:640px;background:#ffffff"
#define TITLE_STYLE                                                            \
	"margin:0 0 16px;font-size:22px;line-height:1.3;color:" INK            \
	";overflow-wrap:anywhere"
#define LIST_STYLE "margin:24px 0;padding:0;list-style:none"
#define ITEM_STYLE                                                             \
	"margin:0 0 16px;padding:16px;border:1px solid #dcd7cb;"               \
	"border-left:4px solid " ACCENT ";overflow-wrap:anywhere"
#define SUBJECT_STYLE "margin:0 0 4px;font-size:18px;font-weight:bold"
#define FACT_STYLE "margin:0;font-size:14px;color:" GREY
#define BADGE_STYLE                                                            \
	"display:inline-block;padding:0 8px;border:1px solid;font-size:13px;"  \
	"color:"
#define BUTTONS_STYLE "margin:12px 0 0"
#define BUTTON_STYLE                                                           \
	"display:inline-block;margin:4px 8px 4px 0;padding:8px 16px;"          \
	"border:1px solid;text-decoration:none;font-weight:bold;"
#define FULL_STYLE "color:#ffffff;background:" ACCENT ";border-color:" ACCENT
#define LINE_STYLE "color:" ACCENT ";background:#ffffff"
#define DANGER_STYLE "color:" RED ";background:#ffffff"
#define OTHER_STYLE                                                            \
	"margin-top:24px;padding-top:16px;border-top:1px solid #dcd7cb;"       \
	"font-size:14px;color:" GREY

static void
add_text(struct oct_str *out, const char *s)
{
	oct_html_text(out, s, strlen(s));
}

/* --- One message ------------------------------------------------------------ */

static void
open_tag(struct oct_str *out, const char *name, const char *style)
{
	oct_str_addf(out, "<%s style=\"%s\">", name, style);
}

static void
add_fact(struct oct_str *out, const char *label, const char *text)
{
	if (*text == '\0')
		return;
	open_tag(out, "p", FACT_STYLE);
	add_text(out, label);
	oct_str_addc(out, ' ');
	add_text(out, text);
	oct_str_add(out, "</p>\n");
}

static void
add_date(struct oct_str *out, const char *label, int64_t wall_ms,
    enum template_lang lang)
{
	char text[TEMPLATE_DATE_MAX];
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	digest_date(wall_ms, lang, &s);
	add_fact(out, label, oct_str_text(&s));
}

/* name: what it is called where its surroundings are not seen, "" = its text. */
static void
add_link(struct oct_str *out, const char *text, const char *url,
    const char *style, const char *name)
{
	if (*url == '\0')
		return;
	oct_str_addf(out, "<a style=\"" BUTTON_STYLE "%s\" href=\"", style);
	add_text(out, url);
	if (*name != '\0') {
		oct_str_add(out, "\" aria-label=\"");
		add_text(out, text);
		oct_str_add(out, ", ");
		add_text(out, name);
	}
	oct_str_add(out, "\">");
	add_text(out, text);
	oct_str_add(out, "</a>\n");
}

/* In a word and by its colour; the word is enough. */
static void
add_sender(struct oct_str *out, const struct digest_line *l,
    enum template_lang lang)
{
	bool proven = l->class[0] == 'A' || l->class[0] == 'F';
	struct oct_str text;

	oct_str_heap(&text, 4096);
	digest_sender(l, lang, &text);
	oct_str_add(out, "<p style=\"margin:0 0 4px\"><strong>");
	add_text(out, oct_str_text(&text));
	oct_str_addf(out, "</strong> <span style=\"" BADGE_STYLE "%s\">",
	    proven		     ? ACCENT
		: l->class[0] == 'X' ? RED
				     : AMBER);
	add_text(out, digest_proof(l, lang));
	oct_str_add(out, "</span></p>\n");
	if (oct_str_err(&text) != 0 && out->err == 0)
		out->err = text.err;
	oct_str_free(&text);
}

static void
add_subject(struct oct_str *out, const struct digest_line *l,
    enum template_lang lang)
{
	struct oct_str text;

	oct_str_heap(&text, 8 * DIGEST_SUBJECT_MAX + 4096);
	digest_subject(l, lang, &text);
	open_tag(out, "p", SUBJECT_STYLE);
	add_text(out, oct_str_text(&text));
	oct_str_add(out, "</p>\n");
	if (oct_str_err(&text) != 0 && out->err == 0)
		out->err = text.err;
	oct_str_free(&text);
}

/* Nobody is to be led to what looks like junk. */
static bool
is_junk(const struct digest_line *l)
{
	return l->class[0] == 'X' ||
	    owner_group_of(l->reason) == OWNER_JUNK;
}

static void
add_buttons(struct oct_str *out, const struct digest_line *l,
    enum template_lang lang)
{
	struct oct_str of;
	const char *name;

	if (*l->release == '\0' && *l->accept == '\0' && *l->refuse == '\0')
		return;
	oct_str_heap(&of, 8 * DIGEST_SUBJECT_MAX + 4096);
	digest_sender(l, lang, &of);
	oct_str_add(&of, ", ");
	digest_subject(l, lang, &of);
	name = oct_str_err(&of) == 0 ? oct_str_text(&of) : "";
	open_tag(out, "p", BUTTONS_STYLE);
	oct_str_addc(out, '\n');
	add_link(out, digest_label(DIGEST_L_RELEASE, lang), l->release,
	    is_junk(l) ? LINE_STYLE : FULL_STYLE, name);
	add_link(out, digest_label(DIGEST_L_ACCEPT, lang), l->accept,
	    LINE_STYLE, name);
	add_link(out, digest_label(DIGEST_L_REFUSE, lang), l->refuse,
	    DANGER_STYLE, name);
	oct_str_add(out, "</p>\n");
	oct_str_free(&of);
}

static void
add_item(struct oct_str *out, const struct digest_line *l,
    enum template_lang lang)
{
	open_tag(out, "li", ITEM_STYLE);
	oct_str_addc(out, '\n');
	add_sender(out, l, lang);
	add_subject(out, l, lang);
	add_fact(out, digest_label(DIGEST_L_FOR, lang), l->rcpt);
	add_fact(out, digest_label(DIGEST_L_REASON, lang),
	    digest_reason(l, lang));
	add_date(out, digest_label(DIGEST_L_ARRIVED, lang), l->arrival_ms,
	    lang);
	add_date(out, digest_label(DIGEST_L_UNTIL, lang), l->expiry_ms, lang);
	add_buttons(out, l, lang);
	oct_str_add(out, "</li>\n");
}

static void
add_list(struct oct_str *out, const struct digest_mail *m)
{
	size_t shown = m->count < DIGEST_LINES_MAX ? m->count
						   : DIGEST_LINES_MAX;

	open_tag(out, "ul", LIST_STYLE);
	oct_str_addc(out, '\n');
	for (size_t i = 0; i < shown; i++)
		add_item(out, &m->lines[i], m->texts.first);
	oct_str_add(out, "</ul>\n");
	if (m->total > shown) {
		oct_str_add(out, "<p><strong>");
		digest_others(m->total - shown, m->texts.first, out);
		oct_str_add(out, "</strong></p>\n");
	}
}

/* --- The template's text ----------------------------------------------------- */

/* The page is long to read: a button stands for it. */
static void
add_line(struct oct_str *out, const struct digest_mail *m, const char *line,
    size_t len, enum template_lang lang)
{
	if (*m->page != '\0' && strlen(m->page) == len &&
	    memcmp(line, m->page, len) == 0)
		add_link(out, digest_label(DIGEST_L_PAGE, lang), m->page,
		    FULL_STYLE, "");
	else
		oct_html_text(out, line, len);
}

/* Lines that follow each other are one paragraph. */
static void
add_paragraphs(struct oct_str *out, const struct digest_mail *m,
    enum template_lang lang, const char *s)
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
			add_line(out, m, s, len, lang);
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
	oct_str_addf(out, "<div lang=\"%s\"%s>\n", template_lang_name(lang),
	    first ? "" : " style=\"" OTHER_STYLE "\"");
	add_paragraphs(out, m, lang, oct_str_text(&text));
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
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<meta name=\"color-scheme\" content=\"light\">\n<title>",
	    template_lang_name(first));
	add_text(out, subject);
	oct_str_add(out, "</title>\n</head>\n<body style=\"" BODY_STYLE "\">\n");
	oct_str_add(out, "<div role=\"main\" style=\"" SHEET_STYLE "\">\n");
	open_tag(out, "h1", TITLE_STYLE);
	add_text(out, subject);
	oct_str_add(out, "</h1>\n");
	add_language(out, m, v, first);
	add_language(out, m, v, first == TEMPLATE_FR ? TEMPLATE_EN
						     : TEMPLATE_FR);
	oct_str_add(out, "</div>\n</body>\n</html>\n");
}
