/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the directory's own files share; nobody else includes this.
 *
 * One domain is one block of memory (struct dir_node) that never changes after
 * it was built: its tables and texts lie behind the struct.  Snapshots hold
 * references to nodes, so that a new snapshot shares all that did not change.
 */
#ifndef OCT_POLICY_DIRECTORY_PRIVATE_H
#define OCT_POLICY_DIRECTORY_PRIVATE_H

#include <stdatomic.h>

#include "lib/str.h"
#include "policy/directory.h"
#include "policy/directory_schema.h"

struct dir_node {
	struct dir_domain
	    pub; /* first: a dir_domain pointer is a node pointer */
	atomic_uint refs;
	struct dir_node *body; /* the node that the tables below belong to, a
				  reference; NULL: this one */
	uint32_t hash; /* of the name */
	uint32_t mailbox_mask, alias_mask;
	const struct dir_mailbox *mailboxes; /* sorted by local part */
	const struct dir_alias *aliases;
	const struct dir_record *legacy; /* sorted by address */
	/* open addressing, at most half full: index + 1, 0 = free */
	const uint32_t *mailbox_slots, *alias_slots;
};

struct dir_tenant_node {
	struct dir_tenant pub; /* its texts and tables lie behind the struct */
	atomic_uint refs;
};

/* FNV-1a with ASCII capitals folded. */
uint32_t dir_hash(const char *text);
/* Slots for count entries: a power of two, at least twice as many. */
uint32_t dir_slots(size_t count);
void dir_slot_put(
    uint32_t *slots, uint32_t mask, uint32_t hash, uint32_t index);
void dir_node_put(struct dir_node *n);

void dir_tenant_put(struct dir_tenant_node *t);
/* A packed copy; of_tenant links are the snapshot's business. */
OCT_CHECK int dir_tenant_node(
    const struct dir_tenant *t, struct dir_tenant_node **out);

/* Domains and tenants, in any order; the arrays stay the caller's. */
struct dir_entries {
	size_t count, tenant_count;
	const char *const *names, *const *ids; /* only for dir_snapshot_with */
	struct dir_node **nodes;               /* each may be NULL: not there */
	struct dir_tenant_node **tenants;      /* likewise */
};
/* Give the references up. */
void dir_entries_put(const struct dir_entries *e);
/*
 * Make a snapshot; takes over one reference of each, also on failure.  Domains
 * are linked to their tenants.  -EEXIST: two of one name.
 */
OCT_CHECK int dir_snapshot_new(
    const struct dir_entries *e, struct dir_snapshot **out);
/*
 * A snapshot like old with some domains and tenants exchanged: nodes[i]
 * (reference taken over, also on failure; NULL = gone) stands for names[i],
 * tenants[i] for ids[i].
 */
OCT_CHECK int dir_snapshot_with(const struct dir_snapshot *old,
    const struct dir_entries *e, struct dir_snapshot **out);
/* All of s and what only extra has; *added: how many those are. */
OCT_CHECK int dir_snapshot_union(const struct dir_snapshot *s,
    const struct dir_snapshot *extra, struct dir_snapshot **out, size_t *added);
const struct dir_snapshot *dir_snapshot_get(const struct dir_snapshot *s);

/* --- Building a node ----------------------------------------------------- */

/* Memory given back all at once. */
struct dir_pool {
	struct dir_pool_chunk *chunks;
};
void *dir_pool_alloc(struct dir_pool *p, size_t size); /* zeroed; or NULL */
/* A copy; "" is static. */
const char *dir_pool_text(struct dir_pool *p, const char *text);
void dir_pool_free(struct dir_pool *p);

/* A domain while it is read; its strings live in the pool. */
struct dir_build {
	struct dir_pool pool;
	struct dir_domain domain;
	struct dir_mailbox *mailboxes;
	struct dir_alias *aliases;
	struct dir_record *legacy;
	size_t mailbox_cap, alias_cap, legacy_cap;
	struct dir_dkim dkim[DIR_DKIM_MAX];
};
OCT_CHECK int dir_build_init(struct dir_build *b, const char *name);
void dir_build_fini(struct dir_build *b);
/* Room for one more, set to the defaults; NULL: no memory. */
struct dir_mailbox *dir_build_mailbox(struct dir_build *b);
struct dir_alias *dir_build_alias(struct dir_build *b);
struct dir_record *dir_build_legacy(struct dir_build *b);
/* Sort and pack.  -EEXIST: a name twice. */
OCT_CHECK int dir_build_node(struct dir_build *b, struct dir_node **out);

