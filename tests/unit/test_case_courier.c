/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the courier records of items: settled, leased, released, expired, lost.
 */
#include "tests/unit/casework_fixture.h"

static void
settling_is_harmless_when_late(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	settle(1);
	assert_int_equal(state_of(1), HELD_STORED);
	settle(1);
	assert_int_equal(state_of(1), HELD_STORED);
	settle(77);
	assert_int_equal(drop(1), CASE_DONE);
	settle(1);
	assert_int_equal(state_of(1), HELD_DROPPED);
	assert_int_equal(test_redis_do(&world.redis, "EXISTS oct:{" D "}:held:"
				       "iiiiiiiiiiiiiiiiiiiiiiiiiiiiahhh"),
	    0);
}

static void
a_lease_is_exclusive_and_ends(void **state)
{
	struct case_item first, second;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(claim(1, NOW), 0); /* nobody wants it */
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	first = item(1);
	second = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &first, NOW), 1);
	assert_int_equal(case_claim(world.store, &world.t, &second, NOW), 0);
	case_item_fini(&first);
	case_item_fini(&second);
	assert_int_equal(state_of(1), HELD_RELEASING);
	assert_int_equal(due("release", 1), NOW + 61000);
	assert_int_equal(claim(1, NOW + 59999), 0);
	/* Two couriers that find it expired: one of them. */
	first = item(1);
	second = item(1);
	assert_int_equal(first.attempts, 1);
	assert_int_equal(case_claim(world.store, &world.t, &first,
			     NOW + 60000),
	    1);
	assert_int_equal(case_claim(world.store, &world.t, &second,
			     NOW + 60000),
	    0);
	/* The one that lost its lease cannot put back the other's item. */
	assert_int_equal(case_put_back(world.store, &second, CASE_NOT_REFUSED,
			     "451 x", NOW + 90000),
	    0);
	assert_int_equal(state_of(1), HELD_RELEASING);
	case_item_fini(&first);
	case_item_fini(&second);
}

static void
a_refused_release_waits_or_ends(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	assert_int_equal(claim(1, NOW), 1);
	i = item(1);
	assert_int_equal(case_put_back(world.store, &i, CASE_NOT_REFUSED,
			     "451 4.3.0 later", NOW + 90000),
	    0);
	case_item_fini(&i);
	assert_int_equal(state_of(1), HELD_STORED);
	assert_string_equal(wanted(1), "page");
	assert_int_equal(due("release", 1), NOW + 90000);
	assert_int_equal(claim(1, NOW + 90000), 1);
	i = item(1);
	assert_int_equal(i.attempts, 2);
	assert_int_equal(i.wanted_ms, NOW);
	assert_int_equal(case_put_back(world.store, &i, CASE_REFUSED,
			     "550 5.1.1 no", 0),
	    0);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(i.state, HELD_STORED);
	assert_string_equal(i.want, "");
	assert_string_equal(i.note, "550 5.1.1 no");
	case_item_fini(&i);
	assert_true(is_indexed("bob", 1));
	assert_int_equal(claim(1, NOW + 90000), 0);
	/* The owner may try again. */
	assert_int_equal(release(1, true), CASE_DONE);
	i = item(1);
	assert_int_equal(i.attempts, 0);
	assert_int_equal(i.wanted_ms, NOW + 1000);
	assert_int_equal(i.refused, CASE_NOT_REFUSED);
	case_item_fini(&i);
	assert_int_equal(claim(1, NOW + 200000), 1);
}

static void
a_released_item_leaves_index_and_relation(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(confirm(CH, NOW), CASE_DONE);
	assert_int_equal(claim(1, NOW), 1);
	i = item(1);
	assert_int_equal(case_released(world.store, &i, NOW + 5), 0);
	assert_int_equal(case_released(world.store, &i, NOW + 5),
	    OCT_ECONFLICT);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(i.state, HELD_RELEASED);
	assert_int_equal(i.released_ms, NOW + 5);
	case_item_fini(&i);
	assert_false(is_indexed("bob", 1));
	assert_false(relation_holds("bob", 1));
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
	assert_int_equal(due("purge", 1), NOW + 1005);
	assert_true(test_redis_do(&world.redis, "PTTL oct:{" D "}:held:"
				  "iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab") > 0);
}

static void
expiry(void **state)
{
	static const struct {
		const char *name, *ask;
		enum fate_reason reason;
		enum rel_state left;
	} rows[] = {
		{ "asked", CH, FATE_R_FIRST_CONTACT, REL_LAPSED },
		{ "silent", NULL, FATE_R_SPAM, REL_UNKNOWN },
	};

	for (size_t k = 0; k < OCT_LEN(rows); k++) {
		struct arrival a = { .n = 1, .local = "bob", .sid = SID,
			.reason = rows[k].reason, .ask = rows[k].ask,
			.at_ms = NOW };
		struct case_item i;

		print_message("  %s\n", rows[k].name);
		assert_int_equal(reset(state), 0);
		assert_int_equal(arrive(&a), 0);
		a.n = 2;
		assert_int_equal(arrive(&a), 0);
		i = item(1);
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW + DAY),
		    0);
		case_item_fini(&i);
		assert_int_equal(state_of(1), HELD_EXPIRED);
		assert_int_equal(relation_of("bob").state,
		    rows[k].ask != NULL ? REL_ASKED : REL_SILENT);
		i = item(2);
		assert_int_equal(case_expire(world.store, &world.t, &i,
				     NOW + DAY),
		    0);
		case_item_fini(&i);
		assert_int_equal(relation_of("bob").state, rows[k].left);
		assert_false(is_indexed("bob", 2));
		assert_int_equal(due("purge", 2), NOW + DAY + 1000);
	}
}

