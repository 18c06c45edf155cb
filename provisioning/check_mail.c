/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where mail goes (MX), and from where it may come (SPF).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/spf.h"
#include "auth/spf_tree.h"
#include "provisioning/check_int.h"

#define LIST_SIZE 1024
#define RECORDS_MAX 16  /* that are united */
#define WIDE_BITS 8     /* of IPv4: more is half the Internet */
#define WIDE_BITS_SIX 16

/* --- MX --------------------------------------------------------------------- */

static const struct hosting_mx *
our_mx(const struct checking *c, const char *name)
{
	const struct hosting *h = c->in->hosting;

	for (size_t i = 0; h != NULL && i < h->mx_count; i++)
		if (strcmp(h->mx[i].host, name) == 0)
			return &h->mx[i];
	return NULL;
}

/* By its name, or by an address of one of ours: an MX of another name that leads
 * here is as good. */
static bool
is_ours(struct checking *c, const char *name)
{
	const struct hosting *h = c->in->hosting;

	if (our_mx(c, name) != NULL)
		return true;
	for (size_t i = 0; i < h->mx_count; i++)
		if (check_same_address(c, name, h->mx[i].host))
			return true;
	return false;
}

static void
add_mx(const struct hosting *h, struct oct_str *out)
{
	for (size_t i = 0; i < h->mx_count; i++)
		oct_str_addf(out, "%s%u %s.", i > 0 ? ", " : "",
		    h->mx[i].preference, h->mx[i].host);
}

/* False: no sender finds a server by it. */
static bool
see_mx(struct checking *c, const struct dns_record *r)
{
	const struct dns_answer *alias;
	struct oct_ip ip;

	if (oct_ip_parse(r->name, &ip) == 0) {
		check_add(c, CHECK_MX_LITERAL, CHECK_ERROR, c->in->domain,
		    r->name, NULL);
		return false;
	}
	alias = dns_get(c->in->dns, r->name, DNS_CNAME);
	if (alias->count > 0)
		check_add(c, CHECK_MX_CNAME, CHECK_ERROR, r->name,
		    alias->records[0].name, NULL);
	if (check_has_address(c, r->name))
		return true;
	if (dns_get(c->in->dns, r->name, DNS_A)->status == DNS_TEMPFAIL)
		check_add(c, CHECK_DNS_FAILED, CHECK_UNKNOWN, r->name, "A",
		    NULL);
	else
		check_add(c, CHECK_MX_UNRESOLVED, CHECK_ERROR, r->name, NULL,
		    NULL);
	return false;
}

static bool
has_mx(struct checking *c, const struct dns_answer *mx, const char *host)
{
	for (size_t i = 0; i < mx->count; i++)
		if (strcmp(mx->records[i].name, host) == 0 ||
		    check_same_address(c, mx->records[i].name, host))
			return true;
	return false;
}

/* Ours by name in another order than we want. */
static bool
out_of_order(const struct checking *c, const struct dns_answer *mx)
{
	for (size_t i = 0; i < mx->count; i++) {
		const struct hosting_mx *a = our_mx(c, mx->records[i].name);

		for (size_t j = 0; a != NULL && j < mx->count; j++) {
			const struct hosting_mx *b =
			    our_mx(c, mx->records[j].name);

			if (b != NULL && a->preference < b->preference &&
			    mx->records[i].preference >
				mx->records[j].preference)
				return true;
		}
	}
	return false;
}

static void
compare_mx(struct checking *c, const struct dns_answer *mx)
{
	const struct hosting *h = c->in->hosting;
	char want[LIST_SIZE], foreign[LIST_SIZE], missing[LIST_SIZE];
	struct oct_str w, f, m;
	size_t ours = 0;

	oct_str_fixed(&w, want, sizeof(want));
	oct_str_fixed(&f, foreign, sizeof(foreign));
	oct_str_fixed(&m, missing, sizeof(missing));
	add_mx(h, &w);
	for (size_t i = 0; i < mx->count; i++) {
		if (is_ours(c, mx->records[i].name))
			ours++;
		else
			oct_str_addf(&f, "%s%u %s.", f.len > 0 ? ", " : "",
			    mx->records[i].preference, mx->records[i].name);
	}
	for (size_t i = 0; i < h->mx_count; i++)
		if (!has_mx(c, mx, h->mx[i].host))
			oct_str_addf(&m, "%s%u %s.", m.len > 0 ? ", " : "",
			    h->mx[i].preference, h->mx[i].host);
	if (ours == 0)
		check_add(c, CHECK_MX_FOREIGN, CHECK_ERROR, c->in->domain,
		    oct_str_text(&f), oct_str_text(&w));
	else if (f.len > 0)
		check_add(c, CHECK_MX_EXTRA, CHECK_ERROR, c->in->domain,
		    oct_str_text(&f), oct_str_text(&w));
	else if (m.len > 0)
		check_add(c, CHECK_MX_INCOMPLETE, CHECK_WARNING,
		    c->in->domain, NULL, oct_str_text(&m));
	else if (out_of_order(c, mx))
		check_add(c, CHECK_MX_ORDER, CHECK_NOTICE, c->in->domain, NULL,
		    oct_str_text(&w));
}

