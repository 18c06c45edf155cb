/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"

#define DATAGRAM_MAX 65535
/* RFC 5452 9.3: wrong answers on one port mean that somebody is guessing. */
#define FOREIGN_MAX 32
#define FAILS_DOWN 3 /* silences in a row that put a server behind others */
#define TRY_MS_MAX 60000

static void
timer_remove(struct dns_asker *k, struct dns_query *q)
{
	if (q->timer_ms == 0)
		return;
	*(q->sooner != NULL ? &q->sooner->later : &k->soonest) = q->later;
	*(q->later != NULL ? &q->later->sooner : &k->latest) = q->sooner;
	q->sooner = NULL;
	q->later = NULL;
	q->timer_ms = 0;
}

static void
timer_set(struct dns_asker *k, struct dns_query *q)
{
	timer_remove(k, q);
	q->timer_ms = oct_clock_mono_ms() + k->try_ms;
	q->sooner = k->latest;
	*(k->latest != NULL ? &k->latest->later : &k->soonest) = q;
	k->latest = q;
}

static void
close_attempts(struct dns_query *q)
{
	for (size_t i = 0; i < q->tries; i++)
		dns_attempt_close(&q->attempts[i]);
}

static bool
is_open(const struct dns_query *q)
{
	for (size_t i = 0; i < q->tries; i++)
		if (q->attempts[i].fd != -1)
			return true;
	return false;
}

/* result NULL: DNS_TEMPFAIL.  q lives on until the end of this round. */
static void
finish(struct dns_asker *k, struct dns_query *q, struct dns_result *result,
    bool keep)
{
	close_attempts(q);
	timer_remove(k, q);
	if (result == NULL)
		atomic_fetch_add(&k->counters->tempfail, 1);
	atomic_fetch_sub(&k->inflight, 1);
	dns_flight_finish(
	    k->cache, q->flight, result, keep, oct_clock_mono_ms());
	q->flight = NULL;
	q->next = k->dead;
	k->dead = q;
}

/* The first server that answers, or the one with the fewest failures. */
static size_t
best_server(const struct dns_asker *k)
{
	size_t best = 0;

	for (size_t i = 0; i < k->server_count; i++) {
		if (k->servers[i].fails < FAILS_DOWN)
			return i;
		if (k->servers[i].fails < k->servers[best].fails)
			best = i;
	}
	return best;
}

/* Send the question in the slot of an attempt, with an id of its own. */
static int
send_attempt(
    struct dns_asker *k, struct dns_query *q, struct dns_attempt *a, bool tcp)
{
	const struct dns_server *server = &k->servers[a->server];

	a->edns = q->edns;
	if (tcp) {
		atomic_fetch_add(&k->counters->tcp, 1);
		return dns_attempt_tcp(a, k->epoll_fd, server);
	}
	a->id = (uint16_t)randombytes_random();
	q->packet[0] = (uint8_t)(a->id >> 8);
	q->packet[1] = (uint8_t)a->id;
	atomic_fetch_add(&k->counters->sent, 1);
	return dns_attempt_udp(
	    a, k->epoll_fd, server, q->packet, q->packet_len);
}

/* Begin the next attempt; false if none is left. */
static bool
next_try(struct dns_asker *k, struct dns_query *q)
{
	while (q->tries < k->tries && oct_clock_mono_ms() < q->give_up_ms) {
		struct dns_attempt *a = &q->attempts[q->tries];
		int rc;

		a->server = q->tries == 0
				? best_server(k)
				: (a[-1].server + 1) % k->server_count;
		a->owner = q;
		a->fd = -1;
		q->tries++;
		rc = send_attempt(k, q, a, false);
		if (rc == 0) {
			timer_set(k, q);
			return true;
		}
		if (rc != -EMFILE && rc != -ENFILE) /* that is our fault */
			k->servers[a->server].fails++;
	}
	return false;
}

