/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrong answers (challenge.md 5): 5 for a token, then one an hour; 20 for a
 * client address (IPv6: its /64), then one each 3 minutes.  A try is charged
 * before the answer is looked at, so that no number of posts at once gets more,
 * and given back when it was right.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_TRIES_H
#define OCT_CHALLENGE_WEB_TRIES_H

#include "challenge-web/app.h"
#include "lib/addr.h"

/* token: its id.  1 = charged; 0 = over, *retry_ms says for how long; else an
 * error of the store, and nothing may be tried. */
OCT_CHECK int tries_take(const struct app *app, const char *token,
    const struct oct_ip *client, int64_t *retry_ms);
/* Best effort: a charge that stays does no harm. */
void tries_give_back(const struct app *app, const char *token,
    const struct oct_ip *client);

#endif
