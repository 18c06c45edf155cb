/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Zimbra has as a model: what cannot be so here is told, and left out.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/mime_text.h"
#include "lib/num.h"
#include "policy/detail.h"
#include "provisioning/zimbra.h"

struct import {
	const struct zimbra *z;
	const char *tenant;
	zimbra_refuse *refuse;
	void *arg;
	struct model *m;
};

static int
add(struct import *im, enum dir_kind kind, const char *domain,
    const char *name, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	const struct model_item item = { kind, domain, name, text };
	int rc = text != NULL ? model_add(im->m, &item) : -ENOMEM;

	free(text);
	json_decref(o);
	return rc;
}

static void
set(json_t *o, const char *name, const char *text)
{
	if (*text != '\0')
		(void)json_object_set_new(o, name, json_string(text));
}

/* The address, if it can be one here. */
static bool
is_address(struct import *im, const char *name, struct oct_addr *a)
{
	char problem[256];

	if (oct_addr_parse(name, a) != 0 || a->domain[0] == '\0') {
		im->refuse(im->arg, name, "is no mail address");
		return false;
	}
	if (dir_local_check(a->local, problem) != 0) {
		im->refuse(im->arg, name, problem);
		return false;
	}
	if (zimbra_find(im->z, ZIMBRA_DOMAIN, a->domain) == NULL) {
		im->refuse(im->arg, name, "its domain is not in the dump");
		return false;
	}
	return true;
}

static int
import_domain(struct import *im, const struct zimbra_entry *e)
{
	static const struct {
		const char *theirs, *ours;
	} states[] = { { "suspended", "suspended" }, { "locked", "suspended" },
		{ "maintenance", "suspended" }, { "closed", "closed" },
		{ "shutdown", "closed" } };
	char normal[OCT_DOMAIN_SIZE];
	json_t *o;

	if (oct_domain_normalise(e->name, normal) != 0) {
		im->refuse(im->arg, e->name, "is no domain name");
		return 0;
	}
	o = json_object();
	set(o, "tenant", im->tenant);
	for (size_t i = 0; i < OCT_LEN(states); i++)
		if (strcmp(states[i].theirs, e->status) == 0)
			set(o, "state", states[i].ours);
	return add(im, DIR_KIND_DOMAIN, normal, "", o);
}

/* Those of the names that are addresses, with commas between. */
static void
join(struct import *im, const struct zimbra_names *n, struct oct_str *out)
{
	for (size_t i = 0; i < n->count; i++) {
		char text[OCT_ADDR_SIZE];
		struct oct_addr a;

		if (oct_addr_parse(n->items[i], &a) != 0 ||
		    a.domain[0] == '\0') {
			im->refuse(im->arg, n->items[i], "is no mail address");
			continue;
		}
		oct_addr_text(&a, text);
		oct_str_addf(out, "%s%s", out->len > 0 ? ", " : "", text);
	}
}

static void
set_forwards(struct import *im, const struct zimbra_entry *e, json_t *o)
{
	char buf[DETAIL_TEXT_MAX + 1];
	struct oct_str list;

	oct_str_fixed(&list, buf, sizeof(buf));
	join(im, &e->forwards, &list);
	if (oct_str_err(&list) != 0 ||
	    e->forwards.count > DETAIL_ADDRESSES_MAX) {
		im->refuse(im->arg, e->name, "is forwarded to too many");
		return;
	}
	set(o, "forward", oct_str_text(&list));
	if (list.len > 0 && strcmp(e->off, "TRUE") == 0)
		set(o, "keep_copy", "no");
}

static void
set_quota(const struct zimbra_entry *e, json_t *o)
{
	char buf[32];
	struct oct_str text;
	int64_t n;

	if (oct_num_int(e->quota, 1, 1LL << 50, &n) != 0)
		return; /* none */
	oct_str_fixed(&text, buf, sizeof(buf));
	detail_size_text(&text, n);
	set(o, "storage", oct_str_text(&text));
}

static int
import_account(struct import *im, const struct zimbra_entry *e)
{
	struct oct_addr a;
	json_t *o;

	if (e->system || e->resource) {
		im->refuse(im->arg, e->name,
		    e->system ? "is Zimbra's own" : "is a room or equipment");
		return 0;
	}
	if (!is_address(im, e->name, &a))
		return 0;
	o = json_object();
	if (oct_mime_shown(e->display) && strlen(e->display) <= DIR_TEXT_MAX)
		set(o, "name", e->display);
	else
		im->refuse(im->arg, e->name,
		    "keeps its mail, but not its name, which is too long or "
		    "has hidden characters");
	set_quota(e, o);
	if (strcmp(e->status, "locked") == 0)
		set(o, "state", "suspended");
	else if (strcmp(e->status, "closed") == 0)
		set(o, "state", "closed");
	set_forwards(im, e, o);
	return add(im, DIR_KIND_MAILBOX, a.domain, a.local, o);
}

static int
import_alias(struct import *im, const char *name, const char *target)
{
	struct oct_addr a;

	if (!is_address(im, name, &a))
		return 0;
	return add(im, DIR_KIND_ALIAS, a.domain, a.local,
	    json_pack("{s:[s]}", "targets", target));
}

static int
import_list(struct import *im, const struct zimbra_entry *e)
{
	json_t *o, *targets = json_array();
	struct oct_addr a, of;

	for (size_t i = 0; i < e->members.count; i++)
		if (oct_addr_parse(e->members.items[i], &of) == 0 &&
		    of.domain[0] != '\0')
			(void)json_array_append_new(
			    targets, json_string(e->members.items[i]));
		else
			im->refuse(im->arg, e->members.items[i],
			    "is no mail address");
	if (json_array_size(targets) == 0) {
		im->refuse(im->arg, e->name, "has no members");
		json_decref(targets);
		return 0;
	}
	if (!is_address(im, e->name, &a)) {
		json_decref(targets);
		return 0;
	}
	o = json_pack("{s:o}", "targets", targets);
	if (strcmp(e->status, "disabled") == 0)
		set(o, "state", "closed");
	return add(im, DIR_KIND_ALIAS, a.domain, a.local, o);
}

static int
import_entry(struct import *im, const struct zimbra_entry *e)
{
	int rc = 0;

	switch (e->kind) {
	case ZIMBRA_COS:
		return 0;
	case ZIMBRA_DOMAIN:
		return import_domain(im, e);
	case ZIMBRA_ACCOUNT:
		rc = import_account(im, e);
		break;
	case ZIMBRA_LIST:
		rc = import_list(im, e);
		break;
	}
	if (e->system || e->resource)
		return rc;
	for (size_t i = 0; rc == 0 && i < e->aliases.count; i++)
		if (strcmp(e->aliases.items[i], e->name) != 0)
			rc = import_alias(im, e->aliases.items[i], e->name);
	return rc;
}

int
zimbra_model(const struct zimbra *z, const char *tenant,
    zimbra_refuse *refuse, void *arg, struct oct_str *out)
{
	struct import im = { z, tenant, refuse, arg, NULL };
	int rc = model_new(&im.m);

	for (size_t i = 0; rc == 0 && i < zimbra_count(z); i++)
		rc = import_entry(&im, zimbra_at(z, i));
	if (rc == 0)
		rc = model_sort(im.m);
	if (rc == 0) {
		model_set_scope(im.m, MODEL_SCOPE_NAMED, "");
		model_write(im.m, false, out);
		rc = oct_str_err(out);
	}
	model_free(im.m);
	return rc;
}
