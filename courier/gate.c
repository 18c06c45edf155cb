/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dmarc.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/breaker.h"
#include "policy/proof.h"
#include "policy/target.h"

/* Patience with DNS for one.  What was waited in vain is paid back at a quarter
 * of the time, and until then there is less of it: names that never answer must
 * not hold up the others. */
#define LOOK_MS 3000
#define LOOK_LEAST_MS 150
#define PAY_BACK 4
#define ROUND_MAX 100 /* challenges */
#define ROUND_QUESTIONS (ROUND_MAX * TARGET_QUESTIONS)

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

/* --- What the directory says of mailboxes ---------------------------------------- */

/* Opened at the first need: a courier starts without a store.  Locked. */
static int
open_directory(struct courier *c)
{
	struct gate_room *g = c->gate;
	int rc = 0;

	if (g->directory != NULL)
		return 0;
	rc = directory_open(c->store, NULL, &g->directory);
	if (rc != 0)
		return rc;
	rc = directory_follow(g->directory);
	if (rc != 0) {
		directory_close(g->directory);
		g->directory = NULL;
	}
	return rc;
}

const struct dir_snapshot *
gate_directory(struct courier *c)
{
	int rc;

	(void)pthread_mutex_lock(&c->gate->lock);
	rc = open_directory(c);
	(void)pthread_mutex_unlock(&c->gate->lock);
	return rc == 0 ? directory_get(c->gate->directory) : NULL;
}

static void
options_of(const struct courier *c, const struct dir_snapshot *dir,
    const char *domain, const char *local, struct option_values *out)
{
	const struct dir_domain *d = dir_domain(dir, domain);

	if (d == NULL)
		*out = c->gate->options; /* removed since: as the platform says */
	else
		dir_options(d, dir_mailbox(d, local), &c->gate->options, out);
}

bool
gate_wants_code(struct courier *c, const struct challenge *ch)
{
	const struct dir_snapshot *dir = gate_directory(c);
	struct option_values o;
	bool code = false;

	for (size_t i = 0; dir != NULL && i < ch->count; i++) {
		options_of(c, dir, ch->domain, ch->local[i], &o);
		code |= o.v[OPTION_PROOF] == OPTION_PROOF_CODE;
	}
	if (dir != NULL)
		directory_put(dir);
	return code;
}

int64_t
gate_hold_silent(struct courier *c, const struct challenge *ch)
{
	const struct dir_snapshot *dir = gate_directory(c);
	int64_t longest = 0;

	for (size_t i = 0; dir != NULL && i < ch->count; i++) {
		struct option_values o;

		options_of(c, dir, ch->domain, ch->local[i], &o);
		if (o.v[OPTION_HOLD_SILENT] > longest)
			longest = o.v[OPTION_HOLD_SILENT];
	}
	if (dir != NULL)
		directory_put(dir);
	return longest > 0 ? longest : c->timers.hold_silent;
}

/* --- Where it would go ------------------------------------------------------------- */

static void
target_of(const struct courier *c, const struct gate_ask *a, const char *org,
    struct oct_addr *rpath, struct target_of *out)
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
	left = LOOK_MS - g->waited_ms;
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
	target_of(c, a, p->org, &rpath, &t);
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
static enum gate
ask_target(struct courier *c, const struct gate_ask *a, struct gate_pass *p)
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

static enum gate
ask_breakers(struct courier *c, struct gate_pass *p)
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

/* --- Caps and shares ---------------------------------------------------------------- */

static struct caps_box
box_of(const struct gate_ask *a, size_t i, const struct option_values *o)
{
	return (struct caps_box){ .local = a->local[i],
		.cap = o->v[OPTION_CAP_MAILBOX],
		.share = o->v[OPTION_SHARE_MAILBOX] };
}

/* With the cap of that hosted domain. */
static struct caps_limits
limits_of(struct courier *c, const char *domain)
{
	const struct dir_snapshot *dir = gate_directory(c);
	const struct dir_domain *d = dir != NULL ? dir_domain(dir, domain)
						 : NULL;
	struct caps_limits out = c->gate->limits;
	struct option_values o;

	if (d != NULL) {
		dir_options(d, NULL, &c->gate->options, &o);
		out.domain =
		    caps_of_domain(out.domain, o.v[OPTION_CAP_DOMAIN]);
	}
	if (dir != NULL)
		directory_put(dir);
	return out;
}

/* Each mailbox has a cap of its own: one that is over it keeps silent alone. */
static enum gate
take_boxes(struct courier *c, const struct gate_ask *a, struct gate_pass *p)
{
	const struct dir_snapshot *dir = gate_directory(c);
	enum gate out = GATE_OPEN;

	if (dir == NULL)
		return GATE_FAILED;
	for (size_t i = 0; out == GATE_OPEN && i < a->count; i++) {
		enum caps_limit over;
		struct option_values o;
		struct caps_box box;
		int rc;

		options_of(c, dir, a->domain, a->local[i], &o);
		box = box_of(a, i, &o);
		if (o.v[OPTION_HOLD_SILENT] > p->hold_silent)
			p->hold_silent = o.v[OPTION_HOLD_SILENT];
		rc = caps_take_box(c->store, &p->caps, &box, &over);
		if (rc < 0)
			out = GATE_FAILED;
		if (rc != 0)
			continue;
		p->shut[i] = true;
		p->shut_count++;
		p->why = caps_limit_name(over);
	}
	directory_put(dir);
	return out == GATE_OPEN && p->shut_count == a->count ? GATE_SHUT : out;
}

