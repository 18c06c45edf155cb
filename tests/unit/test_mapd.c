/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroi-mapd's server over real sockets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/str.h"
#include "tests/support/mapd.h"
#include "tests/unit/wire_fixture.h"

static struct test_mapd mapd; /* made for each test */
static char *world;           /* JSON of the directory */

#define MEMBERS 450 /* of the long alias: an answer of 85 KB */

static void
make_world(void)
{
	struct oct_str s;
	char label[64];

	memset(label, 'a', 60);
	label[60] = '\0';
	oct_str_heap(&s, 1 << 20);
	oct_str_add(&s, "{\"name\":\"ville.test\",\"mailboxes\":{\"bob\":{}},"
			"\"aliases\":{\"long\":{\"targets\":[");
	for (int i = 0; i < MEMBERS; i++)
		oct_str_addf(&s, "%s\"m%03d@%s.%s.%s\"", i > 0 ? "," : "", i,
		    label, label, label);
	oct_str_add(&s, "]}}}");
	world = oct_str_take(&s);
	oct_str_free(&s);
}

static int
set_up(void **state)
{
	(void)state;
	return test_mapd_init(&mapd, world);
}

static int
tear_down(void **state)
{
	(void)state;
	if (mapd.server != NULL)
		(void)test_mapd_stop(&mapd);
	test_mapd_fini(&mapd);
	return 0;
}

/* --- A client ------------------------------------------------------------ */

static int
connect_or_fail(void)
{
	int fd = test_mapd_connect(&mapd);

	if (fd < 0)
		fail_msg("connect: %d", fd);
	return fd;
}

static void
put(int fd, const char *text)
{
	put_octets(fd, text, strlen(text));
}

static void
expect_closed(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	if (n != 0 && !(n == -1 && errno == ECONNRESET))
		fail_msg("not closed: %zd, errno %d", n, errno);
}

#define ASK_BOB "23:vmailbox bob@ville.test,"
#define IS_BOB "18:OK ville.test/bob/,"

/* --- Tests --------------------------------------------------------------- */

static void
one_connection_serves_all_maps(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(test_mapd_start(&mapd), 0);
	fd = connect_or_fail();
	put(fd, ASK_BOB);
	expect(fd, IS_BOB);
	put(fd, "19:vdomains ville.test,");
	expect(fd, "13:OK ville.test,");
	put(fd, "22:transport x@ville.test,");
	expect(fd, "15:OK lmtp:unix:/d,");
	put(fd, "17:valias a@far.test,");
	expect(fd, "9:NOTFOUND ,");
	put(fd, "3:x y,");
	expect(fd, "16:PERM no such map,");
	(void)close(fd);
}

static void
requests_may_come_octet_by_octet(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(test_mapd_start(&mapd), 0);
	fd = connect_or_fail();
	for (const char *p = ASK_BOB; *p != '\0'; p++)
		assert_int_equal(send(fd, p, 1, MSG_NOSIGNAL), 1);
	expect(fd, IS_BOB);
	(void)close(fd);
}

static void
requests_may_come_many_at_once(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(test_mapd_start(&mapd), 0);
	fd = connect_or_fail();
	for (int i = 0; i < 1000; i++)
		put(fd, ASK_BOB);
	for (int i = 0; i < 1000; i++)
		expect(fd, IS_BOB);
	(void)close(fd);
}

/* 200 answers of 85 KB asked for in one go, and read only afterwards. */
static void
long_answers_wait_for_a_slow_client(void **state)
{
	const size_t answer = 6 + 3 + MEMBERS * 188 - 1 + 1;
	size_t total = 0;
	char buf[4096];
	int fd;

	(void)state;
	assert_int_equal(test_mapd_start(&mapd), 0);
	fd = connect_or_fail();
	for (int i = 0; i < 200; i++)
		put(fd, "22:valias long@ville.test,");
	put(fd, ASK_BOB);
	while (total < 200 * answer) {
		size_t left = 200 * answer - total;
		ssize_t n =
		    recv(fd, buf, left < sizeof(buf) ? left : sizeof(buf), 0);

		if (n <= 0)
			fail_msg("recv: %zd after %zu octets", n, total);
		total += (size_t)n;
	}
	expect(fd, IS_BOB);
	(void)close(fd);
}

static const struct {
	const char *name, *sent;
} broken[] = {
    {"no netstring", "hello\n"},
    {"longer than we take", "2114:"},
    {"no comma", "3:m abc"},
    {"no key", "3:map,"},
};

static void
broken_requests_end_the_connection_alone(void **state)
{
	int good;

	(void)state;
	assert_int_equal(test_mapd_start(&mapd), 0);
	good = connect_or_fail();
	for (size_t i = 0; i < OCT_LEN(broken); i++) {
		int fd = connect_or_fail();

		print_message("  %s\n", broken[i].name);
		put(fd, ASK_BOB);
		put(fd, broken[i].sent);
		expect(fd, IS_BOB);
		expect_closed(fd);
		(void)close(fd);
	}
	put(good, ASK_BOB);
	expect(good, IS_BOB);
	(void)close(good);
}

