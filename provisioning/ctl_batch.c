/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl batch: one command a line over one connection, so that thousands of
 * mailboxes are provisioned quickly.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "provisioning/ctl_cmd.h"

#define LINE_OCTETS 131072 /* an alias may have 500 targets */
#define WORDS 2048

struct batch {
	char *line;
	char **words;
	size_t done, failed;
};

/* 1: a line was read, 0: the end, else an error. */
static int
next_line(FILE *f, char *line)
{
	size_t len;

	if (fgets(line, LINE_OCTETS, f) == NULL)
		return ferror(f) ? -EIO : 0;
	len = strlen(line);
	if (len + 1 == LINE_OCTETS && line[len - 1] != '\n')
		return OCT_ELIMIT;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	return 1;
}

static int
run_one(struct ctl *ctl, struct batch *b)
{
	size_t count;
	int rc = ctl_args_split(b->line, b->words, WORDS, &count), status;

	if (rc != 0)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE, "%s",
		    rc == OCT_ELIMIT ? "too many words"
				     : "a quote is not closed");
	else if (count == 0)
		return 0;
	else if (strcmp(b->words[0], "batch") == 0)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "a batch cannot run a batch");
	else
		status = ctl_run_line(ctl, (int)count, b->words);
	if (status == 0)
		b->done++;
	else
		b->failed++;
	return status;
}

static int
run_all(struct ctl *ctl, struct batch *b, FILE *f, bool keep_going)
{
	int first = 0, rc = 0;

	for (;;) {
		int status;

		ctl->batch_line++;
		rc = next_line(f, b->line);
		if (rc <= 0)
			break;
		status = run_one(ctl, b);
		if (first == 0)
			first = status;
		if (status != 0 && !keep_going)
			break;
	}
	if (rc < 0)
		return ctl_fail_rc(ctl, rc, "the line", "of the batch");
	return first;
}

static int
summary(const struct ctl *ctl, const struct batch *b)
{
	static const struct ctl_column columns[] = {
		{ "done", "done", CTL_TEXT },
		{ "failed", "failed", CTL_TEXT },
	};
	json_t *v;

	if (ctl->quiet)
		return 0;
	v = json_object();
	ctl_json_set(v, "done", json_integer((json_int_t)b->done));
	ctl_json_set(v, "failed", json_integer((json_int_t)b->failed));
	return ctl_print(ctl, v, columns, OCT_LEN(columns));
}

static int
batch_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct batch b = { .line = malloc(LINE_OCTETS),
		.words = calloc(WORDS, sizeof(char *)) };
	bool json = ctl->json, quiet = ctl->quiet;
	FILE *f = NULL;
	int fd = -1, status = ctl_open(ctl, args->words[0], &fd), last;

	if (status == 0 && (b.line == NULL || b.words == NULL))
		status = ctl_fail_rc(ctl, -ENOMEM, "batch", args->words[0]);
	if (status == 0)
		f = fdopen(fd, "r");
	if (status == 0 && f == NULL)
		status = ctl_fail_rc(ctl, -errno, "batch", args->words[0]);
	if (status == 0) {
		ctl->quiet = true; /* thousands of "added" help nobody */
		ctl->json = false;
		status = run_all(ctl, &b, f, ctl_args_has(args, "keep-going"));
		ctl->batch_line = 0;
		ctl->quiet = quiet;
		ctl->json = json;
		last = summary(ctl, &b);
		status = status != 0 ? status : last;
	}
	if (f != NULL)
		(void)fclose(f);
	else if (fd >= 0)
		(void)close(fd);
	free(b.line);
	free(b.words);
	return status;
}

static const struct ctl_option options[] = {
	{ "keep-going", NULL, "do not stop at the first error" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_batch_verbs[] = {
	{ NULL, "FILE|-", "run one command a line, quoted as in a shell", 1, 1,
	    options, CTL_NO_ATTRIBUTES, batch_run },
	{ .run = NULL },
};
