/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relation's packed form, and each line of its state machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/relation.h"

#define NOW 1000000000LL
#define QUIET 1000LL

static void
a_packed_relation_reads_back_equal(void **state)
{
	struct relation r, back;
	char text[REL_PACKED_SIZE];

	(void)state;
	relation_init(&r);
	r.state = REL_ASKED;
	r.asks = 2;
	r.since_ms = 5;
	r.last_ms = 6;
	r.asked_ms = 7;
	(void)snprintf(r.challenge, sizeof(r.challenge), "0123456789abcdef");
	(void)snprintf(r.origin, sizeof(r.origin), "page");
	r.deferred = true;
	for (int i = 0; i < REL_ITEMS_MAX; i++) {
		char id[REL_ID_SIZE];

		(void)snprintf(id, sizeof(id), "%032d", i);
		relation_add_item(&r, id, 10);
	}
	relation_pack(&r, text);
	assert_int_equal(relation_unpack(text, &back), 0);
	assert_memory_equal(&r, &back, sizeof(r));
	assert_int_equal(back.bytes, 200);
}

/* What was written before DEFER was known. */
static void
the_first_form_still_reads(void **state)
{
	struct relation r;

	(void)state;
	assert_int_equal(relation_unpack("1 K 2 5 6 7 0123456789abcdef - 20 a b",
			     &r),
	    0);
	assert_int_equal(r.state, REL_ASKED);
	assert_int_equal(r.items, 2);
	assert_string_equal(r.item[1], "b");
	assert_int_equal(r.bytes, 20);
	assert_false(r.deferred);
}

static void
a_damaged_relation_is_refused(void **state)
{
	static const char *const bad[] = { "", "1", "2 U 0 0 0 0 - - 0",
		"1 Z 0 0 0 0 - - 0", "1 U -1 0 0 0 - - 0", "1 U 0 0 0 - - 0",
		"1 U 0 0 0 0 0123456789abcdef0 - 0",
		"1 U 0 0 0 x - - 0", "2 U 0 0 0 0 - - 0 x",
		"2 U 0 0 0 0 - - 0 dd", "3 U 0 0 0 0 - - 0 -" };
	struct relation r;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad); i++) {
		print_message("  \"%s\"\n", bad[i]);
		assert_int_equal(relation_unpack(bad[i], &r), OCT_EPARSE);
	}
}

static void
the_first_message_always_has_room(void **state)
{
	struct relation r;

	(void)state;
	relation_init(&r);
	assert_true(relation_has_room(&r, REL_BYTES_MAX + 1));
	relation_add_item(&r, "a", REL_BYTES_MAX - 10);
	assert_true(relation_has_room(&r, 10));
	assert_false(relation_has_room(&r, 11));
	relation_remove_item(&r, "a", REL_BYTES_MAX - 10);
	assert_int_equal(r.items, 0);
	assert_int_equal(r.bytes, 0);
	for (int i = 0; i < REL_ITEMS_MAX; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "%d", i);
		relation_add_item(&r, id, 1);
	}
	assert_false(relation_has_room(&r, 1));
}

/* Every line of the table of challenge.md 3, under its own words, and beside it
 * what is not listed. */
