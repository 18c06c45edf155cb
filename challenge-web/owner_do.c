/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts by their names, and the lines that lists show of an item.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"

#define HOUR_MS 3600000

int
owner_do(const struct owner *o, const char *act, const char *id,
    enum case_outcome *out)
{
	if (strcmp(act, "release") == 0)
		return owner_release(o, id, false, out);
	if (strcmp(act, "accept") == 0)
		return owner_release(o, id, true, out);
	if (strcmp(act, "discard") == 0)
		return owner_discard(o, id, false, out);
	if (strcmp(act, "spam") == 0)
		return owner_discard(o, id, true, out);
	if (strcmp(act, "refuse") == 0)
		return owner_refuse(o, id, out);
	if (strcmp(act, "undo") == 0)
		return owner_undo(o, id, out);
	return -EINVAL;
}

void
owner_note_foreign(const struct owner_visit *o, const char *id)
{
	struct case_item item;
	int rc = owner_item(&o->owner, id, &item);

	if (rc == 0)
		owner_refused(o->view, "no-such-item", o->address, id);
	else if (rc == 1)
		case_item_fini(&item);
}

bool
owner_undo_words(const struct view *v, struct oct_str *out)
{
	long long hours = (long long)(v->app->timers.undo / HOUR_MS);
	bool days = hours > 48;
	const char *text = owner_say(v,
	    days ? OTEXT_WITHIN_DAYS : OTEXT_WITHIN_HOURS);
	const char *hole = strstr(text, "{}");

	if (hours == 0 || hole == NULL)
		return false;
	oct_str_addn(out, text, (size_t)(hole - text));
	oct_str_addf(out, "%lld%s", days ? hours / 24 : hours, hole + 2);
	return true;
}

/* --- Lines of an item ------------------------------------------------------- */

typedef void write_time(enum lang l, int64_t wall_ms, struct oct_str *out);

static void
time_line(const struct view *v, struct page *p, enum otext text,
    write_time *write, int64_t wall_ms)
{
	char when[96];
	struct oct_str s;

	oct_str_fixed(&s, when, sizeof(when));
	write(v->lang, wall_ms, &s);
	if (oct_str_err(&s) == 0)
		owner_filled(p, "span", NULL, owner_say(v, text), when);
}

void
owner_subject_id(const struct case_item *item, char out[OWNER_SUBJECT_ID])
{
	(void)snprintf(out, OWNER_SUBJECT_ID, "s-%s", item->held.id);
}

static void
write_subject(const struct view *v, struct page *p,
    const struct case_item *item)
{
	char path[HELD_ID_SIZE + 8], url[VIEW_URL_SIZE], id[OWNER_SUBJECT_ID];
	struct oct_str s;

	owner_subject_id(item, id);
	oct_str_heap(&s, 4096);
	owner_words_subject(v->lang, item->held.subject, &s);
	page_open(p, "p", "class", "subject", "id", id, NULL);
	/* Before there is a session it leads nowhere. */
	if (v->menu != NULL && item->state != HELD_DROPPED) {
		(void)snprintf(path, sizeof(path), "/o/h/%s", item->held.id);
		view_url(v, path, "", url);
		page_open(p, "a", "href", url, NULL);
		page_text(p, oct_str_err(&s) == 0 ? oct_str_text(&s) : "…");
		page_close(p);
	} else {
		page_text(p, oct_str_err(&s) == 0 ? oct_str_text(&s) : "…");
	}
	page_close(p);
	oct_str_free(&s);
}

static void
write_status(const struct view *v, struct page *p,
    const struct case_item *item)
{
	enum otext status = owner_words_status(item);

	if (status == OTEXT_COUNT)
		return;
	page_open(p, "p", "class",
	    status == OTEXT_ST_GOING ? "status" : "status bad", NULL);
	if (strstr(owner_say(v, status), "{}") != NULL)
		page_fill(p, owner_say(v, status), item->note);
	else
		page_text(p, owner_say(v, status));
	page_close(p);
}

void
owner_item_lines(const struct view *v, struct page *p,
    const struct case_item *item)
{
	bool good;
	enum otext proof = owner_words_proof(item, &good);

	page_open(p, "p", "class", "from", NULL);
	page_element(p, "strong", NULL, owner_words_sender(v->lang, item));
	page_text(p, " ");
	page_element(p, "span", good ? "proof good-proof"
		: proof == OTEXT_PROOF_FORGED ? "proof bad-proof" : "proof",
	    owner_say(v, proof));
	page_close(p);
	write_subject(v, p, item);
	page_element(p, "p", "why", owner_say(v, owner_words_why(item)));
	page_open(p, "p", "class", "when", NULL);
	time_line(v, p, OTEXT_ARRIVED, owner_words_time,
	    item->held.arrival_ms);
	if (item->state == HELD_DROPPED)
		time_line(v, p, OTEXT_BIN_UNTIL, owner_words_time,
		    item->undo_ms);
	else
		time_line(v, p, OTEXT_UNTIL, owner_words_day,
		    item->expires_ms);
	page_close(p);
	write_status(v, p, item);
}
