/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier's duties against a real Redis, a spool in a temporary folder and a
 * scripted Postfix: what leaves, what is recorded, and what is left to do.
 */
#include "tests/unit/courier_fixture.h"

/* --- Releases ---------------------------------------------------------------- */

#define RELEASE_TO_DATA                                                        \
	HI, { "MAIL FROM:<alice@example.org>", "250 2.1.0 Ok\r\n" },           \
	    { "RCPT TO:<x@ville.example>", "250 2.1.5 Ok\r\n" }, DATA

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
	static const struct step script[STEPS] = { HI, { GONE, NULL } };
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

#define DSN_SCRIPT                                                             \
	{                                                                      \
		HI, { "MAIL FROM:<>", "250 Ok\r\n" },                          \
		    { "RCPT TO:<alice@example.org>", "250 Ok\r\n" }, DATA,     \
		    QUEUED, QUIT                                               \
	}

/* Not the platform's 14 days. */
static void
who_is_not_asked_waits_as_his_mailbox_says(void **state)
{
	static const struct dir_change changes[] = {
		{ .domain = D, .create = true, .json = "{}", .actor = "t" },
		{ .domain = D, .local = "bob", .create = true,
		    .json = "{\"t_hold_silent\":\"40d\"}", .actor = "t" },
	};
	char problem[256];
	struct case_item i;

	(void)state;
	for (size_t k = 0; k < OCT_LEN(changes); k++)
		assert_int_equal(directory_change(world.store, &changes[k],
				     problem),
		    0);
	hold(&asked, KEPT);
	oct_clock_set_wall_ms(SETTLED + 15 * 60000 + 1);
	assert_int_equal(act_challenge(CH), DUTY_DONE);
	i = item(1);
	assert_string_equal(i.silent, "late");
	assert_int_equal(i.expires_ms, NOW + 40 * DAY);
	case_item_fini(&i);
}

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

/* --- The sweep --------------------------------------------------------------------- */

static void
orphans_are_found_beside_damaged_records(void **state)
{
	struct arrival a = silent;
	struct case_item i;
	struct held h;
	char id[HELD_ID_SIZE], other[HELD_ID_SIZE];

	(void)state;
	/* Damaged ones on all sides, an orphan, and a message that is gone. */
	for (int n = 0; n < 20; n++) {
		a.n = n;
		item_of(&a, id_of(n, id), &h);
		if (n % 2 == 0) {
			spool_text(&h, id, KEPT);
			(void)test_redis_do(&world.redis,
			    "HSET oct:{" D "}:held:%s v {} state stored", id);
		}
	}
	a.n = 1;
	item_of(&a, id_of(1, id), &h);
	spool_text(&h, id, KEPT);
	a.n = 3; /* a sidecar under another's name */
	item_of(&a, id_of(3, id), &h);
	spool_text(&h, id_of(5, other), KEPT);
	courier_sweep(office.courier, NOW + 3599999);
	assert_int_equal(case_item_read(world.store, D, id_of(1, id), &i), 0);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(case_item_read(world.store, D, id_of(3, id), &i), 0);
	assert_true(has_file(5));
}

static void
lost_duties_are_put_back(void **state)
{
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&asked, KEPT);
	want(1);
	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_due(key, NODE)),
	    1);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	assert_int_equal(due("release", 1), NOW + 3660000);
	assert_int_equal(due("settle", 1), NOW + 3600000);
	/* A finished one whose file was left. */
	(void)test_redis_do(&world.redis, "HSET %s state released",
	    key_held(key, D, id_of(1, id)));
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("purge", 1), NOW + 3600000);
}

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
unknown_duties_are_forgotten(void **state)
{
	(void)state;
	assert_int_equal(act("dance", 1), DUTY_DONE);
	assert_int_equal(act("settle", 77), DUTY_DONE);
	assert_int_equal(act("expire", 77), DUTY_DONE);
	assert_int_equal(act("purge", 77), DUTY_DONE);
}

/* --- What is given up, and said once ------------------------------------------ */

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

/* Written by a milter that could not register it, under the id of an item that is
 * over and whose file was removed. */
