/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of octroi-mapd: listeners, connections, signals, in one thread.  It
 * answers from memory and never waits for anything but its sockets.
 */
#ifndef OCT_PROVISIONING_MAPD_SERVER_H
#define OCT_PROVISIONING_MAPD_SERVER_H

#include "lib/def.h"
#include "policy/directory.h"
#include "provisioning/dict.h"
#include "provisioning/socketmap.h"

struct mapd_server_conf {
	const char *socket; /* path of the UNIX socket, "" = none */
	unsigned int mode;  /* of the socket */
	const char *group;  /* of the socket, "" = our own */
	const char *listen; /* "127.0.0.1:port" or "[::1]:port", "" = none */
	struct socketmap_site site;
	const char *dict_socket; /* path for Dovecot, "" = none */
	const char *dict_group;
	struct dict_conf dict;
	int64_t idle_ms;    /* without a whole request, then closed */
	size_t connections; /* at once; more are closed at once */
};

struct mapd_server;

/*
 * Listen.  conf's texts and directory are borrowed until the end.  On failure
 * the reason was logged.
 */
OCT_CHECK int mapd_server_new(const struct mapd_server_conf *conf,
    struct directory *directory, struct mapd_server **out);
/* Serve until SIGTERM or SIGINT comes by signal_fd (a signalfd).  0 or -errno.
 */
OCT_CHECK int mapd_server_run(struct mapd_server *s, int signal_fd);
void mapd_server_free(struct mapd_server *s);

/* Is this an address that listen takes?  Loopback only: there is no
 * authentication. */
bool mapd_listen_check(const char *address);

#endif
