/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's life, and the way of a request through it: head, body, then the
 * handler.  A request that blocks is suspended first and resumed by the pool's
 * thread that handled it.
 */
#include "challenge-web/http.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "challenge-web/http_int.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/smtp_conn.h"

#define BACKLOG 512
#define CONNECTION_MEMORY 16384 /* head of a request and of its answer */
/* Who waited so long in the queue is told to come back: the store is slow. */
#define QUEUE_LIMIT_MS 4000

struct http {
	struct http_conf conf;
	struct MHD_Daemon *daemon;
	struct work *work;
	struct http_conns *conns;
	int port;
	pthread_mutex_t lock;
	pthread_cond_t none; /* in_hand became 0 */
	size_t in_hand;      /* requests whose head was read, unanswered */
};

/* --- Listening ---------------------------------------------------------- */

static int
parse_listen(const char *listen, struct smtp_peer *out)
{
	const char *colon = strrchr(listen, ':');
	int64_t port;
	int rc;

	/* The resolver would take 99999 for 34463. */
	if (colon == NULL || oct_num_int(colon + 1, 0, 65535, &port) != 0)
		return OCT_ECONF;
	rc = smtp_peer_parse(listen, out);
	return rc == 0 && out->addr.ss_family == AF_UNIX ? OCT_ECONF : rc;
}

int
http_listen_check(const char *listen)
{
	struct smtp_peer where;

	return parse_listen(listen, &where);
}

static int
port_of(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
		return 0;
	if (addr.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&addr)->sin6_port);
	return ntohs(((struct sockaddr_in *)&addr)->sin_port);
}

/* A listening descriptor, or an error. */
static int
open_listen(const char *listen_on)
{
	struct smtp_peer where;
	int fd, on = 1, rc = parse_listen(listen_on, &where);

	if (rc != 0)
		return rc;
	fd = socket(where.addr.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&where.addr, where.len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	rc = -errno;
	(void)close(fd);
	return rc;
}

/* --- A request ---------------------------------------------------------- */

static void
count(struct http *h, bool in)
{
	(void)pthread_mutex_lock(&h->lock);
	h->in_hand += in ? 1 : (size_t)-1;
	if (h->in_hand == 0)
		(void)pthread_cond_broadcast(&h->none);
	(void)pthread_mutex_unlock(&h->lock);
}

static struct exchange *
exchange_new(struct http *h, struct MHD_Connection *connection)
{
	struct exchange *x = calloc(1, sizeof(*x));
	const union MHD_ConnectionInfo *info;

	if (x == NULL)
		return NULL;
	x->http = h;
	x->connection = connection;
	info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	if (info != NULL && info->socket_context != NULL)
		http_conns_extend(h->conns, info->socket_context,
		    oct_clock_mono_ms() + h->conf.limit_ms);
	count(h, true);
	return x;
}

static void
handle(struct exchange *x)
{
	struct http *h = x->http;

	h->conf.handle(h->conf.arg, &x->request, &x->reply);
	x->stage = EXCHANGE_ANSWERING;
}

/* In a thread of the pool. */
static void
handle_and_resume(void *arg)
{
	struct exchange *x = arg;

	if (oct_clock_mono_ms() - x->queued_ms > QUEUE_LIMIT_MS)
		x->request.fault = MHD_HTTP_SERVICE_UNAVAILABLE;
	handle(x);
	MHD_resume_connection(x->connection);
}

static enum MHD_Result
hand_to_pool(struct exchange *x)
{
	x->stage = EXCHANGE_WORKING;
	x->queued_ms = oct_clock_mono_ms();
	/* First: the pool may be done before submit returns. */
	MHD_suspend_connection(x->connection);
	if (work_submit(x->http->work, handle_and_resume, x))
		return MHD_YES;
	x->request.fault = MHD_HTTP_SERVICE_UNAVAILABLE;
	handle(x);
	MHD_resume_connection(x->connection);
	return MHD_YES;
}

static enum MHD_Result
finish(struct exchange *x)
{
	const struct http_conf *c = &x->http->conf;

	if (x->stage == EXCHANGE_READING && x->request.fault == 0 &&
	    c->blocks(c->arg, &x->request))
		return hand_to_pool(x);
	if (x->stage == EXCHANGE_READING)
		handle(x);
	return exchange_answer(x);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_len, void **context)
{
	struct http *h = arg;
	struct exchange *x = *context;

	if (x == NULL) {
		x = exchange_new(h, connection);
		if (x == NULL)
			return MHD_NO;
		*context = x;
		x->body_max = h->conf.body_max != NULL
		    ? h->conf.body_max(h->conf.arg, url)
		    : HTTP_BODY_MAX;
		exchange_read_head(x, url, method, version,
		    h->conf.behind_proxy);
		/* A body that is announced as too large is not awaited. */
		return x->request.fault != 0 ? finish(x) : MHD_YES;
	}
	if (*upload_len > 0) {
		bool go_on = exchange_read_body(x, upload, *upload_len);

		*upload_len = 0;
		return go_on ? MHD_YES : MHD_NO;
	}
	return finish(x);
}

static void
on_completed(void *arg, OCT_UNUSED struct MHD_Connection *connection,
    void **context, OCT_UNUSED enum MHD_RequestTerminationCode how)
{
	struct exchange *x = *context;

	if (x == NULL)
		return;
	free(x->reply.body);
	free(x->large);
	free(x);
	*context = NULL;
	count(arg, false);
}

/* --- Connections -------------------------------------------------------- */

static void
on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct http *h = arg;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context != NULL)
			http_conns_remove(h->conns, *context);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info != NULL)
		*context = http_conns_add(h->conns, info->connect_fd,
		    oct_clock_mono_ms() + h->conf.limit_ms);
}

