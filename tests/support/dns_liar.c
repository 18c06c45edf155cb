/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/dns_liar.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ldns/ldns.h>

#define CONNS_MAX 512
#define HELD_MAX 128
#define DRIP_MS 1000
#define FLOOD 100
#define WAIT_S 5

/* One message to be answered, with where the answer goes. */
struct call {
	const struct liar_rule *rule;
	uint8_t query[512];
	size_t len;
	struct sockaddr_in from;
	int tcp; /* -1: over UDP */
};

struct conn {
	int fd;
	bool drips;
};

struct liar {
	const struct liar_rule *rules;
	size_t rule_count;
	char address[32];
	int udp, listener, wake, other;
	pthread_t thread;
	struct conn conns[CONNS_MAX];
	size_t conn_count;
	struct call held[HELD_MAX];
	size_t held_count;
	bool *dropped;
	/* shared */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop, release;
	unsigned int asked;
	uint16_t ids[LIAR_SEEN_MAX], ports[LIAR_SEEN_MAX];
};

/* By which a name without a rule is answered. */
static const struct liar_rule default_rule = { .name = NULL };

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static const struct liar_rule *
rule_for(const struct liar *liar, const char *name)
{
	for (size_t i = 0; i < liar->rule_count; i++)
		if (strcasecmp(liar->rules[i].name, name) == 0)
			return &liar->rules[i];
	return &default_rule;
}

static void
add_record(ldns_pkt *pkt, ldns_pkt_section section, const char *text)
{
	ldns_rr *rr = NULL;

	must(ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) == LDNS_STATUS_OK,
	    text);
	must(ldns_pkt_push_rr(pkt, section, rr), "push");
}

static void
add_default(ldns_pkt *pkt, ldns_rr *question)
{
	char *name = ldns_rdf2str(ldns_rr_owner(question));
	char text[600];

	if (ldns_rr_get_type(question) == LDNS_RR_TYPE_A) {
		(void)snprintf(text, sizeof(text), "%s 300 IN A 192.0.2.1",
		    name);
		add_record(pkt, LDNS_SECTION_ANSWER, text);
	}
	free(name);
}

static void
fill_answer(ldns_pkt *pkt, const struct liar_rule *rule, ldns_rr *question)
{
	if (rule == &default_rule)
		add_default(pkt, question);
	for (size_t i = 0; rule->answer != NULL && rule->answer[i] != NULL; i++)
		add_record(pkt, LDNS_SECTION_ANSWER, rule->answer[i]);
	if (rule->authority != NULL)
		add_record(pkt, LDNS_SECTION_AUTHORITY, rule->authority);
}

/* The honest answer in wire form; malloc'ed. */
static uint8_t *
compose(const struct call *call, bool edns, size_t *len)
{
	ldns_pkt *query = NULL, *pkt = ldns_pkt_new();
	const struct liar_rule *rule = call->rule;
	uint8_t *wire = NULL;
	ldns_rr *question;

	must(ldns_wire2pkt(&query, call->query, call->len) == LDNS_STATUS_OK,
	    "query");
	question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
	ldns_pkt_set_id(pkt, ldns_pkt_id(query));
	ldns_pkt_set_qr(pkt, true);
	ldns_pkt_set_ra(pkt, true);
	ldns_pkt_set_rd(pkt, true);
	ldns_pkt_set_ad(pkt, rule->ad);
	ldns_pkt_set_rcode(pkt, (uint8_t)rule->rcode);
	must(ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION,
		 ldns_rr_clone(question)), "question");
	if (edns)
		ldns_pkt_set_edns_udp_size(pkt, 1232);
	if (rule->fault == LIAR_BADVERS && edns)
		ldns_pkt_set_edns_extended_rcode(pkt, 1);
	else if (rule->fault != LIAR_NO_EDNS || !edns)
		fill_answer(pkt, rule, question);
	if (rule->fault == LIAR_NO_EDNS && !edns)
		ldns_pkt_set_rcode(pkt, LDNS_RCODE_NOERROR);
	must(ldns_pkt2wire(&wire, pkt, len) == LDNS_STATUS_OK, "wire");
	ldns_pkt_free(query);
	ldns_pkt_free(pkt);
	return wire;
}

