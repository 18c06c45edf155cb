/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl feed fetchmail: what fetchmail 6.4 must read to collect the old
 * mailboxes, each until its last day.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/io.h"
#include "lib/num.h"
#include "lib/seal.h"
#include "provisioning/ctl_feed.h"
#include "provisioning/ctl_legacy.h"

const struct ctl_option ctl_feed_fetchmail_options[] = {
	{ "to", "FILE", "where it is to be, with the passwords, for its owner "
			"alone" },
	{ NULL, NULL, NULL },
};

/* A message goes from there once it was taken here, and not before: neither an
 * error of ours nor a refusal makes fetchmail write to strangers or drop it. */
static const char head[] =
    "# fetchmail 6.4, for octroi; made by 'octroictl feed fetchmail'.\n"
    "set no bouncemail\n"
    "set no spambounce\n"
    "set softbounce\n"
    "set postmaster \"postmaster\"\n";

static const char tail[] =
    " nokeep fetchall norewrite nomimedecode pass8bits nodropstatus"
    " nodropdelivered expunge 1 antispam -1 limit 0\n";

struct feed {
	struct ctl *ctl;
	const struct settings *set;
	struct oct_str *out;
	bool secrets;
	uint8_t key[OCT_KEY_OCTETS];
	char today[DETAIL_DATE_SIZE];
	size_t collected, left;
};

/*
 * A text in quotes.  fetchmail knows no escaped quote, and reads octal escapes
 * as something else (tried with 6.4.37); two hexadecimal digits are read right.
 */
static void
quoted(struct oct_str *out, const char *text)
{
	oct_str_addc(out, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    c == '.' || c == '@' || c == '-')
			oct_str_addc(out, *text);
		else
			oct_str_addf(out, "\\x%02x", c);
	}
	oct_str_addc(out, '"');
}

static void OCT_PRINTF(3, 4)
leave(struct feed *f, const char *address, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)ctl_fail(f->ctl, 0, "%s is not collected: %s", address, why);
	f->left++;
}

/* --- Where it is collected ----------------------------------------------- */

struct source {
	const char *protocol;
	char host[256];
	int64_t port;
};

/* "imaps://host[:port]": TLS from the first octet (RFC 8314 3). */
static bool
read_server(const char *text, struct source *out)
{
	static const struct {
		const char *scheme, *protocol;
		int64_t port;
	} known[] = { { "imaps://", "IMAP", 993 },
		{ "pop3s://", "POP3", 995 } };
	size_t len;

	for (size_t i = 0; i < OCT_LEN(known); i++) {
		size_t skip = strlen(known[i].scheme);

		if (strncmp(text, known[i].scheme, skip) != 0)
			continue;
		text += skip;
		len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR"
				   "STUVWXYZ0123456789.-");
		if (len == 0 || len >= sizeof(out->host))
			return false;
		out->protocol = known[i].protocol;
		out->port = known[i].port;
		memcpy(out->host, text, len);
		out->host[len] = '\0';
		text += len;
		if (*text == ':')
			return oct_num_int(text + 1, 1, 65535, &out->port) == 0;
		return *text == '\0' || strcmp(text, "/") == 0;
	}
	return false;
}

/* "host:port" is "host/port" there. */
static int
add_listener(struct feed *f)
{
	char text[256];
	char *colon;

	(void)snprintf(text, sizeof(text), "%s", f->set->legacy_listener);
	colon = strrchr(text, ':');
	if (colon == NULL || colon == text)
		return ctl_fail(f->ctl, DAEMON_EXIT_CONFIG,
		    "legacy.listener must be host:port");
	*colon = '/';
	oct_str_add(f->out, "  smtphost ");
	quoted(f->out, text);
	return 0;
}

/* --- One address --------------------------------------------------------- */

static int
add_password(struct feed *f, const struct dir_domain *d,
    const struct dir_record *r)
{
	const char *sealed = detail_get(r->details, DETAIL_PASSWORD);
	char name[CTL_LEGACY_NAME_SIZE], *opened;
	size_t len;
	int rc;

	if (!f->secrets) {
		oct_str_add(f->out, "\"\" # written with --to only\n");
		return 0;
	}
	ctl_legacy_name(r->name, d->name, name);
	rc = oct_seal_open(f->key, name, sealed, &opened, &len);
	if (rc != 0)
		return ctl_fail_rc(f->ctl, rc, "sealed password of", r->name);
	quoted(f->out, opened);
	oct_str_addc(f->out, '\n');
	oct_seal_free(opened);
	return 0;
}

