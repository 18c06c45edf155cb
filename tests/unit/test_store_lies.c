/* SPDX-License-Identifier: Apache-2.0 */
/* A server that answers what it must not, or nothing. */
#include "lib/store.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/store_internal.h"
#include "tests/support/redis_fake.h"

#define A "oct:{d.fr}:a"

#define CONNECT_MS 150
#define COMMAND_MS 250
#define BUDGET_MS (CONNECT_MS + COMMAND_MS)
#define SLACK_MS 1000 /* a loaded machine, sanitizers */

static struct store *
make_store(const char *address, size_t pool_max)
{
	struct store_conf conf;
	struct store *s = NULL;

	store_conf_init(&conf);
	conf.address = address;
	conf.connect_ms = CONNECT_MS;
	conf.command_ms = COMMAND_MS;
	conf.pool_max = pool_max;
	assert_int_equal(store_new(&conf, &s), 0);
	return s;
}

/* One read of a key, its value as a number; or the error. */
static int
get(struct store *s, const char *key, long *out)
{
	const struct store_value *v;
	struct store_batch *b;
	int rc;

	if (store_batch_new(&b) != 0)
		return -ENOMEM;
	rc = store_batch_get(b, key);
	if (rc == 0)
		rc = store_batch_run(s, b);
	v = store_batch_value(b, 0, 0);
	*out = v->data != NULL ? strtol(v->data, NULL, 10) : -1;
	store_batch_free(b);
	return rc;
}

static int
commit_one(struct store *s)
{
	struct store_txn *t;
	int rc;

	if (store_txn_new(&t) != 0)
		return -ENOMEM;
	store_txn_set(t, A, "1", 0);
	rc = store_txn_commit(s, t);
	store_txn_free(t);
	return rc;
}

static void
test_fake_answers(void **state)
{
	static const struct {
		const char *name;
		struct fake_plan plan;
		int rc, commit;
	} cases[] = {
		{ "honest", { NULL, "$1\r\n5\r\n", FAKE_WAIT }, 0,
		    OCT_EREPLY },
		{ "garbage", { NULL, "HTTP/1.1 400\r\n\r\n", FAKE_WAIT },
		    OCT_EREPLY, OCT_EREPLY },
		{ "silence", { NULL, "", FAKE_WAIT }, OCT_ETIME, OCT_ETIME },
		{ "hung up", { NULL, "", FAKE_CLOSE }, OCT_EDOWN, OCT_ETIME },
		{ "half, then silence", { NULL, "$5\r\n12", FAKE_WAIT },
		    OCT_ETIME, OCT_ETIME },
		{ "half, then hung up", { NULL, "$5\r\n12", FAKE_CLOSE },
		    OCT_EDOWN, OCT_ETIME },
		{ "dripping", { NULL, "$5000000\r\n", FAKE_DRIP }, OCT_ETIME,
		    OCT_ETIME },
		{ "endless", { NULL, "$500000000\r\n", FAKE_FLOOD }, OCT_ETIME,
		    OCT_ETIME },
		{ "one too many", { NULL, "$1\r\n5\r\n$1\r\n6\r\n", FAKE_WAIT },
		    OCT_EREPLY, OCT_EREPLY },
		{ "part of one too many", { NULL, "$1\r\n5\r\n$1", FAKE_WAIT },
		    OCT_EREPLY, OCT_EREPLY },
		{ "another type", { NULL, ":5\r\n", FAKE_WAIT }, OCT_EREPLY,
		    OCT_ECONFLICT },
		{ "huge array", { NULL, "*2000000000\r\n", FAKE_WAIT },
		    OCT_EREPLY, OCT_EREPLY },
		{ "array of a negative size", { NULL, "*-7\r\n", FAKE_WAIT },
		    OCT_EREPLY, OCT_EREPLY },
		{ "deep", { NULL, "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
		    "*1\r\n*1\r\n*1\r\n:1\r\n", FAKE_WAIT }, OCT_EREPLY,
		    OCT_EREPLY },
		{ "error", { NULL, "-ERR no\r\n", FAKE_WAIT }, OCT_EREPLY,
		    OCT_EREPLY },
		{ "loading", { NULL, "-LOADING wait\r\n", FAKE_WAIT },
		    OCT_EDOWN, OCT_EDOWN },
		{ "always NOSCRIPT", { NULL, "-NOSCRIPT no\r\n", FAKE_WAIT },
		    OCT_EREPLY, OCT_EREPLY },
		{ "greeting: loading", { "-LOADING wait\r\n", "", FAKE_WAIT },
		    OCT_EDOWN, OCT_EDOWN },
		{ "greeting: silence", { "", "", FAKE_WAIT }, OCT_EDOWN,
		    OCT_EDOWN },
		{ "greeting: garbage", { "\x16\x03\x01", "", FAKE_WAIT },
		    OCT_EDOWN, OCT_EDOWN },
		{ "greeting: short digest", { "$3\r\nabc\r\n", "", FAKE_WAIT },
		    OCT_EDOWN, OCT_EDOWN },
		{ "greeting: hung up", { "-ERR max number of clients\r\n", "",
		    FAKE_CLOSE }, OCT_EDOWN, OCT_EDOWN },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct fake_redis *f = fake_redis_new(&cases[i].plan);
		struct store *s;
		int64_t start = oct_clock_mono_ms();
		long n;

		print_message("  %s\n", cases[i].name);
		assert_non_null(f);
		s = make_store(fake_redis_address(f), 4);
		assert_int_equal(get(s, A, &n), cases[i].rc);
		assert_int_equal(n, cases[i].rc == 0 ? 5 : -1);
		assert_true(oct_clock_mono_ms() - start <
		    BUDGET_MS + SLACK_MS);
		store_free(s);
		s = make_store(fake_redis_address(f), 4);
		assert_int_equal(commit_one(s), cases[i].commit);
		store_free(s);
		fake_redis_free(f);
	}
}

