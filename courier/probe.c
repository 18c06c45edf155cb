/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes of legacy addresses (policy/probe.h): the mail that goes there, and
 * what is written down of one that arrived.
 */
#include "policy/probe.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "courier/courier.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define RETRY_MS 30000
#define FRESH_MS 3600000 /* who asked does not look any more */

struct probing {
	struct courier *courier;
	const struct case_duty *duty;
	const struct probe *was;
	bool tried, marked;
};

/* Just before the dot: it is sent once. */
static int
mark(void *arg)
{
	struct probing *s = arg;
	struct probe now = *s->was;

	now.state = PROBE_SENT;
	now.sent_ms = oct_clock_wall_ms();
	s->tried = true;
	s->marked = probe_move(s->courier->store, NULL, s->duty->domain,
			s->duty->id, s->was, &now) == 0;
	return s->marked ? 0 : -1;
}

/* --- The mail ------------------------------------------------------------ */

static void
write_text(const struct probe *p, const char *domain, struct oct_str *text)
{
	oct_str_addf(text,
	    "Bonjour,\n\nCe message automatique vérifie que le courrier de "
	    "l'adresse\n%s\narrive désormais dans la boîte %s@%s.\n\n"
	    "Si vous le lisez dans votre ancienne boîte, la redirection n'y "
	    "est pas encore\nactive : il n'y a rien d'autre à faire que d'en "
	    "prévenir votre Centre de gestion.\n\n"
	    "-- \n\nHello,\n\nThis automatic message checks that mail for the "
	    "address\n%s\nnow arrives in the mailbox %s@%s.\n\n"
	    "If you read it in your old mailbox, forwarding is not active "
	    "there yet: please\ntell who looks after your mail.\n",
	    p->address, p->local, domain, p->address, p->local, domain);
}

static int
compose(struct courier *c, const struct case_duty *d, const struct probe *p,
    struct oct_str *out)
{
	char role[OCT_ADDR_SIZE], token[OCT_TOKEN_SIZE], id[OCT_ADDR_SIZE];
	struct oct_str s, text;
	struct notice_head head = { .from_name = notice_from_name(TEMPLATE_FR),
		.from = role, .to = p->address,
		.subject = "Vérification de la redirection / Forwarding check",
		.message_id = id, .host = c->challenge_domain,
		.parent_id = "", .parent_refs = "", .generated = true,
		.now_ms = oct_clock_wall_ms() };
	int rc = oct_token_for(&c->tokens, OCT_TOKEN_PROBE, d->id, token);

	if (rc != 0)
		return rc;
	oct_str_fixed(&s, role, sizeof(role));
	oct_str_addf(&s, "%s@%s", c->settings->challenge_from,
	    c->challenge_domain);
	oct_str_fixed(&s, id, sizeof(id));
	oct_str_addf(&s, "<%s.%" PRId64 "@%s>", d->id, head.now_ms,
	    c->challenge_domain);
	randombytes_buf(head.random, sizeof(head.random));
	rc = notice_head_write(&head, out);
	if (rc != 0)
		return rc;
	oct_str_addf(out, PROBE_FIELD ": %s\r\n", token);
	oct_str_heap(&text, 8192);
	write_text(p, d->domain, &text);
	notice_text_write(&text, TEMPLATE_FR, out);
	rc = oct_str_err(&text) != 0 ? oct_str_err(&text) : oct_str_err(out);
	oct_str_free(&text);
	return rc;
}

static int
hand_over(struct courier *c, struct probing *s, struct smtp_reply *reply)
{
	char path[OCT_ADDR_SIZE], token[OCT_TOKEN_SIZE];
	struct oct_str message, from;
	struct own_mail m = { .mail_from = path, .rcpt = s->was->address,
		.message = &message, .before_dot = mark, .arg = s };
	int rc =
	    oct_token_for(&c->tokens, OCT_TOKEN_BOUNCE, s->duty->id, token);

	if (rc != 0)
		return rc;
	oct_str_fixed(&from, path, sizeof(path));
	oct_str_addf(&from, "bounce+%s@%s", token, c->challenge_domain);
	oct_str_heap(&message, 65536);
	rc = compose(c, s->duty, s->was, &message);
	if (rc == 0)
		rc = courier_send_own(c, &m, reply);
	oct_str_free(&message);
	return rc;
}

