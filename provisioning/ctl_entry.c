/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the directory: named, changed and shown.
 */
#include "provisioning/ctl_entry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_record.h"

/* --- Names --------------------------------------------------------------- */

enum dir_kind
ctl_noun_kind(const char *noun)
{
	for (int k = 0; k < DIR_KINDS; k++)
		if (strcmp(noun, dir_kind_name((enum dir_kind)k)) == 0)
			return (enum dir_kind)k;
	if (strcmp(noun, "contract") == 0)
		return DIR_KIND_TENANT;
	return DIR_KIND_ALIAS; /* a group is one */
}

static int
read_address(const struct ctl *ctl, const char *text, struct ctl_subject *out)
{
	struct oct_addr a;
	int status = ctl_address(ctl, text, &a);

	if (status != 0)
		return status;
	memcpy(out->local, a.local, sizeof(a.local));
	memcpy(out->domain, a.domain, sizeof(a.domain));
	oct_addr_text(&a, out->name);
	return 0;
}

/* An address elsewhere keeps its case. */
static int
read_legacy(const struct ctl *ctl, const struct ctl_args *args,
    struct ctl_subject *out)
{
	const char *of = args->words[1], *at = strrchr(of, '@');
	struct oct_addr a;

	if (oct_addr_parse(args->words[0], &a) != 0 || *a.local == '\0' ||
	    *a.domain == '\0' || *a.domain == '[')
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%s' is no mail address", args->words[0]);
	oct_addr_text(&a, out->local);
	oct_addr_text(&a, out->name);
	return ctl_domain(ctl, at != NULL ? at + 1 : of, out->domain);
}

static int
read_id(const struct ctl *ctl, const char *text, struct ctl_subject *out)
{
	if (strlen(text) > DIR_ID_MAX)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%.100s': an id has at most %d letters, digits, dots, "
		    "'_' or '-'",
		    text, DIR_ID_MAX);
	memcpy(out->local, text, strlen(text) + 1);
	memcpy(out->name, text, strlen(text) + 1);
	return 0;
}

int
ctl_subject(const struct ctl *ctl, const struct ctl_args *args,
    struct ctl_subject *out)
{
	const char *text = args->words[0];
	int status;

