/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/route.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/json_text.h"
#include "policy/keys.h"

#define NODES_MAX 2000 /* looked at; a circle beyond is left to the delivery */
#define DELIMITER '+'
#define FIELD "v"

struct node {
	enum dir_kind kind;
	char domain[OCT_DOMAIN_SIZE];
	char name[OCT_ADDR_SIZE]; /* local part, "" = the domain's catch-all */
};

struct walk {
	const struct model *model; /* NULL: the store is asked */
	struct store *store;
	struct store_batch *batch;
	const struct model_item *start;
	struct node *nodes; /* found; those from next on are not looked at */
	size_t count, next;
	const struct node *at; /* whose targets are looked at */
	char *problem;
};

/* --- Reading ------------------------------------------------------------------ */

static bool
is_start(const struct walk *w, enum dir_kind kind, const char *domain,
    const char *name)
{
	return w->start->kind == kind &&
	    strcmp(w->start->domain, domain) == 0 &&
	    strcmp(w->start->name, name) == 0;
}

static int
read_store(struct walk *w, enum dir_kind kind, const char *domain,
    const char *name, json_t **out)
{
	const struct store_value *v;
	char key[KEY_SIZE];
	int rc;

	store_batch_clear(w->batch);
	if (kind == DIR_KIND_DOMAIN)
		rc = store_batch_hget(
		    w->batch, key_domain(key, domain), FIELD);
	else
		rc = store_batch_hget(w->batch,
		    kind == DIR_KIND_ALIAS ? key_aliases(key, domain)
					   : key_mailboxes(key, domain),
		    name);
	if (rc >= 0)
		rc = store_batch_run(w->store, w->batch);
	if (rc < 0)
		return rc;
	v = store_batch_value(w->batch, 0, 0);
	if (v != NULL && v->data != NULL)
		*out = dir_object(v->data);
	return 0;
}

/* The attributes of an entry as they shall be; NULL: it is not there. */
static int
read_entry(struct walk *w, enum dir_kind kind, const char *domain,
    const char *name, json_t **out)
{
	const struct model_item *item;

	*out = NULL;
	if (is_start(w, kind, domain, name)) {
		*out = dir_object(w->start->json);
		return 0;
	}
	if (w->model == NULL)
		return read_store(w, kind, domain, name, out);
	item = model_find(w->model, kind, domain, name);
	if (item != NULL)
		*out = dir_object(item->json);
	return 0;
}

/* --- Walking ------------------------------------------------------------------ */

static void
describe(const struct node *n, char *out, size_t size)
{
	if (n->kind == DIR_KIND_DOMAIN)
		(void)snprintf(out, size, "the catch-all of %.100s", n->domain);
	else
		(void)snprintf(out, size, "%.64s@%.100s", n->name, n->domain);
}

static int
refuse(const struct walk *w)
{
	char start[200], last[200];

	describe(&w->nodes[0], start, sizeof(start));
	describe(w->at, last, sizeof(last));
	if (w->at == &w->nodes[0])
		(void)snprintf(w->problem, 256,
		    "mail for %.100s would come back to it", start);
	else
		(void)snprintf(w->problem, 256,
		    "mail for %.100s would come back to it by way of %.100s",
		    start, last);
	return OCT_EPARSE;
}

static void
add_node(struct walk *w, enum dir_kind kind, const char *domain,
    const char *name)
{
	struct node *n;

	for (size_t i = 0; i < w->count; i++)
		if (w->nodes[i].kind == kind &&
		    strcmp(w->nodes[i].domain, domain) == 0 &&
		    strcmp(w->nodes[i].name, name) == 0)
			return;
	if (w->count == NODES_MAX)
		return;
	n = &w->nodes[w->count++];
	n->kind = kind;
	(void)snprintf(n->domain, sizeof(n->domain), "%s", domain);
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
}

/* Mail reaches an entry: again, if it is the one that we came from. */
static int
reach(struct walk *w, enum dir_kind kind, const char *domain, const char *name)
{
	/* A mailbox among its own targets keeps its copy. */
	if (kind == DIR_KIND_MAILBOX && w->at->kind == kind &&
	    strcmp(w->at->name, name) == 0 &&
	    strcmp(w->at->domain, domain) == 0)
		return 0;
	if (is_start(w, kind, domain, name))
		return refuse(w);
	add_node(w, kind, domain, name);
	return 0;
}

/* Is that somebody's name?  1: his entry was reached. */
static int
reach_local(struct walk *w, const char *domain, const char *local)
{
	static const enum dir_kind kinds[] = {
	    DIR_KIND_MAILBOX, DIR_KIND_ALIAS};

	for (size_t i = 0; i < OCT_LEN(kinds); i++) {
		json_t *entry;
		bool there;
		int rc = read_entry(w, kinds[i], domain, local, &entry);

		there = entry != NULL &&
		    (kinds[i] == DIR_KIND_MAILBOX ||
			strcmp(json_text_of(entry, "state"), "closed") != 0);
		json_decref(entry);
		if (rc == 0 && there)
			rc = reach(w, kinds[i], domain, local);
		if (rc != 0 || there)
			return rc != 0 ? rc : 1;
	}
	return 0;
}

