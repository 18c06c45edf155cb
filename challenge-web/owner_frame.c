/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/owner_frame.h"

#include <stdio.h>
#include <string.h>

#include "challenge-web/owner_words.h"
#include "lib/spool.h"
#include "policy/owner_senders.h"

const char *
owner_say(const struct view *v, enum otext id)
{
	return owner_text(v->lang, id);
}

/* --- URLs ---------------------------------------------------------------- */

static void
add_encoded(struct oct_str *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			oct_str_addc(out, *text);
		else
			oct_str_addf(out, "%%%02X", (unsigned char)*text);
	}
}

static void
add_arg(struct oct_str *out, bool *any, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	oct_str_addf(out, "%c%s=", *any ? '&' : '?', name);
	add_encoded(out, value);
	*any = true;
}

void
owner_url(const struct view *v, const struct owner_to *to,
    char out[VIEW_URL_SIZE])
{
	char page[24] = "";
	struct oct_str s;
	bool any = false;

	if (to->page > 0)
		(void)snprintf(page, sizeof(page), "%zu", to->page + 1);
	oct_str_fixed(&s, out, VIEW_URL_SIZE);
	oct_str_addf(&s, "%s%s", v->app->prefix, to->path);
	add_arg(&s, &any, "lang", v->lang_asked ? lang_code(v->lang) : NULL);
	add_arg(&s, &any, "k", to->kind);
	add_arg(&s, &any, "p", page);
	add_arg(&s, &any, "i", to->item);
	add_arg(&s, &any, "r", to->result);
	add_arg(&s, &any, "q", to->words);
	/* Only what is looked for has no bound of ours: then without it. */
	if (oct_str_err(&s) != 0)
		view_url(v, to->path, "", out);
}

void
owner_go(struct view *v, const struct owner_to *to)
{
	v->reply->status = 303;
	owner_url(v, to, v->reply->location);
}

/* --- The frame ------------------------------------------------------------ */

static void
write_who(const struct owner_visit *o, struct page *p)
{
	page_open(p, "p", "class", "who", NULL);
	owner_filled(p, "strong", NULL, owner_say(o->view, OTEXT_FOR_BOX),
	    o->address);
	if (*o->owner.person != '\0')
		owner_filled(p, "span", NULL,
		    owner_say(o->view, OTEXT_FOR_PERSON), o->owner.person);
	page_close(p);
}

static void
write_menu(const struct view *v, struct page *p, const void *arg)
{
	static const struct {
		const char *path;
		enum otext text;
	} tabs[OWNER_TABS] = {
		[OWNER_TAB_LIST] = { "/o", OTEXT_MENU_LIST },
		[OWNER_TAB_BIN] = { "/o/bin", OTEXT_MENU_BIN },
		[OWNER_TAB_SENDERS] = { "/o/senders", OTEXT_MENU_SENDERS },
		[OWNER_TAB_EXPECT] = { "/o/expect", OTEXT_MENU_EXPECT },
		[OWNER_TAB_HISTORY] = { "/o/history", OTEXT_MENU_HISTORY },
		[OWNER_TAB_SETTINGS] = { "/o/settings", OTEXT_MENU_SETTINGS },
	};
	const struct owner_visit *o = arg;
	char url[VIEW_URL_SIZE];

	page_open(p, "section", "class", "owner", "aria-label", o->address,
	    NULL);
	page_open(p, "div", "class", "inner", NULL);
	write_who(o, p);
	owner_form(o, p, "/o/out", NULL);
	owner_button(p, "do", "out", "link", owner_say(v, OTEXT_LOGOUT));
	page_close(p);
	page_open(p, "nav", "aria-label", owner_say(v, OTEXT_MENU), NULL);
	page_open(p, "ul", NULL);
	for (size_t i = 0; i < OWNER_TABS; i++) {
		view_url(v, tabs[i].path, "", url);
		page_open(p, "li", NULL);
		page_open(p, "a", "href", url, "aria-current",
		    i == o->tab ? "page" : NULL, NULL);
		page_text(p, owner_say(v, tabs[i].text));
		page_close(p);
		page_close(p);
	}
	page_close(p);
	page_close(p);
	page_close(p);
	page_close(p);
}

