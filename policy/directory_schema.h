/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attributes of domains, mailboxes and aliases: one table for reading,
 * writing, help and listings.  Constant data and pure functions; any thread.
 */
#ifndef OCT_POLICY_DIRECTORY_SCHEMA_H
#define OCT_POLICY_DIRECTORY_SCHEMA_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/directory.h"

enum dir_kind { DIR_KIND_DOMAIN, DIR_KIND_MAILBOX, DIR_KIND_ALIAS };

enum dir_type {
	DIR_TYPE_STATE,
	DIR_TYPE_CHALLENGE,
	DIR_TYPE_LANG,
	DIR_TYPE_DMARC,
	DIR_TYPE_BOOL,
	DIR_TYPE_TEXT,      /* free text for people */
	DIR_TYPE_ID,        /* letters, digits, ". _ -" */
	DIR_TYPE_TRANSPORT, /* Postfix transport:nexthop, or "" */
	DIR_TYPE_ADDRESS,   /* an address, or "" */
	DIR_TYPE_RATE,      /* "100/1h", or "" */
	DIR_TYPE_SIZE,      /* "5G", or "" */
	DIR_TYPE_SCORE,     /* number, null = inherit */
	DIR_TYPE_TARGETS    /* array of addresses */
};

struct dir_attribute {
	const char *name;
	enum dir_type type;
	size_t offset;    /* in the struct of its kind */
	const char *help; /* one line */
};

#define DIR_LOCAL_MAX 64 /* octets of a local part (RFC 5321 4.5.3.1.1) */
#define DIR_TEXT_MAX 256 /* octets of a display name or transport */
#define DIR_ID_MAX 64
#define DIR_TARGET_OCTETS_MAX                                                  \
	90000 /* of all targets of one alias: Postfix                          \
		 takes table answers up to 100,000 */

/* All attributes of a kind, in the order of listings. */
const struct dir_attribute *dir_attributes(enum dir_kind kind, size_t *count);
/* NULL: no such attribute. */
const struct dir_attribute *dir_attribute(enum dir_kind kind, const char *name);
/* What a value must look like ("active, suspended or closed"). */
const char *dir_type_expected(enum dir_type type);
const char *dir_kind_name(enum dir_kind kind);
const char *dir_kind_article(enum dir_kind kind); /* "a" or "an" */

/*
 * Add to out, as JSON, the value that a user wrote as text after "name=":
 * targets are separated by commas, booleans are yes or no (true, false), "-" or
 * "" as a score is null.  OCT_EPARSE: not of the type (the value is not fully
 * checked: directory_change does that).
 */
OCT_CHECK int dir_attribute_json(
    const struct dir_attribute *a, const char *text, struct oct_str *out);

/*
 * Add an entry to out as a JSON object of its attributes: all of them, or only
 * those that differ from the default.  Errors stay in out.
 */
void dir_domain_json(const struct dir_domain *d, bool all, struct oct_str *out);
void dir_mailbox_json(
    const struct dir_mailbox *m, bool all, struct oct_str *out);
void dir_alias_json(const struct dir_alias *a, struct oct_str *out);
/* The whole domain with its entries, as dir_snapshot_parse takes it. */
void dir_whole_json(const struct dir_domain *d, struct oct_str *out);

/* One attribute of an entry as text for a table ("5G", "yes", "a@b, c@d"). */
void dir_attribute_text(
    const struct dir_attribute *a, const void *entry, struct oct_str *out);

/*
 * Is this a local part that can be given out: 1..64 octets of UTF-8, no control
 * characters, spaces, quotes, backslashes, '+', '@', '/', '<', '>', ',', no dot
 * at an end and no two in a row, lower case?  problem says in English what is
 * wrong.
 */
OCT_CHECK int dir_local_check(const char *local, char problem[256]);

#endif
