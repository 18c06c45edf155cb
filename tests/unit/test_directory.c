/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is looked up in the directory, and what follows from the life of an entry.
 */
#include "policy/directory_schema.h"
#include "tests/unit/directory_fixture.h"

/* --- Look-ups ------------------------------------------------------------ */

static void
attributes_are_read(void **state)
{
	const struct dir_domain *d = dir_domain(fixture, "ville.test");
	const struct quota_windows *rate;
	const struct dir_mailbox *m;

	(void)state;
	assert_non_null(d);
	assert_string_equal(d->tenant, "ville");
	assert_int_equal(d->thresholds.tag, 450);
	assert_int_equal(d->thresholds.hold, INT32_MIN);
	rate = quota_find_rule(d->limits.quotas, QUOTA_DOMAIN_MESSAGES_IN);
	assert_non_null(rate);
	assert_int_equal(rate->at[0].count, 100);
	assert_int_equal(rate->at[0].period_ms, 3600000);
	m = dir_mailbox(d, "bob");
	assert_non_null(m);
	assert_string_equal(m->name, "Bob \xc3\x89");
	assert_true(m->limits.storage_octets == 5LL << 30);
	assert_int_equal(m->thresholds.hold, -725);
	assert_int_equal(dir_mailbox(d, "gone")->state, DIR_CLOSED);
	assert_string_equal(
	    dir_domain(fixture, "catch.test")->transport, "lmtp:unix:/x");
}

static void
lookups_ignore_case_and_find_nothing_else(void **state)
{
	const struct dir_domain *d = dir_domain(fixture, "VILLE.Test");

	(void)state;
	assert_non_null(d);
	assert_non_null(dir_mailbox(d, "BOB"));
	assert_null(dir_mailbox(d, "bo"));
	assert_null(dir_mailbox(d, "bobb"));
	assert_null(dir_mailbox(d, ""));
	assert_null(dir_mailbox(d, "team"));
	assert_null(dir_alias(d, "bob"));
	assert_non_null(dir_alias(d, "Team"));
	assert_null(dir_domain(fixture, "test"));
	assert_null(dir_domain(fixture, ""));
	assert_null(dir_domain(fixture, "ville.testx"));
	assert_null(dir_mailbox(dir_domain(fixture, "ring.test"), "any"));
}

static void
listings_are_sorted(void **state)
{
	const struct dir_domain *d = dir_domain(fixture, "ville.test");

	(void)state;
	assert_int_equal(dir_domain_count(fixture), 3);
	assert_string_equal(dir_domain_at(fixture, 0)->name, "catch.test");
	assert_string_equal(dir_domain_at(fixture, 2)->name, "ville.test");
	assert_int_equal(d->mailbox_count, 5);
	assert_string_equal(dir_mailbox_at(d, 0)->local, "alice");
	assert_string_equal(dir_mailbox_at(d, 4)->local, "gone");
	assert_string_equal(dir_alias_at(d, 0)->local, "all");
}

static void
options_are_inherited(void **state)
{
	const struct dir_domain *d = dir_domain(fixture, "ville.test");
	const struct dir_domain *c = dir_domain(fixture, "catch.test");
	struct option_values platform, v;

	(void)state;
	options_standard(&platform);
	platform.v[OPTION_CHALLENGE] = OPTION_CHALLENGE_DOUBTFUL;
	dir_options(d, dir_mailbox(d, "bob"), &platform, &v);
	assert_int_equal(
	    v.v[OPTION_CHALLENGE], OPTION_CHALLENGE_FIRST_CONTACT);
	dir_options(d, dir_mailbox(d, "alice"), &platform, &v);
	assert_int_equal(v.v[OPTION_CHALLENGE], OPTION_CHALLENGE_OFF);
	dir_options(c, dir_mailbox(c, "real"), &platform, &v);
	assert_int_equal(v.v[OPTION_CHALLENGE], OPTION_CHALLENGE_DOUBTFUL);
	assert_int_equal(dir_lang_of(d, dir_mailbox(d, "alice")), DIR_LANG_EN);
	assert_int_equal(dir_lang_of(d, dir_mailbox(d, "bob")), DIR_LANG_FR);
	assert_int_equal(dir_lang_of(c, NULL), DIR_LANG_FR);
}

