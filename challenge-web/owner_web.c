/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is let through: the table of paths, sessions, and posts that our forms
 * made.
 */
#include "challenge-web/owner_web.h"

#include <string.h>

#include "challenge-web/form.h"
#include "challenge-web/hosts.h"
#include "challenge-web/notice.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define IMPORT_PATH "/o/import"

static bool
is_below(const char *path, char letter)
{
	return path[0] == '/' && path[1] == letter &&
	    (path[2] == '\0' || path[2] == '/');
}

bool
owner_web_is(const char *path)
{
	return is_below(path, 'm') || is_below(path, 'd') ||
	    is_below(path, 'o');
}

size_t
owner_web_body_max(const char *path)
{
	size_t len = strlen(path), own = sizeof(IMPORT_PATH) - 1;

	/* With some room for what a browser writes around the file.  A proxy
	 * may have left a prefix. */
	return len >= own && strcmp(path + len - own, IMPORT_PATH) == 0
	    ? OWNER_IMPORT_OCTETS + HTTP_BODY_MAX
	    : HTTP_BODY_MAX;
}

/* --- Refusals -------------------------------------------------------------- */

void
owner_refused(const struct view *v, const char *why, const char *box,
    const char *item)
{
	const struct http_request *r = v->request;
	char net[OCT_IP_SIZE] = "-";
	/* Of a link no more than where it was tried. */
	size_t shown = is_below(v->path, 'o') ? strlen(v->path) : 2;

	if (r->client.family != AF_UNSPEC)
		oct_ip_net_text(&r->client, net);
	oct_log(OCT_NOTICE,
	    "owner=refused why=%s method=%s path=%.*s box=%s item=%s client=%s",
	    why, r->method == HTTP_POST ? "POST" : "GET", (int)shown, v->path,
	    *box != '\0' ? box : "-", *item != '\0' ? item : "-", net);
}

void
owner_field(const struct view *v, const char *name, char *out, size_t cap)
{
	const struct http_request *r = v->request;

	(void)!form_field(r->body, r->body_len, name, out, cap);
}

/* A browser says where a post comes from (Fetch Metadata); old ones do not. */
bool
owner_is_foreign(const struct view *v)
{
	const char *site = v->request->site;

	site = site != NULL ? site : "";
	return *site != '\0' && strcmp(site, "same-origin") != 0 &&
	    strcmp(site, "none") != 0;
}

bool
owner_post_ok(struct view *v, const char *id, const char *back)
{
	const struct http_request *r = v->request;
	char nonce[NONCE_SIZE + 8];

	if (r->prefetch || owner_is_foreign(v)) {
		owner_refused(v, "foreign-post", "", "");
		notice_fault_page(v, 403);
		return false;
	}
	if (!form_is_type(r->content_type)) {
		notice_fault_page(v, 415);
		return false;
	}
	owner_field(v, "n", nonce, sizeof(nonce));
	if (nonce_check(v->app->nonce_key, id, nonce, oct_clock_wall_ms()) ==
	    0)
		return true;
	owner_refused(v, "nonce", "", "");
	if (back != NULL)
		owner_go(v, &(struct owner_to){ .path = back,
		    .result = "old" });
	else
		notice_fault_page(v, 403);
	return false;
}

/* --- Sessions -------------------------------------------------------------- */

void
owner_of_visit(struct owner_visit *o, struct view *v)
{
	struct oct_addr a = { .local = "" };

	o->view = v;
	o->owner = (struct owner){ .store = v->app->store,
		.timers = &v->app->timers,
		.domain = o->of.domain->name,
		.local = o->of.mailbox->local,
		.person = o->of.person,
		.now_ms = oct_clock_wall_ms() };
	(void)memcpy(a.local, o->owner.local, strnlen(o->owner.local,
	    sizeof(a.local) - 1) + 1);
	(void)memcpy(a.domain, o->owner.domain, strnlen(o->owner.domain,
	    sizeof(a.domain) - 1) + 1);
	oct_addr_text(&a, o->address);
	if (!v->lang_asked) {
		enum dir_lang l = dir_lang_of(o->of.domain, o->of.mailbox);

		if (l != DIR_LANG_INHERIT)
			v->lang = l == DIR_LANG_EN ? LANG_EN : LANG_FR;
	}
}

