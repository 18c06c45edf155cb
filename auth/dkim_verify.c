/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification.  Fields other than signatures go to the library at once;
 * signatures wait for the end of the header, when From is known and the ten
 * that count can be chosen (their order among fields of other names means
 * nothing).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/dkim_int.h"
#include "lib/addrlist.h"
#include "lib/err.h"
#include "lib/log.h"

#define SIGNATURE "DKIM-Signature"
#define BODY_PIECE (1 << 20) /* the library counts in int here and there */

enum rank { RANK_ALIGNED, RANK_OTHER, RANK_MALFORMED, RANKS };

int
auth_dkim_verify_new(struct auth_dkim_lib *lib, struct dns_session *dns,
    const char *id, struct auth_dkim_verifier **out)
{
	struct auth_dkim_verifier *v = calloc(1, sizeof(*v));
	DKIM_STAT status;

	if (v == NULL)
		return -ENOMEM;
	v->dns = dns;
	v->id = strdup(id);
	/* Filled as they come: to clear them costs more than to use them. */
	v->sigs = reallocarray(NULL, DKIM_FIELDS_MAX, sizeof(*v->sigs));
	v->from = reallocarray(NULL, DKIM_FROM_MAX, sizeof(*v->from));
	if (v->id == NULL || v->sigs == NULL || v->from == NULL) {
		auth_dkim_verify_free(v);
		return -ENOMEM;
	}
	v->dkim = dkim_verify(lib->handle, (const u_char *)v->id, NULL,
	    &status);
	if (v->dkim == NULL ||
	    dkim_set_user_context(v->dkim, v) != DKIM_STAT_OK) {
		auth_dkim_verify_free(v);
		return -ENOMEM;
	}
	*out = v;
	return 0;
}

void
auth_dkim_verify_message(struct auth_dkim_verifier *v, struct oct_msg *m)
{
	v->msg = m;
}

void
auth_dkim_verify_free(struct auth_dkim_verifier *v)
{
	if (v == NULL)
		return;
	if (v->dkim != NULL)
		(void)dkim_free(v->dkim);
	for (size_t i = 0; i < v->count; i++)
		dkim_sig_fini(&v->sigs[i]);
	free(v->length[0]);
	free(v->length[1]);
	free(v->sigs);
	free(v->from);
	free(v->id);
	free(v);
}

static bool
is_name(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && strncasecmp(name, wanted, len) == 0;
}

/* Author domains: only to rank signatures, so what is not read is no harm. */
static int
note_from(struct auth_dkim_verifier *v, const char *value, size_t len)
{
	struct oct_addr *list = reallocarray(NULL, DKIM_FROM_MAX, sizeof(*list));
	size_t count = 0;

	if (list == NULL)
		return -ENOMEM;
	if (oct_addrlist_parse(value, len, list, DKIM_FROM_MAX, &count) != 0)
		oct_log(OCT_DEBUG, "%s: dkim=from-unclear", v->id);
	for (size_t i = 0; i < count && v->from_count < DKIM_FROM_MAX; i++) {
		memcpy(v->from[v->from_count++], list[i].domain,
		    sizeof(v->from[0]));
	}
	free(list);
	return 0;
}

static int
add_signature(struct auth_dkim_verifier *v, const char *text, size_t text_len,
    size_t value_at)
{
	struct dkim_sig *sig;
	int rc;

	if (v->count == DKIM_FIELDS_MAX) {
		v->ignored++;
		return 0;
	}
	sig = &v->sigs[v->count];
	memset(sig, 0, sizeof(*sig));
	sig->text = malloc(text_len + 1);
	if (sig->text == NULL)
		return -ENOMEM;
	memcpy(sig->text, text, text_len);
	sig->text[text_len] = '\0';
	sig->text_len = text_len;
	v->count++;
	rc = dkim_sig_read(sig, text + value_at, text_len - value_at);
	if (rc == 0 && sig->b != NULL && v->prefetched < AUTH_DKIM_MAX) {
		auth_dkim_key_prefetch(v->dns, sig->out.selector,
		    sig->out.domain);
		v->prefetched++;
	}
	return rc;
}

