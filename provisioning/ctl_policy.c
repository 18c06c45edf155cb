/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl policy: the options in force for an address or a domain, with the
 * level that set each; and what does not fit together.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/limit.h"
#include "policy/model.h"
#include "policy/score.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"

#define WHY_SIZE 1024

/* Whose policy is asked for. */
struct subject {
	const struct dir_snapshot *snapshot;
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox; /* NULL: the domain's, or an alias */
	const struct dir_alias *alias;
	struct oct_addr addr; /* local is "" for a domain */
	char name[OCT_ADDR_SIZE];
};

static int
find_entry(const struct ctl *ctl, struct subject *s)
{
	struct oct_addr base;

	if (*s->addr.local == '\0')
		return 0;
	s->mailbox = dir_mailbox(s->domain, s->addr.local);
	s->alias = dir_alias(s->domain, s->addr.local);
	oct_addr_fold(&s->addr, '+', &base);
	if (s->mailbox == NULL && s->alias == NULL) {
		s->mailbox = dir_mailbox(s->domain, base.local);
		s->alias = dir_alias(s->domain, base.local);
	}
	s->addr = base;
	if (s->mailbox != NULL || s->alias != NULL)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "there is no mailbox or alias %s: 'octroictl mailbox list %s' "
	    "shows all", s->name, s->domain->name);
}

/* The snapshot must be put back, also on failure (it may be NULL). */
static int
find_subject(struct ctl *ctl, const char *text, struct subject *s)
{
	int status;

	memset(s, 0, sizeof(*s));
	status = strchr(text, '@') != NULL
	    ? ctl_address(ctl, text, &s->addr)
	    : ctl_domain(ctl, text, s->addr.domain);
	if (status != 0)
		return status;
	if (*s->addr.local != '\0')
		oct_addr_text(&s->addr, s->name);
	else
		memcpy(s->name, s->addr.domain, sizeof(s->addr.domain));
	status = ctl_directory(ctl, s->addr.domain, &s->snapshot);
	if (status != 0) {
		s->snapshot = NULL;
		return status;
	}
	s->domain = dir_domain_at(s->snapshot, 0);
	return find_entry(ctl, s);
}

/* --- Is it protected? --------------------------------------------------- */

static enum dir_level
who_protects(const struct subject *s, const struct settings *set)
{
	const struct oct_conf_list *list = &set->statutory;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->values[i], s->addr.local) == 0)
			return DIR_LEVEL_PLATFORM;
	return dir_statutory(s->domain, s->addr.local, NULL);
}

static void
why_lifted(const struct subject *s, struct oct_str *out)
{
	const struct dir_domain *d = s->domain;
	const struct dir_tenant *t = d->of_tenant;
	const struct dir_mailbox *m = s->mailbox;
	bool own = m != NULL && m->unprotected;

	switch (dir_lifted(d, m)) {
	case DIR_LIFTED_NOT:
		return;
	case DIR_LIFTED_UNFOUNDED:
		oct_str_add(out, "; asked to be lifted, but without reason or "
				 "teleservice");
		return;
	case DIR_LIFTED_REASON:
		oct_str_addf(out, "; lifted: %s",
		    own && *m->unprotected_reason != '\0'
			? m->unprotected_reason
			: d->unprotected_reason);
		return;
	case DIR_LIFTED_TELESERVICE:
		oct_str_addf(out, "; lifted: teleservice %s since %s",
		    t->teleservice, t->teleservice_since);
		return;
	}
}

/* Members "protected" and "protection". */
static void
add_protection(const struct subject *s, const struct settings *set, json_t *v)
{
	enum dir_level who = who_protects(s, set);
	struct oct_str why;

	oct_str_heap(&why, WHY_SIZE);
	if (who == DIR_LEVEL_NONE)
		oct_str_addf(&why, "'%s' is no protected local part",
		    s->addr.local);
	else
		oct_str_addf(&why, "'%s' is on the list of the %s",
		    s->addr.local, dir_level_name(who));
	/* Behind an alias it is each target whose protection may be lifted. */
	if (who != DIR_LEVEL_NONE && s->alias == NULL)
		why_lifted(s, &why);
	ctl_json_set(v, "protected",
	    json_boolean(who != DIR_LEVEL_NONE &&
		(s->alias != NULL || !dir_is_lifted(s->domain, s->mailbox))));
	ctl_json_set(v, "protection", ctl_json_text(oct_str_text(&why)));
	oct_str_free(&why);
}

