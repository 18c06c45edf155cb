/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What octroictl prints: every command makes one JSON value; it is printed as it
 * is, or rendered for people out of the same value.  Texts come from strangers'
 * mail: nothing of them reaches a terminal that could steer it.  Pure.
 */
#ifndef OCT_PROVISIONING_CTL_OUT_H
#define OCT_PROVISIONING_CTL_OUT_H

#include <jansson.h>

#include "lib/def.h"
#include "lib/str.h"

#define CTL_OUT_MAX (256u << 20) /* octets of one output */
#define CTL_CELL_MAX 60 /* characters that a column is at most wide */

enum ctl_form {
	CTL_TEXT,
	CTL_NAME,  /* names of ours: domains as people write them */
	CTL_RIGHT, /* aligned right */
	CTL_SIZE   /* octets, shown as 12k, 3.4M; aligned right */
};

struct ctl_column {
	const char *key;   /* member of a row */
	const char *title;
	enum ctl_form form;
};

/* Aligned columns under their titles; rows is an array of objects.  Absent and
 * null members are "-".  A cell longer than CTL_CELL_MAX is whole, too: what is
 * right of it is out of line in that row alone. */
void ctl_out_table(const json_t *rows, const struct ctl_column *columns,
    size_t count, struct oct_str *out);

/* "title  value" lines for one object, values whole. */
void ctl_out_record(const json_t *object, const struct ctl_column *columns,
    size_t count, struct oct_str *out);

/* Text made safe for a terminal: what is no visible UTF-8 becomes '?'; at most
 * max characters (0 = no bound). */
void ctl_out_text(const char *text, size_t max, struct oct_str *out);

/* The same of names of ours, domains in their UTF-8 form. */
void ctl_out_name(const char *text, size_t max, struct oct_str *out);

/* Characters of UTF-8. */
size_t ctl_out_width(const char *text);

/* The value as JSON text and a line end, members in their order. */
OCT_CHECK int ctl_out_json(const json_t *value, bool compact,
    struct oct_str *out);

/* A JSON string of any octets: what is not UTF-8 becomes U+FFFD.  NULL when out
 * of memory. */
json_t *ctl_json_text(const char *text);
/* "2026-11-21T10:00:00Z"; null for 0. */
json_t *ctl_json_time(int64_t wall_ms);
/* Hundredths as a number with two decimals. */
json_t *ctl_json_score(int32_t hundredths);
/* Set a member; takes over value.  Out of memory is fatal for a command. */
void ctl_json_set(json_t *object, const char *key, json_t *value);

#endif
