/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/callbacks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <libmilter/mfapi.h>

#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "milter/judge.h"

/* One reply line, RFC 5321 4.5.3.1.5, is 512 octets; '%' is doubled. */
#define REPLY_TEXT_MAX 512

/* libmilter has no place for a pointer of the process. */
static struct app *the_app;

/* Stands in for the session between negotiation and connect: the MTA agreed to
 * hear nothing at the stages where we have nothing to say. */
static struct session silent_mta;

static struct session *
session_of(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	return s != NULL && s->magic == SESSION_MAGIC ? s : NULL;
}

static char *
macro(SMFICTX *ctx, const char *name)
{
	char buf[32];

	(void)snprintf(buf, sizeof(buf), "%s", name);
	return smfi_getsymval(ctx, buf);
}

/* "5.7.1" and "550" into writable buffers, the text with '%' doubled: libmilter
 * takes char * and formats the text. */
static void
set_reply(SMFICTX *ctx, const struct reply *r)
{
	char code[8], enhanced[16], text[REPLY_TEXT_MAX];
	size_t n = 0;

	(void)snprintf(code, sizeof(code), "%d", r->code);
	(void)snprintf(enhanced, sizeof(enhanced), "%s", r->enhanced);
	for (const char *p = r->text; *p != '\0' && n + 2 < sizeof(text); p++) {
		if (*p == '%')
			text[n++] = '%';
		text[n++] = *p;
	}
	text[n] = '\0';
	if (smfi_setreply(ctx, code, enhanced, text) != MI_SUCCESS)
		oct_log(OCT_WARNING, "reply=not-set code=%s", code);
}

static sfsistat
answer(SMFICTX *ctx, const struct reply *r)
{
	switch (r->kind) {
	case REPLY_CONTINUE:
		return SMFIS_CONTINUE;
	case REPLY_ACCEPT:
		return SMFIS_ACCEPT;
	case REPLY_DISCARD:
		return SMFIS_DISCARD;
	case REPLY_REJECT:
		set_reply(ctx, r);
		return SMFIS_REJECT;
	case REPLY_TEMPFAIL:
		set_reply(ctx, r);
		return SMFIS_TEMPFAIL;
	}
	return SMFIS_TEMPFAIL; /* a corrupt value never loses mail */
}

/* The answer at a stage that is silent where the MTA agreed to it; libmilter
 * logs an error for every other one. */
static sfsistat
go_on(const struct session *s)
{
	return s->silent ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
cb_connect(SMFICTX *ctx, OCT_UNUSED char *host, _SOCK_ADDR *addr)
{
	struct app *app = the_app;
	bool silent = smfi_getpriv(ctx) == &silent_mta;
	struct session *s;
	int n = atomic_fetch_add(&app->sessions, 1) + 1;

	/* Draining, or one too many: libmilter has no limit of its own. */
	if (atomic_load(&app->draining) || n > app->settings->milter_sessions) {
		atomic_fetch_sub(&app->sessions, 1);
		oct_log(OCT_NOTICE, "session=refused reason=%s",
		    atomic_load(&app->draining) ? "draining" : "limit=sessions");
		(void)smfi_setpriv(ctx, NULL);
		return SMFIS_TEMPFAIL;
	}
	s = session_new(app, (const struct sockaddr *)addr,
	    macro(ctx, "{daemon_name}"));
	if (s == NULL || smfi_setpriv(ctx, s) != MI_SUCCESS) {
		session_free(s);
		(void)smfi_setpriv(ctx, NULL);
		atomic_fetch_sub(&app->sessions, 1);
		return SMFIS_TEMPFAIL;
	}
	s->silent = silent;
	return SMFIS_CONTINUE;
}

static sfsistat
cb_helo(SMFICTX *ctx, char *helo)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	session_helo(s, helo);
	return go_on(s);
}

static sfsistat
cb_envfrom(SMFICTX *ctx, char **argv)
{
	struct session *s = session_of(ctx);
	struct reply r = { .kind = REPLY_CONTINUE };

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	if (atomic_load(&s->app->draining)) {
		reply_set(&r, REPLY_TEMPFAIL, 451, "4.3.2",
		    "Restarting, try again later");
		return answer(ctx, &r);
	}
	session_mail(s, argv, macro(ctx, "{auth_authen}"), &r);
	return answer(ctx, &r);
}

