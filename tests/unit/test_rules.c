/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over content: each symbol with a message that has it and a near miss;
 * names that imitate others.
 */
#include "lib/addrlist.h"
#include "auth/dmarc.h"
#include "lib/str.h"
#include "policy/lookalike.h"
#include "policy/rules.h"
#include "tests/unit/content_fixture.h"

#define NOW 1795255200000LL /* 21 Nov 2026 10:00:00 +0000 */

static struct score
judge(const char *text)
{
	static const struct auth_spf spf = { .result = AUTH_TEMPERROR };
	static const struct auth_dkim dkim = { .count = 0 };
	static const struct auth_dmarc dmarc = { .result = AUTH_TEMPERROR };
	struct oct_msg *m = message_of(text, strlen(text));
	const struct oct_field *f = oct_msg_find(m, "From", 0);
	char from_org[OCT_DOMAIN_SIZE] = "", rpath_org[OCT_DOMAIN_SIZE];
	struct oct_addr from[2], rpath = { .local = "" }, rcpt;
	const struct content *c = NULL;
	struct overview *o = NULL;
	struct score out;
	size_t n = 0;

	if (f != NULL)
		(void)!oct_addrlist_parse(f->value, f->value_len, from, 2, &n);
	assert_int_equal(oct_addr_parse("bob@ville-agen.fr", &rcpt), 0);
	if (oct_msg_find(m, "X-Null", 0) == NULL)
		assert_int_equal(oct_addr_parse("a@ami.fr", &rpath), 0);
	auth_psl_org_or_self(rpath.domain, rpath_org);
	if (n > 0)
		auth_psl_org_or_self(from[0].domain, from_org);
	assert_int_equal(content_read(m, NULL, &c), 0);
	assert_int_equal(overview_new(c, &o), 0);
	{
		const struct score_input in = { .msg = m, .spf = &spf,
			.dkim = &dkim, .dmarc = &dmarc, .rpath = &rpath,
			.helo = oct_msg_find(m, "X-Line", 0) != NULL
			    ? "adsl-12-34.ami.fr"
			    : "mx.ami.fr", .hostname = "mx.ville-agen.fr",
			.from_count = n, .from = n > 0 ? &from[0] : NULL,
			.from_org = from_org, .rpath_org = rpath_org,
			.now_ms = NOW, .overview = o, .rcpts = &rcpt,
			.rcpt_count = 1 };

		score_find(&in, &out);
	}
	overview_free(o);
	content_free(c);
	oct_msg_free(m);
	return out;
}

#define F "From: Jean <jean@ami.fr>\n"
#define T "To: bob@ville-agen.fr\n"
#define P F T "Subject: question\n\n"
#define H F T "Subject: question\nContent-Type: text/html; charset=utf-8\n\n"
#undef S
#define S(subject) F T "Subject: " subject "\n\nbonjour\n"
#define FROM(from) "From: " from "\n" T "Subject: question\n\nbonjour\n"
#define A(href) H "<p>bonjour <a href='" href "'>ici</a></p>\n"
#define ATTACH(type, name, body)                                               \
	F T "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n" \
	"x\n--b\nContent-Type: " type "\nContent-Disposition: attachment;"     \
	" filename=\"" name "\"\n\n" body "\n--b--\n"

