/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/dmarc_record.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/span.h"

/* Which policy tags there were, and what became of them. */
struct policies {
	bool seen[3], valid[3]; /* p, sp, np */
	enum auth_dmarc_policy value[3];
	bool rua;
};

enum { TAG_P, TAG_SP, TAG_NP };

static bool
is_uri_char(char c)
{
	return c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}!", c) == NULL;
}

/* RFC 3986 3.1 scheme and something behind it; a mailto needs an address. */
static bool
is_report_uri(struct oct_span uri)
{
	const char *size, *colon;
	size_t scheme;

	size = uri.len > 0 ? memchr(uri.at, '!', uri.len) : NULL;
	if (size != NULL) /* obs-dmarc-report-size */
		uri.len = (size_t)(size - uri.at);
	colon = uri.len > 0 ? memchr(uri.at, ':', uri.len) : NULL;
	if (colon == NULL || colon == uri.at)
		return false;
	scheme = (size_t)(colon - uri.at);
	for (size_t i = 0; i < uri.len; i++) {
		char c = uri.at[i], low = (char)(c | 0x20);

		if (!is_uri_char(c))
			return false;
		if (i < scheme && !(low >= 'a' && low <= 'z') &&
		    (i == 0 || strchr("0123456789+-.", c) == NULL))
			return false;
	}
	if (scheme == 6 && strncasecmp(uri.at, "mailto", 6) == 0)
		return memchr(colon, '@', uri.len - scheme) != NULL;
	return uri.len > scheme + 1;
}

static bool
has_report_uri(struct oct_span value)
{
	struct oct_span rest = value, uri;

	while (oct_span_next(&rest, ',', &uri)) {
		if (is_report_uri(uri))
			return true;
	}
	return false;
}

static void
set_policy(struct policies *all, int which, struct oct_span value)
{
	static const char *const word[] = { "none", "quarantine", "reject" };
	static const enum auth_dmarc_policy policy[] = { AUTH_DMARC_NONE,
		AUTH_DMARC_QUARANTINE, AUTH_DMARC_REJECT };

	if (all->seen[which])
		return;
	all->seen[which] = true;
	for (size_t i = 0; i < OCT_LEN(word); i++) {
		if (!oct_span_is(value, word[i]))
			continue;
		all->valid[which] = true;
		all->value[which] = policy[i];
	}
}

static void
set_psd(struct auth_dmarc_record *r, struct oct_span value)
{
	if (oct_span_is(value, "y"))
		r->psd = AUTH_DMARC_PSD_Y;
	else if (oct_span_is(value, "n"))
		r->psd = AUTH_DMARC_PSD_N;
}

/* Values outside the grammar leave the default (RFC 9989 4.8). */
static void
take_tag(struct auth_dmarc_record *r, struct policies *all,
    struct oct_span name, struct oct_span value)
{
	if (oct_span_is(name, "p"))
		set_policy(all, TAG_P, value);
	else if (oct_span_is(name, "sp"))
		set_policy(all, TAG_SP, value);
	else if (oct_span_is(name, "np"))
		set_policy(all, TAG_NP, value);
	else if (oct_span_is(name, "adkim"))
		r->adkim_strict = oct_span_is(value, "s");
	else if (oct_span_is(name, "aspf"))
		r->aspf_strict = oct_span_is(value, "s");
	else if (oct_span_is(name, "t"))
		r->testing = oct_span_is(value, "y");
	else if (oct_span_is(name, "psd"))
		set_psd(r, value);
	else if (oct_span_is(name, "rua"))
		all->rua = all->rua || has_report_uri(value);
}

/* RFC 9989 4.10.1, the paragraph on p=, sp= and np= that are not valid. */
static void
settle(struct auth_dmarc_record *r, const struct policies *all)
{
	bool good = all->valid[TAG_P] &&
	    all->seen[TAG_SP] == all->valid[TAG_SP] &&
	    all->seen[TAG_NP] == all->valid[TAG_NP];

	r->usable = good || all->rua;
	if (!good)
		return;
	r->p = r->sp = r->np = all->value[TAG_P];
	if (all->valid[TAG_SP])
		r->sp = r->np = all->value[TAG_SP];
	if (all->valid[TAG_NP])
		r->np = all->value[TAG_NP];
	r->has_np = all->valid[TAG_NP];
}

int
auth_dmarc_record_parse(const char *text, size_t len,
    struct auth_dmarc_record *out)
{
	struct oct_span rest = { text, len }, tag, name, value;
	struct policies all = { .rua = false };

	/* "v" first, its value letter by letter (RFC 9989 4.7). */
	if (len == 0 || (text[0] != 'v' && text[0] != 'V') ||
	    !oct_span_next(&rest, ';', &tag) || !oct_span_tag(tag, &name, &value) ||
	    !oct_span_is(name, "v") || value.len != 6 ||
	    memcmp(value.at, "DMARC1", 6) != 0)
		return OCT_EPARSE;
	memset(out, 0, sizeof(*out));
	while (oct_span_next(&rest, ';', &tag)) {
		if (oct_span_tag(tag, &name, &value))
			take_tag(out, &all, name, value);
	}
	settle(out, &all);
	return 0;
}
