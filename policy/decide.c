/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decide.h"

#include <string.h>

#include "lib/err.h"

const char *
direction_name(enum direction d)
{
	switch (d) {
	case DIR_INBOUND:
		return "inbound";
	case DIR_SUBMISSION:
		return "submission";
	case DIR_RELAY:
		return "relay";
	case DIR_INTERNAL:
		return "internal";
	case DIR_COLLECTED:
		return "collected";
	case DIR_FORWARDED:
		return "forwarded";
	}
	return "?";
}

const char *
fate_verdict_name(enum fate_verdict v)
{
	switch (v) {
	case FATE_DELIVER:
		return "deliver";
	case FATE_HOLD:
		return "hold";
	case FATE_DROP:
		return "drop";
	case FATE_REFUSE:
		return "refuse";
	case FATE_DEFER:
		return "defer";
	}
	return "?";
}

static const char *const reason_names[] = {
	[FATE_R_NONE] = "none",
	[FATE_R_VIRUS] = "virus",
	[FATE_R_DMARC] = "dmarc",
	[FATE_R_SPOOF] = "spoof",
	[FATE_R_BLOCKED] = "blocked",
	[FATE_R_ALLOWED] = "allowed",
	[FATE_R_SPAM] = "spam",
	[FATE_R_OPTION_OFF] = "option-off",
	[FATE_R_PROTECTED] = "protected",
	[FATE_R_AUTOMATIC] = "automatic",
	[FATE_R_UNDECIDED] = "undecided",
	[FATE_R_FIRST_CONTACT] = "first-contact",
	[FATE_R_TRANSIT] = "transit",
	[FATE_R_STORE_DOWN] = "store-down",
	[FATE_R_FULL] = "full",
	[FATE_R_DIRECTION] = "direction",
	[FATE_R_EXTERNAL] = "external",
	[FATE_R_MALFORMED] = "malformed",
};

const char *
fate_reason_name(enum fate_reason r)
{
	return (size_t)r < OCT_LEN(reason_names) ? reason_names[r] : "?";
}

int
fate_reason_parse(const char *name, enum fate_reason *out)
{
	for (size_t i = 0; i < OCT_LEN(reason_names); i++) {
		if (strcmp(name, reason_names[i]) == 0) {
			*out = (enum fate_reason)i;
			return 0;
		}
	}
	return OCT_EPARSE;
}

static struct fate
deliver(enum fate_reason reason, int row)
{
	return (struct fate){ .verdict = FATE_DELIVER, .reason = reason,
		.row = row };
}

static struct fate
hold(enum fate_reason reason, int row)
{
	return (struct fate){ .verdict = FATE_HOLD, .reason = reason,
		.row = row };
}

static struct fate
refuse(enum fate_reason reason, int row, const char *enhanced)
{
	return (struct fate){ .verdict = FATE_REFUSE, .reason = reason,
		.row = row, .code = 550, .enhanced = enhanced };
}

static struct fate
defer(enum fate_reason reason, int row, int code, const char *enhanced)
{
	return (struct fate){ .verdict = FATE_DEFER, .reason = reason,
		.row = row, .code = code, .enhanced = enhanced };
}

bool
decide_is_checked(enum direction d)
{
	switch (d) {
	case DIR_INBOUND:
	case DIR_COLLECTED:
	case DIR_FORWARDED:
		return true;
	case DIR_SUBMISSION:
	case DIR_RELAY:
	case DIR_INTERNAL:
		return false;
	}
	return true;
}

/* The policy that the author's domain asks for, and what is left of it. */
static enum auth_dmarc_policy
asked_policy(const struct decide_msg *m)
{
	return m->dmarc == AUTH_FAIL ? m->dmarc_policy : AUTH_DMARC_NONE;
}

