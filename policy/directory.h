/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we serve: domains, mailboxes, aliases as one immutable snapshot in
 * memory. Look-ups are a hash probe without I/O.  A change replaces one domain
 * and shares the rest; readers hold a reference and never wait.
 *
 * Threads: a snapshot is read by any number of threads; struct directory (the
 * holder of the live snapshot) may be used by any thread.
 */
#ifndef OCT_POLICY_DIRECTORY_H
#define OCT_POLICY_DIRECTORY_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/store.h"
#include "policy/detail.h"
#include "policy/options.h"
#include "policy/quota.h"

enum dir_state { /* life-cycle of a domain or mailbox; only these three act */
	DIR_ACTIVE,
	DIR_SUSPENDED, /* 450 4.2.1: comes back */
	DIR_CLOSED     /* 550 5.2.1 */
};

/* The life-cycle of a domain: what state it is in for mail follows from it. */
enum dir_life {
	DIR_LIFE_ACTIVE,
	DIR_LIFE_REQUESTED, /* up to proposed: not served, nobody's mail yet */
	DIR_LIFE_STUDY,
	DIR_LIFE_PROPOSED,
	DIR_LIFE_PENDING_DNS, /* mail that comes already waits at its senders */
	DIR_LIFE_SUSPENDED,
	DIR_LIFE_CLOSING, /* served until its date */
	DIR_LIFE_CLOSED
};

enum dir_lang { DIR_LANG_INHERIT, DIR_LANG_FR, DIR_LANG_EN };

/* What becomes of mail that its author's domain disowns (DMARC). */
enum dir_dmarc {
	DIR_DMARC_INHERIT,
	DIR_DMARC_ENFORCE, /* what the author's domain asks for */
	DIR_DMARC_HOLD,    /* held where it asks to reject */
	DIR_DMARC_OBSERVE  /* nothing: it counts in the score only */
};

struct dir_limits {
	int64_t storage_octets; /* mailbox quota, 0 = not set */
	bool maximum; /* tenant, domain: inner levels can only lower its limits
			 (design 7; policy/limit.h) */
	/* May its people send?  Suspended: 451, closed: refused. */
	enum dir_state sending;
	const char *sending_reason; /* when and why it last was not, or "" */
	const struct quota_set *quotas; /* NULL = sets none */
};

/* Thresholds of the score, in hundredths; INT32_MIN = inherit. */
struct dir_thresholds {
	int32_t tag, hold, reject;
};

struct dir_list {
	size_t count;
	const char *const *items;
};

/* A collectivity: what its domains inherit, and its details (policy/detail.h):
 * kind, plan, contract... */
struct dir_tenant {
	const char *id;
	const char *name;    /* legal name, UTF-8, may be "" */
	const char *contact; /* address of its referent, may be "" */
	enum dir_lang lang;
	struct dir_list statutory;     /* protected local parts of its own */
	const char *teleservice;       /* URL, or "" */
	const char *teleservice_since; /* "2026-12-31", or "" */
	struct dir_limits limits;
	const struct option_set *options; /* NULL = sets none */
	const struct detail_set *details; /* likewise */
};

struct dir_mailbox {
	const char *local; /* folded */
	const char *name;  /* display name, UTF-8, may be "" */
	enum dir_state state;
	enum dir_lang lang;
	bool
	    has_blocks; /* the owner blocks somebody: the store must be asked */
	bool unprotected; /* lift the statutory protection (challenge.md 8):
			     dir_lifted says if that is in force */
	const char *unprotected_reason; /* may be "" */
	struct dir_limits limits;
	struct dir_thresholds thresholds;
	const struct option_set *options; /* NULL = sets none */
	const struct detail_set *details; /* likewise */
};

#define DIR_TARGETS_MAX 500 /* of one alias or group */

struct dir_alias {
	const char *local;
	size_t count;
	const char *const *targets; /* full addresses, hosted or external */
	const struct detail_set *details; /* NULL = sets none */
};

/* What has a name and details alone: a legacy address of a domain (an old
 * mailbox elsewhere), a plan, a price list. */
struct dir_record {
	const char *name;
	const struct detail_set *details; /* NULL = sets none */
};

/* A DKIM key that signs, sealed (policy/dkim_vault.h). */
struct dir_dkim {
	const char *selector, *sealed;
	bool ed25519;
};

#define DIR_DKIM_MAX 8 /* active keys of a domain: one of each algorithm */

