/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of hosted domains: verbs of the noun dkim, whose table is in
 * ctl_dkim.c.
 */
#ifndef OCT_PROVISIONING_CTL_DKIM_KEYS_H
#define OCT_PROVISIONING_CTL_DKIM_KEYS_H

#include "provisioning/ctl_cmd.h"

ctl_run ctl_dkim_add, ctl_dkim_list, ctl_dkim_show, ctl_dkim_activate,
    ctl_dkim_retire, ctl_dkim_remove;

extern const struct ctl_option ctl_dkim_add_options[],
    ctl_dkim_activate_options[], ctl_dkim_remove_options[];

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
	    { "retire", "DOMAIN SELECTOR", "sign with it no longer", 2, 2,     \
		NULL, CTL_NO_ATTRIBUTES, ctl_dkim_retire },                    \
	    { "remove", "DOMAIN SELECTOR",                                     \
		"delete a new key, or one retired 7 days ago", 2, 2,           \
		ctl_dkim_remove_options, CTL_NO_ATTRIBUTES, ctl_dkim_remove }

#endif
