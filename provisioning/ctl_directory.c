/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl domain, mailbox, alias: provisioning.  Attributes are options, by
 * the table of policy/directory_schema.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_schema.h"
#include "policy/keys.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_observe.h"

/* A domain, or an entry of one. */
struct subject {
	enum dir_kind kind;
	struct oct_addr addr; /* local is "" for a domain */
	char name[OCT_ADDR_SIZE];
};

static int
read_subject(const struct ctl *ctl, enum dir_kind kind, const char *text,
    struct subject *out)
{
	int status;

	memset(out, 0, sizeof(*out));
	out->kind = kind;
	if (kind == DIR_KIND_DOMAIN) {
		status = ctl_domain(ctl, text, out->addr.domain);
		memcpy(out->name, out->addr.domain, sizeof(out->addr.domain));
		return status;
	}
	status = ctl_address(ctl, text, &out->addr);
	if (status == 0)
		oct_addr_text(&out->addr, out->name);
	return status;
}

/* --- Changes ------------------------------------------------------------ */

/* words: targets of an alias, or none. */
int
ctl_entry_attributes(const struct ctl *ctl, const struct ctl_args *args,
    enum dir_kind kind, struct oct_str *out)
{
	bool first = true;

	oct_str_addc(out, '{');
	for (size_t i = 0; i < args->given_count; i++) {
		const struct ctl_given *g = &args->given[i];
		char expected[DIR_EXPECTED_SIZE];
		struct dir_attribute a;

		if (!dir_attribute(kind, g->name, &a))
			continue; /* an option of the verb */
		oct_str_addf(out, "%s\"%s\":", first ? "" : ",", a.name);
		first = false;
		if (dir_attribute_json(&a, g->value, out) != 0)
			return ctl_fail(ctl, DAEMON_EXIT_USAGE,
			    "--%s=%s: expected %s", a.name, g->value,
			    dir_attribute_expected(&a, expected));
	}
	if (kind == DIR_KIND_ALIAS && args->count > 1) {
		oct_str_addf(out, "%s\"targets\":[", first ? "" : ",");
		for (size_t i = 1; i < args->count; i++) {
			json_t *v = ctl_json_text(args->words[i]);
			char *text = json_dumps(v, JSON_ENCODE_ANY);

			oct_str_add(out, i > 1 ? "," : "");
			oct_str_add(out, text != NULL ? text : "");
			free(text);
			json_decref(v);
		}
		oct_str_addc(out, ']');
	}
	oct_str_addc(out, '}');
	return oct_str_err(out) == 0
	    ? 0
	    : ctl_fail_rc(ctl, oct_str_err(out), "attributes of",
		  args->words[0]);
}

static int
change(struct ctl *ctl, const struct subject *s, struct dir_change *c,
    const char *done)
{
	char problem[256];
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	c->domain = s->addr.domain;
	c->local = s->kind == DIR_KIND_DOMAIN ? NULL : s->addr.local;
	c->alias = s->kind == DIR_KIND_ALIAS;
	c->actor = ctl->actor;
	rc = directory_change(store, c, problem);
	if (rc == 0)
		return ctl_done(ctl, done, dir_kind_name(s->kind), s->name);
	if (rc == OCT_EDOWN || rc == OCT_ETIME)
		return ctl_fail_rc(ctl, rc, dir_kind_name(s->kind), s->name);
	return ctl_fail(ctl,
	    rc == OCT_EPARSE ? DAEMON_EXIT_USAGE : DAEMON_EXIT_FAILED,
	    "%s: %s", s->name, problem);
}

/* A domain may name a tenant that comes later; until then it has none. */
static void
warn_tenant(struct ctl *ctl, const struct ctl_args *args, const char *domain)
{
	const char *id = ctl_args_value(args, "tenant");
	const struct dir_snapshot *s;

	if (id == NULL || *id == '\0' || ctl_directory(ctl, domain, &s) != 0)
		return;
	if (dir_tenant(s, id) == NULL)
		(void)ctl_fail(ctl, 0,
		    "warning: there is no tenant %s yet: 'octroictl tenant add "
		    "%s'", id, id);
	directory_put(s);
}

