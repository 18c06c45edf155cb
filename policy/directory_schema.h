/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attributes of domains, mailboxes, aliases, tenants...: one table for
 * reading, writing, help and listings; the details of policy/detail.h and the
 * options of policy/options.h are attributes too.  Constant data and pure functions; any thread.
 */
#ifndef OCT_POLICY_DIRECTORY_SCHEMA_H
#define OCT_POLICY_DIRECTORY_SCHEMA_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/directory.h"

enum dir_kind {
	DIR_KIND_DOMAIN,
	DIR_KIND_MAILBOX,
	DIR_KIND_ALIAS,
	DIR_KIND_TENANT,
	DIR_KIND_LEGACY,
	DIR_KIND_PLAN,
	DIR_KIND_PRICE
};
#define DIR_KINDS 7

enum dir_type {
	DIR_TYPE_STATE,
	DIR_TYPE_LIFE,   /* a state, of domains */
	DIR_TYPE_DETAIL, /* of struct dir_attribute; "" unsets */
	DIR_TYPE_OPTION, /* of struct dir_attribute; "inherit" unsets */
	DIR_TYPE_LANG,
	DIR_TYPE_DMARC,
	DIR_TYPE_BOOL,
	DIR_TYPE_TEXT,      /* free text for people */
	DIR_TYPE_ID,        /* letters, digits, ". _ -" */
	DIR_TYPE_TRANSPORT, /* Postfix transport:nexthop, or "" */
	DIR_TYPE_ADDRESS,   /* an address, or "" */
	DIR_TYPE_QUOTA, /* of struct dir_attribute; "inherit" unsets */
	DIR_TYPE_SIZE,      /* "5G", or "" */
	DIR_TYPE_SCORE,     /* number, null = inherit */
	DIR_TYPE_TARGETS,   /* array of addresses */
	DIR_TYPE_LOCALS,    /* array of local parts */
	DIR_TYPE_URL,       /* https://..., or "" */
	DIR_TYPE_DATE       /* 2026-12-31, or "" */
};

struct dir_attribute {
	const char *name;
	enum dir_type type;
	size_t offset;    /* in the struct of its kind */
	const char *help; /* one line */
	enum option option; /* with DIR_TYPE_OPTION */
	enum detail detail; /* with DIR_TYPE_DETAIL */
	enum quota quota;   /* with DIR_TYPE_QUOTA */
};

#define DIR_RATE_IN "rate_in"

#define DIR_LOCAL_MAX 64 /* octets of a local part (RFC 5321 4.5.3.1.1) */
#define DIR_TEXT_MAX 256 /* octets of a display name or transport */
#define DIR_ID_MAX 64
#define DIR_LOCALS_MAX 50 /* protected local parts of one level */
#define DIR_TARGET_OCTETS_MAX                                                  \
	90000 /* of all targets of one alias: Postfix                          \
		 takes table answers up to 100,000 */

/* All attributes of a kind, in the order of listings: first its own, then the
 * details, then the options, then the limits on rates. */
size_t dir_attribute_count(enum dir_kind kind);
void dir_attribute_at(enum dir_kind kind, size_t i, struct dir_attribute *out);
/* false: no such attribute. */
bool dir_attribute(
    enum dir_kind kind, const char *name, struct dir_attribute *out);
/* What a value must look like ("active, suspended or closed"). */
#define DIR_EXPECTED_SIZE                                                      \
	(OPTION_EXPECTED_SIZE + 16 > DETAIL_EXPECTED_SIZE                      \
		? OPTION_EXPECTED_SIZE + 16                                    \
		: DETAIL_EXPECTED_SIZE)
const char *dir_attribute_expected(
    const struct dir_attribute *a, char out[DIR_EXPECTED_SIZE]);
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
 * Add an entry to out as a JSON object of its attributes: all of them, for people
 * (who do not see secrets), or those that differ from the default, to be kept.
 * Errors stay in out.
 */
void dir_mailbox_json(
    const struct dir_mailbox *m, bool all, struct oct_str *out);
void dir_tenant_json(const struct dir_tenant *t, bool all, struct oct_str *out);
void dir_alias_json(const struct dir_alias *a, struct oct_str *out);
void dir_record_json(enum dir_kind kind, const struct dir_record *r, bool all,
    struct oct_str *out);
/* The entry of a kind. */
void dir_entry_json(
    enum dir_kind kind, const void *entry, bool all, struct oct_str *out);
/* Does the attribute have its default there? */
bool dir_attribute_is_default(
    const struct dir_attribute *a, const void *entry);
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
