/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/hold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "milter/actions.h"
#include "milter/facts.h"
#include "policy/keys.h"

#define TRACE_MAX 12288
#define SUBJECT_MAX 512

/* Held items of one mailbox; beyond, 452 (challenge.md 5). */
#define MAILBOX_ITEMS_MAX 500

/* Finals read in one round trip, and items registered in one transaction: well
 * inside the bounds of store.h. */
#define READ_AT_ONCE 400
#define KEEP_AT_ONCE 80

/* Under whose name this final is held: an external one belongs to the domain of
 * its alias. */
static const char *
domain_of(const struct judge *j, const struct judge_final *f)
{
	return f->final->domain != NULL
	    ? f->final->domain->name
	    : j->session->rcpts[f->rcpt].addr.domain;
}

/* --- Reading: a round trip for all finals, but for mailings -------------------- */

/* Slots of one final's reads. */
struct slots {
	struct facts_reads facts;
	int item, index;
};

static int
add_reads(const struct judge *j, const struct facts_who *w,
    const struct judge_final *f, struct store_batch *b, struct slots *at)
{
	static const char *const fields[] = { "state", "file" };
	const char *domain = domain_of(j, f);
	char key[KEY_SIZE];
	int rc = 0;

	at->index = -1;
	at->item = store_batch_hmget(b, key_held(key, domain, f->id), fields,
	    OCT_LEN(fields));
	if (at->item < 0)
		return OCT_ELIMIT;
	if (f->final->domain == NULL)
		return 0;
	rc = facts_ask(w, domain, f->final->mailbox->local, f->sid, b,
	    &at->facts);
	if (rc != 0)
		return rc;
	at->index = store_batch_zcard(b,
	    key_held_index(key, domain, f->final->mailbox->local));
	return at->index < 0 ? OCT_ELIMIT : 0;
}

static const char *
text_at(const struct store_batch *b, int slot, size_t i)
{
	return slot < 0 ? NULL : store_batch_value(b, slot, i)->data;
}

/* What is known of an item of this very message. */
static void
apply_item(struct judge_final *f, const struct store_batch *b, int slot)
{
	const char *state = text_at(b, slot, 0), *file = text_at(b, slot, 1);
	enum held_state hs;

	f->state_old[0] = f->file_old[0] = '\0';
	f->merged = false;
	if (state == NULL || held_state_parse(state, &hs) != 0)
		return;
	f->merged = held_is_live(hs);
	memcpy(f->state_old, held_state_name(hs),
	    strlen(held_state_name(hs)) + 1);
	/* While its message goes away it is left out: registering conflicts,
	 * and a little later it is gone. */
	if (file != NULL && case_is_gone(file) &&
	    strlen(file) < sizeof(f->file_old))
		memcpy(f->file_old, file, strlen(file) + 1);
}

static void
apply_reads(struct judge *j, const struct facts_who *w, struct judge_final *f,
    const struct store_batch *b, const struct slots *at)
{
	const char *held = text_at(b, at->index, 0);
	struct facts_relation rel;
	int64_t waiting;

	apply_item(f, b, at->item);
	if (f->final->domain == NULL)
		return;

	facts_read(w, f->proof.from_proven, b, &at->facts,
	    &j->session->app->timers, j->now_ms, &rel, &f->facts);
	f->relation = rel.relation;
	f->rel_present = rel.present;
	if (rel.present)
		memcpy(f->rel_packed, rel.packed, sizeof(f->rel_packed));
	if (held == NULL || oct_num_int(held, 0, INT64_MAX, &waiting) != 0)
		waiting = 0;
	f->facts.has_room = f->merged ||
	    (waiting < MAILBOX_ITEMS_MAX &&
		relation_has_room(&f->relation,
		    (int64_t)oct_msg_size(j->msg)));
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
		(void)snprintf(rcpt, sizeof(rcpt), "%s|%s", domain_of(j, f),
		    f->final->address);
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
	struct facts_who w;
	int rc = 0;

	facts_who(j->ev, &j->session->rpath, &w);
	for (size_t i = 0; rc == 0 && i < j->count; i += READ_AT_ONCE) {
		size_t left = j->count - i;

		rc = read_some(j, &w, b, i,
		    i + (left < READ_AT_ONCE ? left : READ_AT_ONCE));
	}
	return rc;
}

int
judge_read_store(struct judge *j)
{
	struct store_batch *b = NULL;
	int rc;

	for (size_t i = 0; i < j->count; i++)
		j->finals[i].facts.store_known = false;
	rc = name_items(j);
	if (rc == 0)
		rc = store_batch_new(&b);
	if (rc == 0)
		rc = read_all(j, b);
	store_batch_free(b);
	return rc;
}