/* The usual case, in one step less. */
static bool
only_box(struct courier *c, const struct gate_ask *a, struct gate_pass *p,
    struct caps_box *box)
{
	const struct dir_snapshot *dir = a->count == 1 ? gate_directory(c) : NULL;
	struct option_values o;

	if (dir == NULL)
		return false;
	options_of(c, dir, a->domain, a->local[0], &o);
	directory_put(dir);
	*box = box_of(a, 0, &o);
	if (o.v[OPTION_HOLD_SILENT] > p->hold_silent)
		p->hold_silent = o.v[OPTION_HOLD_SILENT];
	return true;
}

static enum gate
take_caps(struct courier *c, const struct gate_ask *a, struct gate_pass *p)
{
	struct caps_box box;
	bool one = only_box(c, a, p, &box);
	enum caps_limit over;
	enum gate out;
	struct caps_limits limits = limits_of(c, a->domain);
	int rc = caps_take(c->store, &limits, &p->caps,
	    one ? &box : NULL, &over);

	if (rc < 0)
		return GATE_FAILED;
	if (rc == 0) {
		p->why = caps_limit_name(over);
		return GATE_SHUT;
	}
	if (one)
		return GATE_OPEN;
	out = take_boxes(c, a, p);
	if (out != GATE_OPEN)
		(void)!caps_give_back(c->store, &limits, &p->caps, NULL);
	return out;
}

void
gate_give_back(struct courier *c, const struct gate_ask *a,
    const struct gate_pass *p)
{
	const struct dir_snapshot *dir = gate_directory(c);
	struct caps_limits limits = limits_of(c, a->domain);

	/* What cannot be given back runs out by itself. */
	(void)!caps_give_back(c->store, &limits, &p->caps, NULL);
	for (size_t i = 0; dir != NULL && i < a->count; i++) {
		struct option_values o;
		struct caps_box box;

		if (p->shut[i])
			continue;
		options_of(c, dir, a->domain, a->local[i], &o);
		box = box_of(a, i, &o);
		(void)!caps_give_back_box(c->store, &p->caps, &box);
	}
	if (dir != NULL)
		directory_put(dir);
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

static int
read_lever(struct courier *c, struct lever_state *out)
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
	if (read_lever(c, &lever) != 0)
		return GATE_FAILED;
	if (lever.stopped) {
		p->why = "stopped";
		return GATE_SHUT;
	}
	out = ask_target(c, a, p);
	if (out == GATE_OPEN)
		out = ask_breakers(c, p);
	if (out == GATE_OPEN)
		out = take_caps(c, a, p);
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

/* --- The look-ups of a round together -------------------------------------------------- */

static void
prefetch_one(struct courier *c, const struct case_duty *d)
{
	char address[OCT_ADDR_SIZE], org[OCT_DOMAIN_SIZE];
	struct case_challenge ch;
	struct oct_addr rpath;
	struct target_of t;

	if (case_challenge_read(c->store, d->domain, d->id, &ch) != 1)
		return;
	if (ch.state == CHALLENGE_PENDING &&
	    proof_sid_parts(ch.challenge.sid, address, org)) {
		struct gate_ask a = { .rpath = ch.challenge.rpath,
			.client = ch.challenge.client };

		target_of(c, &a, org, &rpath, &t);
		target_prefetch(c->gate->round, &t);
	}
	case_challenge_fini(&ch);
}

struct round {
	size_t count;
	struct case_duty duty[ROUND_MAX];
};

static int
collect(void *arg, const char *member, OCT_UNUSED int64_t score)
{
	struct round *r = arg;
	struct case_duty d;

	if (r->count < ROUND_MAX && case_duty_parse(member, &d) == 0 &&
	    strcmp(d.verb, "challenge") == 0)
		r->duty[r->count++] = d;
	return 0;
}

void
gate_prepare(struct courier *c, const char *due, size_t limit)
{
	struct round *r = calloc(1, sizeof(*r));
	struct lever_state lever;

	gate_forget(c);
	/* Also where nothing leaves: who pulled it reads of it in the log. */
	(void)!read_lever(c, &lever);
	/* One alone looks for itself; without any of this all do. */
	if (r == NULL ||
	    store_zrange(c->store, due, oct_clock_wall_ms(), limit, collect,
		r) != 0 ||
	    r->count < 2 ||
	    dns_session_new(c->gate->dns, oct_clock_mono_ms() + LOOK_MS,
		ROUND_QUESTIONS, &c->gate->round) != 0)
		goto out;
	for (size_t i = 0; i < r->count; i++)
		prefetch_one(c, &r->duty[i]);
out:
	free(r);
}

void
gate_forget(struct courier *c)
{
	struct gate_room *g = c->gate;
	struct caps_silent silent[GATE_REASONS];
	size_t count;

	if (g->round != NULL)
		dns_session_free(g->round);
	g->round = NULL;
	(void)pthread_mutex_lock(&g->lock);
	count = g->silent_count;
	memcpy(silent, g->silent, count * sizeof(silent[0]));
	g->silent_count = 0;
	(void)pthread_mutex_unlock(&g->lock);
	caps_note_silent(c->store, silent, count, oct_clock_wall_ms());
}

void
gate_silent(struct courier *c, const char *why)
{
	struct gate_room *g = c->gate;
	size_t i = 0;

	(void)pthread_mutex_lock(&g->lock);
	while (i < g->silent_count && strcmp(g->silent[i].why, why) != 0)
		i++;
	if (i < GATE_REASONS && i == g->silent_count)
		g->silent[g->silent_count++] =
		    (struct caps_silent){ .why = why };
	if (i < GATE_REASONS)
		g->silent[i].count++;
	(void)pthread_mutex_unlock(&g->lock);
}
