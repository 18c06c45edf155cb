/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/code.h"

#include <sodium.h>

#include "challenge-web/pace.h"
#include "policy/breaker.h"

/* What the owners of a challenge's mailboxes want, the strictest of them. */
struct wish {
	bool code;
	int64_t button_ms;
};

static void
add_wish(struct wish *w, const struct option_values *v)
{
	w->code |= v->v[OPTION_PROOF] == OPTION_PROOF_CODE;
	if (v->v[OPTION_BUTTON] > w->button_ms)
		w->button_ms = v->v[OPTION_BUTTON];
}

/* The directory says it; not known yet: with the code nobody is wronged. */
static void
read_wish(const struct app *app, const struct challenge *c, struct wish *w)
{
	const struct hosted *held = hosts_hold(app->hosts);
	const struct dir_domain *d;
	struct option_values v;

	*w = (struct wish){ .code = held == NULL };
	if (held == NULL)
		return;
	d = dir_domain(held->snapshot, c->domain);
	for (size_t i = 0; d != NULL && i < c->count; i++) {
		dir_options(d, dir_mailbox(d, c->local[i]), &app->platform, &v);
		add_wish(w, &v);
	}
	if (d == NULL)
		add_wish(w, &app->platform);
	hosts_put(app->hosts, held);
}

/* Its organisation, network or platform bounces or disowns too much (challenge.md
 * 5): 1, 0, or an error. */
static int
breaker_is_open(const struct app *app, const struct case_challenge *c,
    int64_t now_ms)
{
	char org[OCT_DOMAIN_SIZE];
	struct breaker_of of;

	if (!case_breaker_of(c, org, &of))
		return 0;
	return breaker_forces_code(app->store, &of, now_ms);
}

int
code_need(const struct app *app, const struct case_challenge *c,
    const struct oct_ip *client, int64_t now_ms, enum code_need *out)
{
	struct wish w;
	int rc;

	read_wish(app, &c->challenge, &w);
	*out = CODE_ALWAYS;
	if (w.code)
		return 0;
	rc = pace_is_over(app, c->challenge.sid, client);
	if (rc == 0)
		rc = breaker_is_open(app, c, now_ms);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	*out = challenge_needs_code(c->state, c->handed_ms, now_ms, w.button_ms)
	    ? CODE_EARLY
	    : CODE_NOT;
	return 0;
}

bool
code_is_right(const struct app *app, const char *id,
    const char code[CODE_DIGITS + 1])
{
	bool same = false;

	/* All, always: which one fits is not told by the time. */
	for (size_t i = 0; i < app->code_keys; i++) {
		char right[CODE_DIGITS + 1];

		challenge_code(app->code_key[i], id, right);
		same |= sodium_memcmp(code, right, CODE_DIGITS) == 0;
		sodium_memzero(right, sizeof(right));
	}
	return same;
}
