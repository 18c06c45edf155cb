/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grant.h"

#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/fnv.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"

/* Removed in one transaction: well inside the bounds of store.h. */
#define SWEEP_AT_ONCE 1000

bool
grant_is_live(const struct case_grant *g, int64_t now_ms)
{
	return g->until_ms == 0 || now_ms < g->until_ms;
}

bool
grant_matches(const struct case_grant *g, const char *org, int64_t now_ms)
{
	return !g->block && grant_is_live(g, now_ms) &&
	    (g->signer[0] == '\0' || strcmp(g->signer, org) == 0);
}

/* --- The packed form ------------------------------------------------------ */

int
grant_pack(const struct case_grant *g, char out[GRANT_PACKED_SIZE])
{
	const char *kind = g->block ? (g->drop ? "drop" : "block") : "allow";
	struct oct_str s;

	if (strchr(g->actor, ' ') != NULL || g->actor[0] == '\0' ||
	    strchr(g->origin, ' ') != NULL || strchr(g->signer, ' ') != NULL)
		return OCT_EPARSE;
	oct_str_fixed(&s, out, GRANT_PACKED_SIZE);
	oct_str_addf(&s, "2 %s %lld %lld %s %s %s %s", kind,
	    (long long)g->since_ms, (long long)g->until_ms,
	    g->origin[0] != '\0' ? g->origin : GRANT_OWNER,
	    g->signer[0] != '\0' ? g->signer : "-", g->actor, g->why);
	return oct_str_err(&s);
}

static bool
take_time(const char **rest, int64_t *out)
{
	char word[24];

	return oct_str_word(rest, word, sizeof(word)) &&
	    oct_num_int(word, 0, INT64_MAX, out) == 0;
}

static bool
take_kind(const char **rest, struct case_grant *g)
{
	char kind[8];

	if (!oct_str_word(rest, kind, sizeof(kind)))
		return false;
	g->drop = strcmp(kind, "drop") == 0;
	g->block = g->drop || strcmp(kind, "block") == 0;
	return g->block || strcmp(kind, "allow") == 0;
}

/* What the first version did not have. */
static bool
take_bounds(const char **rest, struct case_grant *g)
{
	if (!take_time(rest, &g->until_ms) ||
	    !oct_str_word(rest, g->origin, sizeof(g->origin)) ||
	    !oct_str_word(rest, g->signer, sizeof(g->signer)))
		return false;
	if (strcmp(g->signer, "-") == 0)
		g->signer[0] = '\0';
	return true;
}

int
case_grant_parse(const char *packed, struct case_grant *out)
{
	struct case_grant g = { .origin = GRANT_OWNER };
	char version[4];
	bool first;

	if (!oct_str_word(&packed, version, sizeof(version)))
		return OCT_EPARSE;
	first = strcmp(version, "1") == 0;
	if (!first && strcmp(version, "2") != 0)
		return OCT_EPARSE;
	if (!take_kind(&packed, &g) || !take_time(&packed, &g.since_ms) ||
	    (!first && !take_bounds(&packed, &g)) ||
	    !oct_str_word(&packed, g.actor, sizeof(g.actor)) ||
	    strlen(packed) >= sizeof(g.why))
		return OCT_EPARSE;
	memcpy(g.why, packed, strlen(packed) + 1);
	*out = g;
	return 0;
}

int
grant_who(const char *kind, const struct oct_addr *a, char out[GRANT_WHO_SIZE])
{
	char text[OCT_ADDR_SIZE];
	struct oct_addr folded;
	struct oct_str s;

	oct_addr_fold(a, '\0', &folded);
	oct_addr_text(&folded, text);
	oct_str_fixed(&s, out, GRANT_WHO_SIZE);
	oct_str_addf(&s, "%s:%s", kind, text);
	return oct_str_err(&s);
}

/* --- The store ------------------------------------------------------------ */

