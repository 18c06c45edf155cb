/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The acts on senders.  The directory's flag has_blocks is set before the first
 * block and cleared after the last, so that no block is ever overlooked.
 */
#include "policy/owner_senders.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"
#include "policy/learn_item.h"

#define SENT_PREFIX GRANT_SENT ":"

int
owner_who_read(const char *text, char out[OWNER_WHO_SIZE])
{
	char name[OCT_DOMAIN_SIZE];
	const char *at = strrchr(text, '@');
	struct oct_addr a;
	struct oct_str s;
	int rc;

	oct_str_fixed(&s, out, OWNER_WHO_SIZE);
	if (at == NULL || at == text) {
		rc = oct_domain_normalise(at == NULL ? text : text + 1, name);
		if (rc != 0 || strchr(name, '.') == NULL)
			return OCT_EPARSE;
		oct_str_addf(&s, "dom:%s", name);
		return oct_str_err(&s);
	}
	rc = oct_addr_parse(text, &a);
	if (rc != 0 || oct_addr_is_null(&a) || *a.local == '\0' ||
	    *a.domain == '\0')
		return OCT_EPARSE;
	return grant_who("addr", &a, out);
}

/* Is it a name of ours?  Forms come from outside. */
static bool
is_who(const char *who)
{
	char again[OWNER_WHO_SIZE];

	if (strncmp(who, "sid:", 4) == 0)
		return who[4] != '\0' && strlen(who) < OWNER_WHO_SIZE;
	if (strncmp(who, "addr:", 5) == 0 || strncmp(who, "dom:", 4) == 0)
		return owner_who_read(strchr(who, ':') + 1, again) == 0 &&
		    strcmp(again, who) == 0;
	return false;
}

static const char *
sid_of(const char *who)
{
	return strncmp(who, "sid:", 4) == 0 ? who + 4 : NULL;
}

static void
note(const struct owner *o, enum owner_act act, const char *who)
{
	const struct owner_entry_text e = { .act = act, .what = who };

	owner_note(o, &e);
}

/* --- The flag ------------------------------------------------------------ */

static int
set_flag(const struct owner *o, bool on)
{
	struct dir_change c = { .domain = o->domain, .local = o->local,
		.json = on ? "{\"has_blocks\":true}"
			   : "{\"has_blocks\":false}",
		.actor = *o->person != '\0' ? o->person : "owner" };
	char problem[256];

	return directory_change(o->store, &c, problem);
}

static int
is_flagged(const struct owner *o, bool *out)
{
	char key[KEY_SIZE], *text;
	json_t *v;
	int rc = store_hget(o->store, key_mailboxes(key, o->domain), o->local,
	    &text);

	v = text != NULL ? json_loads(text, 0, NULL) : NULL;
	*out = json_is_true(json_object_get(v, "has_blocks"));
	json_decref(v);
	free(text);
	return rc < 0 ? rc : 0;
}

int
owner_flag_set(const struct owner *o)
{
	bool on;
	int rc = is_flagged(o, &on);

	return rc == 0 && !on ? set_flag(o, true) : rc;
}

/* A block that came meanwhile is seen by the second look, or finds the flag
 * cleared. */
int
owner_flag_follow(const struct owner *o)
{
	bool any = false;
	int rc = owner_any_block(o, &any);

	if (rc != 0 || any)
		return rc;
	rc = set_flag(o, false);
	if (rc == 0)
		rc = owner_any_block(o, &any);
	return rc == 0 && any ? set_flag(o, true) : rc;
}

/* --- Acts ---------------------------------------------------------------- */

static void
actor_of(const struct owner *o, char out[64])
{
	struct oct_str s;

	oct_str_fixed(&s, out, 64);
	oct_str_add(&s, *o->person != '\0' ? o->person : "owner");
	/* Too long, or with a blank: the history has it whole. */
	if (oct_str_err(&s) != 0 || strchr(out, ' ') != NULL)
		memcpy(out, "owner", sizeof("owner"));
}

int
owner_grants_room(const struct owner *o, size_t *out)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int64_t n = 0;
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_hlen(b, key_grants(key, o->domain, o->local));
	rc = slot < 0 ? slot : store_batch_run(o->store, b);
	if (rc == 0)
		rc = oct_num_int(store_batch_value(b, slot, 0)->data, 0,
		    INT64_MAX, &n);
	store_batch_free(b);
	*out = n < OWNER_GRANTS_MAX ? OWNER_GRANTS_MAX - (size_t)n : 0;
	return rc;
}

