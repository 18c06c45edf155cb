/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl plan and price: what tenants may be given, and what it costs.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/model.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_plan.h"

static int
record_remove(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_subject s;
	int status = ctl_subject(ctl, args, &s);

	return status != 0
	    ? status
	    : ctl_subject_change(ctl, &s, CTL_REMOVE, NULL, "removed");
}

static const struct ctl_column plan_columns[] = {
	{ "plan", "PLAN", CTL_TEXT },
	{ "name", "NAME", CTL_TEXT },
	{ "mailboxes", "MAILBOXES", CTL_RIGHT },
	{ "quota", "QUOTA", CTL_RIGHT },
	{ "challenge_addresses", "CHALLENGE", CTL_RIGHT },
	{ "domains", "DOMAINS", CTL_RIGHT },
};
static const struct ctl_column price_columns[] = {
	{ "price", "LIST", CTL_TEXT },
	{ "from", "FROM", CTL_TEXT },
	{ "notified", "NOTIFIED", CTL_TEXT },
	{ "items", "ITEMS", CTL_TEXT },
};

static void
add_records(json_t *items, const struct model *m, enum dir_kind kind)
{
	for (size_t i = 0; i < model_count(m); i++) {
		const struct model_item *item = model_at(m, i);
		json_t *v;

		if (item->kind != kind)
			continue;
		v = json_loads(item->json, 0, NULL);
		ctl_json_set(v, dir_kind_name(kind), json_string(item->name));
		(void)json_array_append_new(items, v);
	}
}

static int
record_list(struct ctl *ctl, const struct ctl_args *args)
{
	enum dir_kind kind = ctl_noun_kind(args->noun->name);
	struct store *store;
	struct model *m;
	json_t *items;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = model_load_records(store, &m);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "list of", args->noun->name);
	items = json_array();
	add_records(items, m, kind);
	model_free(m);
	if (kind == DIR_KIND_PLAN)
		return ctl_print_list(ctl, json_array_size(items), items,
		    plan_columns, OCT_LEN(plan_columns));
	return ctl_print_list(ctl, json_array_size(items), items,
	    price_columns, OCT_LEN(price_columns));
}

#define RECORD_VERBS(what, kind)                                               \
	{ "add", "ID ATTRIBUTE=VALUE...", "make a " what, 1, 1, NULL, kind,    \
	    ctl_add_run },                                                     \
	{ "set", "ID ATTRIBUTE=VALUE...", "change attributes", 1, 1, NULL,     \
	    kind, ctl_set_run },                                               \
	{ "show", "ID", "print one", 1, 1, ctl_at_options, CTL_NO_ATTRIBUTES,  \
	    ctl_show_run },                                                    \
	{ "list", "", "print all", 0, 0, NULL, CTL_NO_ATTRIBUTES,              \
	    record_list },                                                     \
	{ "remove", "ID", "forget it", 1, 1, NULL, CTL_NO_ATTRIBUTES,          \
	    record_remove }

const struct ctl_verb ctl_plan_verbs[] = {
	{ NULL, "FILE|-", "what applying the file would change, and its "
			  "fingerprint",
	    1, 1, ctl_plan_options, CTL_NO_ATTRIBUTES, ctl_plan_run },
	RECORD_VERBS("plan", DIR_KIND_PLAN),
	{ .run = NULL },
};

const struct ctl_verb ctl_price_verbs[] = {
	RECORD_VERBS("price list", DIR_KIND_PRICE),
	{ .run = NULL },
};
