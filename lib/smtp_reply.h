/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of an SMTP dialogue, both ways, without a socket: reading replies
 * line by line, checking paths, choosing parameters, dot-stuffing.  Pure.
 */
#ifndef OCT_LIB_SMTP_REPLY_H
#define OCT_LIB_SMTP_REPLY_H

#include "lib/def.h"
#include "lib/smtp_out.h"
#include "lib/str.h"

#define SMTP_REPLY_LINES 100  /* lines of one reply */
#define SMTP_ARG_MAX 1000     /* octets of a path, or of all parameters */

/* What a server offers in EHLO. */
#define SMTP_PIPELINING (1u << 0)
#define SMTP_8BITMIME (1u << 1)
#define SMTP_DSN (1u << 2)
#define SMTP_SMTPUTF8 (1u << 3)
#define SMTP_AUTH (1u << 4)
#define SMTP_AUTH_PLAIN (1u << 5)

struct smtp_parse {
	int code;        /* of the first line */
	int lines;       /* seen so far */
	unsigned offers; /* keywords in the lines after the first */
};

/*
 * One more line of a reply (p zeroed before the first): 1 = that was the last
 * one, and reply has code, text, queue_id; 0 = more to come; OCT_EREPLY = not a
 * reply: bad code, codes differ, too many lines.
 */
OCT_CHECK int smtp_reply_line(struct smtp_parse *p, const char *line,
    size_t len, struct smtp_reply *reply);

/*
 * Put text into reply->text, made printable; what does not fit ends in "..".
 */
void smtp_reply_text(struct smtp_reply *reply, const char *text, size_t len);

/* A path as it goes between angle brackets ("" if null_ok): 0, OCT_EPARSE. */
OCT_CHECK int smtp_path_check(const char *path, bool null_ok);

/* Octets over 0x7f in it. */
bool smtp_is_utf8(const char *text);

/*
 * Append to out, each with a space before it, those ESMTP parameters whose
 * extension is in offers.  OCT_EPARSE: params are not words with single spaces.
 */
OCT_CHECK int smtp_params_filter(const char *params, unsigned offers,
    struct oct_str *out);

/*
 * Dot-stuffing (RFC 5321 4.5.2) with every line end made CRLF; a CR that ends
 * no line is left as it is.
 */
struct smtp_dot {
	bool inside; /* of a line */
	bool cr;     /* a CR is held back */
};
/* out has room for 2 * len + 1 octets; returns how many are used. */
size_t smtp_dot_feed(struct smtp_dot *d, const char *in, size_t len, char *out);
/* End the last line: out has room for 3 octets. */
size_t smtp_dot_end(struct smtp_dot *d, char *out);

#endif
