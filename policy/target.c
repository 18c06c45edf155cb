/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/target.h"

#include <string.h>

#include <sodium.h>

#include "auth/dmarc.h"
#include "lib/err.h"
#include "policy/keys.h"

#define NAMES_MAX 2 /* of a client that are looked at */
#define HASH_OCTETS 16

/* --- The decision ---------------------------------------------------------------- */

static bool
same_net(const struct oct_ip *a, const struct oct_ip *b)
{
	return a->family != AF_UNSPEC && a->family == b->family &&
	    oct_ip_in(a, b, a->family == AF_INET ? 24 : 48);
}

/* All its addresses stand beside the client, of those that can be compared: a
 * stranger's among them would get a part of what we send. */
static bool
is_near(const struct target_mx *mx, const struct oct_ip *client)
{
	bool near = false;

	for (size_t i = 0; i < mx->count; i++) {
		if (mx->ip[i].family != client->family)
			continue;
		near = same_net(&mx->ip[i], client);
		if (!near)
			return false;
	}
	return near;
}

static bool
is_of_client(const struct target_mx *mx, const struct target_facts *f)
{
	for (size_t i = 0; i < f->org_count; i++)
		if (strcmp(mx->org, f->org[i]) == 0)
			return true;
	return is_near(mx, &f->client);
}

enum target
target_decide(const struct target_facts *f)
{
	bool reachable = false, shared = true;

	for (size_t i = 0; i < f->count; i++) {
		if (f->mx[i].count == 0)
			continue;
		reachable = true;
		/* Each, for any of them may be written to: whoever wants that a
		 * third party is would only name himself beside it. */
		shared &= is_of_client(&f->mx[i], f);
	}
	if (!reachable)
		return f->unsure ? TARGET_LATER : TARGET_NONE;
	if (shared || f->confirmed)
		return TARGET_OK;
	return f->unsure ? TARGET_LATER : TARGET_ELSEWHERE;
}

void
target_network(const struct target_facts *f, const char *const *providers,
    size_t count, char out[OCT_DOMAIN_SIZE], bool *provider)
{
	const struct target_mx *mx = NULL;
	char text[OCT_IP_SIZE];

	*provider = false;
	*out = '\0';
	for (size_t i = 0; i < f->count && mx == NULL; i++)
		if (f->mx[i].count > 0)
			mx = &f->mx[i];
	if (mx == NULL)
		return;
	for (size_t i = 0; i < count && !*provider; i++)
		*provider = strcmp(mx->org, providers[i]) == 0;
	if (*provider) {
		memcpy(out, mx->org, strlen(mx->org) + 1);
		return;
	}
	/* The same at every turn of a name server that rotates. */
	for (size_t i = 0; i < mx->count; i++) {
		oct_ip_net_text(&mx->ip[i], text);
		if (*out == '\0' || strcmp(text, out) < 0)
			memcpy(out, text, strlen(text) + 1);
	}
}

/* --- The look-ups ------------------------------------------------------------------ */

static void
org_of(struct dns_session *dns, const char *name, bool psl,
    char out[OCT_DOMAIN_SIZE])
{
	if (psl && auth_psl_org(name, out) >= 0)
		return;
	if (auth_dmarc_org(dns, name, out) == 1)
		return;
	/* Hosts of mail seldom stand under a DMARC record. */
	if (auth_psl_org(name, out) != 1 && strlen(name) < OCT_DOMAIN_SIZE)
		memcpy(out, name, strlen(name) + 1);
}

static void
prefetch_org(struct dns_session *dns, const char *name, bool psl)
{
	if (psl)
		auth_dmarc_prefetch_psl(dns, name);
	else
		auth_dmarc_prefetch(dns, name);
}

/* The usable hosts, most preferred first; how many. */
static size_t
hosts_of(const struct dns_answer *a, const char *hosts[TARGET_MX_MAX])
{
	uint32_t floor = 0;
	size_t n = 0;

	while (n < TARGET_MX_MAX && floor <= UINT16_MAX) {
		uint32_t best = UINT32_MAX;

		for (size_t i = 0; i < a->count; i++)
			if (a->records[i].preference >= floor &&
			    a->records[i].preference < best)
				best = a->records[i].preference;
		if (best == UINT32_MAX)
			break;
		/* RFC 7505: the name of a null MX is the root. */
		for (size_t i = 0; i < a->count && n < TARGET_MX_MAX; i++)
			if (a->records[i].preference == best &&
			    *a->records[i].name != '\0')
				hosts[n++] = a->records[i].name;
		floor = best + 1;
	}
	return n;
}

static const struct dns_answer *
names_of(struct dns_session *dns, const struct oct_ip *client)
{
	char reverse[OCT_DOMAIN_SIZE];

	if (client->family == AF_UNSPEC ||
	    dns_reverse_name(client, NULL, reverse) != 0)
		return NULL;
	return dns_get(dns, reverse, DNS_PTR);
}

