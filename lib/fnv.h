/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FNV-1a: short sums that spread texts over slots.  Some are stored (in names of
 * keys, in the classifier's file): they stay what they are.  Texts of one sum are
 * easily made: nothing rests on these that somebody gains by forging.  Any thread.
 */
#ifndef OCT_LIB_FNV_H
#define OCT_LIB_FNV_H

#include "lib/def.h"

/* What a sum begins with. */
#define OCT_FNV32 2166136261u
#define OCT_FNV64 14695981039346656037u

/* The sum h with one octet more. */
static inline uint64_t
oct_fnv64_octet(uint64_t h, char octet)
{
	return (h ^ (unsigned char)octet) * 1099511628211u;
}

/* The sum h with a text more, without its NUL. */
uint32_t oct_fnv32(uint32_t h, const char *text);
uint64_t oct_fnv64(uint64_t h, const char *text);

#endif
