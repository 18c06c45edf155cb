/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/notice.h"

#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/date_text.h"
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
		size_t len = strlen(all[i]);

		octets += len;
		if (len > TEMPLATE_OPERATOR_MAX ||
		    octets > TEMPLATE_CONTACT_MAX || !oct_mime_shown(all[i]))
			return OCT_ECONF;
	}
	return 0;
}

const char *
notice_from_name(enum template_lang lang)
{
	return lang == TEMPLATE_FR ? "Filtre de messagerie" : "Mail filter";
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
	oct_str_addf(out, "Auto-Submitted: auto-%s\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "MIME-Version: 1.0\r\n",
	    head->generated ? "generated" : "replied");
	return 0;
}

void
notice_text_write(const struct oct_str *text, enum template_lang first,
    struct oct_str *out)
{
	/* 8bit could be converted on the way, and break the signature. */
	oct_str_addf(out, "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "Content-Language: %s\r\n\r\n",
	    first == TEMPLATE_FR ? "fr, en" : "en, fr");
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

static void
add_others(size_t n, enum template_lang lang, struct oct_str *text)
{
	const char *s = n > 1 ? "s" : "";

	if (lang == TEMPLATE_FR)
		oct_str_addf(text, "    et %zu autre%s adresse%s\n", n, s, s);
	else
		oct_str_addf(text, "    and %zu other address%s\n", n,
		    n > 1 ? "es" : "");
}

void
notice_addresses_write(const char *const *typed, size_t count,
    enum template_lang lang, struct oct_str *text)
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
		oct_str_add(text, lang == TEMPLATE_FR
			? "    une adresse de notre messagerie\n"
			: "    an address of our mail service\n");
	else if (shown < count)
		add_others(count - shown, lang, text);
}

void
notice_date_write(int64_t wall_ms, enum template_lang lang, struct oct_str *out)
{
	if (lang == TEMPLATE_FR)
		oct_date_fr_zone(out, wall_ms);
	else
		oct_date_en(out, wall_ms);
}

/* --- Templates put to work -------------------------------------------------- */

/* Bounds count with the longest ASCII form: a longer one stays as it is. */
static const char *
shown_name(const char *text, char out[OCT_ADDR_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, OCT_ADDR_SIZE);
	oct_domain_show(text, &s);
	return oct_str_err(&s) == 0 && s.len <= strlen(text) ? out : text;
}

void
notice_set(struct notice_values *v, enum template_value which,
    const char *text)
{
	bool domain = which == TEMPLATE_V_DOMAIN;

	if (domain || which == TEMPLATE_V_MAILBOX)
		text = shown_name(text, v->names[domain]);
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++)
		v->in[i].value[which] = text;
}

void
notice_word(struct notice_values *v, enum template_word which)
{
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++)
		v->in[i].words |= 1u << which;
}

void
notice_values_init(struct notice_values *v,
    const struct notice_contact *contact)
{
	memset(v, 0, sizeof(*v));
	notice_set(v, TEMPLATE_V_OPERATOR, contact->name);
	notice_set(v, TEMPLATE_V_HELP, contact->help);
	notice_set(v, TEMPLATE_V_DPO, contact->dpo);
	notice_set(v, TEMPLATE_V_NOTICE, contact->privacy);
}

void
notice_set_date(struct notice_values *v, enum template_value which,
    int64_t wall_ms)
{
	bool expiry = which == TEMPLATE_V_EXPIRY;

	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		struct oct_str s;

		oct_str_fixed(&s, v->dates[i][expiry], TEMPLATE_DATE_MAX);
		notice_date_write(wall_ms, (enum template_lang)i, &s);
		v->in[i].value[which] = v->dates[i][expiry];
	}
}

void
notice_set_addresses(struct notice_values *v, const char *const *typed,
    size_t count)
{
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		struct oct_str s;

		oct_str_fixed(&s, v->addresses[i], TEMPLATE_ADDRESSES_MAX);
		notice_addresses_write(typed, count, (enum template_lang)i, &s);
		OCT_ASSERT(oct_str_err(&s) == 0); /* SHOWN_OCTETS */
		v->in[i].value[TEMPLATE_V_ADDRESSES] = v->addresses[i];
	}
}

int
notice_render(enum template_id id, const struct notice_texts *texts,
    const struct notice_values *v, struct oct_str *subject,
    struct oct_str *text)
{
	struct template_pair pair = { .first = texts->first };

	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		pair.source[i] = texts->source[i] != NULL
		    ? texts->source[i]
		    : template_builtin(id, (enum template_lang)i);
		pair.in[i] = v->in[i];
	}
	template_render_pair(id, &pair, subject, text);
	return oct_str_err(subject) != 0 ? oct_str_err(subject)
					 : oct_str_err(text);
}
