/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges that are sent, once, and those that must not be. */
#include "tests/unit/courier_fixture.h"

/* --- Challenges ---------------------------------------------------------------- */

/* The bounce address of the challenge, which depends on the secret. */
static const char *
mail_from(void)
{
	static char line[160];
	char token[OCT_TOKEN_SIZE];

	assert_int_equal(oct_token_for(&office.courier->tokens,
			     OCT_TOKEN_BOUNCE, CH, token),
	    0);
	(void)snprintf(line, sizeof(line),
	    "MAIL FROM:<bounce+%s@defi.example>", token);
	return line;
}

static void
a_challenge_is_sent_once(void **state)
{
	const struct step script[STEPS] = { HI, { mail_from(), "250 Ok\r\n" },
		{ "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA, QUEUED,
		QUIT };
	struct case_challenge c;
	char *text;

	(void)state;
	hold(&asked, KEPT);
	postfix(script);
	assert_int_equal(act_challenge(CH), DUTY_DONE);
	text = received();
	assert_non_null(strstr(text, "To: <alice@example.org>"));
	assert_non_null(strstr(text, "Auto-Submitted: auto-replied"));
	assert_null(strstr(text, "TresPrive"));
	assert_null(strstr(text, "question"));
	free(text);
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_SENT);
	assert_int_equal(c.handed_ms, SETTLED);
	case_challenge_fini(&c);
	/* No server: another try would fail. */
	assert_int_equal(act_challenge(CH), DUTY_DONE);
	assert_int_equal(challenge_state(CH), CHALLENGE_SENT);
}

