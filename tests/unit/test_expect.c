/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/expect.h"

#include <errno.h>

#include "tests/unit/case_fixture.h"

static const uint8_t key[OCT_KEY_OCTETS] = { 1 };

/* --- Expected senders ------------------------------------------------------ */

/* Which of the two is expected now; -1 = none. */
static int
expected(const char *from_domain, const char *org, int64_t now_ms)
{
	struct store_batch *b;
	int slot, which = -1;

	assert_int_equal(store_batch_new(&b), 0);
	slot = expect_ask(b, D, "bob", from_domain, org);
	assert_true(slot >= 0);
	assert_int_equal(store_batch_run(world.store, b), 0);
	if (!expect_read(b, slot, now_ms, &which))
		which = -1;
	store_batch_free(b);
	return which;
}

static void
the_door_opens_for_one_message_of_one_domain(void **state)
{
	static const struct {
		const char *name, *from, *org;
		int64_t now_ms;
		int which;
	} rows[] = {
		{ "the domain", "b.fr", "b.fr", NOW, 0 },
		{ "of that organisation", "mail.b.fr", "b.fr", NOW, 1 },
		{ "another", "c.fr", "c.fr", NOW, -1 },
		{ "a name that only ends so", "ab.fr", "ab.fr", NOW, -1 },
		{ "the last moment", "b.fr", "b.fr", NOW + DAY - 1, 0 },
		{ "too late", "b.fr", "b.fr", NOW + DAY, -1 },
	};

	(void)state;
	assert_int_equal(expected("b.fr", "b.fr", NOW), -1);
	assert_int_equal(expect_open(world.store, D, "bob", "b.fr", NOW + DAY),
	    0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(expected(rows[i].from, rows[i].org,
				     rows[i].now_ms),
		    rows[i].which);
	}
	assert_int_equal(expect_use(world.store, D, "bob", "b.fr"), 1);
	assert_int_equal(expect_use(world.store, D, "bob", "b.fr"), 0);
	assert_int_equal(expected("b.fr", "b.fr", NOW), -1);
}

static void
count_one(void *arg, const char *from_domain, int64_t until_ms)
{
	assert_string_equal(from_domain, "c.fr");
	assert_int_equal(until_ms, NOW + DAY);
	++*(int *)arg;
}

static void
doors_are_listed_and_closed(void **state)
{
	char name[KEY_SIZE];
	int n = 0;

	(void)state;
	assert_int_equal(expect_open(world.store, D, "bob", "b.fr", NOW), 0);
	assert_int_equal(expect_open(world.store, D, "bob", "c.fr", NOW + DAY),
	    0);
	assert_int_equal(expect_open(world.store, D, "bob", "d.fr", NOW + DAY),
	    0);
	assert_int_equal(expect_use(world.store, D, "bob", "d.fr"), 1);
	assert_int_equal(expect_list(world.store, D, "bob", NOW, count_one,
			     &n),
	    0);
	assert_int_equal(n, 1);
	assert_true(test_redis_do(&world.redis, "PTTL %s",
			key_expect(name, D, "bob")) > 7 * DAY);
}

