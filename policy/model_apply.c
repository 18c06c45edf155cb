/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the changes of a plan.  A unit is what one transaction changes: a
 * domain with its entries, a tenant, a plan, a price list.  What a fingerprint
 * stands for is kept while it is applied, unit by unit, so that the rest can be
 * done after a failure: what is still to be changed must be what was shown.
 */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/allowance.h"
#include "policy/directory_private.h"
#include "policy/keys.h"
#include "policy/model.h"

#define FIELD "v"
#define TRIES_MAX 10
#define SUM_OCTETS 16
#define KEPT_MS 86400000LL /* how long an apply can be taken up again */

struct unit {
	const struct model_change *changes;
	size_t count;
	char name[OCT_ADDR_SIZE + 16]; /* "domain ville.fr" */
	char sum[MODEL_FINGERPRINT_SIZE];
};

struct apply {
	struct store *store;
	const struct model_plan *plan;
	const char *fingerprint, *actor;
	char *problem;
	struct store_batch *batch;
	struct store_txn *txn;
	json_t *shown; /* unit -> sum, as it was shown */
	struct allowance_turns *turns;
};

/* --- Units and their sums ------------------------------------------------ */

static bool
is_of_domain(const struct model_change *c)
{
	return *c->item.domain != '\0';
}

/* The unit that begins at a change. */
static void
find_unit(const struct model_plan *p, size_t at, struct unit *out)
{
	const struct model_change *first = &p->changes[at];
	size_t n = 1;

	while (is_of_domain(first) && at + n < p->count &&
	       strcmp(first[n].item.domain, first->item.domain) == 0)
		n++;
	out->changes = first;
	out->count = n;
	(void)snprintf(out->name, sizeof(out->name), "%s %s",
	    is_of_domain(first) ? "domain" : dir_kind_name(first->item.kind),
	    is_of_domain(first) ? first->item.domain : first->item.name);
}

/* With its NUL, so that no two lists of texts are one text. */
static void
sum_text(crypto_generichash_state *sum, const char *text)
{
	text = text != NULL ? text : "\x01";
	(void)crypto_generichash_update(
	    sum, (const unsigned char *)text, strlen(text) + 1);
}

static void
end_sum(crypto_generichash_state *sum, char out[MODEL_FINGERPRINT_SIZE])
{
	unsigned char octets[SUM_OCTETS];

	(void)crypto_generichash_final(sum, octets, sizeof(octets));
	(void)sodium_bin2hex(
	    out, MODEL_FINGERPRINT_SIZE, octets, sizeof(octets));
}

static void
sum_unit(struct unit *u)
{
	crypto_generichash_state sum;

	(void)crypto_generichash_init(&sum, NULL, 0, SUM_OCTETS);
	for (size_t i = 0; i < u->count; i++) {
		const struct model_change *c = &u->changes[i];

		sum_text(&sum, dir_kind_name(c->item.kind));
		sum_text(&sum, c->item.domain);
		sum_text(&sum, c->item.name);
		sum_text(&sum, c->before);
		sum_text(&sum, c->item.json);
	}
	end_sum(&sum, u->sum);
}

void
model_fingerprint(const struct model_plan *p, char out[MODEL_FINGERPRINT_SIZE])
{
	crypto_generichash_state sum;
	struct unit u;

	(void)crypto_generichash_init(&sum, NULL, 0, SUM_OCTETS);
	for (size_t i = 0; i < p->count; i += u.count) {
		find_unit(p, i, &u);
		sum_unit(&u);
		sum_text(&sum, u.name);
		sum_text(&sum, u.sum);
	}
	end_sum(&sum, out);
}

/* --- What was shown ------------------------------------------------------ */

static int
moved(const struct apply *a, const char *what)
{
	(void)snprintf(a->problem, MODEL_PROBLEM_SIZE,
	    "the state has moved since the plan %.32s was shown (%.300s): "
	    "plan again",
	    a->fingerprint, what);
	return OCT_ECONFLICT;
}