	memset(out, 0, sizeof(*out));
	out->noun = args->noun->name;
	out->kind = ctl_noun_kind(out->noun);
	switch (out->kind) {
	case DIR_KIND_DOMAIN:
		status = ctl_domain(ctl, text, out->domain);
		memcpy(out->name, out->domain, sizeof(out->domain));
		return status;
	case DIR_KIND_MAILBOX:
	case DIR_KIND_ALIAS:
		return read_address(ctl, text, out);
	case DIR_KIND_LEGACY:
		return read_legacy(ctl, args, out);
	case DIR_KIND_TENANT:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return read_id(ctl, text, out);
}

void
ctl_subject_of(enum dir_kind kind, const char *domain, const char *local,
    struct ctl_subject *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = kind;
	out->noun = dir_kind_name(kind);
	(void)snprintf(out->domain, sizeof(out->domain), "%s", domain);
	(void)snprintf(out->local, sizeof(out->local), "%s", local);
	if (kind == DIR_KIND_MAILBOX || kind == DIR_KIND_ALIAS) {
		struct oct_addr a;

		memset(&a, 0, sizeof(a));
		(void)snprintf(a.local, sizeof(a.local), "%s", local);
		(void)snprintf(a.domain, sizeof(a.domain), "%s", domain);
		oct_addr_text(&a, out->name);
	} else {
		(void)snprintf(out->name, sizeof(out->name), "%s",
		    kind == DIR_KIND_DOMAIN ? domain : local);
	}
}

/* --- Changes ------------------------------------------------------------- */

static int
check_targets(const struct ctl *ctl, const struct ctl_args *args)
{
	struct oct_addr a;

	for (size_t i = 1; i < args->count; i++)
		if (oct_addr_parse(args->words[i], &a) != 0 ||
		    *a.domain == '\0')
			return ctl_fail(ctl, DAEMON_EXIT_USAGE,
			    "%s: '%.100s' is no mail address (attributes are "
			    "given as --name=value here)",
			    args->words[0], args->words[i]);
	return 0;
}

static void
add_targets(const struct ctl_args *args, bool first, struct oct_str *out)
{
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

const char *
ctl_entry_value(const struct dir_attribute *a, const char *text)
{
	if (strcmp(text, "-") != 0)
		return text;
	switch (a->type) {
	case DIR_TYPE_LANG:
	case DIR_TYPE_DMARC:
	case DIR_TYPE_QUOTA:
		return "inherit";
	case DIR_TYPE_TEXT:
	case DIR_TYPE_ID:
	case DIR_TYPE_TRANSPORT:
	case DIR_TYPE_ADDRESS:
	case DIR_TYPE_URL:
	case DIR_TYPE_DATE:
	case DIR_TYPE_SIZE:
	case DIR_TYPE_DETAIL:
	case DIR_TYPE_LOCALS:
		return "";
	case DIR_TYPE_BOOL:
	case DIR_TYPE_SCORE:
	case DIR_TYPE_TARGETS:
	case DIR_TYPE_OPTION:
	case DIR_TYPE_STATE:
	case DIR_TYPE_LIFE:
		break;
	}
	return text;
}

int
ctl_entry_attributes(const struct ctl *ctl, const struct ctl_args *args,
    enum dir_kind kind, struct oct_str *out)
{
	bool first = true;
	int status = kind == DIR_KIND_ALIAS ? check_targets(ctl, args) : 0;

	if (status != 0)
		return status;
	oct_str_addc(out, '{');
	for (size_t i = 0; i < args->given_count; i++) {
		const struct ctl_given *g = &args->given[i];
		char expected[DIR_EXPECTED_SIZE];
		struct dir_attribute a;

		if (!dir_attribute(kind, g->name, &a))
			continue; /* an option of the verb */
		oct_str_addf(out, "%s\"%s\":", first ? "" : ",", a.name);
		first = false;
		if (dir_attribute_json(&a, ctl_entry_value(&a, g->value),
			out) != 0)
			return ctl_fail(ctl, DAEMON_EXIT_USAGE,
			    "--%s=%s: expected %s", a.name, g->value,
			    dir_attribute_expected(&a, expected));
	}
	if (kind == DIR_KIND_ALIAS && args->count > 1)
		add_targets(args, first, out);
	oct_str_addc(out, '}');
	return oct_str_err(out) == 0
	    ? 0
	    : ctl_fail_rc(ctl, oct_str_err(out), "attributes of",
		  args->words[0]);
}

static int
change_entry(struct ctl *ctl, const struct ctl_subject *s, enum ctl_act act,
    const struct dir_tenant_change *t, char problem[256])
{
	struct store *store = ctl->store;
	const struct dir_change c = { .domain = s->domain,
		.local = s->kind == DIR_KIND_DOMAIN ? NULL : s->local,
		.alias = s->kind == DIR_KIND_ALIAS,
		.legacy = s->kind == DIR_KIND_LEGACY,
		.create = t->create,
		.remove = t->remove,
		.reopen = act == CTL_REOPEN,
		.json = t->json,
		.actor = t->actor,
		.referent = ctl->referent[0] != '\0' ? ctl->referent : NULL };

	switch (s->kind) {
	case DIR_KIND_TENANT:
		return directory_change_tenant(store, t, problem);
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		return directory_change_record(store, s->kind, t, problem);
	case DIR_KIND_DOMAIN:
	case DIR_KIND_MAILBOX:
	case DIR_KIND_ALIAS:
	case DIR_KIND_LEGACY:
		break;
	}
	return directory_change(store, &c, problem);
}

int
ctl_subject_change(struct ctl *ctl, const struct ctl_subject *s,
    enum ctl_act act, const char *json, const char *done)
{
	const struct dir_tenant_change c = { .id = s->local,
		.create = act == CTL_ADD,
		.remove = act == CTL_REMOVE,
		.json = json,
		.actor = ctl->actor };
	char problem[256];
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = change_entry(ctl, s, act, &c, problem);
	if (rc == 0)
		return done != NULL ? ctl_done(ctl, done, s->noun, s->name)
				    : 0;
	if (rc == OCT_EDOWN || rc == OCT_ETIME)
		return ctl_fail_rc(ctl, rc, s->noun, s->name);
	return ctl_fail(ctl,
	    rc == OCT_EPARSE ? DAEMON_EXIT_USAGE : DAEMON_EXIT_FAILED,
	    "%s: %s", s->name, problem);
}

/* --- Looking ------------------------------------------------------------- */

const char *
ctl_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static const char *
entry_local(enum dir_kind kind, const void *entry)
{
	if (kind == DIR_KIND_MAILBOX)
		return ((const struct dir_mailbox *)entry)->local;
	if (kind == DIR_KIND_ALIAS)
		return ((const struct dir_alias *)entry)->local;
	return ((const struct dir_record *)entry)->name;
}

static void
set_name(json_t *v, enum dir_kind kind, const void *entry,
    const struct dir_domain *d)
{
	struct ctl_subject s;

	if (kind == DIR_KIND_DOMAIN) {
		ctl_json_set(v, "domain", json_string(d->name));
		ctl_json_set(v, "mailboxes",
		    json_integer((json_int_t)d->mailbox_count));
		ctl_json_set(v, "aliases",
		    json_integer((json_int_t)d->alias_count));
		return;
	}
	ctl_subject_of(kind, d != NULL ? d->name : "",
	    entry_local(kind, entry), &s);
	ctl_json_set(v, d != NULL ? "address" : dir_kind_name(kind),
	    ctl_json_text(s.name));
	if (kind == DIR_KIND_LEGACY)
		ctl_json_set(v, "domain", json_string(s.domain));
}

json_t *
ctl_entry_json(enum dir_kind kind, const void *entry,
    const struct dir_domain *d)
{
	struct oct_str text;
	json_t *v = json_object(), *rest;

	oct_str_heap(&text, CTL_ENTRY_MAX * 2);
	dir_entry_json(kind, entry, true, &text);
	rest = json_loads(oct_str_text(&text), 0, NULL);
	oct_str_free(&text);
	set_name(v, kind, entry, d);
	if (rest != NULL)
		(void)json_object_update_missing(v, rest);
	json_decref(rest);
	return v;
}

static json_t *
find_in_domain(const struct dir_domain *d, const struct ctl_subject *s)
{
	const void *entry = d;

	if (s->kind == DIR_KIND_MAILBOX)
		entry = dir_mailbox(d, s->local);
	else if (s->kind == DIR_KIND_ALIAS)
		entry = dir_alias_any(d, s->local);
	else if (s->kind == DIR_KIND_LEGACY)
		entry = dir_legacy(d, s->local);
	return entry != NULL ? ctl_entry_json(s->kind, entry, d) : NULL;
}

json_t *
ctl_entry_tenant_json(const struct dir_tenant *t)
{
	json_t *v = json_object(), *rest;
	struct oct_str text;

	oct_str_heap(&text, CTL_ENTRY_MAX * 2);
	dir_tenant_json(t, true, &text);
	rest = json_loads(oct_str_text(&text), 0, NULL);
	oct_str_free(&text);
	ctl_json_set(v, "tenant", json_string(t->id));
	if (rest != NULL)
		(void)json_object_update_missing(v, rest);
	json_decref(rest);
	return v;
}

static int
read_tenant(struct ctl *ctl, const struct ctl_subject *s, json_t **out)
{
	const struct dir_snapshot *all;
	const struct dir_tenant *t;
	int status = ctl_directory(ctl, NULL, &all);

	if (status != 0)
		return status;
	t = dir_tenant(all, s->local);
	*out = t != NULL ? ctl_entry_tenant_json(t) : NULL;
	directory_put(all);
	return 0;
}

static int
read_record(struct ctl *ctl, const struct ctl_subject *s, json_t **out)
{
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = directory_record_json(store, s->kind, s->local, out);
	if (rc == OCT_EABSENT)
		return 0;
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, s->noun, s->name);
	ctl_json_set(*out, dir_kind_name(s->kind), json_string(s->local));
	return 0;
}

static int
read_in_domain(struct ctl *ctl, const struct ctl_subject *s, json_t **out)
{
	const struct dir_snapshot *snapshot;
	int status = ctl_directory(ctl, s->domain, &snapshot);

	if (status != 0)
		return status;
	*out = find_in_domain(dir_domain_at(snapshot, 0), s);
	directory_put(snapshot);
	return 0;
}

int
ctl_subject_read(struct ctl *ctl, const struct ctl_subject *s, json_t **out)
{
	int status;

	*out = NULL;
	if (s->kind == DIR_KIND_TENANT)
		status = read_tenant(ctl, s, out);
	else if (*s->domain == '\0')
		status = read_record(ctl, s, out);
	else
		status = read_in_domain(ctl, s, out);
	if (status != 0 || *out != NULL)
		return status;
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "there is no %s %s: 'octroictl %s list%s%s' shows all", s->noun,
	    s->name, s->noun, *s->domain != '\0' ? " " : "", s->domain);
}

