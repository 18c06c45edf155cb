# SPDX-License-Identifier: Apache-2.0
"""What a French town hall wants to receive: letters of citizens, of the State, of
neighbours and suppliers, of machines.  Many of them look like what is not wanted:
money, deadlines, passwords, capitals, private addresses of public bodies.
"""
import random

from french import DOCX, JPEG, PNG, XLSX, Mail, archive, office, pdf

# -- citizens ------------------------------------------------------------------

CITIZENS = [
    ("Jeanne Martin", "jeanne.martin47", "orange"),
    ("Paul Durand", "paul.durand", "gmail"),
    ("MARTINEZ Gérard", "gerard.martinez0612", "thunderbird"),
    ("Colette B.", "colette.b", "free"),
    ("famille.roux", "famille.roux", "sfr"),
    ("Marc Fabre", "marcfabre1961", "outlook"),
    ("Nathalie Dupuy-Lacombe", "nat.dupuy", "yahoo"),
    ("Yanis Benali", "yanis.benali", "iphone"),
    ("jp.delmas", "jp.delmas", "laposte"),
    ("Ginette Pons", "ginette.pons82", "orange"),
    ("Élodie Castéra", "elodie.castera", "gmail"),
    ("M. et Mme Vidal", "vidal.jm", "thunderbird"),
    ("sandrine", "sandrine0847", "outlook"),
    ("Thomas Nguyen", "t.nguyen.47", "gmail"),
    ("Brigitte", "brigitte.lafon", "free"),
    ("Ahmed Kaci", "ahmed.kaci", "laposte"),
]
DOMAIN_OF = {"orange": "orange.fr", "thunderbird": "wanadoo.fr",
             "gmail": "gmail.com", "free": "free.fr", "sfr": "sfr.fr",
             "outlook": "hotmail.fr", "yahoo": "yahoo.fr",
             "iphone": "icloud.com", "laposte": "laposte.net"}

# Subject, text; {who} is the citizen.
LETTERS = [
    ("Inscription à la cantine", "Bonjour,\n\nJe souhaite inscrire mon fils "
     "Léo à la cantine pour la rentrée. Quels documents dois-je vous apporter "
     "et avant quelle date ? Est-ce que le paiement se fait toujours par "
     "chèque ou peut-on faire un virement ?\n\nAvec mes remerciements,\n"
     "{who}\n06 12 34 56 78\n"),
    ("éclairage rue des lilas", "bonjour,\nle lampadaire devant le 14 rue des "
     "lilas ne marche plus depuis lundi, c'est dangereux pour les enfants le "
     "matin. merci de faire le necessaire\n{who}\n"),
    ("acte de naissance", "Bonjour, je suis né dans votre commune le 3 mai "
     "1961 et j'ai besoin d'une copie intégrale de mon acte de naissance pour "
     "ma retraite. C'est urgent, mon dossier doit être complet sous 15 jours. "
     "Mes parents : Fabre Louis et Costes Jeanne. Merci d'avance, {who}, "
     "12 rue Haute, 31000 Toulouse\n"),
    ("INADMISSIBLE !!!", "Monsieur le Maire,\n\nc'est la TROISIEME fois que je "
     "vous écris au sujet du bruit de la salle des fêtes ! Si rien n'est fait "
     "immédiatement je saisis le procureur et la gendarmerie. C'est mon "
     "dernier rappel.\n\n{who}\n"),
    ("Facture d'eau contestée", "Bonjour,\n\nJe viens de recevoir une facture "
     "d'eau de 684,20 € alors que je suis seule. Il y a eu une fuite que "
     "j'ai fait réparer, voir facture du plombier ci-jointe. Je demande un "
     "remboursement ou une remise. Je ne peux pas payer cette somme avant la "
     "date limite.\n\nCordialement\n{who}\n"),
    ("(sans objet)", "bonjour es que la dechetterie est ouverte samedi merci\n"),
    ("Rendez-vous carte d'identité", "Bonjour,\nJ'ai fait ma pré-demande sur le "
     "site de l'ANTS, numéro QX45TRE98B. Avez-vous un rendez-vous avant le "
     "15 ? Mon passeport est périmé et nous partons le 2. Merci de me "
     "confirmer.\n{who}\n"),
    ("Permis de construire PC 047 252 24 A0007", "Madame, Monsieur,\n\nSuite à "
     "votre demande de pièces complémentaires, je vous transmets le plan de "
     "masse et la notice. Pouvez-vous me confirmer que mon dossier est "
     "maintenant complet et que le délai d'instruction repart ?\n\nBien "
     "cordialement,\n{who}\n"),
    ("Chiens errants", "Bonsoir, deux chiens sans collier trainent vers l'école "
     "depuis hier, un des deux a montré les dents à ma fille. Que faut il "
     "faire ? J'ai appelé la gendarmerie on me dit de voir avec la mairie. "
     "{who}\n"),
    ("Demande de logement", "Madame la Secrétaire,\n\nJe suis au RSA avec deux "
     "enfants, mon propriétaire vend et nous devons partir. J'ai un compte "
     "CAF à jour. Avez-vous un logement communal libre ? Je peux fournir mon "
     "RIB et mes trois dernières fiches de paie.\n\nMerci de votre aide\n"
     "{who}\n"),
    ("Re: votre courrier du 12", "Bonjour,\n\nJe vous confirme mon accord pour "
     "la somme de 180 euros. Je passerai régler à la trésorerie, ou par "
     "carte sur internet si vous m'envoyez le lien. Mon compte a changé, je "
     "vous joins mon nouveau RIB pour le prélèvement de la cantine.\n\n"
     "{who}\n"),
    ("Location de la salle des fêtes", "Bonjour\n\nnous voudrions louer la "
     "salle pour l'anniversaire de mariage de nos parents le samedi 14 juin. "
     "Quel est le tarif et faut il une caution ? on est environ 80\n\nmerci "
     "beaucoup\n{who}\n"),
    ("Nuisances voisin", "Monsieur le Maire,\n\nMon voisin brûle ses déchets "
     "tous les dimanches. Vous trouverez des photos en pièce jointe. Je "
     "souhaite que cela reste confidentiel.\n\nRespectueusement,\n{who}\n"),
    ("liste électorale", "Bonjour, j'ai emménagé en mars. Comment vérifier que "
     "je suis bien inscrite sur la liste électorale ? Sur le site "
     "service-public.fr on me dit de confirmer auprès de la mairie. {who}\n"),
    ("Mot de passe portail famille", "Bonjour,\nje n'arrive plus à me connecter "
     "au portail famille, mon mot de passe ne marche plus et mon compte est "
     "bloqué après trois essais. Pouvez vous le débloquer ? mon identifiant "
     "est celui de l'année dernière.\n{who}\n"),
    ("deces de mon père", "Bonjour,\n\nMon père, qui habitait au 3 chemin du "
     "Moulin, est décédé dimanche. Comment obtenir une concession au "
     "cimetière, à côté de ma mère ? Le notaire me demande un certificat "
     "d'hérédité pour l'héritage, le faites-vous encore ?\n\n{who}\n"),
    ("Arrêté de circulation déménagement", "Bonjour,\n\nNous déménageons le "
     "samedi 22. Pourriez-vous prendre un arrêté pour réserver deux places "
     "devant le 8 place de la République ?\n\nMerci d'avance,\n{who}\n"),
    ("vide grenier", "bonjour je voudrais 6 metres au vide grenier du 8 mai, "
     "c'est combien ? je peux payer par paypal ou lydia ?? merci {who}\n"),
    ("PV stationnement", "Bonjour,\n\nJ'ai reçu une amende de 35 euros pour "
     "stationnement devant chez moi, alors que j'ai la carte résident que "
     "vous m'avez donnée. Je conteste auprès de l'ANTAI mais il me faut une "
     "attestation de la mairie. Le délai est de 45 jours.\n\n{who}\n"),
    ("Naissance", "Bonjour à toute l'équipe !\n\nNotre petite Louise est née "
     "le 9 à Agen. Faut-il passer avec le livret de famille ? Merci pour le "
     "joli cadeau de naissance de l'an dernier pour son frère.\n\n{who}\n"),
    ("Transport scolaire", "Bonjour,\nla carte de bus de mon fils n'est "
     "toujours pas arrivée et le chauffeur menace de ne plus le prendre. La "
     "région me renvoie vers vous. Merci de me rappeler d'urgence au 06 98 "
     "76 54 32.\n{who}\n"),
    ("photo du trou", "Voici la photo\n\nEnvoyé de mon iPhone\n"),
    ("Recours gracieux", "Monsieur le Maire,\n\nPar la présente, je forme un "
     "recours gracieux contre votre arrêté du 4 courant refusant ma "
     "déclaration préalable. Vous disposez d'un délai de deux mois pour me "
     "répondre, faute de quoi je saisirai le tribunal administratif.\n\n"
     "Veuillez agréer, Monsieur le Maire, mes salutations distinguées.\n\n"
     "{who}\n"),
    ("MERCI", "MERCI A TOUTE L EQUIPE POUR LE COLIS DE NOEL DES ANCIENS IL ETAIT "
     "TRES BON ET LE REPAS AUSSI. BONNE ANNEE A TOUS\n{who}\n"),
    ("attestation d'hébergement", "Bonjour,\n\nPour l'attestation d'accueil de "
     "ma belle-mère (elle vient d'Algérie), le timbre fiscal de 30 euros "
     "s'achète bien sur timbres.impots.gouv.fr ? Puis-je payer chez vous par "
     "carte ?\n\n{who}\n"),
    ("Subvention", "Bonjour Madame,\n\nmon fils est qualifié pour le "
     "championnat de France de judo, le déplacement coûte 400 €. La commune "
     "peut elle nous aider, par un don ou une subvention ?\n\nMerci\n{who}\n"),
]


