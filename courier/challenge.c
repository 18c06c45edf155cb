/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending one challenge.  A crash between the final dot and its record must not
 * ask twice: the challenge is marked just before the dot, and one found so
 * marked counts as handed over (challenge.md 3: at most one a quiet time).
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "courier/challenge_mail.h"
#include "courier/courier.h"
#include "courier/gate.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/breaker.h"

#define RETRY_MS 30000

struct sending {
	struct courier *courier;
	const struct case_duty *duty;
	const struct challenge *challenge;
	const struct gate_ask *ask;
	const struct gate_pass *pass;
	bool tried, marked;
};

/* Just before the dot: nobody else sends this challenge from here on. */
static int
mark(void *arg)
{
	struct sending *s = arg;
	int rc = case_challenge_move(s->courier->store, s->duty->domain,
	    s->duty->id, CHALLENGE_PENDING, CHALLENGE_SENDING,
	    oct_clock_wall_ms());

	s->tried = true;
	s->marked = rc == 1;
	return s->marked ? 0 : -1;
}

static int
token_address(const struct courier *c, const char *prefix,
    enum oct_token_purpose purpose, const char *id, char out[OCT_ADDR_SIZE])
{
	char token[OCT_TOKEN_SIZE];
	struct oct_str s;
	int rc = oct_token_for(&c->tokens, purpose, id, token);

	if (rc != 0)
		return rc;
	oct_str_fixed(&s, out, OCT_ADDR_SIZE);
	oct_str_addf(&s, "%s+%s@%s", prefix, token, c->challenge_domain);
	return oct_str_err(&s);
}

/* The addresses, URL and code of one challenge. */
struct links {
	char role[OCT_ADDR_SIZE], reply[OCT_ADDR_SIZE], bounce[OCT_ADDR_SIZE];
	char url[CHALLENGE_MAIL_URL_MAX + 1];
	char code[OCT_TOKEN_CODE_SIZE];
};

static int
make_links(const struct courier *c, const char *id, struct links *out)
{
	char token[OCT_TOKEN_SIZE];
	struct oct_str s;
	int rc = oct_token_for(&c->tokens, OCT_TOKEN_PAGE, id, token);

	if (rc == 0)
		rc = token_address(c, "reply", OCT_TOKEN_REPLY, id, out->reply);
	if (rc == 0)
		rc = token_address(c, "bounce", OCT_TOKEN_BOUNCE, id,
		    out->bounce);
	if (rc != 0)
		return rc;
	oct_str_fixed(&s, out->role, sizeof(out->role));
	oct_str_addf(&s, "%s@%s", c->settings->challenge_from,
	    c->challenge_domain);
	rc = oct_str_err(&s);
	oct_str_fixed(&s, out->url, sizeof(out->url));
	oct_str_addf(&s, "%s/%s", c->settings->challenge_url, token);
	challenge_code(c->code_key, id, out->code);
	return rc != 0 ? rc : oct_str_err(&s);
}

static int
compose(struct courier *c, const struct challenge *ch, const struct links *l,
    struct oct_str *out)
{
	struct challenge_mail m = { .host = c->challenge_domain,
		.role = l->role, .reply_to = l->reply, .to = ch->rpath,
		.typed = ch->typed, .typed_count = ch->count,
		.now_ms = oct_clock_wall_ms(), .arrival_ms = ch->arrival_ms,
		.expiry_ms = ch->expires_ms, .orig_id = ch->message_id,
		.orig_refs = ch->references, .url = l->url, .code = l->code,
		.code_always = gate_wants_code(c, ch) };

	struct template_texts texts;
	int rc = courier_texts(c, TEMPLATE_CHALLENGE, ch->domain, ch->lang,
	    &texts, &m.texts);

	if (rc != 0)
		return rc;
	randombytes_buf(m.random, sizeof(m.random));
	courier_contact(c, &m.contact);
	rc = challenge_mail_write(&m, out);
	template_texts_fini(&texts);
	return rc;
}

static enum duty
end_of_lapse(struct courier *c, const struct case_duty *d, int rc,
    const char *why)
{
	oct_log(OCT_NOTICE, "challenge=%s domain=%s sent=no reason=%s", d->id,
	    d->domain, why);
	if (rc == OCT_ECONFLICT)
		return courier_put_off(c, d, oct_clock_wall_ms() + 1000);
	return rc == 0 ? DUTY_DONE : DUTY_FAILED;
}

static enum duty
bounced(struct courier *c, const struct case_duty *d)
{
	enum case_outcome outcome;
	int rc = case_lapse(c->store, &c->timers, d->domain, d->id,
	    REL_EV_BOUNCED, oct_clock_wall_ms(), &outcome);

	return end_of_lapse(c, d, rc, "refused");
}

