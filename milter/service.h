/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail to the service addresses of the challenge domain (challenge.md 9): a reply
 * that confirms, a bounce of a challenge or of a released item.  Read, acted
 * upon, never delivered and never answered.
 */
#ifndef OCT_MILTER_SERVICE_H
#define OCT_MILTER_SERVICE_H

#include "milter/judge.h"

/* Act on every service recipient of the message.  0, or an error of the store:
 * the message is then deferred, and acting again is harmless. */
OCT_CHECK int service_handle(struct judge *j);

/* Pure: does this body of a report say that delivery failed for good?  Looks at
 * the first 64 KiB for a line "Action: failed" (RFC 3464 2.3.3). */
bool service_is_failure(const char *body, size_t len);

#endif
