/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/directory.h"
#include "provisioning/socketmap.h"

static const char world[] =
    "[{\"name\":\"ville.test\",\"mailboxes\":{\"bob\":{},"
    "\"alice\":{\"state\":\"suspended\"},\"gone\":{\"state\":\"closed\"}},"
    "\"aliases\":{"
    "\"team\":{\"targets\":[\"bob@ville.test\",\"alice@ville.test\"]},"
    "\"deep\":{\"targets\":[\"team@ville.test\",\"\\\"x,y\\\"@far.test\"]},"
    "\"mixed\":{\"targets\":[\"gone@ville.test\",\"nobody@ville.test\","
    "\"bob@ville.test\"]},"
    "\"dead\":{\"targets\":[\"gone@ville.test\"]},"
    "\"beside\":{\"targets\":[\"loop@ville.test\",\"bob@ville.test\"]},"
    "\"dangling\":{\"targets\":[\"nobody@ville.test\"]},"
    "\"loop\":{\"targets\":[\"loop@ville.test\"]}}},"
    "{\"name\":\"catch.test\",\"catch_all\":\"bob@ville.test\","
    "\"transport\":\"smtp:[relay.test]:2525\",\"mailboxes\":{\"real\":{}}},"
    "{\"name\":\"wait.test\",\"state\":\"suspended\","
    "\"mailboxes\":{\"u\":{}}},"
    "{\"name\":\"shut.test\",\"state\":\"closed\",\"transport\":\"lmtp:x\","
    "\"catch_all\":\"bob@ville.test\",\"mailboxes\":{\"u\":{}}},"
    "{\"name\":\"forward.test\",\"mailboxes\":{"
    "\"both\":{\"forward\":\"a@far.test, b@far.test\"},"
    "\"away\":{\"forward\":\"a@far.test\",\"keep_copy\":\"no\"},"
    "\"self\":{\"forward\":\"self@forward.test\",\"keep_copy\":\"no\"},"
    "\"lost\":{\"forward\":\"nobody@ville.test, gone@ville.test, "
    "loop@ville.test\",\"keep_copy\":\"no\"},"
    "\"half\":{\"forward\":\"gone@ville.test, team@ville.test\","
    "\"keep_copy\":\"no\"},"
    "\"shut\":{\"forward\":\"a@far.test\",\"state\":\"closed\"}},"
    "\"aliases\":{\"all\":{\"targets\":[\"both@forward.test\"]},"
    "\"old\":{\"targets\":[\"both@forward.test\"],\"state\":\"closed\"}}},"
    "{\"name\":\"round.test\",\"mailboxes\":{"
    "\"k1\":{\"forward\":\"k2@round.test\"},"
    "\"k2\":{\"forward\":\"k1@round.test\"},"
    "\"n1\":{\"forward\":\"n2@round.test\",\"keep_copy\":\"no\"},"
    "\"n2\":{\"forward\":\"n1@round.test\",\"keep_copy\":\"no\"},"
    "\"m1\":{\"forward\":\"m2@round.test\",\"keep_copy\":\"no\"},"
    "\"m2\":{\"forward\":\"m1@round.test\"},"
    "\"o1\":{\"forward\":\"o2@round.test, a@far.test\","
    "\"keep_copy\":\"no\"},"
    "\"o2\":{\"forward\":\"o1@round.test\",\"keep_copy\":\"no\"},"
    "\"p1\":{\"forward\":\"p2@round.test, a@far.test\","
    "\"keep_copy\":\"no\"},"
    "\"p2\":{\"forward\":\"gone@ville.test\",\"keep_copy\":\"no\"},"
    "\"q1\":{\"forward\":\"q@round.test\",\"keep_copy\":\"no\"},"
    "\"r\":{}},\"aliases\":{"
    "\"ns\":{\"targets\":[\"n1@round.test\",\"n2@round.test\"]},"
    "\"q\":{\"targets\":[\"q1@round.test\",\"r@round.test\"]}}},"
    "{\"name\":\"asked.test\",\"state\":\"study\",\"mailboxes\":{\"u\":{}}},"
    "{\"name\":\"xn--mairie--eya.test\"}]";

static struct dir_snapshot *fixture; /* built once, read by the tests */
static const struct socketmap_site site = {"lmtp:unix:/d", "srs.test",
    "srs:[127.0.0.1]:10028", {"challenge.test", "mx.test"}};
static const struct socketmap_site bare = {"", "", "", {"", ""}};

