/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is provisioned, as a list: plans, price lists, tenants, and domains
 * with their mailboxes, aliases and legacy addresses.  Out of the store or out
 * of a file; two of them make a plan (what would change), and a plan is applied,
 * a domain at a time.  One thread.
 */
#ifndef OCT_POLICY_MODEL_H
#define OCT_POLICY_MODEL_H

#include "lib/store.h"
#include "policy/directory_schema.h"

struct model_item {
	enum dir_kind kind;
	const char *domain; /* "" where there is none */
	const char *name;   /* local part, address, id; "" = the domain */
	const char *json;   /* what differs from the defaults, one spelling */
};

enum model_scope { /* what a file speaks for: what it leaves out is missing */
	MODEL_SCOPE_NAMED,  /* the domains and tenants that it names */
	MODEL_SCOPE_TENANT, /* one tenant and its domains */
	MODEL_SCOPE_ALL
};

struct model;

OCT_CHECK int model_new(struct model **out);
void model_free(struct model *m);
/* Texts are copied.  The items are in their stable order once model_sort was
 * called: -EEXIST if one is there twice. */
OCT_CHECK int model_add(struct model *m, const struct model_item *item);
OCT_CHECK int model_sort(struct model *m);
size_t model_count(const struct model *m);
const struct model_item *model_at(const struct model *m, size_t i);
/* NULL: it is not there.  Sorted models only. */
const struct model_item *model_find(const struct model *m, enum dir_kind kind,
    const char *domain, const char *name);
int model_order(const struct model_item *a, const struct model_item *b);
void model_set_scope(
    struct model *m, enum model_scope scope, const char *tenant);
enum model_scope model_get_scope(const struct model *m, const char **tenant);

/* An attribute of an item, as JSON text has it: a string, or "" = not set. */
void model_text(const struct model_item *item, const char *attribute,
    char *out, size_t size);

/* As the store has it: all, or a tenant with its domains and the plans. */
OCT_CHECK int model_load(
    struct store *store, const char *tenant, struct model **out);

/* Plans and price lists alone. */
OCT_CHECK int model_load_records(struct store *store, struct model **out);

/* Add a domain as the store has it, and sort. */
OCT_CHECK int model_load_domain(
    struct store *store, const char *domain, struct model *m);

/* --- As a file ----------------------------------------------------------- */

/* For people and for git: stable order, one entry a paragraph.  secrets: hashes
 * of passwords too. */
void model_write(const struct model *m, bool secrets, struct oct_str *out);
/* OCT_EPARSE: problem says where and what. */
#define MODEL_PROBLEM_SIZE 512
OCT_CHECK int model_parse(
    const char *text, struct model **out, char problem[MODEL_PROBLEM_SIZE]);

/* --- What would change --------------------------------------------------- */

enum model_verb { MODEL_ADD, MODEL_CHANGE, MODEL_CLOSE, MODEL_REOPEN };

struct model_change {
	enum model_verb verb;
	struct model_item item; /* its json is what shall be */
	const char *before;     /* NULL: it is not there */
};

struct model_plan {
	size_t count;
	struct model_change *changes; /* in the order of items */
	size_t missing; /* not in the file, and left as they are */
	struct dir_pool_chunk *chunks; /* their memory */
};

/*
 * What makes live into wanted.  What only live has stays, or, with close_missing,
 * is closed where wanted speaks for it; nothing is ever removed.  OCT_EPARSE:
 * wanted does not fit to live; problem says why.
 */
OCT_CHECK int model_diff(const struct model *live, const struct model *wanted,
    bool close_missing, struct model_plan *out,
    char problem[MODEL_PROBLEM_SIZE]);
void model_plan_free(struct model_plan *p);

/* The items of set with what live has of each besides: attributes that set does
 * not say stay. */
OCT_CHECK int model_over(
    const struct model *live, const struct model *set, struct model **out);

/* Stands for every change and for what was before. */
#define MODEL_FINGERPRINT_SIZE 33
void model_fingerprint(
    const struct model_plan *p, char out[MODEL_FINGERPRINT_SIZE]);

/* live with the changes made. */
OCT_CHECK int model_after(const struct model *live, const struct model_plan *p,
    struct model **out);

/* --- Making it so -------------------------------------------------------- */

struct model_applied {
	size_t units; /* domains, tenants... that were changed */
	size_t changes;
};

/*
 * Make the changes of a plan whose fingerprint was shown as that.  A domain's
 * changes are one transaction, which is refused when its entries are not as the
 * plan has them.  After a failure the same call, with a plan made anew and the
 * same fingerprint, does the rest.  OCT_ECONFLICT: the state has moved; problem
 * says where.
 */
OCT_CHECK int model_apply(struct store *store, const struct model_plan *p,
    const char *fingerprint, const char *actor, struct model_applied *done,
    char problem[MODEL_PROBLEM_SIZE]);

#endif
