/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/mapd_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "provisioning/mapd_conn.h"
#include "provisioning/mapd_listen.h"

#define EVENTS 64
#define ACCEPTS_AT_ONCE 64
#define FDS_BESIDE 64     /* listeners, store, log, ... */
#define SAME_LOG_MS 60000 /* one line a minute of a kind */
#define PAUSE_MS 200      /* without accepting, when descriptors are out */
#define VALUE_MAX 300000  /* 500 addresses before the answer's own limit */

/* What is told at most once a minute, with how often it happened. */
enum { LISTEN_UNIX, LISTEN_TCP, LISTEN_DICT };

enum grievance { TOO_MANY, TOO_IDLE, BAD_REQUEST, NO_ACCEPT, GRIEVANCES };

struct mapd_server {
	struct mapd_server_conf conf;
	struct mapd_answers answers;
	int epoll_fd;
	int listeners[3]; /* UNIX, TCP, dict (UNIX); -1 = none */
	size_t count;                      /* of connections */
	struct mapd_conn *newest, *oldest; /* by last whole request */
	int64_t paused_until_ms;           /* 0 = accepting */
	int64_t told_ms[GRIEVANCES];
	uint64_t untold[GRIEVANCES];
};

static void
complain(struct mapd_server *s, enum grievance what, const char *text)
{
	int64_t now_ms = oct_clock_mono_ms();

	s->untold[what]++;
	if (s->told_ms[what] != 0 && now_ms - s->told_ms[what] < SAME_LOG_MS)
		return;
	oct_log(OCT_WARNING, "mapd: problem=\"%s\" count=%llu connections=%zu",
	    text, (unsigned long long)s->untold[what], s->count);
	s->told_ms[what] = now_ms;
	s->untold[what] = 0;
}

/* --- Connections --------------------------------------------------------- */

static void
unlink_conn(struct mapd_server *s, struct mapd_conn *c)
{
	*(c->newer != NULL ? &c->newer->older : &s->newest) = c->older;
	*(c->older != NULL ? &c->older->newer : &s->oldest) = c->newer;
	c->newer = c->older = NULL;
}

static void
link_newest(struct mapd_server *s, struct mapd_conn *c)
{
	c->older = s->newest;
	*(s->newest != NULL ? &s->newest->newer : &s->oldest) = c;
	s->newest = c;
}

static void
drop(struct mapd_server *s, struct mapd_conn *c)
{
	unlink_conn(s, c);
	s->count--;
	/* Closing takes it out of the epoll set. */
	mapd_conn_free(c);
}

static void
watch(struct mapd_server *s, struct mapd_conn *c, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev);
}

static void
serve(struct mapd_server *s, struct mapd_conn *c, uint32_t events)
{
	int64_t before_ms = c->active_ms, now_ms = oct_clock_mono_ms();
	const char *limit;

	switch (mapd_conn_serve(c, &s->answers, now_ms, &limit)) {
	case MAPD_CLOSE:
		if (limit != NULL)
			complain(s, BAD_REQUEST, limit);
		drop(s, c);
		return;
	case MAPD_READ:
		if ((events & EPOLLOUT) != 0)
			watch(s, c, EPOLLIN);
		break;
	case MAPD_WRITE:
		watch(s, c, EPOLLOUT);
		break;
	}
	if (c->active_ms != before_ms && c != s->newest) {
		unlink_conn(s, c);
		link_newest(s, c);
	}
}

static void
add_conn(struct mapd_server *s, int fd, bool dict)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct mapd_conn *c;
	int on = 1;

	if (s->count >= s->conf.connections) {
		complain(s, TOO_MANY, "over mapd.connections at once: closed");
		(void)close(fd);
		return;
	}
	c = mapd_conn_new(fd, dict, oct_clock_mono_ms());
	if (c == NULL)
		return;
	/* Fails on the UNIX socket, where it is not needed. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ev.data.ptr = c;
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
		mapd_conn_free(c);
		return;
	}
	s->count++;
	link_newest(s, c);
}

/* --- Listeners ----------------------------------------------------------- */

