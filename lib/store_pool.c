/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two pools of one kind: short calls and blocking reads, so that readers that
 * wait never use up the connections of those who must not.  The lock is held
 * for no I/O.  While the server is away one caller at a time tries to connect;
 * the others fail at once.
 */
#include "lib/store_internal.h"

#include <errno.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define BACKOFF_MIN_MS 250
#define BACKOFF_MAX_MS 5000

/* On Linux none of these can fail with these attributes (pthread_*_init(3)). */
void
store_pool_init(struct store *s)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (size_t i = 0; i < OCT_LEN(s->pool); i++)
		(void)pthread_cond_init(&s->pool[i].freed, &attr);
	(void)pthread_condattr_destroy(&attr);
}

static void
close_list(struct store_conn *c)
{
	while (c != NULL) {
		struct store_conn *next = c->next;

		store_conn_close(c);
		c = next;
	}
}

/* Detach the idle connections of p; the caller closes them unlocked. */
static struct store_conn *
detach_idle(struct store_pool *p)
{
	struct store_conn *list = p->idle;

	for (struct store_conn *c = list; c != NULL; c = c->next)
		p->used--;
	p->idle = NULL;
	return list;
}

void
store_pool_fini(struct store *s)
{
	for (size_t i = 0; i < OCT_LEN(s->pool); i++) {
		close_list(detach_idle(&s->pool[i]));
		OCT_ASSERT(s->pool[i].used == 0);
		(void)pthread_cond_destroy(&s->pool[i].freed);
	}
	(void)pthread_mutex_destroy(&s->lock);
}

static void
release_place(struct store *s, struct store_pool *p)
{
	(void)pthread_mutex_lock(&s->lock);
	p->used--;
	(void)pthread_cond_signal(&p->freed);
	(void)pthread_mutex_unlock(&s->lock);
}

enum place { PLACE_IDLE, PLACE_NEW, PLACE_NONE };

/*
 * Under the lock: an idle connection, the right to open one, or neither because
 * the next try is not due or no place is free in time.
 */
static enum place
find_place(struct store *s, struct store_pool *p, int64_t deadline_ms,
    struct store_conn **out)
{
	struct timespec until = { .tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000 };

	for (;;) {
		int64_t now = oct_clock_mono_ms();

		if (p->idle != NULL) {
			*out = p->idle;
			p->idle = p->idle->next;
			return PLACE_IDLE;
		}
		if (now < s->next_try_ms)
			return PLACE_NONE;
		if (p->used < s->pool_max) {
			p->used++;
			if (s->backoff_ms > 0)
				s->next_try_ms = now + s->connect_ms;
			return PLACE_NEW;
		}
		if (pthread_cond_timedwait(&p->freed, &s->lock, &until) ==
		    ETIMEDOUT)
			return PLACE_NONE;
	}
}

/* Many may fail on one outage: only the first of them lengthens the wait. */
static void
note_connect(struct store *s, bool ok, uint64_t failures)
{
	(void)pthread_mutex_lock(&s->lock);
	if (ok) {
		s->backoff_ms = s->next_try_ms = 0;
	} else if (failures == s->failures) {
		s->failures++;
		s->backoff_ms = s->backoff_ms == 0 ? BACKOFF_MIN_MS
						   : s->backoff_ms * 2;
		if (s->backoff_ms > BACKOFF_MAX_MS)
			s->backoff_ms = BACKOFF_MAX_MS;
		s->next_try_ms = oct_clock_mono_ms() + s->backoff_ms;
	}
	(void)pthread_mutex_unlock(&s->lock);
}

static int
open_new(struct store *s, int64_t deadline_ms, uint64_t failures,
    struct store_conn **out)
{
	char why[STORE_WHY_SIZE] = "";
	int64_t limit = oct_clock_mono_ms() + s->connect_ms;
	int rc;

	rc = store_conn_open(s, limit < deadline_ms ? limit : deadline_ms, out,
	    why);
	if (rc == -ENOMEM)
		return rc;
	note_connect(s, rc == 0, failures);
	if (rc == 0)
		return 0;
	store_mark_down(s, why);
	return OCT_EDOWN;
}

int
store_lend(struct store *s, bool blocking, int64_t deadline_ms,
    struct store_conn **out)
{
	struct store_pool *p = &s->pool[blocking ? 1 : 0];
	/* Leaves the time to connect after the longest wait for a place. */
	int64_t wait_ms = deadline_ms - s->connect_ms;
	struct store_conn *c = NULL;
	enum place place;
	uint64_t failures;
	int rc;

	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		place = find_place(s, p, wait_ms, &c);
		failures = s->failures;
		(void)pthread_mutex_unlock(&s->lock);
		if (place == PLACE_NONE)
			return OCT_EDOWN;
		if (place == PLACE_NEW)
			break;
		if (store_conn_idle_ok(c)) {
			*out = c;
			return 0;
		}
		store_conn_close(c);
		release_place(s, p);
	}
	rc = open_new(s, deadline_ms, failures, out);
	if (rc != 0)
		release_place(s, p);
	else
		(*out)->blocking = blocking;
	return rc;
}

void
store_give_back(struct store *s, struct store_conn *c, enum store_fate fate)
{
	struct store_pool *p = &s->pool[c->blocking ? 1 : 0];
	struct store_conn *drop = NULL;

	(void)pthread_mutex_lock(&s->lock);
	if (fate == STORE_KEEP) {
		c->next = p->idle;
		p->idle = c;
		(void)pthread_cond_signal(&p->freed);
	} else {
		if (fate == STORE_CLOSE_ALL)
			drop = detach_idle(p);
		p->used--;
		(void)pthread_cond_broadcast(&p->freed);
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (fate != STORE_KEEP)
		store_conn_close(c);
	close_list(drop);
}

void
store_mark_up(struct store *s)
{
	atomic_store(&s->up, true);
	if (atomic_load(&s->reach) != STORE_UP &&
	    atomic_exchange(&s->reach, STORE_UP) == STORE_DOWN)
		oct_log(OCT_NOTICE, "store: state=up address=%s", s->address);
}

void
store_mark_down(struct store *s, const char *why)
{
	char safe[OCT_LOG_SAFE_SIZE];

	atomic_store(&s->up, false);
	if (atomic_exchange(&s->reach, STORE_DOWN) != STORE_DOWN)
		oct_log(OCT_ERROR, "store: state=down address=%s reason=%s",
		    s->address, oct_log_safe(why, safe, sizeof(safe)));
}

void
store_mark_refusing(struct store *s, const char *why)
{
	char safe[OCT_LOG_SAFE_SIZE];

	atomic_store(&s->up, false);
	if (!atomic_exchange(&s->refusing, true))
		oct_log(OCT_ERROR, "store: writes=refused address=%s reason=%s",
		    s->address, oct_log_safe(why, safe, sizeof(safe)));
}

void
store_mark_wrote(struct store *s)
{
	if (atomic_load(&s->refusing) &&
	    atomic_exchange(&s->refusing, false))
		oct_log(OCT_NOTICE, "store: writes=accepted address=%s",
		    s->address);
}
