/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Senders: those let in and those kept out, with where that comes from; adding,
 * removing, importing.
 */
#include "policy/owner_senders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "challenge-web/multipart.h"
#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"

#define PATH "/o/senders"
#define BLOCKED "blocked"
#define PER_PAGE 100
#define SENDER_FIELD 340

struct asked {
	bool block;
	const char *words;
	size_t page;
};

/* Shown besides the list. */
struct besides {
	const char *wrong; /* typed, and not taken: "" = none */
	bool full;         /* because the lists are full */
	const struct owner_import *imported;
	enum otext import_problem; /* OTEXT_COUNT = none */
};

static void
read_asked(const struct owner_visit *o, struct asked *out)
{
	const struct http_request *r = o->view->request;
	int64_t page = 1;

	(void)!oct_num_int(http_arg(r, HTTP_ARG_PAGE), 1, 100000, &page);
	*out = (struct asked){
		.block = strcmp(http_arg(r, HTTP_ARG_KIND), BLOCKED) == 0,
		.words = http_arg(r, HTTP_ARG_SEARCH),
		.page = (size_t)page - 1,
	};
}

/* --- Tabs, search, adding ----------------------------------------------------- */

static void
tab(const struct owner_visit *o, struct page *p, bool block, bool here)
{
	const struct owner_to to = { .path = PATH,
		.kind = block ? BLOCKED : NULL };
	char url[VIEW_URL_SIZE];

	owner_url(o->view, &to, url);
	page_open(p, "li", NULL);
	page_open(p, "a", "href", url, "aria-current", here ? "true" : NULL,
	    NULL);
	page_text(p, owner_say(o->view,
	    block ? OTEXT_SENDERS_BLOCKED : OTEXT_SENDERS_ALLOWED));
	page_close(p);
	page_close(p);
}

static void
write_tabs(const struct owner_visit *o, struct page *p, const struct asked *a)
{
	page_open(p, "nav", "class", "tabs", "aria-label",
	    owner_say(o->view, OTEXT_MENU_SENDERS), NULL);
	page_open(p, "ul", NULL);
	tab(o, p, false, !a->block);
	tab(o, p, true, a->block);
	page_close(p);
	page_close(p);
}

static void
write_search(const struct owner_visit *o, struct page *p,
    const struct asked *a)
{
	const struct view *v = o->view;
	char url[VIEW_URL_SIZE];

	view_url(v, PATH, "", url);
	page_open(p, "form", "class", "search", "role", "search", "method",
	    "get", "action", url, NULL);
	if (v->lang_asked)
		owner_hidden(p, "lang", lang_code(v->lang));
	if (a->block)
		owner_hidden(p, "k", BLOCKED);
	page_open(p, "div", "class", "grow", NULL);
	page_open(p, "label", "for", "q", NULL);
	page_text(p, owner_say(v, OTEXT_SENDERS_SEARCH));
	page_close(p);
	page_void(p, "input", "id", "q", "name", "q", "type", "search",
	    "maxlength", "200", "value", a->words, NULL);
	page_close(p);
	page_open(p, "button", "class", "button plain small", NULL);
	page_text(p, owner_say(v, OTEXT_SEARCH_BUTTON));
	page_close(p);
	page_close(p);
}

