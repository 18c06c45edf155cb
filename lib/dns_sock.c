/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns_sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"

#define DNS_PORT 53
#define TCP_PREFIX 2   /* RFC 1035 4.2.2 */
#define TCP_FIRST 2048 /* octets of the first receive buffer */
#define TCP_MAX (TCP_PREFIX + UINT16_MAX)

static void
server_set(struct dns_server *s, const struct oct_ip *ip, uint16_t port)
{
	struct sockaddr_in v4 = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(s, 0, sizeof(*s));
	if (ip->family == AF_INET) {
		memcpy(&v4.sin_addr, ip->octets, 4);
		memcpy(&s->addr, &v4, sizeof(v4));
		s->addr_len = sizeof(v4);
	} else {
		memcpy(&v6.sin6_addr, ip->octets, 16);
		memcpy(&s->addr, &v6, sizeof(v6));
		s->addr_len = sizeof(v6);
	}
}

/* Split into host and the text of the port (NULL: none). */
static int
split_server(const char *text, char host[OCT_IP_SIZE], const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t len = strlen(text);

	*port = NULL;
	if (text[0] == '[') {
		const char *end = strchr(++text, ']');

		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return OCT_EPARSE;
		len = (size_t)(end - text);
		*port = end[1] == ':' ? end + 2 : NULL;
	} else if (colon != NULL && strchr(text, ':') == colon) {
		len = (size_t)(colon - text);
		*port = colon + 1;
	}
	if (len >= OCT_IP_SIZE)
		return OCT_EPARSE;
	memcpy(host, text, len);
	host[len] = '\0';
	return 0;
}

int
dns_server_parse(const char *text, struct dns_server *out)
{
	char host[OCT_IP_SIZE];
	const char *port_text;
	int64_t port = DNS_PORT;
	struct oct_ip ip;

	if (split_server(text, host, &port_text) != 0 ||
	    oct_ip_parse(host, &ip) != 0)
		return OCT_EPARSE;
	if (port_text != NULL &&
	    oct_num_int(port_text, 1, UINT16_MAX, &port) != 0)
		return OCT_EPARSE;
	server_set(out, &ip, (uint16_t)port);
	return 0;
}

static int
watch(struct dns_attempt *a, int epoll_fd, int op, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = a};

	return epoll_ctl(epoll_fd, op, a->fd, &ev) == -1 ? -errno : 0;
}

static int
open_to(struct dns_attempt *a, int type, const struct dns_server *server)
{
	a->fd = socket(
	    server->addr.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd == -1)
		return -errno;
	if (connect(a->fd, (const struct sockaddr *)&server->addr,
		server->addr_len) == -1 &&
	    errno != EINPROGRESS)
		return -errno;
	return 0;
}

int
dns_attempt_udp(struct dns_attempt *a, int epoll_fd,
    const struct dns_server *server, const uint8_t *query, size_t len)
{
	int rc;

	a->tcp = false;
	a->foreign = 0;
	rc = open_to(a, SOCK_DGRAM, server);
	if (rc == 0)
		rc = watch(a, epoll_fd, EPOLL_CTL_ADD, EPOLLIN);
	if (rc == 0 && send(a->fd, query, len, MSG_NOSIGNAL) == -1)
		rc = -errno;
	if (rc != 0)
		dns_attempt_close(a);
	return rc;
}

int
dns_attempt_tcp(
    struct dns_attempt *a, int epoll_fd, const struct dns_server *server)
{
	int rc;

	a->tcp = true;
	a->sent = false;
	rc = open_to(a, SOCK_STREAM, server);
	if (rc == 0)
		rc = watch(a, epoll_fd, EPOLL_CTL_ADD, EPOLLOUT);
	if (rc != 0)
		dns_attempt_close(a);
	return rc;
}

static int
tcp_send(struct dns_attempt *a, int epoll_fd, const uint8_t *query, size_t len)
{
	uint8_t prefix[TCP_PREFIX] = {(uint8_t)(len >> 8), (uint8_t)len};
	struct iovec iov[] = {
	    {.iov_base = prefix, .iov_len = sizeof(prefix)},
	    {.iov_base = (void *)(uintptr_t)query, .iov_len = len},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = OCT_LEN(iov)};
	ssize_t n;

	n = sendmsg(a->fd, &msg, MSG_NOSIGNAL);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	/* A new connection has room for far more than one question. */
	if ((size_t)n != sizeof(prefix) + len)
		return OCT_EDOWN;
	a->sent = true;
	return watch(a, epoll_fd, EPOLL_CTL_MOD, EPOLLIN);
}

/* Room for the next octets: grows with what came, not with what is announced,
 * so that many slow peers hold little memory. */
static int
tcp_room(struct dns_attempt *a)
{
	size_t cap = a->in_cap == 0 ? TCP_FIRST : a->in_cap * 2;
	uint8_t *grown;

	if (a->in_len < a->in_cap)
		return 0;
	if (cap > TCP_MAX)
		cap = TCP_MAX;
	if (cap == a->in_cap)
		return OCT_ELIMIT;
	grown = realloc(a->in, cap);
	if (grown == NULL)
		return -ENOMEM;
	a->in = grown;
	a->in_cap = cap;
	return 0;
}

static int
tcp_receive(struct dns_attempt *a, size_t *len)
{
	ssize_t n;
	int rc;

	rc = tcp_room(a);
	if (rc != 0)
		return rc;
	n = recv(a->fd, a->in + a->in_len, a->in_cap - a->in_len, 0);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return OCT_EREPLY;
	a->in_len += (size_t)n;
	if (a->in_len < TCP_PREFIX)
		return 0;
	*len = (size_t)a->in[0] << 8 | a->in[1];
	return a->in_len >= TCP_PREFIX + *len;
}

int
dns_attempt_tcp_ready(struct dns_attempt *a, int epoll_fd, const uint8_t *query,
    size_t query_len, size_t *len)
{
	return a->sent ? tcp_receive(a, len)
		       : tcp_send(a, epoll_fd, query, query_len);
}

void
dns_attempt_close(struct dns_attempt *a)
{
	if (a->fd != -1)
		(void)close(a->fd);
	a->fd = -1;
	free(a->in);
	a->in = NULL;
	a->in_len = 0;
	a->in_cap = 0;
}
