/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/addr.h"
#include "lib/mime_text.h"

/* --- Text --------------------------------------------------------------- */

size_t
ctl_out_width(const char *text)
{
	size_t len = strlen(text), n = 0;
	uint32_t code;

	for (; len > 0; n++) {
		size_t octets = oct_mime_char(text, len, &code);

		text += octets;
		len -= octets;
	}
	return n;
}

/* One character, if it may be shown.  oct_mime_char passes over broken UTF-8
 * octet by octet: a lone octet is shown only if it is ASCII. */
static bool
shown(const char *text, size_t octets, char one[8])
{
	memcpy(one, text, octets);
	one[octets] = '\0';
	return (octets > 1 || (unsigned char)*one < 0x80) &&
	    oct_mime_shown(one);
}

void
ctl_out_text(const char *text, size_t max, struct oct_str *out)
{
	size_t width = max > 0 ? ctl_out_width(text) : 0, len = strlen(text);
	uint32_t code;
	char one[8];

	for (size_t n = 0; len > 0; n++) {
		size_t octets = oct_mime_char(text, len, &code);

		if (width > max && n == max - 1) {
			oct_str_add(out, "\xe2\x80\xa6");
			return;
		}
		oct_str_add(out, shown(text, octets, one) ? one : "?");
		text += octets;
		len -= octets;
	}
}

void
ctl_out_name(const char *text, size_t max, struct oct_str *out)
{
	struct oct_str shown;

	if (strstr(text, "xn--") == NULL) {
		ctl_out_text(text, max, out);
		return;
	}
	oct_str_heap(&shown, CTL_OUT_MAX);
	oct_domain_show(text, &shown);
	ctl_out_text(oct_str_text(&shown), max, out);
	oct_str_free(&shown);
}

/* --- Cells -------------------------------------------------------------- */

static void
size_text(json_int_t octets, struct oct_str *out)
{
	static const char units[] = "kMGT";
	double v = (double)octets;
	size_t u = 0;

	if (octets < 1024) {
		oct_str_addf(out, "%" JSON_INTEGER_FORMAT, octets);
		return;
	}
	for (v /= 1024; v >= 1024 && u + 2 < sizeof(units); u++)
		v /= 1024;
	oct_str_addf(out, v < 10 ? "%.1f%c" : "%.0f%c", v, units[u]);
}

static void
cell(const json_t *v, enum ctl_form form, struct oct_str *out)
{
	json_t *item;
	size_t i;

	if (json_is_string(v) && *json_string_value(v) != '\0') {
		(form == CTL_NAME ? ctl_out_name : ctl_out_text)(
		    json_string_value(v), 0, out);
	} else if (json_is_integer(v) && form == CTL_SIZE) {
		size_text(json_integer_value(v), out);
	} else if (json_is_integer(v)) {
		oct_str_addf(out, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
	} else if (json_is_real(v)) {
		oct_str_addf(out, "%.2f", json_real_value(v));
	} else if (json_is_boolean(v)) {
		oct_str_add(out, json_is_true(v) ? "yes" : "no");
	} else if (json_is_array(v) && json_array_size(v) > 0) {
		json_array_foreach(v, i, item) {
			oct_str_add(out, i > 0 ? ", " : "");
			cell(item, form, out);
		}
	} else {
		oct_str_addc(out, '-');
	}
}

static void
pad(struct oct_str *out, size_t n)
{
	while (n-- > 0)
		oct_str_addc(out, ' ');
}

static void
put_cell(struct oct_str *out, const char *text, size_t width, bool right,
    bool last)
{
	size_t have = ctl_out_width(text);
	size_t fill = width > have ? width - have : 0;

	if (right)
		pad(out, fill);
	oct_str_add(out, text);
	if (!right && !last)
		pad(out, fill);
	oct_str_add(out, last ? "\n" : "  ");
}

static const char *
cell_text(const json_t *row, const struct ctl_column *c, struct oct_str *tmp)
{
	oct_str_clear(tmp);
	cell(json_object_get(row, c->key), c->form, tmp);
	return oct_str_text(tmp);
}

void
ctl_out_table(const json_t *rows, const struct ctl_column *columns,
    size_t count, struct oct_str *out)
{
	size_t *width = calloc(count, sizeof(*width)), i;
	struct oct_str tmp;
	json_t *row;

	if (width == NULL) {
		out->err = -ENOMEM;
		return;
	}
	oct_str_heap(&tmp, CTL_OUT_MAX);
	for (size_t c = 0; c < count; c++)
		width[c] = ctl_out_width(columns[c].title);
	json_array_foreach(rows, i, row) {
		for (size_t c = 0; c < count; c++) {
			size_t w = ctl_out_width(
			    cell_text(row, &columns[c], &tmp));

			w = w < CTL_CELL_MAX ? w : CTL_CELL_MAX;
			width[c] = w > width[c] ? w : width[c];
		}
	}
	for (size_t c = 0; c < count; c++)
		put_cell(out, columns[c].title, width[c],
		    columns[c].form >= CTL_RIGHT, c + 1 == count);
	json_array_foreach(rows, i, row) {
		for (size_t c = 0; c < count; c++)
			put_cell(out, cell_text(row, &columns[c], &tmp),
			    width[c], columns[c].form >= CTL_RIGHT,
			    c + 1 == count);
	}
	oct_str_free(&tmp);
	free(width);
}

void
ctl_out_record(const json_t *object, const struct ctl_column *columns,
    size_t count, struct oct_str *out)
{
	struct oct_str tmp;
	size_t width = 0;

	oct_str_heap(&tmp, CTL_OUT_MAX);
	for (size_t c = 0; c < count; c++)
		if (ctl_out_width(columns[c].title) > width)
			width = ctl_out_width(columns[c].title);
	for (size_t c = 0; c < count; c++) {
		put_cell(out, columns[c].title, width, false, false);
		oct_str_addf(out, "%s\n",
		    cell_text(object, &columns[c], &tmp));
	}
	oct_str_free(&tmp);
}

/* --- JSON --------------------------------------------------------------- */

int
ctl_out_json(const json_t *value, bool compact, struct oct_str *out)
{
	size_t form = compact ? JSON_COMPACT : JSON_INDENT(2);
	char *text = json_dumps(value,
	    JSON_ENCODE_ANY | JSON_REAL_PRECISION(12) | form);

	if (text == NULL)
		return -ENOMEM;
	oct_str_add(out, text);
	oct_str_addc(out, '\n');
	free(text);
	return oct_str_err(out);
}

json_t *
ctl_json_text(const char *text)
{
	json_t *v = json_string(text);
	struct oct_str s;

	if (v != NULL)
		return v;
	oct_str_heap(&s, CTL_OUT_MAX);
	while (*text != '\0') {
		uint32_t code;
		size_t n = oct_mime_char(text, strlen(text), &code);

		if (code == 0xfffd)
			oct_str_add(&s, "\xef\xbf\xbd");
		else
			oct_str_addn(&s, text, n);
		text += n;
	}
	v = json_string(oct_str_text(&s));
	oct_str_free(&s);
	return v;
}

json_t *
ctl_json_time(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	char text[32];
	struct tm tm;

	if (wall_ms <= 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

json_t *
ctl_json_score(int32_t hundredths)
{
	return json_real((double)hundredths / 100);
}

void
ctl_json_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0) {
		(void)fprintf(stderr, "octroictl: out of memory\n");
		exit(EXIT_FAILURE);
	}
}
