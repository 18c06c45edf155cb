/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the provisioned model share: a real Redis, and files that
 * are read, planned and applied.
 */
#ifndef OCT_TESTS_MODEL_FIXTURE_H
#define OCT_TESTS_MODEL_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/closing.h"
#include "policy/journal.h"
#include "policy/keys.h"
#include "policy/model.h"
#include "tests/support/redis.h"

#define FILE_MAX (4u << 20)
#define NOON 1795255200000LL /* 2026-11-21 */

static struct {
	struct test_redis redis;
	struct store *store;
} world;

static char problem[MODEL_PROBLEM_SIZE];

static OCT_UNUSED int
reset(void **state)
{
	(void)state;
	oct_clock_set_wall_ms(NOON);
	return test_redis_do(&world.redis, "FLUSHALL") == 1 ? 0 : -1;
}

static OCT_UNUSED struct model *
parsed(const char *text)
{
	struct model *m = NULL;
	int rc = model_parse(text, &m, problem);

	if (rc != 0)
		print_error("%s\n%s\n", problem, text);
	assert_int_equal(rc, 0);
	return m;
}

static OCT_UNUSED struct model *
loaded(const char *tenant)
{
	struct model *m = NULL;

	assert_int_equal(model_load(world.store, tenant, &m), 0);
	return m;
}

/* The caller frees. */
static OCT_UNUSED char *
written(const struct model *m, bool secrets)
{
	struct oct_str out;

	oct_str_heap(&out, FILE_MAX);
	model_write(m, secrets, &out);
	assert_int_equal(oct_str_err(&out), 0);
	return oct_str_take(&out);
}

static OCT_UNUSED char *
exported(const char *tenant)
{
	struct model *m = loaded(tenant);
	char *text = written(m, true);

	model_free(m);
	return text;
}

static OCT_UNUSED void
plan_of(const char *text, bool close_missing, struct model_plan *p)
{
	struct model *live = loaded(NULL), *wanted = parsed(text);
	int rc = model_diff(live, wanted, close_missing, p, problem);

	if (rc != 0)
		print_error("%s\n", problem);
	assert_int_equal(rc, 0);
	model_free(live);
	model_free(wanted);
}

static OCT_UNUSED size_t
changes_of(const char *text, bool close_missing)
{
	struct model_plan p;
	size_t n;

	plan_of(text, close_missing, &p);
	n = p.count;
	model_plan_free(&p);
	return n;
}

static OCT_UNUSED int
apply(const char *text, bool close_missing, struct model_applied *done)
{
	char fingerprint[MODEL_FINGERPRINT_SIZE];
	struct model_plan p;
	int rc;

	plan_of(text, close_missing, &p);
	model_fingerprint(&p, fingerprint);
	rc = model_apply(
	    world.store, &p, fingerprint, "test", done, problem);
	model_plan_free(&p);
	return rc;
}

static OCT_UNUSED void
must_apply(const char *text, bool close_missing)
{
	struct model_applied done;
	int rc = apply(text, close_missing, &done);

	if (rc != 0)
		print_error("%s\n", problem);
	assert_int_equal(rc, 0);
}

static OCT_UNUSED const char story[] =
    "# everything\n"
    "scope all\n"
    "plan technologie\n"
    "\tname = Technologie\n"
    "\tmailboxes = 1\n"
    "\tquota = 5120M\n"
    "\n"
    "price 2026\n"
    "  from = 2026-01-01\n"
    "  items = mailbox=12.5,challenge=6\n"
    "tenant agen\n"
    "\tname = \" Commune d'\\\"Agen\\\"\"\n"
    "\tkind = commune\n"
    "\tpopulation = 33000\n"
    "\tplan = technologie\n"
    "legacy mairie.agen@orange.fr agen.fr\n"
    "\tmailbox = accueil\n"
    "\thow = forwarded\n"
    "mailbox accueil@agen.fr\n"
    "\tname = # l'accueil\n"
    "\tforward = a@b.test\n"
    "\tstatutory_x = 1\n"
    "domain ch\xc3\xa2teau.fr\n"
    "\ttenant = agen\n"
    "domain agen.fr\n"
    "\ttenant = agen\n"
    "\tchallenge = first-contact\n"
    "\ttag = 4.5\n"
    "\tstatutory = maire, cabinet\n"
    "group elus@agen.fr\n"
    "\ttargets = accueil@agen.fr, x@y.test\n"
    "alias contact@agen.fr\n"
    "\ttargets = accueil@agen.fr\n";

/* The story without the line that is wrong in it. */
static OCT_UNUSED char *
right_story(void)
{
	const char *wrong = strstr(story, "\tstatutory_x");
	struct oct_str out;

	oct_str_heap(&out, FILE_MAX);
	oct_str_addn(&out, story, (size_t)(wrong - story));
	oct_str_add(&out, strchr(wrong, '\n') + 1);
	return oct_str_take(&out);
}

/* A change past the plan, as octroictl makes them. */
static OCT_UNUSED void
set(const char *domain, const char *local, const char *json)
{
	const struct dir_change c = {
	    .domain = domain, .local = local, .json = json, .actor = "else"};
	char why[256];

	assert_int_equal(directory_change(world.store, &c, why), 0);
}

#define RUN_MODEL_TESTS(name, tests) \
	run_model_tests(name, tests, OCT_LEN(tests))

/* The exit status of the program of that name. */
static OCT_UNUSED int
run_model_tests(const char *name, const struct CMUnitTest *tests, size_t count)
{
	struct store_conf conf;
	int failed;

	if (sodium_init() < 0)
		return 1;
	failed = test_redis_start(&world.redis);
	if (failed != 0)
		return failed == TEST_REDIS_SKIP ? failed : 1;
	store_conf_init(&conf);
	conf.address = world.redis.address;
	if (store_new(&conf, &world.store) != 0)
		return 1;
	failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	store_free(world.store);
	test_redis_stop(&world.redis);
	return failed;
}

#endif
