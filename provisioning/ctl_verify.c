/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl legacy verify: does an old address forward?  A mail of our own tells
 * (policy/probe.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/probe.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_legacy.h"

#define WAIT_SECONDS 60
#define WAIT_MAX 3600
#define LOOK_MS 300

const struct ctl_option ctl_legacy_verify_options[] = {
	{ "wait", "SECONDS", "wait so long for it to arrive; 60" },
	{ "status", NULL, "send nothing: how the last one ended" },
	{ NULL, NULL, NULL },
};

/* --- Before -------------------------------------------------------------- */

/* Does the mailbox send back what the old address forwards to it? */
static int
check_loop(const struct ctl *ctl, const struct dir_domain *d,
    const struct dir_mailbox *m, const char *address)
{
	const char *p = detail_get(m->details, DETAIL_FORWARD);
	size_t len = strlen(address);

	for (; *p != '\0'; p += strcspn(p, ","), p += strspn(p, ", "))
		if (strncasecmp(p, address, len) == 0 &&
		    (p[len] == '\0' || p[len] == ','))
			return ctl_fail(ctl, DAEMON_EXIT_FAILED,
			    "%s forwards to %s@%s, which forwards back: mail "
			    "would go round; lift: octroictl mailbox set %s@%s "
			    "forward=",
			    address, m->local, d->name, m->local, d->name);
	return 0;
}

static int
check_entry(const struct ctl *ctl, const struct ctl_subject *s,
    const struct dir_domain *d, char local[OCT_LOCAL_SIZE])
{
	const struct dir_record *r =
	    d != NULL ? dir_legacy(d, s->local) : NULL;
	const struct dir_mailbox *m;

	if (r == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no legacy address %s of %s", s->name,
		    s->domain);
	m = dir_mailbox(d, detail_get(r->details, DETAIL_MAILBOX));
	if (detail_closed(r->details) || m == NULL || m->state != DIR_ACTIVE ||
	    d->state != DIR_ACTIVE)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: it, its mailbox and its domain must be active: what "
		    "is not served gets no mail",
		    s->name);
	(void)snprintf(local, OCT_LOCAL_SIZE, "%s", m->local);
	return check_loop(ctl, d, m, s->local);
}

/* --- Afterwards ---------------------------------------------------------- */

static const char *
advice(const struct probe *p)
{
	switch (p->state) {
	case PROBE_WAITING:
		return "the courier has not sent it yet: is octroi-courier "
		       "running?";
	case PROBE_SENT:
		return "nothing came yet: is forwarding to the mailbox switched "
		       "on at the old provider, and confirmed there?  It may "
		       "wait there or lie in its junk folder; --status tells "
		       "later, for a week";
	case PROBE_BOUNCED:
		return "the old address is gone, or forwards to where mail is "
		       "refused: look at the forwarding at the old provider";
	case PROBE_REFUSED:
		return "look at Postfix's log, then try again";
	case PROBE_ARRIVED:
	case PROBE_RECORDED:
		break;
	}
	if (p->hops > 15)
		return "it came by very many servers: look for detours";
	return p->dkim == PROBE_DKIM_KEPT
	    ? ""
	    : p->dkim == PROBE_DKIM_BROKEN
	    ? "the forwarder changes messages: senders cannot be proven "
	      "through it"
	    : "our signature was not on it: is there a DKIM key of the "
	      "challenge domain, published?";
}

static const struct ctl_column columns[] = {
	{ "address", "address", CTL_TEXT },
	{ "mailbox", "mailbox", CTL_TEXT },
	{ "state", "state", CTL_TEXT },
	{ "sent", "sent", CTL_TEXT },
	{ "arrived", "arrived", CTL_TEXT },
	{ "seconds", "seconds", CTL_TEXT },
	{ "dkim", "DKIM", CTL_TEXT },
	{ "hops", "hops", CTL_TEXT },
	{ "host", "brought by", CTL_TEXT },
	{ "path", "reverse-path", CTL_TEXT },
	{ "note", "note", CTL_TEXT },
	{ "advice", "to do", CTL_TEXT },
};

