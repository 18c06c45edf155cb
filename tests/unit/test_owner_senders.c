/* SPDX-License-Identifier: Apache-2.0 */
/* The senders of a mailbox as one list; an address book that is read into it. */
#include <errno.h>

#include "tests/unit/owner_fixture.h"

static void
fill_hash(const char *key, int count)
{
	char script[KEY_SIZE + 256];

	(void)snprintf(script, sizeof(script),
	    "for i=1,%d do redis.call('HSET','%s','addr:'..i..'@x.test','v') "
	    "end return 1", count, key);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0", script), 1);
}

/* The bound of an owner's lists: a name that is there may still change, and what
 * goes with a message is done. */
static void
lists_have_a_bound(void **state)
{
	struct owner o = owner_of_box("mairie");
	char key[KEY_SIZE];
	size_t room = 0;

	(void)state;
	assert_int_equal(owner_sender_allow(&o, "addr:a@b.test"), 0);
	key_grants(key, D, "mairie");
	assert_int_equal(owner_grants_room(&o, &room), 0);
	assert_int_equal(room, OWNER_GRANTS_MAX - 1);
	fill_hash(key, OWNER_GRANTS_MAX - 1);
	assert_int_equal(owner_grants_room(&o, &room), 0);
	assert_int_equal(room, 0);
	assert_int_equal(owner_sender_allow(&o, "addr:c@d.test"), OCT_ELIMIT);
	assert_int_equal(owner_sender_block(&o, "dom:d.test", OWNER_TOLD),
	    OCT_ELIMIT);
	assert_int_equal(owner_sender_block(&o, "addr:a@b.test", OWNER_TOLD),
	    0);
	assert_int_equal(owner_sender_block(&o, "sid:" N_SID, OWNER_TOLD), 0);
	assert_int_equal(owner_sender_block(&o, "dom:d.test", OWNER_QUIETLY),
	    0);
}

static void
senders_are_one_list(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct case_grant sent = { .since_ms = NOW, .origin = GRANT_SENT,
		.actor = "mta" };
	char who[OWNER_WHO_SIZE], id[HELD_ID_SIZE];
	struct owner_senders l;
	enum case_outcome out;

	(void)state;
	put(1, "mairie", SID, FATE_R_FIRST_CONTACT);
	assert_int_equal(owner_release(&o, id_of(1, id), true, &out), 0);
	assert_int_equal(owner_who_read("Zoe@Example.ORG", who), 0);
	assert_string_equal(who, "addr:zoe@example.org");
	assert_int_equal(owner_sender_allow(&o, who), 0);
	assert_int_equal(owner_who_read("@marche.test", who), 0);
	assert_int_equal(owner_sender_allow(&o, who), 0);
	assert_int_equal(case_grant_set(world.store, D, "mairie",
	    "sent:alice@example.org", &sent), 0);
	assert_int_equal(owner_who_read("mal@spam.test", who), 0);
	assert_int_equal(owner_sender_block(&o, who, OWNER_TOLD), 0);
	assert_int_equal(owner_senders(&o, false, "", &l), 0);
	assert_int_equal(l.count, 3);
	assert_string_equal(l.sender[0].who, "addr:alice@example.org");
	assert_string_equal(l.sender[1].who, "dom:marche.test");
	assert_string_equal(l.sender[2].who, "addr:zoe@example.org");
	owner_senders_free(&l);
	assert_int_equal(owner_senders(&o, false, "zoé", &l), 0);
	assert_int_equal(l.count, 1);
	owner_senders_free(&l);
	/* All ways in are closed at once. */
	assert_int_equal(owner_sender_forget(&o, "addr:alice@example.org",
	    OWNER_TOLD), 0);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_senders(&o, false, "", &l), 0);
	assert_int_equal(l.count, 2);
	owner_senders_free(&l);
	read_acts();
	assert_int_equal(last_act, OWNER_ACT_FORGET);
}

static bool
is_flagged(void)
{
	const struct dir_snapshot *dir;
	bool on;

	assert_int_equal(directory_read(world.store, D, &dir), 0);
	on = dir_mailbox(dir_domain_at(dir, 0), "mairie")->has_blocks;
	directory_put(dir);
	return on;
}

