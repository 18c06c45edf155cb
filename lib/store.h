/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared store, behind a narrow face: batches of reads in one round trip,
 * transactions with preconditions, streams, and rate limits.  One
 * implementation, Redis (store_redis.c): a pool of connections, each used by one
 * thread at a time, with connect, command and total time-outs; a connection that
 * saw an error is closed.  After a failure to connect, calls fail at once with
 * OCT_EDOWN until the next try is due (250 ms, doubling to 5 s); changes of
 * state are logged once.
 *
 * A call takes at most connect_ms + command_ms, and block_ms where it has one.
 * A server that is loading, read-only, out of memory or busy is OCT_EDOWN; a
 * key of the wrong type is OCT_EREPLY.  SIGPIPE is never raised.  Redis 6.2 or
 * later.
 *
 * Values are octets; keys and values are copied where they are kept.  All
 * functions: any thread, unless said otherwise.
 */
#ifndef OCT_LIB_STORE_H
#define OCT_LIB_STORE_H

#include "lib/def.h"

struct store;

struct store_conf {
	const char *address;  /* "unix:/path" or "host:port" */
	const char *password; /* NULL = none */
	const char *user;     /* ACL user, NULL = default */
	int db;
	int64_t connect_ms, command_ms; /* 500, 2000 */
	size_t pool_max;      /* connections (64); a caller waits at most
				 command_ms for a free one, then OCT_EDOWN */
};

void store_conf_init(struct store_conf *conf);
/* Never connects by itself; conf is copied. */
OCT_CHECK int store_new(const struct store_conf *conf, struct store **out);
void store_free(struct store *s);
/* 0, or why not: OCT_EDOWN, OCT_ETIME, OCT_EREPLY. */
OCT_CHECK int store_ping(struct store *s);
bool store_is_up(struct store *s); /* as of the last call; no I/O */

/* A value read from the store; data is NUL-terminated for comfort, NULL when
 * absent. */
struct store_value {
	char *data;
	size_t len;
};

/* --- Batches of reads: one round trip ---------------------------------- */

struct store_batch; /* one thread; reusable by store_batch_clear */

OCT_CHECK int store_batch_new(struct store_batch **out);
void store_batch_clear(struct store_batch *b);
void store_batch_free(struct store_batch *b);

/* Each adds a read and returns its slot (>= 0), or -ENOMEM / OCT_ELIMIT (4,096
 * reads). */
int store_batch_get(struct store_batch *b, const char *key);
int store_batch_hget(struct store_batch *b, const char *key, const char *field);
int store_batch_hmget(struct store_batch *b, const char *key,
    const char *const *fields, size_t count);
int store_batch_hgetall(struct store_batch *b, const char *key);
int store_batch_smembers(struct store_batch *b, const char *key);
int store_batch_exists(struct store_batch *b, const char *key);
int store_batch_hlen(struct store_batch *b, const char *key);
int store_batch_zcard(struct store_batch *b, const char *key);
int store_batch_zfirst(struct store_batch *b, const char *key);

OCT_CHECK int store_batch_run(struct store *s, struct store_batch *b);

/* Results, valid until clear or free.  get/hget/exists/zcard: index 0 (exists: "0" or
 * "1"); hmget: by field; hgetall: field 2i, value 2i+1; smembers: by member;
 * zfirst: the member of the lowest score and that, or nothing. */
size_t store_batch_count(const struct store_batch *b, int slot);
const struct store_value *store_batch_value(const struct store_batch *b,
    int slot, size_t i);

/* --- Transactions: all or nothing, by one script call ------------------- */

/*
 * A list of expectations and writes, applied atomically: if any expectation
 * does not hold nothing is written and the commit is OCT_ECONFLICT (read again,
 * decide again).  All keys of one transaction belong to one domain's tag
 * (else the commit is -EINVAL): what crosses domains is done in ordered,
 * repeatable steps (store_txn_before, store_txn_after).
 */
struct store_txn; /* one thread */

OCT_CHECK int store_txn_new(struct store_txn **out);
void store_txn_clear(struct store_txn *t);
void store_txn_free(struct store_txn *t);

/* Errors of building (memory, limits: 2,304 keys, 32,768 expectations and as many
 * writes, scores and TTLs out of range) are sticky and given by the commit.
 * old NULL = the key or field must be absent; value NULL = it is deleted. */
void store_txn_expect(struct store_txn *t, const char *key, const char *old);
void store_txn_expect_field(struct store_txn *t, const char *key,
    const char *field, const char *old);