/* --- Writing: the spool, then the store ------------------------------------------- */

static bool
must_keep(const struct judge_final *f)
{
	return (f->fate.verdict == FATE_HOLD || f->transit) && !f->merged;
}

/* Our trace: what the release puts before the message (challenge.md 4). */
static int
build_trace(struct judge *j, struct oct_str *out)
{
	struct session *s = j->session;
	char client[OCT_IP_SIZE], date[OCT_CLOCK_RFC5322_SIZE];
	char helo[256];
	size_t n = 0;
	int rc;

	oct_ip_text(&s->client, client);
	oct_clock_rfc5322(j->now_ms, date);
	for (const char *p = s->helo; *p != '\0' && n < sizeof(helo) - 1; p++)
		helo[n++] = (*p > 0x20 && *p < 0x7f && strchr("()<>\\\"", *p) ==
				NULL)
		    ? *p
		    : '?';
	helo[n] = '\0';
	oct_str_addf(out,
	    "Received: from %s ([%s%s])\r\n\tby %s with ESMTP id %s;\r\n"
	    "\t%s\r\n",
	    n > 0 ? helo : "unknown",
	    s->client.family == AF_INET6 ? "IPv6:" : "", client,
	    s->app->settings->hostname, s->id[0] != '\0' ? s->id : "none",
	    date);
	oct_str_add(out, "Authentication-Results: ");
	rc = actions_results(j, out);
	oct_str_add(out, "\r\n");
	return rc;
}

/* actions_results folds with LF; a stored line ends in CRLF. */
static int
crlf(const char *text, struct oct_str *out)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\n' && (p == text || p[-1] != '\r'))
			oct_str_addc(out, '\r');
		oct_str_addc(out, *p);
	}
	return oct_str_err(out);
}

/* Everything that the items of one message share. */
struct shared {
	char *trace, *symbols;
	char rpath[OCT_ADDR_SIZE], client[OCT_IP_SIZE], from[OCT_ADDR_SIZE];
	char subject[SUBJECT_MAX], message_id[1000], references[4000];
};

static void
short_value(const struct oct_msg *m, const char *name, char *out, size_t len)
{
	if (oct_msg_value(m, name, out, len) < 0)
		*out = '\0'; /* too long to be shown or quoted */
}

static int
build_shared(struct judge *j, struct shared *sh)
{
	struct session *s = j->session;
	struct oct_str raw, trace, symbols;
	struct oct_addr folded;
	int rc;

	memset(sh, 0, sizeof(*sh));
	oct_addr_text(&s->rpath, sh->rpath);
	oct_ip_text(&s->client, sh->client);
	if (j->ev->from_count > 0) {
		oct_addr_fold(&j->ev->from[0], '\0', &folded);
		oct_addr_text(&folded, sh->from);
	}
	short_value(j->msg, "Subject", sh->subject, sizeof(sh->subject));
	short_value(j->msg, "Message-ID", sh->message_id,
	    sizeof(sh->message_id));
	short_value(j->msg, "References", sh->references,
	    sizeof(sh->references));
	oct_str_heap(&raw, TRACE_MAX);
	oct_str_heap(&trace, TRACE_MAX + 1024);
	oct_str_heap(&symbols, 4000);
	rc = build_trace(j, &raw);
	if (rc == 0)
		rc = crlf(oct_str_text(&raw), &trace);
	score_symbols_text(&j->ev->score, &s->app->env.weights, &symbols);
	oct_str_free(&raw);
	sh->trace = oct_str_take(&trace);
	sh->symbols = oct_str_take(&symbols);
	if (rc == 0 && (sh->trace == NULL || sh->symbols == NULL))
		rc = -ENOMEM;
	return rc;
}

static void
shared_fini(struct shared *sh)
{
	free(sh->trace);
	free(sh->symbols);
}

static const char *
lang_of(const struct judge_final *f)
{
	if (f->final->domain == NULL)
		return "fr";
	return dir_lang_of(f->final->domain, f->final->mailbox) == DIR_LANG_EN
	    ? "en"
	    : "fr";
}

static void
fill_item(struct judge *j, const struct shared *sh, struct judge_final *f,
    struct held *h)
{
	struct session *s = j->session;
	const struct rcpt *r = &s->rcpts[f->rcpt];
	enum fate_reason reason = f->transit ? FATE_R_TRANSIT : f->fate.reason;