void
owner_begin(struct owner_visit *o, struct page *p, enum owner_tab tab,
    enum otext title)
{
	struct view *v = o->view;

	o->tab = tab;
	v->menu = write_menu;
	v->menu_arg = o;
	v->wide = true;
	view_begin_titled(v, p, owner_say(v, title), false);
}

/* --- Forms ---------------------------------------------------------------- */

void
owner_hidden(struct page *p, const char *name, const char *value)
{
	page_void(p, "input", "type", "hidden", "name", name, "value", value,
	    NULL);
}

void
owner_form(const struct owner_visit *o, struct page *p, const char *path,
    const char *id)
{
	char url[VIEW_URL_SIZE];

	view_url(o->view, path, "", url);
	page_open(p, "form", "method", "post", "action", url, "id", id, NULL);
	owner_hidden(p, "n", o->nonce);
}

void
owner_button(struct page *p, const char *name, const char *value,
    const char *class, const char *text)
{
	page_open(p, "button", "class", class, "name", name, "value", value,
	    NULL);
	page_text(p, text);
	page_close(p);
}

void
owner_filled(struct page *p, const char *tag, const char *class,
    const char *text, const char *value)
{
	page_open(p, tag, "class", class, NULL);
	page_fill(p, text, value);
	page_close(p);
}

void
owner_filled_number(struct page *p, const char *tag, const char *class,
    const char *text, size_t value)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%zu", value);
	owner_filled(p, tag, class, text, number);
}

/* --- What was done -------------------------------------------------------- */

enum filling { WITH_NOTHING, WITH_SUBJECT, WITH_NUMBER, WITH_NAME };

static const struct {
	const char *code;
	enum otext text;
	enum filling filling;
	bool bad;
} results[] = {
	{ "accept", OTEXT_DID_ACCEPT, WITH_SUBJECT, false },
	{ "already", OTEXT_DID_ALREADY, WITH_NOTHING, false },
	{ "allow", OTEXT_DID_ALLOW, WITH_NAME, false },
	{ "block", OTEXT_DID_BLOCK, WITH_NAME, false },
	{ "discard", OTEXT_DID_DISCARD, WITH_SUBJECT, false },
	{ "expect", OTEXT_DID_EXPECT, WITH_NAME, false },
	{ "expect-end", OTEXT_DID_EXPECT_END, WITH_NAME, false },
	{ "forget", OTEXT_DID_FORGET, WITH_NAME, false },
	{ "impossible", OTEXT_DID_IMPOSSIBLE, WITH_NOTHING, true },
	{ "many-discard", OTEXT_DID_MANY_DISCARD, WITH_NUMBER, false },
	{ "many-release", OTEXT_DID_MANY_RELEASE, WITH_NUMBER, false },
	{ "nothing", OTEXT_DID_NOTHING, WITH_NOTHING, true },
	{ "old", OTEXT_DID_OLD_PAGE, WITH_NOTHING, true },
	{ "one-discard", OTEXT_DID_ONE_DISCARD, WITH_NOTHING, false },
	{ "one-release", OTEXT_DID_ONE_RELEASE, WITH_NOTHING, false },
	{ "over", OTEXT_DID_OVER, WITH_NOTHING, true },
	{ "refuse", OTEXT_DID_REFUSE, WITH_SUBJECT, false },
	{ "release", OTEXT_DID_RELEASE, WITH_SUBJECT, false },
	{ "saved", OTEXT_DID_SAVED, WITH_NOTHING, false },
	{ "spam", OTEXT_DID_SPAM, WITH_SUBJECT, false },
	{ "undo", OTEXT_DID_UNDO, WITH_SUBJECT, false },
};

