/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address lists in header fields (RFC 5322 3.4, obsolete forms too): the
 * addresses alone, in order.  Hostile input: bounded, and told apart when it is
 * not of the grammar, so that nobody judges a From that others read otherwise.
 * Any thread.
 */
#ifndef OCT_LIB_ADDRLIST_H
#define OCT_LIB_ADDRLIST_H

#include "lib/addr.h"
#include "lib/def.h"

/*
 * Parse a raw field value (folds allowed) into at most max addresses; *count is
 * always set to how many were stored.  0; OCT_EPARSE: something in it is not an
 * address (the others are stored all the same); OCT_ELIMIT: there are more.
 */
OCT_CHECK int oct_addrlist_parse(const char *value, size_t len,
    struct oct_addr *out, size_t max, size_t *count);

#endif
