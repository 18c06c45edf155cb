/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl history, and show --at: the journals of what is provisioned.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "policy/journal.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"

const struct ctl_option ctl_at_options[] = {
	{ "at", "DATE[THH:MM]", "as it was at that time (at the end of that "
				"day)" },
	{ NULL, NULL, NULL },
};

/* Local time; a day alone is meant to its end. */
static bool
read_time(const char *text, int64_t *wall_ms)
{
	struct tm tm = { .tm_isdst = -1 };
	char date[DETAIL_DATE_SIZE];
	int hour = 24, minute = 0, end = 0;
	size_t len = strlen(text);
	time_t at;

	if (len != 10 && len != 16)
		return false;
	memcpy(date, text, 10);
	date[10] = '\0';
	if (!detail_is_date(date) ||
	    sscanf(date, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return false;
	if (len == 16 &&
	    (sscanf(text + 10, "T%2d:%2d%n", &hour, &minute, &end) != 2 ||
		end != 6 || hour > 23 || minute > 59))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	at = mktime(&tm);
	*wall_ms = (int64_t)at * 1000 - (len == 10 ? 1 : 0);
	return at != (time_t)-1;
}

int
ctl_at(struct ctl *ctl, const struct ctl_args *args, int64_t *wall_ms)
{
	const char *text = ctl_args_value(args, "at");
	const struct settings *set;
	int status;

	*wall_ms = 0;
	if (text == NULL)
		return 0;
	status = ctl_settings(ctl, &set); /* its time zone */
	if (status != 0)
		return status;
	if ( read_time(text, wall_ms))
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "--at=%s: expected 2026-12-31 or 2026-12-31T18:30", text);
}

static struct journal_of
journal_of(const struct ctl_subject *s)
{
	struct journal_of of = { NULL, NULL };

	if (*s->domain != '\0')
		of.domain = s->domain;
	else if (s->kind == DIR_KIND_TENANT)
		of.tenant = s->local;
	return of;
}

int
ctl_show_at(struct ctl *ctl, const struct ctl_subject *s, int64_t wall_ms)
{
	const struct journal_of of = journal_of(s);
	struct store *store;
	json_t *v = NULL;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = journal_at(store, &of, s->kind,
	    s->kind == DIR_KIND_DOMAIN ? "" : s->local, wall_ms, &v);
	if (rc < 0)
		return ctl_fail_rc(ctl, rc, "journal of", s->name);
	/* Never changed since there is a journal: as now. */
	if (rc == 0)
		status = ctl_subject_read(ctl, s, &v);
	if (status != 0)
		return status;
	if (v == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there was no %s %s then", s->noun, s->name);
	ctl_json_set(v,
	    s->kind == DIR_KIND_DOMAIN      ? "domain"
		: s->kind == DIR_KIND_TENANT ? "tenant"
		: *s->domain == '\0'	     ? dir_kind_name(s->kind)
					     : "address",
	    ctl_json_text(s->name));
	return ctl_entry_print(ctl, s->kind, v);
}

/* --- History ------------------------------------------------------------- */

struct history {
	const struct ctl_subject *subject;
	bool whole; /* of a domain or tenant: its entries too */
	json_t *items;
};

static void
add_value(struct oct_str *out, const json_t *v)
{
	char *text;

	if (v == NULL) {
		oct_str_add(out, "-");
	} else if (json_is_string(v)) {
		oct_str_add(out, json_string_value(v));
	} else {
		text = json_dumps(v, JSON_ENCODE_ANY);
		oct_str_add(out, text != NULL ? text : "");
		free(text);
	}
}

static void
add_difference(struct oct_str *out, const char *name, const json_t *before,
    const json_t *after)
{
	if (before != NULL && after != NULL && json_equal(before, after))
		return;
	oct_str_addf(out, "%s%s: ", out->len > 0 ? "; " : "", name);
	add_value(out, before);
	oct_str_add(out, " > ");
	add_value(out, after);
}

/* "storage: 5G > 10G; name: - > Accueil" */
static void
differences(json_t *before, json_t *after, struct oct_str *out)
{
	const char *name;
	json_t *value;

	json_object_foreach(before, name, value)
	{
		add_difference(
		    out, name, value, json_object_get(after, name));
	}
	json_object_foreach(after, name, value)
	{
		if (json_object_get(before, name) == NULL)
			add_difference(out, name, NULL, value);
	}
}

static json_t *
entry_json(const struct journal_entry *e)
{
	json_t *v = json_object(), *before = NULL, *after = NULL;
	struct oct_str changes;

	if (e->before != NULL)
		before = json_deep_copy(e->before);
	if (e->after != NULL)
		after = json_deep_copy(e->after);
	oct_str_heap(&changes, CTL_ENTRY_MAX * 2);
	differences(before, after, &changes);
	ctl_json_set(v, "time", ctl_json_time(e->wall_ms));
	ctl_json_set(v, "actor", ctl_json_text(e->actor));
	ctl_json_set(v, "action", ctl_json_text(e->action));
	ctl_json_set(v, "kind", ctl_json_text(e->kind));
	ctl_json_set(v, "name", ctl_json_text(e->name));
	ctl_json_set(v, "changes", ctl_json_text(oct_str_text(&changes)));
	if (*e->reason != '\0')
		ctl_json_set(v, "reason", ctl_json_text(e->reason));
	ctl_json_set(v, "before", before != NULL ? before : json_null());
	ctl_json_set(v, "after", after != NULL ? after : json_null());
	oct_str_free(&changes);
	return v;
}

static int
take_entry(void *arg, const struct journal_entry *e)
{
	struct history *h = arg;
	const struct ctl_subject *s = h->subject;
	const char *name = s->kind == DIR_KIND_DOMAIN ? "" : s->local;

	if (!h->whole && (strcmp(e->kind, dir_kind_name(s->kind)) != 0 ||
			     strcmp(e->name, name) != 0))
		return 0;
	return json_array_append_new(h->items, entry_json(e)) == 0 ? 0
								   : -ENOMEM;
}

static const struct ctl_column history_columns[] = {
	{ "time", "TIME", CTL_TEXT },
	{ "actor", "WHO", CTL_TEXT },
	{ "action", "ACTION", CTL_TEXT },
	{ "kind", "KIND", CTL_TEXT },
	{ "name", "NAME", CTL_NAME },
	{ "changes", "CHANGES", CTL_TEXT },
};

/* The verb is the kind: "history mailbox ADDRESS". */
static int
history_run(struct ctl *ctl, const struct ctl_args *args)
{
	const struct ctl_noun noun = { args->verb->name, "", NULL };
	struct ctl_args of_kind = *args;
	struct journal_of of;
	struct history h;
	struct ctl_subject s;
	struct store *store;
	int status, rc;

	of_kind.noun = &noun;
	status = ctl_subject(ctl, &of_kind, &s);
	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	h = (struct history){ .subject = &s,
		.whole = ctl_args_has(args, "all"),
		.items = json_array() };
	of = journal_of(&s);
	rc = journal_read(store, &of, take_entry, &h);
	if (rc != 0) {
		json_decref(h.items);
		return ctl_fail_rc(ctl, rc, "journal of", s.name);
	}
	return ctl_print_list(ctl, json_array_size(h.items), h.items,
	    history_columns, OCT_LEN(history_columns));
}

static const struct ctl_option domain_history[] = {
	{ "all", NULL, "its mailboxes, aliases and legacy addresses too" },
	{ NULL, NULL, NULL },
};

#define HISTORY(kind, words, n, options)                                       \
	{ kind, words, "every change of it: when, who, what was and is", n, n, \
	    options, CTL_NO_ATTRIBUTES, history_run }

const struct ctl_verb ctl_history_verbs[] = {
	HISTORY("tenant", "ID", 1, NULL),
	HISTORY("domain", "DOMAIN", 1, domain_history),
	HISTORY("mailbox", "ADDRESS", 1, NULL),
	HISTORY("alias", "ADDRESS", 1, NULL),
	HISTORY("group", "ADDRESS", 1, NULL),
	HISTORY("legacy", "OLD-ADDRESS DOMAIN", 2, NULL),
	HISTORY("plan", "ID", 1, NULL),
	HISTORY("price", "ID", 1, NULL),
	{ .run = NULL },
};
