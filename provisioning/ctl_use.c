/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_use.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "provisioning/ctl_out.h"

static void
add_amount(struct oct_str *out, enum allowance a, int64_t n)
{
	if (a == ALLOWANCE_STORAGE && n > 0)
		detail_size_text(out, n);
	else
		oct_str_addf(out, "%" PRId64, n);
}

void
ctl_use_text(const struct allowance_row *r, enum allowance a,
    struct oct_str *out)
{
	oct_str_addf(out, "%s ", allowance_name(a));
	if (a == ALLOWANCE_STORAGE && r->quota > 0) {
		oct_str_add(out, "beyond ");
		detail_size_text(out, r->quota);
		oct_str_add(out, " each: ");
	}
	add_amount(out, a, r->use[a]);
	if (r->included[a] < 0)
		return;
	oct_str_add(out, " of ");
	add_amount(out, a, r->included[a]);
	if (r->extra[a] > 0) {
		oct_str_add(out, "+");
		add_amount(out, a, r->extra[a]);
	}
	if (allowance_over(r, a))
		oct_str_add(out, " (over)");
}

static json_t *
row_json(const struct allowance_row *r)
{
	json_t *v = json_array();

	for (int a = 0; a < ALLOWANCES; a++) {
		struct oct_str text;
		char buf[160];

		oct_str_fixed(&text, buf, sizeof(buf));
		ctl_use_text(r, (enum allowance)a, &text);
		(void)json_array_append_new(v,
		    json_string(oct_str_text(&text)));
	}
	return v;
}

int
ctl_use_json(const struct model *m, const char *id, json_t **out)
{
	struct allowance_row *rows;
	size_t count;
	int rc = allowance_rows(m, &rows, &count);

	*out = NULL;
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].tenant->name, id) == 0 &&
		    rows[i].plan != NULL)
			*out = row_json(&rows[i]);
	free(rows);
	return 0;
}
