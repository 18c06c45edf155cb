#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mail as a French town hall receives it, made for the purpose: nothing of it was
ever sent, names and addresses are invented or examples.

townhall.py FOLDER: writes FOLDER/good/*.eml and FOLDER/bad/*.eml.

It is no measure of accuracy (who makes such mail knows the filter), but a guard:
no rule and no model may hold the ordinary mail of a town hall.
"""
import base64
import email.header
import io
import os
import sys
import zipfile

TOWN = "agent@mairie.example"

# Sender, subject, text, and what differs: html (True: both parts, "only": page
# alone), links (shown, target), attach (name, type, octets), extra header fields,
# relay (who handed it over).
GOOD = [
    ("Jeanne Martin <jeanne.martin47@orange.fr>", "Inscription à la cantine",
     "Bonjour,\n\nJe souhaite inscrire mon fils Léo à la cantine pour la "
     "rentrée. Quels documents dois-je vous apporter et avant quelle date ?\n\n"
     "Avec mes remerciements,\nJeanne Martin\n06 12 34 56 78\n", {}),
    ("paul.durand@gmail.com", "problème éclairage rue des lilas",
     "bonjour,\nle lampadaire devant le 14 rue des lilas ne marche plus depuis "
     "lundi, c'est dangereux pour les enfants le matin. merci de faire le "
     "necessaire\nM. Durand\n", {}),
    ("Association Les Amis du Lavoir <amisdulavoir@laposte.net>",
     "Demande de salle pour notre assemblée générale",
     "Madame la Secrétaire,\n\nNotre assemblée générale aura lieu le 14 mars à "
     "18 h. Pourrions-nous réserver la salle des fêtes, comme l'an passé ? "
     "Nous serons une cinquantaine.\n\nBien cordialement,\nLe président\n",
     {}),
    ("Sophie Lacaze <s.lacaze@mairie-nerac.example>",
     "RE: Groupement de commandes fournitures scolaires",
     "Bonjour à tous,\n\nCi-joint le tableau mis à jour avec nos besoins. "
     "Pouvez-vous me retourner les vôtres avant vendredi ?\n\nCordialement,\n"
     "Sophie Lacaze\nResponsable des achats\n\nLe 12 mars 2026, X a écrit :\n"
     "> Merci pour votre retour.\n",
     {"extra": [("In-Reply-To", "<12@mairie.example>"),
                ("References", "<12@mairie.example>")], "html": True,
      "attach": [("besoins.xlsx",
                  "application/vnd.openxmlformats-officedocument."
                  "spreadsheetml.sheet", b"zip")]}),
    ("Préfecture de Lot-et-Garonne <pref-collectivites@lot-et-garonne.gouv.fr>",
     "Circulaire relative aux élections municipales",
     "Mesdames et Messieurs les Maires,\n\nVeuillez trouver ci-joint la "
     "circulaire relative à l'organisation des élections. Le dépôt des "
     "candidatures est ouvert jusqu'au jeudi 26 février à 18 heures, délai "
     "de rigueur.\n\nLe bureau des élections\n",
     {"attach": [("circulaire.pdf", "application/pdf", b"%PDF-1.5 x")]}),
    ("SGC Agen <sgc.agen@dgfip.finances.gouv.fr>",
     "Rejet du mandat 412 - pièce manquante",
     "Bonjour,\n\nLe mandat 412 est rejeté : la facture jointe ne correspond "
     "pas au montant. Merci de le réémettre avec la pièce justificative.\n\n"
     "Le service de gestion comptable\n", {}),
    ("\"ne-pas-repondre@chorus-pro.gouv.fr\" "
     "<ne-pas-repondre@chorus-pro.gouv.fr>",
     "Chorus Pro - Une facture vous a été adressée",
     "Bonjour,\n\nLa facture F2026-118 du fournisseur ETS BERGER d'un montant "
     "de 1 240,00 € a été déposée à votre attention. Connectez-vous à votre "
     "espace pour la traiter.\n",
     {"html": True, "links": [("Accéder à Chorus Pro",
                               "https://portail.chorus-pro.gouv.fr/")],
      "extra": [("Auto-Submitted", "auto-generated")]}),
    ("Banque des Territoires <lettre@info.banquedesterritoires.example>",
     "La lettre des territoires : financer la rénovation des écoles",
     "Au sommaire : le programme EduRénov, les offres de prêt pour les petites "
     "communes, les rendez-vous de la semaine, nos webinaires gratuits. "
     "Découvrez nos offres de financement et nos conseils.\n",
     {"html": True, "links": [
         ("Lire l'article", "https://info.banquedesterritoires.example/a1"),
         ("S'inscrire", "https://info.banquedesterritoires.example/a2"),
         ("Se désabonner", "https://info.banquedesterritoires.example/d")],
      "extra": [("List-Unsubscribe",
                 "<https://info.banquedesterritoires.example/d>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]}),
    ("Association des maires <contact@amf47.example>",
     "Formation : la responsabilité pénale du maire - dernières places",
     "Chers collègues,\n\nIl reste des places pour la formation du 8 avril. "
     "Inscription gratuite pour les adhérents, date limite le 2 avril. Cliquez "
     "sur le lien ci-dessous.\n",
     {"html": "only", "links": [("Je m'inscris",
                                 "https://www.amf47.example/formation")]}),
    ("ETS BERGER <compta@berger-btp.example>", "Facture F2026-118",
     "Bonjour,\n\nVeuillez trouver ci-joint notre facture d'un montant de "
     "1 240,00 € TTC pour les travaux de la toiture. Règlement à 30 jours.\n\n"
     "Cordialement,\nLe service comptabilité\n",
     {"attach": [("F2026-118.pdf", "application/pdf", b"%PDF-1.4 x")]}),
    ("Marie Lopez via WeTransfer <noreply@wetransfer.com>",
     "marie.lopez@archi.example vous a envoyé plans_ecole.zip via WeTransfer",
     "marie.lopez@archi.example vous a envoyé des fichiers. 3 éléments, 84 Mo. "
     "Les fichiers expirent le 21 mars 2026.\n",
     {"html": True, "links": [("Récupérer vos fichiers",
                               "https://wetransfer.com/downloads/x")],
      "extra": [("Reply-To", "marie.lopez@archi.example")]}),
    ("Docteur Petit <cabinet.petit@medecin.example>",
     "Vaccination au centre social",
     "Bonjour,\nje vous confirme ma présence mardi pour la séance de "
     "vaccination. Merci de prévoir un réfrigérateur et une prise.\n"
     "Dr Petit\n", {}),
    ("GED Berger-Levrault <support@logiciel-mairie.example>",
     "Réinitialisation de votre mot de passe",
     "Bonjour,\n\nUne demande de réinitialisation de mot de passe a été faite "
     "pour votre compte agent. Si vous en êtes à l'origine, cliquez sur le "
     "lien ci-dessous, valable 24 heures. Sinon ignorez ce message.\n",
     {"html": True, "links": [("Choisir un nouveau mot de passe",
                               "https://app.logiciel-mairie.example/mdp/1")],
      "extra": [("Auto-Submitted", "auto-generated")]}),
    ("Teams <noreply@email.teams.microsoft.com>",
     "Rappel : réunion SCoT jeudi 14 h",
     "Vous êtes invité à la réunion SCoT. Rejoindre sur votre ordinateur.\n",
     {"html": True, "links": [("Rejoindre la réunion",
                               "https://teams.microsoft.com/l/meetup/1")]}),
    ("Chronopost <ne-pas-repondre@chronopost.fr>",
     "Votre colis arrive demain",
     "Bonjour, votre colis XY123456789FR sera livré demain entre 8 h et 13 h. "
     "Suivez la livraison de votre colis en ligne.\n",
     {"html": True, "links": [("Suivre mon colis",
                               "https://www.chronopost.fr/suivi?c=1")]}),
    ("Syndicat des eaux <contact@eau47.example>", "Coupure d'eau mardi 17",
     "Madame, Monsieur le Maire,\n\nEn raison de travaux urgents la "
     "distribution sera suspendue mardi de 9 h à 12 h, route d'Agen. Merci "
     "d'en informer les habitants.\n", {}),
    ("UGAP <communication@ugap.example>",
     "Offre véhicules électriques : jusqu'à 30 % de remise pour les communes",
     "Profitez de nos offres exclusives sur les véhicules électriques : "
     "remise de 30 %, livraison gratuite, offre valable jusqu'au 30 avril.\n",
     {"html": True, "links": [
         ("Découvrir l'offre", "https://actu.ugap.example/vehicules"),
         ("Se désinscrire", "https://actu.ugap.example/desinscription")],
      "extra": [("List-Unsubscribe", "<mailto:stop@ugap.example>"),
                ("Precedence", "bulk")]}),
    ("Marc Fabre <marcfabre@hotmail.fr>", "acte de naissance",
     "Bonjour, je suis né à Agen le 3 mai 1961 et j'ai besoin d'une copie "
     "intégrale de mon acte de naissance pour ma retraite. Mes parents : "
     "Fabre Louis et Costes Jeanne. Merci d'avance, Marc Fabre, 12 rue Haute, "
     "31000 Toulouse\n", {}),
    ("Notaire Me Vidal <etude.vidal@notaires.example>",
     "DIA parcelle AB 112 - vente Martin/Dupuis",
     "Madame, Monsieur,\n\nVeuillez trouver ci-joint une déclaration "
     "d'intention d'aliéner. Merci de nous faire connaître votre décision "
     "dans le délai de deux mois.\n",
     {"attach": [("DIA.pdf", "application/pdf", b"%PDF-1.6 x")]}),
    ("Fournisseur Énergie <service.client@engie.example>",
     "Votre facture du mois de mars est disponible",
     "Bonjour, votre facture de 3 412,70 € est disponible dans votre espace "
     "client. Elle sera prélevée le 15 avril.\n",
     {"html": "only", "links": [("Mon espace client",
                                 "https://pro.engie.example/espace")]}),
    ("Directrice École <ecole.jules.ferry@ac-bordeaux.example>",
     "Effectifs et kermesse", "Bonjour,\n\nVoici les effectifs prévus : 112 "
     "élèves. La kermesse aura lieu le 27 juin ; pourriez-vous nous prêter "
     "les tables et la sono ?\n\nMerci beaucoup,\nLa directrice\n", {}),
    ("Doctolib <no-reply@doctolib.fr>", "Votre code de vérification",
     "Votre code de vérification est 482 913. Il expire dans 10 minutes. Ne "
     "le communiquez à personne.\n", {"html": True}),
    ("Gendarmerie Agen <cob.agen@gendarmerie.interieur.gouv.fr>",
     "Réunion participation citoyenne",
     "Monsieur le Maire,\n\nJe vous propose une réunion le 9 avril à 10 h en "
     "mairie au sujet de la participation citoyenne.\n\nMajor X\n", {}),
    ("Le Petit Bleu <redaction@journal.example>", "Question pour un article",
     "Bonjour, je prépare un article sur la fermeture du bureau de poste. "
     "Le maire pourrait-il me rappeler aujourd'hui ? C'est assez urgent, je "
     "boucle à 18 h. Merci !\n", {}),
    ("Zimbra <admin@hebergeur.example>", "Maintenance de la messagerie samedi",
     "Bonjour,\n\nUne maintenance de la messagerie aura lieu samedi de 22 h à "
     "23 h. Aucune action n'est nécessaire de votre part.\n", {}),
    ("Colette <colette.b@free.fr>", "(sans objet)",
     "bonjour es que la dechetterie est ouverte samedi merci\n", {}),
    ("Élu Communautaire <j.pons@agglo.example>",
     "TR: Plan de financement voirie", "Pour info.\nJP\n\nEnvoyé de mon "
     "iPhone\n\nDébut du message transféré :\n> Voici le plan.\n",
     {"attach": [("plan.docx", "application/vnd.openxmlformats-officedocument."
                  "wordprocessingml.document", b"zip")]}),
    ("France Travail <recrutement@francetravail.example>",
     "3 candidatures pour votre offre : agent technique",
     "Bonjour, trois candidats ont postulé à votre offre. Consultez leurs "
     "profils dans votre espace recruteur.\n",
     {"html": True, "links": [("Voir les candidatures",
                               "https://entreprise.francetravail.example/1")]}),
    ("CDG 47 <carrieres@cdg47.example>", "Arrêté d'avancement à signer",
     "Bonjour,\n\nVeuillez trouver l'arrêté d'avancement d'échelon de "
     "Mme Roux, à faire signer par le maire et à nous retourner.\n",
     {"attach": [("arrete.odt",
                  "application/vnd.oasis.opendocument.text", b"zip")]}),
    ("Voisin en colère <gerard.p@wanadoo.fr>", "INADMISSIBLE !!!",
     "Monsieur le Maire, c'est la TROISIEME fois que je vous écris au sujet du "
     "bruit de la salle des fêtes ! Si rien n'est fait je saisis le "
     "procureur. G. P.\n", {}),
]

BAD = [
    ("Impots.gouv <remboursement@service-fiscal-fr.example>",
     "Remboursement d'impôt : 384,12 €",
     "Cher contribuable, après vérification de votre compte, vous avez droit "
     "à un remboursement de 384,12 €. Confirmez vos coordonnées bancaires dans "
     "les 48 h, sinon votre dossier sera bloqué.\n",
     {"html": "only", "links": [("Accéder à mon remboursement",
                                 "https://bit.ly/3xImp")]}),
    ("Amende ANTAI <noreply@antai-paiement.top>",
     "Dernier rappel : amende impayée",
     "Votre amende de 35 € est impayée. Dernier rappel avant majoration à "
     "375 €. Cliquez ici pour payer immédiatement.\n",
     {"html": "only", "links": [("Payer mon amende",
                                 "https://antai-paiement.top/pay")]}),
    ("Administrateur messagerie <admin.webmail@gmail.com>",
     "Votre boîte est pleine",
     "Cher utilisateur, votre messagerie a dépassé son quota, votre boîte "
     "sera désactivée sous 24 h. Cliquez ici pour vérifier votre compte et "
     "augmenter l'espace de stockage.\n",
     {"links": [("Vérifier", "https://mairie-webmail.weebly.com/")],
      "html": True}),
    ("Le Maire <cabinet.maire.ville@gmail.com>", "Urgent et confidentiel",
     "Êtes-vous disponible ? Je suis en réunion et ne peux pas téléphoner. "
     "J'ai besoin que vous achetiez des cartes cadeaux pour un partenaire, "
     "je vous rembourse ce soir. Répondez-moi vite.\n", {}),
    ("ETS BERGER <compta@berger-btp.example>", "Changement de RIB",
     "Bonjour, suite à un audit nos coordonnées bancaires changent. Merci de "
     "régler la facture en attente sur le nouveau compte. RIB en pièce "
     "jointe.\n",
     {"extra": [("Reply-To", "compta.berger.btp@outlook.com")],
      "attach": [("RIB.pdf", "application/pdf", b"%PDF-1.4 x")]}),
    ("Microsoft 365 <security@office-verif.xyz>",
     "Votre mot de passe expire aujourd'hui",
     "Votre mot de passe expire aujourd'hui. Conservez le même mot de passe "
     "en vous connectant ci-dessous, sinon votre compte sera suspendu.\n",
     {"html": "only", "links": [("Conserver le mot de passe",
                                 "https://office-verif.xyz/l?e=" + TOWN)]}),
    ("Chronopost <livraison@colis-suivi.click>",
     "Votre colis est en attente de livraison",
     "Votre colis est bloqué : des frais de livraison de 1,99 € sont à payer. "
     "Livraison du colis suspendue. Cliquez pour confirmer.\n",
     {"html": "only", "links": [("Confirmer la livraison",
                                 "https://colis-suivi.click/x")]}),
    ("La Poste <info@0a3f9.example>", "Colis n° FR88213X : action requise",
     "Votre colis n'a pas pu être livré, adresse incomplète. Mettez à jour "
     "votre adresse sous 24h pour recevoir le colis.\n",
     {"html": "only", "links": [("Mettre à jour",
                                 "https://laposte.fr.suivi-colis.example/")]}),
    ("Crédit Agricole <alerte@ca-securite.example>",
     "Activité inhabituelle sur votre compte",
     "Cher client, une connexion inhabituelle a été détectée. Votre carte est "
     "bloquée. Vérifiez votre identité et confirmez votre compte "
     "immédiatement.\n",
     {"html": "only", "links": [("https://www.credit-agricole.fr/",
                                 "https://ca-securite.example/login")]}),
    ("Ameli <assurance.maladie@orange.fr>",
     "Votre nouvelle carte Vitale est disponible",
     "Votre carte vitale expire. Mettez à jour vos informations et confirmez "
     "votre compte pour recevoir votre nouvelle carte.\n",
     {"html": "only", "links": [("Mettre à jour",
                                 "https://is.gd/vitale")]}),
    ("Service comptabilité <factures@fournisseur.example>",
     "Facture impayée - mise en demeure",
     "Veuillez trouver la facture en souffrance. Ouvrez la pièce jointe.\n",
     {"attach": [("Facture_2026.pdf.js", "application/octet-stream",
                  b"var a;")]}),
    ("Scanner <scan@mairie.example>", "Document numérisé",
     "Document numérisé en pièce jointe.\n",
     {"attach": [("scan.html", "text/html",
                  b"<html><form action='http://x.example/'><input "
                  b"type=password></form><script>x</script></html>")]}),
    ("Mutuelle <contact@mutuelle-senior.shop>",
     "Mutuelle à partir de 9 € : offre gratuite",
     "Économisez sur votre mutuelle ! Devis gratuit, offre exclusive, cadeau "
     "offert. Cliquez vite.\n",
     {"html": "only", "links": [("Mon devis", "https://t.co/abc")]}),
    ("Mme Claire Dubois <clairedubois2287@gmail.com>", "DON DE COEUR",
     "Bonjour, je suis une veuve malade et je souhaite faire un don. Mon "
     "défunt mari a laissé un héritage de 850 000 euros, vous êtes le "
     "bénéficiaire. Que Dieu vous bénisse. Contactez mon notaire, les fonds "
     "sont strictement confidentiels, donation et charité.\n",
     {"extra": [("Reply-To", "notaire.dupuis@yahoo.fr")],
      "to": "undisclosed-recipients:;"}),
    ("Commandant Brigade <gendarmerie.protection.mineurs@outlook.fr>",
     "CONVOCATION JUDICIAIRE",
     "À votre attention : vous faites l'objet de poursuites pour consultation "
     "de sites pornographiques. Répondez sous 48 h pour éviter l'arrestation. "
     "Urgent.\n",
     {"attach": [("convocation.pdf", "application/pdf", b"%PDF-1.4 x")]}),
    ("Netflix <facturation@nflx-compte.example>", "Votre paiement a échoué",
     "Votre abonnement est suspendu car votre paiement a échoué. Mettez à "
     "jour votre compte pour continuer.\n",
     {"html": "only", "links": [("Mettre à jour le paiement",
                                 "http://198.51.100.7/nf")]}),
    ("Registre SIRET <info@registre-siret-fr.example>",
     "Mise à jour obligatoire de votre inscription",
     "Dernier avis : régularisez votre inscription au registre. Montant : "
     "398 €. Paiement immédiat, à défaut pénalités.\n",
     {"attach": [("avis.zip", "application/zip", b"exe")]}),
    ("Hacker <x8812345@mail-anon.example>", "Votre compte a été piraté",
     "J'ai accès à votre webcam et à vos vidéos porno. Envoyez 900 euros en "
     "bitcoin à ce wallet BTC sous 48 h, sinon je diffuse tout. Urgent.\n",
     {}),
    ("Mairie de Agen <mairie.agen47@gmail.com>", "Dossier à valider",
     "Merci de valider rapidement le dossier partagé, cliquez sur le lien et "
     "connectez-vous avec votre mot de passe.\n",
     {"html": True, "links": [("Ouvrir le dossier",
                               "https://docs.google.com/forms/x")]}),
    ("URSSAF <noreply@urssaf-remboursement.example>",
     "Trop-perçu : 612,40 €",
     "Bonjour, un trop-perçu de 612,40 € vous est dû. Confirmez votre compte "
     "bancaire pour le remboursement sous 24 h.\n",
     {"html": "only", "links": [("Confirmer",
                                 "https://urssaf-fr.pages.dev/")]}),
    ("DocuSign <dse@docs-sign.example>",
     "Document à signer : avenant marché public",
     "Vous avez reçu un document à signer. Vérifiez votre identité et "
     "connectez-vous pour signer avant expiration.\n",
     {"html": "only", "links": [("VOIR LE DOCUMENT",
                                 "https://r2.dev/x?u=https://evil.example")]}),
    ("Crypto Invest <gains@trading-pro.example>",
     "Bitcoin : gagnez 3 000 € par mois",
     "Investissez 250 euros et gagnez de l'argent avec le bitcoin et la "
     "crypto, bonus gratuit, profit garanti, opportunité unique.\n",
     {"html": "only", "links": [("Commencer", "https://tinyurl.com/x")]}),
    ("SEO Expert <rahul.seo1987@gmail.com>", "Website ranking",
     "Hi, we can put your website on the first page of Google. Our SEO "
     "targeted marketing leads. Reply for a free quote.\n", {}),
    ("Prestataire <contact@vi11e-mairie.example>", "Facture en retard",
     "Votre compte sera suspendu, payez la facture immédiatement, cliquez "
     "sur le lien.\n",
     {"html": "only", "links": [("Payer", "https://mairie-example.evil.example/")]}),
    ("Direction Générale <dgs.mairie@yahoo.fr>", "Virement à faire ce jour",
     "Bonjour, je suis en déplacement. Il faut effectuer un virement urgent "
     "de 9 800 euros à un prestataire, dossier confidentiel. Envoyez-moi la "
     "confirmation.\n", {}),
    ("Support Informatique <support@helpdesk-fr.example>",
     "Action requise : validez votre compte " + TOWN,
     "Cher utilisateur, une mise à jour de sécurité de votre messagerie est "
     "obligatoire. Validez votre compte et votre mot de passe sous 24 h, sinon "
     "il sera désactivé.\n",
     {"html": "only", "links": [("Valider mon compte",
                                 "https://x.web.app/?m=" + TOWN)]}),
]


def archive(kind):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        if kind == b"exe":
            z.writestr("avis.pdf.exe", b"MZ")
        else:
            z.writestr("word/document.xml", b"<x/>")
    return out.getvalue()


def word(text):
    return text if text.isascii() else \
        email.header.Header(text, "utf-8").encode()


def author(text):
    name, sep, rest = text.rpartition(" <")
    return f"{word(name)} <{rest}" if sep else text


def page(text, links):
    out = "<html><body>"
    for paragraph in text.strip().split("\n\n"):
        out += "<p>" + paragraph.replace("\n", "<br>") + "</p>\n"
    for shown, target in links:
        out += f"<p><a href=\"{target}\">{shown}</a></p>\n"
    return out + "</body></html>\n"


def part(kind, octets, extra=""):
    return f"Content-Type: {kind}\n{extra}" \
        f"Content-Transfer-Encoding: base64\n\n" \
        f"{base64.encodebytes(octets).decode()}"


def relay_of(address):
    domain = address.rpartition("@")[2].strip(">")
    for own, host in (("gmail.com", "mail-wr1-f50.google.com"),
                      ("orange.fr", "smtp.smtpout.orange.fr"),
                      ("wanadoo.fr", "smtp.smtpout.orange.fr"),
                      ("hotmail.fr", "mail.protection.outlook.com"),
                      ("outlook.fr", "mail.protection.outlook.com"),
                      ("yahoo.fr", "sonic301.mail.yahoo.com"),
                      ("free.fr", "smtp1-g21.free.fr"),
                      ("laposte.net", "smtp-out.laposte.net")):
        if domain == own:
            return host
    return f"mail.{domain}"


def build(number, sender, subject, text, more):
    address = sender.rpartition("<")[2].strip(">")
    links, form = more.get("links", []), more.get("html")
    host = relay_of(address)
    head = f"Return-Path: <{address}>\n" \
        f"Received: from {host} ({host} [192.0.2.{number + 1}])\n" \
        f"\tby mx.mairie.example (Postfix) with ESMTPS id {number:06X}\n" \
        f"\tfor <{TOWN}>; Tue, 17 Mar 2026 09:{number % 60:02}:00 +0100\n" \
        f"From: {author(sender)}\nTo: {more.get('to', TOWN)}\n" \
        f"Subject: {word(subject)}\n" \
        f"Date: Tue, 17 Mar 2026 09:{number % 60:02}:00 +0100\n" \
        f"Message-ID: <{number}.m@{address.rpartition('@')[2]}>\n" \
        "MIME-Version: 1.0\n"
    head += "".join(f"{n}: {v}\n" for n, v in more.get("extra", []))
    parts = []
    if form != "only":
        whole = text + "".join(f"\n{shown} : {target}\n"
                               for shown, target in links)
        parts.append(part("text/plain; charset=utf-8", whole.encode()))
    if form:
        parts.append(part("text/html; charset=utf-8",
                          page(text, links).encode()))
    if len(parts) == 2:
        parts = ["Content-Type: multipart/alternative; boundary=alt\n\n" +
                 "".join(f"--alt\n{p}" for p in parts) + "--alt--\n"]
    for name, kind, octets in more.get("attach", []):
        if octets in (b"zip", b"exe"):
            octets = archive(octets)
        parts.append(part(kind, octets, "Content-Disposition: attachment; "
                          f"filename=\"{name}\"\n"))
    if len(parts) == 1:
        return head + parts[0]
    return head + "Content-Type: multipart/mixed; boundary=mix\n\n" + \
        "".join(f"--mix\n{p}" for p in parts) + "--mix--\n"


def write(folder):
    for name, mails in (("good", GOOD), ("bad", BAD)):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        for i, (sender, subject, text, more) in enumerate(mails):
            path = os.path.join(folder, name, f"{name}{i:02}.eml")
            with open(path, "w", encoding="utf-8") as f:
                f.write(build(i, sender, subject, text, more))
    return len(GOOD), len(BAD)


if __name__ == "__main__":
    print("%d good, %d bad" % write(sys.argv[1]))
