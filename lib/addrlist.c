/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/addrlist.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/str.h"

#define COMMENT_DEPTH_MAX 16

struct scan {
	const char *p, *end;
	bool bad;
};

/* Past a comment (RFC 5322 3.2.2); p stands on its '('. */
static void
skip_comment(struct scan *s)
{
	int depth = 0;

	while (s->p < s->end) {
		char c = *s->p++;

		if (c == '\0')
			s->bad = true;
		if (c == '\\' && s->p < s->end) {
			s->p++;
		} else if (c == '(') {
			if (++depth > COMMENT_DEPTH_MAX) {
				s->bad = true;
				s->p = s->end;
			}
		} else if (c == ')' && --depth == 0) {
			return;
		}
	}
	s->bad = true;
}

/* Copy a quoted string, quotes and escapes kept; p stands on its '"'. */
static void
copy_quoted(struct scan *s, struct oct_str *out)
{
	oct_str_addc(out, *s->p++);
	while (s->p < s->end) {
		char c = *s->p++;

		if (c == '\r' || c == '\n')
			continue; /* a fold inside */
		if (c == '\0') {
			s->bad = true;
			continue;
		}
		oct_str_addc(out, c);
		if (c == '"')
			return;
		if (c == '\\' && s->p < s->end)
			oct_str_addc(out, *s->p++);
	}
	s->bad = true;
}

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Text up to one of stop (not consumed) without comments; runs of white space
 * become one space, none beside '.' or '@' (obsolete CFWS in addresses). */
static void
copy_until(struct scan *s, const char *stop, struct oct_str *out)
{
	bool gap = false;

	/* strchr finds the end of stop, too: a NUL octet never stops. */
	while (s->p < s->end && (*s->p == '\0' || strchr(stop, *s->p) == NULL)) {
		char c = *s->p;

		if (c == '\0') {
			s->bad = true;
			s->p++;
		} else if (is_wsp(c)) {
			gap = true;
			s->p++;
		} else if (c == '(') {
			gap = true;
			skip_comment(s);
		} else {
			char last = '\0';

			if (out->len > 0)
				last = oct_str_text(out)[out->len - 1];
			if (gap && last != '\0' && last != '.' &&
			    last != '@' && c != '.' && c != '@')
				oct_str_addc(out, ' ');
			gap = false;
			if (c == '"') {
				copy_quoted(s, out);
			} else {
				oct_str_addc(out, c);
				s->p++;
			}
		}
	}
}

/* Does c stand in text outside quotes? */
static bool
has_bare(const char *text, char c)
{
	bool quoted = false;

	for (; *text != '\0'; text++) {
		if (*text == '\\' && quoted && text[1] != '\0')
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (*text == c && !quoted)
			return true;
	}
	return false;
}

/* A name that is itself an address, and another one: readers differ in which of
 * the two they show, and RFC 5322 allows neither.  Quoted, it is only a name. */
static bool
names_other(const char *phrase, const struct oct_addr *a)
{
	struct oct_addr named;

	return has_bare(phrase, '@') &&
	    (oct_addr_parse(phrase, &named) != 0 ||
		strcasecmp(named.local, a->local) != 0 ||
		strcmp(named.domain, a->domain) != 0);
}

/* One address up to ',' or ';' or the end; 1 stored, 0 empty, OCT_EPARSE. */
static int
parse_one(struct scan *s, struct oct_str *phrase, struct oct_str *angle,
    struct oct_addr *out)
{
	const char *text;
	bool angled = false;
	char tail_buf[8];
	struct oct_str tail;

	oct_str_clear(phrase);
	oct_str_clear(angle);
	copy_until(s, "<,;:", phrase);
	if (s->p < s->end && *s->p == ':') {
		/* The name of a group: its members follow. */
		s->p++;
		return has_bare(oct_str_text(phrase), '@') ? OCT_EPARSE : 0;
	}
	if (s->p < s->end && *s->p == '<') {
		angled = true;
		s->p++;
		copy_until(s, ">", angle);
		if (s->p == s->end)
			return OCT_EPARSE;
		s->p++;
		oct_str_fixed(&tail, tail_buf, sizeof(tail_buf));
		copy_until(s, ",;", &tail);
		if (tail.len > 0)
			return OCT_EPARSE; /* text behind the angle-addr */
	}
	text = oct_str_text(angled ? angle : phrase);
	if (*text == '\0')
		return angled ? OCT_EPARSE : 0;
	if (oct_str_err(angled ? angle : phrase) != 0 || has_bare(text, ' ') ||
	    oct_addr_parse(text, out) != 0 || out->domain[0] == '\0' ||
	    out->local[0] == '\0')
		return OCT_EPARSE;
	if (angled && names_other(oct_str_text(phrase), out))
		s->bad = true;
	return 1;
}

int
oct_addrlist_parse(const char *value, size_t len, struct oct_addr *out,
    size_t max, size_t *count)
{
	struct scan s = { .p = value, .end = value + len };
	char phrase_buf[2048], angle_buf[2048];
	struct oct_str phrase, angle;
	struct oct_addr one;
	int rc = 0;

	*count = 0;
	oct_str_fixed(&phrase, phrase_buf, sizeof(phrase_buf));
	oct_str_fixed(&angle, angle_buf, sizeof(angle_buf));
	while (s.p < s.end) {
		int got = parse_one(&s, &phrase, &angle, &one);

		if (got < 0)
			s.bad = true;
		if (got == 1) {
			if (*count == max)
				return OCT_ELIMIT;
			out[(*count)++] = one;
		}
		if (s.p < s.end && (*s.p == ',' || *s.p == ';'))
			s.p++;
	}
	if (s.bad)
		rc = OCT_EPARSE;
	return rc;
}
