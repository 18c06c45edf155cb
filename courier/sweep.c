/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sweep: what lies in the spool and no duty names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/courier.h"
#include "courier/gate.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/breaker.h"
#include "policy/digest.h"
#include "policy/event.h"
#include "policy/grant.h"
#include "policy/keys.h"
#include "policy/space.h"

/* A message that the milter wrote but could not tell whether it was registered:
 * its sender was answered 451 and comes back within days. */
#define ORPHAN_AGE_MS (3600000LL)
/* One that was answered 250 without the store: nobody comes back. */
#define ADRIFT_AGE_MS 60000
#define CLEAN_AGE_S 3600

int64_t
courier_sweep_patience_ms(const struct courier *c)
{
	return c->timers.settle + ADRIFT_AGE_MS;
}

static bool
is_undecided(const struct held *h)
{
	return strcmp(h->reason, fate_reason_name(FATE_R_UNDECIDED)) == 0;
}

struct sweep {
	struct courier *courier;
	int64_t now_ms, mono_ms; /* when it began, by both clocks */
	size_t restored, unreadable;
};

static enum duty
put_back(struct sweep *s, struct case_duty *d, const char *verb, int64_t when_ms)
{
	memcpy(d->verb, verb, strlen(verb) + 1);
	return courier_put_off(s->courier, d, when_ms);
}

/* It may walk for long, and more arrives meanwhile. */
static int64_t
passed(const struct sweep *s)
{
	return oct_clock_mono_ms() - s->mono_ms;
}

/* Registered for one domain of several: its duties are due later, and are not
 * lost (policy/casework.h).  A wait longer than any is of a clock that was set
 * back since. */
static bool
is_waiting(const struct sweep *s, const struct case_item *item)
{
	return item->state == HELD_TENTATIVE && item->wait_ms > s->now_ms &&
	    item->wait_ms <= s->now_ms + passed(s) + CASE_WAIT_MS;
}

/* A duty that was lost (a crash between two steps, two acts at once) is put back:
 * each can be repeated.  accepted: its sender was told 250 since it was
 * registered. */
static int
reassert(struct sweep *s, const struct case_item *item, bool accepted)
{
	struct case_duty d = { .verb = "" };
	const struct held *h = &item->held;
	enum duty out;

	if (strlen(h->domain) >= sizeof(d.domain) ||
	    strlen(h->id) >= sizeof(d.id))
		return 0;
	memcpy(d.domain, h->domain, strlen(h->domain) + 1);
	memcpy(d.id, h->id, strlen(h->id) + 1);
	if (!held_is_live(item->state)) {
		out = put_back(s, &d, "purge", s->now_ms);
		return out == DUTY_FAILED ? OCT_EDOWN : 0;
	}
	out = put_back(s, &d, "expire", item->expires_ms);
	if (is_waiting(s, item) && !accepted)
		return out == DUTY_FAILED ? OCT_EDOWN : 0;
	if (out != DUTY_FAILED && item->want[0] != '\0')
		out = put_back(s, &d, "release", s->now_ms + 60000);
	if (out != DUTY_FAILED && item->state == HELD_TENTATIVE)
		out = put_back(s, &d, "settle", s->now_ms);
	if (out != DUTY_FAILED && is_undecided(h) && !item->decided)
		out = put_back(s, &d, "decide", s->now_ms);
	return out == DUTY_FAILED ? OCT_EDOWN : 0;
}

/* Known again, in the place of what is over (NULL = nothing is known of it).  An
 * undecided one is decided as soon as it has settled. */
static int
restore(struct sweep *s, const struct held *h, const char *sidecar,
    const struct case_item *over)
{
	struct case_duty d = { .verb = "decide" };
	struct courier *c = s->courier;
	int rc = over != NULL
	    ? case_renew(c->store, &c->timers, h, sidecar, over, s->now_ms)
	    : case_restore(c->store, &c->timers, h, sidecar, s->now_ms);

	if (rc != 1)
		return rc;
	s->restored++;
	oct_log(OCT_WARNING, "item=%s domain=%s restored=yes", h->id,
	    h->domain);
	if (!is_undecided(h) || strlen(h->domain) >= sizeof(d.domain) ||
	    strlen(h->id) >= sizeof(d.id))
		return 0;
	memcpy(d.domain, h->domain, strlen(h->domain) + 1);
	memcpy(d.id, h->id, strlen(h->id) + 1);
	/* If this is lost, the next sweep puts it back. */
	return courier_put_off(s->courier, &d, s->now_ms) == DUTY_FAILED
	    ? OCT_EDOWN
	    : 0;
}

