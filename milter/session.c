/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/str.h"
#include "milter/legacy.h"
#include "milter/limits.h"

struct session *
session_new(struct app *app, const struct sockaddr *client,
    const char *daemon_name)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->magic = SESSION_MAGIC;
	s->app = app;
	oct_ip_from_sockaddr(client, &s->client);
	s->helo = strdup("");
	s->daemon_name = strdup(daemon_name != NULL ? daemon_name : "");
	if (s->helo == NULL || s->daemon_name == NULL) {
		session_free(s);
		return NULL;
	}
	return s;
}

static void
rcpt_fini(struct rcpt *r)
{
	free(r->envelope);
	free(r->params);
	dir_finals_free(&r->finals);
	for (size_t i = 0; i < OCT_LEN(r->charges); i++)
		charges_fini(&r->charges[i]);
}

void
session_clear(struct session *s)
{
	for (size_t i = 0; i < s->rcpt_count; i++)
		rcpt_fini(&s->rcpts[i]);
	free(s->rcpts);
	s->rcpts = NULL;
	s->rcpt_count = s->rcpt_cap = 0;
	evaluator_free(s->evaluator);
	s->evaluator = NULL;
	if (s->snapshot != NULL)
		directory_put(s->snapshot);
	s->snapshot = NULL;
	free(s->auth_user);
	free(s->mail_params);
	s->auth_user = s->mail_params = NULL;
	s->id[0] = '\0';
	s->broken = false;
	s->quarantine[0] = '\0';
}

void
session_free(struct session *s)
{
	if (s == NULL)
		return;
	session_clear(s);
	free(s->helo);
	free(s->daemon_name);
	s->magic = 0;
	free(s);
}

void
reply_set(struct reply *r, enum reply_kind kind, int code, const char *enhanced,
    const char *fmt, ...)
{
	va_list ap;

	r->kind = kind;
	r->code = code;
	r->enhanced = enhanced;
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	for (char *p = r->text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
}

static void
tempfail_memory(struct reply *out)
{
	reply_set(out, REPLY_TEMPFAIL, 451, "4.3.0",
	    "Out of memory, try again later");
}

void
session_set_id(struct session *s, const char *queue_id)
{
	struct oct_str id;

	if (queue_id == NULL || *queue_id == '\0')
		return;
	oct_str_fixed(&id, s->id, sizeof(s->id));
	for (size_t i = 0; queue_id[i] != '\0' && i < sizeof(s->id) - 1; i++) {
		char c = queue_id[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z');

		oct_str_addc(&id, plain ? c : '_');
	}
}

void
session_helo(struct session *s, const char *helo)
{
	char *copy = strndup(helo != NULL ? helo : "", 512);

	if (copy == NULL)
		return;
	free(s->helo);
	s->helo = copy;
}

static bool
is_inbound(const struct session *s)
{
	return s->direction == DIR_INBOUND || s->direction == DIR_COLLECTED ||
	    s->direction == DIR_FORWARDED;
}

void
session_reject(const struct session *s, struct reply *out, int code,
    const char *enhanced, const char *later, const char *text)
{
	if (s->direction == DIR_COLLECTED || s->direction == DIR_FORWARDED)
		reply_set(out, REPLY_TEMPFAIL, 450, later, "%s", text);
	else
		reply_set(out, REPLY_REJECT, code, enhanced, "%s", text);
}

/* --- MAIL ------------------------------------------------------------------- */

static bool
in_list(const struct oct_conf_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->values[i], name) == 0)
			return true;
	return false;
}

static bool
in_prefixes(const struct oct_prefix *p, size_t count, const struct oct_ip *ip)
{
	for (size_t i = 0; i < count; i++)
		if (oct_ip_in(ip, &p[i].net, p[i].bits))
			return true;
	return false;
}

/* Design 5: a submission is the listener's name *and* an authenticated login;
 * Postfix lets an unauthenticated client of that listener come this far. */
static enum direction
find_direction(const struct session *s)
{
	const struct app *app = s->app;
	const struct settings *set = app->settings;

	if (in_list(&set->submission_daemons, s->daemon_name) &&
	    s->auth_user != NULL)
		return DIR_SUBMISSION;
	if (in_list(&set->internal_daemons, s->daemon_name))
		return DIR_INTERNAL;
	if (in_list(&set->collector_daemons, s->daemon_name))
		return DIR_COLLECTED;
	if (in_prefixes(app->relays, app->relay_count, &s->client))
		return DIR_RELAY;
	if (in_prefixes(app->forwarders, app->forwarder_count, &s->client))
		return DIR_FORWARDED;
	return DIR_INBOUND;
}

/* Parameters joined by one space; NULL when out of memory or over the bound. */
static char *
join_params(char *const *args)
{
	struct oct_str s;

	oct_str_heap(&s, SESSION_PARAMS_SIZE);
	for (size_t i = 1; args[0] != NULL && args[i] != NULL; i++)
		oct_str_addf(&s, "%s%s", s.len > 0 ? " " : "", args[i]);
	return oct_str_take(&s);
}

