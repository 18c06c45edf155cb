/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/dsn.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/mime_text.h"

#define VALUE_MAX 900       /* of one status field: RFC 5322 2.1.1 */
#define HEADER_LINE_MAX 998 /* RFC 5322 2.1.1 */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3461 4: xtext back to printable ASCII, or OCT_EPARSE. */
static int
add_xtext(struct oct_str *out, const char *text)
{
	for (; *text != '\0'; text++) {
		int c = *text;

		if (c == '+') {
			int hi = hex_value(text[1]);
			int lo = hi >= 0 ? hex_value(text[2]) : -1;

			if (lo < 0)
				return OCT_EPARSE;
			c = hi * 16 + lo;
			text += 2;
		}
		if (c < 0x20 || c >= 0x7f)
			return OCT_EPARSE;
		oct_str_addc(out, (char)c);
	}
	return oct_str_err(out);
}

/* RFC 6533 3: utf-8-addr-xtext, for a status part that stays ASCII. */
static void
add_utf8_xtext(struct oct_str *out, const char *text)
{
	size_t len = strlen(text), n;
	uint32_t code;

	for (; len > 0; text += n, len -= n) {
		n = oct_mime_char(text, len, &code);
		if (code <= 0x20 || code >= 0x7f || code == '+' ||
		    code == '=' || code == '\\')
			oct_str_addf(out, "\\x{%X}", (unsigned)code);
		else
			oct_str_addc(out, (char)code);
	}
}

/* Printable ASCII, spaces included (a quoted local part may have them). */
static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text >= 0x7f)
			return false;
	}
	return true;
}

/* "Name: value" if the value came out well, nothing otherwise. */
static void
add_field(struct oct_str *out, const char *name, int rc,
    const struct oct_str *value)
{
	if (rc == 0 && oct_str_err(value) == 0 && value->len > 0)
		oct_str_addf(out, "%s: %s\r\n", name, oct_str_text(value));
}

/* ORCPT is "type;xtext"; of type utf-8, its own encoding (RFC 6533 3). */
static int
original_recipient(const char *orcpt, struct oct_str *value)
{
	static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t type = strspn(orcpt, alnum);

	if (type == 0 || orcpt[type] != ';' || orcpt[type + 1] == '\0')
		return OCT_EPARSE;
	oct_str_addn(value, orcpt, type + 1);
	orcpt += type + 1;
	if (type != 5 || strncasecmp(value->buf, "utf-8", 5) != 0)
		return add_xtext(value, orcpt);
	if (is_ascii(orcpt))
		oct_str_add(value, orcpt);
	else if (oct_mime_shown(orcpt))
		add_utf8_xtext(value, orcpt);
	else
		return OCT_EPARSE;
	return oct_str_err(value);
}

/* RFC 3464 2.3.2: the address that we were given, not where it led. */
static int
final_recipient(const char *rcpt, struct oct_str *value)
{
	if (rcpt[0] == '\0' || !oct_mime_shown(rcpt))
		return OCT_EPARSE;
	if (is_ascii(rcpt))
		oct_str_addf(value, "rfc822;%s", rcpt);
	else {
		oct_str_add(value, "utf-8;");
		add_utf8_xtext(value, rcpt);
	}
	return oct_str_err(value);
}

static bool
is_enhanced(const char *s, size_t len)
{
	size_t subject = len > 2 ? strspn(s + 2, "0123456789") : 0;
	size_t detail;

	if (subject == 0 || subject > 3 || strncmp(s, "5.", 2) != 0 ||
	    s[2 + subject] != '.')
		return false;
	detail = strspn(s + 3 + subject, "0123456789");
	return detail > 0 && detail <= 3 && 3 + subject + detail == len;
}

/* The enhanced code of "550 5.1.1 text"; RFC 3463 3.1: 5.0.0 if it has none. */
static void
add_status(const struct dsn *d, struct oct_str *out)
{
	const char *code = strchr(d->diagnostic, ' ');
	size_t len = code != NULL ? strcspn(++code, " ") : 0;

	oct_str_add(out, "Status: ");
	if (d->reason == DSN_UNCONFIRMED || d->reason == DSN_UNASKED)
		oct_str_add(out, "5.7.1");
	else if (d->reason == DSN_GAVE_UP)
		oct_str_add(out, "4.4.7");
	else if (len > 0 && is_enhanced(code, len))
		oct_str_addn(out, code, len);
	else
		oct_str_add(out, "5.0.0");
	oct_str_add(out, "\r\n");
}

static int
write_status(const struct dsn *d, struct oct_str *out)
{
	char date[OCT_CLOCK_RFC5322_SIZE];
	struct oct_str value;
	int rc;

	oct_str_heap(&value, VALUE_MAX);
	oct_clock_rfc5322(d->arrival_ms, date);
	oct_str_addf(out, "Reporting-MTA: dns; %s\r\n", d->host);
	add_field(out, "Original-Envelope-Id", add_xtext(&value, d->envid),
	    &value);
	oct_str_addf(out, "Arrival-Date: %s\r\n\r\n", date);
	oct_str_clear(&value);
	add_field(out, "Original-Recipient",
	    original_recipient(d->orcpt, &value), &value);
	oct_str_clear(&value);
	rc = final_recipient(d->rcpt, &value);
	add_field(out, "Final-Recipient", rc, &value);
	oct_str_add(out, "Action: failed\r\n");
	add_status(d, out);
	if (d->diagnostic[0] != '\0' && is_ascii(d->diagnostic) &&
	    strlen(d->diagnostic) <= VALUE_MAX)
		oct_str_addf(out, "Diagnostic-Code: smtp; %s\r\n",
		    d->diagnostic);
	oct_str_free(&value);
	return rc == OCT_EFULL ? OCT_EPARSE : rc;
}

