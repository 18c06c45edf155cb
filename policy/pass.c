/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of refusals.  24 octets: version and key id (4 bits each), day (12) and
 * 4 bits of zero, hash of the domain (40), of the sid (48), of the address (24),
 * check (56) over all that precedes.
 */
#include "policy/pass.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/b32.h"
#include "lib/err.h"
#include "lib/octets.h"
#include "policy/pass_int.h"
#include "policy/proof.h"

#define DAY_MS 86400000
#define DAYS 4096 /* 12 bits, after which they begin again */
#define VERSION 2 /* 1 is lib/token.h's */

#define AT_DAY 1
#define AT_DOMAIN 3
#define AT_SID 8
#define AT_ADDRESS 14
#define AT_CHECK 17
#define TOKEN_OCTETS 24
#define CHECK_OCTETS (TOKEN_OCTETS - AT_CHECK)

_Static_assert(OCT_B32_LEN(TOKEN_OCTETS) + 1 == PASS_TOKEN_SIZE, "token size");
_Static_assert(AT_SID + PASS_SID_OCTETS == AT_ADDRESS, "hash of the sid");

/* One key a purpose: no hash says anything about another. */
enum purpose { FOR_DOMAIN, FOR_SID, FOR_ADDRESS, FOR_CHECK, FOR_ID };
#define PURPOSES 5

struct pass_keys {
	size_t count;
	uint8_t id[PASS_KEYS];
	uint8_t key[PASS_KEYS][PURPOSES][OCT_KEY_OCTETS];
};

#define SUM_OCTETS 16 /* of which a hash keeps the first */

static void
keyed_sum(const struct pass_keys *k, size_t key, enum purpose p,
    const void *octets, size_t len, uint8_t out[SUM_OCTETS])
{
	int rc = crypto_generichash(out, SUM_OCTETS, octets, len,
	    k->key[key][p], OCT_KEY_OCTETS);

	OCT_ASSERT(rc == 0);
}

static void
derive(struct pass_keys *k, size_t key, const struct oct_secret *secret)
{
	static const char *const names[PURPOSES] = { "pass.domain", "pass.sid",
		"pass.address", "pass.check", "pass.id" };
	uint8_t sum[SUM_OCTETS];

	for (size_t i = 0; i < PURPOSES; i++)
		oct_secret_key(secret, names[i], k->key[key][i]);
	keyed_sum(k, key, FOR_ID, "id", 2, sum);
	k->id[key] = sum[0] & 0xf;
}

int
pass_keys_new(const struct oct_secret *current,
    const struct oct_secret *previous, struct pass_keys **out)
{
	struct pass_keys *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return -ENOMEM;
	derive(k, 0, current);
	k->count = 1;
	if (previous != NULL)
		derive(k, k->count++, previous);
	*out = k;
	return 0;
}

void
pass_keys_free(struct pass_keys *k)
{
	if (k == NULL)
		return;
	sodium_memzero(k, sizeof(*k));
	free(k);
}

size_t
pass_keys_count(const struct pass_keys *k)
{
	return k->count;
}

void
pass_sid_hash_by(const struct pass_keys *k, size_t key, const char *sid,
    char out[PASS_HASH_SIZE])
{
	uint8_t sum[SUM_OCTETS];

	keyed_sum(k, key, FOR_SID, sid, strlen(sid), sum);
	(void)sodium_bin2hex(out, PASS_HASH_SIZE, sum, PASS_SID_OCTETS);
}

uint64_t
pass_domain_hash(const struct pass_keys *k, size_t key, const char *domain)
{
	uint8_t sum[SUM_OCTETS];

	keyed_sum(k, key, FOR_DOMAIN, domain, strlen(domain), sum);
	return oct_be_get(sum, AT_SID - AT_DOMAIN);
}

static uint32_t
address_hash(const struct pass_keys *k, size_t key, const struct oct_addr *a)
{
	char text[OCT_ADDR_SIZE];
	uint8_t sum[SUM_OCTETS];
	struct oct_addr folded;

	proof_fold(a, &folded);
	oct_addr_text(&folded, text);
	keyed_sum(k, key, FOR_ADDRESS, text, strlen(text), sum);
	return (uint32_t)oct_be_get(sum, AT_CHECK - AT_ADDRESS);
}

