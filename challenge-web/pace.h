/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much one proven organisation, or one client network, confirms
 * (challenge.md 9).  Above that the press of a button alone is not enough for a
 * challenge, and no refusal is confirmed.  A confirmation is charged before it
 * is made, so that no number at once gets past.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_PACE_H
#define OCT_CHALLENGE_WEB_PACE_H

#include "challenge-web/app.h"
#include "lib/addr.h"

/* sid NULL: nothing was proven, the network alone counts. */

/* Would one more be over?  1, 0, or an error of the store. */
OCT_CHECK int pace_is_over(const struct app *app, const char *sid,
    const struct oct_ip *client);
/* 1 charged; 0 over, *retry_ms says for how long; or an error of the store. */
OCT_CHECK int pace_take(const struct app *app, const char *sid,
    const struct oct_ip *client, int64_t *retry_ms);
/* Nothing was confirmed after all; best effort. */
void pace_give_back(const struct app *app, const char *sid,
    const struct oct_ip *client);

#endif
