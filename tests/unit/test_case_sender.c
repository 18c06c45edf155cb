/* SPDX-License-Identifier: Apache-2.0 */
/* What senders say: confirmed, not me, too late, of another.  A real Redis. */
#include "tests/unit/casework_fixture.h"

static enum case_outcome
lapse(const char *id, enum rel_event ev)
{
	enum case_outcome out = (enum case_outcome)99;

	assert_int_equal(case_lapse(world.store, &world.t, D, id, ev,
			     NOW + 1000, &out),
	    0);
	return out;
}

static void
a_confirmation_releases_first_contacts_only(void **state)
{
	struct relation r;

	(void)state;
	first_contact(1, "bob", CH);
	first_contact(2, "bob", CH);
	held_for(3, "bob", FATE_R_SPAM);
	held_for(4, "bob", FATE_R_AUTOMATIC);
	held_for(5, "bob", FATE_R_UNDECIDED);
	first_contact(6, "carol", CH2);
	assert_int_equal(confirm(CH, NOW + 1000), CASE_DONE);
	assert_string_equal(wanted(1), "page");
	assert_string_equal(wanted(2), "page");
	assert_string_equal(wanted(3), "");
	assert_string_equal(wanted(4), "");
	assert_string_equal(wanted(5), "");
	assert_string_equal(wanted(6), "");
	r = relation_of("bob");
	assert_int_equal(r.state, REL_ALLOWED);
	assert_string_equal(r.origin, "page");
	assert_int_equal(relation_of("carol").state, REL_ASKED);
	/* Work at once, a due time as a net under it. */
	assert_int_equal(work_entries(), 2);
	assert_int_equal(due("release", 1), NOW + 31000);
	assert_int_equal(due("release", 2), NOW + 31000);
	assert_int_equal(due("release", 3), INT64_MIN);
}

static void
a_second_confirmation_changes_nothing(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(confirm(CH, NOW + 1000), CASE_DONE);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_ALREADY);
	assert_int_equal(work_entries(), 1);
	assert_int_equal(relation_of("bob").since_ms, NOW + 1000);
	/* Nor does "not me" take it back. */
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_ALREADY);
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
}

static void
not_me_ends_a_challenge(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_string_equal(wanted(1), "");
	assert_int_equal(confirm(CH, NOW + 2000), CASE_OVER);
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_OVER);
	assert_int_equal(work_entries(), 0);
}

static void
a_late_challenge_may_be_asked_again(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(lapse(CH, REL_EV_LATE), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(relation_of("bob").asks, 0);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_OVER);
	first_contact(2, "bob", CH2);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_OVER);
	assert_int_equal(confirm(CH2, NOW + 2000), CASE_DONE);
	assert_string_equal(wanted(1), "page");
	assert_string_equal(wanted(2), "page");
}

/* The first mail's link is dead once its item expired, although the sender was
 * asked again since. */
static void
a_token_works_for_its_own_challenge_only(void **state)
{
	const struct arrival later = { .n = 2, .local = "bob", .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .ask = CH2,
		.at_ms = NOW + 40 * DAY };
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	i = item(1);
	assert_int_equal(case_expire(world.store, &world.t, &i,
			     NOW + 7 * DAY),
	    0);
	case_item_fini(&i);
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(arrive(&later), 0);
	assert_string_equal(relation_of("bob").challenge, CH2);
	assert_int_equal(confirm(CH, NOW + 41 * DAY), CASE_OVER);
	assert_string_equal(wanted(2), "");
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_OVER);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(confirm(CH2, NOW + 41 * DAY), CASE_DONE);
}

/* challenge.md 3: BLOCKED never leads to delivery, blocked by address or domain,
 * by the mailbox or for all of its domain. */
static void
who_was_blocked_since_confirms_nothing(void **state)
{
	static const struct {
		const char *local, *who;
		enum case_outcome want;
	} rows[] = {
		{ "bob", "addr:alice@example.org", CASE_IMPOSSIBLE },
		{ "bob", "dom:example.org", CASE_IMPOSSIBLE },
		{ "@", "addr:alice@example.org", CASE_IMPOSSIBLE },
		{ "bob", "addr:other@example.org", CASE_DONE },
		{ "eve", "addr:alice@example.org", CASE_DONE },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct case_grant g = { .block = true, .since_ms = NOW,
			.actor = "bob" };

		print_message("  %s %s\n", rows[i].local, rows[i].who);
		assert_int_equal(reset(state), 0);
		first_contact(1, "bob", CH);
		assert_int_equal(case_grant_set(world.store, D, rows[i].local,
				     rows[i].who, &g),
		    0);
		assert_int_equal(confirm(CH, NOW + 1000), rows[i].want);
	}
}

