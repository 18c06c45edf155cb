/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/mapd_usage.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fnv.h"
#include "lib/log.h"
#include "policy/usage.h"

#define SLOTS 4096
#define PAUSE_MS 500 /* while the store is away */
#define LAST_MS 1000 /* at the end */

/* One mailbox; in a chain of its slot, and in the order of arrival. */
struct word {
	struct word *chain, *next;
	int64_t octets, messages; /* -1: not said */
	char *domain, *local;
};

struct mapd_usage {
	struct store *store;
	struct directory *directory;
	const struct limit_platform *limits;
	const char *node;
	pthread_t thread;
	bool down; /* as was logged; the thread's own */
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t woken;
	struct word *slots[SLOTS];
	struct word *first, **last;
	size_t count;
	bool full; /* was said */
	bool stop;
};

/* --- Words --------------------------------------------------------------- */

static size_t
slot_of(const char *domain, const char *local)
{
	uint32_t h = oct_fnv32(oct_fnv32(OCT_FNV32, domain), "@");

	return oct_fnv32(h, local) % SLOTS;
}

static void
word_free(struct word *w)
{
	if (w == NULL)
		return;
	free(w->domain);
	free(w->local);
	free(w);
}

static struct word *
word_new(const char *domain, const char *local)
{
	struct word *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->octets = w->messages = -1;
	w->domain = strdup(domain);
	w->local = strdup(local);
	if (w->domain != NULL && w->local != NULL)
		return w;
	word_free(w);
	return NULL;
}

static struct word *
find(struct mapd_usage *u, const char *domain, const char *local)
{
	struct word *w = u->slots[slot_of(domain, local)];

	while (w != NULL && (strcmp(w->local, local) != 0 ||
				strcmp(w->domain, domain) != 0))
		w = w->chain;
	return w;
}

/* Under the lock.  NULL: no memory, or too many. */
static struct word *
append(struct mapd_usage *u, const char *domain, const char *local)
{
	struct word **slot = &u->slots[slot_of(domain, local)];
	struct word *w =
	    u->count < MAPD_USAGE_MAX ? word_new(domain, local) : NULL;

	if (w == NULL)
		return NULL;
	w->chain = *slot;
	*slot = w;
	*u->last = w;
	u->last = &w->next;
	u->count++;
	return w;
}

/* What is newer counts; what it does not say stays. */
static void
merge(struct word *w, int64_t octets, int64_t messages, bool newer)
{
	if (octets >= 0 && (newer || w->octets < 0))
		w->octets = octets;
	if (messages >= 0 && (newer || w->messages < 0))
		w->messages = messages;
}

static bool
keep(struct mapd_usage *u, const char *domain, const char *local,
    const int64_t values[2], bool newer)
{
	struct word *w = find(u, domain, local);

	if (w == NULL)
		w = append(u, domain, local);
	if (w != NULL)
		merge(w, values[0], values[1], newer);
	return w != NULL;
}

void
mapd_usage_tell(void *arg, const struct dir_domain *d,
    const struct dir_mailbox *m, int64_t octets, int64_t messages)
{
	const int64_t values[2] = { octets, messages };
	struct mapd_usage *u = arg;
	bool kept, told;

	(void)pthread_mutex_lock(&u->lock);
	kept = keep(u, d->name, m->local, values, true);
	told = u->full;
	u->full = !kept;
	(void)pthread_cond_signal(&u->woken);
	(void)pthread_mutex_unlock(&u->lock);
	if (!kept && !told)
		oct_log(OCT_WARNING,
		    "mapd: usage=dropped reason=\"no memory, or over %d "
		    "mailboxes that wait for the store\"",
		    MAPD_USAGE_MAX);
}

size_t
mapd_usage_waiting(struct mapd_usage *u)
{
	size_t n;

	(void)pthread_mutex_lock(&u->lock);
	n = u->count;
	(void)pthread_mutex_unlock(&u->lock);
	return n;
}

/* --- The thread ------------------------------------------------------------ */

/* Under the lock; NULL: none waits. */
static struct word *
take(struct mapd_usage *u)
{
	struct word *w = u->first, **at;

	if (w == NULL)
		return NULL;
	at = &u->slots[slot_of(w->domain, w->local)];
	while (*at != w)
		at = &(*at)->chain;
	*at = w->chain;
	u->first = w->next;
	if (u->first == NULL)
		u->last = &u->first;
	u->count--;
	return w;
}