static int
keep_shown(struct apply *a)
{
	char key[KEY_SIZE], *text;
	struct unit u;

	for (size_t i = 0; i < a->plan->count; i += u.count) {
		find_unit(a->plan, i, &u);
		sum_unit(&u);
		if (json_object_set_new(
			a->shown, u.name, json_string(u.sum)) != 0)
			return -ENOMEM;
	}
	text = json_dumps(a->shown, JSON_COMPACT);
	if (text == NULL)
		return -ENOMEM;
	store_txn_clear(a->txn);
	store_txn_set(a->txn, key_apply(key, a->fingerprint), text, KEPT_MS);
	free(text);
	return store_txn_commit(a->store, a->txn);
}

static int
take_shown(struct apply *a)
{
	const struct store_value *v;
	char key[KEY_SIZE];
	int rc;

	store_batch_clear(a->batch);
	rc = store_batch_get(a->batch, key_apply(key, a->fingerprint));
	if (rc >= 0)
		rc = store_batch_run(a->store, a->batch);
	if (rc != 0)
		return rc;
	v = store_batch_value(a->batch, 0, 0);
	if (v == NULL || v->data == NULL)
		return moved(a, "it is not the plan of now");
	json_decref(a->shown);
	a->shown = dir_object(v->data);
	return a->shown != NULL ? 0 : OCT_EREPLY;
}

/* All that is still to do was shown. */
static int
check_shown(const struct apply *a)
{
	struct unit u;

	for (size_t i = 0; i < a->plan->count; i += u.count) {
		const char *sum;

		find_unit(a->plan, i, &u);
		sum_unit(&u);
		sum = json_string_value(json_object_get(a->shown, u.name));
		if (sum == NULL || strcmp(sum, u.sum) != 0)
			return moved(a, u.name);
	}
	return 0;
}

static int
agree(struct apply *a)
{
	char now[MODEL_FINGERPRINT_SIZE];
	int rc;

	model_fingerprint(a->plan, now);
	if (strcmp(now, a->fingerprint) == 0)
		return a->plan->count > 0 ? keep_shown(a) : 0;
	rc = take_shown(a);
	return rc == 0 ? check_shown(a) : rc;
}

/* --- One unit ------------------------------------------------------------ */

/* Where an entry is kept: its key and field. */
static const char *
place(const struct model_item *i, char key[KEY_SIZE], const char **field)
{
	*field = i->name;
	switch (i->kind) {
	case DIR_KIND_MAILBOX:
		return key_mailboxes(key, i->domain);
	case DIR_KIND_ALIAS:
		return key_aliases(key, i->domain);
	case DIR_KIND_LEGACY:
		return key_legacy(key, i->domain);
	case DIR_KIND_PLAN:
		return KEY_PLANS;
	case DIR_KIND_PRICE:
		return KEY_PRICES;
	case DIR_KIND_TENANT:
		*field = FIELD;
		return key_tenant(key, i->name);
	case DIR_KIND_DOMAIN:
		break;
	}
	*field = FIELD;
	return key_domain(key, i->domain);
}

/* Slots of the batch: what each change finds, then the domain. */
static int
read_unit(struct apply *a, const struct unit *u, size_t from, size_t n)
{
	char key[KEY_SIZE];
	const char *field, *at;
	int rc = 0;

	store_batch_clear(a->batch);
	for (size_t i = from; rc >= 0 && i < from + n; i++) {
		at = place(&u->changes[i].item, key, &field);
		rc = store_batch_hget(a->batch, at, field);
	}
	if (rc >= 0)
		rc = store_batch_run(a->store, a->batch);
	return rc < 0 ? rc : 0;
}

/* 0: what is stored is what the plan has seen. */
static int
check_before(
    const struct apply *a, const struct unit *u, size_t i, const char *raw)
{
	struct dir_reading r = {.lenient = true};
	const struct model_change *c = &u->changes[i];
	const struct dir_named named = {c->item.domain, c->item.name};
	struct oct_str json;
	bool same;
	int rc;

	if (raw == NULL || c->before == NULL)
		return raw == NULL && c->before == NULL ? 0
							: moved(a, u->name);
	oct_str_heap(&json, DIR_ENTRY_MAX);
	rc = dir_canonical(&r, c->item.kind, &named, raw, &json);
	same = rc == 0 && strcmp(oct_str_text(&json), c->before) == 0;
	oct_str_free(&json);
	if (rc == -ENOMEM)
		return rc;
	return same ? 0 : moved(a, u->name);
}

