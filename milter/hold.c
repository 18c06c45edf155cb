/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "milter/arrival.h"
#include "milter/hold_item.h"

/* Items registered in one transaction: well inside the bounds of store.h. */
#define KEEP_AT_ONCE 80

/* --- Parts: what one transaction registers ---------------------------------------- */

struct part {
	const char *domain;
	bool first;   /* of its domain: it asks, for one message one challenge */
	bool transit; /* holds what will be released at once */
	struct challenge ask;
	char ask_id[REL_CHALLENGE_SIZE];
	struct case_new items[KEEP_AT_ONCE];
	struct held held[KEEP_AT_ONCE];
	size_t count;
};

struct hold {
	struct hold_shared shared;
	struct spool_write *write;
	struct part **parts;
	size_t count;
	bool adrift;  /* the store is away: the spool alone */
	bool waiting; /* in several steps: all begins at the end */
	/* The soonest T_settle of its mailboxes: the courier, who looks then,
	 * lets releases and questions of the others wait for theirs. */
	int64_t settle;
};

static struct hold *
new_hold(const struct judge *j)
{
	struct hold *h = calloc(1, sizeof(*h));

	for (size_t i = 0; h != NULL && i < j->count; i++) {
		int64_t own = j->finals[i].options.v[OPTION_SETTLE];

		if (i == 0 || own < h->settle)
			h->settle = own;
	}
	return h;
}

static struct part *
new_part(struct hold *h, const char *domain, bool first)
{
	struct part **more = reallocarray(h->parts, h->count + 1,
	    sizeof(struct part *));
	struct part *p = calloc(1, sizeof(*p));

	if (more != NULL)
		h->parts = more;
	if (more == NULL || p == NULL) {
		free(p);
		return NULL;
	}
	p->domain = domain;
	p->first = first;
	challenge_init(&p->ask);
	challenge_new_id(p->ask_id);
	h->parts[h->count++] = p;
	return p;
}

/* The part of that domain that takes one more; NULL when out of memory. */
static struct part *
part_for(struct hold *h, const char *domain)
{
	bool first = true;

	for (size_t i = 0; i < h->count; i++) {
		if (strcmp(h->parts[i]->domain, domain) != 0)
			continue;
		first = false;
		if (h->parts[i]->count < KEEP_AT_ONCE)
			return h->parts[i];
	}
	return new_part(h, domain, first);
}

/* May this part's challenge cover this final?  One is for one identity of the
 * sender. */
static bool
covers(const struct part *p, const struct judge_final *f)
{
	return p->first && p->ask.count < CHALLENGE_RCPT_MAX &&
	    (p->ask.count == 0 || strcmp(p->ask.sid, f->sid) == 0);
}

static void
add_asked(const struct judge *j, struct part *p, struct judge_final *f)
{
	struct challenge *c = &p->ask;

	memcpy(f->relation.challenge, p->ask_id, sizeof(p->ask_id));
	c->sid = f->sid;
	c->org = f->proof.org;
	c->lang = hold_lang_of(f);
	c->local[c->count] = hold_local_of(j, f);
	c->typed[c->count] = j->session->rcpts[f->rcpt].envelope;
	c->count++;
}

static void
finish_challenge(const struct judge *j, const struct hold *h, struct part *p,
    int64_t expires_ms)
{
	p->ask.id = p->ask_id;
	p->ask.domain = p->domain;
	p->ask.rpath = h->shared.rpath;
	p->ask.client = h->shared.client;
	p->ask.node = j->session->app->settings->node;
	p->ask.message_id = h->shared.message_id;
	p->ask.references = h->shared.references;
	p->ask.arrival_ms = j->now_ms;
	if (expires_ms > p->ask.expires_ms)
		p->ask.expires_ms = expires_ms;
}

static void
guard_of(const struct judge *j, const struct judge_final *f,
    struct rel_guard *out)
{
	*out = (struct rel_guard){ .now_ms = j->now_ms,
		.quiet_ms = f->options.v[OPTION_QUIET],
		.asks_max = (int)f->options.v[OPTION_ASKS] };
}

