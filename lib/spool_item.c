/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/spool_int.h"

static int
open_part(const struct spool *spool, const char *id, const char *suffix)
{
	char name[SPOOL_NAME_SIZE];
	int folder, fd;

	if (!spool_id_ok(id))
		return -EINVAL;
	folder = spool_folder(spool, id, false);
	if (folder < 0)
		return folder;
	spool_name(id, suffix, name);
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		fd = errno == ENOENT ? OCT_EABSENT : -errno;
	(void)close(folder);
	return fd;
}

int
spool_item_open(const struct spool *spool, const char *id, int *fd)
{
	int message = open_part(spool, id, SPOOL_MESSAGE);

	if (message < 0)
		return message;
	*fd = message;
	return 0;
}

int
spool_item_sidecar(const struct spool *spool, const char *id, char **out)
{
	int fd = open_part(spool, id, SPOOL_SIDECAR), rc;

	if (fd < 0)
		return fd;
	rc = oct_io_slurp(fd, SPOOL_SIDECAR_MAX, out, NULL);
	(void)close(fd);
	return rc;
}

static int
remove_part(int folder, const char *id, const char *suffix)
{
	char name[SPOOL_NAME_SIZE];

	spool_name(id, suffix, name);
	if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int
spool_item_remove(const struct spool *spool, const char *id)
{
	int folder, rc;

	if (!spool_id_ok(id))
		return -EINVAL;
	folder = spool_folder(spool, id, true);
	if (folder == OCT_EABSENT)
		return 0;
	if (folder < 0)
		return folder;
	rc = remove_part(folder, id, SPOOL_SIDECAR);
	if (rc == 0)
		rc = remove_part(folder, id, SPOOL_MESSAGE);
	(void)flock(folder, LOCK_UN);
	if (rc == 0 && fsync(folder) != 0)
		rc = -errno;
	(void)close(folder);
	return rc;
}
