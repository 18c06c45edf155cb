/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of what a message wants, and where an answer to it would go.
 */
#include <string.h>
#include <strings.h>

#include "lib/addrlist.h"
#include "lib/err.h"
#include "policy/features_names.h"
#include "policy/lookalike.h"
#include "policy/rules.h"

#define REPLIES_MAX 4
#define LETTER_LINKS 3 /* a letter has few, a newsletter many */

/* --- Answers ------------------------------------------------------------------ */

static size_t
read_replies(const struct rules *r, struct oct_addr out[REPLIES_MAX])
{
	const struct oct_field *f = oct_msg_find(r->in->msg, "Reply-To", 0);
	size_t n = 0;

	if (f == NULL || r->in->from == NULL)
		return 0;
	/* Whatever of it can be read counts. */
	(void)!oct_addrlist_parse(f->value, f->value_len, out, REPLIES_MAX,
	    &n);
	return n;
}

/* The answer would leave the author's own domain for a public provider. */
static bool
replies_to_private(const struct rules *r)
{
	struct oct_addr reply[REPLIES_MAX];
	size_t n = read_replies(r, reply);

	for (size_t i = 0; i < n; i++)
		if (feature_is_freemail(reply[i].domain) &&
		    strcmp(reply[i].domain, r->in->from->domain) != 0)
			return true;
	return false;
}

/* ... or for a domain that only looks like it. */
static bool
replies_to_lookalike(const struct rules *r)
{
	struct oct_addr reply[REPLIES_MAX];
	size_t n = read_replies(r, reply);

	for (size_t i = 0; i < n; i++)
		if (!r->from_free && !feature_is_freemail(reply[i].domain) &&
		    lookalike_of(reply[i].domain, r->in->from->domain) !=
			LOOKALIKE_NONE)
			return true;
	return false;
}

/* To another organisation than the author's. */
static bool
answers_elsewhere(const struct rules *r)
{
	struct oct_addr reply[REPLIES_MAX];
	size_t n = r->list ? 0 : read_replies(r, reply);

	for (size_t i = 0; i < n; i++)
		if (!oct_domain_under(reply[i].domain, r->from_org))
			return true;
	return false;
}

/* --- What stands in it ---------------------------------------------------------- */

static unsigned int
body(const struct rules *r, const char *category)
{
	return lexicon_count(&r->o->body, category);
}

static unsigned int
head(const struct rules *r, const char *category)
{
	return lexicon_count(&r->o->subject, category) +
	    lexicon_count(&r->name, category);
}

/* Of subject, display name and text together. */
static unsigned int
says(const struct rules *r, enum phrase p)
{
	return (unsigned int)r->said.count[p] + r->title.count[p];
}

static bool
has_page(const struct rules *r)
{
	for (size_t i = 0; i < r->c->part_count; i++)
		if ((r->c->parts[i].flags & CONTENT_PART_HTML_ATTACHED) != 0)
			return true;
	return false;
}

/* Something to follow or to open. */
static bool
leads_on(const struct rules *r)
{
	return r->web > 0 || r->c->attached_parts > 0;
}

/* Every page that it leads to is the State's. */
static bool
leads_to_institutions(const struct rules *r)
{
	for (size_t i = 0; i < r->followed; i++)
		if (!lookalike_is_institution(r->host[i]))
			return false;
	return r->followed > 0;
}

/* --- Accounts ------------------------------------------------------------------- */

static bool
wants_account(const struct rules *r)
{
	static const char *const in_body[] = { "account", "verify", "suspend",
		"login", "urgent", "click", "dear" };
	static const char *const in_head[] = { "urgent", "suspend", "verify" };
	size_t kinds = 0;

	for (size_t i = 0; i < OCT_LEN(in_body); i++)
		kinds += body(r, in_body[i]) > 0;
	for (size_t i = 0; i < OCT_LEN(in_head); i++)
		kinds += head(r, in_head[i]) > 0;
	if (kinds >= 4 && body(r, "account") + body(r, "login") > 0 &&
	    body(r, "suspend") + body(r, "verify") + head(r, "suspend") > 0)
		return true;
	return says(r, PHRASE_BANK) + says(r, PHRASE_PASSWORD) > 0 &&
	    says(r, PHRASE_DEMAND) > 0 && says(r, PHRASE_THREAT) > 0;
}

