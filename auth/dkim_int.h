/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files dkim_*.c share.  Nothing outside auth/ includes this.
 */
#ifndef OCT_AUTH_DKIM_INT_H
#define OCT_AUTH_DKIM_INT_H

#include <sys/types.h>

#include <opendkim/dkim.h>

#include "auth/canon.h"
#include "auth/dkim.h"
#include "auth/dkim_key.h"
#include "auth/tags.h"

/* DKIM-Signature fields kept; more are counted and left out. */
#define DKIM_FIELDS_MAX 50
#define DKIM_B_SIZE 2048 /* b= of a key of 8,192 bits is 1,368 */
#define DKIM_BH_SIZE 64
#define DKIM_FROM_MAX 16 /* author domains used for ranking */

struct auth_dkim_lib {
	DKIM_LIB *handle;
};

/* One DKIM-Signature field: checked by us before the library sees it. */
struct dkim_sig {
	char *text; /* "DKIM-Signature: ...", owned */
	size_t text_len;
	int rank;      /* smaller = evaluated sooner */
	bool selected; /* among the AUTH_DKIM_MAX that count */
	bool nested;   /* h= covers other signatures */
	bool limited;  /* l= present */
	bool utf8;     /* RFC 8616: not for the library, see dkim_own.c */
	bool relaxed_header, relaxed_body;
	uint64_t limit;               /* l= */
	uint64_t signed_s, expires_s; /* t= and x=, 0 = absent */
	unsigned int n_from, n_to, n_cc, n_subject; /* times in h= */
	DKIM_SIGINFO *info;    /* the library's, from eoh on */
	struct dkim_own *own;  /* ours, likewise */
	char *b;               /* compact b=, owned; NULL = malformed */
	char bh[DKIM_BH_SIZE];
	char d_raw[OCT_DOMAIN_SIZE], s_raw[OCT_DOMAIN_SIZE];
	struct auth_dkim_sig out;
};

/* One message being verified. */
struct auth_dkim_verifier {
	DKIM *dkim;
	struct dns_session *dns; /* borrowed */
	struct oct_msg *msg;     /* borrowed; NULL = not given */
	char *id;                /* the library keeps the pointer */
	struct dkim_sig *sigs;   /* DKIM_FIELDS_MAX */
	size_t count, ignored, prefetched;
	char (*from)[OCT_DOMAIN_SIZE]; /* DKIM_FROM_MAX */
	size_t from_count;
	unsigned int n_from, n_to, n_cc, n_subject; /* fields in the message */
	bool active;         /* the library has something to verify */
	bool cr, open_line;  /* the body's last octet is CR; it lacks a CRLF */
	bool bare_cr;        /* there was a CR in it that ends no line */
	const char *problem; /* why it could not start */
	struct auth_canon_body *length[2]; /* simple, relaxed: for l= */
};

/*
 * Read one field's value into sig (RFC 6376 3.5, 6.1.1).  Errors are results:
 * out.result is then AUTH_PERMERROR and b is NULL.  -ENOMEM.
 */
OCT_CHECK int dkim_sig_read(struct dkim_sig *sig, const char *value,
    size_t len);
void dkim_sig_fini(struct dkim_sig *sig);

/* The result with its reason; the first one given stays. */
void dkim_sig_refuse(struct dkim_sig *sig, enum auth_result result,
    const char *why);

/* A key against the signature that it is for; may refuse the signature. */
void dkim_check_key(struct dkim_sig *sig, const struct auth_dkim_pubkey *key);

/*
 * One signature verified without the library, which refuses any that is not
 * ASCII.  m: the message, its header complete.  OCT_EABSENT: the signature is
 * not in m; -ENOMEM.  dkim_own_end leaves the result in sig.
 */
struct dkim_own;
OCT_CHECK int dkim_own_new(const struct dkim_sig *sig, const struct oct_msg *m,
    struct dkim_own **out);
void dkim_own_body(struct dkim_own *o, const char *octets, size_t len);
OCT_CHECK int dkim_own_end(struct dkim_own *o, struct dns_session *dns,
    struct dkim_sig *sig);
void dkim_own_free(struct dkim_own *o);

/* The verifier's hooks, set once by auth_dkim_lib_new. */
DKIM_CBSTAT dkim_verify_prescreen(DKIM *dkim, DKIM_SIGINFO **sigs, int count);
DKIM_CBSTAT dkim_verify_key(DKIM *dkim, DKIM_SIGINFO *info, u_char *buf,
    size_t len);

/* Names of fields to sign, and of those to sign once more than they occur; each
 * list ends in NULL. */
extern const char *const dkim_sign_fields[];
extern const char *const dkim_oversign_fields[];

/* Length of the field that starts at text, without its CRLF; 0 = none ends. */
size_t dkim_field_len(const char *text, size_t len);

/*
 * Sign by RFC 8463 without the library, which loses the key's memory at each
 * Ed25519 signature.  seed is base64; else as auth_dkim_sign.
 */
OCT_CHECK int dkim_sign_ed25519(const struct auth_dkim_key *key,
    const struct auth_dkim_parts *message, struct oct_str *out);

/* libopendkim takes pointers to what it does not change. */
static inline u_char *
dkim_unconst(const void *octets)
{
	return (u_char *)(uintptr_t)octets;
}

#endif
