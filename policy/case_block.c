/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks against a challenge: who was blocked since he was asked confirms
 * nothing (challenge.md 3: BLOCKED never leads to delivery).
 */
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/keys.h"

#define WHO_MAX 4
#define WHO_SIZE (OCT_ADDR_SIZE + 8)

struct who {
	char text[WHO_MAX][WHO_SIZE];
	const char *list[WHO_MAX];
	size_t count;
};

static void
add_who(struct who *w, const char *address)
{
	struct oct_addr a, folded;
	char text[OCT_ADDR_SIZE];

	if (w->count + 2 > WHO_MAX || oct_addr_parse(address, &a) != 0 ||
	    oct_addr_is_null(&a))
		return;
	oct_addr_fold(&a, '\0', &folded);
	oct_addr_text(&folded, text);
	(void)snprintf(w->text[w->count], WHO_SIZE, "addr:%s", text);
	w->list[w->count] = w->text[w->count];
	w->count++;
	(void)snprintf(w->text[w->count], WHO_SIZE, "dom:%s", folded.domain);
	w->list[w->count] = w->text[w->count];
	w->count++;
}

/* The From of a sid: "A|from|org", or "A|path|org|from". */
static void
from_of(const char *sid, char out[OCT_ADDR_SIZE])
{
	const char *first = strchr(sid, '|'), *last = strrchr(sid, '|');
	size_t bars = 0;
	struct oct_str s;

	oct_str_fixed(&s, out, OCT_ADDR_SIZE);
	for (const char *p = sid; *p != '\0'; p++)
		bars += *p == '|';
	if (bars < 2)
		return;
	first = bars >= 3 ? last + 1 : first + 1;
	oct_str_addn(&s, first, strcspn(first, "|"));
	if (oct_str_err(&s) != 0)
		*out = '\0';
}

static bool
has_block(const struct store_batch *b, int slot, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *packed = store_batch_value(b, slot, i)->data;
		struct case_grant g;

		if (packed != NULL && case_grant_parse(packed, &g) == 0 &&
		    g.block)
			return true;
	}
	return false;
}

int
case_blocked(struct store *s, const struct challenge *ch, const char *local)
{
	struct who w = { .count = 0 };
	char from[OCT_ADDR_SIZE], key[KEY_SIZE];
	struct store_batch *b = NULL;
	int own, all, rc;

	from_of(ch->sid, from);
	add_who(&w, from);
	add_who(&w, ch->rpath);
	if (w.count == 0)
		return 0;
	rc = store_batch_new(&b);
	if (rc != 0)
		return rc;
	own = store_batch_hmget(b, key_grants(key, ch->domain, local), w.list,
	    w.count);
	all = store_batch_hmget(b, key_grants(key, ch->domain, "@"), w.list,
	    w.count);
	rc = own < 0 || all < 0 ? OCT_ELIMIT : store_batch_run(s, b);
	if (rc == 0)
		rc = has_block(b, own, w.count) || has_block(b, all, w.count);
	store_batch_free(b);
	return rc;
}
