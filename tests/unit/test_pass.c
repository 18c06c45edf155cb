/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "policy/pass_domains.h"
#include "policy/pass_int.h"
#include "tests/support/redis.h"

#define DAY 86400000LL
#define NOW (1795255200000LL) /* at 10:00 UTC */
#define D "ville.example"
#define SID "N|alice@example.org|192.0.2.0/24"
#define B32 "abcdefghijklmnopqrstuvwxyz234567"

static struct test_redis server;
static struct store *store;
static struct pass_keys *keys;

static struct oct_secret
secret_of(uint8_t octet)
{
	struct oct_secret s;

	memset(&s, octet, sizeof(s));
	return s;
}

static struct oct_addr
addr(const char *text)
{
	struct oct_addr a;

	assert_int_equal(oct_addr_parse(text, &a), 0);
	return a;
}

static void
make(const struct pass_keys *k, const char *sid, int64_t at_ms,
    char out[PASS_TOKEN_SIZE])
{
	const struct oct_addr a = addr("alice@example.org");

	pass_token_make(k, D, sid, &a, at_ms, out);
}

static struct pass_token
token_of(const char *sid, int64_t at_ms)
{
	char text[PASS_TOKEN_SIZE];
	struct pass_token t;

	make(keys, sid, at_ms, text);
	assert_int_equal(pass_token_read(keys, text, at_ms, &t), 0);
	return t;
}

/* --- Tokens --------------------------------------------------------------- */

static void
test_a_token_says_what_was_put_in(void **state)
{
	char text[PASS_TOKEN_SIZE], hash[PASS_HASH_SIZE];
	struct pass_token t;

	(void)state;
	make(keys, SID, NOW, text);
	assert_int_equal(strlen(text), 39);
	assert_int_equal(strspn(text, B32), 39);
	assert_int_equal(pass_token_read(keys, text, NOW, &t), 0);
	pass_sid_hash_by(keys, 0, SID, hash);
	assert_string_equal(t.sid_hash, hash);
	assert_true(t.domain_hash == pass_domain_hash(keys, 0, D));
	assert_true(t.domain_hash >> 40 == 0);
	assert_true(t.address_hash >> 24 == 0);
	assert_true(t.day_ms <= NOW && NOW < t.day_ms + DAY);
	assert_int_equal(strlen(t.id), 14);
}

static void
test_every_part_makes_another_token(void **state)
{
	const struct oct_addr alice = addr("alice@example.org"),
			      bob = addr("bob@example.org");
	char t[5][PASS_TOKEN_SIZE];

	(void)state;
	pass_token_make(keys, D, SID, &alice, NOW, t[0]);
	pass_token_make(keys, "autre.example", SID, &alice, NOW, t[1]);
	pass_token_make(keys, D, SID "x", &alice, NOW, t[2]);
	pass_token_make(keys, D, SID, &bob, NOW, t[3]);
	pass_token_make(keys, D, SID, &alice, NOW + DAY, t[4]);
	for (size_t i = 0; i < OCT_LEN(t); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(t[i], t[j]);
	/* One refusal repeated all day: one token. */
	pass_token_make(keys, D, SID, &alice, NOW + 3600000, t[1]);
	assert_string_equal(t[0], t[1]);
}

static void
test_days(void **state)
{
	static const struct {
		const char *name;
		int64_t made, read;
		int rc;
	} rows[] = {
		{ "the same day", NOW, NOW, 0 },
		{ "the next day", NOW, NOW + DAY, 0 },
		{ "two days later", NOW, NOW + 2 * DAY, OCT_ETIME },
		{ "made tomorrow by another clock", NOW + DAY, NOW, 0 },
		{ "made in two days", NOW + 2 * DAY, NOW, OCT_ETIME },
		{ "a year old", NOW - 365 * DAY, NOW, OCT_ETIME },
		{ "half way round", NOW, NOW + 2048 * DAY, OCT_ETIME },
		{ "across the end of 12 bits, on the day before",
		    (4096LL * 6 - 1) * DAY, 4096LL * 6 * DAY, 0 },
		{ "across it, on the day after", 4096LL * 6 * DAY,
		    (4096LL * 6 - 1) * DAY, 0 },
		{ "at the first day of all", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[PASS_TOKEN_SIZE];
		struct pass_token t;

		print_message("  %s\n", rows[i].name);
		make(keys, SID, rows[i].made, text);
		assert_int_equal(
		    pass_token_read(keys, text, rows[i].read, &t), rows[i].rc);
		if (rows[i].rc == 0)
			assert_true(
			    t.day_ms == rows[i].made - rows[i].made % DAY);
	}
}

static void
test_what_is_no_token(void **state)
{
	char text[PASS_TOKEN_SIZE + 2], cut[PASS_TOKEN_SIZE];
	const char *const rows[] = { "", "a", text, cut, "../../etc/passwd",
		"aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"AEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct pass_token t;

	(void)state;
	make(keys, SID, NOW, cut);
	memcpy(text, cut, sizeof(cut));
	text[39] = 'a'; /* longer by one */
	text[40] = '\0';
	cut[38] = '\0'; /* shorter by one */
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  \"%s\"\n", rows[i]);
		assert_int_equal(pass_token_read(keys, rows[i], NOW, &t),
		    OCT_EPARSE);
	}
}

/* Every bit of every character: none may be changed, none is spare. */
static void
test_no_bit_may_be_changed(void **state)
{
	char text[PASS_TOKEN_SIZE];

	(void)state;
	make(keys, SID, NOW, text);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		const char was = text[i];

		for (size_t c = 0; c < 32; c++) {
			struct pass_token t;
			int rc;

			if (B32[c] == was)
				continue;
			text[i] = B32[c];
			rc = pass_token_read(keys, text, NOW, &t);
			assert_true(rc == OCT_EPARSE || rc == OCT_EAUTH);
		}
		text[i] = was;
	}
}

