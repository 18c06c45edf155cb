/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of signing keys, with a real Redis and a DNS out of a table.
 */
#include "policy/dkim_keys.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define D "ville.test"
#define DAY_MS 86400000LL
#define DEADLINE_MS 10000
#define HEADER "From: maire@" D "\r\nSubject: x\r\n"

static struct {
	struct test_redis redis;
	struct store *store;
	struct dkim_vault *vault;
	struct auth_dkim_lib *lib;
	struct oct_secret secret;
	int64_t now_ms;
	char problem[DKIM_KEYS_PROBLEM_SIZE];
} world;

static int
set_up(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = world.redis.address;
	world.now_ms = 1800000000000;
	if (test_redis_do(&world.redis, "FLUSHALL") != 1 ||
	    test_redis_do(&world.redis, "HSET oct:{" D "}:domain v {}") != 1 ||
	    test_redis_do(&world.redis, "SADD oct:domains " D) != 1)
		return -1;
	for (size_t i = 0; i < sizeof(world.secret.octets); i++)
		world.secret.octets[i] = (uint8_t)i;
	if (store_new(&conf, &world.store) != 0 ||
	    dkim_vault_new(&world.secret, &world.vault) != 0)
		return -1;
	return auth_dkim_lib_new(&world.lib);
}

static int
tear_down(void **state)
{
	(void)state;
	auth_dkim_lib_free(world.lib);
	dkim_vault_free(world.vault);
	store_free(world.store);
	return 0;
}

/* --- Steps ---------------------------------------------------------------- */

static struct dkim_keys_change
change(const char *selector, bool force)
{
	return (struct dkim_keys_change){ .store = world.store, .domain = D,
		.selector = selector, .actor = "test", .force = force,
		.now_ms = world.now_ms };
}

static int
add(const char *selector, bool ed25519)
{
	struct dkim_keys_change c = change(selector, false);

	return dkim_keys_add(&c, world.vault, ed25519, world.problem);
}

static int
activate(const char *selector)
{
	struct dkim_keys_change c = change(selector, true);

	return dkim_keys_activate(&c, NULL, world.problem);
}

static int
retire(const char *selector)
{
	struct dkim_keys_change c = change(selector, false);

	return dkim_keys_retire(&c, world.problem);
}

static int
forget(const char *selector, bool force)
{
	struct dkim_keys_change c = change(selector, force);

	return dkim_keys_remove(&c, world.problem);
}

/* "a=active,b=new" */
static const char *
states(void)
{
	static char text[512];
	struct dkim_keys keys;
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	oct_str_add(&s, "");
	text[0] = '\0';
	assert_int_equal(dkim_keys_load(world.store, D, &keys), 0);
	for (size_t i = 0; i < keys.count; i++)
		oct_str_addf(&s, "%s%s=%s", i > 0 ? "," : "",
		    keys.items[i].selector,
		    dkim_keys_state_name(keys.items[i].state));
	dkim_keys_fini(&keys);
	return text;
}

static void
test_the_life_of_a_key(void **state)
{
	(void)state;
	assert_int_equal(add("a", false), 0);
	assert_string_equal(states(), "a=new");
	assert_int_equal(activate("a"), 0);
	assert_int_equal(add("b", false), 0);
	assert_string_equal(states(), "a=active,b=new");
	assert_int_equal(activate("b"), 0);
	assert_string_equal(states(), "a=retired,b=active");
	world.now_ms += DKIM_KEYS_RETIRED_MS - 1;
	assert_int_equal(forget("a", false), -EBUSY);
	assert_non_null(strstr(world.problem, "7 days"));
	world.now_ms++;
	assert_int_equal(forget("a", false), 0);
	assert_string_equal(states(), "b=active");
	assert_int_equal(retire("b"), 0);
	assert_string_equal(states(), "b=retired");
}

