/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target rule (challenge.md 5): may we write to a sender's domain at all?
 * Whoever proves a domain may point its MX at a third party; what we sent there
 * would be reflected mail.  The decision is pure; the look-ups are those of one
 * session of lib/dns, bounded in number and by its deadline.  A session is used
 * by one thread.
 */
#ifndef OCT_POLICY_TARGET_H
#define OCT_POLICY_TARGET_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/dns.h"
#include "lib/store.h"

#define TARGET_MX_MAX 4 /* the most preferred ones */
#define TARGET_IP_MAX 4 /* addresses of each, of either family */
#define TARGET_ORGS 4   /* of the proof in two readings, and of the client's
			   confirmed names */
#define TARGET_QUESTIONS 64 /* at most, for one domain */

struct target_mx {
	char org[OCT_DOMAIN_SIZE]; /* organisational domain of the host */
	size_t count;
	struct oct_ip ip[TARGET_IP_MAX];
};

struct target_facts {
	bool unsure; /* a look-up failed for now */
	size_t count;
	struct target_mx mx[TARGET_MX_MAX]; /* most preferred first */
	struct oct_ip client;               /* AF_UNSPEC: not known */
	size_t org_count;
	char org[TARGET_ORGS][OCT_DOMAIN_SIZE]; /* of the proven client */
	bool confirmed; /* somebody of that organisation confirmed before */
};

enum target {
	TARGET_OK,
	TARGET_NONE,      /* null MX (RFC 7505), no MX, or none with an address */
	TARGET_ELSEWHERE, /* shares neither network nor organisation */
	TARGET_LATER      /* DNS does not tell now */
};
enum target target_decide(const struct target_facts *f);

/*
 * By what name the network that would be written to is capped and judged: the
 * organisation of the most preferred MX if that is one of providers (then
 * *provider), else the network (/24, /48) of its lowest address; "" = none.
 */
void target_network(const struct target_facts *f, const char *const *providers,
    size_t count, char out[OCT_DOMAIN_SIZE], bool *provider);

/* What is asked about: domain of the reverse-path, client and organisation of
 * the proof. */
struct target_of {
	const char *domain, *org;
	struct oct_ip client;
	bool psl; /* organisational domains by the public suffix list */
};
/* Start the look-ups, those that need no others first; then those that do.
 * Optional. */
void target_prefetch(struct dns_session *dns, const struct target_of *t);
void target_prefetch_hosts(struct dns_session *dns, const struct target_of *t);
/* Gather the facts but `confirmed`, which target_confirmed tells. */
void target_look(struct dns_session *dns, const struct target_of *t,
    struct target_facts *out);

/* Has somebody of that organisation confirmed?  1, 0, or an error. */
OCT_CHECK int target_confirmed(struct store *s, const char *org);
/* Somebody has. */
OCT_CHECK int target_confirm(struct store *s, const char *org);

#endif
