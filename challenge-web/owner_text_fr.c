/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/owner_text.h"

const char *const owner_text_fr[OTEXT_COUNT] = {
	[OTEXT_TITLE] = "Mes messages retenus",
	[OTEXT_MENU] = "Ma boîte",
	[OTEXT_MENU_LIST] = "Messages retenus",
	[OTEXT_MENU_BIN] = "Corbeille",
	[OTEXT_MENU_SENDERS] = "Expéditeurs",
	[OTEXT_MENU_EXPECT] = "J’attends un message",
	[OTEXT_MENU_HISTORY] = "Historique",
	[OTEXT_MENU_SETTINGS] = "Réglages",
	[OTEXT_LOGOUT] = "Fermer ma session",
	[OTEXT_FOR_BOX] = "Boîte {}",
	[OTEXT_FOR_PERSON] = "ouverte par {}",
	[OTEXT_BACK] = "Retour aux messages retenus",
	[OTEXT_ASK_LEAD] =
	    "Les messages douteux ou inattendus ne sont pas perdus\u00a0: "
	    "le filtre les garde pour vous. Indiquez votre adresse, nous y "
	    "envoyons un lien personnel pour les voir.",
	[OTEXT_ASK_LABEL] = "Votre adresse de messagerie",
	[OTEXT_ASK_HINT] = "Par exemple\u00a0: mairie@votre-commune.fr",
	[OTEXT_ASK_BUTTON] = "Recevoir mon lien",
	[OTEXT_ASK_AFTER] =
	    "Pas de mot de passe à retenir. Le lien reçu vaut une heure.",
	[OTEXT_ASK_BAD] =
	    "Cela ne ressemble pas à une adresse de messagerie. Écrivez-la "
	    "en entier, avec son @.",
	[OTEXT_ASKED_TITLE] = "Regardez votre boîte",
	[OTEXT_ASKED] =
	    "Si cette adresse est servie par ce filtre, un courriel avec "
	    "votre lien y arrive dans quelques minutes.",
	[OTEXT_ASKED_NEXT] =
	    "Rien n’arrive\u00a0? Vérifiez l’adresse, puis demandez un "
	    "autre lien. Quelques demandes par heure suffisent\u00a0: "
	    "au-delà, rien n’est envoyé.",
	[OTEXT_ASKED_AGAIN] = "Demander un autre lien",
	[OTEXT_ASK_MANY] =
	    "Trop de liens ont été demandés depuis votre réseau. Réessayez "
	    "dans {} minutes.",
	[OTEXT_ENTER_LEAD] =
	    "Ce lien ouvre les messages que le filtre garde pour\u00a0:",
	[OTEXT_ENTER_BUTTON] = "Ouvrir mes messages",
	[OTEXT_ENTER_AFTER] =
	    "Ce lien est personnel\u00a0: ne le transférez pas. Un témoin "
	    "de connexion (cookie) est gardé le temps de votre visite, "
	    "rien d’autre.",
	[OTEXT_OVER_TITLE] = "Ce lien n’est plus valable",
	[OTEXT_OVER] =
	    "Sa durée est passée, ou tous les liens ont été annulés. Rien "
	    "n’est perdu\u00a0: demandez-en un nouveau.",
	[OTEXT_SESSION_TITLE] = "Votre session est fermée",
	[OTEXT_SESSION] =
	    "Elle se ferme d’elle-même après un temps. Rien n’est "
	    "perdu\u00a0: demandez un nouveau lien, ou reprenez celui de "
	    "votre récapitulatif.",
	[OTEXT_BYE_TITLE] = "Session fermée",
	[OTEXT_BYE] = "Vous pouvez fermer cette page.",
	[OTEXT_REVOKED] =
	    "Toutes les sessions de cette boîte sont fermées et tous ses "
	    "liens annulés.",
	[OTEXT_ACT_RELEASE_TITLE] = "Remettre ce message",
	[OTEXT_ACT_ACCEPT_TITLE] = "Remettre et accepter l’expéditeur",
	[OTEXT_ACT_REFUSE_TITLE] = "Refuser l’expéditeur",
	[OTEXT_ACT_SHOW_TITLE] = "Ce message est retenu",
	[OTEXT_ACT_GONE_TITLE] = "Ce message n’est plus retenu",
	[OTEXT_ACT_GONE] =
	    "Il a déjà été remis, supprimé, ou sa durée est passée.",
	[OTEXT_ACT_NOTHING] =
	    "Rien n’est fait tant que vous n’appuyez pas sur le bouton.",
	[OTEXT_COUNT_NONE] = "Aucun message retenu",
	[OTEXT_COUNT_ONE] = "1 message retenu",
	[OTEXT_COUNT_MANY] = "{} messages retenus",
	[OTEXT_FOUND_NONE] = "Aucun message ne correspond",
	[OTEXT_FOUND_ONE] = "1 message trouvé",
	[OTEXT_FOUND_MANY] = "{} messages trouvés",
	[OTEXT_FOUND_CUT] =
	    "La recherche ne porte que sur les 20\u00a0000 messages les "
	    "plus récents.",
	[OTEXT_EMPTY] =
	    "Tout ce qui vous était destiné vous a été remis. Cette page "
	    "se remplit quand le filtre met un message de côté\u00a0; "
	    "votre récapitulatif vous en avertit.",
	[OTEXT_SEARCH_LABEL] = "Chercher un expéditeur ou un objet",
	[OTEXT_SEARCH_BUTTON] = "Chercher",
	[OTEXT_SEARCH_ALL] = "Tout afficher",
	[OTEXT_KIND_LABEL] = "Type",
	[OTEXT_KIND_ALL] = "Tous",
	[OTEXT_KIND_CONTACT] = "Premiers contacts",
	[OTEXT_KIND_JUNK] = "Indésirables, usurpations",
	[OTEXT_KIND_AUTOMATIC] = "Automatiques",
	[OTEXT_KIND_VIRUS] = "Virus",
	[OTEXT_LEGEND] = "Que fait chaque bouton\u00a0?",
	[OTEXT_LIST] = "Messages, du plus récent au plus ancien",
	[OTEXT_SELECT] = "Choisir le message de {}",
	[OTEXT_BULK] = "Avec les messages cochés\u00a0:",
	[OTEXT_BULK_ALL] = "Cocher toute la page",
	[OTEXT_BULK_NONE] = "Tout décocher",
	[OTEXT_BULK_RELEASE] = "Remettre les messages cochés",
	[OTEXT_BULK_DISCARD] = "Supprimer les messages cochés",
	[OTEXT_FROM_NOBODY] = "Expéditeur non indiqué",
	[OTEXT_NO_SUBJECT] = "(sans objet)",
	[OTEXT_ARRIVED] = "Arrivé le {}",
	[OTEXT_UNTIL] = "Gardé jusqu’au {}",
	[OTEXT_PAGES] = "Pages",
	[OTEXT_PAGE_OF] = "Page {}",
	[OTEXT_NEWER] = "Plus récents",
	[OTEXT_OLDER] = "Plus anciens",
	[OTEXT_RELEASE] = "Remettre dans ma boîte",
	[OTEXT_RELEASE_DOES] =
	    "Vous recevez ce message-là. Les suivants du même expéditeur "
	    "seront filtrés comme avant. Le filtre apprend que ce message "
	    "était voulu.",
	[OTEXT_ACCEPT] = "Remettre et accepter l’expéditeur",
	[OTEXT_ACCEPT_DOES] =
	    "Vous recevez ce message, et les suivants de cet expéditeur "
	    "vous arrivent directement (sauf virus ou hameçonnage).",
	[OTEXT_ACCEPT_UNPROVEN] =
	    "Son adresse n’est pas vérifiée\u00a0: seuls les messages qui "
	    "arrivent de la même façon (même adresse, même réseau) vous "
	    "seront remis directement.",
	[OTEXT_DISCARD] = "Supprimer",
	[OTEXT_DISCARD_DOES] =
	    "Le message va à la corbeille, d’où vous pouvez le reprendre "
	    "{}. Son expéditeur n’est pas averti et peut vous écrire "
	    "encore.",
	[OTEXT_SPAM] = "C’est un indésirable",
	[OTEXT_SPAM_DOES] =
	    "Comme «\u00a0Supprimer\u00a0», et le filtre apprend à "
	    "reconnaître les messages de ce genre.",
	[OTEXT_REFUSE] = "Refuser l’expéditeur",
	[OTEXT_REFUSE_DOES] =
	    "Tous ses messages retenus vont à la corbeille, le filtre "
	    "apprend qu’ils étaient indésirables, et les prochains seront "
	    "refusés à l’arrivée. Vous pouvez revenir là-dessus.",
	[OTEXT_REFUSE_UNPROVEN] =
	    "Son adresse n’est pas vérifiée, elle est peut-être celle de "
	    "quelqu’un d’autre\u00a0: seuls les messages qui arrivent de "
	    "la même façon (même adresse, même réseau) seront refusés.",
	[OTEXT_UNDO] = "Annuler",
	[OTEXT_UNDO_ACCEPT] = "Ne plus l’accepter",
	[OTEXT_TAKE_BACK] = "Reprendre",
	[OTEXT_DID_RELEASE] =
	    "C’est parti\u00a0: «\u00a0{}\u00a0» arrive dans votre boîte "
	    "dans un instant.",
	[OTEXT_DID_ACCEPT] =
	    "C’est parti\u00a0: «\u00a0{}\u00a0» arrive dans votre boîte, "
	    "et son expéditeur est désormais accepté.",
	[OTEXT_DID_DISCARD] = "Mis à la corbeille\u00a0: «\u00a0{}\u00a0».",
	[OTEXT_DID_SPAM] =
	    "Mis à la corbeille\u00a0: «\u00a0{}\u00a0». Le filtre en "
	    "tirera la leçon.",
	[OTEXT_DID_REFUSE] =
	    "Expéditeur refusé. Ses messages retenus sont à la "
	    "corbeille\u00a0: «\u00a0{}\u00a0».",
	[OTEXT_DID_UNDO] = "De nouveau retenu\u00a0: «\u00a0{}\u00a0».",
	[OTEXT_DID_ONE_RELEASE] =
	    "1 message arrive dans votre boîte dans un instant.",
	[OTEXT_DID_ONE_DISCARD] = "1 message mis à la corbeille.",
	[OTEXT_DID_MANY_RELEASE] =
	    "{} messages arrivent dans votre boîte dans un instant.",
	[OTEXT_DID_MANY_DISCARD] = "{} messages mis à la corbeille.",
	[OTEXT_DID_NOTHING] = "Rien n’a été coché\u00a0: rien n’est changé.",
	[OTEXT_DID_ALREADY] = "C’était déjà fait.",
	[OTEXT_DID_OVER] =
	    "Ce n’est plus possible\u00a0: le message a été remis, "
	    "supprimé, ou sa durée est passée.",
	[OTEXT_DID_IMPOSSIBLE] = "Ce n’est pas possible pour ce message.",
	[OTEXT_DID_OLD_PAGE] =
	    "Cette page était ouverte depuis trop longtemps\u00a0: rien "
	    "n’a été fait. Recommencez.",
	[OTEXT_DID_SAVED] = "C’est enregistré.",
	[OTEXT_DID_ALLOW] = "Accepté\u00a0: {}.",
	[OTEXT_DID_BLOCK] = "Refusé\u00a0: {}.",
	[OTEXT_DID_FORGET] = "Retiré de la liste\u00a0: {}.",
	[OTEXT_DID_EXPECT] =
	    "Le prochain message de {} vous arrivera directement.",
	[OTEXT_DID_EXPECT_END] = "{} n’est plus attendu.",
	[OTEXT_BIN_LEAD] =
	    "Ce que vous avez supprimé ou refusé peut être repris {}. "
	    "Ensuite, c’est détruit.",
	[OTEXT_BIN_EMPTY] = "La corbeille est vide.",
	[OTEXT_BIN_UNTIL] = "Détruit le {}",
	[OTEXT_WITHIN_HOURS] = "pendant {} heures",
	[OTEXT_WITHIN_DAYS] = "pendant {} jours",
	[OTEXT_ITEM_FROM] = "De",
	[OTEXT_ITEM_PROOF] = "Vérification",
	[OTEXT_ITEM_TO] = "Écrit à",
	[OTEXT_ITEM_SUBJECT] = "Objet",
	[OTEXT_ITEM_ARRIVED] = "Arrivé",
	[OTEXT_ITEM_WHY] = "Pourquoi il est retenu",
	[OTEXT_ITEM_THEN] = "Si vous ne faites rien",
	[OTEXT_ITEM_SIZE] = "Taille",
	[OTEXT_ITEM_ACTS] = "Que faire de ce message\u00a0?",
	[OTEXT_THEN_ASKED] =
	    "S’il confirme, vous recevez ce message. Sinon il est détruit "
	    "le {}, et l’expéditeur en est averti.",
	[OTEXT_THEN_GONE] =
	    "Il est détruit le {}, sans que l’expéditeur en soit averti.",
	[OTEXT_PREVIEW] = "Aperçu",
	[OTEXT_PREVIEW_NOTE] =
	    "Texte seul\u00a0: ni image, ni lien actif, ni pièce jointe "
	    "ouverte. Regarder cet aperçu n’avertit pas l’expéditeur.",
	[OTEXT_PREVIEW_NONE] = "Ce message ne contient pas de texte.",
	[OTEXT_PREVIEW_CUT] = "La suite n’est pas montrée.",
	[OTEXT_PREVIEW_AWAY] =
	    "L’aperçu n’est pas disponible\u00a0: le message est gardé sur "
	    "un autre serveur, ou vient d’être remis.",
	[OTEXT_PREVIEW_VIRUS] =
	    "Son contenu n’est pas montré. S’il vous semble légitime, "
	    "demandez à l’administrateur de la messagerie\u00a0: lui seul "
	    "peut le remettre.",
	[OTEXT_PARTS] = "Pièces jointes",
	[OTEXT_PART_NO_NAME] = "sans nom",
	[OTEXT_PART_DANGER] = "type dangereux",
	[OTEXT_PART_MACRO] = "contient des macros",
	[OTEXT_PART_LOCKED] = "chiffrée, non examinée",
	[OTEXT_PART_MORE] = "et d’autres, non montrées",
	[OTEXT_ST_GOING] = "Remise en cours…",
	[OTEXT_ST_REFUSED] =
	    "La dernière remise a été refusée par votre serveur\u00a0: {}",
	[OTEXT_ST_GAVE_UP] = "La remise a échoué trop longtemps\u00a0: {}",
	[OTEXT_ST_BOUNCED] = "Remis, puis revenu en erreur\u00a0: {}",
	[OTEXT_ST_LOST] = "Son contenu ne peut plus être lu.",
	[OTEXT_PROOF_YES] = "adresse vérifiée",
	[OTEXT_PROOF_PATH] = "envoi vérifié, mais pas l’auteur affiché",
	[OTEXT_PROOF_NO] = "adresse non vérifiée",
	[OTEXT_PROOF_FORGED] = "adresse probablement usurpée",
	[OTEXT_PROOF_LATER] = "vérification impossible à l’arrivée",
	[OTEXT_WHY_ASKED] =
	    "Premier message de cet expéditeur\u00a0: nous lui avons "
	    "demandé de le confirmer.",
	[OTEXT_WHY_CONTACT] = "Premier message de cet expéditeur.",
	[OTEXT_WHY_SPAM] = "Ressemble à un courriel indésirable.",
	[OTEXT_WHY_SPOOF] =
	    "Se présente sous une adresse qui n’est probablement pas la "
	    "sienne.",
	[OTEXT_WHY_AUTOMATIC] =
	    "Message automatique\u00a0: liste, notification, reçu…",
	[OTEXT_WHY_BOUNCE] =
	    "Avis de non-remise d’un message que vous n’avez pas envoyé "
	    "par ici.",
	[OTEXT_WHY_UNDECIDED] = "N’a pas pu être vérifié à son arrivée.",
	[OTEXT_WHY_VIRUS] =
	    "Contient un logiciel malveillant\u00a0: seul l’administrateur "
	    "peut le remettre.",
	[OTEXT_WHY_SUSPENDED] =
	    "Arrivé pendant que la boîte était suspendue.",
	[OTEXT_WHY_LIMIT] =
	    "Arrivé au-delà de la limite de messages de la boîte.",
	[OTEXT_WHY_OTHER] = "Gardé par précaution.",
	[OTEXT_SENDERS_LEAD] =
	    "Ceux dont les messages vous arrivent directement, et ceux qui "
	    "sont refusés.",
	[OTEXT_SENDERS_ALLOWED] = "Acceptés",
	[OTEXT_SENDERS_BLOCKED] = "Refusés",
	[OTEXT_SENDERS_NO_ALLOWED] =
	    "Personne n’est encore accepté. Les personnes à qui vous "
	    "écrivez le sont d’elles-mêmes.",
	[OTEXT_SENDERS_NO_BLOCKED] = "Personne n’est refusé.",
	[OTEXT_SENDERS_SEARCH] = "Chercher une adresse ou un domaine",
	[OTEXT_SENDERS_FOUND_NONE] = "Aucun expéditeur ne correspond.",
	[OTEXT_SENDERS_DOMAIN] = "tout le domaine {}",
	[OTEXT_SENDERS_AS_HE_CAME] = "non vérifié, depuis le réseau {}",
	[OTEXT_SENDERS_ADD] = "Ajouter",
	[OTEXT_SENDERS_ADD_LABEL] = "Adresse, ou domaine entier",
	[OTEXT_SENDERS_ADD_HINT] =
	    "Par exemple\u00a0: jean@exemple.fr, ou exemple.fr",
	[OTEXT_SENDERS_ADD_BAD] = "Cela n’est ni une adresse ni un domaine.",
	[OTEXT_SENDERS_ALLOW] = "Accepter",
	[OTEXT_SENDERS_BLOCK] = "Refuser",
	[OTEXT_SENDERS_REMOVE] = "Retirer",
	[OTEXT_SENDERS_REMOVE_OF] = "Retirer {} de la liste",
	[OTEXT_SENDERS_PROOF_NOTE] =
	    "«\u00a0Accepter\u00a0» ne vaut que pour qui prouve son "
	    "adresse\u00a0: un faussaire qui l’imite reste filtré.",
	[OTEXT_SENDERS_WHOLE] =
	    "réglé pour tout votre domaine par l’administrateur",
	[OTEXT_ORIGIN_OWNER] = "ajouté à la main",
	[OTEXT_ORIGIN_BY] = "ajouté par {}",
	[OTEXT_ORIGIN_SENT] = "vous lui avez écrit",
	[OTEXT_ORIGIN_SEED] = "importé d’un carnet d’adresses",
	[OTEXT_ORIGIN_PAGE] = "a confirmé son premier message",
	[OTEXT_ORIGIN_OTHER] = "accepté par le filtre",
	[OTEXT_ORIGIN_SINCE] = "depuis le {}",
	[OTEXT_ORIGIN_UNTIL] = "jusqu’au {}",
	[OTEXT_IMPORT] = "Importer un carnet d’adresses",
	[OTEXT_IMPORT_LABEL] = "Fichier",
	[OTEXT_IMPORT_HINT] =
	    "Un export de votre messagerie\u00a0: CSV ou vCard, ou une "
	    "simple liste avec une adresse par ligne. 512 ko au plus. Les "
	    "expéditeurs refusés le restent.",
	[OTEXT_IMPORT_BUTTON] = "Importer",
	[OTEXT_IMPORT_BAD] =
	    "Ce fichier ne peut pas être lu\u00a0: choisissez un fichier "
	    "CSV, vCard, ou une liste d’adresses.",
	[OTEXT_IMPORT_NONE] = "Choisissez d’abord un fichier.",
	[OTEXT_IMPORT_DONE] =
	    "Adresses ajoutées aux expéditeurs acceptés\u00a0: {}.",
	[OTEXT_IMPORT_KNOWN] = "Déjà acceptées, ou refusées\u00a0: {}.",
	[OTEXT_IMPORT_LEFT] =
	    "Laissées de côté (adresses de vos domaines, ou "
	    "automatiques)\u00a0: {}.",
	[OTEXT_SENDERS_FULL] =
	    "Vos listes contiennent déjà 20\u00a0000 expéditeurs, c’est le "
	    "maximum. Retirez-en avant d’en ajouter.",
	[OTEXT_IMPORT_CUT] =
	    "Le fichier en contient davantage\u00a0: seules les 5\u00a0000 "
	    "premières ont été lues.",
	[OTEXT_EXPECT_LEAD] =
	    "Un code de connexion, un dossier qu’un organisme doit vous "
	    "envoyer\u00a0? Annoncez-le\u00a0: son prochain message vous "
	    "arrive sans attendre.",
	[OTEXT_EXPECT_LABEL] = "Domaine de l’expéditeur",
	[OTEXT_EXPECT_HINT] =
	    "Ce qui suit le @ de son adresse, par exemple\u00a0: "
	    "impots.gouv.fr",
	[OTEXT_EXPECT_BAD] =
	    "Cela ne ressemble pas à un domaine. Écrivez ce qui suit le @ "
	    "de l’adresse.",
	[OTEXT_EXPECT_FULL] =
	    "Vous attendez déjà des messages de 50 domaines, c’est le "
	    "maximum. Cessez d’en attendre un avant d’en ajouter.",
	[OTEXT_EXPECT_FOR] = "Pendant",
	[OTEXT_EXPECT_15] = "15 minutes",
	[OTEXT_EXPECT_60] = "1 heure",
	[OTEXT_EXPECT_1440] = "1 jour",
	[OTEXT_EXPECT_10080] = "7 jours",
	[OTEXT_EXPECT_BUTTON] = "Attendre ce message",
	[OTEXT_EXPECT_NOTE] =
	    "Un seul message, d’un expéditeur qui prouve son adresse.",
	[OTEXT_EXPECT_LIST] = "Attendus en ce moment",
	[OTEXT_EXPECT_NONE] = "Aucun message n’est attendu.",
	[OTEXT_EXPECT_UNTIL] = "jusqu’au {}",
	[OTEXT_EXPECT_END] = "Ne plus attendre",
	[OTEXT_EXPECT_END_OF] = "Ne plus attendre {}",
	[OTEXT_HISTORY_LEAD] =
	    "Qui a fait quoi sur cette page, les six derniers mois.",
	[OTEXT_HISTORY_NONE] = "Rien n’a encore été fait.",
	[OTEXT_HISTORY_MORE] = "Plus ancien",
	[OTEXT_HISTORY_BY_BOX] = "par la boîte elle-même",
	[OTEXT_HISTORY_BY] = "par {}",
	[OTEXT_H_ENTER] = "Page ouverte",
	[OTEXT_H_RELEASE] = "Remis",
	[OTEXT_H_ACCEPT] = "Remis, expéditeur accepté",
	[OTEXT_H_DISCARD] = "Supprimé",
	[OTEXT_H_SPAM] = "Supprimé, signalé comme indésirable",
	[OTEXT_H_REFUSE] = "Expéditeur refusé",
	[OTEXT_H_UNDO] = "Repris de la corbeille",
	[OTEXT_H_ALLOW] = "Expéditeur accepté",
	[OTEXT_H_BLOCK] = "Expéditeur refusé",
	[OTEXT_H_FORGET] = "Retiré de la liste",
	[OTEXT_H_IMPORT] = "Adresses importées",
	[OTEXT_H_EXPECT] = "Message attendu",
	[OTEXT_H_EXPECT_END] = "N’est plus attendu",
	[OTEXT_H_SETTING] = "Réglage changé",
	[OTEXT_H_REVOKE] = "Sessions fermées et liens annulés",
	[OTEXT_SET_DIGEST] = "Récapitulatif par courriel",
	[OTEXT_SET_DIGEST_HELP] =
	    "La liste de ce qui est retenu, envoyée seulement s’il y a du "
	    "nouveau.",
	[OTEXT_SET_DAYS] = "Jours",
	[OTEXT_SET_DAYS_OFF] = "Jamais",
	[OTEXT_SET_DAYS_DAILY] = "Tous les jours",
	[OTEXT_SET_DAYS_WEEK] = "Du lundi au vendredi",
	[OTEXT_SET_DAYS_MONDAY] = "Une fois par semaine, le lundi",
	[OTEXT_SET_DAYS_OTHER] = "{} (actuel)",
	[OTEXT_SET_HOUR] = "Heure",
	[OTEXT_SET_HOUR2] = "Deuxième heure",
	[OTEXT_SET_HOUR_NONE] = "Aucune",
	[OTEXT_SET_HOUR_SAME] = "Sans changement",
	[OTEXT_SET_HOUR_AT] = "{} h",
	[OTEXT_SET_DIGEST_OFF] =
	    "Sans récapitulatif, les messages seulement douteux vous sont "
	    "remis avec une mention. Si votre adresse a l’option "
	    "Challenge, un récapitulatif par semaine reste envoyé.",
	[OTEXT_SET_LANG] = "Langue de vos courriels et de cette page",
	[OTEXT_SET_LANG_FR] = "Français",
	[OTEXT_SET_LANG_EN] = "English",
	[OTEXT_SET_AUTO] =
	    "Messages automatiques (listes, notifications, reçus)",
	[OTEXT_SET_AUTO_HOLD] = "Les garder dans les messages retenus",
	[OTEXT_SET_AUTO_SCORE] =
	    "Les remettre, sauf s’ils ressemblent à des indésirables",
	[OTEXT_SET_CHALLENGE] = "Option Challenge",
	[OTEXT_SET_CHALLENGE_NOT] =
	    "Votre adresse n’a pas cette option\u00a0: les inconnus ne "
	    "sont pas interrogés. L’administrateur de votre collectivité "
	    "peut la demander.",
	[OTEXT_SET_CHALLENGE_TRIAL] =
	    "L’option est à l’essai pour votre adresse\u00a0: rien n’est "
	    "retenu à ce titre. L’administrateur peut l’activer.",
	[OTEXT_SET_CHALLENGE_FIRST] =
	    "Demander confirmation à tout expéditeur inconnu",
	[OTEXT_SET_CHALLENGE_DOUBT] = "Seulement si le message est douteux",
	[OTEXT_SET_CHALLENGE_ONLY] =
	    "Une confirmation est demandée à un expéditeur inconnu "
	    "seulement si son message est douteux. L’administrateur de "
	    "votre collectivité peut étendre l’option à tous les inconnus.",
	[OTEXT_SET_CHALLENGE_PROTECTED] =
	    "Votre adresse est une adresse publique protégée\u00a0: les "
	    "inconnus vous arrivent toujours, avec une mention.",
	[OTEXT_SET_SAVE] = "Enregistrer",
	[OTEXT_SET_BAD] = "Ce réglage n’a pas pu être enregistré\u00a0: {}",
	[OTEXT_SET_SESSIONS] = "Sécurité",
	[OTEXT_SET_SESSIONS_HELP] =
	    "Un lien transféré par erreur, un ordinateur partagé\u00a0? "
	    "Fermez tout\u00a0: chacun devra demander un nouveau lien.",
	[OTEXT_SET_REVOKE] =
	    "Fermer toutes les sessions et annuler tous les liens",
	[OTEXT_SET_SHARED] = "Personnes qui partagent cette boîte",
	[OTEXT_SET_SHARED_HELP] =
	    "Chacune a son propre lien. L’administrateur tient cette liste.",
	[OTEXT_PLAN_TITLE] = "Mon récapitulatif",
	[OTEXT_PLAN_LEAD] =
	    "Quand souhaitez-vous recevoir la liste des messages retenus "
	    "pour {}\u00a0?",
	[OTEXT_PLAN_STOP] = "Ne plus recevoir de récapitulatif",
	[OTEXT_PLAN_STOPPED] =
	    "C’est noté\u00a0: vous ne recevrez plus de récapitulatif. "
	    "S’il reste un envoi par semaine, c’est à cause de l’option "
	    "Challenge de votre adresse.",
};