static sfsistat
cb_envrcpt(SMFICTX *ctx, char **argv)
{
	struct session *s = session_of(ctx);
	struct reply r = { .kind = REPLY_CONTINUE };

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	session_rcpt(s, argv, macro(ctx, "i"), &r);
	return answer(ctx, &r);
}

static sfsistat
cb_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	session_field(s, name, value);
	return go_on(s);
}

static sfsistat
cb_eoh(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	session_eoh(s);
	return go_on(s);
}

static sfsistat
cb_body(SMFICTX *ctx, unsigned char *octets, size_t len)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	session_body(s, octets, len);
	return go_on(s);
}

/* --- Carrying out a judgement --------------------------------------------------- */

static int
insert(SMFICTX *ctx, const char *name, const char *value)
{
	char header[64], *copy;
	int rc;

	(void)snprintf(header, sizeof(header), "%s", name);
	/* With leading space kept, the value needs its own. */
	if (asprintf(&copy, "%s%s", *value == ' ' ? "" : " ", value) < 0)
		return MI_FAILURE;
	rc = smfi_insheader(ctx, 0, header, copy);
	free(copy);
	return rc;
}

static int
delete_fields(SMFICTX *ctx, const struct judge_actions *a)
{
	int rc = MI_SUCCESS;

	for (size_t i = 0; i < a->delete_count && rc == MI_SUCCESS; i++) {
		char *name = strndup(a->delete[i].field->name,
		    a->delete[i].field->name_len);

		rc = name != NULL
		    ? smfi_chgheader(ctx, name, a->delete[i].index, NULL)
		    : MI_FAILURE;
		free(name);
	}
	return rc;
}

static int
delete_rcpts(SMFICTX *ctx, const struct judge_actions *a)
{
	int rc = MI_SUCCESS;

	for (size_t i = 0; i < a->rcpt_count && rc == MI_SUCCESS; i++) {
		char *rcpt = strdup(a->rcpt_delete[i]);

		rc = rcpt != NULL ? smfi_delrcpt(ctx, rcpt) : MI_FAILURE;
		free(rcpt);
	}
	return rc;
}

static int
add_fields(SMFICTX *ctx, const struct judge_actions *a)
{
	int rc = MI_SUCCESS;

	/* Inserted at the top, so in reverse of the order read. */
	for (size_t i = 0; rc == MI_SUCCESS && i < a->signature_count; i++)
		rc = insert(ctx, "DKIM-Signature", a->signatures[i]);
	if (rc == MI_SUCCESS && a->label != LABEL_NONE) {
		char value[32];

		(void)snprintf(value, sizeof(value), " %s",
		    fate_label_name(a->label));
		rc = insert(ctx, "X-Octroi-Sender", value);
	}
	if (rc == MI_SUCCESS && a->virus != NULL && *a->virus != '\0')
		rc = insert(ctx, "X-Octroi-Virus", a->virus);
	if (rc == MI_SUCCESS && a->tag)
		rc = insert(ctx, "X-Spam-Flag", " YES");
	if (rc == MI_SUCCESS && a->symbols != NULL && *a->symbols != '\0')
		rc = insert(ctx, "X-Octroi-Symbols", a->symbols);
	if (rc == MI_SUCCESS && a->score != NULL) {
		char value[32];

		(void)snprintf(value, sizeof(value), " %s", a->score);
		rc = insert(ctx, "X-Octroi-Score", value);
	}
	if (rc == MI_SUCCESS && a->results != NULL)
		rc = insert(ctx, "Authentication-Results", a->results);
	return rc;
}

/* Postfix keeps it in its hold queue, for an administrator. */
static int
quarantine(SMFICTX *ctx, const struct session *s)
{
	char reason[SESSION_LIMIT_SIZE];

	memcpy(reason, s->quarantine, sizeof(reason));
	oct_log(OCT_WARNING, "%s: verdict=quarantine limit=\"%s\" login=%s",
	    s->id, reason, s->auth_user != NULL ? s->auth_user : "-");
	return smfi_quarantine(ctx, reason);
}

