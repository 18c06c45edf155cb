/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change leaves behind: an entry in the journal of its domain, tenant or
 * of the platform, by the transaction of the change itself, so that there is one
 * exactly if it was made; and, as nudges after it, whom it concerns, for the
 * programs that follow, and a copy for the audit of everybody's doings.
 */
#include <errno.h>
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

/* NULL = nothing was there. */
static json_t *
masked(enum dir_kind kind, const char *text)
{
	json_t *object = text != NULL ? dir_object(text) : NULL, *value;
	const char *name;
	void *next;

	json_object_foreach_safe(object, next, name, value)
	{
		struct dir_attribute a;

		if (dir_attribute(kind, name, &a) &&
		    a.type == DIR_TYPE_DETAIL && detail_info(a.detail)->secret)
			(void)json_object_set_new(object, name, mask(value));
	}
	return object;
}

static const char *
journal_key(const struct dir_event *e, char key[KEY_SIZE])
{
	if (e->domain != NULL)
		return key_journal(key, e->domain);
	return e->kind == DIR_KIND_TENANT ? key_tenant_journal(key, e->name)
					  : KEY_PLATFORM_JOURNAL;
}

/* The journal of what is gone ends some day; should it come back, it does not. */
static void
age_journal(struct store_txn *txn, const struct dir_event *e)
{
	char key[KEY_SIZE];
	bool whole = e->kind == DIR_KIND_TENANT || e->kind == DIR_KIND_DOMAIN;

	if (whole && (e->before == NULL || e->after == NULL))
		store_txn_expire(txn, journal_key(e, key),
		    e->after == NULL ? KEY_TTL_JOURNAL_MS : KEY_TTL_NEVER_MS);
}

static void
set_text(json_t *object, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		(void)json_object_set_new(object, name, json_string(text));
}

int
dir_event_journal(struct store_txn *txn, const struct dir_event *e)
{
	json_t *entry = json_object();
	char key[KEY_SIZE], *text;

	set_text(entry, "actor", e->actor);
	set_text(entry, "action", e->action);
	set_text(entry, "kind", dir_kind_name(e->kind));
	set_text(entry, "name", e->name);
	set_text(entry, "reason", e->reason);
	if (e->before != NULL)
		(void)json_object_set_new(
		    entry, "before", masked(e->kind, e->before));
	if (e->after != NULL)
		(void)json_object_set_new(
		    entry, "after", masked(e->kind, e->after));
	text = json_dumps(entry, JSON_COMPACT);
	json_decref(entry);
	if (text == NULL)
		return -ENOMEM;
	store_txn_xadd(txn, journal_key(e, key), text);
	free(text);
	age_journal(txn, e);
	return 0;
}

void
dir_event_nudge(struct store_txn *txn, const char *domain, const char *tenant)
{
	const char *const changed[] = {domain != NULL ? "domain" : "tenant",
	    domain != NULL ? domain : tenant};

	store_txn_after_xadd(
	    txn, KEY_CHANGES, KEY_CHANGES_MAX, changed, OCT_LEN(changed));
}

void
dir_event_audit(struct store_txn *txn, const struct dir_event *e)
{
	json_t *object = masked(e->kind, e->after);
	char *json = object != NULL
	    ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS)
	    : NULL;
	const char *pairs[14] = {"actor", e->actor != NULL ? e->actor : "",
	    "action", e->action, "kind", dir_kind_name(e->kind)};
	size_t n = 6;

	pairs[n++] = e->domain != NULL ? "domain" : dir_kind_name(e->kind);
	pairs[n++] = e->domain != NULL ? e->domain : e->name;
	if (e->domain != NULL) {
		pairs[n++] = "local";
		pairs[n++] = e->name;
	}
	pairs[n++] = "json";
	pairs[n++] = json != NULL ? json : "";
	/* The ground of a change stands there only where one was needed. */
	if (e->reason != NULL && *e->reason != '\0') {
		pairs[n++] = "reason";
		pairs[n++] = e->reason;
	}
	OCT_ASSERT(n <= OCT_LEN(pairs));
	store_txn_after_xadd(txn, KEY_AUDIT, 0, pairs, n);
	free(json);
	json_decref(object);
}

int
dir_event_add(struct store_txn *txn, const struct dir_event *e)
{
	int rc = dir_event_journal(txn, e);

	if (e->domain != NULL || e->kind == DIR_KIND_TENANT)
		dir_event_nudge(txn, e->domain, e->name);
	dir_event_audit(txn, e);
	return rc;
}
