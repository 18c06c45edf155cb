/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/spf_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/spf_parse.h"
#include "lib/err.h"

#define NONE ((size_t)-1)

struct walk {
	struct dns_session *dns;
	struct spf_tree *tree;
	int err;
};

static void walk_node(struct walk *w, size_t at);

static void
copy_name(struct spf_span text, char out[OCT_DOMAIN_SIZE])
{
	size_t len = text.len < OCT_DOMAIN_SIZE - 1 ? text.len
						    : OCT_DOMAIN_SIZE - 1;

	memcpy(out, text.at, len);
	out[len] = '\0';
}

/* The index of a new node, or NONE. */
static size_t
add_node(struct walk *w, size_t parent, struct spf_span name, bool redirect)
{
	struct spf_tree *t = w->tree;
	struct spf_tree_node *n;

	if (t->node_count == SPF_TREE_NODES) {
		t->cut = true;
		return NONE;
	}
	n = &t->nodes[t->node_count];
	n->parent = parent;
	n->redirect = redirect;
	n->depth = t->node_count > 0 ? t->nodes[parent].depth + 1 : 0;
	copy_name(name, n->domain);
	return t->node_count++;
}

static struct spf_tree_term *
add_term(struct walk *w, size_t node, struct spf_span text)
{
	struct spf_tree *t = w->tree;
	struct spf_tree_term *term;

	if (t->term_count == SPF_TREE_TERMS) {
		t->cut = true;
		return NULL;
	}
	term = &t->terms[t->term_count];
	*term = (struct spf_tree_term){ .node = node, .wide = -1 };
	term->text = strndup(text.at, text.len);
	if (term->text == NULL) {
		w->err = -ENOMEM;
		return NULL;
	}
	t->term_count++;
	return term;
}

static bool
has_macro(struct spf_span s)
{
	return s.len > 0 && memchr(s.at, '%', s.len) != NULL;
}

static bool
is_ancestor(const struct spf_tree *t, size_t at, const char *domain)
{
	for (;;) {
		char mine[OCT_DOMAIN_SIZE], other[OCT_DOMAIN_SIZE];

		if (oct_domain_normalise(t->nodes[at].domain, mine) == 0 &&
		    oct_domain_normalise(domain, other) == 0 &&
		    strcmp(mine, other) == 0)
			return true;
		if (t->nodes[at].parent == at)
			return false;
		at = t->nodes[at].parent;
	}
}

/* include: and redirect= draw in another record. */
static void
draw_in(struct walk *w, size_t node, struct spf_span name, bool redirect)
{
	struct spf_tree *t = w->tree;
	size_t child = add_node(w, node, name, redirect);
	struct spf_tree_node *n;

	if (child == NONE)
		return;
	n = &t->nodes[child];
	if (has_macro(name))
		n->fault = SPF_TREE_MACRO;
	else if (is_ancestor(t, node, n->domain))
		n->fault = SPF_TREE_LOOP;
	else if (n->depth > SPF_TREE_DEPTH)
		t->cut = true;
	else
		walk_node(w, child);
}

static bool
is_void(struct walk *w, const char *name, enum dns_type type)
{
	const struct dns_answer *a = dns_get(w->dns, name, type);

	if (a->status == DNS_TEMPFAIL)
		w->tree->tempfail = true;
	return a->status == DNS_NXDOMAIN || a->status == DNS_NODATA;
}

/* Does a, mx or exists find nothing?  A check asks one family only: what has an
 * address of either is not void here. */
static void
look_up(struct walk *w, size_t node, const struct spf_term *t,
    struct spf_tree_term *term)
{
	char name[OCT_DOMAIN_SIZE];

	if (t->kind == SPF_PTR || t->kind == SPF_EXISTS ||
	    has_macro(t->domain))
		return;
	if (t->domain.len > 0)
		copy_name(t->domain, name);
	else
		memcpy(name, w->tree->nodes[node].domain, sizeof(name));
	term->empty = t->kind == SPF_MX
	    ? is_void(w, name, DNS_MX)
	    : is_void(w, name, DNS_A) && is_void(w, name, DNS_AAAA);
	if (term->empty)
		w->tree->voids++;
}

static void
see_all(struct spf_tree_node *n, const struct spf_term *t)
{
	if (n->all != SPF_TREE_ALL_NONE)
		return; /* the first one ends it */
	switch (t->result) {
	case AUTH_PASS:
		n->all = SPF_TREE_ALL_PASS;
		break;
	case AUTH_FAIL:
		n->all = SPF_TREE_ALL_FAIL;
		break;
	case AUTH_SOFTFAIL:
		n->all = SPF_TREE_ALL_SOFTFAIL;
		break;
	case AUTH_NONE:
	case AUTH_NEUTRAL:
	case AUTH_POLICY:
	case AUTH_TEMPERROR:
	case AUTH_PERMERROR:
		n->all = SPF_TREE_ALL_NEUTRAL;
		break;
	}
}

static void
see_term(struct walk *w, size_t node, const struct spf_term *t,
    struct spf_span text)
{
	struct spf_tree_term *term = add_term(w, node, text);
	bool six = t->kind == SPF_IP6;