static void
an_orphan_of_a_finished_item_is_purged(void **state)
{
	struct case_item i;
	struct held h;
	char id[HELD_ID_SIZE], mark[CASE_FILE_SIZE];

	(void)state;
	hold(&silent, KEPT);
	i = item(1);
	assert_int_equal(case_expire(world.store, &world.t, &i, SETTLED), 0);
	case_item_fini(&i);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
	i = item(1);
	assert_true(case_is_gone(i.file));
	memcpy(mark, i.file, sizeof(mark));
	case_item_fini(&i);
	item_of(&silent, id_of(1, id), &h);
	spool_text(&h, id, KEPT);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("purge", 1), NOW + 3600000);
	assert_int_equal(act("purge", 1), DUTY_DONE);
	assert_false(has_file(1));
	/* Who saw the mark before that has lost his file, and must know. */
	i = item(1);
	assert_true(case_is_gone(i.file));
	assert_string_not_equal(i.file, mark);
	case_item_fini(&i);
}

static void
token_path(int n, int64_t arrival_ms, char out[OCT_ADDR_SIZE])
{
	struct arrival a = silent;
	struct server *s = &office.server;
	char *text, *at;

	a.n = n;
	a.at_ms = arrival_ms;
	hold(&a, KEPT);
	set_class(n, "N");
	want(n);
	postfix((const struct step[STEPS]){ HI, { GONE, NULL } });
	(void)s;
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

/* --- Undecided ------------------------------------------------------------------- */

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

/* --- Accepted while the store was away --------------------------------------------- */

/* Only in the spool, and its sender was told 250 (adrift), or 451. */
static void
only_spooled(int n, enum fate_reason reason, bool adrift, int64_t at_ms)
{
	struct arrival a = { .n = n, .local = "bob", .reason = reason,
		.at_ms = at_ms };
	struct held h;
	char id[HELD_ID_SIZE];

	item_of(&a, id_of(n, id), &h);
	h.adrift = adrift;
	spool_text(&h, id, KEPT);
}

static void
a_copy_in_transit_does_not_wait_for_the_hour(void **state)
{
	const int64_t soon = NOW + 20000 + 60000;
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	only_spooled(1, FATE_R_TRANSIT, true, NOW);
	only_spooled(2, FATE_R_TRANSIT, false, NOW);
	courier_sweep(office.courier, soon);
	assert_string_equal(wanted(1), "transit");
	/* This one's sender comes again. */
	assert_int_equal(case_item_read(world.store, D, id_of(2, id), &i), 0);
}

/* The same message as one that is over, accepted anew: it is another. */
static void
what_was_accepted_anew_is_not_purged(void **state)
{
	struct case_item i;
	struct arrival a = silent;

	for (int k = 0; k < 2; k++) {
		if (k > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		a.at_ms = NOW - DAY;
		hold(&a, KEPT);
		i = item(1);
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW - 1000),
		    0);
		case_item_fini(&i);
		if (k > 0)
			assert_int_equal(act("purge", 1), DUTY_DONE);
		only_spooled(1, FATE_R_SPAM, true, NOW);
		assert_int_equal(act("purge", 1), DUTY_DONE);
		assert_true(has_file(1));
		courier_sweep(office.courier, NOW + 80000);
		assert_int_equal(state_of(1), HELD_TENTATIVE);
		assert_true(is_indexed("bob", 1));
		assert_int_equal(act("purge", 1), DUTY_DONE);
		assert_true(has_file(1));
		i = item(1);
		assert_int_equal(i.held.arrival_ms, NOW);
		assert_string_equal(i.file, "");
		/* Over in its turn, it goes. */
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW + 90000),
		    0);
		case_item_fini(&i);
		assert_int_equal(act("purge", 1), DUTY_DONE);
		assert_false(has_file(1));
	}
}

/* The first try reached one domain of two and was answered 451; the next one was
 * accepted without the store. */
static void
what_waited_begins_if_it_was_accepted(void **state)
{
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	hold(&silent, KEPT);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s wait %lld",
			     key_held(key, D, id_of(1, id)),
			     NOW + CASE_WAIT_MS),
	    1);
	(void)test_redis_do(&world.redis, "DEL oct:due:" NODE);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("settle", 1), INT64_MIN);
	only_spooled(1, FATE_R_UNDECIDED, true, NOW + 1000);
	courier_sweep(office.courier, NOW + 3600000);
	assert_int_equal(due("settle", 1), NOW + 3600000);
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

/* --- Retention -------------------------------------------------------------------- */

