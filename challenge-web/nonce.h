/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a form carries to show that our page made it: the hour and a keyed check
 * over it and the challenge.  Without cookies there is no session to bind it
 * to: it stops posts by somebody who never read the page.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_NONCE_H
#define OCT_CHALLENGE_WEB_NONCE_H

#include "lib/def.h"

#define NONCE_SIZE 33 /* 32 characters and the NUL */
#define NONCE_HOURS 24

void nonce_make(const uint8_t key[32], const char *id, int64_t now_ms,
    char out[NONCE_SIZE]);

/* 0; OCT_EPARSE, OCT_EAUTH (not ours, or of another challenge), OCT_ETIME. */
OCT_CHECK int nonce_check(const uint8_t key[32], const char *id,
    const char *text, int64_t now_ms);

#endif
