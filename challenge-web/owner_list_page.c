/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of held messages and the bin.  One form around all rows: each row's
 * buttons name their act and item ("release:<id>"), those below act on what is
 * ticked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"
#include "lib/num.h"
#include "lib/spool.h"

#define FORM_ID "held"
#define BULK_MAX OWNER_PAGE
#define ACT_SIZE 64
#define TICKED "ticked"

/* --- What is asked for ------------------------------------------------------- */

static const char *const kinds[OWNER_GROUPS] = { [OWNER_ALL] = "",
	[OWNER_CONTACT] = "contact", [OWNER_JUNK] = "junk",
	[OWNER_AUTOMATIC] = "automatic", [OWNER_VIRUS] = "virus" };

static void
read_search(const struct owner_visit *o, struct owner_search *q)
{
	const struct http_request *r = o->view->request;
	int64_t page;

	*q = (struct owner_search){ .words = http_arg(r, HTTP_ARG_SEARCH) };
	for (size_t i = 0; i < OWNER_GROUPS; i++)
		if (strcmp(http_arg(r, HTTP_ARG_KIND), kinds[i]) == 0)
			q->group = (enum owner_group)i;
	if (oct_num_int(http_arg(r, HTTP_ARG_PAGE), 1, 100000, &page) == 0)
		q->page = (size_t)page - 1;
}

static bool
is_search(const struct owner_search *q)
{
	return q->group != OWNER_ALL || *q->words != '\0';
}

/* --- The search form ---------------------------------------------------------- */

static void
write_kinds(const struct owner_visit *o, struct page *p,
    const struct owner_search *q)
{
	static const enum otext texts[OWNER_GROUPS] = {
		[OWNER_ALL] = OTEXT_KIND_ALL,
		[OWNER_CONTACT] = OTEXT_KIND_CONTACT,
		[OWNER_JUNK] = OTEXT_KIND_JUNK,
		[OWNER_AUTOMATIC] = OTEXT_KIND_AUTOMATIC,
		[OWNER_VIRUS] = OTEXT_KIND_VIRUS,
	};

	page_open(p, "div", NULL);
	page_open(p, "label", "for", "kind", NULL);
	page_text(p, owner_say(o->view, OTEXT_KIND_LABEL));
	page_close(p);
	page_open(p, "select", "id", "kind", "name", "k", NULL);
	for (size_t i = 0; i < OWNER_GROUPS; i++) {
		page_open(p, "option", "value", kinds[i], "selected",
		    i == q->group ? "" : NULL, NULL);
		page_text(p, owner_say(o->view, texts[i]));
		page_close(p);
	}
	page_close(p);
	page_close(p);
}

static void
write_search(const struct owner_visit *o, struct page *p,
    const struct owner_search *q)
{
	const struct view *v = o->view;
	char url[VIEW_URL_SIZE];

	view_url(v, "/o", "", url);
	page_open(p, "form", "class", "search", "role", "search", "method",
	    "get", "action", url, NULL);
	if (v->lang_asked)
		owner_hidden(p, "lang", lang_code(v->lang));
	page_open(p, "div", "class", "grow", NULL);
	page_open(p, "label", "for", "q", NULL);
	page_text(p, owner_say(v, OTEXT_SEARCH_LABEL));
	page_close(p);
	page_void(p, "input", "id", "q", "name", "q", "type", "search",
	    "maxlength", "200", "value", q->words, NULL);
	page_close(p);
	write_kinds(o, p, q);
	page_open(p, "button", "class", "button plain small", NULL);
	page_text(p, owner_say(v, OTEXT_SEARCH_BUTTON));
	page_close(p);
	if (is_search(q)) {
		page_open(p, "a", "class", "all", "href", url, NULL);
		page_text(p, owner_say(v, OTEXT_SEARCH_ALL));
		page_close(p);
	}
	page_close(p);
}

/* --- Rows ------------------------------------------------------------------- */