static const struct {
	const char *message;
	enum symbol_id id;
	bool found;
} rows[] = {
	/* Envelope */
	{ "X-Line: 1\n" P "x", SYM_HELO_DYNAMIC, true },
	{ P "x", SYM_HELO_DYNAMIC, false },
	{ "X-Null: 1\n" P "x", SYM_RPATH_NULL, true },
	{ "X-Null: 1\nAuto-Submitted: auto-replied\n" P "x", SYM_RPATH_NULL,
	    false },
	{ P "x", SYM_RPATH_NULL, false },
	{ FROM("\"Maire <maire@ville-agen.fr>\" <x@ami.fr>"), SYM_FROM_NAME_ADDRESS,
	    true },
	{ FROM("\"de info@club.fr\" <x@ami.fr>"), SYM_FROM_NAME_ADDRESS, true },
	/* Who writes for somebody and lets him have the answers ... */
	{ "Reply-To: info@club.fr\n" FROM("\"de info@club.fr\" <x@ami.fr>"),
	    SYM_FROM_NAME_ADDRESS, false },
	/* ... or answers for him, as octroi does; but nobody so for us. */
	{ "In-Reply-To: <1@x>\nAuto-Submitted: auto-replied\n"
	  FROM("\"Filtre de a@club.fr\" <x@ami.fr>"), SYM_FROM_NAME_ADDRESS,
	    false },
	{ "In-Reply-To: <1@x>\nAuto-Submitted: auto-replied\n"
	  FROM("\"Filtre de a@ville-agen.fr\" <x@ami.fr>"),
	    SYM_FROM_NAME_ADDRESS, true },
	{ "Reply-To: x@impots.gouv.fr\n"
	  FROM("\"x@impots.gouv.fr\" <x@ami.fr>"), SYM_FROM_NAME_ADDRESS,
	    true },
	/* Header */
	{ "Message-ID: 12\n" P "x", SYM_MESSAGE_ID_MALFORMED, true },
	{ "Message-ID: <@x>\n" P "x", SYM_MESSAGE_ID_MALFORMED, true },
	{ "Message-ID: <1@x>\n" P "x", SYM_MESSAGE_ID_MALFORMED, false },
	{ P "x", SYM_MESSAGE_ID_MALFORMED, false },
	{ "Message-ID: <CAB@mail.gmail.com>\n" FROM("<jean@orange.fr>"),
	    SYM_MESSAGE_ID_BORROWED, true },
	{ "Message-ID: <CAB@mail.gmail.com>\n" FROM("<jean@gmail.com>"),
	    SYM_MESSAGE_ID_BORROWED, false },
	/* Firms' domains are at home there, too. */
	{ "Message-ID: <CAB@mail.gmail.com>\n" P "x", SYM_MESSAGE_ID_BORROWED,
	    false },
	{ "Date: Sat, 21 Nov 2026 09:00:00 +2600\n" P "x", SYM_DATE_ZONE,
	    true },
	{ "Date: Sat, 21 Nov 2026 09:00:00 -0060\n" P "x", SYM_DATE_ZONE,
	    true },
	{ "Date: Sat, 21 Nov 2026 09:00:00 +1345\n" P "x", SYM_DATE_ZONE,
	    false },
	{ "Date: Sat, 21 Nov 2026 09:00:00 GMT\n" P "x", SYM_DATE_ZONE,
	    false },
	{ P "\xd0\xbc\xd1\x8b \xd0\xbf\xd1\x80\xd0\xbe\xd0\xb4\xd0\xb0\xd0\xb5\xd0\xbc "
	    "\xd0\xb4\xd0\xbe\xd0\xbc\xd0\xb0 \xd0\xb8 \xd0\xb4\xd0\xb0\xd1\x87\xd0\xb8 "
	    "\xd0\xb2 \xd0\xbc\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb5 "
	    "\xd0\xb4\xd1\x91\xd1\x88\xd0\xb5\xd0\xb2\xd0\xbe \xd0\xb8 "
	    "\xd0\xb1\xd1\x8b\xd1\x81\xd1\x82\xd1\x80\xd0\xbe",
	    SYM_LANGUAGE_FOREIGN, true },
	{ P "d\xc3\xa9j\xc3\xa0 vu \xe2\x82\xac \xf0\x9f\x98\x80 \xd0\xb4\xd0\xb0",
	    SYM_LANGUAGE_FOREIGN, false },
	/* Parts */
	{ F T "Content-Transfer-Encoding: base64\n\nYm9uam91cg==\n",
	    SYM_MIME_BASE64_ASCII, true },
	{ F T "Content-Type: text/plain; charset=utf-8\n"
	      "Content-Transfer-Encoding: base64\n\nYm9uam91cg==\n",
	    SYM_MIME_BASE64_ASCII, false },
	{ F T "Content-Type: text/plain; charset=x-none\n\n\xe9t\xe9\n",
	    SYM_MIME_BAD_CHARSET, true },
	{ F T "Content-Type: text/plain; charset=iso-8859-1\n\n\xe9t\xe9\n",
	    SYM_MIME_BAD_CHARSET, false },
	{ F T "Content-Type: text/plain\nContent-Transfer-Encoding: x-own\n\n"
	      "x\n", SYM_MIME_BAD_ENCODING, true },
	{ F T "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n"
	      "x\n", SYM_MIME_BAD_ENCODING, false },
	{ F T "Content-Type: multipart/mixed; boundary=b\n\nbonjour\n",
	    SYM_MIME_EMPTY, true },
	{ F T "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbonjour\n"
	      "--b--\n", SYM_MIME_EMPTY, false },
	{ F T "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbonjour\n"
	      "--b--\n", SYM_MIME_VERSION_MISSING, true },
	{ "MIME-Version: 1.0\n" F T "Content-Type: multipart/mixed; boundary=b"
	  "\n\n--b\n\nbonjour\n--b--\n", SYM_MIME_VERSION_MISSING, false },
	{ S("Re: votre demande"), SYM_SUBJECT_FAKE_REPLY, true },
	{ "In-Reply-To: <1@x>\n" S("Re: votre demande"), SYM_SUBJECT_FAKE_REPLY,
	    false },
	{ S("Reunion"), SYM_SUBJECT_FAKE_REPLY, false },
	{ S("V I A G R A now"), SYM_SUBJECT_SPACED, true },
	{ S("plan a b c fait"), SYM_SUBJECT_SPACED, false },
	{ S("URGENT REPLY NEEDED"), SYM_SUBJECT_CAPITALS, true },
	{ S("Compte rendu CCAS"), SYM_SUBJECT_CAPITALS, false },
	{ S("RAPPEL"), SYM_SUBJECT_CAPITALS, false },
	{ S("Avis bob@ville-agen.fr"), SYM_SUBJECT_RECIPIENT, true },
	{ S("Avis pour bob"), SYM_SUBJECT_RECIPIENT, false },
	{ S("colis a1b2c3d4e5f6g7"), SYM_SUBJECT_TOKEN, true },
	{ S("dossier 202511210034"), SYM_SUBJECT_TOKEN, false },
	{ S("=?utf-8?B?Qm9uam91cg==?="), SYM_SUBJECT_HIDDEN_ASCII, true },
	{ S("=?utf-8?B?w6l0w6k=?="), SYM_SUBJECT_HIDDEN_ASCII, false },
	{ S("p\xd0\xb0ypal"), SYM_SCRIPTS_MIXED, true },
	{ S("\xd0\xb4\xd0\xb0 paypal"), SYM_SCRIPTS_MIXED, false },
	{ S("\xf0\x9d\x97\x9a\xf0\x9d\x97\xae\xf0\x9d\x97\xb4"),
	    SYM_LETTERS_FANCY, true },
	{ S("\xf0\x9f\x98\x80 bonne f\xc3\xaate"), SYM_LETTERS_FANCY, false },
	{ "X-Mailer: Microsoft Outlook Express 6.00\n" P "x", SYM_MAILER_FORGED,
	    true },
	{ "X-Mailer: Microsoft Outlook Express 6.00\nX-MimeOLE: x\n" P "x",
	    SYM_MAILER_FORGED, false },
	{ "Received: from a by b; Sat, 21 Nov 2026 09:00:00 +0000\n"
	  "Received: from c by d; Tue, 24 Nov 2026 09:00:00 +0000\n" P "x",
	    SYM_TRACE_ABSURD, true },
	{ "Received: from a by b; Sat, 21 Nov 2026 09:00:00 +0000\n"
	  "Received: from c by d; Sat, 21 Nov 2026 10:00:00 +0000\n" P "x",
	    SYM_TRACE_ABSURD, false },
	{ FROM("Jean <jean@gmail.com>"), SYM_TRACE_NO_PROVIDER, true },
	{ "Received: from mail-x.google.com by y; x\n"
	  FROM("Jean <jean@gmail.com>"), SYM_TRACE_NO_PROVIDER, false },
	{ FROM("<a@b.top>"), SYM_FROM_NEW_TLD, true },
	{ FROM("<a@b.fr>"), SYM_FROM_NEW_TLD, false },
	{ FROM("<join_now_82125@ami.fr>"), SYM_FROM_ODD, true },
	{ FROM("<fgjcksgxnu@ami.fr>"), SYM_FROM_ODD, true },
	{ FROM("<jean.dupont47@ami.fr>"), SYM_FROM_ODD, false },
	/* Mass mail */
	{ "Precedence: bulk\n" P "offre", SYM_BULK_NO_UNSUBSCRIBE, true },
	{ "Precedence: bulk\nList-Unsubscribe: <x>\n" P "offre",
	    SYM_BULK_NO_UNSUBSCRIBE, false },
	{ "Precedence: bulk\n" P "se d\xc3\xa9sinscrire", SYM_BULK_NO_UNSUBSCRIBE,
	    false },
	{ F "To: undisclosed-recipients:;\nSubject: s\n\nx",
	    SYM_BULK_UNDISCLOSED, true },
	{ P "x", SYM_BULK_UNDISCLOSED, false },
	{ S("Cheap viagra"), SYM_BULK_PHARMACY, true },
	{ P "la pharmacie de garde", SYM_BULK_PHARMACY, false },
	{ S("dating tonight"), SYM_BULK_ADULT, true },
	{ P "bonjour", SYM_BULK_ADULT, false },
	{ P "Je suis une jolie femme seule, voici mes photos",
	    SYM_BULK_ADULT, true },
	{ P "rencontre d'auteurs jeudi", SYM_BULK_ADULT, false },
	{ P "Premi\xc3\xa8re page de Google : devis gratuit",
	    SYM_BULK_PITCH, true },
	{ P "le devis gratuit du plombier", SYM_BULK_PITCH, false },
	{ "In-Reply-To: <1@x>\n" P "premi\xc3\xa8re page de Google : devis "
	  "gratuit", SYM_BULK_PITCH, false },
	{ "From: x <x@gmail.com>\n" T "Subject: s\n\nfirst page of Google, "
	  "free quote", SYM_BULK_PITCH_PRIVATE, true },
	{ P "first page of Google, free quote", SYM_BULK_PITCH_PRIVATE, false },
	{ P "Derni\xc3\xa8re relance : mise en conformit\xc3\xa9 et "
	    "inscription au registre", SYM_BULK_DUTY, true },
	{ P "la mise en conformit\xc3\xa9 de l'\xc3\xa9""cole",
	    SYM_BULK_DUTY, false },
	{ P "Le casino : 500 euros de bonus offerts", SYM_BULK_GAME, true },
	{ P "le tirage au sort de la kermesse", SYM_BULK_GAME, false },
	/* Mark-up */
	{ H "<form action=x>", SYM_HTML_FORM, true },
	{ "List-Post: <x>\n" H "<form action=x>", SYM_HTML_FORM, false },
	{ H "<input type=password>", SYM_HTML_PASSWORD, true },
	{ H "<input type=text>", SYM_HTML_PASSWORD, false },
	{ H "<script>x</script>", SYM_HTML_SCRIPT, true },
	{ H "<p>script", SYM_HTML_SCRIPT, false },
	{ H "<meta http-equiv=refresh content='0;url=http://x.fr'>",
	    SYM_HTML_REFRESH, true },
	{ H "<meta charset=utf-8>", SYM_HTML_REFRESH, false },
	{ H "&#109;&#111;&#116;&#32;&#100;&#101;&#32;&#112;&#97;&#115;",
	    SYM_HTML_ENTITIES, true },
	{ H "&#20013;&#25991;&#20013;&#25991;&#20013;&#25991;&#20013;&#25991;"
	    "&#20013;", SYM_HTML_ENTITIES, false },
	{ H "<a href='http://x.fr/'><img src='http://x.fr/a.png'></a>",
	    SYM_HTML_ONLY_IMAGE, true },
	{ H "<img src='http://x.fr/a.png'>", SYM_HTML_ONLY_IMAGE, false },
	{ H "x", SYM_HTML_ALONE, true },
	{ P "x", SYM_HTML_ALONE, false },
	{ A("data:text/html,x"), SYM_HTML_DATA_LINK, true },
	{ H "<img src='data:image/png;base64,x'>", SYM_HTML_DATA_LINK, false },
	{ P "mot\xe2\x80\x8b" "de pa\xe2\x80\x8bsse", SYM_TEXT_ZERO_WIDTH,
	    true },
	{ P "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb \xe2\x80\x8b mot",
	    SYM_TEXT_ZERO_WIDTH, false },
	/* Links */
	{ H "<a href='http://evil.fr/'>https://www.impots.gouv.fr</a>",
	    SYM_URL_TEXT_DIFFERS, true },
	{ H "<a href='http://a.fr/'>http://www.a.fr</a>", SYM_URL_TEXT_DIFFERS,
	    false },
	{ A("http://192.0.2.7/x"), SYM_URL_IP, true },
	{ H "<img src='http://192.0.2.7/x'>", SYM_URL_IP, false },
	{ A("http://xn--mirie-4ve.fr/"), SYM_URL_PUNYCODE, true },
	{ A("http://mairie.fr/"), SYM_URL_PUNYCODE, false },
	{ A("http://paypal.com@evil.fr/"), SYM_URL_AUTHORITY, true },
	{ A("http://evil.fr/@paypal.com"), SYM_URL_AUTHORITY, false },
	{ A("http://evil.fr:8081/"), SYM_URL_PORT, true },
	{ A("http://evil.fr:80/"), SYM_URL_PORT, false },
	{ A("http://www.b%61nque.fr/"), SYM_URL_ESCAPED_HOST, true },
	{ A("http://www.banque.fr/%61"), SYM_URL_ESCAPED_HOST, false },
	{ P "voir https://bit.ly/x", SYM_URL_SHORTENER, true },
	{ P "voir https://bitly.fr/x", SYM_URL_SHORTENER, false },
	{ A("https://x.web.app/"), SYM_URL_HOSTING, true },
	{ A("https://x.fr/web.app"), SYM_URL_HOSTING, false },
	{ A("https://x.top/"), SYM_URL_NEW_TLD, true },
	{ A("https://top.fr/"), SYM_URL_NEW_TLD, false },
	{ A("https://a.fr/?u=https%3A%2F%2Fevil.fr"), SYM_URL_REDIRECT, true },
	{ A("https://a.fr/https"), SYM_URL_REDIRECT, false },
	{ A("https://a.fr/?e=bob@ville-agen.fr"), SYM_URL_RECIPIENT, true },
	{ A("https://a.fr/?e=ann@ville-agen.fr"), SYM_URL_RECIPIENT, false },
	{ A("https://other.fr/"), SYM_URL_ELSEWHERE, true },
	{ A("https://www.ami.fr/"), SYM_URL_ELSEWHERE, false },
	{ "In-Reply-To: <1@x>\n" A("https://other.fr/"), SYM_URL_ELSEWHERE,
	    false },
	/* Attachments */
	{ ATTACH("application/octet-stream", "a.exe", "x"),
	    SYM_ATTACHMENT_PROGRAM, true },
	{ ATTACH("application/pdf", "a.pdf", "%PDF-1.4"),
	    SYM_ATTACHMENT_PROGRAM, false },
	{ ATTACH("application/octet-stream", "a.pdf.js", "x"),
	    SYM_ATTACHMENT_DOUBLE_NAME, true },
	{ ATTACH("application/pdf", "a.v2.pdf", "%PDF-1.4"),
	    SYM_ATTACHMENT_DOUBLE_NAME, false },
	{ ATTACH("image/png", "a.png", "%PDF-1.4"), SYM_ATTACHMENT_TYPE_DIFFERS,
	    true },
	{ ATTACH("application/pdf", "a.pdf", "%PDF-1.4"),
	    SYM_ATTACHMENT_TYPE_DIFFERS, false },
	{ ATTACH("application/pdf", "a.pdf", "%PDF-1.4 /JavaScript"),
	    SYM_ATTACHMENT_SCRIPT, true },
	{ ATTACH("application/pdf", "a.pdf", "%PDF-1.4"),
	    SYM_ATTACHMENT_SCRIPT, false },
	{ ATTACH("text/html", "a.html", "<html>x"), SYM_ATTACHMENT_PAGE, true },
	{ ATTACH("text/html", "a.html", "<html>x"), SYM_ATTACHMENT_PAGE_ACTIVE,
	    false },
	{ ATTACH("text/html", "a.html", "<html><form>"),
	    SYM_ATTACHMENT_PAGE_ACTIVE, true },
	{ ATTACH("application/pdf", "a.pdf", "%PDF-1.4 /Encrypt 5 0 R"),
	    SYM_ATTACHMENT_ENCRYPTED, false },
	/* Fraud */
	{ FROM("PayPal Service <a@evil.fr>"), SYM_FRAUD_BRAND_NAME, true },
	{ FROM("PayPal <service@paypal.fr>"), SYM_FRAUD_BRAND_NAME, false },
	{ FROM("P\xd0\xb0ypal <a@evil.fr>"), SYM_FRAUD_BRAND_NAME, true },
	{ FROM("Chase Dupont <a@evil.fr>"), SYM_FRAUD_BRAND_NAME, false },
	{ F T "Subject: Votre compte Netflix\n\nhttp://evil.fr/",
	    SYM_FRAUD_BRAND_SUBJECT, true },
	{ F T "Subject: Votre compte Netflix\n\nhttp://www.netflix.com/",
	    SYM_FRAUD_BRAND_SUBJECT, false },
	{ FROM("Cr\xc3\xa9""dit Agricole <a@ca-aquitaine.fr>"),
	    SYM_FRAUD_BRAND_NAME, false },
	{ FROM("Cr\xc3\xa9""dit Agricole <a@ca-clients.fr>"),
	    SYM_FRAUD_BRAND_NAME, true },
	{ FROM("Support informatique <x@gmail.com>"), SYM_FRAUD_OFFICE, true },
	{ "X-Null: 1\n" FROM("Postmaster <postmaster@outlook.com>"),
	    SYM_FRAUD_OFFICE, false },
	{ FROM("CPAM 47 <a@evil.fr>"), SYM_FRAUD_STATE_NAME, true },
	{ FROM("Pr\xc3\xa9""fecture <a@lot-et-garonne.gouv.fr>"),
	    SYM_FRAUD_STATE_NAME, false },
	{ FROM("Avenir Sport <a@evil.fr>"), SYM_FRAUD_STATE_NAME, false },
	{ FROM("Le Maire <cabinet@gmail.com>"), SYM_FRAUD_TITLE, true },
	{ FROM("Le Maire <maire@ville-nerac.fr>"), SYM_FRAUD_TITLE, false },
	{ FROM("Mairie de N\xc3\xa9rac <mairie.nerac@orange.fr>"),
	    SYM_FRAUD_TITLE, false },
	{ FROM("Mairie de N\xc3\xa9rac <mairie.nerac@orange.fr>"),
	    SYM_FRAUD_OFFICE, false },
	{ FROM("=?utf-8?q?Tr=C3=A9sor_Public?= <x@orange.fr>"),
	    SYM_FRAUD_OFFICE, true },
	{ FROM("Le Maire <maire@ville-nerac.fr>"), SYM_FRAUD_OFFICE, false },
	{ FROM("Marie Lemaire <marie@gmail.com>"), SYM_FRAUD_OFFICE, false },
	{ FROM("Ville Agen <a@evil.fr>"), SYM_FRAUD_OUR_NAME, true },
	{ FROM("Mairie Ville-Agen <a@evil.fr>"), SYM_FRAUD_OUR_NAME, true },
	{ FROM("Judo Ville Agen <judo@gmail.com>"), SYM_FRAUD_OUR_NAME, false },
	{ FROM("ville-agen.fr support <a@evil.fr>"), SYM_FRAUD_OUR_NAME, true },
	{ FROM("Ville Agen <dgs@ville-agen.fr>"), SYM_FRAUD_OUR_NAME, false },
	{ FROM("Bob <bob@ville-agen.fr>"), SYM_FRAUD_OWN_ADDRESS, true },
	{ FROM("Ann <ann@ville-agen.fr>"), SYM_FRAUD_OWN_ADDRESS, false },
	{ FROM("<x@vi11e-agen.fr>"), SYM_FRAUD_LOOKALIKE, true },
	{ P "http://impots.gouv.fr.evil.com/", SYM_FRAUD_LOOKALIKE, true },
	{ P "http://www.impots.gouv.fr/", SYM_FRAUD_LOOKALIKE, false },
	{ P "http://cfspart.impots.gouv.fr/", SYM_FRAUD_LOOKALIKE, false },
	{ FROM("<x@ville-agent.fr>"), SYM_FRAUD_NEAR_MISS, true },
	{ FROM("<x@ville-nerac.fr>"), SYM_FRAUD_NEAR_MISS, false },
	{ "Reply-To: x@gmail.com\n" P "x", SYM_FRAUD_REPLY_PRIVATE, true },
	{ "Reply-To: x@ami.fr\n" P "x", SYM_FRAUD_REPLY_PRIVATE, false },
	{ "Reply-To: x@berger-bpt.fr\n" FROM("<x@berger-btp.fr>"),
	    SYM_FRAUD_REPLY_LOOKALIKE, true },
	{ "Reply-To: x@martin-btp.fr\n" FROM("<x@berger-btp.fr>"),
	    SYM_FRAUD_REPLY_LOOKALIKE, false },
	{ S("Amende impay\xc3\xa9""e") "Payez sous 48 h : http://evil.fr/",
	    SYM_FRAUD_STATE, true },
	{ S("Amende impay\xc3\xa9""e") "Payez sous 48 h : "
	  "http://www.amendes.gouv.fr/", SYM_FRAUD_STATE, false },
	{ FROM("Jean <jean@orange.fr>") "je conteste l'amende de l'ANTAI, "
	  "dois-je la payer ? pour payer sous 48 h", SYM_FRAUD_STATE, false },
	{ P "Offre de pr\xc3\xaat entre particuliers", SYM_FRAUD_LOAN, true },
	{ P "le pr\xc3\xaat de la salle", SYM_FRAUD_LOAN, false },
	{ P "\xc3\x8ates-vous disponible ? J'ai besoin de cartes cadeaux, en "
	    "toute discr\xc3\xa9tion", SYM_FRAUD_ERRAND, true },
	{ P "\xc3\x8ates-vous disponible mardi ?", SYM_FRAUD_ERRAND, false },
	{ P "P\xc3\xa9""dopornographie : un mandat d'arr\xc3\xaat sera "
	    "d\xc3\xa9livr\xc3\xa9", SYM_FRAUD_SUMMONS, true },
	{ FROM("<x@gendarmerie.interieur.gouv.fr>") "p\xc3\xa9""dopornographie, "
	  "mandat d'arr\xc3\xaat", SYM_FRAUD_SUMMONS, false },
	{ P "un mandat d'arr\xc3\xaat", SYM_FRAUD_SUMMONS, false },
	{ P "J'ai film\xc3\xa9 votre \xc3\xa9""cran. Versez 900 euros en Bitcoin",
	    SYM_FRAUD_EXTORTION, true },
	{ S("Colis") "Votre colis est bloqu\xc3\xa9 : 1,99 de frais de "
	  "livraison http://evil.fr/", SYM_FRAUD_PARCEL, true },
	{ S("Zimbra") "Votre messagerie Zimbra sera supprim\xc3\xa9""e : "
	  "connectez-vous http://evil.fr/", SYM_FRAUD_MAILBOX, true },
	{ S("Zimbra") "Maintenance de votre messagerie Zimbra samedi "
	  "http://ami.fr/", SYM_FRAUD_MAILBOX, false },
	{ S("RIB") "Nouveau RIB pour ma paie de mars, mon compte bancaire a "
	  "chang\xc3\xa9", SYM_FRAUD_BANK_CHANGE, false },
	{ "From: x <x@gmail.com>\n" T "Subject: RIB\n\nnouveau RIB pour ma "
	  "paie de mars", SYM_FRAUD_BANK_CHANGE, true },
	{ "From: x <x@gmail.com>\n" T "Subject: cantine\n\nvoici le RIB pour "
	  "la cantine", SYM_FRAUD_BANK_CHANGE, false },
	{ F T "Subject: Compte suspendu\n\nCher client, v\xc3\xa9rifiez votre "
	  "compte dans les 24 h : http://evil.fr/ cliquez", SYM_FRAUD_ACCOUNT,
	    true },
	{ F T "Subject: Reunion\n\nVotre compte rendu : http://ami.fr/",
	    SYM_FRAUD_ACCOUNT, false },
	{ "In-Reply-To: <1@x>\n" F T "Subject: Compte suspendu\n\nCher client, "
	  "v\xc3\xa9rifiez votre compte dans les 24 h : http://evil.fr/ "
	  "cliquez", SYM_FRAUD_ACCOUNT, false },
	{ F T "Subject: Mailbox full\n\nYour mailbox is full, click here "
	  "http://evil.fr/", SYM_FRAUD_MAILBOX, true },
	{ F T "Subject: Archives\n\nLe stockage des archives",
	    SYM_FRAUD_MAILBOX, false },
	{ P "my late husband left funds, next of kin, an inheritance for the "
	  "beneficiary, 5 million dollars, god bless", SYM_FRAUD_ADVANCE_FEE,
	    true },
	{ P "une donation au CCAS", SYM_FRAUD_ADVANCE_FEE, false },
	{ P "i have your webcam video, urgent: send bitcoin to this btc wallet "
	  "within 48 h, porn", SYM_FRAUD_EXTORTION, true },
	{ P "le cours du bitcoin", SYM_FRAUD_EXTORTION, false },
	{ F T "Subject: Votre colis\n\nVotre colis : livraison du colis, suivi "
	  "du colis, cliquez : 2 \xe2\x82\xac http://evil.fr/",
	    SYM_FRAUD_PARCEL, true },
	{ F T "Subject: Votre colis\n\nVotre colis : livraison du colis, suivi "
	  "du colis, cliquez : 2 \xe2\x82\xac http://www.laposte.fr/",
	    SYM_FRAUD_PARCEL, false },
	{ F T "Subject: You won a prize\n\nCongratulation, claim your reward "
	  "http://evil.fr/", SYM_FRAUD_PRIZE, true },
	{ F T "Subject: prix du march\xc3\xa9\n\nhttp://ami.fr/",
	    SYM_FRAUD_PRIZE, false },
	{ F T "Subject: Bitcoin bonus\n\nurgent: claim your bitcoin in your wallet "
	  "http://evil.fr/", SYM_FRAUD_CRYPTO, true },
	{ F T "Subject: Ordre du jour\n\nhttp://ami.fr/", SYM_FRAUD_CRYPTO,
	    false },
	{ "From: x <x@gmail.com>\n" T "Subject: s\n\nbitcoin bitcoin",
	    SYM_FRAUD_PRIVATE_LURE, true },
	{ "From: x <x@gmail.com>\n" T "Subject: s\n\nvotre facture",
	    SYM_FRAUD_PRIVATE_LURE, false },
	{ "From: x <x@gmail.com>\n" T "Subject: s\n\nvirement urgent",
	    SYM_FRAUD_PRIVATE_LURE, true },
	{ "Reply-To: x@other.fr\n" F T "Subject: RIB\n\nnotre RIB change",
	    SYM_FRAUD_BANK_CHANGE, true },
	{ F T "Subject: RIB\n\nnotre RIB change", SYM_FRAUD_BANK_CHANGE,
	    false },
	{ P "x", SYM_CONTENT_LIMIT, false },
};

