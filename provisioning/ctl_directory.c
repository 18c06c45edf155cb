/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl domain, mailbox, alias, group, legacy: the entries of domains.
 * Attributes are options, by the table of policy/directory_schema.h.
 */
#include <string.h>

#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_legacy.h"
#include "provisioning/ctl_observe.h"
#include "provisioning/ctl_zone.h"

/* --- Looking ------------------------------------------------------------- */

static const struct ctl_column domain_columns[] = {
	{ "domain", "DOMAIN", CTL_NAME },
	{ "state", "STATE", CTL_TEXT },
	{ "tenant", "TENANT", CTL_TEXT },
	{ "challenge", "CHALLENGE", CTL_TEXT },
	{ "mailboxes", "MAILBOXES", CTL_RIGHT },
	{ "aliases", "ALIASES", CTL_RIGHT },
};
static const struct ctl_column mailbox_columns[] = {
	{ "address", "ADDRESS", CTL_NAME },
	{ "state", "STATE", CTL_TEXT },
	{ "challenge", "CHALLENGE", CTL_TEXT },
	{ "storage", "STORAGE", CTL_TEXT },
	{ "name", "NAME", CTL_TEXT },
};
static const struct ctl_column alias_columns[] = {
	{ "address", "ADDRESS", CTL_NAME },
	{ "targets", "TARGETS", CTL_NAME },
	{ "state", "STATE", CTL_TEXT },
};
static const struct ctl_column group_columns[] = {
	{ "address", "ADDRESS", CTL_NAME },
	{ "post", "POST", CTL_TEXT },
	{ "targets", "MEMBERS", CTL_NAME },
	{ "state", "STATE", CTL_TEXT },
};
static const struct ctl_column legacy_columns[] = {
	{ "address", "ADDRESS", CTL_NAME },
	{ "mailbox", "MAILBOX", CTL_TEXT },
	{ "how", "HOW", CTL_TEXT },
	{ "verified", "VERIFIED", CTL_TEXT },
	{ "until", "UNTIL", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
};

static int
domain_list(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	const struct dir_snapshot *snapshot;
	json_t *items;
	size_t count;
	int status = ctl_directory(ctl, NULL, &snapshot);

	if (status != 0)
		return status;
	items = json_array();
	count = dir_domain_count(snapshot);
	for (size_t i = 0; i < count; i++) {
		const struct dir_domain *d = dir_domain_at(snapshot, i);

		(void)json_array_append_new(
		    items, ctl_entry_json(DIR_KIND_DOMAIN, d, d));
	}
	directory_put(snapshot);
	return ctl_print_list(ctl, count, items, domain_columns,
	    OCT_LEN(domain_columns));
}

/* groups: those, or the others alone. */
static void
add_aliases(json_t *items, const struct dir_domain *d, bool groups)
{
	for (size_t i = 0; i < d->alias_count; i++) {
		const struct dir_alias *a = dir_alias_at(d, i);
		bool group = *detail_get(a->details, DETAIL_POST) != '\0';

		if (group == groups)
			(void)json_array_append_new(items,
			    ctl_entry_json(DIR_KIND_ALIAS, a, d));
	}
}

static void
add_entries(json_t *items, const struct dir_domain *d, const char *noun)
{
	enum dir_kind kind = ctl_noun_kind(noun);

	if (kind == DIR_KIND_ALIAS) {
		add_aliases(items, d, strcmp(noun, "group") == 0);
		return;
	}
	if (kind == DIR_KIND_MAILBOX)
		for (size_t i = 0; i < d->mailbox_count; i++)
			(void)json_array_append_new(items,
			    ctl_entry_json(kind, dir_mailbox_at(d, i), d));
	else
		for (size_t i = 0; i < d->legacy_count; i++)
			(void)json_array_append_new(items,
			    ctl_entry_json(kind, dir_legacy_at(d, i), d));
}

static int
entry_list(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct {
		const char *noun;
		const struct ctl_column *columns;
		size_t count;
	} tables[] = {
		{ "mailbox", mailbox_columns, OCT_LEN(mailbox_columns) },
		{ "alias", alias_columns, OCT_LEN(alias_columns) },
		{ "group", group_columns, OCT_LEN(group_columns) },
		{ "legacy", legacy_columns, OCT_LEN(legacy_columns) },
	};
	const struct dir_snapshot *snapshot;
	char name[OCT_DOMAIN_SIZE];
	json_t *items;
	size_t t = 0;
	int status = ctl_domain(ctl, args->words[0], name);

	if (status == 0)
		status = ctl_directory(ctl, name, &snapshot);
	if (status != 0)
		return status;
	while (strcmp(tables[t].noun, args->noun->name) != 0)
		t++;
	items = json_array();
	add_entries(items, dir_domain_at(snapshot, 0), args->noun->name);
	directory_put(snapshot);
	return ctl_print_list(ctl, json_array_size(items), items,
	    tables[t].columns, tables[t].count);
}

/* --- The tables ---------------------------------------------------------- */

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

#define CLOSING_VERBS(words, n)                                                \
	{ "close", words, "serve it no longer, now or from a day on", n, n,    \
	    ctl_close_options, CTL_NO_ATTRIBUTES, ctl_close_run },             \
	{ "reopen", words, "undo its closing", n, n, NULL, CTL_NO_ATTRIBUTES,  \
	    ctl_reopen_run },                                                  \
	{ "purge", words, "remove it for good, a grace after its closing", n,  \
	    n, ctl_purge_options, CTL_NO_ATTRIBUTES, ctl_purge_run },          \
	{ "remove", words,                                                     \
	    "close it, and purge it if no grace is to be waited for", n, n,    \
	    ctl_purge_options, CTL_NO_ATTRIBUTES, ctl_remove_run }

const struct ctl_verb ctl_domain_verbs[] = {
	{ "add", "DOMAIN [ATTRIBUTE=VALUE...]", "host a domain", 1, 1,
	    domain_options, DIR_KIND_DOMAIN, ctl_add_run },
	{ "show", "DOMAIN", "print one domain", 1, 1, ctl_at_options,
	    CTL_NO_ATTRIBUTES, ctl_show_run },
	{ "list", "", "print all domains", 0, 0, NULL, CTL_NO_ATTRIBUTES,
	    domain_list },
	{ "set", "DOMAIN ATTRIBUTE=VALUE...", "change attributes", 1, 1,
	    domain_options, DIR_KIND_DOMAIN, ctl_set_run },
	{ "observe", "DOMAIN",
	    "who writes in its name without proof; begins the observation", 1,
	    1, observe_options, CTL_NO_ATTRIBUTES, ctl_observe },
	CTL_ZONE_VERBS,
	CLOSING_VERBS("DOMAIN", 1),
	{ .run = NULL },
};

const struct ctl_verb ctl_mailbox_verbs[] = {
	{ "add", "ADDRESS [ATTRIBUTE=VALUE...]", "make a mailbox", 1, 1, NULL,
	    DIR_KIND_MAILBOX, ctl_add_run },
	{ "show", "ADDRESS", "print one mailbox", 1, 1, ctl_at_options,
	    CTL_NO_ATTRIBUTES, ctl_show_run },
	{ "list", "DOMAIN", "print the mailboxes of a domain", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, entry_list },
	{ "set", "ADDRESS ATTRIBUTE=VALUE...", "change attributes", 1, 1,
	    NULL, DIR_KIND_MAILBOX, ctl_set_run },
	{ "password", "ADDRESS",
	    "set the password, which is read from standard input", 1, 1,
	    ctl_password_options, CTL_NO_ATTRIBUTES, ctl_password_run },
	{ "import", "FILE|-",
	    "add or change mailboxes of a CSV file: its first line names "
	    "address and attributes",
	    1, 1, ctl_import_options, CTL_NO_ATTRIBUTES, ctl_import_run },
	CLOSING_VERBS("ADDRESS", 1),
	{ .run = NULL },
};

const struct ctl_verb ctl_alias_verbs[] = {
	{ "add", "ADDRESS TARGET...", "make an alias", 1, CTL_ANY, NULL,
	    DIR_KIND_ALIAS, ctl_add_run },
	{ "show", "ADDRESS", "print one alias", 1, 1, ctl_at_options,
	    CTL_NO_ATTRIBUTES, ctl_show_run },
	{ "list", "DOMAIN", "print the aliases of a domain", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, entry_list },
	{ "set", "ADDRESS [TARGET...]", "replace all its targets", 1, CTL_ANY,
	    NULL, DIR_KIND_ALIAS, ctl_set_run },
	CLOSING_VERBS("ADDRESS", 1),
	{ .run = NULL },
};

const struct ctl_verb ctl_group_verbs[] = {
	{ "add", "ADDRESS MEMBER...",
	    "make a group; --post says who may write to it", 1, CTL_ANY, NULL,
	    DIR_KIND_ALIAS, ctl_add_run },
	{ "show", "ADDRESS", "print one group", 1, 1, ctl_at_options,
	    CTL_NO_ATTRIBUTES, ctl_show_run },
	{ "list", "DOMAIN", "print the groups of a domain", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, entry_list },
	{ "set", "ADDRESS [MEMBER...]", "replace all its members, or change "
					"who may write to it",
	    1, CTL_ANY, NULL, DIR_KIND_ALIAS, ctl_set_run },
	CLOSING_VERBS("ADDRESS", 1),
	{ .run = NULL },
};

const struct ctl_verb ctl_legacy_verbs[] = {
	{ "add", "OLD-ADDRESS MAILBOX [ATTRIBUTE=VALUE...]",
	    "take over the mail of an old address elsewhere", 2, 2, NULL,
	    DIR_KIND_LEGACY, ctl_add_run },
	{ "show", "OLD-ADDRESS DOMAIN", "print one legacy address", 2, 2,
	    ctl_at_options, CTL_NO_ATTRIBUTES, ctl_show_run },
	{ "list", "DOMAIN", "print the legacy addresses of a domain", 1, 1,
	    NULL, CTL_NO_ATTRIBUTES, entry_list },
	{ "set", "OLD-ADDRESS DOMAIN ATTRIBUTE=VALUE...", "change attributes",
	    2, 2, NULL, DIR_KIND_LEGACY, ctl_set_run },
	{ "password", "OLD-ADDRESS DOMAIN",
	    "seal the password with which it is collected, which is read from "
	    "standard input",
	    2, 2, ctl_legacy_password_options, CTL_NO_ATTRIBUTES,
	    ctl_legacy_password },
	{ "verify", "OLD-ADDRESS DOMAIN",
	    "send it a mail, and see whether and how it arrives here", 2, 2,
	    ctl_legacy_verify_options, CTL_NO_ATTRIBUTES, ctl_legacy_verify },
	CLOSING_VERBS("OLD-ADDRESS DOMAIN", 2),
	{ .run = NULL },
};
