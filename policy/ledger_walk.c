/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/ledger.h"

#define FILES_MAX 2400 /* months of 200 years */

struct walk {
	ledger_each *each;
	void *arg;
	bool any; /* an entry came before */
	int64_t n;
	char hash[LEDGER_HASH_SIZE];
};

/* Does the line end so, the mark of one that was torn? */
static bool
is_torn(const char *line, size_t len)
{
	const size_t mark = sizeof(LEDGER_TORN) - 1;

	return len >= mark && strcmp(line + len - mark, LEDGER_TORN) == 0;
}

static int
see_line(struct walk *w, const char *line, size_t len, struct ledger_seen *seen)
{
	const struct ledger_entry *e = &seen->entry;

	if (is_torn(line, len)) {
		seen->state = LEDGER_WAS_TORN;
	} else if (ledger_parse(line, &seen->entry) != 0) {
		seen->state = LEDGER_DAMAGED;
	} else {
		seen->state = !w->any ||
			(e->n == w->n + 1 && strcmp(e->prev, w->hash) == 0)
		    ? LEDGER_GOOD
		    : LEDGER_BROKEN;
		w->any = true;
		w->n = e->n;
		memcpy(w->hash, e->hash, sizeof(w->hash));
	}
	return w->each(w->arg, seen);
}

/* Octets up to a line end into line; longer ones and those with a NUL come out
 * as what cannot be parsed.  1, 0 at the end, or an error. */
static int
next_line(FILE *f, char line[LEDGER_LINE_MAX], size_t *len)
{
	bool bad = false;
	int c;

	*len = 0;
	while ((c = getc_unlocked(f)) != EOF && c != '\n') {
		bad |= c == '\0' || *len + 1 == LEDGER_LINE_MAX;
		if (!bad)
			line[(*len)++] = (char)c;
	}
	if (c == EOF && ferror(f))
		return -EIO;
	if (bad)
		*len = 0;
	line[*len] = '\0';
	return c != EOF || *len > 0 || bad;
}

static int
walk_file(struct walk *w, const char *path, const char *name)
{
	struct ledger_seen seen = { .file = name };
	char line[LEDGER_LINE_MAX];
	size_t len;
	FILE *f = fopen(path, "re");
	int rc = 0, more = 1;

	if (f == NULL)
		return -errno;
	while (rc == 0 && more == 1) {
		more = next_line(f, line, &len);
		if (more < 0)
			rc = more;
		seen.line++;
		if (more == 1)
			rc = see_line(w, line, len, &seen);
	}
	(void)fclose(f);
	return rc;
}

int
ledger_walk_file(const char *path, ledger_each *each, void *arg)
{
	struct walk w = { .each = each, .arg = arg };
	const char *name = strrchr(path, '/');

	return walk_file(&w, path, name != NULL ? name + 1 : path);
}

/* --- A node's files --------------------------------------------------------- */

struct names {
	size_t count;
	char (*name)[LEDGER_NAME_SIZE];
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
read_names(const char *folder, const char *node, struct names *out)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	int rc = 0;

	if (dir == NULL)
		return -errno;
	out->name = calloc(FILES_MAX, sizeof(*out->name));
	if (out->name == NULL)
		rc = -ENOMEM;
	while (rc == 0 && (e = readdir(dir)) != NULL) {
		if (!ledger_is_name(e->d_name, node) ||
		    strlen(e->d_name) >= LEDGER_NAME_SIZE)
			continue;
		if (out->count == FILES_MAX)
			rc = OCT_ELIMIT;
		else
			memcpy(out->name[out->count++], e->d_name,
			    strlen(e->d_name) + 1);
	}
	(void)closedir(dir);
	if (rc == 0)
		qsort(out->name, out->count, sizeof(*out->name), by_name);
	return rc;
}

int
ledger_walk(const char *folder, const char *node, ledger_each *each, void *arg)
{
	/* The first one follows nothing. */
	struct walk w = { .each = each, .arg = arg, .any = true };
	struct names names = { .count = 0 };
	char path[4096];
	int rc = read_names(folder, node, &names);

	memcpy(w.hash, ledger_origin, sizeof(w.hash));
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		struct oct_str s;

		oct_str_fixed(&s, path, sizeof(path));
		oct_str_addf(&s, "%s/%s", folder, names.name[i]);
		rc = oct_str_err(&s);
		if (rc == 0)
			rc = walk_file(&w, path, names.name[i]);
	}
	free(names.name);
	return rc;
}
