/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of symbols: names, groups, default weights, explanations.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/score.h"
#include "policy/settings.h"

#define MORE_MAX 16 /* octets of "+99 more" */

static const struct symbol symbols[SYM_COUNT] = {
	[SYM_SPF_FAIL] = { "SPF_FAIL", GROUP_AUTH, 300,
	    "le serveur expéditeur n'est pas autorisé par le domaine (SPF)",
	    "the sending server is not authorised by the domain (SPF)" },
	[SYM_SPF_SOFTFAIL] = { "SPF_SOFTFAIL", GROUP_AUTH, 100,
	    "le serveur expéditeur n'est probablement pas autorisé (SPF)",
	    "the sending server is probably not authorised (SPF)" },
	[SYM_SPF_NONE] = { "SPF_NONE", GROUP_AUTH, 50,
	    "le domaine ne dit pas quels serveurs écrivent pour lui (SPF)",
	    "the domain does not say which servers write for it (SPF)" },
	[SYM_DKIM_FAIL] = { "DKIM_FAIL", GROUP_AUTH, 100,
	    "une signature DKIM est fausse et aucune n'est bonne",
	    "a DKIM signature is wrong and none is right" },
	[SYM_DMARC_FAIL] = { "DMARC_FAIL", GROUP_AUTH, 300,
	    "le domaine de l'auteur désavoue ce message (DMARC)",
	    "the author's domain disowns this message (DMARC)" },
	[SYM_DMARC_PASS] = { "DMARC_PASS", GROUP_AUTH, -100,
	    "le domaine de l'auteur est prouvé (DMARC)",
	    "the author's domain is proven (DMARC)" },
	[SYM_NO_AUTH] = { "NO_AUTH", GROUP_AUTH, 100,
	    "rien ne prouve qui a envoyé ce message",
	    "nothing proves who sent this message" },
	[SYM_HELO_LITERAL] = { "HELO_LITERAL", GROUP_ENVELOPE, 150,
	    "le serveur se présente par une adresse IP",
	    "the server greets with an IP address" },
	[SYM_HELO_BARE] = { "HELO_BARE", GROUP_ENVELOPE, 150,
	    "le serveur se présente par un nom incomplet",
	    "the server greets with an incomplete name" },
	[SYM_HELO_OURS] = { "HELO_OURS", GROUP_ENVELOPE, 400,
	    "le serveur se présente sous notre nom",
	    "the server greets with our own name" },
	[SYM_HELO_DYNAMIC] = { "HELO_DYNAMIC", GROUP_ENVELOPE, 100,
	    "le serveur se présente comme l'accès Internet d'un particulier",
	    "the server greets as the Internet access of a private person" },
	[SYM_RPATH_NULL] = { "RPATH_NULL", GROUP_ENVELOPE, 100,
	    "un message ordinaire est envoyé sans adresse de retour",
	    "an ordinary message is sent without a return address" },
	[SYM_FROM_RPATH_DIFFER] = { "FROM_RPATH_DIFFER", GROUP_ENVELOPE, 50,
	    "l'adresse d'enveloppe est d'une autre organisation que l'auteur",
	    "the envelope address is of another organisation than the author" },
	[SYM_REPLY_TO_DIFFER] = { "REPLY_TO_DIFFER", GROUP_HEADER, 100,
	    "la réponse irait à une autre organisation",
	    "an answer would go to another organisation" },
	[SYM_FROM_MISSING] = { "FROM_MISSING", GROUP_HEADER, 300,
	    "le message n'a pas d'auteur", "the message has no author" },
	[SYM_FROM_SEVERAL] = { "FROM_SEVERAL", GROUP_HEADER, 300,
	    "le message a plusieurs auteurs ou champs From",
	    "the message has several authors or From fields" },
	[SYM_FROM_MALFORMED] = { "FROM_MALFORMED", GROUP_HEADER, 250,
	    "l'adresse de l'auteur est mal formée",
	    "the author's address is malformed" },
	[SYM_FROM_NAME_ADDRESS] = { "FROM_NAME_ADDRESS", GROUP_HEADER, 250,
	    "le nom affiché contient une autre adresse que celle de l'auteur",
	    "the display name holds another address than the author's" },
	[SYM_DATE_MISSING] = { "DATE_MISSING", GROUP_HEADER, 150,
	    "le message n'est pas daté", "the message has no date" },
	[SYM_DATE_FUTURE] = { "DATE_FUTURE", GROUP_HEADER, 200,
	    "le message est daté de plus d'un jour dans l'avenir",
	    "the message is dated more than a day ahead" },
	[SYM_DATE_PAST] = { "DATE_PAST", GROUP_HEADER, 100,
	    "le message est daté de plus de deux semaines",
	    "the message is dated more than two weeks back" },
	[SYM_DATE_MALFORMED] = { "DATE_MALFORMED", GROUP_HEADER, 100,
	    "la date du message est illisible",
	    "the date of the message cannot be read" },
	[SYM_MESSAGE_ID_MISSING] = { "MESSAGE_ID_MISSING", GROUP_HEADER, 100,
	    "le message n'a pas d'identifiant",
	    "the message has no identifier" },
	[SYM_SUBJECT_MISSING] = { "SUBJECT_MISSING", GROUP_HEADER, 50,
	    "le message n'a pas d'objet", "the message has no subject" },
	[SYM_TO_MISSING] = { "TO_MISSING", GROUP_HEADER, 100,
	    "le message ne nomme aucun destinataire",
	    "the message names no recipient" },
	[SYM_DUPLICATE_FIELD] = { "DUPLICATE_FIELD", GROUP_HEADER, 200,
	    "un champ qui doit être unique est répété",
	    "a field that must be single is repeated" },
	[SYM_HEADER_8BIT] = { "HEADER_8BIT", GROUP_HEADER, 100,
	    "l'en-tête contient des octets non codés",
	    "the header holds uncoded octets" },
	[SYM_HEADER_LIMIT] = { "HEADER_LIMIT", GROUP_HEADER, 400,
	    "l'en-tête dépasse toute mesure", "the header is beyond measure" },
	[SYM_DNSBL] = { "DNSBL", GROUP_LIST, 0,
	    "le serveur expéditeur figure sur une liste noire publique",
	    "the sending server is on a public block list" },
	[SYM_DNSWL] = { "DNSWL", GROUP_LIST, 0,
	    "le serveur expéditeur figure sur une liste blanche publique",
	    "the sending server is on a public list of good ones" },
	[SYM_DOMAIN_LIST] = { "DOMAIN_LIST", GROUP_LIST, 0,
	    "un nom de domaine du message figure sur une liste publique",
	    "a domain name of the message is on a public list" },
	[SYM_RSPAMD] = { "RSPAMD", GROUP_LIST, 0,
	    "l'avis d'un autre filtre (rspamd)",
	    "the opinion of another filter (rspamd)" },
	[SYM_SUBJECT_FAKE_REPLY] = { "SUBJECT_FAKE_REPLY", GROUP_HEADER, 75,
	    "l'objet se dit une réponse, mais rien n'indique à quoi",
	    "the subject says reply, but nothing says to what" },
	[SYM_SUBJECT_SPACED] = { "SUBJECT_SPACED", GROUP_HEADER, 150,
	    "les lettres de l'objet sont espacées pour tromper les filtres",
	    "the letters of the subject are spaced out to fool filters" },
	[SYM_SUBJECT_CAPITALS] = { "SUBJECT_CAPITALS", GROUP_HEADER, 100,
	    "l'objet est en capitales",
	    "the subject is in capitals" },
	[SYM_SUBJECT_RECIPIENT] = { "SUBJECT_RECIPIENT", GROUP_HEADER, 175,
	    "l'objet contient l'adresse du destinataire",
	    "the subject holds the recipient's address" },
	[SYM_SUBJECT_TOKEN] = { "SUBJECT_TOKEN", GROUP_HEADER, 75,
	    "l'objet contient un code sans signification",
	    "the subject holds a meaningless token" },
	[SYM_SUBJECT_HIDDEN_ASCII] = { "SUBJECT_HIDDEN_ASCII", GROUP_HEADER, 75,
	    "l'objet est codé sans nécessité",
	    "the subject is encoded without need" },
	[SYM_SCRIPTS_MIXED] = { "SCRIPTS_MIXED", GROUP_HEADER, 250,
	    "des lettres de plusieurs alphabets sont mêlées dans un même mot",
	    "letters of several scripts are mixed within a word" },
	[SYM_LETTERS_FANCY] = { "LETTERS_FANCY", GROUP_HEADER, 200,
	    "des lettres décoratives remplacent les vraies",
	    "decorative letters stand for real ones" },
	[SYM_MAILER_FORGED] = { "MAILER_FORGED", GROUP_HEADER, 150,
	    "le message se dit écrit par un logiciel qui n'écrit pas ainsi",
	    "the message claims a program that does not write so" },
	[SYM_TRACE_ABSURD] = { "TRACE_ABSURD", GROUP_HEADER, 100,
	    "les étapes du trajet se contredisent",
	    "the steps of the path contradict each other" },
	[SYM_TRACE_NO_PROVIDER] = { "TRACE_NO_PROVIDER", GROUP_HEADER, 200,
	    "le message se dit d'une messagerie grand public mais n'en vient pas",
	    "the message claims a public mail provider but does not come from it" },
	[SYM_FROM_NEW_TLD] = { "FROM_NEW_TLD", GROUP_HEADER, 125,
	    "l'auteur écrit sous une extension souvent détournée",
	    "the author writes under a top-level domain that is often abused" },
	[SYM_FROM_ODD] = { "FROM_ODD", GROUP_HEADER, 75,
	    "l'adresse de l'auteur est une suite de signes au hasard",
	    "the author's address is a random string" },
	[SYM_MESSAGE_ID_MALFORMED] = { "MESSAGE_ID_MALFORMED", GROUP_HEADER, 75,
	    "l'identifiant du message est mal formé",
	    "the identifier of the message is malformed" },
	[SYM_MESSAGE_ID_BORROWED] = { "MESSAGE_ID_BORROWED", GROUP_HEADER, 150,
	    "l'identifiant du message est d'une autre messagerie que l'auteur",
	    "the identifier of the message is of another mail provider than the "
	    "author" },
	[SYM_DATE_ZONE] = { "DATE_ZONE", GROUP_HEADER, 100,
	    "la date est dans un fuseau horaire qui n'existe pas",
	    "the date is in a time zone that does not exist" },
	[SYM_LANGUAGE_FOREIGN] = { "LANGUAGE_FOREIGN", GROUP_HEADER, 150,
	    "le message est écrit dans un autre alphabet que le nôtre",
	    "the message is written in another alphabet than ours" },
	[SYM_MIME_BAD_ENCODING] = { "MIME_BAD_ENCODING", GROUP_MIME, 75,
	    "le texte est mal codé",
	    "the text is encoded wrongly" },
	[SYM_MIME_BAD_CHARSET] = { "MIME_BAD_CHARSET", GROUP_MIME, 75,
	    "le jeu de caractères du texte est inconnu ou faux",
	    "the character set of the text is unknown or wrong" },
	[SYM_MIME_BASE64_ASCII] = { "MIME_BASE64_ASCII", GROUP_MIME, 75,
	    "un texte simple est codé sans nécessité, ce qui le cache aux "
	    "filtres",
	    "plain text is encoded without need, which hides it from filters" },
	[SYM_MIME_EMPTY] = { "MIME_EMPTY", GROUP_MIME, 100,
	    "le message annonce des parties et n'en a pas",
	    "the message announces parts and has none" },
	[SYM_MIME_VERSION_MISSING] = { "MIME_VERSION_MISSING", GROUP_MIME, 75,
	    "le message a des parties sans dire selon quelle norme",
	    "the message has parts without saying by which standard" },
	[SYM_BULK_NO_UNSUBSCRIBE] = { "BULK_NO_UNSUBSCRIBE", GROUP_BULK, 75,
	    "un envoi en nombre sans moyen de se désinscrire",
	    "a mass mailing without a way to unsubscribe" },
	[SYM_BULK_UNDISCLOSED] = { "BULK_UNDISCLOSED", GROUP_BULK, 150,
	    "les destinataires sont cachés",
	    "the recipients are undisclosed" },
	[SYM_BULK_PHARMACY] = { "BULK_PHARMACY", GROUP_BULK, 150,
	    "le texte vante des médicaments ou des remèdes",
	    "the text praises drugs or remedies" },
	[SYM_BULK_ADULT] = { "BULK_ADULT", GROUP_BULK, 150,
	    "le texte propose des rencontres ou du contenu pour adultes",
	    "the text offers dating or adult content" },
	[SYM_BULK_PITCH] = { "BULK_PITCH", GROUP_BULK, 100,
	    "le texte démarche pour vendre un produit ou un service",
	    "the text is an unasked offer of a product or service" },
	[SYM_BULK_PITCH_PRIVATE] = { "BULK_PITCH_PRIVATE", GROUP_BULK, 150,
	    "une adresse de particulier démarche pour vendre",
	    "a private address makes an unasked offer" },
	[SYM_BULK_DUTY] = { "BULK_DUTY", GROUP_BULK, 150,
	    "le texte vend ce qu'il dit être une obligation",
	    "the text sells what it says to be an obligation" },
	[SYM_BULK_GAME] = { "BULK_GAME", GROUP_BULK, 175,
	    "le texte vante un jeu, un gain, une voyance ou une méthode miracle",
	    "the text praises a game, a prize, a fortune teller or a miracle" },
	[SYM_HTML_FORM] = { "HTML_FORM", GROUP_HTML, 75,
	    "la page contient un formulaire",
	    "the page holds a form" },
	[SYM_HTML_PASSWORD] = { "HTML_PASSWORD", GROUP_HTML, 350,
	    "la page demande un mot de passe",
	    "the page asks for a password" },
	[SYM_HTML_SCRIPT] = { "HTML_SCRIPT", GROUP_HTML, 50,
	    "la page contient un programme",
	    "the page holds a script" },
	[SYM_HTML_REFRESH] = { "HTML_REFRESH", GROUP_HTML, 200,
	    "la page renvoie d'elle-même ailleurs",
	    "the page leads elsewhere by itself" },
	[SYM_HTML_MUCH_HIDDEN] = { "HTML_MUCH_HIDDEN", GROUP_HTML, 150,
	    "une grande partie du texte est cachée",
	    "much of the text is hidden" },
	[SYM_HTML_ENTITIES] = { "HTML_ENTITIES", GROUP_HTML, 100,
	    "le texte est écrit en codes pour tromper les filtres",
	    "the text is written in codes to fool filters" },
	[SYM_HTML_ONLY_IMAGE] = { "HTML_ONLY_IMAGE", GROUP_HTML, 175,
	    "le message n'est qu'une image avec un lien",
	    "the message is but an image with a link" },
	[SYM_HTML_ALONE] = { "HTML_ALONE", GROUP_HTML, 25,
	    "la page n'a pas de version en texte simple",
	    "the page has no version in plain text" },
	[SYM_HTML_DATA_LINK] = { "HTML_DATA_LINK", GROUP_HTML, 250,
	    "un lien contient la page elle-même",
	    "a link holds the page itself" },
	[SYM_TEXT_ZERO_WIDTH] = { "TEXT_ZERO_WIDTH", GROUP_HTML, 200,
	    "des signes invisibles coupent les mots",
	    "invisible signs cut the words" },
	[SYM_URL_TEXT_DIFFERS] = { "URL_TEXT_DIFFERS", GROUP_URL, 200,
	    "un lien affiche une adresse et mène à une autre",
	    "a link shows one address and leads to another" },
	[SYM_URL_IP] = { "URL_IP", GROUP_URL, 250,
	    "un lien mène à une adresse IP",
	    "a link leads to an IP address" },
	[SYM_URL_PUNYCODE] = { "URL_PUNYCODE", GROUP_URL, 100,
	    "un lien mène à un nom en alphabet étranger",
	    "a link leads to a name in a foreign script" },
	[SYM_URL_AUTHORITY] = { "URL_AUTHORITY", GROUP_URL, 300,
	    "un lien cache sa destination derrière un @",
	    "a link hides its target behind an @" },
	[SYM_URL_PORT] = { "URL_PORT", GROUP_URL, 100,
	    "un lien mène à un port inhabituel",
	    "a link leads to an unusual port" },
	[SYM_URL_ESCAPED_HOST] = { "URL_ESCAPED_HOST", GROUP_URL, 200,
	    "un lien écrit sa destination en codes",
	    "a link writes its target in codes" },
	[SYM_URL_SHORTENER] = { "URL_SHORTENER", GROUP_URL, 175,
	    "un lien passe par un raccourcisseur",
	    "a link goes through a shortener" },
	[SYM_URL_HOSTING] = { "URL_HOSTING", GROUP_URL, 150,
	    "un lien mène à un hébergement gratuit",
	    "a link leads to free hosting" },
	[SYM_URL_NEW_TLD] = { "URL_NEW_TLD", GROUP_URL, 75,
	    "un lien mène à une extension souvent détournée",
	    "a link leads to a top-level domain that is often abused" },
	[SYM_URL_REDIRECT] = { "URL_REDIRECT", GROUP_URL, 100,
	    "un lien traverse un autre site pour cacher sa destination",
	    "a link goes through another site to hide its target" },
	[SYM_URL_RECIPIENT] = { "URL_RECIPIENT", GROUP_URL, 100,
	    "un lien contient l'adresse du destinataire",
	    "a link holds the recipient's address" },
	[SYM_URL_ELSEWHERE] = { "URL_ELSEWHERE", GROUP_URL, 75,
	    "aucun lien ne mène à l'organisation de l'auteur",
	    "no link leads to the author's organisation" },
	[SYM_ATTACHMENT_PROGRAM] = { "ATTACHMENT_PROGRAM", GROUP_ATTACHMENT, 600,
	    "une pièce jointe est un programme ou en contient un",
	    "an attachment is a program or holds one" },
	[SYM_ATTACHMENT_DOUBLE_NAME] = { "ATTACHMENT_DOUBLE_NAME", GROUP_ATTACHMENT, 400,
	    "une pièce jointe cache sa vraie extension",
	    "an attachment hides its real extension" },
	[SYM_ATTACHMENT_MACRO] = { "ATTACHMENT_MACRO", GROUP_ATTACHMENT, 250,
	    "un document joint contient des macros",
	    "an attached document holds macros" },
	[SYM_ATTACHMENT_ENCRYPTED] = { "ATTACHMENT_ENCRYPTED", GROUP_ATTACHMENT, 150,
	    "une archive ou un document joint est chiffré",
	    "an attached archive or document is encrypted" },
	[SYM_ATTACHMENT_BOMB] = { "ATTACHMENT_BOMB", GROUP_ATTACHMENT, 400,
	    "une archive jointe se déploie démesurément",
	    "an attached archive unpacks beyond measure" },
	[SYM_ATTACHMENT_NESTED] = { "ATTACHMENT_NESTED", GROUP_ATTACHMENT, 100,
	    "une archive jointe en contient une autre",
	    "an attached archive holds another" },
	[SYM_ATTACHMENT_TYPE_DIFFERS] = { "ATTACHMENT_TYPE_DIFFERS", GROUP_ATTACHMENT, 150,
	    "une pièce jointe n'est pas ce qu'elle prétend",
	    "an attachment is not what it says" },
	[SYM_ATTACHMENT_SCRIPT] = { "ATTACHMENT_SCRIPT", GROUP_ATTACHMENT, 200,
	    "un document joint contient un programme",
	    "an attached document holds a script" },
	[SYM_ATTACHMENT_PAGE] = { "ATTACHMENT_PAGE", GROUP_ATTACHMENT, 100,
	    "une page web est jointe",
	    "a web page is attached" },
	[SYM_ATTACHMENT_PAGE_ACTIVE] = { "ATTACHMENT_PAGE_ACTIVE", GROUP_ATTACHMENT, 300,
	    "une page web jointe contient un formulaire ou un programme",
	    "an attached web page holds a form or a script" },
	[SYM_FRAUD_BRAND_NAME] = { "FRAUD_BRAND_NAME", GROUP_FRAUD, 300,
	    "le nom affiché est celui d'une marque, le domaine ne l'est pas",
	    "the display name is a brand's, the domain is not" },
	[SYM_FRAUD_BRAND_SUBJECT] = { "FRAUD_BRAND_SUBJECT", GROUP_FRAUD, 100,
	    "l'objet nomme une marque, ni le domaine ni les liens ne sont les siens",
	    "the subject names a brand, neither domain nor links are its own" },
	[SYM_FRAUD_OFFICE] = { "FRAUD_OFFICE", GROUP_FRAUD, 350,
	    "le nom affiché est celui d'une fonction publique, l'adresse est d'un "
	    "particulier",
	    "the display name is that of a public office, the address a private one" },
	[SYM_FRAUD_STATE_NAME] = { "FRAUD_STATE_NAME", GROUP_FRAUD, 300,
	    "le nom affiché est celui d'un service de l'État, le domaine ne "
	    "l'est pas",
	    "the display name is that of a service of the State, the domain is "
	    "not" },
	[SYM_FRAUD_TITLE] = { "FRAUD_TITLE", GROUP_FRAUD, 150,
	    "le nom affiché est celui d'un élu ou d'un supérieur, l'adresse est "
	    "d'un particulier",
	    "the display name is that of an official or a superior, the address "
	    "a private one" },
	[SYM_FRAUD_OUR_NAME] = { "FRAUD_OUR_NAME", GROUP_FRAUD, 250,
	    "le nom affiché est le nôtre, l'adresse ne l'est pas",
	    "the display name is ours, the address is not" },
	[SYM_FRAUD_OWN_ADDRESS] = { "FRAUD_OWN_ADDRESS", GROUP_FRAUD, 250,
	    "le message se dit écrit par son destinataire, sans preuve",
	    "the message claims to be written by its recipient, without proof" },
	[SYM_FRAUD_LOOKALIKE] = { "FRAUD_LOOKALIKE", GROUP_FRAUD, 500,
	    "un nom de domaine imite celui d'une autre organisation",
	    "a domain name imitates that of another organisation" },
	[SYM_FRAUD_NEAR_MISS] = { "FRAUD_NEAR_MISS", GROUP_FRAUD, 200,
	    "un nom de domaine ressemble à celui d'une autre organisation",
	    "a domain name resembles that of another organisation" },
	[SYM_FRAUD_REPLY_PRIVATE] = { "FRAUD_REPLY_PRIVATE", GROUP_FRAUD, 200,
	    "la réponse irait à une adresse de messagerie grand public",
	    "an answer would go to a public mail provider" },
	[SYM_FRAUD_REPLY_LOOKALIKE] = { "FRAUD_REPLY_LOOKALIKE", GROUP_FRAUD, 300,
	    "la réponse irait à un domaine qui imite celui de l'auteur",
	    "an answer would go to a domain that imitates the author's" },
	[SYM_FRAUD_ACCOUNT] = { "FRAUD_ACCOUNT", GROUP_FRAUD, 225,
	    "le texte presse de confirmer ou de sauver un compte",
	    "the text urges to confirm or save an account" },
	[SYM_FRAUD_MAILBOX] = { "FRAUD_MAILBOX", GROUP_FRAUD, 200,
	    "le texte dit qu'une boîte de messagerie est pleine ou bloquée",
	    "the text says that a mailbox is full or blocked" },
	[SYM_FRAUD_ADVANCE_FEE] = { "FRAUD_ADVANCE_FEE", GROUP_FRAUD, 250,
	    "le texte promet un héritage ou des fonds",
	    "the text promises an inheritance or funds" },
	[SYM_FRAUD_EXTORTION] = { "FRAUD_EXTORTION", GROUP_FRAUD, 300,
	    "le texte réclame une cryptomonnaie",
	    "the text demands cryptocurrency" },
	[SYM_FRAUD_PARCEL] = { "FRAUD_PARCEL", GROUP_FRAUD, 150,
	    "le texte parle d'un colis à payer ou à suivre, sans lien avec un "
	    "transporteur",
	    "the text speaks of a parcel, without a carrier's domain or links" },
	[SYM_FRAUD_PRIZE] = { "FRAUD_PRIZE", GROUP_FRAUD, 150,
	    "le texte promet un gain ou un cadeau",
	    "the text promises a prize or a gift" },
	[SYM_FRAUD_CRYPTO] = { "FRAUD_CRYPTO", GROUP_FRAUD, 150,
	    "le texte attire vers une cryptomonnaie",
	    "the text lures towards cryptocurrency" },
	[SYM_FRAUD_PRIVATE_LURE] = { "FRAUD_PRIVATE_LURE", GROUP_FRAUD, 150,
	    "une adresse de particulier parle d'argent ou de compte à un inconnu",
	    "a private address speaks to a stranger of money or accounts" },
	[SYM_FRAUD_BANK_CHANGE] = { "FRAUD_BANK_CHANGE", GROUP_FRAUD, 175,
	    "le texte change un compte à payer, et la réponse irait ailleurs",
	    "the text changes an account to pay to, and an answer would go "
	    "elsewhere" },
	[SYM_FRAUD_STATE] = { "FRAUD_STATE", GROUP_FRAUD, 300,
	    "au nom de l'État, le texte presse de payer ou de confirmer "
	    "ailleurs que chez lui",
	    "in the name of the State the text urges to pay or confirm, "
	    "elsewhere than with it" },
	[SYM_FRAUD_LOAN] = { "FRAUD_LOAN", GROUP_FRAUD, 250,
	    "un inconnu offre un prêt",
	    "a stranger offers a loan" },
	[SYM_FRAUD_ERRAND] = { "FRAUD_ERRAND", GROUP_FRAUD, 300,
	    "le texte demande en secret ou en hâte un service, un virement ou "
	    "des cartes",
	    "the text asks in secret or haste for a favour, a transfer or gift "
	    "cards" },
	[SYM_FRAUD_SUMMONS] = { "FRAUD_SUMMONS", GROUP_FRAUD, 350,
	    "le texte menace de poursuites pour des faits sexuels",
	    "the text threatens with prosecution for sexual offences" },
	[SYM_CONTENT_LIMIT] = { "CONTENT_LIMIT", GROUP_CONTENT, 150,
	    "le message dépasse ce qui peut être lu en entier",
	    "the message is beyond what can be read whole" },
	[SYM_CONTENT_GOOD] = { "CONTENT_GOOD", GROUP_CONTENT, 0,
	    "le contenu ressemble au courrier légitime appris",
	    "the content resembles the good mail that was learnt" },
	[SYM_CONTENT_BAD] = { "CONTENT_BAD", GROUP_CONTENT, 0,
	    "le contenu ressemble au courrier indésirable appris",
	    "the content resembles the unwanted mail that was learnt" },
};

