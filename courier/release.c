/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Releasing one held item: claimed by a lease, given to Postfix, and recorded
 * only after its 250.  A crash in between delivers twice at worst, never not at
 * all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/results.h"
#include "courier/courier.h"
#include "courier/gate.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/msg.h"
#include "policy/keys.h"

#define RETRY_FIRST_MS 30000
#define RETRY_MAX_MS (15 * 60000)
/* RFC 5321 4.5.4.1: the time after which a message is given up. */
#define GIVE_UP_MS (5LL * 86400000)
#define BEFORE_MAX 20000

/* Keeps fields that outsiders may not set out of what is delivered. */
static bool
keep_field(const struct oct_msg *m, size_t i, void *arg)
{
	const struct oct_field *f = oct_msg_field(m, i);
	const struct settings *s = ((const struct courier *)arg)->settings;
	const char *id = s->authserv_id[0] != '\0' ? s->authserv_id
						   : s->hostname;

	if (oct_field_starts(f, "X-Octroi-") ||
	    oct_field_starts(f, "X-Spam-"))
		return false;
	return !oct_field_is(f, "Authentication-Results") ||
	    !auth_results_claims(f->value, f->value_len, id);
}

/* Our trace, newest first: held from when to when and by whose word, then what
 * was written at arrival. */
static int
build_before(const struct case_item *item, bool rewritten, int64_t now_ms,
    struct oct_str *out)
{
	char arrival[OCT_CLOCK_RFC5322_SIZE], now[OCT_CLOCK_RFC5322_SIZE];

	oct_clock_rfc5322(item->held.arrival_ms, arrival);
	oct_clock_rfc5322(now_ms, now);
	oct_str_addf(out,
	    "X-Octroi-Held: arrival=\"%s\";\r\n\treleased=\"%s\"; by=%s",
	    arrival, now, item->want);
	/* Whoever has the message has a witness of the ledger. */
	if (item->held.ledger[0] != '\0')
		oct_str_addf(out, ";\r\n\tledger=%s", item->held.ledger);
	oct_str_add(out, "\r\n");
	if (rewritten)
		oct_str_addf(out, "X-Octroi-Return-Path: <%s>\r\n",
		    item->held.rpath);
	oct_str_add(out, item->held.trace);
	return oct_str_err(out);
}

static int
open_scratch(const struct courier *c)
{
	int fd = open(c->settings->spool_path,
	    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd == -1 ? -errno : fd;
}

/* It was taken under limits that may have been lowered since: whatever its size,
 * it is delivered whole. */
static int
all_of_it(const struct courier *c, int fd, struct oct_msg_limits *out)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	oct_msg_limits_init(out);
	/* Line ends may grow. */
	out->header_octets = out->body_octets = 2 * (size_t)st.st_size + 1024;
	out->header_count = (size_t)st.st_size + 1;
	out->spill_dir = c->settings->spool_path;
	return 0;
}

/* The message to deliver, in a file without a name. */
static int
build_message(struct courier *c, const struct case_item *item, bool rewritten,
    int *out)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	struct oct_str before;
	int fd = -1, scratch = -1;
	int rc = spool_item_open(c->spool, item->held.id, &fd);

	if (rc != 0)
		return rc;
	oct_str_heap(&before, BEFORE_MAX);
	rc = all_of_it(c, fd, &limits);
	if (rc == 0)
		rc = oct_msg_read(&limits, fd, &m);
	if (rc == 0)
		rc = build_before(item, rewritten, oct_clock_wall_ms(),
		    &before);
	if (rc == 0)
		scratch = open_scratch(c);
	if (rc == 0 && scratch < 0)
		rc = scratch;
	if (rc == 0)
		rc = oct_msg_write(m, scratch, oct_str_text(&before),
		    keep_field, c);
	oct_msg_free(m);
	oct_str_free(&before);
	(void)close(fd);
	if (rc != 0) {
		if (scratch >= 0)
			(void)close(scratch);
		return rc;
	}
	*out = scratch;
	return 0;
}

/* The same at each try, another in each life of the item's id: a late bounce of
 * an earlier message must not act on a later one. */
static void
bounce_id(const struct courier *c, const struct held *h,
    char out[OCT_TOKEN_ID_SIZE])
{
	char life[HELD_ID_SIZE + 24];
	uint8_t sum[16];

	(void)snprintf(life, sizeof(life), "%s %lld", h->id,
	    (long long)h->arrival_ms);
	(void)crypto_generichash(sum, sizeof(sum), (const uint8_t *)life,
	    strlen(life), c->code_key, sizeof(c->code_key));
	(void)sodium_bin2hex(out, OCT_TOKEN_ID_SIZE, sum, 8);
}

/* A path that was not proven must get no bounce of ours (challenge.md 4): the
 * bounce address brings the item back instead.  1 rewritten, 0 the path stays, or
 * an error: then nothing may be sent. */
