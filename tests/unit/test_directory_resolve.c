/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and their final mailboxes. */
#include "tests/unit/directory_fixture.h"

static const char *const statutory[] = {"mairie", "contact", "dpo", NULL};

static const struct {
	const char *name, *rcpt;
	enum dir_resolve rc;
	const char *finals; /* in order */
	bool protected_path, aliased;
} resolve_cases[] = {
    {"mailbox", "bob@ville.test", DIR_FOUND, "bob@ville.test", false, false},
    {"case", "BoB@Ville.TEST", DIR_FOUND, "bob@ville.test", false, false},
    {"sub-address", "Bob+News+2@ville.test", DIR_FOUND, "bob@ville.test", false,
	false},
    {"quoted local part", "\"bob\"@ville.test", DIR_FOUND, "bob@ville.test",
	false, false},
    {"nothing but a tag", "+x@ville.test", DIR_UNKNOWN, "", false, false},
    {"suspended is found", "alice@ville.test", DIR_FOUND, "alice@ville.test",
	false, false},
    {"closed is found", "gone@ville.test", DIR_FOUND, "gone@ville.test", false,
	false},
    {"alias", "team@ville.test", DIR_FOUND, "bob@ville.test alice@ville.test",
	false, true},
    {"alias with a tag", "Team+y@ville.test", DIR_FOUND,
	"bob@ville.test alice@ville.test", false, true},
    {"group of groups, each once", "all@ville.test", DIR_FOUND,
	"bob@ville.test alice@ville.test contact@ville.test "
	"x@elsewhere.test",
	true, true},
    {"statutory alias", "mairie@ville.test", DIR_FOUND,
	"bob@ville.test alice@ville.test dpo@ville.test", true, true},
    {"statutory mailbox with a tag", "Contact+z@ville.test", DIR_FOUND,
	"contact@ville.test", true, false},
    {"statutory mailbox, lifted", "dpo@ville.test", DIR_FOUND, "dpo@ville.test",
	false, false},
    {"alias to a sub-address", "tagged@ville.test", DIR_FOUND, "bob@ville.test",
	false, true},
    {"external target as written", "out@ville.test", DIR_FOUND,
	"Some.One+tag@elsewhere.test", false, true},
    {"catch-all", "whoever@catch.test", DIR_FOUND, "bob@ville.test", false,
	true},
    {"catch-all of a statutory address", "mairie@catch.test", DIR_FOUND,
	"bob@ville.test", true, true},
    {"no catch-all for who exists", "real+t@catch.test", DIR_FOUND,
	"real@catch.test", false, false},
    {"alias into another domain's catch-all", "over@ville.test", DIR_FOUND,
	"bob@ville.test", false, true},
    {"unknown", "nobody@ville.test", DIR_UNKNOWN, "", false, false},
    {"alias to nobody", "old@ville.test", DIR_UNKNOWN, "", false, false},
    {"alias to nobody and somebody", "half@ville.test", DIR_FOUND,
	"bob@ville.test", false, true},
    {"alias to itself", "self@ville.test", DIR_LOOP, "", false, false},
    {"loop of two, through a tag, and somebody", "ping@ville.test", DIR_FOUND,
	"bob@ville.test", false, true},
    {"the other way round", "pong@ville.test", DIR_FOUND, "bob@ville.test",
	false, true},
    {"catch-all to itself", "x@ring.test", DIR_LOOP, "", false, false},
    {"ten levels", "l1@ville.test", DIR_FOUND, "bob@ville.test", false, true},
    {"eleven levels", "l0@ville.test", DIR_LOOP, "", false, false},
    {"foreign", "bob@elsewhere.test", DIR_NOT_OURS, "", false, false},
    {"no domain", "bob", DIR_NOT_OURS, "", false, false},
};

static void
join(const struct dir_finals *f, struct oct_str *out)
{
	oct_str_clear(out);
	for (size_t i = 0; i < f->count; i++)
		oct_str_addf(
		    out, "%s%s", i > 0 ? " " : "", f->finals[i].address);
}