static enum auth_dmarc_policy
applied_policy(const struct decide_msg *m, const struct decide_rcpt *r)
{
	enum auth_dmarc_policy asked = asked_policy(m);

	if (m->credited)
		return AUTH_DMARC_NONE;
	switch (r->dmarc_mode != DIR_DMARC_INHERIT ? r->dmarc_mode
						   : m->dmarc_mode) {
	case DIR_DMARC_INHERIT:
	case DIR_DMARC_ENFORCE:
		break;
	case DIR_DMARC_HOLD:
		return asked == AUTH_DMARC_REJECT ? AUTH_DMARC_QUARANTINE
						  : asked;
	case DIR_DMARC_OBSERVE:
		return AUTH_DMARC_NONE;
	}
	return asked;
}

static enum fate_override
override_of(const struct decide_msg *m, const struct decide_rcpt *r)
{
	if (!decide_is_checked(m->direction) ||
	    applied_policy(m, r) == asked_policy(m))
		return OVERRIDE_NONE;
	return m->credited ? OVERRIDE_CREDIT : OVERRIDE_POLICY;
}

/* Rows 1 and 2: false if neither applies. */
static bool
by_message(const struct decide_msg *m, const struct decide_rcpt *r,
    struct fate *out)
{
	if (m->malware) {
		*out = m->malware_refuse
		    ? refuse(FATE_R_VIRUS, 1, "5.7.1")
		    : hold(FATE_R_VIRUS, 1);
		return true;
	}
	if (!decide_is_checked(m->direction))
		return false;
	switch (applied_policy(m, r)) {
	case AUTH_DMARC_REJECT:
		*out = refuse(FATE_R_DMARC, 2, "5.7.26");
		return true;
	case AUTH_DMARC_QUARANTINE:
		*out = hold(FATE_R_SPOOF, 2);
		return true;
	case AUTH_DMARC_NONE:
		break;
	}
	return false;
}

static bool
is_proven(enum proof_class c)
{
	return c == PROOF_A || c == PROOF_F;
}

/* Row 2, second half: an unproven message that claims a hosted domain.  A class
 * that is open because of DNS is left to row 11. */
static bool
claims_falsely(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return m->claims_hosted && !m->same_installation && !m->credited &&
	    r->class != PROOF_T;
}

static bool
is_allowed(const struct decide_msg *m, const struct decide_rcpt *r)
{
	if (m->same_installation)
		return true;
	if (m->institutional && is_proven(r->class))
		return true;
	return r->store_known && (r->relation == REL_ALLOWED || r->granted);
}

static bool
wants_challenge(const struct decide_rcpt *r)
{
	return r->option == DIR_CHALLENGE_FIRST_CONTACT && !r->protected_path;
}

bool
decide_needs_store(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate ignored;

	if (!decide_is_checked(m->direction) || r->external ||
	    by_message(m, r, &ignored))
		return false;
	if (claims_falsely(m, r))
		return r->has_blocks;
	return r->has_blocks || wants_challenge(r) ||
	    m->score >= r->thresholds.hold;
}

static struct fate
with_tag(struct fate f, const struct decide_msg *m, const struct decide_rcpt *r)
{
	f.tag = m->score >= r->thresholds.tag;
	return f;
}

/* Rows 9 to 13: first contact of a mailbox that has the option. */
static struct fate
first_contact(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate f;

	if (r->exempt)
		return hold(FATE_R_AUTOMATIC, 10);
	if (r->class == PROOF_T)
		return defer(FATE_R_UNDECIDED, 11, 451, "4.4.3");
	f = hold(FATE_R_FIRST_CONTACT, r->class == PROOF_A ? 12 : 13);
	f.ask = r->class == PROOF_A && r->may_ask &&
	    m->direction == DIR_INBOUND;
	return f;
}