static int
rewrite_path(struct courier *c, const struct held *h, char out[OCT_ADDR_SIZE])
{
	char id[OCT_TOKEN_ID_SIZE], token[OCT_TOKEN_SIZE], key[KEY_SIZE];
	char value[OCT_DOMAIN_SIZE + 96];
	struct oct_str s;
	int rc;

	if (h->class[0] == 'A' || h->rpath[0] == '\0')
		return 0;
	bounce_id(c, h, id);
	oct_str_fixed(&s, out, OCT_ADDR_SIZE);
	*out = '\0';
	rc = oct_token_for(&c->tokens, OCT_TOKEN_BOUNCE, id, token);
	if (rc != 0)
		return rc;
	(void)snprintf(value, sizeof(value), "item %s %s %lld", h->domain,
	    h->id, (long long)h->arrival_ms);
	rc = store_set(c->store, key_token(key, id), value, KEY_TTL_NET_MS);
	oct_str_addf(&s, "bounce+%s@%s", token, c->challenge_domain);
	return rc == 0 ? 1 : rc;
}

/* Parameters of MAIL that may be given back: SIZE would be wrong by now, AUTH and
 * the rest are not ours to repeat. */
static void
mail_params(const char *given, struct oct_str *out)
{
	static const char *const keep[] = { "BODY=", "RET=", "ENVID=",
		"SMTPUTF8" };
	char word[1024];

	while (oct_str_word(&given, word, sizeof(word)))
		for (size_t i = 0; i < OCT_LEN(keep); i++)
			if (strncasecmp(word, keep[i], strlen(keep[i])) == 0)
				oct_str_addf(out, "%s%s",
				    out->len > 0 ? " " : "", word);
}

static int
deliver(struct courier *c, const struct case_item *item,
    struct smtp_reply *reply)
{
	char bounce[OCT_ADDR_SIZE], params[1100];
	int rewritten = rewrite_path(c, &item->held, bounce);
	struct smtp_mail mail = { .mail_from = rewritten == 1
		    ? bounce
		    : item->held.rpath,
		.rcpt_to = item->held.rcpt,
		.rcpt_params = item->held.rcpt_params, .fd = -1 };
	struct oct_str p;
	int rc;

	memset(reply, 0, sizeof(*reply));
	if (rewritten < 0)
		return rewritten;
	oct_str_fixed(&p, params, sizeof(params));
	mail_params(item->held.mail_params, &p);
	mail.mail_params = params;
	rc = build_message(c, item, rewritten == 1, &mail.fd);
	if (rc != 0)
		return rc;
	rc = smtp_out_send(c->release, &mail, reply);
	(void)close(mail.fd);
	return rc;
}

static int64_t
backoff(const struct case_item *item)
{
	int64_t wait = RETRY_FIRST_MS;

	for (int i = 1; i < item->attempts && wait < RETRY_MAX_MS; i++)
		wait *= 2;
	return wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS;
}

/* A transit copy was promised to its sender like any delivery: refused for good,
 * he is told at once and not after the time of a held item.  Who proved nothing
 * is never written to: that copy waits, in sight of its owner. */
static void
end_transit(struct courier *c, const struct held *h, int64_t now)
{
	struct case_item item;

	if (strcmp(h->reason, fate_reason_name(FATE_R_TRANSIT)) != 0 ||
	    h->class[0] != 'A' || h->rpath[0] == '\0' ||
	    case_item_read(c->store, h->domain, h->id, &item) != 1)
		return;
	/* If this is lost the item still ends in its own time. */
	(void)!case_extend(c->store, &item, now);
	case_item_fini(&item);
}

/* What the outcome of a try means for the item. */
static enum case_refused
refusal(const struct case_item *item, int rc, int64_t now)
{
	if (rc == OCT_EREFUSED || rc == OCT_EPARSE)
		return CASE_REFUSED;
	if (rc == OCT_EABSENT)
		return CASE_LOST;
	return now - item->wanted_ms >= GIVE_UP_MS ? CASE_GAVE_UP
						   : CASE_NOT_REFUSED;
}

/* An owner who blocks does not wait for what is on its way; if it comes back, it
 * is discarded like the rest.  0 or the store's error. */
static int
drop_if_blocked(struct courier *c, const struct held *h)
{
	enum case_outcome out;
	struct relation r;
	int rc;

	if (h->sid[0] == '\0')
		return 0;
	rc = case_relation_read(c->store, h->domain, h->local, h->sid, &r);
	if (rc < 0 || r.state != REL_BLOCKED)
		return rc < 0 ? rc : 0;
	return case_discard(c->store, &c->timers, h->domain, h->id,
	    oct_clock_wall_ms(), &out);
}

static enum duty
put_back(struct courier *c, const struct case_item *item, int rc,
    const struct smtp_reply *reply)
{
	int64_t now = oct_clock_wall_ms();
	enum case_refused refused = refusal(item, rc, now);
	bool again = refused == CASE_NOT_REFUSED;
	char note[640];

	(void)snprintf(note, sizeof(note), "%d %s",
	    reply->code, reply->code != 0 ? reply->text : oct_strerror(rc));
	oct_log(refused == CASE_LOST ? OCT_ERROR : OCT_WARNING,
	    "item=%s domain=%s verdict=%s code=%d error=\"%s\" retry=%s",
	    item->held.id, item->held.domain,
	    refused == CASE_GAVE_UP ? "given-up" : "not-released", reply->code,
	    oct_strerror(rc), again ? "yes" : "no");
	rc = case_put_back(c->store, item, refused, note, now + backoff(item));
	if (rc == 0)
		rc = drop_if_blocked(c, &item->held);
	if (rc != 0)
		return DUTY_FAILED;
	if (!again)
		end_transit(c, &item->held, now);
	return again ? DUTY_LATER : DUTY_DONE;
}

