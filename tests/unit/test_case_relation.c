/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of senders, against a real Redis: allowed, blocked, switched off,
 * deferred, forgotten; and what stands for a message that was kept undecided.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/case_fixture.h"

static const struct case_sender alice = { D, "bob", SID };

static enum case_outcome
judge(enum rel_event ev, const char *origin)
{
	enum case_outcome out = (enum case_outcome)99;

	assert_int_equal(case_judge(world.store, &world.t, &alice, ev, origin,
			     NOW + 1000, &out),
	    0);
	return out;
}

static void
set_relation(const char *local, const char *sid, const char *packed)
{
	char key[KEY_SIZE];

	assert_true(test_redis_do(&world.redis, "HSET %s %s %s",
			key_relations(key, D, local), sid, packed) >= 0);
}

static int
grant(const char *local, const char *who, bool block)
{
	struct case_grant g = { .block = block, .since_ms = 1,
		.actor = "bob" };

	return case_grant_set(world.store, D, local, who, &g);
}

static bool
has_grant(const char *who)
{
	char key[KEY_SIZE];

	return test_redis_do(&world.redis, "HEXISTS %s %s",
		   key_grants(key, D, "bob"), who) == 1;
}

static void
a_grant_allows_and_releases(void **state)
{
	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(judge(REL_EV_ALLOWED, "grant"), CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
	assert_string_equal(relation_of("bob").origin, "grant");
	assert_string_equal(wanted(1), "grant");
	assert_string_equal(wanted(2), "");
	assert_int_equal(judge(REL_EV_ALLOWED, "grant"), CASE_ALREADY);
}

static void
a_block_drops_everything(void **state)
{
	struct case_item i;

	(void)state;
	assert_int_equal(grant("bob", "addr:alice@example.org", false), 0);
	assert_int_equal(grant("bob", "dom:example.org", false), 0);
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	held_for(3, "bob", FATE_R_VIRUS);
	assert_int_equal(judge(REL_EV_BLOCKED, "owner"), CASE_DONE);
	for (int n = 1; n <= 3; n++) {
		assert_int_equal(state_of(n), HELD_DROPPED);
		assert_false(is_indexed("bob", n));
		assert_int_equal(due("purge", n), NOW + 2000);
	}
	assert_int_equal(relation_of("bob").state, REL_BLOCKED);
	assert_int_equal(relation_of("bob").items, 0);
	assert_string_equal(relation_of("bob").challenge, "");
	assert_false(has_grant("addr:alice@example.org"));
	assert_true(has_grant("dom:example.org"));
	/* Row 3 stands before row 4; and the owner's page undoes it. */
	assert_int_equal(judge(REL_EV_ALLOWED, "grant"), CASE_IMPOSSIBLE);
	assert_int_equal(judge(REL_EV_UNBLOCKED, "owner"), CASE_DONE);
	i = item(1);
	assert_int_equal(i.state, HELD_DROPPED);
	case_item_fini(&i);
}

/* It cannot be called back, but it is not tried a second time. */
static void
a_block_while_it_is_delivered(void **state)
{
	struct case_item i;

	(void)state;
	first_contact(1, "bob", CH);
	assert_int_equal(judge(REL_EV_ALLOWED, "owner"), CASE_DONE);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, NOW + 30000),
	    1);
	assert_int_equal(judge(REL_EV_BLOCKED, "owner"), CASE_DONE);
	assert_int_equal(state_of(1), HELD_RELEASING);
	assert_string_equal(wanted(1), "");
	assert_int_equal(case_put_back(world.store, &i, CASE_NOT_REFUSED,
			     "451 x", NOW + 90000),
	    0);
	case_item_fini(&i);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, NOW + 90000),
	    0);
	case_item_fini(&i);
}

