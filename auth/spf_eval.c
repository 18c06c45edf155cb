/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_host() (RFC 7208 4): records are walked term by term.  include calls it
 * again, redirect goes round its loop; both count as terms that ask the DNS, so
 * SPF_LOOKUPS_MAX bounds the depth and the rounds.
 */
#include "auth/spf_eval.h"

#include <string.h>

#include "lib/err.h"
#include "lib/str.h"

/* One record in evaluation. */
struct frame {
	struct spf_record record;
	char domain[OCT_DOMAIN_SIZE];
	bool top; /* its exp and its matched term are the answer's */
	bool prefetched;
};

static enum auth_result check_domain(struct spf_eval *e, struct frame *f);

void
spf_problem(struct spf_eval *e, const char *text, const char *domain)
{
	struct oct_str s;

	if (e->out->problem[0] != '\0')
		return;
	oct_str_fixed(&s, e->out->problem, sizeof(e->out->problem));
	oct_str_add(&s, text);
	/* Left out as a whole where there is no room for it. */
	if (domain != NULL)
		oct_str_addf(&s, ": %s", domain);
}

static enum auth_result
error(struct spf_eval *e, enum auth_result r, const char *text,
    const char *domain)
{
	spf_problem(e, text, domain);
	return r;
}

/* Find the record of f->domain (4.4, 4.5) and check its syntax (4.6). */
static enum auth_result
load_record(struct spf_eval *e, struct frame *f)
{
	const struct dns_answer *txt = dns_get(e->dns, f->domain, DNS_TXT);
	struct spf_span terms = { NULL, 0 };
	const char *why = "";
	int rc;

	if (txt->status == DNS_TEMPFAIL)
		return error(e, AUTH_TEMPERROR, "no answer from the DNS",
		    f->domain);
	rc = spf_record_select(txt, &terms);
	if (rc < 0)
		return error(e, AUTH_PERMERROR, "more than one SPF record",
		    f->domain);
	if (rc == 0)
		return AUTH_NONE;
	if (spf_record_parse(terms, &f->record, &why) != 0)
		return error(e, AUTH_PERMERROR, why, f->domain);
	return AUTH_PASS;
}

/* 4.6.4: all terms that ask the DNS, through includes and redirects. */
static bool
count_lookup(struct spf_eval *e, const struct frame *f)
{
	if (e->out->lookups == SPF_LOOKUPS_MAX) {
		spf_problem(e, "more than 10 terms that ask the DNS",
		    f->domain);
		return false;
	}
	e->out->lookups++;
	return true;
}

/*
 * 4.6.4: terms, not questions: an mx with three dead hosts counts once, and not
 * at all if another one matches, so that the order of records decides nothing.
 */
static bool
count_void(struct spf_eval *e, const struct frame *f)
{
	if (!e->void_seen)
		return true;
	e->void_seen = false;
	if (e->out->voids == SPF_VOIDS_MAX) {
		spf_problem(e, "more than 2 terms whose DNS answer is void",
		    f->domain);
		return false;
	}
	e->out->voids++;
	return true;
}

static enum dns_type
question_of(const struct spf_eval *e, enum spf_kind kind)
{
	if (kind == SPF_INCLUDE || kind == SPF_REDIRECT)
		return DNS_TXT;
	if (kind == SPF_MX)
		return DNS_MX;
	if (kind == SPF_A && e->vars.ip.family == AF_INET6)
		return DNS_AAAA;
	return DNS_A;
}

/* Start the first question of a term without macros; true if it has one. */
static bool
prefetch_term(struct spf_eval *e, const struct frame *f,
    const struct spf_term *t)
{
	char name[OCT_DOMAIN_SIZE];

	if (t->kind != SPF_INCLUDE && t->kind != SPF_A && t->kind != SPF_MX &&
	    t->kind != SPF_EXISTS && t->kind != SPF_REDIRECT)
		return false;
	if (t->domain.len == 0)
		dns_prefetch(e->dns, f->domain, question_of(e, t->kind));
	else if (memchr(t->domain.at, '%', t->domain.len) == NULL &&
	    spf_expand_domain(&e->vars, t->domain, name) == 0)
		dns_prefetch(e->dns, name, question_of(e, t->kind));
	return true;
}