/* --- Printing ------------------------------------------------------------ */

static const char *
name_member(enum dir_kind kind)
{
	switch (kind) {
	case DIR_KIND_DOMAIN:
	case DIR_KIND_TENANT:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		return dir_kind_name(kind);
	case DIR_KIND_MAILBOX:
	case DIR_KIND_ALIAS:
	case DIR_KIND_LEGACY:
		break;
	}
	return "address";
}

/* Is it one that nobody misses: an option that is not set, an empty detail? */
static bool
is_quiet(const struct dir_attribute *a, const json_t *v)
{
	const char *value = ctl_text(v, a->name);

	if (a->type == DIR_TYPE_OPTION)
		return a->option != OPTION_CHALLENGE &&
		    strcmp(value, "inherit") == 0;
	return a->type == DIR_TYPE_DETAIL && *value == '\0';
}

#define COLUMNS 96

/* Members of the JSON, then the attributes, as they are called; of the options
 * and details only those that are set, and the one that everybody looks for. */
int
ctl_entry_print(const struct ctl *ctl, enum dir_kind kind, json_t *v)
{
	static const char *const more[] = { "domain", "mailboxes", "aliases",
		"domains", "band_in_force", "uses" };
	struct ctl_column columns[COLUMNS] = { { NULL, NULL, CTL_NAME } };
	size_t n = 0, count = dir_attribute_count(kind);

	for (size_t i = 0; i < COLUMNS; i++)
		columns[i].form = CTL_NAME;
	columns[n].key = columns[n].title = name_member(kind);
	n++;
	for (size_t i = 0; i < count && n < COLUMNS - OCT_LEN(more); i++) {
		struct dir_attribute a;

		dir_attribute_at(kind, i, &a);
		if (is_quiet(&a, v) || json_object_get(v, a.name) == NULL)
			continue;
		columns[n].key = columns[n].title = a.name;
		n++;
	}
	for (size_t i = 0; i < OCT_LEN(more); i++) {
		struct dir_attribute a;

		if (json_object_get(v, more[i]) == NULL ||
		    strcmp(more[i], columns[0].key) == 0 ||
		    dir_attribute(kind, more[i], &a))
			continue;
		columns[n].key = columns[n].title = more[i];
		n++;
	}
	return ctl_print(ctl, v, columns, n);
}