/* Nobody is asked: the items wait for their owners. */
static enum duty
silence(struct courier *c, const struct case_duty *d, int64_t hold_silent,
    const char *why)
{
	struct case_timers timers = c->timers;
	enum case_outcome outcome;
	int rc;

	timers.hold_silent = hold_silent;
	rc = case_silence(c->store, &timers, d, NULL, why,
	    oct_clock_wall_ms(), &outcome);
	if (rc == 0)
		gate_silent(c, why);
	return end_of_lapse(c, d, rc, why);
}

/* Breakers and the numbers of the day hear of it; the mail has left. */
static void
count_sent(const struct sending *s, int64_t now)
{
	const struct settings *set = s->courier->settings;
	struct breaker_of of = { .challenge = s->challenge->id,
		.org = s->pass->share, .network = s->pass->network,
		.volume_org = set->breaker_volume_org,
		.volume = set->breaker_volume };
	int rc = breaker_record(s->courier->store, &of, BREAKER_SENT, now);

	if (rc != 0)
		oct_log(OCT_WARNING,
		    "challenge=%s domain=%s breaker=not-told error=\"%s\"",
		    s->duty->id, s->duty->domain, oct_strerror(rc));
	caps_note_sent(s->courier->store, &s->pass->caps, now);
}

/* What became of the SMTP transaction. */
static enum duty
settle_outcome(struct courier *c, const struct sending *s, int rc,
    const struct smtp_reply *reply)
{
	const struct case_duty *d = s->duty;
	int64_t now = oct_clock_wall_ms();

	if (s->marked && (rc == 0 || (reply->sent_all && reply->code == 0))) {
		/* Accepted, or nobody knows: never twice. */
		(void)!case_challenge_move(c->store, d->domain, d->id,
		    CHALLENGE_SENDING, CHALLENGE_SENT, now);
		oct_log(OCT_INFO, "challenge=%s domain=%s sent=%s queue_id=%s",
		    d->id, d->domain, rc == 0 ? "yes" : "uncertain",
		    reply->queue_id);
		count_sent(s, now);
		return DUTY_DONE;
	}
	gate_give_back(c, s->ask, s->pass);
	/* Also if the mark may have been set without our hearing of it: the dot
	 * was not sent. */
	if (s->tried)
		(void)!case_challenge_move(c->store, d->domain, d->id,
		    CHALLENGE_SENDING, CHALLENGE_PENDING, 0);
	if (rc == OCT_EREFUSED || rc == OCT_EPARSE)
		return bounced(c, d);
	oct_log(OCT_WARNING,
	    "challenge=%s domain=%s sent=no error=\"%s\" retry_s=%d", d->id,
	    d->domain, oct_strerror(rc), RETRY_MS / 1000);
	return courier_put_off(c, d, now + RETRY_MS);
}

static enum duty
send_challenge(struct courier *c, struct sending s)
{
	const struct challenge *ch = s.challenge;
	const struct case_duty *d = s.duty;
	struct smtp_reply reply = { .code = 0 };
	struct oct_str message;
	struct links links;
	int rc = make_links(c, ch->id, &links);

	oct_str_heap(&message, CHALLENGE_MAIL_MAX);
	if (rc == 0)
		rc = compose(c, ch, &links, &message);
	if (rc == 0) {
		struct own_mail m = { .mail_from = links.bounce,
			.rcpt = ch->rpath, .message = &message,
			.before_dot = mark, .arg = &s };

		rc = courier_send_own(c, &m, &reply);
	} else {
		oct_log(OCT_ERROR,
		    "challenge=%s domain=%s sent=no error=\"%s\" hint=\"check "
		    "the settings of section challenge\"",
		    d->id, d->domain, oct_strerror(rc));
	}
	oct_str_free(&message);
	sodium_memzero(links.code, sizeof(links.code));
	return settle_outcome(c, &s, rc, &reply);
}

/* Does any of its relations still wait for this challenge?  An owner may have
 * released or blocked meanwhile.  1, 0 (and *why), or an error. */
static int
is_awaited(struct courier *c, const struct challenge *ch, const char **why)
{
	*why = "settled";
	for (size_t i = 0; i < ch->count; i++) {
		struct relation r;
		int rc = case_relation_read(c->store, ch->domain, ch->local[i],
		    ch->sid, &r);

		if (rc < 0)
			return rc;
		if (r.state != REL_ASKED || strcmp(r.challenge, ch->id) != 0)
			continue;
		rc = case_blocked(c->store, ch, ch->local[i],
		    oct_clock_wall_ms());
		if (rc <= 0)
			return rc < 0 ? rc : 1;
		*why = "blocked";
	}
	return 0;
}