static uint8_t
first_octet(const struct pass_keys *k, size_t key)
{
	return (uint8_t)(VERSION << 4 | k->id[key]);
}

void
pass_token_make(const struct pass_keys *k, const char *domain,
    const char *sid, const struct oct_addr *retype, int64_t now_ms,
    char out[PASS_TOKEN_SIZE])
{
	uint8_t token[TOKEN_OCTETS], sum[SUM_OCTETS];

	token[0] = first_octet(k, 0);
	(void)oct_be_put(token + AT_DAY,
	    (uint64_t)(now_ms / DAY_MS % DAYS) << 4, AT_DOMAIN - AT_DAY);
	(void)oct_be_put(token + AT_DOMAIN, pass_domain_hash(k, 0, domain),
	    AT_SID - AT_DOMAIN);
	keyed_sum(k, 0, FOR_SID, sid, strlen(sid), sum);
	memcpy(token + AT_SID, sum, PASS_SID_OCTETS);
	(void)oct_be_put(token + AT_ADDRESS, address_hash(k, 0, retype),
	    AT_CHECK - AT_ADDRESS);
	keyed_sum(k, 0, FOR_CHECK, token, AT_CHECK, sum);
	memcpy(token + AT_CHECK, sum, CHECK_OCTETS);
	oct_b32_encode(token, TOKEN_OCTETS, out);
}

/* By which key it was made; the number of keys: by none.  All are tried, so
 * that the time tells nothing. */
static size_t
key_of(const struct pass_keys *k, const uint8_t token[TOKEN_OCTETS])
{
	size_t found = k->count;

	for (size_t i = 0; i < k->count; i++) {
		uint8_t sum[SUM_OCTETS];
		bool same;

		keyed_sum(k, i, FOR_CHECK, token, AT_CHECK, sum);
		same = sodium_memcmp(sum, token + AT_CHECK, CHECK_OCTETS) == 0;
		if (same && token[0] == first_octet(k, i))
			found = i;
	}
	return found;
}

/* Of days that are counted round and round: -2048 to 2047. */
static int
days_since(int64_t today, uint64_t day)
{
	int d = (int)((today - (int64_t)day) % DAYS);

	if (d < 0)
		d += DAYS;
	return d < DAYS / 2 ? d : d - DAYS;
}

int
pass_token_read(const struct pass_keys *k, const char *text, int64_t now_ms,
    struct pass_token *out)
{
	const int64_t today = now_ms / DAY_MS;
	uint8_t token[TOKEN_OCTETS];
	uint64_t day;
	size_t key;
	int age;

	if (oct_b32_decode(text, token, sizeof(token)) != 0 ||
	    token[0] >> 4 != VERSION || (token[AT_DAY + 1] & 0xf) != 0)
		return OCT_EPARSE;
	key = key_of(k, token);
	if (key == k->count)
		return OCT_EAUTH;
	day = oct_be_get(token + AT_DAY, AT_DOMAIN - AT_DAY) >> 4;
	age = days_since(today, day);
	if (age < -1 || age > 1)
		return OCT_ETIME;
	out->key = key;
	out->domain_hash = oct_be_get(token + AT_DOMAIN, AT_SID - AT_DOMAIN);
	out->address_hash =
	    (uint32_t)oct_be_get(token + AT_ADDRESS, AT_CHECK - AT_ADDRESS);
	out->day_ms = (today - age) * DAY_MS;
	(void)sodium_bin2hex(out->sid_hash, PASS_HASH_SIZE, token + AT_SID,
	    PASS_SID_OCTETS);
	(void)sodium_bin2hex(out->id, PASS_HASH_SIZE, token + AT_CHECK,
	    CHECK_OCTETS);
	return 0;
}

bool
pass_token_is_address(const struct pass_keys *k, const struct pass_token *t,
    const struct oct_addr *typed)
{
	return address_hash(k, t->key, typed) == t->address_hash;
}
