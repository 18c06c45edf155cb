# SPDX-License-Identifier: Apache-2.0
"""What a French town hall does not want: what imitates the State, carriers, banks
and its own people, what extorts, what sells.  Written as it is written today: good
French as often as bad, links on free hosting, senders that prove their own
worthless domains.  Names of hosts are made up.
"""
from french import DOMAIN, TOWN, Mail, archive, office, pdf

NONE = "spf=none;dkim=none;dmarc=none"
FAIL = "spf=fail;dkim=none;dmarc=fail"
PASS = "spf=pass;dkim=pass;dmarc=pass"


def phish(sender, subject, text, links=(), **more):
    return Mail("phish", more.pop("sub", "phish"), sender, subject, text,
                links=list(links), via=more.pop("via", "vps"),
                html=more.pop("html", "only" if links else None), **more)


def spam(sender, subject, text, links=(), **more):
    return Mail("spam", more.pop("sub", "spam"), sender, subject, text,
                links=list(links), via=more.pop("via", "vps"),
                html=more.pop("html", "only" if links else None), **more)


def fines():
    return [
        phish("Amende ANTAI <noreply@antai-reglement.top>",
              "Dernier rappel : amende impayée",
              "Votre amende de 35 € est impayée. Dernier rappel avant "
              "majoration à 375 €. Cliquez ci-dessous pour payer.\n",
              [("Payer mon amende", "https://antai-reglement.top/pay")]),
        phish("Agence Nationale de Traitement <avis@dossier-infraction.com>",
              "Avis de contravention n° 6012884517",
              "Madame, Monsieur,\n\nSauf erreur de notre part, le montant de "
              "votre contravention n'a pas été réglé. Vous disposez d'un délai "
              "de 72 heures pour régulariser votre situation, faute de quoi "
              "une majoration sera appliquée.\n\nLe Trésor public\n",
              [("Régler en ligne", "https://dossier-infraction.com/reglement")],
              auth=PASS),
        phish("amendes.gouv.fr <info@kvhost-18.example>",
              "Amende forfaitaire à régler sous 48h",
              "Suite au contrôle du 12, une amende de 135 € est due. Payez "
              "immédiatement pour éviter des poursuites.\n",
              [("www.amendes.gouv.fr", "https://amendes-gouv-fr.web.app/")],
              via="hacked", auth=NONE),
        phish("ANTAI - Service recouvrement <contact@lapetiteboutik.example>",
              "Votre avis de majoration",
              "Bonjour, votre véhicule a été flashé. Vous trouverez votre avis "
              "de contravention en pièce jointe. Merci de scanner le QR code "
              "pour procéder au paiement.\n",
              attach=[("avis.pdf", "application/pdf", pdf("qr"))],
              via="hacked", auth="spf=pass;dkim=pass;dmarc=none"),
        phish("Service des amendes <s.amende@outlook.fr>",
              "Amende de stationnement - Crit'Air",
              "Votre vignette Crit'Air n'est pas conforme. Réglez l'amende de "
              "68 euros sur le portail sécurisé ci-dessous.\n",
              [("Accéder au portail", "https://urlz.fr/kR2a")], via="outlook"),
    ]


def taxes():
    return [
        phish("Impots.gouv <remboursement@service-fiscal-fr.com>",
              "Remboursement d'impôt : 384,12 €",
              "Cher contribuable,\n\nAprès les derniers calculs de votre "
              "situation fiscale, vous êtes éligible à un remboursement de "
              "384,12 €. Confirmez vos coordonnées bancaires dans les 48 h.\n",
              [("Accéder à mon remboursement", "https://bit.ly/3xImp")]),
        phish("Direction générale des Finances publiques "
              "<ne-pas-repondre@dgfip.finances.gouv.fr>",
              "Notification : trop-perçu d'impôt",
              "Un trop-perçu de 612,40 € a été constaté. Remplissez le "
              "formulaire pour recevoir votre remboursement.\n",
              [("impots.gouv.fr", "https://impots-gouv.pages.dev/form")],
              auth=FAIL, helo="mta.kasse.example"),
        phish("Votre espace particulier <info@service-adm7.shop>",
              "Votre déclaration présente une anomalie",
              "Votre déclaration de revenus présente une anomalie. Mettez à "
              "jour votre dossier avant le 30 sous peine de pénalité de 10 %.\n",
              [("Corriger ma déclaration",
                "https://service-adm7.shop/impots/login.php")]),
        phish("URSSAF <noreply@urssaf-remboursement.net>",
              "Trop-perçu de cotisations : 1 612,40 €",
              "Bonjour, un trop-perçu vous est dû. Confirmez le compte "
              "bancaire de votre structure pour le remboursement sous 24 h.\n",
              [("Confirmer", "https://urssaf-fr.netlify.app/")]),
        phish("FranceConnect <securite@fr-connect-id.com>",
              "Votre identité numérique va être suspendue",
              "Votre compte FranceConnect sera suspendu. Vérifiez votre "
              "identité pour conserver l'accès à vos démarches.\n",
              [("Vérifier mon identité", "https://fr-connect-id.com/v")]),
    ]


