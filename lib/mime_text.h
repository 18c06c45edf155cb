/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the texts of mail: RFC 2047 words, quoted-printable, filled
 * paragraphs, message identifiers.  Whatever octets come in, what is written is
 * printable ASCII (but for oct_mime_fill) and opens no new header line.  Pure,
 * any thread.
 */
#ifndef OCT_LIB_MIME_TEXT_H
#define OCT_LIB_MIME_TEXT_H

#include "lib/def.h"
#include "lib/str.h"

/*
 * The character at s (len octets are left, at least 1): its octets, its code in
 * *code.  What is not UTF-8 (RFC 3629) is U+FFFD, one octet long.
 */
size_t oct_mime_char(const char *s, size_t len, uint32_t *code);

/*
 * UTF-8 that may be shown on one line: no controls, no line separators, nothing
 * invisible or that turns the direction of writing.
 */
bool oct_mime_shown(const char *text);

/* Is this one of the characters that are not shown? */
bool oct_mime_hides(uint32_t code);

/*
 * The value of a field of somebody else's mail as one line of UTF-8 for people:
 * unfolded, encoded words decoded (RFC 2047), nothing that is not shown (see
 * oct_mime_shown), no two blanks together; at most max characters, and "…" if
 * there are more, or if the value has over 4,096 octets.  What cannot be read
 * is U+FFFD.  Not for addresses: what was quoted may look like another part.
 */
void oct_mime_decode(struct oct_str *out, const char *value, size_t max);

/*
 * A display name (RFC 5322 phrase) from column col on: quoted string, or words
 * of RFC 2047, folded, none over column 76, none cutting a character.
 */
void oct_mime_phrase(struct oct_str *out, const char *text, size_t col);

/* The same for an unstructured field: as it is if short and ASCII. */
void oct_mime_unstructured(struct oct_str *out, const char *text, size_t col);

/* Quoted-printable (RFC 2045 6.7) of a text with LF or CRLF line ends: CRLF, at
 * most 76 columns. */
void oct_mime_qp(struct oct_str *out, const char *text, size_t len);

/*
 * One paragraph in lines of at most width characters where its words allow, LF
 * ends.  Words are parted by single spaces (no-break spaces hold).
 */
void oct_mime_fill(struct oct_str *out, const char *text, size_t width);

/* A msg-id with its brackets, borrowed from the field. */
struct oct_mime_id {
	const char *text;
	size_t len;
};
#define OCT_MIME_ID_MAX 250

/*
 * The well-formed msg-ids (RFC 5322 3.6.4, no quotes, no comments) in a raw
 * field value, in order.  Of more than max (2 at least) the first and the last
 * ones are kept.  Returns how many.
 */
size_t oct_mime_ids(const char *value, size_t len, struct oct_mime_id *out,
    size_t max);

/* "<hex@domain>" from random octets of the caller. */
void oct_mime_id_make(struct oct_str *out, const uint8_t random[16],
    const char *domain);

#endif
