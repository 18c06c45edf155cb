/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns_io.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/err.h"

#define EVENTS_MAX 64

struct dns_io {
	struct dns_asker asker; /* the thread's, except its inflight */
	size_t inflight_max;
	int wake_fd;
	pthread_t thread;
	pthread_mutex_t lock;
	struct dns_query *submitted; /* under lock; newest first */
	bool stop;                   /* under lock */
};

/* Begin what was submitted, in order; false when it is time to stop. */
static bool
take_submitted(struct dns_io *io)
{
	struct dns_query *list, *ordered = NULL;
	bool stop;

	(void)pthread_mutex_lock(&io->lock);
	list = io->submitted;
	io->submitted = NULL;
	stop = io->stop;
	(void)pthread_mutex_unlock(&io->lock);
	while (list != NULL) {
		struct dns_query *q = list;

		list = q->next;
		q->next = ordered;
		ordered = q;
	}
	while (ordered != NULL) {
		struct dns_query *q = ordered;

		ordered = q->next;
		if (stop)
			dns_asker_abandon(&io->asker, q);
		else
			dns_asker_begin(&io->asker, q);
	}
	return !stop;
}

static void
handle_events(struct dns_io *io, const struct epoll_event *events, int n)
{
	uint64_t unused;

	for (int i = 0; i < n; i++) {
		struct dns_attempt *a = events[i].data.ptr;

		if (a == NULL)
			(void)!read(io->wake_fd, &unused, sizeof(unused));
		else
			dns_asker_ready(&io->asker, a);
	}
}

static void *
run(void *arg)
{
	struct epoll_event events[EVENTS_MAX];
	struct dns_io *io = arg;
	struct dns_asker *k = &io->asker;

	while (take_submitted(io)) {
		int n = epoll_wait(
		    k->epoll_fd, events, EVENTS_MAX, dns_asker_wait_ms(k));

		handle_events(io, events, n);
		dns_asker_round(k);
	}
	while (k->soonest != NULL)
		dns_asker_abandon(k, k->soonest);
	dns_asker_round(k);
	return NULL;
}

static void
wake(struct dns_io *io)
{
	const uint64_t one = 1;

	/* Fails only when the counter is full: then it is awake anyway. */
	(void)!write(io->wake_fd, &one, sizeof(one));
}

int
dns_io_submit(struct dns_io *io, struct dns_flight *flight)
{
	atomic_size_t *inflight = &io->asker.inflight;
	struct dns_query *q;
	bool first;

	if (atomic_fetch_add(inflight, 1) >= io->inflight_max) {
		atomic_fetch_sub(inflight, 1);
		return OCT_ELIMIT;
	}
	q = dns_query_new(&io->asker, flight);
	if (q == NULL) {
		atomic_fetch_sub(inflight, 1);
		return -ENOMEM;
	}
	(void)pthread_mutex_lock(&io->lock);
	first = io->submitted == NULL;
	q->next = io->submitted;
	io->submitted = q;
	(void)pthread_mutex_unlock(&io->lock);
	if (first)
		wake(io);
	return 0;
}

static int
open_watch(struct dns_io *io)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};

	io->asker.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (io->asker.epoll_fd == -1)
		return -errno;
	io->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (io->wake_fd == -1 || epoll_ctl(io->asker.epoll_fd, EPOLL_CTL_ADD,
				     io->wake_fd, &ev) == -1)
		return -errno;
	return 0;
}

/* Signals are for the threads that wait for them. */
static int
start_thread(struct dns_io *io)
{
	sigset_t all, before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&io->thread, NULL, run, io);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		(void)pthread_setname_np(io->thread, "dns");
	return -rc;
}

static void
release(struct dns_io *io)
{
	if (io->wake_fd != -1)
		(void)close(io->wake_fd);
	if (io->asker.epoll_fd != -1)
		(void)close(io->asker.epoll_fd);
	(void)pthread_mutex_destroy(&io->lock);
	dns_asker_fini(&io->asker);
	free(io);
}

int
dns_io_new(const struct dns_conf *conf, struct dns_cache *cache,
    struct dns_counters *counters, struct dns_io **out)
{
	struct dns_io *io;
	int rc;

	io = calloc(1, sizeof(*io));
	if (io == NULL)
		return -ENOMEM;
	io->asker.epoll_fd = -1;
	io->asker.cache = cache;
	io->asker.counters = counters;
	io->inflight_max = conf->inflight_max;
	io->wake_fd = -1;
	(void)pthread_mutex_init(&io->lock, NULL);
	rc = dns_asker_init(&io->asker, conf);
	if (rc == 0)
		rc = open_watch(io);
	if (rc == 0)
		rc = start_thread(io);
	if (rc != 0) {
		release(io);
		return rc;
	}
	*out = io;
	return 0;
}

void
dns_io_free(struct dns_io *io)
{
	if (io == NULL)
		return;
	(void)pthread_mutex_lock(&io->lock);
	io->stop = true;
	(void)pthread_mutex_unlock(&io->lock);
	wake(io);
	(void)pthread_join(io->thread, NULL);
	release(io);
}