const struct symbol *
symbol_of(enum symbol_id id)
{
	OCT_ASSERT((size_t)id < SYM_COUNT);
	return &symbols[id];
}

int
symbol_parse(const char *name, enum symbol_id *out)
{
	for (size_t i = 0; i < SYM_COUNT; i++) {
		if (strcmp(symbols[i].name, name) == 0) {
			*out = (enum symbol_id)i;
			return 0;
		}
	}
	return OCT_EPARSE;
}

int
score_weight_parse(const char *text, enum symbol_id *id, int32_t *weight)
{
	size_t len = strcspn(text, "=");
	char name[64];

	if (len == 0 || len >= sizeof(name) || text[len] != '=')
		return OCT_EPARSE;
	memcpy(name, text, len);
	name[len] = '\0';
	/* What the lists find weighs what each list says. */
	if (symbol_parse(name, id) != 0 || symbol_of(*id)->weight == 0)
		return OCT_EPARSE;
	return settings_hundredths(text + len + 1, weight);
}

void
score_weights_change(const char *list, struct score_weights *w)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ", ");
		enum symbol_id id;
		int32_t weight;
		char one[96];

		if (len > 0 && len < sizeof(one)) {
			memcpy(one, list, len);
			one[len] = '\0';
			if (score_weight_parse(one, &id, &weight) == 0)
				w->weight[id] = weight;
		}
		list += len;
		list += strspn(list, ", ");
	}
}

