/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of how stored messages came: tab-separated, its first line names the
 * columns ("#id", "mail_from", "client_ip", "helo"; others are passed over).
 * Immutable once read; any thread.
 */
#ifndef OCT_PROVISIONING_CTL_MANIFEST_H
#define OCT_PROVISIONING_CTL_MANIFEST_H

#include "provisioning/ctl_cmd.h"

struct ctl_manifest;

struct ctl_manifest_row {
	const char *id;
	const char *mail_from; /* "<>" null, "?" or "" not known */
	const char *client;    /* "" not known */
	const char *helo;
};

/* A status. */
int ctl_manifest_read(const struct ctl *ctl, const char *path,
    struct ctl_manifest **out);
void ctl_manifest_free(struct ctl_manifest *m);
/* NULL: not in it. */
const struct ctl_manifest_row *ctl_manifest_find(const struct ctl_manifest *m,
    const char *id);

#endif