/* value NULL: removed. */
static int
write_field(struct store *s, const char *domain, const char *local,
    const char *who, const char *value)
{
	char key[KEY_SIZE];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_grants(key, domain, local);
	if (value != NULL)
		store_txn_hset(txn, key, who, value);
	else
		store_txn_hdel(txn, key, who);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

int
case_grant_set(struct store *s, const char *domain, const char *local,
    const char *who, const struct case_grant *g)
{
	char packed[GRANT_PACKED_SIZE];
	int rc = grant_pack(g, packed);

	return rc == 0 ? write_field(s, domain, local, who, packed) : rc;
}

int
case_grant_remove(struct store *s, const char *domain, const char *local,
    const char *who)
{
	return write_field(s, domain, local, who, NULL);
}

void
grant_bind(struct store_txn *txn, const char *domain, const char *local,
    const char *who, const char *packed, const char *org)
{
	char key[KEY_SIZE], bound[GRANT_PACKED_SIZE];
	struct case_grant g;
	struct oct_str s;

	if (case_grant_parse(packed, &g) != 0 || g.block ||
	    g.signer[0] != '\0' || *org == '\0')
		return;
	oct_str_fixed(&s, g.signer, sizeof(g.signer));
	oct_str_add(&s, org);
	if (oct_str_err(&s) != 0 || grant_pack(&g, bound) != 0)
		return;
	key_grants(key, domain, local);
	store_txn_expect_field(txn, key, who, packed);
	store_txn_hset(txn, key, who, bound);
}

/* --- What is over --------------------------------------------------------- */

/* The fields of the batch that are over, at most SWEEP_AT_ONCE, each only as it
 * was read: one that was renewed meanwhile makes the transaction fail. */
static int
collect_over(const struct store_batch *b, int slot, const char *key,
    int64_t now_ms, struct store_txn *txn)
{
	int n = 0;

	for (size_t i = 0; n < SWEEP_AT_ONCE &&
	    i + 1 < store_batch_count(b, slot); i += 2) {
		const char *who = store_batch_value(b, slot, i)->data;
		const char *packed = store_batch_value(b, slot, i + 1)->data;
		struct case_grant g;

		if (case_grant_parse(packed, &g) != 0 ||
		    grant_is_live(&g, now_ms))
			continue;
		store_txn_expect_field(txn, key, who, packed);
		store_txn_hdel(txn, key, who);
		n++;
	}
	return n;
}

/* Those of one mailbox, read into the slot.  How many, or an error; another
 * writer's race leaves them to the next turn. */
static int
remove_over(struct store *s, const struct store_batch *b, int slot,
    const char *key, int64_t now_ms)
{
	struct store_txn *txn = NULL;
	int n, rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	n = collect_over(b, slot, key, now_ms, txn);
	if (n > 0)
		rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc == OCT_ECONFLICT ? 0 : rc != 0 ? rc : n;
}

/* Mailboxes read in one round trip: their grants are in memory at once. */
#define MAILBOXES_AT_ONCE 100

/* From the i-th on of the names (name, JSON, name, ...). */
static int
sweep_some(struct store *s, const char *domain, const struct store_batch *names,
    size_t first, int64_t now_ms)
{
	size_t total = store_batch_count(names, 0) / 2, count;
	struct store_batch *b = NULL;
	int at[MAILBOXES_AT_ONCE], n = 0, rc = store_batch_new(&b);
	char key[KEY_SIZE];

	count = total - first < MAILBOXES_AT_ONCE ? total - first
						  : MAILBOXES_AT_ONCE;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		at[i] = store_batch_hgetall(b, key_grants(key, domain,
		    store_batch_value(names, 0, 2 * (first + i))->data));
		rc = at[i] < 0 ? at[i] : 0;
	}
	if (rc == 0)
		rc = store_batch_run(s, b);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (store_batch_count(b, at[i]) == 0)
			continue;
		rc = remove_over(s, b, at[i], key_grants(key, domain,
		    store_batch_value(names, 0, 2 * (first + i))->data),
		    now_ms);
		n += rc > 0 ? rc : 0;
		rc = rc > 0 ? 0 : rc;
	}
	store_batch_free(b);
	return rc != 0 ? rc : n;
}

static int
sweep_domain(struct store *s, const char *domain, int64_t now_ms)
{
	struct store_batch *names = NULL;
	char key[KEY_SIZE];
	int n = 0, rc = store_hash(s, key_mailboxes(key, domain), &names);

	for (size_t i = 0; rc == 0 && i < store_batch_count(names, 0) / 2;
	    i += MAILBOXES_AT_ONCE) {
		rc = sweep_some(s, domain, names, i, now_ms);
		n += rc > 0 ? rc : 0;
		rc = rc > 0 ? 0 : rc;
	}
	store_batch_free(names);
	return rc != 0 ? rc : n;
}

static bool
has_turn(const char *domain, uint64_t turn, uint64_t turns)
{
	return oct_fnv64(OCT_FNV64, domain) % turns == turn % turns;
}

int
grant_sweep_turn(struct store *s, uint64_t turn, uint64_t turns,
    int64_t now_ms)
{
	struct store_batch *b = NULL;
	int n = 0, rc = store_members(s, KEY_DOMAINS, &b);

	for (size_t i = 0; rc == 0 && i < store_batch_count(b, 0); i++) {
		const char *domain = store_batch_value(b, 0, i)->data;

		if (!has_turn(domain, turn, turns))
			continue;
		rc = sweep_domain(s, domain, now_ms);
		n += rc > 0 ? rc : 0;
		rc = rc > 0 ? 0 : rc;
	}
	store_batch_free(b);
	return rc != 0 ? rc : n;
}
