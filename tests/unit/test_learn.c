/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of labels: every node that applies it has the same octets, however
 * it came there; what one domain says moves others within the stated bound; what
 * was taken out before a node had it is known to be missing.
 */
#include <math.h>

#include "lib/log.h"
#include "policy/learn.h"
#include "policy/learn_item.h"
#include "tests/unit/case_fixture.h"
#include "tests/unit/learning_fixture.h"

#define QUIET (14 * DAY)

static const struct classifier_stratum french = { CLASSIFIER_LANG_FR,
	CLASSIFIER_ERA_MODERN, false };

/* One label into the stream; 1 or 0. */
static int
say(struct features *f, const char *kind, int i, bool bad, double weight,
    const char *domain)
{
	struct label_record r = { .fingerprint = (uint64_t)i,
		.live = true,
		.label = { .bad = bad,
		    .weight = weight,
		    .domain = domain,
		    .stratum = french } };
	char *packed = NULL;
	int rc;

	make_features(f, kind, i);
	assert_int_equal(learn_pack(&r, f, &packed), 0);
	rc = learn_write(world.store, domain, packed, "owner");
	free(packed);
	return rc;
}

static void
raw_entry(const char *field, const char *value)
{
	const char *pairs[] = { field, value };

	assert_int_equal(store_xadd(world.store, KEY_LEARN, 0, pairs, 2), 0);
}

/* Apply everything, so many at a time. */
static size_t
apply_all(struct classifier *c, size_t limit)
{
	struct learn *l = NULL;
	size_t n, total = 0;

	assert_int_equal(learn_new(&l), 0);
	do {
		assert_int_equal(learn_apply(l, world.store, c, limit, &n), 0);
		total += n;
	} while (n > 0);
	learn_free(l);
	return total;
}

static char *
octets_of(const struct classifier *c, const char *path, size_t *len)
{
	assert_int_equal(classifier_save(c, path), 0);
	return slurp(path, len);
}

/* --- The same octets everywhere ------------------------------------------------- */

static void
two_nodes_are_alike(void **state)
{
	char *folder = make_folder(), *path = path_in(folder, "model");
	struct classifier *one = NULL, *two = NULL;
	char position[CLASSIFIER_POSITION_SIZE];
	struct features *f = NULL;
	char *x, *y;
	size_t n, m;

	(void)state;
	assert_int_equal(features_new(&f), 0);
	for (int i = 0; i < 120; i++) {
		const char *domain = i % 3 == 0 ? "a.fr"
		    : i % 3 == 1		? "b.fr"
						: NULL;

		assert_int_equal(say(f, i % 2 ? "gagnez" : "reunion", i, i % 2,
				     i % 5 == 4 ? -1
					 : i % 7 ? 1
						 : LEARN_CONFIRMED_WEIGHT,
				     domain),
		    1);
	}
	/* One at once; the other in pieces, with an end and a beginning. */
	assert_int_equal(classifier_new(&one), 0);
	assert_int_equal(apply_all(one, 1000), 120);
	assert_int_equal(classifier_new(&two), 0);
	{
		struct learn *l = NULL;
		size_t some;

		assert_int_equal(learn_new(&l), 0);
		assert_int_equal(learn_apply(l, world.store, two, 37, &some),
		    0);
		assert_int_equal(some, 37);
		learn_free(l);
	}
	assert_int_equal(classifier_save(two, path), 0);
	classifier_close(two);
	assert_int_equal(classifier_open_learning(path, &two), 0);
	assert_int_equal(apply_all(two, 5), 83);
	classifier_position(one, position);
	assert_string_not_equal(position, "0");
	x = octets_of(one, path, &n);
	y = octets_of(two, path, &m);
	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
	assert_int_equal(classifier_updates(one), 120);
	free(x);
	free(y);
	classifier_close(one);
	classifier_close(two);
	features_free(f);
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	free(folder);
}

