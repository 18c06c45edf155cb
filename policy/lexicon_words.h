/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of lexicon.c: private to it.  Alternatives are separated by '|';
 * '_' at an end wants a word's border there.
 */
#ifndef OCT_POLICY_LEXICON_WORDS_H
#define OCT_POLICY_LEXICON_WORDS_H

static const struct {
	const char *name, *words;
} lexicon_words[] = {
	{ "urgent",
	    "urgent|immediate|24h|24 h|48h|48 h|final notice|final warning|"
	    "final reminder|last chance|last warning|last reminder|act now|"
	    "hurry|limited time|expires today|expire today|expires soon|"
	    "dernier rappel|dernier avis|imm\xc3\xa9""diat|d\xc3\xa9lai|sofort|"
	    "dringend|letzte|ultimo|ultima|\xc3\xbaltimo|\xc3\xbaltima|"
	    "inmediat|24 horas|dentro de|scadenza" },
	{ "account",
	    "your account|your mailbox|your email|your e-mail|your profile|"
	    "your wallet|your subscription|your membership|votre compte|"
	    "votre messagerie|votre boite|votre bo\xc3\xaete|votre abonnement|"
	    "votre carte|ihr konto|ihre karte|ihrem konto|ihr postfach|"
	    "su cuenta|tu cuenta|sua conta|il tuo account|il tuo conto|"
	    "uw account|uw rekening" },
	{ "verify",
	    "verify|verification|confirm your|confirm my|validate|"
	    "update your|verifier|verifiez|v\xc3\xa9rifier|v\xc3\xa9rifiez|"
	    "confirmer|confirmez|valider|mettre a jour|"
	    "mettre \xc3\xa0 jour|mise a jour|mise \xc3\xa0 jour|best\xc3\xa4tig|"
	    "bestatig|verifizier|aktualisier|verific|confirmar|confirme|"
	    "atualiz|actualiz|conferma|aggiorna" },
	{ "suspend",
	    "suspend|deactivat|disable|restricted|restriction|blocked|"
	    "_locked|limited|terminat|on hold|bloque|bloqu\xc3\xa9|desactiv|"
	    "d\xc3\xa9sactiv|restreint|gesperrt|eingeschr\xc3\xa4nkt|"
	    "deaktiviert|suspens|bloquead|sospes|bloccat|geblokkeerd" },
	{ "login",
	    "login|log in|signin|sign in|password|credential|passcode|"
	    "unusual sign|unusual activity|security alert|mot de passe|"
	    "identifiant|connexion|passwort|anmeld|contrasena|"
	    "contrase\xc3\xb1""a|senha|iniciar sesi|accedi|wachtwoord" },
	{ "click",
	    "click here|click below|click the|click on|_click_|tap here|"
	    "tap below|cliquez|cliquer|_klick|haz clic|clique aqui|clique no|"
	    "pulse|clicca|_klik" },
	{ "money",
	    "$1|$2|$3|$4|$5|$6|$7|$8|$9|$ 1|$ 2|$ 5|0 usd|0usd|0 eur|"
	    "0 dollars|0 euros|million|_cash|refund|rembours|argent|gratuit|"
	    "_geld|dinero|dinheiro|reembols|rimborso|\xe2\x82\xac|\xc2\xa3" },
	{ "prize",
	    "winner|you won|you've won|you have won|congratulation|prize|"
	    "reward|gift card|giftcard|giveaway|lottery|felicitation|"
	    "f\xc3\xa9licitation|gagne|gagn\xc3\xa9|cadeau|loterie|gewonnen|"
	    "gewinn|gutschein|premio|ganador|ganhou|parab\xc3\xa9ns|"
	    "sweepstake|claim your|claim now|bonus" },
	{ "pharma",
	    "viagra|cialis|pharma|_pill_|_pills_|prescription|_drug|erect|"
	    "enlarge|weight loss|lose weight|_diet|_keto|_cbd|blood sugar|"
	    "blood pressure|diabet|tinnitus|prostate|wrinkle|anti-aging|"
	    "antiaging|supplement|detox|_hgh|medicament|m\xc3\xa9""dicament|"
	    "maigrir|minceur" },
	{ "adult",
	    "_sex|porn|_xxx_|naked|_nude|_horny|hot girl|hot women|hot babe|"
	    "dating|single women|single ladies|rencontre|lonely|_teen_|"
	    "_teens_|webcam" },
	{ "crypto",
	    "bitcoin|_btc_|crypto|ethereum|_eth_|wallet|binance|coinbase|"
	    "metamask|blockchain|_token|_ledger|trust wallet|trustwallet|"
	    "_usdt|_nft" },
	{ "parcel",
	    "parcel|package|deliver|shipment|tracking|courier|_dhl_|_fedex_|"
	    "_ups_|_usps_|_colis|livraison|_paket|lieferung|sendung|paquete|"
	    "envio_|env\xc3\xado|encomenda|_pacco|spedizione|customs|douane" },
	{ "invoice",
	    "invoice|payment|overdue|receipt|remittance|transaction|billing|"
	    "purchase order|facture|paiement|impaye|impay\xc3\xa9|rechnung|"
	    "zahlung|factura|_pago|fatura|pagamento|fattura|bonifico|"
	    "virement" },
	{ "loan",
	    "_loan|mortgage|refinanc|interest rate|credit score|credit card|"
	    "credit report|_debt|insurance|_quote|_pret_|_pr\xc3\xaat_|"
	    "credit_|cr\xc3\xa9""dit|kredit|prestamo|pr\xc3\xa9stamo|"
	    "emprestimo|empr\xc3\xa9stimo|assurance|mutuelle" },
	{ "invest",
	    "invest|stock pick|stock alert|stock market|profit|trading|"
	    "_forex|_income|earn money|earn $|earn up|work from home|"
	    "work at home|financial freedom|opportunity|_mlm_|_revenu|"
	    "_bourse|benefice|b\xc3\xa9n\xc3\xa9""fice" },
	{ "nigeria",
	    "next of kin|inherit|beneficiary|deceased|late husband|"
	    "late father|late mr|attorney|barrister|trunk box|fund transfer|"
	    "funds transfer|fund release|consignment|god bless|widow|"
	    "donation|charity|my name is mr|heritage|h\xc3\xa9ritage|"
	    "beneficiaire|b\xc3\xa9n\xc3\xa9""ficiaire|foreign partner|"
	    "foreign account|strictly confidential|business proposal|"
	    "_assist" },
	{ "quota",
	    "_quota|storage full|storage is full|storage limit|"
	    "storage almost|mailbox full|mailbox is full|mailbox almost|"
	    "icloud|cloud storage|pending messages|pending mails|"
	    "pending emails|undelivered mail|undelivered messages|"
	    "release messages|release mails|stockage|espace de stockage|"
	    "speicher|almacenamiento" },
	{ "dear",
	    "dear customer|dear client|dear user|dear friend|dear sir|"
	    "dear madam|dear member|dear valued|dear account|"
	    "dear beneficiary|dear email|dear homeowner|hello customer|"
	    "hello user|hello friend|attention customer|bonjour client|"
	    "cher client|ch\xc3\xa8re cliente|cher utilisateur|"
	    "cher abonne|cher abonn\xc3\xa9|cher membre|estimado cliente|"
	    "estimado usuario|caro cliente|prezado cliente|"
	    "sehr geehrter kunde|lieber kunde" },
	{ "offer",
	    "_offer|% off|discount|_sale_|save up|save big|free trial|"
	    "free shipping|free gift|free quote|_special_|best price|"
	    "order now|buy now|promo|soldes|remise|reduction|"
	    "r\xc3\xa9""duction|_offre|angebot|rabatt|oferta|descuento|"
	    "desconto|sconto|no obligation|risk free|risk-free|guarantee|"
	    "money back|money-back|amazing|incredible|exclusive" },
	{ "optout",
	    "unsubscribe|opt-out|opt out|optout|remove me|removed from|"
	    "no longer wish|no longer want|you are receiving this|"
	    "you received this|you receive this|desinscri|"
	    "d\xc3\xa9sinscri|desabonn|d\xc3\xa9sabonn|abmelden|abbestellen|"
	    "darse de baja|cancelar suscrip|cancelar la suscrip|"
	    "descadastr|disiscri" },
	{ "mass",
	    "mailing list|bulk email|bulk e-mail|email marketing|"
	    "e-mail marketing|email addresses|targeted|marketing|_seo_|"
	    "website traffic|website design|website ranking|_leads_|"
	    "search engine|first page of google|advertis" },
	{ "tech",
	    "_patch_|_kernel_|_commit_|_diff_|_bug_|_gcc_|_linux_|_perl_|"
	    "_python_|_function_|_server_|_config_|_install_|_compile_|"
	    "_rpm_|_debian_|_apache_|_sql_|_code_|_file_|_script_|_driver_|"
	    "_version_|_module_|_api_|_repository_|_build_" },
	{ "conv",
	    "_i think_|_i don't_|_imho_|_btw_|_afaik_|_anyway_|_i guess_|"
	    "_i'm not sure_|_thanks,|_cheers_|_regards_|_wrote:|_je pense_|"
	    "_cordialement_|_merci d'avance_|bien \xc3\xa0 vous|bient\xc3\xb4t|"
	    "_salut_|_sincerely_|salutations" },
	{ "admin",
	    "_mairie_|_commune_|conseil municipal|d\xc3\xa9lib\xc3\xa9ration|"
	    "deliberation|_arrete_|arr\xc3\xaat\xc3\xa9|r\xc3\xa9union|reunion|"
	    "ordre du jour|compte rendu|compte-rendu|_agenda_|_meeting_|"
	    "_minutes_|_attached_|ci-joint|pi\xc3\xa8""ce jointe|"
	    "pi\xc3\xa8""ces jointes|communaut\xc3\xa9 de communes|"
	    "pr\xc3\xa9""fecture|_maire_|urbanisme|\xc3\xa9tat civil" },
	{ "order",
	    "order number|order #|order no|order confirm|your order|"
	    "_booking_|reservation|r\xc3\xa9servation|itinerary|_ticket_|"
	    "num\xc3\xa9ro de commande|votre commande|bestellung|_pedido_" },
	{ "transfer",
	    "virement|_rib_|_iban_|coordonn\xc3\xa9""es bancaires|"
	    "coordonnees bancaires|carte cadeau|cartes cadeaux|carte pcs|"
	    "_pcs_|transcash|neosurf|wire transfer|bank details|"
	    "bank transfer|payroll|gift card|direct deposit|"
	    "bankverbindung|\xc3\xbc""berweisung|transferencia bancaria|"
	    "bonifico|bulletin de paie" },
	{ "code",
	    "verification code|one-time|_otp_|security code|"
	    "code de v\xc3\xa9rification|code de s\xc3\xa9""curit\xc3\xa9|"
	    "reset your password|two-factor|_2fa_" },
};

