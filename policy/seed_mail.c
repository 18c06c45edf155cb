/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has lines: messages (alone, or one after another in an mbox) and vCards.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/seed_int.h"

/* A logical line: what is folded is put together.  Over the bound it is left out
 * whole. */
struct unfolded {
	char *text; /* SEED_LINE_MAX */
	size_t len;
	bool too_long;
};

static void
unfold_add(struct unfolded *u, const char *text, size_t len)
{
	if (u->len + len >= SEED_LINE_MAX) {
		u->too_long = true;
		return;
	}
	memcpy(u->text + u->len, text, len);
	u->len += len;
	u->text[u->len] = '\0';
}

static void
unfold_clear(struct unfolded *u)
{
	u->len = 0;
	u->too_long = false;
	u->text[0] = '\0';
}

/* Both buffers, or -ENOMEM. */
static int
open_lines(struct seed_line *line, struct unfolded *u)
{
	line->text = malloc(SEED_LINE_MAX);
	u->text = malloc(SEED_LINE_MAX);
	if (line->text == NULL || u->text == NULL)
		return -ENOMEM;
	unfold_clear(u);
	return 0;
}

static void
close_lines(struct seed_line *line, struct unfolded *u)
{
	free(line->text);
	free(u->text);
}

/* --- Messages -------------------------------------------------------------- */

/* The value of a field of that name, or NULL. */
static const char *
value_of(const struct unfolded *u, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(u->text, name, n) != 0)
		return NULL;
	n += strspn(u->text + n, " \t");
	return u->text[n] == ':' ? u->text + n + 1 : NULL;
}

static int
take_field(struct seed_reader *r, struct unfolded *u)
{
	static const char *const written[] = { "To", "Cc", "Bcc", NULL };
	static const char *const author[] = { "From", NULL };
	const char *const *names = r->from ? author : written;
	int rc = 0;

	for (; rc == 0 && *names != NULL; names++) {
		const char *value = value_of(u, *names);

		if (value == NULL)
			continue;
		if (u->too_long)
			r->too_long++;
		else
			rc = seed_addresses(r, value,
			    u->len - (size_t)(value - u->text));
	}
	unfold_clear(u);
	return rc;
}

/* Where in the mbox the next line stands. */
struct place {
	bool header;
	bool blank; /* the line before was empty: "From " begins a message */
};

static int
take_line(struct seed_reader *r, const struct seed_line *line,
    struct unfolded *u, struct place *at)
{
	bool starts = at->blank && strncmp(line->text, "From ", 5) == 0;
	int rc = 0;

	at->blank = line->len == 0;
	if (starts) {
		at->header = true;
		r->records++;
		return 0;
	}
	if (!at->header)
		return 0;
	if (line->len > 0 && (line->text[0] == ' ' || line->text[0] == '\t')) {
		unfold_add(u, line->text, line->len);
		return 0;
	}
	rc = take_field(r, u);
	if (line->len == 0)
		at->header = false;
	else
		unfold_add(u, line->text, line->len);
	return rc;
}

int
seed_mail(struct seed_source *s, struct seed_reader *r, bool once)
{
	struct place at = { .header = true, .blank = !once };
	struct seed_line line = { .text = NULL };
	struct unfolded u = { .text = NULL };
	size_t before = r->records;
	int rc = open_lines(&line, &u), more = 1;

	while (rc == 0 && more == 1 && (at.header || !once)) {
		more = seed_next_line(s, r, &line);
		if (more == 1)
			rc = take_line(r, &line, &u, &at);
		else if (more < 0)
			rc = more;
	}
	if (rc == 0 && at.header)
		rc = take_field(r, &u);
	/* A message alone has no "From " line. */
	if (r->records == before)
		r->records++;
	close_lines(&line, &u);
	return rc;
}

/* --- vCards (RFC 6350 3.2, 3.3; 2.1 and 3.0 alike) ------------------------- */

/* "item1.EMAIL;TYPE="a:b":value": the value, or NULL if it is another one. */
static const char *
vcard_email(const char *line)
{
	size_t name = strcspn(line, ".;:");
	bool quoted = false;

	if (line[name] == '.')
		line += name + 1;
	if (strncasecmp(line, "EMAIL", 5) != 0 ||
	    (line[5] != ':' && line[5] != ';'))
		return NULL;
	for (; *line != '\0'; line++) {
		if (*line == '"')
			quoted = !quoted;
		else if (*line == ':' && !quoted)
			break;
	}
	if (*line == '\0')
		return NULL;
	line++;
	return strncasecmp(line, "mailto:", 7) == 0 ? line + 7 : line;
}

static int
take_property(struct seed_reader *r, struct unfolded *u)
{
	const char *value = vcard_email(u->text);
	int rc = 0;

	if (strncasecmp(u->text, "BEGIN:VCARD", 11) == 0)
		r->records++;
	if (value != NULL && u->too_long)
		r->too_long++;
	else if (value != NULL && *value != '\0')
		rc = seed_addresses(r, value, strlen(value));
	unfold_clear(u);
	return rc;
}

int
seed_vcard(struct seed_source *s, struct seed_reader *r)
{
	struct seed_line line = { .text = NULL };
	struct unfolded u = { .text = NULL };
	int rc = open_lines(&line, &u), more = 1;

	while (rc == 0 && more == 1) {
		more = seed_next_line(s, r, &line);
		if (more < 0)
			rc = more;
		if (more != 1)
			break;
		if (line.text[0] == ' ' || line.text[0] == '\t') {
			unfold_add(&u, line.text + 1, line.len - 1);
			continue;
		}
		rc = take_property(r, &u);
		if (rc == 0)
			unfold_add(&u, line.text, line.len);
	}
	if (rc == 0)
		rc = take_property(r, &u);
	close_lines(&line, &u);
	return rc;
}
