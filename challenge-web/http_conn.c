/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's own time-out is for silence only: a client that sends an octet
 * now and then would hold its place for ever.  So connections are listed with a
 * deadline, and cut when it is over: a shut-down socket looks to the library
 * like a client that went away.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "challenge-web/http_int.h"

struct http_conns {
	pthread_mutex_t lock;
	struct http_conn *first;
};

struct http_conns *
http_conns_new(void)
{
	struct http_conns *c = calloc(1, sizeof(*c));

	if (c != NULL)
		(void)pthread_mutex_init(&c->lock, NULL);
	return c;
}

void
http_conns_free(struct http_conns *c)
{
	if (c == NULL)
		return;
	while (c->first != NULL)
		http_conns_remove(c, c->first);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

struct http_conn *
http_conns_add(struct http_conns *c, int fd, int64_t deadline_ms)
{
	struct http_conn *conn = calloc(1, sizeof(*conn));

	if (conn == NULL)
		return NULL;
	conn->fd = fd;
	conn->deadline_ms = deadline_ms;
	(void)pthread_mutex_lock(&c->lock);
	conn->next = c->first;
	if (c->first != NULL)
		c->first->prev = conn;
	c->first = conn;
	(void)pthread_mutex_unlock(&c->lock);
	return conn;
}

void
http_conns_remove(struct http_conns *c, struct http_conn *conn)
{
	(void)pthread_mutex_lock(&c->lock);
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		c->first = conn->next;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	(void)pthread_mutex_unlock(&c->lock);
	free(conn);
}

void
http_conns_extend(struct http_conns *c, struct http_conn *conn,
    int64_t deadline_ms)
{
	(void)pthread_mutex_lock(&c->lock);
	conn->deadline_ms = deadline_ms;
	(void)pthread_mutex_unlock(&c->lock);
}

size_t
http_conns_cut(struct http_conns *c, int64_t now_ms)
{
	size_t cut = 0;

	(void)pthread_mutex_lock(&c->lock);
	for (struct http_conn *conn = c->first; conn; conn = conn->next) {
		if (now_ms < conn->deadline_ms)
			continue;
		/* Listed descriptors are open: they are closed after the
		 * removal. */
		(void)shutdown(conn->fd, SHUT_RDWR);
		conn->deadline_ms = INT64_MAX;
		cut++;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return cut;
}
