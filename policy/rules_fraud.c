/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of fraud: who a message says that it is, and what it wants.
 */
#include <string.h>
#include <strings.h>

#include "auth/dmarc.h"
#include "lib/err.h"
#include "policy/features_names.h"
#include "policy/lookalike.h"
#include "policy/rules.h"

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

/* Whose domains are called otherwise.  The banks that bear one name together have
 * a domain each. */
static const char *const homes[][2] = { { "ameli", "assurance-maladie.fr" },
	{ "creditagricole", "credit-agricole.fr" },
	{ "creditagricole", "ca-alpesprovence.fr" },
	{ "creditagricole", "ca-alsace-vosges.fr" },
	{ "creditagricole", "ca-anjou-maine.fr" },
	{ "creditagricole", "ca-aquitaine.fr" },
	{ "creditagricole", "ca-atlantique-vendee.fr" },
	{ "creditagricole", "ca-briepicardie.fr" },
	{ "creditagricole", "ca-cb.fr" },
	{ "creditagricole", "ca-centrefrance.fr" },
	{ "creditagricole", "ca-centreloire.fr" },
	{ "creditagricole", "ca-centreouest.fr" },
	{ "creditagricole", "ca-centrest.fr" },
	{ "creditagricole", "ca-charente-perigord.fr" },
	{ "creditagricole", "ca-cmds.fr" },
	{ "creditagricole", "ca-corse.fr" },
	{ "creditagricole", "ca-cotesdarmor.fr" },
	{ "creditagricole", "ca-des-savoie.fr" },
	{ "creditagricole", "ca-finistere.fr" },
	{ "creditagricole", "ca-franchecomte.fr" },
	{ "creditagricole", "ca-illeetvilaine.fr" },
	{ "creditagricole", "ca-languedoc.fr" },
	{ "creditagricole", "ca-loirehauteloire.fr" },
	{ "creditagricole", "ca-lorraine.fr" },
	{ "creditagricole", "ca-morbihan.fr" },
	{ "creditagricole", "ca-nmp.fr" },
	{ "creditagricole", "ca-nord-est.fr" },
	{ "creditagricole", "ca-norddefrance.fr" },
	{ "creditagricole", "ca-normandie.fr" },
	{ "creditagricole", "ca-normandie-seine.fr" },
	{ "creditagricole", "ca-paris.fr" },
	{ "creditagricole", "ca-pca.fr" },
	{ "creditagricole", "ca-pyrenees-gascogne.fr" },
	{ "creditagricole", "ca-sudmed.fr" },
	{ "creditagricole", "ca-sudrhonealpes.fr" },
	{ "creditagricole", "ca-toulouse31.fr" },
	{ "creditagricole", "ca-tourainepoitou.fr" },
	{ "creditagricole", "ca-valdefrance.fr" },
	{ "societegenerale", "socgen.com" }, { "societegenerale", "sg.fr" },
	{ "caissedepargne", "caisse-epargne.fr" },
	{ "servicepublic", "service-public.fr" },
	{ "servicepublic", "service-public.gouv.fr" },
	{ "antai", "amendes.gouv.fr" },
	{ "impots", "dgfip.finances.gouv.fr" } };

static bool
is_home(const char *brand, const char *domain)
{
	if (strstr(domain, brand) != NULL)
		return true;
	for (size_t i = 0; i < OCT_LEN(homes); i++)
		if (strcmp(homes[i][0], brand) == 0 &&
		    oct_domain_under(domain, homes[i][1]))
			return true;
	return false;
}