/* An owner may have less than what was sold, and nothing more. */
static void
owners_wish_for_gentler_modes(void **state)
{
	static const struct {
		const char *sold, *wish;
		enum option_challenge in_force, known;
	} rows[] = {
		{"first-contact", "yes", OPTION_CHALLENGE_DOUBTFUL,
		    OPTION_CHALLENGE_FIRST_CONTACT},
		{"first-contact", "no", OPTION_CHALLENGE_FIRST_CONTACT,
		    OPTION_CHALLENGE_FIRST_CONTACT},
		{"first-contact", "", OPTION_CHALLENGE_FIRST_CONTACT,
		    OPTION_CHALLENGE_FIRST_CONTACT},
		{"doubtful", "yes", OPTION_CHALLENGE_DOUBTFUL,
		    OPTION_CHALLENGE_DOUBTFUL},
		{"doubtful", "no", OPTION_CHALLENGE_DOUBTFUL,
		    OPTION_CHALLENGE_DOUBTFUL},
		{"off", "yes", OPTION_CHALLENGE_OFF, OPTION_CHALLENGE_OFF},
		{"simulate", "yes", OPTION_CHALLENGE_SIMULATE,
		    OPTION_CHALLENGE_SIMULATE},
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct option_values platform, v;
		const struct dir_domain *d;
		struct dir_snapshot *s;
		char json[256];

		(void)snprintf(json, sizeof(json),
		    "{\"name\":\"a.test\",\"challenge\":\"%s\",\"mailboxes\":"
		    "{\"bob\":{\"challenge_gentler\":\"%s\"}}}",
		    rows[i].sold, rows[i].wish);
		s = parse(json);
		d = dir_domain(s, "a.test");
		options_standard(&platform);
		dir_options(d, dir_mailbox(d, "bob"), &platform, &v);
		print_message("  %s, %s\n", rows[i].sold, rows[i].wish);
		assert_int_equal(v.v[OPTION_CHALLENGE], rows[i].in_force);
		assert_int_equal(dir_challenge_sold(d, dir_mailbox(d, "bob"),
				     &platform),
		    rows[i].known);
		directory_put(s);
	}
}

/* What one mailbox sets, with the domain's and the platform's. */
static void
options_are_kept_sparsely_in_order(void **state)
{
	static const char json[] =
	    "{\"name\":\"a.test\",\"t_hold\":\"5d\","
	    "\"challenge\":\"simulate\",\"asks\":\"inherit\","
	    "\"t_quiet\":null,\"mailboxes\":{\"bob\":{\"asks\":4,"
	    "\"unproven\":\"hold\",\"outbound_here\":true,"
	    "\"space_octets\":\"2G\",\"t_hold\":\"9d\"},"
	    "\"carol\":{\"asks\":\"-\"}}}";
	struct dir_snapshot *s = parse(json);
	const struct dir_domain *d = dir_domain(s, "a.test");
	const struct dir_mailbox *bob = dir_mailbox(d, "bob");
	struct option_values platform, v;

	(void)state;
	options_standard(&platform);
	assert_int_equal(d->options->count, 2);
	assert_int_equal(bob->options->count, 5);
	for (size_t i = 1; i < bob->options->count; i++)
		assert_true(bob->options->pairs[i - 1].option <
			    bob->options->pairs[i].option);
	assert_null(dir_mailbox(d, "carol")->options);
	dir_options(d, bob, &platform, &v);
	assert_int_equal(v.v[OPTION_CHALLENGE], OPTION_CHALLENGE_SIMULATE);
	assert_int_equal(v.v[OPTION_UNPROVEN], OPTION_UNPROVEN_HOLD);
	assert_int_equal(v.v[OPTION_ASKS], 4);
	assert_int_equal(v.v[OPTION_OUTBOUND], 1);
	assert_true(v.v[OPTION_HOLD] == 9 * 86400000LL);
	assert_true(v.v[OPTION_SPACE_OCTETS] == 2LL << 30);
	dir_options(d, NULL, &platform, &v);
	assert_true(v.v[OPTION_HOLD] == 5 * 86400000LL);
	assert_int_equal(v.v[OPTION_ASKS], 2);
	assert_int_equal(
	    dir_option_level(d, bob, OPTION_ASKS), DIR_LEVEL_MAILBOX);
	assert_int_equal(
	    dir_option_level(d, bob, OPTION_CHALLENGE), DIR_LEVEL_DOMAIN);
	assert_int_equal(
	    dir_option_level(d, bob, OPTION_QUIET), DIR_LEVEL_PLATFORM);
	directory_put(s);
}

static void
many_names_are_all_found(void **state)
{
	enum { COUNT = 3000 };
	struct oct_str json;
	struct dir_snapshot *s;
	const struct dir_domain *d;
	char local[32];

	(void)state;
	oct_str_heap(&json, 1 << 20);
	oct_str_add(&json, "{\"name\":\"big.test\",\"mailboxes\":{");
	for (int i = 0; i < COUNT; i++)
		oct_str_addf(&json, "%s\"u%d\":{}", i > 0 ? "," : "", i);
	oct_str_add(&json, "}}");
	s = parse(oct_str_text(&json));
	d = dir_domain(s, "big.test");
	assert_int_equal(d->mailbox_count, COUNT);
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(local, sizeof(local), "u%d", i);
		assert_non_null(dir_mailbox(d, local));
		assert_string_equal(dir_mailbox(d, local)->local, local);
	}
	assert_null(dir_mailbox(d, "u3000"));
	directory_put(s);
	oct_str_free(&json);
}

/* --- Life and groups ------------------------------------------------------ */

