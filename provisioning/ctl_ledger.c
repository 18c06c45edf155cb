/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl ledger: the ledger of arrivals of held mail (challenge.md 8), read
 * only.  Lines are written as they are read: a ledger of years is no block of
 * memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "policy/ledger.h"
#include "provisioning/ctl_grant.h"

#define FOLDER_SIZE 4200
#define DAY_MS 86400000LL

/* Over the node's files, or the one that is named. */
static int
walk(struct ctl *ctl, const struct ctl_args *args, ledger_each *each, void *arg)
{
	const char *file = ctl_args_value(args, "node-file");
	const char *node = ctl_args_value(args, "node");
	const struct settings *set;
	char folder[FOLDER_SIZE];
	int status, rc;

	if (file != NULL) {
		rc = ledger_walk_file(file, each, arg);
		return rc < 0 ? ctl_fail_rc(ctl, rc, "ledger", file) : 0;
	}
	status = ctl_settings(ctl, &set);
	if (status != 0)
		return status;
	settings_ledger(set, folder, sizeof(folder));
	if (strcmp(folder, "none") == 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "no ledger is kept: spool.ledger is 'none'");
	rc = ledger_walk(folder, node != NULL ? node : set->node, each, arg);
	return rc < 0 ? ctl_fail_rc(ctl, rc, "ledger in", folder) : 0;
}

/* --- verify -------------------------------------------------------------------- */

struct checked {
	const struct ctl *ctl;
	size_t entries, torn, faults;
	int64_t first_ms;
	struct ledger_entry last;
};

#define FAULTS_TOLD 50

static void
tell_fault(struct checked *c, const struct ledger_seen *s, const char *what)
{
	if (++c->faults <= FAULTS_TOLD)
		(void)ctl_fail(c->ctl, DAEMON_EXIT_FAILED, "%s:%zu: %s",
		    s->file, s->line, what);
}

static int
check_one(void *arg, const struct ledger_seen *s)
{
	struct checked *c = arg;

	switch (s->state) {
	case LEDGER_WAS_TORN:
		c->torn++;
		return 0;
	case LEDGER_DAMAGED:
		tell_fault(c, s, "no entry, or not the one that was written");
		return 0;
	case LEDGER_BROKEN:
		tell_fault(c, s, "does not follow the entry before: entries are "
				 "missing, or were put in");
		break;
	case LEDGER_GOOD:
		break;
	}
	if (c->entries++ == 0)
		c->first_ms = s->entry.time_ms;
	c->last = s->entry;
	return 0;
}

static int
ledger_verify(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "entries", "entries", CTL_TEXT },
		{ "torn", "torn lines", CTL_TEXT },
		{ "faults", "faults", CTL_TEXT },
		{ "first", "first", CTL_TEXT },
		{ "last", "last", CTL_TEXT },
		{ "ref", "last entry", CTL_TEXT },
		{ "hash", "its hash", CTL_TEXT },
	};
	struct checked c = { .ctl = ctl };
	char ref[LEDGER_REF_SIZE] = "";
	json_t *v;
	int status = walk(ctl, args, check_one, &c);

	if (status != 0)
		return status;
	if (c.entries > 0)
		ledger_ref(&c.last, ref);
	v = json_object();
	ctl_json_set(v, "entries", json_integer((json_int_t)c.entries));
	ctl_json_set(v, "torn", json_integer((json_int_t)c.torn));
	ctl_json_set(v, "faults", json_integer((json_int_t)c.faults));
	ctl_json_set(v, "first", ctl_json_time(c.first_ms));
	ctl_json_set(v, "last", ctl_json_time(c.last.time_ms));
	ctl_json_set(v, "ref", ctl_json_text(ref));
	ctl_json_set(v, "hash", ctl_json_text(c.last.hash));
	status = ctl_print(ctl, v, columns, OCT_LEN(columns));
	if (status == 0 && c.faults > 0)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "the ledger was changed, or the disk is damaged: compare it "
		    "with a copy, and with what releases quote (X-Octroi-Held)");
	return status;
}

/* --- export, find --------------------------------------------------------------- */

struct export {
	const struct ctl *ctl;
	int64_t from_ms, to_ms; /* to: not included */
	const char *item;       /* NULL = any */
	const char *address;    /* hash of the sender or recipient, or NULL */
	size_t found;
};

static bool
is_wanted(const struct export *x, const struct ledger_entry *e)
{
	if (e->time_ms < x->from_ms || e->time_ms >= x->to_ms)
		return false;
	if (x->item == NULL && x->address == NULL)
		return true;
	return (x->item != NULL && strcmp(e->item, x->item) == 0) ||
	    (x->address != NULL && (strcmp(e->sender, x->address) == 0 ||
		strcmp(e->rcpt, x->address) == 0));
}

static void
time_text(int64_t ms, char out[32])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm = { .tm_year = 70 };

	(void)gmtime_r(&t, &tm);
	(void)strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* All its parts are words of letters, digits and hyphens: nothing to quote. */