static int
print(const struct ctl *ctl, const struct ctl_subject *s,
    const struct probe *p)
{
	json_t *v = json_object();
	bool arrived = p->arrived_ms != 0;
	int status;

	ctl_json_set(v, "address", ctl_json_text(p->address));
	ctl_json_set(v, "mailbox",
	    json_sprintf("%s@%s", p->local, s->domain));
	ctl_json_set(v, "state", json_string(
		p->state == PROBE_RECORDED ? "arrived"
					   : probe_state_name(p->state)));
	ctl_json_set(v, "sent", ctl_json_time(p->sent_ms));
	ctl_json_set(v, "arrived", ctl_json_time(p->arrived_ms));
	if (arrived) {
		ctl_json_set(v, "seconds", json_integer((json_int_t)(
			(p->arrived_ms - p->sent_ms) / 1000)));
		ctl_json_set(v, "dkim", json_string(probe_dkim_name(p->dkim)));
		ctl_json_set(v, "hops", json_integer(p->hops));
		ctl_json_set(v, "host", ctl_json_text(p->host));
		ctl_json_set(v, "path", ctl_json_text(p->path));
	}
	if (*p->note != '\0')
		ctl_json_set(v, "note", ctl_json_text(p->note));
	if (*advice(p) != '\0')
		ctl_json_set(v, "advice", json_string(advice(p)));
	status = ctl_print(ctl, v, columns, OCT_LEN(columns));
	return status != 0 ? status : arrived ? 0 : DAEMON_EXIT_FAILED;
}

static void
pause_a_little(void)
{
	const struct timespec t = { .tv_nsec = LOOK_MS * 1000000L };

	(void)nanosleep(&t, NULL);
}

/* Until it ended, or the time is over. */
static int
wait_for(struct store *store, const struct ctl_subject *s, const char *id,
    int64_t seconds, struct probe *p)
{
	int64_t end = oct_clock_mono_ms() + seconds * 1000;
	int rc;

	for (;;) {
		rc = probe_read(store, s->domain, id, p);
		if (rc != 1 || p->state > PROBE_ARRIVED ||
		    oct_clock_mono_ms() >= end)
			return rc;
		pause_a_little();
	}
}

/* --- Asking -------------------------------------------------------------- */

static int
begin(struct ctl *ctl, const struct ctl_subject *s,
    char id[OCT_TOKEN_ID_SIZE])
{
	struct probe p = { .state = PROBE_WAITING,
		.made_ms = oct_clock_wall_ms() };
	const struct dir_snapshot *snapshot;
	struct store *store;
	int status = ctl_directory(ctl, s->domain, &snapshot), rc;

	if (status != 0)
		return status;
	status = check_entry(
	    ctl, s, dir_domain(snapshot, s->domain), p.local);
	directory_put(snapshot);
	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	memcpy(p.address, s->local, sizeof(p.address));
	rc = probe_make(store, ctl->settings->node, s->domain, &p, id);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "probe of", s->name);
}

int
ctl_legacy_verify(struct ctl *ctl, const struct ctl_args *args)
{
	char id[OCT_TOKEN_ID_SIZE];
	struct ctl_subject s;
	struct store *store;
	struct probe p;
	int64_t seconds;
	int status = ctl_subject(ctl, args, &s), rc;

	if (status == 0)
		status = ctl_number(
		    ctl, args, "wait", 0, WAIT_MAX, WAIT_SECONDS, &seconds);
	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status == 0 && !ctl_args_has(args, "status"))
		status = begin(ctl, &s, id);
	if (status != 0)
		return status;
	rc = ctl_args_has(args, "status")
	    ? probe_last(store, s.domain, s.local, id, &p)
	    : wait_for(store, &s, id, seconds, &p);
	if (rc == 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s was not verified in the last week", s.name);
	return rc == 1 ? print(ctl, &s, &p)
		       : ctl_fail_rc(ctl, rc, "probe of", s.name);
}