/* challenge.md 10: the text says what the page will want. */
static void
a_challenge_says_whether_the_code_is_asked(void **state)
{
	static const struct {
		int64_t proof;
		const char *is, *is_not;
	} rows[] = {
		{ OPTION_PROOF_BUTTON, "Code, si la page", "=C3=A0 saisir" },
		{ OPTION_PROOF_CODE, "=C3=A0 saisir", "Code, si la page" },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		char *text;

		assert_int_equal(tear_down(state), 0);
		assert_int_equal(set_up(state), 0);
		const struct step script[STEPS] = { HI,
			{ mail_from(), "250 Ok\r\n" },
			{ "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA,
			QUEUED, QUIT };

		hold(&asked, KEPT);
		office.courier->gate->options.v[OPTION_PROOF] = rows[k].proof;
		postfix(script);
		assert_int_equal(act_challenge(CH), DUTY_DONE);
		text = received();
		assert_non_null(strstr(text, rows[k].is));
		assert_null(strstr(text, rows[k].is_not));
		free(text);
	}
}

static void
what_becomes_of_a_challenge(void **state)
{
	static const struct {
		const char *name, *rcpt, *dot;
		enum duty duty;
		enum challenge_state after;
		enum rel_state relation;
	} rows[] = {
		{ "451 at the dot", "250 Ok\r\n", "451 4.3.0 later\r\n",
		    DUTY_LATER, CHALLENGE_PENDING, REL_ASKED },
		{ "554 at the dot", "250 Ok\r\n", "554 5.7.1 no\r\n",
		    DUTY_DONE, CHALLENGE_LAPSED, REL_LAPSED },
		{ "550 at RCPT", "550 5.1.1 no\r\n", NULL, DUTY_DONE,
		    CHALLENGE_LAPSED, REL_LAPSED },
		{ "450 at RCPT", "450 4.1.1 later\r\n", NULL, DUTY_LATER,
		    CHALLENGE_PENDING, REL_ASKED },
		{ "lost behind the dot: nobody knows, never twice",
		    "250 Ok\r\n", CLOSE, DUTY_DONE, CHALLENGE_SENT,
		    REL_ASKED },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct step script[STEPS] = { HI, { NULL, "250 Ok\r\n" },
			{ "RCPT TO:<alice@example.org>", rows[k].rcpt } };

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		script[2].expect = mail_from();
		if (rows[k].dot == NULL) {
			script[4] = (struct step){ "RSET", "250 Ok\r\n" };
			script[5] = (struct step)QUIT;
		} else {
			script[4] = (struct step)DATA;
			script[5] = (struct step){ BODY, rows[k].dot };
			if (strcmp(rows[k].dot, CLOSE) != 0)
				script[6] = (struct step)QUIT;
		}
		hold(&asked, KEPT);
		postfix(script);
		assert_int_equal(act_challenge(CH), rows[k].duty);
		done_with_postfix();
		assert_int_equal(challenge_state(CH), rows[k].after);
		assert_int_equal(relation_of("bob").state, rows[k].relation);
		assert_int_equal(state_of(1), HELD_TENTATIVE);
		if (rows[k].duty == DUTY_LATER)
			assert_int_equal(due_challenge(CH), SETTLED + 30000);
	}
}

/* No server listens in these: a mail would not get out. */
static void
challenges_that_are_not_sent(void **state)
{
	enum { EARLY, LATE, SUPPRESSED, RELEASED, BLOCKED, CRASHED, GONE_BY };
	static const struct {
		const char *name;
		int why;
		enum duty duty;
		enum challenge_state after;
		enum rel_state relation;
	} rows[] = {
		{ "not settled", EARLY, DUTY_LATER, CHALLENGE_PENDING,
		    REL_ASKED },
		{ "late", LATE, DUTY_DONE, CHALLENGE_LATE, REL_SILENT },
		{ "said not me before", SUPPRESSED, DUTY_DONE, CHALLENGE_LATE,
		    REL_SILENT },
		{ "released by its owner", RELEASED, DUTY_DONE, CHALLENGE_LATE,
		    REL_ALLOWED },
		{ "blocked by its owner", BLOCKED, DUTY_DONE, CHALLENGE_LATE,
		    REL_BLOCKED },
		{ "died between mark and record", CRASHED, DUTY_DONE,
		    CHALLENGE_SENT, REL_ASKED },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		enum case_outcome out;
		char id[HELD_ID_SIZE];

		print_message("  %s\n", rows[k].name);
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		hold(&asked, KEPT);
		if (rows[k].why == EARLY)
			oct_clock_set_wall_ms(SETTLED - 1);
		else if (rows[k].why == LATE)
			oct_clock_set_wall_ms(SETTLED + 15 * 60000 + 1);
		else if (rows[k].why == SUPPRESSED)
			/* As the web writes it: the folded address. */
			assert_int_equal(suppress_add(world.store,
					     office.courier->suppress_key,
					     "Alice+x@Example.ORG"),
			    0);
		else if (rows[k].why == RELEASED)
			assert_int_equal(case_release(world.store, &world.t, D,
					     id_of(1, id), false, CASE_BY_OWNER, NOW,
					     &out),
			    0);
		else if (rows[k].why == BLOCKED)
			(void)test_redis_do(&world.redis,
			    "HSET oct:{" D "}:rel:bob %s %s", SID,
			    "1 B 1 0 0 0 - owner 0");
		else
			assert_int_equal(case_challenge_move(world.store, D,
					     CH, CHALLENGE_PENDING,
					     CHALLENGE_SENDING, SETTLED),
			    1);
		assert_int_equal(act_challenge(CH), rows[k].duty);
		assert_int_equal(challenge_state(CH), rows[k].after);
		assert_int_equal(relation_of("bob").state, rows[k].relation);
	}
	assert_int_equal(act_challenge("0000000000000000"), DUTY_DONE);
}

/* --- Expiry --------------------------------------------------------------------- */

static void
provision_bob(const char *json)
{
	const struct dir_change changes[] = {
		{ .domain = D, .create = true, .json = "{}", .actor = "t" },
		{ .domain = D, .local = "bob", .create = true, .json = json,
		    .actor = "t" },
	};
	char problem[256];

	for (size_t k = 0; k < OCT_LEN(changes); k++)
		assert_int_equal(directory_change(world.store, &changes[k],
				     problem),
		    0);
}

/* Not the platform's 20 seconds, and not its quarter of an hour. */
static void
a_mailbox_has_timers_of_its_own(void **state)
{
	(void)state;
	provision_bob("{\"t_settle\":\"1min\",\"t_fresh\":\"2min\"}");
	hold(&asked, KEPT);
	oct_clock_set_wall_ms(NOW + 59999);
	assert_int_equal(act_challenge(CH), DUTY_LATER);
	assert_int_equal(due_challenge(CH), NOW + 60000);
	oct_clock_set_wall_ms(NOW + 3 * 60000 + 1);
	assert_int_equal(act_challenge(CH), DUTY_DONE);
	assert_int_equal(challenge_state(CH), CHALLENGE_LATE);
	want(1);
	oct_clock_set_wall_ms(NOW + 59999);
	assert_int_equal(act("release", 1), DUTY_LATER);
	assert_int_equal(due("release", 1), NOW + 60000);
}

/* Not the platform's 14 days. */
static void
who_is_not_asked_waits_as_his_mailbox_says(void **state)
{
	struct case_item i;

	(void)state;
	provision_bob("{\"t_hold_silent\":\"40d\"}");
	hold(&asked, KEPT);
	oct_clock_set_wall_ms(SETTLED + 15 * 60000 + 1);
	assert_int_equal(act_challenge(CH), DUTY_DONE);
	i = item(1);
	assert_string_equal(i.silent, "late");
	assert_int_equal(i.expires_ms, NOW + 40 * DAY);
	case_item_fini(&i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_challenge_is_sent_once),
		T(a_challenge_says_whether_the_code_is_asked),
		T(what_becomes_of_a_challenge),
		T(challenges_that_are_not_sent),
		T(a_mailbox_has_timers_of_its_own),
		T(who_is_not_asked_waits_as_his_mailbox_says),
	};

	return RUN_COURIER_TESTS("test_courier_challenge", tests);
}