static void
test_two_keys_live(void **state)
{
	const struct oct_secret a = secret_of(1), b = secret_of(2),
				c = secret_of(3);
	const struct oct_addr alice = addr("alice@example.org");
	struct pass_keys *during, *after;
	char text[PASS_TOKEN_SIZE], fresh[PASS_TOKEN_SIZE];
	struct pass_token t;

	(void)state;
	assert_int_equal(pass_keys_new(&b, &a, &during), 0);
	assert_int_equal(pass_keys_new(&c, &b, &after), 0);
	make(keys, SID, NOW, text); /* by a */
	assert_int_equal(pass_token_read(during, text, NOW, &t), 0);
	assert_int_equal(t.key, 1);
	assert_true(pass_token_is_address(during, &t, &alice));
	assert_true(pass_domain_hash(during, 1, D) == t.domain_hash);
	make(during, SID, NOW, fresh); /* by b */
	assert_string_not_equal(text, fresh);
	assert_int_equal(pass_token_read(during, fresh, NOW, &t), 0);
	assert_int_equal(t.key, 0);
	assert_int_equal(pass_token_read(after, text, NOW, &t), OCT_EAUTH);
	assert_int_equal(pass_token_read(after, fresh, NOW, &t), 0);
	assert_int_equal(pass_token_read(keys, fresh, NOW, &t), OCT_EAUTH);
	pass_keys_free(during);
	pass_keys_free(after);
}

static void
test_the_address_is_known_in_all_its_forms(void **state)
{
	static const struct {
		const char *typed;
		bool same;
	} rows[] = { { "alice@example.org", true },
		{ "ALICE@Example.ORG", true }, { "<alice@example.org>", true },
		{ "alice+x@example.org", true }, { "alic@example.org", false },
		{ "alice@example.com", false }, { "alice", false },
		{ "<>", false } };
	struct pass_token t = token_of(SID, NOW);

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct oct_addr a = addr(rows[i].typed);

		print_message("  %s\n", rows[i].typed);
		assert_int_equal(pass_token_is_address(keys, &t, &a),
		    rows[i].same);
	}
}

/* --- The table of hosted domains ------------------------------------------ */

/* These two have one hash of 40 bits by the key of secret_of(1). */
#define MEETS "d195927.example"
#define MEETS_TOO "d1806638.example"

