/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates in a real Redis: the domain's before the platform's before the
 * built-in one, and every change in the audit.
 */
#include "policy/template_store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory.h"
#include "tests/support/redis.h"

#define D "ville.test"
#define HOST "filtre.example"

static struct {
	struct test_redis redis;
	struct store *store;
	struct template_problem problem;
} world;

static int
set_up(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = world.redis.address;
	if (test_redis_do(&world.redis, "FLUSHALL") != 1 ||
	    test_redis_do(&world.redis, "HSET oct:{" D "}:domain v {}") != 1 ||
	    test_redis_do(&world.redis, "SADD oct:domains " D) != 1)
		return -1;
	return store_new(&conf, &world.store);
}

static int
tear_down(void **state)
{
	(void)state;
	store_free(world.store);
	return 0;
}

/* A good text with that word in it; static. */
static const char *
text_with(const char *word)
{
	static char text[400];

	(void)snprintf(text, sizeof(text), "Subject: %s\n\n"
	    "{{mailbox}} {{expiry}} {{help}}\n{{link}}\n", word);
	return text;
}

static int
change(const char *domain, enum template_lang lang, const char *source)
{
	struct template_change c = { .store = world.store, .domain = domain,
		.id = TEMPLATE_LINK, .lang = lang, .source = source,
		.host = HOST, .actor = "test" };

	return template_change(&c, &world.problem);
}

/* Which text is in force, and whose. */
static void
expect(const char *domain, enum template_lang lang, enum template_origin origin,
    const char *word)
{
	struct template_texts t;

	assert_int_equal(template_load(world.store, domain, TEMPLATE_LINK,
	    HOST, &t), 0);
	assert_int_equal(t.origin[lang], origin);
	assert_non_null(strstr(t.source[lang], word));
	assert_false(t.passed_over);
	template_texts_fini(&t);
}

static void
test_the_nearest_is_in_force(void **state)
{
	(void)state;
	expect(D, TEMPLATE_FR, TEMPLATE_BUILTIN, "Votre lien");
	assert_int_equal(change(NULL, TEMPLATE_FR, text_with("plateforme")), 0);
	expect(D, TEMPLATE_FR, TEMPLATE_PLATFORM, "plateforme");
	expect(D, TEMPLATE_EN, TEMPLATE_BUILTIN, "Your link");
	assert_int_equal(change(D, TEMPLATE_FR, text_with("ville")), 0);
	expect(D, TEMPLATE_FR, TEMPLATE_DOMAIN, "ville");
	expect(NULL, TEMPLATE_FR, TEMPLATE_PLATFORM, "plateforme");
	expect("autre.test", TEMPLATE_FR, TEMPLATE_PLATFORM, "plateforme");
	assert_int_equal(change(D, TEMPLATE_FR, NULL), 0);
	expect(D, TEMPLATE_FR, TEMPLATE_PLATFORM, "plateforme");
	assert_int_equal(change(NULL, TEMPLATE_FR, NULL), 0);
	expect(D, TEMPLATE_FR, TEMPLATE_BUILTIN, "Votre lien");
	assert_int_equal(test_redis_do(&world.redis, "XLEN oct:audit"), 4);
}

static void
test_what_is_no_good_is_not_stored(void **state)
{
	(void)state;
	assert_int_equal(change(D, TEMPLATE_FR, "Bonjour"), OCT_EPARSE);
	assert_int_equal(world.problem.line, 1);
	assert_int_equal(change("autre.test", TEMPLATE_FR, text_with("a")),
	    OCT_EABSENT);
	assert_int_equal(change(D, TEMPLATE_FR, NULL), OCT_EABSENT);
	assert_int_equal(test_redis_do(&world.redis,
	    "EXISTS oct:{" D "}:templates"), 0);
	assert_int_equal(test_redis_do(&world.redis, "XLEN oct:audit"), 0);
}

/* Written by somebody else, or good for another host only. */
static void
test_what_is_no_good_is_passed_over(void **state)
{
	struct template_texts t;

	(void)state;
	assert_int_equal(change(NULL, TEMPLATE_FR, text_with("plateforme")), 0);
	assert_int_equal(test_redis_do(&world.redis,
	    "HSET oct:{" D "}:templates link.fr damaged"), 1);
	assert_int_equal(template_load(world.store, D, TEMPLATE_LINK, HOST,
	    &t), 0);
	assert_true(t.passed_over);
	assert_int_equal(t.bad_origin, TEMPLATE_DOMAIN);
	assert_int_equal(t.problem.line, 1);
	assert_int_equal(t.origin[TEMPLATE_FR], TEMPLATE_PLATFORM);
	template_texts_fini(&t);
}

static void
test_stored_text_is_given_back_as_it_is(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(template_stored(world.store, D, TEMPLATE_LINK,
	    TEMPLATE_EN, &text), 0);
	assert_null(text);
	assert_int_equal(change(D, TEMPLATE_EN, text_with("h\u00e9")), 0);
	assert_int_equal(template_stored(world.store, D, TEMPLATE_LINK,
	    TEMPLATE_EN, &text), 1);
	assert_string_equal(text, text_with("h\u00e9"));
	free(text);
}

static void
test_a_removed_domain_takes_its_texts_along(void **state)
{
	struct dir_change c = { .domain = D, .remove = true, .actor = "test" };
	char problem[256];

	(void)state;
	assert_int_equal(change(D, TEMPLATE_FR, text_with("ville")), 0);
	assert_int_equal(directory_change(world.store, &c, problem), 0);
	assert_int_equal(test_redis_do(&world.redis,
	    "EXISTS oct:{" D "}:templates"), 0);
}

static void
test_without_the_store_nothing_is_said_to_be_in_force(void **state)
{
	struct template_texts t;
	struct store_conf conf;
	struct store *away;

	(void)state;
	store_conf_init(&conf);
	conf.address = "unix:/nonexistent/redis.sock";
	assert_int_equal(store_new(&conf, &away), 0);
	assert_int_equal(template_load(away, D, TEMPLATE_LINK, HOST, &t),
	    OCT_EDOWN);
	store_free(away);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(test_the_nearest_is_in_force),
		T(test_what_is_no_good_is_not_stored),
		T(test_what_is_no_good_is_passed_over),
		T(test_stored_text_is_given_back_as_it_is),
		T(test_a_removed_domain_takes_its_texts_along),
		T(test_without_the_store_nothing_is_said_to_be_in_force),
#undef T
	};
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);
	oct_log_open("test_template_store", OCT_LOG_STDERR, OCT_ERROR);
	if (test_redis_start(&world.redis) != 0)
		return 1;
	rc = cmocka_run_group_tests_name("template_store", tests, NULL, NULL);
	test_redis_stop(&world.redis);
	return rc;
}
