/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/own.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"

#define OTHER "other"
#define FIELD_PREFIX "s:"
#define FIELD_SIZE (OWN_SOURCE_SIZE + sizeof(FIELD_PREFIX))

/* A count lost to others who write at the same time is no harm. */
#define RECORD_TRIES 3

void
own_source_name(const struct auth_spf *spf, const char *spf_org,
    const struct oct_ip *client, char out[OWN_SOURCE_SIZE])
{
	char net[OCT_IP_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, out, OWN_SOURCE_SIZE);
	if (spf->result == AUTH_PASS && spf->domain[0] != '\0') {
		oct_str_addf(&s, "spf:%s",
		    *spf_org != '\0' ? spf_org : spf->domain);
		return;
	}
	oct_ip_net_text(client, net);
	oct_str_addf(&s, "net:%s", net);
}

/* --- One source in the store ------------------------------------------------------- */

void
own_source_pack(const struct own_source *s, char out[OWN_PACKED_SIZE])
{
	(void)snprintf(out, OWN_PACKED_SIZE,
	    "%" PRId64 " %" PRId64 " %" PRId64 " %s", s->count, s->first_ms,
	    s->last_ms, s->hint[0] != '\0' ? s->hint : "-");
}

static int
take_number(const char **rest, int64_t *out)
{
	char word[24];

	if (!oct_str_word(rest, word, sizeof(word)))
		return OCT_EPARSE;
	return oct_num_int(word, 0, INT64_MAX, out);
}

int
own_source_unpack(const char *packed, struct own_source *out)
{
	struct own_source s = { .count = 0 };

	if (take_number(&packed, &s.count) != 0 ||
	    take_number(&packed, &s.first_ms) != 0 ||
	    take_number(&packed, &s.last_ms) != 0 ||
	    !oct_str_word(&packed, s.hint, sizeof(s.hint)) || *packed != '\0')
		return OCT_EPARSE;
	if (strcmp(s.hint, "-") == 0)
		s.hint[0] = '\0';
	memcpy(s.name, out->name, sizeof(s.name));
	*out = s;
	return 0;
}

/* --- Writing ------------------------------------------------------------------------ */

/* What was read, and what is counted. */
struct record {
	const char *key;
	const char *source, *hint;
	int64_t now_ms;
	const char *since, *sources, *packed, *other; /* NULL = absent */
};

static void
number(int64_t n, char out[24])
{
	(void)snprintf(out, 24, "%" PRId64, n);
}

static void
count_one(struct store_txn *t, const struct record *r, const char *source,
    const char *packed)
{
	struct own_source s = { .count = 0 };
	char field[FIELD_SIZE], text[OWN_PACKED_SIZE];

	/* What cannot be read begins again. */
	if (packed == NULL || own_source_unpack(packed, &s) != 0)
		s.first_ms = r->now_ms;
	s.count++;
	s.last_ms = r->now_ms;
	(void)snprintf(s.hint, sizeof(s.hint), "%s", r->hint);
	(void)snprintf(field, sizeof(field), FIELD_PREFIX "%s", source);
	own_source_pack(&s, text);
	store_txn_expect_field(t, r->key, field, packed);
	store_txn_hset(t, r->key, field, text);
}

static void
build(struct store_txn *t, const struct record *r)
{
	int64_t sources = 0;
	char text[24];

	if (r->since == NULL) {
		number(r->now_ms, text);
		store_txn_expect_field(t, r->key, "since", NULL);
		store_txn_hset(t, r->key, "since", text);
	}
	if (r->sources == NULL ||
	    oct_num_int(r->sources, 0, INT64_MAX, &sources) != 0)
		sources = 0;
	if (r->packed == NULL && sources >= OWN_SOURCES_MAX) {
		count_one(t, r, OTHER, r->other);
	} else {
		count_one(t, r, r->source, r->packed);
		if (r->packed == NULL) {
			number(sources + 1, text);
			store_txn_expect_field(t, r->key, "sources",
			    r->sources);
			store_txn_hset(t, r->key, "sources", text);
		}
	}
	store_txn_expire(t, r->key, KEY_TTL_OWN_MS);
}

