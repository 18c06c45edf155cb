/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl ... close, purge, remove: nothing goes at once.  What is closed is no
 * longer served and can be opened again (ctl_reopen.c), until it is purged, which
 * is possible a grace after its closing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/casework.h"
#include "policy/detail.h"
#include "policy/keys.h"
#include "policy/owner_session.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"

#define DAY_MS 86400000
#define DROP_AT_ONCE 100 /* held messages of one round trip */

/* How an entry stands. */
struct standing {
	char state[16], closes[DETAIL_DATE_SIZE], closed[DETAIL_DATE_SIZE];
};

static int
look(struct ctl *ctl, const struct ctl_subject *s, struct standing *out)
{
	json_t *v;
	int status = ctl_subject_read(ctl, s, &v);

	if (status != 0)
		return status;
	(void)snprintf(out->state, sizeof(out->state), "%s",
	    ctl_text(v, "state"));
	(void)snprintf(out->closes, sizeof(out->closes), "%s",
	    ctl_text(v, "closes"));
	(void)snprintf(out->closed, sizeof(out->closed), "%s",
	    ctl_text(v, "closed"));
	json_decref(v);
	return 0;
}

static bool
is_closed(const struct standing *st)
{
	return strcmp(st->state, "closed") == 0;
}

/* --- The grace ----------------------------------------------------------- */

/* The first day on which what was closed then may be purged. */
static int
purge_day(struct ctl *ctl, const char *closed, char out[DETAIL_DATE_SIZE])
{
	const struct settings *set;
	int status = ctl_settings(ctl, &set);

	if (status != 0)
		return status;
	/* An entry of an older version, closed without its day, is as old. */
	if (!detail_is_date(closed))
		closed = "1970-01-01";
	detail_add_days(closed,
	    (set->provisioning_grace + DAY_MS - 1) / DAY_MS, out);
	return 0;
}

static int
check_grace(struct ctl *ctl, const struct ctl_subject *s,
    const struct standing *st)
{
	char now[DETAIL_DATE_SIZE], from[DETAIL_DATE_SIZE];
	int status = 0;

	if (!is_closed(st))
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s is not closed: 'octroictl %s close' first", s->name,
		    s->noun);
	status = purge_day(ctl, st->closed, from);
	if (status == 0)
		status = ctl_today(ctl, now);
	if (status != 0)
		return status;
	if (strcmp(from, now) <= 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "%s was closed on %s and may be purged from %s on (grace of "
	    "'provisioning' in %s); until then 'octroictl %s reopen' undoes it",
	    s->name, st->closed, from, ctl->conf, s->noun);
}

/* --- Closing ------------------------------------------------------------- */

const struct ctl_option ctl_close_options[] = {
	{ "on", "DATE", "the first day on which it is closed; today" },
	{ NULL, NULL, NULL },
};

/* first: the first day on which it is closed, "" = now. */
static int
close_one(struct ctl *ctl, const struct ctl_subject *s, const char *first,
    const char *done)
{
	char json[128];

	if (*first == '\0')
		(void)snprintf(json, sizeof(json), "{\"state\":\"closed\"}");
	else if (s->kind == DIR_KIND_MAILBOX)
		(void)snprintf(json, sizeof(json), "{\"closes\":\"%s\"}",
		    first);
	else
		(void)snprintf(json, sizeof(json),
		    "{\"state\":\"closing\",\"closes\":\"%s\"}", first);
	return ctl_subject_change(ctl, s, CTL_SET, json, done);
}

/* What was done, in words that name the days. */
static int
close_and_say(struct ctl *ctl, const struct ctl_subject *s, const char *first)
{
	char done[160], now[DETAIL_DATE_SIZE], from[DETAIL_DATE_SIZE];
	int status = ctl_today(ctl, now);

	if (status == 0)
		status = purge_day(ctl, *first != '\0' ? first : now, from);
	if (status != 0)
		return status;
	if (*first != '\0')
		(void)snprintf(done, sizeof(done),
		    "will be closed on %s; to be purged from %s on", first,
		    from);
	else
		(void)snprintf(done, sizeof(done),
		    "closed; to be purged from %s on, 'reopen' undoes it",
		    from);
	if (s->kind == DIR_KIND_TENANT)
		status = ctl_close_tenant(ctl, s->local, first);
	else
		status = close_one(ctl, s, first, NULL);
	return status != 0 ? status : ctl_done(ctl, done, s->noun, s->name);
}

/* --on=DATE: "" if that is today or past. */
static int
first_day(struct ctl *ctl, const struct ctl_args *args,
    char out[DETAIL_DATE_SIZE])
{
	const char *on = ctl_args_value(args, "on");
	char now[DETAIL_DATE_SIZE];
	int status;

	out[0] = '\0';
	if (on == NULL)
		return 0;
	if (!detail_is_date(on))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--on=%s: expected a date like 2026-12-31", on);
	status = ctl_today(ctl, now);
	if (status == 0 && strcmp(on, now) > 0)
		memcpy(out, on, DETAIL_DATE_SIZE);
	return status;
}

