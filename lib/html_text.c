/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/html_text.h"

#include "lib/mime_text.h"

/* Controls but the line end, and what hides or turns text. */
static bool
is_harmful(uint32_t code)
{
	return (code < 0x20 && code != '\n') || (code >= 0x7f && code < 0xa0) ||
	    code == 0xad || (code >= 0x200b && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	    code == 0xfffd;
}

static const char *
entity(uint32_t code)
{
	if (code == '&')
		return "&amp;";
	if (code == '<')
		return "&lt;";
	if (code == '>')
		return "&gt;";
	if (code == '"')
		return "&quot;";
	if (code == '\'')
		return "&#39;";
	return is_harmful(code) ? "\ufffd" : NULL;
}

void
oct_html_text(struct oct_str *out, const char *text, size_t len)
{
	while (len > 0) {
		uint32_t code;
		size_t n = oct_mime_char(text, len, &code);
		const char *instead = entity(code);

		if (instead != NULL)
			oct_str_add(out, instead);
		else
			oct_str_addn(out, text, n);
		text += n;
		len -= n;
	}
}
