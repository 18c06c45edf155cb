/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/directory.h"
#include "policy/directory_schema.h"

static const char world[] =
    "[{\"name\":\"ville.test\",\"tenant\":\"ville\",\"lang\":\"fr\","
    "\"challenge\":\"first-contact\",\"tag\":4.5,\"rate_in\":\"100/1h\","
    "\"mailboxes\":{"
    "\"bob\":{\"name\":\"Bob \\u00c9\",\"storage\":\"5G\",\"hold\":-7.25},"
    "\"alice\":{\"state\":\"suspended\",\"challenge\":\"off\","
    "\"lang\":\"en\"},"
    "\"contact\":{},\"dpo\":{\"unprotected\":true,"
    "\"unprotected_reason\":\"a form\"},"
    "\"gone\":{\"state\":\"closed\"}},"
    "\"aliases\":{"
    "\"team\":{\"targets\":[\"bob@ville.test\",\"alice@ville.test\"]},"
    "\"all\":{\"targets\":[\"team@ville.test\",\"Bob@VILLE.test\","
    "\"contact@ville.test\",\"x@elsewhere.test\"]},"
    "\"mairie\":{\"targets\":[\"team@ville.test\",\"dpo@ville.test\"]},"
    "\"both\":{\"targets\":[\"team@ville.test\",\"mairie@ville.test\"]},"
    "\"self\":{\"targets\":[\"self@ville.test\"]},"
    "\"ping\":{\"targets\":[\"bob@ville.test\",\"pong@ville.test\"]},"
    "\"pong\":{\"targets\":[\"ping+x@ville.test\"]},"
    "\"old\":{\"targets\":[\"nobody@ville.test\"]},"
    "\"half\":{\"targets\":[\"nobody@ville.test\",\"bob@ville.test\"]},"
    "\"out\":{\"targets\":[\"Some.One+tag@Elsewhere.test\"]},"
    "\"over\":{\"targets\":[\"info@catch.test\"]},"
    "\"tagged\":{\"targets\":[\"bob+list@ville.test\"]},"
    "\"l1\":{\"targets\":[\"l2@ville.test\"]},"
    "\"l2\":{\"targets\":[\"l3@ville.test\"]},"
    "\"l3\":{\"targets\":[\"l4@ville.test\"]},"
    "\"l4\":{\"targets\":[\"l5@ville.test\"]},"
    "\"l5\":{\"targets\":[\"l6@ville.test\"]},"
    "\"l6\":{\"targets\":[\"l7@ville.test\"]},"
    "\"l7\":{\"targets\":[\"l8@ville.test\"]},"
    "\"l8\":{\"targets\":[\"l9@ville.test\"]},"
    "\"l9\":{\"targets\":[\"l10@ville.test\"]},"
    "\"l10\":{\"targets\":[\"bob@ville.test\"]},"
    "\"l0\":{\"targets\":[\"l1@ville.test\"]}}},"
    "{\"name\":\"catch.test\",\"catch_all\":\"bob@ville.test\","
    "\"transport\":\"lmtp:unix:/x\",\"mailboxes\":{\"real\":{}}},"
    "{\"name\":\"ring.test\",\"dmarc\":\"observe\","
    "\"catch_all\":\"any@ring.test\"}]";

static const char *const statutory[] = {"mairie", "contact", "dpo", NULL};

static struct dir_snapshot *
parse(const char *json)
{
	struct dir_snapshot *s = NULL;

	assert_int_equal(dir_snapshot_parse(json, strlen(json), &s), 0);
	return s;
}

static struct dir_snapshot *fixture; /* built once, read by the tests */

static int
make_world(void **state)
{
	(void)state;
	fixture = parse(world);
	return 0;
}

static int
drop_world(void **state)
{
	(void)state;
	directory_put(fixture);
	return 0;
}

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

/* --- Resolving ----------------------------------------------------------- */

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

