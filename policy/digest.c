/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/case_int.h"
#include "policy/keys.h"

#define STATE_SIZE 192
#define AT_ONCE 1000 /* mailboxes of one round trip */

bool
digest_is_off(const struct option_values *o)
{
	int64_t mode = o->v[OPTION_CHALLENGE];

	return o->v[OPTION_DIGEST] == DIGEST_OFF &&
	    (mode == OPTION_CHALLENGE_OFF || mode == OPTION_CHALLENGE_SIMULATE);
}

int64_t
digest_schedule_of(const struct option_values *o)
{
	if (o->v[OPTION_DIGEST] != DIGEST_OFF)
		return o->v[OPTION_DIGEST];
	return digest_is_off(o) ? DIGEST_OFF : DIGEST_WEEKLY;
}

/* --- Of an item ---------------------------------------------------------- */

#define VIRUS_SIZE (OCT_DOMAIN_SIZE + HELD_ID_SIZE)

static bool
is_virus(const struct held *h)
{
	return strcmp(h->reason, fate_reason_name(FATE_R_VIRUS)) == 0;
}

static const char *
name_virus(const struct held *h, char out[VIRUS_SIZE])
{
	(void)snprintf(out, VIRUS_SIZE, "%s %s", h->domain, h->id);
	return out;
}

void
digest_add(struct store_txn *txn, const struct held *h, int64_t now_ms)
{
	char key[KEY_SIZE], member[VIRUS_SIZE];

	/* At once: the courier finds the hour. */
	case_due(txn, h->node, "digest", h->domain, "-", now_ms);
	key_unlisted(key, h->domain, h->local);
	store_txn_zadd(txn, key, h->arrival_ms, h->id);
	store_txn_expire(txn, key, KEY_TTL_DIGEST_MS);
	if (is_virus(h))
		store_txn_before_zadd(txn, KEY_VIRUSES, h->arrival_ms,
		    name_virus(h, member));
	key_digest(key, h->domain);
	store_txn_hset(txn, key, h->local, h->id);
	store_txn_expire(txn, key, KEY_TTL_DIGEST_MS);
}

void
digest_drop(struct store_txn *txn, const struct held *h)
{
	char key[KEY_SIZE];

	store_txn_zrem(txn, key_unlisted(key, h->domain, h->local), h->id);
}

/* --- The state, packed: "1 sent looked lease asked node" --------------------- */

static void
pack(const struct digest_state *s, char out[STATE_SIZE])
{
	(void)snprintf(out, STATE_SIZE, "1 %lld %lld %lld %d %s",
	    (long long)s->sent_ms, (long long)s->looked_ms,
	    (long long)s->lease_ms, s->asked,
	    s->node[0] != '\0' ? s->node : "-");
}

/* Of an unreadable one nothing is known: a digest may come once more. */
static void
unpack(const char *text, struct digest_state *out)
{
	int64_t number[5];
	char word[24];
	size_t i = 0;

	*out = (struct digest_state){ .sent_ms = 0 };
	while (i < OCT_LEN(number) &&
	    oct_str_word(&text, word, sizeof(word)) &&
	    oct_num_int(word, 0, INT64_MAX, &number[i]) == 0)
		i++;
	if (i < OCT_LEN(number) || number[0] != 1 ||
	    !oct_str_word(&text, out->node, sizeof(out->node))) {
		out->node[0] = '\0';
		return;
	}
	if (strcmp(out->node, "-") == 0)
		out->node[0] = '\0';
	out->sent_ms = number[1];
	out->looked_ms = number[2];
	out->lease_ms = number[3];
	out->asked = number[4] != 0;
}

/* --- Reading ------------------------------------------------------------- */

static int
copy(char **out, const char *text)
{
	*out = text != NULL ? strdup(text) : NULL;
	return text != NULL && *out == NULL ? -ENOMEM : 0;
}

static int
read_state(const struct store_batch *b, int slot, struct digest_box *box)
{
	const char *text = store_batch_value(b, slot, 0)->data;

	if (text != NULL)
		unpack(text, &box->state);
	return copy(&box->text, text);
}

