/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of `octroictl doctor`: each adds its findings and never fails.
 */
#ifndef OCT_PROVISIONING_CTL_DOCTOR_H
#define OCT_PROVISIONING_CTL_DOCTOR_H

#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_postfix.h"

void doctor_redis(const struct settings *set, struct ctl_findings *f);
void doctor_secret(const struct settings *set, struct ctl_findings *f);
void doctor_spool(const struct settings *set, struct ctl_findings *f);
void doctor_directory(const struct settings *set, struct ctl_findings *f);
void doctor_dns(const struct settings *set, struct ctl_findings *f);
void doctor_sockets(const struct settings *set, struct ctl_findings *f);
void doctor_listeners(const struct settings *set, struct ctl_findings *f);
/* postsrsd, if forwarded mail is rewritten. */
void doctor_srs(const struct settings *set, struct ctl_findings *f);
void doctor_scanners(const struct settings *set, struct ctl_findings *f);
void doctor_postfix(const struct settings *set, const char *dir,
    struct ctl_findings *f);

/* One setting of the state store judged; value NULL: it cannot be read. */
void doctor_redis_setting(const char *name, const char *value,
    const char *wanted, const char *why, struct ctl_findings *f);

/* What clamd answered to VERSION judged. */
void doctor_signatures(const char *version, int64_t now_ms,
    struct ctl_findings *f);

#endif
