/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What owners said of a sender, seen from what is held: who was blocked since he
 * was asked confirms nothing (challenge.md 3: BLOCKED never leads to delivery),
 * and what was kept undecided is decided by what stands now (challenge.md 11).
 */
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/keys.h"
#include "policy/proof.h"

#define WHO_MAX 7
#define WHO_SIZE (OCT_ADDR_SIZE + 8)

struct who {
	char text[WHO_MAX][WHO_SIZE];
	const char *list[WHO_MAX];
	size_t count;
	size_t from_count; /* the first ones: of From */
	const char *org;   /* that proved From, or "" */
	int64_t now_ms;
};

static void
add_name(struct who *w, const char *kind, const char *name)
{
	if (w->count == WHO_MAX || *name == '\0')
		return;
	(void)snprintf(w->text[w->count], WHO_SIZE, "%s:%s", kind, name);
	w->list[w->count] = w->text[w->count];
	w->count++;
}

static void
add_from(struct who *w, const char *address)
{
	struct oct_addr a, folded;
	char text[OCT_ADDR_SIZE];

	if (oct_addr_parse(address, &a) != 0 || oct_addr_is_null(&a))
		return;
	oct_addr_fold(&a, '\0', &folded);
	oct_addr_text(&folded, text);
	add_name(w, "addr", text);
	add_name(w, "sent", text);
	add_name(w, "dom", folded.domain);
}

static void
add_path(struct who *w, const char *address)
{
	struct oct_addr a, folded;
	char text[OCT_ADDR_SIZE];

	if (oct_addr_parse(address, &a) != 0 || oct_addr_is_null(&a))
		return;
	proof_fold(&a, &folded);
	oct_addr_text(&folded, text);
	add_name(w, "addr", text);
	add_name(w, "dom", a.domain);
}

static void
gather(const char *sid, const char *from, const char *rpath, int64_t now_ms,
    struct who *w)
{
	char of_sid[OCT_ADDR_SIZE];
	bool proven = proof_sid_from(sid, of_sid);

	w->count = 0;
	w->now_ms = now_ms;
	w->org = proven ? strrchr(sid, '|') + 1 : "";
	add_from(w, *from != '\0' ? from : of_sid);
	if (proven && w->count > 0 &&
	    strcmp(w->text[w->count - 1] + 4, w->org) != 0)
		add_name(w, "dom", w->org);
	w->from_count = w->count;
	add_path(w, rpath);
}

bool
case_sid_named(const char *sid, const char *name)
{
	char rpath[OCT_ADDR_SIZE], org[OCT_DOMAIN_SIZE];
	struct who w;

	if (!proof_sid_parts(sid, rpath, org))
		(void)proof_sid_from(sid, rpath);
	gather(sid, "", rpath, 0, &w);
	for (size_t i = 0; i < w.count; i++)
		if (strcmp(w.list[i], name) == 0)
			return true;
	return false;
}

/* --- What is held of a blocked one ------------------------------------------- */

#define DROP_PAGE 100

struct dropping {
	struct store *store;
	const struct case_timers *timers;
	const char *domain, *name;
	int64_t now_ms;
	size_t seen, dropped;
	int error;
};

bool
case_held_named(const struct held *h, const char *name)
{
	struct who w;

	gather(h->sid, h->from, h->rpath, 0, &w);
	for (size_t i = 0; i < w.count; i++)
		if (strcmp(w.list[i], name) == 0)
			return true;
	return false;
}

/* One that is just being delivered cannot be called back, but nobody wants it any
 * more. */
static int
stop_wanting(struct store *s, const struct case_item *item)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_held(key, item->held.domain, item->held.id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_hdel(txn, key, "want");
	rc = case_commit_or_not(s, txn);
	return rc < 0 ? rc : 0;
}

static int
drop_if_meant(struct dropping *d, const struct case_item *item)
{
	enum case_outcome out = CASE_OVER;
	int rc;

	if (!held_is_live(item->state) ||
	    !case_held_named(&item->held, d->name))
		return 0;
	if (item->state == HELD_RELEASING)
		return stop_wanting(d->store, item);
	rc = case_discard(d->store, d->timers, d->domain, item->held.id,
	    d->now_ms, &out);
	d->dropped += rc == 0 && out == CASE_DONE;
	return rc;
}

