/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted sets and streams: what the courier lives on. */
#include "lib/store.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/support/redis.h"

#define A "oct:{d.fr}:a"
#define Z "oct:{d.fr}:z"

static struct test_redis server;
static struct store *store;

#define DO(...) test_redis_do(&server, __VA_ARGS__)

static int
group_setup(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	return store_new(&conf, &store);
}

static int
group_teardown(void **state)
{
	(void)state;
	store_free(store);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return DO("FLUSHALL") == 1 ? 0 : -1;
}

/* --- Sorted sets -------------------------------------------------------- */

struct seen {
	size_t count, stop_at;
	char text[512];
};

static int
see_member(void *arg, const char *member, int64_t score)
{
	struct seen *s = arg;
	size_t len = strlen(s->text);

	(void)snprintf(s->text + len, sizeof(s->text) - len, "%s=%lld ", member,
	    (long long)score);
	/* the store may be used from here */
	if (store_zrem(store, "oct:other", member) != 0)
		return -EIO;
	return ++s->count == s->stop_at ? 7 : 0;
}

static void
test_zrange(void **state)
{
	static const struct {
		const char *name;
		int64_t max;
		size_t limit, stop_at;
		int rc;
		const char *want;
	} cases[] = {
		{ "up to, inclusive", 20, 10, 0, 0, "neg=-5 a=10 b=20 " },
		{ "none", -6, 10, 0, 0, "" },
		{ "limit", 99, 2, 0, 0, "neg=-5 a=10 " },
		{ "limit zero", 99, 0, 0, 0, "" },
		{ "all", INT64_MAX, 1000, 0, 0,
		    "neg=-5 a=10 b=20 ms=1795253621049 " },
		{ "stopped", 99, 10, 2, 7, "neg=-5 a=10 " },
		{ "limit over", 99, 1001, 0, OCT_ELIMIT, "" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct seen seen = { .stop_at = cases[i].stop_at };

		print_message("  %s\n", cases[i].name);
		assert_int_equal(store_zadd(store, Z, 10, "a"), 0);
		assert_int_equal(store_zadd(store, Z, 20, "b"), 0);
		assert_int_equal(store_zadd(store, Z, -5, "neg"), 0);
		assert_int_equal(store_zadd(store, Z, 1795253621049, "ms"), 0);
		assert_int_equal(store_zrange(store, Z, cases[i].max,
		    cases[i].limit, see_member, &seen), cases[i].rc);
		assert_string_equal(seen.text, cases[i].want);
	}
	assert_int_equal(store_zrem(store, Z, "a"), 0);
	assert_int_equal(store_zrem(store, Z, "a"), 0);
	/* A member that was moved meanwhile stays. */
	assert_int_equal(store_zadd(store, Z, 1795253621049, "c"), 0);
	assert_int_equal(store_zrem_if(store, Z, "c", 1795253621048), 0);
	assert_int_equal(store_zadd(store, Z, 1795253621050, "c"), 0);
	assert_int_equal(store_zrem_if(store, Z, "c", 1795253621049), 0);
	assert_int_equal(DO("ZSCORE " Z " c"), 1795253621050);
	assert_int_equal(store_zrem_if(store, Z, "c", 1795253621050), 1);
	assert_int_equal(store_zrem_if(store, Z, "c", 1795253621050), 0);
	assert_int_equal(store_zrem_if(store, "oct:none", "c", 1), 0);
	/* Moved, unless it was moved meanwhile. */
	assert_int_equal(store_zmove_if(store, Z, "c", 1, 50), 0);
	assert_int_equal(DO("ZSCORE " Z " c"), 50);
	assert_int_equal(store_zmove_if(store, Z, "c", 50, 60), 0);
	assert_int_equal(DO("ZSCORE " Z " c"), 60);
	assert_int_equal(store_zmove_if(store, Z, "c", 50, 70), 0);
	assert_int_equal(DO("ZSCORE " Z " c"), 60);
	assert_int_equal(store_zmove_if(store, Z, "c", 50, 40), 0);
	assert_int_equal(DO("ZSCORE " Z " c"), 40);
	assert_int_equal(
	    store_zmove_if(store, Z, "c", 40, (1LL << 53) + 1), -ERANGE);
	assert_int_equal(store_zrem(store, Z, "c"), 0);
	assert_int_equal(DO("ZCARD " Z), 3);
	assert_int_equal(store_zadd(store, Z, (1LL << 53) + 1, "x"), -ERANGE);
	DO("SET " A " x");
	assert_int_equal(store_zrange(store, A, 1, 1, see_member, NULL),
	    OCT_EREPLY);
}

static void
test_zrevpage(void **state)
{
	static const struct {
		const char *name;
		size_t offset, limit;
		const char *want;
	} cases[] = {
		{ "first page", 0, 2, "e=5 d=4 " },
		{ "second page", 2, 2, "c=3 b=2 " },
		{ "rest", 4, 2, "a=1 " },
		{ "past the end", 5, 2, "" },
		{ "none asked", 0, 0, "" },
	};

	(void)state;
	DO("ZADD " Z " 1 a 2 b 3 c 4 d 5 e");
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct seen seen = { 0 };
		size_t total = 0;

		print_message("  %s\n", cases[i].name);
		assert_int_equal(store_zrevpage(store, Z, cases[i].offset,
		    cases[i].limit, &total, see_member, &seen), 0);
		assert_int_equal(total, 5);
		assert_string_equal(seen.text, cases[i].want);
	}
}

