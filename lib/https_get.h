/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One GET over TLS with a verified certificate, for policies that strangers
 * publish (RFC 8461 3.3).  Nothing is followed, nothing is kept.  Blocks; no
 * state: any thread.
 */
#ifndef OCT_LIB_HTTPS_GET_H
#define OCT_LIB_HTTPS_GET_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/str.h"

#define HTTPS_GET_MAX 65536 /* octets of an answer, head included */
#define HTTPS_GET_PROBLEM_SIZE 160

struct https_get {
	const char *host; /* in the certificate and the Host field */
	struct oct_ip ip; /* where to connect */
	uint16_t port;
	const char *path;
	int64_t deadline_ms; /* monotonic */
};

/*
 * 0: *status (200, 404...) and the body (appended) came; OCT_ETIME, OCT_EAUTH
 * (the certificate is not good for host), OCT_EREPLY (no HTTP answer, or too
 * long), -errno.  problem says in English what it was.
 */
OCT_CHECK int https_get(const struct https_get *g, unsigned int *status,
    struct oct_str *body, char problem[HTTPS_GET_PROBLEM_SIZE]);

#endif
