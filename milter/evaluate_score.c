/* SPDX-License-Identifier: Apache-2.0 */
/* The score of a message, and the points that it has for one domain. */
#include "milter/evaluate_int.h"

#include <stdio.h>
#include <string.h>

#include "lib/str.h"

/* --- The end of the message -------------------------------------------------- */

static void
join_lists(struct evaluator *e, struct score_lists *out)
{
	struct oct_str found;

	if (e->lists == NULL)
		return;
	/* Names of more lists than fit are left out here, not in the score. */
	oct_str_fixed(&found, e->out.lists, sizeof(e->out.lists));
	lists_join(e->lists, out, &found);
}

/* --- Score ------------------------------------------------------------------- */

/* As if To named everybody, and the replay memory were empty: what holds for all
 * recipients. */
static const char *
proof_of(const struct evaluator *e)
{
	struct proof_input in;
	struct proof p;

	evaluation_proof(&e->out, &e->envelope, true, PROOF_REPLAY_FRESH, &in);
	proof_classify(&in, &p);
	return proof_class_name(p.class);
}

/* Hosted here, or on the operator's list of institutions. */
static bool
is_imitable(const void *arg, const char *domain)
{
	const struct evaluator *e = arg;

	return (e->envelope.hosted != NULL &&
		   dir_domain(e->envelope.hosted, domain) != NULL) ||
	    (e->env->institutional != NULL &&
		domain_file_has(e->env->institutional, domain));
}

int
evaluate_check_score(struct evaluator *e, int64_t now_ms)
{
	struct evaluation *o = &e->out;
	int64_t when = e->envelope.received_ms != 0 ? e->envelope.received_ms
						    : now_ms;
	struct appraise_input in = { .msg = e->msg,
		.score = { .msg = e->msg,
		    .spf = &o->spf,
		    .dkim = &o->dkim,
		    .dmarc = &o->dmarc,
		    .rpath = &e->envelope.rpath,
		    .helo = e->helo,
		    .hostname = e->env->hostname,
		    .from_count = o->from_count,
		    .from_malformed = o->from_malformed,
		    .from = o->from_count > 0 ? &o->from[0] : NULL,
		    .from_org = o->from_org,
		    .rpath_org = o->rpath_org,
		    .now_ms = when,
		    .rcpts = e->rcpts,
		    .rcpt_count = e->rcpt_count,
		    .known = is_imitable,
		    .known_arg = e,
		    .trace_only = evaluate_trace_only(e) ||
			evaluate_is_sent_on(e) ||
			e->envelope.client.family == AF_UNSPEC },
		.weights = &e->env->weights,
		.model = e->env->model,
		.received_skip = e->envelope.received_skip,
		.when_ms = when,
		.proof = proof_of(e) };
	struct appraisal found;
	int rc;

	join_lists(e, &in.score.lists);
	in.score.lists.rspamd = outside_opinion(e->outside);
	/* What our own users send is not read. */
	if (!evaluate_is_scored(e)) {
		score_message(&in.score, in.weights, &o->score);
		return 0;
	}
	rc = appraise(&in, &found);
	if (rc != 0)
		return rc;
	o->score = found.score;
	o->heard = found.heard;
	o->rank = found.rank;
	e->features = found.features;
	if (found.heard)
		o->opinion = found.opinion;
	return 0;
}

int32_t
evaluator_points(struct evaluator *e, const char *domain)
{
	const struct classifier *model;
	struct opinion o;

	if (e->features == NULL || !e->out.heard)
		return e->out.score.content;
	if (strcmp(e->points_for, domain) == 0)
		return e->points;
	model = classifier_live_get(e->env->model);
	if (model == NULL)
		return e->out.score.content;
	opinion_of(model, e->features, &e->out.opinion.stratum, domain, &o);
	classifier_live_put(e->env->model, model);
	(void)snprintf(e->points_for, sizeof(e->points_for), "%s", domain);
	e->points = o.points;
	return o.points;
}

const struct score *
evaluator_score(const struct evaluator *e)
{
	return &e->out.score;
}
