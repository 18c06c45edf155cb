/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/notice.h"

#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/mime_text.h"

#define SHOWN_COUNT 3   /* addresses in a text */
#define SHOWN_OCTETS 96 /* of them together */
#define REFERENCES_MAX 10

int
notice_contact_check(const struct notice_contact *contact)
{
	const char *const all[] = { contact->name, contact->help, contact->dpo,
		contact->privacy };
	size_t octets = 0;

	for (size_t i = 0; i < OCT_LEN(all); i++) {
		octets += strlen(all[i]);
		if (octets > NOTICE_CONTACT_MAX || !oct_mime_shown(all[i]))
			return OCT_ECONF;
	}
	return 0;
}

void
notice_contact_write(const struct notice_contact *contact,
    struct oct_str *text)
{
	const struct {
		const char *label, *value;
	} lines[] = {
		{ "", contact->name },
		{ "Aide\u00a0: ", contact->help },
		{ "Données personnelles\u00a0: ", contact->dpo },
		{ "Information\u00a0: ", contact->privacy },
	};

	for (size_t i = 0; i < OCT_LEN(lines); i++) {
		if (lines[i].value[0] != '\0')
			oct_str_addf(text, "%s%s\n", lines[i].label,
			    lines[i].value);
	}
}

/* "<address>", in the form that a header field can hold. */
static int
add_address(struct oct_str *out, const char *address)
{
	char text[OCT_ADDR_SIZE];
	struct oct_addr a;
	int rc = oct_addr_parse(address, &a);

	if (rc != 0)
		return rc;
	if (a.local[0] == '\0' || a.domain[0] == '\0' ||
	    !oct_mime_shown(a.local))
		return OCT_EPARSE;
	oct_addr_text(&a, text);
	oct_str_addf(out, "<%s>\r\n", text);
	return 0;
}

static int
add_people(struct oct_str *out, const struct notice_head *head)
{
	int rc;

	oct_str_add(out, "From: ");
	oct_mime_phrase(out, head->from_name, sizeof("From: ") - 1);
	oct_str_add(out, "\r\n ");
	rc = add_address(out, head->from);
	oct_str_add(out, "To: ");
	if (rc == 0)
		rc = add_address(out, head->to);
	if (rc == 0 && head->reply_to != NULL) {
		oct_str_add(out, "Reply-To: ");
		rc = add_address(out, head->reply_to);
	}
	return rc;
}

static int
add_message_id(struct oct_str *out, const struct notice_head *head)
{
	struct oct_mime_id id[2];
	size_t len;

	oct_str_add(out, "Message-ID: ");
	if (head->message_id == NULL)
		oct_mime_id_make(out, head->random, head->host);
	else {
		len = strlen(head->message_id);
		if (oct_mime_ids(head->message_id, len, id, 2) != 1 ||
		    id[0].len != len)
			return OCT_EPARSE;
		oct_str_add(out, head->message_id);
	}
	oct_str_add(out, "\r\n");
	return 0;
}

/* RFC 5322 3.6.4, of whatever in the original is a msg-id. */
static void
add_thread(struct oct_str *out, const struct notice_head *head)
{
	struct oct_mime_id parent[2], refs[REFERENCES_MAX];
	size_t n;

	if (oct_mime_ids(head->parent_id, strlen(head->parent_id), parent, 2) !=
	    1)
		return;
	n = oct_mime_ids(head->parent_refs, strlen(head->parent_refs), refs,
	    REFERENCES_MAX);
	oct_str_addf(out, "In-Reply-To: %.*s\r\nReferences:",
	    (int)parent[0].len, parent[0].text);
	for (size_t i = 0; i < n; i++)
		oct_str_addf(out, " %.*s\r\n", (int)refs[i].len, refs[i].text);
	oct_str_addf(out, " %.*s\r\n", (int)parent[0].len, parent[0].text);
}

int
notice_head_write(const struct notice_head *head, struct oct_str *out)
{
	char date[OCT_CLOCK_RFC5322_SIZE], host[OCT_DOMAIN_SIZE];
	int rc = oct_domain_normalise(head->host, host);

	if (rc == 0)
		rc = strcmp(host, head->host) == 0 ? add_people(out, head) :
		    OCT_EPARSE;
	if (rc != 0)
		return rc;
	oct_str_add(out, "Subject: ");
	oct_mime_unstructured(out, head->subject, sizeof("Subject: ") - 1);
	oct_clock_rfc5322(head->now_ms, date);
	oct_str_addf(out, "\r\nDate: %s\r\n", date);
	rc = add_message_id(out, head);
	if (rc != 0)
		return rc;
	add_thread(out, head);
	/* RFC 3834 5, and the same for servers that do not know it. */
	oct_str_add(out, "Auto-Submitted: auto-replied\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "MIME-Version: 1.0\r\n");
	return 0;
}

void
notice_text_write(const struct oct_str *text, struct oct_str *out)
{
	/* 8bit could be converted on the way, and break the signature. */
	oct_str_add(out, "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "Content-Language: fr, en\r\n\r\n");
	oct_mime_qp(out, oct_str_text(text), text->len);
}

bool
notice_is_shown(const char *address)
{
	const char *at = strchr(address, '@');

	return strlen(address) <= SHOWN_OCTETS && at != NULL && at != address &&
	    at[1] != '\0' && strpbrk(address, " \"\\()<>[],;:/") == NULL &&
	    strchr(at + 1, '@') == NULL && oct_mime_shown(address);
}

void
notice_addresses_write(const char *const *typed, size_t count,
    struct oct_str *text)
{
	size_t shown = 0, octets = 0;

	for (size_t i = 0; i < count && shown < SHOWN_COUNT; i++) {
		size_t len = strlen(typed[i]);

		if (!notice_is_shown(typed[i]) || octets + len > SHOWN_OCTETS)
			continue;
		oct_str_addf(text, "    %s\n", typed[i]);
		octets += len;
		shown++;
	}
	if (shown == 0)
		oct_str_add(text, "    une adresse de notre messagerie\n");
	else if (shown < count)
		oct_str_addf(text, "    et %zu autre%s adresse%s\n",
		    count - shown, count - shown > 1 ? "s" : "",
		    count - shown > 1 ? "s" : "");
	oct_str_add(text, "\n");
}

void
notice_paragraph(struct oct_str *paragraph, struct oct_str *text)
{
	if (oct_str_err(paragraph) != 0 && text->err == 0)
		text->err = paragraph->err;
	oct_mime_fill(text, oct_str_text(paragraph), NOTICE_WIDTH);
	oct_str_add(text, "\n");
	oct_str_clear(paragraph);
}
