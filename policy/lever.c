/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lever.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"

#define LOOK_MS 1000
#define REMIND_MS 3600000

static const char *const fields[] = { "stopped", "bypass", "by" };

static int64_t
number_of(const struct store_value *v)
{
	int64_t n = 0;

	return v->data != NULL && oct_num_int(v->data, 0, INT64_MAX, &n) == 0
	    ? n
	    : 0;
}

int
lever_read(struct store *s, struct lever_state *out)
{
	struct store_batch *b = NULL;
	const struct store_value *by;
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_hmget(b, KEY_LEVER, fields, OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc == 0) {
		memset(out, 0, sizeof(*out));
		out->stopped_ms = number_of(store_batch_value(b, slot, 0));
		out->stopped = out->stopped_ms > 0;
		out->bypass_until_ms =
		    number_of(store_batch_value(b, slot, 1));
		by = store_batch_value(b, slot, 2);
		if (by->data != NULL && by->len < sizeof(out->by))
			memcpy(out->by, by->data, by->len + 1);
	}
	store_batch_free(b);
	return rc;
}

/* field: NULL value takes the lever back. */
static int
pull(struct store *s, const char *field, int64_t value, const char *by)
{
	struct store_txn *txn = NULL;
	char num[24];
	struct oct_str text;
	int rc;

	if (strlen(by) >= sizeof(((struct lever_state *)0)->by))
		return -EINVAL;
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	oct_str_fixed(&text, num, sizeof(num));
	oct_str_addf(&text, "%lld", (long long)value);
	if (value > 0)
		store_txn_hset(txn, KEY_LEVER, field, num);
	else
		store_txn_hdel(txn, KEY_LEVER, field);
	store_txn_hset(txn, KEY_LEVER, "by", by);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

int
lever_stop(struct store *s, bool stop, const char *by, int64_t now_ms)
{
	return pull(s, "stopped", stop ? now_ms : 0, by);
}

int
lever_bypass(struct store *s, int64_t until_ms, const char *by, int64_t now_ms)
{
	return pull(s, "bypass", until_ms > now_ms ? until_ms : 0, by);
}

bool
lever_bypasses(const struct lever_state *l, int64_t now_ms)
{
	return l->bypass_until_ms > now_ms;
}

/* --- The cached look ------------------------------------------------------------- */

struct lever {
	struct store *store;
	pthread_mutex_t lock; /* of all that follows */
	struct lever_state state;
	int64_t looked_ms;   /* 0 = never */
	int64_t reminded_ms; /* last line of the log about an active lever */
	bool looking;        /* a thread is asking the store */
	bool stopped, bypassed; /* as last said in the log */
};

int
lever_new(struct store *s, struct lever **out)
{
	struct lever *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->store = s;
	if (pthread_mutex_init(&l->lock, NULL) != 0) {
		free(l);
		return -ENOMEM;
	}
	*out = l;
	return 0;
}

void
lever_free(struct lever *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Loud at every change, and every hour while one is pulled.  Locked. */
static void
say(struct lever *l, int64_t now_ms)
{
	bool stopped = l->state.stopped;
	bool bypassed = lever_bypasses(&l->state, now_ms);
	bool remind = (stopped || bypassed) &&
	    now_ms - l->reminded_ms >= REMIND_MS;

	if (stopped != l->stopped || (stopped && remind))
		oct_log(OCT_WARNING, "lever=stop state=%s by=%s effect=\"%s\"",
		    stopped ? "on" : "off", l->state.by,
		    stopped ? "no challenge leaves" : "challenges leave");
	if (bypassed != l->bypassed || (bypassed && remind))
		oct_log(OCT_WARNING,
		    "lever=bypass state=%s by=%s left_s=%lld effect=\"%s\"",
		    bypassed ? "on" : "off", l->state.by,
		    bypassed ? (long long)(l->state.bypass_until_ms - now_ms) /
			    1000
			     : 0LL,
		    bypassed ? "unknown senders are delivered with a label"
			     : "unknown senders are asked");
	if (stopped != l->stopped || bypassed != l->bypassed || remind)
		l->reminded_ms = now_ms;
	l->stopped = stopped;
	l->bypassed = bypassed;
}

/* Is it this caller's turn to ask the store?  A clock that went back too. */
static bool
is_due(const struct lever *l, int64_t now_ms)
{
	return !l->looking &&
	    (l->looked_ms == 0 || now_ms < l->looked_ms ||
		now_ms - l->looked_ms >= LOOK_MS);
}

void
lever_get(struct lever *l, int64_t now_ms, struct lever_state *out)
{
	struct lever_state fresh;
	bool turn;
	int rc = OCT_EABSENT;

	(void)pthread_mutex_lock(&l->lock);
	turn = is_due(l, now_ms);
	l->looking |= turn;
	(void)pthread_mutex_unlock(&l->lock);
	if (turn)
		rc = lever_read(l->store, &fresh);
	(void)pthread_mutex_lock(&l->lock);
	if (turn) {
		l->looking = false;
		l->looked_ms = now_ms;
	}
	if (rc == 0)
		l->state = fresh;
	if (turn)
		say(l, now_ms);
	*out = l->state;
	(void)pthread_mutex_unlock(&l->lock);
}
