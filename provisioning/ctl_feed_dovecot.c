/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl feed dovecot: what Dovecot 2.3 must read for this configuration:
 * who may log in, quotas, delivery by LMTP, and what people file as junk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/io.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_feed.h"

#define FOLDER "/etc/dovecot/octroi"
#define SOCKET_PREFIX "unix:"

/* What the files are made of. */
struct feed {
	const struct settings *set;
	const char *folder, *socket;
};

static void
main_file(const struct feed *f, struct oct_str *out)
{
	char access[512] = "";

	/* Logins ask, and so does whoever delivers or reads mail. */
	if (*f->set->dovecot_group != '\0')
		(void)snprintf(access, sizeof(access),
		    "service auth {\n  extra_groups = %s\n}\n"
		    "mail_access_groups = %s\n",
		    f->set->dovecot_group, f->set->dovecot_group);
	oct_str_addf(out,
	    "# Dovecot 2.3, for octroi: '!include %s/octroi.conf' at the end "
	    "of\n# dovecot.conf, and no other passdb, userdb or quota.\n"
	    "protocols = imap lmtp\n"
	    "\n# Who logs in, and where his mail is: octroi-mapd answers from "
	    "memory.\n"
	    "# No auth_cache: a suspension or a new password counts at once.\n"
	    "auth_username_format = %%Lu\n"
	    "%s"
	    "passdb {\n  driver = dict\n  args = %s/octroi-auth.conf.ext\n}\n"
	    "userdb {\n  driver = dict\n  args = %s/octroi-auth.conf.ext\n}\n"
	    "\n# Postfix: logins of submission, and delivery.  (octroi: "
	    "mapd.transport = %s)\n"
	    "service auth {\n"
	    "  unix_listener /var/spool/postfix/private/auth {\n"
	    "    mode = 0660\n    user = postfix\n    group = postfix\n  }\n"
	    "}\n"
	    "service lmtp {\n"
	    "  unix_listener /var/spool/postfix/private/dovecot-lmtp {\n"
	    "    mode = 0600\n    user = postfix\n    group = postfix\n  }\n"
	    "}\n",
	    f->folder, access, f->folder, f->folder, f->set->mapd_transport);
}

static void
quota_file(const struct feed *f, struct oct_str *out)
{
	oct_str_addf(out,
	    "\n# Quotas come with each mailbox.  What it uses is told to "
	    "octroi-mapd, so that\n# octroi refuses at RCPT; whom Dovecot "
	    "itself finds full waits in Postfix's\n# queue: nothing bounces "
	    "to forged senders.\n"
	    "mail_plugins = $mail_plugins quota quota_clone\n"
	    "quota_full_tempfail = yes\n"
	    "plugin {\n"
	    "  quota = count:User quota\n"
	    "  quota_vsizes = yes\n"
	    "  quota_clone_dict = proxy:%s:quota\n"
	    "}\n"
	    "protocol lmtp {\n  mail_plugins = $mail_plugins sieve\n}\n"
	    "protocol imap {\n"
	    "  mail_plugins = $mail_plugins imap_quota imap_sieve\n}\n"
	    "\n# What people file as junk, or take out of it, is queued in\n"
	    "# %s for learning.  Compile the scripts once:\n"
	    "# sievec octroi-spam.sieve; sievec octroi-ham.sieve\n"
	    "plugin {\n"
	    "  sieve_plugins = sieve_imapsieve sieve_extprograms\n"
	    "  sieve_global_extensions = +vnd.dovecot.pipe "
	    "+vnd.dovecot.environment\n"
	    "  sieve_pipe_bin_dir = %s/bin\n"
	    "  imapsieve_mailbox1_name = Junk\n"
	    "  imapsieve_mailbox1_causes = COPY APPEND\n"
	    "  imapsieve_mailbox1_before = file:%s/octroi-spam.sieve\n"
	    "  imapsieve_mailbox2_name = *\n"
	    "  imapsieve_mailbox2_from = Junk\n"
	    "  imapsieve_mailbox2_causes = COPY\n"
	    "  imapsieve_mailbox2_before = file:%s/octroi-ham.sieve\n"
	    "}\n"
	    "namespace inbox {\n  inbox = yes\n"
	    "  mailbox Junk {\n    auto = subscribe\n"
	    "    special_use = \\Junk\n  }\n}\n"
	    "\n# Now and then (cron), so that what was told is right:\n"
	    "#   octroictl quota users > /run/octroi-users &&\n"
	    "#   doveadm -f tab quota get -F /run/octroi-users |\n"
	    "#   octroictl quota import -\n",
	    f->socket, f->set->dovecot_learn, f->folder, f->folder, f->folder);
}

static void
write_main(const struct feed *f, struct oct_str *out)
{
	main_file(f, out);
	quota_file(f, out);
}

static void
write_auth(const struct feed *f, struct oct_str *out)
{
	oct_str_addf(out,
	    "# octroi-mapd speaks Dovecot's dict protocol.\n"
	    "uri = proxy:%s:auth\n"
	    "default_pass_scheme = ARGON2ID\n"
	    "iterate_disable = yes\n"
	    "key passdb {\n  key = passdb/%%{user}\n  format = json\n}\n"
	    "key userdb {\n  key = userdb/%%{user}\n  format = json\n}\n"
	    "passdb_objects = passdb\n"
	    "userdb_objects = userdb\n",
	    f->socket);
}

static const char sieve_head[] =
    "require [\"vnd.dovecot.pipe\", \"copy\", \"imapsieve\", \"environment\", "
    "\"variables\"];\n\n"
    "if environment :matches \"imap.user\" \"*\" {\n"
    "  set \"user\" \"${1}\";\n}\n";