/* Without the flag nobody looks whether he is blocked. */
static void
the_flag_stays_while_anybody_is_blocked(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct case_grant whole = { .block = true, .since_ms = NOW,
		.origin = GRANT_OWNER, .actor = "root" };
	struct dir_change clear = { .domain = D, .local = "mairie",
		.json = "{\"has_blocks\":false}", .actor = "test" };
	char problem[256];
	bool any;

	(void)state;
	assert_false(is_flagged());
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_sender_block(&o, "sid:" SID, OWNER_TOLD), 0);
	assert_true(is_flagged());
	/* One line of the list with the administrator's block. */
	assert_int_equal(case_grant_set(world.store, D, "@",
	    "addr:alice@example.org", &whole), 0);
	assert_int_equal(owner_any_block(&o, &any), 0);
	assert_true(any);
	assert_int_equal(owner_sender_block(&o, "addr:mal@spam.test",
	    OWNER_TOLD), 0);
	assert_int_equal(owner_sender_forget(&o, "addr:mal@spam.test",
	    OWNER_TOLD), 0);
	assert_true(is_flagged());
	/* Cleared by somebody who did not see it yet. */
	assert_int_equal(directory_change(world.store, &clear, problem), 0);
	assert_int_equal(owner_flag_set(&o), 0);
	assert_true(is_flagged());
	assert_int_equal(owner_sender_forget(&o, "sid:" SID, OWNER_TOLD), 0);
	assert_false(is_flagged());
}

static void
names_that_are_none(void **state)
{
	static const char *const bad[] = { "", "addr:", "addr:x", "dom:",
		"addr:A@b.test", "sent:a@b.test", "sid:", "x", "rel:SID" };
	struct owner o = owner_of_box("mairie");
	char who[OWNER_WHO_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad); i++) {
		print_message("  '%s'\n", bad[i]);
		assert_int_equal(owner_sender_block(&o, bad[i], OWNER_TOLD),
		    -EINVAL);
		assert_int_equal(owner_sender_forget(&o, bad[i], OWNER_TOLD),
		    -EINVAL);
	}
	assert_int_equal(owner_sender_allow(&o, "sid:" N_SID), -EINVAL);
	assert_int_equal(owner_who_read("pas une adresse", who), OCT_EPARSE);
	assert_int_equal(owner_who_read("local", who), OCT_EPARSE);
	assert_int_equal(owner_who_read("@", who), OCT_EPARSE);
}

static void
an_address_book_is_read(void **state)
{
	static char csv[] = "Nom;Adresse\nZoe;zoe@example.org\n"
	    "Zoe;zoe@example.org\nMal;mal@spam.test\n"
	    "Robot;noreply@robot.test\nNous;maire@" D "\nRien;pas d'adresse\n";
	struct owner o = owner_of_box("mairie");
	const struct dir_snapshot *dir;
	struct owner_import r;
	struct owner_senders l;
	FILE *f = fmemopen(csv, strlen(csv), "r");

	(void)state;
	assert_int_equal(owner_sender_block(&o, "addr:mal@spam.test",
	    OWNER_QUIETLY), 0);
	assert_int_equal(directory_read(world.store, NULL, &dir), 0);
	assert_int_equal(owner_import(&o, f, dir, &r), 0);
	(void)fclose(f);
	directory_put(dir);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.known, 1);
	assert_int_equal(r.own, 1);
	assert_int_equal(r.robots, 1);
	assert_false(r.full);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 1);
	owner_senders_free(&l);
}

static void
an_address_book_ends_where_the_lists_are_full(void **state)
{
	static char list[] = "a@far.test\nb@far.test\nc@far.test\n";
	struct owner o = owner_of_box("mairie");
	const struct dir_snapshot *dir;
	char key[KEY_SIZE];
	struct owner_import r;
	FILE *f = fmemopen(list, strlen(list), "r");

	(void)state;
	key_grants(key, D, "mairie");
	fill_hash(key, OWNER_GRANTS_MAX - 2);
	assert_int_equal(directory_read(world.store, NULL, &dir), 0);
	assert_int_equal(owner_import(&o, f, dir, &r), 0);
	(void)fclose(f);
	directory_put(dir);
	assert_int_equal(r.added, 2);
	assert_true(r.full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(senders_are_one_list),
		WITH(lists_have_a_bound),
		WITH(the_flag_stays_while_anybody_is_blocked),
		WITH(names_that_are_none),
		WITH(an_address_book_is_read),
		WITH(an_address_book_ends_where_the_lists_are_full),
	};

	return RUN_OWNER_TESTS("test_owner_senders", tests);
}
