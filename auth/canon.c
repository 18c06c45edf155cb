/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/canon.h"

#include <errno.h>

void
auth_canon_body_init(struct auth_canon_body *c, bool relaxed, uint64_t limit,
    EVP_MD_CTX *md)
{
	c->md = md;
	c->relaxed = relaxed;
	c->cr = c->space = c->failed = false;
	c->crlfs = c->total = 0;
	c->limit = limit;
	c->used = 0;
}

static void
flush(struct auth_canon_body *c)
{
	if (c->md != NULL && c->used > 0 &&
	    EVP_DigestUpdate(c->md, c->buf, c->used) != 1)
		c->failed = true;
	c->used = 0;
}

static void
put(struct auth_canon_body *c, char octet)
{
	if (c->total++ >= c->limit || c->md == NULL)
		return;
	if (c->used == sizeof(c->buf))
		flush(c);
	c->buf[c->used++] = octet;
}

static void
put_crlf(struct auth_canon_body *c)
{
	put(c, '\r');
	put(c, '\n');
}

/* Content of a line: what was held back before it is now known to count. */
static void
put_content(struct auth_canon_body *c, char octet)
{
	for (; c->crlfs > 0; c->crlfs--)
		put_crlf(c);
	if (c->space)
		put(c, ' ');
	c->space = false;
	put(c, octet);
}

void
auth_canon_body_add(struct auth_canon_body *c, const char *octets, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char octet = octets[i];

		if (c->cr && octet == '\n') {
			c->cr = c->space = false;
			c->crlfs++;
			continue;
		}
		if (c->cr)
			put_content(c, '\r');
		c->cr = octet == '\r';
		if (c->cr)
			continue;
		if (c->relaxed && (octet == ' ' || octet == '\t'))
			c->space = true;
		else
			put_content(c, octet);
	}
}

int
auth_canon_body_end(struct auth_canon_body *c)
{
	if (c->cr)
		put_content(c, '\r');
	c->cr = false;
	/* An empty body is CRLF under simple and nothing under relaxed. */
	if (!c->relaxed || c->total > 0)
		put_crlf(c);
	flush(c);
	return c->failed ? -ENOMEM : 0;
}

static void
relaxed_name(const char *name, size_t len, struct oct_str *out)
{
	while (len > 0 && (name[len - 1] == ' ' || name[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		oct_str_addc(out,
		    c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
}

static bool
is_fold(const char *value, size_t len, size_t i)
{
	return value[i] == '\r' && i + 1 < len && value[i + 1] == '\n';
}

static void
relaxed_value(const char *value, size_t len, struct oct_str *out)
{
	bool space = false, any = false;

	for (size_t i = 0; i < len; i++) {
		if (is_fold(value, len, i)) {
			i++;
			continue;
		}
		if (value[i] == ' ' || value[i] == '\t') {
			space = true;
			continue;
		}
		if (space && any)
			oct_str_addc(out, ' ');
		oct_str_addc(out, value[i]);
		space = false;
		any = true;
	}
}

void
auth_canon_field(bool relaxed, const struct oct_field *field,
    struct oct_str *out)
{
	if (relaxed)
		relaxed_name(field->name, field->name_len, out);
	else
		oct_str_addn(out, field->name, field->name_len);
	oct_str_addc(out, ':');
	if (relaxed)
		relaxed_value(field->value, field->value_len, out);
	else
		oct_str_addn(out, field->value, field->value_len);
}