static int
record_once(struct store *store, struct record *r)
{
	char field[FIELD_SIZE];
	const char *fields[] = { "since", "sources", field,
		FIELD_PREFIX OTHER };
	struct store_batch *b = NULL;
	struct store_txn *t = NULL;
	int slot, rc = store_batch_new(&b);

	if (rc == 0)
		rc = store_txn_new(&t);
	if (rc != 0)
		goto out;
	(void)snprintf(field, sizeof(field), FIELD_PREFIX "%s", r->source);
	slot = store_batch_hmget(b, r->key, fields, OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(store, b);
	if (rc != 0)
		goto out;
	r->since = store_batch_value(b, slot, 0)->data;
	r->sources = store_batch_value(b, slot, 1)->data;
	r->packed = store_batch_value(b, slot, 2)->data;
	r->other = store_batch_value(b, slot, 3)->data;
	build(t, r);
	rc = store_txn_commit(store, t);
out:
	store_txn_free(t);
	store_batch_free(b);
	return rc;
}

int
own_record(struct store *store, const char *domain, const char *source,
    const char *hint, int64_t now_ms)
{
	char key[KEY_SIZE];
	struct record r = { .key = key_own(key, domain), .source = source,
		.hint = strchr(hint, ' ') == NULL ? hint : "",
		.now_ms = now_ms };
	int rc = OCT_ECONFLICT;

	if (strlen(source) >= OWN_SOURCE_SIZE || strlen(hint) >= OCT_DOMAIN_SIZE)
		return OCT_EPARSE;
	for (int i = 0; i < RECORD_TRIES && rc == OCT_ECONFLICT; i++)
		rc = record_once(store, &r);
	return rc;
}

int
own_begin(struct store *store, const char *domain, bool anew, int64_t now_ms)
{
	char key[KEY_SIZE], text[24];
	struct store_txn *t;
	int rc = store_txn_new(&t);

	if (rc != 0)
		return rc;
	key_own(key, domain);
	number(now_ms, text);
	if (anew)
		store_txn_del(t, key);
	else
		store_txn_expect_field(t, key, "since", NULL);
	store_txn_hset(t, key, "since", text);
	store_txn_expire(t, key, KEY_TTL_OWN_MS);
	rc = store_txn_commit(store, t);
	store_txn_free(t);
	/* Under way already. */
	return rc == OCT_ECONFLICT && !anew ? 0 : rc;
}

/* --- Reading ------------------------------------------------------------------------- */

static int
by_count(const void *a, const void *b)
{
	const struct own_source *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void
take_field(const char *field, const char *value, struct own *out)
{
	const size_t prefix = sizeof(FIELD_PREFIX) - 1;
	struct own_source *s = &out->sources[out->count];

	if (strcmp(field, "since") == 0) {
		if (oct_num_int(value, 0, INT64_MAX, &out->since_ms) != 0)
			out->since_ms = 0;
		return;
	}
	if (strncmp(field, FIELD_PREFIX, prefix) != 0 ||
	    strlen(field + prefix) >= sizeof(s->name))
		return;
	memcpy(s->name, field + prefix, strlen(field + prefix) + 1);
	if (own_source_unpack(value, s) == 0)
		out->count++;
}

int
own_load(struct store *store, const char *domain, struct own *out)
{
	struct own own = { .since_ms = 0 };
	struct store_batch *b;
	char key[KEY_SIZE];
	size_t n;
	int rc = store_hash(store, key_own(key, domain), &b);

	if (rc != 0)
		return rc;
	n = store_batch_count(b, 0) / 2;
	own.sources = calloc(n + 1, sizeof(*own.sources));
	if (own.sources == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		take_field(store_batch_value(b, 0, 2 * i)->data,
		    store_batch_value(b, 0, 2 * i + 1)->data, &own);
	qsort(own.sources, own.count, sizeof(*own.sources), by_count);
	*out = own;
out:
	store_batch_free(b);
	return rc;
}

void
own_fini(struct own *own)
{
	free(own->sources);
	memset(own, 0, sizeof(*own));
}

bool
own_is_observed(const struct own *own, int64_t now_ms)
{
	return own->since_ms > 0 && now_ms - own->since_ms >= OWN_OBSERVE_MS;
}
