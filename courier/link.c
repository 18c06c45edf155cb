/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The duty "link": a link to an owner's page, by mail.  What was typed on the page
 * may be anything: only a mailbox that is there gets a mail, a few an hour, and
 * nobody is told which it was.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "courier/courier.h"
#include "courier/gate.h"
#include "courier/notice_mail.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "policy/keys.h"
#include "policy/owner_ask.h"
#include "policy/told.h"

#define RETRY_MS 60000
#define HASH_OCTETS 16
#define MAIL_MAX 65536 /* octets of such a mail */

struct linking {
	struct courier *courier;
	const struct owner_asked *asked;
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox;
	const char *id; /* of the duty */
	char address[OCT_ADDR_SIZE];
	int64_t now_ms;
};

/* --- The mail ------------------------------------------------------------ */

static int
make_url(const struct linking *l, const char *person, int64_t life_ms,
    char out[OWNER_LINK_URL_SIZE])
{
	const struct owner_link_who who = { .domain = l->domain->name,
		.local = l->mailbox->local, .person = person };
	struct courier *c = l->courier;
	char token[OWNER_LINK_SIZE];
	int rc = owner_link_make(&c->links, OWNER_LINK_ENTER, &who, l->now_ms,
	    l->now_ms + life_ms, token);

	return rc != 0 ? rc
		       : owner_link_url(c->settings->challenge_url,
			     OWNER_LINK_ENTER, token, out);
}

static const char *
lang_of(const struct linking *l)
{
	if (*l->asked->lang != '\0')
		return l->asked->lang;
	return dir_lang_of(l->domain, l->mailbox) == DIR_LANG_EN ? "en" : "fr";
}

static int
compose(const struct linking *l, const char *person, const char *to,
    struct oct_str *out)
{
	struct courier *c = l->courier;
	bool welcome = l->asked->kind == OWNER_ASK_WELCOME;
	int64_t life = welcome ? OWNER_LINK_DIGEST_MS : OWNER_LINK_ASKED_MS;
	char role[OCT_ADDR_SIZE], url[OWNER_LINK_URL_SIZE];
	struct notice_contact contact;
	struct template_texts texts;
	struct notice_values v;
	struct oct_str s;
	struct notice_mail m = { .id = welcome ? TEMPLATE_WELCOME
					       : TEMPLATE_LINK,
		.host = c->challenge_domain, .role = role, .to = to,
		.now_ms = l->now_ms, .values = &v };
	int rc = make_url(l, person, life, url);

	if (rc == 0)
		rc = courier_texts(c, m.id, l->domain->name, lang_of(l), &texts,
		    &m.texts);
	if (rc != 0)
		return rc;
	oct_str_fixed(&s, role, sizeof(role));
	oct_str_addf(&s, "%s@%s", c->settings->challenge_from,
	    c->challenge_domain);
	courier_contact(c, &contact);
	notice_values_init(&v, &contact);
	notice_set(&v, TEMPLATE_V_MAILBOX, l->address);
	notice_set(&v, TEMPLATE_V_LINK, url);
	notice_set(&v, TEMPLATE_V_NETWORK, l->asked->net);
	notice_set_date(&v, TEMPLATE_V_EXPIRY, l->now_ms + life);
	randombytes_buf(m.random, sizeof(m.random));
	rc = notice_mail_write(&m, out);
	template_texts_fini(&texts);
	return rc;
}

/* 0: handed over, or refused for good. */
static int
send_one(const struct linking *l, const char *person)
{
	const char *to = *person != '\0' ? person : l->address;
	struct smtp_reply reply = { .code = 0 };
	struct oct_str message;
	int rc;

	oct_str_heap(&message, MAIL_MAX);
	rc = compose(l, person, to, &message);
	if (rc == 0) {
		struct own_mail m = { .mail_from = "", .rcpt = to,
			.message = &message };

		rc = courier_send_own(l->courier, &m, &reply);
	}
	oct_str_free(&message);
	oct_log(rc == 0 ? OCT_INFO : OCT_WARNING,
	    "link=%s account=%s to=%s code=%d error=\"%s\"",
	    rc == 0 ? "sent" : "not-sent", l->address, to, reply.code,
	    oct_strerror(rc));
	return rc == OCT_EREFUSED || rc == OCT_EPARSE ? 0 : rc;
}

/* A mail of several that was sent is not sent again with one that was not. */
static int
send_once(const struct linking *l, const char *person)
{
	struct store *s = l->courier->store;
	char what[TOLD_SIZE], hex[2 * HASH_OCTETS + 1];
	uint8_t hash[HASH_OCTETS];
	int rc;

	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)person,
	    strlen(person), NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)snprintf(what, sizeof(what), "link:%s:%s", l->id, hex);
	rc = told_read(s, what);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = send_one(l, person);
	if (rc == 0)
		rc = told_mark(s, what, KEY_TTL_OWNER_ASK_MS);
	return rc < 0 ? rc : 0;
}

