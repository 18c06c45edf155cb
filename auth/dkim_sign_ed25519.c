/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing with Ed25519 (RFC 8463): relaxed/relaxed, the same fields as for RSA.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "auth/dkim_int.h"
#include "lib/clock.h"
#include "lib/err.h"

#define NAME "DKIM-Signature"
#define FIELDS_MAX 20000
#define SEED_OCTETS 32
#define SIGNATURE_OCTETS 64
#define LINE_WIDTH 72

struct header {
	struct oct_field *field; /* owned */
	size_t count, cap;
};

static int
add_field(struct header *h, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	struct oct_field *grown;

	if (colon == NULL || colon == text)
		return OCT_EPARSE;
	if (h->count == FIELDS_MAX)
		return OCT_ELIMIT;
	if (h->count == h->cap) {
		grown = reallocarray(h->field, h->cap * 2 + 32,
		    sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		h->field = grown;
		h->cap = h->cap * 2 + 32;
	}
	h->field[h->count].name = text;
	h->field[h->count].name_len = (size_t)(colon - text);
	h->field[h->count].value = colon + 1;
	h->field[h->count++].value_len = len - (size_t)(colon - text) - 1;
	return 0;
}

static int
split(struct header *h, const char *header, size_t len)
{
	size_t at = 0, field;
	int rc;

	while (at < len) {
		field = dkim_field_len(header + at, len - at);
		rc = field == 0 ? OCT_EPARSE :
				  add_field(h, header + at, field);
		if (rc != 0)
			return rc;
		at += field + 2;
	}
	return 0;
}

static bool
is_name(const struct oct_field *f, const char *name)
{
	size_t len = f->name_len;

	while (len > 0 && (f->name[len - 1] == ' ' || f->name[len - 1] == '\t'))
		len--;
	return len == strlen(name) && strncasecmp(f->name, name, len) == 0;
}

static bool
is_oversigned(const char *name)
{
	for (const char *const *p = dkim_oversign_fields; *p != NULL; p++) {
		if (strcmp(*p, name) == 0)
			return true;
	}
	return false;
}

/* One more name in h=, folded in time. */
static void
list_name(struct oct_str *list, size_t *column, const char *name)
{
	if (list->len > 0)
		oct_str_addc(list, ':');
	if (*column + strlen(name) > LINE_WIDTH) {
		oct_str_add(list, "\r\n\t ");
		*column = 9;
	}
	oct_str_add(list, name);
	*column += strlen(name) + 1;
}

/* All fields of the name, from the last one up (RFC 6376 5.4.2). */
static void
take_fields(const struct header *h, const char *name, struct oct_str *list,
    size_t *column, struct oct_str *canon)
{
	for (size_t i = h->count; i-- > 0;) {
		const struct oct_field *f = &h->field[i];

		if (!is_name(f, name))
			continue;
		list_name(list, column, name);
		auth_canon_field(true, f, canon);
		oct_str_add(canon, "\r\n");
	}
	if (is_oversigned(name))
		list_name(list, column, name);
}

static int
hash_body(const struct auth_dkim_parts *m, char out[DKIM_BH_SIZE])
{
	struct auth_canon_body canon;
	unsigned char md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int len;
	int rc = -ENOMEM;

	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		goto out;
	auth_canon_body_init(&canon, true, UINT64_MAX, ctx);
	auth_canon_body_add(&canon, m->body, m->body_len);
	rc = auth_canon_body_end(&canon);
	if (rc == 0 && EVP_DigestFinal_ex(ctx, md, &len) != 1)
		rc = -ENOMEM;
	if (rc == 0)
		(void)EVP_EncodeBlock((unsigned char *)out, md, (int)len);
out:
	EVP_MD_CTX_free(ctx);
	return rc;
}

static int
load_seed(const char *base64, EVP_PKEY **out)
{
	uint8_t seed[SEED_OCTETS];
	size_t len = 0;
	int rc;

	rc = auth_base64_decode(base64, strlen(base64), seed, sizeof(seed),
	    &len);
	if (rc != 0 || len != sizeof(seed))
		return OCT_ECONF;
	*out = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, len);
	explicit_bzero(seed, sizeof(seed));
	return *out != NULL ? 0 : -ENOMEM;
}

/* b= over the SHA-256 of what was made canonical (RFC 8463 3). */
static int
add_signature(EVP_PKEY *pkey, const struct oct_str *canon, struct oct_str *out)
{
	unsigned char md[EVP_MAX_MD_SIZE], signature[SIGNATURE_OCTETS];
	unsigned char text[(SIGNATURE_OCTETS + 2) / 3 * 4 + 1];
	size_t len = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int md_len;
	int rc = -ENOMEM;

	if (ctx != NULL &&
	    EVP_Digest(oct_str_text(canon), canon->len, md, &md_len,
		EVP_sha256(), NULL) == 1 &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, md, md_len) == 1) {
		(void)EVP_EncodeBlock(text, signature, (int)len);
		oct_str_add(out, (const char *)text);
		rc = 0;
	}
	EVP_MD_CTX_free(ctx);
	return rc;
}

static int
sign_header(const struct auth_dkim_key *key, const struct header *h,
    const char *bh, EVP_PKEY *pkey, struct oct_str *field)
{
	struct oct_field self = { .name = NAME, .name_len = strlen(NAME) };
	struct oct_str canon, list;
	size_t column = 10;
	int rc;

	oct_str_heap(&canon, SIZE_MAX / 2);
	oct_str_heap(&list, SIZE_MAX / 2);
	for (const char *const *p = dkim_sign_fields; *p != NULL; p++)
		take_fields(h, *p, &list, &column, &canon);
	oct_str_addf(field, " v=1; a=ed25519-sha256; c=relaxed/relaxed; "
	    "d=%s;\r\n\ts=%s; t=%lld;\r\n\tbh=%s;\r\n\th=%s;\r\n\tb=",
	    key->domain, key->selector,
	    (long long)(oct_clock_wall_ms() / 1000), bh, oct_str_text(&list));
	self.value = oct_str_text(field);
	self.value_len = field->len;
	auth_canon_field(true, &self, &canon);
	rc = oct_str_err(&list);
	if (rc == 0)
		rc = oct_str_err(&canon);
	if (rc == 0)
		rc = add_signature(pkey, &canon, field);
	oct_str_free(&canon);
	oct_str_free(&list);
	return rc;
}

static bool
has_from(const struct header *h)
{
	for (size_t i = 0; i < h->count; i++) {
		if (is_name(&h->field[i], "From"))
			return true;
	}
	return false;
}

int
dkim_sign_ed25519(const struct auth_dkim_key *key,
    const struct auth_dkim_parts *message, struct oct_str *out)
{
	struct header h = { .field = NULL };
	char bh[DKIM_BH_SIZE];
	struct oct_str field;
	EVP_PKEY *pkey = NULL;
	int rc;

	oct_str_heap(&field, 64 * 1024);
	rc = split(&h, message->header, message->header_len);
	if (rc == 0 && !has_from(&h))
		rc = OCT_EPARSE;
	if (rc == 0)
		rc = load_seed(key->pem, &pkey);
	if (rc == 0)
		rc = hash_body(message, bh);
	if (rc == 0)
		rc = sign_header(key, &h, bh, pkey, &field);
	if (rc == 0)
		rc = oct_str_err(&field);
	if (rc == 0) {
		oct_str_addf(out, NAME ":%s\r\n", oct_str_text(&field));
		rc = oct_str_err(out);
	}
	EVP_PKEY_free(pkey);
	oct_str_free(&field);
	free(h.field);
	return rc;
}
