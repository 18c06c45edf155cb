/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody gives an address and wants a link: which mailboxes it opens, and the
 * work that sends them (policy/owner_link.h, OWNER_JOB_LINK).  Whether there is
 * such a mailbox shows neither in what is returned nor in what the store is
 * asked.  Any thread.
 */
#ifndef OCT_POLICY_OWNER_REQUEST_H
#define OCT_POLICY_OWNER_REQUEST_H

#include "lib/store.h"
#include "policy/owner_link.h"

struct owner_request {
	struct store *store;
	const char *node; /* whose courier sends them */
	const char *lang, *net;
	int64_t now_ms;
};

#define OWNER_REQUEST_MAX 8 /* links of one request */

/* within: else (a limit) nothing is sent.  a is folded. */
OCT_CHECK int owner_request_send(const struct owner_request *ask,
    const struct dir_snapshot *dir, const struct oct_addr *a, bool within);

/* What owner_request_send would send, for it and for tests. */
struct owner_requested {
	size_t count;
	struct owner_of of[OWNER_REQUEST_MAX];
};
void owner_request_find(const struct dir_snapshot *dir, const struct oct_addr *a,
    struct owner_requested *out);

#endif
