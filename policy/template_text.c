/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in texts: "vous", plain words, no jargon, and each says what to do,
 * until when, and whom to ask.  No-break spaces (U+00A0) before ; : ? ! and
 * within quotation marks.
 */
#include "policy/template.h"

#define N "\u00a0"

#define CONTACT_FR                                                             \
	"{{operator}}\n"                                                       \
	"{{#help}}Aide" N ": {{help}}{{/help}}\n"                              \
	"{{#dpo}}Données personnelles" N ": {{dpo}}{{/dpo}}\n"               \
	"{{#notice}}Information" N ": {{notice}}{{/notice}}\n"
#define CONTACT_EN                                                             \
	"{{operator}}\n"                                                       \
	"{{#help}}Help: {{help}}{{/help}}\n"                                   \
	"{{#dpo}}Data protection: {{dpo}}{{/dpo}}\n"                           \
	"{{#notice}}Privacy notice: {{notice}}{{/notice}}\n"
/* For those who act on it every week: the notice says the rest. */
#define HELP_FR                                                                \
	"{{operator}}\n"                                                       \
	"{{#help}}Aide" N ": {{help}}{{/help}}\n"                              \
	"{{#notice}}Information" N ": {{notice}}{{/notice}}\n"
#define HELP_EN                                                                \
	"{{operator}}\n"                                                       \
	"{{#help}}Help: {{help}}{{/help}}\n"                                   \
	"{{#notice}}Privacy notice: {{notice}}{{/notice}}\n"

/* --- To a first-time sender ------------------------------------------------ */

static const char challenge_fr[] =
    "Subject: Auto: confirmation de votre message\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "Votre message du {{date}} est bien arrivé pour" N ":\n"
    "\n"
    "{{addresses}}\n"
    "\n"
    "C'est votre premier message à "
    "{{#one}}cette adresse{{/one}}{{#many}}ces adresses{{/many}}. Pour écarter "
    "les courriels indésirables, notre filtre de messagerie le garde et le "
    "remettra dès votre confirmation. Une seule fois suffit.\n"
    "\n"
    "Ouvrez cette page et appuyez sur «" N "Confirmer mon envoi" N "»" N ":\n"
    "\n"
    "{{link}}\n"
    "\n"
    "Code{{#button}}, si la page le demande{{/button}}"
    "{{#code}} à saisir{{/code}}" N ": {{code}}\n"
    "\n"
    "Ou répondez simplement à ce courriel. Sans confirmation avant le "
    "{{expiry}}, votre message pourra être supprimé sans être lu.\n"
    "\n"
    "Vous n'avez rien envoyé" N "? Sur cette page, choisissez «" N
    "Ce n'est pas moi" N "» et saisissez le code" N ": nous ne vous écrirons "
    "plus.\n"
    "\n"
    CONTACT_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Premier message à cette adresse" N ": nous le gardons. Confirmez-le sur la "
    "page ci-dessus ou répondez à ce courriel avant le {{expiry}}, sinon il "
    "pourra être supprimé. Rien envoyé" N "? Choisissez «" N
    "Ce n'est pas moi" N "» et saisissez le code.\n"
    "{{/second}}\n";

static const char challenge_en[] =
    "Subject: Auto: please confirm your message\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "Your message of {{date}} has arrived for:\n"
    "\n"
    "{{addresses}}\n"
    "\n"
    "It is the first time that you write to "
    "{{#one}}this address{{/one}}{{#many}}these addresses{{/many}}. To keep "
    "out unwanted mail, our mail filter holds your message, and delivers it "
    "as soon as you confirm that you sent it. Once is enough.\n"
    "\n"
    "Open this page and press \"Confirm my message\":\n"
    "\n"
    "{{link}}\n"
    "\n"
    "Code{{#button}}, if the page asks for it{{/button}}"
    "{{#code}} to enter{{/code}}: {{code}}\n"
    "\n"
    "Or just reply to this mail. If you have not confirmed before {{expiry}}, "
    "your message may be deleted unread.\n"
    "\n"
    "You sent nothing? On that page, choose \"It was not me\" and enter the "
    "code: we will not write to you again.\n"
    "\n"
    CONTACT_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "It is your first message here, so we hold it. Open the page above and "
    "press the button (code{{#button}}, if asked{{/button}}: {{code}}), or "
    "just reply, before {{expiry}}. After that it may be deleted unread. Sent "
    "nothing? Choose "
    "\"It was not me\" and enter the code.\n"
    "{{/second}}\n";