static const char lives[] =
    "[{\"name\":\"new.test\",\"state\":\"requested\",\"mailboxes\":{\"a\":{}}},"
    "{\"name\":\"soon.test\",\"state\":\"pending-dns\",\"tenant\":\"t\","
    "\"mailboxes\":{\"a\":{}}},"
    "{\"name\":\"last.test\",\"state\":\"closing\",\"closes\":\"2030-01-01\","
    "\"tenant\":\"t\",\"mailboxes\":{\"a\":{},\"b\":{}},\"aliases\":{"
    "\"gone\":{\"targets\":[\"a@last.test\"],\"state\":\"closed\"},"
    "\"any\":{\"targets\":[\"a@last.test\"],\"post\":\"anyone\"},"
    "\"own\":{\"targets\":[\"a@last.test\"],\"post\":\"domain\"},"
    "\"ours\":{\"targets\":[\"a@last.test\"],\"post\":\"tenant\"},"
    "\"few\":{\"targets\":[\"a@last.test\",\"m@else.test\"],"
    "\"post\":\"members\"},"
    "\"list\":{\"targets\":[\"a@last.test\"],\"post\":\"listed\","
    "\"posters\":\"p@else.test, b@last.test\"},"
    "\"free\":{\"targets\":[\"a@last.test\"]}},"
    "\"legacy\":{\"old@isp.test\":{\"mailbox\":\"a\",\"how\":\"forwarded\"}}},"
    "{\"name\":\"over.test\",\"state\":\"closed\",\"mailboxes\":{\"a\":{}}}]";

static void
what_is_served_follows_from_the_life(void **state)
{
	struct dir_snapshot *s = parse(lives);
	const struct dir_domain *d = dir_domain(s, "last.test");
	struct oct_str out;

	(void)state;
	assert_null(dir_domain(s, "new.test"));
	assert_non_null(dir_domain_any(s, "new.test"));
	assert_int_equal(dir_domain(s, "soon.test")->state, DIR_SUSPENDED);
	assert_int_equal(d->state, DIR_ACTIVE);
	assert_int_equal(dir_domain(s, "over.test")->state, DIR_CLOSED);
	assert_null(dir_alias(d, "gone"));
	assert_non_null(dir_alias_any(d, "gone"));
	assert_string_equal(
	    detail_get(dir_legacy(d, "old@isp.test")->details, DETAIL_MAILBOX),
	    "a");
	oct_str_heap(&out, 65536);
	dir_whole_json(d, &out);
	assert_non_null(strstr(oct_str_text(&out),
	    "\"legacy\":{\"old@isp.test\":{\"mailbox\":\"a\","));
	oct_str_free(&out);
	directory_put(s);
}

static const struct {
	const char *group, *sender;
	bool own, may;
} posts[] = {
    {"free", "x@else.test", false, true},
    {"any", "x@else.test", false, true},
    {"own", "b@last.test", true, true},
    {"own", "b@last.test", false, false}, /* anybody can write that */
    {"own", "a@soon.test", true, false},
    {"own", "x@else.test", false, false},
    {"ours", "a@soon.test", true, true},
    {"ours", "a@over.test", true, false},
    {"few", "a@last.test", true, true},
    {"few", "b@last.test", true, false},
    {"few", "M@else.test", false, true},
    {"few+x", "x@else.test", false, false},
    {"list", "p@else.test", false, true},
    {"list", "b@last.test", true, true},
    {"list", "a@last.test", true, false},
    {"list", "", false, false},
};

static void
a_group_takes_mail_from_those_who_may_write(void **state)
{
	struct dir_snapshot *s = parse(lives);

	(void)state;
	for (size_t i = 0; i < OCT_LEN(posts); i++) {
		struct oct_addr rcpt, sender;
		struct dir_finals finals;
		char text[64];

		(void)printf("  %s %s\n", posts[i].group, posts[i].sender);
		(void)snprintf(
		    text, sizeof(text), "%s@last.test", posts[i].group);
		assert_int_equal(oct_addr_parse(text, &rcpt), 0);
		memset(&sender, 0, sizeof(sender));
		if (*posts[i].sender != '\0')
			assert_int_equal(
			    oct_addr_parse(posts[i].sender, &sender), 0);
		assert_int_equal(
		    dir_resolve(s, &rcpt, NULL, &finals), DIR_FOUND);
		assert_int_equal(
		    dir_may_post(s, &rcpt, &finals, &sender, posts[i].own),
		    posts[i].may);
		dir_finals_free(&finals);
	}
	directory_put(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_served_follows_from_the_life),
		cmocka_unit_test(a_group_takes_mail_from_those_who_may_write),
		cmocka_unit_test(attributes_are_read),
		cmocka_unit_test(lookups_ignore_case_and_find_nothing_else),
		cmocka_unit_test(listings_are_sorted),
		cmocka_unit_test(options_are_inherited),
		cmocka_unit_test(owners_wish_for_gentler_modes),
		cmocka_unit_test(options_are_kept_sparsely_in_order),
		cmocka_unit_test(many_names_are_all_found),
	};

	return cmocka_run_group_tests_name("directory", tests, make_world,
	    drop_world);
}
