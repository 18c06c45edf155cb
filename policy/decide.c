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
	[FATE_R_CLEAR] = "not-doubtful",
	[FATE_R_SIMULATE] = "simulate",
	[FATE_R_ANSWER] = "answer",
	[FATE_R_EXPECTED] = "expected",
	[FATE_R_TAGGED] = "tagged-address",
	[FATE_R_PASS] = "pass",
	[FATE_R_AUTOMATIC] = "automatic",
	[FATE_R_UNMATCHED] = "unmatched-bounce",
	[FATE_R_UNDECIDED] = "undecided",
	[FATE_R_FIRST_CONTACT] = "first-contact",
	[FATE_R_TRANSIT] = "transit",
	[FATE_R_STORE_DOWN] = "store-down",
	[FATE_R_FULL] = "full",
	[FATE_R_DIRECTION] = "direction",
	[FATE_R_EXTERNAL] = "external",
	[FATE_R_MALFORMED] = "malformed",
	[FATE_R_SUSPENDED] = "suspended",
	[FATE_R_BYPASS] = "bypass",
	[FATE_R_LIMIT] = "limit",
	[FATE_R_NO_DIGEST] = "no-digest",
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

const char *
fate_label_name(enum fate_label l)
{
	switch (l) {
	case LABEL_NONE:
		return "none";
	case LABEL_UNKNOWN:
		return "unknown";
	case LABEL_UNPROVEN:
		return "unproven";
	case LABEL_BYPASS:
		return "unchecked";
	}
	return "?";
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

	if (m->credited || r->legacy == LEGACY_PROVEN)
		return AUTH_DMARC_NONE;
	if (r->legacy == LEGACY_HOST && asked == AUTH_DMARC_REJECT)
		asked = AUTH_DMARC_QUARANTINE;
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
	return m->credited || r->legacy != LEGACY_NONE ? OVERRIDE_CREDIT
						       : OVERRIDE_POLICY;
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

/* Row 4, as far as the message alone tells. */
static bool
is_known(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return m->same_installation ||
	    (m->institutional && is_proven(r->class));
}

static bool
is_allowed(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return is_known(m, r) ||
	    (r->store_known && (r->relation == REL_ALLOWED || r->granted));
}

static int32_t
score_of(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return m->score + r->score_own;
}

/* Row 7: does the option stand before this message? */
static bool
wants_challenge(const struct decide_msg *m, const struct decide_rcpt *r)
{
	if (r->protected_path)
		return false;
	switch (r->mode) {
	case OPTION_CHALLENGE_OFF:
		return false;
	case OPTION_CHALLENGE_DOUBTFUL:
		return score_of(m, r) >= r->thresholds.tag;
	case OPTION_CHALLENGE_FIRST_CONTACT:
	case OPTION_CHALLENGE_SIMULATE:
		break;
	}
	return true;
}

/* Rows 1 and 2, and finals outside: settled by the message. */
static bool
is_settled(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate ignored;

	return m->malformed || !decide_is_checked(m->direction) ||
	    r->external || by_message(m, r, &ignored) || claims_falsely(m, r);
}

/* Rows 4 to 7, 9 and on, as far as they are settled without the store. */
static bool
is_settled_later(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return r->suspended || r->over_limit ||
	    score_of(m, r) >= r->thresholds.reject || m->phishing || is_known(m, r) || m->bypass;
}

bool
decide_may_reach(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return !is_settled(m, r) && !is_settled_later(m, r) &&
	    score_of(m, r) < r->thresholds.hold && wants_challenge(m, r);
}

bool
decide_needs_store(const struct decide_msg *m, const struct decide_rcpt *r)
{
	if (is_settled(m, r))
		return false;
	if (r->has_blocks)
		return true;
	if (is_settled_later(m, r))
		return false;
	return score_of(m, r) >= r->thresholds.hold ||
	    (r->mode != OPTION_CHALLENGE_SIMULATE && decide_may_reach(m, r));
}

bool
decide_asks_store(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return decide_needs_store(m, r) || decide_may_reach(m, r);
}

static struct fate
with_tag(struct fate f, const struct decide_msg *m, const struct decide_rcpt *r)
{
	f.tag = score_of(m, r) >= r->thresholds.tag;
	return f;
}

/* Row 9: false if no door is open. */
static bool
by_door(const struct decide_msg *m, const struct decide_rcpt *r,
    struct fate *out)
{
	if (!r->answers && !r->expected && !r->tagged && !r->pass)
		return false;
	*out = deliver(r->answers ? FATE_R_ANSWER
		: r->expected	  ? FATE_R_EXPECTED
		: r->tagged	  ? FATE_R_TAGGED
				  : FATE_R_PASS,
	    9);
	if (out->reason == FATE_R_PASS)
		out->label = LABEL_UNPROVEN;
	*out = with_tag(*out, m, r);
	return true;
}

/* Row 10. */
static struct fate
automatic(const struct decide_msg *m, const struct decide_rcpt *r)
{
	if (m->null_path)
		return r->outbound_here
		    ? refuse(FATE_R_UNMATCHED, 10, "5.7.1")
		    : hold(FATE_R_UNMATCHED, 10);
	if (r->automatic == OPTION_AUTOMATIC_SCORE)
		return with_tag(deliver(FATE_R_AUTOMATIC, 10), m, r);
	return hold(FATE_R_AUTOMATIC, 10);
}

/* Mail that was sent on is neither asked nor refused. */
static bool
is_asked(const struct decide_msg *m, const struct decide_rcpt *r)
{
	return m->direction == DIR_INBOUND && r->legacy == LEGACY_NONE;
}

/* Row 12. */
static struct fate
proven_stranger(const struct decide_msg *m, const struct decide_rcpt *r)
{
	bool inbound = is_asked(m, r);
	struct fate f;

	if (inbound && r->first == OPTION_FIRST_DEFER && r->may_defer)
		f = defer(FATE_R_FIRST_CONTACT, 12, 451, "4.7.1");
	else
		f = hold(FATE_R_FIRST_CONTACT, 12);
	f.ask = inbound && r->may_ask;
	return f;
}

/* Rows 9 to 13: first contact of a mailbox that has the option. */
static struct fate
first_contact(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate f;

	if (by_door(m, r, &f))
		return f;
	if (r->exempt || m->null_path)
		return automatic(m, r);
	if (r->class == PROOF_T)
		return r->t_since_ms > 0 &&
			m->now_ms - r->t_since_ms >= DECIDE_T_MS
		    ? hold(FATE_R_UNDECIDED, 11)
		    : defer(FATE_R_UNDECIDED, 11, 451, "4.4.3");
	if (r->class == PROOF_A)
		return proven_stranger(m, r);
	return is_asked(m, r) && r->unproven == OPTION_UNPROVEN_REFUSE
	    ? refuse(FATE_R_FIRST_CONTACT, 13, "5.7.1")
	    : hold(FATE_R_FIRST_CONTACT, 13);
}

/* Row 8. */
static struct fate
simulate(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate would = first_contact(m, r);
	struct fate f = with_tag(deliver(FATE_R_SIMULATE, 8), m, r);

	/* Without the store nobody knows. */
	f.simulated = r->store_known;
	f.would = would.verdict;
	f.would_row = would.row;
	f.would_ask = would.ask;
	return f;
}

/* Rows 7 to 13. */
static struct fate
by_option(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate f;

	if (wants_challenge(m, r))
		return r->mode == OPTION_CHALLENGE_SIMULATE
		    ? simulate(m, r)
		    : first_contact(m, r);
	if (r->protected_path) {
		f = deliver(FATE_R_PROTECTED, 7);
		if (r->mode != OPTION_CHALLENGE_OFF)
			f.label = LABEL_UNKNOWN;
	} else {
		f = deliver(r->mode == OPTION_CHALLENGE_OFF ? FATE_R_OPTION_OFF
							    : FATE_R_CLEAR,
		    7);
	}
	return with_tag(f, m, r);
}

static struct fate
blocked(const struct decide_rcpt *r)
{
	if (!r->drop_silently)
		return refuse(FATE_R_BLOCKED, 3, "5.7.1");
	return (struct fate){ .verdict = FATE_DROP, .reason = FATE_R_BLOCKED,
		.row = 3 };
}

/* Rows 3 to 13, for a hosted recipient. */
static struct fate
by_recipient(const struct decide_msg *m, const struct decide_rcpt *r)
{
	bool spam = score_of(m, r) >= r->thresholds.hold || m->phishing;
	struct fate f;

	if (r->store_known && (r->blocked || r->relation == REL_BLOCKED))
		return blocked(r);
	if (is_allowed(m, r) && !m->phishing && !r->suspended &&
	    !r->over_limit && score_of(m, r) < r->thresholds.reject)
		return with_tag(deliver(FATE_R_ALLOWED, 4), m, r);
	if (score_of(m, r) >= r->thresholds.reject)
		return refuse(FATE_R_SPAM, 5, "5.7.1");
	/* Its mail waits for the owner, not the others' of the group. */
	if (r->suspended)
		return hold(spam ? FATE_R_SPAM : FATE_R_SUSPENDED, spam ? 6 : 0);
	if (r->over_limit)
		return hold(spam ? FATE_R_SPAM : FATE_R_LIMIT, spam ? 6 : 0);
	if (m->bypass) {
		f = with_tag(deliver(FATE_R_BYPASS, 0), m, r);
		f.label = LABEL_BYPASS;
		return f;
	}
	/* Held by its score alone, nobody would ever hear of it. */
	if (spam && r->no_digest && !m->phishing)
		return with_tag(deliver(FATE_R_NO_DIGEST, 6), m, r);
	return spam ? hold(FATE_R_SPAM, 6) : by_option(m, r);
}

static struct fate
by_table(const struct decide_msg *m, const struct decide_rcpt *r)
{
	struct fate f;

	if (m->malformed)
		return refuse(FATE_R_MALFORMED, 0, "5.7.1");
	if (by_message(m, r, &f))
		return f;
	if (!decide_is_checked(m->direction))
		return deliver(FATE_R_DIRECTION, 0);
	if (claims_falsely(m, r))
		return m->claims_refuse ? refuse(FATE_R_SPOOF, 2, "5.7.26")
					: hold(FATE_R_SPOOF, 2);
	if (r->external)
		return score_of(m, r) >= r->thresholds.reject
		    ? refuse(FATE_R_SPAM, 5, "5.7.1")
		    : deliver(FATE_R_EXTERNAL, 0);
	return by_recipient(m, r);
}

void
decide_rcpt(const struct decide_msg *m, const struct decide_rcpt *r,
    struct fate *out)
{
	/* What could not be read decides nothing. */
	if (!r->store_known && decide_needs_store(m, r)) {
		*out = defer(FATE_R_STORE_DOWN, 0, 451, "4.3.0");
		out->domain = r->domain;
		return;
	}
	*out = by_table(m, r);
	/* A 5xx to a provider that sends mail on would bounce to whoever is
	 * named as its sender. */
	if (out->verdict == FATE_REFUSE && r->legacy != LEGACY_NONE &&
	    out->reason != FATE_R_MALFORMED)
		*out = hold(out->reason, out->row);
	out->full = r->store_known && !r->has_room;
	if (out->verdict == FATE_HOLD && out->full)
		*out = defer(FATE_R_FULL, out->row, 452, "4.2.2");
	out->override = override_of(m, r);
	out->domain = r->domain;
}
