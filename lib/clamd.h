/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of clamd (clamd(8), INSTREAM): one message over one connection, within
 * a deadline.  What clamd answers is not trusted further than a line.  Any thread.
 */
#ifndef OCT_LIB_CLAMD_H
#define OCT_LIB_CLAMD_H

#include "lib/def.h"
#include "lib/smtp_conn.h"

#define CLAMD_NAME_SIZE 96   /* of a signature, with its NUL */
#define CLAMD_ANSWER_SIZE 256

/* What is scanned, in order: borrowed. */
struct clamd_part {
	const void *octets;
	size_t len;
};

enum clamd_verdict {
	CLAMD_CLEAN,
	CLAMD_FOUND,
	CLAMD_TOO_BIG /* more than its StreamMaxLength */
};

struct clamd_result {
	enum clamd_verdict verdict;
	char name[CLAMD_NAME_SIZE]; /* found: letters, digits and ".-_/" only */
};

/*
 * 0, or no verdict: OCT_EDOWN (no connection, or cut), OCT_ETIME, OCT_EDEFER
 * (clamd says that it failed), OCT_EREPLY (no answer of clamd's), -errno.
 * deadline: absolute monotonic milliseconds.
 */
OCT_CHECK int clamd_scan(const struct smtp_peer *peer,
    const struct clamd_part *parts, size_t count, int64_t deadline,
    struct clamd_result *out);

/* One line for one command without arguments ("PING", "VERSION"). */
OCT_CHECK int clamd_ask(const struct smtp_peer *peer, const char *command,
    int64_t deadline, char out[CLAMD_ANSWER_SIZE]);

/* When the signatures were made, Unix ms, out of the answer to VERSION
 * ("ClamAV 1.4.2/27400/Mon Sep  9 10:31:44 2024"); OCT_EPARSE: it does not say,
 * which is so without an official data base. */
OCT_CHECK int clamd_signatures(const char *version, int64_t *out_ms);

#endif
