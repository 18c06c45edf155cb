/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page behind the link of a refusal (challenge.md 9): who was refused
 * retypes the address he wrote from, and may then send his message again.  It
 * names the hosted domain and nothing else.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_PASS_PAGE_H
#define OCT_CHALLENGE_WEB_PASS_PAGE_H

#include "challenge-web/view.h"
#include "policy/pass.h"

/* token: checked, and in time.  Waits for the store. */
void pass_page(struct view *v, const struct pass_token *token);

#endif
