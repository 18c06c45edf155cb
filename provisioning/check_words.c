/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings in words, for a secretary to pass on and a DNS provider to act upon.
 */
#include <string.h>

#include "provisioning/check.h"

/* {name}, {seen} and {want} stand for the members of a finding. */
static const struct {
	enum check_section section;
	const char *name;
	const char *what_fr, *todo_fr, *what_en, *todo_en;
} words[CHECK_CODES] = {
#include "provisioning/check_words.h"
	[CHECK_DKIM_NONE] = { CHECK_DKIM, "dkim-none",
	    "Le courrier de {name} n'est pas signé : le domaine n'a pas de "
	    "clé DKIM.",
	    "Faire les clés : octroictl dkim rotate {name}",
	    "Mail of {name} is not signed: the domain has no DKIM key.",
	    "Make its keys: octroictl dkim rotate {name}" },
	[CHECK_DKIM_UNUSED] = { CHECK_DKIM, "dkim-unused",
	    "Le courrier de {name} n'est pas encore signé : aucune de ses "
	    "clés DKIM n'est en service.",
	    "Quand les clés sont publiées, les mettre en service : octroictl "
	    "dkim rotate {name}",
	    "Mail of {name} is not signed yet: none of its DKIM keys is in "
	    "use.",
	    "When the keys are published, put them to use: octroictl dkim "
	    "rotate {name}" },
	[CHECK_DKIM_MISSING] = { CHECK_DKIM, "dkim-missing",
	    "La clé DKIM {name} n'est pas publiée, alors que le courrier est "
	    "signé avec elle : les signatures sont fausses pour ceux qui "
	    "lisent.",
	    "Créer tout de suite le TXT {name} : {want}",
	    "The DKIM key {name} is not published although mail is signed "
	    "with it: readers find the signatures wrong.",
	    "Make at once the TXT record {name}: {want}" },
	[CHECK_DKIM_NEW] = { CHECK_DKIM, "dkim-new",
	    "La nouvelle clé DKIM {name} reste à publier.",
	    "Créer le TXT {name} : {want}",
	    "The new DKIM key {name} is still to be published.",
	    "Make the TXT record {name}: {want}" },
	[CHECK_DKIM_EARLY] = { CHECK_DKIM, "dkim-early",
	    "L'ancienne clé DKIM {name} a été retirée trop tôt : des "
	    "messages en route sont encore signés avec elle.",
	    "Remettre le TXT {name} pendant 7 jours : {want}",
	    "The former DKIM key {name} was taken out too early: mail under "
	    "way is still signed with it.",
	    "Put the TXT record {name} back for 7 days: {want}" },
	[CHECK_DKIM_WRONG] = { CHECK_DKIM, "dkim-wrong",
	    "Le TXT {name} contient une autre clé que celle qui signe : "
	    "{seen}",
	    "Le remplacer par : {want}",
	    "The TXT record {name} has another key than the one that signs: "
	    "{seen}",
	    "Replace it by: {want}" },
	[CHECK_DKIM_BROKEN] = { CHECK_DKIM, "dkim-broken",
	    "La clé DKIM {name} est abîmée (coupée, guillemets ou espaces en "
	    "trop ?) : {seen}",
	    "La recopier en entier, au besoin en plusieurs chaînes : {want}",
	    "The DKIM key {name} is damaged (cut off, quotes or blanks in "
	    "it?): {seen}",
	    "Copy all of it, in several strings if need be: {want}" },
	[CHECK_DKIM_REVOKED] = { CHECK_DKIM, "dkim-revoked",
	    "La clé DKIM {name} est publiée comme révoquée (p= vide).",
	    "La remplacer par : {want}",
	    "The DKIM key {name} is published as revoked (p= is empty).",
	    "Replace it by: {want}" },
	[CHECK_DKIM_SEVERAL] = { CHECK_DKIM, "dkim-several",
	    "{name} a plusieurs enregistrements TXT : la clé DKIM n'est plus "
	    "lisible.",
	    "N'en garder qu'un : {want}",
	    "{name} has several TXT records: the DKIM key cannot be read.",
	    "Keep one: {want}" },
	[CHECK_DKIM_TESTING] = { CHECK_DKIM, "dkim-testing",
	    "La clé DKIM {name} porte t=y (essai) : des serveurs traitent le "
	    "courrier comme non signé.",
	    "Retirer « t=y; » : {want}",
	    "The DKIM key {name} has t=y (testing): some servers treat the "
	    "mail as unsigned.",
	    "Take \"t=y;\" out: {want}" },
	[CHECK_DKIM_OLD] = { CHECK_DKIM, "dkim-old",
	    "L'ancienne clé DKIM {name} est encore publiée et ne sert plus.",
	    "Le TXT {name} peut être retiré.",
	    "The former DKIM key {name} is still published and no longer "
	    "used.",
	    "The TXT record {name} may be removed." },
	[CHECK_DMARC_MISSING] = { CHECK_DMARC, "dmarc-missing",
	    "Il n'y a pas d'enregistrement DMARC ({name}) : rien ne dit de "
	    "refuser les messages qui usurpent le domaine, et les grands "
	    "fournisseurs s'en méfient.",
	    "Créer le TXT {name} : {want}",
	    "There is no DMARC record ({name}): nothing says that forged "
	    "mail is to be refused, and big providers distrust it.",
	    "Make the TXT record {name}: {want}" },
	[CHECK_DMARC_INHERITED] = { CHECK_DMARC, "dmarc-inherited",
	    "Le domaine suit l'enregistrement DMARC d'un domaine au-dessus, "
	    "{name} : {seen}",
	    "Rien à changer, sauf si le domaine doit avoir sa propre "
	    "politique : {want}",
	    "The domain goes by the DMARC record of a domain above, {name}: "
	    "{seen}",
	    "Nothing to change, unless it should have its own policy: {want}" },
	[CHECK_DMARC_SEVERAL] = { CHECK_DMARC, "dmarc-several",
	    "{name} a plusieurs enregistrements DMARC : aucun ne compte.",
	    "N'en garder qu'un : {want}",
	    "{name} has several DMARC records: none of them counts.",
	    "Keep one: {want}" },
	[CHECK_DMARC_SYNTAX] = { CHECK_DMARC, "dmarc-syntax",
	    "L'enregistrement DMARC {name} est mal écrit et ne compte pas : "
	    "{seen}",
	    "Le remplacer par : {want}",
	    "The DMARC record {name} is not well written and does not count: "
	    "{seen}",
	    "Replace it by: {want}" },
	[CHECK_DMARC_TAG] = { CHECK_DMARC, "dmarc-tag",
	    "L'enregistrement DMARC {name} contient une partie inconnue ou "
	    "fausse, qui est ignorée : {seen}",
	    "Corriger ou retirer cette partie.",
	    "The DMARC record {name} has a part that is unknown or wrong and "
	    "is ignored: {seen}",
	    "Correct or remove this part." },
	[CHECK_DMARC_WEAK] = { CHECK_DMARC, "dmarc-weak",
	    "L'enregistrement DMARC {name} ne fait qu'observer (p=none) : "
	    "les messages qui usurpent le domaine sont distribués.",
	    "Quand les rapports sont bons, passer à : {want}",
	    "The DMARC record {name} only observes (p=none): forged mail is "
	    "delivered.",
	    "When the reports are good, change it to: {want}" },
	[CHECK_DMARC_TESTING] = { CHECK_DMARC, "dmarc-testing",
	    "L'enregistrement DMARC {name} est à l'essai (t=y) : sa "
	    "politique est adoucie.",
	    "Retirer « t=y » quand l'essai est fini.",
	    "The DMARC record {name} is being tested (t=y): its policy is "
	    "softened.",
	    "Remove \"t=y\" when the test is over." },
	[CHECK_DMARC_RUA] = { CHECK_DMARC, "dmarc-rua",
	    "L'enregistrement DMARC {name} donne une adresse de rapports qui "
	    "n'en est pas une : {seen}",
	    "L'écrire sous la forme mailto:adresse@domaine",
	    "The DMARC record {name} gives a report address that is none: "
	    "{seen}",
	    "Write it as mailto:address@domain" },
	[CHECK_DMARC_RUA_FOREIGN] = { CHECK_DMARC, "dmarc-rua-foreign",
	    "Les rapports DMARC de {name} vont à {seen}, qui ne dit pas "
	    "qu'il les accepte : ils ne seront pas envoyés.",
	    "Faire créer chez {seen} le TXT {want} : v=DMARC1",
	    "DMARC reports of {name} go to {seen}, which does not say that "
	    "it takes them: they will not be sent.",
	    "Have at {seen} the TXT record {want} made: v=DMARC1" },
	[CHECK_DMARC_MISPLACED] = { CHECK_DMARC, "dmarc-misplaced",
	    "Un enregistrement DMARC se trouve à {name} même, où personne ne "
	    "le lit : {seen}",
	    "Le déplacer à _dmarc.{name}",
	    "A DMARC record stands at {name} itself, where nobody reads it: "
	    "{seen}",
	    "Move it to _dmarc.{name}" },
	[CHECK_STS_MISSING] = { CHECK_STS, "sts-missing",
	    "L'enregistrement MTA-STS {name} manque : les serveurs n'exigent "
	    "pas le chiffrement.",
	    "Créer le TXT {name} : {want}",
	    "The MTA-STS record {name} is missing: servers do not require "
	    "encryption.",
	    "Make the TXT record {name}: {want}" },
	[CHECK_STS_SEVERAL] = { CHECK_STS, "sts-several",
	    "{name} a plusieurs enregistrements MTA-STS : aucun ne compte.",
	    "N'en garder qu'un : {want}",
	    "{name} has several MTA-STS records: none of them counts.",
	    "Keep one: {want}" },
	[CHECK_STS_SYNTAX] = { CHECK_STS, "sts-syntax",
	    "L'enregistrement MTA-STS {name} est mal écrit : {seen}",
	    "L'écrire sous la forme v=STSv1; id=20260101; (lettres et "
	    "chiffres) {want}",
	    "The MTA-STS record {name} is not well written: {seen}",
	    "Write it as v=STSv1; id=20260101; (letters and digits) {want}" },
	[CHECK_STS_ID] = { CHECK_STS, "sts-id",
	    "L'identifiant MTA-STS de {name} n'est pas celui de la politique "
	    "servie : les serveurs gardent l'ancienne politique. Publié : "
	    "{seen}",
	    "Remplacer le TXT {name} par : {want}",
	    "The MTA-STS id of {name} is not that of the policy that is "
	    "served: servers keep the old policy. Published: {seen}",
	    "Replace the TXT record {name} by: {want}" },
	[CHECK_STS_HOST] = { CHECK_STS, "sts-host",
	    "L'hôte {name} n'existe pas : la politique MTA-STS annoncée ne "
	    "peut pas être lue.",
	    "Créer {name} CNAME {want}, ou retirer l'enregistrement _mta-sts.",
	    "The host {name} does not exist: the MTA-STS policy that is "
	    "announced cannot be read.",
	    "Make {name} CNAME {want}, or remove the _mta-sts record." },
	[CHECK_STS_INNER] = { CHECK_STS, "sts-inner",
	    "{name} mène à {seen}, qui n'est pas une adresse d'Internet : "
	    "personne ne peut y lire la politique MTA-STS annoncée.",
	    "Donner à {name} l'adresse publique du serveur qui publie la "
	    "politique, ou retirer l'enregistrement _mta-sts.",
	    "{name} leads to {seen}, which is no address of the Internet: "
	    "nobody can read there the MTA-STS policy that is announced.",
	    "Give {name} the public address of the server that publishes the "
	    "policy, or remove the _mta-sts record." },
	[CHECK_STS_FETCH] = { CHECK_STS, "sts-fetch",
	    "La politique MTA-STS ne peut pas être lue à "
	    "https://{name}/.well-known/mta-sts.txt ({seen}).",
	    "Vérifier que {name} répond en HTTPS avec un certificat valable "
	    "pour ce nom.",
	    "The MTA-STS policy cannot be read at "
	    "https://{name}/.well-known/mta-sts.txt ({seen}).",
	    "See that {name} answers by HTTPS with a certificate that is "
	    "good for this name." },
	[CHECK_STS_POLICY] = { CHECK_STS, "sts-policy",
	    "La politique MTA-STS servie par {name} est mal écrite : {seen}",
	    "Corriger le fichier (RFC 8461, 3.2).",
	    "The MTA-STS policy that {name} serves is not well written: "
	    "{seen}",
	    "Correct the file (RFC 8461, 3.2)." },
	[CHECK_STS_MODE] = { CHECK_STS, "sts-mode",
	    "La politique MTA-STS servie par {name} est en mode {seen} au "
	    "lieu de {want}.",
	    "Corriger la politique, ou faire mener {name} à notre serveur.",
	    "The MTA-STS policy that {name} serves is in mode {seen} instead "
	    "of {want}.",
	    "Correct the policy, or lead {name} to our server." },
	[CHECK_STS_MX] = { CHECK_STS, "sts-mx",
	    "La politique MTA-STS servie par {name} ne couvre pas le MX "
	    "{seen} : les serveurs qui la respectent n'y livreront pas.",
	    "Ajouter « mx: {seen} » à la politique et changer l'identifiant "
	    "_mta-sts, ou retirer ce MX.",
	    "The MTA-STS policy that {name} serves does not cover the MX "
	    "{seen}: servers that heed it will not deliver there.",
	    "Add \"mx: {seen}\" to the policy and change the _mta-sts id, or "
	    "remove this MX." },
	[CHECK_TLS_RPT_MISSING] = { CHECK_TLS_RPT, "tls-rpt-missing",
	    "Il n'y a pas d'enregistrement TLS-RPT ({name}) : les défauts de "
	    "chiffrement ne sont pas signalés.",
	    "Facultatif : créer le TXT {name} : {want}",
	    "There is no TLS-RPT record ({name}): failures of encryption are "
	    "not reported.",
	    "Optional: make the TXT record {name}: {want}" },
	[CHECK_TLS_RPT_SEVERAL] = { CHECK_TLS_RPT, "tls-rpt-several",
	    "{name} a plusieurs enregistrements TLS-RPT : aucun ne compte.",
	    "N'en garder qu'un : {want}",
	    "{name} has several TLS-RPT records: none of them counts.",
	    "Keep one: {want}" },
	[CHECK_TLS_RPT_SYNTAX] = { CHECK_TLS_RPT, "tls-rpt-syntax",
	    "L'enregistrement TLS-RPT {name} est mal écrit : {seen}",
	    "L'écrire sous la forme v=TLSRPTv1; rua=mailto:adresse@domaine "
	    "{want}",
	    "The TLS-RPT record {name} is not well written: {seen}",
	    "Write it as v=TLSRPTv1; rua=mailto:address@domain {want}" },
	[CHECK_SETUP_MISSING] = { CHECK_SETUP, "setup-missing",
	    "{name} n'existe pas : les logiciels de courrier ne se "
	    "configurent pas seuls.",
	    "Créer {name} CNAME {want}",
	    "{name} does not exist: mail programs do not set themselves up.",
	    "Make {name} CNAME {want}" },
	[CHECK_SETUP_ELSEWHERE] = { CHECK_SETUP, "setup-elsewhere",
	    "{name} mène à un autre serveur : les logiciels de courrier "
	    "risquent de prendre d'anciens réglages.",
	    "Remplacer par {name} CNAME {want}",
	    "{name} leads to another server: mail programs may take old "
	    "settings.",
	    "Replace it by {name} CNAME {want}" },
	[CHECK_SRV_MISSING] = { CHECK_SETUP, "srv-missing",
	    "L'enregistrement SRV {name} manque : certains logiciels de "
	    "courrier ne trouvent pas le serveur.",
	    "Créer {name} SRV {want}",
	    "The SRV record {name} is missing: some mail programs do not "
	    "find the server.",
	    "Make {name} SRV {want}" },
	[CHECK_SRV_WRONG] = { CHECK_SETUP, "srv-wrong",
	    "L'enregistrement SRV {name} mène ailleurs : {seen}",
	    "Le remplacer par : {want}",
	    "The SRV record {name} leads elsewhere: {seen}",
	    "Replace it by: {want}" },
};

