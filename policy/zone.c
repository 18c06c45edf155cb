/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/zone.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/err.h"

#define RECORDS_MAX (HOSTING_MX_MAX + DKIM_KEYS_MAX + 10)
#define DATA_MAX 4096 /* octets of one record */
#define POLICY_MAX 4096
#define ID_OCTETS 10

struct building {
	struct zone *zone;
	int err;
};

static const char *const purposes[] = {
	[ZONE_MX] = "mx",
	[ZONE_SPF] = "spf",
	[ZONE_DKIM] = "dkim",
	[ZONE_DMARC] = "dmarc",
	[ZONE_MTA_STS] = "mta-sts",
	[ZONE_MTA_STS_HOST] = "mta-sts-host",
	[ZONE_TLS_RPT] = "tls-rpt",
	[ZONE_AUTOCONFIG] = "autoconfig",
	[ZONE_AUTODISCOVER] = "autodiscover",
	[ZONE_SRV_IMAP] = "srv-imap",
	[ZONE_SRV_SMTP] = "srv-smtp",
};

const char *
zone_purpose_name(enum zone_purpose p)
{
	return purposes[p];
}

const struct zone_record *
zone_find(const struct zone *z, enum zone_purpose p)
{
	for (size_t i = 0; i < z->count; i++)
		if (z->records[i].purpose == p)
			return &z->records[i];
	return NULL;
}

static void OCT_PRINTF(5, 6)
add(struct building *b, enum zone_purpose purpose, const char *label,
    const char *type, const char *fmt, ...)
{
	struct zone *z = b->zone;
	struct zone_record *r;
	char text[DATA_MAX];
	struct oct_str name;
	va_list ap;
	int len;

	if (b->err != 0)
		return;
	OCT_ASSERT(z->count < RECORDS_MAX);
	r = &z->records[z->count];
	r->purpose = purpose;
	r->type = type;
	oct_str_fixed(&name, r->name, sizeof(r->name));
	oct_str_addf(&name, "%s%s%s", label, *label != '\0' ? "." : "",
	    z->domain);
	/* 253 octets of text are 255 in wire form (RFC 1035 2.3.4). */
	b->err = name.len > 253 ? OCT_EFULL : oct_str_err(&name);
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (b->err == 0 && (len < 0 || (size_t)len >= sizeof(text)))
		b->err = OCT_EFULL;
	if (b->err != 0)
		return;
	r->data = strdup(text);
	if (r->data == NULL)
		b->err = -ENOMEM;
	else
		z->count++;
}

static void
add_keys(struct building *b, const struct dkim_keys *keys)
{
	for (size_t i = 0; keys != NULL && i < keys->count; i++) {
		const struct dkim_keys_item *key = &keys->items[i];
		char label[DKIM_SELECTOR_SIZE + sizeof("._domainkey")];
		struct oct_str s;

		if (key->state == DKIM_KEYS_BROKEN)
			continue;
		oct_str_fixed(&s, label, sizeof(label));
		oct_str_addf(&s, "%s._domainkey", key->selector);
		add(b, ZONE_DKIM, label, "TXT", "%s", key->record);
		if (b->err == 0)
			b->zone->records[b->zone->count - 1].key = key->state;
	}
}

static void
add_policies(struct building *b, const struct hosting *h)
{
	char id[ZONE_STS_ID_SIZE];

	if (*h->rua != '\0')
		add(b, ZONE_DMARC, "_dmarc", "TXT",
		    "v=DMARC1; p=%s; rua=mailto:%s", h->dmarc, h->rua);
	else
		add(b, ZONE_DMARC, "_dmarc", "TXT", "v=DMARC1; p=%s",
		    h->dmarc);
	if (h->sts != HOSTING_STS_NONE && *h->web != '\0') {
		zone_sts_id(h, id);
		add(b, ZONE_MTA_STS, "_mta-sts", "TXT", "v=STSv1; id=%s;", id);
		add(b, ZONE_MTA_STS_HOST, "mta-sts", "CNAME", "%s.", h->web);
	}
	if (*h->tls_rpt != '\0')
		add(b, ZONE_TLS_RPT, "_smtp._tls", "TXT",
		    "v=TLSRPTv1; rua=mailto:%s", h->tls_rpt);
}

/* RFC 6186 and 8314 5.1. */
static void
add_servers(struct building *b, const struct hosting *h)
{
	const struct hosting_server *imap = &h->imap, *smtp = &h->smtp;

	if (*imap->host == '\0' || *smtp->host == '\0')
		return;
	if (*h->web != '\0') {
		add(b, ZONE_AUTOCONFIG, "autoconfig", "CNAME", "%s.", h->web);
		add(b, ZONE_AUTODISCOVER, "autodiscover", "CNAME", "%s.",
		    h->web);
	}
	add(b, ZONE_SRV_IMAP, imap->starttls ? "_imap._tcp" : "_imaps._tcp",
	    "SRV", "0 1 %u %s.", imap->port, imap->host);
	add(b, ZONE_SRV_SMTP,
	    smtp->starttls ? "_submission._tcp" : "_submissions._tcp", "SRV",
	    "0 1 %u %s.", smtp->port, smtp->host);
}

int
zone_expected(const struct hosting *h, const char *domain,
    const struct dkim_keys *keys, struct zone *out)
{
	struct building b = { .zone = out };
	struct oct_str name;

	*out = (struct zone){ .ttl_s = h->ttl_s };
	oct_str_fixed(&name, out->domain, sizeof(out->domain));
	oct_str_add(&name, domain);
	out->records = calloc(RECORDS_MAX, sizeof(*out->records));
	if (out->records == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < h->mx_count; i++)
		add(&b, ZONE_MX, "", "MX", "%u %s.", h->mx[i].preference,
		    h->mx[i].host);
	add(&b, ZONE_SPF, "", "TXT", "v=spf1 %s%s%s -all", h->spf,
	    *h->spf_more != '\0' ? " " : "", h->spf_more);
	add_keys(&b, keys);
	add_policies(&b, h);
	add_servers(&b, h);
	return b.err;
}

void
zone_fini(struct zone *z)
{
	for (size_t i = 0; i < z->count; i++)
		free(z->records[i].data);
	free(z->records);
	z->records = NULL;
	z->count = 0;
}

/* --- MTA-STS ---------------------------------------------------------------- */

void
zone_sts_policy(const struct hosting *h, struct oct_str *out)
{
	oct_str_addf(out, "version: STSv1\r\nmode: %s\r\n",
	    hosting_sts_name(h->sts));
	for (size_t i = 0; i < h->mx_count; i++)
		oct_str_addf(out, "mx: %s\r\n", h->mx[i].host);
	oct_str_addf(out, "max_age: %" PRId64 "\r\n", h->sts_age_s);
}

void
zone_sts_id(const struct hosting *h, char out[ZONE_STS_ID_SIZE])
{
	uint8_t digest[crypto_generichash_BYTES_MIN];
	char text[POLICY_MAX];
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	zone_sts_policy(h, &s);
	OCT_ASSERT(oct_str_err(&s) == 0);
	(void)crypto_generichash(digest, sizeof(digest),
	    (const unsigned char *)text, s.len, NULL, 0);
	(void)sodium_bin2hex(out, ZONE_STS_ID_SIZE, digest, ID_OCTETS);
}
