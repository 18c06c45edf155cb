/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/io.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"

int
oct_io_write(int fd, const void *octets, size_t len)
{
	const char *p = octets;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
oct_io_read(int fd, void *octets, size_t len, size_t *got)
{
	char *p = octets;
	size_t used = 0;

	while (used < len) {
		ssize_t n = read(fd, p + used, len - used);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*got = used;
	return 0;
}

int
oct_io_slurp(int fd, size_t max, char **out, size_t *len)
{
	size_t cap = 4096, used = 0, got;
	char *buf = NULL, *grown;
	int rc;

	if (max >= SIZE_MAX / 2)
		return -EINVAL;
	for (;;) {
		/* One octet over max tells a full file from a longer one. */
		if (cap > max + 1)
			cap = max + 1;
		grown = realloc(buf, cap + 1);
		if (grown == NULL) {
			rc = -ENOMEM;
			goto fail;
		}
		buf = grown;
		rc = oct_io_read(fd, buf + used, cap - used, &got);
		if (rc != 0)
			goto fail;
		used += got;
		if (used < cap)
			break;
		if (used > max) {
			rc = OCT_ELIMIT;
			goto fail;
		}
		cap *= 2;
	}
	buf[used] = '\0';
	*out = buf;
	if (len != NULL)
		*len = used;
	return 0;
fail:
	free(buf);
	return rc;
}