/* Of the writes, only hincr minds what it finds: at most 15 digits, else
 * OCT_EREPLY and nothing is written. */
void store_txn_set(struct store_txn *t, const char *key, const char *value,
    int64_t ttl_ms); /* 0 = no TTL */
void store_txn_del(struct store_txn *t, const char *key);
void store_txn_hset(struct store_txn *t, const char *key, const char *field,
    const char *value);
void store_txn_hdel(struct store_txn *t, const char *key, const char *field);
void store_txn_hincr(struct store_txn *t, const char *key, const char *field,
    int64_t by);
void store_txn_sadd(struct store_txn *t, const char *key, const char *member);
void store_txn_srem(struct store_txn *t, const char *key, const char *member);
void store_txn_zadd(struct store_txn *t, const char *key, int64_t score,
    const char *member);
void store_txn_zrem(struct store_txn *t, const char *key, const char *member);
void store_txn_expire(struct store_txn *t, const char *key, int64_t ttl_ms);
/* One more entry of a stream, with the one field "v". */
void store_txn_xadd(struct store_txn *t, const char *key, const char *value);

/*
 * Writes outside the tag, sent in the same round trip just before (a duty that
 * is harmless without the transaction: a due time, a token) or just after it
 * (a nudge that is harmless without it: work, an event).  Never conditional.
 */
void store_txn_before_zadd(struct store_txn *t, const char *key, int64_t score,
    const char *member);
void store_txn_before_set(struct store_txn *t, const char *key,
    const char *value, int64_t ttl_ms);
void store_txn_after_xadd(struct store_txn *t, const char *key, size_t maxlen,
    const char *const *pairs, size_t count); /* maxlen 0 = never trimmed */

/*
 * 0, OCT_ECONFLICT, OCT_EDOWN (nothing was sent), OCT_ETIME (sent, outcome not
 * known: safe to repeat, every write is idempotent but hincr and xadd),
 * OCT_EREPLY.
 */
OCT_CHECK int store_txn_commit(struct store *s, struct store_txn *t);

/* --- One key, in a round trip of its own -------------------------------- */

/* 1 and *out, NUL-terminated and freed by the caller; 0 absent (*out is NULL); or
 * an error of the batch. */
OCT_CHECK int store_get(struct store *s, const char *key, char **out);
OCT_CHECK int store_hget(struct store *s, const char *key, const char *field,
    char **out);
/* 1 it is there, 0, or an error. */
OCT_CHECK int store_has(struct store *s, const char *key);
/* All of a hash (field 2i, value 2i+1) or of a set, nothing if it is absent: in
 * slot 0 of a batch that the caller frees; NULL on error. */
OCT_CHECK int store_hash(struct store *s, const char *key,
    struct store_batch **out);
OCT_CHECK int store_members(struct store *s, const char *key,
    struct store_batch **out);
/* A transaction of that one write: its errors. */
OCT_CHECK int store_set(struct store *s, const char *key, const char *value,
    int64_t ttl_ms); /* 0 = no TTL */
OCT_CHECK int store_del(struct store *s, const char *key);
OCT_CHECK int store_hset(struct store *s, const char *key, const char *field,
    const char *value);
OCT_CHECK int store_hdel(struct store *s, const char *key, const char *field);

/* --- Sorted sets and streams: work ------------------------------------- */

typedef int store_each(void *arg, const char *member, int64_t score);
/* Members with score <= max, lowest first, at most limit (<= 1,000), collected
 * before the first call of each (which may use the store).  Stops when each
 * returns non-zero and returns that. */
OCT_CHECK int store_zrange(struct store *s, const char *key, int64_t max,
    size_t limit, store_each *each, void *arg);
OCT_CHECK int store_zrem(struct store *s, const char *key, const char *member);
/* Only if its score still is that one, in one step: what was put off (or armed
 * anew) meanwhile stays.  1 removed, 0 it was not there, or has another score. */
OCT_CHECK int store_zrem_if(struct store *s, const char *key,
    const char *member, int64_t score);
/* From one score to another, in one step; added if it is absent.  If it was given
 * yet another one meanwhile, the lower of that and `to` stands. */
OCT_CHECK int store_zmove_if(struct store *s, const char *key,
    const char *member, int64_t from, int64_t to);
OCT_CHECK int store_zadd(struct store *s, const char *key, int64_t score,
    const char *member);
/* Newest first, from offset, for listings; total of the set in *total. */
OCT_CHECK int store_zrevpage(struct store *s, const char *key, size_t offset,
    size_t limit, size_t *total, store_each *each, void *arg);

