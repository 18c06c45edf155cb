/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What octroi-web's handlers share.  Read-only after app_open but for the
 * store: any thread.
 */
#ifndef OCT_CHALLENGE_WEB_APP_H
#define OCT_CHALLENGE_WEB_APP_H

#include "challenge-web/hosts.h"
#include "challenge-web/own_text.h"
#include "lib/secret.h"
#include "lib/spool.h"
#include "lib/store.h"
#include "lib/token.h"
#include "policy/casework.h"
#include "policy/owner_link.h"
#include "policy/settings.h"

#define APP_PREFIX_SIZE 64

/* count 0: no limit */
struct app_rate {
	int64_t count, period_ms;
};

struct app {
	const struct settings *settings; /* borrowed */
	struct store *store;
	struct case_timers timers;
	struct option_values platform; /* options that nobody set closer by */
	struct hosts *hosts;
	struct oct_token_keys tokens;
	struct pass_keys *passes;
	size_t code_keys; /* 2 while the previous secret lives */
	uint8_t code_key[2][OCT_KEY_OCTETS]; /* of challenge_code */
	uint8_t nonce_key[OCT_KEY_OCTETS];
	uint8_t suppress_key[OCT_KEY_OCTETS];
	uint8_t client_key[OCT_KEY_OCTETS]; /* of addresses in the store */
	struct app_rate confirm_net, confirm_org, links_net, links_address;
	struct owner_link_keys links;
	struct spool *spool; /* to show held messages; NULL: not readable here */
	struct own_text own_texts[OWN_TEXTS];
	char prefix[APP_PREFIX_SIZE]; /* path of challenge.url, or "" */
};

/* Errors are logged.  The store may be away. */
OCT_CHECK int app_open(const struct settings *settings, struct app **out);
void app_close(struct app *app);

/* The keys of a site (previous may be NULL); app_open calls it.  -ENOMEM. */
OCT_CHECK int app_keys(struct app *app, const struct oct_secret *secret,
    const struct oct_secret *previous);

#endif
