/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an item's time (challenge.md 3, expiry rule, and 10d).
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "courier/courier.h"
#include "courier/dsn.h"
#include "courier/gate.h"
#include "courier/tell.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/io.h"
#include "lib/log.h"
#include "policy/exempt.h"

#define NOTICE_RETRY_MS (10 * 60000)
/* A notice that cannot be handed over for so long is given up, loudly. */
#define NOTICE_GIVE_UP_MS (5LL * 86400000)

/* --- The notice to the sender ------------------------------------------------------ */

/* What became of the challenge that the item waited for; LATE (it never left) if
 * there was none.  0 or an error. */
static int
challenge_of(struct courier *c, const struct held *h,
    enum challenge_state *out)
{
	struct case_challenge ch;
	int rc;

	*out = CHALLENGE_LATE;
	if (h->challenge[0] == '\0')
		return 0;
	rc = case_challenge_read(c->store, h->domain, h->challenge, &ch);
	if (rc <= 0)
		return rc;
	*out = ch.state;
	case_challenge_fini(&ch);
	return 0;
}

/* May he be written to, by what is known of him and this mailbox?  Not whom it
 * blocks, and not where a challenge of this relation bounced or was disowned,
 * be it for another message.  1, 0, or an error. */
static int
is_welcome(struct courier *c, const struct held *h)
{
	enum case_standing standing;
	struct relation r;
	int rc = case_standing(c->store, &c->timers, h, oct_clock_wall_ms(),
	    &standing);

	if (rc != 0)
		return rc;
	if (standing == CASE_BLOCKED || h->sid[0] == '\0')
		return standing != CASE_BLOCKED;
	rc = case_relation_read(c->store, h->domain, h->local, h->sid, &r);
	return rc < 0 ? rc : !r.failed;
}

/* 1: the sender is told; 0: nobody outside is; or an error. */
static int
is_notified(struct courier *c, const struct held *h,
    enum challenge_state *asked)
{
	struct oct_addr rpath;
	int rc;

	if (h->class[0] != 'A' || oct_addr_parse(h->rpath, &rpath) != 0 ||
	    exempt_sender(&rpath) != NULL ||
	    (strcmp(h->reason, fate_reason_name(FATE_R_FIRST_CONTACT)) != 0 &&
		strcmp(h->reason, fate_reason_name(FATE_R_TRANSIT)) != 0))
		return 0;
	rc = challenge_of(c, h, asked);
	/* Whoever said "not me", or whose address bounced, is not written to
	 * again. */
	if (rc < 0 || *asked == CHALLENGE_LAPSED)
		return rc;
	rc = is_welcome(c, h);
	if (rc != 1)
		return rc;
	rc = courier_suppressed(c, h->rpath);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return gate_may_notify(c, h);
}

/* "NAME=value" among parameters; "" if it is not there. */
static void
parameter(const char *params, const char *name, char *out, size_t len)
{
	char word[1024];
	size_t n = strlen(name);
	struct oct_str s;

	oct_str_fixed(&s, out, len);
	while (oct_str_word(&params, word, sizeof(word)))
		if (strncasecmp(word, name, n) == 0 && word[n] == '=')
			oct_str_add(&s, word + n + 1);
	if (oct_str_err(&s) != 0)
		*out = '\0';
}

static enum dsn_reason
reason_of(const struct case_item *item, enum challenge_state asked)
{
	switch (item->refused) {
	case CASE_REFUSED:
	case CASE_BOUNCED:
		return DSN_REFUSED;
	case CASE_GAVE_UP:
	case CASE_LOST:
		return DSN_GAVE_UP;
	case CASE_NOT_REFUSED:
		break;
	}
	return asked == CHALLENGE_SENT || asked == CHALLENGE_SENDING
	    ? DSN_UNCONFIRMED
	    : DSN_UNASKED;
}

/* The answer of a server, and not our own words for none. */
static const char *
diagnostic_of(const struct case_item *item)
{
	bool code = strspn(item->note, "0123456789") == 3;

	return item->refused != CASE_NOT_REFUSED && code ? item->note : "";
}

