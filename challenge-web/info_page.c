/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/info_page.h"

#include <stdio.h>

#define DAY_MS 86400000

/* What one row of a page is. */
enum kind {
	LEAD,
	HEAD,
	PARAGRAPH,
	WITH_OPERATOR,  /* "{}" is the operator */
	WITH_DAYS,      /* "{}" is how long a message is held */
	THEN_CONTACT,   /* followed by the operator's contact, if given */
	THEN_DPO,       /* the data-protection officer; left out without one */
	THEN_NOTICE,    /* the URL of the notice; likewise */
	STATE,          /* what an audit found; text is not used */
	AUDIT           /* who made it; left out without one */
};

struct row {
	enum kind kind;
	enum text_id text;
};

static void
write_with_days(const struct view *v, struct page *p, enum text_id text)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%lld",
	    (long long)((v->app->timers.hold + DAY_MS - 1) / DAY_MS));
	page_fill(p, view_text(v, text), number);
}

static void
write_then(const struct view *v, struct page *p, enum text_id text,
    const char *contact)
{
	page_text(p, view_text(v, text));
	page_text(p, " ");
	view_contact(p, contact);
}

static enum text_id
state_text(const struct view *v)
{
	switch (v->app->settings->web_access) {
	case SETTINGS_ACCESS_NONE:
		return TEXT_ACCESS_STATE_NONE;
	case SETTINGS_ACCESS_PARTIAL:
		return TEXT_ACCESS_STATE_PARTIAL;
	case SETTINGS_ACCESS_FULL:
		return TEXT_ACCESS_STATE_FULL;
	default:
		return TEXT_ACCESS_STATE_UNAUDITED;
	}
}

static void
write_paragraph(const struct view *v, struct page *p, const struct row *r)
{
	const struct settings *s = v->app->settings;
	const char *contact =
	    *s->web_contact != '\0' ? s->web_contact : s->challenge_contact;

	page_open(p, "p", "class", r->kind == LEAD ? "lead" : NULL, NULL);
	switch (r->kind) {
	case WITH_OPERATOR:
		page_fill(p, view_text(v, r->text), view_operator(v));
		break;
	case WITH_DAYS:
		write_with_days(v, p, r->text);
		break;
	case THEN_CONTACT:
		write_then(v, p, r->text,
		    *contact != '\0' ? contact : view_operator(v));
		break;
	case THEN_DPO:
		write_then(v, p, r->text, s->challenge_dpo);
		break;
	case THEN_NOTICE:
		write_then(v, p, r->text, s->challenge_notice);
		break;
	case STATE:
		page_text(p, view_text(v, state_text(v)));
		break;
	case AUDIT:
		page_fill(p, view_text(v, r->text), s->web_audit);
		break;
	case LEAD:
	case HEAD:
	case PARAGRAPH:
		page_text(p, view_text(v, r->text));
		break;
	}
	page_close(p);
}

static bool
is_left_out(const struct view *v, enum kind kind)
{
	const struct settings *s = v->app->settings;

	return (kind == THEN_DPO && *s->challenge_dpo == '\0') ||
	    (kind == THEN_NOTICE && *s->challenge_notice == '\0') ||
	    (kind == AUDIT && *s->web_audit == '\0');
}

static void
write_page(struct view *v, enum text_id title, const struct row *rows,
    size_t count)
{
	struct page p;

	view_begin(v, &p, title, false);
	page_element(&p, "h1", NULL, view_text(v, title));
	for (size_t i = 0; i < count; i++) {
		if (rows[i].kind == HEAD)
			page_element(&p, "h2", NULL,
			    view_text(v, rows[i].text));
		else if (!is_left_out(v, rows[i].kind))
			write_paragraph(v, &p, &rows[i]);
	}
	view_end(v, &p, 200);
}

/* The operator's own words, if he gave any. */
static bool
write_own(struct view *v, enum text_id title, enum own_text_id own)
{
	enum lang lang = v->lang;
	const char *text = own_text_get(&v->app->own_texts[own], &lang);
	struct page p;

	if (text == NULL)
		return false;
	view_begin(v, &p, title, false);
	page_element(&p, "h1", NULL, view_text(v, title));
	page_open(&p, "div", "class", "own", "lang",
	    lang != v->lang ? lang_code(lang) : NULL, NULL);
	own_text_write(&p, text);
	page_close(&p);
	view_end(v, &p, 200);
	return true;
}

