/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change leaves in the streams: whom it concerns, for the programs that
 * follow; who did it, and what was and is, for the audit.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "policy/directory_private.h"
#include "policy/keys.h"

/* Secrets are told by whether they are set: "set 5f2a" changes with them, since
 * a change of password is an event too. */
static json_t *
mask(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || *text == '\0' || strcmp(text, "external") == 0)
		return json_string(text != NULL ? text : "");
	return json_sprintf("set %04x", dir_hash(text) & 0xffffu);
}

/* Freed by free(); NULL = nothing was there, or no memory. */
static char *
masked(enum dir_kind kind, const char *text)
{
	json_t *object = text != NULL ? dir_object(text) : NULL, *value;
	const char *name;
	void *next;
	char *out;

	json_object_foreach_safe(object, next, name, value)
	{
		struct dir_attribute a;

		if (dir_attribute(kind, name, &a) &&
		    a.type == DIR_TYPE_DETAIL && detail_info(a.detail)->secret)
			(void)json_object_set_new(object, name, mask(value));
	}
	out = object != NULL
	    ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS)
	    : NULL;
	json_decref(object);
	return out;
}

void
dir_event_audit(struct store_txn *txn, const struct dir_event *e)
{
	char *before = masked(e->kind, e->before);
	char *after = masked(e->kind, e->after);
	bool of_domain = e->domain != NULL;
	const char *pairs[16] = {"actor", e->actor != NULL ? e->actor : "",
	    "action", e->action, "kind", dir_kind_name(e->kind), "before",
	    before != NULL ? before : "", "after", after != NULL ? after : ""};
	size_t n = 10;

	pairs[n++] = of_domain ? "domain" : dir_kind_name(e->kind);
	pairs[n++] = of_domain ? e->domain : e->name;
	if (of_domain) {
		pairs[n++] = "local";
		pairs[n++] = e->name;
	}
	/* The ground of a change stands there only where one was needed. */
	if (e->reason != NULL && *e->reason != '\0') {
		pairs[n++] = "reason";
		pairs[n++] = e->reason;
	}
	OCT_ASSERT(n <= OCT_LEN(pairs));
	store_txn_after_xadd(txn, KEY_AUDIT, 0, pairs, n);
	free(before);
	free(after);
}

void
dir_event_add(struct store_txn *txn, const struct dir_event *e)
{
	bool of_domain = e->domain != NULL;
	const char *const changed[] = {of_domain ? "domain" : "tenant",
	    of_domain ? e->domain : e->name};

	if (of_domain || e->kind == DIR_KIND_TENANT)
		store_txn_after_xadd(txn, KEY_CHANGES, KEY_CHANGES_MAX,
		    changed, OCT_LEN(changed));
	dir_event_audit(txn, e);
}
