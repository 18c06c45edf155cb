/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 50 octets: version and kind (4 bits each), issued (48, ms), expiry (32,
 * minutes), hashes of domain (40), mailbox and person (72 each), check (128) over
 * all that precedes.
 */
#include "policy/owner_link.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "lib/b32.h"
#include "lib/err.h"
#include "lib/octets.h"
#include "lib/str.h"
#include "policy/detail.h"

#define VERSION 1
#define MINUTE_MS 60000

#define AT_ISSUED 1
#define AT_EXPIRY 7
#define AT_DOMAIN 11
#define AT_MAILBOX 16
#define AT_PERSON (AT_MAILBOX + OWNER_LINK_HASH)
#define AT_CHECK (AT_PERSON + OWNER_LINK_HASH)
#define CHECK_OCTETS 16
#define TOKEN_OCTETS (AT_CHECK + CHECK_OCTETS)
#define FOR_NAMES OWNER_LINK_KINDS /* the key of the hashes */
#define SUM_OCTETS 16

_Static_assert(OCT_B32_LEN(TOKEN_OCTETS) + 1 == OWNER_LINK_SIZE, "link size");
_Static_assert(CHECK_OCTETS == crypto_verify_16_BYTES, "constant-time compare");

static void
derive(uint8_t key[OWNER_LINK_KINDS + 1][OCT_KEY_OCTETS],
    const struct oct_secret *secret)
{
	static const char *const names[OWNER_LINK_KINDS + 1] = {
		"owner.enter", "owner.schedule", "owner.names" };

	for (size_t i = 0; i < OCT_LEN(names); i++)
		oct_secret_key(secret, names[i], key[i]);
}

void
owner_link_keys_init(struct owner_link_keys *keys,
    const struct oct_secret *current, const struct oct_secret *previous)
{
	derive(keys->key[0], current);
	derive(keys->key[1], previous != NULL ? previous : current);
}

void
owner_link_keys_fini(struct owner_link_keys *keys)
{
	sodium_memzero(keys, sizeof(*keys));
}

/* Of up to three names, with what cannot stand in them between. */
static void
sum_names(const uint8_t key[OCT_KEY_OCTETS], const char *const names[3],
    uint8_t out[SUM_OCTETS])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, key, OCT_KEY_OCTETS, SUM_OCTETS);
	for (size_t i = 0; i < 3; i++)
		(void)crypto_generichash_update(&state,
		    (const uint8_t *)names[i], strlen(names[i]) + 1);
	(void)crypto_generichash_final(&state, out, SUM_OCTETS);
}

static uint64_t
domain_hash(const uint8_t key[OCT_KEY_OCTETS], const char *domain)
{
	const char *const names[3] = { domain, "", "" };
	uint8_t sum[SUM_OCTETS];

	sum_names(key, names, sum);
	return oct_be_get(sum, AT_MAILBOX - AT_DOMAIN);
}

/* Of a mailbox, or (person not "") of one who shares it. */
static void
name_hash(const uint8_t key[OCT_KEY_OCTETS], const char *domain,
    const char *local, const char *person, uint8_t out[OWNER_LINK_HASH])
{
	const char *const names[3] = { domain, local, person };
	uint8_t sum[SUM_OCTETS];

	sum_names(key, names, sum);
	memcpy(out, sum, OWNER_LINK_HASH);
}

static void
compute_check(const uint8_t key[OCT_KEY_OCTETS],
    const uint8_t token[TOKEN_OCTETS], uint8_t out[CHECK_OCTETS])
{
	int rc = crypto_generichash(out, CHECK_OCTETS, token, AT_CHECK, key,
	    OCT_KEY_OCTETS);

	OCT_ASSERT(rc == 0);
}

static uint8_t
first_octet(enum owner_link_kind kind)
{
	return (uint8_t)(VERSION << 4 | (int)kind);
}

int
owner_link_make(const struct owner_link_keys *keys, enum owner_link_kind kind,
    const struct owner_link_who *who, int64_t issued_ms, int64_t expires_ms,
    char out[OWNER_LINK_SIZE])
{
	const uint8_t *names = keys->key[0][FOR_NAMES];
	uint8_t token[TOKEN_OCTETS] = { first_octet(kind) };

	if (issued_ms < 0 || issued_ms >= 1LL << 48 || expires_ms < 0 ||
	    expires_ms / MINUTE_MS > UINT32_MAX)
		return -ERANGE;
	(void)oct_be_put(token + AT_ISSUED, (uint64_t)issued_ms,
	    AT_EXPIRY - AT_ISSUED);
	(void)oct_be_put(token + AT_EXPIRY, (uint64_t)(expires_ms / MINUTE_MS),
	    AT_DOMAIN - AT_EXPIRY);
	(void)oct_be_put(token + AT_DOMAIN, domain_hash(names, who->domain),
	    AT_MAILBOX - AT_DOMAIN);
	name_hash(names, who->domain, who->local, "", token + AT_MAILBOX);
	if (who->person != NULL && *who->person != '\0')
		name_hash(names, who->domain, who->local, who->person,
		    token + AT_PERSON);
	compute_check(keys->key[0][kind - 1], token, token + AT_CHECK);
	oct_b32_encode(token, TOKEN_OCTETS, out);
	return 0;
}

const char *
owner_link_path(enum owner_link_kind kind)
{
	return kind == OWNER_LINK_ENTER ? "/m/" : "/d/";
}

int
owner_link_url(const char *base, enum owner_link_kind kind, const char *token,
    char out[OWNER_LINK_URL_SIZE])
{
	size_t len = strlen(base);
	struct oct_str s;

	while (len > 0 && base[len - 1] == '/')
		len--;
	oct_str_fixed(&s, out, OWNER_LINK_URL_SIZE);
	oct_str_addn(&s, base, len);
	oct_str_add(&s, owner_link_path(kind));
	oct_str_add(&s, token);
	return oct_str_err(&s);
}

