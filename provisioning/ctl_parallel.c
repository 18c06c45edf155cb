/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_parallel.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

struct run {
	const struct ctl_parallel *p;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t done, room;
	size_t next;  /* item to be begun */
	size_t taken; /* items taken */
	bool stopped;
	void *result[CTL_PARALLEL_WINDOW];
	bool ready[CTL_PARALLEL_WINDOW];
};

/* The next item, within the window; false: there is none. */
static bool
begin(struct run *r, size_t *i)
{
	while (!r->stopped && r->next < r->p->count &&
	    r->next >= r->taken + CTL_PARALLEL_WINDOW)
		(void)pthread_cond_wait(&r->room, &r->lock);
	if (r->stopped || r->next >= r->p->count)
		return false;
	*i = r->next++;
	return true;
}

static void *
work(void *arg)
{
	struct run *r = arg;
	size_t i;

	(void)pthread_mutex_lock(&r->lock);
	while (begin(r, &i)) {
		void *result;

		(void)pthread_mutex_unlock(&r->lock);
		result = r->p->work(r->p->arg, i);
		(void)pthread_mutex_lock(&r->lock);
		r->result[i % CTL_PARALLEL_WINDOW] = result;
		r->ready[i % CTL_PARALLEL_WINDOW] = true;
		(void)pthread_cond_signal(&r->done);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return NULL;
}

static int
take_all(struct run *r)
{
	int rc = 0;

	(void)pthread_mutex_lock(&r->lock);
	while (rc == 0 && r->taken < r->p->count) {
		size_t at = r->taken % CTL_PARALLEL_WINDOW;

		if (!r->ready[at]) {
			(void)pthread_cond_wait(&r->done, &r->lock);
			continue;
		}
		r->ready[at] = false;
		(void)pthread_mutex_unlock(&r->lock);
		rc = r->p->taken(r->p->arg, r->taken, r->result[at]);
		(void)pthread_mutex_lock(&r->lock);
		r->taken++;
		(void)pthread_cond_broadcast(&r->room);
	}
	r->stopped = true;
	(void)pthread_cond_broadcast(&r->room);
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}

int
ctl_parallel_run(const struct ctl_parallel *p)
{
	struct run r = { .p = p, .lock = PTHREAD_MUTEX_INITIALIZER,
		.done = PTHREAD_COND_INITIALIZER,
		.room = PTHREAD_COND_INITIALIZER };
	pthread_t thread[CTL_PARALLEL_JOBS_MAX];
	size_t jobs = p->jobs < CTL_PARALLEL_JOBS_MAX ? p->jobs
						      : CTL_PARALLEL_JOBS_MAX;
	size_t made = 0;
	int rc = 0;

	while (made < jobs && made < p->count && rc == 0) {
		rc = -pthread_create(&thread[made], NULL, work, &r);
		made += rc == 0;
	}
	if (made > 0 || p->count == 0)
		rc = take_all(&r);
	for (size_t i = 0; i < made; i++)
		(void)pthread_join(thread[i], NULL);
	for (size_t i = 0; i < CTL_PARALLEL_WINDOW; i++)
		if (r.ready[i])
			p->dropped(p->arg, r.result[i]);
	(void)pthread_mutex_destroy(&r.lock);
	(void)pthread_cond_destroy(&r.done);
	(void)pthread_cond_destroy(&r.room);
	return rc;
}

size_t
ctl_parallel_jobs(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (size_t)n;
}
