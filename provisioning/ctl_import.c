/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl mailbox import: mailboxes out of a CSV file (RFC 4180), as an office
 * writes it: with commas, semicolons or tabs, with or without a byte order mark,
 * in UTF-8 or Windows-1252.  The first line names the columns.  Every line that is
 * wrong is named, and then nothing is done; else all of it is one plan, and
 * applied as such.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_csv.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_plan.h"

#define COLUMNS_MAX 64

const struct ctl_option ctl_import_options[] = {
	{ "dry-run", NULL, "show what would change, and change nothing" },
	{ NULL, NULL, NULL },
};

/* So many wrong lines are named; there may be more. */
#define SHOWN_MAX 25

struct import {
	const struct ctl *ctl;
	const char *path;
	struct model *model;
	json_t *lines; /* address -> the line that has it */
	json_t *wrong; /* what is wrong, as {"line","what"} */
	size_t columns, address; /* which of them is the address */
	struct dir_attribute attributes[COLUMNS_MAX];
};

/* A line is wrong: the next may be, too, and all are named (tell_wrong). */
static void OCT_PRINTF(3, 4)
wrong(struct import *im, size_t line, const char *fmt, ...)
{
	char text[DIR_PROBLEM_SIZE + DIR_EXPECTED_SIZE];
	json_t *v = json_object();
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_json_set(v, "line", json_integer((json_int_t)line));
	ctl_json_set(v, "what", ctl_json_text(text));
	(void)json_array_append_new(im->wrong, v);
}

struct complaint {
	json_int_t line;
	const char *what;
};

static int
by_line(const void *a, const void *b)
{
	const struct complaint *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

/* In the order of the file, whatever was looked at first. */
static int
tell_wrong(const struct import *im)
{
	size_t count = json_array_size(im->wrong);
	struct complaint *all = calloc(count + 1, sizeof(*all));

	if (all == NULL)
		return ctl_fail_rc(im->ctl, -ENOMEM, "file", im->path);
	for (size_t i = 0; i < count; i++) {
		const json_t *v = json_array_get(im->wrong, i);

		all[i] = (struct complaint){
			json_integer_value(json_object_get(v, "line")),
			ctl_text(v, "what") };
	}
	qsort(all, count, sizeof(*all), by_line);
	for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
		(void)ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
		    "%s: line %" JSON_INTEGER_FORMAT ": %s", im->path,
		    all[i].line, all[i].what);
	free(all);
	return 0;
}

static int
read_columns(struct import *im, const struct csv_row *row)
{
	bool found = false;

	if (row->count > COLUMNS_MAX)
		return ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
		    "%s: more than %d columns", im->path, COLUMNS_MAX);
	im->columns = row->count;
	for (size_t i = 0; i < row->count; i++) {
		if (strcmp(row->cells[i], "address") == 0 && !found) {
			im->address = i;
			found = true;
			continue;
		}
		if (!dir_attribute(DIR_KIND_MAILBOX, row->cells[i],
			&im->attributes[i]))
			return ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
			    "%s: a mailbox has no attribute '%.64s': the first "
			    "line names address and attributes, as "
			    "'octroictl mailbox add --help' lists them",
			    im->path, row->cells[i]);
	}
	return found ? 0
		     : ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
			   "%s: no column is called address", im->path);
}

/* Empty cells say nothing.  False: one was wrong. */
static bool
row_json(struct import *im, const struct csv_row *row, struct oct_str *out)
{
	bool first = true, good = true;

	oct_str_addc(out, '{');
	for (size_t i = 0; i < row->count; i++) {
		const struct dir_attribute *a = &im->attributes[i];
		char expected[DIR_EXPECTED_SIZE];

		if (i == im->address || *row->cells[i] == '\0')
			continue;
		oct_str_addf(out, "%s\"%s\":", first ? "" : ",", a->name);
		first = false;
		if (dir_attribute_json(a,
			ctl_entry_value(a, row->cells[i]), out) == 0)
			continue;
		wrong(im, row->line, "%s '%.60s': expected %s", a->name,
		    row->cells[i], dir_attribute_expected(a, expected));
		good = false;
	}
	oct_str_addc(out, '}');
	return good;
}

/* What it says of itself; what it comes to is checked with what is there. */
static int
add_item(struct import *im, const struct csv_row *row,
    const struct oct_addr *a, const char *json)
{
	struct dir_reading r = { .lenient = false };
	struct model_item item = { DIR_KIND_MAILBOX, a->domain, a->local,
		json };
	struct dir_build b;
	int rc = dir_build_init(&b, a->domain);

	if (rc == 0)
		rc = dir_read_entry(
		    &r, DIR_KIND_MAILBOX, a->local, json, &b);
	dir_build_fini(&b);
	if (rc == 0)
		return model_add(im->model, &item);
	if (rc == OCT_EPARSE)
		wrong(im, row->line, "%s", r.problem);
	return rc == OCT_EPARSE ? 0 : rc;
}

/* Which line has the address; false: another one has it already. */
static bool
note_line(struct import *im, const struct csv_row *row,
    const struct oct_addr *a)
{
	char text[OCT_ADDR_SIZE];
	json_int_t other;

	oct_addr_text(a, text);
	other = json_integer_value(json_object_get(im->lines, text));
	if (other != 0) {
		wrong(im, row->line,
		    "%s is there twice: line %" JSON_INTEGER_FORMAT
		    " has it, too",
		    text, other);
		return false;
	}
	ctl_json_set(im->lines, text, json_integer((json_int_t)row->line));
	return true;
}

