/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store says of the finals of one message: a round trip for all, but for
 * mailings.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "milter/judge.h"
#include "policy/keys.h"

/* Finals read in one round trip: well inside the bounds of store.h, which counts
 * reads. */
#define READ_AT_ONCE 100

const char *
judge_domain_of(const struct judge *j, const struct judge_final *f)
{
	return f->final->domain != NULL
	    ? f->final->domain->name
	    : j->session->rcpts[f->rcpt].addr.domain;
}

/* Slots of one final's reads. */
struct slots {
	struct facts_reads facts;
	int item, space;
};

static void
door_of(const struct judge *j, const struct judge_final *f,
    struct doors_final *out)
{
	*out = (struct doors_final){ .domain = judge_domain_of(j, f),
		.local = f->final->mailbox->local, .sid = f->sid,
		.typed = &j->session->rcpts[f->rcpt].addr,
		.proof = &f->proof };
}

static int
add_reads(const struct judge *j, const struct facts_who *w,
    struct judge_final *f, struct store_batch *b, struct slots *at)
{
	static const char *const fields[] = { "state", "file", "wait",
		"node" };
	const char *domain = judge_domain_of(j, f);
	struct doors_final door;
	char key[KEY_SIZE];
	int rc = 0;

	at->space = -1;
	f->doors.asked = false;
	at->item = store_batch_hmget(b, key_held(key, domain, f->id), fields,
	    OCT_LEN(fields));
	if (at->item < 0)
		return OCT_ELIMIT;
	if (f->final->domain == NULL)
		return 0;
	rc = facts_ask(w, domain, f->final->mailbox->local, f->sid, b,
	    &at->facts);
	if (rc == 0 && decide_may_reach(&j->facts, &f->facts)) {
		door_of(j, f, &door);
		rc = doors_ask(&j->mail, &door, b, &f->doors);
	}
	if (rc != 0)
		return rc;
	at->space = space_ask(b, domain, f->final->mailbox->local, f->share);
	return at->space < 0 ? OCT_ELIMIT : 0;
}

static const char *
text_at(const struct store_batch *b, int slot, size_t i)
{
	return slot < 0 ? NULL : store_batch_value(b, slot, i)->data;
}

/* What is known of an item of this very message. */
static void
apply_item(const struct judge *j, struct judge_final *f,
    const struct store_batch *b, int slot)
{
	const char *state = text_at(b, slot, 0), *file = text_at(b, slot, 1);
	const char *wait = text_at(b, slot, 2), *node = text_at(b, slot, 3);
	enum held_state hs;
	int64_t wait_ms;

	f->state_old[0] = f->file_old[0] = f->node[0] = '\0';
	f->merged = f->waiting = false;
	if (state == NULL || held_state_parse(state, &hs) != 0)
		return;
	f->merged = held_is_live(hs);
	f->waiting = hs == HELD_TENTATIVE && wait != NULL &&
	    oct_num_int(wait, 0, INT64_MAX, &wait_ms) == 0 &&
	    wait_ms > j->now_ms;
	if (node != NULL && strlen(node) < sizeof(f->node))
		memcpy(f->node, node, strlen(node) + 1);
	memcpy(f->state_old, held_state_name(hs),
	    strlen(held_state_name(hs)) + 1);
	/* While its message goes away it is left out: registering conflicts,
	 * and a little later it is gone. */
	if (file != NULL && case_is_gone(file) &&
	    strlen(file) < sizeof(f->file_old))
		memcpy(f->file_old, file, strlen(file) + 1);
}

static void
apply_room(const struct judge *j, struct judge_final *f,
    const struct store_batch *b, int slot)
{
	bool proven = f->proof.class == PROOF_A || f->proof.class == PROOF_F;
	struct space_use use;

	space_read(b, slot, &use);
	f->facts.has_room = f->merged ||
	    space_has_room(&use, &f->relation, &f->options, proven,
		(int64_t)oct_msg_size(j->msg));
}

