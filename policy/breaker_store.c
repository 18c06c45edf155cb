/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breakers in the store: the three that an event concerns change together.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/octets.h"
#include "lib/str.h"
#include "policy/breaker.h"
#include "policy/keys.h"

#define TRIES 8
#define LIST_MAX 1000

/* Names of keys; an organisation that is none has no breaker. */
static const char *
name_of(const struct breaker_of *of, enum breaker_kind kind)
{
	switch (kind) {
	case BREAKER_ORG:
		return of->org;
	case BREAKER_NETWORK:
		return of->network;
	case BREAKER_PLATFORM:
		return "all";
	}
	return "";
}

/* As the store has it; packed is what a transaction expects, "" = absent. */
struct stored {
	struct breaker b;
	char packed[BREAKER_PACKED_SIZE];
};

/* What cannot be read counts as absent, but is replaced only as it is. */
static int
take(const struct store_value *v, int64_t now_ms, struct stored *out)
{
	breaker_init(&out->b, now_ms);
	out->packed[0] = '\0';
	if (v->data == NULL)
		return 0;
	if (v->len >= sizeof(out->packed))
		return OCT_EREPLY;
	memcpy(out->packed, v->data, v->len + 1);
	if (breaker_unpack(v->data, &out->b) != 0)
		oct_log(OCT_WARNING, "breaker=unreadable");
	return 0;
}

static int
read_one(struct store *s, enum breaker_kind kind, const char *name,
    int64_t now_ms, struct stored *out)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_get(b,
	    key_breaker(key, breaker_kind_name(kind), name));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc == 0)
		rc = take(store_batch_value(b, slot, 0), now_ms, out);
	store_batch_free(b);
	return rc;
}

static void
write_one(struct store_txn *txn, enum breaker_kind kind, const char *name,
    const struct stored *old, const struct breaker *b)
{
	char key[KEY_SIZE], packed[BREAKER_PACKED_SIZE], field[KEY_SIZE];
	char until[24];

	key_breaker(key, breaker_kind_name(kind), name);
	breaker_pack(b, packed);
	store_txn_expect(txn, key, old->packed[0] != '\0' ? old->packed : NULL);
	store_txn_set(txn, key, packed, KEY_TTL_BREAKER_MS);
	(void)snprintf(field, sizeof(field), "%s:%s", breaker_kind_name(kind),
	    name);
	(void)snprintf(until, sizeof(until), "%lld", (long long)b->until_ms);
	if (b->state == BREAKER_CLOSED)
		store_txn_hdel(txn, KEY_BREAKERS, field);
	else
		store_txn_hset(txn, KEY_BREAKERS, field, until);
}

/* Administrators hear of it at once (challenge.md 10f). */
static void
say(enum breaker_kind kind, const char *name, enum breaker_state before,
    const struct breaker *b)
{
	char until[OCT_CLOCK_RFC5322_SIZE];

	if (b->state == before)
		return;
	if (b->state == BREAKER_OPEN) {
		oct_clock_rfc5322(b->until_ms, until);
		oct_log(OCT_ERROR,
		    "breaker=open kind=%s name=%s why=%s bounced=%zu "
		    "not_me=%zu of=%zu hour=%ld until=\"%s\" effect=\"nobody there "
		    "is asked: held silently\"",
		    breaker_kind_name(kind), name, b->why,
		    breaker_facts(b, BREAKER_BOUNCED),
		    breaker_facts(b, BREAKER_NOT_ME), b->count,
		    (long)b->hour_count, until);
		return;
	}
	oct_log(OCT_WARNING, "breaker=%s kind=%s name=%s",
	    breaker_state_name(b->state), breaker_kind_name(kind), name);
}

static int
record_once(struct store *s, struct store_txn *txn, enum breaker_kind kind,
    const char *name, const struct breaker_event *event, int64_t now_ms)
{
	struct stored old;
	struct breaker b;
	int rc = read_one(s, kind, name, now_ms, &old);

	if (rc != 0)
		return rc;
	b = old.b;
	if (!breaker_apply(&b, kind, event, now_ms))
		return 0;
	store_txn_clear(txn);
	write_one(txn, kind, name, &old, &b);
	rc = store_txn_commit(s, txn);
	if (rc == 0)
		say(kind, name, old.b.state, &b);
	return rc;
}

static uint16_t
org_hash(const char *org)
{
	uint8_t sum[16];

	(void)crypto_generichash(sum, sizeof(sum), (const uint8_t *)org,
	    strlen(org), NULL, 0);
	return (uint16_t)oct_be_get(sum, sizeof(uint16_t));
}

static int
make_slot(const struct breaker_of *of, enum breaker_fact fact,
    struct breaker_slot *out)
{
	uint8_t octets[4];
	size_t n = 0;

