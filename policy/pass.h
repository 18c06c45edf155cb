/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A refusal that can be answered (challenge.md 9): the self-contained token that
 * stands in the 550 text, and the pass that its confirmation writes.  A flood of
 * refusals stores nothing.  The token carries a keyed hash of the hosted domain,
 * of the sender identity and of the folded address that the page asks to be
 * retyped, a day, and a check; it dies in a day (with a day of slack) and is good
 * for one pass.  Keys are read-only after init: any thread.
 */
#ifndef OCT_POLICY_PASS_H
#define OCT_POLICY_PASS_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/secret.h"
#include "lib/store.h"

#define PASS_TOKEN_SIZE 40 /* at most 39 characters and the NUL */
#define PASS_HASH_SIZE 17  /* 16 hexadecimal digits and the NUL */

struct pass_keys;
/* previous may be NULL: two keys live. */
OCT_CHECK int pass_keys_new(const struct oct_secret *current,
    const struct oct_secret *previous, struct pass_keys **out);
void pass_keys_free(struct pass_keys *k);

/* The keyed hash under which a pass for this sender identity is kept. */
void pass_sid_hash(const struct pass_keys *k, const char *sid,
    char out[PASS_HASH_SIZE]);

/* The token for one refused message.  retype: the address that the sender must
 * retype: the reverse-path for class N and X, From for F; folded here. */
void pass_token_make(const struct pass_keys *k, const char *domain,
    const char *sid, const struct oct_addr *retype, int64_t now_ms,
    char out[PASS_TOKEN_SIZE]);

/* What a token says once its check is right. */
struct pass_token {
	uint64_t domain_hash; /* 40 bits: pass_domain_hash */
	char sid_hash[PASS_HASH_SIZE];
	uint32_t address_hash; /* 24 bits */
	char id[PASS_HASH_SIZE]; /* of this token, for "used" */
};
/* OCT_EPARSE: not of the form; OCT_EAUTH: not ours; OCT_ETIME: ours, too old. */
OCT_CHECK int pass_token_read(const struct pass_keys *k, const char *text,
    int64_t now_ms, struct pass_token *out);
uint64_t pass_domain_hash(const struct pass_keys *k, const char *domain);
/* Is this the address to be retyped? */
bool pass_token_is_address(const struct pass_keys *k,
    const struct pass_token *t, const struct oct_addr *typed);

/* --- Passes in the store: key_passes(domain), field = sid hash -------------- */

struct pass {
	int64_t until_ms;
	int64_t left; /* messages */
};
void pass_pack(const struct pass *p, char out[48]);
/* OCT_EPARSE; whether it is still good is the caller's: see pass_is_live. */
OCT_CHECK int pass_parse(const char *packed, struct pass *out);
bool pass_is_live(const struct pass *p, int64_t now_ms);

/*
 * Write a pass for the token, once: 1 done, 0 the token was used before, or the
 * store's error.  The mark "used" lives until the day after next.
 */
OCT_CHECK int pass_grant(struct store *s, const char *domain,
    const struct pass_token *t, int64_t life_ms, int64_t messages,
    int64_t now_ms);
/* One message went through by it (best effort: a lost race lets one more). */
OCT_CHECK int pass_use(struct store *s, const char *domain,
    const char *sid_hash, int64_t now_ms);

#endif
