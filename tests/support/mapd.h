/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroi-mapd's server in a thread, over a directory given as JSON (as
 * dir_snapshot_parse takes it), without a store.
 */
#ifndef OCT_TESTS_SUPPORT_MAPD_H
#define OCT_TESTS_SUPPORT_MAPD_H

#include <pthread.h>

#include "provisioning/mapd_server.h"

struct test_mapd {
	char dir[64], socket[96], copy[96];
	struct mapd_server_conf conf; /* may be changed before the start */
	struct store *store;
	struct directory *directory;
	struct mapd_server *server;
	int signals[2]; /* pipe in the place of a signalfd */
	pthread_t thread;
};

/* Make the folder and the directory.  0 or an error. */
int test_mapd_init(struct test_mapd *m, const char *json);
/* 0 or mapd_server_new's error. */
int test_mapd_start(struct test_mapd *m);
/* As SIGTERM does; what mapd_server_run gave. */
int test_mapd_stop(struct test_mapd *m);
/* Give a signal to the running server. */
void test_mapd_signal(struct test_mapd *m, int signo);
void test_mapd_fini(struct test_mapd *m);
/* A blocking connection with time-outs of 10 s, or -errno. */
int test_mapd_connect(const struct test_mapd *m);

#endif
