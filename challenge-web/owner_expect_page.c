/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that the owner expects (challenge.md 7): one of a named domain is let
 * in for a while.
 */
#include <stdio.h>
#include <string.h>

#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/expect.h"
#include "policy/owner_senders.h"

#define PATH "/o/expect"
#define MINUTE_MS 60000LL
#define FIELD_SIZE 340

static const struct {
	int minutes;
	enum otext text;
} spans[] = { { 15, OTEXT_EXPECT_15 }, { 60, OTEXT_EXPECT_60 },
	{ 1440, OTEXT_EXPECT_1440 }, { 10080, OTEXT_EXPECT_10080 } };

/* What was typed and not taken, "" = nothing, and why not. */
struct refused {
	const char *typed;
	enum otext why;
};

static void
write_spans(const struct owner_visit *o, struct page *p)
{
	page_open(p, "div", "class", "field", NULL);
	page_open(p, "label", "for", "for", NULL);
	page_text(p, owner_say(o->view, OTEXT_EXPECT_FOR));
	page_close(p);
	page_open(p, "select", "id", "for", "name", "for", NULL);
	for (size_t i = 0; i < OCT_LEN(spans); i++) {
		char value[16];

		(void)snprintf(value, sizeof(value), "%d", spans[i].minutes);
		page_open(p, "option", "value", value, "selected",
		    spans[i].minutes == 60 ? "" : NULL, NULL);
		page_text(p, owner_say(o->view, spans[i].text));
		page_close(p);
	}
	page_close(p);
	page_close(p);
}

static void
write_form(const struct owner_visit *o, struct page *p,
    const struct refused *r)
{
	const struct view *v = o->view;
	bool bad = *r->typed != '\0';

	page_open(p, "section", "class", "card", NULL);
	owner_form(o, p, PATH, NULL);
	page_open(p, "div", "class", bad ? "field bad" : "field", NULL);
	page_open(p, "label", "for", "from", NULL);
	page_text(p, owner_say(v, OTEXT_EXPECT_LABEL));
	page_close(p);
	page_open(p, "p", "class", "hint", "id", "from-hint", NULL);
	page_text(p, owner_say(v, OTEXT_EXPECT_HINT));
	page_close(p);
	if (bad) {
		page_open(p, "p", "class", "wrong", "id", "from-wrong", NULL);
		page_text(p, owner_say(v, r->why));
		page_close(p);
	}
	page_void(p, "input", "class", "address", "id", "from", "name",
	    "from", "type", "text", "autocapitalize", "none", "autocomplete",
	    "off", "spellcheck", "false", "maxlength", "320", "value",
	    bad ? r->typed : NULL, "aria-describedby",
	    bad ? "from-wrong from-hint" : "from-hint", "aria-invalid",
	    bad ? "true" : NULL, NULL);
	page_close(p);
	write_spans(o, p);
	owner_button(p, "do", "open", "button",
	    owner_say(v, OTEXT_EXPECT_BUTTON));
	page_element(p, "p", "after", owner_say(v, OTEXT_EXPECT_NOTE));
	page_close(p);
	page_close(p);
}

/* --- The list ------------------------------------------------------------------- */

struct listing {
	const struct owner_visit *visit;
	struct page *page;
	size_t count;
};

static void
write_end(const struct owner_visit *o, struct page *p, const char *domain)
{
	const char *text = owner_say(o->view, OTEXT_EXPECT_END_OF);
	const char *hole = strstr(text, "{}");
	char label[OCT_DOMAIN_SIZE + 64];
	struct oct_str l;

	oct_str_fixed(&l, label, sizeof(label));
	oct_str_addn(&l, text, hole != NULL ? (size_t)(hole - text) : 0);
	oct_str_addf(&l, "%s%s", domain, hole != NULL ? hole + 2 : "");
	owner_form(o, p, PATH, NULL);
	owner_hidden(p, "from", domain);
	page_open(p, "button", "class", "button plain small", "name", "do",
	    "value", "close", "aria-label",
	    oct_str_err(&l) == 0 ? label : NULL, NULL);
	page_text(p, owner_say(o->view, OTEXT_EXPECT_END));
	page_close(p);
	page_close(p);
}

static void
write_one(void *arg, const char *domain, int64_t until_ms)
{
	struct listing *l = arg;
	const struct view *v = l->visit->view;
	char when[96];
	struct oct_str s;

	if (l->count++ == 0)
		page_open(l->page, "ul", "class", "senders", NULL);
	oct_str_fixed(&s, when, sizeof(when));
	owner_words_time(v->lang, until_ms, &s);
	page_open(l->page, "li", NULL);
	page_open(l->page, "div", NULL);
	page_element(l->page, "strong", NULL, domain);
	page_open(l->page, "p", "class", "when", NULL);
	if (oct_str_err(&s) == 0)
		owner_filled(l->page, "span", NULL,
		    owner_say(v, OTEXT_EXPECT_UNTIL), when);
	page_close(l->page);
	page_close(l->page);
	write_end(l->visit, l->page, domain);
	page_close(l->page);
}

