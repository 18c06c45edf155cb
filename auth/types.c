/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/types.h"

#include <strings.h>

#include "lib/err.h"

static const char *const result_names[] = {
	[AUTH_NONE] = "none",           [AUTH_PASS] = "pass",
	[AUTH_FAIL] = "fail",           [AUTH_SOFTFAIL] = "softfail",
	[AUTH_NEUTRAL] = "neutral",     [AUTH_POLICY] = "policy",
	[AUTH_TEMPERROR] = "temperror", [AUTH_PERMERROR] = "permerror",
};

static const char *const policy_names[] = {
	[AUTH_DMARC_NONE] = "none",
	[AUTH_DMARC_QUARANTINE] = "quarantine",
	[AUTH_DMARC_REJECT] = "reject",
};

const char *
auth_result_name(enum auth_result r)
{
	OCT_ASSERT((size_t)r < OCT_LEN(result_names));
	return result_names[r];
}

int
auth_result_parse(const char *word, enum auth_result *out)
{
	for (size_t i = 0; i < OCT_LEN(result_names); i++) {
		if (strcasecmp(word, result_names[i]) != 0)
			continue;
		*out = (enum auth_result)i;
		return 0;
	}
	return OCT_EPARSE;
}

const char *
auth_dmarc_policy_name(enum auth_dmarc_policy p)
{
	OCT_ASSERT((size_t)p < OCT_LEN(policy_names));
	return policy_names[p];
}
