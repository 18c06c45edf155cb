/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/suppress.h"

#include <string.h>

#include <sodium.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "policy/keys.h"
#include "policy/proof.h"

#define HASH_OCTETS 16

/* One hash for all forms of an address (rpath*, challenge.md 1). */
static int
make_key(const uint8_t key[OCT_KEY_OCTETS], const char *rpath,
    char out[KEY_SIZE])
{
	char text[OCT_ADDR_SIZE], hex[HASH_OCTETS * 2 + 1];
	struct oct_addr addr, folded;
	uint8_t hash[HASH_OCTETS];

	if (oct_addr_parse(rpath, &addr) != 0 || oct_addr_is_null(&addr))
		return OCT_EPARSE;
	proof_fold(&addr, &folded);
	oct_addr_text(&folded, text);
	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)text,
	    strlen(text), key, OCT_KEY_OCTETS);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)key_suppressed(out, hex);
	return 0;
}

int
suppress_add(struct store *s, const uint8_t key[OCT_KEY_OCTETS],
    const char *rpath)
{
	char name[KEY_SIZE];
	int rc = make_key(key, rpath, name);

	return rc != 0 ? rc
		       : store_set(s, name, "1", KEY_TTL_SUPPRESSED_MS);
}

int
suppress_read(struct store *s, const uint8_t key[OCT_KEY_OCTETS],
    const char *rpath)
{
	char name[KEY_SIZE];

	return make_key(key, rpath, name) != 0 ? 0 : store_has(s, name);
}
