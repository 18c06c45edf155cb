/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM: verification and signing by libopendkim over our DNS layer (RFC 6376,
 * 8301, 8463).  One auth_dkim_lib for the process, options set once, shared by
 * all threads; a verifier or signer belongs to one message and one thread at a
 * time.
 */
#ifndef OCT_AUTH_DKIM_H
#define OCT_AUTH_DKIM_H

#include "auth/types.h"
#include "lib/dns.h"
#include "lib/msg.h"
#include "lib/str.h"

struct auth_dkim_lib;
OCT_CHECK int auth_dkim_lib_new(struct auth_dkim_lib **out);
void auth_dkim_lib_free(struct auth_dkim_lib *lib);

struct auth_dkim_verifier;

/* dns outlives the verifier.  id names the message in warnings. */
OCT_CHECK int auth_dkim_verify_new(struct auth_dkim_lib *lib,
    struct dns_session *dns, const char *id, struct auth_dkim_verifier **out);

/*
 * The message whose fields are fed: it has all of them when the header ends and
 * all of its body at the end, and outlives the verifier.  What libopendkim does
 * not read is verified from it: signatures that are not ASCII (RFC 8616 5), and
 * messages without a From in good order, which are permerror without it; bodies
 * with a CR inside a line.
 */
void auth_dkim_verify_message(struct auth_dkim_verifier *v,
    struct oct_msg *m);

/*
 * Feed fields in order (raw value, CRLF folds, without final CRLF); key look-ups
 * start as soon as a DKIM-Signature is seen.  Signatures whose d= is aligned with
 * the From domain come first among the ten that count.  Return 0 or -ENOMEM:
 * what is wrong with the message is a result, never an error.
 */
OCT_CHECK int auth_dkim_verify_field(struct auth_dkim_verifier *v,
    const char *name, size_t name_len, const char *value, size_t value_len);
OCT_CHECK int auth_dkim_verify_eoh(struct auth_dkim_verifier *v);
OCT_CHECK int auth_dkim_verify_body(struct auth_dkim_verifier *v,
    const void *octets, size_t len);
/* Joins the key look-ups; fills out. */
OCT_CHECK int auth_dkim_verify_end(struct auth_dkim_verifier *v,
    struct auth_dkim *out);
void auth_dkim_verify_free(struct auth_dkim_verifier *v);

/* A private key for signing. */
struct auth_dkim_key {
	const char *domain, *selector; /* borrowed */
	const char *pem;               /* PKCS#8/PKCS#1 PEM (RSA), or base64 of
					  the 32-octet Ed25519 seed */
	bool ed25519;
	/* Made by auth_dkim_keygen: whether it is a key is not asked at each
	 * message, which costs as much as to sign. */
	bool made_here;
};

/*
 * Sign a complete message (CRLF) in memory: appends to out a whole
 * "DKIM-Signature: ...\r\n" line, relaxed/relaxed, From oversigned, Subject, To,
 * Cc, Date, Reply-To, Message-ID and MIME fields covered, no l=.
 */
OCT_CHECK int auth_dkim_sign(struct auth_dkim_lib *lib,
    const struct auth_dkim_key *key, const char *message, size_t len,
    struct oct_str *out);

/* The same for a message in two parts: header without the empty line, body. */
struct auth_dkim_parts {
	const char *header, *body;
	size_t header_len, body_len;
};
OCT_CHECK int auth_dkim_sign_parts(struct auth_dkim_lib *lib,
    const struct auth_dkim_key *key, const struct auth_dkim_parts *message,
    struct oct_str *out);

/*
 * Make a key pair: private part as above in *pem (caller frees), public part as
 * the TXT record's text in record ("v=DKIM1; k=...; p=...").
 */
OCT_CHECK int auth_dkim_keygen(bool ed25519, int rsa_bits, char **pem,
    struct oct_str *record);

#endif
