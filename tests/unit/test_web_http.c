/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP layer with a handler of the test's own, over loopback. */
#include "challenge-web/http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/str.h"

#define LIMIT_MS 400
#define WAIT_MS 10000
#define ANSWER_MAX 32768
#define CLOSE "Host: h\r\n\r\n"

/* --- The handler: tells what it was given; "/block..." waits ------------ */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open; /* blocked handlers may go on */
	int waiting;
} gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER };

static void
gate_set(bool open)
{
	(void)pthread_mutex_lock(&gate.lock);
	gate.open = open;
	(void)pthread_cond_broadcast(&gate.changed);
	(void)pthread_mutex_unlock(&gate.lock);
}

static void
gate_pass(void)
{
	(void)pthread_mutex_lock(&gate.lock);
	gate.waiting++;
	(void)pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		(void)pthread_cond_wait(&gate.changed, &gate.lock);
	gate.waiting--;
	(void)pthread_mutex_unlock(&gate.lock);
}

static void
gate_await(int waiting)
{
	(void)pthread_mutex_lock(&gate.lock);
	while (gate.waiting < waiting)
		(void)pthread_cond_wait(&gate.changed, &gate.lock);
	(void)pthread_mutex_unlock(&gate.lock);
}

static bool
blocks(void *arg, const struct http_request *r)
{
	(void)arg;
	return strncmp(r->path, "/block", 6) == 0;
}

static void
handle(void *arg, const struct http_request *r, struct http_reply *reply)
{
	char client[OCT_IP_SIZE];
	struct oct_str s;

	(void)arg;
	if (r->fault == 0 && blocks(NULL, r))
		gate_pass();
	oct_ip_text(&r->client, client);
	oct_str_heap(&s, 16384);
	oct_str_addf(&s, "prefetch=%d ", r->prefetch);
	oct_str_addf(&s, "method=%d path=%s lang=%s r=%s client=%s type=%s "
	    "languages=%s len=%zu body=", (int)r->method, r->path, r->lang,
	    r->result, client, r->content_type, r->languages, r->body_len);
	oct_str_addn(&s, r->body, r->body_len);
	oct_str_addc(&s, '.');
	reply->status = r->fault != 0 ? r->fault : 200;
	reply->type = "text/plain";
	reply->language = "fr";
	reply->len = s.len;
	reply->body = oct_str_take(&s);
	if (strcmp(r->path, "/away") == 0) {
		reply->status = 303;
		(void)snprintf(reply->location, sizeof(reply->location), "/x");
		reply->retry_after_s = 7;
		reply->allow = "GET";
	}
}

/* --- A client ----------------------------------------------------------- */

static struct http *server;

static void
start(bool behind_proxy, size_t connections, size_t threads, size_t queue)
{
	struct http_conf conf = { .listen = "127.0.0.1:0",
		.connections = connections, .limit_ms = LIMIT_MS,
		.behind_proxy = behind_proxy, .threads = threads,
		.queue = queue, .blocks = blocks, .handle = handle };

	assert_int_equal(http_start(&conf, &server), 0);
	assert_true(http_port(server) > 0);
}

static void
stop(void)
{
	http_stop(server, WAIT_MS);
	server = NULL;
}

