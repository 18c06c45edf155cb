/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For which hosted domains a refusal may carry a link: the page must find the
 * domain again by the hash in the token (policy/pass_domains.h).  The table
 * follows the directory, and is made anew by the first refusal after a change.
 * Any thread.
 */
#ifndef OCT_MILTER_LINKS_H
#define OCT_MILTER_LINKS_H

#include "policy/directory.h"
#include "policy/pass.h"

struct links;

/* Both outlive it. */
OCT_CHECK int links_new(struct directory *directory,
    const struct pass_keys *keys, struct links **out);
void links_free(struct links *l);

/* False too when out of memory: then the message is held. */
bool links_has(struct links *l, const char *domain);

#endif
