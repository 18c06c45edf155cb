/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
oct_strerror(int err)
{
	if (err < 0 && err > -1000) {
		const char *text = strerrordesc_np(-err);

		return text != NULL ? text : "unknown system error";
	}
	switch ((enum oct_err)err) {
	case OCT_OK:
		return "success";
	case OCT_EPARSE:
		return "malformed input";
	case OCT_ELIMIT:
		return "limit reached";
	case OCT_ETIME:
		return "deadline passed";
	case OCT_EDOWN:
		return "service unavailable";
	case OCT_EREPLY:
		return "unexpected answer from a service";
	case OCT_ECONFLICT:
		return "state changed meanwhile";
	case OCT_EFULL:
		return "buffer too small";
	case OCT_EAUTH:
		return "authentication failed";
	case OCT_ECONF:
		return "configuration error";
	case OCT_ECORRUPT:
		return "stored data are damaged";
	case OCT_EREFUSED:
		return "refused by the peer";
	case OCT_EDEFER:
		return "deferred by the peer";
	case OCT_EABSENT:
		return "does not exist";
	}
	return "unknown error";
}

void
oct_assert_failed(const char *cond, const char *file, int line)
{
	(void)fprintf(stderr, "octroi: %s:%d: assertion failed: %s\n", file,
	    line, cond);
	abort();
}
