/* SPDX-License-Identifier: Apache-2.0 */
/* What owners do to items and relations.  A real Redis. */
#include "tests/unit/casework_fixture.h"

static void
an_owner_releases_and_accepts(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	held_for(3, "bob", FATE_R_SPAM);
	assert_int_equal(release(2, false), CASE_DONE);
	assert_string_equal(wanted(1), "owner");
	assert_string_equal(wanted(2), "owner");
	assert_string_equal(wanted(3), "");
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
	assert_string_equal(relation_of("bob").origin, "owner");
}

static void
an_owner_releases_once(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(release(2, true), CASE_DONE);
	assert_string_equal(wanted(1), "");
	assert_string_equal(wanted(2), "owner");
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(work_entries(), 1);
}

static void
nothing_of_a_blocked_sender_is_delivered(void **state)
{
	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	set_relation("bob", REL_BLOCKED);
	assert_int_equal(release(1, false), CASE_IMPOSSIBLE);
	assert_int_equal(release(1, true), CASE_IMPOSSIBLE);
	assert_string_equal(wanted(1), "");
	assert_int_equal(relation_of("bob").state, REL_BLOCKED);
}

static void
an_owner_drops(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(drop(2), CASE_DONE);
	assert_int_equal(state_of(2), HELD_DROPPED);
	assert_false(is_indexed("bob", 2));
	assert_true(is_indexed("bob", 1));
	assert_false(relation_holds("bob", 2));
	assert_int_equal(relation_of("bob").bytes, SIZE);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(due("purge", 2), NOW + 2000);
	assert_int_equal(drop(2), CASE_ALREADY);
	assert_int_equal(release(2, false), CASE_OVER);
	/* On its way out it cannot be stopped any more. */
	assert_int_equal(release(1, true), CASE_DONE);
	assert_int_equal(claim(1, NOW + 30000), 1);
	assert_int_equal(drop(1), CASE_IMPOSSIBLE);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, NOW + 31000), 0);
	case_item_fini(&i);
	assert_int_equal(drop(1), CASE_IMPOSSIBLE);
	assert_int_equal(release(1, false), CASE_ALREADY);
	assert_int_equal(drop(77), CASE_OVER);
	assert_int_equal(release(77, false), CASE_OVER);
}

static void
the_last_item_of_a_silent_relation_takes_it_away(void **state)
{
	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(drop(1), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(drop(2), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_UNKNOWN);
	assert_int_equal(test_redis_do(&world.redis, "HLEN oct:{" D "}:rel:"
				       "bob"),
	    0);
}

static void
grants(void **state)
{
	static const struct {
		const char *name, *packed;
		int rc;
	} rows[] = {
		{ "allow", "1 allow 5 bob a b c", 0 },
		{ "no reason", "1 block 5 bob ", 0 },
		{ "version", "3 allow 5 bob x", OCT_EPARSE },
		{ "kind", "1 alow 5 bob x", OCT_EPARSE },
		{ "time", "1 allow x bob x", OCT_EPARSE },
		{ "short", "1 allow 5", OCT_EPARSE },
		{ "nothing", "", OCT_EPARSE },
	};
	struct case_grant g = { .block = true, .drop = true, .since_ms = NOW,
		.actor = "bob@" D, .why = "spam = \"x\"" }, back;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(case_grant_parse(rows[i].packed, &back),
		    rows[i].rc);
	}
	assert_int_equal(case_grant_set(world.store, D, "bob", "addr:a@b", &g),
	    0);
	assert_int_equal(test_redis_do(&world.redis, "HLEN oct:{" D "}:grant:"
				       "bob"),
	    1);
	assert_int_equal(case_grant_remove(world.store, D, "bob", "addr:a@b"),
	    0);
	assert_int_equal(case_grant_remove(world.store, D, "bob", "addr:a@b"),
	    0);
	assert_int_equal(test_redis_do(&world.redis, "EXISTS oct:{" D
				       "}:grant:bob"),
	    0);
	(void)snprintf(g.actor, sizeof(g.actor), "a b");
	assert_int_equal(case_grant_set(world.store, D, "bob", "addr:a@b", &g),
	    OCT_EPARSE);
	g.actor[0] = '\0';
	assert_int_equal(case_grant_set(world.store, D, "bob", "addr:a@b", &g),
	    OCT_EPARSE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_owner_releases_and_accepts),
		T(an_owner_releases_once),
		T(nothing_of_a_blocked_sender_is_delivered),
		T(an_owner_drops),
		T(the_last_item_of_a_silent_relation_takes_it_away),
		T(grants),
	};

	return RUN_CASE_TESTS("test_case_owner", tests);
}
