/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/dkim_key.h"

#include <stdio.h>
#include <string.h>

#include "auth/tags.h"
#include "lib/err.h"

/* RFC 8301 3.2 */
#define RSA_BITS_MIN 1024

static int
refuse(char problem[128], const char *why)
{
	(void)snprintf(problem, 128, "%s", why);
	return 0;
}

int
auth_dkim_key_name(const char *selector, const char *domain,
    char out[OCT_DOMAIN_SIZE])
{
	char joined[2 * OCT_DOMAIN_SIZE + 16];
	int n;

	n = snprintf(joined, sizeof(joined), "%s._domainkey.%s", selector,
	    domain);
	if (n < 0 || (size_t)n >= sizeof(joined))
		return OCT_EPARSE;
	return oct_domain_normalise(joined, out);
}

void
auth_dkim_key_prefetch(struct dns_session *dns, const char *selector,
    const char *domain)
{
	char name[OCT_DOMAIN_SIZE];

	if (auth_dkim_key_name(selector, domain, name) == 0)
		dns_prefetch(dns, name, DNS_TXT);
}

/* Step into one DER element of the given tag; *at moves behind it. */
static bool
der_enter(const uint8_t **at, const uint8_t *end, uint8_t tag,
    const uint8_t **content, size_t *len)
{
	const uint8_t *p = *at;
	size_t n, octets;

	if (end - p < 2 || p[0] != tag)
		return false;
	n = p[1];
	p += 2;
	if (n > 0x80) {
		octets = n - 0x80;
		if (octets > 2 || (size_t)(end - p) < octets)
			return false;
		for (n = 0; octets > 0; octets--)
			n = n << 8 | *p++;
	} else if (n == 0x80) {
		return false;
	}
	if ((size_t)(end - p) < n)
		return false;
	*content = p;
	*len = n;
	*at = p + n;
	return true;
}

