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
	    "protocol imap {\n  mail_plugins = $mail_plugins imap_quota\n}\n"
	    "# bin/octroi-quota puts right what was told while octroi-mapd was "
	    "away: once a\n# day, by octroi-quota.timer.\n"
	    "\n# Mail programs find these by what they are for, whatever their "
	    "language.\n"
	    "namespace inbox {\n  inbox = yes\n"
	    "  mailbox Drafts {\n    auto = subscribe\n"
	    "    special_use = \\Drafts\n  }\n"
	    "  mailbox Junk {\n    auto = subscribe\n"
	    "    special_use = \\Junk\n  }\n"
	    "  mailbox Sent {\n    auto = subscribe\n"
	    "    special_use = \\Sent\n  }\n"
	    "  mailbox Trash {\n    auto = subscribe\n"
	    "    special_use = \\Trash\n  }\n}\n",
	    f->socket);
	if (*f->set->learn_folder != '\0')
		oct_str_addf(out, "!include %s/octroi-learn.conf\n",
		    f->folder);
	else
		oct_str_add(out, "\n# What people file as junk teaches "
				 "nothing: learn.folder is not set.\n");
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

static void
write_learn(const struct feed *f, struct oct_str *out)
{
	oct_str_addf(out,
	    "# SPDX-License-Identifier: Apache-2.0\n"
	    "# What users move into Junk and out of it teaches octroi's "
	    "classifier.  Compile the\n# scripts with sievec; user names must "
	    "be addresses; the folder must be writable\n# for Dovecot's users "
	    "and readable, with the right to remove, for octroi's:\n"
	    "#   install -d -o %s -g octroi -m 2770 %s\n"
	    "protocol imap {\n  mail_plugins = $mail_plugins imap_sieve\n}\n"
	    "plugin {\n"
	    "  sieve_plugins = sieve_imapsieve sieve_extprograms\n"
	    "  sieve_global_extensions = +vnd.dovecot.pipe "
	    "+vnd.dovecot.environment\n"
	    "  sieve_pipe_bin_dir = %s/bin\n\n"
	    "  imapsieve_mailbox1_name = Junk\n"
	    "  imapsieve_mailbox1_causes = COPY APPEND\n"
	    "  imapsieve_mailbox1_before = file:%s/octroi-spam.sieve\n\n"
	    "  imapsieve_mailbox2_name = *\n"
	    "  imapsieve_mailbox2_from = Junk\n"
	    "  imapsieve_mailbox2_causes = COPY\n"
	    "  imapsieve_mailbox2_before = file:%s/octroi-ham.sieve\n"
	    "}\n",
	    f->set->dovecot_user, f->set->learn_folder, f->folder, f->folder,
	    f->folder);
}

static const char sieve_head[] =
    "require [\"vnd.dovecot.pipe\", \"copy\", \"imapsieve\", \"environment\", "
    "\"variables\"];\n";

static void
write_spam(OCT_UNUSED const struct feed *f, struct oct_str *out)
{
	oct_str_addf(out,
	    "# SPDX-License-Identifier: Apache-2.0\n"
	    "# A message was moved into Junk: octroi-learn.conf runs this.\n"
	    "%s"
	    "if environment :matches \"imap.user\" \"*\" {\n"
	    "\tpipe :copy \"octroi-learn.sh\" [\"spam\", \"${1}\"];\n}\n",
	    sieve_head);
}

static void
write_ham(OCT_UNUSED const struct feed *f, struct oct_str *out)
{
	oct_str_addf(out,
	    "# SPDX-License-Identifier: Apache-2.0\n"
	    "# A message was moved out of Junk, and not into Trash.\n"
	    "%s"
	    "if environment :matches \"imap.mailbox\" \"*\" {\n"
	    "\tset \"mailbox\" \"${1}\";\n}\n"
	    "if string \"${mailbox}\" [\"Trash\", \"Corbeille\", "
	    "\"Deleted Items\", \"Deleted Messages\",\n"
	    "\t\"\u00c9l\u00e9ments supprim\u00e9s\"] {\n"
	    "\tstop;\n}\n"
	    "if environment :matches \"imap.user\" \"*\" {\n"
	    "\tpipe :copy \"octroi-learn.sh\" [\"ham\", \"${1}\"];\n}\n",
	    sieve_head);
}

/* Quick, and whole or not at all: a name that begins with a dot is no entry yet.
 * It runs as the user who owns the mail. */
