/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/outbound.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/sent.h"

#define MESSAGE_ID_SIZE 1000

/* --- Whose mailbox --------------------------------------------------------- */

static bool
is_active(const struct dir_domain *d, const struct dir_mailbox *m)
{
	return d->state == DIR_ACTIVE && m->state == DIR_ACTIVE;
}

/* The one mailbox that the login leads to.  A login that is a group is nobody's
 * own word. */
static const struct dir_mailbox *
login_mailbox(const struct dir_snapshot *snapshot, const char *login,
    const struct dir_domain **domain)
{
	const struct dir_mailbox *m = NULL;
	struct dir_finals finals;
	struct oct_addr a;

	if (oct_addr_parse(login, &a) != 0 || a.domain[0] == '\0' ||
	    dir_resolve(snapshot, &a, NULL, &finals) != DIR_FOUND)
		return NULL;
	if (finals.count == 1 && finals.finals[0].domain != NULL) {
		m = finals.finals[0].mailbox;
		*domain = finals.finals[0].domain;
	}
	dir_finals_free(&finals);
	return m;
}

const struct dir_mailbox *
outbound_mailbox(const struct dir_snapshot *snapshot, const char *login,
    const struct oct_addr *rpath, const struct dir_domain **domain)
{
	const struct dir_mailbox *m;
	struct dir_finals finals;
	bool own = false;

	if (snapshot == NULL || login == NULL || oct_addr_is_null(rpath))
		return NULL;
	m = login_mailbox(snapshot, login, domain);
	if (m == NULL || !is_active(*domain, m) ||
	    dir_resolve(snapshot, rpath, NULL, &finals) != DIR_FOUND)
		return NULL;
	for (size_t i = 0; i < finals.count; i++)
		own |= finals.finals[i].mailbox == m;
	dir_finals_free(&finals);
	return own ? m : NULL;
}

/* --- To whom --------------------------------------------------------------- */

struct addressees {
	struct oct_addr addr[SENT_RCPT_MAX];
	char org[SENT_RCPT_MAX][OCT_DOMAIN_SIZE];
	const char *orgs[SENT_RCPT_MAX];
};

/* All their look-ups are started before the first is waited for. */
static struct addressees *
find_addressees(const struct session *s)
{
	struct addressees *to = calloc(1, sizeof(*to));

	if (to == NULL)
		return NULL;
	for (size_t i = 0; i < s->rcpt_count; i++)
		evaluator_want_org(s->evaluator, s->rcpts[i].addr.domain);
	for (size_t i = 0; i < s->rcpt_count; i++) {
		to->addr[i] = s->rcpts[i].addr;
		evaluator_org(s->evaluator, s->rcpts[i].addr.domain,
		    to->org[i]);
		to->orgs[i] = to->org[i];
	}
	return to;
}

static int
remember(const struct judge *j, const struct dir_domain *d,
    const struct dir_mailbox *m)
{
	struct session *s = j->session;
	struct option_values platform, options;
	char message_id[MESSAGE_ID_SIZE];
	struct sent_mail mail = { .domain = d->name, .local = m->local,
		.message_id = message_id, .count = s->rcpt_count,
		.now_ms = j->now_ms };
	struct addressees *to = find_addressees(s);
	int rc;

	if (to == NULL)
		return -ENOMEM;
	settings_options(s->app->settings, &platform);
	dir_options(d, m, &platform, &options);
	mail.allow_ms = options.v[OPTION_ALLOW_SENT];
	mail.rcpts = to->addr;
	mail.orgs = to->orgs;
	if (oct_msg_value(j->msg, "Message-ID", message_id,
		sizeof(message_id)) < 0)
		message_id[0] = '\0'; /* nobody references that */
	rc = sent_remember(s->app->store, s->app->sent_key, &mail);
	free(to);
	return rc;
}

void
outbound_remember(const struct judge *j)
{
	const struct session *s = j->session;
	const struct dir_domain *d = NULL;
	const struct dir_mailbox *m;
	int rc;

	if (s->direction != DIR_SUBMISSION)
		return;
	m = outbound_mailbox(s->snapshot, s->auth_user, &s->rpath, &d);
	if (!sent_counts(j->msg, s->rcpt_count, m != NULL))
		return;
	rc = remember(j, d, m);
	if (rc != 0)
		oct_log(OCT_WARNING,
		    "%s: sent=forgotten domain=%s error=\"%s\" effect=\"answers "
		    "to this message count as first contacts\"",
		    s->id, d->name, oct_strerror(rc));
}