static const struct {
	const char *path;
	void (*handle)(struct owner_visit *o);
	bool post; /* may be posted to */
	bool get;
} pages[] = {
	{ "/o", owner_page_list, true, true },
	{ "/o/bin", owner_page_bin, true, true },
	{ "/o/expect", owner_page_expect, true, true },
	{ "/o/history", owner_page_history, false, true },
	{ IMPORT_PATH, owner_page_import, true, false },
	{ "/o/out", owner_page_out, true, false },
	{ "/o/senders", owner_page_senders, true, true },
	{ "/o/settings", owner_page_settings, true, true },
};

static void
serve(struct owner_visit *o, const char *path)
{
	struct view *v = o->view;
	bool post = v->request->method == HTTP_POST;

	if (strncmp(path, "/o/h/", 5) == 0) {
		owner_page_item(o, path + 5);
		return;
	}
	for (size_t i = 0; i < OCT_LEN(pages); i++) {
		if (strcmp(path, pages[i].path) != 0)
			continue;
		if (post ? pages[i].post : pages[i].get) {
			pages[i].handle(o);
		} else {
			notice_fault_page(v, 405);
			v->reply->allow = post ? "GET, HEAD" : "POST";
		}
		return;
	}
	notice_page(v, NOTICE_MISSING, NULL);
}

static const char *
entry_name(enum owner_entry e)
{
	switch (e) {
	case OWNER_NO_SESSION:
		return "no-session";
	case OWNER_OLD:
		return "old-session";
	case OWNER_GONE:
		return "no-longer-his";
	case OWNER_ENTERED:
		break;
	}
	return "none";
}

static void
turn_away(struct owner_visit *o, enum owner_entry e)
{
	char box[OCT_ADDR_SIZE] = "";
	struct oct_str s;

	oct_str_fixed(&s, box, sizeof(box));
	if (*o->session.domain != '\0')
		oct_str_addf(&s, "%s@%s", o->session.local,
		    o->session.domain);
	owner_refused(o->view, entry_name(e), box, "");
	owner_page_over(o->view, OTEXT_SESSION_TITLE, OTEXT_SESSION);
	o->view->reply->status = 403;
}

static void
with_session(struct view *v, const char *path)
{
	struct app *app = v->app;
	struct owner_door d = { .store = app->store,
		.life = { app->settings->web_session,
		    app->settings->web_session_idle },
		.now_ms = oct_clock_wall_ms() };
	struct owner_visit o = { .view = v };
	enum owner_entry e = OWNER_NO_SESSION;
	const char *cookie = v->request->session;
	int rc = 0;

	o.hosted = hosts_hold(app->hosts);
	if (o.hosted == NULL) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	d.dir = o.hosted->snapshot;
	if (cookie != NULL && *cookie != '\0')
		rc = owner_session_check(&d, cookie, &o.session, &o.of, &e);
	if (rc < 0) {
		notice_page(v, NOTICE_AWAY, NULL);
	} else if (e != OWNER_ENTERED) {
		turn_away(&o, e);
	} else {
		owner_of_visit(&o, v);
		nonce_make(app->nonce_key, o.session.id, d.now_ms, o.nonce);
		serve(&o, path);
	}
	hosts_put(app->hosts, o.hosted);
}

void
owner_web(struct view *v, const char *path)
{
	if (v->request->method == HTTP_OTHER) {
		notice_fault_page(v, 405);
		v->reply->allow = "GET, HEAD, POST";
	} else if (path[1] == 'o') {
		with_session(v, path);
	} else if (path[1] == 'd') {
		owner_page_schedule(v, path[2] == '/' ? path + 3 : "");
	} else if (path[2] == '\0') {
		owner_page_ask(v);
	} else {
		owner_page_enter(v, path + 3);
	}
}
