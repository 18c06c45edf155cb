/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_acts.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "policy/json_text.h"
#include "policy/keys.h"
#include "policy/owner.h"

#define TEXT_MAX 4096 /* octets of a sender or subject that are kept */

static const char *const names[OWNER_ACTS] = {
	[OWNER_ACT_ENTER] = "owner.enter",
	[OWNER_ACT_RELEASE] = "owner.release",
	[OWNER_ACT_ACCEPT] = "owner.accept",
	[OWNER_ACT_DISCARD] = "owner.discard",
	[OWNER_ACT_SPAM] = "owner.spam",
	[OWNER_ACT_REFUSE] = "owner.refuse",
	[OWNER_ACT_UNDO] = "owner.undo",
	[OWNER_ACT_ALLOW] = "owner.allow",
	[OWNER_ACT_BLOCK] = "owner.block",
	[OWNER_ACT_FORGET] = "owner.forget",
	[OWNER_ACT_IMPORT] = "owner.import",
	[OWNER_ACT_EXPECT] = "owner.expect",
	[OWNER_ACT_EXPECT_END] = "owner.expect-end",
	[OWNER_ACT_SETTING] = "owner.setting",
	[OWNER_ACT_REVOKE] = "owner.revoke",
};

/* The JSON of an entry, freed by the caller; NULL: no memory. */
static char *
write_entry(const struct owner_entry_text *e)
{
	json_t *v = json_object();
	char *text = NULL;
	int bad;

	bad = json_object_set_new(v, "act", json_string(names[e->act]));
	bad |= json_object_set_new(v, "t", json_integer(e->wall_ms));
	bad |= json_object_set_new(v, "by", json_text(e->person, TEXT_MAX));
	bad |= json_object_set_new(v, "id", json_text(e->id, TEXT_MAX));
	bad |= json_object_set_new(v, "what", json_text(e->what, TEXT_MAX));
	bad |= json_object_set_new(v, "subject",
	    json_text(e->subject, TEXT_MAX));
	if (bad == 0)
		text = json_dumps(v, JSON_COMPACT);
	json_decref(v);
	return text;
}

static int
store_entry(const struct owner *o, const struct owner_entry_text *e)
{
	struct oct_addr box = { .local = "" };
	char key[KEY_SIZE], actor[OCT_ADDR_SIZE];
	char *json = write_entry(e);
	const char *pairs[] = { "v", json };
	const char *audit[] = { "actor", *o->person != '\0' ? o->person : actor,
		"action", names[e->act], "domain", o->domain, "local",
		o->local, "detail", *e->id != '\0' ? e->id : e->what };
	struct store_txn *txn = NULL;
	int rc;

	if (json == NULL)
		return -ENOMEM;
	memcpy(box.local, o->local, strlen(o->local) + 1);
	memcpy(box.domain, o->domain, strlen(o->domain) + 1);
	oct_addr_text(&box, actor);
	key_acts(key, o->domain, o->local);
	rc = store_xadd(o->store, key, KEY_ACTS_MAX, pairs, OCT_LEN(pairs));
	if (rc == 0)
		rc = store_txn_new(&txn);
	if (rc == 0) {
		store_txn_expire(txn, key, KEY_TTL_ACTS_MS);
		store_txn_after_xadd(txn, KEY_AUDIT, 0, audit,
		    OCT_LEN(audit));
		rc = store_txn_commit(o->store, txn);
		store_txn_free(txn);
	}
	free(json);
	return rc;
}

void
owner_note(const struct owner *o, const struct owner_entry_text *e)
{
	struct owner_entry_text full = *e;
	int rc;

	full.person = o->person;
	full.wall_ms = o->now_ms;
	full.id = e->id != NULL ? e->id : "";
	full.what = e->what != NULL ? e->what : "";
	full.subject = e->subject != NULL ? e->subject : "";
	rc = store_entry(o, &full);
	oct_log(rc == 0 ? OCT_INFO : OCT_ERROR,
	    "owner=%s@%s person=%s act=%s item=%s recorded=%s", o->local,
	    o->domain, *o->person != '\0' ? o->person : "-",
	    names[e->act], *full.id != '\0' ? full.id : "-",
	    rc == 0 ? "yes" : oct_strerror(rc));
}

/* --- Reading ------------------------------------------------------------- */

struct reading {
	owner_each_act *each;
	void *arg;
	int64_t from_ms;
};

static int
see(void *arg, const struct store_entry *entry)
{
	struct reading *r = arg;
	struct owner_entry_text e = { .act = OWNER_ACTS };
	json_t *v;

	if (entry->count < 2)
		return 0;
	v = json_loads(entry->pairs[1], 0, NULL);
	e.wall_ms = json_integer_value(json_object_get(v, "t"));
	e.person = json_text_of(v, "by");
	e.id = json_text_of(v, "id");
	e.what = json_text_of(v, "what");
	e.subject = json_text_of(v, "subject");
	for (int i = 0; i < OWNER_ACTS; i++)
		if (strcmp(json_text_of(v, "act"), names[i]) == 0)
			e.act = (enum owner_act)i;
	if (e.act != OWNER_ACTS && e.wall_ms >= r->from_ms)
		r->each(r->arg, &e);
	json_decref(v);
	return 0;
}

int
owner_history(const struct owner *o, char at[OCT_STREAM_ID], size_t limit,
    owner_each_act *each, void *arg)
{
	struct reading r = { .each = each, .arg = arg,
		.from_ms = o->now_ms - KEY_TTL_ACTS_MS };
	char key[KEY_SIZE];

	return store_stream_back(o->store,
	    key_acts(key, o->domain, o->local), at, limit, see, &r);
}