static void
test_each_algorithm_has_its_own_active_key(void **state)
{
	(void)state;
	assert_int_equal(add("r1", false), 0);
	assert_int_equal(add("e1", true), 0);
	assert_int_equal(activate("r1"), 0);
	assert_int_equal(activate("e1"), 0);
	assert_string_equal(states(), "e1=active,r1=active");
	assert_int_equal(add("e2", true), 0);
	assert_int_equal(activate("e2"), 0);
	assert_string_equal(states(), "e1=retired,e2=active,r1=active");
	/* Back again: a rotation that went wrong. */
	assert_int_equal(activate("e1"), 0);
	assert_string_equal(states(), "e1=active,e2=retired,r1=active");
}

static void
test_steps_that_are_refused(void **state)
{
	static const struct {
		const char *name, *step, *selector;
		int rc;
	} rows[] = { { "add: the name is taken", "add", "new", -EEXIST },
		{ "add: no label", "add", "a.b", OCT_EPARSE },
		{ "add: capitals", "add", "A", OCT_EPARSE },
		{ "add: empty", "add", "", OCT_EPARSE },
		{ "add: hyphen first", "add", "-a", OCT_EPARSE },
		{ "add: line end", "add", "a\r\nX: y", OCT_EPARSE },
		{ "add: 64 octets", "add",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaa",
		    OCT_EPARSE },
		{ "activate: absent", "activate", "none", OCT_EABSENT },
		{ "activate: active", "activate", "act", -EEXIST },
		{ "activate: unreadable", "activate", "bad", -EBUSY },
		{ "retire: absent", "retire", "none", OCT_EABSENT },
		{ "retire: new", "retire", "new", -EBUSY },
		{ "retire: retired", "retire", "old", -EBUSY },
		{ "remove: absent", "remove", "none", OCT_EABSENT },
		{ "remove: active", "remove", "act", -EBUSY },
		{ "remove: active, forced", "force", "act", -EBUSY },
		{ "remove: just retired", "remove", "old", -EBUSY },
		{ "remove: unreadable", "remove", "bad", -EBUSY },
		{ "remove: just retired, forced", "force", "old", 0 },
		{ "remove: unreadable, forced", "force", "bad", 0 },
		{ "remove: new", "remove", "new", 0 } };

	(void)state;
	assert_int_equal(add("new", true), 0);
	assert_int_equal(add("old", true), 0);
	assert_int_equal(add("act", true), 0);
	assert_int_equal(activate("old"), 0);
	assert_int_equal(activate("act"), 0);
	assert_int_equal(test_redis_do(&world.redis, "HSET oct:{" D "}:dkim bad "
						     "{\"alg\":1}"),
	    1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *step = rows[i].step, *s = rows[i].selector;
		int rc = -1;

		print_message("  %s\n", rows[i].name);
		if (strcmp(step, "add") == 0)
			rc = add(s, true);
		else if (strcmp(step, "activate") == 0)
			rc = activate(s);
		else if (strcmp(step, "retire") == 0)
			rc = retire(s);
		else
			rc = forget(s, strcmp(step, "force") == 0);
		assert_int_equal(rc, rows[i].rc);
		assert_int_equal(world.problem[0] != '\0', rc != 0);
	}
	assert_string_equal(states(), "act=active");
}

static void
test_number_of_keys_is_bounded(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < DKIM_KEYS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "k%d", i);
		assert_int_equal(add(name, true), 0);
	}
	assert_int_equal(add("more", true), OCT_ELIMIT);
}

static void
test_only_hosted_domains_and_our_own(void **state)
{
	struct dkim_keys_change c = change("a", false);

	(void)state;
	c.domain = "ailleurs.test";
	assert_int_equal(dkim_keys_add(&c, world.vault, true, world.problem),
	    OCT_EABSENT);
	c.own = true;
	assert_int_equal(dkim_keys_add(&c, world.vault, true, world.problem), 0);
	c.domain = "Ville.test";
	assert_int_equal(dkim_keys_add(&c, world.vault, true, world.problem),
	    OCT_EPARSE);
}

