/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message while it is read: shared by the content_*.c files.
 */
#ifndef OCT_POLICY_CONTENT_INT_H
#define OCT_POLICY_CONTENT_INT_H

#include "lib/str.h"
#include "policy/content.h"

#define CONTENT_URL_MAX 2000
#define CONTENT_NAME_MAX 255
#define CONTENT_LINK_TEXT_MAX 200
#define CONTENT_HTML_RAW_MAX 400000 /* octets of one HTML part that are read */

/* Grows in one array. */
struct content_list {
	void *items;
	size_t count, room, size; /* of one item */
	size_t max;
};

struct content_chunk;

struct reading {
	struct content out; /* what content_read hands over */
	struct content_limits limits;
	struct content_chunk *chunks; /* all strings live here */
	struct content_list parts, links, tags, attributes, properties, colours;
	struct oct_str plain, visible;
	size_t decoded; /* octets of all parts so far */
	int64_t until_ms; /* of this thread's CPU clock */
	int err;
};

/* A copy that lives as long as the content; "" on no memory. */
const char *content_copy(struct reading *r, const char *text, size_t len);
/* The same in lower case. */
const char *content_lower(struct reading *r, const char *text, size_t len);
/* Room for one more, zeroed; NULL: the list is full (over is set) or no memory. */
void *content_push(struct reading *r, struct content_list *list,
    const char *limit);
/* The first bound that was hit. */
void content_over(struct reading *r, const char *limit);
/* Is the time for reading up? */
bool content_late(struct reading *r);

/* --- Texts (content_text.c) ------------------------------------------------ */

/*
 * Any octets in a charset (lower case, "" = unknown) into UTF-8 without control
 * characters but LF, at most max octets; bad octets become '?'.  The builder
 * keeps the error.  False: the charset is not known (taken as Windows-1252).
 */
bool content_utf8(const char *octets, size_t len, const char *charset,
    size_t max, struct oct_str *out);
/* A decoded header field (RFC 2047). */
struct content_text content_field(struct reading *r, const char *value,
    size_t len);
/* URLs in plain text. */
void content_find_links(struct reading *r, const char *text, size_t len);
/* One URL; text NULL = none. */
void content_link(struct reading *r, const char *url, size_t len,
    const char *text, unsigned int flags);

/* --- HTML (content_html.c) -------------------------------------------------- */

void content_html(struct reading *r, const char *utf8, size_t len);

/* --- Parts (content_part.c, content_archive.c) ------------------------------- */

/* What its octets say of an attached part. */
void content_judge_part(struct reading *r, struct content_part *part,
    const uint8_t *octets, size_t len);
bool content_is_executable_name(const char *name);
void content_judge_archive(struct reading *r, struct content_part *part,
    const uint8_t *octets, size_t len);

/* --- MIME (content_mime.c) ---------------------------------------------------- */

OCT_CHECK int content_walk(struct reading *r, struct oct_msg *m);

#endif
