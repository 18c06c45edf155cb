/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/span.h"

#include <string.h>
#include <strings.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* memchr, which must not be given NULL. */
static const char *
find(struct oct_span s, char c)
{
	return s.len > 0 ? memchr(s.at, c, s.len) : NULL;
}

struct oct_span
oct_span_trim(struct oct_span s)
{
	while (s.len > 0 && is_space(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool
oct_span_next(struct oct_span *rest, char separator, struct oct_span *out)
{
	const char *end;
	size_t len;

	if (rest->at == NULL)
		return false;
	end = find(*rest, separator);
	if (end == NULL) {
		*out = oct_span_trim(*rest);
		*rest = (struct oct_span){ NULL, 0 };
		return true;
	}
	len = (size_t)(end - rest->at);
	*out = oct_span_trim((struct oct_span){ rest->at, len });
	*rest = (struct oct_span){ end + 1, rest->len - len - 1 };
	return true;
}

bool
oct_span_tag(struct oct_span tag, struct oct_span *name,
    struct oct_span *value)
{
	const char *equals = find(tag, '=');
	size_t len;

	if (equals == NULL)
		return false;
	len = (size_t)(equals - tag.at);
	*name = oct_span_trim((struct oct_span){ tag.at, len });
	*value = oct_span_trim(
	    (struct oct_span){ equals + 1, tag.len - len - 1 });
	return true;
}

bool
oct_span_is(struct oct_span s, const char *word)
{
	return s.len == strlen(word) &&
	    (s.len == 0 || strncasecmp(s.at, word, s.len) == 0);
}
