/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that say what a domain is for: free mail, shorteners, free hosting, mass
 * mailers, recent top-level domains.  Lower-case A-labels.  Constant data; any
 * thread.
 */
#ifndef OCT_POLICY_FEATURES_NAMES_H
#define OCT_POLICY_FEATURES_NAMES_H

#include "lib/def.h"

bool feature_is_freemail(const char *domain);
bool feature_is_shortener(const char *host);
bool feature_is_hosting(const char *host);
bool feature_is_mailer(const char *text);   /* holds a mass mailer's name */
bool feature_is_new_tld(const char *host);
/* Those of them that hardly anybody uses honestly. */
bool feature_is_abused_tld(const char *host);
bool feature_is_institution(const char *domain);
/* As nobody would name a host: letter-digit-letter, many digits, ... */
bool feature_is_odd(const char *host);

#endif
