/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A refusal that can be answered (challenge.md 9): the self-contained token that
 * stands in the 550 text, and the pass that its confirmation writes.  A flood of
 * refusals stores nothing.  The token carries a keyed hash of the hosted domain,
 * of the sender identity and of the folded address that the page asks to be
 * retyped, a day, and a check; it dies with the day after its own and is good for
 * one pass.  The same refusal gives the same token all day, so that no number of
 * refusals makes more than one pass a day.  Keys are read-only after init: any
 * thread.
 */
#ifndef OCT_POLICY_PASS_H
#define OCT_POLICY_PASS_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/secret.h"
#include "lib/store.h"

#define PASS_TOKEN_SIZE 40 /* at most 39 characters and the NUL */
#define PASS_HASH_SIZE 17  /* 16 hexadecimal digits and the NUL */

#define PASS_KEYS 2 /* that live at once */

struct pass_keys;
/* previous may be NULL: it only checks.  -ENOMEM. */
OCT_CHECK int pass_keys_new(const struct oct_secret *current,
    const struct oct_secret *previous, struct pass_keys **out);
void pass_keys_free(struct pass_keys *k);

/* The token for one refused message.  retype: the address that the sender must
 * retype: the reverse-path for class N and X, From for F; folded here (rpath*,
 * challenge.md 1). */
void pass_token_make(const struct pass_keys *k, const char *domain,
    const char *sid, const struct oct_addr *retype, int64_t now_ms,
    char out[PASS_TOKEN_SIZE]);

/* What a token says once its check is right. */
struct pass_token {
	size_t key;           /* by which: 0 current, 1 previous */
	uint64_t domain_hash; /* 40 bits: pass_domain_hash */
	char sid_hash[PASS_HASH_SIZE];
	uint32_t address_hash; /* 24 bits */
	int64_t day_ms;        /* the day it was made begins */
	char id[PASS_HASH_SIZE]; /* of this token, for "used" */
};
/* OCT_EPARSE: not of the form; OCT_EAUTH: not ours; OCT_ETIME: ours, but its day
 * is not yesterday, today or (another clock's) tomorrow.  The time taken does
 * not depend on the check's value. */
OCT_CHECK int pass_token_read(const struct pass_keys *k, const char *text,
    int64_t now_ms, struct pass_token *out);
/* By the key of that number. */
uint64_t pass_domain_hash(const struct pass_keys *k, size_t key,
    const char *domain);
/* Is this the address to be retyped? */
bool pass_token_is_address(const struct pass_keys *k,
    const struct pass_token *t, const struct oct_addr *typed);

/* --- Passes in the store: key_pass(domain, sid hash) ----------------------- */

struct pass {
	int64_t until_ms;
	int64_t left; /* messages */
};
#define PASS_PACKED_SIZE 48
void pass_pack(const struct pass *p, char out[PASS_PACKED_SIZE]);
/* OCT_EPARSE; whether it is still good is the caller's: see pass_is_live. */
OCT_CHECK int pass_parse(const char *packed, struct pass *out);
bool pass_is_live(const struct pass *p, int64_t now_ms);

/* Has this sender identity a live pass?  In the caller's batch: 0, or an error
 * of adding to it. */
struct pass_query {
	char hash[PASS_KEYS][PASS_HASH_SIZE]; /* of the sid, by each key */
	int slot[PASS_KEYS];
};
OCT_CHECK int pass_ask(const struct pass_keys *k, struct store_batch *b,
    const char *domain, const char *sid, struct pass_query *out);
/* Its hash for pass_use, or NULL: none.  Lives in q. */
const char *pass_found(const struct store_batch *b, const struct pass_query *q,
    int64_t now_ms);

/*
 * Write a pass for the token, once: 1 done, 0 the token was used before, or the
 * store's error.  The mark "used" lives until the day after next.
 */
OCT_CHECK int pass_grant(struct store *s, const char *domain,
    const struct pass_token *t, int64_t life_ms, int64_t messages,
    int64_t now_ms);
/* What became of the token: 0, or the store's error. */
enum pass_standing {
	PASS_UNUSED,
	PASS_LIVE, /* used, and its pass is good */
	PASS_SPENT /* used, and its pass is used up or over */
};
OCT_CHECK int pass_standing(struct store *s, const char *domain,
    const struct pass_token *t, int64_t now_ms, enum pass_standing *out);
/* One message went through by it: 1 counted, 0 there was none, or the store's
 * error (best effort: one that fails lets one more through). */
OCT_CHECK int pass_use(struct store *s, const char *domain,
    const char *sid_hash, int64_t now_ms);

#endif
