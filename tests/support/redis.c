/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/redis.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TRIES 2000 /* of 5 ms */

static bool
is_installed(void)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		(void)snprintf(file, sizeof(file), "%.*s/redis-server",
		    (int)len, path);
		if (access(file, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static void
run_server(const struct test_redis *r)
{
	int fd = open("redis.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	(void)execlp("redis-server", "redis-server", "--port", "0",
	    "--unixsocket", r->socket, "--dir", r->dir, "--save", "",
	    "--appendonly", "yes", "--appendfsync", "no", "--daemonize", "no",
	    "--enable-protected-configs", "yes", (char *)NULL);
	_exit(127);
}

redisContext *
test_redis_connect(const struct test_redis *r)
{
	const struct timeval tv = { .tv_sec = 10 };
	redisContext *c = redisConnectUnixWithTimeout(r->socket, tv);

	if (c == NULL)
		return NULL;
	if (c->err != 0 || redisSetTimeout(c, tv) != REDIS_OK) {
		redisFree(c);
		return NULL;
	}
	return c;
}

static long long
reply_number(const redisReply *r)
{
	if (r->type == REDIS_REPLY_INTEGER)
		return r->integer;
	if (r->type == REDIS_REPLY_STATUS)
		return 1;
	if (r->type == REDIS_REPLY_ARRAY)
		return (long long)r->elements;
	if (r->type == REDIS_REPLY_STRING)
		return strtoll(r->str, NULL, 10);
	return INT64_MIN;
}

long long
test_redis_do(const struct test_redis *r, const char *fmt, ...)
{
	redisContext *c = test_redis_connect(r);
	redisReply *reply;
	long long n = INT64_MIN;
	va_list ap;

	if (c == NULL)
		return n;
	va_start(ap, fmt);
	reply = redisvCommand(c, fmt, ap);
	va_end(ap);
	if (reply != NULL)
		n = reply_number(reply);
	freeReplyObject(reply);
	redisFree(c);
	return n;
}

int
test_redis_wait_blocked(const struct test_redis *r)
{
	for (int i = 0; i < 100000; i++)
		if (test_redis_do(r, "EVAL %s 0",
			"return tonumber(string.match(redis.call('INFO', "
			"'clients'), 'blocked_clients:(%d+)'))") == 1)
			return 0;
	return -1;
}

static int
wait_ready(struct test_redis *r)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (int i = 0; i < START_TRIES; i++) {
		int status;

		if (test_redis_do(r, "PING") == 1)
			return 0;
		if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
			r->pid = 0;
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
	return -1;
}

int
test_redis_again(struct test_redis *r)
{
	r->pid = fork();
	if (r->pid == 0) {
		if (chdir(r->dir) != 0)
			_exit(126);
		run_server(r);
	}
	return r->pid > 0 ? wait_ready(r) : -1;
}

int
test_redis_start(struct test_redis *r)
{
	*r = (struct test_redis){ .dir = "/tmp/oct-redis-XXXXXX" };
	if (!is_installed()) {
		(void)fprintf(stderr, "SKIP: redis-server is not installed\n");
		return TEST_REDIS_SKIP;
	}
	if (mkdtemp(r->dir) == NULL)
		return -1;
	(void)snprintf(r->socket, sizeof(r->socket), "%s/redis.sock", r->dir);
	(void)snprintf(r->address, sizeof(r->address), "unix:%s", r->socket);
	return test_redis_again(r);
}

void
test_redis_kill(struct test_redis *r, int signal)
{
	int status;

	if (r->pid <= 0)
		return;
	(void)kill(r->pid, signal);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	r->pid = 0;
}

void
test_redis_stop(struct test_redis *r)
{
	pid_t rm;

	test_redis_kill(r, SIGKILL);
	rm = r->dir[0] != '\0' ? fork() : -1;
	if (rm == 0) {
		(void)execlp("rm", "rm", "-rf", "--", r->dir, (char *)NULL);
		_exit(127);
	}
	if (rm > 0)
		(void)waitpid(rm, NULL, 0);
}
