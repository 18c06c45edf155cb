/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_schema.h"
#include "provisioning/ctl_unknown.h"

#define NAME_MAX_OCTETS 64

static const struct ctl_option everywhere[] = {
	{ "config", "FILE", "configuration (-c FILE)" },
	{ "as", "ADDRESS", "with the rights of that referent alone" },
	{ "json", NULL, "print JSON" },
	{ "quiet", NULL, "say nothing of what was done (-q)" },
	{ "help", NULL, "print this (-h)" },
	{ "version", NULL, "print the version (-V)" },
	{ NULL, NULL, NULL },
};

/* --- Options ------------------------------------------------------------ */

static const struct ctl_option *
find_option(const struct ctl_option *list, const char *name)
{
	for (; list != NULL && list->name != NULL; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

/* Attributes have underscores, which people write as hyphens too; "mode" is
 * what the Challenge option is called on invoices. */
static bool
find_attribute(int kind, const char *name, struct dir_attribute *out)
{
	char folded[NAME_MAX_OCTETS];
	size_t len = strlen(name);

	if (kind == CTL_NO_ATTRIBUTES || len >= sizeof(folded))
		return false;
	if (strcmp(name, "mode") == 0 && kind != DIR_KIND_ALIAS)
		name = "challenge";
	len = strlen(name);
	for (size_t i = 0; i <= len; i++)
		folded[i] = name[i] == '-' ? '_' : name[i];
	return dir_attribute((enum dir_kind)kind, folded, out);
}

/* Its name in the table and whether it takes a value; NULL: there is none. */
static const char *
resolve(const struct ctl_verb *verb, const char *name, bool *takes)
{
	const struct ctl_option *o = find_option(everywhere, name);
	struct dir_attribute a;

	if (o == NULL && verb != NULL)
		o = find_option(verb->options, name);
	if (o != NULL) {
		*takes = o->value != NULL;
		return o->name;
	}
	*takes = true;
	if (verb == NULL || !find_attribute(verb->attributes, name, &a))
		return NULL;
	return a.name;
}

static const char *
short_name(char c)
{
	switch (c) {
	case 'c':
		return "config";
	case 'h':
		return "help";
	case 'q':
		return "quiet";
	case 'V':
		return "version";
	default:
		return NULL;
	}
}

static void
take(struct ctl_args *out, const char *name, const char *value)
{
	if (strcmp(name, "config") == 0)
		out->conf = value;
	else if (strcmp(name, "as") == 0)
		out->as = out->as == NULL ? value : "twice"; /* nobody */
	else if (strcmp(name, "json") == 0)
		out->json = true;
	else if (strcmp(name, "quiet") == 0)
		out->quiet = true;
	else if (strcmp(name, "help") == 0)
		out->help = true;
	else if (strcmp(name, "version") == 0)
		out->version = true;
	else
		out->given[out->given_count++] =
		    (struct ctl_given){ .name = name, .value = value };
}

static bool
is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

/* argv[*i] is an option; *i is moved over a value that stands apart. */
static int
read_option(struct ctl_args *out, int argc, char *const *argv, int *i,
    char problem[CTL_PROBLEM_SIZE])
{
	const char *arg = argv[*i], *value = NULL, *known = NULL;
	const char *eq = strchr(arg, '=');
	char name[NAME_MAX_OCTETS] = "";
	bool takes = false;
	size_t len;

	if (arg[1] != '-') {
		if (arg[2] == '\0' && short_name(arg[1]) != NULL)
			known = resolve(NULL, short_name(arg[1]), &takes);
		eq = NULL;
	} else {
		len = eq != NULL ? (size_t)(eq - arg) - 2 : strlen(arg) - 2;
		if (len < sizeof(name)) {
			memcpy(name, arg + 2, len);
			name[len] = '\0';
			known = resolve(out->verb, name, &takes);
		}
	}
	if (known == NULL)
		return ctl_unknown_option(
		    out->verb, everywhere, arg, name, problem);
	if (!takes && eq != NULL)
		return ctl_wrong(problem, "option '--%s' takes no value", known);
	if (takes && eq == NULL && *i + 1 >= argc)
		return ctl_wrong(problem, "option '--%s' needs a value", known);
	if (takes)
		value = eq != NULL ? eq + 1 : argv[++*i];
	take(out, known, value);
	return 0;
}

/* "t_hold=5d" after the entry's name is "--t_hold=5d"; an alias's words are its
 * targets. */
static bool
take_pair(struct ctl_args *out, const char *word)
{
	const char *eq = strchr(word, '=');
	size_t len = eq != NULL ? (size_t)(eq - word) : 0;
	struct dir_attribute a;
	char name[NAME_MAX_OCTETS];

	if (out->verb == NULL || out->verb->attributes == DIR_KIND_ALIAS ||
	    out->count == 0 || len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, word, len);
	name[len] = '\0';
	if (!find_attribute(out->verb->attributes, name, &a))
		return false;
	take(out, a.name, eq + 1);
	return true;
}

/* --- Noun and verb ------------------------------------------------------ */

static const struct ctl_noun *
find_noun(const struct ctl_noun *nouns, const char *name)
{
	for (; nouns->name != NULL; nouns++)
		if (strcmp(nouns->name, name) == 0)
			return nouns;
	return NULL;
}

static const struct ctl_verb *
find_verb(const struct ctl_noun *noun, const char *name)
{
	for (const struct ctl_verb *v = noun->verbs; v->run != NULL; v++)
		if (name == NULL || v->name == NULL
			? name == v->name
			: strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

/*
 * The verb is the first word after the noun.  What follows an option may be
 * that option's value, which is known only once the verb is: such a word is
 * passed over unless it is a verb.  *at: its place, or argc.
 */
static int
choose_verb(struct ctl_args *out, int argc, char *const *argv, int first,
    int *at, char problem[CTL_PROBLEM_SIZE])
{
	for (int i = first; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (is_option(argv[i]))
			continue;
		out->verb = find_verb(out->noun, argv[i]);
		*at = i;
		if (out->verb != NULL)
			return 0;
		if (i > first && is_option(argv[i - 1]) &&
		    strchr(argv[i - 1], '=') == NULL)
			continue;
		out->verb = find_verb(out->noun, NULL);
		*at = argc;
		if (out->verb != NULL)
			return 0;
		return ctl_unknown_verb(out->noun, argv[i], problem);
	}
	*at = argc;
	out->verb = find_verb(out->noun, NULL);
	return 0;
}

static int
check_words(const struct ctl_args *a, char problem[CTL_PROBLEM_SIZE])
{
	const struct ctl_verb *v = a->verb;

	if (a->help || a->version)
		return 0;
	if (a->noun == NULL)
		return ctl_wrong(problem, "no command was given");
	if (v == NULL)
		return ctl_wrong(problem, "'%s' needs a verb", a->noun->name);
	if (v->most != CTL_ANY && a->count > (size_t)v->most &&
	    ctl_unknown_pair(a, problem) != 0)
		return OCT_EPARSE;
	if (a->count < (size_t)v->least ||
	    (v->most != CTL_ANY && a->count > (size_t)v->most))
		return ctl_wrong(problem, "expected: octroictl %s%s%s %s",
		    a->noun->name, v->name != NULL ? " " : "",
		    v->name != NULL ? v->name : "", v->words);
	return 0;
}

/* Options before the noun, and the noun. */
static int
read_front(const struct ctl_noun *nouns, int argc, char *const *argv, int *i,
    struct ctl_args *out, char problem[CTL_PROBLEM_SIZE])
{
	for (; *i < argc; ++*i) {
		int rc;

		if (!is_option(argv[*i])) {
			out->noun = find_noun(nouns, argv[*i]);
			if (out->noun == NULL)
				return ctl_unknown_noun(
				    nouns, argv[*i], problem);
			++*i;
			return 0;
		}
		rc = read_option(out, argc, argv, i, problem);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
ctl_args_parse(const struct ctl_noun *nouns, int argc, char *const *argv,
    struct ctl_args *out, char problem[CTL_PROBLEM_SIZE])
{
	size_t room = argc > 0 ? (size_t)argc : 1;
	int i = 0, verb_at = argc, rc;
	bool options = true;

	memset(out, 0, sizeof(*out));
	problem[0] = '\0';
	out->words = calloc(room, sizeof(const char *));
	out->given = calloc(room, sizeof(*out->given));
	if (out->words == NULL || out->given == NULL) {
		(void)ctl_wrong(problem, "out of memory");
		return -ENOMEM;
	}
	rc = read_front(nouns, argc, argv, &i, out, problem);
	if (rc == 0 && out->noun != NULL)
		rc = choose_verb(out, argc, argv, i, &verb_at, problem);
	for (; rc == 0 && i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && is_option(argv[i]))
			rc = read_option(out, argc, argv, &i, problem);
		else if (i != verb_at &&
		    (!options || !take_pair(out, argv[i])))
			out->words[out->count++] = argv[i];
	}
	return rc != 0 ? rc : check_words(out, problem);
}

void
ctl_args_fini(struct ctl_args *args)
{
	free(args->words);
	free(args->given);
	memset(args, 0, sizeof(*args));
}

const char *
ctl_args_value(const struct ctl_args *args, const char *name)
{
	for (size_t i = args->given_count; i-- > 0;)
		if (strcmp(args->given[i].name, name) == 0)
			return args->given[i].value;
	return NULL;
}

bool
ctl_args_has(const struct ctl_args *args, const char *name)
{
	for (size_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].name, name) == 0)
			return true;
	return false;
}

/* --- Help --------------------------------------------------------------- */

static void
help_option(struct oct_str *out, const char *name, const char *value,
    const char *help)
{
	char left[NAME_MAX_OCTETS + 64];
	int n = snprintf(left, sizeof(left), "--%s%s%s", name,
	    value != NULL ? "=" : "", value != NULL ? value : "");

	if (n > 22)
		oct_str_addf(out, "  %s\n%26s%s\n", left, "", help);
	else
		oct_str_addf(out, "  %-22s  %s\n", left, help);
}

static void
help_options(struct oct_str *out, const struct ctl_option *list)
{
	for (; list != NULL && list->name != NULL; list++)
		help_option(out, list->name, list->value, list->help);
}

static void
help_usage(struct oct_str *out, const struct ctl_noun *n,
    const struct ctl_verb *v)
{
	oct_str_addf(out, "%s%s%s%s%s", n->name, v->name != NULL ? " " : "",
	    v->name != NULL ? v->name : "", *v->words != '\0' ? " " : "",
	    v->words);
}

static void
help_attributes(struct oct_str *out, int kind)
{
	size_t count;

	if (kind == CTL_NO_ATTRIBUTES)
		return;
	count = dir_attribute_count((enum dir_kind)kind);
	oct_str_add(out, "\nAttributes:\n");
	for (size_t i = 0; i < count; i++) {
		char expected[DIR_EXPECTED_SIZE];
		struct dir_attribute a;

		dir_attribute_at((enum dir_kind)kind, i, &a);
		help_option(out, a.name, "VALUE", a.help);
		oct_str_addf(out, "%26s(%s)\n", "",
		    dir_attribute_expected(&a, expected));
	}
}

static void
help_noun(struct oct_str *out, const struct ctl_noun *n)
{
	oct_str_addf(out, "%s\n\n", n->help);
	for (const struct ctl_verb *v = n->verbs; v->run != NULL; v++) {
		oct_str_add(out, "  octroictl ");
		help_usage(out, n, v);
		oct_str_addf(out, "\n      %s\n", v->help);
	}
	oct_str_addf(out, "\n'octroictl %s VERB --help' lists the options.\n",
	    n->name);
}

void
ctl_args_help(const struct ctl_noun *nouns, const struct ctl_args *args,
    struct oct_str *out)
{
	if (args->noun != NULL && args->verb == NULL) {
		help_noun(out, args->noun);
		return;
	}
	if (args->noun == NULL) {
		oct_str_add(out, "Usage: octroictl [-c FILE] [--json] COMMAND "
				 "[VERB] ...\nAdministers octroi.\n\n");
		for (; nouns->name != NULL; nouns++)
			oct_str_addf(out, "  %-10s  %s\n", nouns->name,
			    nouns->help);
		oct_str_add(out, "\n'octroictl COMMAND --help' says more.  "
				 "Manual: octroictl(8)\n");
		return;
	}
	oct_str_add(out, "Usage: octroictl ");
	help_usage(out, args->noun, args->verb);
	oct_str_addf(out, "\n%s\n\nOptions:\n", args->verb->help);
	help_options(out, args->verb->options);
	help_options(out, everywhere);
	help_attributes(out, args->verb->attributes);
	/* A noun that stands alone hides its verbs. */
	if (args->verb->name == NULL && args->noun->verbs[1].run != NULL) {
		oct_str_addc(out, '\n');
		help_noun(out, args->noun);
	}
}

/* --- Lines of a batch --------------------------------------------------- */

/* One word from *from to *to, both moved on; false: an open quote. */
static bool
copy_word(char **from, char **to)
{
	char quote = '\0';

	for (; **from != '\0'; ++*from) {
		char c = **from;

		if (quote == '\0' && (c == ' ' || c == '\t'))
			return true;
		if (quote == '\0' && (c == '\'' || c == '"')) {
			quote = c;
			continue;
		}
		if (quote != '\0' && c == quote) {
			quote = '\0';
			continue;
		}
		if (c == '\\' && quote != '\'') {
			++*from;
			if (**from == '\0')
				return false;
		}
		*(*to)++ = **from;
	}
	return quote == '\0';
}

int
ctl_args_split(char *line, char **words, size_t max, size_t *count)
{
	char *from = line, *to = line;

	*count = 0;
	for (;;) {
		char *start;
		bool more;

		from += strspn(from, " \t");
		if (*from == '\0' || *from == '#')
			return 0;
		if (*count == max)
			return OCT_ELIMIT;
		start = to;
		if (!copy_word(&from, &to))
			return OCT_EPARSE;
		more = *from != '\0';
		*to++ = '\0';
		from += more ? 1 : 0;
		words[(*count)++] = start;
	}
}