def health():
    return [
        phish("Ameli <assurance.maladie@orange.fr>",
              "Votre nouvelle carte Vitale est disponible",
              "Votre carte Vitale arrive à expiration. Mettez à jour vos "
              "informations pour recevoir votre nouvelle carte.\n",
              [("Mettre à jour", "https://is.gd/vitale26")], via="orange"),
        phish("Assurance Maladie <info@carte-v-renouvellement.com>",
              "Renouvellement de votre carte Vitale",
              "Afin de continuer à être remboursé de vos soins, veuillez "
              "remplir le formulaire. Frais d'envoi : 0,99 €.\n",
              [("Remplir le formulaire",
                "https://carte-v-renouvellement.com/fr")], auth=PASS),
        phish("CPAM 47 <cpam@pointvert-nantes.example>",
              "Remboursement de 143,20 € en attente",
              "Un remboursement de 143,20 € n'a pas pu être versé : vos "
              "coordonnées bancaires sont erronées. Cliquez ci-dessous.\n",
              [("Mon compte ameli", "https://compte-ameli.weebly.com/")],
              via="hacked", auth=NONE),
        phish("Mon Compte Formation <info@cpf-solde2025.site>",
              "Vos droits CPF expirent",
              "Vos droits à la formation (3 240 €) expirent le 31. Confirmez "
              "votre compte pour ne pas les perdre.\n",
              [("Conserver mes droits", "https://cpf-solde2025.site/")]),
        phish("CAF <allocations@caf-versement.info>",
              "Prime exceptionnelle de 200 €",
              "Vous êtes bénéficiaire de la prime exceptionnelle. Confirmez "
              "votre RIB pour le versement.\n",
              [("Recevoir ma prime", "https://caf-versement.info/rib")]),
    ]


def parcels():
    return [
        phish("Chronopost <livraison@colis-suivi.click>",
              "Votre colis est en attente de livraison",
              "Votre colis est bloqué : des frais de livraison de 1,99 € sont "
              "à payer. Cliquez pour confirmer la livraison.\n",
              [("Confirmer la livraison", "https://colis-suivi.click/x")]),
        phish("La Poste <info@0a3f9-relais.example>",
              "Colis n° FR88213X : action requise",
              "Votre colis n'a pas pu être livré, adresse incomplète. Mettez à "
              "jour votre adresse sous 24h.\n",
              [("Mettre à jour", "https://laposte.fr.suivi-colis.example/")],
              via="hacked", auth=NONE),
        phish("Mondial Relay <colis@mr-retrait.com>",
              "Votre colis sera renvoyé à l'expéditeur",
              "Dernier avis : votre colis sera renvoyé. Payez 2,95 € de frais "
              "de garde.\n", [("Reprogrammer", "https://mr-retrait.com/p")],
              auth=PASS),
        phish("DHL Express <dhl@adm-logistik.top>", "Droits de douane à payer",
              "Votre envoi est retenu en douane. Droits : 3,20 €.\n",
              [("Payer les droits", "https://adm-logistik.top/d")]),
        phish("Colissimo <ne-pas-repondre@laposte.fr>",
              "Instructions de livraison requises",
              "Nous n'avons pas pu livrer votre colis. Confirmez les frais de "
              "réexpédition de 1,45 €.\n",
              [("Suivre mon colis", "https://tinyurl.com/col1ss")], auth=FAIL,
              helo="vps-18.example"),
    ]


