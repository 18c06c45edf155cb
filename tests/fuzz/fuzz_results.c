/* SPDX-License-Identifier: Apache-2.0 */
/* An Authentication-Results field: what was parsed is known by its own id. */
#include <stdlib.h>

#include "auth/results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth_results *r = malloc(sizeof(*r));
	const char *text = (const char *)data;

	if (r == NULL)
		return 0;
	(void)auth_results_claims(text, size, "mx.example.org");
	if (auth_results_parse(text, size, r) == 0)
		OCT_ASSERT(auth_results_claims(text, size, r->authserv_id));
	free(r);
	return 0;
}
