/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the courier does to items and challenges.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/case_int.h"
#include "policy/digest.h"
#include "policy/keys.h"
#include "policy/space.h"

int
case_commit_or_not(struct store *s, struct store_txn *txn)
{
	int rc = store_txn_commit(s, txn);

	store_txn_free(txn);
	if (rc == OCT_ECONFLICT)
		return 0;
	return rc == 0 ? 1 : rc;
}

int
case_settle(struct store *s, const char *domain, const char *id,
    OCT_UNUSED int64_t now_ms)
{
	char key[KEY_SIZE];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_held(key, domain, id);
	store_txn_expect_field(txn, key, "state",
	    held_state_name(HELD_TENTATIVE));
	store_txn_hset(txn, key, "state", held_state_name(HELD_STORED));
	rc = case_commit_or_not(s, txn);
	return rc < 0 ? rc : 0;
}

bool
case_is_leased(const struct case_timers *t, const struct case_item *item,
    int64_t now_ms)
{
	return item->state == HELD_RELEASING && item->lease_ms > now_ms &&
	    item->lease_ms <= now_ms + t->lease;
}

int
case_claim(struct store *s, const struct case_timers *t,
    struct case_item *item, int64_t now_ms)
{
	const struct held *h = &item->held;
	int64_t wanted = item->wanted_ms > 0 ? item->wanted_ms : now_ms;
	char key[KEY_SIZE], old_lease[24], lease[24], attempts[24], since[24];
	struct store_txn *txn = NULL;
	int rc;

	if (!held_is_live(item->state) || item->want[0] == '\0')
		return 0;
	if (case_is_leased(t, item, now_ms))
		return 0;
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	case_number(item->lease_ms, old_lease);
	case_number(now_ms + t->lease, lease);
	case_number(item->attempts + 1, attempts);
	case_number(wanted, since);
	/* If we die with the lease, this brings the item back. */
	case_due(txn, h->node, "release", h->domain, h->id,
	    now_ms + t->lease + 1000);
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_expect_field(txn, key, "lease",
	    item->lease_ms > 0 ? old_lease : NULL);
	store_txn_expect_field(txn, key, "want", item->want_text);
	store_txn_hset(txn, key, "state", held_state_name(HELD_RELEASING));
	store_txn_hset(txn, key, "lease", lease);
	store_txn_hset(txn, key, "attempts", attempts);
	store_txn_hset(txn, key, "wanted", since);
	rc = case_commit_or_not(s, txn);
	if (rc == 1) {
		item->state = HELD_RELEASING;
		(void)snprintf(item->state_text, sizeof(item->state_text),
		    "%s", held_state_name(HELD_RELEASING));
		item->lease_ms = now_ms + t->lease;
		item->attempts++;
		item->wanted_ms = wanted;
	}
	return rc;
}

int
case_put_back(struct store *s, const struct case_item *item,
    enum case_refused refused, const char *note, int64_t next_ms)
{
	const struct held *h = &item->held;
	char key[KEY_SIZE], lease[24];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	if (refused == CASE_NOT_REFUSED)
		case_due(txn, h->node, "release", h->domain, h->id, next_ms);
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state",
	    held_state_name(HELD_RELEASING));
	/* Not the turn of another courier that took over. */
	case_number(item->lease_ms, lease);
	store_txn_expect_field(txn, key, "lease", lease);
	store_txn_hset(txn, key, "state", held_state_name(HELD_STORED));
	store_txn_hset(txn, key, "note", note);
	store_txn_hset(txn, key, "refused",
	    refused != CASE_NOT_REFUSED ? case_refused_name(refused) : NULL);
	if (refused != CASE_NOT_REFUSED) {
		/* Nobody wants it now: its owner must see it, a transit copy
		 * too. */
		store_txn_hdel(txn, key, "want");
		store_txn_hdel(txn, key, "wanted");
		key_held_index(key, h->domain, h->local);
		store_txn_zadd(txn, key, h->arrival_ms, h->id);
		digest_add(txn, h, oct_clock_wall_ms());
	}
	rc = case_commit_or_not(s, txn);
	return rc < 0 ? rc : 0;
}

