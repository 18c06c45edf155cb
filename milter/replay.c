/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The replay memory of DKIM (challenge.md 1): a signature covers the message but
 * not the envelope, so whoever has the message can send it on.  Remembered for
 * each signature: the reverse-path it came with, and how often for whom.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "milter/hold.h"
#include "policy/keys.h"

/* Typed recipients remembered of one signature; more is a mailing, not a
 * letter, and proves nothing about any of them. */
#define TYPED_MAX 12

#define SHORT_HASH 17 /* 16 hex digits and the NUL */
#define REPLAY_TRIES 4

static void
short_hash(const char *text, char out[SHORT_HASH])
{
	uint8_t sum[16];

	(void)crypto_generichash(sum, sizeof(sum), (const uint8_t *)text,
	    strlen(text), NULL, 0);
	(void)sodium_bin2hex(out, SHORT_HASH, sum, 8);
}

/* "rpathhash typedhash:count typedhash:count ..." */
enum proof_replay
hold_replay_judge(const char *seen, const char *rpath, const char *typed,
    char next[HOLD_SEEN_SIZE])
{
	char rhash[SHORT_HASH], thash[SHORT_HASH], word[32];
	struct oct_str out;
	size_t entries = 0;
	bool counted = false;

	short_hash(rpath, rhash);
	short_hash(typed, thash);
	oct_str_fixed(&out, next, HOLD_SEEN_SIZE);
	oct_str_add(&out, rhash);
	if (seen != NULL) {
		if (!oct_str_word(&seen, word, sizeof(word)) ||
		    strcmp(word, rhash) != 0)
			return PROOF_REPLAY_SEEN;
		while (oct_str_word(&seen, word, sizeof(word))) {
			int64_t n = 0;

			if (strlen(word) < SHORT_HASH + 1 ||
			    oct_num_int(word + SHORT_HASH, 1, 1000, &n) != 0)
				return PROOF_REPLAY_SEEN;
			if (strncmp(word, thash, SHORT_HASH - 1) == 0) {
				counted = true;
				if (++n > HOLD_SEEN_TYPED_MAX)
					return PROOF_REPLAY_SEEN;
			}
			word[SHORT_HASH - 1] = '\0';
			oct_str_addf(&out, " %s:%lld", word, (long long)n);
			entries++;
		}
		if (*seen != '\0')
			return PROOF_REPLAY_SEEN; /* no word of ours */
	}
	if (!counted) {
		oct_str_addf(&out, " %s:1", thash);
		entries++;
	}
	return entries > TYPED_MAX || oct_str_err(&out) != 0
	    ? PROOF_REPLAY_SEEN
	    : PROOF_REPLAY_FRESH;
}

/* One read and one conditional write; OCT_ECONFLICT: again. */
static int
remember(struct store *store, const char *key, const char *rpath,
    const char *typed, enum proof_replay *out)
{
	struct store_batch *b = NULL;
	struct store_txn *t = NULL;
	char next[HOLD_SEEN_SIZE];
	const char *seen;
	int slot, rc = store_batch_new(&b);

	if (rc == 0)
		rc = store_txn_new(&t);
	if (rc != 0)
		goto out;
	slot = store_batch_get(b, key);
	rc = slot < 0 ? slot : store_batch_run(store, b);
	if (rc != 0)
		goto out;
	seen = store_batch_value(b, slot, 0)->data;
	*out = hold_replay_judge(seen, rpath, typed, next);
	if (*out == PROOF_REPLAY_SEEN)
		goto out;
	store_txn_expect(t, key, seen);
	store_txn_set(t, key, next, KEY_TTL_SEEN_MS);
	rc = store_txn_commit(store, t);
out:
	store_txn_free(t);
	store_batch_free(b);
	return rc;
}

enum proof_replay
hold_replay(struct judge *j, const struct judge_final *f,
    const struct auth_dkim_sig *sig)
{
	struct session *s = j->session;
	enum proof_replay out = PROOF_REPLAY_UNKNOWN;
	char hex[2 * sizeof(sig->replay) + 1], key[KEY_SIZE];
	char rpath[OCT_ADDR_SIZE], typed[OCT_ADDR_SIZE];
	int rc = OCT_ECONFLICT;

	(void)sodium_bin2hex(hex, sizeof(hex), sig->replay,
	    sizeof(sig->replay));
	key_seen(key, hex);
	oct_addr_text(&s->rpath, rpath);
	oct_addr_text(&s->rcpts[f->rcpt].addr, typed);
	for (int i = 0; i < REPLAY_TRIES && rc == OCT_ECONFLICT; i++)
		rc = remember(s->app->store, key, rpath, typed, &out);
	return rc == 0 ? out : PROOF_REPLAY_UNKNOWN;
}
