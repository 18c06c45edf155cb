/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/limits.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/keys.h"

/* The rates that bear on one recipient, with the keys they point into. */
struct rates {
	struct store_rate rate[2];
	const char *name[2];
	size_t count;
	char key[2][KEY_SIZE];
};

static void
add_rate(struct rates *r, const struct dir_rate *own,
    const struct dir_rate *fallback, const char *name)
{
	const struct dir_rate *d = own->count > 0 ? own : fallback;

	if (d->count == 0)
		return;
	r->rate[r->count] = (struct store_rate){ .key = r->key[r->count],
		.count = d->count, .period_ms = d->period_ms,
		.burst = d->count, .cost = 1 };
	r->name[r->count] = name;
	r->count++;
}

/* Only a recipient with one final mailbox has mailbox limits of its own here: a
 * group is charged to the domain of its address. */
static void
domain_rates(const struct session *s, const struct rcpt *r, struct rates *out)
{
	const struct dir_final *f = r->finals.finals;
	const struct dir_domain *d = dir_domain(s->snapshot, r->addr.domain);

	out->count = 0;
	if (r->finals.count == 1 && f->domain != NULL) {
		key_rate(out->key[0], f->domain->name, "mailbox",
		    f->mailbox->local);
		add_rate(out, &f->mailbox->limits.messages_in,
		    &s->app->rate_mailbox, "mailbox");
		d = f->domain;
	}
	if (d == NULL)
		return;
	key_rate(out->key[out->count], d->name, "domain", "all");
	add_rate(out, &d->limits.messages_in, &s->app->rate_domain, "domain");
}

static bool
net_rate(const struct session *s, const struct dir_rate *d, const char *limit,
    char key[KEY_SIZE], struct store_rate *out)
{
	char net[OCT_IP_SIZE];

	if (d->count == 0 || s->client.family == AF_UNSPEC)
		return false;
	oct_ip_net_text(&s->client, net);
	key_rate_net(key, limit, net);
	*out = (struct store_rate){ .key = key, .count = d->count,
		.period_ms = d->period_ms, .burst = d->count, .cost = 1 };
	return true;
}

/* Over?  A store that does not answer leaves the limit open. */
static bool
take(struct session *s, const struct store_rate *rates, size_t n, size_t *over)
{
	int64_t retry_ms = 0;
	int rc;

	if (n == 0)
		return false;
	rc = store_rate_take(s->app->store, rates, n, over, &retry_ms);
	if (rc < 0) {
		atomic_fetch_add_explicit(&s->app->quota_open, 1,
		    memory_order_relaxed);
		return false;
	}
	return rc == 0;
}

bool
limits_take(struct session *s, struct rcpt *r, const char **limit)
{
	char net_key[KEY_SIZE];
	struct store_rate net;
	struct rates rates;
	size_t over = 0;
	bool has_net = net_rate(s, &s->app->rate_network, "network", net_key,
	    &net);

	if (has_net && take(s, &net, 1, &over)) {
		*limit = "network";
		return true;
	}
	domain_rates(s, r, &rates);
	if (take(s, rates.rate, rates.count, &over)) {
		if (has_net)
			(void)!store_rate_refund(s->app->store, &net, 1);
		*limit = rates.name[over < rates.count ? over : 0];
		return true;
	}
	r->charged = true;
	return false;
}

void
limits_refund(struct session *s, struct rcpt *r)
{
	char net_key[KEY_SIZE];
	struct store_rate net;
	struct rates rates;

	if (!r->charged)
		return;
	r->charged = false;
	/* A refund that is lost makes a limit stricter for a while, no more. */
	if (net_rate(s, &s->app->rate_network, "network", net_key, &net))
		(void)!store_rate_refund(s->app->store, &net, 1);
	domain_rates(s, r, &rates);
	if (rates.count > 0)
		(void)!store_rate_refund(s->app->store, rates.rate,
		    rates.count);
}

bool
limits_guess(struct session *s)
{
	char key[KEY_SIZE];
	struct store_rate net;
	size_t over = 0;

	return net_rate(s, &s->app->rate_guess, "guess", key, &net) &&
	    take(s, &net, 1, &over);
}
