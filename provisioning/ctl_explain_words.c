/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/score.h"
#include "policy/json_text.h"
#include "provisioning/ctl_explain.h"
#include "provisioning/ctl_out.h"

#define LANGS 2
#define SYMBOL_SIZE 128

struct word {
	const char *name;
	const char *text[LANGS];
};

static const struct word verdicts[] = {
	{ "deliver", { "remis", "delivered" } },
	{ "hold", { "retenu", "held" } },
	{ "drop", { "écarté sans le dire à l'expéditeur",
		      "dropped without telling the sender" } },
	{ "refuse", { "refusé", "refused" } },
	{ "defer", { "différé : l'expéditeur réessaiera",
		       "deferred: the sender will try again" } },
};

static const struct word reasons[] = {
	{ "none", { "rien ne s'y opposait", "nothing stood against it" } },
	{ "virus", { "il contient un logiciel malveillant",
		       "it holds malware" } },
	{ "dmarc", { "le domaine de l'auteur demande de refuser ce qu'il n'a "
		     "pas envoyé (DMARC)",
		       "the author's domain asks to refuse what it did not "
		       "send (DMARC)" } },
	{ "spoof", { "il se présente sans preuve sous un domaine d'ici, ou sous "
		     "un domaine qui demande de l'isoler",
		       "it claims a domain of ours without proof, or one that "
		       "asks to set it aside" } },
	{ "blocked", { "le destinataire ou son domaine a bloqué cet expéditeur",
			 "the recipient or his domain blocks this sender" } },
	{ "allowed", { "l'expéditeur est connu et admis",
			 "the sender is known and let in" } },
	{ "spam", { "son score atteint le seuil",
		      "its score reaches the threshold" } },
	{ "option-off", { "la boîte n'interroge pas les inconnus",
			    "the mailbox does not ask strangers" } },
	{ "protected", { "cette adresse doit rester joignable par tous",
			   "everybody must be able to write to this address" } },
	{ "not-doubtful", { "la boîte n'interroge que pour les messages "
			    "douteux, ce que celui-ci n'est pas",
			      "the mailbox asks about doubtful messages only, "
			      "which this one is not" } },
	{ "simulate", { "l'option Challenge n'est que simulée",
			  "the Challenge option is simulated only" } },
	{ "answer", { "il répond à un message de cette boîte",
			"it answers a message of this mailbox" } },
	{ "expected", { "le titulaire attendait un message de ce domaine",
			  "the owner waited for a message of that domain" } },
	{ "tagged-address", { "il est adressé à une adresse à étiquette valable",
				"it goes to a valid tagged address" } },
	{ "pass", { "l'expéditeur avait confirmé après un refus",
		      "the sender had confirmed after a refusal" } },
	{ "automatic", { "c'est un message automatique, dont l'envoyeur ne "
			 "peut pas répondre à une question",
			   "it is an automatic message, whose sender cannot "
			   "answer a question" } },
	{ "unmatched-bounce", { "c'est un avis de non-remise d'un message qui "
				"n'est pas parti d'ici",
				  "it is a bounce of a message that did not "
				  "leave from here" } },
	{ "undecided", { "le DNS ne répondait pas : l'expéditeur n'a pas pu "
			 "être vérifié",
			   "DNS did not answer: the sender could not be "
			   "verified" } },
	{ "first-contact", { "c'est le premier message de cet expéditeur",
			       "it is the first message of this sender" } },
	{ "transit", { "d'autres destinataires de la même adresse avaient un "
		       "autre sort : il passe par la réserve",
			 "others behind the same address had another fate: it "
			 "goes through the spool" } },
	{ "store-down", { "la base Redis ne répondait pas",
			    "Redis did not answer" } },
	{ "full", { "trop de courrier attend déjà pour ce destinataire",
		      "too much mail waits for this recipient already" } },
	{ "direction", { "ce n'est pas du courrier reçu de l'extérieur",
			   "it is not mail from outside" } },
	{ "external", { "l'alias mène hors d'ici",
			  "the alias leads outside" } },
	{ "malformed", { "il a trop de champs contrefaits",
			   "it has too many forged fields" } },
	{ "no-digest", { "la note suffit pour retenir, mais le titulaire ne veut "
		  "aucun récapitulatif",
		    "its score is enough to hold it, but the owner wants no "
		    "digest" } },
	{ "suspended", { "la boîte est suspendue",
			   "the mailbox is suspended" } },
	{ "bypass", { "un administrateur laissait passer les inconnus",
			"an administrator let strangers pass" } },
};

static const struct word classes[] = {
	{ "A", { "l'adresse d'envoi est prouvée",
		   "the sending address is proven" } },
	{ "F", { "l'auteur est prouvé, l'adresse d'envoi ne l'est pas",
		   "the author is proven, the sending address is not" } },
	{ "N", { "rien n'est prouvé", "nothing is proven" } },
	{ "T", { "le DNS ne répondait pas", "DNS did not answer" } },
	{ "X", { "le domaine de l'expéditeur dément l'envoi",
		   "the sender's domain contradicts it" } },
};

