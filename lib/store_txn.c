/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transaction is built as the arguments of scripts/txn.lua, already encoded:
 * keys, expectations and writes aside until the commit joins them.
 */
#include "lib/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

#define KEYS_MAX 2304
#define OPS_MAX 32768
#define TTL_MAX_MS (100LL * 366 * 86400000)
#define INCR_MAX 1000000000000000LL

/* One of the two lists, as the arguments of an unfinished command. */
struct list {
	struct store_exec args; /* its out only */
	size_t ops, argc;
};

struct store_txn {
	char *key[KEYS_MAX];
	size_t keys;
	struct list expect, write;
	struct store_exec before, after;
	struct store_exec exec;
	int err;
};

int
store_txn_new(struct store_txn **out)
{
	struct store_txn *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	store_exec_init(&t->expect.args);
	store_exec_init(&t->write.args);
	store_exec_init(&t->before);
	store_exec_init(&t->after);
	store_exec_init(&t->exec);
	*out = t;
	return 0;
}

static void
drop_keys(struct store_txn *t)
{
	for (size_t i = 0; i < t->keys; i++)
		free(t->key[i]);
	t->keys = 0;
}

void
store_txn_clear(struct store_txn *t)
{
	drop_keys(t);
	store_exec_clear(&t->expect.args);
	store_exec_clear(&t->write.args);
	t->expect.ops = t->expect.argc = 0;
	t->write.ops = t->write.argc = 0;
	store_exec_clear(&t->before);
	store_exec_clear(&t->after);
	store_exec_clear(&t->exec);
	t->err = 0;
}

void
store_txn_free(struct store_txn *t)
{
	if (t == NULL)
		return;
	drop_keys(t);
	store_exec_fini(&t->expect.args);
	store_exec_fini(&t->write.args);
	store_exec_fini(&t->before);
	store_exec_fini(&t->after);
	store_exec_fini(&t->exec);
	free(t);
}

static void
fail(struct store_txn *t, int err)
{
	if (t->err == 0)
		t->err = err;
}

/* The 1-based index of the key, added if new; 0 once the building failed. */
static size_t
key_index(struct store_txn *t, const char *key)
{
	for (size_t i = 0; i < t->keys; i++)
		if (strcmp(t->key[i], key) == 0)
			return i + 1;
	if (t->keys == KEYS_MAX) {
		fail(t, OCT_ELIMIT);
		return 0;
	}
	if (t->keys > 0 && !store_same_tag(t->key[0], key)) {
		fail(t, -EINVAL);
		return 0;
	}
	t->key[t->keys] = strdup(key);
	if (t->key[t->keys] == NULL) {
		fail(t, -ENOMEM);
		return 0;
	}
	return ++t->keys;
}

/* The first NULL in args ends them. */
static void
add(struct store_txn *t, struct list *l, const char *op, const char *key,
    const char *const args[2])
{
	size_t k = key_index(t, key);

	if (k == 0)
		return;
	if (l->ops == OPS_MAX) {
		fail(t, OCT_ELIMIT);
		return;
	}
	l->ops++;
	l->argc += 2;
	store_exec_arg(&l->args, op);
	store_exec_int(&l->args, (int64_t)k);
	for (size_t i = 0; i < 2 && args[i] != NULL; i++) {
		store_exec_arg(&l->args, args[i]);
		l->argc++;
	}
}

static void
add_write(struct store_txn *t, const char *op, const char *key, const char *a,
    const char *b)
{
	const char *const args[2] = { a, b };

	add(t, &t->write, op, key, args);
}

static void
add_expect(struct store_txn *t, const char *op, const char *key, const char *a,
    const char *b)
{
	const char *const args[2] = { a, b };

	add(t, &t->expect, op, key, args);
}

/* The number as text, or NULL and the building has failed. */
static const char *
number(struct store_txn *t, int64_t n, int64_t lo, int64_t hi, char text[24])
{
	struct oct_str s;

	if (n < lo || n > hi) {
		fail(t, -ERANGE);
		return NULL;
	}
	oct_str_fixed(&s, text, 24);
	oct_str_addf(&s, "%lld", (long long)n);
	return text;
}

void
store_txn_expect(struct store_txn *t, const char *key, const char *old)
{
	add_expect(t, old != NULL ? "EQ" : "NONE", key, old, NULL);
}

void
store_txn_expect_field(struct store_txn *t, const char *key, const char *field,
    const char *old)
{
	add_expect(t, old != NULL ? "HEQ" : "HNONE", key, field, old);
}

void
store_txn_set(struct store_txn *t, const char *key, const char *value,
    int64_t ttl_ms)
{
	char text[24];
	const char *ttl = number(t, ttl_ms, 0, TTL_MAX_MS, text);

	if (ttl == NULL)
		return;
	if (value == NULL)
		store_txn_del(t, key);
	else if (ttl_ms == 0)
		add_write(t, "SET", key, value, NULL);
	else
		add_write(t, "PSETEX", key, ttl, value);
}

void
store_txn_del(struct store_txn *t, const char *key)
{
	add_write(t, "DEL", key, NULL, NULL);
}

void
store_txn_hset(struct store_txn *t, const char *key, const char *field,
    const char *value)
{
	if (value == NULL)
		store_txn_hdel(t, key, field);
	else
		add_write(t, "HSET", key, field, value);
}

void
store_txn_hdel(struct store_txn *t, const char *key, const char *field)
{
	add_write(t, "HDEL", key, field, NULL);
}

