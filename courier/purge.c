/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The removal of files whose item is over.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "courier/courier.h"
#include "courier/teach.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

/* The file of an item released without a proven path: a bounce brings it back. */
#define BOUNCE_WINDOW_MS (6LL * 86400000)
/* Two machines' clocks may differ by so much. */
#define CLOCK_SLACK_MS 60000

static bool
has_file(const struct courier *c, const char *id)
{
	int fd = -1, rc = spool_item_open(c->spool, id, &fd);

	if (fd >= 0)
		(void)close(fd);
	return rc != OCT_EABSENT;
}

bool
courier_is_renewed(const struct held *file, const struct case_item *item)
{
	int64_t known = item->held.arrival_ms;

	/* Later; or the item is of a clock that was set back since. */
	return file->adrift && !held_is_live(item->state) &&
	    (file->arrival_ms > known ||
		(file->arrival_ms < known &&
		    known > oct_clock_wall_ms() + CLOCK_SLACK_MS));
}

/* 1: the file is another message's by now, which the sweep will register; 0, or
 * an error. */
static int
is_renewed(const struct courier *c, const struct case_item *item)
{
	struct held h;
	char *text = NULL;
	int rc = spool_item_sidecar(c->spool, item->held.id, &text);

	if (rc != 0)
		return rc == OCT_EABSENT ? 0 : rc;
	rc = held_parse(text, strlen(text), &h);
	free(text);
	if (rc != 0)
		return 0; /* damaged: nothing can be registered from it */
	rc = courier_is_renewed(&h, item);
	held_fini(&h);
	return rc;
}

/* Remove the message of a finished item.  It is marked before and after, each
 * time anew: the milter, which may be writing the same message again, registers
 * neither in between nor over a mark that it has not seen. */
static enum duty
purge(struct courier *c, const struct case_duty *d, struct case_item *item)
{
	int64_t now = oct_clock_wall_ms();
	int rc = is_renewed(c, item);

	if (rc < 0)
		return courier_put_off(c, d, now + 60000);
	if (rc == 1)
		return DUTY_DONE;
	rc = case_purge(c->store, item, false);
	if (rc < 0)
		return DUTY_FAILED;
	if (rc == 0)
		return courier_put_off(c, d, now + 1000);
	if (courier_teach(c, item) != 0)
		return DUTY_FAILED;
	rc = spool_item_remove(c->spool, d->id);
	if (rc != 0) {
		oct_log(OCT_WARNING, "item=%s purge=failed error=\"%s\"",
		    d->id, oct_strerror(rc));
		return courier_put_off(c, d, now + 60000);
	}
	return case_purge(c->store, item, true) < 0 ? DUTY_FAILED : DUTY_DONE;
}

/* The file of an item that is over, once nothing can bring it back; and one that
 * a milter left there since, which it could not register. */
static enum duty
look(struct courier *c, const struct case_duty *d, struct case_item *item)
{
	bool gone = case_is_gone(item->file);
	int64_t until = 0;

	if (held_is_live(item->state) || (gone && !has_file(c, d->id)))
		return DUTY_DONE;
	if (!gone && item->state == HELD_RELEASED &&
	    item->held.class[0] != 'A' && item->held.rpath[0] != '\0')
		until = item->released_ms + BOUNCE_WINDOW_MS;
	/* His owner may take back that he discarded it. */
	if (!gone && item->state == HELD_DROPPED)
		until = item->undo_ms;
	if (oct_clock_wall_ms() < until)
		return courier_put_off(c, d, until);
	return purge(c, d, item);
}

enum duty
courier_purge(struct courier *c, const struct case_duty *d)
{
	struct case_item item;
	enum duty out;
	int rc = case_item_read(c->store, d->domain, d->id, &item);

	if (rc == 0 || rc == OCT_EPARSE)
		return DUTY_DONE;
	if (rc < 0)
		return DUTY_FAILED;
	out = look(c, d, &item);
	case_item_fini(&item);
	return out;
}
