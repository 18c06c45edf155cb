/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM keys, DMARC and TLS-RPT.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "auth/dkim_key.h"
#include "auth/dmarc.h"
#include "auth/dmarc_record.h"
#include "lib/err.h"
#include "lib/span.h"
#include "provisioning/check_int.h"

#define TAG_SIZE 512
#define PARENTS_MAX 8 /* RFC 9989 4.10: queries of a tree walk */

static void
copy(struct oct_span s, char out[TAG_SIZE])
{
	size_t n = s.len < TAG_SIZE - 1 ? s.len : TAG_SIZE - 1;

	memcpy(out, s.at, n);
	out[n] = '\0';
}

/* --- DKIM ------------------------------------------------------------------- */

static bool
is_revoked(const char *text)
{
	struct oct_span rest = { text, strlen(text) }, tag, name, value;

	while (oct_span_next(&rest, ';', &tag))
		if (oct_span_tag(tag, &name, &value) &&
		    oct_span_is(name, "p") && value.len == 0)
			return true;
	return false;
}

static void
key_is_absent(struct checking *c, const struct dkim_keys_item *key,
    const char *name)
{
	switch (key->state) {
	case DKIM_KEYS_NEW:
		check_add(c, CHECK_DKIM_NEW, CHECK_NOTICE, name, NULL,
		    key->record);
		break;
	case DKIM_KEYS_ACTIVE:
		check_add(c, CHECK_DKIM_MISSING, CHECK_ERROR, name, NULL,
		    key->record);
		break;
	case DKIM_KEYS_RETIRED:
		if (c->in->now_ms - key->changed_ms < DKIM_KEYS_RETIRED_MS)
			check_add(c, CHECK_DKIM_EARLY, CHECK_WARNING, name,
			    NULL, key->record);
		break;
	case DKIM_KEYS_BROKEN:
		break;
	}
}

static void
compare_key(struct checking *c, const struct dkim_keys_item *key,
    const char *name, const char *shown)
{
	struct auth_dkim_pubkey theirs, ours;
	char why[128] = "";

	if (auth_dkim_key_parse(key->record, strlen(key->record), &ours,
		why) != 1)
		return; /* `dkim list` says that it is broken */
	if (is_revoked(shown))
		check_add(c, CHECK_DKIM_REVOKED, CHECK_ERROR, name, shown,
		    key->record);
	else if (auth_dkim_key_parse(shown, strlen(shown), &theirs, why) != 1)
		check_add(c, CHECK_DKIM_BROKEN, CHECK_ERROR, name, shown,
		    key->record);
	else if (theirs.ed25519 != ours.ed25519 ||
	    theirs.der_len != ours.der_len ||
	    memcmp(theirs.der, ours.der, ours.der_len) != 0)
		check_add(c, CHECK_DKIM_WRONG, CHECK_ERROR, name, shown,
		    key->record);
	else if (theirs.testing)
		check_add(c, CHECK_DKIM_TESTING, CHECK_WARNING, name, shown,
		    key->record);
	else if (key->state == DKIM_KEYS_RETIRED &&
	    c->in->now_ms - key->changed_ms >= DKIM_KEYS_RETIRED_MS)
		check_add(c, CHECK_DKIM_OLD, CHECK_NOTICE, name, NULL, NULL);
}

static void
see_key(struct checking *c, const struct dkim_keys_item *key)
{
	const struct dns_answer *a;
	char name[OCT_DOMAIN_SIZE];

	if (auth_dkim_key_name(key->selector, c->in->domain, name) != 0)
		return;
	a = check_get(c, name, DNS_TXT);
	if (a == NULL)
		return;
	if (a->count == 0)
		key_is_absent(c, key, name);
	else if (a->count > 1)
		check_add(c, CHECK_DKIM_SEVERAL, CHECK_ERROR, name, NULL,
		    key->record);
	else
		compare_key(c, key, name, a->records[0].text);
}

void
check_dkim(struct checking *c)
{
	const struct dkim_keys *keys = c->in->keys;
	size_t fresh = 0, active = 0;

	for (size_t i = 0; keys != NULL && i < keys->count; i++) {
		fresh += keys->items[i].state == DKIM_KEYS_NEW;
		active += keys->items[i].state == DKIM_KEYS_ACTIVE;
		see_key(c, &keys->items[i]);
	}
	if (c->in->hosting != NULL && active == 0)
		check_add(c, fresh == 0 ? CHECK_DKIM_NONE : CHECK_DKIM_UNUSED,
		    CHECK_WARNING, c->in->domain, NULL, NULL);
}

/* --- DMARC ------------------------------------------------------------------ */