static void
confirming_what_the_owner_settled(void **state)
{
	struct case_challenge c;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(release(1, false), CASE_DONE);
	assert_int_equal(confirm(CH, NOW + 2000), CASE_ALREADY);
	assert_string_equal(relation_of("bob").origin, "owner");
	/* The page says so from now on, and "not me" is too late. */
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_CONFIRMED);
	case_challenge_fini(&c);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_ALREADY);
	first_contact(2, "carol", CH2);
	set_relation("carol", REL_BLOCKED);
	assert_int_equal(confirm(CH2, NOW + 2000), CASE_IMPOSSIBLE);
	assert_int_equal(relation_of("carol").state, REL_BLOCKED);
	assert_string_equal(wanted(2), "");
}

static void
unknown_challenges_are_over(void **state)
{
	struct case_challenge c;

	(void)state;
	assert_int_equal(confirm(CH, NOW), CASE_OVER);
	assert_int_equal(lapse(CH, REL_EV_NOT_ME), CASE_OVER);
	assert_int_equal(case_challenge_find(world.store, CH, &c), 0);
	/* The token of a released item is none of a challenge. */
	(void)test_redis_do(&world.redis, "SET oct:tok:" CH " %s",
	    "item " D " x");
	assert_int_equal(case_challenge_find(world.store, CH, &c), 0);
}

/* One challenge of a message to the most recipients, who hold the most items. */
static void
the_largest_challenge_is_confirmed(void **state)
{
	enum { RCPTS = CHALLENGE_RCPT_MAX, EACH = REL_ITEMS_MAX };
	static char local[RCPTS][16];
	struct challenge c;
	struct case_challenge found;
	struct oct_str json;

	(void)state;
	for (int i = 0; i < RCPTS; i++) {
		(void)snprintf(local[i], sizeof(local[i]), "m%d", i);
		for (int k = 0; k < EACH; k++)
			first_contact(i * EACH + k, local[i], CH);
	}
	assert_int_equal(case_challenge_read(world.store, D, CH, &found), 1);
	c = found.challenge;
	for (size_t i = 0; i < RCPTS; i++) {
		c.local[i] = local[i];
		c.typed[i] = "x@" D;
	}
	c.count = RCPTS;
	oct_str_heap(&json, CHALLENGE_JSON_MAX);
	assert_int_equal(challenge_write(&c, &json), 0);
	assert_int_equal(test_redis_do(&world.redis, "HSET oct:{" D "}:chal:"
				       CH " v %s", oct_str_text(&json)),
	    0);
	oct_str_free(&json);
	case_challenge_fini(&found);
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	assert_int_equal(work_entries(), RCPTS * EACH);
	assert_int_equal(relation_of("m99").state, REL_ALLOWED);
}

static void
a_challenge_moves_by_its_states(void **state)
{
	struct case_challenge c;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(case_challenge_move(world.store, D, CH,
			     CHALLENGE_SENDING, CHALLENGE_SENT, NOW),
	    0);
	assert_int_equal(case_challenge_move(world.store, D, CH,
			     CHALLENGE_PENDING, CHALLENGE_SENDING, NOW + 5),
	    1);
	assert_int_equal(case_challenge_move(world.store, D, CH,
			     CHALLENGE_PENDING, CHALLENGE_SENDING, NOW + 6),
	    0);
	assert_int_equal(case_challenge_read(world.store, D, CH, &c), 1);
	assert_int_equal(c.state, CHALLENGE_SENDING);
	assert_int_equal(c.handed_ms, NOW + 5);
	case_challenge_fini(&c);
	assert_int_equal(case_challenge_move(world.store, D, "0000000000000000",
			     CHALLENGE_PENDING, CHALLENGE_SENT, NOW),
	    0);
}

static void
a_bounce_brings_an_item_back(void **state)
{
	enum case_outcome out = CASE_OVER;
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(release(1, true), CASE_DONE);
	assert_int_equal(claim(1, NOW + 30000), 1);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, NOW + 30000), 0);
	case_item_fini(&i);
	(void)test_redis_do(&world.redis, "SET oct:tok:" CH2 " %s",
	    "item " D " iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab");
	/* The platform's time may be another than that of its mailbox. */
	world.t.hold_silent = 3 * DAY;
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	i = item(1);
	assert_int_equal(i.state, HELD_STORED);
	assert_string_equal(i.want, "");
	assert_string_equal(i.note, "why");
	assert_int_equal(i.expires_ms, NOW + 15 * DAY);
	case_item_fini(&i);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(due("expire", 1), NOW + 15 * DAY);
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_IMPOSSIBLE);
	/* Too late: its message is gone. */
	assert_int_equal(drop(1), CASE_DONE);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:held:%s state "
			    "released file gone", id_of(1, id));
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_IMPOSSIBLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_confirmation_releases_first_contacts_only),
		T(a_second_confirmation_changes_nothing),
		T(not_me_ends_a_challenge),
		T(a_late_challenge_may_be_asked_again),
		T(a_token_works_for_its_own_challenge_only),
		T(who_was_blocked_since_confirms_nothing),
		T(confirming_what_the_owner_settled),
		T(unknown_challenges_are_over),
		T(the_largest_challenge_is_confirmed),
		T(a_challenge_moves_by_its_states),
		T(a_bounce_brings_an_item_back),
	};

	return RUN_CASE_TESTS("test_case_sender", tests);
}