	if (term == NULL)
		return;
	term->ptr = t->kind == SPF_PTR;
	term->look_up = t->kind == SPF_INCLUDE || t->kind == SPF_REDIRECT ||
	    t->kind == SPF_A || t->kind == SPF_MX || t->kind == SPF_PTR ||
	    t->kind == SPF_EXISTS;
	if (t->kind == SPF_IP4 || six) {
		term->wide = six ? t->bits6 : t->bits4;
		term->six = six;
	}
	if (t->kind == SPF_ALL)
		see_all(&w->tree->nodes[node], t);
	if (!term->look_up)
		return;
	w->tree->lookups++;
	w->tree->nodes[node].lookups++;
	if (t->kind == SPF_INCLUDE)
		draw_in(w, node, t->domain, false);
	else if (t->kind != SPF_REDIRECT)
		look_up(w, node, t, term);
}

static void
walk_terms(struct walk *w, size_t at, const struct spf_record *rec)
{
	struct spf_span rest = rec->terms;
	const char *why;
	struct spf_term t;

	for (;;) {
		struct spf_span text;
		const char *space;

		while (rest.len > 0 && rest.at[0] == ' ') {
			rest.at++;
			rest.len--;
		}
		text = rest;
		space = rest.len > 0 ? memchr(rest.at, ' ', rest.len) : NULL;
		if (space != NULL)
			text.len = (size_t)(space - rest.at);
		if (w->err != 0 || spf_term_next(&rest, &t, &why) != 1)
			break;
		/* RFC 7208 5.1: what follows "all" is ignored, as is redirect
		 * beside it (6.1). */
		if (w->tree->nodes[at].all == SPF_TREE_ALL_NONE &&
		    t.kind != SPF_REDIRECT)
			see_term(w, at, &t, text);
	}
	if (rec->redirect.len > 0 && w->err == 0 &&
	    w->tree->nodes[at].all == SPF_TREE_ALL_NONE) {
		w->tree->lookups++;
		w->tree->nodes[at].lookups++;
		draw_in(w, at, rec->redirect, true);
	}
}

static void
walk_node(struct walk *w, size_t at)
{
	struct spf_tree_node *n = &w->tree->nodes[at];
	const struct dns_answer *txt = dns_get(w->dns, n->domain, DNS_TXT);
	struct spf_record rec;
	struct spf_span terms;
	int rc;

	if (txt->status == DNS_TEMPFAIL) {
		n->fault = SPF_TREE_TEMPFAIL;
		w->tree->tempfail = true;
		return;
	}
	rc = spf_record_select(txt, &terms);
	if (rc != 1) {
		n->fault = rc == 0 ? SPF_TREE_ABSENT : SPF_TREE_SEVERAL;
		return;
	}
	n->record = malloc(terms.len + sizeof("v=spf1"));
	if (n->record == NULL) {
		w->err = -ENOMEM;
		return;
	}
	memcpy(n->record, "v=spf1", 6);
	memcpy(n->record + 6, terms.at, terms.len);
	n->record[6 + terms.len] = '\0';
	if (spf_record_parse(terms, &rec, &n->why) != 0)
		n->fault = SPF_TREE_SYNTAX;
	else
		walk_terms(w, at, &rec);
}

int
spf_tree_walk(struct dns_session *dns, const char *domain,
    struct spf_tree *out)
{
	struct walk w = { .dns = dns, .tree = out };
	struct spf_span name = { domain, strlen(domain) };

	*out = (struct spf_tree){ .node_count = 0 };
	out->nodes = calloc(SPF_TREE_NODES, sizeof(*out->nodes));
	out->terms = calloc(SPF_TREE_TERMS, sizeof(*out->terms));
	if (out->nodes == NULL || out->terms == NULL)
		return -ENOMEM;
	walk_node(&w, add_node(&w, 0, name, false));
	return w.err;
}

void
spf_tree_fini(struct spf_tree *t)
{
	for (size_t i = 0; i < t->node_count; i++)
		free(t->nodes[i].record);
	for (size_t i = 0; i < t->term_count; i++)
		free(t->terms[i].text);
	free(t->nodes);
	free(t->terms);
	*t = (struct spf_tree){ .node_count = 0 };
}

const struct spf_tree_node *
spf_tree_fault(const struct spf_tree *t, enum spf_tree_fault fault)
{
	for (size_t i = 1; i < t->node_count; i++)
		if (t->nodes[i].fault == fault)
			return &t->nodes[i];
	return NULL;
}

enum spf_tree_all
spf_tree_all(const struct spf_tree *t)
{
	size_t at = 0;
	bool moved = true;

	while (t->nodes[at].all == SPF_TREE_ALL_NONE && moved) {
		moved = false;
		for (size_t i = at + 1; i < t->node_count && !moved; i++) {
			if (t->nodes[i].parent != at || !t->nodes[i].redirect)
				continue;
			at = i;
			moved = true;
		}
	}
	return t->nodes[at].all;
}
