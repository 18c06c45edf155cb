/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/gate_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dmarc.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/proof.h"

static int
fail(const char *what, int rc)
{
	oct_log(OCT_ERROR, "start=failed what=%s error=\"%s\"", what,
	    oct_strerror(rc));
	return rc;
}

int
gate_open(struct courier *c, const struct oct_secret *secret)
{
	struct gate_room *g = calloc(1, sizeof(*g));
	struct dns_conf conf;
	int rc;

	c->gate = g;
	if (g == NULL)
		return -ENOMEM;
	g->notice = calloc(1, sizeof(*g->notice));
	if (g->notice == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&g->lock, NULL);
	caps_limits(c->settings, &g->limits);
	settings_options(c->settings, &g->options);
	oct_secret_key(secret, CAPS_PURPOSE, g->caps_key);
	settings_dns(c->settings, &conf);
	rc = dns_new(&conf, &g->dns);
	if (rc != 0)
		return fail("dns", rc);
	return 0;
}

void
gate_close(struct courier *c)
{
	struct gate_room *g = c->gate;

	if (g == NULL)
		return;
	if (c->store != NULL)
		gate_forget(c);
	if (g->directory != NULL)
		directory_close(g->directory);
	lever_free(g->lever);
	dns_free(g->dns);
	(void)pthread_mutex_destroy(&g->lock);
	explicit_bzero(g->caps_key, sizeof(g->caps_key));
	free(g->notice);
	free(g);
	c->gate = NULL;
}

/* --- All of it ------------------------------------------------------------------------ */

/* Class A: what was proven is the domain of the reverse-path. */
static bool
org_of_path(const struct gate_ask *a, char org[OCT_DOMAIN_SIZE])
{
	struct oct_addr rpath;

	if (!a->proven || oct_addr_parse(a->rpath, &rpath) != 0 ||
	    rpath.domain[0] == '\0')
		return false;
	if (auth_psl_org(rpath.domain, org) != 1)
		memcpy(org, rpath.domain, strlen(rpath.domain) + 1);
	return true;
}

static bool
begin(struct courier *c, const struct gate_ask *a, struct gate_pass *p)
{
	char address[OCT_ADDR_SIZE];

	memset(p, 0, sizeof(*p));
	p->hold_silent = c->timers.hold_silent;
	if (a->count == 0 || a->count > CHALLENGE_RCPT_MAX ||
	    (!proof_sid_parts(a->sid, address, p->org) &&
		!org_of_path(a, p->org))) {
		p->why = "unproven";
		return false;
	}
	caps_sender(c->gate->caps_key, a->rpath, p->sender);
	caps_share(p->org, p->sender, caps_is_provider(c->settings, p->org),
	    p->share);
	p->caps = (struct caps_ask){ .domain = a->domain, .sender = p->sender,
		.share = p->share, .network = p->network };
	return true;
}

int
gate_lever(struct courier *c, struct lever_state *out)
{
	struct gate_room *g = c->gate;
	int rc = 0;

	(void)pthread_mutex_lock(&g->lock);
	if (g->lever == NULL)
		rc = lever_new(c->store, &g->lever);
	(void)pthread_mutex_unlock(&g->lock);
	if (rc == 0)
		lever_get(g->lever, oct_clock_wall_ms(), out);
	return rc;
}

enum gate
gate_try(struct courier *c, const struct gate_ask *a, struct gate_pass *p)
{
	struct lever_state lever;
	enum gate out;

	if (!begin(c, a, p))
		return GATE_SHUT;
	if (gate_lever(c, &lever) != 0)
		return GATE_FAILED;
	if (lever.stopped) {
		p->why = "stopped";
		return GATE_SHUT;
	}
	out = gate_ask_target(c, a, p);
	if (out == GATE_OPEN)
		out = gate_ask_breakers(c, p);
	if (out == GATE_OPEN)
		out = gate_take_caps(c, a, p);
	return out;
}

static struct gate_ask
ask_of(const struct held *h)
{
	return (struct gate_ask){ .domain = h->domain, .rpath = h->rpath,
		.sid = h->sid, .client = h->client,
		.proven = h->class[0] == 'A', .count = 1,
		.local = &h->local };
}

int
gate_may_notify(struct courier *c, const struct held *h)
{
	struct gate_ask a = ask_of(h);
	struct gate_pass *p = c->gate->notice;

	switch (gate_try(c, &a, p)) {
	case GATE_OPEN:
		return 1;
	case GATE_SHUT:
		oct_log(OCT_INFO, "item=%s domain=%s notice=no reason=%s",
		    h->id, h->domain, p->why);
		return 0;
	case GATE_LATER:
		return OCT_ETIME;
	case GATE_FAILED:
		break;
	}
	return OCT_EDOWN;
}

void
gate_notice_failed(struct courier *c, const struct held *h)
{
	struct gate_ask a = ask_of(h);

	gate_give_back(c, &a, c->gate->notice);
}