#define Q QUIET
#define R REL_ACT_RELEASE
#define DIE REL_ACT_TOKENS_DIE
static const struct {
	const char *name;
	enum rel_state from;
	int asks;
	int64_t asked_ago; /* -1: never */
	enum rel_event ev;
	bool none_left, deferred, items;
	const char *origin; /* of from; NULL = "" */
	enum rel_state to;
	unsigned int actions;
	bool listed;
} rows[] = {
	{ "UNKNOWN: message, class A", REL_UNKNOWN, 0, -1, REL_EV_HELD_ASK,
	    false, false, false, NULL, REL_ASKED, REL_ACT_ASK, true },
	{ "SILENT: message, class A", REL_SILENT, 0, -1, REL_EV_HELD_ASK,
	    false, false, true, NULL, REL_ASKED, REL_ACT_ASK, true },
	{ "SILENT: message, class A, asked twice already", REL_SILENT, 2,
	    99999, REL_EV_HELD_ASK, false, false, true, NULL, REL_SILENT, 0,
	    true },
	{ "UNKNOWN: message, class A; cap, share or breaker", REL_UNKNOWN, 0,
	    -1, REL_EV_HELD_SILENT, false, false, false, NULL, REL_SILENT, 0,
	    true },
	{ "UNKNOWN: message, DEFER", REL_UNKNOWN, 0, -1, REL_EV_DEFERRED,
	    false, false, false, NULL, REL_ASKED, REL_ACT_ASK, true },
	{ "UNKNOWN: message, DEFER, within the quiet time", REL_UNKNOWN, 1,
	    Q - 1, REL_EV_DEFERRED, false, false, false, NULL, REL_UNKNOWN, 0,
	    false },
	{ "UNKNOWN: message, REFUSE", REL_UNKNOWN, 0, -1, REL_EV_REFUSED,
	    false, false, false, NULL, REL_UNKNOWN, 0, true },
	{ "UNKNOWN: item held for any other reason", REL_UNKNOWN, 0, -1,
	    REL_EV_HELD_SILENT, false, false, false, NULL, REL_SILENT, 0,
	    true },
	{ "UNKNOWN: item held for any other reason; not virus", REL_UNKNOWN, 0,
	    -1, REL_EV_HELD_VIRUS, false, false, false, NULL, REL_UNKNOWN, 0,
	    true },
	{ "SILENT: other message held", REL_SILENT, 0, -1, REL_EV_HELD_SILENT,
	    false, false, true, NULL, REL_SILENT, 0, true },
	{ "SILENT: message, DEFER: a DEFER sender's next retry is held",
	    REL_SILENT, 0, -1, REL_EV_DEFERRED, false, false, false, NULL,
	    REL_SILENT, 0, false },
	{ "ASKED: further message", REL_ASKED, 1, Q + 1, REL_EV_HELD_ASK,
	    false, false, true, NULL, REL_ASKED, 0, true },
	{ "ASKED: further message (DEFER: 451 again)", REL_ASKED, 1, Q + 1,
	    REL_EV_DEFERRED, false, true, false, NULL, REL_ASKED, 0, true },
	{ "ASKED: challenge not handed over within T_fresh, or stopped",
	    REL_ASKED, 1, 5, REL_EV_LATE, false, false, true, NULL, REL_SILENT,
	    DIE, true },
	{ "ASKED by DEFER: T_defer ends", REL_ASKED, 1, 5, REL_EV_DEFER_OVER,
	    false, true, false, NULL, REL_LAPSED, DIE, true },
	{ "ASKED by DEFER: T_defer ends; no item", REL_ASKED, 1, 5,
	    REL_EV_DEFER_OVER, false, true, true, NULL, REL_ASKED, 0, false },
	{ "ASKED by holding: T_defer is nothing to it", REL_ASKED, 1, 5,
	    REL_EV_DEFER_OVER, false, false, false, NULL, REL_ASKED, 0,
	    false },
	{ "ASKED: challenge hard-bounces", REL_ASKED, 1, 5, REL_EV_BOUNCED,
	    false, false, true, NULL, REL_LAPSED, DIE, true },
	{ "ASKED: confirmed (page or reply)", REL_ASKED, 1, 5,
	    REL_EV_CONFIRMED, false, false, true, NULL, REL_ALLOWED, R, true },
	{ "ASKED: \"I did not send this\", with the code", REL_ASKED, 1, 5,
	    REL_EV_NOT_ME, false, false, true, NULL, REL_LAPSED, DIE, true },
	{ "ASKED: owner releases an item", REL_ASKED, 1, 5, REL_EV_RELEASED,
	    false, false, true, NULL, REL_ALLOWED, R | REL_ACT_RELEASE_ITEM,
	    true },
	{ "SILENT: owner releases an item", REL_SILENT, 0, -1,
	    REL_EV_RELEASED, false, false, true, NULL, REL_ALLOWED,
	    R | REL_ACT_RELEASE_ITEM, true },
	{ "LAPSED: owner releases an item", REL_LAPSED, 1, 5, REL_EV_RELEASED,
	    false, false, true, NULL, REL_ALLOWED, R | REL_ACT_RELEASE_ITEM,
	    true },
	{ "ASKED: owner releases an item once", REL_ASKED, 1, 5,
	    REL_EV_RELEASED_ONCE, false, false, true, NULL, REL_ASKED,
	    REL_ACT_RELEASE_ITEM, true },
	{ "SILENT: owner releases an item once", REL_SILENT, 0, -1,
	    REL_EV_RELEASED_ONCE, false, false, true, NULL, REL_SILENT,
	    REL_ACT_RELEASE_ITEM, true },
	{ "LAPSED: owner releases an item once", REL_LAPSED, 1, 5,
	    REL_EV_RELEASED_ONCE, false, false, true, NULL, REL_LAPSED,
	    REL_ACT_RELEASE_ITEM, true },
	{ "UNKNOWN: message matches a grant, or owner writes", REL_UNKNOWN, 0,
	    -1, REL_EV_ALLOWED, false, false, false, NULL, REL_ALLOWED, R,
	    true },
	{ "ASKED: message matches a grant, or owner writes", REL_ASKED, 1, 5,
	    REL_EV_ALLOWED, false, false, true, NULL, REL_ALLOWED, R, true },
	{ "SILENT: message matches a grant, or owner writes", REL_SILENT, 0,
	    -1, REL_EV_ALLOWED, false, false, true, NULL, REL_ALLOWED, R,
	    true },
	{ "LAPSED: message matches a grant, or owner writes", REL_LAPSED, 1, 5,
	    REL_EV_ALLOWED, false, false, true, NULL, REL_ALLOWED, R, true },
	{ "BLOCKED: message matches a grant, or owner writes", REL_BLOCKED, 0,
	    -1, REL_EV_ALLOWED, false, false, false, NULL, REL_BLOCKED, 0,
	    false },
	{ "UNKNOWN: owner blocks", REL_UNKNOWN, 0, -1, REL_EV_BLOCKED, false,
	    false, false, NULL, REL_BLOCKED, REL_ACT_DROP | DIE, true },
	{ "ASKED: owner blocks", REL_ASKED, 1, 5, REL_EV_BLOCKED, false, false,
	    true, NULL, REL_BLOCKED, REL_ACT_DROP | DIE, true },
	{ "ALLOWED: owner blocks", REL_ALLOWED, 0, -1, REL_EV_BLOCKED, false,
	    false, false, "page", REL_BLOCKED, REL_ACT_DROP | DIE, true },
	{ "ALLOWED: message with malware verdict", REL_ALLOWED, 0, -1,
	    REL_EV_HELD_VIRUS, false, false, false, "page", REL_ALLOWED, 0,
	    true },
	{ "ALLOWED: message not delivered by row 4: never asked", REL_ALLOWED,
	    0, -1, REL_EV_HELD_ASK, false, false, false, "page", REL_ALLOWED,
	    0, true },
	{ "ASKED: item's T_hold ends, none left", REL_ASKED, 1, 5,
	    REL_EV_EXPIRED, true, false, false, NULL, REL_LAPSED, DIE, true },
	{ "ASKED: item's T_hold ends", REL_ASKED, 1, 5, REL_EV_EXPIRED, false,
	    false, true, NULL, REL_ASKED, 0, true },
	{ "SILENT: item's T_hold ends, none left", REL_SILENT, 0, -1,
	    REL_EV_EXPIRED, true, false, false, NULL, REL_UNKNOWN, 0, true },
	{ "LAPSED: message, T_quiet over and asks < 2", REL_LAPSED, 1, Q,
	    REL_EV_HELD_ASK, false, false, false, NULL, REL_ASKED,
	    REL_ACT_ASK, true },
	{ "LAPSED: message, T_quiet over and asks < 2 (DEFER)", REL_LAPSED, 1,
	    Q, REL_EV_DEFERRED, false, false, false, NULL, REL_ASKED,
	    REL_ACT_ASK, true },
	{ "LAPSED: message, within T_quiet", REL_LAPSED, 1, Q - 1,
	    REL_EV_HELD_ASK, false, false, false, NULL, REL_LAPSED, 0, true },
	{ "LAPSED: message, asks = 2", REL_LAPSED, 2, 99999, REL_EV_HELD_ASK,
	    false, false, false, NULL, REL_LAPSED, 0, true },
	{ "LAPSED: item's T_hold ends", REL_LAPSED, 1, 5, REL_EV_EXPIRED, true,
	    false, false, NULL, REL_LAPSED, 0, true },
	{ "LAPSED: 400 d without message", REL_LAPSED, 2, 5, REL_EV_FORGET,
	    true, false, false, NULL, REL_UNKNOWN, DIE, true },
	{ "ALLOWED: unused for T_allow", REL_ALLOWED, 0, -1, REL_EV_FORGET,
	    true, false, false, "reply", REL_UNKNOWN, DIE, true },
	{ "ALLOWED: unused for T_allow; not made by the owner's hand",
	    REL_ALLOWED, 0, -1, REL_EV_FORGET, true, false, false, "owner",
	    REL_ALLOWED, 0, false },
	{ "BLOCKED: owner unblocks on his page", REL_BLOCKED, 0, -1,
	    REL_EV_UNBLOCKED, false, false, false, "owner", REL_UNKNOWN, 0,
	    true },
	{ "ALLOWED: owner takes it back", REL_ALLOWED, 0, -1,
	    REL_EV_DISALLOWED, false, false, false, "owner", REL_UNKNOWN, 0,
	    true },
	{ "ALLOWED: owner takes it back, and something is held of him",
	    REL_ALLOWED, 0, -1, REL_EV_DISALLOWED, false, false, true, "owner",
	    REL_SILENT, 0, true },
	{ "BLOCKED: owner takes back what he never said", REL_BLOCKED, 0, -1,
	    REL_EV_DISALLOWED, false, false, false, "owner", REL_BLOCKED, 0,
	    false },
	{ "UNKNOWN: option switched off", REL_UNKNOWN, 0, -1, REL_EV_CLOSED,
	    false, false, false, NULL, REL_UNKNOWN, R | DIE, true },
	{ "ASKED: option switched off", REL_ASKED, 1, 5, REL_EV_CLOSED, false,
	    false, true, NULL, REL_LAPSED, R | DIE, true },
	{ "SILENT: option switched off", REL_SILENT, 0, -1, REL_EV_CLOSED,
	    false, false, true, NULL, REL_SILENT, R | DIE, true },
	{ "BLOCKED: option switched off", REL_BLOCKED, 0, -1, REL_EV_CLOSED,
	    false, false, false, "owner", REL_BLOCKED, DIE, true },
	/* any, anything not listed: unchanged */
	{ "BLOCKED: message", REL_BLOCKED, 0, -1, REL_EV_HELD_ASK, false,
	    false, false, "owner", REL_BLOCKED, 0, false },
	{ "BLOCKED: confirmed", REL_BLOCKED, 1, 5, REL_EV_CONFIRMED, false,
	    false, false, "owner", REL_BLOCKED, 0, false },
	{ "BLOCKED: owner releases", REL_BLOCKED, 1, 5, REL_EV_RELEASED, false,
	    false, false, "owner", REL_BLOCKED, 0, false },
	{ "LAPSED: confirmed", REL_LAPSED, 1, 5, REL_EV_CONFIRMED, false,
	    false, false, NULL, REL_LAPSED, 0, false },
	{ "SILENT: confirmed", REL_SILENT, 1, 5, REL_EV_CONFIRMED, false,
	    false, true, NULL, REL_SILENT, 0, false },
	{ "ALLOWED: \"I did not send this\"", REL_ALLOWED, 1, 5,
	    REL_EV_NOT_ME, false, false, false, "page", REL_ALLOWED, 0,
	    false },
	{ "ALLOWED: challenge bounces", REL_ALLOWED, 1, 5, REL_EV_BOUNCED,
	    false, false, false, "page", REL_ALLOWED, 0, false },
	{ "ALLOWED: message, DEFER", REL_ALLOWED, 0, -1, REL_EV_DEFERRED,
	    false, false, false, "page", REL_ALLOWED, 0, false },
	{ "ALLOWED: message, REFUSE", REL_ALLOWED, 0, -1, REL_EV_REFUSED,
	    false, false, false, "page", REL_ALLOWED, 0, false },
	{ "ALLOWED: owner unblocks", REL_ALLOWED, 0, -1, REL_EV_UNBLOCKED,
	    false, false, false, "page", REL_ALLOWED, 0, false },
	{ "ASKED: forgotten", REL_ASKED, 1, 5, REL_EV_FORGET, true, false,
	    false, NULL, REL_ASKED, 0, false },
};

