/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Space for held mail: who is refused when, and counters that follow every item
 * from its registration to its end and back.
 */
#include "tests/unit/case_fixture.h"

#include "policy/directory.h"
#include "policy/space.h"

static void
test_shares(void **state)
{
	static const struct {
		const char *class, *sid;
		bool provider;
		const char *want;
	} rows[] = {
		{ "A", "A|jo@a.example|a.example", false, "org:a.example" },
		{ "A", "A|b@a.example|a.example|x@y.example", false,
		    "org:a.example" },
		{ "A", "A|jo@mail.example|mail.example", true,
		    "addr:jo@mail.example" },
		{ "F", "F|jo@a.example|a.example", false, "org:a.example" },
		{ "N", "N|jo@a.example|192.0.2.0/24", true, "unproven" },
		{ "X", "", false, "unproven" },
		/* Bars and quoted signs in a local part name no other org. */
		{ "A", "A|a|victim.example|x@evil.example|evil.example", false,
		    "org:evil.example" },
		{ "A", "A|\"x@victim.example|v\"@e.example|e.example", false,
		    "org:e.example" },
		{ "A", "A|\"\\\"@v\"@e.example|e.example", false,
		    "org:e.example" },
		{ "A", "A|no address", false, "unproven" },
		{ "A", "A|jo@a.example|", false, "unproven" },
	};
	char share[SPACE_SHARE_SIZE], address[OCT_ADDR_SIZE + 64];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].sid);
		space_share_of(rows[i].class, rows[i].sid, rows[i].provider,
		    share);
		assert_string_equal(share, rows[i].want);
	}
	/* One that is too long counts for its organisation. */
	(void)snprintf(address, sizeof(address), "A|%0250d@%0200d.fr|b.fr", 0,
	    0);
	space_share_of("A", address, true, share);
	assert_string_equal(share, "org:b.fr");
}

#define MIB (1024LL * 1024)

static void
test_room(void **state)
{
	static const struct {
		const char *name;
		struct space_use use;
		size_t rel_items;
		int64_t rel_bytes, size;
		bool proven, unproven; /* has it room? */
	} rows[] = {
		{ "empty", { 0, 0, 0, 0 }, 0, 0, 1, true, true },
		{ "empty, a large one", { 0, 0, 0, 0 }, 0, 0, 2000 * MIB, true,
		    true },
		{ "half full, all of one", { 250, 0, 250, 0 }, 1, 0, 1, true,
		    true },
		{ "over half, one share below", { 251, 0, 24, 0 }, 1, 0, 1,
		    true, true },
		{ "over half, a proven share at 5 %", { 251, 0, 25, 0 }, 1, 0,
		    1, false, true },
		{ "over half, the unproven below", { 251, 0, 99, 0 }, 1, 0, 1,
		    false, true },
		{ "over half, the unproven at 20 %", { 251, 0, 100, 0 }, 1, 0,
		    1, false, false },
		{ "nearly full, somebody new", { 499, 0, 0, 0 }, 0, 0, 1, true,
		    true },
		{ "full", { 500, 0, 0, 0 }, 0, 0, 1, false, false },
		{ "octets: over half, share at 5 %",
		    { 3, 600 * MIB, 1, 52 * MIB }, 0, 0, 1, false, true },
		{ "octets: over half, share at 20 %",
		    { 3, 600 * MIB, 1, 210 * MIB }, 0, 0, 1, false, false },
		{ "octets: full", { 3, 1024 * MIB, 0, 0 }, 0, 0, 1, false,
		    false },
		{ "relation: twenty wait", { 20, 0, 20, 0 }, 20, 0, 1, false,
		    false },
		{ "relation: nineteen wait", { 19, 0, 19, 0 }, 19, 0, 1, true,
		    true },
		{ "relation: its octets are up", { 1, 0, 1, 0 }, 1, 25 * MIB, 1,
		    false, false },
		{ "relation: the first may be larger", { 0, 0, 0, 0 }, 0, 0,
		    90 * MIB, true, true },
	};
	struct option_values o;

	(void)state;
	options_standard(&o);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct relation r;

		print_message("  %s\n", rows[i].name);
		relation_init(&r);
		r.items = rows[i].rel_items;
		r.bytes = rows[i].rel_bytes;
		assert_int_equal(space_has_room(&rows[i].use, &r, &o, true,
				     rows[i].size),
		    rows[i].proven);
		assert_int_equal(space_has_room(&rows[i].use, &r, &o, false,
				     rows[i].size),
		    rows[i].unproven);
	}
}

static void
test_options_bound_it(void **state)
{
	const struct space_use use = { .items = 10 };
	struct option_values o;
	struct relation r;

	(void)state;
	options_standard(&o);
	relation_init(&r);
	r.items = 2;
	assert_true(space_has_room(&use, &r, &o, true, 1));
	o.v[OPTION_RELATION_ITEMS] = 2;
	assert_false(space_has_room(&use, &r, &o, true, 1));
	o.v[OPTION_RELATION_ITEMS] = 20;
	o.v[OPTION_RELATION_OCTETS] = 10;
	assert_false(space_has_room(&use, &r, &o, true, 11));
	o.v[OPTION_RELATION_OCTETS] = MIB;
	o.v[OPTION_SPACE_ITEMS] = 10;
	assert_false(space_has_room(&use, &r, &o, true, 1));
}

/* --- Counters --------------------------------------------------------------------- */

#define SHARE "org:example.org"

