/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl challenge status: levers, what is left of the caps, breakers that are
 * not closed, and the numbers of the last days.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/breaker.h"
#include "policy/caps.h"
#include "policy/casework.h"
#include "policy/lever.h"
#include "provisioning/ctl_challenge.h"

#define DAYS 7
#define DAY_MS 86400000LL
#define TOP 10          /* domains, and networks */
#define PENDING_MAX 1000 /* duties that are looked at */

struct status {
	struct ctl *ctl;
	struct store *store;
	struct caps_limits limits;
	int64_t now_ms;
	json_t *caps, *breakers, *days, *silent; /* arrays; silent: an object */
	json_int_t pending, seen, sent_today, silent_today, late_today;
};

/* --- Numbers of the days ----------------------------------------------------------- */

/* A domain or network and its challenges of today. */
struct used {
	const char *name;
	int64_t count;
	bool provider;
};

struct top {
	size_t count;
	struct used used[TOP]; /* most first */
};

static void
keep_top(struct top *t, const char *name, int64_t count, bool provider)
{
	size_t at = t->count < TOP ? t->count : TOP;

	while (at > 0 && t->used[at - 1].count < count) {
		if (at < TOP)
			t->used[at] = t->used[at - 1];
		at--;
	}
	if (at == TOP)
		return;
	t->used[at] = (struct used){ .name = name, .count = count,
		.provider = provider };
	if (t->count < TOP)
		t->count++;
}

static const char *
after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

struct day {
	json_int_t sent, silent, late;
	struct top domains, networks;
};

static void
read_field(struct status *st, struct day *d, bool today, const char *name,
    int64_t n)
{
	const char *rest;

	if (strcmp(name, "sent") == 0) {
		d->sent = n;
	} else if ((rest = after(name, "silent:")) != NULL) {
		d->silent += n;
		if (strcmp(rest, "late") == 0)
			d->late = n;
		if (today)
			ctl_json_set(st->silent, rest, json_integer(n));
	} else if ((rest = after(name, "domain:")) != NULL) {
		keep_top(&d->domains, rest, n, false);
	} else if ((rest = after(name, "network:")) != NULL) {
		keep_top(&d->networks, rest, n, false);
	} else if ((rest = after(name, "provider:")) != NULL) {
		keep_top(&d->networks, rest, n, true);
	}
}

static void
read_day(struct status *st, const struct store_batch *b, int slot, bool today,
    struct day *out)
{
	size_t n = store_batch_count(b, slot);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i + 1 < n; i += 2) {
		const char *name = store_batch_value(b, slot, i)->data;
		const char *text = store_batch_value(b, slot, i + 1)->data;
		int64_t v;

		if (name != NULL && text != NULL &&
		    oct_num_int(text, 0, INT64_MAX, &v) == 0)
			read_field(st, out, today, name, v);
	}
}

/* --- Caps --------------------------------------------------------------------------- */

/* As the courier charges it (courier/gate.c). */
static int64_t
domain_cap(const struct status *st, const char *name)
{
	const struct dir_snapshot *s = NULL;
	const struct dir_domain *d;
	struct option_values platform, o;
	int64_t cap = st->limits.domain;

	if (directory_read(st->store, name, &s) != 0)
		return cap;
	d = dir_domain(s, name);
	if (d != NULL) {
		settings_options(st->ctl->settings, &platform);
		dir_options(d, NULL, &platform, &o);
		cap = caps_of_domain(cap, o.v[OPTION_CAP_DOMAIN]);
	}
	directory_put(s);
	return cap;
}

static int
add_cap(struct status *st, const struct caps_ask *ask, enum caps_limit l,
    const char *kind, const char *name)
{
	struct caps_rate own;
	struct caps_limits limits;
	struct store_rate rate;
	int64_t left = 0, full = 0;
	json_t *v;
	int rc;

	limits = st->limits;
	if (l == CAPS_DOMAIN)
		limits.domain = domain_cap(st, name);
	caps_rate(&limits, ask, NULL, l, &own);
	rate = (struct store_rate){ .key = own.key, .count = own.count,
		.period_ms = own.period_ms, .burst = own.count, .cost = 1 };
	rc = store_rate_peek(st->store, &rate, &left, &full);
	if (rc != 0)
		return rc;
	v = json_object();
	ctl_json_set(v, "of", json_string(kind));
	ctl_json_set(v, "name", ctl_json_text(name));
	ctl_json_set(v, "used", json_integer(own.count - left));
	ctl_json_set(v, "left", json_integer(left));
	ctl_json_set(v, "limit", json_integer(own.count));
	ctl_json_set(v, "period",
	    json_string(own.period_ms == DAY_MS ? "day" : "hour"));
	(void)json_array_append_new(st->caps, v);
	return 0;
}

