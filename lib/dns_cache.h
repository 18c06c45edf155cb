/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that are known and questions that are in flight, in shards with a
 * lock each.  Inside lib/dns only.  Bounded in octets: the least recently used
 * answer goes first.  Time comes from the caller (monotonic ms).  Any thread.
 */
#ifndef OCT_LIB_DNS_CACHE_H
#define OCT_LIB_DNS_CACHE_H

#include <pthread.h>

#include "lib/dns_wire.h"

/* RFC 9520 3.2: a failure is remembered for a second at least, so that a flood
 * does not ask a dead server again for each message. */
#define DNS_FAILURE_TTL_S 1

/*
 * One question in flight, shared by all who ask it.  All members are under the
 * lock of its shard, except key, which never changes.
 */
struct dns_flight {
	struct dns_flight *next;
	struct dns_shard *shard;
	uint64_t hash;
	unsigned int refs;
	bool done;
	struct dns_result *result; /* when done; NULL: DNS_TEMPFAIL */
	uint32_t ttl_s;
	int64_t done_ms;
	pthread_cond_t changed;
	struct dns_key key;
};

struct dns_cache_conf {
	size_t octets;
	uint32_t ttl_max_s;
	uint32_t ttl_neg_max_s;
};

struct dns_cache;
OCT_CHECK int dns_cache_new(const struct dns_cache_conf *conf,
    struct dns_cache **out);
/* No flight may be left. */
void dns_cache_free(struct dns_cache *cache);

enum dns_found {
	DNS_FOUND_HIT,    /* result (NULL: a remembered failure) and ttl_s */
	DNS_FOUND_FLIGHT, /* flight: somebody asks this already */
	DNS_FOUND_NEW     /* flight: now it is the caller who must ask */
};

struct dns_lookup {
	struct dns_result *result; /* a reference of the caller's */
	uint32_t ttl_s;
	struct dns_flight *flight; /* a reference of the caller's */
};

/* One of the above, or -ENOMEM.  After DNS_FOUND_NEW somebody must call
 * dns_flight_finish, which consumes a second reference. */
OCT_CHECK int dns_cache_find(struct dns_cache *cache, const struct dns_key *key,
    int64_t now_ms, struct dns_lookup *out);
/* The same, without ever making a flight: 1 hit, 0 not. */
OCT_CHECK int dns_cache_peek(struct dns_cache *cache, const struct dns_key *key,
    int64_t now_ms, struct dns_lookup *out);

void dns_cache_usage(struct dns_cache *cache, size_t *octets, size_t *entries);

/* What became of a question: takes result (NULL: DNS_TEMPFAIL), keeps it in the
 * cache for its TTL if keep is set, wakes all who wait. */
void dns_flight_finish(struct dns_cache *cache, struct dns_flight *flight,
    struct dns_result *result, bool keep, int64_t now_ms);

/* Wait until done or deadline_ms; true when done. */
bool dns_flight_wait(struct dns_flight *flight, int64_t deadline_ms);

/* If done: true, and its outcome (a reference of the caller's). */
OCT_CHECK bool dns_flight_outcome(struct dns_flight *flight,
    struct dns_result **result, uint32_t *ttl_s, int64_t *done_ms);

void dns_flight_put(struct dns_flight *flight);

#endif