static void
row_button(const struct owner_visit *o, struct page *p, const char *act,
    const struct case_item *item, enum otext text)
{
	char value[ACT_SIZE], subject[OWNER_SUBJECT_ID];
	enum owner_group group = owner_group_of(item->held.reason);
	/* Nobody is to be led to what looks like junk. */
	bool first = strcmp(act, "release") == 0 && group != OWNER_JUNK;

	(void)snprintf(value, sizeof(value), "%s:%s", act, item->held.id);
	owner_subject_id(item, subject);
	/* Who cannot see in which row a button stands hears its message. */
	page_open(p, "button", "class",
	    first ? "button small" : "button plain small", "name", "do",
	    "value", value, "aria-describedby", subject, NULL);
	page_text(p, owner_say(o->view, text));
	page_close(p);
}

static void
write_buttons(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	bool virus = owner_group_of(item->held.reason) == OWNER_VIRUS;

	page_open(p, "div", "class", "buttons", NULL);
	if (!virus) {
		row_button(o, p, "release", item, OTEXT_RELEASE);
		row_button(o, p, "accept", item, OTEXT_ACCEPT);
	}
	row_button(o, p, "discard", item, OTEXT_DISCARD);
	if (!virus)
		row_button(o, p, "refuse", item, OTEXT_REFUSE);
	page_close(p);
}

/* Without a script, all are ticked by another look at the page. */
static bool
is_ticked(const struct owner_visit *o)
{
	return strcmp(o->view->request->result, TICKED) == 0;
}

static void
write_tick(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	char id[HELD_ID_SIZE + 8];

	(void)snprintf(id, sizeof(id), "t-%s", item->held.id);
	page_open(p, "div", "class", "tick", NULL);
	page_void(p, "input", "type", "checkbox", "id", id, "name", "id",
	    "value", item->held.id, "checked", is_ticked(o) ? "" : NULL,
	    NULL);
	page_open(p, "label", "for", id, NULL);
	owner_filled(p, "span", "unseen", owner_say(o->view, OTEXT_SELECT),
	    owner_words_sender(o->view->lang, item));
	page_close(p);
	page_close(p);
}

static void
write_row(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	bool going = item->want[0] != '\0';

	page_open(p, "li", "class", "message", NULL);
	if (!going)
		write_tick(o, p, item);
	page_open(p, "div", "class", "facts-of", NULL);
	owner_item_lines(o->view, p, item);
	page_close(p);
	if (!going)
		write_buttons(o, p, item);
	page_close(p);
}

/* Leads back here, not to the top of the page. */
static void
write_tick_all(const struct owner_visit *o, struct page *p,
    const struct owner_search *q)
{
	bool ticked = is_ticked(o);
	const struct owner_to to = { .path = "/o", .words = q->words,
		.kind = kinds[q->group], .page = q->page,
		.result = ticked ? NULL : TICKED };
	char url[VIEW_URL_SIZE], here[VIEW_URL_SIZE + 8];

	owner_url(o->view, &to, url);
	(void)snprintf(here, sizeof(here), "%s#bulk", url);
	page_open(p, "a", "href", here, NULL);
	page_text(p, owner_say(o->view,
	    ticked ? OTEXT_BULK_NONE : OTEXT_BULK_ALL));
	page_close(p);
}

static void
write_bulk(const struct owner_visit *o, struct page *p,
    const struct owner_search *q)
{
	page_open(p, "div", "class", "bulk", "id", "bulk", "role", "group",
	    "aria-label", owner_say(o->view, OTEXT_BULK), NULL);
	write_tick_all(o, p, q);
	owner_button(p, "do", "many-release", "button plain small",
	    owner_say(o->view, OTEXT_BULK_RELEASE));
	owner_button(p, "do", "many-discard", "button plain small",
	    owner_say(o->view, OTEXT_BULK_DISCARD));
	page_close(p);
}

/* --- Around them -------------------------------------------------------------- */

static void
legend_line(const struct owner_visit *o, struct page *p, enum otext name,
    enum otext does)
{
	char within[64];
	struct oct_str s;

	oct_str_fixed(&s, within, sizeof(within));
	if (!owner_undo_words(o->view, &s) || oct_str_err(&s) != 0)
		within[0] = '\0';
	page_open(p, "div", NULL);
	page_element(p, "dt", NULL, owner_say(o->view, name));
	if (does == OTEXT_DISCARD_DOES)
		owner_filled(p, "dd", NULL, owner_say(o->view, does), within);
	else
		page_element(p, "dd", NULL, owner_say(o->view, does));
	page_close(p);
}

