/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Senders, owners and couriers at once, against a small model: whoever wins,
 * every item ends in exactly one place, is delivered at most once, and nobody
 * was promised what does not happen.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/case_fixture.h"

#define THREADS 8
#define ROUNDS 400 /* ten on each item, where all threads meet */
#define BOXES 4
#define ITEMS 40 /* every other one spam */

static const char *const boxes[BOXES] = { "anne", "bob", "carol", "dan" };
static const char *const challenges[BOXES] = { "000000000000000a",
	"000000000000000b", "000000000000000c", "000000000000000d" };

/* What the threads were told. */
static struct {
	_Atomic int confirmed[BOXES], lapsed[BOXES];
	_Atomic int dropped[ITEMS], delivered[ITEMS];
	_Atomic int promised[ITEMS]; /* releases that were answered "done" */
	_Atomic int conflicts, strange;
} told;

static void
note_error(int rc)
{
	if (rc == OCT_ECONFLICT)
		atomic_fetch_add(&told.conflicts, 1);
	else if (rc < 0)
		atomic_fetch_add(&told.strange, 1);
}

static void
do_sender(int n, unsigned int r)
{
	enum case_outcome out = CASE_OVER;
	int box = n % BOXES;
	bool yes = r % 16 != 0; /* "not me" is rare */
	int rc;

	if (yes)
		rc = case_confirm(world.store, &world.t, D, challenges[box],
		    "page", NOW + 1, &out);
	else
		rc = case_lapse(world.store, &world.t, D, challenges[box],
		    REL_EV_NOT_ME, NOW + 1, &out);
	if (rc != 0)
		note_error(rc);
	else if (out == CASE_DONE)
		atomic_fetch_add(yes ? &told.confirmed[box] : &told.lapsed[box],
		    1);
}

static void
do_owner(int n, unsigned int r)
{
	enum case_outcome out = CASE_OVER;
	char id[HELD_ID_SIZE];
	int rc;

	(void)id_of(n, id);
	if (r % 8 < 6) {
		rc = case_release(world.store, &world.t, D, id, r % 2 == 0,
		    CASE_BY_OWNER, NOW + 2, &out);
		if (rc == 0 && out == CASE_DONE)
			atomic_fetch_add(&told.promised[n], 1);
	} else {
		rc = case_drop(world.store, D, id, NOW + 2, &out);
		if (rc == 0 && out == CASE_DONE)
			atomic_fetch_add(&told.dropped[n], 1);
	}
	note_error(rc);
}

/* Claim, then 250 or 451. */
static void
do_courier(int n, bool accepted, int64_t now_ms)
{
	struct case_item i;
	char id[HELD_ID_SIZE];
	int rc = case_item_read(world.store, D, id_of(n, id), &i);

	if (rc != 1) {
		note_error(rc);
		return;
	}
	rc = case_claim(world.store, &world.t, &i, now_ms);
	case_item_fini(&i);
	if (rc != 1) {
		note_error(rc);
		return;
	}
	rc = case_item_read(world.store, D, id, &i);
	if (rc != 1) {
		note_error(rc < 0 ? rc : OCT_EABSENT);
		return;
	}
	if (!accepted) {
		rc = case_put_back(world.store, &i, CASE_NOT_REFUSED, "451 x",
		    now_ms + 1);
	} else {
		atomic_fetch_add(&told.delivered[n], 1);
		do
			rc = case_released(world.store, &i, now_ms);
		while (rc == OCT_ECONFLICT);
	}
	note_error(rc);
	case_item_fini(&i);
}

static void *
run(void *arg)
{
	unsigned int seed = *(const unsigned int *)arg;

	for (int k = 0; k < ROUNDS; k++) {
		unsigned int r = (unsigned int)rand_r(&seed);
		int n = k * ITEMS / ROUNDS;
		char id[HELD_ID_SIZE];

		switch (r % 8) {
		case 0:
			do_sender(n, (unsigned int)rand_r(&seed));
			break;
		case 1:
		case 2:
			do_owner(n, (unsigned int)rand_r(&seed));
			break;
		case 3:
			note_error(case_settle(world.store, D,
			    id_of(n, id), NOW));
			break;
		default:
			do_courier(n, r / 1024 % 3 != 0, NOW + 3);
			break;
		}
	}
	return NULL;
}