static int
render(const struct dsn *d, struct oct_str *subject, struct oct_str *text)
{
	static const enum template_word words[] = {
		[DSN_UNCONFIRMED] = TEMPLATE_W_UNCONFIRMED,
		[DSN_UNASKED] = TEMPLATE_W_UNASKED,
		[DSN_REFUSED] = TEMPLATE_W_REFUSED,
		[DSN_GAVE_UP] = TEMPLATE_W_GAVE_UP,
	};
	struct notice_values v;

	notice_values_init(&v, &d->contact);
	notice_set_date(&v, TEMPLATE_V_DATE, d->arrival_ms);
	notice_set_addresses(&v, &d->rcpt, 1);
	notice_word(&v, words[d->reason]);
	return notice_render(TEMPLATE_END, &d->texts, &v, subject, text);
}

/* Octets of the field at s, continuation lines and line end included. */
static size_t
field_len(const char *s, size_t len)
{
	size_t at = 0;

	do {
		const char *lf = memchr(s + at, '\n', len - at);

		at = lf != NULL ? (size_t)(lf - s) + 1 : len;
	} while (at < len && (s[at] == ' ' || s[at] == '\t'));
	return at;
}

/* Whole fields of the original's header, those that fit. */
static void
copy_header(const struct dsn *d, struct oct_str *copy)
{
	const char *s = d->headers;
	size_t left = d->headers_len, n;

	for (; left > 0 && s[0] != '\n' && s[0] != '\r'; s += n, left -= n) {
		n = field_len(s, left);
		if (copy->len + n <= DSN_HEADERS_MAX)
			oct_str_addn(copy, s, n);
	}
}

/* Only ASCII lines with CRLF ends, none too long. */
static bool
is_seven_bit(const char *s, size_t len)
{
	size_t col = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\r' && i + 1 < len && s[i + 1] == '\n') {
			col = 0;
			i++;
			continue;
		}
		if (c == '\0' || c == '\r' || c == '\n' || c >= 0x7f ||
		    ++col > HEADER_LINE_MAX)
			return false;
	}
	return col == 0;
}

/* RFC 6522 4: as it is, or quoted-printable where it is no lawful header. */
static int
write_header_copy(const struct dsn *d, struct oct_str *out)
{
	struct oct_str copy;
	bool plain;
	int rc;

	oct_str_heap(&copy, DSN_HEADERS_MAX);
	copy_header(d, &copy);
	plain = is_seven_bit(oct_str_text(&copy), copy.len);
	oct_str_addf(out, "Content-Type: text/rfc822-headers\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    plain ? "7bit" : "quoted-printable");
	if (plain)
		oct_str_addn(out, oct_str_text(&copy), copy.len);
	else
		oct_mime_qp(out, oct_str_text(&copy), copy.len);
	rc = oct_str_err(&copy);
	oct_str_free(&copy);
	return rc;
}

static int
write_head(const struct dsn *d, const char *subject, struct oct_str *out)
{
	struct notice_head head = {
		.from_name = notice_from_name(d->texts.first),
		.from = d->role, .to = d->to, .subject = subject,
		.message_id = d->message_id, .host = d->host,
		.parent_id = d->orig_id, .parent_refs = d->orig_refs,
		.now_ms = d->now_ms };

	memcpy(head.random, d->random, sizeof(head.random));
	return notice_head_write(&head, out);
}

/* "=_" never stands in quoted-printable; the rest nobody can foresee. */
static void
make_boundary(const struct dsn *d, struct oct_str *out)
{
	oct_str_add(out, "=_octroi_");
	for (size_t i = 0; i < sizeof(d->random); i++)
		oct_str_addf(out, "%02x", d->random[sizeof(d->random) - 1 - i]);
}

static int
write_parts(const struct dsn *d, const struct oct_str *text,
    struct oct_str *out)
{
	char boundary[64];
	struct oct_str b;
	int rc;

	oct_str_fixed(&b, boundary, sizeof(boundary));
	make_boundary(d, &b);
	oct_str_addf(out, "Content-Type: multipart/report; "
	    "report-type=delivery-status;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n",
	    boundary, boundary);
	notice_text_write(text, d->texts.first, out);
	oct_str_addf(out, "\r\n--%s\r\nContent-Type: message/delivery-status"
	    "\r\n\r\n", boundary);
	rc = write_status(d, out);
	oct_str_addf(out, "\r\n--%s\r\n", boundary);
	if (rc == 0)
		rc = write_header_copy(d, out);
	oct_str_addf(out, "\r\n--%s--\r\n", boundary);
	return rc;
}

int
dsn_write(const struct dsn *d, struct oct_str *out)
{
	struct oct_str subject, text;
	int rc = notice_contact_check(&d->contact);

	if (rc != 0)
		return rc;
	oct_str_heap(&subject, TEMPLATE_SUBJECT_MAX);
	oct_str_heap(&text, TEMPLATE_TEXT_MAX);
	rc = render(d, &subject, &text);
	if (rc == 0)
		rc = write_head(d, oct_str_text(&subject), out);
	if (rc == 0)
		rc = write_parts(d, &text, out);
	oct_str_free(&subject);
	oct_str_free(&text);
	return rc != 0 ? rc : oct_str_err(out);
}
