/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of RFC 8601 2.2, by the letter, with UTF-8 where RFC 6532 has it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "auth/results.h"
#include "lib/err.h"

#define COMMENT_DEPTH_MAX 32
#define KEYWORD_SIZE 64

struct cursor {
	const char *at, *end;
};

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_8bit(char c)
{
	return ((unsigned char)c & 0x80) != 0;
}

/* RFC 2045 5.1 */
static bool
is_token(char c)
{
	return c > 0x20 && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* RFC 5322 3.2.3 and RFC 6532 3.2, the dot with them. */
static bool
is_atext_or_dot(char c)
{
	return is_8bit(c) || (c > 0x20 && c < 0x7f &&
	    strchr("()<>@,;:\\\"[]", c) == NULL);
}

static bool
is_ldh(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-';
}

/* Octets of the well-formed UTF-8 character at p, 0 = none (RFC 3629 4). */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	static const unsigned char low[] = { 0x80, 0xa0, 0x90 };
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < low[1]) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < low[2]) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static bool
is_text(const char *value, size_t len)
{
	const unsigned char *p = (const unsigned char *)value;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_len(p + i, len - i);
		if (n == 0)
			return false;
		if (p[i] == 0x7f ||
		    (p[i] < 0x20 && strchr("\t\r\n", p[i]) == NULL) ||
		    p[i] == 0)
			return false;
	}
	return true;
}

static bool
at_end(const struct cursor *c)
{
	return c->at == c->end;
}

