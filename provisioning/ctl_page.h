/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Papers that are handed out, in French, as one HTML page each: to be printed
 * (A4, black on white) or sent.  Nothing of them is fetched from elsewhere.
 * Pure; any thread.
 */
#ifndef OCT_PROVISIONING_CTL_PAGE_H
#define OCT_PROVISIONING_CTL_PAGE_H

#include "lib/str.h"
#include "policy/settings.h"

/* From the doctype to the heading of the Centre.  title: plain text. */
void ctl_page_begin(struct oct_str *out, const char *title);
void ctl_page_end(struct oct_str *out);

/* The Centre's name and address, and its place and that day. */
void ctl_page_heading(
    struct oct_str *out, const struct settings *set, int64_t wall_ms);

/* Text as HTML. */
void ctl_page_text(struct oct_str *out, const char *text);
/* "<td class=c>text</td>", and a line end; class "" = none. */
void ctl_page_cell(
    struct oct_str *out, const char *tag, const char *class, const char *text);

/* "21 novembre 2026" of "2026-11-21"; another text stays as it is. */
void ctl_page_date(struct oct_str *out, const char *date);
/* "1 234,50 €", with no-break spaces; currency "" = EUR. */
void ctl_page_money(struct oct_str *out, int64_t cents, const char *currency);

#endif
