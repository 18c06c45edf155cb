/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/octets.h"

#include "lib/err.h"

static bool
fits(uint64_t v, size_t octets)
{
	return octets == 8 || (octets < 8 && v >> (8 * octets) == 0);
}

size_t
oct_be_put(uint8_t *at, uint64_t v, size_t octets)
{
	OCT_ASSERT(fits(v, octets));
	for (size_t i = octets; i > 0; i--, v >>= 8)
		at[i - 1] = (uint8_t)(v & 0xff);
	return octets;
}

uint64_t
oct_be_get(const uint8_t *at, size_t octets)
{
	uint64_t v = 0;

	for (size_t i = 0; i < octets; i++)
		v = v << 8 | at[i];
	return v;
}

size_t
oct_le_put(uint8_t *at, uint64_t v, size_t octets)
{
	OCT_ASSERT(fits(v, octets));
	for (size_t i = 0; i < octets; i++, v >>= 8)
		at[i] = (uint8_t)(v & 0xff);
	return octets;
}

uint64_t
oct_le_get(const uint8_t *at, size_t octets)
{
	uint64_t v = 0;

	for (size_t i = octets; i > 0; i--)
		v = v << 8 | at[i - 1];
	return v;
}