static int
add_caps(struct status *st, const struct day *today)
{
	struct caps_ask ask = { .domain = "", .sender = "", .share = "",
		.network = "" };
	int rc = add_cap(st, &ask, CAPS_PLATFORM, "platform", "all");

	for (size_t i = 0; rc == 0 && i < today->domains.count; i++) {
		ask.domain = today->domains.used[i].name;
		rc = add_cap(st, &ask, CAPS_DOMAIN, "domain", ask.domain);
	}
	for (size_t i = 0; rc == 0 && i < today->networks.count; i++) {
		ask.network = today->networks.used[i].name;
		ask.provider = today->networks.used[i].provider;
		rc = add_cap(st, &ask, CAPS_NETWORK,
		    ask.provider ? "provider" : "network", ask.network);
	}
	return rc;
}

static void
add_day(struct status *st, const char *day, const struct day *d)
{
	json_t *v = json_object();

	ctl_json_set(v, "day", json_string(day));
	ctl_json_set(v, "sent", json_integer(d->sent));
	ctl_json_set(v, "silent", json_integer(d->silent));
	ctl_json_set(v, "late", json_integer(d->late));
	(void)json_array_append_new(st->days, v);
}

static int
gather_days(struct status *st)
{
	char day[DAYS][CAPS_DAY_SIZE], key[KEY_SIZE];
	struct store_batch *b = NULL;
	int slot[DAYS], rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	for (int i = 0; i < DAYS; i++) {
		caps_day(st->now_ms - i * DAY_MS, day[i]);
		slot[i] = store_batch_hgetall(b, key_asked(key, day[i]));
		rc = slot[i] < 0 ? slot[i] : rc;
	}
	if (rc == 0)
		rc = store_batch_run(st->store, b);
	for (int i = 0; rc == 0 && i < DAYS; i++) {
		struct day d;

		read_day(st, b, slot[i], i == 0, &d);
		add_day(st, day[i], &d);
		if (i > 0)
			continue;
		st->sent_today = d.sent;
		st->silent_today = d.silent;
		st->late_today = d.late;
		rc = add_caps(st, &d);
	}
	store_batch_free(b);
	return rc;
}

/* --- Breakers, pending ones ---------------------------------------------------------- */

static int
add_breaker(void *arg, const char *kind, const char *name,
    const struct breaker *b)
{
	struct status *st = arg;
	json_t *v = json_object();

	ctl_json_set(v, "kind", json_string(kind));
	ctl_json_set(v, "name", ctl_json_text(name));
	ctl_json_set(v, "state", json_string(breaker_state_name(b->state)));
	ctl_json_set(v, "why", json_string(b->why));
	ctl_json_set(v, "since", ctl_json_time(b->since_ms));
	ctl_json_set(v, "until", ctl_json_time(b->until_ms));
	ctl_json_set(v, "asked", json_integer((json_int_t)b->count));
	ctl_json_set(v, "bounced",
	    json_integer((json_int_t)breaker_facts(b, BREAKER_BOUNCED)));
	ctl_json_set(v, "not_me",
	    json_integer((json_int_t)breaker_facts(b, BREAKER_NOT_ME)));
	(void)json_array_append_new(st->breakers, v);
	return 0;
}

static int
count_pending(void *arg, const char *member, OCT_UNUSED int64_t score)
{
	struct status *st = arg;
	struct case_duty d;

	st->seen++;
	if (case_duty_parse(member, &d) == 0 && strcmp(d.verb, "challenge") == 0)
		st->pending++;
	return 0;
}

/* --- The whole ------------------------------------------------------------------------ */

static json_t *
lever_json(const struct lever_state *l, int64_t now_ms)
{
	json_t *v = json_object();

	ctl_json_set(v, "stopped", json_boolean(l->stopped));
	ctl_json_set(v, "stopped_since", ctl_json_time(l->stopped_ms));
	ctl_json_set(v, "bypass",
	    json_boolean(lever_bypasses(l, now_ms)));
	ctl_json_set(v, "bypass_until",
	    ctl_json_time(lever_bypasses(l, now_ms) ? l->bypass_until_ms : 0));
	ctl_json_set(v, "by", ctl_json_text(l->by));
	return v;
}

static json_t *
today_json(const struct status *st)
{
	json_t *v = json_object();

	/* Of those that are due by now or within the hour. */
	ctl_json_set(v, "pending", json_integer(st->pending));
	ctl_json_set(v, "pending_more",
	    json_boolean(st->seen >= PENDING_MAX));
	ctl_json_set(v, "sent", json_integer(st->sent_today));
	ctl_json_set(v, "late", json_integer(st->late_today));
	ctl_json_set(v, "suppressed", json_integer(st->silent_today));
	return v;
}

static void
add_table(const char *title, json_t *rows, const struct ctl_column *columns,
    size_t count, struct oct_str *out)
{
	oct_str_addf(out, "\n%s\n", title);
	if (json_array_size(rows) == 0)
		oct_str_add(out, "none\n");
	else
		ctl_out_table(rows, columns, count, out);
}

