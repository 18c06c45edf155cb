/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails of one text to owners, referents and administrators: extension,
 * breaker, welcome, link.  Composes only.  Pure, any thread.
 */
#ifndef OCT_COURIER_NOTICE_MAIL_H
#define OCT_COURIER_NOTICE_MAIL_H

#include "courier/notice.h"
#include "lib/def.h"
#include "lib/str.h"

struct notice_mail {
	enum template_id id;
	const char *host;       /* challenge domain, normalised */
	const char *role;       /* From: address that a human reads */
	const char *to;
	const char *message_id; /* NULL = made of random */
	uint8_t random[16];
	int64_t now_ms;
	struct notice_texts texts;
	const struct notice_values *values; /* all that the template may use */
};

/* Append the whole message, CRLF.  OCT_EPARSE: an address is malformed, or a
 * value has control octets; OCT_EFULL or -ENOMEM. */
OCT_CHECK int notice_mail_write(const struct notice_mail *m,
    struct oct_str *out);

#endif
