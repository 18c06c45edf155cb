/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of those who submit mail.  What passes them looks like a stolen
 * password: sending is suspended until an administrator has looked.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "milter/limits_int.h"
#include "milter/outbound.h"
#include "policy/keys.h"

#define TEXT_SIZE 96
#define REASON_SIZE 256 /* with its NUL: DIR_TEXT_MAX */
#define SUSPEND_AGAIN_MS 5000

void
limits_sender(const struct session *s, struct limits_sender *out)
{
	out->domain = NULL;
	out->mailbox = s->auth_user == NULL ? NULL
	    : outbound_login(s->snapshot, s->auth_user, &out->domain);
	if (out->mailbox == NULL)
		out->domain = NULL;
}

/* --- Suspending ---------------------------------------------------------------- */

/* Printable ASCII that JSON takes as it is, and not too much of it. */
static void
add_plain(struct oct_str *out, const char *text, size_t max)
{
	for (size_t i = 0; text[i] != '\0' && i < max; i++) {
		char c = text[i];

		oct_str_addc(out,
		    c <= ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c);
	}
}

/* When, which limit, and the first message that passed it. */
static void
write_reason(const struct session *s, const char *limit, struct oct_str *out)
{
	char from[OCT_ADDR_SIZE], ip[OCT_IP_SIZE], when[32];
	time_t now = (time_t)(oct_clock_wall_ms() / 1000);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	oct_addr_text(&s->rpath, from);
	oct_ip_text(&s->client, ip);
	oct_str_addf(out, "%s limit %s passed by message %s from ", when,
	    limit, *s->id != '\0' ? s->id : "-");
	add_plain(out, from, 64);
	oct_str_addf(out, " client %s", ip);
}

/* Of those who see it at once, one suspends; if that fails, another does a little
 * later. */
static bool
may_suspend(struct session *s, const struct charge *hit)
{
	char key[KEY_SIZE];
	struct store_rate once = { .key = key, .count = 1,
		.period_ms = SUSPEND_AGAIN_MS, .burst = 1, .cost = 1 };
	struct oct_str text;
	int64_t retry_ms;
	size_t over;

	oct_str_fixed(&text, key, sizeof(key));
	oct_str_addf(&text, "%s:suspend", hit->key);
	return oct_str_err(&text) == 0 &&
	    store_rate_take(s->app->store, &once, 1, &over, &retry_ms) == 1;
}

static void
suspend(struct session *s, const struct limits_sender *from,
    const struct charge *hit, const char *limit)
{
	char reason[REASON_SIZE], json[REASON_SIZE + 64], problem[256];
	char account[OCT_ADDR_SIZE];
	bool domain = quota_is_domain(hit->quota);
	struct dir_change change = { .domain = from->domain->name,
		.local = domain ? NULL : from->mailbox->local,
		.json = json, .actor = "milter" };
	struct oct_str text;
	int rc;

	if (!may_suspend(s, hit))
		return;
	oct_str_fixed(&text, reason, sizeof(reason));
	write_reason(s, limit, &text);
	(void)snprintf(json, sizeof(json),
	    "{\"sending\":\"suspended\",\"sending_reason\":\"%s\"}", reason);
	(void)snprintf(account, sizeof(account), "%s%s%s",
	    domain ? "" : from->mailbox->local, domain ? "" : "@",
	    from->domain->name);
	/* Before it, so that no suspension goes untold (courier/tell.h). */
	rc = store_zadd(s->app->store, KEY_SUSPENDED, oct_clock_wall_ms(),
	    account);
	if (rc == 0)
		rc = directory_change(s->app->store, &change, problem);
	else
		(void)snprintf(
		    problem, sizeof(problem), "%s", oct_strerror(rc));
	oct_log(OCT_ERROR,
	    "%s: alarm=sending-suspended account=%s done=%s reason=\"%s\" "
	    "hint=\"change the password, then octroictl %s set %s "
	    "--sending=active\"",
	    *s->id != '\0' ? s->id : "-", account, rc == 0 ? "yes" : problem,
	    reason, domain ? "domain" : "mailbox", account);
}