static void
want_mx(struct checking *c, enum check_code code)
{
	char want[LIST_SIZE];
	struct oct_str w;

	oct_str_fixed(&w, want, sizeof(want));
	if (c->in->hosting != NULL)
		add_mx(c->in->hosting, &w);
	check_add(c, code, CHECK_ERROR, c->in->domain, NULL,
	    oct_str_text(&w));
}

void
check_mx(struct checking *c)
{
	const struct dns_answer *mx = check_get(c, c->in->domain, DNS_MX);
	bool usable = false;

	if (mx == NULL)
		return;
	if (mx->count == 0) {
		want_mx(c, CHECK_MX_MISSING);
		return;
	}
	for (size_t i = 0; i < mx->count; i++) {
		if (mx->records[i].name[0] == '\0') { /* RFC 7505 */
			want_mx(c, CHECK_MX_NULL);
			return;
		}
		usable |= see_mx(c, &mx->records[i]);
	}
	if (c->in->hosting != NULL && usable)
		compare_mx(c, mx);
}

/* --- SPF -------------------------------------------------------------------- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is published and what must come in, as the one record to be written: the
 * same at every call, whatever the order that the DNS gives. */
static void
write_want(struct checking *c, struct oct_str *out)
{
	const struct dns_answer *a = dns_get(c->in->dns, c->in->domain,
	    DNS_TXT);
	const struct hosting *h = c->in->hosting;
	const char *records[RECORDS_MAX];
	struct oct_str ours;
	size_t count = 0;

	for (size_t i = 0; i < a->count && count < RECORDS_MAX; i++) {
		const char *text = a->records[i].text;

		if (strncasecmp(text, "v=spf1", 6) == 0 &&
		    (text[6] == ' ' || text[6] == '\0'))
			records[count++] = text;
	}
	qsort(records, count, sizeof(records[0]), by_text);
	oct_str_heap(&ours, 1 << 14);
	if (h != NULL)
		oct_str_addf(&ours, "%s %s", h->spf, h->spf_more);
	zone_spf_merge(records, count, oct_str_text(&ours), out);
	oct_str_free(&ours);
}

static void
see_several(struct checking *c, const char *name)
{
	struct oct_str want;

	oct_str_heap(&want, 1 << 16);
	write_want(c, &want);
	check_add(c, CHECK_SPF_SEVERAL, CHECK_ERROR, name, NULL,
	    oct_str_text(&want));
	oct_str_free(&want);
}

static void
see_root(struct checking *c, const struct spf_tree *t)
{
	const struct spf_tree_node *root = &t->nodes[0];
	const char *want = check_expected(c, ZONE_SPF);
	const char *name = c->in->domain;

	switch (root->fault) {
	case SPF_TREE_ABSENT:
		check_add(c, CHECK_SPF_MISSING, CHECK_ERROR, name, NULL, want);
		break;
	case SPF_TREE_SEVERAL:
		see_several(c, name);
		break;
	case SPF_TREE_SYNTAX:
		check_add(c, CHECK_SPF_SYNTAX, CHECK_ERROR, name, root->record,
		    want);
		break;
	case SPF_TREE_TEMPFAIL:
		check_add(c, CHECK_DNS_FAILED, CHECK_UNKNOWN, name, "TXT",
		    NULL);
		break;
	case SPF_TREE_GOOD:
	case SPF_TREE_LOOP:
	case SPF_TREE_MACRO:
		break;
	}
}

/* What is drawn in, and is broken itself. */
static void
see_nodes(struct checking *c, const struct spf_tree *t)
{
	for (size_t i = 1; i < t->node_count; i++) {
		const struct spf_tree_node *n = &t->nodes[i];
		const char *by = t->nodes[n->parent].domain;

		switch (n->fault) {
		case SPF_TREE_LOOP:
			check_add(c, CHECK_SPF_LOOP, CHECK_ERROR, by,
			    n->domain, NULL);
			break;
		case SPF_TREE_ABSENT:
		case SPF_TREE_SEVERAL:
		case SPF_TREE_SYNTAX:
			check_add(c, CHECK_SPF_INCLUDE, CHECK_ERROR, by,
			    n->domain, NULL);
			break;
		case SPF_TREE_TEMPFAIL:
			check_add(c, CHECK_DNS_FAILED, CHECK_UNKNOWN,
			    n->domain, "TXT", NULL);
			break;
		case SPF_TREE_GOOD:
		case SPF_TREE_MACRO:
			break;
		}
	}
}

