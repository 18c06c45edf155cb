/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of how a message is made: its subject, the program that it claims, its
 * trace, and the marks of mass mail.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/features_names.h"
#include "policy/rules.h"

static bool
has_field(const struct rules *r, const char *name)
{
	return oct_msg_find(r->in->msg, name, 0) != NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* --- Subject ------------------------------------------------------------------ */

static bool
is_reply(const char *subject)
{
	return strncasecmp(subject, "re:", 3) == 0 ||
	    strncasecmp(subject, "re :", 4) == 0 ||
	    strncasecmp(subject, "aw:", 3) == 0 ||
	    strncasecmp(subject, "sv:", 3) == 0;
}

/* "V I A G R A": five letters in a row, each alone. */
static bool
is_spaced(const struct content_text *t)
{
	size_t run = 0;

	for (size_t i = 0; i + 1 < t->len; i += 2) {
		char c = t->data[i];

		run = (is_upper(c) || is_lower(c)) && t->data[i + 1] == ' '
		    ? run + 1
		    : 0;
		if (run == 0 && i > 0)
			i--; /* try the other parity */
		if (run >= 5)
			return true;
	}
	return false;
}

static bool
is_capitals(const struct content_text *t)
{
	size_t upper = 0, lower = 0;

	for (size_t i = 0; i < t->len; i++) {
		upper += is_upper(t->data[i]);
		lower += is_lower(t->data[i]);
	}
	return upper >= 10 && upper > 9 * lower;
}

/* A run of 12 and more letters and digits, mixed. */
static bool
holds_token(const struct content_text *t)
{
	size_t run = 0, digits = 0, changes = 0;

	for (size_t i = 0; i < t->len; i++) {
		char c = t->data[i];

		if (!is_digit(c) && !is_upper(c) && !is_lower(c)) {
			run = digits = changes = 0;
			continue;
		}
		digits += is_digit(c);
		changes += run > 0 && is_digit(c) != is_digit(t->data[i - 1]);
		run++;
		if (run >= 12 && digits >= 3 && digits < run && changes >= 3)
			return true;
	}
	return false;
}

/* Named in full, or by a local part that nobody writes by chance. */
static bool
names_recipient(const struct rules *r)
{
	for (size_t i = 0; i < r->in->rcpt_count; i++) {
		char text[OCT_ADDR_SIZE];

		if (r->in->rcpts[i].domain[0] == '\0')
			continue;
		oct_addr_text(&r->in->rcpts[i], text);
		if (strcasestr(r->c->subject.data, text) != NULL)
			return true;
	}
	return false;
}

static bool
is_ascii(const struct content_text *t)
{
	for (size_t i = 0; i < t->len; i++)
		if ((unsigned char)t->data[i] >= 0x80)
			return false;
	return true;
}

/* In a field's value, which has no NUL. */
static bool
holds_any_case(const struct oct_field *f, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= f->value_len; i++)
		if (strncasecmp(f->value + i, text, n) == 0)
			return true;
	return false;
}

/* An encoded word for plain ASCII that would have fitted on the line. */
static bool
is_encoded_for_nothing(const struct rules *r)
{
	const struct oct_field *f = oct_msg_find(r->in->msg, "Subject", 0);

	return f != NULL && r->c->subject.len > 0 &&
	    r->c->subject.len < 60 && is_ascii(&r->c->subject) &&
	    strpbrk(r->c->subject.data, "=?_") == NULL &&
	    memmem(f->value, f->value_len, "=?", 2) != NULL &&
	    holds_any_case(f, "?b?");
}

/* Latin letters beside Cyrillic or Greek ones within a word. */
static bool
mixes_scripts(const struct content_text *t, size_t max)
{
	bool latin = false, other = false;

	for (size_t i = 0; i < t->len && i < max; i++) {
		unsigned char c = (unsigned char)t->data[i];

		if (is_lower((char)c) || is_upper((char)c)) {
			latin = true;
		} else if (c == 0xd0 || c == 0xd1 || c == 0xce || c == 0xcf) {
			other = true;
			i++;
		} else if (c < 0x80) {
			latin = other = false;
		}
		if (latin && other)
			return true;
	}
	return false;
}

