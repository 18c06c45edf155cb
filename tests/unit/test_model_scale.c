/* SPDX-License-Identifier: Apache-2.0 */
/* Two who apply at the same time, and a whole site at once. */
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <time.h>

#include "tests/unit/model_fixture.h"

/* --- Side by side -------------------------------------------------------- */

#define RACERS 4
#define ROUNDS 25

struct racer {
	unsigned int number, applied, moved;
};

/* A file that sets two mailboxes of each domain to a value of the racer's. */
static void
race_file(const struct racer *r, unsigned int round, struct oct_str *out)
{
	for (unsigned int d = 0; d < 3; d++) {
		oct_str_addf(out, "domain d%u.test\n", d);
		for (unsigned int m = 0; m < 8; m++)
			oct_str_addf(out,
			    "mailbox m%u@d%u.test\n\tname = %u/%u\n", m, d,
			    r->number, round);
	}
}

static int
race_once(struct racer *r, const char *text)
{
	char fingerprint[MODEL_FINGERPRINT_SIZE], actor[16];
	char what[MODEL_PROBLEM_SIZE];
	struct model *live = NULL, *wanted = NULL;
	struct model_applied done;
	struct model_plan p;
	int rc = model_load(world.store, NULL, &live);

	if (rc == 0)
		rc = model_parse(text, &wanted, what);
	if (rc == 0)
		rc = model_diff(live, wanted, false, &p, what);
	if (rc == 0) {
		(void)snprintf(actor, sizeof(actor), "racer%u", r->number);
		model_fingerprint(&p, fingerprint);
		rc = model_apply(
		    world.store, &p, fingerprint, actor, &done, what);
		model_plan_free(&p);
	}
	model_free(live);
	model_free(wanted);
	return rc;
}

static void *
race(void *arg)
{
	struct racer *r = arg;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct oct_str text;
		int rc;

		oct_str_heap(&text, FILE_MAX);
		race_file(r, i, &text);
		rc = race_once(r, oct_str_text(&text));
		oct_str_free(&text);
		r->applied += rc == 0;
		r->moved += rc == OCT_ECONFLICT;
		if (rc != 0 && rc != OCT_ECONFLICT)
			return r;
	}
	return NULL;
}

struct order {
	char actor[32], value[32];
	unsigned int run; /* entries of this apply so far */
	unsigned int bad;
};

/* Every apply changes all eight mailboxes of a domain, one after the other. */
static int
check_order(void *arg, const struct journal_entry *e)
{
	struct order *o = arg;
	const char *value =
	    json_string_value(json_object_get(e->after, "name"));

	if (strcmp(e->kind, "mailbox") != 0 ||
	    strncmp(e->actor, "racer", 5) != 0)
		return 0;
	if (o->run % 8 != 0 && (strcmp(o->actor, e->actor) != 0 ||
				   strcmp(o->value, value) != 0))
		o->bad++;
	(void)snprintf(o->actor, sizeof(o->actor), "%s", e->actor);
	(void)snprintf(o->value, sizeof(o->value), "%s", value);
	o->run++;
	return 0;
}

static void
applies_never_interleave_within_a_domain(void **state)
{
	struct racer racers[RACERS];
	pthread_t threads[RACERS];
	unsigned int applied = 0, moved = 0;

	(void)state;
	must_apply("domain d0.test\ndomain d1.test\ndomain d2.test\n"
		   "mailbox m0@d0.test\nmailbox m0@d1.test\n",
	    false);
	for (unsigned int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){.number = i};
		assert_int_equal(
		    pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (unsigned int i = 0; i < RACERS; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
		applied += racers[i].applied;
		moved += racers[i].moved;
	}
	(void)printf("  applied %u, moved %u\n", applied, moved);
	assert_true(applied > 0);
	for (unsigned int d = 0; d < 3; d++) {
		struct order o = {.run = 0};
		struct journal_of of = {NULL, NULL};
		char name[16];

		(void)snprintf(name, sizeof(name), "d%u.test", d);
		of.domain = name;
		assert_int_equal(
		    journal_read(world.store, &of, check_order, &o), 0);
		assert_int_equal(o.bad, 0);
		assert_int_equal(o.run % 8, 0);
		assert_true(o.run >= 8);
	}
}

/* --- Size ---------------------------------------------------------------- */

static char *
big_file(unsigned int domains, unsigned int each)
{
	struct oct_str out;

	oct_str_heap(&out, 64u << 20);
	/* With a plan: what is added is counted. */
	oct_str_add(&out, "plan p\n\tmailboxes = 20000\n\tquota = 5G\n");
	for (unsigned int t = 0; t < 300; t++)
		oct_str_addf(&out,
		    "tenant t%u\n\tname = Commune %u\n\tkind = commune\n"
		    "\tplan = p\n",
		    t, t);
	for (unsigned int d = 0; d < domains; d++) {
		oct_str_addf(
		    &out, "domain d%u.test\n\ttenant = t%u\n", d, d % 300);
		for (unsigned int m = 0; m < each; m++)
			oct_str_addf(&out,
			    "mailbox m%u@d%u.test\n\tname = Personne %u\n"
			    "\tstorage = 5G\n\tcredential = $argon2id$v=19$"
			    "m=65536,t=2,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFh\n",
			    m, d, m);
	}
	return oct_str_take(&out);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOWER 10
#else
#define SLOWER 1
#endif

/* Of CPU time, so that other work of the machine does not count; wall time is
 * measured by make bench-plan. */
static int64_t
cpu_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
a_whole_site_is_planned_and_applied_in_time(void **state)
{
	char *text = big_file(1000, 10);
	int64_t from = cpu_ms(), planned, applied;
	struct model_applied done;

	(void)state;
	assert_int_equal(changes_of(text, false), 11301);
	planned = cpu_ms();
	assert_int_equal(apply(text, false, &done), 0);
	applied = cpu_ms();
	(void)printf("  plan of an empty store %" PRId64 " ms, apply %" PRId64
		     " ms\n",
	    planned - from, applied - planned);
	assert_true(planned - from < 2000 * SLOWER);
	assert_true(applied - planned < 30000 * SLOWER);
	from = cpu_ms();
	assert_int_equal(changes_of(text, true), 0);
	planned = cpu_ms();
	(void)printf("  plan without a change %" PRId64 " ms\n",
	    planned - from);
	assert_true(planned - from < 2000 * SLOWER);
	free(text);
}

static void
a_domain_is_one_transaction_however_large(void **state)
{
	char *text = big_file(1, 10000);
	struct model_applied done;

	(void)state;
	assert_int_equal(apply(text, false, &done), 0);
	assert_int_equal(done.units, 302);
	assert_int_equal(done.changes, 10302);
	assert_int_equal(changes_of(text, true), 0);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    applies_never_interleave_within_a_domain, reset),
		cmocka_unit_test_setup(
		    a_whole_site_is_planned_and_applied_in_time, reset),
		cmocka_unit_test_setup(
		    a_domain_is_one_transaction_however_large, reset),
	};

	return RUN_MODEL_TESTS("test_model_scale", tests);
}