static const char *const lexicon_brand_words[] = { "paypal", "microsoft",
	"office365", "outlook", "amazon", "netflix", "apple", "icloud",
	"google", "facebook", "instagram", "whatsapp", "linkedin", "dhl",
	"fedex", "ups", "usps", "laposte", "chronopost", "colissimo",
	"mondialrelay", "ameli", "impots", "antai", "caf", "edf", "engie",
	"orange", "sfr", "bouygues", "free", "ovh", "ionos", "creditagricole",
	"bnp", "societegenerale", "lcl", "caissedepargne", "banquepostale",
	"boursorama", "chase", "wellsfargo", "citibank", "bankofamerica",
	"hsbc", "santander", "bradesco", "itau", "nubank", "sparkasse",
	"commerzbank", "postbank", "volksbank", "ing", "rabobank", "binance",
	"coinbase", "metamask", "trustwallet", "ledger", "costco", "walmart",
	"homedepot", "lowes", "target", "kohls", "mcafee", "norton", "docusign",
	"dropbox", "adobe", "wetransfer", "spotify", "disney", "ebay", "steam",
	"att", "verizon", "comcast", "tmobile", "xfinity", "irs", "usaa",
	"shein", "temu", "vinted", "leboncoin", "doctolib", "franceconnect",
	"servicepublic", "chorus", "mercadolivre", "mercadopago",
	"bancodobrasil", "livelo", "ripple", "opensea", "decathlon", "norauto",
	"sephora", "carrefour", "leclerc", "auchan", "fnac", "darty",
	"boulanger", "cdiscount", "creditmutuel", "intermarche", "leroymerlin",
	"revolut", "urssaf", "dgfip", "ants", "n26", "nickel", "veolia",
	"totalenergies", "sncf", "airbnb", "booking", "tripadvisor",
	"telegram", "tiktok", "snapchat", "sendgrid", "godaddy", "wordpress",
	"zimbra", "roundcube" };

