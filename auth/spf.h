/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPF by RFC 7208: check_host() over our DNS layer.  No global state; any
 * thread, one DNS session a caller.
 */
#ifndef OCT_AUTH_SPF_H
#define OCT_AUTH_SPF_H

#include "auth/types.h"
#include "lib/dns.h"

struct auth_spf_input {
	struct oct_ip ip;
	const char *helo;      /* as given; may be empty */
	const char *mail_from; /* reverse-path; "" = null: HELO identity */
	const char *receiver;  /* our host name, for %{r} */
	int64_t now_s;         /* for %{t} */
};

/* Start the first look-ups (TXT of the identity) without waiting. */
void auth_spf_prefetch(struct dns_session *dns,
    const struct auth_spf_input *in);

/* Evaluate with our own engine.  Never fails: errors are results. */
void auth_spf_check(struct dns_session *dns, const struct auth_spf_input *in,
    struct auth_spf *out);

/*
 * The same by libspf2, the other engine, which never sees a record that its
 * known faults (CVE-2023-42118) could turn against us: terms over 255 octets
 * and records over 4,096 are permerror before it is asked.  Our own engine
 * answers in its place for loopback clients (it lets them through unseen), for
 * senders that are not ASCII, and where a record is so long that it would lose
 * its end (over 50 terms or 900 octets).  Does not tell which term matched
 * unless it can be known (AUTH_SPF_UNKNOWN).
 */
void auth_spf_libspf2_check(struct dns_session *dns,
    const struct auth_spf_input *in, struct auth_spf *out);

#endif