static void
check_item(int n)
{
	const char *box = boxes[n % BOXES];
	bool live, spam = n / BOXES % 2 != 0;
	struct case_item i = item(n);

	live = held_is_live(i.state);
	assert_true(i.state == HELD_TENTATIVE || i.state == HELD_STORED ||
	    i.state == HELD_RELEASED || i.state == HELD_DROPPED);
	assert_int_equal(told.delivered[n], i.state == HELD_RELEASED);
	assert_int_equal(told.dropped[n], i.state == HELD_DROPPED);
	assert_int_equal(is_indexed(box, n), live);
	assert_int_equal(relation_holds(box, n), live);
	/* What was promised came, unless its owner dropped it afterwards. */
	if (told.promised[n] > 0 ||
	    (!spam && told.confirmed[n % BOXES] > 0))
		assert_true(!live);
	/* What nobody asked for did not. */
	if (spam && told.promised[n] == 0)
		assert_int_not_equal(i.state, HELD_RELEASED);
	case_item_fini(&i);
}

static void
everybody_at_once(void **state)
{
	pthread_t thread[THREADS];
	unsigned int seed[THREADS];

	(void)state;
	for (int n = 0; n < ITEMS; n++) {
		const struct arrival a = { .n = n, .local = boxes[n % BOXES],
			.sid = SID, .at_ms = NOW,
			.ask = n / BOXES % 2 == 0 ? challenges[n % BOXES]
						  : NULL,
			.reason = n / BOXES % 2 == 0 ? FATE_R_FIRST_CONTACT
						     : FATE_R_SPAM };

		assert_int_equal(arrive(&a), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		seed[i] = 4711 * (i + 1);
		assert_int_equal(pthread_create(&thread[i], NULL, run,
				     &seed[i]),
		    0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	print_message("  %d given up\n", atomic_load(&told.conflicts));
	assert_int_equal(told.strange, 0);
	/* The courier does what is left. */
	for (int n = 0; n < ITEMS; n++)
		do_courier(n, true, NOW + 600000);
	assert_int_equal(told.strange, 0);
	for (int b = 0; b < BOXES; b++) {
		assert_true(told.confirmed[b] + told.lapsed[b] <= 1);
		if (told.confirmed[b] > 0)
			assert_int_equal(relation_of(boxes[b]).state,
			    REL_ALLOWED);
	}
	for (int n = 0; n < ITEMS; n++)
		check_item(n);
}

/* A relation that never is what was read (its text goes on behind a NUL): every
 * try of every act loses the race.  It gives up, and nothing has changed. */
static void
lost_races_come_to_an_end(void **state)
{
	static const char text[] = "1 K 1 1795255200000 0 0 "
	    "000000000000000a - 0\0x";
	redisContext *c = test_redis_connect(&world.redis);
	enum case_outcome out = CASE_OVER;
	char id[HELD_ID_SIZE];
	redisReply *r;
	long long calls;

	(void)state;
	assert_non_null(c);
	first_contact(1, "bob", challenges[0]);
	r = redisCommand(c, "HSET oct:{" D "}:rel:bob %s %b", SID, text,
	    sizeof(text) - 1);
	assert_non_null(r);
	freeReplyObject(r);
	redisFree(c);
	(void)id_of(1, id);
	(void)test_redis_do(&world.redis, "CONFIG RESETSTAT");
	assert_int_equal(case_confirm(world.store, &world.t, D, challenges[0],
			     "page", NOW, &out),
	    OCT_ECONFLICT);
	assert_int_equal(case_release(world.store, &world.t, D, id, false,
			     CASE_BY_OWNER, NOW, &out),
	    OCT_ECONFLICT);
	assert_int_equal(case_drop(world.store, D, id, NOW, &out),
	    OCT_ECONFLICT);
	calls = test_redis_do(&world.redis, "EVAL %s 0",
	    "return tonumber(string.match(redis.call('INFO', 'commandstats'),"
	    " 'cmdstat_evalsha:calls=(%d+)'))");
	print_message("  %lld tries\n", calls);
	assert_int_equal(calls, 3 * CASE_TRIES);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_string_equal(wanted(1), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(everybody_at_once, reset),
		cmocka_unit_test_setup(lost_races_come_to_an_end, reset),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("casework_model", tests,
		    start_world, end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
