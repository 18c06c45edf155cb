/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl doctor: everything that must be right around octroi, looked at,
 * with what to do about what is not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "policy/lever.h"
#include "provisioning/ctl_doctor.h"

/* --- Redis -------------------------------------------------------------- */

static const struct {
	const char *name, *wanted, *why;
} redis_rules[] = {
	{ "appendonly", "yes", "what people decided is lost at a restart" },
	{ "appendfsync", "always",
	    "held mail that was accepted may be forgotten at a power cut" },
	{ "maxmemory-policy", "noeviction",
	    "relations and held items may vanish when memory is short" },
	{ "aof_last_write_status", "ok", "Redis cannot write its log" },
};

void
doctor_redis_setting(const char *name, const char *value, const char *wanted,
    const char *why, struct ctl_findings *f)
{
	char hint[256];
	struct oct_str s;

	oct_str_fixed(&s, hint, sizeof(hint));
	if (value == NULL) {
		oct_str_addf(&s, "see with redis-cli that it is '%s'", wanted);
		ctl_finding(f, CTL_WARN, "redis", name,
		    "our user may not read it", hint);
		return;
	}
	oct_str_addf(&s, "%s; set '%s %s' in redis.conf", why, name, wanted);
	ctl_finding(f, strcmp(value, wanted) == 0 ? CTL_OK : CTL_FAIL, "redis",
	    name, value, hint);
}

/* A pulled lever is easily forgotten. */
static void
doctor_lever(struct store *store, struct ctl_findings *f)
{
	struct lever_state l;

	if (lever_read(store, &l) != 0)
		return; /* said above */
	if (l.stopped)
		ctl_finding(f, CTL_WARN, "challenges", l.by,
		    "stopped: nobody is asked, first contacts are held "
		    "silently", "'octroictl challenge start'");
	if (lever_bypasses(&l, oct_clock_wall_ms()))
		ctl_finding(f, CTL_WARN, "bypass", l.by,
		    "unknown senders are delivered with a label",
		    "it ends by itself, or with 'octroictl bypass --off'");
}

void
doctor_redis(const struct settings *set, struct ctl_findings *f)
{
	struct store_conf conf;
	struct store *store = NULL;
	char value[256];
	int rc;

	settings_store(set, &conf);
	rc = store_new(&conf, &store);
	if (rc == 0)
		rc = store_ping(store);
	if (rc != 0)
		ctl_finding(f, CTL_FAIL, "redis", conf.address,
		    oct_strerror(rc),
		    "start Redis, or correct redis.address; until then first "
		    "contacts are deferred");
	else
		ctl_finding(f, CTL_OK, "redis", conf.address, "answers", "");
	for (size_t i = 0; rc == 0 && i < OCT_LEN(redis_rules); i++) {
		int found = store_setting(store, redis_rules[i].name, value,
		    sizeof(value));

		doctor_redis_setting(redis_rules[i].name,
		    found == 1 ? value : NULL, redis_rules[i].wanted,
		    redis_rules[i].why, f);
	}
	if (rc == 0)
		doctor_lever(store, f);
	store_free(store);
}

/* --- Files -------------------------------------------------------------- */

/* Root may read what its owner may: the question is whether the owner can. */
static int
load_as_owner(const char *path)
{
	struct oct_secret secret;
	uid_t me = geteuid();
	struct stat st;
	int rc;

	if (stat(path, &st) != 0)
		return -errno;
	if (me == 0 && st.st_uid != 0 && seteuid(st.st_uid) != 0)
		return -errno;
	rc = oct_secret_load(path, &secret);
	oct_secret_fini(&secret);
	if (geteuid() != me && seteuid(me) != 0)
		return -errno;
	return rc;
}

void
doctor_secret(const struct settings *set, struct ctl_findings *f)
{
	const char *path = set->secret_file;
	int rc = load_as_owner(path);

	if (rc == 0)
		ctl_finding(f, CTL_OK, "secret", path, "good", "");
	else if (rc == -ENOENT)
		ctl_finding(f, CTL_FAIL, "secret", path, "does not exist",
		    "make it with 'octroictl secret create' and give it to "
		    "octroi's user");
	else if (rc == -EPERM)
		ctl_finding(f, CTL_FAIL, "secret", path,
		    "others could read or change it",
		    "chmod 600, owned by octroi's user");
	else if (rc == -EACCES)
		ctl_finding(f, CTL_WARN, "secret", path, "not readable by you",
		    "run doctor as root or as octroi's user");
	else
		ctl_finding(f, CTL_FAIL, "secret", path, oct_strerror(rc),
		    "it must hold 64 hexadecimal digits: restore it from the "
		    "backup");
}

static void
spool_space(const struct settings *set, struct ctl_findings *f)
{
	char text[128], *path = set->spool_path;
	struct statvfs v;
	uint64_t room, reserve = (uint64_t)set->spool_reserve;

	if (statvfs(path, &v) != 0)
		return;
	room = (uint64_t)v.f_bavail * v.f_frsize;
	(void)snprintf(text, sizeof(text),
	    "%llu MiB free, %llu MiB in reserve",
	    (unsigned long long)(room >> 20),
	    (unsigned long long)(reserve >> 20));
	ctl_finding(f,
	    room <= reserve ? CTL_FAIL
			    : room < 4 * reserve ? CTL_WARN : CTL_OK,
	    "spool space", path, text,
	    "mail that must be held is deferred (452) once only the reserve is "
	    "left: free space on this file system");
	if (v.f_files > 0 && v.f_favail < 10000)
		ctl_finding(f, CTL_WARN, "spool space", path,
		    "few inodes are free", "a held message needs two files");
}