/* What is said where nothing can be looked up in a table. */
enum label {
	L_FOR, L_FROM, L_AUTHOR, L_SERVER, L_DECISION, L_ASKED, L_ITEM, L_ALL,
	L_PROOF, L_SCORE, L_NO_SYMBOL, L_CAPPED, L_UNKNOWN, L_SIMULATED,
	L_VIRUS, L_OVERRIDE, L_ROW
};
static const char *const labels[][LANGS] = {
	[L_FOR] = { "pour", "for" },
	[L_FROM] = { "de", "from" },
	[L_AUTHOR] = { "auteur", "author" },
	[L_SERVER] = { "serveur", "server" },
	[L_DECISION] = { "Décision", "Decision" },
	[L_ASKED] = { "on demande à l'expéditeur de confirmer",
		"the sender is asked to confirm" },
	[L_ITEM] = { "Message retenu", "Held message" },
	[L_ALL] = { "Réponse pour tous les destinataires",
		"Answer for all recipients" },
	[L_PROOF] = { "Preuve", "Proof" },
	[L_SCORE] = { "Score", "Score" },
	[L_NO_SYMBOL] = { "rien de remarquable", "nothing remarkable" },
	[L_CAPPED] = { "le score est moindre que leur somme : chaque groupe a "
		       "un plafond",
		"the score is less than their sum: each group has a cap" },
	[L_UNKNOWN] = { "(sans explication ici)", "(not explained here)" },
	[L_SIMULATED] = { "Sans la simulation", "Without the simulation" },
	[L_VIRUS] = { "Signature trouvée", "Signature found" },
	[L_OVERRIDE] = { "La demande du domaine (DMARC) n'a pas été suivie",
		"What the domain asks for (DMARC) was not done" },
	[L_ROW] = { "ligne", "row" },
};

static const char *
find(const struct word *words, size_t count, const char *name,
    enum explain_lang lang)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].name, name) == 0)
			return words[i].text[lang];
	return name;
}

static int64_t
number_of(const json_t *e, const char *name)
{
	return json_integer_value(json_object_get(e, name));
}

static void
add_label(enum label l, enum explain_lang lang, struct oct_str *out)
{
	oct_str_addf(out, "  %s%s: ", labels[l][lang],
	    lang == EXPLAIN_FR ? " " : "");
}

static void
add_member(const json_t *e, const char *name, enum label l,
    enum explain_lang lang, struct oct_str *out)
{
	if (*json_text_of(e, name) == '\0')
		return;
	oct_str_addf(out, ", %s ", labels[l][lang]);
	ctl_out_text(json_text_of(e, name), 0, out);
}

static void
add_head(const json_t *e, enum explain_lang lang, struct oct_str *out)
{
	time_t when = (time_t)(number_of(e, "time") / 1000);
	char text[32] = "?";
	struct tm tm;

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	oct_str_addf(out, "%s ", text);
	ctl_out_text(json_text_of(e, "id"), 0, out);
	add_member(e, "rcpt", L_FOR, lang, out);
	add_member(e, "rpath", L_FROM, lang, out);
	add_member(e, "from", L_AUTHOR, lang, out);
	add_member(e, "client", L_SERVER, lang, out);
	oct_str_addc(out, '\n');
}

/* Names of members of an event. */
struct fate_of {
	const char *verdict, *reason, *row;
};

static void
add_fate(const json_t *e, const struct fate_of *of, enum explain_lang lang,
    struct oct_str *out)
{
	const char *reason = json_text_of(e, of->reason);

	ctl_out_text(find(verdicts, OCT_LEN(verdicts), json_text_of(e, of->verdict),
			 lang),
	    0, out);
	if (*reason != '\0') {
		oct_str_add(out, " — ");
		ctl_out_text(find(reasons, OCT_LEN(reasons), reason, lang), 0,
		    out);
	}
	if (number_of(e, of->row) != 0)
		oct_str_addf(out, " (%s %lld)", labels[L_ROW][lang],
		    (long long)number_of(e, of->row));
	oct_str_addc(out, '\n');
}

