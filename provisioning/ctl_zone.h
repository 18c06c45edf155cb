/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands about the DNS of a domain: `domain dns`, `domain check`,
 * `domain watch`, `domain study`; and what they share.  One thread.
 */
#ifndef OCT_PROVISIONING_CTL_ZONE_H
#define OCT_PROVISIONING_CTL_ZONE_H

#include "policy/zone.h"
#include "provisioning/ctl_cmd.h"

/* A hosted domain, or challenge.domain, with what its DNS should be.  Begins as
 * zero. */
struct ctl_zone {
	char domain[OCT_DOMAIN_SIZE];
	const struct dir_snapshot *snapshot;
	const struct dir_domain *entry; /* NULL: it is challenge.domain */
	struct hosting hosting;
	struct dkim_keys keys;
	struct zone zone;
};

/* A status; ctl_zone_close in every case. */
int ctl_zone_open(struct ctl *ctl, const char *domain, struct ctl_zone *out);
void ctl_zone_close(struct ctl_zone *z);
/* challenge.domain, normalised; false: there is none. */
bool ctl_zone_own(const struct settings *set, char out[OCT_DOMAIN_SIZE]);

/* --lang: that language, or the configuration's; a status. */
int ctl_english(struct ctl *ctl, const struct ctl_args *args, bool *english);
#define CTL_LANG_OPTION { "lang", "fr|en", "language of the words" }

ctl_run ctl_domain_dns, ctl_domain_check, ctl_domain_study, ctl_domain_watch;
extern const struct ctl_option ctl_domain_dns_options[],
    ctl_domain_check_options[], ctl_domain_study_options[],
    ctl_domain_watch_options[];

#define CTL_ZONE_VERBS                                                         \
	{ "dns", "DOMAIN", "print the records that its zone must have", 1, 1,  \
	    ctl_domain_dns_options, CTL_NO_ATTRIBUTES, ctl_domain_dns },       \
	{ "check", "DOMAIN", "is its DNS right? what to change", 1, 1,         \
	    ctl_domain_check_options, CTL_NO_ATTRIBUTES, ctl_domain_check },   \
	{ "watch", "[DOMAIN...]",                                              \
	    "check all hosted domains and tell what changed, for a timer", 0,  \
	    CTL_ANY, ctl_domain_watch_options, CTL_NO_ATTRIBUTES,              \
	    ctl_domain_watch },                                                \
	{ "study", "DOMAIN",                                                   \
	    "a domain elsewhere: who runs it, risks, and what to change in "   \
	    "which order to bring it here", 1, 1, ctl_domain_study_options,    \
	    CTL_NO_ATTRIBUTES, ctl_domain_study }

#endif
