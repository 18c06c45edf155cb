/* SPDX-License-Identifier: Apache-2.0 */
/* Was a message sent on by the provider of an old address? */
#include "milter/evaluate_int.h"

#include <stdio.h>
#include <string.h>

#include "auth/arc_credit.h"
#include "lib/clock.h"

#define MAIL_FROM_SIZE (OCT_DOMAIN_SIZE + 16)

static void
legacy_input(const struct evaluator *e, const char *domain, int64_t now_ms,
    char mail_from[MAIL_FROM_SIZE], struct auth_spf_input *in)
{
	(void)snprintf(mail_from, MAIL_FROM_SIZE, "postmaster@%s", domain);
	evaluate_spf_input(e, mail_from, now_ms, in);
}

bool
evaluator_legacy(struct evaluator *e, const char *domain)
{
	struct evaluation *o = &e->out;
	char mail_from[MAIL_FROM_SIZE];
	struct auth_spf_input in;

	if (e->envelope.direction != DIR_INBOUND || *domain == '\0' ||
	    strlen(domain) >= sizeof(o->legacy[0].domain))
		return false;
	for (size_t i = 0; i < o->legacy_count; i++)
		if (strcmp(o->legacy[i].domain, domain) == 0)
			return true;
	if (o->legacy_count == EVALUATE_LEGACY_MAX)
		return false;
	(void)snprintf(o->legacy[o->legacy_count++].domain,
	    sizeof(o->legacy[0].domain), "%s", domain);
	legacy_input(e, domain, oct_clock_wall_ms(), mail_from, &in);
	auth_spf_prefetch(e->dns, &in);
	return true;
}

void
evaluator_legacy_rcpt(struct evaluator *e, bool any)
{
	e->all_legacy = any && (e->legacy_rcpts == 0 || e->all_legacy);
	e->legacy_rcpts++;
}

/* What passes SPF was not sent on as it came. */
void
evaluate_check_legacy(struct evaluator *e, int64_t now_ms)
{
	for (size_t i = 0; i < e->out.legacy_count; i++) {
		struct evaluate_legacy *l = &e->out.legacy[i];
		const char *const sealers[] = { l->domain, NULL };
		char mail_from[MAIL_FROM_SIZE];
		struct auth_spf_input in;
		struct auth_spf spf;

		l->sealed = auth_arc_credits(e->msg, &e->out.arc, sealers);
		if (e->out.spf.result == AUTH_PASS)
			continue;
		legacy_input(e, l->domain, now_ms, mail_from, &in);
		memset(&spf, 0, sizeof(spf));
		evaluate_run_spf(e, &in, &spf);
		l->from_host = spf.result == AUTH_TEMPERROR ||
		    (spf.result == AUTH_PASS &&
			proof_spf_is_narrow(&spf,
			    evaluate_is_provider(e, spf.term_domain)));
	}
}

bool
evaluate_is_sent_on(const struct evaluator *e)
{
	if (!e->all_legacy)
		return false;
	for (size_t i = 0; i < e->out.legacy_count; i++)
		if (e->out.legacy[i].sealed || e->out.legacy[i].from_host)
			return true;
	return false;
}
