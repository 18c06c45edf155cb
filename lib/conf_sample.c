/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/conf_int.h"

static bool
seen_before(const struct oct_conf_table *tables, size_t table, size_t item)
{
	const char *section = tables[table].items[item].section;

	for (size_t t = 0; t <= table; t++)
		for (size_t i = 0; i < (t < table ? tables[t].count : item);
		    i++)
			if (strcmp(tables[t].items[i].section, section) == 0)
				return true;
	return false;
}

static void
add_quoted(struct oct_str *out, const char *text, size_t len)
{
	oct_str_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			oct_str_addc(out, '\\');
		oct_str_addc(out, text[i]);
	}
	oct_str_addc(out, '"');
}

static void
add_list(struct oct_str *out, const char *text)
{
	bool first = true;

	oct_str_addc(out, '{');
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		oct_str_add(out, first ? " " : ", ");
		add_quoted(out, text, len);
		first = false;
		text += len;
		text += *text == ' ';
	}
	oct_str_add(out, " }");
}

static void
add_item(struct oct_str *out, const struct oct_conf_item *item)
{
	const char *value = item->standard != NULL ? item->standard : "";

	oct_str_addf(out, "\n\t# %s\n\t# %s: ", item->help,
	    item->standard != NULL ? "Value" : "Must be given");
	conf_expected(item, out);
	oct_str_addf(out, ".\n\t#%s = ", item->name);
	if (item->type == OCT_CONF_LIST)
		add_list(out, value);
	else if (item->type == OCT_CONF_STRING || *value == '\0')
		add_quoted(out, value, strlen(value));
	else
		oct_str_add(out, value);
	oct_str_addc(out, '\n');
}

static void
add_section(struct oct_str *out, const struct oct_conf_table *tables,
    size_t count, const char *section)
{
	oct_str_addf(out, "\n%s {", section);
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++)
			if (strcmp(tables[t].items[i].section, section) == 0)
				add_item(out, &tables[t].items[i]);
	oct_str_add(out, "}\n");
}

void
oct_conf_sample(const struct oct_conf_table *tables, size_t count,
    struct oct_str *out)
{
	oct_str_add(out, "# Every setting of octroi, at its default.  Take the "
	    "'#' away before the name\n# to change one.  Durations: 500ms, "
	    "20s, 15min, 6h, 7d; sizes: 512, 25k, 10M, 5G.\n");
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < tables[t].count; i++)
			if (!seen_before(tables, t, i))
				add_section(out, tables, count,
				    tables[t].items[i].section);
}
