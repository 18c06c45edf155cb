/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links: what they open is a page with a button, and the press opens a session.
 * A link is good for all of its time, for programs that look at mail open links
 * before people do.
 */
#include <stdio.h>
#include <string.h>

#include "challenge-web/hosts.h"
#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/spool.h"

/* A path after "/m/": the link, and the act on an item if it names one. */
struct entry {
	char token[OWNER_LINK_SIZE];
	char id[HELD_ID_SIZE];
	enum owner_link_act act;
};

static bool
split(const char *rest, struct entry *out)
{
	const char *slash = strchr(rest, '/');
	size_t len = slash != NULL ? (size_t)(slash - rest) : strlen(rest);

	*out = (struct entry){ .act = OWNER_LINK_SHOW };
	if (len >= sizeof(out->token))
		return false;
	memcpy(out->token, rest, len);
	if (slash == NULL)
		return true;
	rest = slash + 1;
	slash = strchr(rest, '/');
	len = slash != NULL ? (size_t)(slash - rest) : 0;
	if (len == 0 || len >= sizeof(out->id))
		return false;
	memcpy(out->id, rest, len);
	return spool_id_ok(out->id) &&
	    owner_link_act_parse(slash + 1, &out->act) == 0;
}

/* --- The session ----------------------------------------------------------- */

static void
set_cookie(const struct view *v, const char *cookie)
{
	/* Strict: whoever comes from a mail or another site presses our button
	 * first, and from there on everything comes from us. */
	(void)snprintf(v->reply->cookie, sizeof(v->reply->cookie),
	    HTTP_SESSION "=%s; Path=/; Max-Age=%lld; Secure; HttpOnly; "
			 "SameSite=Strict",
	    cookie, (long long)v->app->settings->web_session / 1000);
}

/* False: the answer is written. */
static bool
open_session(struct owner_visit *o, const struct owner_link *link)
{
	struct view *v = o->view;
	struct owner_door d = { .store = v->app->store,
		.dir = o->hosted->snapshot,
		.life = { v->app->settings->web_session,
		    v->app->settings->web_session_idle },
		.now_ms = o->owner.now_ms };
	char cookie[OWNER_COOKIE_SIZE];
	enum owner_entry e;
	int rc = owner_session_open(&d, &o->of, link->issued_ms, cookie, &e);

	if (rc != 0) {
		notice_page(v, NOTICE_AWAY, NULL);
		return false;
	}
	if (e != OWNER_ENTERED) {
		owner_refused(v, "revoked-link", o->address, "");
		owner_page_over(v, OTEXT_OVER_TITLE, OTEXT_OVER);
		return false;
	}
	set_cookie(v, cookie);
	explicit_bzero(cookie, sizeof(cookie));
	owner_note(&o->owner,
	    &(struct owner_entry_text){ .act = OWNER_ACT_ENTER });
	return true;
}

/* --- Pages ---------------------------------------------------------------- */

static void
write_box(const struct owner_visit *o, struct page *p)
{
	page_open(p, "ul", "class", "addresses", NULL);
	page_element(p, "li", NULL, o->address);
	page_close(p);
}

static void
write_form(struct owner_visit *o, struct page *p, const struct entry *e,
    const char *act, enum otext text)
{
	char path[OWNER_LINK_SIZE + HELD_ID_SIZE + 24];

	if (act != NULL)
		(void)snprintf(path, sizeof(path), "/m/%s/%s/%s", e->token,
		    e->id, act);
	else
		(void)snprintf(path, sizeof(path), "/m/%s", e->token);
	owner_form(o, p, path, NULL);
	owner_button(p, "do", act != NULL ? act : "enter",
	    act != NULL || *e->id == '\0' ? "button" : "button plain",
	    owner_say(o->view, text));
	page_close(p);
}

static void
show_enter(struct owner_visit *o, const struct entry *e)
{
	struct view *v = o->view;
	struct page p;

	view_begin_titled(v, &p, owner_say(v, OTEXT_TITLE), false);
	page_element(&p, "h1", NULL, owner_say(v, OTEXT_TITLE));
	page_element(&p, "p", "lead", owner_say(v, OTEXT_ENTER_LEAD));
	write_box(o, &p);
	page_open(&p, "div", "class", "card", NULL);
	write_form(o, &p, e, NULL, OTEXT_ENTER_BUTTON);
	page_element(&p, "p", "after", owner_say(v, OTEXT_ENTER_AFTER));
	page_close(&p);
	view_end(v, &p, 200);
}

static const struct {
	enum otext title, button, does;
	const char *act; /* of owner_do; NULL: none */
} acts[] = {
	[OWNER_LINK_SHOW] = { OTEXT_ACT_SHOW_TITLE, OTEXT_ENTER_BUTTON,
	    OTEXT_COUNT, NULL },
	[OWNER_LINK_RELEASE] = { OTEXT_ACT_RELEASE_TITLE, OTEXT_RELEASE,
	    OTEXT_RELEASE_DOES, "release" },
	[OWNER_LINK_ACCEPT] = { OTEXT_ACT_ACCEPT_TITLE, OTEXT_ACCEPT,
	    OTEXT_ACCEPT_DOES, "accept" },
	[OWNER_LINK_REFUSE] = { OTEXT_ACT_REFUSE_TITLE, OTEXT_REFUSE,
	    OTEXT_REFUSE_DOES, "refuse" },
};

static enum otext
does_text(enum owner_link_act act, bool proven)
{
	if (!proven && act == OWNER_LINK_ACCEPT)
		return OTEXT_ACCEPT_UNPROVEN;
	if (!proven && act == OWNER_LINK_REFUSE)
		return OTEXT_REFUSE_UNPROVEN;
	return acts[act].does;
}

