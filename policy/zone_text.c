/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected records as a zone file wants them.
 */
#include <idn2.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy/zone.h"

#define TXT_STRING_MAX 255 /* RFC 1035 3.3.14 */

void
zone_unicode(const char *domain, struct oct_str *out)
{
	char *text = NULL;

	if (idn2_to_unicode_8z8z(domain, &text, 0) == IDN2_OK)
		oct_str_add(out, text);
	else
		oct_str_add(out, domain);
	idn2_free(text);
}

/* RFC 1035 5.1. */
static void
txt_string(const char *text, size_t len, struct oct_str *out)
{
	oct_str_add(out, " \"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c > 0x7e)
			oct_str_addf(out, "\\%03u", c);
		else if (c == '"' || c == '\\')
			oct_str_addf(out, "\\%c", c);
		else
			oct_str_addc(out, (char)c);
	}
	oct_str_addc(out, '"');
}

void
zone_line(const struct zone_record *r, int64_t ttl_s, struct oct_str *out)
{
	size_t len = strlen(r->data), at = 0;

	oct_str_addf(out, "%s. %" PRId64 " IN %s", r->name, ttl_s, r->type);
	if (strcmp(r->type, "TXT") != 0) {
		oct_str_addf(out, " %s\n", r->data);
		return;
	}
	do {
		size_t n = len - at < TXT_STRING_MAX ? len - at
						     : TXT_STRING_MAX;

		txt_string(r->data + at, n, out);
		at += n;
	} while (at < len);
	oct_str_addc(out, '\n');
}

static const struct {
	const char *fr, *en;
} titles[] = {
	[ZONE_MX] = { "Serveurs qui reçoivent le courrier (aucun autre MX)",
	    "Servers that receive mail (no other MX)" },
	[ZONE_SPF] = { "SPF : qui peut écrire au nom du domaine (un seul "
		       "enregistrement v=spf1)",
	    "SPF: who may write in the domain's name (one v=spf1 record "
	    "only)" },
	[ZONE_DKIM] = { "DKIM : clé publique des signatures",
	    "DKIM: public key of the signatures" },
	[ZONE_DMARC] = { "DMARC : que faire du courrier qui usurpe le domaine",
	    "DMARC: what becomes of mail that forges the domain" },
	[ZONE_MTA_STS] = { "MTA-STS : transport chiffré exigé",
	    "MTA-STS: encrypted transport is required" },
	[ZONE_MTA_STS_HOST] = { "MTA-STS : hôte qui sert la politique",
	    "MTA-STS: host that serves the policy" },
	[ZONE_TLS_RPT] = { "TLS-RPT : où vont les rapports de chiffrement",
	    "TLS-RPT: where reports on encryption go" },
	[ZONE_AUTOCONFIG] = { "Configuration automatique de Thunderbird",
	    "Automatic configuration of Thunderbird" },
	[ZONE_AUTODISCOVER] = { "Configuration automatique d'Outlook",
	    "Automatic configuration of Outlook" },
	[ZONE_SRV_IMAP] = { "Où un logiciel de courrier trouve le serveur IMAP",
	    "Where mail programs find the IMAP server" },
	[ZONE_SRV_SMTP] = { "Où un logiciel de courrier trouve le serveur "
			    "d'envoi",
	    "Where mail programs find the submission server" },
};

static const char *
key_words(enum dkim_keys_state state, bool english)
{
	switch (state) {
	case DKIM_KEYS_NEW:
		return english ? "to be published, not used yet"
			       : "à publier, pas encore utilisée";
	case DKIM_KEYS_ACTIVE:
		return english ? "in use" : "en service";
	case DKIM_KEYS_RETIRED:
		return english ? "replaced: leave it 7 days, then remove it"
			       : "remplacée : à laisser 7 jours, puis à "
				 "retirer";
	case DKIM_KEYS_BROKEN:
		break;
	}
	return "";
}

/* What belongs into the zone of the mail servers, not into this one. */
static void
dane_hint(const struct hosting *h, bool english, struct oct_str *out)
{
	oct_str_add(out,
	    english ? "; DANE: its TLSA records belong into the zone of the "
		      "mail servers (signed by DNSSEC), not here:\n"
		    : "; DANE : ses enregistrements TLSA vont dans la zone "
		      "des serveurs de courrier (signée par DNSSEC), pas "
		      "ici :\n");
	for (size_t i = 0; i < h->mx_count; i++)
		oct_str_addf(out, ";   _25._tcp.%s. IN TLSA 3 1 1 ...\n",
		    h->mx[i].host);
}

void
zone_text(const struct zone *z, const struct hosting *h, bool english,
    struct oct_str *out)
{
	oct_str_add(out, "; ");
	zone_unicode(z->domain, out);
	if (strstr(z->domain, "xn--") != NULL)
		oct_str_addf(out, " (%s)", z->domain);
	oct_str_add(out, english ? ": records for its mail\n"
				 : " : enregistrements du courrier\n");
	for (size_t i = 0; i < z->count; i++) {
		const struct zone_record *r = &z->records[i];

		if (i == 0 || r->purpose != z->records[i - 1].purpose ||
		    r->purpose == ZONE_DKIM) {
			oct_str_addf(out, ";\n; %s",
			    english ? titles[r->purpose].en
				    : titles[r->purpose].fr);
			if (r->purpose == ZONE_DKIM)
				oct_str_addf(out, " (%s)",
				    key_words(r->key, english));
			oct_str_addc(out, '\n');
		}
		zone_line(r, z->ttl_s, out);
	}
	oct_str_add(out, ";\n");
	dane_hint(h, english, out);
}