/* A name that is there already takes no room. */
static int
check_room(const struct owner *o, const char *who)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	size_t room = 0;
	bool there;
	int slot, rc = owner_grants_room(o, &room);

	if (rc != 0 || room > 0 || sid_of(who) != NULL)
		return rc;
	rc = store_batch_new(&b);
	if (rc != 0)
		return rc;
	slot = store_batch_hget(b, key_grants(key, o->domain, o->local), who);
	rc = slot < 0 ? slot : store_batch_run(o->store, b);
	there = rc == 0 && store_batch_value(b, slot, 0)->data != NULL;
	store_batch_free(b);
	return rc == 0 && !there ? OCT_ELIMIT : rc;
}

static int
set_grant(const struct owner *o, const char *who, bool block)
{
	struct case_grant g = { .block = block, .since_ms = o->now_ms,
		.origin = GRANT_OWNER };

	actor_of(o, g.actor);
	return case_grant_set(o->store, o->domain, o->local, who, &g);
}

/* What is held of him was unwanted; what cannot be learnt of must not stop the
 * act. */
static void
mark_spam(const struct owner *o, const struct case_sender *c, bool named)
{
	size_t count;

	(void)!(named ? learn_mark_named(o->store, c, LEARN_SPAM, &count)
		      : learn_mark_sender(o->store, c, LEARN_SPAM, &count));
}

/* To the relations that the name means. */
static int
judge(const struct owner *o, const char *who, enum rel_event ev)
{
	const char *sid = sid_of(who);
	const struct case_sender c = { .domain = o->domain, .local = o->local,
		.sid = sid != NULL ? sid : who };
	enum case_outcome out;
	size_t count;

	if (ev == REL_EV_BLOCKED)
		mark_spam(o, &c, sid == NULL);
	if (sid == NULL)
		return case_judge_named(o->store, o->timers, &c, ev,
		    o->now_ms, &count);
	return case_judge(o->store, o->timers, &c, ev, "owner", o->now_ms,
	    &out);
}

int
owner_sender_allow(const struct owner *o, const char *who)
{
	int rc = is_who(who) && sid_of(who) == NULL ? 0 : -EINVAL;

	if (rc == 0)
		rc = check_room(o, who);
	if (rc == 0)
		rc = set_grant(o, who, false);
	if (rc == 0)
		rc = judge(o, who, REL_EV_UNBLOCKED);
	if (rc == 0)
		rc = owner_flag_follow(o);
	if (rc == 0)
		note(o, OWNER_ACT_ALLOW, who);
	return rc;
}

int
owner_sender_block(const struct owner *o, const char *who, enum owner_how how)
{
	int rc = is_who(who) ? 0 : -EINVAL;

	if (rc == 0 && how == OWNER_TOLD)
		rc = check_room(o, who);
	if (rc == 0)
		rc = owner_flag_set(o);
	if (rc == 0 && sid_of(who) == NULL)
		rc = set_grant(o, who, true);
	if (rc == 0)
		rc = judge(o, who, REL_EV_BLOCKED);
	if (rc == 0)
		rc = owner_flag_set(o);
	if (rc == 0 && how == OWNER_TOLD)
		note(o, OWNER_ACT_BLOCK, who);
	return rc;
}

static int
remove_grants(const struct owner *o, const char *who)
{
	char sent[GRANT_WHO_SIZE];
	struct oct_str s;
	int rc;

	if (sid_of(who) != NULL)
		return 0;
	rc = case_grant_remove(o->store, o->domain, o->local, who);
	if (rc != 0 || strncmp(who, "addr:", 5) != 0)
		return rc;
	oct_str_fixed(&s, sent, sizeof(sent));
	oct_str_addf(&s, SENT_PREFIX "%s", who + 5);
	rc = oct_str_err(&s);
	return rc == 0 ? case_grant_remove(o->store, o->domain, o->local, sent)
		       : rc;
}

int
owner_sender_forget(const struct owner *o, const char *who, enum owner_how how)
{
	int rc = is_who(who) ? remove_grants(o, who) : -EINVAL;

	if (rc == 0)
		rc = judge(o, who, REL_EV_UNBLOCKED);
	if (rc == 0)
		rc = judge(o, who, REL_EV_DISALLOWED);
	if (rc == 0)
		rc = owner_flag_follow(o);
	if (rc == 0 && how == OWNER_TOLD)
		note(o, OWNER_ACT_FORGET, who);
	return rc;
}