/* --- Streams ------------------------------------------------------------ */

#define W "oct:work:n"

static int
see_entry(void *arg, const struct store_entry *e)
{
	struct seen *s = arg;
	size_t len = strlen(s->text);

	assert_int_equal(e->count, 2);
	assert_string_equal(e->pairs[0], "n");
	(void)snprintf(s->text + len, sizeof(s->text) - len, "%s ",
	    e->pairs[1]);
	return ++s->count == s->stop_at ? 7 : 0;
}

static int
see_and_ack(void *arg, const struct store_entry *e)
{
	int rc = store_group_ack(store, W, "g", e->id);

	return rc != 0 ? rc : see_entry(arg, e);
}

static void
put(const char *n)
{
	const char *const pairs[] = { "n", n };

	assert_int_equal(store_xadd(store, W, 0, pairs, 2), 0);
}

#define READ(consumer, pending, ms, limit, each, want)                         \
	do {                                                                   \
		struct seen seen_ = { 0 };                                     \
		assert_int_equal(store_group_read(store, W, "g", consumer,     \
		    pending, ms, limit, each, &seen_), 0);                     \
		assert_string_equal(seen_.text, want);                         \
	} while (0)

static void
test_group_gives_each_entry_until_acknowledged(void **state)
{
	struct seen none = { 0 };

	(void)state;
	assert_int_equal(store_group_read(store, W, "g", "c", false, 0, 1,
	    see_entry, &none), OCT_EABSENT);
	put("0"); /* before the group: read from the start */
	assert_int_equal(store_group_create(store, W, "g"), 0);
	assert_int_equal(store_group_create(store, W, "g"), 0);
	put("1");
	put("2");
	READ("c", false, 0, 2, see_entry, "0 1 ");
	READ("c", true, 1000000, 10, see_entry, "0 1 ");
	READ("c", true, 1000000, 10, see_and_ack, "0 1 ");
	READ("c", true, 0, 10, see_entry, "");
	READ("c", false, 0, 10, see_and_ack, "2 ");
	READ("c", false, 0, 10, see_entry, "");
	assert_int_equal(DO("XLEN " W), 0); /* acknowledged = gone */
}