/* How old an item is before the milter that wrote it cannot be at work on it. */
static int64_t
patience(const struct courier *c, const struct held *h)
{
	return h->adrift || is_undecided(h) ? courier_sweep_patience_ms(c)
					    : ORPHAN_AGE_MS;
}

/* One whose time has not come is of a clock that was set back since. */
static bool
is_old(const struct sweep *s, const struct held *h)
{
	int64_t age = s->now_ms - h->arrival_ms;
	int64_t least = patience(s->courier, h);

	return age >= least || age + passed(s) < -least;
}

/* One that the store has. */
static int
known(struct sweep *s, const struct held *h, const char *sidecar,
    const struct case_item *item)
{
	return courier_is_renewed(h, item)
	    ? restore(s, h, sidecar, item)
	    : reassert(s, item, h->adrift);
}

/* An item of the spool that the store does not know and that is old enough: it
 * was accepted from nobody, or the store lost it.  Holding it once more may
 * deliver twice; removing it might lose a message. */
static int
sweep_item(void *arg, const char *id, const char *sidecar, int err)
{
	struct sweep *s = arg;
	struct case_item item;
	struct held held;
	int rc;

	if (sidecar == NULL || held_parse(sidecar, strlen(sidecar), &held) != 0) {
		s->unreadable++;
		oct_log(OCT_ERROR, "item=%s sidecar=unreadable error=\"%s\"",
		    id, oct_strerror(err));
		return 0;
	}
	rc = 0;
	if (strcmp(held.id, id) != 0) {
		s->unreadable++;
		oct_log(OCT_ERROR, "item=%s sidecar=of-another", id);
		goto out;
	}
	if (!is_old(s, &held))
		goto out;
	rc = case_item_read(s->courier->store, held.domain, id, &item);
	if (rc == 1) {
		rc = known(s, &held, sidecar, &item);
		case_item_fini(&item);
	} else if (rc == 0) {
		rc = restore(s, &held, sidecar, NULL);
	}
	if (rc == OCT_EPARSE || rc == OCT_EREPLY) {
		/* One damaged record must not stop the others. */
		s->unreadable++;
		oct_log(OCT_ERROR, "item=%s domain=%s record=unreadable", id,
		    held.domain);
		rc = 0;
	}
	rc = rc < 0 ? rc : 0; /* the store is away: stop here */
out:
	held_fini(&held);
	return rc;
}

/* --- What crashes left ------------------------------------------------------- */

#define DOMAINS_AT_ONCE 1000

/* Does any of the domains from `first` on, as many as are asked at once, have an
 * item of that id?  1, 0, or an error. */
static int
some_know(struct courier *c, const struct dir_snapshot *dir, size_t first,
    const char *id)
{
	size_t n = dir_domain_count(dir) - first;
	struct store_batch *b = NULL;
	int rc = store_batch_new(&b), yes = 0;

	n = n < DOMAINS_AT_ONCE ? n : DOMAINS_AT_ONCE;
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		char key[KEY_SIZE];

		rc = store_batch_exists(b, key_held(key,
		    dir_domain_at(dir, first + i)->name, id));
	}
	if (rc >= 0)
		rc = store_batch_run(c->store, b);
	for (size_t i = 0; rc == 0 && i < n; i++)
		yes |= strcmp(store_batch_value(b, (int)i, 0)->data, "1") == 0;
	store_batch_free(b);
	return rc != 0 ? rc : yes;
}

/* A message whose sidecar alone was lost (a repaired file system, a backup that
 * left it out) is what the store says of it.  In doubt it stays. */
static bool
is_known(void *arg, const char *id)
{
	struct sweep *s = arg;
	const struct dir_snapshot *dir = gate_directory(s->courier);
	int rc = dir == NULL ? OCT_EDOWN : 0;

	for (size_t at = 0; rc == 0 && at < dir_domain_count(dir);
	    at += DOMAINS_AT_ONCE)
		rc = some_know(s->courier, dir, at, id);
	if (dir != NULL)
		directory_put(dir);
	if (rc == 1) {
		s->unreadable++;
		oct_log(OCT_ERROR, "item=%s sidecar=lost effect=\"kept, as the "
				   "store knows it\"", id);
	}
	return rc != 0;
}

