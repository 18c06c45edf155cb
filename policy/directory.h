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
#include "policy/options.h"

enum dir_state { /* life-cycle of a domain or mailbox; only these three act */
	DIR_ACTIVE,
	DIR_SUSPENDED, /* 450 4.2.1: comes back */
	DIR_CLOSED     /* 550 5.2.1 */
};

enum dir_challenge {
	DIR_CHALLENGE_INHERIT,
	DIR_CHALLENGE_OFF,
	DIR_CHALLENGE_FIRST_CONTACT
};

enum dir_lang { DIR_LANG_INHERIT, DIR_LANG_FR, DIR_LANG_EN };

/* What becomes of mail that its author's domain disowns (DMARC). */
enum dir_dmarc {
	DIR_DMARC_INHERIT,
	DIR_DMARC_ENFORCE, /* what the author's domain asks for */
	DIR_DMARC_HOLD,    /* held where it asks to reject */
	DIR_DMARC_OBSERVE  /* nothing: it counts in the score only */
};

/* A message rate: 0 = not set here (the next level's counts). */
struct dir_rate {
	int64_t count, period_ms;
};

struct dir_limits {
	struct dir_rate messages_in; /* per mailbox, or of the whole domain */
	int64_t storage_octets;      /* mailbox quota, 0 = not set */
};

/* Thresholds of the score, in hundredths; INT32_MIN = inherit. */
struct dir_thresholds {
	int32_t tag, hold, reject;
};

struct dir_mailbox {
	const char *local; /* folded */
	const char *name;  /* display name, UTF-8, may be "" */
	enum dir_state state;
	enum dir_challenge challenge;
	enum dir_lang lang;
	bool
	    has_blocks; /* the owner blocks somebody: the store must be asked */
	bool unprotected; /* statutory protection lifted (challenge.md 8) */
	struct dir_limits limits;
	struct dir_thresholds thresholds;
	const struct option_set *options; /* NULL = sets none */
};

#define DIR_TARGETS_MAX 500 /* of one alias or group */

struct dir_alias {
	const char *local;
	size_t count;
	const char *const *targets; /* full addresses, hosted or external */
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
	enum dir_state state;
	enum dir_challenge challenge; /* default of its mailboxes */
	enum dir_lang lang;
	bool has_blocks;
	enum dir_dmarc dmarc; /* for mail to this domain */
	bool own_refuse; /* unproven mail that claims this domain is refused,
			    not held (design 5, own domains) */
	const char *transport; /* "lmtp:unix:/x", "smtp:[h]:p"; "" = default */
	const char *catch_all; /* address, "" = none */
	struct dir_limits limits;
	struct dir_thresholds thresholds;
	const struct option_set *options; /* NULL = sets none */
	const struct option_set *tenant_options; /* of its tenant */
	size_t mailbox_count, alias_count;
	size_t dkim_count;
	const struct dir_dkim *dkim; /* by selector */
	/* opaque tables follow: use the look-ups */
};

struct dir_snapshot;

/* Look-ups in a snapshot; results live as long as the snapshot is held. */
const struct dir_domain *dir_domain(
    const struct dir_snapshot *s, const char *domain);
const struct dir_mailbox *dir_mailbox(
    const struct dir_domain *d, const char *local);
const struct dir_alias *dir_alias(
    const struct dir_domain *d, const char *local);
/* Entries in stable (sorted) order, for listings. */
size_t dir_domain_count(const struct dir_snapshot *s);
const struct dir_domain *dir_domain_at(const struct dir_snapshot *s, size_t i);
const struct dir_mailbox *dir_mailbox_at(const struct dir_domain *d, size_t i);
const struct dir_alias *dir_alias_at(const struct dir_domain *d, size_t i);

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
	DIR_LOOP      /* alias loop, over the bounds, an alias that cannot be
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
};
/* statutory: local parts that are protected, NULL-terminated; may be NULL. */
enum dir_resolve dir_resolve(const struct dir_snapshot *s,
    const struct oct_addr *rcpt, const char *const *statutory,
    struct dir_finals *out);
void dir_finals_free(struct dir_finals *f);

/* The option that is in force for a mailbox (inheritance resolved). */
enum dir_challenge dir_challenge_of(
    const struct dir_domain *d, const struct dir_mailbox *m);
enum dir_lang dir_lang_of(
    const struct dir_domain *d, const struct dir_mailbox *m);

/* The options in force: the platform's, then those that the tenant, the domain
 * and the mailbox (NULL = the domain's) set. */
void dir_options(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct option_values *platform, struct option_values *out);

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
 * caller-freed English text), one transaction a domain, then one entry in the
 * change stream and one in the audit stream.
 */
struct dir_change {
	const char *domain; /* normalised */
	const char *local;  /* NULL: the domain itself */
	bool alias;         /* local is an alias */
	bool create;        /* must not exist; else must exist */
	bool remove;        /* ask for its removal */
	const char *json;   /* attributes; NULL with remove */
	const char *actor;  /* who, for the audit */
};
/* 0, OCT_EPARSE, -EEXIST, OCT_EABSENT, -ENOTEMPTY (a domain with entries), or
 * the store's error; problem is always set then.  After OCT_ETIME it may have
 * been done. */
OCT_CHECK int directory_change(
    struct store *store, const struct dir_change *change, char problem[256]);

#endif
