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

/* The first reason why something could not be looked at. */
static void
note(int *failed, int err)
{
	if (*failed == 0)
		*failed = -err;
}

static DIR *
open_dir(int at, const char *path, int *failed)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	DIR *dir = fd != -1 ? fdopendir(fd) : NULL;

	if (dir != NULL)
		return dir;
	note(failed, errno);
	if (fd != -1)
		(void)close(fd);
	return NULL;
}

/* A folder that cannot be read hides no other: it is noted in *failed. */
static int
for_each(int at, const char *path, each_fn *each, void *arg, int *failed)
{
	DIR *dir = open_dir(at, path, failed);
	struct dirent *e;
	int rc = 0;

	while (dir != NULL && rc == 0) {
		errno = 0;
		e = readdir(dir);
		if (e == NULL && errno != 0)
			note(failed, errno);
		if (e == NULL)
			break;
		if (e->d_name[0] != '.')
			rc = each(arg, dirfd(dir), e->d_name);
	}
	if (dir != NULL)
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
	int failed;
};

static int
visit_name(void *arg, int folder, const char *name)
{
	struct walk *walk = arg;
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
	struct walk *walk = arg;

	return strlen(name) == 2
	    ? for_each(held, name, visit_name, arg, &walk->failed)
	    : 0;
}

int
spool_walk(const struct spool *spool, spool_visit *visit, void *arg)
{
	struct walk walk = { .spool = spool, .visit = visit, .arg = arg };
	int rc = for_each(spool->held_fd, ".", walk_folder, &walk,
	    &walk.failed);

	return rc != 0 ? rc : walk.failed;
}

struct clean {
	time_t before;
	spool_known *known;
	void *arg;
	size_t removed;
	int failed;
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
	if (strcmp(other, SPOOL_SIDECAR) == 0 && clean->known != NULL &&
	    clean->known(clean->arg, id))
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
	struct clean *clean = arg;

	return strlen(name) == 2
	    ? for_each(held, name, clean_name, arg, &clean->failed)
	    : 0;
}

int
spool_clean(const struct spool *spool, int64_t age_s, spool_known *known,
    void *arg, size_t *removed)
{
	struct clean clean = { .before = time(NULL) - (time_t)age_s,
		.known = known, .arg = arg };
	int rc = for_each(spool->tmp_fd, ".", clean_temp, &clean,
	    &clean.failed);

	if (rc == 0)
		rc = for_each(spool->held_fd, ".", clean_folder, &clean,
		    &clean.failed);
	*removed = clean.removed;
	return rc != 0 ? rc : clean.failed;
}