static void
test_domains_are_found_by_their_hash(void **state)
{
	static const char json[] = "[{\"name\":\"" D "\"},"
	    "{\"name\":\"autre.example\"},{\"name\":\"" MEETS "\"},"
	    "{\"name\":\"" MEETS_TOO "\"}]";
	struct dir_snapshot *snapshot = NULL;
	struct pass_domains *table;
	struct pass_token t = token_of(SID, NOW);

	(void)state;
	assert_true(pass_domain_hash(keys, 0, MEETS) ==
	    pass_domain_hash(keys, 0, MEETS_TOO));
	assert_int_equal(dir_snapshot_parse(json, strlen(json), &snapshot), 0);
	assert_int_equal(pass_domains_new(keys, snapshot, &table), 0);
	assert_string_equal(pass_domains_find(table, &t)->name, D);
	t.domain_hash ^= 1;
	assert_null(pass_domains_find(table, &t));
	t.domain_hash = pass_domain_hash(keys, 0, MEETS);
	assert_null(pass_domains_find(table, &t));
	t.domain_hash = pass_domain_hash(keys, 0, D);
	t.key = 1; /* there is none */
	assert_null(pass_domains_find(table, &t));
	assert_true(pass_domains_has(table, D));
	assert_true(pass_domains_has(table, "autre.example"));
	assert_false(pass_domains_has(table, "tiers.example"));
	assert_false(pass_domains_has(table, MEETS));
	assert_false(pass_domains_has(table, MEETS_TOO));
	pass_domains_free(table);
	directory_put(snapshot);
}

/* --- Passes --------------------------------------------------------------- */

static void
test_packing(void **state)
{
	static const struct {
		const char *packed;
		int rc;
	} rows[] = { { "1795255200000 3", 0 }, { "0 0", 0 },
		{ "", OCT_EPARSE }, { "1", OCT_EPARSE }, { "1 ", OCT_EPARSE },
		{ "1 x", OCT_EPARSE }, { "-1 3", OCT_EPARSE },
		{ "1 -3", OCT_EPARSE }, { "1 2 3", OCT_EPARSE },
		{ "1 99999999999", OCT_EPARSE } };
	const struct pass p = { .until_ms = NOW, .left = 3 };
	char packed[PASS_PACKED_SIZE];
	struct pass got;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  \"%s\"\n", rows[i].packed);
		assert_int_equal(pass_parse(rows[i].packed, &got), rows[i].rc);
	}
	pass_pack(&p, packed);
	assert_int_equal(pass_parse(packed, &got), 0);
	assert_true(got.until_ms == NOW && got.left == 3);
	assert_true(pass_is_live(&got, NOW - 1));
	assert_false(pass_is_live(&got, NOW));
	got.left = 0;
	assert_false(pass_is_live(&got, NOW - 1));
}

static bool
has_pass_by(const struct pass_keys *k, const char *domain, const char *sid,
    int64_t now_ms)
{
	struct store_batch *b;
	struct pass_query q;
	bool found;

	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(pass_ask(k, b, domain, sid, &q), 0);
	assert_int_equal(store_batch_run(store, b), 0);
	found = pass_found(b, &q, now_ms) != NULL;
	store_batch_free(b);
	return found;
}

static bool
has_pass(const char *domain, const char *sid)
{
	return has_pass_by(keys, domain, sid, NOW);
}

static enum pass_standing
standing(const struct pass_token *t)
{
	enum pass_standing s = PASS_UNUSED;

	assert_int_equal(pass_standing(store, D, t, NOW, &s), 0);
	return s;
}

static void
test_one_pass_a_token_for_three_messages(void **state)
{
	struct pass_token t = token_of(SID, NOW);

	(void)state;
	assert_false(has_pass(D, SID));
	assert_int_equal(standing(&t), PASS_UNUSED);
	assert_int_equal(pass_grant(store, D, &t, 3 * DAY, 3, NOW), 1);
	assert_true(has_pass(D, SID));
	assert_false(has_pass("autre.example", SID));
	assert_false(has_pass(D, SID "x"));
	assert_false(has_pass_by(keys, D, SID, NOW + 3 * DAY));
	assert_int_equal(standing(&t), PASS_LIVE);
	assert_int_equal(pass_grant(store, D, &t, 3 * DAY, 3, NOW), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(has_pass(D, SID));
		assert_int_equal(pass_use(store, D, t.sid_hash, NOW), 1);
	}
	assert_false(has_pass(D, SID));
	assert_int_equal(pass_use(store, D, t.sid_hash, NOW), 0);
	/* Used up: the token makes no second one. */
	assert_int_equal(standing(&t), PASS_SPENT);
	assert_int_equal(pass_grant(store, D, &t, 3 * DAY, 3, NOW), 0);
	assert_false(has_pass(D, SID));
	/* That of the next day does. */
	t = token_of(SID, NOW + DAY);
	assert_int_equal(pass_grant(store, D, &t, 3 * DAY, 3, NOW + DAY), 1);
	assert_true(has_pass(D, SID));
}

