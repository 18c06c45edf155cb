/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Administrators hear at once that a breaker opened (challenge.md 10f), one mail
 * an opening.
 */
#include <stdlib.h>
#include <string.h>

#include "courier/tell.h"
#include "lib/err.h"
#include "policy/told.h"

#define WORDS_MAX 320

void
tell_breaker_scope(const char *kind, const char *name, enum template_lang lang,
    struct oct_str *out)
{
	bool fr = lang == TEMPLATE_FR;

	if (strcmp(kind, breaker_kind_name(BREAKER_PLATFORM)) == 0)
		oct_str_add(out, fr ? "toute la plateforme"
				    : "the whole platform");
	else if (name[0] == '@') /* a keyed hash: caps_share */
		oct_str_add(out, fr ? "une adresse d'un grand fournisseur"
				    : "one address at a big provider");
	else
		oct_str_add(out, name);
}

void
tell_breaker_cause(const struct breaker *b, enum template_lang lang,
    struct oct_str *out)
{
	bool fr = lang == TEMPLATE_FR;

	if (strcmp(b->why, "bounces") == 0)
		oct_str_addf(out,
		    fr ? "%zu des %zu dernières demandes sont revenues en "
			 "erreur"
		       : "%zu of the last %zu challenges bounced",
		    breaker_facts(b, BREAKER_BOUNCED), b->count);
	else if (strcmp(b->why, "not-me") == 0)
		oct_str_addf(out,
		    fr ? "%zu des %zu dernières demandes ont été désavouées "
			 "(« ce n'est pas moi »)"
		       : "%zu of the last %zu challenges were disowned (\"not "
			 "me\")",
		    breaker_facts(b, BREAKER_NOT_ME), b->count);
	else if (strcmp(b->why, "volume") == 0)
		oct_str_addf(out,
		    fr ? "%ld demandes en une heure" : "%ld challenges in an hour",
		    (long)b->hour_count);
	else
		oct_str_add(out, fr ? "l'essai de reprise a échoué"
				    : "the probe failed");
}

static int
send_one(struct tell_round *r, const char *what, const char *kind,
    const char *name, const struct breaker *b)
{
	char words[TEMPLATE_LANGS][2][WORDS_MAX];
	struct notice_contact contact;
	struct notice_values v;
	struct tell t = { .what = what,
		.to = r->courier->settings->challenge_alerts,
		.id = TEMPLATE_BREAKER, .domain = "@", .lang = "fr",
		.values = &v };

	courier_contact(r->courier, &contact);
	notice_values_init(&v, &contact);
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		struct oct_str scope, cause;

		oct_str_fixed(&scope, words[i][0], WORDS_MAX);
		tell_breaker_scope(kind, name, (enum template_lang)i, &scope);
		oct_str_fixed(&cause, words[i][1], WORDS_MAX);
		tell_breaker_cause(b, (enum template_lang)i, &cause);
		v.in[i].value[TEMPLATE_V_SCOPE] = words[i][0];
		v.in[i].value[TEMPLATE_V_CAUSE] = words[i][1];
	}
	notice_set_date(&v, TEMPLATE_V_DATE, b->since_ms);
	notice_set_date(&v, TEMPLATE_V_EXPIRY, b->until_ms);
	return tell_send(r->courier, &t);
}

static int
each_breaker(void *arg, const char *kind, const char *name,
    const struct breaker *b)
{
	struct tell_round *r = arg;
	char what[TOLD_SIZE];
	struct oct_str s;
	int rc;

	if (b->state != BREAKER_OPEN)
		return 0;
	oct_str_fixed(&s, what, sizeof(what));
	oct_str_addf(&s, "breaker:%s:%s:%lld", kind, name,
	    (long long)b->until_ms);
	rc = oct_str_err(&s);
	if (rc == 0)
		rc = told_read(r->courier->store, what);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (r->left == 0)
		return 0;
	r->left--;
	rc = send_one(r, what, kind, name, b);
	if (rc < 0)
		r->error = rc;
	return 0;
}

int
tell_breakers(struct tell_round *r)
{
	if (*r->courier->settings->challenge_alerts == '\0')
		return 0;
	return breaker_list(r->courier->store, r->now_ms, each_breaker, r);
}
