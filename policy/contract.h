/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the contract between the Centre and a tenant says by its dates and its
 * tables: rules as data, dates as "2026-12-31", which compare as texts.  Pure
 * functions; any thread.
 */
#ifndef OCT_POLICY_CONTRACT_H
#define OCT_POLICY_CONTRACT_H

#include "policy/detail.h"

/* "10-31/12-31": notice given before the first has effect on the second.
 * "3m": so many months. */
struct contract_rule {
	int months; /* 0: by the days below */
	char before[sizeof("12-31")], effect[sizeof("12-31")];
};
OCT_CHECK int contract_rule_parse(const char *text, struct contract_rule *out);

#define CONTRACT_RULE_TENANT "10-31/12-31"
#define CONTRACT_RULE_CENTRE "07-31/12-31"
#define CONTRACT_RULE_PRICE "3m"

/* The last day of a contract after a notice of that day.  By days: in the year of
 * the notice, or, if it came too late for that, in the next. */
void contract_ends(const struct contract_rule *rule, const char *notice,
    char out[DETAIL_DATE_SIZE]);

/* The last day on which a notice still has the effect that one of today has; ""
 * where every day has its own. */
void contract_last_day(const struct contract_rule *rule, const char *today,
    char out[DETAIL_DATE_SIZE]);

/* Who gives notice: how it is called in contract_notice_by, and its rule of a
 * plan (NULL = no plan). */
enum contract_party { CONTRACT_TENANT, CONTRACT_CENTRE, CONTRACT_PRICE };
OCT_CHECK int contract_party(const char *word, enum contract_party *out);
void contract_rule(const struct detail_set *plan, enum contract_party party,
    struct contract_rule *out);

/* --- Bands (strates) ----------------------------------------------------- */

struct contract_band {
	int number; /* 1 to 10 */
	int64_t population_below, agents_below; /* 0: not by that */
	int licences, backup_gb, certificates;  /* that go with it */
	const char *name;
};
#define CONTRACT_BANDS 10
const struct contract_band *contract_band(int number); /* 1 to 10 */

/* By what a tenant says of itself: 1 to 10, or 0 = it does not say enough.  One
 * that it sets itself counts before the table. */
int contract_band_of(const struct detail_set *tenant);
int contract_band_derived(const struct detail_set *tenant);

#endif