/* Bits of the modulus of an RSAPublicKey (RFC 8017 A.1.1); 0 = not one. */
static unsigned int
rsa_bits(const uint8_t *der, size_t len)
{
	const uint8_t *end = der + len, *p;
	unsigned int bits;
	size_t n;

	if (!der_enter(&der, end, 0x30, &p, &n))
		return 0;
	end = p + n;
	if (!der_enter(&p, end, 0x02, &der, &n))
		return 0;
	while (n > 0 && *der == 0) {
		der++;
		n--;
	}
	if (n == 0)
		return 0;
	bits = (unsigned int)n * 8;
	for (uint8_t top = *der; (top & 0x80) == 0; top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

static const uint8_t rsa_algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86,
	0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };

/* Bits of the key in a SubjectPublicKeyInfo (RFC 5280 4.1); 0 = not RSA. */
static unsigned int
spki_bits(const uint8_t *der, size_t len)
{
	const uint8_t *end = der + len, *p, *key;
	size_t n;

	if (!der_enter(&der, end, 0x30, &p, &n))
		return 0;
	end = p + n;
	if ((size_t)(end - p) < sizeof(rsa_algorithm) ||
	    memcmp(p, rsa_algorithm, sizeof(rsa_algorithm)) != 0)
		return 0;
	p += sizeof(rsa_algorithm);
	if (!der_enter(&p, end, 0x03, &key, &n) || n < 1 || key[0] != 0)
		return 0;
	return rsa_bits(key + 1, n - 1);
}

/*
 * RFC 6376 3.6.1 asks for an RSAPublicKey and all the world publishes a
 * SubjectPublicKeyInfo: wrap the former, so that one form is left.
 */
static bool
wrap_rsa(struct auth_dkim_pubkey *key)
{
	uint8_t head[8 + sizeof(rsa_algorithm)];
	size_t inner = key->der_len + 1, at = 0, outer;

	outer = sizeof(rsa_algorithm) + 4 + inner;
	if (outer + 4 > sizeof(key->der) || key->der_len < 128)
		return false;
	head[at++] = 0x30;
	head[at++] = 0x82;
	head[at++] = (uint8_t)(outer >> 8);
	head[at++] = (uint8_t)outer;
	memcpy(head + at, rsa_algorithm, sizeof(rsa_algorithm));
	at += sizeof(rsa_algorithm);
	head[at++] = 0x03;
	head[at++] = 0x82;
	head[at++] = (uint8_t)(inner >> 8);
	head[at++] = (uint8_t)inner;
	memmove(key->der + at + 1, key->der, key->der_len);
	memcpy(key->der, head, at);
	key->der[at] = 0;
	key->der_len += at + 1;
	return true;
}

static int
take_rsa(struct auth_dkim_pubkey *key, char problem[128])
{
	key->bits = spki_bits(key->der, key->der_len);
	if (key->bits == 0) {
		key->bits = rsa_bits(key->der, key->der_len);
		if (key->bits >= RSA_BITS_MIN && !wrap_rsa(key))
			key->bits = 0;
	}
	if (key->bits == 0)
		return refuse(problem, "key is not an RSA public key");
	if (key->bits < RSA_BITS_MIN)
		return refuse(problem, "RSA key under 1024 bits");
	return 1;
}

static int
take_key(const struct auth_tag *p, struct auth_dkim_pubkey *key,
    char problem[128])
{
	if (p == NULL)
		return refuse(problem, "key record without p=");
	if (p->value_len == 0)
		return refuse(problem, "key revoked");
	if (auth_base64_decode(p->value, p->value_len, key->der,
		sizeof(key->der), &key->der_len) != 0)
		return refuse(problem, "key is not base64, or too long");
	if (!key->ed25519)
		return take_rsa(key, problem);
	key->bits = 256;
	if (key->der_len != 32)
		return refuse(problem, "Ed25519 key is not 32 octets");
	return 1;
}

static bool
list_allows(const struct auth_tag *tag, const char *one, const char *other)
{
	return tag == NULL || auth_tag_list_count(tag, one) > 0 ||
	    (other != NULL && auth_tag_list_count(tag, other) > 0);
}

int
auth_dkim_key_parse(const char *text, size_t len, struct auth_dkim_pubkey *out,
    char problem[128])
{
	const struct auth_tag *v, *k, *t;
	struct auth_tags tags;

	if (auth_tags_parse_ascii(text, len, &tags) != 0)
		return refuse(problem, "key record is not a tag list");
	/* RFC 6376 3.6.1: v= first if at all, else the record is void. */
	v = auth_tags_find(&tags, "v");
	if (v != NULL && (v != &tags.tag[0] || !auth_tag_is(v, "DKIM1")))
		return refuse(problem, "key record version");
	if (!list_allows(auth_tags_find(&tags, "h"), "sha256", NULL))
		return refuse(problem, "key does not allow sha256");
	if (!list_allows(auth_tags_find(&tags, "s"), "email", "*"))
		return refuse(problem, "key is not for mail");
	k = auth_tags_find(&tags, "k");
	out->ed25519 = auth_tag_is(k, "ed25519");
	if (k != NULL && !out->ed25519 && !auth_tag_is(k, "rsa"))
		return refuse(problem, "unknown key type");
	t = auth_tags_find(&tags, "t");
	out->testing = t != NULL && auth_tag_list_count(t, "y") > 0;
	out->no_subs = t != NULL && auth_tag_list_count(t, "s") > 0;
	return take_key(auth_tags_find(&tags, "p"), out, problem);
}

/* Does this TXT record mean to be a key?  Wildcards put others beside it. */
static bool
is_key_record(const struct dns_record *r)
{
	struct auth_tags tags;

	return auth_tags_parse_ascii(r->text, r->text_len, &tags) == 0 &&
	    auth_tags_find(&tags, "p") != NULL;
}

/* RFC 6376 3.6.2.2 leaves several keys undefined: none of them is taken. */
static const struct dns_record *
only_key(const struct dns_answer *answer)
{
	const struct dns_record *found = NULL;

	if (answer->count == 1)
		return &answer->records[0];
	for (size_t i = 0; i < answer->count; i++) {
		if (!is_key_record(&answer->records[i]))
			continue;
		if (found != NULL)
			return NULL;
		found = &answer->records[i];
	}
	return found;
}

int
auth_dkim_key_get(struct dns_session *dns, const char *selector,
    const char *domain, struct auth_dkim_pubkey *out, char problem[128])
{
	char name[OCT_DOMAIN_SIZE];
	const struct dns_answer *answer;
	const struct dns_record *record;

	if (auth_dkim_key_name(selector, domain, name) != 0)
		return refuse(problem, "key name is no domain name");
	answer = dns_get(dns, name, DNS_TXT);
	if (answer->status == DNS_TEMPFAIL) {
		(void)refuse(problem, "no answer for the key");
		return OCT_ETIME;
	}
	if (answer->status != DNS_OK || answer->count == 0)
		return refuse(problem, "no key");
	record = only_key(answer);
	if (record == NULL)
		return refuse(problem, "several key records, or none of them");
	out->secure = answer->secure;
	return auth_dkim_key_parse(record->text, record->text_len, out,
	    problem);
}
