/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/mime_text.h"
#include "lib/str.h"

#define NO_BREAK "\xc2\xa0"

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

/* No-break spaces too, which spreadsheets leave behind. */
static char *
trim(char *text)
{
	size_t len;

	for (;;) {
		text += strspn(text, " \t");
		if (strncmp(text, NO_BREAK, 2) != 0)
			break;
		text += 2;
	}
	len = strlen(text);
	while (len > 1 && strcmp(text + len - 2, NO_BREAK) == 0) {
		len -= 2;
		text[len] = '\0';
	}
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

/* What stands in the first line outside of quotes: a comma, or else a semicolon, or
 * else a tab. */
static char
find_separator(const char *text)
{
	bool quoted = false;
	char found = '\0';

	for (; *text != '\0' && (quoted || *text != '\n'); text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (!quoted && *text == ',')
			return ',';
		else if (!quoted && (*text == ';' ||
				       (*text == '\t' && found == '\0')))
			found = *text;
	}
	return found != '\0' ? found : ',';
}

/* "sep=;", by which a spreadsheet tells itself: true, and past it. */
static bool
take_separator(struct reader *r)
{
	const char *p = r->at;

	if (strncasecmp(p, "sep=", 4) != 0 || strchr(",;\t", p[4]) == NULL ||
	    p[4] == '\0')
		return false;
	p += 5;
	p += *p == '\r';
	if (*p != '\n')
		return false;
	r->separator = r->at[4];
	r->at += p + 1 - r->at;
	r->line++;
	return true;
}

int
csv_read(char *text, csv_each *each, void *arg, struct csv_problem *problem)
{
	struct reader r = { .at = text, .line = 1, .problem = problem };
	int rc = 0;

	*problem = (struct csv_problem){ 0, "out of memory" };
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	if (!take_separator(&r))
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

/* --- Octets that are no UTF-8 ------------------------------------------------ */

bool
csv_is_utf8(const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		uint32_t code;
		size_t n = oct_mime_char(text, len, &code);

		/* One octet that is none of ASCII stands for itself. */
		if (n == 1 && (unsigned char)*text >= 0x80)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* Of 0x80 to 0x9f; 0 = nothing stands there.  The rest is as in Unicode. */
static const uint16_t windows_1252[32] = { 0x20ac, 0, 0x201a, 0x0192, 0x201e,
	0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
	0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178 };

char *
csv_from_windows(const char *text)
{
	struct oct_str out;

	oct_str_heap(&out, CSV_OCTETS_MAX);
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';
	     p++) {
		unsigned code = *p;

		if (code >= 0x80 && code < 0xa0)
			code = windows_1252[code - 0x80];
		if (code == 0)
			code = 0xfffd;
		if (code < 0x80) {
			oct_str_addc(&out, (char)code);
		} else if (code < 0x800) {
			oct_str_addc(&out, (char)(0xc0 | code >> 6));
			oct_str_addc(&out, (char)(0x80 | (code & 0x3f)));
		} else {
			oct_str_addc(&out, (char)(0xe0 | code >> 12));
			oct_str_addc(&out, (char)(0x80 | (code >> 6 & 0x3f)));
			oct_str_addc(&out, (char)(0x80 | (code & 0x3f)));
		}
	}
	return oct_str_take(&out);
}
