/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl quota: what is used of every limit, what is left, and when it is
 * back (design 7); storage, and what a mail server says of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/limit.h"
#include "policy/usage.h"
#include "provisioning/ctl_cmd.h"

struct show {
	struct ctl *ctl;
	struct store *store;
	struct limit_platform platform;
	const struct dir_snapshot *snapshot;
	json_t *limits, *storage; /* arrays of rows */
	int64_t used, quota;      /* storage of all that was shown */
};

/* --- Rates --------------------------------------------------------------- */

static const char *
past_name(const struct show *s, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q)
{
	switch (limit_past(&s->platform, d, m, q)) {
	case OPTION_PAST_DEFER:
		return "defer";
	case OPTION_PAST_REFUSE:
		return "refuse";
	case OPTION_PAST_HOLD:
		return "hold";
	case OPTION_PAST_SUSPEND:
		break;
	}
	return "suspend";
}

/* "45s", "2h 5min". */
static json_t *
duration_json(int64_t ms)
{
	int64_t s = (ms + 999) / 1000;
	char text[48];

	if (s < 60)
		(void)snprintf(text, sizeof(text), "%" PRId64 "s", s);
	else if (s < 3600)
		(void)snprintf(text, sizeof(text), "%" PRId64 "min", s / 60);
	else if (s < 2 * 86400)
		(void)snprintf(text, sizeof(text), "%" PRId64 "h %" PRId64 "min",
		    s / 3600, s % 3600 / 60);
	else
		(void)snprintf(text, sizeof(text), "%" PRId64 "d %" PRId64 "h",
		    s / 86400, s % 86400 / 3600);
	return json_string(text);
}

static json_t *
rate_json(const struct show *s, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q, const struct quota_rate *r)
{
	enum dir_level level = limit_level(d, m, q, r);
	char name[OCT_ADDR_SIZE], lift[LIMIT_LIFT_SIZE];
	json_t *v = json_object();
	struct oct_str text;

	if (quota_is_domain(q))
		(void)snprintf(name, sizeof(name), "%s", d->name);
	else
		(void)snprintf(name, sizeof(name), "%s@%s", m->local, d->name);
	ctl_json_set(v, "of", ctl_json_text(name));
	ctl_json_set(v, "limit", json_string(quota_name(q)));
	ctl_json_set(v, "set_by", json_string(dir_level_name(level)));
	oct_str_fixed(&text, lift, sizeof(lift));
	limit_lift(level, s->platform.maximum, d, m, q, &text);
	ctl_json_set(v, "lift", ctl_json_text(lift));
	ctl_json_set(v, "past", json_string(past_name(s, d, m, q)));
	return v;
}

static int
add_window(struct show *s, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q, const struct quota_rate *r)
{
	char key[KEY_SIZE], subject[LIMIT_SUBJECT_SIZE] = "", rate[64];
	struct store_rate at = { .key = key, .count = r->count,
		.period_ms = r->period_ms, .burst = r->count, .cost = 1 };
	int64_t left = 0, full_ms = 0;
	struct oct_str text;
	json_t *v;
	int rc;

	if (m != NULL)
		limit_subject(m, quota_is_out(q), subject);
	limit_key(key, d->name, q, r, subject, false);
	rc = store_rate_peek(s->store, &at, &left, &full_ms);
	if (rc != 0)
		return rc;
	oct_str_fixed(&text, rate, sizeof(rate));
	quota_rate_text(quota_unit(q), r, &text);
	v = rate_json(s, d, m, q, r);
	ctl_json_set(v, "rate", json_string(rate));
	ctl_json_set(v, "used", json_integer(r->count - left));
	ctl_json_set(v, "left", json_integer(left));
	ctl_json_set(v, "recovered_in", duration_json(full_ms));
	ctl_json_set(v, "recovered_in_ms", json_integer(full_ms));
	(void)json_array_append_new(s->limits, v);
	return 0;
}

/* Those of the mailbox, or those of the domain. */
static int
add_rates(struct show *s, const struct dir_domain *d,
    const struct dir_mailbox *m, bool whole)
{
	int rc = 0;

	for (int i = 0; i < QUOTA_OF_MAILBOX; i++) {
		enum quota q = (enum quota)(i + (whole ? QUOTA_OF_MAILBOX : 0));
		struct quota_force force;

		limit_rates(&s->platform, d, whole ? NULL : m, q, &force);
		for (size_t k = 0; rc == 0 && k < force.count; k++)
			rc = add_window(s, d, whole ? NULL : m, q,
			    &force.at[k]);
	}
	return rc;
}

/* --- Storage --------------------------------------------------------------- */

