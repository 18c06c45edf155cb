/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every long-running program does around its work: options, signals,
 * readiness, limits.  Call from main only.
 */
#ifndef OCT_LIB_DAEMON_H
#define OCT_LIB_DAEMON_H

#include "lib/def.h"
#include "lib/log.h"

#define DAEMON_CONF_DEFAULT "/etc/octroi/octroi.conf"

/* sysexits(3) that our programs use. */
enum daemon_exit {
	DAEMON_EXIT_OK = 0,
	DAEMON_EXIT_FAILED = 1,
	DAEMON_EXIT_USAGE = 64,
	DAEMON_EXIT_UNAVAILABLE = 69,
	DAEMON_EXIT_CONFIG = 78
};

struct daemon_options {
	const char *conf_path;
	bool test; /* -t: test the configuration and exit */
};

/*
 * Parse -c FILE, -t, -v (debug), -V/--version, -h/--help.  --help and --version
 * print and exit 0; a usage error prints and exits 64.  Opens the log (stderr,
 * with journal priorities when JOURNAL_STREAM is set).
 */
void daemon_options(int argc, char **argv, const char *program,
    const char *purpose, struct daemon_options *out);

/*
 * Block SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 in the calling thread (and so
 * in all made later), ignore SIGPIPE, umask 077, close-on-exec for inherited
 * descriptors above 2 that are not systemd's, no core dumps with secrets
 * (PR_SET_DUMPABLE off unless OCTROI_DEBUG is set).
 */
void daemon_prepare(void);

/* A signalfd for those signals (non-blocking), or -errno. */
OCT_CHECK int daemon_signalfd(void);

/* sd_notify: ready, stopping, status text, watchdog kick (harmless without). */
void daemon_ready(void);
void daemon_stopping(void);
void daemon_watchdog(void);
/* Half of WATCHDOG_USEC in ms, or 0 if no watchdog is asked for. */
int64_t daemon_watchdog_interval_ms(void);

/* Set the soft limit of open files to at least want (up to the hard limit);
 * returns the limit in force. */
size_t daemon_raise_nofile(size_t want);

/*
 * chmod (and, where group is not "" and we may, chgrp) a socket that was just
 * bound.  0 or -errno.
 */
OCT_CHECK int daemon_socket_access(const char *path, unsigned int mode,
    const char *group);

#endif
