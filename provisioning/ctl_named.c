/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that are refused.  A plan that a tenant names must be there: by one that
 * nobody has made, nothing of the tenant would be counted.  (A domain of an
 * unknown tenant is warned of.)  A domain in whose name octroi itself sends has no
 * mailboxes: what comes back to it would be refused.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/directory_record.h"
#include "policy/model.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_plan.h"

int
ctl_check_named(struct ctl *ctl, const struct ctl_subject *s,
    const char *named)
{
	json_t *set = json_loads(named, 0, NULL), *v = NULL;
	const char *plan = ctl_text(set, "plan");
	struct store *store;
	int status = 0, rc = 0;

	if (s->kind == DIR_KIND_TENANT && *plan != '\0') {
		status = ctl_store(ctl, &store);
		if (status == 0)
			rc = directory_record_json(
			    store, DIR_KIND_PLAN, plan, &v);
	}
	if (rc == OCT_EABSENT)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: there is no plan %s: 'octroictl plan list' shows all",
		    s->name, plan);
	else if (rc != 0)
		status = ctl_fail_rc(ctl, rc, "plan", plan);
	json_decref(v);
	json_decref(set);
	return status;
}

const char *
ctl_own_name(const struct settings *set, const char *domain)
{
	const struct {
		const char *setting, *value;
	} own[] = {
		{ "platform.hostname", set->hostname },
		{ "challenge.domain", set->challenge_domain },
		{ "srs.domain", set->srs_domain },
	};
	char name[OCT_DOMAIN_SIZE];

	for (size_t i = 0; i < OCT_LEN(own); i++)
		if (oct_domain_normalise(own[i].value, name) == 0 &&
		    strcmp(name, domain) == 0)
			return own[i].setting;
	return NULL;
}

int
ctl_check_hosted(struct ctl *ctl, const char *domain)
{
	const struct settings *set;
	const char *setting = NULL;
	int status = ctl_settings(ctl, &set);

	if (status == 0)
		setting = ctl_own_name(set, domain);
	return setting == NULL
	    ? status
	    : ctl_fail(ctl, DAEMON_EXIT_FAILED,
		  "%s is %s of %s: octroi itself writes in its name, so it "
		  "cannot be hosted; give that setting a name of its own",
		  domain, setting, ctl->conf);
}

/* One change of a plan, if it is about that. */
static int
check_change(struct ctl *ctl, const struct ctl_planned *p,
    const struct model_change *c)
{
	char is[DIR_ID_MAX + 1], was[DIR_ID_MAX + 1] = "";

	if (c->item.kind == DIR_KIND_DOMAIN && c->before == NULL)
		return ctl_check_hosted(ctl, c->item.domain);
	if (c->item.kind != DIR_KIND_TENANT)
		return 0;
	model_text(&c->item, "plan", is, sizeof(is));
	if (c->before != NULL)
		model_text(&(struct model_item){ .json = c->before }, "plan",
		    was, sizeof(was));
	if (*is == '\0' || strcmp(is, was) == 0 ||
	    model_find(p->after, DIR_KIND_PLAN, "", is) != NULL)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "tenant %s: there is no plan %s, here or in the store",
	    c->item.name, is);
}

int
ctl_plan_named(struct ctl *ctl, const struct ctl_planned *p)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < p->plan.count; i++)
		status = check_change(ctl, p, &p->plan.changes[i]);
	return status;
}
