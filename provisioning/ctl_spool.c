/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl spool: rebuild what the store knew of held messages from their
 * sidecars, and compare the two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/space.h"
#include "provisioning/ctl_held.h"

#define PROBLEMS_SHOWN 1000

struct walk {
	struct ctl *ctl;
	struct spool *spool;
	struct case_timers timers;
	bool dry_run;
	int64_t now_ms;
	json_int_t items, restored, present, finished, foreign, unreadable,
	    not_in_store, not_in_spool;
	json_t *problems;
};

static void
problem(struct walk *w, const char *id, const char *kind, const char *text)
{
	json_t *v;

	if (json_array_size(w->problems) >= PROBLEMS_SHOWN)
		return; /* the counts go on */
	v = json_object();
	ctl_json_set(v, "id", ctl_json_text(id));
	ctl_json_set(v, "kind", json_string(kind));
	ctl_json_set(v, "problem", ctl_json_text(text));
	(void)json_array_append_new(w->problems, v);
}

/* 1: an item of this node, in *h; 0: passed over, counted. */
static int
read_sidecar(struct walk *w, const char *id, const char *sidecar, int err,
    struct held *h)
{
	int rc = sidecar != NULL ? held_parse(sidecar, strlen(sidecar), h)
				 : err;

	w->items++;
	if (rc == 0 && strcmp(h->id, id) != 0) {
		held_fini(h);
		rc = OCT_ECORRUPT;
	}
	if (rc != 0) {
		w->unreadable++;
		problem(w, id, "unreadable", oct_strerror(rc));
		return 0;
	}
	if (strcmp(h->node, w->ctl->settings->node) == 0)
		return 1;
	w->foreign++;
	problem(w, id, "other-node", h->node);
	held_fini(h);
	return 0;
}

/* 1: the store has a live item, 2: a finished one, 0: none. */
static int
known(struct walk *w, const struct held *h)
{
	struct case_item item;
	int rc = case_item_read(w->ctl->store, h->domain, h->id, &item);

	if (rc == OCT_EPARSE)
		return 0; /* a rest that nothing can be done with */
	if (rc <= 0)
		return rc;
	rc = held_is_live(item.state) ? 1 : 2;
	case_item_fini(&item);
	return rc;
}

/* --- Rebuild ------------------------------------------------------------ */

static int
rebuild_item(void *arg, const char *id, const char *sidecar, int err)
{
	struct walk *w = arg;
	struct held h;
	int rc = read_sidecar(w, id, sidecar, err, &h);

	if (rc == 0)
		return 0;
	rc = known(w, &h);
	if (rc == 1) {
		w->present++;
	} else if (rc == 2) {
		w->finished++;
	} else if (rc == 0) {
		rc = w->dry_run ? 1
				: case_restore(w->ctl->store, &w->timers, &h,
				      sidecar, w->now_ms);
		w->restored += rc == 1;
		w->present += rc == 0;
	}
	held_fini(&h);
	return rc < 0 ? rc : 0;
}

static int
open_walk(struct ctl *ctl, struct walk *w)
{
	const struct settings *set;
	struct store *store;
	int status = ctl_settings(ctl, &set);

	*w = (struct walk){ .ctl = ctl, .now_ms = oct_clock_wall_ms() };
	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status == 0)
		status = ctl_spool(ctl, &w->spool);
	if (status != 0)
		return status;
	settings_timers(set, &w->timers);
	w->problems = json_array();
	return 0;
}

static int
print_problems(const struct ctl *ctl, const struct walk *w)
{
	static const struct ctl_column columns[] = {
		{ "id", "ID", CTL_TEXT },
		{ "kind", "KIND", CTL_TEXT },
		{ "problem", "PROBLEM", CTL_TEXT },
	};

	if (ctl->json || json_array_size(w->problems) == 0)
		return 0;
	return ctl_print(ctl, json_incref(w->problems), columns,
	    OCT_LEN(columns));
}

/* What waits for each mailbox is counted anew where the counters disagree. */
static int
recount(struct ctl *ctl, size_t *repaired)
{
	const struct dir_snapshot *dir = NULL;
	int rc, status = ctl_directory(ctl, NULL, &dir);

	if (status != 0)
		return status;
	rc = space_repair(ctl->store, dir, repaired);
	directory_put(dir);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "count", "held mail");
}

