/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hosted domain the token of a refusal is for: the token carries a hash
 * of 40 bits, this table has the hash of every hosted domain.  Domains whose
 * hashes meet are not in it (challenge.md 9: refused at load), so that no pass
 * is ever written for another domain than the one that refused.  Immutable: any
 * thread.
 */
#ifndef OCT_POLICY_PASS_DOMAINS_H
#define OCT_POLICY_PASS_DOMAINS_H

#include "policy/directory.h"
#include "policy/pass.h"

struct pass_domains;

/* Names stay the snapshot's, which must outlive the table.  Domains that are
 * left out are logged.  -ENOMEM. */
OCT_CHECK int pass_domains_new(const struct pass_keys *k,
    const struct dir_snapshot *s, struct pass_domains **out);
void pass_domains_free(struct pass_domains *d);

/* The domain of a token, or NULL: none (any more). */
const struct dir_domain *pass_domains_find(const struct pass_domains *d,
    const struct pass_token *t);
/* May tokens be made for it?  Not if its hash meets another's. */
bool pass_domains_has(const struct pass_domains *d, const char *domain);

#endif
