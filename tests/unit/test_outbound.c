/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/outbound.h"

#include "tests/unit/milter_fixture.h"

static void
extra(void)
{
	provision(D, "annie", true, "{\"targets\":[\"anne@" D "\"]}");
}

static int
set_up(void **state)
{
	(void)state;
	return start_world("", extra);
}

/* Fields of a hash in the store. */
static long long
fields(const char *key)
{
	return test_redis_do(&world.redis, "HLEN %s", key);
}

static long long
remembered(void)
{
	return test_redis_do(&world.redis, "EVAL %s 0",
	    "return #redis.call('KEYS', 'oct:{*}:sent:*')");
}

static void
the_login_must_own_the_reverse_path(void **state)
{
	static const struct {
		const char *name, *login, *rpath;
		bool own;
	} rows[] = {
		{ "its own", "anne@" D, "anne@" D, true },
		{ "in capitals", "Anne@Ville.Example", "ANNE@" D, true },
		{ "with a tag", "anne@" D, "anne+x@" D, true },
		{ "an alias of its own", "anne@" D, "annie@" D, true },
		{ "a group that it is in", "anne@" D, "tous@" D, true },
		{ "login by an alias", "annie@" D, "anne@" D, true },
		{ "login of a group", "tous@" D, "anne@" D, false },
		{ "somebody else's", "anne@" D, "bob@" D, false },
		{ "a stranger's", "anne@" D, "anne@far.example", false },
		{ "null", "anne@" D, "", false },
		{ "login without domain", "anne", "anne@" D, false },
		{ "login elsewhere", "anne@far.example", "anne@" D, false },
		{ "nobody's login", "nobody@" D, "anne@" D, false },
		{ "suspended", "suspendu@" D, "suspendu@" D, false },
	};
	const struct dir_snapshot *s = directory_get(world.app->directory);

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct dir_domain *d = NULL;
		const struct dir_mailbox *m;
		struct oct_addr rpath;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_addr_parse(*rows[i].rpath != '\0'
				     ? rows[i].rpath : "<>", &rpath),
		    0);
		m = outbound_mailbox(s, rows[i].login, &rpath, &d);
		assert_int_equal(m != NULL, rows[i].own);
		if (m != NULL)
			assert_string_equal(m->local, "anne");
	}
	directory_put(s);
}

#define SUBMIT .daemon = "ORIGINATING", .client = "192.0.2.50"

static void
a_person_who_writes_lets_answer(void **state)
{
	static const struct {
		const char *name;
		struct talk t;
		long long grants, ids;
	} rows[] = {
		{ "a letter",
		    { SUBMIT, .login = "anne@" D, .from = "anne@" D,
			.rcpt = { "alice@example.org", "x@far.example" } },
		    2, 1 },
		{ "in another's name",
		    { SUBMIT, .login = "bob@" D, .from = "anne@" D,
			.rcpt = { "alice@example.org" } },
		    0, 0 },
		{ "without login",
		    { SUBMIT, .from = "anne@" D,
			.rcpt = { "anne@" D } },
		    0, 0 },
		{ "a robot",
		    { SUBMIT, .login = "anne@" D, .from = "anne@" D,
			.rcpt = { "alice@example.org" },
			.field = { "Auto-Submitted: auto-replied" } },
		    0, 0 },
		{ "a list",
		    { SUBMIT, .login = "anne@" D, .from = "anne@" D,
			.rcpt = { "alice@example.org" },
			.field = { "List-Id: <x.example>" } },
		    0, 0 },
		{ "an id that nobody can name",
		    { SUBMIT, .login = "anne@" D, .from = "anne@" D,
			.id = "broken", .rcpt = { "alice@example.org" } },
		    1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char key[KEY_SIZE];
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		(void)test_redis_do(&world.redis, "DEL %s",
		    key_grants(key, D, "anne"));
		(void)test_redis_do(&world.redis, "EVAL %s 0",
		    "for _, k in ipairs(redis.call('KEYS', 'oct:{*}:sent:*')) "
		    "do redis.call('DEL', k) end");
		talk(&rows[i].t, &o);
		assert_int_equal(fields(key), rows[i].grants);
		assert_int_equal(remembered(), rows[i].ids);
		end(&o);
	}
}

static void
who_was_waiting_is_let_in(void **state)
{
	static const struct talk in = { .from = "alice@example.org",
		.rcpt = { "anne@" D } };
	static const struct talk out = { SUBMIT, .login = "anne@" D,
		.from = "anne@" D, .rcpt = { "Alice@example.org" } };
	struct case_item i;
	struct outcome o;

	(void)state;
	talk(&in, &o);
	assert_true(o.actions.accepted);
	end(&o);
	i = held_item("anne", 0);
	assert_string_equal(i.want, "");
	case_item_fini(&i);
	talk(&out, &o);
	end(&o);
	i = held_item("anne", 0);
	assert_string_equal(i.want, "outbound");
	case_item_fini(&i);
}

static void
without_the_store_it_goes_out(void **state)
{
	static const struct talk t = { SUBMIT, .login = "anne@" D,
		.from = "anne@" D, .rcpt = { "alice@example.org" } };
	struct outcome o;

	(void)state;
	test_redis_kill(&world.redis, SIGKILL);
	talk(&t, &o);
	assert_true(o.actions.accepted);
	end(&o);
	assert_int_equal(test_redis_again(&world.redis), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, stop_world)
	const struct CMUnitTest tests[] = {
		T(the_login_must_own_the_reverse_path),
		T(a_person_who_writes_lets_answer),
		T(who_was_waiting_is_let_in),
		T(without_the_store_it_goes_out),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_outbound", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("outbound", tests, NULL,
		    NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}
