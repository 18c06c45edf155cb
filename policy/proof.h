/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who really sent this: the class of proof and the sender identity (sid) of
 * challenge.md 1, from authentication results alone.  Pure; any thread.
 */
#ifndef OCT_POLICY_PROOF_H
#define OCT_POLICY_PROOF_H

#include "auth/types.h"
#include "lib/addr.h"
#include "lib/def.h"

enum proof_class {
	PROOF_A, /* reverse-path proven: may be written to */
	PROOF_F, /* From proven only */
	PROOF_N, /* nothing proven */
	PROOF_T, /* not decidable now: temporary DNS error */
	PROOF_X  /* contradiction */
};
const char *proof_class_name(enum proof_class c); /* "A" .. "X" */

/* What the replay memory says of the DKIM signature that class A would rest on
 * (challenge.md 1): asked only when it matters, see proof_needs_replay. */
enum proof_replay { PROOF_REPLAY_UNKNOWN, PROOF_REPLAY_FRESH, PROOF_REPLAY_SEEN };

struct proof_input {
	const struct auth_spf *spf;
	const struct auth_dkim *dkim;
	const struct auth_dmarc *dmarc;
	/* Organisational domains; "" where the name is empty. */
	const char *spf_org;                   /* of spf->domain */
	const char *from_org;                  /* of the From domain */
	const char *dkim_org[AUTH_DKIM_MAX];   /* of each d= */
	const struct oct_addr *rpath;          /* reverse-path; null allowed */
	size_t from_count;                     /* author addresses */
	const struct oct_addr *from;           /* the first; NULL if none */
	bool has_cc;
	bool to_names_rcpt; /* typed, or a declared alias of it, is in To/Cc */
	bool spf_listed_provider; /* spf->term_domain binds accounts */
	bool credited; /* trusted ARC sealer or declared forwarder */
	bool no_spf;   /* collected mail, declared forwarder: SPF says nothing */
	enum proof_replay replay;
};

#define PROOF_SID_SIZE (2 * OCT_ADDR_SIZE + OCT_DOMAIN_SIZE + 8)

struct proof {
	enum proof_class class;
	bool by_dkim;     /* class A rests on DKIM: remember the signature */
	size_t dkim_index; /* which, when by_dkim or from_proven */
	bool from_proven; /* a proof of From was found (class A aligned, or F) */
	const char *why;  /* static English text: the line that applied */
	char org[OCT_DOMAIN_SIZE]; /* proving organisational domain, or "" */
};

/* Does the term of an SPF pass tell a sender from the rest of the net: an address
 * term of at least /16, or /32 of IPv6, or one of a listed provider? */
bool proof_spf_is_narrow(const struct auth_spf *spf, bool listed_provider);

/* The class: first line of the table that applies; total. */
void proof_classify(const struct proof_input *in, struct proof *out);

/*
 * True if the class hangs on the replay memory: call proof_classify again with
 * in->replay set to what the store says of sig `*index`.
 */
bool proof_needs_replay(const struct proof_input *in, size_t *index);

/*
 * Fold a reverse-path for keys (rpath*): sub-address removed, VERP
 * (prefix-token=local=domain@d) cut to its prefix, lower case.
 */
void proof_fold(const struct oct_addr *a, struct oct_addr *out);

/*
 * Write the sid of a classified message.  net: text of the client network, for
 * senders that proved nothing.
 */
void proof_sid(const struct proof_input *in, const struct proof *p,
    const char *net, char out[PROOF_SID_SIZE]);

/* Address and proving organisation of the sid of class A or F; false for any
 * other. */
bool proof_sid_parts(const char *sid, char address[OCT_ADDR_SIZE],
    char org[OCT_DOMAIN_SIZE]);
/* The From that a sid names ("N|...": the reverse-path), "" if none; true if a
 * proven identity is that address ("A|from|org" or "F|from|org"). */
bool proof_sid_from(const char *sid, char from[OCT_ADDR_SIZE]);

/*
 * The sid under which a relation made with class A is also looked up for a
 * message of class F: "A|from|org" from "F|from|org"; "" for any other.
 */
void proof_sid_stronger(const char *sid, char out[PROOF_SID_SIZE]);

#endif
