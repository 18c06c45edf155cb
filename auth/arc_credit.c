/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/arc_credit.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/str.h"

/* One ';'-separated part without comments and white space at its ends; quoted
 * strings are copied with their quotes, so that nothing in them looks like a
 * result.  Returns where the next part starts, NULL at the end. */
static const char *
next_part(const char *p, const char *end, struct oct_str *out)
{
	int depth = 0;
	bool quoted = false;

	oct_str_clear(out);
	for (; p < end; p++) {
		if (*p == '\\' && (quoted || depth > 0) && p + 1 < end) {
			p++;
			continue;
		}
		if (*p == '"' && depth == 0)
			quoted = !quoted;
		else if (!quoted && *p == '(')
			depth++;
		else if (!quoted && *p == ')' && depth > 0)
			depth--;
		else if (!quoted && depth == 0 && *p == ';')
			return p + 1;
		if (depth > 0 || *p == ')')
			continue;
		if (out->len == 0 && strchr(" \t\r\n", *p) != NULL)
			continue;
		oct_str_addc(out, *p);
	}
	return NULL;
}

/* "dmarc=pass" as the start of a part, followed by white space or nothing. */
static bool
is_pass(const char *part)
{
	static const char word[] = "dmarc=pass";
	const size_t n = sizeof(word) - 1;

	return strncasecmp(part, word, n) == 0 &&
	    (part[n] == '\0' || strchr(" \t\r\n", part[n]) != NULL);
}

static bool
is_instance(const char *part, int instance)
{
	char want[16];
	size_t n;

	(void)snprintf(want, sizeof(want), "i=%d", instance);
	n = strlen(want);
	return strncasecmp(part, want, n) == 0 &&
	    strspn(part + n, " \t\r\n") == strlen(part + n);
}

bool
auth_arc_says_pass(const char *value, size_t len, int instance)
{
	const char *p = value, *end = value + len;
	struct oct_str part;
	bool pass = false;

	oct_str_heap(&part, len + 1);
	p = next_part(p, end, &part);
	if (is_instance(oct_str_text(&part), instance)) {
		while (p != NULL && !pass) {
			p = next_part(p, end, &part);
			pass = is_pass(oct_str_text(&part));
		}
	}
	if (oct_str_err(&part) != 0)
		pass = false;
	oct_str_free(&part);
	return pass;
}

bool
auth_arc_credits(const struct oct_msg *m, const struct auth_arc *arc,
    const char *const *sealers)
{
	bool trusted = false;

	if (arc->result != AUTH_PASS || arc->instances < 1)
		return false;
	for (; sealers != NULL && *sealers != NULL; sealers++)
		trusted |= strcmp(arc->sealer, *sealers) == 0;
	if (!trusted)
		return false;
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		if (oct_field_is(f, "ARC-Authentication-Results") &&
		    auth_arc_says_pass(f->value, f->value_len, arc->instances))
			return true;
	}
	return false;
}