static void
send_udp(const struct liar *liar, const struct call *call, const uint8_t *wire,
    size_t len)
{
	int fd = call->rule->fault == LIAR_WRONG_SOURCE ? liar->other :
	    liar->udp;

	(void)sendto(fd, wire, len, 0, (const struct sockaddr *)&call->from,
	    sizeof(call->from));
}

static void
truncated(uint8_t *wire, size_t *len, size_t query_len)
{
	wire[2] |= 0x02;
	memset(wire + 6, 0, 6);
	/* Only the question remains; the query's OPT was 11 octets. */
	*len = query_len - 11;
}

static void
capitals(uint8_t *wire)
{
	for (size_t at = 12; wire[at] != 0; at++)
		if (wire[at] >= 'a' && wire[at] <= 'z')
			wire[at] = (uint8_t)(wire[at] - 32);
}

/* Forge the answer by name, type or id. */
static void
forge(uint8_t *wire, enum liar_fault fault)
{
	size_t at = 12;

	if (fault == LIAR_WRONG_NAME) {
		wire[13] = wire[13] == 'x' ? 'y' : 'x';
	} else if (fault == LIAR_WRONG_TYPE) {
		while (wire[at] != 0)
			at += wire[at] + 1u;
		wire[at + 2] ^= 0x20;
	} else {
		wire[1] ^= 0x55;
	}
}

static void
send_forged(const struct liar *liar, const struct call *call, uint8_t *wire,
    size_t len)
{
	for (int i = 0; i < FLOOD; i++) {
		forge(wire, LIAR_WRONG_ID);
		send_udp(liar, call, wire, len);
		forge(wire, LIAR_WRONG_ID); /* back to the true one */
		wire[0] ^= 0x0f;
	}
}

static void
send_lies(const struct liar *liar, const struct call *call, bool edns)
{
	for (int i = LIAR_WRONG_ID; i <= LIAR_WRONG_TYPE; i++) {
		size_t len;
		uint8_t *wire = compose(call, edns, &len);

		forge(wire, (enum liar_fault)i);
		send_udp(liar, call, wire, len);
		free(wire);
	}
}

/* Make the honest answer what the rule wants over UDP. */
static void
spoil(const struct call *call, bool edns, uint8_t *wire, size_t *len)
{
	switch (call->rule->fault) {
	case LIAR_WRONG_ID:
	case LIAR_WRONG_NAME:
	case LIAR_WRONG_TYPE:
		forge(wire, call->rule->fault);
		break;
	case LIAR_UPPER_CASE:
		capitals(wire);
		break;
	case LIAR_TRUNCATE:
	case LIAR_TRUNCATE_BOTH:
	case LIAR_DRIP:
	case LIAR_HANG_UP:
		truncated(wire, len, call->len);
		break;
	case LIAR_BARE_FORMERR:
		if (edns) {
			wire[3] = LDNS_RCODE_FORMERR;
			memset(wire + 4, 0, 8);
			*len = 12;
		}
		break;
	case LIAR_RUNT:
		*len = 11;
		break;
	case LIAR_GARBAGE:
		memset(wire + *len - 16, 0xff, 16);
		break;
	case LIAR_HONEST:
	case LIAR_SILENT:
	case LIAR_DROP_FIRST:
	case LIAR_HOLD:
	case LIAR_WRONG_SOURCE:
	case LIAR_LIES_FIRST:
	case LIAR_FLOOD:
	case LIAR_NO_EDNS:
	case LIAR_BADVERS:
		break;
	}
}

static void
answer_udp(const struct liar *liar, const struct call *call)
{
	bool edns = LDNS_ARCOUNT(call->query) > 0;
	enum liar_fault fault = call->rule->fault;
	size_t len;
	uint8_t *wire = compose(call, edns, &len);

	spoil(call, edns, wire, &len);
	if (fault == LIAR_LIES_FIRST)
		send_lies(liar, call, edns);
	if (fault == LIAR_FLOOD)
		send_forged(liar, call, wire, len);
	else
		send_udp(liar, call, wire, len);
	free(wire);
}