static char *
group_json(int members, int groups)
{
	struct oct_str json;
	char *text;

	oct_str_heap(&json, 1 << 20);
	oct_str_add(&json, "{\"name\":\"g.test\",\"aliases\":{");
	for (int g = 0; g < groups; g++) {
		oct_str_addf(
		    &json, "%s\"g%d\":{\"targets\":[", g > 0 ? "," : "", g);
		for (int i = 0; i < members; i++)
			oct_str_addf(&json, "%s\"m%d@far.test\"",
			    i > 0 ? "," : "", g * members + i);
		oct_str_add(&json, "]}");
	}
	oct_str_add(&json, ",\"top\":{\"targets\":[");
	for (int g = 0; g < groups; g++)
		oct_str_addf(&json, "%s\"g%d@g.test\"", g > 0 ? "," : "", g);
	oct_str_add(&json, "]}}}");
	text = oct_str_take(&json);
	oct_str_free(&json);
	assert_non_null(text);
	return text;
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

/* --- Parsing ------------------------------------------------------------- */

static const struct {
	const char *name, *json;
} bad[] = {
    {"no JSON", "name"},
    {"empty", ""},
    {"no object", "3"},
    {"no name", "{}"},
    {"name no text", "{\"name\":3}"},
    {"name no domain", "{\"name\":\"a b\"}"},
    {"domain twice", "[{\"name\":\"a.test\"},{\"name\":\"A.test\"}]"},
    {"member twice", "{\"name\":\"a.test\",\"lang\":\"fr\","
		     "\"lang\":\"en\"}"},
    {"unknown attribute", "{\"name\":\"a.test\",\"colour\":\"red\"}"},
    {"mailbox attribute on a domain",
	"{\"name\":\"a.test\",\"rate_out\":\"1/1h\"}"},
    {"option no word", "{\"name\":\"a.test\",\"unproven\":\"maybe\"}"},
    {"option under its bound", "{\"name\":\"a.test\",\"t_hold\":\"2d\"}"},
    {"option over its bound", "{\"name\":\"a.test\",\"t_hold\":\"31d\"}"},
    {"option without unit", "{\"name\":\"a.test\",\"t_hold\":5}"},
    {"count over its bound", "{\"name\":\"a.test\",\"asks\":11}"},
    {"option of an alias", "{\"name\":\"a.test\",\"aliases\":{\"b\":"
			   "{\"targets\":[\"x@y.test\"],\"asks\":2}}}"},
    {"protected local part in capitals",
	"{\"name\":\"a.test\",\"statutory\":[\"Maire\"]}"},
    {"protected local parts no list",
	"{\"name\":\"a.test\",\"statutory\":\"maire\"}"},
    {"state", "{\"name\":\"a.test\",\"state\":\"open\"}"},
    {"state in capitals", "{\"name\":\"a.test\",\"state\":\"Active\"}"},
    {"state null", "{\"name\":\"a.test\",\"state\":null}"},
    {"challenge", "{\"name\":\"a.test\",\"challenge\":true}"},
    {"lang", "{\"name\":\"a.test\",\"lang\":\"de\"}"},
    {"dmarc", "{\"name\":\"a.test\",\"dmarc\":\"reject\"}"},
    {"bool as text", "{\"name\":\"a.test\",\"own_refuse\":\"yes\"}"},
    {"tenant with a space", "{\"name\":\"a.test\",\"tenant\":\"a b\"}"},
    {"transport without colon", "{\"name\":\"a.test\",\"transport\":\"lmtp\"}"},
    {"transport with a space",
	"{\"name\":\"a.test\",\"transport\":\"lmtp:a b\"}"},
    {"transport with a line end",
	"{\"name\":\"a.test\",\"transport\":\"lmtp:a\\n\"}"},
    {"catch-all without domain", "{\"name\":\"a.test\",\"catch_all\":\"bob\"}"},
    {"rate without period", "{\"name\":\"a.test\",\"rate_in\":\"5\"}"},
    {"rate zero", "{\"name\":\"a.test\",\"rate_in\":\"0/1h\"}"},
    {"rate period zero", "{\"name\":\"a.test\",\"rate_in\":\"5/0\"}"},
    {"rate count of 20 digits",
	"{\"name\":\"a.test\",\"rate_in\":\"12345678901234567890/1h\"}"},
    {"storage number", "{\"name\":\"a.test\",\"storage\":5}"},
    {"storage negative", "{\"name\":\"a.test\",\"storage\":\"-5G\"}"},
    {"score as text", "{\"name\":\"a.test\",\"tag\":\"5\"}"},
    {"score of three decimals", "{\"name\":\"a.test\",\"tag\":5.125}"},
    {"score too high", "{\"name\":\"a.test\",\"tag\":1000.01}"},
    {"mailboxes no object", "{\"name\":\"a.test\",\"mailboxes\":[]}"},
    {"mailbox no object", "{\"name\":\"a.test\",\"mailboxes\":{\"b\":1}}"},
    {"mailbox name in capitals",
	"{\"name\":\"a.test\",\"mailboxes\":{\"Bob\":{}}}"},
    {"mailbox name with a tag",
	"{\"name\":\"a.test\",\"mailboxes\":{\"b+c\":{}}}"},
    {"display name with a line end",
	"{\"name\":\"a.test\",\"mailboxes\":{\"b\":{\"name\":\"a\\n\"}}}"},
    {"alias without targets", "{\"name\":\"a.test\",\"aliases\":{\"b\":{}}}"},
    {"alias with no targets",
	"{\"name\":\"a.test\",\"aliases\":{\"b\":{\"targets\":[]}}}"},
    {"alias target without domain",
	"{\"name\":\"a.test\",\"aliases\":{\"b\":{\"targets\":[\"x\"]}}}"},
    {"alias target with a literal",
	"{\"name\":\"a.test\",\"aliases\":{\"b\":{\"targets\":"
	"[\"x@[192.0.2.1]\"]}}}"},
    {"alias target no text",
	"{\"name\":\"a.test\",\"aliases\":{\"b\":{\"targets\":[1]}}}"},
    {"mailbox and alias of one name",
	"{\"name\":\"a.test\",\"mailboxes\":{\"b\":{}},"
	"\"aliases\":{\"b\":{\"targets\":[\"x@y.test\"]}}}"},
};

static void
what_is_wrong_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad); i++) {
		struct dir_snapshot *s = NULL;
		int rc;

		print_message("  %s\n", bad[i].name);
		rc = dir_snapshot_parse(bad[i].json, strlen(bad[i].json), &s);
		assert_true(rc == OCT_EPARSE || rc == -EEXIST);
		assert_null(s);
	}
}

