/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"

#define FIELD_OCTETS_MAX 8000
#define LINE_WIDTH 76
#define QUOTED_MAX 640 /* one property stays far under 998 octets a line */

/* Names compared as a reader might: case, final dot, U-labels, wide letters. */
static bool
same_id(const char *a, const char *b)
{
	char na[OCT_DOMAIN_SIZE], nb[OCT_DOMAIN_SIZE];

	if (strcasecmp(a, b) == 0)
		return true;
	return oct_domain_normalise(a, na) == 0 &&
	    oct_domain_normalise(b, nb) == 0 && strcmp(na, nb) == 0;
}

static bool
contains(const char *text, size_t len, const char *id)
{
	size_t id_len = strlen(id);

	for (size_t i = 0; id_len > 0 && i + id_len <= len; i++) {
		if (strncasecmp(text + i, id, id_len) == 0)
			return true;
	}
	return false;
}

/* Everything that a lenient reader might overlook is taken out. */
static size_t
strip(const char *value, size_t len, bool comments, char *out)
{
	size_t n = 0, depth = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (comments && c == '(')
			depth++;
		else if (comments && c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && c > 0x20 && c < 0x7f && c != '"' &&
		    c != '\\')
			out[n++] = (char)c;
	}
	return n;
}

static bool
could_claim(const char *value, size_t len, const char *id)
{
	char *text;
	bool found;

	/* An encoded word may spell anything. */
	if (contains(value, len, id) || contains(value, len, "=?"))
		return true;
	text = malloc(len + 1);
	if (text == NULL)
		return true;
	found = contains(text, strip(value, len, true, text), id) ||
	    contains(text, strip(value, len, false, text), id);
	free(text);
	return found;
}

bool
auth_results_claims(const char *value, size_t len, const char *authserv_id)
{
	struct auth_results *parsed = malloc(sizeof(*parsed));
	bool claims = true;
	int rc;

	if (parsed == NULL)
		return true; /* rather one field too many goes */
	rc = auth_results_parse(value, len, parsed);
	if (rc == 0)
		claims = same_id(parsed->authserv_id, authserv_id);
	else
		claims = same_id(parsed->authserv_id, authserv_id) ||
		    could_claim(value, len, authserv_id);
	free(parsed);
	return claims;
}

/* One field under construction: pieces are never broken, lines are. */
struct writer {
	struct oct_str item; /* the result being written */
	char buf[4096];
};

static void
piece(struct writer *w, const char *text)
{
	const char *line = strrchr(oct_str_text(&w->item), '\n');
	size_t column;

	/* Each line starts with a tab, which shows as eight columns. */
	column = line != NULL ? strlen(line) + 6 : w->item.len + 8;
	if (column + 1 + strlen(text) > LINE_WIDTH)
		oct_str_add(&w->item, "\n\t");
	else
		oct_str_addc(&w->item, ' ');
	oct_str_add(&w->item, text);
}

static bool
is_token(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p <= 0x20 || *p >= 0x7f ||
		    strchr("()<>@,;:\\\"/[]?=", *p) != NULL)
			return false;
	}
	return text[0] != '\0';
}

/* local@domain where neither side needs quotes (atext, RFC 5322). */
static bool
is_plain_address(const char *text)
{
	const char *at = strrchr(text, '@');

	if (at == NULL || at == text || text[0] == '.' || at[-1] == '.' ||
	    strstr(text, "..") != NULL || at[1] == '.' || at[1] == '\0')
		return false;
	for (const char *p = text; *p != '\0'; p++) {
		if (p == at)
			continue;
		if (*p <= 0x20 || *p >= 0x7f ||
		    strchr(p < at ? "()<>@,;:\\\"[]" :
				    "()<>@,;:\\\"[]/=?", *p) != NULL)
			return false;
	}
	return true;
}

/* false: no quoting makes it safe (controls, 8-bit, or too long). */
static bool
quote(const char *text, struct oct_str *out)
{
	oct_str_addc(out, '"');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p < 0x20 || *p >= 0x7f)
			return false;
		if (*p == '"' || *p == '\\')
			oct_str_addc(out, '\\');
		oct_str_addc(out, *p);
	}
	oct_str_addc(out, '"');
	return oct_str_err(out) == 0;
}

