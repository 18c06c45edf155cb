/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of hosted domains: verbs of the noun dkim, whose table is in
 * ctl_dkim.c.
 */
#ifndef OCT_PROVISIONING_CTL_DKIM_KEYS_H
#define OCT_PROVISIONING_CTL_DKIM_KEYS_H

#include "policy/dkim_keys.h"
#include "provisioning/ctl_cmd.h"

ctl_run ctl_dkim_add, ctl_dkim_list, ctl_dkim_show, ctl_dkim_activate,
    ctl_dkim_retire, ctl_dkim_remove, ctl_dkim_rotate;

extern const struct ctl_option ctl_dkim_add_options[],
    ctl_dkim_activate_options[], ctl_dkim_remove_options[],
    ctl_dkim_rotate_options[];

/* What all begin with: the domain, the store, who and when.  A status. */
int ctl_dkim_begin(struct ctl *ctl, const struct ctl_args *args,
    char domain[OCT_DOMAIN_SIZE], struct dkim_keys_change *out);
/* Make a key; c->selector "": under a name of the day, which is then
 * selector.  A status. */
int ctl_dkim_add_key(struct ctl *ctl, struct dkim_keys_change *c,
    bool ed25519, char selector[DKIM_SELECTOR_SIZE]);
/* The status that belongs to what a step gave, after a word about it. */
int ctl_dkim_outcome(const struct ctl *ctl, int rc, const char *problem,
    const char *done, const char *name);
/* May c->selector sign?  Asks the resolver and each name server, and notes what
 * they show.  A status: 75 while it is not there, or its time has not come. */
int ctl_dkim_prepare(struct ctl *ctl, const struct ctl_args *args,
    const struct dkim_keys_change *c);

/* One line of a zone file with the record of name. */
void ctl_dkim_zone_line(const char *name, const char *record,
    struct oct_str *out);

#define CTL_DKIM_KEYS_VERBS                                                    \
	{ "add", "DOMAIN [SELECTOR]", "make a new key pair to be published",   \
	    1, 2, ctl_dkim_add_options, CTL_NO_ATTRIBUTES, ctl_dkim_add },     \
	    { "list", "DOMAIN", "print the keys of a domain", 1, 1, NULL,      \
		CTL_NO_ATTRIBUTES, ctl_dkim_list },                            \
	    { "show", "DOMAIN SELECTOR",                                       \
		"print a key's DNS record, and whether it is there", 2, 2,     \
		ctl_auth_dns_options, CTL_NO_ATTRIBUTES, ctl_dkim_show },      \
	    { "activate", "DOMAIN SELECTOR",                                   \
		"sign with it; the former key of its kind is retired", 2, 2,   \
		ctl_dkim_activate_options, CTL_NO_ATTRIBUTES,                  \
		ctl_dkim_activate },                                           \
	    { "rotate", "DOMAIN",                                              \
		"do the next step towards new keys: publish, wait, sign, "     \
		"remove the old ones", 1, 1, ctl_dkim_rotate_options,          \
		CTL_NO_ATTRIBUTES, ctl_dkim_rotate },                          \
	    { "retire", "DOMAIN SELECTOR", "sign with it no longer", 2, 2,     \
		NULL, CTL_NO_ATTRIBUTES, ctl_dkim_retire },                    \
	    { "remove", "DOMAIN SELECTOR",                                     \
		"delete a new key, or one retired 7 days ago", 2, 2,           \
		ctl_dkim_remove_options, CTL_NO_ATTRIBUTES, ctl_dkim_remove }

#endif
