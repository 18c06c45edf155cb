/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account whose sending was suspended, most likely for a stolen password, is
 * told to people: its tenant's referent and the administrators, one mail each a
 * suspension.  The milter notes the account just before it suspends it, so that
 * a note may be of one that is not suspended (yet).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "courier/tell.h"
#include "lib/err.h"
#include "lib/fnv.h"
#include "lib/log.h"
#include "lib/mime_text.h"
#include "policy/keys.h"
#include "policy/limit.h"
#include "policy/told.h"

#define ACCOUNTS_MAX 200 /* of one round */
/* A note of what is not suspended: longer than from the note to the suspension. */
#define IDLE_MS 3600000LL
#define PART_MAX 128
#define LINES_SIZE 1024

/* What the milter wrote (milter/limits_out.c). */
struct reason {
	char limit[PART_MAX]; /* "rate_messages_out 100/1h" */
	char message[PART_MAX], from[PART_MAX], client[PART_MAX];
};

/* The text from *at up to end, which *at then stands behind. */
static bool
take_part(const char **at, const char *end, char out[PART_MAX])
{
	const char *to = *end != '\0' ? strstr(*at, end) : *at + strlen(*at);
	size_t len = to != NULL ? (size_t)(to - *at) : PART_MAX;

	if (len >= PART_MAX)
		return false;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at = to + strlen(end);
	return oct_mime_shown(out);
}

static bool
read_reason(const char *text, struct reason *out)
{
	char when[PART_MAX];

	return take_part(&text, " limit ", when) &&
	    take_part(&text, " passed by message ", out->limit) &&
	    take_part(&text, " from ", out->message) &&
	    take_part(&text, " client ", out->from) &&
	    take_part(&text, "", out->client);
}

/* --- In words ------------------------------------------------------------ */

static const char *
unit_word(const char *limit, enum template_lang lang)
{
	bool fr = lang == TEMPLATE_FR;

	if (strstr(limit, "recipients") != NULL)
		return fr ? " destinataires" : " recipients";
	if (strstr(limit, "messages") != NULL)
		return " messages";
	return "";
}

void
tell_limit_words(const char *limit, enum template_lang lang,
    struct oct_str *out)
{
	static const struct {
		const char *unit, *fr, *en;
	} units[] = { { "s", " s", " s" }, { "min", " min", " min" },
		{ "h", " h", " h" }, { "d", " jours", " days" } };
	const char *rate = strchr(limit, ' ');
	const char *per = rate != NULL ? strchr(rate, '/') : NULL;
	size_t digits = per != NULL ? strspn(per + 1, "0123456789") : 0;

	for (size_t i = 0; digits > 0 && i < OCT_LEN(units); i++) {
		if (strcmp(per + 1 + digits, units[i].unit) != 0)
			continue;
		oct_str_addn(out, rate + 1, (size_t)(per - rate - 1));
		oct_str_add(out, unit_word(limit, lang));
		oct_str_add(out, lang == TEMPLATE_FR ? " en " : " in ");
		oct_str_addn(out, per + 1, digits);
		oct_str_add(out, lang == TEMPLATE_FR ? units[i].fr
						     : units[i].en);
		return;
	}
	oct_str_add(out, limit);
}

/* Whole lines that a mail takes as they are. */
static void
write_lines(const char *account, const char *reason, const struct reason *r,
    enum template_lang lang, struct oct_str *out)
{
	bool fr = lang == TEMPLATE_FR;

	if (r == NULL) {
		oct_str_addf(out, "  %s\n",
		    oct_mime_shown(reason) ? reason : "?");
	} else {
		oct_str_addf(out, "  %s %s\n", fr ? "Limite :   " : "Limit:     ",
		    r->limit);
		oct_str_addf(out, "  %s %s\n", fr ? "Message :  " : "Message:   ",
		    r->message);
		oct_str_addf(out, "  %s %s\n", fr ? "De :       " : "From:      ",
		    r->from);
		oct_str_addf(out, "  %s %s\n", fr ? "Client :   " : "Client:    ",
		    r->client);
	}
	oct_str_addf(out, "  octroictl quota show %s\n", account);
	oct_str_addf(out, "  octroictl %s set %s --sending=active\n",
	    strchr(account, '@') != NULL ? "mailbox" : "domain", account);
}

/* --- The mails ------------------------------------------------------------ */

struct suspended {
	const char *account, *reason;
	int64_t at_ms;
	const struct dir_domain *domain;
};

struct texts {
	char limit[TEMPLATE_LANGS][PART_MAX];
	char lines[TEMPLATE_LANGS][LINES_SIZE];
	struct notice_contact contact;
	struct notice_values values;
};

static void
prepare(struct courier *c, const struct suspended *s, struct texts *x)
{
	struct reason r;
	bool known = read_reason(s->reason, &r);

	courier_contact(c, &x->contact);
	notice_values_init(&x->values, &x->contact);
	notice_set(&x->values, TEMPLATE_V_MAILBOX, s->account);
	notice_set_date(&x->values, TEMPLATE_V_DATE, s->at_ms);
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		enum template_lang lang = (enum template_lang)i;
		struct oct_str words, lines;

		oct_str_fixed(&words, x->limit[i], sizeof(x->limit[i]));
		tell_limit_words(known ? r.limit : "", lang, &words);
		oct_str_fixed(&lines, x->lines[i], sizeof(x->lines[i]));
		write_lines(s->account, s->reason, known ? &r : NULL, lang,
		    &lines);
		x->values.in[i].value[TEMPLATE_V_LIMIT] = x->limit[i];
		x->values.in[i].value[TEMPLATE_V_LINES] = x->lines[i];
	}
}