static void
add_storage(struct show *s, const struct dir_domain *d,
    const struct dir_mailbox *m, const struct usage *use)
{
	int64_t quota = limit_storage(&s->platform, d, m);
	char name[OCT_ADDR_SIZE];
	json_t *v = json_object();

	(void)snprintf(name, sizeof(name), "%s@%s", m->local, d->name);
	ctl_json_set(v, "of", ctl_json_text(name));
	ctl_json_set(v, "used", use != NULL ? json_integer(use->octets)
					    : json_null());
	ctl_json_set(v, "quota", quota > 0 ? json_integer(quota)
					   : json_null());
	ctl_json_set(v, "percent", use != NULL && quota > 0
		? json_integer(use->octets * 100 / quota)
		: json_null());
	ctl_json_set(v, "messages", use != NULL ? json_integer(use->messages)
						: json_null());
	ctl_json_set(v, "told", ctl_json_time(use != NULL ? use->since_ms : 0));
	(void)json_array_append_new(s->storage, v);
	s->used += use != NULL ? use->octets : 0;
	s->quota += quota;
}

/* All mailboxes of the domain that somebody told of; only m if that is given. */
static int
read_storage(struct show *s, const struct dir_domain *d,
    const struct dir_mailbox *m)
{
	struct store_batch *b;
	char key[KEY_SIZE];
	int rc = store_hash(s->store, key_use(key, d->name), &b);

	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2) {
		const char *local = store_batch_value(b, 0, i)->data;
		const char *packed = store_batch_value(b, 0, i + 1)->data;
		const struct dir_mailbox *of = dir_mailbox(d, local);
		struct usage use;

		if (of != NULL && (m == NULL || of == m) &&
		    usage_parse(packed, &use) == 0)
			add_storage(s, d, of, &use);
	}
	if (rc == 0 && m != NULL && json_array_size(s->storage) == 0)
		add_storage(s, d, m, NULL);
	store_batch_free(b);
	return rc;
}

/* --- quota show -------------------------------------------------------------- */

static const struct ctl_column limit_columns[] = {
	{ "of", "OF", CTL_NAME },
	{ "limit", "LIMIT", CTL_TEXT },
	{ "rate", "RATE", CTL_RIGHT },
	{ "used", "USED", CTL_RIGHT },
	{ "left", "LEFT", CTL_RIGHT },
	{ "recovered_in", "ALL BACK IN", CTL_RIGHT },
	{ "past", "PAST IT", CTL_TEXT },
	{ "set_by", "SET BY", CTL_TEXT },
};
static const struct ctl_column storage_columns[] = {
	{ "of", "MAILBOX", CTL_NAME },
	{ "used", "USED", CTL_SIZE },
	{ "quota", "QUOTA", CTL_SIZE },
	{ "percent", "%", CTL_RIGHT },
	{ "messages", "MESSAGES", CTL_RIGHT },
	{ "told", "TOLD", CTL_TEXT },
};

static const char *
sending_name(enum dir_state state)
{
	switch (state) {
	case DIR_ACTIVE:
		return "active";
	case DIR_SUSPENDED:
		return "suspended";
	case DIR_CLOSED:
		break;
	}
	return "closed";
}

static int
print_text(const struct show *s, enum dir_state sending, const char *reason)
{
	struct oct_str out;

	oct_str_heap(&out, CTL_OUT_MAX);
	if (sending != DIR_ACTIVE) {
		oct_str_addf(&out, "sending is %s: ", sending_name(sending));
		ctl_out_text(reason, 0, &out);
		oct_str_add(&out, "\n\n");
	}
	ctl_out_table(s->limits, limit_columns, OCT_LEN(limit_columns), &out);
	if (json_array_size(s->storage) > 0) {
		oct_str_addc(&out, '\n');
		ctl_out_table(s->storage, storage_columns,
		    OCT_LEN(storage_columns), &out);
	}
	return ctl_write(s->ctl, &out);
}

static int
print(struct show *s, enum dir_state sending, const char *reason)
{
	int status;
	json_t *v;

	if (!s->ctl->json) {
		status = print_text(s, sending, reason);
		json_decref(s->limits);
		json_decref(s->storage);
		return status;
	}
	v = json_object();
	ctl_json_set(v, "sending", json_string(sending_name(sending)));
	ctl_json_set(v, "sending_reason", ctl_json_text(reason));
	ctl_json_set(v, "limits", s->limits);
	ctl_json_set(v, "storage_used", json_integer(s->used));
	ctl_json_set(v, "storage_quota", json_integer(s->quota));
	ctl_json_set(v, "storage", s->storage);
	return ctl_print(s->ctl, v, NULL, 0);
}

