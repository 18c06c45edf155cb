/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tenant's referent may change by himself: who his people are and how
 * their mail is treated.  Not what the tenant is granted: its limits, plan and
 * contract, the life of its domains, and what is a ground of trust.  Pure; any
 * thread.
 */
#ifndef OCT_POLICY_REFERENT_H
#define OCT_POLICY_REFERENT_H

#include "policy/directory_schema.h"

/* May the attribute be changed by him? */
bool referent_may_set(enum dir_kind kind, const struct dir_attribute *a);

struct referent_ask {
	const char *tenant; /* whose referent asks */
	const char *domain; /* the domain's attributes, as JSON */
	enum dir_kind kind;
	const char *before; /* JSON; NULL = it is not there */
	const char *after;  /* NULL = it shall be removed */
	bool reopen; /* after is how the journal says that it stood */
};
/* 0, or OCT_EAUTH: problem says what is not his. */
OCT_CHECK int referent_check(
    const struct referent_ask *ask, char problem[256]);

#endif