static void
alias_of_501_targets_is_refused(void **state)
{
	char *json = group_json(501, 1);
	struct dir_snapshot *s = NULL;

	(void)state;
	assert_int_equal(
	    dir_snapshot_parse(json, strlen(json), &s), OCT_EPARSE);
	free(json);
}

static void
what_is_written_reads_back_the_same(void **state)
{
	struct oct_str first, second;

	(void)state;
	oct_str_heap(&first, 1 << 20);
	oct_str_heap(&second, 1 << 20);
	for (size_t i = 0; i < dir_domain_count(fixture); i++) {
		struct dir_snapshot *s;

		oct_str_clear(&first);
		oct_str_clear(&second);
		dir_whole_json(dir_domain_at(fixture, i), &first);
		s = parse(oct_str_text(&first));
		dir_whole_json(dir_domain_at(s, 0), &second);
		assert_string_equal(
		    oct_str_text(&first), oct_str_text(&second));
		directory_put(s);
	}
	oct_str_free(&first);
	oct_str_free(&second);
}

static void
entries_are_shown_with_all_attributes(void **state)
{
	const struct dir_domain *d = dir_domain(fixture, "ville.test");
	struct dir_attribute a;
	struct oct_str out;

	(void)state;
	oct_str_heap(&out, 4096);
	dir_mailbox_json(dir_mailbox(d, "bob"), true, &out);
	assert_string_equal(oct_str_text(&out),
	    "{\"name\":\"Bob \xc3\x89\",\"state\":\"active\","
	    "\"lang\":\"inherit\","
	    "\"has_blocks\":false,\"unprotected\":false,"
	    "\"unprotected_reason\":\"\",\"sending\":\"active\","
	    "\"sending_reason\":\"\","
	    "\"storage\":\"5G\",\"tag\":null,\"hold\":-7.25,"
	    "\"reject\":null,\"weights\":\"\","
	    "\"credential\":\"\",\"role\":\"\","
	    "\"challenge_from\":\"\",\"challenge_until\":\"\","
	    "\"forward\":\"\",\"keep_copy\":\"\",\"owners\":\"\","
	    "\"no_digest\":\"\","
	    "\"closes\":\"\","
	    "\"closed\":\"\",\"challenge\":\"inherit\","
	    "\"first_contact\":\"inherit\",\"unproven\":\"inherit\","
	    "\"automatic\":\"inherit\",\"proof\":\"inherit\","
	    "\"outbound_here\":\"inherit\",\"t_hold\":\"inherit\","
	    "\"t_hold_silent\":\"inherit\",\"t_quiet\":\"inherit\","
	    "\"t_allow\":\"inherit\",\"t_allow_sent\":\"inherit\","
	    "\"t_forget\":\"inherit\",\"t_defer\":\"inherit\","
	    "\"t_button\":\"inherit\",\"t_pass\":\"inherit\","
	    "\"asks\":\"inherit\",\"pass_messages\":\"inherit\","
	    "\"cap_mailbox\":\"inherit\",\"share_mailbox\":\"inherit\","
	    "\"cap_domain\":\"inherit\","
	    "\"relation_messages\":\"inherit\","
	    "\"relation_octets\":\"inherit\","
	    "\"space_messages\":\"inherit\","
	    "\"space_octets\":\"inherit\","
	    "\"past_messages_in\":\"inherit\","
	    "\"past_recipients_in\":\"inherit\","
	    "\"past_volume_in\":\"inherit\","
	    "\"past_messages_out\":\"inherit\","
	    "\"past_recipients_out\":\"inherit\","
	    "\"past_volume_out\":\"inherit\","
	    "\"max_recipients_in\":\"inherit\","
	    "\"max_recipients_out\":\"inherit\","
	    "\"max_size_in\":\"inherit\",\"max_size_out\":\"inherit\","
	    "\"storage_grace\":\"inherit\",\"digest\":\"inherit\","
	    "\"rate_messages_in\":\"inherit\","
	    "\"rate_recipients_in\":\"inherit\","
	    "\"rate_volume_in\":\"inherit\","
	    "\"rate_messages_out\":\"inherit\","
	    "\"rate_recipients_out\":\"inherit\","
	    "\"rate_volume_out\":\"inherit\"}");
	oct_str_clear(&out);
	dir_domain_json(dir_domain(fixture, "ring.test"), false, &out);
	assert_string_equal(oct_str_text(&out),
	    "{\"catch_all\":\"any@ring.test\",\"dmarc\":\"observe\"}");
	oct_str_clear(&out);
	dir_mailbox_json(dir_mailbox(d, "contact"), false, &out);
	assert_string_equal(oct_str_text(&out), "{}");
	oct_str_clear(&out);
	dir_alias_json(dir_alias(d, "out"), &out);
	assert_string_equal(oct_str_text(&out),
	    "{\"targets\":[\"Some.One+tag@elsewhere.test\"]}");
	oct_str_clear(&out);
	assert_true(dir_attribute(DIR_KIND_ALIAS, "targets", &a));
	dir_attribute_text(&a, dir_alias(d, "team"), &out);
	assert_string_equal(
	    oct_str_text(&out), "bob@ville.test, alice@ville.test");
	oct_str_free(&out);
}

