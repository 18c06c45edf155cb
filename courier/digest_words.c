/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a held message, in words that need no explanation.
 */
#include <string.h>
#include <strings.h>

#include "courier/digest_int.h"
#include "lib/date_text.h"
#include "lib/mime_text.h"

#define N "\u00a0"
#define SENDER_MAX 128 /* octets of a shown address */

static const char *const labels[][TEMPLATE_LANGS] = {
	[DIGEST_L_FOR] = { "Pour" N ":", "For:" },
	[DIGEST_L_SUBJECT] = { "Objet" N ":", "Subject:" },
	[DIGEST_L_ARRIVED] = { "Arrivé le", "Arrived on" },
	[DIGEST_L_REASON] = { "Motif" N ":", "Reason:" },
	[DIGEST_L_UNTIL] = { "Gardé jusqu'au", "Kept until" },
	[DIGEST_L_RELEASE] = { "Remettre", "Deliver" },
	[DIGEST_L_ACCEPT] = { "Remettre et accepter", "Deliver and accept" },
	[DIGEST_L_REFUSE] = { "Refuser", "Refuse" },
	[DIGEST_L_PAGE] = { "Ouvrir la page de mes messages",
	    "Open the page of my messages" },
};

const char *
digest_label(enum digest_label which, enum template_lang lang)
{
	return labels[which][lang];
}

void
digest_date(int64_t wall_ms, enum template_lang lang, struct oct_str *out)
{
	char text[TEMPLATE_DATE_MAX];
	const char *zone;
	struct oct_str s;

	if (lang == TEMPLATE_FR) {
		oct_date_fr(out, wall_ms);
		return;
	}
	oct_str_fixed(&s, text, sizeof(text));
	oct_date_en(&s, wall_ms);
	zone = strstr(text, N "(");
	oct_str_addn(out, text, zone != NULL ? (size_t)(zone - text) : s.len);
}

void
digest_sender(const struct digest_line *l, enum template_lang lang,
    struct oct_str *out)
{
	const char *address = *l->from != '\0' ? l->from : l->rpath;

	if (*address == '\0')
		oct_str_add(out, lang == TEMPLATE_FR
			? "Expéditeur non indiqué"
			: "Sender not given");
	else if (strlen(address) > SENDER_MAX || !oct_mime_shown(address) ||
	    strstr(address, "://") != NULL)
		oct_str_add(out, lang == TEMPLATE_FR ? "Adresse illisible"
						     : "Unreadable address");
	else
		oct_str_add(out, address);
}

struct word {
	const char *name;
	const char *text[TEMPLATE_LANGS];
};

static const char *
find(const struct word *words, size_t count, const char *name,
    enum template_lang lang)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].text[lang];
	return words[count - 1].text[lang];
}

const char *
digest_proof(const struct digest_line *l, enum template_lang lang)
{
	/* The last one is for what has no words here. */
	static const struct word words[] = {
		{ "A", { "adresse vérifiée", "verified address" } },
		{ "F", { "auteur vérifié", "verified author" } },
		{ "X", { "son domaine dément cet envoi" N ": prudence",
			   "disowned by its domain: beware" } },
		{ "T", { "vérification impossible à l'arrivée",
			   "could not be verified on arrival" } },
		{ "N", { "adresse non vérifiée", "address not verified" } },
	};

	return find(words, OCT_LEN(words), l->class, lang);
}

