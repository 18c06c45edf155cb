/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl contract: its dates, by the rules of the tenant's plan
 * (policy/contract.h).
 */
#include "policy/contract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/model.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"

/* --- Looking ------------------------------------------------------------- */

static const struct ctl_column columns[] = {
	{ "tenant", "TENANT", CTL_TEXT },
	{ "name", "NAME", CTL_TEXT },
	{ "plan", "PLAN", CTL_TEXT },
	{ "contract_start", "START", CTL_TEXT },
	{ "contract_document", "DOCUMENT", CTL_TEXT },
	{ "contract_option", "OPTION", CTL_TEXT },
	{ "contract_notice", "NOTICE", CTL_TEXT },
	{ "contract_notice_by", "BY", CTL_TEXT },
	{ "contract_ends", "ENDS", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
};

/* Of one that goes on. */
static const struct ctl_column next_columns[] = {
	{ "tenant_notice_until", "notice by the tenant until", CTL_TEXT },
	{ "tenant_ends", "  ends it on", CTL_TEXT },
	{ "centre_notice_until", "notice by the Centre until", CTL_TEXT },
	{ "centre_ends", "  ends it on", CTL_TEXT },
	{ "price_notice_until", "notice for the new price until", CTL_TEXT },
	{ "price_ends", "  ends it (today)", CTL_TEXT },
};

static json_t *
contract_json(const struct dir_tenant *t)
{
	json_t *v = json_object(), *all = ctl_entry_tenant_json(t);

	for (size_t i = 0; i < OCT_LEN(columns); i++) {
		json_t *value = json_object_get(all, columns[i].key);

		if (value != NULL)
			(void)json_object_set(v, columns[i].key, value);
	}
	json_decref(all);
	return v;
}

static int
contract_list(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	const struct dir_snapshot *s;
	json_t *items = json_array();
	int status = ctl_directory(ctl, NULL, &s);

	for (size_t i = 0; status == 0 && i < dir_tenant_count(s); i++)
		(void)json_array_append_new(
		    items, contract_json(dir_tenant_at(s, i)));
	if (status != 0) {
		json_decref(items);
		return status;
	}
	directory_put(s);
	return ctl_print_list(ctl, json_array_size(items), items, columns,
	    OCT_LEN(columns));
}

/* --- Dates --------------------------------------------------------------- */

static int
read_day(struct ctl *ctl, const struct ctl_args *args,
    char out[DETAIL_DATE_SIZE])
{
	const char *on = ctl_args_value(args, "on");

	if (on == NULL)
		return ctl_today(ctl, out);
	if (!detail_is_date(on))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--on=%s: expected a date like 2026-12-31", on);
	memcpy(out, on, DETAIL_DATE_SIZE);
	return 0;
}

static int
contract_start(struct ctl *ctl, const struct ctl_args *args)
{
	static const char *const names[] = { "document", "option" };
	struct ctl_subject s;
	char day[DETAIL_DATE_SIZE], *json;
	json_t *set;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0)
		status = read_day(ctl, args, day);
	if (status != 0)
		return status;
	set = json_pack("{s:s,s:s,s:s,s:s}", "contract_start", day,
	    "contract_notice", "", "contract_notice_by", "", "contract_ends",
	    "");
	for (size_t i = 0; i < OCT_LEN(names); i++) {
		const char *value = ctl_args_value(args, names[i]);
		char name[32];

		(void)snprintf(name, sizeof(name), "contract_%s", names[i]);
		if (value != NULL)
			ctl_json_set(set, name, ctl_json_text(value));
	}
	json = json_dumps(set, JSON_COMPACT);
	json_decref(set);
	status = json != NULL
	    ? ctl_subject_change(ctl, &s, CTL_SET, json, "contract begun")
	    : ctl_fail_rc(ctl, -ENOMEM, "contract of", s.name);
	free(json);
	return status;
}

/* What the rule of its plan says; ends is the last day. */
struct notice {
	enum contract_party party;
	struct contract_rule rule;
	char day[DETAIL_DATE_SIZE], ends[DETAIL_DATE_SIZE];
};

static int
load_rule(struct ctl *ctl, const char *plan, struct model **m,
    struct notice *n)
{
	const struct model_item *item;
	struct detail_pair pair = { DETAIL_NOTICE_TENANT, NULL };
	const struct detail_set set = { 1, &pair };
	static const enum detail of[] = { [CONTRACT_TENANT] =
						   DETAIL_NOTICE_TENANT,
		[CONTRACT_CENTRE] = DETAIL_NOTICE_CENTRE,
		[CONTRACT_PRICE] = DETAIL_NOTICE_PRICE };
	char text[32] = "";
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = model_load_records(store, m);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "plan", plan);
	item = *plan != '\0' ? model_find(*m, DIR_KIND_PLAN, "", plan) : NULL;
	if (item != NULL)
		model_text(item, detail_info(of[n->party])->name, text,
		    sizeof(text));
	pair = (struct detail_pair){ of[n->party], text };
	contract_rule(*text != '\0' ? &set : NULL, n->party, &n->rule);
	return 0;
}