static void
write_relation(struct judge_final *f, struct case_new *n)
{
	relation_pack(&f->relation, n->rel_new);
	n->sid = f->sid;
	n->rel_old = f->rel_present ? f->rel_packed : NULL;
}

/* Move the relation of a held final: asked, or silent. */
static void
move_relation(struct judge *j, const struct hold *h, struct part *p,
    struct judge_final *f)
{
	struct case_new *n = &p->items[p->count];
	enum rel_event ev = REL_EV_HELD_SILENT;
	struct rel_guard g;

	/* Outside the hosted domains nobody has relations. */
	if (f->transit || f->final->domain == NULL)
		return;
	guard_of(j, f, &g);
	if (f->fate.ask && covers(p, f))
		ev = REL_EV_HELD_ASK;
	else if (f->fate.reason == FATE_R_VIRUS)
		ev = REL_EV_HELD_VIRUS;
	if ((relation_apply(&f->relation, ev, &g, NULL, NULL) & REL_ACT_ASK) !=
	    0) {
		add_asked(j, p, f);
		finish_challenge(j, h, p,
		    j->now_ms + f->options.v[OPTION_HOLD]);
	}
	relation_add_item(&f->relation, f->id, n->item->size);
	write_relation(f, n);
}

static int
add_item(struct judge *j, struct hold *h, struct judge_final *f)
{
	struct part *p = part_for(h, judge_domain_of(j, f));
	struct case_new *n;
	struct held *item;

	if (p == NULL)
		return -ENOMEM;
	n = &p->items[p->count];
	item = &p->held[p->count];
	hold_item_fill(j, &h->shared, f, item);
	item->adrift = h->adrift;
	n->item = item;
	n->transit = f->transit;
	n->state_old = f->state_old[0] != '\0' ? f->state_old : NULL;
	n->file_old = f->file_old[0] != '\0' ? f->file_old : NULL;
	p->transit |= f->transit;
	if (!h->adrift) {
		move_relation(j, h, p, f);
		item->challenge = f->relation.challenge;
	}
	p->count++;
	return 0;
}

static int
item_json(const struct held *item, char **out)
{
	struct oct_str json;
	int rc;

	oct_str_heap(&json, HELD_JSON_MAX);
	rc = held_write(item, &json);
	*out = oct_str_take(&json);
	return rc != 0 ? rc : *out != NULL ? 0 : -ENOMEM;
}

/* --- The disk ------------------------------------------------------------------------ */

static int
write_message(struct judge *j, struct hold *h)
{
	int fd = -1;
	int rc = spool_write_begin(j->session->app->spool,
	    oct_msg_size(j->msg), &h->write, &fd);

	if (rc == 0)
		rc = oct_msg_write(j->msg, fd, NULL, NULL, NULL);
	if (rc == 0)
		rc = spool_write_sync(h->write);
	return rc;
}

static int
write_items(struct hold *h, const struct part *p)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		char *json = NULL;

		rc = item_json(&p->held[i], &json);
		if (rc == 0)
			rc = spool_item_add(h->write, p->held[i].id, json);
		free(json);
	}
	return rc;
}

/* All of them, or none: what fails here leaves nothing behind. */
static int
bring_to_disk(struct judge *j, struct hold *h)
{
	uint64_t noted = 0;
	int rc = write_message(j, h);

	if (rc == 0)
		noted = arrival_note(j);
	for (size_t i = 0; rc == 0 && i < h->count; i++)
		rc = write_items(h, h->parts[i]);
	if (rc == 0)
		rc = spool_write_commit(h->write);
	arrival_wait(j, noted);
	if (rc != 0 && h->write != NULL) {
		spool_write_abort(h->write);
		h->write = NULL;
	}
	return rc;
}

/* --- Preparing ----------------------------------------------------------------------- */

/* Something is kept of which the store was not asked: space, and what of it is
 * live, above all. */
