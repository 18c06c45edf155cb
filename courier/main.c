/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroi-courier: one loop over three sources of work: what was left
 * unacknowledged, what is due, what is new.  An entry is acknowledged after its
 * duty succeeded or stands as a due time.  What speaks SMTP is given to the pool.
 */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "courier/clock_guard.h"
#include "courier/courier.h"
#include "courier/pool.h"
#include "courier/gate.h"
#include "courier/teach.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/keys.h"
#include "policy/owner_link.h"

#define BATCH 100
#define BLOCK_MS 250
#define SWEEP_MS 3600000
#define PENDING_MS 60000
#define DOWN_PAUSE_MS 500
#define KICK_MS 1000

struct loop {
	struct courier *courier;
	struct pool *pool;
	struct forget *forget;
	struct learner *learner;
	struct daily daily;
	struct clock_guard clock;
	int signals;
	bool stop;
	bool grouped; /* the consumer group is known to exist */
	bool sweep_again; /* soon, and not only after the usual time */
	int64_t now_ms; /* wall, of the last look at the clock */
	int64_t next_sweep_ms, next_pending_ms, kicked_ms;
	char due[KEY_SIZE], work[KEY_SIZE];
};

/* The watchdog's patience is longer than the slowest SMTP transaction: killed in
 * the middle of one, we would deliver twice.  A thread of the pool that hangs
 * counts like our own hanging. */
static void
kick(struct loop *l)
{
	int64_t now = oct_clock_mono_ms();

	if (now - l->kicked_ms >= KICK_MS && pool_is_sound(l->pool)) {
		daemon_watchdog();
		l->kicked_ms = now;
	}
}

static bool
asked_to_stop(struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			l->stop = true;
	return l->stop;
}

/* A duty that fails while the store answers (a damaged record, no memory) must
 * not stand in the way of the others. */
#define STUCK_MS 60000
#define DOUBT_MS (30 * 60000)

static enum duty
do_duty(struct loop *l, const struct case_duty *d)
{
	enum duty out;

	/* Thousands of them may be due at once: rarely enough that others have
	 * their turn.  A clock that is set back starts a sweep. */
	if (clock_guard_stops(&l->clock, d->verb))
		return courier_put_off(l->courier, d,
		    oct_clock_wall_ms() + DOUBT_MS);
	out = pool_dispatch(l->pool, l->courier, d);
	kick(l);
	if (out != DUTY_FAILED || !store_is_up(l->courier->store))
		return out;
	oct_log(OCT_ERROR, "duty=%s domain=%s id=%s failed retry_s=%d",
	    d->verb, d->domain, d->id, STUCK_MS / 1000);
	return courier_put_off(l->courier, d, oct_clock_wall_ms() + STUCK_MS);
}

/* One due member.  Non-zero ends the round: the store is away, or we stop. */
static int
each_due(void *arg, const char *member, int64_t score)
{
	struct loop *l = arg;
	struct case_duty d;
	enum duty out = DUTY_DONE;

	if (case_duty_parse(member, &d) == 0) {
		d.armed_ms = score;
		out = do_duty(l, &d);
	} else {
		oct_log(OCT_ERROR, "duty=unreadable key=due");
	}
	if (out == DUTY_FAILED)
		return OCT_EDOWN;
	/* What was armed anew while it was done stays. */
	if (out == DUTY_DONE &&
	    store_zrem_if(l->courier->store, l->due, member, score) < 0)
		return OCT_EDOWN;
	return asked_to_stop(l) ? 1 : 0;
}

static int
end_work(struct loop *l, const struct store_entry *e, enum duty out)
{
	if (out == DUTY_FAILED)
		return OCT_EDOWN;
	if (store_group_ack(l->courier->store, l->work, KEY_WORK_GROUP,
		e->id) != 0)
		return OCT_EDOWN;
	return asked_to_stop(l) ? 1 : 0;
}

static int
each_work(void *arg, const struct store_entry *e)
{
	struct loop *l = arg;
	char member[OCT_DOMAIN_SIZE + 64];
	struct case_duty d;
	enum duty out = DUTY_DONE;

	if (strcmp(courier_field(e, "verb"), OWNER_JOB_LINK) == 0)
		return end_work(l, e,
		    courier_link_note(l->courier, e) == 0 ? DUTY_DONE
							   : DUTY_FAILED);
	case_duty_write(courier_field(e, "verb"), courier_field(e, "domain"),
	    courier_field(e, "id"),
	    member);
	if (case_duty_parse(member, &d) == 0)
		out = do_duty(l, &d);
	else
		oct_log(OCT_ERROR, "duty=unreadable entry=%s", e->id);
	return end_work(l, e, out);
}

static int
read_work(struct loop *l, bool pending)
{
	return store_group_read(l->courier->store, l->work, KEY_WORK_GROUP,
	    l->courier->settings->node, pending,
	    pending ? PENDING_MS : BLOCK_MS, BATCH, each_work, l);
}

