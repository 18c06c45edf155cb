/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/results.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "milter/actions.h"
#include "milter/after.h"
#include "milter/hold.h"
#include "milter/legacy.h"
#include "milter/limits.h"
#include "milter/observe.h"
#include "milter/outbound.h"
#include "milter/probe.h"
#include "milter/service.h"
#include "milter/sign.h"
#include "milter/unchecked.h"
#include "policy/caps.h"
#include "policy/exempt.h"

/* Times that a lost race with another writer is read and decided again. */
#define JUDGE_TRIES 4

#define SYMBOLS_MAX 4000

bool
judge_is_forged(const struct oct_field *f, const char *authserv_id)
{
	if (oct_field_starts(f, "X-Octroi-") ||
	    oct_field_starts(f, "X-Spam-"))
		return true;
	return oct_field_is(f, "Authentication-Results") &&
	    auth_results_claims(f->value, f->value_len, authserv_id);
}

static bool
is_inbound(const struct session *s)
{
	return s->direction == DIR_INBOUND || s->direction == DIR_COLLECTED ||
	    s->direction == DIR_FORWARDED;
}

/* The levers of the administrator; the log is loud where one counts. */
static void
look_at_levers(struct judge *j)
{
	struct session *s = j->session;
	struct lever_state state;

	if (!is_inbound(s))
		return;
	lever_get(s->app->lever, j->now_ms, &state);
	j->stopped = state.stopped;
	j->facts.bypass = lever_bypasses(&state, j->now_ms);
	if (j->facts.bypass)
		oct_log(OCT_WARNING, "%s: lever=bypass by=%s", s->id, state.by);
}

/* RCPTs that are not ours are delivered whatever becomes of the others, so that
 * nothing can be refused for all.  A service address is no delivery: named beside
 * a victim it would turn every refusal into a hold. */
static size_t
count_others(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->rcpt_count; i++)
		if (!s->rcpts[i].ours && !s->rcpts[i].service)
			n++;
	return n;
}

static void
message_facts(struct judge *j)
{
	struct session *s = j->session;
	struct app *app = s->app;

	facts_message(evaluator_envelope(s->evaluator), s->snapshot, j->ev,
	    j->now_ms, &j->facts);
	j->facts.dmarc_mode = facts_dmarc_mode(app->settings);
	look_at_levers(j);
	/* Our own users are told; nobody else's copy can be held. */
	j->facts.malware_refuse = app->settings->virus_refuse ||
	    !is_inbound(s) || count_others(s) > 0;
	j->exempt = exempt_kind(j->msg, &s->rpath, true) != NULL;
	j->keys = (struct doors_keys){ .sent = app->sent_key,
		.tagged = app->tag_key, .item = app->item_key,
		.passes = app->passes };
	j->mail = (struct doors_mail){ .keys = &j->keys, .msg = j->msg,
		.ev = j->ev, .rpath = &s->rpath, .now_ms = j->now_ms,
		.automatic = doors_is_automatic(j->msg, &s->rpath) };
}

/* --- Finals ------------------------------------------------------------------- */

static size_t
find_final(const struct judge *j, const char *address)
{
	for (size_t i = 0; i < j->count; i++)
		if (strcmp(j->finals[i].final->address, address) == 0)
			return i;
	return j->count;
}

static int
collect_finals(struct judge *j)
{
	struct session *s = j->session;
	size_t total = 0, at = 0;

	for (size_t i = 0; i < s->rcpt_count; i++)
		total += s->rcpts[i].finals.count;
	j->finals = calloc(total > 0 ? total : 1, sizeof(*j->finals));
	j->map = calloc(total > 0 ? total : 1, sizeof(*j->map));
	j->first = calloc(s->rcpt_count + 1, sizeof(*j->first));
	j->taken = calloc(s->rcpt_count > 0 ? s->rcpt_count : 1,
	    sizeof(*j->taken));
	if (j->finals == NULL || j->map == NULL || j->first == NULL ||
	    j->taken == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->rcpt_count; i++) {
		const struct dir_finals *f = &s->rcpts[i].finals;

		j->first[i] = at;
		for (size_t k = 0; k < f->count; k++) {
			size_t known = find_final(j, f->finals[k].address);

			if (known == j->count) {
				j->finals[known].final = &f->finals[k];
				j->finals[known].rcpt = i;
				j->count++;
			}
			j->map[at++] = known;
		}
	}
	j->first[s->rcpt_count] = at;
	return 0;
}

/* --- Facts of one final ----------------------------------------------------------- */

