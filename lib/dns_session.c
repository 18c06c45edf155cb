/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/dns_int.h"
#include "lib/err.h"
#include "lib/log.h"

/* One question.  Not begun: no flight and not done; on its way: flight; done:
 * answer, and result (NULL: DNS_TEMPFAIL) that it points into. */
struct item {
	struct dns_key key;
	char *name;
	bool done;
	bool cached;
	bool joined;
	int64_t asked_ms;
	int64_t took_ms; /* done, or waited for in vain */
	struct dns_flight *flight;
	struct dns_result *result;
	struct dns_answer answer;
};

struct dns_session {
	struct dns *dns;
	int64_t deadline_ms;
	size_t max;
	bool warned;
	size_t count;
	struct item *items[];
};

static const struct dns_answer answer_tempfail = { .status = DNS_TEMPFAIL };
static const struct dns_answer answer_nxdomain = { .status = DNS_NXDOMAIN };

int
dns_session_new(struct dns *dns, int64_t deadline_ms, size_t max_questions,
    struct dns_session **out)
{
	struct dns_session *s;

	if (max_questions > UINT16_MAX)
		return OCT_ELIMIT;
	s = calloc(1, sizeof(*s) + max_questions * sizeof(s->items[0]));
	if (s == NULL)
		return -ENOMEM;
	s->dns = dns;
	s->deadline_ms = deadline_ms;
	s->max = max_questions;
	*out = s;
	return 0;
}

static void
item_free(struct item *item)
{
	if (item == NULL)
		return;
	dns_flight_put(item->flight);
	dns_result_put(item->result);
	free(item->name);
	free(item);
}

void
dns_session_free(struct dns_session *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		item_free(s->items[i]);
	free(s);
}

static struct item *
item_find(const struct dns_session *s, const struct dns_key *key)
{
	for (size_t i = 0; i < s->count; i++) {
		struct item *item = s->items[i];

		if (item->key.type == key->type &&
		    dns_name_equal(&item->key.name, &key->name))
			return item;
	}
	return NULL;
}

static void
warn_full(struct dns_session *s)
{
	if (!s->warned)
		oct_log(OCT_WARNING, "dns: a message asks too much: max=%zu",
		    s->max);
	s->warned = true;
}

/* NULL: the session is full, or no memory. */
static struct item *
item_add(struct dns_session *s, const struct dns_key *key, const char *name)
{
	struct item *item;

	if (s->count == s->max) {
		warn_full(s);
		return NULL;
	}
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return NULL;
	item->name = strdup(name);
	if (item->name == NULL) {
		free(item);
		return NULL;
	}
	item->key = *key;
	item->asked_ms = oct_clock_mono_ms();
	s->items[s->count++] = item;
	atomic_fetch_add(&s->dns->counters.asked, 1);
	return item;
}

/* Takes the result. */
static void
settle(struct item *item, struct dns_result *result, uint32_t ttl_s,
    int64_t done_ms)
{
	item->answer = result == NULL ? answer_tempfail : result->answer;
	item->answer.ttl_s = ttl_s;
	item->result = result;
	item->took_ms = done_ms > item->asked_ms ? done_ms - item->asked_ms : 0;
	item->done = true;
}

static void
submit(struct dns *dns, struct dns_flight *flight, int64_t now_ms)
{
	int rc = dns_io_submit(dns->io, flight);

	if (rc == 0)
		return;
	if (rc == OCT_ELIMIT)
		atomic_fetch_add(&dns->counters.shed, 1);
	dns_flight_finish(dns->cache, flight, NULL, false, now_ms);
}

static void
start_live(struct dns_session *s, struct item *item)
{
	int64_t now_ms = oct_clock_mono_ms();
	struct dns *dns = s->dns;
	struct dns_lookup found;
	int rc;

	rc = dns_cache_find(dns->cache, &item->key, now_ms, &found);
	switch (rc) {
	case DNS_FOUND_HIT:
		atomic_fetch_add(&dns->counters.hits, 1);
		item->cached = true;
		settle(item, found.result, found.ttl_s, now_ms);
		return;
	case DNS_FOUND_FLIGHT:
		atomic_fetch_add(&dns->counters.merged, 1);
		item->flight = found.flight;
		return;
	case DNS_FOUND_NEW:
		item->flight = found.flight;
		submit(dns, found.flight, now_ms);
		return;
	default: /* no memory */
		settle(item, NULL, 0, now_ms);
	}
}