/* Its referent is told of it (challenge.md 3, expiry rule). */
static void
count_extended(struct store_txn *txn, const struct held *h, const char *until)
{
	char key[KEY_SIZE], field[OCT_ADDR_SIZE + 8];

	key_extended(key, h->domain);
	(void)snprintf(field, sizeof(field), "n:%s", h->local);
	store_txn_hincr(txn, key, field, 1);
	(void)snprintf(field, sizeof(field), "e:%s", h->local);
	store_txn_hset(txn, key, field, until);
	store_txn_expire(txn, key, KEY_TTL_EXTENDED_MS);
}

int
case_extend(struct store *s, const struct case_item *item, int64_t until_ms)
{
	const struct held *h = &item->held;
	char key[KEY_SIZE], num[24];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	case_number(until_ms, num);
	case_due(txn, h->node, "expire", h->domain, h->id, until_ms);
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_hset(txn, key, "expires", num);
	store_txn_hset(txn, key, "extended", "1");
	count_extended(txn, h, num);
	rc = case_commit_or_not(s, txn);
	return rc < 0 ? rc : 0;
}

/* Each removal leaves a mark of its own: who saw an earlier one, and has written
 * the message anew since, must not register what this one has removed. */
static void
gone_mark(char out[CASE_FILE_SIZE])
{
	uint8_t octets[8];
	char hex[17];

	randombytes_buf(octets, sizeof(octets));
	(void)sodium_bin2hex(hex, sizeof(hex), octets, sizeof(octets));
	(void)snprintf(out, CASE_FILE_SIZE, CASE_GONE "-%s", hex);
}

int
case_purge(struct store *s, struct case_item *item, bool gone)
{
	const struct held *h = &item->held;
	char key[KEY_SIZE], mark[CASE_FILE_SIZE] = CASE_GOING;
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	if (gone)
		gone_mark(mark);
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_expect_field(txn, key, "file",
	    item->file[0] != '\0' ? item->file : NULL);
	store_txn_hset(txn, key, "file", mark);
	if (item->undo_ms > 0) {
		key_bin(key, h->domain, h->local);
		store_txn_zrem(txn, key, h->id);
	}
	rc = case_commit_or_not(s, txn);
	if (rc == 1)
		memcpy(item->file, mark, sizeof(mark));
	return rc;
}

int
case_notice(struct store *s, const struct case_item *item, const char *from,
    const char *to)
{
	const struct held *h = &item->held;
	char key[KEY_SIZE];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_expect_field(txn, key, "notice", from);
	/* Before it is sent: who wants the item meanwhile gets it. */
	if (from == NULL)
		store_txn_expect_field(txn, key, "want", NULL);
	store_txn_hset(txn, key, "notice", to);
	return case_commit_or_not(s, txn);
}

int
case_decided(struct store *s, const struct case_item *item, bool want,
    int64_t now_ms)
{
	const struct held *h = &item->held;
	char key[KEY_SIZE];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_hset(txn, key, "decided", "1");
	if (want)
		case_want(txn, h, "allowed", now_ms);
	return case_commit_or_not(s, txn);
}

int
case_challenge_move(struct store *s, const char *domain, const char *id,
    enum challenge_state from, enum challenge_state to, int64_t handed_ms)
{
	char key[KEY_SIZE], num[24];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_challenge(key, domain, id);
	store_txn_expect_field(txn, key, "state", challenge_state_name(from));
	store_txn_hset(txn, key, "state", challenge_state_name(to));
	if (handed_ms > 0) {
		case_number(handed_ms, num);
		store_txn_hset(txn, key, "handed", num);
	}
	return case_commit_or_not(s, txn);
}

