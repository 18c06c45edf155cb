/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What octroi-web's handlers share.  Read-only after app_open but for the
 * store: any thread.
 */
#ifndef OCT_CHALLENGE_WEB_APP_H
#define OCT_CHALLENGE_WEB_APP_H

#include "lib/secret.h"
#include "lib/store.h"
#include "lib/token.h"
#include "policy/casework.h"
#include "policy/settings.h"

#define APP_PREFIX_SIZE 64

struct app {
	const struct settings *settings; /* borrowed */
	struct store *store;
	struct case_timers timers;
	struct oct_token_keys tokens;
	uint8_t code_key[OCT_KEY_OCTETS];     /* of challenge_code */
	uint8_t nonce_key[OCT_KEY_OCTETS];
	uint8_t suppress_key[OCT_KEY_OCTETS];
	char prefix[APP_PREFIX_SIZE]; /* path of challenge.url, or "" */
};

/* Errors are logged.  The store may be away. */
OCT_CHECK int app_open(const struct settings *settings, struct app **out);
void app_close(struct app *app);

/* The keys of a site; app_open calls it. */
void app_keys(struct app *app, const struct oct_secret *secret);

#endif
