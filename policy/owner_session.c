/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_session.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/b32.h"
#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"

#define COOKIE_OCTETS 32
#define NOTE_MS 300000 /* a use is noted when the last note is older */
#define REVOKED "revoked"

_Static_assert(OCT_B32_LEN(COOKIE_OCTETS) + 1 == OWNER_COOKIE_SIZE, "cookie");
_Static_assert(OWNER_COOKIE_SIZE == OWNER_SESSION_ID_SIZE, "hash of it");

/* The hash of a cookie; OCT_EPARSE: it has not the form of one. */
static int
hash_cookie(const char *cookie, char out[OWNER_SESSION_ID_SIZE])
{
	uint8_t octets[COOKIE_OCTETS], sum[COOKIE_OCTETS];

	if (oct_b32_decode(cookie, octets, sizeof(octets)) != 0)
		return OCT_EPARSE;
	(void)crypto_generichash(sum, sizeof(sum), octets, sizeof(octets),
	    NULL, 0);
	oct_b32_encode(sum, sizeof(sum), out);
	sodium_memzero(octets, sizeof(octets));
	return 0;
}

static bool
copy(char *out, size_t size, const struct store_value *v)
{
	if (v->data == NULL || v->len >= size)
		return false;
	memcpy(out, v->data, v->len + 1);
	return true;
}

static bool
number(const struct store_value *v, int64_t *out)
{
	return v->data != NULL &&
	    oct_num_int(v->data, 0, INT64_MAX, out) == 0;
}

static void
write_number(struct store_txn *txn, const char *key, const char *field,
    int64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)v);
	store_txn_hset(txn, key, field, text);
}

int
owner_revoked_ms(struct store *s, const char *domain, const char *local,
    int64_t *out)
{
	char key[KEY_SIZE], *text;
	int rc = store_hget(s, key_owner(key, domain, local), REVOKED, &text);

	if (rc < 0)
		return rc;
	if (text == NULL || oct_num_int(text, 0, INT64_MAX, out) != 0)
		*out = 0;
	free(text);
	return 0;
}

int
owner_revoke(struct store *s, const char *domain, const char *local,
    int64_t now_ms)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_owner(key, domain, local);
	write_number(txn, key, REVOKED, now_ms);
	store_txn_expire(txn, key, KEY_TTL_OWNER_MS);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

static int
write_session(const struct owner_door *d, const char *id,
    const struct owner_of *of)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_session(key, id);
	store_txn_hset(txn, key, "domain", of->domain->name);
	store_txn_hset(txn, key, "local", of->mailbox->local);
	store_txn_hset(txn, key, "person", of->person);
	write_number(txn, key, "born", d->now_ms);
	write_number(txn, key, "seen", d->now_ms);
	store_txn_expire(txn, key, d->life.whole);
	rc = store_txn_commit(d->store, txn);
	store_txn_free(txn);
	return rc;
}

int
owner_session_open(const struct owner_door *d, const struct owner_of *of,
    int64_t issued_ms, char cookie[OWNER_COOKIE_SIZE], enum owner_entry *out)
{
	uint8_t octets[COOKIE_OCTETS];
	char id[OWNER_SESSION_ID_SIZE];
	int64_t revoked;
	int rc = owner_revoked_ms(d->store, of->domain->name,
	    of->mailbox->local, &revoked);

	if (rc != 0)
		return rc;
	if (issued_ms <= revoked) {
		*out = OWNER_OLD;
		return 0;
	}
	randombytes_buf(octets, sizeof(octets));
	oct_b32_encode(octets, sizeof(octets), cookie);
	sodium_memzero(octets, sizeof(octets));
	rc = hash_cookie(cookie, id);
	if (rc == 0)
		rc = write_session(d, id, of);
	*out = OWNER_ENTERED;
	return rc;
}

/* 1 found, 0 absent. */
static int
read_session(struct store *s, struct owner_session *out)
{
	static const char *const fields[] = { "domain", "local", "person",
		"born", "seen" };
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_hmget(b, key_session(key, out->id), fields,
	    OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc == 0)
		rc = copy(out->domain, sizeof(out->domain),
			 store_batch_value(b, slot, 0)) &&
		    copy(out->local, sizeof(out->local),
			store_batch_value(b, slot, 1)) &&
		    copy(out->person, sizeof(out->person),
			store_batch_value(b, slot, 2)) &&
		    number(store_batch_value(b, slot, 3), &out->born_ms) &&
		    number(store_batch_value(b, slot, 4), &out->seen_ms);
	store_batch_free(b);
	return rc;
}

/* Only if it is still there: one that ends meanwhile must not come back. */
static int
note_use(const struct owner_door *d, const struct owner_session *o)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE], was[24];
	int rc;

	if (d->now_ms < o->seen_ms + NOTE_MS)
		return 0;
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	(void)snprintf(was, sizeof(was), "%lld", (long long)o->seen_ms);
	key_session(key, o->id);
	store_txn_expect_field(txn, key, "seen", was);
	write_number(txn, key, "seen", d->now_ms);
	rc = store_txn_commit(d->store, txn);
	store_txn_free(txn);
	return rc == OCT_ECONFLICT ? 0 : rc;
}

static bool
still_his(const struct owner_session *o, const struct dir_snapshot *dir,
    struct owner_of *of)
{
	size_t len = strlen(o->person);

	of->domain = dir_domain(dir, o->domain);
	of->mailbox = of->domain != NULL ? dir_mailbox(of->domain, o->local)
					 : NULL;
	if (of->mailbox == NULL || of->mailbox->state == DIR_CLOSED)
		return false;
	memcpy(of->person, o->person, len + 1);
	return len == 0 || owner_person_is(of->mailbox, o->person);
}

int
owner_session_check(const struct owner_door *d, const char *cookie,
    struct owner_session *out, struct owner_of *of, enum owner_entry *entry)
{
	int64_t revoked;
	int rc;

	memset(out, 0, sizeof(*out));
	*entry = OWNER_NO_SESSION;
	if (hash_cookie(cookie, out->id) != 0)
		return 0;
	rc = read_session(d->store, out);
	if (rc != 1)
		return rc;
	rc = owner_revoked_ms(d->store, out->domain, out->local, &revoked);
	if (rc != 0)
		return rc;
	*entry = OWNER_OLD;
	if (out->born_ms <= revoked ||
	    d->now_ms >= out->born_ms + d->life.whole ||
	    d->now_ms >= out->seen_ms + d->life.idle)
		return 0;
	*entry = OWNER_GONE;
	if (!still_his(out, d->dir, of))
		return 0;
	*entry = OWNER_ENTERED;
	return note_use(d, out);
}

int
owner_session_end(struct store *s, const char *id)
{
	char key[KEY_SIZE];

	return store_del(s, key_session(key, id));
}
