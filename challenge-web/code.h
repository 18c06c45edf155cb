/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When confirming takes the code of the mail, not the button alone (challenge.md
 * 9).  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_CODE_H
#define OCT_CHALLENGE_WEB_CODE_H

#include "challenge-web/app.h"
#include "lib/addr.h"

enum code_need {
	CODE_NOT,
	CODE_EARLY, /* only now: the mail has just left */
	CODE_ALWAYS /* an owner chose so, or too much is confirmed */
};

/* 0, or an error of the store. */
OCT_CHECK int code_need(const struct app *app, const struct case_challenge *c,
    const struct oct_ip *client, int64_t now_ms, enum code_need *out);

#define CODE_DIGITS 6
/* Is that the code of this challenge, by a key that lives? */
bool code_is_right(const struct app *app, const char *id,
    const char code[CODE_DIGITS + 1]);

#endif
