/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our own mails have in common: header fields, the texts of the operator,
 * the addresses that may be shown, and templates put to work.  Pure, any thread.
 */
#ifndef OCT_COURIER_NOTICE_H
#define OCT_COURIER_NOTICE_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/str.h"
#include "policy/template.h"

/* Texts of the operator; all borrowed, "" = none.  Each at most
 * TEMPLATE_OPERATOR_MAX octets, together at most TEMPLATE_CONTACT_MAX. */
struct notice_contact {
	const char *name;    /* who runs the filter */
	const char *help;    /* where to ask: address, telephone or URL */
	const char *dpo;     /* data-protection officer */
	const char *privacy; /* URL of the information notice */
};

/* Which texts a mail has, and which language comes first; a source that is NULL
 * is the built-in one.  All zero is good: built in, French first. */
struct notice_texts {
	const char *source[TEMPLATE_LANGS];
	enum template_lang first;
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
	bool generated; /* RFC 3834 5: answers no message of its reader */
	int64_t now_ms;
};

/* OCT_ECONF: the texts are too long, or one is not a line of readable UTF-8. */
OCT_CHECK int notice_contact_check(const struct notice_contact *contact);

/* "Filtre de messagerie", "Mail filter". */
const char *notice_from_name(enum template_lang lang);

/*
 * Append From to MIME-Version, each line with CRLF; without the empty line.
 * ASCII, but for an address with a UTF-8 local part, which stands as it is (RFC
 * 6532): such a mail can be sent with SMTPUTF8 only.
 * OCT_EPARSE: an address, host or message_id is malformed, or `to` is null.
 */
OCT_CHECK int notice_head_write(const struct notice_head *head,
    struct oct_str *out);

/* Append Content-* fields, the empty line, and the text in quoted-printable.
 * first: of the languages of the text. */
void notice_text_write(const struct oct_str *text, enum template_lang first,
    struct oct_str *out);

/*
 * A sender chose what stands in a typed address: it is shown only while it can
 * carry no link, no quoted words and no hidden characters.
 */
bool notice_is_shown(const char *address);

/* Append what typed addresses are shown, a line each, and how many more. */
void notice_addresses_write(const char *const *typed, size_t count,
    enum template_lang lang, struct oct_str *text);

/* "samedi 21 novembre 2026 à 11 h 45 (heure de Paris)". */
void notice_date_write(int64_t wall_ms, enum template_lang lang,
    struct oct_str *out);

/* --- Templates put to work -------------------------------------------------- */

/* The values of both languages, and the storage of what is made for them. */
struct notice_values {
	struct template_input in[TEMPLATE_LANGS];
	char dates[TEMPLATE_LANGS][2][TEMPLATE_DATE_MAX];
	char addresses[TEMPLATE_LANGS][TEMPLATE_ADDRESSES_MAX];
	char names[2][OCT_ADDR_SIZE]; /* mailbox, domain */
};

/* Nothing but the contact's texts, which are borrowed. */
void notice_values_init(struct notice_values *v,
    const struct notice_contact *contact);
/* One value or word for both languages; the text is borrowed.  Names of ours are
 * shown as people write them. */
void notice_set(struct notice_values *v, enum template_value which,
    const char *text);
void notice_word(struct notice_values *v, enum template_word which);
/* TEMPLATE_V_DATE or _EXPIRY. */
void notice_set_date(struct notice_values *v, enum template_value which,
    int64_t wall_ms);
void notice_set_addresses(struct notice_values *v, const char *const *typed,
    size_t count);

/* Append subject and text, of checked templates.  OCT_EFULL or -ENOMEM. */
OCT_CHECK int notice_render(enum template_id id,
    const struct notice_texts *texts, const struct notice_values *v,
    struct oct_str *subject, struct oct_str *text);

#endif