/* A fault of the same kind is said once a record. */
static void
see_terms(struct checking *c, const struct spf_tree *t)
{
	bool ptr[SPF_TREE_NODES] = { false }, wide[SPF_TREE_NODES] = { false };
	char names[LIST_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, names, sizeof(names));
	for (size_t i = 0; i < t->term_count; i++) {
		const struct spf_tree_term *term = &t->terms[i];
		const char *at = t->nodes[term->node].domain;

		if (term->ptr && !ptr[term->node]) {
			ptr[term->node] = true;
			check_add(c, CHECK_SPF_PTR, CHECK_WARNING, at,
			    term->text, NULL);
		}
		if (term->wide >= 0 && !wide[term->node] &&
		    term->wide < (term->six ? WIDE_BITS_SIX : WIDE_BITS)) {
			wide[term->node] = true;
			check_add(c, CHECK_SPF_WIDE, CHECK_ERROR, at,
			    term->text, NULL);
		}
		if (term->empty)
			oct_str_addf(&s, "%s%s", s.len > 0 ? ", " : "",
			    term->text);
	}
	if (t->voids > SPF_TREE_VOIDS_MAX)
		check_add(c, CHECK_SPF_VOIDS, CHECK_ERROR, c->in->domain,
		    oct_str_text(&s), NULL);
}

static void
see_end(struct checking *c, const struct spf_tree *t)
{
	switch (spf_tree_all(t)) {
	case SPF_TREE_ALL_PASS:
		check_add(c, CHECK_SPF_ALL_PASS, CHECK_ERROR, c->in->domain,
		    t->nodes[0].record, NULL);
		break;
	case SPF_TREE_ALL_NONE:
	case SPF_TREE_ALL_NEUTRAL:
		check_add(c, CHECK_SPF_ALL_OPEN, CHECK_WARNING, c->in->domain,
		    t->nodes[0].record, NULL);
		break;
	case SPF_TREE_ALL_FAIL:
	case SPF_TREE_ALL_SOFTFAIL:
		break;
	}
}

/* Mail of ours, from each address that it may leave from. */
static bool
try_sender(struct checking *c, const struct oct_ip *ip, const char *record)
{
	char from[OCT_ADDR_SIZE], address[OCT_IP_SIZE];
	const struct hosting *h = c->in->hosting;
	struct auth_spf_input in = { .ip = *ip, .helo = h->hostname,
		.mail_from = from, .receiver = h->hostname,
		.now_s = c->in->now_ms / 1000 };
	struct auth_spf spf;
	struct oct_str want;

	(void)snprintf(from, sizeof(from), "postmaster@%s", c->in->domain);
	auth_spf_check(c->in->dns, &in, &spf);
	oct_ip_text(ip, address);
	switch (spf.result) {
	case AUTH_PASS:
		return true;
	case AUTH_TEMPERROR:
		check_add(c, CHECK_DNS_FAILED, CHECK_UNKNOWN, c->in->domain,
		    "SPF", NULL);
		return true;
	case AUTH_NONE:
	case AUTH_FAIL:
	case AUTH_SOFTFAIL:
	case AUTH_NEUTRAL:
	case AUTH_POLICY:
	case AUTH_PERMERROR:
		break;
	}
	oct_str_heap(&want, 1 << 16);
	write_want(c, &want);
	check_add(c, CHECK_SPF_WITHOUT_US, CHECK_ERROR, address, record,
	    oct_str_text(&want));
	oct_str_free(&want);
	return false;
}

static void
try_senders(struct checking *c, const char *record)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	const struct hosting *h = c->in->hosting;

	for (size_t i = 0; i < h->sender_count; i++)
		if (!try_sender(c, &h->senders[i], record))
			return;
	if (h->sender_count > 0)
		return;
	for (size_t t = 0; t < OCT_LEN(types); t++) {
		const struct dns_answer *a =
		    check_get(c, h->hostname, types[t]);

		for (size_t i = 0; a != NULL && i < a->count; i++)
			if (!try_sender(c, &a->records[i].ip, record))
				return;
	}
}

static bool
is_broken(const struct check *out, size_t since)
{
	for (size_t i = since; i < out->count; i++)
		if (out->findings[i].severity == CHECK_ERROR &&
		    out->findings[i].code != CHECK_SPF_ALL_PASS &&
		    out->findings[i].code != CHECK_SPF_WIDE)
			return true;
	return false;
}

static void
see_tree(struct checking *c, const struct spf_tree *t)
{
	size_t since = c->out->count;
	char count[32];

	see_root(c, t);
	if (t->nodes[0].fault != SPF_TREE_GOOD)
		return;
	see_nodes(c, t);
	see_terms(c, t);
	if (t->lookups > SPF_TREE_LOOKUPS_MAX) {
		(void)snprintf(count, sizeof(count), "%d%s", t->lookups,
		    t->cut ? "+" : "");
		check_add(c, CHECK_SPF_LOOKUPS, CHECK_ERROR, c->in->domain,
		    count, NULL);
	}
	see_end(c, t);
	/* A broken record lets nobody pass: that was said. */
	if (c->in->hosting != NULL && !is_broken(c->out, since))
		try_senders(c, t->nodes[0].record);
}

void
check_spf(struct checking *c)
{
	struct spf_tree tree;
	int rc = spf_tree_walk(c->in->dns, c->in->domain, &tree);

	if (rc == 0)
		see_tree(c, &tree);
	else
		c->err = rc;
	spf_tree_fini(&tree);
}
