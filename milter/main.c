/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroi-milter: phases only.  libmilter runs in a thread of its own; the main
 * thread waits for signals.  On Linux a signal sent to the process goes to its
 * main thread when that one waits for it, so SIGTERM reaches us and not
 * libmilter's own signal thread, which would cut open sessions.  A second SIGTERM
 * while we drain does reach libmilter: that is the hard stop.
 */
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "milter/callbacks.h"
#include "milter/wake.h"

/* Descriptors: a session and its spill file each, the store's pool, DNS. */
#define NOFILE_FIXED 512

static void *
run_milter(void *arg)
{
	*(int *)arg = callbacks_run();
	/* Ended by itself or by a hard stop: the main thread must know. */
	(void)kill(getpid(), SIGUSR2);
	return NULL;
}

static void
kick_watchdog(int64_t *last_ms)
{
	int64_t every = daemon_watchdog_interval_ms();
	int64_t now = oct_clock_mono_ms();

	if (every > 0 && now - *last_ms >= every) {
		daemon_watchdog();
		*last_ms = now;
	}
}

/* Until a signal that ends us; SIGHUP and SIGUSR1 read the files of domains again:
 * settings are read at start. */
static int
wait_for_signal(struct app *app)
{
	struct timespec second = { .tv_sec = 1 };
	int64_t kicked_ms = 0;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, SIGUSR2);
	for (;;) {
		int sig = sigtimedwait(&set, NULL, &second);

		kick_watchdog(&kicked_ms);
		if (sig == SIGTERM || sig == SIGINT || sig == SIGUSR2)
			return sig;
		if (sig == SIGHUP || sig == SIGUSR1)
			oct_log(OCT_NOTICE,
			    "signal=%d effect=\"the files of domains are read; "
			    "restart to read the configuration\"",
			    sig);
		app_refresh(app, sig == SIGHUP || sig == SIGUSR1);
	}
}

/* Let open sessions end: new ones and new messages are deferred meanwhile. */
static void
drain(struct app *app)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000000 };
	int64_t until = oct_clock_mono_ms() + app->settings->milter_drain;

	atomic_store(&app->draining, true);
	oct_log(OCT_NOTICE, "stop=draining sessions=%d",
	    atomic_load(&app->sessions));
	while (atomic_load(&app->sessions) > 0 && oct_clock_mono_ms() < until)
		(void)nanosleep(&pause, NULL);
	oct_log(OCT_NOTICE, "stop=drained sessions=%d",
	    atomic_load(&app->sessions));
}

static int
serve(struct app *app)
{
	pthread_t thread;
	int result = 0;

	if (callbacks_open(app) != 0)
		return DAEMON_EXIT_FAILED;
	if (pthread_create(&thread, NULL, run_milter, &result) != 0) {
		oct_log(OCT_ERROR, "start=failed what=thread");
		return DAEMON_EXIT_FAILED;
	}
	daemon_ready();
	oct_log(OCT_NOTICE, "start=ready socket=%s node=%s",
	    app->settings->milter_socket, app->settings->node);
	if (wait_for_signal(app) != SIGUSR2) {
		daemon_stopping();
		drain(app);
		wake_during(app->settings->milter_socket, callbacks_stop);
	}
	(void)pthread_join(thread, NULL);
	oct_log(OCT_NOTICE, "stop=done");
	return result == 0 ? DAEMON_EXIT_OK : DAEMON_EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct daemon_options opts;
	struct settings *settings = NULL;
	struct app *app = NULL;
	int status = DAEMON_EXIT_CONFIG;

	daemon_options(argc, argv, "octroi-milter",
	    "Filters mail for Postfix: authenticates, scores, decides for each "
	    "recipient, holds.",
	    &opts);
	if (sodium_init() < 0 || settings_load(opts.conf_path, &settings) != 0)
		return DAEMON_EXIT_CONFIG;
	if (opts.test) {
		status = DAEMON_EXIT_OK;
		goto out;
	}
	daemon_prepare();
	/* Days are those of the platform; before there are threads. */
	if (settings_tell_time(settings) != 0)
		goto out;
	(void)daemon_raise_nofile((size_t)settings->milter_sessions * 3 +
	    NOFILE_FIXED);
	if (app_open(settings, &app) != 0) {
		status = DAEMON_EXIT_UNAVAILABLE;
		goto out;
	}
	status = serve(app);
out:
	app_close(app);
	settings_free(settings);
	return status;
}