/* Three reads of each of `count` boxes. */
static int
read_some(struct store *s, const char *domain, struct digest_box *boxes,
    size_t count)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot = 0, rc = store_batch_new(&b);

	for (size_t i = 0; rc >= 0 && i < count; i++) {
		rc = store_batch_hget(b, key_digest_state(key, domain),
		    boxes[i].local);
		key_unlisted(key, domain, boxes[i].local);
		if (rc >= 0)
			rc = store_batch_zfirst(b, key);
		if (rc >= 0)
			rc = store_batch_zcard(b, key);
	}
	if (rc >= 0)
		rc = store_batch_run(s, b);
	for (size_t i = 0; rc == 0 && i < count; i++, slot += 3) {
		const char *first = store_batch_value(b, slot + 1, 1)->data;
		const char *n = store_batch_value(b, slot + 2, 0)->data;

		rc = read_state(b, slot, &boxes[i]);
		if (first != NULL)
			(void)!oct_num_int(first, 0, INT64_MAX,
			    &boxes[i].oldest_ms);
		if (n != NULL)
			(void)!oct_num_int(n, 0, INT64_MAX,
			    &boxes[i].unlisted);
	}
	store_batch_free(b);
	return rc;
}

static int
read_boxes(struct store *s, const char *domain, struct digest_boxes *out)
{
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < out->count; at += AT_ONCE) {
		size_t n = out->count - at;

		rc = read_some(s, domain, out->box + at,
		    n < AT_ONCE ? n : AT_ONCE);
	}
	if (rc != 0)
		digest_boxes_free(out);
	return rc;
}

static int
read_marks(struct store *s, const char *domain, const char *only,
    struct store_batch *b, int *slot)
{
	char key[KEY_SIZE];

	key_digest(key, domain);
	*slot = only != NULL ? store_batch_hget(b, key, only)
			     : store_batch_hgetall(b, key);
	return *slot < 0 ? *slot : store_batch_run(s, b);
}

int
digest_boxes_read(struct store *s, const char *domain,
    struct digest_boxes *out)
{
	struct store_batch *b = NULL;
	int slot = -1, rc = store_batch_new(&b);
	size_t n;

	*out = (struct digest_boxes){ .count = 0 };
	if (rc == 0)
		rc = read_marks(s, domain, NULL, b, &slot);
	n = rc == 0 ? store_batch_count(b, slot) / 2 : 0;
	if (n > 0) {
		out->box = calloc(n, sizeof(*out->box));
		rc = out->box == NULL ? -ENOMEM : 0;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct digest_box *x = &out->box[out->count++];

		rc = copy(&x->local, store_batch_value(b, slot, 2 * i)->data);
		if (rc == 0)
			rc = copy(&x->mark,
			    store_batch_value(b, slot, 2 * i + 1)->data);
	}
	store_batch_free(b);
	if (rc == 0)
		return read_boxes(s, domain, out);
	digest_boxes_free(out);
	return rc;
}

int
digest_any(struct store *s, const char *domain)
{
	char key[KEY_SIZE];

	return store_has(s, key_digest(key, domain));
}

int
digest_box_read(struct store *s, const char *domain, const char *local,
    struct digest_boxes *out)
{
	struct store_batch *b = NULL;
	int slot = -1, rc = store_batch_new(&b);

	*out = (struct digest_boxes){ .count = 0 };
	if (rc == 0)
		rc = read_marks(s, domain, local, b, &slot);
	if (rc == 0) {
		out->box = calloc(1, sizeof(*out->box));
		out->count = out->box != NULL;
		rc = out->box == NULL ? -ENOMEM : copy(&out->box->local, local);
	}
	if (rc == 0)
		rc = copy(&out->box->mark,
		    store_batch_value(b, slot, 0)->data);
	store_batch_free(b);
	if (rc == 0)
		return read_boxes(s, domain, out);
	digest_boxes_free(out);
	return rc;
}

void
digest_boxes_free(struct digest_boxes *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->box[i].local);
		free(b->box[i].mark);
		free(b->box[i].text);
	}
	free(b->box);
	*b = (struct digest_boxes){ .count = 0 };
}

/* Another node's clock may be so far ahead. */
#define CLOCKS_DIFFER_MS 60000