static const char *const severities[] = { "notice", "warning", "unknown",
	"error" };
static const char *const sections[] = { "dns", "mx", "spf", "dkim", "dmarc",
	"mta-sts", "tls-rpt", "setup" };
static const char *const dnssec[] = { "unknown", "secure", "insecure",
	"bogus" };

const char *
check_code_name(enum check_code code)
{
	return words[code].name;
}

enum check_section
check_section(enum check_code code)
{
	return words[code].section;
}

const char *
check_severity_name(enum check_severity s)
{
	return severities[s];
}

const char *
check_section_name(enum check_section s)
{
	return sections[s];
}

const char *
check_dnssec_name(enum check_dnssec d)
{
	return dnssec[d];
}

static void
fill(const char *text, const struct check_finding *f, struct oct_str *out)
{
	const struct {
		const char *place, *value;
	} values[] = {
		{ "{name}", f->name },
		{ "{seen}", f->seen },
		{ "{want}", f->want },
	};

	while (*text != '\0') {
		size_t i = 0;

		while (i < OCT_LEN(values) &&
		    strncmp(text, values[i].place, 6) != 0)
			i++;
		if (i < OCT_LEN(values)) {
			oct_str_add(out, values[i].value);
			text += 6;
		} else {
			oct_str_addc(out, *text++);
		}
	}
}

void
check_what(const struct check_finding *f, bool english, struct oct_str *out)
{
	fill(english ? words[f->code].what_en : words[f->code].what_fr, f,
	    out);
}

void
check_todo(const struct check_finding *f, bool english, struct oct_str *out)
{
	fill(english ? words[f->code].todo_en : words[f->code].todo_fr, f,
	    out);
}
