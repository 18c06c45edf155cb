/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/notice_mail.h"

#include <string.h>

#include "lib/err.h"
#include "lib/mime_text.h"

#define LISTS_MAX (1u << 20) /* octets of the lists in a text */

/* Lists apart, every value is one line. */
static int
check(const struct notice_values *v)
{
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++)
		for (unsigned k = 0; k < TEMPLATE_VALUES; k++)
			if (k != TEMPLATE_V_LINES &&
			    k != TEMPLATE_V_ADDRESSES &&
			    v->in[i].value[k] != NULL &&
			    !oct_mime_shown(v->in[i].value[k]))
				return OCT_EPARSE;
	return 0;
}

int
notice_mail_write(const struct notice_mail *m, struct oct_str *out)
{
	struct notice_head head = { .from_name = notice_from_name(m->texts.first),
		.from = m->role, .to = m->to, .message_id = m->message_id,
		.host = m->host, .parent_id = "", .parent_refs = "",
		.generated = true, .now_ms = m->now_ms };
	struct oct_str subject, text;
	int rc = check(m->values);

	if (rc != 0)
		return rc;
	oct_str_heap(&subject, 1024);
	oct_str_heap(&text, LISTS_MAX);
	memcpy(head.random, m->random, sizeof(head.random));
	rc = notice_render(m->id, &m->texts, m->values, &subject, &text);
	head.subject = oct_str_text(&subject);
	if (rc == 0)
		rc = notice_head_write(&head, out);
	if (rc == 0) {
		notice_text_write(&text, m->texts.first, out);
		rc = oct_str_err(out);
	}
	oct_str_free(&subject);
	oct_str_free(&text);
	return rc;
}
