/* SPDX-License-Identifier: Apache-2.0 */
/* What could not be delivered is given up, and said once. */
#include "tests/unit/courier_fixture.h"

/* Taken over for others' sake and refused by its mailbox: the sender, who heard
 * 250, is told at once; the owner sees it meanwhile. */
static void
a_refused_transit_copy_is_told_at_once(void **state)
{
	static const struct step refusal[STEPS] = { HI,
		{ "MAIL FROM:<alice@example.org>", "250 Ok\r\n" },
		{ "RCPT TO:<x@ville.example>", "550 5.1.1 no\r\n" },
		{ "RSET", "250 Ok\r\n" }, QUIT };
	static const struct step script[STEPS] = DSN_SCRIPT;
	struct arrival a = asked;
	char *text;

	(void)state;
	a.reason = FATE_R_TRANSIT;
	a.ask = NULL;
	a.sid = NULL;
	hold(&a, KEPT);
	set_class(1, "A");
	want(1);
	postfix(refusal);
	assert_int_equal(act("release", 1), DUTY_DONE);
	done_with_postfix();
	assert_true(is_indexed("bob", 1));
	assert_true(due("expire", 1) <= SETTLED);
	postfix(script);
	assert_int_equal(act("expire", 1), DUTY_DONE);
	text = received();
	assert_non_null(strstr(text, "550 5.1.1 no"));
	free(text);
	assert_int_equal(state_of(1), HELD_EXPIRED);
}

static void
refused_for_days_it_is_given_up(void **state)
{
	static const struct step script[STEPS] = { RELEASE_TO_DATA,
		{ BODY, "451 4.3.0 later\r\n" }, QUIT };
	static const struct {
		const char *name;
		int64_t after; /* it was wanted */
		enum duty duty;
		const char *want;
		enum case_refused refused;
	} rows[] = {
		{ "after five days but a moment", 5 * DAY - 1, DUTY_LATER,
		    "owner", CASE_NOT_REFUSED },
		{ "after five days", 5 * DAY, DUTY_DONE, "", CASE_GAVE_UP },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct case_item i;

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		set_class(1, "A");
		want(1); /* at NOW + 1 s */
		oct_clock_set_wall_ms(NOW + 1000 + rows[k].after);
		postfix(script);
		assert_int_equal(act("release", 1), rows[k].duty);
		done_with_postfix();
		i = item(1);
		assert_int_equal(i.state, HELD_STORED);
		assert_string_equal(i.want, rows[k].want);
		assert_int_equal(i.refused, rows[k].refused);
		assert_string_equal(i.note, "451 4.3.0 later");
		case_item_fini(&i);
		assert_true(is_indexed("bob", 1));
	}
	/* No more tries, until somebody wants it again. */
	assert_int_equal(act("release", 1), DUTY_DONE);
	assert_int_equal(state_of(1), HELD_STORED);
	want(1);
	assert_string_equal(wanted(1), "owner");
}

/* The transit copy of a proven sender: he is told at once, with the answer. */
static void
a_transit_copy_is_given_up_too(void **state)
{
	static const struct step refusal[STEPS] = { RELEASE_TO_DATA,
		{ BODY, "451 4.3.0 later\r\n" }, QUIT };
	static const struct step script[STEPS] = DSN_SCRIPT;
	struct arrival a = asked;
	struct case_item i;
	char *text;

	(void)state;
	a.reason = FATE_R_TRANSIT;
	a.ask = NULL;
	a.sid = NULL;
	hold(&a, KEPT);
	set_class(1, "A");
	postfix(refusal);
	assert_int_equal(act("release", 1), DUTY_LATER);
	done_with_postfix();
	i = item(1);
	assert_int_equal(i.wanted_ms, SETTLED);
	case_item_fini(&i);
	oct_clock_set_wall_ms(SETTLED + 5 * DAY);
	postfix(refusal);
	assert_int_equal(act("release", 1), DUTY_DONE);
	done_with_postfix();
	assert_true(is_indexed("bob", 1));
	postfix(script);
	assert_int_equal(act("expire", 1), DUTY_DONE);
	text = received();
	assert_non_null(strstr(text, "Diagnostic-Code: smtp; 451 4.3.0"));
	assert_non_null(strstr(text, "Status: 4.4.7"));
	free(text);
	assert_int_equal(state_of(1), HELD_EXPIRED);
}

