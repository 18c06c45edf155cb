/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the milter process shares between its sessions: immutable after start,
 * or thread-safe by its own module.
 */
#ifndef OCT_MILTER_APP_H
#define OCT_MILTER_APP_H

#include <stdatomic.h>

#include "lib/addr.h"
#include "lib/secret.h"
#include "lib/spool.h"
#include "lib/store.h"
#include "lib/token.h"
#include "milter/evaluate.h"
#include "milter/events.h"
#include "milter/ledger.h"
#include "milter/links.h"
#include "policy/casework.h"
#include "policy/directory.h"
#include "policy/dkim_vault.h"
#include "policy/lever.h"
#include "policy/limit.h"
#include "policy/pass.h"
#include "policy/settings.h"

struct app {
	const struct settings *settings;
	struct evaluate_env env;
	struct outside_env outside;
	struct store *store;
	struct directory *directory;
	struct spool *spool;
	struct case_timers timers;
	struct dir_thresholds thresholds;
	struct option_values options;
	struct limit_platform limits;
	struct quota_rate rate_guess;
	struct oct_prefix *relays, *forwarders;
	size_t relay_count, forwarder_count;
	const char **statutory, **providers,
	    **sealers; /* NULL-terminated views
							 of the settings */
	char challenge_domain[OCT_DOMAIN_SIZE];
	uint8_t item_key[32]; /* of held item ids */
	uint8_t sent_key[OCT_KEY_OCTETS]; /* policy/sent.h */
	uint8_t tag_key[OCT_KEY_OCTETS];  /* policy/expect.h */
	uint8_t ledger_key[OCT_KEY_OCTETS]; /* policy/ledger.h */
	struct ledger *ledger; /* of arrivals; NULL = none is kept */
	struct domain_file *institutional, *providers_file;
	struct oct_token_keys tokens;
	struct pass_keys *passes; /* of refusals that can be answered */
	struct links *links;      /* domains that their links may name */
	struct lever *lever;      /* of the administrator */
	struct events *events;    /* decisions, behind the answer */
	struct dkim_vault *vault; /* opens the directory's DKIM keys */
	/* Counters and gate; relaxed. */
	_Atomic int sessions;
	_Atomic bool draining;
	_Atomic uint64_t quota_open; /* limits not applied: store away */
};

/* Open everything; every failure is logged.  0 or an error. */
OCT_CHECK int app_open(const struct settings *settings, struct app **out);
void app_close(struct app *app);

/* Read the files of domains again if they changed, or force.  The main thread. */
void app_refresh(struct app *app, bool force);

#endif
