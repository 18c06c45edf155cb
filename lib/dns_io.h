/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that asks, one epoll loop around dns_ask.  Inside lib/dns only.
 */
#ifndef OCT_LIB_DNS_IO_H
#define OCT_LIB_DNS_IO_H

#include "lib/dns_ask.h"

struct dns_io;

/* Start it.  conf is borrowed for the call; cache and counters are kept and
 * must outlive it.  OCT_ECONF: a server's text or a bound is wrong. */
OCT_CHECK int dns_io_new(const struct dns_conf *conf, struct dns_cache *cache,
    struct dns_counters *counters, struct dns_io **out);

/* Ask; from now on the I/O thread finishes the flight.  On error (OCT_ELIMIT:
 * too many in flight, -ENOMEM) that remains the caller's duty.  Any thread. */
OCT_CHECK int dns_io_submit(struct dns_io *io, struct dns_flight *flight);

/* Stop it; questions in flight become DNS_TEMPFAIL. */
void dns_io_free(struct dns_io *io);

#endif