static void
addresses_resolve_to_their_finals(void **state)
{
	struct oct_str text;

	(void)state;
	oct_str_heap(&text, 1 << 16);
	for (size_t i = 0; i < OCT_LEN(resolve_cases); i++) {
		struct oct_addr rcpt;
		struct dir_finals f;

		print_message("  %s\n", resolve_cases[i].name);
		assert_int_equal(
		    oct_addr_parse(resolve_cases[i].rcpt, &rcpt), 0);
		assert_int_equal(dir_resolve(fixture, &rcpt, statutory, &f),
		    resolve_cases[i].rc);
		join(&f, &text);
		assert_string_equal(
		    oct_str_text(&text), resolve_cases[i].finals);
		assert_int_equal(
		    f.protected_path, resolve_cases[i].protected_path);
		if (resolve_cases[i].rc == DIR_FOUND)
			assert_int_equal(f.aliased, resolve_cases[i].aliased);
		dir_finals_free(&f);
	}
	oct_str_free(&text);
}

static const struct dir_final *
final_named(const struct dir_finals *f, const char *address)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->finals[i].address, address) == 0)
			return &f->finals[i];
	fail_msg("no final %s", address);
	abort();
}

static void
protection_belongs_to_the_path_of_each_final(void **state)
{
	struct oct_addr rcpt;
	struct dir_finals f;

	(void)state;
	assert_int_equal(oct_addr_parse("all@ville.test", &rcpt), 0);
	assert_int_equal(dir_resolve(fixture, &rcpt, statutory, &f), DIR_FOUND);
	assert_false(final_named(&f, "bob@ville.test")->protected_path);
	assert_true(final_named(&f, "contact@ville.test")->protected_path);
	assert_null(final_named(&f, "x@elsewhere.test")->domain);
	assert_non_null(final_named(&f, "bob@ville.test")->mailbox);
	dir_finals_free(&f);

	/* Reached without protection first, then again by a statutory one. */
	assert_int_equal(oct_addr_parse("both@ville.test", &rcpt), 0);
	assert_int_equal(dir_resolve(fixture, &rcpt, statutory, &f), DIR_FOUND);
	assert_int_equal(f.count, 3);
	assert_true(final_named(&f, "bob@ville.test")->protected_path);
	assert_false(final_named(&f, "dpo@ville.test")->protected_path);
	dir_finals_free(&f);

	assert_int_equal(dir_resolve(fixture, &rcpt, NULL, &f), DIR_FOUND);
	assert_false(f.protected_path);
	dir_finals_free(&f);
}

static const struct {
	const char *name;
	int members, groups;
	enum dir_resolve rc;
	size_t count;
} group_cases[] = {
    {"500 in one group", 500, 1, DIR_FOUND, 500},
    {"500 in five groups", 100, 5, DIR_FOUND, 500},
    {"501 over three groups", 167, 3, DIR_LOOP, 0},
};

static void
groups_are_bounded_at_500_finals(void **state)
{
	struct oct_addr rcpt;

	(void)state;
	assert_int_equal(oct_addr_parse("top@g.test", &rcpt), 0);
	for (size_t i = 0; i < OCT_LEN(group_cases); i++) {
		char *json =
		    group_json(group_cases[i].members, group_cases[i].groups);
		struct dir_snapshot *s = parse(json);
		struct dir_finals f;

		print_message("  %s\n", group_cases[i].name);
		assert_int_equal(
		    dir_resolve(s, &rcpt, statutory, &f), group_cases[i].rc);
		assert_int_equal(f.count, group_cases[i].count);
		dir_finals_free(&f);
		directory_put(s);
		free(json);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_resolve_to_their_finals),
		cmocka_unit_test(protection_belongs_to_the_path_of_each_final),
		cmocka_unit_test(groups_are_bounded_at_500_finals),
	};

	return cmocka_run_group_tests_name("directory_resolve", tests, make_world,
	    drop_world);
}