const char *
owner_result(enum case_outcome outcome, const char *done)
{
	switch (outcome) {
	case CASE_DONE:
		return done;
	case CASE_ALREADY:
		return "already";
	case CASE_OVER:
		return "over";
	case CASE_IMPOSSIBLE:
		break;
	}
	return "impossible";
}

static void
write_undo(const struct owner_visit *o, struct page *p, const char *id)
{
	owner_form(o, p, "/o/bin", NULL);
	owner_hidden(p, "id", id);
	owner_button(p, "do", "undo", "button plain small",
	    owner_say(o->view, OTEXT_UNDO));
	page_close(p);
}

/* Whom the owner let in with a message, he may let in no more. */
static void
write_unaccept(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	char from[OCT_ADDR_SIZE], who[OWNER_WHO_SIZE];
	bool proven = proof_sid_from(item->held.sid, from) && *from != '\0';
	struct oct_str s;

	oct_str_fixed(&s, who, sizeof(who));
	oct_str_addf(&s, "%s%s", proven ? "addr:" : "sid:",
	    proven ? from : item->held.sid);
	if (oct_str_err(&s) != 0 || *item->held.sid == '\0')
		return;
	owner_form(o, p, "/o/senders", NULL);
	owner_hidden(p, "name", who);
	owner_button(p, "do", "forget", "button plain small",
	    owner_say(o->view, OTEXT_UNDO_ACCEPT));
	page_close(p);
}

static void
told_of_item(struct owner_visit *o, struct page *p, enum otext did)
{
	const char *id = http_arg(o->view->request, HTTP_ARG_ITEM);
	struct case_item item;
	struct oct_str subject;
	bool back;

	if (!spool_id_ok(id) || owner_item(&o->owner, id, &item) != 1)
		return;
	back = item.state == HELD_DROPPED && item.file[0] == '\0' &&
	    o->owner.now_ms < item.undo_ms;
	oct_str_heap(&subject, 4096);
	owner_words_subject(o->view->lang, item.held.subject, &subject);
	page_open(p, "div", "class", "told", "role", "status", NULL);
	if (oct_str_err(&subject) == 0)
		owner_filled(p, "p", NULL, owner_say(o->view, did),
		    oct_str_text(&subject));
	if (back)
		write_undo(o, p, id);
	else if (did == OTEXT_DID_ACCEPT)
		write_unaccept(o, p, &item);
	page_close(p);
	oct_str_free(&subject);
	case_item_fini(&item);
}

static bool
is_number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n < 6 && text[n] == '\0';
}

/* A link from elsewhere must not put words into our mouth. */
static bool
is_name(const char *text)
{
	char who[OWNER_WHO_SIZE];

	return strcmp(text, OWNER_NOBODY) == 0 ||
	    owner_who_read(text, who) == 0;
}

void
owner_told(struct owner_visit *o, struct page *p)
{
	const char *code = o->view->request->result;
	const char *with = http_arg(o->view->request, HTTP_ARG_ITEM);
	size_t i = 0;

	while (i < OCT_LEN(results) && strcmp(results[i].code, code) != 0)
		i++;
	if (i == OCT_LEN(results) ||
	    (results[i].filling == WITH_NUMBER && !is_number(with)) ||
	    (results[i].filling == WITH_NAME && !is_name(with)))
		return;
	if (results[i].filling == WITH_SUBJECT) {
		told_of_item(o, p, results[i].text);
		return;
	}
	page_open(p, "div", "class", results[i].bad ? "told bad" : "told",
	    "role", results[i].bad ? "alert" : "status", NULL);
	page_open(p, "p", NULL);
	if (results[i].filling == WITH_NOTHING)
		page_text(p, owner_say(o->view, results[i].text));
	else
		page_fill(p, owner_say(o->view, results[i].text),
		    strcmp(with, OWNER_NOBODY) == 0
			? owner_say(o->view, OTEXT_FROM_NOBODY)
			: with);
	page_close(p);
	page_close(p);
}
