/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is provisioned as a file, what would change, and making it so, against a
 * real Redis.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/allowance.h"
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

static int
reset(void **state)
{
	(void)state;
	oct_clock_set_wall_ms(NOON);
	return test_redis_do(&world.redis, "FLUSHALL") == 1 ? 0 : -1;
}

static struct model *
parsed(const char *text)
{
	struct model *m = NULL;
	int rc = model_parse(text, &m, problem);

	if (rc != 0)
		print_error("%s\n%s\n", problem, text);
	assert_int_equal(rc, 0);
	return m;
}

static struct model *
loaded(const char *tenant)
{
	struct model *m = NULL;

	assert_int_equal(model_load(world.store, tenant, &m), 0);
	return m;
}

/* The caller frees. */
static char *
written(const struct model *m, bool secrets)
{
	struct oct_str out;

	oct_str_heap(&out, FILE_MAX);
	model_write(m, secrets, &out);
	assert_int_equal(oct_str_err(&out), 0);
	return oct_str_take(&out);
}

static char *
exported(const char *tenant)
{
	struct model *m = loaded(tenant);
	char *text = written(m, true);

	model_free(m);
	return text;
}

static void
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

static size_t
changes_of(const char *text, bool close_missing)
{
	struct model_plan p;
	size_t n;

	plan_of(text, close_missing, &p);
	n = p.count;
	model_plan_free(&p);
	return n;
}

static int
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

static void
must_apply(const char *text, bool close_missing)
{
	struct model_applied done;
	int rc = apply(text, close_missing, &done);

	if (rc != 0)
		print_error("%s\n", problem);
	assert_int_equal(rc, 0);
}

/* --- The file ------------------------------------------------------------ */

static const char story[] =
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

static const char story_written[] =
    "# octroi: what is provisioned, octroictl(8)\n"
    "scope all\n"
    "\nplan technologie\n"
    "\tname = Technologie\n"
    "\tmailboxes = 1\n"
    "\tquota = 5G\n"
    "\nprice 2026\n"
    "\tfrom = 2026-01-01\n"
    "\titems = mailbox=12.50, challenge=6.00\n"
    "\ntenant agen\n"
    "\tname = \" Commune d'\\\"Agen\\\"\"\n"
    "\tkind = commune\n"
    "\tpopulation = 33000\n"
    "\tplan = technologie\n"
    "\ndomain agen.fr\n"
    "\ttenant = agen\n"
    "\tstatutory = maire, cabinet\n"
    "\ttag = 4.5\n"
    "\tchallenge = first-contact\n"
    "mailbox accueil@agen.fr\n"
    "\tname = # l'accueil\n"
    "\tforward = a@b.test\n"
    "alias contact@agen.fr\n"
    "\ttargets = accueil@agen.fr\n"
    "group elus@agen.fr\n"
    "\ttargets = accueil@agen.fr, x@y.test\n"
    "\tpost = anyone\n"
    "legacy mairie.agen@orange.fr agen.fr\n"
    "\tmailbox = accueil\n"
    "\thow = forwarded\n"
    "\n# ch\xc3\xa2teau.fr\n"
    "domain xn--chteau-xta.fr\n"
    "\ttenant = agen\n";

/* The story without the line that is wrong in it. */
static char *
right_story(void)
{
	const char *wrong = strstr(story, "\tstatutory_x");
	struct oct_str out;

	oct_str_heap(&out, FILE_MAX);
	oct_str_addn(&out, story, (size_t)(wrong - story));
	oct_str_add(&out, strchr(wrong, '\n') + 1);
	return oct_str_take(&out);
}

static void
a_file_has_one_spelling(void **state)
{
	char *text = right_story(), *once, *twice;
	struct model *m = parsed(text);

	(void)state;
	once = written(m, false);
	assert_string_equal(once, story_written);
	model_free(m);
	m = parsed(once);
	twice = written(m, false);
	assert_string_equal(twice, once);
	model_free(m);
	free(text);
	free(once);
	free(twice);
}

