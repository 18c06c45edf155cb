/* SPDX-License-Identifier: Apache-2.0 */
/* A server that is away, paused, or refuses: each call ends in time with the
 * right error, and nothing that came late is taken for an answer.  A server
 * that lies is in test_store_lies.c. */
#include "lib/store.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/support/redis.h"

#define A "oct:{d.fr}:a"
#define H "oct:{d.fr}:h"

#define CONNECT_MS 150
#define COMMAND_MS 250
#define BUDGET_MS (CONNECT_MS + COMMAND_MS)
#define SLACK_MS 1000 /* a loaded machine, sanitizers */

static struct test_redis server;
static struct store *store;

#define DO(...) test_redis_do(&server, __VA_ARGS__)

static struct store *
make_store(const char *address, size_t pool_max, const char *password)
{
	struct store_conf conf;
	struct store *s = NULL;

	store_conf_init(&conf);
	conf.address = address;
	conf.connect_ms = CONNECT_MS;
	conf.command_ms = COMMAND_MS;
	conf.pool_max = pool_max;
	conf.password = password;
	assert_int_equal(store_new(&conf, &s), 0);
	return s;
}

static int
setup(void **state)
{
	(void)state;
	if (DO("FLUSHALL") != 1) { /* as a test may leave it */
		test_redis_kill(&server, SIGKILL);
		if (test_redis_again(&server) != 0 || DO("FLUSHALL") != 1)
			return -1;
	}
	store = make_store(server.address, 64, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	store_free(store);
	return 0;
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

/* Until it is up again, as the back-off allows. */
static bool
comes_back(struct store *s)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int64_t end = oct_clock_mono_ms() + 10000;

	while (oct_clock_mono_ms() < end) {
		if (store_ping(s) == 0)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/* --- Away --------------------------------------------------------------- */

static void
test_stopped_and_started(void **state)
{
	static const int signals[] = { SIGTERM, SIGKILL };
	long n;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(signals); i++) {
		print_message("  signal %d\n", signals[i]);
		assert_int_equal(commit_one(store), 0);
		assert_true(store_is_up(store));
		test_redis_kill(&server, signals[i]);
		/* the idle connection's end is seen before it is used */
		assert_int_equal(commit_one(store), OCT_EDOWN);
		assert_false(store_is_up(store));
		assert_int_equal(get(store, A, &n), OCT_EDOWN);
		assert_int_equal(test_redis_again(&server), 0);
		assert_true(comes_back(store));
		assert_true(store_is_up(store));
		/* the scripts are gone with the old server: no difference */
		assert_int_equal(commit_one(store), 0);
		assert_int_equal(get(store, A, &n), 0);
		assert_int_equal(n, 1);
	}
}

/* Every idle connection died unseen: the first call already opens anew. */
static void
test_restart_between_two_calls_is_not_noticed(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(commit_one(store), 0);
		test_redis_kill(&server, SIGKILL);
		assert_int_equal(test_redis_again(&server), 0);
		assert_int_equal(commit_one(store), 0);
	}
}

static void
test_nobody_there(void **state)
{
	static const char *const address[] = { "unix:/nonexistent/socket",
		"127.0.0.1:1" };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(address); i++) {
		struct store *s = make_store(address[i], 1, NULL);

		assert_int_equal(store_ping(s), OCT_EDOWN);
		assert_int_equal(commit_one(s), OCT_EDOWN);
		assert_false(store_is_up(s));
		store_free(s);
	}
}

