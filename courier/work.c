/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch of duties, and the sweep of what no duty names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/courier.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/keys.h"

/* A message that the milter wrote but could not tell whether it was registered:
 * its sender was answered 451 and comes back within days. */
#define ORPHAN_AGE_MS (3600000LL)
#define CLEAN_AGE_S 3600

enum duty
courier_put_off(struct courier *c, const struct case_duty *d, int64_t when_ms)
{
	char key[KEY_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write(d->verb, d->domain, d->id, member);
	if (store_zadd(c->store, key_due(key, c->settings->node), when_ms,
		member) != 0)
		return DUTY_FAILED;
	return DUTY_LATER;
}

static enum duty
courier_settle(struct courier *c, const struct case_duty *d)
{
	int rc = case_settle(c->store, d->domain, d->id, oct_clock_wall_ms());

	return rc == 0 ? DUTY_DONE : DUTY_FAILED;
}

enum duty
courier_do(struct courier *c, const struct case_duty *d)
{
	static const struct {
		const char *verb;
		enum duty (*run)(struct courier *, const struct case_duty *);
	} verbs[] = {
		{ "settle", courier_settle },
		{ "release", courier_release },
		{ "challenge", courier_challenge },
		{ "expire", courier_expire },
		{ "purge", courier_purge },
	};

	for (size_t i = 0; i < OCT_LEN(verbs); i++)
		if (strcmp(verbs[i].verb, d->verb) == 0)
			return verbs[i].run(c, d);
	oct_log(OCT_ERROR, "duty=unknown");
	return DUTY_DONE;
}

/* --- The sweep ------------------------------------------------------------------ */

struct sweep {
	struct courier *courier;
	int64_t now_ms;
	size_t restored, unreadable;
};

/* A duty that was lost (a crash between two steps, two acts at once) is put back:
 * each can be repeated. */
static int
reassert(struct sweep *s, const struct case_item *item)
{
	struct case_duty d = { .verb = "expire" };
	const struct held *h = &item->held;
	enum duty out;

	if (strlen(h->domain) >= sizeof(d.domain) ||
	    strlen(h->id) >= sizeof(d.id))
		return 0;
	memcpy(d.domain, h->domain, strlen(h->domain) + 1);
	memcpy(d.id, h->id, strlen(h->id) + 1);
	if (!held_is_live(item->state)) {
		memcpy(d.verb, "purge", sizeof("purge"));
		out = courier_put_off(s->courier, &d, s->now_ms);
		return out == DUTY_FAILED ? OCT_EDOWN : 0;
	}
	out = courier_put_off(s->courier, &d, item->expires_ms);
	if (out != DUTY_FAILED && item->want[0] != '\0') {
		memcpy(d.verb, "release", sizeof("release"));
		out = courier_put_off(s->courier, &d, s->now_ms + 60000);
	}
	if (out != DUTY_FAILED && item->state == HELD_TENTATIVE) {
		memcpy(d.verb, "settle", sizeof("settle"));
		out = courier_put_off(s->courier, &d, s->now_ms);
	}
	return out == DUTY_FAILED ? OCT_EDOWN : 0;
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
	if (s->now_ms - held.arrival_ms < ORPHAN_AGE_MS)
		goto out;
	rc = case_item_read(s->courier->store, held.domain, id, &item);
	if (rc == 1) {
		rc = reassert(s, &item);
		case_item_fini(&item);
		goto out;
	}
	if (rc == 0) {
		rc = case_restore(s->courier->store, &s->courier->timers, &held,
		    sidecar, s->now_ms);
		if (rc == 1) {
			s->restored++;
			oct_log(OCT_WARNING, "item=%s domain=%s restored=yes",
			    id, held.domain);
		}
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

void
courier_sweep(struct courier *c, int64_t now_ms)
{
	struct sweep s = { .courier = c, .now_ms = now_ms };
	size_t removed = 0;
	int rc = spool_walk(c->spool, sweep_item, &s);

	if (rc == 0)
		rc = spool_clean(c->spool, CLEAN_AGE_S, &removed);
	sweep_grants(c, now_ms);
	if (rc != 0 || s.restored > 0 || s.unreadable > 0 || removed > 0)
		oct_log(rc == 0 ? OCT_NOTICE : OCT_WARNING,
		    "sweep=%s restored=%zu unreadable=%zu removed=%zu",
		    rc == 0 ? "done" : "stopped", s.restored, s.unreadable,
		    removed);
}