/* PING wants a status: a well-formed answer to something else is a lie too. */
static void
test_answer_of_another_shape_closes_the_connection(void **state)
{
	static const struct fake_plan plan = { NULL, "$4\r\nPONG\r\n",
		FAKE_WAIT };
	struct fake_redis *f = fake_redis_new(&plan);
	struct store *s;

	(void)state;
	assert_non_null(f);
	s = make_store(fake_redis_address(f), 4);
	assert_int_equal(store_ping(s), OCT_EREPLY);
	assert_int_equal(fake_redis_connects(f), 1);
	assert_int_equal(store_ping(s), OCT_EREPLY);
	assert_int_equal(fake_redis_connects(f), 2);
	store_free(s);
	fake_redis_free(f);
}

/* SIGPIPE is not ignored here: it would end this test. */
static void
test_writing_to_a_dead_server_raises_no_signal(void **state)
{
	static const struct fake_plan plan = { NULL, "", FAKE_WAIT };
	struct fake_redis *f = fake_redis_new(&plan);
	char why[STORE_WHY_SIZE];
	redisReply *reply = NULL;
	struct store_conn *c = NULL;
	struct store_exec x;
	struct store *s;
	bool sent = false;

	(void)state;
	assert_non_null(f);
	s = make_store(fake_redis_address(f), 4);
	assert_int_equal(store_conn_open(s, oct_clock_mono_ms() + 1000, &c,
	    why), 0);
	fake_redis_free(f);
	store_exec_init(&x);
	store_exec_cmd(&x, STORE_STATUS, "PING", (char *)NULL);
	assert_int_equal(store_conn_talk(c, &x.out, &reply, 1,
	    oct_clock_mono_ms() + 1000, &sent), OCT_EDOWN);
	assert_false(sent);
	assert_null(reply);
	store_exec_fini(&x);
	store_conn_close(c);
	store_free(s);
}

static void
test_backoff_after_failed_connects(void **state)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	static const struct fake_plan plan = { "-LOADING wait\r\n",
		"+PONG\r\n", FAKE_WAIT };
	struct fake_redis *f = fake_redis_new(&plan);
	struct store *s;
	int64_t start = oct_clock_mono_ms();

	(void)state;
	assert_non_null(f);
	s = make_store(fake_redis_address(f), 8);
	while (oct_clock_mono_ms() - start < 1900) {
		assert_int_equal(store_ping(s), OCT_EDOWN);
		(void)nanosleep(&pause, NULL);
	}
	/* at 0, 250, 750, 1750 ms */
	assert_in_range(fake_redis_connects(f), 3, 4);
	store_free(s);
	fake_redis_free(f);
}

/* --- The pool ----------------------------------------------------------- */

static void *
read_slowly(void *arg)
{
	struct store *s = arg;
	long n;

	return get(s, A, &n) == OCT_ETIME ? NULL : s;
}

static void
test_full_pool_ends_in_time(void **state)
{
	static const struct fake_plan plan = { NULL, "", FAKE_WAIT };
	struct fake_redis *f = fake_redis_new(&plan);
	pthread_t thread[6];
	struct store *s;
	size_t in_time = 0;
	int64_t start = oct_clock_mono_ms();

	(void)state;
	assert_non_null(f);
	s = make_store(fake_redis_address(f), 2);
	for (size_t i = 0; i < OCT_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_slowly,
		    s), 0);
	for (size_t i = 0; i < OCT_LEN(thread); i++) {
		void *odd;

		assert_int_equal(pthread_join(thread[i], &odd), 0);
		in_time += odd == NULL;
	}
	assert_true(oct_clock_mono_ms() - start < BUDGET_MS + SLACK_MS);
	assert_true(in_time >= 2);
	store_free(s);
	fake_redis_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fake_answers),
		cmocka_unit_test(
		    test_answer_of_another_shape_closes_the_connection),
		cmocka_unit_test(
		    test_writing_to_a_dead_server_raises_no_signal),
		cmocka_unit_test(test_backoff_after_failed_connects),
		cmocka_unit_test(test_full_pool_ends_in_time),
	};

	return cmocka_run_group_tests_name("store lies", tests, NULL, NULL);
}