static sfsistat
carry_out(SMFICTX *ctx, struct session *s, const struct judge_actions *a)
{
	struct reply failed = { .kind = REPLY_CONTINUE };
	int rc;

	if (!a->accepted)
		return answer(ctx, &a->reply);
	/* Everything that was held is safe by now: discarding drops only
	 * Postfix's own copy. */
	if (a->discard)
		return SMFIS_DISCARD;
	rc = delete_fields(ctx, a);
	if (rc == MI_SUCCESS)
		rc = delete_rcpts(ctx, a);
	if (rc == MI_SUCCESS)
		rc = add_fields(ctx, a);
	if (rc == MI_SUCCESS && *s->quarantine != '\0')
		rc = quarantine(ctx, s);
	if (rc == MI_SUCCESS)
		return SMFIS_CONTINUE;
	oct_log(OCT_WARNING, "%s: verdict=defer reason=milter-modification",
	    s->id);
	reply_set(&failed, REPLY_TEMPFAIL, 451, "4.3.0",
	    "Temporary failure, try again later");
	return answer(ctx, &failed);
}

static sfsistat
cb_eom(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	struct judge_actions actions;
	sfsistat verdict;

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	session_set_id(s, macro(ctx, "i"));
	judge_message(s, &actions);
	verdict = carry_out(ctx, s, &actions);
	judge_actions_fini(&actions);
	session_clear(s);
	return verdict;
}

static sfsistat
cb_abort(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s != NULL)
		session_clear(s);
	return SMFIS_CONTINUE;
}

static sfsistat
cb_close(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	atomic_fetch_sub(&s->app->sessions, 1);
	session_free(s);
	return SMFIS_CONTINUE;
}

/* Ask for what we use, and for no answer where we give none: fewer round trips
 * for every message. */
static sfsistat
cb_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
    OCT_UNUSED unsigned long f2, OCT_UNUSED unsigned long f3,
    unsigned long *pf0, unsigned long *pf1, unsigned long *pf2,
    unsigned long *pf3)
{
	const unsigned long actions = SMFIF_ADDHDRS | SMFIF_CHGHDRS |
	    SMFIF_DELRCPT | SMFIF_QUARANTINE;
	const unsigned long silent = SMFIP_NR_HELO | SMFIP_NR_DATA |
	    SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_NR_UNKN;
	const unsigned long skip = SMFIP_NOUNKNOWN | SMFIP_NODATA;

	if ((f0 & actions) != actions || (f1 & SMFIP_HDR_LEADSPC) == 0) {
		oct_log(OCT_ERROR, "negotiation=failed actions=%lx protocol=%lx "
				   "hint=\"the MTA must be Postfix 3 or later\"",
		    f0, f1);
		return SMFIS_REJECT;
	}
	*pf0 = actions;
	*pf1 = (skip & f1) | SMFIP_HDR_LEADSPC;
	if ((f1 & silent) == silent &&
	    smfi_setpriv(ctx, &silent_mta) == MI_SUCCESS)
		*pf1 |= silent;
	*pf2 = *pf3 = 0;
	return SMFIS_CONTINUE;
}

static char filter_name[] = "octroi-milter";

static struct smfiDesc description = {
	.xxfi_name = filter_name,
	.xxfi_version = SMFI_VERSION,
	.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT |
	    SMFIF_QUARANTINE,
	.xxfi_connect = cb_connect,
	.xxfi_helo = cb_helo,
	.xxfi_envfrom = cb_envfrom,
	.xxfi_envrcpt = cb_envrcpt,
	.xxfi_header = cb_header,
	.xxfi_eoh = cb_eoh,
	.xxfi_body = cb_body,
	.xxfi_eom = cb_eom,
	.xxfi_abort = cb_abort,
	.xxfi_close = cb_close,
	.xxfi_negotiate = cb_negotiate,
};

int
callbacks_open(struct app *app)
{
	const char *socket = app->settings->milter_socket;
	char *copy = strdup(socket);
	int rc = -EIO;

	if (copy == NULL)
		return -ENOMEM;
	the_app = app;
	(void)umask(0117);
	if (smfi_register(description) == MI_SUCCESS &&
	    smfi_setconn(copy) == MI_SUCCESS &&
	    smfi_setbacklog(512) == MI_SUCCESS &&
	    smfi_opensocket(true) == MI_SUCCESS)
		rc = 0;
	(void)umask(077);
	free(copy);
	if (rc == 0 && strncmp(socket, "unix:", 5) == 0)
		rc = daemon_socket_access(socket + 5, 0660,
		    app->settings->milter_group);
	if (rc != 0)
		oct_log(OCT_ERROR,
		    "start=failed what=socket on=%s error=\"%s\" "
		    "hint=\"is its folder writable by this user, and the "
		    "group one of ours?\"",
		    socket, oct_strerror(rc));
	return rc;
}

int
callbacks_run(void)
{
	return smfi_main();
}

void
callbacks_stop(void)
{
	(void)smfi_stop();
}
