/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model as Zimbra should have it, and what Zimbra has as a model.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/json_text.h"
#include "provisioning/ctl_out.h"
#include "provisioning/zimbra.h"

#define COS_PREFIX "octroi-"

struct hung { /* an alias on its mailbox */
	const char *target, *alias;
};

struct wanting {
	struct zimbra *z;
	const struct model *m;
	const char *only; /* a domain, or NULL */
	int64_t quota;
	/* of the domain at hand */
	bool served;
	int64_t domain_quota; /* what its mailboxes have that set none */
	const char *cos;
	struct zimbra_names plans; /* classes of service that are wanted */
	struct hung *hung;         /* by target */
	size_t hung_count;
};

static const char *
number_text(struct zimbra *z, int64_t n)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	return zimbra_text(z, text, false);
}

/* --- Domains ------------------------------------------------------------- */

/* Not there before its DNS is made; its mail store knows no other states. */
static const char *
domain_status(const char *state)
{
	static const char *const not_yet[] = { "requested", "study",
		"proposed" };

	for (size_t i = 0; i < OCT_LEN(not_yet); i++)
		if (strcmp(state, not_yet[i]) == 0)
			return NULL;
	if (strcmp(state, "suspended") == 0 || strcmp(state, "closed") == 0)
		return state;
	return "active";
}

static int
want_cos(struct wanting *w, const char *plan, int64_t *quota)
{
	const struct model_item *item =
	    model_find(w->m, DIR_KIND_PLAN, "", plan);
	char name[sizeof(COS_PREFIX) + 64];
	struct zimbra_entry *e;
	json_t *o;

	w->cos = "";
	*quota = 0;
	if (*plan == '\0' || item == NULL)
		return 0;
	o = json_loads(item->json, 0, NULL);
	*quota = json_size_of(o, "quota");
	json_decref(o);
	(void)snprintf(name, sizeof(name), COS_PREFIX "%s", plan);
	for (size_t i = 0; i < w->plans.count; i++)
		if (strcasecmp(w->plans.items[i], name) == 0) {
			w->cos = w->plans.items[i];
			return 0;
		}
	e = zimbra_add(w->z, ZIMBRA_COS, name);
	if (e == NULL)
		return -ENOMEM;
	e->quota = number_text(w->z, *quota);
	w->cos = e->name;
	return e->quota != NULL ? zimbra_name_add(&w->plans, e->name)
				: -ENOMEM;
}

/* Plans say what mailboxes have for which nobody sets a quota. */
static int
want_tenant(struct wanting *w, const char *id)
{
	const struct model_item *item =
	    model_find(w->m, DIR_KIND_TENANT, "", id);
	int64_t included = 0, storage = 0;
	json_t *o = NULL;
	int rc;

	if (item != NULL)
		o = json_loads(item->json, 0, NULL);
	rc = want_cos(w, json_text_of(o, "plan"), &included);
	storage = json_size_of(o, "storage");
	json_decref(o);
	if (w->domain_quota == 0)
		w->domain_quota = storage > 0 ? storage
		    : included > 0	      ? included
					      : w->quota;
	return rc;
}

/* Is the domain made by this run? */
static bool
is_wanted(const struct wanting *w, const char *domain)
{
	const struct model_item *i =
	    model_find(w->m, DIR_KIND_DOMAIN, domain, "");
	char state[32];

	if (i == NULL || (w->only != NULL && strcmp(w->only, domain) != 0))
		return false;
	model_text(i, "state", state, sizeof(state));
	return domain_status(state) != NULL;
}

