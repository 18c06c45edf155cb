/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/work.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct job {
	work_fn *fn;
	void *arg;
};

struct work {
	pthread_mutex_t lock;
	pthread_cond_t some; /* a job was queued, or closing was set */
	bool closing;
	size_t head, count, max; /* ring of jobs */
	struct job *jobs;
	size_t thread_count;
	pthread_t *threads;
};

/* The next job; false: closing, and nothing is left. */
static bool
next_job(struct work *w, struct job *out)
{
	bool got = false;

	(void)pthread_mutex_lock(&w->lock);
	while (w->count == 0 && !w->closing)
		(void)pthread_cond_wait(&w->some, &w->lock);
	if (w->count > 0) {
		*out = w->jobs[w->head];
		w->head = (w->head + 1) % w->max;
		w->count--;
		got = true;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return got;
}

static void *
run(void *arg)
{
	struct work *w = arg;
	struct job job;

	while (next_job(w, &job))
		job.fn(job.arg);
	return NULL;
}

int
work_new(size_t threads, size_t queue_max, struct work **out)
{
	struct work *w = calloc(1, sizeof(*w));
	int err = 0;

	if (w == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->some, NULL);
	w->max = queue_max;
	w->jobs = calloc(queue_max, sizeof(*w->jobs));
	w->threads = calloc(threads, sizeof(*w->threads));
	if (w->jobs == NULL || w->threads == NULL)
		err = ENOMEM;
	while (err == 0 && w->thread_count < threads) {
		err = pthread_create(&w->threads[w->thread_count], NULL, run,
		    w);
		if (err == 0)
			w->thread_count++;
	}
	if (err != 0) {
		work_free(w);
		return -err;
	}
	*out = w;
	return 0;
}

bool
work_submit(struct work *w, work_fn *fn, void *arg)
{
	bool room;

	(void)pthread_mutex_lock(&w->lock);
	room = !w->closing && w->count < w->max;
	if (room) {
		w->jobs[(w->head + w->count) % w->max] =
		    (struct job){ .fn = fn, .arg = arg };
		w->count++;
		(void)pthread_cond_signal(&w->some);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return room;
}

void
work_free(struct work *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->closing = true;
	(void)pthread_cond_broadcast(&w->some);
	(void)pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->thread_count; i++)
		(void)pthread_join(w->threads[i], NULL);
	(void)pthread_cond_destroy(&w->some);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->jobs);
	free(w->threads);
	free(w);
}