static json_t *
silent_rows(json_t *silent)
{
	json_t *rows = json_array(), *n;
	const char *why;

	json_object_foreach(silent, why, n) {
		json_t *row = json_object();

		ctl_json_set(row, "why", json_string(why));
		ctl_json_set(row, "count", json_incref(n));
		(void)json_array_append_new(rows, row);
	}
	return rows;
}

static int
print_text(struct status *st, json_t *lever, json_t *today)
{
	static const struct ctl_column levers[] = {
		{ "stopped", "challenges stopped", CTL_TEXT },
		{ "stopped_since", "since", CTL_TEXT },
		{ "bypass", "bypass", CTL_TEXT },
		{ "bypass_until", "until", CTL_TEXT },
		{ "by", "by", CTL_TEXT },
	}, todays[] = {
		{ "pending", "pending", CTL_TEXT },
		{ "sent", "sent today", CTL_TEXT },
		{ "late", "late today", CTL_TEXT },
		{ "suppressed", "held silently today", CTL_TEXT },
	}, caps[] = {
		{ "of", "OF", CTL_TEXT },
		{ "name", "NAME", CTL_TEXT },
		{ "used", "USED", CTL_TEXT },
		{ "left", "LEFT", CTL_TEXT },
		{ "limit", "LIMIT", CTL_TEXT },
		{ "period", "PER", CTL_TEXT },
	}, breakers[] = {
		{ "kind", "KIND", CTL_TEXT },
		{ "name", "NAME", CTL_TEXT },
		{ "state", "STATE", CTL_TEXT },
		{ "why", "WHY", CTL_TEXT },
		{ "until", "UNTIL", CTL_TEXT },
		{ "asked", "ASKED", CTL_TEXT },
		{ "bounced", "BOUNCED", CTL_TEXT },
		{ "not_me", "NOT ME", CTL_TEXT },
	}, silent[] = {
		{ "why", "WHY", CTL_TEXT },
		{ "count", "TODAY", CTL_TEXT },
	}, days[] = {
		{ "day", "DAY", CTL_TEXT },
		{ "sent", "SENT", CTL_TEXT },
		{ "silent", "SILENT", CTL_TEXT },
		{ "late", "LATE", CTL_TEXT },
	};
	json_t *rows = silent_rows(st->silent);
	struct oct_str out;

	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_out_record(lever, levers, OCT_LEN(levers), &out);
	ctl_out_record(today, todays, OCT_LEN(todays), &out);
	add_table("Caps", st->caps, caps, OCT_LEN(caps), &out);
	add_table("Breakers that are not closed", st->breakers, breakers,
	    OCT_LEN(breakers), &out);
	add_table("Held silently", rows, silent, OCT_LEN(silent), &out);
	add_table("Days", st->days, days, OCT_LEN(days), &out);
	json_decref(rows);
	return ctl_write(st->ctl, &out);
}

static int
print_status(struct status *st, const struct lever_state *l)
{
	json_t *lever = lever_json(l, st->now_ms), *today = today_json(st), *v;
	int status;

	if (!st->ctl->json) {
		status = print_text(st, lever, today);
		json_decref(lever);
		json_decref(today);
		return status;
	}
	v = json_object();
	ctl_json_set(v, "levers", lever);
	ctl_json_set(v, "today", today);
	ctl_json_set(v, "caps", json_incref(st->caps));
	ctl_json_set(v, "breakers", json_incref(st->breakers));
	ctl_json_set(v, "silent", json_incref(st->silent));
	ctl_json_set(v, "days", json_incref(st->days));
	return ctl_print(st->ctl, v, NULL, 0);
}

static int
gather(struct status *st, struct lever_state *lever)
{
	char key[KEY_SIZE];
	int rc = lever_read(st->store, lever);

	if (rc == 0)
		rc = gather_days(st);
	if (rc == 0)
		rc = breaker_list(st->store, st->now_ms, add_breaker, st);
	if (rc == 0)
		rc = store_zrange(st->store,
		    key_due(key, st->ctl->settings->node),
		    st->now_ms + 3600000, PENDING_MAX, count_pending, st);
	return rc;
}

int
ctl_challenge_status(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	struct status st = { .ctl = ctl, .now_ms = oct_clock_wall_ms() };
	struct lever_state lever;
	const struct settings *set;
	int status = ctl_settings(ctl, &set), rc;

	if (status == 0)
		status = ctl_store(ctl, &st.store);
	if (status != 0)
		return status;
	caps_limits(set, &st.limits);
	st.caps = json_array();
	st.breakers = json_array();
	st.days = json_array();
	st.silent = json_object();
	rc = gather(&st, &lever);
	status = rc != 0 ? ctl_fail_rc(ctl, rc, "status of", "challenges")
			 : print_status(&st, &lever);
	json_decref(st.caps);
	json_decref(st.breakers);
	json_decref(st.days);
	json_decref(st.silent);
	return status;
}
