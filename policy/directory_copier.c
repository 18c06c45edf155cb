/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the disk copy beside the thread that follows the store: at the design's
 * size it takes seconds, and no change may wait for it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory_private.h"

#define COPY_EVERY_MS 5000 /* shortest time between two disk copies */

struct dir_copier {
	const char *path; /* borrowed */
	pthread_t thread;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t wake;
	const struct dir_snapshot *next; /* NULL: nothing to do */
	char witness[OCT_STREAM_ID];     /* of next */
	bool busy, stop;
	bool failed;       /* the last one was not written; said so */
	bool again;        /* and nobody took that up yet */
	int64_t copied_ms; /* monotonic; 0 = never */
};

static void
tell(const struct dir_copier *c, int rc)
{
	if (rc != 0 && !c->failed)
		oct_log(OCT_WARNING,
		    "directory: disk copy not written: path=%s error=\"%s\"",
		    c->path, oct_strerror(rc));
	if (rc == 0 && c->failed)
		oct_log(OCT_NOTICE, "directory: disk copy written again");
}

/* Under the lock, which is let go while the disk is written to. */
static void
write_next(struct dir_copier *c)
{
	const struct dir_snapshot *s = c->next;
	char witness[OCT_STREAM_ID];
	int rc;

	memcpy(witness, c->witness, sizeof(witness));
	c->next = NULL;
	c->busy = true;
	(void)pthread_mutex_unlock(&c->lock);
	rc = dir_disk_write(c->path, s, witness);
	directory_put(s);
	(void)pthread_mutex_lock(&c->lock);
	tell(c, rc);
	c->busy = false;
	c->failed = c->again = rc != 0;
	c->copied_ms = oct_clock_mono_ms();
}

static void *
run(void *arg)
{
	struct dir_copier *c = arg;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->stop || c->next != NULL) {
		if (c->next != NULL)
			write_next(c);
		else
			(void)pthread_cond_wait(&c->wake, &c->lock);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

int
dir_copier_new(const char *path, struct dir_copier **out)
{
	struct dir_copier *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->path = path;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->wake, NULL);
	err = pthread_create(&c->thread, NULL, run, c);
	if (err != 0) {
		(void)pthread_cond_destroy(&c->wake);
		(void)pthread_mutex_destroy(&c->lock);
		free(c);
		return -err;
	}
	*out = c;
	return 0;
}

bool
dir_copier_is_due(struct dir_copier *c, bool dirty)
{
	bool due;

	(void)pthread_mutex_lock(&c->lock);
	due = (dirty || c->again) && !c->busy && c->next == NULL &&
	    (c->copied_ms == 0 ||
		oct_clock_mono_ms() - c->copied_ms >= COPY_EVERY_MS);
	(void)pthread_mutex_unlock(&c->lock);
	return due;
}

void
dir_copier_give(
    struct dir_copier *c, const struct dir_snapshot *s, const char *witness)
{
	const struct dir_snapshot *old;
	size_t len = strnlen(witness, OCT_STREAM_ID - 1);

	(void)pthread_mutex_lock(&c->lock);
	old = c->next;
	c->next = s;
	c->again = false;
	memcpy(c->witness, witness, len);
	c->witness[len] = '\0';
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	if (old != NULL)
		directory_put(old);
}

void
dir_copier_free(struct dir_copier *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	(void)pthread_cond_destroy(&c->wake);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
