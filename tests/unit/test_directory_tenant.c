/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants: parsing, inheritance and statutory protection, and changes that
 * followers see, with a real Redis on a private UNIX socket.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/str.h"
#include "policy/directory.h"
#include "policy/directory_schema.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define DEADLINE_MS 10000
#define DAY 86400000LL

static struct {
	struct test_redis redis;
	struct store *store;
	struct directory *live;
	char copy[96];
} world;

static char problem[256]; /* of the last change */

static int
tenant(const char *id, const char *how, const char *json)
{
	struct dir_tenant_change c = {.id = id, .json = json, .actor = "test"};

	c.create = strcmp(how, "add") == 0;
	c.remove = strcmp(how, "remove") == 0;
	return directory_change_tenant(world.store, &c, problem);
}

static int
entry(const char *domain, const char *local, const char *how, const char *json)
{
	struct dir_change c = {
	    .domain = domain, .local = local, .json = json, .actor = "test"};

	c.create = strcmp(how, "add") == 0;
	c.remove = strcmp(how, "remove") == 0;
	return directory_change(world.store, &c, problem);
}

#define MUST(call)                                                             \
	do {                                                                   \
		if ((call) != 0)                                               \
			fail_msg("%s: %s", #call, problem);                    \
	} while (0)

static int
set_up(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = world.redis.address;
	assert_int_equal(store_new(&conf, &world.store), 0);
	(void)snprintf(
	    world.copy, sizeof(world.copy), "%s/copy", world.redis.dir);
	assert_int_equal(store_ping(world.store), 0);
	assert_int_equal(
	    directory_open(world.store, world.copy, &world.live), 0);
	assert_int_equal(directory_follow(world.live), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	directory_close(world.live);
	store_free(world.store);
	return 0;
}

/* The option in force for bob (or the domain if he is not there); -1: the
 * domain is not there. */
static int64_t
in_force(const struct dir_snapshot *s, const char *domain, enum option o)
{
	const struct dir_domain *d = dir_domain(s, domain);
	struct option_values platform, v;

	if (d == NULL)
		return -1;
	options_standard(&platform);
	dir_options(d, dir_mailbox(d, "bob"), &platform, &v);
	return v.v[o];
}

/* How long it took until the live directory said so, in ms. */
static int64_t
wait_for(const char *domain, enum option o, int64_t value)
{
	int64_t from_ms = oct_clock_mono_ms();

	for (;;) {
		const struct dir_snapshot *s = directory_get(world.live);
		int64_t have = in_force(s, domain, o);

		directory_put(s);
		if (have == value)
			return oct_clock_mono_ms() - from_ms;
		if (oct_clock_mono_ms() - from_ms > DEADLINE_MS)
			fail_msg("%s: %s is %lld for ever", domain,
			    option_info(o)->name, (long long)have);
		(void)usleep(1000);
	}
}

/* --- Inheritance --------------------------------------------------------- */

static void
the_innermost_level_wins_everywhere_within_a_second(void **state)
{
	const struct dir_snapshot *before, *after;

	(void)state;
	MUST(tenant("ville", "add",
	    "{\"name\":\"Ville\",\"lang\":\"en\",\"t_hold\":\"4d\"}"));
	MUST(entry("a.test", NULL, "add", "{\"tenant\":\"ville\"}"));
	MUST(entry("a.test", "bob", "add", "{}"));
	MUST(entry("b.test", NULL, "add", "{\"tenant\":\"ville\"}"));
	MUST(entry("c.test", NULL, "add", "{}"));
	assert_true(wait_for("a.test", OPTION_HOLD, 4 * DAY) < 1000);
	assert_true(wait_for("b.test", OPTION_HOLD, 4 * DAY) < 1000);
	assert_true(wait_for("c.test", OPTION_HOLD, 7 * DAY) < 1000);

	before = directory_get(world.live);
	assert_int_equal(
	    dir_lang_of(dir_domain(before, "a.test"), NULL), DIR_LANG_EN);
	MUST(tenant("ville", "set", "{\"t_hold\":\"5d\"}"));
	assert_true(wait_for("a.test", OPTION_HOLD, 5 * DAY) < 1000);
	assert_true(wait_for("b.test", OPTION_HOLD, 5 * DAY) < 1000);
	after = directory_get(world.live);
	/* Who holds the old one keeps it; who has another tenant is shared, as
	 * are the tables of those that have not. */
	assert_true(in_force(before, "a.test", OPTION_HOLD) == 4 * DAY);
	assert_ptr_equal(
	    dir_domain(before, "c.test"), dir_domain(after, "c.test"));
	assert_ptr_equal(dir_mailbox(dir_domain(before, "a.test"), "bob"),
	    dir_mailbox(dir_domain(after, "a.test"), "bob"));
	directory_put(before);
	assert_string_equal(
	    dir_domain(after, "a.test")->of_tenant->name, "Ville");
	directory_put(after);

	MUST(entry("a.test", NULL, "set", "{\"t_hold\":\"8d\"}"));
	assert_true(wait_for("a.test", OPTION_HOLD, 8 * DAY) < 1000);
	MUST(entry("a.test", "bob", "set", "{\"t_hold\":\"9d\"}"));
	assert_true(wait_for("a.test", OPTION_HOLD, 9 * DAY) < 1000);
	MUST(entry("a.test", "bob", "set", "{\"t_hold\":\"inherit\"}"));
	assert_true(wait_for("a.test", OPTION_HOLD, 8 * DAY) < 1000);
	MUST(entry("a.test", NULL, "set", "{\"t_hold\":null}"));
	assert_true(wait_for("a.test", OPTION_HOLD, 5 * DAY) < 1000);
	MUST(tenant("ville", "set", "{\"t_hold\":\"-\"}"));
	assert_true(wait_for("a.test", OPTION_HOLD, 7 * DAY) < 1000);
}

static void
an_unknown_tenant_gives_nothing_until_it_comes(void **state)
{
	(void)state;
	MUST(entry("late.test", NULL, "add", "{\"tenant\":\"later\"}"));
	assert_true(wait_for("late.test", OPTION_ASKS, 2) < 1000);
	MUST(tenant("later", "add", "{\"asks\":5}"));
	assert_true(wait_for("late.test", OPTION_ASKS, 5) < 1000);
	MUST(entry("late.test", NULL, "remove", NULL));
	MUST(tenant("later", "remove", NULL));
}

static void
the_disk_copy_has_tenants(void **state)
{
	struct directory *d;
	const struct dir_snapshot *s;
	struct store_conf conf;
	struct store *away;

	(void)state;
	MUST(tenant("ville", "set",
	    "{\"asks\":3,\"contact\":\"maire@a.test\","
	    "\"statutory\":[\"cabinet\"]}"));
	assert_true(wait_for("a.test", OPTION_ASKS, 3) < 1000);
	directory_close(world.live); /* writes the copy */
	store_conf_init(&conf);
	conf.address = "unix:/nonexistent/redis";
	assert_int_equal(store_new(&conf, &away), 0);
	assert_int_equal(directory_open(away, world.copy, &d), 0);
	s = directory_get(d);
	assert_int_equal(dir_tenant_count(s), 1);
	assert_string_equal(dir_tenant_at(s, 0)->contact, "maire@a.test");
	assert_string_equal(dir_tenant(s, "ville")->statutory.items[0],
	    "cabinet");
	assert_int_equal(in_force(s, "a.test", OPTION_ASKS), 3);
	assert_int_equal(in_force(s, "c.test", OPTION_ASKS), 2);
	directory_put(s);
	directory_close(d);
	store_free(away);
	assert_int_equal(
	    directory_open(world.store, world.copy, &world.live), 0);
	assert_int_equal(directory_follow(world.live), 0);
}

/* A program that looks once at one domain finds its tenant too. */
static void
one_domain_is_read_with_its_tenant(void **state)
{
	const struct dir_snapshot *s;

	(void)state;
	assert_int_equal(directory_read(world.store, "a.test", &s), 0);
	assert_int_equal(in_force(s, "a.test", OPTION_ASKS), 3);
	directory_put(s);
}

/* --- Refusals ------------------------------------------------------------ */

static const struct {
	const char *name, *id, *how, *json;
	int rc;
	const char *says;
} refusals[] = {
    {"id", "a b", "add", "{}", OCT_EPARSE, "id of a tenant"},
    {"empty id", "", "add", "{}", OCT_EPARSE, "id of a tenant"},
    {"exists", "ville", "add", "{}", -EEXIST, "exists already"},
    {"absent", "none", "set", "{}", OCT_EABSENT, "there is no tenant none"},
    {"removal of nobody", "none", "remove", NULL, OCT_EABSENT, "no tenant"},
    {"named", "ville", "remove", NULL, -ENOTEMPTY, "still has the domain"},
    {"unknown attribute", "ville", "set", "{\"colour\":1}", OCT_EPARSE,
	"a tenant has no attribute \"colour\""},
    {"out of bounds", "ville", "set", "{\"t_hold\":\"31d\"}", OCT_EPARSE,
	"a duration from 3d to 30d, or inherit"},
    {"no word", "ville", "set", "{\"challenge\":\"on\"}", OCT_EPARSE,
	"off, first-contact, doubtful or simulate"},
    {"no address", "ville", "set", "{\"contact\":\"maire\"}", OCT_EPARSE,
	"a mail address"},
    {"URL alone", "ville", "set", "{\"teleservice\":\"https://x.test/\"}",
	OCT_EPARSE, "declared together"},
    {"no URL", "ville", "set", "{\"teleservice\":\"x.test\"}", OCT_EPARSE,
	"URL"},
    {"no day", "ville", "set", "{\"teleservice_since\":\"2026-02-30\"}",
	OCT_EPARSE, "a date like"},
    {"not yet", "ville", "set",
	"{\"teleservice\":\"https://x.test/\","
	"\"teleservice_since\":\"2999-01-01\"}",
	OCT_EPARSE, "future"},
    {"no JSON", "ville", "set", "x", OCT_EPARSE, "JSON object"},
    {"no attributes", "ville", "set", NULL, OCT_EPARSE, "no attributes"},
};

static void
wrong_changes_are_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(refusals); i++) {
		print_message("  %s\n", refusals[i].name);
		assert_int_equal(
		    tenant(refusals[i].id, refusals[i].how, refusals[i].json),
		    refusals[i].rc);
		if (strstr(problem, refusals[i].says) == NULL)
			fail_msg("says: %s", problem);
	}
}