int64_t
digest_due(const struct digest_box *b, int64_t schedule, int64_t now_ms)
{
	int64_t latest = now_ms + CLOCKS_DIFFER_MS;
	int64_t looked = b->state.looked_ms > latest ? 0 : b->state.looked_ms;
	/* What came before the last look is left over: of the next hour. */
	int64_t from = b->oldest_ms > looked ? b->oldest_ms : looked;
	int64_t next;

	if (b->state.asked)
		return 0;
	next = b->oldest_ms > 0 ? digest_schedule_next(schedule, from)
				: INT64_MAX;
	return next < INT64_MAX && b->oldest_ms > latest ? 0 : next;
}

/* --- Acts ---------------------------------------------------------------- */

/* Add to txn: from what was read to that. */
static void
change_state(struct store_txn *txn, const char *domain,
    const struct digest_box *b, const struct digest_state *to)
{
	char key[KEY_SIZE], text[STATE_SIZE];

	pack(to, text);
	key_digest_state(key, domain);
	store_txn_expect_field(txn, key, b->local, b->text);
	store_txn_hset(txn, key, b->local, text);
	store_txn_expire(txn, key, KEY_TTL_DIGEST_MS);
}

/* 1 done, 0 somebody else was faster, or an error. */
static int
move(struct store *s, const char *domain, const struct digest_box *b,
    const struct digest_state *to)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	change_state(txn, domain, b, to);
	return case_commit_or_not(s, txn);
}

bool
digest_is_taken(const struct digest_box *b, const char *node, int64_t now_ms)
{
	/* A lease of our own is of a courier that died: a node has but one. */
	return b->state.lease_ms > now_ms && strcmp(b->state.node, node) != 0;
}

int
digest_take(struct store *s, const char *domain, struct digest_box *b,
    const char *node, int64_t now_ms, int64_t lease_ms)
{
	struct digest_state to = b->state;
	char text[STATE_SIZE];
	int rc;

	if (digest_is_taken(b, node, now_ms))
		return 0;
	to.lease_ms = now_ms + lease_ms;
	(void)snprintf(to.node, sizeof(to.node), "%s", node);
	rc = move(s, domain, b, &to);
	if (rc != 1)
		return rc;
	pack(&to, text);
	free(b->text);
	b->state = to;
	rc = copy(&b->text, text);
	return rc == 0 ? 1 : rc;
}

/* Settle it, and take the mailbox out if nothing is left to tell. */
static int
settle(struct store *s, const char *domain, const struct digest_box *b,
    const struct digest_state *to)
{
	struct store_batch *read = NULL;
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	bool empty;
	int slot, rc = store_batch_new(&read);

	if (rc != 0)
		return rc;
	slot = store_batch_zcard(read, key_unlisted(key, domain, b->local));
	rc = slot < 0 ? slot : store_batch_run(s, read);
	empty = rc == 0 &&
	    strcmp(store_batch_value(read, slot, 0)->data, "0") == 0;
	store_batch_free(read);
	if (rc == 0)
		rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	change_state(txn, domain, b, to);
	if (empty && b->mark != NULL) {
		key_digest(key, domain);
		store_txn_expect_field(txn, key, b->local, b->mark);
		store_txn_hdel(txn, key, b->local);
	}
	rc = case_commit_or_not(s, txn);
	/* Another item came meanwhile: it stays for the next one. */
	return rc == 0 ? move(s, domain, b, to) : rc;
}

int
digest_sent(struct store *s, const char *domain, const struct digest_box *b,
    int64_t now_ms)
{
	const struct digest_state to = { .sent_ms = now_ms,
		.looked_ms = now_ms };
	int rc = settle(s, domain, b, &to);

	return rc < 0 ? rc : 0;
}

int
digest_look(struct store *s, const char *domain, const struct digest_box *b,
    int64_t now_ms)
{
	const struct digest_state to = { .sent_ms = b->state.sent_ms,
		.looked_ms = now_ms };
	int rc = settle(s, domain, b, &to);

	return rc < 0 ? rc : 0;
}

int
digest_failed(struct store *s, const char *domain, const struct digest_box *b,
    int64_t again_ms)
{
	struct digest_state to = b->state;
	int rc;

	to.lease_ms = again_ms;
	to.node[0] = '\0';
	rc = move(s, domain, b, &to);
	return rc < 0 ? rc : 0;
}

