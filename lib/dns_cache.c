/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "lib/err.h"

#define SHARDS 16
#define ENTRY_TYPICAL 256 /* octets, to size the tables */
#define BUCKETS_MIN 16
#define FLIGHT_BUCKETS 256
#define ALLOC_OVERHEAD 16 /* of malloc, counted for each block */

struct entry {
	struct entry *next;          /* in its bucket */
	struct entry *newer, *older; /* by last use */
	uint64_t hash;
	int64_t expires_ms;
	size_t octets;             /* what it counts for */
	struct dns_result *result; /* NULL: DNS_TEMPFAIL */
	uint16_t type;
	uint8_t name_len;
	uint8_t name[];
};

struct dns_shard {
	pthread_mutex_t lock;
	struct entry **buckets;
	struct entry *newest, *oldest;
	size_t octets, entries;
	struct dns_flight *flights[FLIGHT_BUCKETS];
};

struct dns_cache {
	struct dns_cache_conf conf;
	size_t shard_octets;
	size_t buckets; /* of one shard; a power of two */
	/* Names come from outside: without a key they could be chosen to share
	 * one bucket. */
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	struct dns_shard shards[SHARDS];
};

static uint64_t
hash_of(const struct dns_cache *cache, const struct dns_key *key)
{
	uint8_t in[DNS_NAME_MAX + 1];
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t hash;

	in[0] = (uint8_t)key->type;
	memcpy(in + 1, key->name.wire, key->name.len);
	(void)crypto_shorthash(out, in, key->name.len + 1, cache->hash_key);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

static struct dns_shard *
shard_of(struct dns_cache *cache, uint64_t hash)
{
	return &cache->shards[hash % SHARDS];
}

static struct entry **
bucket_of(struct dns_cache *cache, struct dns_shard *shard, uint64_t hash)
{
	return &shard->buckets[(hash / SHARDS) & (cache->buckets - 1)];
}

static struct dns_flight **
flight_bucket(struct dns_shard *shard, uint64_t hash)
{
	return &shard->flights[(hash / SHARDS) % FLIGHT_BUCKETS];
}

static void
shard_fini(struct dns_shard *shard)
{
	while (shard->oldest != NULL) {
		struct entry *e = shard->oldest;

		shard->oldest = e->newer;
		dns_result_put(e->result);
		free(e);
	}
	(void)pthread_mutex_destroy(&shard->lock);
	free(shard->buckets);
}

int
dns_cache_new(const struct dns_cache_conf *conf, struct dns_cache **out)
{
	struct dns_cache *cache;
	size_t want = conf->octets / SHARDS / ENTRY_TYPICAL;

	cache = calloc(1, sizeof(*cache));
	if (cache == NULL)
		return -ENOMEM;
	cache->conf = *conf;
	cache->shard_octets = conf->octets / SHARDS;
	randombytes_buf(cache->hash_key, sizeof(cache->hash_key));
	for (cache->buckets = BUCKETS_MIN; cache->buckets < want;)
		cache->buckets *= 2;
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&cache->shards[i].lock, NULL);
	for (size_t i = 0; i < SHARDS; i++) {
		cache->shards[i].buckets =
		    calloc(cache->buckets, sizeof(struct entry *));
		if (cache->shards[i].buckets == NULL) {
			dns_cache_free(cache);
			return -ENOMEM;
		}
	}
	*out = cache;
	return 0;
}

void
dns_cache_free(struct dns_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++)
		shard_fini(&cache->shards[i]);
	free(cache);
}

/* Out of the list by last use. */
static void
list_remove(struct dns_shard *shard, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &shard->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &shard->oldest) = e->newer;
	e->newer = NULL;
	e->older = NULL;
}

static void
list_add_newest(struct dns_shard *shard, struct entry *e)
{
	e->older = shard->newest;
	*(e->older != NULL ? &e->older->newer : &shard->oldest) = e;
	shard->newest = e;
}

static void
entry_drop(struct dns_cache *cache, struct dns_shard *shard, struct entry *e)
{
	struct entry **at = bucket_of(cache, shard, e->hash);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	list_remove(shard, e);
	shard->octets -= e->octets;
	shard->entries--;
	dns_result_put(e->result);
	free(e);
}

