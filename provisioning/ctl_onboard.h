/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between ctl_onboard.c and ctl_sheet.c only.
 */
#ifndef OCT_PROVISIONING_CTL_ONBOARD_H
#define OCT_PROVISIONING_CTL_ONBOARD_H

#include "policy/hosting.h"
#include "provisioning/ctl_cmd.h"

/* Welcome sheets, one for each owner, as one page: of all active mailboxes, or
 * of those whose local parts are given. */
struct ctl_sheets {
	const struct settings *set;
	const struct dir_domain *domain;
	const char *const *locals;
	size_t local_count; /* 0 = all */
	int64_t now_ms;
};
/* How many were written; texts go to out. */
size_t ctl_sheets(const struct ctl_sheets *s, struct oct_str *out);

#endif
