/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a resolver is made of, for dns.c and dns_session.c.
 */
#ifndef OCT_LIB_DNS_INT_H
#define OCT_LIB_DNS_INT_H

#include "lib/dns_io.h"
#include "lib/dns_static.h"

struct dns {
	struct dns_cache *cache; /* NULL in a static resolver */
	struct dns_io *io;       /* likewise */
	struct dns_table *table; /* of a static resolver, else NULL */
	struct dns_counters counters;
};

#endif