OCT_PRINTF(2, 0)
static void
on_log(OCT_UNUSED void *arg, const char *fmt, va_list ap)
{
	char text[512];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	while (n > 0 && n < (int)sizeof(text) && text[n - 1] == '\n')
		text[--n] = '\0';
	oct_log(OCT_DEBUG, "http: %s", text);
}

/* --- The server --------------------------------------------------------- */

static struct MHD_Daemon *
start_daemon(struct http *h, int fd)
{
	const unsigned int idle_s =
	    (unsigned int)((h->conf.limit_ms + 999) / 1000);

	/* Suspension brings the inner channel that wakes the thread. */
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
		MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
	    0, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned int)h->conf.connections, MHD_OPTION_CONNECTION_TIMEOUT,
	    idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
	    h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
}

static void
http_free(struct http *h)
{
	work_free(h->work);
	http_conns_free(h->conns);
	(void)pthread_cond_destroy(&h->none);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

static void
init_locks(struct http *h)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&h->none, &attr);
	(void)pthread_condattr_destroy(&attr);
	(void)pthread_mutex_init(&h->lock, NULL);
}

int
http_start(const struct http_conf *conf, struct http **out)
{
	struct http *h = calloc(1, sizeof(*h));
	int fd, rc = -ENOMEM;

	if (h == NULL)
		return -ENOMEM;
	init_locks(h);
	h->conf = *conf;
	h->conns = http_conns_new();
	if (h->conns == NULL)
		goto fail;
	rc = work_new(conf->threads, conf->queue, &h->work);
	if (rc != 0)
		goto fail;
	fd = open_listen(conf->listen);
	if (fd < 0) {
		rc = fd;
		goto fail;
	}
	h->port = port_of(fd);
	h->daemon = start_daemon(h, fd);
	if (h->daemon == NULL) {
		rc = errno != 0 ? -errno : -EIO;
		(void)close(fd);
		goto fail;
	}
	*out = h;
	return 0;
fail:
	http_free(h);
	return rc;
}

void
http_tick(struct http *h)
{
	size_t n = http_conns_cut(h->conns, oct_clock_mono_ms());

	if (n > 0)
		oct_log(OCT_INFO, "http: cut=%zu reason=time", n);
}

bool
http_submit(struct http *h, work_fn *fn, void *arg)
{
	return work_submit(h->work, fn, arg);
}

int
http_port(const struct http *h)
{
	return h->port;
}

static size_t
wait_for_none(struct http *h, int64_t drain_ms)
{
	struct timespec until;
	size_t left;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(drain_ms / 1000);
	(void)pthread_mutex_lock(&h->lock);
	while (h->in_hand > 0 && rc == 0)
		rc = pthread_cond_timedwait(&h->none, &h->lock, &until);
	left = h->in_hand;
	(void)pthread_mutex_unlock(&h->lock);
	return left;
}

void
http_stop(struct http *h, int64_t drain_ms)
{
	MHD_socket fd;
	size_t left;

	if (h == NULL)
		return;
	/* Nobody gets in from here on; the daemon's thread may look at the socket
	 * until it has stopped, so that its number must not be another's yet. */
	fd = MHD_quiesce_daemon(h->daemon);
	if (fd != MHD_INVALID_SOCKET)
		(void)shutdown(fd, SHUT_RDWR);
	left = wait_for_none(h, drain_ms);
	if (left > 0)
		oct_log(OCT_WARNING, "stop=cut requests=%zu", left);
	/* Suspended requests are the pool's: they must come back first. */
	work_free(h->work);
	h->work = NULL;
	MHD_stop_daemon(h->daemon);
	if (fd != MHD_INVALID_SOCKET)
		(void)close(fd);
	http_free(h);
}