def banks():
    return [
        phish("Crédit Agricole <alerte@ca-securite-client.com>",
              "Activité inhabituelle sur votre compte",
              "Cher client, une opération inhabituelle a été détectée. Votre "
              "carte est bloquée. Vérifiez votre identité.\n",
              [("https://www.credit-agricole.fr/",
                "https://ca-securite-client.com/login")]),
        phish("Banque Postale <certicode@mon-espace-bp.net>",
              "Certicode Plus : réactivation obligatoire",
              "Votre service Certicode Plus expire. Sans réactivation votre "
              "accès sera suspendu.\n",
              [("Réactiver", "https://mon-espace-bp.net/cert")], auth=PASS),
        phish("BNP Paribas <service@bnppar1bas.com>",
              "Mise à jour DSP2 de votre clé digitale",
              "La directive DSP2 impose de valider votre clé digitale avant le "
              "15. Connectez-vous.\n",
              [("Valider ma clé", "https://bnppar1bas.com/cle")]),
        phish("Caisse d'Epargne <info@sp-ricard.example>",
              "Votre accès est restreint", "Suite à plusieurs tentatives de "
              "connexion votre accès a été restreint.\n",
              [("Débloquer mon accès", "https://t.ly/ce-acc")], via="hacked",
              auth=NONE),
        phish("PayPal <service@paypa1-fr.com>", "Votre compte est limité",
              "Nous avons limité votre compte. Confirmez vos informations.\n",
              [("Confirmer", "https://paypa1-fr.com/")]),
        phish("Netflix <facturation@nflx-abo.shop>", "Votre paiement a échoué",
              "Votre abonnement est suspendu car votre paiement a échoué. "
              "Mettez à jour votre moyen de paiement.\n",
              [("Mettre à jour", "http://198.51.100.7/nf")]),
        phish("Service abonnement <abo@disney-plus.club>", "Dernière relance",
              "Votre carte a été refusée. Votre abonnement prendra fin ce "
              "soir.\n", [("Mettre à jour ma carte",
                           "https://disney-plus.club/u")]),
    ]


def mailboxes():
    box = f"secretariat@{DOMAIN}"
    return [
        phish("Administrateur messagerie <admin.webmail@gmail.com>",
              "Votre boîte est pleine",
              "Cher utilisateur, votre messagerie a dépassé son quota, votre "
              "boîte sera désactivée sous 24 h. Cliquez ici pour vérifier "
              "votre compte.\n",
              [("Vérifier", "https://mairie-webmail.weebly.com/")],
              via="gmail", html="both"),
        phish("Zimbra Support <support@zimbra-portail.com>",
              "Mise à niveau de votre messagerie Zimbra",
              "Nous migrons vers la nouvelle version. Connectez-vous pour "
              "conserver vos messages, faute de quoi ils seront supprimés.\n",
              [("Se connecter", "https://zimbra-login.r2.dev/x")]),
        phish(f"{DOMAIN} <no-reply@mx-notif.example>",
              f"({box}) 8 messages en attente",
              f"8 messages destinés à {box} sont bloqués sur le serveur. "
              "Libérez-les avant suppression.\n",
              [("Libérer les messages",
                f"https://ipfs.io/ipfs/bafy?m={box}")], to=box,
              via="hacked", auth=NONE),
        phish("Support Informatique <support@helpdesk-fr.com>",
              f"Action requise : validez votre compte {box}",
              "Cher utilisateur, une mise à jour de sécurité est obligatoire. "
              "Validez votre mot de passe sous 24 h.\n",
              [("Valider", f"https://x-valid.web.app/?m={box}")], to=box),
        phish("Microsoft 365 <security@office-verif.xyz>",
              "Votre mot de passe expire aujourd'hui",
              "Votre mot de passe expire aujourd'hui. Conservez le même mot de "
              "passe en vous connectant ci-dessous.\n",
              [("Conserver le mot de passe",
                f"https://office-verif.xyz/l?e={box}")], to=box),
        phish("OneDrive <partage@docs-onedrive.site>",
              "Le maire a partagé un document avec vous",
              "« Budget 2025.xlsx » a été partagé avec vous. Connectez-vous "
              "avec votre messagerie pour l'ouvrir.\n",
              [("Ouvrir", "https://onedrive-budget.vercel.app/")]),
        phish("Orange Messagerie <orange.messagerie88@orange.fr>",
              "Votre messagerie vocale : 1 nouveau message",
              "Vous avez un nouveau message vocal. Identifiez-vous pour "
              "l'écouter.\n", [("Écouter",
                                "https://sites.google.com/view/or-vocal")],
              via="orange"),
        phish("Roundcube <root@serveur-mutualise.example>",
              "Déconnexion imminente", "Votre session de messagerie Roundcube "
              "sera fermée définitivement. Reconfirmez votre identifiant et "
              "votre mot de passe en répondant à ce message.\n", via="hacked",
              auth=NONE),
        phish("Centre de services <assistance@cdg-47.support>",
              "Migration de la messagerie du Centre de gestion",
              "Bonjour,\n\nDans le cadre de la migration, tous les agents "
              "doivent valider leur compte avant vendredi.\n\nLe service "
              "informatique\n", [("Valider mon compte",
                                  "https://cdg-47.support/zimbra")],
              auth=PASS),
    ]


