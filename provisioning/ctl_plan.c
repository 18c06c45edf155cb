/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl export, plan and apply: what is provisioned as a file.
 */
#include "provisioning/ctl_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "policy/allowance.h"
#include "policy/route.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_use.h"

#define FILE_OCTETS (256u << 20)

int
ctl_slurp(const struct ctl *ctl, const char *path, char **out)
{
	size_t len = 0;
	int fd = -1, status = ctl_open(ctl, path, &fd), rc;

	if (status != 0)
		return status;
	rc = oct_io_slurp(fd, FILE_OCTETS, out, &len);
	(void)close(fd);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "file", path);
	if (strlen(*out) == len)
		return 0;
	free(*out);
	return ctl_fail(ctl, DAEMON_EXIT_USAGE, "%s: a NUL octet (UTF-16? save it "
					       "as UTF-8)", path);
}

/* --- Export -------------------------------------------------------------- */

static int
export_run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *tenant = ctl_args_value(args, "tenant");
	struct store *store;
	struct oct_str out;
	struct model *m;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = model_load(store, tenant, &m);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "directory in Redis at",
		    ctl->settings->redis_address);
	if (tenant != NULL &&
	    model_find(m, DIR_KIND_TENANT, "", tenant) == NULL) {
		model_free(m);
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no tenant %s: 'octroictl tenant list' shows all",
		    tenant);
	}
	oct_str_heap(&out, CTL_OUT_MAX);
	model_write(m, ctl_args_has(args, "secrets"), &out);
	model_free(m);
	return ctl_write(ctl, &out);
}