/* Grants past their time, each domain once a day. */
static void
sweep_grants(struct courier *c, int64_t now_ms)
{
	int n = grant_sweep_turn(c->store, (uint64_t)(now_ms / 3600000), 24,
	    now_ms);

	if (n != 0)
		oct_log(n > 0 ? OCT_NOTICE : OCT_WARNING,
		    "sweep=grants removed=%d error=\"%s\"", n > 0 ? n : 0,
		    oct_strerror(n < 0 ? n : 0));
}

/* What waits for a mailbox is counted as it comes and goes; where that went
 * wrong it is counted anew. */
static void
sweep_space(struct courier *c)
{
	const struct dir_snapshot *dir = gate_directory(c);
	size_t repaired = 0;
	int rc;

	if (dir == NULL)
		return;
	rc = space_repair(c->store, dir, &repaired);
	directory_put(dir);
	if (rc != 0 || repaired > 0)
		oct_log(rc == 0 ? OCT_NOTICE : OCT_WARNING,
		    "sweep=space counted=%zu error=\"%s\"", repaired,
		    oct_strerror(rc));
}

/* A schedule may have changed since its duty was put off, and a duty may be lost
 * between two couriers: whatever has something to tell is looked at. */
static void
sweep_digests(struct courier *c, int64_t now_ms)
{
	const struct dir_snapshot *dir = gate_directory(c);
	struct case_duty d = { "digest", "", "-", 0 };
	size_t count = 0;
	int rc = 0;

	if (dir == NULL)
		return;
	for (size_t i = 0; rc == 0 && i < dir_domain_count(dir); i++) {
		const char *name = dir_domain_at(dir, i)->name;

		rc = digest_any(c->store, name);
		if (rc != 1)
			continue;
		memcpy(d.domain, name, strlen(name) + 1);
		rc = courier_put_off(c, &d, now_ms) == DUTY_FAILED ? OCT_EDOWN
								   : 0;
		count++;
	}
	directory_put(dir);
	if (rc != 0)
		oct_log(OCT_WARNING, "sweep=digests domains=%zu error=\"%s\"",
		    count, oct_strerror(rc));
}

static int
leave_it(OCT_UNUSED void *arg, OCT_UNUSED const char *kind,
    OCT_UNUSED const char *name, OCT_UNUSED const struct breaker *b)
{
	return 0;
}

/* Breakers that time has closed leave their list. */
static void
sweep_breakers(struct courier *c, int64_t now_ms)
{
	int rc = breaker_list(c->store, now_ms, leave_it, NULL);

	if (rc != 0)
		oct_log(OCT_WARNING, "sweep=breakers error=\"%s\"",
		    oct_strerror(rc));
}

/* Decisions past their time. */
static void
sweep_events(struct courier *c, int64_t now_ms)
{
	int rc = store_stream_trim(c->store, KEY_EVENTS, now_ms - EVENT_TTL_MS);

	if (rc < 0)
		oct_log(OCT_WARNING, "sweep=events error=\"%s\"",
		    oct_strerror(rc));
}

void
courier_sweep(struct courier *c, int64_t now_ms)
{
	struct sweep s = { .courier = c, .now_ms = now_ms,
		.mono_ms = oct_clock_mono_ms() };
	size_t removed = 0;
	int rc = spool_walk(c->spool, sweep_item, &s);

	if (rc == 0)
		rc = spool_clean(c->spool, CLEAN_AGE_S, is_known, &s,
		    &removed);
	if (!c->clock_doubted) {
		sweep_grants(c, now_ms);
		sweep_events(c, now_ms);
	}
	sweep_space(c);
	sweep_digests(c, now_ms);
	sweep_breakers(c, now_ms);
	if (rc != 0 || s.restored > 0 || s.unreadable > 0 || removed > 0)
		oct_log(rc == 0 ? OCT_NOTICE : OCT_WARNING,
		    "sweep=%s restored=%zu unreadable=%zu removed=%zu "
		    "error=\"%s\"",
		    rc == 0 ? "done" : "stopped", s.restored, s.unreadable,
		    removed, oct_strerror(rc));
}