/* The sender was told that it comes, just before its time was over. */
static void
what_was_confirmed_does_not_expire(void **state)
{
	struct case_item before;

	(void)state;
	first_contact(1, "bob", CH);
	before = item(1);
	assert_int_equal(confirm(CH, NOW + 7 * DAY), CASE_DONE);
	assert_int_equal(case_expire(world.store, &world.t, &before,
			     NOW + 7 * DAY),
	    OCT_ECONFLICT);
	case_item_fini(&before);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_string_equal(wanted(1), "page");
}

static void
an_extension_moves_the_time(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	i = item(1);
	assert_int_equal(case_extend(world.store, &i, NOW + 40 * DAY), 0);
	case_item_fini(&i);
	i = item(1);
	assert_true(i.extended);
	assert_int_equal(i.expires_ms, NOW + 40 * DAY);
	case_item_fini(&i);
	assert_int_equal(due("expire", 1), NOW + 40 * DAY);
}

static void
a_lost_item_is_restored_silently(void **state)
{
	const struct arrival a = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .ask = CH, .at_ms = NOW };
	const struct arrival t = { .n = 2, .local = "bob",
		.reason = FATE_R_TRANSIT, .at_ms = NOW };
	char id[HELD_ID_SIZE];
	struct oct_str json;
	struct held h;

	(void)state;
	item_of(&a, id_of(1, id), &h);
	oct_str_heap(&json, HELD_JSON_MAX);
	assert_int_equal(held_write(&h, &json), 0);
	assert_int_equal(case_restore(world.store, &world.t, &h,
			     oct_str_text(&json), NOW + DAY),
	    1);
	assert_int_equal(case_restore(world.store, &world.t, &h,
			     oct_str_text(&json), NOW + DAY),
	    0);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_true(is_indexed("bob", 1));
	assert_true(relation_holds("bob", 1));
	assert_int_equal(relation_of("bob").state, REL_SILENT);
	assert_int_equal(due_challenge(CH), INT64_MIN);
	assert_int_equal(due("expire", 1), NOW + 7 * DAY);
	oct_str_clear(&json);
	item_of(&t, id_of(2, id), &h);
	assert_int_equal(held_write(&h, &json), 0);
	assert_int_equal(case_restore(world.store, &world.t, &h,
			     oct_str_text(&json), NOW + DAY),
	    1);
	assert_string_equal(wanted(2), "transit");
	assert_int_equal(due("release", 2), NOW + DAY + 20000);
	oct_str_free(&json);
}

static void
an_unreadable_relation_is_replaced_whole(void **state)
{
	(void)state;
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:bob %s %s",
	    SID, "rubbish");
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(relation_of("bob").state, REL_SILENT);
}

static void
unreadable_records_are_told_apart(void **state)
{
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:held:%s state "
			    "stored v {}", id_of(1, id));
	assert_int_equal(case_item_read(world.store, D, id, &i), OCT_EPARSE);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:held:%s state "
			    "sideways", id_of(2, id));
	assert_int_equal(case_item_read(world.store, D, id, &i), OCT_EPARSE);
	(void)test_redis_do(&world.redis, "SET oct:{" D "}:held:%s x",
	    id_of(3, id));
	assert_int_equal(case_item_read(world.store, D, id, &i), OCT_EREPLY);
}

static void
duties_are_words(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} rows[] = {
		{ "settle " D " abc", 0 },
		{ "settle " D, OCT_EPARSE },
		{ "settle", OCT_EPARSE },
		{ "", OCT_EPARSE },
		{ "settle " D " abc d", OCT_EPARSE },
		{ "abcdefghijklmnopqrst " D " abc", OCT_EPARSE },
		{ "settle " D " 0123456789012345678901234567890123456789",
		    OCT_EPARSE },
	};
	struct case_duty d;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  \"%s\"\n", rows[i].text);
		assert_int_equal(case_duty_parse(rows[i].text, &d),
		    rows[i].rc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(settling_is_harmless_when_late),
		T(a_lease_is_exclusive_and_ends),
		T(a_refused_release_waits_or_ends),
		T(a_released_item_leaves_index_and_relation),
		T(expiry),
		T(what_was_confirmed_does_not_expire),
		T(an_extension_moves_the_time),
		T(a_lost_item_is_restored_silently),
		T(an_unreadable_relation_is_replaced_whole),
		T(unreadable_records_are_told_apart),
		T(duties_are_words),
	};

	return RUN_CASE_TESTS("test_case_courier", tests);
}