	if (strlen(of->challenge) < 8 ||
	    sodium_hex2bin(octets, sizeof(octets), of->challenge, 8, NULL, &n,
		NULL) != 0 ||
	    n != sizeof(octets))
		return OCT_EPARSE;
	out->challenge = (uint32_t)oct_be_get(octets, sizeof(octets));
	out->org = org_hash(of->org);
	out->fact = (char)fact;
	return 0;
}

int
breaker_record(struct store *s, const struct breaker_of *of,
    enum breaker_fact fact, int64_t now_ms)
{
	struct breaker_event event;
	struct store_txn *txn = NULL;
	int rc = make_slot(of, fact, &event.slot);

	if (rc == 0)
		rc = store_txn_new(&txn);
	for (int k = 0; rc == 0 && k < BREAKER_KINDS; k++) {
		const char *name = name_of(of, (enum breaker_kind)k);

		if (*name == '\0')
			continue;
		event.volume = k == BREAKER_ORG ? of->volume_org : of->volume;
		/* target_network: a provider's is a name, others are /24. */
		event.provider = strchr(name, '/') == NULL;
		rc = OCT_ECONFLICT;
		for (int i = 0; i < TRIES && rc == OCT_ECONFLICT; i++)
			rc = record_once(s, txn, (enum breaker_kind)k, name,
			    &event, now_ms);
	}
	store_txn_free(txn);
	return rc;
}

int
breaker_look(struct store *s, const struct breaker_of *of, int64_t now_ms,
    struct breaker_view *out)
{
	struct stored st;

	*out = (struct breaker_view){ .allows = true };
	for (int k = 0; k < BREAKER_KINDS; k++) {
		const char *name = name_of(of, (enum breaker_kind)k);
		int rc;

		if (*name == '\0')
			continue;
		rc = read_one(s, (enum breaker_kind)k, name, now_ms, &st);
		if (rc != 0)
			return rc;
		breaker_advance(&st.b, (enum breaker_kind)k, now_ms);
		out->code |= st.b.state != BREAKER_CLOSED;
		if (breaker_allows(&st.b) || !out->allows)
			continue;
		out->allows = false;
		out->kind = (enum breaker_kind)k;
		out->until_ms = st.b.until_ms;
		memcpy(out->why, st.b.why, sizeof(out->why));
	}
	return 0;
}

int
breaker_forces_code(struct store *s, const struct breaker_of *of,
    int64_t now_ms)
{
	struct breaker_view v;
	int rc = breaker_look(s, of, now_ms, &v);

	return rc != 0 ? rc : v.code;
}

/* --- The list ------------------------------------------------------------------- */

/* Unless it opened anew meanwhile; what fails is left to the next list. */
static void
unlist(struct store *s, const char *field, const char *until)
{
	struct store_txn *txn = NULL;

	if (store_txn_new(&txn) != 0)
		return;
	store_txn_expect_field(txn, KEY_BREAKERS, field, until);
	store_txn_hdel(txn, KEY_BREAKERS, field);
	(void)!store_txn_commit(s, txn);
	store_txn_free(txn);
}

/* 1 it is over, 0, or an error. */
static int
list_one(struct store *s, const char *field, int64_t now_ms, breaker_each *each,
    void *arg)
{
	const char *name = strchr(field, ':');
	struct stored st;
	int kind = 0, rc;

	if (name == NULL)
		return 1;
	while (kind < BREAKER_KINDS &&
	    (strlen(breaker_kind_name((enum breaker_kind)kind)) !=
		    (size_t)(name - field) ||
		strncmp(breaker_kind_name((enum breaker_kind)kind), field,
		    (size_t)(name - field)) != 0))
		kind++;
	if (kind == BREAKER_KINDS || strlen(name) >= OCT_DOMAIN_SIZE + 8)
		return 1;
	rc = read_one(s, (enum breaker_kind)kind, name + 1, now_ms, &st);
	if (rc != 0)
		return rc;
	breaker_advance(&st.b, (enum breaker_kind)kind, now_ms);
	/* It was closed by time alone, or it is gone. */
	if (st.b.state == BREAKER_CLOSED)
		return 1;
	return each(arg, breaker_kind_name((enum breaker_kind)kind), name + 1,
	    &st.b);
}

int
breaker_list(struct store *s, int64_t now_ms, breaker_each *each, void *arg)
{
	struct store_batch *b = NULL;
	int rc = store_hash(s, KEY_BREAKERS, &b);
	size_t n;

	if (rc != 0)
		return rc;
	n = store_batch_count(b, 0);
	for (size_t i = 0; rc == 0 && i + 1 < n && i < 2 * LIST_MAX; i += 2) {
		const char *f = store_batch_value(b, 0, i)->data;

		rc = list_one(s, f, now_ms, each, arg);
		if (rc == 1)
			unlist(s, f, store_batch_value(b, 0, i + 1)->data);
		rc = rc == 1 ? 0 : rc;
	}
	store_batch_free(b);
	return rc;
}
