/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/challenge_page.h"

#include <string.h>

#include "challenge-web/challenge_form.h"
#include "challenge-web/code.h"
#include "challenge-web/form.h"
#include "challenge-web/nonce.h"
#include "challenge-web/notice.h"
#include "challenge-web/pace.h"
#include "challenge-web/tries.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/suppress.h"

#define CODE_FIELD_SIZE 64 /* as typed: with spaces */

/* One request for one challenge. */
struct visit {
	struct view *view;
	const char *id;
	struct case_challenge found;
	int64_t now_ms;
	enum code_need need;
};

/* What was posted. */
struct post {
	char act[16], nonce[NONCE_SIZE + 8], typed[CODE_FIELD_SIZE];
	char code[CODE_DIGITS + 1]; /* digits of typed; "" = nothing typed */
	bool shape;                 /* typed is empty or six digits */
	bool not_me;
	bool paced; /* charged as a confirmation */
};

enum standing { LIVE, CONFIRMED, LAPSED, LATE, EXPIRED };

static enum standing
standing_of(const struct visit *t)
{
	switch (t->found.state) {
	case CHALLENGE_CONFIRMED:
		return CONFIRMED;
	case CHALLENGE_LAPSED:
		return LAPSED;
	case CHALLENGE_LATE:
		return LATE;
	case CHALLENGE_PENDING:
	case CHALLENGE_SENDING:
	case CHALLENGE_SENT:
		break;
	}
	return t->now_ms < t->found.challenge.expires_ms ? LIVE : EXPIRED;
}

/* --- Showing ------------------------------------------------------------ */

static void
show_form(struct visit *t, enum form_problem problem, bool at_not_me)
{
	char url[VIEW_URL_SIZE], nonce[NONCE_SIZE];
	struct challenge_form f = { .challenge = &t->found.challenge,
		.url = url,
		.nonce = nonce,
		.need = t->need,
		.problem = problem,
		.at_not_me = at_not_me };

	view_url(t->view, t->view->path, "", url);
	nonce_make(t->view->app->nonce_key, t->id, t->now_ms, nonce);
	challenge_form_page(t->view, &f);
}

static void
show(struct visit *t)
{
	const char *result = t->view->request->result;
	bool fresh;

	switch (standing_of(t)) {
	case LIVE:
		if (strcmp(result, "over") == 0)
			notice_page(t->view, NOTICE_OVER, NULL);
		else
			show_form(t, FORM_FINE, false);
		return;
	case CONFIRMED:
		fresh = strcmp(result, "done") == 0;
		notice_page(t->view, fresh ? NOTICE_DONE : NOTICE_ALREADY,
		    fresh ? &t->found.challenge : NULL);
		return;
	case LAPSED:
		fresh = strcmp(result, "notme") == 0;
		notice_page(t->view, fresh ? NOTICE_DISOWNED : NOTICE_OVER,
		    NULL);
		return;
	case LATE:
		break;
	case EXPIRED:
		notice_page(t->view, NOTICE_EXPIRED, NULL);
		return;
	}
	notice_page(t->view, NOTICE_OVER, NULL);
}

/* The result is a page of its own: to load it again posts nothing. */
static void
redirect(struct visit *t, const char *result)
{
	t->view->reply->status = 303;
	view_url(t->view, t->view->path, result, t->view->reply->location);
}

/* --- Reading what was posted -------------------------------------------- */

/* Keep the digits; spaces between them (as the mail writes it) are dropped. */
static bool
read_code(struct post *p)
{
	size_t n = 0;

	for (const char *c = p->typed; *c != '\0'; c++) {
		if (*c == ' ' || *c == '\t' || *c == '-')
			continue;
		/* UTF-8 of a no-break space, as copied from a page */
		if (strncmp(c, "\u00a0", 2) == 0) {
			c++;
			continue;
		}
		if (*c < '0' || *c > '9' || n == CODE_DIGITS)
			return false;
		p->code[n++] = *c;
	}
	p->code[n] = '\0';
	return n == 0 || n == CODE_DIGITS;
}

/* 0, or the status to refuse it with. */
static unsigned int
read_post(const struct http_request *r, struct post *p)
{
	int rc;

	if (!form_is_type(r->content_type))
		return 415;
	if (form_field(r->body, r->body_len, FORM_ACT, p->act,
	    sizeof(p->act)) != 1)
		return 400;
	if (form_field(r->body, r->body_len, FORM_NONCE, p->nonce,
	    sizeof(p->nonce)) != 1)
		return 400;
	rc = form_field(r->body, r->body_len, FORM_CODE, p->typed,
	    sizeof(p->typed));
	if (rc == OCT_EPARSE)
		return 400;
	p->shape = rc != OCT_EFULL && read_code(p);
	p->not_me = strcmp(p->act, FORM_NOT_ME) == 0;
	return p->not_me || strcmp(p->act, FORM_CONFIRM) == 0 ? 0 : 400;
}

/* --- Acting ------------------------------------------------------------- */

static void
log_act(const struct visit *t, const struct post *p, const char *outcome)
{
	char net[OCT_IP_SIZE] = "-";

	if (t->view->request->client.family != AF_UNSPEC)
		oct_ip_net_text(&t->view->request->client, net);
	oct_log(OCT_INFO,
	    "challenge=%s domain=%s act=%s outcome=%s code=%s client=%s",
	    t->id, t->found.challenge.domain, p->act, outcome,
	    *p->code != '\0' ? "given" : "none", net);
}

