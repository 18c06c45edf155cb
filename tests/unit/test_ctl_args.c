/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of octroictl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_schema.h"
#include "provisioning/ctl_args.h"

#define ARGS 12

static int
nothing(OCT_UNUSED struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	return 0;
}

static const struct ctl_option list_options[] = {
	{ "limit", "N", "at most N" },
	{ "all", NULL, "all of them" },
	{ NULL, NULL, NULL },
};

static const struct ctl_verb box_verbs[] = {
	{ "add", "ADDRESS", "make", 1, 1, NULL, DIR_KIND_MAILBOX, nothing },
	{ "list", "[DOMAIN]", "list", 0, 1, list_options, CTL_NO_ATTRIBUTES,
	    nothing },
	{ .run = NULL },
};

static const struct ctl_verb file_verbs[] = {
	{ NULL, "FILE...", "read", 1, CTL_ANY, list_options, CTL_NO_ATTRIBUTES,
	    nothing },
	{ "make", "NAME", "write", 1, 1, NULL, CTL_NO_ATTRIBUTES, nothing },
	{ .run = NULL },
};

static const struct ctl_noun nouns[] = {
	{ "box", "boxes", box_verbs },
	{ "file", "files", file_verbs },
	{ NULL, NULL, NULL },
};

struct line {
	const char *name;
	const char *argv[ARGS];
	const char *verb;    /* NULL: the noun alone */
	const char *words;   /* joined by '|' */
	const char *options; /* "name=value" or "name", joined by '|' */
};

static const struct line good[] = {
	{ "words", { "box", "add", "a@b.fr" }, "add", "a@b.fr", "" },
	{ "option with a value in it", { "box", "list", "--limit=5" }, "list",
	    "", "limit=5" },
	{ "option with a value apart", { "box", "list", "--limit", "5", "d" },
	    "list", "d", "limit=5" },
	{ "option before the verb", { "box", "--limit", "5", "list", "d" },
	    "list", "d", "limit=5" },
	{ "option before the noun", { "--json", "box", "list" }, "list", "",
	    "" },
	{ "flag", { "box", "list", "--all" }, "list", "", "all" },
	{ "empty value", { "box", "list", "--limit=" }, "list", "", "limit=" },
	{ "attribute", { "box", "add", "a@b.fr", "--state=closed" }, "add",
	    "a@b.fr", "state=closed" },
	{ "attribute with a hyphen", { "box", "add", "x", "--rate-in=1/1h" },
	    "add", "x", "rate_messages_in=1/1h" },
	{ "mode is challenge", { "box", "add", "x", "--mode=off" }, "add", "x",
	    "challenge=off" },
	{ "attribute after the name", { "box", "add", "x", "t_hold=5d" },
	    "add", "x", "t_hold=5d" },
	{ "two of them", { "box", "add", "x", "mode=off", "rate-in=1/1h" },
	    "add", "x", "challenge=off|rate_messages_in=1/1h" },
	{ "none before the name", { "box", "add", "state=closed" }, "add",
	    "state=closed", "" },
	{ "none where there are no attributes", { "file", "a", "state=x" },
	    NULL, "a|state=x", "" },
	{ "noun alone", { "file", "a", "b" }, NULL, "a|b", "" },
	{ "noun alone with standard input", { "file", "-" }, NULL, "-", "" },
	{ "a verb beside the noun alone", { "file", "make", "a" }, "make", "a",
	    "" },
	{ "after two dashes all are words", { "file", "--", "--all", "-c" },
	    NULL, "--all|-c", "" },
	{ "twice: both are given", { "box", "list", "--limit=1", "--limit=2" },
	    "list", "", "limit=1|limit=2" },
};

static int
parse(const struct line *l, struct ctl_args *out, char *problem)
{
	char *argv[ARGS] = { NULL };
	int argc = 0;

	while (l->argv[argc] != NULL) {
		argv[argc] = strdup(l->argv[argc]);
		assert_non_null(argv[argc]);
		argc++;
	}
	int rc = ctl_args_parse(nouns, argc, argv, out, problem);

	/* The strings are borrowed: compare them before they go. */
	if (rc == 0) {
		struct oct_str s;
		char text[256];

		oct_str_fixed(&s, text, sizeof(text));
		for (size_t i = 0; i < out->count; i++)
			oct_str_addf(&s, "%s%s", i > 0 ? "|" : "",
			    out->words[i]);
		assert_string_equal(oct_str_text(&s), l->words);
		oct_str_clear(&s);
		for (size_t i = 0; i < out->given_count; i++)
			oct_str_addf(&s, "%s%s%s%s", i > 0 ? "|" : "",
			    out->given[i].name,
			    out->given[i].value != NULL ? "=" : "",
			    out->given[i].value != NULL ? out->given[i].value
							: "");
		assert_string_equal(oct_str_text(&s), l->options);
		assert_int_equal(oct_str_err(&s), 0);
	}
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return rc;
}

