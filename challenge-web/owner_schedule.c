/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/owner_schedule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "challenge-web/owner_web.h"
#include "challenge-web/owner_words.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/digest.h"
#include "policy/digest_schedule.h"

#define FIRST_HOUR 6 /* that can be chosen */
#define LAST_HOUR 20
#define STANDARD_HOUR 8
#define HOURS 24
#define HOUR_BITS 0xffffff
#define OTHER "other"

static const struct {
	const char *word; /* as in the text of a schedule */
	int64_t days;
	enum otext text;
} days[] = {
	{ "daily", DIGEST_DAILY, OTEXT_SET_DAYS_DAILY },
	{ "weekdays", DIGEST_WEEKDAYS, OTEXT_SET_DAYS_WEEK },
	{ "mon", DIGEST_DAYS(0x01), OTEXT_SET_DAYS_MONDAY },
};

int64_t
owner_option(const struct owner_visit *o, enum option which)
{
	struct option_values v;

	dir_options(o->of.domain, o->of.mailbox, &o->view->app->platform, &v);
	return v.v[which];
}

int
owner_attribute_set(struct owner_visit *o, const char *name, const char *value)
{
	char json[128], problem[256], what[128];
	struct dir_change c = { .domain = o->owner.domain,
		.local = o->owner.local, .json = json,
		.actor = *o->owner.person != '\0' ? o->owner.person
						  : o->address };
	int rc;

	(void)snprintf(json, sizeof(json), "{\"%s\":\"%s\"}", name, value);
	rc = directory_change(o->owner.store, &c, problem);
	if (rc != 0)
		return rc;
	(void)snprintf(what, sizeof(what), "%s=%s", name, value);
	owner_note(&o->owner, &(struct owner_entry_text){
	    .act = OWNER_ACT_SETTING, .what = what });
	return 0;
}

static void
note_digest(const struct owner_visit *o, const char *what)
{
	owner_note(&o->owner, &(struct owner_entry_text){
	    .act = OWNER_ACT_SETTING, .what = what });
}

int
owner_schedule_stop(struct owner_visit *o)
{
	const char *person = o->owner.person;
	int rc = digest_stop(o->owner.store, o->of.domain, o->of.mailbox,
	    person, *person != '\0' ? person : o->address);

	if (rc == 0)
		note_digest(o, "digest=off");
	return rc;
}

/* He who wanted none of a shared mailbox's digests wants them again. */
static int
resume(struct owner_visit *o)
{
	const char *person = o->owner.person, *p;
	struct dir_change c = { .domain = o->owner.domain,
		.local = o->owner.local, .actor = person };
	char problem[256];
	struct oct_str json;
	int rc;

	if (*person == '\0' || !digest_declined(o->of.mailbox, person))
		return 0;
	oct_str_heap(&json, DETAIL_TEXT_MAX + 64);
	oct_str_add(&json, "{\"no_digest\":\"");
	p = detail_get(o->of.mailbox->details, DETAIL_NO_DIGEST);
	for (bool any = false; *p != '\0'; p += strspn(p, ", ")) {
		size_t n = strcspn(p, ",");

		/* Addresses that were accepted hold no quote. */
		if (strlen(person) != n || strncmp(p, person, n) != 0) {
			oct_str_add(&json, any ? "," : "");
			oct_str_addn(&json, p, n);
			any = true;
		}
		p += n;
	}
	oct_str_add(&json, "\"}");
	c.json = oct_str_text(&json);
	rc = oct_str_err(&json);
	if (rc == 0)
		rc = directory_change(o->owner.store, &c, problem);
	oct_str_free(&json);
	if (rc == 0)
		note_digest(o, "digest=on");
	return rc;
}

int
owner_schedule_set(struct owner_visit *o, const char *text)
{
	int64_t v;

	if (digest_schedule_parse(text, &v) != 0)
		return -EINVAL;
	return owner_attribute_set(o, "digest", text);
}

/* --- The fields ---------------------------------------------------------------- */

void
owner_choice(struct page *p, const char *value, const char *text, bool chosen)
{
	page_open(p, "option", "value", value, "selected", chosen ? "" : NULL,
	    NULL);
	page_text(p, text);
	page_close(p);
}

/* Hours of a schedule: the first two, -1 = none; how many there are. */
static int
hours_of(int64_t v, int hour[2])
{
	int n = 0;

	hour[0] = hour[1] = -1;
	for (int h = 0; h < HOURS; h++) {
		if ((v & DIGEST_HOUR(h)) == 0)
			continue;
		if (n < 2)
			hour[n] = h;
		n++;
	}
	return n;
}

/* Can it be told by these fields? */
static bool
is_plain(int64_t v)
{
	int hour[2], n = hours_of(v, hour);
	bool known = v == DIGEST_OFF;

	for (size_t i = 0; i < OCT_LEN(days); i++)
		known |= (v & ~(int64_t)HOUR_BITS) == days[i].days;
	return known && n <= 2 &&
	    (n == 0 || (hour[0] >= FIRST_HOUR && hour[0] <= LAST_HOUR)) &&
	    (n < 2 || hour[1] <= LAST_HOUR);
}