/* --- The schema ---------------------------------------------------------- */

static const struct {
	enum dir_kind kind;
	const char *attribute, *text, *json; /* NULL: refused */
} typed[] = {
    {DIR_KIND_MAILBOX, "name", "Ren\"e\\", "\"Ren\\\"e\\\\\""},
    {DIR_KIND_MAILBOX, "name", "a\tb", "\"a\\u0009b\""},
    {DIR_KIND_MAILBOX, "storage", "5G", "\"5G\""},
    {DIR_KIND_MAILBOX, "unprotected", "yes", "true"},
    {DIR_KIND_MAILBOX, "unprotected", "false", "false"},
    {DIR_KIND_MAILBOX, "unprotected", "1", NULL},
    {DIR_KIND_MAILBOX, "t_hold", "5d", "\"5d\""},
    {DIR_KIND_MAILBOX, "t_hold", "inherit", "\"inherit\""},
    {DIR_KIND_MAILBOX, "t_hold", "-", "\"inherit\""},
    {DIR_KIND_MAILBOX, "t_hold", "1d", NULL},
    {DIR_KIND_TENANT, "challenge", "doubtful", "\"doubtful\""},
    {DIR_KIND_TENANT, "statutory", "maire, cabinet",
	"[\"maire\",\"cabinet\"]"},
    {DIR_KIND_DOMAIN, "asks", "3", "\"3\""},
    {DIR_KIND_DOMAIN, "tag", "4.5", "4.5"},
    {DIR_KIND_DOMAIN, "tag", "-0.25", "-0.25"},
    {DIR_KIND_DOMAIN, "tag", "-", "null"},
    {DIR_KIND_DOMAIN, "tag", "", "null"},
    {DIR_KIND_DOMAIN, "tag", "nan", NULL},
    {DIR_KIND_DOMAIN, "tag", "0x10", NULL},
    {DIR_KIND_DOMAIN, "tag", "05", NULL},
    {DIR_KIND_DOMAIN, "tag", "5.", NULL},
    {DIR_KIND_DOMAIN, "tag", "1e3", NULL},
    {DIR_KIND_ALIAS, "targets", "a@b.c", "[\"a@b.c\"]"},
    {DIR_KIND_ALIAS, "targets", " a@b.c , \"x,y\"@d.e",
	"[\"a@b.c\",\"\\\"x,y\\\"@d.e\"]"},
    {DIR_KIND_ALIAS, "targets", "a@b.c,,d@e.f", "[\"a@b.c\",\"\",\"d@e.f\"]"},
    {DIR_KIND_ALIAS, "targets", "", "[]"},
};

