/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_mails.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"

/* --- The list ------------------------------------------------------------- */

void
ctl_mails_fini(struct ctl_mails *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->item[i].path);
	free(m->item);
	*m = (struct ctl_mails){ .count = 0 };
}

static int
append(struct ctl_mails *m, const char *path, uint64_t at, uint64_t len,
    size_t number)
{
	char *copy;

	if (m->count >= CTL_MAILS_MAX)
		return OCT_ELIMIT;
	if (m->count == m->room) {
		size_t room = m->room == 0 ? 256 : 2 * m->room;
		struct ctl_mail *more = reallocarray(m->item, room,
		    sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		m->item = more;
		m->room = room;
	}
	copy = strdup(path);
	if (copy == NULL)
		return -ENOMEM;
	m->item[m->count++] = (struct ctl_mail){ copy, at, len, number };
	return 0;
}

/* --- mbox (RFC 4155) --------------------------------------------------------- */

static bool
is_after_empty(const char *text, const char *p)
{
	size_t before = (size_t)(p - text);

	return before == 0 || (before >= 2 && p[-2] == '\n') ||
	    (before >= 3 && p[-2] == '\r' && p[-3] == '\n');
}

/* Each message of the mapped file, without its "From " line. */
static int
split(struct ctl_mails *m, const char *path, const char *text, size_t len)
{
	const char *end = text + len, *start = NULL, *p = text;
	size_t number = 0;
	int rc = 0;

	while (rc == 0 && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *next = eol != NULL ? eol + 1 : end;

		/* A message begins after an empty line, or at the top. */
		if (end - p >= 5 && memcmp(p, "From ", 5) == 0 &&
		    is_after_empty(text, p)) {
			if (start != NULL)
				rc = append(m, path, (uint64_t)(start - text),
				    (uint64_t)(p - start), ++number);
			start = next;
		}
		p = next;
	}
	if (rc == 0 && start != NULL && start < end)
		rc = append(m, path, (uint64_t)(start - text),
		    (uint64_t)(end - start), number + 1);
	return rc;
}

static int
add_mbox(struct ctl_mails *m, const char *path, int fd, size_t len)
{
	void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	int rc;

	if (map == MAP_FAILED)
		return -errno;
	rc = split(m, path, map, len);
	(void)munmap(map, len);
	return rc;
}

/* --- Files and folders --------------------------------------------------------- */

static int
add_file(struct ctl_mails *m, const char *path, const struct stat *st)
{
	char head[5];
	int fd, rc;

	if (!S_ISREG(st->st_mode))
		return append(m, path, 0, 0, 0); /* a pipe, a device */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if (pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    memcmp(head, "From ", sizeof(head)) == 0)
		rc = add_mbox(m, path, fd, (size_t)st->st_size);
	else
		rc = append(m, path, 0, 0, 0);
	(void)close(fd);
	return rc;
}

static bool
is_folder(const char *parent, const char *name)
{
	struct oct_str path;
	struct stat st;
	bool is;

	oct_str_heap(&path, 8192);
	oct_str_addf(&path, "%s/%s", parent, name);
	is = stat(oct_str_text(&path), &st) == 0 && S_ISDIR(st.st_mode);
	oct_str_free(&path);
	return is;
}

/* Of a Maildir its cur and new, and folders in it (".Sent"), not what else lies
 * there. */
static bool
is_wanted(bool maildir, const char *parent, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (!maildir)
		return name[0] != '.';
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 ||
	    (name[0] == '.' && is_folder(parent, name));
}

static int add_path(const struct ctl *ctl, struct ctl_mails *m,
    const char *path, int depth);

static int
add_folder(const struct ctl *ctl, struct ctl_mails *m, const char *path,
    int depth)
{
	bool maildir = is_folder(path, "cur") && is_folder(path, "new");
	struct dirent **entry = NULL;
	int n = scandir(path, &entry, NULL, alphasort), first = 0;

	if (n < 0)
		return ctl_fail_rc(ctl, -errno, "folder", path);
	for (int i = 0; i < n; i++) {
		struct oct_str name;
		int status = 0;

		oct_str_heap(&name, 8192);
		oct_str_addf(&name, "%s/%s", path, entry[i]->d_name);
		if (is_wanted(maildir, path, entry[i]->d_name))
			status = oct_str_err(&name) == 0
			    ? add_path(ctl, m, name.buf, depth + 1)
			    : ctl_fail_rc(ctl, -ENAMETOOLONG, "file",
				  entry[i]->d_name);
		first = first != 0 ? first : status;
		oct_str_free(&name);
		free(entry[i]);
	}
	free(entry);
	return first;
}

static int
add_path(const struct ctl *ctl, struct ctl_mails *m, const char *path,
    int depth)
{
	struct stat st;
	int rc = stat(path, &st) == 0 ? 0 : -errno;

	if (rc == 0 && S_ISDIR(st.st_mode)) {
		if (depth > CTL_MAILS_DEPTH)
			return ctl_fail(ctl, DAEMON_EXIT_FAILED,
			    "%s: more than %d folders deep", path,
			    CTL_MAILS_DEPTH);
		return add_folder(ctl, m, path, depth);
	}
	if (rc == 0)
		rc = add_file(m, path, &st);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "file", path);
}

