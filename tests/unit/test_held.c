/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON form of held items, which stands in the store and in the spool: what
 * was written reads back equal, and what was not written by us is refused.
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
#include "policy/held.h"

#define ID "abcdefghijklmnopqrstuvwxyz234567"

static void
sample(struct held *h)
{
	held_init(h);
	h->id = ID;
	h->domain = "ville.example";
	h->local = "bob";
	h->rcpt = "bob@ville.example";
	h->typed = "Bob+x@Ville.example";
	h->rpath = "alice@example.org";
	h->mail_params = "BODY=8BITMIME";
	h->rcpt_params = "NOTIFY=NEVER";
	h->from = "alice@example.org";
	h->subject = "Une \"question\" \\ \xc3\xa9t\xc3\xa9";
	h->message_id = "<1@example.org>";
	h->references = "<0@example.org>\r\n\t<00@example.org>";
	h->class = "A";
	h->sid = "A|alice@example.org|example.org";
	h->reason = "first-contact";
	h->symbols = "SPF_NONE(0.50)";
	h->client = "192.0.2.1";
	h->helo = "mx.example.org";
	h->queue_id = "4XyZ";
	h->node = "main";
	h->trace = "Received: from x\r\n\tby y;\r\n";
	h->challenge = "0123456789abcdef";
	h->lang = "fr";
	h->score = -150;
	h->arrival_ms = 1795000000123;
	h->expires_ms = 1795604800123;
	h->size = 12345;
}

static char *
json_of(const struct held *h)
{
	struct oct_str s;

	oct_str_heap(&s, HELD_JSON_MAX);
	assert_int_equal(held_write(h, &s), 0);
	return oct_str_take(&s);
}

static void
an_item_reads_back_equal(void **state)
{
	struct held h, back;
	char *json;

	(void)state;
	sample(&h);
	json = json_of(&h);
	assert_int_equal(held_parse(json, strlen(json), &back), 0);
	assert_string_equal(back.id, h.id);
	assert_string_equal(back.domain, h.domain);
	assert_string_equal(back.local, h.local);
	assert_string_equal(back.rcpt, h.rcpt);
	assert_string_equal(back.typed, h.typed);
	assert_string_equal(back.rpath, h.rpath);
	assert_string_equal(back.mail_params, h.mail_params);
	assert_string_equal(back.rcpt_params, h.rcpt_params);
	assert_string_equal(back.from, h.from);
	assert_string_equal(back.subject, h.subject);
	assert_string_equal(back.message_id, h.message_id);
	assert_string_equal(back.references, h.references);
	assert_string_equal(back.class, h.class);
	assert_string_equal(back.sid, h.sid);
	assert_string_equal(back.reason, h.reason);
	assert_string_equal(back.symbols, h.symbols);
	assert_string_equal(back.client, h.client);
	assert_string_equal(back.helo, h.helo);
	assert_string_equal(back.queue_id, h.queue_id);
	assert_string_equal(back.node, h.node);
	assert_string_equal(back.trace, h.trace);
	assert_string_equal(back.challenge, h.challenge);
	assert_string_equal(back.lang, h.lang);
	assert_int_equal(back.score, h.score);
	assert_int_equal(back.arrival_ms, h.arrival_ms);
	assert_int_equal(back.expires_ms, h.expires_ms);
	assert_int_equal(back.size, h.size);
	held_fini(&back);
	assert_string_equal(back.id, "");
	free(json);
}

