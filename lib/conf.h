/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file, driven by schema tables: sections of "name = value",
 * lists in braces, comments after '#'.  All programs share one file: each gives
 * the tables of all, and room for the values of its own.  Every mistake is
 * reported, as "file:line: what, what was expected".
 *
 * The parser under it (libconfuse) has one state for the process: one call at a
 * time, from any thread.
 */
#ifndef OCT_LIB_CONF_H
#define OCT_LIB_CONF_H

#include "lib/def.h"
#include "lib/str.h"

enum oct_conf_type {
	OCT_CONF_STRING,   /* char *, never NULL; lo..hi: octets */
	OCT_CONF_INT,      /* int64_t */
	OCT_CONF_BOOL,     /* bool */
	OCT_CONF_DURATION, /* int64_t, milliseconds */
	OCT_CONF_SIZE,     /* int64_t, octets */
	OCT_CONF_LIST,     /* struct oct_conf_list; lo..hi: values */
	OCT_CONF_WORD      /* int, place of the word in words, from 0 */
};

struct oct_conf_list {
	size_t count;
	char **values;
};

/* Is this value good?  For strings and each value of a list. */
typedef bool oct_conf_check(const char *value);
/* Of a value that check refused: what was expected in its place. */
typedef void oct_conf_explain(const char *value, struct oct_str *out);

struct oct_conf_item {
	const char *section, *name;
	enum oct_conf_type type;
	int64_t lo, hi;       /* both included; hi 0 for strings and lists:
				 4,096 octets, 1,000 values */
	const char *words;    /* OCT_CONF_WORD: separated by one space */
	oct_conf_check *check; /* may be NULL */
	const char *expected; /* in words, what check accepts */
	oct_conf_explain *explain; /* says it for one value; may be NULL */
	const char *standard; /* default, as in the file (lists: separated by
				 one space); NULL = must be given */
	const char *help;     /* one line, for the sample */
	size_t offset;        /* of the value in *values */
};

struct oct_conf_table {
	const struct oct_conf_item *items;
	size_t count;
	void *values; /* NULL: another program's, checked and not kept; what
			 must be given may then be missing */
};

/* Called once for each mistake, in the order of the lines. */
typedef void oct_conf_report(void *arg, const char *text);

/*
 * Read the file into the values of the tables, which are overwritten.
 * OCT_ECONF (mistakes), -errno (the file cannot be read) or -ENOMEM: all was
 * reported, the values are zero.  On success oct_conf_free releases them.
 */
OCT_CHECK int oct_conf_load(const char *path,
    const struct oct_conf_table *tables, size_t count, oct_conf_report *report,
    void *arg);

/* The same from a text; name stands for the file in reports. */
OCT_CHECK int oct_conf_parse(const char *name, const char *text, size_t len,
    const struct oct_conf_table *tables, size_t count, oct_conf_report *report,
    void *arg);

/* Release and zero; legal on zero values. */
void oct_conf_free(const struct oct_conf_table *tables, size_t count);

/* Append a file with every setting, commented out, at its default. */
void oct_conf_sample(const struct oct_conf_table *tables, size_t count,
    struct oct_str *out);

#endif
