/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sender's link leads to.  GET and HEAD change nothing; POST confirms or
 * disowns, and can be repeated.  Waits for the store.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_CHALLENGE_PAGE_H
#define OCT_CHALLENGE_WEB_CHALLENGE_PAGE_H

#include "challenge-web/view.h"

/* v->path is "/" and the token; id is the token's. */
void challenge_page(struct view *v, const char *id);

#endif
