/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/lists.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/dmarc.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/list_hosts.h"

#define PROBE_MS 5000   /* for one round of probes */
#define RETRY_MS 10000  /* a list that did not answer is tried again sooner */

struct list {
	struct list_zone zone;
	_Atomic int state; /* enum list_state */
};

struct lists {
	struct dns *dns;
	size_t count;
	struct list *list;
	bool running;
	pthread_t thread;
	pthread_mutex_t lock; /* guards stop and hurry alone */
	pthread_cond_t wake;
	bool stop;
	bool hurry; /* a message waited in vain for a list */
	int64_t period_ms;
};

struct question {
	size_t list;
	char *name;
};

struct lists_query {
	struct lists *lists;
	struct dns_session *dns;
	size_t count;
	struct question question[LISTS_QUESTIONS_MAX];
};

/* --- Health: probes and what traffic shows ---------------------------------------- */

static bool
is_used(const struct list *l)
{
	return list_state_is_used((enum list_state)atomic_load(&l->state));
}

/* Probe and traffic may both come here: each change is logged once, by whom it
 * was made. */
static void
note(struct list *l, enum list_sign sign)
{
	int old = atomic_load(&l->state), next;

	do {
		next = (int)list_state_next((enum list_state)old, sign);
	} while (!atomic_compare_exchange_weak(&l->state, &old, next));
	if (next == old)
		return;
	if (next == LIST_DROPPED)
		oct_log(OCT_ERROR,
		    "list=%s state=dropped reason=%s effect=\"it is not "
		    "asked\" hint=\"tried again by itself; is the resolver "
		    "allowed to ask it?\"",
		    l->zone.zone, list_sign_name(sign));
	else if (next == LIST_DOUBTED)
		oct_log(OCT_WARNING, "list=%s state=doubted reason=%s",
		    l->zone.zone, list_sign_name(sign));
	else
		oct_log(OCT_NOTICE, "list=%s state=used", l->zone.zone);
}

/* label.zone; false: too long. */
static bool
name_under(const char *label, const char *zone, char out[OCT_DOMAIN_SIZE])
{
	int n = snprintf(out, OCT_DOMAIN_SIZE, "%s.%s", label, zone);

	return n > 0 && n < OCT_DOMAIN_SIZE;
}

/* The names of the two test entries (RFC 5782 5). */
static bool
probe_names(const struct list_zone *z, char listed[OCT_DOMAIN_SIZE],
    char opposite[OCT_DOMAIN_SIZE])
{
	bool ip = z->kinds == LIST_IP;
	const char *test = z->test[0] != '\0' ? z->test : "test";

	return name_under(ip ? "2.0.0.127" : test, z->zone, listed) &&
	    name_under(ip ? "1.0.0.127" : "invalid", z->zone, opposite);
}

static void
see(const struct list_zone *z, const struct dns_answer *a,
    struct list_verdict *v)
{
	for (size_t i = 0; a->status == DNS_OK && i < a->count; i++)
		list_zone_see(z, &a->records[i].ip, v);
}

static enum list_sign
probe_sign(const struct list_zone *z, struct dns_session *s,
    const char *listed, const char *opposite)
{
	const struct dns_answer *yes = dns_get(s, listed, DNS_A);
	const struct dns_answer *no = dns_get(s, opposite, DNS_A);
	struct list_verdict v = { .listed = false };

	see(z, yes, &v);
	see(z, no, &v);
	if (v.foreign)
		return LIST_FOREIGN;
	if (v.blocked)
		return LIST_BLOCKED;
	if (no->status == DNS_OK)
		return LIST_EVERYTHING;
	if (yes->status == DNS_TEMPFAIL || no->status == DNS_TEMPFAIL)
		return LIST_SILENT;
	return yes->status == DNS_OK ? LIST_RIGHT : LIST_EMPTY;
}

void
lists_probe(struct lists *l)
{
	char listed[OCT_DOMAIN_SIZE], opposite[OCT_DOMAIN_SIZE];
	struct dns_session *s;

	if (dns_session_new(l->dns, oct_clock_mono_ms() + PROBE_MS,
		2 * l->count, &s) != 0)
		return; /* out of memory: the next round */
	for (size_t i = 0; i < l->count; i++) {
		if (!probe_names(&l->list[i].zone, listed, opposite))
			continue;
		dns_prefetch(s, listed, DNS_A);
		dns_prefetch(s, opposite, DNS_A);
	}
	for (size_t i = 0; i < l->count; i++) {
		struct list *at = &l->list[i];

		if (probe_names(&at->zone, listed, opposite))
			note(at, probe_sign(&at->zone, s, listed, opposite));
	}
	dns_session_free(s);
}

