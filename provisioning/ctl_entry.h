/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands that provision entries share (ctl_directory.c): attributes
 * from the command line, and how an entry is shown.
 */
#ifndef OCT_PROVISIONING_CTL_ENTRY_H
#define OCT_PROVISIONING_CTL_ENTRY_H

#include "policy/directory_schema.h"
#include "provisioning/ctl_cmd.h"

#define CTL_ENTRY_MAX 131072 /* octets of JSON of one entry */

/* The attributes given as options, as one JSON object.  Returns a status. */
int ctl_entry_attributes(const struct ctl *ctl, const struct ctl_args *args,
    enum dir_kind kind, struct oct_str *out);
/* v: its name and its attributes; taken over.  Returns a status. */
int ctl_entry_print(const struct ctl *ctl, enum dir_kind kind, json_t *v);

#endif
