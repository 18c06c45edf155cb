/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/nonce.h"

#include <string.h>

#include <sodium.h>

#include "lib/b32.h"
#include "lib/err.h"
#include "lib/octets.h"

#define HOUR_MS 3600000
#define HOUR_OCTETS 4
#define CHECK_OCTETS 16
#define NONCE_OCTETS (HOUR_OCTETS + CHECK_OCTETS)

_Static_assert(OCT_B32_LEN(NONCE_OCTETS) + 1 == NONCE_SIZE, "nonce size");
_Static_assert(CHECK_OCTETS == crypto_verify_16_BYTES, "constant-time compare");

static void
compute_check(const uint8_t key[32], const char *id,
    const uint8_t hour[HOUR_OCTETS], uint8_t out[CHECK_OCTETS])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, key, 32, CHECK_OCTETS);
	(void)crypto_generichash_update(&state, hour, HOUR_OCTETS);
	(void)crypto_generichash_update(&state, (const uint8_t *)id,
	    strlen(id));
	(void)crypto_generichash_final(&state, out, CHECK_OCTETS);
}

void
nonce_make(const uint8_t key[32], const char *id, int64_t now_ms,
    char out[NONCE_SIZE])
{
	uint32_t hour = (uint32_t)(now_ms / HOUR_MS);
	uint8_t nonce[NONCE_OCTETS];

	(void)oct_be_put(nonce, hour, HOUR_OCTETS);
	compute_check(key, id, nonce, nonce + HOUR_OCTETS);
	oct_b32_encode(nonce, sizeof(nonce), out);
}

int
nonce_check(const uint8_t key[32], const char *id, const char *text,
    int64_t now_ms)
{
	uint8_t nonce[NONCE_OCTETS], check[CHECK_OCTETS];
	int64_t hour, now = now_ms / HOUR_MS;

	if (oct_b32_decode(text, nonce, sizeof(nonce)) != 0)
		return OCT_EPARSE;
	compute_check(key, id, nonce, check);
	if (crypto_verify_16(check, nonce + HOUR_OCTETS) != 0)
		return OCT_EAUTH;
	hour = (int64_t)oct_be_get(nonce, HOUR_OCTETS);
	/* An hour ahead: another node's clock. */
	return hour > now + 1 || hour < now - NONCE_HOURS ? OCT_ETIME : 0;
}
