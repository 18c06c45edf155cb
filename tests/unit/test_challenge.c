/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A challenge as data: round trip, code, and when the page asks for the code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"
#include "policy/challenge.h"

#define ID "0123456789abcdef"

static void
sample(struct challenge *c)
{
	challenge_init(c);
	c->id = ID;
	c->domain = "ville.example";
	c->rpath = "alice@example.org";
	c->sid = "A|alice@example.org|example.org";
	c->node = "main";
	c->lang = "fr";
	c->message_id = "<1@example.org>";
	c->references = "<0@example.org>";
	c->client = "192.0.2.10";
	c->org = "example.org";
	c->deferred = true;
	c->arrival_ms = 1795000000123;
	c->expires_ms = 1795604800123;
	c->count = 2;
	c->local[0] = "bob";
	c->typed[0] = "Bob@ville.example";
	c->local[1] = "carol";
	c->typed[1] = "tous@ville.example";
}

static char *
json_of(const struct challenge *c)
{
	struct oct_str s;

	oct_str_heap(&s, CHALLENGE_JSON_MAX);
	assert_int_equal(challenge_write(c, &s), 0);
	return oct_str_take(&s);
}

static void
a_challenge_reads_back_equal(void **state)
{
	struct challenge c, back;
	char *json;

	(void)state;
	sample(&c);
	json = json_of(&c);
	assert_int_equal(challenge_parse(json, strlen(json), &back), 0);
	assert_string_equal(back.id, c.id);
	assert_string_equal(back.domain, c.domain);
	assert_string_equal(back.rpath, c.rpath);
	assert_string_equal(back.sid, c.sid);
	assert_string_equal(back.node, c.node);
	assert_string_equal(back.lang, c.lang);
	assert_string_equal(back.message_id, c.message_id);
	assert_string_equal(back.references, c.references);
	assert_string_equal(back.client, "192.0.2.10");
	assert_string_equal(back.org, "example.org");
	assert_true(back.deferred);
	assert_int_equal(back.arrival_ms, c.arrival_ms);
	assert_int_equal(back.expires_ms, c.expires_ms);
	assert_int_equal(back.count, 2);
	assert_string_equal(back.local[1], "carol");
	assert_string_equal(back.typed[0], "Bob@ville.example");
	challenge_fini(&back);
	assert_int_equal(back.count, 0);
	free(json);
}

/* Fields of outsiders may be no UTF-8: the message is held all the same. */
static void
foreign_octets_do_not_stop_a_challenge(void **state)
{
	struct challenge c, back;
	char *json;

	(void)state;
	sample(&c);
	c.message_id = "<\xe9@example.org>";
	c.references = "\xff";
	c.typed[1] = "\xed\xa0\x80@ville.example";
	json = json_of(&c);
	assert_int_equal(challenge_parse(json, strlen(json), &back), 0);
	assert_string_equal(back.message_id, "<\xc3\xa9@example.org>");
	assert_string_equal(back.references, "\xc3\xbf");
	challenge_fini(&back);
	free(json);
}

static void
the_largest_challenge_fits(void **state)
{
	struct challenge c, back;
	char local[256], typed[512];
	char *json;

	(void)state;
	memset(local, 'l', sizeof(local) - 1);
	local[sizeof(local) - 1] = '\0';
	memset(typed, 't', sizeof(typed) - 1);
	typed[sizeof(typed) - 1] = '\0';
	sample(&c);
	c.count = CHALLENGE_RCPT_MAX;
	for (size_t i = 0; i < CHALLENGE_RCPT_MAX; i++) {
		c.local[i] = local;
		c.typed[i] = typed;
	}
	json = json_of(&c);
	assert_int_equal(challenge_parse(json, strlen(json), &back), 0);
	assert_int_equal(back.count, CHALLENGE_RCPT_MAX);
	challenge_fini(&back);
	free(json);
}