static void
answer_tcp(struct liar *liar, const struct call *call)
{
	size_t len;
	uint8_t *wire = compose(call, false, &len);
	uint8_t prefix[2] = { (uint8_t)(len >> 8), (uint8_t)len };
	enum liar_fault fault = call->rule->fault;

	if (fault == LIAR_TRUNCATE_BOTH)
		wire[2] |= 0x02;
	(void)send(call->tcp, prefix, 2, MSG_NOSIGNAL);
	if (fault == LIAR_DRIP)
		liar->conns[liar->conn_count - 1].drips = true;
	else if (fault == LIAR_HANG_UP)
		(void)send(call->tcp, wire, len / 2, MSG_NOSIGNAL);
	else
		(void)send(call->tcp, wire, len, MSG_NOSIGNAL);
	if (fault == LIAR_HANG_UP)
		(void)shutdown(call->tcp, SHUT_RDWR);
	free(wire);
}

/* Silent this once? */
static bool
drops(struct liar *liar, const struct liar_rule *rule)
{
	size_t i;

	if (rule->fault == LIAR_SILENT)
		return true;
	if (rule->fault != LIAR_DROP_FIRST)
		return false;
	i = (size_t)(rule - liar->rules);
	if (liar->dropped[i])
		return false;
	liar->dropped[i] = true;
	return true;
}

static bool
identify(const struct liar *liar, struct call *call)
{
	ldns_pkt *query = NULL;
	char *name;

	if (ldns_wire2pkt(&query, call->query, call->len) != LDNS_STATUS_OK)
		return false;
	name = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(
	    ldns_pkt_question(query), 0)));
	call->rule = rule_for(liar, name);
	free(name);
	ldns_pkt_free(query);
	return true;
}

static void
note(struct liar *liar, const struct call *call)
{
	(void)pthread_mutex_lock(&liar->lock);
	if (liar->asked < LIAR_SEEN_MAX) {
		liar->ids[liar->asked] = LDNS_ID_WIRE(call->query);
		liar->ports[liar->asked] = ntohs(call->from.sin_port);
	}
	liar->asked++;
	(void)pthread_cond_broadcast(&liar->changed);
	(void)pthread_mutex_unlock(&liar->lock);
}

static void
udp_ready(struct liar *liar)
{
	struct call call = { .tcp = -1 };
	socklen_t from_len = sizeof(call.from);
	ssize_t n;

	n = recvfrom(liar->udp, call.query, sizeof(call.query), 0,
	    (struct sockaddr *)&call.from, &from_len);
	if (n <= 0)
		return;
	call.len = (size_t)n;
	must(identify(liar, &call), "question");
	note(liar, &call);
	if (drops(liar, call.rule))
		return;
	if (call.rule->fault == LIAR_HOLD) {
		must(liar->held_count < HELD_MAX, "held");
		liar->held[liar->held_count++] = call;
		return;
	}
	answer_udp(liar, &call);
}

static void
accept_ready(struct liar *liar)
{
	struct call call = { .tcp = accept(liar->listener, NULL, NULL) };
	uint8_t prefix[2];
	ssize_t n;

	must(call.tcp != -1 && liar->conn_count < CONNS_MAX, "accept");
	liar->conns[liar->conn_count++] = (struct conn){ .fd = call.tcp };
	n = recv(call.tcp, prefix, 2, MSG_WAITALL);
	if (n != 2)
		return;
	n = recv(call.tcp, call.query, (size_t)prefix[0] << 8 | prefix[1],
	    MSG_WAITALL);
	if (n <= 0)
		return;
	call.len = (size_t)n;
	must(identify(liar, &call), "question");
	answer_tcp(liar, &call);
}

static bool
dripping(struct liar *liar, bool now)
{
	bool any = false;

	for (size_t i = 0; i < liar->conn_count; i++) {
		if (!liar->conns[i].drips)
			continue;
		any = true;
		if (now && send(liar->conns[i].fd, "\0", 1, MSG_NOSIGNAL) == -1)
			liar->conns[i].drips = false;
	}
	return any;
}

static bool
woken(struct liar *liar)
{
	bool stop, release;
	uint64_t unused;

	(void)!read(liar->wake, &unused, sizeof(unused));
	(void)pthread_mutex_lock(&liar->lock);
	stop = liar->stop;
	release = liar->release;
	(void)pthread_mutex_unlock(&liar->lock);
	for (size_t i = 0; release && i < liar->held_count; i++)
		answer_udp(liar, &liar->held[i]);
	if (release)
		liar->held_count = 0;
	return !stop;
}

