/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl relation: what a mailbox and its senders are to each other.
 */
#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "policy/relation.h"
#include "provisioning/ctl_cmd.h"

static json_t *
relation_json(const char *sid, const struct relation *r, bool whole)
{
	json_t *v = json_object(), *items;

	ctl_json_set(v, "sid", ctl_json_text(sid));
	ctl_json_set(v, "state", json_string(rel_state_name(r->state)));
	ctl_json_set(v, "origin", ctl_json_text(r->origin));
	ctl_json_set(v, "since", ctl_json_time(r->since_ms));
	ctl_json_set(v, "last", ctl_json_time(r->last_ms));
	ctl_json_set(v, "asked", ctl_json_time(r->asked_ms));
	ctl_json_set(v, "asks", json_integer(r->asks));
	ctl_json_set(v, "challenge", ctl_json_text(r->challenge));
	ctl_json_set(v, "held", json_integer((json_int_t)r->items));
	ctl_json_set(v, "size", json_integer(r->bytes));
	if (!whole)
		return v;
	items = json_array();
	for (size_t i = 0; i < r->items; i++)
		(void)json_array_append_new(items, ctl_json_text(r->item[i]));
	ctl_json_set(v, "items", items);
	return v;
}

static int
list_relations(struct ctl *ctl, const struct oct_addr *a, const char *name)
{
	static const struct ctl_column columns[] = {
		{ "sid", "SENDER", CTL_TEXT },
		{ "state", "STATE", CTL_TEXT },
		{ "origin", "BY", CTL_TEXT },
		{ "since", "SINCE", CTL_TEXT },
		{ "last", "LAST MESSAGE", CTL_TEXT },
		{ "asks", "ASKS", CTL_RIGHT },
		{ "held", "HELD", CTL_RIGHT },
	};
	json_t *items = json_array();
	struct store_batch *b = NULL;
	struct relation r;
	char key[KEY_SIZE];
	int rc = store_hash(ctl->store,
	    key_relations(key, a->domain, a->local), &b);

	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2)
		if (relation_unpack(store_batch_value(b, 0, i + 1)->data,
			&r) == 0)
			(void)json_array_append_new(items,
			    relation_json(store_batch_value(b, 0, i)->data,
				&r, false));
	store_batch_free(b);
	if (rc != 0) {
		json_decref(items);
		return ctl_fail_rc(ctl, rc, "relations of", name);
	}
	return ctl_print_list(ctl, json_array_size(items), items, columns,
	    OCT_LEN(columns));
}

static int
relation_list(struct ctl *ctl, const struct ctl_args *args)
{
	struct oct_addr a;
	struct store *store;
	int status = ctl_address(ctl, args->words[0], &a);

	if (status == 0)
		status = ctl_store(ctl, &store);
	return status != 0 ? status
			   : list_relations(ctl, &a, args->words[0]);
}

static int
relation_show(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "sid", "sender", CTL_TEXT },
		{ "state", "state", CTL_TEXT },
		{ "origin", "by", CTL_TEXT },
		{ "since", "since", CTL_TEXT },
		{ "last", "last message", CTL_TEXT },
		{ "asked", "last asked", CTL_TEXT },
		{ "asks", "asks", CTL_TEXT },
		{ "challenge", "challenge", CTL_TEXT },
		{ "size", "size held", CTL_SIZE },
		{ "items", "held", CTL_TEXT },
	};
	const char *sid = args->words[1];
	struct relation r;
	struct oct_addr a;
	struct store *store;
	int status = ctl_address(ctl, args->words[0], &a), rc;

	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	rc = case_relation_read(store, a.domain, a.local, sid, &r);
	if (rc < 0)
		return ctl_fail_rc(ctl, rc, "relation of", args->words[0]);
	if (rc == 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s has no relation %s: 'octroictl relation list %s' shows "
		    "all",
		    args->words[0], sid, args->words[0]);
	return ctl_print(ctl, relation_json(sid, &r, true), columns,
	    OCT_LEN(columns));
}

const struct ctl_verb ctl_relation_verbs[] = {
	{ "list", "MAILBOX", "print the senders that a mailbox knows", 1, 1,
	    NULL, CTL_NO_ATTRIBUTES, relation_list },
	{ "show", "MAILBOX SENDER", "print one, as 'list' names it", 2, 2, NULL,
	    CTL_NO_ATTRIBUTES, relation_show },
	{ .run = NULL },
};
