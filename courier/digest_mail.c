/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/digest_mail.h"

#include <stdio.h>
#include <string.h>

#include "courier/digest_int.h"
#include "lib/err.h"
#include "lib/mime_text.h"

#define INDENT "     "

static bool
is_url(const char *url)
{
	size_t len = strlen(url);

	if (len > DIGEST_URL_MAX || (strncmp(url, "https://", 8) != 0 &&
		strncmp(url, "http://", 7) != 0))
		return false;
	for (size_t i = 0; i < len; i++)
		if (url[i] <= 0x20 || url[i] >= 0x7f ||
		    strchr("<>\"'", url[i]) != NULL)
			return false;
	return true;
}

static bool
is_url_or_none(const char *url)
{
	return *url == '\0' || is_url(url);
}

static int
check(const struct digest_mail *m)
{
	if (m->count == 0 || m->total < m->count || !oct_mime_shown(m->to) ||
	    !oct_mime_shown(m->mailbox) ||
	    !is_url_or_none(m->page) || !is_url_or_none(m->unsubscribe))
		return OCT_EPARSE;
	for (size_t i = 0; i < m->count; i++)
		if (!is_url_or_none(m->lines[i].release) ||
		    !is_url_or_none(m->lines[i].accept) ||
		    !is_url_or_none(m->lines[i].refuse))
			return OCT_EPARSE;
	return notice_contact_check(&m->contact);
}

/* --- The list --------------------------------------------------------------- */

static void
add_fact(enum digest_label label, const char *text, enum template_lang lang,
    struct oct_str *out)
{
	if (*text != '\0')
		oct_str_addf(out, INDENT "%s %s\n", digest_label(label, lang),
		    text);
}

static void
add_link(enum digest_label label, const char *url, enum template_lang lang,
    struct oct_str *out)
{
	if (*url != '\0')
		oct_str_addf(out, INDENT "%s%s %s\n",
		    digest_label(label, lang),
		    lang == TEMPLATE_FR ? "\u00a0:" : ":", url);
}

static void
add_date(enum digest_label label, int64_t wall_ms, enum template_lang lang,
    struct oct_str *out)
{
	oct_str_addf(out, INDENT "%s ", digest_label(label, lang));
	digest_date(wall_ms, lang, out);
	oct_str_addc(out, '\n');
}

static void
add_item(const struct digest_line *l, size_t number, enum template_lang lang,
    struct oct_str *out)
{
	oct_str_addf(out, "%3zu. ", number);
	digest_sender(l, lang, out);
	oct_str_addf(out, " (%s)\n", digest_proof(l, lang));
	add_fact(DIGEST_L_FOR, l->rcpt, lang, out);
	oct_str_addf(out, INDENT "%s ", digest_label(DIGEST_L_SUBJECT, lang));
	digest_subject(l, lang, out);
	oct_str_addc(out, '\n');
	add_date(DIGEST_L_ARRIVED, l->arrival_ms, lang, out);
	add_fact(DIGEST_L_REASON, digest_reason(l, lang), lang, out);
	add_date(DIGEST_L_UNTIL, l->expiry_ms, lang, out);
	add_link(DIGEST_L_RELEASE, l->release, lang, out);
	add_link(DIGEST_L_ACCEPT, l->accept, lang, out);
	add_link(DIGEST_L_REFUSE, l->refuse, lang, out);
}

void
digest_list_write(const struct digest_line *lines, size_t count, size_t total,
    enum template_lang lang, struct oct_str *out)
{
	size_t shown = count < DIGEST_LINES_MAX ? count : DIGEST_LINES_MAX;

	for (size_t i = 0; i < shown; i++) {
		if (i > 0)
			oct_str_addc(out, '\n');
		add_item(&lines[i], i + 1, lang, out);
	}
	if (total > shown) {
		oct_str_add(out, "\n     ");
		digest_others(total - shown, lang, out);
		oct_str_addc(out, '\n');
	}
}

