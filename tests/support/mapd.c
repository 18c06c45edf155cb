/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mapd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "policy/directory_private.h"

static int
write_copy(const char *path, const char *json)
{
	struct dir_snapshot *s;
	int rc = dir_snapshot_parse(json, strlen(json), &s);

	if (rc != 0)
		return rc;
	rc = dir_disk_write(path, s, "0-0");
	directory_put(s);
	return rc;
}

int
test_mapd_init(struct test_mapd *m, const char *json)
{
	struct store_conf conf;
	int rc;

	memset(m, 0, sizeof(*m));
	(void)snprintf(m->dir, sizeof(m->dir), "/tmp/oct-mapd-XXXXXX");
	if (mkdtemp(m->dir) == NULL)
		return -errno;
	(void)snprintf(m->socket, sizeof(m->socket), "%s/s", m->dir);
	(void)snprintf(m->copy, sizeof(m->copy), "%s/copy", m->dir);
	m->conf = (struct mapd_server_conf){.socket = m->socket,
	    .mode = 0660,
	    .group = "",
	    .listen = "",
	    .dict_socket = "",
	    .dict_group = "",
	    .site = {"lmtp:unix:/d", "", "", {"", ""}},
	    .idle_ms = 60000,
	    .connections = 100};
	store_conf_init(&conf);
	conf.address = "unix:/nonexistent/redis";
	rc = store_new(&conf, &m->store);
	if (rc == 0)
		rc = write_copy(m->copy, json);
	if (rc == 0)
		rc = directory_open(m->store, m->copy, &m->directory);
	if (rc == 0 && pipe2(m->signals, O_CLOEXEC | O_NONBLOCK) != 0)
		rc = -errno;
	return rc;
}

static void *
run(void *arg)
{
	struct test_mapd *m = arg;

	return (void *)(intptr_t)mapd_server_run(m->server, m->signals[0]);
}

int
test_mapd_start(struct test_mapd *m)
{
	int rc = mapd_server_new(&m->conf, m->directory, &m->server);

	if (rc != 0)
		return rc;
	return -pthread_create(&m->thread, NULL, run, m);
}

void
test_mapd_signal(struct test_mapd *m, int signo)
{
	struct signalfd_siginfo info = {.ssi_signo = (uint32_t)signo};

	if (write(m->signals[1], &info, sizeof(info)) != (ssize_t)sizeof(info))
		abort();
}

int
test_mapd_stop(struct test_mapd *m)
{
	void *rc;

	test_mapd_signal(m, SIGTERM);
	if (pthread_join(m->thread, &rc) != 0)
		abort();
	mapd_server_free(m->server);
	m->server = NULL;
	return (int)(intptr_t)rc;
}

void
test_mapd_fini(struct test_mapd *m)
{
	directory_close(m->directory);
	store_free(m->store);
	(void)close(m->signals[0]);
	(void)close(m->signals[1]);
	(void)unlink(m->copy);
	(void)unlink(m->socket);
	(void)rmdir(m->dir);
}

int
test_mapd_connect(const struct test_mapd *m)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 10};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd == -1)
		return -errno;
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", m->socket);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	rc = -errno;
	(void)close(fd);
	return rc;
}
