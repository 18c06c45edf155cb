/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/phrases.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/err.h"
#include "policy/automaton.h"
#include "policy/lookalike.h"

/* Lower case without accents; whatever is no letter or digit is one space. */
static const struct automaton_words lists[] = {
	{ "_amende_|_amendes_|contravention|avis de majoration|infraction|"
	  "_antai_|crit air|forfait post stationnement|"
	  "remboursement d impot|trop percu|_impots gouv|"
	  "_votre declaration|situation fiscale|contribuable|"
	  "avis d imposition|finances publiques|carte vitale|_ameli_|"
	  "assurance maladie|_cpam_|prime exceptionnelle|cheque energie|"
	  "compte formation|_cpf_|droits a la formation|franceconnect|"
	  "identite numerique|allocations familiales|cotisations|_urssaf_|"
	  "controle fiscal|tresor public|remboursement fiscal|"
	  "remboursement de vos impots|credit d impot|restitution d impot|"
	  "administration fiscale|espace particulier|_dgfip_|_ants_|"
	  "permis de conduire|points de permis|vignette|"
	  "stationnement impaye|peage|_ulys_|flux libre|feuille de soins|"
	  "remboursement de soins|complementaire sante|_cmu_|"
	  "prime d activite|_caf_|allocataire|aide exceptionnelle|"
	  "bonus ecologique|cheque vacances|pole emploi|france travail|"
	  "_retraite_|_carsat_",
	    PHRASE_STATE },
	{ "_colis_|livraison|_douane_|reexpedition|reexpedier|point relais|"
	  "votre envoi|_livre votre|numero de suivi|suivi de votre|"
	  "tentative de livraison|votre paquet|livreur|chronopost|"
	  "colissimo|mondial relay|your parcel|your package|"
	  "delivery attempt",
	    PHRASE_PARCEL },
	{ "certicode|cle digitale|_dsp2_|securipass|carte est bloquee|"
	  "carte bancaire|operation inhabituelle|connexion inhabituelle|"
	  "votre compte bancaire|acces a ete restreint|acces est restreint|"
	  "votre acces|votre abonnement|moyen de paiement|"
	  "paiement a echoue|carte a ete refusee|votre compte client|"
	  "carte sera bloquee|virement en attente|activite suspecte|"
	  "transaction suspecte|operation suspecte|acces suspect|"
	  "paiement refuse|prelevement refuse|paiement rejete|"
	  "echec de paiement|echec du paiement|renouvellement de votre|"
	  "coordonnees bancaires|payment method|unusual activity|"
	  "your subscription",
	    PHRASE_BANK },
	{ "votre messagerie|boite est pleine|boite de messagerie|"
	  "boite mail|boite aux lettres electronique|messages en attente|"
	  "messages bloques|messages destines|message vocal|webmail|"
	  "_quota_|espace de stockage|limite de stockage|"
	  "stockage est plein|votre boite de|votre boite aux|"
	  "messages non remis|messages retenus|messages entrants|"
	  "en quarantaine|_zimbra_|roundcube|migration de la messagerie|"
	  "mailbox is full|pending messages|your mailbox",
	    PHRASE_MAILBOX },
	{ "mot de passe|identifiez vous|connectez vous|se connecter|"
	  "vous connectant|reconfirmez|_vos identifiants|votre identifiant|"
	  "valider leur compte|validez votre compte|code d acces|vos acces|"
	  "mot de passe expire|mot de passe actuel|mot de passe expirera|"
	  "authentifiez vous|reconnectez vous|your password|sign in",
	    PHRASE_PASSWORD },
	{ "cliquez|_cliquer_|_verifiez|confirmez|_validez|doivent valider|"
	  "mettez a jour|mettre a jour|_mise a jour de|reactiver|reactivez|"
	  "regularis|reglez|_payez|pour payer|_a payer|remplissez|"
	  "remplir le formulaire|debloquer|liberez|liberer|reprogrammer|"
	  "scanner le qr|au paiement|reclamez|_conservez|pour conserver|"
	  "ouvrez la piece|click here|click below|verify your|confirm your|"
	  "update your",
	    PHRASE_DEMAND },
	{ "suspendu_|suspendue_|_sera desactive|seront desactive|"
	  "sera supprime|seront supprime|avant suppression|sera bloque|"
	  "est bloque|sont bloque|est retenu|est limite_|avons limite|"
	  "a ete restreint|est restreint|_sous 24|_sous 48|_sous 72|"
	  "dans les 24|dans les 48|de 72 heures|de 48 heures|"
	  "dernier rappel|dernier avis|derniere relance|"
	  "dernier avertissement|sous peine|faute de quoi|des poursuites|"
	  "majoration|penalite|ne pas les perdre|_expire aujourd|"
	  "_expirent le|arrive a expiration|arrivent a expiration|"
	  "sera renvoye|prendra fin|sera ferme|definitivement|"
	  "presente une anomalie|sera coupe|sera annule|sera perdu|"
	  "seront perdu|sera restreint|sera interrompu|sera cloture|"
	  "seront cloture|sera majore|dans les plus brefs|immediatement|"
	  "au plus vite|sans delai|_avant minuit|derniere chance|"
	  "dernier delai|ultime|mise en demeure|a defaut|en cas de non|"
	  "_expire dans|expirera|a expire|will be suspended|will be closed|"
	  "within 24|within 48",
	    PHRASE_THREAT },
	{ "frais de livraison|frais d envoi|frais de garde|frais de port|"
	  "frais de reexpedition|frais de dossier|droits de douane|"
	  "_de frais_|adresse incomplete|adresse est incomplete|"
	  "action requise|n a pas pu etre livre|pas pu livrer|"
	  "livraison requises|_1 99_|_2 99_|_0 99_|_1 95_|_2 95_|_1 45_",
	    PHRASE_FEE },
	{ "etes vous disponible|es tu disponible|etes vous au bureau|"
	  "es tu au bureau|ne peux pas telephoner|peux pas parler au tel|"
	  "une tache pour|une tache a vous|carte cadeau|cartes cadeau|"
	  "carte pcs|transcash|neosurf|numero de portable|numero de mobile|"
	  "toute discretion|restez discre|dossier confidentiel|"
	  "operation confidentielle|urgent et confidentiel|virement urgent|"
	  "effectuer un virement|virement a faire|faire un virement|"
	  "solde du compte|solde disponible|je vous rembourse|"
	  "chose d urgent|repondez moi vite|repondez a ce mail|"
	  "tres discret|rester discret|ne parlez a personne|n en parlez|"
	  "confidentialite absolue|besoin d un service|"
	  "besoin de votre aide|rendez moi un service|me rendre un service|"
	  "j ai besoin que vous|repondez moi rapidement|repondez moi des|"
	  "uniquement par mail|par mail uniquement|ne m appelez|"
	  "injoignable|google play|cartes itunes|carte itunes|"
	  "coupon neosurf|ticket neosurf|virement immediat|"
	  "virement instantane|faire un paiement|effectuer un paiement|"
	  "proceder a un|fournisseur etranger|lie a l acquisition|"
	  "fonds disponibles|are you available|quick task|gift card|"
	  "wire transfer",
	    PHRASE_ERRAND },
	{ "ancien iban|ancien compte|nouvel iban|"
	  "coordonnees bancaires changent|changement de rib|"
	  "changement de compte|changement d iban|"
	  "nouvelles coordonnees bancaires|nouveau compte_|changer mon rib|"
	  "changer de rib|nouveau rib|nouveaux rib|"
	  "nouvel etablissement bancaire|change de banque|"
	  "mon compte bancaire|mes coordonnees bancaires|ma fiche de paie|"
	  "mon prochain salaire|changement de coordonnees|"
	  "changement de domiciliation|modification de mon rib|"
	  "rib pour ma paie|ma paie de|mon salaire|sur le nouveau|"
	  "bank details have changed|new bank account|payroll information",
	    PHRASE_ACCOUNT },
	{ "pedopornograph|pedophil|cyberpornograph|cyber pornograph|"
	  "exhibition|mandat d arret|convocation judiciaire|"
	  "protection des mineurs|cyber infiltration|trafic sexuel|"
	  "agression sexuelle|site pornographique|sites pornographiques|"
	  "pedo criminel|pornographie|grooming|atteinte a la pudeur|"
	  "brigade des mineurs|police judiciaire|_interpol_|"
	  "direction centrale|fichier national|poursuite judiciaire|"
	  "_europol_|saisie informatique|objet de poursuites|"
	  "poursuites judiciaires",
	    PHRASE_SUMMONS },
	{ "votre webcam|votre camera|_filme|logiciel espion|"
	  "cheval de troie|ete pirate|_j ai acces a|tous vos contacts|"
	  "enregistrements de vous|vous visitiez|vos videos|"
	  "copie les fichiers|seront publies|je diffuse|"
	  "votre propre adresse|sites pour adultes|_votre ecran|site porno|"
	  "sites porno|visionnez|masturb|logiciel malveillant|j ai pirate|"
	  "acces complet|tous vos appareils|_vos proches|la webcam|"
	  "video compromettante|_rancon|your webcam|hacked your|"
	  "installed a trojan|i recorded you",
	    PHRASE_SPYING },
	{ "bitcoin|_btc_|bc1q|monero|_usdt_|ethereum|cryptomonnaie|"
	  "portefeuille crypto",
	    PHRASE_COIN },
	{ "pret entre particulier|offre pret_|offre un pret|"
	  "offre de pret entre|capable de rembourser|particulier serieux|"
	  "_pret rapide|besoin de pret|offrons des prets|octroi de pret|"
	  "offre de credit|financement rapide|obtenir un pret|_octroie_|"
	  "accorde des prets|_preteur_|pret personnel|pret sans|"
	  "besoin d un credit|credit rapide|loan offer",
	    PHRASE_LOAN },
	{ "sans heritier|parts egales|part egale|dieu vous benisse|"
	  "avocat au barreau|tiree au sort|tire au sort|don de coeur|"
	  "faire un don|veuve malade|les fonds sont|retrait de vos fonds|"
	  "vous etes le beneficiaire|d etre le beneficiaire|"
	  "vous avez gagne|vous gagnez|le gagnant|millions de dollars|"
	  "millions d euros|maladie incurable|phase terminale|"
	  "heureux gagnant|numero gagnant|ma fortune|_legs_a|notaire au|"
	  "a laisse un heritage|client decede|mon defunt|next of kin|"
	  "late husband|god bless",
	    PHRASE_LEGACY },
	{ "page de google|referencement|visite votre site|devis gratuit|"
	  "panneaux solaires|photovoltaique|isolation a 1|"
	  "votre eligibilite|est eligible|_cee_|certificats d economie|"
	  "_video promotionnelle|adresses email|emails d entreprise|"
	  "base de donnees|fichiers d adresses|sans engagement|"
	  "offre reservee|offre limitee|offre valable|offre exclusive|"
	  "permets de revenir|votre mutuelle|sans avance de frais|"
	  "minutes cette semaine|_m inscrire|dernier jour|"
	  "fin du dispositif|website ranking|premiere position|"
	  "positionner votre|refonte de votre|creation de site|"
	  "visibilite sur|votre visibilite|generer des|offre speciale|"
	  "prix direct usine|pompe a chaleur|borne de recharge|"
	  "economies d energie|audit gratuit|audit energetique|"
	  "prise en charge a 100|generation de leads|nouveaux prospects|"
	  "base email|campagne emailing|_seo_|free quote|first page",
	    PHRASE_PITCH },
	{ "mise en conformite|en conformite|inscription au registre|"
	  "votre inscription|registre public|obligation legale|"
	  "doit s equiper|risque penal|sanctions jusqu|amende de 45|"
	  "expiration de votre nom|nom de domaine|affichage obligatoire|"
	  "annuaire des|annuaire_|_inpi_|registre des|registre national|"
	  "document unique|_duerp_|_adap_|ad ap|diagnostic obligatoire|"
	  "mise aux normes|dgccrf|_cnil_|depot de marque|"
	  "annuaire professionnel|en infraction|pour eviter l amende|"
	  "eviter sa perte",
	    PHRASE_DUTY },
	{ "_casino|tours gratuits|de bonus|bonus offert|bonus gratuit|"
	  "voyance|votre avenir|perdez_|maigrir|perte de poids|"
	  "sans ordonnance|viagra|cialis|un iphone|enquete et recevez|"
	  "recevez gratuitement|recevez 200|votre cadeau|le gagnant|"
	  "vous avez gagne|gagnez de l argent|profit garanti|"
	  "tirage au sort|jeu concours|grand jeu|bon d achat|"
	  "carte cadeau de|un smartphone|votre recompense|voyante|"
	  "_astrolog|_tarot|minceur|brule graisse|_kilos_|"
	  "les medecins vous cachent|investissez",
	    PHRASE_GAME },
	{ "femme seule|femmes seules|cherche un homme|rencontre_|"
	  "mes photos|faire connaissance|faire ta connaissance|jolie femme|"
	  "belle femme|plan cul|rencontres_|coquine|celibataire|"
	  "relation serieuse|ecris moi|single women|lonely",
	    PHRASE_DATING },
};

