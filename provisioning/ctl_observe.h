/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before a hosted domain's unproven mail is refused: has it been observed, and
 * does the DNS let its own mail prove itself?
 */
#ifndef OCT_PROVISIONING_CTL_OBSERVE_H
#define OCT_PROVISIONING_CTL_OBSERVE_H

#include "provisioning/ctl_cmd.h"

#define CTL_SELECTOR_OPTION                                                    \
	{ "selector", "NAME",                                                  \
	    "DKIM selector of mail that is signed elsewhere" }

/* `domain observe` */
int ctl_observe(struct ctl *ctl, const struct ctl_args *args);

/* For `domain add` and `domain set`: 0, or own_refuse would be switched on too
 * early, and not with --force.  A status. */
int ctl_observe_guard(struct ctl *ctl, const struct ctl_args *args,
    const char *domain);

#endif
