/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroi-web: phases only.  The serving thread and those that wait for the
 * store are http.c's; the main thread waits for signals, cuts connections over
 * their time and has the store asked how it is.
 */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "challenge-web/app.h"
#include "challenge-web/http.h"
#include "challenge-web/route.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"

#define PROGRAM "octroi-web"
#define PURPOSE "Serve the pages of senders and of mailbox owners."
#define TICK_MS 500
#define PROBE_MS 5000     /* between two questions to the store */
#define LIMIT_MS 10000    /* for the head of a request, and for the rest */
#define DRAIN_MS 10000
#define THREADS 4         /* that wait for the store */
#define QUEUE 64
#define NOFILE_FIXED 256  /* the store's pool, logs */

/* The store is asked in the pool, where waiting hurts nobody. */
struct probe {
	struct app *app;
	atomic_bool busy;
	int64_t due_ms;
};

static void
probe_store(void *arg)
{
	struct probe *p = arg;

	/* Its changes of state are logged there; health tells the last one. */
	(void)!store_ping(p->app->store);
	/* The directory, if it could not be read at start. */
	(void)!hosts_open(p->app->hosts);
	atomic_store(&p->busy, false);
}

static void
probe_if_due(struct probe *p, struct http *http)
{
	int64_t now = oct_clock_mono_ms();

	if (now < p->due_ms || atomic_load(&p->busy))
		return;
	p->due_ms = now + PROBE_MS;
	atomic_store(&p->busy, true);
	if (!http_submit(http, probe_store, p))
		atomic_store(&p->busy, false);
}

static void
kick_watchdog(int64_t *kicked_ms)
{
	int64_t every = daemon_watchdog_interval_ms();
	int64_t now = oct_clock_mono_ms();

	if (every > 0 && now - *kicked_ms >= every) {
		daemon_watchdog();
		*kicked_ms = now;
	}
}

/* True: a signal to stop came.  Settings are read at start: the others do
 * nothing. */
static bool
stop_within(int signal_fd, int ms)
{
	struct pollfd p = { .fd = signal_fd, .events = POLLIN };
	struct signalfd_siginfo info;

	if (poll(&p, 1, ms) <= 0 ||
	    read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
		return true;
	oct_log(OCT_NOTICE,
	    "signal=%u effect=\"none: restart to read the configuration\"",
	    info.ssi_signo);
	return false;
}

static void
watch(struct app *app, struct http *http, int signal_fd)
{
	struct probe probe = { .app = app };
	int64_t kicked_ms = 0;

	while (!stop_within(signal_fd, TICK_MS)) {
		http_tick(http);
		probe_if_due(&probe, http);
		kick_watchdog(&kicked_ms);
	}
	daemon_stopping();
	oct_log(OCT_NOTICE, "stop=draining");
	/* Ends the pool, and so the probe, which lives here. */
	http_stop(http, DRAIN_MS);
	oct_log(OCT_NOTICE, "stop=done");
}

static int
serve(struct app *app)
{
	const struct settings *s = app->settings;
	struct http_conf conf = { .listen = s->web_listen,
		.connections = (size_t)s->web_connections,
		.limit_ms = LIMIT_MS,
		.behind_proxy = s->web_behind_proxy,
		.threads = THREADS,
		.queue = QUEUE,
		.body_max = route_body_max,
		.blocks = route_blocks,
		.handle = route_handle,
		.arg = app };
	struct http *http = NULL;
	int signal_fd = daemon_signalfd(), rc = signal_fd;

	if (rc >= 0)
		rc = http_start(&conf, &http);
	if (rc != 0) {
		oct_log(OCT_ERROR,
		    "start=failed what=listen on=%s error=\"%s\"",
		    s->web_listen, oct_strerror(rc));
		if (signal_fd >= 0)
			(void)close(signal_fd);
		return DAEMON_EXIT_FAILED;
	}
	daemon_ready();
	oct_log(OCT_NOTICE, "start=ready listen=%s url=%s", s->web_listen,
	    s->challenge_url);
	watch(app, http, signal_fd);
	(void)close(signal_fd);
	return DAEMON_EXIT_OK;
}

static int
load(const char *path, struct settings **out)
{
	int rc = settings_load(path, out);

	if (rc != 0)
		return rc;
	rc = http_listen_check((*out)->web_listen);
	if (rc == 0)
		return 0;
	oct_log(OCT_ERROR,
	    "%s: web.listen=%s, expected address:port like 127.0.0.1:8025",
	    path, (*out)->web_listen);
	settings_free(*out);
	*out = NULL;
	return rc;
}

int
main(int argc, char **argv)
{
	struct daemon_options opts;
	struct settings *settings = NULL;
	struct app *app = NULL;
	int status = DAEMON_EXIT_UNAVAILABLE;

	daemon_options(argc, argv, PROGRAM, PURPOSE, &opts);
	if (sodium_init() < 0 || load(opts.conf_path, &settings) != 0)
		return DAEMON_EXIT_CONFIG;
	if (opts.test) {
		settings_free(settings);
		return DAEMON_EXIT_OK;
	}
	daemon_prepare();
	(void)daemon_raise_nofile((size_t)settings->web_connections +
	    NOFILE_FIXED);
	if (settings_tell_time(settings) == 0 && app_open(settings, &app) == 0)
		status = serve(app);
	app_close(app);
	settings_free(settings);
	return status;
}