/* --- Protection ---------------------------------------------------------- */

static const char *const statutory[] = {"mairie", NULL};

static bool
protects(const char *address)
{
	const struct dir_snapshot *s;
	struct oct_addr a;
	struct dir_finals f;
	bool yes;

	assert_int_equal(oct_addr_parse(address, &a), 0);
	assert_int_equal(directory_read(world.store, a.domain, &s), 0);
	assert_int_equal(dir_resolve(s, &a, statutory, &f), DIR_FOUND);
	yes = f.protected_path;
	dir_finals_free(&f);
	directory_put(s);
	return yes;
}

static int
note_reason(void *arg, const struct store_entry *e)
{
	char *out = arg;

	out[0] = '\0';
	for (size_t i = 0; i + 1 < e->count; i += 2)
		if (strcmp(e->pairs[i], "reason") == 0)
			(void)snprintf(out, 256, "%s", e->pairs[i + 1]);
	return 0;
}

static void
a_protection_is_lifted_with_a_ground_only(void **state)
{
	char last[OCT_STREAM_ID] = "$", reason[256] = "";

	(void)state;
	assert_int_equal(store_stream_read(world.store, KEY_AUDIT, last, 0, 10,
			     note_reason, reason),
	    0);
	MUST(entry("a.test", "mairie", "add", "{}"));
	MUST(entry("a.test", "cabinet", "add", "{}"));
	MUST(entry("a.test", "voirie", "add", "{}"));
	assert_true(protects("mairie@a.test"));
	assert_true(protects("cabinet+x@a.test")); /* the tenant lists it */
	assert_false(protects("voirie@a.test"));
	MUST(entry("a.test", NULL, "set", "{\"statutory\":[\"voirie\"]}"));
	assert_true(protects("voirie@a.test"));

	assert_int_equal(
	    entry("a.test", "mairie", "set", "{\"unprotected\":true}"),
	    OCT_EPARSE);
	assert_non_null(strstr(problem, "unprotected_reason"));
	assert_true(protects("mairie@a.test"));
	MUST(entry("a.test", "mairie", "set",
	    "{\"unprotected\":true,\"unprotected_reason\":\"order 12\"}"));
	assert_int_equal(store_stream_read(world.store, KEY_AUDIT, last, 0, 10,
			     note_reason, reason),
	    0);
	assert_string_equal(reason, "order 12");
	assert_false(protects("mairie@a.test"));
	/* Nor may the ground be taken away and the lifting stay. */
	assert_int_equal(
	    entry("a.test", "mairie", "set", "{\"unprotected_reason\":\"\"}"),
	    OCT_EPARSE);
	MUST(entry("a.test", "mairie", "set", "{\"unprotected\":false}"));
	assert_true(protects("mairie@a.test"));

	assert_int_equal(entry("a.test", NULL, "set", "{\"unprotected\":true}"),
	    OCT_EPARSE);
	MUST(tenant("ville", "set",
	    "{\"teleservice\":\"https://saisine.a.test/\","
	    "\"teleservice_since\":\"2020-02-29\"}"));
	assert_true(protects("mairie@a.test")); /* declared is not lifted */
	MUST(entry("a.test", NULL, "set", "{\"unprotected\":true}"));
	assert_int_equal(store_stream_read(world.store, KEY_AUDIT, last, 0, 10,
			     note_reason, reason),
	    0);
	assert_string_equal(
	    reason, "teleservice https://saisine.a.test/ since 2020-02-29");
	assert_false(protects("mairie@a.test"));
	assert_false(protects("cabinet@a.test"));
	/* What the tenant withdraws lifts nothing any more. */
	MUST(tenant("ville", "set",
	    "{\"teleservice\":\"\",\"teleservice_since\":\"\"}"));
	assert_true(protects("mairie@a.test"));
}