/* --- At RCPT --------------------------------------------------------------------- */

static bool
may_send(const struct limits_sender *from, struct reply *out)
{
	switch (limit_sending(from->domain, from->mailbox, NULL)) {
	case DIR_ACTIVE:
		return true;
	case DIR_SUSPENDED:
		reply_set(out, REPLY_TEMPFAIL, 451, "4.7.1",
		    "Sending is suspended for this account, ask your "
		    "administrator");
		return false;
	case DIR_CLOSED:
		break;
	}
	reply_set(out, REPLY_REJECT, 550, "5.7.1",
	    "This account may not send mail, ask your administrator");
	return false;
}

static bool
fits(const struct session *s, const struct limits_sender *from,
    struct reply *out)
{
	const struct limit_platform *p = &s->app->limits;
	int64_t most = limit_number(p, from->domain, from->mailbox,
	    OPTION_MAX_RECIPIENTS_OUT);
	int64_t size = limit_number(p, from->domain, from->mailbox,
	    OPTION_MAX_SIZE_OUT);

	if (size > 0 && limits_declared(s) > size) {
		reply_set(out, REPLY_REJECT, 552, "5.3.4",
		    "Message too big (limit: max_size_out)");
		return false;
	}
	if (most > 0 && (int64_t)s->rcpt_count >= most) {
		reply_set(out, REPLY_TEMPFAIL, 452, "4.5.3",
		    "Too many recipients (limit: max_recipients_out)");
		return false;
	}
	return true;
}

static bool
past(struct session *s, const struct limits_sender *from,
    const struct charge *hit, struct reply *out)
{
	enum option_past what = limit_past(&s->app->limits, from->domain,
	    from->mailbox, hit->quota);
	char limit[TEXT_SIZE];
	struct oct_str text;

	oct_str_fixed(&text, limit, sizeof(limit));
	charge_text(hit, &text);
	if (what == OPTION_PAST_HOLD) {
		memcpy(s->quarantine, limit, sizeof(s->quarantine));
		return true;
	}
	if (what == OPTION_PAST_SUSPEND && from->mailbox != NULL)
		suspend(s, from, hit, limit);
	if (what == OPTION_PAST_REFUSE)
		reply_set(out, REPLY_REJECT, 550, "5.7.1",
		    "Too much mail from this account (limit: %s)", limit);
	else
		reply_set(out, REPLY_TEMPFAIL, 451, "4.7.1",
		    "Too much mail from this account (limit: %s), try again "
		    "later",
		    limit);
	return false;
}

bool
limits_out_past(struct session *s, const struct charge *hit,
    struct reply *out)
{
	struct limits_sender from;

	limits_sender(s, &from);
	return past(s, &from, hit, out);
}

bool
limits_out(struct session *s, struct rcpt *r, struct reply *out)
{
	char name[LIMIT_SUBJECT_SIZE];
	struct limits_sender from;
	struct charges_subject subject = { .platform = &s->app->limits,
		.out = true, .octets = limits_declared(s) };
	const struct charge *hit = NULL;
	bool go_on;

	limits_sender(s, &from);
	if (!may_send(&from, out) || !fits(s, &from, out))
		return false;
	if (from.mailbox != NULL)
		limit_subject(from.mailbox, true, name);
	subject.domain = from.domain;
	subject.mailbox = from.mailbox;
	subject.name = from.mailbox != NULL ? name : s->auth_user;
	if (charges_add(&r->charges[1], &subject) != 0 ||
	    !limits_take(s, r, 1, &hit))
		return true;
	limits_alarm(s, r, hit, s->auth_user);
	go_on = past(s, &from, hit, out);
	charges_fini(&r->charges[1]);
	return go_on;
}
