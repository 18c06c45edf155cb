/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/evaluate_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/arc.h"
#include "auth/arc_credit.h"
#include "auth/dmarc.h"
#include "auth/spf.h"
#include "lib/addrlist.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/str.h"

static bool
trusts_trace_only(const struct evaluator *e)
{
	return e->envelope.direction == DIR_COLLECTED ||
	    e->envelope.direction == DIR_FORWARDED;
}

/* What our own users send is not scored. */
static bool
is_scored(const struct evaluator *e)
{
	return e->envelope.direction == DIR_INBOUND || trusts_trace_only(e);
}

static void
spf_input(const struct evaluator *e, const char *mail_from, int64_t now_ms,
    struct auth_spf_input *in)
{
	*in = (struct auth_spf_input){ .ip = e->envelope.client,
		.helo = e->helo,
		.mail_from = mail_from,
		.receiver = e->env->hostname,
		.now_s = now_ms / 1000 };
}

static void
prefetch_dmarc(struct evaluator *e, const char *domain)
{
	if (e->env->org_psl)
		auth_dmarc_prefetch_psl(e->dns, domain);
	else
		auth_dmarc_prefetch(e->dns, domain);
}

static void
start_lookups(struct evaluator *e)
{
	struct auth_spf_input in;

	if (e->envelope.direction == DIR_INBOUND) {
		spf_input(e, e->rpath_text, oct_clock_wall_ms(), &in);
		auth_spf_prefetch(e->dns, &in);
	}
	if (e->envelope.rpath.domain[0] != '\0')
		prefetch_dmarc(e, e->envelope.rpath.domain);
	if (e->lists == NULL)
		return;
	lists_ask_name(e->lists, LIST_RPATH, e->envelope.rpath.domain);
	if (trusts_trace_only(e))
		return;
	lists_ask_client(e->lists, &e->envelope.client);
	lists_ask_name(e->lists, LIST_HELO, e->helo);
}

int
evaluator_new(const struct evaluate_env *env,
    const struct evaluate_envelope *envelope, struct evaluator **out)
{
	struct evaluator *e = calloc(1, sizeof(*e));
	char text[OCT_ADDR_SIZE];
	int rc = -ENOMEM;

	if (e == NULL)
		return rc;
	e->env = env;
	e->envelope = *envelope;
	oct_addr_text(&envelope->rpath, text);
	e->rpath_text = strdup(text);
	e->helo = strdup(envelope->helo != NULL ? envelope->helo : "");
	e->id = strdup(envelope->id != NULL ? envelope->id : "");
	if (e->rpath_text == NULL || e->helo == NULL || e->id == NULL)
		goto fail;
	e->envelope.helo = e->helo;
	e->envelope.id = e->id;
	rc = oct_msg_new(&env->limits, &e->msg);
	if (rc == 0)
		rc = dns_session_new(env->dns,
		    oct_clock_mono_ms() + env->dns_ms, env->dns_questions,
		    &e->dns);
	if (rc == 0 && env->lists != NULL && is_scored(e))
		rc = lists_query_new(env->lists, e->dns, &e->lists);
	if (rc == 0)
		rc = auth_dkim_verify_new(env->dkim, e->dns, e->id, &e->dkim);
	if (rc != 0)
		goto fail;
	auth_dkim_verify_message(e->dkim, e->msg);
	start_lookups(e);
	*out = e;
	return 0;
fail:
	evaluator_free(e);
	return rc;
}

void
evaluator_free(struct evaluator *e)
{
	if (e == NULL)
		return;
	auth_arc_verify_free(e->arc);
	auth_dkim_verify_free(e->dkim);
	lists_query_free(e->lists);
	outside_free(e->outside); /* before the message */
	dns_session_free(e->dns);
	oct_msg_free(e->msg);
	features_free(e->features);
	free(e->named);
	free(e->rpath_text);
	free(e->helo);
	free(e->id);
	free(e);
}

static void
prefetch_from(struct evaluator *e, const struct oct_field *f)
{
	struct oct_addr from;
	size_t n;

	(void)!oct_addrlist_parse(f->value, f->value_len, &from, 1, &n);
	if (n != 1)
		return;
	prefetch_dmarc(e, from.domain);
	if (e->lists != NULL)
		lists_ask_name(e->lists, LIST_FROM, from.domain);
}

int
evaluator_field(struct evaluator *e, const char *name, const char *value)
{
	const struct oct_field *f;
	int rc = oct_msg_add_field(e->msg, name, value);

	if (rc != 0)
		return rc;
	f = oct_msg_field(e->msg, oct_msg_field_count(e->msg) - 1);
	if (strcasecmp(name, "From") == 0)
		prefetch_from(e, f);
	return auth_dkim_verify_field(e->dkim, f->name, f->name_len, f->value,
	    f->value_len);
}

int
evaluator_eoh(struct evaluator *e)
{
	int rc = auth_dkim_verify_eoh(e->dkim);

	if (rc == 0 && auth_arc_present(e->msg))
		rc = auth_arc_verify_new(e->dns, e->msg, &e->arc);
	return rc;
}