static void
write_days(const struct owner_visit *o, struct page *p, int64_t v, bool plain)
{
	const struct view *w = o->view;
	struct oct_str text;

	page_open(p, "select", "id", "days", "name", "days", NULL);
	for (size_t i = 0; i < OCT_LEN(days); i++)
		owner_choice(p, days[i].word, owner_say(w, days[i].text),
		    plain && (v & ~(int64_t)HOUR_BITS) == days[i].days);
	owner_choice(p, "off", owner_say(w, OTEXT_SET_DAYS_OFF),
	    v == DIGEST_OFF);
	if (!plain) {
		oct_str_heap(&text, 512);
		owner_words_schedule(w->lang, v, &text);
		page_open(p, "option", "value", OTHER, "selected", "", NULL);
		page_fill(p, owner_say(w, OTEXT_SET_DAYS_OTHER),
		    oct_str_err(&text) == 0 ? oct_str_text(&text) : "…");
		page_close(p);
		oct_str_free(&text);
	}
	page_close(p);
}

static void
write_hours(const struct owner_visit *o, struct page *p, const char *name,
    int chosen, enum otext none)
{
	const struct view *w = o->view;

	page_open(p, "select", "id", name, "name", name, NULL);
	if (none != OTEXT_COUNT)
		owner_choice(p, "", owner_say(w, none), chosen < 0);
	for (int h = FIRST_HOUR; h <= LAST_HOUR; h++) {
		char value[8];

		(void)snprintf(value, sizeof(value), "%d", h);
		page_open(p, "option", "value", value, "selected",
		    h == chosen ? "" : NULL, NULL);
		page_fill(p, owner_say(w, OTEXT_SET_HOUR_AT), value);
		page_close(p);
	}
	page_close(p);
}

static void
label(const struct owner_visit *o, struct page *p, const char *of,
    enum otext text)
{
	page_open(p, "label", "for", of, NULL);
	page_text(p, owner_say(o->view, text));
	page_close(p);
}

void
owner_schedule_fields(const struct owner_visit *o, struct page *p)
{
	int64_t v = owner_option(o, OPTION_DIGEST);
	bool plain = is_plain(v);
	int hour[2];

	if (hours_of(v, hour) == 0)
		hour[0] = STANDARD_HOUR;
	/* What these fields cannot tell stands in the first of them. */
	if (!plain)
		hour[0] = hour[1] = -1;
	page_open(p, "div", "class", "fields", NULL);
	page_open(p, "div", NULL);
	label(o, p, "days", OTEXT_SET_DAYS);
	write_days(o, p, v, plain);
	page_close(p);
	page_open(p, "div", NULL);
	label(o, p, "hour", OTEXT_SET_HOUR);
	write_hours(o, p, "hour", hour[0],
	    plain ? OTEXT_COUNT : OTEXT_SET_HOUR_SAME);
	page_close(p);
	page_open(p, "div", NULL);
	label(o, p, "hour2", OTEXT_SET_HOUR2);
	write_hours(o, p, "hour2", hour[1],
	    plain ? OTEXT_SET_HOUR_NONE : OTEXT_SET_HOUR_SAME);
	page_close(p);
	page_close(p);
	page_element(p, "p", "hint", owner_say(o->view, OTEXT_SET_DIGEST_OFF));
}

/* --- What was posted ----------------------------------------------------------- */

static bool
read_hour(const struct view *v, const char *name, int64_t *out)
{
	char text[8];

	owner_field(v, name, text, sizeof(text));
	*out = -1;
	return *text == '\0' || oct_num_int(text, 0, HOURS - 1, out) == 0;
}

/* 0: there are none of that name. */
static int64_t
days_of(const char *word, int64_t had)
{
	if (strcmp(word, OTHER) == 0)
		return had & ~(int64_t)HOUR_BITS;
	for (size_t i = 0; i < OCT_LEN(days); i++)
		if (strcmp(word, days[i].word) == 0)
			return days[i].days;
	return 0;
}

/* -1: not chosen, which is "unchanged" where the fields could not tell the hours
 * that it had, and "none" where they could. */
static int64_t
new_hours(int64_t had, int64_t first, int64_t second)
{
	int64_t hours = had & HOUR_BITS, rest = hours & (hours - 1);

	if (is_plain(had))
		rest = 0;
	if (first >= 0)
		hours = DIGEST_HOUR(first);
	else if (!is_plain(had))
		hours &= -hours;
	else
		hours = second >= 0 ? 0 : DIGEST_HOUR(STANDARD_HOUR);
	return hours | (second >= 0 ? DIGEST_HOUR(second) : rest);
}

int
owner_schedule_post(struct owner_visit *o)
{
	int64_t had = owner_option(o, OPTION_DIGEST), first, second, v;
	char word[16], text[DIGEST_TEXT_SIZE];
	int rc;

	owner_field(o->view, "days", word, sizeof(word));
	if (*word == '\0')
		return 0;
	if (strcmp(word, "off") == 0)
		return had == DIGEST_OFF ? 0 : owner_schedule_stop(o);
	if (!read_hour(o->view, "hour", &first) ||
	    !read_hour(o->view, "hour2", &second))
		return -EINVAL;
	v = days_of(word, had);
	if (v == 0)
		return -EINVAL;
	v |= new_hours(had, first, second);
	/* What these fields cannot tell stays as it is. */
	if (strcmp(word, OTHER) == 0 && v == had)
		return 0;
	digest_schedule_text(v, text);
	rc = resume(o);
	/* What is inherited stays so unless it is changed. */
	if (rc == 0 && v != had)
		rc = owner_schedule_set(o, text);
	return rc;
}