static void *
run(void *arg)
{
	struct liar *liar = arg;
	struct pollfd fds[] = { { .fd = liar->wake, .events = POLLIN },
		{ .fd = liar->udp, .events = POLLIN },
		{ .fd = liar->listener, .events = POLLIN } };

	for (;;) {
		int n = poll(fds, OCT_LEN(fds),
		    dripping(liar, false) ? DRIP_MS : -1);

		if (n == 0)
			(void)dripping(liar, true);
		if ((fds[0].revents & POLLIN) != 0 && !woken(liar))
			return NULL;
		if ((fds[1].revents & POLLIN) != 0)
			udp_ready(liar);
		if ((fds[2].revents & POLLIN) != 0)
			accept_ready(liar);
	}
}

static int
bind_to(int type, uint16_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	must(fd != -1, "socket");
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	must(getsockname(fd, (struct sockaddr *)&addr, &len) == 0, "name");
	return ntohs(addr.sin_port);
}

/* The same port for both protocols. */
static void
open_sockets(struct liar *liar)
{
	for (int tries = 0; tries < 100; tries++) {
		liar->udp = bind_to(SOCK_DGRAM, 0);
		must(liar->udp != -1, "bind");
		liar->listener = bind_to(SOCK_STREAM, port_of(liar->udp));
		if (liar->listener != -1)
			break;
		(void)close(liar->udp);
	}
	must(liar->listener != -1 && listen(liar->listener, 64) == 0, "listen");
	liar->other = bind_to(SOCK_DGRAM, 0);
	(void)snprintf(liar->address, sizeof(liar->address), "127.0.0.1:%u",
	    (unsigned int)port_of(liar->udp));
}

struct liar *
liar_new(const struct liar_rule *rules, size_t count)
{
	struct liar *liar = calloc(1, sizeof(*liar));
	pthread_condattr_t attr;

	must(liar != NULL, "memory");
	liar->rules = rules;
	liar->rule_count = count;
	liar->dropped = calloc(count + 1, sizeof(bool));
	must(liar->dropped != NULL, "memory");
	(void)pthread_mutex_init(&liar->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&liar->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	liar->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	open_sockets(liar);
	must(pthread_create(&liar->thread, NULL, run, liar) == 0, "thread");
	return liar;
}

static void
poke(struct liar *liar, bool *flag)
{
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&liar->lock);
	*flag = true;
	(void)pthread_mutex_unlock(&liar->lock);
	must(write(liar->wake, &one, sizeof(one)) == sizeof(one), "wake");
}

void
liar_free(struct liar *liar)
{
	poke(liar, &liar->stop);
	(void)pthread_join(liar->thread, NULL);
	for (size_t i = 0; i < liar->conn_count; i++)
		(void)close(liar->conns[i].fd);
	(void)close(liar->udp);
	(void)close(liar->listener);
	(void)close(liar->other);
	(void)close(liar->wake);
	(void)pthread_mutex_destroy(&liar->lock);
	(void)pthread_cond_destroy(&liar->changed);
	free(liar->dropped);
	free(liar);
}

const char *
liar_address(const struct liar *liar)
{
	return liar->address;
}

unsigned int
liar_asked(struct liar *liar)
{
	unsigned int asked;

	(void)pthread_mutex_lock(&liar->lock);
	asked = liar->asked;
	(void)pthread_mutex_unlock(&liar->lock);
	return asked;
}

bool
liar_wait(struct liar *liar, unsigned int asked)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	(void)pthread_mutex_lock(&liar->lock);
	while (liar->asked < asked && rc == 0)
		rc = pthread_cond_timedwait(&liar->changed, &liar->lock,
		    &until);
	(void)pthread_mutex_unlock(&liar->lock);
	return rc == 0;
}

void
liar_release(struct liar *liar)
{
	poke(liar, &liar->release);
}

size_t
liar_seen(struct liar *liar, uint16_t ids[LIAR_SEEN_MAX],
    uint16_t ports[LIAR_SEEN_MAX])
{
	size_t n;

	(void)pthread_mutex_lock(&liar->lock);
	n = liar->asked < LIAR_SEEN_MAX ? liar->asked : LIAR_SEEN_MAX;
	memcpy(ids, liar->ids, sizeof(liar->ids));
	memcpy(ports, liar->ports, sizeof(liar->ports));
	(void)pthread_mutex_unlock(&liar->lock);
	return n;
}
