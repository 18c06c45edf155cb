/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The zone itself: its servers, each asked directly, and DNSSEC.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "auth/dkim_key.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/check_int.h"

#define NS_MAX 8
#define ADDRESSES_MAX 2 /* of one server, of each family */
#define LABELS_MAX 12
#define ASK_MS 3000
#define SERVFAIL 2
#define LIST_SIZE 512

int
check_ask(const struct checking *c, const struct dns_probe_server *server,
    const char *name, enum dns_probe_type type, unsigned int flags,
    struct dns_probe_reply *out)
{
	int64_t until = oct_clock_mono_ms() + ASK_MS;

	if (until > c->in->deadline_ms)
		until = c->in->deadline_ms;
	return dns_probe(server, name, type, flags, until, out);
}

/* --- DNSSEC ----------------------------------------------------------------- */

static bool
is_signed(const struct checking *c)
{
	struct dns_probe_reply r;
	bool found;

	if (*c->out->cut == '\0' ||
	    check_ask(c, c->in->resolver, c->out->cut, DNS_PROBE_DS,
		DNS_PROBE_RECURSE, &r) != 0)
		return false;
	found = r.count > 0;
	dns_probe_fini(&r);
	return found;
}

/* SERVFAIL that goes away when nothing is checked: the signatures are wrong. */
static bool
is_bogus(const struct checking *c)
{
	struct dns_probe_reply r;
	bool bogus;

	if (check_ask(c, c->in->resolver, c->in->domain, DNS_PROBE_SOA,
		DNS_PROBE_RECURSE | DNS_PROBE_UNCHECKED, &r) != 0)
		return false;
	bogus = r.rcode != SERVFAIL;
	dns_probe_fini(&r);
	return bogus;
}

static void
see_dnssec(struct checking *c)
{
	struct dns_probe_reply r;
	int rc;

	if (c->in->resolver == NULL)
		return;
	rc = check_ask(c, c->in->resolver, c->in->domain, DNS_PROBE_SOA,
	    DNS_PROBE_RECURSE, &r);
	if (rc != 0) {
		check_add(c, CHECK_DNS_FAILED, CHECK_UNKNOWN, c->in->domain,
		    "SOA", NULL);
		return;
	}
	if (r.rcode == SERVFAIL && is_bogus(c)) {
		c->out->dnssec = CHECK_DNSSEC_WRONG;
		check_add(c, CHECK_DNSSEC_BOGUS, CHECK_ERROR, c->in->domain,
		    NULL, NULL);
	} else if (r.secure) {
		c->out->dnssec = CHECK_DNSSEC_SECURE;
	} else if (r.rcode != SERVFAIL && *c->out->cut != '\0' &&
	    !is_signed(c)) {
		c->out->dnssec = CHECK_DNSSEC_INSECURE;
		check_add(c, CHECK_DNSSEC_NONE, CHECK_NOTICE, c->out->cut,
		    NULL, NULL);
	}
	dns_probe_fini(&r);
}

/* --- Servers ---------------------------------------------------------------- */

/* The nearest name at or above the domain that has name servers. */
static const struct dns_answer *
find_cut(struct checking *c)
{
	const char *name = c->in->domain;

	for (int i = 0; i < LABELS_MAX && name != NULL; i++) {
		const struct dns_answer *a = dns_get(c->in->dns, name, DNS_NS);
		const char *dot = strchr(name, '.');

		if (a->status == DNS_OK && a->count > 0) {
			struct oct_str s;

			oct_str_fixed(&s, c->out->cut, sizeof(c->out->cut));
			oct_str_add(&s, name);
			return a;
		}
		if (a->status == DNS_TEMPFAIL)
			return NULL;
		/* At last the root: of an inner DNS that is one zone. */
		if (strcmp(name, ".") == 0)
			name = NULL;
		else
			name = dot != NULL ? dot + 1 : ".";
	}
	return NULL;
}

static void
add_servers(struct checking *c, const char *name, enum dns_type type)
{
	const struct dns_answer *a = dns_get(c->in->dns, name, type);

	for (size_t i = 0; i < a->count && i < ADDRESSES_MAX; i++) {
		struct check *out = c->out;
		struct check_server *s;
		struct oct_str text;

		if (out->server_count == CHECK_SERVERS_MAX)
			return;
		s = &out->servers[out->server_count++];
		*s = (struct check_server){
			.at = { a->records[i].ip, c->in->dns_port } };
		oct_str_fixed(&text, s->name, sizeof(s->name));
		oct_str_add(&text, name);
	}
}