static void
write_script(const struct feed *f, struct oct_str *out)
{
	oct_str_addf(out,
	    "#!/bin/sh\n"
	    "# SPDX-License-Identifier: Apache-2.0\n"
	    "# Dovecot's imapsieve pipes a message here that its owner moved "
	    "into Junk or out\n# of it; octroi-courier reads it from the "
	    "folder (learn.folder).\n#\n"
	    "#   octroi-learn.sh ham|spam ADDRESS\n"
	    "set -eu\numask 027\n"
	    "folder=${OCTROI_LEARN_FOLDER:-%s}\n"
	    "word=$1\naddress=$2\n"
	    "case $word in\nham | spam) ;;\n*) exit 64 ;;\nesac\n"
	    "case $address in\n*/* | *,* | .* | '') exit 64 ;;\nesac\n"
	    "# More than that waits for nobody: labels are worth less than a "
	    "disk.\n"
	    "[ \"$(find \"$folder\" -maxdepth 1 -type f | wc -l)\" -lt 1000 ] "
	    "|| exit 0\n"
	    "temp=$(mktemp \"$folder/.incoming.XXXXXXXXXX\")\n"
	    "trap 'rm -f \"$temp\"' EXIT\n"
	    "cat >\"$temp\"\n"
	    "chmod 640 \"$temp\"\n"
	    "mv \"$temp\" \"$folder/$address,${temp##*.}.$word\"\n"
	    "trap - EXIT\n",
	    f->set->learn_folder);
}

/* --- What mailboxes use ------------------------------------------------------- */

static void
write_quota(OCT_UNUSED const struct feed *f, struct oct_str *out)
{
	oct_str_add(out,
	    "#!/bin/sh\n"
	    "# SPDX-License-Identifier: Apache-2.0\n"
	    "# Tells octroi what mailboxes use as Dovecot counts it: what was "
	    "told while\n# octroi-mapd was away, and so was lost, is put "
	    "right.  Run by root, once a day\n# (octroi-quota.timer).\n"
	    "set -eu\numask 077\n"
	    "doveadm=${DOVEADM:-doveadm}\n"
	    "octroictl=${OCTROICTL:-runuser -u octroi -- octroictl}\n"
	    "work=$(mktemp -d)\n"
	    "trap 'rm -rf \"$work\"' EXIT\n"
	    "begun=$(date +%s)\n"
	    "$octroictl quota users >\"$work/users\"\n"
	    "[ -s \"$work/users\" ] || exit 0\n"
	    "# One that cannot be read fails alone.\n"
	    "status=0\n"
	    "$doveadm -f tab quota get -F \"$work/users\" >\"$work/usage\" || "
	    "status=$?\n"
	    "$octroictl quota import --as-of=\"$begun\" - <\"$work/usage\"\n"
	    "exit $status\n");
}

static const struct {
	const char *name;
	mode_t mode;
	void (*write)(const struct feed *f, struct oct_str *out);
	bool learns; /* only with a learn.folder */
} files[] = {
	{ "octroi.conf", 0644, write_main, false },
	{ "octroi-auth.conf.ext", 0644, write_auth, false },
	{ "bin/octroi-quota", 0755, write_quota, false },
	{ "octroi-learn.conf", 0644, write_learn, true },
	{ "octroi-spam.sieve", 0644, write_spam, true },
	{ "octroi-ham.sieve", 0644, write_ham, true },
	{ "bin/octroi-learn.sh", 0755, write_script, true },
};

static bool
is_wanted(const struct feed *f, size_t i)
{
	return !files[i].learns || *f->set->learn_folder != '\0';
}

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

		if (!is_wanted(f, i))
			continue;
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
		if (!is_wanted(f, i))
			continue;
		oct_str_addf(&out, "%s##### %s/%s\n", i > 0 ? "\n" : "",
		    f->folder, files[i].name);
		files[i].write(f, &out);
	}
	return ctl_write(ctl, &out);
}

/* What stands in a configuration and in a script as it is. */
static bool
is_plain_path(const char *path)
{
	return *path == '/' &&
	    path[strspn(path,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789/._+:@-")] == '\0';
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
	if (!is_plain_path(f.folder))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--to must be an absolute path of plain characters: the "
		    "files name each other");
	if (*f.set->learn_folder != '\0' && !is_plain_path(f.set->learn_folder))
		return ctl_fail(ctl, DAEMON_EXIT_CONFIG,
		    "learn.folder must have plain characters only: it stands "
		    "in a script");
	f.socket = f.set->dovecot_socket + prefix;
	return to != NULL ? save_all(ctl, &f) : print_all(ctl, &f);
}
