/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/answers.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define IN_MAX (64u << 20)

static bool
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 5000) == 1;
}

/* At least want octets in all; false at the end. */
static bool
have(struct answers *a, int fd, size_t want)
{
	char buf[4096];

	while (a->in.len < want) {
		ssize_t n = readable(fd) ? recv(fd, buf, sizeof(buf), 0) : -1;

		if (n <= 0)
			return false;
		oct_str_addn(&a->in, buf, (size_t)n);
	}
	return true;
}

/* Where a text ends that begins nowhere before; 0: it does not come. */
static size_t
until(struct answers *a, int fd, const char *text)
{
	for (;;) {
		const char *at = a->in.len > 0
		    ? memmem(a->in.buf, a->in.len, text, strlen(text))
		    : NULL;

		if (at != NULL)
			return (size_t)(at - a->in.buf) + strlen(text);
		if (!have(a, fd, a->in.len + 1))
			return 0;
	}
}

static bool
read_frames(struct answers *a, int fd)
{
	size_t at = until(a, fd, "\n");

	while (at > 0 && have(a, fd, at + 4)) {
		const unsigned char *h =
		    (const unsigned char *)a->in.buf + at;
		size_t len = (size_t)h[0] << 24 | (size_t)h[1] << 16 |
		    (size_t)h[2] << 8 | (size_t)h[3];

		at += 4;
		if (len == 0)
			return true;
		if (!have(a, fd, at + len))
			return false;
		oct_str_addn(&a->message, a->in.buf + at, len);
		at += len;
	}
	return false;
}

static bool
read_http(struct answers *a, int fd)
{
	size_t at = until(a, fd, "\r\n\r\n");
	const char *length;

	if (at == 0)
		return false;
	length = strstr(a->in.buf, "Content-Length: ");
	return length != NULL &&
	    have(a, fd, at + strtoul(length + 16, NULL, 10));
}

static bool
read_all(struct answers *a, int fd)
{
	switch (a->read) {
	case ANSWERS_FRAMES:
		return read_frames(a, fd);
	case ANSWERS_LINE:
		return until(a, fd, "\n") > 0;
	case ANSWERS_HTTP:
		return read_http(a, fd);
	case ANSWERS_SOME:
		return have(a, fd, 1);
	case ANSWERS_NOTHING:
		break;
	}
	return true;
}

static void *
serve(void *arg)
{
	struct answers *a = arg;
	int fd = readable(a->listener) ? accept(a->listener, NULL, NULL) : -1;

	if (fd < 0)
		return NULL;
	a->whole = read_all(a, fd);
	for (size_t i = 0; a->say != NULL && i <= a->times; i++)
		if (send(fd, a->say,
			a->say_len > 0 ? a->say_len : strlen(a->say),
			MSG_NOSIGNAL) < 0)
			break;
	/* As a server that is slow: the client must leave first. */
	while (!a->reset && have(a, fd, a->in.len + 1))
		continue;
	(void)close(fd);
	return NULL;
}

void
answers_start(struct answers *a, struct smtp_peer *peer)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[80];
	int fd;

	(void)snprintf(a->path, sizeof(a->path), "/tmp/oct-answers-XXXXXX");
	fd = mkstemp(a->path);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(a->path), 0);
	oct_str_heap(&a->in, IN_MAX);
	oct_str_heap(&a->message, IN_MAX);
	memcpy(un.sun_path, a->path, strlen(a->path) + 1);
	a->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(a->listener >= 0);
	assert_int_equal(bind(a->listener, (const struct sockaddr *)&un,
			     (socklen_t)sizeof(un)),
	    0);
	assert_int_equal(listen(a->listener, 4), 0);
	(void)snprintf(text, sizeof(text), "unix:%s", a->path);
	assert_int_equal(smtp_peer_parse(text, peer), 0);
	assert_int_equal(pthread_create(&a->thread, NULL, serve, a), 0);
}

void
answers_join(struct answers *a)
{
	assert_int_equal(pthread_join(a->thread, NULL), 0);
	(void)close(a->listener);
	(void)unlink(a->path);
}

void
answers_free(struct answers *a)
{
	oct_str_free(&a->in);
	oct_str_free(&a->message);
}
