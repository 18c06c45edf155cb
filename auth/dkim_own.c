/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM signatures that libopendkim does not read by the letter: those of
 * internationalised mail (U-labels in d=, s= and i=, UTF-8 in other tags, RFC 8616
 * 5), of a message whose From it cannot parse, and of a body with a CR inside a
 * line.  What ARC needs anyway verifies them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/arc_sig.h"
#include "auth/dkim_int.h"
#include "lib/clock.h"
#include "lib/err.h"

/* A clock may be ahead of ours by that much, as with the library. */
#define DRIFT_S 300

struct dkim_own {
	const struct oct_msg *m;        /* borrowed */
	const struct oct_field *field;  /* the signature in m */
	struct arc_sig sig;
	EVP_MD_CTX *md; /* of the body */
	struct auth_canon_body body;
};

static const struct oct_field *
find_field(const struct oct_msg *m, const struct dkim_sig *sig)
{
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		if (f->name_len + 1 + f->value_len == sig->text_len &&
		    memcmp(f->name, sig->text, f->name_len) == 0 &&
		    memcmp(f->value, sig->text + f->name_len + 1,
			f->value_len) == 0)
			return f;
	}
	return NULL;
}

/* Both were read as base64 before: only their size can be wrong. */
static void
fill_sig(const struct dkim_sig *from, struct arc_sig *to)
{
	size_t len;

	to->ed25519 = strcmp(from->out.algorithm, "ed25519-sha256") == 0;
	memcpy(to->domain, from->out.domain, sizeof(to->domain));
	memcpy(to->selector, from->out.selector, sizeof(to->selector));
	if (auth_base64_decode(from->b, strlen(from->b), to->b, sizeof(to->b),
		&to->b_len) != 0)
		to->b_len = 0; /* longer than any signature: no match */
	if (auth_base64_decode(from->bh, strlen(from->bh), to->bh,
		sizeof(to->bh), &len) != 0 || len != sizeof(to->bh))
		memset(to->bh, 0, sizeof(to->bh)); /* nobody has that hash */
	to->relaxed_header = from->relaxed_header;
	to->relaxed_body = from->relaxed_body;
	to->limited = from->limited;
	to->limit = from->limited ? from->limit : UINT64_MAX;
}

int
dkim_own_new(const struct dkim_sig *sig, const struct oct_msg *m,
    struct dkim_own **out)
{
	const struct oct_field *field = find_field(m, sig);
	struct dkim_own *o;

	if (field == NULL)
		return OCT_EABSENT;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return -ENOMEM;
	o->m = m;
	o->field = field;
	fill_sig(sig, &o->sig);
	o->md = EVP_MD_CTX_new();
	if (o->md == NULL ||
	    EVP_DigestInit_ex(o->md, EVP_sha256(), NULL) != 1) {
		dkim_own_free(o);
		return -ENOMEM;
	}
	auth_canon_body_init(&o->body, o->sig.relaxed_body, o->sig.limit,
	    o->md);
	*out = o;
	return 0;
}

void
dkim_own_free(struct dkim_own *o)
{
	if (o == NULL)
		return;
	EVP_MD_CTX_free(o->md);
	free(o);
}

void
dkim_own_body(struct dkim_own *o, const char *octets, size_t len)
{
	auth_canon_body_add(&o->body, octets, len);
}

static void
check_times(struct dkim_sig *sig)
{
	uint64_t now_s = (uint64_t)(oct_clock_wall_ms() / 1000);

	if (sig->expires_s != 0 && sig->expires_s < now_s)
		dkim_sig_refuse(sig, AUTH_PERMERROR, "signature expired");
	if (sig->signed_s > now_s + DRIFT_S)
		dkim_sig_refuse(sig, AUTH_PERMERROR, "signed in the future");
}

static void
check_key(struct dns_session *dns, struct dkim_sig *sig)
{
	struct auth_dkim_pubkey key;
	char problem[128];
	int rc = auth_dkim_key_get(dns, sig->out.selector, sig->out.domain,
	    &key, problem);

	if (rc == 1)
		dkim_check_key(sig, &key);
	else
		dkim_sig_refuse(sig,
		    rc == OCT_ETIME ? AUTH_TEMPERROR : AUTH_PERMERROR, problem);
}

static int
check_body(struct dkim_own *o, struct dkim_sig *sig)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (auth_canon_body_end(&o->body) != 0 ||
	    EVP_DigestFinal_ex(o->md, md, &len) != 1)
		return -ENOMEM;
	if (o->sig.limited && o->body.total < o->sig.limit)
		dkim_sig_refuse(sig, AUTH_PERMERROR, "l= beyond the body");
	if (len != sizeof(o->sig.bh) || memcmp(md, o->sig.bh, len) != 0)
		dkim_sig_refuse(sig, AUTH_FAIL, "body hash mismatch");
	return 0;
}

static int
check_header(struct dkim_own *o, struct dns_session *dns, struct dkim_sig *sig)
{
	struct oct_str text;
	const char *why;
	int rc;

	oct_str_heap(&text, SIZE_MAX / 2);
	rc = arc_sig_message(o->m, o->field, o->sig.relaxed_header, &text);
	if (rc == 0) {
		why = arc_sig_verify(dns, &o->sig, &text);
		if (why != NULL)
			dkim_sig_refuse(sig, AUTH_FAIL, why);
	}
	oct_str_free(&text);
	return rc;
}

int
dkim_own_end(struct dkim_own *o, struct dns_session *dns, struct dkim_sig *sig)
{
	int rc;

	check_times(sig);
	check_key(dns, sig);
	rc = check_body(o, sig);
	/* A signature that is refused already costs no arithmetic. */
	if (rc == 0 && sig->out.problem[0] == '\0')
		rc = check_header(o, dns, sig);
	if (rc == 0 && sig->out.problem[0] == '\0')
		sig->out.result = AUTH_PASS;
	return rc;
}