/* --- Show --------------------------------------------------------------- */

static json_t *
options_json(const struct subject *s, const struct option_values *platform)
{
	struct option_values values;
	json_t *out = json_array();

	dir_options(s->domain, s->mailbox, platform, &values);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		enum option o = (enum option)i;
		char text[OPTION_TEXT_SIZE];
		json_t *v = json_object();

		option_text(o, values.v[i], text);
		ctl_json_set(v, "option", json_string(option_info(o)->name));
		ctl_json_set(v, "value", json_string(text));
		ctl_json_set(v, "level",
		    json_string(dir_level_name(
			dir_option_level(s->domain, s->mailbox, o))));
		ctl_json_set(v, "help", json_string(option_info(o)->help));
		(void)json_array_append_new(out, v);
	}
	return out;
}

static void
add_row(json_t *list, const char *name, const char *value, const char *level,
    const char *help)
{
	json_t *v = json_object();

	ctl_json_set(v, "option", json_string(name));
	ctl_json_set(v, "value", json_string(value));
	ctl_json_set(v, "level", json_string(level));
	ctl_json_set(v, "help", json_string(help));
	(void)json_array_append_new(list, v);
}

/* Who set a threshold: INT32_MIN is none. */
static enum dir_level
level_of(const struct subject *s, int32_t of_mailbox, int32_t of_domain)
{
	if (s->mailbox != NULL && of_mailbox != INT32_MIN)
		return DIR_LEVEL_MAILBOX;
	return of_domain != INT32_MIN ? DIR_LEVEL_DOMAIN : DIR_LEVEL_PLATFORM;
}

static void
add_thresholds(const struct subject *s, const struct settings *set,
    json_t *list)
{
	static const struct {
		const char *name, *help;
		size_t at;
	} rows[] = { { "tag", "score from which mail is marked",
			offsetof(struct dir_thresholds, tag) },
		{ "hold", "score from which mail is held",
		    offsetof(struct dir_thresholds, hold) },
		{ "reject", "score from which mail is refused",
		    offsetof(struct dir_thresholds, reject) } };
	struct dir_thresholds platform, in_force;
	const struct dir_thresholds *d = &s->domain->thresholds;
	const struct dir_thresholds *m = s->mailbox != NULL
	    ? &s->mailbox->thresholds
	    : d;

	(void)!settings_hundredths(set->tag, &platform.tag);
	(void)!settings_hundredths(set->hold, &platform.hold);
	(void)!settings_hundredths(set->reject, &platform.reject);
	dir_thresholds_of(s->domain, s->mailbox, &platform, &in_force);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int32_t value[3];
		char text[16];

		memcpy(&value[0], (const char *)&in_force + rows[i].at, 4);
		memcpy(&value[1], (const char *)m + rows[i].at, 4);
		memcpy(&value[2], (const char *)d + rows[i].at, 4);
		score_text(value[0], text);
		add_row(list, rows[i].name, text,
		    dir_level_name(level_of(s, value[1], value[2])),
		    rows[i].help);
	}
}

