/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrong codes (challenge.md 5): 5 for a challenge, then one an hour; 20 for a
 * client network, then one each 3 minutes.  A try is charged before the code is
 * looked at, so that no number of posts at once gets more, and given back when
 * the code was right.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_TRIES_H
#define OCT_CHALLENGE_WEB_TRIES_H

#include "lib/addr.h"
#include "lib/store.h"

/* 1 = charged; 0 = over, *retry_ms says for how long; else an error of the
 * store, and nothing may be tried. */
OCT_CHECK int tries_take(struct store *s, const char *challenge_id,
    const struct oct_ip *client, int64_t *retry_ms);
/* Best effort: a charge that stays does no harm. */
void tries_give_back(struct store *s, const char *challenge_id,
    const struct oct_ip *client);

#endif
