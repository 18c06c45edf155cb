/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The study of a domain for commands.  One thread.
 */
#ifndef OCT_PROVISIONING_CTL_STUDY_H
#define OCT_PROVISIONING_CTL_STUDY_H

#include "provisioning/ctl_cmd.h"
#include "provisioning/study.h"

/* Of any domain (normalised), hosted or not; server: of --dns, or NULL.  The
 * caller releases *out.  A status. */
int ctl_study(struct ctl *ctl, const char *server, const char *domain,
    json_t **out);

#endif
