/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/tries.h"

#include "lib/str.h"
#include "policy/keys.h"

#define HOUR_MS 3600000
#define CHALLENGE_BURST 5
#define NETWORK_COUNT 20

struct limits {
	char key[2][KEY_SIZE];
	struct store_rate rate[2];
};

static void
make_key(const char *kind, const char *subject, char out[KEY_SIZE])
{
	char name[64 + OCT_IP_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, name, sizeof(name));
	oct_str_addf(&s, "%s-%s", kind, subject);
	OCT_ASSERT(oct_str_err(&s) == 0);
	(void)key_tries(out, name);
}

static void
make_limits(const char *challenge_id, const struct oct_ip *client,
    struct limits *l)
{
	char net[OCT_IP_SIZE];

	oct_ip_net_text(client, net);
	make_key("code", challenge_id, l->key[0]);
	make_key("net", net, l->key[1]);
	l->rate[0] = (struct store_rate){ .key = l->key[0], .count = 1,
		.period_ms = HOUR_MS, .burst = CHALLENGE_BURST, .cost = 1 };
	l->rate[1] = (struct store_rate){ .key = l->key[1],
		.count = NETWORK_COUNT, .period_ms = HOUR_MS,
		.burst = NETWORK_COUNT, .cost = 1 };
}

int
tries_take(struct store *s, const char *challenge_id,
    const struct oct_ip *client, int64_t *retry_ms)
{
	struct limits l;
	size_t over;

	make_limits(challenge_id, client, &l);
	return store_rate_take(s, l.rate, OCT_LEN(l.rate), &over, retry_ms);
}

void
tries_give_back(struct store *s, const char *challenge_id,
    const struct oct_ip *client)
{
	struct limits l;

	make_limits(challenge_id, client, &l);
	(void)!store_rate_refund(s, l.rate, OCT_LEN(l.rate));
}