static void
list_servers(struct checking *c, const struct dns_answer *ns)
{
	for (size_t i = 0; i < ns->count && i < NS_MAX; i++) {
		const char *name = ns->records[i].name;
		size_t before = c->out->server_count;

		add_servers(c, name, DNS_A);
		add_servers(c, name, DNS_AAAA);
		if (c->out->server_count == before &&
		    before < CHECK_SERVERS_MAX)
			check_add(c, CHECK_SERVER_UNRESOLVED, CHECK_WARNING,
			    name, NULL, NULL);
	}
}

static bool
no_route(int rc, const struct check_server *s)
{
	return rc == -ENETUNREACH || rc == -EHOSTUNREACH ||
	    rc == -EADDRNOTAVAIL || rc == -EAFNOSUPPORT ||
	    (rc == -EACCES && s->at.ip.family == AF_INET6);
}

static const char *
rcode_words(const struct dns_probe_reply *r, char out[32])
{
	if (r->rcode != 0)
		(void)snprintf(out, 32, "rcode %u", r->rcode);
	else
		(void)snprintf(out, 32, "%s",
		    r->referral ? "referral" : "not authoritative");
	return out;
}

static void
try_server(struct checking *c, struct check_server *s)
{
	struct dns_probe_reply r;
	char address[OCT_IP_SIZE], words[32];
	int rc = check_ask(c, &s->at, c->out->cut, DNS_PROBE_SOA, 0, &r);

	oct_ip_text(&s->at.ip, address);
	if (rc != 0) {
		s->state = no_route(rc, s) ? CHECK_SERVER_UNREACHED
					   : CHECK_SERVER_AWAY;
		if (s->state == CHECK_SERVER_AWAY)
			check_add(c, CHECK_SERVER_SILENT, CHECK_WARNING,
			    s->name, address, NULL);
		return;
	}
	s->serial = r.serial;
	if (r.rcode == 0 && r.authoritative && r.count > 0) {
		struct dns_probe_reply none;

		s->state = CHECK_SERVER_GOOD;
		/* How long that something is not there is remembered. */
		if (c->out->negative_ttl_s == 0 &&
		    check_ask(c, &s->at, c->out->cut, DNS_PROBE_SRV, 0, &none) ==
			0) {
			c->out->negative_ttl_s = none.negative_ttl_s;
			dns_probe_fini(&none);
		}
	} else {
		s->state = CHECK_SERVER_BAD;
		check_add(c, CHECK_SERVER_LAME, CHECK_WARNING, s->name,
		    rcode_words(&r, words), address);
	}
	dns_probe_fini(&r);
}

static void
compare_serials(struct checking *c)
{
	const struct check_server *first = NULL;
	char list[LIST_SIZE];
	struct oct_str s;
	bool differ = false;

	oct_str_fixed(&s, list, sizeof(list));
	for (size_t i = 0; i < c->out->server_count; i++) {
		const struct check_server *one = &c->out->servers[i];

		if (one->state != CHECK_SERVER_GOOD)
			continue;
		if (first == NULL)
			first = one;
		differ |= one->serial != first->serial;
		oct_str_addf(&s, "%s%.60s: %" PRIu32, s.len > 0 ? ", " : "",
		    one->name, one->serial);
	}
	if (differ)
		check_add(c, CHECK_SERIALS_DIFFER, CHECK_NOTICE, c->out->cut,
		    oct_str_text(&s), NULL);
}

static size_t
good_servers(const struct checking *c, size_t *unreached)
{
	size_t good = 0;

	*unreached = 0;
	for (size_t i = 0; i < c->out->server_count; i++) {
		good += c->out->servers[i].state == CHECK_SERVER_GOOD;
		*unreached +=
		    c->out->servers[i].state == CHECK_SERVER_UNREACHED;
	}
	return good;
}

static void
see_servers(struct checking *c, const struct dns_answer *ns)
{
	size_t unreached;

	if (c->in->resolver == NULL)
		return;
	list_servers(c, ns);
	for (size_t i = 0; i < c->out->server_count; i++)
		try_server(c, &c->out->servers[i]);
	if (good_servers(c, &unreached) > 0) {
		compare_serials(c);
		check_same(c);
	} else if (unreached < c->out->server_count || unreached == 0) {
		check_add(c, CHECK_SERVERS_NONE, CHECK_ERROR, c->out->cut,
		    NULL, NULL);
	}
}

