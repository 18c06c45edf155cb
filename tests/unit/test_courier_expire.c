/* SPDX-License-Identifier: Apache-2.0 */
/* The end of what nobody wanted: when, and who hears of it. */
#include "tests/unit/courier_fixture.h"

static void
an_unlisted_item_is_extended_once(void **state)
{
	(void)state;
	hold(&asked, KEPT);
	assert_int_equal(act("expire", 1), DUTY_LATER);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	oct_clock_set_wall_ms(NOW + 7 * DAY);
	assert_int_equal(act("expire", 1), DUTY_LATER);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_int_equal(due("expire", 1), NOW + 37 * DAY);
}

static void
expire_with(int64_t now_ms, const struct step *script, const char *needle)
{
	char *text;

	oct_clock_set_wall_ms(now_ms);
	assert_int_equal(act("expire", 1), DUTY_LATER); /* extended */
	oct_clock_set_wall_ms(now_ms + 30 * DAY);
	if (script != NULL)
		postfix(script);
	assert_int_equal(act("expire", 1), DUTY_DONE);
	assert_int_equal(state_of(1), HELD_EXPIRED);
	if (script == NULL)
		return;
	text = received();
	assert_non_null(strstr(text, needle));
	assert_non_null(strstr(text, "Subject: question"));
	assert_null(strstr(text, "TresPrive"));
	free(text);
}

static void
the_sender_of_a_first_contact_is_told(void **state)
{
	static const struct step script[STEPS] = DSN_SCRIPT;

	(void)state;
	hold(&asked, KEPT);
	expire_with(NOW + 7 * DAY, script, "Status: 5.7.1");
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(act("expire", 1), DUTY_DONE);
}

/* He confirmed; it is the mailbox that did not take it. */
static void
the_sender_of_a_refused_release_is_told_so(void **state)
{
	static const struct step script[STEPS] = DSN_SCRIPT;
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&asked, KEPT);
	assert_int_equal(test_redis_do(&world.redis,
			     "HSET %s note %s refused permanent",
			     key_held(key, D, id_of(1, id)),
			     "550 5.1.1 nobody"),
	    2);
	expire_with(NOW + 7 * DAY, script, "550 5.1.1 nobody");
}

static void
nobody_outside_is_told_of_others(void **state)
{
	static const struct {
		const char *name, *class, *rpath;
		enum fate_reason reason;
	} rows[] = {
		{ "spam", "A", NULL, FATE_R_SPAM },
		{ "automatic", "A", NULL, FATE_R_AUTOMATIC },
		{ "unproven", "N", NULL, FATE_R_FIRST_CONTACT },
		{ "From alone", "F", NULL, FATE_R_FIRST_CONTACT },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct arrival a = silent;

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		a.reason = rows[k].reason;
		hold(&a, KEPT);
		set_class(1, rows[k].class);
		expire_with(NOW + 14 * DAY, NULL, NULL);
	}
}

/* The owner blocked by address: he has no relation of that name to be changed. */
static void
nobody_writes_to_who_was_blocked(void **state)
{
	static const char *const where[] = { "bob", "@" };
	struct case_grant g = { .since_ms = NOW, .actor = "bob", .block = true,
		.why = "" };

	for (size_t k = 0; k < OCT_LEN(where); k++) {
		char id[HELD_ID_SIZE], key[KEY_SIZE];

		print_message("  of %s\n", where[k]);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		assert_int_equal(case_grant_set(world.store, D, where[k],
				     "addr:alice@example.org", &g),
		    0);
		/* No server listens: whatever would be sent comes later. */
		assert_int_equal(act_challenge(CH), DUTY_DONE);
		assert_int_equal(challenge_state(CH), CHALLENGE_LATE);
		assert_int_equal(relation_of("bob").state, REL_SILENT);
		(void)test_redis_do(&world.redis, "HSET %s digested 1",
		    key_held(key, D, id_of(1, id)));
		oct_clock_set_wall_ms(NOW + 16 * DAY);
		assert_int_equal(act("expire", 1), DUTY_DONE);
		assert_int_equal(state_of(1), HELD_EXPIRED);
	}
}

/* His challenge came back, or he disowned it: what came later, unasked, ends
 * without a notice to him too (challenge.md 10d: in this relation). */
static void
no_notice_where_a_challenge_failed(void **state)
{
	static const enum rel_event events[] = { REL_EV_BOUNCED,
		REL_EV_NOT_ME };

	for (size_t k = 0; k < OCT_LEN(events); k++) {
		struct arrival later = silent;
		enum case_outcome out;
		char id[HELD_ID_SIZE], key[KEY_SIZE];

		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		assert_int_equal(case_lapse(world.store, &world.t, D, CH,
				     events[k], SETTLED, &out),
		    0);
		assert_int_equal(out, CASE_DONE);
		later.n = 2;
		later.reason = FATE_R_FIRST_CONTACT;
		later.at_ms = NOW + DAY;
		hold(&later, KEPT);
		(void)test_redis_do(&world.redis, "HSET %s digested 1",
		    key_held(key, D, id_of(2, id)));
		oct_clock_set_wall_ms(NOW + 16 * DAY);
		assert_int_equal(act("expire", 2), DUTY_DONE);
		assert_int_equal(state_of(2), HELD_EXPIRED);
	}
}

static void
a_wanted_item_does_not_expire(void **state)
{
	(void)state;
	hold(&asked, KEPT);
	want(1);
	oct_clock_set_wall_ms(NOW + 60 * DAY);
	assert_int_equal(act("expire", 1), DUTY_LATER);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_int_equal(due("expire", 1), NOW + 60 * DAY + 60000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_unlisted_item_is_extended_once),
		T(the_sender_of_a_first_contact_is_told),
		T(the_sender_of_a_refused_release_is_told_so),
		T(nobody_outside_is_told_of_others),
		T(nobody_writes_to_who_was_blocked),
		T(no_notice_where_a_challenge_failed),
		T(a_wanted_item_does_not_expire),
	};

	return RUN_COURIER_TESTS("test_courier_expire", tests);
}