static void
each_line_of_the_table(void **state)
{
	struct rel_guard g = { .now_ms = NOW, .quiet_ms = QUIET,
		.asks_max = 2 };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct relation r;
		bool listed = false;
		unsigned int actions;

		print_message("  %s\n", rows[i].name);
		relation_init(&r);
		r.state = rows[i].from;
		r.asks = rows[i].asks;
		r.deferred = rows[i].deferred;
		(void)snprintf(r.challenge, sizeof(r.challenge), "c");
		if (rows[i].origin != NULL)
			(void)snprintf(r.origin, sizeof(r.origin), "%s",
			    rows[i].origin);
		if (rows[i].items)
			relation_add_item(&r, "i", 1);
		if (rows[i].asked_ago >= 0)
			r.asked_ms = NOW - rows[i].asked_ago;
		g.none_left = rows[i].none_left;
		actions = relation_apply(&r, rows[i].ev, &g, "test", &listed);
		assert_int_equal(r.state, rows[i].to);
		assert_int_equal(actions, rows[i].actions);
		assert_int_equal(listed, rows[i].listed);
		assert_int_equal(r.challenge[0] == '\0', (actions & DIE) != 0);
		if (rows[i].to != rows[i].from)
			assert_int_equal(r.deferred,
			    rows[i].ev == REL_EV_DEFERRED);
	}
}

