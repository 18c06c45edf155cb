/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups a second through octroi-mapd's server, question after answer as
 * Postfix asks: over one connection, and over 16.  Fails under 20,000.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "tests/support/mapd.h"

#define QUESTIONS 200000
#define CLIENTS_MAX 16
#define RATE_MIN 20000.0

static const char world[] =
    "{\"name\":\"ville.test\",\"mailboxes\":{\"bob\":{}},\"aliases\":{"
    "\"team\":{\"targets\":[\"bob@ville.test\"]}}}";

/* What one message to a mailbox asks, roughly. */
static const char *const questions[] = {
    "17:vdomains far.test,",
    "21:transport jo@far.test,",
    "19:vdomains ville.test,",
    "24:transport bob@ville.test,",
    "21:valias bob@ville.test,",
    "23:vmailbox bob@ville.test,",
};

struct client {
	struct test_mapd *mapd;
	int count;
	bool failed;
};

static void *
ask(void *arg)
{
	struct client *c = arg;
	int fd = test_mapd_connect(c->mapd);
	char buf[256];

	c->failed = fd < 0;
	for (int i = 0; !c->failed && i < c->count; i++) {
		const char *q = questions[(size_t)i % OCT_LEN(questions)];
		size_t len = strlen(q);

		c->failed = send(fd, q, len, MSG_NOSIGNAL) != (ssize_t)len ||
			    recv(fd, buf, sizeof(buf), 0) <= 0;
	}
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static double
measure(struct test_mapd *mapd, size_t clients)
{
	struct client c[CLIENTS_MAX];
	pthread_t thread[CLIENTS_MAX];
	int64_t from_ms = oct_clock_mono_ms(), ms;
	bool failed = false;
	double rate;

	for (size_t i = 0; i < clients; i++) {
		c[i] = (struct client){
		    .mapd = mapd, .count = QUESTIONS / (int)clients};
		if (pthread_create(&thread[i], NULL, ask, &c[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < clients; i++) {
		(void)pthread_join(thread[i], NULL);
		failed |= c[i].failed;
	}
	ms = oct_clock_mono_ms() - from_ms;
	rate = (double)QUESTIONS * 1000 / (double)(ms > 0 ? ms : 1);
	(void)printf("%2zu connection%s %8.0f look-ups a second\n", clients,
	    clients == 1 ? ": " : "s:", rate);
	return failed ? 0 : rate;
}

int
main(void)
{
	struct test_mapd mapd;
	double one, many;

	oct_log_open("bench_socketmap", OCT_LOG_STDERR, OCT_ERROR);
	if (test_mapd_init(&mapd, world) != 0 || test_mapd_start(&mapd) != 0)
		return 1;
	one = measure(&mapd, 1);
	many = measure(&mapd, CLIENTS_MAX);
	(void)test_mapd_stop(&mapd);
	test_mapd_fini(&mapd);
	(void)printf(
	    "%s\n", one >= RATE_MIN && many >= RATE_MIN ? "PASS" : "FAIL");
	return one >= RATE_MIN && many >= RATE_MIN ? 0 : 1;
}
