/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing with RSA by the library.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "auth/dkim_int.h"
#include "lib/err.h"

#define PREFIX "DKIM-Signature: "

static int
dkim_error_code(DKIM_STAT status)
{
	return status == DKIM_STAT_NORESOURCE ? -ENOMEM : OCT_ECONF;
}

size_t
dkim_field_len(const char *text, size_t len)
{
	const char *end = text + len, *p = text;

	while ((p = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		if (end - p >= 2 && p[1] == '\n' &&
		    (end - p == 2 || (p[2] != ' ' && p[2] != '\t')))
			return (size_t)(p - text);
		p++;
	}
	return 0;
}

static int
feed_header(DKIM *dkim, const char *header, size_t len)
{
	size_t at = 0, field;
	DKIM_STAT status;

	while (at < len) {
		field = dkim_field_len(header + at, len - at);
		if (field == 0)
			return OCT_EPARSE;
		status = dkim_header(dkim, dkim_unconst(header + at), field);
		if (status == DKIM_STAT_SYNTAX)
			return OCT_EPARSE;
		if (status != DKIM_STAT_OK)
			return dkim_error_code(status);
		at += field + 2;
	}
	return 0;
}

static bool
ends_line(const char *body, size_t len)
{
	return len == 0 ||
	    (len >= 2 && body[len - 2] == '\r' && body[len - 1] == '\n');
}

/* RFC 6376 3.4.4: a body gets the CRLF that it lacks (BDAT allows that), which
 * the library takes for an error. */
static int
feed_body(DKIM *dkim, const char *body, size_t len)
{
	bool complete = ends_line(body, len);
	DKIM_STAT status;
	size_t piece;

	for (; len > 0; len -= piece, body += piece) {
		piece = len < INT_MAX / 2 ? len : INT_MAX / 2;
		status = dkim_body(dkim, dkim_unconst(body), piece);
		if (status != DKIM_STAT_OK)
			return dkim_error_code(status);
	}
	status = complete ? DKIM_STAT_OK
			  : dkim_body(dkim, dkim_unconst("\r\n"), 2);
	return status == DKIM_STAT_OK ? 0 : dkim_error_code(status);
}

static int
sign_message(DKIM *dkim, const struct auth_dkim_parts *m, struct oct_str *out)
{
	DKIM_STAT status;
	size_t field_octets;
	u_char *field;
	int rc;

	rc = feed_header(dkim, m->header, m->header_len);
	if (rc != 0)
		return rc;
	status = dkim_eoh(dkim);
	if (status != DKIM_STAT_OK) /* no From, or one that is none */
		return status == DKIM_STAT_NORESOURCE ? -ENOMEM : OCT_EPARSE;
	rc = feed_body(dkim, m->body, m->body_len);
	if (rc != 0)
		return rc;
	status = dkim_eom(dkim, NULL);
	if (status != DKIM_STAT_OK)
		return dkim_error_code(status);
	status = dkim_getsighdr_d(dkim, sizeof(PREFIX) - 1, &field,
	    &field_octets);
	if (status != DKIM_STAT_OK)
		return dkim_error_code(status);
	oct_str_add(out, PREFIX);
	oct_str_addn(out, field, field_octets);
	oct_str_add(out, "\r\n");
	return oct_str_err(out);
}

/*
 * The library says "out of memory" for a bad key, and loses some in finding
 * out: it never gets one.
 */
static bool
is_rsa_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey = NULL;
	bool ok;

	if (bio != NULL)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL,
		    dkim_unconst(""));
	ok = pkey != NULL && EVP_PKEY_is_a(pkey, "RSA");
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return ok;
}

int
auth_dkim_sign_parts(struct auth_dkim_lib *lib, const struct auth_dkim_key *key,
    const struct auth_dkim_parts *message, struct oct_str *out)
{
	DKIM_STAT status;
	DKIM *dkim;
	int rc;

	if (key->ed25519)
		return dkim_sign_ed25519(key, message, out);
	if (!key->made_here && !is_rsa_key(key->pem))
		return OCT_ECONF;
	dkim = dkim_sign(lib->handle, (const u_char *)"sign", NULL,
	    dkim_unconst(key->pem), (const u_char *)key->selector,
	    (const u_char *)key->domain, DKIM_CANON_RELAXED,
	    DKIM_CANON_RELAXED, DKIM_SIGN_RSASHA256, -1, &status);
	if (dkim == NULL)
		return dkim_error_code(status);
	rc = sign_message(dkim, message, out);
	(void)dkim_free(dkim);
	return rc;
}

int
auth_dkim_sign(struct auth_dkim_lib *lib, const struct auth_dkim_key *key,
    const char *message, size_t len, struct oct_str *out)
{
	struct auth_dkim_parts parts = { .header = message, .body = "" };
	size_t at = 0, field;

	while (at < len && (len - at < 2 ||
		memcmp(message + at, "\r\n", 2) != 0)) {
		field = dkim_field_len(message + at, len - at);
		if (field == 0)
			return OCT_EPARSE;
		at += field + 2;
	}
	parts.header_len = at;
	if (len - at > 2) {
		parts.body = message + at + 2;
		parts.body_len = len - at - 2;
	}
	return auth_dkim_sign_parts(lib, key, &parts, out);
}