	held_init(h);
	h->id = f->id;
	h->domain = domain_of(j, f);
	h->local = f->final->mailbox != NULL ? f->final->mailbox->local
					     : r->addr.local;
	h->rcpt = f->final->address;
	h->typed = r->envelope;
	h->rpath = sh->rpath;
	h->mail_params = s->mail_params;
	h->rcpt_params = r->params;
	h->from = sh->from;
	h->subject = sh->subject;
	h->message_id = sh->message_id;
	h->references = sh->references;
	h->class = proof_class_name(f->proof.class);
	h->sid = f->transit || f->final->domain == NULL ? "" : f->sid;
	h->reason = fate_reason_name(reason);
	h->symbols = sh->symbols;
	h->client = sh->client;
	h->helo = s->helo;
	h->queue_id = s->id;
	h->node = s->app->settings->node;
	h->trace = sh->trace;
	h->lang = lang_of(f);
	h->score = j->ev->score.total;
	h->arrival_ms = j->now_ms;
	h->size = (int64_t)oct_msg_size(j->msg);
	h->expires_ms = j->now_ms +
	    case_hold_ms(&s->app->timers, reason, f->fate.ask);
}

/* --- One hosted domain: its items and its challenge -------------------------------- */

struct domain_case {
	const char *name;
	bool may_ask;
	struct challenge ask;
	char ask_id[REL_CHALLENGE_SIZE];
	struct case_new *items;
	struct held *held;
	char **json;
	size_t count;
};

static void
domain_case_fini(struct domain_case *d)
{
	for (size_t i = 0; d->json != NULL && i < d->count; i++)
		free(d->json[i]);
	free(d->json);
	free(d->held);
	free(d->items);
}

/* Move the relation of a held final: asked, or silent. */
static void
move_relation(struct judge *j, struct domain_case *d, struct judge_final *f,
    struct case_new *n)
{
	const struct case_timers *t = &j->session->app->timers;
	struct rel_guard g = { .now_ms = j->now_ms, .quiet_ms = t->quiet,
		.asks_max = t->asks_max };
	/* One challenge is for one identity of the sender. */
	bool ask = f->fate.ask && d->may_ask &&
	    d->ask.count < CHALLENGE_RCPT_MAX &&
	    (d->ask.count == 0 || strcmp(d->ask.sid, f->sid) == 0);
	unsigned int actions;

	/* Outside the hosted domains nobody has relations. */
	if (f->transit || f->final->domain == NULL)
		return;
	actions = relation_apply(&f->relation,
	    ask ? REL_EV_HELD_ASK : REL_EV_HELD_SILENT, &g, NULL, NULL);
	if ((actions & REL_ACT_ASK) != 0) {
		memcpy(f->relation.challenge, d->ask_id, sizeof(d->ask_id));
		d->ask.sid = f->sid;
		d->ask.lang = n->item->lang;
		d->ask.local[d->ask.count] = n->item->local;
		d->ask.typed[d->ask.count] = n->item->typed;
		d->ask.count++;
	}
	relation_add_item(&f->relation, f->id, n->item->size);
	relation_pack(&f->relation, n->rel_new);
	n->sid = f->sid;
	n->rel_old = f->rel_present ? f->rel_packed : NULL;
}

static int
add_item(struct judge *j, const struct shared *sh, struct domain_case *d,
    struct judge_final *f)
{
	struct case_new *n = &d->items[d->count];
	struct held *h = &d->held[d->count];
	struct oct_str json;
	int rc;

	fill_item(j, sh, f, h);
	n->item = h;
	n->transit = f->transit;
	n->state_old = f->state_old[0] != '\0' ? f->state_old : NULL;
	n->file_old = f->file_old[0] != '\0' ? f->file_old : NULL;
	move_relation(j, d, f, n);
	h->challenge = f->relation.challenge;
	oct_str_heap(&json, HELD_JSON_MAX);
	rc = held_write(h, &json);
	d->json[d->count] = oct_str_take(&json);
	n->json = d->json[d->count];
	d->count++;
	return rc != 0 ? rc : n->json != NULL ? 0 : -ENOMEM;
}

static void
finish_challenge(struct judge *j, struct domain_case *d)
{
	const struct held *h = &d->held[0];

	d->ask.id = d->ask_id;
	d->ask.domain = d->name;
	d->ask.rpath = h->rpath;
	d->ask.node = h->node;
	d->ask.message_id = h->message_id;
	d->ask.references = h->references;
	d->ask.arrival_ms = j->now_ms;
	d->ask.expires_ms = j->now_ms + j->session->app->timers.hold;
}