/* Every state with every event: what leaves it is only what the table lists. */
static void
whatever_comes_keeps_the_promises(void **state)
{
	struct rel_guard g = { .now_ms = NOW, .quiet_ms = QUIET,
		.asks_max = 2 };

	(void)state;
	for (int n = 0; n < 6 * REL_EV_COUNT * 16; n++) {
		enum rel_event ev = (enum rel_event)(n / 96);
		struct relation r, before;
		unsigned int actions;
		bool listed;

		relation_init(&r);
		r.state = (enum rel_state)(n / 16 % 6);
		r.asks = n % 2 + 1;
		r.asked_ms = n / 2 % 2 == 0 ? NOW - QUIET : NOW - 1;
		r.deferred = r.state == REL_ASKED && n / 4 % 2 == 0;
		if (n / 8 % 2 == 0)
			relation_add_item(&r, "i", 1);
		g.none_left = r.items == 0;
		before = r;
		actions = relation_apply(&r, ev, &g, "page", &listed);
		if (!listed)
			assert_memory_equal(&r, &before, sizeof(r));
		if ((actions & REL_ACT_ASK) != 0) {
			assert_int_equal(r.state, REL_ASKED);
			assert_true(before.asks < 2);
			assert_true(NOW - before.asked_ms >= QUIET);
		}
		if (r.state == REL_ASKED && before.state != REL_ASKED)
			assert_true((actions & REL_ACT_ASK) != 0);
		assert_true(r.state == REL_ASKED || !r.deferred);
		if (before.state == REL_BLOCKED)
			assert_true(r.state == REL_BLOCKED ||
			    ev == REL_EV_UNBLOCKED);
	}
}

