/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/closing.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory_private.h"

struct closing {
	struct store *store;
	const char *today, *actor;
	size_t done;
};

static bool
is_due(const struct closing *c, const struct detail_set *details)
{
	const char *day = detail_get(details, DETAIL_CLOSES);

	return *day != '\0' && strcmp(day, c->today) <= 0;
}

/* What cannot be closed is said, and does not stand in the way of others. */
static int
settle(struct closing *c, int rc, const char *what, const char *problem)
{
	if (rc == 0)
		c->done++;
	if (rc == OCT_EDOWN || rc == OCT_ETIME || rc == -ENOMEM)
		return rc;
	if (rc != 0)
		oct_log(OCT_ERROR, "closing: entry=%s problem=\"%s\"", what,
		    problem);
	return 0;
}

static int
close_entry(struct closing *c, enum dir_kind kind, const char *domain,
    const char *name)
{
	const struct dir_change change = {.domain = domain,
	    .local = kind == DIR_KIND_DOMAIN ? NULL : name,
	    .alias = kind == DIR_KIND_ALIAS,
	    .legacy = kind == DIR_KIND_LEGACY,
	    .json = "{\"state\":\"closed\"}",
	    .actor = c->actor};
	char problem[DIR_PROBLEM_SIZE];
	int rc = directory_change(c->store, &change, problem);

	return settle(c, rc, domain, problem);
}

static int
close_of_domain(struct closing *c, const struct dir_domain *d)
{
	int rc = 0;

	if (d->life == DIR_LIFE_CLOSING && is_due(c, d->details))
		rc = close_entry(c, DIR_KIND_DOMAIN, d->name, "");
	for (size_t i = 0; rc == 0 && i < d->mailbox_count; i++)
		if (dir_mailbox_at(d, i)->state != DIR_CLOSED &&
		    is_due(c, dir_mailbox_at(d, i)->details))
			rc = close_entry(c, DIR_KIND_MAILBOX, d->name,
			    dir_mailbox_at(d, i)->local);
	for (size_t i = 0; rc == 0 && i < d->alias_count; i++)
		if (is_due(c, dir_alias_at(d, i)->details))
			rc = close_entry(c, DIR_KIND_ALIAS, d->name,
			    dir_alias_at(d, i)->local);
	for (size_t i = 0; rc == 0 && i < d->legacy_count; i++)
		if (is_due(c, dir_legacy_at(d, i)->details))
			rc = close_entry(c, DIR_KIND_LEGACY, d->name,
			    dir_legacy_at(d, i)->name);
	return rc;
}

static int
close_tenant(struct closing *c, const struct dir_tenant *t)
{
	const struct dir_tenant_change change = {.id = t->id,
	    .json = "{\"state\":\"closed\"}",
	    .actor = c->actor};
	char problem[DIR_PROBLEM_SIZE];

	if (!is_due(c, t->details))
		return 0;
	return settle(c, directory_change_tenant(c->store, &change, problem),
	    t->id, problem);
}

int
closing_due(
    struct store *store, const char *today, const char *actor, size_t *done)
{
	struct closing c = {.store = store, .today = today, .actor = actor};
	const struct dir_snapshot *s;
	int rc = directory_read(store, NULL, &s);

	*done = 0;
	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < dir_domain_count(s); i++)
		rc = close_of_domain(&c, dir_domain_at(s, i));
	for (size_t i = 0; rc == 0 && i < dir_tenant_count(s); i++)
		rc = close_tenant(&c, dir_tenant_at(s, i));
	directory_put(s);
	*done = c.done;
	return rc;
}
