/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers out of a table, behind dns_new_static.  Inside lib/dns only.  Filled
 * by one thread, then only read: any thread.
 */
#ifndef OCT_LIB_DNS_STATIC_H
#define OCT_LIB_DNS_STATIC_H

#include "lib/dns_wire.h"

struct dns_table;

OCT_CHECK int dns_table_new(struct dns_table **out);
void dns_table_free(struct dns_table *table);
/* What is not in it is no answer, instead of NXDOMAIN. */
void dns_table_silence(struct dns_table *table);

/* As dns_static_add and dns_static_timeout say. */
OCT_CHECK int dns_table_add(struct dns_table *table,
    const struct dns_key *key, const char *rdata, size_t len);
OCT_CHECK int dns_table_timeout(struct dns_table *table,
    const struct dns_name *name);

/* The caller's reference; NULL: DNS_TEMPFAIL. */
OCT_CHECK struct dns_result *dns_table_answer(const struct dns_table *table,
    const struct dns_key *key);

#endif
