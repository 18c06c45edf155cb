/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own mail: challenges and notices, signed by us.
 */
#include <errno.h>
#include <string.h>

#include "courier/courier.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/dkim_keys.h"
#include "policy/suppress.h"

#define OWN_MAX (600 * 1024) /* a digest may have 512 kB */

static void
split(const struct oct_str *message, struct auth_dkim_parts *out)
{
	const char *text = oct_str_text(message);
	const char *end = memmem(text, message->len, "\r\n\r\n", 4);

	*out = (struct auth_dkim_parts){ .header = text, .body = "",
		.header_len = message->len };
	if (end == NULL)
		return;
	out->header_len = (size_t)(end - text) + 2;
	out->body = end + 4;
	out->body_len = message->len - out->header_len - 2;
}

static int
sign_by_file(struct courier *c, const struct auth_dkim_parts *message,
    struct oct_str *out)
{
	struct auth_dkim_key key = { .domain = c->challenge_domain,
		.selector = c->settings->challenge_dkim_selector,
		.pem = c->dkim_pem };

	/* A seed in base64 has no PEM armour. */
	if (c->dkim_pem == NULL)
		return 0;
	key.ed25519 = strstr(c->dkim_pem, "-----BEGIN") == NULL;
	return auth_dkim_sign_parts(c->dkim, &key, message, out);
}

/* By the active keys of the challenge domain: how many there are.  A key that
 * fails leaves the mail with one signature less. */
static size_t
sign_by_keys(struct courier *c, const struct dkim_keys *keys,
    const struct auth_dkim_parts *message, struct oct_str *out)
{
	size_t active = 0;

	for (size_t i = 0; i < keys->count; i++) {
		const struct dkim_keys_item *k = &keys->items[i];
		const struct dkim_sealed sealed = {
			.domain = c->challenge_domain,
			.selector = k->selector, .sealed = k->sealed,
			.ed25519 = k->ed25519 };
		int rc;

		if (k->state != DKIM_KEYS_ACTIVE)
			continue;
		active++;
		rc = dkim_vault_sign(c->vault, c->dkim, &sealed, message, out);
		if (rc != 0)
			oct_log(OCT_WARNING,
			    "sign=failed domain=%s selector=%s error=\"%s\"",
			    c->challenge_domain, k->selector,
			    oct_strerror(rc));
	}
	return active;
}

/* The keys are read for each of our few mails: they are never out of date, and
 * without the store there is no mail to send. */
static int
sign(struct courier *c, const struct oct_str *message, struct oct_str *out)
{
	struct auth_dkim_parts parts;
	struct dkim_keys keys;
	size_t active;
	int rc = dkim_keys_load(c->store, c->challenge_domain, &keys);

	if (rc != 0)
		return rc;
	split(message, &parts);
	active = sign_by_keys(c, &keys, &parts, out);
	dkim_keys_fini(&keys);
	return active > 0 ? 0 : sign_by_file(c, &parts, out);
}

int
courier_send_own(struct courier *c, const struct own_mail *m,
    struct smtp_reply *reply)
{
	struct smtp_mail mail = { .mail_from = m->mail_from,
		.mail_params = "", .rcpt_to = m->rcpt, .rcpt_params = "",
		.fd = -1, .before_dot = m->before_dot, .arg = m->arg };
	struct oct_str whole;
	int rc;

	memset(reply, 0, sizeof(*reply));
	oct_str_heap(&whole, OWN_MAX);
	rc = sign(c, m->message, &whole);
	oct_str_addn(&whole, oct_str_text(m->message), m->message->len);
	if (rc == 0)
		rc = oct_str_err(&whole);
	if (rc == 0) {
		mail.octets = oct_str_text(&whole);
		mail.len = whole.len;
		rc = smtp_out_send(c->own, &mail, reply);
	}
	oct_str_free(&whole);
	return rc;
}

int
courier_texts(struct courier *c, enum template_id id, const char *domain,
    const char *lang, struct template_texts *texts, struct notice_texts *use)
{
	int rc = template_load(c->store, domain, id, c->page_host, texts);

	if (rc != 0)
		return rc;
	if (texts->passed_over)
		oct_log(OCT_WARNING,
		    "template=%s lang=%s of=%s domain=%s used=no line=%zu "
		    "error=\"%s\"",
		    template_name(id), template_lang_name(texts->bad_lang),
		    template_origin_name(texts->bad_origin), domain,
		    texts->problem.line, texts->problem.text);
	*use = (struct notice_texts){ .first = strcmp(lang, "en") == 0
		? TEMPLATE_EN
		: TEMPLATE_FR };
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++)
		use->source[i] = texts->source[i];
	return 0;
}

int
courier_suppressed(struct courier *c, const char *address)
{
	return suppress_read(c->store, c->suppress_key, address);
}