static void
test_rows(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct score s = judge(rows[i].message);

		if (score_has(&s, rows[i].id) == rows[i].found)
			continue;
		failed++;
		print_error("%s%s: %.400s\n", rows[i].found ? "" : "no ",
		    symbol_of(rows[i].id)->name, rows[i].message);
	}
	assert_int_equal(failed, 0);
}

/* Every symbol of content has a row that finds it; those that need archives are
 * found in test_content_parts. */
static void
test_all_are_tested(void **state)
{
	static const enum symbol_id others[] = { SYM_ATTACHMENT_MACRO,
		SYM_ATTACHMENT_ENCRYPTED, SYM_ATTACHMENT_BOMB,
		SYM_ATTACHMENT_NESTED, SYM_HTML_MUCH_HIDDEN,
		SYM_CONTENT_LIMIT };

	(void)state;
	for (int i = SYM_SUBJECT_FAKE_REPLY; i <= SYM_CONTENT_LIMIT; i++) {
		bool tested = false;

		for (size_t k = 0; k < OCT_LEN(rows); k++)
			tested |= rows[k].found && (int)rows[k].id == i;
		for (size_t k = 0; k < OCT_LEN(others); k++)
			tested |= (int)others[k] == i;
		if (!tested)
			fail_msg("no row finds %s",
			    symbol_of((enum symbol_id)i)->name);
	}
}

