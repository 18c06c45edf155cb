/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/limits_int.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "milter/storage.h"
#include "policy/keys.h"

#define TEXT_SIZE 96

/* --- Whose limits ------------------------------------------------------------ */

/* The one mailbox behind the address, or NULL: a group is charged to the domain
 * of its address. */
static const struct dir_final *
single(const struct rcpt *r)
{
	return r->finals.count == 1 && r->finals.finals[0].domain != NULL
	    ? &r->finals.finals[0]
	    : NULL;
}

static const struct dir_domain *
domain_of(const struct session *s, const struct rcpt *r)
{
	const struct dir_final *f = single(r);

	return f != NULL ? f->domain : dir_domain(s->snapshot, r->addr.domain);
}

static const struct dir_mailbox *
mailbox_of(const struct rcpt *r)
{
	const struct dir_final *f = single(r);

	return f != NULL ? f->mailbox : NULL;
}

/* --- Alarms ------------------------------------------------------------------ */

/* One token a period and limit: the first to pass it takes it. */
static bool
is_first(struct session *s, const struct charge *hit)
{
	char key[KEY_SIZE];
	struct store_rate told = { .key = key, .count = 1,
		.period_ms = hit->rate.period_ms, .burst = 1, .cost = 1 };
	struct oct_str text;
	int64_t retry_ms;
	size_t over;

	oct_str_fixed(&text, key, sizeof(key));
	oct_str_addf(&text, "%s:told", hit->key);
	return oct_str_err(&text) == 0 &&
	    store_rate_take(s->app->store, &told, 1, &over, &retry_ms) == 1;
}

/* Which level sets it, and what would lift it. */
static void
write_level(const struct session *s, const struct rcpt *r,
    const struct charge *hit, struct oct_str *out)
{
	const struct limit_platform *p = &s->app->limits;
	struct limits_sender from = { domain_of(s, r), mailbox_of(r) };
	enum dir_level level;

	if (s->direction == DIR_SUBMISSION)
		limits_sender(s, &from);
	if (hit->network) {
		oct_str_addf(out, "level=platform lift=\"limits.network_%s of "
				  "the configuration\"", quota_name(hit->quota));
		return;
	}
	level = limit_level(
	    from.domain, from.mailbox, hit->quota, &hit->rate);
	oct_str_addf(out, "level=%s lift=\"", dir_level_name(level));
	limit_lift(level, p->maximum, from.domain, from.mailbox, hit->quota,
	    out);
	oct_str_addc(out, '"');
}

void
limits_alarm(struct session *s, const struct rcpt *r, const struct charge *hit,
    const char *account)
{
	char level[LIMIT_LIFT_SIZE + 48];
	char limit[TEXT_SIZE], from[OCT_ADDR_SIZE], ip[OCT_IP_SIZE];
	char safe[OCT_LOG_SAFE_SIZE], who[OCT_LOG_SAFE_SIZE];
	bool first = is_first(s, hit);
	struct oct_str text;

	oct_str_fixed(&text, limit, sizeof(limit));
	charge_text(hit, &text);
	oct_addr_text(&s->rpath, from);
	oct_ip_text(&s->client, ip);
	oct_str_fixed(&text, level, sizeof(level));
	write_level(s, r, hit, &text);
	oct_log(first ? OCT_WARNING : OCT_NOTICE,
	    "%s: %slimit=\"%s\" account=%s domain=%s from=%s client=%s %s",
	    *s->id != '\0' ? s->id : "-", first ? "alarm=limit " : "", limit,
	    oct_log_safe(account, who, sizeof(who)), r->addr.domain,
	    oct_log_safe(from, safe, sizeof(safe)), ip, level);
}

/* --- In ---------------------------------------------------------------------- */

