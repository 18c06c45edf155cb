/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of questions on the wire, without the thread: dns_io drives it.
 *
 * A query is begun -> attempt 1 -> (silence for try_ms, or a failure) ->
 * attempt 2 at the next server -> ... -> finished.  Attempts that only were
 * silent stay open: a late answer to the first one is an answer.  Truncation
 * and FORMERR reopen the same attempt over TCP or without EDNS; a lone CNAME
 * starts over with its target.
 *
 * Every query in progress is in the timer list.  All waits last try_ms, so the
 * list is in order of time by appending.  Inside lib/dns only; one thread.
 */
#ifndef OCT_LIB_DNS_ASK_H
#define OCT_LIB_DNS_ASK_H

#include "lib/dns_cache.h"
#include "lib/dns_sock.h"

#define DNS_SERVERS_MAX 8
#define DNS_TRIES_MAX 8

struct dns_counters {
	_Atomic uint64_t asked, hits, merged, sent, tcp, tempfail, shed;
};

struct dns_query {
	struct dns_query *next; /* in a list of the submitted or the dead */
	struct dns_query *sooner, *later; /* timers */
	int64_t timer_ms;
	int64_t give_up_ms;
	struct dns_flight *flight;
	struct dns_key key; /* what is asked now: the target of a CNAME */
	struct dns_heard heard;
	bool edns;
	uint8_t packet[DNS_QUERY_MAX];
	size_t packet_len;
	size_t tries; /* attempts begun */
	struct dns_attempt attempts[DNS_TRIES_MAX];
};

struct dns_asker {
	struct dns_server servers[DNS_SERVERS_MAX];
	size_t server_count;
	int64_t try_ms;
	size_t tries;
	bool trust_ad;
	struct dns_cache *cache;       /* borrowed */
	struct dns_counters *counters; /* borrowed */
	int epoll_fd;                  /* borrowed */
	atomic_size_t inflight;        /* raised by who makes a query */
	struct dns_query *soonest, *latest;
	struct dns_query *dead; /* events of this round may point to them */
	struct dns_parser *parser;
	uint8_t *datagram;
};

/* Fill in zeroed storage from conf; cache, counters and epoll_fd are the
 * caller's to set.  OCT_ECONF: a server's text or a bound is wrong. */
OCT_CHECK int dns_asker_init(struct dns_asker *k, const struct dns_conf *conf);
void dns_asker_fini(struct dns_asker *k);

/* A query for flight, not begun.  NULL: no memory. */
OCT_CHECK struct dns_query *dns_query_new(const struct dns_asker *k,
    struct dns_flight *flight);

/* Takes the query over. */
void dns_asker_begin(struct dns_asker *k, struct dns_query *q);
/* End it with DNS_TEMPFAIL, not to be remembered. */
void dns_asker_abandon(struct dns_asker *k, struct dns_query *q);

/* The socket of an attempt is ready. */
void dns_asker_ready(struct dns_asker *k, struct dns_attempt *a);
/* How long to wait for sockets; -1: nothing is waited for. */
int dns_asker_wait_ms(const struct dns_asker *k);
/* After the events of a round: run timers, free what was finished. */
void dns_asker_round(struct dns_asker *k);

#endif