static void
write_add(const struct owner_visit *o, struct page *p, const struct besides *b)
{
	const struct view *v = o->view;
	bool bad = *b->wrong != '\0';

	page_open(p, "section", "class", "card", NULL);
	page_element(p, "h2", NULL, owner_say(v, OTEXT_SENDERS_ADD));
	owner_form(o, p, PATH, NULL);
	page_open(p, "div", "class", bad ? "field bad" : "field", NULL);
	page_open(p, "label", "for", "who", NULL);
	page_text(p, owner_say(v, OTEXT_SENDERS_ADD_LABEL));
	page_close(p);
	page_open(p, "p", "class", "hint", "id", "who-hint", NULL);
	page_text(p, owner_say(v, OTEXT_SENDERS_ADD_HINT));
	page_close(p);
	if (bad) {
		page_open(p, "p", "class", "wrong", "id", "who-wrong", NULL);
		page_text(p, owner_say(v, b->full ? OTEXT_SENDERS_FULL
						  : OTEXT_SENDERS_ADD_BAD));
		page_close(p);
	}
	page_void(p, "input", "class", "address", "id", "who", "name", "who",
	    "type", "text", "inputmode", "email", "autocapitalize", "none",
	    "autocomplete", "off", "spellcheck", "false", "maxlength", "320",
	    "value", bad ? b->wrong : NULL, "aria-describedby",
	    bad ? "who-wrong who-hint" : "who-hint", "aria-invalid",
	    bad ? "true" : NULL, NULL);
	page_close(p);
	page_open(p, "div", "class", "buttons", NULL);
	owner_button(p, "do", "allow", "button small",
	    owner_say(v, OTEXT_SENDERS_ALLOW));
	owner_button(p, "do", "block", "button plain small",
	    owner_say(v, OTEXT_SENDERS_BLOCK));
	page_close(p);
	page_element(p, "p", "after",
	    owner_say(v, OTEXT_SENDERS_PROOF_NOTE));
	page_close(p);
	page_close(p);
}

static void
write_import(const struct owner_visit *o, struct page *p,
    const struct besides *b)
{
	const struct view *v = o->view;
	bool bad = b->import_problem != OTEXT_COUNT;
	char url[VIEW_URL_SIZE];

	view_url(v, "/o/import", "", url);
	page_open(p, "details", "class", "other", "open", bad ? "" : NULL,
	    NULL);
	page_element(p, "summary", NULL, owner_say(v, OTEXT_IMPORT));
	page_open(p, "form", "class", "inside", "method", "post", "enctype",
	    "multipart/form-data", "action", url, NULL);
	owner_hidden(p, "n", o->nonce);
	page_open(p, "div", "class", bad ? "field bad" : "field", NULL);
	page_open(p, "label", "for", "file", NULL);
	page_text(p, owner_say(v, OTEXT_IMPORT_LABEL));
	page_close(p);
	page_open(p, "p", "class", "hint", "id", "file-hint", NULL);
	page_text(p, owner_say(v, OTEXT_IMPORT_HINT));
	page_close(p);
	if (bad)
		page_element(p, "p", "wrong", owner_say(v, b->import_problem));
	page_void(p, "input", "id", "file", "name", "file", "type", "file",
	    "accept", ".csv,.vcf,.txt,text/csv,text/vcard,text/plain",
	    "aria-describedby", "file-hint", NULL);
	page_close(p);
	owner_button(p, "do", "import", "button small",
	    owner_say(v, OTEXT_IMPORT_BUTTON));
	page_close(p);
	page_close(p);
}

static void
write_imported(const struct owner_visit *o, struct page *p,
    const struct owner_import *i)
{
	const struct view *v = o->view;

	page_open(p, "div", "class", "told", "role", "status", NULL);
	owner_filled_number(p, "p", NULL, owner_say(v, OTEXT_IMPORT_DONE),
	    i->added);
	if (i->known > 0)
		owner_filled_number(p, "p", NULL,
		    owner_say(v, OTEXT_IMPORT_KNOWN), i->known);
	if (i->own + i->robots > 0)
		owner_filled_number(p, "p", NULL,
		    owner_say(v, OTEXT_IMPORT_LEFT), i->own + i->robots);
	if (i->cut)
		page_element(p, "p", NULL, owner_say(v, OTEXT_IMPORT_CUT));
	if (i->full)
		page_element(p, "p", NULL, owner_say(v, OTEXT_SENDERS_FULL));
	page_close(p);
}

/* --- The list ----------------------------------------------------------------- */

