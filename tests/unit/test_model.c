/* SPDX-License-Identifier: Apache-2.0 */
/* What is provisioned as a file: its one spelling, and what is wrong in it. */
#include "tests/unit/model_fixture.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_one_spelling),
		cmocka_unit_test(a_wrong_file_is_refused_with_its_line),
	};

	return RUN_MODEL_TESTS("test_model", tests);
}
