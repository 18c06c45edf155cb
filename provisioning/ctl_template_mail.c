/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails of sample values.  The operator's texts, the addresses and the host are
 * the configuration's: what is seen is what people would get.
 */
#include <sodium.h>
#include <string.h>

#include "courier/challenge_mail.h"
#include "courier/digest_mail.h"
#include "courier/dsn.h"
#include "courier/notice_mail.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_template.h"

#define DAY_MS 86400000LL
#define TOKEN "abcdefghijklmnopqrstuvwxyz234567abcdefgh"
#define SENDER "jean.dupont@expediteur.example"

/* What all previews have. */
struct sample {
	const struct ctl_template_preview *p;
	char host[OCT_DOMAIN_SIZE], role[OCT_ADDR_SIZE], reply[OCT_ADDR_SIZE];
	char mailbox[OCT_ADDR_SIZE], url[TEMPLATE_URL_MAX + 1];
	uint8_t random[16];
	struct notice_contact contact;
	int64_t now_ms;
};

static int
begin(const struct settings *set, const struct ctl_template_preview *p,
    struct sample *s)
{
	struct oct_str role, reply, mailbox, url;
	int rc = oct_domain_normalise(set->challenge_domain, s->host);

	if (rc != 0)
		return rc;
	s->p = p;
	s->now_ms = oct_clock_wall_ms();
	randombytes_buf(s->random, sizeof(s->random));
	oct_str_fixed(&role, s->role, sizeof(s->role));
	oct_str_addf(&role, "%s@%s", set->challenge_from, s->host);
	oct_str_fixed(&reply, s->reply, sizeof(s->reply));
	oct_str_addf(&reply, "reply+%s@%s", TOKEN, s->host);
	oct_str_fixed(&mailbox, s->mailbox, sizeof(s->mailbox));
	oct_str_addf(&mailbox, "urbanisme@%s", p->domain);
	oct_str_fixed(&url, s->url, sizeof(s->url));
	oct_str_addf(&url, "%s/%s", set->challenge_url, TOKEN);
	s->contact = (struct notice_contact){ .name = set->web_operator,
		.help = set->mail_help, .dpo = set->challenge_dpo,
		.privacy = set->mail_notice };
	rc = oct_str_err(&role) | oct_str_err(&reply) | oct_str_err(&mailbox) |
	    oct_str_err(&url);
	return rc != 0 ? OCT_ELIMIT : 0;
}

static int
challenge(const struct sample *s, struct oct_str *out)
{
	const char *const typed[] = { s->mailbox };
	struct challenge_mail m = { .host = s->host, .role = s->role,
		.reply_to = s->reply, .to = SENDER, .typed = typed,
		.typed_count = 1, .now_ms = s->now_ms,
		.arrival_ms = s->now_ms - 20000,
		.expiry_ms = s->now_ms + 7 * DAY_MS,
		.orig_id = "<sample@expediteur.example>", .orig_refs = "",
		.url = s->url, .code = "123456",
		.code_always = s->p->which == TEMPLATE_W_CODE,
		.contact = s->contact, .texts = s->p->texts };

	memcpy(m.random, s->random, sizeof(m.random));
	return challenge_mail_write(&m, out);
}

static enum dsn_reason
reason_of(enum template_word which)
{
	switch ((int)which) {
	case TEMPLATE_W_UNASKED:
		return DSN_UNASKED;
	case TEMPLATE_W_REFUSED:
		return DSN_REFUSED;
	case TEMPLATE_W_GAVE_UP:
		return DSN_GAVE_UP;
	default:
		return DSN_UNCONFIRMED;
	}
}

static int
end(const struct sample *s, struct oct_str *out)
{
	static const char header[] = "From: Jean Dupont <" SENDER ">\r\n"
	    "Subject: Permis de construire\r\n\r\n";
	struct dsn d = { .reason = reason_of(s->p->which),
		.host = s->host, .role = s->role, .to = SENDER,
		.rcpt = s->mailbox, .orcpt = "", .envid = "",
		.diagnostic = "550 5.2.1 mailbox disabled",
		.now_ms = s->now_ms, .arrival_ms = s->now_ms - 7 * DAY_MS,
		.orig_id = "<sample@expediteur.example>", .orig_refs = "",
		.headers = header, .headers_len = sizeof(header) - 1,
		.contact = s->contact, .texts = s->p->texts };

	if (d.reason == DSN_GAVE_UP)
		d.diagnostic = "451 4.3.0 try later";
	else if (d.reason != DSN_REFUSED)
		d.diagnostic = "";
	memcpy(d.random, s->random, sizeof(d.random));
	return dsn_write(&d, out);
}

static void
sample_lines(const struct sample *s, struct digest_line lines[2])
{
	lines[0] = (struct digest_line){ .arrival_ms = s->now_ms - DAY_MS,
		.expiry_ms = s->now_ms + 6 * DAY_MS, .rcpt = "",
		.from = SENDER, .rpath = SENDER, .class = "A",
		.subject = "=?utf-8?Q?Permis_de_construire=2C_derni=C3=A8re_"
			   "pi=C3=A8ce?=",
		.reason = "first-contact", .asked = true, .release = s->url,
		.accept = s->url, .refuse = s->url };
	lines[1] = lines[0];
	lines[1].from = "gagnant@loterie.example";
	lines[1].class = "N";
	lines[1].subject = "Vous avez gagné : http://loterie.example/";
	lines[1].reason = "spam";
	lines[1].asked = false;
}

