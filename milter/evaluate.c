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
#include "lib/addrlist.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/str.h"

bool
evaluate_trace_only(const struct evaluator *e)
{
	return e->envelope.direction == DIR_COLLECTED ||
	    e->envelope.direction == DIR_FORWARDED;
}

bool
evaluate_is_scored(const struct evaluator *e)
{
	return e->envelope.direction == DIR_INBOUND || evaluate_trace_only(e);
}

void
evaluate_spf_input(const struct evaluator *e, const char *mail_from,
    int64_t now_ms, struct auth_spf_input *in)
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
		evaluate_spf_input(e, e->rpath_text, oct_clock_wall_ms(), &in);
		auth_spf_prefetch(e->dns, &in);
	}
	if (e->envelope.rpath.domain[0] != '\0')
		prefetch_dmarc(e, e->envelope.rpath.domain);
	if (e->lists == NULL)
		return;
	lists_ask_name(e->lists, LIST_RPATH, e->envelope.rpath.domain);
	if (evaluate_trace_only(e))
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
	if (rc == 0 && env->lists != NULL && evaluate_is_scored(e))
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

void
evaluate_run_spf(struct evaluator *e, const struct auth_spf_input *in,
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
	evaluate_spf_input(e, e->rpath_text, now_ms, &in);
	evaluate_run_spf(e, &in, &e->out.spf);
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

bool
evaluate_is_provider(const struct evaluator *e, const char *term_domain)
{
	return in_list(e->env->providers, term_domain) ||
	    domain_file_has(e->env->providers_file, term_domain);
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

/* --- All of it ------------------------------------------------------------------- */

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
		.scored = evaluate_is_scored(e) };

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
	e->out.spf_listed_provider =
	    evaluate_is_provider(e, e->out.spf.term_domain);
	e->out.institutional = e->out.from_count == 1 &&
	    !e->out.from_malformed &&
	    domain_file_has(e->env->institutional, e->out.from[0].domain);
	rc = check_credit(e);
	if (rc != 0)
		return rc;
	evaluate_check_legacy(e, now_ms);
	rc = evaluate_check_score(e, now_ms);
	outside_virus(e->outside, &e->out.virus);
	*out = &e->out;
	return rc;
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