/* The latest day on which a price list was notified, not after day; "" = none. */
static void
last_price(const struct model *m, const char *day,
    char latest[DETAIL_DATE_SIZE])
{
	latest[0] = '\0';
	for (size_t i = 0; i < model_count(m); i++) {
		char told[DETAIL_DATE_SIZE];

		if (model_at(m, i)->kind != DIR_KIND_PRICE)
			continue;
		model_text(model_at(m, i), "notified", told, sizeof(told));
		if (detail_is_date(told) && strcmp(told, day) <= 0 &&
		    strcmp(told, latest) > 0)
			memcpy(latest, told, DETAIL_DATE_SIZE);
	}
}

/* The latest price list that the tenants were told of in time: the notice has
 * effect on its own day. */
static int
check_price(struct ctl *ctl, const struct model *m, struct notice *n)
{
	char latest[DETAIL_DATE_SIZE], until[DETAIL_DATE_SIZE];

	last_price(m, n->day, latest);
	if (*latest == '\0')
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "no price list was notified before %s: 'octroictl price "
		    "list' shows them",
		    n->day);
	contract_ends(&n->rule, latest, until);
	if (strcmp(n->day, until) > 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "the last change of price was notified on %s: notice for it "
		    "could be given until %s",
		    latest, until);
	memcpy(n->ends, n->day, sizeof(n->ends));
	return 0;
}

static int
find_end(struct ctl *ctl, const char *plan, struct notice *n)
{
	struct model *m = NULL;
	int status = load_rule(ctl, plan, &m, n);

	if (status == 0 && n->party == CONTRACT_PRICE)
		status = check_price(ctl, m, n);
	else if (status == 0)
		contract_ends(&n->rule, n->day, n->ends);
	model_free(m);
	return status;
}

static int
record_notice(struct ctl *ctl, const struct ctl_subject *s,
    const struct notice *n, const char *by)
{
	char json[256], done[160], first[DETAIL_DATE_SIZE],
	    now[DETAIL_DATE_SIZE];
	int status = ctl_today(ctl, now);

	if (status != 0)
		return status;
	(void)snprintf(json, sizeof(json),
	    "{\"contract_notice\":\"%s\",\"contract_notice_by\":\"%s\","
	    "\"contract_ends\":\"%s\"}",
	    n->day, by, n->ends);
	detail_add_days(n->ends, 1, first);
	(void)snprintf(done, sizeof(done),
	    "ends on %s; its domains close on %s, 'contract withdraw' undoes "
	    "it",
	    n->ends, first);
	status = ctl_subject_change(ctl, s, CTL_SET, json, NULL);
	if (status == 0)
		status = ctl_close_tenant(ctl, s->local,
		    strcmp(first, now) > 0 ? first : "");
	return status != 0 ? status
			   : ctl_done(ctl, done, "contract of", s->name);
}

static int
contract_notice(struct ctl *ctl, const struct ctl_args *args)
{
	const char *by = ctl_args_value(args, "by");
	char plan[DIR_ID_MAX + 1];
	struct ctl_subject s;
	struct notice n;
	json_t *v;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0 && (by == NULL || contract_party(by, &n.party) != 0))
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--by=tenant, --by=centre, or --by=price (the tenant's, "
		    "for a change of price)");
	if (status == 0)
		status = read_day(ctl, args, n.day);
	if (status == 0)
		status = ctl_subject_read(ctl, &s, &v);
	if (status != 0)
		return status;
	(void)snprintf(plan, sizeof(plan), "%s", ctl_text(v, "plan"));
	if (*ctl_text(v, "contract_notice") != '\0')
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: notice was given on %s by %s: 'octroictl contract "
		    "withdraw' undoes it",
		    s.name, ctl_text(v, "contract_notice"),
		    ctl_text(v, "contract_notice_by"));
	json_decref(v);
	if (status == 0)
		status = find_end(ctl, plan, &n);
	return status != 0 ? status : record_notice(ctl, &s, &n, by);
}

/* --- What may come next ---------------------------------------------------- */

/* Until when a notice has which effect, for each who may give it. */
static void
add_next(json_t *v, const struct notice *n, const char *last)
{
	static const char *const names[][2] = {
		[CONTRACT_TENANT] = { "tenant_notice_until", "tenant_ends" },
		[CONTRACT_CENTRE] = { "centre_notice_until", "centre_ends" },
		[CONTRACT_PRICE] = { "price_notice_until", "price_ends" },
	};

	ctl_json_set(v, names[n->party][0], json_string(last));
	ctl_json_set(v, names[n->party][1], json_string(n->ends));
}

/* A change of price that was notified gives until its last day: the contract ends
 * on the day of the notice. */