static int
export_one(void *arg, const struct ledger_seen *s)
{
	static const char json[] =
	    "%s\n{\"n\": %" PRId64 ", \"time\": \"%s\", \"time_ms\": %" PRId64
	    ", \"size\": %" PRId64 ", \"digest\": \"%s\", \"sender\": \"%s\", "
	    "\"rcpt\": \"%s\", \"item\": \"%s\", \"reason\": \"%s\", "
	    "\"prev\": \"%s\", \"hash\": \"%s\"}";
	static const char csv[] = "%s%" PRId64 ",%s,%" PRId64 ",%" PRId64
				  ",%s,%s,%s,%s,%s,%s,%s\n";
	const struct ledger_entry *e = &s->entry;
	struct export *x = arg;
	char when[32];

	if ((s->state != LEDGER_GOOD && s->state != LEDGER_BROKEN) ||
	    !is_wanted(x, e))
		return 0;
	time_text(e->time_ms, when);
	if (x->ctl->json)
		(void)printf(json, x->found > 0 ? "," : "", e->n, when,
		    e->time_ms, e->size, e->digest, e->sender, e->rcpt,
		    e->item, e->reason, e->prev, e->hash);
	else
		(void)printf(csv, "", e->n, when, e->time_ms, e->size,
		    e->digest, e->sender, e->rcpt, e->item, e->reason, e->prev,
		    e->hash);
	x->found++;
	/* A reader that went away (SIGPIPE is ignored). */
	return ferror(stdout) ? 1 : 0;
}

static int
write_out(struct ctl *ctl, const struct ctl_args *args, struct export *x)
{
	int status;

	(void)fputs(ctl->json ? "[" : "n,time,time_ms,size,digest,sender,rcpt,"
				      "item,reason,prev,hash\n",
	    stdout);
	status = walk(ctl, args, export_one, x);
	if (ctl->json)
		(void)fputs("\n]\n", stdout);
	if (status == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "standard output cannot be written");
	return status;
}

static int
read_day(const struct ctl *ctl, const struct ctl_args *args, const char *name,
    int64_t *out)
{
	const char *text = ctl_args_value(args, name), *end;
	struct tm tm = { .tm_isdst = 0 };

	if (text == NULL)
		return 0;
	end = strptime(text, "%Y-%m-%d", &tm);
	if (end == NULL || *end != '\0' || strlen(text) != 10)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--%s=%s: expected a date, as 2026-11-21", name, text);
	*out = (int64_t)timegm(&tm) * 1000;
	return 0;
}

static int
ledger_export(struct ctl *ctl, const struct ctl_args *args)
{
	struct export x = { .ctl = ctl, .to_ms = INT64_MAX };
	int status = read_day(ctl, args, "from", &x.from_ms);

	if (status == 0)
		status = read_day(ctl, args, "to", &x.to_ms);
	if (status == 0 && x.to_ms != INT64_MAX)
		x.to_ms += DAY_MS; /* that day included */
	return status != 0 ? status : write_out(ctl, args, &x);
}

static int
ledger_find(struct ctl *ctl, const struct ctl_args *args)
{
	struct export x = { .ctl = ctl, .to_ms = INT64_MAX };
	const char *what = args->words[0];
	char address[LEDGER_ADDRESS_SIZE];
	uint8_t key[OCT_KEY_OCTETS];
	int status = 0;

	if (strchr(what, '@') == NULL) {
		x.item = what;
	} else {
		status = ctl_key(ctl, LEDGER_PURPOSE, key);
		if (status != 0)
			return status;
		ledger_address(key, what, address);
		explicit_bzero(key, sizeof(key));
		x.address = address;
	}
	status = write_out(ctl, args, &x);
	if (status == 0 && x.found == 0)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "the ledger has no entry of %s", what);
	return status;
}

/* --- digest ----------------------------------------------------------------------- */

static int
ledger_digest_run(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "digest", "digest", CTL_TEXT },
	};
	char digest[2 * OCT_MSG_DIGEST + 1];
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	json_t *v;
	int fd, status = ctl_open(ctl, args->words[0], &fd), rc;

	if (status != 0)
		return status;
	oct_msg_limits_init(&limits);
	rc = oct_msg_read(&limits, fd, &m);
	(void)close(fd);
	if (rc == 0)
		rc = ledger_digest(m, digest);
	oct_msg_free(m);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "message", args->words[0]);
	v = json_object();
	ctl_json_set(v, "digest", ctl_json_text(digest));
	return ctl_print(ctl, v, columns, OCT_LEN(columns));
}

#define WHERE \
	{ "node", "NODE", "of another node (default: this one)" }, \
	{ "node-file", "FILE", "one file, as it was copied" }

static const struct ctl_option where_options[] = {
	WHERE,
	{ NULL, NULL, NULL },
};
static const struct ctl_option export_options[] = {
	WHERE,
	{ "from", "DATE", "first day (UTC)" },
	{ "to", "DATE", "last day" },
	{ "csv", NULL, "as CSV (the default; --json: as JSON)" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_ledger_verbs[] = {
	{ "verify", "", "see whether anything was changed since it was written",
	    0, 0, where_options, CTL_NO_ATTRIBUTES, ledger_verify },
	{ "export", "", "print the entries", 0, 0, export_options,
	    CTL_NO_ATTRIBUTES, ledger_export },
	{ "find", "ITEM|ADDRESS",
	    "print those of a held message, or of a sender or recipient", 1, 1,
	    where_options, CTL_NO_ATTRIBUTES, ledger_find },
	{ "digest", "FILE",
	    "print the digest that the ledger has of such a message", 1, 1,
	    NULL, CTL_NO_ATTRIBUTES, ledger_digest_run },
	{ .run = NULL },
};
