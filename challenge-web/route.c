/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/route.h"

#include <string.h>

#include "challenge-web/challenge_page.h"
#include "challenge-web/info_page.h"
#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "challenge-web/pass_page.h"
#include "challenge-web/setup.h"
#include "challenge-web/static/style.h"
#include "lib/clock.h"
#include "lib/err.h"

#define PLAIN "text/plain; charset=utf-8"
#define SHOWN_PATH_MAX 140

static void
answer_text(struct view *v, const char *type, const char *text)
{
	v->reply->status = 200;
	v->reply->type = type;
	v->reply->len = strlen(text);
	v->reply->body = strdup(text);
}

static void
style(struct view *v)
{
	answer_text(v, "text/css; charset=utf-8", script_style);
}

static void
robots(struct view *v)
{
	answer_text(v, PLAIN, "User-agent: *\nDisallow: /\n");
}

/* This program answers: that is its health.  The store's is told beside it. */
static void
health(struct view *v)
{
	bool up = store_is_up(v->app->store);

	answer_text(v, "application/json",
	    up ? "{\"status\":\"ok\",\"store\":\"up\"}\n"
	       : "{\"status\":\"ok\",\"store\":\"down\"}\n");
}

static const struct {
	const char *path;
	void (*handle)(struct view *v);
} fixed[] = {
	{ "/", info_page_home },
	{ "/accessibilite", info_page_access },
	{ "/donnees-personnelles", info_page_data },
	{ "/health", health },
	{ "/mentions-legales", info_page_legal },
	{ "/octroi.css", style },
	{ "/robots.txt", robots },
};

/* Below the prefix of challenge.url; a proxy may have removed that. */
static const char *
path_of(const struct app *app, const struct http_request *r)
{
	size_t len = strlen(app->prefix);

	if (len > 0 && strncmp(r->path, app->prefix, len) == 0 &&
	    r->path[len] == '/')
		return r->path + len;
	return r->path;
}

enum kind { UNKNOWN, CHALLENGE, REFUSAL, OLD_REFUSAL };

/* What a path leads to. */
struct target {
	enum kind kind;
	char id[OCT_TOKEN_ID_SIZE]; /* of a challenge's token */
	struct pass_token pass;     /* of a refusal */
};

/* Tokens of challenges and refusals differ in length and version.  A made-up
 * one costs no look-up. */
static void
find_target(const struct app *app, const char *path, struct target *out)
{
	const char *text = *path == '/' ? path + 1 : path;
	int rc;

	out->kind = CHALLENGE;
	if (oct_token_parse(&app->tokens, OCT_TOKEN_PAGE, text, out->id) == 0)
		return;
	rc = pass_token_read(app->passes, text, oct_clock_wall_ms(),
	    &out->pass);
	out->kind = rc == 0 ? REFUSAL : rc == OCT_ETIME ? OLD_REFUSAL : UNKNOWN;
}

size_t
route_body_max(OCT_UNUSED void *arg, const char *path)
{
	return owner_web_body_max(path);
}

bool
route_blocks(void *arg, const struct http_request *r)
{
	struct app *app = arg;
	struct target t;

	if (r->method == HTTP_OTHER)
		return false;
	if (owner_web_is(path_of(app, r)))
		return true;
	find_target(app, path_of(app, r), &t);
	return t.kind == CHALLENGE || t.kind == REFUSAL;
}

static bool
refused_method(struct view *v, bool post_allowed)
{
	switch (v->request->method) {
	case HTTP_GET:
	case HTTP_HEAD:
		return false;
	case HTTP_POST:
		if (post_allowed)
			return false;
		break;
	case HTTP_OTHER:
		break;
	}
	notice_fault_page(v, 405);
	v->reply->allow = post_allowed ? "GET, HEAD, POST" : "GET, HEAD";
	return true;
}

/* A path that links of the page may repeat. */
static bool
is_plain(const char *path)
{
	size_t n = strspn(path, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./");

	return *path == '/' && path[n] == '\0' && n <= SHOWN_PATH_MAX &&
	    strstr(path, "//") == NULL;
}

static void
token_page(struct view *v, const char *path)
{
	struct target t;

	find_target(v->app, path, &t);
	if (t.kind == UNKNOWN) {
		notice_page(v, NOTICE_MISSING, NULL);
		return;
	}
	if (refused_method(v, true))
		return;
	/* Loaded by a program before anybody asked: acts are for people. */
	if (v->request->method == HTTP_POST && v->request->prefetch)
		notice_fault_page(v, 403);
	else if (t.kind == CHALLENGE)
		challenge_page(v, t.id);
	else if (t.kind == REFUSAL)
		pass_page(v, &t.pass);
	else
		notice_page(v, NOTICE_PASS_OVER, NULL);
}

static void
dispatch(struct view *v, const char *path)
{
	for (size_t i = 0; i < OCT_LEN(fixed); i++) {
		if (strcmp(path, fixed[i].path) != 0)
			continue;
		if (!refused_method(v, false))
			fixed[i].handle(v);
		return;
	}
	if (owner_web_is(path))
		owner_web(v, path);
	else
		token_page(v, path);
}

void
route_handle(void *arg, const struct http_request *r, struct http_reply *reply)
{
	struct app *app = arg;
	const char *path = path_of(app, r);
	struct view v = { .app = app, .request = r, .reply = reply,
		.path = is_plain(path) ? path : "/" };

	v.lang_asked = lang_parse(r->lang, &v.lang) == 0;
	if (!v.lang_asked)
		v.lang = lang_accepted(r->languages,
		    app->settings->language == 1 ? LANG_EN : LANG_FR);
	if (r->fault != 0)
		notice_fault_page(&v, r->fault);
	else if (!setup_handle(&v))
		dispatch(&v, path);
}
