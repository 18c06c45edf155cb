/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/case_fixture.h"

static void
what_is_packed_reads_back_and_nothing_else_does(void **state)
{
	static const struct {
		const char *name, *packed;
		int rc;
	} rows[] = {
		{ "first version", "1 allow 5 bob a b", 0 },
		{ "bound", "2 allow 5 9 sent b.fr bob a b", 0 },
		{ "unbound", "2 block 5 0 owner - bob ", 0 },
		{ "version", "3 allow 5 0 owner - bob x", OCT_EPARSE },
		{ "kind", "2 alow 5 0 owner - bob x", OCT_EPARSE },
		{ "since", "2 allow x 0 owner - bob x", OCT_EPARSE },
		{ "until", "2 allow 5 -1 owner - bob x", OCT_EPARSE },
		{ "origin too long",
		    "2 allow 5 0 ooooooooooooooooo - bob x", OCT_EPARSE },
		{ "short", "2 allow 5 0 owner", OCT_EPARSE },
		{ "nothing", "", OCT_EPARSE },
	};
	struct case_grant g = { .block = true, .drop = true, .since_ms = NOW,
		.until_ms = NOW + DAY, .origin = GRANT_SEED,
		.actor = "bob@" D, .why = "spam = \"x\"" };
	struct case_grant back;
	char packed[GRANT_PACKED_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(case_grant_parse(rows[i].packed, &back),
		    rows[i].rc);
	}
	memset(g.signer, 's', sizeof(g.signer) - 1);
	memset(g.why, 'w', sizeof(g.why) - 1);
	memset(g.actor, 'a', sizeof(g.actor) - 1);
	assert_int_equal(grant_pack(&g, packed), 0);
	assert_int_equal(case_grant_parse(packed, &back), 0);
	assert_memory_equal(&back, &g, sizeof(g));
	assert_int_equal(case_grant_parse("1 allow 5 bob a b", &back), 0);
	assert_string_equal(back.origin, "owner");
	assert_int_equal(back.until_ms, 0);
	(void)snprintf(g.origin, sizeof(g.origin), "a b");
	assert_int_equal(grant_pack(&g, packed), OCT_EPARSE);
}

