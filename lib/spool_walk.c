/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/spool_int.h"

/* One name of a folder; other than 0 ends the loop and is returned. */
typedef int each_fn(void *arg, int folder, const char *name);

static int
for_each(int at, const char *path, each_fn *each, void *arg)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	struct dirent *e;
	DIR *dir;
	int rc = 0;

	if (fd == -1)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		rc = -errno;
		(void)close(fd);
		return rc;
	}
	for (;;) {
		errno = 0;
		e = readdir(dir);
		if (e == NULL) {
			rc = -errno;
			break;
		}
		if (e->d_name[0] == '.')
			continue;
		rc = each(arg, fd, e->d_name);
		if (rc != 0)
			break;
	}
	(void)closedir(dir);
	return rc;
}

/* The id, if the name is one of that suffix. */
static bool
split_name(const char *name, const char *suffix, char id[SPOOL_ID_SIZE])
{
	size_t len = SPOOL_ID_SIZE - 1;

	if (strnlen(name, len) < len || strcmp(name + len, suffix) != 0)
		return false;
	memcpy(id, name, len);
	id[len] = '\0';
	return spool_id_ok(id);
}

static bool
has_part(int folder, const char *id, const char *suffix)
{
	char name[SPOOL_NAME_SIZE];
	struct stat st;

	spool_name(id, suffix, name);
	/* In doubt it is there: nothing is to be removed for an EIO. */
	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

struct walk {
	const struct spool *spool;
	spool_visit *visit;
	void *arg;
};

static int
visit_name(void *arg, int folder, const char *name)
{
	const struct walk *walk = arg;
	char id[SPOOL_ID_SIZE], *sidecar = NULL;
	int rc;

	if (!split_name(name, SPOOL_SIDECAR, id))
		return 0;
	rc = has_part(folder, id, SPOOL_MESSAGE)
	    ? spool_item_sidecar(walk->spool, id, &sidecar) : OCT_ECORRUPT;
	if (rc == OCT_EABSENT)
		return 0; /* removed meanwhile */
	rc = walk->visit(walk->arg, id, sidecar, rc);
	free(sidecar);
	return rc;
}

static int
walk_folder(void *arg, int held, const char *name)
{
	return strlen(name) == 2 ? for_each(held, name, visit_name, arg) : 0;
}

int
spool_walk(const struct spool *spool, spool_visit *visit, void *arg)
{
	struct walk walk = { spool, visit, arg };

	return for_each(spool->held_fd, ".", walk_folder, &walk);
}

struct clean {
	time_t before;
	size_t removed;
};

static bool
is_old(const struct clean *clean, int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_mtime <= clean->before;
}

static int
clean_temp(void *arg, int folder, const char *name)
{
	struct clean *clean = arg;

	static const char prefix[] = SPOOL_TEMP_PREFIX;

	if (strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	    is_old(clean, folder, name) && unlinkat(folder, name, 0) == 0)
		clean->removed++;
	return 0;
}

static int
clean_name(void *arg, int folder, const char *name)
{
	struct clean *clean = arg;
	char id[SPOOL_ID_SIZE];
	const char *other;

	if (split_name(name, SPOOL_SIDECAR, id))
		other = SPOOL_MESSAGE;
	else if (split_name(name, SPOOL_MESSAGE, id))
		other = SPOOL_SIDECAR;
	else
		return 0;
	if (has_part(folder, id, other) || !is_old(clean, folder, name))
		return 0;
	/* Looked at again under the lock: a writer may be between the two. */
	while (flock(folder, LOCK_EX) != 0)
		if (errno != EINTR)
			return -errno;
	if (!has_part(folder, id, other) && is_old(clean, folder, name) &&
	    unlinkat(folder, name, 0) == 0)
		clean->removed++;
	(void)flock(folder, LOCK_UN);
	return 0;
}

static int
clean_folder(void *arg, int held, const char *name)
{
	return strlen(name) == 2 ? for_each(held, name, clean_name, arg) : 0;
}

int
spool_clean(const struct spool *spool, int64_t age_s, size_t *removed)
{
	struct clean clean = { .before = time(NULL) - (time_t)age_s };
	int rc = for_each(spool->tmp_fd, ".", clean_temp, &clean);

	if (rc == 0)
		rc = for_each(spool->held_fd, ".", clean_folder, &clean);
	*removed = clean.removed;
	return rc;
}