static int
client_open(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct timeval tv = { .tv_sec = WAIT_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	sin.sin_port = htons((uint16_t)http_port(server));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

static void
client_send(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the server hung up: seen when reading */
		text += n;
		len -= (size_t)n;
	}
}

/* All until the server closes; "" when it said nothing. */
static const char *
client_read(int fd)
{
	static char answer[ANSWER_MAX];
	size_t used = 0;
	ssize_t n;

	while (used + 1 < sizeof(answer) &&
	    (n = recv(fd, answer + used, sizeof(answer) - 1 - used, 0)) > 0)
		used += (size_t)n;
	answer[used] = '\0';
	(void)close(fd);
	return answer;
}

static const char *
ask(const char *text)
{
	int fd = client_open();

	client_send(fd, text, strlen(text));
	return client_read(fd);
}

static void
assert_has(const char *answer, const char *part)
{
	if (strstr(answer, part) == NULL)
		print_message("no \"%s\" in:\n%s\n", part, answer);
	assert_non_null(strstr(answer, part));
}

/* --- Tests -------------------------------------------------------------- */

#define POLICY \
	"Content-Security-Policy: default-src 'none'; style-src 'self'; " \
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"

static const char *const always[] = { POLICY, "Cache-Control: no-store\r\n",
	"Referrer-Policy: no-referrer\r\n", "X-Robots-Tag: noindex\r\n",
	"X-Content-Type-Options: nosniff\r\n", "X-Frame-Options: DENY\r\n",
	"Permissions-Policy: ", "Connection: close\r\n",
	"Content-Type: text/plain\r\n", "Content-Language: fr\r\n" };

static void
test_headers_of_every_answer(void **state)
{
	static const char *const requests[] = { "GET / HTTP/1.1\r\n" CLOSE,
		"HEAD / HTTP/1.1\r\n" CLOSE, "BREW / HTTP/1.1\r\n" CLOSE,
		"GET / HTTP/1.1\r\n\r\n", "GET /away HTTP/1.1\r\n" CLOSE,
		"GET /block HTTP/1.1\r\n" CLOSE };

	(void)state;
	gate_set(true);
	start(false, 10, 1, 1);
	for (size_t i = 0; i < OCT_LEN(requests); i++) {
		const char *answer = ask(requests[i]);

		for (size_t k = 0; k < OCT_LEN(always); k++)
			assert_has(answer, always[k]);
		assert_null(strstr(answer, "Set-Cookie"));
		if (i == 1)
			assert_null(strstr(answer, "method="));
		if (i != 4)
			continue;
		assert_has(answer, "HTTP/1.1 303 ");
		assert_has(answer, "Location: /x\r\n");
		assert_has(answer, "Retry-After: 7\r\n");
		assert_has(answer, "Allow: GET\r\n");
	}
	stop();
}

#define A10 "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10

static void
test_what_the_handler_is_given(void **state)
{
	static const struct {
		const char *name, *request, *status, *says;
	} rows[] = {
		{ "GET", "GET /a?lang=en&r=done&x=1 HTTP/1.1\r\n"
		  "Accept-Language: en, fr\r\n" CLOSE, "200",
		    "method=0 path=/a lang=en r=done client=127.0.0.1 type= "
		    "languages=en, fr len=0" },
		{ "HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "200",
		    "path=/" },
		{ "HTTP/1.1 without Host", "GET / HTTP/1.1\r\n\r\n", "400",
		    "path=/" },
		{ "POST", "POST /p HTTP/1.1\r\nContent-Type: a/b\r\n"
		  "Content-Length: 5\r\n" CLOSE "hello", "200",
		    "method=2 path=/p lang= r= client=127.0.0.1 type=a/b "
		    "languages= len=5 body=hello." },
		{ "chunked", "POST /p HTTP/1.1\r\nTransfer-Encoding: chunked"
		  "\r\n" CLOSE "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "200",
		    "len=5 body=abcde." },
		{ "GET with a body", "GET / HTTP/1.1\r\nContent-Length: 2\r\n"
		  CLOSE "xy", "200", "len=2" },
		{ "body announced as too long", "POST / HTTP/1.1\r\n"
		  "Content-Length: 4097\r\n" CLOSE, "413", "len=0" },
		{ "absurd length", "POST / HTTP/1.1\r\n"
		  "Content-Length: 18446744073709551615\r\n" CLOSE, "413",
		    "" },
		{ "long URI", "GET /" A100 A100 A10 A10 A10 A10 A10 "aaaaa "
		  "HTTP/1.1\r\n" CLOSE, "200", "" },
		{ "too long a URI", "GET /" A100 A100 A10 A10 A10 A10 A10
		  "aaaaaa HTTP/1.1\r\n" CLOSE, "414", "" },
		{ "another method", "DELETE / HTTP/1.1\r\n" CLOSE, "200",
		    "method=3" },
		{ "not behind a proxy", "GET / HTTP/1.1\r\n"
		  "X-Forwarded-For: 192.0.2.7\r\n" CLOSE, "200",
		    "client=127.0.0.1" },
	};

	(void)state;
	start(false, 10, 1, 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *answer;

		print_message("  %s\n", rows[i].name);
		answer = ask(rows[i].request);
		assert_memory_equal(answer, "HTTP/1.1 ", 9);
		assert_memory_equal(answer + 9, rows[i].status, 3);
		assert_has(answer, rows[i].says);
	}
	stop();
}

static void
test_client_behind_a_proxy(void **state)
{
	static const struct {
		const char *headers, *client;
	} rows[] = { { "", "client=127.0.0.1 " },
		{ "X-Forwarded-For: 192.0.2.7\r\n", "client=192.0.2.7 " },
		{ "X-Forwarded-For: 1.1.1.1, 2001:db8::7\r\n",
		    "client=2001:db8::7 " },
		{ "x-forwarded-for: 1.1.1.1\r\nX-Forwarded-For: 192.0.2.8\r\n",
		    "client=192.0.2.8 " },
		{ "X-Forwarded-For: nobody\r\n", "client=127.0.0.1 " } };

	(void)state;
	start(true, 10, 1, 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[256];

		print_message("  %s\n", rows[i].headers);
		(void)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n%s" CLOSE,
		    rows[i].headers);
		assert_has(ask(text), rows[i].client);
	}
	stop();
}

