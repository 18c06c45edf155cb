/* SPDX-License-Identifier: Apache-2.0 */
/* A DMARC record: what is taken for one has policies in range. */
#include "auth/dmarc_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth_dmarc_record r;

	if (auth_dmarc_record_parse((const char *)data, size, &r) != 0)
		return 0;
	OCT_ASSERT(r.p <= AUTH_DMARC_REJECT && r.sp <= AUTH_DMARC_REJECT &&
	    r.np <= AUTH_DMARC_REJECT);
	OCT_ASSERT(r.usable || r.p == AUTH_DMARC_NONE);
	return 0;
}
