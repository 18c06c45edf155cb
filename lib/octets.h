/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as octets of tokens, files and protocols.  Any thread.
 */
#ifndef OCT_LIB_OCTETS_H
#define OCT_LIB_OCTETS_H

#include "lib/def.h"

/*
 * Write v, which must fit, in that many octets (at most 8), and read it again:
 * be with the high octet first, le with the low one first.  Writing returns
 * octets, for those who add up.
 */
size_t oct_be_put(uint8_t *at, uint64_t v, size_t octets);
uint64_t oct_be_get(const uint8_t *at, size_t octets);
size_t oct_le_put(uint8_t *at, uint64_t v, size_t octets);
uint64_t oct_le_get(const uint8_t *at, size_t octets);

#endif
