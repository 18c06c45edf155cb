/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the directory as JSON and as what people type. */
#include "policy/directory_schema.h"
#include "tests/unit/directory_fixture.h"

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
	    "\"no_digest\":\"\",\"challenge_gentler\":\"\","
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
	    "\"t_settle\":\"inherit\",\"t_fresh\":\"inherit\","
	    "\"t_hold_virus\":\"inherit\","
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
	dir_entry_json(DIR_KIND_DOMAIN, dir_domain(fixture, "ring.test"), false,
	    &out);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(alias_of_501_targets_is_refused),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(entries_are_shown_with_all_attributes),
		cmocka_unit_test(typed_values_become_json),
		cmocka_unit_test(local_parts_are_checked),
		cmocka_unit_test(every_attribute_is_documented),
	};

	return cmocka_run_group_tests_name("directory_parse", tests, make_world,
	    drop_world);
}
