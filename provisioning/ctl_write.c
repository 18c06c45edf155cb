/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl add, set and show of every noun of the directory.  Attributes are
 * options, by the table of policy/directory_schema.h.
 */
#include <stdlib.h>
#include <string.h>

#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_observe.h"

/* A domain may name a tenant that comes later; until then it has none. */
static void
warn_tenant(struct ctl *ctl, const struct ctl_args *args, const char *domain)
{
	const char *id = ctl_args_value(args, "tenant");
	const struct dir_snapshot *s;

	if (id == NULL || *id == '\0' || strcmp(id, "-") == 0 ||
	    ctl_directory(ctl, domain, &s) != 0)
		return;
	if (dir_tenant(s, id) == NULL)
		(void)ctl_fail(ctl, 0,
		    "warning: there is no tenant %s yet: 'octroictl tenant add "
		    "%s'", id, id);
	directory_put(s);
}

/* One of the domain itself may come later, too. */
static void
warn_targets(struct ctl *ctl, const struct ctl_args *args,
    const struct ctl_subject *s)
{
	const struct dir_snapshot *snapshot;
	const struct dir_domain *d;

	if (ctl_directory(ctl, s->domain, &snapshot) != 0)
		return;
	d = dir_domain_at(snapshot, 0);
	for (size_t i = 1; i < args->count; i++) {
		struct oct_addr a;

		if (oct_addr_parse(args->words[i], &a) == 0 &&
		    strcmp(a.domain, s->domain) == 0 &&
		    dir_mailbox(d, a.local) == NULL &&
		    dir_alias_any(d, a.local) == NULL)
			(void)ctl_fail(ctl, 0,
			    "warning: there is no mailbox or alias %s yet",
			    args->words[i]);
	}
	directory_put(snapshot);
}

/* The object without its last brace, for one member more. */
static void
add_member(struct oct_str *json, const char *name, const char *value)
{
	char *text;
	json_t *v = ctl_json_text(value);

	text = json_dumps(v, JSON_ENCODE_ANY);
	OCT_ASSERT(text != NULL && json->len >= 2);
	json->len--;
	oct_str_addf(json, "%s\"%s\":%s}", json->len > 1 ? "," : "", name,
	    text);
	free(text);
	json_decref(v);
}

/* What goes without saying: a group may be written to by anyone, a name that
 * is brought begins with its request, a legacy address has its mailbox. */
static void
add_implied(const struct ctl_args *args, const struct ctl_subject *s,
    bool create, struct oct_str *json)
{
	const char *origin = ctl_args_value(args, "origin"), *at;
	size_t len;

	if (strcmp(s->noun, "group") == 0 && create &&
	    !ctl_args_has(args, "post"))
		add_member(json, "post", "anyone");
	if (s->kind == DIR_KIND_DOMAIN && create && origin != NULL &&
	    strcmp(origin, "brought") == 0 && !ctl_args_has(args, "state"))
		add_member(json, "state", "requested");
	if (s->kind != DIR_KIND_LEGACY || ctl_args_has(args, "mailbox"))
		return;
	at = strrchr(args->words[1], '@');
	len = at != NULL ? (size_t)(at - args->words[1]) : 0;
	if (len > 0 && len <= DIR_LOCAL_MAX) {
		char local[DIR_LOCAL_MAX + 1];

		memcpy(local, args->words[1], len);
		local[len] = '\0';
		add_member(json, "mailbox", local);
	}
}

static int
write_entry(struct ctl *ctl, const struct ctl_args *args, bool create)
{
	struct ctl_subject s;
	struct oct_str json;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0 && s.kind == DIR_KIND_DOMAIN)
		status = ctl_observe_guard(ctl, args, s.name);
	if (status == 0 && s.kind == DIR_KIND_DOMAIN && create)
		status = ctl_check_hosted(ctl, s.domain);
	if (status != 0)
		return status;
	oct_str_heap(&json, CTL_ENTRY_MAX);
	status = ctl_entry_attributes(ctl, args, s.kind, &json);
	if (status == 0 && json.len == 2 &&
	    (!create || s.kind == DIR_KIND_ALIAS))
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "%s: give at least one attribute; '--help' lists them",
		    s.name);
	if (status == 0) {
		add_implied(args, &s, create, &json);
		status = ctl_check_named(ctl, &s, oct_str_text(&json));
	}
	if (status == 0)
		status = ctl_subject_change(ctl, &s, create ? CTL_ADD : CTL_SET,
		    oct_str_text(&json), create ? "added" : "changed");
	if (status == 0 && s.kind == DIR_KIND_DOMAIN)
		warn_tenant(ctl, args, s.name);
	if (status == 0 && s.kind == DIR_KIND_ALIAS)
		warn_targets(ctl, args, &s);
	oct_str_free(&json);
	return status;
}

int
ctl_add_run(struct ctl *ctl, const struct ctl_args *args)
{
	return write_entry(ctl, args, true);
}

int
ctl_set_run(struct ctl *ctl, const struct ctl_args *args)
{
	return write_entry(ctl, args, false);
}

int
ctl_show_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_subject s;
	int64_t wall_ms;
	json_t *v;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0)
		status = ctl_at(ctl, args, &wall_ms);
	if (status == 0 && wall_ms != 0)
		return ctl_show_at(ctl, &s, wall_ms);
	if (status == 0)
		status = ctl_subject_read(ctl, &s, &v);
	return status != 0 ? status : ctl_entry_print(ctl, s.kind, v);
}