def citizens():
    out = []
    for i, (subject, text) in enumerate(LETTERS):
        name, local, via = CITIZENS[i % len(CITIZENS)]
        other = CITIZENS[(i * 7 + 5) % len(CITIZENS)]
        out.append(letter(i, name, local, via, subject, text))
        if i % 2 == 0:
            out.append(letter(i + 40, *other, *LETTERS[(i + 9) %
                                                       len(LETTERS)]))
    return out


def letter(i, name, local, via, subject, text):
    attach = []
    if "photo" in text:
        attach.append((f"IMG_2024{i:04}.jpg", *JPEG))
    elif "joint" in text or "transmets" in text:
        attach.append((f"scan{i}.pdf", "application/pdf", pdf()))
    shown = name if i % 5 else local
    return Mail("ham", "citizen", f"{shown} <{local}@{DOMAIN_OF[via]}>",
                subject if subject != "(sans objet)" else "",
                text.format(who=name), via=via, attach=attach)


# -- the State and its like -------------------------------------------------------

def state():
    def m(sender, subject, text, **more):
        return Mail("ham", "state", sender, subject, text,
                    via=more.pop("via", "state"), **more)
    joint = [("circulaire.pdf", "application/pdf", pdf())]
    return [
        m("Préfecture 47 - Bureau des élections "
          "<pref-elections@lot-et-garonne.gouv.fr>",
          "URGENT - Municipales : dépôt des candidatures",
          "Mesdames et Messieurs les Maires,\n\nVeuillez trouver ci-joint la "
          "circulaire relative à l'organisation des élections. Le dépôt des "
          "candidatures est ouvert jusqu'au jeudi 26 février à 18 heures, "
          "délai de rigueur. Je vous remercie de confirmer la bonne "
          "réception de ce message.\n\nLe bureau des élections\n",
          attach=joint),
        m("\"SPL-PREF47\" <pref-collectivites@lot-et-garonne.gouv.fr>",
          "DETR 2025 - Appel à projets",
          "Madame, Monsieur le Maire,\n\nL'appel à projets DETR est ouvert. "
          "Les dossiers sont à déposer sur demarches-simplifiees.fr avant le "
          "15 décembre.\n\nCordialement,\n",
          links=[("Déposer un dossier", "https://www.demarches-simplifiees.fr/"
                  "commencer/detr-47")], attach=joint),
        m("SGC Agen <sgc.agen@dgfip.finances.gouv.fr>",
          "Rejet du mandat 412 - RIB non conforme",
          "Bonjour,\n\nLe mandat 412 est rejeté : les coordonnées bancaires "
          "du fournisseur ont changé et le nouveau RIB n'est pas joint. Merci "
          "de réémettre le mandat avec le RIB du bénéficiaire avant le "
          "virement de vendredi.\n\nLe service de gestion comptable\n"),
        m("Direction générale des finances publiques "
          "<ne-pas-repondre@dgfip.finances.gouv.fr>",
          "Votre avis de taxe foncière est disponible",
          "Bonjour,\n\nL'avis de taxe foncière de la commune est disponible "
          "dans votre espace professionnel sur impots.gouv.fr. Montant à "
          "payer : 1 284 €, avant le 15 octobre.\n\nLa DGFiP ne demande "
          "jamais vos identifiants ni votre numéro de carte bancaire par "
          "courriel.\n", via="robot", html="both",
          links=[("Accéder à mon espace", "https://cfspro.impots.gouv.fr/")],
          extra=[("Auto-Submitted", "auto-generated")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("ANTS <ne-pas-repondre@ants.gouv.fr>",
          "Titres : votre dispositif de recueil est suspendu ce soir",
          "Bonjour,\n\nUne mise à jour du dispositif de recueil aura lieu ce "
          "soir. Le service sera suspendu de 19 h à 23 h. Votre compte et "
          "votre carte agent restent valables.\n", via="robot",
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("Gendarmerie COB Agen <cob.agen@gendarmerie.interieur.gouv.fr>",
          "Convocation réunion participation citoyenne",
          "Monsieur le Maire,\n\nJe vous convie à une réunion le 9 avril à "
          "10 h en mairie. Plusieurs cambriolages ont été commis ; la brigade "
          "demande de la discrétion sur l'enquête.\n\nMajor X, commandant la "
          "communauté de brigades\n"),
        m("\"chorus-pro\" <ne-pas-repondre@chorus-pro.gouv.fr>",
          "Chorus Pro - Une facture vous a été adressée",
          "Bonjour,\n\nLa facture F2026-118 du fournisseur ETS BERGER d'un "
          "montant de 1 240,00 € a été déposée à votre attention. "
          "Connectez-vous à votre espace pour la traiter.\n", via="robot",
          html="both", links=[("Accéder à Chorus Pro",
                               "https://portail.chorus-pro.gouv.fr/")],
          extra=[("Auto-Submitted", "auto-generated")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("INSEE Répertoire électoral <reu@insee.fr>",
          "REU : 3 radiations d'office à valider avant dimanche",
          "Bonjour,\n\nTrois électeurs ont été radiés d'office. Vous devez "
          "valider ces mouvements dans votre espace ELIRE avant dimanche "
          "minuit.\n", via="state"),
        m("CAF de Lot-et-Garonne <partenaires@caf47.caf.fr>",
          "Convention territoriale : pièces manquantes",
          "Bonjour,\n\nPour le paiement du solde de la prestation de service, "
          "merci de nous transmettre le compte de résultat et votre RIB mis à "
          "jour avant le 31 mars. À défaut, le versement sera suspendu.\n\n"
          "Le pôle partenaires\n", via="office"),
        m("Assurance Maladie <employeurs@assurance-maladie.fr>",
          "Subrogation : attestation de salaire à compléter",
          "Bonjour,\n\nL'attestation de salaire de votre agent est "
          "incomplète. Merci de la compléter sur net-entreprises.fr pour "
          "permettre le versement des indemnités.\n", via="office",
          links=[("net-entreprises", "https://www.net-entreprises.fr/")]),
        m("URSSAF <ne-pas-repondre@urssaf.fr>",
          "Votre échéance du 5 du mois",
          "Bonjour,\n\nVotre déclaration sociale nominative a été reçue. Le "
          "montant de 8 412,00 € sera prélevé le 5 sur votre compte.\n",
          via="robot", html="only",
          links=[("Mon compte en ligne", "https://www.urssaf.fr/portail/")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("Département 47 - Voirie <voirie.nord@lotetgaronne.fr>",
          "RD 813 : fermeture la nuit du 12 au 13",
          "Bonjour,\n\nEn raison de travaux d'enrobés urgents la RD 813 sera "
          "fermée de 21 h à 6 h. L'arrêté est joint, merci de l'afficher.\n",
          via="office", attach=[("arrete.pdf", "application/pdf", pdf())]),
        m("SDIS 47 <prevision@sdis47.fr>", "Contrôle des points d'eau incendie",
          "Bonjour,\n\nLe contrôle des poteaux 3, 7 et 12 a montré un débit "
          "insuffisant. Merci de vérifier avec votre syndicat et de nous "
          "confirmer la remise en état.\n", via="ovh"),
        m("Procureur TJ Agen <secretariat.parquet.tj-agen@justice.fr>",
          "Rappel à l'ordre - protocole",
          "Monsieur le Maire,\n\nVous trouverez le protocole de rappel à "
          "l'ordre à signer. Le tribunal reste à votre disposition.\n",
          via="state", attach=[("protocole.docx", *DOCX)]),
        m("Rectorat <ce.dsden47@ac-bordeaux.fr>", "Carte scolaire - fermeture "
          "d'une classe", "Madame, Monsieur le Maire,\n\nUne mesure de "
          "fermeture conditionnelle est envisagée. Vous pouvez faire valoir "
          "vos observations avant le 20.\n", via="state"),
        m("ARS DT47 <ars-dt47-sante-env@ars.sante.fr>",
          "Eau : restriction d'usage levée",
          "Bonjour,\n\nLa restriction de consommation est levée. Les "
          "nouvelles analyses sont conformes.\n", via="office"),
        m("CDG 47 <carrieres@cdg47.fr>", "Arrêté d'avancement à signer",
          "Bonjour,\n\nVeuillez trouver l'arrêté d'avancement d'échelon de "
          "Mme Roux et son bulletin de paie rectifié, à faire signer par le "
          "maire.\n", via="ovh",
          attach=[("arrete.odt", "application/vnd.oasis.opendocument.text",
                   office("content.xml"))]),
        m("Trésorerie hospitalière <t047025@dgfip.finances.gouv.fr>",
          "Relance amiable - titre 2211",
          "Bonjour,\n\nSauf erreur, le titre 2211 de 312,40 € reste impayé. "
          "Sans règlement sous 30 jours une mise en demeure sera émise. Vous "
          "pouvez payer sur payfip.gouv.fr.\n",
          links=[("PayFiP", "https://www.payfip.gouv.fr/tpa/accueilportail."
                  "web")]),
        m("Agence de l'eau <aides@eau-adour-garonne.fr>",
          "Notification d'aide : 48 200 €",
          "Madame, Monsieur le Maire,\n\nJ'ai le plaisir de vous informer que "
          "vous avez obtenu une aide de 48 200 €. Un acompte sera versé au "
          "vu du RIB et de l'ordre de service.\n", via="office"),
        m("France Services <contact@anct.gouv.fr>",
          "Dernier rappel : enquête France services à compléter sous 48 h",
          "Bonjour,\n\nSauf erreur de notre part vous n'avez pas complété "
          "l'enquête. Elle ferme dans 48 h. Cliquez sur le lien ci-dessous.\n",
          via="robot", html="both",
          links=[("Répondre", "https://grist.numerique.gouv.fr/o/anct/1")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
    ]


# -- who supplies, and what machines say ---------------------------------------------

def firms():
    def m(sender, subject, text, **more):
        return Mail("ham", "firm", sender, subject, text, **more)

    def bill(name):
        return [(name, "application/pdf", pdf("facture"))]
    return [
        m("ETS BERGER <compta@berger-btp.example>", "Facture F2026-118",
          "Bonjour,\n\nVeuillez trouver ci-joint notre facture d'un montant "
          "de 1 240,00 € TTC pour les travaux de la toiture. Règlement à 30 "
          "jours par virement, IBAN en pied de facture.\n\nCordialement,\nLe "
          "service comptabilité\n", attach=bill("F2026-118.pdf")),
        m("ETS BERGER <compta@berger-btp.example>",
          "Relance : facture F2026-118 échue",
          "Bonjour,\n\nSauf erreur de notre part, la facture F2026-118 reste "
          "impayée à ce jour. Merci de nous indiquer la date du virement. "
          "Sans nouvelles sous 8 jours, des intérêts de retard seront "
          "facturés.\n\nCordialement\n", attach=bill("F2026-118.pdf")),
        m("Sud Bureau <facturation@sud-bureau.example>",
          "Changement de coordonnées bancaires",
          "Madame, Monsieur,\n\nNous avons changé de banque. Merci d'utiliser "
          "le nouveau RIB ci-joint pour vos prochains règlements. Pour "
          "vérifier, appelez votre interlocuteur habituel au 05 53 00 00 00.\n"
          "\nLe service facturation\n", via="office", attach=bill("RIB.pdf")),
        m("Plomberie Lasserre <lasserre.plomberie@orange.fr>", "devis chaudiere "
          "ecole", "Bonjour\n\nvoici le devis pour la chaudiere de l'ecole. "
          "le prix est bon jusqu'au 30. si c'est ok faite moi un mail avec bon "
          "pour accord\n\nLasserre\n", via="orange",
          attach=bill("devis 2214.pdf")),
        m("Garage du Pont <garagedupont47@wanadoo.fr>", "facture kangoo",
          "bonjour ci joint la facture du kangoo, 312,60 euros. mon rib est "
          "dessus, merci de payer par virement\n", via="thunderbird",
          attach=bill("facture_kangoo.pdf")),
        m("EDF Entreprises <ne-pas-repondre@edf.fr>",
          "Votre facture du mois est disponible",
          "Bonjour,\n\nVotre facture de 3 412,70 € est disponible dans votre "
          "espace client. Elle sera prélevée le 15 sur votre compte bancaire.\n",
          via="robot", html="only",
          links=[("Mon espace client", "https://entreprises.edf.fr/espace")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("Enedis <ne-pas-repondre@enedis.fr>", "Interruption d'électricité pour "
          "travaux", "Bonjour,\n\nDes travaux nous obligent à suspendre "
          "l'alimentation du bâtiment MAIRIE le 14 de 9 h à 11 h.\n",
          via="robot", html="both",
          links=[("Suivre mon dossier", "https://mon-compte.enedis.fr/")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("Crédit Agricole Aquitaine <collectivites@ca-aquitaine.fr>",
          "Offre de prêt - rénovation de l'école",
          "Monsieur le Maire,\n\nSuite à notre rendez-vous, voici notre offre "
          "de prêt : 180 000 euros sur 20 ans au taux fixe de 3,42 %. L'offre "
          "est valable jusqu'au 30 avril.\n\nVotre chargée d'affaires\n",
          via="office", attach=bill("offre.pdf")),
        m("La Banque Postale <ne-pas-repondre@labanquepostale.fr>",
          "Nouveau message dans votre messagerie sécurisée",
          "Bonjour,\n\nUn nouveau message vous attend dans la messagerie "
          "sécurisée de votre espace client. Pour votre sécurité, nous ne "
          "vous demandons jamais vos codes par courriel.\n", via="robot",
          html="both", links=[("labanquepostale.fr",
                               "https://www.labanquepostale.fr/")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("Etude de Me Vidal <office.vidal.47021@notaires.fr>",
          "DIA parcelle AB 112 - vente Martin/Dupuis",
          "Madame, Monsieur,\n\nVeuillez trouver ci-joint une déclaration "
          "d'intention d'aliéner. Merci de nous faire connaître votre "
          "décision dans le délai de deux mois. Le prix, 148 000 euros, est "
          "strictement confidentiel.\n", via="office",
          attach=bill("DIA.pdf")),
        m("SCP Roques notaires <roques.associes@notaires.fr>",
          "Succession de Mme Lafon - legs à la commune",
          "Monsieur le Maire,\n\nMme Lafon, décédée le 2, a légué à la commune "
          "une somme de 25 000 euros par testament. La commune, bénéficiaire, "
          "doit accepter ce don par délibération. Je vous appelle pour "
          "l'héritage et les documents.\n", via="office"),
        m("Cabinet GEO-Sud <contact@geo-sud.example>", "Plans de bornage",
          "Bonjour,\n\nLes plans sont trop lourds : voici le lien, valable 7 "
          "jours.\n\nCordialement,\n", via="ovh",
          links=[("Télécharger", "https://we.tl/t-Ab12Cd34")]),
        m("Marie Lopez via WeTransfer <noreply@wetransfer.com>",
          "marie.lopez@archi-lopez.example vous a envoyé plans_ecole.zip via "
          "WeTransfer", "marie.lopez@archi-lopez.example vous a envoyé des "
          "fichiers. 3 éléments, 84 Mo au total. Expire le 21 mars.\n",
          via="robot", html="both",
          links=[("Récupérer vos fichiers",
                  "https://wetransfer.com/downloads/0a1b2c/d")],
          extra=[("Reply-To", "marie.lopez@archi-lopez.example")],
          auth="spf=pass;dkim=pass;dmarc=pass"),
        m("Bureau Véritas <agence47@bureau-controle.example>",
          "Rapport de vérification électrique",
          "Bonjour,\n\nLe rapport de vérification est joint. Trois points "
          "bloquants sont à corriger sans délai.\n", via="office",
          attach=[("rapports.zip", "application/zip",
                   archive(("rapport1.pdf", pdf()), ("rapport2.pdf", pdf())))]),
        m("Groupama <collectivites@groupama-oc.example>",
          "Sinistre 2024-88712 : pièces à fournir",
          "Bonjour,\n\nPour le remboursement de votre sinistre, merci de nous "
          "adresser les factures et un RIB. Indemnité estimée : 4 210 €.\n",
          via="office"),
        m("JVS Support <support@editeur-logiciel.example>",
          "Mise à jour obligatoire de votre logiciel comptable",
          "Bonjour,\n\nLa mise à jour 12.4 est obligatoire avant le 1er "
          "janvier (nomenclature M57). Sauvegardez, puis lancez la mise à "
          "jour depuis le menu. Ne communiquez jamais votre mot de passe, "
          "même à nos techniciens.\n", via="ovh"),
        m("Hébergeur <support@hebergeur-web.example>",
          "Votre espace de stockage est presque plein (91 %)",
          "Bonjour,\n\nL'espace de stockage de votre site est utilisé à 91 %. "
          "Pensez à supprimer d'anciens fichiers, ou changez d'offre dans "
          "votre espace client.\n", via="robot", html="both",
          links=[("Espace client", "https://manager.hebergeur-web.example/")],
          auth="spf=pass;dkim=pass;dmarc=none"),
        m("Sébastien Roy <s.roy@trait-urbain.example>",
          "Re: Re: PLU - règlement zone UB",
          "Bonjour,\n\nTout à fait d'accord. Je modifie l'article 7 et je vous "
          "renvoie le document ce soir.\n\nSébastien\n\n> Le 3 à 10:12, la "
          "mairie a écrit :\n> Peut-on valider ?\n", via="office",
          extra=[("In-Reply-To", "<81@mairie.example>"),
                 ("References", "<80@mairie.example> <81@mairie.example>")],
          attach=[("UB v4.docx", *DOCX), ("logo.png", *PNG)]),
        m("Pompes Funèbres Sicre <pf.sicre@gmail.com>",
          "Demande d'inhumation urgente",
          "Bonjour,\n\nMerci de nous retourner au plus vite l'autorisation "
          "d'inhumer pour M. Pons, cérémonie jeudi 14 h 30. La famille attend "
          "votre confirmation.\n\nPF Sicre\n", via="gmail",
          attach=bill("certificat.pdf")),
    ]


def markets():
    def m(sender, subject, text, **more):
        return Mail("transactional", "market", sender, subject, text,
                    via="robot", html=more.pop("html", "both"),
                    auth="spf=pass;dkim=pass;dmarc=pass", **more)
    return [
        m("AWS-Achat <ne-pas-repondre@marches-publics.info>",
          "Dépôt d'un pli - consultation 2024-03", "Un pli vient d'être déposé "
          "pour votre consultation.\n\nDate limite : vendredi 12 h.\n",
          links=[("Accéder à la consultation",
                  "https://www.marches-publics.info/accueil.htm")]),
        m("PLACE <nepasrepondre@marches-publics.gouv.fr>",
          "Alerte : 4 nouvelles consultations", "Quatre consultations "
          "correspondent à votre recherche.\n",
          links=[("Voir", "https://www.marches-publics.gouv.fr/app.php/1")]),
        m("e-marchespublics <alerte@e-marchespublics.com>",
          "Question d'une entreprise : marché voirie",
          "Une entreprise a posé une question. Vous devez répondre avant la "
          "date limite.\n",
          links=[("Répondre", "https://www.e-marchespublics.com/q/8812")]),
        m("BOAMP <ne-pas-repondre@dila.gouv.fr>",
          "Votre annonce n° 24-118822 est publiée", "Votre annonce a été "
          "publiée. La facture de 90,00 € vous sera adressée.\n",
          links=[("Consulter", "https://www.boamp.fr/avis/24-118822")]),
        m("S2low <nepasrepondre@s2low.org>",
          "Acquittement : délibération 2024-31", "L'acte 2024-31 a été "
          "acquitté par la préfecture.\n", html=None),
        m("Docaposte <ne-pas-repondre@fast.docapost.example>",
          "Un document est à signer dans votre parapheur",
          "Bonjour,\n\nUn document vous attend dans votre parapheur. Il expire "
          "dans 5 jours.\n",
          links=[("Signer", "https://parapheur.docapost.example/d/18")]),
        m("DocuSign EU System <dse@eumail.docusign.net>",
          "Complétez avec Docusign : convention.pdf",
          "Julie Roche vous a envoyé un document à vérifier et à signer.\n",
          links=[("VÉRIFIER LE DOCUMENT",
                  "https://eu.docusign.net/Signing/EmailStart.aspx?a=18")],
          extra=[("Reply-To", "j.roche@agglo-agen.example")]),
        m("Yousign <no-reply@yousign.app>", "Signature demandée : bail salle 2",
          "L'office notarial vous invite à signer un document.\n",
          links=[("Accéder au document", "https://yousign.app/procedure/a1")]),
    ]


def machines():
    def m(sender, subject, text, **more):
        return Mail("transactional", "machine", sender, subject, text,
                    via=more.pop("via", "robot"), html=more.pop("html", "both"),
                    auth="spf=pass;dkim=pass;dmarc=pass", **more)
    auto = [("Auto-Submitted", "auto-generated")]
    return [
        m("GED Mairie <support@logiciel-mairie.example>",
          "Réinitialisation de votre mot de passe",
          "Bonjour,\n\nUne demande de réinitialisation de mot de passe a été "
          "faite pour votre compte agent. Si vous en êtes à l'origine, "
          "cliquez sur le lien ci-dessous, valable 24 heures. Sinon ignorez "
          "ce message.\n", extra=auto,
          links=[("Choisir un nouveau mot de passe",
                  "https://app.logiciel-mairie.example/mdp/1")]),
        m("Doctolib <no-reply@doctolib.fr>", "Votre code de vérification",
          "Votre code de vérification est 482 913. Il expire dans 10 minutes. "
          "Ne le communiquez à personne.\n"),
        m("Équipe des comptes Microsoft "
          "<account-security-noreply@accountprotection.microsoft.com>",
          "Activité de connexion inhabituelle",
          "Nous avons détecté une connexion inhabituelle à votre compte "
          "ma****@outlook.fr. Si ce n'était pas vous, vérifiez votre "
          "activité récente.\n",
          links=[("Vérifier l'activité récente",
                  "https://account.live.com/activity")]),
        m("Google <no-reply@accounts.google.com>", "Alerte de sécurité",
          "Nouvelle connexion sur un appareil Windows. Si c'était vous, vous "
          "n'avez rien à faire.\n",
          links=[("Consulter l'activité",
                  "https://accounts.google.com/AccountChooser?x=1")]),
        m("Chronopost <ne-pas-repondre@chronopost.fr>",
          "Votre colis arrive demain", "Bonjour, votre colis XY123456789FR "
          "sera livré demain entre 8 h et 13 h. Suivez la livraison de votre "
          "colis en ligne.\n",
          links=[("Suivre mon colis", "https://www.chronopost.fr/suivi?c=1")]),
        m("La Poste <no-reply@notif-colissimo-laposte.info>",
          "Colissimo : votre colis est en cours de livraison",
          "Votre colis 6A12345678901 sera livré aujourd'hui.\n",
          links=[("Suivre", "https://www.laposte.fr/outils/suivre-vos-envois"
                  "?code=6A12345678901")]),
        m("Amazon.fr <expedition@amazon.fr>", "Votre commande a été expédiée",
          "Bonjour, votre commande 402-1881 a été expédiée. Livraison prévue "
          "mardi.\n", html="only",
          links=[("Suivre votre colis", "https://www.amazon.fr/gp/css")]),
        m("Manutan Collectivités <service.client@manutan.example>",
          "Confirmation de votre commande", "Merci de votre commande de 412,00 "
          "euros. Livraison gratuite sous 48 h.\n",
          links=[("Ma commande", "https://www.manutan.example/c/1")]),
        m("AR24 <ne-pas-repondre@ar24.fr>",
          "Lettre recommandée électronique : Cabinet Durieux",
          "Une lettre recommandée électronique vous est destinée. Vous avez "
          "15 jours pour l'accepter ou la refuser.\n",
          links=[("Accéder à mon recommandé", "https://app.ar24.fr/fr/1")]),
        m("Helios <noreply@helios-flux.example>", "Flux PES rejeté",
          "Le flux PES_18812 a été rejeté : IBAN invalide.\n", html=None,
          extra=auto),
        m("Teams <noreply@email.teams.microsoft.com>",
          "Rappel : réunion SCoT jeudi 14 h", "Vous êtes invité à la réunion "
          "SCoT. Rejoindre sur votre ordinateur.\n",
          links=[("Rejoindre la réunion",
                  "https://teams.microsoft.com/l/meetup/1")]),
        m("Zoom <no-reply@zoom.us>", "Votre inscription au webinaire",
          "Merci de votre inscription au webinaire sur la réforme.\n",
          links=[("Rejoindre", "https://us02web.zoom.us/w/8112")]),
        m("Supervision <nagios@supervision.hebergeur-web.example>",
          "** PROBLEM Service Alert: SRV-MAIRIE/DISK is CRITICAL **",
          "Notification Type: PROBLEM\nHost: SRV-MAIRIE\nState: CRITICAL\n"
          "DISK CRITICAL - free space: /srv 2 GB (4%)\n", html=None,
          extra=auto),
        m("Sauvegarde NAS <nas@copieur-mairie.example>",
          "[NAS-MAIRIE] Sauvegarde terminée avec des avertissements",
          "La tâche de sauvegarde est terminée. 2 fichiers n'ont pas été "
          "copiés.\n", html=None),
        m("France Travail <recrutement@francetravail.net>",
          "3 candidatures pour votre offre : agent technique",
          "Bonjour, trois candidats ont postulé. Consultez leurs profils dans "
          "votre espace recruteur.\n",
          links=[("Voir les candidatures",
                  "https://entreprise.francetravail.fr/1")]),
        m("SumUp <no-reply@sumup.com>", "Votre virement est en route",
          "Bonjour,\n\n214,50 € ont été versés sur le compte de la régie.\n",
          links=[("Voir le détail", "https://me.sumup.com/payouts")]),
        m("Netflix <info@account.netflix.com>", "Nouvelle connexion à Netflix",
          "Une nouvelle connexion a été détectée sur votre compte. Si c'était "
          "vous, aucune action n'est nécessaire.\n",
          links=[("Mon compte", "https://www.netflix.com/account")]),
        m("OVHcloud <support@ovhcloud.com>",
          "[Dernier rappel] Renouvellement de votre nom de domaine",
          "Votre nom de domaine expire dans 3 jours. Sans renouvellement vos "
          "services seront suspendus.\n",
          links=[("Renouveler", "https://www.ovhcloud.com/manager/")]),
    ]


# -- letters to many ---------------------------------------------------------------

def letters():
    def m(sender, subject, text, links, **more):
        return Mail("list", "newsletter", sender, subject, text,
                    via=more.pop("via", "brevo"), html=more.pop("html", "both"),
                    links=links, **more)
    off = "Se désinscrire"
    return [
        m("Banque des Territoires <lettre@info.banquedesterritoires.fr>",
          "Financer la rénovation des écoles : nos offres de prêt",
          "Au sommaire : le programme EduRénov, les offres de prêt pour les "
          "petites communes, nos webinaires gratuits. Profitez de taux "
          "réduits.\n", [("Lire", "https://info.banquedesterritoires.fr/a1"),
                         (off, "https://info.banquedesterritoires.fr/d")]),
        m("AMF <infos@amf.asso.fr>", "Statut de l'élu : ce qui change",
          "Chers collègues,\n\nLa loi est promulguée. Le décryptage de nos "
          "juristes, et les réponses à vos questions.\n",
          [("Lire la suite", "https://www.amf.asso.fr/doc/1"),
           (off, "https://www.amf.asso.fr/off")]),
        m("Maire-info <quotidien@maire-info.com>", "Maire info du jour",
          "Budget : ce que prévoit le texte. Amendes : les communes veulent "
          "leur part. Cybersécurité : hausse du hameçonnage au faux "
          "remboursement des impôts.\n",
          [("Lire l'édition", "https://www.maire-info.com/e/1"),
           (off, "https://www.maire-info.com/off")], via="mailjet"),
        m("La Gazette des communes <newsletter@lagazettedescommunes.example>",
          "Responsabilité des élus : dernière chance de s'inscrire",
          "Plus que 24 h pour profiter de 30 % de remise sur notre journée "
          "d'étude. Offre exclusive pour nos abonnés.\n",
          [("Je m'inscris", "https://www.lagazettedescommunes.example/j"),
           (off, "https://www.lagazettedescommunes.example/off")],
          via="mailjet"),
        m("UGAP <communication@ugap.fr>",
          "Véhicules électriques : jusqu'à 30 % de remise",
          "Profitez de nos offres exclusives : remise de 30 %, livraison "
          "gratuite, offre valable jusqu'au 30 avril.\n",
          [("Découvrir l'offre", "https://actu.ugap.fr/vehicules"),
           (off, "https://actu.ugap.fr/off")], html="only"),
        m("Syndicat d'énergie <communication@te47.fr>",
          "Bornes de recharge : la carte à 3 €", "Le syndicat vous informe : "
          "la nouvelle carte, les tarifs, et le cadeau de bienvenue.\n",
          [("En savoir plus", "https://www.te47.fr/bornes"),
           (off, "https://www.te47.fr/off")]),
        m("SEM Habitat <lettre@habitat47.fr>", "La lettre du bailleur n° 31",
          "Nos chantiers, nos logements disponibles, l'aide au loyer.\n",
          [("Lire la lettre", "https://www.habitat47.fr/l31")]),
        m("Médiathèque départementale <mediatheque@lotetgaronne.fr>",
          "Le programme du mois", "Expositions, rencontres d'auteurs, contes. "
          "Entrée gratuite.\n",
          [("Programme", "https://mediatheque.lotetgaronne.fr/p")],
          via="mailjet"),
        m("Association des maires 47 <contact@amf47.fr>",
          "Formation : la responsabilité pénale du maire, dernières places",
          "Chers collègues,\n\nIl reste des places le 8 avril. Gratuit pour "
          "les adhérents, date limite le 2. Cliquez sur le lien.\n",
          [("Je m'inscris", "https://www.amf47.fr/formation")], via="ovh",
          html="only"),
        m("CNAS <actu@cnas.fr>", "Vos avantages : gagnez un séjour !",
          "Participez au grand jeu et gagnez un séjour à la montagne. Chèques "
          "vacances, prêts à taux réduit, cadeaux de fin d'année.\n",
          [("Jouer", "https://www.cnas.fr/jeu"), (off,
                                                  "https://www.cnas.fr/off")]),
        m("ANSSI - CERT-FR <liste@cert.ssi.gouv.fr>",
          "Alerte : hameçonnage visant les collectivités",
          "Des courriels usurpant l'identité du maire demandent l'achat de "
          "cartes cadeaux ou un virement urgent. D'autres annoncent une boîte "
          "de messagerie pleine et demandent le mot de passe. Ne cliquez pas "
          "sur ces liens.\n", [("Le bulletin",
                               "https://www.cert.ssi.gouv.fr/alerte/1")],
          via="mailjet"),
        m("Cybermalveillance.gouv.fr <alerte@cybermalveillance.gouv.fr>",
          "Alerte : faux messages de l'ANTAI et de l'Assurance Maladie",
          "Attention aux faux avis d'amende à payer et aux fausses mises à "
          "jour de la carte Vitale. L'administration ne demande jamais de "
          "coordonnées bancaires par message.\n",
          [("Que faire ?", "https://www.cybermalveillance.gouv.fr/a")]),
        m("Wesco <catalogue@wesco-crea.example>",
          "-20 % sur tout le mobilier d'école jusqu'à dimanche",
          "Offre spéciale rentrée ! Livraison offerte dès 150 €.\n",
          [("J'en profite", "https://www.wesco-crea.example/p"),
           (off, "https://www.wesco-crea.example/off")], html="only"),
        m("Decathlon Pro <contact@news.decathlonpro.fr>",
          "Équipez votre club : -15 %", "Profitez de la remise sur les buts "
          "et les ballons.\n",
          [("Voir", "https://news.decathlonpro.fr/c"),
           (off, "https://news.decathlonpro.fr/off")], html="only",
          via="mailjet"),
        m("Collège des élus <liste-elus@listes.agglo-agen.example>",
          "[elus] Compte rendu du bureau du 12",
          "Bonjour à tous,\n\nCi-joint le compte rendu. Merci de me signaler "
          "vos corrections avant vendredi.\n", [], via="ovh", html=None,
          extra=[("List-Id", "<elus.listes.agglo-agen.example>"),
                 ("List-Post", "<mailto:elus@listes.agglo-agen.example>")],
          rpath="elus-bounces@listes.agglo-agen.example"),
        m("Secrétaires de mairie 47 <marie.t@mairie-nerac.example>",
          "[secretaires] Re: modèle d'arrêté", "Bonjour,\n\nIci on met "
          "« vu le code général ». Tu peux reprendre le nôtre.\n\nMarie\n", [],
          via="ovh", html=None,
          extra=[("List-Id", "<secretaires.listes.cdg47.example>"),
                 ("In-Reply-To", "<12@mairie-nerac.example>")],
          rpath="secretaires-bounces@listes.cdg47.example"),
    ]


# -- neighbours -------------------------------------------------------------------

def neighbours():
    def m(sender, subject, text, **more):
        return Mail("ham", "neighbour", sender, subject, text, **more)
    return [
        m("Mairie de Nérac <mairie.nerac@wanadoo.fr>",
          "Convention de mise à disposition",
          "Bonjour,\n\nVoici la convention signée par notre maire. Merci de "
          "nous retourner un exemplaire.\n\nLe secrétariat\n",
          via="thunderbird", attach=[("convention.pdf", "application/pdf",
                                      pdf())]),
        m("Mairie Moncrabeau <commune-moncrabeau@orange.fr>",
          "radiation liste électorale",
          "Bonjour,\n\nMme Pons s'est inscrite chez nous, merci de la "
          "radier.\n\nBonne journée\n", via="orange"),
        m("Secrétariat du Maire <secretariat@mairie-nerac.example>",
          "Rendez-vous avec M. le Maire",
          "Bonjour,\n\nLe maire souhaite rencontrer votre maire au sujet du "
          "SIVU. Est-il disponible mardi ou jeudi ?\n\nBien à vous\n",
          via="ovh"),
        m("Jacques Pons <j.pons47@orange.fr>", "TR: Plan de financement voirie",
          "Pour info.\nJP\n\nEnvoyé de mon iPhone\n\nDébut du message "
          "transféré :\n> Voici le plan.\n", via="orange",
          attach=[("plan.docx", *DOCX)]),
        m("Françoise Lamothe, adjointe <lamothe.fr@gmail.com>",
          "absence au conseil", "Bonsoir Nathalie,\nje ne pourrai pas venir au "
          "conseil de jeudi, je donne pouvoir au maire. Peux tu imprimer le "
          "papier je passerai le signer demain ?\nFrançoise\n", via="gmail"),
        m("Le Maire - Bernard Costes <bernard.costes@wanadoo.fr>",
          "parapheur", "Nathalie,\nje serai en réunion à la préfecture toute "
          "la matinée. Laissez moi le parapheur, je passe signer les mandats "
          "à 14h. Et rappelez le notaire pour la vente.\nB. Costes\n",
          via="thunderbird"),
        m("bernard costes <bernard.costes@wanadoo.fr>", "Re: facture berger",
          "ok vous pouvez payer\n\n> Bonjour M. le Maire, faut-il régler la "
          "facture Berger de 1240 euros ?\n", via="thunderbird",
          extra=[("In-Reply-To", "<77@mairie.example>")]),
        m("Association Les Amis du Lavoir <amisdulavoir@laposte.net>",
          "Demande de salle pour notre assemblée générale",
          "Madame la Secrétaire,\n\nNotre assemblée générale aura lieu le 14 "
          "mars à 18 h. Pourrions-nous réserver la salle des fêtes ?\n\n"
          "Bien cordialement,\nLe président\n", via="laposte"),
        m("Le Président du Comité des fêtes <comitedesfetes.stlaurent@gmail.com>",
          "Subvention et feu d'artifice", "Monsieur le Maire,\n\nNous "
          "sollicitons une subvention de 1 500 euros. Le RIB de l'association "
          "n'a pas changé. Il faudrait un virement avant la fête car "
          "l'artificier veut un acompte.\n\nLe président\n", via="gmail",
          attach=[("budget.xlsx", *XLSX)]),
        m("ADMR du Causse <admr.causse@orange.fr>", "Bénévoles",
          "Bonjour, pourriez-vous mettre notre annonce dans le bulletin ? "
          "Nous cherchons des bénévoles pour rompre la solitude de nos "
          "aînés : visites, rencontres, goûters.\n", via="orange"),
        m("APE École <ape.stlaurent47@gmail.com>", "Loterie de l'école : des "
          "lots ?", "Bonjour !\n\nNous organisons la loterie de l'école. La "
          "mairie peut-elle offrir un lot ou un cadeau ? Le gros lot à gagner "
          "est un vélo. Merci !!!\n", via="gmail"),
        m("Directrice École <ce.0470123x@ac-bordeaux.fr>",
          "Effectifs et kermesse", "Bonjour,\n\nVoici les effectifs prévus : "
          "112 élèves. La kermesse aura lieu le 27 juin ; pourriez-vous nous "
          "prêter les tables et la sono ?\n\nLa directrice\n", via="state"),
        m("Collège <intendance.0470999y@ac-bordeaux.fr>", "Repas du mois",
          "Bonjour,\n\nLe décompte des repas est joint, à payer avant le 30 "
          "par virement.\n", via="state",
          attach=[("repas.xlsx", *XLSX)]),
        m("EHPAD Les Tilleuls <direction.tilleuls@wanadoo.fr>",
          "Vote par procuration", "Bonjour,\n\nHuit résidents souhaitent voter "
          "par procuration. Comment procéder ?\n", via="thunderbird"),
        m("Paroisse <presbytere.stlaurent@laposte.net>", "messes de Noël",
          "Bonjour, la messe de Noël sera à 18 h. Dieu vous bénisse. Merci de "
          "faire ouvrir l'église et de mettre le chauffage. Père Joseph\n",
          via="laposte"),
        m("Le Petit Bleu <redaction@petitbleu.example>",
          "Question pour un article", "Bonjour, je prépare un article sur la "
          "fermeture du bureau de poste. Le maire pourrait-il me rappeler "
          "aujourd'hui ? C'est assez urgent, je boucle à 18 h. Merci !\n",
          via="office"),
        m("Zimbra Centre de gestion <assistance@cdg47.fr>",
          "Maintenance de la messagerie samedi",
          "Bonjour,\n\nUne maintenance de la messagerie aura lieu samedi de "
          "22 h à 23 h. Votre boîte sera inaccessible. Aucune action n'est "
          "nécessaire de votre part, ne donnez votre mot de passe à "
          "personne.\n", via="ovh"),
        m("Assistance informatique CDG <assistance@cdg47.fr>",
          "Votre boîte est pleine à 95 %", "Bonjour Nathalie,\n\nVotre boîte "
          "est pleine à 95 %. Pensez à vider la corbeille et les envoyés. Si "
          "besoin, appelez-nous et on augmente le quota.\n\nKevin\n",
          via="ovh"),
        m("SMICTOM <accueil@smictom-causse.example>", "Collecte du 1er mai",
          "Bonjour,\n\nLa collecte du 1er mai est reportée au samedi. Merci "
          "d'en informer les habitants.\n", via="ovh"),
        m("Syndicat des eaux <contact@eau47.fr>", "Coupure d'eau mardi 17",
          "Madame, Monsieur le Maire,\n\nEn raison de travaux urgents la "
          "distribution sera suspendue mardi de 9 h à 12 h. Merci d'en "
          "informer les habitants.\n", via="ovh"),
        m("Docteur Petit <cabinet.petit@medecin.mssante.example>",
          "Vaccination au centre social", "Bonjour,\nje vous confirme ma "
          "présence mardi pour la séance de vaccination. Merci de prévoir un "
          "réfrigérateur.\nDr Petit\n", via="office"),
        m("Candidature Karim Haddad <karim.haddad.pro@gmail.com>",
          "Candidature agent technique - CV",
          "Madame, Monsieur,\n\nJe vous adresse ma candidature. Vous trouverez "
          "ci-joint mon CV et ma lettre. Je suis disponible immédiatement.\n\n"
          "Karim Haddad\n", via="gmail",
          attach=[("CV_Haddad.pdf", "application/pdf", pdf()),
                  ("lettre.docx", *DOCX)]),
        m("Stage Lina <lina.moreau2009@outlook.fr>", "demande de stage 3eme",
          "Bonjour je suis en 3ème et je cherche un stage d'observation d'une "
          "semaine en décembre, est ce possible à la mairie ? merci "
          "beaucoup\nLina\n", via="outlook"),
        m("Généalogie <d.whitfield@btinternet.example>",
          "Family research - birth record 1842",
          "Dear Sir or Madam,\n\nI am tracing my family history. My ancestor "
          "Jean Pons was born in your village in 1842. Could you kindly send "
          "me a copy of the record? I will gladly pay any fee.\n\nYours "
          "faithfully,\nDavid Whitfield\n", via="office"),
    ]


# -- invitations and copiers -----------------------------------------------------------

ICS = ("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nPRODID:-//x//FR\r\nVERSION:2.0\r\n"
       "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:20250312T130000Z\r\nDTEND:"
       "20250312T143000Z\r\nSUMMARY:{what}\r\nORGANIZER:mailto:{who}\r\n"
       "END:VEVENT\r\nEND:VCALENDAR\r\n")


def invitations():
    out = []
    for i, (sender, what, via) in enumerate((
            ("Claire Roche <c.roche@agglo-agen.example>", "Comité de pilotage "
             "PCAET", "office"),
            ("Sous-préfecture <sp-nerac@lot-et-garonne.gouv.fr>",
             "Commission de sécurité", "state"),
            ("Paul Durand <paul.durand@gmail.com>",
             "Invitation : point mobilité, mar. 12 mars 14:00", "gmail"),
            ("SIVU Écoles <sivu.ecoles@orange.fr>", "Conseil syndical",
             "orange"),
            ("Julien Mas <j.mas@architecte-mas.example>", "Réunion de chantier "
             "n° 14", "office"))):
        ics = ICS.format(uid=i, what=what, who=sender.rpartition("<")[2][:-1])
        out.append(Mail("ham", "calendar", sender, what,
                        f"Vous êtes invité : {what}\nQuand : 12 mars 2025 14:00"
                        "\nOù : salle du conseil\n", via=via,
                        attach=[("invite.ics", "text/calendar; method=REQUEST",
                                 ics.encode())]))
    return out


def copiers():
    out = []
    for i, (sender, subject, text, name) in enumerate((
            ("COPIEUR ACCUEIL <copieur@saint-laurent-du-causse.example>",
             "Message de copieur-accueil", "", "doc00412520240318.pdf"),
            ("scanner@saint-laurent-du-causse.example", "Numérisation",
             "Ce message a été envoyé par KM_C250i.\n", "SKM_C250i24.pdf"),
            ("RICOH <ricoh.mairie@orange.fr>", "Scan",
             "Cet e-mail a été envoyé depuis \"RNP002673\".\n",
             "20240502101122.pdf"),
            ("Canon iR-ADV <noreply@copieur-mairie.example>",
             "Attached Image", "", "0412_001.pdf"))):
        out.append(Mail("transactional", "copier", sender, subject, text,
                        via="orange" if "orange" in sender else "robot",
                        auth="spf=none;dkim=none;dmarc=none",
                        attach=[(name, "application/pdf", pdf())]))
    return out


# -- automatic -----------------------------------------------------------------------

DSN = """Content-Type: multipart/report; report-type=delivery-status; boundary="dsn{n}"

--dsn{n}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{text}
--dsn{n}
Content-Type: message/delivery-status

Reporting-MTA: dns; {mta}

Final-Recipient: rfc822; {rcpt}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {code}

--dsn{n}
Content-Type: message/rfc822

From: mairie@saint-laurent-du-causse.example
To: {rcpt}
Subject: Bulletin municipal
Message-ID: <{n}@saint-laurent-du-causse.example>

Bonjour, veuillez trouver le bulletin municipal.
--dsn{n}--
"""


def automatic():
    out = []
    for n, (sender, subject, text, rcpt, action, status, code) in enumerate((
            ("Mail Delivery System <MAILER-DAEMON@smtp.smtpout.orange.fr>",
             "Undelivered Mail Returned to Sender",
             "This is the mail system. I'm sorry to have to inform you that "
             "your message could not be delivered.", "x@orange.fr", "failed",
             "5.1.1", "550 5.1.1 Adresse d au moins un destinataire invalide. "
             "OFR_416"),
            ("Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
             "Delivery Status Notification (Failure)",
             "Adresse introuvable. Votre message n'est pas parvenu à "
             "l'adresse x@gmail.com.", "x@gmail.com", "failed", "5.1.1",
             "550-5.1.1 The email account that you tried to reach does not "
             "exist."),
            ("postmaster@outlook.com <postmaster@outlook.com>",
             "Non remis : Bulletin municipal",
             "Votre message pour x@hotmail.fr n'a pas pu être remis.",
             "x@hotmail.fr", "failed", "5.5.0", "550 5.5.0 Requested action "
             "not taken: mailbox unavailable"),
            ("MAILER-DAEMON@free.fr <MAILER-DAEMON@free.fr>",
             "Warning: could not send message for past 4 hours",
             "Ceci est un simple avertissement, vous n'avez rien à faire.",
             "x@free.fr", "delayed", "4.2.2", "452 4.2.2 Over quota"))):
        out.append(Mail("dsn", "report", sender, subject, "", via="robot",
                        rpath="", auth="spf=none;dkim=pass;dmarc=pass",
                        extra=[("Auto-Submitted", "auto-replied")],
                        raw=DSN.format(n=n, text=text, mta="mx.fai.example",
                                       rcpt=rcpt, action=action, status=status,
                                       code=code)))
    for sender, subject, text, via, rpath in (
            ("Claire Roche <c.roche@agglo-agen.example>",
             "Réponse automatique : Bulletin", "Bonjour,\n\nJe suis absente "
             "jusqu'au 28. En cas d'urgence appelez l'accueil au 05 53 00 00 "
             "00.\n", "office", ""),
            ("Ginette Pons <ginette.pons82@orange.fr>", "Absence",
             "Je suis en vacances, je vous répondrai à mon retour.\n",
             "orange", "ginette.pons82@orange.fr"),
            ("Service client <service.client@manutan.example>",
             "Accusé de réception de votre demande [#882211]",
             "Bonjour,\n\nNous avons bien reçu votre demande. Un conseiller "
             "vous répondra sous 48 h. Merci de ne pas répondre à ce "
             "message.\n", "robot", "service.client@manutan.example"),
            ("Paul Durand <paul.durand@gmail.com>", "Vacances Re: cantine",
             "Absent jusqu'à lundi.\n", "gmail", "")):
        out.append(Mail("autoreply", "vacation", sender, subject, text,
                        via=via, rpath=rpath,
                        extra=[("Auto-Submitted", "auto-replied"),
                               ("Precedence", "auto_reply")]))
    return out


def mails():
    out = citizens() + state() + firms() + markets() + machines() + \
        letters() + neighbours() + invitations() + copiers()
    random.Random(6).shuffle(out)
    return out + automatic()