/* Weights that differ from the built-in ones, whoever set them. */
static void
add_weights(const struct subject *s, const struct settings *set, json_t *list)
{
	const struct detail_set *own = s->mailbox != NULL
	    ? s->mailbox->details
	    : NULL;
	struct score_weights weights[4]; /* built in, then each level */

	score_weights_init(&weights[0]);
	settings_weights(set, &weights[1]);
	weights[2] = weights[1];
	score_weights_change(
	    detail_get(s->domain->details, DETAIL_WEIGHTS), &weights[2]);
	weights[3] = weights[2];
	score_weights_change(detail_get(own, DETAIL_WEIGHTS), &weights[3]);
	for (size_t i = 0; i < SYM_COUNT; i++) {
		const struct symbol *sym = symbol_of((enum symbol_id)i);
		enum dir_level level = DIR_LEVEL_MAILBOX;
		char text[16];

		if (weights[3].weight[i] == weights[0].weight[i])
			continue;
		if (weights[3].weight[i] == weights[2].weight[i])
			level = weights[2].weight[i] == weights[1].weight[i]
			    ? DIR_LEVEL_PLATFORM
			    : DIR_LEVEL_DOMAIN;
		score_text(weights[3].weight[i], text);
		add_row(list, sym->name, text, dir_level_name(level), sym->en);
	}
}

static json_t *
subject_json(const struct subject *s, const struct settings *set)
{
	struct option_values platform;
	json_t *v = json_object(), *targets, *list;

	ctl_json_set(v, *s->addr.local != '\0' ? "address" : "domain",
	    ctl_json_text(s->name));
	ctl_json_set(v, "tenant", json_string(s->domain->tenant));
	if (*s->addr.local != '\0')
		add_protection(s, set, v);
	if (s->alias != NULL) {
		targets = json_array();
		for (size_t i = 0; i < s->alias->count; i++)
			(void)json_array_append_new(targets,
			    ctl_json_text(s->alias->targets[i]));
		ctl_json_set(v, "targets", targets);
		return v;
	}
	settings_options(set, &platform);
	list = options_json(s, &platform);
	add_thresholds(s, set, list);
	add_weights(s, set, list);
	ctl_json_set(v, "options", list);
	return v;
}

static const struct ctl_column option_columns[] = {
	{ "option", "OPTION", CTL_TEXT },
	{ "value", "VALUE", CTL_TEXT },
	{ "level", "SET BY", CTL_TEXT },
	{ "help", "MEANING", CTL_TEXT },
};

/* What is said above the table. */
static int
print_head(const struct ctl *ctl, const struct subject *s, const json_t *v)
{
	static const struct ctl_column all[] = {
		{ "address", "address", CTL_NAME },
		{ "domain", "domain", CTL_NAME },
		{ "tenant", "tenant", CTL_TEXT },
		{ "protected", "protected", CTL_TEXT },
		{ "protection", "protection", CTL_TEXT },
		{ "targets", "targets (whose options count)", CTL_NAME },
	};
	struct ctl_column columns[OCT_LEN(all)];
	size_t n = 0;

	(void)s;
	for (size_t i = 0; i < OCT_LEN(all); i++)
		if (json_object_get(v, all[i].key) != NULL)
			columns[n++] = all[i];
	return ctl_print(ctl, json_deep_copy(v), columns, n);
}

static int
policy_show(struct ctl *ctl, const struct ctl_args *args)
{
	const struct settings *set;
	struct subject s = { .snapshot = NULL };
	json_t *v = NULL, *options;
	int status = ctl_settings(ctl, &set);

	if (status == 0)
		status = find_subject(ctl, args->words[0], &s);
	if (status == 0)
		v = subject_json(&s, set);
	if (status == 0 && ctl->json) {
		status = ctl_print(ctl, v, NULL, 0);
		v = NULL;
	} else if (status == 0) {
		options = json_incref(json_object_get(v, "options"));
		status = print_head(ctl, &s, v);
		if (status == 0 && options != NULL)
			status = ctl_print(ctl, json_incref(options),
			    option_columns, OCT_LEN(option_columns));
		json_decref(options);
	}
	json_decref(v);
	directory_put(s.snapshot);
	return status;
}

/* --- Check -------------------------------------------------------------- */

struct check {
	const struct settings *settings;
	struct option_values platform;
	json_t *problems;
};

static void OCT_PRINTF(3, 4)
found(struct check *c, const char *where, const char *fmt, ...)
{
	char text[512];
	json_t *v = json_object();
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_json_set(v, "where", ctl_json_text(where));
	ctl_json_set(v, "problem", ctl_json_text(text));
	(void)json_array_append_new(c->problems, v);
}