def chiefs():
    """The town's own people, written by strangers."""
    return [
        phish("Le Maire <cabinet.maire.ville@gmail.com>",
              "Urgent et confidentiel",
              "Êtes-vous disponible ? Je suis en réunion et ne peux pas "
              "téléphoner. J'ai besoin que vous achetiez des cartes cadeaux, "
              "je vous rembourse ce soir. Répondez-moi vite.\n", via="gmail",
              sub="president"),
        phish("Direction Générale <dgs.mairie@yahoo.fr>",
              "Virement à faire ce jour",
              "Bonjour, je suis en déplacement. Il faut effectuer un virement "
              "urgent de 9 800 euros, dossier confidentiel. Envoyez-moi la "
              "confirmation.\n", via="yahoo", sub="president"),
        phish(f"Maire de {TOWN} <bureaudumaire2024@gmail.com>", "Bonjour",
              "Bonjour, êtes-vous au bureau ? J'ai une tâche pour vous, "
              "répondez à ce mail. Envoyé de mon iPad\n", via="gmail",
              sub="president"),
        phish("Bernard COSTES Maire <maire.officiel@outlook.fr>",
              "Demande", "Bonjour Nathalie,\n\nPouvez-vous me donner votre "
              "numéro de portable ? J'ai quelque chose d'urgent à vous "
              "confier, en toute discrétion.\n\nLe maire\n", via="outlook",
              sub="president"),
        phish("Bernard Costes <b.costes@mairie-agglo.online>",
              "Règlement fournisseur", "Nathalie,\n\nQuel est le solde du "
              "compte ? Je dois faire régler un fournisseur étranger "
              "aujourd'hui par virement, je vous transmets l'IBAN. Restez "
              "discrète, c'est lié à l'acquisition.\n", sub="president",
              extra=[("Reply-To", "b.costes.privé@proton.me".replace("é",
                                                                     "e"))]),
        phish("Receveur municipal <tresorerie.sgc@gmail.com>",
              "Fonds disponibles", "Bonjour, merci de me transmettre en "
              "urgence la liste des mandats à payer et les échéances. Un "
              "changement de compte du Trésor public est en cours.\n",
              via="gmail", sub="president"),
        phish("Nathalie secrétariat <nathalie.mairie.paie@gmail.com>",
              "Modification de mon RIB", "Bonjour,\n\nJ'ai changé de banque. "
              "Pouvez-vous mettre mon nouveau RIB pour ma paie de ce mois "
              "ci ? Dès maintenant si possible.\n", via="gmail",
              sub="president"),
        phish("Commandant Brigade <gendarmerie.protection.mineurs@outlook.fr>",
              "CONVOCATION JUDICIAIRE",
              "À votre attention : vous faites l'objet de poursuites pour "
              "pédopornographie et exhibition. Répondez sous 48 h avec vos "
              "justifications, sinon un mandat d'arrêt sera délivré.\n",
              via="outlook",
              attach=[("convocation.pdf", "application/pdf", pdf())]),
        phish("Europol - Direction <catherine.debolle@consultant.com>",
              "DOSSIER N° 7FG-881", "Après une saisie informatique de la "
              "cyber-infiltration, nous vous convoquons pour les infractions "
              "suivantes : pédophilie, cyberpornographie, trafic sexuel.\n",
              attach=[("convoc.pdf", "application/pdf", pdf())], via="direct",
              auth=NONE),
    ]