static void
show(struct owner_visit *o, const struct refused *r)
{
	struct listing l = { .visit = o };
	struct page p;
	int rc;

	owner_begin(o, &p, OWNER_TAB_EXPECT, OTEXT_MENU_EXPECT);
	page_element(&p, "h1", NULL, owner_say(o->view, OTEXT_MENU_EXPECT));
	page_element(&p, "p", "lead", owner_say(o->view, OTEXT_EXPECT_LEAD));
	owner_told(o, &p);
	write_form(o, &p, r);
	page_element(&p, "h2", NULL, owner_say(o->view, OTEXT_EXPECT_LIST));
	l.page = &p;
	rc = expect_list(o->owner.store, o->owner.domain, o->owner.local,
	    o->owner.now_ms, write_one, &l);
	if (l.count > 0)
		page_close(&p);
	else
		page_element(&p, "p", NULL,
		    owner_say(o->view, OTEXT_EXPECT_NONE));
	if (rc == 0) {
		view_end(o->view, &p, *r->typed != '\0' ? 422 : 200);
		return;
	}
	oct_str_free(&p.out);
	notice_page(o->view, NOTICE_AWAY, NULL);
}

/* "x.fr", "@x.fr", "jean@x.fr" */
static bool
read_domain(const char *typed, char out[OCT_DOMAIN_SIZE])
{
	const char *at = strrchr(typed, '@');

	typed = at != NULL ? at + 1 : typed + strspn(typed, " ");
	return oct_domain_normalise(typed, out) == 0 &&
	    strchr(out, '.') != NULL;
}

struct sought {
	const char *domain;
	bool found;
};

static void
seek(void *arg, const char *from_domain, int64_t until_ms)
{
	struct sought *s = arg;

	(void)until_ms;
	s->found |= strcmp(from_domain, s->domain) == 0;
}

/* One that is expected already takes no room. */
static int
check_room(const struct owner *w, const char *domain)
{
	struct sought s = { .domain = domain };
	size_t count = 0;
	int rc = expect_count(w->store, w->domain, w->local, w->now_ms, &count);

	if (rc != 0 || count < OWNER_EXPECTED_MAX)
		return rc;
	rc = expect_list(w->store, w->domain, w->local, w->now_ms, seek, &s);
	return rc != 0 || s.found ? rc : OCT_ELIMIT;
}

static int
act(struct owner_visit *o, bool open, const char *domain)
{
	const struct owner *w = &o->owner;
	struct owner_entry_text e = { .what = domain,
		.act = open ? OWNER_ACT_EXPECT : OWNER_ACT_EXPECT_END };
	char text[16];
	int64_t minutes = 60;
	int rc;

	owner_field(o->view, "for", text, sizeof(text));
	if (*text != '\0' &&
	    oct_num_int(text, 1, EXPECT_MINUTES_MAX, &minutes) != 0)
		minutes = 60;
	rc = open ? check_room(w, domain) : 0;
	if (rc != 0)
		return rc;
	rc = open ? expect_open(w->store, w->domain, w->local, domain,
			w->now_ms + minutes * MINUTE_MS)
		  : expect_use(w->store, w->domain, w->local, domain);
	if (rc < 0)
		return rc;
	owner_note(w, &e);
	return 0;
}

static void
post(struct owner_visit *o)
{
	char what[16], typed[FIELD_SIZE], domain[OCT_DOMAIN_SIZE];
	struct refused refused = { .typed = typed, .why = OTEXT_EXPECT_BAD };
	bool open;
	int rc;

	if (!owner_post_ok(o->view, o->session.id, PATH))
		return;
	owner_field(o->view, "do", what, sizeof(what));
	owner_field(o->view, "from", typed, sizeof(typed));
	open = strcmp(what, "open") == 0;
	if (!open && strcmp(what, "close") != 0) {
		notice_fault_page(o->view, 400);
		return;
	}
	if (*typed == '\0')
		refused.typed = " ";
	rc = read_domain(typed, domain) ? act(o, open, domain) : OCT_EPARSE;
	if (rc == OCT_ELIMIT)
		refused.why = OTEXT_EXPECT_FULL;
	if (rc == OCT_EPARSE || rc == OCT_ELIMIT) {
		show(o, &refused);
	} else if (rc != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
	} else {
		owner_go(o->view, &(struct owner_to){ .path = PATH,
		    .result = open ? "expect" : "expect-end",
		    .item = domain });
	}
}

void
owner_page_expect(struct owner_visit *o)
{
	static const struct refused none = { .typed = "" };

	if (o->view->request->method == HTTP_POST)
		post(o);
	else
		show(o, &none);
}
