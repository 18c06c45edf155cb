/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/hosts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/err.h"
#include "lib/log.h"

/* What hosts_hold gives is the first member. */
struct state {
	struct hosted hosted;
	struct pass_domains *domains;
	size_t holders; /* under the lock; the live one counts as one */
};

struct hosts {
	struct store *store;
	const char *copy;
	const struct pass_keys *keys;
	pthread_mutex_t lock;
	struct directory *directory; /* NULL: not read yet, or fixed */
	struct state *live;
	bool told;
};

int
hosts_new(struct store *store, const char *copy, const struct pass_keys *keys,
    struct hosts **out)
{
	struct hosts *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->store = store;
	h->copy = copy;
	h->keys = keys;
	(void)pthread_mutex_init(&h->lock, NULL);
	*out = h;
	return 0;
}

/* Takes the snapshot over, also when it fails. */
static struct state *
state_new(const struct dir_snapshot *snapshot, const struct pass_keys *keys)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s == NULL || pass_domains_new(keys, snapshot, &s->domains) != 0) {
		free(s);
		directory_put(snapshot);
		return NULL;
	}
	s->hosted = (struct hosted){ .snapshot = snapshot,
		.domains = s->domains };
	s->holders = 1;
	return s;
}

/* Under the lock. */
static void
drop(struct state *s)
{
	if (s == NULL || --s->holders > 0)
		return;
	pass_domains_free(s->domains);
	directory_put(s->hosted.snapshot);
	free(s);
}

int
hosts_new_fixed(const struct dir_snapshot *snapshot,
    const struct pass_keys *keys, struct hosts **out)
{
	int rc = hosts_new(NULL, NULL, keys, out);

	if (rc != 0) {
		directory_put(snapshot);
		return rc;
	}
	(*out)->live = state_new(snapshot, keys);
	return (*out)->live != NULL ? 0 : -ENOMEM;
}

void
hosts_free(struct hosts *h)
{
	if (h == NULL)
		return;
	drop(h->live);
	if (h->directory != NULL)
		directory_close(h->directory);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

int
hosts_open(struct hosts *h)
{
	struct directory *d = NULL;
	int rc;

	if (h->directory != NULL || h->store == NULL)
		return 0;
	rc = directory_open(h->store, h->copy, &d);
	if (rc == 0)
		rc = directory_follow(d);
	if (rc != 0) {
		if (d != NULL)
			directory_close(d);
		if (!h->told)
			oct_log(OCT_WARNING,
			    "directory=absent error=\"%s\" effect=\"pages ask "
			    "for the code, links of refusals wait\"",
			    oct_strerror(rc));
		h->told = true;
		return rc;
	}
	(void)pthread_mutex_lock(&h->lock);
	h->directory = d;
	(void)pthread_mutex_unlock(&h->lock);
	return 0;
}

/* Under the lock: the live state is that of the newest snapshot. */
static void
refresh(struct hosts *h)
{
	const struct dir_snapshot *newest;
	struct state *s;

	if (h->directory == NULL)
		return;
	newest = directory_get(h->directory);
	if (h->live != NULL && h->live->hosted.snapshot == newest) {
		directory_put(newest);
		return;
	}
	s = state_new(newest, h->keys);
	if (s == NULL)
		return; /* the old one still serves */
	drop(h->live);
	h->live = s;
}

const struct hosted *
hosts_hold(struct hosts *h)
{
	struct state *s;

	(void)pthread_mutex_lock(&h->lock);
	refresh(h);
	s = h->live;
	if (s != NULL)
		s->holders++;
	(void)pthread_mutex_unlock(&h->lock);
	return s != NULL ? &s->hosted : NULL;
}

void
hosts_put(struct hosts *h, const struct hosted *held)
{
	(void)pthread_mutex_lock(&h->lock);
	/* Its first member. */
	drop((struct state *)(void *)(uintptr_t)held);
	(void)pthread_mutex_unlock(&h->lock);
}
