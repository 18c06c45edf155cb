/* SPDX-License-Identifier: Apache-2.0 */
/* What an owner does to what is held for his mailbox, and to nobody else's. */
#include <errno.h>

#include "policy/learn_item.h"
#include "tests/unit/owner_fixture.h"

static enum learn_mark
mark_of(int n)
{
	enum learn_mark m;
	char id[HELD_ID_SIZE];

	assert_int_equal(learn_marked(world.store, D, id_of(n, id), &m), 0);
	return m;
}

static size_t
held_of(const char *local)
{
	struct owner o = owner_of_box(local);
	size_t n;

	assert_int_equal(owner_count(&o, &n), 0);
	return n;
}

/* --- Whose ---------------------------------------------------------------- */

static void
another_mailbox_has_no_say(void **state)
{
	struct owner o = owner_of_box("autre");
	enum case_outcome out = CASE_DONE;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_FIRST_CONTACT);
	id_of(1, id);
	assert_int_equal(owner_item(&o, id, &item), 0);
	assert_int_equal(owner_release(&o, id, true, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(owner_discard(&o, id, true, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(owner_refuse(&o, id, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_int_equal(mark_of(1), LEARN_NO_MARK);
	assert_int_equal(rel_of(SID), REL_SILENT);
	o.domain = "bourg.example";
	o.local = "mairie";
	assert_int_equal(owner_item(&o, id, &item), 0);
}

/* --- Acts ------------------------------------------------------------------ */

static void
a_release_is_wanted_learnt_and_noted(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	put(2, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_release(&o, id_of(1, id), false, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(owner_item(&o, id, &item), 1);
	assert_string_equal(item.want, "owner");
	case_item_fini(&item);
	assert_int_equal(mark_of(1), LEARN_HAM);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_release(&o, id_of(2, id), true, &out), 0);
	assert_int_equal(rel_of(SID), REL_ALLOWED);
	read_acts();
	assert_int_equal(acts, 2);
	assert_int_equal(last_act, OWNER_ACT_ACCEPT);
}

static void
a_virus_is_for_administrators(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_VIRUS);
	assert_int_equal(owner_release(&o, id_of(1, id), true, &out), 0);
	assert_int_equal(out, CASE_IMPOSSIBLE);
	assert_int_not_equal(rel_of(SID), REL_ALLOWED);
	read_acts();
	assert_int_equal(acts, 0);
}

static void
what_was_discarded_comes_back(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_page *bin;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_discard(&o, id_of(1, id), true, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(state_of(1), HELD_DROPPED);
	assert_int_equal(held_of("mairie"), 0);
	assert_int_equal(mark_of(1), LEARN_SPAM);
	assert_int_equal(owner_bin(&o, &bin), 0);
	assert_int_equal(bin->count, 1);
	owner_page_free(bin);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(state_of(1), HELD_STORED);
	assert_int_equal(held_of("mairie"), 1);
	assert_int_equal(mark_of(1), LEARN_NO_MARK);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_bin(&o, &bin), 0);
	assert_int_equal(bin->count, 0);
	owner_page_free(bin);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_ALREADY);
}

static void
too_late_is_too_late(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_page *bin;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_discard(&o, id_of(1, id), false, &out), 0);
	o.now_ms = NOW + DAY;
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(owner_bin(&o, &bin), 0);
	assert_int_equal(bin->count, 0);
	owner_page_free(bin);
	assert_int_equal(state_of(1), HELD_DROPPED);
}

/* Its mailbox goes: so do its messages, however many, and at once. */
static void
an_emptied_bin_gives_nothing_back(void **state)
{
	struct owner o = owner_of_box("mairie"), other = owner_of_box("maire");
	const int last = OWNER_PAGE + 10;
	struct owner_page *bin;
	enum case_outcome out;
	struct case_item item;
	char id[HELD_ID_SIZE], key[KEY_SIZE];

	(void)state;
	for (int n = 1; n <= last; n++) {
		put(n, "mairie", SID, FATE_R_SPAM);
		assert_int_equal(
		    owner_discard(&o, id_of(n, id), false, &out), 0);
	}
	put(last + 1, "maire", SID, FATE_R_SPAM);
	assert_int_equal(owner_discard(&other, id_of(last + 1, id), false,
			     &out),
	    0);
	/* One is gone already, of one nothing is known any more. */
	assert_int_equal(owner_item(&o, id_of(2, id), &item), 1);
	assert_int_equal(case_purge(world.store, &item, false), 1);
	case_item_fini(&item);
	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_held(key, D, id_of(3, id))),
	    1);
	assert_int_equal(case_empty_bin(world.store, D, "mairie", NOW + 5), 0);
	assert_int_equal(owner_bin(&o, &bin), 0);
	assert_int_equal(bin->count, 0);
	owner_page_free(bin);
	for (int n = 1; n <= last; n += last - 1) {
		assert_int_equal(due("purge", n), NOW + 5);
		assert_int_equal(owner_undo(&o, id_of(n, id), &out), 0);
		assert_int_equal(out, CASE_OVER);
	}
	assert_int_equal(owner_undo(&other, id_of(last + 1, id), &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(case_empty_bin(world.store, D, "nobody", NOW), 0);
}

/* Whoever's message is being removed does not come back half. */
static void
what_is_going_is_gone(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_discard(&o, id_of(1, id), false, &out), 0);
	assert_int_equal(owner_item(&o, id, &item), 1);
	assert_int_equal(case_purge(world.store, &item, false), 1);
	case_item_fini(&item);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_OVER);
}

static void
a_proven_sender_is_refused_by_his_address(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_senders l;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	put(2, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_refuse(&o, id_of(1, id), &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(rel_of(SID), REL_BLOCKED);
	assert_int_equal(state_of(1), HELD_DROPPED);
	assert_int_equal(state_of(2), HELD_DROPPED);
	assert_int_equal(mark_of(1), LEARN_SPAM);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.sender[0].who, "addr:alice@example.org");
	assert_string_equal(l.sender[0].origin, "owner");
	owner_senders_free(&l);
	/* And back: block, and both messages. */
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(held_of("mairie"), 2);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 0);
	owner_senders_free(&l);
}

/* Who had been let in, by whom, and whom one's own mail was to. */
static void
a_refusal_taken_back_leaves_him_let_in(void **state)
{
	static const char *const names[] = { "addr:alice@example.org",
		"sent:alice@example.org" };
	const struct case_sender alice = { .domain = D, .local = "mairie",
		.sid = SID };
	struct owner o = owner_of_box("mairie");
	struct case_grant g = { .since_ms = NOW - DAY, .origin = GRANT_SEED,
		.actor = "ctl", .why = "annuaire 2026" };
	struct relation r;
	enum case_outcome out;
	char id[HELD_ID_SIZE], key[KEY_SIZE], item_key[KEY_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	for (size_t i = 0; i < OCT_LEN(names); i++)
		assert_int_equal(case_grant_set(world.store, D, "mairie",
				     names[i], &g),
		    0);
	assert_int_equal(case_judge(world.store, &world.t, &alice,
			     REL_EV_ALLOWED, "grant", NOW, &out),
	    0);
	assert_int_equal(owner_refuse(&o, id_of(1, id), &out), 0);
	assert_int_equal(rel_of(SID), REL_BLOCKED);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(state_of(1), HELD_STORED);
	assert_int_equal(case_relation_read(world.store, D, "mairie", SID, &r),
	    1);
	assert_int_equal(r.state, REL_ALLOWED);
	assert_string_equal(r.origin, "grant");
	key_grants(key, D, "mairie");
	for (size_t i = 0; i < OCT_LEN(names); i++)
		assert_int_equal(test_redis_do(&world.redis,
				     "HEXISTS %s %s", key, names[i]),
		    1);
	/* What stood is used up with that. */
	assert_int_equal(test_redis_do(&world.redis, "HEXISTS %s stood-addr",
			     key_held(item_key, D, id)), 0);
	assert_int_equal(test_redis_do(&world.redis, "HEXISTS %s stood-by",
			     item_key), 0);
	/* Forgotten since, and refused again: nothing old comes back. */
	assert_int_equal(owner_sender_forget(&o, names[0], OWNER_TOLD), 0);
	assert_int_equal(owner_refuse(&o, id, &out), 0);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(test_redis_do(&world.redis, "EXISTS %s", key), 0);
}

/* What only showed his address, and what is more than the bin's page. */
static void
all_that_a_block_threw_away_comes_back(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	put(2, "mairie", N_SID, FATE_R_SPAM);
	for (int n = 3; n < 3 + OWNER_PAGE + 10; n++)
		put(n, "mairie", NULL, FATE_R_SPAM);
	assert_int_equal(owner_refuse(&o, id_of(1, id), &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(held_of("mairie"), 0);
	for (int n = 1; n < 4; n++) {
		assert_int_equal(owner_item(&o, id_of(n, id), &item), 1);
		assert_int_equal(item.undo_ms, NOW + DAY);
		case_item_fini(&item);
	}
	assert_int_equal(owner_undo(&o, id_of(1, id), &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(held_of("mairie"), 2 + OWNER_PAGE + 10);
	assert_int_equal(rel_of(N_SID), REL_SILENT);
}

/* The address of somebody who proved nothing may be another's. */
static void
an_unproven_sender_is_refused_as_he_came(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_senders l;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", N_SID, FATE_R_SPAM);
	assert_int_equal(owner_refuse(&o, id_of(1, id), &out), 0);
	assert_int_equal(rel_of(N_SID), REL_BLOCKED);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.sender[0].who, "sid:" N_SID);
	owner_senders_free(&l);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(state_of(1), HELD_STORED);
	assert_int_equal(rel_of(N_SID), REL_SILENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(another_mailbox_has_no_say),
		WITH(a_release_is_wanted_learnt_and_noted),
		WITH(a_virus_is_for_administrators),
		WITH(what_was_discarded_comes_back),
		WITH(too_late_is_too_late),
		WITH(an_emptied_bin_gives_nothing_back),
		WITH(what_is_going_is_gone),
		WITH(a_proven_sender_is_refused_by_his_address),
		WITH(a_refusal_taken_back_leaves_him_let_in),
		WITH(all_that_a_block_threw_away_comes_back),
		WITH(an_unproven_sender_is_refused_as_he_came),
	};

	return RUN_OWNER_TESTS("test_owner", tests);
}
