/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/tries.h"

#include <string.h>

#include <sodium.h>

#include "lib/str.h"
#include "policy/keys.h"

#define HOUR_MS 3600000
#define TOKEN_BURST 5
#define CLIENT_COUNT 20
#define CLIENT_OCTETS 8 /* of an IPv6 address: who has one has its /64 */
#define HASH_OCTETS 16

struct limits {
	char key[2][KEY_SIZE];
	struct store_rate rate[2];
};

static void
make_key(const char *kind, const char *subject, char out[KEY_SIZE])
{
	char name[64];
	struct oct_str s;

	oct_str_fixed(&s, name, sizeof(name));
	oct_str_addf(&s, "%s-%s", kind, subject);
	OCT_ASSERT(oct_str_err(&s) == 0);
	(void)key_tries(out, name);
}

/* The store does not learn who it was. */
static void
hash_client(const struct app *app, const struct oct_ip *client,
    char out[HASH_OCTETS * 2 + 1])
{
	const size_t len = client->family == AF_INET ? 4 : CLIENT_OCTETS;
	uint8_t sum[HASH_OCTETS];

	(void)crypto_generichash(sum, sizeof(sum), client->octets, len,
	    app->client_key, OCT_KEY_OCTETS);
	(void)sodium_bin2hex(out, HASH_OCTETS * 2 + 1, sum, sizeof(sum));
}

static void
make_limits(const struct app *app, const char *token,
    const struct oct_ip *client, struct limits *l)
{
	char who[HASH_OCTETS * 2 + 1];

	hash_client(app, client, who);
	make_key("code", token, l->key[0]);
	make_key("client", who, l->key[1]);
	l->rate[0] = (struct store_rate){ .key = l->key[0], .count = 1,
		.period_ms = HOUR_MS, .burst = TOKEN_BURST, .cost = 1 };
	l->rate[1] = (struct store_rate){ .key = l->key[1],
		.count = CLIENT_COUNT, .period_ms = HOUR_MS,
		.burst = CLIENT_COUNT, .cost = 1 };
}

int
tries_take(const struct app *app, const char *token,
    const struct oct_ip *client, int64_t *retry_ms)
{
	struct limits l;
	size_t over;

	make_limits(app, token, client, &l);
	return store_rate_take(app->store, l.rate, OCT_LEN(l.rate), &over,
	    retry_ms);
}

void
tries_give_back(const struct app *app, const char *token,
    const struct oct_ip *client)
{
	struct limits l;

	make_limits(app, token, client, &l);
	(void)!store_rate_refund(app->store, l.rate, OCT_LEN(l.rate));
}
