/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl allow, block: what a mailbox, or a whole domain, says of senders.
 * The directory's flag has_blocks follows the blocks: it is set before the
 * first one and cleared after the last, so that no block is ever overlooked.
 */
#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/keys.h"
#include "policy/learn_item.h"
#include "policy/owner_senders.h"
#include "policy/relation.h"
#include "policy/settings.h"
#include "provisioning/ctl_grant.h"

#define WHO_SIZE GRANT_WHO_SIZE
#define SENT_PREFIX GRANT_SENT ":"

/* --- Arguments ---------------------------------------------------------- */

int
ctl_target(struct ctl *ctl, const char *text, bool whole,
    struct ctl_target *out)
{
	const struct dir_snapshot *snapshot;
	const struct dir_domain *d;
	bool all = whole && *text == '@', alias, known;
	int status;

	memset(out, 0, sizeof(*out));
	if (all) {
		status = ctl_domain(ctl, text + 1, out->addr.domain);
		memcpy(out->addr.local, CTL_WHOLE, sizeof(CTL_WHOLE));
	} else {
		status = ctl_address(ctl, text, &out->addr);
	}
	if (status == 0)
		status = ctl_directory(ctl, out->addr.domain, &snapshot);
	if (status != 0)
		return status;
	d = dir_domain_at(snapshot, 0);
	known = all || dir_mailbox(d, out->addr.local) != NULL;
	alias = dir_alias(d, out->addr.local) != NULL;
	directory_put(snapshot);
	oct_addr_text(&out->addr, out->name);
	if (all)
		(void)memcpy(out->name, text, strnlen(text,
		    sizeof(out->name) - 1) + 1);
	if (known)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    alias ? "%s is an alias: name the mailboxes behind it"
		  : "there is no mailbox %s",
	    text);
}

int
ctl_key(struct ctl *ctl, const char *purpose, uint8_t out[OCT_KEY_OCTETS])
{
	struct oct_secret secret;
	int status = ctl_secret(ctl, &secret);

	if (status != 0)
		return status;
	oct_secret_key(&secret, purpose, out);
	oct_secret_fini(&secret);
	return 0;
}

/* An address or a domain, as the store names it. */
static int
read_who(const struct ctl *ctl, const char *text, char out[WHO_SIZE])
{
	char name[OCT_DOMAIN_SIZE], address[OCT_ADDR_SIZE];
	const char *at = strrchr(text, '@');
	struct oct_addr a;
	struct oct_str s;
	int status;

	oct_str_fixed(&s, out, WHO_SIZE);
	if (at == NULL || at == text) {
		status = ctl_domain(ctl, at == NULL ? text : text + 1, name);
		oct_str_addf(&s, "dom:%s", status == 0 ? name : "");
	} else {
		status = ctl_address(ctl, text, &a);
		if (status != 0)
			return status;
		oct_addr_text(&a, address);
		oct_str_addf(&s, "addr:%s", address);
	}
	return status;
}

static int
read_why(const struct ctl *ctl, const struct ctl_args *args,
    struct case_grant *g)
{
	const char *why = ctl_args_value(args, "why");

	if (why == NULL)
		return 0;
	if (strlen(why) >= sizeof(g->why))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--why: expected at most %zu octets", sizeof(g->why) - 1);
	memcpy(g->why, why, strlen(why) + 1);
	return 0;
}

/* --- The store ---------------------------------------------------------- */

typedef void each_grant(void *arg, const char *who,
    const struct case_grant *g);

static int
read_grants(struct ctl *ctl, const struct ctl_target *t, each_grant *each,
    void *arg)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int rc = store_hash(ctl->store,
	    key_grants(key, t->addr.domain, t->addr.local), &b);

	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2) {
		struct case_grant g;

		if (case_grant_parse(store_batch_value(b, 0, i + 1)->data,
			&g) == 0)
			each(arg, store_batch_value(b, 0, i)->data, &g);
	}
	store_batch_free(b);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "grants of", t->name);
}

static void
see_block(void *arg, OCT_UNUSED const char *who, const struct case_grant *g)
{
	if (g->block)
		*(bool *)arg = true;
}