/* --- Paused ------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	int index;
	_Atomic bool *stop;
	size_t ok, failed, stale, odd;
	int64_t slowest_ms;
};

/* Each reads a key whose value is the worker's own number. */
static void *
work(void *arg)
{
	struct worker *w = arg;
	char key[32];

	(void)snprintf(key, sizeof(key), "oct:{d.fr}:%d", w->index);
	while (!atomic_load(w->stop)) {
		int64_t start = oct_clock_mono_ms(), took;
		long n = -1;
		int rc = get(store, key, &n);

		took = oct_clock_mono_ms() - start;
		if (took > w->slowest_ms)
			w->slowest_ms = took;
		w->ok += rc == 0;
		w->stale += rc == 0 && n != w->index;
		w->failed += rc == OCT_EDOWN || rc == OCT_ETIME;
		w->odd += rc != 0 && rc != OCT_EDOWN && rc != OCT_ETIME;
		if (rc != 0)
			(void)usleep(1000);
	}
	return NULL;
}

#define WORKERS 8

static void
disturb(struct worker *w, void (*once)(int i), int times)
{
	_Atomic bool stop = false;

	for (int i = 0; i < WORKERS; i++) {
		DO("SET oct:{d.fr}:%d %d", i, i);
		w[i] = (struct worker){ .index = i, .stop = &stop };
	}
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, work,
		    &w[i]), 0);
	for (int i = 0; i < times; i++)
		once(i);
	atomic_store(&stop, true);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
}

static void
check_workers(const struct worker *w)
{
	size_t failed = 0;

	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(w[i].stale, 0);
		assert_int_equal(w[i].odd, 0);
		assert_true(w[i].ok > 0);
		assert_true(w[i].slowest_ms <= BUDGET_MS + SLACK_MS);
		failed += w[i].failed;
	}
	assert_true(failed > 0); /* it did disturb */
}

static void
pause_once(int i)
{
	/* about the time-out, so that answers come just before and after */
	(void)kill(server.pid, SIGSTOP);
	(void)usleep((unsigned int)(COMMAND_MS - 60 + 20 * (i % 7)) * 1000);
	(void)kill(server.pid, SIGCONT);
	(void)comes_back(store);
}

static void
test_paused_under_load(void **state)
{
	struct worker w[WORKERS];

	(void)state;
	disturb(w, pause_once, 12);
	check_workers(w);
}

static void
restart_once(int i)
{
	test_redis_kill(&server, i % 2 == 0 ? SIGKILL : SIGTERM);
	assert_int_equal(test_redis_again(&server), 0);
	assert_true(comes_back(store));
}

static void
test_restarted_under_load(void **state)
{
	struct worker w[WORKERS];

	(void)state;
	disturb(w, restart_once, 8);
	check_workers(w);
}

static void
test_paused_call_ends_in_time(void **state)
{
	int64_t start;

	(void)state;
	assert_int_equal(store_ping(store), 0);
	(void)kill(server.pid, SIGSTOP);
	start = oct_clock_mono_ms();
	/* sent, so the outcome is not known */
	assert_int_equal(commit_one(store), OCT_ETIME);
	assert_in_range(oct_clock_mono_ms() - start, COMMAND_MS - 5,
	    COMMAND_MS + SLACK_MS);
	/* a new connection is not greeted: nothing was sent */
	assert_int_equal(commit_one(store), OCT_EDOWN);
	start = oct_clock_mono_ms();
	for (int i = 0; i < 10; i++)
		assert_int_equal(commit_one(store), OCT_EDOWN);
	assert_true(oct_clock_mono_ms() - start < 100);
	(void)kill(server.pid, SIGCONT);
	assert_true(comes_back(store));
	assert_int_equal(commit_one(store), 0);
}

/* --- Refusing ----------------------------------------------------------- */

static void
make_readonly(void)
{
	DO("REPLICAOF 127.0.0.1 1");
}

static void
make_masterdown(void)
{
	DO("CONFIG SET replica-serve-stale-data no");
	DO("REPLICAOF 127.0.0.1 1");
}

static void
make_oom(void)
{
	DO("CONFIG SET maxmemory 1");
}

