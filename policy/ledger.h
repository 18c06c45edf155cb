/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of arrivals of held mail (challenge.md 8): one line for each message
 * that is kept for a mailbox, each bound to the one before by its hash, so that a
 * line cannot be changed, left out or put in afterwards.  No content and no
 * address: digests and keyed hashes.  One chain a node, one file a month.
 *
 * A line: "1 n time size digest sender rcpt item reason prev hash".  time is Unix
 * ms; digest is BLAKE2b-160 (under a key of zeros) of the message without its
 * trace, as oct_msg_digest makes it; sender and rcpt are keyed hashes, "-" the
 * null path; hash is BLAKE2b-256 of all that stands before it.  A line that ends
 * in " torn" was being written when the node went down: nobody was answered for
 * it, and it is no part of the chain.
 *
 * Pure, but for the walk; any thread.
 */
#ifndef OCT_POLICY_LEDGER_H
#define OCT_POLICY_LEDGER_H

#include "lib/def.h"
#include "lib/msg.h"
#include "lib/secret.h"
#include "policy/held.h"

#define LEDGER_PURPOSE "ledger" /* of the key of sender and rcpt */
#define LEDGER_FOLDER "ledger"  /* in the spool, if no other is set */
#define LEDGER_LINE_MAX 512
#define LEDGER_HASH_SIZE 65
#define LEDGER_ADDRESS_SIZE 33
#define LEDGER_REF_SIZE 40 /* "n/hash prefix" */
#define LEDGER_NAME_SIZE 128
#define LEDGER_TORN " torn"

struct ledger_entry {
	int64_t n; /* from 1 */
	int64_t time_ms, size;
	char digest[2 * OCT_MSG_DIGEST + 1];
	char sender[LEDGER_ADDRESS_SIZE], rcpt[LEDGER_ADDRESS_SIZE];
	char item[HELD_ID_SIZE];
	char reason[24];
	char prev[LEDGER_HASH_SIZE], hash[LEDGER_HASH_SIZE];
};

/* What stands before the first entry of a node. */
extern const char ledger_origin[LEDGER_HASH_SIZE];

/* Writes the line, without its end, and the entry's hash. */
void ledger_write(struct ledger_entry *e, char out[LEDGER_LINE_MAX]);
/* OCT_EPARSE: not of the form; OCT_ECORRUPT: its hash is wrong. */
OCT_CHECK int ledger_parse(const char *line, struct ledger_entry *out);
/* What a release quotes of it: "n/hash prefix". */
void ledger_ref(const struct ledger_entry *e, char out[LEDGER_REF_SIZE]);

/* Of an address as it is kept in items: folded here; "" = the null path. */
void ledger_address(const uint8_t key[OCT_KEY_OCTETS], const char *address,
    char out[LEDGER_ADDRESS_SIZE]);
/* The digest of a message. */
OCT_CHECK int ledger_digest(struct oct_msg *m,
    char out[2 * OCT_MSG_DIGEST + 1]);

/* The name of the file in which a node notes what arrives at that time. */
void ledger_name(const char *node, int64_t time_ms,
    char out[LEDGER_NAME_SIZE]);
/* Is that the name of a file of that node? */
bool ledger_is_name(const char *name, const char *node);

/* --- Walking through -------------------------------------------------------- */

enum ledger_state {
	LEDGER_GOOD,
	LEDGER_WAS_TORN, /* no entry */
	LEDGER_DAMAGED,  /* cannot be read, or its hash is wrong: no entry */
	LEDGER_BROKEN    /* good, but does not follow the one before */
};
struct ledger_seen {
	enum ledger_state state;
	const char *file;
	size_t line;
	struct ledger_entry entry;
};
typedef int ledger_each(void *arg, const struct ledger_seen *seen);
/* All files of the node, oldest first; stops when each is not 0.  -errno. */
OCT_CHECK int ledger_walk(const char *folder, const char *node,
    ledger_each *each, void *arg);
/* One file; what its first entry follows is taken as it says. */
OCT_CHECK int ledger_walk_file(const char *path, ledger_each *each, void *arg);

#endif