static const char *
verb_name(enum model_verb verb)
{
	switch (verb) {
	case MODEL_ADD:
		return "add";
	case MODEL_CHANGE:
		return "set";
	case MODEL_CLOSE:
		return "close";
	case MODEL_REOPEN:
		break;
	}
	return "reopen";
}

static int
write_change(struct apply *a, const struct unit *u, size_t i, const char *raw)
{
	const struct model_change *c = &u->changes[i];
	const struct dir_event e = {.actor = a->actor,
	    .action = verb_name(c->verb),
	    .kind = c->item.kind,
	    .domain = is_of_domain(c) ? c->item.domain : NULL,
	    .name = c->item.name,
	    .before = c->before,
	    .after = c->item.json};
	char key[KEY_SIZE];
	const char *field, *at = place(&c->item, key, &field);

	store_txn_expect_field(a->txn, at, field, raw);
	store_txn_hset(a->txn, at, field, c->item.json);
	/* A name is either a mailbox or an alias. */
	if (c->verb == MODEL_ADD && c->item.kind == DIR_KIND_MAILBOX)
		store_txn_expect_field(a->txn,
		    key_aliases(key, c->item.domain), field, NULL);
	if (c->verb == MODEL_ADD && c->item.kind == DIR_KIND_ALIAS)
		store_txn_expect_field(a->txn,
		    key_mailboxes(key, c->item.domain), field, NULL);
	return dir_event_journal(a->txn, &e);
}

/* At most so many reads fit into one batch. */
#define READS 4096

static int
build_unit(struct apply *a, const struct unit *u)
{
	int rc = 0;

	store_txn_clear(a->txn);
	for (size_t from = 0; rc == 0 && from < u->count; from += READS) {
		size_t n = u->count - from < READS ? u->count - from : READS;

		rc = read_unit(a, u, from, n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			const struct store_value *v =
			    store_batch_value(a->batch, (int)i, 0);
			const char *raw = v != NULL ? v->data : NULL;

			rc = check_before(a, u, from + i, raw);
			if (rc == 0)
				rc = write_change(a, u, from + i, raw);
		}
	}
	return rc;
}

/* Its entries belong to a domain that is there, or that comes with them. */
static int
expect_domain(struct apply *a, const struct unit *u)
{
	const struct store_value *v;
	char key[KEY_SIZE];
	int rc;

	if (!is_of_domain(u->changes) ||
	    u->changes->item.kind == DIR_KIND_DOMAIN)
		return 0;
	store_batch_clear(a->batch);
	rc = store_batch_hget(
	    a->batch, key_domain(key, u->changes->item.domain), FIELD);
	if (rc >= 0)
		rc = store_batch_run(a->store, a->batch);
	if (rc != 0)
		return rc;
	v = store_batch_value(a->batch, 0, 0);
	if (v == NULL || v->data == NULL)
		return moved(a, u->name);
	store_txn_expect_field(a->txn, key, FIELD, v->data);
	return 0;
}

static void
tell(struct apply *a, const struct unit *u)
{
	const struct model_item *first = &u->changes->item;
	char detail[64];
	const char *const audit[] = {"actor", a->actor, "action", "apply",
	    "kind", dir_kind_name(first->kind),
	    *first->domain != '\0' ? "domain" : dir_kind_name(first->kind),
	    *first->domain != '\0' ? first->domain : first->name, "changes",
	    detail, "plan", a->fingerprint};

	(void)snprintf(detail, sizeof(detail), "%zu", u->count);
	if (*first->domain != '\0')
		dir_event_nudge(a->txn, first->domain, NULL);
	else if (first->kind == DIR_KIND_TENANT)
		dir_event_nudge(a->txn, NULL, first->name);
	store_txn_after_xadd(a->txn, KEY_AUDIT, 0, audit, OCT_LEN(audit));
}

