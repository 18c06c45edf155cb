/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wanted messages against a real Redis, a spool in a temporary folder and a
 * scripted Postfix: what leaves, what is recorded, and what is left to do.
 */
#include "tests/unit/courier_fixture.h"

static void
a_wanted_message_is_released(void **state)
{
	static const struct step script[STEPS] = { RELEASE_TO_DATA, QUEUED, QUIT };
	char *text, *body;

	(void)state;
	hold(&asked, FORGED KEPT);
	set_class(1, "A");
	want(1);
	postfix(script);
	assert_int_equal(act("release", 1), DUTY_DONE);
	text = received();
	assert_int_equal(state_of(1), HELD_RELEASED);
	/* Our trace first, nothing forged, the rest as it came. */
	assert_ptr_equal(strstr(text, "X-Octroi-Held: arrival=\"Sat, 21 Nov"),
	    text);
	assert_non_null(strstr(text, "by=owner\r\nReceived: from mx"));
	body = strstr(text, "Authentication-Results:");
	assert_non_null(body);
	assert_int_equal(strncmp(body, KEPT, strlen(KEPT)), 0);
	assert_null(strstr(text, "forged"));
	assert_null(strstr(text, "X-Spam"));
	free(text);
	/* Again, as after a crash before the acknowledgement: nothing. */
	assert_int_equal(act("release", 1), DUTY_DONE);
	/* Its file goes afterwards, once. */
	assert_true(has_file(1));
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
	assert_int_equal(act("purge", 1), DUTY_DONE);
}

static void
an_unproven_path_gets_no_bounce_of_ours(void **state)
{
	static const struct step script[STEPS] = { HI, { ANY, CLOSE } };
	char *text;

	(void)state;
	/* The path depends on the secret: only seen, not scripted. */
	hold(&silent, KEPT);
	set_class(1, "N");
	want(1);
	postfix(script);
	(void)act("release", 1);
	text = received();
	assert_non_null(strstr(text, "MAIL FROM:<bounce+"));
	assert_null(strstr(text, "MAIL FROM:<alice"));
	free(text);
	/* The token leads back to the item. */
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "local k = redis.call('KEYS', 'oct:tok:*') "
			     "local v = redis.call('GET', k[1]) "
			     "return string.find(v, '^item " D
			     " iiii') and #k or 0"),
	    1);
}

static void
the_file_of_an_unproven_release_stays(void **state)
{
	struct case_item i;

	(void)state;
	hold(&silent, KEPT);
	set_class(1, "N");
	want(1);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, SETTLED), 1);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, SETTLED), 0);
	case_item_fini(&i);
	oct_clock_set_wall_ms(SETTLED + DAY);
	assert_int_equal(act("purge", 1), DUTY_LATER);
	assert_int_equal(due("purge", 1), SETTLED + 6 * DAY);
	assert_true(has_file(1));
	oct_clock_set_wall_ms(SETTLED + 6 * DAY);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
}

static void
a_live_item_keeps_its_file(void **state)
{
	(void)state;
	hold(&silent, KEPT);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_true(has_file(1));
}

static void
refusals_of_a_release(void **state)
{
	static const struct {
		const char *name;
		struct step script[STEPS];
		enum duty duty;
		const char *want, *note;
	} rows[] = {
		{ "451 at the dot",
		    { RELEASE_TO_DATA, { BODY, "451 4.3.0 later\r\n" }, QUIT },
		    DUTY_LATER, "owner", "451 4.3.0 later" },
		{ "550 at RCPT",
		    { HI, { "MAIL FROM:<alice@example.org>", "250 Ok\r\n" },
			{ "RCPT TO:<x@ville.example>", "550 5.1.1 no\r\n" },
			{ "RSET", "250 Ok\r\n" }, QUIT },
		    DUTY_DONE, "", "550 5.1.1 no" },
		{ "connection lost", { HI, { "MAIL FROM:<alice@example.org>",
					       CLOSE } },
		    DUTY_LATER, "owner", NULL },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct case_item i;

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		want(1);
		postfix(rows[k].script);
		assert_int_equal(act("release", 1), rows[k].duty);
		done_with_postfix();
		i = item(1);
		assert_int_equal(i.state, HELD_STORED);
		assert_string_equal(i.want, rows[k].want);
		if (rows[k].note != NULL)
			assert_string_equal(i.note, rows[k].note);
		case_item_fini(&i);
		assert_true(has_file(1));
		if (rows[k].duty == DUTY_LATER)
			assert_int_equal(due("release", 1), SETTLED + 30000);
	}
}

static void
releases_that_must_wait(void **state)
{
	struct case_item i;

	(void)state;
	hold(&asked, KEPT);
	/* Nobody wants it. */
	assert_int_equal(act("release", 1), DUTY_DONE);
	want(1);
	oct_clock_set_wall_ms(NOW + 19999);
	assert_int_equal(act("release", 1), DUTY_LATER);
	assert_int_equal(due("release", 1), SETTLED);
	oct_clock_set_wall_ms(SETTLED);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, SETTLED), 1);
	case_item_fini(&i);
	assert_int_equal(act("release", 1), DUTY_LATER);
	assert_int_equal(due("release", 1), SETTLED + 61000);
	/* Of an unknown item. */
	assert_int_equal(act("release", 77), DUTY_DONE);
}