static const struct {
	const char *text, *says;
} wrong_files[] = {
    {story, "line 22: a mailbox has no attribute 'statutory_x'"},
    {"\tname = x\n", "line 1: an attribute of no entry"},
    {"mailbox a@b.test\n\tname\n", "line 2: expected: attribute = value"},
    {"mailbox a@b.test\n\tname = \"x\n", "a quote is not closed"},
    {"mailbox a@b.test\n\tstorage = lots\n", "attribute storage of a mailbox "},
    {"mailbox a\n", "'a' is no mail address"},
    {"domain a b\n", "expected: domain NAME"},
    {"legacy a@b.test\n", "expected: legacy ADDRESS DOMAIN"},
    {"post a\n", "'post': expected plan"},
    {"domain a.test\nscope all\n", "scope belongs before"},
    {"scope tenant\n", "scope all, or scope tenant"},
    {"tenant a/b\n", "an id has at most"},
    {"alias a@b.test\n", "needs the attribute targets"},
    {"alias a@b.test\n\ttargets = a+x@b.test\n", "its own target"},
    {"domain a.test\n\tstate = closing\n", "needs closes"},
    {"mailbox a@b.test\n\tclosed = 2026-01-01\n", "the state closed"},
    {"mailbox a@b.test\n\tkeep_copy = no\n", "needs a forward"},
    {"legacy a@b.test c.test\n", "needs the mailbox"},
    {"tenant a\n\tcontract_notice = 2026-01-01\n", "go together"},
    {"domain a.test\ndomain A.test\n", "there twice"},
    {"domain a.test x y z\n", "was not expected"},
};

static void
a_wrong_file_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(wrong_files); i++) {
		struct model *m = NULL;

		(void)printf("  %s\n", wrong_files[i].says);
		assert_int_equal(
		    model_parse(wrong_files[i].text, &m, problem), OCT_EPARSE);
		if (strstr(problem, wrong_files[i].says) == NULL)
			print_error("says: %s\n", problem);
		assert_non_null(strstr(problem, wrong_files[i].says));
	}
}

/* --- Making it so -------------------------------------------------------- */

static void
what_is_exported_is_what_was_applied(void **state)
{
	char *text = right_story(), *out;
	struct model *m;

	(void)state;
	must_apply(text, false);
	m = parsed(text);
	free(text);
	text = written(m, true);
	out = exported(NULL);
	assert_string_equal(out, text);
	assert_int_equal(changes_of(out, true), 0);
	model_free(m);
	free(text);
	free(out);
	out = exported("agen");
	assert_non_null(strstr(out, "scope tenant agen\n"));
	assert_int_equal(changes_of(out, true), 0);
	free(out);
}

/* A change past the plan, as octroictl makes them. */
static void
set(const char *domain, const char *local, const char *json)
{
	const struct dir_change c = {
	    .domain = domain, .local = local, .json = json, .actor = "else"};
	char why[256];

	assert_int_equal(directory_change(world.store, &c, why), 0);
}

static const char two[] = "domain a.test\n"
			  "mailbox x@a.test\n"
			  "domain b.test\n"
			  "mailbox y@b.test\n";
static const char two_after[] = "domain a.test\n"
				"mailbox x@a.test\n"
				"\tstorage = 1G\n"
				"mailbox z@a.test\n"
				"domain b.test\n"
				"\tlang = en\n"
				"mailbox y@b.test\n"
				"\tstorage = 2G\n";

static void
a_state_that_has_moved_is_left_alone(void **state)
{
	char fingerprint[MODEL_FINGERPRINT_SIZE], none[] =
	    "00000000000000000000000000000000";
	struct model_applied done;
	struct model_plan p, again;
	char *out;

	(void)state;
	must_apply(two, false);
	plan_of(two_after, false, &p);
	model_fingerprint(&p, fingerprint);
	assert_int_equal(
	    model_apply(world.store, &p, none, "test", &done, problem),
	    OCT_ECONFLICT);
	assert_non_null(strstr(problem, "plan again"));

	/* b moves under us: a is done, b is left as it is. */
	set("b.test", "y", "{\"storage\":\"3G\"}");
	assert_int_equal(
	    model_apply(world.store, &p, fingerprint, "test", &done, problem),
	    OCT_ECONFLICT);
	assert_non_null(strstr(problem, "domain b.test"));
	assert_int_equal(done.units, 1);
	out = exported(NULL);
	assert_non_null(strstr(out, "mailbox z@a.test"));
	assert_null(strstr(out, "lang = en"));
	assert_non_null(strstr(out, "storage = 3G"));
	free(out);
	model_plan_free(&p);

	/* It is not what was shown. */
	plan_of(two_after, false, &again);
	assert_int_equal(model_apply(world.store, &again, fingerprint, "test",
			     &done, problem),
	    OCT_ECONFLICT);
	model_plan_free(&again);

	/* As it was: the rest is done, once. */
	set("b.test", "y", "{\"storage\":\"\"}");
	plan_of(two_after, false, &again);
	assert_int_equal(model_apply(world.store, &again, fingerprint, "test",
			     &done, problem),
	    0);
	assert_int_equal(done.units, 1);
	model_plan_free(&again);
	plan_of(two_after, false, &again);
	assert_int_equal(again.count, 0);
	assert_int_equal(model_apply(world.store, &again, fingerprint, "test",
			     &done, problem),
	    0);
	assert_int_equal(done.units, 0);
	model_plan_free(&again);
}