static bool
entry_is(const struct entry *e, uint64_t hash, const struct dns_key *key)
{
	return e->hash == hash && e->type == key->type &&
	       e->name_len == key->name.len &&
	       memcmp(e->name, key->name.wire, e->name_len) == 0;
}

static struct entry *
entry_find(struct dns_cache *cache, struct dns_shard *shard, uint64_t hash,
    const struct dns_key *key)
{
	struct entry *e = *bucket_of(cache, shard, hash);

	while (e != NULL && !entry_is(e, hash, key))
		e = e->next;
	return e;
}

static struct entry *
entry_new(const struct dns_flight *flight, int64_t expires_ms)
{
	size_t size = sizeof(struct entry) + flight->key.name.len;
	struct dns_result *result = flight->result;
	struct entry *e;

	e = calloc(1, size);
	if (e == NULL)
		return NULL;
	e->hash = flight->hash;
	e->expires_ms = expires_ms;
	e->octets = size + ALLOC_OVERHEAD;
	if (result != NULL) {
		e->result = dns_result_ref(result);
		e->octets += result->size + ALLOC_OVERHEAD;
	}
	e->type = (uint16_t)flight->key.type;
	e->name_len = (uint8_t)flight->key.name.len;
	memcpy(e->name, flight->key.name.wire, e->name_len);
	return e;
}

/* Keep what the flight brought.  Without memory it is just not kept. */
static void
remember(
    struct dns_cache *cache, const struct dns_flight *flight, int64_t now_ms)
{
	struct dns_shard *shard = flight->shard;
	struct entry *e, **bucket;

	e = entry_find(cache, shard, flight->hash, &flight->key);
	if (e != NULL)
		entry_drop(cache, shard, e);
	e = entry_new(flight, now_ms + (int64_t)flight->ttl_s * 1000);
	if (e == NULL)
		return;
	bucket = bucket_of(cache, shard, e->hash);
	e->next = *bucket;
	*bucket = e;
	list_add_newest(shard, e);
	shard->octets += e->octets;
	shard->entries++;
	while (shard->octets > cache->shard_octets)
		entry_drop(cache, shard, shard->oldest);
}

/* Under the lock. */
static bool
peek(struct dns_cache *cache, struct dns_shard *shard, uint64_t hash,
    const struct dns_key *key, int64_t now_ms, struct dns_lookup *out)
{
	struct entry *e = entry_find(cache, shard, hash, key);

	if (e == NULL)
		return false;
	if (e->expires_ms <= now_ms) {
		entry_drop(cache, shard, e);
		return false;
	}
	list_remove(shard, e);
	list_add_newest(shard, e);
	out->result = e->result == NULL ? NULL : dns_result_ref(e->result);
	out->ttl_s = (uint32_t)((e->expires_ms - now_ms + 999) / 1000);
	return true;
}

static struct dns_flight *
flight_new(struct dns_shard *shard, uint64_t hash, const struct dns_key *key)
{
	pthread_condattr_t attr;
	struct dns_flight *f;

	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&f->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	f->shard = shard;
	f->hash = hash;
	f->refs = 2; /* who asked, and who will finish it */
	f->key = *key;
	return f;
}

/* Under the lock: join a flight, or start one. */
static int
board(struct dns_shard *shard, uint64_t hash, const struct dns_key *key,
    struct dns_lookup *out)
{
	struct dns_flight **bucket = flight_bucket(shard, hash);
	struct dns_flight *f = *bucket;

	while (f != NULL && !(f->hash == hash && f->key.type == key->type &&
				dns_name_equal(&f->key.name, &key->name)))
		f = f->next;
	out->flight = f;
	if (f != NULL) {
		f->refs++;
		return DNS_FOUND_FLIGHT;
	}
	f = flight_new(shard, hash, key);
	if (f == NULL)
		return -ENOMEM;
	f->next = *bucket;
	*bucket = f;
	out->flight = f;
	return DNS_FOUND_NEW;
}

int
dns_cache_find(struct dns_cache *cache, const struct dns_key *key,
    int64_t now_ms, struct dns_lookup *out)
{
	uint64_t hash = hash_of(cache, key);
	struct dns_shard *shard = shard_of(cache, hash);
	int rc = DNS_FOUND_HIT;

	*out = (struct dns_lookup){.result = NULL};
	(void)pthread_mutex_lock(&shard->lock);
	if (!peek(cache, shard, hash, key, now_ms, out))
		rc = board(shard, hash, key, out);
	(void)pthread_mutex_unlock(&shard->lock);
	return rc;
}

