/* SPDX-License-Identifier: Apache-2.0 */
/* Caps and shares: taken before a challenge leaves, given back if it does not. */
#include "courier/gate_int.h"

static struct caps_box
box_of(const struct gate_ask *a, size_t i, const struct option_values *o)
{
	return (struct caps_box){ .local = a->local[i],
		.cap = o->v[OPTION_CAP_MAILBOX],
		.share = o->v[OPTION_SHARE_MAILBOX] };
}

/* With the cap of that hosted domain. */
static struct caps_limits
limits_of(struct courier *c, const char *domain)
{
	const struct dir_snapshot *dir = gate_directory(c);
	const struct dir_domain *d = dir != NULL ? dir_domain(dir, domain)
						 : NULL;
	struct caps_limits out = c->gate->limits;
	struct option_values o;

	if (d != NULL) {
		dir_options(d, NULL, &c->gate->options, &o);
		out.domain =
		    caps_of_domain(out.domain, o.v[OPTION_CAP_DOMAIN]);
	}
	if (dir != NULL)
		directory_put(dir);
	return out;
}

/* Each mailbox has a cap of its own: one that is over it keeps silent alone. */
static enum gate
take_boxes(struct courier *c, const struct gate_ask *a, struct gate_pass *p)
{
	const struct dir_snapshot *dir = gate_directory(c);
	enum gate out = GATE_OPEN;

	if (dir == NULL)
		return GATE_FAILED;
	for (size_t i = 0; out == GATE_OPEN && i < a->count; i++) {
		enum caps_limit over;
		struct option_values o;
		struct caps_box box;
		int rc;

		gate_options(c, dir, a->domain, a->local[i], &o);
		box = box_of(a, i, &o);
		if (o.v[OPTION_HOLD_SILENT] > p->hold_silent)
			p->hold_silent = o.v[OPTION_HOLD_SILENT];
		rc = caps_take_box(c->store, &p->caps, &box, &over);
		if (rc < 0)
			out = GATE_FAILED;
		if (rc != 0)
			continue;
		p->shut[i] = true;
		p->shut_count++;
		p->why = caps_limit_name(over);
	}
	directory_put(dir);
	return out == GATE_OPEN && p->shut_count == a->count ? GATE_SHUT : out;
}

/* The usual case, in one step less. */
static bool
only_box(struct courier *c, const struct gate_ask *a, struct gate_pass *p,
    struct caps_box *box)
{
	const struct dir_snapshot *dir = a->count == 1 ? gate_directory(c) : NULL;
	struct option_values o;

	if (dir == NULL)
		return false;
	gate_options(c, dir, a->domain, a->local[0], &o);
	directory_put(dir);
	*box = box_of(a, 0, &o);
	if (o.v[OPTION_HOLD_SILENT] > p->hold_silent)
		p->hold_silent = o.v[OPTION_HOLD_SILENT];
	return true;
}

enum gate
gate_take_caps(struct courier *c, const struct gate_ask *a, struct gate_pass *p)
{
	struct caps_box box;
	bool one = only_box(c, a, p, &box);
	enum caps_limit over;
	enum gate out;
	struct caps_limits limits = limits_of(c, a->domain);
	int rc = caps_take(c->store, &limits, &p->caps,
	    one ? &box : NULL, &over);

	if (rc < 0)
		return GATE_FAILED;
	if (rc == 0) {
		p->why = caps_limit_name(over);
		return GATE_SHUT;
	}
	if (one)
		return GATE_OPEN;
	out = take_boxes(c, a, p);
	if (out != GATE_OPEN)
		(void)!caps_give_back(c->store, &limits, &p->caps, NULL);
	return out;
}

void
gate_give_back(struct courier *c, const struct gate_ask *a,
    const struct gate_pass *p)
{
	const struct dir_snapshot *dir = gate_directory(c);
	struct caps_limits limits = limits_of(c, a->domain);

	/* What cannot be given back runs out by itself. */
	(void)!caps_give_back(c->store, &limits, &p->caps, NULL);
	for (size_t i = 0; dir != NULL && i < a->count; i++) {
		struct option_values o;
		struct caps_box box;

		if (p->shut[i])
			continue;
		gate_options(c, dir, a->domain, a->local[i], &o);
		box = box_of(a, i, &o);
		(void)!caps_give_back_box(c->store, &p->caps, &box);
	}
	if (dir != NULL)
		directory_put(dir);
}
