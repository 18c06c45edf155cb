/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: any octets as a stream of socketmap requests.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/str.h"
#include "policy/directory.h"
#include "provisioning/socketmap.h"

static const char world[] =
    "[{\"name\":\"a.test\",\"mailboxes\":{\"bob\":{},"
    "\"f\":{\"forward\":\"g@a.test, x@far.test\"},"
    "\"g\":{\"forward\":\"f+t@a.test, t@a.test\",\"keep_copy\":\"no\"}},"
    "\"aliases\":{"
    "\"t\":{\"targets\":[\"bob@a.test\",\"t2@a.test\",\"x@far.test\"]},"
    "\"t2\":{\"targets\":[\"bob+x@a.test\",\"l@a.test\"]},"
    "\"l\":{\"targets\":[\"any@c.test\"]},"
    "\"r\":{\"targets\":[\"r@a.test\"]}}},"
    "{\"name\":\"c.test\",\"catch_all\":\"bob@a.test\"}]";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct socketmap_site site = {
	    "lmtp:x", "srs.test", "srs:[::1]:1", {"edge.test", ""}};
	static struct dir_snapshot *s; /* made once, for speed */
	static struct oct_str value, out;
	const char *text = (const char *)data;
	struct socketmap_request r;
	size_t used;

	if (s == NULL) {
		if (dir_snapshot_parse(world, sizeof(world) - 1, &s) != 0)
			abort();
		oct_str_heap(&value, 300000);
		oct_str_heap(&out, 1 << 20);
	}
	oct_str_clear(&out);
	while (socketmap_parse(text, size, &r, &used) == 1) {
		enum socketmap_status status =
		    socketmap_answer(s, &site, &r, &value);

		/* An empty OK is an error to Postfix. */
		if (used > size || (status == SOCKETMAP_OK && value.len == 0))
			abort();
		socketmap_reply(status, oct_str_text(&value), &out);
		text += used;
		size -= used;
	}
	return 0;
}
