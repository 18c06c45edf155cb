/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of what is provisioned: every change with who, when, what was and
 * what is, written by the transaction that made it, so that the state at any
 * past date follows.  Any thread.
 */
#ifndef OCT_POLICY_JOURNAL_H
#define OCT_POLICY_JOURNAL_H

#include "lib/store.h"
#include "policy/directory_schema.h"

/* Whose journal: the domain's if that is not NULL, else the tenant's, else the
 * platform's (plans and prices). */
struct journal_of {
	const char *domain, *tenant;
};

struct json_t;
struct journal_entry {
	int64_t wall_ms;
	const char *actor, *action, *kind, *name, *reason;
	const struct json_t *before, *after; /* objects, NULL = not there */
};

/* Oldest first; each returns non-zero to stop, which is then the result. */
typedef int journal_each(void *arg, const struct journal_entry *e);
OCT_CHECK int journal_read(struct store *store, const struct journal_of *of,
    journal_each *each, void *arg);

/*
 * The attributes of an entry as they were at that time, as an object that the
 * caller releases (NULL = it was not there).  1; or 0: the journal says nothing
 * of it, and it is as it always was.
 */
OCT_CHECK int journal_at(struct store *store, const struct journal_of *of,
    enum dir_kind kind, const char *name, int64_t wall_ms,
    struct json_t **out);

/* A name is about to go: its journal stays to be found.  kind: a domain or a
 * tenant. */
OCT_CHECK int journal_gone(
    struct store *store, enum dir_kind kind, const char *name);
/* Each name that has gone (and may have come back); non-zero stops, and is the
 * result. */
typedef int journal_each_gone(
    void *arg, enum dir_kind kind, const char *name);
OCT_CHECK int journal_each_of_gone(
    struct store *store, journal_each_gone *each, void *arg);

/* Before that time the journals know nothing any more; 0 = they know all. */
OCT_CHECK int journal_cut(struct store *store, int64_t *wall_ms);

/* Take out what is older: of the platform, all tenants and all domains, and of
 * the audit.  The journal of what is gone ends with a TTL, and its name with
 * it. */
OCT_CHECK int journal_trim(struct store *store, int64_t before_wall_ms);

#endif
