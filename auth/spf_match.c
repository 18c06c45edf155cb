/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mechanisms that ask the DNS for addresses and names: a, mx, ptr, exists
 * (RFC 7208 5.3 to 5.7), and the validated names of a client.
 */
#include "auth/spf_eval.h"

#include <string.h>
#include <strings.h>

/* Ask, and note a void answer (4.6.4) for the term being evaluated. */
static const struct dns_answer *
ask(struct spf_eval *e, const char *name, enum dns_type type)
{
	const struct dns_answer *a = dns_get(e->dns, name, type);

	if (a->status == DNS_NODATA || a->status == DNS_NXDOMAIN)
		e->void_seen = true;
	return a;
}

static enum dns_type
address_type(const struct spf_eval *e)
{
	return e->vars.ip.family == AF_INET ? DNS_A : DNS_AAAA;
}

static enum spf_match
dns_failed(struct spf_eval *e, const char *name)
{
	spf_problem(e, "no answer from the DNS", name);
	return SPF_MATCH_TEMP;
}

static enum spf_match
match_address(struct spf_eval *e, const char *name, int bits)
{
	const struct dns_answer *a = ask(e, name, address_type(e));

	if (a->status == DNS_TEMPFAIL)
		return dns_failed(e, name);
	for (size_t i = 0; i < a->count; i++)
		if (oct_ip_in(&e->vars.ip, &a->records[i].ip, bits))
			return SPF_MATCH_YES;
	return SPF_MATCH_NO;
}

/* The null MX of RFC 7505, or a name that cannot be asked for, is no host. */
static bool
is_host(const char *name)
{
	return spf_name_ok(name);
}

static enum spf_match
match_mx(struct spf_eval *e, const char *target, int bits)
{
	const struct dns_answer *mx = ask(e, target, DNS_MX);
	enum spf_match m = SPF_MATCH_NO;

	if (mx->status == DNS_TEMPFAIL)
		return dns_failed(e, target);
	if (mx->count > SPF_MX_MAX) {
		spf_problem(e, "more than 10 MX records", target);
		return SPF_MATCH_PERM;
	}
	for (size_t i = 0; i < mx->count; i++)
		if (is_host(mx->records[i].name))
			dns_prefetch(e->dns, mx->records[i].name,
			    address_type(e));
	/* The order of the records means nothing, so a host without an answer
	 * does not keep another one from matching. */
	for (size_t i = 0; i < mx->count && m != SPF_MATCH_YES; i++) {
		enum spf_match one = SPF_MATCH_NO;

		if (is_host(mx->records[i].name))
			one = match_address(e, mx->records[i].name, bits);
		if (one != SPF_MATCH_NO)
			m = one;
	}
	return m;
}

static enum spf_match
match_exists(struct spf_eval *e, const char *target)
{
	/* 5.7: type A, whatever the client has. */
	const struct dns_answer *a = ask(e, target, DNS_A);

	if (a->status == DNS_TEMPFAIL)
		return dns_failed(e, target);
	return a->count > 0 ? SPF_MATCH_YES : SPF_MATCH_NO;
}

/* Does the forward look-up lead back to the client?  Errors: no (5.5). */
static bool
name_is_valid(struct spf_eval *e, const char *name)
{
	const struct dns_answer *a = ask(e, name, address_type(e));
	int bits = e->vars.ip.family == AF_INET ? 32 : 128;

	for (size_t i = 0; i < a->count; i++)
		if (oct_ip_in(&e->vars.ip, &a->records[i].ip, bits))
			return true;
	return false;
}

static void
find_names(struct spf_eval *e, struct spf_names *names)
{
	char reverse[OCT_DOMAIN_SIZE];
	const struct dns_answer *ptr;
	size_t count;

	if (dns_reverse_name(&e->vars.ip, NULL, reverse) != 0)
		return;
	ptr = ask(e, reverse, DNS_PTR);
	/* 4.6.4: further ones are ignored, the client's owner made them. */
	count = ptr->count < SPF_PTR_MAX ? ptr->count : SPF_PTR_MAX;
	for (size_t i = 0; i < count; i++)
		if (is_host(ptr->records[i].name))
			dns_prefetch(e->dns, ptr->records[i].name,
			    address_type(e));
	for (size_t i = 0; i < count; i++)
		if (is_host(ptr->records[i].name) &&
		    name_is_valid(e, ptr->records[i].name))
			names->name[names->count++] = ptr->records[i].name;
}

static const struct spf_names *
client_names(struct spf_eval *e)
{
	bool outer = e->void_seen;

	if (!e->names.known) {
		e->void_seen = false;
		find_names(e, &e->names);
		e->names.void_seen = e->void_seen;
		e->names.known = true;
	}
	e->void_seen = outer || e->names.void_seen;
	return &e->names;
}

static bool
under(const char *name, const char *parent)
{
	size_t n = strlen(name), p = strlen(parent);

	if (n < p || strcasecmp(name + n - p, parent) != 0)
		return false;
	return n == p || name[n - p - 1] == '.';
}

static enum spf_match
match_ptr(struct spf_eval *e, const char *target)
{
	const struct spf_names *names = client_names(e);

	for (size_t i = 0; i < names->count; i++)
		if (under(names->name[i], target))
			return SPF_MATCH_YES;
	return SPF_MATCH_NO;
}

/* 7.3: the domain itself, else a name under it, else any, else "unknown". */
const char *
spf_client_name(void *arg, const char *domain)
{
	struct spf_eval *e = arg;
	bool outer = e->void_seen;
	const struct spf_names *names = client_names(e);
	const char *best = NULL;

	/* A client without a name is no fault of the term with the macro. */
	e->void_seen = outer;
	for (size_t i = 0; i < names->count; i++) {
		if (strcasecmp(names->name[i], domain) == 0)
			return names->name[i];
		if (best == NULL && under(names->name[i], domain))
			best = names->name[i];
	}
	if (best == NULL && names->count > 0)
		best = names->name[0];
	return best != NULL ? best : "unknown";
}

enum spf_match
spf_match_dns(struct spf_eval *e, const struct spf_term *t, const char *target)
{
	int bits = e->vars.ip.family == AF_INET ? t->bits4 : t->bits6;

	switch (t->kind) {
	case SPF_A:
		return match_address(e, target, bits);
	case SPF_MX:
		return match_mx(e, target, bits);
	case SPF_PTR:
		return match_ptr(e, target);
	case SPF_EXISTS:
		return match_exists(e, target);
	case SPF_ALL:
	case SPF_INCLUDE:
	case SPF_IP4:
	case SPF_IP6:
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		break;
	}
	return SPF_MATCH_NO;
}
