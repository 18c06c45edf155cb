/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM keys of a domain in the store: oct:{d}:dkim, a hash of selector -> JSON
 * {alg, state, created_ms, changed_ms, ready_ms, private (sealed), record}.
 *
 * A key goes through three states, so that no message is ever out with a
 * signature that its reader cannot verify: new (to be published in DNS, not
 * used), active (signs), retired (signs no more, but stays published while mail
 * is in flight).  At most one key of each algorithm is active; RSA and Ed25519
 * may both be: both sign.
 *
 * Changes are one transaction each, with an entry in the change stream (the
 * milters follow it) and one in the audit.  Any thread.
 */
#ifndef OCT_POLICY_DKIM_KEYS_H
#define OCT_POLICY_DKIM_KEYS_H

#include "lib/def.h"
#include "lib/dns.h"
#include "lib/store.h"
#include "policy/dkim_vault.h"

#define DKIM_KEYS_MAX 16 /* of one domain */
#define DKIM_SELECTOR_SIZE 64 /* one DNS label and the NUL */
#define DKIM_KEYS_PROBLEM_SIZE 256
/* How long a retired key stays: longer than mail waits in any queue (RFC 5321
 * 4.5.4.1: 4 to 5 days) and is read thereafter. */
#define DKIM_KEYS_RETIRED_MS (7LL * 86400000)

enum dkim_keys_state {
	DKIM_KEYS_NEW,
	DKIM_KEYS_ACTIVE,
	DKIM_KEYS_RETIRED,
	DKIM_KEYS_BROKEN /* cannot be read; only its removal is possible */
};

/* Strings belong to the list. */
struct dkim_keys_item {
	char selector[DKIM_SELECTOR_SIZE];
	bool ed25519; /* else RSA of 2,048 bits */
	enum dkim_keys_state state;
	int64_t created_ms, changed_ms; /* wall; changed: of the state */
	/* Wall: all name servers have shown it, and from then on nobody
	 * remembers that it was not there.  0: not seen yet. */
	int64_t ready_ms;
	char *sealed;
	char *record; /* text of the TXT record */
	char *stored; /* the JSON as it is in the store */
};

struct dkim_keys {
	size_t count;
	struct dkim_keys_item *items; /* by selector */
};

OCT_CHECK int dkim_keys_load(struct store *store, const char *domain,
    struct dkim_keys *out);
void dkim_keys_fini(struct dkim_keys *keys);
const struct dkim_keys_item *dkim_keys_find(const struct dkim_keys *keys,
    const char *selector);

const char *dkim_keys_state_name(enum dkim_keys_state state);
const char *dkim_keys_algorithm(bool ed25519); /* "rsa2048", "ed25519" */

/* One DNS label of lower-case letters, digits, '-' and '_' within? */
bool dkim_keys_is_selector(const char *text);

/*
 * Does the DNS show exactly this key?  0; OCT_EABSENT: there is none;
 * OCT_ECONFLICT: another one, or one that is not in force; OCT_ETIME: no
 * answer.  problem says what was found.
 */
OCT_CHECK int dkim_keys_published(struct dns_session *dns, const char *domain,
    const struct dkim_keys_item *key, char problem[DKIM_KEYS_PROBLEM_SIZE]);

struct dkim_keys_change {
	struct store *store;
	const char *domain; /* normalised */
	const char *selector;
	const char *actor; /* who, for the audit */
	int64_t now_ms;    /* wall */
	bool force;
	bool own; /* the challenge domain, which need not be hosted */
};

/*
 * The steps.  0, or an error with problem in English: OCT_EPARSE (a name),
 * OCT_EABSENT (no such domain or key), -EEXIST (there, or in that state,
 * already), -EBUSY (not in this state, or too early), OCT_ELIMIT, what
 * dkim_keys_published gives, or the store's.
 */
OCT_CHECK int dkim_keys_add(const struct dkim_keys_change *c,
    const struct dkim_vault *vault, bool ed25519,
    char problem[DKIM_KEYS_PROBLEM_SIZE]);
/* All name servers show it: it may sign from ready_ms on (0: they no longer
 * do). */
OCT_CHECK int dkim_keys_note(const struct dkim_keys_change *c,
    int64_t ready_ms, char problem[DKIM_KEYS_PROBLEM_SIZE]);
/* New or retired -> active; the former active of its algorithm is retired.
 * Asks the DNS, unless forced (dns may be NULL then); a new one must have been
 * noted before, and its time have come. */
OCT_CHECK int dkim_keys_activate(const struct dkim_keys_change *c,
    struct dns_session *dns, char problem[DKIM_KEYS_PROBLEM_SIZE]);
/* Active -> retired, without a successor. */
OCT_CHECK int dkim_keys_retire(const struct dkim_keys_change *c,
    char problem[DKIM_KEYS_PROBLEM_SIZE]);
/* Deletes a new key, or one that was retired DKIM_KEYS_RETIRED_MS ago (forced:
 * any that is not active). */
OCT_CHECK int dkim_keys_remove(const struct dkim_keys_change *c,
    char problem[DKIM_KEYS_PROBLEM_SIZE]);

#endif
