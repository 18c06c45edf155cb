/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of octroictl: NOUN VERB WORD... with options anywhere after
 * the noun, out of tables.  Pure; one thread.
 */
#ifndef OCT_PROVISIONING_CTL_ARGS_H
#define OCT_PROVISIONING_CTL_ARGS_H

#include "lib/def.h"
#include "lib/str.h"

#define CTL_PROBLEM_SIZE 256

struct ctl;
struct ctl_args;

/* Runs a command; an exit status of sysexits(3), 0 = done. */
typedef int ctl_run(struct ctl *ctl, const struct ctl_args *args);

struct ctl_option {
	const char *name;  /* without the dashes; NULL ends a list */
	const char *value; /* what stands for its value in help; NULL = none */
	const char *help;
};

#define CTL_NO_ATTRIBUTES (-1)
#define CTL_ANY (-1)

struct ctl_verb {
	const char *name;  /* NULL: the noun stands alone */
	const char *words; /* for help: "ADDRESS [ADDRESS...]" */
	const char *help;  /* one line */
	int least, most;   /* words; most CTL_ANY = no bound */
	const struct ctl_option *options; /* NULL = none */
	int attributes; /* enum dir_kind whose attributes are options too, or
			   CTL_NO_ATTRIBUTES */
	ctl_run *run;   /* NULL ends a list */
};

struct ctl_noun {
	const char *name; /* NULL ends a list */
	const char *help; /* one line */
	const struct ctl_verb *verbs;
};

struct ctl_given {
	const char *name;  /* as in its table */
	const char *value; /* NULL where it takes none */
};

/* Strings are those of argv and of the tables. */
struct ctl_args {
	const struct ctl_noun *noun; /* NULL: none was given */
	const struct ctl_verb *verb;
	size_t count;
	const char **words;
	size_t given_count;
	struct ctl_given *given;
	const char *conf; /* -c; NULL = not given */
	const char *as;   /* NULL = as the Centre */
	bool json, quiet, help, version;
};

/*
 * OCT_EPARSE: problem says what, in English.  With --help and --version the
 * words are not counted.  ctl_args_fini releases out in every case.
 */
OCT_CHECK int ctl_args_parse(const struct ctl_noun *nouns, int argc,
    char *const *argv, struct ctl_args *out, char problem[CTL_PROBLEM_SIZE]);
void ctl_args_fini(struct ctl_args *args);

/* The last value given, or NULL. */
const char *ctl_args_value(const struct ctl_args *args, const char *name);
bool ctl_args_has(const struct ctl_args *args, const char *name);

/* --help for what args name: the whole, a noun, or a verb. */
void ctl_args_help(const struct ctl_noun *nouns, const struct ctl_args *args,
    struct oct_str *out);

/*
 * Split a line of a batch in place, as a shell would: blanks part words, '...'
 * and "..." hold them together, a backslash takes the next octet as it is
 * (inside '...' it is itself), '#' at the start of a word begins a comment.
 * OCT_EPARSE: an open quote; OCT_ELIMIT: more than max words.
 */
OCT_CHECK int ctl_args_split(char *line, char **words, size_t max,
    size_t *count);

#endif