/* Whatever stands in the stream, it is passed over by all alike. */
static void
what_is_no_label_is_passed_over(void **state)
{
	static const struct {
		const char *name, *field, *value;
	} rows[] = {
		{ "no field of ours", "w", "AAAA" },
		{ "no base 64", "v", "é*" },
		{ "nothing", "v", "" },
		{ "too short", "v", "AAAAAAAA" },
		{ "zeros", "v", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		{ "ones", "v", "////////////////////////////////////////" },
	};
	struct classifier *c = NULL;
	struct features *f = NULL;
	char *packed = NULL, *folder = make_folder();
	char *path = path_in(folder, "model");
	struct label_record r = { .live = true,
		.label = { .weight = 1, .domain = "a.fr" } };
	double before;
	size_t count = OCT_LEN(rows);

	(void)state;
	assert_int_equal(features_new(&f), 0);
	assert_int_equal(classifier_new(&c), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++)
		raw_entry(rows[i].field, rows[i].value);
	/* A record cut at every length, and one that weighs too much. */
	make_features(f, "x", 1);
	assert_int_equal(learn_pack(&r, f, &packed), 0);
	for (size_t len = strlen(packed) - 1; len > 0; len--, count++) {
		packed[len] = '\0';
		raw_entry("v", packed);
	}
	free(packed);
	r.label.weight = 20;
	assert_int_equal(learn_pack(&r, f, &packed), 0);
	raw_entry("v", packed);
	free(packed);
	before = raw_of(c, f, "x", 1, "a.fr");
	assert_int_equal(apply_all(c, 1000), count + 1);
	assert_int_equal(classifier_updates(c), 0);
	assert_true(raw_of(c, f, "x", 1, "a.fr") == before);
	classifier_close(c);
	features_free(f);
	(void)rmdir(folder);
	free(path);
	free(folder);
}

/* --- What one domain can do ------------------------------------------------------- */

static void
a_domain_says_so_much_a_day(void **state)
{
	struct features *f = NULL;
	int taken = 0;

	(void)state;
	assert_int_equal(features_new(&f), 0);
	for (int i = 0; i < LEARN_DOMAIN_DAY + 50; i++)
		taken += say(f, "x", i, true, 1, "mal.fr");
	assert_true(taken >= LEARN_DOMAIN_DAY && taken < LEARN_DOMAIN_DAY + 5);
	assert_int_equal(say(f, "x", 1, true, 1, "bon.fr"), 1);
	assert_int_equal(say(f, "x", 1, true, 1, NULL), 1);
	features_free(f);
}

/* Every third word of the victim's mail, or all of it, or some words of several:
 * what an attacker who knows the mail would teach. */
static void
make_poison(struct features *f, int how, int i)
{
	struct features *victim = NULL;
	uint32_t some[64];
	size_t n = 0;

	make_features(f, "reunion", 1000 + i % 50);
	if (how == 0)
		return;
	assert_int_equal(features_new(&victim), 0);
	make_features(victim, "reunion", 1000 + i % 50);
	for (size_t k = (size_t)i % 3;
	     k < features_count(victim, FEATURE_WORDS) && n < 2; k += 3)
		some[n++] = features_slots(victim,
		    FEATURE_WORDS)[(k + (size_t)i / 50) %
		    features_count(victim, FEATURE_WORDS)];
	features_clear(f);
	assert_int_equal(features_set(f, FEATURE_WORDS, some, n), 0);
	features_free(victim);
}

/* 10,000 poisoned labels of one domain: the stated bound holds for every message
 * of another. */
static void
a_poisoned_domain_moves_others_within_the_bound(void **state)
{
	struct classifier *c = NULL;
	struct features *f = NULL;
	double before[50], own = 0;

	(void)state;
	assert_int_equal(features_new(&f), 0);
	for (int how = 0; how < 2; how++) {
		struct classifier_label label = { .weight = 1,
			.stratum = french };
		double most = 0;

		assert_int_equal(classifier_new(&c), 0);
		for (int i = 0; i < 300; i++) {
			label.bad = i % 2 != 0;
			make_features(f, label.bad ? "gagnez" : "reunion", i);
			classifier_learn(c, f, &label);
		}
		for (int i = 0; i < 50; i++)
			before[i] = raw_of(c, f, "reunion", 1000 + i,
			    "bon.fr");
		label.bad = true;
		label.domain = "mal.fr";
		for (int i = 0; i < 10000; i++) {
			make_poison(f, how, i);
			classifier_learn(c, f, &label);
		}
		for (int i = 0; i < 50; i++)
			most = fmax(most,
			    raw_of(c, f, "reunion", 1000 + i, "bon.fr") -
				before[i]);
		own = raw_of(c, f, "reunion", 1000, "mal.fr") - before[0];
		print_message("  way %d: moved by %.3f at most, itself %.3f\n",
		    how, most, own);
		assert_true(most < CLASSIFIER_LENT_MAX);
		if (how == 0)
			assert_true(most < 0.76 && own > 1);
		/* What was good stays good. */
		assert_true(raw_of(c, f, "reunion", 1000, "bon.fr") < 0);
		classifier_close(c);
	}
	features_free(f);
}

/* --- Places and ends --------------------------------------------------------------- */

static enum learn_standing
standing(const char *node, const char *position, int64_t now_ms)
{
	struct learn_place out;

	assert_int_equal(learn_standing(world.store, node, position, now_ms,
			     &out),
	    0);
	if (out.standing == LEARN_ALONE)
		assert_string_not_equal(out.from, position);
	else
		assert_string_equal(out.from, position);
	return out.standing;
}

static long long
waiting(void)
{
	return test_redis_do(&world.redis, "XLEN " KEY_LEARN);
}

static void
add_at(long long ms)
{
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0 %lld",
			     "redis.call('XADD', '" KEY_LEARN
			     "', ARGV[1] .. '-5', 'v', 'AAAA') return 1",
			     ms),
	    1);
}

