/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/service.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/log.h"
#include "milter/probe.h"
#include "policy/exempt.h"

#define REPORT_SCAN_MAX 65536

bool
service_is_failure(const char *body, size_t len)
{
	static const char field[] = "action:";
	const size_t n = sizeof(field) - 1;
	size_t at = 0;

	if (len > REPORT_SCAN_MAX)
		len = REPORT_SCAN_MAX;
	while (at < len) {
		const char *line = body + at;
		const char *end = memchr(line, '\n', len - at);
		size_t line_len = end != NULL ? (size_t)(end - line)
					      : len - at;

		if (line_len > n && strncasecmp(line, field, n) == 0) {
			size_t i = n;

			while (i < line_len &&
			    (line[i] == ' ' || line[i] == '\t'))
				i++;
			if (line_len - i >= 6 &&
			    strncasecmp(line + i, "failed", 6) == 0)
				return true;
		}
		at += line_len + 1;
	}
	return false;
}

static bool
same_folded(const struct oct_addr *a, const char *text)
{
	struct oct_addr b, fa, fb;

	if (oct_addr_parse(text, &b) != 0)
		return false;
	proof_fold(a, &fa);
	proof_fold(&b, &fb);
	return strcmp(fa.local, fb.local) == 0 &&
	    strcmp(fa.domain, fb.domain) == 0;
}

/* Would one of the mailboxes that it lets him into hold it? */
static bool
is_junk(const struct judge *j, const struct challenge *asked)
{
	const struct session *s = j->session;
	const struct dir_domain *d = dir_domain(s->snapshot, asked->domain);
	int32_t hold = s->app->thresholds.hold;

	for (size_t i = 0; d != NULL && i < asked->count; i++) {
		struct dir_thresholds t;

		dir_thresholds_of(d, dir_mailbox(d, asked->local[i]),
		    &s->app->thresholds, &t);
		if (i == 0 || t.hold < hold)
			hold = t.hold;
	}
	return j->ev->score.total >= hold;
}

/* A reply counts if it comes, proven, from the very address that was asked, and
 * was written by a person. */
static bool
reply_counts(struct judge *j, const struct rcpt *r,
    const struct challenge *asked)
{
	struct session *s = j->session;
	struct proof_input in;
	struct proof p;
	enum proof_replay replay = PROOF_REPLAY_UNKNOWN;
	size_t index;

	if (s->direction != DIR_INBOUND ||
	    exempt_kind(j->msg, &s->rpath, true) != NULL ||
	    j->ev->from_count != 1 || j->ev->from_malformed ||
	    is_junk(j, asked))
		return false;
	evaluation_proof(j->ev, evaluator_envelope(s->evaluator),
	    evaluator_names(s->evaluator, &r->addr, NULL), replay, &in);
	/* The token itself cannot be had without the challenge, so that a first
	 * sight of this signature is not asked for. */
	if (proof_needs_replay(&in, &index))
		in.replay = PROOF_REPLAY_FRESH;
	proof_classify(&in, &p);
	return p.class == PROOF_A && same_folded(&s->rpath, asked->rpath) &&
	    same_folded(&j->ev->from[0], asked->rpath);
}

static const char *
outcome_name(enum case_outcome o)
{
	switch (o) {
	case CASE_DONE:
		return "done";
	case CASE_ALREADY:
		return "already";
	case CASE_OVER:
		return "over";
	case CASE_IMPOSSIBLE:
		return "impossible";
	}
	return "?";
}

static int
handle_reply(struct judge *j, const struct rcpt *r, const char *id)
{
	struct app *app = j->session->app;
	struct case_challenge c;
	enum case_outcome outcome = CASE_IMPOSSIBLE;
	int rc = case_challenge_find(app->store, id, &c);

	if (rc <= 0)
		return rc;
	rc = 0;
	if (reply_counts(j, r, &c.challenge))
		rc = case_confirm(app->store, &app->timers, c.challenge.domain,
		    id, "reply", j->now_ms, &outcome);
	oct_log(OCT_INFO, "%s: verdict=service kind=reply challenge=%s "
			  "outcome=%s",
	    j->session->id, id, outcome_name(outcome));
	case_challenge_fini(&c);
	return rc;
}

static bool
is_failure_report(struct judge *j)
{
	const char *body;
	size_t len;

	return oct_addr_is_null(&j->session->rpath) &&
	    oct_msg_body(j->msg, &body, &len) == 0 &&
	    service_is_failure(body, len);
}

static int
handle_bounce(struct judge *j, const char *id)
{
	struct app *app = j->session->app;
	struct case_challenge c;
	enum case_outcome outcome = CASE_IMPOSSIBLE;
	bool failure = is_failure_report(j);
	int rc = 0;

	if (failure) {
		rc = case_challenge_find(app->store, id, &c);
		if (rc == 1) {
			rc = case_lapse(app->store, &app->timers,
			    c.challenge.domain, id, REL_EV_BOUNCED, j->now_ms,
			    &outcome);
			case_challenge_fini(&c);
		} else if (rc == 0) {
			rc = probe_bounce(j, id);
			if (rc == 0)
				rc = case_bring_back(app->store, &app->timers,
				    id, "the mailbox's server refused it",
				    j->now_ms, &outcome);
			else if (rc == 1)
				rc = 0;
		}
	}
	oct_log(OCT_INFO, "%s: verdict=service kind=bounce token=%s "
			  "failure=%s outcome=%s",
	    j->session->id, id, failure ? "yes" : "no", outcome_name(outcome));
	return rc;
}

static int
handle(struct judge *j, const struct rcpt *r)
{
	bool bounce = strncasecmp(r->addr.local, "bounce+", 7) == 0;
	const char *text = strchr(r->addr.local, '+') + 1;
	char token[OCT_TOKEN_SIZE], id[OCT_TOKEN_ID_SIZE];

	if (strlen(text) != OCT_TOKEN_SIZE - 1)
		return 0;
	/* Mail systems change the case of addresses. */
	for (size_t i = 0; i < OCT_TOKEN_SIZE; i++)
		token[i] = (char)(text[i] >= 'A' && text[i] <= 'Z'
			? text[i] + ('a' - 'A')
			: text[i]);
	if (oct_token_parse(&j->session->app->tokens,
		bounce ? OCT_TOKEN_BOUNCE : OCT_TOKEN_REPLY, token, id) != 0) {
		oct_log(OCT_NOTICE, "%s: verdict=service token=bad",
		    j->session->id);
		return 0;
	}
	return bounce ? handle_bounce(j, id) : handle_reply(j, r, id);
}

int
service_handle(struct judge *j)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < j->session->rcpt_count; i++)
		if (j->session->rcpts[i].service)
			rc = handle(j, &j->session->rcpts[i]);
	return rc;
}
