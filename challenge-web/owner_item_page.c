/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One held message: what is known of it, what it says, and what each button will
 * do.
 */
#include <stdio.h>
#include <string.h>

#include "challenge-web/notice.h"
#include "challenge-web/owner_preview.h"
#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"
#include "lib/spool.h"

#define PATH_SIZE (HELD_ID_SIZE + 8)

static void
fact(const struct owner_visit *o, struct page *p, enum otext name,
    const char *value)
{
	page_open(p, "div", NULL);
	page_element(p, "dt", NULL, owner_say(o->view, name));
	page_element(p, "dd", NULL, value);
	page_close(p);
}

static void
fact_time(const struct owner_visit *o, struct page *p, enum otext name,
    int64_t wall_ms)
{
	char when[96];
	struct oct_str s;

	oct_str_fixed(&s, when, sizeof(when));
	owner_words_time(o->view->lang, wall_ms, &s);
	if (oct_str_err(&s) == 0)
		fact(o, p, name, when);
}

/* What becomes of it by itself. */
static void
fact_then(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	bool asked = owner_words_why(item) == OTEXT_WHY_ASKED;
	char when[96];
	struct oct_str s;

	oct_str_fixed(&s, when, sizeof(when));
	owner_words_day(o->view->lang, item->expires_ms, &s);
	if (oct_str_err(&s) != 0)
		return;
	page_open(p, "div", NULL);
	page_element(p, "dt", NULL, owner_say(o->view, OTEXT_ITEM_THEN));
	owner_filled(p, "dd", NULL, owner_say(o->view,
	    asked ? OTEXT_THEN_ASKED : OTEXT_THEN_GONE), when);
	page_close(p);
}

static void
write_facts(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	enum otext status = owner_words_status(item);
	bool good;
	enum otext proof = owner_words_proof(item, &good);
	char size[64];
	struct oct_str s;

	oct_str_fixed(&s, size, sizeof(size));
	owner_words_size(o->view->lang, item->held.size, &s);
	page_open(p, "dl", "class", "facts", NULL);
	fact(o, p, OTEXT_ITEM_FROM, owner_words_sender(o->view->lang, item));
	fact(o, p, OTEXT_ITEM_PROOF, owner_say(o->view, proof));
	fact(o, p, OTEXT_ITEM_TO, item->held.typed);
	fact_time(o, p, OTEXT_ITEM_ARRIVED, item->held.arrival_ms);
	fact(o, p, OTEXT_ITEM_WHY, owner_say(o->view, owner_words_why(item)));
	if (status == OTEXT_COUNT)
		fact_then(o, p, item);
	if (oct_str_err(&s) == 0)
		fact(o, p, OTEXT_ITEM_SIZE, size);
	page_close(p);
	if (status == OTEXT_COUNT)
		return;
	page_open(p, "p", "class",
	    status == OTEXT_ST_GOING ? "status" : "status bad", NULL);
	if (strstr(owner_say(o->view, status), "{}") != NULL)
		page_fill(p, owner_say(o->view, status), item->note);
	else
		page_text(p, owner_say(o->view, status));
	page_close(p);
}

/* --- Buttons ------------------------------------------------------------------ */

struct choice {
	const char *act;
	enum otext button, does, unproven; /* OTEXT_COUNT: as proven */
	bool virus; /* possible of malware too */
};

static const struct choice choices[] = {
	{ "release", OTEXT_RELEASE, OTEXT_RELEASE_DOES, OTEXT_COUNT, false },
	{ "accept", OTEXT_ACCEPT, OTEXT_ACCEPT_DOES, OTEXT_ACCEPT_UNPROVEN,
	    false },
	{ "discard", OTEXT_DISCARD, OTEXT_DISCARD_DOES, OTEXT_COUNT, true },
	{ "spam", OTEXT_SPAM, OTEXT_SPAM_DOES, OTEXT_COUNT, false },
	{ "refuse", OTEXT_REFUSE, OTEXT_REFUSE_DOES, OTEXT_REFUSE_UNPROVEN,
	    false },
};

static void
write_does(const struct owner_visit *o, struct page *p,
    const struct choice *c, bool proven)
{
	char within[64];
	struct oct_str s;

	oct_str_fixed(&s, within, sizeof(within));
	if (!owner_undo_words(o->view, &s) || oct_str_err(&s) != 0)
		within[0] = '\0';
	page_open(p, "p", "class", "does", NULL);
	if (c->does == OTEXT_DISCARD_DOES)
		page_fill(p, owner_say(o->view, c->does), within);
	else
		page_text(p, owner_say(o->view, c->does));
	if (!proven && c->unproven != OTEXT_COUNT) {
		page_text(p, " ");
		page_element(p, "strong", NULL,
		    owner_say(o->view, c->unproven));
	}
	page_close(p);
}