static void
a_block_by_name_reaches_whom_it_means(void **state)
{
	static const struct {
		const char *sid, *name;
		bool meant;
	} rows[] = {
		{ SID, "addr:alice@example.org", true },
		{ SID, "dom:example.org", true },
		{ SID, "addr:eve@example.org", false },
		{ SID, "dom:org", false },
		{ "A|b@list.example|list.example|x@y.example",
		    "addr:b@list.example", true },
		{ "A|b@list.example|list.example|x@y.example",
		    "addr:x@y.example", true },
		{ "A|b@list.example|list.example|x@y.example",
		    "dom:list.example", true },
		{ "F|x@y.example|y.example", "addr:x@y.example", true },
		{ "N|x@y.example|192.0.2.0/24", "addr:x@y.example", true },
		{ "N|x@y.example|192.0.2.0/24", "dom:y.example", true },
		{ "N|x@y.example|192.0.2.0/24", "dom:example.org", false },
	};
	struct case_sender named = { .domain = D, .local = "bob" };
	char key[KEY_SIZE];
	size_t n;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s: %s\n", rows[i].sid, rows[i].name);
		set_relation("bob", rows[i].sid, "2 S 0 1 1 0 - - 0 -");
		named.sid = rows[i].name;
		assert_int_equal(case_judge_named(world.store, &world.t, &named,
				     REL_EV_BLOCKED, NOW + 1000, &n),
		    0);
		assert_int_equal(n, rows[i].meant);
		assert_int_equal(case_judge_named(world.store, &world.t, &named,
				     REL_EV_UNBLOCKED, NOW + 1000, &n),
		    0);
		assert_int_equal(n, rows[i].meant);
		assert_true(test_redis_do(&world.redis, "DEL %s",
				key_relations(key, D, "bob")) >= 0);
	}
	first_contact(1, "bob", CH);
	named.sid = "addr:alice@example.org";
	assert_int_equal(case_judge_named(world.store, &world.t, &named,
			     REL_EV_BLOCKED, NOW + 1000, &n),
	    0);
	assert_int_equal(n, 1);
	assert_int_equal(state_of(1), HELD_DROPPED);
	assert_int_equal(relation_of("bob").state, REL_BLOCKED);
}

/* Forged under another path: nothing of it is proven, and its author is meant. */
static void
a_block_drops_what_shows_that_author(void **state)
{
	static const struct {
		const char *name, *from, *rpath;
		bool meant;
	} rows[] = {
		{ "addr:x@y.example", "x@y.example", "forged@z.example", true },
		{ "dom:y.example", "x@y.example", "forged@z.example", true },
		{ "addr:forged@z.example", "x@y.example", "forged@z.example",
		    true },
		{ "dom:z.example", "x@y.example", "forged@z.example", true },
		{ "addr:w@y.example", "x@y.example", "forged@z.example",
		    false },
		{ "dom:example", "x@y.example", "forged@z.example", false },
	};
	struct case_sender named = { .domain = D, .local = "bob" };
	char key[KEY_SIZE], id[HELD_ID_SIZE];
	size_t n;

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct arrival a = { .n = 1, .local = "bob",
			.sid = "N|forged@z.example|192.0.2.0/24",
			.reason = FATE_R_FIRST_CONTACT, .at_ms = NOW };
		struct case_item read;
		struct oct_str json;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(reset(state), 0);
		assert_int_equal(arrive(&a), 0);
		read = item(1);
		read.held.from = rows[i].from;
		read.held.rpath = rows[i].rpath;
		oct_str_heap(&json, HELD_JSON_MAX);
		assert_int_equal(held_write(&read.held, &json), 0);
		assert_int_equal(test_redis_do(&world.redis, "HSET %s v %s",
				     key_held(key, D, id_of(1, id)),
				     oct_str_text(&json)),
		    0);
		oct_str_free(&json);
		case_item_fini(&read);
		named.sid = rows[i].name;
		assert_int_equal(case_judge_named(world.store, &world.t, &named,
				     REL_EV_BLOCKED, NOW + 1000, &n),
		    0);
		assert_int_equal(state_of(1) == HELD_DROPPED, rows[i].meant);
		assert_int_equal(is_indexed("bob", 1), !rows[i].meant);
	}
	/* More than one look, and others among them. */
	assert_int_equal(reset(state), 0);
	for (int k = 0; k < 250; k++) {
		const struct arrival a = { .n = k, .local = "bob",
			.reason = FATE_R_SPAM, .at_ms = NOW + k };

		assert_int_equal(arrive(&a), 0);
	}
	named.sid = "addr:alice@example.org";
	assert_int_equal(case_judge_named(world.store, &world.t, &named,
			     REL_EV_BLOCKED, NOW + 1000, &n),
	    0);
	assert_int_equal(test_redis_do(&world.redis, "ZCARD %s",
			     key_held_index(key, D, "bob")),
	    0);
}

