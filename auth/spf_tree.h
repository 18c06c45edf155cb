/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SPF record of a domain with all that it draws in, for people who look
 * after it: unlike a check (auth/spf.h), which stops at the term that matches,
 * this walks all of it and counts what the worst sender costs (RFC 7208 4.6.4).
 * Any thread, one DNS session a caller.  Never fails: what is wrong is a result.
 *
 * Bounds: SPF_TREE_NODES records, SPF_TREE_TERMS terms, SPF_TREE_DEPTH levels;
 * beyond them cut is set.
 */
#ifndef OCT_AUTH_SPF_TREE_H
#define OCT_AUTH_SPF_TREE_H

#include "lib/addr.h"
#include "lib/dns.h"

#define SPF_TREE_NODES 40
#define SPF_TREE_TERMS 300
#define SPF_TREE_DEPTH 10
#define SPF_TREE_LOOKUPS_MAX 10 /* RFC 7208 4.6.4 */
#define SPF_TREE_VOIDS_MAX 2

enum spf_tree_fault {
	SPF_TREE_GOOD,
	SPF_TREE_ABSENT,   /* no record */
	SPF_TREE_SEVERAL,
	SPF_TREE_SYNTAX,
	SPF_TREE_LOOP,     /* it draws in itself */
	SPF_TREE_TEMPFAIL, /* DNS gave no answer */
	SPF_TREE_MACRO     /* named by a macro: differs for every message */
};

enum spf_tree_all { SPF_TREE_ALL_NONE, SPF_TREE_ALL_PASS, SPF_TREE_ALL_FAIL,
	SPF_TREE_ALL_SOFTFAIL, SPF_TREE_ALL_NEUTRAL };

/* One record of the tree; texts belong to the tree. */
struct spf_tree_node {
	size_t parent;   /* of the root: itself */
	unsigned depth;
	bool redirect;   /* drawn in by redirect=, else by include: */
	enum spf_tree_fault fault;
	const char *why; /* SPF_TREE_SYNTAX: static English text */
	char domain[OCT_DOMAIN_SIZE]; /* a macro is as it is written */
	char *record;    /* as published, or NULL */
	enum spf_tree_all all;
	int lookups;     /* of its own terms */
};

/* A term of a record, as published. */
struct spf_tree_term {
	size_t node;
	char *text;
	bool look_up;  /* costs one */
	bool ptr;
	bool empty;    /* what it names has no address (a void look-up) */
	int wide;      /* ip4 and ip6: the length of its prefix, else -1 */
	bool six;
};

struct spf_tree {
	size_t node_count, term_count;
	struct spf_tree_node *nodes; /* [0] is the domain itself */
	struct spf_tree_term *terms;
	int lookups, voids;
	bool cut, tempfail;
};

/* -ENOMEM is the only error.  spf_tree_fini in every case. */
OCT_CHECK int spf_tree_walk(struct dns_session *dns, const char *domain,
    struct spf_tree *out);
void spf_tree_fini(struct spf_tree *t);

/* The first node below the root with that fault, or NULL. */
const struct spf_tree_node *spf_tree_fault(const struct spf_tree *t,
    enum spf_tree_fault fault);
/* What counts at the end: "all" of the root, or of where redirect= leads. */
enum spf_tree_all spf_tree_all(const struct spf_tree *t);

#endif
