/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain (RFC 8617 5.2): its structure at the end of the header, the newest
 * message signature and every seal at the end of the message.
 */
#include "auth/arc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/arc_sig.h"
#include "auth/canon.h"
#include "auth/dkim_key.h"
#include "lib/err.h"

#define SETS_MAX 50 /* RFC 8617 4.2.1 */

enum { AAR, AMS, SEAL, PARTS };

struct set {
	const struct oct_field *part[PARTS];
	char cv;
};

struct auth_arc_verifier {
	struct dns_session *dns;   /* borrowed */
	const struct oct_msg *m;   /* borrowed */
	struct set set[SETS_MAX];  /* set[i - 1] */
	int count;                 /* highest instance */
	const char *problem;       /* NULL while nothing is wrong */
	struct arc_sig newest;     /* the AMS that counts */
	char sealer[OCT_DOMAIN_SIZE];
	EVP_MD_CTX *md; /* of the body; NULL = no chain to verify */
	struct auth_canon_body body;
};

static int
part_of(const struct oct_field *f)
{
	static const char *const name[PARTS] = {
		[AAR] = "ARC-Authentication-Results",
		[AMS] = "ARC-Message-Signature",
		[SEAL] = "ARC-Seal",
	};
	size_t len = f->name_len;

	while (len > 0 && (f->name[len - 1] == ' ' || f->name[len - 1] == '\t'))
		len--;
	for (int i = 0; i < PARTS; i++) {
		if (len == strlen(name[i]) &&
		    strncasecmp(f->name, name[i], len) == 0)
			return i;
	}
	return -1;
}

bool
auth_arc_present(const struct oct_msg *m)
{
	for (size_t i = 0; i < oct_msg_field_count(m); i++)
		if (part_of(oct_msg_field(m, i)) >= 0)
			return true;
	return false;
}

static void
set_problem(struct auth_arc_verifier *v, const char *why)
{
	if (v->problem == NULL)
		v->problem = why;
}

static void
add_part(struct auth_arc_verifier *v, int part, const struct oct_field *f)
{
	char cv = '\0';
	int i;

	i = part == AAR ? arc_aar_instance(f) : arc_sig_instance(f, &cv);
	if (i == 0) {
		if (v->count == 0)
			v->count = 1; /* broken, but not absent */
		set_problem(v, "a field without a valid i=");
		return;
	}
	if (i > v->count)
		v->count = i;
	if (v->set[i - 1].part[part] != NULL)
		set_problem(v, "a field twice in one set");
	v->set[i - 1].part[part] = f;
	if (part == SEAL)
		v->set[i - 1].cv = cv;
}

static void
check_structure(struct auth_arc_verifier *v)
{
	for (int i = 0; i < v->count; i++) {
		const struct set *s = &v->set[i];

		for (int part = 0; part < PARTS; part++) {
			if (s->part[part] == NULL)
				set_problem(v, "a set is not complete");
		}
		if (s->cv == 'f')
			set_problem(v, "the chain had failed before");
		if (s->cv != (i == 0 ? 'n' : 'p'))
			set_problem(v, "cv= out of place");
	}
}

/* Every signature is read before any of them costs a look-up. */
static void
check_tags(struct auth_arc_verifier *v)
{
	struct arc_sig sig;

	for (int i = v->count - 1; i >= 0 && v->problem == NULL; i--) {
		v->problem = arc_sig_read(v->set[i].part[SEAL], true, &sig);
		if (v->problem == NULL && i == v->count - 1)
			memcpy(v->sealer, sig.domain, sizeof(v->sealer));
	}
	if (v->problem == NULL)
		v->problem = arc_sig_read(v->set[v->count - 1].part[AMS],
		    false, &v->newest);
	if (v->problem != NULL)
		return;
	auth_dkim_key_prefetch(v->dns, v->newest.selector, v->newest.domain);
	for (int i = v->count - 1; i >= 0; i--) {
		if (arc_sig_read(v->set[i].part[SEAL], true, &sig) == NULL)
			auth_dkim_key_prefetch(v->dns, sig.selector,
			    sig.domain);
	}
}

int
auth_arc_verify_new(struct dns_session *dns, const struct oct_msg *m,
    struct auth_arc_verifier **out)
{
	struct auth_arc_verifier *v = calloc(1, sizeof(*v));
	int part;

