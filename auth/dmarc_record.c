/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/dmarc_record.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"

struct span {
	const char *at;
	size_t len;
};

/* Which policy tags there were, and what became of them. */
struct policies {
	bool seen[3], valid[3]; /* p, sp, np */
	enum auth_dmarc_policy value[3];
	bool rua;
};

enum { TAG_P, TAG_SP, TAG_NP };

static void
trim(struct span *s)
{
	while (s->len > 0 && (s->at[0] == ' ' || s->at[0] == '\t')) {
		s->at++;
		s->len--;
	}
	while (s->len > 0 &&
	    (s->at[s->len - 1] == ' ' || s->at[s->len - 1] == '\t'))
		s->len--;
}

static bool
is(const struct span *s, const char *word)
{
	return s->len == strlen(word) && strncasecmp(s->at, word, s->len) == 0;
}

/* Cut the next piece before the separator off rest; false at the end. */
static bool
next(struct span *rest, char separator, struct span *piece)
{
	const char *end;

	if (rest->at == NULL)
		return false;
	*piece = *rest;
	end = rest->len > 0 ? memchr(rest->at, separator, rest->len) : NULL;
	if (end == NULL) {
		rest->at = NULL;
		rest->len = 0;
		return true;
	}
	piece->len = (size_t)(end - rest->at);
	rest->at = end + 1;
	rest->len -= piece->len + 1;
	return true;
}

static bool
split_tag(const struct span *tag, struct span *name, struct span *value)
{
	const char *equals;

	equals = tag->len > 0 ? memchr(tag->at, '=', tag->len) : NULL;
	if (equals == NULL)
		return false;
	name->at = tag->at;
	name->len = (size_t)(equals - tag->at);
	value->at = equals + 1;
	value->len = tag->len - name->len - 1;
	trim(name);
	trim(value);
	return true;
}

static bool
is_uri_char(char c)
{
	return c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}!", c) == NULL;
}

/* RFC 3986 3.1 scheme and something behind it; a mailto needs an address. */
static bool
is_report_uri(struct span uri)
{
	const char *size, *colon;
	size_t scheme;

	trim(&uri);
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
has_report_uri(const struct span *value)
{
	struct span rest = *value, uri;

	while (next(&rest, ',', &uri)) {
		if (is_report_uri(uri))
			return true;
	}
	return false;
}

static void
set_policy(struct policies *all, int which, const struct span *value)
{
	static const char *const word[] = { "none", "quarantine", "reject" };
	static const enum auth_dmarc_policy policy[] = { AUTH_DMARC_NONE,
		AUTH_DMARC_QUARANTINE, AUTH_DMARC_REJECT };

	if (all->seen[which])
		return;
	all->seen[which] = true;
	for (size_t i = 0; i < OCT_LEN(word); i++) {
		if (!is(value, word[i]))
			continue;
		all->valid[which] = true;
		all->value[which] = policy[i];
	}
}

static void
set_psd(struct auth_dmarc_record *r, const struct span *value)
{
	if (is(value, "y"))
		r->psd = AUTH_DMARC_PSD_Y;
	else if (is(value, "n"))
		r->psd = AUTH_DMARC_PSD_N;
}

/* Values outside the grammar leave the default (RFC 9989 4.8). */
static void
take_tag(struct auth_dmarc_record *r, struct policies *all,
    const struct span *name, const struct span *value)
{
	if (is(name, "p"))
		set_policy(all, TAG_P, value);
	else if (is(name, "sp"))
		set_policy(all, TAG_SP, value);
	else if (is(name, "np"))
		set_policy(all, TAG_NP, value);
	else if (is(name, "adkim"))
		r->adkim_strict = is(value, "s");
	else if (is(name, "aspf"))
		r->aspf_strict = is(value, "s");
	else if (is(name, "t"))
		r->testing = is(value, "y");
	else if (is(name, "psd"))
		set_psd(r, value);
	else if (is(name, "rua"))
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
	struct span rest = { text, len }, tag, name, value;
	struct policies all = { .rua = false };

	/* "v" first, its value letter by letter (RFC 9989 4.7). */
	if (len == 0 || (text[0] != 'v' && text[0] != 'V') ||
	    !next(&rest, ';', &tag) || !split_tag(&tag, &name, &value) ||
	    !is(&name, "v") || value.len != 6 ||
	    memcmp(value.at, "DMARC1", 6) != 0)
		return OCT_EPARSE;
	memset(out, 0, sizeof(*out));
	while (next(&rest, ';', &tag)) {
		if (split_tag(&tag, &name, &value))
			take_tag(out, &all, &name, &value);
	}
	settle(out, &all);
	return 0;
}
