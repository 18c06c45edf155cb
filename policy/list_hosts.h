/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts of http and https URLs in a message: in the first LIST_HOSTS_SCAN octets
 * of the body as it was sent (soft line breaks of quoted-printable undone), then
 * in its encoded texts (lib/mime_parts.h and its bounds).  The first
 * LIST_HOSTS_MAX different names and LIST_ADDRESSES_MAX public addresses are
 * kept.  Pure; any thread.
 */
#ifndef OCT_POLICY_LIST_HOSTS_H
#define OCT_POLICY_LIST_HOSTS_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/mime_parts.h"

#define LIST_HOSTS_MAX 20
#define LIST_ADDRESSES_MAX 10
#define LIST_HOSTS_SCAN 262144

struct list_hosts {
	size_t count;
	char host[LIST_HOSTS_MAX][OCT_DOMAIN_SIZE]; /* normalised */
	size_t address_count;
	struct oct_ip address[LIST_ADDRESSES_MAX];
};

/* Names without a dot are left out: domain lists do not hold them.  Addresses
 * may be written in any way that browsers take (RFC 3986 7.4). */
void list_hosts_find(const struct oct_mime_entity *message,
    struct list_hosts *out);

#endif