int
evaluator_body(struct evaluator *e, const void *octets, size_t len)
{
	int rc = oct_msg_add_body(e->msg, octets, len);
	int dk = auth_dkim_verify_body(e->dkim, octets, len);

	if (e->arc != NULL)
		auth_arc_verify_body(e->arc, octets, len);
	return rc != 0 ? rc : dk;
}

/* --- The end of the message -------------------------------------------------- */

static void
read_from(struct evaluator *e)
{
	struct evaluation *o = &e->out;

	for (size_t i = 0;; i++) {
		const struct oct_field *f = oct_msg_find(e->msg, "From", i);
		size_t n = 0;

		if (f == NULL)
			return;
		if (oct_addrlist_parse(f->value, f->value_len,
			o->from + o->from_count,
			EVALUATE_FROM_MAX - o->from_count, &n) != 0 ||
		    n == 0)
			o->from_malformed = true;
		o->from_count += n;
	}
}

static void
org_of(struct evaluator *e, const char *domain, char out[OCT_DOMAIN_SIZE])
{
	if (*domain == '\0') {
		*out = '\0';
		return;
	}
	/* A public suffix stands for itself, as by the tree walk. */
	if (e->env->org_psl && auth_psl_org(domain, out) >= 0)
		return;
	/* Whatever the DNS says, out is at least the domain itself. */
	(void)!auth_dmarc_org(e->dns, domain, out);
}

static void
run_spf(struct evaluator *e, const struct auth_spf_input *in,
    struct auth_spf *out)
{
	if (e->env->spf_libspf2)
		auth_spf_libspf2_check(e->dns, in, out);
	else
		auth_spf_check(e->dns, in, out);
}

static void
check_spf(struct evaluator *e, int64_t now_ms)
{
	struct auth_spf_input in;

	if (e->envelope.direction != DIR_INBOUND)
		return;
	spf_input(e, e->rpath_text, now_ms, &in);
	run_spf(e, &in, &e->out.spf);
}

static void
check_dmarc(struct evaluator *e)
{
	const char *domains[EVALUATE_FROM_MAX];
	struct auth_dmarc_input in = { .from_domains = domains,
		.spf = &e->out.spf, .dkim = &e->out.dkim,
		.psl = e->env->org_psl };

	/* A From that others may read otherwise has no author to judge by. */
	for (size_t i = 0; i < e->out.from_count && !e->out.from_malformed;
	    i++) {
		bool known = false;

		for (size_t j = 0; j < in.from_count; j++)
			known |= strcmp(domains[j],
				     e->out.from[i].domain) == 0;
		if (!known)
			domains[in.from_count++] = e->out.from[i].domain;
	}
	auth_dmarc_check(e->dns, &in, &e->out.dmarc);
}

static void
find_orgs(struct evaluator *e)
{
	struct evaluation *o = &e->out;

	if (o->from_count > 0)
		org_of(e, o->from[0].domain, o->from_org);
	org_of(e, e->envelope.rpath.domain, o->rpath_org);
	org_of(e, o->spf.domain, o->spf_org);
	for (size_t i = 0; i < o->dkim.count; i++)
		org_of(e, o->dkim.sig[i].domain, o->dkim_org[i]);
}

static bool
in_list(const char *const *list, const char *domain)
{
	for (; list != NULL && *list != NULL; list++)
		if (oct_domain_under(domain, *list))
			return true;
	return false;
}

static bool
is_provider(const struct evaluator *e, const char *term_domain)
{
	return in_list(e->env->providers, term_domain) ||
	    domain_file_has(e->env->providers_file, term_domain);
}

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

static bool
is_declared_forwarder(const struct evaluator *e)
{
	for (size_t i = 0; i < e->env->forwarder_count; i++)
		if (oct_ip_in(&e->envelope.client, &e->env->forwarders[i].net,
			e->env->forwarders[i].bits))
			return true;
	return false;
}

static int
check_credit(struct evaluator *e)
{
	int rc = 0;

	e->out.credit = "none";
	if (e->arc != NULL)
		rc = auth_arc_verify_end(e->arc, &e->out.arc);
	if (rc != 0)
		return rc;
	if (auth_arc_credits(e->msg, &e->out.arc, e->env->sealers))
		e->out.credit = "arc";
	else if (is_declared_forwarder(e))
		e->out.credit = "forwarder";
	else
		return 0;
	e->out.credited = true;
	return 0;
}

/* --- Providers of legacy addresses ------------------------------------------- */

#define MAIL_FROM_SIZE (OCT_DOMAIN_SIZE + 16)

static void
legacy_input(const struct evaluator *e, const char *domain, int64_t now_ms,
    char mail_from[MAIL_FROM_SIZE], struct auth_spf_input *in)
{
	(void)snprintf(mail_from, MAIL_FROM_SIZE, "postmaster@%s", domain);
	spf_input(e, mail_from, now_ms, in);
}

