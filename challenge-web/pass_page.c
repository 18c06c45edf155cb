/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/pass_page.h"

#include <string.h>

#include "challenge-web/challenge_form.h"
#include "challenge-web/form.h"
#include "challenge-web/nonce.h"
#include "challenge-web/notice.h"
#include "challenge-web/pace.h"
#include "challenge-web/tries.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define FIELD_ADDRESS "address"
#define ACT "pass"
#define ID_SIZE (PASS_HASH_SIZE + 8)
#define HINT "hint-address"
#define PROBLEM "problem-address"

enum problem { FINE, ADDRESS_MISSING, ADDRESS_SHAPE, ADDRESS_WRONG, OLD_PAGE };

static const struct {
	unsigned int status;
	enum text_id text;
} problems[] = {
	[FINE] = { 200, TEXT_COUNT },
	[ADDRESS_MISSING] = { 422, TEXT_PROBLEM_ADDRESS_ASKED },
	[ADDRESS_SHAPE] = { 422, TEXT_PROBLEM_ADDRESS_FORM },
	[ADDRESS_WRONG] = { 403, TEXT_PROBLEM_ADDRESS_WRONG },
	[OLD_PAGE] = { 403, TEXT_PROBLEM_OLD_PAGE },
};

/* One request for one refusal. */
struct visit {
	struct view *view;
	const struct pass_token *token;
	const char *domain;
	int64_t life_ms, messages; /* of a pass for it */
	int64_t now_ms;
	char id[ID_SIZE]; /* for the nonce and the tries */
	const char *typed; /* shown again when it was wrong */
};

/* --- Showing -------------------------------------------------------------- */

static bool
is_about_address(enum problem problem)
{
	return problem != FINE && problem != OLD_PAGE;
}

static void
write_problem(const struct visit *t, struct page *p, enum problem problem)
{
	const char *text;

	if (problem == FINE)
		return;
	text = view_text(t->view, problems[problem].text);
	page_open(p, "div", "class", "problem", "role", "alert", NULL);
	page_open(p, "p", NULL);
	if (is_about_address(problem)) {
		page_open(p, "a", "href", "#address", NULL);
		page_text(p, text);
		page_close(p);
	} else {
		page_text(p, text);
	}
	page_close(p);
	page_close(p);
}

static void
write_field(const struct visit *t, struct page *p, enum problem problem)
{
	bool bad = is_about_address(problem);
	const struct view *v = t->view;

	page_open(p, "div", "class", bad ? "field bad" : "field", NULL);
	page_open(p, "label", "for", "address", NULL);
	page_text(p, view_text(v, TEXT_ADDRESS_LABEL));
	page_close(p);
	page_open(p, "p", "class", "hint", "id", HINT, NULL);
	page_text(p, view_text(v, TEXT_ADDRESS_HINT));
	page_close(p);
	if (bad) {
		page_open(p, "p", "class", "wrong", "id", PROBLEM, NULL);
		page_text(p, view_text(v, problems[problem].text));
		page_close(p);
	}
	page_void(p, "input", "class", "address", "id", "address", "name",
	    FIELD_ADDRESS, "type", "text", "inputmode", "email",
	    "autocomplete", "email", "autocapitalize", "none", "spellcheck",
	    "false", "maxlength", "320", "value",
	    *t->typed != '\0' ? t->typed : NULL, "aria-describedby",
	    bad ? PROBLEM " " HINT : HINT, "aria-invalid",
	    bad ? "true" : NULL, "autofocus", bad ? "" : NULL, NULL);
	page_close(p);
}

static void
write_form(const struct visit *t, struct page *p, enum problem problem)
{
	char url[VIEW_URL_SIZE], nonce[NONCE_SIZE];
	const struct view *v = t->view;

	view_url(v, v->path, "", url);
	nonce_make(v->app->nonce_key, t->id, t->now_ms, nonce);
	page_open(p, "form", "method", "post", "action", url, NULL);
	page_void(p, "input", "type", "hidden", "name", FORM_NONCE, "value",
	    nonce, NULL);
	write_field(t, p, problem);
	page_open(p, "button", "class", "button", "type", "submit", "name",
	    FORM_ACT, "value", ACT, NULL);
	page_text(p, view_text(v, TEXT_PASS_BUTTON));
	page_close(p);
	page_close(p);
}

static void
show_form(struct visit *t, enum problem problem)
{
	struct view *v = t->view;
	struct page p;

	view_begin(v, &p, TEXT_CONFIRM_TITLE, problem != FINE);
	write_problem(t, &p, problem);
	page_element(&p, "h1", NULL, view_text(v, TEXT_CONFIRM_TITLE));
	page_open(&p, "p", "class", "lead", NULL);
	page_fill(&p, view_text(v, TEXT_PASS_LEAD), t->domain);
	page_close(&p);
	page_open(&p, "div", "class", "card", NULL);
	write_form(t, &p, problem);
	page_element(&p, "p", "after", view_text(v, TEXT_PASS_AFTER));
	page_close(&p);
	view_end(v, &p, problems[problem].status);
}

static void
show(struct visit *t, enum pass_standing standing)
{
	bool fresh = strcmp(t->view->request->result, "done") == 0;

	switch (standing) {
	case PASS_UNUSED:
		show_form(t, FINE);
		return;
	case PASS_LIVE:
		notice_domain_page(t->view,
		    fresh ? NOTICE_PASS_DONE : NOTICE_PASS_ALREADY, t->domain);
		return;
	case PASS_SPENT:
		notice_domain_page(t->view, NOTICE_PASS_SPENT, t->domain);
		return;
	}
}

static void
redirect(struct visit *t, const char *result)
{
	t->view->reply->status = 303;
	view_url(t->view, t->view->path, result, t->view->reply->location);
}

