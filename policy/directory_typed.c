/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user typed for an attribute, as JSON.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/directory_schema.h"

static int
bool_json(const char *text, struct oct_str *out)
{
	if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0)
		oct_str_add(out, "true");
	else if (strcmp(text, "no") == 0 || strcmp(text, "false") == 0)
		oct_str_add(out, "false");
	else
		return OCT_EPARSE;
	return 0;
}

/* Decimal digits only: strtod would take "nan" and "0x1p3". */
static int
score_json(const char *text, struct oct_str *out)
{
	const char *p = text;
	size_t whole, part = 0;

	if (*text == '\0' || strcmp(text, "-") == 0 ||
	    strcmp(text, "null") == 0) {
		oct_str_add(out, "null");
		return 0;
	}
	if (*p == '-')
		p++;
	whole = strspn(p, "0123456789");
	if (whole == 0 || (*p == '0' && whole > 1))
		return OCT_EPARSE;
	p += whole;
	if (*p == '.') {
		part = strspn(++p, "0123456789");
		if (part == 0)
			return OCT_EPARSE;
		p += part;
	}
	if (*p != '\0')
		return OCT_EPARSE;
	oct_str_add(out, text);
	return 0;
}

/* Octets up to the next comma; one in a quoted local part (RFC 5321 4.1.2)
 * separates nothing. */
static size_t
target_octets(const char *text)
{
	bool quoted = false;
	size_t n;

	for (n = 0; text[n] != '\0' && (quoted || text[n] != ','); n++) {
		if (text[n] == '"')
			quoted = !quoted;
		else if (quoted && text[n] == '\\' && text[n + 1] != '\0')
			n++;
	}
	return n;
}

static void
words_json(const char *text, struct oct_str *out)
{
	oct_str_addc(out, '[');
	while (*text != '\0') {
		size_t n, len;

		text += strspn(text, " ");
		n = len = target_octets(text);
		while (len > 0 && text[len - 1] == ' ')
			len--;
		dir_json_octets(out, text, len);
		text += n;
		if (*text == '\0')
			break;
		oct_str_addc(out, ',');
		text++;
	}
	oct_str_addc(out, ']');
}

static int
option_json(enum option o, const char *text, struct oct_str *out)
{
	int64_t value;

	if (*text == '\0' || strcmp(text, "-") == 0 ||
	    strcmp(text, "inherit") == 0 || strcmp(text, "null") == 0) {
		oct_str_add(out, "\"inherit\"");
		return 0;
	}
	if (option_parse(o, text, &value) != 0)
		return OCT_EPARSE;
	dir_json_text(out, text);
	return 0;
}

int
dir_attribute_json(
    const struct dir_attribute *a, const char *text, struct oct_str *out)
{
	switch (a->type) {
	case DIR_TYPE_BOOL:
		return bool_json(text, out);
	case DIR_TYPE_SCORE:
		return score_json(text, out);
	case DIR_TYPE_TARGETS:
	case DIR_TYPE_LOCALS:
		words_json(text, out);
		return 0;
	case DIR_TYPE_OPTION:
		return option_json(a->option, text, out);
	case DIR_TYPE_STATE:
	case DIR_TYPE_LIFE:
	case DIR_TYPE_DETAIL:
	case DIR_TYPE_LANG:
	case DIR_TYPE_DMARC:
	case DIR_TYPE_TEXT:
	case DIR_TYPE_ID:
	case DIR_TYPE_TRANSPORT:
	case DIR_TYPE_ADDRESS:
	case DIR_TYPE_URL:
	case DIR_TYPE_DATE:
	case DIR_TYPE_QUOTA:
	case DIR_TYPE_SIZE:
		break;
	}
	dir_json_text(out, text);
	return 0;
}