def bills():
    return [
        phish("ETS BERGER <compta@berger-btp.example>", "Changement de RIB",
              "Bonjour,\n\nSuite à un audit nos coordonnées bancaires "
              "changent. Merci de régler la facture en attente sur le nouveau "
              "compte. RIB en pièce jointe.\n", auth=NONE, via="hacked",
              extra=[("Reply-To", "compta.berger.btp@outlook.com")],
              attach=[("RIB.pdf", "application/pdf", pdf())], sub="invoice"),
        phish("Sud Bureau <facturation@sud-bureaux.example>",
              "Nouvelles coordonnées bancaires - URGENT",
              "Bonjour,\n\nNotre ancien compte est bloqué. Merci d'annuler "
              "tout virement vers l'ancien IBAN et de payer la facture 2214 "
              "sur le nouveau compte (BE71 0961 2345 6769) aujourd'hui.\n",
              sub="invoice"),
        phish("Service comptabilité <factures@gestion-fournisseurs.com>",
              "Facture impayée - mise en demeure",
              "Veuillez trouver la facture en souffrance. Ouvrez la pièce "
              "jointe.\n", sub="invoice",
              attach=[("Facture_2026.pdf.js", "application/octet-stream",
                       b"var a;")]),
        phish("Registre SIRET <info@registre-siret-fr.com>",
              "Mise à jour obligatoire de votre inscription",
              "Dernier avis : régularisez votre inscription au registre. "
              "Montant : 398 €. Paiement immédiat, à défaut pénalités.\n",
              sub="invoice", attach=[("avis.zip", "application/zip",
                                      archive(("avis.pdf.exe", "MZ")))]),
        phish("RGPD France <conformite@rgpd-declaration.eu>",
              "Mise en conformité RGPD : dernière relance",
              "Votre organisme n'est pas en conformité. Sanctions jusqu'à 20 "
              "millions d'euros. Régularisez en ligne pour 1 290 € HT.\n",
              [("Régulariser", "https://rgpd-declaration.eu/pay")],
              sub="invoice", auth=PASS),
        phish("Accessibilité ADAP <dossier@adap-public.org>",
              "Registre public d'accessibilité : amende de 45 000 €",
              "Votre établissement est en infraction. Contactez-nous avant "
              "vendredi au 01 88 00 00 00 pour éviter l'amende.\n",
              sub="invoice"),
        phish("Domain Services <renew@fr-domains-registry.com>",
              "Expiration de votre nom de domaine",
              f"Le domaine {DOMAIN} expire. Payez 89 € pour éviter sa perte.\n",
              [("Renouveler", "https://fr-domains-registry.com/pay")],
              sub="invoice"),
    ]


def malware():
    return [
        phish("Scanner <scan@mairie-copieur.example>", "Document numérisé",
              "Document numérisé en pièce jointe.\n", sub="malware",
              via="hacked", auth=NONE,
              attach=[("scan.html", "text/html",
                       b"<html><form action='http://x.example/'><input "
                       b"type=password></form><script>x</script></html>")]),
        phish("DRFIP <controle@exp-compta.example>", "Avis de contrôle fiscal",
              "Vous trouverez le dossier de contrôle. Mot de passe de "
              "l'archive : 2024.\n", sub="malware", via="hacked", auth=NONE,
              attach=[("dossier.iso", "application/octet-stream",
                       b"MZ" + bytes(600))]),
        phish("Devis <p.garnier@btp-garnier.example>", "Devis modifié",
              "Bonjour, voici le devis modifié. Activez le contenu pour "
              "l'afficher.\n", sub="malware", auth=NONE,
              attach=[("devis.docm", "application/vnd.ms-word.document."
                       "macroEnabled.12", office("word/vbaProject.bin"))]),
        phish("Transporteur <expedition@trans-sud.example>",
              "Lettre de voiture", "Merci de signer la lettre de voiture "
              "jointe.\n", sub="malware", auth=NONE,
              attach=[("CMR.zip", "application/zip",
                       archive(("CMR.vbs", "x")))]),
        phish("Candidature <lea.m@poste-cv.example>", "Ma candidature",
              "Bonjour, voici mon CV. Cordialement, Léa\n", sub="malware",
              auth=NONE, attach=[("CV_Lea.pdf.lnk",
                                  "application/octet-stream", b"L\0\0\0")]),
        phish("Télécopie <fax@efax-fr.example>", "Fax reçu (3 pages)",
              "Vous avez reçu une télécopie.\n", sub="malware", via="hacked",
              auth=NONE, attach=[("fax.svg", "image/svg+xml",
                                  b"<svg xmlns='http://www.w3.org/2000/svg'>"
                                  b"<script>location='http://x'</script>"
                                  b"</svg>")]),
    ]


