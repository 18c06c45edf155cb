/* SPDX-License-Identifier: Apache-2.0 */
/* The look-ups of a round together, and the counts of who was not asked in it. */
#include "courier/gate_int.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "policy/proof.h"

#define ROUND_MAX 100 /* challenges */
#define ROUND_QUESTIONS (ROUND_MAX * TARGET_QUESTIONS)

static void
prefetch_one(struct courier *c, const struct case_duty *d)
{
	char address[OCT_ADDR_SIZE], org[OCT_DOMAIN_SIZE];
	struct case_challenge ch;
	struct oct_addr rpath;
	struct target_of t;

	if (case_challenge_read(c->store, d->domain, d->id, &ch) != 1)
		return;
	if (ch.state == CHALLENGE_PENDING &&
	    proof_sid_parts(ch.challenge.sid, address, org)) {
		struct gate_ask a = { .rpath = ch.challenge.rpath,
			.client = ch.challenge.client };

		gate_target_of(c, &a, org, &rpath, &t);
		target_prefetch(c->gate->round, &t);
	}
	case_challenge_fini(&ch);
}

struct round {
	size_t count;
	struct case_duty duty[ROUND_MAX];
};

static int
collect(void *arg, const char *member, OCT_UNUSED int64_t score)
{
	struct round *r = arg;
	struct case_duty d;

	if (r->count < ROUND_MAX && case_duty_parse(member, &d) == 0 &&
	    strcmp(d.verb, "challenge") == 0)
		r->duty[r->count++] = d;
	return 0;
}

void
gate_prepare(struct courier *c, const char *due, size_t limit)
{
	struct round *r = calloc(1, sizeof(*r));
	struct lever_state lever;

	gate_forget(c);
	/* Also where nothing leaves: who pulled it reads of it in the log. */
	(void)!gate_lever(c, &lever);
	/* One alone looks for itself; without any of this all do. */
	if (r == NULL ||
	    store_zrange(c->store, due, oct_clock_wall_ms(), limit, collect,
		r) != 0 ||
	    r->count < 2 ||
	    dns_session_new(c->gate->dns, oct_clock_mono_ms() + GATE_LOOK_MS,
		ROUND_QUESTIONS, &c->gate->round) != 0)
		goto out;
	for (size_t i = 0; i < r->count; i++)
		prefetch_one(c, &r->duty[i]);
out:
	free(r);
}

void
gate_forget(struct courier *c)
{
	struct gate_room *g = c->gate;
	struct caps_silent silent[GATE_REASONS];
	size_t count;

	if (g->round != NULL)
		dns_session_free(g->round);
	g->round = NULL;
	(void)pthread_mutex_lock(&g->lock);
	count = g->silent_count;
	memcpy(silent, g->silent, count * sizeof(silent[0]));
	g->silent_count = 0;
	(void)pthread_mutex_unlock(&g->lock);
	caps_note_silent(c->store, silent, count, oct_clock_wall_ms());
}

void
gate_silent(struct courier *c, const char *why)
{
	struct gate_room *g = c->gate;
	size_t i = 0;

	(void)pthread_mutex_lock(&g->lock);
	while (i < g->silent_count && strcmp(g->silent[i].why, why) != 0)
		i++;
	if (i < GATE_REASONS && i == g->silent_count)
		g->silent[g->silent_count++] =
		    (struct caps_silent){ .why = why };
	if (i < GATE_REASONS)
		g->silent[i].count++;
	(void)pthread_mutex_unlock(&g->lock);
}