static int
feed(struct auth_dkim_verifier *v, const char *text, size_t len)
{
	/* A field that is none is not signed either: no reason to stop. */
	return dkim_header(v->dkim, dkim_unconst(text), len) ==
	    DKIM_STAT_NORESOURCE ? -ENOMEM : 0;
}

static int
note_field(struct auth_dkim_verifier *v, const char *name, size_t name_len,
    const char *value, size_t value_len)
{
	if (is_name(name, name_len, "To"))
		v->n_to++;
	else if (is_name(name, name_len, "Cc"))
		v->n_cc++;
	else if (is_name(name, name_len, "Subject"))
		v->n_subject++;
	if (!is_name(name, name_len, "From"))
		return 0;
	v->n_from++;
	return note_from(v, value, value_len);
}

int
auth_dkim_verify_field(struct auth_dkim_verifier *v, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
	size_t len = name_len + 1 + value_len;
	char *text = malloc(len);
	int rc;

	if (text == NULL)
		return -ENOMEM;
	memcpy(text, name, name_len);
	text[name_len] = ':';
	if (value_len > 0)
		memcpy(text + name_len + 1, value, value_len);
	while (name_len > 0 &&
	    (name[name_len - 1] == ' ' || name[name_len - 1] == '\t'))
		name_len--;
	if (is_name(name, name_len, SIGNATURE)) {
		rc = add_signature(v, text, len, len - value_len);
	} else {
		rc = note_field(v, name, name_len, value, value_len);
		if (rc == 0)
			rc = feed(v, text, len);
	}
	free(text);
	return rc;
}

/* The last two labels: enough of an organisational domain to rank by. */
static const char *
tail(const char *domain)
{
	const char *dot = strrchr(domain, '.');

	if (dot == NULL)
		return domain;
	while (dot > domain && dot[-1] != '.')
		dot--;
	return dot;
}

static enum rank
rank_of(const struct auth_dkim_verifier *v, const struct dkim_sig *sig)
{
	if (sig->b == NULL)
		return RANK_MALFORMED;
	for (size_t i = 0; i < v->from_count; i++) {
		if (strcmp(tail(v->from[i]), tail(sig->out.domain)) == 0)
			return RANK_ALIGNED;
	}
	return RANK_OTHER;
}

/* Mark the ten that count; says whether all signatures must be fed. */
static bool
choose(struct auth_dkim_verifier *v)
{
	size_t chosen = 0;
	bool nested = false;

	for (size_t i = 0; i < v->count; i++)
		v->sigs[i].rank = (int)rank_of(v, &v->sigs[i]);
	for (int rank = 0; rank < RANKS; rank++) {
		for (size_t i = 0; i < v->count; i++) {
			struct dkim_sig *sig = &v->sigs[i];

			if (sig->rank != rank || chosen == AUTH_DKIM_MAX)
				continue;
			sig->selected = true;
			nested = nested || (sig->b != NULL && sig->nested);
			chosen++;
		}
	}
	v->ignored += v->count - chosen;
	return nested;
}

static int
count_length(struct auth_dkim_verifier *v, const struct dkim_sig *sig)
{
	struct auth_canon_body **c = &v->length[sig->relaxed_body ? 1 : 0];

	if (!sig->limited || *c != NULL)
		return 0;
	*c = malloc(sizeof(**c));
	if (*c == NULL)
		return -ENOMEM;
	auth_canon_body_init(*c, sig->relaxed_body, UINT64_MAX, NULL);
	return 0;
}

static int
start_own(const struct auth_dkim_verifier *v, struct dkim_sig *sig)
{
	int rc = v->msg != NULL ? dkim_own_new(sig, v->msg, &sig->own)
				: OCT_EABSENT;

	return rc == OCT_EABSENT ? 0 : rc; /* judged as not readable */
}

