/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first half of the table in check_words.c, which alone includes this,
 * within it: the zone, MX, SPF.
 */
	[CHECK_DNS_FAILED] = { CHECK_DNS, "dns-failed",
	    "Le DNS n'a pas répondu pour {name} ({seen}) : rien ne peut en "
	    "être dit.",
	    "Recommencer dans quelques minutes ; si cela dure, vérifier que "
	    "les serveurs du domaine répondent.",
	    "The DNS gave no answer for {name} ({seen}): nothing can be said "
	    "about it.",
	    "Try again in a few minutes; if it lasts, see whether the "
	    "domain's servers answer." },
	[CHECK_DOMAIN_MISSING] = { CHECK_DNS, "domain-missing",
	    "Le domaine {name} n'existe pas dans le DNS.",
	    "Vérifier que son enregistrement n'a pas expiré et que ses "
	    "serveurs de noms sont déclarés au bureau d'enregistrement.",
	    "The domain {name} does not exist in the DNS.",
	    "See that its registration has not expired and that its name "
	    "servers are declared at the registrar." },
	[CHECK_DNSSEC_BOGUS] = { CHECK_DNS, "dnssec-bogus",
	    "Les signatures DNSSEC de {name} sont fausses ou périmées : pour "
	    "une grande partie d'Internet, le domaine n'existe plus.",
	    "Faire signer la zone à nouveau, ou corriger l'enregistrement DS "
	    "chez le bureau d'enregistrement. À faire tout de suite.",
	    "The DNSSEC signatures of {name} are wrong or expired: for much "
	    "of the Internet the domain is gone.",
	    "Have the zone signed again, or correct the DS record at the "
	    "registrar. Do it at once." },
	[CHECK_DNSSEC_NONE] = { CHECK_DNS, "dnssec-none",
	    "La zone {name} n'est pas signée par DNSSEC.",
	    "Facultatif : demander au prestataire DNS d'activer DNSSEC.",
	    "The zone {name} is not signed by DNSSEC.",
	    "Optional: ask the DNS provider to switch DNSSEC on." },
	[CHECK_APEX_CNAME] = { CHECK_DNS, "apex-cname",
	    "{name} est un alias (CNAME vers {seen}). Un nom qui est un "
	    "alias ne peut pas porter d'autres enregistrements : le courrier "
	    "du domaine dépend de cet autre nom.",
	    "Supprimer le CNAME de {name} et mettre à sa place des "
	    "enregistrements A et AAAA, puis les enregistrements du courrier.",
	    "{name} is an alias (CNAME to {seen}). A name that is an alias "
	    "can have no other records: the domain's mail depends on that "
	    "other name.",
	    "Remove the CNAME of {name}; put A and AAAA records in its "
	    "place, then the mail records." },
	[CHECK_SERVER_LAME] = { CHECK_DNS, "server-lame",
	    "Le serveur de noms {name} ({want}) est déclaré pour la zone "
	    "mais ne la connaît pas ({seen}).",
	    "Configurer la zone sur {name}, ou retirer ce serveur de la "
	    "liste NS (dans la zone et chez le bureau d'enregistrement).",
	    "The name server {name} ({want}) is declared for the zone but "
	    "does not know it ({seen}).",
	    "Set the zone up on {name}, or take this server out of the NS "
	    "records (in the zone and at the registrar)." },
	[CHECK_SERVER_SILENT] = { CHECK_DNS, "server-silent",
	    "Le serveur de noms {name} ({seen}) ne répond pas.",
	    "Remettre {name} en service, ou le retirer de la liste NS.",
	    "The name server {name} ({seen}) does not answer.",
	    "Bring {name} back, or take it out of the NS records." },
	[CHECK_SERVER_UNRESOLVED] = { CHECK_DNS, "server-unresolved",
	    "Le serveur de noms {name} n'a pas d'adresse.",
	    "Corriger le nom dans la liste NS, ou créer son enregistrement A.",
	    "The name server {name} has no address.",
	    "Correct the name in the NS records, or make its A record." },
	[CHECK_SERVERS_NONE] = { CHECK_DNS, "servers-none",
	    "Aucun serveur de noms de {name} ne répond correctement.",
	    "Corriger la liste NS du domaine chez le bureau "
	    "d'enregistrement, ou remettre ses serveurs en service.",
	    "No name server of {name} answers rightly.",
	    "Correct the domain's NS records at the registrar, or bring its "
	    "servers back." },
	[CHECK_SERVERS_DIFFER] = { CHECK_DNS, "servers-differ",
	    "Les serveurs de noms ne disent pas tous la même chose de {name} "
	    ": {seen}",
	    "Attendre que tous les serveurs aient repris la zone ; si "
	    "l'écart dure plus d'une heure, vérifier le transfert de zone.",
	    "The name servers do not all say the same of {name}: {seen}",
	    "Wait until all servers have taken the zone over; if it lasts "
	    "more than an hour, look at the zone transfer." },
	[CHECK_SERIALS_DIFFER] = { CHECK_DNS, "serials-differ",
	    "Les serveurs de {name} ont des versions différentes de la zone "
	    "({seen}) : une modification se propage.",
	    "Attendre quelques minutes.",
	    "The servers of {name} have different versions of the zone "
	    "({seen}): a change is on its way.",
	    "Wait a few minutes." },
	[CHECK_RESOLVER_STALE] = { CHECK_DNS, "resolver-stale",
	    "{name} vient de changer ; des résolveurs gardent encore "
	    "l'ancienne réponse : {seen}",
	    "Attendre la fin de la durée de vie (TTL) de l'ancienne réponse.",
	    "{name} has just changed; resolvers still keep the old answer: "
	    "{seen}",
	    "Wait until the old answer's TTL is over." },
	[CHECK_TTL_LONG] = { CHECK_DNS, "ttl-long",
	    "La durée de vie (TTL) de {name} est de {seen} secondes, plus "
	    "d'un jour : toute correction mettra autant de temps à être vue.",
	    "Mettre un TTL de 3600.",
	    "The TTL of {name} is {seen} seconds, more than a day: any "
	    "correction takes as long to be seen.",
	    "Set a TTL of 3600." },
	[CHECK_WILDCARD] = { CHECK_DNS, "wildcard",
	    "{name} : un enregistrement générique donne un MX ({seen}) à "
	    "tous les noms qui n'existent pas ; du courrier peut partir vers "
	    "des adresses inventées.",
	    "Retirer le MX de {name}, sauf s'il est voulu.",
	    "{name}: a wildcard gives an MX ({seen}) to every name that does "
	    "not exist; mail may leave for invented addresses.",
	    "Remove the MX of {name}, unless it is wanted." },
	[CHECK_WILDCARD_TXT] = { CHECK_DNS, "wildcard-txt",
	    "{name} : un enregistrement TXT générique répond à la place de "
	    "ceux qui manquent (DMARC, DKIM...) : {seen}",
	    "Retirer l'enregistrement TXT {name}.",
	    "{name}: a wildcard TXT record answers in place of those that "
	    "are missing (DMARC, DKIM...): {seen}",
	    "Remove the TXT record {name}." },
	[CHECK_MX_MISSING] = { CHECK_MX, "mx-missing",
	    "{name} n'a pas d'enregistrement MX : son courrier n'a pas de "
	    "destination déclarée.",
	    "Créer pour {name} : MX {want}",
	    "{name} has no MX record: its mail has no declared destination.",
	    "Make for {name}: MX {want}" },
	[CHECK_MX_NULL] = { CHECK_MX, "mx-null",
	    "Le MX de {name} est vide (« . ») : le domaine déclare qu'il ne "
	    "reçoit aucun courrier, tout est refusé.",
	    "Remplacer ce MX par : {want}",
	    "The MX of {name} is null (\".\"): the domain declares that it "
	    "takes no mail, all of it is refused.",
	    "Replace this MX by: {want}" },
	[CHECK_MX_FOREIGN] = { CHECK_MX, "mx-foreign",
	    "Le courrier de {name} va encore ailleurs : MX {seen}",
	    "Remplacer tous les MX de {name} par : {want}",
	    "Mail for {name} still goes elsewhere: MX {seen}",
	    "Replace all MX of {name} by: {want}" },
	[CHECK_MX_EXTRA] = { CHECK_MX, "mx-extra",
	    "À côté de nos serveurs, {name} garde un autre MX : {seen}. Une "
	    "partie du courrier n'est ni filtrée ni distribuée ici.",
	    "Supprimer ce MX ; ne garder que : {want}",
	    "Beside our servers {name} keeps another MX: {seen}. Part of the "
	    "mail is neither filtered nor delivered here.",
	    "Remove this MX; keep only: {want}" },
	[CHECK_MX_INCOMPLETE] = { CHECK_MX, "mx-incomplete",
	    "Il manque à {name} un MX de secours : {want}. Si le premier "
	    "serveur s'arrête, le courrier attend.",
	    "Ajouter pour {name} : MX {want}",
	    "{name} lacks a second MX: {want}. If the first server is down, "
	    "mail waits.",
	    "Add for {name}: MX {want}" },
	[CHECK_MX_ORDER] = { CHECK_MX, "mx-order",
	    "Les préférences MX de {name} ne sont pas dans l'ordre prévu.",
	    "Mettre : {want}",
	    "The MX preferences of {name} are not in the intended order.",
	    "Set: {want}" },
	[CHECK_MX_CNAME] = { CHECK_MX, "mx-cname",
	    "Le MX {name} est un alias (CNAME vers {seen}), ce que la norme "
	    "interdit : des serveurs refusent d'y livrer.",
	    "Donner comme MX le nom qui porte l'adresse, {seen}, ou "
	    "remplacer le CNAME de {name} par un enregistrement A.",
	    "The MX {name} is an alias (CNAME to {seen}), which the standard "
	    "forbids: some servers refuse to deliver there.",
	    "Name as MX what has the address, {seen}, or replace the CNAME "
	    "of {name} by an A record." },
	[CHECK_MX_UNRESOLVED] = { CHECK_MX, "mx-unresolved",
	    "Le MX {name} n'a pas d'adresse : rien ne peut y être livré.",
	    "Corriger le nom du MX, ou créer l'enregistrement A de {name}.",
	    "The MX {name} has no address: nothing can be delivered there.",
	    "Correct the name of the MX, or make the A record of {name}." },
	[CHECK_MX_LITERAL] = { CHECK_MX, "mx-literal",
	    "Le MX de {name} est une adresse IP ({seen}) ; il faut un nom.",
	    "Créer un enregistrement A pour cette adresse, et donner son nom "
	    "comme MX.",
	    "The MX of {name} is an IP address ({seen}); it must be a name.",
	    "Make an A record for that address, and give its name as MX." },
	[CHECK_SPF_MISSING] = { CHECK_SPF, "spf-missing",
	    "{name} n'a pas d'enregistrement SPF : n'importe qui peut écrire "
	    "en son nom.",
	    "Créer pour {name} un TXT : {want}",
	    "{name} has no SPF record: anybody may write in its name.",
	    "Make for {name} a TXT record: {want}" },
	[CHECK_SPF_SEVERAL] = { CHECK_SPF, "spf-several",
	    "{name} a plusieurs enregistrements SPF : la norme les annule "
	    "tous.",
	    "N'en garder qu'un, qui réunit leurs termes : {want}",
	    "{name} has several SPF records: by the standard none of them "
	    "counts.",
	    "Keep one that unites their terms: {want}" },
	[CHECK_SPF_SYNTAX] = { CHECK_SPF, "spf-syntax",
	    "L'enregistrement SPF de {name} est mal écrit : {seen}",
	    "Le remplacer par : {want}",
	    "The SPF record of {name} is not well written: {seen}",
	    "Replace it by: {want}" },
	[CHECK_SPF_LOOKUPS] = { CHECK_SPF, "spf-lookups",
	    "L'enregistrement SPF de {name} demande {seen} consultations du "
	    "DNS ; la norme en permet 10, au-delà il ne vaut plus rien.",
	    "Retirer les « include » qui ne servent plus, ou remplacer « a » "
	    "et « mx » par des « ip4: ».",
	    "The SPF record of {name} needs {seen} DNS look-ups; the "
	    "standard permits 10, beyond that it is void.",
	    "Take out every include that is no longer needed, or replace a "
	    "and mx by ip4." },
	[CHECK_SPF_VOIDS] = { CHECK_SPF, "spf-voids",
	    "L'enregistrement SPF de {name} nomme plus de deux hôtes qui "
	    "n'existent pas ({seen}) : il ne vaut plus rien.",
	    "Retirer ces termes.",
	    "The SPF record of {name} names more than two hosts that do not "
	    "exist ({seen}): it is void.",
	    "Take these terms out." },
	[CHECK_SPF_LOOP] = { CHECK_SPF, "spf-loop",
	    "L'enregistrement SPF de {name} renvoie à lui-même par {seen}.",
	    "Retirer ce renvoi.",
	    "The SPF record of {name} refers back to itself by {seen}.",
	    "Take this reference out." },
	[CHECK_SPF_INCLUDE] = { CHECK_SPF, "spf-include",
	    "L'enregistrement SPF de {name} renvoie à {seen}, qui n'a pas "
	    "d'enregistrement SPF valable : tout l'enregistrement est annulé.",
	    "Retirer le renvoi à {seen}, ou le corriger.",
	    "The SPF record of {name} refers to {seen}, which has no valid "
	    "SPF record: the whole record is void.",
	    "Take the reference to {seen} out, or correct it." },
	[CHECK_SPF_WITHOUT_US] = { CHECK_SPF, "spf-without-us",
	    "L'enregistrement SPF n'autorise pas notre serveur {name} : le "
	    "courrier des agents sera refusé ou classé indésirable. Publié : "
	    "{seen}",
	    "Remplacer l'enregistrement SPF par : {want}",
	    "The SPF record does not permit our server {name}: the mail of "
	    "its people will be refused or taken for spam. Published: {seen}",
	    "Replace the SPF record by: {want}" },
	[CHECK_SPF_ALL_PASS] = { CHECK_SPF, "spf-all-pass",
	    "L'enregistrement SPF de {name} se termine par « +all » : il "
	    "autorise tout Internet à écrire au nom du domaine.",
	    "Remplacer « +all » (ou « all ») par « -all ».",
	    "The SPF record of {name} ends in \"+all\": it permits the whole "
	    "Internet to write in the domain's name.",
	    "Replace \"+all\" (or \"all\") by \"-all\"." },
	[CHECK_SPF_ALL_OPEN] = { CHECK_SPF, "spf-all-open",
	    "L'enregistrement SPF de {name} ne dit pas de refuser les autres "
	    "expéditeurs : {seen}",
	    "Le terminer par « -all » (ou « ~all » pendant une transition).",
	    "The SPF record of {name} does not say that other senders are to "
	    "be refused: {seen}",
	    "End it in \"-all\" (or \"~all\" during a transition)." },
	[CHECK_SPF_PTR] = { CHECK_SPF, "spf-ptr",
	    "L'enregistrement SPF de {name} emploie « ptr » ({seen}), que la "
	    "norme déconseille et que beaucoup ignorent.",
	    "Le remplacer par « ip4: » ou « a: ».",
	    "The SPF record of {name} uses \"ptr\" ({seen}), which the "
	    "standard advises against and many ignore.",
	    "Replace it by ip4 or a." },
	[CHECK_SPF_WIDE] = { CHECK_SPF, "spf-wide",
	    "L'enregistrement SPF de {name} autorise une part énorme "
	    "d'Internet : {seen}",
	    "Donner les adresses exactes des serveurs qui envoient.",
	    "The SPF record of {name} permits a huge part of the Internet: "
	    "{seen}",
	    "Give the exact addresses of the servers that send." },
