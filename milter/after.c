/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/after.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "milter/hold_item.h"
#include "policy/casework.h"
#include "policy/keys.h"
#include "policy/tally.h"

#define NAME_SIZE 48

static void
lost(const struct judge *j, const char *what, int rc)
{
	if (rc < 0)
		oct_log(OCT_DEBUG, "%s: after=lost what=%s error=\"%s\"",
		    j->session->id, what, oct_strerror(rc));
}

/* --- Doors and relations that were used ------------------------------------------ */

static void
sender_of(const struct judge_final *f, struct case_sender *out)
{
	*out = (struct case_sender){ .domain = f->final->domain->name,
		.local = f->final->mailbox->local, .sid = f->sid };
}

/* One who was only written to is forgotten sooner (challenge.md 5, T_allow). */
static const char *
origin_of(const struct judge_final *f)
{
	struct case_grant g;

	return f->match.which != SIZE_MAX &&
		case_grant_parse(f->match.packed, &g) == 0 &&
		strcmp(g.origin, GRANT_SENT) == 0
	    ? "outbound"
	    : "grant";
}

/* The first message that matches a grant, proven: its signer is the one meant,
 * and the relation is made (challenge.md 1).  Of class T only From was proven,
 * and the identity is that of all who use that path from that network: but for
 * an owner's act it is never allowed. */
static void
make_relation(struct judge *j, const struct judge_final *f)
{
	struct app *app = j->session->app;
	enum case_outcome outcome;
	struct case_sender who;

	if (f->proof.class != PROOF_A && f->proof.class != PROOF_F)
		return;
	sender_of(f, &who);
	lost(j, "relation",
	    case_judge(app->store, &app->timers, &who, REL_EV_ALLOWED,
		origin_of(f), j->now_ms, &outcome));
}

static void
bind_grant(struct judge *j, const struct judge_final *f)
{
	const struct facts_match *m = &f->match;
	struct store_txn *txn = NULL;
	struct facts_who *who = NULL;
	int rc;

	if (m->which == SIZE_MAX || m->bound || f->proof.org[0] == '\0')
		return;
	rc = facts_who(j->ev, &j->session->rpath, &who);
	if (rc == 0)
		rc = store_txn_new(&txn);
	if (rc == 0) {
		grant_bind(txn, f->final->domain->name,
		    m->whole_domain ? "@" : f->final->mailbox->local,
		    who->list[m->which], m->packed, j->ev->from_org);
		rc = store_txn_commit(j->session->app->store, txn);
	}
	store_txn_free(txn);
	free(who);
	lost(j, "grant", rc == OCT_ECONFLICT ? 0 : rc);
}

static void
use_allowance(struct judge *j, const struct judge_final *f)
{
	struct case_sender who;

	if (f->relation.state == REL_ALLOWED && f->rel_present) {
		sender_of(f, &who);
		lost(j, "use",
		    case_used(j->session->app->store, &who, f->rel_packed,
			j->now_ms));
	} else if (f->facts.granted && f->facts.relation != REL_ALLOWED) {
		bind_grant(j, f);
		make_relation(j, f);
	}
}

/* A pass is for a domain: a message uses it once, whomever it goes to there. */
static bool
first_by_pass(const struct judge *j, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (j->finals[i].fate.reason == FATE_R_PASS &&
		    j->finals[i].final->domain == j->finals[at].final->domain)
			return false;
	return true;
}

static void
use_door(struct judge *j, size_t at)
{
	struct judge_final *f = &j->finals[at];
	struct store *s = j->session->app->store;
	const char *domain, *local;

	if (f->final->domain == NULL || f->fate.verdict != FATE_DELIVER)
		return;
	domain = f->final->domain->name;
	local = f->final->mailbox->local;
	if (f->fate.reason == FATE_R_ALLOWED && f->facts.store_known)
		use_allowance(j, f);
	if (f->fate.reason == FATE_R_ANSWER)
		lost(j, "answer",
		    sent_use(s, f->doors.sent, f->doors.answer, domain, local));
	if (f->fate.reason == FATE_R_EXPECTED) {
		lost(j, "expected",
		    expect_use(s, domain, local, f->doors.expected));
		make_relation(j, f);
	}
	if (f->fate.reason == FATE_R_PASS && first_by_pass(j, at))
		lost(j, "pass",
		    pass_use(s, domain, f->doors.pass_hash, j->now_ms));
}

