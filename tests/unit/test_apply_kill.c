/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An apply that is killed: every domain is as it was or as it shall be, and the
 * same command does the rest.  Against a real Redis.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/model.h"
#include "policy/turn.h"
#include "tests/support/redis.h"

#define FILE_MAX (8u << 20)
#define DOMAINS 60
#define MAILBOXES 12
#define TENANTS 6
#define ROUNDS 14

static struct {
	struct test_redis redis;
	struct store *store;
} world;

static char problem[MODEL_PROBLEM_SIZE];

static struct store *
connect_store(void)
{
	struct store_conf conf;
	struct store *s = NULL;

	store_conf_init(&conf);
	conf.address = world.redis.address;
	assert_int_equal(store_new(&conf, &s), 0);
	return s;
}

/* Tenants with plans, so that an apply has their turns while it runs. */
static char *
site(const char *name)
{
	struct oct_str out;

	oct_str_heap(&out, FILE_MAX);
	oct_str_add(&out, "scope all\nplan p\n\tmailboxes = 500\n");
	for (unsigned int t = 0; t < TENANTS; t++)
		oct_str_addf(&out, "tenant t%u\n\tplan = p\n", t);
	for (unsigned int d = 0; d < DOMAINS; d++) {
		oct_str_addf(&out, "domain d%02u.test\n\ttenant = t%u\n", d,
		    d % TENANTS);
		for (unsigned int m = 0; m < MAILBOXES; m++)
			oct_str_addf(&out,
			    "mailbox m%02u@d%02u.test\n\tname = %s\n", m, d,
			    name);
	}
	return oct_str_take(&out);
}

/* What is still to be done for the file, made with that fingerprint. */
static int
apply(struct store *store, const char *text, const char *fingerprint,
    struct model_applied *done)
{
	struct model *live = NULL, *wanted = NULL;
	struct model_plan p;
	int rc = model_load(store, NULL, &live);

	if (rc == 0)
		rc = model_parse(text, &wanted, problem);
	if (rc == 0)
		rc = model_diff(live, wanted, false, &p, problem);
	if (rc == 0) {
		rc = model_apply(
		    store, &p, fingerprint, "killed", done, problem);
		model_plan_free(&p);
	}
	model_free(live);
	model_free(wanted);
	return rc;
}

/* How many domains are as they shall be; one that is neither is a fault. */
static size_t
count_whole(const char *name)
{
	struct model *live = NULL;
	size_t whole = 0;

	assert_int_equal(model_load(world.store, NULL, &live), 0);
	for (unsigned int d = 0; d < DOMAINS; d++) {
		char domain[16], local[8], text[32];
		size_t there = 0;

		(void)snprintf(domain, sizeof(domain), "d%02u.test", d);
		for (unsigned int m = 0; m < MAILBOXES; m++) {
			const struct model_item *i;

			(void)snprintf(local, sizeof(local), "m%02u", m);
			i = model_find(live, DIR_KIND_MAILBOX, domain, local);
			if (i == NULL)
				continue;
			model_text(i, "name", text, sizeof(text));
			there += strcmp(text, name) == 0;
		}
		assert_true(there == 0 || there == MAILBOXES);
		whole += there == MAILBOXES;
	}
	model_free(live);
	return whole;
}

/* The fingerprint of what is to be done, with nothing done. */
static void
show(const char *text, char fingerprint[MODEL_FINGERPRINT_SIZE])
{
	struct model *live = NULL, *wanted = NULL;
	struct model_plan p;

	assert_int_equal(model_load(world.store, NULL, &live), 0);
	assert_int_equal(model_parse(text, &wanted, problem), 0);
	assert_int_equal(model_diff(live, wanted, false, &p, problem), 0);
	model_fingerprint(&p, fingerprint);
	model_plan_free(&p);
	model_free(live);
	model_free(wanted);
}

/* Killed as soon as that domain is there, if it is not over before. */
static void
kill_one(const char *text, const char *fingerprint, unsigned int domain)
{
	struct model_applied done;
	pid_t pid = fork();
	int over = 0;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(apply(connect_store(), text, fingerprint, &done) == 0
			? 0
			: 1);
	while (over == 0 &&
	       test_redis_do(&world.redis, "EXISTS oct:{d%02u.test}:mbx",
		   domain) == 0)
		over = waitpid(pid, NULL, WNOHANG);
	if (over != 0)
		return;
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
what_is_killed_is_taken_up_again(void **state)
{
	char fingerprint[MODEL_FINGERPRINT_SIZE];
	struct model_applied done;
	size_t partly = 0;

	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		int64_t from = oct_clock_mono_ms();
		char name[16], *text;
		size_t whole;

		(void)snprintf(name, sizeof(name), "tour %u", round);
		text = site(name);
		assert_int_equal(
		    test_redis_do(&world.redis, "FLUSHALL"), 1);
		show(text, fingerprint);
		/* Twice, the second time while it does the rest. */
		kill_one(text, fingerprint, round * 3);
		whole = count_whole(name);
		partly += whole > 0 && whole < DOMAINS;
		kill_one(text, fingerprint, round * 3 + 10);
		assert_true(count_whole(name) >= whole);
		if (apply(world.store, text, fingerprint, &done) != 0)
			print_error("%s\n", problem);
		assert_int_equal(
		    apply(world.store, text, fingerprint, &done), 0);
		assert_int_equal(done.units, 0);
		assert_int_equal(count_whole(name), DOMAINS);
		/* Nobody waits for the turns of who was killed. */
		assert_true(oct_clock_mono_ms() - from < TURN_MS);
		free(text);
	}
	(void)printf("  %zu of %d were cut in the middle\n", partly, ROUNDS);
	assert_true(partly > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_killed_is_taken_up_again),
	};
	int failed;

	if (sodium_init() < 0)
		return 1;
	failed = test_redis_start(&world.redis);
	if (failed != 0)
		return failed == TEST_REDIS_SKIP ? failed : 1;
	world.store = connect_store();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	store_free(world.store);
	test_redis_stop(&world.redis);
	return failed;
}
