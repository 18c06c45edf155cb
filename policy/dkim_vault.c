/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/dkim_vault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/addr.h"
#include "lib/seal.h"

#define NAME_SIZE (2 * OCT_DOMAIN_SIZE + 16)

struct dkim_vault {
	uint8_t *key; /* of oct_seal_key, locked and read-only */
};

int
dkim_vault_new(const struct oct_secret *secret, struct dkim_vault **out)
{
	struct dkim_vault *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return -ENOMEM;
	v->key = sodium_malloc(OCT_KEY_OCTETS);
	if (v->key == NULL) {
		free(v);
		return -ENOMEM;
	}
	oct_seal_key(secret, v->key);
	(void)sodium_mprotect_readonly(v->key);
	*out = v;
	return 0;
}

void
dkim_vault_free(struct dkim_vault *v)
{
	if (v == NULL)
		return;
	sodium_free(v->key);
	free(v);
}

/* A domain has no '/'; OCT_EFULL: what was given is no domain or selector. */
static int
seal_name(const char *domain, const char *selector, char out[NAME_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, NAME_SIZE);
	oct_str_addf(&s, "dkim %s/%s", domain, selector);
	return oct_str_err(&s);
}

int
dkim_vault_seal(const struct dkim_vault *v, const char *domain,
    const char *selector, const char *pem, struct oct_str *out)
{
	char name[NAME_SIZE];
	int rc = seal_name(domain, selector, name);

	if (rc != 0)
		return rc;
	return oct_seal(v->key, name, pem, strlen(pem), out);
}

int
dkim_vault_sign(const struct dkim_vault *v, struct auth_dkim_lib *lib,
    const struct dkim_sealed *key, const struct auth_dkim_parts *message,
    struct oct_str *out)
{
	struct auth_dkim_key opened = { .domain = key->domain,
		.selector = key->selector, .ed25519 = key->ed25519 };
	char name[NAME_SIZE], *pem;
	size_t len;
	int rc = seal_name(key->domain, key->selector, name);

	if (rc == 0)
		rc = oct_seal_open(v->key, name, key->sealed, &pem, &len);
	if (rc != 0)
		return rc;
	/* Nobody else has the key of the seal, and only those are sealed that
	 * were made for it. */
	opened.pem = pem;
	opened.made_here = true;
	rc = auth_dkim_sign_parts(lib, &opened, message, out);
	oct_seal_free(pem);
	return rc;
}