static void
test_what_is_fetched_ahead_is_known(void **state)
{
	static const struct {
		const char *headers, *says;
	} rows[] = { { "", "prefetch=0 " },
		{ "Sec-Purpose: prefetch\r\n", "prefetch=1 " },
		{ "sec-purpose: prefetch;prerender\r\n", "prefetch=1 " },
		{ "Purpose: Prefetch\r\n", "prefetch=1 " },
		{ "X-Purpose: preview\r\n", "prefetch=1 " },
		{ "X-Moz: prefetch\r\n", "prefetch=1 " },
		{ "Purpose: reading\r\n", "prefetch=0 " } };

	(void)state;
	start(false, 10, 1, 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[256];

		print_message("  %s\n", rows[i].headers);
		(void)snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n%s"
		    "Content-Length: 0\r\n" CLOSE, rows[i].headers);
		assert_has(ask(text), rows[i].says);
	}
	stop();
}

/* A chunked body of that many times 1,000 octets. */
static const char *
post_chunks(int count)
{
	char chunk[1100];
	int fd = client_open();
	const char head[] = "POST / HTTP/1.1\r\n"
			    "Transfer-Encoding: chunked\r\n" CLOSE;

	client_send(fd, head, sizeof(head) - 1);
	(void)snprintf(chunk, sizeof(chunk), "3e8\r\n%01000d\r\n", 0);
	for (int i = 0; i < count; i++)
		client_send(fd, chunk, strlen(chunk));
	client_send(fd, "0\r\n\r\n", 5);
	return client_read(fd);
}

/* A body of one chunk. */
static const char *
post_one(int octets)
{
	char text[HTTP_BODY_MAX + 200];

	(void)snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n"
	    "Transfer-Encoding: chunked\r\n" CLOSE "%x\r\n%0*d\r\n0\r\n\r\n",
	    (unsigned int)octets, octets, 0);
	return ask(text);
}

static void
test_bodies_in_chunks_are_bounded_too(void **state)
{
	(void)state;
	start(false, 10, 1, 1);
	assert_has(post_one(HTTP_BODY_MAX), "len=4096");
	assert_has(post_one(HTTP_BODY_MAX + 1), "HTTP/1.1 413 ");
	assert_has(post_chunks(4), "len=4000");
	assert_has(post_chunks(5), "HTTP/1.1 413 ");
	assert_null(strstr(post_chunks(2000), "HTTP/1.1 200"));
	stop();
}

/* Tick as main does, while text is sent octet by octet; how long until the
 * server hung up. */
static int64_t
drip(const char *start_text, char c)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000 };
	int64_t begin = oct_clock_mono_ms();
	int fd = client_open();
	char byte;

	client_send(fd, start_text, strlen(start_text));
	while (oct_clock_mono_ms() - begin < WAIT_MS) {
		(void)nanosleep(&pause, NULL);
		http_tick(server);
		if (send(fd, &c, 1, MSG_NOSIGNAL) < 0 ||
		    recv(fd, &byte, 1, MSG_DONTWAIT) == 0)
			break;
	}
	(void)close(fd);
	return oct_clock_mono_ms() - begin;
}

static void
test_slow_clients_are_cut(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = { { "head", "GET / HTTP/1.1\r\nX-Slow: " },
		{ "nothing but empty lines", "\r\n" },
		{ "body", "POST / HTTP/1.1\r\nContent-Length: 4000\r\n"
		  CLOSE } };

	(void)state;
	start(false, 10, 1, 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_in_range(drip(rows[i].text, i == 1 ? '\n' : 'x'),
		    LIMIT_MS / 2, WAIT_MS / 2);
	}
	assert_has(ask("GET / HTTP/1.1\r\n" CLOSE), "200 OK");
	stop();
}

static void
test_the_limit_of_connections_is_true(void **state)
{
	const char request[] = "GET / HTTP/1.1\r\n" CLOSE;
	int silent[4], fd;

	(void)state;
	start(false, OCT_LEN(silent), 1, 1);
	for (size_t i = 0; i < OCT_LEN(silent); i++)
		silent[i] = client_open();
	fd = client_open();
	client_send(fd, request, sizeof(request) - 1);
	/* served, if at all, once another is cut; never beside four */
	{
		struct timeval tv = { .tv_usec = 100000 };
		char byte;

		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		assert_true(recv(fd, &byte, 1, 0) <= 0);
	}
	(void)close(fd);
	for (size_t i = 0; i < OCT_LEN(silent); i++)
		(void)close(silent[i]);
	assert_has(ask(request), "200 OK");
	stop();
}

