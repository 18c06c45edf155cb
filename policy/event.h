/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was decided of one message for one recipient, and why: an entry of the
 * stream KEY_EVENTS, as one JSON object in its field "v", for `octroictl
 * explain`.  Kept a week.  Any thread.
 */
#ifndef OCT_POLICY_EVENT_H
#define OCT_POLICY_EVENT_H

#include "lib/def.h"
#include "policy/directory.h"

#define EVENT_FIELD "v"
#define EVENT_TTL_MS (7LL * 86400000)

/* Borrowed strings; NULL or "" = not told, and then not written.  Names in the
 * JSON are those of the members. */
struct event {
	const char *id;        /* queue id */
	const char *node;
	const char *item;      /* id of the held item */
	const char *rcpt;      /* final address */
	const char *rpath, *from, *client, *direction;
	const char *class, *why; /* of proof, and the line that gave it */
	const char *spf, *dkim, *dmarc, *credit, *override, *lists;
	const char *symbols;   /* "NAME(1.50),..." */
	const char *virus;     /* what was found */
	const char *verdict, *reason; /* for this recipient */
	const char *reply;     /* verdict for all, where that is no "deliver" */
	const char *reply_reason;
	const char *would;     /* row 8: what would have been done */
	const char *label;
	int row, reply_row, would_row;
	int code;              /* of the reply, 0 = accepted */
	bool ask, transit;
	int32_t score;
	struct dir_thresholds thresholds;
	int64_t time_ms;
};

/* The JSON, which the caller frees; NULL when out of memory. */
char *event_write(const struct event *e);

#endif