static void
put_challenge(const char *state)
{
	char key[KEY_SIZE];

	assert_true(test_redis_do(&world.redis, "HSET %s state %s",
			key_challenge(key, D, CH), state) >= 0);
}

/* What the notice says: only who was asked did not answer, and only who was
 * refused was refused. */
static void
a_notice_says_what_happened(void **state)
{
	static const struct step script[STEPS] = DSN_SCRIPT;
	static const struct {
		const char *name, *challenge, *refused, *note, *needle, *not;
	} rows[] = {
		{ "asked", "sent", "", "", "asked you to", "Diagnostic" },
		{ "the challenge was late", "late", "", "",
		    "its recipient", "asked you to" },
		{ "it still waits", "pending", "", "", "its recipient",
		    "asked you to" },
		{ "refused", "sent", "permanent", "550 5.1.1 nobody",
		    "Diagnostic-Code: smtp; 550 5.1.1", "asked you to" },
		{ "refused without an answer", "sent", "permanent",
		    "0 refused", "mail server refused it", "Diagnostic" },
		{ "given up", "sent", "gave-up", "0 timed out",
		    "Status: 4.4.7", "asked you to" },
		{ "a try that failed is no refusal", "sent", "",
		    "451 4.3.0 later", "asked you to", "Diagnostic" },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		char id[HELD_ID_SIZE], key[KEY_SIZE], *text;

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		put_challenge(rows[k].challenge);
		assert_true(test_redis_do(&world.redis,
				"HSET %s refused %s note %s digested 1",
				key_held(key, D, id_of(1, id)),
				rows[k].refused, rows[k].note) >= 0);
		oct_clock_set_wall_ms(NOW + 7 * DAY);
		postfix(script);
		assert_int_equal(act("expire", 1), DUTY_DONE);
		text = received();
		assert_non_null(strstr(text, rows[k].needle));
		assert_null(strstr(text, rows[k].not));
		free(text);
	}
}

/* We died, or lost the connection, between the final dot and the record. */
static void
a_notice_is_sent_once(void **state)
{
	static const struct step lost[STEPS] = { HI,
		{ "MAIL FROM:<>", "250 Ok\r\n" },
		{ "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA,
		{ BODY, CLOSE } };
	static const struct step later[STEPS] = { HI,
		{ "MAIL FROM:<>", "250 Ok\r\n" },
		{ "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA,
		{ BODY, "451 4.3.0 later\r\n" }, QUIT };
	char id[HELD_ID_SIZE], key[KEY_SIZE];
	struct case_item i;

	(void)state;
	hold(&asked, KEPT);
	(void)test_redis_do(&world.redis, "HSET %s digested 1",
	    key_held(key, D, id_of(1, id)));
	oct_clock_set_wall_ms(NOW + 7 * DAY);
	/* Refused for now: it is not marked, and tried again. */
	postfix(later);
	assert_int_equal(act("expire", 1), DUTY_LATER);
	done_with_postfix();
	i = item(1);
	assert_string_equal(i.notice, "");
	assert_int_equal(i.state, HELD_TENTATIVE);
	case_item_fini(&i);
	/* Nobody knows: it counts as sent. */
	postfix(lost);
	assert_int_equal(act("expire", 1), DUTY_DONE);
	done_with_postfix();
	i = item(1);
	assert_string_equal(i.notice, "sent");
	assert_int_equal(i.state, HELD_EXPIRED);
	case_item_fini(&i);
	/* No server listens: a second notice would fail. */
	assert_int_equal(tear_down(state), 0);
	assert_int_equal(set_up(state), 0);
	hold(&asked, KEPT);
	(void)test_redis_do(&world.redis, "HSET %s digested 1 notice sending",
	    key_held(key, D, id_of(1, id)));
	oct_clock_set_wall_ms(NOW + 7 * DAY);
	assert_int_equal(act("expire", 1), DUTY_DONE);
	assert_int_equal(state_of(1), HELD_EXPIRED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_refused_transit_copy_is_told_at_once),
		T(refused_for_days_it_is_given_up),
		T(a_transit_copy_is_given_up_too),
		T(a_notice_says_what_happened),
		T(a_notice_is_sent_once),
	};

	return RUN_COURIER_TESTS("test_courier_notice", tests);
}