static void
octets_that_are_no_utf8_are_kept_as_code_points(void **state)
{
	static const struct {
		const char *name, *given, *read;
	} rows[] = {
		{ "latin-1", "\xe9t\xe9", "\xc3\xa9t\xc3\xa9" },
		{ "lone continuation", "a\x80", "a\xc2\x80" },
		{ "overlong", "\xc0\xaf", "\xc3\x80\xc2\xaf" },
		{ "surrogate", "\xed\xa0\x80", "\xc3\xad\xc2\xa0\xc2\x80" },
		{ "utf-8 stays", "\xe2\x82\xac", "\xe2\x82\xac" },
		{ "control", "a\x01\x7f\tb", "a\x01\x7f\tb" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct held h, back;
		char *json;

		print_message("  %s\n", rows[i].name);
		sample(&h);
		h.subject = rows[i].given;
		json = json_of(&h);
		assert_int_equal(held_parse(json, strlen(json), &back), 0);
		assert_string_equal(back.subject, rows[i].read);
		held_fini(&back);
		free(json);
	}
}

/* The sample's text with one piece replaced. */
static char *
altered(const char *old, const char *new)
{
	struct oct_str s;
	struct held h;
	char *json, *at;

	sample(&h);
	json = json_of(&h);
	at = strstr(json, old);
	if (at == NULL)
		fail_msg("no %s in %s", old, json);
	oct_str_heap(&s, 10 * HELD_JSON_MAX);
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
		{ "number for a string", "\"local\":\"bob\"", "\"local\":3" },
		{ "null for a string", "\"local\":\"bob\"", "\"local\":null" },
		{ "missing string", "\"local\":\"bob\",", "" },
		{ "missing number", ",\"size\":12345", "" },
		{ "string for a number", ":12345", ":\"12345\"" },
		{ "real for a number", ":12345", ":1.5" },
		{ "negative time", "1795000000123", "-1" },
		{ "number over 64 bits", ":12345",
		    ":99999999999999999999" },
		{ "score over 32 bits", "-150", "2147483648" },
		{ "score under 32 bits", "-150", "-2147483649" },
		{ "the same name twice", "\"local\":\"bob\"",
		    "\"local\":\"bob\",\"local\":\"eve\"" },
		{ "NUL in a string", "\"bob\"", "\"b\\u0000b\"" },
		{ "short id", ID, "abc" },
		{ "long id", ID, ID "a" },
		{ "id that is a path", ID, "../../../../../../../etc/passwd!" },
		{ "empty domain", "\"domain\":\"ville.example\"",
		    "\"domain\":\"\"" },
		{ "domain with a space", "\"domain\":\"ville.example\"",
		    "\"domain\":\"a b\"" },
		{ "domain with a brace", "\"domain\":\"ville.example\"",
		    "\"domain\":\"a}b\"" },
		{ "array", "{", "[{" },
		{ "not closed", "}", "" },
		{ "text behind", "}", "}{}" },
		{ "no UTF-8", "\"bob\"", "\"b\xff\"" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char *json = altered(rows[i].old, rows[i].new);
		struct held h = { .score = 7 };

		print_message("  %s\n", rows[i].name);
		assert_int_equal(held_parse(json, strlen(json), &h),
		    OCT_EPARSE);
		assert_int_equal(h.score, 7);
		free(json);
	}
}

/* Each member of this length: read, or refused. */
static int
parse_with(const char *member, size_t len)
{
	char old[64], *new = malloc(len + 64), *json;
	struct held h;
	size_t n;
	int rc;

	(void)snprintf(old, sizeof(old), "\"%s\":\"", member);
	n = (size_t)snprintf(new, len + 64, "\"%s\":\"", member);
	memset(new + n, 'x', len);
	new[n + len] = '\0';
	json = altered(old, new);
	free(new);
	rc = held_parse(json, strlen(json), &h);
	if (rc == 0)
		held_fini(&h);
	free(json);
	return rc;
}

static void
every_string_has_a_bound(void **state)
{
	static const char *const members[] = { "domain", "local", "rcpt",
		"typed", "rpath", "mail_params", "rcpt_params", "from",
		"subject", "message_id", "references", "class", "sid", "reason",
		"symbols", "client", "helo", "queue_id", "node", "trace",
		"challenge", "lang" };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(members); i++) {
		print_message("  %s\n", members[i]);
		if (strcmp(members[i], "domain") != 0)
			assert_int_equal(parse_with(members[i], 0), 0);
		assert_int_equal(parse_with(members[i], 33000), OCT_EPARSE);
		assert_int_equal(parse_with(members[i], 70000), OCT_EPARSE);
	}
	/* What goes into keys must fit there. */
	assert_int_equal(parse_with("domain", 255), OCT_EPARSE);
	assert_int_equal(parse_with("local", 400), OCT_EPARSE);
}

static void
what_is_too_long_to_be_read_is_not_written(void **state)
{
	struct oct_str s;
	struct held h;
	char *big = malloc(HELD_JSON_MAX);

	(void)state;
	memset(big, 'x', HELD_JSON_MAX - 1);
	big[HELD_JSON_MAX - 1] = '\0';
	sample(&h);
	h.references = big;
	oct_str_heap(&s, 4 * HELD_JSON_MAX);
	assert_int_equal(held_write(&h, &s), OCT_ELIMIT);
	/* Not cut silently when octets grow. */
	memset(big, '\xe9', HELD_JSON_MAX - 1);
	assert_int_not_equal(held_write(&h, &s), 0);
	assert_int_equal(s.len, 0);
	oct_str_free(&s);
	free(big);
}

static void
ids_follow_from_content_and_envelope(void **state)
{
	static const struct {
		const char *name, *rpath, *rcpt;
		uint8_t key, content;
	} rows[] = {
		{ "other reverse-path", "b", "r", 1, 1 },
		{ "other recipient", "a", "s", 1, 1 },
		{ "other key", "a", "r", 2, 1 },
		{ "other content", "a", "r", 1, 2 },
		{ "moved boundary", "ar", "", 1, 1 },
		{ "moved boundary, other way", "", "ar", 1, 1 },
	};
	uint8_t key[32] = { 1 }, content[OCT_MSG_DIGEST] = { 1 };
	char id[HELD_ID_SIZE], other[HELD_ID_SIZE];

	(void)state;
	held_id(key, content, "a", "r", id);
	held_id(key, content, "a", "r", other);
	assert_string_equal(id, other);
	/* Names of files and keys outlive programs: this one is for ever. */
	assert_string_equal(id, "gvtdgp25sofexupbdazbctgpgdmuln3q");
	assert_int_equal(strlen(id), HELD_ID_SIZE - 1);
	assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz234567"),
	    HELD_ID_SIZE - 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		key[0] = rows[i].key;
		content[0] = rows[i].content;
		held_id(key, content, rows[i].rpath, rows[i].rcpt, other);
		assert_string_not_equal(id, other);
	}
}

static void
states_have_names(void **state)
{
	enum held_state back;

	(void)state;
	for (int s = HELD_TENTATIVE; s <= HELD_DROPPED; s++) {
		assert_int_equal(held_state_parse(
				     held_state_name((enum held_state)s), &back),
		    0);
		assert_int_equal(back, s);
		assert_int_equal(held_is_live(back), s <= HELD_RELEASING);
	}
	assert_int_equal(held_state_parse("Stored", &back), OCT_EPARSE);
	assert_int_equal(held_state_parse("", &back), OCT_EPARSE);
	assert_string_equal(held_state_name((enum held_state)99), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_item_reads_back_equal),
		cmocka_unit_test(octets_that_are_no_utf8_are_kept_as_code_points),
		cmocka_unit_test(what_we_did_not_write_is_refused),
		cmocka_unit_test(every_string_has_a_bound),
		cmocka_unit_test(what_is_too_long_to_be_read_is_not_written),
		cmocka_unit_test(ids_follow_from_content_and_envelope),
		cmocka_unit_test(states_have_names),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
