/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/links.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "policy/pass_domains.h"

struct links {
	struct directory *directory;
	const struct pass_keys *keys;
	pthread_mutex_t lock;
	/* Under the lock. */
	const struct dir_snapshot *snapshot; /* NULL: none yet */
	struct pass_domains *domains;
};

int
links_new(struct directory *directory, const struct pass_keys *keys,
    struct links **out)
{
	struct links *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->directory = directory;
	l->keys = keys;
	(void)pthread_mutex_init(&l->lock, NULL);
	*out = l;
	return 0;
}

static void
forget(struct links *l)
{
	pass_domains_free(l->domains);
	if (l->snapshot != NULL)
		directory_put(l->snapshot);
	l->domains = NULL;
	l->snapshot = NULL;
}

void
links_free(struct links *l)
{
	if (l == NULL)
		return;
	forget(l);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Under the lock. */
static void
follow(struct links *l)
{
	const struct dir_snapshot *now = directory_get(l->directory);

	if (now == l->snapshot) {
		if (now != NULL)
			directory_put(now);
		return;
	}
	forget(l);
	if (now == NULL)
		return;
	l->snapshot = now;
	if (pass_domains_new(l->keys, now, &l->domains) != 0)
		forget(l);
}

bool
links_has(struct links *l, const char *domain)
{
	bool has;

	(void)pthread_mutex_lock(&l->lock);
	follow(l);
	has = l->domains != NULL && pass_domains_has(l->domains, domain);
	(void)pthread_mutex_unlock(&l->lock);
	return has;
}
