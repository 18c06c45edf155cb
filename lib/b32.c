/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/b32.h"

#include <string.h>

#include "lib/err.h"

void
oct_b32_encode(const void *octets, size_t len, char *out)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	const uint8_t *in = octets;
	unsigned int bits = 0, held = 0;

	for (size_t i = 0; i < len; i++) {
		bits = (bits << 8 | in[i]) & 0xfff;
		for (held += 8; held >= 5; held -= 5)
			*out++ = alphabet[bits >> (held - 5) & 31];
	}
	if (held > 0)
		*out++ = alphabet[bits << (5 - held) & 31];
	*out = '\0';
}

static int
value_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

int
oct_b32_decode(const char *text, void *octets, size_t len)
{
	size_t chars = OCT_B32_LEN(len);
	uint8_t *out = octets;
	unsigned int bits = 0, held = 0;

	if (strnlen(text, chars + 1) != chars)
		return OCT_EPARSE;
	for (size_t i = 0; i < chars; i++)
		if (value_of(text[i]) < 0)
			return OCT_EPARSE;
	if (len * 8 % 5 != 0 && ((unsigned int)value_of(text[chars - 1]) &
	    ((1u << (chars * 5 - len * 8)) - 1)) != 0)
		return OCT_EPARSE;
	for (size_t i = 0; i < chars; i++) {
		bits = (bits << 5 | (unsigned int)value_of(text[i])) & 0xfff;
		held += 5;
		if (held < 8)
			continue;
		held -= 8;
		*out++ = (uint8_t)(bits >> held & 0xff);
	}
	return 0;
}