/* Those whose messages are made by loops. */
static void
test_long_ones(void **state)
{
	struct oct_str s;
	struct score out;

	(void)state;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, H "<p>bonjour</p><div style='display:none'>");
	for (int i = 0; i < 300; i++)
		oct_str_add(&s, "des mots sans fin ");
	oct_str_add(&s, "</div>");
	out = judge(oct_str_text(&s));
	assert_true(score_has(&out, SYM_HTML_MUCH_HIDDEN));
	oct_str_clear(&s);
	oct_str_add(&s, F T "Subject: s\nContent-Type: multipart/mixed; "
			    "boundary=b\n\n");
	for (int i = 0; i < 300; i++)
		oct_str_add(&s, "--b\n\nx\n");
	out = judge(oct_str_text(&s));
	assert_true(score_has(&out, SYM_CONTENT_LIMIT));
	oct_str_free(&s);
	out = judge(H "<p>bonjour</p><div style='display:none'>aper\xc3\xa7u"
		      "</div>");
	assert_false(score_has(&out, SYM_HTML_MUCH_HIDDEN));
	/* A document that says VBA: a macro. */
	out = judge("From: a@b.fr\nContent-Type: multipart/mixed; boundary=b\n\n"
		    "--b\nContent-Type: application/msword\n"
		    "Content-Disposition: attachment; filename=a.doc\n"
		    "Content-Transfer-Encoding: base64\n\n"
		    "0M8R4KGxGuFfAFYAQgBBAF8AUABSAE8ASgBFAEMAVAA=\n--b--\n");
	assert_true(score_has(&out, SYM_ATTACHMENT_MACRO));
}

