/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: the first line as a Content-Type, the second as an encoding,
 * the rest as the body in which hosts are looked for.
 */
#include <string.h>

#include "policy/list_hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
take_line(const char *p, const char *end, size_t *len)
{
	const char *line_end = memchr(p, '\n', (size_t)(end - p));

	if (line_end == NULL)
		line_end = end;
	*len = (size_t)(line_end - p);
	return line_end < end ? line_end + 1 : end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct list_hosts hosts;
	const char *p = (const char *)data, *end = p + size;
	struct oct_mime_entity e = { .type = p };

	if (size == 0)
		return 0;
	e.encoding = take_line(p, end, &e.type_len);
	e.body = take_line(e.encoding, end, &e.encoding_len);
	e.len = (size_t)(end - e.body);
	list_hosts_find(&e, &hosts);
	OCT_ASSERT(hosts.count <= LIST_HOSTS_MAX &&
	    hosts.address_count <= LIST_ADDRESSES_MAX);
	for (size_t i = 0; i < hosts.count; i++)
		OCT_ASSERT(strchr(hosts.host[i], '.') != NULL);
	return 0;
}
