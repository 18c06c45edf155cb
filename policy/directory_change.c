/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Provisioning writes.  Read, decide, and commit on the condition that what was
 * read still stands; a conflict starts again.  The set of domain names is no
 * part of the domain's transaction (another tag): a name is in it before its
 * domain and after it, and a name without attributes is no domain.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/allowance.h"
#include "policy/directory.h"
#include "policy/directory_private.h"
#include "policy/directory_schema.h"
#include "policy/journal.h"
#include "policy/keys.h"
#include "policy/referent.h"
#include "policy/route.h"

#define TRIES_MAX 10
#define FIELD "v"

/* Slots of the batch, in the order of adding. */
enum {
	OLD_DOMAIN,
	OLD_MAILBOX,
	OLD_ALIAS,
	OLD_LEGACY,
	HAS_MAILBOXES,
	HAS_ALIASES,
	HAS_LEGACY
};

struct writing {
	struct store *store;
	const struct dir_change *change;
	char *problem;
	struct store_batch *old;
	struct store_txn *txn;
	char *json; /* the new value, NULL with remove */
	struct turn turn; /* at the tenant, if it may cost of its plan */
	bool lifting; /* the change is about a statutory protection */
	char ground[3 * DIR_TEXT_MAX]; /* why it is lifted, "" = it is not */
};

static enum dir_kind
kind_of(const struct dir_change *c)
{
	if (c->local == NULL)
		return DIR_KIND_DOMAIN;
	if (c->legacy)
		return DIR_KIND_LEGACY;
	return c->alias ? DIR_KIND_ALIAS : DIR_KIND_MAILBOX;
}

static int OCT_PRINTF(3, 4)
    refuse(const struct writing *w, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(w->problem, DIR_PROBLEM_SIZE, fmt, ap);
	va_end(ap);
	return rc;
}

static int
check_names(const struct writing *w)
{
	const struct dir_change *c = w->change;
	char normal[OCT_DOMAIN_SIZE], text[OCT_ADDR_SIZE];
	struct oct_addr a;

	if (oct_domain_normalise(c->domain, normal) != 0 ||
	    strcmp(normal, c->domain) != 0)
		return refuse(w, OCT_EPARSE,
		    "the domain must be a name in lower case, like "
		    "example.org");
	if (c->local == NULL || c->legacy)
		return 0; /* a legacy address is read like its attributes */
	if (dir_local_check(c->local, w->problem) != 0)
		return OCT_EPARSE;
	(void)snprintf(text, sizeof(text), "%s@%s", c->local, c->domain);
	if (oct_addr_parse(text, &a) != 0)
		return refuse(w, OCT_EPARSE,
		    "the local part must be UTF-8 that mail allows");
	return 0;
}

static const char *
old_text(const struct writing *w, int slot)
{
	const struct store_value *v = store_batch_value(w->old, slot, 0);

	return v != NULL ? v->data : NULL;
}

static int
read_old(struct writing *w)
{
	const char *domain = w->change->domain, *local = w->change->local;
	char key[KEY_SIZE];
	int rc;

	store_batch_clear(w->old);
	rc = store_batch_hget(w->old, key_domain(key, domain), FIELD);
	if (rc >= 0)
		rc = store_batch_hget(w->old, key_mailboxes(key, domain),
		    local != NULL ? local : "");
	if (rc >= 0)
		rc = store_batch_hget(w->old, key_aliases(key, domain),
		    local != NULL ? local : "");
	if (rc >= 0)
		rc = store_batch_hget(w->old, key_legacy(key, domain),
		    local != NULL ? local : "");
	if (rc >= 0)
		rc = store_batch_exists(w->old, key_mailboxes(key, domain));
	if (rc >= 0)
		rc = store_batch_exists(w->old, key_aliases(key, domain));
	if (rc >= 0)
		rc = store_batch_exists(w->old, key_legacy(key, domain));
	if (rc < 0)
		return rc;
	return store_batch_run(w->store, w->old);
}

static bool
exists(const struct writing *w, int slot)
{
	const char *text = old_text(w, slot);

	return text != NULL && strcmp(text, "1") == 0;
}