/* As a person reads it; the network of a "sid:N|address|network" is told apart. */
static void
write_name(const struct owner_visit *o, struct page *p, const char *who)
{
	const char *name = strchr(who, ':') + 1;
	const char *first = strchr(name, '|');
	const char *last = strrchr(name, '|');

	if (strncmp(who, "dom:", 4) == 0) {
		owner_filled(p, "strong", NULL,
		    owner_say(o->view, OTEXT_SENDERS_DOMAIN), name);
	} else if (strncmp(who, "sid:", 4) == 0 && first != NULL &&
	    last > first) {
		page_open(p, "strong", NULL);
		if (last == first + 1)
			page_text(p, owner_say(o->view, OTEXT_FROM_NOBODY));
		else
			page_part(p, first + 1, (size_t)(last - first - 1));
		page_close(p);
		owner_filled(p, "span", "hint",
		    owner_say(o->view, OTEXT_SENDERS_AS_HE_CAME), last + 1);
	} else {
		page_element(p, "strong", NULL, name);
	}
}

static void
write_day(const struct owner_visit *o, struct page *p, enum otext text,
    int64_t wall_ms)
{
	char when[96];
	struct oct_str s;

	oct_str_fixed(&s, when, sizeof(when));
	owner_words_time(o->view->lang, wall_ms, &s);
	if (wall_ms > 0 && oct_str_err(&s) == 0)
		owner_filled(p, "span", NULL, owner_say(o->view, text), when);
}

static void
write_origin(const struct owner_visit *o, struct page *p,
    const struct owner_sender *s)
{
	const struct view *v = o->view;
	enum otext origin = owner_words_origin(s->origin);

	page_open(p, "p", "class", "when", NULL);
	if (s->whole)
		page_element(p, "span", NULL,
		    owner_say(v, OTEXT_SENDERS_WHOLE));
	else if (origin == OTEXT_ORIGIN_OWNER && *s->actor != '\0' &&
	    strcmp(s->actor, "owner") != 0)
		owner_filled(p, "span", NULL, owner_say(v, OTEXT_ORIGIN_BY),
		    s->actor);
	else
		page_element(p, "span", NULL, owner_say(v, origin));
	write_day(o, p, OTEXT_ORIGIN_SINCE, s->since_ms);
	write_day(o, p, OTEXT_ORIGIN_UNTIL, s->until_ms);
	page_close(p);
}

static void
write_sender(const struct owner_visit *o, struct page *p,
    const struct owner_sender *s)
{
	char label[OWNER_WHO_SIZE + 64];
	const char *text = owner_say(o->view, OTEXT_SENDERS_REMOVE_OF);
	const char *hole = strstr(text, "{}");
	struct oct_str l;
	size_t before;

	page_open(p, "li", NULL);
	page_open(p, "div", NULL);
	page_open(p, "p", NULL);
	write_name(o, p, s->who);
	page_close(p);
	write_origin(o, p, s);
	page_close(p);
	if (!s->whole && hole != NULL) {
		oct_str_fixed(&l, label, sizeof(label));
		oct_str_addn(&l, text, (size_t)(hole - text));
		before = l.len;
		owner_words_who(s->who, &l);
		if (l.len == before)
			oct_str_add(&l, owner_say(o->view, OTEXT_FROM_NOBODY));
		oct_str_add(&l, hole + 2);
		owner_form(o, p, PATH, NULL);
		owner_hidden(p, "name", s->who);
		owner_hidden(p, "k", s->block ? BLOCKED : "");
		page_open(p, "button", "class", "button plain small", "name",
		    "do", "value", "forget", "aria-label",
		    oct_str_err(&l) == 0 ? label : NULL, NULL);
		page_text(p, owner_say(o->view, OTEXT_SENDERS_REMOVE));
		page_close(p);
		page_close(p);
	}
	page_close(p);
}

