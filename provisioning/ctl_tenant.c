/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl tenant: the collectivities, and what their domains inherit.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/allowance.h"
#include "policy/contract.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_use.h"

static json_t *
tenant_json(const struct dir_snapshot *s, const struct dir_tenant *t)
{
	json_t *v = ctl_entry_tenant_json(t), *domains = json_array();
	int band = contract_band_of(t->details);

	for (size_t i = 0; i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		if (strcmp(d->tenant, t->id) == 0)
			(void)json_array_append_new(domains,
			    json_string(d->name));
	}
	ctl_json_set(v, "domains", domains);
	if (band > 0)
		ctl_json_set(v, "band_in_force", json_sprintf("%d (%s)", band,
		    contract_band(band)->name));
	return v;
}

/* What it uses of its plan, beside its attributes. */
static int
add_uses(struct ctl *ctl, const char *id, json_t *v)
{
	struct store *store;
	struct model *m;
	json_t *uses;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = model_load(store, id, &m);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "tenant", id);
	rc = ctl_use_json(m, id, &uses);
	model_free(m);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "tenant", id);
	if (uses != NULL)
		ctl_json_set(v, "uses", uses);
	return 0;
}

static int
show_now(struct ctl *ctl, const char *id)
{
	const struct dir_snapshot *s;
	const struct dir_tenant *t;
	json_t *v = NULL;
	int status = ctl_directory(ctl, NULL, &s);

	if (status != 0)
		return status;
	t = dir_tenant(s, id);
	if (t != NULL)
		v = tenant_json(s, t);
	directory_put(s);
	if (v == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no tenant %s: 'octroictl tenant list' shows all",
		    id);
	status = add_uses(ctl, id, v);
	if (status != 0) {
		json_decref(v);
		return status;
	}
	return ctl_entry_print(ctl, DIR_KIND_TENANT, v);
}

static int
tenant_show(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_subject s;
	int64_t wall_ms;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0)
		status = ctl_at(ctl, args, &wall_ms);
	if (status != 0)
		return status;
	return wall_ms != 0 ? ctl_show_at(ctl, &s, wall_ms)
			    : show_now(ctl, s.local);
}

static const struct ctl_column columns[] = {
	{ "tenant", "TENANT", CTL_TEXT },
	{ "name", "NAME", CTL_TEXT },
	{ "plan", "PLAN", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
	{ "challenge", "CHALLENGE", CTL_TEXT },
	{ "contact", "CONTACT", CTL_TEXT },
	{ "domains", "DOMAINS", CTL_NAME },
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
	    DIR_KIND_TENANT, ctl_add_run },
	{ "show", "ID", "print one tenant, its domains and what it uses", 1, 1,
	    ctl_at_options, CTL_NO_ATTRIBUTES, tenant_show },
	{ "list", "", "print all tenants", 0, 0, NULL, CTL_NO_ATTRIBUTES,
	    tenant_list },
	{ "set", "ID ATTRIBUTE=VALUE...", "change attributes", 1, 1, NULL,
	    DIR_KIND_TENANT, ctl_set_run },
	{ "close", "ID", "close it and its domains, now or from a day on", 1,
	    1, ctl_close_options, CTL_NO_ATTRIBUTES, ctl_close_run },
	{ "reopen", "ID", "undo its closing, its domains' too", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, ctl_reopen_run },
	{ "purge", "ID",
	    "remove it for good, a grace after its closing (no domain may "
	    "name it)",
	    1, 1, NULL, CTL_NO_ATTRIBUTES, ctl_purge_run },
	{ "remove", "ID",
	    "close it, and purge it if no grace is to be waited for (no domain "
	    "may name it)",
	    1, 1, NULL, CTL_NO_ATTRIBUTES, ctl_remove_run },
	{ .run = NULL },
};
