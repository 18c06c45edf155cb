/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mail that asks a first-time sender to confirm (challenge.md 10b): the
 * language of the hosted domain, then the other one in short; plain text;
 * nothing of what the sender wrote but the addresses that he typed.  Composes
 * only: who is asked is decided elsewhere.  The reverse-path of the mail is the
 * caller's affair.  Pure, any thread.
 */
#ifndef OCT_COURIER_CHALLENGE_MAIL_H
#define OCT_COURIER_CHALLENGE_MAIL_H

#include "courier/notice.h"
#include "lib/def.h"
#include "lib/str.h"

#define CHALLENGE_MAIL_TEXT_MAX TEMPLATE_CHALLENGE_MAX /* before encoding */
#define CHALLENGE_MAIL_URL_MAX TEMPLATE_URL_MAX
#define CHALLENGE_MAIL_MAX 16384     /* octets of the whole: a bound for out */

struct challenge_mail {
	const char *host;        /* challenge domain, normalised */
	const char *role;        /* From: address that a human reads */
	const char *reply_to;    /* a reply to it confirms */
	const char *to;          /* the reverse-path that is asked */
	const char *message_id;  /* NULL = made of random */
	uint8_t random[16];
	const char *const *typed; /* recipients as typed, of one domain */
	size_t typed_count;
	int64_t now_ms, arrival_ms, expiry_ms;
	const char *orig_id, *orig_refs; /* raw field values, "" = none */
	const char *url;
	const char *code;        /* 6 digits */
	bool code_always;        /* the page always asks for the code */
	struct notice_contact contact;
	struct notice_texts texts;
};

/*
 * Append the whole message, CRLF.  OCT_EPARSE: an address, the URL or the code
 * is malformed; OCT_ECONF: a contact text is; OCT_EFULL or -ENOMEM: out.
 */
OCT_CHECK int challenge_mail_write(const struct challenge_mail *m,
    struct oct_str *out);

#endif