/* Mailboxes over their own caps keep silent; the others' sender is asked. */
static int
narrow(struct courier *c, const struct case_duty *d, const struct gate_pass *p)
{
	struct case_timers timers = c->timers;
	enum case_outcome outcome;

	timers.hold_silent = p->hold_silent;
	oct_log(OCT_NOTICE, "challenge=%s domain=%s silent=%zu reason=%s",
	    d->id, d->domain, p->shut_count, p->why);
	return case_silence(c->store, &timers, d, p->shut, p->why,
	    oct_clock_wall_ms(), &outcome);
}

/* It may leave: for the mailboxes that are left. */
static enum duty
pass_gate(struct courier *c, const struct case_duty *d,
    const struct gate_ask *ask, const struct gate_pass *p)
{
	struct case_challenge fresh;
	enum duty out = DUTY_FAILED;
	int rc = p->shut_count > 0 ? narrow(c, d, p) : 0;

	if (rc == 0)
		rc = case_challenge_goes(c->store, d->domain, d->id,
		    p->network, p->share);
	if (rc == 0)
		rc = case_challenge_read(c->store, d->domain, d->id, &fresh);
	if (rc == 1) {
		struct sending s = { .courier = c, .duty = d,
			.challenge = &fresh.challenge, .ask = ask, .pass = p };

		out = send_challenge(c, s);
		case_challenge_fini(&fresh);
		return out;
	}
	gate_give_back(c, ask, p);
	/* Confirmed or ended under our hands: looked at again. */
	if (rc == OCT_ECONFLICT || rc == 0)
		return courier_put_off(c, d, oct_clock_wall_ms() + 1000);
	return DUTY_FAILED;
}

static enum duty
try_gate(struct courier *c, const struct case_duty *d,
    const struct challenge *ch)
{
	struct gate_ask ask = { .domain = ch->domain, .rpath = ch->rpath,
		.sid = ch->sid, .client = ch->client, .count = ch->count,
		.local = ch->local };
	struct gate_pass pass;

	switch (gate_try(c, &ask, &pass)) {
	case GATE_OPEN:
		return pass_gate(c, d, &ask, &pass);
	case GATE_SHUT:
		return silence(c, d, pass.hold_silent, pass.why);
	case GATE_LATER:
		oct_log(OCT_NOTICE,
		    "challenge=%s domain=%s sent=no error=dns retry_s=%d",
		    d->id, d->domain, RETRY_MS / 1000);
		return courier_put_off(c, d, oct_clock_wall_ms() + RETRY_MS);
	case GATE_FAILED:
		break;
	}
	return DUTY_FAILED;
}

/* May it still be sent?  1, 0 (and *why not), or an error. */
static int
is_askable(struct courier *c, const struct case_challenge *ch, bool late,
    const char **why)
{
	int rc;

	*why = "late";
	if (late)
		return 0;
	rc = is_awaited(c, &ch->challenge, why);
	if (rc != 1)
		return rc;
	*why = "suppressed";
	rc = courier_suppressed(c, ch->challenge.rpath);
	return rc < 0 ? rc : rc == 0;
}

static enum duty
pending(struct courier *c, const struct case_duty *d,
    const struct case_challenge *ch)
{
	int64_t now = oct_clock_wall_ms(), ready;
	struct case_timers t;
	const char *why;
	int rc;

	gate_timers(c, ch->challenge.domain, ch->challenge.local,
	    ch->challenge.count, &t);
	ready = courier_settled_ms(&t, ch->challenge.arrival_ms, now);
	if (now < ready)
		return courier_put_off(c, d, ready);
	rc = is_askable(c, ch, now > ready + t.fresh, &why);
	if (rc < 0)
		return DUTY_FAILED;
	if (rc == 0)
		return silence(c, d, t.hold_silent, why);
	return try_gate(c, d, &ch->challenge);
}

enum duty
courier_challenge(struct courier *c, const struct case_duty *d)
{
	struct case_challenge ch;
	enum duty out = DUTY_DONE;
	int rc = case_challenge_read(c->store, d->domain, d->id, &ch);

	if (rc == 0)
		return DUTY_DONE;
	if (rc == OCT_EPARSE) {
		oct_log(OCT_ERROR, "challenge=%s domain=%s error=unreadable",
		    d->id, d->domain);
		return DUTY_DONE;
	}
	if (rc < 0)
		return DUTY_FAILED;
	if (ch.state == CHALLENGE_PENDING) {
		out = pending(c, d, &ch);
	} else if (ch.state == CHALLENGE_SENDING) {
		/* We died between the mark and the record. */
		(void)!case_challenge_move(c->store, d->domain, d->id,
		    CHALLENGE_SENDING, CHALLENGE_SENT, oct_clock_wall_ms());
		oct_log(OCT_WARNING, "challenge=%s domain=%s sent=uncertain",
		    d->id, d->domain);
	}
	case_challenge_fini(&ch);
	return out;
}