/* --- Names ----------------------------------------------------------------- */

static const struct {
	const char *host, *domain;
	enum lookalike found;
} names[] = {
	{ "ville-agen.fr", "ville-agen.fr", LOOKALIKE_NONE },
	{ "www.ville-agen.fr", "ville-agen.fr", LOOKALIKE_NONE },
	{ "villeagen.fr", "ville-agen.fr", LOOKALIKE_SAME },
	{ "vi11e-agen.fr", "ville-agen.fr", LOOKALIKE_SAME },
	{ "xn--ville-gen-w6g.fr", "ville-agen.fr", LOOKALIKE_NONE },
	{ "ville-agen.fr.evil.com", "ville-agen.fr", LOOKALIKE_SAME },
	{ "ville-agen-fr.evil.com", "ville-agen.fr", LOOKALIKE_SAME },
	{ "ville-agen.evil.com", "ville-agen.fr", LOOKALIKE_NONE },
	{ "ville-agen.com", "ville-agen.fr", LOOKALIKE_NONE },
	{ "ville-aden.fr", "ville-agen.fr", LOOKALIKE_NEAR },
	{ "vile-agen.fr", "ville-agen.fr", LOOKALIKE_NEAR },
	{ "ville-aegn.fr", "ville-agen.fr", LOOKALIKE_NEAR },
	{ "ville-nerac.fr", "ville-agen.fr", LOOKALIKE_NONE },
	{ "ville-agen-info.fr", "ville-agen.fr", LOOKALIKE_NEAR },
	{ "villes-agen-info.fr", "ville-agen.fr", LOOKALIKE_NONE },
	{ "mairie-nerac.fr", "mairie.fr", LOOKALIKE_NONE },
	{ "antai-paiement.top", "antai.gouv.fr", LOOKALIKE_NEAR },
	{ "caf.fr", "cab.fr", LOOKALIKE_NONE },
	{ "irnpots.fr", "impots.gouv.fr", LOOKALIKE_SAME },
	{ "[192.0.2.1]", "impots.gouv.fr", LOOKALIKE_NONE },
	{ "", "impots.gouv.fr", LOOKALIKE_NONE },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(names); i++)
		if (lookalike_of(names[i].host, names[i].domain) !=
		    names[i].found)
			fail_msg("%s and %s: %d", names[i].host,
			    names[i].domain,
			    lookalike_of(names[i].host, names[i].domain));
	assert_int_equal(lookalike_of_institution("paypa1.com"),
	    LOOKALIKE_SAME);
	assert_int_equal(lookalike_of_institution("xn--pypal-4ve.com"),
	    LOOKALIKE_SAME);
	assert_int_equal(lookalike_of_institution("www.paypal.com"),
	    LOOKALIKE_NONE);
	assert_int_equal(lookalike_of_institution("laposte.net"),
	    LOOKALIKE_NONE);
}

