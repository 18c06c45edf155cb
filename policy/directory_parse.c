/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory_private.h"
#include "policy/directory_schema.h"

/* Whose attributes are read: for the sentence that names them. */
struct entry {
	enum dir_kind kind;
	const char *local; /* "" = the domain itself */
	const char *domain;
	bool whole; /* the object holds its entries as well */
};

/*
 * Takes note of a problem.  0 when reading goes on, else OCT_EPARSE.  Values
 * are not quoted: they come from outside.
 */
static int OCT_PRINTF(3, 4)
    problem(struct dir_reading *r, const struct entry *e, const char *fmt, ...)
{
	char safe[OCT_LOG_SAFE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->problem, sizeof(r->problem), fmt, ap);
	va_end(ap);
	if (!r->lenient)
		return OCT_EPARSE;
	if (r->problems++ < DIR_LOGGED_MAX)
		oct_log(OCT_WARNING,
		    "directory: %s=%s domain=%s problem=\"%s\"",
		    dir_kind_name(e->kind),
		    oct_log_safe(e->local, safe, sizeof(safe)), e->domain,
		    r->problem);
	return 0;
}

void
dir_reading_end(struct dir_reading *r, const char *source)
{
	if (r->problems > DIR_LOGGED_MAX)
		oct_log(OCT_WARNING,
		    "directory: source=%s problems=%u "
		    "(the first %d are above)",
		    source, r->problems, DIR_LOGGED_MAX);
	r->problems = 0;
}

static void
suspend(struct dir_domain *d)
{
	d->life = DIR_LIFE_SUSPENDED;
	d->state = dir_life_state(d->life);
}

/*
 * A state that cannot be read suspends the entry: senders wait, rather than
 * being refused or let through.
 */
static int
wrong_value(struct dir_reading *r, const struct entry *e,
    const struct dir_attribute *a, void *entry)
{
	char expected[DIR_EXPECTED_SIZE];
	int rc = problem(r, e, "attribute %s of %s %s must be %s", a->name,
	    dir_kind_article(e->kind), dir_kind_name(e->kind),
	    dir_attribute_expected(a, expected));

	if (rc == 0 && a->type == DIR_TYPE_STATE)
		*(enum dir_state *)((char *)entry + a->offset) = DIR_SUSPENDED;
	if (rc == 0 && a->type == DIR_TYPE_LIFE)
		suspend(entry);
	return rc;
}

static int
unknown_attribute(
    struct dir_reading *r, const struct entry *e, const char *name)
{
	char safe[OCT_LOG_SAFE_SIZE];

	return problem(r, e, "%s %s has no attribute \"%.64s\"",
	    dir_kind_article(e->kind), dir_kind_name(e->kind),
	    oct_log_safe(name, safe, sizeof(safe)));
}

static bool
is_structure(const struct entry *e, const char *name)
{
	return e->whole &&
	       (strcmp(name, "name") == 0 || strcmp(name, "mailboxes") == 0 ||
		   strcmp(name, "aliases") == 0 ||
		   strcmp(name, "legacy") == 0 || strcmp(name, "dkim") == 0);
}

/* Reads all attributes of object into the struct of its kind. */
static int
read_object(struct dir_reading *r, const struct entry *e, json_t *object,
    struct dir_pool *pool, void *entry)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		struct dir_attribute a;
		bool known = dir_attribute(e->kind, name, &a);
		int rc = 0;

		if (known)
			rc = dir_read_value(pool, &a, value, entry);
		else if (!is_structure(e, name))
			rc = unknown_attribute(r, e, name);
		if (rc == OCT_EPARSE && known)
			rc = wrong_value(r, e, &a, entry);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The object of the text, or NULL: a problem then. */
static int
load_object(struct dir_reading *r, const struct entry *e, const char *json,
    size_t len, json_t **out)
{
	json_error_t err;

	*out = NULL;
	if (json != NULL)
		*out = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err);
	if (*out != NULL && json_is_object(*out))
		return 0;
	json_decref(*out);
	*out = NULL;
	return problem(r, e, "the attributes of %s %s must be one JSON object",
	    dir_kind_article(e->kind), dir_kind_name(e->kind));
}

static int
add_domain(
    struct dir_reading *r, struct entry *e, json_t *object, struct dir_build *b)
{
	if (object == NULL) {
		suspend(&b->domain);
		return 0;
	}
	return read_object(r, e, object, &b->pool, &b->domain);
}

int
dir_read_domain(
    struct dir_reading *r, const char *json, size_t len, struct dir_build *b)
{
	struct entry e = {DIR_KIND_DOMAIN, "", b->domain.name, false};
	json_t *object;
	int rc = load_object(r, &e, json, len, &object);

	if (rc == 0)
		rc = add_domain(r, &e, object, b);
	json_decref(object);
	return rc;
}