/* One stream entry: pairs field 2i, value 2i+1. */
struct store_entry {
	const char *id;
	size_t count; /* of strings in pairs */
	const char *const *pairs;
};
typedef int store_each_entry(void *arg, const struct store_entry *e);

/* Make group (and stream) if absent, reading from the start. */
OCT_CHECK int store_group_create(struct store *s, const char *stream,
    const char *group);
/*
 * Read up to limit entries for a consumer.  pending: entries given before and
 * not acknowledged (own ones first, then those idle for min_idle_ms of any
 * consumer are claimed); else new ones, waiting at most block_ms.  A dedicated
 * connection is used: its time-out is longer than block_ms.  OCT_EABSENT: no
 * such group (any more): create it.  limit is 1 to 1,000.
 */
OCT_CHECK int store_group_read(struct store *s, const char *stream,
    const char *group, const char *consumer, bool pending,
    int64_t block_or_idle_ms, size_t limit, store_each_entry *each, void *arg);
/* Done with it: the entry is also deleted, so a stream has but one group. */
OCT_CHECK int store_group_ack(struct store *s, const char *stream,
    const char *group, const char *id);
/* Entries after id ("0" = from the start, "$" = the end: *last is set to it),
 * waiting at most block_ms; *last (size OCT_STREAM_ID) is moved on to the last
 * one for which each returned 0. */
#define OCT_STREAM_ID 48
OCT_CHECK int store_stream_read(struct store *s, const char *stream,
    char last[OCT_STREAM_ID], int64_t block_ms, size_t limit,
    store_each_entry *each, void *arg);
/* Wait until there are entries after last, at most block_ms, or until wake_fd
 * (-1 = none) can be read; it is not.  1 there are, 0 there are none yet,
 * -ECANCELED it was wake_fd. */
OCT_CHECK int store_stream_wait(struct store *s, const char *stream,
    const char *last, int64_t block_ms, int wake_fd);
/* Entries before id ("+" = from the end), newest first; *id is moved on. */
OCT_CHECK int store_stream_back(struct store *s, const char *stream,
    char id[OCT_STREAM_ID], size_t limit, store_each_entry *each, void *arg);
OCT_CHECK int store_stream_len(struct store *s, const char *stream,
    int64_t *out);
/* Remove the entries before that id, exactly (store_stream_trim: by time, and
 * whole nodes). */
OCT_CHECK int store_stream_cut(struct store *s, const char *stream,
    const char *id);
/* pairs: 2 to 1,024 strings. */
OCT_CHECK int store_xadd(struct store *s, const char *stream, size_t maxlen,
    const char *const *pairs, size_t count);
/* Take out entries older than that time, by whole nodes: some stay longer.  How
 * many went (>= 0), or an error. */
OCT_CHECK int store_stream_trim(struct store *s, const char *stream,
    int64_t before_wall_ms);

/* --- Rate limits: GCRA -------------------------------------------------- */

/* One limit on one subject: at most burst at once, count per period on average. */
struct store_rate {
	const char *key;   /* the key of (limit, subject) */
	int64_t count;     /* > 0 */
	int64_t period_ms; /* > 0 */
	int64_t burst;     /* >= cost */
	int64_t cost;      /* >= 0 */
};
/*
 * Check all, then charge all or none (microsecond arithmetic, server time).
 * 1 = within all; 0 = over: *over is the index of the first that is, *retry_ms
 * when it would pass.  At most 128 rates, different keys of one tag; cost over
 * burst is -EINVAL (it never could pass), spans over 71 years -ERANGE.
 */
OCT_CHECK int store_rate_take(struct store *s, const struct store_rate *rates,
    size_t n, size_t *over, int64_t *retry_ms);
/* Give back what was charged. */
OCT_CHECK int store_rate_refund(struct store *s, const struct store_rate *rates,
    size_t n);
/* Charge what has happened, within the limits or not: each up to its burst, so
 * that what follows waits.  Keys and numbers as of store_rate_take. */
OCT_CHECK int store_rate_charge(struct store *s, const struct store_rate *rates,
    size_t n);
/* Remaining now, without charging. */
OCT_CHECK int store_rate_peek(struct store *s, const struct store_rate *rate,
    int64_t *remaining, int64_t *full_ms);

/* --- For the administrator ---------------------------------------------- */

/* CONFIG GET / INFO values that doctor looks at; 1 found, 0 absent. */
OCT_CHECK int store_setting(struct store *s, const char *name, char *out,
    size_t len);

#endif
