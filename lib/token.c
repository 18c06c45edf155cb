/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/token.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/b32.h"
#include "lib/err.h"

#define VERSION 1
#define ID_OCTETS 8
#define CHECK_OCTETS 16
#define HEAD_OCTETS (1 + ID_OCTETS) /* what the check is over */
#define TOKEN_OCTETS (HEAD_OCTETS + CHECK_OCTETS)

_Static_assert(OCT_B32_LEN(TOKEN_OCTETS) + 1 == OCT_TOKEN_SIZE, "token size");
_Static_assert(CHECK_OCTETS == crypto_verify_16_BYTES, "constant-time compare");

static void
derive(uint8_t key[OCT_TOKEN_PURPOSES][OCT_KEY_OCTETS],
    const struct oct_secret *secret)
{
	static const char *const names[OCT_TOKEN_PURPOSES] = { "token.page",
		"token.reply", "token.bounce", "token.probe" };

	for (size_t i = 0; i < OCT_TOKEN_PURPOSES; i++)
		oct_secret_key(secret, names[i], key[i]);
}

void
oct_token_keys_init(struct oct_token_keys *keys,
    const struct oct_secret *current, const struct oct_secret *previous)
{
	derive(keys->key[0], current);
	derive(keys->key[1], previous != NULL ? previous : current);
}

void
oct_token_keys_fini(struct oct_token_keys *keys)
{
	sodium_memzero(keys, sizeof(*keys));
}

static void
compute_check(const uint8_t key[OCT_KEY_OCTETS], const uint8_t *head,
    uint8_t out[CHECK_OCTETS])
{
	int rc = crypto_generichash(out, CHECK_OCTETS, head, HEAD_OCTETS, key,
	    OCT_KEY_OCTETS);

	OCT_ASSERT(rc == 0);
}

static uint8_t
first_octet(enum oct_token_purpose purpose)
{
	return (uint8_t)(VERSION << 4 | (int)purpose);
}

/* The id stands in the token already. */
static void
seal(const struct oct_token_keys *keys, enum oct_token_purpose purpose,
    uint8_t token[TOKEN_OCTETS], char text[OCT_TOKEN_SIZE])
{
	token[0] = first_octet(purpose);
	compute_check(keys->key[0][purpose - 1], token, token + HEAD_OCTETS);
	oct_b32_encode(token, TOKEN_OCTETS, text);
}

int
oct_token_for(const struct oct_token_keys *keys, enum oct_token_purpose purpose,
    const char *id, char text[OCT_TOKEN_SIZE])
{
	const size_t digits = OCT_TOKEN_ID_SIZE - 1;
	uint8_t token[TOKEN_OCTETS];
	size_t got;

	/* One text only stands for an id: no upper case. */
	if (strspn(id, "0123456789abcdef") != digits || id[digits] != '\0' ||
	    sodium_hex2bin(token + 1, ID_OCTETS, id, digits, NULL, &got,
	    NULL) != 0)
		return OCT_EPARSE;
	seal(keys, purpose, token, text);
	return 0;
}

int
oct_token_parse(const struct oct_token_keys *keys,
    enum oct_token_purpose purpose, const char *text,
    char id[OCT_TOKEN_ID_SIZE])
{
	uint8_t token[TOKEN_OCTETS], check[CHECK_OCTETS];
	int good = 0;

	if (oct_b32_decode(text, token, sizeof(token)) != 0 ||
	    token[0] != first_octet(purpose))
		return OCT_EPARSE;
	/* Both keys, always: which one fits is not told by the time. */
	for (size_t i = 0; i < OCT_LEN(keys->key); i++) {
		compute_check(keys->key[i][purpose - 1], token, check);
		good |= crypto_verify_16(check, token + HEAD_OCTETS) == 0;
	}
	if (!good)
		return OCT_EAUTH;
	(void)sodium_bin2hex(id, OCT_TOKEN_ID_SIZE, token + 1, ID_OCTETS);
	return 0;
}
