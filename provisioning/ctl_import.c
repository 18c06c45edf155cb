/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl mailbox import: mailboxes out of a CSV file (RFC 4180), as an office
 * writes it: with commas or semicolons, with or without a byte order mark.  The
 * first line names the columns.  All of it is one plan, and applied as such.
 */
#include <errno.h>
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

struct import {
	const struct ctl *ctl;
	const char *path;
	struct model *model;
	size_t columns, address; /* which of them is the address */
	struct dir_attribute attributes[COLUMNS_MAX];
};

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
			    "line names address and attributes",
			    im->path, row->cells[i]);
	}
	return found ? 0
		     : ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
			   "%s: no column is called address", im->path);
}

/* Empty cells say nothing. */
static int
row_json(const struct import *im, const struct csv_row *row,
    struct oct_str *out)
{
	bool first = true;

	oct_str_addc(out, '{');
	for (size_t i = 0; i < row->count; i++) {
		const struct dir_attribute *a = &im->attributes[i];
		char expected[DIR_EXPECTED_SIZE];

		if (i == im->address || *row->cells[i] == '\0')
			continue;
		oct_str_addf(out, "%s\"%s\":", first ? "" : ",", a->name);
		first = false;
		if (dir_attribute_json(a, row->cells[i], out) != 0)
			return ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
			    "%s: line %zu: %s: expected %s", im->path,
			    row->line, a->name,
			    dir_attribute_expected(a, expected));
	}
	oct_str_addc(out, '}');
	return 0;
}

static int
add_item(struct import *im, const struct csv_row *row,
    const struct oct_addr *a, const char *json)
{
	struct dir_reading r = { .lenient = false };
	const struct dir_named named = { a->domain, a->local };
	struct model_item item = { DIR_KIND_MAILBOX, a->domain, a->local, "" };
	struct oct_str text;
	int rc;

	oct_str_heap(&text, CTL_ENTRY_MAX);
	rc = dir_canonical(&r, DIR_KIND_MAILBOX, &named, json, &text);
	item.json = oct_str_text(&text);
	if (rc == 0)
		rc = model_add(im->model, &item);
	oct_str_free(&text);
	if (rc == OCT_EPARSE)
		return ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
		    "%s: line %zu: %s", im->path, row->line, r.problem);
	return rc == 0 ? 0 : ctl_fail_rc(im->ctl, rc, "file", im->path);
}

static int
read_row(void *arg, const struct csv_row *row)
{
	struct import *im = arg;
	struct oct_addr a;
	struct oct_str json;
	int status;

	if (im->columns == 0)
		return read_columns(im, row);
	if (row->count != im->columns)
		return ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
		    "%s: line %zu: %zu cells instead of %zu", im->path,
		    row->line, row->count, im->columns);
	status = ctl_address(im->ctl, row->cells[im->address], &a);
	if (status != 0)
		return status;
	oct_str_heap(&json, CTL_ENTRY_MAX);
	status = row_json(im, row, &json);
	if (status == 0 && oct_str_err(&json) != 0)
		status = ctl_fail_rc(im->ctl, oct_str_err(&json), "file",
		    im->path);
	if (status == 0)
		status = add_item(im, row, &a, oct_str_text(&json));
	oct_str_free(&json);
	return status;
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
		return ctl_fail(im->ctl, DAEMON_EXIT_USAGE,
		    "%s: an address is there twice", im->path);
	return rc;
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
	model_free(live);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "file", im->path);
	model_free(im->model);
	im->model = over;
	return 0;
}

int
ctl_import_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct import im = { .ctl = ctl, .path = args->words[0] };
	struct ctl_planned p;
	char *text = NULL;
	int status = ctl_slurp(ctl, im.path, &text);

	if (status != 0)
		return status;
	if (model_new(&im.model) != 0)
		status = ctl_fail_rc(ctl, -ENOMEM, "file", im.path);
	if (status == 0)
		status = read_file(&im, text);
	free(text);
	if (status == 0)
		status = lay_over(ctl, &im);
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