static int
want_domain(struct wanting *w, const struct model_item *i)
{
	json_t *o = json_loads(i->json, 0, NULL);
	const char *status = domain_status(json_text_of(o, "state"));
	struct zimbra_entry *e;
	int rc = 0;

	w->served = is_wanted(w, i->domain);
	if (w->served && status != NULL) {
		w->domain_quota = json_size_of(o, "storage");
		rc = want_tenant(w, json_text_of(o, "tenant"));
		e = rc == 0 ? zimbra_add(w->z, ZIMBRA_DOMAIN, i->domain)
			    : NULL;
		if (e != NULL)
			e->status = status[0] == 'a' ? "active"
			    : status[0] == 's'	     ? "suspended"
						     : "closed";
		else
			rc = -ENOMEM;
	}
	json_decref(o);
	return rc;
}

/* --- Its entries --------------------------------------------------------- */

static void
address_of(const struct model_item *i, char out[OCT_ADDR_SIZE + 1])
{
	(void)snprintf(out, OCT_ADDR_SIZE + 1, "%s@%s", i->name, i->domain);
}

/* "a@b, c@d" */
static int
add_addresses(struct wanting *w, struct zimbra_names *to, const char *list)
{
	char one[OCT_ADDR_SIZE];
	int rc = 0;

	while (rc == 0 && *list != '\0') {
		size_t len = strcspn(list, ",");

		if (len >= sizeof(one))
			return OCT_ELIMIT;
		memcpy(one, list, len);
		one[len] = '\0';
		rc = zimbra_name_add(to, zimbra_text(w->z, one, true));
		list += len;
		list += strspn(list, ", ");
	}
	return rc;
}

/* What is suspended keeps its mail, and nobody logs in. */
static const char *
account_status(const char *state)
{
	if (strcmp(state, "suspended") == 0)
		return "locked";
	return strcmp(state, "closed") == 0 ? "closed" : "active";
}

static int
hang_aliases(const struct wanting *w, struct zimbra_entry *e)
{
	size_t lo = 0, hi = w->hung_count;
	int rc = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(w->hung[mid].target, e->name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; rc == 0 && lo < w->hung_count &&
	     strcmp(w->hung[lo].target, e->name) == 0;
	     lo++)
		rc = zimbra_name_add(&e->aliases, w->hung[lo].alias);
	return rc;
}

static int
want_mailbox(struct wanting *w, const struct model_item *i)
{
	char address[OCT_ADDR_SIZE + 1];
	struct zimbra_entry *e;
	int64_t storage;
	json_t *o;
	int rc;

	address_of(i, address);
	e = zimbra_add(w->z, ZIMBRA_ACCOUNT, address);
	if (e == NULL)
		return -ENOMEM;
	o = json_loads(i->json, 0, NULL);
	storage = json_size_of(o, "storage");
	e->quota = number_text(w->z, storage > 0 ? storage : w->domain_quota);
	e->display = zimbra_text(w->z, json_text_of(o, "name"), false);
	e->status = account_status(json_text_of(o, "state"));
	e->off = strcmp(json_text_of(o, "keep_copy"), "no") == 0 ? "TRUE" : "";
	e->cos = w->cos;
	rc = add_addresses(w, &e->forwards, json_text_of(o, "forward"));
	if (rc == 0)
		rc = hang_aliases(w, e);
	json_decref(o);
	return e->quota == NULL || e->display == NULL ? -ENOMEM : rc;
}

/* The mailbox that an alias is another name of, if it is no more than that. */
static bool
is_plain(const struct wanting *w, const json_t *o, const char **target)
{
	const json_t *targets = json_object_get(o, "targets");
	struct oct_addr a;

	*target = json_string_value(json_array_get(targets, 0));
	return json_array_size(targets) == 1 && *target != NULL &&
	    *json_text_of(o, "post") == '\0' && oct_addr_parse(*target, &a) == 0 &&
	    is_wanted(w, a.domain) &&
	    model_find(w->m, DIR_KIND_MAILBOX, a.domain, a.local) != NULL;
}