/* The store failed: the act may be done or not, and can be repeated. */
static void
away(const struct visit *t, const struct post *p, int rc)
{
	log_act(t, p, "failed");
	oct_log(OCT_DEBUG, "challenge=%s error=\"%s\"", t->id,
	    oct_strerror(rc));
	notice_page(t->view, NOTICE_AWAY, NULL);
}

/* The code was given and is right; else the answer is written. */
static bool
check_code(struct visit *t, const struct post *p)
{
	struct app *app = t->view->app;
	const struct oct_ip *client = &t->view->request->client;
	int64_t retry_ms = 0;
	int rc = tries_take(app, t->id, client, &retry_ms);

	if (rc < 0) {
		away(t, p, rc);
		return false;
	}
	if (rc == 0) {
		log_act(t, p, "tries");
		notice_tries_page(t->view, NOTICE_TRIES_CODE, retry_ms);
		return false;
	}
	if (code_is_right(app, t->id, p->code)) {
		tries_give_back(app, t->id, client);
		return true;
	}
	log_act(t, p, "wrong-code");
	show_form(t, FORM_CODE_WRONG, p->not_me);
	return false;
}

static int
disown(struct visit *t, enum case_outcome *out)
{
	struct app *app = t->view->app;
	const struct challenge *c = &t->found.challenge;
	/* First: were it second, a failure between the two would lose it. */
	int rc = suppress_add(app->store, app->suppress_key, c->rpath);

	if (rc != 0 && rc != OCT_EPARSE)
		return rc;
	return case_lapse(app->store, &app->timers, c->domain, t->id,
	    REL_EV_NOT_ME, t->now_ms, out);
}

static void
act(struct visit *t, const struct post *p)
{
	struct app *app = t->view->app;
	enum case_outcome outcome = CASE_OVER;
	int rc;

	if (p->not_me)
		rc = disown(t, &outcome);
	else
		rc = case_confirm(app->store, &app->timers,
		    t->found.challenge.domain, t->id, "page", t->now_ms,
		    &outcome);
	if (p->paced && (rc != 0 || outcome != CASE_DONE))
		pace_give_back(app, t->found.challenge.sid,
		    &t->view->request->client);
	if (rc != 0) {
		away(t, p, rc);
		return;
	}
	switch (outcome) {
	case CASE_DONE:
		log_act(t, p, "done");
		redirect(t, p->not_me ? "notme" : "done");
		return;
	case CASE_ALREADY:
		log_act(t, p, "already");
		redirect(t, "");
		return;
	case CASE_OVER:
	case CASE_IMPOSSIBLE:
		log_act(t, p, "over");
		/* Suppressed it is, whoever lapsed it. */
		redirect(t, p->not_me ? "notme" : "over");
		return;
	}
}

/* The press counts: by the code, or late enough and not one of too many.  Else
 * the answer is written. */
static bool
is_proven(struct visit *t, struct post *p)
{
	int64_t retry_ms;
	int rc;

	if (!p->shape) {
		show_form(t, FORM_CODE_SHAPE, p->not_me);
		return false;
	}
	if (*p->code == '\0' && (p->not_me || t->need != CODE_NOT)) {
		log_act(t, p, "code-asked");
		show_form(t, FORM_CODE_ASKED, p->not_me);
		return false;
	}
	if (*p->code != '\0' && !check_code(t, p))
		return false;
	if (p->not_me)
		return true;
	rc = pace_take(t->view->app, t->found.challenge.sid,
	    &t->view->request->client, &retry_ms);
	if (rc < 0) {
		away(t, p, rc);
		return false;
	}
	p->paced = rc == 1;
	if (rc == 1 || *p->code != '\0')
		return true;
	log_act(t, p, "code-forced");
	t->need = CODE_ALWAYS;
	show_form(t, FORM_CODE_ASKED, false);
	return false;
}

static void
post(struct visit *t)
{
	struct app *app = t->view->app;
	enum standing standing = standing_of(t);
	struct post p = { .shape = false };
	unsigned int fault = read_post(t->view->request, &p);

	if (fault != 0) {
		notice_fault_page(t->view, fault);
		return;
	}
	/* Who presses "not me" twice gets the same answer twice. */
	if (standing != LIVE && !(p.not_me && standing == LAPSED)) {
		log_act(t, &p, standing == CONFIRMED ? "already" : "over");
		redirect(t, "");
		return;
	}
	if (nonce_check(app->nonce_key, t->id, p.nonce, t->now_ms) != 0) {
		log_act(t, &p, "old-page");
		show_form(t, FORM_OLD_PAGE, p.not_me);
		return;
	}
	if (is_proven(t, &p))
		act(t, &p);
}

void
challenge_page(struct view *v, const char *id)
{
	struct visit t = { .view = v, .id = id,
		.now_ms = oct_clock_wall_ms() };
	int rc = case_challenge_find(v->app->store, id, &t.found);

	if (rc == 1) {
		int why = code_need(v->app, &t.found, &v->request->client,
		    t.now_ms, &t.need);

		if (why != 0) {
			case_challenge_fini(&t.found);
			rc = why;
		}
	}
	if (rc < 0) {
		/* The store logs its changes of state, once. */
		oct_log(OCT_DEBUG, "challenge=%s error=\"%s\"", id,
		    oct_strerror(rc));
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	if (rc == 0) {
		notice_page(v, NOTICE_MISSING, NULL);
		return;
	}
	if (v->request->method == HTTP_POST)
		post(&t);
	else
		show(&t);
	case_challenge_fini(&t.found);
}