static int
make_world(void **state)
{
	(void)state;
	return dir_snapshot_parse(world, strlen(world), &fixture);
}

static int
drop_world(void **state)
{
	(void)state;
	directory_put(fixture);
	return 0;
}

static const struct {
	const char *name, *map, *key;
	enum socketmap_status status;
	const char *value;
} cases[] = {
    {"login", "slogin", "bob@ville.test", SOCKETMAP_OK, "bob@ville.test"},
    {"login, case and plus", "slogin", "Bob+x@Ville.test", SOCKETMAP_OK,
	"bob@ville.test"},
    {"login of an alias", "slogin", "team@ville.test", SOCKETMAP_OK,
	"bob@ville.test,alice@ville.test"},
    {"nobody outside logs in", "slogin", "deep@ville.test", SOCKETMAP_OK,
	"bob@ville.test,alice@ville.test"},
    {"nor who is closed", "slogin", "gone@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"unknown sender", "slogin", "nobody@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"sender of a catch-all", "slogin", "any@catch.test", SOCKETMAP_NOTFOUND,
	""},
    {"foreign sender", "slogin", "bob@far.test", SOCKETMAP_NOTFOUND, ""},
    {"loop", "slogin", "loop@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"hosted", "vdomains", "ville.test", SOCKETMAP_OK, "ville.test"},
    {"hosted, case", "vdomains", "Ville.TEST", SOCKETMAP_OK, "ville.test"},
    {"suspended domain", "vdomains", "wait.test", SOCKETMAP_OK, "wait.test"},
    {"closed domain", "vdomains", "shut.test", SOCKETMAP_NOTFOUND, ""},
    {"foreign", "vdomains", "far.test", SOCKETMAP_NOTFOUND, ""},
    {"parent", "vdomains", "test", SOCKETMAP_NOTFOUND, ""},
    {"child", "vdomains", "a.ville.test", SOCKETMAP_NOTFOUND, ""},
    {"empty", "vdomains", "", SOCKETMAP_NOTFOUND, ""},
    {"no domain name", "vdomains", "a b", SOCKETMAP_NOTFOUND, ""},
    {"literal", "vdomains", "[192.0.2.1]", SOCKETMAP_NOTFOUND, ""},
    {"star", "vdomains", "*", SOCKETMAP_NOTFOUND, ""},

    {"mailbox", "vmailbox", "bob@ville.test", SOCKETMAP_OK, "ville.test/bob/"},
    {"mailbox, case", "vmailbox", "BOB@Ville.Test", SOCKETMAP_OK,
	"ville.test/bob/"},
    {"mailbox, tag", "vmailbox", "Bob+a+b@ville.test", SOCKETMAP_OK,
	"ville.test/bob/"},
    {"mailbox, quoted", "vmailbox", "\"bob\"@ville.test", SOCKETMAP_OK,
	"ville.test/bob/"},
    {"suspended mailbox", "vmailbox", "alice@ville.test", SOCKETMAP_OK,
	"ville.test/alice/"},
    {"mailbox of a suspended domain", "vmailbox", "u@wait.test", SOCKETMAP_OK,
	"wait.test/u/"},
    {"closed mailbox", "vmailbox", "gone@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"mailbox of a closed domain", "vmailbox", "u@shut.test",
	SOCKETMAP_NOTFOUND, ""},
    {"alias is no mailbox", "vmailbox", "team@ville.test", SOCKETMAP_NOTFOUND,
	""},
    {"catch-all is no mailbox", "vmailbox", "x@catch.test", SOCKETMAP_NOTFOUND,
	""},
    {"unknown", "vmailbox", "nobody@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"quoted with a space", "vmailbox", "\"u 1\"@ville.test",
	SOCKETMAP_NOTFOUND, ""},
    {"the same unquoted", "vmailbox", "u 1@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"no domain", "vmailbox", "bob", SOCKETMAP_NOTFOUND, ""},
    {"bare domain", "vmailbox", "ville.test", SOCKETMAP_NOTFOUND, ""},
    {"at and domain", "vmailbox", "@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"only a tag", "vmailbox", "+x@ville.test", SOCKETMAP_NOTFOUND, ""},

    {"alias", "valias", "Team@ville.test", SOCKETMAP_OK,
	"bob@ville.test,alice@ville.test"},
    {"alias, tag", "valias", "team+z@ville.test", SOCKETMAP_OK,
	"bob@ville.test,alice@ville.test"},
    {"alias of alias and quoted external", "valias", "deep@ville.test",
	SOCKETMAP_OK, "bob@ville.test,alice@ville.test,\"x,y\"@far.test"},
    {"closed and dangling targets left out", "valias", "mixed@ville.test",
	SOCKETMAP_OK, "bob@ville.test"},
    {"all targets closed", "valias", "dead@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"all targets dangling", "valias", "dangling@ville.test",
	SOCKETMAP_NOTFOUND, ""},
    {"a loop among others", "valias", "beside@ville.test", SOCKETMAP_OK,
	"bob@ville.test"},
    {"loop", "valias", "loop@ville.test", SOCKETMAP_TEMP,
	"alias loop, or more than 500 targets or 10 levels"},
    {"mailbox is no alias", "valias", "bob@ville.test", SOCKETMAP_NOTFOUND, ""},
    {"mailbox with a tag neither", "valias", "bob+x@ville.test",
	SOCKETMAP_NOTFOUND, ""},
    {"catch-all", "valias", "any.body@catch.test", SOCKETMAP_OK,
	"bob@ville.test"},
    {"catch-all, quoted", "valias", "\"u 1\"@catch.test", SOCKETMAP_OK,
	"bob@ville.test"},
    {"mailbox before catch-all", "valias", "real@catch.test",
	SOCKETMAP_NOTFOUND, ""},
    {"catch-all of a closed domain", "valias", "x@shut.test",
	SOCKETMAP_NOTFOUND, ""},
    {"bare domain", "valias", "catch.test", SOCKETMAP_NOTFOUND, ""},
    {"foreign", "valias", "bob@far.test", SOCKETMAP_NOTFOUND, ""},

    {"forwarded", "valias", "Both+x@forward.test", SOCKETMAP_OK,
	"Both+x@forward.test,a@far.test,b@far.test"},
    {"forwarded without a copy", "valias", "away@forward.test", SOCKETMAP_OK,
	"a@far.test"},
    {"forwarded to itself", "valias", "self@forward.test", SOCKETMAP_NOTFOUND,
	""},
    {"forwarded to nobody", "valias", "lost@forward.test",
	SOCKETMAP_NOTFOUND, ""},
    {"forwarded to some", "valias", "half@forward.test", SOCKETMAP_OK,
	"bob@ville.test,alice@ville.test"},
    {"forwarded, and closed", "valias", "shut@forward.test",
	SOCKETMAP_NOTFOUND, ""},
    {"alias of a forwarded one", "valias", "all@forward.test", SOCKETMAP_OK,
	"both@forward.test,a@far.test,b@far.test"},
    {"to each other, with copies", "valias", "k1@round.test", SOCKETMAP_OK,
	"k1@round.test,k2@round.test"},
    {"the other", "valias", "K2+x@round.test", SOCKETMAP_OK,
	"K2+x@round.test,k1@round.test"},
    {"to each other, without", "valias", "n1@round.test", SOCKETMAP_NOTFOUND,
	""},
    {"an alias of those", "valias", "ns@round.test", SOCKETMAP_OK,
	"n1@round.test,n2@round.test"},
    {"to one that keeps a copy and comes back", "valias", "m1@round.test",
	SOCKETMAP_OK, "m2@round.test"},
    {"a circle with a way out", "valias", "o1@round.test", SOCKETMAP_OK,
	"a@far.test"},
    {"its other half", "valias", "o2@round.test", SOCKETMAP_OK, "a@far.test"},
    {"to one that leads to nobody", "valias", "p1@round.test", SOCKETMAP_OK,
	"a@far.test,p2@round.test"},
    {"who keeps it", "valias", "p2@round.test", SOCKETMAP_NOTFOUND, ""},
    {"a group that a member is forwarded to", "valias", "q@round.test",
	SOCKETMAP_OK, "r@round.test"},
    {"closed alias", "valias", "old@forward.test", SOCKETMAP_NOTFOUND, ""},
    {"a domain that is not served yet", "vdomains", "asked.test",
	SOCKETMAP_NOTFOUND, ""},

    {"default transport", "transport", "bob@ville.test", SOCKETMAP_OK,
	"lmtp:unix:/d"},
    {"own transport", "transport", "x@Catch.test", SOCKETMAP_OK,
	"smtp:[relay.test]:2525"},
    {"any local part", "transport", "\"a@b c\"@catch.test", SOCKETMAP_OK,
	"smtp:[relay.test]:2525"},
    {"bare domain", "transport", "catch.test", SOCKETMAP_OK,
	"smtp:[relay.test]:2525"},
    {"star", "transport", "*", SOCKETMAP_NOTFOUND, ""},
    {"null sender", "transport", "<>", SOCKETMAP_NOTFOUND, ""},
    {"empty", "transport", "", SOCKETMAP_NOTFOUND, ""},
    {"foreign sender", "transport", "a@far.test", SOCKETMAP_NOTFOUND, ""},
    {"closed domain", "transport", "u@shut.test", SOCKETMAP_NOTFOUND, ""},

    {"rewritten sender", "transport", "SRS0=x=y=far.test=a@SRS.test",
	SOCKETMAP_OK, "srs:[127.0.0.1]:10028"},

    {"sender: a stranger", "srs", "a@far.test", SOCKETMAP_OK,
	"srs:[127.0.0.1]:10028"},
    {"sender: hosted", "srs", "Nobody@Ville.test", SOCKETMAP_NOTFOUND, ""},
    {"sender: of a closed domain", "srs", "u@shut.test", SOCKETMAP_OK,
	"srs:[127.0.0.1]:10028"},
    {"sender: rewritten already", "srs", "SRS0=x=y=far.test=a@Srs.test",
	SOCKETMAP_NOTFOUND, ""},
    {"sender: rewritten elsewhere", "srs", "SRS0=x=y=far.test=a@other.test",
	SOCKETMAP_OK, "srs:[127.0.0.1]:10028"},
    {"sender: a challenge", "srs", "bounce+x@challenge.test",
	SOCKETMAP_NOTFOUND, ""},
    {"sender: this machine", "srs", "root@mx.test", SOCKETMAP_NOTFOUND, ""},
    {"sender: null", "srs", "<>", SOCKETMAP_NOTFOUND, ""},
    {"sender: empty", "srs", "", SOCKETMAP_NOTFOUND, ""},
    {"sender: no domain", "srs", "root", SOCKETMAP_NOTFOUND, ""},
    {"sender: its domain alone", "srs", "@far.test", SOCKETMAP_NOTFOUND, ""},
    {"sender: an empty domain", "srs", "a@", SOCKETMAP_NOTFOUND, ""},

    {"unknown map", "nomap", "bob@ville.test", SOCKETMAP_PERM, "no such map"},
};

static void
maps_answer_as_postfix_needs(void **state)
{
	struct oct_str out;

	(void)state;
	oct_str_heap(&out, 300000);
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct socketmap_request r = {"", ""};

		print_message("  %s: %s\n", cases[i].map, cases[i].name);
		memcpy(r.map, cases[i].map, strlen(cases[i].map));
		memcpy(r.key, cases[i].key, strlen(cases[i].key));
		assert_int_equal(
		    socketmap_answer(fixture, &site, &r, &out),
		    cases[i].status);
		assert_string_equal(oct_str_text(&out), cases[i].value);
	}
	oct_str_free(&out);
}

/* An empty OK would be an error to Postfix. */
static void
no_transport_at_all_is_notfound(void **state)
{
	struct socketmap_request r = {"transport", "bob@ville.test"};
	struct oct_str out;

	(void)state;
	oct_str_heap(&out, 1000);
	assert_int_equal(
	    socketmap_answer(fixture, &bare, &r, &out), SOCKETMAP_NOTFOUND);
	oct_str_free(&out);
}

/* Without postsrsd forwarded mail leaves as it came. */
static void
nothing_is_rewritten_unless_it_was_asked_for(void **state)
{
	struct socketmap_request r = {"srs", "a@far.test"};
	struct oct_str out;

	(void)state;
	oct_str_heap(&out, 1000);
	assert_int_equal(
	    socketmap_answer(fixture, &bare, &r, &out), SOCKETMAP_NOTFOUND);
	oct_str_free(&out);
}

static const struct {
	const char *listen, *transport;
} listeners[] = {
    {"127.0.0.1:10028", "srs:[127.0.0.1]:10028"},
    {"[::1]:10028", "srs:[::1]:10028"},
    {"localhost:28", "srs:[localhost]:28"},
    {"::1:10028", NULL},
    {":10028", NULL},
    {"127.0.0.1", NULL},
    {"127.0.0.1:", NULL},
    {"127.0.0.1:smtp", NULL},
};

static void
a_listener_becomes_a_transport(void **state)
{
	char out[SOCKETMAP_SRS_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(listeners); i++) {
		int rc = socketmap_srs(listeners[i].listen, out);

		print_message("  %s\n", listeners[i].listen);
		assert_int_equal(
		    rc, listeners[i].transport != NULL ? 0 : OCT_EPARSE);
		if (rc == 0)
			assert_string_equal(out, listeners[i].transport);
	}
}

/* 400 mailboxes that are forwarded to each other's group, as no provisioning lets
 * them: an answer all the same, and soon. */
static void
what_is_forwarded_too_widely_is_temporary(void **state)
{
	struct socketmap_request r = {"valias", "all@w.test"};
	struct oct_str json, out;
	struct dir_snapshot *s;

	(void)state;
	oct_str_heap(&json, 1 << 20);
	oct_str_heap(&out, 300000);
	oct_str_add(&json, "{\"name\":\"w.test\",\"mailboxes\":{");
	for (int i = 0; i < 400; i++)
		oct_str_addf(&json,
		    "%s\"m%d\":{\"forward\":\"all@w.test\","
		    "\"keep_copy\":\"no\"}",
		    i > 0 ? "," : "", i);
	oct_str_add(&json, "},\"aliases\":{\"all\":{\"targets\":[");
	for (int i = 0; i < 400; i++)
		oct_str_addf(
		    &json, "%s\"m%d@w.test\"", i > 0 ? "," : "", i);
	oct_str_add(&json, "]}}}");
	assert_int_equal(
	    dir_snapshot_parse(oct_str_text(&json), json.len, &s), 0);
	assert_int_equal(socketmap_answer(s, &bare, &r, &out), SOCKETMAP_TEMP);
	assert_string_equal(oct_str_text(&out), "forwarded too widely");
	directory_put(s);
	oct_str_free(&json);
	oct_str_free(&out);
}

/* 500 addresses of 198 octets and their commas are 99,499 octets. */
static void
answers_postfix_would_not_take_are_temporary(void **state)
{
	struct socketmap_request r = {"valias", "top@g.test"};
	struct oct_str json, out;
	struct dir_snapshot *s;
	char label[64];

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	oct_str_heap(&json, 1 << 20);
	oct_str_heap(&out, 300000);
	oct_str_add(&json, "{\"name\":\"g.test\",\"aliases\":{");
	for (int g = 0; g < 2; g++) {
		oct_str_addf(&json, "\"g%d\":{\"targets\":[", g);
		for (int i = 0; i < 250; i++)
			oct_str_addf(&json, "%s\"m%05d@%s.%s.%s\"",
			    i > 0 ? "," : "", g * 250 + i, label, label, label);
		oct_str_add(&json, "]},");
	}
	oct_str_add(
	    &json, "\"top\":{\"targets\":[\"g0@g.test\",\"g1@g.test\"]}}}");
	assert_int_equal(
	    dir_snapshot_parse(oct_str_text(&json), json.len, &s), 0);
	assert_int_equal(socketmap_answer(s, &bare, &r, &out), SOCKETMAP_TEMP);
	assert_string_equal(
	    oct_str_text(&out), "alias expands to over 99000 octets");
	memcpy(r.key, "g0@g.test", 10);
	assert_int_equal(socketmap_answer(s, &bare, &r, &out), SOCKETMAP_OK);
	assert_int_equal(out.len, 250 * 199 - 1);
	directory_put(s);
	oct_str_free(&json);
	oct_str_free(&out);
}

static const struct {
	const char *name, *in;
	int rc;
	const char *map, *key;
	size_t used;
} requests[] = {
    {"plain", "18:vmailbox bob@a.com,", 1, "vmailbox", "bob@a.com", 22},
    {"key with spaces", "10:m a  b c d,", 1, "m", "a  b c d", 14},
    {"empty key", "2:m ,", 1, "m", "", 5},
    {"two at once", "3:m a,3:m b,", 1, "m", "a", 6},
    {"nothing yet", "", 0, NULL, NULL, 0},
    {"half a length", "1", 0, NULL, NULL, 0},
    {"no payload yet", "3:", 0, NULL, NULL, 0},
    {"half a payload", "3:m ", 0, NULL, NULL, 0},
    {"no comma yet", "3:m a", 0, NULL, NULL, 0},
    {"no comma", "3:m ab", OCT_EPARSE, NULL, NULL, 0},
    {"no number", "x:m a,", OCT_EPARSE, NULL, NULL, 0},
    {"no length", ":m a,", OCT_EPARSE, NULL, NULL, 0},
    {"negative", "-1:m a,", OCT_EPARSE, NULL, NULL, 0},
    {"leading zero", "03:m a,", OCT_EPARSE, NULL, NULL, 0},
    {"space after the length", "3 :m a,", OCT_EPARSE, NULL, NULL, 0},
    {"empty payload", "0:,", OCT_EPARSE, NULL, NULL, 0},
    {"no key", "3:map,", OCT_EPARSE, NULL, NULL, 0},
    {"over the limit", "2114:", OCT_ELIMIT, NULL, NULL, 0},
    {"over the limit, known at once", "9999", OCT_ELIMIT, NULL, NULL, 0},
    {"over any number", "99999999999999999999:", OCT_ELIMIT, NULL, NULL, 0},
    {"map name too long",
	"67:12345678901234567890123456789012345678901234567890123456789012"
	"345 a,",
	OCT_ELIMIT, NULL, NULL, 0},
};

static void
requests_are_netstrings(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(requests); i++) {
		struct socketmap_request r;
		size_t used = 0;

		print_message("  %s\n", requests[i].name);
		assert_int_equal(socketmap_parse(requests[i].in,
				     strlen(requests[i].in), &r, &used),
		    requests[i].rc);
		if (requests[i].rc != 1)
			continue;
		assert_string_equal(r.map, requests[i].map);
		assert_string_equal(r.key, requests[i].key);
		assert_int_equal(used, requests[i].used);
	}
}

static void
nul_in_a_request_is_refused(void **state)
{
	struct socketmap_request r;
	size_t used;

	(void)state;
	assert_int_equal(
	    socketmap_parse("5:m a\0b,", 8, &r, &used), OCT_EPARSE);
}

static void
key_of_2048_octets_is_taken_and_of_2049_not(void **state)
{
	struct socketmap_request r;
	char buf[2200];
	size_t used = 0;

	(void)state;
	memset(buf, 'k', sizeof(buf));
	memcpy(buf, "2050:m ", 7);
	buf[5 + 2050] = ',';
	assert_int_equal(socketmap_parse(buf, 5 + 2051, &r, &used), 1);
	assert_int_equal(strlen(r.key), 2048);
	assert_int_equal(used, 5 + 2051);
	memcpy(buf, "2051:m ", 7);
	buf[5 + 2050] = 'k';
	buf[5 + 2051] = ',';
	assert_int_equal(socketmap_parse(buf, 5 + 2052, &r, &used), OCT_ELIMIT);
}

static void
every_prefix_of_a_request_asks_for_more(void **state)
{
	static const char whole[] = "24:vmailbox bob@example.org,";
	struct socketmap_request r;
	size_t used;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		assert_int_equal(socketmap_parse(whole, n, &r, &used), 0);
	assert_int_equal(
	    socketmap_parse(whole, sizeof(whole) - 1, &r, &used), 1);
}

static void
replies_are_netstrings(void **state)
{
	struct oct_str out;

	(void)state;
	oct_str_heap(&out, 1000);
	socketmap_reply(SOCKETMAP_OK, "a@b", &out);
	socketmap_reply(SOCKETMAP_NOTFOUND, "", &out);
	socketmap_reply(SOCKETMAP_TEMP, "why", &out);
	socketmap_reply(SOCKETMAP_PERM, "no", &out);
	assert_string_equal(
	    oct_str_text(&out), "6:OK a@b,9:NOTFOUND ,8:TEMP why,7:PERM no,");
	oct_str_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(maps_answer_as_postfix_needs),
	    cmocka_unit_test(no_transport_at_all_is_notfound),
	    cmocka_unit_test(nothing_is_rewritten_unless_it_was_asked_for),
	    cmocka_unit_test(what_is_forwarded_too_widely_is_temporary),
	    cmocka_unit_test(a_listener_becomes_a_transport),
	    cmocka_unit_test(answers_postfix_would_not_take_are_temporary),
	    cmocka_unit_test(requests_are_netstrings),
	    cmocka_unit_test(nul_in_a_request_is_refused),
	    cmocka_unit_test(key_of_2048_octets_is_taken_and_of_2049_not),
	    cmocka_unit_test(every_prefix_of_a_request_asks_for_more),
	    cmocka_unit_test(replies_are_netstrings),
	};

	return cmocka_run_group_tests_name(
	    "socketmap", tests, make_world, drop_world);
}
