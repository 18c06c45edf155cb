/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was kept undecided while the store was away (challenge.md 11) is decided
 * by what its owner's relations, blocks and grants say now, under the rules of
 * his mailbox.  Its sender is never asked.
 */
#include <string.h>

#include "courier/courier.h"
#include "courier/gate.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

/* Of the mailbox that it is for. */
struct rules {
	struct case_timers timers;
	struct dir_thresholds bounds;
	bool off;    /* it is there, and nobody is asked for it */
	bool absent; /* it gets nothing now */
};

static int
rules_of(struct courier *c, const struct held *h, struct rules *out)
{
	const struct dir_snapshot *dir = gate_directory(c);
	struct dir_thresholds platform;
	const struct dir_mailbox *m;
	const struct dir_domain *d;
	struct option_values v;

	if (dir == NULL)
		return OCT_EDOWN;
	/* They were checked when they were loaded. */
	if (settings_hundredths(c->settings->tag, &platform.tag) != 0 ||
	    settings_hundredths(c->settings->hold, &platform.hold) != 0 ||
	    settings_hundredths(c->settings->reject, &platform.reject) != 0)
		platform = (struct dir_thresholds){ .tag = INT32_MIN,
			.hold = INT32_MIN, .reject = INT32_MIN };
	d = dir_domain(dir, h->domain);
	m = d != NULL ? dir_mailbox(d, h->local) : NULL;
	v = c->gate->options;
	if (d != NULL)
		dir_options(d, m, &c->gate->options, &v);
	out->timers = c->timers;
	options_timers(&v, &out->timers);
	dir_thresholds_of(d, m, &platform, &out->bounds);
	out->off = m != NULL &&
	    v.v[OPTION_CHALLENGE] == OPTION_CHALLENGE_OFF;
	out->absent = m != NULL &&
	    (d->state != DIR_ACTIVE || m->state != DIR_ACTIVE);
	directory_put(dir);
	return 0;
}

/* Rows 4 and 7 of challenge.md 2; what is left waits for the owner. */
static bool
may_pass(const struct rules *r, const struct held *h,
    enum case_standing standing)
{
	if (r->absent)
		return false;
	if (standing == CASE_ALLOWED)
		return h->score < r->bounds.reject;
	return r->off && h->score < r->bounds.hold;
}

static enum duty
decide(struct courier *c, const struct case_duty *d, const struct case_item *i,
    enum case_standing standing, const struct rules *r)
{
	int64_t now = oct_clock_wall_ms();
	bool want = may_pass(r, &i->held, standing);
	enum case_outcome outcome = CASE_DONE;
	int rc;

	if (standing == CASE_BLOCKED)
		rc = case_drop(c->store, d->domain, d->id, now, &outcome);
	else
		rc = case_decided(c->store, i, want, now);
	if (rc == OCT_ECONFLICT || (rc == 0 && standing != CASE_BLOCKED))
		return courier_put_off(c, d, now + 1000);
	if (rc < 0)
		return DUTY_FAILED;
	oct_log(OCT_INFO, "item=%s domain=%s verdict=decided fate=%s", d->id,
	    d->domain,
	    standing == CASE_BLOCKED ? "dropped"
		: want		     ? "released"
				     : "silent");
	return DUTY_DONE;
}

/* Not yet decided, and nobody took it into his own hands. */
static bool
is_open(const struct case_item *i)
{
	return held_is_live(i->state) && i->want[0] == '\0' && !i->decided &&
	    strcmp(i->held.reason, fate_reason_name(FATE_R_UNDECIDED)) == 0;
}

enum duty
courier_decide(struct courier *c, const struct case_duty *d)
{
	int64_t now = oct_clock_wall_ms(), ready;
	enum case_standing standing;
	struct case_item item;
	struct rules rules;
	enum duty out = DUTY_DONE;
	int rc = case_item_read(c->store, d->domain, d->id, &item);

	if (rc == 0 || rc == OCT_EPARSE)
		return DUTY_DONE;
	if (rc < 0)
		return DUTY_FAILED;
	if (!is_open(&item))
		goto out;
	rc = rules_of(c, &item.held, &rules);
	ready = rc == 0 ? courier_settled_ms(&rules.timers,
			      item.held.arrival_ms, now)
			: now;
	if (now < ready) {
		out = courier_put_off(c, d, ready);
		goto out;
	}
	if (rc == 0)
		rc = case_standing(c->store, &rules.timers, &item.held, now,
		    &standing);
	out = rc != 0 ? DUTY_FAILED : decide(c, d, &item, standing, &rules);
out:
	case_item_fini(&item);
	return out;
}
