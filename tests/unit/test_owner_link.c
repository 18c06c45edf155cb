/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

#define HOUR 3600000LL
#define NOW (1795255200000LL)
#define D "ville.test"
#define ANNE "anne@perso.test"

static const struct oct_secret old = { .octets = { 1 } };
static const struct oct_secret new = { .octets = { 2 } };
static const struct oct_secret newest = { .octets = { 3 } };

static const char directory[] =
    "[{\"name\":\"autre.test\",\"mailboxes\":{\"mairie\":{}}},"
    "{\"name\":\"" D "\",\"mailboxes\":{\"mairie\":{\"owners\":"
    "\"" ANNE ", bob@" D "\"},\"bob\":{},\"parti\":{\"state\":\"closed\"}}},"
    "{\"name\":\"futur.test\",\"state\":\"requested\","
    "\"mailboxes\":{\"mairie\":{}}}]";

static const struct dir_snapshot *
snapshot(const char *json)
{
	struct dir_snapshot *s = NULL;

	assert_int_equal(dir_snapshot_parse(json, strlen(json), &s), 0);
	return s;
}

static void
make(const struct owner_link_keys *k, enum owner_link_kind kind,
    const char *domain, const char *local, const char *person,
    char out[OWNER_LINK_SIZE])
{
	struct owner_link_who who = { domain, local, person };

	assert_int_equal(owner_link_make(k, kind, &who, NOW, NOW + HOUR, out),
	    0);
}

static void
test_what_was_made_is_read(void **state)
{
	struct owner_link_keys keys;
	char text[OWNER_LINK_SIZE], url[OWNER_LINK_URL_SIZE];
	struct owner_link link;

	(void)state;
	owner_link_keys_init(&keys, &new, NULL);
	make(&keys, OWNER_LINK_ENTER, D, "mairie", ANNE, text);
	assert_int_equal(strlen(text), 80);
	assert_null(strstr(text, "mairie"));
	assert_int_equal(owner_link_read(&keys, OWNER_LINK_ENTER, text, NOW,
	    &link), 0);
	assert_int_equal(link.issued_ms, NOW);
	assert_int_equal(link.expires_ms, NOW + HOUR);
	assert_int_equal(owner_link_url("https://c.test/x/", link.kind, text,
	    url), 0);
	assert_memory_equal(url, "https://c.test/x/m/", 19);
	assert_string_equal(url + 19, text);
	assert_int_equal(owner_link_item_url("https://c.test", text, "abc",
	    OWNER_LINK_ACCEPT, url), 0);
	assert_string_equal(url + strlen(url) - 11, "/abc/accept");
	assert_memory_equal(url + 17, text, 80);
	owner_link_keys_fini(&keys);
}

static void
test_a_link_is_for_one_kind_and_one_site(void **state)
{
	struct owner_link_keys keys, other;
	char text[OWNER_LINK_SIZE];
	struct owner_link link = { .issued_ms = 7 };

	(void)state;
	owner_link_keys_init(&keys, &new, NULL);
	owner_link_keys_init(&other, &old, NULL);
	make(&keys, OWNER_LINK_SCHEDULE, D, "mairie", "", text);
	assert_int_equal(owner_link_read(&keys, OWNER_LINK_ENTER, text, NOW,
	    &link), OCT_EPARSE);
	assert_int_equal(owner_link_read(&other, OWNER_LINK_SCHEDULE, text,
	    NOW, &link), OCT_EAUTH);
	assert_int_equal(link.issued_ms, 7);
}

static void
test_acts_have_names(void **state)
{
	(void)state;
	for (int i = OWNER_LINK_SHOW; i <= OWNER_LINK_REFUSE; i++) {
		enum owner_link_act act = OWNER_LINK_SHOW;

		assert_int_equal(owner_link_act_parse(owner_link_act_name(
		    (enum owner_link_act)i), &act), 0);
		assert_int_equal(act, i);
	}
	assert_int_equal(owner_link_act_parse("drop-all",
	    &(enum owner_link_act){ 0 }), OCT_EPARSE);
}

/* Each character counts: no other text stands for it. */
static void
test_every_change_is_seen(void **state)
{
	struct owner_link_keys keys;
	char text[OWNER_LINK_SIZE];
	struct owner_link link;

	(void)state;
	owner_link_keys_init(&keys, &new, NULL);
	make(&keys, OWNER_LINK_ENTER, D, "mairie", NULL, text);
	for (size_t i = 0; i < OWNER_LINK_SIZE - 1; i++) {
		char was = text[i];

		text[i] = was == 'a' ? 'b' : 'a';
		assert_int_not_equal(owner_link_read(&keys, OWNER_LINK_ENTER,
		    text, NOW, &link), 0);
		text[i] = was;
	}
	assert_int_equal(owner_link_read(&keys, OWNER_LINK_ENTER, text, NOW,
	    &link), 0);
}