static void
an_entry_that_nobody_plans_may_change_meanwhile(void **state)
{
	char fingerprint[MODEL_FINGERPRINT_SIZE];
	struct model_applied done;
	struct model_plan p;

	(void)state;
	must_apply("domain a.test\nmailbox x@a.test\nmailbox w@a.test\n",
	    false);
	plan_of("mailbox x@a.test\n\tstorage = 1G\n", false, &p);
	model_fingerprint(&p, fingerprint);
	set("a.test", "w", "{\"storage\":\"3G\"}");
	set("a.test", NULL, "{\"lang\":\"en\"}");
	assert_int_equal(
	    model_apply(world.store, &p, fingerprint, "test", &done, problem),
	    0);
	model_plan_free(&p);
}

static void
what_is_missing_is_closed_only_if_asked(void **state)
{
	struct model_plan p;
	char *out;

	(void)state;
	must_apply("tenant t\ndomain a.test\n\ttenant = t\nmailbox x@a.test\n"
		   "mailbox y@a.test\n\tcredential = external\n"
		   "domain b.test\n\ttenant = t\ndomain c.test\n",
	    false);
	plan_of("domain a.test\n\ttenant = t\nmailbox y@a.test\n", false, &p);
	assert_int_equal(p.count, 0); /* nor is a credential taken away */
	assert_int_equal(p.missing, 1);
	model_plan_free(&p);
	plan_of("domain a.test\n\ttenant = t\nmailbox y@a.test\n", true, &p);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.changes[0].verb, MODEL_CLOSE);
	assert_string_equal(p.changes[0].item.name, "x");
	model_plan_free(&p);
	/* A tenant's file speaks for all its domains, and no other's. */
	must_apply("scope tenant t\ntenant t\ndomain a.test\n\ttenant = t\n"
		   "mailbox x@a.test\n",
	    true);
	out = exported(NULL);
	assert_non_null(
	    strstr(out, "mailbox y@a.test\n\tstate = closed\n"
			"\tcredential = external\n\tclosed = 2026-11-21\n"));
	assert_non_null(strstr(out, "domain b.test\n\tstate = closed\n"));
	assert_non_null(strstr(out, "domain c.test\n"));
	free(out);
	/* What is closed comes back with its file. */
	plan_of("mailbox y@a.test\n", false, &p);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.changes[0].verb, MODEL_REOPEN);
	model_plan_free(&p);
}

static void
what_does_not_fit_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
	    {"mailbox x@nowhere.test\n", "there is no domain nowhere.test"},
	    {"mailbox team@a.test\n", "already an alias"},
	    {"alias x@a.test\n\ttargets = y@z.test\n", "already a mailbox"},
	    {"mailbox q@a.test\nalias q@a.test\n\ttargets = x@a.test\n",
		"of that name"},
	};

	(void)state;
	must_apply("domain a.test\nmailbox x@a.test\n"
		   "alias team@a.test\n\ttargets = x@a.test\n",
	    false);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct model *live = loaded(NULL),
			     *wanted = parsed(rows[i].text);
		struct model_plan p;

		assert_int_equal(
		    model_diff(live, wanted, false, &p, problem), OCT_EPARSE);
		assert_non_null(strstr(problem, rows[i].says));
		model_free(live);
		model_free(wanted);
	}
}

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

/* --- Plans --------------------------------------------------------------- */

static const char with_plan[] =
    "plan technologie\n\tname = Technologie\n\tmailboxes = 1\n\tquota = 5G\n"
    "\tchallenge_addresses = 0\n\tdomains = 1\n"
    "tenant v\n\tplan = technologie\n"
    "domain v.test\n\ttenant = v\nmailbox a@v.test\ndomain w.test\n";