static void
write_spam(OCT_UNUSED const struct feed *f, struct oct_str *out)
{
	oct_str_add(out, "# Filed as junk.\n");
	oct_str_add(out, sieve_head);
	oct_str_add(out,
	    "pipe :copy \"octroi-queue\" [\"spam\", \"${user}\"];\n");
}

static void
write_ham(OCT_UNUSED const struct feed *f, struct oct_str *out)
{
	oct_str_add(out, "# Taken out of junk; what is thrown away says "
			 "nothing.\n");
	oct_str_add(out, sieve_head);
	oct_str_add(out,
	    "if environment :matches \"imap.mailbox\" \"*\" {\n"
	    "  set \"mailbox\" \"${1}\";\n}\n"
	    "if string \"${mailbox}\" \"Trash\" {\n  stop;\n}\n"
	    "pipe :copy \"octroi-queue\" [\"ham\", \"${user}\"];\n");
}

/* Quick, and whole or not at all: a name without its last part is no queue entry.
 * It runs as the user who owns the mail. */
static void
write_queue(const struct feed *f, struct oct_str *out)
{
	oct_str_addf(out,
	    "#!/bin/sh\n"
	    "# Queues one message for learning: octroi-queue spam|ham USER < "
	    "message.\n"
	    "# %s/new must exist and be writable by %s.\n"
	    "set -eu\n"
	    "umask 027\n"
	    "case $1 in spam | ham) ;; *) exit 64 ;; esac\n"
	    "cd '%s'\n"
	    "[ \"$(ls new | wc -l)\" -lt 10000 ] || exit 75\n"
	    "name=$(date +%%s).$$.$1\n"
	    "{\n"
	    "  printf 'X-Octroi-Learn: %%s %%s\\r\\n' \"$1\" \"$2\"\n"
	    "  head -c 1048576\n"
	    "} >\"tmp.$name\"\n"
	    "mv \"tmp.$name\" \"new/$name\"\n",
	    f->set->dovecot_learn, f->set->dovecot_user, f->set->dovecot_learn);
}

static const struct {
	const char *name;
	mode_t mode;
	void (*write)(const struct feed *f, struct oct_str *out);
} files[] = {
	{ "octroi.conf", 0644, write_main },
	{ "octroi-auth.conf.ext", 0644, write_auth },
	{ "octroi-spam.sieve", 0644, write_spam },
	{ "octroi-ham.sieve", 0644, write_ham },
	{ "bin/octroi-queue", 0755, write_queue },
};

/* --- Out ------------------------------------------------------------------- */

static int
save(const struct ctl *ctl, const char *path, mode_t mode,
    const struct oct_str *text)
{
	int fd, rc = 0;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (fd == -1)
		return ctl_fail_rc(ctl, -errno, "feed dovecot", path);
	if (fchmod(fd, mode) != 0)
		rc = -errno;
	if (rc == 0)
		rc = oct_io_write(fd, text->buf, text->len);
	(void)close(fd);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "feed dovecot", path);
}

static int
make_folders(const struct ctl *ctl, const char *folder)
{
	char path[1024];
	struct oct_str s;

	oct_str_fixed(&s, path, sizeof(path));
	oct_str_addf(&s, "%s/bin", folder);
	if (oct_str_err(&s) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE, "%s: too long", folder);
	if ((mkdir(folder, 0755) != 0 && errno != EEXIST) ||
	    (mkdir(path, 0755) != 0 && errno != EEXIST) ||
	    chmod(folder, 0755) != 0 || chmod(path, 0755) != 0)
		return ctl_fail_rc(ctl, -errno, "feed dovecot", folder);
	return 0;
}

static int
save_all(const struct ctl *ctl, const struct feed *f)
{
	int status = make_folders(ctl, f->folder);

	for (size_t i = 0; status == 0 && i < OCT_LEN(files); i++) {
		char path[1100];
		struct oct_str text, name;

		oct_str_fixed(&name, path, sizeof(path));
		oct_str_addf(&name, "%s/%s", f->folder, files[i].name);
		oct_str_heap(&text, CTL_OUT_MAX);
		files[i].write(f, &text);
		status = oct_str_err(&text) == 0
		    ? save(ctl, path, files[i].mode, &text)
		    : ctl_fail_rc(ctl, oct_str_err(&text), "feed dovecot",
			  path);
		oct_str_free(&text);
	}
	return status == 0 ? ctl_done(ctl, "written", "folder", f->folder)
			   : status;
}

static int
print_all(const struct ctl *ctl, const struct feed *f)
{
	struct oct_str out;

	oct_str_heap(&out, CTL_OUT_MAX);
	for (size_t i = 0; i < OCT_LEN(files); i++) {
		oct_str_addf(&out, "%s##### %s/%s\n", i > 0 ? "\n" : "",
		    f->folder, files[i].name);
		files[i].write(f, &out);
	}
	return ctl_write(ctl, &out);
}

int
ctl_feed_dovecot(struct ctl *ctl, const struct ctl_args *args)
{
	const char *to = ctl_args_value(args, "to");
	struct feed f = { .folder = to != NULL ? to : FOLDER };
	const size_t prefix = sizeof(SOCKET_PREFIX) - 1;
	int status = ctl_settings(ctl, &f.set);

	if (status != 0)
		return status;
	if (strncmp(f.set->dovecot_socket, SOCKET_PREFIX "/", prefix + 1) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_CONFIG,
		    "dovecot.socket must be unix:/path, where octroi-mapd "
		    "listens for Dovecot");
	if (f.folder[0] != '/')
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--to must be an absolute path: the files name each "
		    "other");
	f.socket = f.set->dovecot_socket + prefix;
	return to != NULL ? save_all(ctl, &f) : print_all(ctl, &f);
}
