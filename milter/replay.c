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

bool
hold_replay_forget(const char *seen, const char *typed,
    char next[HOLD_SEEN_SIZE])
{
	char thash[SHORT_HASH], word[32];
	bool found = false, any = false;
	struct oct_str out;

	short_hash(typed, thash);
	oct_str_fixed(&out, next, HOLD_SEEN_SIZE);
	if (!oct_str_word(&seen, word, sizeof(word)))
		return false;
	oct_str_add(&out, word);
	while (oct_str_word(&seen, word, sizeof(word))) {
		int64_t n = 0;

		if (strlen(word) < SHORT_HASH + 1 ||
		    oct_num_int(word + SHORT_HASH, 1, 1000, &n) != 0)
			return false;
		word[SHORT_HASH - 1] = '\0';
		if (strcmp(word, thash) == 0) {
			found = true;
			n--;
		}
		if (n == 0)
			continue;
		any = true;
		oct_str_addf(&out, " %s:%lld", word, (long long)n);
	}
	if (!any)
		oct_str_clear(&out);
	return found && *seen == '\0' && oct_str_err(&out) == 0;
}

/* What one writer wants of the memory: a sighting more, or one less. */
struct change {
	const char *rpath, *typed;
	bool forget;
	enum proof_replay out;
};

/* Is there something to be written? */
static bool
decide(struct change *c, const char *seen, char next[HOLD_SEEN_SIZE])
{
	if (c->forget)
		return seen != NULL &&
		    hold_replay_forget(seen, c->typed, next);
	c->out = hold_replay_judge(seen, c->rpath, c->typed, next);
	return c->out == PROOF_REPLAY_FRESH;
}

/* One read and one conditional write; OCT_ECONFLICT: again. */
static int
apply(struct store *store, const char *key, struct change *c)
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
	if (!decide(c, seen, next))
		goto out;
	store_txn_expect(t, key, seen);
	if (*next == '\0')
		store_txn_del(t, key);
	else
		store_txn_set(t, key, next, KEY_TTL_SEEN_MS);
	rc = store_txn_commit(store, t);
out:
	store_txn_free(t);
	store_batch_free(b);
	return rc;
}

static int
change(const struct session *s, const struct rcpt *r,
    const struct auth_dkim_sig *sig, struct change *c)
{
	char hex[2 * sizeof(sig->replay) + 1], key[KEY_SIZE];
	char rpath[OCT_ADDR_SIZE], typed[OCT_ADDR_SIZE];
	int rc = OCT_ECONFLICT;

	(void)sodium_bin2hex(hex, sizeof(hex), sig->replay,
	    sizeof(sig->replay));
	key_seen(key, hex);
	oct_addr_text(&s->rpath, rpath);
	oct_addr_text(&r->addr, typed);
	c->rpath = rpath;
	c->typed = typed;
	for (int i = 0; i < REPLAY_TRIES && rc == OCT_ECONFLICT; i++)
		rc = apply(s->app->store, key, c);
	return rc;
}

enum proof_replay
hold_replay(struct judge *j, const struct judge_final *f,
    const struct auth_dkim_sig *sig)
{
	struct rcpt *r = &j->session->rcpts[f->rcpt];
	struct change c = { .out = PROOF_REPLAY_UNKNOWN };

	if (change(j->session, r, sig, &c) != 0)
		return PROOF_REPLAY_UNKNOWN;
	if (c.out == PROOF_REPLAY_FRESH)
		r->replay_sig = sig;
	return c.out;
}

/* A store that is away counts one too many: the sender has two more. */
void
hold_replay_undo(struct session *s)
{
	struct change c = { .forget = true };

	for (size_t i = 0; i < s->rcpt_count; i++) {
		struct rcpt *r = &s->rcpts[i];

		if (r->replay_sig != NULL)
			(void)!change(s, r, r->replay_sig, &c);
		r->replay_sig = NULL;
	}
}
