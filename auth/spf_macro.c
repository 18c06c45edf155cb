/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/spf_macro.h"

#include <string.h>

#include "lib/err.h"
#include "lib/str.h"

#define NAME_MAX_LEN 253 /* RFC 7208 7.3 */
#define LABEL_MAX_LEN 63
#define KEEP_MAX 255     /* no name has more parts than that */

/* The longest value of a letter that is made here: 32 nibbles with dots. */
#define VALUE_SIZE OCT_IP_SIZE

/*
 * A piece of a macro-string: text that stands for itself (letter 0; "expand"
 * if it was written with a percent sign), or a macro.
 */
struct token {
	struct spf_span text;
	bool expand;
	char letter; /* lower case */
	bool escape; /* it was written in upper case: URL-escape */
	size_t keep; /* right-hand parts; 0 = all */
	bool reverse;
	struct spf_span delims;
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

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
has(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* transformers = *DIGIT [ "r" ]; a number must not be zero (7.3). */
static bool
read_transformers(const char **at, const char *end, struct token *t)
{
	const char *p = *at;
	bool digits = false;

	for (; p < end && is_digit(*p); p++) {
		digits = true;
		t->keep = t->keep * 10 + (size_t)(*p - '0');
		if (t->keep > KEEP_MAX)
			t->keep = KEEP_MAX;
	}
	if (digits && t->keep == 0)
		return false;
	if (p < end && lower(*p) == 'r') {
		t->reverse = true;
		p++;
	}
	*at = p;
	return true;
}

/* What follows "%{". */
static bool
read_macro(const char **at, const char *end, bool explanation, struct token *t)
{
	const char *p = *at;

	if (p == end)
		return false;
	t->letter = lower(*p);
	t->escape = *p != t->letter;
	if (!has(explanation ? "slodiphvcrt" : "slodiphv", t->letter))
		return false;
	p++;
	if (!read_transformers(&p, end, t))
		return false;
	t->delims.at = p;
	while (p < end && has(".-+,/_=", *p))
		p++;
	t->delims.len = (size_t)(p - t->delims.at);
	if (p == end || *p != '}')
		return false;
	*at = p + 1;
	return true;
}

/* What follows "%". */
static bool
read_expand(const char **at, const char *end, bool explanation, struct token *t)
{
	static const struct {
		char c;
		const char *text;
	} plain[] = { { '%', "%" }, { '_', " " }, { '-', "%20" } };

	if (*at == end)
		return false;
	t->expand = true;
	for (size_t i = 0; i < OCT_LEN(plain); i++) {
		if (**at != plain[i].c)
			continue;
		(*at)++;
		t->text.at = plain[i].text;
		t->text.len = strlen(plain[i].text);
		return true;
	}
	if (*(*at)++ != '{')
		return false;
	return read_macro(at, end, explanation, t);
}

/* The next token of a text that has not ended; false = wrong syntax. */
static bool
next_token(const char **at, const char *end, bool explanation, struct token *t)
{
	const char *p = *at;

	*t = (struct token){ .text = { p, 0 } };
	if (*p == '%') {
		(*at)++;
		return read_expand(at, end, explanation, t);
	}
	while (p < end && *p != '%') {
		/* macro-literal = %x21-24 / %x26-7E */
		if ((*p < '!' || *p > '~') && !(explanation && *p == ' '))
			return false;
		p++;
	}
	t->text.len = (size_t)(p - *at);
	*at = p;
	return true;
}

/* Walk through the text; last is the token at its end. */
static bool
walk(struct spf_span text, bool explanation, struct token *last)
{
	const char *at = text.at, *end = text.at + text.len;

	*last = (struct token){ .text = { text.at, 0 } };
	while (at < end)
		if (!next_token(&at, end, explanation, last))
			return false;
	return true;
}

bool
spf_macro_ok(struct spf_span text, bool explanation)
{
	struct token last;

	return walk(text, explanation, &last);
}

/* toplabel of 7.1: letters, digits and inner hyphens, not digits only. */
static bool
toplabel_ok(const char *at, size_t len)
{
	bool mark = false;

	if (len == 0 || at[0] == '-' || at[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (is_alpha(at[i]) || at[i] == '-')
			mark = true;
		else if (!is_digit(at[i]))
			return false;
	}
	return mark;
}

bool
spf_domain_spec_ok(struct spf_span text)
{
	struct token last;
	const char *dot;
	size_t len;

	if (text.len == 0 || !walk(text, false, &last))
		return false;
	/* domain-end = ( "." toplabel [ "." ] ) / macro-expand */
	if (last.expand)
		return true;
	len = last.text.len;
	if (last.text.at[len - 1] == '.')
		len--;
	dot = memrchr(last.text.at, '.', len);
	if (dot == NULL)
		return false;
	dot++;
	return toplabel_ok(dot, len - (size_t)(dot - last.text.at));
}

/*
 * Where expanded octets go.  A domain name needs its right-hand end only, so
 * its buffer forgets octets on the left; a text that does not fit fails.
 */
struct sink {
	char *buf;
	size_t len, cap;
	bool domain;
	size_t *budget;
	int err;
};

static void
put(struct sink *s, char c)
{
	if (s->err != 0)
		return;
	if (*s->budget == 0) {
		s->err = OCT_ELIMIT;
		return;
	}
	(*s->budget)--;
	if (s->len == s->cap && !s->domain) {
		s->err = OCT_EFULL;
		return;
	}
	if (s->len == s->cap) {
		memmove(s->buf, s->buf + s->cap / 2, s->cap - s->cap / 2);
		s->len = s->cap - s->cap / 2;
	}
	s->buf[s->len++] = c;
}

/* 7.3: upper-case letters escape all but the unreserved of RFC 3986. */
static void
put_value(struct sink *s, char c, bool escape)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char u = (unsigned char)c;

	if (!escape || is_alpha(c) || is_digit(c) || has("-._~", c)) {
		put(s, c);
		return;
	}
	put(s, '%');
	put(s, hex[u >> 4]);
	put(s, hex[u & 15]);
}

static bool
is_delim(const struct token *t, char c)
{
	if (t->delims.len == 0)
		return c == '.';
	return memchr(t->delims.at, c, t->delims.len) != NULL;
}

/* The right-hand parts that are kept; delimiters become dots. */
static void
put_forward(struct sink *s, const struct token *t, struct spf_span v)
{
	size_t start = v.len, parts = 1;

	for (; start > 0; start--) {
		if (!is_delim(t, v.at[start - 1]))
			continue;
		if (parts == t->keep)
			break;
		parts++;
	}
	for (size_t i = start; i < v.len; i++)
		put_value(s, is_delim(t, v.at[i]) ? '.' : v.at[i], t->escape);
}

/* After reversal the right-hand parts are the left-hand ones of the value. */
static void
put_reversed(struct sink *s, const struct token *t, struct spf_span v)
{
	size_t end = 0, stop, parts = 1;

	for (; end < v.len; end++) {
		if (!is_delim(t, v.at[end]))
			continue;
		if (parts == t->keep)
			break;
		parts++;
	}
	stop = end;
	for (size_t i = end; i > 0; i--) {
		if (!is_delim(t, v.at[i - 1]))
			continue;
		for (size_t j = i; j < stop; j++)
			put_value(s, v.at[j], t->escape);
		put_value(s, '.', t->escape);
		stop = i - 1;
	}
	for (size_t j = 0; j < stop; j++)
		put_value(s, v.at[j], t->escape);
}

/* %{i}: dotted quad, or nibbles with dots. */
static void
ip_dotted(const struct oct_ip *ip, struct oct_str *out)
{
	static const char hex[] = "0123456789ABCDEF";

	if (ip->family == AF_INET) {
		oct_str_addf(out, "%u.%u.%u.%u", ip->octets[0], ip->octets[1],
		    ip->octets[2], ip->octets[3]);
		return;
	}
	for (size_t i = 0; i < sizeof(ip->octets); i++) {
		if (i > 0)
			oct_str_addc(out, '.');
		oct_str_addc(out, hex[ip->octets[i] >> 4]);
		oct_str_addc(out, '.');
		oct_str_addc(out, hex[ip->octets[i] & 15]);
	}
}

static struct spf_span
span_of(const char *text)
{
	return (struct spf_span){ text, strlen(text) };
}

/* The value of a letter that is made for the occasion in room. */
static struct spf_span
made_value(const struct spf_vars *vars, char letter, char room[VALUE_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, room, VALUE_SIZE);
	if (letter == 'i')
		ip_dotted(&vars->ip, &s);
	else if (letter == 't')
		oct_str_addf(&s, "%lld", (long long)vars->now_s);
	else
		oct_ip_text(&vars->ip, room);
	OCT_ASSERT(oct_str_err(&s) == 0);
	return span_of(room);
}

static struct spf_span
value(const struct spf_vars *vars, char letter, char room[VALUE_SIZE])
{
	switch (letter) {
	case 's':
		return vars->sender;
	case 'l':
		return vars->local;
	case 'h':
		return vars->helo;
	case 'o':
		return span_of(vars->origin);
	case 'd':
		return span_of(vars->domain);
	case 'p':
		return span_of(vars->client_name(vars->arg, vars->domain));
	case 'v':
		return span_of(
		    vars->ip.family == AF_INET ? "in-addr" : "ip6");
	case 'r':
		return span_of(vars->receiver);
	default: /* i c t: the parser lets no other letter through */
		return made_value(vars, letter, room);
	}
}

static void
put_macro(struct sink *s, const struct spf_vars *vars, const struct token *t)
{
	char room[VALUE_SIZE];
	struct spf_span v = value(vars, t->letter, room);

	if (v.at == NULL)
		s->err = OCT_EPARSE;
	else if (t->reverse)
		put_reversed(s, t, v);
	else
		put_forward(s, t, v);
}

static void
expand(struct sink *s, const struct spf_vars *vars, struct spf_span text)
{
	const char *at = text.at, *end = text.at + text.len;
	struct token t;

	while (at < end && s->err == 0) {
		if (!next_token(&at, end, !s->domain, &t)) {
			s->err = OCT_EPARSE;
			return;
		}
		for (size_t i = 0; i < t.text.len && t.letter == '\0'; i++)
			put(s, t.text.at[i]);
		if (t.letter != '\0')
			put_macro(s, vars, &t);
	}
}

bool
spf_name_ok(const char *name)
{
	size_t label = 0, len = 0;

	for (; name[len] != '\0'; len++) {
		if (name[len] != '.') {
			label++;
			continue;
		}
		if (label == 0 || label > LABEL_MAX_LEN)
			return false;
		label = 0;
	}
	return label > 0 && label <= LABEL_MAX_LEN && len <= NAME_MAX_LEN;
}

int
spf_expand_domain(struct spf_vars *vars, struct spf_span spec,
    char out[OCT_DOMAIN_SIZE])
{
	char buf[1024]; /* its half holds more than a name */
	struct sink s = { .buf = buf, .cap = sizeof(buf), .domain = true,
		.budget = &vars->budget };
	const char *name = buf, *dot;

	expand(&s, vars, spec);
	if (s.err != 0)
		return s.err;
	if (s.len > 0 && buf[s.len - 1] == '.')
		s.len--;
	while (s.len > NAME_MAX_LEN) {
		dot = memchr(name, '.', s.len);
		if (dot == NULL)
			return OCT_EPARSE;
		s.len -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
	memcpy(out, name, s.len);
	out[s.len] = '\0';
	/* A NUL cannot be in a checked domain-spec nor in a value. */
	return spf_name_ok(out) ? 0 : OCT_EPARSE;
}

int
spf_expand_text(struct spf_vars *vars, struct spf_span text, char *out,
    size_t len)
{
	struct sink s = { .buf = out, .cap = len - 1,
		.budget = &vars->budget };

	OCT_ASSERT(len > 0);
	expand(&s, vars, text);
	for (size_t i = 0; i < s.len && s.err == 0; i++)
		if (out[i] < ' ' || out[i] > '~')
			s.err = OCT_EPARSE;
	out[s.err == 0 ? s.len : 0] = '\0';
	return s.err;
}
