/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/html_text.h"
#include "policy/detail.h"

static const char style[] =
    "@page{size:A4;margin:18mm 16mm 20mm}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.5em;max-width:48em;"
    "font:11pt/1.45 'Liberation Sans',Arial,sans-serif;color:#161616;"
    "background:#fff}\n"
    "header{display:flex;justify-content:space-between;gap:2em;"
    "padding-bottom:.8em;border-bottom:2px solid #000091}\n"
    "header p{margin:0}\n"
    "header .centre strong{font-size:1.15em;color:#000091}\n"
    "header .date{text-align:right;white-space:nowrap}\n"
    "h1{font-size:1.5em;line-height:1.25;margin:1.4em 0 .3em}\n"
    "h2{font-size:1.1em;margin:1.6em 0 .4em;break-after:avoid}\n"
    "h3{font-size:1em;margin:1.2em 0 .3em;break-after:avoid}\n"
    "p{margin:.5em 0}\n"
    ".to{margin:1.5em 0 0 50%}\n"
    ".note{font-size:.88em;color:#3a3a3a}\n"
    ".mark{border:1px solid #8a4b00;border-left-width:6px;"
    "padding:.5em .8em;margin:1em 0}\n"
    "table{width:100%;border-collapse:collapse;margin:.8em 0;"
    "font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.35em .5em;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #929292}\n"
    "thead th{border-bottom:2px solid #161616;font-size:.88em}\n"
    "thead{display:table-header-group}\n"
    "tr{break-inside:avoid}\n"
    ".n{text-align:right;white-space:nowrap}\n"
    "tfoot th,tfoot td{border-top:2px solid #161616;border-bottom:0;"
    "font-size:1.1em;font-weight:bold}\n"
    "tfoot{display:table-row-group}\n"
    ".sign{margin:3em 0 0 50%;break-inside:avoid}\n"
    ".paper{break-after:page}\n"
    ".paper:last-of-type{break-after:auto}\n"
    "code{font-family:'Liberation Mono',monospace;font-size:.95em;"
    "overflow-wrap:anywhere}\n"
    "@media print{body{padding:0;max-width:none;font-size:10pt}"
    "h1{margin-top:.9em}h2{margin:1em 0 .2em}}\n";

void
ctl_page_text(struct oct_str *out, const char *text)
{
	oct_html_text(out, text, strlen(text));
}

void
ctl_page_begin(struct oct_str *out, const char *title)
{
	oct_str_add(out, "<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n"
			 "<meta charset=\"utf-8\">\n"
			 "<meta name=\"viewport\" "
			 "content=\"width=device-width\">\n<title>");
	ctl_page_text(out, title);
	oct_str_addf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n",
	    style);
}

void
ctl_page_end(struct oct_str *out)
{
	oct_str_add(out, "</body>\n</html>\n");
}

void
ctl_page_heading(
    struct oct_str *out, const struct settings *set, int64_t wall_ms)
{
	const char *name = *set->centre_name != '\0' ? set->centre_name
						      : set->web_operator;
	char day[DETAIL_DATE_SIZE];

	detail_day(wall_ms, day);
	oct_str_add(out, "<header>\n<p class=\"centre\"><strong>");
	ctl_page_text(out, name);
	oct_str_add(out, "</strong>");
	for (size_t i = 0; i < set->centre_address.count; i++) {
		oct_str_add(out, "<br>\n");
		ctl_page_text(out, set->centre_address.values[i]);
	}
	oct_str_add(out, "</p>\n<p class=\"date\">");
	if (*set->centre_place != '\0') {
		ctl_page_text(out, set->centre_place);
		oct_str_add(out, ", le ");
	} else {
		oct_str_add(out, "Le ");
	}
	ctl_page_date(out, day);
	oct_str_add(out, "</p>\n</header>\n");
}

void
ctl_page_cell(
    struct oct_str *out, const char *tag, const char *class, const char *text)
{
	oct_str_addf(out, "<%s", tag);
	if (*class != '\0')
		oct_str_addf(out, " class=\"%s\"", class);
	if (strcmp(tag, "th") == 0)
		oct_str_add(out, " scope=\"col\"");
	oct_str_addc(out, '>');
	ctl_page_text(out, text);
	oct_str_addf(out, "</%s>\n", tag);
}

void
ctl_page_date(struct oct_str *out, const char *date)
{
	static const char *const month[12] = {"janvier", "février", "mars",
	    "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
	    "novembre", "décembre"};
	int y, m, d;

	if (!detail_is_date(date) ||
	    sscanf(date, "%d-%d-%d", &y, &m, &d) != 3) {
		ctl_page_text(out, date);
		return;
	}
	oct_str_addf(
	    out, "%d%s %s %d", d, d == 1 ? "er" : "", month[m - 1], y);
}

void
ctl_page_money(struct oct_str *out, int64_t cents, const char *currency)
{
	char digits[32];
	int n = snprintf(digits, sizeof(digits), "%" PRId64, cents / 100);

	for (int i = 0; i < n; i++) {
		oct_str_addc(out, digits[i]);
		if ((n - i) % 3 == 1 && i + 1 < n)
			oct_str_add(out, "\u202f");
	}
	oct_str_addf(out, ",%02d\u00a0", (int)(cents % 100));
	if (*currency == '\0' || strcmp(currency, "EUR") == 0)
		oct_str_add(out, "€");
	else
		ctl_page_text(out, currency);
}
