/* SPDX-License-Identifier: Apache-2.0 */
/* What a server says to one question, be it honest or not. */
#include "lib/dns_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/def.h"
#include "lib/err.h"

#define NAME "ville.test"
#define QUESTION 28 /* octets of header and question of NAME */

/* A server that answers one question with what stands here, after the header and
 * the question as it came. */
struct liar {
	int fd;
	pthread_t thread;
	struct dns_probe_server at;
	uint8_t flags[2];
	uint16_t answers, authority;
	const uint8_t *rest;
	size_t rest_len;
	bool other_id, other_name, cut;
};

static void *
answer(void *arg)
{
	struct liar *l = arg;
	uint8_t m[4096];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(l->fd, m, sizeof(m), 0,
	    (struct sockaddr *)&from, &len);

	if (n < QUESTION)
		return NULL;
	memcpy(m + 2, l->flags, 2);
	m[6] = (uint8_t)(l->answers >> 8);
	m[7] = (uint8_t)l->answers;
	m[8] = (uint8_t)(l->authority >> 8);
	m[9] = (uint8_t)l->authority;
	m[10] = m[11] = 0;
	if (l->other_id)
		m[0] ^= 0xff;
	if (l->other_name)
		m[14] ^= 1;
	memcpy(m + QUESTION, l->rest, l->rest_len);
	(void)sendto(l->fd, m, l->cut ? 9 : QUESTION + l->rest_len, 0,
	    (struct sockaddr *)&from, len);
	return NULL;
}

static void
start(struct liar *l)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);

	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(l->fd >= 0);
	assert_int_equal(bind(l->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(l->fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(oct_ip_parse("127.0.0.1", &l->at.ip), 0);
	l->at.port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&l->thread, NULL, answer, l), 0);
}

static int
probe(struct liar *l, enum dns_probe_type type, struct dns_probe_reply *out)
{
	int rc;

	start(l);
	rc = dns_probe(&l->at, NAME, type, 0, oct_clock_mono_ms() + 400, out);
	(void)shutdown(l->fd, SHUT_RDWR);
	(void)close(l->fd);
	assert_int_equal(pthread_join(l->thread, NULL), 0);
	return rc;
}

#define POINTER 0xc0, 12
#define HEAD(type, ttl, len) 0, type, 0, 1, 0, 0, 0, ttl, 0, len

static void
records_come_as_in_a_zone_file(void **state)
{
	static const uint8_t mx[] = { POINTER, HEAD(15, 60, 9), 0, 20, 4, 'M',
		'x', '0', '2', 0xc0, 12, POINTER, HEAD(15, 50, 6), 0, 10, 1,
		'a', 0xc0, 12 };
	static const uint8_t txt[] = { POINTER, HEAD(16, 60, 9), 3, 'a', '"',
		0x1b, 4, '\\', 'B', 0xff, ' ' };
	struct liar l = { .flags = { 0x84, 0 }, .answers = 2, .rest = mx,
		.rest_len = sizeof(mx) };
	struct dns_probe_reply r;

	(void)state;
	assert_int_equal(probe(&l, DNS_PROBE_MX, &r), 0);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.records[0], "10 a." NAME ".");
	assert_string_equal(r.records[1], "20 mx02." NAME ".");
	assert_int_equal(r.ttl_s, 50);
	assert_true(r.authoritative);
	dns_probe_fini(&r);
	l.answers = 1;
	l.rest = txt;
	l.rest_len = sizeof(txt);
	assert_int_equal(probe(&l, DNS_PROBE_TXT, &r), 0);
	assert_int_equal(r.count, 1);
	assert_string_equal(r.records[0], "a\"\\027\\092B\\255 ");
	dns_probe_fini(&r);
}

static void
negative_answers_tell_their_ttl(void **state)
{
	static const uint8_t soa[] = { POINTER, HEAD(6, 99, 24), 0xc0, 12, 0xc0,
		12, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
		5 };
	static const uint8_t ns[] = { POINTER, HEAD(2, 99, 4), 1, 'n', 0xc0,
		12 };
	struct liar l = { .flags = { 0x84, 3 }, .authority = 1, .rest = soa,
		.rest_len = sizeof(soa) };
	struct dns_probe_reply r;

	(void)state;
	assert_int_equal(probe(&l, DNS_PROBE_TXT, &r), 0);
	assert_int_equal(r.rcode, 3);
	assert_int_equal(r.negative_ttl_s, 5);
	assert_false(r.referral);
	l = (struct liar){ .flags = { 0x80, 0 }, .authority = 1, .rest = ns,
		.rest_len = sizeof(ns) };
	assert_int_equal(probe(&l, DNS_PROBE_TXT, &r), 0);
	assert_true(r.referral);
	assert_false(r.authoritative);
}

static void
lies_are_no_answers(void **state)
{
	static const uint8_t loop[] = { 0xc0, 28, HEAD(15, 1, 4), 0, 1, 0xc0,
		28 };
	static const uint8_t longer[] = { POINTER, HEAD(16, 1, 200), 5, 'a' };
	static const struct {
		const char *name;
		struct liar liar;
		int rc;
	} cases[] = {
		{ "another id", { .flags = { 0x84, 0 }, .other_id = true,
				    .rest = loop }, OCT_ETIME },
		{ "another name", { .flags = { 0x84, 0 }, .other_name = true,
				      .rest = loop }, OCT_ETIME },
		{ "a question", { .flags = { 0, 0 }, .rest = loop },
		    OCT_ETIME },
		{ "nine octets", { .flags = { 0x84, 0 }, .cut = true,
				     .rest = loop }, OCT_ETIME },
		{ "a loop of pointers", { .flags = { 0x84, 0 }, .answers = 1,
					    .rest = loop,
					    .rest_len = sizeof(loop) },
		    OCT_EREPLY },
		{ "data past the end", { .flags = { 0x84, 0 }, .answers = 1,
					   .rest = longer,
					   .rest_len = sizeof(longer) },
		    OCT_EREPLY },
		{ "answers that are not there", { .flags = { 0x84, 0 },
						    .answers = 65535,
						    .rest = loop },
		    OCT_EREPLY },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct liar l = cases[i].liar;
		struct dns_probe_reply r;

		print_message("  %s\n", cases[i].name);
		assert_int_equal(probe(&l, DNS_PROBE_MX, &r), cases[i].rc);
		assert_int_equal(r.count, 0);
	}
}

static void
servers_are_named_in_three_ways(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint16_t port;
	} cases[] = {
		{ "127.0.0.1", 0, 53 },
		{ "127.0.0.1:5353", 0, 5353 },
		{ "[::1]:54", 0, 54 },
		{ "[::1]", 0, 53 },
		{ "::1", 0, 53 },
		{ "", OCT_EPARSE, 0 },
		{ "127.0.0.1:0", -ERANGE, 0 },
		{ "127.0.0.1:", OCT_EPARSE, 0 },
		{ "[::1", OCT_EPARSE, 0 },
		{ "host.example", OCT_EPARSE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct dns_probe_server s;

		print_message("  %s\n", cases[i].text);
		assert_int_equal(dns_probe_server_parse(cases[i].text, &s) == 0,
		    cases[i].rc == 0);
		if (cases[i].rc == 0)
			assert_int_equal(s.port, cases[i].port);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_as_in_a_zone_file),
		cmocka_unit_test(negative_answers_tell_their_ttl),
		cmocka_unit_test(lies_are_no_answers),
		cmocka_unit_test(servers_are_named_in_three_ways),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