static bool
any_doubted(struct lists *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (atomic_load(&l->list[i].state) == LIST_DOUBTED)
			return true;
	return false;
}

/* Until the time has come, or a message complains: not sooner than least_ms, so
 * that complaints cannot make probes a flood.  False: to stop. */
static bool
wait_for(struct lists *l, int64_t least_ms, int64_t most_ms)
{
	int64_t begin_ms = oct_clock_mono_ms();
	bool stop;

	(void)pthread_mutex_lock(&l->lock);
	for (;;) {
		int64_t until = begin_ms + (l->hurry ? least_ms : most_ms);
		struct timespec at = { .tv_sec = until / 1000,
			.tv_nsec = until % 1000 * 1000000 };

		if (l->stop || oct_clock_mono_ms() >= until)
			break;
		(void)pthread_cond_timedwait(&l->wake, &l->lock, &at);
	}
	l->hurry = false;
	stop = l->stop;
	(void)pthread_mutex_unlock(&l->lock);
	return !stop;
}

static void *
run(void *arg)
{
	struct lists *l = arg;
	int64_t soon_ms = l->period_ms < RETRY_MS ? l->period_ms : RETRY_MS;

	do {
		lists_probe(l);
	} while (wait_for(l, soon_ms,
	    any_doubted(l) ? soon_ms : l->period_ms));
	return NULL;
}

static void
complain(struct lists *l)
{
	(void)pthread_mutex_lock(&l->lock);
	if (!l->hurry)
		(void)pthread_cond_signal(&l->wake);
	l->hurry = true;
	(void)pthread_mutex_unlock(&l->lock);
}

int
lists_start(struct lists *l, int64_t period_ms)
{
	if (l->count == 0)
		return 0;
	l->period_ms = period_ms;
	if (pthread_create(&l->thread, NULL, run, l) != 0)
		return -EAGAIN;
	l->running = true;
	return 0;
}

static int
init_lock(struct lists *l)
{
	pthread_condattr_t attr;
	int rc = pthread_condattr_init(&attr);

	if (rc != 0)
		return -rc;
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	rc = pthread_cond_init(&l->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (rc != 0)
		return -rc;
	rc = pthread_mutex_init(&l->lock, NULL);
	if (rc != 0)
		(void)pthread_cond_destroy(&l->wake);
	return -rc;
}

int
lists_new(const char *const *zones, size_t count, struct dns *dns,
    struct lists **out)
{
	struct lists *l = calloc(1, sizeof(*l));
	char problem[LIST_PROBLEM_SIZE];
	int rc;

	if (l == NULL)
		return -ENOMEM;
	rc = init_lock(l);
	if (rc != 0) {
		free(l);
		return rc;
	}
	l->dns = dns;
	l->list = calloc(count + 1, sizeof(*l->list));
	if (l->list == NULL)
		rc = -ENOMEM;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		atomic_init(&l->list[i].state, LIST_UNTRIED);
		if (list_zone_parse(zones[i], &l->list[i].zone, problem) != 0)
			rc = OCT_ECONF;
	}
	if (rc != 0) {
		lists_free(l);
		return rc;
	}
	l->count = count;
	*out = l;
	return 0;
}

void
lists_free(struct lists *l)
{
	if (l == NULL)
		return;
	if (l->running) {
		(void)pthread_mutex_lock(&l->lock);
		l->stop = true;
		(void)pthread_cond_signal(&l->wake);
		(void)pthread_mutex_unlock(&l->lock);
		(void)pthread_join(l->thread, NULL);
	}
	(void)pthread_cond_destroy(&l->wake);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->list);
	free(l);
}

/* --- One message -------------------------------------------------------------------- */

int
lists_query_new(struct lists *l, struct dns_session *dns,
    struct lists_query **out)
{
	struct lists_query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -ENOMEM;
	q->lists = l;
	q->dns = dns;
	*out = q;
	return 0;
}

void
lists_query_free(struct lists_query *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->count; i++)
		free(q->question[i].name);
	free(q);
}

static bool
is_asked(const struct lists_query *q, size_t list, const char *name)
{
	for (size_t i = 0; i < q->count; i++)
		if (q->question[i].list == list &&
		    strcmp(q->question[i].name, name) == 0)
			return true;
	return false;
}

static void
ask(struct lists_query *q, size_t list, const char *name)
{
	char *copy;

	if (q->count == LISTS_QUESTIONS_MAX || is_asked(q, list, name))
		return;
	copy = strdup(name);
	if (copy == NULL)
		return; /* a list less speaks */
	q->question[q->count++] = (struct question){ list, copy };
	dns_prefetch(q->dns, name, DNS_A);
}

static bool
wants(const struct list *l, enum list_kind kind)
{
	return (l->zone.kinds & kind) != 0 && is_used(l);
}