/* --- Acting --------------------------------------------------------------- */

static void
log_act(const struct visit *t, const char *outcome)
{
	char net[OCT_IP_SIZE] = "-";

	if (t->view->request->client.family != AF_UNSPEC)
		oct_ip_net_text(&t->view->request->client, net);
	oct_log(OCT_INFO, "refusal=%s domain=%s act=pass outcome=%s client=%s",
	    t->token->id, t->domain, outcome, net);
}

static void
away(const struct visit *t, int rc)
{
	/* The store logs its changes of state, once. */
	oct_log(OCT_DEBUG, "refusal=%s error=\"%s\"", t->token->id,
	    oct_strerror(rc));
	notice_page(t->view, NOTICE_AWAY, NULL);
}

/* What the form holds. */
struct post {
	char act[16], nonce[NONCE_SIZE + 8];
	char typed[OCT_ADDR_SIZE];
	bool too_long;
};

/* 0, or the status to refuse it with. */
static unsigned int
read_post(const struct http_request *r, struct post *p)
{
	int rc;

	if (!form_is_type(r->content_type))
		return 415;
	if (form_field(r->body, r->body_len, FORM_ACT, p->act,
	    sizeof(p->act)) != 1 || strcmp(p->act, ACT) != 0)
		return 400;
	if (form_field(r->body, r->body_len, FORM_NONCE, p->nonce,
	    sizeof(p->nonce)) != 1)
		return 400;
	rc = form_field(r->body, r->body_len, FIELD_ADDRESS, p->typed,
	    sizeof(p->typed));
	p->too_long = rc == OCT_EFULL;
	return rc == OCT_EPARSE ? 400 : 0;
}

/* Blanks around it, as copied. */
static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
	return text;
}

/* The pass is written, once; the pace was charged. */
static void
grant(struct visit *t)
{
	struct app *app = t->view->app;
	int rc = pass_grant(app->store, t->domain, t->token, t->life_ms,
	    t->messages, t->now_ms);

	if (rc != 1)
		pace_give_back(app, NULL, &t->view->request->client);
	if (rc < 0) {
		log_act(t, "failed");
		away(t, rc);
		return;
	}
	log_act(t, rc == 1 ? "done" : "already");
	redirect(t, rc == 1 ? "done" : "");
}

/* The right address was typed. */
static void
act(struct visit *t)
{
	int64_t retry_ms = 0;
	int rc = pace_take(t->view->app, NULL, &t->view->request->client,
	    &retry_ms);

	if (rc == 1) {
		grant(t);
		return;
	}
	if (rc < 0) {
		away(t, rc);
		return;
	}
	log_act(t, "pace");
	notice_tries_page(t->view, NOTICE_TRIES_PACE, retry_ms);
}

static void
try_address(struct visit *t, const struct oct_addr *typed)
{
	struct app *app = t->view->app;
	const struct oct_ip *client = &t->view->request->client;
	int64_t retry_ms = 0;
	int rc = tries_take(app, t->id, client, &retry_ms);

	if (rc < 0) {
		away(t, rc);
		return;
	}
	if (rc == 0) {
		log_act(t, "tries");
		notice_tries_page(t->view, NOTICE_TRIES_ADDRESS, retry_ms);
		return;
	}
	if (!pass_token_is_address(app->passes, t->token, typed)) {
		log_act(t, "wrong-address");
		show_form(t, ADDRESS_WRONG);
		return;
	}
	tries_give_back(app, t->id, client);
	act(t);
}

static void
post(struct visit *t, enum pass_standing standing)
{
	struct post p = { .too_long = false };
	unsigned int fault = read_post(t->view->request, &p);
	struct oct_addr typed;

	if (fault != 0) {
		notice_fault_page(t->view, fault);
		return;
	}
	if (standing != PASS_UNUSED) {
		log_act(t, "already");
		redirect(t, "");
		return;
	}
	t->typed = trim(p.typed);
	if (nonce_check(t->view->app->nonce_key, t->id, p.nonce, t->now_ms) !=
	    0) {
		log_act(t, "old-page");
		show_form(t, OLD_PAGE);
	} else if (*t->typed == '\0' && !p.too_long) {
		show_form(t, ADDRESS_MISSING);
	} else if (p.too_long || oct_addr_parse(t->typed, &typed) != 0 ||
	    *typed.domain == '\0') {
		show_form(t, ADDRESS_SHAPE);
	} else {
		try_address(t, &typed);
	}
}

static void
visit(struct visit *t, const struct dir_domain *d)
{
	const struct app *app = t->view->app;
	enum pass_standing standing;
	struct option_values v;
	struct oct_str id;
	int rc;

	dir_options(d, NULL, &app->platform, &v);
	t->domain = d->name;
	t->life_ms = v.v[OPTION_PASS];
	t->messages = v.v[OPTION_PASS_MESSAGES];
	oct_str_fixed(&id, t->id, sizeof(t->id));
	oct_str_addf(&id, "pass-%s", t->token->id);
	rc = pass_standing(app->store, t->domain, t->token, t->now_ms,
	    &standing);
	if (rc != 0)
		away(t, rc);
	else if (t->view->request->method == HTTP_POST)
		post(t, standing);
	else
		show(t, standing);
}

void
pass_page(struct view *v, const struct pass_token *token)
{
	struct visit t = { .view = v, .token = token, .typed = "",
		.now_ms = oct_clock_wall_ms() };
	const struct hosted *held = hosts_hold(v->app->hosts);
	const struct dir_domain *d;

	if (held == NULL) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	d = pass_domains_find(held->domains, token);
	if (d == NULL || d->state == DIR_CLOSED)
		notice_page(v, NOTICE_MISSING, NULL);
	else
		visit(&t, d);
	hosts_put(v->app->hosts, held);
}