/* --- Age -------------------------------------------------------------------- */

#define DAY 86400000LL

static void
ages_init(struct rel_ages *ages)
{
	struct option_values v;

	options_standard(&v);
	relation_ages(&v, ages);
}

static const struct {
	const char *name;
	enum rel_state from;
	int asks;
	const char *origin;
	bool deferred, items;
	int64_t age_ms; /* since the last message */
	enum rel_state to;
	int asks_after;
	int64_t since; /* after, from the last message; -1: as it was */
} ages_rows[] = {
	{ "confirmed by page", REL_ALLOWED, 1, "page", false, false,
	    400 * DAY - 1, REL_ALLOWED, 1, -1 },
	{ "confirmed by page, unused for T_allow", REL_ALLOWED, 1, "page",
	    false, false, 400 * DAY, REL_UNKNOWN, 0, 400 * DAY },
	{ "written to", REL_ALLOWED, 0, "outbound", false, false,
	    180 * DAY - 1, REL_ALLOWED, 0, -1 },
	{ "written to, unused for 180 d", REL_ALLOWED, 0, "outbound", false,
	    false, 180 * DAY, REL_UNKNOWN, 0, 180 * DAY },
	{ "by the owner's hand", REL_ALLOWED, 0, "owner", false, false,
	    9999 * DAY, REL_ALLOWED, 0, -1 },
	{ "blocked", REL_BLOCKED, 0, "owner", false, false, 9999 * DAY,
	    REL_BLOCKED, 0, -1 },
	{ "lapsed", REL_LAPSED, 2, "", false, false, 400 * DAY - 1,
	    REL_LAPSED, 2, -1 },
	{ "lapsed, 400 d without message", REL_LAPSED, 2, "", false, false,
	    400 * DAY, REL_UNKNOWN, 0, 400 * DAY },
	{ "lapsed with an item", REL_LAPSED, 2, "", false, true, 9999 * DAY,
	    REL_LAPSED, 2, -1 },
	{ "deferred", REL_ASKED, 1, "", true, false, 4 * DAY - 1, REL_ASKED, 1,
	    -1 },
	{ "deferred, T_defer over", REL_ASKED, 1, "", true, false, 4 * DAY,
	    REL_LAPSED, 1, 4 * DAY },
	{ "deferred, T_defer over, an item came", REL_ASKED, 1, "", true,
	    true, 99 * DAY, REL_ASKED, 1, -1 },
	{ "deferred, and long forgotten", REL_ASKED, 1, "", true, false,
	    404 * DAY, REL_UNKNOWN, 0, 404 * DAY },
	{ "asked, its item was let through once", REL_ASKED, 1, "", false,
	    false, 7 * DAY, REL_LAPSED, 1, 7 * DAY },
	{ "silent, never came again", REL_SILENT, 0, "", false, false, 4 * DAY,
	    REL_UNKNOWN, 0, 4 * DAY },
	{ "unknown who was asked once", REL_UNKNOWN, 1, "", false, false,
	    400 * DAY - 1, REL_UNKNOWN, 1, -1 },
	{ "unknown who was asked once, forgotten", REL_UNKNOWN, 1, "", false,
	    false, 400 * DAY, REL_UNKNOWN, 0, -1 },
	{ "the clock stepped back", REL_ALLOWED, 0, "page", false, false,
	    -999 * DAY, REL_ALLOWED, 0, -1 },
};

