/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/err.h"

/* The version stands before the text and is authenticated with the name. */
#define VERSION "s1."
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define RAW_MAX (NONCE + OCT_SEAL_MAX + TAG)
#define TEXT_MAX sodium_base64_ENCODED_LEN(RAW_MAX, VARIANT)
#define NAME_MAX_OCTETS 1024

_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == OCT_KEY_OCTETS,
    "a site key is a sealing key");

void
oct_seal_key(const struct oct_secret *secret, uint8_t out[OCT_KEY_OCTETS])
{
	oct_secret_key(secret, "seal", out);
}

static size_t
bind(const char *name, char out[NAME_MAX_OCTETS])
{
	struct oct_str s;

	oct_str_fixed(&s, out, NAME_MAX_OCTETS);
	oct_str_addf(&s, VERSION "%s", name);
	/* Names are of our own making. */
	OCT_ASSERT(oct_str_err(&s) == 0);
	return s.len;
}

int
oct_seal(const uint8_t key[OCT_KEY_OCTETS], const char *name,
    const void *octets, size_t len, struct oct_str *out)
{
	char bound[NAME_MAX_OCTETS];
	size_t bound_len = bind(name, bound), raw_len = NONCE + len + TAG;
	size_t size;
	uint8_t *raw = NULL;
	char *text = NULL;
	int rc = -ENOMEM;

	if (len > OCT_SEAL_MAX)
		return OCT_ELIMIT;
	size = sodium_base64_encoded_len(raw_len, VARIANT);
	raw = malloc(raw_len);
	text = malloc(size);
	if (raw == NULL || text == NULL)
		goto out;
	/* 24 octets: random ones do not meet again. */
	randombytes_buf(raw, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(raw + NONCE, NULL,
	    octets, len, (const uint8_t *)bound, bound_len, NULL, raw, key);
	(void)sodium_bin2base64(text, size, raw, raw_len, VARIANT);
	oct_str_add(out, VERSION);
	oct_str_add(out, text);
	rc = oct_str_err(out);
out:
	free(raw);
	free(text);
	return rc;
}

/* The octets of a sealed text, freed by the caller. */
static int
decode(const char *sealed, uint8_t **out, size_t *len)
{
	const size_t skip = sizeof(VERSION) - 1;
	size_t n = strnlen(sealed, skip + TEXT_MAX + 1);
	uint8_t *raw;

	if (n > skip + TEXT_MAX || strncmp(sealed, VERSION, skip) != 0)
		return OCT_EPARSE;
	raw = malloc(n);
	if (raw == NULL)
		return -ENOMEM;
	if (sodium_base642bin(raw, n, sealed + skip, n - skip, NULL, len, NULL,
		VARIANT) != 0 ||
	    *len < NONCE + TAG || *len > RAW_MAX) {
		free(raw);
		return OCT_EPARSE;
	}
	*out = raw;
	return 0;
}

int
oct_seal_open(const uint8_t key[OCT_KEY_OCTETS], const char *name,
    const char *sealed, char **out, size_t *len)
{
	char bound[NAME_MAX_OCTETS], *plain;
	size_t bound_len = bind(name, bound), raw_len;
	unsigned long long n;
	uint8_t *raw;
	int rc = decode(sealed, &raw, &raw_len);

	if (rc != 0)
		return rc;
	plain = sodium_malloc(raw_len - NONCE - TAG + 1);
	if (plain == NULL) {
		rc = -ENOMEM;
	} else if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)plain,
		       &n, NULL, raw + NONCE, raw_len - NONCE,
		       (const uint8_t *)bound, bound_len, raw, key) != 0) {
		oct_seal_free(plain);
		rc = OCT_EAUTH;
	} else {
		plain[n] = '\0';
		*out = plain;
		*len = (size_t)n;
	}
	free(raw);
	return rc;
}

void
oct_seal_free(char *opened)
{
	sodium_free(opened);
}