static int
feed_signatures(struct auth_dkim_verifier *v, bool all)
{
	int rc = 0;

	for (size_t i = 0; i < v->count && rc == 0; i++) {
		struct dkim_sig *sig = &v->sigs[i];
		bool judged = sig->selected && sig->b != NULL;

		if (judged) {
			auth_dkim_key_prefetch(v->dns, sig->out.selector,
			    sig->out.domain);
			rc = count_length(v, sig);
		}
		if (rc == 0 && judged && sig->utf8) {
			rc = start_own(v, sig);
			judged = false;
		}
		v->active |= judged;
		if (rc == 0 && (judged || all))
			rc = feed(v, sig->text, sig->text_len);
	}
	return rc;
}

/* The library reads no message whose From it cannot parse.  Who the author is
 * is no matter of RFC 6376: a signature is one over octets. */
static int
start_without_library(struct auth_dkim_verifier *v)
{
	int rc = 0;

	for (size_t i = 0; i < v->count && rc == 0; i++) {
		struct dkim_sig *sig = &v->sigs[i];

		if (sig->selected && sig->b != NULL && sig->own == NULL)
			rc = start_own(v, sig);
	}
	return rc;
}

int
auth_dkim_verify_eoh(struct auth_dkim_verifier *v)
{
	DKIM_STAT status;
	int rc;

	rc = feed_signatures(v, choose(v));
	if (rc != 0 || !v->active)
		return rc;
	status = dkim_eoh(v->dkim);
	if (status == DKIM_STAT_NORESOURCE)
		return -ENOMEM;
	if (status != DKIM_STAT_OK) {
		v->active = false;
		v->problem = status == DKIM_STAT_SYNTAX ?
		    "message header malformed" : dkim_getresultstr(status);
		rc = start_without_library(v);
	}
	return rc;
}

static int
feed_body(struct auth_dkim_verifier *v, const char *p, size_t len)
{
	size_t piece;

	for (; len > 0; len -= piece) {
		piece = len < BODY_PIECE ? len : BODY_PIECE;
		if (dkim_body(v->dkim, dkim_unconst(p), piece) ==
		    DKIM_STAT_NORESOURCE)
			return -ENOMEM;
		p += piece;
	}
	return 0;
}

static bool
has_bare_cr(const struct auth_dkim_verifier *v, const char *p, size_t len)
{
	const char *end = p + len;

	if (v->bare_cr || (v->cr && *p != '\n'))
		return true;
	/* One at the very end is v->cr. */
	while ((p = memchr(p, '\r', (size_t)(end - p))) != NULL && ++p < end)
		if (*p != '\n')
			return true;
	return false;
}

int
auth_dkim_verify_body(struct auth_dkim_verifier *v, const void *octets,
    size_t len)
{
	const char *p = octets;

	if (len == 0)
		return 0;
	for (size_t i = 0; i < OCT_LEN(v->length); i++) {
		if (v->length[i] != NULL)
			auth_canon_body_add(v->length[i], p, len);
	}
	for (size_t i = 0; i < v->count; i++) {
		if (v->sigs[i].own != NULL)
			dkim_own_body(v->sigs[i].own, p, len);
	}
	v->bare_cr = has_bare_cr(v, p, len);
	v->open_line = p[len - 1] != '\n' ||
	    !(len > 1 ? p[len - 2] == '\r' : v->cr);
	v->cr = p[len - 1] == '\r';
	return v->active ? feed_body(v, p, len) : 0;
}

/* RFC 6376 3.4.3 and 3.4.4: a body gets the CRLF that it lacks (BDAT lets it
 * lack one), which the library takes for an error. */
static int
end_library(struct auth_dkim_verifier *v)
{
	bool testkey = false;
	int rc = 0;

	if (!v->active)
		return 0;
	if (v->open_line)
		rc = feed_body(v, "\r\n", 2);
	if (rc == 0 && dkim_eom(v->dkim, &testkey) == DKIM_STAT_NORESOURCE)
		rc = -ENOMEM;
	return rc;
}

