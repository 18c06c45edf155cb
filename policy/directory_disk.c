/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The copy on disk: a line with version and witness, one JSON line a tenant and
 * then a domain, a line with their number and the BLAKE2b checksum of all before
 * it.  Version 1 had no tenants and is read as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/directory_private.h"
#include "policy/directory_schema.h"

#define HEAD "octroi-directory 2 "
#define HEAD_OLD "octroi-directory 1 " /* as long */
#define HEAD_MAX (sizeof(HEAD) + OCT_STREAM_ID)
#define SUM_OCTETS 32
#define SUM_TEXT (2 * SUM_OCTETS + 1)
#define TAIL_MAX 128
#define COPY_MAX (1u << 31) /* far above 300,000 mailboxes (30 MB) */
#define DOMAIN_MAX (1u << 30)

struct copy {
	FILE *file;
	crypto_generichash_state sum;
	struct oct_str line;
};

static int
put_line(struct copy *c)
{
	int rc = oct_str_err(&c->line);

	if (rc != 0)
		return rc;
	(void)crypto_generichash_update(
	    &c->sum, (const unsigned char *)c->line.buf, c->line.len);
	errno = EIO;
	return fwrite(c->line.buf, 1, c->line.len, c->file) == c->line.len
		   ? 0
		   : -errno;
}

static void
sum_text(crypto_generichash_state *sum, char out[SUM_TEXT])
{
	unsigned char raw[SUM_OCTETS];

	(void)crypto_generichash_final(sum, raw, sizeof(raw));
	(void)sodium_bin2hex(out, SUM_TEXT, raw, sizeof(raw));
}

static int
put_lines(struct copy *c, const struct dir_snapshot *s, const char *witness)
{
	char sum[SUM_TEXT];
	int rc;

	oct_str_addf(&c->line, HEAD "%s\n", witness);
	rc = put_line(c);
	for (size_t i = 0; rc == 0 && i < dir_tenant_count(s); i++) {
		oct_str_clear(&c->line);
		dir_tenant_whole_json(dir_tenant_at(s, i), &c->line);
		oct_str_addc(&c->line, '\n');
		rc = put_line(c);
	}
	for (size_t i = 0; rc == 0 && i < dir_domain_count(s); i++) {
		oct_str_clear(&c->line);
		dir_whole_json(dir_domain_at(s, i), &c->line);
		oct_str_addc(&c->line, '\n');
		rc = put_line(c);
	}
	if (rc != 0)
		return rc;
	sum_text(&c->sum, sum);
	errno = EIO;
	if (fprintf(c->file, "end %zu %s\n",
		dir_domain_count(s) + dir_tenant_count(s), sum) < 0)
		return -errno;
	return 0;
}