static void
idle_and_half_asking_clients_are_closed(void **state)
{
	int idle, half, busy;
	int64_t from_ms = oct_clock_mono_ms();

	(void)state;
	mapd.conf.idle_ms = 300;
	assert_int_equal(test_mapd_start(&mapd), 0);
	idle = connect_or_fail();
	half = connect_or_fail();
	busy = connect_or_fail();
	put(half, "23:vmailbox b");
	while (oct_clock_mono_ms() - from_ms < 600) {
		put(busy, ASK_BOB);
		expect(busy, IS_BOB);
		/* An octet now and then does not count. */
		(void)send(half, "o", 1, MSG_NOSIGNAL);
		(void)usleep(100000);
	}
	expect_closed(idle);
	expect_closed(half);
	put(busy, ASK_BOB);
	expect(busy, IS_BOB);
	(void)close(idle);
	(void)close(half);
	(void)close(busy);
}

static void
connections_over_the_limit_are_closed_at_once(void **state)
{
	int fd[3], over;

	(void)state;
	mapd.conf.connections = OCT_LEN(fd);
	assert_int_equal(test_mapd_start(&mapd), 0);
	for (size_t i = 0; i < OCT_LEN(fd); i++) {
		fd[i] = connect_or_fail();
		put(fd[i], ASK_BOB);
		expect(fd[i], IS_BOB);
	}
	over = connect_or_fail();
	expect_closed(over);
	(void)close(over);
	(void)close(fd[0]);
	/* Until the server has seen the close. */
	for (;;) {
		char c;

		fd[0] = connect_or_fail();
		(void)send(fd[0], ASK_BOB, strlen(ASK_BOB), MSG_NOSIGNAL);
		if (recv(fd[0], &c, 1, MSG_PEEK) == 1)
			break;
		(void)close(fd[0]);
	}
	expect(fd[0], IS_BOB);
	for (size_t i = 0; i < OCT_LEN(fd); i++)
		(void)close(fd[i]);
}

static void
socket_has_its_mode_and_goes_with_the_server(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(test_mapd_start(&mapd), 0);
	assert_int_equal(stat(mapd.socket, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	test_mapd_signal(&mapd, SIGHUP); /* changes nothing */
	assert_int_equal(test_mapd_stop(&mapd), 0);
	assert_int_equal(stat(mapd.socket, &st), -1);
}

static void
dead_sockets_are_replaced_and_live_ones_not(void **state)
{
	struct mapd_server *second;
	FILE *f;

	(void)state;
	assert_int_equal(test_mapd_start(&mapd), 0);
	assert_int_equal(
	    mapd_server_new(&mapd.conf, mapd.directory, &second), -EADDRINUSE);
	assert_int_equal(test_mapd_stop(&mapd), 0);
	f = fopen(mapd.socket, "w");
	assert_non_null(f);
	(void)fclose(f);
	assert_int_equal(
	    mapd_server_new(&mapd.conf, mapd.directory, &second), -EEXIST);
	assert_int_equal(unlink(mapd.socket), 0);

	/* What a killed server leaves. */
	struct sockaddr_un {
		sa_family_t family;
		char path[108];
	} sun = {AF_UNIX, ""};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(sun.path, sizeof(sun.path), "%s", mapd.socket);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	(void)close(fd);
	assert_int_equal(test_mapd_start(&mapd), 0);
	fd = connect_or_fail();
	put(fd, ASK_BOB);
	expect(fd, IS_BOB);
	(void)close(fd);
}

/* A loopback port that was free a moment ago. */
static unsigned int
free_port(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	(void)close(fd);
	return ntohs(sin.sin_port);
}

static void
tcp_on_loopback_serves_too(void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	char address[32];
	unsigned int port = free_port();
	int fd;

	(void)state;
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	mapd.conf.listen = address;
	assert_int_equal(test_mapd_start(&mapd), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&sin, sizeof(sin)), 0);
	put(fd, ASK_BOB);
	expect(fd, IS_BOB);
	(void)close(fd);
	assert_int_equal(test_mapd_stop(&mapd), 0);
}

static const struct {
	const char *address;
	bool good;
} addresses[] = {
    {"", true},
    {"127.0.0.1:10025", true},
    {"127.1.2.3:1", true},
    {"[::1]:10025", true},
    {"0.0.0.0:10025", false},
    {"192.0.2.1:10025", false},
    {"[::]:10025", false},
    {"localhost:10025", false},
    {"127.0.0.1", false},
    {"127.0.0.1:0", false},
    {"127.0.0.1:65536", false},
    {"127.0.0.1:x", false},
};

static void
only_loopback_may_be_listened_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(addresses); i++) {
		print_message("  \"%s\"\n", addresses[i].address);
		assert_int_equal(
		    mapd_listen_check(addresses[i].address), addresses[i].good);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(one_connection_serves_all_maps),
	    T(requests_may_come_octet_by_octet),
	    T(requests_may_come_many_at_once),
	    T(long_answers_wait_for_a_slow_client),
	    T(broken_requests_end_the_connection_alone),
	    T(idle_and_half_asking_clients_are_closed),
	    T(connections_over_the_limit_are_closed_at_once),
	    T(socket_has_its_mode_and_goes_with_the_server),
	    T(dead_sockets_are_replaced_and_live_ones_not),
	    T(tcp_on_loopback_serves_too),
	    cmocka_unit_test(only_loopback_may_be_listened_on),
	};
	int rc;

	oct_log_open("test_mapd", OCT_LOG_STDERR, OCT_ERROR);
	make_world();
	if (world == NULL)
		return 1;
	rc = cmocka_run_group_tests_name("mapd", tests, NULL, NULL);
	free(world);
	return rc;
}