bool
check_zone(struct checking *c)
{
	const struct dns_answer *ns = find_cut(c), *apex;

	see_dnssec(c);
	if (ns != NULL)
		see_servers(c, ns);
	if (c->out->dnssec == CHECK_DNSSEC_WRONG)
		return false; /* no resolver that checks says anything else */
	apex = check_get(c, c->in->domain, DNS_CNAME);
	if (apex == NULL)
		return false;
	if (apex->status == DNS_NXDOMAIN) {
		check_add(c, CHECK_DOMAIN_MISSING, CHECK_ERROR, c->in->domain,
		    NULL, NULL);
		return false;
	}
	if (apex->count > 0)
		check_add(c, CHECK_APEX_CNAME, CHECK_ERROR, c->in->domain,
		    apex->records[0].name, NULL);
	return true;
}

/* --- A key that is to be used ------------------------------------------------ */

static int
key_at(const struct checking *c, const struct check_server *s,
    const struct dkim_keys_item *key, const char *name, char problem[])
{
	struct auth_dkim_pubkey shown, ours;
	struct dns_probe_reply r;
	char why[128];
	int rc = check_ask(c, &s->at, name, DNS_PROBE_TXT, 0, &r);

	if (rc != 0) {
		(void)snprintf(problem, DKIM_KEYS_PROBLEM_SIZE,
		    "%.100s does not answer", s->name);
		return OCT_ETIME;
	}
	/* An alias into another zone: what the resolver sees must do. */
	if (r.count == 0 && (r.referral || (r.rcode == 0 && r.ttl_s > 0))) {
		dns_probe_fini(&r);
		return 0;
	}
	if (r.count == 1 &&
	    auth_dkim_key_parse(r.records[0], strlen(r.records[0]), &shown,
		why) == 1 &&
	    auth_dkim_key_parse(key->record, strlen(key->record), &ours,
		why) == 1 &&
	    shown.ed25519 == ours.ed25519 && shown.der_len == ours.der_len &&
	    memcmp(shown.der, ours.der, ours.der_len) == 0)
		rc = 0;
	else
		rc = r.count == 0 ? OCT_EABSENT : OCT_ECONFLICT;
	if (rc != 0)
		(void)snprintf(problem, DKIM_KEYS_PROBLEM_SIZE,
		    "%.100s: %s at server %.80s", name,
		    rc == OCT_EABSENT ? "not there yet" : "another record",
		    s->name);
	dns_probe_fini(&r);
	return rc;
}

int
check_key_everywhere(const struct check_input *in,
    const struct dkim_keys_item *key, uint32_t *negative_ttl_s,
    char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct check out = { .dnssec = CHECK_DNSSEC_UNKNOWN };
	struct checking c = { .in = in, .out = &out };
	const struct dns_answer *ns = find_cut(&c);
	char name[OCT_DOMAIN_SIZE];
	size_t good = 0;
	int rc = auth_dkim_key_name(key->selector, in->domain, name);

	if (ns == NULL || rc != 0) {
		(void)snprintf(problem, DKIM_KEYS_PROBLEM_SIZE,
		    "the name servers of %.150s cannot be found", in->domain);
		return OCT_ETIME;
	}
	list_servers(&c, ns);
	for (size_t i = 0; rc == 0 && i < out.server_count; i++) {
		struct check_server *s = &out.servers[i];

		try_server(&c, s);
		if (s->state != CHECK_SERVER_GOOD)
			continue; /* nobody gets an answer there */
		good++;
		rc = key_at(&c, s, key, name, problem);
	}
	if (rc == 0 && good == 0) {
		(void)snprintf(problem, DKIM_KEYS_PROBLEM_SIZE,
		    "no name server of %.150s answers", out.cut);
		rc = OCT_ETIME;
	}
	*negative_ttl_s = out.negative_ttl_s;
	check_fini(&out);
	return rc == 0 ? c.err : rc;
}

/* --- Wildcards --------------------------------------------------------------- */

void
check_wildcard(struct checking *c)
{
	char label[40], name[OCT_DOMAIN_SIZE];
	const struct dns_answer *a;

	(void)snprintf(label, sizeof(label), "octroi-%08x%08x",
	    randombytes_random(), randombytes_random());
	if (!check_name(c, label, name))
		return;
	a = dns_get(c->in->dns, name, DNS_TXT);
	(void)snprintf(name, sizeof(name), "*.%.250s", c->in->domain);
	if (a->count > 0)
		check_add(c, CHECK_WILDCARD_TXT, CHECK_WARNING, name,
		    a->records[0].text, NULL);
	if (!check_name(c, label, name))
		return;
	a = dns_get(c->in->dns, name, DNS_MX);
	(void)snprintf(name, sizeof(name), "*.%.250s", c->in->domain);
	if (a->count > 0)
		check_add(c, CHECK_WILDCARD, CHECK_NOTICE, name,
		    a->records[0].name, NULL);
}