static struct fate
by_table(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate f;

	if (by_message(m, r, &f))
		return f;
	if (!decide_is_checked(m->direction))
		return deliver(FATE_R_DIRECTION, 0);
	if (claims_falsely(m, r))
		return m->claims_refuse ? refuse(FATE_R_SPOOF, 2, "5.7.26")
					: hold(FATE_R_SPOOF, 2);
	if (r->external)
		return m->score >= r->thresholds.reject
		    ? refuse(FATE_R_SPAM, 5, "5.7.1")
		    : deliver(FATE_R_EXTERNAL, 0);
	if (r->store_known && (r->blocked || r->relation == REL_BLOCKED)) {
		f = refuse(FATE_R_BLOCKED, 3, "5.7.1");
		if (r->drop_silently)
			f = (struct fate){ .verdict = FATE_DROP,
				.reason = FATE_R_BLOCKED, .row = 3 };
		return f;
	}
	if (is_allowed(m, r) && !m->phishing &&
	    m->score < r->thresholds.reject)
		return with_tag(deliver(FATE_R_ALLOWED, 4), m, r);
	if (m->score >= r->thresholds.reject)
		return refuse(FATE_R_SPAM, 5, "5.7.1");
	if (m->score >= r->thresholds.hold || m->phishing)
		return hold(FATE_R_SPAM, 6);
	if (!wants_challenge(r)) {
		f = with_tag(deliver(r->protected_path ? FATE_R_PROTECTED
						       : FATE_R_OPTION_OFF, 7),
		    m, r);
		f.unknown = r->protected_path &&
		    r->option == DIR_CHALLENGE_FIRST_CONTACT;
		return f;
	}
	return first_contact(m, r);
}

void
decide_rcpt(const struct decide_msg *m, const struct decide_rcpt *r,
    struct fate *out)
{
	/* What could not be read decides nothing. */
	if (!r->store_known && decide_needs_store(m, r)) {
		*out = defer(FATE_R_STORE_DOWN, 0, 451, "4.3.0");
		return;
	}
	*out = by_table(m, r);
	if (out->verdict == FATE_HOLD && r->store_known && !r->has_room)
		*out = defer(FATE_R_FULL, out->row, 452, "4.2.2");
	out->override = override_of(m, r);
}

static bool
is_refusal(const struct fate *f)
{
	return f->verdict == FATE_REFUSE || f->verdict == FATE_DEFER;
}

/* Deferral that must reach the client whatever the others' fate: the store is
 * away or full, so that nothing may be answered 250 for this recipient. */
static bool
is_binding(const struct fate *f)
{
	return f->verdict == FATE_DEFER &&
	    (f->reason == FATE_R_STORE_DOWN || f->reason == FATE_R_FULL ||
		f->reason == FATE_R_MALFORMED);
}

/* Rule (c): the transaction is accepted for others, so this refusal cannot be
 * said any more. */
static void
soften(struct fate *f)
{
	if (f->verdict == FATE_REFUSE && f->reason == FATE_R_BLOCKED)
		f->verdict = FATE_DROP;
	else
		f->verdict = FATE_HOLD;
	f->ask = false;
}

static bool
never_5xx(const struct decide_msg *m)
{
	return m->direction == DIR_COLLECTED || m->direction == DIR_FORWARDED;
}

/* The refusal that speaks for all: a binding one, else any 4xx, else the 5xx of
 * the lowest row. */
static const struct fate *
spokesman(const struct fate *fates, size_t count)
{
	const struct fate *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct fate *f = &fates[i];

		if (is_binding(f))
			return f;
		if (!is_refusal(f))
			continue;
		if (best == NULL || (f->verdict == FATE_DEFER &&
				    best->verdict == FATE_REFUSE) ||
		    (f->verdict == best->verdict && f->row < best->row))
			best = f;
	}
	return best;
}

void
decide_reply(const struct decide_msg *m, struct fate *fates, size_t count,
    struct fate *reply)
{
	bool all_refused = count > 0;
	const struct fate *speaks;

	for (size_t i = 0; i < count; i++)
		if (never_5xx(m) && fates[i].verdict == FATE_REFUSE)
			soften(&fates[i]);
	for (size_t i = 0; i < count; i++)
		if (!is_refusal(&fates[i]))
			all_refused = false;
	speaks = spokesman(fates, count);
	if (speaks != NULL && (all_refused || is_binding(speaks))) {
		*reply = *speaks;
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (is_refusal(&fates[i]))
			soften(&fates[i]);
	*reply = deliver(FATE_R_NONE, 0);
}