static void
add_decision(const json_t *e, enum explain_lang lang, struct oct_str *out)
{
	static const struct fate_of own = { "verdict", "reason", "row" };
	static const struct fate_of all = { "reply", "reply_reason",
		"reply_row" };
	static const struct fate_of would = { "would", "", "would_row" };

	add_label(L_DECISION, lang, out);
	add_fate(e, &own, lang, out);
	if (*json_text_of(e, "reply") != '\0') {
		add_label(L_ALL, lang, out);
		add_fate(e, &all, lang, out);
	}
	if (*json_text_of(e, "would") != '\0') {
		add_label(L_SIMULATED, lang, out);
		add_fate(e, &would, lang, out);
	}
	if (json_is_true(json_object_get(e, "ask")))
		oct_str_addf(out, "  %s\n", labels[L_ASKED][lang]);
	if (*json_text_of(e, "virus") != '\0') {
		add_label(L_VIRUS, lang, out);
		ctl_out_text(json_text_of(e, "virus"), 0, out);
		oct_str_addc(out, '\n');
	}
	if (*json_text_of(e, "item") != '\0') {
		add_label(L_ITEM, lang, out);
		ctl_out_text(json_text_of(e, "item"), 0, out);
		oct_str_addc(out, '\n');
	}
}

static void
add_proof(const json_t *e, enum explain_lang lang, struct oct_str *out)
{
	static const char *const results[] = { "spf", "dkim", "dmarc" };

	add_label(L_PROOF, lang, out);
	ctl_out_text(find(classes, OCT_LEN(classes), json_text_of(e, "class"), lang),
	    0, out);
	for (size_t i = 0; i < OCT_LEN(results); i++) {
		if (*json_text_of(e, results[i]) == '\0')
			continue;
		oct_str_addf(out, "%s%s=", i == 0 ? "; " : " ", results[i]);
		ctl_out_text(json_text_of(e, results[i]), 0, out);
	}
	oct_str_addc(out, '\n');
	if (*json_text_of(e, "override") == '\0')
		return;
	add_label(L_OVERRIDE, lang, out);
	ctl_out_text(json_text_of(e, "override"), 0, out);
	oct_str_addc(out, '\n');
}

/* --- The score ---------------------------------------------------------------- */

/* "NAME(1.50)" of len octets; the weight in hundredths is added to *sum. */
static void
add_symbol(const char *at, size_t len, enum explain_lang lang, int64_t *sum,
    struct oct_str *out)
{
	char name[SYMBOL_SIZE], weight[16] = "0";
	const char *open = memchr(at, '(', len);
	size_t n = open != NULL ? (size_t)(open - at) : len;
	const char *meaning = labels[L_UNKNOWN][lang];
	enum symbol_id id;
	double points = 0;

	if (n >= sizeof(name))
		return;
	memcpy(name, at, n);
	name[n] = '\0';
	if (open != NULL && len - n > 2 && len - n - 2 < sizeof(weight)) {
		memcpy(weight, open + 1, len - n - 2);
		weight[len - n - 2] = '\0';
		points = strtod(weight, NULL);
	}
	*sum += (int64_t)(points * 100 + (points < 0 ? -0.5 : 0.5));
	if (symbol_parse(name, &id) == 0)
		meaning = lang == EXPLAIN_FR ? symbol_of(id)->fr
					     : symbol_of(id)->en;
	oct_str_add(out, "    ");
	for (size_t i = strlen(weight); i < 6; i++)
		oct_str_addc(out, ' ');
	ctl_out_text(weight, 0, out);
	oct_str_addc(out, ' ');
	ctl_out_text(name, 0, out);
	oct_str_addf(out, "  %s\n", meaning);
}

static void
add_symbols(const json_t *e, enum explain_lang lang, struct oct_str *out)
{
	const char *at = json_text_of(e, "symbols");
	int64_t sum = 0;

	if (*at == '\0')
		oct_str_addf(out, "    %s\n", labels[L_NO_SYMBOL][lang]);
	while (*at != '\0') {
		size_t len = strcspn(at, ",");

		add_symbol(at, len, lang, &sum, out);
		at += len + (at[len] == ',');
	}
	if (sum > number_of(e, "score"))
		oct_str_addf(out, "    %s\n", labels[L_CAPPED][lang]);
}

static void
add_score(const json_t *e, enum explain_lang lang, struct oct_str *out)
{
	char score[16], tag[16], hold[16], reject[16];

	score_text((int32_t)number_of(e, "score"), score);
	score_text((int32_t)number_of(e, "tag"), tag);
	score_text((int32_t)number_of(e, "hold"), hold);
	score_text((int32_t)number_of(e, "reject"), reject);
	add_label(L_SCORE, lang, out);
	oct_str_add(out, score);
	if (json_object_get(e, "hold") != NULL)
		oct_str_addf(out,
		    lang == EXPLAIN_FR
			? " (marqué à partir de %s, retenu de %s, refusé de %s)"
			: " (marked from %s, held from %s, refused from %s)",
		    tag, hold, reject);
	oct_str_addc(out, '\n');
	add_symbols(e, lang, out);
}

void
explain_event(const json_t *event, enum explain_lang lang, struct oct_str *out)
{
	add_head(event, lang, out);
	add_decision(event, lang, out);
	add_proof(event, lang, out);
	add_score(event, lang, out);
}