static int
domain_case_init(struct domain_case *d, const char *name, bool may_ask)
{
	memset(d, 0, sizeof(*d));
	d->name = name;
	d->may_ask = may_ask;
	challenge_init(&d->ask);
	challenge_new_id(d->ask_id);
	d->items = calloc(KEEP_AT_ONCE, sizeof(*d->items));
	d->held = calloc(KEEP_AT_ONCE, sizeof(*d->held));
	d->json = calloc(KEEP_AT_ONCE, sizeof(*d->json));
	return d->items != NULL && d->held != NULL && d->json != NULL
	    ? 0
	    : -ENOMEM;
}

/* The next finals, from *at on, of the domain that must be kept; *at is moved
 * behind them. */
static int
collect_domain(struct judge *j, const struct shared *sh, size_t *at,
    struct domain_case *d)
{
	int rc = 0;

	for (; rc == 0 && *at < j->count && d->count < KEEP_AT_ONCE; ++*at)
		if (must_keep(&j->finals[*at]) &&
		    strcmp(domain_of(j, &j->finals[*at]), d->name) == 0)
			rc = add_item(j, sh, d, &j->finals[*at]);
	if (rc == 0 && d->count > 0)
		finish_challenge(j, d);
	return rc;
}

static int
write_message(struct judge *j, struct spool_write **out)
{
	struct spool_write *w = NULL;
	int fd = -1;
	int rc = spool_write_begin(j->session->app->spool,
	    oct_msg_size(j->msg), &w, &fd);

	if (rc != 0)
		return rc;
	rc = oct_msg_write(j->msg, fd, NULL, NULL, NULL);
	if (rc == 0)
		rc = spool_write_sync(w);
	if (rc != 0) {
		spool_write_abort(w);
		return rc;
	}
	*out = w;
	return 0;
}

static int
keep_some(struct judge *j, struct spool_write *w, struct domain_case *d)
{
	struct app *app = j->session->app;
	int rc = 0;

	if (d->count == 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < d->count; i++)
		rc = spool_item_add(w, d->held[i].id, d->json[i]);
	if (rc == 0)
		rc = spool_write_commit(w);
	if (rc != 0)
		return rc;
	return case_register(app->store, &app->timers, d->items, d->count,
	    d->ask.count > 0 ? &d->ask : NULL, j->now_ms);
}

/* Is this final the first of its domain among those to keep? */
static bool
opens_domain(const struct judge *j, size_t at)
{
	const char *name = domain_of(j, &j->finals[at]);

	for (size_t i = 0; i < at; i++)
		if (must_keep(&j->finals[i]) &&
		    strcmp(domain_of(j, &j->finals[i]), name) == 0)
			return false;
	return true;
}

/*
 * The domain that final `first` opens, in one transaction, or in several for a
 * mailing: if a later one fails, what the earlier ones registered merges when
 * the sender comes again.  Only the first asks: one message, one challenge.
 */
static int
keep_domain(struct judge *j, const struct shared *sh, struct spool_write *w,
    size_t first)
{
	const char *name = domain_of(j, &j->finals[first]);
	size_t at = first;
	int rc = 0;

	while (rc == 0 && at < j->count) {
		struct domain_case d;

		rc = domain_case_init(&d, name, at == first);
		if (rc == 0)
			rc = collect_domain(j, sh, &at, &d);
		if (rc == 0)
			rc = keep_some(j, w, &d);
		domain_case_fini(&d);
	}
	return rc;
}

static int
keep_all(struct judge *j, const struct shared *sh, struct spool_write *w)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < j->count; i++)
		if (must_keep(&j->finals[i]) && opens_domain(j, i))
			rc = keep_domain(j, sh, w, i);
	return rc;
}

int
hold_message(struct judge *j)
{
	struct spool_write *w = NULL;
	struct shared sh;
	bool any = false, named = true;
	int rc;

	for (size_t i = 0; i < j->count; i++) {
		any |= must_keep(&j->finals[i]);
		named &= j->finals[i].id[0] != '\0';
	}
	if (!any)
		return 0;
	/* Decided without the store: the items have no names yet, and what of
	 * them is live is not known. */
	if (!named) {
		rc = judge_read_store(j);
		/* What was read, space above all, may change the decision. */
		return rc != 0 ? rc : OCT_ECONFLICT;
	}
	rc = build_shared(j, &sh);
	if (rc == 0)
		rc = write_message(j, &w);
	if (rc == 0)
		rc = keep_all(j, &sh, w);
	/* Items that reached the spool stay there whatever the store said: a
	 * concurrent twin may have registered the same name, and the courier
	 * sweeps what nobody registered. */
	spool_write_free(w);
	shared_fini(&sh);
	return rc;
}
