/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/seed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/addrlist.h"
#include "lib/err.h"
#include "policy/seed_int.h"

/* Of one header field: RFC 5322 sets no bound, people do. */
#define LIST_MAX 1000

int
seed_getc(struct seed_source *s)
{
	if (s->at < s->first_len)
		return (unsigned char)s->first[s->at++];
	return getc_unlocked(s->f);
}

int
seed_next_line(struct seed_source *s, struct seed_reader *r,
    struct seed_line *out)
{
	bool long_line = false;
	int c;

	out->len = 0;
	while ((c = seed_getc(s)) != EOF) {
		if (c != '\n') {
			if (out->len + 1 < SEED_LINE_MAX)
				out->text[out->len++] = (char)c;
			else
				long_line = true;
			continue;
		}
		if (!long_line)
			break;
		r->too_long++;
		long_line = false;
		out->len = 0;
	}
	if (c == EOF && ferror(s->f))
		return -EIO;
	if (long_line) {
		r->too_long++;
		return 0;
	}
	if (c == EOF && out->len == 0)
		return 0;
	if (out->len > 0 && out->text[out->len - 1] == '\r')
		out->len--;
	out->text[out->len] = '\0';
	return 1;
}

int
seed_addresses(struct seed_reader *r, const char *text, size_t len)
{
	struct oct_addr *list = reallocarray(NULL, LIST_MAX, sizeof(*list));
	size_t n = 0;
	int rc;

	if (list == NULL)
		return -ENOMEM;
	rc = oct_addrlist_parse(text, len, list, LIST_MAX, &n);
	if (rc == OCT_ELIMIT)
		r->too_long++;
	else if (rc != 0)
		r->malformed++;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = r->each(r->arg, &list[i]);
	free(list);
	return rc;
}

/* --- What is it? ----------------------------------------------------------- */

/* "Name: value", as RFC 5322 2.2 has it, and no comma that a CSV would have. */
static bool
is_field(const char *line)
{
	size_t n = 0;

	while (line[n] > ' ' && line[n] < 0x7f && line[n] != ':')
		n++;
	return n > 0 && line[n] == ':' && strcspn(line, ",;") > n;
}

static enum seed_format
guess(const char *line)
{
	if (strncasecmp(line, "BEGIN:VCARD", 11) == 0)
		return SEED_VCARD;
	if (strncmp(line, "From ", 5) == 0 || is_field(line))
		return SEED_MAIL;
	return SEED_CSV;
}

/* 1 read into buf (with its line end), 0 empty, or an error. */
static int
first_line(FILE *f, char *buf, size_t *len)
{
	int c = EOF;

	*len = 0;
	while (*len + 1 < SEED_LINE_MAX && (c = getc_unlocked(f)) != EOF) {
		buf[(*len)++] = (char)c;
		if (c == '\n')
			break;
	}
	buf[*len] = '\0';
	if (ferror(f))
		return -EIO;
	/* UTF-16, as some spreadsheets write it: every second octet is NUL. */
	if (memchr(buf, '\0', *len) != NULL)
		return OCT_EPARSE;
	return *len > 0;
}

int
seed_read(FILE *f, enum seed_format format, struct seed_reader *r)
{
	static const char bom[] = "\xef\xbb\xbf";
	char *buf = malloc(SEED_LINE_MAX);
	struct seed_source s = { .f = f, .first = buf };
	int rc = buf != NULL ? first_line(f, buf, &s.first_len) : -ENOMEM;

	if (rc <= 0)
		goto out;
	if (strncmp(buf, bom, 3) == 0)
		s.at = 3;
	if (format == SEED_GUESS)
		format = guess(buf + s.at);
	rc = 0;
	switch (format) {
	case SEED_VCARD:
		rc = seed_vcard(&s, r);
		break;
	case SEED_MAIL:
		rc = seed_mail(&s, r, false);
		break;
	case SEED_CSV:
	case SEED_GUESS:
		rc = seed_csv(&s, r);
		break;
	}
out:
	free(buf);
	return rc;
}

/* --- Folders --------------------------------------------------------------- */

/* One message; what is no regular file (a FIFO would hold us up, a link leads
 * who knows where) is left out. */
static int
read_message(int dir, const char *name, struct seed_reader *r)
{
	int fd = openat(dir, name,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct seed_source s = { .at = 0 };
	struct stat st;
	int rc;

	if (fd < 0)
		return errno == ELOOP || errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return 0;
	}
	s.f = fdopen(fd, "r");
	if (s.f == NULL) {
		rc = -errno;
		(void)close(fd);
		return rc;
	}
	rc = seed_mail(&s, r, true);
	(void)fclose(s.f);
	return rc;
}

static int
read_folder(int at, const char *name, struct seed_reader *r)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	size_t n = 0;
	int rc = 0;

	if (dir == NULL) {
		rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	/* One directory stream, one thread. */
	while (rc == 0 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		rc = ++n > SEED_FILES_MAX ? OCT_ELIMIT
					  : read_message(fd, e->d_name, r);
	}
	(void)closedir(dir);
	return rc;
}

int
seed_read_folder(const char *path, struct seed_reader *r)
{
	int at = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (at < 0)
		return -errno;
	if (faccessat(at, "cur", R_OK, 0) == 0) {
		rc = read_folder(at, "cur", r);
		if (rc == 0 && faccessat(at, "new", R_OK, 0) == 0)
			rc = read_folder(at, "new", r);
	} else {
		rc = read_folder(at, ".", r);
	}
	(void)close(at);
	return rc;
}
