/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once a day, soon after midnight and at every start: what closes on this day is
 * closed, and the journals end where their retention does.  Both may be done by
 * any node, and again.
 */
#include <string.h>

#include "courier/courier.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/closing.h"
#include "policy/journal.h"

#define RETRY_MS 600000

int
courier_daily(struct courier *c, struct daily *d, int64_t now_ms)
{
	char today[DETAIL_DATE_SIZE];
	size_t closed = 0;
	int rc;

	detail_day(now_ms, today);
	if (strcmp(today, d->done) == 0 || now_ms < d->not_before_ms)
		return 0;
	rc = closing_due(c->store, today, "courier", &closed);
	if (rc == 0)
		rc = journal_trim(
		    c->store, now_ms - c->settings->provisioning_retention);
	if (closed > 0 || rc != 0)
		oct_log(rc != 0 ? OCT_WARNING : OCT_NOTICE,
		    "daily: closed=%zu error=\"%s\"", closed,
		    rc != 0 ? oct_strerror(rc) : "");
	if (rc == 0)
		memcpy(d->done, today, sizeof(d->done));
	else
		d->not_before_ms = now_ms + RETRY_MS;
	return rc == OCT_EDOWN || rc == OCT_ETIME ? rc : 0;
}