static void
write_legend(const struct owner_visit *o, struct page *p)
{
	page_open(p, "details", "class", "legend", NULL);
	page_element(p, "summary", NULL, owner_say(o->view, OTEXT_LEGEND));
	page_open(p, "dl", "class", "inside", NULL);
	legend_line(o, p, OTEXT_RELEASE, OTEXT_RELEASE_DOES);
	legend_line(o, p, OTEXT_ACCEPT, OTEXT_ACCEPT_DOES);
	legend_line(o, p, OTEXT_DISCARD, OTEXT_DISCARD_DOES);
	legend_line(o, p, OTEXT_REFUSE, OTEXT_REFUSE_DOES);
	page_close(p);
	page_close(p);
}

static void
page_link(const struct owner_visit *o, struct page *p,
    const struct owner_search *q, size_t page, enum otext text)
{
	char url[VIEW_URL_SIZE];
	const struct owner_to to = { .path = "/o", .words = q->words,
		.kind = kinds[q->group], .page = page };

	owner_url(o->view, &to, url);
	page_open(p, "a", "href", url, "rel",
	    text == OTEXT_NEWER ? "prev" : "next", NULL);
	page_text(p, owner_say(o->view, text));
	page_close(p);
}

static void
write_pages(const struct owner_visit *o, struct page *p,
    const struct owner_search *q, size_t total)
{
	size_t last = total > 0 ? (total - 1) / OWNER_PAGE : 0;
	char where[64];

	if (last == 0 && q->page == 0)
		return;
	(void)snprintf(where, sizeof(where), "%zu / %zu", q->page + 1,
	    last + 1);
	page_open(p, "nav", "class", "pages", "aria-label",
	    owner_say(o->view, OTEXT_PAGES), NULL);
	if (q->page > 0)
		page_link(o, p, q, q->page - 1, OTEXT_NEWER);
	owner_filled(p, "span", NULL, owner_say(o->view, OTEXT_PAGE_OF),
	    where);
	if (q->page < last)
		page_link(o, p, q, q->page + 1, OTEXT_OLDER);
	page_close(p);
}

static void
write_title(const struct owner_visit *o, struct page *p,
    const struct owner_search *q, size_t total)
{
	bool found = is_search(q);
	enum otext none = found ? OTEXT_FOUND_NONE : OTEXT_COUNT_NONE;
	enum otext one = found ? OTEXT_FOUND_ONE : OTEXT_COUNT_ONE;
	enum otext many = found ? OTEXT_FOUND_MANY : OTEXT_COUNT_MANY;

	if (total <= 1)
		page_element(p, "h1", NULL,
		    owner_say(o->view, total == 0 ? none : one));
	else
		owner_filled_number(p, "h1", NULL, owner_say(o->view, many),
		    total);
}

static void
write_rows(const struct owner_visit *o, struct page *p,
    const struct owner_search *q, const struct owner_page *page)
{
	owner_form(o, p, "/o", FORM_ID);
	owner_hidden(p, "q", q->words);
	owner_hidden(p, "k", kinds[q->group]);
	page_open(p, "ul", "class", "messages", "aria-label",
	    owner_say(o->view, OTEXT_LIST), NULL);
	for (size_t i = 0; i < page->count; i++)
		write_row(o, p, &page->item[i]);
	page_close(p);
	write_bulk(o, p, q);
	page_close(p);
}