/* Best effort: without memory the message's are shown. */
static void
own_symbols(const struct judge *j, struct judge_final *f)
{
	struct score_weights weights;
	struct oct_str text;

	if (f->facts.score_own == 0)
		return;
	facts_weights(f->final, &j->session->app->env.weights, &weights);
	oct_str_heap(&text, SYMBOLS_MAX);
	score_symbols_text(&f->score, &weights, &text);
	f->symbols = oct_str_take(&text);
}

static void
static_facts(struct judge *j, struct judge_final *f)
{
	struct session *s = j->session;
	const struct rcpt *r = &s->rcpts[f->rcpt];
	struct legacy_way way;

	legacy_find(s->evaluator, j->ev, f->final, s->started_wall_ms, &way);
	f->named = way.named ||
	    evaluator_names(s->evaluator, &r->addr, f->final->address);
	facts_options(f->final, &s->app->options, &f->options);
	facts_final(f->final, &s->app->thresholds, &f->options,
	    j->exempt || !f->named, &f->facts);
	f->facts.legacy = way.credit;
	f->facts.over_limit = r->over_limit;
	f->score = *evaluator_score(s->evaluator);
	if (is_inbound(s))
		facts_score(f->final, s->evaluator, &s->app->env.weights,
		    &f->score, &f->facts);
	own_symbols(j, f);
}

static void
classify(struct judge *j, struct judge_final *f)
{
	struct session *s = j->session;
	struct rcpt *r = &s->rcpts[f->rcpt];
	enum proof_replay replay = PROOF_REPLAY_UNKNOWN;
	struct proof_input in;
	char net[OCT_IP_SIZE];
	size_t index;

	evaluation_proof(j->ev, evaluator_envelope(s->evaluator), f->named,
	    replay, &in);
	facts_sent_on(f->facts.legacy, &in);
	/* Once a RCPT: the members behind an alias are one sending. */
	if (proof_needs_replay(&in, &index)) {
		if (!r->replay_known)
			r->replay = hold_replay(j, f,
			    &j->ev->dkim.sig[index]);
		r->replay_known = true;
		in.replay = r->replay;
	}
	proof_classify(&in, &f->proof);
	f->facts.class = f->proof.class;
	oct_ip_net_text(&s->client, net);
	proof_sid(&in, &f->proof, net, f->sid);
	space_share_of(proof_class_name(f->proof.class), f->sid,
	    caps_is_provider(s->app->settings, f->proof.org), f->share);
}

static void
gather(struct judge *j)
{
	for (size_t i = 0; i < j->count; i++) {
		struct judge_final *f = &j->finals[i];

		static_facts(j, f);
		/* Of an external final nothing is asked, but a copy that is
		 * taken over must know whether its path is proven. */
		f->proof.class = PROOF_N;
		if (is_inbound(j->session))
			classify(j, f);
		if (!is_inbound(j->session) || f->facts.external)
			f->facts.class = PROOF_N;
		f->doors.expect = f->doors.tag = f->doors.first = -1;
		f->match.which = SIZE_MAX;
	}
}

static const struct fate out_of_memory = { .verdict = FATE_DEFER,
	.reason = FATE_R_STORE_DOWN, .code = 451, .enhanced = "4.3.0" };

/* One who is not ours goes on as he came, and that cannot be with forged fields
 * that are too many to remove, nor with malware, which we cannot hold for him. */
static void
decide_other(const struct judge *j, struct fate *out)
{
	*out = (struct fate){ .verdict = FATE_DELIVER };
	if (!j->facts.malformed && !j->facts.malware)
		return;
	*out = (struct fate){ .verdict = FATE_REFUSE,
		.reason = j->facts.malformed ? FATE_R_MALFORMED : FATE_R_VIRUS,
		.code = 550, .enhanced = "5.7.1" };
	if (j->facts.direction == DIR_COLLECTED ||
	    j->facts.direction == DIR_FORWARDED) {
		out->verdict = FATE_DEFER;
		out->code = 451;
		out->enhanced = "4.7.1";
	}
}

static void
decide_all(struct judge *j, struct fate *fates, size_t others)
{
	for (size_t i = 0; i < j->count; i++) {
		decide_rcpt(&j->facts, &j->finals[i].facts, &fates[i]);
		/* The same message again while we have it: the same answer, or
		 * it would come twice (challenge.md 4). */
		if (j->finals[i].merged && fates[i].verdict == FATE_DELIVER)
			fates[i] = (struct fate){ .verdict = FATE_HOLD,
				.reason = FATE_R_TRANSIT };
	}
	for (size_t i = 0; i < others; i++)
		decide_other(j, &fates[j->count + i]);
	decide_reply(&j->facts, fates, j->count + others, &j->reply);
}

