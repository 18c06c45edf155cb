/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was discarded and can be taken back.
 */
#include <string.h>

#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "lib/spool.h"

static void
write_bin_row(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	page_open(p, "li", "class", "message bare", NULL);
	page_open(p, "div", "class", "facts-of", NULL);
	owner_item_lines(o->view, p, item);
	page_close(p);
	page_open(p, "div", "class", "buttons", NULL);
	owner_form(o, p, "/o/bin", NULL);
	owner_hidden(p, "id", item->held.id);
	owner_button(p, "do", "undo", "button plain small",
	    owner_say(o->view, OTEXT_TAKE_BACK));
	page_close(p);
	page_close(p);
	page_close(p);
}

static void
write_rows(const struct owner_visit *o, struct page *p,
    const struct owner_page *page)
{
	page_open(p, "ul", "class", "messages", NULL);
	for (size_t i = 0; i < page->count; i++)
		write_bin_row(o, p, &page->item[i]);
	page_close(p);
}

static void
show_bin(struct owner_visit *o)
{
	struct owner_page *page = NULL;
	char within[64];
	struct oct_str s;
	struct page p;

	if (owner_bin(&o->owner, &page) != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	owner_begin(o, &p, OWNER_TAB_BIN, OTEXT_MENU_BIN);
	page_element(&p, "h1", NULL, owner_say(o->view, OTEXT_MENU_BIN));
	owner_told(o, &p);
	oct_str_fixed(&s, within, sizeof(within));
	if (owner_undo_words(o->view, &s) && oct_str_err(&s) == 0)
		owner_filled(&p, "p", "lead",
		    owner_say(o->view, OTEXT_BIN_LEAD), within);
	if (page->count == 0)
		page_element(&p, "p", NULL,
		    owner_say(o->view, OTEXT_BIN_EMPTY));
	else
		write_rows(o, &p, page);
	view_end(o->view, &p, 200);
	owner_page_free(page);
}

static void
post_bin(struct owner_visit *o)
{
	struct owner_to to = { .path = "/o" };
	enum case_outcome outcome;
	char id[HELD_ID_SIZE];

	if (!owner_post_ok(o->view, o->session.id, "/o/bin"))
		return;
	owner_field(o->view, "id", id, sizeof(id));
	if (!spool_id_ok(id)) {
		notice_fault_page(o->view, 400);
		return;
	}
	if (owner_undo(&o->owner, id, &outcome) != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	if (outcome == CASE_OVER)
		owner_note_foreign(o, id);
	to.item = id;
	to.result = owner_result(outcome, "undo");
	owner_go(o->view, &to);
}

void
owner_page_bin(struct owner_visit *o)
{
	if (o->view->request->method == HTTP_POST)
		post_bin(o);
	else
		show_bin(o);
}
