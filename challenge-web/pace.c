/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/pace.h"

#include "lib/str.h"
#include "policy/keys.h"
#include "policy/proof.h"

#define SUBJECT_SIZE (OCT_DOMAIN_SIZE + 8)

struct limits {
	size_t count;
	char key[2][KEY_SIZE];
	struct store_rate rate[2];
};

/* The organisation that was proven, or "". */
static void
org_of(const char *sid, char out[OCT_DOMAIN_SIZE])
{
	char address[OCT_ADDR_SIZE];

	*out = '\0';
	if (sid == NULL || !proof_sid_parts(sid, address, out))
		*out = '\0';
}

static void
add_limit(struct limits *l, const struct app_rate *rate, const char *kind,
    const char *subject)
{
	char name[SUBJECT_SIZE];
	struct oct_str s;

	if (rate->count == 0 || *subject == '\0')
		return;
	oct_str_fixed(&s, name, sizeof(name));
	oct_str_addf(&s, "%s-%s", kind, subject);
	OCT_ASSERT(oct_str_err(&s) == 0);
	l->rate[l->count] = (struct store_rate){
		.key = key_confirms(l->key[l->count], name),
		.count = rate->count, .period_ms = rate->period_ms,
		.burst = rate->count, .cost = 1 };
	l->count++;
}

static void
make_limits(const struct app *app, const char *sid, const struct oct_ip *client,
    struct limits *l)
{
	char org[OCT_DOMAIN_SIZE], net[OCT_IP_SIZE];

	l->count = 0;
	org_of(sid, org);
	oct_ip_net_text(client, net);
	add_limit(l, &app->confirm_org, "org", org);
	add_limit(l, &app->confirm_net, "net", net);
}

int
pace_is_over(const struct app *app, const char *sid,
    const struct oct_ip *client)
{
	struct limits l;

	make_limits(app, sid, client, &l);
	for (size_t i = 0; i < l.count; i++) {
		int64_t remaining, full_ms;
		int rc = store_rate_peek(app->store, &l.rate[i], &remaining,
		    &full_ms);

		if (rc < 0)
			return rc;
		if (remaining < 1)
			return 1;
	}
	return 0;
}

int
pace_take(const struct app *app, const char *sid, const struct oct_ip *client,
    int64_t *retry_ms)
{
	struct limits l;
	size_t over;

	make_limits(app, sid, client, &l);
	if (l.count == 0)
		return 1;
	return store_rate_take(app->store, l.rate, l.count, &over, retry_ms);
}

void
pace_give_back(const struct app *app, const char *sid,
    const struct oct_ip *client)
{
	struct limits l;

	make_limits(app, sid, client, &l);
	if (l.count > 0)
		(void)!store_rate_refund(app->store, l.rate, l.count);
}
