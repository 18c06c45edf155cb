/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to one server over UDP or TCP, on a socket of its own that does
 * not block.  Connected sockets: the kernel picks a random source port and
 * drops what comes from any other address or port.  Inside lib/dns only; one
 * thread.
 */
#ifndef OCT_LIB_DNS_SOCK_H
#define OCT_LIB_DNS_SOCK_H

#include <sys/socket.h>

#include "lib/def.h"

struct dns_server {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	unsigned int fails; /* silences and refusals since its last answer */
};

/* "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53". */
OCT_CHECK int dns_server_parse(const char *text, struct dns_server *out);

struct dns_attempt {
	void *owner;
	int fd; /* -1: not open */
	uint16_t id;
	bool tcp;
	bool edns;
	bool sent; /* TCP: connected, and the question is out */
	unsigned int foreign; /* datagrams that did not fit the question */
	size_t server;
	uint8_t *in; /* TCP: what came so far, length prefix included */
	size_t in_len, in_cap;
};

/* Open a socket to server, watched by epoll (data.ptr = the attempt).  UDP: the
 * question is sent.  0 or -errno, nothing left open. */
OCT_CHECK int dns_attempt_udp(struct dns_attempt *a, int epoll_fd,
    const struct dns_server *server, const uint8_t *query, size_t len);
OCT_CHECK int dns_attempt_tcp(struct dns_attempt *a, int epoll_fd,
    const struct dns_server *server);

/* TCP socket is ready: send the question or receive.  1: a whole message stands
 * at a->in + 2, *len octets; 0: not yet; negative: it failed. */
OCT_CHECK int dns_attempt_tcp_ready(struct dns_attempt *a, int epoll_fd,
    const uint8_t *query, size_t query_len, size_t *len);

/* Close and free; harmless if not open. */
void dns_attempt_close(struct dns_attempt *a);

#endif
