/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base-32 of RFC 4648 6 in lower case, without padding: what tokens and item
 * names are written in.  Any thread.
 */
#ifndef OCT_LIB_B32_H
#define OCT_LIB_B32_H

#include "lib/def.h"

/* Characters that len octets need, without the NUL. */
#define OCT_B32_LEN(len) (((len) * 8 + 4) / 5)

/* out has room for OCT_B32_LEN(len) + 1. */
void oct_b32_encode(const void *octets, size_t len, char *out);

/*
 * Text of exactly OCT_B32_LEN(len) characters into len octets.  One text only
 * stands for any octets: upper case, padding and set spare bits are OCT_EPARSE.
 */
OCT_CHECK int oct_b32_decode(const char *text, void *octets, size_t len);

#endif