static int
watch_listeners(struct mapd_server *s, int op)
{
	for (size_t i = 0; i < OCT_LEN(s->listeners); i++) {
		struct epoll_event ev = {
		    .events = EPOLLIN, .data.ptr = &s->listeners[i]};

		if (s->listeners[i] != -1 &&
		    epoll_ctl(s->epoll_fd, op, s->listeners[i], &ev) != 0)
			return -errno;
	}
	return 0;
}

/* Without descriptors accept fails at once, again and again: wait a little. */
static void
pause_accepting(struct mapd_server *s, int err)
{
	complain(s, NO_ACCEPT, oct_strerror(-err));
	(void)watch_listeners(s, EPOLL_CTL_DEL);
	s->paused_until_ms = oct_clock_mono_ms() + PAUSE_MS;
}

static void
accept_some(struct mapd_server *s, const int *listener)
{
	bool dict = listener == &s->listeners[LISTEN_DICT];

	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		int fd = accept4(
		    *listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd != -1) {
			add_conn(s, fd, dict);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_accepting(s, errno);
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static bool
is_listener(const struct mapd_server *s, const void *p)
{
	for (size_t i = 0; i < OCT_LEN(s->listeners); i++)
		if (p == &s->listeners[i])
			return true;
	return false;
}

/* --- The loop ------------------------------------------------------------ */

static void
drop_idle(struct mapd_server *s, int64_t now_ms)
{
	while (s->oldest != NULL &&
	       now_ms - s->oldest->active_ms >= s->conf.idle_ms) {
		/* Postfix closes by itself after 10 s: this is a stuck one. */
		if (s->oldest->in_len > 0 || s->oldest->out.len > 0)
			complain(s, TOO_IDLE,
			    "over mapd.idle_timeout in mid-request: closed");
		drop(s, s->oldest);
	}
}

static int
until(int64_t at_ms, int64_t now_ms, int64_t so_far)
{
	int64_t wait_ms = at_ms > now_ms ? at_ms - now_ms : 0;

	return (int)(wait_ms < so_far ? wait_ms : so_far);
}

/* Do what is due, and say how long nothing else will be. */
static int
tick(struct mapd_server *s, int64_t watchdog_ms, int64_t *kicked_ms)
{
	int64_t now_ms = oct_clock_mono_ms();
	int wait_ms = 60000;

	drop_idle(s, now_ms);
	if (s->paused_until_ms != 0 && now_ms >= s->paused_until_ms) {
		s->paused_until_ms = 0;
		(void)watch_listeners(s, EPOLL_CTL_ADD);
	}
	if (watchdog_ms > 0 && now_ms - *kicked_ms >= watchdog_ms) {
		daemon_watchdog();
		*kicked_ms = now_ms;
	}
	if (s->oldest != NULL)
		wait_ms = until(
		    s->oldest->active_ms + s->conf.idle_ms, now_ms, wait_ms);
	if (s->paused_until_ms != 0)
		wait_ms = until(s->paused_until_ms, now_ms, wait_ms);
	if (watchdog_ms > 0)
		wait_ms = until(*kicked_ms + watchdog_ms, now_ms, wait_ms);
	return wait_ms;
}

/* true: a signal to stop was among them. */
static bool
read_signals(int signal_fd)
{
	struct signalfd_siginfo info;
	bool stop = false;

	while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		stop |= info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
		if (info.ssi_signo == SIGHUP)
			oct_log(OCT_NOTICE, "mapd: nothing to reload: the "
					    "directory follows the store");
	}
	return stop;
}

static bool
handle(struct mapd_server *s, const struct epoll_event *ev, int signal_fd)
{
	if (ev->data.ptr == NULL)
		return read_signals(signal_fd);
	if (is_listener(s, ev->data.ptr))
		accept_some(s, ev->data.ptr);
	else
		serve(s, ev->data.ptr, ev->events);
	return false;
}

static int
loop(struct mapd_server *s, int signal_fd)
{
	int64_t watchdog_ms = daemon_watchdog_interval_ms(), kicked_ms = 0;
	struct epoll_event events[EVENTS];

	for (;;) {
		bool stop = false;
		int n = epoll_wait(s->epoll_fd, events, EVENTS,
		    tick(s, watchdog_ms, &kicked_ms));

		if (n == -1 && errno != EINTR)
			return -errno;
		/* An event frees no connection but its own: none is stale. */
		for (int i = 0; i < n; i++)
			stop |= handle(s, &events[i], signal_fd);
		if (stop)
			return 0;
	}
}

int
mapd_server_run(struct mapd_server *s, int signal_fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
	const uint64_t *n = s->answers.count;
	const struct dict_counts *dict = &s->answers.dict_count;
	int rc;

	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, signal_fd, &ev) != 0)
		return -errno;
	rc = loop(s, signal_fd);
	oct_log(OCT_NOTICE,
	    "mapd: stopping: ok=%llu notfound=%llu temp=%llu perm=%llu "
	    "dict_found=%llu dict_absent=%llu usage_told=%llu connections=%zu",
	    (unsigned long long)n[SOCKETMAP_OK],
	    (unsigned long long)n[SOCKETMAP_NOTFOUND],
	    (unsigned long long)n[SOCKETMAP_TEMP],
	    (unsigned long long)n[SOCKETMAP_PERM],
	    (unsigned long long)dict->found, (unsigned long long)dict->absent,
	    (unsigned long long)dict->told, s->count);
	return rc;
}