/* --- To a sender: it was not delivered -------------------------------------- */

static const char end_fr[] =
    "Subject: Votre message n'a pas été remis (undelivered mail)\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "Votre message du {{date}} n'a pas été remis à" N ":\n"
    "\n"
    "{{addresses}}\n"
    "\n"
    "{{#unconfirmed}}\n"
    "C'était votre premier message à cette adresse. Nous vous avons écrit pour "
    "vous demander de le confirmer et nous n'avons pas reçu de réponse à "
    "temps. Votre correspondant ne l'a pas demandé non plus" N ": le message "
    "a été supprimé sans avoir été lu.\n"
    "\n"
    "Notre demande est peut-être dans votre dossier des indésirables. Si vous "
    "envoyez de nouveau votre message, il est possible que nous ne vous "
    "écrivions pas une seconde fois.\n"
    "{{/unconfirmed}}\n"
    "{{#unasked}}\n"
    "C'était votre premier message à cette adresse. Il a été gardé en attente, "
    "sans que nous puissions vous écrire pour vous demander de le confirmer. "
    "Votre correspondant ne l'a pas demandé" N ": le message a été supprimé "
    "sans avoir été lu. Vous n'avez commis aucune erreur.\n"
    "{{/unasked}}\n"
    "{{#refused}}\n"
    "Nous l'avons transmis, mais le serveur de messagerie de votre "
    "correspondant l'a refusé. Sa réponse se trouve dans les détails "
    "techniques joints.\n"
    "{{/refused}}\n"
    "{{#gaveup}}\n"
    "Nous avons essayé de le remettre pendant plusieurs jours, sans succès. "
    "Les détails techniques sont joints.\n"
    "{{/gaveup}}\n"
    "\n"
    "Si votre message est important, joignez votre correspondant par un autre "
    "moyen" N ": téléphone, courrier ou guichet."
    "{{#help}} Nous pouvons aussi vous aider.{{/help}}\n"
    "\n"
    CONTACT_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Votre message du {{date}} n'a pas été remis à l'adresse ci-dessus. "
    "{{#unconfirmed}}C'était le premier" N "; nous vous avons demandé de le "
    "confirmer, sans réponse à temps" N ": il a été supprimé."
    "{{/unconfirmed}}"
    "{{#unasked}}C'était le premier" N "; il a été gardé sans que nous "
    "puissions vous écrire, puis supprimé.{{/unasked}}"
    "{{#refused}}Le serveur du destinataire l'a refusé.{{/refused}}"
    "{{#gaveup}}Il n'a pas pu être remis pendant plusieurs jours.{{/gaveup}}\n"
    "{{/second}}\n";