static bool
is_mailbox_threat(const struct rules *r)
{
	if ((head(r, "quota") > 0 || body(r, "quota") >= 2) &&
	    body(r, "account") + body(r, "click") + body(r, "verify") > 0)
		return true;
	return says(r, PHRASE_MAILBOX) > 0 && says(r, PHRASE_THREAT) > 0 &&
	    says(r, PHRASE_DEMAND) + says(r, PHRASE_PASSWORD) > 0;
}

static void
check_accounts(const struct rules *r, struct score *s)
{
	bool leads = r->web > 0 || has_page(r);
	bool mailbox = is_mailbox_threat(r) &&
	    (leads || says(r, PHRASE_PASSWORD) > 0);

	score_mark(s, SYM_FRAUD_MAILBOX, mailbox);
	score_mark(s, SYM_FRAUD_ACCOUNT, leads && wants_account(r));
}

/* --- Money ------------------------------------------------------------------------ */

static bool
is_parcel(const struct rules *r)
{
	static const char *const carriers[] = { "dhl", "fedex", "ups", "usps",
		"laposte", "chronopost", "colissimo", "mondialrelay" };

	if (r->web == 0)
		return false;
	for (size_t i = 0; i < OCT_LEN(carriers); i++)
		if (rules_stands_behind(r, carriers[i], true))
			return false;
	if (says(r, PHRASE_PARCEL) >= 2 && says(r, PHRASE_FEE) > 0 &&
	    says(r, PHRASE_DEMAND) + says(r, PHRASE_THREAT) > 0)
		return true;
	return head(r, "parcel") > 0 && body(r, "parcel") >= 3 &&
	    body(r, "money") + body(r, "verify") + body(r, "urgent") +
		    body(r, "click") >= 2;
}

/* In the State's name, to pages that are not the State's. */
static bool
is_state_demand(const struct rules *r)
{
	if (r->from_free && r->web == 0)
		return false;
	return r->title.count[PHRASE_STATE] + (says(r, PHRASE_STATE) >= 2) >
	    0 && says(r, PHRASE_DEMAND) + says(r, PHRASE_THREAT) +
		    says(r, PHRASE_FEE) >= 2 &&
	    leads_on(r) && !leads_to_institutions(r) &&
	    !(r->institution && r->web == 0) && says(r, PHRASE_DEMAND) > 0;
}

/* Another account to pay to, and an answer that goes elsewhere; or a colleague,
 * or a firm that bills, at a private address. */
static bool
is_bank_change(const struct rules *r)
{
	static const char *const changes[] = { "chang", "nouveau", "nouvelle",
		"modif", "new bank", "new account", "updated bank" };
	bool speaks = body(r, "transfer") +
		lexicon_count(&r->o->subject, "transfer") > 0;

	if (says(r, PHRASE_ACCOUNT) >= 2)
		return r->from_free || answers_elsewhere(r) ||
		    says(r, PHRASE_THREAT) + says(r, PHRASE_ERRAND) > 0;
	for (size_t i = 0; speaks && i < OCT_LEN(changes); i++)
		if (strcasestr(r->text->data, changes[i]) != NULL)
			return answers_elsewhere(r);
	return false;
}

