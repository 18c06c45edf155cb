/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/str.h"

#define HEX_LEN (OCT_KEY_OCTETS * 2)
#define PATH_SIZE 1024
#define GROUPS_MAX 256

static bool
is_my_group(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int n = getgroups(GROUPS_MAX, groups);

	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return gid == getegid();
}

static int
check_mode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EPERM;
	if ((st.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
		return -EPERM;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	/* Root is in no group, and reads for all of them. */
	if ((st.st_mode & S_IRGRP) != 0 && geteuid() != 0 &&
	    !is_my_group(st.st_gid))
		return -EPERM;
	return 0;
}

static int
parse_hex(const char *text, size_t len, struct oct_secret *out)
{
	struct oct_secret s;
	size_t got;
	int rc;

	if (len == HEX_LEN + 1 && text[HEX_LEN] == '\n')
		len--;
	if (len != HEX_LEN)
		return OCT_EPARSE;
	rc = sodium_hex2bin(s.octets, sizeof(s.octets), text, len, NULL, &got,
	    NULL);
	if (rc == 0 && got == sizeof(s.octets))
		*out = s;
	else
		rc = OCT_EPARSE;
	sodium_memzero(&s, sizeof(s));
	return rc;
}

int
oct_secret_load(const char *path, struct oct_secret *out)
{
	char text[HEX_LEN + 2];
	size_t len;
	int fd, rc;

	if (sodium_init() < 0)
		return -EIO;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return -errno;
	rc = check_mode(fd);
	if (rc == 0)
		rc = oct_io_read(fd, text, sizeof(text), &len);
	(void)close(fd);
	if (rc == 0)
		rc = parse_hex(text, len, out);
	sodium_memzero(text, sizeof(text));
	return rc;
}

int
oct_secret_load_previous(const char *path, struct oct_secret *out)
{
	char previous[PATH_SIZE];
	struct oct_str s;
	int rc;

	oct_str_fixed(&s, previous, sizeof(previous));
	oct_str_addf(&s, "%s.previous", path);
	rc = oct_str_err(&s) != 0 ? -ENAMETOOLONG
				  : oct_secret_load(previous, out);
	if (rc == 0)
		return 1;
	memset(out, 0, sizeof(*out));
	return rc == -ENOENT ? 0 : rc;
}

static int
write_secret(int fd)
{
	struct oct_secret s;
	char text[HEX_LEN + 2];
	int rc;

	randombytes_buf(s.octets, sizeof(s.octets));
	(void)sodium_bin2hex(text, HEX_LEN + 1, s.octets, sizeof(s.octets));
	text[HEX_LEN] = '\n';
	rc = oct_io_write(fd, text, HEX_LEN + 1);
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	sodium_memzero(text, sizeof(text));
	sodium_memzero(&s, sizeof(s));
	return rc;
}

static int
sync_folder(const char *path)
{
	char copy[PATH_SIZE];
	struct oct_str s;
	int fd, rc;

	oct_str_fixed(&s, copy, sizeof(copy));
	oct_str_add(&s, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	rc = fsync(fd) == 0 ? 0 : -errno;
	(void)close(fd);
	return rc;
}

int
oct_secret_create(const char *path)
{
	char temp[PATH_SIZE];
	struct oct_str s;
	int fd, rc;

	if (sodium_init() < 0)
		return -EIO;
	oct_str_fixed(&s, temp, sizeof(temp));
	oct_str_addf(&s, "%s.XXXXXX", path);
	if (oct_str_err(&s) != 0)
		return -ENAMETOOLONG;
	fd = mkostemp(temp, O_CLOEXEC); /* mode 0600 */
	if (fd == -1)
		return -errno;
	rc = write_secret(fd);
	(void)close(fd);
	/* link, unlike rename, never replaces a secret in use. */
	if (rc == 0 && link(temp, path) != 0)
		rc = -errno;
	(void)unlink(temp);
	return rc == 0 ? sync_folder(path) : rc;
}

void
oct_secret_fini(struct oct_secret *secret)
{
	sodium_memzero(secret, sizeof(*secret));
}

void
oct_secret_key(const struct oct_secret *secret, const char *purpose,
    uint8_t out[OCT_KEY_OCTETS])
{
	int rc = crypto_generichash(out, OCT_KEY_OCTETS,
	    (const unsigned char *)purpose, strlen(purpose), secret->octets,
	    sizeof(secret->octets));

	OCT_ASSERT(rc == 0);
}