static const char end_en[] =
    "Subject: Your message was not delivered\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "Your message of {{date}} was not delivered to:\n"
    "\n"
    "{{addresses}}\n"
    "\n"
    "{{#unconfirmed}}\n"
    "It was your first message to this address. We wrote to you to ask you to "
    "confirm it and did not hear from you in time. Your correspondent did not "
    "ask for it either: the message was deleted unread.\n"
    "\n"
    "Our request may be in your junk folder. If you send your message again, "
    "we may not write to you a second time.\n"
    "{{/unconfirmed}}\n"
    "{{#unasked}}\n"
    "It was your first message to this address. It was held, and we were not "
    "able to write to you to ask you to confirm it. Your correspondent did "
    "not ask for it: the message was deleted unread. You did nothing wrong.\n"
    "{{/unasked}}\n"
    "{{#refused}}\n"
    "We passed it on, but your correspondent's mail server refused it. Its "
    "answer is in the technical details attached.\n"
    "{{/refused}}\n"
    "{{#gaveup}}\n"
    "We tried to deliver it for several days, without success. Technical "
    "details are attached.\n"
    "{{/gaveup}}\n"
    "\n"
    "If your message is important, please reach your correspondent by other "
    "means: by telephone, by letter or in person."
    "{{#help}} We can help you too.{{/help}}\n"
    "\n"
    CONTACT_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "Your message of {{date}} was not delivered to the address above. "
    "{{#unconfirmed}}It was the first that you sent there; we asked you to "
    "confirm it and did not hear from you in time, so it was deleted."
    "{{/unconfirmed}}"
    "{{#unasked}}It was the first that you sent there; we were not able to ask "
    "you to confirm it, and its recipient did not ask for it in time, so it "
    "was deleted.{{/unasked}}"
    "{{#refused}}The recipient's mail server refused it; its answer is in the "
    "technical details attached.{{/refused}}"
    "{{#gaveup}}It could not be delivered for several days; technical details "
    "are attached.{{/gaveup}}\n"
    "{{/second}}\n";

/* --- To an owner ------------------------------------------------------------ */