static const char *const act_names[] = { [OWNER_LINK_SHOW] = "show",
	[OWNER_LINK_RELEASE] = "release", [OWNER_LINK_ACCEPT] = "accept",
	[OWNER_LINK_REFUSE] = "refuse" };

const char *
owner_link_act_name(enum owner_link_act act)
{
	return act_names[act];
}

int
owner_link_act_parse(const char *name, enum owner_link_act *out)
{
	for (size_t i = 0; i < OCT_LEN(act_names); i++) {
		if (strcmp(act_names[i], name) != 0)
			continue;
		*out = (enum owner_link_act)i;
		return 0;
	}
	return OCT_EPARSE;
}

int
owner_link_item_url(const char *base, const char *token, const char *id,
    enum owner_link_act act, char out[OWNER_LINK_URL_SIZE])
{
	int rc = owner_link_url(base, OWNER_LINK_ENTER, token, out);
	struct oct_str s;

	if (rc != 0)
		return rc;
	oct_str_fixed(&s, out + strlen(out),
	    OWNER_LINK_URL_SIZE - strlen(out));
	oct_str_addf(&s, "/%s/%s", id, owner_link_act_name(act));
	return oct_str_err(&s);
}

/* --- Reading ------------------------------------------------------------- */

int
owner_link_read(const struct owner_link_keys *keys, enum owner_link_kind kind,
    const char *text, int64_t now_ms, struct owner_link *out)
{
	uint8_t token[TOKEN_OCTETS], check[CHECK_OCTETS];
	size_t good = OCT_LEN(keys->key);

	if (oct_b32_decode(text, token, sizeof(token)) != 0 ||
	    token[0] != first_octet(kind))
		return OCT_EPARSE;
	/* Both keys, always: which one fits is not told by the time. */
	for (size_t i = OCT_LEN(keys->key); i-- > 0;) {
		compute_check(keys->key[i][kind - 1], token, check);
		if (crypto_verify_16(check, token + AT_CHECK) == 0)
			good = i;
	}
	if (good == OCT_LEN(keys->key))
		return OCT_EAUTH;
	*out = (struct owner_link){ .kind = kind, .key = good };
	out->issued_ms =
	    (int64_t)oct_be_get(token + AT_ISSUED, AT_EXPIRY - AT_ISSUED);
	out->expires_ms = MINUTE_MS *
	    (int64_t)oct_be_get(token + AT_EXPIRY, AT_DOMAIN - AT_EXPIRY);
	out->domain = oct_be_get(token + AT_DOMAIN, AT_MAILBOX - AT_DOMAIN);
	memcpy(out->mailbox, token + AT_MAILBOX, OWNER_LINK_HASH);
	memcpy(out->person, token + AT_PERSON, OWNER_LINK_HASH);
	return now_ms >= out->expires_ms ? OCT_ETIME : 0;
}

bool
owner_person_next(const struct dir_mailbox *m, size_t *at,
    char out[OCT_ADDR_SIZE])
{
	const char *list = detail_get(m->details, DETAIL_OWNERS);
	size_t n;

	if (*at >= strlen(list))
		return false;
	n = strcspn(list + *at, ",");
	/* Addresses are kept normalised, and bounded by that. */
	if (n == 0 || n >= OCT_ADDR_SIZE)
		return false;
	memcpy(out, list + *at, n);
	out[n] = '\0';
	*at += n + strspn(list + *at + n, ", ");
	return true;
}

bool
owner_person_is(const struct dir_mailbox *m, const char *person)
{
	char one[OCT_ADDR_SIZE];
	size_t at = 0;

	while (owner_person_next(m, &at, one))
		if (strcmp(one, person) == 0)
			return true;
	return false;
}

static bool
find_person(const uint8_t key[OCT_KEY_OCTETS], const struct owner_link *link,
    struct owner_of *of)
{
	uint8_t hash[OWNER_LINK_HASH];
	size_t at = 0;

	of->person[0] = '\0';
	if (sodium_is_zero(link->person, OWNER_LINK_HASH))
		return true;
	while (owner_person_next(of->mailbox, &at, of->person)) {
		name_hash(key, of->domain->name, of->mailbox->local,
		    of->person, hash);
		if (memcmp(hash, link->person, OWNER_LINK_HASH) == 0)
			return true;
	}
	return false;
}

static bool
find_mailbox(const uint8_t key[OCT_KEY_OCTETS], const struct owner_link *link,
    struct owner_of *of)
{
	uint8_t hash[OWNER_LINK_HASH];

	for (size_t i = 0; i < of->domain->mailbox_count; i++) {
		of->mailbox = dir_mailbox_at(of->domain, i);
		name_hash(key, of->domain->name, of->mailbox->local, "", hash);
		if (memcmp(hash, link->mailbox, OWNER_LINK_HASH) == 0)
			return of->mailbox->state != DIR_CLOSED &&
			    find_person(key, link, of);
	}
	return false;
}

bool
owner_link_whose(const struct owner_link_keys *keys,
    const struct owner_link *link, const struct dir_snapshot *s,
    struct owner_of *out)
{
	const uint8_t *key = keys->key[link->key][FOR_NAMES];

	for (size_t i = 0; i < dir_domain_count(s); i++) {
		out->domain = dir_domain_at(s, i);
		if (domain_hash(key, out->domain->name) == link->domain &&
		    dir_domain(s, out->domain->name) != NULL &&
		    find_mailbox(key, link, out))
			return true;
	}
	return false;
}
