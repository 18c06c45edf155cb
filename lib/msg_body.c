/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/msg_int.h"
#include "lib/str.h"

#define BODY_FIRST_OCTETS 16384

static void
drop_map(struct oct_msg *m)
{
	if (m->map != NULL)
		(void)munmap(m->map, m->map_len);
	m->map = NULL;
}

void
msg_body_fini(struct oct_msg *m)
{
	drop_map(m);
	free(m->body);
	m->body = NULL;
	if (m->spill_fd >= 0)
		(void)close(m->spill_fd);
	m->spill_fd = -1;
}

static int
append_memory(struct oct_msg *m, const void *octets, size_t len)
{
	size_t cap = m->body_cap == 0 ? BODY_FIRST_OCTETS : m->body_cap;
	char *grown;

	while (cap - m->body_len < len)
		cap *= 2;
	if (cap != m->body_cap) {
		grown = realloc(m->body, cap);
		if (grown == NULL)
			return -ENOMEM;
		m->body = grown;
		m->body_cap = cap;
	}
	memcpy(m->body + m->body_len, octets, len);
	m->body_len += len;
	return 0;
}

/* For file systems without O_TMPFILE. */
static int
open_unlinked(const char *dir)
{
	char path[1024];
	struct oct_str s;
	int fd;

	oct_str_fixed(&s, path, sizeof(path));
	oct_str_addf(&s, "%s/.octroi-XXXXXX", dir);
	if (oct_str_err(&s) != 0)
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd == -1)
		return -errno;
	(void)unlink(path);
	return fd;
}

static int
open_spill(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
		return open_unlinked(dir);
	return -errno;
}

/* Move what is in memory to the file. */
static int
start_spill(struct oct_msg *m)
{
	int fd = open_spill(m->limits.spill_dir), rc;

	if (fd < 0)
		return fd;
	rc = oct_io_write(fd, m->body, m->body_len);
	if (rc != 0) {
		(void)close(fd);
		return rc;
	}
	m->spill_fd = fd;
	free(m->body);
	m->body = NULL;
	m->body_cap = 0;
	return 0;
}

static int
append_spill(struct oct_msg *m, const void *octets, size_t len)
{
	int rc = m->spill_fd >= 0 ? 0 : start_spill(m);

	if (rc == 0)
		rc = oct_io_write(m->spill_fd, octets, len);
	if (rc == 0)
		m->body_len += len;
	return rc;
}

int
oct_msg_add_body(struct oct_msg *m, const void *octets, size_t len)
{
	bool in_memory;
	int rc;

	if (m->err != 0 || len == 0)
		return m->err;
	drop_map(m);
	if (len > m->limits.body_octets - m->body_len)
		return msg_over(m, "body_octets");
	in_memory = m->spill_fd < 0 && (m->limits.spill_dir == NULL ||
	    m->body_len + len <= m->limits.memory_octets);
	rc = in_memory ? append_memory(m, octets, len)
		       : append_spill(m, octets, len);
	return rc == 0 ? 0 : msg_fail(m, rc);
}

int
oct_msg_body(struct oct_msg *m, const char **octets, size_t *len)
{
	/* Over a limit, what came before it can still be looked at. */
	if (m->err != 0 && m->err != OCT_ELIMIT)
		return m->err;
	if (m->spill_fd >= 0 && m->map == NULL) {
		void *map = mmap(NULL, m->body_len, PROT_READ, MAP_PRIVATE,
		    m->spill_fd, 0);

		if (map == MAP_FAILED)
			return -errno;
		m->map = map;
		m->map_len = m->body_len;
	}
	*octets = m->spill_fd >= 0 ? m->map : m->body;
	if (*octets == NULL)
		*octets = "";
	*len = m->body_len;
	return 0;
}