static void
test_group_claims_from_the_dead(void **state)
{
	char n[16];

	(void)state;
	assert_int_equal(store_group_create(store, W, "g"), 0);
	for (int i = 0; i < 25; i++) {
		(void)snprintf(n, sizeof(n), "%d", i);
		put(n);
	}
	READ("dead", false, 0, 3, see_entry, "0 1 2 ");
	READ("c", false, 0, 2, see_entry, "3 4 ");
	/* not idle for long enough */
	READ("c", true, 1000000, 10, see_entry, "3 4 ");
	/* own ones first, each once although all are idle for 0 ms */
	READ("c", true, 0, 10, see_entry, "3 4 0 1 2 ");
	READ("c", true, 0, 10, see_and_ack, "0 1 2 3 4 ");
	READ("c", true, 0, 10, see_entry, "");
}

static void
test_group_drops_what_was_deleted_while_pending(void **state)
{
	(void)state;
	assert_int_equal(store_group_create(store, W, "g"), 0);
	put("0");
	put("1");
	READ("c", false, 0, 10, see_entry, "0 1 ");
	DO("XTRIM " W " MAXLEN 1");
	READ("c", true, 1000000, 10, see_entry, "1 ");
	READ("c", true, 1000000, 10, see_and_ack, "1 ");
	DO("XTRIM " W " MAXLEN 0");
	READ("c", true, 0, 10, see_entry, "");
	READ("c", true, 1000000, 10, see_entry, "");
}

static void
test_group_stops_when_told(void **state)
{
	struct seen seen = { .stop_at = 1 };

	(void)state;
	assert_int_equal(store_group_create(store, W, "g"), 0);
	put("0");
	put("1");
	assert_int_equal(store_group_read(store, W, "g", "c", false, 0, 10,
	    see_entry, &seen), 7);
	assert_string_equal(seen.text, "0 ");
	READ("c", true, 1000000, 10, see_entry, "0 1 "); /* nothing was lost */
	assert_int_equal(store_group_read(store, W, "g", "c", false, -1, 10,
	    see_entry, &seen), -EINVAL);
	assert_int_equal(store_group_read(store, W, "g", "c", false, 0, 1001,
	    see_entry, &seen), OCT_ELIMIT);
}

/* Longer than the command time-out: the socket must outlast the block. */
static void
test_group_waits_longer_than_the_command_timeout(void **state)
{
	struct store_conf conf;
	struct store *s;
	struct seen seen = { 0 };
	int64_t start;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	conf.command_ms = 200;
	assert_int_equal(store_new(&conf, &s), 0);
	assert_int_equal(store_group_create(s, W, "g"), 0);
	start = oct_clock_mono_ms();
	assert_int_equal(store_group_read(s, W, "g", "c", false, 400, 1,
	    see_entry, &seen), 0);
	assert_true(oct_clock_mono_ms() - start >= 390);
	assert_int_equal(seen.count, 0);
	assert_true(store_is_up(s));
	store_free(s);
}

static void *
put_when_blocked(void *arg)
{
	(void)arg;
	assert_int_equal(test_redis_wait_blocked(&server), 0);
	DO("XADD " W " * n woken");
	return NULL;
}