static enum dns_type
type_of(const struct oct_ip *ip)
{
	return ip->family == AF_INET ? DNS_A : DNS_AAAA;
}

void
target_prefetch(struct dns_session *dns, const struct target_of *t)
{
	char reverse[OCT_DOMAIN_SIZE];

	dns_prefetch(dns, t->domain, DNS_MX);
	if (t->client.family != AF_UNSPEC &&
	    dns_reverse_name(&t->client, NULL, reverse) == 0)
		dns_prefetch(dns, reverse, DNS_PTR);
	if (*t->org != '\0')
		prefetch_org(dns, t->org, t->psl);
}

void
target_prefetch_hosts(struct dns_session *dns, const struct target_of *t)
{
	const char *hosts[TARGET_MX_MAX];
	const struct dns_answer *names = names_of(dns, &t->client);
	size_t n = hosts_of(dns_get(dns, t->domain, DNS_MX), hosts);

	for (size_t i = 0; i < n; i++) {
		dns_prefetch(dns, hosts[i], DNS_A);
		dns_prefetch(dns, hosts[i], DNS_AAAA);
		prefetch_org(dns, hosts[i], t->psl);
	}
	for (size_t i = 0; names != NULL && i < names->count && i < NAMES_MAX;
	    i++) {
		dns_prefetch(dns, names->records[i].name, type_of(&t->client));
		prefetch_org(dns, names->records[i].name, t->psl);
	}
}

static void
add_addresses(struct dns_session *dns, const char *host, enum dns_type type,
    struct target_facts *f, struct target_mx *mx)
{
	const struct dns_answer *a = dns_get(dns, host, type);

	f->unsure |= a->status == DNS_TEMPFAIL;
	for (size_t i = 0; i < a->count && mx->count < TARGET_IP_MAX; i++)
		mx->ip[mx->count++] = a->records[i].ip;
}

/* A name of the client counts if it leads back to it. */
static void
add_client_org(struct dns_session *dns, const struct target_of *t,
    const char *name, struct target_facts *f)
{
	const struct dns_answer *a = dns_get(dns, name, type_of(&t->client));

	f->unsure |= a->status == DNS_TEMPFAIL;
	for (size_t i = 0; i < a->count; i++) {
		if (!oct_ip_in(&a->records[i].ip, &t->client,
			t->client.family == AF_INET ? 32 : 128))
			continue;
		org_of(dns, name, t->psl, f->org[f->org_count]);
		f->org_count++;
		return;
	}
}

/* Where no DMARC record stands above it, the proof names the domain itself, and
 * its hosts are known by the public suffix list: both readings count. */
static void
add_proven_org(struct dns_session *dns, const struct target_of *t,
    struct target_facts *f)
{
	if (strlen(t->org) >= OCT_DOMAIN_SIZE || *t->org == '\0')
		return;
	memcpy(f->org[f->org_count++], t->org, strlen(t->org) + 1);
	org_of(dns, t->org, t->psl, f->org[f->org_count]);
	f->org_count += strcmp(f->org[f->org_count], t->org) != 0;
}

void
target_look(struct dns_session *dns, const struct target_of *t,
    struct target_facts *out)
{
	const struct dns_answer *mx, *names;
	const char *hosts[TARGET_MX_MAX];
	struct target_facts *f = out;

	memset(f, 0, sizeof(*f));
	f->client = t->client;
	target_prefetch(dns, t);
	target_prefetch_hosts(dns, t);
	add_proven_org(dns, t, f);
	mx = dns_get(dns, t->domain, DNS_MX);
	f->unsure = mx->status == DNS_TEMPFAIL;
	f->count = hosts_of(mx, hosts);
	for (size_t i = 0; i < f->count; i++) {
		org_of(dns, hosts[i], t->psl, f->mx[i].org);
		add_addresses(dns, hosts[i], DNS_A, f, &f->mx[i]);
		add_addresses(dns, hosts[i], DNS_AAAA, f, &f->mx[i]);
	}
	names = names_of(dns, &t->client);
	if (names == NULL)
		return;
	f->unsure |= names->status == DNS_TEMPFAIL;
	for (size_t i = 0; i < names->count && i < NAMES_MAX; i++)
		add_client_org(dns, t, names->records[i].name, f);
}

/* --- Organisations that confirmed -------------------------------------------------- */

static const char *
make_key(const char *org, char out[KEY_SIZE])
{
	char hex[HASH_OCTETS * 2 + 1];
	uint8_t hash[HASH_OCTETS];

	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)org,
	    strlen(org), NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return key_org(out, hex);
}

int
target_confirmed(struct store *s, const char *org)
{
	char key[KEY_SIZE];

	return store_has(s, make_key(org, key));
}

int
target_confirm(struct store *s, const char *org)
{
	char key[KEY_SIZE];

	return store_set(s, make_key(org, key), "1", KEY_TTL_ORG_MS);
}
