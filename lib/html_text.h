/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in HTML, wherever we write it: pages, digests, printed sheets.  Any thread.
 */
#ifndef OCT_LIB_HTML_TEXT_H
#define OCT_LIB_HTML_TEXT_H

#include "lib/str.h"

/*
 * Adds len octets of text, fit for content and for quoted attributes: what HTML
 * takes for markup is escaped; what is no UTF-8, a control (but for the line feed),
 * invisible, or turns the direction of what follows becomes U+FFFD.
 */
void oct_html_text(struct oct_str *out, const char *text, size_t len);

#endif
