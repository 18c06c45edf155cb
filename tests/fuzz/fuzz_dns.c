/* SPDX-License-Identifier: Apache-2.0 */
/* First octet: the type asked for, of the root; the rest: an answer. */
#include "lib/dns_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_NS, DNS_CNAME,
		DNS_SOA, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA };
	static struct dns_parser *parser;
	struct dns_key key = { .name = { 1, { 0 } } };
	struct dns_asked asked = { .key = &key, .trust_ad = true };
	struct dns_heard heard = { .ttl_s = UINT32_MAX, .secure = true };

	if (parser == NULL)
		parser = dns_parser_new();
	if (size < 3 || parser == NULL)
		return 0;
	key.type = types[data[0] % OCT_LEN(types)];
	asked.id = (uint16_t)(data[1] << 8 | data[2]);
	(void)!dns_parse(parser, data + 1, size - 1, &asked, &heard);
	dns_result_put(heard.result);
	return 0;
}