/* Names that are hosted, beside the recipient's. */
static bool
is_known(const void *arg, const char *domain)
{
	static const char *const hosted[] = { "ville-nerac.fr", "tournon.fr",
		"moirax.collectivite47.fr" };

	(void)arg;
	for (size_t i = 0; i < OCT_LEN(hosted); i++)
		if (strcmp(hosted[i], domain) == 0)
			return true;
	return false;
}

static void
test_many_names(void **state)
{
	static const struct {
		const char *host;
		bool found;
	} hosts[] = { { "ville-nerac.fr", false },
		{ "www.ville-nerac.fr", false }, { "tournon.fr", false },
		{ "vi11e-nerac.fr", true }, { "www.vi11e-nerac.fr", true },
		{ "toumon.fr", false }, /* reads so, but is another word */
		{ "t0urnon.fr", true },
		{ "xn--ville-nrac-h7a.fr", true }, /* ville-n\u00e9rac.fr */
		{ "rnoirax.collectivite47.fr", true },
		{ "ville-nerac.fr.evil.com", true },
		{ "ville-nerac-fr.evil.com", true },
		{ "secure-ville-nerac.fr.evil.com", true },
		{ "ville-nerac.com", false }, { "ville-nerac", false },
		{ "nerac.fr", false }, { "evil.com", false },
		{ "moirax.collectivite47.fr.a.b", true }, { "", false },
		{ "[192.0.2.1]", false },
		{ "a-b-c-d-e-f-g-h-i-j-k-l-m-ville-nerac.fr.evil.com", false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(hosts); i++)
		if (lookalike_of_known(hosts[i].host, is_known, NULL) !=
		    hosts[i].found)
			fail_msg("%s", hosts[i].host);
}

static void
test_fold(void **state)
{
	static const struct {
		const char *text, *folded;
	} folds[] = { { "Le Maire", "le maire" },
		{ "Tr\xc3\xa9sor Public", "tresor public" },
		{ "P\xd0\xb0yP\xd0\x90l", "paypal" },
		{ "\xef\xbc\xb0\xef\xbc\xa1", "pa" },
		{ "\xf0\x9d\x97\x9a\xf0\x9d\x97\xae", "ga" },
		{ "pa\xe2\x80\x8by", "pay" }, { "\xe4\xb8\xad", " " },
		{ "\xc5\xa0\xc4\x8d", "sc" }, { "", "" } };
	char out[40], small[4];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(folds); i++) {
		lookalike_fold(folds[i].text, strlen(folds[i].text), out,
		    sizeof(out));
		assert_string_equal(out, folds[i].folded);
	}
	lookalike_fold("abcdef", 6, small, sizeof(small));
	assert_string_equal(small, "abc");
	/* Cut in a character. */
	lookalike_fold("a\xf0\x9d", 3, out, sizeof(out));
	assert_int_equal(out[0], 'a');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_all_are_tested),
		cmocka_unit_test(test_long_ones),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
