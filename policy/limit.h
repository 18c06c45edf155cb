/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits in force for a mailbox or a domain (design 7): the innermost level
 * that sets one counts.  Where platform, tenant or domain calls its limits
 * maxima, what it sets or inherits also stays in force: inner levels can lower
 * it and not raise it.  Pure; any thread.
 */
#ifndef OCT_POLICY_LIMIT_H
#define OCT_POLICY_LIMIT_H

#include "policy/directory.h"
#include "policy/keys.h"
#include "policy/options.h"
#include "policy/quota.h"

/* What the platform sets. */
struct limit_platform {
	struct quota_windows of[QUOTA_COUNT], network[QUOTA_UNITS];
	struct option_values options;
	int64_t storage_octets; /* 0 = no quota */
	bool maximum;
};

/* d NULL: nobody's domain, the platform alone; m NULL: the domain alone. */
void limit_rates(const struct limit_platform *p, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q, struct quota_force *out);
/* Who sets the rates of q; rate: who sets that one of those in force, which may be
 * a maximum of an outer level (NULL: the innermost who sets any). */
enum dir_level limit_level(const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q, const struct quota_rate *rate);
/* What would lift what that level sets: a command, or the name of a setting.
 * maximum: the platform's settings are maxima. */
#define LIMIT_LIFT_SIZE (OCT_ADDR_SIZE + 128)
void limit_lift(enum dir_level level, bool maximum, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q, struct oct_str *out);
/* max_recipients_in .. max_size_out; 0 = no limit. */
int64_t limit_number(const struct limit_platform *p,
    const struct dir_domain *d, const struct dir_mailbox *m, enum option o);
/* What becomes of mail past q; the first level that is a maximum and sets it
 * has the last word. */
enum option_past limit_past(const struct limit_platform *p,
    const struct dir_domain *d, const struct dir_mailbox *m, enum quota q);
/* Quota of a mailbox in octets; 0 = none. */
int64_t limit_storage(const struct limit_platform *p,
    const struct dir_domain *d, const struct dir_mailbox *m);
/* What that may be passed by, by one last message. */
int64_t limit_grace(const struct limit_platform *p,
    const struct dir_domain *d, const struct dir_mailbox *m, int64_t quota);
/* The subject of a mailbox's limits in keys: its local part; going out, after a
 * suspension, another one, so that a mailbox whose sending is lifted is not over
 * its limits at once (before the suspension is seen, the old one stays full). */
#define LIMIT_SUBJECT_SIZE (OCT_LOCAL_SIZE + 16)
void limit_subject(const struct dir_mailbox *m, bool out,
    char subject[LIMIT_SUBJECT_SIZE]);
/* Key of a rate; subject as above, or of the whole domain if q is.  known: of the
 * second bucket. */
const char *limit_key(char out[KEY_SIZE], const char *domain, enum quota q,
    const struct quota_rate *rate, const char *subject, bool known);

/* May it send?  The strictest level; *reason (may be NULL) is that level's. */
enum dir_state limit_sending(const struct dir_domain *d,
    const struct dir_mailbox *m, const char **reason);

#endif
