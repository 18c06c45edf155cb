/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mail that lists to an owner what is held for him (challenge.md 10e):
 * plain text, and the same as simple HTML that loads nothing.  Links are the
 * caller's and lead to a page with a button: opening one changes nothing.  What
 * strangers wrote (address, subject) is cleaned, bounded, and carries no link.
 * Composes only.  Pure, any thread.
 */
#ifndef OCT_COURIER_DIGEST_MAIL_H
#define OCT_COURIER_DIGEST_MAIL_H

#include "courier/notice.h"
#include "lib/def.h"
#include "lib/str.h"

#define DIGEST_LINES_MAX 50 /* messages shown; "et N autres" for the rest */
#define DIGEST_URL_MAX 400
#define DIGEST_SUBJECT_MAX 100 /* characters of a shown subject */
#define DIGEST_MAIL_MAX (512u * 1024) /* of the whole: a bound for out */

/* One held message; strings never NULL. */
struct digest_line {
	int64_t arrival_ms, expiry_ms;
	const char *rcpt;    /* whose; shown where a list has several, "" = no */
	const char *from;    /* author's address, "" = none */
	const char *rpath;   /* shown if there is no author */
	const char *class;   /* of proof: "A".."X" */
	const char *subject; /* raw field value */
	const char *reason;  /* fate_reason_name, or "undelivered" */
	bool asked;          /* the sender was asked to confirm */
	/* "remettre", "remettre et accepter", "refuser"; "" = no such link */
	const char *release, *accept, *refuse;
};

struct digest_mail {
	const char *host;       /* challenge domain, normalised */
	const char *role;       /* From: address that a human reads */
	const char *to;         /* the owner, or one of several */
	const char *mailbox;    /* whose the messages are: the text names it */
	const char *message_id; /* NULL = made of random */
	uint8_t random[16];     /* of the boundary, too: must be random */
	int64_t now_ms;
	const struct digest_line *lines;
	size_t count;           /* of lines */
	size_t total;           /* to be told of, at least count */
	size_t earlier;         /* held too, and told before */
	const char *page;       /* URL of all of them, "" = none */
	const char *unsubscribe; /* URL for RFC 8058's POST, "" = none */
	struct notice_contact contact;
	struct notice_texts texts;
};

/* Append the whole message, CRLF.  OCT_EPARSE: an address or URL is malformed,
 * or there is no line; OCT_ECONF: a contact text is; OCT_EFULL or -ENOMEM. */
OCT_CHECK int digest_mail_write(const struct digest_mail *m,
    struct oct_str *out);

/* The list alone, as it stands in the plain text: for TEMPLATE_V_LINES of other
 * mails.  At most DIGEST_LINES_MAX; more says how many others there are. */
void digest_list_write(const struct digest_line *lines, size_t count,
    size_t total, enum template_lang lang, struct oct_str *out);

#endif
