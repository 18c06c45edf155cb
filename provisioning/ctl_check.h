/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of hosted domains for commands: `domain check`, `domain watch`, the
 * steps of `dkim` and whoever leads a domain through its life.  One thread.
 */
#ifndef OCT_PROVISIONING_CTL_CHECK_H
#define OCT_PROVISIONING_CTL_CHECK_H

#include "provisioning/check.h"
#include "provisioning/ctl_zone.h"

#define CTL_CHECK_MS 40000 /* one domain */
#define CTL_EXIT_LATER 75  /* EX_TEMPFAIL of sysexits(3) */

/* What a check is made with.  Begins as zero. */
struct ctl_checking {
	struct dns_probe_server resolver;
	struct dns_session *dns;
	struct check_input input;
};
/* For the domain of z (NULL: name, which need not be hosted); server: of --dns
 * or NULL.  A status; ctl_checking_close in every case. */
int ctl_checking_open(struct ctl *ctl, const char *server,
    const struct ctl_zone *z, const char *name, struct ctl_checking *out);
void ctl_checking_close(struct ctl_checking *c);

/* Check a hosted domain.  A status: 0 whatever was found; check_fini. */
int ctl_check(struct ctl *ctl, const char *server, const struct ctl_zone *z,
    struct check *out);

/* May it be activated by what was found? */
bool ctl_check_is_right(const struct check *c);
/* pending-dns -> active, with an entry in its journal.  A status. */
int ctl_check_activate(struct ctl *ctl, const struct ctl_zone *z);

/* What was found, as JSON (texts in that language) or for people. */
json_t *ctl_check_json(const struct ctl_zone *z, const struct check *c,
    bool english);
void ctl_check_text(const struct ctl_zone *z, const struct check *c,
    bool english, struct oct_str *out);

#endif
