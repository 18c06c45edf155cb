/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/classifier_live.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/log.h"

/* One file that was mapped; freed when nobody reads it and it is not the newest. */
struct mapped {
	struct classifier *classifier;
	size_t readers;
	struct mapped *older;
};

struct classifier_live {
	char *path;
	struct stat seen; /* of the file when it was taken */
	pthread_mutex_t lock; /* of what follows; held for a moment */
	struct mapped *newest;
};

/* Everything but the newest that nobody reads. */
static void
drop_old(struct classifier_live *m)
{
	struct mapped **at;

	if (m->newest == NULL)
		return;
	at = &m->newest->older;
	while (*at != NULL) {
		struct mapped *one = *at;

		if (one->readers > 0) {
			at = &one->older;
			continue;
		}
		*at = one->older;
		classifier_close(one->classifier);
		free(one);
	}
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void
take(struct classifier_live *m, struct classifier *c)
{
	struct mapped *one = calloc(1, sizeof(*one));

	if (one == NULL) {
		classifier_close(c);
		return;
	}
	one->classifier = c;
	(void)pthread_mutex_lock(&m->lock);
	one->older = m->newest;
	m->newest = one;
	drop_old(m);
	(void)pthread_mutex_unlock(&m->lock);
}

void
classifier_live_refresh(struct classifier_live *m)
{
	struct classifier *c = NULL;
	struct stat now;
	int rc;

	if (*m->path == '\0' || stat(m->path, &now) != 0 ||
	    is_same(&now, &m->seen))
		return;
	m->seen = now;
	rc = classifier_open(m->path, &c);
	if (rc != 0) {
		oct_log(OCT_WARNING,
		    "model=\"%s\" error=\"%s\" effect=\"the former model stays "
		    "in force, or none\"",
		    m->path, oct_strerror(rc));
		return;
	}
	oct_log(OCT_INFO, "model=\"%s\" learnt=%llu", m->path,
	    (unsigned long long)classifier_updates(c));
	take(m, c);
}

int
classifier_live_new(const char *path, struct classifier_live **out)
{
	struct classifier_live *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -ENOMEM;
	m->path = strdup(path);
	if (m->path == NULL || pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m->path);
		free(m);
		return -ENOMEM;
	}
	classifier_live_refresh(m);
	*out = m;
	return 0;
}

void
classifier_live_free(struct classifier_live *m)
{
	struct mapped *older;

	if (m == NULL)
		return;
	for (struct mapped *one = m->newest; one != NULL; one = older) {
		older = one->older;
		OCT_ASSERT(one->readers == 0);
		classifier_close(one->classifier);
		free(one);
	}
	(void)pthread_mutex_destroy(&m->lock);
	free(m->path);
	free(m);
}

const struct classifier *
classifier_live_get(struct classifier_live *m)
{
	const struct classifier *c = NULL;

	if (m == NULL)
		return NULL;
	(void)pthread_mutex_lock(&m->lock);
	if (m->newest != NULL) {
		m->newest->readers++;
		c = m->newest->classifier;
	}
	(void)pthread_mutex_unlock(&m->lock);
	return c;
}

void
classifier_live_put(struct classifier_live *m, const struct classifier *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&m->lock);
	for (struct mapped *one = m->newest; one != NULL; one = one->older)
		one->readers -= one->classifier == c;
	drop_old(m);
	(void)pthread_mutex_unlock(&m->lock);
}