void
judge_decide(struct judge *j)
{
	size_t others = count_others(j->session);
	struct fate *fates = calloc(j->count + others + 1, sizeof(*fates));

	if (fates == NULL) {
		j->reply = out_of_memory;
		return;
	}
	decide_all(j, fates, others);
	/* A link that its page would not know again is none. */
	if (j->reply.link &&
	    !links_has(j->session->app->links, j->reply.domain)) {
		for (size_t i = 0; i < j->count; i++)
			j->finals[i].facts.unproven = OPTION_UNPROVEN_HOLD;
		decide_all(j, fates, others);
	}
	for (size_t i = 0; i < j->count; i++)
		j->finals[i].fate = fates[i];
	free(fates);
}

/* --- Envelope: who leaves it, who is taken over ----------------------------------- */

static bool
all_delivered(const struct judge *j, size_t rcpt)
{
	for (size_t k = j->first[rcpt]; k < j->first[rcpt + 1]; k++)
		if (j->finals[j->map[k]].fate.verdict != FATE_DELIVER)
			return false;
	return true;
}

/*
 * An RCPT stays if everybody behind it is delivered.  Else octroi takes it over
 * whole: those to deliver are stored too (transit), unless a kept RCPT of the
 * same message reaches them.
 */
static void
split(struct judge *j)
{
	const struct session *s = j->session;

	for (size_t i = 0; i < j->count; i++)
		j->finals[i].kept = j->finals[i].transit = false;
	for (size_t i = 0; i < s->rcpt_count; i++) {
		j->taken[i] = s->rcpts[i].service ||
		    (s->rcpts[i].ours && !all_delivered(j, i));
		if (j->taken[i])
			continue;
		for (size_t k = j->first[i]; k < j->first[i + 1]; k++)
			j->finals[j->map[k]].kept = true;
	}
	for (size_t i = 0; i < s->rcpt_count; i++) {
		if (!j->taken[i])
			continue;
		for (size_t k = j->first[i]; k < j->first[i + 1]; k++) {
			struct judge_final *f = &j->finals[j->map[k]];

			f->transit = f->fate.verdict == FATE_DELIVER &&
			    !f->kept;
		}
	}
}

bool
judge_delivers(const struct judge *j)
{
	if (count_others(j->session) > 0)
		return true;
	for (size_t i = 0; i < j->count; i++)
		if (j->finals[i].kept &&
		    j->finals[i].fate.verdict == FATE_DELIVER)
			return true;
	return false;
}

static bool
reads_nothing(const struct judge *j)
{
	for (size_t i = 0; i < j->count; i++)
		if (decide_asks_store(&j->facts, &j->finals[i].facts))
			return false;
	return true;
}

/* Accepted: keep what must be kept.  Everything that can still fail is done
 * before the store has anything that acts. */
static int
keep(struct judge *j, struct judge_actions *out)
{
	struct hold *h = NULL;
	int rc;

	split(j);
	rc = hold_prepare(j, &h);
	if (rc == 0)
		rc = actions_fill(j, out);
	if (rc == 0 && h != NULL)
		rc = hold_register(j, h);
	hold_free(h);
	return rc;
}

/* Row 12 of challenge.md 2, where the domain chose DEFER. */
static bool
is_deferred_contact(const struct fate *reply)
{
	return reply->verdict == FATE_DEFER &&
	    reply->reason == FATE_R_FIRST_CONTACT;
}

/* Decide and hold, again while another writer wins the race. */
static int
decide_and_hold(struct judge *j, struct judge_actions *out)
{
	int rc = OCT_ECONFLICT;

	for (int i = 0; i < JUDGE_TRIES && rc == OCT_ECONFLICT; i++) {
		if (i > 0 || !reads_nothing(j)) {
			rc = judge_read_store(j);
			if (rc != 0 && !j->store_away)
				return rc;
		}
		judge_decide(j);
		if (j->reply.verdict == FATE_DELIVER)
			rc = keep(j, out);
		else if (is_deferred_contact(&j->reply))
			rc = hold_ask_deferred(j);
		else
			rc = 0;
	}
	if (rc == 0 && j->reply.verdict != FATE_DELIVER)
		rc = actions_refuse(j, out);
	return rc;
}

/* --- The whole -------------------------------------------------------------------- */

static void
tempfail(struct judge_actions *out, int rc)
{
	out->accepted = false;
	if (rc == -ENOSPC || rc == -EDQUOT || rc == -EROFS)
		reply_set(&out->reply, REPLY_TEMPFAIL, 452, "4.3.1",
		    "Insufficient storage, try again later");
	else
		reply_set(&out->reply, REPLY_TEMPFAIL, 451, "4.3.0",
		    "Temporary failure, try again later");
}

