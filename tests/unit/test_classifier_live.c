/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model in service: it is read by many while it is replaced.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "lib/err.h"
#include "policy/classifier_live.h"
#include "tests/unit/learning_fixture.h"

#define READERS 4
#define MODELS 12
/* Of all readers together, for each model. */
#define SCORES_EACH 200

struct shared {
	struct classifier_live *live;
	atomic_bool stop;
	atomic_uint scores, wrong;
};

static void
save(const char *path, int messages)
{
	const struct classifier_stratum s = { CLASSIFIER_LANG_FR,
		CLASSIFIER_ERA_MODERN, false };
	struct classifier *c = NULL;
	struct features *f = NULL;

	assert_int_equal(classifier_new(&c), 0);
	assert_int_equal(features_new(&f), 0);
	for (int i = 0; i < messages; i++) {
		const struct classifier_label label = { .bad = i % 2,
			.weight = 1, .stratum = s };

		make_features(f, i % 2 ? "gagnez" : "reunion", i);
		classifier_learn(c, f, &label);
	}
	assert_int_equal(classifier_save(c, path), 0);
	classifier_close(c);
	features_free(f);
}

/* Each model says the same of a message as long as it is held. */
static void *
read_models(void *arg)
{
	struct shared *s = arg;
	struct features *f = NULL;

	if (features_new(&f) != 0) {
		atomic_fetch_add(&s->wrong, 1);
		return NULL;
	}
	make_features(f, "gagnez", 1001);
	while (!atomic_load(&s->stop)) {
		const struct classifier *c = classifier_live_get(s->live);
		struct classifier_score one, two;

		if (c == NULL) {
			atomic_fetch_add(&s->wrong, 1);
			break;
		}
		classifier_score(c, f, "a.fr", &one);
		classifier_score(c, f, "a.fr", &two);
		if (one.raw != two.raw || one.raw <= 0)
			atomic_fetch_add(&s->wrong, 1);
		classifier_live_put(s->live, c);
		atomic_fetch_add(&s->scores, 1);
	}
	features_free(f);
	return NULL;
}

static void
test_read_while_replaced(void **state)
{
	char *folder = make_folder(), *path = path_in(folder, "model");
	struct shared s = { .live = NULL };
	const struct classifier *last;
	pthread_t threads[READERS];

	(void)state;
	save(path, 20);
	assert_int_equal(classifier_live_new(path, &s.live), 0);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_models,
		    &s), 0);
	for (int i = 1; i <= MODELS; i++) {
		unsigned int seen = atomic_load(&s.scores);

		save(path, 20 + 2 * i);
		classifier_live_refresh(s.live);
		while (atomic_load(&s.scores) < seen + SCORES_EACH &&
		    atomic_load(&s.wrong) == 0)
			(void)sched_yield();
	}
	atomic_store(&s.stop, true);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&s.wrong), 0);
	last = classifier_live_get(s.live);
	assert_non_null(last);
	assert_int_equal(classifier_updates(last), 20 + 2 * MODELS);
	classifier_live_put(s.live, last);
	classifier_live_free(s.live);
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	free(folder);
}

/* A damaged file, or none, leaves the former model in force. */
static void
test_damaged_file(void **state)
{
	char *folder = make_folder(), *path = path_in(folder, "model");
	struct classifier_live *live = NULL;
	const struct classifier *c;

	(void)state;
	assert_int_equal(classifier_live_new(path, &live), 0);
	assert_null(classifier_live_get(live));
	save(path, 10);
	classifier_live_refresh(live);
	spill(path, "not a model", 11);
	classifier_live_refresh(live);
	c = classifier_live_get(live);
	assert_non_null(c);
	assert_int_equal(classifier_updates(c), 10);
	classifier_live_put(live, c);
	(void)unlink(path);
	classifier_live_refresh(live);
	c = classifier_live_get(live);
	assert_non_null(c);
	classifier_live_put(live, c);
	classifier_live_free(live);
	(void)rmdir(folder);
	free(path);
	free(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_while_replaced),
		cmocka_unit_test(test_damaged_file),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