static void
what_no_domain_names_can_go(void **state)
{
	(void)state;
	MUST(entry("a.test", NULL, "set", "{\"tenant\":\"\"}"));
	assert_int_equal(tenant("ville", "remove", NULL), -ENOTEMPTY);
	assert_non_null(strstr(problem, "b.test"));
	MUST(entry("b.test", NULL, "remove", NULL));
	MUST(tenant("ville", "remove", NULL));
	assert_true(wait_for("a.test", OPTION_ASKS, 2) < 1000);
}

/* --- Many ---------------------------------------------------------------- */

/* Relinking is what a change of one tenant costs: not a reading of all. */
static void
a_tenant_of_many_domains_changes_at_once(void **state)
{
	enum { COUNT = 300 };
	char name[32], id[16];

	(void)state;
	MUST(tenant("many", "add", "{\"asks\":3}"));
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof(name), "d%d.test", i);
		MUST(entry(name, NULL, "add", "{\"tenant\":\"many\"}"));
	}
	for (int i = 0; i < 20; i++) {
		(void)snprintf(id, sizeof(id), "t%d", i);
		MUST(tenant(id, "add", "{}"));
	}
	assert_true(wait_for("d0.test", OPTION_ASKS, 3) < 1000);
	assert_true(wait_for("d299.test", OPTION_ASKS, 3) < 1000);
	MUST(tenant("many", "set", "{\"asks\":4}"));
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(name, sizeof(name), "d%d.test", i);
		assert_true(wait_for(name, OPTION_ASKS, 4) < 1000);
	}
}