static struct automaton *automaton; /* NULL: no memory for it */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
build(void)
{
	_Static_assert(OCT_LEN(lists) == PHRASE_COUNT, "a list for each");
	if (automaton_new(lists, OCT_LEN(lists), &automaton) != 0)
		automaton = NULL;
}

static void
note(void *arg, uint16_t what, OCT_UNUSED unsigned int in)
{
	struct phrases *out = arg;

	out->count[what] = (uint16_t)(out->count[what] +
	    (out->count[what] < UINT16_MAX));
}

/* The run of octets from i that are not ASCII, folded; where it ends. */
static size_t
fold_others(const struct content_text *t, size_t i, size_t len, char *out,
    size_t *n)
{
	char folded[64];
	size_t end = i;

	while (end < len && end - i < sizeof(folded) - 4 &&
	    (unsigned char)t->data[end] >= 0x80)
		end++;
	/* Not cut within a character. */
	while (end < len && end > i + 1 &&
	    ((unsigned char)t->data[end] & 0xc0) == 0x80)
		end--;
	lookalike_fold(t->data + i, end - i, folded, sizeof(folded));
	for (const char *p = folded; *p != '\0'; p++)
		if (*p != ' ' || (*n > 0 && out[*n - 1] != ' '))
			out[(*n)++] = *p;
	return end;
}

/* As it is read by eye, and whatever is between words one space; no longer than
 * what is read.  Its length. */
static size_t
fold(const struct content_text *t, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)t->data[i];

		if (c >= 0x80) {
			i = fold_others(t, i, len, out, &n);
			continue;
		}
		c = c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = (char)c;
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
		i++;
	}
	return n;
}

void
phrases_find(const struct content_text *t, size_t max, struct phrases *out)
{
	size_t len = t->len < max ? t->len : max;
	char *folded = malloc(len + 1);

	(void)pthread_once(&once, build);
	if (folded != NULL && automaton != NULL) {
		const struct automaton_text text = { .data = folded,
			.len = fold(t, len, folded) };

		automaton_find(automaton, &text, note, out);
	}
	free(folded);
}
