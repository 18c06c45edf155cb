/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/outbound.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/casework.h"
#include "policy/keys.h"
#include "policy/sent.h"

#define MESSAGE_ID_SIZE 1000

/* --- Whose mailbox --------------------------------------------------------- */

static bool
is_active(const struct dir_domain *d, const struct dir_mailbox *m)
{
	return d->state == DIR_ACTIVE && m->state == DIR_ACTIVE;
}

const struct dir_mailbox *
outbound_login(const struct dir_snapshot *snapshot, const char *login,
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
	m = outbound_login(snapshot, login, domain);
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

/* --- Who was waiting -------------------------------------------------------- */

/* The two identities under which an addressee may be known, proven: his messages
 * that wait are let in (challenge.md 3, "owner writes to that address"). */
#define FORMS 2

static void
sid_of(const struct oct_addr *a, const char *org, size_t form,
    char out[PROOF_SID_SIZE])
{
	char text[OCT_ADDR_SIZE];
	struct oct_addr folded;
	struct oct_str s;

	oct_addr_fold(a, '\0', &folded);
	oct_addr_text(&folded, text);
	oct_str_fixed(&s, out, PROOF_SID_SIZE);
	oct_str_addf(&s, "%c|%s|%s", form == 0 ? 'A' : 'F', text, org);
}

static int
let_in(const struct judge *j, const struct case_sender *who, const char *packed)
{
	struct app *app = j->session->app;
	enum case_outcome outcome;
	struct relation r;

	if (packed == NULL || relation_unpack(packed, &r) != 0 ||
	    r.state == REL_ALLOWED || r.state == REL_BLOCKED)
		return 0;
	return case_judge(app->store, &app->timers, who, REL_EV_ALLOWED,
	    "outbound", j->now_ms, &outcome);
}

static int
let_waiting_in(const struct judge *j, const struct sent_mail *mail)
{
	char sid[PROOF_SID_SIZE], key[KEY_SIZE];
	struct case_sender who = { .domain = mail->domain,
		.local = mail->local, .sid = sid };
	int slot[SENT_RCPT_MAX * FORMS];
	struct store_batch *b = NULL;
	int rc = store_batch_new(&b);

	key_relations(key, mail->domain, mail->local);
	for (size_t i = 0; rc == 0 && i < mail->count * FORMS; i++) {
		sid_of(&mail->rcpts[i / FORMS], mail->orgs[i / FORMS],
		    i % FORMS, sid);
		slot[i] = store_batch_hget(b, key, sid);
		rc = slot[i] < 0 ? slot[i] : 0;
	}
	if (rc == 0)
		rc = store_batch_run(j->session->app->store, b);
	for (size_t i = 0; rc == 0 && i < mail->count * FORMS; i++) {
		sid_of(&mail->rcpts[i / FORMS], mail->orgs[i / FORMS],
		    i % FORMS, sid);
		rc = let_in(j, &who, store_batch_value(b, slot[i], 0)->data);
	}
	store_batch_free(b);
	return rc;
}

/* --- The whole -------------------------------------------------------------- */

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
	if (rc == 0)
		rc = let_waiting_in(j, &mail);
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
		    "to this message may count as first contacts\"",
		    s->id, d->name, oct_strerror(rc));
}
