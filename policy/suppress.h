/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that said "I did not send this": for a year they are sent no
 * challenge and no notice.  Only a keyed hash is stored.  Any thread.
 */
#ifndef OCT_POLICY_SUPPRESS_H
#define OCT_POLICY_SUPPRESS_H

#include "lib/def.h"
#include "lib/secret.h"
#include "lib/store.h"

#define SUPPRESS_PURPOSE "suppress" /* of the key, for oct_secret_key */

/* OCT_EPARSE: not an address (the null path is none); else as
 * store_txn_commit. */
OCT_CHECK int suppress_add(struct store *s, const uint8_t key[OCT_KEY_OCTETS],
    const char *rpath);

/* 1 it is, 0 it is not (or no address), or an error of the store. */
OCT_CHECK int suppress_read(struct store *s, const uint8_t key[OCT_KEY_OCTETS],
    const char *rpath);

#endif
