/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_ask.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/case_int.h"
#include "policy/keys.h"

#define HOUR_MS 3600000LL
#define ID_OCTETS 8
#define LIMIT "ownerlink"
#define FIELDS 6

static const char *const kinds[] = { [OWNER_ASK_LINK] = "link",
	[OWNER_ASK_SENT] = "sent", [OWNER_ASK_WELCOME] = "welcome" };

static int
charge(struct store *s, const char *key, int64_t count)
{
	const struct store_rate rate = { .key = key, .count = count,
		.period_ms = HOUR_MS, .burst = count, .cost = 1 };
	int64_t retry_ms;
	size_t over;

	return store_rate_take(s, &rate, 1, &over, &retry_ms);
}

int
owner_ask_charge(struct store *s, const char *domain, const char *local)
{
	char key[KEY_SIZE];

	return charge(s, key_rate(key, domain, LIMIT, local),
	    OWNER_ASK_BOX_HOUR);
}

int
owner_ask(struct store *s, const struct owner_ask *a)
{
	uint8_t octets[ID_OCTETS];
	char key[KEY_SIZE], id[2 * ID_OCTETS + 1], num[24];
	struct oct_addr address;
	struct store_txn *txn = NULL;
	int rc = 1;

	if (oct_addr_parse(a->address, &address) != 0 ||
	    oct_addr_is_null(&address) || address.domain[0] == '\0')
		return 0;
	if (*a->net != '\0')
		rc = charge(s, key_rate_net(key, LIMIT, a->net),
		    OWNER_ASK_NET_HOUR);
	if (rc == 1)
		rc = store_txn_new(&txn);
	else
		return rc;
	if (rc != 0)
		return rc;
	randombytes_buf(octets, sizeof(octets));
	(void)sodium_bin2hex(id, sizeof(id), octets, sizeof(octets));
	case_number(a->now_ms, num);
	case_due(txn, a->node, OWNER_ASK_VERB, "-", id, a->now_ms);
	key_owner_ask(key, id);
	store_txn_hset(txn, key, "kind", kinds[a->kind]);
	store_txn_hset(txn, key, "for", a->address);
	store_txn_hset(txn, key, "at", num);
	store_txn_hset(txn, key, "person", a->person);
	store_txn_hset(txn, key, "lang", a->lang);
	store_txn_hset(txn, key, "net", a->net);
	store_txn_expire(txn, key, KEY_TTL_OWNER_ASK_MS);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc == 0 ? 1 : rc;
}

static void
copy_text(char *out, size_t len, const char *text)
{
	(void)snprintf(out, len, "%s", text);
}

static int
parse(const struct store_batch *b, int slot, struct owner_asked *out)
{
	const char *value[FIELDS];

	for (size_t i = 0; i < OCT_LEN(value); i++) {
		value[i] = store_batch_value(b, slot, i)->data;
		if (value[i] == NULL)
			return 0;
	}
	if (oct_addr_parse(value[1], &out->address) != 0 ||
	    oct_num_int(value[2], 0, INT64_MAX, &out->asked_ms) != 0)
		return 0;
	copy_text(out->person, sizeof(out->person), value[3]);
	copy_text(out->lang, sizeof(out->lang), value[4]);
	copy_text(out->net, sizeof(out->net), value[5]);
	for (size_t i = 0; i < OCT_LEN(kinds); i++) {
		if (strcmp(kinds[i], value[0]) == 0) {
			out->kind = (enum owner_ask_kind)i;
			return 1;
		}
	}
	return 0;
}

int
owner_asked_read(struct store *s, const char *id, struct owner_asked *out)
{
	static const char *const fields[FIELDS] = { "kind", "for", "at",
		"person", "lang", "net" };
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_hmget(b, key_owner_ask(key, id), fields,
	    OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc == 0)
		rc = parse(b, slot, out);
	store_batch_free(b);
	return rc;
}

int
owner_asked_drop(struct store *s, const char *id)
{
	char key[KEY_SIZE];

	return store_del(s, key_owner_ask(key, id));
}