static char *
altered(const char *old, const char *new)
{
	struct challenge c;
	struct oct_str s;
	char *json, *at;

	sample(&c);
	json = json_of(&c);
	at = strstr(json, old);
	if (at == NULL)
		fail_msg("no %s in %s", old, json);
	oct_str_heap(&s, CHALLENGE_JSON_MAX);
	oct_str_addn(&s, json, (size_t)(at - json));
	oct_str_add(&s, new);
	oct_str_add(&s, at + strlen(old));
	free(json);
	return oct_str_take(&s);
}

static void
what_we_did_not_write_is_refused(void **state)
{
	static const struct {
		const char *name, *old, *new;
	} rows[] = {
		{ "no recipient",
		    "[[\"bob\",\"Bob@ville.example\"],"
		    "[\"carol\",\"tous@ville.example\"]]",
		    "[]" },
		{ "recipients no list", "\"rcpt\":[", "\"rcpt\":{}, \"x\":[" },
		{ "recipient no pair", "[\"bob\",\"Bob@ville.example\"]",
		    "\"bob\"" },
		{ "half a pair", "\"bob\",", "" },
		{ "pair of numbers", "\"bob\"", "1" },
		{ "missing member", "\"lang\":\"fr\",", "" },
		{ "member of another type", "\"fr\"", "[]" },
		{ "time no number", "1795000000123", "\"1\"" },
		{ "short id", ID, "0123" },
		{ "id no digits", ID, "0123456789abcdeX" },
		{ "empty domain", "\"domain\":\"ville.example\"",
		    "\"domain\":\"\"" },
		{ "the same name twice", "\"lang\":\"fr\"",
		    "\"lang\":\"fr\",\"lang\":\"en\"" },
		{ "not closed", "}", "" },
		{ "an array", "{", "[{" },
	};
	char *json, text[512];
	struct challenge c;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		json = altered(rows[i].old, rows[i].new);
		assert_int_equal(challenge_parse(json, strlen(json), &c),
		    OCT_EPARSE);
		free(json);
	}
	/* What goes into keys must fit there. */
	(void)snprintf(text, sizeof(text), "[\"%0300d\"", 0);
	json = altered("[\"bob\"", text);
	assert_int_equal(challenge_parse(json, strlen(json), &c), OCT_EPARSE);
	free(json);
	(void)snprintf(text, sizeof(text), "\"domain\":\"%0400d\"", 0);
	json = altered("\"domain\":\"ville.example\"", text);
	assert_int_equal(challenge_parse(json, strlen(json), &c), OCT_EPARSE);
	free(json);
}

static void
too_many_recipients_are_refused(void **state)
{
	struct oct_str s;
	struct challenge c;

	(void)state;
	oct_str_heap(&s, CHALLENGE_JSON_MAX);
	oct_str_add(&s, "{\"id\":\"" ID "\",\"domain\":\"d.example\","
			"\"rpath\":\"\",\"sid\":\"\",\"node\":\"\","
			"\"lang\":\"\",\"message_id\":\"\","
			"\"references\":\"\",\"arrival_ms\":1,"
			"\"expires_ms\":1,\"rcpt\":[");
	for (size_t i = 0; i < CHALLENGE_RCPT_MAX; i++)
		oct_str_addf(&s, "%s[\"l%zu\",\"t\"]", i > 0 ? "," : "", i);
	oct_str_add(&s, "]}");
	assert_int_equal(challenge_parse(s.buf, s.len, &c), 0);
	challenge_fini(&c);
	s.len -= 2;
	oct_str_add(&s, ",[\"one\",\"more\"]]}");
	assert_int_equal(challenge_parse(s.buf, s.len, &c), OCT_EPARSE);
	oct_str_free(&s);
}

static void
the_code_is_stable_and_keyed(void **state)
{
	uint8_t key[32] = { 7 };
	char code[7], again[7];

	(void)state;
	challenge_code(key, ID, code);
	challenge_code(key, ID, again);
	assert_string_equal(code, again);
	/* Codes are in mails that are out: they follow from key and id alone. */
	assert_string_equal(code, "372114");
	assert_int_equal(strlen(code), 6);
	assert_int_equal(strspn(code, "0123456789"), 6);
	challenge_code(key, "0123456789abcdee", again);
	assert_string_not_equal(code, again);
	key[31] = 1;
	challenge_code(key, ID, again);
	assert_string_not_equal(code, again);
}