static enum duty
record(struct courier *c, const struct case_item *item, int rc,
    const struct smtp_reply *reply)
{
	if (rc != 0)
		return put_back(c, item, rc, reply);
	oct_log(OCT_INFO,
	    "item=%s domain=%s verdict=released by=%s queue_id=%s",
	    item->held.id, item->held.domain, item->want, reply->queue_id);
	rc = case_released(c->store, item, oct_clock_wall_ms());
	/* Delivered but not recorded: the lease runs out and it is
	 * delivered again, which is better than never. */
	if (rc == OCT_ECONFLICT)
		return DUTY_LATER; /* due since it was claimed */
	return rc == 0 ? DUTY_DONE : DUTY_FAILED;
}

/* A claimed item that waited for its lane longer than this is looked at again. */
#define WAITED_MS 1000

/* Is it still wanted, and ours?  1, 0, or the store's error. */
static int
is_still_wanted(struct courier *c, const struct case_item *item)
{
	struct case_item now;
	int rc;

	if (oct_clock_wall_ms() < item->lease_ms - c->timers.lease + WAITED_MS)
		return 1;
	rc = case_item_read(c->store, item->held.domain, item->held.id, &now);
	if (rc != 1)
		return rc;
	rc = now.state == HELD_RELEASING && now.lease_ms == item->lease_ms &&
	    now.want[0] != '\0';
	case_item_fini(&now);
	return rc;
}

/* Blocked since it was claimed: given back, and gone. */
static enum duty
let_go(struct courier *c, const struct case_item *item)
{
	int rc = case_put_back(c->store, item, CASE_NOT_REFUSED, "",
	    oct_clock_wall_ms());

	if (rc == 0)
		rc = drop_if_blocked(c, &item->held);
	return rc == 0 ? DUTY_LATER : DUTY_FAILED;
}

enum duty
courier_release_finish(struct courier *c, const struct case_item *item)
{
	struct smtp_reply reply;
	int rc = is_still_wanted(c, item);

	if (rc < 0)
		return DUTY_FAILED; /* due when its lease is over */
	if (rc == 0)
		return let_go(c, item);
	rc = deliver(c, item, &reply);
	return record(c, item, rc, &reply);
}

/* May this item leave now?  1 yes; else *out says what becomes of the duty. */
static int
is_ready(struct courier *c, const struct case_duty *d,
    const struct case_item *item, enum duty *out)
{
	int64_t now = oct_clock_wall_ms(), ready;
	struct case_timers t;

	gate_timers(c, item->held.domain, &item->held.local, 1, &t);
	ready = courier_settled_ms(&t, item->held.arrival_ms, now);
	*out = DUTY_DONE;
	if (!held_is_live(item->state))
		return 0;
	if (item->want[0] == '\0') {
		if (drop_if_blocked(c, &item->held) != 0)
			*out = DUTY_FAILED;
		return 0;
	}
	if (now < ready)
		*out = courier_put_off(c, d, ready);
	else if (case_is_leased(&c->timers, item, now))
		*out = courier_put_off(c, d, item->lease_ms + 1000);
	else
		return 1;
	return 0;
}

int
courier_release_look(struct courier *c, const struct case_duty *d,
    struct case_item *item, enum duty *out)
{
	int rc = case_item_read(c->store, d->domain, d->id, item);

	*out = DUTY_DONE;
	if (rc == OCT_EPARSE)
		oct_log(OCT_ERROR, "item=%s domain=%s error=unreadable", d->id,
		    d->domain);
	else if (rc < 0)
		*out = DUTY_FAILED;
	if (rc != 1)
		return 0;
	if (is_ready(c, d, item, out) == 1)
		return 1;
	case_item_fini(item);
	return 0;
}

int
courier_release_claim(struct courier *c, const struct case_duty *d,
    struct case_item *item, enum duty *out)
{
	int rc = case_claim(c->store, &c->timers, item, oct_clock_wall_ms());

	if (rc == 1)
		return 1;
	/* It changed under us: look again. */
	*out = rc == 0 ? courier_put_off(c, d, oct_clock_wall_ms() + 1000)
		       : DUTY_FAILED;
	return 0;
}

enum duty
courier_release(struct courier *c, const struct case_duty *d)
{
	struct case_item item;
	enum duty out;

	if (courier_release_look(c, d, &item, &out) == 0)
		return out;
	if (courier_release_claim(c, d, &item, &out) == 1)
		out = courier_release_finish(c, &item);
	case_item_fini(&item);
	return out;
}
