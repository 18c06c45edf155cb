/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message for several: who leaves the envelope, and who gets a copy of his
 * own.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/milter_hold_fixture.h"

#define GROUP 120 /* more than one transaction takes */

static void
large_group(void)
{
	struct oct_str targets;

	oct_str_heap(&targets, 65536);
	for (int i = 0; i < GROUP; i++) {
		char local[16];

		(void)snprintf(local, sizeof(local), "g%d", i);
		provision(D, local, false, "{\"challenge\":\"first-contact\"}");
		oct_str_addf(&targets, "%s\"%s@" D "\"", i > 0 ? "," : "",
		    local);
	}
	{
		struct oct_str json;

		oct_str_heap(&json, 65536);
		oct_str_addf(&json, "{\"targets\":[%s]}",
		    oct_str_text(&targets));
		provision(D, "groupe", true, oct_str_text(&json));
		oct_str_free(&json);
	}
	oct_str_free(&targets);
}

static int
set_up_group(void **state)
{
	(void)state;
	return start_world("", large_group);
}

static void
two_recipients_have_two_fates(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "Bob@" D, "\"Anne\"@" D, "x@far.example" },
		.to = "bob@" D ", anne@" D };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("\"Anne\"@" D), false);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(indexed("bob"), 0);
	assert_int_equal(items(), 1);
	end(&o);
}

static void
a_refusal_for_one_becomes_silent(void **state)
{
	static const struct talk t = { .from = "x@slow.example",
		.rcpt = { "bob@" D, "anne@" D },
		.to = "bob@" D ", anne@" D };
	struct case_item i;
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("anne@" D), false);
	end(&o);
	i = held_item("anne", 0);
	assert_string_equal(i.held.reason, "undecided");
	case_item_fini(&i);
}

static void
an_alias_of_two_fates_is_taken_over_whole(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "tous@" D },
		.params = "SIZE=99" };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("tous@" D), true);
	end(&o);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(indexed("bob"), 0); /* in transit: never listed */
	assert_int_equal(items(), 2);
	assert_int_equal(spooled(), 2);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "for _, k in ipairs(redis.call('KEYS', "
			     "'oct:{" D "}:held:*')) do "
			     "if redis.call('HGET', k, 'want') == 'transit' "
			     "then return 1 end end return 0"),
	    1);
}

static void
nobody_gets_it_twice(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "tous@" D, "bob@" D, "anne@" D } };
	struct outcome o;

	(void)state;
	/* bob stays by his own RCPT: not stored again. */
	talk(&t, &o);
	assert_taken(&o, TAKEN("tous@" D, "anne@" D), false);
	end(&o);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(items(), 1);
}

static void
external_targets_are_taken_over_with_their_proof(void **state)
{
	static const struct {
		const char *name, *from, *class;
	} rows[] = {
		{ "proven", ALICE, "A" },
		{ "unproven", "x@unknown.example", "N" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct talk t = { .from = rows[i].from,
			.rcpt = { "dehors@" D } };
		struct case_item item;
		struct outcome o;
		char id[HELD_ID_SIZE] = "";
		const char *slash;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(stop_world(state), 0);
		assert_int_equal(set_up(state), 0);
		/* Twice: Postfix failed after our answer. */
		for (int k = 0; k < 2; k++) {
			talk(&t, &o);
			assert_taken(&o, TAKEN("dehors@" D), true);
			end(&o);
			assert_int_equal(items(), 2);
			assert_int_equal(spooled(), 2);
			assert_int_equal(indexed("anne"), 1);
		}
		item = held_item("anne", 0);
		slash = strrchr(one_file, '/');
		(void)snprintf(id, sizeof(id), "%.32s", slash + 1);
		if (strcmp(id, item.held.id) == 0) {
			/* The other one: whichever the walk did not end on. */
			assert_int_equal(unlink(one_file), 0);
			assert_int_equal(spooled(), 1);
			slash = strrchr(one_file, '/');
			(void)snprintf(id, sizeof(id), "%.32s", slash + 1);
		}
		case_item_fini(&item);
		assert_int_equal(case_item_read(world.app->store, D, id,
				     &item),
		    1);
		assert_string_equal(item.held.rcpt, "x@far.example");
		assert_string_equal(item.held.reason, "transit");
		assert_string_equal(item.held.class, rows[i].class);
		assert_string_equal(item.held.sid, "");
		case_item_fini(&item);
	}
}

static void
a_large_group_is_held_whole(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "groupe@" D } };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("groupe@" D), true);
	end(&o);
	assert_int_equal(items(), GROUP);
	assert_int_equal(spooled(), GROUP);
	assert_int_equal(challenges(), 1);
	talk(&t, &o);
	assert_taken(&o, TAKEN("groupe@" D), true);
	end(&o);
	assert_int_equal(items(), GROUP);
	assert_int_equal(challenges(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(two_recipients_have_two_fates),
		T(a_refusal_for_one_becomes_silent),
		T(an_alias_of_two_fates_is_taken_over_whole),
		T(nobody_gets_it_twice),
		T(external_targets_are_taken_over_with_their_proof),
		cmocka_unit_test_setup_teardown(a_large_group_is_held_whole,
		        set_up_group, stop_world),
	};

	return RUN_MILTER_TESTS("test_milter_fates", tests);
}