static void
an_option_switched_off_lets_first_contacts_go(void **state)
{
	struct case_item i;
	size_t n;

	(void)state;
	first_contact(1, "bob", CH);
	held_for(2, "bob", FATE_R_SPAM);
	set_relation("bob", "A|x@y.example|y.example",
	    "2 A 0 1 1 0 - page 0 -");
	assert_int_equal(case_close(world.store, &world.t, D, "bob",
			     NOW + 1000, &n),
	    0);
	assert_int_equal(n, 1);
	assert_string_equal(wanted(1), "closed");
	assert_string_equal(wanted(2), "");
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_string_equal(relation_of("bob").challenge, "");
	/* Refused once, it is not tried at every round. */
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, NOW + 30000),
	    1);
	assert_int_equal(case_put_back(world.store, &i, CASE_REFUSED, "550 x",
			     0),
	    0);
	case_item_fini(&i);
	assert_int_equal(case_close(world.store, &world.t, D, "bob",
			     NOW + 2000, &n),
	    0);
	assert_string_equal(wanted(1), "");
}

/* --- DEFER --------------------------------------------------------------------- */

/* What the milter leaves behind a 451: a relation and a challenge, no item. */
static void
deferred_until(int64_t at_ms, int64_t expires_ms)
{
	struct arrival a = { .n = 1, .local = "bob", .sid = SID,
		.reason = FATE_R_FIRST_CONTACT, .ask = CH, .at_ms = at_ms };
	struct rel_guard g = { .now_ms = at_ms, .quiet_ms = world.t.quiet,
		.asks_max = 2 };
	char packed[REL_PACKED_SIZE], key[KEY_SIZE];
	struct challenge c;
	struct relation r;
	struct oct_str json;

	relation_init(&r);
	assert_int_equal(relation_apply(&r, REL_EV_DEFERRED, &g, NULL, NULL),
	    REL_ACT_ASK);
	memcpy(r.challenge, CH, sizeof(CH));
	relation_pack(&r, packed);
	set_relation("bob", SID, packed);
	challenge_of(&a, &c);
	c.deferred = true;
	c.expires_ms = expires_ms;
	oct_str_heap(&json, CHALLENGE_JSON_MAX);
	assert_int_equal(challenge_write(&c, &json), 0);
	assert_true(test_redis_do(&world.redis, "HSET %s state sent v %s",
			key_challenge(key, D, CH), oct_str_text(&json)) >= 0);
	oct_str_free(&json);
}

static void
deferred(int64_t at_ms)
{
	deferred_until(at_ms, at_ms + 4 * DAY);
}

static void
the_end_of_t_defer(void **state)
{
	enum case_outcome out;

	(void)state;
	deferred(NOW);
	assert_int_equal(case_defer_over(world.store, &world.t, D, CH,
			     NOW + 4 * DAY),
	    0);
	assert_int_equal(relation_of("bob").state, REL_LAPSED);
	assert_int_equal(relation_of("bob").asks, 1);
	assert_int_equal(case_confirm(world.store, &world.t, D, CH, "page",
			     NOW + 4 * DAY, &out),
	    0);
	assert_int_equal(out, CASE_OVER);
	/* Unknown ones are over, too. */
	assert_int_equal(case_defer_over(world.store, &world.t, D, CH2,
			     NOW + 4 * DAY),
	    0);
}

