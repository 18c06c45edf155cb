/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of lib/store.h, for store_*.c only: the store with its pool of
 * connections, and round trips.
 */
#ifndef OCT_LIB_STORE_INTERNAL_H
#define OCT_LIB_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <hiredis/hiredis.h>

#include "lib/str.h"
#include "lib/store.h"

#define STORE_OUT_MAX (16u << 20)   /* octets of one round trip, out */
#define STORE_IN_MAX (256u << 20)   /* and in */
#define STORE_ELEMENTS_MAX (1 << 22) /* of one array */
#define STORE_IO_SIZE 16384
#define STORE_WHY_SIZE 160

#define STORE_SCORE_MAX (1LL << 53) /* a score is a double: exact so far */

enum store_script {
	STORE_TXN,
	STORE_RATE_TAKE,
	STORE_RATE_CHARGE,
	STORE_RATE_REFUND,
	STORE_RATE_PEEK,
	STORE_ZREM_IF,
	STORE_ZMOVE_IF,
	STORE_SCRIPTS
};
#define STORE_SHA_LEN 40

/* What a command may answer, errors apart. */
enum store_shape {
	STORE_ANY = '*',
	STORE_STRING = 's', /* or nil */
	STORE_INT = 'i',
	STORE_ARRAY = 'a', /* or nil */
	STORE_STATUS = 'o'
};

/* --- One round trip: commands, then their replies (store_exec.c) --------- */

struct store_exec {
	struct oct_str out;   /* commands, encoded */
	struct oct_str shape; /* enum store_shape of each */
	redisReply **reply;   /* one a command; NULL before the run */
	size_t replies;
	int64_t block_ms;     /* of a blocking command; -1 = none */
	int wake_fd;          /* readable: no longer wanted; -1 = none */
	bool sent;            /* an octet left us */
	bool answered;        /* every reply is there */
	/* the one script call, if any */
	enum store_script script; /* STORE_SCRIPTS = none */
	size_t script_no, script_from, script_to, sha_at;
};

void store_exec_init(struct store_exec *x);
void store_exec_clear(struct store_exec *x);
void store_exec_fini(struct store_exec *x);

/* Begin a command of argc arguments, its name included; then each of them. */
void store_exec_begin(struct store_exec *x, enum store_shape shape,
    size_t argc);
void store_exec_arg(struct store_exec *x, const char *arg);
void store_exec_int(struct store_exec *x, int64_t arg);
/* A whole command; ends in (char *)NULL. */
void store_exec_cmd(struct store_exec *x, enum store_shape shape, ...)
    __attribute__((sentinel));
/* All commands of from, in order. */
void store_exec_append(struct store_exec *x, const struct store_exec *from);
/* XADD; OCT_ELIMIT or -EINVAL when pairs are not 1 to 512 whole pairs. */
OCT_CHECK int store_exec_xadd(struct store_exec *x, const char *stream,
    size_t maxlen, const char *const *pairs, size_t count);
/* Begin the script call: then come keys and args arguments, then _end. */
void store_exec_script(struct store_exec *x, enum store_script script,
    size_t keys, size_t args);
void store_exec_script_end(struct store_exec *x);

/* 0, OCT_ELIMIT (too long) or -ENOMEM: of the building so far. */
OCT_CHECK int store_exec_err(const struct store_exec *x);
/*
 * Send all and read every reply.  OCT_EDOWN, OCT_ETIME, OCT_EREPLY (not the
 * protocol, or not the shape), OCT_ELIMIT, -ENOMEM, -ECANCELED (wake_fd; the
 * connection is closed, the server is not thought down).  Error replies that mean
 * "not ready" give OCT_EDOWN with answered set; other error replies stay in
 * reply for the caller.
 */
OCT_CHECK int store_exec_run(struct store *s, struct store_exec *x);
/* Run, then the first error reply as OCT_EREPLY. */
OCT_CHECK int store_exec_strict(struct store *s, struct store_exec *x);

/* An error reply whose first word is this one? */
bool store_reply_is(const redisReply *r, const char *word);
/* Most elements that a listing or a read of a stream gives at once. */
#define STORE_PAGE_MAX 1000

/* A whole number in a string reply. */
OCT_CHECK int store_reply_int(const redisReply *r, int64_t *out);

/* Redis Cluster's rule for the part of a key that is its tag. */
bool store_same_tag(const char *key, const char *other);

/* --- Connections (store_redis.c) ---------------------------------------- */

struct store_conn {
	redisContext *ctx; /* its descriptor does not block */
	struct store_conn *next;
	bool blocking;
	int wake_fd; /* of the call under way, see struct store_exec */
	redisReplyObjectFunctions fn; /* hiredis's, but for createArray */
	void *(*make_array)(const redisReadTask *, int); /* hiredis's */
	char sha[STORE_SCRIPTS][STORE_SHA_LEN + 1];
	char buf[STORE_IO_SIZE];
};

/* why gets one line for the log on failure. */
OCT_CHECK int store_conn_open(const struct store *s, int64_t deadline_ms,
    struct store_conn **out, char why[STORE_WHY_SIZE]);
void store_conn_close(struct store_conn *c);
/* Still connected, and nothing unread in it. */
bool store_conn_idle_ok(const struct store_conn *c);
/* Send out and read n replies into reply (NULL on entry; what came stays there
 * on error). */
OCT_CHECK int store_conn_talk(struct store_conn *c, const struct oct_str *out,
    redisReply **reply, size_t n, int64_t deadline_ms, bool *sent);
/* Load the script again and repeat a call. */
OCT_CHECK int store_conn_load(struct store_conn *c, enum store_script script,
    struct store_exec *x, int64_t deadline_ms);

/* --- The pool, and what is known of the server (store_pool.c) ------------ */

struct store_pool {
	struct store_conn *idle;
	size_t used; /* lent or idle */
	pthread_cond_t freed;
};

enum store_reach { STORE_NEW, STORE_UP, STORE_DOWN };

struct store {
	/* set once */
	char *address, *path, *host, *password, *user;
	int port, db;
	int64_t connect_ms, command_ms;
	size_t pool_max;

	pthread_mutex_t lock; /* what follows; held for no I/O */
	struct store_pool pool[2]; /* [1]: of blocking reads */
	int64_t next_try_ms, backoff_ms;
	uint64_t failures; /* to connect */

	_Atomic int reach;       /* enum store_reach, as last logged */
	_Atomic bool refusing;   /* writes, as last logged */
	_Atomic bool up;         /* as of the last call */
};

void store_pool_init(struct store *s);
void store_pool_fini(struct store *s);
OCT_CHECK int store_lend(struct store *s, bool blocking, int64_t deadline_ms,
    struct store_conn **out);
/* After silence or a lost connection the idle ones go too: they would fail
 * alike, each after a whole time-out. */
enum store_fate { STORE_KEEP, STORE_CLOSE, STORE_CLOSE_ALL };
void store_give_back(struct store *s, struct store_conn *c,
    enum store_fate fate);

void store_mark_up(struct store *s);
void store_mark_down(struct store *s, const char *why);
void store_mark_refusing(struct store *s, const char *why);
void store_mark_wrote(struct store *s);

/* --- Rates (store_rate.c; here for its test) ----------------------------- */

/* amount * period / count, in microseconds and count-ths of one: exact. */
struct store_span {
	int64_t us, rest;
};
OCT_CHECK int store_rate_span(const struct store_rate *r, int64_t amount,
    struct store_span *out);

#endif
