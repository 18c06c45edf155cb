/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/spf_parse.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"

#define VERSION "v=spf1"

/* What may follow the name of a mechanism. */
enum argument {
	ARG_NOTHING,
	ARG_DOMAIN,     /* ":" domain-spec */
	ARG_MAY_DOMAIN, /* [ ":" domain-spec ] */
	ARG_MAY_CIDR,   /* [ ":" domain-spec ] [ dual-cidr-length ] */
	ARG_IP4,
	ARG_IP6
};

static const struct {
	const char *name;
	enum spf_kind kind;
	enum argument argument;
} mechanisms[] = {
	{ "all", SPF_ALL, ARG_NOTHING },
	{ "include", SPF_INCLUDE, ARG_DOMAIN },
	{ "a", SPF_A, ARG_MAY_CIDR },
	{ "mx", SPF_MX, ARG_MAY_CIDR },
	{ "ptr", SPF_PTR, ARG_MAY_DOMAIN },
	{ "ip4", SPF_IP4, ARG_IP4 },
	{ "ip6", SPF_IP6, ARG_IP6 },
	{ "exists", SPF_EXISTS, ARG_DOMAIN },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ABNF strings are case-insensitive (RFC 5234 2.3). */
static bool
is_word(struct spf_span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

static struct spf_span
skip(struct spf_span s, size_t count)
{
	return (struct spf_span){ s.at + count, s.len - count };
}

static int
bad(const char **why, const char *text)
{
	*why = text;
	return OCT_EPARSE;
}

int
spf_record_select(const struct dns_answer *txt, struct spf_span *terms)
{
	const size_t len = sizeof(VERSION) - 1;
	int found = 0;

	for (size_t i = 0; i < txt->count; i++) {
		const struct dns_record *r = &txt->records[i];

		if (r->text_len < len ||
		    strncasecmp(r->text, VERSION, len) != 0)
			continue;
		if (r->text_len > len && r->text[len] != ' ')
			continue;
		if (found++ > 0)
			return OCT_ECONFLICT;
		terms->at = r->text + len;
		terms->len = r->text_len - len;
	}
	return found;
}

/*
 * Take a final "/n" (slashes = 1) or "//n" off s.  A leading zero is refused as
 * it is in the addresses themselves.
 */
static int
take_cidr(struct spf_span *s, size_t slashes, int max, int *bits)
{
	size_t i = s->len;
	int v = 0;

	while (i > 0 && is_digit(s->at[i - 1]))
		i--;
	if (i == s->len || i < slashes ||
	    memcmp(s->at + i - slashes, "//", slashes) != 0)
		return 0;
	if (s->len - i > 3 || (s->at[i] == '0' && s->len - i > 1))
		return OCT_EPARSE;
	for (size_t j = i; j < s->len; j++)
		v = v * 10 + (s->at[j] - '0');
	if (v > max)
		return OCT_EPARSE;
	*bits = v;
	s->len = i - slashes;
	return 0;
}

/* ip4-network = qnum "." qnum "." qnum "." qnum */
static int
parse_ip4(struct spf_span s, struct oct_ip *out)
{
	size_t at = 0;

	*out = (struct oct_ip){ .family = AF_INET };
	for (size_t i = 0; i < 4; i++) {
		size_t start;
		int v = 0;

		if (i > 0 && (at == s.len || s.at[at++] != '.'))
			return OCT_EPARSE;
		start = at;
		while (at < s.len && at - start < 3 && is_digit(s.at[at]))
			v = v * 10 + (s.at[at++] - '0');
		if (at == start || v > 255 ||
		    (s.at[start] == '0' && at - start > 1))
			return OCT_EPARSE;
		out->octets[i] = (uint8_t)v;
	}
	return at == s.len ? 0 : OCT_EPARSE;
}

/*
 * RFC 4291 2.2.  Stays IPv6 even if it is an IPv4-mapped address: such clients
 * are IPv4 and never match ip6 (RFC 7208 5).
 */
static int
parse_ip6(struct spf_span s, struct oct_ip *out)
{
	char text[INET6_ADDRSTRLEN];

	*out = (struct oct_ip){ .family = AF_INET6 };
	if (s.len >= sizeof(text) || memchr(s.at, '\0', s.len) != NULL)
		return OCT_EPARSE;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET6, text, out->octets) == 1 ? 0 : OCT_EPARSE;
}

static int
parse_network(struct spf_span arg, bool v6, struct spf_term *t,
    const char **why)
{
	int rc;

	if (arg.len == 0 || arg.at[0] != ':')
		return bad(why, "an address is missing");
	arg = skip(arg, 1);
	if (take_cidr(&arg, 1, v6 ? 128 : 32, v6 ? &t->bits6 : &t->bits4) != 0)
		return bad(why, "wrong prefix length");
	rc = v6 ? parse_ip6(arg, &t->net) : parse_ip4(arg, &t->net);
	return rc == 0 ? 0 : bad(why, "wrong address");
}

static int
parse_domain(struct spf_span arg, struct spf_term *t, const char **why)
{
	if (arg.at[0] != ':')
		return bad(why, "unexpected text after a mechanism");
	t->domain = skip(arg, 1);
	if (!spf_domain_spec_ok(t->domain))
		return bad(why, "wrong domain or macro");
	return 0;
}

static int
parse_argument(enum argument argument, struct spf_span arg,
    struct spf_term *t, const char **why)
{
	if (argument == ARG_IP4 || argument == ARG_IP6)
		return parse_network(arg, argument == ARG_IP6, t, why);
	if (argument == ARG_MAY_CIDR &&
	    (take_cidr(&arg, 2, 128, &t->bits6) != 0 ||
	        take_cidr(&arg, 1, 32, &t->bits4) != 0))
		return bad(why, "wrong prefix length");
	if (arg.len == 0 && argument == ARG_DOMAIN)
		return bad(why, "a domain is missing");
	if (arg.len == 0)
		return 0;
	if (argument == ARG_NOTHING)
		return bad(why, "unexpected text after a mechanism");
	return parse_domain(arg, t, why);
}

static enum auth_result
qualifier_result(char c)
{
	switch (c) {
	case '+':
		return AUTH_PASS;
	case '-':
		return AUTH_FAIL;
	case '~':
		return AUTH_SOFTFAIL;
	case '?':
		return AUTH_NEUTRAL;
	default:
		return AUTH_NONE;
	}
}

static int
parse_mechanism(struct spf_span text, struct spf_term *t, const char **why)
{
	struct spf_span name = text;

	t->result = qualifier_result(text.at[0]);
	if (t->result == AUTH_NONE)
		t->result = AUTH_PASS;
	else
		name = text = skip(text, 1);
	for (name.len = 0; name.len < text.len; name.len++)
		if (text.at[name.len] == ':' || text.at[name.len] == '/')
			break;
	for (size_t i = 0; i < OCT_LEN(mechanisms); i++) {
		if (!is_word(name, mechanisms[i].name))
			continue;
		t->kind = mechanisms[i].kind;
		return parse_argument(mechanisms[i].argument,
		    skip(text, name.len), t, why);
	}
	return bad(why, "unknown mechanism");
}

/* Length of a modifier's name if the term is one: name "=" ...; else 0. */
static size_t
modifier_name(struct spf_span text)
{
	size_t i = 0;

	if (!is_alpha(text.at[0]))
		return 0;
	while (i < text.len && (is_alpha(text.at[i]) || is_digit(text.at[i]) ||
	                           text.at[i] == '-' || text.at[i] == '_' ||
	                           text.at[i] == '.'))
		i++;
	return i < text.len && text.at[i] == '=' ? i : 0;
}

static int
parse_modifier(struct spf_span text, size_t name_len, struct spf_term *t,
    const char **why)
{
	struct spf_span name = { text.at, name_len };
	struct spf_span arg = skip(text, name_len + 1);

	t->kind = is_word(name, "redirect") ? SPF_REDIRECT
	    : is_word(name, "exp")          ? SPF_EXP
	                                    : SPF_OTHER;
	if (t->kind == SPF_OTHER)
		return spf_macro_ok(arg, false)
		    ? 0
		    : bad(why, "wrong text in a modifier");
	t->domain = arg;
	return spf_domain_spec_ok(arg)
	    ? 0
	    : bad(why, "wrong domain or macro in a modifier");
}

int
spf_term_next(struct spf_span *rest, struct spf_term *out, const char **why)
{
	struct spf_span text;
	const char *space;
	size_t name_len;
	int rc;

	while (rest->len > 0 && rest->at[0] == ' ')
		*rest = skip(*rest, 1);
	if (rest->len == 0)
		return 0;
	space = memchr(rest->at, ' ', rest->len);
	text.at = rest->at;
	text.len = space == NULL ? rest->len : (size_t)(space - rest->at);
	*rest = skip(*rest, text.len);
	*out = (struct spf_term){ .bits4 = 32, .bits6 = 128 };
	name_len = modifier_name(text);
	rc = name_len > 0 ? parse_modifier(text, name_len, out, why)
	                  : parse_mechanism(text, out, why);
	return rc == 0 ? 1 : rc;
}

/* redirect and exp must not stand twice (6). */
static int
note_modifier(struct spf_span *slot, const struct spf_term *t,
    const char **why)
{
	if (slot->len > 0)
		return bad(why, "redirect or exp twice");
	*slot = t->domain;
	return 0;
}

int
spf_record_parse(struct spf_span terms, struct spf_record *out,
    const char **why)
{
	struct spf_record rec = { .terms = terms };
	struct spf_span rest = terms;
	struct spf_term t;
	int rc;

	for (size_t i = 0; i < terms.len; i++)
		if (terms.at[i] < ' ' || terms.at[i] > '~')
			return bad(why, "not printable ASCII");
	while ((rc = spf_term_next(&rest, &t, why)) == 1) {
		if (t.kind == SPF_REDIRECT)
			rc = note_modifier(&rec.redirect, &t, why);
		else if (t.kind == SPF_EXP)
			rc = note_modifier(&rec.exp, &t, why);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	*out = rec;
	return 0;
}