/*
 * The first term of a record that needs the DNS starts the questions of the
 * following ones too, so that their answers are under way together.
 */
static void
prefetch_rest(struct spf_eval *e, struct frame *f, struct spf_span rest)
{
	int left = SPF_LOOKUPS_MAX - e->out->lookups;
	struct spf_term t;
	const char *why;

	if (f->prefetched)
		return;
	f->prefetched = true;
	while (left > 0 && spf_term_next(&rest, &t, &why) == 1 &&
	    t.kind != SPF_ALL)
		if (prefetch_term(e, f, &t))
			left--;
}

static enum spf_match
match_include(struct spf_eval *e, const struct frame *f, const char *target)
{
	struct frame inner = { .top = false };
	enum auth_result r;

	/* check_host() of what is no domain is none (4.3). */
	if (strchr(target, '.') == NULL) {
		spf_problem(e, "include of no domain", f->domain);
		return SPF_MATCH_PERM;
	}
	memcpy(inner.domain, target, strlen(target) + 1);
	r = check_domain(e, &inner);
	e->vars.domain = f->domain;
	switch (r) {
	case AUTH_PASS:
		return SPF_MATCH_YES;
	case AUTH_FAIL:
	case AUTH_SOFTFAIL:
	case AUTH_NEUTRAL:
		return SPF_MATCH_NO;
	case AUTH_TEMPERROR:
		return SPF_MATCH_TEMP;
	case AUTH_NONE:
		spf_problem(e, "include of a domain without SPF", target);
		return SPF_MATCH_PERM;
	case AUTH_POLICY:
	case AUTH_PERMERROR:
		break;
	}
	return SPF_MATCH_PERM;
}

/* include, a, mx, ptr, exists */
static enum spf_match
match_asking(struct spf_eval *e, struct frame *f, const struct spf_term *t)
{
	char target[OCT_DOMAIN_SIZE];
	enum spf_match m;
	int rc = 0;

	if (!count_lookup(e, f))
		return SPF_MATCH_PERM;
	if (t->domain.len == 0)
		memcpy(target, f->domain, sizeof(target));
	else
		rc = spf_expand_domain(&e->vars, t->domain, target);
	if (rc == OCT_ELIMIT) {
		spf_problem(e, "too much macro text", f->domain);
		return SPF_MATCH_PERM;
	}
	/* 4.8 leaves names that cannot exist to us: nothing is found there,
	 * and an included record is none (5.2). */
	if (rc != 0 && t->kind == SPF_INCLUDE)
		spf_problem(e, "include of no domain", f->domain);
	if (rc != 0)
		return t->kind == SPF_INCLUDE ? SPF_MATCH_PERM : SPF_MATCH_NO;
	if (t->kind == SPF_INCLUDE)
		return match_include(e, f, target);
	e->void_seen = false;
	m = spf_match_dns(e, t, target);
	if (m != SPF_MATCH_YES && !count_void(e, f))
		return SPF_MATCH_PERM;
	return m;
}

static enum spf_match
match_term(struct spf_eval *e, struct frame *f, const struct spf_term *t,
    struct spf_span rest)
{
	switch (t->kind) {
	case SPF_ALL:
		return SPF_MATCH_YES;
	case SPF_IP4:
	case SPF_IP6:
		return oct_ip_in(&e->vars.ip, &t->net,
		           t->kind == SPF_IP4 ? t->bits4 : t->bits6)
		    ? SPF_MATCH_YES
		    : SPF_MATCH_NO;
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
		prefetch_rest(e, f, rest);
		return match_asking(e, f, t);
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		break;
	}
	return SPF_MATCH_NO;
}

static enum auth_spf_term
term_name(enum spf_kind kind)
{
	switch (kind) {
	case SPF_ALL:
		return AUTH_SPF_ALL;
	case SPF_A:
		return AUTH_SPF_A;
	case SPF_MX:
		return AUTH_SPF_MX;
	case SPF_PTR:
		return AUTH_SPF_PTR;
	case SPF_IP4:
		return AUTH_SPF_IP4;
	case SPF_IP6:
		return AUTH_SPF_IP6;
	case SPF_EXISTS:
		return AUTH_SPF_EXISTS;
	case SPF_INCLUDE:
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		break;
	}
	return AUTH_SPF_NONE;
}

