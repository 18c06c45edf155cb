/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/challenge_mail.h"

#include <string.h>

#include "lib/err.h"

#define NAME_MAX_OCTETS 1024 /* of the display name */

static int
check(const struct challenge_mail *m)
{
	size_t len = strlen(m->url);

	if (m->typed_count == 0 || len > CHALLENGE_MAIL_URL_MAX)
		return OCT_EPARSE;
	if (strncmp(m->url, "https://", 8) != 0 &&
	    strncmp(m->url, "http://", 7) != 0)
		return OCT_EPARSE;
	for (size_t i = 0; i < len; i++) {
		if (m->url[i] <= 0x20 || m->url[i] >= 0x7f)
			return OCT_EPARSE;
	}
	if (strlen(m->code) != 6 || strspn(m->code, "0123456789") != 6)
		return OCT_EPARSE;
	return notice_contact_check(&m->contact);
}

static int
write_head(const struct challenge_mail *m, const char *subject,
    struct oct_str *out)
{
	struct notice_head head = { .from = m->role, .reply_to = m->reply_to,
		.to = m->to, .subject = subject,
		.message_id = m->message_id, .host = m->host,
		.parent_id = m->orig_id, .parent_refs = m->orig_refs,
		.now_ms = m->now_ms };
	bool shown = notice_is_shown(m->typed[0]);
	bool french = m->texts.first == TEMPLATE_FR;
	struct oct_str name;
	int rc;

	memcpy(head.random, m->random, sizeof(head.random));
	oct_str_heap(&name, NAME_MAX_OCTETS);
	oct_str_addf(&name, "%s%s%s",
	    notice_from_name(m->texts.first),
	    !shown	 ? ""
		: french ? " de "
			 : " of ",
	    shown ? m->typed[0] : "");
	head.from_name = oct_str_text(&name);
	rc = oct_str_err(&name);
	if (rc == 0)
		rc = notice_head_write(&head, out);
	oct_str_free(&name);
	return rc;
}

static int
render(const struct challenge_mail *m, struct oct_str *subject,
    struct oct_str *text)
{
	struct notice_values v;
	char code[8];

	memcpy(code, m->code, 3);
	code[3] = ' ';
	memcpy(code + 4, m->code + 3, 4);
	notice_values_init(&v, &m->contact);
	notice_set_date(&v, TEMPLATE_V_DATE, m->arrival_ms);
	notice_set_date(&v, TEMPLATE_V_EXPIRY, m->expiry_ms);
	notice_set_addresses(&v, m->typed, m->typed_count);
	notice_set(&v, TEMPLATE_V_LINK, m->url);
	notice_set(&v, TEMPLATE_V_CODE, code);
	notice_word(&v, m->typed_count > 1 ? TEMPLATE_W_MANY : TEMPLATE_W_ONE);
	notice_word(&v, m->code_always ? TEMPLATE_W_CODE : TEMPLATE_W_BUTTON);
	return notice_render(TEMPLATE_CHALLENGE, &m->texts, &v, subject, text);
}

int
challenge_mail_write(const struct challenge_mail *m, struct oct_str *out)
{
	struct oct_str subject, text;
	int rc = check(m);

	if (rc != 0)
		return rc;
	oct_str_heap(&subject, TEMPLATE_SUBJECT_MAX);
	oct_str_heap(&text, CHALLENGE_MAIL_TEXT_MAX);
	rc = render(m, &subject, &text);
	if (rc == 0)
		rc = write_head(m, oct_str_text(&subject), out);
	if (rc == 0) {
		notice_text_write(&text, m->texts.first, out);
		rc = oct_str_err(out);
	}
	oct_str_free(&subject);
	oct_str_free(&text);
	return rc;
}