/* --- The mail ---------------------------------------------------------------- */

static int
write_head(const struct digest_mail *m, const char *subject,
    struct oct_str *out)
{
	struct notice_head head = { .from_name = notice_from_name(m->texts.first),
		.from = m->role, .to = m->to, .subject = subject,
		.message_id = m->message_id, .host = m->host, .parent_id = "",
		.parent_refs = "", .generated = true, .now_ms = m->now_ms };
	int rc;

	memcpy(head.random, m->random, sizeof(head.random));
	rc = notice_head_write(&head, out);
	if (rc == 0 && *m->unsubscribe != '\0')
		oct_str_addf(out, "List-Unsubscribe:\r\n <%s>\r\n"
		    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
		    m->unsubscribe);
	return rc;
}

static void
write_parts(const struct digest_mail *m, const struct oct_str *text,
    const struct oct_str *html, struct oct_str *out)
{
	char boundary[64];
	struct oct_str b;

	oct_str_fixed(&b, boundary, sizeof(boundary));
	/* "=_" never stands in quoted-printable. */
	oct_str_add(&b, "=_octroi_");
	for (size_t i = 0; i < sizeof(m->random); i++)
		oct_str_addf(&b, "%02x", m->random[sizeof(m->random) - 1 - i]);
	oct_str_addf(out, "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"%s\"\r\n\r\n--%s\r\n", boundary, boundary);
	notice_text_write(text, m->texts.first, out);
	oct_str_addf(out, "\r\n--%s\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n", boundary);
	oct_mime_qp(out, oct_str_text(html), html->len);
	oct_str_addf(out, "\r\n--%s--\r\n", boundary);
}

static int
compose(const struct digest_mail *m, const struct notice_values *v,
    struct oct_str *subject, struct oct_str *out)
{
	struct oct_str text, html;
	int rc;

	oct_str_heap(&text, DIGEST_MAIL_MAX);
	oct_str_heap(&html, DIGEST_MAIL_MAX);
	rc = notice_render(TEMPLATE_DIGEST, &m->texts, v, subject, &text);
	if (rc == 0)
		rc = write_head(m, oct_str_text(subject), out);
	if (rc == 0) {
		digest_html(m, v, oct_str_text(subject), &html);
		rc = oct_str_err(&html);
	}
	if (rc == 0) {
		write_parts(m, &text, &html, out);
		rc = oct_str_err(out);
	}
	oct_str_free(&text);
	oct_str_free(&html);
	return rc;
}

int
digest_mail_write(const struct digest_mail *m, struct oct_str *out)
{
	struct oct_str subject, list;
	struct notice_values v;
	char count[24], earlier[TEMPLATE_LANGS][DIGEST_EARLIER_SIZE];
	int rc = check(m);

	if (rc != 0)
		return rc;
	oct_str_heap(&subject, 1024);
	oct_str_heap(&list, DIGEST_MAIL_MAX);
	notice_values_init(&v, &m->contact);
	(void)snprintf(count, sizeof(count), "%zu", m->total);
	notice_set(&v, TEMPLATE_V_COUNT, count);
	notice_word(&v, m->total > 1 ? TEMPLATE_W_MANY : TEMPLATE_W_ONE);
	notice_set(&v, TEMPLATE_V_MAILBOX, m->mailbox);
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		digest_earlier(m->earlier, (enum template_lang)i, earlier[i]);
		v.in[i].value[TEMPLATE_V_EARLIER] = earlier[i];
	}
	notice_set(&v, TEMPLATE_V_LINK, m->page);
	digest_list_write(m->lines, m->count, m->total, m->texts.first, &list);
	notice_set(&v, TEMPLATE_V_LINES, oct_str_text(&list));
	rc = oct_str_err(&list);
	if (rc == 0)
		rc = compose(m, &v, &subject, out);
	oct_str_free(&subject);
	oct_str_free(&list);
	return rc;
}
