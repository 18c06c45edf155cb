/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fnv.h"
#include "lib/log.h"
#include "policy/keys.h"
#include "policy/owner_ask.h"
#include "policy/probe.h"

/* Above the slowest transaction (lib/smtp_out.h). */
#define JOB_MAX_MS (14 * 60000)
/* One that waits in a lane is looked at again: a release, which has a lease, as
 * rarely as that; the others soon, for a courier that was killed must go on. */
#define RELEASE_MS 60000
#define ARM_MS 5000
#define FULL_MS 1000

struct lane {
	struct pool *pool;
	struct courier *courier; /* a view with connections of its own */
	pthread_t thread;
	bool started;
	pthread_cond_t more;
	struct pool_job job[POOL_QUEUE]; /* a ring; the first is under way */
	size_t first, count;
	int64_t since_ms;                /* of the one under way, 0 = none */
};

struct pool {
	pthread_mutex_t lock; /* of the lanes' rings, and stop; held for no I/O */
	bool stop;
	size_t workers, count;
	char due[KEY_SIZE];
	struct lane *lanes;
};

/* --- A lane's thread --------------------------------------------------------- */

static void
run_job(const struct lane *l, const struct pool_job *job)
{
	struct courier *c = l->courier;
	char member[OCT_DOMAIN_SIZE + 64];
	enum duty out = job->claimed ? courier_release_finish(c, &job->item)
				     : courier_do(c, &job->duty);
	int rc;

	if (out == DUTY_LATER)
		return;
	if (out == DUTY_FAILED) {
		/* It stands as it was armed. */
		oct_log(OCT_ERROR, "duty=%s domain=%s id=%s failed retry=yes",
		    job->duty.verb, job->duty.domain, job->duty.id);
		return;
	}
	case_duty_write(job->duty.verb, job->duty.domain, job->duty.id, member);
	rc = store_zrem_if(c->store, l->pool->due, member, job->duty.armed_ms);
	if (rc < 0)
		oct_log(OCT_WARNING, "duty=%s id=%s done error=\"%s\" "
				     "effect=\"looked at once more\"",
		    job->duty.verb, job->duty.id, oct_strerror(rc));
}

static struct pool_job *
wait_for_job(struct lane *l)
{
	struct pool *p = l->pool;
	struct pool_job *job = NULL;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->stop && l->count == 0)
		(void)pthread_cond_wait(&l->more, &p->lock);
	if (!p->stop) {
		job = &l->job[l->first];
		l->since_ms = oct_clock_mono_ms();
	}
	(void)pthread_mutex_unlock(&p->lock);
	return job;
}

static void
end_job(struct lane *l, struct pool_job *job)
{
	if (job->claimed)
		case_item_fini(&job->item);
	(void)pthread_mutex_lock(&l->pool->lock);
	l->first = (l->first + 1) % POOL_QUEUE;
	l->count--;
	l->since_ms = 0;
	(void)pthread_mutex_unlock(&l->pool->lock);
}

static void *
run_lane(void *arg)
{
	struct lane *l = arg;
	struct pool_job *job;

	while ((job = wait_for_job(l)) != NULL) {
		run_job(l, job);
		end_job(l, job);
	}
	return NULL;
}

/* --- The pool ------------------------------------------------------------------ */

static int
start_lane(struct pool *p, struct lane *l, struct courier *c)
{
	int rc = courier_view_new(c, &l->courier);

	l->pool = p;
	(void)pthread_cond_init(&l->more, NULL);
	if (rc != 0)
		return rc;
	rc = pthread_create(&l->thread, NULL, run_lane, l);
	l->started = rc == 0;
	return -rc;
}