/* "item domain id arrival": the life of the id that it was made for.  Tokens of
 * before that was written have no arrival: 0. */
static int
token_parse(const char *text, struct case_duty *out, int64_t *arrival_ms)
{
	char words[OCT_DOMAIN_SIZE + 64], last[24] = "";
	const char *rest = text;
	struct oct_str s;

	*arrival_ms = 0;
	oct_str_fixed(&s, words, sizeof(words));
	for (int i = 0; i < 3; i++) {
		char word[OCT_DOMAIN_SIZE];

		if (!oct_str_word(&rest, word, sizeof(word)))
			return OCT_EPARSE;
		oct_str_addf(&s, "%s%s", i > 0 ? " " : "", word);
	}
	if (oct_str_err(&s) != 0 || case_duty_parse(words, out) != 0 ||
	    strcmp(out->verb, "item") != 0)
		return OCT_EPARSE;
	if (*rest == '\0')
		return 0;
	if (!oct_str_word(&rest, last, sizeof(last)) || *rest != '\0')
		return OCT_EPARSE;
	return oct_num_int(last, 0, INT64_MAX, arrival_ms);
}

/* What a token of an item stands for: 1 found, 0 not. */
static int
token_item(struct store *s, const char *token_id, struct case_duty *out,
    int64_t *arrival_ms)
{
	char key[KEY_SIZE], *text;
	int rc = store_get(s, key_token(key, token_id), &text);

	if (rc == 1)
		rc = token_parse(text, out, arrival_ms) == 0;
	free(text);
	return rc;
}

static int
bring_back(struct store *s, const struct case_timers *t,
    const struct case_item *item, const char *note, int64_t now_ms)
{
	const struct held *h = &item->held;
	/* As long as it was to wait at first, by the options of its mailbox. */
	int64_t hold = h->expires_ms > h->arrival_ms
	    ? h->expires_ms - h->arrival_ms
	    : t->hold_silent;
	int64_t until = now_ms + hold;
	char key[KEY_SIZE], num[24];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	case_number(until, num);
	case_due(txn, h->node, "expire", h->domain, h->id, until);
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state",
	    held_state_name(HELD_RELEASED));
	store_txn_expect_field(txn, key, "file", NULL);
	store_txn_hset(txn, key, "state", held_state_name(HELD_STORED));
	store_txn_hset(txn, key, "expires", num);
	store_txn_hset(txn, key, "note", note);
	store_txn_hset(txn, key, "refused", case_refused_name(CASE_BOUNCED));
	store_txn_hdel(txn, key, "want");
	store_txn_hdel(txn, key, "wanted");
	store_txn_hdel(txn, key, "notice");
	store_txn_expire(txn, key, hold + t->extend + KEY_TTL_NET_MS);
	key_held_index(key, h->domain, h->local);
	store_txn_zadd(txn, key, h->arrival_ms, h->id);
	space_count(txn, h, h->share, 1);
	digest_add(txn, h, now_ms);
	return case_commit_or_not(s, txn);
}

int
case_bring_back(struct store *s, const struct case_timers *t,
    const char *token_id, const char *note, int64_t now_ms,
    enum case_outcome *out)
{
	struct case_item item;
	struct case_duty d;
	int64_t arrival_ms;
	int rc = token_item(s, token_id, &d, &arrival_ms);

	*out = CASE_OVER;
	if (rc != 1)
		return rc;
	rc = case_item_read(s, d.domain, d.id, &item);
	if (rc != 1)
		return rc;
	/* Another message has the id by now, if the arrivals differ. */
	rc = arrival_ms == 0 || arrival_ms == item.held.arrival_ms
	    ? bring_back(s, t, &item, note, now_ms)
	    : 0;
	case_item_fini(&item);
	*out = rc == 1 ? CASE_DONE : CASE_IMPOSSIBLE;
	return rc < 0 ? rc : 0;
}
