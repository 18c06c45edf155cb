/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The duty "digest" of a whole domain: whichever of its mailboxes has an hour that
 * has come, and something to tell.  It is due whenever an item is held, and then at
 * the next hour of all; what was due while nobody was there is one digest.  Items
 * are listed after the mail was accepted: a crash in between doubles it, and loses
 * nothing.
 */
#include "courier/digest.h"

#include "courier/courier.h"
#include "courier/gate.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/limit.h"
#include "policy/usage.h"

#define LEASE_MS (15 * 60000LL) /* above the slowest transaction */
#define RETRY_MS (10 * 60000LL)
#define LATER_MS 3600000LL /* a mailbox that takes nothing now */

struct turn {
	struct courier *courier;
	const struct dir_domain *domain;
	struct option_values platform;
	struct limit_platform limits;
	int64_t now_ms, next_ms;
	unsigned left;
};

static void
come_back(struct turn *t, int64_t when_ms)
{
	if (when_ms < t->next_ms)
		t->next_ms = when_ms;
}

/* --- One mailbox ----------------------------------------------------------- */

static int
list_all(struct courier *c, const struct digest_list *l, int64_t now_ms)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < l->count; i++)
		rc = digest_listed(c->store, &l->item[i], now_ms);
	return rc < 0 ? rc : 0;
}

/* What the mail came to.  0 or the store's error. */
static int
record(struct turn *t, const struct digest_for *f, const struct digest_list *l,
    int sent)
{
	struct store *s = t->courier->store;
	const char *domain = t->domain->name;
	int rc;

	if (sent == OCT_EREFUSED || sent == OCT_EPARSE)
		return digest_look(s, domain, f->box, t->now_ms);
	if (sent != 0) {
		come_back(t, t->now_ms + RETRY_MS);
		return digest_failed(s, domain, f->box,
		    t->now_ms + RETRY_MS);
	}
	rc = list_all(t->courier, l, t->now_ms);
	return rc != 0 ? rc : digest_sent(s, domain, f->box, t->now_ms);
}

/* It is due.  0 or the store's error. */
static int
serve(struct turn *t, struct digest_box *box, const struct dir_mailbox *m,
    int64_t schedule)
{
	struct courier *c = t->courier;
	const struct digest_desk desk = { .store = c->store,
		.settings = c->settings, .links = &c->links,
		.challenge_domain = c->challenge_domain,
		.page_host = c->page_host };
	struct digest_for f = { .desk = &desk, .domain = t->domain,
		.mailbox = m, .box = box, .now_ms = t->now_ms };
	struct digest_list *l = NULL;
	int rc = digest_take(t->courier->store, t->domain->name, box,
	    t->courier->settings->node, t->now_ms, LEASE_MS);

	if (rc == 0)
		come_back(t, t->now_ms + RETRY_MS);
	if (rc != 1)
		return rc;
	rc = digest_gather(&f, &l);
	if (rc != 0)
		return rc;
	if (l->count == 0) {
		/* All of it is over, or on its way. */
		rc = digest_look(t->courier->store, t->domain->name, box,
		    t->now_ms);
	} else {
		t->left--;
		rc = record(t, &f, l, digest_send(c, &f, l));
	}
	/* What did not fit, or was on its way. */
	if (box->state.asked || (size_t)box->unlisted > l->count)
		come_back(t, digest_schedule_next(schedule, t->now_ms));
	digest_list_free(l);
	return rc;
}

/* A mail that a full mailbox does not take would tell nobody: it waits here
 * rather than in the queue, for it would be out of date. */
static int
is_full(const struct turn *t, const struct dir_mailbox *m)
{
	int64_t quota = limit_storage(&t->limits, t->domain, m);
	struct usage use;
	int rc;

	if (quota == 0)
		return 0;
	rc = usage_read(t->courier->store, t->domain->name, m->local, &use);
	if (rc == OCT_EABSENT)
		return 0;
	return rc != 0 ? rc : use.octets >= quota;
}

static bool
has_owners(const struct dir_mailbox *m)
{
	char person[OCT_ADDR_SIZE];
	size_t at = 0;

	return owner_person_next(m, &at, person);
}

/* Is anybody there to read it?  1, 0, or an error of the store. */
static int
is_there(struct turn *t, const struct dir_mailbox *m)
{
	int full = has_owners(m) ? 0 : is_full(t, m);

	if (full < 0)
		return full;
	if (t->domain->state == DIR_ACTIVE && m->state == DIR_ACTIVE && !full)
		return 1;
	oct_log(OCT_INFO, "digest=postponed account=%s@%s why=%s", m->local,
	    t->domain->name, full ? "full" : "suspended");
	come_back(t, t->now_ms + LATER_MS);
	return 0;
}

static int
look_at(struct turn *t, struct digest_box *box)
{
	const struct dir_mailbox *m = dir_mailbox(t->domain, box->local);
	struct option_values o;
	int64_t due, schedule;
	int rc;

	/* The referent hears of what nobody can be told of. */
	if (m == NULL || m->state == DIR_CLOSED ||
	    t->domain->state == DIR_CLOSED)
		return 0;
	dir_options(t->domain, m, &t->platform, &o);
	schedule = digest_schedule_of(&o);
	due = digest_due(box, schedule, t->now_ms);
	if (due > t->now_ms) {
		come_back(t, due);
		/* Nothing of it is left: it leaves the list. */
		return box->unlisted == 0 ? digest_look(t->courier->store,
						t->domain->name, box,
						box->state.looked_ms)
					  : 0;
	}
	if (digest_is_taken(box, t->courier->settings->node, t->now_ms)) {
		come_back(t, box->state.lease_ms);
		return 0;
	}
	if (t->left == 0) {
		come_back(t, t->now_ms);
		return 0;
	}
	rc = is_there(t, m);
	return rc == 1 ? serve(t, box, m, schedule) : rc;
}

/* --- The duty ---------------------------------------------------------------- */

static int
take_turn(struct turn *t, const char *domain)
{
	struct digest_boxes boxes;
	int rc = digest_boxes_read(t->courier->store, domain, &boxes);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < boxes.count; i++)
		rc = look_at(t, &boxes.box[i]);
	digest_boxes_free(&boxes);
	return rc;
}

enum duty
courier_digest(struct courier *c, const struct case_duty *d)
{
	struct turn t = { .courier = c, .platform = c->gate->options,
		.now_ms = oct_clock_wall_ms(), .next_ms = INT64_MAX,
		.left = DIGEST_TURN_MAX };
	const struct dir_snapshot *dir = gate_directory(c);
	int rc;

	if (dir == NULL)
		return DUTY_FAILED;
	settings_limits(c->settings, &t.limits);
	t.domain = dir_domain(dir, d->domain);
	rc = t.domain != NULL ? take_turn(&t, d->domain) : 0;
	directory_put(dir);
	if (rc != 0) {
		oct_log(OCT_WARNING, "digest=stopped domain=%s error=\"%s\"",
		    d->domain, oct_strerror(rc));
		return DUTY_FAILED;
	}
	return t.next_ms == INT64_MAX ? DUTY_DONE
				      : courier_look_again(c, d, t.next_ms);
}