static void
entries_end_when_all_have_them(void **state)
{
	char place[64];

	(void)state;
	for (int i = 0; i < 10; i++)
		add_at(NOW + i);
	assert_int_equal(learn_trim(world.store, NOW + 100), 0);
	assert_int_equal(waiting(), 10);
	(void)snprintf(place, sizeof(place), "%lld-5", NOW + 6);
	assert_int_equal(learn_report(world.store, "one", place, NOW), 0);
	(void)snprintf(place, sizeof(place), "%lld-5", NOW + 3);
	assert_int_equal(learn_report(world.store, "two", place, NOW), 0);
	assert_int_equal(learn_trim(world.store, NOW + 100), 0);
	assert_int_equal(waiting(), 6);
	assert_int_equal(standing("two", place, NOW), LEARN_CURRENT);
	/* One that is older than what was taken out. */
	(void)snprintf(place, sizeof(place), "%lld-5", NOW + 2);
	assert_int_equal(standing("three", place, NOW), LEARN_BEHIND);
	assert_int_equal(standing("three", "0", NOW), LEARN_BEHIND);
	/* After a week without the others nobody is to be like. */
	assert_int_equal(standing("three", place, NOW + 8 * DAY), LEARN_ALONE);
	/* And what is a week old goes, whoever has not seen it. */
	assert_int_equal(learn_trim(world.store, NOW + 8 * DAY), 0);
	assert_int_equal(waiting(), 0);
	(void)snprintf(place, sizeof(place), "%lld-5", NOW + 9);
	assert_int_equal(standing("one", place, NOW), LEARN_CURRENT);
}

static void
the_stream_is_bounded(void **state)
{
	struct features *f = NULL;

	(void)state;
	assert_int_equal(features_new(&f), 0);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0 %d",
			     "for i = 1, ARGV[1] do redis.call('XADD', '"
			     KEY_LEARN "', '*', 'v', 'A') end return 1",
			     LEARN_ENTRIES_MAX),
	    1);
	assert_int_equal(say(f, "x", 1, true, 1, NULL), 0);
	assert_int_equal(waiting(), LEARN_ENTRIES_MAX);
	features_free(f);
}

/* --- Items ---------------------------------------------------------------------------- */