static bool
is_unread(const struct judge *j)
{
	for (size_t i = 0; i < j->count; i++)
		if (hold_keeps(&j->finals[i]) && !j->finals[i].facts.store_known)
			return true;
	return false;
}

/* 0 go on, or why not. */
static int
look_first(struct judge *j, bool *adrift)
{
	int rc = OCT_EDOWN;

	*adrift = false;
	if (!is_unread(j))
		return 0;
	if (!j->store_away) {
		rc = judge_read_store(j);
		/* What was read may change the decision. */
		if (rc == 0)
			return OCT_ECONFLICT;
		if (!j->store_away)
			return rc;
		/* The reading emptied what is known: decided as it was. */
	}
	*adrift = judge_delivers(j);
	return *adrift ? 0 : rc;
}

static int
fill(struct judge *j, struct hold *h)
{
	int rc = hold_shared_init(j, &h->shared);
	bool any = false;

	for (size_t i = 0; rc == 0 && i < j->count; i++) {
		if (!hold_keeps(&j->finals[i]))
			continue;
		any = true;
		rc = add_item(j, h, &j->finals[i]);
	}
	if (rc == 0 && any)
		rc = bring_to_disk(j, h);
	h->waiting = h->count > 1;
	for (size_t i = 0; i < j->count; i++)
		h->waiting |= j->finals[i].waiting;
	return rc;
}

int
hold_prepare(struct judge *j, struct hold **out)
{
	struct hold *h;
	bool any = false, adrift = false;
	int rc = look_first(j, &adrift);

	*out = NULL;
	for (size_t i = 0; i < j->count; i++)
		any |= hold_keeps(&j->finals[i]) || j->finals[i].waiting;
	if (rc != 0 || !any)
		return rc;
	h = new_hold(j);
	if (h == NULL)
		return -ENOMEM;
	h->adrift = adrift;
	rc = fill(j, h);
	if (rc != 0) {
		hold_free(h);
		return rc;
	}
	*out = h;
	return 0;
}

/* Items that reached the spool stay there whatever the store said: a concurrent
 * twin may have registered the same name, and the courier sweeps what nobody
 * registered. */
void
hold_free(struct hold *h)
{
	if (h == NULL)
		return;
	if (h->write != NULL)
		spool_write_free(h->write);
	hold_shared_fini(&h->shared);
	for (size_t i = 0; i < h->count; i++)
		free(h->parts[i]);
	free(h->parts);
	free(h);
}

/* --- The store ----------------------------------------------------------------------- */

static int
register_part(struct judge *j, const struct hold *h, struct part *p)
{
	struct app *app = j->session->app;
	struct case_timers timers = app->timers;
	const struct challenge *ask = p->ask.count > 0 ? &p->ask : NULL;
	char *json[KEEP_AT_ONCE] = { NULL };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		if (p->items[i].item != NULL)
			rc = item_json(&p->held[i], &json[i]);
		p->items[i].json = json[i];
	}
	timers.settle = h->settle;
	if (rc == 0)
		rc = (h->waiting ? case_register_waiting : case_register)(
		    app->store, &timers, p->items, p->count, ask, j->now_ms);
	for (size_t i = 0; i < p->count; i++) {
		free(json[i]);
		p->items[i].json = NULL;
	}
	return rc;
}

/* What is released at once comes last: the less may fail behind it. */
static int
register_parts(struct judge *j, struct hold *h)
{
	int rc = 0;

	for (int transit = 0; transit <= 1; transit++)
		for (size_t i = 0; rc == 0 && i < h->count; i++)
			if (h->parts[i]->transit == (transit == 1))
				rc = register_part(j, h, h->parts[i]);
	return rc;
}

/* Duties that begin, collected. */
struct starts {
	struct judge *judge;
	int64_t settle; /* as of hold */
	struct case_start *list; /* CASE_BEGIN_MAX */
	size_t count;
	int rc;
};

