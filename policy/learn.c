/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/learn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/keys.h"

#define DAY_MS 86400000LL
#define FIELD "v"
#define VARIANT sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define TEXT_MAX sodium_base64_ENCODED_LEN(LEARN_RECORD_OCTETS, VARIANT)

/* --- Writing ------------------------------------------------------------------ */

int
learn_pack(const struct label_record *r, const struct features *f, char **out)
{
	uint8_t *octets = malloc(LABEL_RECORD_MAX);
	uint32_t *slots = calloc(FEATURES_MAX, sizeof(*slots));
	char *text = malloc(TEXT_MAX);
	size_t n;
	int rc = -ENOMEM;

	if (octets == NULL || slots == NULL || text == NULL)
		goto out;
	n = label_record_write(r, f, slots, octets);
	rc = n <= LEARN_RECORD_OCTETS ? 0 : OCT_ELIMIT;
	if (rc != 0)
		goto out;
	(void)sodium_bin2base64(text, TEXT_MAX, octets, n, VARIANT);
	*out = text;
	text = NULL;
out:
	free(octets);
	free(slots);
	free(text);
	return rc;
}

/* 1 within the day's bound of the domain, 0 over. */
static int
may_say(struct store *s, const char *domain)
{
	char key[KEY_SIZE];
	const struct store_rate rate = {
		.key = key_rate(key, domain, "learn", "day"),
		.count = LEARN_DOMAIN_DAY,
		.period_ms = DAY_MS,
		.burst = LEARN_DOMAIN_DAY,
		.cost = 1
	};
	int64_t retry_ms;
	size_t over;

	return store_rate_take(s, &rate, 1, &over, &retry_ms);
}

int
learn_write(struct store *s, const char *domain, const char *packed,
    const char *by)
{
	const char *pairs[] = { FIELD, packed, "by", by };
	int64_t waiting;
	int rc = store_stream_len(s, KEY_LEARN, &waiting);

	if (rc != 0)
		return rc;
	if (waiting >= LEARN_ENTRIES_MAX)
		return 0;
	rc = domain != NULL ? may_say(s, domain) : 1;
	if (rc != 1)
		return rc;
	rc = store_xadd(s, KEY_LEARN, 0, pairs, OCT_LEN(pairs));
	return rc == 0 ? 1 : rc;
}

/* --- Applying ----------------------------------------------------------------- */

struct learn {
	struct classifier *c; /* during learn_apply */
	struct features *f;
	uint8_t *octets;
	uint32_t *slots;
	size_t applied;
};

int
learn_new(struct learn **out)
{
	struct learn *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL)
		return -ENOMEM;
	rc = features_new(&l->f);
	l->octets = malloc(LEARN_RECORD_OCTETS);
	l->slots = calloc(FEATURES_MAX, sizeof(*l->slots));
	if (rc == 0 && (l->octets == NULL || l->slots == NULL))
		rc = -ENOMEM;
	if (rc != 0) {
		learn_free(l);
		return rc;
	}
	*out = l;
	return 0;
}

void
learn_free(struct learn *l)
{
	if (l == NULL)
		return;
	features_free(l->f);
	free(l->octets);
	free(l->slots);
	free(l);
}

/* What an honest writer writes: a whole label, a quarter, or one taken back. */
static bool
is_good_weight(double w)
{
	return (w > 0 && w <= 1) || (w < 0 && w >= -1);
}

static int
apply_text(struct learn *l, const char *text)
{
	struct label_record r;
	size_t n = 0;
	int rc;

	if (sodium_base642bin(l->octets, LEARN_RECORD_OCTETS, text,
		strlen(text), NULL, &n, NULL, VARIANT) != 0)
		return OCT_ECORRUPT;
	rc = label_record_read(l->octets, n, &r, l->slots, l->f);
	if (rc != 0)
		return rc;
	if (!r.live || !is_good_weight(r.label.weight))
		return OCT_ECORRUPT;
	classifier_learn(l->c, l->f, &r.label);
	return 0;
}

static int
each_entry(void *arg, const struct store_entry *e)
{
	struct learn *l = arg;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i + 1 < e->count; i += 2)
		if (strcmp(e->pairs[i], FIELD) == 0)
			rc = apply_text(l, e->pairs[i + 1]);
	if (rc == -ENOMEM)
		return rc;
	l->applied++;
	return 0;
}

int
learn_apply(struct learn *l, struct store *s, struct classifier *c,
    size_t limit, size_t *applied)
{
	char position[CLASSIFIER_POSITION_SIZE];
	int rc;

	_Static_assert(CLASSIFIER_POSITION_SIZE >= OCT_STREAM_ID,
	    "a position is an id of the stream");
	classifier_position(c, position);
	l->c = c;
	l->applied = 0;
	rc = store_stream_read(s, KEY_LEARN, position, 0, limit, each_entry, l);
	if (l->applied > 0)
		classifier_set_position(c, position);
	*applied = l->applied;
	return rc;
}
