/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/form.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One octet of the value at text, and how many characters it takes; 0 if it is
 * broken. */
static size_t
decode_one(const char *text, size_t len, char *out)
{
	int high, low;

	if (*text != '%') {
		*out = *text == '+' ? ' ' : *text;
		return *out != '\0' ? 1 : 0;
	}
	if (len < 3)
		return 0;
	high = hex(text[1]);
	low = hex(text[2]);
	if (high < 0 || low < 0 || (high == 0 && low == 0))
		return 0;
	*out = (char)(high << 4 | low);
	return 3;
}

static int
decode(const char *text, size_t len, char *out, size_t cap)
{
	size_t used = 0;

	while (len > 0) {
		char c;
		size_t n = decode_one(text, len, &c);

		if (n == 0)
			return OCT_EPARSE;
		if (used + 1 >= cap)
			return OCT_EFULL;
		out[used++] = c;
		text += n;
		len -= n;
	}
	out[used] = '\0';
	return 0;
}

/* The names that we ask for need no escapes: an escaped one is not ours. */
static bool
is_named(const char *pair, size_t len, const char *name, size_t name_len)
{
	return len > name_len && pair[name_len] == '=' &&
	    memcmp(pair, name, name_len) == 0;
}

int
form_field(const char *body, size_t len, const char *name, char *out,
    size_t cap)
{
	size_t name_len = strlen(name), value_len = 0;
	const char *value = NULL;
	int rc;

	*out = '\0';
	while (len > 0) {
		const char *end = memchr(body, '&', len);
		size_t n = end != NULL ? (size_t)(end - body) : len;

		if (is_named(body, n, name, name_len)) {
			if (value != NULL)
				return OCT_EPARSE;
			value = body + name_len + 1;
			value_len = n - name_len - 1;
		}
		n += end != NULL;
		body += n;
		len -= n;
	}
	if (value == NULL)
		return 0;
	rc = decode(value, value_len, out, cap);
	if (rc != 0)
		*out = '\0';
	return rc == 0 ? 1 : rc;
}

bool
form_is_type(const char *content_type)
{
	static const char type[] = "application/x-www-form-urlencoded";
	const size_t len = sizeof(type) - 1;

	/* strchr finds the end of the text too. */
	return strncasecmp(content_type, type, len) == 0 &&
	    strchr("; \t", content_type[len]) != NULL;
}
