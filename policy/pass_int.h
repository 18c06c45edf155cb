/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by pass.c and pass_store.c only.
 */
#ifndef OCT_POLICY_PASS_INT_H
#define OCT_POLICY_PASS_INT_H

#include "policy/pass.h"

#define PASS_SID_OCTETS 6

size_t pass_keys_count(const struct pass_keys *k);
void pass_sid_hash_by(const struct pass_keys *k, size_t key, const char *sid,
    char out[PASS_HASH_SIZE]);

#endif
