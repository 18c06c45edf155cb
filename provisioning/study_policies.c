/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, policies, lists, and what hints at a catch-all.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "auth/dkim_key.h"
#include "lib/clock.h"
#include "policy/list_zone.h"
#include "provisioning/ctl_out.h"
#include "provisioning/study_int.h"

#define SELECTORS_MAX 100
#define PARENTS_MAX 8
#define LISTED_MAX 8 /* addresses that are looked for */
#define ASK_MS 3000

static bool
below(const char *label, const char *domain, char out[OCT_DOMAIN_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, OCT_DOMAIN_SIZE);
	oct_str_addf(&s, "%s.%s", label, domain);
	return oct_str_err(&s) == 0 && s.len <= 253;
}

/* --- DKIM --------------------------------------------------------------------- */

/* Whoever answers for any selector answers for none. */
static bool
answers_always(struct studying *s)
{
	char label[40], name[OCT_DOMAIN_SIZE];

	(void)snprintf(label, sizeof(label), "octroi-%08x._domainkey",
	    randombytes_random());
	return below(label, s->in->check.domain, name) &&
	    dns_get(s->in->check.dns, name, DNS_TXT)->count > 0;
}

static void
add_key(json_t *all, const char *selector, const char *who,
    const struct dns_answer *a)
{
	const struct dns_record *r = &a->records[0];
	struct auth_dkim_pubkey key;
	json_t *one = json_object();
	char why[128] = "";

	ctl_json_set(one, "selector", study_string(selector));
	ctl_json_set(one, "provider", ctl_json_text(who));
	if (auth_dkim_key_parse(r->text, r->text_len, &key, why) == 1) {
		ctl_json_set(one, "algorithm",
		    json_string(key.ed25519 ? "ed25519" : "rsa"));
		ctl_json_set(one, "bits", json_integer(key.bits));
		ctl_json_set(one, "testing", json_boolean(key.testing));
	} else {
		ctl_json_set(one, "problem", study_string(why));
	}
	(void)json_array_append_new(all, one);
}

static void
see_keys(struct studying *s)
{
	size_t count = study_selector_count(s->in->services);
	bool always = answers_always(s);
	json_t *all = json_array();

	if (count > SELECTORS_MAX)
		count = SELECTORS_MAX;
	for (int round = 0; round < 2 && !always; round++) {
		for (size_t i = 0; i < count; i++) {
			const char *who, *selector =
			    study_selector(s->in->services, i, &who);
			const struct dns_answer *a;
			char name[OCT_DOMAIN_SIZE];

			if (auth_dkim_key_name(selector, s->in->check.domain,
				name) != 0)
				continue;
			/* All are asked before the first is waited for. */
			if (round == 0) {
				dns_prefetch(s->in->check.dns, name, DNS_TXT);
				continue;
			}
			a = dns_get(s->in->check.dns, name, DNS_TXT);
			if (a->count > 0)
				add_key(all, selector, who, a);
		}
	}
	ctl_json_set(s->out, "dkim", all);
}

/* --- Policies ------------------------------------------------------------------ */

static json_t *
text_record(struct studying *s, const char *name, const char *prefix)
{
	const struct dns_answer *a = dns_get(s->in->check.dns, name, DNS_TXT);

	for (size_t i = 0; i < a->count; i++)
		if (strncasecmp(a->records[i].text, prefix,
			strlen(prefix)) == 0)
			return study_string(a->records[i].text);
	return NULL;
}

/* At the domain itself, or at the nearest above that has one. */
static void
see_dmarc(struct studying *s)
{
	const char *at = s->in->check.domain;
	json_t *v = json_object(), *found = NULL;
	char name[OCT_DOMAIN_SIZE];

	for (int i = 0; i < PARENTS_MAX && at != NULL; i++) {
		if (below("_dmarc", at, name))
			found = text_record(s, name, "v=DMARC1");
		if (found != NULL)
			break;
		at = strchr(at, '.');
		at = at != NULL ? at + 1 : NULL;
	}
	ctl_json_set(v, "at", study_string(found != NULL ? at : ""));
	ctl_json_set(v, "record", found != NULL ? found : json_string(""));
	ctl_json_set(s->out, "dmarc", v);
}

static void
see_text(struct studying *s, const char *member, const char *label,
    const char *prefix)
{
	char name[OCT_DOMAIN_SIZE];
	json_t *found = below(label, s->in->check.domain, name)
	    ? text_record(s, name, prefix)
	    : NULL;

	ctl_json_set(s->out, member,
	    found != NULL ? found : json_string(""));
}