static int
reach_address(struct walk *w, const char *text)
{
	struct oct_addr a, folded, base;
	json_t *domain;
	bool hosted;
	int rc;

	/* What cannot be read is refused elsewhere. */
	if (oct_addr_parse(text, &a) != 0 || a.domain[0] == '\0')
		return 0;
	rc = read_entry(w, DIR_KIND_DOMAIN, a.domain, "", &domain);
	hosted = domain != NULL;
	json_decref(domain);
	if (rc != 0 || !hosted)
		return rc;
	oct_addr_fold(&a, '\0', &folded);
	oct_addr_fold(&a, DELIMITER, &base);
	rc = reach_local(w, a.domain, folded.local);
	if (rc == 0 && strcmp(folded.local, base.local) != 0)
		rc = reach_local(w, a.domain, base.local);
	if (rc == 0)
		rc = reach(w, DIR_KIND_DOMAIN, a.domain, "");
	return rc < 0 ? rc : 0;
}

static int
reach_list(struct walk *w, const char *list)
{
	char address[OCT_ADDR_SIZE];
	int rc = 0;

	while (rc == 0 && *list != '\0') {
		size_t n = strcspn(list, ",");

		(void)snprintf(
		    address, sizeof(address), "%.*s", (int)n, list);
		rc = reach_address(w, address);
		list += n;
		list += strspn(list, ", ");
	}
	return rc;
}

static int
look_at(struct walk *w, const struct node *n)
{
	const json_t *targets, *target;
	json_t *entry;
	size_t i;
	int rc = read_entry(w, n->kind, n->domain, n->name, &entry);

	if (rc != 0 || entry == NULL)
		return rc;
	w->at = n;
	if (n->kind == DIR_KIND_DOMAIN)
		rc = reach_list(w, json_text_of(entry, "catch_all"));
	else if (n->kind == DIR_KIND_MAILBOX)
		rc = reach_list(w, json_text_of(entry, "forward"));
	targets = json_object_get(entry, "targets");
	json_array_foreach(targets, i, target) {
		if (rc == 0 && json_is_string(target))
			rc = reach_address(w, json_string_value(target));
	}
	json_decref(entry);
	return rc;
}

/* Most entries lead nowhere. */
static bool
leads_on(const struct model_item *item)
{
	switch (item->kind) {
	case DIR_KIND_DOMAIN:
		return strstr(item->json, "\"catch_all\"") != NULL;
	case DIR_KIND_MAILBOX:
		return strstr(item->json, "\"forward\"") != NULL;
	case DIR_KIND_ALIAS:
		return true;
	case DIR_KIND_TENANT:
	case DIR_KIND_LEGACY:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return false;
}

static int
walk(struct walk *w)
{
	int rc = 0;

	if (!leads_on(w->start))
		return 0;
	if (w->nodes == NULL)
		w->nodes = calloc(NODES_MAX, sizeof(*w->nodes));
	if (w->nodes == NULL)
		return -ENOMEM;
	w->count = w->next = 0;
	add_node(w, w->start->kind, w->start->domain, w->start->name);
	while (rc == 0 && w->next < w->count)
		rc = look_at(w, &w->nodes[w->next++]);
	return rc;
}

bool
route_is_touched(const char *before, const char *after)
{
	static const char *const names[] = {
	    "state", "catch_all", "forward", "keep_copy", "targets"};
	json_t *was = before != NULL ? dir_object(before) : NULL;
	json_t *is = dir_object(after);
	const char *state = json_string_value(json_object_get(is, "state"));
	bool touched = false;

	for (size_t i = 0; i < OCT_LEN(names); i++) {
		const json_t *x = json_object_get(was, names[i]);
		const json_t *y = json_object_get(is, names[i]);

		touched |= x == NULL || y == NULL ? x != y : !json_equal(x, y);
	}
	if (state != NULL &&
	    (strcmp(state, "closed") == 0 || strcmp(state, "closing") == 0))
		touched = false;
	json_decref(was);
	json_decref(is);
	return touched || before == NULL;
}

int
route_check_one(
    struct store *store, const struct model_item *item, char problem[256])
{
	struct walk w = {.store = store, .start = item, .problem = problem};
	int rc = store_batch_new(&w.batch);

	if (rc == 0)
		rc = walk(&w);
	store_batch_free(w.batch);
	free(w.nodes);
	return rc;
}

int
route_check(const struct model *after, const struct model_plan *p,
    char problem[256])
{
	struct walk w = {.model = after, .problem = problem};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		w.start = &p->changes[i].item;
		if (route_is_touched(p->changes[i].before, w.start->json))
			rc = walk(&w);
	}
	free(w.nodes);
	return rc;
}