static void
marks(void **state)
{
	const struct case_sender who = { D, "bob", SID };
	struct case_sender named = { D, "bob", "addr:alice@example.org" };
	enum learn_mark mark;
	char id[HELD_ID_SIZE];
	struct arrival a = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_SPAM, .at_ms = NOW };
	enum case_outcome outcome;
	size_t count;

	(void)state;
	assert_int_equal(arrive(&a), 0);
	a.n = 2;
	assert_int_equal(arrive(&a), 0);
	a.n = 3;
	a.local = "anne";
	a.reason = FATE_R_VIRUS;
	assert_int_equal(arrive(&a), 0);
	assert_int_equal(learn_mark(world.store, D, id_of(1, id), LEARN_HAM),
	    1);
	assert_int_equal(learn_marked(world.store, D, id, &mark), 0);
	assert_int_equal(mark, LEARN_HAM);
	assert_int_equal(learn_unmark(world.store, D, id), 0);
	assert_int_equal(learn_marked(world.store, D, id, &mark), 0);
	assert_int_equal(mark, LEARN_NO_MARK);
	/* Malware teaches nothing; neither does what is over, or nowhere. */
	assert_int_equal(learn_mark(world.store, D, id_of(3, id), LEARN_SPAM),
	    0);
	assert_int_equal(learn_mark(world.store, D, id_of(9, id), LEARN_SPAM),
	    0);
	assert_int_equal(learn_mark_sender(world.store, &who, LEARN_SPAM,
			     &count),
	    0);
	assert_int_equal(count, 2);
	assert_int_equal(learn_marked(world.store, D, id_of(2, id), &mark), 0);
	assert_int_equal(mark, LEARN_SPAM);
	assert_int_equal(case_drop(world.store, D, id, NOW, &outcome), 0);
	assert_int_equal(learn_mark(world.store, D, id, LEARN_HAM), 0);
	assert_int_equal(learn_mark_named(world.store, &named, LEARN_SPAM,
			     &count),
	    0);
	assert_int_equal(count, 1);
	assert_int_equal(learn_marked(world.store, D, id_of(1, id), &mark), 0);
	assert_int_equal(mark, LEARN_SPAM);
	named.sid = "addr:nobody@example.org";
	assert_int_equal(learn_mark_named(world.store, &named, LEARN_SPAM,
			     &count),
	    0);
	assert_int_equal(count, 0);
	(void)id_of(2, id);
	/* The mark outlives the end of the item: the courier reads it then. */
	assert_int_equal(learn_marked(world.store, D, id, &mark), 0);
	assert_int_equal(mark, LEARN_SPAM);
}

static void
confirmed_ones_wait(void **state)
{
	struct arrival a = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .at_ms = NOW };
	const struct case_sender who = { D, "bob", SID };
	enum case_outcome outcome;
	char id[HELD_ID_SIZE], key[KEY_SIZE], *packed = NULL;
	struct held h;

	(void)state;
	assert_int_equal(arrive(&a), 0);
	item_of(&a, id_of(1, id), &h);
	assert_int_equal(learn_later_put(world.store, &h, 0xabc, "AAAA",
			     NOW + QUIET),
	    0);
	assert_int_equal(test_redis_do(&world.redis, "ZSCORE %s %s",
			     key_due(key, NODE),
			     "learn " D " 0000000000000abc"),
	    NOW + QUIET);
	/* Held, not let in: it teaches nothing. */
	assert_int_equal(learn_later_take(world.store, D, "0000000000000abc",
			     &packed),
	    0);
	assert_int_equal(case_judge(world.store, &world.t, &who,
			     REL_EV_ALLOWED, "owner", NOW, &outcome),
	    0);
	assert_int_equal(learn_later_take(world.store, D, "0000000000000abc",
			     &packed),
	    1);
	assert_string_equal(packed, "AAAA");
	free(packed);
	assert_int_equal(case_judge(world.store, &world.t, &who,
			     REL_EV_BLOCKED, "owner", NOW, &outcome),
	    0);
	assert_int_equal(learn_later_take(world.store, D, "0000000000000abc",
			     &packed),
	    0);
	assert_null(packed);
	/* Called junk, it is gone. */
	assert_int_equal(learn_later_junk(world.store, D, 0xabc), 0);
	assert_int_equal(test_redis_do(&world.redis, "EXISTS %s",
			     key_later(key, D, "0000000000000abc")),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(two_nodes_are_alike, reset),
		cmocka_unit_test_setup(what_is_no_label_is_passed_over, reset),
		cmocka_unit_test_setup(a_domain_says_so_much_a_day, reset),
		cmocka_unit_test_setup(
		    a_poisoned_domain_moves_others_within_the_bound, reset),
		cmocka_unit_test_setup(entries_end_when_all_have_them, reset),
		cmocka_unit_test_setup(the_stream_is_bounded, reset),
		cmocka_unit_test_setup(marks, reset),
		cmocka_unit_test_setup(confirmed_ones_wait, reset),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_learn", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("learn", tests, start_world,
		    end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