const char *
digest_reason(const struct digest_line *l, enum template_lang lang)
{
	static const struct word words[] = {
		{ "virus", { "contient peut-être un logiciel malveillant" N
			     ": seul un administrateur peut le remettre",
			       "may contain malware: only an administrator can "
			       "deliver it" } },
		{ "dmarc", { "se présente sous une adresse qui n'est pas la sienne",
			       "claims an address that is not its own" } },
		{ "spoof", { "se présente sous une adresse qui n'est pas la sienne",
			       "claims an address that is not its own" } },
		{ "spam", { "ressemble à un courriel indésirable",
			      "looks like junk mail" } },
		{ "automatic", { "message automatique (liste, notification, reçu)",
				   "automatic message (list, notice, receipt)" } },
		{ "undecided", { "n'a pas pu être vérifié à temps",
				   "could not be verified in time" } },
		{ "unmatched-bounce", { "avis de non-remise d'un message que "
					"vous n'avez pas envoyé par ici",
				 "bounce of a message that you did not send "
				 "from here" } },
		{ "first-contact", { "premier message de cet expéditeur",
				       "first message of this sender" } },
		{ "suspended", { "reçu pendant que la boîte était suspendue",
				   "received while the mailbox was "
				   "suspended" } },
		{ "limit", { "reçu au-delà d'une limite de la boîte",
			       "received past a limit of the mailbox" } },
		{ "undelivered", { "remise demandée, mais refusée par le "
				   "serveur de la boîte",
				     "its delivery was refused by the "
				     "mailbox's server" } },
		{ "", { "gardé par précaution", "held as a precaution" } },
	};
	static const struct word asked = { "",
		{ "premier message de cet expéditeur, à qui nous avons demandé "
		  "de le confirmer",
		    "first message of this sender, whom we asked to confirm "
		    "it" } };

	if (l->asked && strcmp(l->reason, "first-contact") == 0)
		return asked.text[lang];
	return find(words, OCT_LEN(words), l->reason, lang);
}

/* Mail programs make links of what looks like one: a stranger's would then
 * stand in a mail of ours. */
static bool
is_link(const char *word, size_t len)
{
	return memmem(word, len, "://", 3) != NULL ||
	    (len > 4 && strncasecmp(word, "www.", 4) == 0) ||
	    (len > 7 && strncasecmp(word, "mailto:", 7) == 0);
}

static void
add_unlinked(const char *s, enum template_lang lang, struct oct_str *out)
{
	while (*s != '\0') {
		size_t len = strcspn(s, " ");

		if (is_link(s, len))
			oct_str_add(out, lang == TEMPLATE_FR
				? "[lien retiré]"
				: "[link removed]");
		else
			oct_str_addn(out, s, len);
		s += len;
		if (*s == ' ')
			oct_str_addc(out, *s++);
	}
}

void
digest_subject(const struct digest_line *l, enum template_lang lang,
    struct oct_str *out)
{
	struct oct_str text;

	oct_str_heap(&text, 8 * DIGEST_SUBJECT_MAX);
	oct_mime_decode(&text, l->subject, DIGEST_SUBJECT_MAX);
	if (text.len == 0)
		oct_str_add(out, lang == TEMPLATE_FR ? "(sans objet)"
						     : "(no subject)");
	else
		add_unlinked(text.buf, lang, out);
	if (oct_str_err(&text) != 0 && out->err == 0)
		out->err = text.err;
	oct_str_free(&text);
}

void
digest_earlier(size_t n, enum template_lang lang,
    char out[DIGEST_EARLIER_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, DIGEST_EARLIER_SIZE);
	if (n == 0)
		return;
	if (lang == TEMPLATE_FR)
		oct_str_addf(&s, n > 1
			? "%zu autres messages, déjà signalés, attendent "
			  "toujours."
			: "%zu autre message, déjà signalé, attend toujours.",
		    n);
	else
		oct_str_addf(&s, n > 1
			? "%zu other messages, reported before, still wait."
			: "%zu other message, reported before, still waits.",
		    n);
}

void
digest_others(size_t n, enum template_lang lang, struct oct_str *out)
{
	if (lang == TEMPLATE_FR)
		oct_str_addf(out, "et %zu autre%s", n, n > 1 ? "s" : "");
	else
		oct_str_addf(out, "and %zu other%s", n, n > 1 ? "s" : "");
}