static int
put_file(int fd, const struct dir_snapshot *s, const char *witness)
{
	struct copy c;
	int rc;

	c.file = fdopen(fd, "w");
	if (c.file == NULL) {
		rc = -errno;
		(void)close(fd);
		return rc;
	}
	(void)crypto_generichash_init(&c.sum, NULL, 0, SUM_OCTETS);
	oct_str_heap(&c.line, DOMAIN_MAX);
	rc = put_lines(&c, s, witness);
	oct_str_free(&c.line);
	if (rc == 0 && (fflush(c.file) != 0 || fsync(fd) != 0))
		rc = -errno;
	if (fclose(c.file) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* The rename itself must survive a power cut. */
static int
sync_folder(const char *path)
{
	struct oct_str folder;
	const char *slash = strrchr(path, '/');
	int fd = -1, rc;

	oct_str_heap(&folder, 4096);
	if (slash == NULL)
		oct_str_add(&folder, ".");
	else
		oct_str_addn(&folder, path, (size_t)(slash - path) + 1);
	rc = oct_str_err(&folder);
	if (rc != 0)
		goto out;
	fd = open(oct_str_text(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) != 0)
		rc = -errno;
out:
	if (fd != -1)
		(void)close(fd);
	oct_str_free(&folder);
	return rc;
}

int
dir_disk_write(
    const char *path, const struct dir_snapshot *s, const char *witness)
{
	struct oct_str temp;
	int fd, rc;

	oct_str_heap(&temp, 4096);
	oct_str_addf(&temp, "%s.XXXXXX", path);
	rc = oct_str_err(&temp);
	if (rc != 0)
		goto out;
	/* A name of its own: several programs may share the copy. */
	fd = mkostemp(temp.buf, O_CLOEXEC);
	if (fd == -1) {
		rc = -errno;
		goto out;
	}
	(void)fchmod(fd, 0640);
	rc = put_file(fd, s, witness);
	if (rc == 0 && rename(temp.buf, path) != 0)
		rc = -errno;
	if (rc == 0)
		rc = sync_folder(path);
	else
		(void)unlink(temp.buf);
out:
	oct_str_free(&temp);
	return rc;
}

/* --- Reading ------------------------------------------------------------- */

static int
slurp(const char *path, char **out, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd == -1)
		return -errno;
	rc = oct_io_slurp(fd, COPY_MAX, out, len);
	(void)close(fd);
	return rc;
}

/* The tail's place, after its number and checksum were found right. */
static int
check_tail(const char *text, size_t len, size_t *tail, int64_t *count)
{
	crypto_generichash_state sum;
	char have[TAIL_MAX], want[SUM_TEXT], *space;
	size_t at = len, n;

	if (len < 2 || text[len - 1] != '\n')
		return OCT_ECORRUPT;
	at = len - 1;
	while (at > 0 && text[at - 1] != '\n')
		at--;
	n = len - 1 - at;
	if (n >= sizeof(have) || strncmp(text + at, "end ", 4) != 0)
		return OCT_ECORRUPT;
	memcpy(have, text + at + 4, n - 4);
	have[n - 4] = '\0';
	space = strchr(have, ' ');
	if (space == NULL)
		return OCT_ECORRUPT;
	*space = '\0';
	(void)crypto_generichash_init(&sum, NULL, 0, SUM_OCTETS);
	(void)crypto_generichash_update(&sum, (const unsigned char *)text, at);
	sum_text(&sum, want);
	if (strcmp(space + 1, want) != 0 ||
	    oct_num_int(have, 0, INT32_MAX, count) != 0)
		return OCT_ECORRUPT;
	*tail = at;
	return 0;
}

static int
read_line(struct dir_reading *r, const char *text, size_t len,
    struct dir_entries *e)
{
	int rc = dir_read_tenant_whole(
	    r, text, len, &e->tenants[e->tenant_count]);

	if (rc == 0)
		e->tenant_count++;
	if (rc != OCT_EABSENT)
		return rc;
	rc = dir_read_whole(r, text, len, &e->nodes[e->count]);
	if (rc == 0)
		e->count++;
	return rc;
}

/* e has room for count of both. */
static int
read_lines(
    const char *text, const char *end, size_t count, struct dir_entries *e)
{
	struct dir_reading r = {.lenient = true};
	int rc = 0;

	while (rc == 0 && text < end && e->count + e->tenant_count < count) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		if (eol == NULL)
			return OCT_ECORRUPT;
		rc = read_line(&r, text, (size_t)(eol - text), e);
		text = eol + 1;
	}
	dir_reading_end(&r, "disk");
	if (rc == OCT_EPARSE ||
	    (rc == 0 && (e->count + e->tenant_count != count || text != end)))
		return OCT_ECORRUPT;
	return rc;
}

/* Octets of the head line, its end included; 0: it is none of ours. */
static size_t
parse_head(const char *text, char witness[OCT_STREAM_ID])
{
	const size_t at = strlen(HEAD);
	size_t n;

	if (strncmp(text, HEAD, at) != 0 && strncmp(text, HEAD_OLD, at) != 0)
		return 0;
	n = strspn(text + at, "0123456789-");
	if (n >= OCT_STREAM_ID || text[at + n] != '\n')
		return 0;
	memcpy(witness, text + at, n);
	witness[n] = '\0';
	return at + n + 1;
}

static int
read_copy(const char *text, size_t len, struct dir_snapshot **out,
    char witness[OCT_STREAM_ID])
{
	size_t head = parse_head(text, witness), tail;
	struct dir_entries e = {.count = 0};
	int64_t count;
	int rc = head > 0 ? check_tail(text, len, &tail, &count) : OCT_ECORRUPT;

	if (rc != 0)
		return rc;
	if (tail < head)
		return OCT_ECORRUPT;
	e.nodes = calloc((size_t)count + 1, sizeof(struct dir_node *));
	e.tenants = calloc((size_t)count + 1, sizeof(struct dir_tenant_node *));
	rc = -ENOMEM;
	if (e.nodes != NULL && e.tenants != NULL)
		rc = read_lines(
		    text + head, text + tail, (size_t)count, &e);
	if (rc == 0)
		rc = dir_snapshot_new(&e, out);
	else
		dir_entries_put(&e);
	free(e.nodes);
	free(e.tenants);
	return rc;
}

int
dir_disk_read(
    const char *path, struct dir_snapshot **out, char witness[OCT_STREAM_ID])
{
	char *text = NULL;
	size_t len = 0;
	int rc = slurp(path, &text, &len);

	if (rc != 0)
		return rc;
	rc = read_copy(text, len, out, witness);
	free(text);
	return rc;
}

int
dir_disk_witness(const char *path, char out[OCT_STREAM_ID])
{
	char head[HEAD_MAX + 1];
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd == -1)
		return -errno;
	rc = oct_io_read(fd, head, HEAD_MAX, &len);
	(void)close(fd);
	head[len] = '\0';
	if (rc == 0 && parse_head(head, out) == 0)
		rc = OCT_ECORRUPT;
	return rc;
}
