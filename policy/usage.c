/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/case_int.h"
#include "policy/keys.h"

void
usage_pack(const struct usage *u, char out[USAGE_PACKED_SIZE])
{
	(void)snprintf(out, USAGE_PACKED_SIZE,
	    "1 %" PRId64 " %" PRId64 " %" PRId64 " %d %d", u->octets,
	    u->messages, u->since_ms, u->level, u->told);
}

int
usage_parse(const char *packed, struct usage *out)
{
	int64_t v[6];
	char word[24];

	for (size_t i = 0; i < OCT_LEN(v); i++)
		if (!oct_str_word(&packed, word, sizeof(word)) ||
		    oct_num_int(word, 0, INT64_MAX, &v[i]) != 0)
			return OCT_EPARSE;
	if (*packed != '\0' || v[0] != 1 || v[1] > USAGE_OCTETS_MAX ||
	    v[4] > 100 || v[5] > v[4])
		return OCT_EPARSE;
	*out = (struct usage){ .octets = v[1], .messages = v[2],
		.since_ms = v[3], .level = (int)v[4], .told = (int)v[5] };
	return 0;
}

int
usage_level(int64_t octets, int64_t quota)
{
	static const int levels[] = { 100, 90, 80 };

	for (size_t i = 0; quota > 0 && i < OCT_LEN(levels); i++)
		if (octets * 100 >= quota * levels[i]) /* both under 2^57 */
			return levels[i];
	return 0;
}

bool
usage_has_room(int64_t octets, int64_t size, int64_t quota, int64_t grace)
{
	if (quota <= 0)
		return true;
	return octets < quota && size <= quota + grace - octets;
}

/* --- The store ----------------------------------------------------------- */

/* *old: of the batch, NULL if there is none; *out zero then. */
static int
read_one(struct store *s, struct store_batch *b, const char *domain,
    const char *local, const char **old, struct usage *out)
{
	char key[KEY_SIZE];
	int rc;

	store_batch_clear(b);
	memset(out, 0, sizeof(*out));
	rc = store_batch_hget(b, key_use(key, domain), local);
	if (rc >= 0)
		rc = store_batch_run(s, b);
	if (rc < 0)
		return rc;
	*old = store_batch_value(b, 0, 0)->data;
	/* What cannot be read is told anew. */
	if (*old != NULL && usage_parse(*old, out) != 0)
		memset(out, 0, sizeof(*out));
	return 0;
}

int
usage_read(struct store *s, const char *domain, const char *local,
    struct usage *out)
{
	struct store_batch *b;
	const char *old = NULL;
	int rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	rc = read_one(s, b, domain, local, &old, out);
	store_batch_free(b);
	return rc == 0 && old == NULL ? OCT_EABSENT : rc;
}

/* old NULL: there was none. */
static int
write_one(struct store *s, const char *domain, const char *local,
    const char *old, const struct usage *now, const char *node)
{
	char key[KEY_SIZE], packed[USAGE_PACKED_SIZE];
	struct store_txn *txn;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	usage_pack(now, packed);
	key_use(key, domain);
	store_txn_expect_field(txn, key, local, old);
	store_txn_hset(txn, key, local, packed);
	if (node != NULL)
		case_work(txn, node, "storage", domain, "all");
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

/* What was read says nothing new. */
static bool
is_known(const struct usage_told *told, const struct usage *now)
{
	bool octets = told->octets < 0 ||
	    (now->octets > told->octets - told->grain &&
		now->octets < told->octets + told->grain);

	if (told->grain == 0 ||
	    usage_level(now->octets, told->quota) != now->level)
		return false;
	return now->since_ms > told->now_ms ||
	    (octets &&
		(told->messages < 0 || told->messages == now->messages));
}

static int
try_write(struct store *s, struct store_batch *b,
    const struct usage_told *told)
{
	const char *old = NULL;
	struct usage now;
	bool reached;
	int rc = read_one(s, b, told->domain, told->local, &old, &now), before;

	if (rc != 0 || (old != NULL && is_known(told, &now)))
		return rc;
	before = now.level;
	if (told->octets >= 0)
		now.octets = told->octets < USAGE_OCTETS_MAX ? told->octets
							     : USAGE_OCTETS_MAX;
	if (told->messages >= 0)
		now.messages = told->messages;
	now.since_ms = told->now_ms;
	now.level = usage_level(now.octets, told->quota);
	if (now.told > now.level)
		now.told = now.level;
	reached = now.level > before && now.level > now.told;
	return write_one(s, told->domain, told->local, old, &now,
	    reached ? told->node : NULL);
}

int
usage_write(struct store *s, const struct usage_told *told)
{
	struct store_batch *b;
	int rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = try_write(s, b, told);
	store_batch_free(b);
	return rc;
}

int
usage_mark(struct store *s, const char *domain, const char *local,
    const char *old, const struct usage *now)
{
	struct usage marked = *now;
	int rc;

	marked.told = marked.level;
	rc = write_one(s, domain, local, old, &marked, NULL);
	if (rc == OCT_ECONFLICT)
		return 0;
	return rc == 0 ? 1 : rc;
}