static void
what_is_not_used_is_forgotten(void **state)
{
	const int64_t last = 2000 * DAY;
	struct rel_ages ages;

	(void)state;
	ages_init(&ages);
	for (size_t i = 0; i < OCT_LEN(ages_rows); i++) {
		struct relation r, before;
		bool changed;

		print_message("  %s\n", ages_rows[i].name);
		relation_init(&r);
		r.state = ages_rows[i].from;
		r.asks = ages_rows[i].asks;
		r.deferred = ages_rows[i].deferred;
		r.last_ms = r.since_ms = r.asked_ms = last;
		(void)snprintf(r.origin, sizeof(r.origin), "%s",
		    ages_rows[i].origin);
		if (ages_rows[i].items)
			relation_add_item(&r, "i", 1);
		before = r;
		changed = relation_age(&r, &ages, last + ages_rows[i].age_ms);
		assert_int_equal(r.state, ages_rows[i].to);
		assert_int_equal(r.asks, ages_rows[i].asks_after);
		assert_int_equal(r.since_ms, ages_rows[i].since < 0
			? last
			: last + ages_rows[i].since);
		assert_int_equal(changed, memcmp(&r, &before, sizeof(r)) != 0);
		/* Time passes once. */
		assert_false(relation_age(&r, &ages,
		    last + ages_rows[i].age_ms));
	}
}

