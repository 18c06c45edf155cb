/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message as Postfix took it: header fields in order and the body, octet for
 * octet.  The body is kept in memory up to a bound and then in an unlinked
 * file.  One owner, one thread at a time.
 */
#ifndef OCT_LIB_MSG_H
#define OCT_LIB_MSG_H

#include "lib/def.h"

struct oct_msg;

struct oct_msg_limits {
	size_t header_octets; /* all fields together (1 MiB) */
	size_t header_count;  /* fields (10,000) */
	size_t memory_octets; /* body kept in memory (256 KiB), then spilled */
	size_t body_octets;   /* all of the body (100 MiB) */
	const char *spill_dir; /* for the unlinked file; borrowed, outlives m;
				  NULL = all in memory */
};

/* One field.  value is raw: what stood after the colon, leading white space
 * included, folds as CRLF + WSP, without the final CRLF. */
struct oct_field {
	const char *name;
	const char *value;
	size_t name_len, value_len;
};

/* Is it a field of that name, or does its name start so (case-insensitive)?  The
 * name of a field is not NUL-terminated. */
bool oct_field_is(const struct oct_field *f, const char *name);
bool oct_field_starts(const struct oct_field *f, const char *prefix);

void oct_msg_limits_init(struct oct_msg_limits *limits);
OCT_CHECK int oct_msg_new(const struct oct_msg_limits *limits,
    struct oct_msg **out);
void oct_msg_free(struct oct_msg *m);

/* Append a field; LF folds (as libmilter gives them) become CRLF.  OCT_ELIMIT
 * when a bound is hit: the message is then marked, see oct_msg_over. */
OCT_CHECK int oct_msg_add_field(struct oct_msg *m, const char *name,
    const char *value);
OCT_CHECK int oct_msg_add_body(struct oct_msg *m, const void *octets,
    size_t len);

/* Why the message is incomplete: NULL, or the name of the limit that it hit. */
const char *oct_msg_over(const struct oct_msg *m);

size_t oct_msg_field_count(const struct oct_msg *m);
const struct oct_field *oct_msg_field(const struct oct_msg *m, size_t i);
/* The n-th (from 0) field of that name, case-insensitive; NULL if none. */
const struct oct_field *oct_msg_find(const struct oct_msg *m, const char *name,
    size_t n);
size_t oct_msg_count(const struct oct_msg *m, const char *name);
/* Value unfolded and trimmed into out; OCT_EFULL if it does not fit, 0 if
 * absent (out = ""), 1 if found. */
OCT_CHECK int oct_msg_value(const struct oct_msg *m, const char *name,
    char *out, size_t len);

/* The body as one block: borrowed until the next add or free. */
OCT_CHECK int oct_msg_body(struct oct_msg *m, const char **octets,
    size_t *len);

/* Octets of header + empty line + body. */
uint64_t oct_msg_size(const struct oct_msg *m);

/* Read a stored message (CRLF or bare LF line ends; normalised to CRLF) from a
 * descriptor; the limits apply. */
OCT_CHECK int oct_msg_read(const struct oct_msg_limits *limits, int fd,
    struct oct_msg **out);

/*
 * Write it: first `before` (complete CRLF lines, or NULL), then every field for
 * which keep (NULL = all) returns true, the empty line, the body.
 */
typedef bool oct_msg_keep(const struct oct_msg *m, size_t field, void *arg);
OCT_CHECK int oct_msg_write(struct oct_msg *m, int fd, const char *before,
    oct_msg_keep *keep, void *arg);

/*
 * Keyed digest (BLAKE2b, 20 octets) of rpath, rcpt and the message without its
 * trace (Received, Return-Path, Authentication-Results): the identity of a held
 * item (challenge.md 4).
 */
#define OCT_MSG_DIGEST 20
OCT_CHECK int oct_msg_digest(struct oct_msg *m, const uint8_t key[32],
    const char *rpath, const char *rcpt, uint8_t out[OCT_MSG_DIGEST]);

#endif