void
info_page_home(struct view *v)
{
	static const struct row rows[] = { { LEAD, TEXT_HOME },
		{ PARAGRAPH, TEXT_HOME_NEXT } };

	write_page(v, TEXT_SERVICE, rows, OCT_LEN(rows));
}

void
info_page_access(struct view *v)
{
	static const struct row rows[] = { { WITH_OPERATOR, TEXT_ACCESS_LEAD },
		{ HEAD, TEXT_ACCESS_STATE_HEAD },
		{ STATE, TEXT_COUNT },
		{ AUDIT, TEXT_ACCESS_AUDIT },
		{ HEAD, TEXT_ACCESS_WORK_HEAD },
		{ PARAGRAPH, TEXT_ACCESS_WORK },
		{ PARAGRAPH, TEXT_ACCESS_TESTED },
		{ HEAD, TEXT_ACCESS_REPORT_HEAD },
		{ THEN_CONTACT, TEXT_ACCESS_REPORT },
		{ PARAGRAPH, TEXT_ACCESS_REPORT_OTHER },
		{ HEAD, TEXT_ACCESS_APPEAL_HEAD },
		{ PARAGRAPH, TEXT_ACCESS_APPEAL } };

	if (!write_own(v, TEXT_ACCESS_TITLE, OWN_TEXT_ACCESS))
		write_page(v, TEXT_ACCESS_TITLE, rows, OCT_LEN(rows));
}

void
info_page_legal(struct view *v)
{
	static const struct row rows[] = {
		{ HEAD, TEXT_LEGAL_PUBLISHER_HEAD },
		{ WITH_OPERATOR, TEXT_LEGAL_PUBLISHER },
		{ THEN_CONTACT, TEXT_LEGAL_PUBLISHER_CONTACT },
		{ PARAGRAPH, TEXT_LEGAL_PUBLISHER_MORE },
		{ HEAD, TEXT_LEGAL_PURPOSE_HEAD },
		{ PARAGRAPH, TEXT_LEGAL_PURPOSE },
		{ HEAD, TEXT_LEGAL_SOFTWARE_HEAD },
		{ PARAGRAPH, TEXT_LEGAL_SOFTWARE } };

	if (!write_own(v, TEXT_LEGAL_TITLE, OWN_TEXT_LEGAL))
		write_page(v, TEXT_LEGAL_TITLE, rows, OCT_LEN(rows));
}

void
info_page_data(struct view *v)
{
	static const struct row rows[] = { { HEAD, TEXT_DATA_KEPT_HEAD },
		{ WITH_DAYS, TEXT_DATA_KEPT_MESSAGE },
		{ PARAGRAPH, TEXT_DATA_KEPT_CONFIRMED },
		{ PARAGRAPH, TEXT_DATA_KEPT_DISOWNED },
		{ PARAGRAPH, TEXT_DATA_KEPT_PASS },
		{ PARAGRAPH, TEXT_DATA_KEPT_LOG },
		{ HEAD, TEXT_DATA_NOT_HEAD },
		{ PARAGRAPH, TEXT_DATA_NOT },
		{ PARAGRAPH, TEXT_DATA_NOT_SHOWN },
		{ HEAD, TEXT_DATA_RIGHTS_HEAD },
		{ WITH_OPERATOR, TEXT_DATA_ANSWERS },
		{ THEN_CONTACT, TEXT_DATA_RIGHTS },
		{ THEN_DPO, TEXT_DATA_DPO },
		{ PARAGRAPH, TEXT_DATA_RIGHTS_CNIL },
		{ THEN_NOTICE, TEXT_DATA_NOTICE } };

	if (!write_own(v, TEXT_DATA_TITLE, OWN_TEXT_DATA))
		write_page(v, TEXT_DATA_TITLE, rows, OCT_LEN(rows));
}
