/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For whom grants, expected senders and tagged addresses are made: between the
 * ctl_*.c files.  One thread.
 */
#ifndef OCT_PROVISIONING_CTL_GRANT_H
#define OCT_PROVISIONING_CTL_GRANT_H

#include "provisioning/ctl_cmd.h"

#define CTL_WHOLE "@" /* local part that stands for the whole domain */

struct ctl_target {
	struct oct_addr addr; /* local CTL_WHOLE: the domain */
	char name[OCT_ADDR_SIZE];
};

/* "bob@ville.example" or, with whole, "@ville.example": one that exists. */
int ctl_target(struct ctl *ctl, const char *text, bool whole,
    struct ctl_target *out);

/* octroi's key for a purpose, out of the site's secret. */
int ctl_key(struct ctl *ctl, const char *purpose,
    uint8_t out[OCT_KEY_OCTETS]);

#endif
