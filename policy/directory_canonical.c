/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry read and written again: the one spelling of its attributes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"

const void *
dir_build_only(const struct dir_build *b, enum dir_kind kind)
{
	switch (kind) {
	case DIR_KIND_MAILBOX:
		return b->domain.mailbox_count > 0 ? &b->mailboxes[0] : NULL;
	case DIR_KIND_ALIAS:
		return b->domain.alias_count > 0 ? &b->aliases[0] : NULL;
	case DIR_KIND_LEGACY:
		return b->domain.legacy_count > 0 ? &b->legacy[0] : NULL;
	case DIR_KIND_DOMAIN:
	case DIR_KIND_TENANT:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return &b->domain;
}

int
dir_read_entry(struct dir_reading *r, enum dir_kind kind, const char *name,
    const char *json, struct dir_build *b)
{
	size_t len = strlen(json);

	switch (kind) {
	case DIR_KIND_MAILBOX:
		return dir_read_mailbox(r, name, json, len, b);
	case DIR_KIND_ALIAS:
		return dir_read_alias(r, name, json, len, b);
	case DIR_KIND_LEGACY:
		return dir_read_legacy(r, name, json, len, b);
	case DIR_KIND_DOMAIN:
	case DIR_KIND_TENANT:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return dir_read_domain(r, json, len, b);
}

/* An alias that names itself can never be resolved. */
int
dir_check_self(const struct dir_alias *alias, const char *domain,
    char problem[DIR_PROBLEM_SIZE])
{
	for (size_t i = 0; i < alias->count; i++) {
		struct oct_addr a;

		if (oct_addr_parse(alias->targets[i], &a) != 0)
			return OCT_EPARSE;
		oct_addr_fold(&a, '+', &a);
		if (strcmp(a.local, alias->local) != 0 ||
		    strcmp(a.domain, domain) != 0)
			continue;
		(void)snprintf(problem, DIR_PROBLEM_SIZE,
		    "the alias %s must not be its own target", alias->local);
		return OCT_EPARSE;
	}
	return 0;
}

static int
finish(struct dir_reading *r, enum dir_kind kind, const void *entry,
    const char *domain, struct oct_str *out)
{
	int rc = 0;

	if (entry == NULL)
		return OCT_EPARSE;
	if (!r->lenient)
		rc = dir_check_dates(kind, entry, r->problem);
	if (rc == 0 && !r->lenient && kind == DIR_KIND_ALIAS)
		rc = dir_check_self(entry, domain, r->problem);
	if (rc != 0)
		return rc;
	dir_entry_json(kind, entry, false, out);
	return oct_str_err(out);
}

static int
of_domain(struct dir_reading *r, enum dir_kind kind,
    const struct dir_named *name, const char *json, struct oct_str *out)
{
	struct dir_build b;
	int rc = dir_build_init(&b, name->domain);

	if (rc == 0)
		rc = dir_read_entry(r, kind, name->name, json, &b);
	if (rc == 0)
		rc = finish(
		    r, kind, dir_build_only(&b, kind), name->domain, out);
	dir_build_fini(&b);
	return rc;
}

static int
of_tenant(struct dir_reading *r, const char *id, const char *json,
    struct oct_str *out)
{
	struct dir_tenant_node *t = NULL;
	int rc = dir_read_tenant(r, id, json, strlen(json), &t);

	if (rc == 0)
		rc = finish(r, DIR_KIND_TENANT, &t->pub, "", out);
	dir_tenant_put(t);
	return rc;
}

static int
of_platform(struct dir_reading *r, enum dir_kind kind, const char *id,
    const char *json, struct oct_str *out)
{
	struct dir_record rec = {.name = id};
	struct dir_pool pool = {NULL};
	int rc = dir_read_record(r, kind, json, &pool, &rec);

	if (rc == 0)
		rc = finish(r, kind, &rec, "", out);
	dir_pool_free(&pool);
	return rc;
}

int
dir_canonical(struct dir_reading *r, enum dir_kind kind,
    const struct dir_named *name, const char *json, struct oct_str *out)
{
	if (kind == DIR_KIND_TENANT)
		return of_tenant(r, name->name, json, out);
	if (kind == DIR_KIND_PLAN || kind == DIR_KIND_PRICE)
		return of_platform(r, kind, name->name, json, out);
	return of_domain(r, kind, name, json, out);
}