static void
a_grant_is_for_its_time_and_its_signer(void **state)
{
	static const struct {
		const char *name;
		struct case_grant g;
		const char *org;
		bool live, matches;
	} rows[] = {
		{ "no end", { .since_ms = 1 }, "b.fr", true, true },
		{ "in time", { .until_ms = NOW + 1 }, "b.fr", true, true },
		{ "over", { .until_ms = NOW }, "b.fr", false, false },
		{ "bound", { .signer = "b.fr" }, "b.fr", true, true },
		{ "bound to another", { .signer = "c.fr" }, "b.fr", true,
		    false },
		{ "a block grants nothing", { .block = true }, "b.fr", true,
		    false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(grant_is_live(&rows[i].g, NOW), rows[i].live);
		assert_int_equal(grant_matches(&rows[i].g, rows[i].org, NOW),
		    rows[i].matches);
	}
}

/* The grant as it is stored; the text lives until the next call. */
static const char *
stored(const char *who)
{
	static char packed[GRANT_PACKED_SIZE];
	struct store_batch *b;
	char key[KEY_SIZE];
	const char *text;
	int slot;

	assert_int_equal(store_batch_new(&b), 0);
	slot = store_batch_hget(b, key_grants(key, D, "bob"), who);
	assert_int_equal(store_batch_run(world.store, b), 0);
	text = store_batch_value(b, slot, 0)->data;
	(void)snprintf(packed, sizeof(packed), "%s", text != NULL ? text : "");
	store_batch_free(b);
	return packed;
}

static int
bind_to(const char *packed, const char *org)
{
	struct store_txn *txn;
	int rc;

	assert_int_equal(store_txn_new(&txn), 0);
	grant_bind(txn, D, "bob", "addr:a@b.fr", packed, org);
	rc = store_txn_commit(world.store, txn);
	store_txn_free(txn);
	return rc;
}

static void
the_first_signer_is_bound_and_stays(void **state)
{
	struct case_grant g = { .since_ms = NOW, .actor = "bob" };
	char first[GRANT_PACKED_SIZE];

	(void)state;
	assert_int_equal(case_grant_set(world.store, D, "bob", "addr:a@b.fr",
			     &g),
	    0);
	(void)snprintf(first, sizeof(first), "%s", stored("addr:a@b.fr"));
	assert_int_equal(bind_to(first, "b.fr"), 0);
	assert_int_equal(case_grant_parse(stored("addr:a@b.fr"), &g), 0);
	assert_string_equal(g.signer, "b.fr");
	/* As it was read before: lost. */
	assert_int_equal(bind_to(first, "c.fr"), OCT_ECONFLICT);
	assert_int_equal(bind_to(stored("addr:a@b.fr"), "c.fr"), 0);
	assert_int_equal(case_grant_parse(stored("addr:a@b.fr"), &g), 0);
	assert_string_equal(g.signer, "b.fr");
}

static void
set(const char *who, int64_t until_ms)
{
	struct case_grant g = { .since_ms = NOW, .until_ms = until_ms,
		.actor = "bob" };

	assert_int_equal(case_grant_set(world.store, D, "bob", who, &g), 0);
}

static void
what_is_over_is_swept(void **state)
{
	(void)state;
	(void)test_redis_do(&world.redis, "SADD oct:domains " D);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:mbx bob {}");
	assert_int_equal(grant_sweep_turn(world.store, 0, 1, NOW), 0);
	set("addr:a@b.fr", 0);
	set("sent:a@b.fr", NOW);
	set("sent:b@b.fr", NOW - 1);
	set("sent:c@b.fr", NOW + 1);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:grant:bob odd x");
	assert_int_equal(grant_sweep_turn(world.store, 0, 1, NOW), 2);
	assert_int_equal(test_redis_do(&world.redis, "HLEN oct:{" D "}:grant:"
				       "bob"),
	    3);
	assert_int_equal(grant_sweep_turn(world.store, 0, 1, NOW), 0);
}

static void
every_mailbox_has_its_turn(void **state)
{
	int removed = 0;

	(void)state;
	(void)test_redis_do(&world.redis, "SADD oct:domains " D);
	for (int i = 0; i < 250; i++) {
		(void)test_redis_do(&world.redis,
		    "HSET oct:{" D "}:mbx m%d {}", i);
		(void)test_redis_do(&world.redis,
		    "HSET oct:{" D "}:grant:m%d sent:a@b "
		    "2\tallow", i);
	}
	set("sent:a@b.fr", NOW - 1);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:mbx bob {}");
	for (uint64_t turn = 0; turn < 24; turn++) {
		int n = grant_sweep_turn(world.store, turn, 24, NOW);

		assert_true(n >= 0);
		removed += n;
	}
	assert_int_equal(removed, 1);
}

static void
names_are_folded(void **state)
{
	struct oct_addr a = { .local = "J. Doe", .domain = "b.fr" };
	char who[GRANT_WHO_SIZE];

	(void)state;
	assert_int_equal(grant_who("sent", &a, who), 0);
	assert_string_equal(who, "sent:\"j. doe\"@b.fr");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_is_packed_reads_back_and_nothing_else_does),
		cmocka_unit_test(a_grant_is_for_its_time_and_its_signer),
		cmocka_unit_test(names_are_folded),
		T(the_first_signer_is_bound_and_stays),
		T(what_is_over_is_swept),
		T(every_mailbox_has_its_turn),
	};
	int rc = test_redis_start(&world.redis);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? TEST_REDIS_SKIP : 1;
	rc = cmocka_run_group_tests_name("grant", tests, start_world,
	    end_world);
	test_redis_stop(&world.redis);
	return rc;
}