static atomic_bool readers_stop;

static void *
read_on(void *arg)
{
	int64_t asks;

	/* At least once: the changes may be over before it begins. */
	do {
		const struct dir_snapshot *s = directory_get(world.live);

		asks = in_force(s, "d7.test", OPTION_ASKS);
		directory_put(s);
	} while (!atomic_load(&readers_stop) && asks >= 4 && asks <= 7);
	return asks >= 4 && asks <= 7 ? arg : NULL;
}

static void
readers_go_on_while_a_tenant_changes(void **state)
{
	pthread_t readers[4];
	void *done;

	(void)state;
	atomic_store(&readers_stop, false);
	for (size_t i = 0; i < OCT_LEN(readers); i++)
		assert_int_equal(
		    pthread_create(&readers[i], NULL, read_on, readers), 0);
	for (int i = 0; i < 20; i++) {
		MUST(tenant("many", "set",
		    i % 2 == 0 ? "{\"asks\":6}" : "{\"asks\":7}"));
		(void)wait_for("d7.test", OPTION_ASKS, i % 2 == 0 ? 6 : 7);
	}
	atomic_store(&readers_stop, true);
	for (size_t i = 0; i < OCT_LEN(readers); i++) {
		assert_int_equal(pthread_join(readers[i], &done), 0);
		assert_non_null(done);
	}
}

int
main(void)
{
	/* In this order: they go on with what earlier ones left. */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		the_innermost_level_wins_everywhere_within_a_second),
	    cmocka_unit_test(an_unknown_tenant_gives_nothing_until_it_comes),
	    cmocka_unit_test(the_disk_copy_has_tenants),
	    cmocka_unit_test(one_domain_is_read_with_its_tenant),
	    cmocka_unit_test(wrong_changes_are_refused_in_words),
	    cmocka_unit_test(a_protection_is_lifted_with_a_ground_only),
	    cmocka_unit_test(what_no_domain_names_can_go),
	    cmocka_unit_test(a_tenant_of_many_domains_changes_at_once),
	    cmocka_unit_test(readers_go_on_while_a_tenant_changes),
	};
	int rc = test_redis_start(&world.redis);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	(void)signal(SIGPIPE, SIG_IGN);
	oct_log_open("test_directory_tenant", OCT_LOG_STDERR, OCT_NOTICE);
	rc = cmocka_run_group_tests_name(
	    "directory_tenant", tests, set_up, tear_down);
	test_redis_stop(&world.redis);
	return rc;
}