/* Chi-square of each digit's distribution: 9 degrees of freedom, 40 is beyond
 * one in a hundred thousand; the ids are fixed, so that the result is too. */
static void
the_code_is_uniform(void **state)
{
	enum { TRIES = 20000 };
	static unsigned int seen[6][10];
	uint8_t key[32] = { 9 };

	(void)state;
	for (int i = 0; i < TRIES; i++) {
		char id[24], code[7];

		(void)snprintf(id, sizeof(id), "%016x", (unsigned int)i);
		challenge_code(key, id, code);
		for (size_t d = 0; d < 6; d++)
			seen[d][code[d] - '0']++;
	}
	for (size_t d = 0; d < 6; d++) {
		double chi = 0;

		for (size_t v = 0; v < 10; v++) {
			double off = seen[d][v] - TRIES / 10.0;

			chi += off * off / (TRIES / 10.0);
		}
		print_message("  digit %zu: chi-square %.1f\n", d, chi);
		assert_true(chi < 40);
	}
}

static void
fresh_ids_differ(void **state)
{
	char a[REL_CHALLENGE_SIZE], b[REL_CHALLENGE_SIZE];

	(void)state;
	challenge_new_id(a);
	challenge_new_id(b);
	assert_int_equal(strlen(a), 16);
	assert_int_equal(strspn(a, "0123456789abcdef"), 16);
	assert_string_not_equal(a, b);
}

static void
the_code_is_asked_while_it_must(void **state)
{
	static const struct {
		const char *name;
		enum challenge_state s;
		int64_t handed, now, wait;
		bool asked;
	} rows[] = {
		{ "not handed over", CHALLENGE_PENDING, 0, 100000, 60000, true },
		{ "no time of hand-over", CHALLENGE_SENT, 0, 100000, 60000,
		    true },
		{ "handing over", CHALLENGE_SENDING, 1000, 100000, 60000,
		    true },
		{ "at once", CHALLENGE_SENT, 1000, 1000, 60000, true },
		{ "just too early", CHALLENGE_SENT, 1000, 60999, 60000, true },
		{ "just late enough", CHALLENGE_SENT, 1000, 61000, 60000,
		    false },
		{ "next day", CHALLENGE_SENT, 1000, 86400000, 60000, false },
		{ "clock went back", CHALLENGE_SENT, 100000, 1000, 60000,
		    true },
		{ "no wait set", CHALLENGE_SENT, 1000, 1000, 0, false },
		{ "lapsed", CHALLENGE_LAPSED, 1000, 86400000, 60000, true },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(challenge_needs_code(rows[i].s, rows[i].handed,
				     rows[i].now, rows[i].wait),
		    rows[i].asked);
	}
}

static void
states_have_names(void **state)
{
	enum challenge_state back;

	(void)state;
	for (int s = CHALLENGE_PENDING; s <= CHALLENGE_LATE; s++) {
		assert_int_equal(
		    challenge_state_parse(
			challenge_state_name((enum challenge_state)s), &back),
		    0);
		assert_int_equal(back, s);
	}
	assert_int_equal(challenge_state_parse("Sent", &back), OCT_EPARSE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_challenge_reads_back_equal),
		cmocka_unit_test(foreign_octets_do_not_stop_a_challenge),
		cmocka_unit_test(the_largest_challenge_fits),
		cmocka_unit_test(what_we_did_not_write_is_refused),
		cmocka_unit_test(too_many_recipients_are_refused),
		cmocka_unit_test(the_code_is_stable_and_keyed),
		cmocka_unit_test(the_code_is_uniform),
		cmocka_unit_test(fresh_ids_differ),
		cmocka_unit_test(the_code_is_asked_while_it_must),
		cmocka_unit_test(states_have_names),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("challenge", tests, NULL, NULL);
}
