/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What time alone does to a relation (challenge.md 3 and 5).
 */
#include <string.h>

#include "policy/relation.h"

#define DAY_MS 86400000LL

void
relation_ages(const struct option_values *options, struct rel_ages *out)
{
	*out = (struct rel_ages){ .allow = options->v[OPTION_ALLOW],
		.outbound = options->v[OPTION_ALLOW_SENT],
		.lapsed = options->v[OPTION_FORGET],
		.defer = options->v[OPTION_DEFER],
		.hold = options->v[OPTION_HOLD] };
}

/* What the next passing of time is for this relation, and when. */
static bool
next_age(const struct relation *r, const struct rel_ages *ages,
    enum rel_event *ev, int64_t *at_ms)
{
	int64_t last = r->last_ms > r->since_ms ? r->last_ms : r->since_ms;

	*ev = REL_EV_FORGET;
	*at_ms = last + ages->lapsed;
	switch (r->state) {
	case REL_UNKNOWN:
		return r->asks > 0;
	case REL_LAPSED:
		return true;
	case REL_ASKED:
		*ev = r->deferred ? REL_EV_DEFER_OVER : REL_EV_EXPIRED;
		*at_ms = r->since_ms + (r->deferred ? ages->defer : ages->hold);
		return true;
	case REL_SILENT:
		/* A DEFER whose challenge did not leave, and who did not come
		 * again. */
		*ev = REL_EV_EXPIRED;
		*at_ms = r->since_ms + ages->defer;
		return true;
	case REL_ALLOWED:
		*at_ms = last +
		    (strcmp(r->origin, "outbound") == 0 ? ages->outbound
							: ages->allow);
		return strcmp(r->origin, "owner") != 0;
	case REL_BLOCKED:
		return false;
	}
	return false;
}

bool
relation_age(struct relation *r, const struct rel_ages *ages, int64_t now_ms)
{
	struct rel_guard g = { .none_left = true };
	bool changed = false;
	enum rel_event ev;

	/* Each step leads on to UNKNOWN, from where none does. */
	while (r->items == 0 && next_age(r, ages, &ev, &g.now_ms) &&
	    g.now_ms <= now_ms) {
		(void)relation_apply(r, ev, &g, NULL, NULL);
		changed = true;
	}
	return changed;
}

bool
relation_is_empty(const struct relation *r)
{
	return r->state == REL_UNKNOWN && r->items == 0 && r->asks == 0;
}

bool
relation_used(struct relation *r, int64_t now_ms)
{
	if (r->state != REL_ALLOWED || now_ms - r->last_ms < DAY_MS)
		return false;
	r->last_ms = now_ms;
	return true;
}