/* True: over both buckets that it may take from. */
static bool
over_rates(struct session *s, struct rcpt *r, const struct charge **hit)
{
	struct charges_subject subject = { .platform = &s->app->limits,
		.domain = domain_of(s, r), .mailbox = mailbox_of(r),
		.octets = limits_declared(s) };

	if (subject.domain == NULL)
		return false;
	if (subject.mailbox != NULL)
		subject.name = subject.mailbox->local;
	if (charges_add(&r->charges[1], &subject) != 0 ||
	    !limits_take(s, r, 1, hit))
		return false;
	if (single(r) == NULL || !limits_known(s, single(r)))
		return true;
	charges_fini(&r->charges[1]);
	subject.known = true;
	return charges_add(&r->charges[1], &subject) == 0 &&
	    limits_take(s, r, 1, hit);
}

static bool
over_network(struct session *s, struct rcpt *r, const struct charge **hit)
{
	char net[OCT_IP_SIZE];

	if (s->client.family == AF_UNSPEC)
		return false;
	oct_ip_net_text(&s->client, net);
	return charges_add_network(&r->charges[0], &s->app->limits, net,
		   limits_declared(s)) == 0 &&
	    limits_take(s, r, 0, hit);
}

/* Past a limit of mailbox or domain. */
static bool
past(struct session *s, struct rcpt *r, const struct charge *hit,
    struct reply *out)
{
	char limit[TEXT_SIZE], words[TEXT_SIZE + 32], account[OCT_ADDR_SIZE];
	struct oct_str text;

	oct_str_fixed(&text, limit, sizeof(limit));
	charge_text(hit, &text);
	oct_addr_text(&r->addr, account);
	limits_alarm(s, r, hit,
	    quota_is_domain(hit->quota) ? r->addr.domain : account);
	switch (limit_past(&s->app->limits, domain_of(s, r), mailbox_of(r),
	    hit->quota)) {
	case OPTION_PAST_HOLD:
		r->over_limit = true;
		return true;
	case OPTION_PAST_REFUSE:
		(void)snprintf(words, sizeof(words),
		    "Too much mail (limit: %s)", limit);
		session_reject(s, out, 550, "5.7.1", "4.7.1", words);
		return false;
	case OPTION_PAST_DEFER:
	case OPTION_PAST_SUSPEND:
		break;
	}
	reply_set(out, REPLY_TEMPFAIL, 451, "4.7.1",
	    "Too much mail (limit: %s), try again later", limit);
	return false;
}

static size_t
rcpts_of(const struct session *s, const char *domain)
{
	size_t n = 0;

	for (size_t i = 0; i < s->rcpt_count; i++)
		n += s->rcpts[i].ours &&
		    strcmp(s->rcpts[i].addr.domain, domain) == 0;
	return n;
}

/* Limits that are of one message alone. */
static bool
fits(const struct session *s, const struct rcpt *r, struct reply *out)
{
	const struct limit_platform *p = &s->app->limits;
	const struct dir_domain *d = domain_of(s, r);
	int64_t most = limit_number(p, d, mailbox_of(r),
	    OPTION_MAX_RECIPIENTS_IN);
	int64_t size = limit_number(p, d, mailbox_of(r), OPTION_MAX_SIZE_IN);

	if (size > 0 && limits_declared(s) > size) {
		session_reject(s, out, 552, "5.3.4", "4.3.4",
		    "Message too big (limit: max_size_in)");
		return false;
	}
	if (most > 0 && (int64_t)rcpts_of(s, r->addr.domain) >= most) {
		reply_set(out, REPLY_TEMPFAIL, 452, "4.5.3",
		    "Too many recipients (limit: max_recipients_in)");
		return false;
	}
	return true;
}

static bool
limits_in(struct session *s, struct rcpt *r, struct reply *out)
{
	const struct charge *hit = NULL;
	bool go_on;

	if (!fits(s, r, out) || !storage_has_room(s, r, out))
		return false;
	if (over_network(s, r, &hit)) {
		limits_alarm(s, r, hit, "-");
		reply_set(out, REPLY_TEMPFAIL, 451, "4.7.1",
		    "Too much mail from your network (limit: network), try "
		    "again later");
		return false;
	}
	if (!over_rates(s, r, &hit))
		return true;
	go_on = past(s, r, hit, out);
	/* What is refused or held is not charged (design 7). */
	charges_refund(s->app->store, &r->charges[0]);
	charges_fini(&r->charges[1]);
	return go_on;
}