/* 0, or an error of the store. */
static int
look_at_clock(struct loop *l)
{
	struct courier *c = l->courier;
	int rc;

	l->now_ms = oct_clock_wall_ms();
	rc = clock_guard_look(&l->clock, c->store, c->settings->node,
	    l->now_ms, oct_clock_mono_ms());
	c->clock_doubted = l->clock.doubted;
	if (rc != 0 || !l->clock.back)
		return rc;
	oct_log(OCT_NOTICE, "clock=set-back effect=\"a sweep\"");
	l->next_sweep_ms = 0;
	l->grouped = false; /* what comes back by itself is put back */
	return 0;
}

/* One round; 0, or an error of the store. */
static int
round_once(struct loop *l)
{
	static const struct case_duty tell = { "tell", "-", "-", 0 };
	struct store *s = l->courier->store;
	int64_t mono = oct_clock_mono_ms();
	int rc = 0;

	if (!l->grouped) {
		rc = store_group_create(s, l->work, KEY_WORK_GROUP);
		if (rc != 0)
			return rc;
		/* Stands among the due ones as long as the store keeps them. */
		if (courier_put_off(l->courier, &tell, oct_clock_wall_ms()) ==
		    DUTY_FAILED)
			return OCT_EDOWN;
		l->grouped = true;
		l->next_pending_ms = 0;
	}
	rc = look_at_clock(l);
	if (rc != 0)
		return rc;
	if (mono >= l->next_pending_ms) {
		rc = read_work(l, true);
		if (rc < 0)
			return rc;
		l->next_pending_ms = mono + PENDING_MS;
	}
	gate_prepare(l->courier, l->due, BATCH);
	rc = store_zrange(s, l->due, l->now_ms, BATCH, each_due, l);
	gate_forget(l->courier);
	if (rc == 0)
		rc = read_work(l, false);
	/* It waited there: what follows goes by a time that was looked at. */
	if (rc == 0)
		rc = look_at_clock(l);
	if (rc == 0 && mono >= l->next_sweep_ms) {
		courier_sweep(l->courier, l->now_ms);
		/* What came at the end of an outage was too young. */
		l->next_sweep_ms = mono +
		    (l->sweep_again ? courier_sweep_patience_ms(l->courier) +
				1000
				    : SWEEP_MS);
		l->sweep_again = false;
	}
	if (rc == 0 && !l->clock.doubted)
		rc = courier_daily(l->courier, &l->daily, l->now_ms);
	if (rc == 0 && !l->clock.doubted)
		rc = forget_step(l->courier, l->forget, l->now_ms);
	if (rc == 0)
		rc = learner_step(l->learner, l->courier, l->now_ms);
	return rc < 0 ? rc : 0;
}

static void
run(struct loop *l)
{
	const struct timespec pause = { .tv_nsec = DOWN_PAUSE_MS * 1000000L };
	bool down = false;

	while (!asked_to_stop(l)) {
		int rc = round_once(l);

		kick(l);
		if ((rc != 0) != down) {
			down = rc != 0;
			oct_log(down ? OCT_WARNING : OCT_NOTICE,
			    "store=%s error=\"%s\" effect=\"held mail waits\"",
			    down ? "down" : "up", oct_strerror(rc));
			/* Messages were kept undecided meanwhile. */
			l->next_sweep_ms = 0;
			l->sweep_again = true;
		}
		if (rc == 0)
			continue;
		/* A store that came back empty has lost the group too. */
		l->grouped = false;
		(void)nanosleep(&pause, NULL);
	}
}

static int
serve(struct courier *c)
{
	/* What was kept undecided just before is too young at first. */
	struct loop l = { .courier = c, .sweep_again = true };
	int status = DAEMON_EXIT_FAILED;

	if (forget_new(&l.forget) != 0 || learner_new(&l.learner) != 0 ||
	    pool_new(c, (size_t)c->settings->release_workers, &l.pool) != 0)
		goto out;
	l.signals = daemon_signalfd();
	if (l.signals < 0)
		goto out;
	key_due(l.due, c->settings->node);
	key_work(l.work, c->settings->node);
	daemon_ready();
	oct_log(OCT_NOTICE, "start=ready node=%s", c->settings->node);
	run(&l);
	daemon_stopping();
	(void)close(l.signals);
	status = DAEMON_EXIT_OK;
out:
	pool_free(l.pool);
	learner_free(l.learner, c);
	forget_free(l.forget);
	if (status == DAEMON_EXIT_OK)
		oct_log(OCT_NOTICE, "stop=done");
	return status;
}

int
main(int argc, char **argv)
{
	struct daemon_options opts;
	struct settings *settings = NULL;
	struct courier *c = NULL;
	int status = DAEMON_EXIT_OK;

	daemon_options(argc, argv, "octroi-courier",
	    "Sends challenges and notices, releases and expires held mail.",
	    &opts);
	if (sodium_init() < 0 || settings_load(opts.conf_path, &settings) != 0)
		return DAEMON_EXIT_CONFIG;
	if (opts.test)
		goto out;
	daemon_prepare();
	if (settings_tell_time(settings) != 0 ||
	    courier_open(settings, &c) != 0)
		status = DAEMON_EXIT_UNAVAILABLE;
	else
		status = serve(c);
out:
	courier_close(c);
	settings_free(settings);
	return status;
}