static void
test_what_is_stored_ends_and_names_nobody(void **state)
{
	struct pass_token t = token_of(SID "ends", NOW);
	char key[KEY_SIZE];

	(void)state;
	assert_int_equal(pass_grant(store, D, &t, 3 * DAY, 3, NOW), 1);
	assert_in_range(test_redis_do(&server, "PTTL %s",
	    key_pass(key, D, t.sid_hash)), 3 * DAY - 60000, 3 * DAY);
	/* From 10:00: the rest of today, tomorrow, and the day after. */
	assert_in_range(test_redis_do(&server, "PTTL %s",
	    key_pass_used(key, D, t.id)), 62 * 3600000LL - 60000,
	    62 * 3600000LL);
	assert_null(strstr(key, "alice"));
	assert_int_equal(pass_use(store, D, t.sid_hash, NOW + DAY), 1);
	assert_in_range(test_redis_do(&server, "PTTL %s",
	    key_pass(key, D, t.sid_hash)), 2 * DAY - 60000, 2 * DAY);
}

static void
test_a_pass_of_the_previous_key_counts(void **state)
{
	const struct oct_secret a = secret_of(1), b = secret_of(2);
	struct pass_token t = token_of(SID "old", NOW);
	struct pass_keys *during, *after;

	(void)state;
	assert_int_equal(pass_keys_new(&b, &a, &during), 0);
	assert_int_equal(pass_keys_new(&b, NULL, &after), 0);
	assert_int_equal(pass_grant(store, D, &t, 3 * DAY, 3, NOW), 1);
	assert_true(has_pass_by(during, D, SID "old", NOW));
	assert_false(has_pass_by(after, D, SID "old", NOW));
	pass_keys_free(during);
	pass_keys_free(after);
}

static void
test_garbage_is_no_pass(void **state)
{
	struct pass_token t = token_of(SID "bad", NOW);
	char key[KEY_SIZE];

	(void)state;
	assert_int_equal(test_redis_do(&server, "SET %s garbage",
	    key_pass(key, D, t.sid_hash)), 1);
	assert_false(has_pass(D, SID "bad"));
	assert_int_equal(pass_use(store, D, t.sid_hash, NOW), 0);
}

/* Last: the server is not started again. */
static void
test_the_store_is_away(void **state)
{
	struct pass_token t = token_of(SID, NOW);
	enum pass_standing s;

	(void)state;
	test_redis_kill(&server, 9);
	assert_true(pass_grant(store, D, &t, DAY, 3, NOW) < 0);
	assert_true(pass_use(store, D, t.sid_hash, NOW) < 0);
	assert_true(pass_standing(store, D, &t, NOW, &s) < 0);
}

static int
setup(void **state)
{
	const struct oct_secret secret = secret_of(1);
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	if (pass_keys_new(&secret, NULL, &keys) != 0)
		return -1;
	return store_new(&conf, &store);
}

static int
teardown(void **state)
{
	(void)state;
	store_free(store);
	pass_keys_free(keys);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_token_says_what_was_put_in),
		cmocka_unit_test(test_every_part_makes_another_token),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_what_is_no_token),
		cmocka_unit_test(test_no_bit_may_be_changed),
		cmocka_unit_test(test_two_keys_live),
		cmocka_unit_test(test_the_address_is_known_in_all_its_forms),
		cmocka_unit_test(test_domains_are_found_by_their_hash),
		cmocka_unit_test(test_packing),
		cmocka_unit_test(test_one_pass_a_token_for_three_messages),
		cmocka_unit_test(test_what_is_stored_ends_and_names_nobody),
		cmocka_unit_test(test_a_pass_of_the_previous_key_counts),
		cmocka_unit_test(test_garbage_is_no_pass),
		cmocka_unit_test(test_the_store_is_away),
	};
	int rc = test_redis_start(&server);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	rc = cmocka_run_group_tests_name("pass", tests, setup, teardown);
	test_redis_stop(&server);
	return rc;
}