static void
ask_address(struct lists_query *q, enum list_kind kind,
    const struct oct_ip *ip)
{
	char name[OCT_DOMAIN_SIZE];

	for (size_t i = 0; i < q->lists->count; i++) {
		const struct list *l = &q->lists->list[i];

		if (wants(l, kind) &&
		    dns_reverse_name(ip, l->zone.zone, name) == 0)
			ask(q, i, name);
	}
}

void
lists_ask_client(struct lists_query *q, const struct oct_ip *client)
{
	if (client->family != AF_UNSPEC)
		ask_address(q, LIST_IP, client);
}

void
lists_ask_name(struct lists_query *q, enum list_kind kind, const char *name)
{
	char domain[OCT_DOMAIN_SIZE], org[OCT_DOMAIN_SIZE];
	char under[OCT_DOMAIN_SIZE];
	struct oct_ip ip;
	bool other;

	if (oct_domain_normalise(name, domain) != 0 || *domain == '[' ||
	    strchr(domain, '.') == NULL || oct_ip_parse(domain, &ip) == 0)
		return;
	other = auth_psl_org(domain, org) == 1 && strcmp(org, domain) != 0;
	for (size_t i = 0; i < q->lists->count; i++) {
		const struct list *l = &q->lists->list[i];

		if (!wants(l, kind))
			continue;
		if (name_under(domain, l->zone.zone, under))
			ask(q, i, under);
		if (other && name_under(org, l->zone.zone, under))
			ask(q, i, under);
	}
}

static void
entity_of(const struct oct_msg *m, struct oct_mime_entity *out)
{
	const struct oct_field *type = oct_msg_find(m, "Content-Type", 0);
	const struct oct_field *encoding = oct_msg_find(m,
	    "Content-Transfer-Encoding", 0);

	if (type != NULL) {
		out->type = type->value;
		out->type_len = type->value_len;
	}
	if (encoding != NULL) {
		out->encoding = encoding->value;
		out->encoding_len = encoding->value_len;
	}
}

void
lists_ask_body(struct lists_query *q, struct oct_msg *m)
{
	struct oct_mime_entity e = { .type = NULL };
	struct list_hosts *hosts;
	bool wanted = false;

	for (size_t i = 0; i < q->lists->count; i++)
		wanted |= wants(&q->lists->list[i], LIST_URL);
	if (!wanted || oct_msg_body(m, &e.body, &e.len) != 0)
		return;
	entity_of(m, &e);
	hosts = malloc(sizeof(*hosts));
	if (hosts == NULL)
		return;
	list_hosts_find(&e, hosts);
	for (size_t i = 0; i < hosts->count; i++)
		lists_ask_name(q, LIST_URL, hosts->host[i]);
	for (size_t i = 0; i < hosts->address_count; i++)
		ask_address(q, LIST_URL, &hosts->address[i]);
	free(hosts);
}

/* What list i says about everything that it was asked. */
static void
verdict_of(struct lists_query *q, size_t i, struct list_verdict *v)
{
	const struct list_zone *z = &q->lists->list[i].zone;
	bool silent = false;

	*v = (struct list_verdict){ .listed = false };
	for (size_t k = 0; k < q->count; k++) {
		const struct dns_answer *a;

		if (q->question[k].list != i)
			continue;
		a = dns_get(q->dns, q->question[k].name, DNS_A);
		see(z, a, v);
		silent |= a->status == DNS_TEMPFAIL;
	}
	/* Every message would wait so long: see what a probe says, soon. */
	if (silent)
		complain(q->lists);
}

static void
add(const struct list_zone *z, const struct list_verdict *v,
    struct score_lists *out, struct oct_str *found)
{
	if (z->kinds != LIST_IP)
		out->domain += v->weight;
	else if (v->weight > 0)
		out->dnsbl += v->weight;
	else
		out->dnswl += v->weight;
	oct_str_addf(found, "%s%s:%d.%d.%d.%d", found->len > 0 ? "," : "",
	    z->zone, v->code[0], v->code[1], v->code[2], v->code[3]);
}

void
lists_join(struct lists_query *q, struct score_lists *out,
    struct oct_str *found)
{
	*out = (struct score_lists){ .dnsbl = 0 };
	for (size_t i = 0; i < q->lists->count; i++) {
		struct list *l = &q->lists->list[i];
		struct list_verdict v;

		verdict_of(q, i, &v);
		/* A list that is no longer one says nothing at all. */
		if (v.blocked || v.foreign)
			note(l, v.blocked ? LIST_BLOCKED : LIST_FOREIGN);
		else if (v.listed)
			add(&l->zone, &v, out, found);
	}
}