static bool
same_organisation(const char *a, const char *b)
{
	char org_a[OCT_DOMAIN_SIZE], org_b[OCT_DOMAIN_SIZE];

	if (oct_domain_under(a, b) || oct_domain_under(b, a))
		return true;
	return auth_psl_org(a, org_a) > 0 && auth_psl_org(b, org_b) > 0 &&
	    strcmp(org_a, org_b) == 0;
}

/* RFC 9990: who gets reports of others must say that he wants them. */
static void
see_authorised(struct checking *c, const char *name, const char *domain)
{
	char place[2 * OCT_DOMAIN_SIZE + 32];
	const struct dns_record *found;
	const struct dns_answer *a;

	if (same_organisation(c->in->domain, domain))
		return;
	(void)snprintf(place, sizeof(place), "%s._report._dmarc.%s",
	    c->in->domain, domain);
	if (strlen(place) > 253)
		return;
	a = check_get(c, place, DNS_TXT);
	if (a != NULL && check_texts(a, "v=DMARC1", &found) == 0)
		check_add(c, CHECK_DMARC_RUA_FOREIGN, CHECK_WARNING, name,
		    domain, place);
}

static void
see_report_address(struct checking *c, const char *name, struct oct_span uri)
{
	char text[TAG_SIZE], domain[OCT_DOMAIN_SIZE];
	struct oct_addr address;
	char *size;

	copy(uri, text);
	size = strchr(text, '!'); /* an old limit of size */
	if (size != NULL)
		*size = '\0';
	if (strncasecmp(text, "mailto:", 7) != 0 ||
	    oct_addr_parse(text + 7, &address) != 0 ||
	    *address.local == '\0' || strchr(address.domain, '.') == NULL ||
	    oct_domain_normalise(address.domain, domain) != 0)
		check_add(c, CHECK_DMARC_RUA, CHECK_WARNING, name, text, NULL);
	else
		see_authorised(c, name, domain);
}

static bool
is_one_of(struct oct_span s, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (oct_span_is(s, words[i]))
			return true;
	return false;
}

static bool
value_fits(struct oct_span name, struct oct_span value)
{
	static const char *const policy[] = { "none", "quarantine", "reject" };
	static const char *const mode[] = { "r", "s" };
	static const char *const flag[] = { "y", "n" };

	if (oct_span_is(name, "p") || oct_span_is(name, "sp") || oct_span_is(name, "np"))
		return is_one_of(value, policy, 3);
	if (oct_span_is(name, "adkim") || oct_span_is(name, "aspf"))
		return is_one_of(value, mode, 2);
	if (oct_span_is(name, "t"))
		return is_one_of(value, flag, 2);
	return value.len > 0;
}

static void
see_tag(struct checking *c, const char *record, struct oct_span tag)
{
	/* The last four are those of RFC 7489, which harm nobody. */
	static const char *const known[] = { "v", "p", "sp", "np", "adkim",
		"aspf", "rua", "ruf", "fo", "psd", "t", "pct", "rf", "ri" };
	struct oct_span name, value, uri;
	char text[TAG_SIZE];

	if (tag.len == 0)
		return;
	copy(tag, text);
	if (!oct_span_tag(tag, &name, &value)) {
		check_add(c, CHECK_DMARC_TAG, CHECK_WARNING, record, text,
		    NULL);
		return;
	}
	if (!is_one_of(name, known, OCT_LEN(known)) ||
	    (!value_fits(name, value) && !oct_span_is(name, "p")))
		check_add(c, CHECK_DMARC_TAG, CHECK_WARNING, record, text,
		    NULL);
	else if (oct_span_is(name, "rua") || oct_span_is(name, "ruf"))
		while (oct_span_next(&value, ',', &uri))
			see_report_address(c, record, uri);
}

/* A valid p= is there. */
static bool
has_policy(const struct dns_record *r)
{
	struct oct_span rest = { r->text, r->text_len }, tag, name, value;

	while (oct_span_next(&rest, ';', &tag))
		if (oct_span_tag(tag, &name, &value) &&
		    oct_span_is(name, "p"))
			return value_fits(name, value);
	return false;
}

static void
see_record(struct checking *c, const char *name, const struct dns_record *r)
{
	struct oct_span rest = { r->text, r->text_len }, tag;
	struct auth_dmarc_record record;

	if (auth_dmarc_record_parse(r->text, r->text_len, &record) != 0 ||
	    !has_policy(r)) {
		check_add(c, CHECK_DMARC_SYNTAX, CHECK_ERROR, name, r->text,
		    check_expected(c, ZONE_DMARC));
		return;
	}
	while (oct_span_next(&rest, ';', &tag))
		see_tag(c, name, tag);
	if (record.p == AUTH_DMARC_NONE)
		check_add(c, CHECK_DMARC_WEAK, CHECK_NOTICE, name, r->text,
		    check_expected(c, ZONE_DMARC));
	if (record.testing)
		check_add(c, CHECK_DMARC_TESTING, CHECK_NOTICE, name, r->text,
		    NULL);
}