int
dir_read_tenant_object(struct dir_reading *r, struct json_t *object,
    struct dir_pool *pool, struct dir_tenant *t)
{
	struct entry e = {DIR_KIND_TENANT, t->id, "", false};

	if (!json_is_object(object))
		return problem(r, &e,
		    "the attributes of a tenant must be one JSON object");
	return read_object(r, &e, object, pool, t);
}

/* 1: good; 0: to be left out, since nobody can have this name. */
static int
check_local(struct dir_reading *r, const struct entry *e)
{
	char what[DIR_PROBLEM_SIZE];
	int rc = dir_local_check(e->local, what);

	if (rc == 0)
		return 1;
	return problem(r, e, "%s", what);
}

static int
add_mailbox(struct dir_reading *r, const struct entry *e, json_t *object,
    struct dir_build *b)
{
	struct dir_mailbox *m;
	int rc = check_local(r, e);

	if (rc != 1)
		return rc;
	m = dir_build_mailbox(b);
	if (m == NULL)
		return -ENOMEM;
	m->local = dir_pool_text(&b->pool, e->local);
	if (m->local == NULL)
		return -ENOMEM;
	if (object == NULL) {
		m->state = DIR_SUSPENDED;
		return 0;
	}
	return read_object(r, e, object, &b->pool, m);
}

int
dir_read_mailbox(struct dir_reading *r, const char *local, const char *json,
    size_t len, struct dir_build *b)
{
	struct entry e = {DIR_KIND_MAILBOX, local, b->domain.name, false};
	json_t *object;
	int rc = load_object(r, &e, json, len, &object);

	if (rc == 0)
		rc = add_mailbox(r, &e, object, b);
	json_decref(object);
	return rc;
}

static int
add_alias(struct dir_reading *r, const struct entry *e, json_t *object,
    struct dir_build *b)
{
	struct dir_alias *a;
	int rc = check_local(r, e);

	if (rc != 1)
		return rc;
	a = dir_build_alias(b);
	if (a == NULL)
		return -ENOMEM;
	a->local = dir_pool_text(&b->pool, e->local);
	if (a->local == NULL)
		return -ENOMEM;
	/* Without targets it resolves to DIR_LOOP: senders wait. */
	if (object == NULL)
		return 0;
	rc = read_object(r, e, object, &b->pool, a);
	if (rc == 0 && json_object_get(object, "targets") == NULL)
		rc = problem(r, e,
		    "an alias needs the attribute targets, a list of 1 to %d "
		    "mail addresses",
		    DIR_TARGETS_MAX);
	return rc;
}

int
dir_read_alias(struct dir_reading *r, const char *local, const char *json,
    size_t len, struct dir_build *b)
{
	struct entry e = {DIR_KIND_ALIAS, local, b->domain.name, false};
	json_t *object;
	int rc = load_object(r, &e, json, len, &object);

	if (rc == 0)
		rc = add_alias(r, &e, object, b);
	json_decref(object);
	return rc;
}

/* An address elsewhere, as it is kept: 0 if this one is. */
static int
check_elsewhere(struct dir_reading *r, const struct entry *e)
{
	char normal[OCT_ADDR_SIZE];
	struct oct_addr a;

	if (oct_addr_parse(e->local, &a) == 0 && a.local[0] != '\0' &&
	    a.domain[0] != '\0' && a.domain[0] != '[') {
		oct_addr_text(&a, normal);
		if (strcmp(normal, e->local) == 0)
			return 1;
	}
	return problem(
	    r, e, "a legacy address must be a whole mail address");
}

static int
add_legacy(struct dir_reading *r, const struct entry *e, json_t *object,
    struct dir_build *b)
{
	struct dir_record *l;
	int rc = check_elsewhere(r, e);

	if (rc != 1)
		return rc;
	l = dir_build_legacy(b);
	if (l == NULL)
		return -ENOMEM;
	l->name = dir_pool_text(&b->pool, e->local);
	if (l->name == NULL)
		return -ENOMEM;
	return object != NULL ? read_object(r, e, object, &b->pool, l) : 0;
}

int
dir_read_legacy(struct dir_reading *r, const char *address, const char *json,
    size_t len, struct dir_build *b)
{
	struct entry e = {DIR_KIND_LEGACY, address, b->domain.name, false};
	json_t *object;
	int rc = load_object(r, &e, json, len, &object);

	if (rc == 0)
		rc = add_legacy(r, &e, object, b);
	json_decref(object);
	return rc;
}

int
dir_read_record(struct dir_reading *r, enum dir_kind kind, const char *json,
    struct dir_pool *pool, struct dir_record *out)
{
	struct entry e = {kind, out->name, "", false};
	json_t *object;
	int rc = load_object(r, &e, json, strlen(json), &object);

