/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private redis-server on a unix socket in a temporary folder.  Every wait
 * has a bound; the server dies with the test.  test_redis_do: any thread.
 */
#ifndef OCT_TESTS_SUPPORT_REDIS_H
#define OCT_TESTS_SUPPORT_REDIS_H

#include <sys/types.h>

#include <hiredis/hiredis.h>

struct test_redis {
	pid_t pid; /* 0 = not running */
	char dir[64], socket[96], address[104];
};

#define TEST_REDIS_SKIP 77

/* 0; TEST_REDIS_SKIP when there is no redis-server, with a line that says so;
 * -1 when it does not start. */
int test_redis_start(struct test_redis *r);
/* Send the signal and wait for its end. */
void test_redis_kill(struct test_redis *r, int signal);
/* Run it again in the same folder. */
int test_redis_again(struct test_redis *r);
/* Kill and remove the folder. */
void test_redis_stop(struct test_redis *r);

/* A connection of the test's own, or NULL; redisFree ends it. */
redisContext *test_redis_connect(const struct test_redis *r);
/* One command given like printf; its reply as a number (1 for a status, the
 * number in a text), INT64_MIN for nil, error or nothing. */
long long test_redis_do(const struct test_redis *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Until a client waits in a blocking command; -1: none came to. */
int test_redis_wait_blocked(const struct test_redis *r);

#endif