static const struct ctl_option export_options[] = {
	{ "tenant", "ID", "that tenant and its domains alone" },
	{ "secrets", NULL, "hashes of passwords too: keep the file as secret "
			   "as those" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_export_verbs[] = {
	{ NULL, "", "print all that is provisioned, for 'plan' and 'apply'", 0,
	    0, export_options, CTL_NO_ATTRIBUTES, export_run },
	{ .run = NULL },
};

/* --- Planning ------------------------------------------------------------ */

int
ctl_plan_make(struct ctl *ctl, struct model *wanted, bool close_missing,
    struct ctl_planned *out)
{
	char problem[MODEL_PROBLEM_SIZE];
	struct store *store;
	int status, rc;

	memset(out, 0, sizeof(*out));
	out->wanted = wanted;
	status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	rc = model_load(store, NULL, &out->live);
	if (rc == 0)
		rc = model_diff(
		    out->live, wanted, close_missing, &out->plan, problem);
	if (rc == OCT_EPARSE)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s", problem);
	if (rc == 0)
		rc = model_after(out->live, &out->plan, &out->after);
	if (rc == 0)
		rc = route_check(out->after, &out->plan, problem);
	if (rc == OCT_EPARSE)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s", problem);
	if (rc == 0)
		rc = allowance_check(out->live, out->after, out->over);
	if (rc != 0 && rc != OCT_ELIMIT)
		return ctl_fail_rc(ctl, rc, "directory in Redis at",
		    ctl->settings->redis_address);
	model_fingerprint(&out->plan, out->fingerprint);
	return ctl_plan_named(ctl, out);
}

void
ctl_planned_free(struct ctl_planned *p)
{
	model_plan_free(&p->plan);
	model_free(p->live);
	model_free(p->wanted);
	model_free(p->after);
}

static const char *
verb_word(enum model_verb verb)
{
	switch (verb) {
	case MODEL_ADD:
		return "add";
	case MODEL_CHANGE:
		return "change";
	case MODEL_CLOSE:
		return "close";
	case MODEL_REOPEN:
		break;
	}
	return "reopen";
}

/* What a person wants to see of a value. */
static void
add_value(struct oct_str *out, const char *name, const json_t *v)
{
	char *text;

	if (v == NULL)
		oct_str_add(out, "-");
	else if (strcmp(name, "credential") == 0)
		oct_str_add(out, "(set)");
	else if (json_is_string(v))
		ctl_out_name(json_string_value(v), 0, out);
	else {
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
		ctl_out_name(text != NULL ? text : "", 0, out);
		free(text);
	}
}

static void
add_attribute(struct oct_str *out, const char *name, const json_t *before,
    const json_t *after, bool fresh)
{
	if (before != NULL && after != NULL && json_equal(before, after))
		return;
	oct_str_addf(out, "      %s: ", name);
	if (!fresh) {
		add_value(out, name, before);
		oct_str_add(out, " > ");
	}
	add_value(out, name, after);
	oct_str_addc(out, '\n');
}

static void
add_change(struct oct_str *out, const struct model_change *c)
{
	static const char marks[] = { [MODEL_ADD] = '+', [MODEL_CHANGE] = '~',
		[MODEL_CLOSE] = '-', [MODEL_REOPEN] = '^' };
	json_t *after = json_loads(c->item.json, 0, NULL), *value;
	json_t *before = json_loads(c->before != NULL ? c->before : "{}", 0,
	    NULL);
	struct ctl_subject s;
	const char *name;

	ctl_subject_of(c->item.kind, c->item.domain, c->item.name, &s);
	oct_str_addf(out, "  %c %s %s ", marks[c->verb], verb_word(c->verb),
	    s.noun);
	ctl_out_name(s.name, 0, out);
	oct_str_addc(out, '\n');
	json_object_foreach(before, name, value)
	{
		add_attribute(
		    out, name, value, json_object_get(after, name), false);
	}
	json_object_foreach(after, name, value)
	{
		if (json_object_get(before, name) == NULL)
			add_attribute(out, name, NULL, value,
			    c->verb == MODEL_ADD);
	}
	json_decref(before);
	json_decref(after);
}

/* A domain that is added or becomes one that is served. */
static bool
needs_dns(const struct model_change *c)
{
	char was[16], is[16];

	if (c->item.kind != DIR_KIND_DOMAIN || c->verb == MODEL_CLOSE)
		return false;
	if (c->before == NULL)
		return true;
	model_text(&c->item, "state", is, sizeof(is));
	model_text(&(struct model_item){ .json = c->before }, "state", was,
	    sizeof(was));
	return strcmp(was, is) != 0 &&
	    (*is == '\0' || strcmp(is, "pending-dns") == 0);
}

static json_t *
dns_json(const struct model_plan *p)
{
	json_t *v = json_array();

	for (size_t i = 0; i < p->count; i++)
		if (needs_dns(&p->changes[i]))
			(void)json_array_append_new(
			    v, json_string(p->changes[i].item.domain));
	return v;
}

/* How the tenants stand whose use would change. */
static int
uses_json(const struct ctl_planned *p, json_t **out)
{
	struct allowance_row *was = NULL, *is = NULL;
	size_t n = 0, m = 0, j = 0;
	int rc = allowance_rows(p->live, &was, &n);

	*out = json_array();
	if (rc == 0)
		rc = allowance_rows(p->after, &is, &m);
	for (size_t i = 0; rc == 0 && i < m; i++) {
		const char *id = is[i].tenant->name;

		while (j < n && strcmp(was[j].tenant->name, id) < 0)
			j++;
		for (int a = 0; a < ALLOWANCES; a++) {
			char buf[256];
			struct oct_str text;

			if (is[i].plan == NULL ||
			    (j < n && strcmp(was[j].tenant->name, id) == 0 &&
				was[j].use[a] == is[i].use[a]))
				continue;
			oct_str_fixed(&text, buf, sizeof(buf));
			oct_str_addf(&text, "%s: ", id);
			ctl_use_text(&is[i], (enum allowance)a, &text);
			(void)json_array_append_new(
			    *out, json_string(oct_str_text(&text)));
		}
	}
	free(was);
	free(is);
	return rc;
}

/* A value with its secrets masked. */
static json_t *
shown(const char *text)
{
	json_t *v = json_loads(text, 0, NULL);

	if (json_object_get(v, "credential") != NULL)
		(void)json_object_set_new(
		    v, "credential", json_string("set"));
	return v;
}

static int
show_json(struct ctl *ctl, const struct ctl_planned *p, json_t *uses)
{
	json_t *v = json_object(), *changes = json_array();

	for (size_t i = 0; i < p->plan.count; i++) {
		const struct model_change *c = &p->plan.changes[i];
		struct ctl_subject s;
		json_t *one = json_object();

		ctl_subject_of(c->item.kind, c->item.domain, c->item.name, &s);
		ctl_json_set(one, "verb", json_string(verb_word(c->verb)));
		ctl_json_set(one, "kind", json_string(s.noun));
		ctl_json_set(one, "name", ctl_json_text(s.name));
		ctl_json_set(one, "before", c->before != NULL
			? shown(c->before)
			: json_null());
		ctl_json_set(one, "after", shown(c->item.json));
		(void)json_array_append_new(changes, one);
	}
	ctl_json_set(v, "changes", changes);
	ctl_json_set(v, "missing", json_integer((json_int_t)p->plan.missing));
	ctl_json_set(v, "allowances", uses);
	ctl_json_set(v, "over", json_string(p->over));
	ctl_json_set(v, "dns", dns_json(&p->plan));
	ctl_json_set(v, "fingerprint", json_string(p->fingerprint));
	return ctl_print(ctl, v, NULL, 0);
}

static void
add_list(struct oct_str *out, const char *title, json_t *list)
{
	if (json_array_size(list) > 0)
		oct_str_addf(out, "%s\n", title);
	for (size_t i = 0; i < json_array_size(list); i++) {
		oct_str_add(out, "    ");
		ctl_out_name(
		    json_string_value(json_array_get(list, i)), 0, out);
		oct_str_addc(out, '\n');
	}
}

static int
show_text(struct ctl *ctl, const struct ctl_planned *p, json_t *uses)
{
	size_t by[4] = { 0 };
	json_t *dns = dns_json(&p->plan);
	struct oct_str out;

	oct_str_heap(&out, CTL_OUT_MAX);
	for (size_t i = 0; i < p->plan.count; i++) {
		add_change(&out, &p->plan.changes[i]);
		by[p->plan.changes[i].verb]++;
	}
	add_list(&out, "Of the plans' allowances:", uses);
	add_list(&out, "Needs DNS (MX, SPF, DKIM, DMARC):", dns);
	if (p->plan.missing > 0)
		oct_str_addf(&out,
		    "Not in the file, and left as it is: %zu (--close-missing "
		    "would close it)\n",
		    p->plan.missing);
	oct_str_addf(&out,
	    "%zu to add, %zu to change, %zu to close, %zu to open again\n",
	    by[MODEL_ADD], by[MODEL_CHANGE], by[MODEL_CLOSE],
	    by[MODEL_REOPEN]);
	oct_str_addf(&out, "fingerprint %s\n", p->fingerprint);
	json_decref(dns);
	json_decref(uses);
	return ctl_write(ctl, &out);
}

int
ctl_plan_show(struct ctl *ctl, const struct ctl_planned *p)
{
	json_t *uses = NULL;
	int rc = uses_json(p, &uses), status;

	if (rc != 0) {
		json_decref(uses);
		return ctl_fail_rc(ctl, rc, "allowances of", "the tenants");
	}
	status = ctl->json ? show_json(ctl, p, uses) : show_text(ctl, p, uses);
	if (status == 0 && p->over[0] != '\0')
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s", p->over);
	return status;
}

/* --- From a file --------------------------------------------------------- */

const struct ctl_option ctl_plan_options[] = {
	{ "close-missing", NULL, "close what the file speaks for and leaves "
				 "out" },
	{ NULL, NULL, NULL },
};

static int
plan_file(struct ctl *ctl, const struct ctl_args *args,
    struct ctl_planned *out)
{
	char problem[MODEL_PROBLEM_SIZE], *text = NULL;
	const char *path = args->words[0];
	struct model *wanted;
	int status, rc;

	memset(out, 0, sizeof(*out));
	status = ctl_slurp(ctl, path, &text);
	if (status != 0)
		return status;
	rc = model_parse(text, &wanted, problem);
	free(text);
	if (rc == OCT_EPARSE)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE, "%s: %s", path,
		    problem);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "file", path);
	return ctl_plan_make(
	    ctl, wanted, ctl_args_has(args, "close-missing"), out);
}

