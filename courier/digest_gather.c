/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a digest lists.  What no digest has listed comes first, the oldest before
 * the others, so that nothing ends untold while more arrives than one mail shows;
 * what was listed before is counted and not shown again: it stands on the page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/digest.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/keys.h"

/* Looked at for the lines of one mail: some may be on their way. */
#define LOOK_MAX 200

struct gathering {
	const struct digest_for *of;
	struct digest_list *list;
	size_t skipped; /* of those looked at, not to be told of now */
	int error;
};

static int
drop(const struct gathering *g, const char *id)
{
	const struct digest_for *f = g->of;
	char key[KEY_SIZE];

	return store_zrem(f->desk->store,
	    key_unlisted(key, f->domain->name, f->mailbox->local), id);
}

/* Keep it or not; a live one that is not for the list stays unlisted. */
static int
look_at(struct gathering *g, struct case_item *item)
{
	struct digest_list *l = g->list;

	if (!digest_lists(item) && !digest_withholds(item)) {
		int rc = held_is_live(item->state) ? 0 : drop(g, item->held.id);

		g->skipped++;
		case_item_fini(item);
		return rc;
	}
	if (l->count < DIGEST_LINES_MAX)
		l->item[l->count++] = *item;
	else
		case_item_fini(item);
	return 0;
}

static int
each_id(void *arg, const char *id, OCT_UNUSED int64_t arrival_ms)
{
	struct gathering *g = arg;
	const struct digest_for *f = g->of;
	struct store *s = f->desk->store;
	struct case_item item;
	int rc;

	if (g->list->count == DIGEST_LINES_MAX)
		return 1;
	rc = case_item_read(s, f->domain->name, id, &item);
	if (rc == 1) {
		rc = look_at(g, &item);
	} else {
		g->skipped++;
		if (rc == 0)
			rc = digest_clean(s, f->domain->name,
			    f->mailbox->local, id);
		else if (rc == OCT_EPARSE)
			rc = 0; /* the sweep tells of it */
	}
	g->error = rc;
	return rc != 0 ? 1 : 0;
}

static int
by_arrival(const void *a, const void *b)
{
	const struct case_item *x = a, *y = b;

	return (x->held.arrival_ms < y->held.arrival_ms) -
	    (x->held.arrival_ms > y->held.arrival_ms);
}

static int
count_held(const struct digest_for *f, int64_t *out)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_zcard(b, key_held_index(key, f->domain->name,
					f->mailbox->local));
	rc = slot < 0 ? slot : store_batch_run(f->desk->store, b);
	if (rc == 0)
		rc = oct_num_int(store_batch_value(b, slot, 0)->data, 0,
		    INT64_MAX, out);
	store_batch_free(b);
	return rc;
}

/* So many of `all` are to be told of, as far as was looked. */
static size_t
without(int64_t all, size_t skipped, size_t count)
{
	return all > (int64_t)(skipped + count) ? (size_t)all - skipped : count;
}

static int
gather(struct gathering *g)
{
	const struct digest_for *f = g->of;
	const char *domain = f->domain->name, *local = f->mailbox->local;
	struct digest_list *l = g->list;
	char key[KEY_SIZE];
	int64_t held = 0;
	size_t total;
	int rc = count_held(f, &held);

	if (rc != 0)
		return rc;
	/* One that was asked for shows all that waits. */
	rc = f->box->state.asked
	    ? store_zrevpage(f->desk->store,
		  key_held_index(key, domain, local), 0, LOOK_MAX, &total,
		  each_id, g)
	    : store_zrange(f->desk->store,
		  key_unlisted(key, domain, local), INT64_MAX, LOOK_MAX,
		  each_id, g);
	if (rc < 0 || g->error != 0)
		return rc < 0 ? rc : g->error;
	qsort(l->item, l->count, sizeof(l->item[0]), by_arrival);
	l->total = without(f->box->state.asked ? held : f->box->unlisted,
	    g->skipped, l->count);
	if (!f->box->state.asked && held > f->box->unlisted)
		l->earlier = (size_t)(held - f->box->unlisted);
	return 0;
}

int
digest_gather(const struct digest_for *f, struct digest_list **out)
{
	struct gathering g = { .of = f };
	int rc;

	g.list = calloc(1, sizeof(*g.list));
	if (g.list == NULL)
		return -ENOMEM;
	rc = gather(&g);
	if (rc == 0)
		*out = g.list;
	else
		digest_list_free(g.list);
	return rc;
}

void
digest_list_free(struct digest_list *l)
{
	for (size_t i = 0; l != NULL && i < l->count; i++)
		case_item_fini(&l->item[i]);
	free(l);
}
