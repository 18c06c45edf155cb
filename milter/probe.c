/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/probe.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/probe.h"

/* Mail systems leave a field that they do not know as it is; folded all the
 * same. */
static bool
read_token(const struct judge *j, char id[OCT_TOKEN_ID_SIZE])
{
	char text[OCT_TOKEN_SIZE];

	if (oct_msg_value(j->msg, PROBE_FIELD, text, sizeof(text)) != 1)
		return false;
	for (char *p = text; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	if (oct_token_parse(&j->session->app->tokens, OCT_TOKEN_PROBE, text,
		id) == 0)
		return true;
	oct_log(OCT_NOTICE, "%s: probe=bad", j->session->id);
	return false;
}

/* By our own signature: its result, where there is one. */
static enum probe_dkim
dkim_of(const struct judge *j)
{
	enum probe_dkim out = PROBE_DKIM_NONE;

	for (size_t i = 0; i < j->ev->dkim.count; i++) {
		const struct auth_dkim_sig *sig = &j->ev->dkim.sig[i];

		if (strcmp(sig->domain, j->session->app->challenge_domain) !=
		    0)
			continue;
		if (sig->result == AUTH_PASS)
			return PROBE_DKIM_KEPT;
		out = PROBE_DKIM_BROKEN;
	}
	return out;
}

static void
fill(const struct judge *j, struct probe *p)
{
	const struct session *s = j->session;
	char ip[OCT_IP_SIZE], name[OCT_DOMAIN_SIZE];
	size_t hops = oct_msg_count(j->msg, "Received");

	oct_ip_text(&s->client, ip);
	if (s->helo == NULL || oct_domain_normalise(s->helo, name) != 0)
		name[0] = '\0';
	(void)snprintf(p->host, sizeof(p->host), "%s%s%s", ip,
	    *name != '\0' ? " " : "", name);
	memcpy(p->path, s->rpath.domain, sizeof(p->path));
	if (p->path[0] == '[')
		p->path[0] = '\0';
	p->hops = hops < PROBE_HOPS_MAX ? (int)hops : PROBE_HOPS_MAX;
	p->dkim = dkim_of(j);
	p->arrived_ms = j->now_ms;
	p->state = PROBE_ARRIVED;
}

int
probe_arrival(struct judge *j)
{
	const struct session *s = j->session;
	const struct dir_final *f;
	char id[OCT_TOKEN_ID_SIZE];
	struct probe was, now;
	int rc;

	/* Only where nobody else gets the message. */
	if (j->count != 1 || s->rcpt_count != 1 || !read_token(j, id))
		return 0;
	f = j->finals[0].final;
	if (f->domain == NULL || f->mailbox == NULL)
		return 0;
	rc = probe_read(s->app->store, f->domain->name, id, &was);
	if (rc != 1 || was.state != PROBE_SENT ||
	    strcmp(was.local, f->mailbox->local) != 0)
		return rc < 0 ? rc : 0;
	now = was;
	fill(j, &now);
	rc = probe_move(s->app->store, s->app->settings->node,
	    f->domain->name, id, &was, &now);
	if (rc == OCT_ECONFLICT)
		return 0;
	if (rc != 0)
		return rc;
	oct_log(OCT_NOTICE,
	    "%s: verdict=probe domain=%s id=%s dkim=%s hops=%d host=\"%s\"",
	    s->id, f->domain->name, id, probe_dkim_name(now.dkim), now.hops,
	    now.host);
	return 1;
}

int
probe_bounce(struct judge *j, const char *id)
{
	struct store *store = j->session->app->store;
	char domain[OCT_DOMAIN_SIZE];
	struct probe was, now;
	int rc = probe_domain(store, id, domain);

	if (rc == 1)
		rc = probe_read(store, domain, id, &was);
	if (rc != 1 || was.state != PROBE_SENT)
		return rc < 0 ? rc : 0;
	now = was;
	now.state = PROBE_BOUNCED;
	(void)snprintf(now.note, sizeof(now.note),
	    "the old address, or where it forwards to, refused it");
	rc = probe_move(store, NULL, domain, id, &was, &now);
	return rc == 0 ? 1 : rc == OCT_ECONFLICT ? 0 : rc;
}
