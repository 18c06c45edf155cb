/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our own mails to senders have in common: header fields, the lines that
 * say who we are, the addresses that may be shown.  Pure, any thread.
 */
#ifndef OCT_COURIER_NOTICE_H
#define OCT_COURIER_NOTICE_H

#include "lib/def.h"
#include "lib/str.h"

#define NOTICE_WIDTH 72        /* columns of a filled paragraph */
#define NOTICE_CONTACT_MAX 200 /* octets of the contact texts together */

/* Texts of the operator; all borrowed, "" = none. */
struct notice_contact {
	const char *name;    /* who runs the filter */
	const char *help;    /* where to ask: address, telephone or URL */
	const char *dpo;     /* data-protection officer */
	const char *privacy; /* URL of the information notice */
};

struct notice_head {
	const char *from_name, *from;
	const char *reply_to; /* NULL = none */
	const char *to;       /* a path as taken in MAIL */
	const char *subject;
	const char *message_id;             /* NULL = made of random and host */
	const char *host;                   /* normalised domain name */
	uint8_t random[16];
	const char *parent_id, *parent_refs; /* raw field values, "" = none */
	int64_t now_ms;
};

/* OCT_ECONF: the texts are too long, or one is not a line of readable UTF-8. */
OCT_CHECK int notice_contact_check(const struct notice_contact *contact);

/* Append the lines "name", "Aide : ...", "Données personnelles : ...". */
void notice_contact_write(const struct notice_contact *contact,
    struct oct_str *text);

/*
 * Append From to MIME-Version, each line with CRLF; without the empty line.
 * OCT_EPARSE: an address, host or message_id is malformed, or `to` is null.
 */
OCT_CHECK int notice_head_write(const struct notice_head *head,
    struct oct_str *out);

/* Append Content-* fields, the empty line, and the text in quoted-printable. */
void notice_text_write(const struct oct_str *text, struct oct_str *out);

/*
 * A sender chose what stands in a typed address: it is shown only while it can
 * carry no link, no quoted words and no hidden characters.
 */
bool notice_is_shown(const char *address);

/* Append what typed addresses are shown, a line each, and how many more. */
void notice_addresses_write(const char *const *typed, size_t count,
    struct oct_str *text);

/* Fill the paragraph into text with an empty line after it, and empty it. */
void notice_paragraph(struct oct_str *paragraph, struct oct_str *text);

#endif
