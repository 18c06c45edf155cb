/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl owner: links to the page where owners see what is held for them.  Who
 * has such a link is the owner for as long as it lives: making one is audited.
 */
#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/owner_ask.h"
#include "policy/owner_link.h"
#include "policy/owner_session.h"
#include "provisioning/ctl_grant.h"

static int
open_keys(struct ctl *ctl, struct owner_link_keys *out)
{
	struct oct_secret secret;
	int status = ctl_secret(ctl, &secret);

	if (status != 0)
		return status;
	owner_link_keys_init(out, &secret, NULL);
	oct_secret_fini(&secret);
	return 0;
}

/* --- link ---------------------------------------------------------------- */

/* One for who ("": the mailbox itself), into items. */
static int
add_link(struct ctl *ctl, const struct owner_link_keys *keys,
    const struct ctl_target *t, const char *who, json_t *items)
{
	const struct owner_link_who of = { .domain = t->addr.domain,
		.local = t->addr.local, .person = who };
	int64_t now = oct_clock_wall_ms(), end = now + OWNER_LINK_ASKED_MS;
	char token[OWNER_LINK_SIZE], url[OWNER_LINK_URL_SIZE];
	json_t *v;
	int rc = owner_link_make(keys, OWNER_LINK_ENTER, &of, now, end, token);

	if (rc == 0)
		rc = owner_link_url(ctl->settings->challenge_url,
		    OWNER_LINK_ENTER, token, url);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "link of", t->name);
	v = json_object();
	ctl_json_set(v, "for", ctl_json_text(*who != '\0' ? who : t->name));
	ctl_json_set(v, "until", ctl_json_time(end));
	ctl_json_set(v, "url", ctl_json_text(url));
	(void)json_array_append_new(items, v);
	return 0;
}

static int
add_links(struct ctl *ctl, const struct ctl_target *t, json_t *items)
{
	struct owner_link_keys keys;
	const struct dir_snapshot *dir;
	const struct dir_mailbox *m;
	char person[OCT_ADDR_SIZE];
	size_t at = 0;
	int status = open_keys(ctl, &keys);

	if (status != 0)
		return status;
	status = ctl_directory(ctl, t->addr.domain, &dir);
	if (status == 0) {
		m = dir_mailbox(dir_domain_at(dir, 0), t->addr.local);
		while (status == 0 && owner_person_next(m, &at, person))
			status = add_link(ctl, &keys, t, person, items);
		if (status == 0 && json_array_size(items) == 0)
			status = add_link(ctl, &keys, t, "", items);
		directory_put(dir);
	}
	owner_link_keys_fini(&keys);
	return status;
}

static int
print_links(struct ctl *ctl, const struct ctl_target *t)
{
	static const struct ctl_column columns[] = {
		{ "for", "FOR", CTL_TEXT },
		{ "until", "UNTIL", CTL_TEXT },
		{ "url", "LINK", CTL_TEXT },
	};
	json_t *items = json_array();
	int status = add_links(ctl, t, items);

	/* First the entry: nobody has one that nobody knows of. */
	if (status == 0)
		status = ctl_audit(ctl, "owner-link", t->addr.domain,
		    t->addr.local, "printed");
	if (status == 0)
		return ctl_print_list(ctl, json_array_size(items), items,
		    columns, OCT_LEN(columns));
	json_decref(items);
	return status;
}

static int
send_mail(struct ctl *ctl, const struct ctl_target *t,
    enum owner_ask_kind kind, const char *what)
{
	struct owner_ask ask = { .kind = kind, .address = t->name,
		.person = "", .lang = "", .net = "",
		.now_ms = oct_clock_wall_ms() };
	const struct settings *set;
	struct store *store;
	int status = ctl_settings(ctl, &set), rc;

	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status == 0)
		status = ctl_audit(ctl, what, t->addr.domain, t->addr.local,
		    "sent");
	if (status != 0)
		return status;
	ask.node = set->node;
	rc = owner_ask(store, &ask);
	return rc != 1 ? ctl_fail_rc(ctl, rc, "link of", t->name)
		       : ctl_done(ctl, "given to the courier", "link",
			     t->name);
}

static int
owner_link_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_target t;
	int status = ctl_target(ctl, args->words[0], false, &t);

	if (status != 0)
		return status;
	return ctl_args_has(args, "send")
	    ? send_mail(ctl, &t, OWNER_ASK_SENT, "owner-link")
	    : print_links(ctl, &t);
}

static int
owner_welcome_run(struct ctl *ctl, const struct ctl_args *args)
{
	int first = 0;

	for (size_t i = 0; i < args->count; i++) {
		struct ctl_target t;
		int status = ctl_target(ctl, args->words[i], false, &t);

		if (status == 0)
			status = send_mail(ctl, &t, OWNER_ASK_WELCOME,
			    "owner-welcome");
		first = first != 0 ? first : status;
	}
	return first;
}

/* --- revoke -------------------------------------------------------------- */

static int
owner_revoke_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_target t;
	struct store *store;
	int status = ctl_target(ctl, args->words[0], false, &t), rc;

	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	rc = owner_revoke(store, t.addr.domain, t.addr.local,
	    oct_clock_wall_ms());
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "links of", t.name);
	status = ctl_audit(ctl, "owner-revoke", t.addr.domain, t.addr.local,
	    "");
	return status != 0 ? status
			   : ctl_done(ctl, "all links and sessions revoked",
				 "mailbox", t.name);
}

static const struct ctl_option link_options[] = {
	{ "send", NULL, "send it to the owner instead of printing it" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_owner_verbs[] = {
	{ "link", "MAILBOX",
	    "print a link to the owner's page, good for an hour (audited)", 1,
	    1, link_options, CTL_NO_ATTRIBUTES, owner_link_run },
	{ "welcome", "MAILBOX...",
	    "send the mail that explains the option and the page", 1, CTL_ANY,
	    NULL, CTL_NO_ATTRIBUTES, owner_welcome_run },
	{ "revoke", "MAILBOX", "end all its links and sessions", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, owner_revoke_run },
	{ .run = NULL },
};
