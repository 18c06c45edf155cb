/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/caps.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/options.h"
#include "policy/proof.h"
#include "policy/settings.h"

#define HASH_OCTETS 16
#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define STEP_MAX 5 /* limits of one step */

void
caps_limits(const struct settings *s, struct caps_limits *out)
{
	*out = (struct caps_limits){ .sender = s->cap_sender,
		.domain = s->cap_domain,
		.network = s->cap_network,
		.provider = s->cap_network_provider,
		.platform = s->cap_platform,
		.share_percent = s->share_percent };
}

int64_t
caps_of_domain(int64_t platform, int64_t in_force)
{
	if (platform != CAPS_DOMAIN_STANDARD && in_force > platform)
		return platform;
	return in_force;
}

bool
caps_is_provider(const struct settings *s, const char *org)
{
	for (size_t i = 0; i < s->big_providers.count; i++)
		if (strcmp(s->big_providers.values[i], org) == 0)
			return true;
	return false;
}

void
caps_sender(const uint8_t key[OCT_KEY_OCTETS], const char *rpath,
    char out[CAPS_SUBJECT_SIZE])
{
	char text[OCT_ADDR_SIZE] = "", hex[HASH_OCTETS * 2 + 1];
	struct oct_addr addr, folded;
	uint8_t hash[HASH_OCTETS];

	if (oct_addr_parse(rpath, &addr) == 0) {
		proof_fold(&addr, &folded);
		oct_addr_text(&folded, text);
	}
	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)text,
	    strlen(text), key, OCT_KEY_OCTETS);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)snprintf(out, CAPS_SUBJECT_SIZE, "%s", hex);
}

void
caps_share(const char *org, const char *sender, bool listed,
    char out[CAPS_SUBJECT_SIZE])
{
	/* No domain name begins so. */
	if (listed)
		(void)snprintf(out, CAPS_SUBJECT_SIZE, "@%s", sender);
	else
		(void)snprintf(out, CAPS_SUBJECT_SIZE, "%s", org);
}

const char *
caps_limit_name(enum caps_limit l)
{
	switch (l) {
	case CAPS_SENDER:
		return "cap-sender";
	case CAPS_NETWORK:
		return "cap-network";
	case CAPS_NETWORK_SHARE:
		return "share-network";
	case CAPS_PLATFORM:
		return "cap-platform";
	case CAPS_PLATFORM_SHARE:
		return "share-platform";
	case CAPS_DOMAIN:
		return "cap-domain";
	case CAPS_DOMAIN_SHARE:
		return "share-domain";
	case CAPS_MAILBOX:
		return "cap-mailbox";
	case CAPS_MAILBOX_SHARE:
		return "share-mailbox";
	}
	return "?";
}

/* --- Which limits, with which counts -------------------------------------------- */

/* At least one: who may use nothing could never be asked. */
static int64_t
share_of(const struct caps_limits *limits, int64_t count)
{
	int64_t n = count * limits->share_percent / 100;

	return n > 0 ? n : 1;
}

/* "part whole": a part (organisation or hash) has no spaces. */
static const char *
pair(const char *part, const char *whole, char out[KEY_SIZE])
{
	(void)snprintf(out, KEY_SIZE, "%s %s", part, whole);
	return out;
}

static void
platform_rate(const struct caps_limits *limits, const struct caps_ask *ask,
    enum caps_limit l, struct caps_rate *out)
{
	int64_t network = ask->provider ? limits->provider : limits->network;
	char text[KEY_SIZE];

	out->period_ms = DAY_MS;
	if (l == CAPS_SENDER) {
		key_cap(out->key, "sender", ask->sender);
		out->count = limits->sender;
	} else if (l == CAPS_NETWORK) {
		key_cap(out->key, "network", ask->network);
		out->count = network;
		out->period_ms = HOUR_MS;
	} else if (l == CAPS_NETWORK_SHARE) {
		key_cap(out->key, "network-share",
		    pair(ask->share, ask->network, text));
		/* A provider's is shared by all who are there; any other is
		 * mostly the organisation's own. */
		out->count = ask->provider ? share_of(limits, network)
					   : network;
		out->period_ms = HOUR_MS;
	} else if (l == CAPS_PLATFORM) {
		key_cap(out->key, "platform", "all");
		out->count = limits->platform;
	} else {
		key_cap(out->key, "platform-share", ask->share);
		out->count = share_of(limits, limits->platform);
	}
}

void
caps_rate(const struct caps_limits *limits, const struct caps_ask *ask,
    const struct caps_box *box, enum caps_limit l, struct caps_rate *out)
{
	char text[KEY_SIZE];

	if (l < CAPS_DOMAIN) {
		platform_rate(limits, ask, l, out);
		return;
	}
	out->period_ms = DAY_MS;
	if (l == CAPS_DOMAIN) {
		key_rate(out->key, ask->domain, "ask", "all");
		out->count = limits->domain;
	} else if (l == CAPS_DOMAIN_SHARE) {
		key_rate(out->key, ask->domain, "ask-share", ask->share);
		out->count = share_of(limits, limits->domain);
	} else if (l == CAPS_MAILBOX) {
		key_rate(out->key, ask->domain, "ask-box", box->local);
		out->count = box->cap;
	} else {
		key_rate(out->key, ask->domain, "ask-box-share",
		    pair(ask->share, box->local, text));
		out->count = box->share;
	}
}