static void
show_act(struct owner_visit *o, const struct entry *e,
    const struct case_item *item)
{
	struct view *v = o->view;
	enum otext does = does_text(e->act, owner_item_is_proven(item));
	struct page p;

	view_begin_titled(v, &p, owner_say(v, acts[e->act].title), false);
	page_element(&p, "h1", NULL, owner_say(v, acts[e->act].title));
	page_open(&p, "div", "class", "card", NULL);
	page_open(&p, "div", "class", "message alone", NULL);
	owner_item_lines(v, &p, item);
	page_close(&p);
	if (does != OTEXT_COUNT)
		page_element(&p, "p", "does", owner_say(v, does));
	if (acts[e->act].act != NULL)
		write_form(o, &p, e, owner_link_act_name(e->act),
		    acts[e->act].button);
	page_element(&p, "p", "after", owner_say(v, OTEXT_ACT_NOTHING));
	page_close(&p);
	page_open(&p, "div", "class", "other", NULL);
	write_form(o, &p, e, NULL, OTEXT_ENTER_BUTTON);
	page_close(&p);
	view_end(v, &p, 200);
}

static void
show_gone(struct owner_visit *o, const struct entry *e)
{
	struct view *v = o->view;
	struct page p;

	view_begin_titled(v, &p, owner_say(v, OTEXT_ACT_GONE_TITLE), false);
	page_element(&p, "h1", NULL, owner_say(v, OTEXT_ACT_GONE_TITLE));
	page_element(&p, "p", "lead", owner_say(v, OTEXT_ACT_GONE));
	page_open(&p, "div", "class", "other", NULL);
	write_form(o, &p, e, NULL, OTEXT_ENTER_BUTTON);
	page_close(&p);
	view_end(v, &p, 200);
}

static void
show(struct owner_visit *o, const struct entry *e)
{
	struct case_item item;
	int rc;

	if (*e->id == '\0') {
		show_enter(o, e);
		return;
	}
	rc = owner_item(&o->owner, e->id, &item);
	if (rc < 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	if (rc == 0)
		owner_refused(o->view, "no-such-item", o->address, e->id);
	if (rc == 1 && held_is_live(item.state))
		show_act(o, e, &item);
	else
		show_gone(o, e);
	if (rc == 1)
		case_item_fini(&item);
}

static void
post(struct owner_visit *o, const struct entry *e,
    const struct owner_link *link)
{
	struct owner_to to = { .path = "/o" };
	enum case_outcome outcome;
	int rc;

	if (!owner_post_ok(o->view, e->token, NULL) || !open_session(o, link))
		return;
	if (acts[e->act].act != NULL) {
		rc = owner_do(&o->owner, acts[e->act].act, e->id, &outcome);
		if (rc != 0) {
			notice_page(o->view, NOTICE_AWAY, NULL);
			return;
		}
		if (outcome == CASE_OVER)
			owner_note_foreign(o, e->id);
		to.item = e->id;
		to.result = owner_result(outcome, acts[e->act].act);
	}
	owner_go(o->view, &to);
}

/* A link of before "revoke all" shows nothing and changes nothing. */
static bool
is_revoked(struct owner_visit *o, const struct owner_link *link)
{
	int64_t revoked;
	int rc = owner_revoked_ms(o->owner.store, o->owner.domain,
	    o->owner.local, &revoked);

	if (rc == 0 && link->issued_ms > revoked)
		return false;
	if (rc != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return true;
	}
	owner_refused(o->view, "revoked-link", o->address, "");
	owner_page_over(o->view, OTEXT_OVER_TITLE, OTEXT_OVER);
	return true;
}

/* Everything that is wrong with the link is one answer, but for its time. */
bool
owner_read_link(struct owner_visit *o, enum owner_link_kind kind, const char *token,
    struct owner_link *link)
{
	struct view *v = o->view;
	struct app *app = v->app;
	int rc = owner_link_read(&app->links, kind, token, oct_clock_wall_ms(),
	    link);

	if (rc == OCT_ETIME) {
		owner_refused(v, "expired-link", "", "");
		owner_page_over(v, OTEXT_OVER_TITLE, OTEXT_OVER);
	} else if (rc != 0) {
		owner_refused(v, "forged-link", "", "");
		notice_page(v, NOTICE_MISSING, NULL);
	} else if (!owner_link_whose(&app->links, link, o->hosted->snapshot,
		       &o->of)) {
		owner_refused(v, "no-longer-his", "", "");
		owner_page_over(v, OTEXT_OVER_TITLE, OTEXT_OVER);
	} else {
		owner_of_visit(o, v);
		return !is_revoked(o, link);
	}
	return false;
}

void
owner_page_enter(struct view *v, const char *rest)
{
	struct owner_visit o = { .view = v };
	struct owner_link link;
	struct entry e;

	o.hosted = hosts_hold(v->app->hosts);
	if (o.hosted == NULL) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	if (!split(rest, &e)) {
		owner_refused(v, "forged-link", "", "");
		notice_page(v, NOTICE_MISSING, NULL);
	} else if (owner_read_link(&o, OWNER_LINK_ENTER, e.token, &link)) {
		nonce_make(v->app->nonce_key, e.token, o.owner.now_ms,
		    o.nonce);
		if (v->request->method == HTTP_POST)
			post(&o, &e, &link);
		else
			show(&o, &e);
	}
	hosts_put(v->app->hosts, o.hosted);
}