static const struct {
	const char *name, *domain, *local, *json;
	bool create;
	const char *says; /* NULL = allowed */
} asks[] = {
    {"a second mailbox", "v.test", "b", "{}", true,
	"plan Technologie includes 1 mailbox; there would be 2; lift: "
	"octroictl tenant set v extra_mailboxes=1"},
    {"a closed mailbox", "v.test", "b", "{\"state\":\"closed\"}", true, NULL},
    {"to be opened again", "v.test", "b", "{\"state\":\"active\"}", false,
	"includes 1 mailbox"},
    {"more storage", "v.test", "a", "{\"storage\":\"10G\"}", false,
	"plan Technologie includes 5G a mailbox; 5G beyond that would be given "
	"out, none ordered; lift: octroictl tenant set v extra_storage=5G"},
    {"less storage", "v.test", "a", "{\"storage\":\"1G\"}", false, NULL},
    {"the Challenge option", "v.test", "a",
	"{\"challenge\":\"first-contact\"}", false,
	"0 addresses with the Challenge option; there would be 1"},
    {"for the whole domain", "v.test", NULL,
	"{\"challenge\":\"first-contact\"}", false, "Challenge option"},
    {"another domain", "x.test", NULL, "{\"tenant\":\"v\"}", true,
	"includes 1 domain; there would be 2"},
    {"a domain from elsewhere", "w.test", NULL, "{\"tenant\":\"v\"}", false,
	"includes 1 domain; there would be 2"},
    {"a name", "v.test", "a", "{\"name\":\"A\"}", false, NULL},
    {"nobody's", "w.test", "a", "{\"storage\":\"100G\"}", true, NULL},
};

/* What a tenant sets for all its mailboxes costs as much. */
static void
what_a_tenant_sets_for_all_counts_too(void **state)
{
	static const struct {
		const char *name, *json, *says;
	} rows[] = {
	    {"the option for all", "{\"challenge\":\"first-contact\"}",
		"plan Technologie includes 0 addresses with the Challenge "
		"option; there would be 1; lift: octroictl tenant set v "
		"extra_challenge=1"},
	    {"storage for all", "{\"storage\":\"10G\"}",
		"includes 5G a mailbox; 5G beyond that would be given out"},
	    {"a little storage", "{\"storage\":\"1G\"}", NULL},
	    {"more, and ordered",
		"{\"storage\":\"7G\",\"extra_storage\":\"2G\"}", NULL},
	    {"a smaller plan takes nothing away", "{\"plan\":\"less\"}", NULL},
	    {"and gives nothing more", "{\"storage\":\"8G\"}",
		"plan less includes 1G"},
	};

	(void)state;
	must_apply(with_plan, false);
	must_apply("plan less\n\tmailboxes = 0\n\tquota = 1G\n", false);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct dir_tenant_change c = {
		    .id = "v", .json = rows[i].json};
		char why[256];
		int rc = directory_change_tenant(world.store, &c, why);

		(void)printf("  %s\n", rows[i].name);
		if (rc != 0 && (rows[i].says == NULL ||
				   strstr(why, rows[i].says) == NULL))
			print_error("says: %s\n", why);
		assert_int_equal(rc, rows[i].says != NULL ? OCT_ELIMIT : 0);
		if (rows[i].says != NULL)
			assert_non_null(strstr(why, rows[i].says));
	}
}

static void
a_plan_refuses_what_it_does_not_include(void **state)
{
	static const struct dir_tenant_change more = {
	    .id = "v", .json = "{\"extra_mailboxes\":\"1\"}", .actor = "test"};
	struct dir_change c = {
	    .domain = "v.test", .local = "c", .create = true, .json = "{}"};
	char why[256];

	(void)state;
	must_apply(with_plan, false);
	for (size_t i = 0; i < OCT_LEN(asks); i++) {
		const struct dir_change ask = {.domain = asks[i].domain,
		    .local = asks[i].local,
		    .json = asks[i].json,
		    .create = asks[i].create};
		int rc = directory_change(world.store, &ask, why);

		(void)printf("  %s\n", asks[i].name);
		assert_int_equal(rc, asks[i].says != NULL ? OCT_ELIMIT : 0);
		if (asks[i].says == NULL)
			continue;
		if (strstr(why, asks[i].says) == NULL)
			print_error("says: %s\n", why);
		assert_non_null(strstr(why, asks[i].says));
	}
	assert_int_equal(directory_change(world.store, &c, why), OCT_ELIMIT);
	assert_int_equal(directory_change_tenant(world.store, &more, why), 0);
	assert_int_equal(directory_change(world.store, &c, why), 0);
}

/* --- The past ------------------------------------------------------------ */

static void
look(int64_t at_ms, const char *name, const char *json)
{
	const struct journal_of of = {"v.test", NULL};
	json_t *state = NULL;
	char *text;

	assert_int_equal(journal_at(world.store, &of, DIR_KIND_MAILBOX, name,
			     at_ms, &state),
	    1);
	text = state != NULL
	    ? json_dumps(state, JSON_COMPACT | JSON_SORT_KEYS)
	    : NULL;
	if (json == NULL)
		assert_null(text);
	else
		assert_string_equal(text, json);
	free(text);
	json_decref(state);
}

