/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What owners were not told of yet, against a real Redis.
 */
#include "lib/clock.h"
#include "lib/date_text.h"
#include "policy/digest.h"
#include "tests/unit/case_fixture.h"

#define HOUR 3600000LL
#define LEASE (15 * 60000LL)

static bool
is_unlisted(const char *local, int n)
{
	char key[KEY_SIZE], id[HELD_ID_SIZE];

	return test_redis_do(&world.redis, "ZSCORE %s %s",
		   key_unlisted(key, D, local), id_of(n, id)) != INT64_MIN;
}

static long long
duty(void)
{
	char key[KEY_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write("digest", D, "-", member);
	return test_redis_do(&world.redis, "ZSCORE %s %s", key_due(key, NODE),
	    member);
}

/* Settled, as after T_settle. */
static void
arrives(int n, const char *local, enum fate_reason reason)
{
	char id[HELD_ID_SIZE];

	held_for(n, local, reason);
	if (reason != FATE_R_TRANSIT)
		assert_int_equal(case_settle(world.store, D, id_of(n, id),
				     NOW + 20000),
		    0);
}

static struct digest_boxes
boxes(void)
{
	struct digest_boxes b;

	assert_int_equal(digest_boxes_read(world.store, D, &b), 0);
	return b;
}

static void
listed(int n)
{
	struct case_item i = item(n);

	assert_int_equal(digest_listed(world.store, &i, NOW + HOUR), 1);
	case_item_fini(&i);
}

/* It was told that the message is kept a day longer. */
static void
what_is_being_listed_does_not_end(void **state)
{
	struct case_item old, now;

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	old = item(1);
	assert_int_equal(digest_listed(world.store, &old, old.expires_ms), 1);
	assert_int_equal(case_expire(world.store, &world.t, &old,
			     old.expires_ms),
	    OCT_ECONFLICT);
	assert_int_equal(state_of(1), HELD_STORED);
	now = item(1);
	assert_true(now.expires_ms > old.expires_ms);
	assert_int_equal(case_expire(world.store, &world.t, &now,
			     now.expires_ms),
	    0);
	assert_int_equal(state_of(1), HELD_EXPIRED);
	case_item_fini(&old);
	case_item_fini(&now);
}

/* What the courier does after the 250. */
static void
sent(struct digest_box *b, int64_t now_ms)
{
	assert_int_equal(digest_take(world.store, D, b, NODE, now_ms, LEASE),
	    1);
	assert_int_equal(digest_sent(world.store, D, b, now_ms), 0);
}

static void
what_is_held_waits_to_be_told(void **state)
{
	struct digest_boxes b;

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	arrives(2, "bob", FATE_R_AUTOMATIC);
	arrives(3, "eve", FATE_R_VIRUS);
	arrives(4, "tom", FATE_R_TRANSIT);
	assert_true(is_unlisted("bob", 1) && is_unlisted("bob", 2));
	assert_true(is_unlisted("eve", 3));
	assert_false(is_unlisted("tom", 4));
	assert_int_equal(duty(), NOW);
	b = boxes();
	assert_int_equal(b.count, 2);
	for (size_t i = 0; i < b.count; i++) {
		bool bob = strcmp(b.box[i].local, "bob") == 0;

		assert_int_equal(b.box[i].oldest_ms, NOW);
		assert_int_equal(b.box[i].unlisted, bob ? 2 : 1);
		assert_null(b.box[i].text);
	}
	digest_boxes_free(&b);
}

static void
what_ends_needs_no_telling(void **state)
{
	enum case_outcome out;
	struct digest_boxes b;
	char id[HELD_ID_SIZE];

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	assert_int_equal(case_drop(world.store, D, id_of(1, id), NOW, &out),
	    0);
	assert_false(is_unlisted("bob", 1));
	/* The mailbox goes when it is next looked at. */
	b = boxes();
	assert_int_equal(b.count, 1);
	assert_true(digest_due(&b.box[0], DIGEST_STANDARD, NOW) == INT64_MAX);
	assert_int_equal(digest_look(world.store, D, &b.box[0], NOW), 0);
	digest_boxes_free(&b);
	b = boxes();
	assert_int_equal(b.count, 0);
	digest_boxes_free(&b);
}

static void
what_was_listed_may_end_and_is_not_listed_again(void **state)
{
	struct digest_boxes b;
	struct case_item i;

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	i = item(1);
	assert_false(i.digested);
	case_item_fini(&i);
	b = boxes();
	listed(1);
	sent(&b.box[0], NOW + HOUR);
	digest_boxes_free(&b);
	i = item(1);
	assert_true(i.digested);
	assert_int_equal(i.expires_ms, NOW + 14 * DAY);
	case_item_fini(&i);
	b = boxes();
	assert_int_equal(b.count, 0);
	digest_boxes_free(&b);
	assert_int_equal(digest_box_read(world.store, D, "bob", &b), 0);
	assert_int_equal(b.box[0].state.sent_ms, NOW + HOUR);
	assert_int_equal(b.box[0].state.lease_ms, 0);
	assert_null(b.box[0].mark);
	digest_boxes_free(&b);
}

static void
malware_is_told_of_and_does_not_end_by_it(void **state)
{
	struct case_item i;

	(void)state;
	arrives(1, "bob", FATE_R_VIRUS);
	i = item(1);
	assert_true(digest_withholds(&i));
	case_item_fini(&i);
	listed(1);
	i = item(1);
	assert_false(i.digested);
	case_item_fini(&i);
	assert_false(is_unlisted("bob", 1));
}

static void
who_was_told_has_some_days(void **state)
{
	struct case_item i;

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	i = item(1);
	assert_int_equal(digest_expiry(&i, NOW), NOW + 14 * DAY);
	assert_int_equal(digest_expiry(&i, NOW + 13 * DAY), NOW + 16 * DAY);
	assert_int_equal(digest_listed(world.store, &i, NOW + 13 * DAY), 1);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(i.expires_ms, NOW + 16 * DAY);
	case_item_fini(&i);
	assert_int_equal(due("expire", 1), NOW + 16 * DAY);
}

static void
what_is_on_its_way_is_not_listed(void **state)
{
	enum case_outcome out;
	char id[HELD_ID_SIZE];
	struct case_item i;

	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	i = item(1);
	assert_false(digest_lists(&i)); /* its sender may not be done */
	case_item_fini(&i);
	arrives(2, "bob", FATE_R_SPAM);
	i = item(2);
	assert_true(digest_lists(&i));
	assert_int_equal(case_release(world.store, &world.t, D, id_of(2, id),
			     true, CASE_BY_OWNER, NOW, &out),
	    0);
	/* It was read before: what stands now counts. */
	assert_int_equal(digest_listed(world.store, &i, NOW), 1);
	case_item_fini(&i);
	i = item(2);
	assert_false(digest_lists(&i));
	case_item_fini(&i);
}

static void
what_came_meanwhile_is_for_the_next_one(void **state)
{
	struct digest_boxes b;

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	b = boxes();
	listed(1);
	arrives(2, "bob", FATE_R_SPAM);
	sent(&b.box[0], NOW + HOUR);
	digest_boxes_free(&b);
	b = boxes();
	assert_int_equal(b.count, 1);
	assert_int_equal(b.box[0].unlisted, 1);
	assert_int_equal(b.box[0].state.sent_ms, NOW + HOUR);
	digest_boxes_free(&b);
}

static void
one_courier_sends_it(void **state)
{
	struct digest_boxes one, two;

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	one = boxes();
	two = boxes();
	assert_int_equal(digest_take(world.store, D, &one.box[0], "a", NOW,
			     LEASE),
	    1);
	assert_int_equal(digest_take(world.store, D, &two.box[0], "b", NOW,
			     LEASE),
	    0);
	digest_boxes_free(&two);
	two = boxes();
	assert_int_equal(digest_take(world.store, D, &two.box[0], "b", NOW,
			     LEASE),
	    0);
	/* The first one died: after the lease, or by itself at once. */
	assert_int_equal(digest_take(world.store, D, &two.box[0], "a", NOW,
			     LEASE),
	    1);
	digest_boxes_free(&two);
	two = boxes();
	assert_int_equal(digest_take(world.store, D, &two.box[0], "b",
			     NOW + LEASE + 1, LEASE),
	    1);
	/* Too late for it. */
	assert_int_equal(digest_sent(world.store, D, &one.box[0], NOW), 0);
	assert_int_equal(digest_failed(world.store, D, &two.box[0],
			     NOW + LEASE + 60000),
	    0);
	digest_boxes_free(&one);
	digest_boxes_free(&two);
	/* Nobody tries for a while, not even the one who did. */
	one = boxes();
	assert_int_equal(one.box[0].state.sent_ms, 0);
	assert_true(digest_is_taken(&one.box[0], "b", NOW + LEASE + 2));
	assert_false(digest_is_taken(&one.box[0], "b", NOW + LEASE + 60000));
	digest_boxes_free(&one);
}

static void
one_may_be_asked_for(void **state)
{
	struct digest_boxes b;

	(void)state;
	assert_int_equal(digest_ask(world.store, D, "bob", NODE, NOW), 0);
	assert_int_equal(duty(), NOW);
	b = boxes();
	assert_int_equal(b.count, 1);
	assert_true(b.box[0].state.asked);
	assert_int_equal(digest_due(&b.box[0], DIGEST_OFF, NOW), 0);
	sent(&b.box[0], NOW);
	digest_boxes_free(&b);
	b = boxes();
	assert_int_equal(b.count, 0);
	digest_boxes_free(&b);
}

static void
leftovers_of_a_lost_item_go(void **state)
{
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	arrives(1, "bob", FATE_R_SPAM);
	id_of(1, id);
	assert_int_equal(digest_clean(world.store, D, "bob", id), 0);
	assert_true(is_unlisted("bob", 1)); /* it is there */
	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_held(key, D, id)),
	    1);
	assert_int_equal(digest_clean(world.store, D, "bob", id), 0);
	assert_false(is_unlisted("bob", 1));
}

