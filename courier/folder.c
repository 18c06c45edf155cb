/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Dovecot's imapsieve leaves: one file a message, ADDRESS,ANYTHING.ham or
 * .spam, of the mailbox that moved it out of Junk or into it.  A name that begins
 * with a dot is not finished.  What cannot be read, or is nobody's, is removed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier/gate.h"
#include "courier/teach.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/learn_item.h"

#define AT_ONCE 50
#define FILE_MAX (32u << 20)
#define HOPS_MAX 20 /* Received fields that may be our own */

/* --- One file ---------------------------------------------------------------- */

struct found {
	char rcpt[OCT_ADDR_SIZE];
	char domain[OCT_DOMAIN_SIZE];
	bool bad;
};

static bool
ends(const char *name, const char *with)
{
	size_t n = strlen(name), w = strlen(with);

	return n > w && strcmp(name + n - w, with) == 0;
}

/* Whose it is, by its name: 0, OCT_EABSENT (nobody's here), or OCT_EDOWN. */
static int
read_name(struct courier *c, const char *name, struct found *out)
{
	const char *comma = strrchr(name, ',');
	const struct dir_snapshot *dir;
	struct oct_addr a;
	size_t len = comma != NULL ? (size_t)(comma - name) : 0;
	bool known;

	if (len == 0 || len >= sizeof(out->rcpt) ||
	    (!ends(name, ".ham") && !ends(name, ".spam")))
		return OCT_EABSENT;
	memcpy(out->rcpt, name, len);
	out->rcpt[len] = '\0';
	out->bad = ends(name, ".spam");
	if (oct_addr_parse(out->rcpt, &a) != 0)
		return OCT_EABSENT;
	dir = gate_directory(c);
	if (dir == NULL)
		return OCT_EDOWN;
	known = dir_domain(dir, a.domain) != NULL;
	directory_put(dir);
	memcpy(out->domain, a.domain, sizeof(out->domain));
	return known ? 0 : OCT_EABSENT;
}

static int
read_message(const struct courier *c, int folder, const char *name,
    struct oct_msg **out)
{
	int fd = openat(folder, name,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct oct_msg_limits limits;
	struct stat st;
	int rc = 0;

	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = OCT_EPARSE;
	else if (st.st_size > FILE_MAX)
		rc = OCT_ELIMIT;
	oct_msg_limits_init(&limits);
	limits.body_octets = FILE_MAX;
	limits.spill_dir = c->settings->spool_path;
	if (rc == 0)
		rc = oct_msg_read(&limits, fd, out);
	(void)close(fd);
	return rc;
}

/* Received fields at the top up to ours: it had none of them when it was judged. */
static size_t
own_hops(const struct courier *c, const struct oct_msg *m)
{
	size_t own = 0;
	char by[300];

	(void)snprintf(by, sizeof(by), "by %s", c->settings->hostname);
	for (size_t i = 0; i < HOPS_MAX; i++) {
		const struct oct_field *f = oct_msg_find(m, "Received", i);

		if (f == NULL)
			break;
		if (memmem(f->value, f->value_len, by, strlen(by)) != NULL)
			own = i + 1;
	}
	return own;
}

static void
return_path(const struct oct_msg *m, char out[OCT_ADDR_SIZE])
{
	char *at, *end;

	if (oct_msg_value(m, "X-Octroi-Return-Path", out, OCT_ADDR_SIZE) != 1 &&
	    oct_msg_value(m, "Return-Path", out, OCT_ADDR_SIZE) != 1)
		out[0] = '\0';
	at = strchr(out, '<');
	end = strrchr(out, '>');
	if (at != NULL && end != NULL && end > at + 1) {
		*end = '\0';
		memmove(out, at + 1, strlen(at + 1) + 1);
	} else {
		out[0] = '\0';
	}
}

static int
teach(struct courier *c, struct oct_msg *m, const struct found *w,
    int64_t now_ms)
{
	struct teach_lesson lesson = { .domain = w->domain, .bad = w->bad,
		.weight = 1 };
	char rpath[OCT_ADDR_SIZE];
	struct teach_from from = { .rcpt = w->rcpt,
		.received_skip = own_hops(c, m), .when_ms = now_ms };
	int rc;

	return_path(m, rpath);
	if (*rpath != '\0')
		from.rpath = rpath;
	rc = teach_pack(m, &from, &lesson);
	if (rc == 0 && w->bad)
		rc = learn_later_junk(c->store, w->domain, lesson.fingerprint);
	if (rc == 0)
		rc = learn_write(c->store, w->domain, lesson.packed, "imap");
	free(lesson.packed);
	return rc;
}

/* 1 it is done with, 0 the store is away: it stays. */
static int
one_file(struct courier *c, int folder, const char *name, int64_t now_ms)
{
	struct oct_msg *m = NULL;
	struct found w;
	int rc = read_name(c, name, &w);

	if (rc == 0)
		rc = read_message(c, folder, name, &m);
	if (rc == 0)
		rc = teach(c, m, &w, now_ms);
	oct_msg_free(m);
	if (rc == OCT_EDOWN || rc == OCT_ETIME)
		return 0;
	oct_log(rc < 0 ? OCT_WARNING : OCT_INFO,
	    "learn=%s domain=%s by=imap as=%s error=\"%s\"",
	    rc == 1	    ? "said"
		: rc == 0 ? "left-out"
			  : "failed",
	    rc == OCT_EABSENT ? "-" : w.domain,
	    ends(name, ".spam") ? "spam" : "ham",
	    oct_strerror(rc < 0 ? rc : 0));
	if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
		oct_log(OCT_WARNING, "learn=stuck error=\"%s\"",
		    oct_strerror(-errno));
	return 1;
}

int
courier_folder(struct courier *c, int64_t now_ms)
{
	DIR *d = opendir(c->settings->learn_folder);
	const struct dirent *e;
	int done = 0, rc = 1;

	if (d == NULL) {
		oct_log(OCT_WARNING, "learn=no-folder on=%s error=\"%s\"",
		    c->settings->learn_folder, oct_strerror(-errno));
		return 0;
	}
	while (rc == 1 && done < AT_ONCE && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		rc = one_file(c, dirfd(d), e->d_name, now_ms);
		done++;
	}
	(void)closedir(d);
	return rc == 1 ? 0 : OCT_EDOWN;
}