static void
use_slides_once_a_day(void **state)
{
	struct rel_ages ages;
	struct relation r;

	(void)state;
	ages_init(&ages);
	relation_init(&r);
	r.state = REL_ALLOWED;
	assert_true(relation_used(&r, 300 * DAY));
	assert_false(relation_used(&r, 301 * DAY - 1));
	assert_true(relation_used(&r, 301 * DAY));
	assert_false(relation_age(&r, &ages, 700 * DAY));
	assert_true(relation_age(&r, &ages, 701 * DAY));
	assert_true(relation_is_empty(&r));
	assert_false(relation_used(&r, 800 * DAY));
}

/* BLOCKED never leads to delivery, whatever happens but the owner's unblock. */
static void
blocked_never_releases(void **state)
{
	struct rel_guard g = { .now_ms = NOW, .quiet_ms = QUIET,
		.asks_max = 2, .none_left = true };

	(void)state;
	for (int ev = REL_EV_HELD_ASK; ev < REL_EV_COUNT; ev++) {
		struct relation r;
		unsigned int actions;

		if (ev == REL_EV_UNBLOCKED)
			continue;
		relation_init(&r);
		r.state = REL_BLOCKED;
		actions = relation_apply(&r, (enum rel_event)ev, &g, "x", NULL);
		assert_int_equal(r.state, REL_BLOCKED);
		assert_int_equal(actions &
			(REL_ACT_RELEASE | REL_ACT_RELEASE_ITEM | REL_ACT_ASK),
		    0);
	}
}

static void
a_late_challenge_may_be_asked_again(void **state)
{
	struct rel_guard g = { .now_ms = NOW, .quiet_ms = QUIET,
		.asks_max = 1 };
	struct relation r;

	(void)state;
	relation_init(&r);
	assert_int_equal(relation_apply(&r, REL_EV_HELD_ASK, &g, NULL, NULL),
	    REL_ACT_ASK);
	assert_int_equal(r.asks, 1);
	(void)relation_apply(&r, REL_EV_LATE, &g, NULL, NULL);
	assert_int_equal(r.asks, 0);
	assert_int_equal(relation_apply(&r, REL_EV_HELD_ASK, &g, NULL, NULL),
	    REL_ACT_ASK);
}

static void
an_owner_made_allowance_is_not_forgotten(void **state)
{
	struct rel_guard g = { .now_ms = NOW };
	struct relation r;

	(void)state;
	relation_init(&r);
	(void)relation_apply(&r, REL_EV_ALLOWED, &g, "owner", NULL);
	(void)relation_apply(&r, REL_EV_FORGET, &g, NULL, NULL);
	assert_int_equal(r.state, REL_ALLOWED);
	relation_init(&r);
	(void)relation_apply(&r, REL_EV_ALLOWED, &g, "grant", NULL);
	(void)relation_apply(&r, REL_EV_FORGET, &g, NULL, NULL);
	assert_int_equal(r.state, REL_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packed_relation_reads_back_equal),
		cmocka_unit_test(the_first_form_still_reads),
		cmocka_unit_test(a_damaged_relation_is_refused),
		cmocka_unit_test(the_first_message_always_has_room),
		cmocka_unit_test(each_line_of_the_table),
		cmocka_unit_test(whatever_comes_keeps_the_promises),
		cmocka_unit_test(what_is_not_used_is_forgotten),
		cmocka_unit_test(use_slides_once_a_day),
		cmocka_unit_test(blocked_never_releases),
		cmocka_unit_test(a_late_challenge_may_be_asked_again),
		cmocka_unit_test(an_owner_made_allowance_is_not_forgotten),
	};

	return cmocka_run_group_tests_name("relation", tests, NULL, NULL);
}