static void
typed_values_become_json(void **state)
{
	struct oct_str out;

	(void)state;
	oct_str_heap(&out, 4096);
	for (size_t i = 0; i < OCT_LEN(typed); i++) {
		struct dir_attribute a;

		assert_true(
		    dir_attribute(typed[i].kind, typed[i].attribute, &a));
		print_message("  %s=%s\n", typed[i].attribute, typed[i].text);
		oct_str_clear(&out);
		assert_int_equal(dir_attribute_json(&a, typed[i].text, &out),
		    typed[i].json != NULL ? 0 : OCT_EPARSE);
		if (typed[i].json != NULL)
			assert_string_equal(oct_str_text(&out), typed[i].json);
	}
	oct_str_free(&out);
}

static const struct {
	const char *local;
	int rc;
} locals[] = {
    {"a", 0},
    {"jean.dupont-2_x", 0},
    {"ren\xc3\xa9", 0},
    {"1234567890123456789012345678901234567890123456789012345678901234", 0},
    {"12345678901234567890123456789012345678901234567890123456789012345",
	OCT_EPARSE},
    {"", OCT_EPARSE},
    {"a+b", OCT_EPARSE},
    {"a@b", OCT_EPARSE},
    {"a/b", OCT_EPARSE},
    {"a b", OCT_EPARSE},
    {"a\tb", OCT_EPARSE},
    {"a\x7f", OCT_EPARSE},
    {"a\"b", OCT_EPARSE},
    {"a'b", OCT_EPARSE},
    {"a\\b", OCT_EPARSE},
    {"a,b", OCT_EPARSE},
    {"Bob", OCT_EPARSE},
    {".a", OCT_EPARSE},
    {"a.", OCT_EPARSE},
    {"a..b", OCT_EPARSE},
};

static void
local_parts_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(locals); i++) {
		char problem[256] = "";

		print_message("  \"%s\"\n", locals[i].local);
		assert_int_equal(
		    dir_local_check(locals[i].local, problem), locals[i].rc);
		assert_int_equal(problem[0] == '\0', locals[i].rc == 0);
	}
}

static void
every_attribute_is_documented(void **state)
{
	static const enum dir_kind kinds[] = {DIR_KIND_DOMAIN,
	    DIR_KIND_MAILBOX, DIR_KIND_ALIAS, DIR_KIND_TENANT};
	struct dir_attribute found;

	(void)state;
	for (size_t k = 0; k < OCT_LEN(kinds); k++) {
		size_t count = dir_attribute_count(kinds[k]);

		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			char expected[DIR_EXPECTED_SIZE];
			struct dir_attribute a;

			dir_attribute_at(kinds[k], i, &a);
			assert_true(strlen(a.help) > 0);
			assert_true(
			    strlen(dir_attribute_expected(&a, expected)) > 0);
			/* No option is hidden by an attribute of its name. */
			assert_true(dir_attribute(kinds[k], a.name, &found));
			assert_int_equal(found.type, a.type);
			assert_int_equal(found.option, a.option);
			assert_int_equal(found.offset, a.offset);
		}
	}
	assert_false(dir_attribute(DIR_KIND_ALIAS, "name", &found));
	assert_false(dir_attribute(DIR_KIND_ALIAS, "t_hold", &found));
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
	    cmocka_unit_test(options_are_kept_sparsely_in_order),
	    cmocka_unit_test(many_names_are_all_found),
	    cmocka_unit_test(addresses_resolve_to_their_finals),
	    cmocka_unit_test(protection_belongs_to_the_path_of_each_final),
	    cmocka_unit_test(groups_are_bounded_at_500_finals),
	    cmocka_unit_test(what_is_wrong_is_refused),
	    cmocka_unit_test(alias_of_501_targets_is_refused),
	    cmocka_unit_test(what_is_written_reads_back_the_same),
	    cmocka_unit_test(entries_are_shown_with_all_attributes),
	    cmocka_unit_test(typed_values_become_json),
	    cmocka_unit_test(local_parts_are_checked),
	    cmocka_unit_test(every_attribute_is_documented),
	};

	return cmocka_run_group_tests_name(
	    "directory", tests, make_world, drop_world);
}