static void
show(struct owner_visit *o)
{
	struct owner_page *page = NULL;
	struct owner_search q;
	struct page p;

	read_search(o, &q);
	if (owner_list(&o->owner, &q, &page) != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	owner_begin(o, &p, OWNER_TAB_LIST, OTEXT_TITLE);
	write_title(o, &p, &q, page->total);
	owner_told(o, &p);
	if (page->cut)
		page_element(&p, "p", "hint",
		    owner_say(o->view, OTEXT_FOUND_CUT));
	if (page->total > 0 || is_search(&q))
		write_search(o, &p, &q);
	if (page->count > 0) {
		write_legend(o, &p);
		write_rows(o, &p, &q, page);
	} else if (!is_search(&q)) {
		page_element(&p, "p", "lead", owner_say(o->view, OTEXT_EMPTY));
	}
	write_pages(o, &p, &q, page->total);
	view_end(o->view, &p, 200);
	owner_page_free(page);
}

/* --- Acts ------------------------------------------------------------------ */

/* Each "id" of the form, one after the other: *at begins as 0. */
static bool
next_id(const struct http_request *r, size_t *at, char out[HELD_ID_SIZE])
{
	while (*at < r->body_len) {
		const char *pair = r->body + *at;
		const char *end = memchr(pair, '&', r->body_len - *at);
		size_t n = end != NULL ? (size_t)(end - pair)
				       : r->body_len - *at;

		*at += n + (end != NULL);
		if (n != 3 + HELD_ID_SIZE - 1 || memcmp(pair, "id=", 3) != 0)
			continue;
		memcpy(out, pair + 3, HELD_ID_SIZE - 1);
		out[HELD_ID_SIZE - 1] = '\0';
		if (spool_id_ok(out))
			return true;
	}
	return false;
}

/* What was ticked may have gone meanwhile. */
static const char *
many_result(const char *act, size_t ticked, size_t done)
{
	if (ticked == 0)
		return "nothing";
	if (done == 0)
		return "over";
	if (done > 1)
		return act;
	return strcmp(act, "many-release") == 0 ? "one-release"
						: "one-discard";
}

static void
do_many(struct owner_visit *o, const char *act, struct owner_to *to)
{
	const char *one = strcmp(act, "many-release") == 0 ? "release"
							   : "discard";
	char id[HELD_ID_SIZE], number[24];
	size_t at = 0, ticked = 0, done = 0;
	int rc = 0;

	while (rc == 0 && ticked < BULK_MAX &&
	    next_id(o->view->request, &at, id)) {
		enum case_outcome outcome;

		ticked++;
		rc = owner_do(&o->owner, one, id, &outcome);
		if (rc == 0 && outcome == CASE_OVER)
			owner_note_foreign(o, id);
		done += rc == 0 && outcome == CASE_DONE;
	}
	if (rc != 0 && done == 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	(void)snprintf(number, sizeof(number), "%zu", done);
	to->item = number;
	to->result = many_result(act, ticked, done);
	owner_go(o->view, to);
}

static void
do_one(struct owner_visit *o, char *act, struct owner_to *to)
{
	char *id = strchr(act, ':');
	enum case_outcome outcome;
	struct case_item item;
	int rc;

	if (id != NULL)
		*id++ = '\0';
	if (id == NULL || !spool_id_ok(id)) {
		notice_fault_page(o->view, 400);
		return;
	}
	rc = owner_item(&o->owner, id, &item);
	if (rc == 0) {
		owner_refused(o->view, "no-such-item", o->address, id);
		notice_page(o->view, NOTICE_MISSING, NULL);
		return;
	}
	if (rc == 1) {
		case_item_fini(&item);
		rc = owner_do(&o->owner, act, id, &outcome);
	}
	if (rc != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	to->item = id;
	to->result = owner_result(outcome, act);
	owner_go(o->view, to);
}

static bool
is_act(const char *act)
{
	static const char *const acts[] = { "release:", "accept:", "discard:",
		"spam:", "refuse:" };

	for (size_t i = 0; i < OCT_LEN(acts); i++)
		if (strncmp(act, acts[i], strlen(acts[i])) == 0)
			return true;
	return false;
}

static void
post(struct owner_visit *o)
{
	char act[ACT_SIZE], words[256], kind[16];
	struct owner_to to = { .path = "/o", .words = words, .kind = kind };

	if (!owner_post_ok(o->view, o->session.id, "/o"))
		return;
	owner_field(o->view, "do", act, sizeof(act));
	owner_field(o->view, "q", words, sizeof(words));
	owner_field(o->view, "k", kind, sizeof(kind));
	if (strcmp(act, "many-release") == 0 ||
	    strcmp(act, "many-discard") == 0)
		do_many(o, act, &to);
	else if (is_act(act))
		do_one(o, act, &to);
	else
		notice_fault_page(o->view, 400);
}

void
owner_page_list(struct owner_visit *o)
{
	if (o->view->request->method == HTTP_POST)
		post(o);
	else
		show(o);
}
