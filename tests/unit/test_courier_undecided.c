/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that were accepted undecided get their fate, by the rules of each
 * mailbox.
 */
#include "tests/unit/courier_fixture.h"

/* Only in the spool: the store was away. */
static void
undecided(int n, const char *sid, int32_t score)
{
	struct arrival a = { .n = n, .local = "bob", .sid = sid,
		.reason = FATE_R_UNDECIDED, .at_ms = NOW };
	struct held h;
	char id[HELD_ID_SIZE];

	item_of(&a, id_of(n, id), &h);
	h.score = score;
	spool_text(&h, id, KEPT);
}

static void
set_relation(const char *sid, const char *packed)
{
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:bob %s %s",
	    sid, packed);
}

static void
undecided_messages_are_decided_soon(void **state)
{
	const int64_t soon = NOW + 20000 + 60000;
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	set_relation("A|a@x.example|x.example",
	    "2 A 0 1 1795255200000 0 - page 0 -");
	set_relation("A|b@x.example|x.example", "2 B 0 1 1 0 - owner 0 -");
	undecided(1, "A|a@x.example|x.example", 0);
	undecided(2, "A|b@x.example|x.example", 0);
	undecided(3, "A|c@x.example|x.example", 0);
	undecided(4, "A|a@x.example|x.example", 99900);
	courier_sweep(office.courier, soon - 1);
	assert_int_equal(case_item_read(world.store, D, id_of(1, id), &i), 0);
	courier_sweep(office.courier, soon);
	oct_clock_set_wall_ms(soon);
	for (int n = 1; n <= 4; n++) {
		assert_int_equal(due("decide", n), soon);
		assert_int_equal(act("decide", n), DUTY_DONE);
	}
	assert_string_equal(wanted(1), "allowed");
	assert_int_equal(state_of(2), HELD_DROPPED);
	/* Silent, for the digest; never asked. */
	assert_string_equal(wanted(3), "");
	assert_true(is_indexed("bob", 3));
	i = item(3);
	assert_string_equal(i.held.challenge, "");
	assert_true(i.decided);
	case_item_fini(&i);
	/* Not over a score that refuses. */
	assert_string_equal(wanted(4), "");
	/* A lost duty comes back, until it was decided. */
	undecided(5, "A|c@x.example|x.example", 0);
	courier_sweep(office.courier, soon);
	(void)test_redis_do(&world.redis, "DEL oct:due:" NODE);
	courier_sweep(office.courier, soon);
	assert_int_equal(due("decide", 5), soon);
	assert_int_equal(due("decide", 3), INT64_MIN);
}

/* By the rules of the mailbox, not the platform's: its bounds, how long it knows
 * whom it does not hear of, and whether it has the option at all (a block list
 * alone makes a message undecided). */
static void
each_mailbox_decides_by_its_own_rules(void **state)
{
	static const struct {
		const char *name, *json, *relation;
		int32_t score;
		const char *want;
	} rows[] = {
		{ "a bound below the platform's", "{\"reject\":8}",
		    "2 A 0 1 1795255200000 0 - page 0 -", 900, "" },
		{ "a bound above it", "{\"reject\":30}",
		    "2 A 0 1 1795255200000 0 - page 0 -", 2000, "allowed" },
		{ "known for longer", "{\"t_allow\":\"4000d\"}",
		    "2 A 0 1 1700000000000 0 - page 0 -", 0, "allowed" },
		{ "suspended", "{\"state\":\"suspended\"}",
		    "2 A 0 1 1795255200000 0 - page 0 -", 0, "" },
		{ "the option", "{\"challenge\":\"first-contact\"}", "-", 0,
		    "" },
		{ "no option", "{\"challenge\":\"off\"}", "-", 0, "allowed" },
		{ "no option, but spam", "{\"challenge\":\"off\",\"hold\":5}",
		    "-", 500, "" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct dir_change changes[] = {
			{ .domain = D, .create = true, .json = "{}",
			    .actor = "t" },
			{ .domain = D, .local = "bob", .create = true,
			    .json = rows[i].json, .actor = "t" },
		};
		char problem[256];

		print_message("  %s\n", rows[i].name);
		if (i > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		for (size_t k = 0; k < OCT_LEN(changes); k++)
			assert_int_equal(directory_change(world.store,
					     &changes[k], problem),
			    0);
		set_relation("A|a@x.example|x.example", rows[i].relation);
		undecided(1, "A|a@x.example|x.example", rows[i].score);
		courier_sweep(office.courier, NOW + 80000);
		oct_clock_set_wall_ms(NOW + 80000);
		assert_int_equal(act("decide", 1), DUTY_DONE);
		assert_string_equal(wanted(1), rows[i].want);
	}
}

static void
what_its_owner_took_in_hand_is_not_decided(void **state)
{
	(void)state;
	set_relation("A|b@x.example|x.example", "2 A 0 1 1 0 - owner 0 -");
	undecided(1, "A|b@x.example|x.example", 0);
	courier_sweep(office.courier, NOW + 3600000);
	oct_clock_set_wall_ms(NOW + 3600000);
	want(1);
	set_relation("A|b@x.example|x.example", "2 B 0 1 1 0 - owner 0 -");
	assert_int_equal(act("decide", 1), DUTY_DONE);
	assert_string_equal(wanted(1), "owner");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(undecided_messages_are_decided_soon),
		T(each_mailbox_decides_by_its_own_rules),
		T(what_its_owner_took_in_hand_is_not_decided),
	};

	return RUN_COURIER_TESTS("test_courier_undecided", tests);
}
