/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The delivery status notification (RFC 3464, 6522, 6533) that tells a proven
 * sender that a held message was not delivered.  To be sent with the null
 * reverse-path.  Who may be told is decided elsewhere.  Pure, any thread.
 */
#ifndef OCT_COURIER_DSN_H
#define OCT_COURIER_DSN_H

#include "courier/notice.h"
#include "lib/def.h"
#include "lib/str.h"

#define DSN_HEADERS_MAX 16384 /* octets copied of the original's header */
#define DSN_MAX (5 * DSN_HEADERS_MAX) /* of the whole: a bound for out */

enum dsn_reason {
	DSN_UNCONFIRMED, /* the sender was asked and did not confirm in time:
			    5.7.1 */
	DSN_UNASKED,     /* nobody asked him, and its owner did not want it:
			    5.7.1 */
	DSN_REFUSED,     /* the mailbox's server refused it: see diagnostic */
	DSN_GAVE_UP      /* it could not be delivered for days: see diagnostic;
			    4.4.7 */
};

struct dsn {
	enum dsn_reason reason;
	const char *host;        /* our name: Reporting-MTA; normalised */
	const char *role;        /* From: address that a human reads */
	const char *to;          /* the reverse-path of the original */
	const char *message_id;  /* NULL = made of random */
	uint8_t random[16];      /* of the boundary, too: must be random */
	const char *rcpt;        /* as typed in RCPT, without brackets */
	const char *orcpt;       /* value of ORCPT as given, "" = none */
	const char *envid;       /* value of ENVID as given, "" = none */
	const char *diagnostic;  /* DSN_REFUSED, DSN_GAVE_UP: "550 5.1.1 text",
				    "" = there is none */
	int64_t now_ms, arrival_ms;
	const char *orig_id, *orig_refs; /* raw field values, "" = none */
	const char *headers;     /* original message: read up to the first empty
				    line, whole fields only */
	size_t headers_len;
	struct notice_contact contact;
	struct notice_texts texts;
};

/*
 * Append the whole message, CRLF.  An ORCPT or ENVID that is no xtext is left
 * out.  OCT_EPARSE: an address is malformed; OCT_ECONF: a contact text is;
 * OCT_EFULL or -ENOMEM: out.
 */
OCT_CHECK int dsn_write(const struct dsn *d, struct oct_str *out);

#endif