static int
add_entry(struct feed *f, const struct dir_domain *d,
    const struct dir_record *r, const struct source *from)
{
	const char *login = detail_get(r->details, DETAIL_LOGIN);
	char mailbox[OCT_ADDR_SIZE];
	int status;

	(void)snprintf(mailbox, sizeof(mailbox), "%s@%s",
	    detail_get(r->details, DETAIL_MAILBOX), d->name);
	oct_str_add(f->out, "\npoll ");
	quoted(f->out, r->name);
	oct_str_add(f->out, " via ");
	quoted(f->out, from->host);
	oct_str_addf(f->out, " protocol %s service %d auth password timeout 60\n"
			     "  user ",
	    from->protocol, (int)from->port);
	quoted(f->out, *login != '\0' ? login : r->name);
	oct_str_add(f->out, " there with password ");
	status = add_password(f, d, r);
	if (status != 0)
		return status;
	oct_str_add(f->out, "  is ");
	quoted(f->out, mailbox);
	oct_str_add(f->out, " here smtpname ");
	quoted(f->out, mailbox);
	oct_str_add(f->out, "\n  ssl sslcertck sslproto \"TLS1.2+\"");
	if (*f->set->legacy_ca_file != '\0') {
		oct_str_add(f->out, " sslcertfile ");
		quoted(f->out, f->set->legacy_ca_file);
	}
	oct_str_addc(f->out, '\n');
	status = add_listener(f);
	oct_str_add(f->out, tail);
	f->collected++;
	return status;
}

/* Expected, on this day, at a mailbox that takes it. */
static bool
is_due(const struct feed *f, const struct dir_domain *d,
    const struct dir_record *r)
{
	const struct dir_mailbox *m =
	    dir_mailbox(d, detail_get(r->details, DETAIL_MAILBOX));
	const char *until = detail_get(r->details, DETAIL_UNTIL);
	const char *closes = detail_get(r->details, DETAIL_CLOSES);

	return strcmp(detail_get(r->details, DETAIL_HOW), "collected") == 0 &&
	    !detail_closed(r->details) && m != NULL &&
	    m->state != DIR_CLOSED && d->state == DIR_ACTIVE &&
	    (*until == '\0' || strcmp(f->today, until) <= 0) &&
	    (*closes == '\0' || strcmp(f->today, closes) < 0);
}

static int
take_legacy(struct feed *f, const struct dir_domain *d,
    const struct dir_record *r)
{
	struct source from;

	if (!is_due(f, d, r))
		return 0;
	if (!read_server(detail_get(r->details, DETAIL_SERVER), &from)) {
		leave(f, r->name,
		    "server=%.100s: imaps://HOST or pop3s://HOST is needed, "
		    "with TLS from the beginning",
		    detail_get(r->details, DETAIL_SERVER));
		return 0;
	}
	if (*detail_get(r->details, DETAIL_PASSWORD) == '\0') {
		leave(f, r->name,
		    "it has no password: 'octroictl legacy password %s %s'",
		    r->name, d->name);
		return 0;
	}
	return add_entry(f, d, r, &from);
}

static int
take_all(struct feed *f)
{
	const struct dir_snapshot *s;
	int status = ctl_directory(f->ctl, NULL, &s);

	if (status != 0)
		return status;
	oct_str_add(f->out, head);
	for (size_t i = 0; status == 0 && i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		for (size_t j = 0; status == 0 && j < d->legacy_count; j++)
			status = take_legacy(f, d, dir_legacy_at(d, j));
	}
	directory_put(s);
	return status;
}

/* --- Out ----------------------------------------------------------------- */

/* Whole or not at all, whatever happens, and nobody else's ever. */
static int
replace(const struct ctl *ctl, const char *path, const struct oct_str *text)
{
	char new[4096];
	int n = snprintf(new, sizeof(new), "%s.new", path), fd, rc = 0;

	if (n < 0 || (size_t)n >= sizeof(new))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE, "%s: too long", path);
	if (unlink(new) != 0 && errno != ENOENT)
		return ctl_fail_rc(ctl, -errno, "file", new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return ctl_fail_rc(ctl, -errno, "file", new);
	rc = oct_io_write(fd, text->buf, text->len);
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	(void)close(fd);
	if (rc == 0 && rename(new, path) != 0)
		rc = -errno;
	if (rc == 0)
		return 0;
	(void)unlink(new);
	return ctl_fail_rc(ctl, rc, "file", path);
}

static int
finish(struct feed *f, const char *to)
{
	char done[96];
	int status;

	if (to == NULL)
		return ctl_write(f->ctl, f->out);
	if (oct_str_err(f->out) != 0)
		return ctl_fail_rc(f->ctl, oct_str_err(f->out), "file", to);
	status = replace(f->ctl, to, f->out);
	if (status != 0)
		return status;
	(void)snprintf(done, sizeof(done), "written: %zu address%s collected",
	    f->collected, f->collected == 1 ? "" : "es");
	return ctl_done(f->ctl, done, "file", to);
}

int
ctl_feed_fetchmail(struct ctl *ctl, const struct ctl_args *args)
{
	const char *to = ctl_args_value(args, "to");
	struct oct_str out;
	struct feed f = { .ctl = ctl, .out = &out, .secrets = to != NULL };
	int status = ctl_settings(ctl, &f.set);

	if (status == 0 && settings_tell_time(f.set) != 0)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED, "out of memory");
	if (status == 0 && f.secrets)
		status = ctl_legacy_key(ctl, f.key);
	if (status != 0)
		return status;
	detail_day(oct_clock_wall_ms(), f.today);
	oct_str_heap(&out, CTL_OUT_MAX);
	status = take_all(&f);
	sodium_memzero(f.key, sizeof(f.key));
	if (status == 0)
		status = finish(&f, to);
	if (f.secrets && out.buf != NULL)
		sodium_memzero(out.buf, out.len);
	oct_str_free(&out);
	return status;
}