static void
good_lines_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(good); i++) {
		char problem[CTL_PROBLEM_SIZE];
		struct ctl_args a;

		print_message("  %s\n", good[i].name);
		assert_int_equal(parse(&good[i], &a, problem), 0);
		assert_non_null(a.verb);
		if (good[i].verb == NULL)
			assert_null(a.verb->name);
		else
			assert_string_equal(a.verb->name, good[i].verb);
		ctl_args_fini(&a);
	}
}

static const struct {
	struct line line;
	const char *says; /* a part of the problem */
} bad[] = {
	{ { "nothing", { NULL }, NULL, "", "" }, "no command" },
	{ { "unknown noun", { "bax" }, NULL, "", "" }, "'bax': did you mean box?" },
	{ { "unknown noun near to none", { "mailbox" }, NULL, "", "" },
	    "unknown command 'mailbox'" },
	{ { "no verb", { "box" }, NULL, "", "" }, "needs a verb" },
	{ { "unknown verb", { "box", "lsit" }, NULL, "", "" },
	    "'lsit': did you mean list?" },
	{ { "unknown verb before a known one", { "box", "lsit", "list" }, NULL,
	      "", "" }, "'lsit'" },
	{ { "too few words", { "box", "add" }, NULL, "", "" }, "ADDRESS" },
	{ { "too many words", { "box", "list", "a", "b" }, NULL, "", "" },
	    "[DOMAIN]" },
	{ { "unknown option", { "box", "list", "--lmit=3" }, NULL, "", "" },
	    "'--lmit=3': did you mean limit?" },
	{ { "an attribute misspelt", { "box", "add", "x", "storge=5G" }, NULL,
	      "", "" }, "unknown attribute 'storge': did you mean storage?" },
	{ { "the beginning of an attribute", { "box", "add", "x", "keep=no" },
	      NULL, "", "" }, "'keep': did you mean keep_copy?" },
	{ { "an attribute near to none", { "box", "add", "x", "zzz=no" }, NULL,
	      "", "" }, "unknown attribute 'zzz'" },
	{ { "a word too many that is no attribute", { "box", "add", "x",
	      "a@b.fr" }, NULL, "", "" }, "expected: octroictl box add" },
	{ { "unknown short option", { "box", "list", "-x" }, NULL, "", "" },
	    "-x" },
	{ { "an attribute of another kind", { "box", "add", "x",
	      "--own_refuse=yes" }, NULL, "", "" }, "own_refuse" },
	{ { "attributes belong to verbs that take them", { "box", "list",
	      "--state=closed" }, NULL, "", "" }, "--state" },
	{ { "value missing", { "box", "list", "--limit" }, NULL, "", "" },
	    "needs a value" },
	{ { "value where none belongs", { "box", "list", "--all=1" }, NULL, "",
	      "" }, "takes no value" },
	{ { "short option with a value stuck to it", { "-cfile", "box",
	      "list" }, NULL, "", "" }, "-cfile" },
};

static void
bad_lines_are_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad); i++) {
		char problem[CTL_PROBLEM_SIZE];
		struct ctl_args a;

		print_message("  %s\n", bad[i].line.name);
		assert_int_equal(parse(&bad[i].line, &a, problem), OCT_EPARSE);
		assert_non_null(strstr(problem, bad[i].says));
		ctl_args_fini(&a);
	}
}

static void
the_last_of_two_values_counts(void **state)
{
	char *argv[] = { (char[]){ "box" }, (char[]){ "list" },
		(char[]){ "--limit=1" }, (char[]){ "--limit=2" } };
	char problem[CTL_PROBLEM_SIZE];
	struct ctl_args a;

	(void)state;
	assert_int_equal(ctl_args_parse(nouns, 4, argv, &a, problem), 0);
	assert_string_equal(ctl_args_value(&a, "limit"), "2");
	assert_null(ctl_args_value(&a, "all"));
	assert_false(ctl_args_has(&a, "all"));
	ctl_args_fini(&a);
}

