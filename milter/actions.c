/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/actions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/results.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define RESULTS_MAX 8192

static bool
is_submitted(const struct session *s)
{
	return s->direction == DIR_SUBMISSION || s->direction == DIR_RELAY ||
	    s->direction == DIR_INTERNAL;
}

const char *
actions_override(const struct judge *j, const struct fate *fate)
{
	switch (fate->override) {
	case OVERRIDE_NONE:
		break;
	case OVERRIDE_CREDIT:
		return j->ev->credited ? j->ev->credit : "legacy";
	case OVERRIDE_POLICY:
		return "policy";
	}
	return NULL;
}

/* Of one final: a legacy address counts for its mailbox alone. */
static const char *
credit_of(const struct judge *j, const struct judge_final *f)
{
	static const char *const names[] = { [LEGACY_NONE] = "none",
		[LEGACY_HOST] = "legacy-host", [LEGACY_PROVEN] = "legacy" };

	return j->ev->credited ? j->ev->credit : names[f->facts.legacy];
}

int
actions_results(const struct judge *j, struct oct_str *out)
{
	struct session *s = j->session;
	const struct evaluate_envelope *env = evaluator_envelope(s->evaluator);
	char rpath[OCT_ADDR_SIZE];
	struct auth_results_input in = { .authserv_id = s->app->env.hostname,
		.helo = env->helo, .mail_from = rpath,
		.dkim = &j->ev->dkim, .dmarc = &j->ev->dmarc };

	if (j->ev->arc.result != AUTH_NONE)
		in.arc = &j->ev->arc;

	for (size_t i = 0; in.dmarc_override == NULL && i < j->count; i++)
		in.dmarc_override = actions_override(j, &j->finals[i].fate);
	oct_addr_text(&s->rpath, rpath);
	if (s->app->settings->authserv_id[0] != '\0')
		in.authserv_id = s->app->settings->authserv_id;
	if (s->direction == DIR_INBOUND)
		in.spf = &j->ev->spf;
	if (is_submitted(s)) {
		in.auth_user = s->auth_user;
		in.dmarc = NULL;
	}
	return auth_results_write(&in, out);
}

static const char *
authserv_id(const struct judge *j)
{
	const struct settings *set = j->session->app->settings;

	return set->authserv_id[0] != '\0' ? set->authserv_id : set->hostname;
}

/* Index of field i among those of its name, from 1 (smfi_chgheader). */
static int
index_of(const struct oct_msg *m, size_t i)
{
	const struct oct_field *f = oct_msg_field(m, i);
	int n = 0;

	for (size_t k = 0; k <= i; k++)
		if (oct_msg_field(m, k)->name_len == f->name_len &&
		    strncasecmp(oct_msg_field(m, k)->name, f->name,
			f->name_len) == 0)
			n++;
	return n;
}

/* Last to first, so that an index stays right while fields go away.  A message
 * with more forged fields than the bound is no honest mistake. */
void
actions_forged(struct judge *j, struct judge_actions *out)
{
	size_t n = oct_msg_field_count(j->msg);

	for (size_t i = n; i-- > 0 && !j->facts.malformed;) {
		const struct oct_field *f = oct_msg_field(j->msg, i);

		if (!judge_is_forged(f, authserv_id(j)))
			continue;
		if (out->delete_count == JUDGE_DELETE_MAX) {
			j->facts.malformed = true;
			return;
		}
		out->delete[out->delete_count].field = f;
		out->delete[out->delete_count].index = index_of(j->msg, i);
		out->delete_count++;
	}
}

static void
forget(struct judge_actions *out)
{
	free(out->results);
	free(out->score);
	free(out->symbols);
	free(out->rcpt_delete);
	out->results = out->score = out->symbols = NULL;
	out->rcpt_delete = NULL;
	out->rcpt_count = 0;
	out->accepted = out->tag = out->discard = false;
	out->label = LABEL_NONE;
	out->virus = NULL;
}

/* RFC 5322 2.1.1: lines of 78; between symbols a fold. */
static char *
folded(struct oct_str *text)
{
	const char *p = oct_str_text(text);
	size_t line = sizeof("X-Octroi-Symbols: ");
	struct oct_str out;

	oct_str_heap(&out, ACTIONS_SYMBOLS_SIZE - 1);
	while (*p != '\0') {
		size_t n = strcspn(p, ",");

		n += p[n] == ',';
		if (line + n > 77 && out.len > 0) {
			oct_str_add(&out, "\n\t");
			line = 8;
		}
		oct_str_addn(&out, p, n);
		line += n;
		p += n;
	}
	oct_str_free(text);
	return oct_str_take(&out);
}

