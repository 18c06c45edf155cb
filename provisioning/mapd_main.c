/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroi-mapd: answers Postfix's table look-ups, and Dovecot's, from the
 * directory in memory.  Three threads: the loop, the directory's follower, and
 * the writer of the storage that mailboxes use.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/store.h"
#include "policy/directory.h"
#include "policy/settings.h"
#include "provisioning/mapd_server.h"
#include "provisioning/mapd_usage.h"

#define PROGRAM "octroi-mapd"
#define PURPOSE                                                                \
	"Answer the look-ups of Postfix (socketmap) and Dovecot (dict) from "    \
	"the directory."
#define IDLE_MS 60000 /* Postfix itself closes after about 10 s */
#define SOCKET_MODE 0660u
#define DIRECTORY_RETRY_MS 1000
#define UNIX_PREFIX "unix:"

static int
server_conf(const struct settings *set, const char *srs,
    struct mapd_server_conf *out)
{
	const size_t prefix = strlen(UNIX_PREFIX);
	bool is_unix = strncmp(set->mapd_socket, UNIX_PREFIX, prefix) == 0;

	*out = (struct mapd_server_conf){
	    .socket = is_unix ? set->mapd_socket + prefix : "",
	    .listen = is_unix ? "" : set->mapd_socket,
	    .mode = SOCKET_MODE,
	    .group = set->mapd_group,
	    .site = { .transport = set->mapd_transport,
		.srs_domain = set->srs_domain,
		.srs_transport = srs,
		.own = { set->challenge_domain, set->hostname } },
	    .dict_socket = *set->dovecot_socket != '\0'
		? set->dovecot_socket + prefix
		: "",
	    .dict_group = set->dovecot_group,
	    .dict = { .mail = { .uid = set->dovecot_user,
			  .gid = set->dovecot_user_group,
			  .home = set->dovecot_home,
			  .location = set->dovecot_mail },
		.told = mapd_usage_tell },
	    .idle_ms = IDLE_MS,
	    .connections = (size_t)set->mapd_connections,
	};
	settings_limits(set, &out->dict.limits);
	if (*set->dovecot_socket != '\0' &&
	    strncmp(set->dovecot_socket, UNIX_PREFIX "/", prefix + 1) != 0) {
		oct_log(OCT_ERROR,
		    "mapd: dovecot.socket=%s, expected unix:/path or nothing",
		    set->dovecot_socket);
		return OCT_ECONF;
	}
	if (is_unix ? out->socket[0] == '/' : mapd_listen_check(out->listen))
		return 0;
	oct_log(OCT_ERROR,
	    "mapd: mapd.socket=%s, expected unix:/path or a "
	    "loopback address like 127.0.0.1:10025",
	    set->mapd_socket);
	return OCT_ECONF;
}

/* Waits; true: a signal to stop came. */
static bool
stop_within(int signal_fd, int ms)
{
	struct pollfd p = {.fd = signal_fd, .events = POLLIN};
	struct signalfd_siginfo info;

	if (poll(&p, 1, ms) <= 0 ||
	    read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	return info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT;
}

/*
 * At boot the store may still be starting: wait, unready, until it is there or
 * the supervisor gives up.  Until then Postfix is refused the connection at
 * once, and answers 451.
 */
static int
open_directory(struct store *store, const char *path, int signal_fd,
    struct directory **out)
{
	bool told = false;
	int rc;

	while ((rc = directory_open(store, path, out)) == OCT_EDOWN) {
		if (!told)
			oct_log(OCT_ERROR, "mapd: no store and no disk copy "
					   "of the directory: waiting");
		told = true;
		if (stop_within(signal_fd, DIRECTORY_RETRY_MS))
			return -EINTR;
	}
	if (rc != 0)
		oct_log(OCT_ERROR, "mapd: no directory: error=\"%s\"",
		    oct_strerror(rc));
	return rc;
}

static int
serve(const struct mapd_server_conf *conf, struct directory *directory,
    int signal_fd)
{
	struct mapd_server *server;
	int rc = mapd_server_new(conf, directory, &server);

	if (rc != 0)
		return rc; /* said already */
	rc = directory_follow(directory);
	if (rc == 0) {
		oct_log(OCT_NOTICE, "mapd: ready: socket=%s%s", conf->socket,
		    conf->listen);
		daemon_ready();
		rc = mapd_server_run(server, signal_fd);
	}
	daemon_stopping();
	mapd_server_free(server);
	if (rc != 0)
		oct_log(OCT_ERROR, "mapd: error=\"%s\"", oct_strerror(rc));
	return rc;
}

static int
run(const struct settings *set, struct mapd_server_conf *conf)
{
	const char *copy =
	    *set->directory_copy != '\0' ? set->directory_copy : NULL;
	struct directory *directory = NULL;
	struct store *store = NULL;
	struct mapd_usage *usage = NULL;
	struct store_conf store_conf;
	int signal_fd = daemon_signalfd(), rc;

	if (signal_fd < 0)
		return signal_fd;
	settings_store(set, &store_conf);
	rc = store_new(&store_conf, &store);
	if (rc == 0)
		rc = open_directory(store, copy, signal_fd, &directory);
	if (rc == 0)
		rc = mapd_usage_new(store, directory, &conf->dict.limits,
		    set->node, &usage);
	conf->dict.arg = usage;
	if (rc == 0)
		rc = serve(conf, directory, signal_fd);
	mapd_usage_free(usage);
	directory_close(directory);
	store_free(store);
	(void)close(signal_fd);
	return rc == -EINTR ? 0 : rc;
}

int
main(int argc, char **argv)
{
	struct daemon_options options;
	struct mapd_server_conf conf;
	char srs[SOCKETMAP_SRS_SIZE];
	struct settings *set;
	int rc;

	daemon_options(argc, argv, PROGRAM, PURPOSE, &options);
	if (settings_load(options.conf_path, &set) != 0)
		return DAEMON_EXIT_CONFIG;
	rc = socketmap_srs(set->srs_listen, srs);
	if (rc != 0)
		oct_log(OCT_ERROR, "mapd: srs.listen=%s, expected host:port",
		    set->srs_listen);
	else
		rc = server_conf(set, srs, &conf);
	if (rc != 0 || options.test) {
		settings_free(set);
		return rc != 0 ? DAEMON_EXIT_CONFIG : DAEMON_EXIT_OK;
	}
	daemon_prepare();
	rc = run(set, &conf);
	settings_free(set);
	return rc == 0 ? DAEMON_EXIT_OK : DAEMON_EXIT_FAILED;
}