static void
test_times(void **state)
{
	static const struct {
		const char *name;
		int64_t at_ms;
		int rc;
	} rows[] = {
		{ "at once", NOW, 0 },
		{ "the last moment", NOW + HOUR - 1, 0 },
		{ "over", NOW + HOUR, OCT_ETIME },
		{ "long over", NOW + 999 * HOUR, OCT_ETIME },
		{ "a clock that is behind", NOW - HOUR, 0 },
	};
	struct owner_link_who who = { D, "mairie", "" };
	struct owner_link_keys keys;
	char text[OWNER_LINK_SIZE];
	struct owner_link link;

	(void)state;
	owner_link_keys_init(&keys, &new, NULL);
	make(&keys, OWNER_LINK_ENTER, D, "mairie", "", text);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(owner_link_read(&keys, OWNER_LINK_ENTER, text,
		    rows[i].at_ms, &link), rows[i].rc);
		assert_int_equal(link.expires_ms, NOW + HOUR);
	}
	assert_int_equal(owner_link_make(&keys, OWNER_LINK_ENTER, &who, -1,
	    NOW, text), -ERANGE);
	assert_int_equal(owner_link_make(&keys, OWNER_LINK_ENTER, &who, NOW,
	    INT64_MAX, text), -ERANGE);
}

static void
test_two_keys_live(void **state)
{
	struct owner_link_keys before, during, after;
	const struct dir_snapshot *s = snapshot(directory);
	char text[OWNER_LINK_SIZE];
	struct owner_link link;
	struct owner_of of;

	(void)state;
	owner_link_keys_init(&before, &old, NULL);
	owner_link_keys_init(&during, &new, &old);
	owner_link_keys_init(&after, &newest, &new);
	make(&before, OWNER_LINK_ENTER, D, "mairie", ANNE, text);
	assert_int_equal(owner_link_read(&during, OWNER_LINK_ENTER, text, NOW,
	    &link), 0);
	assert_true(owner_link_whose(&during, &link, s, &of));
	assert_string_equal(of.person, ANNE);
	assert_int_equal(owner_link_read(&after, OWNER_LINK_ENTER, text, NOW,
	    &link), OCT_EAUTH);
	directory_put(s);
}

static void
test_whose_it_is(void **state)
{
	static const struct {
		const char *name, *domain, *local, *person;
		bool found;
	} rows[] = {
		{ "the mailbox itself", D, "mairie", "", true },
		{ "one who shares it", D, "mairie", ANNE, true },
		{ "the last who shares it", D, "mairie", "bob@" D, true },
		{ "one who does not", D, "mairie", "eve@perso.test", false },
		{ "shared by nobody", D, "bob", ANNE, false },
		{ "the same name elsewhere", "autre.test", "mairie", "", true },
		{ "closed", D, "parti", "", false },
		{ "not there", D, "personne", "", false },
		{ "a domain that is not there", "nul.test", "a", "", false },
		{ "a domain not served yet", "futur.test", "mairie", "", false },
	};
	const struct dir_snapshot *s = snapshot(directory);
	struct owner_link_keys keys;
	char text[OWNER_LINK_SIZE];
	struct owner_link link;
	struct owner_of of;

	(void)state;
	owner_link_keys_init(&keys, &new, NULL);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		make(&keys, OWNER_LINK_ENTER, rows[i].domain, rows[i].local,
		    rows[i].person, text);
		assert_int_equal(owner_link_read(&keys, OWNER_LINK_ENTER, text,
		    NOW, &link), 0);
		assert_int_equal(owner_link_whose(&keys, &link, s, &of),
		    rows[i].found);
		if (!rows[i].found)
			continue;
		assert_string_equal(of.domain->name, rows[i].domain);
		assert_string_equal(of.mailbox->local, rows[i].local);
		assert_string_equal(of.person, rows[i].person);
	}
	directory_put(s);
}

/* A person who no longer shares it is let in no more, whatever he kept. */
static void
test_a_person_leaves(void **state)
{
	const struct dir_snapshot *s = snapshot("{\"name\":\"" D
	    "\",\"mailboxes\":{\"mairie\":{\"owners\":\"bob@" D "\"}}}");
	struct owner_link_keys keys;
	char text[OWNER_LINK_SIZE];
	struct owner_link link;
	struct owner_of of;

	(void)state;
	owner_link_keys_init(&keys, &new, NULL);
	make(&keys, OWNER_LINK_ENTER, D, "mairie", ANNE, text);
	assert_int_equal(owner_link_read(&keys, OWNER_LINK_ENTER, text, NOW,
	    &link), 0);
	assert_false(owner_link_whose(&keys, &link, s, &of));
	assert_true(owner_person_is(dir_mailbox(dir_domain(s, D), "mairie"),
	    "bob@" D));
	assert_false(owner_person_is(dir_mailbox(dir_domain(s, D), "mairie"),
	    ANNE));
	directory_put(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_made_is_read),
		cmocka_unit_test(test_a_link_is_for_one_kind_and_one_site),
		cmocka_unit_test(test_acts_have_names),
		cmocka_unit_test(test_every_change_is_seen),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_two_keys_live),
		cmocka_unit_test(test_whose_it_is),
		cmocka_unit_test(test_a_person_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
