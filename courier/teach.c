/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/teach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/appraise.h"
#include "policy/learn_item.h"

#define BODY_MAX (64u << 20)

/* Not the null path, which machines write with. */
#define UNKNOWN "unknown@invalid"

static void
parse(const char *text, const char *otherwise, struct oct_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (text == NULL || oct_addr_parse(text, out) != 0)
		(void)!oct_addr_parse(otherwise, out);
}

int
teach_pack(struct oct_msg *m, const struct teach_from *from,
    struct teach_lesson *lesson)
{
	struct label_record r = { .live = true };
	struct oct_addr rcpt, rpath;
	struct lesson_input in = { .msg = m,
		.rcpts = &rcpt,
		.rcpt_count = 1,
		.rpath = &rpath,
		.helo = from->helo != NULL ? from->helo : "",
		.received_skip = from->received_skip,
		.when_ms = from->when_ms,
		.proof = from->proof };
	struct features *f = NULL;
	struct lesson l;
	int rc = features_new(&f);

	parse(from->rcpt, UNKNOWN, &rcpt);
	parse(from->rpath, UNKNOWN, &rpath);
	if (rc == 0)
		rc = appraise_lesson(&in, f, &l);
	if (rc == 0) {
		r.fingerprint = lesson->fingerprint = l.fingerprint;
		r.label = (struct classifier_label){ .bad = lesson->bad,
			.weight = lesson->weight,
			.domain = lesson->domain,
			.stratum = l.stratum };
		rc = learn_pack(&r, f, &lesson->packed);
	}
	features_free(f);
	return rc;
}

/* --- Held messages -------------------------------------------------------------- */

static int
read_item(const struct courier *c, const char *id, struct oct_msg **out)
{
	struct oct_msg_limits limits;
	int fd = -1, rc = spool_item_open(c->spool, id, &fd);

	if (rc != 0)
		return rc;
	oct_msg_limits_init(&limits);
	limits.body_octets = BODY_MAX;
	limits.spill_dir = c->settings->spool_path;
	rc = oct_msg_read(&limits, fd, out);
	(void)close(fd);
	return rc;
}

static int
pack_item(const struct courier *c, const struct held *h,
    struct teach_lesson *lesson)
{
	const struct teach_from from = { .rcpt = h->typed,
		.rpath = h->rpath,
		.helo = h->helo,
		.when_ms = h->arrival_ms,
		.proof = h->class };
	struct oct_msg *m = NULL;
	int rc = read_item(c, h->id, &m);

	if (rc == 0)
		rc = teach_pack(m, &from, lesson);
	oct_msg_free(m);
	return rc;
}

static void
log_lesson(const struct held *h, const struct teach_lesson *l, const char *by,
    int rc)
{
	oct_log(rc < 0 ? OCT_WARNING : OCT_INFO,
	    "learn=%s item=%s domain=%s by=%s as=%s error=\"%s\"",
	    rc == 1	    ? "said"
		: rc == 0 ? "left-out"
			  : "failed",
	    h->id, h->domain, by, l->bad ? "spam" : "ham",
	    oct_strerror(rc < 0 ? rc : 0));
}

static bool
is_of_store(int rc)
{
	return rc == OCT_EDOWN || rc == OCT_ETIME;
}

static int
teach_mark(struct courier *c, const struct held *h, enum learn_mark mark)
{
	struct teach_lesson lesson = { .domain = h->domain,
		.bad = mark == LEARN_SPAM, .weight = 1 };
	int rc = pack_item(c, h, &lesson);

	if (rc == 0)
		rc = learn_write(c->store, h->domain, lesson.packed, "owner");
	log_lesson(h, &lesson, "owner", rc);
	free(lesson.packed);
	if (is_of_store(rc))
		return rc;
	return learn_unmark(c->store, h->domain, h->id);
}

static bool
was_confirmed(const struct case_item *item)
{
	return item->state == HELD_RELEASED &&
	    (strcmp(item->want, "page") == 0 ||
		strcmp(item->want, "reply") == 0);
}

static int
teach_later(struct courier *c, const struct held *h)
{
	struct teach_lesson lesson = { .domain = h->domain,
		.weight = LEARN_CONFIRMED_WEIGHT };
	int rc = pack_item(c, h, &lesson);

	if (rc == 0)
		rc = learn_later_put(c->store, h, lesson.fingerprint,
		    lesson.packed,
		    oct_clock_wall_ms() + c->settings->learn_quiet);
	if (rc < 0)
		log_lesson(h, &lesson, "confirmed", rc);
	free(lesson.packed);
	return is_of_store(rc) ? rc : 0;
}

int
courier_teach(struct courier *c, const struct case_item *item)
{
	const struct held *h = &item->held;
	enum learn_mark mark;
	int rc;

	if (*c->settings->model == '\0')
		return 0;
	rc = learn_marked(c->store, h->domain, h->id, &mark);
	if (rc != 0)
		return is_of_store(rc) ? rc : 0;
	if (mark != LEARN_NO_MARK)
		return teach_mark(c, h, mark);
	return was_confirmed(item) && *h->sid != '\0' ? teach_later(c, h) : 0;
}

enum duty
courier_learn_later(struct courier *c, const struct case_duty *d)
{
	char *packed = NULL;
	int rc = learn_later_take(c->store, d->domain, d->id, &packed);

	if (rc == 1)
		rc = learn_write(c->store, d->domain, packed, "confirmed");
	if (packed != NULL)
		oct_log(OCT_INFO, "learn=%s domain=%s by=confirmed as=ham",
		    rc == 1 ? "said" : "left-out", d->domain);
	free(packed);
	if (rc >= 0)
		rc = learn_later_drop(c->store, d->domain, d->id);
	return rc < 0 ? DUTY_FAILED : DUTY_DONE;
}