static int
write_entry(struct ctl *ctl, const struct ctl_args *args, enum dir_kind kind,
    bool create)
{
	struct dir_change c = { .create = create };
	struct subject s;
	struct oct_str json;
	int status = read_subject(ctl, kind, args->words[0], &s);

	if (status == 0 && kind == DIR_KIND_DOMAIN)
		status = ctl_observe_guard(ctl, args, s.name);
	if (status != 0)
		return status;
	oct_str_heap(&json, CTL_ENTRY_MAX);
	status = ctl_entry_attributes(ctl, args, kind, &json);
	if (status == 0 && json.len == 2 && (!create || kind == DIR_KIND_ALIAS))
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "%s: give at least one attribute; '--help' lists them",
		    s.name);
	if (status == 0) {
		c.json = oct_str_text(&json);
		status = change(ctl, &s, &c, create ? "added" : "changed");
	}
	if (status == 0 && kind == DIR_KIND_DOMAIN)
		warn_tenant(ctl, args, s.name);
	oct_str_free(&json);
	return status;
}

/* What is held for a mailbox would have nowhere to go. */
static int
check_unheld(struct ctl *ctl, const struct subject *s)
{
	char key[KEY_SIZE];
	struct store *store;
	size_t total = 0;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = store_zrevpage(store,
	    key_held_index(key, s->addr.domain, s->addr.local), 0, 0, &total,
	    NULL, NULL);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "held messages of", s->name);
	if (total == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "mailbox %s: %zu messages are held for it: release or drop them "
	    "first, or use --force",
	    s->name, total);
}

static int
remove_entry(struct ctl *ctl, const struct ctl_args *args, enum dir_kind kind)
{
	struct dir_change c = { .remove = true };
	struct subject s;
	int status = read_subject(ctl, kind, args->words[0], &s);

	if (status == 0 && kind == DIR_KIND_MAILBOX &&
	    !ctl_args_has(args, "force"))
		status = check_unheld(ctl, &s);
	return status != 0 ? status : change(ctl, &s, &c, "removed");
}

/* --- Looking ------------------------------------------------------------ */

static json_t *
entry_json(enum dir_kind kind, const void *entry, const char *domain)
{
	const struct dir_mailbox *m = entry;
	const struct dir_domain *d = entry;
	const struct dir_alias *a = entry;
	char address[OCT_ADDR_SIZE];
	struct oct_addr addr;
	struct oct_str text;
	json_t *v, *rest;

	oct_str_heap(&text, CTL_ENTRY_MAX * 2);
	if (kind == DIR_KIND_DOMAIN)
		dir_domain_json(d, true, &text);
	else if (kind == DIR_KIND_MAILBOX)
		dir_mailbox_json(m, true, &text);
	else
		dir_alias_json(a, &text);
	rest = json_loads(oct_str_text(&text), 0, NULL);
	oct_str_free(&text);
	v = json_object();
	if (kind == DIR_KIND_DOMAIN) {
		ctl_json_set(v, "domain", json_string(d->name));
		ctl_json_set(v, "mailboxes",
		    json_integer((json_int_t)d->mailbox_count));
		ctl_json_set(v, "aliases",
		    json_integer((json_int_t)d->alias_count));
	} else {
		memset(&addr, 0, sizeof(addr));
		(void)snprintf(addr.local, sizeof(addr.local), "%s",
		    kind == DIR_KIND_MAILBOX ? m->local : a->local);
		(void)snprintf(addr.domain, sizeof(addr.domain), "%s", domain);
		oct_addr_text(&addr, address);
		ctl_json_set(v, "address", ctl_json_text(address));
	}
	if (rest != NULL)
		(void)json_object_update_missing(v, rest);
	json_decref(rest);
	return v;
}

static const void *
entry_at(enum dir_kind kind, const struct dir_domain *d, size_t i)
{
	if (kind == DIR_KIND_MAILBOX)
		return dir_mailbox_at(d, i);
	return dir_alias_at(d, i);
}