/* --- Reading JSON -------------------------------------------------------- */

struct json_t;
struct dir_attribute;
/* Set the attribute of entry (a struct of its kind); OCT_EPARSE, -ENOMEM. */
OCT_CHECK int dir_read_value(struct dir_pool *pool,
    const struct dir_attribute *a, const struct json_t *v, void *entry);

/* Letters, digits, ". _ -", or "". */
bool dir_is_id(const char *text);
enum dir_state dir_life_state(enum dir_life life);
/* Does the value of an option say that it is not set here? */
bool dir_option_unset(const struct json_t *v);

#define DIR_PROBLEM_SIZE 256
#define DIR_LOGGED_MAX 5 /* problems of one lenient reading that are logged */

/*
 * How strictly to read.  Provisioning is strict: the first problem ends it and
 * its text stays in problem.  What was stored (by another version, or damaged)
 * is read leniently, since half a directory would refuse mail for good: each
 * problem is logged (the first few), a wrong value is the default, and what
 * cannot be read at all is suspended, so that senders try again.
 */
struct dir_reading {
	bool lenient;
	unsigned int problems;
	char problem[DIR_PROBLEM_SIZE];
};

/* Domain attributes, JSON text; "" and NULL are wrong. */
OCT_CHECK int dir_read_domain(
    struct dir_reading *r, const char *json, size_t len, struct dir_build *b);
OCT_CHECK int dir_read_mailbox(struct dir_reading *r, const char *local,
    const char *json, size_t len, struct dir_build *b);
OCT_CHECK int dir_read_alias(struct dir_reading *r, const char *local,
    const char *json, size_t len, struct dir_build *b);
OCT_CHECK int dir_read_legacy(struct dir_reading *r, const char *address,
    const char *json, size_t len, struct dir_build *b);
/* A plan or a price list, into a record whose name is set. */
OCT_CHECK int dir_read_record(struct dir_reading *r, enum dir_kind kind,
    const char *json, struct dir_pool *pool, struct dir_record *out);
/* A DKIM key: left out unless it is active. */
OCT_CHECK int dir_read_dkim(struct dir_reading *r, const char *selector,
    const char *json, size_t len, struct dir_build *b);
OCT_CHECK int dir_add_dkim(struct dir_reading *r, const char *selector,
    const struct json_t *object, struct dir_build *b);
/* {selector:{..}}; NULL = none. */
OCT_CHECK int dir_add_dkim_whole(struct dir_reading *r, struct json_t *keys,
    struct dir_build *b);
/* The member "dkim" and a comma, or nothing. */
void dir_dkim_json(const struct dir_domain *d, struct oct_str *out);
/* One whole domain in the form of dir_snapshot_parse. */
OCT_CHECK int dir_read_whole(
    struct dir_reading *r, const char *json, size_t len, struct dir_node **out);
/* A tenant's attributes: the object, which is read into t (its id is set, its
 * texts become the pool's), or JSON text.  A tenant that cannot be read sets
 * nothing. */
OCT_CHECK int dir_read_tenant_object(struct dir_reading *r,
    struct json_t *object, struct dir_pool *pool, struct dir_tenant *t);
OCT_CHECK int dir_read_tenant(struct dir_reading *r, const char *id,
    const char *json, size_t len, struct dir_tenant_node **out);
/* A tenant of the disk copy; OCT_EABSENT: the line is a domain's. */
OCT_CHECK int dir_read_tenant_whole(struct dir_reading *r, const char *json,
    size_t len, struct dir_tenant_node **out);
/* Log how many problems there were, if more than were logged. */
void dir_reading_end(struct dir_reading *r, const char *source);

/* --- One entry ----------------------------------------------------------- */

#define DIR_ENTRY_MAX 131072 /* octets of JSON of one entry */

/* Read the one entry of a build; kind is the domain or of a domain. */
OCT_CHECK int dir_read_entry(struct dir_reading *r, enum dir_kind kind,
    const char *name, const char *json, struct dir_build *b);
const void *dir_build_only(const struct dir_build *b, enum dir_kind kind);
OCT_CHECK int dir_check_self(const struct dir_alias *alias, const char *domain,
    char problem[DIR_PROBLEM_SIZE]);

struct dir_named {
	const char *domain; /* "" = none */
	const char *name;   /* "" = the domain itself */
};
/* The attributes as they are written: OCT_EPARSE, and r->problem says why. */
OCT_CHECK int dir_canonical(struct dir_reading *r, enum dir_kind kind,
    const struct dir_named *name, const char *json, struct oct_str *out);