static int
digest(const struct sample *s, struct oct_str *out)
{
	struct digest_line lines[2];
	struct digest_mail m = { .host = s->host, .role = s->role,
		.to = s->mailbox, .mailbox = s->mailbox, .now_ms = s->now_ms,
		.lines = lines, .count = OCT_LEN(lines), .total = 12,
		.earlier = 3, .page = s->url,
		.unsubscribe = s->url, .contact = s->contact,
		.texts = s->p->texts };

	sample_lines(s, lines);
	memcpy(m.random, s->random, sizeof(m.random));
	return digest_mail_write(&m, out);
}

/* As courier/tell_suspended.c writes them. */
static const char suspension_lines[] =
    "  Limite :    rate_messages_out 100/1h\n"
    "  Message :   4XyZab1Cd2z\n"
    "  De :        jean.dupont@ville.example\n"
    "  Client :    203.0.113.9\n"
    "  octroictl quota show jean.dupont@ville.example\n"
    "  octroictl mailbox set jean.dupont@ville.example --sending=active\n";

static int
notice(const struct sample *s, struct oct_str *out)
{
	struct digest_line lines[2];
	struct notice_values v;
	struct notice_mail m = { .id = s->p->id, .host = s->host,
		.role = s->role, .to = s->mailbox, .now_ms = s->now_ms,
		.texts = s->p->texts, .values = &v };
	struct oct_str list;
	int rc;

	notice_values_init(&v, &s->contact);
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++)
		template_sample(m.id, (enum template_lang)i, &v.in[i]);
	sample_lines(s, lines);
	lines[0].release = lines[0].accept = lines[0].refuse = "";
	lines[0].rcpt = s->mailbox;
	oct_str_heap(&list, 1u << 16);
	digest_list_write(lines, 1, 12, m.texts.first, &list);
	rc = oct_str_err(&list);
	notice_set(&v, TEMPLATE_V_OPERATOR, s->contact.name);
	notice_set(&v, TEMPLATE_V_HELP, s->contact.help);
	notice_set(&v, TEMPLATE_V_DPO, s->contact.dpo);
	notice_set(&v, TEMPLATE_V_NOTICE, s->contact.privacy);
	notice_set(&v, TEMPLATE_V_MAILBOX, s->mailbox);
	notice_set(&v, TEMPLATE_V_DOMAIN, s->p->domain);
	notice_set(&v, TEMPLATE_V_LINK, s->url);
	notice_set(&v, TEMPLATE_V_LINES,
	    m.id == TEMPLATE_SUSPENSION ? suspension_lines
					: oct_str_text(&list));
	notice_set_date(&v, TEMPLATE_V_DATE, s->now_ms);
	notice_set_date(&v, TEMPLATE_V_EXPIRY, s->now_ms + 7 * DAY_MS);
	notice_word(&v, TEMPLATE_W_MANY);
	memcpy(m.random, s->random, sizeof(m.random));
	if (rc == 0)
		rc = notice_mail_write(&m, out);
	oct_str_free(&list);
	return rc;
}

int
ctl_template_mail(const struct settings *set,
    const struct ctl_template_preview *p, struct oct_str *out)
{
	struct sample s;
	int rc = begin(set, p, &s);

	if (rc != 0)
		return rc;
	switch (p->id) {
	case TEMPLATE_CHALLENGE:
		return challenge(&s, out);
	case TEMPLATE_END:
		return end(&s, out);
	case TEMPLATE_DIGEST:
		return digest(&s, out);
	case TEMPLATE_EXTENSION:
	case TEMPLATE_BREAKER:
	case TEMPLATE_WELCOME:
	case TEMPLATE_LINK:
	case TEMPLATE_STORAGE:
	case TEMPLATE_SUSPENSION:
		break;
	}
	return notice(&s, out);
}

/* --- Read back ------------------------------------------------------------------ */

static unsigned
hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10) & 15u;
}

/* Of our own making: quoted-printable as oct_mime_qp writes it. */
void
ctl_template_text(const char *mail, struct oct_str *out)
{
	const char *s = strstr(mail, "\r\nContent-Language: ");

	s = s != NULL ? strstr(s, "\r\n\r\n") : NULL;
	if (s == NULL)
		return;
	for (s += 4; *s != '\0'; s++) {
		if (strncmp(s, "\r\n--=_octroi_", 12) == 0)
			break;
		if (s[0] == '=' && s[1] == '\r') {
			s += 2;
		} else if (s[0] == '=' && s[1] != '\0' && s[2] != '\0') {
			oct_str_addc(out,
			    (char)(hex_value(s[1]) << 4 | hex_value(s[2])));
			s += 2;
		} else if (s[0] != '\r') {
			oct_str_addc(out, *s);
		}
	}
}