/* The journal is stamped by the clock of Redis, in milliseconds. */
static void
next_instant(void)
{
	int64_t from = oct_clock_wall_ms();

	while (oct_clock_wall_ms() < from + 2)
		(void)test_redis_do(&world.redis, "PING");
}

static void
the_past_can_be_asked(void **state)
{
	json_t *other = NULL;
	const struct journal_of of = {"v.test", NULL};
	char why[256];
	const struct dir_change gone = {.domain = "v.test",
	    .local = "a",
	    .remove = true};
	int64_t t[4];

	(void)state;
	oct_clock_set_wall_ms(-1);
	must_apply("domain v.test\n", false);
	t[0] = oct_clock_wall_ms();
	next_instant();
	must_apply("mailbox a@v.test\n\tname = A\n\tcredential = external\n",
	    false);
	t[1] = oct_clock_wall_ms();
	next_instant();
	set("v.test", "a",
	    "{\"name\":\"B\","
	    "\"credential\":\"$argon2id$v=19$m=1,t=1,p=1$YQ$YQ\"}");
	t[2] = oct_clock_wall_ms();
	next_instant();
	assert_int_equal(directory_change(world.store, &gone, why), 0);
	t[3] = oct_clock_wall_ms();
	look(t[0], "a", NULL);
	look(t[1], "a", "{\"credential\":\"external\",\"name\":\"A\"}");
	look(t[2], "a", "{\"credential\":\"set 5272\",\"name\":\"B\"}");
	look(t[3], "a", NULL);
	assert_int_equal(journal_at(world.store, &of, DIR_KIND_MAILBOX,
			     "nobody", t[3], &other),
	    0);
	/* Kept for the retention, and no longer. */
	assert_int_equal(journal_trim(world.store, t[0] - 86400000), 0);
	look(t[1], "a", "{\"credential\":\"external\",\"name\":\"A\"}");
}

static void
what_closes_is_closed_on_its_day(void **state)
{
	size_t done = 0;
	char *out;

	(void)state;
	must_apply("tenant t\n\tstate = closing\n\tcloses = 2027-01-01\n"
		   "domain a.test\n\tstate = closing\n\tcloses = 2027-01-01\n"
		   "mailbox x@a.test\n\tcloses = 2027-02-01\n",
	    false);
	assert_int_equal(
	    closing_due(world.store, "2026-12-31", "courier", &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(
	    closing_due(world.store, "2027-01-01", "courier", &done), 0);
	assert_int_equal(done, 2);
	assert_int_equal(
	    closing_due(world.store, "2027-02-01", "courier", &done), 0);
	assert_int_equal(done, 1);
	assert_int_equal(
	    closing_due(world.store, "2027-02-01", "courier", &done), 0);
	assert_int_equal(done, 0);
	out = exported(NULL);
	assert_null(strstr(out, "closes ="));
	assert_null(strstr(out, "closing"));
	assert_non_null(strstr(out, "closed = 2026-11-21"));
	free(out);
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
	    cmocka_unit_test(a_file_has_one_spelling),
	    cmocka_unit_test(a_wrong_file_is_refused_with_its_line),
	    cmocka_unit_test_setup(
		what_is_exported_is_what_was_applied, reset),
	    cmocka_unit_test_setup(
		a_state_that_has_moved_is_left_alone, reset),
	    cmocka_unit_test_setup(
		an_entry_that_nobody_plans_may_change_meanwhile, reset),
	    cmocka_unit_test_setup(
		what_is_missing_is_closed_only_if_asked, reset),
	    cmocka_unit_test_setup(what_does_not_fit_is_refused, reset),
	    cmocka_unit_test_setup(
		applies_never_interleave_within_a_domain, reset),
	    cmocka_unit_test_setup(
		a_plan_refuses_what_it_does_not_include, reset),
	    cmocka_unit_test_setup(
		what_a_tenant_sets_for_all_counts_too, reset),
	    cmocka_unit_test_setup(the_past_can_be_asked, reset),
	    cmocka_unit_test_setup(what_closes_is_closed_on_its_day, reset),
	    cmocka_unit_test_setup(
		a_whole_site_is_planned_and_applied_in_time, reset),
	    cmocka_unit_test_setup(
		a_domain_is_one_transaction_however_large, reset),
	};
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
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	store_free(world.store);
	test_redis_stop(&world.redis);
	return failed;
}