static const struct ctl_column domain_columns[] = {
	{ "domain", "DOMAIN", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
	{ "tenant", "TENANT", CTL_TEXT },
	{ "challenge", "CHALLENGE", CTL_TEXT },
	{ "mailboxes", "MAILBOXES", CTL_RIGHT },
	{ "aliases", "ALIASES", CTL_RIGHT },
};
static const struct ctl_column mailbox_columns[] = {
	{ "address", "ADDRESS", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
	{ "challenge", "CHALLENGE", CTL_TEXT },
	{ "storage", "STORAGE", CTL_TEXT },
	{ "name", "NAME", CTL_TEXT },
};
static const struct ctl_column alias_columns[] = {
	{ "address", "ADDRESS", CTL_TEXT },
	{ "targets", "TARGETS", CTL_TEXT },
};

static int
list_domains(struct ctl *ctl)
{
	const struct dir_snapshot *snapshot;
	json_t *items;
	size_t count;
	int status = ctl_directory(ctl, NULL, &snapshot);

	if (status != 0)
		return status;
	items = json_array();
	count = dir_domain_count(snapshot);
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(items, entry_json(DIR_KIND_DOMAIN,
			dir_domain_at(snapshot, i), NULL));
	directory_put(snapshot);
	return ctl_print_list(ctl, count, items, domain_columns,
	    OCT_LEN(domain_columns));
}

static int
list_entries(struct ctl *ctl, const struct ctl_args *args, enum dir_kind kind)
{
	bool mailbox = kind == DIR_KIND_MAILBOX;
	const struct dir_snapshot *snapshot;
	char name[OCT_DOMAIN_SIZE];
	const struct dir_domain *d;
	json_t *items;
	size_t count;
	int status = ctl_domain(ctl, args->words[0], name);

	if (status == 0)
		status = ctl_directory(ctl, name, &snapshot);
	if (status != 0)
		return status;
	d = dir_domain_at(snapshot, 0);
	count = mailbox ? d->mailbox_count : d->alias_count;
	items = json_array();
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(items,
		    entry_json(kind, entry_at(kind, d, i), name));
	directory_put(snapshot);
	if (mailbox)
		return ctl_print_list(ctl, count, items, mailbox_columns,
		    OCT_LEN(mailbox_columns));
	return ctl_print_list(ctl, count, items, alias_columns,
	    OCT_LEN(alias_columns));
}

/* Members of the JSON, then the attributes, as they are called; of the options
 * only those that are set, and the one that everybody looks for. */
int
ctl_entry_print(const struct ctl *ctl, enum dir_kind kind, json_t *v)
{
	struct ctl_column columns[64] = { { NULL, NULL, CTL_TEXT } };
	size_t n = 0, count = dir_attribute_count(kind);

	columns[n].key = kind == DIR_KIND_DOMAIN ? "domain"
	    : kind == DIR_KIND_TENANT		 ? "tenant"
						 : "address";
	columns[n].title = columns[n].key;
	n++;
	for (size_t i = 0; i < count && n < OCT_LEN(columns) - 2; i++) {
		struct dir_attribute a;
		const char *value;

		dir_attribute_at(kind, i, &a);
		value = json_string_value(json_object_get(v, a.name));
		if (a.type == DIR_TYPE_OPTION &&
		    a.option != OPTION_CHALLENGE && value != NULL &&
		    strcmp(value, "inherit") == 0)
			continue;
		columns[n].key = columns[n].title = a.name;
		n++;
	}
	if (kind == DIR_KIND_DOMAIN) {
		columns[n].key = columns[n].title = "mailboxes";
		columns[n + 1].key = columns[n + 1].title = "aliases";
		n += 2;
	}
	if (kind == DIR_KIND_TENANT) {
		columns[n].key = columns[n].title = "domains";
		n++;
	}
	return ctl_print(ctl, v, columns, n);
}

static int
show_entry(struct ctl *ctl, const struct ctl_args *args, enum dir_kind kind)
{
	const struct dir_snapshot *snapshot;
	const struct dir_domain *d;
	const void *entry;
	struct subject s;
	json_t *v = NULL;
	int status = read_subject(ctl, kind, args->words[0], &s);

	if (status == 0)
		status = ctl_directory(ctl, s.addr.domain, &snapshot);
	if (status != 0)
		return status;
	d = dir_domain_at(snapshot, 0);
	entry = d;
	if (kind == DIR_KIND_MAILBOX)
		entry = dir_mailbox(d, s.addr.local);
	else if (kind == DIR_KIND_ALIAS)
		entry = dir_alias_any(d, s.addr.local);
	if (entry != NULL)
		v = entry_json(kind, entry, s.addr.domain);
	directory_put(snapshot);
	if (v == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no %s %s: 'octroictl %s list %s' shows all",
		    dir_kind_name(kind), s.name, dir_kind_name(kind),
		    s.addr.domain);
	return ctl_entry_print(ctl, kind, v);
}

/* --- The tables --------------------------------------------------------- */

#define ENTRY_FUNCTIONS(word, kind)                                            \
	static int word##_add(struct ctl *ctl, const struct ctl_args *args)    \
	{                                                                      \
		return write_entry(ctl, args, kind, true);                     \
	}                                                                      \
	static int word##_set(struct ctl *ctl, const struct ctl_args *args)    \
	{                                                                      \
		return write_entry(ctl, args, kind, false);                    \
	}                                                                      \
	static int word##_show(struct ctl *ctl, const struct ctl_args *args)   \
	{                                                                      \
		return show_entry(ctl, args, kind);                            \
	}                                                                      \
	static int word##_remove(struct ctl *ctl, const struct ctl_args *args) \
	{                                                                      \
		return remove_entry(ctl, args, kind);                          \
	}

ENTRY_FUNCTIONS(domain, DIR_KIND_DOMAIN)
ENTRY_FUNCTIONS(mailbox, DIR_KIND_MAILBOX)
ENTRY_FUNCTIONS(alias, DIR_KIND_ALIAS)

static int
domain_list(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	return list_domains(ctl);
}

static int
mailbox_list(struct ctl *ctl, const struct ctl_args *args)
{
	return list_entries(ctl, args, DIR_KIND_MAILBOX);
}

static int
alias_list(struct ctl *ctl, const struct ctl_args *args)
{
	return list_entries(ctl, args, DIR_KIND_ALIAS);
}

static const struct ctl_option remove_options[] = {
	{ "force", NULL, "even if messages are held for it" },
	{ NULL, NULL, NULL },
};

static const struct ctl_option domain_options[] = {
	{ "force", NULL, "own_refuse even before the observation has shown "
			 "that it may be" },
	CTL_SELECTOR_OPTION,
	{ NULL, NULL, NULL },
};

static const struct ctl_option observe_options[] = {
	{ "reset", NULL, "forget what was seen and begin anew" },
	CTL_SELECTOR_OPTION,
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_domain_verbs[] = {
	{ "add", "DOMAIN [ATTRIBUTE=VALUE...]", "host a domain", 1, 1,
	    domain_options, DIR_KIND_DOMAIN, domain_add },
	{ "show", "DOMAIN", "print one domain", 1, 1, NULL, CTL_NO_ATTRIBUTES,
	    domain_show },
	{ "list", "", "print all domains", 0, 0, NULL, CTL_NO_ATTRIBUTES,
	    domain_list },
	{ "set", "DOMAIN ATTRIBUTE=VALUE...", "change attributes", 1, 1,
	    domain_options, DIR_KIND_DOMAIN, domain_set },
	{ "observe", "DOMAIN",
	    "who writes in its name without proof; begins the observation", 1,
	    1, observe_options, CTL_NO_ATTRIBUTES, ctl_observe },
	{ "remove", "DOMAIN", "host it no longer (it must be empty)", 1, 1,
	    NULL, CTL_NO_ATTRIBUTES, domain_remove },
	{ .run = NULL },
};

const struct ctl_verb ctl_mailbox_verbs[] = {
	{ "add", "ADDRESS [ATTRIBUTE=VALUE...]", "make a mailbox", 1, 1, NULL,
	    DIR_KIND_MAILBOX, mailbox_add },
	{ "show", "ADDRESS", "print one mailbox", 1, 1, NULL, CTL_NO_ATTRIBUTES,
	    mailbox_show },
	{ "list", "DOMAIN", "print the mailboxes of a domain", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, mailbox_list },
	{ "set", "ADDRESS ATTRIBUTE=VALUE...", "change attributes", 1, 1,
	    NULL, DIR_KIND_MAILBOX, mailbox_set },
	{ "remove", "ADDRESS",
	    "serve it no longer (its mail store is not touched)", 1, 1,
	    remove_options, CTL_NO_ATTRIBUTES, mailbox_remove },
	{ .run = NULL },
};

const struct ctl_verb ctl_alias_verbs[] = {
	{ "add", "ADDRESS TARGET...", "make an alias or group", 1, CTL_ANY,
	    NULL, DIR_KIND_ALIAS, alias_add },
	{ "show", "ADDRESS", "print one alias", 1, 1, NULL, CTL_NO_ATTRIBUTES,
	    alias_show },
	{ "list", "DOMAIN", "print the aliases of a domain", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, alias_list },
	{ "set", "ADDRESS TARGET...", "replace all its targets", 1, CTL_ANY,
	    NULL, DIR_KIND_ALIAS, alias_set },
	{ "remove", "ADDRESS", "serve it no longer", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, alias_remove },
	{ .run = NULL },
};
