/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl feed: a file for each program that is fed.
 */
#ifndef OCT_PROVISIONING_CTL_FEED_H
#define OCT_PROVISIONING_CTL_FEED_H

#include "provisioning/ctl_args.h"

int ctl_feed_dovecot(struct ctl *ctl, const struct ctl_args *args);
int ctl_feed_fetchmail(struct ctl *ctl, const struct ctl_args *args);
int ctl_feed_zimbra(struct ctl *ctl, const struct ctl_args *args);
extern const struct ctl_option ctl_feed_fetchmail_options[],
    ctl_feed_zimbra_options[];

#endif
