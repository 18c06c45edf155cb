/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/spool_int.h"
#include "lib/str.h"

bool
spool_id_ok(const char *id)
{
	size_t n = 0;

	while (n < SPOOL_ID_SIZE && ((id[n] >= 'a' && id[n] <= 'z') ||
	    (id[n] >= '2' && id[n] <= '7')))
		n++;
	return n == SPOOL_ID_SIZE - 1 && id[n] == '\0';
}

void
spool_name(const char *id, const char *suffix, char out[SPOOL_NAME_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, SPOOL_NAME_SIZE);
	oct_str_add(&s, id);
	oct_str_add(&s, suffix);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

static mode_t
file_mode(const struct spool *spool)
{
	return (spool->opts.folder_mode & S_IWGRP) != 0 ? 0660 : 0600;
}

void
spool_temp_name(char name[SPOOL_TEMP_SIZE])
{
	struct oct_str s;
	uint8_t random[16];
	char hex[sizeof(random) * 2 + 1];

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	oct_str_fixed(&s, name, SPOOL_TEMP_SIZE);
	oct_str_addf(&s, SPOOL_TEMP_PREFIX "%s", hex);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

int
spool_temp(const struct spool *spool, char name[SPOOL_TEMP_SIZE])
{
	int fd, err;

	spool_temp_name(name);
	fd = openat(spool->tmp_fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -errno;
	/* Not by the mode of open: the umask must not matter. */
	if (fchmod(fd, file_mode(spool)) == 0)
		return fd;
	err = -errno;
	(void)unlinkat(spool->tmp_fd, name, 0);
	(void)close(fd);
	return err;
}

int
spool_folder(const struct spool *spool, const char *id, bool lock)
{
	const char name[3] = { id[0], id[1], '\0' };
	int fd = openat(spool->held_fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err;

	if (fd == -1)
		return errno == ENOENT ? OCT_EABSENT : -errno;
	while (lock && flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		err = -errno;
		(void)close(fd);
		return err;
	}
	return fd;
}

int
spool_temp_sidecar(const struct spool *spool, const char *text,
    char name[SPOOL_TEMP_SIZE], struct stat *st)
{
	size_t len = strnlen(text, SPOOL_SIDECAR_MAX + 1);
	int fd, rc;

	if (len > SPOOL_SIDECAR_MAX)
		return OCT_ELIMIT;
	fd = spool_temp(spool, name);
	if (fd < 0)
		return fd;
	rc = oct_io_write(fd, text, len);
	if (rc == 0 && (fsync(fd) != 0 || fstat(fd, st) != 0))
		rc = -errno;
	(void)close(fd);
	if (rc != 0)
		(void)unlinkat(spool->tmp_fd, name, 0);
	return rc;
}

/* A folder under at, made if it is missing. */
static int
open_folder(int at, const char *name, mode_t mode)
{
	bool made = mkdirat(at, name, 0700) == 0;
	int fd;

	if (!made && errno != EEXIST)
		return -errno;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if (made && fchmod(fd, mode) != 0) {
		int err = -errno;

		(void)close(fd);
		return err;
	}
	return fd;
}

/* Make a file and move it, as writing an item will. */
static int
try_folders(const struct spool *spool)
{
	char name[SPOOL_TEMP_SIZE];
	int fd = spool_temp(spool, name), rc;

	if (fd < 0)
		return fd;
	(void)close(fd);
	rc = renameat(spool->tmp_fd, name, spool->held_fd, name) == 0 ? 0
								      : -errno;
	(void)unlinkat(rc == 0 ? spool->held_fd : spool->tmp_fd, name, 0);
	return rc;
}

static int
open_folders(struct spool *spool, const char *path)
{
	mode_t mode = spool->opts.folder_mode;
	int root = open_folder(AT_FDCWD, path, mode);
	int rc = 0;

	if (root < 0)
		return root;
	spool->tmp_fd = open_folder(root, "tmp", mode);
	spool->held_fd = open_folder(root, "held", mode);
	if (spool->tmp_fd < 0 || spool->held_fd < 0)
		rc = spool->tmp_fd < 0 ? spool->tmp_fd : spool->held_fd;
	else if (fsync(root) != 0)
		rc = -errno;
	(void)close(root);
	return rc == 0 ? try_folders(spool) : rc;
}

int
spool_open(const char *path, const struct spool_opts *opts,
    struct spool **out)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	int rc;

	if (spool == NULL)
		return -ENOMEM;
	spool->opts = *opts;
	spool->tmp_fd = spool->held_fd = -1;
	rc = sodium_init() < 0 ? -EIO : open_folders(spool, path);
	if (rc == 0)
		*out = spool;
	else
		spool_close(spool);
	return rc;
}

int
spool_open_reader(const char *path, struct spool **out)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	int root, rc = 0;

	if (spool == NULL)
		return -ENOMEM;
	spool->tmp_fd = spool->held_fd = -1;
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0)
		spool->held_fd = openat(root, "held",
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->held_fd < 0)
		rc = -errno;
	if (root >= 0)
		(void)close(root);
	if (rc == 0)
		*out = spool;
	else
		spool_close(spool);
	return rc;
}

void
spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->tmp_fd >= 0)
		(void)close(spool->tmp_fd);
	if (spool->held_fd >= 0)
		(void)close(spool->held_fd);
	free(spool);
}

int
spool_room(const struct spool *spool, uint64_t *out)
{
	struct statvfs st;
	uint64_t avail;

	if (fstatvfs(spool->held_fd, &st) != 0)
		return -errno;
	if ((st.f_flag & ST_RDONLY) != 0)
		return -EROFS;
	if (__builtin_mul_overflow((uint64_t)st.f_bavail,
	    (uint64_t)st.f_frsize, &avail))
		avail = UINT64_MAX;
	/* A file system that counts no files says 0 of 0. */
	if (st.f_files != 0 && st.f_favail == 0)
		avail = 0;
	*out = avail > spool->opts.reserve ? avail - spool->opts.reserve : 0;
	return 0;
}