static void
those_that_are_past_are_not_counted_and_forgotten(void **state)
{
	char name[KEY_SIZE];
	size_t n = 9;

	(void)state;
	assert_int_equal(expect_count(world.store, D, "bob", NOW, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(expect_open(world.store, D, "bob", "b.fr", NOW), 0);
	assert_int_equal(expect_open(world.store, D, "bob", "c.fr", NOW + DAY),
	    0);
	assert_int_equal(expect_open(world.store, D, "bob", "d.fr", NOW + 1),
	    0);
	assert_int_equal(expect_count(world.store, D, "bob", NOW, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(test_redis_do(&world.redis, "HLEN %s",
			     key_expect(name, D, "bob")), 2);
	assert_int_equal(expected("c.fr", "c.fr", NOW), 0);
}

/* --- Tagged addresses ------------------------------------------------------- */

static const struct oct_addr bob = { .local = "Bob", .domain = D };

static void
names_of_sites_and_days(void **state)
{
	static const struct {
		const char *name, *site;
		int64_t until_ms;
		int rc;
	} rows[] = {
		{ "plain", "shop", NOW, 0 },
		{ "a domain in capitals", "Shop.Example.FR", NOW, 0 },
		{ "20 octets", "abcdefghijklmnopqrst", NOW, 0 },
		{ "21 octets", "abcdefghijklmnopqrstu", NOW, OCT_EPARSE },
		{ "empty", "", NOW, OCT_EPARSE },
		{ "dash", "a-b", NOW, OCT_EPARSE },
		{ "plus", "a+b", NOW, OCT_EPARSE },
		{ "not ASCII", "\xc3\xa9", NOW, OCT_EPARSE },
		{ "the last century", "shop", 946684799000LL, -ERANGE },
		{ "the next one", "shop", 4102444800000LL, -ERANGE },
		{ "before all", "shop", -1, -ERANGE },
	};
	char tag[EXPECT_TAG_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct expect_tag t;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(expect_tag_make(key, &bob, rows[i].site,
				     rows[i].until_ms, tag),
		    rows[i].rc);
		if (rows[i].rc == 0)
			assert_int_equal(expect_tag_parse(tag, &t), 0);
	}
}

/* Is local+tag@D an address of bob's, now? */
static bool
is_good(const char *base, const char *tag, int64_t now_ms)
{
	struct oct_addr typed = { .domain = D };
	char found[EXPECT_TAG_SIZE];

	(void)snprintf(typed.local, sizeof(typed.local), "%s+%s", base, tag);
	return expect_tag_check(key, &typed, &bob, now_ms, found);
}

static void
a_tag_is_for_one_mailbox_and_its_days(void **state)
{
	static const uint8_t other_key[OCT_KEY_OCTETS] = { 2 };
	const struct oct_addr dora = { .local = "dora", .domain = D };
	char tag[EXPECT_TAG_SIZE], other[EXPECT_TAG_SIZE], cut[EXPECT_TAG_SIZE];
	struct oct_addr typed = { .domain = D };
	struct expect_tag t;

	(void)state;
	assert_int_equal(expect_tag_make(key, &bob, "shop", NOW, tag), 0);
	assert_int_equal(strlen(tag), 4 + 1 + 6 + 1 + 8);
	assert_int_equal(expect_tag_parse(tag, &t), 0);
	assert_true(is_good("bob", tag, NOW));
	assert_true(is_good("bob", tag, t.until_ms - 1));
	assert_false(is_good("bob", tag, t.until_ms));
	assert_true(t.until_ms > NOW && t.until_ms <= NOW + DAY);
	/* An alias that leads to the mailbox. */
	assert_true(is_good("b.o.b", tag, NOW));
	assert_int_equal(expect_tag_make(key, &dora, "shop", NOW, other), 0);
	assert_false(is_good("bob", other, NOW));
	assert_int_equal(expect_tag_make(other_key, &bob, "shop", NOW, other),
	    0);
	assert_false(is_good("bob", other, NOW));
	/* Mail systems change the case. */
	for (char *p = tag; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	assert_true(is_good("BOB", tag, NOW));
	for (size_t i = 0; i < strlen(tag); i++) {
		char was = tag[i];

		tag[i] = was == '2' ? '3' : '2';
		assert_false(is_good("bob", tag, NOW));
		tag[i] = was;
		(void)snprintf(cut, i + 1, "%s", tag);
		assert_false(is_good("bob", cut, NOW));
	}
	(void)snprintf(typed.local, sizeof(typed.local), "%s", tag);
	assert_false(expect_tag_check(key, &typed, &bob, NOW, cut));
}

static void
what_has_not_the_form_is_no_tag(void **state)
{
	static const char *const rows[] = { "", "-", "shop", "shop-261121",
		"shop-261121-", "shop-261121-aaaaaaa", "shop-261121-aaaaaaaaa",
		"shop-261121-aaaaaaa1", "-261121-aaaaaaaa",
		"shop-26112x-aaaaaaaa", "shop-260230-aaaaaaaa",
		"shop-261321-aaaaaaaa", "shop-260000-aaaaaaaa",
		"Shop-261121-aaaaaaaa", "shop_261121_aaaaaaaa",
		"abcdefghijklmnopqrstu-261121-aaaaaaaa" };
	struct expect_tag t;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i]);
		assert_int_equal(expect_tag_parse(rows[i], &t), OCT_EPARSE);
	}
	assert_int_equal(expect_tag_parse("shop-280229-aaaaaaaa", &t), 0);
}

static bool
is_revoked(const char *tag)
{
	struct store_batch *b;
	bool revoked;
	int slot;

	assert_int_equal(store_batch_new(&b), 0);
	slot = expect_tag_ask(b, D, "bob", tag);
	assert_true(slot >= 0);
	assert_int_equal(store_batch_run(world.store, b), 0);
	revoked = store_batch_value(b, slot, 0)->data != NULL;
	store_batch_free(b);
	return revoked;
}

struct seen {
	int live, revoked;
};

static void
see_tag(void *arg, const char *tag, const struct expect_tag *t,
    int64_t made_ms, int64_t revoked_ms)
{
	struct seen *s = arg;

	(void)tag;
	assert_true(t->until_ms > NOW);
	assert_true(made_ms == NOW || made_ms == 0);
	if (revoked_ms > 0)
		s->revoked++;
	else
		s->live++;
}

static void
tags_are_noted_revoked_and_forgotten(void **state)
{
	char old[EXPECT_TAG_SIZE], tag[EXPECT_TAG_SIZE], name[KEY_SIZE];
	char foreign[EXPECT_TAG_SIZE];
	struct seen seen = { 0, 0 };

	(void)state;
	assert_int_equal(expect_tag_make(key, &bob, "old", NOW - 2 * DAY, old),
	    0);
	assert_int_equal(expect_tag_make(key, &bob, "shop", NOW, tag), 0);
	assert_int_equal(expect_tag_make(key, &bob, "x", NOW, foreign), 0);
	assert_int_equal(expect_tag_note(world.store, D, "bob", old, NOW), 0);
	assert_int_equal(expect_tag_revoke(world.store, D, "bob", old, NOW),
	    0);
	assert_int_equal(expect_tag_note(world.store, D, "bob", tag, NOW), 0);
	assert_false(is_revoked(tag));
	assert_int_equal(expect_tag_revoke(world.store, D, "bob", foreign, NOW),
	    0);
	assert_true(is_revoked(foreign));
	assert_int_equal(expect_tag_list(world.store, D, "bob", NOW, see_tag,
			     &seen),
	    0);
	assert_int_equal(seen.live, 1);
	assert_int_equal(seen.revoked, 1);
	/* The old one and its note are gone. */
	assert_int_equal(test_redis_do(&world.redis, "HLEN %s",
			     key_tags(name, D, "bob")),
	    2);
	assert_int_equal(expect_tag_revoke(world.store, D, "bob", tag, NOW), 0);
	assert_true(is_revoked(tag));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
		T(the_door_opens_for_one_message_of_one_domain),
		T(doors_are_listed_and_closed),
		T(those_that_are_past_are_not_counted_and_forgotten),
		cmocka_unit_test(names_of_sites_and_days),
		cmocka_unit_test(a_tag_is_for_one_mailbox_and_its_days),
		cmocka_unit_test(what_has_not_the_form_is_no_tag),
		T(tags_are_noted_revoked_and_forgotten),
	};
	int rc = test_redis_start(&world.redis);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? TEST_REDIS_SKIP : 1;
	rc = cmocka_run_group_tests_name("expect", tests, start_world,
	    end_world);
	test_redis_stop(&world.redis);
	return rc;
}