/* --- Charging -------------------------------------------------------------------- */

/* Consecutive limits of one tag. */
struct step {
	const struct caps_limits *limits;
	const struct caps_ask *ask;
	const struct caps_box *box;
	enum caps_limit first;
	size_t count;
};

static void
fill(const struct step *st, struct caps_rate *own,
    struct store_rate rates[STEP_MAX])
{
	for (size_t i = 0; i < st->count; i++) {
		caps_rate(st->limits, st->ask, st->box,
		    (enum caps_limit)(st->first + i), &own[i]);
		rates[i] = (struct store_rate){ .key = own[i].key,
			.count = own[i].count,
			.period_ms = own[i].period_ms,
			.burst = own[i].count,
			.cost = 1 };
	}
}

static int
take(struct store *s, const struct step *st, enum caps_limit *over)
{
	struct caps_rate own[STEP_MAX];
	struct store_rate rates[STEP_MAX];
	size_t which = 0;
	int64_t retry;
	int rc;

	fill(st, own, rates);
	for (size_t i = 0; i < st->count; i++) {
		*over = (enum caps_limit)(st->first + i);
		if (own[i].count <= 0)
			return 0; /* never asks */
	}
	rc = store_rate_take(s, rates, st->count, &which, &retry);
	*over = (enum caps_limit)(st->first + which);
	return rc;
}

static int
give_back(struct store *s, const struct step *st)
{
	struct caps_rate own[STEP_MAX];
	struct store_rate rates[STEP_MAX];

	fill(st, own, rates);
	return store_rate_refund(s, rates, st->count);
}

int
caps_take(struct store *s, const struct caps_limits *limits,
    const struct caps_ask *ask, const struct caps_box *box,
    enum caps_limit *over)
{
	struct step wide = { limits, ask, NULL, CAPS_SENDER, CAPS_WIDE };
	struct step hosted = { limits, ask, box, CAPS_DOMAIN, box != NULL ? 4 : 2 };
	int rc = take(s, &wide, over);

	if (rc != 1)
		return rc;
	rc = take(s, &hosted, over);
	if (rc != 1)
		/* What is not given back runs out by itself. */
		(void)!give_back(s, &wide);
	return rc;
}

int
caps_give_back(struct store *s, const struct caps_limits *limits,
    const struct caps_ask *ask, const struct caps_box *box)
{
	struct step wide = { limits, ask, NULL, CAPS_SENDER, CAPS_WIDE };
	struct step hosted = { limits, ask, box, CAPS_DOMAIN, box != NULL ? 4 : 2 };
	int rc = give_back(s, &hosted);

	return rc != 0 ? rc : give_back(s, &wide);
}

int
caps_take_box(struct store *s, const struct caps_ask *ask,
    const struct caps_box *box, enum caps_limit *over)
{
	struct step st = { NULL, ask, box, CAPS_MAILBOX, 2 };

	return take(s, &st, over);
}

int
caps_give_back_box(struct store *s, const struct caps_ask *ask,
    const struct caps_box *box)
{
	struct step st = { NULL, ask, box, CAPS_MAILBOX, 2 };

	return give_back(s, &st);
}

/* --- Numbers of the day ------------------------------------------------------------ */

void
caps_day(int64_t wall_ms, char out[CAPS_DAY_SIZE])
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	*out = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(out, CAPS_DAY_SIZE, "%Y%m%d", &tm);
}

static void
count(struct store_txn *txn, const char *key, const char *what,
    const char *name, int64_t n)
{
	char field[KEY_SIZE];

	(void)snprintf(field, sizeof(field), "%s%s%s", what,
	    *name != '\0' ? ":" : "", name);
	store_txn_hincr(txn, key, field, n);
}

/* NULL: no memory, and no numbers. */
static struct store_txn *
begin(int64_t now_ms, char key[KEY_SIZE])
{
	char day[CAPS_DAY_SIZE];
	struct store_txn *txn = NULL;

	if (store_txn_new(&txn) != 0)
		return NULL;
	caps_day(now_ms, day);
	key_asked(key, day);
	return txn;
}

static void
end(struct store *s, struct store_txn *txn, const char *key)
{
	store_txn_expire(txn, key, KEY_TTL_ASKED_MS);
	(void)!store_txn_commit(s, txn);
	store_txn_free(txn);
}

void
caps_note_sent(struct store *s, const struct caps_ask *ask, int64_t now_ms)
{
	char key[KEY_SIZE];
	struct store_txn *txn = begin(now_ms, key);

	if (txn == NULL)
		return;
	count(txn, key, "sent", "", 1);
	count(txn, key, "domain", ask->domain, 1);
	/* Whether it is a provider's says which cap is meant. */
	count(txn, key, ask->provider ? "provider" : "network", ask->network,
	    1);
	end(s, txn, key);
}

void
caps_note_silent(struct store *s, const struct caps_silent *silent, size_t n,
    int64_t now_ms)
{
	char key[KEY_SIZE];
	struct store_txn *txn = n > 0 ? begin(now_ms, key) : NULL;

	if (txn == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		count(txn, key, "silent", silent[i].why, silent[i].count);
	end(s, txn, key);
}
