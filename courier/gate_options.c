/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the directory says of mailboxes to the courier.
 */
#include "courier/gate_int.h"

/* Opened at the first need: a courier starts without a store.  Locked. */
static int
open_directory(struct courier *c)
{
	struct gate_room *g = c->gate;
	int rc = 0;

	if (g->directory != NULL)
		return 0;
	rc = directory_open(c->store, NULL, &g->directory);
	if (rc != 0)
		return rc;
	rc = directory_follow(g->directory);
	if (rc != 0) {
		directory_close(g->directory);
		g->directory = NULL;
	}
	return rc;
}

const struct dir_snapshot *
gate_directory(struct courier *c)
{
	int rc;

	(void)pthread_mutex_lock(&c->gate->lock);
	rc = open_directory(c);
	(void)pthread_mutex_unlock(&c->gate->lock);
	return rc == 0 ? directory_get(c->gate->directory) : NULL;
}

void
gate_options(const struct courier *c, const struct dir_snapshot *dir,
    const char *domain, const char *local, struct option_values *out)
{
	const struct dir_domain *d = dir_domain(dir, domain);

	if (d == NULL)
		*out = c->gate->options; /* removed since: as the platform says */
	else
		dir_options(d, dir_mailbox(d, local), &c->gate->options, out);
}

bool
gate_wants_code(struct courier *c, const struct challenge *ch)
{
	const struct dir_snapshot *dir = gate_directory(c);
	struct option_values o;
	bool code = false;

	for (size_t i = 0; dir != NULL && i < ch->count; i++) {
		gate_options(c, dir, ch->domain, ch->local[i], &o);
		code |= o.v[OPTION_PROOF] == OPTION_PROOF_CODE;
	}
	if (dir != NULL)
		directory_put(dir);
	return code;
}

/* One challenge, or one message: it waits as long as the most patient mailbox
 * wants, and is stale as soon as one says so. */
void
gate_timers(struct courier *c, const char *domain, const char *const *local,
    size_t count, struct case_timers *out)
{
	const struct dir_snapshot *dir = gate_directory(c);

	*out = c->timers;
	for (size_t i = 0; dir != NULL && i < count; i++) {
		struct case_timers own = c->timers;
		struct option_values o;

		gate_options(c, dir, domain, local[i], &o);
		options_timers(&o, &own);
		if (i == 0 || own.settle > out->settle)
			out->settle = own.settle;
		if (i == 0 || own.hold_silent > out->hold_silent)
			out->hold_silent = own.hold_silent;
		if (i == 0 || own.fresh < out->fresh)
			out->fresh = own.fresh;
	}
	if (dir != NULL)
		directory_put(dir);
}