/* Does the brand's name stand in the author's domain or in a link's? */
bool
rules_stands_behind(const struct rules *r, const char *brand, bool links)
{
	if (r->in->from != NULL && is_home(brand, r->in->from->domain))
		return true;
	for (size_t i = 0; links && i < r->host_count; i++)
		if (is_home(brand, r->host[i]))
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
		if (rules_stands_behind(r, brand, links))
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

static bool
says_any(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (says(text, list[i]))
			return true;
	return false;
}

/* Those that never write from a private address: the State, its services, and
 * whoever looks after mailboxes. */
static bool
is_office(const char *name)
{
	static const char *const offices[] = { "service informatique",
		"support informatique", "administrateur", "tresorerie",
		"tresor public", "receveur municipal", "prefecture",
		"sous-prefecture", "gendarmerie", "police nationale",
		"impots", "impots gouv", "dgfip", "finances publiques",
		"urssaf", "ameli", "assurance maladie", "caf", "antai", "ants",
		"conseil departemental", "conseil regional", "help desk",
		"helpdesk", "it support", "mail administrator", "postmaster",
		"webmail", "messagerie", "commandant", "brigade", "procureur",
		"tribunal", "europol", "interpol", "ministere", "huissier",
		"commissaire de justice", "service des amendes" };

	return says_any(name, offices, OCT_LEN(offices));
}

/* Who is obeyed in a town hall: many of them write from private addresses. */
static bool
is_title(const char *name)
{
	static const char *const titles[] = { "le maire", "la maire", "maire",
		"monsieur le maire", "madame le maire", "madame la maire",
		"directeur general des services", "direction generale", "dgs",
		"cabinet du maire", "premier adjoint", "premiere adjointe",
		"president de la communaute", "le president",
		"ressources humaines" };

	return says_any(name, titles, OCT_LEN(titles));
}

/* What the State calls itself in a display name, for domains that are not its
 * own. */
static bool
is_state(const char *name)
{
	static const char *const names[] = { "impots gouv", "impots.gouv",
		"impots", "dgfip", "drfip", "finances publiques",
		"tresor public", "tresorerie", "antai", "amendes.gouv",
		"amende", "ants", "ameli", "assurance maladie", "cpam", "caf",
		"urssaf", "franceconnect", "service-public", "france travail",
		"mon compte formation", "prefecture", "gendarmerie",
		"police nationale", "europol", "interpol", "ministere",
		"procureur", "chorus pro" };

	return says_any(name, names, OCT_LEN(names));
}

/* Signs between words are one space each. */
static void
plain_words(const char *from, char *out, size_t size)
{
	size_t n = 0;

	for (; *from != '\0' && n + 1 < size; from++)
		out[n++] = is_border(*from) ? ' ' : *from;
	out[n] = '\0';
}

/* A name that stands for the whole house, not for one of its neighbours: clubs
 * and shops are named after their town, too. */
static bool
is_house(const char *name, const char *town)
{
	static const char *const houses[] = { "mairie", "maire", "ville",
		"commune", "administration", "admin", "messagerie", "webmail",
		"support", "helpdesk", "service informatique", "serveur",
		"it", "direction", "dgs" };
	char before[OCT_DOMAIN_SIZE];
	const char *at = strstr(name, town);
	size_t n;

	if (strcmp(name, town) == 0)
		return true;
	if (at == NULL || !says(name, town))
		return false;
	n = (size_t)(at - name);
	if (n >= sizeof(before))
		return false;
	memcpy(before, name, n);
	before[n] = '\0';
	return says_any(before, houses, OCT_LEN(houses)) ||
	    says_any(at + strlen(town), houses, OCT_LEN(houses));
}

/* The domain of a recipient as the display name, or the name in it as that of the
 * house. */
static bool
borrows_our_name(const struct rules *r)
{
	char shown[sizeof(r->shown_name)];

	plain_words(r->shown_name, shown, sizeof(shown));
	for (size_t i = 0; i < r->in->rcpt_count; i++) {
		const char *domain = r->in->rcpts[i].domain;
		char org[OCT_DOMAIN_SIZE], town[OCT_DOMAIN_SIZE];
		size_t len;

		if (*domain == '\0' || *domain == '[')
			continue;
		auth_psl_org_or_self(domain, org);
		if (strcmp(org, r->from_org) == 0)
			return false;
		len = strcspn(org, ".");
		if (strstr(r->shown_name, org) != NULL)
			return true;
		org[len] = '\0';
		plain_words(org, town, sizeof(town));
		if (len >= 5 && is_house(shown, town))
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

/* "mairie.nerac@orange.fr" as "Mairie de Nérac": an honest neighbour. */
static bool
is_house_address(const struct rules *r)
{
	static const char *const houses[] = { "mairie", "commune",
		"secretariat", "ecole", "sivu", "syndicat" };
	const char *local = r->in->from->local;

	for (size_t i = 0; i < OCT_LEN(houses); i++)
		if (strcasestr(local, houses[i]) != NULL &&
		    strstr(r->shown_name, houses[i]) != NULL)
			return true;
	return false;
}

static void
check_names(const struct rules *r, struct score *s)
{
	bool written = r->in->from != NULL &&
	    !oct_addr_is_null(r->in->rpath) &&
	    strchr(r->shown_name, '@') == NULL;
	bool brand = borrows_brand(r, &r->name, false);
	bool office = written && r->from_free && is_office(r->shown_name);

	score_mark(s, SYM_FRAUD_BRAND_NAME, brand && !office);
	score_mark(s, SYM_FRAUD_BRAND_SUBJECT, r->web > 0 &&
		borrows_brand(r, &r->o->subject, true));
	score_mark(s, SYM_FRAUD_OFFICE, office);
	score_mark(s, SYM_FRAUD_STATE_NAME, written && !brand && !office &&
		!r->institution && !r->list && is_state(r->shown_name));
	score_mark(s, SYM_FRAUD_TITLE, written && !office && r->from_free &&
		is_title(r->shown_name) && !is_house_address(r));
	score_mark(s, SYM_FRAUD_OUR_NAME, r->in->from != NULL &&
		borrows_our_name(r));
	score_mark(s, SYM_FRAUD_OWN_ADDRESS, is_own_address(r));
}

/* --- Domains ---------------------------------------------------------------------- */

static enum lookalike
judge_host(const struct rules *r, const char *host)
{
	enum lookalike found = lookalike_of_institution(host);

	if (found != LOOKALIKE_SAME && r->in->known != NULL &&
	    lookalike_of_known(host, r->in->known, r->in->known_arg))
		found = LOOKALIKE_SAME;

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

/* --- The whole ------------------------------------------------------------------------ */

void
rules_fraud(const struct rules *r, struct score *s)
{
	check_names(r, s);
	check_domains(r, s);
	rules_wishes(r, s);
}