def extortion():
    return [
        spam("Hacker <x8812345@mail-anon.example>",
             "Votre compte a été piraté",
             "J'ai accès à votre webcam et à vos vidéos porno. Envoyez 900 "
             "euros en bitcoin à ce wallet BTC sous 48 h, sinon je diffuse "
             "tout. Urgent.\n", via="direct", auth=NONE, sub="extortion"),
        spam(f"secretariat@{DOMAIN}", "J'ai des enregistrements de vous",
             "Bonjour. Comme vous le voyez, ce message vient de votre propre "
             "adresse. J'ai installé un logiciel espion et filmé votre écran "
             "et votre caméra pendant que vous visitiez des sites pour "
             "adultes. Vous avez 50 heures pour verser 1200 EUR en Bitcoin : "
             "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh. Ne prévenez pas la "
             "police.\n", via="direct", auth="spf=fail;dkim=none;dmarc=fail",
             to=f"secretariat@{DOMAIN}", sub="extortion"),
        spam("Sécurité <alert@ransom-note.example>", "Vos données",
             "Nous avons copié les fichiers de votre mairie. Payez 0,4 BTC ou "
             "ils seront publiés. Vous avez trois jours.\n", auth=NONE,
             sub="extortion"),
    ]


def fees():
    return [
        spam("Mme Claire Dubois <clairedubois2287@gmail.com>", "DON DE COEUR",
             "Bonjour, je suis une veuve malade et je souhaite faire un don. "
             "Mon défunt mari a laissé un héritage de 850 000 euros, vous "
             "êtes le bénéficiaire. Que Dieu vous bénisse. Les fonds sont "
             "strictement confidentiels.\n", via="gmail",
             to="undisclosed-recipients:;", sub="419",
             extra=[("Reply-To", "notaire.dupuis@yahoo.fr")]),
        spam("Marc Prêt <marc.finance01@outlook.fr>",
             "Offre de prêt entre particuliers",
             "Particulier sérieux et honnête offre prêt de 2 000 à 500 000 "
             "euros à un taux de 2 % à toute personne capable de rembourser. "
             "Réponse sous 24 h. Contactez-moi par mail.\n", via="outlook",
             sub="419"),
        spam("Loterie Microsoft <gagnant@loto-int.example>",
             "Félicitations !!! Vous avez gagné",
             "Votre adresse a été tirée au sort. Vous gagnez 350 000 euros. "
             "Contactez l'huissier Maître Morel pour le retrait.\n",
             via="direct", auth=NONE, sub="419"),
        spam("Paul Kouassi <paulkouassi.avocat@yahoo.fr>",
             "Dossier de succession", "Je suis avocat au barreau d'Abidjan. "
             "Un client décédé sans héritier a laissé 4,5 millions de dollars. "
             "Je vous propose d'être le bénéficiaire, à parts égales.\n",
             via="yahoo", sub="419"),
    ]


