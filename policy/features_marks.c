/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dense marks: what a message is like rather than what it says.  Here those of
 * its header.
 */
#include <string.h>
#include <strings.h>

#include "auth/dmarc.h"
#include "lib/err.h"
#include "policy/features_int.h"
#include "policy/features_names.h"

static bool
has_field(const struct feature_message *m, const char *name)
{
	return oct_msg_find(m->msg, name, 0) != NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* "aA9" for a run of letters, capitals, digits; 'H' for a long run of
 * hexadecimal digits; others as they are. */
#define SHAPE_SIZE 25
static void
shape(const char *text, size_t len, char out[SHAPE_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < SHAPE_SIZE - 1;) {
		size_t run = 0;
		char c = text[i];

		while (i + run < len && is_hex(text[i + run]))
			run++;
		if (run >= 12) {
			out[n++] = 'H';
			i += run;
			continue;
		}
		out[n++] = (char)(is_lower(c) ? 'a'
			: is_upper(c)	      ? 'A'
			: is_digit(c)	      ? '9'
					      : c);
		i++;
	}
	out[n] = '\0';
}

/* --- Path ------------------------------------------------------------------- */

static void
message_id_marks(struct features *f, const struct feature_message *m)
{
	char value[300], form[SHAPE_SIZE], org[OCT_DOMAIN_SIZE];
	const char *at, *end;
	char domain[OCT_DOMAIN_SIZE];
	struct oct_str s;

	if (oct_msg_value(m->msg, "Message-ID", value, sizeof(value)) != 1) {
		feature_mark(f, has_field(m, "Message-ID") ? "mid:long"
							   : "mid:none");
		return;
	}
	at = strchr(value, '@');
	end = strchr(value, '>');
	shape(value + (value[0] == '<'),
	    at != NULL ? (size_t)(at - value) : strlen(value), form);
	feature_mark_text(f, "mid.shape", form);
	if (at == NULL) {
		feature_mark(f, "mid.dom:none");
		return;
	}
	oct_str_fixed(&s, domain, sizeof(domain));
	oct_str_addn(&s, at + 1,
	    end != NULL && end > at ? (size_t)(end - at - 1) : strlen(at + 1));
	if (oct_str_err(&s) != 0)
		domain[0] = '\0';
	auth_psl_org_or_self(domain, org);
	feature_mark(f,
	    strchr(domain, '.') == NULL		  ? "mid.dom:bare"
		: strcasecmp(org, m->from_org) == 0 ? "mid.dom:from"
						    : "mid.dom:other");
}

static void
date_marks(struct features *f, const struct feature_message *m)
{
	char value[200];
	size_t len;

	if (oct_msg_value(m->msg, "Date", value, sizeof(value)) != 1) {
		feature_mark(f, "date:none");
		return;
	}
	len = strlen(value);
	if (len < 6 || value[3] != ',' || !is_upper(value[0]))
		feature_mark(f, "date:form");
	if (strpbrk(value, "+-") == NULL)
		feature_mark(f, "date:zone");
}

static void
path_marks(struct features *f, const struct feature_message *m)
{
	size_t received = oct_msg_count(m->msg, "Received");

	received -= received < m->facts->received_skip
	    ? received
	    : m->facts->received_skip;
	feature_mark_number(f, "received", received < 8 ? (int64_t)received
							: 8);
	if (!has_field(m, "From"))
		feature_mark(f, "no.from");
	if (!has_field(m, "To"))
		feature_mark(f, "no.to");
	date_marks(f, m);
	message_id_marks(f, m);
}

/* --- Thread ------------------------------------------------------------------- */

static bool
is_reply_prefix(const char *s, size_t *len)
{
	static const char *const prefixes[] = { "re:", "aw:", "sv:", "tr:",
		"fw:", "fwd:", "ré:", "réf:", "re :", "tr :" };

	for (size_t i = 0; i < OCT_LEN(prefixes); i++) {
		*len = strlen(prefixes[i]);
		if (strncmp(s, prefixes[i], *len) == 0)
			return true;
	}
	return false;
}

static void
thread_marks(struct features *f, const struct feature_message *m)
{
	const struct oct_field *refs = oct_msg_find(m->msg, "References", 0);
	bool answers = has_field(m, "In-Reply-To") || refs != NULL;
	size_t len, count = 0;

	if (has_field(m, "In-Reply-To"))
		feature_mark(f, "in-reply-to");
	for (size_t i = 0; refs != NULL && i < refs->value_len; i++)
		count += refs->value[i] == '<';
	if (refs != NULL)
		feature_mark_number(f, "references", feature_log(count));
	if (is_reply_prefix(m->subject, &len))
		feature_mark(f, answers ? "subject.re:thread"
					: "subject.re:alone");
	if (m->subject[0] == '[' && strchr(m->subject, ']') != NULL)
		feature_mark(f, "subject.tag");
}

static void
field_marks(struct features *f, const struct feature_message *m)
{
	static const char *const names[] = { "List-Id", "List-Post",
		"List-Unsubscribe", "List-Unsubscribe-Post", "List-Help",
		"List-Archive", "Precedence", "Feedback-ID", "X-Campaign",
		"Organization", "Sender", "Errors-To", "X-Mailing-List",
		"Mailing-List", "X-BeenThere", "Auto-Submitted",
		"X-Auto-Response-Suppress", "DKIM-Signature",
		"DomainKey-Signature", "X-Priority", "Importance", "Cc", "Bcc",
		"Reply-To", "MIME-Version", "X-Originating-IP", "Thread-Index",
		"Thread-Topic", "Content-Language", "X-Google-DKIM-Signature",
		"X-PHP-Originating-Script", "Return-Receipt-To",
		"Disposition-Notification-To", "X-MSMail-Priority",
		"X-MimeOLE", "User-Agent", "X-Mailer", "X-Sender", "X-Face" };

	for (size_t i = 0; i < OCT_LEN(names); i++)
		if (has_field(m, names[i]))
			feature_mark_text(f, "has", names[i]);
}

/* --- Sender ------------------------------------------------------------------- */

static bool
five_consonants(const char *s)
{
	size_t run = 0;

	for (; *s != '\0'; s++) {
		run = is_lower(*s) && strchr("aeiouy", *s) == NULL ? run + 1
								   : 0;
		if (run == 5)
			return true;
	}
	return false;
}

static void
domain_marks(struct features *f, const char *domain)
{
	const char *tld = strrchr(domain, '.');
	size_t dots = 0, digits = 0, dashes = 0;

	for (const char *p = domain; *p != '\0'; p++) {
		dots += *p == '.';
		digits += is_digit(*p);
		dashes += *p == '-';
	}
	feature_mark_number(f, "from.dots", (int64_t)dots);
	feature_mark_number(f, "from.len", feature_log(strlen(domain)));
	feature_mark_number(f, "from.digits", feature_log(digits));
	feature_mark_number(f, "from.dashes", feature_log(dashes));
	if (tld != NULL)
		feature_mark_text(f, "from.tld", tld + 1);
	if (five_consonants(domain))
		feature_mark(f, "from.consonants");
}

static void
name_marks(struct features *f, const struct feature_message *m)
{
	const struct content_text *name = &m->content->from_name;
	const char *lower = feature_lower(f, name->data,
	    name->len < 200 ? name->len : 200);
	const char *at = strchr(lower, '@');
	char word[32];
	size_t n = 0;
	bool in_local = false, in_domain = false;

	if (name->len == 0) {
		feature_mark(f, "name:none");
		return;
	}
	if (at != NULL)
		feature_mark(f,
		    m->has_from && strstr(at, m->from_org) != NULL &&
			    m->from_org[0] != '\0'
			? "name:address.same"
			: "name:address.other");
	for (const char *p = lower;; p++) {
		if ((is_lower(*p) || is_digit(*p)) && n < sizeof(word) - 1) {
			word[n++] = *p;
			continue;
		}
		word[n] = '\0';
		if (n >= 3 && m->has_from) {
			in_local |= strcasestr(m->from.local, word) != NULL;
			in_domain |= strstr(m->from.domain, word) != NULL;
		}
		n = 0;
		if (*p == '\0')
			break;
	}
	if (in_local)
		feature_mark(f, "name:in.local");
	if (in_domain)
		feature_mark(f, "name:in.domain");
}

static void
reply_marks(struct features *f, const struct feature_message *m)
{
	char org[OCT_DOMAIN_SIZE];

	if (!m->has_reply_to || !m->has_from)
		return;
	auth_psl_org_or_self(m->reply_to.domain, org);
	if (strcmp(m->reply_to.domain, m->from.domain) == 0 &&
	    strcasecmp(m->reply_to.local, m->from.local) == 0)
		feature_mark(f, "reply-to:same");
	else
		feature_mark(f, strcmp(org, m->from_org) == 0
			? "reply-to:domain"
			: "reply-to:other");
	if (feature_is_freemail(m->reply_to.domain))
		feature_mark(f, "reply-to:free");
}

/* d= of the first signature, not verified here: only compared. */
static void
dkim_marks(struct features *f, const struct feature_message *m)
{
	const struct oct_field *sig = oct_msg_find(m->msg, "DKIM-Signature", 0);
	char domain[OCT_DOMAIN_SIZE], org[OCT_DOMAIN_SIZE];
	const char *p, *end;
	size_t n = 0;

	if (sig == NULL)
		return;
	end = sig->value + sig->value_len;
	for (p = sig->value; p + 2 < end; p++)
		if (p[0] == 'd' && p[1] == '=' &&
		    (p == sig->value || strchr("; \t\n", p[-1]) != NULL))
			break;
	for (p += 2; p < end && n < sizeof(domain) - 1 && *p != ';' &&
	     *p != ' ' && *p != '\r';
	     p++)
		domain[n++] = (char)(is_upper(*p) ? *p + ('a' - 'A') : *p);
	domain[n] = '\0';
	auth_psl_org_or_self(domain, org);
	feature_mark(f, strcmp(org, m->from_org) == 0 ? "dkim.d:from"
						      : "dkim.d:other");
}

static void
sender_marks(struct features *f, const struct feature_message *m)
{
	char form[SHAPE_SIZE], org[OCT_DOMAIN_SIZE];

	name_marks(f, m);
	reply_marks(f, m);
	dkim_marks(f, m);
	if (!m->has_from)
		return;
	if (feature_is_freemail(m->from.domain))
		feature_mark(f, "from:free");
	if (m->has_sender) {
		auth_psl_org_or_self(m->sender.domain, org);
		feature_mark(f, strcmp(org, m->from_org) == 0
			? "sender:domain"
			: "sender:other");
	}
	shape(m->from.local, strlen(m->from.local), form);
	feature_mark_text(f, "from.shape", form);
	domain_marks(f, m->from.domain);
}

static void
recipient_marks(struct features *f, const struct feature_message *m)
{
	const struct oct_field *to = oct_msg_find(m->msg, "To", 0);
	struct oct_addr addr;
	char org[OCT_DOMAIN_SIZE];

	feature_mark_number(f, "rcpts", feature_log(m->rcpt_count));
	if (to == NULL)
		return;
	if (memmem(to->value, to->value_len, "ndisclosed", 10) != NULL)
		feature_mark(f, "to:undisclosed");
	for (size_t i = 0; i < m->facts->recipient_count && m->has_from; i++) {
		if (oct_addr_parse(m->facts->recipients[i], &addr) != 0)
			continue;
		auth_psl_org_or_self(addr.domain, org);
		if (strcmp(org, m->from_org) == 0)
			feature_mark(f, "from:same.domain.as.rcpt");
		if (strcmp(addr.domain, m->from.domain) == 0 &&
		    strcasecmp(addr.local, m->from.local) == 0)
			feature_mark(f, "from:is.rcpt");
	}
}

/* --- The whole ------------------------------------------------------------ */

void
feature_marks(struct features *f, const struct feature_message *m)
{
	path_marks(f, m);
	thread_marks(f, m);
	field_marks(f, m);
	sender_marks(f, m);
	recipient_marks(f, m);
	feature_text_marks(f, m);
}