/* --- Life-cycle ---------------------------------------------------------- */

static int
open_listener(int *out, int fd, const char *where)
{
	if (fd < 0) {
		oct_log(OCT_ERROR, "mapd: cannot listen: on=%s error=\"%s\"",
		    where, oct_strerror(fd));
		return fd;
	}
	*out = fd;
	return 0;
}

static int
open_listeners(struct mapd_server *s)
{
	const struct mapd_server_conf *conf = &s->conf;
	int rc = 0;

	if (*conf->dict_socket != '\0')
		rc = open_listener(&s->listeners[LISTEN_DICT],
		    mapd_listen_unix(
			conf->dict_socket, conf->mode, conf->dict_group),
		    conf->dict_socket);
	if (rc == 0 && *conf->socket != '\0')
		rc = open_listener(&s->listeners[LISTEN_UNIX],
		    mapd_listen_unix(conf->socket, conf->mode, conf->group),
		    conf->socket);
	if (rc == 0 && *conf->listen != '\0')
		rc = open_listener(&s->listeners[LISTEN_TCP],
		    mapd_listen_tcp(conf->listen), conf->listen);
	if (rc != 0)
		return rc;
	return watch_listeners(s, EPOLL_CTL_ADD);
}

static void
fit_connections(struct mapd_server *s)
{
	size_t fds = daemon_raise_nofile(s->conf.connections + FDS_BESIDE);
	size_t fit = fds > 2 * FDS_BESIDE ? fds - FDS_BESIDE : FDS_BESIDE;

	if (s->conf.connections <= fit)
		return;
	oct_log(OCT_WARNING,
	    "mapd: mapd.connections=%zu but open_files=%zu: taking %zu",
	    s->conf.connections, fds, fit);
	s->conf.connections = fit;
}

int
mapd_server_new(const struct mapd_server_conf *conf,
    struct directory *directory, struct mapd_server **out)
{
	struct mapd_server *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->conf = *conf;
	s->listeners[0] = s->listeners[1] = s->listeners[2] = -1;
	s->answers.directory = directory;
	s->answers.site = conf->site;
	s->answers.dict = conf->dict;
	oct_str_heap(&s->answers.value, VALUE_MAX);
	fit_connections(s);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rc = s->epoll_fd == -1 ? -errno : open_listeners(s);
	if (rc != 0) {
		mapd_server_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
mapd_server_free(struct mapd_server *s)
{
	if (s == NULL)
		return;
	while (s->oldest != NULL)
		drop(s, s->oldest);
	if (s->listeners[LISTEN_UNIX] != -1)
		(void)unlink(s->conf.socket);
	if (s->listeners[LISTEN_DICT] != -1)
		(void)unlink(s->conf.dict_socket);
	for (size_t i = 0; i < OCT_LEN(s->listeners); i++)
		if (s->listeners[i] != -1)
			(void)close(s->listeners[i]);
	if (s->epoll_fd != -1)
		(void)close(s->epoll_fd);
	oct_str_free(&s->answers.value);
	free(s);
}