/* Say what matched; for an include, the term inside said it already. */
static void
note_term(struct spf_eval *e, const struct frame *f, const struct spf_term *t)
{
	struct auth_spf *out = e->out;

	if (t->kind == SPF_INCLUDE)
		return;
	out->term = term_name(t->kind);
	out->prefix = -1;
	if (t->kind == SPF_A || t->kind == SPF_MX || t->kind == SPF_IP4 ||
	    t->kind == SPF_IP6)
		out->prefix =
		    e->vars.ip.family == AF_INET ? t->bits4 : t->bits6;
	out->ipv6 = e->vars.ip.family == AF_INET6;
	spf_name_copy(out->term_domain, f->domain);
}

static void
forget_term(struct spf_eval *e)
{
	e->out->term = AUTH_SPF_NONE;
	e->out->prefix = -1;
	e->out->term_domain[0] = '\0';
}

/* Walk through the terms: a result, or AUTH_NONE if nothing matched. */
static enum auth_result
walk_terms(struct spf_eval *e, struct frame *f)
{
	struct spf_span rest = f->record.terms, before = rest;
	struct spf_term t;
	const char *why;

	for (; spf_term_next(&rest, &t, &why) == 1; before = rest) {
		switch (match_term(e, f, &t, before)) {
		case SPF_MATCH_NO:
			forget_term(e);
			break;
		case SPF_MATCH_YES:
			note_term(e, f, &t);
			return t.result;
		case SPF_MATCH_TEMP:
			forget_term(e);
			return AUTH_TEMPERROR;
		case SPF_MATCH_PERM:
			forget_term(e);
			return AUTH_PERMERROR;
		}
	}
	return AUTH_NONE;
}

/* 6.1: go on with another domain's record.  AUTH_PASS: *f holds it now. */
static enum auth_result
follow_redirect(struct spf_eval *e, struct frame *f)
{
	char target[OCT_DOMAIN_SIZE];
	enum auth_result r;
	int rc;

	if (!count_lookup(e, f))
		return AUTH_PERMERROR;
	rc = spf_expand_domain(&e->vars, f->record.redirect, target);
	if (rc == OCT_ELIMIT)
		return error(e, AUTH_PERMERROR, "too much macro text",
		    f->domain);
	if (rc != 0 || strchr(target, '.') == NULL)
		return error(e, AUTH_PERMERROR, "redirect to no domain",
		    f->domain);
	memcpy(f->domain, target, sizeof(target));
	f->prefetched = false;
	r = load_record(e, f);
	if (r == AUTH_NONE)
		return error(e, AUTH_PERMERROR,
		    "redirect to a domain without SPF", f->domain);
	return r;
}

/* 6.2: a safe text, or none at all. */
static void
explain(struct spf_eval *e, const struct frame *f)
{
	char target[OCT_DOMAIN_SIZE];
	const struct dns_answer *txt;
	struct spf_span text;

	if (f->record.exp.len == 0 ||
	    spf_expand_domain(&e->vars, f->record.exp, target) != 0)
		return;
	txt = dns_get(e->dns, target, DNS_TXT);
	if (txt->status != DNS_OK || txt->count != 1)
		return;
	text.at = txt->records[0].text;
	text.len = txt->records[0].text_len;
	if (spf_expand_text(&e->vars, text, e->out->explanation,
	        sizeof(e->out->explanation)) != 0)
		e->out->explanation[0] = '\0';
}

/* check_host() for f->domain, a domain name. */
static enum auth_result
check_domain(struct spf_eval *e, struct frame *f)
{
	enum auth_result r = load_record(e, f);

	while (r == AUTH_PASS) {
		e->vars.domain = f->domain;
		r = walk_terms(e, f);
		if (r == AUTH_FAIL && f->top)
			explain(e, f);
		if (r != AUTH_NONE)
			return r;
		if (f->record.redirect.len == 0)
			return AUTH_NEUTRAL; /* 4.7 */
		r = follow_redirect(e, f);
	}
	return r;
}

enum auth_result
spf_check_host(struct spf_eval *e)
{
	struct frame f = { .top = true };

	memcpy(f.domain, e->id.domain, sizeof(f.domain));
	return check_domain(e, &f);
}
