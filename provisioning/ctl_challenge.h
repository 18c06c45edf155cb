/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of octroictl challenge.
 */
#ifndef OCT_PROVISIONING_CTL_CHALLENGE_H
#define OCT_PROVISIONING_CTL_CHALLENGE_H

#include "provisioning/ctl_cmd.h"

int ctl_challenge_status(struct ctl *ctl, const struct ctl_args *args);

#endif