/* name=value, or nothing; says which. */
static bool
property(struct writer *w, const char *name, const char *value)
{
	char buf[QUOTED_MAX];
	struct oct_str text;

	if (value[0] == '\0')
		return false;
	oct_str_fixed(&text, buf, sizeof(buf));
	oct_str_addf(&text, "%s=", name);
	if (is_token(value) || is_plain_address(value))
		oct_str_add(&text, value);
	else if (!quote(value, &text))
		return false;
	if (oct_str_err(&text) != 0)
		return false;
	piece(w, buf);
	return true;
}

static void
begin(struct writer *w, const char *method, enum auth_result result)
{
	oct_str_fixed(&w->item, w->buf, sizeof(w->buf));
	oct_str_addf(&w->item, "%s=%s", method, auth_result_name(result));
}

/* Hand the finished result to the field, unless that would grow too long. */
static void
finish(struct writer *w, size_t start, struct oct_str *out)
{
	if (oct_str_err(&w->item) != 0 ||
	    out->len - start + w->item.len + 3 > FIELD_OCTETS_MAX)
		return;
	oct_str_add(out, ";\n\t");
	oct_str_add(out, oct_str_text(&w->item));
}

static void
write_spf(struct writer *w, const struct auth_results_input *in)
{
	begin(w, "spf", in->spf->result);
	(void)property(w, "reason", in->spf->problem);
	if (in->spf->helo) {
		if (!property(w, "smtp.helo", in->helo))
			(void)property(w, "smtp.helo", in->spf->domain);
	} else if (!property(w, "smtp.mailfrom", in->mail_from)) {
		(void)property(w, "smtp.mailfrom", in->spf->domain);
	}
}

static void
write_dkim(struct writer *w, const struct auth_dkim_sig *sig)
{
	begin(w, "dkim", sig->result);
	if (!property(w, "reason", sig->problem) && sig->result == AUTH_PASS &&
	    !sig->whole_body)
		(void)property(w, "reason", "part of the body only");
	(void)property(w, "header.d", sig->domain);
	(void)property(w, "header.s", sig->selector);
	(void)property(w, "header.a", sig->algorithm);
	(void)property(w, "header.b", sig->b_start);
}

static void
write_dmarc(struct writer *w, const struct auth_dmarc *dmarc,
    const char *override)
{
	char text[64];

	begin(w, "dmarc", dmarc->result);
	/* The one free place that RFC 8601 2.2 leaves to the evaluator. */
	if (override != NULL) {
		(void)snprintf(text, sizeof(text), "override=%s", override);
		(void)property(w, "reason", text);
	} else {
		(void)property(w, "reason", dmarc->problem);
	}
	if (dmarc->domain[0] != '\0')
		(void)property(w, "policy.dmarc",
		    auth_dmarc_policy_name(dmarc->policy));
	(void)property(w, "header.from", dmarc->from_domain);
}

static void
write_arc(struct writer *w, const struct auth_arc *arc)
{
	char comment[48];

	begin(w, "arc", arc->result);
	if (arc->instances > 0) {
		(void)snprintf(comment, sizeof(comment), "(i=%d)",
		    arc->instances);
		piece(w, comment);
	}
	(void)property(w, "reason", arc->problem);
	(void)property(w, "header.d", arc->sealer);
}

static void
write_all(struct writer *w, const struct auth_results_input *in, size_t start,
    struct oct_str *out)
{
	if (in->auth_user != NULL) {
		begin(w, "auth", AUTH_PASS);
		(void)property(w, "smtp.auth", in->auth_user);
		finish(w, start, out);
	}
	if (in->spf != NULL) {
		write_spf(w, in);
		finish(w, start, out);
	}
	if (in->dmarc != NULL) {
		write_dmarc(w, in->dmarc, in->dmarc_override);
		finish(w, start, out);
	}
	if (in->arc != NULL) {
		write_arc(w, in->arc);
		finish(w, start, out);
	}
	if (in->dkim != NULL && in->dkim->count == 0) {
		begin(w, "dkim", AUTH_NONE);
		finish(w, start, out);
	}
	/* Last: of many signatures the ones at the end may not fit. */
	for (size_t i = 0; in->dkim != NULL && i < in->dkim->count; i++) {
		write_dkim(w, &in->dkim->sig[i]);
		finish(w, start, out);
	}
}

int
auth_results_write(const struct auth_results_input *in, struct oct_str *out)
{
	struct writer w;
	size_t start = out->len, before;

	if (is_token(in->authserv_id))
		oct_str_add(out, in->authserv_id);
	else if (!quote(in->authserv_id, out))
		return OCT_ECONF;
	before = out->len;
	write_all(&w, in, start, out);
	if (out->len == before)
		oct_str_add(out, "; none");
	return oct_str_err(out);
}