bool
limits_rcpt(struct session *s, struct rcpt *r, struct reply *out)
{
	if (s->direction == DIR_SUBMISSION)
		return limits_out(s, r, out);
	if ((!r->ours && !r->service) || !decide_is_checked(s->direction))
		return true;
	return limits_in(s, r, out);
}

bool
limits_size(const struct session *s, int64_t octets, const char **limit)
{
	const struct limit_platform *p = &s->app->limits;
	struct limits_sender from;
	int64_t most;

	if (s->direction == DIR_SUBMISSION) {
		limits_sender(s, &from);
		most = limit_number(p, from.domain, from.mailbox,
		    OPTION_MAX_SIZE_OUT);
		*limit = "max_size_out";
		return most > 0 && octets > most;
	}
	*limit = "max_size_in";
	for (size_t i = 0; i < s->rcpt_count; i++) {
		const struct rcpt *r = &s->rcpts[i];

		if (!r->ours || !decide_is_checked(s->direction))
			continue;
		most = limit_number(p, domain_of(s, r), mailbox_of(r),
		    OPTION_MAX_SIZE_IN);
		if (most > 0 && octets > most)
			return true;
	}
	return false;
}

/* True: one of his limits has not so much left, or of his network. */
static bool
lacks_volume(struct session *s, struct rcpt *r, int64_t octets,
    const struct charge **hit)
{
	for (size_t i = 0; i < OCT_LEN(r->charges); i++) {
		size_t over = 0;

		if (charges_grow(s->app->store, &r->charges[i], octets,
			&over) != 0)
			continue; /* or the store is away */
		*hit = &r->charges[i].at[over];
		return true;
	}
	return false;
}

static bool
past_volume(struct session *s, struct rcpt *r, const struct charge *hit,
    struct reply *out)
{
	if (s->direction == DIR_SUBMISSION) {
		limits_alarm(s, r, hit, s->auth_user);
		return limits_out_past(s, hit, out);
	}
	if (!hit->network)
		return past(s, r, hit, out);
	limits_alarm(s, r, hit, "-");
	reply_set(out, REPLY_TEMPFAIL, 451, "4.7.1",
	    "Too much mail from your network (limit: network), try again "
	    "later");
	return false;
}

bool
limits_volume(struct session *s, int64_t octets, struct reply *out)
{
	const struct charge *hit = NULL;
	size_t lacking = 0;
	bool go_on = true;

	for (size_t i = 0; i < s->rcpt_count; i++)
		lacking += lacks_volume(s, &s->rcpts[i], octets, &hit);
	if (lacking == 0 || lacking < s->rcpt_count)
		return true;
	for (size_t i = 0; i < s->rcpt_count && go_on; i++)
		if (lacks_volume(s, &s->rcpts[i], octets, &hit))
			go_on = past_volume(s, &s->rcpts[i], hit, out);
	return go_on;
}

bool
limits_guess(struct session *s)
{
	const struct quota_rate *guess = &s->app->rate_guess;
	char net[OCT_IP_SIZE], key[KEY_SIZE];
	struct store_rate rate = { .key = key, .count = guess->count,
		.period_ms = guess->period_ms, .burst = guess->count,
		.cost = 1 };
	int64_t retry_ms = 0;
	size_t over = 0;
	int rc;

	if (guess->count == 0 || s->client.family == AF_UNSPEC)
		return false;
	oct_ip_net_text(&s->client, net);
	key_rate_net(key, "guess", net);
	rc = store_rate_take(s->app->store, &rate, 1, &over, &retry_ms);
	if (rc < 0)
		atomic_fetch_add_explicit(&s->app->quota_open, 1,
		    memory_order_relaxed);
	return rc == 0;
}