/* --- Counters ----------------------------------------------------------------------- */

/* What is counted of a final, "" = nothing. */
static void
name_of(const struct judge *j, const struct judge_final *f,
    char out[NAME_SIZE])
{
	const struct fate *t = &f->fate;

	out[0] = '\0';
	if (t->reason == FATE_R_VIRUS)
		(void)snprintf(out, NAME_SIZE, "virus");
	else if (j->reply.link)
		(void)snprintf(out, NAME_SIZE, "refuse-link");
	else if (j->reply.verdict == FATE_DEFER &&
	    j->reply.reason == FATE_R_FIRST_CONTACT)
		(void)snprintf(out, NAME_SIZE, "defer-%s",
		    t->ask ? "ask" : "again");
	else if (j->reply.verdict != FATE_DELIVER)
		return;
	else if (t->verdict == FATE_DROP)
		(void)snprintf(out, NAME_SIZE, "drop");
	else if (t->simulated)
		(void)snprintf(out, NAME_SIZE, "simulate-%d-%s%s",
		    t->would_row, fate_verdict_name(t->would),
		    t->would_ask ? "-ask" : "");
	else if (t->verdict == FATE_DELIVER && t->label == LABEL_BYPASS)
		(void)snprintf(out, NAME_SIZE, "bypass");
}

/* The first sight of a message that DNS could not judge (row 11). */
static bool
is_first_sight(const struct judge *j, const struct judge_final *f)
{
	return j->reply.verdict == FATE_DEFER &&
	    j->reply.reason == FATE_R_UNDECIDED && f->doors.first >= 0 &&
	    f->facts.t_since_ms == 0;
}

static void
add_first_sight(struct judge *j, const struct judge_final *f,
    struct store_txn *txn)
{
	char key[KEY_SIZE], now[24];

	(void)snprintf(now, sizeof(now), "%lld", (long long)j->now_ms);
	store_txn_set(txn,
	    key_tempfirst(key, f->final->domain->name, f->doors.first_hash),
	    now, KEY_TTL_TFIRST_MS);
}

/* Add what is to be written of a final; false: nothing. */
static bool
add_final(struct judge *j, const struct judge_final *f, struct store_txn *txn)
{
	char name[NAME_SIZE];

	name_of(j, f, name);
	if (*name != '\0')
		tally_count(txn, f->final->domain->name, j->now_ms, name);
	if (is_first_sight(j, f))
		add_first_sight(j, f, txn);
	return *name != '\0' || is_first_sight(j, f);
}

static bool
opens_domain(const struct judge *j, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (j->finals[i].final->domain == j->finals[at].final->domain)
			return false;
	return true;
}

/* One transaction for the domain that final `first` opens. */
static void
count_domain(struct judge *j, size_t first)
{
	const struct dir_domain *d = j->finals[first].final->domain;
	struct store_txn *txn = NULL;
	bool any = false;
	int rc = store_txn_new(&txn);

	for (size_t i = first; rc == 0 && i < j->count; i++)
		if (j->finals[i].final->domain == d)
			any |= add_final(j, &j->finals[i], txn);
	if (rc == 0 && any)
		rc = store_txn_commit(j->session->app->store, txn);
	store_txn_free(txn);
	lost(j, "count", rc);
}

void
after_verdict(struct judge *j)
{
	if (!decide_is_checked(j->session->direction))
		return;
	for (size_t i = 0; i < j->count; i++)
		if (j->finals[i].final->domain != NULL && opens_domain(j, i))
			count_domain(j, i);
	for (size_t i = 0;
	     j->reply.verdict == FATE_DELIVER && i < j->count; i++)
		use_door(j, i);
}