static void
judge_fini(struct judge *j)
{
	for (size_t i = 0; i < j->count; i++) {
		doors_fini(&j->finals[i].doors);
		free(j->finals[i].symbols);
	}
	free(j->finals);
	free(j->map);
	free(j->first);
	free(j->taken);
}

static void
refund_all(struct session *s)
{
	for (size_t i = 0; i < s->rcpt_count; i++)
		limits_refund(s, &s->rcpts[i]);
}

/* It was for us. */
static void
drop(struct judge_actions *out)
{
	out->accepted = out->discard = true;
	out->reply.kind = REPLY_DISCARD;
}

static int
judge_inbound(struct judge *j, struct judge_actions *out)
{
	int rc;

	rc = collect_finals(j);
	if (rc != 0)
		return rc;
	message_facts(j);
	/* A message that is refused for its forged fields must leave nothing
	 * behind. */
	actions_forged(j, out);
	gather(j);
	if (!j->facts.malformed)
		rc = probe_arrival(j);
	if (rc == 1) {
		drop(out);
		return 0;
	}
	if (rc == 0 && !j->facts.malformed)
		rc = service_handle(j);
	if (rc == 0)
		rc = decide_and_hold(j, out);
	if (rc != 0)
		return rc;
	actions_log(j);
	events_note(j);
	observe_own(j);
	after_verdict(j);
	if (out->accepted)
		outbound_remember(j);
	if (out->accepted && !out->discard)
		sign_message(j, out);
	return rc;
}

/* Collectors and forwarders never get a 5xx: theirs would bounce to strangers,
 * or delete (challenge.md 10a). */
static void
too_big(const struct session *s, const char *limit, struct reply *out)
{
	bool later = s->direction == DIR_COLLECTED ||
	    s->direction == DIR_FORWARDED;

	reply_set(out, later ? REPLY_TEMPFAIL : REPLY_REJECT,
	    later ? 452 : 552, later ? "4.3.1" : "5.3.4",
	    "Message too big (limit: %s)", limit);
}

/* What is held or taken over is not charged (design 7); what is for us is. */
static void
refund_taken(const struct judge *j)
{
	for (size_t i = 0; i < j->session->rcpt_count; i++)
		if (j->taken[i] && !j->session->rcpts[i].service)
			limits_refund(j->session, &j->session->rcpts[i]);
}

void
judge_message(struct session *s, struct judge_actions *out)
{
	struct judge j = { .session = s, .now_ms = oct_clock_wall_ms() };
	const char *limit;
	int rc = -ENOMEM;

	memset(out, 0, sizeof(*out));
	if (s->broken || s->evaluator == NULL)
		goto done;
	for (size_t i = 0; i < s->rcpt_count; i++)
		evaluator_rcpt(s->evaluator, &s->rcpts[i].addr);
	rc = evaluator_end(s->evaluator, j.now_ms, &j.ev);
	if (rc != 0)
		goto done;
	j.msg = evaluator_msg(s->evaluator);
	if (oct_msg_over(j.msg) != NULL) {
		/* What we could not keep whole we could not hold either. */
		too_big(s, oct_msg_over(j.msg), &out->reply);
		rc = 0;
		goto done;
	}
	if (unchecked_refuses(s, j.ev, &out->reply))
		goto done;
	if (limits_size(s, (int64_t)oct_msg_size(j.msg), &limit)) {
		too_big(s, limit, &out->reply);
		rc = 0;
		goto done;
	}
	if (limits_volume(s, (int64_t)oct_msg_size(j.msg), &out->reply))
		rc = judge_inbound(&j, out);
done:
	if (rc != 0) {
		oct_log(OCT_WARNING, "%s: verdict=defer reason=error error=\"%s\"",
		    s->id, oct_strerror(rc));
		tempfail(out, rc);
	}
	if (!out->accepted && out->reply.kind == REPLY_TEMPFAIL)
		hold_replay_undo(s);
	if (!out->accepted) {
		refund_all(s);
	} else {
		refund_taken(&j);
		limits_settle(s, (int64_t)oct_msg_size(j.msg));
	}
	judge_fini(&j);
}

void
judge_actions_fini(struct judge_actions *a)
{
	free(a->results);
	for (size_t i = 0; i < a->signature_count; i++)
		free(a->signatures[i]);
	free(a->score);
	free(a->symbols);
	free(a->rcpt_delete);
	memset(a, 0, sizeof(*a));
}
