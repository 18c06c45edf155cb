/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/tags.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/mime_text.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* VALCHAR and the white space between, RFC 6376 3.2; UTF-8, RFC 8616 5. */
static bool
value_is_clean(const char *value, size_t len, bool utf8)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)value[i];
		uint32_t code;

		n = 1;
		if (is_space(value[i]) || (c >= 0x21 && c <= 0x7e))
			continue;
		if (!utf8 || c < 0x80)
			return false;
		n = oct_mime_char(value + i, len - i, &code);
		if (n == 1 || code < 0xa0)
			return false; /* no UTF-8, or a control */
	}
	return true;
}

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && is_space((*text)[0])) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_space((*text)[*len - 1]))
		(*len)--;
}

static bool
name_is_valid(const char *name, size_t len)
{
	if (len == 0 || !is_alpha(name[0]))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!is_alpha(name[i]) && !is_digit(name[i]) && name[i] != '_')
			return false;
	}
	return true;
}

static bool
has_name(const struct auth_tags *tags, const char *name, size_t len)
{
	for (size_t i = 0; i < tags->count; i++) {
		if (tags->tag[i].name_len == len &&
		    memcmp(tags->tag[i].name, name, len) == 0)
			return true;
	}
	return false;
}

static int
parse_one(const char *text, size_t len, bool utf8, struct auth_tags *out)
{
	const char *equals = memchr(text, '=', len);
	struct auth_tag tag;

	if (equals == NULL)
		return OCT_EPARSE;
	tag.name = text;
	tag.name_len = (size_t)(equals - text);
	trim(&tag.name, &tag.name_len);
	tag.raw = equals + 1;
	tag.raw_len = len - (size_t)(equals - text) - 1;
	tag.value = tag.raw;
	tag.value_len = tag.raw_len;
	trim(&tag.value, &tag.value_len);
	if (!name_is_valid(tag.name, tag.name_len) ||
	    !value_is_clean(tag.value, tag.value_len, utf8) ||
	    has_name(out, tag.name, tag.name_len))
		return OCT_EPARSE;
	if (out->count == AUTH_TAGS_MAX)
		return OCT_ELIMIT;
	out->tag[out->count++] = tag;
	return 0;
}

static int
parse(const char *text, size_t len, bool utf8, struct auth_tags *out)
{
	size_t at = 0, part;
	const char *rest, *semicolon;
	size_t rest_len;
	int rc;

	out->count = 0;
	while (at < len) {
		semicolon = memchr(text + at, ';', len - at);
		part = semicolon != NULL ? (size_t)(semicolon - text) - at :
					   len - at;
		rest = text + at;
		rest_len = part;
		trim(&rest, &rest_len);
		/* Only after the last ";" may there be nothing. */
		if (rest_len == 0 && semicolon == NULL && out->count > 0)
			return 0;
		rc = parse_one(text + at, part, utf8, out);
		if (rc != 0)
			return rc;
		at += part + 1;
	}
	return out->count > 0 ? 0 : OCT_EPARSE;
}

int
auth_tags_parse(const char *text, size_t len, struct auth_tags *out)
{
	return parse(text, len, true, out);
}

int
auth_tags_parse_ascii(const char *text, size_t len, struct auth_tags *out)
{
	return parse(text, len, false, out);
}

const struct auth_tag *
auth_tags_find(const struct auth_tags *tags, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < tags->count; i++) {
		if (tags->tag[i].name_len == len &&
		    memcmp(tags->tag[i].name, name, len) == 0)
			return &tags->tag[i];
	}
	return NULL;
}

bool
auth_tag_is(const struct auth_tag *tag, const char *text)
{
	return tag != NULL && tag->value_len == strlen(text) &&
	    memcmp(tag->value, text, tag->value_len) == 0;
}

int
auth_tag_compact(const struct auth_tag *tag, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < tag->value_len; i++) {
		if (is_space(tag->value[i]))
			continue;
		if (n + 1 >= size)
			return OCT_EFULL;
		out[n++] = tag->value[i];
	}
	out[n] = '\0';
	return 0;
}

int
auth_tag_number(const struct auth_tag *tag, uint64_t max, uint64_t *out)
{
	uint64_t n = 0, digit;

	if (tag->value_len == 0)
		return OCT_EPARSE;
	for (size_t i = 0; i < tag->value_len; i++) {
		if (!is_digit(tag->value[i]))
			return OCT_EPARSE;
	}
	for (size_t i = 0; i < tag->value_len; i++) {
		digit = (uint64_t)(tag->value[i] - '0');
		if (n > max / 10 || n * 10 > max - digit)
			return -ERANGE;
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
}

int
auth_tag_item(const struct auth_tag *tag, size_t *at, const char **item,
    size_t *item_len)
{
	const char *colon;

	if (*at > tag->value_len)
		return 0;
	*item = tag->value + *at;
	*item_len = tag->value_len - *at;
	colon = *item_len > 0 ? memchr(*item, ':', *item_len) : NULL;
	if (colon != NULL)
		*item_len = (size_t)(colon - *item);
	*at += *item_len + 1;
	trim(item, item_len);
	return 1;
}

size_t
auth_tag_list_count(const struct auth_tag *tag, const char *text)
{
	size_t at = 0, n = 0, len = strlen(text), item_len;
	const char *item;

	while (auth_tag_item(tag, &at, &item, &item_len) == 1) {
		if (item_len == len && strncasecmp(item, text, len) == 0)
			n++;
	}
	return n;
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
auth_base64_decode(const char *text, size_t len, uint8_t *out, size_t cap,
    size_t *out_len)
{
	uint32_t bits = 0;
	size_t digits = 0, pads = 0, n = 0;
	int digit;

	for (size_t i = 0; i < len; i++) {
		if (is_space(text[i]))
			continue;
		if (text[i] == '=') {
			pads++;
			continue;
		}
		digit = base64_digit(text[i]);
		if (digit < 0 || pads > 0)
			return OCT_EPARSE;
		bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
		if (digits++ % 4 == 0)
			continue;
		if (n == cap)
			return OCT_EFULL;
		out[n++] = (uint8_t)(bits >> (6 - 2 * ((digits - 1) % 4)));
	}
	/* RFC 4648 3.2: whole groups of four, padded. */
	if (digits % 4 == 1 || pads != (4 - digits % 4) % 4)
		return OCT_EPARSE;
	*out_len = n;
	return 0;
}
