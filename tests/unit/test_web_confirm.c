/* SPDX-License-Identifier: Apache-2.0 */
/* What a sender may do on his page: confirm, or say that it was not him. */
#include "tests/unit/web_challenge_fixture.h"

/* --- One request -------------------------------------------------------- */

static const char *
wrong_code(void)
{
	static char code[7];

	memcpy(code, right_code(), 7);
	code[0] = code[0] == '0' ? '1' : '0';
	return code;
}

static enum rel_state
relation_state(const char *local)
{
	struct relation r;

	assert_int_equal(case_relation_read(app.store, SENDER_CASE_DOMAIN,
	    local, sender.sid, &r), 1);
	return r.state;
}

/* --- Confirming --------------------------------------------------------- */

static void
test_the_button_confirms(void **state)
{
	(void)state;
	sender.typed[0] = "urbanisme@mairie.example";
	sender.typed[1] = "etat-civil@mairie.example";
	sender.count = 2;
	make_sender();
	post("confirm", NULL);
	assert_redirected("?r=done");
	assert_state(CHALLENGE_CONFIRMED);
	assert_int_equal(relation_state("urbanisme"), REL_ALLOWED);
	assert_int_equal(relation_state("urbanisme1"), REL_ALLOWED);
	/* both items are wanted, and the courier was told */
	assert_int_equal(test_redis_do(&server, "XLEN oct:work:test"), 2);
	get("done");
	assert_says(200, "va être remis");
	assert_says(200, "etat-civil<wbr>@mairie.example");
	get("");
	assert_says(200, "déjà été confirmé");
	post("confirm", NULL);
	assert_redirected("");
	assert_int_equal(test_redis_do(&server, "XLEN oct:work:test"), 2);
}

static void
test_early_the_code_is_asked(void **state)
{
	static const struct {
		const char *name;
		enum challenge_state state;
		int64_t ago_ms;
		bool asked;
	} rows[] = { { "not sent yet", CHALLENGE_PENDING, 0, true },
		{ "being sent", CHALLENGE_SENDING, 0, true },
		{ "just sent", CHALLENGE_SENT, 0, true },
		{ "59 s ago", CHALLENGE_SENT, 59999, true },
		{ "60 s ago", CHALLENGE_SENT, 60000, false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		sender_case_init(&sender, NOW);
		sender.state = rows[i].state;
		sender.handed_ms = NOW - rows[i].ago_ms;
		make_sender();
		get("");
		assert_int_equal(strstr(reply.body, "code-confirm") != NULL,
		    rows[i].asked);
		post("confirm", NULL);
		if (!rows[i].asked) {
			assert_redirected("?r=done");
			continue;
		}
		assert_says(422, "code-confirm");
		assert_says(422, "<title>Erreur");
		assert_state(rows[i].state);
		post("confirm", right_code());
		assert_redirected("?r=done");
		assert_state(CHALLENGE_CONFIRMED);
	}
}

static void
test_how_a_code_may_be_written(void **state)
{
	char spaced[32], nbsp[32], dashed[32];
	const struct {
		const char *name, *code;
		unsigned int status;
	} rows[] = { { "wrong", wrong_code(), 403 },
		{ "five digits", "12345", 422 },
		{ "seven digits", "1234567", 422 },
		{ "letters", "12a456", 422 },
		{ "very long", "111111111111111111111111111111111111111111111"
		    "1111111111111111111111111111111", 422 },
		{ "spaced", spaced, 303 }, { "no-break space", nbsp, 303 },
		{ "dashed", dashed, 303 } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *c;

		print_message("  %s\n", rows[i].name);
		sender_case_init(&sender, NOW);
		sender.handed_ms = NOW;
		make_sender();
		c = right_code();
		(void)snprintf(spaced, sizeof(spaced), "+%.3s+%s+", c, c + 3);
		(void)snprintf(nbsp, sizeof(nbsp), "%.3s%%C2%%A0%s", c, c + 3);
		(void)snprintf(dashed, sizeof(dashed), "%.3s-%s", c, c + 3);
		post("confirm", i == 0 ? wrong_code() : rows[i].code);
		assert_int_equal(reply.status, rows[i].status);
	}
}

/* Late enough for the button alone, but a wrong code is no code. */
static void
test_a_wrong_code_never_confirms(void **state)
{
	(void)state;
	make_sender();
	post("confirm", wrong_code());
	assert_says(403, "pas le bon code");
	assert_state(CHALLENGE_SENT);
}

static void
test_five_wrong_codes_then_a_pause(void **state)
{
	(void)state;
	sender.handed_ms = NOW;
	make_sender();
	for (int i = 0; i < 5; i++) {
		post("confirm", wrong_code());
		assert_int_equal(reply.status, 403);
	}
	post("confirm", right_code());
	assert_says(429, "60\u00a0min");
	assert_int_equal(reply.retry_after_s, 3600);
	post("notme", right_code());
	assert_int_equal(reply.status, 429);
	assert_state(CHALLENGE_SENT);
	/* asking again costs nothing */
	post("confirm", NULL);
	assert_int_equal(reply.status, 422);
}

static void
test_right_codes_are_not_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 25; i++) {
		sender_case_init(&sender, NOW);
		sender.handed_ms = NOW;
		make_sender();
		post("confirm", right_code());
		assert_redirected("?r=done");
	}
}