static int
spool_rebuild(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "items", "items in the spool", CTL_TEXT },
		{ "present", "known to the store", CTL_TEXT },
		{ "restored", "restored", CTL_TEXT },
		{ "finished", "finished, to be swept", CTL_TEXT },
		{ "unreadable", "unreadable", CTL_TEXT },
		{ "other_node", "of another node", CTL_TEXT },
		{ "recounted", "mailboxes counted anew", CTL_TEXT },
		{ "dry_run", "dry run", CTL_TEXT },
	};
	struct walk w;
	size_t recounted = 0;
	json_t *v;
	int status = open_walk(ctl, &w), rc, last;

	if (status != 0)
		return status;
	w.dry_run = ctl_args_has(args, "dry-run");
	rc = spool_walk(w.spool, rebuild_item, &w);
	if (rc != 0)
		status = ctl_fail_rc(ctl, rc, "rebuild from",
		    ctl->settings->spool_path);
	else if (!w.dry_run)
		status = recount(ctl, &recounted);
	last = print_problems(ctl, &w);
	v = json_object();
	ctl_json_set(v, "items", json_integer(w.items));
	ctl_json_set(v, "present", json_integer(w.present));
	ctl_json_set(v, "restored", json_integer(w.restored));
	ctl_json_set(v, "finished", json_integer(w.finished));
	ctl_json_set(v, "unreadable", json_integer(w.unreadable));
	ctl_json_set(v, "other_node", json_integer(w.foreign));
	ctl_json_set(v, "recounted", json_integer((json_int_t)recounted));
	ctl_json_set(v, "dry_run", json_boolean(w.dry_run));
	ctl_json_set(v, "problems", w.problems);
	last = last != 0 ? last : ctl_print(ctl, v, columns, OCT_LEN(columns));
	if (status == 0 && w.unreadable > 0)
		status = DAEMON_EXIT_FAILED;
	return status != 0 ? status : last;
}

/* --- Check -------------------------------------------------------------- */

static int
check_item(void *arg, const char *id, const char *sidecar, int err)
{
	struct walk *w = arg;
	struct held h;
	int rc = read_sidecar(w, id, sidecar, err, &h);

	if (rc == 0)
		return 0;
	rc = known(w, &h);
	if (rc == 1) {
		w->present++;
	} else if (rc == 2) {
		w->finished++;
	} else if (rc == 0) {
		w->not_in_store++;
		problem(w, id, "not-in-store",
		    "Redis does not know it: 'octroictl spool rebuild'");
	}
	held_fini(&h);
	return rc < 0 ? rc : 0;
}

static int
check_stored(void *arg, const char *domain, const char *id)
{
	struct walk *w = arg;
	struct case_item item;
	int rc = case_item_read(w->ctl->store, domain, id, &item), fd;

	if (rc <= 0)
		return rc;
	rc = 0;
	if (held_is_live(item.state) &&
	    strcmp(item.held.node, w->ctl->settings->node) == 0) {
		rc = spool_item_open(w->spool, id, &fd);
		if (rc == 0)
			(void)close(fd);
	}
	case_item_fini(&item);
	if (rc != OCT_EABSENT)
		return rc;
	w->not_in_spool++;
	problem(w, id, "not-in-spool",
	    "the message is gone: restore the spool, or drop it");
	return 0;
}

static int
spool_check(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "items", "items in the spool", CTL_TEXT },
		{ "present", "known to the store", CTL_TEXT },
		{ "finished", "finished, to be swept", CTL_TEXT },
		{ "unreadable", "unreadable", CTL_TEXT },
		{ "other_node", "of another node", CTL_TEXT },
		{ "not_in_store", "not in the store", CTL_TEXT },
		{ "not_in_spool", "not in the spool", CTL_TEXT },
	};
	struct walk w;
	json_t *v;
	int status = open_walk(ctl, &w), rc, last;

	if (status != 0)
		return status;
	rc = spool_walk(w.spool, check_item, &w);
	if (rc != 0)
		status = ctl_fail_rc(ctl, rc, "check of",
		    ctl->settings->spool_path);
	else
		status = ctl_held_each(ctl, check_stored, &w);
	last = print_problems(ctl, &w);
	v = json_object();
	ctl_json_set(v, "items", json_integer(w.items));
	ctl_json_set(v, "present", json_integer(w.present));
	ctl_json_set(v, "finished", json_integer(w.finished));
	ctl_json_set(v, "unreadable", json_integer(w.unreadable));
	ctl_json_set(v, "other_node", json_integer(w.foreign));
	ctl_json_set(v, "not_in_store", json_integer(w.not_in_store));
	ctl_json_set(v, "not_in_spool", json_integer(w.not_in_spool));
	ctl_json_set(v, "problems", w.problems);
	last = last != 0 ? last : ctl_print(ctl, v, columns, OCT_LEN(columns));
	if (status == 0 &&
	    (w.unreadable > 0 || w.not_in_store > 0 || w.not_in_spool > 0))
		status = DAEMON_EXIT_FAILED;
	return status != 0 ? status : last;
}

static const struct ctl_option rebuild_options[] = {
	{ "dry-run", NULL, "only say what would be restored" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_spool_verbs[] = {
	{ "rebuild", "[--dry-run]",
	    "put back into Redis the held messages that it lost", 0, 0,
	    rebuild_options, CTL_NO_ATTRIBUTES, spool_rebuild },
	{ "check", "", "compare the spool and Redis both ways", 0, 0, NULL,
	    CTL_NO_ATTRIBUTES, spool_check },
	{ .run = NULL },
};
