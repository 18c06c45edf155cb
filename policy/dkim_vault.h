/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one owner of private DKIM keys in memory.  At rest and in the directory
 * they are sealed (lib/seal.h), each bound to its domain and selector; a key is
 * opened into locked memory for one signature and wiped after it.  Opening costs
 * a fiftieth of an RSA signature, so nothing is kept, and nothing has to be
 * forgotten when keys change.
 *
 * Immutable once made: any thread.
 */
#ifndef OCT_POLICY_DKIM_VAULT_H
#define OCT_POLICY_DKIM_VAULT_H

#include "auth/dkim.h"
#include "lib/def.h"
#include "lib/secret.h"
#include "lib/str.h"

struct dkim_vault;

OCT_CHECK int dkim_vault_new(const struct oct_secret *secret,
    struct dkim_vault **out);
void dkim_vault_free(struct dkim_vault *v);

/* A private key at rest; all borrowed. */
struct dkim_sealed {
	const char *domain, *selector;
	const char *sealed;
	bool ed25519;
};

/* Append the sealed form of a private key made by auth_dkim_keygen, and of no
 * other: to sign it is taken as it is. */
OCT_CHECK int dkim_vault_seal(const struct dkim_vault *v, const char *domain,
    const char *selector, const char *pem, struct oct_str *out);

/* As auth_dkim_sign_parts; also the errors of oct_seal_open: OCT_EAUTH = it was
 * sealed with another site's secret, or for another name. */
OCT_CHECK int dkim_vault_sign(const struct dkim_vault *v,
    struct auth_dkim_lib *lib, const struct dkim_sealed *key,
    const struct auth_dkim_parts *message, struct oct_str *out);

#endif