static void
write_choices(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	enum owner_group group = owner_group_of(item->held.reason);
	bool proven = owner_item_is_proven(item);
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof(path), "/o/h/%s", item->held.id);
	page_open(p, "section", "class", "card", NULL);
	page_element(p, "h2", NULL, owner_say(o->view, OTEXT_ITEM_ACTS));
	owner_form(o, p, path, NULL);
	for (size_t i = 0; i < OCT_LEN(choices); i++) {
		if (group == OWNER_VIRUS && !choices[i].virus)
			continue;
		page_open(p, "div", "class", "choice", NULL);
		owner_button(p, "do", choices[i].act,
		    i == 0 && group != OWNER_JUNK ? "button" : "button plain",
		    owner_say(o->view, choices[i].button));
		write_does(o, p, &choices[i], proven);
		page_close(p);
	}
	page_close(p);
	page_close(p);
}

/* --- The page ----------------------------------------------------------------- */

static void
write_back(const struct owner_visit *o, struct page *p)
{
	char url[VIEW_URL_SIZE];

	view_url(o->view, "/o", "", url);
	page_open(p, "p", "class", "back", NULL);
	page_open(p, "a", "href", url, NULL);
	page_text(p, owner_say(o->view, OTEXT_BACK));
	page_close(p);
	page_close(p);
}

static void
show(struct owner_visit *o, const struct case_item *item)
{
	struct oct_str subject;
	struct page p;

	oct_str_heap(&subject, 4096);
	owner_words_subject(o->view->lang, item->held.subject, &subject);
	owner_begin(o, &p, OWNER_TAB_LIST, OTEXT_ACT_SHOW_TITLE);
	write_back(o, &p);
	page_element(&p, "h1", "subject-of", oct_str_err(&subject) == 0
		? oct_str_text(&subject)
		: "…");
	oct_str_free(&subject);
	owner_told(o, &p);
	page_open(&p, "section", "class", "card", NULL);
	write_facts(o, &p, item);
	page_close(&p);
	owner_preview(o, &p, item);
	if (item->want[0] == '\0')
		write_choices(o, &p, item);
	view_end(o->view, &p, 200);
}

static void
show_gone(struct owner_visit *o)
{
	struct page p;

	owner_begin(o, &p, OWNER_TAB_LIST, OTEXT_ACT_GONE_TITLE);
	write_back(o, &p);
	page_element(&p, "h1", NULL,
	    owner_say(o->view, OTEXT_ACT_GONE_TITLE));
	page_element(&p, "p", "lead", owner_say(o->view, OTEXT_ACT_GONE));
	view_end(o->view, &p, 200);
}

static void
post(struct owner_visit *o, const char *id)
{
	struct owner_to to = { .path = "/o", .item = id };
	enum case_outcome outcome;
	char path[PATH_SIZE], act[16];
	bool known = false;
	int rc;

	(void)snprintf(path, sizeof(path), "/o/h/%s", id);
	if (!owner_post_ok(o->view, o->session.id, path))
		return;
	owner_field(o->view, "do", act, sizeof(act));
	for (size_t i = 0; i < OCT_LEN(choices); i++)
		known |= strcmp(act, choices[i].act) == 0;
	if (!known) {
		notice_fault_page(o->view, 400);
		return;
	}
	rc = owner_do(&o->owner, act, id, &outcome);
	if (rc != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	to.result = owner_result(outcome, act);
	owner_go(o->view, &to);
}

void
owner_page_item(struct owner_visit *o, const char *id)
{
	struct case_item item;
	int rc = spool_id_ok(id) ? owner_item(&o->owner, id, &item) : 0;

	if (rc < 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	if (rc == 0) {
		owner_refused(o->view, "no-such-item", o->address,
		    spool_id_ok(id) ? id : "");
		notice_page(o->view, NOTICE_MISSING, NULL);
		return;
	}
	if (o->view->request->method == HTTP_POST)
		post(o, id);
	else if (held_is_live(item.state))
		show(o, &item);
	else
		show_gone(o);
	case_item_fini(&item);
}
