/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl doctor: the programs that look at messages for us.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clamd.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_doctor.h"

#define ANSWER_MS 3000
#define DAY_MS 86400000LL
#define OLD_DAYS 3      /* signatures are made several times a day */
#define TOO_OLD_DAYS 30

void
doctor_signatures(const char *version, int64_t now_ms, struct ctl_findings *f)
{
	char text[64];
	int64_t made_ms, days;

	if (clamd_signatures(version, &made_ms) != 0) {
		ctl_finding(f, CTL_WARN, "virus signatures", version,
		    "clamd does not say how old they are",
		    "it does so with ClamAV's own data base: run freshclam");
		return;
	}
	days = (now_ms - made_ms) / DAY_MS;
	(void)snprintf(text, sizeof(text), "%lld days old", (long long)days);
	ctl_finding(f,
	    days > TOO_OLD_DAYS ? CTL_FAIL
		: days > OLD_DAYS ? CTL_WARN
				  : CTL_OK,
	    "virus signatures", version, text,
	    "new malware is not found: see why freshclam does not bring them");
}

static void
doctor_clamd(const struct settings *set, struct ctl_findings *f)
{
	int64_t until = oct_clock_mono_ms() + ANSWER_MS;
	char answer[CLAMD_ANSWER_SIZE] = "";
	struct smtp_peer peer;
	int rc = smtp_peer_parse(set->virus_clamd, &peer);

	if (rc == 0)
		rc = clamd_ask(&peer, "PING", until, answer);
	if (rc == 0 && strcmp(answer, "PONG") != 0)
		rc = OCT_EREPLY;
	ctl_finding(f, rc == 0 ? CTL_OK : CTL_FAIL, "clamd", set->virus_clamd,
	    rc == 0 ? "answers" : oct_strerror(rc),
	    set->virus_on_failure == 0
		? "all mail is deferred (451): start clamd, and let octroi's "
		  "user connect to its socket"
		: "mail is accepted without a search for malware: start clamd, "
		  "and let octroi's user connect to its socket");
	if (rc == 0)
		rc = clamd_ask(&peer, "VERSION", until, answer);
	if (rc == 0)
		doctor_signatures(answer, oct_clock_wall_ms(), f);
}

static void
doctor_rspamd(const struct settings *set, struct ctl_findings *f)
{
	struct smtp_conn c;
	struct smtp_peer peer;
	int rc = smtp_peer_parse(set->rspamd_address, &peer);

	smtp_conn_init(&c);
	if (rc == 0)
		rc = smtp_conn_open(&c, &peer, oct_clock_mono_ms() + ANSWER_MS);
	smtp_conn_close(&c);
	ctl_finding(f, rc == 0 ? CTL_OK : CTL_WARN, "rspamd",
	    set->rspamd_address, rc == 0 ? "listens" : oct_strerror(rc),
	    "messages are scored without its opinion: start it, or leave "
	    "rspamd.address empty");
}

void
doctor_scanners(const struct settings *set, struct ctl_findings *f)
{
	if (*set->virus_clamd != '\0')
		doctor_clamd(set, f);
	else
		ctl_finding(f, CTL_OK, "clamd", "virus.clamd",
		    "not asked: mail is not searched for malware", "");
	if (*set->rspamd_address != '\0')
		doctor_rspamd(set, f);
}
