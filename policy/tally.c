/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tally.h"

#include <stdio.h>
#include <time.h>

#include "policy/keys.h"

void
tally_day(int64_t now_ms, char out[TALLY_DAY_SIZE])
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(out, TALLY_DAY_SIZE, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(out, TALLY_DAY_SIZE, "1970-01-01");
}

void
tally_count(struct store_txn *txn, const char *domain, int64_t now_ms,
    const char *name)
{
	char key[KEY_SIZE], day[TALLY_DAY_SIZE];

	tally_day(now_ms, day);
	key_stat(key, domain, day);
	store_txn_hincr(txn, key, name, 1);
	store_txn_expire(txn, key, KEY_TTL_STAT_MS);
}