/* --- Who wants none -------------------------------------------------------- */

static void
provision(const char *local, const char *json)
{
	struct dir_change c = { .domain = D, .local = local, .create = true,
		.json = json, .actor = "test" };
	char problem[256];

	assert_int_equal(directory_change(world.store, &c, problem), 0);
}

/* One click of that person, and what the mailbox is then: "off anne,paul". */
static const char *
stop(const char *local, const char *person)
{
	static char out[256];
	char schedule[DIGEST_TEXT_SIZE];
	const struct dir_snapshot *s;
	const struct dir_mailbox *m;
	struct option_values o;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(directory_read(world.store, D, &s), 0);
		m = dir_mailbox(dir_domain(s, D), local);
		if (i == 0)
			assert_int_equal(digest_stop(world.store,
					     dir_domain(s, D), m, person,
					     "owner"),
			    0);
		options_standard(&o);
		dir_options(dir_domain(s, D), m, &o, &o);
		digest_schedule_text(o.v[OPTION_DIGEST], schedule);
		(void)snprintf(out, sizeof(out), "%s %s", schedule,
		    detail_get(m->details, DETAIL_NO_DIGEST));
		directory_put(s);
	}
	return out;
}

static void
one_click_is_for_who_clicks(void **state)
{
	(void)state;
	provision(NULL, "{}");
	provision("bob", "{}");
	provision("nous", "{\"owners\":\"anne@x.example,paul@x.example\"}");
	assert_string_equal(stop("bob", ""), "off ");
	assert_string_equal(stop("nous", "anne@x.example"),
	    "weekdays@8 anne@x.example");
	/* Twice is once; and the last one ends it for all. */
	assert_string_equal(stop("nous", "anne@x.example"),
	    "weekdays@8 anne@x.example");
	assert_string_equal(stop("nous", "paul@x.example"), "off ");
}