static void
flush(struct starts *s)
{
	struct app *app = s->judge->session->app;

	if (s->rc == 0 && s->count > 0)
		s->rc = case_begin(app->store, app->settings->node, s->list,
		    s->count, s->judge->now_ms + s->settle);
	s->count = 0;
}

static void
start(struct starts *s, const struct case_start *one)
{
	if (s->count == CASE_BEGIN_MAX)
		flush(s);
	s->list[s->count++] = *one;
}

static void
start_part(struct starts *s, const struct part *p)
{
	struct case_start one = { .domain = p->domain };

	for (size_t i = 0; i < p->count; i++) {
		one.verb = p->items[i].transit ? "release" : "settle";
		one.id = p->held[i].id;
		start(s, &one);
	}
	one.verb = "challenge";
	one.id = p->ask_id;
	if (p->ask.count > 0)
		start(s, &one);
}

/* What an earlier try of this message left waiting: it is accepted now.  The
 * verb of its kind is not known here; the other one does nothing.  The node that
 * took it may be another: its spool has the message. */
static void
start_merged(struct starts *s, const struct judge_final *f)
{
	static const char *const verbs[] = { "settle", "release" };
	struct case_start one = { .domain = judge_domain_of(s->judge, f),
		.id = f->id, .node = f->node[0] != '\0' ? f->node : NULL };

	for (size_t i = 0; i < OCT_LEN(verbs); i++) {
		one.verb = verbs[i];
		start(s, &one);
	}
	one.verb = "challenge";
	one.id = f->relation.challenge;
	if (f->relation.state == REL_ASKED && f->relation.challenge[0] != '\0')
		start(s, &one);
}

/* One round trip for all, so that it happens for all or for none. */
static int
begin_all(struct judge *j, const struct hold *h)
{
	struct starts s = { .judge = j, .settle = h->settle };

	s.list = calloc(CASE_BEGIN_MAX, sizeof(*s.list));
	if (s.list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < h->count; i++)
		start_part(&s, h->parts[i]);
	for (size_t i = 0; i < j->count; i++)
		if (j->finals[i].waiting)
			start_merged(&s, &j->finals[i]);
	flush(&s);
	free(s.list);
	return s.rc;
}

int
hold_register(struct judge *j, struct hold *h)
{
	int rc;

	if (h->adrift) {
		oct_log(OCT_WARNING,
		    "%s: store=away effect=\"kept in the spool, decided when "
		    "Redis is back\"",
		    j->session->id);
		return 0;
	}
	rc = register_parts(j, h);
	return rc == 0 && h->waiting ? begin_all(j, h) : rc;
}

/* --- DEFER ---------------------------------------------------------------------------- */

static int
ask_one(struct judge *j, struct hold *h, struct judge_final *f)
{
	struct part *p = part_for(h, judge_domain_of(j, f));
	struct rel_guard g;
	struct case_new *n;

	if (p == NULL)
		return -ENOMEM;
	if (!covers(p, f))
		return 0; /* his next try is another message */
	guard_of(j, f, &g);
	if ((relation_apply(&f->relation, REL_EV_DEFERRED, &g, NULL, NULL) &
		REL_ACT_ASK) == 0)
		return 0;
	n = &p->items[p->count];
	n->domain = p->domain;
	n->local = hold_local_of(j, f);
	add_asked(j, p, f);
	finish_challenge(j, h, p, j->now_ms + f->options.v[OPTION_DEFER]);
	p->ask.deferred = true;
	write_relation(f, n);
	p->count++;
	return 0;
}

int
hold_ask_deferred(struct judge *j)
{
	struct hold *h = new_hold(j);
	int rc = h != NULL ? hold_shared_init(j, &h->shared) : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < j->count; i++)
		if (j->finals[i].fate.verdict == FATE_DEFER &&
		    j->finals[i].fate.ask)
			rc = ask_one(j, h, &j->finals[i]);
	for (size_t i = 0; rc == 0 && h != NULL && i < h->count; i++)
		if (h->parts[i]->count > 0)
			rc = register_part(j, h, h->parts[i]);
	hold_free(h);
	return rc;
}
