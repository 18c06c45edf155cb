/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"

#define OCTETS_MAX (256u << 20)
#define COLUMNS_MAX 64

struct ctl_manifest {
	char *text; /* what the rows point into */
	struct ctl_manifest_row *row;
	size_t count, room;
};

enum { ID, MAIL_FROM, CLIENT, HELO, NAMED };

/* The fields of a line, cut in place. */
static size_t
cut(char *line, char *field[COLUMNS_MAX])
{
	size_t n = 0;

	line[strcspn(line, "\r")] = '\0';
	while (line != NULL && n < COLUMNS_MAX)
		field[n++] = strsep(&line, "\t");
	return n;
}

static void
find_columns(char *line, size_t at[NAMED])
{
	static const char *const names[NAMED] = { "id", "mail_from",
		"client_ip", "helo" };
	char *field[COLUMNS_MAX];
	size_t n = cut(line + (*line == '#'), field);

	for (size_t k = 0; k < NAMED; k++)
		at[k] = SIZE_MAX;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < NAMED; k++)
			if (strcmp(field[i], names[k]) == 0)
				at[k] = i;
}

static const char *
field_at(char *const *field, size_t n, size_t at)
{
	return at < n ? field[at] : "";
}

static int
add_row(struct ctl_manifest *m, char *line, const size_t at[NAMED])
{
	char *field[COLUMNS_MAX];
	size_t n = cut(line, field);

	if (m->count == m->room) {
		size_t room = m->room == 0 ? 1024 : 2 * m->room;
		struct ctl_manifest_row *more = reallocarray(m->row, room,
		    sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		m->row = more;
		m->room = room;
	}
	m->row[m->count++] = (struct ctl_manifest_row){
		.id = field_at(field, n, at[ID]),
		.mail_from = field_at(field, n, at[MAIL_FROM]),
		.client = field_at(field, n, at[CLIENT]),
		.helo = field_at(field, n, at[HELO]) };
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct ctl_manifest_row *)a)->id,
	    ((const struct ctl_manifest_row *)b)->id);
}

static int
parse(struct ctl_manifest *m)
{
	char *rest = m->text, *line;
	size_t at[NAMED];
	int rc = 0;

	line = strsep(&rest, "\n");
	find_columns(line, at);
	if (at[ID] == SIZE_MAX)
		return OCT_EPARSE;
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0' && *line != '#')
			rc = add_row(m, line, at);
	if (m->count > 0)
		qsort(m->row, m->count, sizeof(*m->row), by_id);
	return rc;
}

int
ctl_manifest_read(const struct ctl *ctl, const char *path,
    struct ctl_manifest **out)
{
	struct ctl_manifest *m = calloc(1, sizeof(*m));
	int fd, rc, status = ctl_open(ctl, path, &fd);
	size_t len;

	if (status != 0 || m == NULL) {
		free(m);
		return status != 0 ? status
				   : ctl_fail_rc(ctl, -ENOMEM, "table", path);
	}
	rc = oct_io_slurp(fd, OCTETS_MAX, &m->text, &len);
	(void)close(fd);
	if (rc == 0)
		rc = parse(m);
	if (rc != 0) {
		ctl_manifest_free(m);
		if (rc == OCT_EPARSE)
			return ctl_fail(ctl, DAEMON_EXIT_FAILED,
			    "%s: the first line names no column 'id'", path);
		return ctl_fail_rc(ctl, rc, "table", path);
	}
	*out = m;
	return 0;
}

void
ctl_manifest_free(struct ctl_manifest *m)
{
	if (m == NULL)
		return;
	free(m->row);
	free(m->text);
	free(m);
}

const struct ctl_manifest_row *
ctl_manifest_find(const struct ctl_manifest *m, const char *id)
{
	const struct ctl_manifest_row key = { .id = id };

	if (m == NULL || m->count == 0)
		return NULL;
	return bsearch(&key, m->row, m->count, sizeof(*m->row), by_id);
}