int
pool_new(struct courier *c, size_t workers, struct pool **out)
{
	struct pool *p = calloc(1, sizeof(*p));
	int rc = 0;

	if (p == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&p->lock, NULL);
	key_due(p->due, c->settings->node);
	p->workers = workers;
	p->lanes = calloc(workers + 2, sizeof(*p->lanes));
	if (p->lanes == NULL)
		rc = -ENOMEM;
	for (; rc == 0 && p->count < workers + 2; p->count++)
		rc = start_lane(p, &p->lanes[p->count], c);
	if (rc != 0) {
		pool_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

static void
end_lane(struct lane *l)
{
	if (l->started)
		(void)pthread_join(l->thread, NULL);
	for (; l->count > 0; l->count--) {
		struct pool_job *job = &l->job[l->first];

		if (job->claimed)
			case_item_fini(&job->item);
		l->first = (l->first + 1) % POOL_QUEUE;
	}
	(void)pthread_cond_destroy(&l->more);
	courier_view_free(l->courier);
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	for (size_t i = 0; i < p->count; i++)
		(void)pthread_cond_signal(&p->lanes[i].more);
	(void)pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->count; i++)
		end_lane(&p->lanes[i]);
	(void)pthread_mutex_destroy(&p->lock);
	free(p->lanes);
	free(p);
}

/* Of the lane that writes to owners, referents and refused senders. */
static bool
is_notice(const struct case_duty *d)
{
	static const char *const verbs[] = { "digest", "expire",
		OWNER_ASK_VERB, PROBE_VERB, "storage", "tell" };

	for (size_t i = 0; i < OCT_LEN(verbs); i++)
		if (strcmp(d->verb, verbs[i]) == 0)
			return true;
	return false;
}

size_t
pool_lane(const struct pool *p, const struct case_duty *d, const char *local)
{
	if (strcmp(d->verb, "challenge") == 0)
		return p->workers;
	if (is_notice(d))
		return p->workers + 1;
	return (size_t)(oct_fnv64(oct_fnv64(OCT_FNV64, d->domain), local) %
	    p->workers);
}

static bool
lane_has(const struct lane *l, const struct case_duty *d)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct case_duty *o =
		    &l->job[(l->first + i) % POOL_QUEUE].duty;

		if (strcmp(o->id, d->id) == 0 &&
		    strcmp(o->verb, d->verb) == 0 &&
		    strcmp(o->domain, d->domain) == 0)
			return true;
	}
	return false;
}

bool
pool_has(struct pool *p, const struct case_duty *d)
{
	bool has = false;

	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; !has && i < p->count; i++)
		has = lane_has(&p->lanes[i], d);
	(void)pthread_mutex_unlock(&p->lock);
	return has;
}

bool
pool_has_room(struct pool *p, size_t lane)
{
	bool room;

	(void)pthread_mutex_lock(&p->lock);
	room = p->lanes[lane].count < POOL_QUEUE;
	(void)pthread_mutex_unlock(&p->lock);
	return room;
}

void
pool_give(struct pool *p, size_t lane, const struct pool_job *job)
{
	struct lane *l = &p->lanes[lane];

	(void)pthread_mutex_lock(&p->lock);
	OCT_ASSERT(l->count < POOL_QUEUE);
	l->job[(l->first + l->count) % POOL_QUEUE] = *job;
	l->count++;
	(void)pthread_cond_signal(&l->more);
	(void)pthread_mutex_unlock(&p->lock);
}

bool
pool_is_idle(struct pool *p)
{
	bool idle = true;

	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->count; i++)
		idle &= p->lanes[i].count == 0;
	(void)pthread_mutex_unlock(&p->lock);
	return idle;
}

bool
pool_is_sound(struct pool *p)
{
	int64_t now = oct_clock_mono_ms();
	bool sound = true;

	(void)pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->count; i++)
		sound &= p->lanes[i].since_ms == 0 ||
		    now - p->lanes[i].since_ms < JOB_MAX_MS;
	(void)pthread_mutex_unlock(&p->lock);
	return sound;
}

/* --- What the loop gives to it ---------------------------------------------------- */

static enum duty
give_release(struct pool *p, struct courier *c, struct pool_job *job)
{
	size_t lane;
	enum duty out;

	if (courier_release_look(c, &job->duty, &job->item, &out) == 0)
		return out;
	lane = pool_lane(p, &job->duty, job->item.held.local);
	if (!pool_has_room(p, lane))
		out = courier_put_off(c, &job->duty,
		    oct_clock_wall_ms() + FULL_MS);
	else if (courier_release_claim(c, &job->duty, &job->item, &out) == 1) {
		job->claimed = true;
		job->duty.armed_ms = CASE_LEASE_DUE(&job->item);
		pool_give(p, lane, job);
		return DUTY_LATER;
	}
	case_item_fini(&job->item);
	return out;
}

static enum duty
give_own(struct pool *p, struct courier *c, struct pool_job *job)
{
	size_t lane = pool_lane(p, &job->duty, "");
	bool room = pool_has_room(p, lane);
	enum duty out;

	job->duty.armed_ms = oct_clock_wall_ms() + (room ? ARM_MS : FULL_MS);
	out = courier_put_off(c, &job->duty, job->duty.armed_ms);
	if (out == DUTY_LATER && room)
		pool_give(p, lane, job);
	return out;
}

enum duty
pool_dispatch(struct pool *p, struct courier *c, const struct case_duty *d)
{
	struct pool_job job = { .duty = *d };
	bool release = strcmp(d->verb, "release") == 0;

	if (!release && strcmp(d->verb, "challenge") != 0 && !is_notice(d))
		return courier_do(c, d);
	/* Its lease or its time is over before its turn came: it is safe here,
	 * and nobody else has this node's duties. */
	if (pool_has(p, d))
		return courier_put_off(c, d,
		    oct_clock_wall_ms() + (release ? RELEASE_MS : ARM_MS));
	return release ? give_release(p, c, &job) : give_own(p, c, &job);
}
