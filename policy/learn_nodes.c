/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the nodes are, in one hash: node -> "position time", and under "@cut"
 * the last entry that was taken out of the stream.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"
#include "policy/learn.h"

#define CUT "@cut"

/* An id of the stream, "ms-number"; "0" is before all. */
struct place {
	int64_t ms, number;
};

static int
parse(const char *text, struct place *out)
{
	const char *dash = strchr(text, '-');
	char ms[24];
	size_t len = dash != NULL ? (size_t)(dash - text) : strlen(text);

	out->number = 0;
	if (len >= sizeof(ms))
		return OCT_EPARSE;
	memcpy(ms, text, len);
	ms[len] = '\0';
	if (oct_num_int(ms, 0, INT64_MAX, &out->ms) != 0 ||
	    (dash != NULL &&
		oct_num_int(dash + 1, 0, INT64_MAX, &out->number) != 0))
		return OCT_EPARSE;
	return 0;
}

static bool
is_before(const struct place *a, const struct place *b)
{
	return a->ms < b->ms || (a->ms == b->ms && a->number < b->number);
}

static void
write_after(const struct place *p, char out[OCT_STREAM_ID])
{
	(void)snprintf(out, OCT_STREAM_ID, "%lld-%lld", (long long)p->ms,
	    (long long)p->number + 1);
}

int
learn_report(struct store *s, const char *node, const char *position,
    int64_t now_ms)
{
	char value[CLASSIFIER_POSITION_SIZE + 24];

	(void)snprintf(value, sizeof(value), "%s %lld", position,
	    (long long)now_ms);
	return store_hset(s, KEY_LEARN_NODES, node, value);
}

/* --- What is known of all ------------------------------------------------------- */

struct nodes {
	char cut[CLASSIFIER_POSITION_SIZE]; /* "" = nothing was taken out */
	struct place last_cut;
	struct place slowest; /* of those that reported lately */
	size_t live, others;  /* but for the one that asks */
};

static void
add_node(struct nodes *n, const char *name, const char *value, const char *me,
    int64_t now_ms)
{
	char position[CLASSIFIER_POSITION_SIZE];
	struct place p;
	int64_t when;

	if (!oct_str_word(&value, position, sizeof(position)) ||
	    parse(position, &p) != 0 ||
	    oct_num_int(value, 0, INT64_MAX, &when) != 0 ||
	    now_ms - when > LEARN_TTL_MS)
		return;
	if (n->live == 0 || is_before(&p, &n->slowest))
		n->slowest = p;
	n->live++;
	n->others += me != NULL && strcmp(name, me) != 0;
}

static void
set_cut(struct nodes *n, const char *value)
{
	struct oct_str s;

	oct_str_fixed(&s, n->cut, sizeof(n->cut));
	oct_str_add(&s, value);
	if (oct_str_err(&s) != 0 || parse(n->cut, &n->last_cut) != 0)
		n->cut[0] = '\0';
}

static int
read_nodes(struct store *s, const char *me, int64_t now_ms, struct nodes *out)
{
	struct store_batch *b = NULL;
	int rc = store_hash(s, KEY_LEARN_NODES, &b);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0);
	     i += 2) {
		const char *name = store_batch_value(b, 0, i)->data;
		const char *value = store_batch_value(b, 0, i + 1)->data;

		if (strcmp(name, CUT) == 0)
			set_cut(out, value);
		else
			add_node(out, name, value, me, now_ms);
	}
	store_batch_free(b);
	return rc;
}

int
learn_standing(struct store *s, const char *node, const char *position,
    int64_t now_ms, struct learn_place *out)
{
	struct nodes n;
	struct place p;
	int rc = read_nodes(s, node, now_ms, &n);

	if (rc == 0)
		rc = parse(position, &p);
	if (rc != 0)
		return rc;
	out->standing = LEARN_CURRENT;
	if (n.cut[0] != '\0' && is_before(&p, &n.last_cut))
		out->standing = n.others > 0 ? LEARN_BEHIND : LEARN_ALONE;
	(void)snprintf(out->from, sizeof(out->from), "%s",
	    out->standing == LEARN_ALONE ? n.cut : position);
	return 0;
}

/* --- Taking out ------------------------------------------------------------------ */

struct found {
	char id[OCT_STREAM_ID];
};

static int
note_id(void *arg, const struct store_entry *e)
{
	struct found *f = arg;

	(void)snprintf(f->id, sizeof(f->id), "%s", e->id);
	return 0;
}

/* Up to and with the entry f->id.  The mark is written first, so that no node
 * takes for whole what it did not see whole; a lost race is for the next time. */
static int
cut(struct store *s, const struct nodes *n, const struct found *f)
{
	struct store_txn *txn = NULL;
	char after[OCT_STREAM_ID];
	struct place p;
	int rc = parse(f->id, &p);

	if (rc != 0)
		return rc;
	write_after(&p, after);
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	store_txn_expect_field(txn, KEY_LEARN_NODES, CUT,
	    n->cut[0] != '\0' ? n->cut : NULL);
	store_txn_hset(txn, KEY_LEARN_NODES, CUT, f->id);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	if (rc == OCT_ECONFLICT)
		return 0;
	return rc == 0 ? store_stream_cut(s, KEY_LEARN, after) : rc;
}

int
learn_trim(struct store *s, int64_t now_ms)
{
	struct place old = { .ms = now_ms - LEARN_TTL_MS }, upto;
	char at[OCT_STREAM_ID];
	struct found f = { .id = "" };
	struct nodes n;
	int rc = read_nodes(s, NULL, now_ms, &n);

	if (rc != 0)
		return rc;
	upto = n.live > 0 && is_before(&old, &n.slowest) ? n.slowest : old;
	write_after(&upto, at);
	rc = store_stream_back(s, KEY_LEARN, at, 1, note_id, &f);
	if (rc != 0 || f.id[0] == '\0')
		return rc;
	return cut(s, &n, &f);
}