/* An entry that the plan does not touch may change under us: again then. */
static int
apply_unit(struct apply *a, const struct unit *u)
{
	int rc = OCT_ECONFLICT;

	for (int i = 0; rc == OCT_ECONFLICT && i < TRIES_MAX; i++) {
		a->problem[0] = '\0';
		rc = build_unit(a, u);
		if (rc == 0)
			rc = expect_domain(a, u);
		if (rc != 0)
			return rc;
		tell(a, u);
		rc = store_txn_commit(a->store, a->txn);
	}
	if (rc == OCT_ECONFLICT)
		rc = moved(a, u->name);
	return rc;
}

/* --- All ----------------------------------------------------------------- */

/* The sets of names: before what they name, as directory_change.c says. */
static int
add_names(struct apply *a, const char *set, enum dir_kind kind)
{
	bool any = false;

	store_txn_clear(a->txn);
	for (size_t i = 0; i < a->plan->count; i++) {
		const struct model_change *c = &a->plan->changes[i];

		if (c->item.kind != kind || c->verb != MODEL_ADD)
			continue;
		store_txn_sadd(a->txn, set,
		    kind == DIR_KIND_DOMAIN ? c->item.domain : c->item.name);
		any = true;
	}
	return any ? store_txn_commit(a->store, a->txn) : 0;
}

/* Whoever takes the same plan up again after a kill goes on with its turns. */
static int
check_plans(struct apply *a)
{
	char name[TURN_NAME_SIZE], problem[256] = "";
	int rc;

	(void)snprintf(name, sizeof(name), "apply %.48s", a->fingerprint);
	rc = allowance_check_plan(
	    a->store, a->plan, name, &a->turns, problem);
	if (problem[0] != '\0')
		(void)snprintf(a->problem, MODEL_PROBLEM_SIZE, "%s", problem);
	return rc;
}

static int
run(struct apply *a, struct model_applied *done)
{
	struct unit u;
	int rc = agree(a);

	if (rc == 0)
		rc = check_plans(a);
	if (rc == 0)
		rc = add_names(a, KEY_TENANTS, DIR_KIND_TENANT);
	if (rc == 0)
		rc = add_names(a, KEY_DOMAINS, DIR_KIND_DOMAIN);
	for (size_t i = 0; rc == 0 && i < a->plan->count; i += u.count) {
		find_unit(a->plan, i, &u);
		rc = allowance_turns_keep(a->store, a->turns);
		/* Somebody may have added meanwhile. */
		if (rc == OCT_ECONFLICT)
			rc = moved(a, "it took too long");
		if (rc == 0)
			rc = apply_unit(a, &u);
		if (rc != 0)
			break;
		done->units++;
		done->changes += u.count;
	}
	return rc;
}

int
model_apply(struct store *store, const struct model_plan *p,
    const char *fingerprint, const char *actor, struct model_applied *done,
    char problem[MODEL_PROBLEM_SIZE])
{
	struct apply a = {.store = store,
	    .plan = p,
	    .fingerprint = fingerprint,
	    .actor = actor != NULL ? actor : "",
	    .problem = problem,
	    .shown = json_object()};
	int rc = a.shown != NULL ? store_batch_new(&a.batch) : -ENOMEM;

	memset(done, 0, sizeof(*done));
	problem[0] = '\0';
	if (rc == 0 &&
	    (strlen(fingerprint) != MODEL_FINGERPRINT_SIZE - 1 ||
		strspn(fingerprint, "0123456789abcdef") !=
		    MODEL_FINGERPRINT_SIZE - 1))
		rc = OCT_EPARSE;
	if (rc == 0)
		rc = store_txn_new(&a.txn);
	if (rc == 0)
		rc = run(&a, done);
	allowance_turns_free(store, a.turns);
	if (rc != 0 && problem[0] == '\0')
		(void)snprintf(
		    problem, MODEL_PROBLEM_SIZE, "%s", oct_strerror(rc));
	json_decref(a.shown);
	store_batch_free(a.batch);
	store_txn_free(a.txn);
	return rc;
}
