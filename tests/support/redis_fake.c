/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/redis_fake.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#define CLIENTS_MAX 128
#define TICK_MS 20

#define SHA "$40\r\n0123456789012345678901234567890123456789\r\n"

struct client {
	redisReader *reader;
	bool answered;
};

struct fake_redis {
	const struct fake_plan *plan;
	char dir[64], path[96], address[104];
	int listener;
	pthread_t thread;
	_Atomic bool stop;
	_Atomic size_t connects;
	/* of the thread; [0] of poll is the listener */
	struct pollfd poll[1 + CLIENTS_MAX];
	struct client client[1 + CLIENTS_MAX];
	nfds_t count;
};

static void
put(int fd, const char *text)
{
	size_t len = strlen(text);

	/* A full buffer or a client that left are no business of ours. */
	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		return;
}

static bool
is_greeting(const redisReply *cmd)
{
	return cmd->type == REDIS_REPLY_ARRAY && cmd->elements > 0 &&
	    strcasecmp(cmd->element[0]->str, "SCRIPT") == 0;
}

/* false: hang up */
static bool
answer(struct fake_redis *f, nfds_t i, const redisReply *cmd)
{
	const struct fake_plan *p = f->plan;

	if (is_greeting(cmd) && p->greeting == NULL) {
		put(f->poll[i].fd, SHA);
		return true;
	}
	put(f->poll[i].fd, is_greeting(cmd) ? p->greeting : p->answer);
	f->client[i].answered = true;
	return p->then != FAKE_CLOSE;
}

static bool
serve(struct fake_redis *f, nfds_t i)
{
	char buf[4096];
	ssize_t n = recv(f->poll[i].fd, buf, sizeof(buf), 0);
	bool keep = true;
	void *cmd = NULL;

	if (n <= 0 ||
	    redisReaderFeed(f->client[i].reader, buf, (size_t)n) != REDIS_OK)
		return false;
	while (keep && redisReaderGetReply(f->client[i].reader, &cmd) ==
	    REDIS_OK && cmd != NULL) {
		keep = answer(f, i, cmd);
		freeReplyObject(cmd);
	}
	return keep;
}

static void
drop(struct fake_redis *f, nfds_t i)
{
	(void)close(f->poll[i].fd);
	redisReaderFree(f->client[i].reader);
	f->count--;
	f->poll[i] = f->poll[f->count];
	f->client[i] = f->client[f->count];
}

static void
accept_one(struct fake_redis *f)
{
	int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	atomic_fetch_add(&f->connects, 1);
	if (f->count == 1 + CLIENTS_MAX) {
		(void)close(fd);
		return;
	}
	f->poll[f->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	f->client[f->count] = (struct client){ .reader = redisReaderCreate() };
	f->count++;
}

/* What goes on without a command. */
static void
pester(struct fake_redis *f)
{
	char lot[4096];

	memset(lot, '1', sizeof(lot));
	for (nfds_t i = 1; i < f->count; i++) {
		if (!f->client[i].answered)
			continue;
		if (f->plan->then == FAKE_DRIP)
			put(f->poll[i].fd, "1");
		else if (f->plan->then == FAKE_FLOOD)
			(void)!send(f->poll[i].fd, lot, sizeof(lot),
			    MSG_NOSIGNAL);
	}
}

static void *
run(void *arg)
{
	struct fake_redis *f = arg;

	while (!atomic_load(&f->stop)) {
		if (poll(f->poll, f->count,
		    f->plan->then == FAKE_FLOOD ? 0 : TICK_MS) < 0)
			break;
		for (nfds_t i = f->count - 1; i > 0; i--)
			if (f->poll[i].revents != 0 && !serve(f, i))
				drop(f, i);
		if (f->poll[0].revents != 0)
			accept_one(f);
		pester(f);
	}
	while (f->count > 1)
		drop(f, f->count - 1);
	return NULL;
}

static int
listen_at(struct fake_redis *f)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (mkdtemp(f->dir) == NULL)
		return -1;
	(void)snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	(void)snprintf(f->address, sizeof(f->address), "unix:%s", f->path);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", f->path);
	f->listener = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->listener < 0 ||
	    bind(f->listener, (const struct sockaddr *)&sa, sizeof(sa)) != 0)
		return -1;
	f->poll[0] = (struct pollfd){ .fd = f->listener, .events = POLLIN };
	f->count = 1;
	return listen(f->listener, 64);
}

struct fake_redis *
fake_redis_new(const struct fake_plan *plan)
{
	struct fake_redis *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->plan = plan;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/oct-fake-XXXXXX");
	if (listen_at(f) != 0 ||
	    pthread_create(&f->thread, NULL, run, f) != 0) {
		free(f);
		return NULL;
	}
	return f;
}

const char *
fake_redis_address(const struct fake_redis *f)
{
	return f->address;
}

size_t
fake_redis_connects(const struct fake_redis *f)
{
	return atomic_load(&f->connects);
}

void
fake_redis_free(struct fake_redis *f)
{
	atomic_store(&f->stop, true);
	(void)pthread_join(f->thread, NULL);
	(void)close(f->listener);
	(void)unlink(f->path);
	(void)rmdir(f->dir);
	free(f);
}