static void
page_link(const struct owner_visit *o, struct page *p, const struct asked *a,
    size_t page, enum otext text)
{
	const struct owner_to to = { .path = PATH, .words = a->words,
		.kind = a->block ? BLOCKED : NULL, .page = page };
	char url[VIEW_URL_SIZE];

	owner_url(o->view, &to, url);
	page_open(p, "a", "href", url, NULL);
	page_text(p, owner_say(o->view, text));
	page_close(p);
}

static enum otext
none_text(const struct asked *a)
{
	if (*a->words != '\0')
		return OTEXT_SENDERS_FOUND_NONE;
	return a->block ? OTEXT_SENDERS_NO_BLOCKED : OTEXT_SENDERS_NO_ALLOWED;
}

static void
write_list(const struct owner_visit *o, struct page *p, const struct asked *a,
    const struct owner_senders *l)
{
	size_t first = a->page * PER_PAGE;
	char where[64];

	if (first >= l->count) {
		page_element(p, "p", NULL, owner_say(o->view, none_text(a)));
		return;
	}
	page_open(p, "ul", "class", "senders", NULL);
	for (size_t i = first; i < l->count && i < first + PER_PAGE; i++)
		write_sender(o, p, &l->sender[i]);
	page_close(p);
	if (l->count <= PER_PAGE)
		return;
	(void)snprintf(where, sizeof(where), "%zu / %zu", a->page + 1,
	    (l->count + PER_PAGE - 1) / PER_PAGE);
	page_open(p, "nav", "class", "pages", "aria-label",
	    owner_say(o->view, OTEXT_PAGES), NULL);
	if (a->page > 0)
		page_link(o, p, a, a->page - 1, OTEXT_NEWER);
	owner_filled(p, "span", NULL, owner_say(o->view, OTEXT_PAGE_OF),
	    where);
	if (first + PER_PAGE < l->count)
		page_link(o, p, a, a->page + 1, OTEXT_OLDER);
	page_close(p);
}