static void
check_money(const struct rules *r, struct score *s)
{
	bool leads = r->web > 0 || has_page(r);

	score_mark(s, SYM_FRAUD_PARCEL, is_parcel(r));
	score_mark(s, SYM_FRAUD_STATE, is_state_demand(r));
	score_mark(s, SYM_FRAUD_BANK_CHANGE, is_bank_change(r));
	score_mark(s, SYM_FRAUD_ADVANCE_FEE,
	    r->web <= LETTER_LINKS && !r->institution &&
		((body(r, "nigeria") >= 4 && body(r, "money") >= 1) ||
		    says(r, PHRASE_LEGACY) >= 2));
	score_mark(s, SYM_FRAUD_LOAN, !r->institution &&
		says(r, PHRASE_LOAN) > 0);
	score_mark(s, SYM_FRAUD_PRIZE, leads && head(r, "prize") > 0 &&
		body(r, "prize") + body(r, "money") + body(r, "urgent") >= 2);
	score_mark(s, SYM_FRAUD_CRYPTO, leads && head(r, "crypto") > 0 &&
		body(r, "crypto") >= 2 &&
		body(r, "prize") + body(r, "invest") + body(r, "urgent") +
			body(r, "money") + body(r, "verify") >= 2);
	score_mark(s, SYM_FRAUD_PRIVATE_LURE, r->from_free &&
		(body(r, "nigeria") >= 2 || body(r, "prize") >= 2 ||
		    body(r, "crypto") >= 2 || body(r, "suspend") >= 2 ||
		    (body(r, "loan") >= 2 && body(r, "money") > 0) ||
		    (body(r, "transfer") > 0 && body(r, "urgent") > 0)));
}

/* --- People ---------------------------------------------------------------------- */

/* An errand for somebody who must not be asked back. */
static bool
is_errand(const struct rules *r)
{
	return says(r, PHRASE_ERRAND) >= 2 && r->web == 0 &&
	    (r->from_free || answers_elsewhere(r) || !r->proven) &&
	    r->c->attached_parts == 0;
}

static void
check_people(const struct rules *r, struct score *s)
{
	score_mark(s, SYM_FRAUD_ERRAND, is_errand(r));
	score_mark(s, SYM_FRAUD_SUMMONS, !r->institution &&
		says(r, PHRASE_SUMMONS) >= 2);
	score_mark(s, SYM_FRAUD_EXTORTION,
	    (body(r, "crypto") >= 2 &&
		body(r, "urgent") + body(r, "adult") >= 2 && r->web <= 1) ||
		(says(r, PHRASE_COIN) > 0 && says(r, PHRASE_SPYING) > 0));
}

static void
check_sales(const struct rules *r, struct score *s)
{
	/* A firm that one has to do with says it once; and who writes from a
	 * private address is no firm. */
	unsigned int pitch = says(r, PHRASE_PITCH);

	score_mark(s, SYM_BULK_PITCH, !r->institution &&
		(pitch >= 2 || (r->from_free && body(r, "mass") >= 2)));
	score_mark(s, SYM_BULK_PITCH_PRIVATE, r->from_free &&
		(pitch >= 2 || body(r, "mass") >= 2));
	score_mark(s, SYM_BULK_DUTY, !r->institution &&
		says(r, PHRASE_DUTY) >= 2 &&
		says(r, PHRASE_DEMAND) + says(r, PHRASE_THREAT) +
			says(r, PHRASE_PITCH) > 0);
	score_mark(s, SYM_BULK_GAME, !r->institution &&
		says(r, PHRASE_GAME) >= 2);
	score_mark(s, SYM_BULK_ADULT, says(r, PHRASE_DATING) >= 3);
}

void
rules_wishes(const struct rules *r, struct score *s)
{
	score_mark(s, SYM_FRAUD_REPLY_PRIVATE, replies_to_private(r));
	score_mark(s, SYM_FRAUD_REPLY_LOOKALIKE, replies_to_lookalike(r));
	/* Among people words of accounts and money mean less. */
	if (r->talk)
		return;
	check_accounts(r, s);
	check_money(r, s);
	check_people(r, s);
	check_sales(r, s);
}
