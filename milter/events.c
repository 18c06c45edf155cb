/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/events.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/err.h"
#include "lib/log.h"
#include "milter/actions.h"
#include "milter/judge.h"
#include "policy/event.h"
#include "policy/keys.h"

#define AT_ONCE 200
#define SYMBOLS_MAX 2000

struct events {
	struct store *store;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t came;
	char *queue[EVENTS_QUEUE];
	size_t first, count;
	uint64_t lost;
	bool losing, stop;
};

/* --- The thread --------------------------------------------------------------- */

static int
write_some(struct events *e, char *const *json, size_t count)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *pairs[] = { EVENT_FIELD, json[i] };

		store_txn_after_xadd(txn, KEY_EVENTS, KEY_EVENTS_MAX, pairs,
		    OCT_LEN(pairs));
	}
	if (rc == 0)
		rc = store_txn_commit(e->store, txn);
	store_txn_free(txn);
	return rc;
}

/* With the lock held: at most AT_ONCE of the queue. */
static size_t
take(struct events *e, char **out)
{
	size_t n = 0;

	for (; n < AT_ONCE && e->count > 0; n++) {
		out[n] = e->queue[e->first];
		e->first = (e->first + 1) % EVENTS_QUEUE;
		e->count--;
	}
	return n;
}

/* With the lock held. */
static void
note_loss(struct events *e, size_t lost, const char *why)
{
	e->lost += lost;
	if ((lost > 0) == e->losing)
		return;
	e->losing = lost > 0;
	if (e->losing)
		oct_log(OCT_WARNING,
		    "events=lost error=\"%s\" effect=\"octroictl explain does "
		    "not know these messages\"",
		    why);
	else
		oct_log(OCT_NOTICE, "events=written lost=%llu",
		    (unsigned long long)e->lost);
}

static void *
run(void *arg)
{
	struct events *e = arg;
	char *some[AT_ONCE];

	(void)pthread_mutex_lock(&e->lock);
	while (!e->stop || e->count > 0) {
		size_t n = take(e, some);
		int rc;

		if (n == 0) {
			(void)pthread_cond_wait(&e->came, &e->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&e->lock);
		rc = write_some(e, some, n);
		for (size_t i = 0; i < n; i++)
			free(some[i]);
		(void)pthread_mutex_lock(&e->lock);
		note_loss(e, rc == 0 ? 0 : n, oct_strerror(rc));
		/* A store that is away is not waited for at the end. */
		if (e->stop && rc != 0)
			break;
	}
	(void)pthread_mutex_unlock(&e->lock);
	return NULL;
}

int
events_new(struct store *store, struct events **out)
{
	struct events *e = calloc(1, sizeof(*e));
	int rc;

	if (e == NULL)
		return -ENOMEM;
	e->store = store;
	rc = pthread_mutex_init(&e->lock, NULL);
	if (rc == 0)
		rc = pthread_cond_init(&e->came, NULL);
	if (rc == 0)
		rc = pthread_create(&e->thread, NULL, run, e);
	if (rc != 0) {
		free(e);
		return -rc;
	}
	*out = e;
	return 0;
}

void
events_free(struct events *e)
{
	if (e == NULL)
		return;
	(void)pthread_mutex_lock(&e->lock);
	e->stop = true;
	(void)pthread_cond_signal(&e->came);
	(void)pthread_mutex_unlock(&e->lock);
	(void)pthread_join(e->thread, NULL);
	for (; e->count > 0; e->count--) {
		free(e->queue[e->first]);
		e->first = (e->first + 1) % EVENTS_QUEUE;
	}
	(void)pthread_cond_destroy(&e->came);
	(void)pthread_mutex_destroy(&e->lock);
	free(e);
}

void
events_put(struct events *e, char *json)
{
	if (e == NULL || json == NULL) {
		free(json);
		return;
	}
	(void)pthread_mutex_lock(&e->lock);
	if (e->count == EVENTS_QUEUE) {
		note_loss(e, 1, "the queue is full");
		free(json);
	} else {
		e->queue[(e->first + e->count) % EVENTS_QUEUE] = json;
		e->count++;
		(void)pthread_cond_signal(&e->came);
	}
	(void)pthread_mutex_unlock(&e->lock);
}

/* --- What is told ---------------------------------------------------------------- */

/* The texts of a message that all its finals share. */
struct shared {
	char rpath[OCT_ADDR_SIZE], from[OCT_ADDR_SIZE], client[OCT_IP_SIZE];
	struct oct_str symbols;
};

static void
fill_message(const struct judge *j, const struct shared *sh, struct event *e)
{
	const struct session *s = j->session;
	const struct evaluation *ev = j->ev;

	*e = (struct event){ .id = s->id,
		.node = s->app->settings->node,
		.rpath = sh->rpath,
		.from = sh->from,
		.client = sh->client,
		.direction = direction_name(s->direction),
		.spf = auth_result_name(ev->spf.result),
		.dkim = auth_result_name(ev->dkim.count > 0
			? ev->dkim.sig[0].result
			: AUTH_NONE),
		.dmarc = auth_result_name(ev->dmarc.result),
		.credit = ev->credited ? ev->credit : NULL,
		.lists = ev->lists,
		.symbols = oct_str_text(&sh->symbols),
		.virus = ev->virus.name,
		.score = ev->score.total,
		.time_ms = j->now_ms };
	if (j->reply.verdict == FATE_DELIVER)
		return;
	e->reply = fate_verdict_name(j->reply.verdict);
	e->reply_reason = fate_reason_name(j->reply.reason);
	e->reply_row = j->reply.row;
	e->code = j->reply.code;
}

static void
fill_final(const struct judge *j, const struct judge_final *f, struct event *e)
{
	e->rcpt = f->final->address;
	e->item = f->fate.verdict == FATE_HOLD || f->transit ? f->id : NULL;
	e->class = proof_class_name(f->proof.class);
	e->why = f->proof.why;
	e->override = actions_override(j, &f->fate);
	e->verdict = fate_verdict_name(f->fate.verdict);
	e->reason = fate_reason_name(f->fate.reason);
	e->row = f->fate.row;
	e->ask = f->fate.ask;
	e->transit = f->transit;
	e->score = f->score.total;
	if (f->symbols != NULL)
		e->symbols = f->symbols;
	e->thresholds = f->facts.thresholds;
	e->label = f->fate.label != LABEL_NONE ? fate_label_name(f->fate.label)
					       : NULL;
	e->would = f->fate.simulated ? fate_verdict_name(f->fate.would) : NULL;
	e->would_row = f->fate.simulated ? f->fate.would_row : 0;
}

void
events_note(const struct judge *j)
{
	const struct session *s = j->session;
	struct shared sh = { .from = "" };

	if (s->app->events == NULL || j->count == 0)
		return;
	oct_addr_text(&s->rpath, sh.rpath);
	if (j->ev->from_count > 0)
		oct_addr_text(&j->ev->from[0], sh.from);
	oct_ip_text(&s->client, sh.client);
	oct_str_heap(&sh.symbols, SYMBOLS_MAX);
	score_symbols_text(&j->ev->score, &s->app->env.weights, &sh.symbols);
	for (size_t i = 0; i < j->count; i++) {
		struct event e;

		fill_message(j, &sh, &e);
		fill_final(j, &j->finals[i], &e);
		events_put(s->app->events, event_write(&e));
	}
	oct_str_free(&sh.symbols);
}