static int
show_address(struct show *s, const struct oct_addr *a, enum dir_state *sending,
    const char **reason)
{
	const struct dir_domain *d = dir_domain(s->snapshot, a->domain);
	const struct dir_mailbox *m = d != NULL ? dir_mailbox(d, a->local)
						: NULL;
	int rc;

	if (m == NULL)
		return OCT_EABSENT;
	*sending = limit_sending(d, m, reason);
	rc = add_rates(s, d, m, false);
	if (rc == 0)
		rc = add_rates(s, d, m, true);
	return rc == 0 ? read_storage(s, d, m) : rc;
}

static int
show_domain(struct show *s, const struct dir_domain *d,
    enum dir_state *sending, const char **reason)
{
	int rc;

	if (d == NULL)
		return OCT_EABSENT;
	*sending = limit_sending(d, NULL, reason);
	rc = add_rates(s, d, NULL, true);
	return rc == 0 ? read_storage(s, d, NULL) : rc;
}

static int
show_tenant(struct show *s, const char *id, enum dir_state *sending,
    const char **reason)
{
	const struct dir_tenant *t = dir_tenant(s->snapshot, id);
	int rc = 0;

	if (t == NULL)
		return OCT_EABSENT;
	for (size_t i = 0; rc == 0 && i < dir_domain_count(s->snapshot); i++) {
		const struct dir_domain *d = dir_domain_at(s->snapshot, i);

		if (strcmp(d->tenant, id) == 0)
			rc = show_domain(s, d, sending, reason);
	}
	*sending = t->limits.sending;
	*reason = t->limits.sending_reason;
	return rc;
}

static int
show_what(struct show *s, const struct ctl_args *args, const char **name,
    enum dir_state *sending, const char **reason)
{
	const char *tenant = ctl_args_value(args, "tenant");
	char domain[OCT_DOMAIN_SIZE];
	struct oct_addr a;

	*name = tenant != NULL ? tenant : args->words[0];
	if (tenant != NULL)
		return show_tenant(s, tenant, sending, reason);
	if (strchr(*name, '@') == NULL)
		return ctl_domain(s->ctl, *name, domain) != 0
		    ? OCT_EPARSE
		    : show_domain(s, dir_domain(s->snapshot, domain), sending,
			  reason);
	return ctl_address(s->ctl, *name, &a) != 0
	    ? OCT_EPARSE
	    : show_address(s, &a, sending, reason);
}

static int
quota_show(struct ctl *ctl, const struct ctl_args *args)
{
	struct show s = { .ctl = ctl };
	enum dir_state sending = DIR_ACTIVE;
	const char *reason = "", *name;
	const struct settings *set;
	int status = ctl_settings(ctl, &set), rc;

	if ((args->count == 1) == ctl_args_has(args, "tenant"))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "give one ADDRESS or DOMAIN, or --tenant=ID");
	if (status == 0)
		status = ctl_store(ctl, &s.store);
	if (status == 0)
		status = ctl_directory(ctl, NULL, &s.snapshot);
	if (status != 0)
		return status;
	settings_limits(set, &s.platform);
	s.limits = json_array();
	s.storage = json_array();
	rc = show_what(&s, args, &name, &sending, &reason);
	if (rc == 0) {
		status = print(&s, sending, reason);
	} else {
		json_decref(s.limits);
		json_decref(s.storage);
		status = rc == OCT_EPARSE
		    ? DAEMON_EXIT_USAGE /* said already */
		    : ctl_fail_rc(ctl, rc, "quota show", name);
	}
	directory_put(s.snapshot);
	return status;
}

/* --- quota import -------------------------------------------------------------- */

#define LINE_SIZE 1024

struct import {
	struct ctl *ctl;
	struct store *store;
	const struct settings *set;
	struct limit_platform platform;
	const struct dir_snapshot *snapshot;
	int64_t as_of_ms;
	size_t line, done, unknown;
};

#define DOVEADM_UNIT 1024 /* octets: what it tells is rounded */

/* The fields of a line of "doveadm -f tab quota get -F": user, quota, type,
 * value (in kB), limit, percent. */
enum { USER, NAME, TYPE, VALUE, FIELDS };

static bool
split(char *line, char *field[FIELDS])
{
	char *rest = line;

	for (int i = 0; i < FIELDS; i++) {
		field[i] = strsep(&rest, "\t");
		if (field[i] == NULL)
			return false;
	}
	return true;
}

