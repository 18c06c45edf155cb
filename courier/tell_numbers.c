/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of a week for administrators (challenge.md 10f): on Monday from
 * six o'clock, of the seven days before (UTC days, as they are counted).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "courier/tell.h"
#include "lib/err.h"
#include "lib/mime_text.h"
#include "lib/num.h"
#include "policy/caps.h"
#include "policy/keys.h"
#include "policy/told.h"

#define DAYS 7
#define DAY_MS 86400000LL
#define FROM_HOUR 6
#define ROWS_MAX 300 /* that a mail names */
#define SUM_MAX 4096 /* fields that are added up */

struct sum {
	const char *name; /* of the batch */
	int64_t count;
};

struct sums {
	struct sum *items;
	size_t count;
	bool cut;
};

static bool
is_monday_morning(int64_t now_ms)
{
	time_t t = (time_t)(now_ms / 1000);
	struct tm tm;

	return localtime_r(&t, &tm) != NULL && tm.tm_wday == 1 &&
	    tm.tm_hour >= FROM_HOUR;
}

static void
add(struct sums *s, const char *name, int64_t count)
{
	size_t i = 0;

	while (i < s->count && strcmp(s->items[i].name, name) != 0)
		i++;
	if (i == SUM_MAX) {
		s->cut = true;
		return;
	}
	if (i == s->count)
		s->items[s->count++] = (struct sum){ .name = name };
	s->items[i].count += count;
}

/* What is counted by network is not for this mail. */
static bool
is_wanted(const char *field)
{
	return strcmp(field, "sent") == 0 ||
	    strncmp(field, "silent:", 7) == 0 ||
	    strncmp(field, "domain:", 7) == 0;
}

static void
add_day(struct sums *s, const struct store_batch *b, int slot)
{
	size_t fields = store_batch_count(b, slot);

	for (size_t i = 0; i + 1 < fields; i += 2) {
		const char *f = store_batch_value(b, slot, i)->data;
		const char *v = store_batch_value(b, slot, i + 1)->data;
		int64_t n;

		if (f != NULL && v != NULL && is_wanted(f) &&
		    oct_num_int(v, 0, INT64_MAX / DAYS, &n) == 0)
			add(s, f, n);
	}
}

static int
by_count(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* The rows whose name begins so. */
static void
table(const struct sums *s, const char *prefix, struct oct_str *out)
{
	size_t n = strlen(prefix), rows = 0, more = 0;

	for (size_t i = 0; i < s->count; i++) {
		const char *name = s->items[i].name;

		if (strncmp(name, prefix, n) != 0)
			continue;
		if (++rows > ROWS_MAX)
			more++;
		else
			oct_str_addf(out, "  %8lld  %s\n",
			    (long long)s->items[i].count,
			    oct_mime_shown(name + n) ? name + n : "?");
	}
	if (more > 0 || s->cut)
		oct_str_addf(out, "       ...  +%zu\n", more);
	if (rows == 0)
		oct_str_add(out, "         0\n");
}

static void
write_text(const struct sums *s, struct oct_str *out)
{
	oct_str_add(out,
	    "Demandes de confirmation des sept derniers jours.\n\nEnvoyées\n");
	table(s, "sent", out);
	oct_str_add(out, "\nPar domaine\n");
	table(s, "domain:", out);
	oct_str_add(out, "\nRetenues sans demande, par motif\n");
	table(s, "silent:", out);
	oct_str_add(out,
	    "\nPour l'état présent : octroictl challenge status\n\n"
	    "English\n\nChallenges of the last seven days: sent, by domain, and "
	    "not\nsent (held silently) by cause. For the present state:\n"
	    "octroictl challenge status\n");
}

int
tell_numbers_write(struct store *store, int64_t now_ms, struct oct_str *out)
{
	struct sums s = { .items = calloc(SUM_MAX, sizeof(*s.items)) };
	struct store_batch *b = NULL;
	int slots[DAYS];
	int rc = s.items == NULL ? -ENOMEM : store_batch_new(&b);

	for (int i = 0; rc == 0 && i < DAYS; i++) {
		char day[CAPS_DAY_SIZE], key[KEY_SIZE];

		caps_day(now_ms - (i + 1) * DAY_MS, day);
		slots[i] = store_batch_hgetall(b, key_asked(key, day));
		rc = slots[i] < 0 ? slots[i] : 0;
	}
	if (rc == 0)
		rc = store_batch_run(store, b);
	if (rc == 0) {
		for (int i = 0; i < DAYS; i++)
			add_day(&s, b, slots[i]);
		qsort(s.items, s.count, sizeof(*s.items), by_count);
		write_text(&s, out);
		rc = oct_str_err(out);
	}
	store_batch_free(b);
	free(s.items);
	return rc;
}

int
tell_numbers(struct tell_round *r)
{
	struct courier *c = r->courier;
	char what[TOLD_SIZE], day[DETAIL_DATE_SIZE];
	struct oct_str name, text;
	int rc;
	struct tell t = { .what = what,
		.to = c->settings->challenge_alerts,
		.subject = "Demandes de confirmation : la semaine",
		.text = &text };

	if (*t.to == '\0' || r->left == 0 || !is_monday_morning(r->now_ms))
		return 0;
	detail_day(r->now_ms, day);
	oct_str_fixed(&name, what, sizeof(what));
	oct_str_addf(&name, "numbers:%s", day);
	rc = told_read(c->store, what);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	oct_str_heap(&text, 128 * 1024);
	rc = tell_numbers_write(c->store, r->now_ms, &text);
	if (rc == 0) {
		int sent = tell_send(c, &t);

		r->left--;
		if (sent < 0)
			r->error = sent;
	}
	oct_str_free(&text);
	return rc;
}
