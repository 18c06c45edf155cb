/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an owner may set for his mailbox: only what differs from what is in force
 * is written, so that what is inherited stays so.
 */
#include <errno.h>
#include <string.h>

#include "challenge-web/notice.h"
#include "challenge-web/owner_schedule.h"
#include "challenge-web/owner_web.h"
#include "policy/digest_schedule.h"

#define PATH "/o/settings"
#define FIRST "first-contact" /* modes of the Challenge option */
#define DOUBTFUL "doubtful"

static enum lang
mail_lang(const struct owner_visit *o)
{
	enum dir_lang l = dir_lang_of(o->of.domain, o->of.mailbox);

	if (l == DIR_LANG_INHERIT)
		return o->view->app->settings->language == 1 ? LANG_EN
							     : LANG_FR;
	return l == DIR_LANG_EN ? LANG_EN : LANG_FR;
}

static bool
is_protected(const struct owner_visit *o)
{
	const struct oct_conf_list *l = &o->view->app->settings->statutory;
	const char *local = o->of.mailbox->local;
	bool listed =
	    dir_statutory(o->of.domain, local, NULL) != DIR_LEVEL_NONE;

	for (size_t i = 0; !listed && i < l->count; i++)
		listed = strcmp(l->values[i], local) == 0;
	return listed && !dir_is_lifted(o->of.domain, o->of.mailbox);
}

/* --- Showing --------------------------------------------------------------------- */

static void
radio(struct page *p, const char *name, const char *value, const char *text,
    bool chosen)
{
	char id[64];
	struct oct_str s;

	oct_str_fixed(&s, id, sizeof(id));
	oct_str_addf(&s, "%s-%s", name, value);
	if (oct_str_err(&s) != 0)
		return;
	page_open(p, "div", "class", "option", NULL);
	page_void(p, "input", "type", "radio", "id", id, "name", name,
	    "value", value, "checked", chosen ? "" : NULL, NULL);
	page_open(p, "label", "for", id, NULL);
	page_text(p, text);
	page_close(p);
	page_close(p);
}

static void
begin_set(const struct owner_visit *o, struct page *p, enum otext title)
{
	page_open(p, "fieldset", NULL);
	page_element(p, "legend", NULL, owner_say(o->view, title));
}

static void
write_digest(const struct owner_visit *o, struct page *p)
{
	begin_set(o, p, OTEXT_SET_DIGEST);
	page_element(p, "p", "hint",
	    owner_say(o->view, OTEXT_SET_DIGEST_HELP));
	owner_schedule_fields(o, p);
	page_close(p);
}

static void
write_lang(const struct owner_visit *o, struct page *p)
{
	enum lang l = mail_lang(o);

	begin_set(o, p, OTEXT_SET_LANG);
	radio(p, "lang", "fr", owner_say(o->view, OTEXT_SET_LANG_FR),
	    l == LANG_FR);
	radio(p, "lang", "en", owner_say(o->view, OTEXT_SET_LANG_EN),
	    l == LANG_EN);
	page_close(p);
}

static void
write_automatic(const struct owner_visit *o, struct page *p)
{
	bool hold = owner_option(o, OPTION_AUTOMATIC) == OPTION_AUTOMATIC_HOLD;

	begin_set(o, p, OTEXT_SET_AUTO);
	radio(p, "automatic", "hold", owner_say(o->view, OTEXT_SET_AUTO_HOLD),
	    hold);
	radio(p, "automatic", "by-score",
	    owner_say(o->view, OTEXT_SET_AUTO_SCORE), !hold);
	page_close(p);
}

static enum option_challenge
sold(const struct owner_visit *o)
{
	return dir_challenge_sold(o->of.domain, o->of.mailbox,
	    &o->view->app->platform);
}

static void
write_modes(const struct owner_visit *o, struct page *p)
{
	bool first = owner_option(o, OPTION_CHALLENGE) ==
	    OPTION_CHALLENGE_FIRST_CONTACT;

	radio(p, "challenge", FIRST,
	    owner_say(o->view, OTEXT_SET_CHALLENGE_FIRST), first);
	radio(p, "challenge", DOUBTFUL,
	    owner_say(o->view, OTEXT_SET_CHALLENGE_DOUBT), !first);
}

/* What was sold may be made gentler, and not more. */
static void
write_challenge(const struct owner_visit *o, struct page *p)
{
	static const enum otext hints[] = {
		[OPTION_CHALLENGE_OFF] = OTEXT_SET_CHALLENGE_NOT,
		[OPTION_CHALLENGE_FIRST_CONTACT] = OTEXT_COUNT,
		[OPTION_CHALLENGE_DOUBTFUL] = OTEXT_SET_CHALLENGE_ONLY,
		[OPTION_CHALLENGE_SIMULATE] = OTEXT_SET_CHALLENGE_TRIAL,
	};
	enum option_challenge mode = sold(o);

	begin_set(o, p, OTEXT_SET_CHALLENGE);
	if (hints[mode] == OTEXT_COUNT)
		write_modes(o, p);
	else
		page_element(p, "p", "hint", owner_say(o->view, hints[mode]));
	if (mode != OPTION_CHALLENGE_OFF && is_protected(o))
		page_element(p, "p", "hint",
		    owner_say(o->view, OTEXT_SET_CHALLENGE_PROTECTED));
	page_close(p);
}

