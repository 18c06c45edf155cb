/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "config.h"

static void
print_help(const char *program, const char *purpose)
{
	(void)printf("Usage: %s [-c FILE] [-t] [-v]\n%s\n\n"
		     "  -c FILE        configuration (default %s)\n"
		     "  -t             test the configuration and exit\n"
		     "  -v             log debug lines too\n"
		     "  -V, --version  print the version\n"
		     "  -h, --help     print this\n\n"
		     "Manual: %s(8), octroi.conf(5)\n",
	    program, purpose, DAEMON_CONF_DEFAULT, program);
}

void
daemon_options(int argc, char **argv, const char *program, const char *purpose,
    struct daemon_options *out)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "test", no_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	enum oct_level level = OCT_INFO;
	int c;

	*out = (struct daemon_options){ .conf_path = DAEMON_CONF_DEFAULT };
	while ((c = getopt_long(argc, argv, "c:tvVh", longs, NULL)) != -1) {
		if (c == 'c') {
			out->conf_path = optarg;
		} else if (c == 't') {
			out->test = true;
		} else if (c == 'v') {
			level = OCT_DEBUG;
		} else if (c == 'V') {
			(void)printf("%s %s\n", program, PACKAGE_VERSION);
			exit(DAEMON_EXIT_OK);
		} else if (c == 'h') {
			print_help(program, purpose);
			exit(DAEMON_EXIT_OK);
		} else {
			(void)fprintf(stderr, "try '%s --help'\n", program);
			exit(DAEMON_EXIT_USAGE);
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "%s: unexpected argument '%s'\n", program,
		    argv[optind]);
		exit(DAEMON_EXIT_USAGE);
	}
	oct_log_open(program,
	    getenv("JOURNAL_STREAM") != NULL ? OCT_LOG_JOURNAL : OCT_LOG_STDERR,
	    level);
}

static void
signal_set(sigset_t *set)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };

	(void)sigemptyset(set);
	for (size_t i = 0; i < OCT_LEN(ours); i++)
		(void)sigaddset(set, ours[i]);
}

void
daemon_prepare(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	signal_set(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)umask(077);
	if (getenv("OCTROI_DEBUG") == NULL)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (int fd = 3; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags != -1)
			(void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	}
}

int
daemon_signalfd(void)
{
	sigset_t set;
	int fd;

	signal_set(&set);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd == -1 ? -errno : fd;
}

void
daemon_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void
daemon_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void
daemon_watchdog(void)
{
	/* Whoever asked for none may not read them: we would block. */
	if (sd_watchdog_enabled(0, NULL) > 0)
		(void)sd_notify(0, "WATCHDOG=1");
}

int64_t
daemon_watchdog_interval_ms(void)
{
	uint64_t usec = 0;

	if (sd_watchdog_enabled(0, &usec) <= 0)
		return 0;
	return (int64_t)(usec / 2000);
}

size_t
daemon_raise_nofile(size_t want)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return 0;
	if (lim.rlim_cur < want) {
		lim.rlim_cur = want < lim.rlim_max ? want : lim.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
		(void)getrlimit(RLIMIT_NOFILE, &lim);
	}
	return (size_t)lim.rlim_cur;
}

int
daemon_socket_access(const char *path, unsigned int mode, const char *group)
{
	struct group gr, *found = NULL;
	char buf[4096];
	int err;

	if (group != NULL && *group != '\0') {
		err = getgrnam_r(group, &gr, buf, sizeof(buf), &found);
		if (err != 0 || found == NULL)
			return err != 0 ? -err : -ENOENT;
		if (chown(path, (uid_t)-1, gr.gr_gid) != 0)
			return -errno;
	}
	return chmod(path, (mode_t)mode) == 0 ? 0 : -errno;
}