static void
test_what_is_stored_and_told(void **state)
{
	struct dkim_keys keys;

	(void)state;
	assert_int_equal(add("a", false), 0);
	assert_int_equal(activate("a"), 0);
	assert_int_equal(dkim_keys_load(world.store, D, &keys), 0);
	assert_memory_equal(keys.items[0].sealed, "s1.", 3);
	assert_memory_equal(keys.items[0].record, "v=DKIM1; k=rsa; p=", 18);
	assert_null(strstr(keys.items[0].stored, "PRIVATE KEY"));
	assert_int_equal(keys.items[0].created_ms, world.now_ms);
	dkim_keys_fini(&keys);
	assert_int_equal(test_redis_do(&world.redis, "XLEN oct:changes"), 2);
	assert_int_equal(test_redis_do(&world.redis, "XLEN oct:audit"), 2);
	/* A refused step tells nothing. */
	assert_int_equal(activate("a"), -EEXIST);
	assert_int_equal(test_redis_do(&world.redis, "XLEN oct:changes"), 2);
}

static void
test_keys_go_with_their_domain(void **state)
{
	const struct dir_change c = { .domain = D, .remove = true,
		.actor = "test" };

	(void)state;
	assert_int_equal(add("a", true), 0);
	assert_int_equal(directory_change(world.store, &c, world.problem), 0);
	assert_int_equal(test_redis_do(&world.redis, "EXISTS oct:{" D "}:dkim"),
	    0);
}

/* --- Several administrators ----------------------------------------------- */

static size_t
count_active(void)
{
	struct dkim_keys keys;
	size_t active = 0;

	if (dkim_keys_load(world.store, D, &keys) != 0)
		return SIZE_MAX;
	for (size_t i = 0; i < keys.count; i++)
		active += keys.items[i].state == DKIM_KEYS_ACTIVE;
	dkim_keys_fini(&keys);
	return active;
}

/* NULL, or the selector of who saw two of them. */
static void *
activate_many(void *arg)
{
	struct dkim_keys_change c = change(arg, true);
	char problem[DKIM_KEYS_PROBLEM_SIZE];
	bool wrong = false;

	for (int i = 0; i < 50; i++) {
		(void)!dkim_keys_activate(&c, NULL, problem);
		wrong |= count_active() != 1;
	}
	return wrong ? arg : NULL;
}

static void
test_never_two_active_of_one_algorithm(void **state)
{
	static char names[][4] = { "k1", "k2", "k3", "k4" };
	pthread_t threads[OCT_LEN(names)];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(names); i++)
		assert_int_equal(add(names[i], true), 0);
	assert_int_equal(activate(names[0]), 0);
	for (size_t i = 0; i < OCT_LEN(names); i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     activate_many, names[i]),
		    0);
	for (size_t i = 0; i < OCT_LEN(names); i++) {
		void *wrong = names[i];

		(void)pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(count_active(), 1);
}

/* --- What the DNS shows --------------------------------------------------- */

enum shown {
	NOTHING,
	RIGHT,
	SPACED,
	OTHER,
	TWO,
	TESTING,
	REVOKED,
	SILENCE
};

static void
publish(struct dns *dns, enum shown what, const char *ours, const char *other)
{
	const char *name = "a._domainkey." D;
	char text[2048];

	text[0] = '\0';
	if (what == RIGHT || what == TWO)
		(void)snprintf(text, sizeof(text), "%s", ours);
	else if (what == SPACED)
		(void)snprintf(text, sizeof(text), "k=rsa; s=email;p= %s ;",
		    strstr(ours, "p=") + 2);
	else if (what == TESTING)
		(void)snprintf(text, sizeof(text), "%s; t=y", ours);
	else if (what == OTHER)
		(void)snprintf(text, sizeof(text), "%s", other);
	else if (what == REVOKED)
		(void)snprintf(text, sizeof(text), "v=DKIM1; k=rsa; p=");
	if (text[0] != '\0')
		assert_int_equal(dns_static_add(dns, name, DNS_TXT, text,
				     strlen(text)),
		    0);
	if (what == TWO)
		assert_int_equal(dns_static_add(dns, name, DNS_TXT, other,
				     strlen(other)),
		    0);
	if (what == SILENCE)
		assert_int_equal(dns_static_timeout(dns, name), 0);
}

