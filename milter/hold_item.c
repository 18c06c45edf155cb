/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/hold_item.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "milter/actions.h"

#define TRACE_MAX 12288

/* Our trace: what the release puts before the message (challenge.md 4). */
static int
build_trace(struct judge *j, struct oct_str *out)
{
	struct session *s = j->session;
	char client[OCT_IP_SIZE], date[OCT_CLOCK_RFC5322_SIZE];
	char helo[256];
	size_t n = 0;
	int rc;

	oct_ip_text(&s->client, client);
	oct_clock_rfc5322(j->now_ms, date);
	for (const char *p = s->helo; *p != '\0' && n < sizeof(helo) - 1; p++)
		helo[n++] = (*p > 0x20 && *p < 0x7f && strchr("()<>\\\"", *p) ==
				NULL)
		    ? *p
		    : '?';
	helo[n] = '\0';
	oct_str_addf(out,
	    "Received: from %s ([%s%s])\r\n\tby %s with ESMTP id %s;\r\n"
	    "\t%s\r\n",
	    n > 0 ? helo : "unknown",
	    s->client.family == AF_INET6 ? "IPv6:" : "", client,
	    s->app->settings->hostname, s->id[0] != '\0' ? s->id : "none",
	    date);
	oct_str_add(out, "Authentication-Results: ");
	rc = actions_results(j, out);
	oct_str_add(out, "\r\n");
	if (*outside_virus_text(&j->ev->virus) != '\0')
		oct_str_addf(out, "X-Octroi-Virus: %s\r\n",
		    outside_virus_text(&j->ev->virus));
	return rc;
}

/* actions_results folds with LF; a stored line ends in CRLF. */
static int
crlf(const char *text, struct oct_str *out)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\n' && (p == text || p[-1] != '\r'))
			oct_str_addc(out, '\r');
		oct_str_addc(out, *p);
	}
	return oct_str_err(out);
}

static void
short_value(const struct oct_msg *m, const char *name, char *out, size_t len)
{
	if (oct_msg_value(m, name, out, len) < 0)
		*out = '\0'; /* too long to be shown or quoted */
}

/* As much of a Subject as is kept, up to a blank: what is cut off is said, and no
 * encoded word (RFC 2047) is cut. */
static void
shown_subject(const struct oct_msg *m, char *out, size_t len)
{
	static const char more[] = " ...";
	const struct oct_field *f = oct_msg_find(m, "Subject", 0);
	char *whole;
	size_t n = len - sizeof(more);

	if (oct_msg_value(m, "Subject", out, len) >= 0)
		return;
	*out = '\0';
	whole = f != NULL ? malloc(f->value_len + 1) : NULL;
	if (whole == NULL ||
	    oct_msg_value(m, "Subject", whole, f->value_len + 1) != 1 ||
	    strlen(whole) <= n) {
		free(whole);
		return;
	}
	while (n > 0 && whole[n] != ' ')
		n--;
	/* One word without end: cut between characters. */
	for (n = n > 0 ? n : len - sizeof(more);
	     n > 0 && ((unsigned char)whole[n] & 0xc0) == 0x80;)
		n--;
	memcpy(out, whole, n);
	memcpy(out + n, more, sizeof(more));
	free(whole);
}

int
hold_shared_init(struct judge *j, struct hold_shared *sh)
{
	struct session *s = j->session;
	struct oct_str raw, trace, symbols;
	struct oct_addr folded;
	int rc;

	memset(sh, 0, sizeof(*sh));
	oct_addr_text(&s->rpath, sh->rpath);
	oct_ip_text(&s->client, sh->client);
	if (j->ev->from_count > 0) {
		oct_addr_fold(&j->ev->from[0], '\0', &folded);
		oct_addr_text(&folded, sh->from);
	}
	shown_subject(j->msg, sh->subject, sizeof(sh->subject));
	short_value(j->msg, "Message-ID", sh->message_id,
	    sizeof(sh->message_id));
	short_value(j->msg, "References", sh->references,
	    sizeof(sh->references));
	oct_str_heap(&raw, TRACE_MAX);
	oct_str_heap(&trace, TRACE_MAX + 1024);
	oct_str_heap(&symbols, 4000);
	rc = build_trace(j, &raw);
	if (rc == 0)
		rc = crlf(oct_str_text(&raw), &trace);
	if (j->ev->virus.state == VIRUS_FOUND)
		oct_str_addf(&symbols, "VIRUS(%s)", j->ev->virus.name);
	score_symbols_text(&j->ev->score, &s->app->env.weights, &symbols);
	oct_str_free(&raw);
	sh->trace = oct_str_take(&trace);
	sh->symbols = oct_str_take(&symbols);
	if (rc == 0 && (sh->trace == NULL || sh->symbols == NULL))
		rc = -ENOMEM;
	return rc;
}

void
hold_shared_fini(struct hold_shared *sh)
{
	free(sh->trace);
	free(sh->symbols);
}

const char *
hold_local_of(const struct judge *j, const struct judge_final *f)
{
	return f->final->mailbox != NULL ? f->final->mailbox->local
					 : j->session->rcpts[f->rcpt].addr.local;
}

const char *
hold_lang_of(const struct judge_final *f)
{
	if (f->final->domain == NULL)
		return "fr";
	return dir_lang_of(f->final->domain, f->final->mailbox) == DIR_LANG_EN
	    ? "en"
	    : "fr";
}

bool
hold_keeps(const struct judge_final *f)
{
	return (f->fate.verdict == FATE_HOLD || f->transit) && !f->merged;
}

void
hold_item_fill(struct judge *j, const struct hold_shared *sh,
    struct judge_final *f, struct held *h)
{
	struct session *s = j->session;
	const struct rcpt *r = &s->rcpts[f->rcpt];
	enum fate_reason reason = f->transit ? FATE_R_TRANSIT : f->fate.reason;
	bool outside = f->final->domain == NULL;
	struct case_timers timers;

	held_init(h);
	h->id = f->id;
	h->domain = judge_domain_of(j, f);
	h->local = hold_local_of(j, f);
	h->rcpt = f->final->address;
	h->typed = r->envelope;
	h->rpath = sh->rpath;
	h->mail_params = s->mail_params;
	h->rcpt_params = r->params;
	h->from = sh->from;
	h->subject = sh->subject;
	h->message_id = sh->message_id;
	h->references = sh->references;
	h->class = proof_class_name(f->proof.class);
	h->sid = f->transit || outside ? "" : f->sid;
	h->share = f->transit || outside ? "" : f->share;
	h->reason = fate_reason_name(reason);
	h->symbols = f->symbols != NULL ? f->symbols : sh->symbols;
	h->client = sh->client;
	h->helo = s->helo;
	h->queue_id = s->id;
	h->node = s->app->settings->node;
	h->ledger = f->ledger;
	h->trace = sh->trace;
	h->lang = hold_lang_of(f);
	h->score = f->score.total;
	h->arrival_ms = j->now_ms;
	h->size = (int64_t)oct_msg_size(j->msg);
	facts_timers(&s->app->timers, &f->options, &timers);
	h->expires_ms = j->now_ms + case_hold_ms(&timers, reason, f->fate.ask);
}