/* --- To whom --------------------------------------------------------------- */

/* Once for a link, however often it is tried.  1: it may be sent. */
static int
charge(const struct linking *l)
{
	struct store *s = l->courier->store;
	char what[TOLD_SIZE];
	int rc;

	if (l->asked->kind != OWNER_ASK_LINK)
		return 1;
	(void)snprintf(what, sizeof(what), "link:%s:charged", l->id);
	rc = told_read(s, what);
	if (rc != 0)
		return rc;
	rc = owner_ask_charge(s, l->domain->name, l->mailbox->local);
	if (rc == 1) {
		rc = told_mark(s, what, KEY_TTL_OWNER_ASK_MS);
		return rc < 0 ? rc : 1;
	}
	if (rc == 0)
		oct_log(OCT_INFO, "link=not-sent account=%s why=too-many",
		    l->address);
	return rc;
}

/* To who asked; or to the mailbox, or to each of those who share it. */
static int
serve(struct linking *l)
{
	char person[OCT_ADDR_SIZE];
	size_t at = 0, count = 0;
	int first = 0, rc;

	if (l->domain->state != DIR_ACTIVE || l->mailbox->state != DIR_ACTIVE)
		return 0;
	(void)snprintf(l->address, sizeof(l->address), "%s@%s",
	    l->mailbox->local, l->domain->name);
	rc = charge(l);
	if (rc != 1)
		return rc;
	if (l->asked->kind == OWNER_ASK_LINK)
		return *l->asked->person == '\0' ||
			owner_person_is(l->mailbox, l->asked->person)
		    ? send_one(l, l->asked->person)
		    : 0;
	while (owner_person_next(l->mailbox, &at, person)) {
		rc = send_once(l, person);
		first = first != 0 ? first : rc;
		count++;
	}
	return count == 0 ? send_one(l, "") : first;
}

/* An alias of one mailbox is that mailbox; a group is nobody's. */
static int
find(struct linking *l, const struct dir_snapshot *dir,
    const struct oct_addr *address)
{
	struct dir_finals finals;
	int rc = 0;

	if (dir_resolve(dir, address, NULL, &finals) == DIR_FOUND &&
	    finals.count == 1 && finals.finals[0].domain != NULL) {
		l->domain = finals.finals[0].domain;
		l->mailbox = finals.finals[0].mailbox;
		rc = serve(l);
	}
	dir_finals_free(&finals);
	return rc;
}

/* An entry of the work stream, as the page writes it. */
int
courier_link_note(struct courier *c, const struct store_entry *e)
{
	char address[OCT_ADDR_SIZE];
	struct owner_ask ask = { .kind = OWNER_ASK_LINK, .address = address,
		.person = courier_field(e, "person"),
		.lang = courier_field(e, "lang"),
		.net = courier_field(e, "ip-net"),
		.node = c->settings->node };
	struct oct_str s;
	int rc;

	oct_str_fixed(&s, address, sizeof(address));
	oct_str_addf(&s, "%s@%s", courier_field(e, "local"),
	    courier_field(e, "domain"));
	if (oct_str_err(&s) != 0 || oct_num_int(courier_field(e, "asked"), 0,
					INT64_MAX, &ask.now_ms) != 0)
		return 0;
	rc = owner_ask(c->store, &ask);
	if (rc == 0)
		oct_log(OCT_INFO, "link=not-sent account=%s net=%s why=too-many",
		    address, ask.net);
	return rc < 0 ? rc : 0;
}

enum duty
courier_link(struct courier *c, const struct case_duty *d)
{
	struct owner_asked asked;
	struct linking l = { .courier = c, .asked = &asked, .id = d->id,
		.now_ms = oct_clock_wall_ms() };
	const struct dir_snapshot *dir;
	int rc = owner_asked_read(c->store, d->id, &asked);

	if (rc <= 0)
		return rc == 0 ? DUTY_DONE : DUTY_FAILED;
	dir = gate_directory(c);
	if (dir == NULL)
		return DUTY_FAILED;
	if (l.now_ms - asked.asked_ms < OWNER_ASK_FRESH_MS ||
	    asked.kind != OWNER_ASK_LINK)
		rc = find(&l, dir, &asked.address);
	else
		rc = 0;
	directory_put(dir);
	if (rc != 0)
		return courier_put_off(c, d, l.now_ms + RETRY_MS);
	return owner_asked_drop(c->store, d->id) == 0 ? DUTY_DONE
						      : DUTY_FAILED;
}