/* Other spellings: pattern, brand. */
static const char *const lexicon_spellings[][2] = {
	{ "credit agricole", "creditagricole" },
	{ "cr\xc3\xa9""dit agricole", "creditagricole" },
	{ "banque postale", "banquepostale" },
	{ "la poste", "laposte" },
	{ "societe generale", "societegenerale" },
	{ "soci\xc3\xa9t\xc3\xa9 g\xc3\xa9n\xc3\xa9rale", "societegenerale" },
	{ "trust wallet", "trustwallet" },
	{ "wells fargo", "wellsfargo" },
	{ "bank of america", "bankofamerica" },
	{ "home depot", "homedepot" },
	{ "office 365", "office365" },
	{ "kohl's", "kohls" },
	{ "lowe's", "lowes" },
	{ "t-mobile", "tmobile" },
	{ "caisse d'", "caissedepargne" },
	{ "service-public", "servicepublic" },
	{ "service public", "servicepublic" },
	{ "mondial relay", "mondialrelay" },
	{ "mercado livre", "mercadolivre" },
	{ "mercado pago", "mercadopago" },
	{ "banco do brasil", "bancodobrasil" },
	{ "leroy merlin", "leroymerlin" },
	{ "cr\xc3\xa9""dit mutuel", "creditmutuel" },
	{ "credit mutuel", "creditmutuel" },
	{ "assurance maladie", "ameli" },
	{ "imp\xc3\xb4ts", "impots" },
};

#endif
