/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/charges.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/keys.h"

#define LIMIT_SIZE 96
#define NAME_MAX_OCTETS 255 /* of a login in a key */

/* --- Building ------------------------------------------------------------ */

static int
add(struct charges *c, const struct charge *charge, const char *key)
{
	if (c->count == c->cap) {
		size_t cap = c->cap == 0 ? 8 : c->cap * 2;
		struct charge *grown = reallocarray(c->at, cap,
		    sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		c->at = grown;
		c->cap = cap;
	}
	c->at[c->count] = *charge;
	c->at[c->count].key = strdup(key);
	if (c->at[c->count].key == NULL)
		return -ENOMEM;
	c->count++;
	return 0;
}

/* A volume that was not declared must find some room; one over the whole limit
 * takes all of it, else it could never pass. */
static int64_t
cost_of(enum quota_unit unit, const struct quota_rate *rate, int64_t octets)
{
	int64_t cost = unit != QUOTA_VOLUME || octets <= 0 ? 1 : octets;

	return cost < rate->count ? cost : rate->count;
}

static int
add_rate(struct charges *c, const struct charges_subject *s, enum quota q,
    const struct quota_rate *rate)
{
	struct charge charge = { .quota = q, .rate = *rate,
		.cost = cost_of(quota_unit(q), rate, s->octets) };
	char key[KEY_SIZE], limit[LIMIT_SIZE], subject[NAME_MAX_OCTETS + 8];

	if (s->domain != NULL) {
		limit_key(key, s->domain->name, q, rate, s->name, s->known);
		return add(c, &charge, key);
	}
	(void)snprintf(limit, sizeof(limit), "%s.%" PRId64, quota_name(q),
	    rate->period_ms);
	(void)snprintf(subject, sizeof(subject), "login/%.*s", NAME_MAX_OCTETS,
	    s->name);
	return add(c, &charge, key_rate_net(key, limit, subject));
}

static int
add_scope(struct charges *c, const struct charges_subject *s, bool domain)
{
	int rc = 0;

	for (int unit = 0; unit < QUOTA_UNITS; unit++) {
		enum quota q = quota_of(domain, s->out,
		    (enum quota_unit)unit);
		struct quota_force force;

		limit_rates(s->platform, s->domain, s->mailbox, q, &force);
		for (size_t i = 0; rc == 0 && i < force.count; i++)
			rc = add_rate(c, s, q, &force.at[i]);
	}
	return rc;
}

int
charges_add(struct charges *c, const struct charges_subject *s)
{
	int rc = 0;

	if (s->mailbox != NULL || s->domain == NULL)
		rc = add_scope(c, s, false);
	if (rc == 0 && s->domain != NULL)
		rc = add_scope(c, s, true);
	return rc;
}

int
charges_add_network(struct charges *c, const struct limit_platform *p,
    const char *net, int64_t octets)
{
	static const char *const names[QUOTA_UNITS] = { "messages",
		"recipients", "volume" };
	char key[KEY_SIZE], limit[LIMIT_SIZE];
	int rc = 0;

	for (int unit = 0; unit < QUOTA_UNITS; unit++) {
		const struct quota_windows *w = &p->network[unit];

		for (size_t i = 0; rc == 0 && i < w->count; i++) {
			struct charge charge = { .network = true,
				.quota = quota_of(false, false,
				    (enum quota_unit)unit),
				.rate = w->at[i],
				.cost = cost_of((enum quota_unit)unit,
				    &w->at[i], octets) };
			struct oct_str text;

			oct_str_fixed(&text, limit, sizeof(limit));
			oct_str_addf(&text, "%s.%" PRId64, names[unit],
			    w->at[i].period_ms);
			key_rate_net(key, limit, net);
			rc = add(c, &charge, key);
		}
	}
	return rc;
}

void
charges_fini(struct charges *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->at[i].key);
	free(c->at);
	memset(c, 0, sizeof(*c));
}

struct charge *
charges_find(struct charges *c, const char *key)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->at[i].key, key) == 0)
			return &c->at[i];
	return NULL;
}