static int
check_existence(const struct writing *w, const char *old)
{
	const struct dir_change *c = w->change;
	const char *kind = dir_kind_name(kind_of(c));
	const char *name = c->local != NULL ? c->local : c->domain;

	if (c->local != NULL && old_text(w, OLD_DOMAIN) == NULL)
		return refuse(
		    w, OCT_EABSENT, "there is no domain %s", c->domain);
	if (!c->create && old == NULL)
		return refuse(w, OCT_EABSENT, "there is no %s %s", kind, name);
	if (c->create && old != NULL)
		return refuse(
		    w, -EEXIST, "the %s %s exists already", kind, name);
	if (c->create && c->local != NULL && !c->legacy &&
	    old_text(w, c->alias ? OLD_MAILBOX : OLD_ALIAS) != NULL)
		return refuse(w, -EEXIST,
		    "%s is already %s: a name is either a mailbox or an alias",
		    name, c->alias ? "a mailbox" : "an alias");
	if (c->remove && c->local == NULL &&
	    (exists(w, HAS_MAILBOXES) || exists(w, HAS_ALIASES) ||
		exists(w, HAS_LEGACY)))
		return refuse(w, -ENOTEMPTY,
		    "the domain %s still has mailboxes or aliases: remove them "
		    "first",
		    c->domain);
	return 0;
}

/* --- The new value ------------------------------------------------------- */

/* --- Why a protection may be lifted -------------------------------------- */

/* What the store says of the tenant of the domain whose attributes these are. */
static int
find_tenant(
    const struct writing *w, const char *domain, struct dir_tenant_node **out)
{
	json_t *object = dir_object(domain != NULL ? domain : "");
	const char *id = json_string_value(json_object_get(object, "tenant"));
	int rc = 0;

	*out = NULL;
	if (id != NULL && *id != '\0' && dir_is_id(id))
		rc = dir_load_tenants(w->store, &id, 1, out);
	json_decref(object);
	return rc;
}

/*
 * A protection is lifted with a ground, which the audit keeps (challenge.md 8).
 * Whether it still stands is asked again at each look-up (dir_lifted): what the
 * tenant withdraws lifts nothing any more.
 */
static int
take_ground(struct writing *w, const char *reason, const char *domain)
{
	struct dir_tenant_node *t = NULL;
	int rc;

	if (*reason != '\0') {
		(void)snprintf(w->ground, sizeof(w->ground), "%s", reason);
		return 0;
	}
	rc = find_tenant(w, domain, &t);
	if (rc != 0)
		return rc;
	if (t != NULL && dir_teleservice(&t->pub))
		(void)snprintf(w->ground, sizeof(w->ground),
		    "teleservice %s since %s", t->pub.teleservice,
		    t->pub.teleservice_since);
	else
		rc = refuse(w, OCT_EPARSE,
		    "the statutory protection is lifted only with an "
		    "unprotected_reason, or where the tenant has declared its "
		    "teleservice and teleservice_since");
	dir_tenant_put(t);
	return rc;
}

/* entry was read into b; domain: the attributes of its domain. */
static int
check_ground(struct writing *w, const struct dir_build *b, const char *domain)
{
	const struct dir_change *c = w->change;
	bool lifted = b->domain.unprotected;
	const char *reason = b->domain.unprotected_reason;

	if (c->alias || c->legacy || !w->lifting)
		return 0;
	if (c->local != NULL) {
		lifted = b->mailboxes[0].unprotected;
		reason = b->mailboxes[0].unprotected_reason;
	}
	return lifted ? take_ground(w, reason, domain) : 0;
}

static int
check_value(struct writing *w, const char *json)
{
	struct dir_reading r = {.lenient = false};
	const struct dir_change *c = w->change;
	enum dir_kind kind = kind_of(c);
	struct dir_build b;
	int rc = dir_build_init(&b, c->domain);

	if (rc != 0)
		return rc;
	rc = dir_read_entry(&r, kind, c->local, json, &b);
	if (rc == 0 && c->alias)
		rc = dir_check_self(&b.aliases[0], c->domain, r.problem);
	if (rc == 0)
		rc = dir_check_dates(
		    kind, dir_build_only(&b, kind), r.problem);
	if (r.problem[0] != '\0')
		(void)refuse(w, rc, "%s", r.problem);
	if (rc == 0)
		rc = check_ground(
		    w, &b, c->local == NULL ? json : old_text(w, OLD_DOMAIN));
	dir_build_fini(&b);
	return rc;
}