static void
the_end_of_t_defer_with_an_item(void **state)
{
	enum case_outcome out;

	(void)state;
	deferred(NOW);
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(case_defer_over(world.store, &world.t, D, CH,
			     NOW + 4 * DAY),
	    0);
	assert_int_equal(relation_of("bob").state, REL_ASKED);
	assert_int_equal(case_confirm(world.store, &world.t, D, CH, "page",
			     NOW + 4 * DAY, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
}

/* No sweep was there: the time itself has ended it. */
static void
a_deferred_sender_who_is_too_late(void **state)
{
	enum case_outcome out;

	(void)state;
	deferred(NOW);
	assert_int_equal(case_confirm(world.store, &world.t, D, CH, "page",
			     NOW + 4 * DAY, &out),
	    0);
	assert_int_equal(out, CASE_OVER);
	deferred(NOW);
	assert_int_equal(case_confirm(world.store, &world.t, D, CH, "page",
			     NOW + 4 * DAY - 1, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(relation_of("bob").state, REL_ALLOWED);
}

/* The time that he was told is his mailbox's, whoever asks with which timers. */
static void
a_deferred_sender_has_the_time_he_was_told(void **state)
{
	static const struct {
		int days, at;
		enum case_outcome out;
	} rows[] = { { 10, 9, CASE_DONE }, { 10, 10, CASE_OVER },
		{ 2, 1, CASE_DONE }, { 2, 3, CASE_OVER } };

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		enum case_outcome out;

		assert_int_equal(reset(state), 0);
		deferred_until(NOW, NOW + rows[i].days * DAY);
		assert_int_equal(case_confirm(world.store, &world.t, D, CH,
				     "page", NOW + rows[i].at * DAY, &out),
		    0);
		assert_int_equal(out, rows[i].out);
	}
}

/* --- Use and age ---------------------------------------------------------------- */

static void
use_is_written_once_a_day(void **state)
{
	static const char packed[] = "2 A 0 1795255200000 1795255200000 0 - "
				     "page 0 -";

	(void)state;
	set_relation("bob", SID, packed);
	assert_int_equal(case_used(world.store, &alice, packed, NOW + DAY - 1),
	    0);
	assert_int_equal(relation_of("bob").last_ms, NOW);
	assert_int_equal(case_used(world.store, &alice, packed, NOW + DAY), 0);
	assert_int_equal(relation_of("bob").last_ms, NOW + DAY);
	/* A lost race. */
	assert_int_equal(case_used(world.store, &alice, packed, NOW + 9 * DAY),
	    0);
	assert_int_equal(relation_of("bob").last_ms, NOW + DAY);
}

static void
what_time_has_forgotten_is_removed(void **state)
{
	static const struct {
		const char *sid, *packed;
		bool gone;
	} rows[] = {
		{ "A|1|x", "2 A 0 1 1 0 - page 0 -", true },
		{ "A|2|x", "1 A 0 1 1 0 - page 0", true },
		{ "A|3|x", "2 A 0 1 1 0 - owner 0 -", false },
		{ "A|4|x", "2 B 0 1 1 0 - owner 0 -", false },
		{ "A|5|x", "2 L 2 1 1 1 - - 0 -", true },
		{ "A|6|x", "2 K 1 1 1 1 - - 0 d", true },
		{ "A|7|x", "2 K 1 1 1 1 - - 9 - i", false },
		{ "A|8|x", "2 L 1 1 1795255200000 1 - - 0 -", false },
		{ "A|9|x", "rubbish", false },
	};
	size_t removed;
	char key[KEY_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++)
		set_relation("bob", rows[i].sid, rows[i].packed);
	assert_int_equal(case_forget(world.store, D, "bob", &world.t.ages, NOW,
			     &removed),
	    0);
	assert_int_equal(removed, 4);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].packed);
		assert_int_equal(test_redis_do(&world.redis, "HEXISTS %s %s",
				     key_relations(key, D, "bob"),
				     rows[i].sid),
		    !rows[i].gone);
	}
}