int
ctl_close_run(struct ctl *ctl, const struct ctl_args *args)
{
	char first[DETAIL_DATE_SIZE];
	struct ctl_subject s;
	struct standing st;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0)
		status = first_day(ctl, args, first);
	if (status == 0)
		status = look(ctl, &s, &st);
	if (status == 0 && is_closed(&st))
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s was closed on %s already", s.name, st.closed);
	return status != 0 ? status : close_and_say(ctl, &s, first);
}

/* --- Tenants ------------------------------------------------------------- */

typedef int each_domain(struct ctl *ctl, const struct dir_domain *d,
    const char *first);

/* All domains of a tenant. */
static int
walk_domains(struct ctl *ctl, const char *id, const char *first,
    each_domain *each)
{
	const struct dir_snapshot *s;
	int status = ctl_directory(ctl, NULL, &s);

	if (status != 0)
		return status;
	for (size_t i = 0; status == 0 && i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		if (strcmp(d->tenant, id) == 0)
			status = each(ctl, d, first);
	}
	directory_put(s);
	return status;
}

static int
close_domain(struct ctl *ctl, const struct dir_domain *d, const char *first)
{
	struct ctl_subject s;

	if (d->life == DIR_LIFE_CLOSED)
		return 0;
	ctl_subject_of(DIR_KIND_DOMAIN, d->name, "", &s);
	return close_one(ctl, &s, first, NULL);
}

/* Its domains first: should we be stopped, it is not closed yet. */
int
ctl_close_tenant(struct ctl *ctl, const char *id, const char *first)
{
	struct ctl_subject s;
	int status = walk_domains(ctl, id, first, close_domain);

	ctl_subject_of(DIR_KIND_TENANT, "", id, &s);
	return status != 0 ? status : close_one(ctl, &s, first, NULL);
}

/* --- Purging ------------------------------------------------------------- */

const struct ctl_option ctl_purge_options[] = {
	{ "force", NULL, "even if messages are held for it: they are dropped" },
	{ NULL, NULL, NULL },
};

/* What is held for a mailbox would have nowhere to go. */
static int
check_unheld(struct ctl *ctl, const struct ctl_subject *s)
{
	char key[KEY_SIZE];
	struct store *store;
	size_t total = 0;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = store_zrevpage(store, key_held_index(key, s->domain, s->local), 0,
	    0, &total, NULL, NULL);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "held messages of", s->name);
	if (total == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "mailbox %s: %zu messages are held for it: release or drop them "
	    "first, or use --force",
	    s->name, total);
}

/* What was kept for its owner goes with it: who comes after by that name must
 * not find it. */
static int
forget_owner(struct ctl *ctl, const struct ctl_subject *s)
{
	char key[KEY_SIZE];
	struct store *store;
	struct store_txn *txn;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = case_empty_bin(store, s->domain, s->local, oct_clock_wall_ms());
	if (rc == 0)
		rc = store_txn_new(&txn);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "mailbox", s->name);
	store_txn_hdel(txn, key_use(key, s->domain), s->local);
	store_txn_del(txn, key_space(key, s->domain, s->local));
	store_txn_del(txn, key_relations(key, s->domain, s->local));
	store_txn_del(txn, key_grants(key, s->domain, s->local));
	store_txn_del(txn, key_expect(key, s->domain, s->local));
	store_txn_del(txn, key_tags(key, s->domain, s->local));
	store_txn_del(txn, key_unlisted(key, s->domain, s->local));
	store_txn_del(txn, key_bin(key, s->domain, s->local));
	store_txn_del(txn, key_acts(key, s->domain, s->local));
	store_txn_hdel(txn, key_digest(key, s->domain), s->local);
	store_txn_hdel(txn, key_digest_state(key, s->domain), s->local);
	rc = store_txn_commit(store, txn);
	store_txn_free(txn);
	/* His links and sessions open nothing of whoever comes. */
	if (rc == 0)
		rc = owner_revoke(
		    store, s->domain, s->local, oct_clock_wall_ms());
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "mailbox", s->name);
}

struct dropping {
	const struct ctl *ctl;
	const struct ctl_subject *subject;
	size_t dropped;
};

static int
drop_held(void *arg, const char *id, OCT_UNUSED int64_t score)
{
	struct dropping *d = arg;
	enum case_outcome outcome;
	int rc = case_drop(d->ctl->store, d->subject->domain, id,
	    oct_clock_wall_ms(), &outcome);

	d->dropped += rc == 0 && outcome == CASE_DONE;
	return rc == OCT_EABSENT ? 0 : rc;
}

