/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/text.h"

const char *const text_fr[TEXT_COUNT] = {
	[TEXT_SERVICE] = "Filtre de messagerie",
	[TEXT_SKIP] = "Aller au contenu",
	[TEXT_LANGUAGES] = "Langue",
	[TEXT_OTHER_LANGUAGE] = "English",
	[TEXT_FOOTER] = "Informations sur ce service",
	[TEXT_QUESTION] = "Une question\u00a0?",
	[TEXT_ERROR_TITLE] = "Erreur\u00a0: {}",
	[TEXT_THE_OPERATOR] = "L’exploitant de ce service",

	[TEXT_CONFIRM_TITLE] = "Confirmer mon envoi",
	[TEXT_CONFIRM_LEAD_ONE] =
	    "Vous avez écrit pour la première fois à l’adresse ci-dessous. "
	    "Pour la protéger des courriels indésirables, votre message est "
	    "gardé en attente. Confirmez que vous l’avez bien envoyé, et il "
	    "sera remis.",
	[TEXT_CONFIRM_LEAD_MANY] =
	    "Vous avez écrit pour la première fois aux adresses ci-dessous. "
	    "Pour les protéger des courriels indésirables, votre message "
	    "est gardé en attente. Confirmez que vous l’avez bien envoyé, "
	    "et il sera remis.",
	[TEXT_FACT_SENT] = "Votre message du",
	[TEXT_FACT_TO_ONE] = "Destinataire",
	[TEXT_FACT_TO_MANY] = "Destinataires",
	[TEXT_FACT_BEFORE] = "À confirmer avant le",
	[TEXT_CODE_LABEL] = "Code à 6 chiffres",
	[TEXT_CODE_HINT] =
	    "Il se trouve dans le courriel qui contient ce lien. Il est "
	    "demandé quand la page s’ouvre juste après l’envoi de ce "
	    "courriel, pour écarter les robots.",
	[TEXT_CODE_HINT_SHORT] =
	    "Il se trouve dans le courriel qui contient ce lien.",
	[TEXT_CONFIRM_BUTTON] = "Confirmer mon envoi",
	[TEXT_CONFIRM_AFTER] =
	    "Une seule fois suffit\u00a0: vos messages suivants n’auront "
	    "plus à être confirmés.",
	[TEXT_NOT_ME] = "Ce n’est pas moi",
	[TEXT_NOT_ME_LEAD] =
	    "Vous n’avez pas écrit ce message\u00a0? Quelqu’un a pu se "
	    "servir de votre adresse. Saisissez le code du courriel\u00a0: "
	    "le message ne sera pas remis sans une décision du "
	    "destinataire, et nous ne vous enverrons plus de demande de "
	    "confirmation pendant un an.",
	[TEXT_NOT_ME_BUTTON] = "Je n’ai pas envoyé ce message",
	[TEXT_PROBLEM_CODE_ASKED] =
	    "Saisissez le code à 6 chiffres qui se trouve dans le courriel.",
	[TEXT_PROBLEM_CODE_FORM] =
	    "Le code doit compter 6 chiffres. Vérifiez\u2011le dans le courriel.",
	[TEXT_PROBLEM_CODE_WRONG] =
	    "Ce n’est pas le bon code. Vérifiez\u2011le dans le courriel.",
	[TEXT_PROBLEM_OLD_PAGE] =
	    "Cette page était ouverte depuis trop longtemps. Rien n’a été "
	    "fait\u00a0: appuyez de nouveau sur le bouton.",

	[TEXT_PASS_LEAD] =
	    "Votre message à une adresse de {} a été refusé\u00a0: c’est "
	    "votre premier envoi, et rien ne prouve encore qu’il vient de "
	    "vous. Confirmez votre adresse, puis renvoyez-le.",
	[TEXT_PASS_AFTER] =
	    "Le message refusé n’a pas été conservé\u00a0: une fois votre "
	    "adresse confirmée, renvoyez-le depuis votre messagerie.",
	[TEXT_PASS_BUTTON] = "Confirmer mon adresse",
	[TEXT_ADDRESS_LABEL] = "L’adresse depuis laquelle vous avez écrit",
	[TEXT_ADDRESS_HINT] =
	    "C’est l’adresse d’expéditeur du message refusé. Exemple\u00a0: "
	    "nom@exemple.fr",
	[TEXT_PROBLEM_ADDRESS_ASKED] =
	    "Saisissez l’adresse depuis laquelle vous avez écrit.",
	[TEXT_PROBLEM_ADDRESS_FORM] =
	    "Cette adresse n’est pas entière. Exemple\u00a0: nom@exemple.fr",
	[TEXT_PROBLEM_ADDRESS_WRONG] =
	    "Le message refusé ne venait pas de cette adresse. Vérifiez\u2011la.",

	[TEXT_DONE_TITLE] = "Merci, c’est confirmé",
	[TEXT_DONE] = "Votre message va être remis.",
	[TEXT_DONE_NEXT] =
	    "Vous n’avez rien d’autre à faire et pouvez fermer cette page. "
	    "Vos messages suivants n’auront plus à être confirmés.",
	[TEXT_ALREADY_TITLE] = "C’est déjà fait",
	[TEXT_ALREADY] =
	    "Cet envoi a déjà été confirmé\u00a0: votre message est remis ou "
	    "va l’être. Vous n’avez rien d’autre à faire et pouvez fermer "
	    "cette page.",
	[TEXT_DISOWNED_TITLE] = "C’est noté",
	[TEXT_DISOWNED] =
	    "Le message ne sera pas remis sans une décision du "
	    "destinataire.",
	[TEXT_DISOWNED_NEXT] =
	    "Nous ne vous enverrons plus de demande de confirmation à cette "
	    "adresse pendant un an. Vous pouvez fermer cette page.",
	[TEXT_PASS_DONE_TITLE] = "Merci, renvoyez votre message",
	[TEXT_PASS_DONE] =
	    "Renvoyez maintenant votre message depuis votre messagerie\u00a0: "
	    "{} ne le refusera plus pour cette raison.",
	[TEXT_PASS_DONE_NEXT] =
	    "Le message refusé n’a pas été conservé\u00a0: il n’arrivera que "
	    "si vous le renvoyez. Cette confirmation vaut quelques jours, "
	    "pour quelques messages.",
	[TEXT_PASS_ALREADY] =
	    "Votre adresse a déjà été confirmée pour {}. Si ce n’est pas "
	    "encore fait, renvoyez votre message.",
	[TEXT_PASS_ALREADY_NEXT] =
	    "Le message refusé n’a pas été conservé\u00a0: il n’arrivera que "
	    "si vous le renvoyez.",
	[TEXT_PASS_SPENT_TITLE] = "Ce lien a déjà servi",
	[TEXT_PASS_SPENT] =
	    "Tous les messages qu’il permettait d’envoyer à {} sont "
	    "passés, ou le délai pour les envoyer est terminé.",
	[TEXT_PASS_SPENT_NEXT] =
	    "Si un nouveau message est refusé, renvoyez-le demain\u00a0: le "
	    "refus contiendra un nouveau lien.",
	[TEXT_PASS_OVER_TITLE] = "Ce lien n’est plus valable",
	[TEXT_PASS_OVER] =
	    "Il ne vaut que le jour où le message a été refusé et le "
	    "lendemain.",
	[TEXT_PASS_OVER_NEXT] =
	    "Le message refusé n’a pas été conservé. Renvoyez-le\u00a0: s’il "
	    "est encore refusé, le refus contiendra un nouveau lien.",
	[TEXT_EXPIRED_TITLE] = "Le délai est passé",
	[TEXT_EXPIRED] =
	    "Cette demande de confirmation n’est plus valable. Un message "
	    "qui n’a pas été confirmé à temps n’est remis que si son "
	    "destinataire le demande.",
	[TEXT_EXPIRED_NEXT] =
	    "Si votre message reste utile, envoyez-le de nouveau, ou joignez "
	    "son destinataire par un autre moyen, par exemple par téléphone "
	    "ou par courrier.",
	[TEXT_OVER_TITLE] = "Ce n’est plus possible",
	[TEXT_OVER] =
	    "Cette demande de confirmation n’est plus valable. Votre message "
	    "n’est remis que si son destinataire le demande.",
	[TEXT_OVER_NEXT] =
	    "Si votre message reste utile, joignez son destinataire par un "
	    "autre moyen, par exemple par téléphone ou par courrier.",
	[TEXT_MISSING_TITLE] = "Page introuvable",
	[TEXT_MISSING] = "Ce lien est incomplet ou n’existe pas.",
	[TEXT_MISSING_NEXT] =
	    "Si vous l’avez copié depuis un courriel, vérifiez qu’il est "
	    "entier, jusqu’à son dernier caractère.",
	[TEXT_AWAY_TITLE] = "Un instant, s’il vous plaît",
	[TEXT_AWAY] = "Le service ne répond pas pour le moment.",
	[TEXT_AWAY_NEXT] =
	    "Réessayez dans quelques minutes\u00a0: recommencer est sans "
	    "risque, et rien n’est perdu.",
	[TEXT_TRIES_TITLE] = "Trop d’essais",
	[TEXT_TRIES] =
	    "Trop de codes inexacts ont été saisis. Réessayez dans "
	    "{}\u00a0min.",
	[TEXT_TRIES_NEXT] =
	    "Votre message reste gardé jusqu’à la date indiquée dans le "
	    "courriel de confirmation. Vous pouvez aussi simplement répondre "
	    "à ce courriel.",
	[TEXT_TRIES_ADDRESS] =
	    "Trop d’adresses inexactes ont été saisies. Réessayez dans "
	    "{}\u00a0min.",
	[TEXT_TRIES_ADDRESS_NEXT] =
	    "Le message refusé se trouve toujours dans votre messagerie, "
	    "parmi vos messages envoyés.",
	[TEXT_TRIES_PACE] =
	    "Trop de confirmations sont venues de votre réseau. Réessayez "
	    "dans {}\u00a0min.",
	[TEXT_REFUSED_TITLE] = "Demande non acceptée",
	[TEXT_REFUSED] =
	    "Votre navigateur a envoyé une demande que ce service n’accepte "
	    "pas. Rien n’a été fait\u00a0: ouvrez de nouveau le lien que vous "
	    "avez reçu.",

	[TEXT_HOME] =
	    "Ce site sert aux liens que reçoivent les personnes qui écrivent "
	    "pour la première fois à une adresse protégée.",
	[TEXT_HOME_NEXT] =
	    "Si un courriel ou un avis de refus vous a conduit ici, ouvrez le "
	    "lien entier qu’il contient.",

	[TEXT_ACCESS_LINK] = "Accessibilité\u00a0: non conforme",
	[TEXT_ACCESS_LINK_NONE] = "Accessibilité\u00a0: non conforme",
	[TEXT_ACCESS_LINK_PARTIAL] =
	    "Accessibilité\u00a0: partiellement conforme",
	[TEXT_ACCESS_LINK_FULL] = "Accessibilité\u00a0: totalement conforme",
	[TEXT_ACCESS_TITLE] = "Accessibilité",
	[TEXT_ACCESS_LEAD] =
	    "{} s’engage à rendre ce service accessible, conformément à "
	    "l’article\u00a047 de la loi n°\u00a02005-102 du "
	    "11\u00a0février\u00a02005.",
	[TEXT_ACCESS_STATE_HEAD] = "État de conformité",
	[TEXT_ACCESS_STATE_UNAUDITED] =
	    "Aucun audit n’a encore mesuré si ce service respecte le "
	    "référentiel général d’amélioration de l’accessibilité "
	    "(RGAA)\u00a0: tant qu’il n’y en a pas, le référentiel le tient "
	    "pour non conforme.",
	[TEXT_ACCESS_STATE_NONE] =
	    "Ce service est non conforme au référentiel général "
	    "d’amélioration de l’accessibilité (RGAA).",
	[TEXT_ACCESS_STATE_PARTIAL] =
	    "Ce service est partiellement conforme au référentiel général "
	    "d’amélioration de l’accessibilité (RGAA).",
	[TEXT_ACCESS_STATE_FULL] =
	    "Ce service est totalement conforme au référentiel général "
	    "d’amélioration de l’accessibilité (RGAA).",
	[TEXT_ACCESS_AUDIT] = "Audit\u00a0: {}.",
	[TEXT_ACCESS_WORK_HEAD] = "Ce qui a été fait",
	[TEXT_ACCESS_WORK] =
	    "Les pages suivent les règles du RGAA\u00a04.1 et des "
	    "WCAG\u00a02.1, niveau\u00a0AA\u00a0: titres et langue "
	    "indiqués, champs étiquetés, contrastes suffisants, usage "
	    "complet au clavier, mise en page qui s’adapte à l’écran et à "
	    "la taille des caractères. Elles sont faites de HTML et de CSS, "
	    "sans image ni script.",
	[TEXT_ACCESS_TESTED] =
	    "À chaque version, toutes les pages, dans les deux langues, sont "
	    "contrôlées dans un navigateur par l’outil automatique axe-core, "
	    "sur écran de téléphone et d’ordinateur, et le parcours est fait "
	    "au clavier seul. Un tel contrôle ne remplace ni un audit ni "
	    "l’essai par des personnes handicapées.",
	[TEXT_ACCESS_REPORT_HEAD] = "Signaler une difficulté",
	[TEXT_ACCESS_REPORT] =
	    "Si une page ou un bouton ne vous est pas accessible, prenez "
	    "contact avec nous\u00a0:",
	[TEXT_ACCESS_REPORT_OTHER] =
	    "Si vous avez reçu un courriel de confirmation, il suffit aussi "
	    "d’y répondre.",
	[TEXT_ACCESS_APPEAL_HEAD] = "Voies de recours",
	[TEXT_ACCESS_APPEAL] =
	    "Si un défaut d’accessibilité vous empêche d’utiliser ce "
	    "service et que notre réponse ne vous satisfait pas, vous "
	    "pouvez saisir le Défenseur des droits\u00a0: par son site "
	    "(www.defenseurdesdroits.fr), auprès de son délégué dans votre "
	    "département, ou par courrier gratuit, sans timbre (Défenseur "
	    "des droits, Libre réponse\u00a071120, 75342 Paris "
	    "CEDEX\u00a007).",

	[TEXT_LEGAL_TITLE] = "Mentions légales",
	[TEXT_LEGAL_PUBLISHER_HEAD] = "Éditeur",
	[TEXT_LEGAL_PUBLISHER] = "{}.",
	[TEXT_LEGAL_PUBLISHER_CONTACT] = "Contact\u00a0:",
	[TEXT_LEGAL_PUBLISHER_MORE] =
	    "Les autres mentions (directeur de la publication, hébergeur) "
	    "sont à demander à l’éditeur.",
	[TEXT_LEGAL_PURPOSE_HEAD] = "Objet du service",
	[TEXT_LEGAL_PURPOSE] =
	    "Ce site demande aux personnes qui écrivent pour la première "
	    "fois à une adresse protégée de confirmer leur envoi. Il ne "
	    "vend rien et ne porte aucune publicité.",
	[TEXT_LEGAL_SOFTWARE_HEAD] = "Logiciel",
	[TEXT_LEGAL_SOFTWARE] =
	    "octroi, logiciel libre publié sous la licence Apache\u00a02.0.",

	[TEXT_DATA_TITLE] = "Données personnelles",
	[TEXT_DATA_KEPT_HEAD] = "Ce que le service garde",
	[TEXT_DATA_KEPT_MESSAGE] =
	    "Votre message, ses adresses, sa date et l’adresse du serveur "
	    "qui l’a transmis, dans l’attente de votre confirmation\u00a0: "
	    "{}\u00a0jours, sauf prolongation. Une fois remis, le message "
	    "est entre les mains de son destinataire.",
	[TEXT_DATA_KEPT_CONFIRMED] =
	    "Si vous confirmez\u00a0: le fait que vos messages sont admis "
	    "par ce destinataire.",
	[TEXT_DATA_KEPT_DISOWNED] =
	    "Si vous indiquez n’avoir rien envoyé\u00a0: une empreinte de "
	    "votre adresse, qui ne permet pas de la retrouver sans clé, "
	    "pendant un an, pour ne plus vous solliciter.",
	[TEXT_DATA_KEPT_PASS] =
	    "Si votre message a été refusé et que vous confirmez votre "
	    "adresse\u00a0: une empreinte de celle-ci, qui ne permet pas de la "
	    "retrouver sans clé, pendant quelques jours.",
	[TEXT_DATA_KEPT_LOG] =
	    "Quand vous appuyez sur un bouton\u00a0: une ligne de journal "
	    "avec la date, le résultat et votre réseau (une partie "
	    "seulement de votre adresse IP), et un compteur pour ce réseau. "
	    "Après une saisie inexacte\u00a0: un compteur d’essais, sous une "
	    "empreinte de votre adresse IP. Les compteurs sont effacés au "
	    "bout de quelques heures.",
	[TEXT_DATA_NOT_HEAD] = "Ce que le service ne fait pas",
	[TEXT_DATA_NOT] =
	    "Aucun traceur, aucune mesure d’audience, aucun contenu venu "
	    "d’un autre site. Aucun cookie, sauf celui qui tient ouverte la "
	    "session d’un titulaire de boîte sur ses messages retenus, et "
	    "qui disparaît avec elle. Ouvrir une page n’a aucun effet.",
	[TEXT_DATA_NOT_SHOWN] =
	    "La page de confirmation ne montre que les adresses que vous "
	    "avez écrites et des dates, jamais l’objet ni le "
	    "contenu du message.",
	[TEXT_DATA_RIGHTS_HEAD] = "Vos droits",
	[TEXT_DATA_ANSWERS] = "{} répond de ces traitements.",
	[TEXT_DATA_RIGHTS] =
	    "Dans les conditions du règlement (UE)\u00a02016/679, vous "
	    "pouvez demander l’accès à vos données, leur rectification, "
	    "leur effacement ou la limitation de leur usage, ou vous "
	    "opposer à celui-ci\u00a0:",
	[TEXT_DATA_DPO] = "Délégué à la protection des données\u00a0:",
	[TEXT_DATA_RIGHTS_CNIL] =
	    "Vous pouvez aussi adresser une réclamation à la CNIL "
	    "(www.cnil.fr).",
	[TEXT_DATA_NOTICE] =
	    "Notice complète (base légale, durées, destinataires)\u00a0:",
};
