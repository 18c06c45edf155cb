/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of fraud: who a message says that it is, and what it wants.
 */
#include <string.h>
#include <strings.h>

#include "lib/addrlist.h"
#include "lib/err.h"
#include "policy/features_names.h"
#include "policy/lookalike.h"
#include "policy/rules.h"

#define REPLIES_MAX 4

/* --- Brands -------------------------------------------------------------------- */

/* Names that are words of every day, too. */
static bool
is_common_word(const char *brand)
{
	static const char *const words[] = { "free", "target", "chase", "ing",
		"att", "ledger", "steam", "orange", "apple", "ups", "lowes",
		"outlook", "google", "disney", "ripple", "ants", "nickel",
		"booking", "boulanger", "leclerc", "irs", "caf", "zimbra",
		"roundcube", "wordpress", "godaddy", "sendgrid" };

	for (size_t i = 0; i < OCT_LEN(words); i++)
		if (strcmp(brand, words[i]) == 0)
			return true;
	return false;
}

/* Does the brand's name stand in the author's domain or in a link's? */
static bool
stands_behind(const struct rules *r, const char *brand, bool links)
{
	if (r->in->from != NULL && strstr(r->in->from->domain, brand) != NULL)
		return true;
	for (size_t i = 0; links && i < r->host_count; i++)
		if (strstr(r->host[i], brand) != NULL)
			return true;
	return false;
}

static bool
borrows_brand(const struct rules *r, const struct lexicon_hits *hits,
    bool links)
{
	bool any = false;

	for (size_t i = 0; i < lexicon_brands(); i++) {
		const char *brand = lexicon_brand(i);

		if (!lexicon_has_brand(hits, i) || is_common_word(brand))
			continue;
		if (stands_behind(r, brand, links))
			return false;
		any = true;
	}
	return any;
}

/* --- Names ----------------------------------------------------------------------- */

static bool
is_border(char c)
{
	return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
}

/* A word or words of lower-case ASCII in a folded text. */
static bool
says(const char *text, const char *words)
{
	size_t n = strlen(words);

	for (const char *p = strstr(text, words); p != NULL;
	    p = strstr(p + 1, words))
		if ((p == text || is_border(p[-1])) && is_border(p[n]))
			return true;
	return false;
}

/* Who is obeyed or paid in a town hall. */
static bool
is_office(const char *name)
{
	static const char *const offices[] = { "le maire", "la maire",
		"m. le maire", "mme le maire", "monsieur le maire",
		"madame le maire", "madame la maire", "mairie", "hotel de ville",
		"directeur general des services", "direction generale",
		"dgs", "secretariat general", "secretaire de mairie",
		"service technique", "services techniques", "service informatique",
		"support informatique", "administrateur", "tresorerie",
		"tresor public", "prefecture", "sous-prefecture", "gendarmerie",
		"police nationale", "police municipale", "impots",
		"impots gouv", "dgfip", "finances publiques", "urssaf", "ameli",
		"assurance maladie", "caf", "antai", "ants", "conseil departemental",
		"conseil regional", "ressources humaines", "comptabilite",
		"president de la communaute", "le president", "help desk",
		"helpdesk", "it support", "mail administrator", "postmaster",
		"webmail", "messagerie", "commandant", "brigade", "procureur",
		"tribunal", "europol", "interpol", "ministere", "huissier",
		"commissaire de justice", "cabinet du maire", "premier adjoint",
		"premiere adjointe" };

	for (size_t i = 0; i < OCT_LEN(offices); i++)
		if (says(name, offices[i]))
			return true;
	return false;
}

/* The domain of a recipient, or the name in it, as the display name. */
static bool
borrows_our_name(const struct rules *r)
{
	for (size_t i = 0; i < r->in->rcpt_count; i++) {
		const char *domain = r->in->rcpts[i].domain;
		char org[OCT_DOMAIN_SIZE], label[OCT_DOMAIN_SIZE];
		size_t len;

		if (*domain == '\0' || *domain == '[')
			continue;
		rules_org(domain, org);
		if (strcmp(org, r->from_org) == 0)
			return false;
		len = strcspn(org, ".");
		memcpy(label, org, len);
		label[len] = '\0';
		for (char *p = label; *p != '\0'; p++)
			*p = *p == '-' ? ' ' : *p;
		if (strstr(r->shown_name, org) != NULL ||
		    (len >= 5 && says(r->shown_name, label)))
			return true;
	}
	return false;
}

static bool
is_own_address(const struct rules *r)
{
	const struct oct_addr *from = r->in->from;

	if (from == NULL || r->proven || r->list)
		return false;
	for (size_t i = 0; i < r->in->rcpt_count; i++)
		if (strcmp(from->domain, r->in->rcpts[i].domain) == 0 &&
		    strcasecmp(from->local, r->in->rcpts[i].local) == 0)
			return true;
	return false;
}

static void
check_names(const struct rules *r, struct score *s)
{
	score_mark(s, SYM_FRAUD_BRAND_NAME, borrows_brand(r, &r->name, false));
	score_mark(s, SYM_FRAUD_BRAND_SUBJECT, r->web > 0 &&
		borrows_brand(r, &r->subject, true));
	score_mark(s, SYM_FRAUD_OFFICE, r->from_free &&
		is_office(r->shown_name));
	score_mark(s, SYM_FRAUD_OUR_NAME, r->in->from != NULL &&
		borrows_our_name(r));
	score_mark(s, SYM_FRAUD_OWN_ADDRESS, is_own_address(r));
}

/* --- Domains ---------------------------------------------------------------------- */