static int
read_row(void *arg, const struct csv_row *row)
{
	struct import *im = arg;
	struct oct_addr typed, a;
	struct oct_str json;
	char problem[DIR_PROBLEM_SIZE];
	int rc = 0;

	if (im->columns == 0)
		return read_columns(im, row);
	if (row->count != im->columns) {
		wrong(im, row->line, "%zu cells instead of %zu", row->count,
		    im->columns);
		return 0;
	}
	if (oct_addr_parse(row->cells[im->address], &typed) != 0 ||
	    *typed.domain == '\0' || *typed.domain == '[') {
		wrong(im, row->line, "'%.100s' is no mail address",
		    row->cells[im->address]);
		return 0;
	}
	oct_addr_fold(&typed, '\0', &a);
	if (dir_local_check(a.local, problem) != 0) {
		wrong(im, row->line, "%s", problem);
		return 0;
	}
	if (!note_line(im, row, &a))
		return 0;
	oct_str_heap(&json, CTL_ENTRY_MAX);
	if (row_json(im, row, &json))
		rc = oct_str_err(&json) != 0
		    ? oct_str_err(&json)
		    : add_item(im, row, &a, oct_str_text(&json));
	oct_str_free(&json);
	return rc == 0 ? 0 : ctl_fail_rc(im->ctl, rc, "file", im->path);
}

static int
read_file(struct import *im, char *text)
{
	struct csv_problem p;
	int rc = csv_read(text, read_row, im, &p);

	if (rc == OCT_EPARSE || rc == -ENOMEM)
		return ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
		    "%s: line %zu: %s", im->path, p.line, p.what);
	if (rc == 0 && im->columns == 0)
		return ctl_fail(im->ctl, DAEMON_EXIT_USAGE, "%s: is empty",
		    im->path);
	if (rc == 0 && model_sort(im->model) != 0)
		return ctl_fail_rc(im->ctl, -EEXIST, "file", im->path);
	return rc;
}

/* --- With what is there --------------------------------------------------- */

static void
check_item(struct import *im, const struct model *live,
    const struct model_item *item)
{
	struct dir_reading r = { .lenient = false };
	const struct dir_named named = { item->domain, item->name };
	char text[OCT_ADDR_SIZE];
	struct oct_str json;
	size_t line;

	(void)snprintf(text, sizeof(text), "%s@%s", item->name, item->domain);
	line = (size_t)json_integer_value(json_object_get(im->lines, text));
	if (model_find(live, DIR_KIND_DOMAIN, item->domain, "") == NULL) {
		wrong(im, line, "%s: there is no domain %s", text,
		    item->domain);
		return;
	}
	if (model_find(live, DIR_KIND_ALIAS, item->domain, item->name) !=
	    NULL) {
		wrong(im, line,
		    "%s: there is already an alias of that name; close and "
		    "purge it first",
		    text);
		return;
	}
	oct_str_heap(&json, CTL_ENTRY_MAX);
	if (dir_canonical(&r, DIR_KIND_MAILBOX, &named, item->json, &json) ==
	    OCT_EPARSE)
		wrong(im, line, "%s: %s", text, r.problem);
	oct_str_free(&json);
}

/* What a file leaves out of a mailbox stays: it is laid over what is there. */
static int
lay_over(struct ctl *ctl, struct import *im)
{
	struct store *store;
	struct model *live = NULL, *over = NULL;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = model_load(store, NULL, &live);
	if (rc == 0)
		rc = model_over(live, im->model, &over);
	for (size_t i = 0; rc == 0 && i < model_count(over); i++)
		check_item(im, live, model_at(over, i));
	model_free(live);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "file", im->path);
	model_free(im->model);
	im->model = over;
	return 0;
}

/* All of it, or nothing. */
static int
refuse_wrong(const struct import *im)
{
	size_t count = json_array_size(im->wrong);
	int status;

	if (count == 0)
		return 0;
	status = tell_wrong(im);
	return status != 0
	    ? status
	    : ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
		  "%s: %zu lines are wrong%s: nothing was imported", im->path,
		  count, count > SHOWN_MAX ? ", the first are named" : "");
}

/* As UTF-8. */
static int
slurp(struct ctl *ctl, const char *path, char **text)
{
	int status = ctl_slurp(ctl, path, text);
	char *decoded;

	if (status != 0 || csv_is_utf8(*text))
		return status;
	decoded = csv_from_windows(*text);
	free(*text);
	*text = decoded;
	if (decoded == NULL)
		return ctl_fail_rc(ctl, -ENOMEM, "file", path);
	if (!ctl->quiet)
		(void)fprintf(stderr,
		    "octroictl: %s is no UTF-8: read as Windows-1252\n",
		    path);
	return 0;
}

int
ctl_import_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct import im = { .ctl = ctl, .path = args->words[0] };
	struct ctl_planned p;
	char *text = NULL;
	int status = slurp(ctl, im.path, &text);

	if (status != 0)
		return status;
	im.lines = json_object();
	im.wrong = json_array();
	if (im.lines == NULL || im.wrong == NULL || model_new(&im.model) != 0)
		status = ctl_fail_rc(ctl, -ENOMEM, "file", im.path);
	if (status == 0)
		status = read_file(&im, text);
	free(text);
	if (status == 0)
		status = lay_over(ctl, &im);
	if (refuse_wrong(&im) != 0)
		status = DAEMON_EXIT_USAGE;
	json_decref(im.wrong);
	json_decref(im.lines);
	if (status != 0) {
		model_free(im.model);
		return status;
	}
	status = ctl_plan_make(ctl, im.model, false, &p);
	if (status == 0)
		status = ctl_args_has(args, "dry-run")
		    ? ctl_plan_show(ctl, &p)
		    : ctl_plan_apply(ctl, &p, p.fingerprint);
	ctl_planned_free(&p);
	return status;
}