static bool
take(struct cursor *c, char wanted)
{
	if (at_end(c) || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

/* White space and proper folds; false if a line ends without going on. */
static bool
skip_fws(struct cursor *c, bool *any)
{
	const char *p;

	while (!at_end(c) && strchr(" \t\r\n", *c->at) != NULL) {
		p = c->at;
		if (*p == '\r')
			p++;
		if (p < c->end && *p == '\n') {
			p++;
			if (p == c->end || !is_wsp(*p))
				return false;
		}
		if (p == c->end || !is_wsp(*p))
			return false;
		c->at = p + 1;
		*any = true;
	}
	return true;
}

static bool
skip_comment(struct cursor *c)
{
	size_t depth = 1;
	bool any;

	c->at++;
	while (depth > 0) {
		if (!skip_fws(c, &any) || at_end(c))
			return false;
		switch (*c->at++) {
		case '(':
			if (++depth > COMMENT_DEPTH_MAX)
				return false;
			break;
		case ')':
			depth--;
			break;
		case '\\':
			if (at_end(c) || *c->at == '\r' || *c->at == '\n')
				return false;
			c->at++;
			break;
		default:
			break;
		}
	}
	return true;
}

/* Optional CFWS; any says whether there was some. */
static int
skip_cfws(struct cursor *c, bool *any)
{
	*any = false;
	for (;;) {
		if (!skip_fws(c, any))
			return OCT_EPARSE;
		if (at_end(c) || *c->at != '(')
			return 0;
		if (!skip_comment(c))
			return OCT_EPARSE;
		*any = true;
	}
}

static int
skip(struct cursor *c)
{
	bool any;

	return skip_cfws(c, &any);
}

/* RFC 5321 4.1.1.1 Keyword */
static int
keyword(struct cursor *c, char *out, size_t size)
{
	size_t n = 0;

	while (!at_end(c) && is_ldh(*c->at)) {
		if (n + 1 >= size)
			return OCT_ELIMIT;
		out[n++] = *c->at++;
	}
	out[n] = '\0';
	return n > 0 && out[n - 1] != '-' ? 0 : OCT_EPARSE;
}

static int
number(struct cursor *c, int *out)
{
	int n = 0;

	if (at_end(c) || !isdigit((unsigned char)*c->at))
		return OCT_EPARSE;
	while (!at_end(c) && isdigit((unsigned char)*c->at)) {
		if (n > 9999)
			return OCT_ELIMIT;
		n = n * 10 + (*c->at++ - '0');
	}
	*out = n;
	return 0;
}

/* A quoted-string, unquoted and unfolded; the cursor stands on the quote. */
static int
quoted(struct cursor *c, char *out, size_t size, size_t *len)
{
	bool any;

	for (c->at++; !at_end(c) && *c->at != '"'; c->at++) {
		if (*c->at == '\r' || *c->at == '\n') {
			if (!skip_fws(c, &any))
				return OCT_EPARSE;
			c->at--; /* its last white space is text */
		} else if (*c->at == '\\') {
			c->at++;
			if (at_end(c) || *c->at == '\r' || *c->at == '\n')
				return OCT_EPARSE;
		}
		if (*len + 1 >= size)
			return OCT_ELIMIT;
		out[(*len)++] = *c->at;
	}
	out[*len] = '\0';
	return take(c, '"') ? 0 : OCT_EPARSE;
}

/* All octets for which is() holds, appended. */
static int
run(struct cursor *c, bool (*is)(char), char *out, size_t size, size_t *len)
{
	while (!at_end(c) && is(*c->at)) {
		if (*len + 1 >= size)
			return OCT_ELIMIT;
		out[(*len)++] = *c->at++;
	}
	out[*len] = '\0';
	return 0;
}

/* RFC 2045 value */
static int
value(struct cursor *c, char *out, size_t size)
{
	size_t len = 0;
	int rc;

	if (!at_end(c) && *c->at == '"')
		return quoted(c, out, size, &len);
	rc = run(c, is_token, out, size, &len);
	if (rc != 0)
		return rc;
	return len > 0 ? 0 : OCT_EPARSE;
}

static bool
is_domain_char(char c)
{
	return is_ldh(c) || c == '.' || c == '_' || is_8bit(c);
}

static bool
is_domain(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && name[0] != '.' && name[len - 1] != '.' &&
	    strstr(name, "..") == NULL;
}

static bool
is_dot_atom(const char *text, size_t len)
{
	return len == 0 || (text[0] != '.' && text[len - 1] != '.' &&
	    strstr(text, "..") == NULL);
}

/* value / [ [ local-part ] "@" ] domain-name */
static int
pvalue(struct cursor *c, char *out, size_t size)
{
	bool was_quoted = !at_end(c) && *c->at == '"', token = true;
	size_t len = 0, local;
	int rc;

	rc = was_quoted ? quoted(c, out, size, &len) :
			  run(c, is_atext_or_dot, out, size, &len);
	if (rc != 0)
		return rc;
	if (at_end(c) || *c->at != '@') {
		for (size_t i = 0; i < len; i++)
			token = token && is_token(out[i]);
		return was_quoted || (len > 0 && token) ||
			(is_domain(out) && strpbrk(out, "/=?") == NULL) ?
		    0 : OCT_EPARSE;
	}
	if (!was_quoted && !is_dot_atom(out, len))
		return OCT_EPARSE;
	if (len + 2 >= size)
		return OCT_ELIMIT;
	out[len++] = *c->at++;
	local = len;
	rc = run(c, is_domain_char, out, size, &len);
	if (rc != 0)
		return rc;
	return is_domain(out + local) ? 0 : OCT_EPARSE;
}

/* [CFWS] wanted [CFWS] */
static int
separator(struct cursor *c, char wanted)
{
	int rc = skip(c);

	if (rc != 0)
		return rc;
	return take(c, wanted) ? skip(c) : OCT_EPARSE;
}

static int
parse_prop(struct cursor *c, const char *ptype,
    struct auth_results_method *m)
{
	size_t n = m->prop_count;
	int rc;

	if (n == OCT_LEN(m->prop) || strlen(ptype) >= sizeof(m->prop[n].ptype))
		return OCT_ELIMIT;
	(void)snprintf(m->prop[n].ptype, sizeof(m->prop[n].ptype), "%s", ptype);
	rc = separator(c, '.');
	if (rc == 0)
		rc = keyword(c, m->prop[n].property,
		    sizeof(m->prop[n].property));
	if (rc == 0)
		rc = separator(c, '=');
	if (rc == 0)
		rc = pvalue(c, m->prop[n].value, sizeof(m->prop[n].value));
	if (rc == 0)
		m->prop_count++;
	return rc;
}

/* reasonspec and propspecs, up to ";" or the end. */
static int
parse_details(struct cursor *c, struct auth_results_method *m)
{
	char word[KEYWORD_SIZE];
	bool space, first = true;
	int rc;

	for (;; first = false) {
		rc = skip_cfws(c, &space);
		if (rc != 0)
			return rc;
		if (at_end(c) || *c->at == ';')
			return 0;
		if (first && !space)
			return OCT_EPARSE;
		rc = keyword(c, word, sizeof(word));
		if (rc == 0)
			rc = skip(c);
		if (rc != 0)
			return rc;
		if (first && strcasecmp(word, "reason") == 0 &&
		    !at_end(c) && *c->at == '=') {
			rc = separator(c, '=');
			if (rc == 0)
				rc = value(c, m->reason, sizeof(m->reason));
		} else {
			rc = parse_prop(c, word, m);
		}
		if (rc != 0)
			return rc;
	}
}

static int
parse_version(struct cursor *c, int *version)
{
	int rc = skip(c);

	if (rc != 0 || at_end(c) || *c->at != '/')
		return rc;
	rc = separator(c, '/');
	return rc == 0 ? number(c, version) : rc;
}

/* One resinfo, the ";" already taken.  *none: it was the word "none" alone. */
static int
parse_method(struct cursor *c, struct auth_results_method *m, bool *known,
    bool *none)
{
	char word[KEYWORD_SIZE];
	int rc;

	memset(m, 0, sizeof(*m));
	m->version = 1;
	*none = false;
	rc = skip(c);
	if (rc == 0)
		rc = keyword(c, m->method, sizeof(m->method));
	if (rc == 0)
		rc = skip(c);
	if (rc != 0)
		return rc;
	if (at_end(c) && strcasecmp(m->method, "none") == 0) {
		*none = true;
		return 0;
	}
	rc = parse_version(c, &m->version);
	if (rc == 0)
		rc = separator(c, '=');
	if (rc == 0)
		rc = keyword(c, word, sizeof(word));
	if (rc != 0)
		return rc;
	*known = auth_result_parse(word, &m->result) == 0;
	return parse_details(c, m);
}

static int
parse_methods(struct cursor *c, struct auth_results *out)
{
	struct auth_results_method *method;
	bool known = false, none;
	size_t seen = 0;
	int rc;

	while (take(c, ';')) {
		if (out->count == OCT_LEN(out->method))
			return OCT_ELIMIT;
		method = &out->method[out->count];
		rc = parse_method(c, method, &known, &none);
		if (rc != 0)
			return rc;
		if (none)
			return seen == 0 ? 0 : OCT_EPARSE;
		seen++;
		/* A result that nobody registered says nothing (2.7.6). */
		if (known)
			out->count++;
	}
	return at_end(c) && seen > 0 ? 0 : OCT_EPARSE;
}

static int
parse_head(struct cursor *c, struct auth_results *out)
{
	bool space;
	int rc;

	rc = skip(c);
	if (rc == 0)
		rc = value(c, out->authserv_id, sizeof(out->authserv_id));
	if (rc == 0)
		rc = skip_cfws(c, &space);
	if (rc != 0 || at_end(c) || *c->at == ';')
		return rc;
	if (!space)
		return OCT_EPARSE;
	rc = number(c, &out->version);
	return rc == 0 ? skip(c) : rc;
}

int
auth_results_parse(const char *text, size_t len, struct auth_results *out)
{
	struct cursor c;
	int rc;

	memset(out, 0, sizeof(*out));
	out->version = 1;
	/* The field's own line end may still be there, or half of it. */
	if (len >= 1 && text[len - 1] == '\n')
		len--;
	if (len >= 1 && text[len - 1] == '\r')
		len--;
	if (!is_text(text, len))
		return OCT_EPARSE;
	c.at = text;
	c.end = text + len;
	rc = parse_head(&c, out);
	return rc == 0 ? parse_methods(&c, out) : rc;
}