static bool
has_tlsa(struct studying *s, const char *host)
{
	int64_t until = oct_clock_mono_ms() + ASK_MS;
	struct dns_probe_reply r;
	char name[OCT_DOMAIN_SIZE];
	bool found;

	if (s->in->check.resolver == NULL || !below("_25._tcp", host, name) ||
	    dns_probe(s->in->check.resolver, name, DNS_PROBE_TLSA,
		DNS_PROBE_RECURSE,
		until < s->in->check.deadline_ms ? until
						 : s->in->check.deadline_ms,
		&r) != 0)
		return false;
	found = r.count > 0 && r.secure;
	dns_probe_fini(&r);
	return found;
}

static void
see_dane(struct studying *s)
{
	const json_t *hosts = json_object_get(json_object_get(s->out, "mx"),
	    "hosts");
	size_t good = 0, count = json_array_size(hosts);

	for (size_t i = 0; i < count; i++)
		good += has_tlsa(s,
		    study_get(json_array_get(hosts, i), "host"));
	ctl_json_set(s->out, "dane", json_boolean(count > 0 && good == count));
}

/* --- Block lists ---------------------------------------------------------------- */

static void
add_listing(json_t *all, const char *zone, const char *subject,
    const struct list_verdict *v)
{
	json_t *one = json_object();
	char code[32];

	(void)snprintf(code, sizeof(code), "%u.%u.%u.%u", v->code[0],
	    v->code[1], v->code[2], v->code[3]);
	ctl_json_set(one, "list", study_string(zone));
	ctl_json_set(one, "subject", study_string(subject));
	ctl_json_set(one, "code", json_string(code));
	(void)json_array_append_new(all, one);
}

static void
ask_list(struct studying *s, json_t *all, const struct list_zone *z,
    const char *subject, const char *name)
{
	const struct dns_answer *a = dns_get(s->in->check.dns, name, DNS_A);
	struct list_verdict v = { .listed = false };

	for (size_t i = 0; i < a->count; i++)
		list_zone_see(z, &a->records[i].ip, &v);
	/* Good words are no risk; who refuses our resolver says nothing. */
	if (v.listed && v.weight > 0 && !v.blocked && !v.foreign)
		add_listing(all, z->zone, subject, &v);
}

static void
ask_list_of_hosts(struct studying *s, json_t *all, const struct list_zone *z)
{
	const json_t *hosts = json_object_get(json_object_get(s->out, "mx"),
	    "hosts");
	size_t asked = 0, i, j;
	json_t *host, *ip;

	json_array_foreach(hosts, i, host) {
		json_array_foreach(json_object_get(host, "addresses"), j, ip) {
			const char *text = json_string_value(ip);
			char name[OCT_DOMAIN_SIZE];
			struct oct_ip address;

			if (asked++ == LISTED_MAX)
				return;
			if (oct_ip_parse(text, &address) == 0 &&
			    dns_reverse_name(&address, z->zone, name) == 0)
				ask_list(s, all, z, text, name);
		}
	}
}

static void
see_lists(struct studying *s)
{
	const struct oct_conf_list *zones = &s->in->settings->lists;
	json_t *v = json_object(), *all = json_array();

	for (size_t i = 0; i < zones->count; i++) {
		char problem[LIST_PROBLEM_SIZE], name[OCT_DOMAIN_SIZE];
		struct list_zone z;

		if (list_zone_parse(zones->values[i], &z, problem) != 0)
			continue; /* the settings were checked */
		if ((z.kinds & LIST_IP) != 0)
			ask_list_of_hosts(s, all, &z);
		else if (below(s->in->check.domain, z.zone, name))
			ask_list(s, all, &z, s->in->check.domain, name);
	}
	ctl_json_set(v, "asked", json_integer((json_int_t)zones->count));
	ctl_json_set(v, "listed", all);
	ctl_json_set(s->out, "blocklists", v);
}

/* --- Catch-all ------------------------------------------------------------------ */

/* Only the mail server knows; it is not asked.  A wildcard MX shows that mail to
 * names that do not exist is wanted. */
static void
see_catch_all(struct studying *s)
{
	char label[32], name[OCT_DOMAIN_SIZE];
	json_t *v = json_object();
	bool wild;

	(void)snprintf(label, sizeof(label), "octroi-%08x",
	    randombytes_random());
	wild = below(label, s->in->check.domain, name) &&
	    dns_get(s->in->check.dns, name, DNS_MX)->count > 0;
	ctl_json_set(v, "wildcard_mx", json_boolean(wild));
	ctl_json_set(v, "probed", json_false());
	ctl_json_set(s->out, "catch_all", v);
}

void
study_policies(struct studying *s)
{
	see_keys(s);
	see_dmarc(s);
	see_text(s, "mta_sts", "_mta-sts", "v=STSv1");
	see_text(s, "tls_rpt", "_smtp._tls", "v=TLSRPTv1");
	see_dane(s);
	see_lists(s);
	see_catch_all(s);
}
