/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Administrators hear once of each change that the watch saw in the DNS of a
 * hosted domain.
 */
#include "courier/tell.h"
#include "lib/err.h"
#include "policy/dns_watch.h"
#include "policy/told.h"

static int
each_alarm(void *arg, const struct dns_watch_alarm *alarm)
{
	struct tell_round *r = arg;
	struct courier *c = r->courier;
	char what[TOLD_SIZE];
	struct oct_str name, text;
	struct tell t = { .what = what,
		.to = c->settings->challenge_alerts,
		.subject = alarm->subject,
		.text = &text };
	int rc;

	if (r->left == 0)
		return 0;
	oct_str_fixed(&name, what, sizeof(what));
	oct_str_addf(&name, "dns:%s:%lld", alarm->domain,
	    (long long)alarm->since_ms);
	rc = oct_str_err(&name);
	if (rc != 0)
		return rc;
	r->left--;
	oct_str_heap(&text, DNS_WATCH_TEXT_MAX * 2);
	oct_str_add(&text, alarm->text);
	rc = oct_str_err(&text);
	if (rc == 0)
		rc = tell_send(c, &t);
	oct_str_free(&text);
	if (rc < 0) {
		r->error = rc;
		return 0;
	}
	return dns_watch_told(c->store, alarm->domain, alarm->stored);
}

int
tell_dns(struct tell_round *r)
{
	if (*r->courier->settings->challenge_alerts == '\0')
		return 0;
	return dns_watch_alarms(r->courier->store, each_alarm, r);
}