/* Mathematical, enclosed or full-width letters in the place of Latin ones. */
static bool
holds_fancy(const struct content_text *t)
{
	size_t found = 0;

	for (size_t i = 0; i + 3 < t->len; i++) {
		unsigned char a = (unsigned char)t->data[i];
		unsigned char b = (unsigned char)t->data[i + 1];
		unsigned char c = (unsigned char)t->data[i + 2];

		found += a == 0xf0 && b == 0x9d && c >= 0x90; /* U+1D400 */
		found += a == 0xf0 && b == 0x9f && (c == 0x84 || c == 0x85);
		found += a == 0xef && (b == 0xbc || b == 0xbd);
	}
	return found >= 3;
}

static void
check_subject(const struct rules *r, struct score *s)
{
	const struct content_text *t = &r->c->subject;

	score_mark(s, SYM_SUBJECT_FAKE_REPLY, is_reply(t->data) &&
		!has_field(r, "In-Reply-To") && !has_field(r, "References"));
	score_mark(s, SYM_SUBJECT_SPACED, is_spaced(t));
	score_mark(s, SYM_SUBJECT_CAPITALS, is_capitals(t));
	score_mark(s, SYM_SUBJECT_TOKEN, holds_token(t));
	score_mark(s, SYM_SUBJECT_RECIPIENT, names_recipient(r));
	score_mark(s, SYM_SUBJECT_HIDDEN_ASCII, is_encoded_for_nothing(r));
	score_mark(s, SYM_LETTERS_FANCY, holds_fancy(t) ||
		holds_fancy(&r->c->from_name));
	score_mark(s, SYM_SCRIPTS_MIXED, mixes_scripts(t, 500) ||
		mixes_scripts(&r->c->from_name, 200));
}

/* --- Program and trace ------------------------------------------------------------ */

static bool
field_holds(const struct rules *r, const char *name, const char *text)
{
	const struct oct_field *f = oct_msg_find(r->in->msg, name, 0);

	return f != NULL && memmem(f->value, f->value_len, text,
	    strlen(text)) != NULL;
}

/* What these programs always write beside their names. */
static bool
is_forged(const struct rules *r)
{
	if (field_holds(r, "X-Mailer", "Microsoft Outlook Express") ||
	    field_holds(r, "X-Mailer", "Windows Live Mail"))
		return !has_field(r, "X-MimeOLE");
	if (field_holds(r, "X-Mailer", "Microsoft Outlook "))
		return !has_field(r, "Thread-Index") &&
		    !has_field(r, "X-MimeOLE");
	if (field_holds(r, "X-Mailer", "iPhone Mail") ||
	    field_holds(r, "X-Mailer", "Apple Mail ("))
		return !has_field(r, "Mime-Version") ||
		    field_holds(r, "Message-ID", "$");
	return false;
}

/* Does any line of the trace, or the client, name the provider? */
static bool
came_from(const struct rules *r, const char *name)
{
	if (strcasestr(r->in->helo, name) != NULL)
		return true;
	for (size_t i = 0; i < 20; i++) {
		const struct oct_field *f = oct_msg_find(r->in->msg,
		    "Received", i);

		if (f == NULL)
			return false;
		if (holds_any_case(f, name))
			return true;
	}
	return false;
}

/* These always write their names into the trace. */
static bool
is_not_from_provider(const struct rules *r)
{
	static const char *const providers[][2] = { { "gmail.com", "google" },
		{ "outlook.com", "outlook" }, { "hotmail.com", "outlook" },
		{ "hotmail.fr", "outlook" }, { "outlook.fr", "outlook" },
		{ "live.fr", "outlook" }, { "live.com", "outlook" },
		{ "yahoo.com", "yahoo" }, { "yahoo.fr", "yahoo" },
		{ "orange.fr", "orange" }, { "wanadoo.fr", "orange" },
		{ "free.fr", "free.fr" }, { "laposte.net", "laposte" },
		{ "icloud.com", "me.com" }, { "sfr.fr", "sfr" } };

	if (r->in->from == NULL || r->proven || r->list)
		return false;
	for (size_t i = 0; i < OCT_LEN(providers); i++)
		if (strcmp(r->in->from->domain, providers[i][0]) == 0)
			return !came_from(r, providers[i][1]) &&
			    oct_msg_count(r->in->msg, "Received") +
				(r->in->helo[0] != '\0') > 0;
	return false;
}

