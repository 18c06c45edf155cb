/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "provisioning/check_int.h"

#define FINDINGS_MAX 200 /* a record of many faults brings as many */
#define SHOWN_MAX 1000 /* octets of what was seen */

/* --- Findings --------------------------------------------------------------- */

/* What a stranger's record holds, fit for any terminal; a long one says how
 * much more there is. */
static char *
printable(const char *text)
{
	struct oct_str s;
	char *out;
	size_t n = 0, len;

	if (text == NULL || *text == '\0')
		return strdup("");
	len = strlen(text);
	oct_str_heap(&s, SHOWN_MAX + 64);
	for (; n < len && n < SHOWN_MAX; n++)
		oct_str_addc(&s, text[n] >= 0x20 && text[n] < 0x7f ? text[n]
								   : '?');
	if (n < len)
		oct_str_addf(&s, "... (+%zu)", len - n);
	out = oct_str_take(&s);
	oct_str_free(&s);
	return out;
}

void
check_add(struct checking *c, enum check_code code,
    enum check_severity severity, const char *name, const char *seen,
    const char *want)
{
	struct check *out = c->out;
	struct check_finding *f;
	struct oct_str s;

	if (c->err != 0)
		return;
	if (out->count == FINDINGS_MAX) {
		out->more++;
		return;
	}
	if (out->count == out->room) {
		size_t room = out->room > 0 ? out->room * 2 : 16;

		f = realloc(out->findings, room * sizeof(*f));
		if (f == NULL) {
			c->err = -ENOMEM;
			return;
		}
		out->findings = f;
		out->room = room;
	}
	f = &out->findings[out->count];
	*f = (struct check_finding){ .code = code, .severity = severity,
		.seen = printable(seen), .want = printable(want) };
	oct_str_fixed(&s, f->name, sizeof(f->name));
	oct_str_add(&s, name);
	if (f->seen == NULL || f->want == NULL)
		c->err = -ENOMEM;
	out->count++;
}

static int
by_weight(const void *a, const void *b)
{
	const struct check_finding *x = a, *y = b;
	int dx = (int)y->severity - (int)x->severity;
	int dc = (int)x->code - (int)y->code;

	return dx != 0 ? dx : dc != 0 ? dc : strcmp(x->name, y->name);
}

bool
check_has(const struct check *c, enum check_severity least)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->findings[i].severity >= least)
			return true;
	return false;
}

void
check_fini(struct check *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->findings[i].seen);
		free(c->findings[i].want);
	}
	free(c->findings);
	c->findings = NULL;
	c->count = c->room = 0;
}

/* --- Questions -------------------------------------------------------------- */

const struct dns_answer *
check_get(struct checking *c, const char *name, enum dns_type type)
{
	const struct dns_answer *a = dns_get(c->in->dns, name, type);

	if (a->status != DNS_TEMPFAIL)
		return a;
	check_add(c, CHECK_DNS_FAILED, CHECK_UNKNOWN, name,
	    dns_type_name(type), NULL);
	return NULL;
}

bool
check_name(const struct checking *c, const char *label,
    char out[OCT_DOMAIN_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, OCT_DOMAIN_SIZE);
	oct_str_addf(&s, "%s.%s", label, c->in->domain);
	return oct_str_err(&s) == 0 && s.len <= 253;
}

const char *
check_expected(const struct checking *c, enum zone_purpose p)
{
	const struct zone_record *r = c->in->zone != NULL
	    ? zone_find(c->in->zone, p)
	    : NULL;

	return r != NULL ? r->data : NULL;
}

size_t
check_texts(const struct dns_answer *a, const char *prefix,
    const struct dns_record **first)
{
	size_t count = 0;

	*first = NULL;
	for (size_t i = 0; i < a->count; i++) {
		if (strncasecmp(a->records[i].text, prefix,
			strlen(prefix)) != 0)
			continue;
		if (count++ == 0)
			*first = &a->records[i];
	}
	return count;
}

const struct dns_record *
check_attempt(const struct dns_answer *a, const char *word)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcasestr(a->records[i].text, word) != NULL)
			return &a->records[i];
	return NULL;
}

bool
check_has_address(struct checking *c, const char *name)
{
	return dns_get(c->in->dns, name, DNS_A)->count > 0 ||
	    dns_get(c->in->dns, name, DNS_AAAA)->count > 0;
}

static bool
share(const struct dns_answer *a, const struct dns_answer *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (memcmp(&a->records[i].ip, &b->records[j].ip,
				sizeof(a->records[i].ip)) == 0)
				return true;
	return false;
}

bool
check_same_address(struct checking *c, const char *name, const char *other)
{
	struct dns_session *dns = c->in->dns;

	return share(dns_get(dns, name, DNS_A), dns_get(dns, other, DNS_A)) ||
	    share(dns_get(dns, name, DNS_AAAA),
		dns_get(dns, other, DNS_AAAA));
}

/* --- The whole -------------------------------------------------------------- */

/* All at once, so that the answers are waited for together. */
static void
prefetch(const struct check_input *in)
{
	static const char *const labels[] = { "_dmarc", "_mta-sts",
		"_smtp._tls" };
	struct checking c = { .in = in };
	char name[OCT_DOMAIN_SIZE];

	dns_prefetch(in->dns, in->domain, DNS_MX);
	dns_prefetch(in->dns, in->domain, DNS_TXT);
	dns_prefetch(in->dns, in->domain, DNS_NS);
	for (size_t i = 0; i < OCT_LEN(labels); i++)
		if (check_name(&c, labels[i], name))
			dns_prefetch(in->dns, name, DNS_TXT);
}

int
check_domain(const struct check_input *in, struct check *out)
{
	struct checking c = { .in = in, .out = out };

	*out = (struct check){ .dnssec = CHECK_DNSSEC_UNKNOWN };
	prefetch(in);
	if (check_zone(&c)) {
		check_mx(&c);
		check_spf(&c);
		check_dkim(&c);
		check_dmarc(&c);
		check_sts(&c);
		check_tls_rpt(&c);
		check_setup(&c);
		check_wildcard(&c);
	}
	if (out->count > 0)
		qsort(out->findings, out->count, sizeof(out->findings[0]),
		    by_weight);
	return c.err;
}