int
dns_cache_peek(struct dns_cache *cache, const struct dns_key *key,
    int64_t now_ms, struct dns_lookup *out)
{
	uint64_t hash = hash_of(cache, key);
	struct dns_shard *shard = shard_of(cache, hash);
	bool hit;

	*out = (struct dns_lookup){.result = NULL};
	(void)pthread_mutex_lock(&shard->lock);
	hit = peek(cache, shard, hash, key, now_ms, out);
	(void)pthread_mutex_unlock(&shard->lock);
	return hit;
}

void
dns_cache_usage(struct dns_cache *cache, size_t *octets, size_t *entries)
{
	*octets = 0;
	*entries = 0;
	for (size_t i = 0; i < SHARDS; i++) {
		struct dns_shard *shard = &cache->shards[i];

		(void)pthread_mutex_lock(&shard->lock);
		*octets += shard->octets;
		*entries += shard->entries;
		(void)pthread_mutex_unlock(&shard->lock);
	}
}

static uint32_t
capped_ttl(const struct dns_cache *cache, const struct dns_result *result)
{
	uint32_t ttl_s, max_s;

	if (result == NULL)
		return DNS_FAILURE_TTL_S;
	ttl_s = result->answer.ttl_s;
	max_s = result->answer.status == DNS_OK ? cache->conf.ttl_max_s
						: cache->conf.ttl_neg_max_s;
	return ttl_s < max_s ? ttl_s : max_s;
}

static void
flight_unlist(struct dns_flight *flight)
{
	struct dns_flight **at = flight_bucket(flight->shard, flight->hash);

	while (*at != flight)
		at = &(*at)->next;
	*at = flight->next;
	flight->next = NULL;
}

void
dns_flight_finish(struct dns_cache *cache, struct dns_flight *flight,
    struct dns_result *result, bool keep, int64_t now_ms)
{
	struct dns_shard *shard = flight->shard;

	(void)pthread_mutex_lock(&shard->lock);
	flight_unlist(flight);
	flight->result = result;
	flight->ttl_s = capped_ttl(cache, result);
	flight->done_ms = now_ms;
	flight->done = true;
	if (keep && flight->ttl_s > 0)
		remember(cache, flight, now_ms);
	(void)pthread_cond_broadcast(&flight->changed);
	(void)pthread_mutex_unlock(&shard->lock);
	dns_flight_put(flight);
}

bool
dns_flight_wait(struct dns_flight *flight, int64_t deadline_ms)
{
	struct timespec until = {.tv_sec = (time_t)(deadline_ms / 1000),
	    .tv_nsec = (long)(deadline_ms % 1000) * 1000000};
	int rc = 0;
	bool done;

	(void)pthread_mutex_lock(&flight->shard->lock);
	while (!flight->done && rc == 0)
		rc = pthread_cond_timedwait(
		    &flight->changed, &flight->shard->lock, &until);
	done = flight->done;
	(void)pthread_mutex_unlock(&flight->shard->lock);
	return done;
}

bool
dns_flight_outcome(struct dns_flight *flight, struct dns_result **result,
    uint32_t *ttl_s, int64_t *done_ms)
{
	bool done;

	(void)pthread_mutex_lock(&flight->shard->lock);
	done = flight->done;
	if (done) {
		*result = flight->result == NULL
			      ? NULL
			      : dns_result_ref(flight->result);
		*ttl_s = flight->ttl_s;
		*done_ms = flight->done_ms;
	}
	(void)pthread_mutex_unlock(&flight->shard->lock);
	return done;
}

void
dns_flight_put(struct dns_flight *flight)
{
	struct dns_shard *shard;
	bool last;

	if (flight == NULL)
		return;
	shard = flight->shard;
	(void)pthread_mutex_lock(&shard->lock);
	last = --flight->refs == 0;
	(void)pthread_mutex_unlock(&shard->lock);
	if (!last)
		return;
	dns_result_put(flight->result);
	(void)pthread_cond_destroy(&flight->changed);
	free(flight);
}