static int
build(struct dns_asker *k, struct dns_query *q)
{
	return dns_query_build(&q->key,
	    (q->edns ? DNS_QUERY_EDNS : 0u) | (k->trust_ad ? DNS_QUERY_AD : 0u),
	    q->packet, &q->packet_len);
}

void
dns_asker_begin(struct dns_asker *k, struct dns_query *q)
{
	q->tries = 0;
	if (build(k, q) != 0 || !next_try(k, q))
		finish(k, q, NULL, true);
}

/*
 * An attempt came to nothing before its time.  Servers not asked yet are asked
 * now; one that failed is not asked again at once, as it would fail again.
 */
static void
attempt_failed(struct dns_asker *k, struct dns_query *q, struct dns_attempt *a)
{
	bool newest_open = q->attempts[q->tries - 1].fd != -1;

	dns_attempt_close(a);
	if (newest_open && a != &q->attempts[q->tries - 1])
		return;
	if (q->tries < k->server_count && next_try(k, q))
		return;
	if (!is_open(q))
		finish(k, q, NULL, true);
}

/* The same server once more, in another way. */
static void
reopen(
    struct dns_asker *k, struct dns_query *q, struct dns_attempt *a, bool tcp)
{
	dns_attempt_close(a);
	if (send_attempt(k, q, a, tcp) == 0)
		timer_set(k, q);
	else
		attempt_failed(k, q, a);
}

static void
without_edns(struct dns_asker *k, struct dns_query *q, struct dns_attempt *a)
{
	q->edns = false;
	if (build(k, q) == 0)
		reopen(k, q, a, false);
	else
		finish(k, q, NULL, false);
}

static void
chase_alias(struct dns_asker *k, struct dns_query *q, struct dns_heard *heard)
{
	close_attempts(q);
	q->heard = *heard;
	q->key.name = heard->alias;
	dns_asker_begin(k, q);
}

/* With too many forged answers: try again, with another id and port. */
static void
foreign(struct dns_asker *k, struct dns_query *q, struct dns_attempt *a)
{
	if (a->tcp) {
		attempt_failed(k, q, a);
	} else if (++a->foreign > FOREIGN_MAX) {
		dns_attempt_close(a);
		if (!next_try(k, q) && !is_open(q))
			finish(k, q, NULL, true);
	}
}

static void
hear(
    struct dns_asker *k, struct dns_attempt *a, const uint8_t *wire, size_t len)
{
	struct dns_query *q = a->owner;
	struct dns_heard heard = q->heard;
	struct dns_asked asked = {.key = &q->key,
	    .id = a->id,
	    .edns = a->edns,
	    .tcp = a->tcp,
	    .trust_ad = k->trust_ad};
	enum dns_verdict v;

	v = dns_parse(k->parser, wire, len, &asked, &heard);
	if (v != DNS_V_FOREIGN)
		k->servers[a->server].fails = 0;
	switch (v) {
	case DNS_V_FOREIGN:
		foreign(k, q, a);
		break;
	case DNS_V_TRUNCATED:
		reopen(k, q, a, true);
		break;
	case DNS_V_NO_EDNS:
		without_edns(k, q, a);
		break;
	case DNS_V_FAILED:
		attempt_failed(k, q, a);
		break;
	case DNS_V_HOPELESS:
		finish(k, q, NULL, true);
		break;
	case DNS_V_ALIAS:
		chase_alias(k, q, &heard);
		break;
	case DNS_V_ANSWER:
		finish(k, q, heard.result, true);
		break;
	}
}

static void
udp_ready(struct dns_asker *k, struct dns_attempt *a)
{
	ssize_t n;

	n = recv(a->fd, k->datagram, DATAGRAM_MAX, 0);
	if (n >= 0) {
		hear(k, a, k->datagram, (size_t)n);
	} else if (errno != EAGAIN && errno != EINTR) {
		/* ICMP: nobody listens there. */
		k->servers[a->server].fails++;
		attempt_failed(k, a->owner, a);
	}
}