int
ctl_mails_add(const struct ctl *ctl, const char *path, struct ctl_mails *out)
{
	if (strcmp(path, "-") == 0) {
		int rc = append(out, path, 0, 0, 0);

		return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "file", path);
	}
	return add_path(ctl, out, path, 0);
}

int
ctl_mails_add_list(const struct ctl *ctl, struct ctl_mails *out)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int first = 0;

	while ((len = getline(&line, &room, stdin)) > 0) {
		int status;

		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (len == 0)
			continue;
		status = add_path(ctl, out, line, 0);
		first = first != 0 ? first : status;
	}
	free(line);
	return first;
}

/* --- Reading ----------------------------------------------------------------------- */

/* mboxrd: a '>' before "From " at the start of a line was put there. */
static void
unquote(struct oct_str *out, const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *p = text; p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *next = eol != NULL ? eol + 1 : end;
		size_t quotes = 0;

		while (p + quotes < next && p[quotes] == '>')
			quotes++;
		if (quotes > 0 && next - p - (ptrdiff_t)quotes >= 5 &&
		    memcmp(p + quotes, "From ", 5) == 0)
			p++;
		oct_str_addn(out, p, (size_t)(next - p));
		p = next;
	}
}

static int
pread_all(int fd, char *to, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t got = pread(fd, to, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : OCT_ECORRUPT;
		to += got;
		len -= (size_t)got;
		at += (uint64_t)got;
	}
	return 0;
}

/* A message of an mbox in a file of its own, which only lives in memory. */
static int
cut_out(const struct ctl_mail *mail, int from, int *out)
{
	char *text = malloc((size_t)mail->len + 1);
	struct oct_str plain;
	int rc = text != NULL ? pread_all(from, text, (size_t)mail->len,
		mail->at) : -ENOMEM;

	oct_str_heap(&plain, (size_t)mail->len + 1);
	*out = -1;
	if (rc == 0) {
		unquote(&plain, text, (size_t)mail->len);
		rc = oct_str_err(&plain);
	}
	if (rc == 0) {
		*out = memfd_create("message", MFD_CLOEXEC);
		rc = *out >= 0 ? oct_io_write(*out, oct_str_text(&plain),
			plain.len) : -errno;
	}
	if (rc == 0 && lseek(*out, 0, SEEK_SET) == -1)
		rc = -errno;
	oct_str_free(&plain);
	free(text);
	return rc;
}

int
ctl_mail_read(const struct ctl *ctl, const struct ctl_mail *mail,
    const struct oct_msg_limits *limits, struct oct_msg **out)
{
	int fd, slice = -1, rc = 0, status = ctl_open(ctl, mail->path, &fd);

	if (status != 0)
		return status;
	if (mail->len > limits->body_octets + limits->header_octets)
		rc = OCT_ELIMIT;
	else if (mail->len > 0)
		rc = cut_out(mail, fd, &slice);
	if (rc == 0)
		rc = oct_msg_read(limits, slice >= 0 ? slice : fd, out);
	if (slice >= 0)
		(void)close(slice);
	(void)close(fd);
	if (rc == OCT_ELIMIT)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: over a limit of header or body: the milter would "
		    "refuse it (552 5.3.4)",
		    mail->path);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "message", mail->path);
}

char *
ctl_mail_id(const struct ctl_mail *mail)
{
	const char *base = strrchr(mail->path, '/');
	size_t len;
	char *out = NULL;

	base = base != NULL ? base + 1 : mail->path;
	len = strlen(base);
	if (len > 4 && strcmp(base + len - 4, ".eml") == 0)
		len -= 4;
	if (mail->number > 0) {
		if (asprintf(&out, "%.*s:%zu", (int)len, base, mail->number) <
		    0)
			return NULL;
		return out;
	}
	return strndup(base, len);
}