/* Do these attributes of a domain name that tenant? */
bool dir_names_tenant(const struct store_value *v, const char *id);
/* A snapshot of the tenant (if it is there) and its domains. */
OCT_CHECK int dir_load_of_tenant(
    struct store *store, const char *id, const struct dir_snapshot **out);

/* --- Writing to the store ------------------------------------------------ */

/*
 * One change of provisioning: for its journal, those who follow, and the audit.
 * before and after (NULL = it is not there) are JSON texts of the stored form;
 * secrets reach neither journal nor audit.
 */
struct dir_event {
	const char *actor, *action;
	enum dir_kind kind;
	const char *domain; /* NULL: it belongs to none */
	const char *name;   /* local part, address, id; "" = the domain */
	const char *before, *after;
	const char *reason; /* may be NULL */
};
/* All three, into the transaction that makes the change.  -ENOMEM. */
OCT_CHECK int dir_event_add(struct store_txn *txn, const struct dir_event *e);
/* One by one, where a transaction makes several changes. */
OCT_CHECK int dir_event_journal(
    struct store_txn *txn, const struct dir_event *e);
void dir_event_nudge(
    struct store_txn *txn, const char *domain, const char *tenant);
void dir_event_audit(struct store_txn *txn, const struct dir_event *e);

/* The attributes of set over those of old (JSON text, NULL = none; what cannot
 * be read is begun anew) as text, freed by free(): name by name, options and
 * details that are unset taken out.  -ENOMEM. */
OCT_CHECK int dir_merge(enum dir_kind kind, const char *old,
    struct json_t *set, char **out);
/* Of attributes that were merged: dates of closing come and go with the state
 * that they belong to.  -ENOMEM. */
OCT_CHECK int dir_settle(enum dir_kind kind, struct json_t *all);
/* Do the dates of an entry (a struct of its kind) fit its state and each other?
 * OCT_EPARSE: problem says what. */
OCT_CHECK int dir_check_dates(
    enum dir_kind kind, const void *entry, char problem[DIR_PROBLEM_SIZE]);
/* The JSON object of the text, or NULL. */
struct json_t *dir_object(const char *text);

/* --- Writing JSON -------------------------------------------------------- */

void dir_json_octets(struct oct_str *out, const char *text, size_t len);
void dir_json_text(struct oct_str *out, const char *text);
/* One tenant in the form of dir_read_tenant_whole. */
void dir_tenant_whole_json(const struct dir_tenant *t, struct oct_str *out);

/* --- The disk copy ------------------------------------------------------- */

/* witness: see directory_live.c. */
OCT_CHECK int dir_disk_write(
    const char *path, const struct dir_snapshot *s, const char *witness);
/* OCT_ECORRUPT when checksum, version or form are wrong; -ENOENT. */
OCT_CHECK int dir_disk_read(
    const char *path, struct dir_snapshot **out, char witness[OCT_STREAM_ID]);
/* The witness alone, without looking at the rest. */
OCT_CHECK int dir_disk_witness(const char *path, char out[OCT_STREAM_ID]);

/*
 * Writes copies in a thread of its own, at most every 5 s; path is borrowed.  The
 * follow thread asks whether one is due (dirty: there is something new; a copy
 * that failed is due again) and gives a reference away.  Free: what was given is
 * written first.
 */
struct dir_copier;
OCT_CHECK int dir_copier_new(const char *path, struct dir_copier **out);
bool dir_copier_is_due(struct dir_copier *c, bool dirty);
void dir_copier_give(
    struct dir_copier *c, const struct dir_snapshot *s, const char *witness);
void dir_copier_free(struct dir_copier *c);

/* --- Out of the store ---------------------------------------------------- */

OCT_CHECK int dir_load_all(struct store *store, struct dir_snapshot **out);
/* tenants[i] NULL: it is not there.  References are the caller's. */
OCT_CHECK int dir_load_tenants(struct store *store, const char *const *ids,
    size_t count, struct dir_tenant_node **tenants);
/* All of them; the caller frees the array. */
OCT_CHECK int dir_load_all_tenants(struct store *store,
    struct dir_tenant_node ***tenants, size_t *count);
/* Log which domains name a tenant that is not there: the first few, and not
 * those that did in old (may be NULL). */
void dir_warn_tenants(
    const struct dir_snapshot *s, const struct dir_snapshot *old);
/* nodes[i] NULL: the domain is not there.  References are the caller's. */
OCT_CHECK int dir_load_some(struct store *store, const char *const *names,
    size_t count, struct dir_node **nodes);

#endif