static int
set_flag(struct ctl *ctl, const struct ctl_target *t, bool on)
{
	struct dir_change c = { .domain = t->addr.domain,
		.local = strcmp(t->addr.local, CTL_WHOLE) == 0 ? NULL
							   : t->addr.local,
		.json = on ? "{\"has_blocks\":true}" : "{\"has_blocks\":false}",
		.actor = ctl->actor };
	char problem[256];
	int rc = directory_change(ctl->store, &c, problem);

	if (rc == 0)
		return 0;
	return ctl_fail(ctl,
	    rc == OCT_EDOWN || rc == OCT_ETIME ? DAEMON_EXIT_UNAVAILABLE
					       : DAEMON_EXIT_FAILED,
	    "%s: %s", t->name, problem);
}

static bool
is_whole(const struct ctl_target *t)
{
	return strcmp(t->addr.local, CTL_WHOLE) == 0;
}

/* The mailbox as one whose blocks are looked at (policy/owner_senders.h). */
static int
as_owner(struct ctl *ctl, const struct ctl_target *t,
    struct case_timers *timers, struct owner *out)
{
	const struct settings *set;
	int status = ctl_settings(ctl, &set);

	if (status != 0)
		return status;
	settings_timers(set, timers);
	*out = (struct owner){ .store = ctl->store, .timers = timers,
		.domain = t->addr.domain, .local = t->addr.local,
		.person = ctl->actor, .now_ms = oct_clock_wall_ms() };
	return 0;
}

/* As before the block, after it: somebody may have taken away the last other one
 * meanwhile. */
static int
set_again(struct ctl *ctl, const struct ctl_target *t)
{
	struct case_timers timers;
	struct owner o;
	int status, rc;

	if (is_whole(t))
		return set_flag(ctl, t, true);
	status = as_owner(ctl, t, &timers, &o);
	if (status != 0)
		return status;
	rc = owner_flag_set(&o);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "mailbox", t->name);
}

/* The flag as the blocks are, once they are so.  A block that came meanwhile is
 * seen by the second look. */
static int
follow_blocks(struct ctl *ctl, const struct ctl_target *t)
{
	struct case_timers timers;
	bool any = false;
	struct owner o;
	int status, rc;

	if (!is_whole(t)) {
		status = as_owner(ctl, t, &timers, &o);
		if (status != 0)
			return status;
		rc = owner_flag_follow(&o);
		return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "mailbox", t->name);
	}
	status = read_grants(ctl, t, see_block, &any);
	if (status != 0 || any)
		return status;
	status = set_flag(ctl, t, false);
	if (status == 0)
		status = read_grants(ctl, t, see_block, &any);
	if (status == 0 && any)
		status = set_flag(ctl, t, true);
	return status;
}

/* What the mailbox says of that sender now; found: it says something; sent: it
 * wrote to him. */
struct looking {
	const char *who;
	struct case_grant grant;
	bool found, sent;
};

static void
see_who(void *arg, const char *who, const struct case_grant *g)
{
	struct looking *l = arg;
	const char *address = strchr(l->who, ':');

	if (strcmp(who, l->who) == 0) {
		l->grant = *g;
		l->found = true;
	}
	if (strncmp(who, SENT_PREFIX, sizeof(SENT_PREFIX) - 1) == 0 &&
	    strncmp(l->who, "addr:", 5) == 0 &&
	    strcmp(who + sizeof(SENT_PREFIX) - 1, address + 1) == 0)
		l->sent = true;
}

/* Who is allowed no longer is so by no way. */
static int
remove_both(struct ctl *ctl, const struct ctl_target *t, const char *who,
    bool block)
{
	char sent[GRANT_WHO_SIZE];
	struct oct_str s;
	int rc = case_grant_remove(ctl->store, t->addr.domain, t->addr.local,
	    who);

	if (rc != 0 || block || strncmp(who, "addr:", 5) != 0)
		return rc;
	oct_str_fixed(&s, sent, sizeof(sent));
	oct_str_addf(&s, SENT_PREFIX "%s", who + 5);
	return case_grant_remove(ctl->store, t->addr.domain, t->addr.local,
	    sent);
}

/* What is held of a sender goes when he is blocked, and what he was asked is not
 * asked any more; when he is blocked no longer he is a stranger.  A block for a
 * whole domain keeps out what comes, and what is held stays for its owners. */