void
charge_text(const struct charge *c, struct oct_str *out)
{
	if (c->network)
		oct_str_add(out, "network_");
	oct_str_addf(out, "%s ", quota_name(c->quota));
	quota_rate_text(quota_unit(c->quota), &c->rate, out);
}

/* --- The store ----------------------------------------------------------- */

/* A choice of the charges, for one call. */
struct call {
	struct store_rate *rates;
	size_t *from; /* places in the list */
	size_t n;
};

static int
call_init(struct call *call, const struct charges *c)
{
	call->n = 0;
	call->rates = calloc(c->count + 1, sizeof(*call->rates));
	call->from = calloc(c->count + 1, sizeof(*call->from));
	return call->rates != NULL && call->from != NULL ? 0 : -ENOMEM;
}

static void
call_add(struct call *call, const struct charges *c, size_t i, int64_t cost)
{
	call->rates[call->n] = (struct store_rate){ .key = c->at[i].key,
		.count = c->at[i].rate.count,
		.period_ms = c->at[i].rate.period_ms,
		.burst = c->at[i].rate.count, .cost = cost };
	call->from[call->n++] = i;
}

static void
call_fini(struct call *call)
{
	free(call->rates);
	free(call->from);
}

int
charges_take(struct store *s, struct charges *c, size_t *over)
{
	struct call call;
	int64_t retry_ms = 0;
	size_t first = 0;
	int rc = call_init(&call, c);

	for (size_t i = 0; rc == 0 && i < c->count; i++)
		if (c->at[i].cost > 0)
			call_add(&call, c, i, c->at[i].cost);
	if (rc == 0)
		rc = store_rate_take(s, call.rates, call.n, &first, &retry_ms);
	c->taken = rc == 1;
	if (rc == 0)
		*over = call.from[first];
	call_fini(&call);
	return rc;
}

/* A refund that is lost makes a limit stricter for a while, no more. */
void
charges_refund(struct store *s, struct charges *c)
{
	struct call call;

	if (!c->taken)
		return;
	c->taken = false;
	if (call_init(&call, c) == 0) {
		for (size_t i = 0; i < c->count; i++)
			if (c->at[i].cost > 0)
				call_add(&call, c, i, c->at[i].cost);
		(void)!store_rate_refund(s, call.rates, call.n);
	}
	call_fini(&call);
}

/* What a volume lacks, or has too much (by -1); at most 0: nothing. */
static int64_t
difference(const struct charge *c, int64_t octets, int by)
{
	if (quota_unit(c->quota) != QUOTA_VOLUME)
		return 0;
	return (cost_of(QUOTA_VOLUME, &c->rate, octets) - c->cost) * by;
}

int
charges_grow(struct store *s, struct charges *c, int64_t octets, size_t *over)
{
	struct call call;
	int64_t retry_ms = 0;
	size_t first = 0;
	int rc;

	if (!c->taken)
		return 1;
	rc = call_init(&call, c);
	for (size_t i = 0; rc == 0 && i < c->count; i++)
		if (difference(&c->at[i], octets, 1) > 0)
			call_add(&call, c, i,
			    difference(&c->at[i], octets, 1));
	if (rc == 0)
		rc = store_rate_take(s, call.rates, call.n, &first, &retry_ms);
	if (rc == 0)
		*over = call.from[first];
	for (size_t i = 0; rc == 1 && i < call.n; i++)
		c->at[call.from[i]].cost += call.rates[i].cost;
	call_fini(&call);
	return rc;
}

/* by: 1 for those that were charged too little, -1 for those too much. */
static void
settle(struct store *s, struct charges *c, int64_t octets, int by)
{
	struct call call;

	if (call_init(&call, c) == 0) {
		for (size_t i = 0; i < c->count; i++) {
			int64_t more = difference(&c->at[i], octets, by);

			if (more <= 0)
				continue;
			call_add(&call, c, i, more);
			c->at[i].cost += more * by;
		}
		if (by > 0)
			(void)!store_rate_charge(s, call.rates, call.n);
		else
			(void)!store_rate_refund(s, call.rates, call.n);
	}
	call_fini(&call);
}

void
charges_settle(struct store *s, struct charges *c, int64_t octets)
{
	if (!c->taken)
		return;
	settle(s, c, octets, 1);
	settle(s, c, octets, -1);
}