static int
import_line(struct import *in, char *line)
{
	struct usage_told told = { .octets = -1, .messages = -1,
		.node = in->set->node, .now_ms = in->as_of_ms,
		.grain = DOVEADM_UNIT };
	const struct dir_domain *d;
	const struct dir_mailbox *m;
	char *field[FIELDS];
	struct oct_addr a;
	int64_t value;

	if (!split(line, field) || strcmp(field[VALUE], "Value") == 0)
		return 0;
	if (oct_addr_parse(field[USER], &a) != 0 ||
	    oct_num_int(field[VALUE], 0, USAGE_OCTETS_MAX / DOVEADM_UNIT,
		&value) != 0)
		return OCT_EPARSE;
	oct_addr_fold(&a, '\0', &a);
	d = dir_domain(in->snapshot, a.domain);
	m = d != NULL ? dir_mailbox(d, a.local) : NULL;
	if (m == NULL) {
		in->unknown++;
		return 0;
	}
	if (strcmp(field[TYPE], "STORAGE") == 0)
		told.octets = value * DOVEADM_UNIT;
	else if (strcmp(field[TYPE], "MESSAGE") == 0)
		told.messages = value;
	else
		return OCT_EPARSE;
	told.domain = d->name;
	told.local = m->local;
	told.quota = limit_storage(&in->platform, d, m);
	in->done++;
	return usage_write(in->store, &told);
}

static int
import_file(struct import *in, const char *name, FILE *f)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), f) != NULL) {
		size_t len = strlen(line);
		int rc = 0;

		in->line++;
		if (len > 0 && line[len - 1] == '\n')
			line[--len] = '\0';
		else if (len == sizeof(line) - 1)
			rc = OCT_EPARSE;
		if (rc == 0)
			rc = import_line(in, line);
		if (rc == OCT_EPARSE)
			return ctl_fail(in->ctl, DAEMON_EXIT_FAILED,
			    "%s:%zu: expected a line of 'doveadm -f tab quota "
			    "get -A'",
			    name, in->line);
		if (rc != 0)
			return ctl_fail_rc(in->ctl, rc, "quota import", name);
	}
	return 0;
}

/* The moment of the reading: now, or as it is given. */
static int
read_as_of(struct ctl *ctl, const struct ctl_args *args, int64_t *out)
{
	const char *text = ctl_args_value(args, "as-of");
	int64_t seconds;

	*out = oct_clock_wall_ms();
	if (text == NULL)
		return 0;
	if (oct_num_int(text, 1, *out / 1000 + 1, &seconds) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--as-of must be seconds since 1970, not to come");
	*out = seconds * 1000;
	return 0;
}

static int
quota_import(struct ctl *ctl, const struct ctl_args *args)
{
	struct import in = { .ctl = ctl };
	char text[96];
	FILE *f;
	int status = ctl_settings(ctl, &in.set), fd = -1;

	if (status == 0)
		status = read_as_of(ctl, args, &in.as_of_ms);
	if (status == 0)
		status = ctl_store(ctl, &in.store);
	if (status == 0)
		status = ctl_directory(ctl, NULL, &in.snapshot);
	if (status != 0)
		return status;
	settings_limits(in.set, &in.platform);
	status = ctl_open(ctl, args->words[0], &fd);
	f = status == 0 ? fdopen(fd, "r") : NULL;
	if (f != NULL) {
		status = import_file(&in, args->words[0], f);
		(void)fclose(f);
	} else if (status == 0) {
		(void)close(fd);
		status = ctl_fail_rc(ctl, -errno, "quota import",
		    args->words[0]);
	}
	directory_put(in.snapshot);
	if (status != 0)
		return status;
	(void)snprintf(text, sizeof(text), "%zu values, %zu of nobody here",
	    in.done, in.unknown);
	return ctl_done(ctl, "imported", "usage", text);
}

/* --- quota users ----------------------------------------------------------------- */

static int
quota_users(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	const struct dir_snapshot *s;
	struct oct_str out;
	int status = ctl_directory(ctl, NULL, &s);

	if (status != 0)
		return status;
	oct_str_heap(&out, CTL_OUT_MAX);
	for (size_t i = 0; i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		for (size_t k = 0; k < d->mailbox_count; k++) {
			const struct dir_mailbox *m = dir_mailbox_at(d, k);

			if (m->state != DIR_CLOSED && d->state != DIR_CLOSED)
				oct_str_addf(&out, "%s@%s\n", m->local,
				    d->name);
		}
	}
	directory_put(s);
	return ctl_write(ctl, &out);
}

static const struct ctl_option show_options[] = {
	{ "tenant", "ID", "the domains of a tenant" },
	{ NULL, NULL, NULL },
};

static const struct ctl_option import_options[] = {
	{ "as-of", "SECONDS",
	    "when reading began, since 1970: what was told since is newer" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_quota_verbs[] = {
	{ "show", "[ADDRESS|DOMAIN]",
	    "every limit on rates: used, left, when all of it is back; storage",
	    0, 1, show_options, CTL_NO_ATTRIBUTES, quota_show },
	{ "import", "FILE",
	    "storage in use, as 'doveadm -f tab quota get -F USERS' prints it",
	    1, 1, import_options, CTL_NO_ATTRIBUTES, quota_import },
	{ "users", "", "addresses of mailboxes, a line each, for doveadm", 0,
	    0, NULL, CTL_NO_ATTRIBUTES, quota_users },
	{ .run = NULL },
};
