/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Legacy addresses: the password with which an old mailbox is collected.  It is
 * kept sealed, bound to the address and the domain, and opened only to be
 * written for fetchmail.  One thread.
 */
#ifndef OCT_PROVISIONING_CTL_LEGACY_H
#define OCT_PROVISIONING_CTL_LEGACY_H

#include "provisioning/ctl_cmd.h"

ctl_run ctl_legacy_password, ctl_legacy_verify;
extern const struct ctl_option ctl_legacy_password_options[],
    ctl_legacy_verify_options[];

/* The key that seals them.  A status. */
int ctl_legacy_key(struct ctl *ctl, uint8_t key[OCT_KEY_OCTETS]);
/* What a password is sealed for. */
#define CTL_LEGACY_NAME_SIZE (OCT_ADDR_SIZE + OCT_DOMAIN_SIZE + 16)
void ctl_legacy_name(const char *address, const char *domain,
    char out[CTL_LEGACY_NAME_SIZE]);

/* One line of standard input without its end, not echoed on a terminal.  A
 * status. */
#define CTL_PASSWORD_MAX 128
int ctl_password_line(
    const struct ctl *ctl, char out[CTL_PASSWORD_MAX + 2]);

#endif
