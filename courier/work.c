/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch of duties.
 */
#include <string.h>

#include "courier/courier.h"
#include "courier/teach.h"
#include "courier/tell.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/keys.h"
#include "policy/owner_ask.h"
#include "policy/probe.h"

const char *
courier_field(const struct store_entry *e, const char *name)
{
	for (size_t i = 0; i + 1 < e->count; i += 2)
		if (strcmp(e->pairs[i], name) == 0)
			return e->pairs[i + 1];
	return "";
}

int64_t
courier_settled_ms(const struct case_timers *t, int64_t arrival_ms,
    int64_t now_ms)
{
	return arrival_ms <= now_ms + t->settle ? arrival_ms + t->settle
						: now_ms;
}

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

enum duty
courier_look_again(struct courier *c, const struct case_duty *d,
    int64_t when_ms)
{
	char key[KEY_SIZE], member[OCT_DOMAIN_SIZE + 64];

	if (d->armed_ms == 0)
		return courier_put_off(c, d, when_ms);
	case_duty_write(d->verb, d->domain, d->id, member);
	return store_zmove_if(c->store, key_due(key, c->settings->node),
		   member, d->armed_ms, when_ms) == 0
	    ? DUTY_LATER
	    : DUTY_FAILED;
}

static enum duty
courier_settle(struct courier *c, const struct case_duty *d)
{
	int rc = case_settle(c->store, d->domain, d->id, oct_clock_wall_ms());

	return rc == 0 ? DUTY_DONE : DUTY_FAILED;
}

static enum duty
courier_defer(struct courier *c, const struct case_duty *d)
{
	int rc = case_defer_over(c->store, &c->timers, d->domain, d->id,
	    oct_clock_wall_ms());

	if (rc == OCT_ECONFLICT)
		return courier_put_off(c, d, oct_clock_wall_ms() + 1000);
	return rc == 0 || rc == OCT_EPARSE ? DUTY_DONE : DUTY_FAILED;
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
		{ PROBE_VERB, courier_probe },
		{ "purge", courier_purge },
		{ "decide", courier_decide },
		{ "defer", courier_defer },
		{ "digest", courier_digest },
		{ "learn", courier_learn_later },
		{ OWNER_ASK_VERB, courier_link },
		{ "tell", courier_tell },
		{ "storage", courier_storage },
	};

	for (size_t i = 0; i < OCT_LEN(verbs); i++)
		if (strcmp(verbs[i].verb, d->verb) == 0)
			return verbs[i].run(c, d);
	oct_log(OCT_ERROR, "duty=unknown");
	return DUTY_DONE;
}
