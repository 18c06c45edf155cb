/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between ctl_statement*.c only.
 */
#ifndef OCT_PROVISIONING_CTL_STATEMENT_H
#define OCT_PROVISIONING_CTL_STATEMENT_H

#include "policy/statement.h"
#include "provisioning/ctl_cmd.h"

struct ctl_statement {
	const struct settings *set;
	struct statement_rules rules;
	struct statement *s;
	int64_t known_ms, now_ms;
	bool provisional;     /* the year has not ended, at known_ms */
	const char *plan;     /* file of a simulation, or NULL */
	char plan_day[DETAIL_DATE_SIZE];
	const char *tenant;   /* that one alone, or NULL */
};

/* The tenants that were asked for, by place; NULL: no more. */
const struct statement_tenant *ctl_statement_next(
    const struct ctl_statement *c, size_t *i);
/* What an item is called, in French; plan: its label, or NULL. */
void ctl_statement_label(
    const char *item, const char *plan, struct oct_str *out);

void ctl_statement_page(const struct ctl_statement *c, struct oct_str *out);
void ctl_statement_csv(const struct ctl_statement *c, struct oct_str *out);

#endif