static void
test_twenty_wrong_codes_an_address(void **state)
{
	(void)state;
	for (int i = 0; i < 21; i++) {
		sender_case_init(&sender, NOW);
		sender.handed_ms = NOW;
		make_sender();
		post("confirm", wrong_code());
		assert_int_equal(reply.status, i < 20 ? 403 : 429);
	}
	/* That was another challenge each time: the address pays, */
	post("confirm", right_code());
	assert_says(429, "3\u00a0min");
	/* its neighbour does not, and none is named in the store. */
	post_from("192.0.2.78", "confirm", right_code());
	assert_redirected("?r=done");
	assert_int_equal(test_redis_do(&server, "EVAL %s 0",
	    "return #redis.call('KEYS', '*192.0.2.7*')"), 0);
}

static void
test_an_expired_one_is_not_confirmed(void **state)
{
	(void)state;
	sender.expires_ms = NOW;
	make_sender();
	post("confirm", NULL);
	assert_redirected("");
	assert_state(CHALLENGE_SENT);
	assert_int_equal(relation_state("urbanisme"), REL_ASKED);
}

static void
test_what_the_owner_blocked_cannot_be_confirmed(void **state)
{
	struct relation r;
	char packed[REL_PACKED_SIZE];

	(void)state;
	make_sender();
	relation_init(&r);
	r.state = REL_BLOCKED;
	relation_pack(&r, packed);
	(void)test_redis_do(&server, "HSET oct:{%s}:rel:%s %s %s",
	    SENDER_CASE_DOMAIN, SENDER_CASE_LOCAL, sender.sid, packed);
	post("confirm", NULL);
	assert_redirected("?r=over");
	assert_int_equal(relation_state("urbanisme"), REL_BLOCKED);
	get("over");
	assert_says(200, "plus valable");
}

/* --- "Not me" ----------------------------------------------------------- */

static void
test_not_me_needs_the_code(void **state)
{
	(void)state;
	make_sender();
	post("notme", NULL);
	assert_says(422, "<details class=\"other\" open=\"\">");
	post("notme", wrong_code());
	assert_int_equal(reply.status, 403);
	assert_state(CHALLENGE_SENT);
	assert_int_equal(suppress_read(app.store, app.suppress_key,
	    "jeanne@example.org"), 0);
	post("notme", right_code());
	assert_redirected("?r=notme");
	assert_state(CHALLENGE_LAPSED);
	assert_int_equal(relation_state("urbanisme"), REL_LAPSED);
	assert_int_equal(suppress_read(app.store, app.suppress_key,
	    "jeanne@example.org"), 1);
	assert_int_equal(test_redis_do(&server, "XLEN oct:work:test"), 0);
	get("notme");
	assert_says(200, "C’est noté");
	/* twice is as once; and nothing can be confirmed any more */
	post("notme", right_code());
	assert_redirected("?r=notme");
	post("confirm", right_code());
	assert_redirected("");
	get("");
	assert_says(200, "plus valable");
	assert_int_equal(relation_state("urbanisme"), REL_LAPSED);
}

static void
test_not_me_after_confirming_changes_nothing(void **state)
{
	(void)state;
	make_sender();
	post("confirm", NULL);
	post("notme", right_code());
	assert_redirected("");
	assert_state(CHALLENGE_CONFIRMED);
	assert_int_equal(suppress_read(app.store, app.suppress_key,
	    "jeanne@example.org"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_button_confirms),
		TEST(test_early_the_code_is_asked),
		TEST(test_how_a_code_may_be_written),
		TEST(test_a_wrong_code_never_confirms),
		TEST(test_five_wrong_codes_then_a_pause),
		TEST(test_right_codes_are_not_counted),
		TEST(test_twenty_wrong_codes_an_address),
		TEST(test_an_expired_one_is_not_confirmed),
		TEST(test_what_the_owner_blocked_cannot_be_confirmed),
		TEST(test_not_me_needs_the_code),
		TEST(test_not_me_after_confirming_changes_nothing),
	};

	return RUN_WEB_TESTS("test_web_confirm", tests);
}