static void
make_misconf(void)
{
	char dir[96];

	(void)snprintf(dir, sizeof(dir), "%s/gone", server.dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(DO("CONFIG SET appendonly no"), 1);
	assert_int_equal(DO("CONFIG SET dir %s", dir), 1);
	assert_int_equal(rmdir(dir), 0);
	DO("CONFIG SET save %s", "3600 1");
	DO("BGSAVE");
	for (int i = 0; i < 10000; i++)
		if (DO("EVAL %s 0", "return redis.call('INFO', 'persistence'):"
		    "find('last_bgsave_status:err') and 1 or 0") == 1)
			break;
}

static void
make_noreplicas(void)
{
	DO("CONFIG SET min-replicas-to-write 1");
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *name;
		void (*make)(void);
		int read;
	} cases[] = {
		{ "READONLY", make_readonly, 0 },
		{ "MASTERDOWN", make_masterdown, OCT_EDOWN },
		{ "OOM", make_oom, 0 },
		{ "NOREPLICAS", make_noreplicas, 0 },
		{ "MISCONF", make_misconf, 0 },
	};
	static const char *const pairs[] = { "k", "v" };
	long n;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  %s\n", cases[i].name);
		assert_int_equal(commit_one(store), 0);
		cases[i].make();
		assert_int_equal(commit_one(store), OCT_EDOWN);
		assert_false(store_is_up(store));
		assert_int_equal(store_xadd(store, "oct:work:n", 0, pairs, 2),
		    OCT_EDOWN);
		assert_int_equal(get(store, A, &n), cases[i].read);
		/* back: a fresh server */
		test_redis_kill(&server, SIGKILL);
		assert_int_equal(test_redis_again(&server), 0);
		assert_true(comes_back(store));
		assert_int_equal(commit_one(store), 0);
	}
}

static void
test_busy_script(void **state)
{
	redisContext *c = test_redis_connect(&server);
	long n;

	(void)state;
	assert_non_null(c);
	DO("CONFIG SET busy-reply-threshold 1");
	assert_int_equal(store_ping(store), 0);
	assert_int_equal(redisAppendCommand(c, "EVAL %s 0",
	    "while true do end"), REDIS_OK);
	for (int done = 0; !done;)
		assert_int_equal(redisBufferWrite(c, &done), REDIS_OK);
	for (int i = 0; i < 10000 && DO("PING") == 1; i++)
		continue;
	assert_int_equal(get(store, A, &n), OCT_EDOWN);
	assert_int_equal(DO("SCRIPT KILL"), 1);
	redisFree(c);
	assert_true(comes_back(store));
}

static void
test_password(void **state)
{
	struct store *s;

	(void)state;
	assert_int_equal(store_ping(store), 0);
	DO("CONFIG SET requirepass secret");
	/* connections that were there stay authenticated; new ones do not */
	s = make_store(server.address, 1, NULL);
	assert_int_equal(store_ping(s), OCT_EDOWN);
	store_free(s);
	s = make_store(server.address, 1, "wrong");
	assert_int_equal(store_ping(s), OCT_EDOWN);
	store_free(s);
	s = make_store(server.address, 1, "secret");
	assert_int_equal(store_ping(s), 0);
	assert_int_equal(commit_one(s), 0);
	store_free(s);
	test_redis_kill(&server, SIGKILL);
}

static void
test_acl_user(void **state)
{
	struct store_conf conf;
	struct store *s;
	char out[16];

	(void)state;
	DO("ACL SETUSER oct on >pw ~oct:* +@all -config");
	store_conf_init(&conf);
	conf.address = server.address;
	conf.user = "oct";
	conf.password = "pw";
	assert_int_equal(store_new(&conf, &s), 0);
	assert_int_equal(commit_one(s), 0);
	assert_int_equal(store_zadd(s, "elsewhere", 1, "m"), OCT_EREPLY);
	/* CONFIG is denied, INFO is not */
	assert_int_equal(store_setting(s, "redis_mode", out, sizeof(out)), 1);
	assert_int_equal(store_setting(s, "appendonly", out, sizeof(out)),
	    OCT_EREPLY);
	store_free(s);
}

