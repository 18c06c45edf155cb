/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who did what, when; of a mailbox that several share above all.
 */
#include <string.h>

#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"

#define PATH "/o/history"
#define AT_ONCE 100
#define DIGITS_MAX 19 /* of what fits 64 bits */

struct listing {
	const struct owner_visit *visit;
	struct page *page;
	size_t count;
};

/* "digest=off": what a person calls it; OTEXT_COUNT: it has no name here. */
static enum otext
setting_text(const char *what)
{
	static const struct {
		const char *name;
		enum otext text;
	} words[] = { { "digest=", OTEXT_SET_DIGEST },
		{ "lang=", OTEXT_SET_LANG }, { "automatic=", OTEXT_SET_AUTO },
		{ "challenge=", OTEXT_SET_CHALLENGE },
		{ "challenge_gentler=", OTEXT_SET_CHALLENGE } };

	for (size_t i = 0; i < OCT_LEN(words); i++)
		if (strncmp(what, words[i].name, strlen(words[i].name)) == 0)
			return words[i].text;
	return OTEXT_COUNT;
}

static void
write_what(struct listing *l, const struct owner_entry_text *e)
{
	const struct view *v = l->visit->view;
	struct oct_str s;

	if (e->act == OWNER_ACT_SETTING &&
	    setting_text(e->what) != OTEXT_COUNT) {
		page_element(l->page, "span", NULL,
		    owner_say(v, setting_text(e->what)));
	} else if (*e->what != '\0') {
		oct_str_heap(&s, 4096);
		owner_words_who(e->what, &s);
		if (s.len == 0)
			oct_str_add(&s, owner_say(v, OTEXT_FROM_NOBODY));
		if (oct_str_err(&s) == 0)
			page_element(l->page, "span", NULL, oct_str_text(&s));
		oct_str_free(&s);
	}
	if (*e->subject == '\0')
		return;
	oct_str_heap(&s, 4096);
	owner_words_subject(v->lang, e->subject, &s);
	if (oct_str_err(&s) == 0)
		page_element(l->page, "span", "hint", oct_str_text(&s));
	oct_str_free(&s);
}

static void
write_one(void *arg, const struct owner_entry_text *e)
{
	struct listing *l = arg;
	const struct view *v = l->visit->view;
	char when[96];
	struct oct_str s;

	if (l->count++ == 0)
		page_open(l->page, "ol", "class", "history", NULL);
	oct_str_fixed(&s, when, sizeof(when));
	owner_words_time(v->lang, e->wall_ms, &s);
	page_open(l->page, "li", NULL);
	page_open(l->page, "p", NULL);
	page_element(l->page, "strong", NULL,
	    owner_say(v, owner_words_act(e->act)));
	write_what(l, e);
	page_close(l->page);
	page_open(l->page, "p", "class", "when", NULL);
	page_element(l->page, "span", NULL,
	    oct_str_err(&s) == 0 ? when : "");
	if (*e->person != '\0')
		owner_filled(l->page, "span", NULL,
		    owner_say(v, OTEXT_HISTORY_BY), e->person);
	else
		page_element(l->page, "span", NULL,
		    owner_say(v, OTEXT_HISTORY_BY_BOX));
	page_close(l->page);
	page_close(l->page);
}

/* A position is two numbers with a hyphen between. */
static bool
is_position(const char *text)
{
	static const char digits[] = "0123456789";
	size_t n = strspn(text, digits), m;

	if (n == 0 || n > DIGITS_MAX || text[n] != '-')
		return false;
	m = strspn(text + n + 1, digits);
	return m > 0 && m <= DIGITS_MAX && text[n + 1 + m] == '\0';
}

static void
write_more(const struct owner_visit *o, struct page *p, const char *at)
{
	const struct owner_to to = { .path = PATH, .item = at };
	char url[VIEW_URL_SIZE];

	owner_url(o->view, &to, url);
	page_open(p, "p", NULL);
	page_open(p, "a", "href", url, NULL);
	page_text(p, owner_say(o->view, OTEXT_HISTORY_MORE));
	page_close(p);
	page_close(p);
}

void
owner_page_history(struct owner_visit *o)
{
	const char *from = http_arg(o->view->request, HTTP_ARG_ITEM);
	struct listing l = { .visit = o };
	char at[OCT_STREAM_ID] = "+";
	struct page p;

	if (*from != '\0' && !is_position(from)) {
		notice_fault_page(o->view, 400);
		return;
	}
	if (*from != '\0')
		memcpy(at, from, strlen(from) + 1);
	owner_begin(o, &p, OWNER_TAB_HISTORY, OTEXT_MENU_HISTORY);
	page_element(&p, "h1", NULL, owner_say(o->view, OTEXT_MENU_HISTORY));
	page_element(&p, "p", "lead", owner_say(o->view, OTEXT_HISTORY_LEAD));
	l.page = &p;
	if (owner_history(&o->owner, at, AT_ONCE, write_one, &l) != 0) {
		oct_str_free(&p.out);
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	if (l.count > 0)
		page_close(&p);
	else
		page_element(&p, "p", NULL,
		    owner_say(o->view, OTEXT_HISTORY_NONE));
	if (l.count == AT_ONCE)
		write_more(o, &p, at);
	view_end(o->view, &p, 200);
}
