/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions are written behind the answer: one entry for each recipient, none
 * waited for, none of it in the way when the store is.
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "policy/event.h"
#include "tests/unit/milter_fixture.h"

static int
set_up(void **state)
{
	(void)state;
	return start_world("", NULL);
}

/* All entries, once there are that many. */
static json_t *
entries_when(long long count)
{
	redisContext *c = test_redis_connect(&world.redis);
	int64_t until = oct_clock_mono_ms() + 5000;
	json_t *out = json_array();
	redisReply *r;

	assert_non_null(c);
	while (test_redis_do(&world.redis, "XLEN " KEY_EVENTS) < count)
		assert_true(oct_clock_mono_ms() < until);
	r = redisCommand(c, "XRANGE " KEY_EVENTS " - +");
	assert_non_null(r);
	assert_int_equal(r->elements, count);
	for (size_t i = 0; i < r->elements; i++) {
		const redisReply *pairs = r->element[i]->element[1];

		assert_string_equal(pairs->element[0]->str, EVENT_FIELD);
		(void)json_array_append_new(out,
		    json_loads(pairs->element[1]->str, 0, NULL));
	}
	freeReplyObject(r);
	redisFree(c);
	return out;
}

static const char *
text_of(const json_t *all, size_t i, const char *name)
{
	const char *v = json_string_value(
	    json_object_get(json_array_get(all, i), name));

	return v != NULL ? v : "";
}

static void
one_for_each_recipient(void **state)
{
	const struct talk t = { .from = "alice@example.org",
		.rcpt = { "anne@" D, "bob@" D } };
	struct outcome o;
	json_t *all;

	(void)state;
	talk(&t, &o);
	assert_true(o.actions.accepted);
	end(&o);
	all = entries_when(2);
	assert_string_equal(text_of(all, 0, "rcpt"), "anne@" D);
	assert_string_equal(text_of(all, 0, "id"), "4XyZ");
	assert_string_equal(text_of(all, 0, "verdict"), "hold");
	assert_string_equal(text_of(all, 0, "reason"), "first-contact");
	assert_int_equal(strlen(text_of(all, 0, "item")), 32);
	assert_string_equal(text_of(all, 0, "class"), "A");
	assert_string_equal(text_of(all, 0, "reply"), "");
	assert_string_equal(text_of(all, 1, "rcpt"), "bob@" D);
	assert_string_equal(text_of(all, 1, "verdict"), "deliver");
	assert_string_equal(text_of(all, 1, "reason"), "option-off");
	assert_string_equal(text_of(all, 1, "item"), "");
	assert_string_equal(text_of(all, 1, "from"), "alice@example.org");
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(all, 1), "hold")),
	    600);
	json_decref(all);
}

static void
a_refusal_tells_the_reply(void **state)
{
	const struct talk t = { .from = "x@reject.example",
		.rcpt = { "bob@" D } };
	struct outcome o;
	json_t *all;

	(void)state;
	talk(&t, &o);
	assert_false(o.actions.accepted);
	end(&o);
	all = entries_when(1);
	assert_string_equal(text_of(all, 0, "reply"), "refuse");
	assert_string_equal(text_of(all, 0, "reply_reason"), "dmarc");
	json_decref(all);
}

/* With the store away nothing waits for it, and the end comes soon. */
static void
without_the_store(void **state)
{
	struct events *e = NULL;
	struct store_conf conf;
	struct store *s = NULL;
	int64_t before = oct_clock_mono_ms();

	(void)state;
	store_conf_init(&conf);
	conf.address = "unix:/nonexistent/redis";
	assert_int_equal(store_new(&conf, &s), 0);
	assert_int_equal(events_new(s, &e), 0);
	for (int i = 0; i < 3 * EVENTS_QUEUE; i++)
		events_put(e, strdup("{}"));
	events_put(e, NULL);
	events_free(e);
	events_free(NULL);
	events_put(NULL, strdup("{}"));
	store_free(s);
	assert_true(oct_clock_mono_ms() - before < 5000);
}

/* What was put before the end is written at the end. */
static void
the_end_writes_what_waits(void **state)
{
	struct events *e = NULL;

	(void)state;
	assert_int_equal(events_new(world.app->store, &e), 0);
	for (int i = 0; i < 1000; i++)
		events_put(e, strdup("{}"));
	events_free(e);
	json_decref(entries_when(1000));
}

struct seen {
	size_t count;
	char first[OCT_STREAM_ID];
};

static int
see(void *arg, const struct store_entry *e)
{
	struct seen *s = arg;

	if (s->count++ == 0)
		(void)snprintf(s->first, sizeof(s->first), "%s", e->id);
	return 0;
}

/* Newest first, page by page, each once. */
static void
pages(void **state)
{
	char at[OCT_STREAM_ID] = "+";
	size_t total = 0;
	struct seen s;

	(void)state;
	for (int i = 1; i <= 25; i++)
		assert_true(test_redis_do(&world.redis,
				"EVAL %s 0 %d",
				"redis.call('XADD', '" KEY_EVENTS "', "
				"ARGV[1] .. '-1', 'v', '{}') return 1",
				i * 1000) == 1);
	do {
		s = (struct seen){ .count = 0 };
		assert_int_equal(store_stream_back(world.app->store,
				     KEY_EVENTS, at, 10, see, &s),
		    0);
		if (total == 0)
			assert_string_equal(s.first, "25000-1");
		total += s.count;
	} while (s.count == 10);
	assert_int_equal(total, 25);
	assert_int_equal(store_stream_back(world.app->store, KEY_EVENTS, at, 0,
			     see, &s),
	    OCT_ELIMIT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_for_each_recipient),
		TEST(a_refusal_tells_the_reply),
		TEST(without_the_store),
		TEST(the_end_writes_what_waits),
		TEST(pages),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_events", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("events", tests, NULL, NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}