/* The platform's values may be what tests need; a tenant's may not. */
static void
check_platform(struct check *c)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_info *info = option_info((enum option)i);
		char text[OPTION_TEXT_SIZE], expected[OPTION_EXPECTED_SIZE];
		int64_t v = c->platform.v[i];

		if (v >= info->lo && v <= info->hi)
			continue;
		option_text((enum option)i, v, text);
		option_expected((enum option)i, expected);
		found(c, "platform", "%s is %s: expected %s", info->name, text,
		    expected);
	}
}

/* Two options of which the first must not be over the second. */
static void
check_pairs(struct check *c, const char *where, const struct option_values *v)
{
	static const enum option pairs[][2] = {
		{ OPTION_SHARE_MAILBOX, OPTION_CAP_MAILBOX },
		{ OPTION_RELATION_ITEMS, OPTION_SPACE_ITEMS },
		{ OPTION_RELATION_OCTETS, OPTION_SPACE_OCTETS },
	};

	for (size_t i = 0; i < OCT_LEN(pairs); i++) {
		char small[OPTION_TEXT_SIZE], large[OPTION_TEXT_SIZE];
		enum option a = pairs[i][0], b = pairs[i][1];

		/* A cap of 0 asks nobody: a share of it is nothing. */
		if (v->v[a] <= v->v[b] || v->v[b] == 0)
			continue;
		option_text(a, v->v[a], small);
		option_text(b, v->v[b], large);
		found(c, where, "%s (%s) is over %s (%s)", option_info(a)->name,
		    small, option_info(b)->name, large);
	}
}

static void
check_mailbox(struct check *c, const struct dir_domain *d,
    const struct dir_mailbox *m)
{
	struct option_values v;
	struct oct_addr a;
	char where[OCT_ADDR_SIZE];

	if (m->options == NULL && !m->unprotected)
		return;
	memset(&a, 0, sizeof(a));
	(void)snprintf(a.local, sizeof(a.local), "%s", m->local);
	(void)snprintf(a.domain, sizeof(a.domain), "%s", d->name);
	oct_addr_text(&a, where);
	dir_options(d, m, &c->platform, &v);
	if (m->options != NULL)
		check_pairs(c, where, &v);
	if (m->unprotected && dir_lifted(d, m) == DIR_LIFTED_UNFOUNDED)
		found(c, where, "unprotected without unprotected_reason or the "
				"tenant's teleservice: it stays protected");
}

static void
check_domain(struct check *c, const struct dir_domain *d)
{
	const char *own = ctl_own_name(c->settings, d->name);
	struct option_values v;

	if (own != NULL && d->life != DIR_LIFE_CLOSED)
		found(c, d->name, "it is hosted, but is also %s: give that "
				  "setting a name of its own", own);
	dir_options(d, NULL, &c->platform, &v);
	if (d->options != NULL || d->tenant_options != NULL)
		check_pairs(c, d->name, &v);
	if (*d->tenant != '\0' && d->of_tenant == NULL)
		found(c, d->name, "there is no tenant %s: nothing is "
				  "inherited from it", d->tenant);
	if (dir_lifted(d, NULL) == DIR_LIFTED_UNFOUNDED)
		found(c, d->name, "unprotected without unprotected_reason or "
				  "the tenant's teleservice: it stays "
				  "protected");
	for (size_t i = 0; i < d->mailbox_count; i++)
		check_mailbox(c, d, dir_mailbox_at(d, i));
}

/* --- Storage beyond the plan ----------------------------------------------- */

/* Octets that the open mailboxes of a tenant may use beyond quota for each; -1: a
 * mailbox without a quota. */
