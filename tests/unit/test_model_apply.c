/* SPDX-License-Identifier: Apache-2.0 */
/* What would change, and making it so, against a real Redis. */
#include "policy/allowance.h"
#include "tests/unit/model_fixture.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
		    a_plan_refuses_what_it_does_not_include, reset),
		cmocka_unit_test_setup(
		    what_a_tenant_sets_for_all_counts_too, reset),
	};

	return RUN_MODEL_TESTS("test_model_apply", tests);
}
