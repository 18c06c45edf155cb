/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/challenge_form.h"

#include "challenge-web/notice.h"
#include "lib/date_text.h"

static enum text_id
problem_text(enum form_problem problem)
{
	switch (problem) {
	case FORM_CODE_ASKED:
		return TEXT_PROBLEM_CODE_ASKED;
	case FORM_CODE_SHAPE:
		return TEXT_PROBLEM_CODE_FORM;
	case FORM_CODE_WRONG:
		return TEXT_PROBLEM_CODE_WRONG;
	case FORM_OLD_PAGE:
		return TEXT_PROBLEM_OLD_PAGE;
	case FORM_FINE:
		break;
	}
	return TEXT_COUNT;
}

static bool
is_about_code(enum form_problem problem)
{
	return problem != FORM_FINE && problem != FORM_OLD_PAGE;
}

/* Why nothing was done, first on the page. */
static void
write_problem(struct view *v, struct page *p, const struct challenge_form *f)
{
	const char *text;

	if (f->problem == FORM_FINE)
		return;
	text = view_text(v, problem_text(f->problem));
	page_open(p, "div", "class", "problem", "role", "alert", NULL);
	page_open(p, "p", NULL);
	if (is_about_code(f->problem)) {
		page_open(p, "a", "href",
		    f->at_not_me ? "#code-not-me" : "#code-confirm", NULL);
		page_text(p, text);
		page_close(p);
	} else {
		page_text(p, text);
	}
	page_close(p);
	page_close(p);
}

static void
write_date(struct view *v, struct page *p, enum text_id name, int64_t wall_ms)
{
	struct oct_str date;
	char text[128];

	oct_str_fixed(&date, text, sizeof(text));
	if (v->lang == LANG_FR)
		oct_date_fr(&date, wall_ms);
	else
		oct_date_en(&date, wall_ms);
	page_open(p, "div", NULL);
	page_element(p, "dt", NULL, view_text(v, name));
	page_element(p, "dd", NULL, oct_str_text(&date));
	page_close(p);
}

static void
write_facts(struct view *v, struct page *p, const struct challenge *c)
{
	page_open(p, "dl", "class", "facts", NULL);
	write_date(v, p, TEXT_FACT_SENT, c->arrival_ms);
	page_open(p, "div", NULL);
	page_element(p, "dt", NULL, view_text(v,
	    c->count > 1 ? TEXT_FACT_TO_MANY : TEXT_FACT_TO_ONE));
	page_open(p, "dd", NULL);
	notice_addresses(p, c);
	page_close(p);
	page_close(p);
	write_date(v, p, TEXT_FACT_BEFORE, c->expires_ms);
	page_close(p);
}

/* Identifiers of one code field. */
struct field {
	const char *id, *hint_id, *problem_id;
	const char *both_ids; /* of problem and hint */
	enum text_id hint;
	enum form_problem problem; /* FORM_FINE: not here */
};

static void
write_code(struct view *v, struct page *p, const struct field *f)
{
	bool bad = is_about_code(f->problem);

	page_open(p, "div", "class", bad ? "field bad" : "field", NULL);
	page_open(p, "label", "for", f->id, NULL);
	page_text(p, view_text(v, TEXT_CODE_LABEL));
	page_close(p);
	page_open(p, "p", "class", "hint", "id", f->hint_id, NULL);
	page_text(p, view_text(v, f->hint));
	page_close(p);
	if (bad) {
		page_open(p, "p", "class", "wrong", "id", f->problem_id, NULL);
		page_text(p, view_text(v, problem_text(f->problem)));
		page_close(p);
	}
	page_void(p, "input", "class", "code", "id", f->id, "name", FORM_CODE,
	    "type", "text", "inputmode", "numeric", "autocomplete",
	    "one-time-code", "maxlength", "12", "aria-describedby",
	    bad ? f->both_ids : f->hint_id, "aria-invalid",
	    bad ? "true" : NULL, "autofocus", bad ? "" : NULL, NULL);
	page_close(p);
}

static void
begin_form(struct page *p, const struct challenge_form *f)
{
	page_open(p, "form", "method", "post", "action", f->url, NULL);
	page_void(p, "input", "type", "hidden", "name", FORM_NONCE, "value",
	    f->nonce, NULL);
}

static void
end_form(struct page *p, const char *class, const char *act, const char *text)
{
	page_open(p, "button", "class", class, "type", "submit", "name",
	    FORM_ACT, "value", act, NULL);
	page_text(p, text);
	page_close(p);
	page_close(p);
}

static void
write_confirm(struct view *v, struct page *p, const struct challenge_form *f)
{
	const struct field code = { .id = "code-confirm",
		.hint_id = "hint-confirm", .problem_id = "problem-confirm",
		.both_ids = "problem-confirm hint-confirm",
		.hint = f->need == CODE_EARLY ? TEXT_CODE_HINT
					      : TEXT_CODE_HINT_SHORT,
		.problem = f->at_not_me ? FORM_FINE : f->problem };

	begin_form(p, f);
	if (f->need != CODE_NOT || code.problem != FORM_FINE)
		write_code(v, p, &code);
	end_form(p, "button", FORM_CONFIRM, view_text(v, TEXT_CONFIRM_BUTTON));
	page_element(p, "p", "after", view_text(v, TEXT_CONFIRM_AFTER));
}

static void
write_not_me(struct view *v, struct page *p, const struct challenge_form *f)
{
	const struct field code = { .id = "code-not-me",
		.hint_id = "hint-not-me", .problem_id = "problem-not-me",
		.both_ids = "problem-not-me hint-not-me",
		.hint = TEXT_CODE_HINT_SHORT,
		.problem = f->at_not_me ? f->problem : FORM_FINE };

	page_open(p, "details", "class", "other", "open",
	    f->at_not_me ? "" : NULL, NULL);
	page_element(p, "summary", NULL, view_text(v, TEXT_NOT_ME));
	page_open(p, "div", "class", "inside", NULL);
	page_element(p, "p", NULL, view_text(v, TEXT_NOT_ME_LEAD));
	begin_form(p, f);
	write_code(v, p, &code);
	end_form(p, "button plain", FORM_NOT_ME,
	    view_text(v, TEXT_NOT_ME_BUTTON));
	page_close(p);
	page_close(p);
}

static unsigned int
status_of(enum form_problem problem)
{
	switch (problem) {
	case FORM_FINE:
		return 200;
	case FORM_CODE_ASKED:
	case FORM_CODE_SHAPE:
		return 422;
	case FORM_CODE_WRONG:
	case FORM_OLD_PAGE:
		return 403;
	}
	return 500;
}

void
challenge_form_page(struct view *v, const struct challenge_form *f)
{
	const struct challenge *c = f->challenge;
	struct page p;

	view_begin(v, &p, TEXT_CONFIRM_TITLE, f->problem != FORM_FINE);
	write_problem(v, &p, f);
	page_element(&p, "h1", NULL, view_text(v, TEXT_CONFIRM_TITLE));
	page_element(&p, "p", "lead", view_text(v, c->count > 1 ?
	    TEXT_CONFIRM_LEAD_MANY : TEXT_CONFIRM_LEAD_ONE));
	page_open(&p, "div", "class", "card", NULL);
	write_facts(v, &p, c);
	write_confirm(v, &p, f);
	page_close(&p);
	write_not_me(v, &p, f);
	view_end(v, &p, status_of(f->problem));
}
