/* SPDX-License-Identifier: Apache-2.0 */
/* Where it would go: DNS and breakers (challenge.md 5, 11). */
#include "courier/gate_int.h"

#include "lib/clock.h"
#include "policy/breaker.h"

/* Patience with DNS for one.  What was waited in vain is paid back at a quarter
 * of the time, and until then there is less of it: names that never answer must
 * not hold up the others. */
#define LOOK_LEAST_MS 150
#define PAY_BACK 4

void
gate_target_of(const struct courier *c, const struct gate_ask *a,
    const char *org, struct oct_addr *rpath, struct target_of *out)
{
	*out = (struct target_of){ .org = org,
		.psl = c->settings->dns_org == 1 };
	if (oct_addr_parse(a->rpath, rpath) != 0)
		rpath->domain[0] = '\0';
	/* A literal is no domain: it has no MX. */
	out->domain = rpath->domain;
	if (oct_ip_parse(a->client, &out->client) != 0)
		out->client.family = AF_UNSPEC;
}

/* How long DNS may take now. */
static int64_t
patience(struct gate_room *g, int64_t mono_ms)
{
	int64_t left;

	(void)pthread_mutex_lock(&g->lock);
	g->waited_ms -= (mono_ms - g->waited_at) / PAY_BACK;
	if (g->waited_ms < 0)
		g->waited_ms = 0;
	g->waited_at = mono_ms;
	left = GATE_LOOK_MS - g->waited_ms;
	(void)pthread_mutex_unlock(&g->lock);
	return left > LOOK_LEAST_MS ? left : LOOK_LEAST_MS;
}

static void
waited_in_vain(struct gate_room *g, int64_t ms)
{
	(void)pthread_mutex_lock(&g->lock);
	g->waited_ms += ms;
	(void)pthread_mutex_unlock(&g->lock);
}

/* The facts and what they come to; the network in *p. */
static int
look_at_target(struct courier *c, const struct gate_ask *a,
    struct gate_pass *p, enum target *out)
{
	int64_t start = oct_clock_mono_ms();
	struct dns_session *dns = NULL;
	struct target_facts facts;
	struct oct_addr rpath;
	struct target_of t;
	int rc = dns_session_new(c->gate->dns,
	    start + patience(c->gate, start), TARGET_QUESTIONS, &dns);

	if (rc != 0)
		return rc;
	gate_target_of(c, a, p->org, &rpath, &t);
	target_look(dns, &t, &facts);
	if (facts.unsure)
		waited_in_vain(c->gate, oct_clock_mono_ms() - start);
	rc = target_confirmed(c->store, p->org);
	if (rc >= 0) {
		facts.confirmed = rc == 1;
		*out = target_decide(&facts);
		target_network(&facts,
		    (const char *const *)c->settings->big_providers.values,
		    c->settings->big_providers.count, p->network,
		    &p->caps.provider);
		rc = 0;
	}
	dns_session_free(dns);
	return rc;
}

/* GATE_OPEN: it may. */
enum gate
gate_ask_target(struct courier *c, const struct gate_ask *a,
    struct gate_pass *p)
{
	enum target verdict = TARGET_LATER;

	if (look_at_target(c, a, p, &verdict) != 0)
		return GATE_FAILED;
	switch (verdict) {
	case TARGET_OK:
		return GATE_OPEN;
	case TARGET_NONE:
		p->why = "no-mx";
		return GATE_SHUT;
	case TARGET_ELSEWHERE:
		p->why = "mx-elsewhere";
		return GATE_SHUT;
	case TARGET_LATER:
		break;
	}
	return GATE_LATER;
}

enum gate
gate_ask_breakers(struct courier *c, struct gate_pass *p)
{
	static const char *const names[BREAKER_KINDS] = {
		[BREAKER_ORG] = "breaker-org",
		[BREAKER_NETWORK] = "breaker-network",
		[BREAKER_PLATFORM] = "breaker-platform",
	};
	struct breaker_of of = { .org = p->share, .network = p->network };
	struct breaker_view v;

	if (breaker_look(c->store, &of, oct_clock_wall_ms(), &v) != 0)
		return GATE_FAILED;
	if (v.allows)
		return GATE_OPEN;
	p->why = names[v.kind];
	return GATE_SHUT;
}
