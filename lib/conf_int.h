/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the configuration reader, for lib/conf*.c only.
 */
#ifndef OCT_LIB_CONF_INT_H
#define OCT_LIB_CONF_INT_H

#include "lib/conf.h"

/* One setting and where it stands in the file. */
struct conf_slot {
	const struct oct_conf_item *item;
	void *values; /* the table's, or NULL */
	int line;     /* last given here; 0 = not given */
	size_t list;  /* values of a list so far */
};

struct conf_mistake {
	int line;
	char *text; /* owned */
};

struct conf_parse {
	const char *name;
	struct conf_slot *slots; /* owned */
	size_t slot_count;
	struct conf_mistake *mistakes; /* owned */
	size_t mistake_count;
	size_t dropped; /* mistakes beyond the bound */
	int err;        /* -ENOMEM, sticky */
};

void conf_mistake(struct conf_parse *p, int line, const char *fmt, ...)
    OCT_PRINTF(3, 4);

struct conf_slot *conf_find(const struct conf_parse *p, const char *section,
    const char *name);
bool conf_has_section(const struct conf_parse *p, const char *section);

/* Check one value and keep it, or report it.  first: an assignment starts. */
void conf_take(struct conf_parse *p, struct conf_slot *slot, const char *value,
    int line, bool first);
/* The list was given, without any value. */
void conf_take_empty(struct conf_parse *p, struct conf_slot *slot);

/* Blank comments and report what libconfuse would silently skip or change.
 * False if the text is too broken to be looked at further. */
bool conf_clean(struct conf_parse *p, char *text, size_t len);

/* Run libconfuse over the cleaned text.  False if it did not reach the end. */
bool conf_fuse(struct conf_parse *p, const char *text);

/* "a duration from 1s to 1h". */
void conf_expected(const struct oct_conf_item *item, struct oct_str *out);

#endif