/* Whose score the one header shows: that of those to whom it is delivered, if it is
 * the same for all; else the message's (NULL). */
static const struct judge_final *
shown_final(const struct judge *j)
{
	const struct judge_final *shown = NULL;

	for (size_t i = 0; i < j->count; i++) {
		const struct judge_final *f = &j->finals[i];

		if (!f->kept)
			continue;
		if (shown != NULL && shown->score.total != f->score.total)
			return NULL;
		shown = f;
	}
	return shown;
}

static int
list_headers(const struct judge *j, struct judge_actions *out)
{
	const struct judge_final *shown;
	struct oct_str results, symbols;
	char score[16];
	int rc;

	oct_str_heap(&results, RESULTS_MAX);
	rc = actions_results(j, &results);
	if (rc != 0) {
		oct_str_free(&results);
		return rc;
	}
	out->results = oct_str_take(&results);
	out->virus = outside_virus_text(&j->ev->virus);
	if (is_submitted(j->session))
		return out->results != NULL ? 0 : -ENOMEM;
	shown = shown_final(j);
	score_text(shown != NULL ? shown->score.total : j->ev->score.total,
	    score);
	oct_str_heap(&symbols, SCORE_TEXT_MAX);
	if (shown != NULL && shown->symbols != NULL)
		oct_str_add(&symbols, shown->symbols);
	else
		score_symbols_text(&j->ev->score,
		    &j->session->app->env.weights, &symbols);
	out->score = strdup(score);
	out->symbols = folded(&symbols);
	for (size_t i = 0; i < j->count; i++) {
		const struct fate *f = &j->finals[i].fate;

		if (!j->finals[i].kept)
			continue;
		/* One message, one label: the one that says most. */
		out->tag |= f->tag;
		if (f->label > out->label)
			out->label = f->label;
	}
	return out->results != NULL && out->score != NULL &&
		out->symbols != NULL
	    ? 0
	    : -ENOMEM;
}

static int
list_rcpts(const struct judge *j, struct judge_actions *out)
{
	const struct session *s = j->session;

	out->rcpt_delete = calloc(s->rcpt_count > 0 ? s->rcpt_count : 1,
	    sizeof(*out->rcpt_delete));
	if (out->rcpt_delete == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->rcpt_count; i++)
		if (j->taken[i])
			out->rcpt_delete[out->rcpt_count++] =
			    s->rcpts[i].envelope;
	out->discard = s->rcpt_count > 0 && out->rcpt_count == s->rcpt_count;
	return 0;
}

/* --- The log: one line a final recipient ------------------------------------------ */

struct line {
	char from[OCT_LOG_SAFE_SIZE], rcpt[OCT_LOG_SAFE_SIZE];
	char client[OCT_IP_SIZE], score[16], simulated[32];
};

static void
log_final(const struct judge *j, const struct judge_final *f, struct line *l)
{
	const struct session *s = j->session;
	const char *verdict = fate_verdict_name(f->fate.verdict);
	const char *override = actions_override(j, &f->fate);

	score_text(f->score.total, l->score);
	(void)snprintf(l->simulated, sizeof(l->simulated), "none");
	if (f->fate.simulated)
		(void)snprintf(l->simulated, sizeof(l->simulated), "%d:%s%s",
		    f->fate.would_row, fate_verdict_name(f->fate.would),
		    f->fate.would_ask ? ":ask" : "");
	if (j->reply.verdict != FATE_DELIVER)
		verdict = fate_verdict_name(j->reply.verdict);
	else if (f->transit)
		verdict = "transit";
	oct_log(OCT_INFO,
	    "%s: verdict=%s reason=%s row=%d class=%s ask=%s merged=%s "
	    "rcpt=%s from=%s client=%s spf=%s dkim=%s dmarc=%s score=%s "
	    "item=%s direction=%s credit=%s override=%s lists=%s label=%s "
	    "simulated=%s ms=%lld",
	    s->id, verdict, fate_reason_name(f->fate.reason), f->fate.row,
	    proof_class_name(f->proof.class), f->fate.ask ? "yes" : "no",
	    f->merged ? "yes" : "no",
	    oct_log_safe(f->final->address, l->rcpt, sizeof(l->rcpt)), l->from,
	    l->client, auth_result_name(j->ev->spf.result),
	    j->ev->dkim.count > 0
		? auth_result_name(j->ev->dkim.sig[0].result)
		: "none",
	    auth_result_name(j->ev->dmarc.result), l->score,
	    f->fate.verdict == FATE_HOLD || f->transit ? f->id : "-",
	    direction_name(s->direction), credit_of(j, f),
	    override != NULL ? override : "none",
	    j->ev->lists[0] != '\0' ? j->ev->lists : "none",
	    fate_label_name(f->fate.label), l->simulated,
	    (long long)(oct_clock_mono_ms() - s->started_ms));
}