static bool
is_address(const char *text)
{
	struct oct_addr a;

	return oct_addr_parse(text, &a) == 0 && a.domain[0] != '\0';
}

/* Those to be told: the referent, and the administrators. */
static size_t
readers_of(const struct courier *c, const struct dir_domain *d,
    const char *to[2])
{
	const struct settings *set = c->settings;
	const char *contact = d->of_tenant != NULL ? d->of_tenant->contact : "";
	const char *admin = is_address(set->challenge_alerts)
	    ? set->challenge_alerts
	    : set->challenge_contact;
	size_t n = 0;

	if (is_address(contact))
		to[n++] = contact;
	if (is_address(admin) && (n == 0 || strcmp(admin, to[0]) != 0))
		to[n++] = admin;
	return n;
}

/* 1: told, now or before; 0: later. */
static int
tell_reader(struct tell_round *r, const struct suspended *s, const char *to,
    struct texts *x)
{
	const struct dir_domain *d = s->domain;
	bool english = d->of_tenant != NULL && d->of_tenant->lang == DIR_LANG_EN;
	char what[TOLD_SIZE];
	struct oct_str name;
	struct tell t = { .what = what, .to = to, .id = TEMPLATE_SUSPENSION,
		.domain = d->name, .lang = english ? "en" : "fr",
		.values = &x->values };
	int rc;

	oct_str_fixed(&name, what, sizeof(what));
	/* The reason holds a time, a limit and a message. */
	oct_str_addf(&name, "suspended:%s:%08x:%08x", s->account,
	    oct_fnv32(OCT_FNV32, s->reason), oct_fnv32(OCT_FNV32, to));
	rc = oct_str_err(&name);
	if (rc == 0)
		rc = told_read(r->courier->store, what);
	if (rc != 0)
		return rc < 0 ? rc : 1;
	if (r->left == 0)
		return 0;
	r->left--;
	rc = tell_send(r->courier, &t);
	if (rc >= 0)
		return 1;
	r->error = rc;
	return 0;
}

/* 1: all were told; 0: not yet. */
static int
tell_readers(struct tell_round *r, const struct suspended *s)
{
	const char *to[2];
	size_t count = readers_of(r->courier, s->domain, to);
	struct texts *x = calloc(1, sizeof(*x));
	int rc = x != NULL ? 1 : -ENOMEM;

	if (count == 0)
		oct_log(OCT_WARNING,
		    "alarm=untold account=%s hint=\"neither the tenant has a "
		    "contact nor challenge.alerts is set\"", s->account);
	if (x != NULL)
		prepare(r->courier, s, x);
	for (size_t i = 0; rc >= 0 && i < count; i++) {
		int told = tell_reader(r, s, to[i], x);

		rc = told < rc ? told : rc;
	}
	free(x);
	return rc;
}

/* --- All of them ---------------------------------------------------------- */

/* The reason of the account itself, NULL: it is not suspended for one. */
static const char *
reason_of(const struct dir_domain *d, const char *account)
{
	const char *at = strchr(account, '@');
	const struct dir_limits *limits = &d->limits;

	if (at != NULL) {
		char local[OCT_LOCAL_SIZE];
		size_t len = (size_t)(at - account);
		const struct dir_mailbox *m;

		if (len >= sizeof(local))
			return NULL;
		memcpy(local, account, len);
		local[len] = '\0';
		m = dir_mailbox(d, local);
		if (m == NULL)
			return NULL;
		limits = &m->limits;
	}
	return limits->sending == DIR_SUSPENDED && *limits->sending_reason != '\0'
	    ? limits->sending_reason
	    : NULL;
}

/* 1: its note may go. */
static int
tell_account(struct tell_round *r, const char *account, int64_t at_ms)
{
	const char *at = strchr(account, '@');
	const char *name = at != NULL ? at + 1 : account;
	const struct dir_snapshot *dir = NULL;
	struct suspended s = { .account = account, .at_ms = at_ms };
	int rc = directory_read(r->courier->store, name, &dir);

	if (rc == OCT_EABSENT)
		return 1;
	if (rc != 0)
		return rc;
	s.domain = dir_domain_any(dir, name);
	s.reason = s.domain != NULL ? reason_of(s.domain, account) : NULL;
	if (s.reason != NULL)
		rc = tell_readers(r, &s);
	else
		rc = r->now_ms - at_ms > IDLE_MS;
	directory_put(dir);
	return rc;
}

static int
each_account(void *arg, const char *account, int64_t at_ms)
{
	struct tell_round *r = arg;
	int rc = tell_account(r, account, at_ms);

	if (rc == 1)
		rc = store_zrem_if(
		    r->courier->store, KEY_SUSPENDED, account, at_ms);
	return rc < 0 ? rc : 0;
}

int
tell_suspended(struct tell_round *r)
{
	return store_zrange(r->courier->store, KEY_SUSPENDED, INT64_MAX,
	    ACCOUNTS_MAX, each_account, r);
}