/* What its tenant's plan includes. */
static int
check_plan(struct writing *w, const char *old)
{
	const struct dir_change *c = w->change;
	const struct model_change change = {
	    .item = {kind_of(c), c->domain, c->local != NULL ? c->local : "",
		w->json},
	    .before = old};

	return allowance_check_one(w->store, &change,
	    c->local != NULL ? old_text(w, OLD_DOMAIN) : w->json, &w->turn,
	    w->problem);
}

/* Mail must not go round. */
static int
check_route(struct writing *w, const char *old)
{
	const struct dir_change *c = w->change;
	const struct model_item item = {kind_of(c), c->domain,
	    c->local != NULL ? c->local : "", w->json};

	return route_is_touched(old, w->json)
	    ? route_check_one(w->store, &item, w->problem)
	    : 0;
}

static int
new_value(struct writing *w, const char *old)
{
	json_t *set = dir_object(w->change->json);
	int rc;

	free(w->json);
	w->json = NULL;
	w->ground[0] = '\0';
	if (set == NULL)
		return refuse(w, OCT_EPARSE,
		    "the attributes of %s %s must be one JSON object",
		    dir_kind_article(kind_of(w->change)),
		    dir_kind_name(kind_of(w->change)));
	w->lifting = json_object_get(set, "unprotected") != NULL ||
		     json_object_get(set, "unprotected_reason") != NULL;
	rc = dir_merge(kind_of(w->change), old, set, &w->json);
	if (rc == 0)
		rc = check_value(w, w->json);
	if (rc == 0)
		rc = check_plan(w, old);
	if (rc == 0)
		rc = check_route(w, old);
	json_decref(set);
	return rc;
}

/* Is it his to change? */
static int
check_referent(const struct writing *w, const char *old)
{
	const struct referent_ask ask = {.tenant = w->change->referent,
	    .domain = old_text(w, OLD_DOMAIN),
	    .kind = kind_of(w->change),
	    .before = old,
	    .after = w->change->remove ? NULL : w->json,
	    .reopen = w->change->reopen};

	return referent_check(&ask, w->problem);
}

/* --- The transaction ----------------------------------------------------- */

static const char *
action_name(const struct dir_change *c)
{
	if (c->remove)
		return "remove";
	return c->create ? "add" : "set";
}

static int
add_streams(struct writing *w, const char *old)
{
	const struct dir_change *c = w->change;
	const struct dir_event e = {.actor = c->actor,
	    .action = action_name(c),
	    .kind = kind_of(c),
	    .domain = c->domain,
	    .name = c->local != NULL ? c->local : "",
	    .before = old,
	    .after = w->json,
	    .reason = w->ground};

	return dir_event_add(w->txn, &e);
}

static void
domain_writes(struct writing *w)
{
	const char *domain = w->change->domain;
	char key[KEY_SIZE];

	if (w->change->remove) {
		store_txn_expect(w->txn, key_mailboxes(key, domain), NULL);
		store_txn_expect(w->txn, key_aliases(key, domain), NULL);
		store_txn_expect(w->txn, key_legacy(key, domain), NULL);
	}
	store_txn_expect_field(
	    w->txn, key_domain(key, domain), FIELD, old_text(w, OLD_DOMAIN));
	if (!w->change->remove) {
		store_txn_hset(w->txn, key, FIELD, w->json);
		return;
	}
	store_txn_del(w->txn, key);
	/* Whoever brings the domain back must not sign with these. */
	store_txn_del(w->txn, key_dkim(key, domain));
	store_txn_del(w->txn, key_templates(key, domain));
	/* Nor find what was kept for others. */
	store_txn_del(w->txn, key_grants(key, domain, "@"));
	store_txn_del(w->txn, key_own(key, domain));
	store_txn_del(w->txn, key_use(key, domain));
	store_txn_del(w->txn, key_extended(key, domain));
	store_txn_del(w->txn, key_digest(key, domain));
	store_txn_del(w->txn, key_digest_state(key, domain));
}