/* --- Wrong types -------------------------------------------------------- */

static void
test_wrong_types_keep_the_connection(void **state)
{
	const struct store_rate rate = { A, 1, 1000, 1, 1 };
	size_t over;
	int64_t retry, left, full;
	long n;

	(void)state;
	DO("HSET " A " f v");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(store, A, &n), OCT_EREPLY);
		assert_int_equal(store_rate_take(store, &rate, 1, &over,
		    &retry), OCT_EREPLY);
		assert_int_equal(store_rate_refund(store, &rate, 1),
		    OCT_EREPLY);
		assert_int_equal(store_rate_peek(store, &rate, &left, &full),
		    OCT_EREPLY);
		assert_int_equal(store_zadd(store, A, 1, "m"), OCT_EREPLY);
		assert_int_equal(store_ping(store), 0);
	}
	assert_int_equal(DO("HLEN " A), 1);
	/* one for all, and the one that asks */
	assert_true(DO("EVAL %s 0", "return tonumber(string.match(redis.call("
	    "'INFO', 'stats'), 'total_connections_received:(%d+)'))") > 1);
	assert_int_equal(DO("EVAL %s 0", "return tonumber(string.match(redis."
	    "call('INFO', 'clients'), 'connected_clients:(%d+)'))"), 2);
}

/* --- Readers that wait ------------------------------------------------- */

static int
see_nothing(void *arg, const struct store_entry *e)
{
	(void)arg;
	(void)e;
	return 0;
}

static void *
block(void *arg)
{
	struct store *s = arg;
	int rc = store_group_read(s, "oct:work:n", "g", "c", false, 300, 1,
	    see_nothing, NULL);

	return rc == 0 ? NULL : s;
}

/* As many as the pool has places, and a call still goes through at once. */
static void
test_blocked_readers_take_no_place(void **state)
{
	pthread_t thread[2];
	struct store *s = make_store(server.address, 2, NULL);
	int64_t start;

	(void)state;
	assert_int_equal(store_group_create(s, "oct:work:n", "g"), 0);
	start = oct_clock_mono_ms();
	for (size_t i = 0; i < OCT_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, block, s), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(store_ping(s), 0);
	assert_true(oct_clock_mono_ms() - start < 250);
	for (size_t i = 0; i < OCT_LEN(thread); i++) {
		void *odd = s;

		assert_int_equal(pthread_join(thread[i], &odd), 0);
		assert_null(odd);
	}
	store_free(s);
}

static void
test_blocked_reader_sees_the_end(void **state)
{
	pthread_t thread;
	void *odd = NULL;

	(void)state;
	assert_int_equal(store_group_create(store, "oct:work:n", "g"), 0);
	assert_int_equal(pthread_create(&thread, NULL, block, store), 0);
	test_redis_kill(&server, SIGKILL);
	assert_int_equal(pthread_join(thread, &odd), 0);
	assert_non_null(odd);
	assert_int_equal(test_redis_again(&server), 0);
	assert_true(comes_back(store));
	/* group and stream are there again with the append-only file */
	assert_null(block(store));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_stopped_and_started),
		T(test_restart_between_two_calls_is_not_noticed),
		T(test_nobody_there),
		T(test_paused_under_load),
		T(test_restarted_under_load),
		T(test_paused_call_ends_in_time),
		T(test_refusals),
		T(test_busy_script),
		T(test_password),
		T(test_acl_user),
		T(test_wrong_types_keep_the_connection),
		T(test_blocked_readers_take_no_place),
		T(test_blocked_reader_sees_the_end),
	};
	int rc = test_redis_start(&server);

	if (rc == 0)
		rc = cmocka_run_group_tests_name("store faults", tests, NULL,
		    NULL);
	test_redis_stop(&server);
	return rc == -1 ? 1 : rc;
}
