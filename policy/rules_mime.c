/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of how the parts of a message are put together, in which script it is
 * written, and of its Message-ID and Date fields.
 */
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/features_names.h"
#include "policy/rules.h"

#define LETTERS_JUDGED 4000
#define LETTERS_NEEDED 30

/* --- Parts ---------------------------------------------------------------------- */

static bool
is_text(const struct content_part *p)
{
	return strncmp(p->type, "text/", 5) == 0 &&
	    (p->flags & CONTENT_PART_ATTACHED) == 0;
}

/* A multipart within which nothing is to be read. */
static bool
is_empty_multipart(const struct content *c)
{
	return c->part_count == 1 &&
	    strncmp(c->parts[0].type, "multipart/", 10) == 0;
}

static void
check_parts(const struct rules *r, struct score *s)
{
	const struct content *c = r->c;
	bool base64 = false;

	for (size_t i = 0; i < c->part_count; i++) {
		const struct content_part *p = &c->parts[i];

		score_mark(s, SYM_MIME_BAD_ENCODING, is_text(p) &&
			(p->flags & CONTENT_PART_BAD_ENCODING) != 0);
		score_mark(s, SYM_MIME_BAD_CHARSET, is_text(p) &&
			(p->flags & CONTENT_PART_BAD_CHARSET) != 0);
		base64 |= is_text(p) && strcmp(p->encoding, "base64") == 0 &&
		    (strcmp(p->charset, "us-ascii") == 0 ||
			p->charset[0] == '\0') &&
		    p->octets > 0;
	}
	/* RFC 2045 6.8: base64 hides ASCII text, it does not carry it. */
	score_mark(s, SYM_MIME_BASE64_ASCII, base64);
	score_mark(s, SYM_MIME_EMPTY, is_empty_multipart(c));
	score_mark(s, SYM_MIME_VERSION_MISSING, c->part_count > 1 &&
		oct_msg_find(r->in->msg, "MIME-Version", 0) == NULL);
}

/* --- Script ---------------------------------------------------------------------- */

/* The first octet of UTF-8 tells the block: from U+0370 on (Greek, Cyrillic,
 * Hebrew, Arabic, scripts of India ...) and from U+0900 to U+DFFF; but punctuation,
 * symbols and emoji are no letters. */
static void
count_letters(const struct content_text *t, size_t *latin, size_t *other)
{
	size_t max = t->len < LETTERS_JUDGED ? t->len : LETTERS_JUDGED;

	for (size_t i = 0; i < max; i++) {
		unsigned char c = (unsigned char)t->data[i];

		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			++*latin;
		else if ((c >= 0xcd && c <= 0xdf) || c == 0xe0 || c == 0xe1 ||
		    (c >= 0xe3 && c <= 0xed))
			++*other;
	}
}

static bool
is_foreign(const struct rules *r)
{
	size_t latin = 0, other = 0;

	count_letters(r->text, &latin, &other);
	count_letters(&r->c->subject, &latin, &other);
	return other >= LETTERS_NEEDED && other > latin;
}

/* --- Fields ------------------------------------------------------------------------ */

/* RFC 5322 3.6.4: "<left@right>". */
static bool
is_id(const char *id)
{
	const char *at = strchr(id, '@');
	size_t len = strlen(id);

	return len >= 5 && id[0] == '<' && id[len - 1] == '>' &&
	    at != NULL && at > id + 1 && at[1] != '>' &&
	    strchr(id, ' ') == NULL;
}

/* An id that only these providers make, under an author who is not theirs, or the
 * other way round: the first of each row is the end of the id, the second a domain
 * of authors. */
static bool
is_borrowed_id(const struct rules *r, const char *id)
{
	const char *domain = r->in->from != NULL ? r->in->from->domain : "";

	return strstr(id, "@mail.gmail.com>") != NULL &&
	    strcmp(domain, "gmail.com") != 0 &&
	    feature_is_freemail(domain);
}

/* RFC 5322 3.3: no zone is more than fourteen hours from UTC. */
static bool
is_zone_absurd(const char *date)
{
	const char *zone = strrchr(date, '+');
	int hours;

	if (zone == NULL)
		zone = strrchr(date, '-');
	if (zone == NULL || strspn(zone + 1, "0123456789") < 4)
		return false;
	hours = (zone[1] - '0') * 10 + (zone[2] - '0');
	return hours > 14 || zone[3] > '5';
}

static void
check_fields(const struct rules *r, struct score *s)
{
	char value[1000];
	int rc = oct_msg_value(r->in->msg, "Message-ID", value, sizeof(value));

	score_mark(s, SYM_MESSAGE_ID_MALFORMED, rc < 0 ||
		(rc == 1 && !is_id(value)));
	score_mark(s, SYM_MESSAGE_ID_BORROWED, rc == 1 && !r->list &&
		is_borrowed_id(r, value));
	rc = oct_msg_value(r->in->msg, "Date", value, sizeof(value));
	score_mark(s, SYM_DATE_ZONE, rc == 1 && is_zone_absurd(value));
}

void
rules_mime(const struct rules *r, struct score *s)
{
	check_parts(r, s);
	score_mark(s, SYM_LANGUAGE_FOREIGN, !r->list && is_foreign(r));
	check_fields(r, s);
}
