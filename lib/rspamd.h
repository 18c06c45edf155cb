/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of rspamd's normal worker (POST /checkv2): one message over one
 * connection, within a deadline; its answer is JSON of a bounded size.  Any
 * thread.
 */
#ifndef OCT_LIB_RSPAMD_H
#define OCT_LIB_RSPAMD_H

#include "lib/def.h"
#include "lib/smtp_conn.h"

#define RSPAMD_ANSWER_MAX 262144

/* What rspamd is told of the envelope; "" or NULL: nothing.  A value that is not
 * printable ASCII is left out. */
struct rspamd_request {
	const char *client, *helo, *rpath, *queue_id;
	const void *header, *body; /* borrowed */
	size_t header_len, body_len;
};

struct rspamd_opinion {
	int32_t score;    /* hundredths of its own scale, within 1000.00; 0
			     where it skipped the message */
	int32_t required; /* from where it would refuse, likewise */
};

/* 0, or none: OCT_EDOWN, OCT_ETIME, OCT_EDEFER (another status than 200),
 * OCT_EREPLY (no answer of rspamd's), OCT_ELIMIT (longer than
 * RSPAMD_ANSWER_MAX), -errno. */
OCT_CHECK int rspamd_check(const struct smtp_peer *peer,
    const struct rspamd_request *request, int64_t deadline,
    struct rspamd_opinion *out);

#endif
