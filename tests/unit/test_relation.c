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

static void
a_damaged_relation_is_refused(void **state)
{
	static const char *const bad[] = { "", "1", "2 U 0 0 0 0 - - 0",
		"1 Z 0 0 0 0 - - 0", "1 U -1 0 0 0 - - 0", "1 U 0 0 0 - - 0",
		"1 U 0 0 0 0 0123456789abcdef0 - 0",
		"1 U 0 0 0 x - - 0" };
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

/* Every line of challenge.md 3 that this machine has, and what is not listed. */
static const struct {
	const char *name;
	enum rel_state from;
	int asks;
	int64_t asked_ago; /* -1: never */
	enum rel_event ev;
	bool none_left;
	enum rel_state to;
	unsigned int actions;
	bool listed;
} rows[] = {
	{ "unknown is asked", REL_UNKNOWN, 0, -1, REL_EV_HELD_ASK, false,
	    REL_ASKED, REL_ACT_ASK, true },
	{ "silent is asked", REL_SILENT, 0, -1, REL_EV_HELD_ASK, false,
	    REL_ASKED, REL_ACT_ASK, true },
	{ "unknown held silently", REL_UNKNOWN, 0, -1, REL_EV_HELD_SILENT,
	    false, REL_SILENT, 0, true },
	{ "silent stays silent", REL_SILENT, 0, -1, REL_EV_HELD_SILENT, false,
	    REL_SILENT, 0, true },
	{ "asked is not asked twice", REL_ASKED, 1, 5000, REL_EV_HELD_ASK,
	    false, REL_ASKED, 0, true },
	{ "allowed is never asked", REL_ALLOWED, 1, 5000, REL_EV_HELD_ASK,
	    false, REL_ALLOWED, 0, true },
	{ "lapsed within the quiet time", REL_LAPSED, 1, 999, REL_EV_HELD_ASK,
	    false, REL_LAPSED, 0, true },
	{ "lapsed, quiet time over", REL_LAPSED, 1, 1000, REL_EV_HELD_ASK,
	    false, REL_ASKED, REL_ACT_ASK, true },
	{ "lapsed, asked twice already", REL_LAPSED, 2, 99999, REL_EV_HELD_ASK,
	    false, REL_LAPSED, 0, true },
	{ "silent, asked twice already", REL_SILENT, 2, 99999, REL_EV_HELD_ASK,
	    false, REL_SILENT, 0, true },
	{ "blocked holds nothing", REL_BLOCKED, 0, -1, REL_EV_HELD_ASK, false,
	    REL_BLOCKED, 0, false },
	{ "confirmed", REL_ASKED, 1, 5, REL_EV_CONFIRMED, false, REL_ALLOWED,
	    REL_ACT_RELEASE, true },
	{ "confirmation of a blocked one does nothing", REL_BLOCKED, 1, 5,
	    REL_EV_CONFIRMED, false, REL_BLOCKED, 0, false },
	{ "confirmation of a lapsed one does nothing", REL_LAPSED, 1, 5,
	    REL_EV_CONFIRMED, false, REL_LAPSED, 0, false },
	{ "not me", REL_ASKED, 1, 5, REL_EV_NOT_ME, false, REL_LAPSED,
	    REL_ACT_TOKENS_DIE, true },
	{ "bounced", REL_ASKED, 1, 5, REL_EV_BOUNCED, false, REL_LAPSED,
	    REL_ACT_TOKENS_DIE, true },
	{ "late", REL_ASKED, 1, 5, REL_EV_LATE, false, REL_SILENT,
	    REL_ACT_TOKENS_DIE, true },
	{ "not me after confirming", REL_ALLOWED, 1, 5, REL_EV_NOT_ME, false,
	    REL_ALLOWED, 0, false },
	{ "owner releases", REL_SILENT, 0, -1, REL_EV_RELEASED, false,
	    REL_ALLOWED, REL_ACT_RELEASE | REL_ACT_RELEASE_ITEM, true },
	{ "owner releases once", REL_LAPSED, 1, 5, REL_EV_RELEASED_ONCE, false,
	    REL_LAPSED, REL_ACT_RELEASE_ITEM, true },
	{ "owner allows", REL_UNKNOWN, 0, -1, REL_EV_ALLOWED, false,
	    REL_ALLOWED, REL_ACT_RELEASE, true },
	{ "a grant does not undo a block", REL_BLOCKED, 0, -1, REL_EV_ALLOWED,
	    false, REL_BLOCKED, 0, false },
	{ "owner blocks", REL_ALLOWED, 0, -1, REL_EV_BLOCKED, false,
	    REL_BLOCKED, REL_ACT_DROP | REL_ACT_TOKENS_DIE, true },
	{ "owner unblocks", REL_BLOCKED, 0, -1, REL_EV_UNBLOCKED, false,
	    REL_UNKNOWN, 0, true },
	{ "unblock of another state", REL_ALLOWED, 0, -1, REL_EV_UNBLOCKED,
	    false, REL_ALLOWED, 0, false },
	{ "asked, last item expires", REL_ASKED, 1, 5, REL_EV_EXPIRED, true,
	    REL_LAPSED, REL_ACT_TOKENS_DIE, true },
	{ "asked, an item expires", REL_ASKED, 1, 5, REL_EV_EXPIRED, false,
	    REL_ASKED, 0, true },
	{ "silent, last item expires", REL_SILENT, 0, -1, REL_EV_EXPIRED, true,
	    REL_UNKNOWN, 0, true },
	{ "lapsed is forgotten", REL_LAPSED, 2, 5, REL_EV_FORGET, true,
	    REL_UNKNOWN, 0, true },
	{ "asked is not forgotten", REL_ASKED, 1, 5, REL_EV_FORGET, true,
	    REL_ASKED, 0, false },
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
		if (rows[i].asked_ago >= 0)
			r.asked_ms = NOW - rows[i].asked_ago;
		g.none_left = rows[i].none_left;
		actions = relation_apply(&r, rows[i].ev, &g, "test", &listed);
		assert_int_equal(r.state, rows[i].to);
		assert_int_equal(actions, rows[i].actions);
		assert_int_equal(listed, rows[i].listed);
	}
}

/* BLOCKED never leads to delivery, whatever happens but the owner's unblock. */
static void
blocked_never_releases(void **state)
{
	struct rel_guard g = { .now_ms = NOW, .quiet_ms = QUIET,
		.asks_max = 2, .none_left = true };

	(void)state;
	for (int ev = REL_EV_HELD_ASK; ev <= REL_EV_FORGET; ev++) {
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
		cmocka_unit_test(a_damaged_relation_is_refused),
		cmocka_unit_test(the_first_message_always_has_room),
		cmocka_unit_test(each_line_of_the_table),
		cmocka_unit_test(blocked_never_releases),
		cmocka_unit_test(a_late_challenge_may_be_asked_again),
		cmocka_unit_test(an_owner_made_allowance_is_not_forgotten),
	};

	return cmocka_run_group_tests_name("relation", tests, NULL, NULL);
}