static int
want_list(struct wanting *w, const char *address, const json_t *o, bool closed)
{
	const json_t *targets = json_object_get(o, "targets");
	struct zimbra_entry *e = zimbra_add(w->z, ZIMBRA_LIST, address);
	int rc = e != NULL ? 0 : -ENOMEM;

	if (e != NULL)
		e->status = closed ? "disabled" : "enabled";
	for (size_t i = 0; rc == 0 && i < json_array_size(targets); i++)
		rc = zimbra_name_add(&e->members,
		    zimbra_text(w->z,
			json_string_value(json_array_get(targets, i)), true));
	return rc;
}

/* Names of mailboxes are theirs; a closed one goes, its mailbox stays. */
static int
want_alias(struct wanting *w, const struct model_item *i)
{
	char address[OCT_ADDR_SIZE + 1];
	json_t *o = json_loads(i->json, 0, NULL);
	bool closed = strcmp(json_text_of(o, "state"), "closed") == 0;
	const char *target;
	int rc = 0;

	address_of(i, address);
	if (!is_plain(w, o, &target))
		rc = want_list(w, address, o, closed);
	else if (closed)
		rc = zimbra_name_add(zimbra_dropped(w->z),
		    zimbra_text(w->z, address, true));
	json_decref(o);
	return rc;
}

/* Before all else: who has which other names. */
static int
collect_alias(struct wanting *w, const struct model_item *i)
{
	char address[OCT_ADDR_SIZE + 1];
	json_t *o = json_loads(i->json, 0, NULL);
	struct hung *to;
	const char *target;
	int rc = 0;

	if (is_wanted(w, i->domain) &&
	    strcmp(json_text_of(o, "state"), "closed") != 0 &&
	    is_plain(w, o, &target)) {
		address_of(i, address);
		to = &w->hung[w->hung_count++];
		to->target = zimbra_text(w->z, target, true);
		to->alias = zimbra_text(w->z, address, true);
		rc = to->target != NULL && to->alias != NULL ? 0 : -ENOMEM;
	}
	json_decref(o);
	return rc;
}

static int
by_target(const void *x, const void *y)
{
	const struct hung *a = x, *b = y;

	return strcmp(a->target, b->target);
}

static int
collect_aliases(struct wanting *w)
{
	size_t count = 1;
	int rc = 0;

	for (size_t i = 0; i < model_count(w->m); i++)
		count += model_at(w->m, i)->kind == DIR_KIND_ALIAS;
	w->hung = calloc(count, sizeof(*w->hung));
	if (w->hung == NULL)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < model_count(w->m); i++)
		if (model_at(w->m, i)->kind == DIR_KIND_ALIAS)
			rc = collect_alias(w, model_at(w->m, i));
	if (w->hung_count > 0)
		qsort(w->hung, w->hung_count, sizeof(*w->hung), by_target);
	return rc;
}

/* --- Together ------------------------------------------------------------ */

static int
want_item(struct wanting *w, const struct model_item *i)
{
	switch (i->kind) {
	case DIR_KIND_DOMAIN:
		return want_domain(w, i);
	case DIR_KIND_MAILBOX:
		return w->served ? want_mailbox(w, i) : 0;
	case DIR_KIND_ALIAS:
		return w->served ? want_alias(w, i) : 0;
	case DIR_KIND_TENANT:
	case DIR_KIND_LEGACY:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return 0;
}

int
zimbra_want(const struct model *m, int64_t quota, const char *domain,
    struct zimbra **out)
{
	struct wanting w = { .m = m, .only = domain, .quota = quota };
	const char *twice;
	int rc = zimbra_new(&w.z);

	if (rc == 0)
		rc = collect_aliases(&w);
	/* Their order: a domain before its entries. */
	for (size_t i = 0; rc == 0 && i < model_count(m); i++)
		rc = want_item(&w, model_at(m, i));
	if (rc == 0)
		rc = zimbra_sort(w.z, &twice);
	free(w.hung);
	free(w.plans.items);
	if (rc != 0) {
		zimbra_free(w.z);
		w.z = NULL;
	}
	*out = w.z;
	return rc;
}
