/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tag=value lists of RFC 6376 3.2, as DKIM signatures, DKIM keys and ARC
 * fields use them.  Parsed in place: nothing is copied, values point into the
 * text.  Any thread.
 */
#ifndef OCT_AUTH_TAGS_H
#define OCT_AUTH_TAGS_H

#include "lib/def.h"

#define AUTH_TAGS_MAX 40

struct auth_tag {
	const char *name, *value; /* value: outer white space removed */
	size_t name_len, value_len;
	const char *raw; /* all that stands between "=" and ";" */
	size_t raw_len;
};

struct auth_tags {
	size_t count;
	struct auth_tag tag[AUTH_TAGS_MAX];
};

/*
 * OCT_EPARSE: not a tag list, or a tag twice (the whole list is then invalid);
 * OCT_ELIMIT: more tags than above.  Fields of a message may hold UTF-8 in their
 * values (RFC 8616 5, RFC 8617 4.1.4); key records may not.
 */
OCT_CHECK int auth_tags_parse(const char *text, size_t len,
    struct auth_tags *out);
OCT_CHECK int auth_tags_parse_ascii(const char *text, size_t len,
    struct auth_tags *out);

/* By name, case counts; NULL if absent. */
const struct auth_tag *auth_tags_find(const struct auth_tags *tags,
    const char *name);

/* The value is exactly text; false for NULL. */
bool auth_tag_is(const struct auth_tag *tag, const char *text);

/* The value with all white space removed; OCT_EFULL if out is too small. */
OCT_CHECK int auth_tag_compact(const struct auth_tag *tag, char *out,
    size_t size);

/* Decimal digits only; OCT_EPARSE, or -ERANGE over max. */
OCT_CHECK int auth_tag_number(const struct auth_tag *tag, uint64_t max,
    uint64_t *out);

/*
 * Walk a list separated by colons: 1 and the next item (white space around it
 * removed, may be empty), 0 at the end.  *at starts as 0.
 */
OCT_CHECK int auth_tag_item(const struct auth_tag *tag, size_t *at,
    const char **item, size_t *item_len);

/* How many items of that list equal text, case-insensitive. */
size_t auth_tag_list_count(const struct auth_tag *tag, const char *text);

/*
 * RFC 4648 base64 with white space allowed anywhere; OCT_EPARSE, or OCT_EFULL
 * past cap.
 */
OCT_CHECK int auth_base64_decode(const char *text, size_t len, uint8_t *out,
    size_t cap, size_t *out_len);

#endif
