/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command line names and nobody knows: said with the known name that may
 * have been meant.  Each gives OCT_EPARSE, with problem in English.  Pure.
 */
#ifndef OCT_PROVISIONING_CTL_UNKNOWN_H
#define OCT_PROVISIONING_CTL_UNKNOWN_H

#include "provisioning/ctl_args.h"

/* Say what is wrong with a command line; cut at the size of problem. */
int ctl_wrong(char problem[CTL_PROBLEM_SIZE], const char *fmt, ...)
    OCT_PRINTF(2, 3);
int ctl_unknown_noun(const struct ctl_noun *nouns, const char *name,
    char problem[CTL_PROBLEM_SIZE]);
int ctl_unknown_verb(const struct ctl_noun *noun, const char *name,
    char problem[CTL_PROBLEM_SIZE]);
/* everywhere: the options of all verbs; name: what of arg is its name. */
int ctl_unknown_option(const struct ctl_verb *verb,
    const struct ctl_option *everywhere, const char *arg, const char *name,
    char problem[CTL_PROBLEM_SIZE]);
/* The first word too many, if it was meant to be an attribute; 0: it was not. */
int ctl_unknown_pair(const struct ctl_args *a,
    char problem[CTL_PROBLEM_SIZE]);

#endif