static void
test_activation_asks_the_dns(void **state)
{
	static const struct {
		const char *name;
		enum shown what;
		int rc;
	} rows[] = { { "no record", NOTHING, OCT_EABSENT },
		{ "another key", OTHER, OCT_ECONFLICT },
		{ "two keys", TWO, OCT_ECONFLICT },
		{ "revoked", REVOKED, OCT_ECONFLICT },
		{ "testing", TESTING, OCT_ECONFLICT },
		{ "no answer", SILENCE, OCT_ETIME },
		{ "the key, otherwise written", SPACED, 0 },
		{ "the key", RIGHT, 0 } };
	struct dkim_keys keys;

	(void)state;
	assert_int_equal(add("a", false), 0);
	assert_int_equal(add("b", false), 0);
	assert_int_equal(dkim_keys_load(world.store, D, &keys), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dkim_keys_change c = change("a", false);
		struct dns_session *session;
		struct dns *dns;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(dns_new_static(&dns), 0);
		publish(dns, rows[i].what, keys.items[0].record,
		    keys.items[1].record);
		assert_int_equal(dns_session_new(dns,
				     oct_clock_mono_ms() + DEADLINE_MS, 10,
				     &session),
		    0);
		assert_int_equal(dkim_keys_note(&c, 0, world.problem), 0);
		/* Not before it was seen at all name servers, and what they
		 * said before is forgotten. */
		assert_int_equal(dkim_keys_activate(&c, session, world.problem),
		    rows[i].rc == 0 ? -EBUSY : rows[i].rc);
		assert_int_equal(dkim_keys_note(&c, c.now_ms + 1,
				     world.problem), 0);
		assert_int_equal(dkim_keys_activate(&c, session, world.problem),
		    rows[i].rc == 0 ? -EBUSY : rows[i].rc);
		assert_int_equal(dkim_keys_note(&c, c.now_ms, world.problem),
		    0);
		assert_int_equal(dkim_keys_activate(&c, session, world.problem),
		    rows[i].rc);
		assert_string_equal(states(),
		    rows[i].rc == 0 ? "a=active,b=new" : "a=new,b=new");
		if (rows[i].rc == 0) {
			/* for the next row */
			assert_int_equal(retire("a"), 0);
			assert_int_equal(forget("a", true), 0);
			assert_int_equal(test_redis_do(&world.redis,
					     "HSET oct:{" D "}:dkim a %s",
					     keys.items[0].stored),
			    1);
		}
		dns_session_free(session);
		dns_free(dns);
	}
	dkim_keys_fini(&keys);
}

/* --- The directory -------------------------------------------------------- */

/* Selectors that sign, as a follower sees them. */
static void
signers(struct directory *d, char *out, size_t len)
{
	const struct dir_snapshot *s = directory_get(d);
	const struct dir_domain *domain = dir_domain(s, D);
	struct oct_str text;

	oct_str_fixed(&text, out, len);
	*out = '\0';
	for (size_t i = 0; domain != NULL && i < domain->dkim_count; i++)
		oct_str_addf(&text, "%s%s:%s", i > 0 ? "," : "",
		    domain->dkim[i].selector,
		    dkim_keys_algorithm(domain->dkim[i].ed25519));
	directory_put(s);
}

static void
wait_signers(struct directory *d, const char *want)
{
	int64_t end_ms = oct_clock_mono_ms() + DEADLINE_MS;
	char have[256];

	for (;;) {
		signers(d, have, sizeof(have));
		if (strcmp(have, want) == 0)
			return;
		if (oct_clock_mono_ms() > end_ms)
			fail_msg("signs with '%s', expected '%s'", have, want);
		(void)usleep(1000);
	}
}