static void
entry_writes(struct writing *w)
{
	const struct dir_change *c = w->change;
	char key[KEY_SIZE];

	store_txn_expect_field(
	    w->txn, key_domain(key, c->domain), FIELD, old_text(w, OLD_DOMAIN));
	store_txn_expect_field(w->txn, key_mailboxes(key, c->domain), c->local,
	    old_text(w, OLD_MAILBOX));
	store_txn_expect_field(w->txn, key_aliases(key, c->domain), c->local,
	    old_text(w, OLD_ALIAS));
	store_txn_expect_field(w->txn, key_legacy(key, c->domain), c->local,
	    old_text(w, OLD_LEGACY));
	if (c->alias)
		(void)key_aliases(key, c->domain);
	else if (!c->legacy)
		(void)key_mailboxes(key, c->domain);
	if (c->remove)
		store_txn_hdel(w->txn, key, c->local);
	else
		store_txn_hset(w->txn, key, c->local, w->json);
}

/* The set of names: its own transaction, see above. */
static int
name_domain(struct writing *w, bool add)
{
	const char *domain = w->change->domain;

	store_txn_clear(w->txn);
	if (add)
		store_txn_sadd(w->txn, KEY_DOMAINS, domain);
	else
		store_txn_srem(w->txn, KEY_DOMAINS, domain);
	return store_txn_commit(w->store, w->txn);
}

/* Somebody may have added the domain again before its name was taken out. */
static int
forget_domain(struct writing *w)
{
	int rc = name_domain(w, false);

	if (rc == 0)
		rc = read_old(w);
	if (rc == 0 && old_text(w, OLD_DOMAIN) != NULL)
		rc = name_domain(w, true);
	return rc;
}

static int
commit(struct writing *w, const char *old)
{
	bool whole = w->change->local == NULL;
	int rc = 0;

	if (whole && w->change->create)
		rc = name_domain(w, true);
	if (whole && w->change->remove)
		rc = journal_gone(
		    w->store, DIR_KIND_DOMAIN, w->change->domain);
	if (rc != 0)
		return rc;
	store_txn_clear(w->txn);
	if (whole)
		domain_writes(w);
	else
		entry_writes(w);
	rc = add_streams(w, old);
	/* What was counted may no longer stand: count again. */
	if (rc == 0 && w->turn.key[0] != '\0' && !turn_is_mine(&w->turn))
		rc = OCT_ECONFLICT;
	if (rc == 0)
		rc = store_txn_commit(w->store, w->txn);
	if (rc == 0 && whole && w->change->remove)
		rc = forget_domain(w);
	return rc;
}

static int
try_change(struct writing *w)
{
	static const int slots[] = {[DIR_KIND_DOMAIN] = OLD_DOMAIN,
	    [DIR_KIND_MAILBOX] = OLD_MAILBOX,
	    [DIR_KIND_ALIAS] = OLD_ALIAS,
	    [DIR_KIND_LEGACY] = OLD_LEGACY};
	const char *old;
	int rc = read_old(w);

	if (rc != 0)
		return rc;
	old = old_text(w, slots[kind_of(w->change)]);
	rc = check_existence(w, old);
	if (rc == 0 && !w->change->remove)
		rc = new_value(w, old);
	if (rc == 0 && w->change->referent != NULL)
		rc = check_referent(w, old);
	if (rc == 0)
		rc = commit(w, old);
	return rc;
}

static int
run_change(struct writing *w)
{
	int rc = store_batch_new(&w->old);

	if (rc == 0)
		rc = store_txn_new(&w->txn);
	if (rc != 0)
		return rc;
	for (int i = 0; i < TRIES_MAX; i++) {
		turn_init(&w->turn, NULL);
		rc = try_change(w);
		turn_give(w->store, &w->turn);
		if (rc != OCT_ECONFLICT)
			break;
	}
	return rc;
}

int
directory_change(
    struct store *store, const struct dir_change *change, char problem[256])
{
	struct writing w = {
	    .store = store, .change = change, .problem = problem};
	int rc;

	OCT_ASSERT(!change->create || !change->remove);
	problem[0] = '\0';
	rc = check_names(&w);
	if (rc == 0 && !change->remove && change->json == NULL)
		rc = refuse(&w, OCT_EPARSE, "no attributes were given");
	if (rc == 0)
		rc = run_change(&w);
	if (rc != 0 && problem[0] == '\0')
		(void)refuse(&w, rc, "%s", oct_strerror(rc));
	store_batch_free(w.old);
	store_txn_free(w.txn);
	free(w.json);
	return rc;
}
