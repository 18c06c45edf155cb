/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of symbols: names, groups, default weights, explanations.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/score.h"

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
	[SYM_FROM_MALFORMED] = { "FROM_MALFORMED", GROUP_HEADER, 200,
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
	[SYM_HEADER_8BIT] = { "HEADER_8BIT", GROUP_HEADER, 50,
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

void
score_weights_init(struct score_weights *w)
{
	for (size_t i = 0; i < SYM_COUNT; i++)
		w->weight[i] = symbols[i].weight;
	w->cap[GROUP_AUTH] = 500;
	w->cap[GROUP_ENVELOPE] = 500;
	w->cap[GROUP_HEADER] = 700;
	w->cap[GROUP_LIST] = 600;
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

	for (size_t i = 0; i < SYM_COUNT; i++) {
		if (!score_has(s, (enum symbol_id)i))
			continue;
		score_text(score_weight(s, w, (enum symbol_id)i), num);
		oct_str_addf(out, "%s%s(%s)", out->len > 0 ? "," : "",
		    symbols[i].name, num);
	}
}