/* Too late to ask: only what is known already. */
static void
start_late(struct dns_session *s, struct item *item)
{
	int64_t now_ms = oct_clock_mono_ms();
	struct dns_lookup found;

	if (dns_cache_peek(s->dns->cache, &item->key, now_ms, &found) != 1)
		return;
	atomic_fetch_add(&s->dns->counters.hits, 1);
	item->cached = true;
	settle(item, found.result, found.ttl_s, now_ms);
}

static void
start(struct dns_session *s, struct item *item)
{
	const struct dns_table *table = s->dns->table;
	struct dns_result *result;

	if (table != NULL) {
		result = dns_table_answer(table, &item->key);
		settle(item, result, result == NULL ? 0 : result->answer.ttl_s,
		    item->asked_ms);
	} else if (oct_clock_mono_ms() < s->deadline_ms) {
		start_live(s, item);
	} else {
		start_late(s, item);
	}
}

/* Take the outcome over if there is one. */
static void
collect(struct item *item)
{
	struct dns_result *result;
	int64_t done_ms;
	uint32_t ttl_s;

	if (!dns_flight_outcome(item->flight, &result, &ttl_s, &done_ms))
		return;
	settle(item, result, ttl_s, done_ms);
	dns_flight_put(item->flight);
	item->flight = NULL;
}

/* The item of a question, begun; NULL with *instead as its answer. */
static struct item *
ask(struct dns_session *s, const char *name, enum dns_type type,
    const struct dns_answer **instead)
{
	struct dns_key key = { .type = type };
	struct item *item;

	*instead = &answer_nxdomain;
	if (dns_name_parse(name, &key.name) != 0)
		return NULL;
	*instead = &answer_tempfail;
	item = item_find(s, &key);
	if (item == NULL)
		item = item_add(s, &key, name);
	if (item != NULL && !item->done && item->flight == NULL)
		start(s, item);
	return item;
}

void
dns_prefetch(struct dns_session *s, const char *name, enum dns_type type)
{
	const struct dns_answer *instead;

	(void)ask(s, name, type, &instead);
}

const struct dns_answer *
dns_get(struct dns_session *s, const char *name, enum dns_type type)
{
	const struct dns_answer *instead;
	struct item *item = ask(s, name, type, &instead);

	if (item == NULL)
		return instead;
	item->joined = true;
	if (item->flight != NULL) {
		(void)dns_flight_wait(item->flight, s->deadline_ms);
		collect(item);
	}
	if (item->done)
		return &item->answer;
	item->took_ms = oct_clock_mono_ms() - item->asked_ms;
	return &answer_tempfail;
}

void
dns_session_deadline(struct dns_session *s, int64_t deadline_ms)
{
	s->deadline_ms = deadline_ms;
}

size_t
dns_session_count(const struct dns_session *s)
{
	return s->count;
}

/* Of a question that was never joined: what came meanwhile. */
static void
describe_flight(const struct item *item, struct dns_question *out)
{
	struct dns_result *result;
	int64_t done_ms;
	uint32_t ttl_s;

	if (!dns_flight_outcome(item->flight, &result, &ttl_s, &done_ms)) {
		if (!item->joined)
			out->took_ms = oct_clock_mono_ms() - item->asked_ms;
		return;
	}
	if (item->joined)
		return; /* it came too late */
	out->status = result == NULL ? DNS_TEMPFAIL : result->answer.status;
	out->took_ms = done_ms - item->asked_ms;
	dns_result_put(result);
}

void
dns_session_question(const struct dns_session *s, size_t i,
    struct dns_question *out)
{
	const struct item *item;

	OCT_ASSERT(i < s->count);
	item = s->items[i];
	*out = (struct dns_question){ .name = item->name,
		.type = item->key.type,
		.status = item->done ? item->answer.status : DNS_TEMPFAIL,
		.cached = item->cached,
		.joined = item->joined,
		.took_ms = item->took_ms };
	if (item->flight != NULL)
		describe_flight(item, out);
}