static enum lookalike
judge_host(const struct rules *r, const char *host)
{
	enum lookalike found = lookalike_of_institution(host);

	for (size_t i = 0; i < r->in->rcpt_count; i++) {
		const char *ours = r->in->rcpts[i].domain;
		enum lookalike one = *ours == '\0' || *ours == '[' ||
			feature_is_freemail(ours)
		    ? LOOKALIKE_NONE
		    : lookalike_of(host, ours);

		found = one > found ? one : found;
	}
	return found;
}

static void
check_domains(const struct rules *r, struct score *s)
{
	enum lookalike found = LOOKALIKE_NONE, one;

	if (r->in->from != NULL)
		found = judge_host(r, r->in->from->domain);
	for (size_t i = 0; i < r->followed; i++) {
		one = judge_host(r, r->host[i]);
		found = one > found ? one : found;
	}
	score_mark(s, SYM_FRAUD_LOOKALIKE, found == LOOKALIKE_SAME);
	score_mark(s, SYM_FRAUD_NEAR_MISS, found == LOOKALIKE_NEAR);
}

/* --- Answers ------------------------------------------------------------------ */

/* The answer would leave the author's own domain for a public provider. */
static bool
replies_to_private(const struct rules *r)
{
	const struct oct_field *f = oct_msg_find(r->in->msg, "Reply-To", 0);
	struct oct_addr reply[REPLIES_MAX];
	size_t n = 0;

	if (f == NULL || r->in->from == NULL)
		return false;
	(void)!oct_addrlist_parse(f->value, f->value_len, reply, REPLIES_MAX,
	    &n);
	for (size_t i = 0; i < n; i++)
		if (feature_is_freemail(reply[i].domain) &&
		    strcmp(reply[i].domain, r->in->from->domain) != 0)
			return true;
	return false;
}

/* To another organisation than the author's. */
static bool
answers_elsewhere(const struct rules *r)
{
	const struct oct_field *f = oct_msg_find(r->in->msg, "Reply-To", 0);
	struct oct_addr reply[REPLIES_MAX];
	size_t n = 0;

	if (f == NULL || r->in->from == NULL || r->list)
		return false;
	(void)!oct_addrlist_parse(f->value, f->value_len, reply, REPLIES_MAX,
	    &n);
	for (size_t i = 0; i < n; i++)
		if (!oct_domain_under(reply[i].domain, r->from_org))
			return true;
	return false;
}

/* --- What it wants ------------------------------------------------------------------ */

static unsigned int
body(const struct rules *r, const char *category)
{
	return lexicon_count(&r->body, category);
}

static unsigned int
head(const struct rules *r, const char *category)
{
	return lexicon_count(&r->subject, category) +
	    lexicon_count(&r->name, category);
}

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
	return kinds >= 4 && body(r, "account") + body(r, "login") > 0 &&
	    body(r, "suspend") + body(r, "verify") + head(r, "suspend") > 0;
}

static bool
has_page(const struct rules *r)
{
	for (size_t i = 0; i < r->c->part_count; i++)
		if ((r->c->parts[i].flags & CONTENT_PART_HTML_ATTACHED) != 0)
			return true;
	return false;
}

static bool
is_parcel(const struct rules *r)
{
	static const char *const carriers[] = { "dhl", "fedex", "ups", "usps",
		"laposte", "chronopost", "colissimo", "mondialrelay" };

	if (head(r, "parcel") == 0 || body(r, "parcel") < 3 || r->web == 0)
		return false;
	for (size_t i = 0; i < OCT_LEN(carriers); i++)
		if (stands_behind(r, carriers[i], true))
			return false;
	return body(r, "money") + body(r, "verify") + body(r, "urgent") +
	    body(r, "click") >= 2;
}

/* Another account to pay to, and an answer that goes elsewhere. */
static bool
is_bank_change(const struct rules *r)
{
	static const char *const words[] = { "chang", "nouveau", "nouvelle",
		"modif", "new bank", "new account", "updated bank" };

	if (body(r, "transfer") + lexicon_count(&r->subject, "transfer") == 0)
		return false;
	for (size_t i = 0; i < OCT_LEN(words); i++)
		if (strcasestr(r->text->data, words[i]) != NULL)
			return r->from_free || answers_elsewhere(r);
	return false;
}

static void
check_wishes(const struct rules *r, struct score *s)
{
	bool leads = r->web > 0 || has_page(r);

	/* Among people words of accounts and money mean less. */
	if (r->talk)
		return;
	score_mark(s, SYM_FRAUD_ACCOUNT, leads && wants_account(r));
	score_mark(s, SYM_FRAUD_MAILBOX, leads &&
		(head(r, "quota") > 0 || body(r, "quota") >= 2) &&
		body(r, "account") + body(r, "click") + body(r, "verify") > 0);
	score_mark(s, SYM_FRAUD_ADVANCE_FEE, body(r, "nigeria") >= 4 &&
		body(r, "money") >= 1);
	score_mark(s, SYM_FRAUD_EXTORTION, body(r, "crypto") >= 2 &&
		body(r, "urgent") + body(r, "adult") >= 2 && r->web <= 1);
	score_mark(s, SYM_FRAUD_PARCEL, is_parcel(r));
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
	score_mark(s, SYM_FRAUD_BANK_CHANGE, is_bank_change(r));
}

/* --- The whole ------------------------------------------------------------------------ */

void
rules_fraud(const struct rules *r, struct score *s)
{
	check_names(r, s);
	check_domains(r, s);
	score_mark(s, SYM_FRAUD_REPLY_PRIVATE, replies_to_private(r));
	check_wishes(r, s);
}