void
store_txn_hincr(struct store_txn *t, const char *key, const char *field,
    int64_t by)
{
	char text[24];
	const char *n = number(t, by, -INCR_MAX, INCR_MAX, text);

	if (n != NULL)
		add_write(t, "HINCRBY", key, field, n);
}

void
store_txn_sadd(struct store_txn *t, const char *key, const char *member)
{
	add_write(t, "SADD", key, member, NULL);
}

void
store_txn_srem(struct store_txn *t, const char *key, const char *member)
{
	add_write(t, "SREM", key, member, NULL);
}

void
store_txn_zadd(struct store_txn *t, const char *key, int64_t score,
    const char *member)
{
	char text[24];
	const char *n = number(t, score, -STORE_SCORE_MAX, STORE_SCORE_MAX,
	    text);

	if (n != NULL)
		add_write(t, "ZADD", key, n, member);
}

void
store_txn_zrem(struct store_txn *t, const char *key, const char *member)
{
	add_write(t, "ZREM", key, member, NULL);
}

void
store_txn_expire(struct store_txn *t, const char *key, int64_t ttl_ms)
{
	char text[24];
	const char *ttl = number(t, ttl_ms, 1, TTL_MAX_MS, text);

	if (ttl != NULL)
		add_write(t, "PEXPIRE", key, ttl, NULL);
}

void
store_txn_xadd(struct store_txn *t, const char *key, const char *value)
{
	add_write(t, "XADD", key, value, NULL);
}

static bool
has_room(struct store_txn *t, const struct store_exec *x)
{
	if (x->shape.len < OPS_MAX)
		return true;
	fail(t, OCT_ELIMIT);
	return false;
}

void
store_txn_before_zadd(struct store_txn *t, const char *key, int64_t score,
    const char *member)
{
	char text[24];
	const char *n = number(t, score, -STORE_SCORE_MAX, STORE_SCORE_MAX,
	    text);

	if (n != NULL && has_room(t, &t->before))
		store_exec_cmd(&t->before, STORE_INT, "ZADD", key, n, member,
		    (char *)NULL);
}

void
store_txn_before_set(struct store_txn *t, const char *key, const char *value,
    int64_t ttl_ms)
{
	char text[24];
	const char *ttl = number(t, ttl_ms, 0, TTL_MAX_MS, text);

	if (ttl == NULL || !has_room(t, &t->before))
		return;
	if (ttl_ms == 0)
		store_exec_cmd(&t->before, STORE_STATUS, "SET", key, value,
		    (char *)NULL);
	else
		store_exec_cmd(&t->before, STORE_STATUS, "PSETEX", key, ttl,
		    value, (char *)NULL);
}

void
store_txn_after_xadd(struct store_txn *t, const char *key, size_t maxlen,
    const char *const *pairs, size_t count)
{
	int rc;

	if (!has_room(t, &t->after))
		return;
	rc = store_exec_xadd(&t->after, key, maxlen, pairs, count);
	if (rc != 0)
		fail(t, rc);
}

static void
add_list(struct store_exec *x, const struct list *l)
{
	oct_str_addn(&x->out, oct_str_text(&l->args.out), l->args.out.len);
}

static int
build_err(const struct store_txn *t)
{
	const struct store_exec *const part[] = { &t->expect.args,
		&t->write.args, &t->before, &t->after };
	int rc = t->err;

	for (size_t i = 0; rc == 0 && i < OCT_LEN(part); i++)
		rc = store_exec_err(part[i]);
	return rc;
}

static void
join(struct store_txn *t)
{
	struct store_exec *x = &t->exec;

	store_exec_clear(x);
	store_exec_append(x, &t->before);
	if (t->expect.ops + t->write.ops > 0) {
		store_exec_script(x, STORE_TXN, t->keys,
		    1 + t->expect.argc + t->write.argc);
		for (size_t i = 0; i < t->keys; i++)
			store_exec_arg(x, t->key[i]);
		store_exec_int(x, (int64_t)t->expect.ops);
		add_list(x, &t->expect);
		add_list(x, &t->write);
		store_exec_script_end(x);
	}
	store_exec_append(x, &t->after);
}

/* What the script's own reply says. */
static int
script_result(const struct store_exec *x)
{
	const redisReply *r;

	if (x->script == STORE_SCRIPTS)
		return 0;
	r = x->reply[x->script_no];
	if (r->type != REDIS_REPLY_INTEGER)
		return OCT_EREPLY;
	return r->integer == 0 ? 0 : OCT_ECONFLICT;
}

static int
side_result(const struct store_exec *x)
{
	for (size_t i = 0; i < x->replies; i++)
		if (x->reply[i]->type == REDIS_REPLY_ERROR)
			return OCT_EREPLY;
	return 0;
}

int
store_txn_commit(struct store *s, struct store_txn *t)
{
	struct store_exec *x = &t->exec;
	int rc = build_err(t), script;

	if (rc != 0)
		return rc;
	join(t);
	rc = store_exec_run(s, x);
	if (!x->answered) {
		/* EDOWN promises that nothing was done. */
		return rc == OCT_EDOWN && x->sent ? OCT_ETIME : rc;
	}
	script = script_result(x);
	if (rc == OCT_EDOWN && x->script != STORE_SCRIPTS)
		return script == 0 ? OCT_ETIME : OCT_EDOWN;
	if (rc == 0)
		rc = script != 0 ? script : side_result(x);
	if (rc == 0)
		store_mark_wrote(s);
	return rc;
}
