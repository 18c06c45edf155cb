/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libopendkim asks while it verifies: which signatures count, and the key
 * of each.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "auth/dkim_int.h"
#include "lib/err.h"

static struct dkim_sig *
find_info(struct auth_dkim_verifier *v, const DKIM_SIGINFO *info)
{
	for (size_t i = 0; i < v->count; i++) {
		if (v->sigs[i].info == info)
			return &v->sigs[i];
	}
	return NULL;
}

static bool
tag_equals(DKIM_SIGINFO *info, const char *name, const char *expected)
{
	const u_char *value;

	value = dkim_sig_gettagvalue(info, false, dkim_unconst(name));
	return value != NULL && strcmp((const char *)value, expected) == 0;
}

/* Which of ours the library speaks of; it numbers only those it could read. */
static struct dkim_sig *
match_info(struct auth_dkim_verifier *v, DKIM_SIGINFO *info)
{
	for (size_t i = 0; i < v->count; i++) {
		struct dkim_sig *sig = &v->sigs[i];

		if (sig->selected && sig->b != NULL && sig->info == NULL &&
		    tag_equals(info, "b", sig->b) &&
		    tag_equals(info, "bh", sig->bh) &&
		    tag_equals(info, "d", sig->d_raw) &&
		    tag_equals(info, "s", sig->s_raw))
			return sig;
	}
	return NULL;
}

DKIM_CBSTAT
dkim_verify_prescreen(DKIM *dkim, DKIM_SIGINFO **sigs, int count)
{
	struct auth_dkim_verifier *v = dkim_get_user_context(dkim);
	struct dkim_sig *sig;

	for (int i = 0; i < count; i++) {
		sig = v != NULL ? match_info(v, sigs[i]) : NULL;
		if (sig != NULL)
			sig->info = sigs[i];
		else
			dkim_sig_ignore(sigs[i]);
	}
	return DKIM_CBSTAT_CONTINUE;
}

/* The key as the library reads it; what it could not hold is refused here. */
static bool
write_key(const struct auth_dkim_pubkey *key, char *buf, size_t size)
{
	unsigned char text[(AUTH_DKIM_DER_MAX + 2) / 3 * 4 + 1];
	int n;

	(void)EVP_EncodeBlock(text, key->der, (int)key->der_len);
	n = snprintf(buf, size, "v=DKIM1; k=%s; p=%s",
	    key->ed25519 ? "ed25519" : "rsa", (const char *)text);
	return n > 0 && (size_t)n < size;
}

void
dkim_check_key(struct dkim_sig *sig, const struct auth_dkim_pubkey *key)
{
	const char *at = strrchr(sig->out.identity, '@');
	char domain[OCT_DOMAIN_SIZE];
	bool ed25519 = strcmp(sig->out.algorithm, "ed25519-sha256") == 0;

	sig->out.key_bits = key->bits;
	sig->out.testing = key->testing;
	sig->out.secure = key->secure;
	if (ed25519 != key->ed25519)
		dkim_sig_refuse(sig, AUTH_PERMERROR, "key is not of type a=");
	/* RFC 6376 3.6.1, t=s */
	if (key->no_subs && at != NULL &&
	    (oct_domain_normalise(at + 1, domain) != 0 ||
		strcmp(domain, sig->out.domain) != 0))
		dkim_sig_refuse(sig, AUTH_PERMERROR, "key forbids subdomains");
}

DKIM_CBSTAT
dkim_verify_key(DKIM *dkim, DKIM_SIGINFO *info, u_char *buf, size_t len)
{
	struct auth_dkim_verifier *v = dkim_get_user_context(dkim);
	struct dkim_sig *sig = v != NULL ? find_info(v, info) : NULL;
	struct auth_dkim_pubkey key;
	char problem[128];
	int rc;

	if (sig == NULL)
		return DKIM_CBSTAT_NOTFOUND;
	rc = auth_dkim_key_get(v->dns, sig->out.selector, sig->out.domain,
	    &key, problem);
	if (rc == OCT_ETIME) {
		dkim_sig_refuse(sig, AUTH_TEMPERROR, problem);
		return DKIM_CBSTAT_TRYAGAIN;
	}
	if (rc != 1) {
		dkim_sig_refuse(sig, AUTH_PERMERROR, problem);
		return DKIM_CBSTAT_NOTFOUND;
	}
	dkim_check_key(sig, &key);
	if (!write_key(&key, (char *)buf, len))
		dkim_sig_refuse(sig, AUTH_PERMERROR, "key too long");
	return sig->out.problem[0] == '\0' ? DKIM_CBSTAT_CONTINUE :
					     DKIM_CBSTAT_NOTFOUND;
}