void
doctor_spool(const struct settings *set, struct ctl_findings *f)
{
	const char *path = set->spool_path;
	struct stat st;

	if (stat(path, &st) != 0) {
		ctl_finding(f, CTL_FAIL, "spool", path, strerror(errno),
		    "make the folder, owned by octroi's user, mode 2770");
		return;
	}
	if (!S_ISDIR(st.st_mode))
		ctl_finding(f, CTL_FAIL, "spool", path, "is no folder",
		    "make it one, owned by octroi's user, mode 2770");
	else if (st.st_mode & S_IRWXO)
		ctl_finding(f, CTL_FAIL, "spool", path,
		    "everybody may enter it", "chmod o= on it");
	else if (access(path, R_OK | W_OK | X_OK) != 0)
		ctl_finding(f, CTL_WARN, "spool", path, "not writable by you",
		    "run doctor as root or as octroi's user");
	else
		ctl_finding(f, CTL_OK, "spool", path, "writable", "");
	spool_space(set, f);
}

void
doctor_directory(const struct settings *set, struct ctl_findings *f)
{
	const char *path = set->directory_copy;
	struct stat st;

	if (*path == '\0')
		ctl_finding(f, CTL_WARN, "directory copy", "directory.copy",
		    "switched off",
		    "without it no program can start while Redis is down");
	else if (stat(path, &st) == 0)
		ctl_finding(f, CTL_OK, "directory copy", path, "exists", "");
	else
		ctl_finding(f, CTL_WARN, "directory copy", path,
		    strerror(errno),
		    "the milter writes it once something is provisioned; see "
		    "that its folder is writable for octroi's user");
}

/* --- The verb ----------------------------------------------------------- */

void
doctor_postfix(const struct settings *set, const char *dir,
    struct ctl_findings *f)
{
	char *texts[3] = { NULL, NULL, NULL };
	int rc = 0;

	for (int i = 0; rc == 0 && i < 3; i++)
		rc = ctl_postfix_read(dir, (enum ctl_postconf)i, &texts[i]);
	if (rc == -ENOENT)
		ctl_finding(f, CTL_WARN, "postfix", "postconf",
		    "not installed here",
		    "run doctor where Postfix is to check its settings");
	else if (rc != 0)
		ctl_finding(f, CTL_FAIL, "postfix",
		    dir != NULL ? dir : "postconf", oct_strerror(rc),
		    "see what 'postconf' says, or name the right folder with "
		    "--postfix-dir");
	else
		ctl_postfix_judge(texts[CTL_POSTCONF_MAIN],
		    texts[CTL_POSTCONF_SERVICES], texts[CTL_POSTCONF_OPTIONS],
		    set, f);
	for (int i = 0; i < 3; i++)
		free(texts[i]);
}

static int
print_findings(const struct ctl *ctl, const struct ctl_findings *f)
{
	static const struct ctl_column columns[] = {
		{ "state", "STATE", CTL_TEXT },
		{ "check", "CHECK", CTL_TEXT },
		{ "on", "ON", CTL_TEXT },
		{ "finding", "FINDING", CTL_TEXT },
	};
	struct oct_str out;
	json_t *item;
	size_t i;

	if (ctl->json) {
		json_t *v = json_object();

		ctl_json_set(v, "state", json_string(ctl_grade_name(f->worst)));
		ctl_json_set(v, "findings", json_incref(f->items));
		return ctl_print(ctl, v, NULL, 0);
	}
	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_out_table(f->items, columns, OCT_LEN(columns), &out);
	json_array_foreach(f->items, i, item) {
		const char *hint =
		    json_string_value(json_object_get(item, "hint"));

		if (*hint == '\0')
			continue;
		oct_str_addf(&out, "\n%s: %s ",
		    json_string_value(json_object_get(item, "state")),
		    json_string_value(json_object_get(item, "check")));
		ctl_out_text(json_string_value(json_object_get(item, "on")), 0,
		    &out);
		oct_str_add(&out, "\n    ");
		ctl_out_text(hint, 0, &out);
		oct_str_addc(&out, '\n');
	}
	return ctl_write(ctl, &out);
}

static int
doctor_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_findings f = { .items = NULL };
	const struct settings *set;
	int status = ctl_settings(ctl, &set);

	if (status != 0)
		return status;
	f.items = json_array();
	ctl_finding(&f, CTL_OK, "configuration", ctl->conf, "good", "");
	doctor_redis(set, &f);
	doctor_secret(set, &f);
	doctor_spool(set, &f);
	doctor_directory(set, &f);
	doctor_dns(set, &f);
	doctor_sockets(set, &f);
	doctor_listeners(set, &f);
	doctor_srs(set, &f);
	doctor_scanners(set, &f);
	if (!ctl_args_has(args, "no-postfix"))
		doctor_postfix(set, ctl_args_value(args, "postfix-dir"), &f);
	status = print_findings(ctl, &f);
	json_decref(f.items);
	if (status != 0)
		return status;
	return f.worst == CTL_FAIL ? DAEMON_EXIT_FAILED : DAEMON_EXIT_OK;
}

static const struct ctl_option options[] = {
	{ "postfix-dir", "DIR", "Postfix's configuration folder" },
	{ "no-postfix", NULL, "do not look at Postfix's settings" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_doctor_verbs[] = {
	{ NULL, "", "check everything that octroi stands on; exit 1 if any "
		    "fails", 0, 0, options, CTL_NO_ATTRIBUTES, doctor_run },
	{ .run = NULL },
};