void
actions_log(const struct judge *j)
{
	const struct session *s = j->session;
	char text[OCT_ADDR_SIZE];
	struct line l;

	oct_addr_text(&s->rpath, text);
	(void)oct_log_safe(text, l.from, sizeof(l.from));
	oct_ip_text(&s->client, l.client);
	score_text(j->ev->score.total, l.score);
	for (size_t i = 0; i < j->count; i++)
		log_final(j, &j->finals[i], &l);
	for (size_t i = 0; i < s->rcpt_count; i++) {
		if (s->rcpts[i].ours)
			continue;
		oct_addr_text(&s->rcpts[i].addr, text);
		oct_log(OCT_INFO,
		    "%s: verdict=%s reason=%s rcpt=%s from=%s client=%s "
		    "direction=%s score=%s",
		    s->id, s->rcpts[i].service ? "service" : "pass",
		    s->rcpts[i].service ? "service-address" : "not-ours",
		    oct_log_safe(text, l.rcpt, sizeof(l.rcpt)), l.from,
		    l.client, direction_name(s->direction), l.score);
	}
}

/* The refusal that can be answered (challenge.md 9 and 10a): nothing of it is
 * stored.  Postfix logs it: the token is good once, and for a day. */
static int
refuse_with_link(const struct judge *j, struct judge_actions *out)
{
	const struct judge_final *f = &j->finals[0];
	const struct app *app = j->session->app;
	const struct oct_addr *retype = f->proof.class == PROOF_F
	    ? &j->ev->from[0]
	    : &j->session->rpath;
	char token[PASS_TOKEN_SIZE], text[sizeof(out->reply.text)];
	struct oct_str s;

	pass_token_make(app->passes, f->facts.domain, f->sid, retype,
	    j->now_ms, token);
	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addf(&s,
	    "Premier envoi: confirmez sur %s/%s puis renvoyez. "
	    "First contact: confirm, then resend.",
	    app->settings->challenge_url, token);
	if (oct_str_err(&s) != 0)
		return oct_str_err(&s);
	reply_set(&out->reply, REPLY_REJECT, 550, "5.7.1", "%s", text);
	return 0;
}

static void
refuse_plainly(const struct judge *j, struct judge_actions *out)
{
	static const struct {
		enum fate_reason reason;
		const char *text;
	} texts[] = {
		{ FATE_R_VIRUS, "Message refused: it holds malware" },
		{ FATE_R_DMARC,
		    "Message refused: the author's domain disowns it (DMARC)" },
		{ FATE_R_SPOOF, "Message refused: it claims a domain hosted "
				"here without proof" },
		{ FATE_R_BLOCKED, "Message refused by the recipient" },
		{ FATE_R_SPAM, "Message refused: it looks like spam" },
		{ FATE_R_UNDECIDED, "The sender could not be verified because "
				    "of a DNS error, try again later" },
		{ FATE_R_STORE_DOWN, "Temporary failure, try again later" },
		{ FATE_R_FIRST_CONTACT,
		    "Premier envoi: message differe, reessayez plus tard. "
		    "First contact: deferred, try again later" },
		{ FATE_R_UNMATCHED,
		    "Bounce refused: it answers nothing that was sent here" },
		{ FATE_R_MALFORMED, "Message refused: too many forged fields "
				    "(limit: forged)" },
		{ FATE_R_FULL, "Too much mail is waiting for this recipient, "
			       "try again later" },
	};
	const char *text = "Temporary failure, try again later";

	for (size_t i = 0; i < OCT_LEN(texts); i++)
		if (texts[i].reason == j->reply.reason)
			text = texts[i].text;
	reply_set(&out->reply,
	    j->reply.verdict == FATE_REFUSE ? REPLY_REJECT : REPLY_TEMPFAIL,
	    j->reply.code, j->reply.enhanced, "%s", text);
}

int
actions_refuse(const struct judge *j, struct judge_actions *out)
{
	forget(out);
	if (j->reply.link)
		return refuse_with_link(j, out);
	refuse_plainly(j, out);
	return 0;
}

int
actions_fill(struct judge *j, struct judge_actions *out)
{
	int rc;

	forget(out);
	rc = list_headers(j, out);
	if (rc == 0)
		rc = list_rcpts(j, out);
	if (rc != 0)
		return rc;
	out->accepted = true;
	out->reply.kind = out->discard ? REPLY_DISCARD : REPLY_CONTINUE;
	return 0;
}