/* Its lane was busy for a while after it was claimed. */
static void
what_was_blocked_in_its_lane_is_not_delivered(void **state)
{
	const struct case_sender who = { .domain = D, .local = "bob",
		.sid = SID };
	struct case_duty d = { .verb = "release", .domain = D };
	enum case_outcome outcome;
	struct case_item i;
	enum duty out;

	(void)state;
	hold(&asked, KEPT);
	want(1);
	(void)id_of(1, d.id);
	assert_int_equal(courier_release_look(office.courier, &d, &i, &out), 1);
	assert_int_equal(courier_release_claim(office.courier, &d, &i, &out),
	    1);
	assert_int_equal(case_judge(world.store, &world.t, &who,
			     REL_EV_BLOCKED, "owner", SETTLED, &outcome),
	    0);
	oct_clock_set_wall_ms(SETTLED + 5000);
	assert_int_equal(courier_release_finish(office.courier, &i),
	    DUTY_LATER);
	case_item_fini(&i);
	assert_int_equal(state_of(1), HELD_DROPPED);
	/* No server was there: it was not even tried. */
	i = item(1);
	assert_string_equal(i.note, "");
	/* As all that a block throws away. */
	assert_true(i.undo_ms > SETTLED + 5000);
	case_item_fini(&i);
}

static void
a_message_over_todays_limits_is_released_whole(void **state)
{
	static const struct step script[STEPS] = { RELEASE_TO_DATA, QUEUED, QUIT };
	struct oct_str big;
	char *text;

	(void)state;
	oct_str_heap(&big, 1 << 20);
	for (int i = 0; i < 300; i++)
		oct_str_addf(&big, "X-Field-%d: %0200d\r\n", i, 0);
	oct_str_add(&big, "\r\n");
	for (int i = 0; i < 2000; i++)
		oct_str_addf(&big, "%072d\r\n", i);
	hold(&asked, oct_str_text(&big));
	want(1);
	close_courier();
	open_courier("limits { body = 65536 header = 16384 "
		     "header_fields = 100 }\n");
	postfix(script);
	assert_int_equal(act("release", 1), DUTY_DONE);
	text = received();
	assert_non_null(strstr(text, "X-Field-299: "));
	assert_true(strlen(text) > big.len);
	assert_non_null(strstr(text, "00001999\r\n.\r\n"));
	free(text);
	oct_str_free(&big);
	assert_int_equal(state_of(1), HELD_RELEASED);
}

static void
a_release_without_its_message(void **state)
{
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	hold(&asked, KEPT);
	want(1);
	assert_int_equal(spool_item_remove(office.courier->spool,
			     id_of(1, id)),
	    0);
	assert_int_equal(act("release", 1), DUTY_DONE);
	i = item(1);
	assert_int_equal(i.state, HELD_STORED);
	assert_string_equal(i.want, "");
	case_item_fini(&i);
}

static void
token_path(int n, int64_t arrival_ms, char out[OCT_ADDR_SIZE])
{
	struct arrival a = silent;
	char *text, *at;

	a.n = n;
	a.at_ms = arrival_ms;
	hold(&a, KEPT);
	set_class(n, "N");
	want(n);
	postfix((const struct step[STEPS]){ HI, { ANY, CLOSE } });
	(void)act("release", n);
	text = received();
	at = strstr(text, "bounce+");
	assert_non_null(at);
	memcpy(out, at, strcspn(at, ">"));
	out[strcspn(at, ">")] = '\0';
	free(text);
}

static void
each_life_of_an_id_has_its_own_bounce_address(void **state)
{
	char first[OCT_ADDR_SIZE], second[OCT_ADDR_SIZE], key[KEY_SIZE];
	char id[HELD_ID_SIZE];

	(void)state;
	token_path(1, NOW - 1000, first);
	(void)test_redis_do(&world.redis, "DEL %s %s",
	    key_held(key, D, id_of(1, id)), "oct:{" D "}:rel:bob");
	token_path(1, NOW, second);
	assert_string_not_equal(first, second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_wanted_message_is_released),
		T(an_unproven_path_gets_no_bounce_of_ours),
		T(the_file_of_an_unproven_release_stays),
		T(a_live_item_keeps_its_file),
		T(refusals_of_a_release),
		T(releases_that_must_wait),
		T(what_was_blocked_in_its_lane_is_not_delivered),
		T(a_message_over_todays_limits_is_released_whole),
		T(a_release_without_its_message),
		T(each_life_of_an_id_has_its_own_bounce_address),
	};

	return RUN_COURIER_TESTS("test_courier_release", tests);
}