static int
write_word(struct mapd_usage *u, const struct word *w)
{
	const struct dir_snapshot *s = directory_get(u->directory);
	const struct dir_domain *d = dir_domain(s, w->domain);
	const struct dir_mailbox *m =
	    d != NULL ? dir_mailbox(d, w->local) : NULL;
	struct usage_told told = { .domain = w->domain, .local = w->local,
		.octets = w->octets, .messages = w->messages,
		.node = u->node, .now_ms = oct_clock_wall_ms() };
	int rc = 0;

	/* Gone meanwhile: nothing is kept of it. */
	if (m != NULL) {
		told.quota = limit_storage(u->limits, d, m);
		rc = usage_write(u->store, &told);
	}
	directory_put(s);
	return rc;
}

/* The change of state, once. */
static void
note_state(struct mapd_usage *u, int rc)
{
	if ((rc != 0) == u->down)
		return;
	u->down = rc != 0;
	oct_log(u->down ? OCT_WARNING : OCT_NOTICE,
	    "mapd: usage=%s error=\"%s\" waiting=%zu",
	    u->down ? "waits" : "written", oct_strerror(rc),
	    mapd_usage_waiting(u));
}

/* Under the lock: until there is work, or for ms at most (0 = no bound). */
static void
wait_for(struct mapd_usage *u, int64_t ms)
{
	struct timespec until;

	if (ms == 0) {
		(void)pthread_cond_wait(&u->woken, &u->lock);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!u->stop &&
	    pthread_cond_timedwait(&u->woken, &u->lock, &until) == 0)
		continue;
}

/* Under the lock, which is let go while the store is spoken to. */
static int
write_next(struct mapd_usage *u)
{
	struct word *w = take(u);
	int rc;

	(void)pthread_mutex_unlock(&u->lock);
	rc = write_word(u, w);
	note_state(u, rc);
	(void)pthread_mutex_lock(&u->lock);
	if (rc != 0) {
		const int64_t values[2] = { w->octets, w->messages };

		(void)keep(u, w->domain, w->local, values, false);
	}
	word_free(w);
	return rc;
}

static void *
run(void *arg)
{
	struct mapd_usage *u = arg;
	int64_t end_ms = INT64_MAX;

	(void)pthread_mutex_lock(&u->lock);
	for (;;) {
		int rc;

		while (u->first == NULL && !u->stop)
			wait_for(u, 0);
		if (u->stop && end_ms == INT64_MAX)
			end_ms = oct_clock_mono_ms() + LAST_MS;
		if (u->first == NULL || oct_clock_mono_ms() >= end_ms)
			break;
		rc = write_next(u);
		if (rc != 0 && u->stop)
			break;
		if (rc != 0)
			wait_for(u, PAUSE_MS);
	}
	(void)pthread_mutex_unlock(&u->lock);
	return NULL;
}

/* --- Life-cycle -------------------------------------------------------------- */

static int
init_locks(struct mapd_usage *u)
{
	pthread_condattr_t attr;
	int rc = pthread_condattr_init(&attr);

	if (rc != 0)
		return -rc;
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(&u->woken, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (rc == 0)
		rc = pthread_mutex_init(&u->lock, NULL);
	return -rc;
}

int
mapd_usage_new(struct store *store, struct directory *directory,
    const struct limit_platform *limits, const char *node,
    struct mapd_usage **out)
{
	struct mapd_usage *u = calloc(1, sizeof(*u));
	int rc;

	if (u == NULL)
		return -ENOMEM;
	u->store = store;
	u->directory = directory;
	u->limits = limits;
	u->node = node;
	u->last = &u->first;
	rc = init_locks(u);
	if (rc == 0)
		rc = -pthread_create(&u->thread, NULL, run, u);
	if (rc != 0) {
		free(u);
		return rc;
	}
	*out = u;
	return 0;
}

void
mapd_usage_free(struct mapd_usage *u)
{
	struct word *w;

	if (u == NULL)
		return;
	(void)pthread_mutex_lock(&u->lock);
	u->stop = true;
	(void)pthread_cond_signal(&u->woken);
	(void)pthread_mutex_unlock(&u->lock);
	(void)pthread_join(u->thread, NULL);
	if (u->count > 0)
		oct_log(OCT_WARNING, "mapd: usage=lost mailboxes=%zu", u->count);
	while ((w = take(u)) != NULL)
		word_free(w);
	(void)pthread_mutex_destroy(&u->lock);
	(void)pthread_cond_destroy(&u->woken);
	free(u);
}