	if (rc == 0 && object != NULL)
		rc = read_object(r, &e, object, pool, out);
	json_decref(object);
	return rc;
}

/* --- Whole domains ------------------------------------------------------- */

typedef int add_entry(struct dir_reading *r, const struct entry *e,
    json_t *object, struct dir_build *b);

static int
add_entries(struct dir_reading *r, struct entry *e, json_t *entries,
    add_entry *add, struct dir_build *b)
{
	const char *local;
	json_t *value;

	if (entries == NULL)
		return 0;
	if (!json_is_object(entries))
		return problem(r, e, "a domain's %s entries must be an object",
		    dir_kind_name(e->kind));
	json_object_foreach(entries, local, value)
	{
		int rc;

		e->local = local;
		if (!json_is_object(value)) {
			rc = problem(r, e, "%s %s must be an object",
			    dir_kind_article(e->kind), dir_kind_name(e->kind));
			value = NULL;
			if (rc != 0)
				return rc;
		}
		rc = add(r, e, value, b);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
add_whole(struct dir_reading *r, json_t *object, struct dir_build *b)
{
	struct entry e = {DIR_KIND_DOMAIN, "", b->domain.name, true};
	int rc = read_object(r, &e, object, &b->pool, &b->domain);

	if (rc == 0)
		rc = dir_add_dkim_whole(r, json_object_get(object, "dkim"), b);
	if (rc != 0)
		return rc;
	e = (struct entry){DIR_KIND_MAILBOX, "", b->domain.name, false};
	rc = add_entries(
	    r, &e, json_object_get(object, "mailboxes"), add_mailbox, b);
	if (rc != 0)
		return rc;
	e = (struct entry){DIR_KIND_ALIAS, "", b->domain.name, false};
	rc = add_entries(
	    r, &e, json_object_get(object, "aliases"), add_alias, b);
	if (rc != 0)
		return rc;
	e = (struct entry){DIR_KIND_LEGACY, "", b->domain.name, false};
	return add_entries(
	    r, &e, json_object_get(object, "legacy"), add_legacy, b);
}

/* A name is either a mailbox or an alias. */
static bool
both_kinds(const struct dir_domain *d)
{
	for (size_t i = 0; i < d->alias_count; i++)
		if (dir_mailbox(d, dir_alias_at(d, i)->local) != NULL)
			return true;
	return false;
}

static int
read_whole(struct dir_reading *r, json_t *object, struct dir_node **out)
{
	char name[OCT_DOMAIN_SIZE];
	const char *text = json_string_value(json_object_get(object, "name"));
	struct dir_build b;
	int rc;

	if (text == NULL || oct_domain_normalise(text, name) != 0) {
		(void)snprintf(r->problem, sizeof(r->problem),
		    "a domain needs the member \"name\", a domain name");
		return OCT_EPARSE;
	}
	rc = dir_build_init(&b, name);
	if (rc == 0)
		rc = add_whole(r, object, &b);
	if (rc == 0)
		rc = dir_build_node(&b, out);
	dir_build_fini(&b);
	if (rc == 0 && !r->lenient && both_kinds(&(*out)->pub)) {
		dir_node_put(*out);
		rc = OCT_EPARSE;
	}
	return rc;
}

int
dir_read_whole(
    struct dir_reading *r, const char *json, size_t len, struct dir_node **out)
{
	json_error_t err;
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err);
	int rc;

	if (object == NULL)
		return OCT_EPARSE;
	rc = read_whole(r, object, out);
	json_decref(object);
	return rc;
}

static int
read_array(struct dir_reading *r, json_t *array, struct dir_snapshot **out)
{
	size_t count = json_array_size(array), n = 0;
	struct dir_node **nodes = calloc(count + 1, sizeof(struct dir_node *));
	int rc = 0;

	if (nodes == NULL)
		return -ENOMEM;
	while (rc == 0 && n < count) {
		rc = read_whole(r, json_array_get(array, n), &nodes[n]);
		n += rc == 0;
	}
	if (rc == 0)
		rc = dir_snapshot_new(&(struct dir_entries){.nodes = nodes,
					  .count = count},
		    out);
	else
		while (n > 0)
			dir_node_put(nodes[--n]);
	free(nodes);
	return rc;
}

int
dir_snapshot_parse(const char *json, size_t len, struct dir_snapshot **out)
{
	struct dir_reading r = {.lenient = false};
	json_error_t err;
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err);
	json_t *array = root;
	int rc = OCT_EPARSE;

	if (root == NULL)
		return OCT_EPARSE;
	if (!json_is_array(root)) {
		array = json_array();
		if (array == NULL || json_array_append(array, root) != 0) {
			json_decref(root);
			json_decref(array);
			return -ENOMEM;
		}
		json_decref(root);
	}
	rc = read_array(&r, array, out);
	json_decref(array);
	return rc;
}