static int
tell_relations(struct ctl *ctl, const struct ctl_target *t, const char *who,
    enum rel_event ev, bool learn)
{
	const struct case_sender named = { .domain = t->addr.domain,
		.local = t->addr.local, .sid = who };
	const struct settings *set;
	struct case_timers timers;
	size_t count;
	int rc, status = 0;

	if (is_whole(t))
		return 0;
	status = ctl_settings(ctl, &set);
	if (status != 0)
		return status;
	settings_timers(set, &timers);
	/* What cannot be learnt of must not stop the act. */
	if (ev == REL_EV_BLOCKED && learn)
		(void)!learn_mark_named(ctl->store, &named, LEARN_SPAM,
		    &count);
	rc = case_judge_named(ctl->store, &timers, &named, ev,
	    oct_clock_wall_ms(), &count);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "relations of", t->name);
}

/* --- Verbs -------------------------------------------------------------- */

static int
add(struct ctl *ctl, const struct ctl_args *args, bool block)
{
	struct case_grant g = { .block = block,
		.drop = block && ctl_args_has(args, "silent"),
		.since_ms = oct_clock_wall_ms() };
	const char *sender = args->words[1];
	char who[WHO_SIZE] = "";
	struct looking old = { .who = who };
	struct ctl_target t;
	int status = ctl_target(ctl, args->words[0], true, &t), rc;
	bool unblocked;

	if (status == 0)
		status = read_who(ctl, sender, who);
	if (status == 0)
		status = read_why(ctl, args, &g);
	if (status == 0)
		status = read_grants(ctl, &t, see_who, &old);
	if (status == 0 && block)
		status = set_flag(ctl, &t, true);
	if (status != 0)
		return status;
	memcpy(g.actor, ctl->actor, sizeof(g.actor));
	memcpy(g.origin, GRANT_OWNER, sizeof(GRANT_OWNER));
	rc = case_grant_set(ctl->store, t.addr.domain, t.addr.local, who, &g);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "grant of", t.name);
	unblocked = old.found && old.grant.block && !block;
	if (block || unblocked)
		status = tell_relations(ctl, &t, who,
		    block ? REL_EV_BLOCKED : REL_EV_UNBLOCKED,
		    !ctl_args_has(args, "no-learn"));
	if (status == 0 && (block || unblocked))
		status = block ? set_again(ctl, &t) : follow_blocks(ctl, &t);
	if (status == 0)
		status = ctl_audit(ctl,
		    g.drop ? "block-silent" : block ? "block" : "allow",
		    t.addr.domain, t.addr.local, who);
	return status != 0 ? status
			   : ctl_done(ctl, block ? "blocked" : "allowed",
				 "sender", sender);
}

static int
take_away(struct ctl *ctl, const struct ctl_args *args, bool block)
{
	const char *sender = args->words[1];
	char who[WHO_SIZE] = "";
	struct looking old = { .who = who };
	struct ctl_target t;
	int status = ctl_target(ctl, args->words[0], true, &t), rc;

	if (status == 0)
		status = read_who(ctl, sender, who);
	if (status == 0)
		status = read_grants(ctl, &t, see_who, &old);
	if (status != 0)
		return status;
	if ((!old.found || old.grant.block != block) && (block || !old.sent))
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s does not %s %s",
		    t.name, block ? "block" : "allow", sender);
	rc = remove_both(ctl, &t, who, block);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "grant of", t.name);
	if (block)
		status = tell_relations(ctl, &t, who, REL_EV_UNBLOCKED, false);
	if (status == 0 && block)
		status = follow_blocks(ctl, &t);
	if (status == 0)
		status = ctl_audit(ctl, block ? "unblock" : "disallow",
		    t.addr.domain, t.addr.local, who);
	return status != 0
	    ? status
	    : ctl_done(ctl, block ? "blocked no longer" : "allowed no longer",
		  "sender", sender);
}

struct rows {
	json_t *items;
	bool block;
	int64_t now_ms;
};