static void
tcp_ready(struct dns_asker *k, struct dns_attempt *a)
{
	struct dns_query *q = a->owner;
	size_t len;
	int rc;

	/* The id in the packet may be that of a later attempt. */
	q->packet[0] = (uint8_t)(a->id >> 8);
	q->packet[1] = (uint8_t)a->id;
	rc = dns_attempt_tcp_ready(
	    a, k->epoll_fd, q->packet, q->packet_len, &len);
	if (rc < 0)
		attempt_failed(k, q, a);
	else if (rc == 1)
		hear(k, a, a->in + 2, len);
}

static void
expire(struct dns_asker *k, struct dns_query *q)
{
	const struct dns_attempt *newest = &q->attempts[q->tries - 1];

	if (newest->fd != -1)
		k->servers[newest->server].fails++;
	if (!next_try(k, q))
		finish(k, q, NULL, true);
}

void
dns_asker_round(struct dns_asker *k)
{
	int64_t now = oct_clock_mono_ms();

	while (k->soonest != NULL && k->soonest->timer_ms <= now)
		expire(k, k->soonest);
	while (k->dead != NULL) {
		struct dns_query *q = k->dead;

		k->dead = q->next;
		free(q);
	}
}

void
dns_asker_abandon(struct dns_asker *k, struct dns_query *q)
{
	finish(k, q, NULL, false);
}

void
dns_asker_ready(struct dns_asker *k, struct dns_attempt *a)
{
	if (a->fd == -1)
		return; /* closed by an earlier event of this round */
	if (a->tcp)
		tcp_ready(k, a);
	else
		udp_ready(k, a);
}

int
dns_asker_wait_ms(const struct dns_asker *k)
{
	int64_t left;

	if (k->soonest == NULL)
		return -1;
	left = k->soonest->timer_ms - oct_clock_mono_ms();
	return left < 0 ? 0 : (int)left;
}

struct dns_query *
dns_query_new(const struct dns_asker *k, struct dns_flight *flight)
{
	struct dns_query *q;

	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	q->flight = flight;
	q->key = flight->key;
	q->edns = true;
	q->heard.ttl_s = UINT32_MAX;
	q->heard.secure = true;
	/* Truncation, EDNS and CNAMEs may add waits; all together do not. */
	q->give_up_ms = oct_clock_mono_ms() + 2 * k->try_ms * (int64_t)k->tries;
	return q;
}

static int
configure(struct dns_asker *k, const struct dns_conf *conf)
{
	if (conf->server_count == 0 || conf->server_count > DNS_SERVERS_MAX ||
	    conf->tries < 1 || conf->tries > DNS_TRIES_MAX ||
	    conf->try_ms < 1 || conf->try_ms > TRY_MS_MAX)
		return OCT_ECONF;
	for (size_t i = 0; i < conf->server_count; i++)
		if (dns_server_parse(conf->servers[i], &k->servers[i]) != 0)
			return OCT_ECONF;
	k->server_count = conf->server_count;
	k->try_ms = conf->try_ms;
	k->tries = (size_t)conf->tries;
	k->trust_ad = conf->trust_ad;
	return 0;
}

int
dns_asker_init(struct dns_asker *k, const struct dns_conf *conf)
{
	int rc;

	rc = configure(k, conf);
	if (rc != 0)
		return rc;
	k->parser = dns_parser_new();
	k->datagram = malloc(DATAGRAM_MAX);
	if (k->parser == NULL || k->datagram == NULL) {
		dns_asker_fini(k);
		return -ENOMEM;
	}
	return 0;
}

void
dns_asker_fini(struct dns_asker *k)
{
	dns_parser_free(k->parser);
	free(k->datagram);
	k->parser = NULL;
	k->datagram = NULL;
}