bool
evaluator_legacy(struct evaluator *e, const char *domain)
{
	struct evaluation *o = &e->out;
	char mail_from[MAIL_FROM_SIZE];
	struct auth_spf_input in;

	if (e->envelope.direction != DIR_INBOUND || *domain == '\0' ||
	    strlen(domain) >= sizeof(o->legacy[0].domain))
		return false;
	for (size_t i = 0; i < o->legacy_count; i++)
		if (strcmp(o->legacy[i].domain, domain) == 0)
			return true;
	if (o->legacy_count == EVALUATE_LEGACY_MAX)
		return false;
	(void)snprintf(o->legacy[o->legacy_count++].domain,
	    sizeof(o->legacy[0].domain), "%s", domain);
	legacy_input(e, domain, oct_clock_wall_ms(), mail_from, &in);
	auth_spf_prefetch(e->dns, &in);
	return true;
}

void
evaluator_legacy_rcpt(struct evaluator *e, bool any)
{
	e->all_legacy = any && (e->legacy_rcpts == 0 || e->all_legacy);
	e->legacy_rcpts++;
}

/* What passes SPF was not sent on as it came. */
static void
check_legacy(struct evaluator *e, int64_t now_ms)
{
	for (size_t i = 0; i < e->out.legacy_count; i++) {
		struct evaluate_legacy *l = &e->out.legacy[i];
		const char *const sealers[] = { l->domain, NULL };
		char mail_from[MAIL_FROM_SIZE];
		struct auth_spf_input in;
		struct auth_spf spf;

		l->sealed = auth_arc_credits(e->msg, &e->out.arc, sealers);
		if (e->out.spf.result == AUTH_PASS)
			continue;
		legacy_input(e, l->domain, now_ms, mail_from, &in);
		memset(&spf, 0, sizeof(spf));
		run_spf(e, &in, &spf);
		l->from_host = spf.result == AUTH_TEMPERROR ||
		    (spf.result == AUTH_PASS &&
			proof_spf_is_narrow(&spf,
			    is_provider(e, spf.term_domain)));
	}
}

/* Was it sent on, for everybody to whom it goes? */
static bool
is_sent_on(const struct evaluator *e)
{
	if (!e->all_legacy)
		return false;
	for (size_t i = 0; i < e->out.legacy_count; i++)
		if (e->out.legacy[i].sealed || e->out.legacy[i].from_host)
			return true;
	return false;
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

static int
check_score(struct evaluator *e, int64_t now_ms)
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
		    .trace_only = trusts_trace_only(e) || is_sent_on(e) ||
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
	if (!is_scored(e)) {
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

void
evaluator_rcpt(struct evaluator *e, const struct oct_addr *typed)
{
	if (e->rcpt_count < EVALUATE_RCPTS_MAX)
		e->rcpts[e->rcpt_count++] = *typed;
}

static int
ask_outside(struct evaluator *e)
{
	const struct outside_envelope from = { .client = &e->envelope.client,
		.helo = e->helo, .rpath = e->rpath_text, .id = e->id,
		.scored = is_scored(e) };

	return outside_start(e->env->outside, e->msg, &from, &e->outside);
}

int
evaluator_end(struct evaluator *e, int64_t now_ms,
    const struct evaluation **out)
{
	int rc = ask_outside(e);

	if (rc != 0)
		return rc;
	if (e->lists != NULL)
		lists_ask_body(e->lists, e->msg);
	rc = auth_dkim_verify_end(e->dkim, &e->out.dkim);
	if (rc != 0)
		return rc;
	read_from(e);
	check_spf(e, now_ms);
	check_dmarc(e);
	find_orgs(e);
	e->out.has_cc = oct_msg_count(e->msg, "Cc") > 0;
	e->out.spf_listed_provider = is_provider(e, e->out.spf.term_domain);
	e->out.institutional = e->out.from_count == 1 &&
	    !e->out.from_malformed &&
	    domain_file_has(e->env->institutional, e->out.from[0].domain);
	rc = check_credit(e);
	if (rc != 0)
		return rc;
	check_legacy(e, now_ms);
	rc = check_score(e, now_ms);
	outside_virus(e->outside, &e->out.virus);
	*out = &e->out;
	return rc;
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

struct oct_msg *
evaluator_msg(struct evaluator *e)
{
	return e->msg;
}

const struct evaluate_envelope *
evaluator_envelope(const struct evaluator *e)
{
	return &e->envelope;
}

struct dns_session *
evaluator_dns(struct evaluator *e)
{
	return e->dns;
}

void
evaluator_want_org(struct evaluator *e, const char *domain)
{
	if (*domain != '\0' && !e->env->org_psl)
		auth_dmarc_prefetch(e->dns, domain);
}

void
evaluator_org(struct evaluator *e, const char *domain,
    char out[OCT_DOMAIN_SIZE])
{
	org_of(e, domain, out);
}