/* Octets of the UTF-8 character at p (RFC 3629 4); 0: none, or a control. */
static size_t
utf8_octets(const unsigned char *p)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (p[0] < 0x20 || p[0] == 0x7f || (p[0] >= 0x80 && p[0] < 0xc2) ||
	    p[0] > 0xf4)
		return 0;
	/* Overlong forms, surrogates, beyond the last code point. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* Text that JSON and our own SMTP client can give back unchanged. */
static bool
is_utf8_clean(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p != '\0') {
		size_t n = utf8_octets(p);

		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

static int
start_evaluation(struct session *s)
{
	struct evaluate_envelope env = { .direction = s->direction,
		.client = s->client, .helo = s->helo, .rpath = s->rpath,
		.id = s->id, .hosted = s->snapshot };

	return evaluator_new(&s->app->env, &env, &s->evaluator);
}

void
session_mail(struct session *s, char *const *args, const char *auth_user,
    struct reply *out)
{
	out->kind = REPLY_CONTINUE;
	session_clear(s);
	s->started_ms = oct_clock_mono_ms();
	s->started_wall_ms = oct_clock_wall_ms();
	if (auth_user != NULL && *auth_user != '\0')
		s->auth_user = strdup(auth_user);
	s->mail_params = join_params(args);
	if (s->mail_params == NULL ||
	    (auth_user != NULL && *auth_user != '\0' && s->auth_user == NULL)) {
		tempfail_memory(out);
		return;
	}
	s->direction = find_direction(s);
	if (args[0] == NULL || !is_utf8_clean(args[0]) ||
	    oct_addr_parse(args[0], &s->rpath) != 0) {
		session_reject(s, out, 553, "5.1.7", "4.1.7",
		    "Sender address is malformed or too long");
		return;
	}
	s->snapshot = directory_get(s->app->directory);
	if (start_evaluation(s) != 0)
		tempfail_memory(out);
}

/* --- RCPT ------------------------------------------------------------------- */

static struct rcpt *
grow_rcpts(struct session *s)
{
	if (s->rcpt_count == s->rcpt_cap) {
		size_t cap = s->rcpt_cap == 0 ? 4 : s->rcpt_cap * 2;
		struct rcpt *grown = reallocarray(s->rcpts, cap,
		    sizeof(*grown));

		if (grown == NULL)
			return NULL;
		s->rcpts = grown;
		s->rcpt_cap = cap;
	}
	memset(&s->rcpts[s->rcpt_count], 0, sizeof(*s->rcpts));
	return &s->rcpts[s->rcpt_count];
}

/* Reply and bounce addresses of the challenge domain: taken, read at the end of
 * data, never delivered (challenge.md 9). */
static bool
is_service(const struct session *s, const struct oct_addr *a)
{
	return strcmp(a->domain, s->app->challenge_domain) == 0 &&
	    (strncasecmp(a->local, "bounce+", 7) == 0 ||
		strncasecmp(a->local, "reply+", 6) == 0);
}

static bool
is_closed(const struct dir_final *f)
{
	return f->domain != NULL &&
	    (f->domain->state == DIR_CLOSED || f->mailbox->state == DIR_CLOSED);
}

static bool
is_suspended(const struct dir_final *f)
{
	return f->domain != NULL &&
	    (f->domain->state == DIR_SUSPENDED ||
		f->mailbox->state == DIR_SUSPENDED);
}

/*
 * The states of the finals.  Closed members of a group are left out, like those
 * that nobody has; suspended ones wait (what is sent to them is held at the end
 * of data), unless there is nobody else: then the sender is told to.
 */
static bool
check_states(const struct session *s, struct rcpt *r, struct reply *out)
{
	struct dir_finals *f = &r->finals;
	size_t open = 0, active = 0;

	for (size_t i = 0; i < f->count; i++)
		if (!is_closed(&f->finals[i]))
			f->finals[open++] = f->finals[i];
	f->count = open;
	for (size_t i = 0; i < open; i++)
		active += !is_suspended(&f->finals[i]);
	if (open == 0) {
		session_reject(s, out, 550, "5.2.1", "4.2.1", "Mailbox is closed");
		return false;
	}
	if (active == 0) {
		reply_set(out, REPLY_TEMPFAIL, 450, "4.2.1",
		    "Mailbox is suspended, try again later");
		return false;
	}
	return true;
}

/* Groups take mail from those who may write to them.  What the system itself and
 * trusted relays send is not asked for its sender. */
static bool
check_post(const struct session *s, const struct rcpt *r, struct reply *out)
{
	if ((!is_inbound(s) && s->direction != DIR_SUBMISSION) ||
	    dir_may_post(s->snapshot, &r->addr, &r->finals, &s->rpath,
		s->direction == DIR_SUBMISSION))
		return true;
	session_reject(s, out, 550, "5.7.2", "4.7.2",
	    "You may not write to this group");
	return false;
}

/* Is there room for those behind it?  Else their turn comes with the sender's next
 * try (RFC 5321 4.5.3.1.10). */
static bool
check_finals(const struct session *s, const struct rcpt *r, struct reply *out)
{
	size_t total = r->finals.count;

	for (size_t i = 0; i < s->rcpt_count; i++)
		total += s->rcpts[i].finals.count;
	if (total <= SESSION_FINALS_MAX)
		return true;
	reply_set(out, REPLY_TEMPFAIL, 452, "4.5.3",
	    "Too many recipients (limit: finals)");
	return false;
}

/* Look the recipient up; false: out holds the refusal. */
static bool
resolve(struct session *s, struct rcpt *r, struct reply *out)
{
	enum dir_resolve found;

	if (is_service(s, &r->addr)) {
		r->service = true;
		return true;
	}
	found = dir_resolve(s->snapshot, &r->addr, s->app->statutory,
	    &r->finals);
	switch (found) {
	case DIR_NOT_OURS:
		return true;
	case DIR_FOUND:
		r->ours = true;
		if (r->finals.looped)
			oct_log(OCT_WARNING, "%s: alias=loop domain=%s "
				"effect=\"it is left out\"", s->id,
			    r->addr.domain);
		return check_post(s, r, out) &&
		    (!is_inbound(s) || check_states(s, r, out)) &&
		    check_finals(s, r, out);
	case DIR_UNKNOWN:
		/* Internal mail is never refused here: it would stay queued. */
		if (!is_inbound(s))
			return true;
		if (limits_guess(s))
			reply_set(out, REPLY_TEMPFAIL, 451, "4.7.1",
			    "Too many unknown recipients from your network "
			    "(limit: guess), try again later");
		else
			session_reject(s, out, 550, "5.1.1", "4.1.1",
			    "No such mailbox here");
		return false;
	case DIR_LOOP:
		break;
	}
	reply_set(out, REPLY_TEMPFAIL, 451, "4.4.6",
	    "Alias loop or oversized group, the postmaster was told");
	oct_log(OCT_WARNING, "%s: alias=loop domain=%s", s->id,
	    r->addr.domain);
	return false;
}

static bool
read_rcpt(const struct session *s, char *const *args, struct rcpt *r,
    struct reply *out)
{
	char envelope[OCT_ADDR_SIZE * 2];

	if (args[0] == NULL || !is_utf8_clean(args[0]) ||
	    oct_addr_parse(args[0], &r->addr) != 0 ||
	    oct_addr_envelope(args[0], envelope, sizeof(envelope)) != 0) {
		session_reject(s, out, 553, "5.1.3", "4.1.3",
		    "Recipient address is malformed or too long");
		return false;
	}
	r->envelope = strdup(envelope);
	r->params = join_params(args);
	if (r->envelope == NULL || r->params == NULL) {
		tempfail_memory(out);
		return false;
	}
	return true;
}

void
session_rcpt(struct session *s, char *const *args, const char *queue_id,
    struct reply *out)
{
	struct rcpt *r;

	out->kind = REPLY_CONTINUE;
	session_set_id(s, queue_id);
	if (s->snapshot == NULL) {
		tempfail_memory(out);
		return;
	}
	if (s->rcpt_count >= (size_t)s->app->settings->max_recipients) {
		reply_set(out, REPLY_TEMPFAIL, 452, "4.5.3",
		    "Too many recipients (limit: recipients)");
		return;
	}
	r = grow_rcpts(s);
	if (r == NULL) {
		tempfail_memory(out);
		return;
	}
	if (!read_rcpt(s, args, r, out) || !resolve(s, r, out)) {
		rcpt_fini(r);
		return;
	}
	if (!limits_rcpt(s, r, out)) {
		oct_log(OCT_NOTICE, "%s: rcpt_domain=%s code=%d reason=\"%s\"",
		    s->id, r->addr.domain, out->code, out->text);
		rcpt_fini(r);
		return;
	}
	if (s->evaluator != NULL)
		legacy_want(s->evaluator, &r->finals, s->started_wall_ms);
	s->rcpt_count++;
}

/* --- The message ---------------------------------------------------------------- */

void
session_field(struct session *s, const char *name, const char *value)
{
	int rc;

	if (s->evaluator == NULL)
		return;
	rc = evaluator_field(s->evaluator, name, value);
	if (rc == -ENOMEM)
		s->broken = true;
}

void
session_eoh(struct session *s)
{
	if (s->evaluator != NULL && evaluator_eoh(s->evaluator) != 0)
		s->broken = true;
}

void
session_body(struct session *s, const void *octets, size_t len)
{
	int rc;

	if (s->evaluator == NULL)
		return;
	rc = evaluator_body(s->evaluator, octets, len);
	if (rc != 0 && rc != OCT_ELIMIT)
		s->broken = true;
}