static const char digest_fr[] =
    "Subject: {{count}} {{#one}}message{{/one}}{{#many}}messages{{/many}} en "
    "attente pour {{mailbox}}\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "{{#one}}Un message est gardé en attente pour {{mailbox}}. Il sera "
    "supprimé à la date indiquée si vous ne faites rien.{{/one}}"
    "{{#many}}{{count}} messages sont gardés en attente pour {{mailbox}}. "
    "Chacun sera supprimé à la date indiquée si vous ne faites rien.{{/many}}"
    "\n"
    "\n"
    "Chaque lien ouvre une page où vous confirmez votre choix. «" N
    "Remettre" N "» vous donne ce message" N "; «" N "Remettre et accepter" N
    "» laisse aussi passer les prochains messages de cet expéditeur" N "; «" N
    "Refuser" N "» le supprime et bloque son expéditeur.\n"
    "\n"
    "{{lines}}\n"
    "\n"
    "{{#earlier}}{{earlier}}{{/earlier}}\n"
    "\n"
    "{{#link}}Tous vos messages en attente, et les jours et heures de ce "
    "récapitulatif" N ":\n"
    "\n"
    "{{link}}\n"
    "{{/link}}\n"
    "\n"
    HELP_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Liste des messages gardés en attente pour {{mailbox}}. Ils sont "
    "supprimés à la date indiquée.\n"
    "{{/second}}\n";

static const char digest_en[] =
    "Subject: {{count}} {{#one}}message{{/one}}{{#many}}messages{{/many}} held "
    "for {{mailbox}}\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "{{#one}}One message is held for {{mailbox}}. It will be deleted at the "
    "date shown if you do nothing.{{/one}}"
    "{{#many}}{{count}} messages are held for {{mailbox}}. Each will be "
    "deleted at the date shown if you do nothing.{{/many}}\n"
    "\n"
    "Every link opens a page where you confirm your choice. \"Deliver\" gives "
    "you this message; \"Deliver and accept\" lets the next ones of this "
    "sender through too; \"Refuse\" deletes it and blocks its sender.\n"
    "\n"
    "{{lines}}\n"
    "\n"
    "{{#earlier}}{{earlier}}{{/earlier}}\n"
    "\n"
    "{{#link}}All messages that are held for you, and the days and hours of "
    "this digest:\n"
    "\n"
    "{{link}}\n"
    "{{/link}}\n"
    "\n"
    HELP_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "This lists the messages that are held for {{mailbox}}. They are deleted "
    "at the date shown.\n"
    "{{/second}}\n";

static const char welcome_fr[] =
    "Subject: Votre messagerie {{mailbox}} est protégée\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "Les messages adressés à {{mailbox}} par des expéditeurs inconnus sont "
    "désormais gardés en attente. Nous demandons à l'expéditeur de confirmer "
    "son envoi, une seule fois" N "; ensuite, ses messages vous parviennent "
    "directement. Vos correspondants habituels ne voient aucune différence.\n"
    "\n"
    "Votre page personnelle montre les messages en attente. Vous y choisissez "
    "qui peut vous écrire" N ":\n"
    "\n"
    "{{link}}\n"
    "\n"
    "Ce lien est à vous seul" N ": ne le transmettez pas. Il est valable "
    "jusqu'au {{expiry}}" N "; vous pourrez ensuite en demander un autre.\n"
    "\n"
    CONTACT_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Les messages d'expéditeurs inconnus sont gardés jusqu'à ce qu'ils "
    "confirment leur envoi. Le lien ci-dessus ouvre votre page" N ": ne le "
    "transmettez pas.\n"
    "{{/second}}\n";

static const char welcome_en[] =
    "Subject: Your mailbox {{mailbox}} is protected\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "Messages to {{mailbox}} from unknown senders are held from now on. We "
    "ask the sender to confirm, once; after that his messages reach you "
    "directly. Your usual correspondents notice nothing.\n"
    "\n"
    "Your own page shows the messages that are held. There you choose who may "
    "write to you:\n"
    "\n"
    "{{link}}\n"
    "\n"
    "This link is yours alone: do not pass it on. It is good until "
    "{{expiry}}; then you can ask for another.\n"
    "\n"
    CONTACT_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "Messages from unknown senders are held until they confirm. The link above "
    "opens your page: do not pass it on.\n"
    "{{/second}}\n";

static const char link_fr[] =
    "Subject: Votre lien vers vos messages en attente\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "Voici le lien demandé pour {{mailbox}}. Il ouvre la page de vos messages "
    "en attente" N ":\n"
    "\n"
    "{{link}}\n"
    "\n"
    "Il est à vous seul" N ": ne le transmettez pas. Il est valable jusqu'au "
    "{{expiry}}.\n"
    "\n"
    "{{#network}}La demande vient du réseau {{network}}. {{/network}}"
    "Vous n'avez rien demandé" N "? Ignorez ce courriel" N ": sans lui, "
    "personne ne peut ouvrir cette page.\n"
    "\n"
    CONTACT_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Le lien ci-dessus ouvre la page de vos messages en attente. Ne le "
    "transmettez pas. Si vous n'avez rien demandé, ignorez ce courriel.\n"
    "{{/second}}\n";

static const char link_en[] =
    "Subject: Your link to the messages held for you\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "Here is the link that was asked for, for {{mailbox}}. It opens the page "
    "of the messages that are held for you:\n"
    "\n"
    "{{link}}\n"
    "\n"
    "It is yours alone: do not pass it on. It is good until {{expiry}}.\n"
    "\n"
    "{{#network}}The request came from the network {{network}}. {{/network}}"
    "You asked for nothing? Ignore this mail: without it nobody can open that "
    "page.\n"
    "\n"
    CONTACT_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "The link above opens the page of the messages that are held for you. Do "
    "not pass it on. If you asked for nothing, ignore this mail.\n"
    "{{/second}}\n";

/* --- To referents and administrators ---------------------------------------- */

static const char extension_fr[] =
    "Subject: {{domain}}" N ": {{count}} "
    "{{#one}}message gardé{{/one}}{{#many}}messages gardés{{/many}} plus "
    "longtemps\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "{{#one}}Un message en attente pour {{domain}} devait être supprimé, mais "
    "aucun récapitulatif ne l'a encore signalé à son destinataire. Il est "
    "gardé{{/one}}"
    "{{#many}}{{count}} messages en attente pour {{domain}} devaient être "
    "supprimés, mais aucun récapitulatif ne les a encore signalés à leurs "
    "destinataires. Ils sont gardés{{/many}} jusqu'au {{expiry}}, au plus "
    "tard.\n"
    "\n"
    "Merci de prévenir les personnes concernées ou de décider pour elles. "
    "Passé ce délai, "
    "{{#one}}le message sera supprimé{{/one}}"
    "{{#many}}ces messages seront supprimés{{/many}} sans avoir été "
    "{{#one}}lu{{/one}}{{#many}}lus{{/many}}.\n"
    "\n"
    "{{lines}}\n"
    "\n"
    HELP_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Messages gardés plus longtemps, jusqu'au {{expiry}}, car leurs "
    "destinataires n'en ont pas été avertis.\n"
    "{{/second}}\n";

static const char extension_en[] =
    "Subject: {{domain}}: {{count}} "
    "{{#one}}message{{/one}}{{#many}}messages{{/many}} kept longer\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "{{#one}}A message held for {{domain}} was to be deleted, but no digest "
    "has told its recipient of it yet. It is{{/one}}"
    "{{#many}}{{count}} messages held for {{domain}} were to be deleted, but "
    "no digest has told their recipients of them yet. They are{{/many}} kept "
    "until {{expiry}} at the latest.\n"
    "\n"
    "Please tell those concerned, or decide for them. After that "
    "{{#one}}the message{{/one}}{{#many}}these messages{{/many}} will be "
    "deleted unread.\n"
    "\n"
    "{{lines}}\n"
    "\n"
    HELP_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "These messages are kept longer, until {{expiry}}, because their "
    "recipients have not been told of them.\n"
    "{{/second}}\n";

static const char breaker_fr[] =
    "Subject: Demandes de confirmation suspendues" N ": {{scope}}\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "Le filtre n'envoie plus de demande de confirmation à {{scope}}"
    "{{#date}} depuis le {{date}}{{/date}}. Motif" N ": {{cause}}.\n"
    "\n"
    "Les messages concernés sont gardés et figurent dans les récapitulatifs "
    "de leurs destinataires. Aucun message n'est perdu.\n"
    "\n"
    "Les envois reprendront, d'abord en petit nombre, le {{expiry}}. Pour "
    "l'état complet" N ": octroictl challenge status\n"
    "\n"
    HELP_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Demandes de confirmation suspendues pour {{scope}} jusqu'au {{expiry}}. "
    "Aucun message n'est perdu.\n"
    "{{/second}}\n";

static const char breaker_en[] =
    "Subject: Challenges stopped: {{scope}}\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "The filter sends no more challenges to {{scope}}"
    "{{#date}} since {{date}}{{/date}}. Cause: {{cause}}.\n"
    "\n"
    "The messages concerned are held and stand in their recipients' digests. "
    "No message is lost.\n"
    "\n"
    "Sending begins again, a few at first, on {{expiry}}. For the whole "
    "picture: octroictl challenge status\n"
    "\n"
    HELP_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "Challenges to {{scope}} are stopped until {{expiry}}. No message is "
    "lost.\n"
    "{{/second}}\n";

static const char storage_fr[] =
    "Subject: Boîte {{mailbox}}" N ": pleine à {{percent}}\u00a0%\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "La boîte {{mailbox}} est remplie à {{percent}}\u00a0%"
    "{{#used}} ({{used}}{{#quota}} sur {{quota}}{{/quota}}){{/used}}.\n"
    "\n"
    "À 100\u00a0%, elle ne reçoit plus rien" N ": les messages attendent "
    "quelques jours chez leurs expéditeurs, puis leur sont retournés.\n"
    "\n"
    "Merci de supprimer ou d'archiver d'anciens messages (pensez à vider la "
    "corbeille et les indésirables), ou de demander une boîte plus grande.\n"
    "\n"
    HELP_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "La boîte {{mailbox}} est remplie à {{percent}}\u00a0%. À 100\u00a0%, elle "
    "ne reçoit plus rien.\n"
    "{{/second}}\n";

static const char storage_en[] =
    "Subject: Mailbox {{mailbox}}: {{percent}}% full\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "The mailbox {{mailbox}} is {{percent}}% full"
    "{{#used}} ({{used}}{{#quota}} of {{quota}}{{/quota}}){{/used}}.\n"
    "\n"
    "At 100% it receives nothing any more: messages wait at their senders for "
    "some days and then go back to them.\n"
    "\n"
    "Please delete or archive old messages (do not forget trash and junk), or "
    "ask for a larger mailbox.\n"
    "\n"
    HELP_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "The mailbox {{mailbox}} is {{percent}}% full. At 100% it receives "
    "nothing any more.\n"
    "{{/second}}\n";

static const char suspension_fr[] =
    "Subject: Envois suspendus" N ": {{mailbox}}\n"
    "\n"
    "{{#first}}\n"
    "Bonjour,\n"
    "\n"
    "Le compte {{mailbox}} n'envoie plus de courriels depuis le {{date}}" N
    ": il a dépassé sa limite{{#limit}} ({{limit}}){{/limit}}. Il en reçoit "
    "toujours.\n"
    "\n"
    "Le plus souvent, quelqu'un d'autre se sert de son mot de passe.\n"
    "\n"
    "Merci de changer ce mot de passe, de vérifier les postes où il est "
    "enregistré, puis de demander la reprise des envois. Si ces envois étaient "
    "voulus (une lettre d'information, par exemple), demandez une limite plus "
    "haute.\n"
    "\n"
    "{{lines}}\n"
    "\n"
    HELP_FR
    "{{/first}}\n"
    "{{#second}}\n"
    "Français\n"
    "\n"
    "Le compte {{mailbox}} a dépassé sa limite et n'envoie plus de courriels. "
    "Changez son mot de passe, puis demandez la reprise des envois.\n"
    "{{/second}}\n";

static const char suspension_en[] =
    "Subject: Sending suspended: {{mailbox}}\n"
    "\n"
    "{{#first}}\n"
    "Hello,\n"
    "\n"
    "The account {{mailbox}} sends no more mail since {{date}}: it went past "
    "its limit{{#limit}} ({{limit}}){{/limit}}. It still receives mail.\n"
    "\n"
    "Most often somebody else uses its password.\n"
    "\n"
    "Please change that password, look at the machines where it is stored, "
    "then ask for sending to begin again. If the mail was meant (a newsletter, "
    "say), ask for a higher limit.\n"
    "\n"
    "{{lines}}\n"
    "\n"
    HELP_EN
    "{{/first}}\n"
    "{{#second}}\n"
    "English\n"
    "\n"
    "The account {{mailbox}} went past its limit and sends no more mail. Change "
    "its password, then ask for sending to begin again.\n"
    "{{/second}}\n";

static const char *const builtin[TEMPLATE_COUNT][TEMPLATE_LANGS] = {
	[TEMPLATE_CHALLENGE] = { challenge_fr, challenge_en },
	[TEMPLATE_END] = { end_fr, end_en },
	[TEMPLATE_DIGEST] = { digest_fr, digest_en },
	[TEMPLATE_EXTENSION] = { extension_fr, extension_en },
	[TEMPLATE_BREAKER] = { breaker_fr, breaker_en },
	[TEMPLATE_WELCOME] = { welcome_fr, welcome_en },
	[TEMPLATE_LINK] = { link_fr, link_en },
	[TEMPLATE_STORAGE] = { storage_fr, storage_en },
	[TEMPLATE_SUSPENSION] = { suspension_fr, suspension_en },
};

const char *
template_builtin(enum template_id id, enum template_lang lang)
{
	return builtin[id][lang];
}