static void
test_blocked_reader_is_woken(void **state)
{
	struct seen seen = { 0 };
	pthread_t thread;

	(void)state;
	assert_int_equal(store_group_create(store, W, "g"), 0);
	assert_int_equal(pthread_create(&thread, NULL, put_when_blocked, NULL),
	    0);
	assert_int_equal(store_group_read(store, W, "g", "c", false, 10000, 1,
	    see_entry, &seen), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(seen.text, "woken ");
}

static void *
wake_when_blocked(void *arg)
{
	assert_int_equal(test_redis_wait_blocked(&server), 0);
	assert_int_equal(eventfd_write(*(int *)arg, 1), 0);
	return NULL;
}

/* Nothing is thought of the server, and others have their connections. */
static void
test_a_wait_is_called_off(void **state)
{
	int wake = eventfd(0, EFD_CLOEXEC);
	int64_t start = oct_clock_mono_ms();
	pthread_t thread;

	(void)state;
	assert_true(wake >= 0);
	assert_int_equal(pthread_create(&thread, NULL, wake_when_blocked,
			     &wake),
	    0);
	assert_int_equal(store_stream_wait(store, W, "0", 60000, wake),
	    -ECANCELED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	/* Called off before it began. */
	assert_int_equal(store_stream_wait(store, W, "0", 60000, wake),
	    -ECANCELED);
	assert_true(oct_clock_mono_ms() - start < 30000);
	assert_true(store_is_up(store));
	assert_int_equal(store_stream_wait(store, W, "0", 5, -1), 0);
	assert_int_equal(close(wake), 0);
}

static void
test_a_wait_ends_with_an_entry(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, put_when_blocked, NULL),
	    0);
	assert_int_equal(store_stream_wait(store, W, "0", 60000, -1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(store_stream_wait(store, W, "0", 60000, -1), 1);
	/* For ever, or as good as. */
	assert_int_equal(store_stream_wait(store, W, "0", 0, -1), -EINVAL);
	assert_int_equal(store_stream_wait(store, W, "0", 600001, -1), -EINVAL);
}

static void
test_stream_read(void **state)
{
	char last[OCT_STREAM_ID] = "$";
	struct seen seen = { 0 };

	(void)state;
	/* "$" of a stream that is not there: nothing later is missed */
	assert_int_equal(store_stream_read(store, W, last, 0, 10, see_entry,
	    &seen), 0);
	assert_string_equal(last, "0-0");
	put("0");
	put("1");
	put("2");
	assert_int_equal(store_stream_read(store, W, last, 1000, 2, see_entry,
	    &seen), 0);
	assert_string_equal(seen.text, "0 1 ");
	seen = (struct seen){ .stop_at = 1 };
	assert_int_equal(store_stream_read(store, W, last, 0, 2, see_entry,
	    &seen), 7);
	seen = (struct seen){ 0 };
	/* the one that was stopped at comes again */
	assert_int_equal(store_stream_read(store, W, last, 0, 2, see_entry,
	    &seen), 0);
	assert_string_equal(seen.text, "2 ");
	memcpy(last, "$", 2);
	seen = (struct seen){ 0 };
	assert_int_equal(store_stream_read(store, W, last, 5, 2, see_entry,
	    &seen), 0);
	assert_string_equal(seen.text, "");
	put("3");
	assert_int_equal(store_stream_read(store, W, last, 0, 2, see_entry,
	    &seen), 0);
	assert_string_equal(seen.text, "3 ");
}

static void
test_xadd(void **state)
{
	static const char *const pairs[] = { "n", "v" };

	(void)state;
	assert_int_equal(store_xadd(store, W, 0, pairs, 1), -EINVAL);
	assert_int_equal(store_xadd(store, W, 0, pairs, 0), -EINVAL);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(store_xadd(store, W, 10, pairs, 2), 0);
	assert_true(DO("XLEN " W) < 300); /* "~" keeps whole nodes of 100 */
	assert_true(DO("XLEN " W) >= 10);
	DO("SET " A " x");
	assert_int_equal(store_xadd(store, A, 0, pairs, 2), OCT_EREPLY);
	assert_int_equal(store_group_create(store, A, "g"), OCT_EREPLY);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_zrange),
		T(test_zrevpage),
		T(test_group_gives_each_entry_until_acknowledged),
		T(test_group_claims_from_the_dead),
		T(test_group_drops_what_was_deleted_while_pending),
		T(test_group_stops_when_told),
		T(test_group_waits_longer_than_the_command_timeout),
		T(test_blocked_reader_is_woken),
		T(test_a_wait_is_called_off),
		T(test_a_wait_ends_with_an_entry),
		T(test_stream_read),
		T(test_xadd),
	};
	int rc = test_redis_start(&server);

	if (rc == 0)
		rc = cmocka_run_group_tests_name("store work", tests,
		    group_setup, group_teardown);
	test_redis_stop(&server);
	return rc == -1 ? 1 : rc;
}
