/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/fnv.h"

uint32_t
oct_fnv32(uint32_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

uint64_t
oct_fnv64(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = oct_fnv64_octet(h, *text);
	return h;
}
