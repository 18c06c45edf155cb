/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention of relations: all mailboxes, some a round, the next round where this
 * one ended.  Nothing rests on it but that what was forgotten is also gone
 * (relation_age is applied at every read), and that what an option switched off
 * leaves behind goes on its way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/courier.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/keys.h"

#define MAILBOXES_A_STEP 20

struct forget {
	const struct dir_snapshot *snapshot; /* of the domain at hand */
	char domain[OCT_DOMAIN_SIZE];        /* "" = before the first */
	size_t at;                           /* the next mailbox of it */
	int64_t next_ms;                     /* when the next round begins */
	size_t removed;
};

int
forget_new(struct forget **out)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? 0 : -ENOMEM;
}

static void
drop_snapshot(struct forget *f)
{
	if (f->snapshot != NULL)
		directory_put(f->snapshot);
	f->snapshot = NULL;
	f->at = 0;
}

void
forget_free(struct forget *f)
{
	if (f == NULL)
		return;
	drop_snapshot(f);
	free(f);
}

/* The hosted domain that comes after this one by name: 1 found, 0 none. */
static int
next_domain(struct store *s, const char *after, char out[OCT_DOMAIN_SIZE])
{
	struct store_batch *b = NULL;
	const char *best = NULL;
	int rc = store_members(s, KEY_DOMAINS, &b);

	for (size_t i = 0; rc == 0 && i < store_batch_count(b, 0); i++) {
		const char *name = store_batch_value(b, 0, i)->data;

		if (name != NULL && strlen(name) < OCT_DOMAIN_SIZE &&
		    strcmp(name, after) > 0 &&
		    (best == NULL || strcmp(name, best) < 0))
			best = name;
	}
	if (rc == 0 && best != NULL) {
		memcpy(out, best, strlen(best) + 1);
		rc = 1;
	}
	store_batch_free(b);
	return rc;
}

static bool
is_closed(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct option_values *v)
{
	/* A suspended one comes back: what waits for an answer waits on. */
	return d->state == DIR_CLOSED || m->state == DIR_CLOSED ||
	    v->v[OPTION_CHALLENGE] == OPTION_CHALLENGE_OFF;
}

static int
one_mailbox(struct courier *c, struct forget *f, const struct dir_domain *d,
    const struct dir_mailbox *m, int64_t now)
{
	struct option_values platform, v;
	struct case_timers timers = c->timers;
	size_t n = 0;
	int rc = 0;

	settings_options(c->settings, &platform);
	dir_options(d, m, &platform, &v);
	options_timers(&v, &timers);
	if (is_closed(d, m, &v))
		rc = case_close(c->store, &timers, d->name, m->local, now, &n);
	if (rc == 0)
		rc = case_forget(c->store, d->name, m->local, &timers.ages, now,
		    &n);
	if (rc == 0)
		f->removed += n;
	/* A lost race or a damaged record is for the next round. */
	return rc == OCT_ECONFLICT || rc == OCT_EREPLY || rc == OCT_EPARSE ? 0
									   : rc;
}

static int
some_mailboxes(struct courier *c, struct forget *f, int64_t now_ms)
{
	const struct dir_domain *d = dir_domain(f->snapshot, f->domain);
	int rc = 0;

	for (size_t i = 0; rc == 0 && d != NULL && i < MAILBOXES_A_STEP &&
	    f->at < d->mailbox_count;
	    i++, f->at++)
		rc = one_mailbox(c, f, d, dir_mailbox_at(d, f->at), now_ms);
	if (rc == 0 && (d == NULL || f->at >= d->mailbox_count))
		drop_snapshot(f);
	return rc;
}

static int
open_next(struct courier *c, struct forget *f, int64_t now_ms)
{
	char name[OCT_DOMAIN_SIZE];
	int rc = next_domain(c->store, f->domain, name);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		if (f->removed > 0)
			oct_log(OCT_NOTICE, "forget=done removed=%zu",
			    f->removed);
		f->domain[0] = '\0';
		f->removed = 0;
		f->next_ms = now_ms + FORGET_EVERY_MS;
		return 0;
	}
	memcpy(f->domain, name, sizeof(name));
	rc = directory_read(c->store, f->domain, &f->snapshot);
	/* Removed meanwhile, or unreadable: the directory's followers say so. */
	return rc == OCT_EABSENT || rc == OCT_EPARSE ? 0 : rc;
}

int
forget_step(struct courier *c, struct forget *f, int64_t now_ms)
{
	if (f->snapshot != NULL)
		return some_mailboxes(c, f, now_ms);
	if (f->domain[0] == '\0' && now_ms < f->next_ms)
		return 0;
	return open_next(c, f, now_ms);
}