int
ctl_plan_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_planned p;
	int status = plan_file(ctl, args, &p);

	if (status == 0)
		status = ctl_plan_show(ctl, &p);
	ctl_planned_free(&p);
	return status;
}

static int
tell_applied(const struct ctl *ctl, const struct model_applied *done)
{
	struct oct_str out;
	json_t *v;

	if (ctl->json) {
		v = json_object();
		ctl_json_set(v, "changes",
		    json_integer((json_int_t)done->changes));
		ctl_json_set(v, "units", json_integer((json_int_t)done->units));
		return ctl_print(ctl, v, NULL, 0);
	}
	oct_str_heap(&out, CTL_OUT_MAX);
	if (done->changes == 0)
		oct_str_add(&out, "nothing to change\n");
	else
		oct_str_addf(&out, "%zu change%s made\n", done->changes,
		    done->changes == 1 ? "" : "s");
	return ctl_write(ctl, &out);
}

int
ctl_plan_apply(struct ctl *ctl, const struct ctl_planned *p,
    const char *fingerprint)
{
	char problem[MODEL_PROBLEM_SIZE];
	struct model_applied done;
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	if (p->over[0] != '\0')
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s", p->over);
	rc = model_apply(
	    store, &p->plan, fingerprint, ctl->actor, &done, problem);
	if (rc == OCT_ECONFLICT || rc == OCT_ELIMIT || rc == -EBUSY)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s (%zu changes were made)", problem, done.changes);
	if (rc == OCT_EPARSE)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%.40s' is no fingerprint: 'octroictl plan' shows it",
		    fingerprint);
	if (rc != 0)
		return ctl_fail(ctl, DAEMON_EXIT_UNAVAILABLE,
		    "%s after %zu changes: the same command does the rest",
		    oct_strerror(rc), done.changes);
	if (ctl->quiet)
		return 0;
	return tell_applied(ctl, &done);
}

static int
apply_run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *fingerprint = ctl_args_value(args, "fingerprint");
	struct ctl_planned p;
	int status;

	if (fingerprint == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--fingerprint=F is needed: 'octroictl plan %s' shows what "
		    "would change, and it",
		    args->words[0]);
	status = plan_file(ctl, args, &p);
	if (status == 0)
		status = ctl_plan_apply(ctl, &p, fingerprint);
	ctl_planned_free(&p);
	return status;
}

static const struct ctl_option apply_options[] = {
	{ "fingerprint", "F", "of the plan that was shown" },
	{ "close-missing", NULL, "as the plan was shown with" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_apply_verbs[] = {
	{ NULL, "FILE|-", "make what a plan has shown", 1, 1, apply_options,
	    CTL_NO_ATTRIBUTES, apply_run },
	{ .run = NULL },
};
