/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail addresses, domain names and client addresses in one normal form each.
 * Input is hostile; nothing is cut: what does not fit is OCT_EPARSE.  Any thread.
 */
#ifndef OCT_LIB_ADDR_H
#define OCT_LIB_ADDR_H

#include <sys/socket.h>

#include "lib/def.h"
#include "lib/str.h"

#define OCT_DOMAIN_SIZE 256 /* RFC 5321 4.5.3.1.2: 255 octets, and the NUL */
#define OCT_LOCAL_SIZE 256  /* RFC 5321 says 64; VERP in the wild is longer */
#define OCT_ADDR_SIZE (OCT_LOCAL_SIZE + OCT_DOMAIN_SIZE + 2)

/* A mailbox address; both parts empty = the null reverse-path. */
struct oct_addr {
	char local[OCT_LOCAL_SIZE];   /* unquoted, case as written */
	char domain[OCT_DOMAIN_SIZE]; /* lower case A-labels, no final dot, or
					 an address literal "[...]" */
};

/*
 * Parse an RFC 5321 path as it stands in MAIL or RCPT: with or without angle
 * brackets, source route dropped, quoted local parts unquoted, "<>" is the null
 * path.  A local part without domain is accepted with an empty domain.
 */
OCT_CHECK int oct_addr_parse(const char *path, struct oct_addr *out);

/* The RCPT argument as smfi_delrcpt wants it: brackets and source route (and
 * nothing else) removed, octets untouched. */
OCT_CHECK int oct_addr_envelope(const char *arg, char *out, size_t len);

bool oct_addr_is_null(const struct oct_addr *a);

/* Write local@domain, the local part quoted where RFC 5321 needs it; "" for the
 * null path. */
void oct_addr_text(const struct oct_addr *a, char out[OCT_ADDR_SIZE]);

/*
 * Fold for look-ups: local part lower-cased (ASCII) and everything from the
 * first delimiter on removed (delimiter '\0' = keep); "+x" alone is kept.
 */
void oct_addr_fold(const struct oct_addr *a, char delimiter,
    struct oct_addr *out);

/* Lower case, one final dot removed, U-labels to A-labels (IDNA 2008, libidn2),
 * total and label lengths checked.  Underscores are allowed. */
OCT_CHECK int oct_domain_normalise(const char *name,
    char out[OCT_DOMAIN_SIZE]);

/*
 * Append text, with the names of domains in it as people write them: a name with
 * A-labels becomes its U-labels (UTF-8), if that is a name that may be shown and
 * comes back as the same.  For names of ours: a stranger's may be made to look
 * like another's (policy/lookalike.h).
 */
void oct_domain_show(const char *text, struct oct_str *out);

/* name equals parent or ends in ".parent"; both normalised. */
bool oct_domain_under(const char *name, const char *parent);

/* A client address; an IPv4-mapped IPv6 address is IPv4. */
struct oct_ip {
	int family; /* AF_INET, AF_INET6, or AF_UNSPEC: not known */
	uint8_t octets[16];
};

#define OCT_IP_SIZE 64 /* text of an address, or of a prefix */

OCT_CHECK int oct_ip_parse(const char *text, struct oct_ip *out);
void oct_ip_from_sockaddr(const struct sockaddr *sa, struct oct_ip *out);
void oct_ip_text(const struct oct_ip *ip, char out[OCT_IP_SIZE]);
bool oct_ip_in(const struct oct_ip *ip, const struct oct_ip *net, int bits);
/* Of the Internet at large: not of this machine, of an inner network, of a link,
 * of no host at all, multicast or reserved (RFC 6890). */
bool oct_ip_is_global(const struct oct_ip *ip);
/* "192.0.2.0/24" or "2001:db8:1::/48": the client network of challenge rules. */
void oct_ip_net_text(const struct oct_ip *ip, char out[OCT_IP_SIZE]);

/* An address with a prefix length; parse accepts a bare address too. */
struct oct_prefix {
	struct oct_ip net;
	int bits;
};
OCT_CHECK int oct_prefix_parse(const char *text, struct oct_prefix *out);

#endif
