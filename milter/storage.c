/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/storage.h"

#include <stdlib.h>

#include "lib/err.h"
#include "lib/log.h"
#include "milter/limits.h"
#include "policy/keys.h"
#include "policy/usage.h"

/* Finals of one RCPT that are asked about; whoever is behind a larger group is
 * left to his server. */
#define FINALS_ASKED_MAX 100

/* Is anything of it put into the mailbox? */
static bool
keeps(const struct dir_mailbox *m)
{
	return *detail_get(m->details, DETAIL_FORWARD) == '\0' ||
	    detail_yes(m->details, DETAIL_KEEP_COPY, true);
}

/* true: one of them has no quota, keeps nothing, or is elsewhere. */
static bool
ask(const struct session *s, const struct rcpt *r, struct store_batch *b,
    int *rc)
{
	char key[KEY_SIZE];

	*rc = 0;
	for (size_t i = 0; i < r->finals.count && *rc >= 0; i++) {
		const struct dir_final *f = &r->finals.finals[i];

		if (f->domain == NULL || !keeps(f->mailbox) ||
		    limit_storage(&s->app->limits, f->domain, f->mailbox) == 0)
			return true;
		*rc = store_batch_hget(b, key_use(key, f->domain->name),
		    f->mailbox->local);
	}
	return false;
}

static bool
has_room(const struct session *s, const struct dir_final *f,
    const char *packed)
{
	const struct limit_platform *p = &s->app->limits;
	int64_t quota = limit_storage(p, f->domain, f->mailbox);
	struct usage use;

	if (packed == NULL || usage_parse(packed, &use) != 0)
		return true;
	return usage_has_room(use.octets, limits_declared(s), quota,
	    limit_grace(p, f->domain, f->mailbox, quota));
}

static bool
any_room(struct session *s, const struct rcpt *r, struct store_batch *b)
{
	int rc;

	if (ask(s, r, b, &rc))
		return true;
	if (rc >= 0)
		rc = store_batch_run(s->app->store, b);
	if (rc < 0) {
		atomic_fetch_add_explicit(&s->app->quota_open, 1,
		    memory_order_relaxed);
		return true;
	}
	for (size_t i = 0; i < r->finals.count; i++)
		if (has_room(s, &r->finals.finals[i],
			store_batch_value(b, (int)i, 0)->data))
			return true;
	return false;
}

bool
storage_has_room(struct session *s, const struct rcpt *r, struct reply *out)
{
	struct store_batch *b;
	bool room = true;

	if (r->finals.count == 0 || r->finals.count > FINALS_ASKED_MAX ||
	    store_batch_new(&b) != 0)
		return true;
	room = any_room(s, r, b);
	store_batch_free(b);
	if (!room)
		reply_set(out, REPLY_TEMPFAIL, 452, "4.2.2",
		    "Mailbox is full (limit: storage), try again later");
	return room;
}
