/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names of http and https URLs in a body as it was sent: base64 and escapes
 * are not undone (soft line breaks of quoted-printable are), only the first
 * LIST_HOSTS_SCAN octets are read and the first LIST_HOSTS_MAX different names
 * kept.  Pure; any thread.
 */
#ifndef OCT_POLICY_LIST_HOSTS_H
#define OCT_POLICY_LIST_HOSTS_H

#include "lib/addr.h"
#include "lib/def.h"

#define LIST_HOSTS_MAX 20
#define LIST_HOSTS_SCAN 262144

struct list_hosts {
	size_t count;
	char host[LIST_HOSTS_MAX][OCT_DOMAIN_SIZE]; /* normalised */
};

/* Addresses and names without a dot are left out: domain lists do not hold
 * them. */
void list_hosts_find(const char *body, size_t len, struct list_hosts *out);

#endif