static void
test_followers_see_active_keys(void **state)
{
	struct directory *d;

	(void)state;
	assert_int_equal(directory_open(world.store, NULL, &d), 0);
	assert_int_equal(directory_follow(d), 0);
	assert_int_equal(add("r", false), 0);
	assert_int_equal(add("e", true), 0);
	wait_signers(d, "");
	assert_int_equal(activate("r"), 0);
	wait_signers(d, "r:rsa2048");
	assert_int_equal(activate("e"), 0);
	wait_signers(d, "e:ed25519,r:rsa2048");
	assert_int_equal(retire("r"), 0);
	wait_signers(d, "e:ed25519");
	directory_close(d);
}

static void
test_the_disk_copy_holds_sealed_keys(void **state)
{
	static const struct auth_dkim_parts message = { .header = HEADER,
		.header_len = sizeof(HEADER) - 1, .body = "" };
	struct directory *d;
	struct oct_str out;
	char path[96], have[64], sealed[4096];
	const struct dir_snapshot *s;
	struct dkim_sealed key = { .domain = D, .selector = "e",
		.sealed = sealed, .ed25519 = true };

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/copy", world.redis.dir);
	assert_int_equal(add("e", true), 0);
	assert_int_equal(activate("e"), 0);
	assert_int_equal(directory_open(world.store, path, &d), 0);
	assert_int_equal(directory_follow(d), 0);
	directory_close(d);
	test_redis_kill(&world.redis, SIGKILL);
	assert_int_equal(directory_open(world.store, path, &d), 0);
	signers(d, have, sizeof(have));
	assert_string_equal(have, "e:ed25519");
	s = directory_get(d);
	(void)snprintf(sealed, sizeof(sealed), "%s",
	    dir_domain(s, D)->dkim[0].sealed);
	directory_put(s);
	oct_str_heap(&out, 8192);
	assert_int_equal(dkim_vault_sign(world.vault, world.lib, &key, &message,
			     &out),
	    0);
	oct_str_free(&out);
	directory_close(d);
	(void)unlink(path);
	assert_int_equal(test_redis_again(&world.redis), 0);
}

static void
test_unreadable_keys_leave_the_domain_served(void **state)
{
	static const struct {
		const char *name, *json;
	} rows[] = { { "no JSON", "{" }, { "no object", "[]" },
		{ "no private part", "{\"alg\":\"ed25519\","
				     "\"state\":\"active\"}" },
		{ "unknown algorithm", "{\"alg\":\"dsa\",\"state\":\"active\","
				       "\"private\":\"s1.x\"}" } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct dir_snapshot *s;

		print_message("  %s\n", rows[i].name);
		(void)test_redis_do(&world.redis, "HSET oct:{" D "}:dkim bad %s",
		    rows[i].json);
		assert_int_equal(directory_read(world.store, D, &s), 0);
		assert_non_null(dir_domain(s, D));
		assert_int_equal(dir_domain(s, D)->state, DIR_ACTIVE);
		assert_int_equal(dir_domain(s, D)->dkim_count, 0);
		directory_put(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(test_the_life_of_a_key),
		T(test_each_algorithm_has_its_own_active_key),
		T(test_steps_that_are_refused),
		T(test_number_of_keys_is_bounded),
		T(test_only_hosted_domains_and_our_own),
		T(test_what_is_stored_and_told),
		T(test_keys_go_with_their_domain),
		T(test_never_two_active_of_one_algorithm),
		T(test_activation_asks_the_dns),
		T(test_followers_see_active_keys),
		T(test_the_disk_copy_holds_sealed_keys),
		T(test_unreadable_keys_leave_the_domain_served),
	};
	int rc;

	if (sodium_init() < 0)
		return 1;
	oct_log_open("test_dkim_keys", OCT_LOG_STDERR, OCT_ERROR);
	rc = test_redis_start(&world.redis);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("dkim_keys", tests, NULL,
		    NULL);
	test_redis_stop(&world.redis);
	return rc;
}
