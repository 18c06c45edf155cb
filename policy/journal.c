/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/json_text.h"
#include "policy/keys.h"

#define PAGE 1000

static const char *
key_of(const struct journal_of *of, char key[KEY_SIZE])
{
	if (of->domain != NULL)
		return key_journal(key, of->domain);
	if (of->tenant != NULL)
		return key_tenant_journal(key, of->tenant);
	return KEY_PLATFORM_JOURNAL;
}

struct reading {
	journal_each *each;
	void *arg;
	size_t count; /* of this page */
	int result;
};

/* What was written by another version is passed over, and said. */
static int
take_entry(void *arg, const struct store_entry *e)
{
	struct reading *r = arg;
	const char *text = e->count == 2 && strcmp(e->pairs[0], "v") == 0
	    ? e->pairs[1]
	    : "";
	json_t *object = json_loads(text, 0, NULL);
	const struct journal_entry entry = {
	    .wall_ms = strtoll(e->id, NULL, 10),
	    .actor = json_text_of(object, "actor"),
	    .action = json_text_of(object, "action"),
	    .kind = json_text_of(object, "kind"),
	    .name = json_text_of(object, "name"),
	    .reason = json_text_of(object, "reason"),
	    .before = json_object_get(object, "before"),
	    .after = json_object_get(object, "after")};

	r->count++;
	if (json_is_object(object))
		r->result = r->each(r->arg, &entry);
	else
		oct_log(OCT_WARNING, "journal: entry=%s unreadable", e->id);
	json_decref(object);
	return r->result;
}

int
journal_read(struct store *store, const struct journal_of *of,
    journal_each *each, void *arg)
{
	char key[KEY_SIZE], last[OCT_STREAM_ID] = "0";
	struct reading r = {.each = each, .arg = arg};
	const char *stream = key_of(of, key);
	int rc;

	do {
		r.count = 0;
		rc = store_stream_read(
		    store, stream, last, 0, PAGE, take_entry, &r);
	} while (rc == 0 && r.count == PAGE);
	return rc;
}

/* --- The state at a time ------------------------------------------------- */

struct past {
	const char *kind, *name;
	int64_t wall_ms;
	json_t *state;
	bool found;
};

static int
look_back(void *arg, const struct journal_entry *e)
{
	struct past *p = arg;
	bool later = e->wall_ms > p->wall_ms;
	const json_t *state = later ? e->before : e->after;

	if (strcmp(e->kind, p->kind) != 0 || strcmp(e->name, p->name) != 0)
		return 0;
	/* The first change after that time knows what was before it. */
	if (later && p->found)
		return 1;
	json_decref(p->state);
	p->state = state != NULL ? json_deep_copy(state) : NULL;
	p->found = true;
	if (state != NULL && p->state == NULL)
		return -ENOMEM;
	return later ? 1 : 0;
}

int
journal_at(struct store *store, const struct journal_of *of,
    enum dir_kind kind, const char *name, int64_t wall_ms, struct json_t **out)
{
	struct past p = {.kind = dir_kind_name(kind),
	    .name = name,
	    .wall_ms = wall_ms};
	int rc = journal_read(store, of, look_back, &p);

	if (rc < 0) {
		json_decref(p.state);
		return rc;
	}
	*out = p.state;
	return p.found ? 1 : 0;
}

/* --- What has gone ------------------------------------------------------- */

static const struct {
	const char *prefix;
	enum dir_kind kind;
} gone_kinds[] = {{"domain:", DIR_KIND_DOMAIN}, {"tenant:", DIR_KIND_TENANT}};

