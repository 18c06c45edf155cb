/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/challenge_mail.h"

#include <string.h>

#include "lib/date_text.h"
#include "lib/err.h"
#include "lib/mime_text.h"

#define PARAGRAPH_MAX 1024

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
write_head(const struct challenge_mail *m, struct oct_str *out)
{
	struct notice_head head = { .from = m->role, .reply_to = m->reply_to,
		.to = m->to, .subject = "Auto: confirmation de votre message",
		.message_id = m->message_id, .host = m->host,
		.parent_id = m->orig_id, .parent_refs = m->orig_refs,
		.now_ms = m->now_ms };
	struct oct_str name;
	int rc;

	memcpy(head.random, m->random, sizeof(head.random));
	oct_str_heap(&name, PARAGRAPH_MAX);
	oct_str_add(&name, "Filtre de messagerie");
	if (notice_is_shown(m->typed[0]))
		oct_str_addf(&name, " de %s", m->typed[0]);
	head.from_name = oct_str_text(&name);
	rc = oct_str_err(&name);
	if (rc == 0)
		rc = notice_head_write(&head, out);
	oct_str_free(&name);
	return rc;
}

static void
write_why(const struct challenge_mail *m, struct oct_str *p,
    struct oct_str *text)
{
	bool many = m->typed_count > 1;

	oct_str_add(text, "Bonjour,\n\n");
	oct_str_add(p, "Le ");
	oct_date_fr(p, m->arrival_ms);
	oct_str_add(p, ", vous avez écrit pour la première fois à\u00a0:");
	notice_paragraph(p, text);
	notice_addresses_write(m->typed, m->typed_count, text);
	oct_str_addf(p, "Pour protéger %s des courriels indésirables, nous "
	    "gardons votre message en attente. Il sera remis dès que vous "
	    "aurez confirmé l'avoir envoyé. Une seule fois suffit.",
	    many ? "ces adresses" : "cette adresse");
	notice_paragraph(p, text);
}

static void
write_how(const struct challenge_mail *m, struct oct_str *p,
    struct oct_str *text)
{
	oct_str_add(p, "Ouvrez ce lien, puis appuyez sur «\u00a0Confirmer mon "
	    "envoi\u00a0»\u00a0:");
	notice_paragraph(p, text);
	oct_str_addf(text, "%s\n\n", m->url);
	oct_str_addf(text, "%s\u00a0: %.3s %s\n\n", m->code_always ?
	    "Code à saisir (code to enter)" :
	    "Code, si la page le demande (code, if asked)", m->code,
	    m->code + 3);
	oct_str_add(p, "Ou répondez simplement à ce courriel. Merci de le "
	    "faire avant le ");
	oct_date_fr(p, m->expiry_ms);
	oct_str_add(p, "\u00a0: passé ce délai, votre message pourra être "
	    "supprimé sans avoir été lu.");
	notice_paragraph(p, text);
	oct_str_add(p, "Vous n'avez rien envoyé\u00a0? Sur la même page, "
	    "choisissez «\u00a0Ce n'est pas moi\u00a0» et saisissez le "
	    "code\u00a0: nous ne vous écrirons plus.");
	notice_paragraph(p, text);
}

static void
write_english(const struct challenge_mail *m, struct oct_str *p,
    struct oct_str *text)
{
	oct_str_add(text, "\nEnglish\n\n");
	oct_str_addf(p, "You wrote to %s for the first time, so we hold your "
	    "message. To have it delivered, open the link above and press the "
	    "button, or just reply, before ",
	    m->typed_count > 1 ? "these addresses" : "this address");
	oct_date_en(p, m->expiry_ms);
	oct_str_add(p, ". After that it may be deleted unread. You sent "
	    "nothing? Choose \"It was not me\" there and enter the code.");
	notice_paragraph(p, text);
	/* The last paragraph ends the mail: no empty line after it. */
	if (text->len > 0 && text->err == 0)
		text->buf[--text->len] = '\0';
}

int
challenge_mail_write(const struct challenge_mail *m, struct oct_str *out)
{
	struct oct_str text, paragraph;
	int rc = check(m);

	if (rc != 0)
		return rc;
	rc = write_head(m, out);
	if (rc != 0)
		return rc;
	oct_str_heap(&text, CHALLENGE_MAIL_TEXT_MAX);
	oct_str_heap(&paragraph, PARAGRAPH_MAX);
	write_why(m, &paragraph, &text);
	write_how(m, &paragraph, &text);
	notice_contact_write(&m->contact, &text);
	write_english(m, &paragraph, &text);
	notice_text_write(&text, out);
	rc = oct_str_err(&text) != 0 ? oct_str_err(&text) : oct_str_err(out);
	oct_str_free(&text);
	oct_str_free(&paragraph);
	return rc;
}
