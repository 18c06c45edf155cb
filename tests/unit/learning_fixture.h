/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail that can be told apart, as features, for the tests of learning.
 */
#ifndef OCT_TESTS_LEARNING_FIXTURE_H
#define OCT_TESTS_LEARNING_FIXTURE_H

#include <sodium.h>
#include <stdio.h>
#include <errno.h>

#include "policy/features_int.h"
#include "policy/training.h"
#include "tests/unit/msg_fixture.h"

/* Number i of a kind of mail: words of its kind, and words of all. */
static inline void
make_features(struct features *f, const char *kind, int i)
{
	char text[200];

	features_clear(f);
	feature_begin(f, FEATURE_WORDS);
	for (int k = 0; k < 8; k++) {
		(void)snprintf(text, sizeof(text), "%s word%d common%d", kind,
		    (i * 7 + k * 3) % 40, (i + k) % 50);
		feature_text(f, text);
		(void)snprintf(text, sizeof(text), "common%d", (i + k) % 50);
		feature_text(f, text);
	}
	feature_begin(f, FEATURE_MARKS);
	(void)snprintf(text, sizeof(text), "%s mark%d", kind, i % 5);
	feature_mark(f, text);
}

static inline double
raw_of(const struct classifier *c, struct features *f, const char *kind,
    int i, const char *domain)
{
	struct classifier_score s;

	make_features(f, kind, i);
	classifier_score(c, f, domain, &s);
	return s.raw;
}

static inline double
mean_of(const struct classifier *c, struct features *f, const char *kind,
    const char *domain)
{
	double sum = 0;

	for (int i = 1000; i < 1050; i++)
		sum += raw_of(c, f, kind, i, domain);
	return sum / 50;
}

/* A folder of this test alone, removed with all in it by drop_folder. */
static inline char *
make_folder(void)
{
	const char *base = getenv("TMPDIR");
	char text[300];
	char *out;

	(void)snprintf(text, sizeof(text), "%s/octroi-learn.XXXXXX",
	    base != NULL ? base : "/tmp");
	out = strdup(text);
	assert_non_null(out);
	assert_non_null(mkdtemp(out));
	return out;
}

static inline char *
path_in(const char *folder, const char *name)
{
	char *out = NULL;

	assert_true(asprintf(&out, "%s/%s", folder, name) > 0);
	return out;
}

static inline char *
slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;

	assert_non_null(f);
	assert_int_equal(oct_io_slurp(fileno(f), 1 << 28, &text, len), 0);
	(void)fclose(f);
	return text;
}

static inline void
spill(const char *path, const char *octets, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(octets, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#endif