/* It will not be sent: that is an answer too. */
static enum duty
give_up(struct courier *c, const struct case_duty *d, const struct probe *was,
    const char *note)
{
	struct probe now = *was;
	int rc;

	now.state = PROBE_REFUSED;
	(void)snprintf(now.note, sizeof(now.note), "%s", note);
	rc = probe_move(c->store, NULL, d->domain, d->id, was, &now);
	oct_log(OCT_NOTICE, "probe=refused domain=%s id=%s note=\"%s\"",
	    d->domain, d->id, note);
	return rc == 0 || rc == OCT_ECONFLICT ? DUTY_DONE : DUTY_FAILED;
}

static enum duty
send_probe(struct courier *c, const struct case_duty *d, const struct probe *p)
{
	struct probing s = { .courier = c, .duty = d, .was = p };
	struct smtp_reply reply = { .code = 0 };
	char note[64];
	int rc;

	if (oct_clock_wall_ms() - p->made_ms > FRESH_MS)
		return give_up(c, d, p, "not sent within an hour");
	rc = hand_over(c, &s, &reply);
	if (s.marked || s.tried) {
		oct_log(OCT_NOTICE, "probe=sent domain=%s id=%s code=%d",
		    d->domain, d->id, reply.code);
		return DUTY_DONE;
	}
	if (rc == 0 || reply.code < 500)
		return courier_put_off(c, d, oct_clock_wall_ms() + RETRY_MS);
	(void)snprintf(note, sizeof(note), "Postfix refused it (%d)",
	    reply.code);
	return give_up(c, d, p, note);
}

/* --- What it showed ------------------------------------------------------ */

static void
result_json(const struct probe *p, struct oct_str *out)
{
	char day[DETAIL_DATE_SIZE];

	detail_day(p->arrived_ms, day);
	/* The texts are words, names and addresses: nothing to escape. */
	oct_str_addf(out,
	    "{\"verified\":\"%s\",\"verified_host\":\"%s\","
	    "\"verified_path\":\"%s\",\"verified_dkim\":\"%s\","
	    "\"verified_hops\":\"%d\"}",
	    day, p->host, p->path, probe_dkim_name(p->dkim), p->hops);
}

/* The legacy address may have gone meanwhile. */
static enum duty
record(struct courier *c, const struct case_duty *d, const struct probe *was)
{
	char json[2048], problem[256] = "";
	struct probe now = *was;
	struct oct_str s;
	struct dir_change change = { .domain = d->domain,
		.local = was->address, .legacy = true, .json = json,
		.actor = "probe" };
	int rc;

	oct_str_fixed(&s, json, sizeof(json));
	result_json(was, &s);
	rc = oct_str_err(&s);
	if (rc == 0)
		rc = directory_change(c->store, &change, problem);
	if (rc == OCT_EDOWN || rc == OCT_ETIME)
		return DUTY_FAILED;
	now.state = PROBE_RECORDED;
	(void)snprintf(now.note, sizeof(now.note), "%.120s", problem);
	oct_log(rc == 0 ? OCT_NOTICE : OCT_WARNING,
	    "probe=recorded domain=%s address=%s dkim=%s hops=%d host=\"%s\" "
	    "error=\"%s\"",
	    d->domain, was->address, probe_dkim_name(was->dkim), was->hops,
	    was->host, problem);
	rc = probe_move(c->store, NULL, d->domain, d->id, was, &now);
	return rc == 0 || rc == OCT_ECONFLICT ? DUTY_DONE : DUTY_FAILED;
}

enum duty
courier_probe(struct courier *c, const struct case_duty *d)
{
	struct probe p;
	int rc = probe_read(c->store, d->domain, d->id, &p);

	if (rc < 0)
		return DUTY_FAILED;
	if (rc == 1 && p.state == PROBE_WAITING)
		return send_probe(c, d, &p);
	if (rc == 1 && p.state == PROBE_ARRIVED)
		return record(c, d, &p);
	return DUTY_DONE;
}
