/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/smtp_script.h"

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

static char folder[40], socket_path[64];

void
server_init(void)
{
	char name[] = "/tmp/octroi-smtp-XXXXXX";

	if (mkdtemp(name) == NULL)
		abort();
	(void)snprintf(folder, sizeof(folder), "%s", name);
	(void)snprintf(socket_path, sizeof(socket_path), "unix:%s/s", name);
}

void
server_fini(void)
{
	(void)unlink(socket_path + 5);
	(void)rmdir(folder);
}

const char *
server_address(void)
{
	return socket_path;
}

static bool
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 5000) == 1;
}

/* Read until end stands in the input; the octets up to and with it. */
static size_t
read_until(struct server *s, const char *end)
{
	char buf[8192];

	for (;;) {
		const char *in = oct_str_text(&s->in);
		const char *at = memmem(in, s->in.len, end, strlen(end));
		ssize_t n;

		if (at != NULL)
			return (size_t)(at - in) + strlen(end);
		n = readable(s->fd) ? recv(s->fd, buf, sizeof(buf), 0) : -1;
		if (n <= 0)
			return 0;
		oct_str_addn(&s->in, buf, (size_t)n);
	}
}

static void
consume(struct server *s, size_t n)
{
	memmove(s->in.buf, s->in.buf + n, s->in.len - n);
	s->in.len -= n;
	s->in.buf[s->in.len] = '\0';
}

static bool
expect_line(struct server *s, const char *line)
{
	size_t n = read_until(s, "\r\n");
	bool same = n == strlen(line) + 2 && memcmp(s->in.buf, line, n - 2) ==
	    0;

	if (!same) {
		(void)snprintf(s->error, sizeof(s->error),
		    "wanted \"%s\", got \"%.*s\"", line, (int)n,
		    oct_str_text(&s->in));
		return false;
	}
	consume(s, n);
	s->pipelined = s->pipelined || s->in.len > 0;
	return true;
}

static bool
expect_body(struct server *s)
{
	/* An empty message is the dot alone. */
	bool empty = read_until(s, "\r\n") == 3 && s->in.buf[0] == '.';
	size_t n = empty ? 3 : read_until(s, "\r\n.\r\n");

	if (n == 0) {
		(void)snprintf(s->error, sizeof(s->error), "no final dot");
		return false;
	}
	oct_str_addn(&s->message, s->in.buf, n);
	consume(s, n);
	return true;
}

static void
read_to_end(struct server *s)
{
	(void)read_until(s, "\xff never sent");
	oct_str_addn(&s->message, oct_str_text(&s->in), s->in.len);
	oct_str_clear(&s->in);
}

static bool
take_line(struct server *s)
{
	size_t n = read_until(s, "\r\n");

	if (n == 0) {
		(void)snprintf(s->error, sizeof(s->error), "no line");
		return false;
	}
	oct_str_addn(&s->message, s->in.buf, n);
	consume(s, n);
	return true;
}

static bool
expect_step(struct server *s, const char *what)
{
	if (strcmp(what, CONNECT) == 0) {
		if (s->fd >= 0)
			(void)close(s->fd);
		oct_str_clear(&s->in);
		s->fd = readable(s->listener) ?
		    accept(s->listener, NULL, NULL) : -1;
		if (s->fd < 0)
			(void)snprintf(s->error, sizeof(s->error),
			    "no connect");
		return s->fd >= 0;
	}
	if (strcmp(what, BODY) == 0)
		return expect_body(s);
	if (strcmp(what, ANY) == 0)
		return take_line(s);
	if (strcmp(what, GONE) == 0) {
		read_to_end(s);
		return true;
	}
	return expect_line(s, what);
}

static void *
serve(void *arg)
{
	struct server *s = arg;

	for (const struct step *p = s->steps; p->expect != NULL; p++) {
		if (!expect_step(s, p->expect))
			break;
		if (p->say == NULL)
			continue;
		if (strcmp(p->say, CLOSE) == 0) {
			(void)close(s->fd);
			s->fd = -1;
		} else
			(void)send(s->fd, p->say, strlen(p->say), MSG_NOSIGNAL);
	}
	if (s->fd >= 0)
		(void)close(s->fd);
	return NULL;
}

void
server_start(struct server *s, const struct step *steps, int listener)
{
	*s = (struct server){ .steps = steps, .listener = listener, .fd = -1 };
	oct_str_heap(&s->in, 4u << 20);
	oct_str_heap(&s->message, 4u << 20);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void
server_join(struct server *s)
{
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->listener);
	assert_string_equal(s->error, "");
	oct_str_free(&s->in);
}

int
server_listen(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(strlen(socket_path) - 5 < sizeof(un.sun_path));
	memcpy(un.sun_path, socket_path + 5, strlen(socket_path + 5) + 1);
	(void)unlink(un.sun_path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&un,
	    (socklen_t)sizeof(un)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

struct smtp_out *
server_client(const char *address, const char *user)
{
	struct smtp_out_conf conf;
	struct smtp_out *out;

	smtp_out_conf_init(&conf);
	conf.address = address;
	conf.helo = "edge.example";
	conf.user = user;
	conf.password = user != NULL ? "s3cret" : NULL;
	conf.connect_ms = 2000;
	conf.command_ms = conf.data_ms = 300;
	assert_int_equal(smtp_out_new(&conf, &out), 0);
	return out;
}

struct smtp_mail
server_mail(void)
{
	return (struct smtp_mail){ .mail_from = "s@a.example",
		.mail_params = "", .rcpt_to = "r@b.example", .rcpt_params = "",
		.fd = -1, .octets = "x\r\n", .len = 3 };
}
