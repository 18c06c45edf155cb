/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/log.h"

/* Faults that are told one by one. */
#define FAULTS_TOLD 20

struct list {
	char **name; /* sorted */
	size_t count, faults;
};

struct domain_file {
	const char *what;
	char *path;
	pthread_rwlock_t lock; /* of list */
	struct list list;
	struct stat seen; /* of the file when it was read; zeros = not there */
};

static void
list_fini(struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->name[i]);
	free(l->name);
	*l = (struct list){ .name = NULL };
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* --- Reading ----------------------------------------------------------------- */

/* The domain of a line: 1, 0 if it holds none (empty, comment), OCT_EPARSE. */
static int
read_name(char *line, char out[OCT_DOMAIN_SIZE])
{
	char *name = line + strspn(line, " \t");

	name[strcspn(name, "#\r\n")] = '\0';
	for (size_t n = strlen(name); n > 0 &&
	    (name[n - 1] == ' ' || name[n - 1] == '\t'); n--)
		name[n - 1] = '\0';
	if (*name == '\0')
		return 0;
	/* A top-level domain alone would be half the world. */
	if (strchr(name, '.') == NULL || name[0] == '[' ||
	    oct_domain_normalise(name, out) != 0 || strchr(out, '.') == NULL)
		return OCT_EPARSE;
	return 1;
}

static void
fault(const struct domain_file *f, struct list *l, size_t line,
    const char *why)
{
	if (++l->faults <= FAULTS_TOLD)
		oct_log(OCT_ERROR, "%s=left-out at=%s:%zu error=\"%s\"",
		    f->what, f->path, line, why);
}

static int
add_name(struct list *l, const char *name)
{
	l->name[l->count] = strdup(name);
	if (l->name[l->count] == NULL)
		return -ENOMEM;
	l->count++;
	return 0;
}

static int
read_lines(const struct domain_file *f, FILE *in, struct list *l)
{
	char text[DOMAIN_FILE_LINE_MAX], name[OCT_DOMAIN_SIZE];
	bool within = false; /* a line that was too long */
	size_t line = 0;
	int rc = 0;

	while (rc == 0 && fgets(text, sizeof(text), in) != NULL) {
		bool whole = strchr(text, '\n') != NULL || feof(in);
		int got = OCT_EPARSE;

		if (within) {
			within = !whole;
			continue;
		}
		if (++line > DOMAIN_FILE_LINES)
			return OCT_ELIMIT;
		within = !whole;
		if (whole)
			got = read_name(text, name);
		if (got == 1)
			rc = add_name(l, name);
		else if (got < 0)
			fault(f, l, line, whole
				? "expected a domain with a dot, and a comment "
				  "behind #"
				: "longer than 510 octets");
	}
	if (rc == 0 && ferror(in))
		rc = -EIO;
	return rc;
}

/* 0, or an error; a file that is not there is an empty list. */
static int
read_file(const struct domain_file *f, struct list *l, struct stat *st)
{
	int fd, rc = 0;
	FILE *in;

	*l = (struct list){ .name = NULL };
	memset(st, 0, sizeof(*st));
	fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
		rc = -EINVAL;
	in = rc == 0 ? fdopen(fd, "r") : NULL;
	if (in == NULL) {
		(void)close(fd);
		return rc != 0 ? rc : -ENOMEM;
	}
	l->name = calloc(DOMAIN_FILE_LINES, sizeof(*l->name));
	rc = l->name != NULL ? read_lines(f, in, l) : -ENOMEM;
	(void)fclose(in);
	if (rc == 0)
		qsort(l->name, l->count, sizeof(*l->name), by_text);
	else
		list_fini(l);
	return rc;
}

static bool
has_changed(const struct domain_file *f)
{
	struct stat st;

	if (stat(f->path, &st) != 0)
		memset(&st, 0, sizeof(st));
	return st.st_ino != f->seen.st_ino || st.st_size != f->seen.st_size ||
	    st.st_mtim.tv_sec != f->seen.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != f->seen.st_mtim.tv_nsec;
}

void
domain_file_refresh(struct domain_file *f, bool force)
{
	struct list fresh, old;
	struct stat st;
	int rc;

	if (f->path[0] == '\0' || (!force && !has_changed(f)))
		return;
	rc = read_file(f, &fresh, &st);
	f->seen = st;
	if (rc != 0) {
		oct_log(OCT_ERROR,
		    "%s=unread file=%s error=\"%s\" effect=\"the list stays as "
		    "it was\"",
		    f->what, f->path, oct_strerror(rc));
		return;
	}
	oct_log(OCT_NOTICE, "%s=read file=%s domains=%zu left_out=%zu", f->what,
	    f->path, fresh.count, fresh.faults);
	(void)pthread_rwlock_wrlock(&f->lock);
	old = f->list;
	f->list = fresh;
	(void)pthread_rwlock_unlock(&f->lock);
	list_fini(&old);
}

/* --- Looking up --------------------------------------------------------------- */

static bool
list_has(const struct list *l, const char *domain)
{
	/* The domain, then what is above it. */
	for (; domain != NULL; domain = strchr(domain, '.')) {
		domain += *domain == '.';
		if (l->count > 0 && bsearch(&domain, l->name, l->count,
			sizeof(*l->name), by_text) != NULL)
			return true;
	}
	return false;
}

bool
domain_file_has(struct domain_file *f, const char *domain)
{
	bool has;

	if (f == NULL || *domain == '\0')
		return false;
	(void)pthread_rwlock_rdlock(&f->lock);
	has = list_has(&f->list, domain);
	(void)pthread_rwlock_unlock(&f->lock);
	return has;
}

size_t
domain_file_count(struct domain_file *f)
{
	size_t n;

	(void)pthread_rwlock_rdlock(&f->lock);
	n = f->list.count;
	(void)pthread_rwlock_unlock(&f->lock);
	return n;
}

size_t
domain_file_faults(struct domain_file *f)
{
	size_t n;

	(void)pthread_rwlock_rdlock(&f->lock);
	n = f->list.faults;
	(void)pthread_rwlock_unlock(&f->lock);
	return n;
}

/* --- Life-cycle ---------------------------------------------------------------- */

int
domain_file_open(const char *what, const char *path, struct domain_file **out)
{
	struct domain_file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	f->what = what;
	f->path = strdup(path);
	if (f->path == NULL) {
		free(f);
		return -ENOMEM;
	}
	(void)pthread_rwlock_init(&f->lock, NULL);
	domain_file_refresh(f, true);
	*out = f;
	return 0;
}

void
domain_file_close(struct domain_file *f)
{
	if (f == NULL)
		return;
	list_fini(&f->list);
	(void)pthread_rwlock_destroy(&f->lock);
	free(f->path);
	free(f);
}