static int64_t
storage_beyond(const struct dir_snapshot *s, const struct dir_tenant *t,
    const struct limit_platform *p, int64_t quota)
{
	int64_t sum = 0;

	for (size_t i = 0; i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		if (d->of_tenant != t || d->state == DIR_CLOSED)
			continue;
		for (size_t k = 0; k < d->mailbox_count; k++) {
			const struct dir_mailbox *m = dir_mailbox_at(d, k);
			int64_t v = limit_storage(p, d, m);

			if (m->state == DIR_CLOSED)
				continue;
			if (v == 0)
				return -1;
			sum += v > quota ? v - quota : 0;
		}
	}
	return sum;
}

/* What is in force, which the platform's own quota is a part of: allowances count
 * what tenants, domains and mailboxes set. */
static void
check_storage(struct check *c, const struct dir_snapshot *s,
    const struct dir_tenant *t, const struct limit_platform *p,
    const struct model *records)
{
	const char *id = detail_get(t->details, DETAIL_PLAN);
	const struct model_item *plan =
	    *id != '\0' ? model_find(records, DIR_KIND_PLAN, "", id) : NULL;
	int64_t extra = detail_number(t->details, DETAIL_EXTRA_STORAGE, 0);
	char quota_text[64] = "";
	int64_t quota = 0, beyond;

	if (plan != NULL)
		model_text(plan, "quota", quota_text, sizeof(quota_text));
	if (*quota_text == '\0' ||
	    oct_num_size(quota_text, 1, INT64_MAX, &quota) != 0)
		return;
	beyond = storage_beyond(s, t, p, quota);
	if (beyond >= 0 && beyond <= extra)
		return;
	found(c, t->id,
	    "plan %s includes %s of storage a mailbox, but more is in force "
	    "than that and what was ordered (%" PRId64 " MB%s): octroictl "
	    "tenant set %s storage=%s",
	    id, quota_text, beyond < 0 ? 0 : (beyond - extra) >> 20,
	    beyond < 0 ? ", without a quota" : " more", t->id, quota_text);
}

static int
check_storages(struct ctl *ctl, struct check *c, const struct dir_snapshot *s,
    const struct settings *set)
{
	struct limit_platform platform;
	struct model *records = NULL;
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = model_load_records(store, &records);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "policy check", "plans");
	settings_limits(set, &platform);
	for (size_t i = 0; i < dir_tenant_count(s); i++)
		check_storage(c, s, dir_tenant_at(s, i), &platform, records);
	model_free(records);
	return 0;
}

static int
policy_check(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "where", "WHERE", CTL_NAME },
		{ "problem", "PROBLEM", CTL_TEXT },
	};
	const struct dir_snapshot *snapshot;
	const struct settings *set;
	struct check c;
	size_t count;
	int status = ctl_settings(ctl, &set);

	if (status == 0)
		status = ctl_directory(ctl, NULL, &snapshot);
	if (status != 0)
		return status;
	c.settings = set;
	c.problems = json_array();
	settings_options(set, &c.platform);
	check_platform(&c);
	check_pairs(&c, "platform", &c.platform);
	for (size_t i = 0; i < dir_domain_count(snapshot); i++)
		check_domain(&c, dir_domain_at(snapshot, i));
	status = check_storages(ctl, &c, snapshot, set);
	directory_put(snapshot);
	if (status != 0) {
		json_decref(c.problems);
		return status;
	}
	count = json_array_size(c.problems);
	if (ctl->quiet || (count == 0 && !ctl->json))
		json_decref(c.problems);
	else
		status = ctl_print_list(ctl, count, c.problems, columns,
		    OCT_LEN(columns));
	return status == 0 && count > 0 ? DAEMON_EXIT_FAILED : status;
}

const struct ctl_verb ctl_policy_verbs[] = {
	{ "show", "ADDRESS|DOMAIN",
	    "every option, threshold and changed weight with its value in force "
	    "and the level that set it; "
	    "whether the address is protected, and why", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, policy_show },
	{ "check", "",
	    "options, tenants and lifted protections that do not fit together "
	    "(exit 1 if there are any)", 0, 0, NULL, CTL_NO_ATTRIBUTES,
	    policy_check },
	{ .run = NULL },
};