static void
write_people(const struct owner_visit *o, struct page *p)
{
	char person[OCT_ADDR_SIZE];
	size_t at = 0;

	if (!owner_person_next(o->of.mailbox, &at, person))
		return;
	page_open(p, "section", "class", "card", NULL);
	page_element(p, "h2", NULL, owner_say(o->view, OTEXT_SET_SHARED));
	page_element(p, "p", "hint",
	    owner_say(o->view, OTEXT_SET_SHARED_HELP));
	page_open(p, "ul", "class", "addresses", NULL);
	do
		page_element(p, "li", NULL, person);
	while (owner_person_next(o->of.mailbox, &at, person));
	page_close(p);
	page_close(p);
}

static void
write_security(const struct owner_visit *o, struct page *p)
{
	page_open(p, "section", "class", "card", NULL);
	page_element(p, "h2", NULL, owner_say(o->view, OTEXT_SET_SESSIONS));
	page_element(p, "p", "does",
	    owner_say(o->view, OTEXT_SET_SESSIONS_HELP));
	owner_form(o, p, "/o/out", NULL);
	owner_button(p, "do", "revoke", "button plain",
	    owner_say(o->view, OTEXT_SET_REVOKE));
	page_close(p);
	page_close(p);
}

static void
show(struct owner_visit *o)
{
	struct page p;

	owner_begin(o, &p, OWNER_TAB_SETTINGS, OTEXT_MENU_SETTINGS);
	page_element(&p, "h1", NULL, owner_say(o->view, OTEXT_MENU_SETTINGS));
	owner_told(o, &p);
	page_open(&p, "section", "class", "card", NULL);
	owner_form(o, &p, PATH, NULL);
	write_digest(o, &p);
	write_lang(o, &p);
	write_automatic(o, &p);
	write_challenge(o, &p);
	owner_button(&p, "do", "save", "button",
	    owner_say(o->view, OTEXT_SET_SAVE));
	page_close(&p);
	page_close(&p);
	write_people(o, &p);
	write_security(o, &p);
	view_end(o->view, &p, 200);
}

/* --- Setting ---------------------------------------------------------------------- */

/* One of two words, where it is not the one in force. */
static int
set_word(struct owner_visit *o, const char *name, const char *now,
    const char *other)
{
	char value[24];

	owner_field(o->view, name, value, sizeof(value));
	if (*value == '\0' || strcmp(value, now) == 0)
		return 0;
	return strcmp(value, other) == 0 ? owner_attribute_set(o, name, value)
					 : -EINVAL;
}

static int
set_challenge(struct owner_visit *o)
{
	bool gentler = owner_option(o, OPTION_CHALLENGE) !=
	    OPTION_CHALLENGE_FIRST_CONTACT;
	bool wish;
	char value[24];

	owner_field(o->view, "challenge", value, sizeof(value));
	if (*value == '\0')
		return 0;
	wish = strcmp(value, DOUBTFUL) == 0;
	if (sold(o) != OPTION_CHALLENGE_FIRST_CONTACT ||
	    (!wish && strcmp(value, FIRST) != 0))
		return -EINVAL;
	return wish == gentler ? 0
			       : owner_attribute_set(o, "challenge_gentler",
				     wish ? "yes" : "");
}

static int
set_all(struct owner_visit *o)
{
	bool en = mail_lang(o) == LANG_EN;
	bool hold = owner_option(o, OPTION_AUTOMATIC) == OPTION_AUTOMATIC_HOLD;
	int rc = owner_schedule_post(o);

	if (rc == 0)
		rc = set_word(o, "lang", en ? "en" : "fr", en ? "fr" : "en");
	if (rc == 0)
		rc = set_word(o, "automatic", hold ? "hold" : "by-score",
		    hold ? "by-score" : "hold");
	return rc == 0 ? set_challenge(o) : rc;
}

static void
post(struct owner_visit *o)
{
	int rc;

	if (!owner_post_ok(o->view, o->session.id, PATH))
		return;
	rc = set_all(o);
	if (rc == -EINVAL) {
		owner_refused(o->view, "not-his-to-set", o->address, "");
		notice_fault_page(o->view, 403);
	} else if (rc != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
	} else {
		owner_go(o->view, &(struct owner_to){ .path = PATH,
		    .result = "saved" });
	}
}

void
owner_page_settings(struct owner_visit *o)
{
	if (o->view->request->method == HTTP_POST)
		post(o);
	else
		show(o);
}

/* --- Leaving ---------------------------------------------------------------------- */

static int
leave(struct owner_visit *o, bool all)
{
	const struct owner *w = &o->owner;
	int rc = 0;

	if (all)
		rc = owner_revoke(w->store, w->domain, w->local, w->now_ms);
	if (rc == 0 && all)
		owner_note(w, &(struct owner_entry_text){
		    .act = OWNER_ACT_REVOKE });
	return rc == 0 ? owner_session_end(w->store, o->session.id) : rc;
}

void
owner_page_out(struct owner_visit *o)
{
	struct view *v = o->view;
	struct page p;
	char act[16];
	bool all;

	if (!owner_post_ok(v, o->session.id, "/o"))
		return;
	owner_field(v, "do", act, sizeof(act));
	all = strcmp(act, "revoke") == 0;
	if (leave(o, all) != 0) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	(void)memcpy(v->reply->cookie, HTTP_SESSION OWNER_NO_COOKIE,
	    sizeof(HTTP_SESSION OWNER_NO_COOKIE));
	v->path = "/m";
	view_begin_titled(v, &p, owner_say(v, OTEXT_BYE_TITLE), false);
	page_open(&p, "div", "class", "mark good", "aria-hidden", "true",
	    NULL);
	page_close(&p);
	page_element(&p, "h1", NULL, owner_say(v, OTEXT_BYE_TITLE));
	page_element(&p, "p", "lead",
	    owner_say(v, all ? OTEXT_REVOKED : OTEXT_BYE));
	view_end(v, &p, 200);
}