/* What is held for a mailbox goes with it: the courier removes the messages.  One
 * that is on its way is not to be stopped. */
static int
drop_all_held(struct ctl *ctl, const struct ctl_subject *s)
{
	struct dropping d = { .ctl = ctl, .subject = s };
	char key[KEY_SIZE], detail[32];
	struct store *store;
	size_t total = 0, before;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	key_held_index(key, s->domain, s->local);
	do {
		before = d.dropped;
		rc = store_zrevpage(
		    store, key, 0, DROP_AT_ONCE, &total, drop_held, &d);
	} while (rc == 0 && d.dropped > before);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "held messages of", s->name);
	if (total > 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "mailbox %s: %zu messages are being released just now: try "
		    "again in a minute",
		    s->name, total);
	(void)snprintf(detail, sizeof(detail), "dropped=%zu", d.dropped);
	return d.dropped > 0
	    ? ctl_audit(ctl, "purge-held", s->domain, s->local, detail)
	    : 0;
}

static int
purge_one(struct ctl *ctl, const struct ctl_subject *s, bool force)
{
	int status = 0;

	if (s->kind == DIR_KIND_MAILBOX)
		status = force ? drop_all_held(ctl, s) : check_unheld(ctl, s);
	/* First: were we killed in between, it would be there for who comes. */
	if (status == 0 && s->kind == DIR_KIND_MAILBOX)
		status = forget_owner(ctl, s);
	if (status == 0)
		status = ctl_subject_change(ctl, s, CTL_REMOVE, NULL, NULL);
	return status;
}

/* A domain's entries go with it, all of them. */
static int
purge_entries(struct ctl *ctl, const char *domain, bool force)
{
	const struct dir_snapshot *snapshot;
	const struct dir_domain *d;
	struct ctl_subject s;
	int status = ctl_directory(ctl, domain, &snapshot);

	if (status != 0)
		return status;
	d = dir_domain_at(snapshot, 0);
	for (size_t i = 0; status == 0 && i < d->mailbox_count; i++) {
		ctl_subject_of(DIR_KIND_MAILBOX, domain,
		    dir_mailbox_at(d, i)->local, &s);
		status = purge_one(ctl, &s, force);
	}
	for (size_t i = 0; status == 0 && i < d->alias_count; i++) {
		ctl_subject_of(DIR_KIND_ALIAS, domain,
		    dir_alias_at(d, i)->local, &s);
		status = purge_one(ctl, &s, force);
	}
	for (size_t i = 0; status == 0 && i < d->legacy_count; i++) {
		ctl_subject_of(DIR_KIND_LEGACY, domain,
		    dir_legacy_at(d, i)->name, &s);
		status = purge_one(ctl, &s, force);
	}
	directory_put(snapshot);
	return status;
}

static int
purge_and_say(struct ctl *ctl, const struct ctl_subject *s, bool force)
{
	int status = 0;

	if (s->kind == DIR_KIND_DOMAIN)
		status = purge_entries(ctl, s->domain, force);
	if (status == 0)
		status = purge_one(ctl, s, force);
	return status != 0 ? status : ctl_done(ctl, "removed", s->noun,
					  s->name);
}

int
ctl_purge_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_subject s;
	struct standing st;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0)
		status = look(ctl, &s, &st);
	if (status == 0)
		status = check_grace(ctl, &s, &st);
	return status != 0
	    ? status
	    : purge_and_say(ctl, &s, ctl_args_has(args, "force"));
}

static int
refuse_domain(struct ctl *ctl, const struct dir_domain *d,
    OCT_UNUSED const char *first)
{
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "the tenant %s still has the domain %s: remove it first, or "
	    "'octroictl tenant close %s' closes both",
	    d->tenant, d->name, d->tenant);
}

/* Where there is no grace, at once. */
int
ctl_remove_run(struct ctl *ctl, const struct ctl_args *args)
{
	char now[DETAIL_DATE_SIZE], from[DETAIL_DATE_SIZE];
	bool force = ctl_args_has(args, "force");
	struct ctl_subject s;
	struct standing st;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0)
		status = look(ctl, &s, &st);
	if (status == 0 && s.kind == DIR_KIND_TENANT)
		status = walk_domains(ctl, s.local, "", refuse_domain);
	if (status == 0)
		status = ctl_today(ctl, now);
	if (status == 0)
		status = purge_day(ctl, is_closed(&st) ? st.closed : now, from);
	if (status != 0)
		return status;
	if (strcmp(from, now) > 0)
		return is_closed(&st) ? check_grace(ctl, &s, &st)
				      : close_and_say(ctl, &s, "");
	if (s.kind == DIR_KIND_MAILBOX && !force)
		status = check_unheld(ctl, &s);
	if (status == 0 && !is_closed(&st))
		status = close_one(ctl, &s, "", NULL);
	return status != 0 ? status : purge_and_say(ctl, &s, force);
}