/* The head of the message, as much as a notice shows; of a lost one nothing. */
static int
read_head(struct courier *c, const char *id, char *head, size_t *n)
{
	int fd = -1, rc = spool_item_open(c->spool, id, &fd);

	*n = 0;
	if (rc == OCT_EABSENT)
		return 0;
	if (rc == 0)
		rc = oct_io_read(fd, head, DSN_HEADERS_MAX, n);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static int
write_dsn(struct courier *c, const struct held *h, struct dsn *d,
    struct oct_str *out)
{
	struct template_texts texts;
	int rc = courier_texts(c, TEMPLATE_END, h->domain, h->lang, &texts,
	    &d->texts);

	if (rc != 0)
		return rc;
	rc = dsn_write(d, out);
	template_texts_fini(&texts);
	return rc;
}

static int
compose(struct courier *c, const struct case_item *item,
    enum challenge_state asked, struct oct_str *out)
{
	const struct held *h = &item->held;
	char role[OCT_ADDR_SIZE], orcpt[1024], envid[1024];
	char *headers = malloc(DSN_HEADERS_MAX);
	struct oct_str s;
	size_t n = 0;
	int rc;
	struct dsn d = { .reason = reason_of(item, asked),
		.host = c->challenge_domain, .role = role, .to = h->rpath,
		.rcpt = h->typed, .orcpt = orcpt, .envid = envid,
		.diagnostic = diagnostic_of(item), .now_ms = oct_clock_wall_ms(),
		.arrival_ms = h->arrival_ms, .orig_id = h->message_id,
		.orig_refs = h->references };

	if (headers == NULL)
		return -ENOMEM;
	oct_str_fixed(&s, role, sizeof(role));
	oct_str_addf(&s, "%s@%s", c->settings->challenge_from,
	    c->challenge_domain);
	parameter(h->rcpt_params, "ORCPT", orcpt, sizeof(orcpt));
	parameter(h->mail_params, "ENVID", envid, sizeof(envid));
	rc = read_head(c, h->id, headers, &n);
	d.headers = headers;
	d.headers_len = n;
	randombytes_buf(d.random, sizeof(d.random));
	courier_contact(c, &d.contact);
	if (rc == 0)
		rc = write_dsn(c, h, &d, out);
	free(headers);
	return rc;
}

struct notifying {
	struct courier *courier;
	const struct case_item *item;
	bool tried, marked;
};

/* Just before the dot: nobody sends this notice again from here on. */
static int
mark(void *arg)
{
	struct notifying *n = arg;
	int rc = case_notice(n->courier->store, n->item, NULL, "sending");

	n->tried = true;
	n->marked = rc == 1;
	return n->marked ? 0 : -1;
}

/* 0: it was handed over, or nobody knows and it is not done again. */
static int
notify(struct courier *c, const struct case_item *item,
    enum challenge_state asked)
{
	struct notifying n = { .courier = c, .item = item };
	struct smtp_reply reply = { .code = 0 };
	struct oct_str message;
	int rc;

	oct_str_heap(&message, DSN_MAX);
	rc = compose(c, item, asked, &message);
	if (rc == 0) {
		struct own_mail m = { .mail_from = "",
			.rcpt = item->held.rpath, .message = &message,
			.before_dot = mark, .arg = &n };

		rc = courier_send_own(c, &m, &reply);
	}
	oct_str_free(&message);
	if (n.marked && (rc == 0 || (reply.sent_all && reply.code == 0))) {
		(void)!case_notice(c->store, item, "sending", "sent");
		return 0;
	}
	/* Also if the mark may have been set without our hearing of it: the dot
	 * was not sent. */
	if (n.tried)
		(void)!case_notice(c->store, item, "sending", NULL);
	return rc;
}

/* --- The duty ------------------------------------------------------------------------ */

/* Told, or nobody to tell, or impossible for too long: 1.  To be tried again: 0. */
static int
tell_sender(struct courier *c, const struct case_item *item, int64_t now)
{
	const struct held *h = &item->held;
	enum challenge_state asked = CHALLENGE_LATE;
	int rc;

	/* We died between the mark and the record. */
	if (item->notice[0] != '\0')
		return 1;
	rc = is_notified(c, h, &asked);
	if (rc == 0)
		return 1;
	if (rc == 1) {
		rc = notify(c, item, asked);
		if (rc != 0)
			gate_notice_failed(c, h);
	}
	if (rc == 0) {
		oct_log(OCT_INFO, "item=%s domain=%s notice=sent", h->id,
		    h->domain);
		return 1;
	}
	oct_log(OCT_WARNING, "item=%s domain=%s notice=failed error=\"%s\"",
	    h->id, h->domain, oct_strerror(rc));
	return rc == OCT_EREFUSED || rc == OCT_EPARSE ||
	    now > item->expires_ms + NOTICE_GIVE_UP_MS;
}

static enum duty
end_item(struct courier *c, const struct case_duty *d,
    const struct case_item *item, int64_t now)
{
	int rc;

	if (tell_sender(c, item, now) == 0)
		return courier_put_off(c, d, now + NOTICE_RETRY_MS);
	rc = case_expire(c->store, &c->timers, item, now);
	if (rc == OCT_ECONFLICT)
		return courier_put_off(c, d, now + 1000);
	if (rc != 0)
		return DUTY_FAILED;
	oct_log(OCT_INFO, "item=%s domain=%s verdict=expired reason=%s",
	    item->held.id, item->held.domain, item->held.reason);
	return DUTY_DONE;
}

static enum duty
decide(struct courier *c, const struct case_duty *d,
    const struct case_item *item)
{
	int64_t now = oct_clock_wall_ms();
	int rc;

	if (!held_is_live(item->state))
		return DUTY_DONE;
	if (now < item->expires_ms)
		return courier_put_off(c, d, item->expires_ms);
	/* On its way out: the release decides. */
	if (item->state == HELD_RELEASING || item->want[0] != '\0')
		return courier_put_off(c, d, now + c->timers.lease);
	/* Content is destroyed only after its owner was told of it, or after
	 * the extension. */
	if (!item->digested && !item->extended && c->timers.extend > 0) {
		rc = tell_extended_note(c, item->held.domain);
		if (rc != 0)
			return DUTY_FAILED;
		rc = case_extend(c->store, item, now + c->timers.extend);
		if (rc != 0)
			return DUTY_FAILED;
		oct_log(OCT_INFO, "item=%s domain=%s verdict=extended",
		    item->held.id, item->held.domain);
		return DUTY_LATER;
	}
	return end_item(c, d, item, now);
}

enum duty
courier_expire(struct courier *c, const struct case_duty *d)
{
	struct case_item item;
	enum duty out;
	int rc = case_item_read(c->store, d->domain, d->id, &item);

	if (rc == 0 || rc == OCT_EPARSE)
		return DUTY_DONE;
	if (rc < 0)
		return DUTY_FAILED;
	out = decide(c, d, &item);
	case_item_fini(&item);
	return out;
}