static void
apply_reads(struct judge *j, const struct facts_who *w, struct judge_final *f,
    const struct store_batch *b, const struct slots *at)
{
	struct facts_relation rel;
	struct case_timers timers;
	struct doors_final door;

	apply_item(j, f, b, at->item);
	if (f->final->domain == NULL) {
		f->facts.store_known = true;
		return;
	}
	facts_timers(&j->session->app->timers, &f->options, &timers);
	facts_read(w, f->proof.from_proven, b, &at->facts, &timers, j->now_ms,
	    &rel, &f->facts);
	f->relation = rel.relation;
	f->match = rel.match;
	f->rel_present = rel.present;
	if (rel.present)
		memcpy(f->rel_packed, rel.packed, sizeof(f->rel_packed));
	if (j->stopped) {
		/* One who was asked already is waited for. */
		f->facts.may_ask = false;
		f->facts.may_defer &= f->relation.state == REL_ASKED;
	}
	door_of(j, f, &door);
	doors_read(&j->mail, &door, b, &f->doors, &f->facts);
	apply_room(j, f, b, at->space);
}

/* The id under which a copy for this final would be held. */
static int
name_items(struct judge *j)
{
	struct session *s = j->session;
	uint8_t content[OCT_MSG_DIGEST];
	char rpath[OCT_ADDR_SIZE];
	int rc = oct_msg_digest(j->msg, s->app->item_key, "", "", content);

	if (rc != 0)
		return rc;
	oct_addr_text(&s->rpath, rpath);
	for (size_t i = 0; i < j->count; i++) {
		struct judge_final *f = &j->finals[i];
		char rcpt[OCT_ADDR_SIZE + OCT_DOMAIN_SIZE + 1];

		/* An external member of groups in two domains is two items. */
		(void)snprintf(rcpt, sizeof(rcpt), "%s|%s",
		    judge_domain_of(j, f), f->final->address);
		held_id(s->app->item_key, content, rpath, rcpt, f->id);
	}
	return 0;
}

/* The finals from first up to end. */
static int
read_some(struct judge *j, const struct facts_who *w, struct store_batch *b,
    size_t first, size_t end)
{
	struct slots *at = calloc(end - first, sizeof(*at));
	int rc = at != NULL ? 0 : -ENOMEM;

	store_batch_clear(b);
	for (size_t i = first; rc == 0 && i < end; i++)
		rc = add_reads(j, w, &j->finals[i], b, &at[i - first]);
	if (rc == 0)
		rc = store_batch_run(j->session->app->store, b);
	for (size_t i = first; rc == 0 && i < end; i++)
		apply_reads(j, w, &j->finals[i], b, &at[i - first]);
	free(at);
	return rc;
}

static int
read_all(struct judge *j, struct store_batch *b)
{
	struct facts_who *w = NULL;
	int rc = facts_who(j->ev, &j->session->rpath, &w);

	for (size_t i = 0; rc == 0 && i < j->count; i += READ_AT_ONCE) {
		size_t left = j->count - i;

		rc = read_some(j, w, b, i,
		    i + (left < READ_AT_ONCE ? left : READ_AT_ONCE));
	}
	free(w);
	return rc;
}

int
judge_read_store(struct judge *j)
{
	struct store_batch *b = NULL;
	int rc;

	for (size_t i = 0; i < j->count; i++) {
		j->finals[i].facts.store_known = false;
		j->finals[i].facts.has_room = true;
		j->finals[i].merged = j->finals[i].waiting = false;
	}
	rc = name_items(j);
	if (rc == 0)
		rc = store_batch_new(&b);
	if (rc == 0)
		rc = read_all(j, b);
	store_batch_free(b);
	j->store_away = rc == OCT_EDOWN || rc == OCT_ETIME || rc == OCT_EREPLY;
	return rc;
}
