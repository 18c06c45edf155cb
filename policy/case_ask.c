/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from a challenge beside its relations: items that nobody was
 * asked for wait as long as silent ones, and breakers hear how it ended.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/breaker.h"
#include "policy/case_int.h"
#include "policy/keys.h"
#include "policy/proof.h"
#include "policy/target.h"

static void
keep_item(struct store_txn *txn, const struct case_item *item,
    int64_t hold_silent, const char *why)
{
	const struct held *h = &item->held;
	int64_t until = h->arrival_ms + hold_silent;
	char key[KEY_SIZE], num[24];

	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_hset(txn, key, "silent", why);
	if (item->expires_ms >= until)
		return;
	case_due(txn, h->node, "expire", h->domain, h->id, until);
	case_number(until, num);
	store_txn_hset(txn, key, "expires", num);
}

int
case_keep_silent(struct store *s, struct store_txn *txn, const char *domain,
    const struct relation *r, int64_t hold_silent, const char *why)
{
	const char *first = fate_reason_name(FATE_R_FIRST_CONTACT);

	for (size_t i = 0; i < r->items; i++) {
		struct case_item item;
		int rc = case_item_read(s, domain, r->item[i], &item);

		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		if (held_is_live(item.state) &&
		    strcmp(item.held.reason, first) == 0)
			keep_item(txn, &item, hold_silent, why);
		case_item_fini(&item);
	}
	return 0;
}

int
case_challenge_goes(struct store *s, const char *domain, const char *id,
    const char *network, const char *share)
{
	char key[KEY_SIZE];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_challenge(key, domain, id);
	store_txn_expect_field(txn, key, "state",
	    challenge_state_name(CHALLENGE_PENDING));
	store_txn_hset(txn, key, "net", network);
	store_txn_hset(txn, key, "share", share);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

bool
case_breaker_of(const struct case_challenge *c, char org[OCT_DOMAIN_SIZE],
    struct breaker_of *out)
{
	char address[OCT_ADDR_SIZE];

	if (!proof_sid_parts(c->challenge.sid, address, org))
		return false;
	*out = (struct breaker_of){ .challenge = c->challenge.id,
		.org = c->share[0] != '\0' ? c->share : org,
		.network = c->network };
	return true;
}

static enum breaker_fact
fact_of(enum rel_event ev)
{
	if (ev == REL_EV_CONFIRMED)
		return BREAKER_CONFIRMED;
	return ev == REL_EV_BOUNCED ? BREAKER_BOUNCED : BREAKER_NOT_ME;
}

void
case_tell_breakers(struct store *s, const struct case_challenge *c,
    enum rel_event ev, int64_t now_ms)
{
	char org[OCT_DOMAIN_SIZE];
	struct breaker_of of;
	int rc;

	if (ev != REL_EV_CONFIRMED && ev != REL_EV_BOUNCED &&
	    ev != REL_EV_NOT_ME)
		return;
	if (!case_breaker_of(c, org, &of))
		return;
	rc = breaker_record(s, &of, fact_of(ev), now_ms);
	if (rc == 0 && ev == REL_EV_CONFIRMED)
		rc = target_confirm(s, org);
	if (rc != 0)
		oct_log(OCT_WARNING,
		    "challenge=%s domain=%s breaker=not-told error=\"%s\"",
		    c->challenge.id, c->challenge.domain, oct_strerror(rc));
}
