/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Details: what provisioning knows of a tenant, a domain, a mailbox... and no
 * message needs, or few: kept sparsely, as the texts that were given, so that
 * 300,000 mailboxes pay only for what is set.  They are attributes like the
 * others (policy/directory_schema.h).  Constant data and pure functions; any
 * thread.
 */
#ifndef OCT_POLICY_DETAIL_H
#define OCT_POLICY_DETAIL_H

#include "lib/def.h"
#include "lib/str.h"

enum detail {
	/* tenants */
	DETAIL_KIND,
	DETAIL_SIREN,
	DETAIL_POPULATION,
	DETAIL_AGENTS,
	DETAIL_BAND,
	DETAIL_HOSTED,
	DETAIL_AFFILIATED,
	DETAIL_REFERENT,
	DETAIL_DPO,
	DETAIL_PLAN,
	DETAIL_EXTRA_MAILBOXES,
	DETAIL_EXTRA_STORAGE,
	DETAIL_EXTRA_CHALLENGE,
	DETAIL_EXTRA_DOMAINS,
	DETAIL_CONTRACT_START,
	DETAIL_CONTRACT_DOCUMENT,
	DETAIL_CONTRACT_OPTION,
	DETAIL_CONTRACT_NOTICE,
	DETAIL_CONTRACT_NOTICE_BY,
	DETAIL_CONTRACT_ENDS,
	/* domains */
	DETAIL_ORIGIN,
	DETAIL_RESERVED_UNTIL,
	DETAIL_ONBOARD,
	DETAIL_MTA_STS,
	DETAIL_SPF,
	/* domains and mailboxes */
	DETAIL_WEIGHTS,
	/* mailboxes */
	DETAIL_CREDENTIAL,
	DETAIL_ROLE,
	DETAIL_CHALLENGE_FROM,
	DETAIL_CHALLENGE_UNTIL,
	DETAIL_FORWARD,
	DETAIL_KEEP_COPY,
	DETAIL_OWNERS,
	DETAIL_NO_DIGEST,
	DETAIL_CHALLENGE_GENTLER,
	/* aliases: post makes a group of it */
	DETAIL_POST,
	DETAIL_POSTERS,
	/* legacy addresses */
	DETAIL_MAILBOX,
	DETAIL_HOW,
	DETAIL_SERVER,
	DETAIL_LOGIN,
	DETAIL_PASSWORD,
	DETAIL_VERIFIED,
	DETAIL_VERIFIED_HOST,
	DETAIL_VERIFIED_PATH,
	DETAIL_VERIFIED_DKIM,
	DETAIL_VERIFIED_HOPS,
	DETAIL_UNTIL,
	/* plans */
	DETAIL_LABEL,
	DETAIL_MAILBOXES,
	DETAIL_QUOTA,
	DETAIL_CHALLENGE_ADDRESSES,
	DETAIL_DOMAINS,
	DETAIL_NOTICE_TENANT,
	DETAIL_NOTICE_CENTRE,
	DETAIL_NOTICE_PRICE,
	/* price lists */
	DETAIL_FROM,
	DETAIL_NOTIFIED,
	DETAIL_CURRENCY,
	DETAIL_ITEMS,
	/* of several kinds */
	DETAIL_STATE, /* where nothing else is called so */
	DETAIL_CLOSES,
	DETAIL_CLOSED,
	DETAIL_COUNT
};

struct detail_pair {
	enum detail what;
	const char *text; /* never "" */
};

/* In the order of enum detail; NULL = none is set. */
struct detail_set {
	size_t count;
	const struct detail_pair *pairs;
};

/* The text, "" if it is not set.  set may be NULL. */
const char *detail_get(const struct detail_set *set, enum detail what);
/* A count or a size, standard if it is not set. */
int64_t detail_number(
    const struct detail_set *set, enum detail what, int64_t standard);
bool detail_yes(const struct detail_set *set, enum detail what, bool standard);
bool detail_closed(const struct detail_set *set); /* state is closed */

#define DETAIL_TEXT_MAX 8192   /* octets of any of them */
#define DETAIL_ADDRESSES_MAX 50
#define DETAIL_NAME_MAX 32

struct detail_info {
	const char *name;
	const char *help;
	bool secret; /* never shown, and left alone by what does not name it */
	bool kept;   /* left alone by what does not name it */
};

/* kind is an enum dir_kind, by bits; the first detail that it has after what
 * (-1: the very first), or DETAIL_COUNT. */
enum detail detail_next(unsigned int kind, int what);
const struct detail_info *detail_info(enum detail what);
/* What a value must look like: "a date like 2026-12-31, or empty". */
#define DETAIL_EXPECTED_SIZE 256
void detail_expected(enum detail what, char out[DETAIL_EXPECTED_SIZE]);
/* Append the one way in which text is kept.  OCT_EPARSE: it is not of its form;
 * out is then of no use. */
OCT_CHECK int detail_canonical(
    enum detail what, const char *text, struct oct_str *out);

/* A day of the calendar as 2026-12-31?  Dates compare as texts. */
#define DETAIL_DATE_SIZE sizeof("2026-12-31")
bool detail_is_date(const char *text);
/* The day that it is at that time, where this process is. */
void detail_day(int64_t wall_ms, char out[DETAIL_DATE_SIZE]);
/* That many days later (or earlier). */
void detail_add_days(
    const char *date, int64_t days, char out[DETAIL_DATE_SIZE]);

/* "5G", nothing for 0. */
void detail_size_text(struct oct_str *out, int64_t octets);

#endif