static void
add_price(json_t *v, const struct model *m, struct notice *n)
{
	char latest[DETAIL_DATE_SIZE], until[DETAIL_DATE_SIZE];

	last_price(m, n->day, latest);
	if (*latest == '\0')
		return;
	contract_ends(&n->rule, latest, until);
	if (strcmp(n->day, until) > 0)
		return;
	memcpy(n->ends, n->day, sizeof(n->ends));
	add_next(v, n, until);
}

static int
add_dates(struct ctl *ctl, const char *plan, json_t *v)
{
	static const enum contract_party parties[] = { CONTRACT_TENANT,
		CONTRACT_CENTRE, CONTRACT_PRICE };
	struct notice n;
	int status = ctl_today(ctl, n.day);

	for (size_t i = 0; status == 0 && i < OCT_LEN(parties); i++) {
		struct model *m = NULL;
		char last[DETAIL_DATE_SIZE];

		n.party = parties[i];
		status = load_rule(ctl, plan, &m, &n);
		if (status == 0 && n.party == CONTRACT_PRICE) {
			add_price(v, m, &n);
		} else if (status == 0) {
			contract_ends(&n.rule, n.day, n.ends);
			contract_last_day(&n.rule, n.day, last);
			add_next(v, &n, *last != '\0' ? last : n.day);
		}
		model_free(m);
	}
	return status;
}

/* What it has. */
static int
print_contract(const struct ctl *ctl, json_t *v)
{
	struct ctl_column all[OCT_LEN(columns) + OCT_LEN(next_columns)];
	size_t n = OCT_LEN(columns);

	memcpy(all, columns, sizeof(columns));
	for (size_t i = 0; i < OCT_LEN(next_columns); i++)
		if (json_object_get(v, next_columns[i].key) != NULL)
			all[n++] = next_columns[i];
	return ctl_print(ctl, v, all, n);
}

static int
contract_show(struct ctl *ctl, const struct ctl_args *args)
{
	const struct dir_snapshot *s;
	const struct dir_tenant *t;
	json_t *v;
	int status = ctl_directory(ctl, NULL, &s);

	if (status != 0)
		return status;
	t = dir_tenant(s, args->words[0]);
	v = t != NULL ? contract_json(t) : NULL;
	directory_put(s);
	if (v == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no tenant %s: 'octroictl tenant list' shows all",
		    args->words[0]);
	/* One that ends, or was never begun, has no other dates. */
	if (*ctl_text(v, "contract_notice") == '\0' &&
	    strcmp(ctl_text(v, "state"), "closed") != 0)
		status = add_dates(ctl, ctl_text(v, "plan"), v);
	if (status != 0) {
		json_decref(v);
		return status;
	}
	return print_contract(ctl, v);
}

static int
contract_withdraw(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_subject s;
	json_t *v;
	int status = ctl_subject(ctl, args, &s);
	bool noticed, shut;

	if (status == 0)
		status = ctl_subject_read(ctl, &s, &v);
	if (status != 0)
		return status;
	noticed = *ctl_text(v, "contract_notice") != '\0';
	shut = strcmp(ctl_text(v, "state"), "closing") == 0 ||
	    strcmp(ctl_text(v, "state"), "closed") == 0;
	json_decref(v);
	if (!noticed)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: no notice was given", s.name);
	if (shut)
		status = ctl_reopen_tenant(ctl, s.local);
	if (status == 0)
		status = ctl_subject_change(ctl, &s, CTL_SET,
		    "{\"contract_notice\":\"\",\"contract_notice_by\":\"\","
		    "\"contract_ends\":\"\"}",
		    NULL);
	return status != 0 ? status
			   : ctl_done(ctl, "goes on", "contract of", s.name);
}

static const struct ctl_option start_options[] = {
	{ "on", "DATE", "its first day; today" },
	{ "document", "TEXT", "version of the documents that were signed" },
	{ "option", "TEXT", "what was chosen in them" },
	{ NULL, NULL, NULL },
};

static const struct ctl_option notice_options[] = {
	{ "by", "WHO", "tenant, centre, or price: the tenant's for a change of "
		       "price" },
	{ "on", "DATE", "the day on which it was given; today" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_contract_verbs[] = {
	{ "start", "TENANT", "a contract begins", 1, 1, start_options,
	    CTL_NO_ATTRIBUTES, contract_start },
	{ "notice", "TENANT",
	    "notice is given: the end follows by the rules of its plan, and "
	    "the domains close then",
	    1, 1, notice_options, CTL_NO_ATTRIBUTES, contract_notice },
	{ "withdraw", "TENANT", "the notice is undone", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, contract_withdraw },
	{ "show", "TENANT", "print one contract", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, contract_show },
	{ "list", "", "print all contracts", 0, 0, NULL, CTL_NO_ATTRIBUTES,
	    contract_list },
	{ .run = NULL },
};
