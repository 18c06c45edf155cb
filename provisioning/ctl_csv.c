/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

struct reader {
	char *at;
	char separator;
	size_t line;
	struct csv_row row;
	char **cells;
	struct csv_problem *problem;
};

static int
wrong(struct reader *r, const char *what)
{
	*r->problem = (struct csv_problem){ r->line, what };
	return OCT_EPARSE;
}

/* A cell in quotes, "" standing for one; r->at goes behind the last quote. */
static int
quoted_cell(struct reader *r, char **out)
{
	char *to = ++r->at;

	*out = to;
	for (;;) {
		if (*r->at == '\0')
			return wrong(r, "a quote is not closed");
		if (*r->at == '"') {
			if (r->at[1] != '"')
				break;
			r->at++;
		}
		r->line += *r->at == '\n';
		*to++ = *r->at++;
	}
	r->at++;
	/* to is before r->at: what follows is still there. */
	*to = '\0';
	if (*r->at != '\0' && *r->at != '\n' && *r->at != '\r' &&
	    *r->at != r->separator)
		return wrong(r, "text after a closing quote");
	return 0;
}

static void
plain_cell(struct reader *r, char **out)
{
	*out = r->at;
	while (*r->at != '\0' && *r->at != '\n' && *r->at != r->separator)
		r->at++;
}

static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		text[--len] = '\0';
	return text;
}

/* One line; *more: another cell follows. */
static int
read_cell(struct reader *r, bool *more)
{
	char *cell = NULL, end;
	int rc = 0;

	if (r->row.count == CSV_CELLS_MAX)
		return wrong(r, "more than 256 cells");
	if (*r->at == '"')
		rc = quoted_cell(r, &cell);
	else
		plain_cell(r, &cell);
	if (rc != 0)
		return rc;
	if (*r->at == '\r' && (r->at[1] == '\n' || r->at[1] == '\0'))
		*r->at++ = '\0';
	end = *r->at;
	*more = end == r->separator;
	if (end != '\0')
		*r->at++ = '\0';
	r->cells[r->row.count++] = trim(cell);
	r->line += end == '\n';
	return 0;
}

static int
read_row(struct reader *r)
{
	bool more = true;
	int rc = 0;

	r->row.count = 0;
	r->row.line = r->line;
	while (rc == 0 && more)
		rc = read_cell(r, &more);
	return rc;
}

/* Semicolons, if the first line has one outside of quotes and no comma. */
static char
find_separator(const char *text)
{
	bool quoted = false, semicolon = false;

	for (; *text != '\0' && (quoted || *text != '\n'); text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (!quoted && *text == ',')
			return ',';
		else if (!quoted && *text == ';')
			semicolon = true;
	}
	return semicolon ? ';' : ',';
}

int
csv_read(char *text, csv_each *each, void *arg, struct csv_problem *problem)
{
	struct reader r = { .at = text, .line = 1, .problem = problem };
	int rc = 0;

	*problem = (struct csv_problem){ 0, "out of memory" };
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	r.separator = find_separator(r.at);
	r.cells = calloc(CSV_CELLS_MAX, sizeof(char *));
	if (r.cells == NULL)
		return -ENOMEM;
	r.row.cells = (const char *const *)r.cells;
	while (rc == 0 && *r.at != '\0') {
		rc = read_row(&r);
		if (rc == 0 && (r.row.count > 1 || *r.cells[0] != '\0'))
			rc = each(arg, &r.row);
	}
	free(r.cells);
	return rc;
}