static void
relations_are_forgotten_in_rounds(void **state)
{
	static const struct dir_change changes[] = {
		{ .domain = D, .create = true,
		    .json = "{\"challenge\":\"first-contact\"}",
		    .actor = "t" },
		{ .domain = D, .local = "bob", .create = true, .json = "{}",
		    .actor = "t" },
		{ .domain = D, .local = "zoe", .create = true,
		    .json = "{\"challenge\":\"off\"}", .actor = "t" },
		{ .domain = D, .local = "eve", .create = true,
		    .json = "{\"t_allow\":\"4000d\"}", .actor = "t" },
		{ .domain = D, .local = "max", .create = true,
		    .json = "{\"state\":\"suspended\"}", .actor = "t" },
		{ .domain = "other.example", .create = true, .json = "{}",
		    .actor = "t" },
	};
	char problem[256];
	struct forget *f = NULL;
	struct relation r;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(changes); i++)
		assert_int_equal(directory_change(world.store, &changes[i],
				     problem),
		    0);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:bob s %s",
	    "2 A 0 1 1700000000000 0 - page 0 -");
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:eve s %s",
	    "2 A 0 1 1700000000000 0 - page 0 -");
	/* Asked, before her option was switched off. */
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:zoe s %s",
	    "2 K 1 1795255200000 1795255200000 1 0123456789abcdef - 0 -");
	/* Asked, and suspended since: that comes back. */
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:max s %s",
	    "2 K 1 1795255200000 1795255200000 1 0123456789abcdef - 0 -");
	assert_int_equal(forget_new(&f), 0);
	/* A step a domain, one its mailboxes, and the end. */
	for (int i = 0; i < 8; i++)
		assert_int_equal(forget_step(office.courier, f, SETTLED), 0);
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:bob"),
	    0);
	/* By her own rule she knows him still. */
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:eve"),
	    1);
	assert_int_equal(case_relation_read(world.store, D, "zoe", "s", &r),
	    1);
	assert_int_equal(r.state, REL_LAPSED);
	assert_string_equal(r.challenge, "");
	assert_int_equal(case_relation_read(world.store, D, "max", "s", &r),
	    1);
	assert_int_equal(r.state, REL_ASKED);
	/* Not again before its time. */
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:bob s %s",
	    "2 A 0 1 1700000000000 0 - page 0 -");
	for (int i = 0; i < 8; i++)
		assert_int_equal(forget_step(office.courier, f, SETTLED + 1),
		    0);
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:bob"),
	    1);
	for (int i = 0; i < 8; i++)
		assert_int_equal(forget_step(office.courier, f,
				     SETTLED + FORGET_EVERY_MS),
		    0);
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:bob"),
	    0);
	forget_free(f);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
		T(a_challenge_is_sent_once),
		T(a_challenge_says_whether_the_code_is_asked),
		T(what_becomes_of_a_challenge),
		T(challenges_that_are_not_sent),
		T(who_is_not_asked_waits_as_his_mailbox_says),
		T(an_unlisted_item_is_extended_once),
		T(the_sender_of_a_first_contact_is_told),
		T(the_sender_of_a_refused_release_is_told_so),
		T(nobody_outside_is_told_of_others),
		T(nobody_writes_to_who_was_blocked),
		T(no_notice_where_a_challenge_failed),
		T(a_wanted_item_does_not_expire),
		T(orphans_are_found_beside_damaged_records),
		T(lost_duties_are_put_back),
		T(a_refused_transit_copy_is_told_at_once),
		T(unknown_duties_are_forgotten),
		T(refused_for_days_it_is_given_up),
		T(a_transit_copy_is_given_up_too),
		T(a_notice_says_what_happened),
		T(a_notice_is_sent_once),
		T(an_orphan_of_a_finished_item_is_purged),
		T(each_life_of_an_id_has_its_own_bounce_address),
		T(undecided_messages_are_decided_soon),
		T(each_mailbox_decides_by_its_own_rules),
		T(a_copy_in_transit_does_not_wait_for_the_hour),
		T(what_was_accepted_anew_is_not_purged),
		T(what_waited_begins_if_it_was_accepted),
		T(what_its_owner_took_in_hand_is_not_decided),
		T(relations_are_forgotten_in_rounds),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_courier", OCT_LOG_STDERR, OCT_ERROR);
	server_init();
	if (rc == 0)
		rc = cmocka_run_group_tests_name("courier", tests, start_world,
		    end_world);
	server_fini();
	test_redis_stop(&world.redis);
	return rc != 0;
}