struct dir_domain {
	const char *name;   /* A-label */
	const char *tenant; /* id, may be "" */
	enum dir_life life;
	enum dir_state state; /* follows from life */
	enum dir_lang lang;
	bool has_blocks;
	enum dir_dmarc dmarc; /* for mail to this domain */
	bool own_refuse; /* unproven mail that claims this domain is refused,
			    not held (design 5, own domains) */
	const char *transport; /* "lmtp:unix:/x", "smtp:[h]:p"; "" = default */
	const char *catch_all; /* address, "" = none */
	struct dir_list statutory; /* protected local parts of its own */
	bool unprotected;          /* as a mailbox's, for all of them */
	const char *unprotected_reason;
	struct dir_limits limits;
	struct dir_thresholds thresholds;
	const struct option_set *options; /* NULL = sets none */
	const struct detail_set *details; /* likewise */
	/* Of its tenant; NULL: it has none, or one that nobody knows. */
	const struct dir_tenant *of_tenant;
	const struct option_set *tenant_options;
	size_t mailbox_count, alias_count, legacy_count;
	size_t dkim_count;
	const struct dir_dkim *dkim; /* by selector */
	/* opaque tables follow: use the look-ups */
};

struct dir_snapshot;

/* Look-ups in a snapshot; results live as long as the snapshot is held.  Domains
 * that are not served yet and closed aliases are there for provisioning only
 * (any). */
const struct dir_domain *dir_domain(
    const struct dir_snapshot *s, const char *domain);
const struct dir_domain *dir_domain_any(
    const struct dir_snapshot *s, const char *domain);
const struct dir_mailbox *dir_mailbox(
    const struct dir_domain *d, const char *local);
const struct dir_alias *dir_alias(
    const struct dir_domain *d, const char *local);
const struct dir_alias *dir_alias_any(
    const struct dir_domain *d, const char *local);
/* Entries in stable (sorted) order, for listings. */
size_t dir_domain_count(const struct dir_snapshot *s);
const struct dir_domain *dir_domain_at(const struct dir_snapshot *s, size_t i);
const struct dir_mailbox *dir_mailbox_at(const struct dir_domain *d, size_t i);
const struct dir_alias *dir_alias_at(const struct dir_domain *d, size_t i);
const struct dir_record *dir_legacy_at(const struct dir_domain *d, size_t i);
const struct dir_record *dir_legacy(
    const struct dir_domain *d, const char *address);

/* Tenants, by id; sorted likewise. */
const struct dir_tenant *dir_tenant(
    const struct dir_snapshot *s, const char *id);
size_t dir_tenant_count(const struct dir_snapshot *s);
const struct dir_tenant *dir_tenant_at(const struct dir_snapshot *s, size_t i);

/*
 * Resolve an address to its finals: exact, then without the sub-address
 * (delimiter '+'), then the catch-all; aliases and groups followed through
 * hosted domains, each final once, at most DIR_TARGETS_MAX finals and 10
 * levels. Targets that nobody has are left out (none left: DIR_UNKNOWN).
 * Suspended and closed entries are found: what to answer is the caller's.
 */
enum dir_resolve {
	DIR_FOUND,
	DIR_NOT_OURS, /* the domain is not hosted here */
	DIR_UNKNOWN,  /* hosted domain, nobody by that name */
	DIR_LOOP      /* an alias loop and nobody else, over the bounds, an alias that cannot be
			 read, or no memory: the sender should try later */
};
struct dir_final {
	const struct dir_domain *domain; /* NULL: external */
	const struct dir_mailbox *mailbox;
	bool protected_path; /* statutory, and not lifted for this mailbox */
	char address[OCT_ADDR_SIZE]; /* of the final mailbox */
};
struct dir_finals {
	size_t count;
	struct dir_final *finals; /* freed by dir_finals_free */
	bool protected_path;      /* any final's */
	bool aliased; /* an alias, group or catch-all was followed */
	bool looped;  /* and came back to one that led there */
};
/* statutory: local parts that the platform protects, NULL-terminated; may be
 * NULL. */
enum dir_resolve dir_resolve(const struct dir_snapshot *s,
    const struct oct_addr *rcpt, const char *const *statutory,
    struct dir_finals *out);
void dir_finals_free(struct dir_finals *f);
/* May the envelope sender write to this address, if it is a group with a say in
 * that?  finals: what it resolves to; own: we know that the sender is who he
 * says. */
bool dir_may_post(const struct dir_snapshot *s, const struct oct_addr *rcpt,
    const struct dir_finals *finals, const struct oct_addr *sender, bool own);

enum dir_lang dir_lang_of(
    const struct dir_domain *d, const struct dir_mailbox *m);

enum dir_level { /* who sets something */
	DIR_LEVEL_NONE,
	DIR_LEVEL_PLATFORM,
	DIR_LEVEL_TENANT,
	DIR_LEVEL_DOMAIN,
	DIR_LEVEL_MAILBOX
};
const char *dir_level_name(enum dir_level level);

/* The thresholds that count for a mailbox (NULL, like d: there is none): the
 * innermost that are set. */
