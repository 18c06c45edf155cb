/* SPDX-License-Identifier: Apache-2.0 */
/* Mail that would come back to where it was (policy/route.c), over a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/route.h"

#define TWO                                                                    \
	"domain a.test\nmailbox m@a.test\nmailbox n@a.test\n"                  \
	"domain b.test\nmailbox m@b.test\n"

static const struct {
	const char *name, *text;
	const char *problem; /* part of it; NULL: there is none */
} cases[] = {
    {"nothing goes anywhere", TWO, NULL},
    {"forwarded elsewhere, and to another", TWO
	"mailbox o@a.test\n\tforward = m@b.test, x@far.test\n", NULL},
    {"forwarded to itself keeps its copy",
	"domain a.test\nmailbox m@a.test\n\tforward = M+x@a.test, x@far.test\n",
	NULL},
    {"two mailboxes to each other",
	"domain a.test\nmailbox m@a.test\n\tforward = m@b.test\n"
	"domain b.test\nmailbox m@b.test\n\tforward = m@a.test\n",
	"mail for m@a.test would come back to it by way of m@b.test"},
    {"three in a row", TWO
	"mailbox o@a.test\n\tforward = p@a.test\n"
	"mailbox p@a.test\n\tforward = m@a.test\n",
	NULL},
    {"by a tag and by case",
	"domain a.test\nmailbox m@a.test\n\tforward = n+tag@A.test\n"
	"mailbox n@a.test\n\tforward = M@a.test\n",
	"would come back to it"},
    {"by a group", TWO
	"alias tous@a.test\n\ttargets = m@a.test, o@a.test\n"
	"mailbox o@a.test\n\tforward = tous@a.test\n",
	"mail for o@a.test would come back to it by way of tous@a.test"},
    {"aliases in a circle", TWO
	"alias p@a.test\n\ttargets = m@a.test, q@b.test\n"
	"alias q@b.test\n\ttargets = r@a.test\n"
	"alias r@a.test\n\ttargets = p@a.test\n",
	"would come back to it"},
    {"a closed alias leads nowhere", TWO
	"alias p@a.test\n\ttargets = m@a.test, q@b.test\n"
	"alias q@b.test\n\tstate = closed\n\ttargets = p@a.test\n",
	NULL},
    {"a catch-all to an alias of the domain",
	"domain a.test\n\tcatch_all = info@a.test\nmailbox m@a.test\n"
	"alias info@a.test\n\ttargets = m@a.test\n",
	NULL},
    {"a catch-all to an alias that leads to it again",
	"domain a.test\n\tcatch_all = info@a.test\nmailbox m@a.test\n"
	"alias info@a.test\n\ttargets = m@a.test, parti@a.test\n",
	"would come back to it"},
    {"a catch-all to nobody",
	"domain a.test\n\tcatch_all = personne@a.test\n",
	"mail for the catch-all of a.test would come back to it"},
    {"a catch-all to a mailbox that is forwarded to it",
	"domain a.test\n\tcatch_all = m@a.test\n"
	"mailbox m@a.test\n\tforward = autre@a.test\n",
	"would come back to it"},
    {"two catch-alls",
	"domain a.test\n\tcatch_all = x@b.test\n"
	"domain b.test\n\tcatch_all = x@a.test\n",
	"by way of the catch-all of b.test"},
};

/* As a file that is applied to nothing. */
static int
check_text(const char *text, char problem[MODEL_PROBLEM_SIZE])
{
	struct model *live, *wanted, *after;
	struct model_plan plan;
	int rc;

	assert_int_equal(model_new(&live), 0);
	assert_int_equal(model_sort(live), 0);
	if (model_parse(text, &wanted, problem) != 0)
		fail_msg("%s", problem);
	if (model_diff(live, wanted, false, &plan, problem) != 0)
		fail_msg("%s", problem);
	assert_int_equal(model_after(live, &plan, &after), 0);
	rc = route_check(after, &plan, problem);
	model_plan_free(&plan);
	model_free(after);
	model_free(wanted);
	model_free(live);
	return rc;
}

static void
circles_are_seen_before_they_are_made(void **state)
{
	char problem[MODEL_PROBLEM_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		int rc;

		print_message("  %s\n", cases[i].name);
		problem[0] = '\0';
		rc = check_text(cases[i].text, problem);
		if (cases[i].problem == NULL) {
			assert_string_equal(problem, "");
			assert_int_equal(rc, 0);
			continue;
		}
		assert_int_equal(rc, OCT_EPARSE);
		if (strstr(problem, cases[i].problem) == NULL)
			fail_msg("%s", problem);
	}
}

/* More entries than are looked at: it ends, and refuses nothing. */
static void
a_long_way_has_an_end(void **state)
{
	char problem[MODEL_PROBLEM_SIZE] = "";
	struct oct_str text;

	(void)state;
	oct_str_heap(&text, 1 << 20);
	oct_str_add(&text, "domain a.test\nmailbox end@a.test\n");
	for (int i = 0; i < 60; i++)
		for (int k = 0; k < 50; k++)
			oct_str_addf(&text,
			    "alias s%d-%d@a.test\n\ttargets = s%d-%d@a.test\n",
			    i, k, i + 1, k);
	for (int k = 0; k < 50; k++)
		oct_str_addf(&text,
		    "alias s60-%d@a.test\n\ttargets = end@a.test\n", k);
	assert_int_equal(check_text(oct_str_text(&text), problem), 0);
	oct_str_free(&text);
}

/* A circle that was there is no reason to refuse what has nothing to do with
 * it, or ends it. */
static void
only_ways_of_mail_are_looked_at(void **state)
{
	static const struct {
		const char *before, *after;
		bool touched;
	} rows[] = {
		{ NULL, "{}", true },
		{ "{}", "{\"name\":\"A\"}", false },
		{ "{\"catch_all\":\"a@b.test\"}",
		    "{\"catch_all\":\"a@b.test\",\"lang\":\"en\"}", false },
		{ "{\"catch_all\":\"a@b.test\"}",
		    "{\"catch_all\":\"c@b.test\"}", true },
		{ "{}", "{\"forward\":\"a@b.test\"}", true },
		{ "{\"forward\":\"a@b.test\",\"keep_copy\":\"no\"}",
		    "{\"forward\":\"a@b.test\"}", true },
		{ "{\"targets\":[\"a@b.test\"]}",
		    "{\"targets\":[\"a@b.test\",\"c@d.test\"]}", true },
		{ "{\"catch_all\":\"a@b.test\"}",
		    "{\"catch_all\":\"a@b.test\",\"state\":\"closed\"}",
		    false },
		{ "{\"catch_all\":\"a@b.test\"}",
		    "{\"catch_all\":\"a@b.test\",\"state\":\"closing\","
		    "\"closes\":\"2027-01-01\"}",
		    false },
		{ "{\"state\":\"closed\"}", "{}", true },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++)
		if (route_is_touched(rows[i].before, rows[i].after) !=
		    rows[i].touched)
			fail_msg("%s", rows[i].after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_ways_of_mail_are_looked_at),
	    cmocka_unit_test(circles_are_seen_before_they_are_made),
	    cmocka_unit_test(a_long_way_has_an_end),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
