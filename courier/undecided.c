/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was kept undecided while the store was away (challenge.md 11) is decided
 * by what its owner's relations, blocks and grants say now.  Its sender is never
 * asked.
 */
#include <string.h>

#include "courier/courier.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

/* Row 4 of challenge.md 2 has a bound too: probable spam of a known sender waits
 * for the owner. */
static bool
may_pass(const struct courier *c, const struct held *h)
{
	int32_t reject;

	return settings_hundredths(c->settings->reject, &reject) == 0 &&
	    h->score < reject;
}

static enum duty
decide(struct courier *c, const struct case_duty *d, const struct case_item *i,
    enum case_standing standing)
{
	int64_t now = oct_clock_wall_ms();
	bool want = standing == CASE_ALLOWED && may_pass(c, &i->held);
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
	int64_t now = oct_clock_wall_ms();
	enum case_standing standing;
	struct case_item item;
	enum duty out = DUTY_DONE;
	int rc = case_item_read(c->store, d->domain, d->id, &item);

	if (rc == 0 || rc == OCT_EPARSE)
		return DUTY_DONE;
	if (rc < 0)
		return DUTY_FAILED;
	if (!is_open(&item))
		goto out;
	if (now < item.held.arrival_ms + c->timers.settle) {
		out = courier_put_off(c, d,
		    item.held.arrival_ms + c->timers.settle);
		goto out;
	}
	rc = case_standing(c->store, &c->timers, &item.held, now, &standing);
	out = rc != 0 ? DUTY_FAILED : decide(c, d, &item, standing);
out:
	case_item_fini(&item);
	return out;
}
