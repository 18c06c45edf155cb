/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key pairs for signing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "auth/dkim.h"
#include "lib/err.h"

#define SEED_OCTETS 32

static void
add_base64(struct oct_str *out, const uint8_t *octets, size_t len)
{
	size_t size = (len + 2) / 3 * 4 + 1;
	unsigned char *text = malloc(size);

	if (text == NULL) {
		out->err = -ENOMEM;
		return;
	}
	(void)EVP_EncodeBlock(text, octets, (int)len);
	oct_str_add(out, (const char *)text);
	explicit_bzero(text, size);
	free(text);
}

static int
write_ed25519(EVP_PKEY *pkey, struct oct_str *secret, struct oct_str *record)
{
	uint8_t seed[SEED_OCTETS], public_key[SEED_OCTETS];
	size_t seed_len = sizeof(seed), public_len = sizeof(public_key);

	if (EVP_PKEY_get_raw_private_key(pkey, seed, &seed_len) != 1 ||
	    EVP_PKEY_get_raw_public_key(pkey, public_key, &public_len) != 1)
		return -ENOMEM;
	add_base64(secret, seed, seed_len);
	explicit_bzero(seed, sizeof(seed));
	oct_str_add(record, "v=DKIM1; k=ed25519; p=");
	add_base64(record, public_key, public_len);
	return 0;
}

static int
write_rsa(EVP_PKEY *pkey, struct oct_str *secret, struct oct_str *record)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	unsigned char *der = NULL;
	char *text;
	long text_len;
	int der_len, rc = -ENOMEM;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL,
		NULL) != 1)
		goto out;
	text_len = BIO_get_mem_data(bio, &text);
	der_len = i2d_PUBKEY(pkey, &der);
	if (text_len <= 0 || der_len <= 0)
		goto out;
	oct_str_addn(secret, text, (size_t)text_len);
	oct_str_add(record, "v=DKIM1; k=rsa; p=");
	add_base64(record, der, (size_t)der_len);
	rc = 0;
out:
	OPENSSL_free(der);
	BIO_free_all(bio);
	return rc;
}

int
auth_dkim_keygen(bool ed25519, int rsa_bits, char **pem,
    struct oct_str *record)
{
	struct oct_str secret;
	EVP_PKEY *pkey;
	char *text;
	int rc;

	/* What verifiers accept (RFC 8301 3.2) and what fits a TXT record. */
	if (!ed25519 && (rsa_bits < 1024 || rsa_bits > 4096))
		return -ERANGE;
	pkey = ed25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") :
			 EVP_RSA_gen((unsigned int)rsa_bits);
	if (pkey == NULL)
		return -ENOMEM;
	oct_str_heap(&secret, 16 * 1024);
	rc = ed25519 ? write_ed25519(pkey, &secret, record) :
		       write_rsa(pkey, &secret, record);
	EVP_PKEY_free(pkey);
	if (rc == 0)
		rc = oct_str_err(record);
	if (rc == 0)
		rc = oct_str_err(&secret);
	text = rc == 0 ? oct_str_take(&secret) : NULL;
	oct_str_free(&secret);
	if (rc == 0 && text == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		*pem = text;
	return rc;
}