static int
ask_once(struct store *s, const char *domain, const char *local,
    const char *node, int64_t now_ms)
{
	struct digest_boxes boxes;
	struct digest_state to;
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = digest_box_read(s, domain, local, &boxes);

	if (rc != 0)
		return rc;
	rc = store_txn_new(&txn);
	if (rc == 0) {
		to = boxes.box->state;
		to.asked = true;
		change_state(txn, domain, boxes.box, &to);
		case_due(txn, node, "digest", domain, "-", now_ms);
		/* Also where nothing is unlisted: it is found by this. */
		if (boxes.box->mark == NULL) {
			key_digest(key, domain);
			store_txn_hset(txn, key, local, "asked");
			store_txn_expire(txn, key, KEY_TTL_DIGEST_MS);
		}
		rc = store_txn_commit(s, txn);
	}
	store_txn_free(txn);
	digest_boxes_free(&boxes);
	return rc;
}

int
digest_ask(struct store *s, const char *domain, const char *local,
    const char *node, int64_t now_ms)
{
	int rc = OCT_ECONFLICT;

	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = ask_once(s, domain, local, node, now_ms);
	return rc;
}

/* --- Listing --------------------------------------------------------------- */

static bool
waits(const struct case_item *item)
{
	return item->state == HELD_STORED && item->want[0] == '\0';
}

bool
digest_withholds(const struct case_item *item)
{
	return waits(item) && is_virus(&item->held);
}

bool
digest_lists(const struct case_item *item)
{
	return waits(item) && !digest_withholds(item);
}

int64_t
digest_expiry(const struct case_item *item, int64_t now_ms)
{
	return item->expires_ms > now_ms + DIGEST_NOTICE_MS
	    ? item->expires_ms
	    : now_ms + DIGEST_NOTICE_MS;
}

/* Malware waits for the list of the administrators: its owner's does not let it
 * end. */
static int
list_once(struct store *s, const struct case_item *item, int64_t now_ms)
{
	const struct held *h = &item->held;
	int64_t expiry = digest_expiry(item, now_ms);
	struct store_txn *txn = NULL;
	char key[KEY_SIZE], num[24];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	if (!digest_withholds(item)) {
		case_number(now_ms, num);
		store_txn_hset(txn, key, "digested", num);
	}
	if (!digest_withholds(item) && expiry != item->expires_ms) {
		case_due(txn, h->node, "expire", h->domain, h->id, expiry);
		case_number(expiry, num);
		store_txn_hset(txn, key, "expires", num);
	}
	digest_drop(txn, h);
	return case_commit_or_not(s, txn);
}

/* Read anew: what was begun with it since the mail was written counts. */
static int
list_again(struct store *s, const struct held *h, int64_t now_ms, bool *again)
{
	struct case_item item;
	int rc = case_item_read(s, h->domain, h->id, &item);

	*again = false;
	if (rc != 1)
		return rc;
	rc = 0;
	if (held_is_live(item.state)) {
		rc = list_once(s, &item, now_ms);
		*again = rc == 0;
	}
	case_item_fini(&item);
	return rc;
}

int
digest_listed(struct store *s, const struct case_item *item, int64_t now_ms)
{
	bool again = true;
	int rc = list_once(s, item, now_ms);

	for (int i = 0; i < CASE_TRIES && rc == 0 && again; i++)
		rc = list_again(s, &item->held, now_ms, &again);
	return rc;
}

int
digest_reported(struct store *s, const struct case_item *item, int64_t now_ms)
{
	const struct held *h = &item->held;
	char key[KEY_SIZE], num[24], member[VIRUS_SIZE];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn), done;

	if (rc != 0)
		return rc;
	key_held(key, h->domain, h->id);
	case_number(now_ms, num);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_hset(txn, key, "digested", num);
	done = case_commit_or_not(s, txn);
	if (done != 1)
		return done;
	rc = store_zrem(s, KEY_VIRUSES, name_virus(h, member));
	return rc != 0 ? rc : 1;
}

int
digest_clean(struct store *s, const char *domain, const char *local,
    const char *id)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	/* Nobody registers it between the look and this. */
	key_held(key, domain, id);
	store_txn_expect_field(txn, key, "state", NULL);
	store_txn_zrem(txn, key_unlisted(key, domain, local), id);
	rc = case_commit_or_not(s, txn);
	return rc < 0 ? rc : 0;
}