/* The record of a domain above, which counts for this one. */
static bool
see_parents(struct checking *c)
{
	const char *parent = strchr(c->in->domain, '.');

	for (int i = 0; parent != NULL && i < PARENTS_MAX; i++) {
		char name[OCT_DOMAIN_SIZE + 8];
		const struct dns_record *found;
		const struct dns_answer *a;
		struct auth_dmarc_record r;

		(void)snprintf(name, sizeof(name), "_dmarc%s", parent);
		a = dns_get(c->in->dns, name, DNS_TXT);
		if (check_texts(a, "v=DMARC1", &found) == 1 &&
		    auth_dmarc_record_parse(found->text, found->text_len,
			&r) == 0 &&
		    r.psd != AUTH_DMARC_PSD_Y) {
			check_add(c, CHECK_DMARC_INHERITED, CHECK_NOTICE,
			    name, found->text, check_expected(c, ZONE_DMARC));
			return true;
		}
		parent = strchr(parent + 1, '.');
	}
	return false;
}

static void
see_misplaced(struct checking *c)
{
	const struct dns_answer *a = dns_get(c->in->dns, c->in->domain,
	    DNS_TXT);
	const struct dns_record *found;

	if (check_texts(a, "v=DMARC1", &found) > 0)
		check_add(c, CHECK_DMARC_MISPLACED, CHECK_WARNING,
		    c->in->domain, found->text, NULL);
}

void
check_dmarc(struct checking *c)
{
	const char *want = check_expected(c, ZONE_DMARC);
	const struct dns_record *found, *attempt;
	const struct dns_answer *a;
	char name[OCT_DOMAIN_SIZE];
	size_t count;

	if (!check_name(c, "_dmarc", name))
		return;
	a = check_get(c, name, DNS_TXT);
	if (a == NULL)
		return;
	see_misplaced(c);
	count = check_texts(a, "v=DMARC1", &found);
	attempt = check_attempt(a, "dmarc");
	if (count > 1)
		check_add(c, CHECK_DMARC_SEVERAL, CHECK_ERROR, name, NULL,
		    want);
	else if (count == 1)
		see_record(c, name, found);
	else if (attempt != NULL)
		check_add(c, CHECK_DMARC_SYNTAX, CHECK_ERROR, name,
		    attempt->text, want);
	else if (!see_parents(c))
		check_add(c, CHECK_DMARC_MISSING, CHECK_WARNING, name, NULL,
		    want);
}

/* --- TLS-RPT ---------------------------------------------------------------- */

/* RFC 8460 3: rua with at least one mailto or https address. */
static bool
reports_well(const struct dns_record *r)
{
	struct oct_span rest = { r->text, r->text_len }, tag, uri;
	bool good = false;

	if (!oct_span_next(&rest, ';', &tag) ||
	    !oct_span_is(tag, "v=TLSRPTv1"))
		return false;
	while (oct_span_next(&rest, ';', &tag)) {
		if (tag.len < 4 || strncasecmp(tag.at, "rua=", 4) != 0)
			continue;
		tag = oct_span_trim(
		    (struct oct_span){ tag.at + 4, tag.len - 4 });
		while (oct_span_next(&tag, ',', &uri)) {
			if ((uri.len > 8 &&
				strncasecmp(uri.at, "https://", 8) == 0) ||
			    (uri.len > 7 &&
				strncasecmp(uri.at, "mailto:", 7) == 0 &&
				memchr(uri.at, '@', uri.len) != NULL))
				good = true;
			else
				return false;
		}
	}
	return good;
}

void
check_tls_rpt(struct checking *c)
{
	const char *want = check_expected(c, ZONE_TLS_RPT);
	const struct dns_record *found;
	const struct dns_answer *a;
	char name[OCT_DOMAIN_SIZE];
	size_t count;

	if (!check_name(c, "_smtp._tls", name))
		return;
	a = check_get(c, name, DNS_TXT);
	if (a == NULL)
		return;
	count = check_texts(a, "v=TLSRPT", &found);
	if (count > 1)
		check_add(c, CHECK_TLS_RPT_SEVERAL, CHECK_WARNING, name, NULL,
		    want);
	else if (count == 1 && !reports_well(found))
		check_add(c, CHECK_TLS_RPT_SYNTAX, CHECK_WARNING, name,
		    found->text, want);
	else if (count == 0 && check_attempt(a, "tls") != NULL)
		check_add(c, CHECK_TLS_RPT_SYNTAX, CHECK_WARNING, name,
		    check_attempt(a, "tls")->text, want);
	else if (count == 0 && want != NULL)
		check_add(c, CHECK_TLS_RPT_MISSING, CHECK_NOTICE, name, NULL,
		    want);
}