static void
show(struct owner_visit *o, const struct asked *a, const struct besides *b)
{
	bool bad = *b->wrong != '\0' || b->import_problem != OTEXT_COUNT;
	struct owner_senders l;
	struct page p;

	if (owner_senders(&o->owner, a->block, a->words, &l) != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	o->view->path = PATH;
	owner_begin(o, &p, OWNER_TAB_SENDERS, OTEXT_MENU_SENDERS);
	page_element(&p, "h1", NULL, owner_say(o->view, OTEXT_MENU_SENDERS));
	page_element(&p, "p", "lead", owner_say(o->view, OTEXT_SENDERS_LEAD));
	owner_told(o, &p);
	if (b->imported != NULL)
		write_imported(o, &p, b->imported);
	write_add(o, &p, b);
	write_import(o, &p, b);
	write_tabs(o, &p, a);
	if (l.count > 10 || *a->words != '\0')
		write_search(o, &p, a);
	write_list(o, &p, a, &l);
	view_end(o->view, &p, bad ? 422 : 200);
	owner_senders_free(&l);
}

/* --- Posts ------------------------------------------------------------------- */

static void
answer(struct owner_visit *o, int rc, const char *act, const char *who)
{
	char kind[16], name[OWNER_WHO_SIZE];
	struct owner_to to = { .path = PATH, .result = act, .item = name };
	struct oct_str s;

	if (rc == -EINVAL) {
		notice_fault_page(o->view, 400);
		return;
	}
	if (rc != 0) {
		notice_page(o->view, NOTICE_AWAY, NULL);
		return;
	}
	oct_str_fixed(&s, name, sizeof(name));
	owner_words_who(who, &s);
	if (s.len == 0)
		oct_str_add(&s, OWNER_NOBODY);
	owner_field(o->view, "k", kind, sizeof(kind));
	if (strcmp(act, "block") == 0 || strcmp(kind, BLOCKED) == 0)
		to.kind = BLOCKED;
	owner_go(o->view, &to);
}

static void
post_add(struct owner_visit *o, const char *act)
{
	struct besides b = { .wrong = "", .import_problem = OTEXT_COUNT };
	struct asked a = { .words = "" };
	char typed[SENDER_FIELD], who[OWNER_WHO_SIZE];
	bool block = strcmp(act, "block") == 0;
	int rc;

	owner_field(o->view, "who", typed, sizeof(typed));
	rc = owner_who_read(typed + strspn(typed, " "), who);
	if (rc == 0)
		rc = block ? owner_sender_block(&o->owner, who, OWNER_TOLD)
			   : owner_sender_allow(&o->owner, who);
	if (rc != OCT_EPARSE && rc != OCT_ELIMIT) {
		answer(o, rc, act, who);
		return;
	}
	b.wrong = *typed != '\0' ? typed : " ";
	b.full = rc == OCT_ELIMIT;
	a.block = block;
	show(o, &a, &b);
}

static void
post(struct owner_visit *o)
{
	char act[16], who[OWNER_WHO_SIZE];

	if (!owner_post_ok(o->view, o->session.id, PATH))
		return;
	owner_field(o->view, "do", act, sizeof(act));
	if (strcmp(act, "allow") == 0 || strcmp(act, "block") == 0) {
		post_add(o, act);
		return;
	}
	owner_field(o->view, "name", who, sizeof(who));
	if (strcmp(act, "forget") != 0 || strchr(who, ':') == NULL)
		notice_fault_page(o->view, 400);
	else
		answer(o, owner_sender_forget(&o->owner, who, OWNER_TOLD),
		    act, who);
}

void
owner_page_senders(struct owner_visit *o)
{
	const struct besides none = { .wrong = "",
		.import_problem = OTEXT_COUNT };
	struct asked a;

	if (o->view->request->method == HTTP_POST) {
		post(o);
		return;
	}
	read_asked(o, &a);
	show(o, &a, &none);
}

/* --- Address books ------------------------------------------------------------ */

static bool
nonce_is_good(const struct owner_visit *o, const struct multipart *m)
{
	struct multipart_value v;
	char nonce[NONCE_SIZE];

	if (multipart_field(m, "n", &v) != 1 || v.len != sizeof(nonce) - 1)
		return false;
	memcpy(nonce, v.octets, v.len);
	nonce[v.len] = '\0';
	return nonce_check(o->view->app->nonce_key, o->session.id, nonce,
	    oct_clock_wall_ms()) == 0;
}

void
owner_page_import(struct owner_visit *o)
{
	const struct http_request *r = o->view->request;
	const struct multipart m = { r->content_type, r->body, r->body_len };
	struct besides b = { .wrong = "", .import_problem = OTEXT_COUNT };
	struct asked a = { .words = "" };
	struct owner_import done;
	struct multipart_value file;
	FILE *f = NULL;
	int rc;

	if (owner_is_foreign(o->view) || !nonce_is_good(o, &m)) {
		owner_refused(o->view, "nonce", o->address, "");
		owner_go(o->view, &(struct owner_to){ .path = PATH,
		    .result = "old" });
		return;
	}
	rc = multipart_field(&m, "file", &file);
	if (rc == 1 && file.len > 0)
		f = fmemopen((void *)(uintptr_t)file.octets, file.len, "r");
	if (f == NULL) {
		b.import_problem = OTEXT_IMPORT_NONE;
		show(o, &a, &b);
		return;
	}
	rc = owner_import(&o->owner, f, o->hosted->snapshot, &done);
	(void)fclose(f);
	if (rc == 0)
		b.imported = &done;
	else if (rc == OCT_EPARSE)
		b.import_problem = OTEXT_IMPORT_BAD;
	if (rc == 0 || rc == OCT_EPARSE)
		show(o, &a, &b);
	else
		notice_page(o->view, NOTICE_AWAY, NULL);
}