/* The date of a line of the trace; 0: not known. */
static int64_t
hop_date(const struct oct_field *f)
{
	const char *semicolon = memrchr(f->value, ';', f->value_len);
	char text[128];
	int64_t out;
	size_t n;

	if (semicolon == NULL)
		return 0;
	n = f->value_len - (size_t)(semicolon + 1 - f->value);
	if (n >= sizeof(text))
		return 0;
	memcpy(text, semicolon + 1, n);
	text[n] = '\0';
	return score_parse_date(text, &out) == 0 ? out : 0;
}

/* A later hop dated more than a day before an earlier one. */
static bool
is_absurd(const struct rules *r)
{
	int64_t later = 0;

	for (size_t i = 0; i < 20; i++) {
		const struct oct_field *f = oct_msg_find(r->in->msg,
		    "Received", i);
		int64_t date = f != NULL ? hop_date(f) : 0;

		if (f == NULL)
			return false;
		if (date != 0 && later != 0 && date > later + 86400000)
			return true;
		later = date != 0 ? date : later;
	}
	return false;
}

/* Five digits in a row, or as many consonants, and no reading for it. */
static bool
is_random(const char *local)
{
	size_t digits = 0, consonants = 0;

	for (; *local != '\0'; local++) {
		char c = (char)(is_upper(*local) ? *local | 0x20 : *local);

		digits = is_digit(c) ? digits + 1 : 0;
		consonants = is_lower(c) && strchr("aeiouy", c) == NULL
		    ? consonants + 1
		    : 0;
		if (digits >= 5 || consonants >= 6)
			return true;
	}
	return false;
}

static void
check_author(const struct rules *r, struct score *s)
{
	const struct oct_addr *from = r->in->from;

	if (from == NULL || r->list)
		return;
	score_mark(s, SYM_FROM_NEW_TLD, feature_is_abused_tld(from->domain));
	/* Bounce addresses are long and odd; those of authors are not. */
	score_mark(s, SYM_FROM_ODD, !r->institution &&
		(is_random(from->local) || feature_is_odd(from->domain)));
}

static void
check_trace(const struct rules *r, struct score *s)
{
	score_mark(s, SYM_MAILER_FORGED, is_forged(r));
	check_author(r, s);
	score_mark(s, SYM_TRACE_NO_PROVIDER, is_not_from_provider(r));
	score_mark(s, SYM_TRACE_ABSURD, is_absurd(r));
}

/* --- Mass mail ---------------------------------------------------------------------- */

static bool
is_bulk(const struct rules *r)
{
	return field_holds(r, "Precedence", "bulk") ||
	    has_field(r, "Feedback-ID") || has_field(r, "X-Campaign") ||
	    has_field(r, "X-CampaignId") || has_field(r, "X-Mailgun-Sid") ||
	    has_field(r, "X-SG-EID") || has_field(r, "X-Mailer-LID");
}

static void
check_bulk(const struct rules *r, struct score *s)
{
	const struct oct_field *to = oct_msg_find(r->in->msg, "To", 0);
	bool bulk = !r->list && is_bulk(r);

	score_mark(s, SYM_BULK_NO_UNSUBSCRIBE, bulk &&
		!has_field(r, "List-Unsubscribe") &&
		!has_field(r, "List-Post") && !has_field(r, "Auto-Submitted") &&
		lexicon_count(&r->o->body, "optout") == 0);
	score_mark(s, SYM_BULK_UNDISCLOSED, to != NULL &&
		memmem(to->value, to->value_len, "ndisclosed", 10) != NULL);
	score_mark(s, SYM_BULK_PHARMACY,
	    lexicon_count(&r->o->body, "pharma") >= 3 ||
		lexicon_count(&r->o->subject, "pharma") > 0);
	score_mark(s, SYM_BULK_ADULT, lexicon_count(&r->o->body, "adult") >= 3 ||
		lexicon_count(&r->o->subject, "adult") > 0);
}

void
rules_shape(const struct rules *r, struct score *s)
{
	check_subject(r, s);
	check_trace(r, s);
	check_bulk(r, s);
}
