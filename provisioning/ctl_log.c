/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl log: old logs without the addresses of outsiders (doc/privacy.md).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "provisioning/ctl_grant.h"
#include "provisioning/ctl_redact.h"

#define DAY_MS 86400000LL
#define STANDARD_MS (30 * DAY_MS)
#define LINE_MAX_OCTETS (4u << 20) /* of a line with all that it grows by */

static bool
is_hosted(void *arg, const char *domain)
{
	return dir_domain_any(arg, domain) != NULL;
}

struct redacting {
	struct ctl_redact how;
	int64_t now_ms, before_ms;
	bool old; /* the lines before this one: one without a time is theirs */
};

static int
redact_line(struct redacting *r, const char *line, size_t len)
{
	struct oct_str out;
	int64_t at;
	int rc;

	if (ctl_redact_time(line, r->now_ms, &at))
		r->old = at < r->before_ms;
	oct_str_heap(&out, LINE_MAX_OCTETS);
	if (r->old)
		ctl_redact_line(&r->how, line, len, &out);
	else
		oct_str_addn(&out, line, len);
	rc = oct_str_err(&out);
	if (rc == 0 && fwrite(oct_str_text(&out), 1, out.len, stdout) !=
		out.len)
		rc = -EIO;
	oct_str_free(&out);
	return rc;
}

static int
redact_file(struct ctl *ctl, struct redacting *r, const char *path)
{
	char *line = NULL;
	size_t room = 0;
	FILE *f;
	ssize_t len;
	int fd, status = ctl_open(ctl, path, &fd), rc = 0;

	if (status != 0)
		return status;
	f = fdopen(fd, "r");
	if (f == NULL)
		return ctl_fail_rc(ctl, -errno, "file", path);
	r->old = true;
	while (rc == 0 && (len = getline(&line, &room, f)) > 0)
		rc = redact_line(r, line, (size_t)len);
	if (rc == 0 && ferror(f))
		rc = -EIO;
	free(line);
	(void)fclose(f);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "file", path);
}

static int
log_redact(struct ctl *ctl, const struct ctl_args *args)
{
	const char *age = ctl_args_value(args, "older");
	struct redacting r = { .now_ms = oct_clock_wall_ms() };
	const struct dir_snapshot *dir;
	int64_t older = STANDARD_MS;
	int status;

	if (age != NULL && oct_num_duration(age, 0, 4000 * DAY_MS, &older) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--older=%s: expected a duration, as 30d", age);
	r.before_ms = r.now_ms - older;
	status = ctl_key(ctl, CTL_REDACT_PURPOSE, r.how.key);
	if (status == 0)
		status = ctl_directory(ctl, NULL, &dir);
	if (status != 0)
		return status;
	r.how.hosted = is_hosted;
	r.how.arg = (void *)(uintptr_t)dir;
	if (args->count == 0)
		status = redact_file(ctl, &r, "-");
	for (size_t i = 0; status == 0 && i < args->count; i++)
		status = redact_file(ctl, &r, args->words[i]);
	explicit_bzero(r.how.key, sizeof(r.how.key));
	directory_put(dir);
	return status;
}

static const struct ctl_option redact_options[] = {
	{ "older", "TIME", "only lines that old (30d)" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_log_verbs[] = {
	{ "redact", "[FILE...]",
	    "print logs with outsiders' addresses as keyed hashes", 0, CTL_ANY,
	    redact_options, CTL_NO_ATTRIBUTES, log_redact },
	{ .run = NULL },
};
