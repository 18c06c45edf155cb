/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/smtp_conn.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"

static int
parse_unix(const char *path, struct smtp_peer *out)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (path[0] != '/' || len >= sizeof(un.sun_path))
		return OCT_ECONF;
	memcpy(un.sun_path, path, len + 1);
	memset(out, 0, sizeof(*out));
	memcpy(&out->addr, &un, sizeof(un));
	out->len = (socklen_t)sizeof(un);
	return 0;
}

int
smtp_peer_parse(const char *text, struct smtp_peer *out)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char host[64];
	const char *colon, *start = text;
	size_t len;

	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, out);
	colon = strrchr(text, ':');
	if (colon == NULL || colon == text || colon[1] == '\0')
		return OCT_ECONF;
	len = (size_t)(colon - text);
	if (text[0] == '[' && colon[-1] == ']') {
		start++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host))
		return OCT_ECONF;
	memcpy(host, start, len);
	host[len] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return OCT_ECONF;
	memset(out, 0, sizeof(*out));
	memcpy(&out->addr, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

void
smtp_conn_init(struct smtp_conn *c)
{
	c->fd = -1;
	c->have = c->consumed = 0;
}

void
smtp_conn_close(struct smtp_conn *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	smtp_conn_init(c);
}

/* Wait for the socket: 0 (look again), OCT_ETIME or OCT_EDOWN. */
static int
wait_for(const struct smtp_conn *c, short events, int64_t deadline)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t left = deadline - oct_clock_mono_ms();

	if (left <= 0)
		return OCT_ETIME;
	if (left > INT_MAX)
		left = INT_MAX;
	if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
		return OCT_EDOWN;
	return 0;
}

/* A connect in progress ends when poll says so, and SO_ERROR says how. */
static int
finish_connect(const struct smtp_conn *c, int64_t deadline)
{
	struct pollfd p = { .fd = c->fd, .events = POLLOUT };
	int err = 0, rc;
	socklen_t len = (socklen_t)sizeof(err);

	do {
		rc = wait_for(c, POLLOUT, deadline);
		if (rc != 0)
			return rc;
	} while (poll(&p, 1, 0) == 0);
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		return OCT_EDOWN;
	return err == 0 ? 0 : OCT_EDOWN;
}

int
smtp_conn_open(struct smtp_conn *c, const struct smtp_peer *peer,
    int64_t deadline)
{
	const int on = 1;
	int rc = 0;

	smtp_conn_close(c);
	c->fd = socket(peer->addr.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	if (peer->addr.ss_family != AF_UNIX)
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    (socklen_t)sizeof(on));
	if (connect(c->fd, (const struct sockaddr *)&peer->addr, peer->len) !=
	    0)
		rc = errno == EINPROGRESS ? finish_connect(c, deadline) :
		    OCT_EDOWN;
	if (rc != 0)
		smtp_conn_close(c);
	return rc;
}

int
smtp_conn_write(struct smtp_conn *c, const void *octets, size_t len,
    int64_t deadline)
{
	const char *at = octets;

	while (len > 0) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);
		int rc = 0;

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EAGAIN)
			rc = wait_for(c, POLLOUT, deadline);
		else if (errno != EINTR)
			rc = OCT_EDOWN;
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Read what is there: 0 (something, or nothing yet), or an error. */
static int
fill(struct smtp_conn *c, int64_t deadline)
{
	ssize_t n = recv(c->fd, c->in + c->have, sizeof(c->in) - c->have, 0);

	if (n > 0) {
		c->have += (size_t)n;
		return 0;
	}
	if (n < 0 && errno == EAGAIN)
		return wait_for(c, POLLIN, deadline);
	return n < 0 && errno == EINTR ? 0 : OCT_EDOWN;
}

int
smtp_conn_line(struct smtp_conn *c, const char **line, size_t *len,
    int64_t deadline)
{
	const char *end;
	int rc;

	c->have -= c->consumed;
	memmove(c->in, c->in + c->consumed, c->have);
	c->consumed = 0;
	while ((end = memchr(c->in, '\n', c->have)) == NULL) {
		if (c->have == sizeof(c->in))
			return OCT_EREPLY;
		/* A peer that dribbles is held to the deadline as well. */
		if (oct_clock_mono_ms() >= deadline)
			return OCT_ETIME;
		rc = fill(c, deadline);
		if (rc != 0)
			return rc;
	}
	*line = c->in;
	*len = (size_t)(end - c->in);
	c->consumed = *len + 1;
	if (*len > 0 && c->in[*len - 1] == '\r')
		(*len)--;
	return 0;
}

int
smtp_conn_some(struct smtp_conn *c, const char **octets, size_t *len,
    int64_t deadline)
{
	ssize_t n;
	int rc = 0;

	c->have -= c->consumed;
	memmove(c->in, c->in + c->consumed, c->have);
	c->consumed = 0;
	while (c->have == 0) {
		if (oct_clock_mono_ms() >= deadline)
			return OCT_ETIME;
		n = recv(c->fd, c->in, sizeof(c->in), 0);
		if (n >= 0) {
			c->have = (size_t)n;
			break;
		}
		if (errno == EAGAIN)
			rc = wait_for(c, POLLIN, deadline);
		else if (errno != EINTR)
			rc = OCT_EDOWN;
		if (rc != 0)
			return rc;
	}
	*octets = c->in;
	*len = c->consumed = c->have;
	return 0;
}

bool
smtp_conn_quiet(const struct smtp_conn *c)
{
	char octet;

	if (c->fd < 0 || c->have > c->consumed)
		return false;
	return recv(c->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    (errno == EAGAIN || errno == EINTR);
}