static struct space_use
use_of(const char *local, const char *share)
{
	struct store_batch *b = NULL;
	struct space_use use;
	int slot;

	assert_int_equal(store_batch_new(&b), 0);
	slot = space_ask(b, D, local, share);
	assert_true(slot >= 0);
	assert_int_equal(store_batch_run(world.store, b), 0);
	space_read(b, slot, &use);
	store_batch_free(b);
	return use;
}

static void
expect_use(const char *local, int64_t items, int64_t share_items)
{
	struct space_use use = use_of(local, SHARE);

	assert_int_equal(use.items, items);
	assert_int_equal(use.octets, items * SIZE);
	assert_int_equal(use.share_items, share_items);
	assert_int_equal(use.share_octets, share_items * SIZE);
}

static struct case_item
now_of(int n)
{
	return item(n);
}

static void
test_every_end_counts_once(void **state)
{
	enum case_outcome out;
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	for (int n = 1; n <= 4; n++)
		first_contact(n, "jo", NULL);
	expect_use("jo", 4, 4);
	expect_use("ann", 0, 0);
	/* The same message again merges, or is a conflict: not counted. */
	assert_int_not_equal(arrive(&(const struct arrival){ .n = 1,
				 .local = "jo", .sid = SID,
				 .reason = FATE_R_FIRST_CONTACT, .at_ms = NOW }),
	    0);
	expect_use("jo", 4, 4);
	assert_int_equal(case_drop(world.store, D, id_of(1, id), NOW,
			     &out),
	    0);
	assert_int_equal(case_drop(world.store, D, id_of(1, id), NOW,
			     &out),
	    0);
	expect_use("jo", 3, 3);
	i = now_of(2);
	assert_int_equal(case_expire(world.store, &world.t, &i, NOW), 0);
	assert_int_equal(case_expire(world.store, &world.t, &i, NOW),
	    OCT_ECONFLICT);
	case_item_fini(&i);
	expect_use("jo", 2, 2);
	i = now_of(3);
	assert_int_equal(case_released(world.store, &i, NOW), 0);
	assert_int_equal(case_released(world.store, &i, NOW), OCT_ECONFLICT);
	case_item_fini(&i);
	expect_use("jo", 1, 1);
}

static void
test_what_comes_back_counts_again(void **state)
{
	char member[OCT_DOMAIN_SIZE + 64], id[HELD_ID_SIZE];
	enum case_outcome out;
	struct case_item i;

	(void)state;
	first_contact(1, "jo", NULL);
	i = now_of(1);
	assert_int_equal(case_released(world.store, &i, NOW), 0);
	case_item_fini(&i);
	expect_use("jo", 0, 0);
	case_duty_write("item", D, id_of(1, id), member);
	assert_int_equal(test_redis_do(&world.redis, "SET oct:tok:t1 %s",
			     member),
	    1);
	assert_int_equal(case_bring_back(world.store, &world.t, "t1", "550 no",
			     NOW, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	expect_use("jo", 1, 1);
	assert_int_equal(case_bring_back(world.store, &world.t, "t1", "550 no",
			     NOW, &out),
	    0);
	expect_use("jo", 1, 1);
}

static void
test_in_transit_takes_no_space(void **state)
{
	const struct arrival a = { .n = 1, .local = "jo",
		.reason = FATE_R_TRANSIT, .at_ms = NOW };
	struct case_item i;

	(void)state;
	assert_int_equal(arrive(&a), 0);
	expect_use("jo", 0, 0);
	i = now_of(1);
	assert_int_equal(case_released(world.store, &i, NOW), 0);
	case_item_fini(&i);
	expect_use("jo", 0, 0);
}

static const char directory[] = "[{\"name\":\"" D "\",\"mailboxes\":{"
				"\"ann\":{},\"bob\":{},\"jo\":{}}}]";

static size_t
repair(void)
{
	struct dir_snapshot *dir = NULL;
	size_t repaired = 99;

	assert_int_equal(dir_snapshot_parse(directory, strlen(directory), &dir),
	    0);
	assert_int_equal(space_repair(world.store, dir, &repaired), 0);
	directory_put(dir);
	return repaired;
}

static void
test_drift_is_repaired(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	for (int n = 1; n <= 3; n++)
		first_contact(n, "jo", NULL);
	first_contact(4, "ann", NULL);
	assert_int_equal(repair(), 0);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s n 9 b x",
			     key_space(key, D, "jo")),
	    0);
	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_space(key, D, "ann")),
	    1);
	assert_int_equal(test_redis_do(&world.redis, "HSET %s n 2 b 3",
			     key_space(key, D, "bob")),
	    2);
	assert_int_equal(repair(), 3);
	expect_use("jo", 3, 3);
	expect_use("ann", 1, 1);
	expect_use("bob", 0, 0);
	assert_int_equal(repair(), 0);
}

static void
test_shares_of_nothing_go(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	first_contact(1, "jo", NULL);
	key_space(key, D, "jo");
	assert_int_equal(test_redis_do(&world.redis,
			     "HSET %s n:org:old 0 b:org:old 0 ends 500", key),
	    3);
	assert_int_equal(repair(), 1);
	assert_int_equal(test_redis_do(&world.redis, "HLEN %s", key), 4);
	expect_use("jo", 1, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_options_bound_it),
		cmocka_unit_test_setup(test_every_end_counts_once, reset),
		cmocka_unit_test_setup(test_what_comes_back_counts_again,
		    reset),
		cmocka_unit_test_setup(test_in_transit_takes_no_space, reset),
		cmocka_unit_test_setup(test_drift_is_repaired, reset),
		cmocka_unit_test_setup(test_shares_of_nothing_go, reset),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("space", tests, start_world,
		    end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