void
score_weights_init(struct score_weights *w)
{
	for (size_t i = 0; i < SYM_COUNT; i++)
		w->weight[i] = symbols[i].weight;
	w->cap[GROUP_AUTH] = 500;
	w->cap[GROUP_ENVELOPE] = 500;
	w->cap[GROUP_HEADER] = 700;
	w->cap[GROUP_LIST] = 600;
	w->cap[GROUP_BULK] = 300;
	w->cap[GROUP_MIME] = 200;
	w->cap[GROUP_HTML] = 400;
	w->cap[GROUP_URL] = 400;
	w->cap[GROUP_ATTACHMENT] = 1000;
	w->cap[GROUP_FRAUD] = 700;
	w->cap[GROUP_CONTENT] = 800;
}

void
score_text(int32_t hundredths, char out[16])
{
	int32_t a = hundredths < 0 ? -hundredths : hundredths;

	(void)snprintf(out, 16, "%s%d.%02d", hundredths < 0 ? "-" : "",
	    (int)(a / 100 % 1000000), (int)(a % 100));
}

void
score_symbols_text(const struct score *s, const struct score_weights *w,
    struct oct_str *out)
{
	char num[16];
	size_t more = 0;

	for (size_t i = 0; i < SYM_COUNT; i++) {
		if (!score_has(s, (enum symbol_id)i))
			continue;
		score_text(score_weight(s, w, (enum symbol_id)i), num);
		if (out->len + strlen(symbols[i].name) + strlen(num) + 3 >
		    SCORE_TEXT_MAX - MORE_MAX) {
			more++;
			continue;
		}
		oct_str_addf(out, "%s%s(%s)", out->len > 0 ? "," : "",
		    symbols[i].name, num);
	}
	if (more > 0)
		oct_str_addf(out, ",+%zu more", more);
}