def offers():
    return [
        spam("Crypto Invest <gains@trading-pro.example>",
             "Bitcoin : gagnez 3 000 € par mois",
             "Investissez 250 euros et gagnez de l'argent avec le bitcoin et "
             "la crypto, bonus gratuit, profit garanti.\n",
             [("Commencer", "https://tinyurl.com/x")]),
        spam("Mutuelle <contact@mutuelle-senior.shop>",
             "Mutuelle à partir de 9 € : offre gratuite",
             "Économisez sur votre mutuelle ! Devis gratuit, offre exclusive, "
             "cadeau offert.\n", [("Mon devis", "https://t.co/abc")]),
        spam("SEO Expert <rahul.seo1987@gmail.com>", "Website ranking",
             "Hi, we can put your website on the first page of Google. Our "
             "SEO targeted marketing leads. Reply for a free quote.\n",
             via="gmail"),
        spam("Julien web <julien.referencement@gmail.com>",
             "Votre site internet", "Bonjour,\n\nJ'ai visité votre site et "
             "j'ai relevé plusieurs erreurs qui nuisent à son référencement. "
             "Je peux vous placer en première page de Google. Puis-je vous "
             "envoyer un devis gratuit ?\n", via="gmail"),
        spam("Panneaux solaires <info@eco-prime-2025.site>",
             "Prime photovoltaïque : installez pour 0 €",
             "Nouvelle aide de l'État : panneaux solaires sans avance de "
             "frais. Offre limitée, testez votre éligibilité.\n",
             [("Tester", "https://eco-prime-2025.site/t")]),
        spam("Olga <olga.rencontre33@mail.ru>", "Bonjour toi",
             "Je suis une femme seule de Russie et je cherche un homme pour "
             "une relation. Voici mes photos, écris moi.\n",
             [("Mes photos", "https://rencontre-olga.club/")], via="direct",
             auth=NONE),
        spam("Pharmacie <promo@pharma-direct.top>", "Viagra sans ordonnance",
             "Cialis, viagra, minceur : remise de 70 %. Livraison discrète.\n",
             [("Commander", "https://pharma-direct.top/")]),
        spam("Perte de poids <info@kilo-minus.click>",
             "Perdez 12 kg en 3 semaines",
             "La méthode que les médecins vous cachent pour maigrir. Remise "
             "-80 % aujourd'hui seulement.\n",
             [("Je veux maigrir", "https://kilo-minus.click/")]),
        spam("Jeu concours <gagnez@concours-iphone.fun>",
             "Vous avez gagné un iPhone 16",
             "Félicitations, vous êtes le gagnant. Réclamez votre cadeau en "
             "payant 1,95 € de livraison.\n",
             [("Réclamer", "https://concours-iphone.fun/c")]),
        spam("Lidl <enquete@sondage-lidl.shop>",
             "Répondez à l'enquête et recevez une perceuse",
             "Votre avis compte : recevez gratuitement une perceuse Parkside.\n",
             [("Participer", "https://sondage-lidl.shop/")]),
        spam("Casino <bonus@casino-royal.vip>", "500 € de bonus offerts",
             "Jouez maintenant et recevez 200 tours gratuits.\n",
             [("Jouer", "https://casino-royal.vip/")]),
        spam("Fichiers B2B <contact@fichier-entreprises.info>",
             "Base de 4 millions d'emails d'entreprises",
             "Fichiers d'adresses email ciblées, mairies et entreprises, 199 € "
             "HT. Offre valable 48 h.\n",
             [("Acheter", "https://fichier-entreprises.info/")]),
        spam("Isolation 1 euro <info@iso-prime.store>",
             "Isolation : vos droits avant le 31",
             "Profitez de l'isolation à 1 euro. Dernier jour.\n",
             [("J'en profite", "https://iso-prime.store/")]),
        spam("LED Pro <vente@led-collectivites.biz>",
             "Éclairage LED financé à 100 % par les CEE",
             "Bonjour, votre commune est éligible au remplacement gratuit de "
             "son éclairage. Répondez à ce mail avant la fin du dispositif.\n"),
        spam("Défibrillateurs <contact@dae-obligatoire.fr>",
             "Défibrillateur : obligation légale, risque pénal du maire",
             "Votre commune doit s'équiper. Location à 49 € par mois, offre "
             "réservée aux mairies jusqu'à vendredi.\n",
             [("Recevoir l'offre", "https://dae-obligatoire.fr/o")],
             via="mailjet", auth=PASS),
        spam("Agence Nova <laura@nova-prospect.pro>",
             "Re: notre échange", "Bonjour,\n\nJe me permets de revenir vers "
             "vous. Avez-vous pu voir ma proposition de vidéo promotionnelle "
             "pour votre commune ? 15 minutes cette semaine ?\n\nLaura\n"),
        spam("Formation CPF <info@formation-elus.online>",
             "Élus : vos droits DIF à utiliser",
             "Il vous reste 800 € de droits. Formation d'anglais offerte avec "
             "une tablette.\n", [("M'inscrire",
                                  "https://formation-elus.online/")]),
        spam("Voyance Serena <serena@voyance-amour.top>",
             "Une révélation sur votre avenir",
             "J'ai vu quelque chose d'important pour vous. Première "
             "consultation gratuite.\n",
             [("Lire", "https://voyance-amour.top/")]),
        spam("Recouvrement amiable <dossier@fr-recouvrement.example>",
             "Dossier contentieux n° 88-1121",
             "Dernier avis avant poursuite. Appelez immédiatement le 08 99 00 "
             "00 00 (2,99 €/min).\n", via="hacked", auth=NONE),
    ]


def mails():
    return fines() + taxes() + health() + parcels() + banks() + mailboxes() + \
        chiefs() + bills() + malware() + extortion() + fees() + offers()
