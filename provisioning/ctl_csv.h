/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comma-separated values by RFC 4180, and as French offices write them, with
 * semicolons: the first line decides.  Pure; any thread.
 */
#ifndef OCT_PROVISIONING_CTL_CSV_H
#define OCT_PROVISIONING_CTL_CSV_H

#include "lib/def.h"

struct csv_row {
	size_t line; /* on which it begins */
	size_t count;
	const char *const *cells; /* blanks at their ends are taken away */
};

/* Non-zero ends the reading and is its result. */
typedef int csv_each(void *arg, const struct csv_row *row);

struct csv_problem {
	size_t line;
	const char *what;
};
#define CSV_CELLS_MAX 256

/* text is changed.  Empty lines are passed over.  OCT_EPARSE or -ENOMEM:
 * *problem says where and what. */
OCT_CHECK int csv_read(
    char *text, csv_each *each, void *arg, struct csv_problem *problem);

/* Spreadsheets of other times write Windows-1252 (Latin-1 and a little more): its
 * text in UTF-8, which the caller frees; NULL when out of memory. */
#define CSV_OCTETS_MAX (64u << 20)
bool csv_is_utf8(const char *text);
char *csv_from_windows(const char *text);

#endif
