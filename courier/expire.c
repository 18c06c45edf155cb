/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an item's time (challenge.md 3, expiry rule, and 10d), and the
 * removal of files whose item is over.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "courier/courier.h"
#include "courier/dsn.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/io.h"
#include "lib/log.h"
#include "policy/exempt.h"

#define NOTICE_RETRY_MS (10 * 60000)
/* A notice that cannot be handed over for so long is given up, loudly. */
#define NOTICE_GIVE_UP_MS (5LL * 86400000)
/* The file of an item released without a proven path: a bounce brings it back. */
#define BOUNCE_WINDOW_MS (6LL * 86400000)

/* --- The notice to the sender ------------------------------------------------------ */

/* Whoever said "not me", or whose address bounced, is not written to again. */
static int
challenge_forbids(struct courier *c, const struct held *h)
{
	struct case_challenge ch;
	int rc;

	if (h->challenge[0] == '\0')
		return 0;
	rc = case_challenge_read(c->store, h->domain, h->challenge, &ch);
	if (rc <= 0)
		return rc;
	rc = ch.state == CHALLENGE_LAPSED ? 1 : 0;
	case_challenge_fini(&ch);
	return rc;
}

/* 1: the sender is told; 0: nobody outside is; or an error. */
static int
is_notified(struct courier *c, const struct held *h)
{
	struct oct_addr rpath;
	int rc;

	if (h->class[0] != 'A' || oct_addr_parse(h->rpath, &rpath) != 0 ||
	    exempt_sender(&rpath) != NULL ||
	    (strcmp(h->reason, fate_reason_name(FATE_R_FIRST_CONTACT)) != 0 &&
		strcmp(h->reason, fate_reason_name(FATE_R_TRANSIT)) != 0))
		return 0;
	rc = challenge_forbids(c, h);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = courier_suppressed(c, h->rpath);
	return rc < 0 ? rc : rc == 0;
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

static int
compose(struct courier *c, const struct case_item *item, struct oct_str *out)
{
	const struct held *h = &item->held;
	char role[OCT_ADDR_SIZE], orcpt[1024], envid[1024];
	char *headers = malloc(DSN_HEADERS_MAX);
	struct oct_str s;
	size_t n = 0;
	int fd = -1, rc = spool_item_open(c->spool, h->id, &fd);
	struct dsn d = { .reason = DSN_UNCONFIRMED,
		.host = c->challenge_domain, .role = role, .to = h->rpath,
		.rcpt = h->typed, .orcpt = orcpt, .envid = envid,
		.diagnostic = "", .now_ms = oct_clock_wall_ms(),
		.arrival_ms = h->arrival_ms, .orig_id = h->message_id,
		.orig_refs = h->references };

	if (rc != 0 || headers == NULL) {
		if (rc == 0)
			(void)close(fd);
		free(headers);
		return rc != 0 ? rc : -ENOMEM;
	}
	/* Confirmed in time, but the mailbox's server refused the release. */
	if (item->note[0] == '5') {
		d.reason = DSN_REFUSED;
		d.diagnostic = item->note;
	}
	oct_str_fixed(&s, role, sizeof(role));
	oct_str_addf(&s, "%s@%s", c->settings->challenge_from,
	    c->challenge_domain);
	parameter(h->rcpt_params, "ORCPT", orcpt, sizeof(orcpt));
	parameter(h->mail_params, "ENVID", envid, sizeof(envid));
	rc = oct_io_read(fd, headers, DSN_HEADERS_MAX, &n);
	d.headers = headers;
	d.headers_len = n;
	randombytes_buf(d.random, sizeof(d.random));
	courier_contact(c, &d.contact);
	if (rc == 0)
		rc = dsn_write(&d, out);
	free(headers);
	(void)close(fd);
	return rc;
}

static int
notify(struct courier *c, const struct case_item *item)
{
	struct smtp_reply reply;
	struct oct_str message;
	int rc;

	oct_str_heap(&message, DSN_MAX);
	rc = compose(c, item, &message);
	if (rc == 0) {
		struct own_mail m = { .mail_from = "",
			.rcpt = item->held.rpath,
			.message = &message };

		rc = courier_send_own(c, &m, &reply);
	}
	oct_str_free(&message);
	return rc;
}

/* --- The duty ------------------------------------------------------------------------ */

/* Told, or nobody to tell, or impossible for too long: 1.  To be tried again: 0. */
static int
tell_sender(struct courier *c, const struct case_item *item, int64_t now)
{
	const struct held *h = &item->held;
	int rc = is_notified(c, h);

	if (rc == 1)
		rc = notify(c, item);
	else if (rc == 0)
		return 1;
	if (rc == 0) {
		oct_log(OCT_INFO, "item=%s domain=%s notice=sent", h->id,
		    h->domain);
		return 1;
	}
	oct_log(OCT_WARNING, "item=%s domain=%s notice=failed error=\"%s\"",
	    h->id, h->domain, oct_strerror(rc));
	return rc == OCT_EREFUSED || rc == OCT_EPARSE || rc == OCT_EABSENT ||
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

/* Remove the message of a finished item.  It is marked before and after: the
 * milter, which may be writing the same message anew, registers neither in
 * between nor over a mark that it has not seen. */
static enum duty
purge(struct courier *c, const struct case_duty *d, const struct case_item *item)
{
	int64_t now = oct_clock_wall_ms();
	int rc = case_purge(c->store, item, CASE_GOING);

	if (rc < 0)
		return DUTY_FAILED;
	if (rc == 0)
		return courier_put_off(c, d, now + 1000);
	rc = spool_item_remove(c->spool, d->id);
	if (rc != 0) {
		oct_log(OCT_WARNING, "item=%s purge=failed error=\"%s\"",
		    d->id, oct_strerror(rc));
		return courier_put_off(c, d, now + 60000);
	}
	return case_purge(c->store, item, CASE_GONE) < 0 ? DUTY_FAILED
							 : DUTY_DONE;
}

/* The file of an item that is over, once nothing can bring it back. */
enum duty
courier_purge(struct courier *c, const struct case_duty *d)
{
	struct case_item item;
	enum duty out = DUTY_DONE;
	int64_t until = 0;
	int rc = case_item_read(c->store, d->domain, d->id, &item);

	if (rc == 0 || rc == OCT_EPARSE)
		return DUTY_DONE;
	if (rc < 0)
		return DUTY_FAILED;
	if (item.state == HELD_RELEASED && item.held.class[0] != 'A' &&
	    item.held.rpath[0] != '\0')
		until = item.released_ms + BOUNCE_WINDOW_MS;
	if (held_is_live(item.state) || strcmp(item.file, CASE_GONE) == 0)
		out = DUTY_DONE;
	else if (oct_clock_wall_ms() < until)
		out = courier_put_off(c, d, until);
	else
		out = purge(c, d, &item);
	case_item_fini(&item);
	return out;
}
