/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens of a challenge: what a page's URL, a reply address and a bounce
 * address carry.  A token is a random id with a keyed check, so that a made-up
 * one costs no look-up.  25 octets: version and purpose, id (8), check (16).
 * Keys are read-only after init: any thread.
 */
#ifndef OCT_LIB_TOKEN_H
#define OCT_LIB_TOKEN_H

#include "lib/def.h"
#include "lib/secret.h"

#define OCT_TOKEN_SIZE 41    /* 40 characters and the NUL */
#define OCT_TOKEN_ID_SIZE 17 /* 16 hexadecimal digits and the NUL */
#define OCT_TOKEN_CODE_SIZE 7

/* Only page and reply tokens confirm; the values are part of tokens. */
enum oct_token_purpose {
	OCT_TOKEN_PAGE = 1,
	OCT_TOKEN_REPLY = 2,
	OCT_TOKEN_BOUNCE = 3,
	OCT_TOKEN_PROBE = 4 /* of a legacy address (policy/probe.h) */
};
#define OCT_TOKEN_PURPOSES 4

struct oct_token_keys {
	/* [0] current, makes and checks; [1] previous, checks only */
	uint8_t key[2][OCT_TOKEN_PURPOSES][OCT_KEY_OCTETS];
};

/* previous may be NULL. */
void oct_token_keys_init(struct oct_token_keys *keys,
    const struct oct_secret *current, const struct oct_secret *previous);
void oct_token_keys_fini(struct oct_token_keys *keys);

/*
 * The token of a known id (16 lower-case hexadecimal digits; else OCT_EPARSE):
 * the three tokens of a challenge share its id.
 */
OCT_CHECK int oct_token_for(const struct oct_token_keys *keys,
    enum oct_token_purpose purpose, const char *id, char text[OCT_TOKEN_SIZE]);

/*
 * Check a token made for this purpose; id is written on success only.
 * OCT_EPARSE: not of this form, version or purpose; OCT_EAUTH: not ours.  The
 * time taken does not depend on the check's value.  Lower case only: mail
 * systems change the case of addresses, so fold those first.
 */
OCT_CHECK int oct_token_parse(const struct oct_token_keys *keys,
    enum oct_token_purpose purpose, const char *text,
    char id[OCT_TOKEN_ID_SIZE]);

#endif
