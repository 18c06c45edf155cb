/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of this node: a private copy that the stream of labels changes, and a
 * checkpoint of it with its place in the stream, which readers map.  Whoever
 * replaces the file (octroictl learn) is believed: it is read anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "courier/teach.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define EVERY_MS 1000
#define AT_ONCE 50        /* entries: some MB at worst */
#define DIRTY_MAX 500     /* labels before a checkpoint that is not due */
#define REPORT_MS 3600000 /* that this node lives */
#define TRIM_MS 600000
#define RETRY_MS 60000    /* after trouble with the file */

struct learner {
	struct learn *learn;
	struct classifier *model; /* NULL: to be opened */
	struct stat seen;         /* of the file; st_ino 0 = there was none */
	size_t dirty;
	bool behind;              /* as last logged */
	int64_t next_ms, next_save_ms, next_report_ms, next_trim_ms,
	    next_try_ms;
};

int
learner_new(struct learner **out)
{
	struct learner *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL)
		return -ENOMEM;
	rc = learn_new(&l->learn);
	if (rc != 0) {
		free(l);
		return rc;
	}
	*out = l;
	return 0;
}

static void
look(const char *path, struct stat *out)
{
	if (stat(path, out) != 0)
		memset(out, 0, sizeof(*out));
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* --- The file ---------------------------------------------------------------- */

/* 1 there is a model to learn with, 0 not now. */
static int
open_model(struct learner *l, const struct courier *c, int64_t now_ms)
{
	const char *path = c->settings->model;
	struct stat now;
	int rc;

	look(path, &now);
	if (l->model != NULL && is_same(&now, &l->seen))
		return 1;
	if (now_ms < l->next_try_ms)
		return 0;
	classifier_close(l->model);
	l->model = NULL;
	l->dirty = 0;
	rc = classifier_open_learning(path, &l->model);
	if (rc == 0) {
		l->seen = now;
		l->next_report_ms = 0;
		return 1;
	}
	oct_log(OCT_ERROR,
	    "learn=stopped on=%s error=\"%s\" effect=\"labels wait\" "
	    "hint=\"restore the file, or remove it to begin anew\"",
	    path, oct_strerror(rc));
	l->next_try_ms = now_ms + RETRY_MS;
	return 0;
}

/* Written whole; then the others are told, so that no entry ends before. */
static int
save(struct learner *l, struct courier *c, int64_t now_ms)
{
	char position[CLASSIFIER_POSITION_SIZE];
	int rc = 0;

	if (l->dirty > 0)
		rc = classifier_save(l->model, c->settings->model);
	if (rc != 0) {
		oct_log(OCT_ERROR,
		    "learn=unsaved on=%s error=\"%s\" hint=\"the folder must "
		    "be writable by this user, and have 25 MB to spare\"",
		    c->settings->model, oct_strerror(rc));
		l->next_save_ms = now_ms + RETRY_MS;
		return 0;
	}
	if (l->dirty > 0) {
		look(c->settings->model, &l->seen);
		oct_log(OCT_INFO, "learn=saved labels=%zu updates=%llu",
		    l->dirty, (unsigned long long)classifier_updates(l->model));
	}
	l->dirty = 0;
	l->next_save_ms = now_ms + c->settings->learn_checkpoint;
	l->next_report_ms = now_ms + REPORT_MS;
	classifier_position(l->model, position);
	return learn_report(c->store, c->settings->node, position, now_ms);
}

/* --- The stream ---------------------------------------------------------------- */

/* 1 go on, 0 not: others have what this node missed. */
static int
may_apply(struct learner *l, struct courier *c, int64_t now_ms)
{
	char position[CLASSIFIER_POSITION_SIZE];
	struct learn_place place;
	int rc;

	classifier_position(l->model, position);
	rc = learn_standing(c->store, c->settings->node, position, now_ms,
	    &place);
	if (rc != 0)
		return rc;
	if ((place.standing == LEARN_BEHIND) != l->behind) {
		l->behind = place.standing == LEARN_BEHIND;
		oct_log(l->behind ? OCT_ERROR : OCT_NOTICE, "learn=%s%s",
		    l->behind ? "behind" : "current",
		    l->behind ? " effect=\"this node's model stays as it is\" "
				"hint=\"copy the model of another node\""
			      : "");
	}
	if (place.standing == LEARN_ALONE) {
		oct_log(OCT_WARNING,
		    "learn=gap effect=\"labels of a time in which this node "
		    "was away are not learnt\"");
		classifier_set_position(l->model, place.from);
		l->dirty++;
	}
	return place.standing != LEARN_BEHIND;
}

static int
apply(struct learner *l, struct courier *c, int64_t now_ms)
{
	size_t n = 0;
	int rc = 1;

	/* Whether entries were missed matters where the reading begins. */
	if (l->dirty == 0)
		rc = may_apply(l, c, now_ms);
	if (rc == 1)
		rc = learn_apply(l->learn, c->store, l->model, AT_ONCE, &n);
	l->dirty += n;
	/* More waits: at once. */
	if (n == AT_ONCE)
		l->next_ms = now_ms;
	return rc < 0 ? rc : 0;
}

static int
keep_up(struct learner *l, struct courier *c, int64_t now_ms)
{
	int rc = apply(l, c, now_ms);

	if (rc == 0 &&
	    ((l->dirty > 0 && now_ms >= l->next_save_ms) ||
		l->dirty >= DIRTY_MAX || now_ms >= l->next_report_ms))
		rc = save(l, c, now_ms);
	if (rc == 0 && now_ms >= l->next_trim_ms) {
		rc = learn_trim(c->store, now_ms);
		l->next_trim_ms = now_ms + TRIM_MS;
	}
	return rc;
}

int
learner_step(struct learner *l, struct courier *c, int64_t now_ms)
{
	int rc = 0;

	if (*c->settings->model == '\0' || now_ms < l->next_ms)
		return 0;
	l->next_ms = now_ms + EVERY_MS;
	if (*c->settings->learn_folder != '\0')
		rc = courier_folder(c, now_ms);
	if (rc == 0 && open_model(l, c, now_ms) == 1)
		rc = keep_up(l, c, now_ms);
	return rc == OCT_EDOWN || rc == OCT_ETIME ? rc : 0;
}

void
learner_free(struct learner *l, struct courier *c)
{
	if (l == NULL)
		return;
	if (l->model != NULL && l->dirty > 0)
		(void)!save(l, c, oct_clock_wall_ms());
	classifier_close(l->model);
	learn_free(l->learn);
	free(l);
}
