/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV as RFC 4180 has it and as address books write it: comma, semicolon or tab;
 * quoted cells may hold line ends.  The columns are those of which the title says
 * mail; without a title the first column in which an address stands.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/seed_int.h"

struct csv {
	struct seed_source *source;
	struct seed_reader *reader;
	char delimiter;
	char *cell; /* SEED_CELL_MAX */
	size_t len;
	bool too_long;
	size_t row, column;
	bool titled;        /* the columns are known by their titles */
	bool chosen[SEED_COLUMNS_MAX];
	size_t only;        /* else: that column, or SEED_COLUMNS_MAX = not yet
			       known */
	char *held;         /* cells of the first row, in case it has no titles:
			       SEED_LINE_MAX, each with its NUL */
	size_t held_len;
};

/* --- Cells ----------------------------------------------------------------- */

static void
cell_add(struct csv *c, char octet)
{
	if (c->len + 1 < SEED_CELL_MAX)
		c->cell[c->len++] = octet;
	else
		c->too_long = true;
}

/* The rest of a quoted cell; "" stands for one quote. */
static int
read_quoted(struct csv *c)
{
	int octet;

	while ((octet = seed_getc(c->source)) != EOF) {
		if (octet == '"') {
			octet = seed_getc(c->source);
			if (octet != '"')
				return octet;
		}
		cell_add(c, (char)octet);
	}
	return EOF;
}

/* One cell; returns what ended it: the delimiter, '\n' or EOF. */
static int
read_cell(struct csv *c)
{
	int octet = seed_getc(c->source);

	c->len = 0;
	c->too_long = false;
	if (octet == '"')
		octet = read_quoted(c);
	while (octet != EOF && octet != '\n' && octet != c->delimiter) {
		cell_add(c, (char)octet);
		octet = seed_getc(c->source);
	}
	if (octet != c->delimiter && c->len > 0 && c->cell[c->len - 1] == '\r')
		c->len--;
	c->cell[c->len] = '\0';
	return octet;
}

/* --- Which columns --------------------------------------------------------- */

static bool
has_text(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

/* "E-mail Address", "Primary Email", "Courriel", "Adresse de messagerie"; what
 * is about an address ("E-mail Type") holds none. */
static bool
is_title(const char *text, const char *wanted)
{
	if (wanted != NULL)
		return strcasecmp(text, wanted) == 0;
	if (has_text(text, "type") || has_text(text, "label") ||
	    has_text(text, "display"))
		return false;
	return has_text(text, "mail") || has_text(text, "courriel") ||
	    has_text(text, "messagerie");
}

/* Of " ::: " between several in one cell, as some address books write it. */
static void
part_cell(struct csv *c)
{
	char *p = c->cell;

	while ((p = strstr(p, ":::")) != NULL)
		memcpy(p, " , ", 3);
}

static int
take_cell(struct csv *c)
{
	if (c->too_long) {
		c->reader->too_long++;
		return 0;
	}
	part_cell(c);
	return c->len > 0 ? seed_addresses(c->reader, c->cell, c->len) : 0;
}

static bool
may_be_address(const struct csv *c)
{
	const char *at = strchr(c->cell, '@');

	return at != NULL && at != c->cell && strchr(at, '.') != NULL;
}

/* A cell of the first row: a title, or already an address. */
static void
see_title(struct csv *c)
{
	if (c->column >= SEED_COLUMNS_MAX || c->too_long)
		return;
	if (may_be_address(c)) {
		if (c->only == SEED_COLUMNS_MAX && c->reader->column == NULL)
			c->only = c->column;
	} else if (is_title(c->cell, c->reader->column)) {
		c->chosen[c->column] = c->titled = true;
	}
	if (c->only == c->column && c->held_len + c->len < SEED_LINE_MAX) {
		memcpy(c->held, c->cell, c->len + 1);
		c->held_len = c->len;
	}
}

/* The first row is over: if it was no row of titles, it is one of addresses. */
static int
end_titles(struct csv *c)
{
	if (c->titled)
		return 0;
	if (c->reader->column != NULL)
		return OCT_EPARSE;
	if (c->only == SEED_COLUMNS_MAX)
		return 0;
	c->reader->records++;
	return seed_addresses(c->reader, c->held, c->held_len);
}

static int
see_cell(struct csv *c)
{
	if (c->row == 0) {
		see_title(c);
		return 0;
	}
	if (c->column >= SEED_COLUMNS_MAX)
		return 0;
	if (c->titled)
		return c->chosen[c->column] ? take_cell(c) : 0;
	if (c->only == SEED_COLUMNS_MAX && may_be_address(c))
		c->only = c->column;
	return c->only == c->column ? take_cell(c) : 0;
}

/* --- Rows ------------------------------------------------------------------ */

/* Which of the three stands most often in the first line, outside quotes. */
static char
find_delimiter(const char *line, size_t len)
{
	static const char marks[] = { ',', ';', '\t' };
	size_t seen[sizeof(marks)] = { 0 }, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		for (size_t k = 0; !quoted && k < sizeof(marks); k++)
			seen[k] += line[i] == marks[k];
	}
	for (size_t k = 1; k < sizeof(marks); k++)
		if (seen[k] > seen[best])
			best = k;
	return marks[best];
}

static int
end_row(struct csv *c)
{
	int rc = 0;

	if (c->row == 0)
		rc = end_titles(c);
	else if (c->column > 0 || c->len > 0)
		c->reader->records++;
	c->row++;
	c->column = 0;
	return rc;
}

static int
read_rows(struct csv *c)
{
	int octet = 0, rc = 0;

	while (rc == 0 && octet != EOF) {
		octet = read_cell(c);
		if (octet == EOF && c->len == 0 && c->column == 0)
			break;
		rc = see_cell(c);
		if (rc == 0 && octet == c->delimiter)
			c->column++;
		else if (rc == 0)
			rc = end_row(c);
	}
	if (rc == 0 && ferror(c->source->f))
		rc = -EIO;
	return rc;
}

int
seed_csv(struct seed_source *s, struct seed_reader *r)
{
	struct csv *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	if (c == NULL)
		return rc;
	c->source = s;
	c->reader = r;
	c->only = SEED_COLUMNS_MAX;
	c->delimiter = find_delimiter(s->first + s->at, s->first_len - s->at);
	c->cell = malloc(SEED_CELL_MAX);
	c->held = malloc(SEED_LINE_MAX);
	if (c->cell != NULL && c->held != NULL)
		rc = read_rows(c);
	if (rc == 0 && !c->titled && c->only == SEED_COLUMNS_MAX)
		rc = OCT_EPARSE; /* nothing in it is an address */
	free(c->held);
	free(c->cell);
	free(c);
	return rc;
}