/*
 * A CR inside a line is content (RFC 6376 3.4.3, 3.4.4); the library drops some
 * and takes others for an end of line.  Signers do either: a body that does not
 * match its way is hashed by the letter.
 */
static int
hash_bare_cr(struct auth_dkim_verifier *v, struct dkim_sig *sig)
{
	const char *body;
	size_t len;
	int rc;

	if (sig->info == NULL || sig->own != NULL || v->msg == NULL ||
	    dkim_sig_getbh(sig->info) != DKIM_SIGBH_MISMATCH)
		return 0;
	rc = oct_msg_body(v->msg, &body, &len);
	if (rc == 0)
		rc = start_own(v, sig);
	if (rc == 0 && sig->own != NULL)
		dkim_own_body(sig->own, body, len);
	return rc;
}

/* Three conditions make a pass: each of them alone was seen to lie. */
static void
judge(const struct auth_dkim_verifier *v, struct dkim_sig *sig)
{
	unsigned int flags;
	int error, bh;

	if (sig->out.problem[0] != '\0' || sig->own != NULL)
		return;
	if (sig->info == NULL) {
		dkim_sig_refuse(sig, AUTH_PERMERROR, v->problem != NULL ?
			v->problem : "signature not readable");
		return;
	}
	flags = dkim_sig_getflags(sig->info);
	error = dkim_sig_geterror(sig->info);
	bh = dkim_sig_getbh(sig->info);
	if ((flags & DKIM_SIGFLAG_PASSED) != 0 && bh == DKIM_SIGBH_MATCH &&
	    error == DKIM_SIGERROR_OK && sig->out.key_bits > 0) {
		sig->out.result = AUTH_PASS;
	} else if (bh == DKIM_SIGBH_MISMATCH) {
		dkim_sig_refuse(sig, AUTH_FAIL, "body hash mismatch");
	} else if (error == DKIM_SIGERROR_BADSIG) {
		dkim_sig_refuse(sig, AUTH_FAIL, "signature mismatch");
	} else {
		dkim_sig_refuse(sig, AUTH_PERMERROR, error > 0 ?
			dkim_sig_geterrorstr(error) : "not verified");
	}
}

static void
describe(const struct auth_dkim_verifier *v, struct dkim_sig *sig)
{
	const struct auth_canon_body *c = v->length[sig->relaxed_body ? 1 : 0];

	sig->out.whole_body = sig->b != NULL &&
	    (!sig->limited || (c != NULL && c->total <= sig->limit));
	/* Every field of that name, else a second one can be slipped in. */
	sig->out.covers_from = sig->n_from > 0 && sig->n_from >= v->n_from;
	sig->out.covers_to = sig->n_to > 0 && sig->n_to >= v->n_to;
	sig->out.covers_cc = sig->n_cc > 0 && sig->n_cc >= v->n_cc;
	sig->out.covers_subject = sig->n_subject > 0 &&
	    sig->n_subject >= v->n_subject;
}

int
auth_dkim_verify_end(struct auth_dkim_verifier *v, struct auth_dkim *out)
{
	int rc;

	for (size_t i = 0; i < OCT_LEN(v->length); i++) {
		if (v->length[i] != NULL &&
		    auth_canon_body_end(v->length[i]) != 0)
			return -ENOMEM;
	}
	rc = end_library(v);
	for (size_t i = 0; rc == 0 && i < v->count; i++) {
		if (v->bare_cr || v->cr)
			rc = hash_bare_cr(v, &v->sigs[i]);
		if (rc == 0 && v->sigs[i].own != NULL)
			rc = dkim_own_end(v->sigs[i].own, v->dns, &v->sigs[i]);
	}
	if (rc != 0)
		return rc;
	memset(out, 0, sizeof(*out));
	out->ignored = v->ignored;
	for (size_t i = 0; i < v->count; i++) {
		struct dkim_sig *sig = &v->sigs[i];

		if (!sig->selected)
			continue;
		judge(v, sig);
		describe(v, sig);
		out->sig[out->count++] = sig->out;
	}
	return 0;
}
