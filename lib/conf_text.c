/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libconfuse 3.3 does to a text without a word: it skips '*' and '+'
 * outside quotes, lets a string run over line ends, puts in environment
 * variables, ends a value at "\0", closes sections at the end of the file, and
 * refuses comments inside a list.  This pass takes the comments out and refuses
 * the rest.
 */
#include <string.h>

#include "lib/conf_int.h"

struct scan {
	struct conf_parse *p;
	char *at;
	const char *end;
	int line;
	int depth, opened; /* braces open, line of the outermost */
	bool token;  /* inside an unquoted word */
	bool broken; /* parsing it would tell of mistakes that are none */
};

static void
blank_to_line_end(struct scan *s)
{
	while (s->at < s->end && *s->at != '\n')
		*s->at++ = ' ';
}

static void
blank_block(struct scan *s)
{
	int start = s->line;

	memset(s->at, ' ', 2);
	for (s->at += 2; s->at + 1 < s->end; s->at++) {
		if (s->at[0] == '*' && s->at[1] == '/') {
			memset(s->at, ' ', 2);
			s->at += 2;
			return;
		}
		if (*s->at == '\n')
			s->line++;
		else
			*s->at = ' ';
	}
	s->at += s->at < s->end;
	s->broken = true;
	conf_mistake(s->p, start, "comment not closed, expected */");
}

/* A quoted string from its quote to the closing one. */
static void
skip_string(struct scan *s)
{
	char quote = *s->at++;

	for (; s->at < s->end && *s->at != '\n'; s->at++) {
		if (*s->at == quote) {
			s->at++;
			return;
		}
		if (*s->at == '\\') {
			s->at++;
			if (s->at == s->end || (*s->at != quote &&
			    *s->at != '\\'))
				conf_mistake(s->p, s->line, "unknown escape, "
				    "expected \\\\ or \\%c", quote);
			if (s->at == s->end || *s->at == '\n')
				break;
		} else if (quote == '"' && s->at[0] == '$' &&
		    s->at[1] == '{') {
			conf_mistake(s->p, s->line, "variable in a string, "
			    "expected its value ('...' keeps it as text)");
		}
	}
	s->broken = true;
	conf_mistake(s->p, s->line,
	    "string not closed, expected %c before the line ends", quote);
}

/* One octet outside quotes and comments. */
static void
scan_plain(struct scan *s)
{
	char c = *s->at, next = s->at[1];

	s->line += c == '\n';
	if (c == '*' || c == '|' || (c == '+' && next != '=') ||
	    (c == '$' && next == '{')) {
		s->broken = true;
		conf_mistake(s->p, s->line,
		    "unexpected %c, expected quotes ('...') around it", c);
	}
	if (c == '{' && s->depth++ == 0)
		s->opened = s->line;
	if (c == '}' && s->depth > 0)
		s->depth--;
	s->token = strchr(" \t\r\n={}(),", c) == NULL;
	s->at++;
}

bool
conf_clean(struct conf_parse *p, char *text, size_t len)
{
	struct scan s = { .p = p, .at = text, .end = text + len, .line = 1 };

	if (memchr(text, '\0', len) != NULL) {
		conf_mistake(p, 1, "NUL octet in the file, expected text");
		return false;
	}
	while (s.at < s.end) {
		if (*s.at == '#' ||
		    (!s.token && s.at[0] == '/' && s.at[1] == '/')) {
			blank_to_line_end(&s);
			s.token = false;
		} else if (s.at[0] == '/' && s.at[1] == '*') {
			blank_block(&s);
			s.token = false;
		} else if (*s.at == '"' || *s.at == '\'') {
			skip_string(&s);
			s.token = false;
		} else {
			scan_plain(&s);
		}
	}
	if (s.depth > 0 && !s.broken) {
		conf_mistake(p, s.opened, "section not closed, expected }");
		return false;
	}
	return !s.broken;
}
