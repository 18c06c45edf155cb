/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client in X-Forwarded-For.  Pure; any thread.
 */
#ifndef OCT_CHALLENGE_WEB_FORWARDED_H
#define OCT_CHALLENGE_WEB_FORWARDED_H

#include "lib/addr.h"

/*
 * The last entry: the one that our own proxy wrote, whatever the client put
 * before it.  OCT_EPARSE: not an address.
 */
OCT_CHECK int forwarded_client(const char *header, struct oct_ip *out);

#endif