static void
add_row(void *arg, const char *who, const struct case_grant *g)
{
	struct rows *r = arg;
	bool domain = strncmp(who, "dom:", 4) == 0;
	const char *colon = strchr(who, ':');
	json_t *v;

	if (g->block != r->block || !grant_is_live(g, r->now_ms))
		return;
	v = json_object();
	ctl_json_set(v, "sender",
	    ctl_json_text(colon != NULL ? colon + 1 : who));
	ctl_json_set(v, "scope",
	    json_string(domain ? "domain" : "address"));
	ctl_json_set(v, "action",
	    json_string(g->drop ? "drop" : g->block ? "block" : "allow"));
	ctl_json_set(v, "origin", ctl_json_text(g->origin));
	ctl_json_set(v, "since", ctl_json_time(g->since_ms));
	ctl_json_set(v, "until", ctl_json_time(g->until_ms));
	ctl_json_set(v, "signer", ctl_json_text(g->signer));
	ctl_json_set(v, "actor", ctl_json_text(g->actor));
	ctl_json_set(v, "why", ctl_json_text(g->why));
	(void)json_array_append_new(r->items, v);
}

static int
list(struct ctl *ctl, const struct ctl_args *args, bool block)
{
	static const struct ctl_column columns[] = {
		{ "sender", "SENDER", CTL_TEXT },
		{ "action", "ACTION", CTL_TEXT },
		{ "origin", "ORIGIN", CTL_TEXT },
		{ "since", "SINCE", CTL_TEXT },
		{ "until", "UNTIL", CTL_TEXT },
		{ "signer", "SIGNER", CTL_TEXT },
		{ "actor", "BY", CTL_TEXT },
		{ "why", "WHY", CTL_TEXT },
	};
	struct rows r = { .block = block, .now_ms = oct_clock_wall_ms() };
	struct ctl_target t;
	int status = ctl_target(ctl, args->words[0], true, &t);

	if (status != 0)
		return status;
	r.items = json_array();
	status = read_grants(ctl, &t, add_row, &r);
	if (status != 0) {
		json_decref(r.items);
		return status;
	}
	return ctl_print_list(ctl, json_array_size(r.items), r.items, columns,
	    OCT_LEN(columns));
}

static int
allow_add(struct ctl *ctl, const struct ctl_args *args)
{
	return add(ctl, args, false);
}

static int
allow_list(struct ctl *ctl, const struct ctl_args *args)
{
	return list(ctl, args, false);
}

static int
allow_remove(struct ctl *ctl, const struct ctl_args *args)
{
	return take_away(ctl, args, false);
}

static int
block_add(struct ctl *ctl, const struct ctl_args *args)
{
	return add(ctl, args, true);
}

static int
block_list(struct ctl *ctl, const struct ctl_args *args)
{
	return list(ctl, args, true);
}

static int
block_remove(struct ctl *ctl, const struct ctl_args *args)
{
	return take_away(ctl, args, true);
}

static const struct ctl_option allow_options[] = {
	{ "why", "TEXT", "a note for those who read the list" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option block_options[] = {
	{ "silent", NULL, "drop its mail silently instead of refusing it" },
	{ "no-learn", NULL, "do not teach the classifier what is held of it" },
	{ "why", "TEXT", "a note for those who read the list" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_allow_verbs[] = {
	{ "add", "MAILBOX|@DOMAIN SENDER|DOMAIN",
	    "let a sender in (if it can prove to be it)", 2, 2, allow_options,
	    CTL_NO_ATTRIBUTES, allow_add },
	{ "list", "MAILBOX|@DOMAIN", "print who is let in", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, allow_list },
	{ "remove", "MAILBOX|@DOMAIN SENDER|DOMAIN", "take it back", 2, 2, NULL,
	    CTL_NO_ATTRIBUTES, allow_remove },
	{ .run = NULL },
};

const struct ctl_verb ctl_block_verbs[] = {
	{ "add", "MAILBOX|@DOMAIN SENDER|DOMAIN",
	    "keep a sender out (whether it proves anything or not)", 2, 2,
	    block_options, CTL_NO_ATTRIBUTES, block_add },
	{ "list", "MAILBOX|@DOMAIN", "print who is kept out", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, block_list },
	{ "remove", "MAILBOX|@DOMAIN SENDER|DOMAIN", "take it back", 2, 2, NULL,
	    CTL_NO_ATTRIBUTES, block_remove },
	{ .run = NULL },
};