	if (v == NULL)
		return -ENOMEM;
	v->dns = dns;
	v->m = m;
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		part = part_of(oct_msg_field(m, i));
		if (part >= 0)
			add_part(v, part, oct_msg_field(m, i));
	}
	check_structure(v);
	if (v->count > 0 && v->problem == NULL)
		check_tags(v);
	if (v->count > 0 && v->problem == NULL) {
		v->md = EVP_MD_CTX_new();
		if (v->md == NULL ||
		    EVP_DigestInit_ex(v->md, EVP_sha256(), NULL) != 1) {
			auth_arc_verify_free(v);
			return -ENOMEM;
		}
		auth_canon_body_init(&v->body, v->newest.relaxed_body,
		    v->newest.limit, v->md);
	}
	*out = v;
	return 0;
}

void
auth_arc_verify_free(struct auth_arc_verifier *v)
{
	if (v == NULL)
		return;
	EVP_MD_CTX_free(v->md);
	free(v);
}

void
auth_arc_verify_body(struct auth_arc_verifier *v, const void *octets,
    size_t len)
{
	if (v->md != NULL)
		auth_canon_body_add(&v->body, octets, len);
}

static int
check_body(struct auth_arc_verifier *v)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (auth_canon_body_end(&v->body) != 0 ||
	    EVP_DigestFinal_ex(v->md, md, &len) != 1)
		return -ENOMEM;
	if (v->newest.limited && v->body.total < v->newest.limit)
		set_problem(v, "l= beyond the body");
	if (len != sizeof(v->newest.bh) || memcmp(md, v->newest.bh, len) != 0)
		set_problem(v, "body hash mismatch");
	return 0;
}

static int
check_message(struct auth_arc_verifier *v)
{
	struct oct_str text;
	int rc;

	oct_str_heap(&text, SIZE_MAX / 2);
	rc = arc_sig_message(v->m, v->set[v->count - 1].part[AMS],
	    v->newest.relaxed_header, &text);
	if (rc == 0)
		v->problem = arc_sig_verify(v->dns, &v->newest, &text);
	oct_str_free(&text);
	return rc;
}

/* A seal covers all sets up to its own, always relaxed (RFC 8617 5.1.1). */
static int
check_seal(struct auth_arc_verifier *v, int instance)
{
	const struct oct_field *seal = v->set[instance].part[SEAL];
	struct oct_str text;
	struct arc_sig sig;
	int rc;

	oct_str_heap(&text, SIZE_MAX / 2);
	for (int i = 0; i <= instance; i++) {
		arc_sig_add_field(true, v->set[i].part[AAR], &text);
		arc_sig_add_field(true, v->set[i].part[AMS], &text);
		if (i < instance)
			arc_sig_add_field(true, v->set[i].part[SEAL], &text);
	}
	arc_sig_add_self(true, seal, &text);
	rc = oct_str_err(&text);
	if (rc == 0) {
		v->problem = arc_sig_read(seal, true, &sig);
		if (v->problem == NULL)
			v->problem = arc_sig_verify(v->dns, &sig, &text);
	}
	oct_str_free(&text);
	return rc;
}

int
auth_arc_verify_end(struct auth_arc_verifier *v, struct auth_arc *out)
{
	int rc = 0;

	if (v->md != NULL)
		rc = check_body(v);
	if (rc == 0 && v->md != NULL && v->problem == NULL)
		rc = check_message(v);
	for (int i = v->count - 1; i >= 0 && rc == 0 && v->problem == NULL; i--)
		rc = check_seal(v, i);
	if (rc != 0)
		return rc;
	memset(out, 0, sizeof(*out));
	out->instances = v->count;
	(void)snprintf(out->sealer, sizeof(out->sealer), "%s", v->sealer);
	if (v->problem != NULL) {
		out->result = AUTH_FAIL;
		(void)snprintf(out->problem, sizeof(out->problem), "%s",
		    v->problem);
	} else {
		out->result = v->count > 0 ? AUTH_PASS : AUTH_NONE;
	}
	return 0;
}

int
auth_arc_check(struct dns_session *dns, struct oct_msg *m,
    struct auth_arc *out)
{
	struct auth_arc_verifier *v;
	const char *body;
	size_t len;
	int rc;

	rc = auth_arc_verify_new(dns, m, &v);
	if (rc != 0)
		return rc;
	rc = oct_msg_body(m, &body, &len);
	if (rc == 0) {
		auth_arc_verify_body(v, body, len);
		rc = auth_arc_verify_end(v, out);
	}
	auth_arc_verify_free(v);
	return rc;
}
