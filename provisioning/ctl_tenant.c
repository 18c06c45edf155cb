/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl tenant: the collectivities, and what their domains inherit.
 */
#include <string.h>

#include "lib/err.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"

static int
change(struct ctl *ctl, struct dir_tenant_change *c, const char *done)
{
	char problem[256];
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	c->actor = ctl->actor;
	rc = directory_change_tenant(store, c, problem);
	if (rc == 0)
		return ctl_done(ctl, done, "tenant", c->id);
	if (rc == OCT_EDOWN || rc == OCT_ETIME)
		return ctl_fail_rc(ctl, rc, "tenant", c->id);
	return ctl_fail(ctl,
	    rc == OCT_EPARSE ? DAEMON_EXIT_USAGE : DAEMON_EXIT_FAILED,
	    "%s: %s", c->id, problem);
}

static int
write_tenant(struct ctl *ctl, const struct ctl_args *args, bool create)
{
	struct dir_tenant_change c = { .id = args->words[0],
		.create = create };
	struct oct_str json;
	int status;

	oct_str_heap(&json, CTL_ENTRY_MAX);
	status = ctl_entry_attributes(ctl, args, DIR_KIND_TENANT, &json);
	if (status == 0 && json.len == 2 && !create)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "%s: give at least one attribute; '--help' lists them",
		    c.id);
	if (status == 0) {
		c.json = oct_str_text(&json);
		status = change(ctl, &c, create ? "added" : "changed");
	}
	oct_str_free(&json);
	return status;
}

static int
tenant_add(struct ctl *ctl, const struct ctl_args *args)
{
	return write_tenant(ctl, args, true);
}

static int
tenant_set(struct ctl *ctl, const struct ctl_args *args)
{
	return write_tenant(ctl, args, false);
}

static int
tenant_remove(struct ctl *ctl, const struct ctl_args *args)
{
	struct dir_tenant_change c = { .id = args->words[0], .remove = true };

	return change(ctl, &c, "removed");
}

/* --- Looking ------------------------------------------------------------ */

static json_t *
tenant_json(const struct dir_snapshot *s, const struct dir_tenant *t)
{
	json_t *v = json_object(), *rest, *domains = json_array();
	struct oct_str text;

	oct_str_heap(&text, CTL_ENTRY_MAX * 2);
	dir_tenant_json(t, true, &text);
	rest = json_loads(oct_str_text(&text), 0, NULL);
	oct_str_free(&text);
	ctl_json_set(v, "tenant", json_string(t->id));
	for (size_t i = 0; i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		if (strcmp(d->tenant, t->id) == 0)
			(void)json_array_append_new(domains,
			    json_string(d->name));
	}
	ctl_json_set(v, "domains", domains);
	if (rest != NULL)
		(void)json_object_update_missing(v, rest);
	json_decref(rest);
	return v;
}

static int
tenant_show(struct ctl *ctl, const struct ctl_args *args)
{
	const struct dir_snapshot *s;
	const struct dir_tenant *t;
	json_t *v = NULL;
	int status = ctl_directory(ctl, NULL, &s);

	if (status != 0)
		return status;
	t = dir_tenant(s, args->words[0]);
	if (t != NULL)
		v = tenant_json(s, t);
	directory_put(s);
	if (v == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no tenant %s: 'octroictl tenant list' shows all",
		    args->words[0]);
	return ctl_entry_print(ctl, DIR_KIND_TENANT, v);
}

static const struct ctl_column columns[] = {
	{ "tenant", "TENANT", CTL_TEXT },
	{ "name", "NAME", CTL_TEXT },
	{ "challenge", "CHALLENGE", CTL_TEXT },
	{ "contact", "CONTACT", CTL_TEXT },
	{ "domains", "DOMAINS", CTL_TEXT },
};

static int
tenant_list(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	const struct dir_snapshot *s;
	json_t *items;
	size_t count;
	int status = ctl_directory(ctl, NULL, &s);

	if (status != 0)
		return status;
	items = json_array();
	count = dir_tenant_count(s);
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(items,
		    tenant_json(s, dir_tenant_at(s, i)));
	directory_put(s);
	return ctl_print_list(ctl, count, items, columns, OCT_LEN(columns));
}

const struct ctl_verb ctl_tenant_verbs[] = {
	{ "add", "ID [ATTRIBUTE=VALUE...]", "make a tenant", 1, 1, NULL,
	    DIR_KIND_TENANT, tenant_add },
	{ "show", "ID", "print one tenant and its domains", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, tenant_show },
	{ "list", "", "print all tenants", 0, 0, NULL, CTL_NO_ATTRIBUTES,
	    tenant_list },
	{ "set", "ID ATTRIBUTE=VALUE...", "change attributes", 1, 1, NULL,
	    DIR_KIND_TENANT, tenant_set },
	{ "remove", "ID", "forget it (no domain may name it)", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, tenant_remove },
	{ .run = NULL },
};