void dir_thresholds_of(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct dir_thresholds *platform, struct dir_thresholds *out);
/* The options in force: the platform's, then those that the tenant, the domain
 * and the mailbox (NULL = the domain's) set.  The Challenge option of a mailbox
 * that has dates for it is off outside them. */
void dir_options(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct option_values *platform, struct option_values *out);
/* The mode of its Challenge option without what its owner wishes
 * (challenge_gentler): he may have it gentler, and never more. */
enum option_challenge dir_challenge_sold(const struct dir_domain *d,
    const struct dir_mailbox *m, const struct option_values *platform);
enum dir_level dir_option_level(
    const struct dir_domain *d, const struct dir_mailbox *m, enum option o);

/*
 * Protected addresses (challenge.md 8).  Who lists a local part (folded, without
 * a sub-address) as protected: DIR_LEVEL_NONE, or the platform (its list,
 * NULL-terminated, may be NULL), the tenant or the domain.
 */
enum dir_level dir_statutory(const struct dir_domain *d, const char *local,
    const char *const *platform);
/* Has the tenant (may be NULL) declared a published teleservice: its URL and
 * its date? */
bool dir_teleservice(const struct dir_tenant *t);
/* Is the protection lifted for a mailbox (NULL: for the domain), and why? */
enum dir_lifted {
	DIR_LIFTED_NOT,
	DIR_LIFTED_UNFOUNDED, /* asked for, but without ground: not lifted */
	DIR_LIFTED_REASON,
	DIR_LIFTED_TELESERVICE
};
enum dir_lifted dir_lifted(
    const struct dir_domain *d, const struct dir_mailbox *m);
bool dir_is_lifted(const struct dir_domain *d, const struct dir_mailbox *m);

/* --- The live holder ----------------------------------------------------- */

struct directory;

/*
 * Load from the store, or, if that is away, from the disk copy at path (NULL =
 * no copy).  OCT_EDOWN when neither is there.  Writes a new copy after changes
 * (atomic rename, checksum, version), at most every 5 s.  A store that lost data
 * takes no known domain away (directory_live.c, "The witness").  What cannot be
 * read in the store is suspended, not dropped, and logged.
 */
OCT_CHECK int directory_open(
    struct store *store, const char *path, struct directory **out);
/* Follow the change stream in a thread of its own: a change is visible within a
 * second; after an outage everything is read again. */
OCT_CHECK int directory_follow(struct directory *d);
void directory_close(struct directory *d);

/* As the store has it now, one domain (OCT_EABSENT) or all (NULL), for programs
 * that look once.  Freed by directory_put. */
OCT_CHECK int directory_read(struct store *store, const char *domain,
    const struct dir_snapshot **out);

const struct dir_snapshot *directory_get(struct directory *d);
void directory_put(const struct dir_snapshot *s);

/* --- Building and writing ------------------------------------------------ */

/* One domain as JSON text (the disk copy and the tests), or an array of them:
 * {"name":.., attributes, "mailboxes":{local:{..}},
 * "aliases":{local:{"targets":[..]}}}, and "dkim":{selector:{alg, private}}.
 * Freed by directory_put. */
OCT_CHECK int dir_snapshot_parse(
    const char *json, size_t len, struct dir_snapshot **out);

/*
 * Provisioning writes: JSON objects of attributes are merged into what is there
 * (unknown names or wrong values are OCT_EPARSE with *problem in static or
 * caller-freed English text), one transaction a domain, with an entry in its
 * journal (policy/journal.h); then one in the change stream and one in the audit.
 */
struct dir_change {
	const char *domain; /* normalised */
	const char *local;  /* NULL: the domain itself */
	bool alias;         /* local is an alias */
	bool legacy;        /* local is a legacy address */
	bool create;        /* must not exist; else must exist */
	bool remove;        /* ask for its removal */
	bool reopen;        /* its state is the journal's of before */
	const char *json;   /* attributes; NULL with remove */
	const char *actor;  /* who, for the audit */
	const char *referent; /* the tenant whose referent asks; NULL: the Centre
				 (policy/referent.h) */
};
/* 0, OCT_EPARSE, OCT_EAUTH, -EEXIST, OCT_EABSENT, -ENOTEMPTY (a domain with entries),
 * OCT_ELIMIT (an allowance of its tenant's plan), or the store's error; problem
 * is always set then.  After OCT_ETIME it may have
 * been done. */
OCT_CHECK int directory_change(
    struct store *store, const struct dir_change *change, char problem[256]);

struct dir_tenant_change {
	const char *id;
	bool create, remove; /* as above */
	const char *json;
	const char *actor;
};
/* 0, OCT_EPARSE, -EEXIST, OCT_EABSENT, -ENOTEMPTY (a tenant that domains name),
 * OCT_ELIMIT, or the store's error; problem is always set then. */
OCT_CHECK int directory_change_tenant(struct store *store,
    const struct dir_tenant_change *change, char problem[256]);

#endif