static int
each_held(void *arg, const char *id, OCT_UNUSED int64_t arrival_ms)
{
	struct dropping *d = arg;
	struct case_item item;
	int rc = case_item_read(d->store, d->domain, id, &item);

	d->seen++;
	if (rc == 1) {
		rc = drop_if_meant(d, &item);
		case_item_fini(&item);
	}
	/* One damaged record does not stop the others. */
	d->error = rc == OCT_EPARSE || rc == OCT_ECONFLICT ? 0 : rc;
	return d->error != 0 ? 1 : 0;
}

int
case_drop_named(struct store *s, const struct case_timers *t,
    const struct case_sender *named, int64_t now_ms)
{
	struct dropping d = { .store = s, .timers = t,
		.domain = named->domain, .name = named->sid,
		.now_ms = now_ms };
	size_t at = 0, total = 0;
	char key[KEY_SIZE];
	int rc = 0;

	key_held_index(key, named->domain, named->local);
	/* What was dropped has left the index before the next page. */
	do {
		d.seen = d.dropped = 0;
		rc = store_zrevpage(s, key, at, DROP_PAGE, &total, each_held,
		    &d);
		rc = rc < 0 ? rc : d.error;
		at += d.seen - d.dropped;
	} while (rc == 0 && d.seen > 0);
	return rc;
}

/* --- What is said ------------------------------------------------------------- */

/* What the grants at slot say. */
struct said {
	bool blocked, granted;
};

static void
hear(const struct store_batch *b, int slot, const struct who *w,
    struct said *out)
{
	for (size_t i = 0; i < w->count; i++) {
		const char *packed = store_batch_value(b, slot, i)->data;
		struct case_grant g;

		if (packed == NULL || case_grant_parse(packed, &g) != 0 ||
		    !grant_is_live(&g, w->now_ms))
			continue;
		if (g.block)
			out->blocked = true;
		else if (i < w->from_count && *w->org != '\0' &&
		    grant_matches(&g, w->org, w->now_ms))
			out->granted = true;
	}
}

static int
ask_grants(struct store *s, const char *domain, const char *local,
    const struct who *w, struct said *out)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int own, all, rc;

	*out = (struct said){ .blocked = false };
	if (w->count == 0)
		return 0;
	rc = store_batch_new(&b);
	if (rc != 0)
		return rc;
	own = store_batch_hmget(b, key_grants(key, domain, local), w->list,
	    w->count);
	all = store_batch_hmget(b, key_grants(key, domain, "@"), w->list,
	    w->count);
	rc = own < 0 || all < 0 ? OCT_ELIMIT : store_batch_run(s, b);
	if (rc == 0) {
		hear(b, own, w, out);
		hear(b, all, w, out);
	}
	store_batch_free(b);
	return rc;
}

int
case_blocked(struct store *s, const struct challenge *ch, const char *local,
    int64_t now_ms)
{
	struct said said;
	struct who w;
	int rc;

	gather(ch->sid, "", ch->rpath, now_ms, &w);
	rc = ask_grants(s, ch->domain, local, &w, &said);
	return rc != 0 ? rc : said.blocked;
}

/* The relation of that sid, as time has left it. */
static int
state_now(struct store *s, const struct case_timers *t, const struct held *h,
    const char *sid, int64_t now_ms, enum rel_state *out)
{
	struct relation r;
	int rc;

	*out = REL_UNKNOWN;
	if (*sid == '\0')
		return 0;
	rc = case_relation_read(s, h->domain, h->local, sid, &r);
	if (rc < 0)
		return rc;
	(void)relation_age(&r, &t->ages, now_ms);
	*out = r.state;
	return 0;
}

int
case_standing(struct store *s, const struct case_timers *t,
    const struct held *h, int64_t now_ms, enum case_standing *out)
{
	char stronger[PROOF_SID_SIZE];
	enum rel_state own, other = REL_UNKNOWN;
	struct said said;
	struct who w;
	int rc;

	gather(h->sid, h->from, h->rpath, now_ms, &w);
	proof_sid_stronger(h->sid, stronger);
	rc = ask_grants(s, h->domain, h->local, &w, &said);
	if (rc == 0)
		rc = state_now(s, t, h, h->sid, now_ms, &own);
	if (rc == 0)
		rc = state_now(s, t, h, stronger, now_ms, &other);
	if (rc != 0)
		return rc;
	*out = CASE_STRANGER;
	if (said.blocked || own == REL_BLOCKED || other == REL_BLOCKED)
		*out = CASE_BLOCKED;
	else if (own == REL_ALLOWED || other == REL_ALLOWED ||
	    said.granted)
		*out = CASE_ALLOWED;
	return 0;
}