int
journal_gone(struct store *store, enum dir_kind kind, const char *name)
{
	bool domain = kind == DIR_KIND_DOMAIN;
	struct store_txn *txn;
	struct oct_str s;
	char field[KEY_SIZE], when[32];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	oct_str_fixed(&s, field, sizeof(field));
	oct_str_addf(&s, "%s%s", gone_kinds[domain ? 0 : 1].prefix, name);
	(void)snprintf(when, sizeof(when), "%" PRId64, oct_clock_wall_ms());
	store_txn_hset(txn, KEY_GONE, field, when);
	rc = oct_str_err(&s) != 0 ? oct_str_err(&s)
				  : store_txn_commit(store, txn);
	store_txn_free(txn);
	return rc;
}

static int
tell_gone(const char *field, journal_each_gone *each, void *arg)
{
	for (size_t i = 0; i < OCT_LEN(gone_kinds); i++) {
		size_t len = strlen(gone_kinds[i].prefix);

		if (strncmp(field, gone_kinds[i].prefix, len) == 0)
			return each(arg, gone_kinds[i].kind, field + len);
	}
	return 0;
}

int
journal_each_of_gone(struct store *store, journal_each_gone *each, void *arg)
{
	struct store_batch *b;
	int rc = store_hash(store, KEY_GONE, &b);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < store_batch_count(b, 0); i += 2)
		rc = tell_gone(store_batch_value(b, 0, i)->data, each, arg);
	store_batch_free(b);
	return rc;
}

/* Names of which no journal can be left. */
static int
forget_gone(struct store *store, int64_t before_wall_ms)
{
	struct store_txn *txn = NULL;
	struct store_batch *b;
	int rc = store_hash(store, KEY_GONE, &b);

	if (rc == 0)
		rc = store_txn_new(&txn);
	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2)
		if (strtoll(store_batch_value(b, 0, i + 1)->data, NULL, 10) <
		    before_wall_ms)
			store_txn_hdel(
			    txn, KEY_GONE, store_batch_value(b, 0, i)->data);
	if (rc == 0)
		rc = store_txn_commit(store, txn);
	store_txn_free(txn);
	store_batch_free(b);
	return rc;
}

/* --- Retention ----------------------------------------------------------- */

int
journal_cut(struct store *store, int64_t *wall_ms)
{
	char *text;
	int rc = store_get(store, KEY_CUT, &text);

	*wall_ms = text != NULL ? strtoll(text, NULL, 10) : 0;
	free(text);
	return rc < 0 ? rc : 0;
}

/* Said before it is done; and never taken back, whatever the retention. */
static int
note_cut(struct store *store, int64_t before_wall_ms)
{
	int64_t known;
	char text[32];
	int rc = journal_cut(store, &known);

	if (rc != 0 || known >= before_wall_ms)
		return rc;
	(void)snprintf(text, sizeof(text), "%" PRId64, before_wall_ms);
	return store_set(store, KEY_CUT, text, 0);
}

static int
trim_set(struct store *store, const char *set, int64_t before_wall_ms,
    const char *(*key)(char out[KEY_SIZE], const char *name))
{
	struct store_batch *b;
	char out[KEY_SIZE];
	int rc = store_members(store, set, &b);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc >= 0 && i < store_batch_count(b, 0); i++) {
		const char *name = store_batch_value(b, 0, i)->data;

		if (name != NULL && strlen(name) < 256)
			rc = store_stream_trim(
			    store, key(out, name), before_wall_ms);
	}
	store_batch_free(b);
	return rc < 0 ? rc : 0;
}

int
journal_trim(struct store *store, int64_t before_wall_ms)
{
	int rc = note_cut(store, before_wall_ms);

	if (rc == 0)
		rc = forget_gone(store, before_wall_ms);
	if (rc >= 0)
		rc = store_stream_trim(store, KEY_AUDIT, before_wall_ms);
	if (rc >= 0)
		rc = store_stream_trim(
		    store, KEY_PLATFORM_JOURNAL, before_wall_ms);
	if (rc >= 0)
		rc = trim_set(store, KEY_TENANTS, before_wall_ms,
		    key_tenant_journal);
	if (rc == 0)
		rc = trim_set(store, KEY_DOMAINS, before_wall_ms, key_journal);
	return rc;
}