static void
due_at_the_hours_of_the_owner(void **state)
{
	/* NOW is 2026-11-21 10:00 UTC, a Saturday. */
	static const struct {
		const char *name;
		int64_t schedule, oldest, looked;
		bool asked;
		int64_t due;
	} rows[] = {
		{ "the next hour after it came", DIGEST_DAILY |
			DIGEST_HOUR(14), NOW, 0, false, NOW + 3 * HOUR },
		{ "nothing to tell", DIGEST_DAILY | DIGEST_HOUR(14), 0, NOW,
		    false, INT64_MAX },
		{ "an old digest does not make it early",
		    DIGEST_DAILY | DIGEST_HOUR(14), NOW, NOW - 9 * DAY, false,
		    NOW + 3 * HOUR },
		{ "what was left over is of the next hour",
		    DIGEST_DAILY | DIGEST_HOUR(14), NOW - 9 * DAY, NOW, false,
		    NOW + 3 * HOUR },
		{ "after an outage: past, once", DIGEST_DAILY |
			DIGEST_HOUR(14), NOW - 3 * DAY, NOW - 4 * DAY, false,
		    NOW - 3 * DAY + 3 * HOUR },
		{ "looked at when the clock was years ahead",
		    DIGEST_DAILY | DIGEST_HOUR(14), NOW - DAY,
		    NOW + 3653 * DAY, false, NOW - DAY + 3 * HOUR },
		{ "came when the clock was years ahead: at once",
		    DIGEST_DAILY | DIGEST_HOUR(14), NOW + 3653 * DAY,
		    NOW - DAY, false, 0 },
		{ "nobody to tell it to, whenever it came", DIGEST_OFF,
		    NOW + 3653 * DAY, 0, false, INT64_MAX },
		{ "a clock beside ours, some seconds ahead",
		    DIGEST_DAILY | DIGEST_HOUR(14), NOW + 5000, 0, false,
		    NOW + 3 * HOUR },
		{ "off", DIGEST_OFF, NOW, 0, false, INT64_MAX },
		{ "asked for", DIGEST_OFF, 0, 0, true, 0 },
	};

	(void)state;
	assert_int_equal(oct_date_zone("Europe/Paris"), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct digest_box b = { .oldest_ms = rows[i].oldest,
			.state = { .looked_ms = rows[i].looked,
				.asked = rows[i].asked } };

		print_message("  %s\n", rows[i].name);
		assert_true(digest_due(&b, rows[i].schedule, NOW) ==
		    rows[i].due);
	}
}