static void
forgetting_is_bounded(void **state)
{
	size_t removed;

	(void)state;
	for (int i = 0; i < CASE_FORGET_MAX + 10; i++) {
		char sid[32];

		(void)snprintf(sid, sizeof(sid), "A|%d|x", i);
		set_relation("bob", sid, "2 A 0 1 1 0 - page 0 -");
	}
	assert_int_equal(case_forget(world.store, D, "bob", &world.t.ages, NOW,
			     &removed),
	    0);
	assert_int_equal(removed, CASE_FORGET_MAX);
	assert_int_equal(case_forget(world.store, D, "bob", &world.t.ages, NOW,
			     &removed),
	    0);
	assert_int_equal(removed, 10);
}

/* --- Who may, and what stands ----------------------------------------------------- */

static void
a_virus_is_released_by_administrators_only(void **state)
{
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	held_for(1, "bob", FATE_R_VIRUS);
	for (int once = 0; once < 2; once++) {
		assert_int_equal(case_release(world.store, &world.t, D,
				     id_of(1, id), once == 1, CASE_BY_OWNER,
				     NOW, &out),
		    0);
		assert_int_equal(out, CASE_IMPOSSIBLE);
		assert_string_equal(wanted(1), "");
	}
	/* Nor by allowing its sender, or by another item's release. */
	assert_int_equal(judge(REL_EV_ALLOWED, "owner"), CASE_DONE);
	assert_string_equal(wanted(1), "");
	held_for(2, "bob", FATE_R_SPAM);
	assert_int_equal(case_release(world.store, &world.t, D, id_of(2, id),
			     false, CASE_BY_OWNER, NOW, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	assert_string_equal(wanted(1), "");
	assert_int_equal(case_release(world.store, &world.t, D, id_of(1, id),
			     true, CASE_BY_ADMIN, NOW, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	assert_string_equal(wanted(1), "owner");
}

static void
what_stands_for_an_undecided_message(void **state)
{
	static const char n[] = "N|alice@example.org|192.0.2.0/24";
	static const char f[] = "F|alice@example.org|example.org";
	static const char lists[] =
	    "A|alice@example.org|example.org|alice@example.org";
	static const struct {
		const char *name, *sid;
		const char *rel_sid, *packed; /* NULL = none */
		const char *at, *who;         /* NULL = none */
		bool block;
		enum case_standing want;
	} rows[] = {
		{ "nothing", SID, NULL, NULL, NULL, NULL, false,
		    CASE_STRANGER },
		{ "allowed", SID, SID, "2 A 0 1 1795255200000 0 - page 0 -",
		    NULL, NULL, false, CASE_ALLOWED },
		{ "allowed long ago", SID, SID, "2 A 0 1 1 0 - page 0 -", NULL,
		    NULL, false, CASE_STRANGER },
		{ "allowed with better proof", f, SID,
		    "2 A 0 1 1795255200000 0 - page 0 -", NULL, NULL, false,
		    CASE_ALLOWED },
		{ "same address, other proof", n, SID,
		    "2 A 0 1 1795255200000 0 - page 0 -", NULL, NULL, false,
		    CASE_STRANGER },
		{ "asked", SID, SID,
		    "2 K 1 1795255200000 1795255200000 1 - - 0 -", NULL, NULL,
		    false, CASE_STRANGER },
		{ "blocked", SID, SID, "2 B 0 1 1 0 - owner 0 -", NULL, NULL,
		    false, CASE_BLOCKED },
		{ "granted by address", SID, NULL, NULL, "bob",
		    "addr:alice@example.org", false, CASE_ALLOWED },
		{ "granted by domain, for all", f, NULL, NULL, "@",
		    "dom:example.org", false, CASE_ALLOWED },
		{ "granted, but nothing proven", n, NULL, NULL, "bob",
		    "addr:alice@example.org", false, CASE_STRANGER },
		{ "granted, but From not proven", lists, NULL, NULL, "bob",
		    "addr:alice@example.org", false, CASE_STRANGER },
		{ "a block needs no proof", n, NULL, NULL, "bob",
		    "addr:alice@example.org", true, CASE_BLOCKED },
		{ "a block of the domain, for all", SID, SID,
		    "2 A 0 1 1795255200000 0 - page 0 -", "@",
		    "dom:example.org", true, CASE_BLOCKED },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct arrival a = { .n = 1, .local = "bob",
			.sid = rows[i].sid, .reason = FATE_R_UNDECIDED,
			.at_ms = NOW };
		enum case_standing standing;
		char id[HELD_ID_SIZE];
		struct held h;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(reset(state), 0);
		if (rows[i].packed != NULL)
			set_relation("bob", rows[i].rel_sid, rows[i].packed);
		if (rows[i].who != NULL)
			assert_int_equal(grant(rows[i].at, rows[i].who,
					     rows[i].block),
			    0);
		item_of(&a, id_of(1, id), &h);
		assert_int_equal(case_standing(world.store, &world.t, &h, NOW,
				     &standing),
		    0);
		assert_int_equal(standing, rows[i].want);
	}
}

/* --- Lives of an id --------------------------------------------------------------- */

static void
a_bounce_of_an_earlier_life_does_nothing(void **state)
{
	enum case_outcome out = CASE_OVER;
	struct case_item i;
	char id[HELD_ID_SIZE];

	(void)state;
	held_for(1, "bob", FATE_R_SPAM);
	assert_int_equal(case_release(world.store, &world.t, D, id_of(1, id),
			     true, CASE_BY_OWNER, NOW, &out),
	    0);
	i = item(1);
	assert_int_equal(case_claim(world.store, &world.t, &i, NOW + 30000),
	    1);
	assert_int_equal(case_released(world.store, &i, NOW + 30000), 0);
	case_item_fini(&i);
	(void)test_redis_do(&world.redis, "SET oct:tok:" CH2 " %s",
	    "item " D " iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab 1795255199999");
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_IMPOSSIBLE);
	assert_int_equal(state_of(1), HELD_RELEASED);
	(void)test_redis_do(&world.redis, "SET oct:tok:" CH2 " %s",
	    "item " D " iiiiiiiiiiiiiiiiiiiiiiiiiiiiaaab 1795255200000");
	assert_int_equal(case_bring_back(world.store, &world.t, CH2, "why",
			     NOW + DAY, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	i = item(1);
	assert_int_equal(i.refused, CASE_BOUNCED);
	case_item_fini(&i);
}

#define T(test) cmocka_unit_test_setup(test, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_grant_allows_and_releases),
		T(a_block_drops_everything),
		T(a_block_while_it_is_delivered),
		T(a_block_by_name_reaches_whom_it_means),
		T(a_block_drops_what_shows_that_author),
		T(an_option_switched_off_lets_first_contacts_go),
		T(the_end_of_t_defer),
		T(the_end_of_t_defer_with_an_item),
		T(a_deferred_sender_who_is_too_late),
		T(a_deferred_sender_has_the_time_he_was_told),
		T(use_is_written_once_a_day),
		T(what_time_has_forgotten_is_removed),
		T(forgetting_is_bounded),
		T(a_virus_is_released_by_administrators_only),
		T(what_stands_for_an_undecided_message),
		T(a_bounce_of_an_earlier_life_does_nothing),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("case_relation", tests,
		    start_world, end_world);
	test_redis_stop(&world.redis);
	return rc != 0;
}
