/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/hosting.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/directory.h"
#include "policy/settings.h"

#define PORT_IMAP_STARTTLS 143
#define PORT_SUBMISSION_STARTTLS 587

static const char *const sts_names[] = { "none", "testing", "enforce" };

const char *
hosting_sts_name(enum hosting_sts mode)
{
	return sts_names[mode];
}

/* A number and a host name. */
static int
parse_mx(const char *text, struct hosting_mx *out)
{
	char number[8];
	int64_t n;

	if (!oct_str_word(&text, number, sizeof(number)) ||
	    oct_num_int(number, 0, UINT16_MAX, &n) != 0)
		return OCT_EPARSE;
	text += strspn(text, " ");
	out->preference = (uint16_t)n;
	if (strchr(text, '.') == NULL || strchr(text, ' ') != NULL)
		return OCT_EPARSE;
	return oct_domain_normalise(text, out->host);
}

static int
parse_server(const char *text, struct hosting_server *out)
{
	const char *colon = strrchr(text, ':');
	char host[OCT_DOMAIN_SIZE];
	int64_t port;
	size_t len;

	*out = (struct hosting_server){ .port = 0 };
	if (*text == '\0')
		return 0;
	len = colon != NULL ? (size_t)(colon - text) : 0;
	if (len == 0 || len >= sizeof(host) ||
	    oct_num_int(colon + 1, 1, UINT16_MAX, &port) != 0)
		return OCT_EPARSE;
	memcpy(host, text, len);
	host[len] = '\0';
	if (strchr(host, '.') == NULL || strpbrk(host, " :[]") != NULL ||
	    oct_domain_normalise(host, out->host) != 0)
		return OCT_EPARSE;
	out->port = (uint16_t)port;
	out->starttls = port == PORT_IMAP_STARTTLS ||
	    port == PORT_SUBMISSION_STARTTLS;
	return 0;
}

bool
hosting_is_mx(const char *text)
{
	struct hosting_mx mx;

	return parse_mx(text, &mx) == 0;
}

/* Only what may stand in a record without quoting; an "all" would end it for
 * the domain's other senders. */
bool
hosting_is_spf(const char *text)
{
	char word[OCT_DOMAIN_SIZE];

	for (const char *p = text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
			return false;
	while (*(text += strspn(text, " ")) != '\0') {
		const char *name = word;

		if (!oct_str_word(&text, word, sizeof(word)))
			return false;
		name += strspn(name, "+-~?");
		if (strcasecmp(name, "all") == 0 ||
		    strncasecmp(name, "v=", 2) == 0 ||
		    strncasecmp(name, "redirect=", 9) == 0)
			return false;
	}
	return true;
}

bool
hosting_is_address(const char *text)
{
	struct oct_ip ip;

	return oct_ip_parse(text, &ip) == 0;
}

bool
hosting_is_server(const char *text)
{
	struct hosting_server server;

	return parse_server(text, &server) == 0;
}

static int
by_preference(const void *a, const void *b)
{
	const struct hosting_mx *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->host, y->host);
}

static void
read_mx(const struct settings *s, struct hosting *out)
{
	for (size_t i = 0; i < s->hosting_mx.count; i++)
		if (parse_mx(s->hosting_mx.values[i],
			&out->mx[out->mx_count]) == 0)
			out->mx_count++;
	if (out->mx_count == 0) {
		out->mx[0].preference = 10;
		(void)!oct_domain_normalise(s->hostname, out->mx[0].host);
		out->mx_count = 1;
	}
	qsort(out->mx, out->mx_count, sizeof(out->mx[0]), by_preference);
}

static void
read_web(const struct settings *s, struct hosting *out)
{
	char host[OCT_DOMAIN_SIZE];

	if (*s->hosting_web != '\0') {
		(void)!oct_domain_normalise(s->hosting_web, out->web);
		return;
	}
	settings_page_host(s, host);
	if (oct_domain_normalise(host, out->web) != 0)
		out->web[0] = '\0';
}

void
hosting_of(const struct settings *s, struct hosting *out)
{
	static const char *const dmarc[] = { "none", "quarantine", "reject" };
	struct oct_str spf;

	*out = (struct hosting){ .spf_more = "", .hostname = s->hostname,
		.dmarc = dmarc[s->hosting_dmarc], .rua = s->hosting_rua,
		.tls_rpt = s->hosting_tls_rpt,
		.sts = (enum hosting_sts)s->hosting_mta_sts,
		.sts_age_s = s->hosting_mta_sts_age / 1000,
		.ttl_s = s->hosting_ttl / 1000, .name = s->web_operator,
		.dns_port = (uint16_t)s->hosting_dns_port,
		.https_port = (uint16_t)s->hosting_https_port };
	read_mx(s, out);
	oct_str_fixed(&spf, out->spf, sizeof(out->spf));
	if (*s->hosting_spf != '\0')
		oct_str_add(&spf, s->hosting_spf);
	else
		oct_str_addf(&spf, "a:%.250s", s->hostname);
	for (size_t i = 0; i < s->hosting_senders.count; i++)
		if (oct_ip_parse(s->hosting_senders.values[i],
			&out->senders[out->sender_count]) == 0)
			out->sender_count++;
	read_web(s, out);
	(void)!parse_server(s->hosting_imap, &out->imap);
	(void)!parse_server(s->hosting_smtp, &out->smtp);
}

void
hosting_of_domain(const struct settings *s, const struct dir_domain *d,
    struct hosting *out)
{
	const char *mode = detail_get(d->details, DETAIL_MTA_STS);

	hosting_of(s, out);
	out->spf_more = detail_get(d->details, DETAIL_SPF);
	for (size_t i = 0; i < OCT_LEN(sts_names); i++)
		if (strcmp(mode, sts_names[i]) == 0)
			out->sts = (enum hosting_sts)i;
}

void
hosting_of_own(const struct settings *s, struct hosting *out)
{
	hosting_of(s, out);
	out->dmarc = "reject"; /* octroi alone writes there, and signs */
	out->sts = HOSTING_STS_NONE;
	out->web[0] = '\0';
	out->imap = out->smtp = (struct hosting_server){ .port = 0 };
}