static void
off_has_its_consequences(void **state)
{
	static const struct {
		int64_t digest, mode, schedule;
		bool off;
	} rows[] = {
		{ DIGEST_STANDARD, OPTION_CHALLENGE_OFF, DIGEST_STANDARD,
		    false },
		{ DIGEST_STANDARD, OPTION_CHALLENGE_FIRST_CONTACT,
		    DIGEST_STANDARD, false },
		{ DIGEST_OFF, OPTION_CHALLENGE_OFF, DIGEST_OFF, true },
		{ DIGEST_OFF, OPTION_CHALLENGE_SIMULATE, DIGEST_OFF, true },
		{ DIGEST_OFF, OPTION_CHALLENGE_FIRST_CONTACT, DIGEST_WEEKLY,
		    false },
		{ DIGEST_OFF, OPTION_CHALLENGE_DOUBTFUL, DIGEST_WEEKLY, false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct option_values o;

		options_standard(&o);
		o.v[OPTION_DIGEST] = rows[i].digest;
		o.v[OPTION_CHALLENGE] = rows[i].mode;
		assert_true(digest_schedule_of(&o) == rows[i].schedule);
		assert_int_equal(digest_is_off(&o), rows[i].off);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_held_waits_to_be_told, reset),
		cmocka_unit_test_setup(what_ends_needs_no_telling, reset),
		cmocka_unit_test_setup(
		    what_was_listed_may_end_and_is_not_listed_again, reset),
		cmocka_unit_test_setup(
		    malware_is_told_of_and_does_not_end_by_it, reset),
		cmocka_unit_test_setup(who_was_told_has_some_days, reset),
		cmocka_unit_test_setup(what_is_on_its_way_is_not_listed,
		    reset),
		cmocka_unit_test_setup(what_came_meanwhile_is_for_the_next_one,
		    reset),
		cmocka_unit_test_setup(what_is_being_listed_does_not_end,
		    reset),
		cmocka_unit_test_setup(one_courier_sends_it, reset),
		cmocka_unit_test_setup(one_may_be_asked_for, reset),
		cmocka_unit_test_setup(leftovers_of_a_lost_item_go, reset),
		cmocka_unit_test_setup(one_click_is_for_who_clicks, reset),
		cmocka_unit_test(due_at_the_hours_of_the_owner),
		cmocka_unit_test(off_has_its_consequences),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("digest", tests, start_world,
		    end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