static void
global_options_stand_anywhere(void **state)
{
	char *argv[] = { (char[]){ "-c" }, (char[]){ "f" }, (char[]){ "box" },
		(char[]){ "--json" }, (char[]){ "list" }, (char[]){ "-q" } };
	char problem[CTL_PROBLEM_SIZE];
	struct ctl_args a;

	(void)state;
	assert_int_equal(ctl_args_parse(nouns, 6, argv, &a, problem), 0);
	assert_string_equal(a.conf, "f");
	assert_true(a.json);
	assert_true(a.quiet);
	ctl_args_fini(&a);
}

static void
help_needs_no_words_and_speaks_of_its_level(void **state)
{
	char box[] = "box", add[] = "add", help[] = "--help", h[] = "-h";
	const struct {
		int argc;
		char *argv[3];
		const char *says;
	} lines[] = {
		{ 1, { help }, "boxes" },
		{ 2, { box, h }, "octroictl box add ADDRESS" },
		{ 3, { box, add, help }, "--rate_messages_in=VALUE" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(lines); i++) {
		char problem[CTL_PROBLEM_SIZE];
		struct ctl_args a;
		struct oct_str s;

		assert_int_equal(ctl_args_parse(nouns, lines[i].argc,
				     lines[i].argv, &a, problem),
		    0);
		assert_true(a.help);
		oct_str_heap(&s, 65536);
		ctl_args_help(nouns, &a, &s);
		assert_int_equal(oct_str_err(&s), 0);
		assert_non_null(strstr(oct_str_text(&s), lines[i].says));
		oct_str_free(&s);
		ctl_args_fini(&a);
	}
}

static const struct {
	const char *name, *line;
	int rc;
	const char *words; /* each in brackets */
} splits[] = {
	{ "empty", "", 0, "" },
	{ "blanks", " \t ", 0, "" },
	{ "comment", "  # a b", 0, "" },
	{ "comment after words", "a #b", 0, "[a]" },
	{ "no comment inside a word", "a#b", 0, "[a#b]" },
	{ "words", "a  bc\td", 0, "[a][bc][d]" },
	{ "double quotes", "a \"b c\" d", 0, "[a][b c][d]" },
	{ "single quotes", "'b \"c'", 0, "[b \"c]" },
	{ "quotes inside a word", "--name=\"Jean D\"x", 0, "[--name=Jean Dx]" },
	{ "an empty word", "a '' \"\"", 0, "[a][][]" },
	{ "backslash", "a\\ b \\\"c", 0, "[a b][\"c]" },
	{ "backslash in double quotes", "\"a\\\"b\"", 0, "[a\"b]" },
	{ "backslash in single quotes", "'a\\b'", 0, "[a\\b]" },
	{ "open double quote", "a \"b", OCT_EPARSE, "" },
	{ "open single quote", "a 'b", OCT_EPARSE, "" },
	{ "backslash at the end", "a\\", OCT_EPARSE, "" },
	{ "too many words", "a b c d e", OCT_ELIMIT, "" },
};

static void
lines_of_a_batch_are_split_as_a_shell_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(splits); i++) {
		char *words[4], *line = strdup(splits[i].line);
		char text[128] = "";
		struct oct_str s;
		size_t count;

		print_message("  %s\n", splits[i].name);
		assert_non_null(line);
		assert_int_equal(ctl_args_split(line, words, 4, &count),
		    splits[i].rc);
		oct_str_fixed(&s, text, sizeof(text));
		for (size_t k = 0; splits[i].rc == 0 && k < count; k++)
			oct_str_addf(&s, "[%s]", words[k]);
		assert_string_equal(text, splits[i].words);
		free(line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines_are_read),
		cmocka_unit_test(bad_lines_are_refused_with_a_reason),
		cmocka_unit_test(the_last_of_two_values_counts),
		cmocka_unit_test(global_options_stand_anywhere),
		cmocka_unit_test(help_needs_no_words_and_speaks_of_its_level),
		cmocka_unit_test(lines_of_a_batch_are_split_as_a_shell_does),
	};

	return cmocka_run_group_tests_name("ctl_args", tests, NULL, NULL);
}