static void
test_blocked_requests_do_not_stop_others(void **state)
{
	const char request[] = "GET /block HTTP/1.1\r\n" CLOSE;
	int working[2], queued;

	(void)state;
	gate_set(false);
	start(false, 20, OCT_LEN(working), 1);
	for (size_t i = 0; i < OCT_LEN(working); i++) {
		working[i] = client_open();
		client_send(working[i], request, sizeof(request) - 1);
		gate_await((int)i + 1); /* one at a time: the queue is short */
	}
	queued = client_open();
	client_send(queued, request, sizeof(request) - 1);
	/* When the second of these is answered, it has been read for sure. */
	for (int i = 0; i < 2; i++)
		assert_has(ask("GET /free HTTP/1.1\r\n" CLOSE), "200 OK");
	assert_has(ask(request), "HTTP/1.1 503 ");
	gate_set(true);
	assert_has(client_read(queued), "200 OK");
	for (size_t i = 0; i < OCT_LEN(working); i++)
		assert_has(client_read(working[i]), "path=/block");
	stop();
}

static void *
run_stop(void *arg)
{
	http_stop(server, *(const int64_t *)arg);
	return NULL;
}

static void
test_stop_finishes_what_is_in_hand(void **state)
{
	const char request[] = "GET /block HTTP/1.1\r\n" CLOSE;
	int64_t patience_ms = WAIT_MS;
	pthread_t thread;
	int fd, port;

	(void)state;
	gate_set(false);
	start(false, 10, 1, 1);
	port = http_port(server);
	fd = client_open();
	client_send(fd, request, sizeof(request) - 1);
	gate_await(1);
	assert_int_equal(pthread_create(&thread, NULL, run_stop,
	    &patience_ms), 0);
	/* closed to new ones as soon as it stops */
	for (;;) {
		struct sockaddr_in sin = { .sin_family = AF_INET,
			.sin_port = htons((uint16_t)port) };
		int other = socket(AF_INET, SOCK_STREAM, 0);
		int rc;

		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		rc = connect(other, (struct sockaddr *)&sin, sizeof(sin));
		(void)close(other);
		if (rc != 0)
			break;
	}
	gate_set(true);
	assert_has(client_read(fd), "path=/block");
	(void)pthread_join(thread, NULL);
	server = NULL;
}

/* Who is still in the pool by then is cut, after the pool has ended. */
static void
test_stop_without_patience_waits_for_the_pool(void **state)
{
	const char request[] = "GET /block HTTP/1.1\r\n" CLOSE;
	const struct timespec pause = { .tv_nsec = 50 * 1000000 };
	int64_t patience_ms = 0;
	pthread_t thread;
	int fd;

	(void)state;
	gate_set(false);
	start(false, 10, 1, 1);
	fd = client_open();
	client_send(fd, request, sizeof(request) - 1);
	gate_await(1);
	assert_int_equal(pthread_create(&thread, NULL, run_stop, &patience_ms),
	    0);
	/* Either order must do; mostly this makes the stop the first. */
	(void)nanosleep(&pause, NULL);
	gate_set(true);
	(void)pthread_join(thread, NULL);
	(void)client_read(fd);
	server = NULL;
}

static void
test_listen_check(void **state)
{
	static const struct {
		const char *listen;
		int rc;
	} rows[] = { { "127.0.0.1:8025", 0 }, { "[::1]:8025", 0 },
		{ "unix:/run/x", OCT_ECONF },
		{ "unix:/run/x:1", OCT_ECONF }, { "localhost:1", OCT_ECONF },
		{ "127.0.0.1", OCT_ECONF }, { "127.0.0.1:99999", OCT_ECONF },
		{ "", OCT_ECONF } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].listen);
		assert_int_equal(http_listen_check(rows[i].listen),
		    rows[i].rc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_of_every_answer),
		cmocka_unit_test(test_what_the_handler_is_given),
		cmocka_unit_test(test_client_behind_a_proxy),
		cmocka_unit_test(test_what_is_fetched_ahead_is_known),
		cmocka_unit_test(test_bodies_in_chunks_are_bounded_too),
		cmocka_unit_test(test_slow_clients_are_cut),
		cmocka_unit_test(test_the_limit_of_connections_is_true),
		cmocka_unit_test(test_blocked_requests_do_not_stop_others),
		cmocka_unit_test(test_stop_finishes_what_is_in_hand),
		cmocka_unit_test(test_stop_without_patience_waits_for_the_pool),
		cmocka_unit_test(test_listen_check),
	};

	oct_log_level(OCT_ERROR);
	return cmocka_run_group_tests_name("web_http", tests, NULL, NULL);
}
